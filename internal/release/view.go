// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// View is the gate opened for one audience at one state of the figures.
type View struct {
	svc      *Service
	actor    access.Actor
	audience access.Audience
	state    *state
	stamp    string
}

// Audience the view is opened for.
func (v View) Audience() access.Audience { return v.audience }

// Actor who reads.
func (v View) Actor() access.Actor { return v.actor }

// Stamp changes whenever anything the view could show changes; for ETags and caches.
func (v View) Stamp() string { return string(v.audience) + "-" + v.stamp }

// Sees tells whether an object of the ledger is visible to the audience.
func (v View) Sees(kind Kind, id kernel.ID) bool {
	switch kind {
	case SliceKind:
		return visible(v.state.audiences[id], v.audience)
	case RunKind:
		return visible(v.state.runs[id], v.audience)
	case ReportKind:
		return visible(v.state.reports[id], v.audience)
	}
	return false
}

// Released tells whether an object is released to the given audience.
func (v View) Released(kind Kind, id kernel.ID, to access.Audience) bool {
	m := map[Kind]map[kernel.ID]map[access.Audience]bool{SliceKind: v.state.audiences, RunKind: v.state.runs, ReportKind: v.state.reports}[kind]
	return m[id][to]
}

// Indicators lists the catalogue in its order.
func (v View) Indicators() []indicator.Indicator { return v.state.order }

// Indicator finds a row of the catalogue by key.
func (v View) Indicator(key string) (indicator.Indicator, error) {
	i, ok := v.state.indicators[key]
	if !ok {
		return indicator.Indicator{}, kernel.E(kernel.NotFound, "indicator.unknown", "key", key)
	}
	return i, nil
}

// Slices lists the visible slices of an indicator, by period.
func (v View) Slices(ind indicator.Indicator) []indicator.SliceState {
	var list []indicator.SliceState
	for _, sl := range v.state.slices[ind.ID] {
		if visible(v.state.audiences[sl.ID], v.audience) {
			list = append(list, sl)
		}
	}
	slices.SortFunc(list, func(x, y indicator.SliceState) int {
		return cmp.Or(cmp.Compare(x.Period.To, y.Period.To), cmp.Compare(x.Period.From, y.Period.From), cmp.Compare(x.Version, y.Version))
	})
	return list
}

// Offers lists what the audience can choose: every visible indicator on every edition it has figures for or can be rolled up to.
func (v View) Offers(ctx context.Context) ([]Offer, error) {
	var offers []Offer
	for _, ind := range v.state.order {
		at := map[kernel.ID]int{}
		add := func(edition kernel.ID, p kernel.Period, rolled bool) {
			i, ok := at[edition]
			if !ok {
				i = len(offers)
				at[edition] = i
				offers = append(offers, Offer{Indicator: ind, EditionID: edition, RolledUp: rolled})
			}
			if !slices.Contains(offers[i].Periods, p) {
				offers[i].Periods = append(offers[i].Periods, p)
			}
		}
		list := v.Slices(ind)
		for _, sl := range list {
			add(sl.EditionID, sl.Period, false)
		}
		for _, sl := range list {
			if !sl.CanRollUp() {
				continue
			}
			h, err := v.svc.Areas.Hierarchy(ctx, v.actor, sl.EditionID)
			if err != nil {
				return nil, err
			}
			for _, level := range h.Levels {
				add(level.Edition.ID, sl.Period, true)
			}
		}
		for _, i := range at {
			slices.SortFunc(offers[i].Periods, func(x, y kernel.Period) int { return cmp.Compare(x.To+x.From, y.To+y.From) })
		}
	}
	return offers, nil
}

// Figures reads one table, from the slice of that edition or rolled up from a smaller level, cleared for the audience. NotFound where the
// audience has nothing there; Invalid with the reason where a union cannot be formed.
func (v View) Figures(ctx context.Context, q Query) (*Table, error) {
	key := cacheKey{tenant: v.actor.Tenant, stamp: v.stamp, audience: v.audience, query: q}
	return v.svc.cache.table(key, func() (*Table, error) { return v.read(ctx, q) })
}

