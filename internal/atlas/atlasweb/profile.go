// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// profilePage is the sheet of one area.
type profilePage struct {
	r      *web.Request
	p      *atlas.Profile
	w      atlas.Words
	svg    string // where it lies
	trends []chart.Line
	ages   *chart.Stack
	parent *area.Placed
}

// profileTrends is how many series a profile draws large; the others have a small line in their row.
const profileTrends = 6

func (h *handlers) profile(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	p, err := rd.Profile(r.Context(), r.PathValue("level"), r.PathValue("edition"), r.PathValue("key"))
	if err != nil {
		return err
	}
	v := &profilePage{r: r, p: p, w: r.P}
	if len(p.Parents) > 0 {
		v.parent = &p.Parents[0]
	}
	if p.Areas > 1 {
		if v.svg, err = h.place(r, rd, p); err != nil {
			return err
		}
	}
	v.chartsOf()
	crumbs := []web.Crumb{{Text: r.T("atlas.areas.title"), Href: "/raeume"}, {Text: editionName(r.P, p.Edition), Href: editionPath(p.Edition)}}
	for _, a := range slices.Backward(p.Parents) {
		crumbs = append(crumbs, web.Crumb{Text: a.Area.Name, Href: areaPath(a.Edition, a.Area.Key)})
	}
	return r.Render(w, web.Page{
		Title: p.Area.Name, Description: r.T("atlas.profile.description", "name", p.Area.Name, "level", levelName(r.P, p.Edition.Level)), Nav: web.NavAreas,
		Breadcrumb: crumbs, Styles: figureStyles, NoHeading: true, Subject: kernel.Ref{Kind: "area", ID: p.Area.ID},
	}, profileView(v))
}

// place draws where the area lies: the index map where there is one, else the bare outlines.
func (h *handlers) place(r *web.Request, rd *atlas.Reader, p *atlas.Profile) (string, error) {
	o := DrawOptions{Width: 560, Plain: true, Selected: p.Area.Key, Href: func(a *area.Area) string { return r.Link(areaPath(p.Edition, a.Key)) }}
	m := mapsvg.Map{}
	var l *atlas.Layer
	var err error
	if len(p.Indices) > 0 {
		l, err = rd.Layer(r.Context(), atlas.Choice{Theme: atlas.Theme{Method: p.Indices[0].Run.Method.ID}, Level: p.Edition.Level.Key, Edition: p.Edition.Key})
		if err != nil {
			return "", err
		}
		if m, err = h.maps.Map(r.Context(), rd, l, r.P, o); err != nil {
			return "", err
		}
	} else if m, err = h.maps.Outline(r.Context(), rd, p.Edition, r.T("atlas.profile.map", "name", p.Area.Name), o); err != nil {
		return "", err
	}
	m.Title = r.T("atlas.profile.map", "name", p.Area.Name)
	if err := h.nearby(r, rd, p, &m); err != nil {
		return "", err
	}
	return m.SVG(mapsvg.Options{ID: "k", Links: true, SkipTab: true, Scale: scale(r.P)})
}

// nearby leaves in a map of many areas only those of the same larger area; of the others the outlines of the larger areas tell enough.
func (h *handlers) nearby(r *web.Request, rd *atlas.Reader, p *atlas.Profile, m *mapsvg.Map) error {
	const many = 60
	if len(m.Areas) <= many {
		return nil
	}
	larger, ok, err := around(r.Context(), rd, p.Edition, plainAround)
	if err != nil || !ok {
		return err
	}
	hier, err := rd.Hierarchy(r.Context(), p.Edition)
	if err != nil {
		return err
	}
	level := slices.IndexFunc(hier.Levels, func(l area.HierarchyLevel) bool { return l.Edition.ID == larger.ID })
	own := slices.IndexFunc(hier.Areas, func(a area.Area) bool { return a.ID == p.Area.ID })
	if level < 0 || own < 0 {
		return nil
	}
	of := hier.Levels[level].Of
	near := map[string]bool{}
	for i, a := range hier.Areas {
		near[a.Key] = of[i] == of[own]
	}
	m.Areas = slices.DeleteFunc(m.Areas, func(a mapsvg.Area) bool { return !near[a.Key] })
	return nil
}

