// SPDX-License-Identifier: EUPL-1.2

// Package actor is the town's inventory (Akteursinventar): who works in which social space, what is offered to whom, with which rooms, staff and
// money, in which networks. Organisations keep their own records; the planning staff sees gaps, duplicates, ends of funding and who is missing.
//
// Invariants: an organisation edits its own records only, and what it changed is written down; people who can be asked are shown to everybody
// only after they agreed; hours of a single person are shown to nobody outside of the planning staff; a figure of the population comes through
// the release gate and nowhere else.
package actor

import (
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what a record of the inventory is.
type Kind string

// The kinds of records.
const (
	ActorKind     Kind = "actor"     // Akteur, Träger
	OfferKind     Kind = "offer"     // Angebot
	ResourceKind  Kind = "resource"  // Ressource: Raum, Ausstattung, Budget, Personal, offene Stelle
	NetworkKind   Kind = "network"   // Netzwerk
	ProjectKind   Kind = "project"   // Projekt
	StructureKind Kind = "structure" // Beteiligungsstruktur: Beirat, Jugendparlament, Quartiersbüro
)

// Kinds lists them, the order of pages and files.
func Kinds() []Kind {
	return []Kind{ActorKind, OfferKind, ResourceKind, NetworkKind, ProjectKind, StructureKind}
}

// Meta is what every record has beside its fields.
type Meta struct {
	ID          kernel.ID
	Kind        Kind
	Key         string    // of its address
	Actor       kernel.ID // the organisation that keeps it; empty: the town. An organisation keeps itself
	Public      bool
	Edit        int
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
	ConfirmedAt kernel.Instant // zero: never
	ArchivedAt  kernel.Instant
}

// Head gives what every record has; records embed Meta.
func (m *Meta) Head() *Meta { return m }

// Keeper is the organisation whose people may edit the record; empty: staff only.
func (m *Meta) Keeper() kernel.ID {
	if m.Kind == ActorKind {
		return m.ID
	}
	return m.Actor
}

// object is the record as the permission function knows it.
func (m *Meta) object(tenant kernel.ID) access.Object {
	o := access.Object{Tenant: tenant, Visibility: access.Internal, Locked: !m.ArchivedAt.IsZero()}
	if m.Public && !o.Locked {
		o.Visibility = access.Public
	}
	if id := m.Keeper(); id != "" {
		o.Within = []access.Context{{Kind: access.InActor, Key: string(id)}}
	}
	return o
}

// Record is one entry of the inventory: *Actor, *Offer, *Resource, *Network, *Project or *Structure.
type Record interface {
	Head() *Meta
	// Name is what it is called in lists.
	Name() string
	// Fields gives every field with a pointer to its place in the record, in the order of forms and files.
	Fields() []Field
	// Served lists the areas it works in, "quartier/0101"; empty: the whole town.
	Served() []string
	// Themes lists keys of the terms it is about, for filters.
	Themes() []string
}

// New makes an empty record of the kind.
func New(k Kind) (Record, error) {
	switch k {
	case ActorKind:
		return &Actor{Meta: Meta{Kind: k}}, nil
	case OfferKind:
		return &Offer{Meta: Meta{Kind: k}}, nil
	case ResourceKind:
		return &Resource{Meta: Meta{Kind: k}}, nil
	case NetworkKind:
		return &Network{Meta: Meta{Kind: k}}, nil
	case ProjectKind:
		return &Project{Meta: Meta{Kind: k}}, nil
	case StructureKind:
		return &Structure{Meta: Meta{Kind: k}}, nil
	}
	return nil, kernel.E(kernel.NotFound, "actor.notfound")
}

// Place is where something is found.
type Place struct {
	Address string   `json:"address,omitempty"` // several lines
	Lat     *float64 `json:"lat,omitempty"`
	Lon     *float64 `json:"lon,omitempty"`
}

// Known tells whether the place can be drawn on a map.
func (p Place) Known() bool { return p.Lat != nil && p.Lon != nil }

// Actor is an organisation, an office of the town or an initiative.
type Actor struct {
	Meta          `json:"-"`
	Title         string      `json:"title"`
	Sort          string      `json:"sort,omitempty"`       // actor_kind
	LegalForm     string      `json:"legal_form,omitempty"` // legal_form
	Umbrella      string      `json:"umbrella,omitempty"`   // Dachverband
	Text          kernel.Text `json:"text,omitempty"`
	ThemeKeys     []string    `json:"themes,omitempty"` // theme
	Areas         []string    `json:"areas,omitempty"`
	Place         Place       `json:"place"`
	Languages     []string    `json:"languages,omitempty"`     // language
	Accessibility []string    `json:"accessibility,omitempty"` // accessibility
	Hours         string      `json:"hours,omitempty"`         // Öffnungszeiten
	Website       string      `json:"website,omitempty"`
	Responsible   string      `json:"responsible,omitempty"` // function that answers for the record, no name
}

// Offer is what an organisation offers to people.
type Offer struct {
	Meta          `json:"-"`
	Title         string      `json:"title"`
	Sort          string      `json:"sort,omitempty"` // offer_type
	Text          kernel.Text `json:"text,omitempty"`
	Groups        []string    `json:"groups,omitempty"` // target_group
	AgeFrom       *float64    `json:"age_from,omitempty"`
	AgeTo         *float64    `json:"age_to,omitempty"`
	Areas         []string    `json:"areas,omitempty"` // of effect
	Place         Place       `json:"place"`
	Times         string      `json:"times,omitempty"`
	Languages     []string    `json:"languages,omitempty"`
	Accessibility []string    `json:"accessibility,omitempty"`
	Website       string      `json:"website,omitempty"`
	Join          string      `json:"join,omitempty"` // how one takes part
	Free          bool        `json:"free,omitempty"` // costs the user nothing
	Cost          string      `json:"cost,omitempty"`
	Capacity      *float64    `json:"capacity,omitempty"` // places
	Vacant        *float64    `json:"vacant,omitempty"`   // of these free
	Users         *float64    `json:"users,omitempty"`    // a year
	Waiting       *float64    `json:"waiting,omitempty"`  // weeks
	FTE           *float64    `json:"fte,omitempty"`
	Qualification string      `json:"qualification,omitempty"`
	Volunteers    *float64    `json:"volunteers,omitempty"`
	Funding       Funding     `json:"funding"`
	Duty          string      `json:"duty,omitempty"` // duty: statutory | voluntary
	Evaluated     bool        `json:"evaluated,omitempty"`
	Goals         []string    `json:"goals,omitempty"` // linked goals
	SeeksRoom     bool        `json:"seeks_room,omitempty"`
	SeeksHours    *float64    `json:"seeks_hours,omitempty"` // of a room a week
	Seeks         string      `json:"seeks,omitempty"`       // what else would help
}

// Funding is where the money comes from, and until when.
type Funding struct {
	Source string      `json:"source,omitempty"`
	Sphere string      `json:"sphere,omitempty"` // legal_sphere
	Band   string      `json:"band,omitempty"`   // amount_band
	Ends   kernel.Date `json:"ends,omitempty"`
}

// Resource is what can be used: rooms, equipment, budgets, staff, vacancies.
type Resource struct {
	Meta          `json:"-"`
	Title         string      `json:"title"`
	Sort          string      `json:"sort,omitempty"` // resource_kind
	Text          kernel.Text `json:"text,omitempty"`
	Areas         []string    `json:"areas,omitempty"`
	Department    string      `json:"department,omitempty"` // office of the town or department of the organisation
	Place         Place       `json:"place"`
	Persons       *float64    `json:"persons,omitempty"` // of staff
	Hours         *float64    `json:"hours,omitempty"`   // of staff a week, all together
	Qualification string      `json:"qualification,omitempty"`
	Tasks         string      `json:"tasks,omitempty"`
	Capacity      *float64    `json:"capacity,omitempty"`   // of a room
	FreeHours     *float64    `json:"free_hours,omitempty"` // of a room a week
	Times         string      `json:"times,omitempty"`
	Accessibility []string    `json:"accessibility,omitempty"`
	Cost          string      `json:"cost,omitempty"`
	Amount        *float64    `json:"amount,omitempty"` // pieces of equipment, euros of a budget
	Funding       Funding     `json:"funding"`
	Since         kernel.Date `json:"since,omitempty"` // of a vacancy
}

// Network is a circle of organisations.
type Network struct {
	Meta      `json:"-"`
	Title     string      `json:"title"`
	Sort      string      `json:"sort,omitempty"` // network_kind
	Text      kernel.Text `json:"text,omitempty"`
	ThemeKeys []string    `json:"themes,omitempty"`
	Groups    []string    `json:"groups,omitempty"`
	Areas     []string    `json:"areas,omitempty"`
	Rhythm    string      `json:"rhythm,omitempty"` // rhythm
	Leader    string      `json:"leader,omitempty"` // organisation or office and function
	Mandate   string      `json:"mandate,omitempty"`
	Decides   string      `json:"decides,omitempty"`   // decision_power
	Documents []string    `json:"documents,omitempty"` // addresses
	Overlap   string      `json:"overlap,omitempty"`   // with which other circles
	Website   string      `json:"website,omitempty"`
}

// Project ends.
type Project struct {
	Meta       `json:"-"`
	Title      string      `json:"title"`
	Text       kernel.Text `json:"text,omitempty"`
	ThemeKeys  []string    `json:"themes,omitempty"`
	Groups     []string    `json:"groups,omitempty"`
	Areas      []string    `json:"areas,omitempty"`
	From       kernel.Date `json:"from,omitempty"`
	To         kernel.Date `json:"to,omitempty"`
	Funding    Funding     `json:"funding"`
	Goal       string      `json:"goal,omitempty"`
	Department string      `json:"department,omitempty"`
	Tasks      string      `json:"tasks,omitempty"` // of departments
	Website    string      `json:"website,omitempty"`
}

// Structure is a lasting way to take part.
type Structure struct {
	Meta    `json:"-"`
	Title   string      `json:"title"`
	Sort    string      `json:"sort,omitempty"` // structure_kind
	Text    kernel.Text `json:"text,omitempty"`
	Groups  []string    `json:"groups,omitempty"`
	Areas   []string    `json:"areas,omitempty"`
	Place   Place       `json:"place"`
	Times   string      `json:"times,omitempty"`
	Join    string      `json:"join,omitempty"`
	Website string      `json:"website,omitempty"`
}

// Relation says that two work together: an organisation with another, or with a network.
type Relation struct {
	ID       kernel.ID
	From     kernel.ID // an organisation
	To       kernel.ID // an organisation or a network
	Role     string    // in a network: the function it sends
	Strength int       // 1 now and then, 2 regularly, 3 closely
	Formal   bool
	Since    kernel.Date
	Until    kernel.Date // empty: lasts
	Note     string
}

// On tells whether the relation holds on the day.
func (r Relation) On(day kernel.Date) bool {
	return (r.Since == "" || r.Since <= day) && (r.Until == "" || day <= r.Until)
}

// Contact is a person who can be asked.
type Contact struct {
	ID        kernel.ID
	Record    kernel.ID
	Role      string
	Person    string
	Email     string
	Phone     string
	ConsentAt kernel.Instant // zero: not for everybody
	ConsentBy kernel.ID
	ChangedAt kernel.Instant
}

// Public tells whether the person agreed to be shown to everybody.
func (c Contact) Public() bool { return !c.ConsentAt.IsZero() }
