// SPDX-License-Identifier: EUPL-1.2

// Package analysisweb is the planner's pages of index methods and runs: what goes into the index with which weight, what that does to the areas
// before anything is stored, and the results with their release.
package analysisweb

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	listPath = "/arbeit/verfahren"
	newPath  = "/arbeit/verfahren/neu"
	onePath  = "/arbeit/verfahren/{method}"
	runPath  = "/arbeit/ergebnisse/{id}"
)

// runTime is how long a run with many draws may take.
const runTime = 5 * time.Minute

// maxDraws is what a run started on a page may draw; the command line does more.
const maxDraws = 20_000

// Areas gives the social spaces and their outlines.
type Areas interface {
	Editions(ctx context.Context, a access.Actor, level string) ([]area.Edition, error)
	EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (area.Edition, error)
	Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d area.Detail) (*area.Coverage, error)
}

type pages struct {
	s     *analysis.Service
	gate  *release.Service
	areas Areas
}

// Register adds the pages.
func Register(m *web.Mux, s *analysis.Service, gate *release.Service, areas Areas) {
	p := pages{s, gate, areas}
	m.Handle("GET "+listPath, access.ReadInternal, p.list)
	m.Handle("GET "+newPath, access.EditMethod, p.create)
	m.Handle("GET "+onePath, access.ReadInternal, p.edit, web.Timeout(runTime))
	m.Handle("POST "+onePath, access.EditMethod, p.act, web.Timeout(runTime))
	m.Handle("POST "+onePath+"/vorschau", access.RunIndex, p.fragment, web.Timeout(runTime))
	m.Handle("GET "+onePath+"/datei", access.ReadInternal, p.yaml)
	m.Handle("POST "+onePath+"/rechnen", access.RunIndex, p.run, web.Timeout(runTime))
	m.Handle("GET "+runPath, access.ReadInternal, p.result)
	m.Handle("GET "+runPath+"/tabelle", access.ExportFigures, p.csv)
	m.Handle("POST "+runPath+"/pruefen", access.RunIndex, p.repeat, web.Timeout(runTime))
	m.Handle("POST "+runPath+"/freigeben", access.ReleaseFigures, p.publish)
	m.Handle("GET "+runPath+"/zuruecknehmen", access.ReleaseFigures, p.askWithdraw)
	m.Handle("POST "+runPath+"/zuruecknehmen", access.ReleaseFigures, p.withdraw)
}

func (p pages) page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func listCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("planner.methods.title"), Href: listPath}
}

func methodPath(id string) string { return listPath + "/" + url.PathEscape(id) }

// RunPath is the page of a run.
func RunPath(id kernel.ID) string { return "/arbeit/ergebnisse/" + string(id) }

func title(r *web.Request, m analysis.Method) string {
	s, _ := r.P.Text(m.Title.Text())
	return s
}

// known is a run with its state of release.
type known struct {
	analysis.Run
	Public, Political bool
}

func (p pages) runs(r *web.Request) ([]known, release.View, error) {
	v, err := p.gate.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return nil, v, err
	}
	list, err := p.s.Runs(r.Context(), v, "")
	out := make([]known, len(list))
	for i, x := range list {
		out[i] = known{x, v.Released(release.RunKind, x.ID, access.Public), v.Released(release.RunKind, x.ID, access.Political)}
	}
	return out, v, err
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	methods, err := p.s.Methods(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	runs, _, err := p.runs(r)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.methods.title"))
	pg.Lead = r.T("planner.methods.lead")
	pg.Aside = web.LinkButton(web.Secondary, r.Link(newPath), r.T("planner.method.new"))
	return r.Render(w, pg, listPage(r, methods, runs))
}

// create is the editor with a copy of a method, or an empty one.
func (p pages) create(w http.ResponseWriter, r *web.Request) error {
	m := analysis.Method{
		Restandardise: true, Standardise: "z", Aggregate: "sum", Reference: "mean_of_areas", SD: "population", PopulationIndicator: "pop_total",
		MinPopScope: "any_date", MissingPolicy: "exclude_area", StatusThresholds: []float64{-1, 1, 1.5},
	}
	if from := r.URL.Query().Get("von"); from != "" {
		stored, err := p.s.Method(r.Context(), r.Actor, from)
		if err != nil {
			return err
		}
		m = stored.Method
		m.ID = from + "-eigen"
		m.Status = analysis.Own
		for lang, s := range m.Title {
			m.Title[lang] = r.T("planner.method.copy", "name", s)
		}
	}
	f := web.BlankForm(r)
	fill(f, r.Lang, m)
	e, err := p.editor(r, f, nil)
	if err != nil {
		return err
	}
	e.fresh = true
	return r.Render(w, p.editorPage(r, e, r.T("planner.method.new")), editorPage(r, e))
}

