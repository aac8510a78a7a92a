// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// quickEntry is the screen on which staff write down what was said elsewhere, one after the other.
type quickEntry struct {
	r         *web.Request
	f         *web.Form
	modules   []web.Item // process/module
	channels  []web.Item
	ground    ground
	kept      []recorded // just now
	publishes bool
}

// recorded is what was just kept, with its receipt code.
type recorded struct{ number, code string }

// keep are the fields that stay from one entry to the next.
var keep = []string{"where", "channel", "said", "area", "lang", "publish", "each"}

func (h handlers) quickFields(r *web.Request, f *web.Form) (quickEntry, error) {
	x := quickEntry{r: r, f: f, publishes: r.CanAnywhere(access.Moderate)}
	_, list, err := h.processes(r)
	if err != nil {
		return x, err
	}
	for _, p := range list {
		if p.State == participation.Archived || p.State == participation.Closed || !records(r, p) {
			continue
		}
		x.modules = append(x.modules, moduleItems(r, p)...)
	}
	for _, c := range contribution.Channels()[1:] {
		x.channels = append(x.channels, web.Item{Value: string(c), Text: channelWord(r, c)})
	}
	x.ground, err = h.ground(r)
	return x, err
}

// records tells whether the reader may write down what was said for a process, whatever phase is on.
func records(r *web.Request, p participation.Process) bool {
	o := p.Object(r.Tenant.ID, zeroModule, kernel.Instant{})
	o.Phase = nil
	return access.Can(r.Actor, access.RecordContribution, o)
}

// moduleItems are the modules of a process in which people contribute.
func moduleItems(r *web.Request, p participation.Process) []web.Item {
	var out []web.Item
	for _, m := range p.Modules {
		switch m.Kind {
		case participation.IdeasModule, participation.MapModule, participation.QuestionModule:
			out = append(out, web.Item{Value: p.Key + "/" + m.Key, Text: said(r, p.Title) + " – " + said(r, m.Title)})
		}
	}
	return out
}

func (h handlers) quick(w http.ResponseWriter, r *web.Request) error {
	f := formOf(r)
	if f.Value("lang") == "" {
		f.Set("lang", "de")
	}
	return h.drawQuick(w, r, f, nil)
}

func (h handlers) drawQuick(w http.ResponseWriter, r *web.Request, f *web.Form, kept []recorded) error {
	x, err := h.quickFields(r, f)
	if err != nil {
		return err
	}
	if _, ok := h.s.OnceID(r.Tenant.ID, f.Value("einmal")); !ok {
		f.Set("einmal", h.s.Once(r.Tenant.ID))
	}
	x.kept = kept
	page := mapped(workPage(r, r.T("contribution.quick.title")))
	page.Lead = r.T("contribution.quick.lead")
	if f.Failed() {
		return r.Invalid(w, page, quickView(x))
	}
	return r.Render(w, page, quickView(x))
}

// record keeps one and shows the empty form with what stays.
func (h handlers) record(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	process, module := cutWhere(f.Value("where"))
	d := contribution.Draft{
		Process: process, Module: module, Channel: contribution.Channel(f.Value("channel")), Lang: f.Value("lang"), Title: f.Value("title"), Text: f.Value("text"),
		Category: f.Value("category"), SaidOn: kernel.Date(f.Value("said")), Pseudonym: f.Value("name"),
	}
	d.Geometry, d.Areas = placeOf(f)
	d.ID, _ = h.s.OnceID(r.Tenant.ID, f.Value("einmal"))
	if err := h.takeScan(r, f); err != nil {
		if !f.Fail(err) {
			return err
		}
		return h.drawQuick(w, r, f, nil)
	}
	if scan, ok := h.s.Held(r.Tenant.ID, f.Value("scantoken"), ""); ok && scan.Kind == contribution.Scan {
		d.Files = append(d.Files, scan)
	}
	list, codes, err := h.s.RecordEach(r.Context(), r.Actor, d, f.Value("each") != "", f.Value("publish") != "")
	if f.Fail(err) {
		return h.drawQuick(w, r, f, nil)
	}
	if err != nil {
		return err
	}
	fresh := web.BlankForm(r)
	for _, name := range keep {
		if f.Has(name) {
			fresh.Set(name, f.Values(name)...)
		}
	}
	var kept []recorded
	for i, c := range list {
		kept = append(kept, recorded{c.Number, codes[i]})
	}
	return h.drawQuick(w, r, fresh, kept)
}

// takeScan keeps the scan of the form, so that it need not be chosen again where something else is wrong.
func (h handlers) takeScan(r *web.Request, f *web.Form) error {
	file, _, err := f.File("scan")
	if kernel.KindOf(err) == kernel.Invalid && err != nil {
		return nil // none was chosen
	}
	if err != nil {
		return err
	}
	defer file.Close()
	scan, err := h.s.KeepScan(r.Context(), file)
	if err == nil {
		f.Set("scantoken", h.s.Token(r.Tenant.ID, scan))
	}
	return err
}

// cutWhere reads "process/module".
func cutWhere(s string) (process, module string) {
	for i := range s {
		if s[i] == '/' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// exportForm asks what for.
func (h handlers) exportForm(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("query", r.URL.Query().Encode())
	return h.drawExport(w, r, f)
}

func (h handlers) drawExport(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	q, err := url.ParseQuery(f.Value("query"))
	if err != nil {
		return kernel.E(kernel.Invalid, "web.text")
	}
	n, err := h.s.Count(r.Context(), r.Actor, workFilter(r, q))
	if err != nil {
		return err
	}
	page := workPage(r, r.T("contribution.export.title"))
	page.Lead = r.T("contribution.export.lead", "n", n)
	if f.Failed() {
		return r.Invalid(w, page, exportView(r, f))
	}
	return r.Render(w, page, exportView(r, f))
}

// export sends the file.
func (h handlers) export(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	q, err := url.ParseQuery(f.Value("query"))
	if err != nil {
		return kernel.E(kernel.Invalid, "web.text")
	}
	format := f.Value("format")
	if contentTypes[format] == "" {
		format = "csv"
	}
	what := workFilter(r, q)
	what.Limit, what.After, what.Order = 0, contribution.Cursor{}, contribution.Youngest
	if err := h.s.TakeAway(r.Context(), r.Actor, what, format, f.Value("reason")); err != nil {
		if !f.Fail(err) {
			return err
		}
		return h.drawExport(w, r, f)
	}
	out := &lazy{w: w, name: "beitraege." + format, kind: contentTypes[format]}
	return h.s.Pour(r.Context(), r.Actor, what, format, out, r.P.T)
}
