// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// The steps of the form (design/participation.md 7.6).
var steps = []string{"schreiben", "ort", "aehnlich", "angaben", "vorschau"}

// stepOf tells in which step a field stands.
var stepOf = map[string]int{"title": 0, "text": 0, "lang": 0, "category": 1, "place": 1, "area": 1, "photo": 1, "alt": 1, "stance": 2, "name": 3, "email": 3, "fassung": 3, "topics": 3}

// carried are the fields that go from step to step.
var carried = []string{"title", "text", "lang", "category", "area", "place", "geometry", "photos", "alts", "name", "email", "fassung"}

// entry is the form as it stands.
type entry struct {
	h       handlers
	r       *web.Request
	f       *web.Form
	p       participation.Process
	m       participation.Module
	step    int
	levels  []contribution.AreaLevel
	areas   []string // where it lies, as far as is known
	facts   []contribution.Fact
	similar []contribution.Contribution
	photos  []contribution.File
	box     [4]float64
	boxed   bool
	consent consent
	meant   []contribution.AreaChoice // areas the typed name can stand for, where it is not clear
}

func (e *entry) path() string { return NewPath(e.p.Key, e.m.Key) }

func (e *entry) back() string {
	if e.p.Key == "" {
		return Path
	}
	return ListPath(e.p.Key, e.m.Key)
}

func (e *entry) title() string {
	if e.p.Key == "" {
		return e.r.T("contribution.new.town", "town", e.r.Name())
	}
	return e.r.T("contribution.new.title")
}

func (e *entry) page() web.Page {
	p := web.Page{
		Title: e.title(), Nav: web.NavVoices, Narrow: true, NoIndex: true, Styles: []string{"planner.css", "contribution.css"},
		Breadcrumb: crumbs(e.r, e.p, e.m),
	}
	if e.step == 1 {
		p.Scripts = []string{"contribution.js"}
		p.Styles = append(p.Styles, "maplibre-gl.css")
	}
	if e.p.Key != "" {
		p.Lead = said(e.r, e.m.Title)
	}
	return p
}

// crumbs lead to a module.
func crumbs(r *web.Request, p participation.Process, m participation.Module) []web.Crumb {
	out := []web.Crumb{{Text: r.T("contribution.crumb.voices"), Href: "/beteiligung"}}
	if p.Key == "" {
		return append(out, web.Crumb{Text: r.T("contribution.list.title"), Href: Path})
	}
	out = append(out, web.Crumb{Text: said(r, p.Title), Href: "/beteiligung/" + p.Key})
	if m.Key != "" {
		out = append(out, web.Crumb{Text: said(r, m.Title), Href: ListPath(p.Key, m.Key)})
	}
	return out
}

// open reads the module of the address and asks whether something can be contributed now.
func (h handlers) open(r *web.Request) (*entry, error) {
	p, m, err := h.s.Open(r.Context(), r.Actor, r.PathValue("process"), r.PathValue("module"))
	e := &entry{h: h, r: r, p: p, m: m}
	if err == nil && h.asksMail(r) {
		e.consent, err = h.consentOf(r)
	}
	return e, err
}

// write is the first step.
func (h handlers) write(w http.ResponseWriter, r *web.Request) error {
	e, err := h.open(r)
	if kernel.KindOf(err) == kernel.Conflict {
		return r.RenderStatus(w, http.StatusConflict, e.page(), closedView(e))
	}
	if err != nil {
		return err
	}
	e.f = web.BlankForm(r)
	q := r.URL.Query()
	if area := q.Get("raum"); area != "" {
		e.f.Set("area", area)
	}
	if about := q.Get("zu"); len(about) < 200 && strings.Contains(about, "@") {
		e.f.Set("about", about)
		_, area, _ := strings.Cut(about, "@")
		e.f.Set("area", area)
	}
	e.f.Set("lang", r.Lang)
	return h.show(w, e)
}

// show draws the step the form is at.
func (h handlers) show(w http.ResponseWriter, e *entry) error {
	ctx := e.r.Context()
	var err error
	if e.levels, err = h.s.AreaLevels(ctx, e.r.Tenant.ID); err != nil {
		return err
	}
	if e.box, e.boxed, err = h.s.Box(ctx, e.r.Tenant.ID); err != nil {
		return err
	}
	e.photos = e.held()
	switch e.step {
	case 2:
		if e.similar, err = h.s.Similar(ctx, e.r.Actor, e.p.Key, e.f.Value("title")+" "+e.f.Value("text"), 5); err != nil {
			return err
		}
		if e.facts, err = h.factsFor(e); err != nil {
			return err
		}
	case 3:
		e.f.Set("fassung", e.consent.version)
	case 4:
		if _, ok := h.s.OnceID(e.r.Tenant.ID, e.f.Value("einmal")); !ok {
			e.f.Set("einmal", h.s.Once(e.r.Tenant.ID))
		}
		if e.facts, err = h.factsFor(e); err != nil {
			return err
		}
	}
	if e.f.Failed() {
		return e.r.Invalid(w, e.page(), formView(e))
	}
	return e.r.Render(w, e.page(), formView(e))
}

