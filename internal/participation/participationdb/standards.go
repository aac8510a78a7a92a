// SPDX-License-Identifier: EUPL-1.2

package participationdb

import (
	"cmp"
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Sets lists the sets of standards the town has changed or made.
func (s *Store) Sets(ctx context.Context, tenant kernel.ID) ([]participation.Set, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key, content, edit from standard_set where tenant_id = $1 order by key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (participation.Set, error) {
		var content db.JSON[participation.Set]
		var key string
		var edit int
		err := r.Scan(&key, &content, &edit)
		content.V.Key, content.V.Edit = key, edit
		return content.V, err
	})
}

// PutSet writes a set nobody else has changed meanwhile.
func (s *Store) PutSet(ctx context.Context, tenant kernel.ID, x participation.Set, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		q := `insert into standard_set (tenant_id, key, edit, content, changed_at) values ($1, $2, $3 + 1, $4, $5) on conflict (tenant_id, key) do nothing`
		if x.Edit > 0 {
			q = `update standard_set set content = $4, edit = edit + 1, changed_at = $5 where tenant_id = $1 and key = $2 and edit = $3`
		}
		res, err := s.DB.Conn(ctx).ExecContext(ctx, q, tenant, x.Key, x.Edit, db.AsJSON(x), at)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err == nil {
				err = kernel.E(kernel.Conflict, "participation.edited")
			}
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Statements gives what people said of the criteria of a process.
func (s *Store) Statements(ctx context.Context, tenant, process kernel.ID) ([]participation.Statement, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select criterion, result, comment, link, document, at from standard_check
		where tenant_id = $1 and process = $2 order by criterion`, tenant, process)
	return db.Collect(rows, err, func(r db.Row) (x participation.Statement, err error) {
		return x, r.Scan(&x.Criterion, &x.Result, &x.Comment, &x.Link, &x.Document, &x.At)
	})
}

// PutStatement replaces one.
func (s *Store) PutStatement(ctx context.Context, tenant, process kernel.ID, x participation.Statement) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into standard_check (tenant_id, process, criterion, result, comment, link, document, at)
			values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, process, criterion) do update set
			result = excluded.result, comment = excluded.comment, link = excluded.link, document = excluded.document, at = excluded.at`,
			tenant, process, x.Criterion, x.Result, x.Comment, x.Link, x.Document, x.At)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// DropStatement takes one back.
func (s *Store) DropStatement(ctx context.Context, tenant, process kernel.ID, criterion string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from standard_check where tenant_id = $1 and process = $2 and criterion = $3`, tenant, process, criterion); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// CountReach adds to the counts, always in the same order, so that two who write the same shard wait for each other and not across.
func (s *Store) CountReach(ctx context.Context, tenant, process kernel.ID, shard int, counts []participation.Count) error {
	counts = slices.Clone(counts)
	slices.SortFunc(counts, func(a, b participation.Count) int {
		return cmp.Or(cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Value, b.Value))
	})
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, c := range counts {
			if _, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into process_reach (tenant_id, process, dimension, value, shard, n) values ($1, $2, $3, $4, $5, $6)
				on conflict (tenant_id, process, dimension, value, shard) do update set n = process_reach.n + excluded.n`,
				tenant, process, c.Dimension, c.Value, shard, c.N); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reached gives the counts, added up.
func (s *Store) Reached(ctx context.Context, tenant, process kernel.ID) ([]participation.Count, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select dimension, value, cast(sum(n) as bigint) from process_reach
		where tenant_id = $1 and process = $2 group by dimension, value order by dimension, value`, tenant, process)
	return db.Collect(rows, err, func(r db.Row) (c participation.Count, err error) { return c, r.Scan(&c.Dimension, &c.Value, &c.N) })
}
