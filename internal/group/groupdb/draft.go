// SPDX-License-Identifier: EUPL-1.2

package groupdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const draftColumns = `id, group_id, title, lang, version, changed_at`

func scanDraft(r db.Row) (d group.Draft, err error) {
	return d, r.Scan(&d.ID, &d.Group, &d.Title, &d.Lang, &d.Version, &d.ChangedAt)
}

// Drafts lists the texts of a group, the latest changed first.
func (s *Store) Drafts(ctx context.Context, tenant, of kernel.ID) ([]group.Draft, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+draftColumns+` from group_draft where tenant_id = $1 and group_id = $2 order by changed_at desc, id`, tenant, of)
	return db.Collect(rows, err, scanDraft)
}

// Draft finds one.
func (s *Store) Draft(ctx context.Context, tenant, id kernel.ID) (group.Draft, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+draftColumns+` from group_draft where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "group.draft.notfound", scanDraft)
}

// SaveDraft writes a draft with its newest version.
func (s *Store) SaveDraft(ctx context.Context, tenant kernel.ID, d group.Draft, v group.Version) error {
	taken := kernel.E(kernel.Conflict, "group.draft.changed")
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if v.Number == 1 {
			_, err := c.ExecContext(ctx, `insert into group_draft (tenant_id, `+draftColumns+`) values ($1, $2, $3, $4, $5, $6, $7)`,
				tenant, d.ID, d.Group, d.Title, d.Lang, d.Version, d.ChangedAt)
			if err != nil {
				return err
			}
		} else {
			res, err := c.ExecContext(ctx, `update group_draft set title = $3, lang = $4, version = $5, changed_at = $6 where tenant_id = $1 and id = $2 and version = $5 - 1`,
				tenant, d.ID, d.Title, d.Lang, d.Version, d.ChangedAt)
			if err := wrote(res, err, taken); err != nil {
				return err
			}
		}
		res, err := c.ExecContext(ctx, `insert into group_draft_version (tenant_id, draft_id, number, body, note, written_by, at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, draft_id, number) do nothing`, tenant, d.ID, v.Number, v.Body, v.Note, v.By, v.At)
		return wrote(res, err, taken)
	})
}

// Versions lists those of a draft without their bodies.
func (s *Store) Versions(ctx context.Context, tenant, draft kernel.ID) ([]group.Version, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, note, written_by, at from group_draft_version where tenant_id = $1 and draft_id = $2 order by number desc`, tenant, draft)
	return db.Collect(rows, err, func(r db.Row) (v group.Version, err error) { return v, r.Scan(&v.Number, &v.Note, &v.By, &v.At) })
}

// Version finds one.
func (s *Store) Version(ctx context.Context, tenant, draft kernel.ID, number int) (group.Version, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, body, note, written_by, at from group_draft_version where tenant_id = $1 and draft_id = $2 and number = $3`, tenant, draft, number)
	return db.One(rows, err, "group.draft.notfound", func(r db.Row) (v group.Version, err error) {
		return v, r.Scan(&v.Number, &v.Body, &v.Note, &v.By, &v.At)
	})
}