// factsFor gives the three key figures of the area the contribution lies in.
func (h handlers) factsFor(e *entry) ([]contribution.Fact, error) {
	areas := e.areas
	if len(areas) == 0 && len(e.p.Areas) == 1 {
		areas = e.p.Areas
	}
	return h.s.Facts(e.r.Context(), e.r.Tenant.ID, areas, 3)
}

// held are the photos that are kept already.
func (e *entry) held() []contribution.File {
	var out []contribution.File
	alts := e.f.Values("alts")
	for i, token := range e.f.Values("photos") {
		alt := ""
		if i < len(alts) {
			alt = alts[i]
		}
		if f, ok := e.h.s.Held(e.r.Tenant.ID, token, alt); ok && f.Kind == contribution.Photo && len(out) < contribution.MostFiles {
			out = append(out, f)
		}
	}
	return out
}

// draft reads the form.
func (e *entry) draft() contribution.Draft {
	f := e.f
	d := contribution.Draft{
		Process: e.p.Key, Module: e.m.Key, Title: f.Value("title"), Text: f.Value("text"), Lang: f.Value("lang"), Category: f.Value("category"), Pseudonym: f.Value("name"),
		Geometry: f.Value("geometry"), Files: e.held(),
	}
	if d.Geometry == "" && strings.TrimSpace(f.Value("place")) != "" {
		if g, ok := contribution.PointOf(f.Value("place")); ok {
			d.Geometry = g
		} else {
			d.Geometry = f.Value("place") // refused with the sentence of the field
		}
	}
	if a := e.area(); a != "" {
		d.Areas = []string{a}
	}
	for _, v := range f.Values("stance") {
		stance, about, ok := strings.Cut(v, " ")
		kind, id, _ := strings.Cut(about, ":")
		if ok && stance != "" {
			d.Statements = append(d.Statements, contribution.Statement{Stance: contribution.Stance(stance), About: kernel.Ref{Kind: kind, ID: kernel.ID(id)}})
		}
	}
	d.Reach = reachOf(f)
	d.ID, _ = e.h.s.OnceID(e.r.Tenant.ID, f.Value("einmal"))
	if e.consent.version != "" {
		d.Mail = e.consent.mailing(e.r, f)
	}
	return d
}

// area is the one that was chosen from a list, or whose name was typed.
func (e *entry) area() string {
	typed := strings.TrimSpace(e.f.Value("area"))
	found := contribution.FindAreas(e.levels, typed)
	e.meant = nil
	switch len(found) {
	case 0:
		return typed // refused with the sentence of the field
	case 1:
		e.f.Set("area", found[0].Key)
		return found[0].Key
	}
	e.meant = found
	return ""
}

// step takes one step and draws the next, or sends.
func (h handlers) step(w http.ResponseWriter, r *web.Request) error {
	e, err := h.open(r)
	if err != nil && kernel.KindOf(err) != kernel.Conflict {
		return err
	}
	closed := err
	e.f = web.NewForm(r)
	e.step = max(slices.Index(steps, e.f.Value("schritt")), 0)
	if closed != nil {
		return r.RenderStatus(w, http.StatusConflict, e.page(), closedView(e))
	}
	ctx := r.Context()
	if e.step == 1 {
		if err := h.takePhotos(e); err != nil {
			if !e.f.Fail(err) {
				return err
			}
			return h.show(w, e)
		}
	}
	if e.levels, err = h.s.AreaLevels(ctx, r.Tenant.ID); err != nil {
		return err
	}
	d := e.draft()
	checked, err := h.s.Look(ctx, r.Actor, e.p, e.m, d)
	if len(e.meant) > 0 && e.step >= 1 && e.f.Value("weiter") != "zurueck" {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"area": "contribution.area.several"}}
	}
	e.areas = checked.Contribution.Areas
	switch {
	case e.f.Value("weiter") == "zurueck":
		e.step = max(e.step-1, 0)
		return h.show(w, e)
	case e.f.Value("weiter") == "bleiben":
		return h.show(w, e)
	case e.failed(err):
		return h.show(w, e)
	case err != nil && kernel.KindOf(err) != kernel.Invalid:
		return err
	case e.step < len(steps)-1:
		e.step++
		return h.show(w, e)
	}
	if !r.SignedIn() {
		if err := r.Guarded(e.f); err != nil {
			e.f.Fail(err)
			return h.show(w, e)
		}
	}
	sent, code, err := h.s.Send(ctx, r.Actor, checked)
	if e.failed(err) {
		return h.show(w, e)
	}
	if err != nil {
		return err
	}
	page := web.Page{Title: r.T("contribution.sent.title"), Nav: web.NavVoices, NoIndex: true, Breadcrumb: crumbs(r, e.p, e.m), Styles: []string{"planner.css", "contribution.css"}}
	return r.Render(w, page, sentView(r, e, sent, h.slipOf(r, code, d.Mail)))
}

