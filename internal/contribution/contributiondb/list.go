// SPDX-License-Identifier: EUPL-1.2

package contributiondb

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// where puts a filter into conditions.
func where(tenant kernel.ID, f contribution.Filter) *db.Where {
	w := db.NewWhere(tenant)
	equal := func(column, v string) {
		if v != "" {
			w.And(column+" = ?", v)
		}
	}
	equal("process", f.Process)
	equal("module", f.Module)
	equal("category", f.Category)
	equal("office", f.Office)
	equal("lang", f.Lang)
	equal("account_id", string(f.Author))
	equal("entered_by", string(f.Entered))
	if f.Outside {
		w.And("process = ''")
	}
	for _, p := range f.Except {
		w.And("process <> ?", p)
	}
	if len(f.Channels) > 0 {
		w.In("channel", f.Channels)
	}
	if len(f.States) > 0 {
		w.In("state", f.States)
	}
	if f.Read {
		w.And("(state <> 'merged' or published_at is not null)")
	}
	if len(f.Statuses) > 0 {
		w.In("status", f.Statuses)
	}
	if len(f.IDs) > 0 {
		w.In("id", f.IDs)
	}
	if f.Scope != nil {
		scope(w, tenant, *f.Scope)
	}
	if f.Area != "" {
		w.And("id in (select contribution from contribution_area where tenant_id = ? and area = ?)", tenant, f.Area)
	}
	if f.Placed {
		w.And("lon is not null")
	}
	if f.Unplaced {
		w.And("lon is null")
	}
	if f.Within != (contribution.Frame{}) {
		w.And("lon >= ? and lon < ? and lat >= ? and lat < ?", f.Within.West, f.Within.East, f.Within.South, f.Within.North)
	}
	if f.Overdue != "" {
		w.And("due_on <> '' and due_on < ? and status in ('', 'under_review') and state in ('received', 'checking', 'published')", f.Overdue)
	}
	if !f.From.IsZero() {
		w.And("received_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		w.And("received_at < ?", f.To)
	}
	for word := range strings.FieldsSeq(contribution.Fold(f.Text)) {
		w.And(`search like ?`, "%"+word+"%") // folded: letters, digits and blanks only
	}
	return w
}

// scope adds the condition that one of the parts of a scope fits.
func scope(w *db.Where, tenant kernel.ID, x contribution.Scope) {
	parts, args := []string{}, []any{}
	among := func(before string, list []string, after string) {
		if len(list) == 0 {
			return
		}
		for _, v := range list {
			args = append(args, v)
		}
		parts = append(parts, before+" in (?"+strings.Repeat(", ?", len(list)-1)+")"+after)
	}
	among("process", x.Processes, "")
	among("office", x.Offices, "")
	if len(x.Areas) > 0 {
		args = append(args, tenant)
		among("id in (select contribution from contribution_area where tenant_id = ? and area", x.Areas, ")")
	}
	if x.Entered != "" {
		parts, args = append(parts, "entered_by = ?"), append(args, x.Entered)
	}
	if len(parts) == 0 {
		parts = []string{"false"}
	}
	w.And("("+strings.Join(parts, " or ")+")", args...)
}

// order gives the order of a list and the condition that continues it.
func order(w *db.Where, f contribution.Filter) string {
	c := f.After
	switch f.Order {
	case contribution.Oldest:
		if c.ID != "" {
			w.And("id > ?", c.ID)
		}
		return "id"
	case contribution.Supported:
		if c.ID != "" {
			w.And("(supports, id) < (?, ?)", c.Supports, c.ID)
		}
		return "supports desc, id desc"
	case contribution.Due:
		if f.Undated {
			switch {
			case c.ID != "" && c.Due == "":
				w.And("due_on = '' and id > ?", c.ID)
			case c.ID != "":
				w.And("(due_on = '' or (due_on, id) > (?, ?))", c.Due, c.ID)
			}
			return "case when due_on = '' then 1 else 0 end, due_on, id"
		}
		w.And("due_on <> ''")
		if c.ID != "" {
			w.And("(due_on, id) > (?, ?)", c.Due, c.ID)
		}
		return "due_on, id"
	}
	if c.ID != "" {
		w.And("id < ?", c.ID)
	}
	return "id desc"
}

// List gives a part of a list.
func (s *Store) List(ctx context.Context, tenant kernel.ID, f contribution.Filter) ([]contribution.Contribution, error) {
	w := where(tenant, f)
	by := order(w, f)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where `+w.String()+` order by `+by+` limit `+w.Arg(f.Limit), w.Args...)
	return db.Collect(rows, err, scan)
}

// Count tells how many a filter finds, at most limit.
func (s *Store) Count(ctx context.Context, tenant kernel.ID, f contribution.Filter, limit int) (int, error) {
	w := where(tenant, f)
	row := s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from (select 1 from contribution where `+w.String()+` limit `+w.Arg(limit)+`) as found`, w.Args...)
	return db.Value[int](row, "contribution.notfound")
}

