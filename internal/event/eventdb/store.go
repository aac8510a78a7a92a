// SPDX-License-Identifier: EUPL-1.2

// Package eventdb keeps events, registrations and the pinboard on both engines.
package eventdb

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements event.Store.
type Store struct{ DB *db.DB }

var _ event.Store = (*Store)(nil)

const columns = `id, key, is_template, stage, audience, process, group_key, starts_at, ends_at, content, registration, capacity, waiting_list, opens_at, closes_at,
	taken, waiting, attended, sequence, edit, created_at, changed_at, published_at, cancelled_at, minutes_at`

func scan(r db.Row) (e event.Event, err error) {
	var content db.JSON[event.Content]
	var registration string
	err = r.Scan(&e.ID, &e.Key, &e.Template, &e.Stage, &e.Audience, &e.Process, &e.Group, &e.Start, &e.End, &content, &registration, &e.Capacity, &e.HasWaiting,
		&e.Opens, &e.Closes, &e.Taken, &e.Waiting, &e.Attended, &e.Sequence, &e.Edit, &e.CreatedAt, &e.ChangedAt, &e.PublishedAt, &e.CancelledAt, &e.MinutesAt)
	e.Content, e.Registers = content.V, registration == "open"
	return e, err
}

func registration(e event.Event) string {
	if e.Registers {
		return "open"
	}
	return "none"
}

// Insert writes a new event.
func (s *Store) Insert(ctx context.Context, tenant kernel.ID, e event.Event) error {
	return s.change(ctx, tenant, `insert into event (tenant_id, `+columns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, 0, $17, $18, $19, $20, $21, $22, $23)`,
		tenant, e.ID, e.Key, e.Template, e.Stage, e.Audience, e.Process, e.Group, e.Start, e.End, db.AsJSON(e.Content), registration(e), e.Capacity, e.HasWaiting,
		e.Opens, e.Closes, e.Sequence, e.Edit, e.CreatedAt, e.ChangedAt, e.PublishedAt, e.CancelledAt, e.MinutesAt)
}

// change runs a statement that changes what public pages show.
func (s *Store) change(ctx context.Context, tenant kernel.ID, query string, args ...any) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, query, args...); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// run runs a statement and tells how many rows it changed.
func (s *Store) run(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Save writes an event; its counts are not touched.
func (s *Store) Save(ctx context.Context, tenant kernel.ID, e event.Event) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.run(ctx, `update event set audience = $4, process = $5, group_key = $6, starts_at = $7, ends_at = $8, content = $9, registration = $10, capacity = $11,
			waiting_list = $12, opens_at = $13, closes_at = $14, sequence = $15, changed_at = $16, published_at = $17, cancelled_at = $18, minutes_at = $19, stage = $20, edit = edit + 1
			where tenant_id = $1 and id = $2 and edit = $3`,
			tenant, e.ID, e.Edit, e.Audience, e.Process, e.Group, e.Start, e.End, db.AsJSON(e.Content), registration(e), e.Capacity, e.HasWaiting, e.Opens, e.Closes,
			e.Sequence, e.ChangedAt, e.PublishedAt, e.CancelledAt, e.MinutesAt, e.Stage)
		if err == nil && n == 0 {
			err = kernel.E(kernel.Conflict, "event.changed")
		}
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// partContent is what a working group says of itself.
type partContent struct {
	Title kernel.Text `json:"title"`
	Text  kernel.Text `json:"text,omitempty"`
	Room  string      `json:"room,omitempty"`
	Lead  string      `json:"lead,omitempty"`
}

// SaveParts writes the working groups of an event.
func (s *Store) SaveParts(ctx context.Context, tenant, id kernel.ID, parts []event.Part) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		w := db.NewWhere(tenant)
		w.And("event = ?", id)
		if len(parts) > 0 {
			keep := make([]kernel.ID, len(parts))
			for i, p := range parts {
				keep[i] = p.ID
			}
			not := make([]string, len(keep))
			for i, k := range keep {
				not[i] = w.Arg(k)
			}
			w.And("id not in (" + strings.Join(not, ", ") + ")")
		}
		used, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from event_registration r where r.tenant_id = $1 and r.state <> 'cancelled'
			and r.part in (select id from event_part where `+w.String()+`)`, w.Args...), "event.notfound")
		if err != nil {
			return err
		}
		if used > 0 {
			return kernel.E(kernel.Conflict, "event.part.used", "n", used)
		}
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from event_part where `+w.String(), w.Args...); err != nil {
			return err
		}
		for i, p := range parts {
			c := db.AsJSON(partContent{p.Title, p.Text, p.Room, p.Lead})
			if _, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into event_part (tenant_id, event, id, ord, content, capacity, taken) values ($1, $2, $3, $4, $5, $6, 0)
				on conflict (tenant_id, event, id) do update set ord = excluded.ord, content = excluded.content, capacity = excluded.capacity`,
				tenant, id, p.ID, i, c, p.Capacity); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) parts(ctx context.Context, tenant, id kernel.ID) ([]event.Part, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, content, capacity, taken from event_part where tenant_id = $1 and event = $2 order by ord`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (p event.Part, err error) {
		var c db.JSON[partContent]
		err = r.Scan(&p.ID, &c, &p.Capacity, &p.Taken)
		p.Title, p.Text, p.Room, p.Lead = c.V.Title, c.V.Text, c.V.Room, c.V.Lead
		return p, err
	})
}

// ByKey finds an event by the key of its address.
func (s *Store) ByKey(ctx context.Context, tenant kernel.ID, key string) (event.Event, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from event where tenant_id = $1 and key = $2`, tenant, key)
	e, err := db.One(rows, err, "event.notfound", scan)
	return s.whole(ctx, tenant, e, err)
}

