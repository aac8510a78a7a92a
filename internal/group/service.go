// SPDX-License-Identifier: EUPL-1.2

package group

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Files keeps contents by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Contribute hands an item of minutes in as a contribution of a workshop and gives its number; app supplies it.
type Contribute func(ctx context.Context, by access.Actor, process, title, text string, on kernel.Date) (number string, err error)

// Store keeps groups. groupdb implements it. Lists come in the order they are shown in.
type Store interface {
	Groups(ctx context.Context, tenant kernel.ID) ([]Group, error)
	// Group finds one by its key; NotFound "group.notfound".
	Group(ctx context.Context, tenant kernel.ID, key string) (Group, error)
	// GroupByID finds one; NotFound "group.notfound".
	GroupByID(ctx context.Context, tenant, id kernel.ID) (Group, error)
	// Save writes a group whose stored counterpart has g.Edit-1 edits, or a new one with Edit 1; Conflict "group.changed" or "group.key.taken".
	Save(ctx context.Context, tenant kernel.ID, g Group) error

	Members(ctx context.Context, tenant, group kernel.ID) ([]Member, error)
	// MembersOf lists the memberships of an account.
	MembersOf(ctx context.Context, tenant, account kernel.ID) ([]Member, error)
	Member(ctx context.Context, tenant, id kernel.ID) (Member, error)
	SaveMember(ctx context.Context, tenant kernel.ID, m Member) error
	DropMember(ctx context.Context, tenant, id kernel.ID) error

	meetingStore
	taskStore
	draftStore
}

// Service is what people do with groups.
type Service struct {
	Store  Store
	Tx     Tx
	Files  Files
	People People
	Actors Actors // nil: organisations are written by name
	Mail   Mail   // nil: nobody is written to
	// Address gives an address as mail servers take it, or an error; nil: any with an @.
	Address    func(email string) (string, error)
	Contribute Contribute // nil: minutes lead to no contributions
	Trail      access.Trail
	Now        func() time.Time
}

func (s *Service) now() kernel.Instant { return kernel.InstantOf(s.Now()) }

func (s *Service) day() kernel.Date { return kernel.DayOf(s.Now()) }

func (s *Service) record(ctx context.Context, by access.Actor, do access.Action, what string, object kernel.Ref, note map[string]string) error {
	return access.Record(ctx, s.Trail, by, access.Act{Do: do, What: what, Object: object, Note: note})
}

// List gives the groups the actor may know of: public ones, those he or she holds a role in, all to the planning staff.
func (s *Service) List(ctx context.Context, by access.Actor) ([]Group, error) {
	all, err := s.Store.Groups(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(g Group) bool { return access.Check(by, access.ReadPublic, g.Object(by.Tenant)) != nil }), nil
}

// Mine gives the groups whose space the actor may enter.
func (s *Service) Mine(ctx context.Context, by access.Actor) ([]Group, error) {
	if !by.SignedIn() {
		return nil, nil
	}
	all, err := s.Store.Groups(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(g Group) bool { return !access.Can(by, access.ReadGroup, g.Space(by.Tenant)) }), nil
}

// Get finds a group as the public sees it; NotFound for one the actor may not know of.
func (s *Service) Get(ctx context.Context, by access.Actor, key string) (Group, error) {
	g, err := s.Store.Group(ctx, by.Tenant, key)
	if err != nil {
		return Group{}, err
	}
	if access.Check(by, access.ReadPublic, g.Object(by.Tenant)) != nil {
		return Group{}, kernel.E(kernel.NotFound, "group.notfound")
	}
	return g, nil
}

// Space finds a group whose space the actor may do something in; NotFound for everybody who may not enter it.
func (s *Service) Space(ctx context.Context, by access.Actor, key string, do access.Action) (Group, error) {
	g, err := s.Store.Group(ctx, by.Tenant, key)
	if err != nil {
		return Group{}, err
	}
	return g, s.may(by, g, do)
}

// may checks an action in the space of a group; who may not even enter is not told that there is one.
func (s *Service) may(by access.Actor, g Group, do access.Action) error {
	if access.Check(by, access.ReadGroup, g.Space(by.Tenant)) != nil {
		return kernel.E(kernel.NotFound, "group.notfound")
	}
	return access.Check(by, do, g.Space(by.Tenant))
}

// Can tells whether the actor may do something in the space of the group, for showing or hiding what leads there.
func (s *Service) Can(by access.Actor, g Group, do access.Action) bool {
	return s.may(by, g, do) == nil
}

// Save makes a group (Edit 0) or changes one; Conflict "group.changed" when somebody else changed it meanwhile.
func (s *Service) Save(ctx context.Context, by access.Actor, g Group) (Group, error) {
	if err := access.CheckTenant(by, access.ManageGroups); err != nil {
		return g, err
	}
	g.Key = strings.TrimSpace(g.Key)
	if g.Key == "" && g.Edit == 0 {
		g.Key = KeyOf(g.Name["de"])
	}
	g.Name = cleanText(g.Name, false)
	for _, t := range []*kernel.Text{&g.Mandate, &g.Composition, &g.Power, &g.SetUp, &g.Rhythm, &g.Contact, &g.Closing} {
		*t = cleanText(*t, true)
	}
	g.Sign = kernel.Clean(g.Sign, false)
	if err := g.check(); err != nil {
		return g, err
	}
	what := "group.change"
	if g.Edit == 0 {
		g.ID, g.CreatedAt, what = kernel.NewID(), s.now(), "group.create"
	}
	g.Edit++
	g.ChangedAt = s.now()
	return g, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, by.Tenant, g); err != nil {
			return err
		}
		public := "no"
		if g.Public {
			public = "yes"
		}
		return s.record(ctx, by, access.ManageGroups, what, ref("group", g.ID), map[string]string{"public": public, "edit": numbered(g.Edit)})
	})
}

