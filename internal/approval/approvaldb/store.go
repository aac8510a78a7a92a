// SPDX-License-Identifier: EUPL-1.2

// Package approvaldb keeps requests for a second person on both engines.
package approvaldb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements approval.Store.
type Store struct{ DB *db.DB }

const columns = `id, kind, action, what, object_kind, object_id, title, reason, args, digest, state, requested_at, requested_by, expires_at,
decided_at, decided_by, answer`

func scan(row db.Row) (r approval.Request, err error) {
	var title db.JSON[kernel.Text]
	var args, object string
	err = row.Scan(&r.ID, &r.Kind, &r.Do, &r.What, &r.Object.Kind, &object, &title, &r.Reason, &args, &r.Digest, &r.State, &r.RequestedAt,
		&r.RequestedBy, &r.ExpiresAt, &r.DecidedAt, &r.DecidedBy, &r.Answer)
	r.Title, r.Args, r.Object.ID = title.V, []byte(args), kernel.ID(object)
	return r, err
}

// Add keeps a request unless an equal one waits.
func (s *Store) Add(ctx context.Context, tenant kernel.ID, r approval.Request) (bool, error) {
	c := s.DB.Conn(ctx)
	n, err := db.Value[int](c.QueryRowContext(ctx, `select count(*) from approval where tenant_id = $1 and digest = $2 and state = 'waiting'`,
		tenant, r.Digest), "approval.notfound")
	if err != nil || n > 0 {
		return false, err
	}
	_, err = c.ExecContext(ctx, `insert into approval (tenant_id, `+columns+`)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, null, null, '')`,
		tenant, r.ID, string(r.Kind), string(r.Do), r.What, r.Object.Kind, string(r.Object.ID), db.AsJSON(r.Title), r.Reason, string(r.Args), r.Digest,
		string(r.State), r.RequestedAt, r.RequestedBy, r.ExpiresAt)
	return err == nil, err
}

// Request finds one.
func (s *Store) Request(ctx context.Context, tenant, id kernel.ID) (approval.Request, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from approval where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "approval.notfound", scan)
}

// List gives requests that wait, then the others, newest first.
func (s *Store) List(ctx context.Context, tenant kernel.ID, n int) ([]approval.Request, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from approval where tenant_id = $1
order by case when state = 'waiting' then 0 else 1 end, coalesce(decided_at, requested_at) desc, id desc limit $2`, tenant, n)
	return db.Collect(rows, err, scan)
}

// Decide ends the waiting of a request.
func (s *Store) Decide(ctx context.Context, tenant kernel.ID, r approval.Request) (bool, error) {
	res, err := s.DB.Conn(ctx).ExecContext(ctx, `update approval set state = $3, decided_at = $4, decided_by = $5, answer = $6, expires_at = $7
where tenant_id = $1 and id = $2 and state = 'waiting'`, tenant, r.ID, string(r.State), r.DecidedAt, r.DecidedBy, r.Answer, r.ExpiresAt)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Granted tells whether that person may go on with an equal matter.
func (s *Store) Granted(ctx context.Context, tenant kernel.ID, digest string, person kernel.ID, now kernel.Instant) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from approval
where tenant_id = $1 and digest = $2 and state = 'approved' and expires_at > $3 and coalesce(requested_by, '00000000-0000-0000-0000-000000000000') = $4`,
		tenant, digest, now, orNobody(person)), "approval.notfound")
	return n > 0, err
}

// orNobody stands for the person at the command line in a comparison; null is equal to nothing.
func orNobody(person kernel.ID) kernel.ID {
	if person == "" {
		return "00000000-0000-0000-0000-000000000000"
	}
	return person
}

// Expire ends the waiting of requests whose time is over.
func (s *Store) Expire(ctx context.Context, tenant kernel.ID, now kernel.Instant) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `update approval set state = 'expired', decided_at = expires_at
where tenant_id = $1 and state = 'waiting' and expires_at <= $2`, tenant, now)
	return err
}
