// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Choice names a layer. What is left empty is chosen: the newest period, the finest level.
type Choice struct {
	Theme   Theme
	Level   string
	Edition string
	Period  kernel.Period
	Classes ClassChoice
}

// Fitted is a choice completed to what there is, with the offer it was found in.
type Fitted struct {
	Choice
	Offer *Offer
	On    OfferOn
	// Moved names the parts of the wish that had to change because the theme is not there: "level", "period".
	Moved []string
}

// Fit completes a choice. A theme, level or edition that does not exist is NotFound; a level or period that exists but not for this theme gives
// way to the nearest, which Moved says.
func (r *Reader) Fit(c Choice) (Fitted, error) {
	if err := c.Classes.Check(); err != nil {
		return Fitted{}, err
	}
	c.Classes = c.Classes.orDefault()
	f := Fitted{Choice: c}
	var err error
	if c.Theme.IsZero() {
		if len(r.shelf.themes) == 0 {
			return Fitted{}, kernel.E(kernel.NotFound, "atlas.empty")
		}
		f.Theme = r.shelf.themes[0].Theme
	}
	if f.Offer, err = r.Theme(f.Theme); err != nil {
		return Fitted{}, err
	}
	if c.Level == "" {
		f.On = f.Offer.best()
	} else {
		if _, err := r.Edition(c.Level, c.Edition); err != nil {
			return Fitted{}, err
		}
		at := slices.IndexFunc(f.Offer.On, func(o OfferOn) bool {
			return o.Edition.Level.Key == c.Level && (c.Edition == "" || o.Edition.Key == c.Edition)
		})
		if at < 0 {
			at = slices.IndexFunc(f.Offer.On, func(o OfferOn) bool { return o.Edition.Level.Key == c.Level })
			f.Moved = append(f.Moved, "level")
		}
		if at >= 0 {
			f.On = f.Offer.On[at]
		} else {
			f.On = f.Offer.best()
		}
	}
	f.Level, f.Edition = f.On.Edition.Level.Key, f.On.Edition.Key
	switch {
	case c.Period.IsZero():
		f.Period = f.On.Newest()
	case !slices.Contains(f.On.Periods, c.Period):
		f.Period = nearest(f.On.Periods, c.Period)
		f.Moved = append(f.Moved, "period")
	}
	return f, nil
}

// best is the edition a reader sees first: the finest level that has the newest period without being rolled up, else the finest.
func (o *Offer) best() OfferOn {
	newest := kernel.Period{}
	for _, on := range o.On {
		if on.Newest().To > newest.To {
			newest = on.Newest()
		}
	}
	for _, on := range o.On {
		if !on.RolledUp && on.Newest() == newest {
			return on
		}
	}
	return o.On[0]
}

// nearest is the period that ends closest to the wish.
func nearest(periods []kernel.Period, wish kernel.Period) kernel.Period {
	best := periods[len(periods)-1]
	least := math.Inf(1)
	for _, p := range periods {
		if d := math.Abs(p.To.Time().Sub(wish.To.Time()).Hours()); d <= least {
			best, least = p, d
		}
	}
	return best
}

// Layer reads a theme on an edition at a time and classes it.
func (r *Reader) Layer(ctx context.Context, c Choice) (*Layer, error) {
	f, err := r.Fit(c)
	if err != nil {
		return nil, err
	}
	return r.layer(ctx, f, nil)
}

// LayerLike reads a layer with the limits of another, so that a colour means the same in both.
func (r *Reader) LayerLike(ctx context.Context, c Choice, like *Layer) (*Layer, error) {
	f, err := r.Fit(c)
	if err != nil {
		return nil, err
	}
	return r.layer(ctx, f, &like.Classes)
}

func (r *Reader) layer(ctx context.Context, f Fitted, like *Classes) (*Layer, error) {
	ctx = context.WithoutCancel(ctx)
	read := func() (*Layer, error) {
		l := &Layer{Theme: f.Theme, Name: f.Offer.Name, Edition: f.On.Edition, Period: f.Period, byKey: map[string]int{}}
		var err error
		if f.Theme.IsIndex() {
			err = r.readIndex(ctx, l, f)
		} else {
			err = r.readFigures(ctx, l, f)
		}
		if err != nil {
			return nil, err
		}
		for i := range l.Cells {
			l.byKey[l.Cells[i].Area.Key] = i
		}
		return l, r.classify(ctx, l, f, like)
	}
	if like != nil || r.Audience() != access.Public {
		return read()
	}
	return r.s.layers.get(r.key(f.Theme.String(), string(f.On.Edition.ID), f.Period.String(), f.Classes.String()), read)
}

