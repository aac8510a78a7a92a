// SPDX-License-Identifier: EUPL-1.2

// Package eventweb shows the town's events and its pinboard: to everybody a list, a month, pages with registration, calendars and feeds; to staff
// the preparation, the list at the door, the minutes.
package eventweb

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Source is where addresses of an invitation list can be taken from: people with a role, organisations.
type Source struct {
	Key   string
	Name  string
	Lines func(ctx context.Context) (string, error) // as event.Service.AddInvitations reads them
}

// Options are what the pages need of others.
type Options struct {
	Areas     func(r *web.Request) ([]web.Item, error)
	Processes func(r *web.Request) ([]web.Item, error)
	Groups    func(r *web.Request) ([]web.Item, error) // nil: there are none
	// Consent gives the text people agree to who register.
	Consent func(r *web.Request) (version, text string, err error)
	// Open opens a kept picture.
	Open func(sha string) (*os.File, error)
	// Sources lists where invitations can be taken from; nil: only what is typed.
	Sources func(r *web.Request) ([]Source, error)
	// Reads tells whether the reader may see what became of a point of the minutes; nil: everybody sees everything.
	Reads func(r *web.Request, became kernel.Ref) bool
	Now   func() time.Time
}

type handlers struct {
	s *event.Service
	o Options
}

// The addresses of events and the pinboard.
const (
	Path          = "/veranstaltungen"
	BoardPath     = "/pinnwand"
	seatPath      = "/teilnahme"
	workPath      = "/arbeit/veranstaltungen"
	boardWorkPath = "/arbeit/pinnwand"
)

// EventPath is the public page of an event.
func EventPath(key string) string { return Path + "/" + url.PathEscape(key) }

// PostPath is the public page of a post.
func PostPath(id kernel.ID) string { return BoardPath + "/" + string(id) }

// WorkPath is where an event is prepared.
func WorkPath(key string) string { return workPath + "/" + url.PathEscape(key) }

func postWorkPath(id kernel.ID) string { return boardWorkPath + "/" + string(id) }

// photoBody is how large an upload of a photo may be: more than the largest file that is taken, so that the sentence comes from us.
const photoBody = 25 << 20

// Register adds the pages.
func Register(m *web.Mux, s *event.Service, o Options) {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := handlers{s, o}
	m.Handle("GET "+Path, access.ReadPublic, h.list)
	m.Handle("GET "+Path+".ics", access.ReadPublic, h.feed)
	m.Handle("GET "+Path+"/{event}", access.ReadPublic, h.event)
	m.Handle("GET "+Path+"/{event}/termin.ics", access.ReadPublic, h.calendar)
	m.Handle("GET "+Path+"/{event}/anmeldung", access.AnonymousWrite, h.form)
	m.Handle("POST "+Path+"/{event}/anmeldung", access.AnonymousWrite, h.register, web.Limit(web.Rate{PerMinute: 60, Burst: 60}))
	m.Handle("GET "+Path+"/{event}/bild/{photo}", access.ReadPublic, h.photo)
	m.Handle("GET "+seatPath+"/{token}", access.AnonymousWrite, h.seat)
	m.Handle("GET "+seatPath+"/{token}/termin.ics", access.AnonymousWrite, h.seatCalendar)
	m.Handle("GET "+seatPath+"/{token}/abmelden", access.AnonymousWrite, h.askLeave)
	m.Handle("POST "+seatPath+"/{token}/abmelden", access.AnonymousWrite, h.leave)
	m.Handle("POST "+seatPath+"/{token}/bestaetigen", access.AnonymousWrite, h.accept)
	m.Handle("POST "+seatPath+"/{token}/gruppe", access.AnonymousWrite, h.choose)
	m.Handle("POST "+seatPath+"/{token}/personen", access.AnonymousWrite, h.fewer)
	m.Handle("GET "+BoardPath, access.ReadPublic, h.board)
	m.Handle("GET "+BoardPath+".atom", access.ReadPublic, h.atom)
	m.Handle("GET "+BoardPath+"/{post}", access.ReadPublic, h.post)
	m.Handle("GET "+BoardPath+"/{post}/bild", access.ReadPublic, h.postPicture)
	h.registerStaff(m)
	h.registerDoor(m)
	h.registerBoard(m)
}

func (h handlers) now() kernel.Instant { return kernel.InstantOf(h.o.Now()) }

func page(r *web.Request, title, lead string) web.Page {
	return web.Page{Title: title, Lead: lead, Nav: web.NavEvents, Styles: []string{"planner.css", "event.css"}, Leicht: true}
}

// filters are what the list, the calendar feed and the links between them have in common.
type filters struct {
	area, topic, process string
	features             []event.Feature
	past                 bool
}

