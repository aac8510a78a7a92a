// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// figure is one number in a sentence, of an area or of the town.
func (r *resolver) figure(ctx context.Context, c Call) (Part, error) {
	key, err := r.only(c)
	if err != nil {
		return Part{}, err
	}
	t, err := r.figures(ctx, c, key)
	if err != nil {
		return Part{}, err
	}
	s := r.scale(t.Version)
	if d, ok := c.Params["decimals"]; ok {
		s.decimals, _ = strconv.Atoi(d) // ParseCall has checked it
	}
	p := Part{Kind: Figure, Uses: []Use{r.use(t)}}
	switch c.Params["part"] {
	case "range":
		low, high := spread(t.Figures)
		p.Text = r.span(low, high, s)
		return p, nil
	case "date":
		p.Text = r.w.Period(t.Period)
		return p, nil
	}
	f, err := r.of(t, c.Params["area"])
	if err != nil {
		return Part{}, err
	}
	switch c.Params["part"] {
	case "numerator":
		p.Text = r.sentence(release.Figure{Value: f.Numerator, Flag: f.Flag}, scale{})
	case "denominator":
		p.Text = r.sentence(release.Figure{Value: f.Denominator, Flag: f.Flag}, scale{})
	case "change":
		old, err := r.earlier(ctx, c, t)
		if err != nil {
			return Part{}, err
		}
		if old == nil {
			return Part{}, kernel.E(kernel.NotFound, "report.nocompare", "indicator", key, "period", cmp.Or(c.Params["compare"], r.set.Compare.String()))
		}
		before, err := r.of(old, c.Params["area"])
		if err != nil {
			return Part{}, err
		}
		p.Text, _ = r.change(f, before, s)
		p.Text = cmp.Or(p.Text, r.w.T("report.missing.unknown"))
	default:
		p.Text = r.sentence(f, s)
	}
	return p, nil
}

// of finds the figure of an area, or of the town where none is named.
func (r *resolver) of(t *release.Table, key string) (release.Figure, error) {
	if key == "" || plain(key) == "stadt" || plain(key) == "town" {
		if t.TotalKey != "" {
			return release.Figure{}, kernel.E(kernel.Invalid, "report.nototal", "indicator", t.Indicator.Key, "reason", r.w.T(t.TotalKey, "indicator", t.Indicator.Key))
		}
		return t.Total, nil
	}
	i := t.Index(key)
	if i < 0 {
		return release.Figure{}, kernel.E(kernel.NotFound, "report.area.unknown", "area", key, "edition", r.areas(t.Edition))
	}
	return t.Figures[i], nil
}

// fact is a word of the edition in a sentence.
func (r *resolver) fact(c Call) (Part, error) {
	p := Part{Kind: Fact}
	if len(c.Topics) == 0 {
		return p, kernel.E(kernel.Invalid, "report.call.nofact")
	}
	switch c.Topics[0] {
	case "town":
		p.Text = r.town
	case "period":
		p.Text = r.w.Period(r.set.Period)
	case "comparison":
		if r.set.Compare.IsZero() {
			return p, kernel.E(kernel.NotFound, "report.nocompare.setting")
		}
		p.Text = r.w.Period(r.set.Compare)
	case "edition":
		p.Text = r.edition.Key
	case "level":
		p.Text = r.level(r.edition)
	case "count":
		p.Text = r.w.Int(int64(len(r.hierarchy.Areas)))
	case "method":
		res, err := r.result(context.Background())
		if err != nil {
			return p, err
		}
		p.Text, _ = r.w.Text(res.Method.Title.Text())
	}
	return p, nil
}

