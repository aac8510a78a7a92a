// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Words speaks the edition's language; i18n.Printer is one.
type Words interface {
	T(key string, kv ...any) string
	Number(v float64, decimals int) string
	Int(n int64) string
	Percent(v float64, decimals int) string
	Date(d kernel.Date) string
	Period(p kernel.Period) string
	Text(t kernel.Text) (text, actual string)
	List(items []string) string
	Error(err error) string
	Lang() string
}

// resolver turns calls into parts, for one edition and one state of the figures.
type resolver struct {
	s         *Service
	actor     access.Actor
	view      release.View
	set       Settings
	w         Words
	town      string
	edition   area.Edition // of the settings
	hierarchy *area.Hierarchy
	offers    map[offerKey][]kernel.Period
	outlines  map[string]*Outlines
	uses      []Use
	run       *analysis.Result
	runErr    error
}

type offerKey struct {
	indicator string
	edition   kernel.ID
}

func (s *Service) resolver(ctx context.Context, a access.Actor, set Settings, as access.Audience) (*resolver, error) {
	view, err := s.Gate.View(ctx, a, as)
	if err != nil {
		return nil, err
	}
	r := &resolver{s: s, actor: a, view: view, set: set, w: s.Words(set.Language), offers: map[offerKey][]kernel.Period{}, outlines: map[string]*Outlines{}}
	if r.edition, err = s.Areas.Edition(ctx, a, set.Level, set.AreaEdition); err != nil {
		return nil, err
	}
	if r.hierarchy, err = s.Areas.Hierarchy(ctx, a, r.edition.ID); err != nil {
		return nil, err
	}
	t, err := s.Tenants.Town(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	r.town, _ = r.w.Text(t.Name)
	offers, err := view.Offers(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range offers {
		k := offerKey{o.Indicator.Key, o.EditionID}
		r.offers[k] = append(r.offers[k], o.Periods...)
	}
	return r, nil
}

// part resolves one call.
func (r *resolver) part(ctx context.Context, c Call) (Part, error) {
	if err := ctx.Err(); err != nil {
		return Part{}, err
	}
	switch c.Kind {
	case Figure:
		return r.figure(ctx, c)
	case Fact:
		return r.fact(c)
	case MapPart:
		switch {
		case c.Topic("index"):
			return r.indexMap(ctx, c)
		case c.Topic("areas"):
			return r.areasMap(ctx, c)
		}
		return r.indicatorMap(ctx, c)
	case ChartPart:
		return r.chart(ctx, c)
	case TablePart:
		switch {
		case c.Topic("index"):
			return r.indexTable(ctx, c)
		case c.Topic("areas"):
			return r.areasTable(ctx, c)
		}
		return r.table(ctx, c)
	case IndexPart:
		return r.index(ctx, c)
	case Profiles:
		return r.profiles(ctx, c)
	case Sheets, Sources, Flags, Disclosure, Definitions:
		return r.annex(ctx, c)
	}
	return Part{}, kernel.E(kernel.Invalid, "report.call.unknown", "part", string(c.Kind), "known", known())
}

// last tells the kinds that speak about the other parts and are resolved after them.
func (k Kind) last() bool { return k == Sheets || k == Sources || k == Disclosure || k == Definitions }

// place finds the areas a call speaks of.
func (r *resolver) place(ctx context.Context, c Call) (area.Edition, error) {
	level, key := c.Params["level"], c.Params["edition"]
	switch {
	case key != "":
		return r.s.Areas.Edition(ctx, r.actor, cmp.Or(level, r.set.Level), key)
	case level == "" || level == r.set.Level:
		return r.edition, nil
	}
	if l, ok := r.hierarchy.Level(level); ok {
		return l.Edition, nil
	}
	e, err := r.s.Areas.Edition(ctx, r.actor, level, r.set.AreaEdition)
	if kernel.KindOf(err) == kernel.NotFound {
		return r.s.Areas.EditionAt(ctx, r.actor, level, r.set.Period.To)
	}
	return e, err
}

// indicator finds a row of the catalogue, and proposes others where the key is mistyped.
func (r *resolver) indicator(key string) (indicator.Indicator, error) {
	ind, err := r.view.Indicator(key)
	if kernel.KindOf(err) == kernel.NotFound {
		return ind, kernel.E(kernel.NotFound, "report.indicator.unknown", "indicator", key,
			"near", strings.Join(indicator.Nearest(key, r.view.Indicators()), ", "))
	}
	return ind, err
}

// only gives the one indicator of a call.
func (r *resolver) only(c Call) (string, error) {
	list := c.List("indicator")
	if len(list) != 1 {
		return "", kernel.E(kernel.Invalid, "report.call.indicator", "part", c.Kind.Name())
	}
	return list[0], nil
}

// period picks the period of an indicator's figures. What a call names must be there (a year takes the newest figures of that year); the
// edition's own period may be met by the newest figures before it.
func (r *resolver) period(c Call, ind string, e area.Edition) (kernel.Period, error) {
	have := r.offers[offerKey{ind, e.ID}]
	want, given := r.set.Period, false
	if s := c.Params["period"]; s != "" {
		var err error
		if want, err = kernel.ParsePeriod(s); err != nil {
			return want, err
		}
		given = true
	}
	if p, ok := pick(have, want, !given); ok {
		return p, nil
	}
	list := make([]string, 0, len(have))
	for _, p := range have {
		list = append(list, p.String())
	}
	if len(list) == 0 {
		name := ind
		if i, err := r.view.Indicator(ind); err == nil {
			name, _ = r.w.Text(i.Current().Name)
		}
		return want, kernel.E(kernel.NotFound, "report.nofigures", "indicator", ind, "name", name, "edition", r.areas(e))
	}
	return want, kernel.E(kernel.NotFound, "report.noperiod", "indicator", ind, "period", want.String(), "known", strings.Join(list, ", "))
}

// pick chooses among periods: the very one, else the newest within it, else, where that is allowed, the newest before its end.
func pick(have []kernel.Period, want kernel.Period, before bool) (kernel.Period, bool) {
	if slices.Contains(have, want) {
		return want, true
	}
	var best kernel.Period
	for _, p := range have {
		if p.From >= want.From && p.To <= want.To && p.To > best.To {
			best = p
		}
	}
	if best.To == "" && before {
		for _, p := range have {
			if p.To <= want.To && p.To > best.To {
				best = p
			}
		}
	}
	return best, best.To != ""
}

// figures reads a cleared table and notes its use.
func (r *resolver) figures(ctx context.Context, c Call, key string) (*release.Table, error) {
	if _, err := r.indicator(key); err != nil {
		return nil, err
	}
	e, err := r.place(ctx, c)
	if err != nil {
		return nil, err
	}
	p, err := r.period(c, key, e)
	if err != nil {
		return nil, err
	}
	return r.read(ctx, key, e, p)
}

func (r *resolver) read(ctx context.Context, key string, e area.Edition, p kernel.Period) (*release.Table, error) {
	t, err := r.view.Figures(ctx, release.Query{Indicator: key, EditionID: e.ID, Period: p})
	if err != nil {
		return nil, err
	}
	r.use(t)
	return t, nil
}

func (r *resolver) use(t *release.Table) Use {
	u := Use{Indicator: t.Indicator.Key, Version: t.Version.Version, Period: t.Period, Edition: t.Edition.ID}
	if !slices.Contains(r.uses, u) {
		r.uses = append(r.uses, u)
	}
	return u
}

// earlier reads the table to compare with; nil where there is none of the same definition.
func (r *resolver) earlier(ctx context.Context, c Call, t *release.Table) (*release.Table, error) {
	want := r.set.Compare
	switch s := c.Params["compare"]; s {
	case "":
	case "no":
		return nil, nil
	default:
		var err error
		if want, err = kernel.ParsePeriod(s); err != nil {
			return nil, err
		}
	}
	if want.IsZero() {
		return nil, nil
	}
	p, ok := pick(r.offers[offerKey{t.Indicator.Key, t.Edition.ID}], want, false)
	if !ok || p.To >= t.Period.To {
		return nil, nil
	}
	old, err := r.view.Figures(ctx, release.Query{Indicator: t.Indicator.Key, Version: t.Version.Version, EditionID: t.Edition.ID, Period: p})
	if kernel.KindOf(err) == kernel.NotFound || kernel.KindOf(err) == kernel.Invalid {
		return nil, nil // another definition: a difference would say nothing about people
	}
	return old, err
}

// facts are what stands under a figure of a table.
func (r *resolver) facts(t *release.Table) Facts {
	f := Facts{Areas: r.areas(t.Edition), Period: r.w.Period(t.Period), Source: r.offices(t.Version.Office)}
	f.Base, _ = r.w.Text(t.Version.Denominator)
	if f.Base == "" {
		f.Base, _ = r.w.Text(t.Version.Numerator)
	}
	f.Note, _ = r.w.Text(t.Version.Note)
	if t.RolledUp() {
		f.Areas = r.w.T("report.facts.rolledup", "areas", f.Areas, "base", r.level(t.Base))
	}
	if !t.Public {
		f.Release = r.w.T("report.facts.audience." + string(r.view.Audience()))
	}
	return f
}

func (r *resolver) level(e area.Edition) string {
	name, _ := r.w.Text(e.Level.Name)
	return cmp.Or(name, e.Level.Key)
}

// areas names level and area edition.
func (r *resolver) areas(e area.Edition) string {
	return r.w.T("report.facts.areas", "level", r.level(e), "edition", e.Key)
}

func (r *resolver) offices(office string) string {
	var names []string
	for _, t := range indicator.OfficeNames(office) {
		n, _ := r.w.Text(t)
		names = append(names, n)
	}
	return r.w.List(names)
}

func (r *resolver) name(t *release.Table) string {
	n, _ := r.w.Text(t.Version.Name)
	return n
}

// title is the author's, else made of what is shown.
func title(c Call, made string) string { return cmp.Or(c.Params["title"], made) }

// alt is the author's, else the finding in a sentence.
func alt(c Call, made string) string { return cmp.Or(c.Params["alt"], made) }
