// SPDX-License-Identifier: EUPL-1.2

// Package regionweb shows a region its member towns side by side, and lets towns and regions find together and part.
package regionweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/region"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Towns lists the tenants of the installation: their names are on its public start page.
type Towns interface {
	Get(ctx context.Context, id kernel.ID) (tenant.Tenant, error)
	List(ctx context.Context) ([]tenant.Tenant, error)
}

type handlers struct {
	s     *region.Service
	towns Towns
}

// The addresses of a region.
const (
	Path     = "/region"
	workPath = "/arbeit/region"
)

func themePath(key string) string { return Path + "/zahl/" + url.PathEscape(key) }
func townPath(key string) string  { return Path + "/stadt/" + url.PathEscape(key) }

// Register adds the pages. What a region has of its members is shown to its planning staff, and to everybody once the region has published it;
// the service decides.
func Register(m *web.Mux, s *region.Service, towns Towns) {
	h := handlers{s, towns}
	m.Handle("GET "+Path, access.ReadPublic, h.overview)
	m.Handle("GET "+Path+"/zahl/{indicator}", access.ReadPublic, h.theme)
	m.Handle("GET "+Path+"/zahl/{indicator}/datei", access.ReadPublic, h.file)
	m.Handle("GET "+Path+"/stadt/{town}", access.ReadPublic, h.town)
	m.Handle("GET "+workPath, access.ManageRegional, h.bonds)
	m.Handle("POST "+workPath, access.ManageRegional, h.propose)
	m.Handle("POST "+workPath+"/{other}/annehmen", access.ManageRegional, h.accept)
	m.Handle("GET "+workPath+"/{other}/beenden", access.ManageRegional, h.askEnd)
	m.Handle("POST "+workPath+"/{other}/beenden", access.ManageRegional, h.end)
	m.Handle("POST "+workPath+"/veroeffentlichen", access.ManageRegional, h.publish)
	m.Handle("POST "+workPath+"/zuruecknehmen", access.ManageRegional, h.withdraw)
}

func (h handlers) page(r *web.Request, title, lead string) (web.Page, error) {
	p, err := h.s.Page(r.Context(), r.Actor)
	return web.Page{Title: title, Lead: lead, Nav: web.NavRegion, Styles: []string{"figures.css", "planner.css"}, NoIndex: !p.Public()}, err
}

