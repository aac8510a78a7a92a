// SPDX-License-Identifier: EUPL-1.2

package areaweb

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// checked is the page of a dry run.
type checked struct {
	opened
	report    area.Report
	questions []inboxweb.Question
	rekey     []rekeyed
	needCRS   bool
	layers    []string
	mayTake   bool
	refused   bool
	svg       string
	legend    []mapsvg.Entry
}

// rekeyed asks for another key of a feature whose key stands twice.
type rekeyed struct{ Key, Name, To string }

// mustAnswer are questions to which yes is no answer.
var mustAnswer = []string{"geo.crs.unknown", "geo.crs.mismatch", "geo.layer.choose"}

func (p pages) view(r *web.Request, o opened, report area.Report, failed error) (checked, error) {
	v := checked{opened: o, report: report, mayTake: failed == nil && !report.Unchanged}
	v.questions = inboxweb.Questions(report.Findings, o.draft["accept"], mustAnswer...)
	given := map[string]string{}
	for k, to := range request(o.draft, "", nil, 0).Rekey {
		given[k] = to
	}
	for _, f := range report.Findings {
		switch {
		case f.Outcome == kernel.RefuseFile:
			v.refused = true
		case f.Code == "geo.crs.unknown" || f.Code == "geo.crs.mismatch":
			v.needCRS = true
		case f.Code == "geo.layer.choose":
			v.layers, _ = f.Params["choices"].([]string)
		}
		if f.Code == "area.key.duplicate" {
			ask := func(n, what string) {
				k := f.Key + "#" + n
				name, _ := f.Params[what].(string)
				v.rekey = append(v.rekey, rekeyed{k, name, given[k]})
				delete(given, k)
			}
			if number(f.Params["n"]) == "2" {
				ask("1", "first_name")
			}
			ask(number(f.Params["n"]), "name")
		}
	}
	for k, to := range given { // answered: shown, so that the answer can be taken back
		v.rekey = append(v.rekey, rekeyed{Key: k, To: to})
	}
	slices.SortFunc(v.rekey, func(x, y rekeyed) int { return cmp.Compare(x.Key, y.Key) })
	return v, v.draw(r)
}

func number(v any) string {
	if n, ok := v.(int); ok {
		return strconv.Itoa(n)
	}
	return ""
}

// draw makes the map of the result: areas with questions and with remarks are marked.
func (v *checked) draw(r *web.Request) error {
	if len(v.report.Drawn) == 0 {
		return nil
	}
	class := map[string]int{}
	for _, f := range v.report.Findings {
		n := 0
		switch f.Outcome {
		case kernel.Warn:
			n = 1
		case kernel.Ask, kernel.RefuseRow, kernel.RefuseFile:
			n = 2
		}
		if f.Key != "" {
			class[f.Key] = max(class[f.Key], n)
		}
	}
	words := []string{r.T("planner.areas.map.fine"), r.T("planner.areas.map.remark"), r.T("planner.areas.map.problem")}
	m := mapsvg.Map{
		Title: r.T("planner.areas.map.title", "n", len(v.report.Drawn)), Description: r.T("planner.areas.map.description"), Scheme: mapsvg.Sequential(3),
		Classes: words, Geographic: true,
	}
	for _, d := range v.report.Drawn {
		if d.Outline.IsEmpty() {
			continue
		}
		m.Areas = append(m.Areas, mapsvg.Area{Key: d.Key, Name: d.Name, Rings: mapsvg.Rings(d.Outline), Class: class[d.Key], Value: words[class[d.Key]]})
	}
	if len(m.Areas) == 0 {
		return nil
	}
	var err error
	v.legend = m.Legend(palette.Light)
	v.svg, err = m.SVG(mapsvg.Options{ID: "karte", Count: func(n int) string { return r.P.Int(int64(n)) }})
	return err
}

// outlineMap draws an edition without figures.
func outlineMap(r *web.Request, c *area.Coverage) (string, error) {
	m := mapsvg.Map{
		Title: r.T("planner.areas.map.title", "n", len(c.Shapes)), Description: r.T("planner.areas.map.description"),
		Scheme: mapsvg.Sequential(3), Classes: []string{r.T("planner.areas.map.fine"), "", ""}, Geographic: true,
	}
	for _, s := range c.Shapes {
		m.Areas = append(m.Areas, mapsvg.Area{Key: s.Area.Key, Name: s.Area.Name, Rings: mapsvg.Polygons(s.Polygons)})
	}
	if len(m.Areas) == 0 {
		return "", nil
	}
	return m.SVG(mapsvg.Options{ID: "karte"})
}

// systems lists the coordinate systems that can be chosen.
func systems() []web.Item {
	var list []web.Item
	for _, code := range []int{25832, 25833, 4326, 4258, 31466, 31467, 31468, 31469, 3857, 3035} {
		name := ""
		if s, ok := crs.Lookup(code); ok {
			name = " – " + s.Name
		}
		list = append(list, web.Item{Value: strconv.Itoa(code), Text: "EPSG:" + strconv.Itoa(code) + name})
	}
	return list
}
