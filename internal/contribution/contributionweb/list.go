// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// listing is a public list as it stands.
type listing struct {
	r       *web.Request
	f       *web.Form
	p       participation.Process
	m       participation.Module
	open    bool
	list    []contribution.Contribution
	names   map[string]string
	items   []web.Item
	pages   web.Pages
	count   int
	outline string
	box     [4]float64
	boxed   bool
	path    string
	still   *contribution.Still
	edges   string // of the areas below it
	nowhere int    // of those counted, how many have no place
	photos  map[kernel.ID]contribution.File
	within  contribution.Frame
}

// perPage is how many contributions a part of a public list shows.
const perPage = 20

// filter reads the query of a list.
func filter(r *web.Request) contribution.Filter {
	q := r.URL.Query()
	f := contribution.Filter{
		Category: q.Get("kategorie"), Area: q.Get("raum"), Text: q.Get("suche"), Limit: perPage, After: cursor(q),
	}
	if s := contribution.Status(q.Get("status")); s == "new" {
		f.Statuses = []contribution.Status{contribution.Unanswered}
	} else if s != "" && slices.Contains(contribution.Statuses(), s) {
		f.Statuses = []contribution.Status{s}
	}
	f.Within, _ = contribution.ParseFrame(q.Get("ausschnitt"))
	f.Unplaced = q.Get("ort") == "ohne"
	switch q.Get("ordnung") {
	case "unterstuetzt":
		f.Order = contribution.Supported
	case "alt":
		f.Order = contribution.Oldest
	}
	return f
}

// cursor reads where a list goes on: id, or id and what it is sorted by.
func cursor(q url.Values) contribution.Cursor {
	id, rest, _ := strings.Cut(q.Get("nach"), ".")
	if _, err := kernel.ParseID(id); err != nil {
		return contribution.Cursor{}
	}
	c := contribution.Cursor{ID: kernel.ID(id)}
	c.Supports, _ = strconv.Atoi(rest)
	if d, err := kernel.ParseDate(rest); err == nil {
		c.Due = d
	}
	return c
}

// next is the address of the part behind the last one.
func next(r *web.Request, f contribution.Filter, last contribution.Contribution) string {
	v := string(last.ID)
	switch f.Order {
	case contribution.Supported:
		v += "." + strconv.Itoa(last.Supports)
	case contribution.Due:
		v += "." + string(last.Due)
	}
	return r.With("nach", v)
}

// list is the public list of the whole town.
func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	x := listing{r: r, path: Path, open: access.Can(r.Actor, access.Contribute, access.Object{Tenant: r.Tenant.ID})}
	page := web.Page{Title: r.T("contribution.list.title"), Lead: r.T("contribution.list.lead"), Breadcrumb: crumbs(r, x.p, x.m)[:1]}
	return h.drawList(w, x, filter(r), page)
}

// moduleList is that of a module of a process.
func (h handlers) moduleList(w http.ResponseWriter, r *web.Request) error {
	p, m, err := h.s.Open(r.Context(), r.Actor, r.PathValue("process"), r.PathValue("module"))
	open := err == nil
	if err != nil && (kernel.KindOf(err) == kernel.NotFound || p.Key == "" || m.Key == "") {
		return err
	}
	x := listing{r: r, p: p, m: m, open: open, path: ListPath(p.Key, m.Key)}
	f := filter(r)
	f.Process, f.Module = p.Key, m.Key
	return h.drawList(w, x, f, web.Page{Title: said(r, m.Title), Lead: said(r, m.Text), Breadcrumb: crumbs(r, p, zeroModule)})
}

var zeroModule participation.Module