func (v View) read(ctx context.Context, q Query) (*Table, error) {
	ind, err := v.Indicator(q.Indicator)
	if err != nil {
		return nil, err
	}
	sl, h, level, err := v.find(ctx, ind, q)
	if err != nil {
		return nil, err
	}
	version, err := ind.Version(sl.Version)
	if err != nil {
		return nil, err
	}
	raw, err := v.raw(ctx, sl.Slice, q.Pin)
	if err != nil {
		return nil, err
	}
	base, err := v.svc.Areas.EditionByID(ctx, v.actor, sl.EditionID)
	if err != nil {
		return nil, err
	}
	t := &Table{
		Audience: v.audience, Indicator: ind, Version: version, Edition: base, Base: base, Period: sl.Period, SliceID: sl.ID,
		Areas: h.Areas, Public: v.state.audiences[sl.ID][access.Public], Pin: pin(raw),
	}
	if level >= 0 {
		t.Edition, t.Areas = h.Levels[level].Edition, h.Levels[level].Areas
		if t.Figures, err = v.rollUp(h, level, raw, version); err != nil {
			return nil, err
		}
	} else {
		t.Figures = make([]Figure, len(h.Areas))
		for i, ar := range h.Areas {
			if o, ok := raw[ar.ID]; ok {
				t.Figures[i] = clear(o, version, v.audience)
			} else {
				t.Figures[i] = hidden(indicator.Unknown)
			}
		}
	}
	t.Total, t.TotalKey = v.total(h, raw, version)
	if staff(v.audience) {
		return t, nil
	}
	return t, v.protect(ctx, t, delivered{slice: sl, version: version, raw: raw, h: h})
}

// protect hides the figures of a table that would give away a suppressed one beside them.
func (v View) protect(ctx context.Context, t *Table, d delivered) error {
	c, err := v.beside(ctx, d, v.audience, nil)
	if err != nil {
		return err
	}
	c.protect()
	for i, a := range t.Areas {
		if c.holds(cell{area: a.ID}) {
			t.Figures[i] = hidden(indicator.Suppressed)
		}
	}
	if c.holds(cell{town: d.slice.EditionID}) {
		t.Total, t.TotalKey = hidden(indicator.Suppressed), "release.total.withheld"
	}
	return nil
}

// find chooses the slice that answers q, and the level of its hierarchy to roll up to (-1: none): of the newest period one of the edition itself
// before one that has to be rolled up, of these the newest definition and the level next below.
func (v View) find(ctx context.Context, ind indicator.Indicator, q Query) (indicator.SliceState, *area.Hierarchy, int, error) {
	if q.SliceID != "" {
		return v.pinned(ctx, ind, q)
	}
	list := v.Slices(ind)
	slices.Reverse(list) // newest period and version first
	var found, bare indicator.SliceState
	var at *area.Hierarchy
	level := 0
	for _, sl := range list {
		if q.Version != 0 && sl.Version != q.Version || !q.Period.IsZero() && sl.Period != q.Period {
			continue
		}
		if at != nil && sl.Period != found.Period {
			break
		}
		h, err := v.svc.Areas.Hierarchy(ctx, v.actor, sl.EditionID)
		if err != nil {
			return sl, nil, 0, err
		}
		if sl.EditionID == q.EditionID {
			return sl, h, -1, nil
		}
		switch n := levelOf(h, q.EditionID); {
		case n < 0:
		case sl.CanRollUp():
			if at == nil || n < level && sl.Version == found.Version {
				found, at, level = sl, h, n
			}
		case bare.ID == "":
			bare = sl
		}
	}
	switch {
	case at != nil:
		return found, at, level, nil
	case bare.ID != "": // only rates below: say so instead of "not found"
		return bare, nil, 0, kernel.E(kernel.Invalid, v.whyNoUnion(ind, bare.Version), "indicator", ind.Key, "period", bare.Period.String())
	}
	return bare, nil, 0, kernel.E(kernel.NotFound, "release.nofigures", "indicator", ind.Key, "period", q.Period.String())
}

// levelOf finds the level of an edition above the hierarchy's own, -1 where it is not among them.
func levelOf(h *area.Hierarchy, edition kernel.ID) int {
	return slices.IndexFunc(h.Levels, func(l area.HierarchyLevel) bool { return l.Edition.ID == edition })
}

func (v View) whyNoUnion(ind indicator.Indicator, version int) string {
	if d, err := ind.Version(version); err == nil && d.Aggregation == indicator.NoAggregation {
		return "indicator.rollup.none"
	}
	return "indicator.rollup.rate"
}

