// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// maxSeries is how many lines can be told apart.
const maxSeries = 6

func (r *resolver) chart(ctx context.Context, c Call) (Part, error) {
	if c.Topic("index") {
		return r.scatter(ctx, c)
	}
	if len(c.List("indicator")) == 0 {
		return Part{}, kernel.E(kernel.Invalid, "report.call.indicators", "part", c.Kind.Name())
	}
	switch c.Params["type"] {
	case "bar":
		return r.bars(ctx, c)
	case "histogram":
		return r.histogram(ctx, c)
	case "scatter":
		return Part{}, kernel.E(kernel.Invalid, "report.chart.scatter")
	}
	return r.line(ctx, c)
}

// line follows one indicator in several areas, or several indicators in one, through the years. The town is always there.
func (r *resolver) line(ctx context.Context, c Call) (Part, error) {
	e, err := r.place(ctx, c)
	if err != nil {
		return Part{}, err
	}
	keys, areas := c.List("indicator"), c.List("area")
	if len(keys) > 1 && len(areas) > 1 {
		return Part{}, kernel.E(kernel.Invalid, "report.chart.crossed")
	}
	if n := max(len(keys), len(areas)+1); n > maxSeries {
		return Part{}, kernel.E(kernel.Invalid, "report.chart.many", "most", maxSeries)
	}
	from := kernel.Date("")
	if s := c.Params["from"]; s != "" {
		p, err := kernel.ParsePeriod(s)
		if err != nil {
			return Part{}, err
		}
		from = p.From
	}
	until := r.set.Period.To
	if s := c.Params["period"]; s != "" {
		p, err := kernel.ParsePeriod(s)
		if err != nil {
			return Part{}, err
		}
		until = p.To
	}
	// Several indicators share one time axis; a period one of them lacks is a gap in its line.
	var periods []kernel.Period
	for _, key := range keys {
		if _, err := r.indicator(key); err != nil {
			return Part{}, err
		}
		for _, p := range r.offers[offerKey{key, e.ID}] {
			if p.To <= until && p.To >= from && !slices.Contains(periods, p) {
				periods = append(periods, p)
			}
		}
	}
	if len(periods) == 0 {
		_, err := r.period(c, keys[0], e)
		return Part{}, cmp.Or(err, error(kernel.E(kernel.NotFound, "report.noperiod", "indicator", keys[0], "period", until, "known", "–")))
	}
	slices.SortFunc(periods, func(x, y kernel.Period) int { return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From)) })
	ch := &Chart{Type: "line"}
	for _, p := range periods {
		ch.Periods = append(ch.Periods, r.w.Period(p))
	}
	p := Part{Kind: ChartPart, Chart: ch}
	var first *release.Table
	var s scale
	var names, sources, bases, notes []string
	flags := map[indicator.Flag]bool{}
	for _, key := range keys {
		tables := make([]*release.Table, len(periods))
		var newest *release.Table
		for i, q := range periods {
			if !slices.Contains(r.offers[offerKey{key, e.ID}], q) {
				continue
			}
			if tables[i], err = r.read(ctx, key, e, q); err != nil {
				return Part{}, err
			}
			newest = tables[i]
			p.Uses = append(p.Uses, r.use(newest))
		}
		if newest == nil {
			_, err := r.period(c, key, e)
			return Part{}, cmp.Or(err, error(kernel.E(kernel.NotFound, "report.noperiod", "indicator", key, "period", until, "known", "–")))
		}
		if first == nil {
			first, s = newest, r.scale(newest.Version)
		} else if newest.Version.Unit != first.Version.Unit {
			return Part{}, kernel.E(kernel.Invalid, "report.chart.units", "indicator", key, "other", first.Indicator.Key)
		}
		f := r.facts(newest)
		names, sources, bases, notes = append(names, r.name(newest)), once(sources, f.Source), once(bases, f.Base), once(notes, f.Note)
		lines, err := r.lines(tables, areas, len(keys) > 1, r.name(newest), flags)
		if err != nil {
			return Part{}, err
		}
		ch.Series = append(ch.Series, lines...)
	}
	ch.Unit, ch.Decimals, ch.Percent = s.axis(), s.decimals, s.percent
	p.Facts = r.facts(first)
	p.Facts.Period = r.w.T("report.facts.periods", "from", ch.Periods[0], "to", ch.Periods[len(ch.Periods)-1])
	p.Facts.Source, p.Facts.Base, p.Facts.Note = r.w.List(sources), r.w.List(bases), r.w.List(notes)
	p.Facts.Legend = r.legend(flags)
	p.Title = title(c, r.w.T("report.title.line", "names", r.w.List(names), "from", ch.Periods[0], "to", ch.Periods[len(ch.Periods)-1]))
	p.Table = r.lineTable(ch, s)
	p.Text = r.lineFinding(ch, s)
	p.Alt = alt(c, r.w.T("report.alt.line", "finding", p.Text))
	return p, nil
}

