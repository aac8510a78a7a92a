// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Source gives the figures as delivered. Only this package reads it on behalf of readers.
type Source interface {
	Indicators(ctx context.Context, tenant kernel.ID) ([]indicator.Indicator, error)
	// SliceStates lists the slices that hold at least one figure that counts.
	SliceStates(ctx context.Context, tenant kernel.ID) ([]indicator.SliceState, error)
	// Slice is one slice, whether its figures count or not; NotFound where there is none.
	Slice(ctx context.Context, tenant, id kernel.ID) (indicator.Slice, error)
	// Observations gives the figures of a slice that count now, or, with deliveries, the newest revision among those deliveries.
	Observations(ctx context.Context, tenant, slice kernel.ID, deliveries []kernel.ID) ([]indicator.Observation, error)
	// Stamp changes whenever anything a View could show has changed.
	Stamp(ctx context.Context, tenant kernel.ID) (string, error)
}

// Areas gives the social spaces; they are public.
type Areas interface {
	EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (area.Edition, error)
	Hierarchy(ctx context.Context, a access.Actor, editionID kernel.ID) (*area.Hierarchy, error)
}

// Store keeps the ledger.
type Store interface {
	Add(ctx context.Context, tenant kernel.ID, e Entry) error
	// Withdraw dates the end of an active entry; NotFound where there is none.
	Withdraw(ctx context.Context, tenant, id kernel.ID, at kernel.Instant, by, reason string) error
	Entries(ctx context.Context, tenant kernel.ID, kind Kind) ([]Entry, error)
}

// Tx runs a function in a transaction that its context carries.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service is the gate.
type Service struct {
	Source Source
	Areas  Areas
	Store  Store
	Tx     Tx
	Now    func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
	// FourEyes asks for a second person before something becomes public; nil: nobody is asked.
	FourEyes access.FourEyes

	cache cache
}

// View opens the gate for an audience the actor belongs to.
func (s *Service) View(ctx context.Context, a access.Actor, as access.Audience) (View, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return View{}, err
	}
	if !access.MaySee(a, as) {
		if err := access.CheckTenant(a, access.ReadInternal); err != nil {
			return View{}, err
		}
		return View{}, kernel.E(kernel.Denied, "access.denied")
	}
	return s.open(ctx, a, as)
}

// Compute opens the gate for computation on unsuppressed figures; what is computed goes out through a View again.
func (s *Service) Compute(ctx context.Context, a access.Actor) (View, error) {
	if err := access.CheckTenant(a, access.RunIndex); err != nil {
		return View{}, err
	}
	return s.open(ctx, a, access.Sealed)
}

func (s *Service) open(ctx context.Context, a access.Actor, as access.Audience) (View, error) {
	stamp, err := s.Source.Stamp(ctx, a.Tenant)
	if err != nil {
		return View{}, err
	}
	st, err := s.cache.state(a.Tenant, stamp, func() (*state, error) { return s.load(ctx, a.Tenant) })
	if err != nil {
		return View{}, err
	}
	return View{svc: s, actor: a, audience: as, state: st, stamp: stamp}, nil
}

// state is what a tenant's views share until anything changes.
type state struct {
	indicators map[string]indicator.Indicator
	order      []indicator.Indicator
	byID       map[kernel.ID]indicator.Indicator
	slices     map[kernel.ID][]indicator.SliceState   // by indicator
	audiences  map[kernel.ID]map[access.Audience]bool // released slices
	runs       map[kernel.ID]map[access.Audience]bool
	reports    map[kernel.ID]map[access.Audience]bool
}

func (s *Service) load(ctx context.Context, tenant kernel.ID) (*state, error) {
	st := &state{indicators: map[string]indicator.Indicator{}, byID: map[kernel.ID]indicator.Indicator{}, slices: map[kernel.ID][]indicator.SliceState{}}
	var err error
	if st.order, err = s.Source.Indicators(ctx, tenant); err != nil {
		return nil, err
	}
	for _, i := range st.order {
		st.indicators[i.Key], st.byID[i.ID] = i, i
	}
	all, err := s.Source.SliceStates(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for _, sl := range all {
		st.slices[sl.IndicatorID] = append(st.slices[sl.IndicatorID], sl)
	}
	for kind, to := range map[Kind]*map[kernel.ID]map[access.Audience]bool{SliceKind: &st.audiences, RunKind: &st.runs, ReportKind: &st.reports} {
		if *to, err = s.released(ctx, tenant, kind); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (s *Service) released(ctx context.Context, tenant kernel.ID, kind Kind) (map[kernel.ID]map[access.Audience]bool, error) {
	entries, err := s.Store.Entries(ctx, tenant, kind)
	if err != nil {
		return nil, err
	}
	m := map[kernel.ID]map[access.Audience]bool{}
	for _, e := range entries {
		if !e.Active() {
			continue
		}
		if m[e.ObjectID] == nil {
			m[e.ObjectID] = map[access.Audience]bool{}
		}
		m[e.ObjectID][e.Audience] = true
	}
	return m, nil
}

// visible tells whether an object released to the audiences in to can be seen by as; what is public the council sees too.
func visible(to map[access.Audience]bool, as access.Audience) bool {
	switch as {
	case access.Public:
		return to[access.Public]
	case access.Political:
		return to[access.Public] || to[access.Political]
	}
	return true
}

// Ledger lists all releases of a kind, newest first.
func (s *Service) Ledger(ctx context.Context, a access.Actor, kind Kind) ([]Entry, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	entries, err := s.Store.Entries(ctx, a.Tenant, kind)
	slices.SortStableFunc(entries, func(x, y Entry) int { return -cmpInstant(x.ReleasedAt, y.ReleasedAt) })
	return entries, err
}

func cmpInstant(x, y kernel.Instant) int { return x.Compare(y.Time) }