// editor is the page on which a method is changed.
type editor struct {
	f         *web.Form
	stored    *analysis.StoredMethod // nil for a new one
	catalogue []indicator.Indicator
	choices   []choice // editions and periods with figures of every indicator
	missing   []string // indicators without any figures, where there is nothing to choose
	preview   *preview
	fresh     bool
}

// choice is an edition and a period a method can be computed for.
type choice struct {
	Edition area.Edition
	Period  kernel.Period
}

func (c choice) value() string {
	return c.Edition.Level.Key + "/" + c.Edition.Key + "/" + strings.ReplaceAll(c.Period.String(), "/", "_")
}

func parseChoice(s string) (level, edition string, period kernel.Period, err error) {
	part := strings.SplitN(s, "/", 3)
	if len(part) != 3 {
		return "", "", period, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"for": "planner.method.for.missing"}}
	}
	period, err = kernel.ParsePeriod(strings.ReplaceAll(part[2], "_", "/"))
	return part[0], part[1], period, err
}

func (p pages) editorPage(r *web.Request, _ *editor, title string) web.Page {
	pg := p.page(r, title, listCrumb(r))
	pg.Scripts = []string{"planner.js"}
	return pg
}

// editor reads what the form needs beside the method.
func (p pages) editor(r *web.Request, f *web.Form, stored *analysis.StoredMethod) (*editor, error) {
	e := &editor{f: f, stored: stored}
	v, err := p.gate.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return nil, err
	}
	e.catalogue = v.Indicators()
	var wanted []string
	for _, k := range f.Values("ind") {
		if k, _, _ = strings.Cut(strings.TrimSpace(k), " "); k != "" {
			wanted = append(wanted, k)
		}
	}
	if e.choices, e.missing, err = p.choices(r, v, wanted); err != nil {
		return nil, err
	}
	if f.Value("for") == "" && len(e.choices) > 0 {
		f.Set("for", e.choices[0].value())
	}
	return e, nil
}

// choices lists editions and periods for which every indicator has figures: smallest areas and newest period first.
func (p pages) choices(r *web.Request, v release.View, wanted []string) ([]choice, []string, error) {
	offers, err := v.Offers(r.Context())
	if err != nil || len(wanted) == 0 {
		return nil, nil, err
	}
	type at struct {
		edition kernel.ID
		period  kernel.Period
	}
	count := map[at]int{}
	have := map[string]bool{}
	seen := map[string]map[at]bool{}
	for _, o := range offers {
		if !slices.Contains(wanted, o.Indicator.Key) {
			continue
		}
		have[o.Indicator.Key] = true
		for _, period := range o.Periods {
			k := at{o.EditionID, period}
			if seen[o.Indicator.Key] == nil {
				seen[o.Indicator.Key] = map[at]bool{}
			}
			if !seen[o.Indicator.Key][k] {
				seen[o.Indicator.Key][k] = true
				count[k]++
			}
		}
	}
	var missing []string
	for _, k := range wanted {
		if !have[k] {
			missing = append(missing, k)
		}
	}
	var out []choice
	for k, n := range count {
		if n < len(wanted) {
			continue
		}
		e, err := p.areas.EditionByID(r.Context(), r.Actor, k.edition)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, choice{e, k.period})
	}
	slices.SortFunc(out, func(x, y choice) int {
		if d := y.Edition.Level.Rank - x.Edition.Level.Rank; d != 0 {
			return d
		}
		return -strings.Compare(string(x.Period.To)+x.Edition.Key, string(y.Period.To)+y.Edition.Key)
	})
	return out, missing, nil
}

func (p pages) stored(r *web.Request) (analysis.StoredMethod, error) {
	return p.s.Method(r.Context(), r.Actor, r.PathValue("method"))
}

