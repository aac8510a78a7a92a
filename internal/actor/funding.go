// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Ending is funding that ends.
type Ending struct {
	Of      Record
	Funding Funding
	Soon    bool // within the time of the town's rule
	Over    bool
}

type alarmStore interface {
	// Alarm notes that staff are told of the end of a record's funding; false when they were told before.
	Alarm(ctx context.Context, tenant, record kernel.ID, ends kernel.Date, at kernel.Instant) (bool, error)
}

// FundingOf gives the funding of a record that can have one.
func FundingOf(r Record) (Funding, bool) {
	switch x := r.(type) {
	case *Offer:
		return x.Funding, true
	case *Resource:
		return x.Funding, true
	case *Project:
		return x.Funding, true
	}
	return Funding{}, false
}

// Endings lists whose funding ends, the soonest first; ends that lie more than a year back are left out.
func (s *Service) Endings(ctx context.Context, by access.Actor) ([]Ending, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.load(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	return in.endings(s.Today()), nil
}

func (in *Inventory) endings(today kernel.Date) []Ending {
	soon := kernel.Date(today.Time().AddDate(0, in.Rules.Ahead, 0).Format(time.DateOnly))
	var out []Ending
	for _, k := range []Kind{OfferKind, ResourceKind, ProjectKind} {
		for _, r := range in.Records(k) {
			f, _ := FundingOf(r)
			if f.Ends == "" || f.Ends < today.AddYears(-1) || !r.Head().ArchivedAt.IsZero() {
				continue
			}
			out = append(out, Ending{Of: r, Funding: f, Soon: f.Ends >= today && f.Ends <= soon, Over: f.Ends < today})
		}
	}
	slices.SortStableFunc(out, func(a, b Ending) int { return cmp.Compare(a.Funding.Ends, b.Funding.Ends) })
	return out
}

// Alarm tells staff once of each funding that ends within the time of the town's rule.
func (s *Service) Alarm(ctx context.Context, tenant kernel.ID) error {
	in, err := s.load(ctx, tenant)
	if err != nil || s.Mail == nil {
		return err
	}
	today := s.Today()
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		var fresh []Ending
		for _, e := range in.endings(today) {
			if !e.Soon {
				continue
			}
			told, err := s.Store.Alarm(ctx, tenant, e.Of.Head().ID, e.Funding.Ends, s.now())
			if err != nil {
				return err
			}
			if told {
				fresh = append(fresh, e)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		first := fresh[0]
		return s.Mail.FundingEnds(ctx, tenant, string(first.Of.Head().ID)+" "+string(first.Funding.Ends), len(fresh), first)
	})
}
