// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Role is what a person is for the town (design/domain.md 2.1, design/participation.md 8.3).
type Role string

// The roles of citizens. None of them opens a page of the staff.
const (
	Citizen     Role = "citizen"      // Konto: a pseudonym and nothing else
	Resident    Role = "resident"     // Bestätigte Einwohnerin: a citizen whose address the town has confirmed
	YoungPerson Role = "young_person" // Kind, Jugendliche: a citizen without an e-mail address, never shown by name
)

// The roles of people who work with the town.
const (
	GroupMember          Role = "group_member"          // Mitglied eines Gremiums, einer AG
	Recorder             Role = "recorder"              // Erfassung: Quartiersbüro, Träger; enters what was said elsewhere
	Carrier              Role = "carrier"               // Träger: keeps its own offers and measures
	PartnerAgency        Role = "partner_agency"        // Job-Center, Krankenkasse, Wohnungswirtschaft
	ParticipationCouncil Role = "participation_council" // Beirat
	Councillor           Role = "councillor"            // Ratsmitglied
)

// The roles of the administration.
const (
	Planner             Role = "planner"              // Sozialplanung, Prozessverantwortung: data, index, report, release, goals
	DataSupplier        Role = "data_supplier"        // Fachamt, Datengeber
	StatisticsOfficer   Role = "statistics_officer"   // Statistikstelle, behind closed doors (§ 16 LStatG and the like)
	ParticipationOffice Role = "participation_office" // Koordinierungsstelle Beteiligung
	Moderator           Role = "moderator"            // Moderation
	Treasurer           Role = "treasurer"            // Kämmerei, Fördermittelstelle
	Analyst             Role = "analyst"              // Auswertung: pseudonymous exports
	DPO                 Role = "dpo"                  // Datenschutz
	Auditor             Role = "auditor"              // Revision
	Admin               Role = "admin"                // Administration: users and operation; sees no figure by that role
)

// Operator is the person at the command line of the machine, who can read the database file anyway; acts as planner and admin.
const Operator Role = "operator"

// everyone stands for any reader in the policy, signedIn for anybody with an account, even one that holds no role.
const (
	everyone Role = "everyone"
	signedIn Role = "signed_in"
)

var roles = []Role{
	Planner, DataSupplier, StatisticsOfficer, ParticipationOffice, Moderator, Treasurer, Analyst, DPO, Auditor, Admin,
	Councillor, ParticipationCouncil, GroupMember, Recorder, Carrier, PartnerAgency, Citizen, Resident, YoungPerson,
}

// Roles lists every role a person can hold, staff first. Operator is not among them: it is only ever the person at the machine.
func Roles() []Role { return slices.Clone(roles) }

// Citizen tells the roles of citizens from those of people who work for or with the town.
func (r Role) Citizen() bool { return r == Citizen || r == Resident || r == YoungPerson }

// apart lists roles nobody may hold at once: who keeps the sealed figures, who checks and who runs the machine are different people
// (statistics laws of the Länder, e.g. § 12 LStatG NRW; Art. 38 (6) GDPR).
var apart = [][2]Role{
	{StatisticsOfficer, Planner},
	{StatisticsOfficer, Admin},
	{StatisticsOfficer, DataSupplier},
	{StatisticsOfficer, Analyst},
	{DPO, Admin},
	{DPO, Planner},
	{Auditor, Admin},
	{Auditor, Planner},
}

// Clash names two of the roles that nobody may hold at once; ok is false when there are none.
func Clash(held []Role) (a, b Role, ok bool) {
	for _, p := range apart {
		if slices.Contains(held, p[0]) && slices.Contains(held, p[1]) {
			return p[0], p[1], true
		}
	}
	return "", "", false
}

// ContextKind is what a role can be held in.
type ContextKind string

// The contexts. A role held in the town as a whole has none.
const (
	InProcess ContextKind = "process" // Beteiligungsprozess
	InGroup   ContextKind = "group"   // Arbeitsgruppe, Gremium
	InOffice  ContextKind = "office"  // Fachamt; its key is the key of the office in the catalogue
	InArea    ContextKind = "area"    // Sozialraum
	InActor   ContextKind = "actor"   // Organisation des Akteursinventars; its key is its id
)

// ContextKinds lists what a role can be held in.
func ContextKinds() []ContextKind {
	return []ContextKind{InProcess, InGroup, InOffice, InArea, InActor}
}

// Context is one process, group, office, area or organisation. The zero Context is the town as a whole.
type Context struct {
	Kind ContextKind `json:"kind,omitempty"`
	Key  string      `json:"key,omitempty"` // id or key of it within the town
}

// Holding is a role held in a context.
type Holding struct {
	Role Role    `json:"role"`
	In   Context `json:"in"`
}

// Actor is who asks, within one tenant. The zero Person is an anonymous reader.
type Actor struct {
	Tenant kernel.ID
	Person kernel.ID
	Name   string
	Roles  []Role    // held in the town as a whole
	Held   []Holding // held in a context
}

// Anonymous reader of the tenant's public pages.
func Anonymous(tenant kernel.ID) Actor { return Actor{Tenant: tenant} }

// CommandLine is the person at the machine, who may read the database file anyway.
func CommandLine(tenant kernel.ID) Actor {
	return Actor{Tenant: tenant, Name: "command line", Roles: []Role{Operator}}
}

// Has tells whether the actor holds the role in the town as a whole.
func (a Actor) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// HasIn tells whether the actor holds the role in the town as a whole or in one of the contexts.
func (a Actor) HasIn(r Role, within []Context) bool { return a.Has(r) || a.holdsIn(r, within) }

// holdsIn tells whether the actor holds the role in one of the contexts.
func (a Actor) holdsIn(r Role, within []Context) bool {
	return slices.ContainsFunc(a.Held, func(h Holding) bool { return h.Role == r && slices.Contains(within, h.In) })
}

// works tells whether the actor holds a role of staff or partners in the town as a whole.
func (a Actor) works() bool {
	return slices.ContainsFunc(a.Roles, func(r Role) bool { return !r.Citizen() })
}

// belongs tells whether the actor holds any role in one of the contexts.
func (a Actor) belongs(within []Context) bool {
	return slices.ContainsFunc(a.Held, func(h Holding) bool { return slices.Contains(within, h.In) })
}

// SignedIn tells a person with an account, or the person at the machine, from an anonymous reader.
func (a Actor) SignedIn() bool { return len(a.Roles) > 0 || a.Person != "" }
