// SPDX-License-Identifier: EUPL-1.2

// Package participationdb keeps participation processes on both engines.
package participationdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements participation.Store.
type Store struct{ DB *db.DB }

var _ participation.Store = (*Store)(nil)

const columns = `id, key, state, template, office, content, edit, created_at, changed_at, published_at, closed_at`

func scan(r db.Row) (participation.Process, error) {
	var p participation.Process
	var content db.JSON[participation.Process]
	err := r.Scan(&p.ID, &p.Key, &p.State, &p.Template, &p.Office, &content, &p.Edit, &p.CreatedAt, &p.ChangedAt, &p.PublishedAt, &p.ClosedAt)
	x := content.V
	x.ID, x.Key, x.State, x.Template, x.Office, x.Edit = p.ID, p.Key, p.State, p.Template, p.Office, p.Edit
	x.CreatedAt, x.ChangedAt, x.PublishedAt, x.ClosedAt = p.CreatedAt, p.ChangedAt, p.PublishedAt, p.ClosedAt
	return x, err
}

// Insert adds a process.
func (s *Store) Insert(ctx context.Context, tenant kernel.ID, p participation.Process) error {
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into process (tenant_id, `+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			tenant, p.ID, p.Key, p.State, p.Template, p.Office, db.AsJSON(p), p.Edit, p.CreatedAt, p.ChangedAt, p.PublishedAt, p.ClosedAt)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
	return taken(err)
}

// taken says which key is.
func taken(err error) error {
	if db.Duplicate(err) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"key": "participation.key.taken"}, Err: err}
	}
	return err
}

// Update replaces a process nobody else has changed meanwhile.
func (s *Store) Update(ctx context.Context, tenant kernel.ID, p participation.Process) error {
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `update process set key = $4, state = $5, office = $6, content = $7, edit = edit + 1, changed_at = $8, published_at = $9, closed_at = $10
			where tenant_id = $1 and id = $2 and edit = $3`, tenant, p.ID, p.Edit, p.Key, p.State, p.Office, db.AsJSON(p), p.ChangedAt, p.PublishedAt, p.ClosedAt)
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
	return taken(err)
}

// ByKey gives a process.
func (s *Store) ByKey(ctx context.Context, tenant kernel.ID, key string) (participation.Process, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from process where tenant_id = $1 and key = $2`, tenant, key)
	return db.One(rows, err, "participation.notfound", scan)
}

// ByID gives a process.
func (s *Store) ByID(ctx context.Context, tenant, id kernel.ID) (participation.Process, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from process where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "participation.notfound", scan)
}

// All lists processes or templates, youngest first.
func (s *Store) All(ctx context.Context, tenant kernel.ID, template bool, states []participation.State) ([]participation.Process, error) {
	w := db.NewWhere(tenant)
	w.And("template = ?", template)
	if len(states) > 0 {
		w.In("state", states)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from process where `+w.String()+` order by id desc`, w.Args...)
	return db.Collect(rows, err, scan)
}

// Delete removes a draft.
func (s *Store) Delete(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from standard_check where tenant_id = $1 and process = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from process_reach where tenant_id = $1 and process = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from process where tenant_id = $1 and id = $2`, tenant, id); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}
