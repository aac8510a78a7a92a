// SPDX-License-Identifier: EUPL-1.2

package groupdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const meetingColumns = `id, group_id, number, title, starts_at, ends_at, place, online, intro, state, minutes, guests, sequence, invited_at, published_at, edit, created_at`

func scanMeeting(r db.Row) (m group.Meeting, err error) {
	return m, r.Scan(&m.ID, &m.Group, &m.Number, &m.Title, &m.Starts, &m.Ends, &m.Place, &m.Online, &m.Intro, &m.State, &m.Minutes, &m.Guests, &m.Sequence,
		&m.InvitedAt, &m.PublishedAt, &m.Edit, &m.CreatedAt)
}

// itemOf is an item with the meeting it belongs to.
type itemOf struct {
	meeting kernel.ID
	group.Item
}

func scanItem(r db.Row) (x itemOf, err error) {
	return x, r.Scan(&x.meeting, &x.ID, &x.Number, &x.Title, &x.Text, &x.Minutes)
}

// agendas fills the items of meetings.
func agendas(list []group.Meeting, items []itemOf) {
	at := map[kernel.ID]*group.Meeting{}
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	for _, x := range items {
		if m := at[x.meeting]; m != nil {
			m.Items = append(m.Items, x.Item)
		}
	}
}

// Meetings lists those of a group, the latest first.
func (s *Store) Meetings(ctx context.Context, tenant, of kernel.ID) ([]group.Meeting, error) {
	c := s.DB.Conn(ctx)
	rows, err := c.QueryContext(ctx, `select `+meetingColumns+` from group_meeting where tenant_id = $1 and group_id = $2 order by starts_at desc, number desc`, tenant, of)
	list, err := db.Collect(rows, err, scanMeeting)
	if err != nil || len(list) == 0 {
		return list, err
	}
	rows, err = c.QueryContext(ctx, `select i.meeting_id, i.id, i.number, i.title, i.body, i.minutes from group_item i join group_meeting m on m.tenant_id = i.tenant_id and m.id = i.meeting_id
where i.tenant_id = $1 and m.tenant_id = $1 and m.group_id = $2 order by i.meeting_id, i.number, i.id`, tenant, of)
	items, err := db.Collect(rows, err, scanItem)
	agendas(list, items)
	return list, err
}

// Meeting finds one by its number.
func (s *Store) Meeting(ctx context.Context, tenant, of kernel.ID, number int) (group.Meeting, error) {
	c := s.DB.Conn(ctx)
	rows, err := c.QueryContext(ctx, `select `+meetingColumns+` from group_meeting where tenant_id = $1 and group_id = $2 and number = $3`, tenant, of, number)
	m, err := db.One(rows, err, "group.meeting.notfound", scanMeeting)
	if err != nil {
		return m, err
	}
	rows, err = c.QueryContext(ctx, `select meeting_id, id, number, title, body, minutes from group_item where tenant_id = $1 and meeting_id = $2 order by number, id`, tenant, m.ID)
	items, err := db.Collect(rows, err, scanItem)
	for _, x := range items {
		m.Items = append(m.Items, x.Item)
	}
	return m, err
}

