// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Place is one process, group, office or area a role can be held in.
type Place struct {
	In   access.Context
	Name kernel.Text
}

// Places knows what there is to hold a role in; app asks the capabilities that keep processes, groups, offices and areas.
type Places interface {
	// Places lists what there is of a kind, by name; a kind of which there is nothing yet gives an empty list.
	Places(ctx context.Context, tenant kernel.ID, kind access.ContextKind) ([]Place, error)
}

// RoleChange gives a role, or ends a grant. It is what a second person agrees to where the town asks for one.
type RoleChange struct {
	Account kernel.ID      `json:"account"`
	End     kernel.ID      `json:"end,omitempty"` // the grant to end; empty: give
	Role    access.Role    `json:"role,omitempty"`
	In      access.Context `json:"in"`
	From    kernel.Date    `json:"from,omitempty"` // first day; empty: today
	To      kernel.Date    `json:"to,omitempty"`   // last day; when giving, empty: open; when ending, empty: at once
	Reason  string         `json:"reason,omitempty"`
}

// RolesExecutor names the executor of a change of roles that waited for a second person.
const RolesExecutor = "account.roles"

// townRoles are held in the town as a whole only: who runs it, who checks it, and what a citizen is.
var townRoles = []access.Role{
	access.Admin, access.DPO, access.Auditor, access.StatisticsOfficer, access.Treasurer, access.Councillor, access.Citizen, access.Resident,
	access.YoungPerson,
}

// InTownOnly tells whether the role cannot be held in a context.
func InTownOnly(r access.Role) bool { return slices.Contains(townRoles, r) }

// forPseudonyms are the roles of staff and partners that an account with nothing but a pseudonym may hold.
var forPseudonyms = []access.Role{access.GroupMember, access.ParticipationCouncil}

// ParseContext reads "office:SozA" as the command line and forms write it; the empty text and "town" are the town as a whole.
func ParseContext(s string) (access.Context, error) {
	if s == "" || s == "town" {
		return access.Context{}, nil
	}
	kind, key, ok := strings.Cut(s, ":")
	if !ok || key == "" || !slices.Contains(access.ContextKinds(), access.ContextKind(kind)) {
		return access.Context{}, fieldError("in", "account.context.form", "value", s)
	}
	return access.Context{Kind: access.ContextKind(kind), Key: key}, nil
}

// WriteContext is the form ParseContext reads.
func WriteContext(c access.Context) string {
	if c == (access.Context{}) {
		return ""
	}
	return string(c.Kind) + ":" + c.Key
}

// fieldError says what is wrong with one field.
func fieldError(field, key string, kv ...any) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params(kv...), Fields: map[string]string{field: key}}
}

// roleWord is a role as a parameter of a sentence, written in the language of the sentence.
func roleWord(r access.Role) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.role." + string(r)}
}

// RoleWord is a role as a parameter of a sentence of the catalogue.
func RoleWord(r access.Role) any { return roleWord(r) }

// Change gives a role or ends a grant. Invalid names the field at fault; Conflict "account.role.clash" names the two roles nobody may hold at
// once, "account.roles.self" says that nobody gives roles to himself, "account.admin.last" that the town keeps an administration,
// "approval.waiting" that a second person is asked first. The person at the machine needs none, as whoever has the database has everything.
func (s *Service) Change(ctx context.Context, by access.Actor, c RoleChange) error {
	return s.change(ctx, by, c, false)
}

// CarryOut is the executor of RolesExecutor: it does what a second person agreed to, with args as the matter kept them. A first day that went by
// meanwhile becomes today.
func (s *Service) CarryOut(ctx context.Context, by access.Actor, args json.RawMessage) error {
	var c RoleChange
	if err := json.Unmarshal(args, &c); err != nil {
		return fmt.Errorf("change of roles: %w", err)
	}
	return s.change(ctx, by, c, true)
}

