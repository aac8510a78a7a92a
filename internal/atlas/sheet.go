// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Listed is a row of the catalogue with what is published of it.
type Listed struct {
	Indicator indicator.Indicator
	Offer     *Offer // nil: nothing is published
}

// Catalogue lists all indicators in the order of the catalogue.
func (r *Reader) Catalogue() []Listed {
	list := make([]Listed, 0, len(r.v.Indicators()))
	for _, ind := range r.v.Indicators() {
		l := Listed{Indicator: ind}
		if o, err := r.Theme(Theme{Indicator: ind.Key}); err == nil {
			l.Offer = o
		}
		list = append(list, l)
	}
	return list
}

// Town follows the whole town through the periods of an indicator on the edition that reaches furthest; periods for which the town has no
// value are left out.
func (r *Reader) Town(ctx context.Context, key string) ([]release.Point, error) {
	o, err := r.Theme(Theme{Indicator: key})
	if err != nil {
		return nil, err
	}
	on := o.best()
	var points []release.Point
	for _, p := range on.Periods {
		t, err := r.v.Figures(ctx, release.Query{Indicator: key, EditionID: on.Edition.ID, Period: p})
		if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.Total.Shown() {
			points = append(points, release.Point{Period: p, Version: t.Version.Version, Figure: t.Total, Total: t.Total})
		}
	}
	return points, nil
}

// KeyFigure is a value of the whole town with its change.
type KeyFigure struct {
	Indicator indicator.Indicator
	Version   indicator.Version
	Series    []release.Point // ascending, never empty
	Change    Change
}

// Newest is the value of the latest period.
func (k KeyFigure) Newest() release.Point { return k.Series[len(k.Series)-1] }

// headline indicators tell a town in a few numbers, in this order; what a town has not published gives way to the next.
var headline = []string{
	"pop_total", "share_u18", "share_65plus", "unemp_share", "sgb2_rate", "child_poverty_rate", "old_age_basic_rate", "single_parent_hh_share", "employment_share",
	"share_migration_bg", "share_foreign", "unemp_sgb2_share", "transfer_not_unemp_share",
}

// KeyFigures are the headline figures of the town, at most n.
func (r *Reader) KeyFigures(ctx context.Context, n int) ([]KeyFigure, error) {
	keys := slices.Clone(headline)
	for _, o := range r.shelf.themes {
		if !o.Theme.IsIndex() && !slices.Contains(keys, o.Theme.Indicator) {
			keys = append(keys, o.Theme.Indicator)
		}
	}
	var list []KeyFigure
	for _, key := range keys {
		if len(list) == n {
			break
		}
		o, err := r.Theme(Theme{Indicator: key})
		if err != nil {
			continue
		}
		series, err := r.Town(ctx, key)
		if err != nil {
			return nil, err
		}
		if len(series) == 0 {
			continue
		}
		v, err := o.Indicator.Version(series[len(series)-1].Version)
		if err != nil {
			return nil, err
		}
		list = append(list, KeyFigure{Indicator: *o.Indicator, Version: v, Series: series, Change: changeOf(series, v)})
	}
	return list, nil
}

// MethodSheet describes a method of which a run is released.
type MethodSheet struct {
	Method     analysis.Method
	Runs       []analysis.Run // newest first, without outcomes
	Indicators []MethodRow
	Newest     *analysis.Result
	// Near is how many areas of the newest run lie within a tenth of a class limit, Staying the mean probability in per cent that an area keeps
	// its class when weights are moved, NaN where no draws were made or nothing of it may be shown.
	Near    int
	Staying float64
	Draws   int
}

// MethodRow is one input of a method.
type MethodRow struct {
	Key       string
	Name      kernel.Text
	Weight    float64
	Share     float64 // of all weights, per cent
	Direction int
	Transform string
	Published bool // has a sheet with figures
}

// nearLimit is what counts as close to a class limit, in the unit of the index; a tenth of a standard deviation (domain.md 4.1.3).
const nearLimit = 0.1

// Method describes a method; NotFound unless the audience may see one of its runs.
func (r *Reader) Method(ctx context.Context, id string) (*MethodSheet, error) {
	m := &MethodSheet{Runs: r.Runs(id), Staying: none()}
	if id == "" || len(m.Runs) == 0 {
		return nil, kernel.E(kernel.NotFound, "atlas.method.none", "method", id)
	}
	res, err := r.result(ctx, m.Runs[0].ID)
	if err != nil {
		return nil, err
	}
	m.Method, m.Newest, m.Draws = res.Method, res, res.Draws
	total := 0.0
	for _, i := range res.Method.Indicators {
		total += i.Weight
	}
	for _, i := range res.Method.Indicators {
		row := MethodRow{Key: i.Key, Weight: i.Weight, Share: 100 * i.Weight / total, Direction: int(i.Direction), Transform: i.Transform}
		ind, err := r.v.Indicator(i.Key)
		if err == nil {
			row.Name = ind.Current().Name
			if row.Direction == 0 {
				row.Direction = int(ind.Current().Direction)
			}
		}
		_, err = r.Theme(Theme{Indicator: i.Key})
		row.Published = err == nil
		m.Indicators = append(m.Indicators, row)
	}
	sum, n := 0.0, 0
	for _, o := range res.Outcomes {
		if o.Distance.Known() && math.Abs(float64(o.Distance)) < nearLimit {
			m.Near++
		}
		if o.Class > 0 && o.Class <= len(o.Probability) && o.Probability[o.Class-1].Known() {
			sum += float64(o.Probability[o.Class-1])
			n++
		}
	}
	if n > 0 {
		m.Staying = 100 * sum / float64(n)
	}
	return m, nil
}
