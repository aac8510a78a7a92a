// SPDX-License-Identifier: EUPL-1.2

package eventdb

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// fold is the form in which addresses are compared.
func fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Registrations lists those of an event in the order they came.
func (s *Store) Registrations(ctx context.Context, tenant, id, after kernel.ID, limit int) ([]event.Registration, error) {
	w := db.NewWhere(tenant)
	w.And("event = ?", id)
	if after != "" {
		w.And("(created_at, id) > (select created_at, id from event_registration where tenant_id = ? and id = ?)", tenant, after)
	}
	q := `select ` + regColumns + ` from event_registration where ` + w.String() + ` order by created_at, id`
	if limit > 0 {
		q += " limit " + w.Arg(limit)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, q, w.Args...)
	return db.Collect(rows, err, scanReg)
}

// ByCode finds the registration of a code.
func (s *Store) ByCode(ctx context.Context, tenant, id kernel.ID, code string) (event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and event = $2 and code = $3`, tenant, id, code)
	return db.One(rows, err, "event.link", scanReg)
}

// CheckIn notes that somebody came, once.
func (s *Store) CheckIn(ctx context.Context, tenant kernel.ID, x event.Registration, came int, at kernel.Instant) (first bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `update event_registration set attended_at = $3, came = $4 where tenant_id = $1 and id = $2 and attended_at is null`, tenant, x.ID, at, came)
		if first = n == 1; err != nil || !first {
			return err
		}
		_, err = s.run(ctx, `update event set attended = attended + $3 where tenant_id = $1 and id = $2`, tenant, x.Event, came)
		return err
	})
	return first, err
}

// ToRemind lists people with a place who registered before a moment and were not reminded.
func (s *Store) ToRemind(ctx context.Context, tenant, id kernel.ID, before kernel.Instant, limit int) ([]event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and event = $2 and state in ('registered', 'offered')
		and reminded_at is null and email_key <> '' and created_at < $3 order by created_at, id limit $4`, tenant, id, before, limit)
	return db.Collect(rows, err, scanReg)
}

// Reminded notes that somebody was reminded.
func (s *Store) Reminded(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error {
	_, err := s.run(ctx, `update event_registration set reminded_at = $3 where tenant_id = $1 and id = $2`, tenant, id, at)
	return err
}

// Unremind forgets the reminders of an event that moved.
func (s *Store) Unremind(ctx context.Context, tenant, id kernel.ID) error {
	_, err := s.run(ctx, `update event_registration set reminded_at = null where tenant_id = $1 and event = $2 and reminded_at is not null`, tenant, id)
	return err
}

// Lapsed lists offers nobody accepted in time.
func (s *Store) Lapsed(ctx context.Context, tenant kernel.ID, now kernel.Instant, limit int) ([]event.Registration, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+regColumns+` from event_registration where tenant_id = $1 and state = 'offered' and offered_until <= $2
		order by offered_until, id limit $3`, tenant, now, limit)
	return db.Collect(rows, err, scanReg)
}

// SetOver has what is kept about people of an event end with it.
func (s *Store) SetOver(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error {
	if _, err := s.run(ctx, `update event_registration set over_at = $3 where tenant_id = $1 and event = $2`, tenant, id, at); err != nil {
		return err
	}
	_, err := s.run(ctx, `update event_invitation set over_at = $3 where tenant_id = $1 and event = $2`, tenant, id, at)
	return err
}

// AddInvitation puts an address on the list, once.
func (s *Store) AddInvitation(ctx context.Context, tenant kernel.ID, i event.Invitation) (bool, error) {
	n, err := s.run(ctx, `insert into event_invitation (tenant_id, id, event, label, email, email_key, lang, created_at, over_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (tenant_id, event, email_key) do nothing`, tenant, i.ID, i.Event, i.Label, i.Email, fold(i.Email), i.Lang, i.CreatedAt, i.OverAt)
	return n == 1, err
}

// Invitations lists who is on the list.
func (s *Store) Invitations(ctx context.Context, tenant, id kernel.ID) ([]event.Invitation, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, event, label, email, lang, created_at, announced_at, invited_at, over_at from event_invitation
		where tenant_id = $1 and event = $2 order by label, email_key`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (i event.Invitation, err error) {
		return i, r.Scan(&i.ID, &i.Event, &i.Label, &i.Email, &i.Lang, &i.CreatedAt, &i.AnnouncedAt, &i.InvitedAt, &i.OverAt)
	})
}

// Invited notes that a letter was written.
func (s *Store) Invited(ctx context.Context, tenant, id kernel.ID, announced bool, at kernel.Instant) error {
	column := "invited_at"
	if announced {
		column = "announced_at"
	}
	_, err := s.run(ctx, `update event_invitation set `+column+` = $3 where tenant_id = $1 and id = $2`, tenant, id, at)
	return err
}

// DropInvitation takes somebody off the list.
func (s *Store) DropInvitation(ctx context.Context, tenant, id, invitation kernel.ID) error {
	n, err := s.run(ctx, `delete from event_invitation where tenant_id = $1 and event = $2 and id = $3`, tenant, id, invitation)
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "event.notfound")
	}
	return err
}