// table is figures of every area: one indicator with its counts and its change, or several side by side.
func (r *resolver) table(ctx context.Context, c Call) (Part, error) {
	keys := c.List("indicator")
	switch {
	case len(keys) == 0:
		return Part{}, kernel.E(kernel.Invalid, "report.call.indicators", "part", c.Kind.Name())
	case len(keys) == 1:
		return r.tableOfOne(ctx, c, keys[0])
	case len(keys) > 10:
		return Part{}, kernel.E(kernel.Invalid, "report.table.wide", "most", 10)
	}
	tables := make([]*release.Table, len(keys))
	for i, key := range keys {
		t, err := r.figures(ctx, c, key)
		if err != nil {
			return Part{}, err
		}
		tables[i] = t
	}
	first := tables[0]
	p := Part{Kind: TablePart, Facts: r.facts(first)}
	tab := &Table{Columns: []Column{{Text: r.level(first.Edition)}}, Total: true}
	flags := map[indicator.Flag]bool{}
	var names, bases, sources, periods, notes []string
	for _, t := range tables {
		s := r.scale(t.Version)
		col := Column{Text: r.name(t), Unit: s.axis(), Numeric: true}
		f := r.facts(t)
		if t.Period != first.Period {
			col.Unit = strings.TrimSpace(col.Unit + " " + f.Period)
		}
		tab.Columns = append(tab.Columns, col)
		names, bases, sources = append(names, col.Text), once(bases, f.Base), once(sources, f.Source)
		periods, notes = once(periods, f.Period), once(notes, f.Note)
		p.Uses = append(p.Uses, r.use(t))
	}
	rows, err := r.rows(first, c.List("area"))
	if err != nil {
		return Part{}, err
	}
	for _, i := range rows {
		ar := first.Areas[i]
		row := []Cell{{Text: r.areaName(ar.Key, ar.Name)}}
		for _, t := range tables {
			f := t.Figures[i]
			noted(flags, f)
			row = append(row, r.cell(f, r.scale(t.Version)))
		}
		tab.Rows = append(tab.Rows, row)
	}
	total := []Cell{{Text: r.town}}
	for _, t := range tables {
		noted(flags, t.Total)
		total = append(total, r.cell(t.Total, r.scale(t.Version)))
	}
	tab.Rows = append(tab.Rows, total)
	p.Table = tab
	p.Title = title(c, r.w.T("report.title.table", "names", r.w.List(names), "period", r.w.List(periods)))
	p.Facts.Period, p.Facts.Base, p.Facts.Source = strings.Join(periods, "; "), strings.Join(bases, "; "), strings.Join(sources, "; ")
	p.Facts.Note, p.Facts.Legend = strings.Join(notes, " "), r.legend(flags)
	return p, nil
}

