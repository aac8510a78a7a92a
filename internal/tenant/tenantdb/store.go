// SPDX-License-Identifier: EUPL-1.2

// Package tenantdb keeps towns in the database.
package tenantdb

import (
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// Store implements tenant.Store.
type Store struct{ DB *db.DB }

var _ tenant.Store = (*Store)(nil)

// List gives all towns by key.
func (s *Store) List(ctx context.Context) ([]tenant.Tenant, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select tenant_id, key, name, fictional, settings, created_at from tenant order by key`)
	return db.Collect(rows, err, func(r db.Row) (tenant.Tenant, error) {
		var t tenant.Tenant
		var settings db.JSON[tenant.Settings]
		err := r.Scan(&t.ID, &t.Key, &t.Name, &t.Fictional, &settings, &t.CreatedAt)
		t.Settings = settings.V
		return t, err
	})
}

// Insert adds a town.
func (s *Store) Insert(ctx context.Context, t tenant.Tenant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx,
			`insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, $2, $3, $4, $5, $6)`,
			t.ID, t.Key, t.Name, t.Fictional, db.AsJSON(t.Settings), t.CreatedAt)
		if db.Duplicate(err) {
			return kernel.E(kernel.Conflict, "tenant.exists", "key", t.Key)
		}
		if err != nil {
			return fmt.Errorf("tenant %s: %w", t.Key, err)
		}
		return nil
	})
}

// Update changes name, fictional and settings.
func (s *Store) Update(ctx context.Context, t tenant.Tenant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `update tenant set name = $2, fictional = $3, settings = $4 where tenant_id = $1`,
			t.ID, t.Name, t.Fictional, db.AsJSON(t.Settings))
		if err != nil {
			return fmt.Errorf("tenant %s: %w", t.Key, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return kernel.E(kernel.NotFound, "access.notfound")
		}
		return s.DB.Touch(ctx, t.ID)
	})
}
