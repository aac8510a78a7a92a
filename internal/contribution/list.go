// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Order is how a list is sorted.
type Order string

// The orders of lists.
const (
	Youngest  Order = ""
	Oldest    Order = "oldest"
	Supported Order = "supported" // most support first
	Due       Order = "due"       // answer due first
)

// Filter selects contributions. Zero fields select nothing away.
type Filter struct {
	Process  string
	Module   string
	Outside  bool     // only what belongs to no process
	Except   []string // processes left out
	Channels []Channel
	States   []State
	Statuses []Status
	Area     string
	Category string
	Office   string
	Lang     string
	Text     string // every word is in title or text
	Placed   bool   // only what has a place on the map
	Unplaced bool   // only what has none
	Within   Frame  // only what lies in it; zero: everywhere
	Author   kernel.ID
	Entered  kernel.ID // by this staff
	Overdue  kernel.Date
	From, To kernel.Instant // of receipt; To is not included
	IDs      []kernel.ID
	Read     bool   // of what was merged only what everybody could read
	Work     bool   // the staff's list: what the actor works on, public or not
	Scope    *Scope // only what belongs to it; nil: everything
	Order    Order
	Undated  bool // with Due: what has no day comes last, else it is left out
	// After continues behind the last one of the part before: its id, and for Supported and Due what it is sorted by.
	After Cursor
	Limit int
}

// Scope is a part of the town's contributions: those of processes, given to offices, in areas, or entered by somebody; any of these is enough.
type Scope struct {
	Processes, Offices, Areas []string
	Entered                   kernel.ID
}

// Cursor is the end of a part of a list.
type Cursor struct {
	ID       kernel.ID
	Supports int
	Due      kernel.Date
}

// End gives the cursor behind a contribution.
func End(c Contribution) Cursor { return Cursor{ID: c.ID, Supports: c.Supports, Due: c.Due} }

// MostListed bounds a part of a list.
const MostListed = 200

// List gives what the actor may read: staff of the town everything, everybody what is public. more tells whether there is a further part.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) (list []Contribution, more bool, err error) {
	if err := s.bound(ctx, by, &f); err != nil {
		return nil, false, err
	}
	if f.Limit <= 0 || f.Limit > MostListed {
		f.Limit = 50
	}
	n := f.Limit
	f.Limit++
	if list, err = s.Store.List(ctx, by.Tenant, f); err != nil {
		return nil, false, err
	}
	if more = len(list) > n; more {
		list = list[:n]
	}
	return list, more, nil
}

// mostCounted is where counting ends: "mehr als 10.000".
const mostCounted = 100_000

// Count tells how many contributions a filter finds.
func (s *Service) Count(ctx context.Context, by access.Actor, f Filter) (int, error) {
	if err := s.bound(ctx, by, &f); err != nil {
		return 0, err
	}
	return s.Store.Count(ctx, by.Tenant, f, mostCounted)
}

// bound narrows a filter to what the actor may read.
func (s *Service) bound(ctx context.Context, by access.Actor, f *Filter) error {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return err
	}
	all := s.readsAll(ctx, by, f.Process)
	if f.Work && !all {
		scope, err := s.scope(ctx, by, access.Moderate, access.DraftAnswer)
		if err != nil {
			return err
		}
		if scope != nil {
			scope.Entered = by.Person
			f.Scope = scope
			return nil
		}
	}
	if all || f.Entered != "" && f.Entered == by.Person || f.Author != "" && f.Author == by.Person {
		return nil
	}
	f.Read = true
	if len(f.States) == 0 {
		f.States = []State{Published}
	}
	f.States = slices.DeleteFunc(slices.Clone(f.States), func(x State) bool { return x != Published && x != Merged })
	if len(f.States) == 0 {
		f.States = []State{Published}
	}
	if f.Process != "" {
		p, m, err := s.Process(ctx, by.Tenant, f.Process, f.Module)
		if err != nil {
			return err
		}
		return access.Check(by, access.ReadPublic, s.object(by.Tenant, p, m, nil))
	}
	return s.except(ctx, by, f)
}

// scope is what the roles let the actor work on that are held in processes, offices and areas; nil where there is none.
func (s *Service) scope(ctx context.Context, by access.Actor, do ...access.Action) (*Scope, error) {
	var out Scope
	can := func(o access.Object) bool {
		return slices.ContainsFunc(do, func(do access.Action) bool { return access.Can(by, do, o) })
	}
	for _, h := range by.Held {
		if !can(access.Object{Tenant: by.Tenant, Within: []access.Context{h.In}}) {
			continue
		}
		switch h.In.Kind {
		case access.InOffice:
			out.Offices = append(out.Offices, h.In.Key)
		case access.InArea:
			out.Areas = append(out.Areas, h.In.Key)
		}
	}
	if s.Processes != nil && len(by.Held) > 0 {
		list, err := s.Processes.Processes(ctx, by.Tenant)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if o := s.object(by.Tenant, p, zeroModule, nil); can(access.Object{Tenant: by.Tenant, Within: o.Within}) {
				out.Processes = append(out.Processes, p.Key)
			}
		}
	}
	if len(out.Processes)+len(out.Offices)+len(out.Areas) == 0 {
		return nil, nil
	}
	return &out, nil
}

// except leaves out what belongs to processes the actor cannot see.
func (s *Service) except(ctx context.Context, by access.Actor, f *Filter) error {
	if s.Processes == nil {
		return nil
	}
	list, err := s.Processes.Processes(ctx, by.Tenant)
	if err != nil {
		return err
	}
	f.Except = nil
	for _, p := range list {
		if !access.Can(by, access.ReadPublic, s.object(by.Tenant, p, zeroModule, nil)) {
			f.Except = append(f.Except, p.Key)
		}
	}
	return nil
}

// readsAll tells whether the actor reads what is not public: staff of the town, or of the process.
func (s *Service) readsAll(ctx context.Context, by access.Actor, process string) bool {
	o := access.Object{Tenant: by.Tenant}
	if process != "" {
		p, _, err := s.Process(ctx, by.Tenant, process, "")
		if err != nil {
			return false
		}
		o.Within = s.object(by.Tenant, p, zeroModule, nil).Within
	}
	return access.Can(by, access.Moderate, o) || access.Can(by, access.DraftAnswer, o)
}

// Tally counts the contributions of a process by state, for its staff.
func (s *Service) Tally(ctx context.Context, by access.Actor, process string) (map[State]int, error) {
	if !s.readsAll(ctx, by, process) {
		return nil, kernel.E(kernel.Denied, "access.denied")
	}
	return s.Store.Tally(ctx, by.Tenant, process)
}

// Own lists what somebody with an account contributed.
func (s *Service) Own(ctx context.Context, by access.Actor) ([]Contribution, error) {
	if by.Person == "" {
		return nil, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return s.Store.List(ctx, by.Tenant, Filter{Author: by.Person, Limit: MostListed})
}

// Original gives the words as they came, to the author and those who may moderate or answer.
func (s *Service) Original(ctx context.Context, by access.Actor, c Contribution) (lang, title, text string, err error) {
	if c.Author == "" || c.Author != by.Person {
		if !s.May(ctx, by, access.Moderate, c) && !s.May(ctx, by, access.DraftAnswer, c) {
			return "", "", "", notFound()
		}
	}
	return s.Store.Original(ctx, by.Tenant, c.ID)
}
