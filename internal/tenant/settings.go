// SPDX-License-Identifier: EUPL-1.2

package tenant

import (
	"maps"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what a tenant is: a town, or a region whose members are towns.
type Kind string

// The kinds of tenants. A region or district (Kreis, StädteRegion) has members and sees what they released.
const (
	Town     Kind = "town"
	Region   Kind = "region"
	District Kind = "district"
)

// Regional tells whether a tenant of the kind has members.
func (k Kind) Regional() bool { return k == Region || k == District }

// Settings are the town's choices for its pages, edited on /arbeit/stadt.
type Settings struct {
	Hosts     []string        `json:"hosts,omitempty"`     // host names that lead to this town; the first one is the one it is known by
	Canonical bool            `json:"canonical,omitempty"` // readers under other names are sent to the first host
	Languages []string        `json:"languages,omitempty"` // beside German; empty: all the program speaks
	Terms     map[string]Term `json:"terms,omitempty"`     // the town's word for a thing, by key of TermKeys
	Contact   Contact         `json:"contact"`
	Colours   Colours         `json:"colours"`
	Logo      Logo            `json:"logo"`
	Rules     Rules           `json:"rules"`
	Retention map[string]int  `json:"retention,omitempty"` // days a kind of data is kept, by its key in the schedule of retention; missing: the shipped days
}

// Contact is who answers for the town's pages.
type Contact struct {
	Name    kernel.Text `json:"name,omitempty"` // office, not a person: "Fachstelle Sozialplanung"
	Email   string      `json:"email,omitempty"`
	Phone   string      `json:"phone,omitempty"`
	Address string      `json:"address,omitempty"` // postal, several lines
}

// Colours are the town's own colours as "#rrggbb"; empty: those of the program. Validate measures every pair that a page shows.
type Colours struct {
	Accent     string `json:"accent,omitempty"`      // links, buttons and marks on light pages
	AccentDark string `json:"accent_dark,omitempty"` // the same on dark pages
}

// Logo is the town's sign in the head of its pages, drawn anew from what was uploaded.
type Logo struct {
	SHA256 string      `json:"sha256,omitempty"` // of the file as served; empty: the copper thread
	Type   string      `json:"type,omitempty"`   // "image/png" or "image/jpeg"
	Width  int         `json:"width,omitempty"`  // pixels
	Height int         `json:"height,omitempty"`
	Alt    kernel.Text `json:"alt,omitempty"` // what it shows, for those who do not see it (WCAG 1.1.1)
}

// Set tells whether the town has a logo of its own.
func (l Logo) Set() bool { return l.SHA256 != "" }

// Rules are the town's house rules for people who sign in.
type Rules struct {
	FourEyes     map[access.MatterKind]bool `json:"four_eyes,omitempty"`     // acts that need a second person
	Registration bool                       `json:"registration,omitempty"`  // citizens may open an account by themselves
	SecondFactor bool                       `json:"second_factor,omitempty"` // staff have to have a second factor
	SessionIdle  int                        `json:"session_idle,omitempty"`  // minutes without a request after which staff are signed out; 0: IdleMinutes
	SessionMost  int                        `json:"session_most,omitempty"`  // minutes after which staff sign in anew; 0: MostMinutes
}

// The limits of sessions where a town has set none, in minutes (ASVS 7.3.1, 7.3.2).
const (
	IdleMinutes = 2 * 60
	MostMinutes = 12 * 60
)

// Idle is the number of minutes after which a session without requests ends.
func (r Rules) Idle() int {
	if r.SessionIdle > 0 {
		return r.SessionIdle
	}
	return IdleMinutes
}

// Most is the number of minutes after which every session ends.
func (r Rules) Most() int {
	if r.SessionMost > 0 {
		return r.SessionMost
	}
	return MostMinutes
}

// Keep is the number of days the town keeps a kind of data; shipped where it has said nothing.
func (s Settings) Keep(kind string, shipped int) int {
	if days, ok := s.Retention[kind]; ok {
		return days
	}
	return shipped
}

// clone gives settings that share no lists and maps with s.
func (s Settings) clone() Settings {
	s.Hosts, s.Languages = slices.Clone(s.Hosts), slices.Clone(s.Languages)
	s.Terms, s.Retention = maps.Clone(s.Terms), maps.Clone(s.Retention)
	s.Rules.FourEyes = maps.Clone(s.Rules.FourEyes)
	return s
}
