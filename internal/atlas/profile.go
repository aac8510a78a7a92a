// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/stat/rank"
	"github.com/kupferfaden/kupferfaden/stat/rate"
)

// Profile is the sheet of one area (Steckbrief, domain.md 5.8).
type Profile struct {
	Edition    area.Edition
	Area       area.Area
	Parents    []area.Placed // nearest first
	Children   []area.Placed // of the newest edition of each smaller level
	Neighbours []area.Area   // by name
	Fields     []Field
	Indices    []AreaIndex
	Ages       *Ages
	Newest     kernel.Period // of all rows
	Areas      int           // how many the edition has
}

// Field is the rows of one field of life.
type Field struct {
	Key  string
	Rows []Row
}

// Row is one indicator of an area beside the town and all areas of the edition.
type Row struct {
	Indicator indicator.Indicator
	Version   indicator.Version
	Period    kernel.Period
	Figure    release.Figure
	Town      release.Figure
	TownKey   string // message why there is no value for the town
	Spread    *Spread
	Change    Change
	Series    []release.Point // ascending, the newest last
	RolledUp  bool
}

// Spread is how the values of all areas of an edition lie.
type Spread struct {
	Low, Lower, Median, Upper, High float64 // NaN where fewer than three areas are shown
	N                               int
}

// Change is how a figure has moved over some years on one definition.
type Change struct {
	Since kernel.Period
	By    float64 // in the unit; NaN where nothing can be compared
	// Tested tells whether chance could be ruled on; Clear, that the change is larger than chance alone would make it in 95 of 100 cases.
	Tested, Clear bool
}

// Known tells whether there is a change to speak of.
func (c Change) Known() bool { return !math.IsNaN(c.By) }

// AreaIndex is the social index of one area.
type AreaIndex struct {
	Run     analysis.Run
	Outcome analysis.Outcome
	Names   []kernel.Text // of the classes
	History []IndexPoint  // ascending, the newest last
}

// IndexPoint is the class of an area at one time.
type IndexPoint struct {
	Period  kernel.Period
	Class   int // 0: none
	Dynamic string
	Version int // of the method
	Reason  string
}

// Ages is the age structure of an area beside the town, as shares of all inhabitants in per cent.
type Ages struct {
	Groups     []string // "u18", "18to64", …; message keys behind "atlas.age."
	Area, Town []float64
	Period     kernel.Period
}

// Profile reads the sheet of an area; NotFound where there is no such area.
func (r *Reader) Profile(ctx context.Context, level, edition, key string) (*Profile, error) {
	e, err := r.Edition(level, edition)
	if err != nil {
		return nil, err
	}
	areas, err := r.Areas(ctx, e)
	if err != nil {
		return nil, err
	}
	at := indexOf(areas, key)
	if at < 0 {
		return nil, kernel.E(kernel.NotFound, "atlas.area.none", "area", key, "level", level, "edition", edition)
	}
	p := &Profile{Edition: e, Area: areas[at], Areas: len(areas)}
	if p.Parents, err = r.s.Areas.Ancestors(ctx, r.v.Actor(), p.Area); err != nil {
		return nil, err
	}
	if p.Children, err = r.s.Areas.Children(ctx, r.v.Actor(), p.Area.ID); err != nil {
		return nil, err
	}
	p.Children = newestChildren(p.Children)
	if p.Neighbours, err = r.neighbours(ctx, e, areas, at); err != nil {
		return nil, err
	}
	if err := r.rows(ctx, p); err != nil {
		return nil, err
	}
	if p.Indices, err = r.Indices(ctx, e, p.Area.ID); err != nil {
		return nil, err
	}
	p.Ages = p.ages()
	return p, nil
}

func indexOf(areas []area.Area, key string) int {
	i, ok := slices.BinarySearchFunc(areas, key, func(a area.Area, k string) int { return strings.Compare(a.Key, k) })
	if !ok {
		return slices.IndexFunc(areas, func(a area.Area) bool { return a.Key == key }) // keys may be sorted otherwise than by byte
	}
	return i
}

