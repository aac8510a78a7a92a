// SPDX-License-Identifier: EUPL-1.2

package eventdb

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Lock takes the event's row until the transaction ends.
func (s *Store) Lock(ctx context.Context, tenant, id kernel.ID) error {
	n, err := s.run(ctx, `update event set taken = taken where tenant_id = $1 and id = $2`, tenant, id)
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "event.notfound")
	}
	return err
}

// TakeSeat takes places: the row is changed only while there are so many, and a second writer sees what the first has left.
func (s *Store) TakeSeat(ctx context.Context, tenant, id kernel.ID, heads int, pass bool) (bool, error) {
	n, err := s.run(ctx, `update event set taken = taken + $3 where tenant_id = $1 and id = $2 and stage = 'published' and registration = 'open' and (waiting = 0 or $4)
		and (capacity = 0 or taken + $3 <= capacity)`, tenant, id, heads, pass)
	return n == 1, err
}

// TakePart takes places of a working group.
func (s *Store) TakePart(ctx context.Context, tenant, id, part kernel.ID, heads int) (bool, error) {
	n, err := s.run(ctx, `update event_part set taken = taken + $4 where tenant_id = $1 and event = $2 and id = $3 and (capacity = 0 or taken + $4 <= capacity)`, tenant, id, part, heads)
	return n == 1, err
}

// GivePart gives them back.
func (s *Store) GivePart(ctx context.Context, tenant, id, part kernel.ID, heads int) error {
	_, err := s.run(ctx, `update event_part set taken = taken - $4 where tenant_id = $1 and event = $2 and id = $3 and taken >= $4`, tenant, id, part, heads)
	return err
}

// CountWaiting counts the waiting list.
func (s *Store) CountWaiting(ctx context.Context, tenant, id kernel.ID, by int) error {
	_, err := s.run(ctx, `update event set waiting = waiting + $3 where tenant_id = $1 and id = $2 and waiting + $3 >= 0`, tenant, id, by)
	return err
}

const regColumns = `id, event, state, part, account_id, name, email, lang, needs, consent, photos, code, created_at, offered_until, cancelled_at, reminded_at, attended_at, over_at,
	heads, companions, came, passed_at`

func scanReg(r db.Row) (x event.Registration, err error) {
	var needs db.JSON[event.Needs]
	var companions string
	err = r.Scan(&x.ID, &x.Event, &x.State, &x.Part, &x.Account, &x.Name, &x.Email, &x.Lang, &needs, &x.Consent, &x.Photos, &x.Code, &x.CreatedAt, &x.OfferedUntil,
		&x.CancelledAt, &x.RemindedAt, &x.AttendedAt, &x.OverAt, &x.Heads, &companions, &x.Came, &x.PassedAt)
	x.Needs = needs.V
	if companions != "" {
		x.Companions = strings.Split(companions, "\n")
	}
	return x, err
}

// AddRegistration writes one, unless its address has one that was not given back.
func (s *Store) AddRegistration(ctx context.Context, tenant kernel.ID, x event.Registration) (bool, error) {
	n, err := s.run(ctx, `insert into event_registration (tenant_id, `+regColumns+`, email_key)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		on conflict (tenant_id, event, email_key) where state <> 'cancelled' and email_key <> '' do nothing`,
		tenant, x.ID, x.Event, x.State, x.Part, x.Account, x.Name, x.Email, x.Lang, db.AsJSON(x.Needs), x.Consent, x.Photos, x.Code, x.CreatedAt, x.OfferedUntil,
		x.CancelledAt, x.RemindedAt, x.AttendedAt, x.OverAt, max(x.Heads, 1), strings.Join(x.Companions, "\n"), x.Came, x.PassedAt, fold(x.Email))
	return n == 1, err
}

// Registration finds one.
func (s *Store) Registration(ctx context.Context, tenant, id kernel.ID) (event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "event.link", scanReg)
}