func (p pages) edit(w http.ResponseWriter, r *web.Request) error {
	stored, err := p.stored(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	fill(f, r.Lang, stored.Method)
	f.Set("for", r.URL.Query().Get("for"))
	e, err := p.editor(r, f, &stored)
	if err != nil {
		return err
	}
	if r.Can(access.RunIndex) && f.Value("for") != "" {
		e.preview = p.try(r, f, stored.Method, stored.Method)
	}
	return r.Render(w, p.editorPage(r, e, title(r, stored.Method)), editorPage(r, e))
}

// base is the method the form changes; a new one has none.
func (p pages) base(r *web.Request) (m analysis.Method, stored *analysis.StoredMethod, err error) {
	if r.PathValue("method") == "neu" {
		return m, nil, nil
	}
	s, err := p.stored(r)
	return s.Method, &s, err
}

// act does what the pressed button of the editor says.
func (p pages) act(w http.ResponseWriter, r *web.Request) error {
	base, stored, err := p.base(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	m, err := read(f, base)
	if stored != nil {
		m.ID = base.ID
	} else {
		m.Status = analysis.Own
	}
	step := f.Value("step")
	if step == "save" && err == nil {
		var saved analysis.StoredMethod
		if saved, err = p.save(r, m, stored); err == nil {
			to := methodPath(saved.Method.ID)
			if f.Value("for") != "" {
				to += "?for=" + url.QueryEscape(f.Value("for"))
			}
			if stored != nil && saved.Hash == stored.Hash {
				return r.Done(w, to, "notice.method.unchanged")
			}
			return r.Done(w, to, "notice.method.saved")
		}
	}
	var e *kernel.Error
	if err != nil && !errors.As(err, &e) {
		return err
	}
	heading := r.T("planner.method.new")
	if stored != nil {
		heading = title(r, base)
	}
	if step == "more" {
		f.Add("ind", "")
	}
	ed, fault := p.editor(r, f, stored)
	if fault != nil {
		return fault
	}
	ed.fresh = stored == nil
	if e != nil && step != "more" {
		if !f.Fail(onForm(e)) {
			return err
		}
		return r.Invalid(w, p.editorPage(r, ed, heading), editorPage(r, ed))
	}
	if step != "more" {
		ed.preview = p.try(r, f, m, base)
	}
	return r.Render(w, p.editorPage(r, ed, heading), editorPage(r, ed))
}

// save stores a version; a new method must not take the name of another.
func (p pages) save(r *web.Request, m analysis.Method, stored *analysis.StoredMethod) (analysis.StoredMethod, error) {
	if stored == nil {
		if _, err := p.s.Method(r.Context(), r.Actor, m.ID); err == nil {
			return analysis.StoredMethod{}, &kernel.Error{Kind: kernel.Conflict, Key: "form.invalid", Fields: map[string]string{"id": "planner.method.taken"}}
		} else if kernel.KindOf(err) != kernel.NotFound {
			return analysis.StoredMethod{}, err
		}
		if m.ID == "neu" {
			return analysis.StoredMethod{}, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"id": "planner.method.taken"}}
		}
	}
	return p.s.SaveMethod(r.Context(), r.Actor, m)
}

// fragment answers the script of the editor with the preview alone.
func (p pages) fragment(w http.ResponseWriter, r *web.Request) error {
	base, _, err := p.base(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	m, err := read(f, base)
	if m.ID == "" {
		m.ID = "neu"
	}
	if len(m.Title) == 0 {
		m.Title = analysis.Title{"de": "–"}
	}
	var v *preview
	if err != nil {
		v = &preview{failed: err}
	} else {
		v = p.try(r, f, m, base)
	}
	return r.Fragment(w, previewPart(r, v))
}

// yaml sends the method as the file that the command line takes.
func (p pages) yaml(w http.ResponseWriter, r *web.Request) error {
	stored, err := p.stored(r)
	if err != nil {
		return err
	}
	return send(w, "application/yaml; charset=utf-8", stored.Method.ID+".yaml", []byte(stored.Method.YAML()))
}

func send(w http.ResponseWriter, kind, name string, b []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(b)
	return err
}

// run computes the stored method and keeps the result. The same request gives the run there is.
func (p pages) run(w http.ResponseWriter, r *web.Request) error {
	stored, err := p.stored(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	q, err := request(f, stored.Method)
	var run analysis.Run
	if err == nil {
		run, err = p.s.Run(r.Context(), r.Actor, q)
	}
	if err == nil {
		return r.Done(w, RunPath(run.ID), "notice.run.done")
	}
	var e *kernel.Error
	if !errors.As(err, &e) || e.Kind != kernel.Invalid && e.Kind != kernel.NotFound {
		return err
	}
	back := web.BlankForm(r)
	fill(back, r.Lang, stored.Method)
	for _, k := range []string{"for", "draws", "seed"} {
		back.Set(k, f.Value(k))
	}
	ed, fault := p.editor(r, back, &stored)
	if fault != nil {
		return fault
	}
	c := *e
	c.Kind = kernel.Invalid
	back.Fail(&c)
	return r.Invalid(w, p.editorPage(r, ed, title(r, stored.Method)), editorPage(r, ed))
}

func request(f *web.Form, m analysis.Method) (analysis.Request, error) {
	q := analysis.Request{Method: m}
	var err error
	if q.Level, q.Edition, q.Period, err = parseChoice(f.Value("for")); err != nil {
		return q, err
	}
	if s := strings.TrimSpace(f.Value("draws")); s != "" {
		if q.Draws, err = strconv.Atoi(s); err != nil || q.Draws < 0 || q.Draws > maxDraws {
			return q, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Params: kernel.Params("max", maxDraws), Fields: map[string]string{"draws": "planner.run.draws.range"}}
		}
	}
	if s := strings.TrimSpace(f.Value("seed")); s != "" {
		if q.Seed, err = strconv.ParseUint(s, 10, 63); err != nil {
			return q, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"seed": "planner.number.whole"}}
		}
	}
	return q, nil
}