// mine refuses the pages of a region to a town, which has none.
func (h handlers) mine(r *web.Request) error {
	if !r.Tenant.Region {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	return nil
}

func (h handlers) overview(w http.ResponseWriter, r *web.Request) error {
	if err := h.mine(r); err != nil {
		return err
	}
	o, err := h.s.Overview(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	p, err := h.page(r, r.T("region.title"), r.T("region.lead"))
	if err != nil {
		return err
	}
	return r.Render(w, p, overviewPage(r, o, p.NoIndex))
}

func (h handlers) compare(r *web.Request) (*region.Comparison, error) {
	if err := h.mine(r); err != nil {
		return nil, err
	}
	var period kernel.Period
	if s := r.URL.Query().Get("zeit"); s != "" {
		var err error
		if period, err = kernel.ParsePeriod(s); err != nil {
			return nil, kernel.E(kernel.NotFound, "region.period.none", "period", s)
		}
	}
	return h.s.Compare(r.Context(), r.Actor, r.PathValue("indicator"), period)
}

func (h handlers) theme(w http.ResponseWriter, r *web.Request) error {
	c, err := h.compare(r)
	if err != nil {
		return err
	}
	p, err := h.page(r, said(r, c.Meta.Name), said(r, c.Meta.Numerator))
	if err != nil {
		return err
	}
	p.Breadcrumb = []web.Crumb{{Text: r.T("region.title"), Href: Path}}
	return r.Render(w, p, themePage(r, c))
}

func (h handlers) town(w http.ResponseWriter, r *web.Request) error {
	if err := h.mine(r); err != nil {
		return err
	}
	x, err := h.s.Profile(r.Context(), r.Actor, r.PathValue("town"))
	if err != nil {
		return err
	}
	p, err := h.page(r, said(r, x.Town.Name), r.T("region.town.lead"))
	if err != nil {
		return err
	}
	p.Breadcrumb = []web.Crumb{{Text: r.T("region.title"), Href: Path}}
	return r.Render(w, p, townPage(r, x))
}

// bondView is a bond with the name of the other side.
type bondView struct {
	region.Bond
	name string
	key  string
}

// bondsView is what the page of memberships shows.
type bondsView struct {
	regional bool
	bonds    []bondView
	others   []web.Item // who can be invited, or applied to
	public   bool
}

func (h handlers) view(r *web.Request) (v bondsView, err error) {
	bonds, err := h.s.Bonds(r.Context(), r.Actor)
	if err != nil {
		return v, err
	}
	list, err := h.towns.List(r.Context())
	if err != nil {
		return v, err
	}
	p, err := h.s.Page(r.Context(), r.Actor)
	if err != nil {
		return v, err
	}
	v.regional, v.public = r.Tenant.Region, p.Public()
	tied := map[kernel.ID]bool{}
	byID := map[kernel.ID]tenant.Tenant{}
	for _, t := range list {
		byID[t.ID] = t
	}
	for _, b := range bonds {
		tied[b.Other] = b.State != region.Ended
		v.bonds = append(v.bonds, bondView{b, said(r, byID[b.Other].Name), byID[b.Other].Key})
	}
	for _, t := range list {
		if t.Kind.Regional() != v.regional && !tied[t.ID] {
			v.others = append(v.others, web.Item{Value: string(t.ID), Text: said(r, t.Name)})
		}
	}
	return v, nil
}

func (h handlers) bondsPage(r *web.Request) web.Page {
	title, lead := r.T("region.work.town.title"), r.T("region.work.town.lead")
	if r.Tenant.Region {
		title, lead = r.T("region.work.title"), r.T("region.work.lead")
	}
	return web.Page{Title: title, Lead: lead, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"}, Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}}
}

func (h handlers) bonds(w http.ResponseWriter, r *web.Request) error {
	return h.show(w, r, web.BlankForm(r))
}

func (h handlers) show(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	if f.Failed() {
		return r.Invalid(w, h.bondsPage(r), bondsPage(r, v, f))
	}
	return r.Render(w, h.bondsPage(r), bondsPage(r, v, f))
}

// done answers an act: back to the page with a word of success, or the page with what was wrong.
func (h handlers) done(w http.ResponseWriter, r *web.Request, err error, notice string) error {
	f := web.NewForm(r)
	if f.Fail(err) {
		return h.show(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath, notice)
}

func (h handlers) propose(w http.ResponseWriter, r *web.Request) error {
	other, err := kernel.ParseID(web.NewForm(r).Value("other"))
	if err != nil {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"other": "region.other.missing"}}
		return h.done(w, r, err, "")
	}
	return h.done(w, r, h.s.Propose(r.Context(), r.Actor, other), "notice.region.proposed")
}

func (h handlers) other(r *web.Request) (kernel.ID, error) {
	return kernel.ParseID(r.PathValue("other"))
}

func (h handlers) accept(w http.ResponseWriter, r *web.Request) error {
	other, err := h.other(r)
	if err != nil {
		return err
	}
	return h.done(w, r, h.s.Accept(r.Context(), r.Actor, other), "notice.region.accepted")
}

// askEnd asks before a membership ends: what the region shows of the town is deleted at once.
func (h handlers) askEnd(w http.ResponseWriter, r *web.Request) error {
	other, err := h.other(r)
	if err != nil {
		return err
	}
	v, err := h.view(r)
	if err != nil {
		return err
	}
	for _, b := range v.bonds {
		if b.Other == other && b.State != region.Ended {
			p := h.bondsPage(r)
			p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: workPath})
			p.Title, p.Lead, p.Narrow = r.T("region.end.title"), "", true
			return r.Render(w, p, web.Confirm(web.Confirmation{
				Text: r.T("region.end.text", "name", b.name), Action: r.Link(workPath + "/" + string(other) + "/beenden"), Button: r.T("region.end.button"),
				Back: r.Link(workPath), Danger: true,
			}))
		}
	}
	return kernel.E(kernel.NotFound, "access.notfound")
}

func (h handlers) end(w http.ResponseWriter, r *web.Request) error {
	other, err := h.other(r)
	if err != nil {
		return err
	}
	return h.done(w, r, h.s.End(r.Context(), r.Actor, other), "notice.region.ended")
}

func (h handlers) publish(w http.ResponseWriter, r *web.Request) error {
	if err := h.mine(r); err != nil {
		return err
	}
	return h.done(w, r, h.s.Publish(r.Context(), r.Actor, true), "notice.region.published")
}

func (h handlers) withdraw(w http.ResponseWriter, r *web.Request) error {
	if err := h.mine(r); err != nil {
		return err
	}
	return h.done(w, r, h.s.Publish(r.Context(), r.Actor, false), "notice.region.withdrawn")
}