// ByEmail finds the registration of an address that was not given back.
func (s *Store) ByEmail(ctx context.Context, tenant, id kernel.ID, email string) (event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and event = $2 and email_key = $3 and state <> 'cancelled'`,
		tenant, id, fold(email))
	return db.One(rows, err, "event.link", scanReg)
}

// EndRegistration ends one and gives back what it held: a place and one in a working group, or a place in the queue.
func (s *Store) EndRegistration(ctx context.Context, tenant kernel.ID, x event.Registration, at kernel.Instant) error {
	return s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `update event_registration set state = 'cancelled', cancelled_at = $3, offered_until = null where tenant_id = $1 and id = $2 and state = $4`, tenant, x.ID, at, x.State)
		if err != nil || n == 0 {
			return err
		}
		if x.State == event.Waits {
			return s.CountWaiting(ctx, tenant, x.Event, -x.Heads)
		}
		return s.give(ctx, tenant, x, x.Heads)
	})
}

// give takes back places of a registration that holds them, and those in its working group.
func (s *Store) give(ctx context.Context, tenant kernel.ID, x event.Registration, heads int) error {
	if _, err := s.run(ctx, `update event set taken = taken - $3 where tenant_id = $1 and id = $2 and taken >= $3`, tenant, x.Event, heads); err != nil || x.Part == "" {
		return err
	}
	return s.GivePart(ctx, tenant, x.Event, x.Part, heads)
}

// SetHeads has fewer people of a registration come. Names that are too many then are forgotten from the end.
func (s *Store) SetHeads(ctx context.Context, tenant kernel.ID, x event.Registration, heads int) error {
	return s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		names := x.Companions[:min(len(x.Companions), heads-1)]
		n, err := s.run(ctx, `update event_registration set heads = $3, companions = $4 where tenant_id = $1 and id = $2 and heads = $5 and state = $6`,
			tenant, x.ID, heads, strings.Join(names, "\n"), x.Heads, x.State)
		if err != nil || n == 0 {
			return err
		}
		if x.State == event.Waits {
			return s.CountWaiting(ctx, tenant, x.Event, heads-x.Heads)
		}
		return s.give(ctx, tenant, x, x.Heads-heads)
	})
}

// Accept turns an offer that still holds into a place.
func (s *Store) Accept(ctx context.Context, tenant, id kernel.ID, now kernel.Instant) (bool, error) {
	n, err := s.run(ctx, `update event_registration set state = 'registered', offered_until = null where tenant_id = $1 and id = $2 and state = 'offered' and offered_until > $3`, tenant, id, now)
	return n == 1, err
}

// SetPart notes the working group chosen.
func (s *Store) SetPart(ctx context.Context, tenant, id, part kernel.ID) error {
	_, err := s.run(ctx, `update event_registration set part = $3 where tenant_id = $1 and id = $2`, tenant, id, part)
	return err
}

// NextWaiting finds who waits longest.
func (s *Store) NextWaiting(ctx context.Context, tenant, id kernel.ID, most int) (event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and event = $2 and state = 'waiting'
		and ($3 < 0 or heads <= $3) order by created_at, id limit 1`, tenant, id, most)
	return db.One(rows, err, "event.link", scanReg)
}

// PassedOver lists registrations that wait for more places than there are and were not told so.
func (s *Store) PassedOver(ctx context.Context, tenant, id kernel.ID, free int) ([]event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and event = $2 and state = 'waiting' and heads > $3
		and passed_at is null order by created_at, id limit 100`, tenant, id, free)
	return db.Collect(rows, err, scanReg)
}

// Passed notes that one was told.
func (s *Store) Passed(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error {
	_, err := s.run(ctx, `update event_registration set passed_at = $3 where tenant_id = $1 and id = $2`, tenant, id, at)
	return err
}

// MoveUp gives somebody who waited a place.
func (s *Store) MoveUp(ctx context.Context, tenant kernel.ID, x event.Registration) error {
	return s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `update event_registration set state = $3, part = $4, offered_until = $5 where tenant_id = $1 and id = $2 and state = 'waiting'`, tenant, x.ID, x.State, x.Part, x.OfferedUntil)
		if err != nil || n == 0 {
			return err
		}
		_, err = s.run(ctx, `update event set taken = taken + $3, waiting = waiting - $3 where tenant_id = $1 and id = $2`, tenant, x.Event, x.Heads)
		return err
	})
}

// Recount sets the counts of an event to what there is. The caller holds the event's row.
func (s *Store) Recount(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		if _, err := s.run(ctx, `update event set
			taken = (select coalesce(sum(r.heads), 0) from event_registration r where r.tenant_id = $1 and r.event = $2 and r.state in ('registered', 'offered')),
			waiting = (select coalesce(sum(r.heads), 0) from event_registration r where r.tenant_id = $1 and r.event = $2 and r.state = 'waiting')
			where tenant_id = $1 and id = $2`, tenant, id); err != nil {
			return err
		}
		_, err := s.run(ctx, `update event_part set taken = (select coalesce(sum(r.heads), 0) from event_registration r
			where r.tenant_id = $1 and r.event = $2 and r.part = event_part.id and r.state in ('registered', 'offered')) where tenant_id = $1 and event = $2`, tenant, id)
		return err
	})
}

// ToRecount lists published events to come whose counts are not those of their registrations, or where somebody waits although there is a place.
func (s *Store) ToRecount(ctx context.Context, tenant kernel.ID, now kernel.Instant) ([]kernel.ID, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select e.id from event e where e.tenant_id = $1 and e.stage = 'published' and e.starts_at > $2 and (
		e.taken <> (select coalesce(sum(r.heads), 0) from event_registration r where r.tenant_id = $1 and r.event = e.id and r.state in ('registered', 'offered'))
		or e.waiting <> (select coalesce(sum(r.heads), 0) from event_registration r where r.tenant_id = $1 and r.event = e.id and r.state = 'waiting')
		or exists (select 1 from event_registration r where r.tenant_id = $1 and r.event = e.id and r.state = 'waiting' and (e.capacity = 0 or e.taken + r.heads <= e.capacity)))`, tenant, now)
	return db.Collect(rows, err, func(r db.Row) (id kernel.ID, err error) { return id, r.Scan(&id) })
}