// pinned finds the slice a run has read. Computation finds it even where all its deliveries are retracted: a run can always be repeated.
func (v View) pinned(ctx context.Context, ind indicator.Indicator, q Query) (indicator.SliceState, *area.Hierarchy, int, error) {
	none := kernel.E(kernel.NotFound, "release.nofigures", "indicator", ind.Key, "period", q.Period.String())
	list := v.Slices(ind)
	var sl indicator.SliceState
	if n := slices.IndexFunc(list, func(s indicator.SliceState) bool { return s.ID == q.SliceID }); n >= 0 {
		sl = list[n]
	} else if v.audience == access.Sealed {
		var err error
		if sl.Slice, err = v.svc.Source.Slice(ctx, v.actor.Tenant, q.SliceID); err != nil {
			return sl, nil, 0, err
		}
	}
	if sl.ID == "" || sl.IndicatorID != ind.ID {
		return sl, nil, 0, none
	}
	h, err := v.svc.Areas.Hierarchy(ctx, v.actor, sl.EditionID)
	if err != nil || sl.EditionID == q.EditionID {
		return sl, h, -1, err
	}
	n := levelOf(h, q.EditionID)
	if n < 0 {
		return sl, nil, 0, none
	}
	return sl, h, n, nil
}

func (v View) rollUp(h *area.Hierarchy, level int, raw map[kernel.ID]indicator.Observation, version indicator.Version) ([]Figure, error) {
	parts := make([][]indicator.Observation, len(h.Levels[level].Areas))
	complete := make([]bool, len(parts))
	for p := range complete {
		complete[p] = true
	}
	for i, p := range h.Levels[level].Of {
		if p < 0 {
			continue
		}
		if o, ok := raw[h.Areas[i].ID]; ok {
			parts[p] = append(parts[p], o)
		} else {
			complete[p] = false
		}
	}
	figures := make([]Figure, len(parts))
	for p := range parts {
		if !complete[p] || len(parts[p]) == 0 {
			figures[p] = hidden(indicator.Unknown)
			continue
		}
		o, err := indicator.RollUp(parts[p], version)
		if err != nil {
			return nil, err
		}
		figures[p] = clear(o, version, v.audience)
	}
	return figures, nil
}

// total is the union of all areas of the slice; where an area has no figure at all, or only rates are known, there is none and the key says why.
func (v View) total(h *area.Hierarchy, raw map[kernel.ID]indicator.Observation, version indicator.Version) (Figure, string) {
	parts := make([]indicator.Observation, 0, len(raw))
	for _, ar := range h.Areas {
		o, ok := raw[ar.ID]
		if !ok {
			return hidden(indicator.Unknown), "release.total.incomplete"
		}
		parts = append(parts, o)
	}
	o, err := indicator.RollUp(parts, version)
	if err != nil {
		if e, ok := err.(*kernel.Error); ok {
			return hidden(indicator.Unknown), e.Key
		}
		return hidden(indicator.Unknown), "indicator.rollup.rate"
	}
	return clear(o, version, v.audience), ""
}

// raw reads a slice as delivered; it never leaves the package uncleared.
func (v View) raw(ctx context.Context, sl indicator.Slice, pin string) (map[kernel.ID]indicator.Observation, error) {
	var deliveries []kernel.ID
	if pin != "" {
		for id := range strings.SplitSeq(pin, ",") {
			deliveries = append(deliveries, kernel.ID(id))
		}
	}
	list, err := v.svc.Source.Observations(ctx, v.actor.Tenant, sl.ID, deliveries)
	if err != nil {
		return nil, err
	}
	m := make(map[kernel.ID]indicator.Observation, len(list))
	for _, o := range list {
		m[o.AreaID] = o
	}
	return m, nil
}

// pin lists the deliveries of the observations: reading their newest revisions again gives the same figures, whatever comes later.
func pin(raw map[kernel.ID]indicator.Observation) string {
	seen := map[string]bool{}
	for _, o := range raw {
		seen[string(o.DeliveryID)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ",")
}

// Series follows one area of an edition through every visible period, with the town beside it. Periods where no union can be formed are left out.
func (v View) Series(ctx context.Context, key string, editionID kernel.ID, areaKey string) ([]Point, error) {
	ind, err := v.Indicator(key)
	if err != nil {
		return nil, err
	}
	var points []Point
	seen := map[kernel.Period]bool{}
	for _, sl := range v.Slices(ind) {
		if seen[sl.Period] {
			continue
		}
		t, err := v.Figures(ctx, Query{Indicator: key, EditionID: editionID, Period: sl.Period})
		if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
			continue
		}
		if err != nil {
			return nil, err
		}
		seen[sl.Period] = true
		if i := t.Index(areaKey); i >= 0 {
			points = append(points, Point{Period: sl.Period, Version: t.Version.Version, Figure: t.Figures[i], Total: t.Total})
		}
	}
	return points, nil
}

func (st *state) find(slice kernel.ID) (indicator.SliceState, indicator.Indicator, bool) {
	for id, list := range st.slices {
		for _, sl := range list {
			if sl.ID == slice {
				return sl, st.byID[id], true
			}
		}
	}
	return indicator.SliceState{}, indicator.Indicator{}, false
}
