// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// MaxCompared is how many areas can stand side by side; more cannot be read on a page.
const MaxCompared = 5

// Comparison is several areas of one edition side by side, the town beside them, in the order the reader gave. Nothing ranks them.
type Comparison struct {
	Edition area.Edition
	Areas   []area.Area
	Fields  []CompareField
	Indices []CompareIndex
}

// CompareField is the rows of one field of life.
type CompareField struct {
	Key  string
	Rows []CompareRow
}

// CompareRow is one indicator of all compared areas.
type CompareRow struct {
	Indicator indicator.Indicator
	Version   indicator.Version
	Period    kernel.Period
	Figures   []release.Figure // parallel to Comparison.Areas
	Town      release.Figure
	Spread    *Spread
}

// CompareIndex is the newest run of a method for all compared areas.
type CompareIndex struct {
	Run      analysis.Run
	Names    []kernel.Text
	Outcomes []*analysis.Outcome // parallel to Comparison.Areas; nil where the run does not know the area
}

// Compare puts areas of an edition side by side. An area named twice stands once; more than MaxCompared are Invalid.
func (r *Reader) Compare(ctx context.Context, level, edition string, keys []string) (*Comparison, error) {
	e, err := r.Edition(level, edition)
	if err != nil {
		return nil, err
	}
	areas, err := r.Areas(ctx, e)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Edition: e}
	for n, key := range keys {
		if slices.Contains(keys[:n], key) {
			continue
		}
		i := indexOf(areas, key)
		if i < 0 {
			return nil, kernel.E(kernel.NotFound, "atlas.area.none", "area", key, "level", e.Level.Key, "edition", e.Key)
		}
		c.Areas = append(c.Areas, areas[i])
	}
	if len(c.Areas) > MaxCompared {
		return nil, kernel.E(kernel.Invalid, "atlas.compare.many", "most", MaxCompared)
	}
	for i := range r.shelf.themes {
		if err := r.compare(ctx, c, &r.shelf.themes[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (r *Reader) compare(ctx context.Context, c *Comparison, o *Offer) error {
	at := slices.IndexFunc(o.On, func(on OfferOn) bool { return on.Edition.ID == c.Edition.ID })
	if at < 0 {
		return nil
	}
	on := o.On[at]
	if o.Theme.IsIndex() {
		run, ok := r.run(o.Theme.Method, on.Edition, on.Newest())
		if !ok {
			return nil
		}
		res, err := r.result(ctx, run.ID)
		if err != nil {
			return err
		}
		x := CompareIndex{Run: res.Run, Names: indexClasses(res.Method).Names}
		for _, a := range c.Areas {
			n := slices.IndexFunc(res.Outcomes, func(oc analysis.Outcome) bool { return oc.AreaID == a.ID })
			if n < 0 {
				x.Outcomes = append(x.Outcomes, nil)
				continue
			}
			x.Outcomes = append(x.Outcomes, &res.Outcomes[n])
		}
		c.Indices = append(c.Indices, x)
		return nil
	}
	t, err := r.v.Figures(ctx, release.Query{Indicator: o.Theme.Indicator, EditionID: on.Edition.ID, Period: on.Newest()})
	if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
		return nil
	}
	if err != nil {
		return err
	}
	row := CompareRow{Indicator: t.Indicator, Version: t.Version, Period: t.Period, Town: t.Total}
	if row.Spread, err = r.spread(t); err != nil {
		return err
	}
	for _, a := range c.Areas {
		f := noFigure(indicator.Unknown)
		if i := t.Index(a.Key); i >= 0 {
			f = t.Figures[i]
		}
		row.Figures = append(row.Figures, f)
	}
	n := len(c.Fields)
	if n == 0 || c.Fields[n-1].Key != o.Field {
		c.Fields = append(c.Fields, CompareField{Key: o.Field})
		n++
	}
	c.Fields[n-1].Rows = append(c.Fields[n-1].Rows, row)
	return nil
}
