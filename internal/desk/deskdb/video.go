// SPDX-License-Identifier: EUPL-1.2

package deskdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

var _ desk.VideoStore = (*Store)(nil)

const videoColumns = `path, id, sha256, type, size, uploaded_at, uploaded_by`

func scanVideo(r db.Row) (v desk.Video, err error) {
	return v, r.Scan(&v.Path, &v.ID, &v.SHA256, &v.Type, &v.Size, &v.At, &v.By)
}

// Videos lists the videos of a town.
func (s *Store) Videos(ctx context.Context, tenant kernel.ID) ([]desk.Video, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+videoColumns+` from sign_video where tenant_id = $1 order by path`, tenant)
	return db.Collect(rows, err, scanVideo)
}

// VideoAt finds the video of a page.
func (s *Store) VideoAt(ctx context.Context, tenant kernel.ID, path string) (desk.Video, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+videoColumns+` from sign_video where tenant_id = $1 and path = $2`, tenant, path)
	return db.One(rows, err, "languages.video.none", scanVideo)
}

// VideoOf finds a video by its id.
func (s *Store) VideoOf(ctx context.Context, tenant, id kernel.ID) (desk.Video, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+videoColumns+` from sign_video where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "languages.video.none", scanVideo)
}

// SetVideo keeps the video of a page in place of the one before.
func (s *Store) SetVideo(ctx context.Context, tenant kernel.ID, v desk.Video) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into sign_video (tenant_id, `+videoColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, path) do update set id = excluded.id, sha256 = excluded.sha256, type = excluded.type, size = excluded.size, uploaded_at = excluded.uploaded_at, uploaded_by = excluded.uploaded_by`,
			tenant, v.Path, v.ID, v.SHA256, v.Type, v.Size, v.At, v.By)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// DropVideo takes the video of a page away.
func (s *Store) DropVideo(ctx context.Context, tenant kernel.ID, path string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from sign_video where tenant_id = $1 and path = $2`, tenant, path); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// VideoUses tells whether a video is kept under the content.
func (s *Store) VideoUses(ctx context.Context, tenant kernel.ID, sha256 string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from sign_video where tenant_id = $1 and sha256 = $2`, tenant, sha256), "languages.video.none")
	return n > 0, err
}