// Roll gives the members with their names, the chair first; past tells whether those who left are among them.
func (s *Service) Roll(ctx context.Context, tenant kernel.ID, g Group, past bool) ([]Roll, error) {
	list, err := s.Store.Members(ctx, tenant, g.ID)
	if err != nil {
		return nil, err
	}
	day := s.day()
	if !past {
		list = slices.DeleteFunc(list, func(m Member) bool { return !m.On(day) })
	}
	var ids []kernel.ID
	for _, m := range list {
		if m.Account != "" {
			ids = append(ids, m.Account)
		}
	}
	people := map[kernel.ID]Person{}
	if len(ids) > 0 && s.People != nil {
		if people, err = s.People.People(ctx, tenant, ids); err != nil {
			return nil, err
		}
	}
	actors := map[kernel.ID]Actor{}
	if s.Actors != nil && slices.ContainsFunc(list, func(m Member) bool { return m.Actor.ID != "" }) {
		all, err := s.Actors.Actors(ctx, tenant)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			actors[a.ID] = a
		}
	}
	out := make([]Roll, 0, len(list))
	for _, m := range list {
		r := Roll{Member: m, Name: m.Label, Of: m.Organisation, Address: m.Email}
		if p, ok := people[m.Account]; ok {
			r.Name, r.Lang, r.Address, r.Enter = p.Name, p.Lang, p.Email, slices.Contains(p.Held, g.Key)
		}
		if a, ok := actors[m.Actor.ID]; ok {
			r.Of, r.Path = a.Name, a.Path
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Roll) int {
		return slices.Index(MemberRoles(), a.Role) - slices.Index(MemberRoles(), b.Role)
	})
	return out, nil
}

// PublicRoll gives what everybody may read of the members: those with consent, and how many there are besides.
func (s *Service) PublicRoll(ctx context.Context, tenant kernel.ID, g Group) (shown []Roll, others int, err error) {
	all, err := s.Roll(ctx, tenant, g, false)
	for _, r := range all {
		if !r.Consent {
			others++
			continue
		}
		r.Address, r.Email = "", ""
		shown = append(shown, r)
	}
	return shown, others, err
}

// SaveMember adds a member (zero ID) or changes one. account is the address of an account, where the member has one.
func (s *Service) SaveMember(ctx context.Context, by access.Actor, key string, m Member, account string) (Member, error) {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return m, err
	}
	m.Label, m.Organisation, m.Email = kernel.Clean(m.Label, false), kernel.Clean(m.Organisation, false), kernel.Clean(m.Email, false)
	if account = kernel.Clean(account, false); account != "" {
		p, err := s.People.Find(ctx, by.Tenant, account)
		if err != nil {
			return m, err
		}
		m.Account = p.ID
	}
	if m.Role == "" {
		m.Role = Full
	}
	if err := m.check(); err != nil {
		return m, err
	}
	if m.Email != "" && !s.takes(m.Email) {
		return m, invalid(map[string]string{"email": "group.member.email.form"})
	}
	what := "group.member.change"
	if m.ID == "" {
		m.ID, m.CreatedAt, what = kernel.NewID(), s.now(), "group.member.add"
		if m.From == "" {
			m.From = s.day()
		}
	}
	m.Group = g.ID
	return m, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if what == "group.member.change" {
			old, err := s.Store.Member(ctx, by.Tenant, m.ID)
			if err != nil {
				return err
			}
			if old.Group != g.ID {
				return notFound()
			}
			m.CreatedAt = old.CreatedAt
			if m.Account == "" && account == "" {
				m.Account = old.Account
			}
		}
		if err := s.Store.SaveMember(ctx, by.Tenant, m); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, what, ref("group", g.ID), map[string]string{"member": string(m.ID), "role": string(m.Role)})
	})
}

// takes tells whether mail can be sent to an address.
func (s *Service) takes(email string) bool {
	if s.Address == nil {
		return strings.Contains(email, "@")
	}
	_, err := s.Address(email)
	return err == nil
}

// DropMember removes a member that never came to anything; Conflict "group.member.attended" for one who attended a meeting: their membership ends.
func (s *Service) DropMember(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Store.Member(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if m.Group != g.ID {
			return notFound()
		}
		if err := s.Store.DropMember(ctx, by.Tenant, id); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, "group.member.drop", ref("group", g.ID), map[string]string{"member": string(id)})
	})
}

// Variants gives the public texts of the public groups.
func (s *Service) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	all, err := s.Store.Groups(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, g := range all {
		if g.Public {
			out = append(out, kernel.Variant{
				Kind: "group", ID: g.Key, Title: g.Name, Path: "/gruppen/" + g.Key, Edit: "/arbeit/gruppen/" + g.Key + "/bearbeiten", Texts: g.Texts(), Slot: true, Signed: g.Sign != "",
			})
		}
	}
	return out, nil
}

// Accounts gives the accounts that belong to a group now; none where there is no such group.
func (s *Service) Accounts(ctx context.Context, tenant kernel.ID, key string) ([]kernel.ID, error) {
	g, err := s.Store.Group(ctx, tenant, key)
	if kernel.KindOf(err) == kernel.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	members, err := s.Store.Members(ctx, tenant, g.ID)
	if err != nil {
		return nil, err
	}
	var out []kernel.ID
	for _, m := range members {
		if m.Account != "" && m.On(s.day()) {
			out = append(out, m.Account)
		}
	}
	return out, nil
}

// NeedsFile tells whether a paper is kept under the content.
func (s *Service) NeedsFile(ctx context.Context, tenant kernel.ID, sha256 string) (bool, error) {
	return s.Store.PaperUses(ctx, tenant, sha256)
}
