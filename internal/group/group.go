// SPDX-License-Identifier: EUPL-1.2

// Package group keeps the town's working groups and bodies (Arbeitsgruppen, Begleitgremium, Beirat): what they are charged with, who belongs to
// them, when they meet, what they wrote and decided, and who has to do what until when.
//
// Invariants: the space of a group is seen by those who hold a role in it and by the planning staff, whether the group is public or not; the public
// page shows members only with their consent and minutes only once they are published; saving a shared text never overwrites what somebody else
// saved meanwhile; of one due date a person is reminded once.
package group

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what sort of body a group is.
type Kind string

// The kinds of groups.
const (
	WorkingGroup Kind = "working"  // Arbeitsgruppe (AG)
	Steering     Kind = "steering" // Begleitgremium, Steuerungsgruppe
	Advisory     Kind = "advisory" // Beirat
	RoundTable   Kind = "table"    // Runder Tisch
	YouthCouncil Kind = "youth"    // Jugendbeirat, Jugendparlament
	OtherKind    Kind = "other"
)

// Kinds lists them as forms offer them.
func Kinds() []Kind {
	return []Kind{WorkingGroup, Steering, Advisory, RoundTable, YouthCouncil, OtherKind}
}

// Group is a working group or body.
type Group struct {
	ID          kernel.ID
	Key         string // of its address, and of roles held in it; never changes
	Kind        Kind
	Name        kernel.Text
	Mandate     kernel.Text // Auftrag
	Composition kernel.Text // who sits in it, and how they come to do so
	Power       kernel.Text // what it may decide: advises, prepares, decides
	SetUp       kernel.Text // by whom, with which resolution
	Rhythm      kernel.Text // how often it meets
	Contact     kernel.Text
	Closing     kernel.Text // why it ended
	Process     string      // key of the participation process it belongs to; empty: none
	Topics      []string
	Areas       []string
	From, To    kernel.Date // term; empty: open
	Sign        string      // address of a video in sign language
	Public      bool        // has a page everybody can read
	Edit        int         // counts edits, for conflict detection
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
}

// Texts are the parts of the group everybody reads.
func (g Group) Texts() []kernel.Text {
	return []kernel.Text{g.Name, g.Mandate, g.Composition, g.Power, g.SetUp, g.Rhythm, g.Contact}
}

// Over tells whether its term has ended on a day.
func (g Group) Over(day kernel.Date) bool { return g.To != "" && g.To < day }

// Place is the context roles are held in.
func (g Group) Place() access.Context { return access.Context{Kind: access.InGroup, Key: g.Key} }

// Object is the group's public face: for everybody where it is public, else for who belongs to it.
func (g Group) Object(tenant kernel.ID) access.Object {
	o := g.Space(tenant)
	if g.Public {
		o.Visibility = access.Public
	}
	return o
}

// Space is what its members share, public or not.
func (g Group) Space(tenant kernel.ID) access.Object {
	return access.Object{Tenant: tenant, Visibility: access.Internal, Within: []access.Context{g.Place()}}
}

// check names every field at fault.
func (g Group) check() error {
	f := map[string]string{}
	if strings.TrimSpace(g.Name["de"]) == "" {
		f["name"] = "group.name.missing"
	}
	if !slices.Contains(Kinds(), g.Kind) {
		f["kind"] = "group.kind.unknown"
	}
	if !validKey(g.Key) {
		f["key"] = "group.key.form"
	}
	if g.From != "" && g.To != "" && g.To < g.From {
		f["to"] = "group.term.order"
	}
	if g.Sign != "" && !strings.HasPrefix(g.Sign, "https://") && !strings.HasPrefix(g.Sign, "/") {
		f["sign"] = "group.sign.form"
	}
	if len(g.Sign) > 500 {
		f["sign"] = "group.long"
	}
	for name, t := range map[string]kernel.Text{
		"name": g.Name, "mandate": g.Mandate, "composition": g.Composition, "power": g.Power, "set_up": g.SetUp, "rhythm": g.Rhythm, "contact": g.Contact, "closing": g.Closing,
	} {
		for _, s := range t {
			if utf8.RuneCountInString(s) > mostText {
				f[name] = "group.long"
			}
		}
	}
	for _, s := range g.Name {
		if utf8.RuneCountInString(s) > mostLine {
			f["name"] = "group.long"
		}
	}
	return invalid(f)
}

const (
	mostLine = 300
	mostText = 20_000
	mostBody = 200_000 // of a shared text
)

func invalid(f map[string]string) error {
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "group.invalid", Fields: f}
}

