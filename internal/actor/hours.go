// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
)

// LeastPersons is how many people a sum of hours must be of before anybody but the planning staff sees it.
const LeastPersons = 3

// Hours is a sum of staff hours a week.
type Hours struct {
	Hours   float64
	Persons float64
	Hidden  bool // of too few people, or it would tell such a sum
}

// HoursTable is staff hours per social space and office, with totals. Staff for several areas is spread over them evenly; the last row is staff
// for the whole town.
type HoursTable struct {
	Spaces  *Spaces
	Areas   []area.Area // rows, without the last
	Offices []string    // columns
	Cells   [][]Hours   // by row and column; one row more than Areas
	Rows    []Hours
	Columns []Hours
	Total   Hours
}

// StaffHours sums the hours of staff. For an audience other than the planning staff small sums are hidden, and with them whatever would tell
// them together with a total.
func (s *Service) StaffHours(ctx context.Context, by access.Actor, level string, as access.Audience) (*HoursTable, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return nil, err
	}
	sp, err := s.Spaces(ctx, by, level)
	if err != nil {
		return nil, err
	}
	t := in.hours(sp, as == access.Public)
	if as != access.Internal {
		t.hide()
	}
	return t, nil
}

// hours sums; public says to take only what everybody may know of.
func (in *Inventory) hours(sp *Spaces, public bool) *HoursTable {
	t := &HoursTable{Spaces: sp, Areas: sp.Areas}
	office := func(r *Resource) string {
		if r.Department != "" {
			return r.Department
		}
		if o, ok := in.Find(r.Actor); ok {
			return o.Name()
		}
		return ""
	}
	var staff []*Resource
	for _, r := range in.Resources {
		if r.Sort == Personnel && r.Hours != nil && (!public || r.Public) {
			staff = append(staff, r)
			if o := office(r); !slices.Contains(t.Offices, o) {
				t.Offices = append(t.Offices, o)
			}
		}
	}
	slices.Sort(t.Offices)
	t.Cells = make([][]Hours, len(sp.Areas)+1)
	for i := range t.Cells {
		t.Cells[i] = make([]Hours, len(t.Offices))
	}
	t.Rows, t.Columns = make([]Hours, len(t.Cells)), make([]Hours, len(t.Offices))
	for _, r := range staff {
		col := slices.Index(t.Offices, office(r))
		rows := []int{len(sp.Areas)}
		if len(r.Areas) > 0 {
			if rows = sp.Cover(r.Areas); len(rows) == 0 {
				rows = []int{len(sp.Areas)}
			}
		}
		persons := 1.0 // who says nothing is counted as one, the careful side
		if r.Persons != nil {
			persons = *r.Persons
		}
		n := float64(len(rows))
		for _, row := range rows {
			for _, h := range []*Hours{&t.Cells[row][col], &t.Rows[row], &t.Columns[col], &t.Total} {
				h.Hours += *r.Hours / n
				h.Persons += persons / n
			}
		}
	}
	return t
}

// hide takes away sums of too few people, then as many further cells as it takes that no total gives one away: in every row and column either
// none or at least two are hidden, and the hidden of a line together are of enough people.
func (t *HoursTable) hide() {
	small := func(h Hours) bool { return h.Persons > 0 && h.Persons < LeastPersons }
	for i := range t.Cells {
		for j := range t.Cells[i] {
			t.Cells[i][j].Hidden = small(t.Cells[i][j])
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range t.Cells {
			var line []*Hours
			for j := range t.Cells[i] {
				line = append(line, &t.Cells[i][j])
			}
			changed = closes(line) || changed
		}
		for j := range t.Offices {
			var line []*Hours
			for i := range t.Cells {
				line = append(line, &t.Cells[i][j])
			}
			changed = closes(line) || changed
		}
	}
	// A total whose cells do not protect each other is hidden itself; then another total of its kind must be, and the sum of all.
	for i := range t.Rows {
		var line []*Hours
		for j := range t.Cells[i] {
			line = append(line, &t.Cells[i][j])
		}
		t.Rows[i].Hidden = small(t.Rows[i]) || exposed(line)
	}
	for j := range t.Columns {
		var line []*Hours
		for i := range t.Cells {
			line = append(line, &t.Cells[i][j])
		}
		t.Columns[j].Hidden = small(t.Columns[j]) || exposed(line)
	}
	for _, totals := range [][]Hours{t.Rows, t.Columns} {
		var line []*Hours
		for i := range totals {
			line = append(line, &totals[i])
		}
		for closes(line) {
		}
		t.Total.Hidden = t.Total.Hidden || exposed(line)
	}
	t.Total.Hidden = t.Total.Hidden || small(t.Total)
}

// exposed tells whether the total of a line would tell what its hidden cells say: one alone, or several of too few people.
func exposed(line []*Hours) bool {
	n, persons := 0, 0.0
	for _, h := range line {
		if h.Hidden {
			n++
			persons += h.Persons
		}
	}
	return n == 1 || n > 1 && persons < LeastPersons
}

// closes hides the smallest further cell of an exposed line; it tells whether there was one to hide.
func closes(line []*Hours) bool {
	if !exposed(line) {
		return false
	}
	var least *Hours
	for _, h := range line {
		if !h.Hidden && h.Persons > 0 && (least == nil || h.Persons < least.Persons) {
			least = h
		}
	}
	if least == nil {
		return false
	}
	least.Hidden = true
	return true
}
