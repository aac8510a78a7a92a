// SPDX-License-Identifier: EUPL-1.2

package tenantweb

import (
	"errors"
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Options wire the pages.
type Options struct {
	Service *tenant.Service
	Files   Files
	Kinds   []Kind // kinds of data whose retention the town sets
	More    []Further
}

// Further are settings of the town that a later capability keeps on a page of its own; Title and Lead are keys of the catalogue.
type Further struct{ Title, Lead, Path string }

type handlers struct {
	m *web.Mux
	o Options
}

// Path is where the settings of the town are.
const Path = "/arbeit/stadt"

// Register adds the pages of the town's settings, its style sheet and its logo.
func Register(m *web.Mux, o Options) {
	h := handlers{m, o}
	m.Handle("GET /stil/{file}", access.ReadPublic, h.style)
	m.Handle("GET /logo/{file}", access.ReadPublic, h.logo)
	m.Handle("GET "+Path, access.ManageTenant, h.overview)
	m.Handle("GET "+Path+"/farben/vorschau.css", access.ManageTenant, h.preview)
	for _, s := range sections {
		m.Handle("GET "+s.path(), access.ManageTenant, h.form(s))
		m.Handle("POST "+s.path(), access.ManageTenant, h.save(s), web.MaxBody(tenant.LogoBytes+1<<16))
	}
}

func (h handlers) overview(w http.ResponseWriter, r *web.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	p := web.Page{Title: r.T("tenant.page.title"), Lead: r.T("tenant.page.lead"), Nav: web.NavWork, NoIndex: true, Styles: styles, Breadcrumb: desk(r)}
	return r.Render(w, p, overviewPage(r, v, h.o.More))
}

var styles = []string{"planner.css"}

func desk(r *web.Request) []web.Crumb {
	return []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}
}

// view is the town with what its pages show beside it.
type view struct {
	town  tenant.Tenant
	kinds []Kind
	host  string // the name the request came under
}

func (h handlers) view(r *web.Request) (v view, err error) {
	if v.town, err = h.o.Service.Get(r.Context(), r.Actor.Tenant); err != nil {
		return v, err
	}
	v.host, v.kinds = r.HostName(), h.o.Kinds
	return v, nil
}

func (s section) page(r *web.Request) web.Page {
	return web.Page{
		Title: r.T("tenant.section." + string(s.id)), Lead: r.T("tenant.section." + string(s.id) + ".lead"), Nav: web.NavWork, Narrow: true, NoIndex: true, Styles: styles,
		Breadcrumb: append(desk(r), web.Crumb{Text: r.T("tenant.page.title"), Href: Path}),
	}
}

// stateField carries what a section held when its form was drawn.
const stateField = "stand"

func (h handlers) form(s section) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		v, err := h.view(r)
		if err != nil {
			return err
		}
		f := web.BlankForm(r)
		s.fill(f, v)
		f.Set(stateField, v.town.Mark(s.id))
		if s.id == tenant.ColourSection && r.URL.Query().Has("accent") { // a proposal, taken into the form
			f.Set("accent", r.URL.Query().Get("accent"))
			f.Set("accent_dark", r.URL.Query().Get("accent_dark"))
		}
		return r.Render(w, s.page(r), sectionPage(r, s, v, f, nil))
	}
}

func (h handlers) save(s section) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		f := web.NewForm(r)
		if f.Value("act") == "preview" {
			return h.again(w, r, s, f, nil)
		}
		v, err := h.view(r)
		if err == nil {
			err = s.save(r, h.o.Service, v, f)
		}
		if err == nil {
			h.m.TownsChanged()
			return r.Done(w, Path, "notice.tenant.saved")
		}
		if !f.Fail(err) {
			return err
		}
		return h.again(w, r, s, f, err)
	}
}

// again shows the form as it was sent. Where somebody else was quicker it shows what they saved, and sending it once more replaces that
// knowingly.
func (h handlers) again(w http.ResponseWriter, r *web.Request, s section, f *web.Form, err error) error {
	v, verr := h.view(r)
	if verr != nil {
		return verr
	}
	var e *kernel.Error
	if errors.As(err, &e) && e.Key == "tenant.changed" {
		f.Set(stateField, v.town.Mark(s.id))
		return r.RenderStatus(w, http.StatusConflict, s.page(r), sectionPage(r, s, v, f, s.lines(r, v)))
	}
	if err == nil {
		return r.Render(w, s.page(r), sectionPage(r, s, v, f, nil))
	}
	return r.Invalid(w, s.page(r), sectionPage(r, s, v, f, nil))
}
