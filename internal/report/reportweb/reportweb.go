// SPDX-License-Identifier: EUPL-1.2

// Package reportweb shows social reports: to everybody the released editions, chapter by chapter and as files to take away; to the planning staff
// the desk at which an edition is written, checked, frozen and released.
package reportweb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Options give the forms what there is to choose from.
type Options struct {
	Areas interface {
		Editions(ctx context.Context, a access.Actor, level string) ([]area.Edition, error)
	}
	Methods interface {
		Methods(ctx context.Context, a access.Actor) ([]analysis.StoredMethod, error)
	}
}

type pages struct {
	s *report.Service
	o Options
}

const (
	publicPath = "/berichte"
	staffPath  = "/arbeit/berichte"
	// freezeTime is how long resolving a large report may take.
	freezeTime = 5 * time.Minute
)

// Register adds the pages.
func Register(m *web.Mux, s *report.Service, o Options) {
	p := pages{s, o}
	m.Handle("GET "+publicPath, access.ReadPublic, web.Cached(p.version, p.list))
	m.Handle("GET "+publicPath+"/{edition}", access.ReadPublic, web.Cached(p.version, p.cover))
	m.Handle("GET "+publicPath+"/{edition}/{chapter}", access.ReadPublic, web.Cached(p.version, p.chapter))
	for _, kind := range report.FileKinds {
		m.Handle("GET "+publicPath+"/{edition}/"+kind.Name(), access.ReadPublic, p.file(kind), web.Stream())
		m.Handle("GET "+staffPath+"/{edition}/entwurf/"+kind.Name(), access.ReadInternal, p.draft(kind), web.Stream(), web.Costly())
	}
	p.staff(m)
}

// EditionPath is the planner's page of an edition.
func EditionPath(key string) string { return staffPath + "/" + url.PathEscape(key) }

func publicEdition(key string) string { return publicPath + "/" + url.PathEscape(key) }

func chapterPath(key string, n *report.Node) string { return publicEdition(key) + "/" + n.Slug }

func (p pages) version(r *web.Request) (string, error) { return p.s.Stamp(r.Context(), r.Actor) }

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Released(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := web.Page{Title: r.T("report.public.title"), Lead: r.T("report.public.lead"), Nav: web.NavReports}
	return r.Render(w, page, listPage(r, list))
}

// public reads a released edition for its pages. The planning staff sees here what everybody sees.
func (p pages) public(r *web.Request) (*report.Document, error) {
	return p.s.Document(r.Context(), access.Anonymous(r.Actor.Tenant), r.PathValue("edition"))
}

func readingPage(r *web.Request, d *report.Document, title string) web.Page {
	return web.Page{
		Title: title, Nav: web.NavReports, Wide: true, NoHeading: true, Styles: []string{"figures.css", "report.css"}, Subject: kernel.Ref{Kind: "report", ID: d.Edition.ID},
		Breadcrumb: []web.Crumb{{Text: r.T("report.public.title"), Href: publicPath}},
	}
}

func (p pages) cover(w http.ResponseWriter, r *web.Request) error {
	d, err := p.public(r)
	if err != nil {
		return err
	}
	page := readingPage(r, d, d.Edition.Name())
	ready, err := p.s.Ready(r.Context(), r.Actor, d.Edition)
	if err != nil {
		return err
	}
	var first templ.Component
	if len(d.Chapters) > 0 && len(d.Chapters[0].Children) == 0 { // the summary
		first = p.content(d, d.Chapters[0], reportdoc.Options{Level: 2, Sections: true})
	}
	return r.Render(w, page, coverPage(r, d, ready, first))
}

