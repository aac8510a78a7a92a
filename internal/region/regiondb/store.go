// SPDX-License-Identifier: EUPL-1.2

// Package regiondb keeps regions, their members and the copies of what these released.
package regiondb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/region"
)

// Store implements region.Store.
type Store struct{ DB *db.DB }

var _ region.Store = (*Store)(nil)

// Bonds gives the tenant's views of its bonds, the oldest first.
func (s *Store) Bonds(ctx context.Context, tenant kernel.ID) ([]region.Bond, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select tenant_id, other_id, side, state, since, ended_by from region_bond where tenant_id = $1 order by since, other_id`, tenant)
	return db.Collect(rows, err, func(r db.Row) (b region.Bond, err error) {
		return b, r.Scan(&b.Tenant, &b.Other, &b.Side, &b.State, &b.Since, &b.EndedBy)
	})
}

// SetBond writes one side's view.
func (s *Store) SetBond(ctx context.Context, b region.Bond) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into region_bond (tenant_id, other_id, side, state, since, ended_by) values ($1, $2, $3, $4, $5, $6)
			on conflict (tenant_id, other_id) do update set state = excluded.state, since = excluded.since, ended_by = excluded.ended_by`,
			b.Tenant, b.Other, b.Side, b.State, b.Since, b.EndedBy)
		return err
	})
}

// Towns gives the members of a region and those that left.
func (s *Store) Towns(ctx context.Context, tenant kernel.ID) ([]region.Town, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select town_id, key, name, fictional, stamp, copied_at, left_at from region_town where tenant_id = $1 order by key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (t region.Town, err error) {
		return t, r.Scan(&t.ID, &t.Key, &t.Name, &t.Fictional, &t.Stamp, &t.CopiedAt, &t.LeftAt)
	})
}

const head = `town_id, id, indicator, version, definition, meta, level, level_name, edition, period_from, period_to, total`

func scan(r db.Row, more ...any) (t region.Table, err error) {
	var meta db.JSON[region.Meta]
	var total db.JSON[region.Total]
	err = r.Scan(append([]any{
		&t.Town, &t.ID, &t.Indicator, &t.Version, &t.Definition, &meta, &t.Level, &t.LevelName, &t.Edition, &t.Period.From, &t.Period.To, &total,
	}, more...)...)
	t.Meta, t.Total = meta.V, total.V
	return t, err
}

// Heads lists all tables of a region without their areas.
func (s *Store) Heads(ctx context.Context, tenant kernel.ID) ([]region.Table, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+head+` from region_table where tenant_id = $1 order by indicator, period_to, period_from, town_id, id`, tenant)
	return db.Collect(rows, err, func(r db.Row) (region.Table, error) { return scan(r) })
}

// Tables gives the tables of one indicator.
func (s *Store) Tables(ctx context.Context, tenant kernel.ID, indicator string) ([]region.Table, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+head+`, areas from region_table where tenant_id = $1 and indicator = $2 order by period_to, period_from, town_id, id`, tenant, indicator)
	return db.Collect(rows, err, func(r db.Row) (region.Table, error) {
		var areas db.JSON[[]region.AreaFigure]
		t, err := scan(r, &areas)
		t.Areas = areas.V
		return t, err
	})
}

// Replace puts a town's tables in place of those before.
func (s *Store) Replace(ctx context.Context, tenant kernel.ID, t region.Town, tables []region.Table) (done bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		done = false
		c := s.DB.Conn(ctx)
		res, err := c.ExecContext(ctx, `insert into region_town (tenant_id, town_id, key, name, fictional, stamp, copied_at, left_at) values ($1, $2, $3, $4, $5, $6, $7, null)
			on conflict (tenant_id, town_id) do update set key = excluded.key, name = excluded.name, fictional = excluded.fictional, stamp = excluded.stamp,
			copied_at = excluded.copied_at, left_at = null where region_town.stamp <= excluded.stamp or region_town.left_at is not null`,
			tenant, t.ID, t.Key, t.Name, t.Fictional, t.Stamp, t.CopiedAt)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from region_table where tenant_id = $1 and town_id = $2`, tenant, t.ID); err != nil {
			return err
		}
		for _, x := range tables {
			_, err := c.ExecContext(ctx, `insert into region_table (tenant_id, `+head+`, areas)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
				tenant, t.ID, x.ID, x.Indicator, x.Version, x.Definition, db.AsJSON(x.Meta), x.Level, x.LevelName, x.Edition, x.Period.From, x.Period.To,
				db.AsJSON(x.Total), db.AsJSON(x.Areas))
			if err != nil {
				return err
			}
		}
		done = true
		return s.DB.Touch(ctx, tenant)
	})
	return done, err
}

// Drop deletes what a region has of a town.
func (s *Store) Drop(ctx context.Context, tenant, town kernel.ID, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if _, err := c.ExecContext(ctx, `delete from region_table where tenant_id = $1 and town_id = $2`, tenant, town); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `update region_town set left_at = $3 where tenant_id = $1 and town_id = $2 and left_at is null`, tenant, town, at); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Page tells whether the comparison is published.
func (s *Store) Page(ctx context.Context, tenant kernel.ID) (region.Page, error) {
	var p region.Page
	err := s.DB.Conn(ctx).QueryRowContext(ctx, `select published_at from region_page where tenant_id = $1`, tenant).Scan(&p.PublishedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return region.Page{}, nil
	}
	return p, err
}

// SetPage publishes the comparison or takes it back.
func (s *Store) SetPage(ctx context.Context, tenant kernel.ID, p region.Page) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into region_page (tenant_id, published_at) values ($1, $2)
			on conflict (tenant_id) do update set published_at = excluded.published_at`, tenant, p.PublishedAt)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Stamp is the number of changes of what a town's pages show.
func (s *Store) Stamp(ctx context.Context, town kernel.ID) (int64, error) {
	return db.Value[int64](s.DB.Conn(ctx).QueryRowContext(ctx, `select stamp from tenant where tenant_id = $1`, town), "access.notfound")
}