// lines are the series of one indicator: its areas, and the town unless one area of several indicators is asked for.
func (r *resolver) lines(tables []*release.Table, areas []string, many bool, name string, flags map[indicator.Flag]bool) ([]Series, error) {
	var list []Series
	add := func(label string, get func(t *release.Table) (release.Figure, error)) error {
		s := Series{Name: label}
		version := 0
		for _, t := range tables {
			if t == nil {
				s.Values = append(s.Values, Point{Value: none()})
				continue
			}
			f, err := get(t)
			if err != nil {
				return err
			}
			noted(flags, f)
			v := Point{Value: Number(f.Value), Break: version != 0 && t.Version.Version != version}
			if signed[f.Flag] || !f.Shown() {
				v.Flag = cmp.Or(r.flag(f.Flag), r.flag(indicator.Unknown))
			}
			version = t.Version.Version
			s.Values = append(s.Values, v)
		}
		list = append(list, s)
		return nil
	}
	for _, key := range areas {
		label := key
		for _, t := range tables {
			if t != nil && t.Index(key) >= 0 {
				label = cmp.Or(t.Areas[t.Index(key)].Name, key)
			}
		}
		if many {
			label = name
		}
		if err := add(label, func(t *release.Table) (release.Figure, error) { return r.of(t, key) }); err != nil {
			return nil, err
		}
	}
	if !many || len(areas) == 0 {
		label := r.town
		if many {
			label = name
		}
		err := add(label, func(t *release.Table) (release.Figure, error) { return t.Total, nil })
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r *resolver) lineTable(ch *Chart, s scale) *Table {
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.period")}}}
	for _, x := range ch.Series {
		tab.Columns = append(tab.Columns, Column{Text: x.Name, Unit: ch.Unit, Numeric: true})
	}
	for i, p := range ch.Periods {
		row := []Cell{{Text: p}}
		for _, x := range ch.Series {
			v := x.Values[i]
			c := Cell{Text: cmp.Or(v.Flag, r.flag(indicator.Unknown)), Number: none()}
			if v.Value.Known() {
				c = r.number(float64(v.Value), indicator.Value, s)
				if v.Flag != "" {
					c.Text += " " + v.Flag
				}
			}
			row = append(row, c)
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

// lineFinding says where each line begins and ends.
func (r *resolver) lineFinding(ch *Chart, s scale) string {
	text := ""
	for _, x := range ch.Series {
		first, last := -1, -1
		for i, v := range x.Values {
			if v.Value.Known() {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		if first < 0 {
			continue
		}
		if text != "" {
			text += " "
		}
		if first == last {
			text += r.w.T("report.finding.point", "name", x.Name, "value", r.full(float64(x.Values[last].Value), s), "period", ch.Periods[last])
			continue
		}
		text += r.w.T("report.finding.line", "name", x.Name, "first", r.full(float64(x.Values[first].Value), s), "from", ch.Periods[first],
			"last", r.full(float64(x.Values[last].Value), s), "to", ch.Periods[last])
	}
	return text
}

// bars shows every area in the order of its key: a list by size would be read as a league table (domain.md 7.3).
func (r *resolver) bars(ctx context.Context, c Call) (Part, error) {
	key, err := r.only(c)
	if err != nil {
		return Part{}, err
	}
	t, err := r.figures(ctx, c, key)
	if err != nil {
		return Part{}, err
	}
	rows, err := r.rows(t, c.List("area"))
	if err != nil {
		return Part{}, err
	}
	if len(rows) > 60 {
		return Part{}, kernel.E(kernel.Invalid, "report.chart.bars", "n", len(rows), "most", 60)
	}
	s := r.scale(t.Version)
	ch := &Chart{Type: "bar", Unit: s.axis(), Decimals: s.decimals, Percent: s.percent}
	tab := &Table{Columns: []Column{{Text: r.level(t.Edition)}, {Text: r.name(t), Unit: s.axis(), Numeric: true}}}
	flags := map[indicator.Flag]bool{}
	for _, i := range rows {
		f := t.Figures[i]
		noted(flags, f)
		b := Bar{Name: cmp.Or(t.Areas[i].Name, t.Areas[i].Key), Value: Number(f.Value)}
		if signed[f.Flag] || !f.Shown() {
			b.Flag = cmp.Or(r.flag(f.Flag), r.flag(indicator.Unknown))
		}
		ch.Rows = append(ch.Rows, b)
		tab.Rows = append(tab.Rows, []Cell{{Text: r.areaName(t.Areas[i].Key, t.Areas[i].Name)}, r.cell(f, s)})
	}
	if t.TotalKey == "" && t.Total.Shown() && !s.count {
		ch.Reference = &Bar{Name: r.town, Value: Number(t.Total.Value)}
		tab.Rows, tab.Total = append(tab.Rows, []Cell{{Text: r.town}, r.cell(t.Total, s)}), true
	}
	p := Part{Kind: ChartPart, Chart: ch, Table: tab, Facts: r.facts(t), Uses: []Use{r.use(t)}, Title: title(c, r.w.T("report.title.one", "name", r.name(t), "period", r.w.Period(t.Period)))}
	p.Facts.Legend = r.legend(flags)
	low, high := spread(t.Figures)
	p.Text = r.w.T("report.finding.range", "low", r.bare(low, s), "high", r.full(high, s))
	if ch.Reference != nil {
		p.Text = r.w.T("report.finding.town", "range", p.Text, "town", r.full(t.Total.Value, s))
	}
	p.Alt = alt(c, r.w.T("report.alt.bar", "n", len(rows), "finding", p.Text))
	return p, nil
}

// histogram shows how the values of the areas are spread.
func (r *resolver) histogram(ctx context.Context, c Call) (Part, error) {
	key, err := r.only(c)
	if err != nil {
		return Part{}, err
	}
	t, err := r.figures(ctx, c, key)
	if err != nil {
		return Part{}, err
	}
	s := r.scale(t.Version)
	cuts, err := r.classes(c, t)
	if err != nil {
		return Part{}, err
	}
	ch := &Chart{Type: "histogram", Unit: s.axis(), Decimals: s.decimals, Percent: s.percent}
	for _, v := range shown(t.Figures) {
		ch.Values = append(ch.Values, Number(v))
	}
	for _, v := range cuts.Upper[:len(cuts.Upper)-1] {
		ch.Limits = append(ch.Limits, Number(v))
	}
	if t.TotalKey == "" && t.Total.Shown() && !s.count {
		ch.Reference = &Bar{Name: r.town, Value: Number(t.Total.Value)}
	}
	texts := r.classTexts(cuts, s)
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.class")}, {Text: r.w.T("report.col.count"), Numeric: true}}}
	for i, n := range cuts.Counts {
		tab.Rows = append(tab.Rows, []Cell{{Text: texts[i]}, {Text: r.w.Int(int64(n)), Number: Number(n), Numeric: true}})
	}
	p := Part{Kind: ChartPart, Chart: ch, Table: tab, Facts: r.facts(t), Uses: []Use{r.use(t)}, Title: title(c, r.w.T("report.title.one", "name", r.name(t), "period", r.w.Period(t.Period)))}
	p.Text = r.finding(t, cuts, texts, s)
	p.Alt = alt(c, r.w.T("report.alt.histogram", "finding", p.Text))
	return p, nil
}
