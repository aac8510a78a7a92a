// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

const (
	maxProfileRows = 20 // what fits on a page (domain.md 5.8)
	profileYears   = 9  // before the reference date, in the small charts
)

// profileSource is one indicator of the profiles with all its years.
type profileSource struct {
	now, before *release.Table
	series      []*release.Table // parallel to the frame's periods; nil where there are no figures
	scale       scale
}

// profiles makes the sheet of every area, or of those the call names.
func (r *resolver) profiles(ctx context.Context, c Call) (Part, error) {
	e, err := r.place(ctx, c)
	if err != nil {
		return Part{}, err
	}
	h, err := r.s.Areas.Hierarchy(ctx, r.actor, e.ID)
	if err != nil {
		return Part{}, err
	}
	keys, err := r.profileIndicators(c, e)
	if err != nil {
		return Part{}, err
	}
	frame := &ProfileFrame{Note: r.w.T("report.profile.note")}
	if frame.Outlines, err = r.outlinesOf(ctx, e); err != nil {
		return Part{}, err
	}
	p := Part{Kind: Profiles, Frame: frame, Facts: Facts{Areas: r.areas(e), Period: r.w.Period(r.set.Period)}, Title: r.w.T("report.title.profiles", "level", r.level(e))}
	periods := r.profilePeriods(c, e, keys)
	for _, q := range periods {
		frame.Periods = append(frame.Periods, itoa(q.To.Year()))
	}
	sources := make([]profileSource, len(keys))
	var offices []string
	for i, key := range keys {
		if sources[i], err = r.profileSource(ctx, c, e, key, periods); err != nil {
			return Part{}, err
		}
		p.Uses = append(p.Uses, r.use(sources[i].now))
		frame.Rows = append(frame.Rows, r.profileRow(sources[i]))
		offices = once(offices, r.offices(sources[i].now.Version.Office))
	}
	p.Facts.Source = r.w.List(offices)
	head, err := r.profileHead(ctx, c, e)
	if err != nil {
		return Part{}, err
	}
	list, err := chosen(h.Areas, c.List("area"))
	if err != nil {
		return Part{}, kernel.E(kernel.NotFound, "report.area.unknown", "area", err.Error(), "edition", r.areas(e))
	}
	for _, i := range list {
		p.Profiles = append(p.Profiles, r.profile(h, i, sources, head))
	}
	return p, nil
}

// unknownArea is the key of an area that an edition does not have.
type unknownArea string

func (u unknownArea) Error() string { return string(u) }

func chosen(areas []area.Area, keys []string) ([]int, error) {
	var list []int
	if len(keys) == 0 {
		for i := range areas {
			list = append(list, i)
		}
		return list, nil
	}
	for _, k := range keys {
		i := slices.IndexFunc(areas, func(a area.Area) bool { return a.Key == k })
		if i < 0 {
			return nil, unknownArea(k)
		}
		list = append(list, i)
	}
	return list, nil
}

// profileIndicators are those of the call, else everything with figures for the areas, in the order of the catalogue. Inhabitants stand in the
// head of the profile.
func (r *resolver) profileIndicators(c Call, e area.Edition) ([]string, error) {
	keys := c.List("indicator")
	for _, k := range keys {
		if _, err := r.indicator(k); err != nil {
			return nil, err
		}
	}
	if len(keys) == 0 {
		for _, ind := range r.view.Indicators() {
			if ind.Key == population {
				continue
			}
			if _, ok := pick(r.offers[offerKey{ind.Key, e.ID}], r.set.Period, true); ok {
				keys = append(keys, ind.Key)
			}
		}
		keys = keys[:min(len(keys), maxProfileRows)]
	}
	switch {
	case len(keys) == 0:
		return nil, kernel.E(kernel.NotFound, "report.profile.empty", "edition", r.areas(e))
	case len(keys) > maxProfileRows:
		return nil, kernel.E(kernel.Invalid, "report.profile.many", "most", maxProfileRows)
	}
	return keys, nil
}

// profilePeriods are the periods of the small charts: of the last ten years, at most one a year.
func (r *resolver) profilePeriods(c Call, e area.Edition, keys []string) []kernel.Period {
	from := r.set.Period.To.AddYears(-profileYears)
	if p, err := kernel.ParsePeriod(c.Params["from"]); err == nil {
		from = p.From
	}
	by := map[int]kernel.Period{}
	for _, k := range keys {
		for _, p := range r.offers[offerKey{k, e.ID}] {
			if y := p.To.Year(); p.To >= from && p.To <= r.set.Period.To && p.To > by[y].To {
				by[y] = p
			}
		}
	}
	list := make([]kernel.Period, 0, len(by))
	for _, p := range by {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y kernel.Period) int { return cmp.Compare(x.To, y.To) })
	return list
}

func (r *resolver) profileSource(ctx context.Context, c Call, e area.Edition, key string, periods []kernel.Period) (profileSource, error) {
	var s profileSource
	p, err := r.period(c, key, e)
	if err != nil {
		return s, err
	}
	if s.now, err = r.read(ctx, key, e, p); err != nil {
		return s, err
	}
	s.scale = r.scale(s.now.Version)
	if s.before, err = r.earlier(ctx, c, s.now); err != nil {
		return s, err
	}
	s.series = make([]*release.Table, len(periods))
	have := r.offers[offerKey{key, e.ID}]
	for i, q := range periods {
		year := kernel.Period{From: kernel.Date(itoa(q.To.Year()) + "-01-01"), To: kernel.Date(itoa(q.To.Year()) + "-12-31")}
		q, ok := pick(have, year, false)
		if !ok {
			continue
		}
		t, err := r.view.Figures(ctx, release.Query{Indicator: key, Version: s.now.Version.Version, EditionID: e.ID, Period: q})
		if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
			return s, err
		}
		if err == nil {
			s.series[i] = t
			r.use(t)
		}
	}
	return s, nil
}