func (s *Service) change(ctx context.Context, by access.Actor, c RoleChange, late bool) error {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return err
	}
	c.Reason = strings.TrimSpace(c.Reason)
	if len([]rune(c.Reason)) > 500 {
		return fieldError("reason", "account.reason.long", "max", 500)
	}
	a, err := s.Store.Account(ctx, by.Tenant, c.Account)
	if err != nil {
		return err
	}
	g, what, err := s.plan(ctx, by, a, c, late)
	if err != nil {
		return err
	}
	if !by.Has(access.Operator) {
		err = access.Second(ctx, s.FourEyes, by, access.Matter{
			Kind: access.RoleMatter, Do: access.ManageUsers, What: RolesExecutor, Object: accountRef(a.ID),
			Title:  s.say("account.matter."+what, "role", roleWord(g.Role)),
			Reason: c.Reason, Args: c,
		})
		if err != nil {
			return err
		}
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, by.Tenant, c.Account)
		if err != nil {
			return err
		}
		g, what, err := s.plan(ctx, by, a, c, late)
		if err != nil {
			return err
		}
		if err := s.Store.SetRoles(ctx, by.Tenant, a.ID, []Grant{g}); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.ManageUsers, What: "account.role." + what, Object: accountRef(a.ID), Reason: c.Reason, Note: noteOf(g),
		})
	})
}

func accountRef(id kernel.ID) kernel.Ref { return kernel.Ref{Kind: "account", ID: id} }

func noteOf(g Grant) map[string]string {
	return map[string]string{"role": string(g.Role), "in": WriteContext(g.In), "from": string(g.From), "to": string(g.To), "grant": string(g.ID)}
}

// plan gives the grant as it is to be written and whether that gives or ends it, or says why it cannot be.
func (s *Service) plan(ctx context.Context, by access.Actor, a Account, c RoleChange, late bool) (g Grant, what string, err error) {
	if c.End != "" {
		g, err = s.planEnd(ctx, by.Tenant, a, c, late)
		return g, "end", err
	}
	if by.Person == a.ID && a.ID != "" {
		return g, "", &kernel.Error{Kind: kernel.Conflict, Key: "account.roles.self", Fields: map[string]string{"role": "account.roles.self"}}
	}
	if a.Erased() {
		return g, "", kernel.E(kernel.Conflict, "account.erased")
	}
	g, err = s.planGrant(ctx, by.Tenant, a.Roles, c, late)
	if err == nil && a.Citizen && !g.Role.Citizen() && !slices.Contains(forPseudonyms, g.Role) {
		err = fieldError("role", "account.role.pseudonym")
	}
	return g, "give", err
}

// planGrant checks a role to be given beside those held.
func (s *Service) planGrant(ctx context.Context, tenant kernel.ID, held []Grant, c RoleChange, late bool) (Grant, error) {
	today := kernel.DayOf(s.now())
	g := Grant{ID: kernel.NewID(), Role: c.Role, In: c.In, From: c.From, To: c.To}
	if !slices.Contains(access.Roles(), g.Role) {
		return g, fieldError("role", "account.roles.unknown", "roles", roleNames())
	}
	for field, day := range map[string]kernel.Date{"from": c.From, "to": c.To} {
		if day != "" && !realDay(day) {
			return g, fieldError(field, "account.day.form", "value", string(day))
		}
	}
	switch {
	case g.From == "" || g.From < today && late:
		g.From = today
	case g.From < today:
		return g, fieldError("from", "account.from.past")
	}
	if !g.lasts() {
		return g, fieldError("to", "account.to.before")
	}
	if g.In != (access.Context{}) {
		if InTownOnly(g.Role) {
			return g, fieldError("in", "account.context.town", "role", roleWord(g.Role))
		}
		if err := s.knows(ctx, tenant, g.In); err != nil {
			return g, err
		}
	}
	for _, h := range held {
		if h.ID == g.ID || !h.overlaps(g) {
			continue
		}
		if h.Role == g.Role && h.In == g.In {
			return g, &kernel.Error{Kind: kernel.Conflict, Key: "account.grant.twice", Fields: map[string]string{"role": "account.grant.twice"}}
		}
		if a, b, clash := access.Clash([]access.Role{h.Role, g.Role}); clash {
			return g, clashError(a, b)
		}
	}
	return g, nil
}