// failed takes what is wrong with this step or one before it, and goes to the first such step.
func (e *entry) failed(err error) bool {
	var x *kernel.Error
	if !errors.As(err, &x) || x.Kind != kernel.Invalid {
		return false
	}
	first, now := len(steps), map[string]string{}
	for name := range x.Fields {
		if at := stepOf[name]; at <= e.step {
			first = min(first, at)
		}
	}
	for name, key := range x.Fields {
		if stepOf[name] == first {
			now[name] = key
		}
	}
	if len(now) == 0 {
		return false
	}
	y := *x
	y.Fields = now
	e.step = first
	return e.f.Fail(&y)
}

// takePhotos keeps the photos of the step.
func (h handlers) takePhotos(e *entry) error {
	if i := e.f.Value("ohne"); i != "" { // take one away
		drop := slices.Index(e.f.Values("photos"), i)
		if drop >= 0 {
			photos, alts := slices.Clone(e.f.Values("photos")), slices.Clone(e.f.Values("alts"))
			photos = slices.Delete(photos, drop, drop+1)
			if drop < len(alts) {
				alts = slices.Delete(alts, drop, drop+1)
			}
			e.f.Set("photos", photos...)
			e.f.Set("alts", alts...)
			e.f.Set("weiter", "bleiben")
		}
	}
	file, _, err := e.f.File("photo")
	if kernel.KindOf(err) == kernel.Invalid && file == nil {
		return nil // none was chosen
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if len(e.f.Values("photos")) >= contribution.MostFiles {
		return &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"photo": "contribution.photo.many"}}
	}
	if !e.r.SignedIn() && !h.photos.take(e.r.Client(), h.s.Now()) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"photo": "contribution.photo.later"}}
	}
	f, err := h.s.KeepPhoto(e.r.Context(), file, e.f.Value("alt"))
	if err != nil {
		return err
	}
	e.f.Add("photos", h.s.Token(e.r.Tenant.ID, f))
	e.f.Add("alts", f.Alt)
	e.f.Set("alt", "")
	if e.f.Value("weiter") == "foto" {
		e.f.Set("weiter", "bleiben")
	}
	return nil
}

// carry lists what goes along as hidden fields: everything that is not on the page.
func (e *entry) carry() [][2]string {
	var out [][2]string
	for _, name := range carried {
		if at, ok := stepOf[name]; ok && at == e.step || (name == "geometry") && e.step == 1 || name == "name" && e.step == 3 {
			continue
		}
		for _, v := range e.f.Values(name) {
			out = append(out, [2]string{name, v})
		}
	}
	if e.step != 2 {
		for _, v := range e.f.Values("stance") {
			if v != "" {
				out = append(out, [2]string{"stance", v})
			}
		}
	}
	if e.step != 3 {
		for _, d := range participation.Dimensions() {
			if v := e.f.Value(reachField(d)); v != "" {
				out = append(out, [2]string{reachField(d), v})
			}
		}
	}
	return out
}

// stanceOf is what was chosen for a fact.
func (e *entry) stanceOf(f contribution.Fact) string {
	for _, v := range e.f.Values("stance") {
		if stance, about, _ := strings.Cut(v, " "); about == f.About.Kind+":"+string(f.About.ID) {
			return stance
		}
	}
	if e.f.Value("about") == string(f.About.ID) {
		return string(contribution.Confirms)
	}
	return ""
}

// asked tells whether the voluntary question is part of the form.
func (e *entry) asked() bool { return e.h.s.Reach != nil && e.p.Key != "" }

// canUpload tells whether photos can be sent.
func (e *entry) canUpload() bool { return e.h.s.Draw != nil }

// signed tells whether an account's pseudonym is shown.
func (e *entry) signed() bool { return e.r.Actor.Person != "" && !e.r.Actor.Has(access.YoungPerson) }