func once(list []string, s string) []string {
	if s == "" {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// rows are the indices of the areas a call names, all where it names none.
func (r *resolver) rows(t *release.Table, keys []string) ([]int, error) {
	var rows []int
	for _, k := range keys {
		i := t.Index(k)
		if i < 0 {
			return nil, kernel.E(kernel.NotFound, "report.area.unknown", "area", k, "edition", r.areas(t.Edition))
		}
		rows = append(rows, i)
	}
	if len(keys) == 0 {
		for i := range t.Areas {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

// areaName puts the key before the name, so that areas are found in every table and file.
func (r *resolver) areaName(key, name string) string {
	if name == "" || name == key {
		return key
	}
	return key + " " + name
}

func (r *resolver) tableOfOne(ctx context.Context, c Call, key string) (Part, error) {
	t, err := r.figures(ctx, c, key)
	if err != nil {
		return Part{}, err
	}
	old, err := r.earlier(ctx, c, t)
	if err != nil {
		return Part{}, err
	}
	rows, err := r.rows(t, c.List("area"))
	if err != nil {
		return Part{}, err
	}
	s := r.scale(t.Version)
	parts := t.Version.Aggregation == indicator.Ratio && hasParts(t)
	tab := &Table{Columns: []Column{{Text: r.level(t.Edition)}}, Total: true}
	if parts {
		num, _ := r.w.Text(t.Version.Numerator)
		den, _ := r.w.Text(t.Version.Denominator)
		tab.Columns = append(tab.Columns, Column{Text: upper(num), Numeric: true}, Column{Text: upper(den), Numeric: true})
	}
	tab.Columns = append(tab.Columns, Column{Text: r.name(t), Unit: s.axis(), Numeric: true})
	if old != nil {
		unit := s.axis()
		switch {
		case s.percent:
			unit = r.w.T("report.change.unit.points")
		case s.count:
			unit = "%"
		}
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.before", "period", r.w.Period(old.Period)), Unit: s.axis(), Numeric: true},
			Column{Text: r.w.T("report.col.change"), Unit: unit, Numeric: true})
	}
	flags := map[indicator.Flag]bool{}
	line := func(name string, f release.Figure, before *release.Figure) {
		noted(flags, f)
		row := []Cell{{Text: name}}
		if parts {
			row = append(row, r.number(f.Numerator, f.Flag, scale{count: true}), r.number(f.Denominator, f.Flag, scale{count: true}))
		}
		row = append(row, r.cell(f, s))
		if before != nil {
			noted(flags, *before)
			row = append(row, r.cell(*before, s), r.difference(f, *before, s))
		}
		tab.Rows = append(tab.Rows, row)
	}
	for _, i := range rows {
		var before *release.Figure
		if old != nil {
			f := release.Figure{Value: math.NaN(), Flag: indicator.Unknown}
			if n := old.Index(t.Areas[i].Key); n >= 0 {
				f = old.Figures[n]
			}
			before = &f
		}
		line(r.areaName(t.Areas[i].Key, t.Areas[i].Name), t.Figures[i], before)
	}
	var before *release.Figure
	if old != nil {
		before = &old.Total
	}
	line(r.town, t.Total, before)
	p := Part{Kind: TablePart, Title: title(c, r.w.T("report.title.one", "name", r.name(t), "period", r.w.Period(t.Period))), Facts: r.facts(t), Table: tab, Uses: []Use{r.use(t)}}
	p.Facts.Legend = r.legend(flags)
	return p, nil
}

// difference is a change as a cell; the unit stands in the column.
func (r *resolver) difference(now, before release.Figure, s scale) Cell {
	_, v := r.change(now, before, s)
	if math.IsNaN(v) {
		return Cell{Text: "–", Number: none()}
	}
	d := max(s.decimals, 1)
	return Cell{Text: r.plus(v, d), Number: Number(v), Numeric: true, Decimals: d}
}

// hasParts tells whether the table shows counts beside its rates.
func hasParts(t *release.Table) bool {
	for _, f := range t.Figures {
		if f.Shown() && !math.IsNaN(f.Numerator) && !math.IsNaN(f.Denominator) {
			return true
		}
	}
	return false
}

// upper begins a text with a capital, for a head cell.
func upper(s string) string {
	for i, c := range s {
		return strings.ToUpper(string(c)) + s[i+len(string(c)):]
	}
	return s
}

// areasTable lists the areas with size and, where it is known, inhabitants.
func (r *resolver) areasTable(ctx context.Context, c Call) (Part, error) {
	e, err := r.place(ctx, c)
	if err != nil {
		return Part{}, err
	}
	h, err := r.s.Areas.Hierarchy(ctx, r.actor, e.ID)
	if err != nil {
		return Part{}, err
	}
	p := Part{Kind: TablePart, Title: title(c, r.w.T("report.title.areas", "level", r.level(e))), Facts: Facts{Areas: r.areas(e), Source: r.w.T("report.facts.areas.source")}}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.key")}, {Text: r.level(e)}}}
	parent := len(h.Levels) > 1 || len(h.Levels) == 1 && len(h.Levels[0].Areas) > 1
	if parent {
		tab.Columns = append(tab.Columns, Column{Text: r.level(h.Levels[0].Edition)})
	}
	tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.size"), Unit: "km²", Numeric: true})
	var people *release.Table
	if q, err := r.period(c, population, e); err == nil {
		if people, err = r.read(ctx, population, e, q); err != nil {
			return Part{}, err
		}
		p.Facts = r.facts(people)
		tab.Columns = append(tab.Columns, Column{Text: r.name(people), Numeric: true}, Column{Text: r.w.T("report.col.density"), Unit: r.w.T("report.unit.perkm2"), Numeric: true})
		p.Uses = append(p.Uses, r.use(people))
	}
	flags := map[indicator.Flag]bool{}
	whole := 0.0
	cells := func(km2 float64, f release.Figure) []Cell {
		row := []Cell{r.number(km2, indicator.Value, scale{decimals: 2})}
		if people != nil {
			noted(flags, f)
			density := math.NaN()
			if f.Shown() && km2 > 0 {
				density = f.Value / km2
			}
			row = append(row, r.cell(f, scale{count: true}), r.number(density, f.Flag, scale{count: true}))
		}
		return row
	}
	for i, ar := range h.Areas {
		row := []Cell{{Text: ar.Key}, {Text: cmp.Or(ar.Name, ar.Key)}}
		if parent {
			name := "–"
			if n := h.Levels[0].Of[i]; n >= 0 {
				name = h.Levels[0].Areas[n].Name
			}
			row = append(row, Cell{Text: name})
		}
		f := release.Figure{Value: math.NaN(), Flag: indicator.Unknown}
		if people != nil {
			if n := people.Index(ar.Key); n >= 0 {
				f = people.Figures[n]
			}
		}
		whole += ar.AreaM2 / 1e6
		tab.Rows = append(tab.Rows, append(row, cells(ar.AreaM2/1e6, f)...))
	}
	total := []Cell{{Text: r.w.T("report.col.total")}, {Text: r.town}}
	if parent {
		total = append(total, Cell{Text: ""})
	}
	f := release.Figure{}
	if people != nil {
		f = people.Total
	}
	tab.Rows, tab.Total = append(tab.Rows, append(total, cells(whole, f)...)), true
	p.Table, p.Facts.Legend = tab, r.legend(flags)
	return p, nil
}

// population is the indicator that counts the inhabitants.
const population = "pop_total"
