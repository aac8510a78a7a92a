// SPDX-License-Identifier: EUPL-1.2

// Package deskdb keeps what public texts looked like, on both engines.
package deskdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements desk.Store.
type Store struct{ DB *db.DB }

var _ desk.Store = (*Store)(nil)

// Seen lists what was seen.
func (s *Store) Seen(ctx context.Context, tenant kernel.ID) ([]desk.Seen, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select kind, item, tag, source_hash, text_hash, seen_at from text_seen where tenant_id = $1`, tenant)
	return db.Collect(rows, err, func(r db.Row) (x desk.Seen, err error) {
		return x, r.Scan(&x.Kind, &x.Item, &x.Tag, &x.SourceHash, &x.Hash, &x.At)
	})
}

// See writes what was seen.
func (s *Store) See(ctx context.Context, tenant kernel.ID, list []desk.Seen) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, x := range list {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into text_seen (tenant_id, kind, item, tag, source_hash, text_hash, seen_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, kind, item, tag) do update set source_hash = excluded.source_hash, text_hash = excluded.text_hash, seen_at = excluded.seen_at`,
				tenant, x.Kind, x.Item, x.Tag, x.SourceHash, x.Hash, x.At)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Unsee forgets texts that are gone.
func (s *Store) Unsee(ctx context.Context, tenant kernel.ID, list []desk.Seen) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, x := range list {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from text_seen where tenant_id = $1 and kind = $2 and item = $3 and tag = $4`, tenant, x.Kind, x.Item, x.Tag)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