func clashError(a, b access.Role) error {
	return &kernel.Error{
		Kind: kernel.Conflict, Key: "account.role.clash", Params: kernel.Params("a", roleWord(a), "b", roleWord(b)),
		Fields: map[string]string{"role": "account.role.clash"},
	}
}

// realDay tells whether the text is a day of the calendar in a year people plan for.
func realDay(d kernel.Date) bool {
	_, err := kernel.ParseDate(string(d))
	return err == nil && d.Year() >= 1990 && d.Year() <= 2100
}

// knows tells whether there is such a process, group, office or area.
func (s *Service) knows(ctx context.Context, tenant kernel.ID, in access.Context) error {
	if s.Places != nil {
		list, err := s.Places.Places(ctx, tenant, in.Kind)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(p Place) bool { return p.In == in }) {
			return nil
		}
	}
	return fieldError("in", "account.context.unknown", "value", WriteContext(in))
}

// planEnd gives a grant with its last day.
func (s *Service) planEnd(ctx context.Context, tenant kernel.ID, a Account, c RoleChange, late bool) (Grant, error) {
	today := kernel.DayOf(s.now())
	i := slices.IndexFunc(a.Roles, func(g Grant) bool { return g.ID == c.End })
	if i < 0 {
		return Grant{}, kernel.E(kernel.NotFound, "account.grant.notfound")
	}
	g := a.Roles[i]
	if !g.lasts() || g.To != "" && g.To < today {
		return g, kernel.E(kernel.Conflict, "account.grant.ended")
	}
	switch {
	case c.To == "" || late && c.To < today: // at once: it must not hold for the rest of the day
		g.To = dayBefore(today)
	case !realDay(c.To):
		return g, fieldError("to", "account.day.form", "value", string(c.To))
	case c.To < today:
		return g, fieldError("to", "account.to.past")
	case g.To != "" && c.To > g.To:
		return g, fieldError("to", "account.to.later", "day", g.To)
	default:
		g.To = c.To
	}
	if g.Role == access.Admin && !a.Disabled() {
		after := slices.Clone(a.Roles)
		after[i] = g
		a.Roles = after
		if err := s.keepsAdministration(ctx, tenant, a, dayAfter(g.To)); err != nil {
			return g, err
		}
	}
	return g, nil
}

// farDay stands for the time when every dated grant has ended.
const farDay kernel.Date = "9999-12-31"

// keepsAdministration tells whether the town still has somebody who can administer it, today and for good, once the account is as given. A town
// that had nobody before does not lose anybody. Whoever never replaced a one-time password does not count: nobody knows whether he will come.
func (s *Service) keepsAdministration(ctx context.Context, tenant kernel.ID, changed Account, days ...kernel.Date) error {
	list, err := s.Store.Holders(ctx, tenant, access.Admin)
	if err != nil {
		return err
	}
	has := func(list []Account, day kernel.Date) bool {
		return slices.ContainsFunc(list, func(a Account) bool {
			return !a.Disabled() && !a.MustChange && slices.Contains(a.On(day), access.Admin)
		})
	}
	after := slices.Clone(list)
	for i := range after {
		if after[i].ID == changed.ID {
			after[i] = changed
		}
	}
	today := kernel.DayOf(s.now())
	for _, day := range append(days, today, dayAfter(today), farDay) {
		if has(list, day) && !has(after, day) {
			return kernel.E(kernel.Conflict, "account.admin.last")
		}
	}
	return nil
}

// RolePlaces lists what a role can be held in, kind by kind, for forms and for the names of what one's own roles are held in.
func (s *Service) RolePlaces(ctx context.Context, by access.Actor) ([]Place, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return nil, err
	}
	if s.Places == nil {
		return nil, nil
	}
	var out []Place
	for _, kind := range access.ContextKinds() {
		list, err := s.Places.Places(ctx, by.Tenant, kind)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// say gives a text of the catalogue in every language; without one, as in tests of single rules, the key.
func (s *Service) say(key string, kv ...any) kernel.Text {
	if s.Say == nil {
		return kernel.T(key, key)
	}
	return s.Say(key, kv...)
}
