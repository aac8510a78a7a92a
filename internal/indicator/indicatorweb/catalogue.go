// SPDX-License-Identifier: EUPL-1.2

package indicatorweb

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func catalogueCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("planner.catalogue.title"), Href: cataloguePath}
}

func indicatorPath(key string) string { return cataloguePath + "/" + url.PathEscape(key) }

// shelf is the catalogue after its filters.
type shelf struct {
	list    []indicator.Indicator
	all     int
	offices []string
	filled  map[kernel.ID]int // slices with figures
}

func (p pages) catalogue(w http.ResponseWriter, r *web.Request) error {
	all, err := p.s.Catalogue(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	filled, err := p.s.Slices(r.Context(), r.Actor, indicator.Filter{})
	if err != nil {
		return err
	}
	s := shelf{all: len(all), filled: map[kernel.ID]int{}}
	for _, sl := range filled {
		s.filled[sl.IndicatorID]++
	}
	f := web.NewForm(r)
	words := strings.Fields(p.Fold(f.Value("suche")))
	for _, i := range all {
		v := i.Current()
		if !slices.Contains(s.offices, v.Office) && v.Office != "" {
			s.offices = append(s.offices, v.Office)
		}
		name, _ := r.P.Text(v.Name)
		text := p.Fold(i.Key + " " + name + " " + v.Name["de"])
		match := func(field, value string) bool { return f.Value(field) == "" || f.Value(field) == value }
		own := f.Value("art") == "" || f.Value("art") == "eigen" && i.Own || f.Value("art") == "mit" && s.filled[i.ID] > 0
		if match("feld", i.Field) && match("amt", v.Office) && match("klasse", v.Class) && own &&
			!slices.ContainsFunc(words, func(x string) bool { return !strings.Contains(text, x) }) {
			s.list = append(s.list, i)
		}
	}
	slices.Sort(s.offices)
	pg := p.page(r, r.T("planner.catalogue.title"))
	pg.Lead = r.T("planner.catalogue.lead")
	pg.Aside = web.LinkButton(web.Secondary, r.Link(cataloguePath+"/neu"), r.T("planner.catalogue.new"))
	return r.Render(w, pg, cataloguePage(r, s, f))
}

func (p pages) indicator(w http.ResponseWriter, r *web.Request) error {
	i, err := p.s.Indicator(r.Context(), r.Actor, r.PathValue("key"))
	if err != nil {
		return err
	}
	list, err := p.s.Slices(r.Context(), r.Actor, indicator.Filter{Indicator: i.ID})
	if err != nil {
		return err
	}
	name, _ := r.P.Text(i.Current().Name)
	pg := p.page(r, name, catalogueCrumb(r))
	pg.Aside = web.LinkButton(web.Secondary, r.Link(indicatorPath(i.Key)+"/fassung"), r.T("planner.version.new"))
	pg.Subject = kernel.Ref{Kind: "indicator", ID: i.ID}
	return r.Render(w, pg, indicatorPage(r, i, len(list)))
}

func (p pages) newIndicator(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	f.Set("class", "S5")
	f.Set("direction", "0")
	return r.Render(w, p.newPage(r), newIndicatorPage(r, f))
}

func (p pages) newPage(r *web.Request) web.Page {
	pg := p.page(r, r.T("planner.catalogue.new"), catalogueCrumb(r))
	pg.Lead = r.T("planner.catalogue.new.lead")
	return pg
}

func (p pages) addIndicator(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	v, err := version(f, indicator.Version{})
	if err == nil {
		var i indicator.Indicator
		i, err = p.s.Add(r.Context(), r.Actor, indicator.Indicator{Key: strings.TrimSpace(f.Value("key")), Field: f.Value("field"), Versions: []indicator.Version{v}})
		if err == nil {
			return r.Done(w, indicatorPath(i.Key), "notice.indicator.added")
		}
	}
	if f.Fail(inGerman(err)) {
		return r.Invalid(w, p.newPage(r), newIndicatorPage(r, f))
	}
	return err
}

// version reads a definition from the form; what the form does not show stays as in last.
func version(f *web.Form, last indicator.Version) (indicator.Version, error) {
	v := last
	text := func(name string) kernel.Text {
		t := kernel.Text{}
		for _, lang := range []string{"de", "en"} {
			if s := strings.TrimSpace(f.Value(name + "_" + lang)); s != "" {
				t[lang] = s
			}
		}
		return t
	}
	v.Name, v.Numerator, v.Denominator, v.Note = text("name"), text("numerator"), text("denominator"), text("note")
	v.Unit = f.Value("unit")
	v.Factor = 0
	if s := strings.TrimSpace(f.Value("factor")); s != "" {
		n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64)
		if err != nil {
			return v, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"factor": "indicator.factor.positive"}}
		}
		v.Factor = n
	}
	n, err := strconv.Atoi(cmp.Or(f.Value("direction"), "0"))
	if err != nil {
		n = 9 // refused as unknown
	}
	v.Direction = indicator.Direction(n)
	v.Office, v.Class = strings.TrimSpace(f.Value("office")), f.Value("class")
	v.Aggregation = indicator.Aggregation(f.Value("aggregation"))
	v.Signed = f.Value("signed") == "1"
	v.ValidFrom = kernel.Date(strings.TrimSpace(f.Value("valid_from")))
	return v, nil
}