func (r *Reader) readFigures(ctx context.Context, l *Layer, f Fitted) error {
	t, err := r.v.Figures(ctx, release.Query{Indicator: f.Theme.Indicator, EditionID: l.Edition.ID, Period: f.Period})
	if err != nil {
		return err
	}
	l.Table, l.Unit, l.Town, l.TownKey, l.Public = t, t.Version.Unit, t.Total, t.TotalKey, t.Public
	l.Name = t.Version.Name
	l.Cells = make([]Cell, len(t.Areas))
	for i := range t.Areas {
		fig := t.Figures[i]
		l.Cells[i] = Cell{Area: &t.Areas[i], Figure: fig, Value: fig.Value, Class: -1, State: stateOf(fig)}
	}
	return nil
}

func stateOf(f release.Figure) State {
	switch {
	case f.Shown():
		return Shown
	case f.Flag == indicator.Suppressed:
		return Suppressed
	}
	return NoData
}

// run finds the newest run of a method on an edition and period.
func (r *Reader) run(method string, e area.Edition, p kernel.Period) (analysis.Run, bool) {
	for _, run := range r.shelf.runs {
		if run.Method.ID == method && run.Edition.ID == e.ID && run.Period == p {
			return run, true
		}
	}
	return analysis.Run{}, false
}

func (r *Reader) readIndex(ctx context.Context, l *Layer, f Fitted) error {
	run, ok := r.run(f.Theme.Method, l.Edition, f.Period)
	if !ok {
		return kernel.E(kernel.NotFound, "run.notfound")
	}
	res, err := r.result(ctx, run.ID)
	if err != nil {
		return err
	}
	areas, err := r.Areas(ctx, l.Edition)
	if err != nil {
		return err
	}
	l.Result, l.Name, l.Public = res, res.Method.Title.Text(), r.v.Released(release.RunKind, run.ID, access.Public)
	l.Town, l.TownKey = noFigure(indicator.NotApplicable), "atlas.index.notown"
	by := make(map[kernel.ID]*analysis.Outcome, len(res.Outcomes))
	for i := range res.Outcomes {
		by[res.Outcomes[i].AreaID] = &res.Outcomes[i]
	}
	l.Cells = make([]Cell, len(areas))
	for i := range areas {
		c := Cell{Area: &areas[i], Value: none(), Class: -1, State: NoData}
		if o := by[areas[i].ID]; o != nil {
			c.Outcome = o
			switch {
			case !o.Eligible:
				c.State = NotAssessed
			case o.Class > 0 || o.Index.Known():
				c.State, c.Value = Shown, float64(o.Index)
			default:
				c.State = Suppressed
			}
		}
		l.Cells[i] = c
	}
	return nil
}

// classify finds the classes of a layer and puts every shown area into one.
func (r *Reader) classify(ctx context.Context, l *Layer, f Fitted, like *Classes) error {
	switch {
	case l.Result != nil && len(l.Result.Method.StatusThresholds) > 0 && len(l.Result.Method.StatusThresholds) < MaxClasses:
		l.Classes = indexClasses(l.Result.Method)
	case like != nil:
		l.Classes = *like
		l.Classes.Counts = make([]int, like.N())
	default:
		values, periods, err := r.basis(ctx, l, f)
		if err != nil {
			return err
		}
		if l.Classes, err = makeClasses(values, f.Classes, l.Town.Value, l.Decimals(), periods); err != nil {
			return err
		}
	}
	for i := range l.Cells {
		c := &l.Cells[i]
		if c.State != Shown {
			continue
		}
		c.Class = l.Classes.Class(c.Value)
		if l.Classes.Choice.Method == OfIndex {
			c.Class = c.Outcome.Class - 1
		}
		if c.Class >= 0 && c.Class < l.Classes.N() {
			l.Classes.Counts[c.Class]++
		}
	}
	return nil
}

// indexClasses are the classes the method of an index defines.
func indexClasses(m analysis.Method) Classes {
	n := len(m.StatusThresholds) + 1
	c := Classes{
		Choice: ClassChoice{Method: OfIndex, N: n}, Limits: m.StatusThresholds, Counts: make([]int, n), Low: none(), High: none(), Fit: none(), Periods: 1,
	}
	for _, l := range m.Labels {
		c.Names = append(c.Names, l.Text())
	}
	return c
}

// basis gives the values that limits are made from: those shown, and unless the reader wants this period alone those of every other period of
// the same definition too.
func (r *Reader) basis(ctx context.Context, l *Layer, f Fitted) ([]float64, int, error) {
	values := l.Values()
	if f.Classes.ThisPeriod || l.Table == nil {
		return values, 1, nil
	}
	periods := 1
	for _, p := range f.On.Periods {
		if p == l.Period {
			continue
		}
		t, err := r.v.Figures(ctx, release.Query{Indicator: f.Theme.Indicator, EditionID: l.Edition.ID, Period: p})
		if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if t.Version.Version != l.Table.Version.Version {
			continue // another definition: its values are not comparable
		}
		periods++
		for _, fig := range t.Figures {
			values = append(values, fig.Value)
		}
	}
	return values, periods, nil
}