// validKey tells whether s can stand in an address.
func validKey(s string) bool {
	if s == "" || len(s) > 60 || s == "neu" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' })
}

// KeyOf proposes a key for a name: "AG 3: Wohnen & Umfeld" becomes "ag-3-wohnen-umfeld".
func KeyOf(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c == 'ä':
			b.WriteString("ae")
		case c == 'ö':
			b.WriteString("oe")
		case c == 'ü':
			b.WriteString("ue")
		case c == 'ß':
			b.WriteString("ss")
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		default:
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
		if b.Len() > 55 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

func cleanText(t kernel.Text, lines bool) kernel.Text {
	out := kernel.Text{}
	for tag, s := range t {
		if known, ok := kernel.Tag(tag); ok {
			if s = kernel.Clean(s, lines); s != "" {
				out[known] = s
			}
		}
	}
	return out
}

// MemberRole is what a member is in the group.
type MemberRole string

// The roles in a group.
const (
	Chair     MemberRole = "chair"     // Leitung, Vorsitz
	Deputy    MemberRole = "deputy"    // Stellvertretung
	Full      MemberRole = "member"    // Mitglied
	Secretary MemberRole = "secretary" // Geschäftsführung, Protokoll
	Adviser   MemberRole = "adviser"   // beratend, ohne Stimme
	Guest     MemberRole = "guest"     // Gast
)

// MemberRoles lists them as forms offer them, the first ones leading lists.
func MemberRoles() []MemberRole { return []MemberRole{Chair, Deputy, Secretary, Full, Adviser, Guest} }

// Member is a person or an organisation in a group: an account, a function without a name, or an organisation.
type Member struct {
	ID           kernel.ID
	Group        kernel.ID
	Account      kernel.ID  // a person with an account; zero: none
	Actor        kernel.Ref // an organisation among the actors; zero: none
	Organisation string     // name of one that is not among them
	Label        string     // function or role, "Leitung Jugendamt"
	Email        string     // for invitations where there is no account
	Role         MemberRole
	From, To     kernel.Date
	Consent      bool // may be shown to everybody
	CreatedAt    kernel.Instant
}

// On tells whether the member belongs to the group on a day.
func (m Member) On(day kernel.Date) bool {
	return (m.From == "" || m.From <= day) && (m.To == "" || day <= m.To)
}

func (m Member) check() error {
	f := map[string]string{}
	if m.Account == "" && m.Actor.ID == "" && m.Organisation == "" && m.Label == "" {
		f["label"] = "group.member.nobody"
	}
	if !slices.Contains(MemberRoles(), m.Role) {
		f["role"] = "group.member.role.unknown"
	}
	if m.From != "" && m.To != "" && m.To < m.From {
		f["to"] = "group.term.order"
	}
	for name, s := range map[string]string{"label": m.Label, "organisation": m.Organisation, "email": m.Email} {
		if utf8.RuneCountInString(s) > mostLine {
			f[name] = "group.long"
		}
	}
	return invalid(f)
}

// Person is somebody with an account, as a group needs to know of him or her.
type Person struct {
	ID    kernel.ID
	Name  string
	Email string
	Lang  string
	// Held are the groups the person holds a role in, by key.
	Held []string
}

// People knows the accounts of the town; app supplies it.
type People interface {
	// Find gives the account with an address; Invalid on the field "account" where there is none.
	Find(ctx context.Context, tenant kernel.ID, email string) (Person, error)
	// People gives accounts by id; those that are gone are left out.
	People(ctx context.Context, tenant kernel.ID, ids []kernel.ID) (map[kernel.ID]Person, error)
}

// Actors knows the organisations of the town; app supplies it.
type Actors interface {
	// Actors lists them by name.
	Actors(ctx context.Context, tenant kernel.ID) ([]Actor, error)
}

// Actor is an organisation.
type Actor struct {
	ID   kernel.ID
	Name string
	Path string // its public page; empty: none
}

// Roll is a member with the names to show.
type Roll struct {
	Member
	Name  string // of the person, or the function without a name
	Of    string // organisation
	Path  string // page of the organisation
	Enter bool   // the person holds a role in the group, and can reach its space
	Lang  string
	// Address invitations go to; empty: nobody can be invited by mail.
	Address string
}

// Said is what a list shows of the member: name, function and organisation as far as known.
func (r Roll) Said() string {
	var parts []string
	for _, s := range []string{r.Name, r.Label, r.Of} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func ref(kind string, id kernel.ID) kernel.Ref { return kernel.Ref{Kind: kind, ID: id} }

func notFound() error { return kernel.E(kernel.NotFound, "access.notfound") }

func numbered(n int) string { return fmt.Sprint(n) }
