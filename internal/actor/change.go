// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// ChangeState is where a change by an organisation stands.
type ChangeState string

// The states of a change.
const (
	Applied  ChangeState = "applied"  // done at once
	Waiting  ChangeState = "waiting"  // for staff
	Accepted ChangeState = "accepted" // done after staff agreed
	Refused  ChangeState = "refused"
)

// publicField stands in a patch for whether everybody may read the record.
const publicField = "public"

// Patch is one field before and after.
type Patch struct {
	Field  string   `json:"field"`
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// Change is what an organisation changed in one go.
type Change struct {
	ID        kernel.ID
	Record    kernel.ID
	Patch     []Patch
	State     ChangeState
	By        kernel.ID // account
	At        kernel.Instant
	DecidedBy kernel.ID
	DecidedAt kernel.Instant
	Reason    string
}

type changeStore interface {
	AddChange(ctx context.Context, tenant kernel.ID, c Change) error
	// Change finds one; NotFound "actor.notfound".
	Change(ctx context.Context, tenant, id kernel.ID) (Change, error)
	// Changes lists those in a state, or of a record, the youngest first.
	Changes(ctx context.Context, tenant kernel.ID, state ChangeState, record kernel.ID, limit int) ([]Change, error)
	// Decide writes what became of a waiting change; Conflict "actor.change.decided" when it does not wait any more.
	Decide(ctx context.Context, tenant kernel.ID, c Change) error
	CountChanges(ctx context.Context, tenant kernel.ID, state ChangeState) (int, error)
}

func snapshot(r Record) map[string][]string {
	out := map[string][]string{}
	for _, f := range r.Fields() {
		out[f.Name] = slices.Clone(f.Values())
	}
	return out
}

func differences(before map[string][]string, r Record) []Patch {
	var out []Patch
	for _, f := range r.Fields() {
		if after := f.Values(); !slices.Equal(before[f.Name], after) {
			out = append(out, Patch{f.Name, before[f.Name], slices.Clone(after)})
		}
	}
	return out
}

func flip(field string, before, after bool) Patch {
	p := Patch{Field: field}
	if before {
		p.Before = []string{"1"}
	}
	if after {
		p.After = []string{"1"}
	}
	return p
}

// split tells what of a patch is done at once and what waits.
func split(r Record, patch []Patch, rule ChangeRule) (now, later []Patch) {
	for _, p := range patch {
		f, _ := FieldOf(r, p.Field)
		wording := f.Wording || p.Field == publicField && len(p.After) > 0 // to become public; to go is the organisation's right
		if rule == NoneAtOnce || rule == FactsAtOnce && wording && r.Head().Public || rule == FactsAtOnce && p.Field == publicField && wording {
			later = append(later, p)
		} else {
			now = append(now, p)
		}
	}
	return now, later
}

func (p Patch) set(r Record, values []string) error {
	if p.Field == publicField {
		r.Head().Public = len(values) > 0
		return nil
	}
	f, ok := FieldOf(r, p.Field)
	if !ok {
		return fmt.Errorf("actor: a change names field %q", p.Field)
	}
	if key := f.Set(values); key != "" {
		return invalid(map[string]string{p.Field: key})
	}
	return nil
}

// now gives what stands in the field of the record.
func (p Patch) now(r Record) []string {
	if p.Field == publicField {
		return flip(publicField, false, r.Head().Public).After
	}
	f, ok := FieldOf(r, p.Field)
	if !ok {
		return nil
	}
	return f.Values()
}

func (p Patch) undo(r Record) error { return p.set(r, p.Before) }

func (p Patch) apply(r Record) error { return p.set(r, p.After) }

func fieldNames(list []Patch) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Field
	}
	return strings.Join(names, " ")
}

// Changed is a change with the record it concerns.
type Changed struct {
	Change
	Of Record
}

// Changes lists changes by organisations in a state, the youngest first, for staff.
func (s *Service) Changes(ctx context.Context, by access.Actor, state ChangeState) ([]Changed, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	list, err := s.Store.Changes(ctx, by.Tenant, state, "", 300)
	if err != nil {
		return nil, err
	}
	in, err := s.load(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	var out []Changed
	for _, c := range list {
		if r, ok := in.Find(c.Record); ok {
			out = append(out, Changed{c, r})
		}
	}
	return out, nil
}

// ChangesOf lists what was changed of a record by its organisation, for those who keep it.
func (s *Service) ChangesOf(ctx context.Context, by access.Actor, r Record) ([]Change, error) {
	if !SeesInner(by, r.Head()) {
		return nil, kernel.E(kernel.NotFound, "actor.notfound")
	}
	return s.Store.Changes(ctx, by.Tenant, "", r.Head().ID, 50)
}

// WaitingChanges counts what waits for staff.
func (s *Service) WaitingChanges(ctx context.Context, by access.Actor) (int, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return 0, err
	}
	return s.Store.CountChanges(ctx, by.Tenant, Waiting)
}

// Decide accepts or refuses a waiting change; a refusal needs a reason, which the organisation reads. What was overtaken by a later change can be
// refused only.
func (s *Service) Decide(ctx context.Context, by access.Actor, id kernel.ID, accept bool, reason string) error {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return err
	}
	reason = tidy(reason, true)
	if !accept && reason == "" {
		return invalid(map[string]string{"reason": "actor.reason"})
	}
	if len([]rune(reason)) > maxText {
		return invalid(map[string]string{"reason": "actor.text.long"})
	}
	c, err := s.Store.Change(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	c.State, c.DecidedBy, c.DecidedAt, c.Reason = Refused, by.Person, s.now(), reason
	if accept {
		c.State = Accepted
	}
	return s.act(ctx, by, access.PlanActors, "actor.change."+string(c.State), kernel.Ref{Kind: "actor.change", ID: id}, reason, map[string]string{"fields": fieldNames(c.Patch)},
		func(ctx context.Context) error {
			if err := s.Store.Decide(ctx, by.Tenant, c); err != nil || !accept {
				return err
			}
			r, err := s.Store.Record(ctx, by.Tenant, c.Record)
			if err != nil {
				return err
			}
			for _, p := range c.Patch {
				if !slices.Equal(p.now(r), p.Before) { // somebody wrote something newer, which nobody who decided has seen
					return kernel.E(kernel.Conflict, "actor.change.stale")
				}
				if err := p.apply(r); err != nil {
					return err
				}
			}
			wrong := map[string]string{}
			check(r, wrong)
			if len(wrong) > 0 {
				return kernel.E(kernel.Conflict, "actor.change.stale")
			}
			m := r.Head()
			m.Edit, m.ChangedAt = m.Edit+1, s.now()
			return s.Store.Update(ctx, by.Tenant, r)
		})
}