func (p pages) chapter(w http.ResponseWriter, r *web.Request) error {
	d, err := p.public(r)
	if err != nil {
		return err
	}
	n, before, after := find(d, r.PathValue("chapter"))
	if n == nil {
		return kernel.E(kernel.NotFound, "report.chapter.notfound")
	}
	page := readingPage(r, d, n.Number+" "+n.Title)
	page.Breadcrumb = append(page.Breadcrumb, web.Crumb{Text: d.Edition.Name(), Href: publicEdition(d.Edition.Key)})
	opt := reportdoc.Options{Level: 1, Sections: true, Untitled: true, Profile: r.URL.Query().Get("raum")}
	if profiles(d, n) > profilesOnePage || opt.Profile != "" {
		opt.ProfileHref = func(key string) string {
			return r.Link(chapterPath(d.Edition.Key, n) + "?raum=" + url.QueryEscape(key))
		}
	}
	// Drawn before the page begins, so that a profile that is not there is a page of its own.
	var b bytes.Buffer
	if err := reportdoc.Chapter(r.Context(), &b, d, n, p.s.Words(d.Edition.Settings.Language), opt); err != nil {
		return err
	}
	return r.Render(w, page, chapterPage(r, d, n, before, after, opt.Profile, templ.Raw(b.String())))
}

// profilesOnePage is how many profiles one page of the web shows; more get a page each.
const profilesOnePage = 30

func profiles(d *report.Document, n *report.Node) int {
	most := 0
	for _, b := range d.Bodies[n.ID].Blocks {
		if b.Call != nil && b.Call.Kind == report.Profiles {
			most = max(most, len(d.Part(*b.Call).Profiles))
		}
	}
	return most
}

// find gives a chapter at the top by its slug, with its neighbours. The slug of a section leads to its chapter.
func find(d *report.Document, slug string) (n, before, after *report.Node) {
	for i, c := range d.Chapters {
		hit := false
		_ = report.Walk([]*report.Node{c}, func(x *report.Node) error {
			hit = hit || x.Slug == slug
			return nil
		})
		if !hit {
			continue
		}
		if i > 0 {
			before = d.Chapters[i-1]
		}
		if i+1 < len(d.Chapters) {
			after = d.Chapters[i+1]
		}
		return c, before, after
	}
	return nil, nil, nil
}

// content draws a chapter inside a page.
func (p pages) content(d *report.Document, n *report.Node, opt reportdoc.Options) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return reportdoc.Chapter(ctx, w, d, n, p.s.Words(d.Edition.Settings.Language), opt)
	})
}

var contentTypes = map[report.FileKind]string{
	report.HTML: "text/html; charset=utf-8", report.PDF: "application/pdf", report.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// file sends a finished file of a released edition; the first reader after the release may wait for it to be made.
func (p pages) file(kind report.FileKind) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		key := r.PathValue("edition")
		f, err := p.s.File(r.Context(), r.Actor, key, kind, nil)
		if err != nil {
			return err
		}
		if r.NotModified(w, f.SHA256) {
			return nil
		}
		file, err := p.s.OpenFile(f)
		if err != nil {
			return err
		}
		attach(w, key, kind)
		http.ServeContent(w, r.Request, "", time.Time{}, file)
		return file.Close()
	}
}

// attach names the file. The page that stands alone brings its own style, which pages of this server may not: it is for taking away.
func attach(w http.ResponseWriter, key string, kind report.FileKind) {
	w.Header().Set("Content-Type", contentTypes[kind])
	name := fmt.Sprintf("sozialbericht-%s.%s", key, kind)
	if kind == report.XLSX {
		name = fmt.Sprintf("sozialbericht-%s-tabellen.xlsx", key)
	}
	disposition := "attachment"
	if kind == report.PDF {
		disposition = "inline"
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("%s; filename=%q", disposition, name))
}

// draft writes a form of an edition that may still change.
func (p pages) draft(kind report.FileKind) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		var b bytes.Buffer // a fault on the way must become a page, not half a file
		if err := p.s.Write(r.Context(), r.Actor, r.PathValue("edition"), kind, &b, nil); err != nil {
			var k *kernel.Error
			if !errors.As(err, &k) {
				return fmt.Errorf("draft of report %s: %w", r.PathValue("edition"), err)
			}
			return err
		}
		attach(w, r.PathValue("edition"), kind)
		_, err := b.WriteTo(w)
		return err
	}
}
