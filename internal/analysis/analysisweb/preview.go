// SPDX-License-Identifier: EUPL-1.2

package analysisweb

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// preview is what a method would give, beside what the saved one gives.
type preview struct {
	result  analysis.Result
	saved   *analysis.Result // nil where there is nothing to compare
	changes []change
	near    []analysis.Outcome // areas closest to a limit
	pic     picture
	failed  error
}

// change is an area that would get another class.
type change struct {
	Key, Name string
	From, To  int
	Index     analysis.Number
}

// picture is a map with its legend.
type picture struct {
	svg    string
	legend []mapsvg.Entry
}

// nearShown is how many areas beside a limit the preview names.
const nearShown = 8

// try computes what the form says; what is wrong with it is part of the preview.
func (p pages) try(r *web.Request, f *web.Form, m, base analysis.Method) *preview {
	level, edition, period, err := parseChoice(f.Value("for"))
	if err != nil {
		return &preview{failed: err}
	}
	v := &preview{}
	q := analysis.Request{Method: m, Level: level, Edition: edition, Period: period}
	if v.result, v.failed = p.s.Preview(r.Context(), r.Actor, q, access.Internal); v.failed != nil {
		return v
	}
	if base.ID != "" && base.Hash() != m.Hash() {
		q.Method = base
		if saved, err := p.s.Preview(r.Context(), r.Actor, q, access.Internal); err == nil {
			v.saved = &saved
			v.changes = changed(saved, v.result)
		}
	}
	v.near = nearest(v.result)
	v.pic, v.failed = p.draw(r, v.result)
	return v
}

// changed lists the areas whose class differs, by key.
func changed(before, after analysis.Result) []change {
	old := make(map[string]analysis.Outcome, len(before.Outcomes))
	for _, o := range before.Outcomes {
		old[o.Key] = o
	}
	var list []change
	for _, o := range after.Outcomes {
		if was := old[o.Key]; was.Class != o.Class {
			list = append(list, change{o.Key, o.Name, was.Class, o.Class, o.Index})
		}
	}
	return list
}

// nearest are the areas that the smallest change would put into another class.
func nearest(res analysis.Result) []analysis.Outcome {
	list := slices.DeleteFunc(slices.Clone(res.Outcomes), func(o analysis.Outcome) bool { return !o.Eligible || o.Withheld || !o.Distance.Known() || o.Class == 0 })
	slices.SortStableFunc(list, func(x, y analysis.Outcome) int {
		return cmp.Compare(math.Abs(float64(x.Distance)), math.Abs(float64(y.Distance)))
	})
	return list[:min(nearShown, len(list))]
}

// classes is how many classes the method makes.
func classes(m analysis.Method) int {
	if len(m.StatusThresholds) == 0 {
		return 0
	}
	return len(m.StatusThresholds) + 1
}

// className is the label of a class, from 1.
func className(r *web.Request, m analysis.Method, class int) string {
	if class <= 0 {
		return r.T("planner.class.none")
	}
	if class <= len(m.Labels) {
		if s, _ := r.P.Text(m.Labels[class-1].Text()); s != "" {
			return strconv.Itoa(class) + " – " + s
		}
	}
	return r.T("planner.class.number", "n", class)
}

// fifths is how many groups of equal size a map of an index without classes shows.
const fifths = 5

// draw makes the map of a result: its classes, or fifths of the areas where the method has none.
func (p pages) draw(r *web.Request, res analysis.Result) (picture, error) {
	c, err := p.areas.Coverage(r.Context(), r.Actor, res.Edition.ID, area.Overview)
	if err != nil || len(c.Shapes) == 0 {
		return picture{}, err
	}
	m := mapsvg.Map{
		Title: r.T("planner.map.alt", "method", title(r, res.Method), "period", res.Period), Description: r.T("planner.map.alt.text"), Geographic: true,
		LegendTitle: title(r, res.Method),
		Specials:    map[palette.Special]string{palette.NotAssessed: r.T("planner.class.none"), palette.NoData: r.T("planner.class.nodata")},
	}
	n := classes(res.Method)
	group := func(o analysis.Outcome) int { return o.Class - 1 }
	switch {
	case n == 4:
		m.Scheme = mapsvg.Status()
	case n >= 2 && n <= 9:
		m.Scheme = mapsvg.Sequential(n)
	default:
		n = fifths
		m.Scheme = mapsvg.Sequential(n)
		group = byRank(res)
	}
	for k := range n {
		if classes(res.Method) == n {
			m.Classes = append(m.Classes, className(r, res.Method, k+1))
		} else {
			m.Classes = append(m.Classes, r.T("planner.map.fifth", "n", k+1))
		}
	}
	by := make(map[string]analysis.Outcome, len(res.Outcomes))
	for _, o := range res.Outcomes {
		by[o.Key] = o
	}
	for _, s := range c.Shapes {
		a := mapsvg.Area{Key: s.Area.Key, Name: s.Area.Name, Rings: mapsvg.Polygons(s.Polygons)}
		o, ok := by[s.Area.Key]
		special := palette.NotAssessed
		switch k := group(o); {
		case !ok:
			special = palette.NoData
			a.Special, a.Value = &special, r.T("planner.class.nodata")
		case k < 0:
			a.Special, a.Value = &special, r.T("planner.class.none")
		default:
			a.Class, a.Value = k, m.Classes[k]
		}
		m.Areas = append(m.Areas, a)
	}
	svg, err := m.SVG(mapsvg.Options{ID: "karte", Count: func(n int) string { return r.P.Int(int64(n)) }})
	return picture{svg, m.Legend(palette.Light)}, err
}

// byRank puts the areas with an index into fifths, -1 for those without.
func byRank(res analysis.Result) func(analysis.Outcome) int {
	list := slices.DeleteFunc(slices.Clone(res.Outcomes), func(o analysis.Outcome) bool { return !o.Eligible || !o.Index.Known() })
	slices.SortStableFunc(list, func(x, y analysis.Outcome) int { return cmp.Compare(x.Index, y.Index) })
	at := make(map[string]int, len(list))
	for i, o := range list {
		at[o.Key] = i * fifths / len(list)
	}
	return func(o analysis.Outcome) int {
		if k, ok := at[o.Key]; ok {
			return k
		}
		return -1
	}
}
