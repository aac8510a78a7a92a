// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"slices"
	"strings"
)

// binder finds columns by header or letter.
type binder struct {
	t     *Table
	names int
	used  []string // letters of the columns that the mapping names by letter
	asks  []Finding
	err   *Refusal // the first column that is missing, with the others
}

func (b *binder) find(name string) int {
	want := label(name)
	hit, hits := -1, 0
	for _, same := range []func(string, string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, c := range b.t.Columns {
			if c.Name != "" && same(c.Name, want) {
				if hits++; hit < 0 {
					hit = c.Index
				}
			}
		}
		if hits > 0 {
			break
		}
	}
	switch {
	case hits == 1:
		b.names++
	case hits > 1:
		b.asks = append(b.asks, found("column.ambiguous", "name", name, "answer", "columns"))
	default:
		hit = letterIndex(want)
		if hit < 0 || hit >= len(b.t.Columns) {
			b.missing(refuse("column.missing", "name", name, "columns", b.t.columnNames()))
			return 0
		}
		b.used = append(b.used, want)
	}
	return hit
}

func (b *binder) missing(r *Refusal) {
	if b.t.Format.Kind != CSV {
		r.Finding.Sheet = b.t.Format.Sheet
	}
	switch {
	case b.err == nil:
		b.err = r
	case len(b.err.Others) < perCode:
		b.err.Others = append(b.err.Others, r.Finding)
	}
}

func (t *Table) columnNames() string {
	var s []string
	for _, c := range t.Columns {
		n := c.Name
		if n == "" {
			n = c.Letter
		}
		s = append(s, n)
	}
	return strings.Join(s, ", ")
}

// settle takes over the findings of the table. A mapping that names its columns by their headers confirms the layout, and a doubled name
// matters only where it is used.
func (b *binder) settle() []Finding {
	out := append([]Finding(nil), b.asks...)
	confirmed := b.names > 0 && len(b.asks) == 0
	for _, f := range b.t.Findings {
		switch f.Code {
		case "layout.title_lines", "layout.header_rows", "sheet.merged_header":
			if f.Outcome == Ask && confirmed {
				f.Outcome = Accept
			}
		case "column.unnamed":
			if slices.Contains(b.used, f.Column) {
				continue
			}
		case "column.duplicate":
			if f.Outcome == Ask && len(b.asks) == 0 {
				f.Outcome = Warn
			}
		}
		out = append(out, f)
	}
	return out
}

// settleFromSample learns the decimal signs from the first rows; columns where nothing is proved yet stay open.
func (r *Reader) settleFromSample() {
	if d := r.m.Table.Decimal; d != "" {
		for _, s := range r.cols {
			s.conv.Decimal, s.settled = d[0], true
		}
	}
	for _, col := range r.byCol {
		s := r.cols[col]
		var e evidence
		for _, row := range r.t.sample[min(r.t.layout.first, len(r.t.sample)):] {
			if col < len(row.cells) && row.cells[col].kind == CellText {
				e.add([]byte(row.cells[col].text))
			}
		}
		s.conv.Signs = e.dash
		if d := e.decimal(); d != 0 && !s.settled {
			s.conv.Decimal, s.settled = d, true
		}
	}
}

// settleFromAll reads the whole table once for the columns that the sample left open; only files that need it pay for it.
func (r *Reader) settleFromAll() {
	rows, err := r.t.Rows()
	if err != nil {
		r.err = err
		return
	}
	defer rows.Close()
	seen := map[int]*evidence{}
	for rows.Next() {
		for col, s := range r.cols {
			if c := rows.Row().Cell(col); !s.settled && c.Kind == CellText && len(c.Text) > 0 {
				if seen[col] == nil {
					seen[col] = &evidence{}
				}
				seen[col].add(c.Text)
			}
		}
	}
	proposal := byte(0)
	for _, s := range r.cols {
		if s.settled {
			proposal = s.conv.Decimal
		}
	}
	for _, col := range r.byCol {
		s, e := r.cols[col], seen[col]
		if s.settled {
			continue
		}
		s.settled = true
		if e == nil {
			continue
		}
		s.conv.Decimal = e.decimal()
		s.conv.Signs = s.conv.Signs || e.dash
		if s.conv.Decimal == 0 && e.ambiguous > 0 {
			if proposal == 0 {
				proposal = ','
			}
			f := found("number.ambiguous", "text", e.sample, "decimal", string(proposal), "answer", "decimal")
			f.Column = r.t.Columns[col].Letter
			r.add(f)
			if r.t.opts.confirmed(f.Code) {
				s.conv.Decimal = proposal
			}
		}
	}
}
