// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/stat/classify"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// outlinesOf notes which borders a map needs and gives the key they are kept under.
func (r *resolver) outlinesOf(ctx context.Context, e area.Edition) (string, error) {
	key := "outlines:" + string(e.ID)
	if r.outlines[key] != nil {
		return key, nil
	}
	cov, err := r.s.Areas.Coverage(ctx, r.actor, e.ID, area.Overview)
	if err != nil {
		return "", err
	}
	o := &Outlines{Edition: r.areas(e), Shapes: shapes(cov)}
	h, err := r.s.Areas.Hierarchy(ctx, r.actor, e.ID)
	if err != nil {
		return "", err
	}
	if len(h.Levels) > 0 && len(h.Levels[0].Areas) > 1 && len(h.Levels[0].Areas) < len(h.Areas) {
		above, err := r.s.Areas.Coverage(ctx, r.actor, h.Levels[0].Edition.ID, area.Overview)
		if err != nil {
			return "", err
		}
		o.Districts = shapes(above)
	}
	for _, l := range slices.Backward(h.Levels) {
		if len(l.Areas) < 2 {
			continue
		}
		largest, err := r.s.Areas.Coverage(ctx, r.actor, l.Edition.ID, area.Overview)
		if err != nil {
			return "", err
		}
		o.Town = shapes(largest)
		break
	}
	r.outlines[key] = o
	return key, nil
}

func shapes(c *area.Coverage) []Outline {
	list := make([]Outline, 0, len(c.Shapes))
	for _, s := range c.Shapes {
		o := Outline{Key: s.Area.Key, Name: s.Area.Name}
		for _, p := range s.Polygons {
			o.Rings = append(o.Rings, p...)
		}
		list = append(list, o)
	}
	return list
}

// areasMap is the map of the areas themselves.
func (r *resolver) areasMap(ctx context.Context, c Call) (Part, error) {
	e, err := r.place(ctx, c)
	if err != nil {
		return Part{}, err
	}
	areas, err := r.s.Areas.Areas(ctx, r.actor, e.ID)
	if err != nil {
		return Part{}, err
	}
	key, err := r.outlinesOf(ctx, e)
	if err != nil {
		return Part{}, err
	}
	m := &Map{Outlines: key}
	for _, ar := range areas {
		m.Areas = append(m.Areas, MapArea{Key: ar.Key, Name: ar.Name})
	}
	return Part{
		Kind: MapPart, Map: m, Title: title(c, r.w.T("report.title.areas", "level", r.level(e))),
		Alt:   alt(c, r.w.T("report.alt.areas", "n", len(areas), "level", r.level(e), "town", r.town)),
		Facts: Facts{Areas: r.areas(e), Source: r.w.T("report.facts.areas.source")},
	}, nil
}

// indicatorMap shows one indicator by classes.
func (r *resolver) indicatorMap(ctx context.Context, c Call) (Part, error) {
	ind, err := r.only(c)
	if err != nil {
		return Part{}, err
	}
	t, err := r.figures(ctx, c, ind)
	if err != nil {
		return Part{}, err
	}
	key, err := r.outlinesOf(ctx, t.Edition)
	if err != nil {
		return Part{}, err
	}
	s := r.scale(t.Version)
	cuts, err := r.classes(c, t)
	if err != nil {
		return Part{}, err
	}
	m := &Map{Outlines: key, Scheme: "sequential", Specials: map[string]string{}, Classes: r.classTexts(cuts, s)}
	m.Legend = r.name(t)
	if u := s.axis(); u != "" {
		m.Legend = r.w.T("report.legend.unit", "name", m.Legend, "unit", u)
	}
	for i, ar := range t.Areas {
		f := t.Figures[i]
		a := MapArea{Key: ar.Key, Name: ar.Name, Value: r.sentence(f, s), Class: cuts.Class(f.Value) - 1}
		if !f.Shown() {
			a.None = noneNoData
			if f.Flag == indicator.Suppressed {
				a.None = noneSuppressed
			}
			m.Specials[a.None] = r.w.T("report.special." + a.None)
		}
		m.Areas = append(m.Areas, a)
	}
	p := Part{Kind: MapPart, Map: m, Facts: r.facts(t), Uses: []Use{r.use(t)}, Title: title(c, r.w.T("report.title.one", "name", r.name(t), "period", r.w.Period(t.Period)))}
	p.Text = r.finding(t, cuts, m.Classes, s)
	p.Alt = alt(c, r.w.T("report.alt.map", "level", r.level(t.Edition), "n", len(t.Areas), "finding", p.Text))
	p.Table = r.mapTable(t, s, m)
	return p, nil
}