// ByID finds an event.
func (s *Store) ByID(ctx context.Context, tenant, id kernel.ID) (event.Event, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from event where tenant_id = $1 and id = $2`, tenant, id)
	e, err := db.One(rows, err, "event.notfound", scan)
	return s.whole(ctx, tenant, e, err)
}

func (s *Store) whole(ctx context.Context, tenant kernel.ID, e event.Event, err error) (event.Event, error) {
	if err == nil {
		e.Parts, err = s.parts(ctx, tenant, e.ID)
	}
	return e, err
}

// Keys lists the keys that begin with a text.
func (s *Store) Keys(ctx context.Context, tenant kernel.ID, prefix string) ([]string, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key from event where tenant_id = $1 and key like $2`, tenant, prefix+"%")
	return db.Collect(rows, err, func(r db.Row) (k string, err error) { return k, r.Scan(&k) })
}

// List gives events without their working groups.
func (s *Store) List(ctx context.Context, tenant kernel.ID, f event.Filter) ([]event.Event, error) {
	w := db.NewWhere(tenant)
	w.And("is_template = ?", f.Templates)
	if !f.From.IsZero() {
		w.And("(ends_at >= ? or ends_at is null and starts_at >= ?)", f.From, f.From)
	}
	if !f.To.IsZero() {
		w.And("starts_at < ?", f.To)
	}
	if f.Process != "" {
		w.And("process = ?", f.Process)
	}
	if f.Group != "" {
		w.And("group_key = ?", f.Group)
	}
	order := "starts_at, id"
	if f.Past || f.Drafts || f.Templates {
		order = "starts_at desc, id desc"
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from event where `+w.String()+` order by `+order+` limit `+w.Arg(f.Limit), w.Args...)
	return db.Collect(rows, err, scan)
}

// Soon lists published events that begin between two moments.
func (s *Store) Soon(ctx context.Context, tenant kernel.ID, from, to kernel.Instant) ([]event.Event, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from event where tenant_id = $1 and stage = 'published' and starts_at > $2 and starts_at <= $3 order by starts_at, id`,
		tenant, from, to)
	return db.Collect(rows, err, scan)
}

// Delete takes an event away with its working groups, invitations and the rest.
func (s *Store) Delete(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if _, err := c.ExecContext(ctx, `delete from event_registration where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from event_invitation where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from event_photo where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from event_attendance where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from event_minute where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from event_part where tenant_id = $1 and event = $2`, tenant, id); err != nil {
			return err
		}
		return s.change(ctx, tenant, `delete from event where tenant_id = $1 and id = $2`, tenant, id)
	})
}