// SaveMeeting writes a meeting with its agenda.
func (s *Store) SaveMeeting(ctx context.Context, tenant kernel.ID, m group.Meeting) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		args := []any{
			tenant, m.ID, m.Group, m.Number, m.Title, m.Starts, m.Ends, m.Place, m.Online, m.Intro, string(m.State), m.Minutes, m.Guests, m.Sequence, m.InvitedAt, m.PublishedAt,
			m.Edit, m.CreatedAt,
		}
		if m.Edit == 1 {
			res, err := c.ExecContext(ctx, `insert into group_meeting (tenant_id, `+meetingColumns+`)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) on conflict (tenant_id, group_id, number) do nothing`, args...)
			if err := wrote(res, err, changed()); err != nil {
				return err
			}
		} else {
			res, err := c.ExecContext(ctx, `update group_meeting set title = $3, starts_at = $4, ends_at = $5, place = $6, online = $7, intro = $8, state = $9, minutes = $10, guests = $11,
sequence = $12, invited_at = $13, published_at = $14, edit = $15 where tenant_id = $1 and id = $2 and edit = $15 - 1`,
				append([]any{tenant, m.ID}, args[4:17]...)...)
			if err := wrote(res, err, changed()); err != nil {
				return err
			}
		}
		if _, err := c.ExecContext(ctx, `delete from group_item where tenant_id = $1 and meeting_id = $2`, tenant, m.ID); err != nil {
			return err
		}
		for i, it := range m.Items {
			_, err := c.ExecContext(ctx, `insert into group_item (tenant_id, id, meeting_id, number, title, body, minutes) values ($1, $2, $3, $4, $5, $6, $7)`,
				tenant, it.ID, m.ID, i+1, it.Title, it.Text, it.Minutes)
			if err != nil {
				return err
			}
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Attendance tells who came to a meeting.
func (s *Store) Attendance(ctx context.Context, tenant, meeting kernel.ID) (map[kernel.ID]group.Presence, error) {
	out := map[kernel.ID]group.Presence{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select member_id, presence from group_attendance where tenant_id = $1 and meeting_id = $2`, tenant, meeting)
	return out, db.Each(rows, err, func(r db.Row) error {
		var id kernel.ID
		var p group.Presence
		err := r.Scan(&id, &p)
		out[id] = p
		return err
	})
}

// SetAttendance writes who came, in place of what was written before.
func (s *Store) SetAttendance(ctx context.Context, tenant, meeting kernel.ID, who map[kernel.ID]group.Presence) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if _, err := c.ExecContext(ctx, `delete from group_attendance where tenant_id = $1 and meeting_id = $2`, tenant, meeting); err != nil {
			return err
		}
		for id, p := range who {
			_, err := c.ExecContext(ctx, `insert into group_attendance (tenant_id, meeting_id, member_id, presence) values ($1, $2, $3, $4)`, tenant, meeting, id, string(p))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Outcomes lists what came of a meeting, in the order it was noted.
func (s *Store) Outcomes(ctx context.Context, tenant, meeting kernel.ID) ([]group.Outcome, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select id, meeting_id, item_id, kind, body, ayes, noes, abstained, ref_kind, ref_id, at from group_outcome where tenant_id = $1 and meeting_id = $2 order by at, id`, tenant, meeting)
	return db.Collect(rows, err, func(r db.Row) (o group.Outcome, err error) {
		return o, r.Scan(&o.ID, &o.Meeting, &o.Item, &o.Kind, &o.Text, &o.Ayes, &o.Noes, &o.Abstained, &o.Ref.Kind, &o.Ref.ID, &o.At)
	})
}

// AddOutcome notes one.
func (s *Store) AddOutcome(ctx context.Context, tenant kernel.ID, o group.Outcome) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into group_outcome (tenant_id, id, meeting_id, item_id, kind, body, ayes, noes, abstained, ref_kind, ref_id, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, tenant, o.ID, o.Meeting, o.Item, string(o.Kind), o.Text, o.Ayes, o.Noes, o.Abstained, o.Ref.Kind, string(o.Ref.ID), o.At)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

const paperColumns = `id, group_id, meeting_id, title, name, sha256, size, public, added_at, added_by`

func scanPaper(r db.Row) (p group.Paper, err error) {
	return p, r.Scan(&p.ID, &p.Group, &p.Meeting, &p.Title, &p.Name, &p.SHA256, &p.Size, &p.Public, &p.AddedAt, &p.AddedBy)
}

// Papers lists the files of a group, the latest first.
func (s *Store) Papers(ctx context.Context, tenant, of kernel.ID) ([]group.Paper, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+paperColumns+` from group_paper where tenant_id = $1 and group_id = $2 order by added_at desc, id desc`, tenant, of)
	return db.Collect(rows, err, scanPaper)
}

// Paper finds one.
func (s *Store) Paper(ctx context.Context, tenant, id kernel.ID) (group.Paper, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+paperColumns+` from group_paper where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "group.paper.notfound", scanPaper)
}

// SavePaper writes one.
func (s *Store) SavePaper(ctx context.Context, tenant kernel.ID, p group.Paper) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into group_paper (tenant_id, `+paperColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			tenant, p.ID, p.Group, p.Meeting, p.Title, p.Name, p.SHA256, p.Size, p.Public, p.AddedAt, p.AddedBy)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// DropPaper removes one; its content goes with the next cleaning where nothing else needs it.
func (s *Store) DropPaper(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from group_paper where tenant_id = $1 and id = $2`, tenant, id)
		if err := wrote(res, err, kernel.E(kernel.NotFound, "group.paper.notfound")); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// PaperUses tells whether a paper is kept under the content.
func (s *Store) PaperUses(ctx context.Context, tenant kernel.ID, sha256 string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from group_paper where tenant_id = $1 and sha256 = $2`, tenant, sha256), "group.paper.notfound")
	return n > 0, err
}
