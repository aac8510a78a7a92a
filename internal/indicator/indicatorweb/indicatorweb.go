// SPDX-License-Identifier: EUPL-1.2

// Package indicatorweb is the planner's pages of figures: the catalogue of definitions, the deliveries of the offices, and the way of a file
// from the hand-in through the mapping of its columns and a dry run to a delivery that counts.
package indicatorweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxweb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	listPath      = "/arbeit/lieferungen"
	newPath       = "/arbeit/lieferungen/neu"
	filePath      = "/arbeit/eingang/zahlen/{id}"
	onePath       = "/arbeit/lieferungen/{id}"
	cataloguePath = "/arbeit/katalog"
)

// importTime is how long a file may be read within a request; larger ones are taken in the background.
const importTime = 5 * time.Minute

// laterSize is the size of a file above which it is taken in the background.
const laterSize = 4 << 20

// Released tells to whom slices are released, so that a retraction can name what readers will miss.
type Released func(ctx context.Context, a access.Actor) (map[kernel.ID][]access.Audience, error)

// Options are what the pages need beside the figures.
type Options struct {
	Files    *inbox.Service
	Areas    *area.Service
	Released Released
	Fold     func(string) string // form in which texts are searched, without case and accents
	// Later takes a waiting file in the background and gives the page that shows how far it is; nil takes every file at once.
	Later func(ctx context.Context, a access.Actor, file kernel.ID) (path string, err error)
}

type pages struct {
	s *indicator.Service
	Options
}

// Register adds the pages.
func Register(m *web.Mux, s *indicator.Service, o Options) {
	p := pages{s, o}
	m.Handle("GET "+listPath, access.ReadInternal, p.list)
	m.Handle("GET "+newPath, access.ImportData, p.upload)
	m.Handle("POST "+newPath, access.ImportData, p.add, web.MaxBody(inbox.MaxFile+1<<20), web.Timeout(importTime))
	m.Handle("GET "+filePath, access.ImportData, p.mapping, web.Timeout(importTime))
	m.Handle("POST "+filePath, access.ImportData, p.saveMapping, web.MaxBody(4<<20), web.Timeout(importTime))
	m.Handle("GET "+filePath+"/zuordnung", access.ImportData, p.yaml)
	m.Handle("GET "+filePath+"/pruefung", access.ImportData, p.check, web.Timeout(importTime))
	m.Handle("POST "+filePath+"/pruefung", access.ImportData, p.saveAnswers)
	m.Handle("POST "+filePath+"/uebernehmen", access.ImportData, p.take, web.Timeout(importTime))
	inboxweb.RegisterDiscard(m, o.Files, inbox.Figures, listPath)
	m.Handle("GET "+onePath, access.ReadInternal, p.delivery)
	m.Handle("GET "+onePath+"/datei", access.ReadInternal, p.original, web.Stream())
	m.Handle("GET "+onePath+"/zuordnung", access.ReadInternal, p.usedMapping)
	m.Handle("GET "+onePath+"/zurueckziehen", access.ImportData, p.askRetract)
	m.Handle("POST "+onePath+"/zurueckziehen", access.ImportData, p.retract, web.Timeout(importTime))
	m.Handle("POST "+onePath+"/neu-einlesen", access.ImportData, p.again, web.Timeout(importTime))
	m.Handle("GET "+cataloguePath, access.ReadInternal, p.catalogue)
	m.Handle("GET "+cataloguePath+"/neu", access.EditCatalogue, p.newIndicator)
	m.Handle("POST "+cataloguePath+"/neu", access.EditCatalogue, p.addIndicator)
	m.Handle("GET "+cataloguePath+"/{key}", access.ReadInternal, p.indicator)
	m.Handle("GET "+cataloguePath+"/{key}/fassung", access.EditCatalogue, p.newVersion)
	m.Handle("POST "+cataloguePath+"/{key}/fassung", access.EditCatalogue, p.addVersion)
}

func (p pages) page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func listCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("planner.deliveries.title"), Href: listPath}
}

func deliveryPath(id kernel.ID) string { return listPath + "/" + string(id) }

// names are the catalogue's names by key.
func (p pages) names(r *web.Request) (map[string]indicator.Indicator, []indicator.Indicator, error) {
	list, err := p.s.Catalogue(r.Context(), r.Actor)
	by := make(map[string]indicator.Indicator, len(list))
	for _, i := range list {
		by[i.Key] = i
	}
	return by, list, err
}

func (p pages) waiting(r *web.Request) ([]inbox.File, error) {
	all, err := p.Files.List(r.Context(), r.Actor)
	return slices.DeleteFunc(all, func(f inbox.File) bool { return f.Kind != inbox.Figures }), err
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Deliveries(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	waiting, err := p.waiting(r)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.deliveries.title"))
	pg.Lead = r.T("planner.deliveries.lead")
	if len(list) > 0 {
		pg.Aside = web.LinkButton(web.Primary, r.Link(newPath), r.T("planner.deliveries.new"))
	}
	return r.Render(w, pg, listPage(r, list, waiting))
}

func (p pages) upload(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, p.uploadPage(r), uploadPage(web.NewForm(r)))
}

func (p pages) uploadPage(r *web.Request) web.Page {
	pg := p.page(r, r.T("planner.deliveries.new"), listCrumb(r))
	pg.Lead = r.T("planner.deliveries.new.lead")
	return pg
}

func (p pages) add(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := inboxweb.Upload(w, r, p.Files, inbox.Figures, f, nil)
	if err != nil && f.Fail(err) {
		return r.Invalid(w, p.uploadPage(r), uploadPage(f))
	}
	return err
}