// profileRow is what all profiles say of an indicator: the town and the spread of the areas.
func (r *resolver) profileRow(s profileSource) ProfileRow {
	low, high := spread(s.now.Figures)
	row := ProfileRow{
		Indicator: s.now.Indicator.Key, Name: r.name(s.now), Unit: s.scale.axis(), Decimals: s.scale.decimals, Percent: s.scale.percent,
		Town: r.cell(s.now.Total, s.scale), Low: Number(low), High: Number(high), Lower: none(), Upper: none(), Range: "–",
	}
	if s.now.Period != r.set.Period {
		row.Name = r.w.T("report.profile.dated", "name", row.Name, "period", r.w.Period(s.now.Period))
	}
	if s.scale.count { // counts of areas of different size have no place between each other
		row.Low, row.High = none(), none()
	} else if !math.IsNaN(low) {
		row.Range = r.w.T("report.value.range", "low", r.bare(low, s.scale), "high", r.bare(high, s.scale))
		v := shown(s.now.Figures)
		row.Lower, row.Upper = Number(rank.Quantile(v, .25, rank.Linear)), Number(rank.Quantile(v, .75, rank.Linear))
	}
	for _, t := range s.series {
		v := none()
		if t != nil {
			v = short(t.Total.Value)
		}
		row.TownLine = append(row.TownLine, v)
	}
	return row
}

// short keeps the digits that a line of a centimetre can show.
func short(v float64) Number {
	if math.IsNaN(v) || v == 0 {
		return Number(v)
	}
	p := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return Number(math.Round(v*p) / p)
}

// profileHead is what the heads of the profiles need: inhabitants and the index.
type profileHead struct {
	people, before *release.Table
	index          *analysis.Result
	place          map[string]analysis.Outcome
}

func (r *resolver) profileHead(ctx context.Context, c Call, e area.Edition) (profileHead, error) {
	var head profileHead
	if p, err := r.period(c, population, e); err == nil {
		if head.people, err = r.read(ctx, population, e, p); err != nil {
			return head, err
		}
		if head.before, err = r.earlier(ctx, c, head.people); err != nil {
			return head, err
		}
	}
	res, err := r.result(ctx)
	if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
		return head, err
	}
	if err == nil && res.Edition.ID == e.ID {
		head.index, head.place = res, map[string]analysis.Outcome{}
		for _, o := range res.Outcomes {
			head.place[o.Key] = o
		}
	}
	return head, nil
}

func (r *resolver) profile(h *area.Hierarchy, i int, sources []profileSource, head profileHead) Profile {
	ar := h.Areas[i]
	p := Profile{Key: ar.Key, Name: cmp.Or(ar.Name, ar.Key), Alt: r.w.T("report.alt.locator", "area", cmp.Or(ar.Name, ar.Key), "town", r.town)}
	flags := map[indicator.Flag]bool{}
	fact := func(key, text string) {
		p.Facts = append(p.Facts, Definition{Term: r.w.T(key), Text: text})
	}
	if len(h.Levels) > 0 && len(h.Levels[0].Areas) > 1 && h.Levels[0].Of[i] >= 0 {
		p.Facts = append(p.Facts, Definition{Term: r.level(h.Levels[0].Edition), Text: h.Levels[0].Areas[h.Levels[0].Of[i]].Name})
	}
	if f, ok := figureOf(head.people, ar.Key); ok {
		text := r.sentence(f, scale{count: true})
		if before, ok := figureOf(head.before, ar.Key); ok {
			if d, _ := r.change(f, before, scale{count: true}); d != "" {
				text = r.w.T("report.profile.since", "value", text, "change", d, "period", r.w.Period(head.before.Period))
			}
		}
		p.Facts = append(p.Facts, Definition{Term: r.name(head.people), Text: text})
		if f.Shown() && ar.AreaM2 > 0 {
			fact("report.col.density", r.w.T("report.value.unit", "value", r.w.Int(int64(math.Round(f.Value/(ar.AreaM2/1e6)))), "unit", r.w.T("report.unit.perkm2")))
		}
	}
	fact("report.col.size", r.w.T("report.value.unit", "value", r.w.Number(ar.AreaM2/1e6, 2), "unit", "km²"))
	if o, ok := head.place[ar.Key]; ok {
		p.Facts = append(p.Facts, r.standing(head.index, o)...)
	}
	for _, s := range sources {
		v := ProfileValue{Value: Cell{Text: r.flag(indicator.Unknown), Number: none()}, Delta: none()}
		if f, ok := figureOf(s.now, ar.Key); ok {
			noted(flags, f)
			v.Value = r.cell(f, s.scale)
			if before, ok := figureOf(s.before, ar.Key); ok {
				var d float64
				if _, d = r.change(f, before, s.scale); !math.IsNaN(d) {
					v.Change, v.Delta = r.difference(f, before, s.scale).Text, Number(d)
					if s.scale.count {
						v.Change += " %"
					}
				}
			}
		}
		line := make([]Number, len(s.series))
		some := false
		for k, t := range s.series {
			line[k] = none()
			if f, ok := figureOf(t, ar.Key); ok {
				line[k] = short(f.Value)
				some = some || f.Shown()
			}
		}
		if some {
			v.Line = line
		}
		p.Values = append(p.Values, v)
	}
	p.Legend = r.legend(flags)
	return p
}

// figureOf is the figure of an area in a table that may be missing.
func figureOf(t *release.Table, key string) (release.Figure, bool) {
	if t == nil {
		return release.Figure{}, false
	}
	i := t.Index(key)
	if i < 0 {
		return release.Figure{}, false
	}
	return t.Figures[i], true
}
