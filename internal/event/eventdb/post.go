// SPDX-License-Identifier: EUPL-1.2

package eventdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const postColumns = `id, stage, category, process, content, picture, starts_on, ends_on, pinned, edit, created_at, changed_at, published_at, expires_at`

func scanPost(r db.Row) (p event.Post, err error) {
	var content db.JSON[event.PostContent]
	err = r.Scan(&p.ID, &p.Stage, &p.Category, &p.Process, &content, &p.Picture, &p.Starts, &p.Ends, &p.Pinned, &p.Edit, &p.CreatedAt, &p.ChangedAt, &p.PublishedAt, &p.ExpiresAt)
	p.PostContent = content.V
	return p, err
}

// InsertPost writes a new post.
func (s *Store) InsertPost(ctx context.Context, tenant kernel.ID, p event.Post) error {
	return s.change(ctx, tenant, `insert into post (tenant_id, `+postColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		tenant, p.ID, p.Stage, p.Category, p.Process, db.AsJSON(p.PostContent), p.Picture, string(p.Starts), string(p.Ends), p.Pinned, p.Edit, p.CreatedAt, p.ChangedAt, p.PublishedAt, p.ExpiresAt)
}

// SavePost writes a post nobody else has changed meanwhile.
func (s *Store) SavePost(ctx context.Context, tenant kernel.ID, p event.Post) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `update post set stage = $4, category = $5, process = $6, content = $7, picture = $8, starts_on = $9, ends_on = $10, pinned = $11, changed_at = $12,
			published_at = $13, expires_at = $14, edit = edit + 1 where tenant_id = $1 and id = $2 and edit = $3`,
			tenant, p.ID, p.Edit, p.Stage, p.Category, p.Process, db.AsJSON(p.PostContent), p.Picture, string(p.Starts), string(p.Ends), p.Pinned, p.ChangedAt, p.PublishedAt, p.ExpiresAt)
		if err == nil && n == 0 {
			err = kernel.E(kernel.Conflict, "event.changed")
		}
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Post finds one.
func (s *Store) Post(ctx context.Context, tenant, id kernel.ID) (event.Post, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+postColumns+` from post where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "post.notfound", scanPost)
}

// Posts lists posts, pinned ones first, then the youngest.
func (s *Store) Posts(ctx context.Context, tenant kernel.ID, f event.PostFilter) ([]event.Post, error) {
	w := db.NewWhere(tenant)
	if !f.Drafts {
		w.And("stage = ?", event.PostPublished)
	}
	if f.Category != "" {
		w.And("category = ?", f.Category)
	}
	if f.Process != "" {
		w.And("process = ?", f.Process)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+postColumns+` from post where `+w.String()+` order by pinned desc, coalesce(published_at, created_at) desc, id limit `+w.Arg(f.Limit), w.Args...)
	return db.Collect(rows, err, scanPost)
}

// DeletePost takes a post away.
func (s *Store) DeletePost(ctx context.Context, tenant, id kernel.ID) error {
	return s.change(ctx, tenant, `delete from post where tenant_id = $1 and id = $2`, tenant, id)
}
