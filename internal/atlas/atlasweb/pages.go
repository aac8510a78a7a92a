// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"context"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// link is a component for places that take one.
func link(href, text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<a href="`+svg.Escape(href)+`">`+svg.Escape(text)+`</a>`)
		return err
	})
}

// startPage is the town's first page.
type startPage struct {
	r        *web.Request
	layer    *atlas.Layer // nil: nothing is published yet
	svg      string
	legend   []mapsvg.Entry
	figures  []atlas.KeyFigure
	groups   []areaGroup
	edition  area.Edition
	editions []area.Edition
	reports  bool
	themes   int
	newest   kernel.Period
}

// startFigures is how many numbers stand on the start page.
const startFigures = 6

func (h *handlers) start(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	p := &startPage{r: r, reports: h.has("/berichte"), themes: len(rd.Themes())}
	page := web.Page{Title: r.Name(), Description: r.T("atlas.start.description", "town", r.Name()), Nav: web.NavStart, Styles: figureStyles, NoHeading: true}
	if p.themes == 0 {
		return r.Render(w, page, startView(p))
	}
	if p.layer, err = rd.Layer(ctx, atlas.Choice{}); err != nil {
		return err
	}
	m, err := h.maps.Map(ctx, rd, p.layer, r.P, DrawOptions{Width: 760, Href: func(a *area.Area) string { return r.Link(areaPath(p.layer.Edition, a.Key)) }})
	if err != nil {
		return err
	}
	if p.svg, err = m.SVG(mapsvg.Options{ID: "k", Links: true, SkipTab: true}); err != nil {
		return err
	}
	p.legend = legend(p.layer, m)
	if p.figures, err = rd.KeyFigures(ctx, startFigures); err != nil {
		return err
	}
	for _, f := range p.figures {
		if n := f.Newest().Period; n.To > p.newest.To {
			p.newest = n
		}
	}
	p.edition, p.editions = p.layer.Edition, rd.Editions()
	hier, err := rd.Hierarchy(ctx, p.edition)
	if err != nil {
		return err
	}
	p.groups = startGroups(hier)
	return r.Render(w, page, startView(p))
}

// startGroups are the areas a reader finds the own one in: all of them under their district where they are few, else the districts alone.
func startGroups(hier *area.Hierarchy) []areaGroup {
	const most = 80
	for _, level := range hier.Levels {
		if len(level.Areas) < 2 || len(level.Areas) > most {
			continue
		}
		if len(hier.Areas) > most {
			return []areaGroup{{areas: level.Areas}}
		}
		groups := make([]areaGroup, len(level.Areas))
		for i := range level.Areas {
			groups[i].parent = &area.Placed{Area: level.Areas[i], Edition: level.Edition}
		}
		for i, a := range hier.Areas {
			if at := level.Of[i]; at >= 0 {
				groups[at].areas = append(groups[at].areas, a)
			}
		}
		return groups
	}
	if len(hier.Areas) > most {
		return nil
	}
	return []areaGroup{{areas: hier.Areas}}
}

// comparePage is several areas side by side.
type comparePage struct {
	r       *web.Request
	c       *atlas.Comparison // nil: nothing is chosen yet
	edition area.Edition
	areas   []area.Area // to choose from
	levels  []area.Edition
	chosen  []string
}

func (h *handlers) compare(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := &comparePage{r: r, levels: rd.Editions()}
	level, edition := q.Get("stufe"), q.Get("ausgabe")
	if l, e, ok := strings.Cut(level, "/"); ok {
		level, edition = l, e
	}
	for _, key := range q["raum"] {
		// A list offers "level/edition/key"; the own address only the key.
		if parts := strings.SplitN(key, "/", 3); len(parts) == 3 {
			level, edition, key = parts[0], parts[1], parts[2]
		}
		if key = strings.TrimSpace(key); key != "" && !slices.Contains(p.chosen, key) {
			p.chosen = append(p.chosen, key)
		}
	}
	if level == "" {
		if len(rd.Themes()) > 0 {
			fit, err := rd.Fit(atlas.Choice{})
			if err != nil {
				return err
			}
			level, edition = fit.Level, fit.Edition
		} else if len(p.levels) > 0 {
			level, edition = p.levels[0].Level.Key, p.levels[0].Key
		} else {
			return r.Render(w, web.Page{Title: r.T("atlas.compare.title"), Nav: web.NavAreas}, emptyAtlas(r))
		}
	}
	if p.edition, err = rd.Edition(level, edition); err != nil {
		return err
	}
	if p.areas, err = rd.Areas(r.Context(), p.edition); err != nil {
		return err
	}
	if len(p.chosen) > 0 {
		if p.c, err = rd.Compare(r.Context(), p.edition.Level.Key, p.edition.Key, p.chosen); err != nil {
			return err
		}
	}
	return r.Render(w, web.Page{
		Title: r.T("atlas.compare.title"), Lead: r.T("atlas.compare.lead"), Nav: web.NavAreas, Styles: figureStyles, Wide: len(p.chosen) > 2,
		Breadcrumb: []web.Crumb{{Text: r.T("atlas.areas.title"), Href: "/raeume"}, {Text: editionName(r.P, p.edition), Href: editionPath(p.edition)}},
	}, compareView(p))
}

// dataPage lists what is published.
type dataPage struct {
	r      *web.Request
	groups []dataGroup
	index  []atlas.Offer
	rest   []dataGroup // not published
	count  int
	missed int
}

type dataGroup struct {
	name string
	rows []dataRow
}

type dataRow struct {
	atlas.Listed
	newest  release.Point
	hasTown bool
}

func (h *handlers) data(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	p := &dataPage{r: r}
	for _, o := range rd.Themes() {
		if o.Theme.IsIndex() {
			p.index = append(p.index, o)
		}
	}
	last, lastRest := "-", "-"
	for _, l := range rd.Catalogue() {
		name := atlas.Say(r.P, indicator.FieldName(l.Indicator.Field))
		row := dataRow{Listed: l}
		if l.Offer == nil {
			if lastRest != l.Indicator.Field {
				p.rest, lastRest = append(p.rest, dataGroup{name: name}), l.Indicator.Field
			}
			p.rest[len(p.rest)-1].rows = append(p.rest[len(p.rest)-1].rows, row)
			p.missed++
			continue
		}
		points, err := rd.Town(r.Context(), l.Indicator.Key)
		if err != nil {
			return err
		}
		if len(points) > 0 {
			row.newest, row.hasTown = points[len(points)-1], true
		}
		if last != l.Indicator.Field {
			p.groups, last = append(p.groups, dataGroup{name: name}), l.Indicator.Field
		}
		p.groups[len(p.groups)-1].rows = append(p.groups[len(p.groups)-1].rows, row)
		p.count++
	}
	return r.Render(w, web.Page{Title: r.T("atlas.data.title"), Lead: r.T("atlas.data.lead"), Nav: web.NavData, Styles: figureStyles}, dataView(p))
}

// periodRange writes the periods of an offer from first to last.
func periodRange(w atlas.Words, o *atlas.Offer) string {
	var first, last kernel.Period
	for _, on := range o.On {
		for _, p := range on.Periods {
			if first.IsZero() || p.To < first.To {
				first = p
			}
			if p.To > last.To {
				last = p
			}
		}
	}
	if first == last {
		return w.Period(first)
	}
	return stepYear(w, first) + "–" + stepYear(w, last)
}

// levelNames lists the levels an offer can be shown on, once each.
func levelNames(w atlas.Words, o *atlas.Offer) string {
	var names []string
	for _, on := range o.On {
		if n := levelName(w, on.Edition.Level); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// sheetPage is the sheet of an indicator.
type sheetPage struct {
	r     *web.Request
	ind   indicator.Indicator
	v     indicator.Version
	offer *atlas.Offer // nil: nothing is published
	layer *atlas.Layer
	svg   string
	trend *chart.Line
	town  []release.Point
}

func (h *handlers) sheet(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	key := r.PathValue("indicator")
	at := slices.IndexFunc(rd.Catalogue(), func(l atlas.Listed) bool { return l.Indicator.Key == key })
	if at < 0 {
		return kernel.E(kernel.NotFound, "atlas.theme.none", "theme", key)
	}
	listed := rd.Catalogue()[at]
	p := &sheetPage{r: r, ind: listed.Indicator, v: listed.Indicator.Current(), offer: listed.Offer}
	name := atlas.Say(r.P, p.v.Name)
	if p.offer != nil {
		fit, err := rd.Fit(atlas.Choice{Theme: p.offer.Theme})
		if err != nil {
			return err
		}
		if p.layer, err = rd.Layer(ctx, fit.Choice); err != nil {
			return err
		}
		m, err := h.maps.Map(ctx, rd, p.layer, r.P, DrawOptions{Width: 560, Plain: true})
		if err != nil {
			return err
		}
		if p.svg, err = m.SVG(mapsvg.Options{ID: "k"}); err != nil {
			return err
		}
		if p.town, err = rd.Town(ctx, key); err != nil {
			return err
		}
		if len(p.town) > 1 {
			points := slices.Clone(p.town)
			for i := range points {
				points[i].Total.Value = math.NaN()
			}
			t := trend(r.P, "t", r.T("atlas.sheet.trend", "name", name), r.T("atlas.town"), p.v, points, p.layer.Source(r.P))
			t.Width, t.Height = 640, 220
			p.trend = &t
		}
	}
	return r.Render(w, web.Page{
		Title: name, Lead: r.T("atlas.sheet.lead", "numerator", atlas.Say(r.P, p.v.Numerator)), Nav: web.NavData, Styles: figureStyles,
		Breadcrumb: []web.Crumb{{Text: r.T("atlas.data.title"), Href: "/daten"}}, Subject: kernel.Ref{Kind: "indicator", ID: p.ind.ID},
	}, sheetView(p))
}

// definition are the parts of a version in words.
func (p *sheetPage) definition() []web.Definition {
	w := p.r.P
	var list []web.Definition
	add := func(key, text string) {
		if text != "" {
			list = append(list, web.Definition{Term: w.T(key), Text: text})
		}
	}
	add("atlas.sheet.numerator", atlas.Say(w, p.v.Numerator))
	add("atlas.sheet.denominator", atlas.Say(w, p.v.Denominator))
	add("atlas.sheet.unit", atlas.UnitName(w, p.v.Unit))
	switch p.v.Direction {
	case indicator.Burden:
		add("atlas.sheet.direction", w.T("indicator.direction.burden"))
	case indicator.Relief:
		add("atlas.sheet.direction", w.T("indicator.direction.relief"))
	default:
		add("atlas.sheet.direction", w.T("indicator.direction.context"))
	}
	add("atlas.sheet.aggregation", w.T("indicator.aggregation."+string(p.v.Aggregation)))
	add("atlas.sheet.office", atlas.Offices(w, p.v.Office))
	add("atlas.sheet.class", w.T("indicator.class."+p.v.Class))
	add("atlas.sheet.note", atlas.Say(w, p.v.Note))
	add("atlas.sheet.key", p.ind.Key)
	return list
}

// methodPage describes a method of the index.
type methodPage struct {
	r     *web.Request
	m     *atlas.MethodSheet
	names []string
}

func (h *handlers) method(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	m, err := rd.Method(r.Context(), r.PathValue("method"))
	if err != nil {
		return err
	}
	p := &methodPage{r: r, m: m}
	for i := range len(m.Method.StatusThresholds) + 1 {
		if i < len(m.Method.Labels) {
			p.names = append(p.names, atlas.Say(r.P, m.Method.Labels[i].Text()))
		} else {
			p.names = append(p.names, r.T("atlas.class.numbered", "class", i+1))
		}
	}
	if len(m.Method.StatusThresholds) == 0 {
		p.names = nil
	}
	return r.Render(w, web.Page{
		Title: atlas.Say(r.P, m.Method.Title.Text()), Lead: atlas.Say(r.P, m.Method.Note.Text()), Nav: web.NavData, Styles: figureStyles,
		Breadcrumb: []web.Crumb{{Text: r.T("atlas.data.title"), Href: "/daten"}},
	}, methodView(p))
}

// steps tell the computation in words, in the order it is done.
func (p *methodPage) steps() []string {
	t, m := p.r.T, p.m.Method
	var out []string
	if m.MinPopulation > 0 {
		out = append(out, t("atlas.method.step.eligible", "least", p.r.P.Number(m.MinPopulation, 0)))
	}
	switch m.Standardise {
	case "z":
		reference := t("atlas.method.reference." + m.Reference)
		out = append(out, t("atlas.method.step.z", "reference", reference))
	default:
		out = append(out, t("atlas.method.step."+m.Standardise))
	}
	if equalWeights(m) {
		out = append(out, t("atlas.method.step."+m.Aggregate+".equal"))
	} else {
		out = append(out, t("atlas.method.step."+m.Aggregate+".weighted"))
	}
	if m.Restandardise {
		out = append(out, t("atlas.method.step.again"))
	}
	if len(m.StatusThresholds) > 0 {
		out = append(out, t("atlas.method.step.classes", "n", len(m.StatusThresholds)+1))
	}
	if m.LagYears > 0 && len(m.DynamicThresholds) == 2 {
		out = append(out, t("atlas.method.step.dynamic", "years", m.LagYears))
	}
	if len(m.AttentionRule) > 0 {
		out = append(out, t("atlas.method.step.attention"))
	}
	return out
}

func equalWeights(m analysis.Method) bool {
	for _, i := range m.Indicators {
		if i.Weight != m.Indicators[0].Weight {
			return false
		}
	}
	return true
}

// classRange is a class of a method as a range of the index.
func classRange(w atlas.Words, limits []float64, class int) string {
	c := atlas.Classes{Limits: limits, Counts: make([]int, len(limits)+1)}
	return c.Range(w, class, "", 0)
}

// outcomeText is a class with its dynamics for a cell of a comparison.
func outcomeText(w atlas.Words, names []kernel.Text, o *analysis.Outcome) string {
	if o == nil || !o.Eligible {
		return w.T("atlas.state.notassessed")
	}
	s := className(w, names, o.Class)
	if d := atlas.DynamicWord(w, o.DynamicClass); d != "" {
		s += ", " + d
	}
	return s
}

// classCount counts the areas of a class in a run, from 0 for not assessed.
func classCount(run analysis.Run, class int) int {
	if class < len(run.Summary.Counts) {
		return run.Summary.Counts[class]
	}
	return 0
}

func itoa(n int) string { return strconv.Itoa(n) }