// newestChildren keeps, of several editions of a level, the newest.
func newestChildren(list []area.Placed) []area.Placed {
	newest := map[kernel.ID]area.Edition{}
	for _, c := range list {
		if have, ok := newest[c.Edition.Level.ID]; !ok || c.Edition.ValidFrom > have.ValidFrom {
			newest[c.Edition.Level.ID] = c.Edition
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(c area.Placed) bool { return newest[c.Edition.Level.ID].ID != c.Edition.ID })
}

// rows reads every indicator the audience may see on the edition at its newest period.
func (r *Reader) rows(ctx context.Context, p *Profile) error {
	for i := range r.shelf.themes {
		o := &r.shelf.themes[i]
		if o.Theme.IsIndex() {
			continue
		}
		at := slices.IndexFunc(o.On, func(on OfferOn) bool { return on.Edition.ID == p.Edition.ID })
		if at < 0 {
			continue
		}
		row, err := r.row(ctx, o.Theme.Indicator, o.On[at], p.Area.Key)
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		if row.Period.To > p.Newest.To {
			p.Newest = row.Period
		}
		n := len(p.Fields)
		if n == 0 || p.Fields[n-1].Key != o.Field {
			p.Fields = append(p.Fields, Field{Key: o.Field})
			n++
		}
		p.Fields[n-1].Rows = append(p.Fields[n-1].Rows, *row)
	}
	return nil
}

// row reads one indicator of an area; nil where no period can be read.
func (r *Reader) row(ctx context.Context, key string, on OfferOn, areaKey string) (*Row, error) {
	t, err := r.v.Figures(ctx, release.Query{Indicator: key, EditionID: on.Edition.ID, Period: on.Newest()})
	if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i := t.Index(areaKey)
	if i < 0 {
		return nil, nil
	}
	row := &Row{
		Indicator: t.Indicator, Version: t.Version, Period: t.Period, Figure: t.Figures[i], Town: t.Total, TownKey: t.TotalKey, RolledUp: t.RolledUp(),
	}
	if row.Spread, err = r.spread(t); err != nil {
		return nil, err
	}
	if row.Series, err = r.v.Series(ctx, key, on.Edition.ID, areaKey); err != nil {
		return nil, err
	}
	row.Change = changeOf(row.Series, row.Version)
	return row, nil
}

// spread computes how the values of a table lie, once for all profiles.
func (r *Reader) spread(t *release.Table) (*Spread, error) {
	return r.s.spreads.get(r.key(string(t.SliceID), string(t.Edition.ID)), func() (*Spread, error) {
		values := make([]float64, 0, len(t.Figures))
		for _, f := range t.Figures {
			if f.Shown() {
				values = append(values, f.Value)
			}
		}
		slices.Sort(values)
		s := &Spread{N: len(values), Low: none(), Lower: none(), Median: none(), Upper: none(), High: none()}
		if n := len(values); n >= 3 {
			s.Low, s.High = values[0], values[n-1]
			s.Lower, s.Median, s.Upper = rank.Quantile(values, 0.25, rank.Linear), rank.Quantile(values, 0.5, rank.Linear), rank.Quantile(values, 0.75, rank.Linear)
		}
		return s, nil
	})
}

// changeYears is how far back a change is looked for; a few years smooth what single ones do by chance (domain.md 4.5).
const changeYears = 5

// changeOf compares the newest shown figure with the one about five years before, on the same definition.
func changeOf(series []release.Point, v indicator.Version) Change {
	c := Change{By: none()}
	if len(series) < 2 {
		return c
	}
	last := series[len(series)-1]
	if !last.Figure.Shown() {
		return c
	}
	wish := last.Period.AddYears(-changeYears)
	best := -1
	for i := range series[:len(series)-1] {
		p := series[i]
		if p.Version != last.Version || !p.Figure.Shown() {
			continue
		}
		if best < 0 || math.Abs(float64(p.Period.To.Year()-wish.To.Year())) < math.Abs(float64(series[best].Period.To.Year()-wish.To.Year())) {
			best = i
		}
	}
	if best < 0 {
		return c
	}
	before := series[best]
	c.Since, c.By = before.Period, last.Figure.Value-before.Figure.Value
	if v.Share() {
		test, err := rate.Compare(rate.Rate{Num: before.Figure.Numerator, Den: before.Figure.Denominator}, rate.Rate{Num: last.Figure.Numerator, Den: last.Figure.Denominator})
		if err == nil {
			c.Tested, c.Clear = true, math.Abs(test.Z) >= rate.Z95
		}
	}
	return c
}

// Indices reads the class of an area in the newest run of each method, with its history.
func (r *Reader) Indices(ctx context.Context, e area.Edition, id kernel.ID) ([]AreaIndex, error) {
	var list []AreaIndex
	for i := range r.shelf.themes {
		o := &r.shelf.themes[i]
		if !o.Theme.IsIndex() {
			break // indices come first
		}
		at := slices.IndexFunc(o.On, func(on OfferOn) bool { return on.Edition.ID == e.ID })
		if at < 0 {
			continue
		}
		var x AreaIndex
		for _, p := range o.On[at].Periods {
			run, ok := r.run(o.Theme.Method, e, p)
			if !ok {
				continue
			}
			res, err := r.result(ctx, run.ID)
			if err != nil {
				return nil, err
			}
			n := slices.IndexFunc(res.Outcomes, func(oc analysis.Outcome) bool { return oc.AreaID == id })
			if n < 0 {
				continue
			}
			x.Run, x.Outcome = res.Run, res.Outcomes[n]
			x.Run.Outcomes = nil
			x.History = append(x.History, IndexPoint{
				Period: p, Class: x.Outcome.Class, Dynamic: x.Outcome.DynamicClass, Version: run.Method.Version, Reason: x.Outcome.Reason,
			})
		}
		if len(x.History) == 0 {
			continue
		}
		x.Names = indexClasses(x.Run.Method).Names
		list = append(list, x)
	}
	return list, nil
}

// ages puts the shares of age groups together where the catalogue's groups are shown for area and town alike. Groups lie inside each other
// (under 6 within under 18), so parts are differences.
func (p *Profile) ages() *Ages {
	rows := map[string]*Row{}
	for i := range p.Fields {
		for j := range p.Fields[i].Rows {
			row := &p.Fields[i].Rows[j]
			rows[row.Indicator.Key] = row
		}
	}
	young, old := rows["share_u18"], rows["share_65plus"]
	usable := func(x, like *Row) bool {
		return x != nil && x.Figure.Shown() && x.Town.Shown() && x.Version.Unit == "%" && x.Period == like.Period
	}
	if young == nil || !usable(young, young) || !usable(old, young) {
		return nil
	}
	a := &Ages{Period: young.Period}
	add := func(group string, areaShare, townShare float64) {
		a.Groups, a.Area, a.Town = append(a.Groups, group), append(a.Area, areaShare), append(a.Town, townShare)
	}
	if small := rows["share_u6"]; usable(small, young) {
		add("u6", small.Figure.Value, small.Town.Value)
		add("6to17", young.Figure.Value-small.Figure.Value, young.Town.Value-small.Town.Value)
	} else {
		add("u18", young.Figure.Value, young.Town.Value)
	}
	add("18to64", 100-young.Figure.Value-old.Figure.Value, 100-young.Town.Value-old.Town.Value)
	if high := rows["share_80plus"]; usable(high, young) {
		add("65to79", old.Figure.Value-high.Figure.Value, old.Town.Value-high.Town.Value)
		add("80plus", high.Figure.Value, high.Town.Value)
	} else {
		add("65plus", old.Figure.Value, old.Town.Value)
	}
	return a
}

// neighbours finds the areas that share a stretch of border: two points or more of the coverage, in which neighbours have the same points.
func (r *Reader) neighbours(ctx context.Context, e area.Edition, areas []area.Area, at int) ([]area.Area, error) {
	cov, err := r.Coverage(ctx, e, area.Overview)
	if err != nil {
		return nil, err
	}
	joined, err := r.s.joins.get(string(r.v.Actor().Tenant)+string(e.ID)+cov.ETag, func() (map[string][]int, error) { return adjacency(cov, areas), nil })
	if err != nil {
		return nil, err
	}
	var list []area.Area
	for _, i := range joined[areas[at].Key] {
		list = append(list, areas[i])
	}
	slices.SortFunc(list, func(x, y area.Area) int {
		return cmp.Or(strings.Compare(x.SortName, y.SortName), strings.Compare(x.Key, y.Key))
	})
	return list, nil
}

func adjacency(cov *area.Coverage, areas []area.Area) map[string][]int {
	at := map[[2]float64][]int{}
	for _, s := range cov.Shapes {
		i := indexOf(areas, s.Area.Key)
		if i < 0 {
			continue
		}
		for _, p := range s.Polygons {
			for _, ring := range p {
				for _, q := range ring {
					if list := at[q]; len(list) == 0 || list[len(list)-1] != i {
						at[q] = append(list, i)
					}
				}
			}
		}
	}
	shared := map[[2]int]int{}
	for _, list := range at {
		for x := range list {
			for y := range list {
				if list[x] != list[y] {
					shared[[2]int{list[x], list[y]}]++
				}
			}
		}
	}
	out := map[string][]int{}
	for pair, n := range shared {
		if n >= 2 {
			out[areas[pair[0]].Key] = append(out[areas[pair[0]].Key], pair[1])
		}
	}
	return out
}

// Series follows an area of an edition through every visible period of an indicator.
func (r *Reader) Series(ctx context.Context, key string, e area.Edition, areaKey string) ([]release.Point, error) {
	return r.v.Series(ctx, key, e.ID, areaKey)
}
