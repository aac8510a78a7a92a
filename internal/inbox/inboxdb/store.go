// SPDX-License-Identifier: EUPL-1.2

// Package inboxdb keeps the list of waiting files on both engines.
package inboxdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements inbox.Store.
type Store struct{ DB *db.DB }

const columns = "id, kind, name, sha256, size, draft, uploaded_at, uploaded_by"

func scan(row db.Row) (f inbox.File, err error) {
	err = row.Scan(&f.ID, &f.Kind, &f.Name, &f.SHA256, &f.Size, &f.Draft, &f.UploadedAt, &f.UploadedBy)
	return f, err
}

// List gives all files of the town, newest first.
func (s *Store) List(ctx context.Context, tenant kernel.ID) ([]inbox.File, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, "select "+columns+" from inbox_file where tenant_id = $1 order by id desc", tenant)
	return db.Collect(rows, err, scan)
}

// File finds one.
func (s *Store) File(ctx context.Context, tenant, id kernel.ID) (inbox.File, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, "select "+columns+" from inbox_file where tenant_id = $1 and id = $2", tenant, id)
	return db.One(rows, err, "inbox.notfound", scan)
}

// Add keeps f, or gives the file that waits already under the same name with the same content.
func (s *Store) Add(ctx context.Context, tenant kernel.ID, f inbox.File) (inbox.File, error) {
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		list, err := s.List(ctx, tenant)
		if err != nil {
			return err
		}
		for _, have := range list {
			if have.Kind == f.Kind && have.SHA256 == f.SHA256 && have.Name == f.Name {
				f = have
				return nil
			}
		}
		_, err = s.DB.Conn(ctx).ExecContext(ctx, "insert into inbox_file (tenant_id, "+columns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			tenant, f.ID, f.Kind, f.Name, f.SHA256, f.Size, f.Draft, f.UploadedAt, f.UploadedBy)
		return err
	})
	return f, err
}

// SetDraft remembers what was filled in so far.
func (s *Store) SetDraft(ctx context.Context, tenant, id kernel.ID, draft string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, "update inbox_file set draft = $3 where tenant_id = $1 and id = $2", tenant, id, draft)
		return err
	})
}

// Remove forgets a file.
func (s *Store) Remove(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, "delete from inbox_file where tenant_id = $1 and id = $2", tenant, id)
		return err
	})
}
