// SPDX-License-Identifier: EUPL-1.2

// Package tenantdb keeps towns in the database.
package tenantdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// Store implements tenant.Store.
type Store struct{ DB *db.DB }

var _ tenant.Store = (*Store)(nil)

const columns = `tenant_id, key, kind, name, fictional, settings, version, created_at`

func scan(r db.Row) (tenant.Tenant, error) {
	var t tenant.Tenant
	var settings db.JSON[tenant.Settings]
	err := r.Scan(&t.ID, &t.Key, &t.Kind, &t.Name, &t.Fictional, &settings, &t.Version, &t.CreatedAt)
	t.Settings = settings.V
	return t, err
}

// List gives all towns by key.
func (s *Store) List(ctx context.Context) ([]tenant.Tenant, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from tenant order by key`)
	return db.Collect(rows, err, scan)
}

// Get gives one town.
func (s *Store) Get(ctx context.Context, id kernel.ID) (tenant.Tenant, error) {
	t, err := scan(s.DB.Conn(ctx).QueryRowContext(ctx, `select `+columns+` from tenant where tenant_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return t, kernel.E(kernel.NotFound, "access.notfound")
	}
	return t, err
}

// Insert adds a town.
func (s *Store) Insert(ctx context.Context, t tenant.Tenant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx,
			`insert into tenant (tenant_id, key, kind, name, fictional, settings, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.ID, t.Key, t.Kind, t.Name, t.Fictional, db.AsJSON(t.Settings), t.Version, t.CreatedAt)
		if db.Duplicate(err) {
			return kernel.E(kernel.Conflict, "tenant.exists", "key", t.Key)
		}
		if err != nil {
			return fmt.Errorf("tenant %s: %w", t.Key, err)
		}
		return nil
	})
}

// Update changes name, fictional and settings, unless somebody else changed them first.
func (s *Store) Update(ctx context.Context, t tenant.Tenant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx,
			`update tenant set name = $3, fictional = $4, settings = $5, version = version + 1 where tenant_id = $1 and version = $2`,
			t.ID, t.Version, t.Name, t.Fictional, db.AsJSON(t.Settings))
		if err != nil {
			return fmt.Errorf("tenant %s: %w", t.Key, err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			return s.missed(ctx, t)
		}
		return s.DB.Touch(ctx, t.ID)
	})
}

// missed says why no row was changed.
func (s *Store) missed(ctx context.Context, t tenant.Tenant) error {
	var n int
	err := s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from tenant where tenant_id = $1`, t.ID).Scan(&n)
	switch {
	case err != nil:
		return err
	case n == 0:
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	return kernel.E(kernel.Conflict, "tenant.changed")
}