// chartsOf prepares the charts: first the indicators of the index, then the others, as far as they have a history of shares and rates.
func (v *profilePage) chartsOf() {
	first := map[string]bool{}
	if len(v.p.Indices) > 0 {
		for _, i := range v.p.Indices[0].Run.Method.Indicators {
			first[i.Key] = true
		}
	}
	var rows []*atlas.Row
	for i := range v.p.Fields {
		for j := range v.p.Fields[i].Rows {
			row := &v.p.Fields[i].Rows[j]
			if len(shownSeries(row.Series)) >= 3 {
				rows = append(rows, row)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b *atlas.Row) int {
		switch x, y := first[a.Indicator.Key], first[b.Indicator.Key]; {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return 0
	})
	for _, row := range rows[:min(len(rows), profileTrends)] {
		series := shownSeries(row.Series)
		series = series[max(0, len(series)-10):]
		v.trends = append(v.trends, trend(v.w, "t-"+row.Indicator.Key, atlas.Say(v.w, row.Version.Name), v.p.Area.Name, row.Version, series, ""))
	}
	if a := v.p.Ages; a != nil {
		s := &chart.Stack{
			Frame: chart.Frame{
				ID: "a", Title: v.w.T("atlas.ages.title"), Description: v.agesText(), Unit: atlas.UnitName(v.w, "%"), Width: 480,
				Format: func(x float64) string { return v.w.Number(x, 1) }, Words: chartWords(v.w),
			},
			Grouped: true, Series: []chart.Series{{Name: v.p.Area.Name}, {Name: v.w.T("atlas.town")}},
		}
		for i, g := range a.Groups {
			s.Groups = append(s.Groups, v.w.T("atlas.age."+g))
			s.Series[0].Values = append(s.Series[0].Values, chart.Value{V: a.Area[i]})
			s.Series[1].Values = append(s.Series[1].Values, chart.Value{V: a.Town[i]})
		}
		v.ages = s
	}
}

func (v *profilePage) agesText() string {
	var parts []string
	for i, g := range v.p.Ages.Groups {
		parts = append(parts, v.w.T("atlas.age."+g)+" "+v.w.Percent(v.p.Ages.Area[i], 1))
	}
	return strings.Join(parts, "; ")
}

// format writes values of a row's unit.
func rowFormat(w atlas.Words, v indicator.Version) func(float64) string {
	return func(x float64) string { return atlas.Value(w, x, v.Unit, atlas.Decimals(v)) }
}

// rowInterval is the range of a share that chance alone would make, empty where there is none.
func rowInterval(w atlas.Words, row *atlas.Row) string {
	f := row.Figure
	if !row.Version.Share() || !f.Shown() || math.IsNaN(f.Low) || math.IsNaN(f.High) {
		return ""
	}
	d := atlas.Decimals(row.Version)
	return w.Number(f.Low, d) + "–" + w.Number(f.High, d)
}

// rowNote is the flag of a row and that it was put together from smaller areas.
func rowNote(w atlas.Words, row *atlas.Row) string {
	f := row.Figure.Flag
	if !row.Figure.Shown() || f == indicator.Zero {
		return ""
	}
	return atlas.FlagWord(w, f)
}

// changeText says how far a figure has moved and whether that is more than chance.
func changeText(w atlas.Words, c atlas.Change, v indicator.Version) (text, note string) {
	if !c.Known() {
		return "", ""
	}
	text = atlas.Difference(w, c.By, v.Unit, atlas.Decimals(v))
	note = w.T("atlas.change.since", "period", w.Period(c.Since))
	if c.Tested && !c.Clear {
		note += ", " + w.T("atlas.change.chance")
	}
	return text, note
}

// facts are the key facts at the head of a profile.
func (v *profilePage) facts() []web.Definition {
	var list []web.Definition
	for i := range v.p.Fields {
		for j := range v.p.Fields[i].Rows {
			row := &v.p.Fields[i].Rows[j]
			if key := row.Indicator.Key; key != "pop_total" && key != "pop_density" {
				continue
			}
			text := atlas.FigureText(v.w, row.Figure.Value, row.Figure.Flag, row.Version.Unit, atlas.Decimals(row.Version))
			if c, note := changeText(v.w, row.Change, row.Version); c != "" {
				text += " (" + c + " " + note + ")"
			}
			list = append(list, web.Definition{Term: atlas.Say(v.w, row.Version.Name), Text: text})
		}
	}
	if m2 := v.p.Area.AreaM2; m2 > 0 {
		list = append(list, web.Definition{Term: v.w.T("atlas.fact.area"), Text: surface(v.w, m2)})
	}
	if v.parent != nil {
		list = append(list, web.Definition{Term: levelName(v.w, v.parent.Edition.Level), Content: link(v.r.Link(areaPath(v.parent.Edition, v.parent.Area.Key)), v.parent.Area.Name)})
	}
	list = append(list, web.Definition{Term: v.w.T("atlas.fact.key"), Text: v.p.Area.Key}, web.Definition{Term: v.w.T("atlas.fact.edition"), Text: editionName(v.w, v.p.Edition)})
	return list
}

// surface writes an area of land in the unit it is thought in.
func surface(w atlas.Words, m2 float64) string {
	if m2 >= 1e6 {
		return w.Number(m2/1e6, 1) + nbsp + "km²"
	}
	return w.Number(m2/1e4, 1) + nbsp + "ha"
}

const nbsp = "\u00a0"

// className is the name of a class of an index, from 1.
func className(w atlas.Words, names []kernel.Text, class int) string {
	if class < 1 {
		return w.T("atlas.state.notassessed")
	}
	if class <= len(names) {
		return atlas.Say(w, names[class-1])
	}
	return w.T("atlas.class.numbered", "class", class)
}

// indexText tells where an area stands in an index, in sentences.
func indexText(w atlas.Words, x atlas.AreaIndex) []string {
	o, m := x.Outcome, x.Run.Method
	if !o.Eligible {
		return []string{reason(w, m.MinPopulation, o.Reason)}
	}
	d := min(max(m.Rounding, 1), 3)
	var out []string
	if o.Index.Known() && o.Distance.Known() {
		out = append(out, w.T("atlas.index.distance", "value", w.Number(float64(o.Index), d), "distance", w.Number(math.Abs(float64(o.Distance)), d)))
	} else if o.Withheld {
		out = append(out, w.T("atlas.index.withheld"))
	}
	if o.DynamicClass != "" {
		out = append(out, w.T("atlas.index.lag", "dynamic", atlas.DynamicWord(w, o.DynamicClass), "years", m.LagYears))
	}
	if o.Class > 0 && o.Class <= len(o.Probability) && o.Probability[o.Class-1].Known() {
		out = append(out, w.T("atlas.index.stays", "share", w.Percent(100*float64(o.Probability[o.Class-1]), 0), "draws", x.Run.Draws))
	}
	if o.Attention {
		out = append(out, w.T("atlas.index.attention"))
	}
	return out
}

// contributions is what each indicator adds to the sum of an index; nil where they are not shown.
func contributions(r *web.Request, x atlas.AreaIndex, p *atlas.Profile) *chart.Bar {
	if len(x.Outcome.Contributions) == 0 || slices.ContainsFunc(x.Outcome.Contributions, func(n analysis.Number) bool { return !n.Known() }) {
		return nil
	}
	b := &chart.Bar{
		Frame: chart.Frame{
			ID: "b-" + x.Run.Method.ID, Title: r.T("atlas.index.contributions"), Unit: r.T("atlas.index.contribution.unit"), Width: 480,
			Format: func(v float64) string { return r.P.Number(v, 2) }, Words: chartWords(r.P),
		},
		AsGiven: true,
	}
	names := map[string]string{}
	for _, f := range p.Fields {
		for _, row := range f.Rows {
			names[row.Indicator.Key] = atlas.Say(r.P, row.Version.Name)
		}
	}
	for i, c := range x.Outcome.Contributions {
		key := x.Run.Method.Indicators[i].Key
		name := names[key]
		if name == "" {
			name = key
		}
		b.Rows = append(b.Rows, chart.Row{Name: name, Value: chart.Value{V: float64(c)}})
	}
	return b
}

func (h *handlers) levels(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	p := &levelsPage{r: r, reader: rd, search: strings.TrimSpace(r.URL.Query().Get("suche"))}
	for _, l := range rd.Levels() {
		g := levelGroup{level: l}
		for _, e := range rd.Editions() {
			if e.Level.ID == l.ID {
				areas, err := rd.Areas(r.Context(), e)
				if err != nil {
					return err
				}
				g.editions = append(g.editions, editionCount{e, len(areas)})
			}
		}
		if len(g.editions) > 0 {
			p.levels = append(p.levels, g)
		}
	}
	if p.search != "" {
		if p.found, err = rd.Find(r.Context(), p.search, web.Fold); err != nil {
			return err
		}
	}
	return r.Render(w, web.Page{Title: r.T("atlas.areas.title"), Lead: r.T("atlas.areas.lead"), Nav: web.NavAreas, Styles: figureStyles}, levelsView(p))
}

type levelsPage struct {
	r      *web.Request
	reader *atlas.Reader
	levels []levelGroup
	search string
	found  []area.Placed
}

type levelGroup struct {
	level    area.Level
	editions []editionCount
}

type editionCount struct {
	edition area.Edition
	n       int
}

// areasPage lists the areas of an edition, by the areas of the level above.
type areasPage struct {
	r       *web.Request
	edition area.Edition
	groups  []areaGroup
	index   *atlas.Layer
	people  *atlas.Layer
	svg     string
	n       int
}

type areaGroup struct {
	parent *area.Placed
	areas  []area.Area
}

func (h *handlers) areas(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	e, err := rd.Edition(r.PathValue("level"), r.PathValue("edition"))
	if err != nil {
		return err
	}
	hier, err := rd.Hierarchy(r.Context(), e)
	if err != nil {
		return err
	}
	p := &areasPage{r: r, edition: e, n: len(hier.Areas)}
	at := map[int]int{}
	for i, a := range hier.Areas {
		parent := -1
		if len(hier.Levels) > 0 {
			parent = hier.Levels[0].Of[i]
		}
		g, ok := at[parent]
		if !ok {
			g = len(p.groups)
			at[parent] = g
			p.groups = append(p.groups, areaGroup{})
			if parent >= 0 {
				p.groups[g].parent = &area.Placed{Area: hier.Levels[0].Areas[parent], Edition: hier.Levels[0].Edition}
			}
		}
		p.groups[g].areas = append(p.groups[g].areas, a)
	}
	if len(p.groups) > 0 && len(hier.Levels) > 0 && len(hier.Levels[0].Areas) == 1 {
		p.groups[0].parent = nil // one group: the town itself is no heading
	}
	for _, run := range rd.Runs("") {
		if run.Edition.ID == e.ID {
			p.index, err = rd.Layer(r.Context(), atlas.Choice{Theme: atlas.Theme{Method: run.Method.ID}, Level: e.Level.Key, Edition: e.Key})
			break
		}
	}
	if err != nil {
		return err
	}
	fit, err := rd.Fit(atlas.Choice{Theme: atlas.Theme{Indicator: "pop_total"}, Level: e.Level.Key, Edition: e.Key})
	var ke *kernel.Error
	if err != nil && !errors.As(err, &ke) {
		return err
	}
	if err == nil && fit.On.Edition.ID == e.ID {
		if p.people, err = rd.Layer(r.Context(), fit.Choice); err != nil {
			return err
		}
	}
	o := DrawOptions{Width: 700, Href: func(a *area.Area) string { return r.Link(areaPath(e, a.Key)) }}
	m := mapsvg.Map{}
	if p.index != nil {
		m, err = h.maps.Map(r.Context(), rd, p.index, r.P, o)
	} else {
		m, err = h.maps.Outline(r.Context(), rd, e, editionName(r.P, e), o)
	}
	if err != nil {
		return err
	}
	if p.svg, err = m.SVG(mapsvg.Options{ID: "k", Links: true, SkipTab: true}); err != nil {
		return err
	}
	return r.Render(w, web.Page{
		Title: editionName(r.P, e), Lead: r.T("atlas.areas.count", "n", p.n), Nav: web.NavAreas, Styles: figureStyles,
		Breadcrumb: []web.Crumb{{Text: r.T("atlas.areas.title"), Href: "/raeume"}},
	}, areasView(p))
}