// inGerman points complaints about a text at its German field, the one that must be filled in.
func inGerman(err error) error {
	var e *kernel.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Fields = map[string]string{}
	for k, v := range e.Fields {
		switch k {
		case "name", "numerator", "denominator":
			k += "_de"
		}
		c.Fields[k] = v
	}
	return &c
}

// fillVersion puts a definition into the form.
func fillVersion(f *web.Form, v indicator.Version) {
	for name, t := range map[string]kernel.Text{"name": v.Name, "numerator": v.Numerator, "denominator": v.Denominator, "note": v.Note} {
		f.Set(name+"_de", t["de"])
		f.Set(name+"_en", t["en"])
	}
	f.Set("unit", v.Unit)
	if known, ok := indicator.Units()[v.Unit]; !ok || known != v.Factor {
		f.Set("factor", strconv.FormatFloat(v.Factor, 'f', -1, 64))
	}
	f.Set("direction", strconv.Itoa(int(v.Direction)))
	f.Set("office", v.Office)
	f.Set("class", v.Class)
	f.Set("aggregation", string(v.Aggregation))
	if v.Signed {
		f.Set("signed", "1")
	}
}

func (p pages) versionPage(r *web.Request, i indicator.Indicator) web.Page {
	name, _ := r.P.Text(i.Current().Name)
	pg := p.page(r, r.T("planner.version.title", "name", name), catalogueCrumb(r), web.Crumb{Text: name, Href: indicatorPath(i.Key)})
	pg.Lead = r.T("planner.version.lead")
	return pg
}

func (p pages) newVersion(w http.ResponseWriter, r *web.Request) error {
	i, err := p.s.Indicator(r.Context(), r.Actor, r.PathValue("key"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	fillVersion(f, i.Current())
	return r.Render(w, p.versionPage(r, i), newVersionPage(r, i, f))
}

func (p pages) addVersion(w http.ResponseWriter, r *web.Request) error {
	i, err := p.s.Indicator(r.Context(), r.Actor, r.PathValue("key"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	v, err := version(f, i.Current())
	if err == nil {
		if _, err = p.s.NewVersion(r.Context(), r.Actor, i.Key, v, f.Value("reason")); err == nil {
			return r.Done(w, indicatorPath(i.Key), "notice.indicator.version")
		}
	}
	if f.Fail(inGerman(err)) {
		return r.Invalid(w, p.versionPage(r, i), newVersionPage(r, i, f))
	}
	return err
}