// eachPortion is how many rows are read at a time, so that no reader is held for the time of a download.
const eachPortion = 500

// Each streams what a filter finds, originals included.
func (s *Store) Each(ctx context.Context, tenant kernel.ID, f contribution.Filter, do func(contribution.Contribution) error) error {
	f.Order, f.Limit, f.After = contribution.Oldest, eachPortion, contribution.Cursor{}
	for {
		list, err := s.List(ctx, tenant, f)
		if err != nil {
			return err
		}
		originals, err := s.originals(ctx, tenant, list)
		if err != nil {
			return err
		}
		for _, c := range list {
			c.Original = originals[c.ID]
			if err := do(c); err != nil {
				return err
			}
		}
		if len(list) < eachPortion {
			return nil
		}
		f.After = contribution.End(list[len(list)-1])
	}
}

func (s *Store) originals(ctx context.Context, tenant kernel.ID, list []contribution.Contribution) (map[kernel.ID]string, error) {
	ids := make([]kernel.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	w := db.NewWhere(tenant)
	w.In("contribution", ids)
	// What the moderation made unreadable would be in the original still.
	w.And("not exists (select 1 from contribution_version v where v.tenant_id = ? and v.contribution = contribution_original.contribution and v.reason = ?)", tenant, contribution.RedactReason)
	out := make(map[kernel.ID]string, len(list))
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select contribution, body from contribution_original where `+w.String(), w.Args...)
	err = db.Each(rows, err, func(r db.Row) error {
		var id kernel.ID
		var text string
		err := r.Scan(&id, &text)
		out[id] = text
		return err
	})
	return out, err
}

// Points streams the places a filter finds.
func (s *Store) Points(ctx context.Context, tenant kernel.ID, f contribution.Filter, do func(contribution.Point) error) error {
	w := where(tenant, f)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, title, category, status, lon, lat from contribution where `+w.String()+` order by id desc limit `+w.Arg(f.Limit), w.Args...)
	return db.Each(rows, err, func(r db.Row) error {
		var p contribution.Point
		if err := r.Scan(&p.Number, &p.Title, &p.Category, &p.Status, &p.Lon, &p.Lat); err != nil {
			return err
		}
		return do(p)
	})
}

// Words lists the folded texts a filter finds.
func (s *Store) Words(ctx context.Context, tenant kernel.ID, f contribution.Filter) ([]contribution.Words, error) {
	w := where(tenant, f)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, search from contribution where `+w.String()+` order by id desc limit `+w.Arg(f.Limit), w.Args...)
	return db.Collect(rows, err, func(r db.Row) (x contribution.Words, err error) { return x, r.Scan(&x.ID, &x.Search) })
}

// Tally counts by state.
func (s *Store) Tally(ctx context.Context, tenant kernel.ID, process string) (map[contribution.State]int, error) {
	w := where(tenant, contribution.Filter{Process: process})
	out := map[contribution.State]int{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select state, count(*) from contribution where `+w.String()+` group by state`, w.Args...)
	err = db.Each(rows, err, func(r db.Row) error {
		var state contribution.State
		var n int
		err := r.Scan(&state, &n)
		out[state] = n
		return err
	})
	return out, err
}