func filtersOf(r *web.Request) filters {
	q := r.URL.Query()
	f := filters{area: q.Get("bereich"), topic: q.Get("thema"), process: q.Get("beteiligung"), past: q.Get("zeit") == "vergangen"}
	for _, x := range q["merkmal"] {
		f.features = append(f.features, event.Feature(x))
	}
	return f
}

func (f filters) filter() event.Filter {
	return event.Filter{Area: f.area, Topic: f.topic, Process: f.process, Features: f.features, Past: f.past}
}

// query gives the filters as part of an address.
func (f filters) query() string {
	q := url.Values{}
	for k, v := range map[string]string{"bereich": f.area, "thema": f.topic, "beteiligung": f.process} {
		if v != "" {
			q.Set(k, v)
		}
	}
	for _, x := range f.features {
		q.Add("merkmal", string(x))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (f filters) any() bool {
	return f.area != "" || f.topic != "" || f.process != "" || len(f.features) > 0
}

// choices are what the filters offer.
type choices struct {
	areas, processes []web.Item
	topics           []string
}

func (h handlers) choices(r *web.Request) (c choices, err error) {
	if c.areas, err = h.o.Areas(r); err != nil {
		return c, err
	}
	c.processes, err = h.o.Processes(r)
	return c, err
}

// areaName names an area by its key.
func (c choices) areaName(key string) string { return nameOf(c.areas, key) }

func nameOf(items []web.Item, key string) string {
	for _, it := range items {
		if it.Value == key {
			return it.Text
		}
	}
	return key
}

func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	f := filtersOf(r)
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	c.topics, err = h.topics(r)
	if err != nil {
		return err
	}
	p := page(r, r.T("event.title"), r.T("event.lead"))
	if r.URL.Query().Get("ansicht") == "monat" {
		m, err := h.month(r, f)
		if err != nil {
			return err
		}
		return r.Render(w, p, listPage(r, listView{f: f, c: c, month: &m, form: formOf(r)}))
	}
	list, err := h.s.List(r.Context(), r.Actor, f.filter())
	if err != nil {
		return err
	}
	v := listView{f: f, c: c, events: list, now: h.now(), form: formOf(r)}
	if v.covers, err = h.s.Covers(r.Context(), r.Actor, list); err != nil {
		return err
	}
	v.size, v.from = 50, max(number(r.URL.Query().Get("ab")), 0)
	return r.Render(w, p, listPage(r, v))
}

// formOf shows in the filters what the address asks for.
func formOf(r *web.Request) *web.Form {
	f := web.BlankForm(r)
	for k, v := range r.URL.Query() {
		f.Set(k, v...)
	}
	return f
}

// topics lists those in use.
func (h handlers) topics(r *web.Request) ([]string, error) {
	list, err := h.s.List(r.Context(), r.Actor, event.Filter{})
	if err != nil {
		return nil, err
	}
	past, err := h.s.List(r.Context(), r.Actor, event.Filter{Past: true, Limit: 200})
	return sortedTopics(append(list, past...)), err
}

func (h handlers) event(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Event(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	v := eventView{e: e, now: h.now()}
	if v.c, err = h.choices(r); err != nil {
		return err
	}
	if v.photos, err = h.s.Photos(r.Context(), r.Actor, e); err != nil {
		return err
	}
	if v.minutes, err = h.s.Minutes(r.Context(), r.Actor, e); err != nil {
		return err
	}
	for i, m := range v.minutes {
		if m.Path != "" && h.o.Reads != nil && !h.o.Reads(r, m.Became) {
			v.minutes[i].Path = "" // not public yet, or not any more
		}
	}
	if e.MinutesAt.IsZero() {
		v.minutes = nil
	}
	title, _ := web.Read(web.With(r.Context(), r), e.Title)
	teaser, _ := web.Read(web.With(r.Context(), r), e.Teaser)
	p := page(r, title, teaser)
	p.Breadcrumb = []web.Crumb{{Text: r.T("event.title"), Href: Path}}
	p.Subject = kernel.Ref{Kind: "event", ID: e.ID}
	p.Leicht = r.HasLeicht(e.Title, e.Teaser, e.Content.Body)
	p.NoIndex = e.Audience != access.Public || e.Stage == event.Draft
	return r.Render(w, p, eventPage(r, v))
}

func (h handlers) photo(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Event(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	photos, err := h.s.Photos(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	for _, p := range photos {
		if string(p.ID) == r.PathValue("photo") {
			return h.jpeg(w, r, p.SHA256)
		}
	}
	return kernel.E(kernel.NotFound, "event.notfound")
}

// jpeg sends a kept picture.
func (h handlers) jpeg(w http.ResponseWriter, r *web.Request, sha string) error {
	f, err := h.o.Open(sha)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	if r.NotModified(w, sha) {
		return nil
	}
	w.Header().Set("Content-Type", "image/jpeg")
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}
