// SPDX-License-Identifier: EUPL-1.2

package eventdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// AddPhoto keeps a photo.
func (s *Store) AddPhoto(ctx context.Context, tenant kernel.ID, p event.Photo) error {
	return s.change(ctx, tenant, `insert into event_photo (tenant_id, event, id, ord, sha256, width, height, alt, credit, uploaded_at, uploaded_by)
		values ($1, $2, $3, (select count(*) from event_photo where tenant_id = $1 and event = $2), $4, $5, $6, $7, $8, $9, $10)`,
		tenant, p.Event, p.ID, p.SHA256, p.Width, p.Height, p.Alt, p.Credit, p.UploadedAt, p.UploadedBy)
}

// Photos lists the photos of an event.
func (s *Store) Photos(ctx context.Context, tenant, id kernel.ID) ([]event.Photo, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, event, sha256, width, height, alt, credit, uploaded_at, uploaded_by from event_photo
		where tenant_id = $1 and event = $2 order by ord, id`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (p event.Photo, err error) {
		return p, r.Scan(&p.ID, &p.Event, &p.SHA256, &p.Width, &p.Height, &p.Alt, &p.Credit, &p.UploadedAt, &p.UploadedBy)
	})
}

// Covers finds the first photo of each event that has one.
func (s *Store) Covers(ctx context.Context, tenant kernel.ID) (map[kernel.ID]event.Photo, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select p.id, p.event, p.width, p.height from event_photo p where p.tenant_id = $1
		and not exists (select 1 from event_photo q where q.tenant_id = $1 and q.event = p.event and (q.ord < p.ord or q.ord = p.ord and q.id < p.id))`, tenant)
	out := map[kernel.ID]event.Photo{}
	return out, db.Each(rows, err, func(r db.Row) error {
		var p event.Photo
		err := r.Scan(&p.ID, &p.Event, &p.Width, &p.Height)
		out[p.Event] = p
		return err
	})
}

// DropPhoto takes a photo away.
func (s *Store) DropPhoto(ctx context.Context, tenant, id, photo kernel.ID) error {
	return s.change(ctx, tenant, `delete from event_photo where tenant_id = $1 and event = $2 and id = $3`, tenant, id, photo)
}

// KeepsFile tells whether a picture of an event or post is the file.
func (s *Store) KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select (select count(*) from event_photo where tenant_id = $1 and sha256 = $2)
		+ (select count(*) from post where tenant_id = $1 and picture = $2)`, tenant, sha), "event.notfound")
	return n > 0, err
}

// SetCounts keeps who came in numbers.
func (s *Store) SetCounts(ctx context.Context, tenant, id kernel.ID, counts []participation.Count) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.run(ctx, `delete from event_attendance where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		for _, c := range counts {
			if c.N == 0 {
				continue
			}
			if _, err := s.run(ctx, `insert into event_attendance (tenant_id, event, dimension, answer, n) values ($1, $2, $3, $4, $5)`, tenant, id, c.Dimension, c.Value, c.N); err != nil {
				return err
			}
		}
		return nil
	})
}

// Counts gives the numbers.
func (s *Store) Counts(ctx context.Context, tenant, id kernel.ID) ([]participation.Count, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select dimension, answer, n from event_attendance where tenant_id = $1 and event = $2 order by dimension, answer`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (c participation.Count, err error) { return c, r.Scan(&c.Dimension, &c.Value, &c.N) })
}

// AddMinute adds a point of the minutes.
func (s *Store) AddMinute(ctx context.Context, tenant kernel.ID, m event.Minute) error {
	return s.change(ctx, tenant, `insert into event_minute (tenant_id, event, id, ord, kind, part, title, body, due, charge, ref_kind, ref_id, ref_path, created_at)
		values ($1, $2, $3, (select count(*) from event_minute where tenant_id = $1 and event = $2), $4, $5, $6, $7, $8, $9, '', '', '', $10)`,
		tenant, m.Event, m.ID, m.Kind, m.Part, m.Title, m.Body, string(m.Due), m.Charge, m.CreatedAt)
}

// Minutes lists the points.
func (s *Store) Minutes(ctx context.Context, tenant, id kernel.ID) ([]event.Minute, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, event, kind, part, title, body, due, charge, ref_kind, ref_id, ref_path, created_at from event_minute
		where tenant_id = $1 and event = $2 order by ord, id`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (m event.Minute, err error) {
		return m, r.Scan(&m.ID, &m.Event, &m.Kind, &m.Part, &m.Title, &m.Body, &m.Due, &m.Charge, &m.Became.Kind, &m.Became.ID, &m.Path, &m.CreatedAt)
	})
}

// DropMinute takes a point away nothing was made of.
func (s *Store) DropMinute(ctx context.Context, tenant, id, minute kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `delete from event_minute where tenant_id = $1 and event = $2 and id = $3 and ref_id = ''`, tenant, id, minute)
		if err == nil && n == 0 {
			err = kernel.E(kernel.Conflict, "event.minute.used")
		}
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Became notes what was made of a point.
func (s *Store) Became(ctx context.Context, tenant, id, minute kernel.ID, ref kernel.Ref, path string) error {
	return s.change(ctx, tenant, `update event_minute set ref_kind = $4, ref_id = $5, ref_path = $6 where tenant_id = $1 and event = $2 and id = $3`,
		tenant, id, minute, ref.Kind, string(ref.ID), path)
}
