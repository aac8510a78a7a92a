// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Mailer tells people by mail, in the transaction of ctx; the same event reaches a person once, however often it is asked for.
type Mailer interface {
	// ConfirmDue asks those who keep an organisation's records to look whether they still hold; it tells how many people that were.
	ConfirmDue(ctx context.Context, tenant kernel.ID, a *Actor, event string) (int, error)
	// FundingEnds tells staff of the funding that ends soon.
	FundingEnds(ctx context.Context, tenant kernel.ID, event string, n int, first Ending) error
}

// Confirm notes that everything an organisation keeps still holds: one click a year.
func (s *Service) Confirm(ctx context.Context, by access.Actor, id kernel.ID) error {
	r, err := s.Record(ctx, by, id)
	if err != nil {
		return err
	}
	m := r.Head()
	if m.Kind != ActorKind {
		return kernel.E(kernel.NotFound, "actor.notfound")
	}
	if err := access.Check(by, access.KeepActors, m.object(by.Tenant)); err != nil {
		return err
	}
	return s.act(ctx, by, access.KeepActors, "actor.confirm", Ref(m), "", nil, func(ctx context.Context) error {
		_, err := s.Store.Confirm(ctx, by.Tenant, id, s.now())
		return err
	})
}

// Due is the day from which an organisation's records have to be confirmed anew.
func (in *Inventory) Due(a *Actor) kernel.Date {
	since := a.ConfirmedAt
	if since.IsZero() {
		since = a.CreatedAt
	}
	return kernel.DayOf(since.AddDate(0, in.Rules.Months, 0))
}

// Unconfirmed is an organisation whose records nobody has confirmed in time.
type Unconfirmed struct {
	*Actor
	Due     kernel.Date
	Records int // beside itself
}

// Unconfirmed lists them, the longest overdue first.
func (s *Service) Unconfirmed(ctx context.Context, by access.Actor) ([]Unconfirmed, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.load(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	return in.unconfirmed(s.Today()), nil
}

func (in *Inventory) unconfirmed(today kernel.Date) []Unconfirmed {
	kept := map[kernel.ID]int{}
	for _, k := range Kinds()[1:] {
		for _, r := range in.Records(k) {
			if m := r.Head(); m.ArchivedAt.IsZero() {
				kept[m.Actor]++
			}
		}
	}
	var out []Unconfirmed
	for _, a := range in.Actors {
		if due := in.Due(a); a.ArchivedAt.IsZero() && due <= today {
			out = append(out, Unconfirmed{a, due, kept[a.ID]})
		}
	}
	slices.SortStableFunc(out, func(a, b Unconfirmed) int { return cmp.Compare(a.Due, b.Due) })
	return out
}

// remindEvery is after how many days an organisation that did not answer is asked again.
const remindEvery = 30

// Remind asks every organisation whose records are due, and again each month; it may run as often as one likes.
func (s *Service) Remind(ctx context.Context, tenant kernel.ID) error {
	in, err := s.load(ctx, tenant)
	if err != nil || s.Mail == nil {
		return err
	}
	today := s.Today()
	for _, u := range in.unconfirmed(today) {
		step := int(today.Time().Sub(u.Due.Time()).Hours()/24) / remindEvery
		if step > 5 { // who did not answer for half a year needs a call; the list of staff says so
			continue
		}
		err := s.Tx.Tx(ctx, func(ctx context.Context) error {
			_, err := s.Mail.ConfirmDue(ctx, tenant, u.Actor, string(u.ID)+" "+string(u.Due)+" "+strconv.Itoa(step))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
