// SPDX-License-Identifier: EUPL-1.2

// Package participationweb shows participation processes (Beteiligung): the public list, the page of a process with its facts, steps, modules,
// minimum standards and reach, and the desk where the planning staff prepares, publishes and closes them.
package participationweb

import (
	"context"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Link is something to go to: a sentence and a path of the town.
type Link struct{ Text, Path string }

// Part is what a capability shows of a module on the page of its process.
type Part struct {
	// Content is drawn under the title and text of the module; nil: nothing.
	Content templ.Component
	// Do is what one can do there now; the zero Link: nothing. The first one of a process is its call to action.
	Do Link
	// More leads to all there is.
	More Link
	// Note is a word beside the title: "34 Beiträge".
	Note string
}

// PartOf draws a module of the kinds a capability knows, for the reader of the request.
type PartOf func(r *web.Request, p participation.Process, m participation.Module) (Part, error)

// Section is something a capability shows of a process as a whole: its events, its numbers, what became of it.
type Section struct {
	ID      string // of the heading, within the page
	Title   string
	Content templ.Component // nil: the section is left out
}

// SectionOf draws one.
type SectionOf func(r *web.Request, p participation.Process) (Section, error)

// Files keeps documents of processes.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sha string, size int64, err error)
	Open(sha string) (*os.File, error)
}

// Member is somebody of the team of a process.
type Member struct {
	Name string
	Role access.Role
}

// Areas knows the town's areas.
type Areas interface {
	Levels(ctx context.Context, a access.Actor) ([]area.Level, error)
	EditionAt(ctx context.Context, a access.Actor, levelKey string, day kernel.Date) (area.Edition, error)
	Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]area.Area, error)
	Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d area.Detail) (*area.Coverage, error)
}

// Options are what the pages need of others.
type Options struct {
	Areas Areas
	// Parts draw the modules, by kind; one that nobody draws shows its title and text.
	Parts map[participation.ModuleKind]PartOf
	// Sections follow the modules, in this order; Results come after reach and standards.
	Sections []SectionOf
	// Files keeps documents; nil: links only.
	Files Files
	// Version changes whenever public pages of the town may show something else.
	Version web.Version
	// Follow is where one orders messages about a process; nil: nowhere.
	Follow func(p participation.Process) string
	// Refs lists what a module of the process can show that lives elsewhere, texts and rounds of voting: the value is its key there. nil: nothing.
	Refs func(r *web.Request, p participation.Process) ([]web.Item, error)
	// Team lists who holds a role in a process.
	Team func(ctx context.Context, by access.Actor, process string) ([]Member, error)
}

type handlers struct {
	s *participation.Service
	o Options
}

// The addresses of participation.
const (
	Path     = "/beteiligung"
	workPath = "/arbeit/beteiligung"
	setPath  = "/arbeit/mindeststandards"
)

// ProcessPath is the public page of a process.
func ProcessPath(key string) string { return Path + "/" + url.PathEscape(key) }

// WorkPath is the desk of a process.
func WorkPath(key string) string { return workPath + "/" + url.PathEscape(key) }

// Register adds the pages. Who may see a draft and change a process is decided by the service.
func Register(m *web.Mux, s *participation.Service, o Options) {
	h := handlers{s, o}
	cached := func(f web.Handler) web.Handler { return f }
	if o.Version != nil {
		cached = func(f web.Handler) web.Handler { return web.Cached(h.version, f) }
	}
	team := web.In(access.InProcess, "process")
	m.Handle("GET "+Path, access.ReadPublic, cached(h.list))
	m.Handle("GET "+Path+"/{process}", access.ReadPublic, cached(h.process), team)
	m.Handle("GET "+Path+"/{process}/mindeststandards", access.ReadPublic, cached(h.standards), team)
	m.Handle("GET "+Path+"/{process}/konzept", access.ReadPublic, cached(h.concept), team)
	m.Handle("GET "+Path+"/{process}/dokument", access.ReadPublic, h.document, team)
	h.desk(m, team)
}

// version is that of the town's public pages, and the minute: phases switch by the clock.
func (h handlers) version(r *web.Request) (string, error) {
	v, err := h.o.Version(r)
	return v + "-" + strconv.FormatInt(h.s.Time().Unix()/60, 36), err
}

// read gives the process of the address.
func (h handlers) read(r *web.Request) (participation.Process, error) {
	return h.s.Process(r.Context(), r.Actor, r.PathValue("process"))
}

// said is a town's text in the reader's language, for titles and attributes.
func said(r *web.Request, t kernel.Text) string {
	s, _ := web.Read(r.Context(), t)
	return s
}

// has tells whether a text says something.
func has(t kernel.Text) bool {
	for _, s := range t {
		if strings.TrimSpace(s) != "" {
			return true
		}
	}
	return false
}

// places lists the areas that can be chosen, level by level, as "quartier/0101" with their names.
func (h handlers) places(r *web.Request) ([]web.Item, error) {
	return Places(r.Context(), h.o.Areas, r.Actor, kernel.Date(h.s.Time().Format("2006-01-02")))
}

// mostPlaces is up to how many areas a level is offered: districts and quarters, not blocks.
const mostPlaces = 400

// Places lists the areas of the levels' present editions, larger ones first, with the key of level and area as value.
func Places(ctx context.Context, areas Areas, by access.Actor, today kernel.Date) ([]web.Item, error) {
	if areas == nil {
		return nil, nil
	}
	levels, err := areas.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	var out []web.Item
	for _, l := range levels {
		e, err := areas.EditionAt(ctx, by, l.Key, today)
		if kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := areas.Areas(ctx, by, e.ID)
		if err != nil {
			return nil, err
		}
		if len(list) < 2 || len(list) > mostPlaces {
			continue
		}
		for _, a := range list {
			out = append(out, web.Item{Value: l.Key + "/" + a.Key, Text: a.Name})
		}
	}
	return out, nil
}

// placeName is the name of an area; its key where there is none of that key any more.
func placeName(places []web.Item, key string) string {
	for _, p := range places {
		if p.Value == key {
			return p.Text
		}
	}
	_, bare, _ := strings.Cut(key, "/")
	return bare
}
