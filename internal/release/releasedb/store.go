// SPDX-License-Identifier: EUPL-1.2

// Package releasedb keeps the ledger of releases in the database.
package releasedb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Store implements release.Store.
type Store struct{ DB *db.DB }

// Add appends an entry.
func (s *Store) Add(ctx context.Context, tenant kernel.ID, e release.Entry) error {
	if err := s.DB.Touch(ctx, tenant); err != nil {
		return err
	}
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into release (tenant_id, id, kind, object_id, audience, released_at, released_by, note,
		withdrawn_at, withdrawn_by, withdrawn_reason) values ($1, $2, $3, $4, $5, $6, $7, $8, null, '', '')`,
		tenant, e.ID, string(e.Kind), e.ObjectID, string(e.Audience), e.ReleasedAt, e.ReleasedBy, e.Note)
	return err
}

// Withdraw dates the end of an active entry.
func (s *Store) Withdraw(ctx context.Context, tenant, id kernel.ID, at kernel.Instant, by, reason string) error {
	if err := s.DB.Touch(ctx, tenant); err != nil {
		return err
	}
	r, err := s.DB.Conn(ctx).ExecContext(ctx, `update release set withdrawn_at = $1, withdrawn_by = $2, withdrawn_reason = $3
		where tenant_id = $4 and id = $5 and withdrawn_at is null`, at, by, reason, tenant, id)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "release.none")
	}
	return err
}

// Entries lists the ledger of a kind, oldest first.
func (s *Store) Entries(ctx context.Context, tenant kernel.ID, kind release.Kind) ([]release.Entry, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, kind, object_id, audience, released_at, released_by, note, withdrawn_at,
		withdrawn_by, withdrawn_reason from release where tenant_id = $1 and kind = $2 order by released_at, id`, tenant, string(kind))
	return db.Collect(rows, err, func(r db.Row) (e release.Entry, err error) {
		err = r.Scan(&e.ID, &e.Kind, &e.ObjectID, &e.Audience, &e.ReleasedAt, &e.ReleasedBy, &e.Note, &e.WithdrawnAt, &e.WithdrawnBy,
			&e.WithdrawnReason)
		return e, err
	})
}