// finding says in neutral words what a map shows: the spread, the town, and how many areas lie at either end.
func (r *resolver) finding(t *release.Table, cuts *classify.Breaks, classes []string, s scale) string {
	low, high := spread(t.Figures)
	text := r.w.T("report.finding.range", "low", r.bare(low, s), "high", r.full(high, s))
	if t.TotalKey == "" && t.Total.Shown() {
		text = r.w.T("report.finding.town", "range", text, "town", r.full(t.Total.Value, s))
	}
	if n := len(cuts.Counts); n > 1 {
		text += " " + r.w.T("report.finding.high", "n", cuts.Counts[n-1], "class", classes[n-1]) + " " +
			r.w.T("report.finding.low", "n", cuts.Counts[0], "class", classes[0])
	}
	_, suppressed, missing := t.Counts()
	if suppressed > 0 {
		text += " " + r.w.T("report.finding.suppressed", "n", suppressed)
	}
	if missing > 0 {
		text += " " + r.w.T("report.finding.missing", "n", missing)
	}
	return text
}

// classes cuts the shown values; natural breaks unless the author says otherwise.
func (r *resolver) classes(c Call, t *release.Table) (*classify.Breaks, error) {
	values := shown(t.Figures)
	if len(values) == 0 {
		return nil, kernel.E(kernel.Invalid, "report.map.empty", "indicator", t.Indicator.Key)
	}
	o := classify.Options{Method: classify.FisherJenks, Classes: 5}
	if len(values) < 10 {
		o.Classes = 3
	}
	if n, err := strconv.Atoi(c.Params["count"]); err == nil {
		o.Classes = n
	}
	distinct := len(slices.Compact(slices.Clone(values)))
	o.Classes = min(o.Classes, distinct)
	switch c.Params["classes"] {
	case "quantile":
		o.Method, o.QuantileType = classify.Quantile, rank.Linear
	case "equal":
		o.Method = classify.Equal
	case "manual":
		list, err := limits(c.Params["limits"])
		if err != nil {
			return nil, kernel.E(kernel.Invalid, "report.call.limits")
		}
		o.Method, o.Limits = classify.Manual, list
	}
	if c.Params["limits"] != "" && o.Method != classify.Manual {
		return nil, kernel.E(kernel.Invalid, "report.call.limits")
	}
	cuts, err := classify.Make(values, o)
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "report.map.classes", Params: kernel.Params("indicator", t.Indicator.Key), Err: err}
	}
	return cuts, nil
}

// classTexts names each class by its lowest and highest value; classes without an area by their limits.
func (r *resolver) classTexts(b *classify.Breaks, s scale) []string {
	texts := make([]string, 0, len(b.Upper))
	for i, upper := range b.Upper {
		switch {
		case b.Counts[i] > 0 && r.bare(b.Lowest[i], s) == r.bare(b.Highest[i], s):
			texts = append(texts, r.full(b.Lowest[i], s))
		case b.Counts[i] > 0:
			texts = append(texts, r.w.T("report.value.range", "low", r.bare(b.Lowest[i], s), "high", r.full(b.Highest[i], s)))
		case i == 0:
			texts = append(texts, r.w.T("report.class.upto", "high", r.full(upper, s)))
		default:
			texts = append(texts, r.w.T("report.class.between", "low", r.bare(b.Upper[i-1], s), "high", r.full(upper, s)))
		}
	}
	return texts
}

// mapTable tells the map as a table.
func (r *resolver) mapTable(t *release.Table, s scale, m *Map) *Table {
	tab := &Table{Columns: []Column{{Text: r.level(t.Edition)}, {Text: r.name(t), Unit: s.axis(), Numeric: true}, {Text: r.w.T("report.col.class")}}}
	for i, ar := range t.Areas {
		class := m.Specials[m.Areas[i].None]
		if n := m.Areas[i].Class; n >= 0 && m.Areas[i].None == "" {
			class = m.Classes[n]
		}
		tab.Rows = append(tab.Rows, []Cell{{Text: r.areaName(ar.Key, ar.Name)}, r.cell(t.Figures[i], s), {Text: class}})
	}
	return tab
}