func (h handlers) drawList(w http.ResponseWriter, x listing, f contribution.Filter, page web.Page) error {
	r := x.r
	ctx := r.Context()
	public := access.Anonymous(r.Tenant.ID)
	if x.p.Reach == participation.Members || x.p.Key != "" && x.p.State == participation.Draft {
		public = r.Actor
	}
	f.States = []contribution.State{contribution.Published}
	var err error
	var more bool
	if x.list, more, err = h.s.List(ctx, public, f); err != nil {
		return err
	}
	if x.count, err = h.s.Count(ctx, public, f); err != nil {
		return err
	}
	levels, err := h.s.AreaLevels(ctx, r.Tenant.ID)
	if err != nil {
		return err
	}
	x.items, x.outline = areaItems(web.With(ctx, r), levels), background(levels)
	if x.names, err = h.s.AreaNames(ctx, r.Tenant.ID); err != nil {
		return err
	}
	if x.box, x.boxed, err = h.s.Box(ctx, r.Tenant.ID); err != nil {
		return err
	}
	x.boxed = x.boxed && !f.Unplaced
	if x.within = f.Within; x.boxed && x.count > 0 && f.After.ID == "" {
		if err := h.drawStill(&x, f); err != nil {
			return err
		}
	}
	if x.photos, err = h.s.Covers(ctx, r.Tenant.ID, x.list); err != nil {
		return err
	}
	x.f = formOf(r)
	x.pages.Text = r.T("contribution.count", "n", x.count)
	if f.After.ID != "" {
		x.pages.Prev = r.With("nach", "")
	}
	if more {
		x.pages.Next = next(r, f, x.list[len(x.list)-1])
	}
	page.Nav, page.Styles, page.Scripts = web.NavVoices, []string{"maplibre-gl.css", "contribution.css"}, []string{"contribution.js"}
	page.Aside = listAside(x)
	return r.Render(w, page, listView(x))
}

// drawStill makes the map of the list as a picture. The process of members only has none: its places are not for everybody.
func (h handlers) drawStill(x *listing, f contribution.Filter) error {
	ctx, town := x.r.Context(), x.r.Tenant.ID
	f.Within = contribution.Frame{}
	p, err := h.s.Map(ctx, town, f)
	if err != nil || p.Still == nil || p.N == 0 {
		return err
	}
	x.still = p.Still
	if x.edges, err = h.s.Outline(ctx, town, p.Still); err != nil {
		return err
	}
	if x.within == (contribution.Frame{}) && p.N < contribution.MostPoints {
		x.nowhere = max(x.count-p.N, 0)
	}
	return err
}

// place is the address of the list with what lies in a part of the map.
func (x listing) place(f contribution.Frame) string {
	q := x.r.URL.Query()
	q.Set("ausschnitt", f.String())
	q.Del("nach")
	return x.path + "?" + q.Encode() + "#liste"
}

// formOf is the filter form.
func formOf(r *web.Request) *web.Form {
	f := web.BlankForm(r)
	for name, v := range r.URL.Query() {
		f.Set(name, v...)
	}
	return f
}

// mapQuery is the query of the map that belongs to the list.
func (x listing) mapQuery() string {
	q := url.Values{}
	for _, name := range []string{"kategorie", "raum", "suche", "status", "ausschnitt"} {
		if v := x.r.URL.Query().Get(name); v != "" {
			q.Set(name, v)
		}
	}
	if x.p.Key != "" {
		q.Set("prozess", x.p.Key)
		q.Set("baustein", x.m.Key)
	}
	return x.r.Link(Path + "/karte?" + q.Encode())
}

func (x listing) boxText() string {
	return fmt.Sprintf("%g,%g,%g,%g", x.box[0], x.box[1], x.box[2], x.box[3])
}

// points are the places of a list for its map.
func (h handlers) points(w http.ResponseWriter, r *web.Request) error {
	f := filter(r)
	q := r.URL.Query()
	f.Process, f.Module = q.Get("prozess"), q.Get("baustein")
	p, err := h.s.Map(r.Context(), r.Tenant.ID, f)
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Cache-Control", "no-cache")
	if r.NotModified(w, p.ETag) {
		return nil
	}
	head.Set("Content-Type", "application/geo+json")
	return sendPacked(w, r, p.Gzip)
}

// own lists what somebody with an account contributed.
func (h handlers) own(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Own(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return r.Render(w, web.Page{Title: r.T("contribution.own.title"), Lead: r.T("contribution.own.lead"), Nav: web.NavVoices, NoIndex: true, Styles: []string{"contribution.css"}}, ownView(r, list))
}
