// SPDX-License-Identifier: EUPL-1.2

// Package atlasweb is the face of a town's figures: start page, atlas, profiles of areas, comparison, sheets of indicators and methods.
//
// Every page is whole without JavaScript: maps and charts are drawn on the server with links and a table beside them, choices are forms. What a
// script adds (pan, zoom, hover, brushing) it takes from the page itself, so that page and script cannot disagree, and nothing the gate holds
// back is ever in either.
package atlasweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

type handlers struct {
	m    *web.Mux
	s    *atlas.Service
	maps *Maps
}

// Register adds the public pages of the atlas.
func Register(m *web.Mux, s *atlas.Service) {
	h := &handlers{m: m, s: s, maps: &Maps{}}
	page := func(pattern string, f web.Handler) {
		m.Handle("GET "+pattern, access.ReadPublic, web.Cached(h.stamp, f))
	}
	page("/{$}", h.start)
	page("/atlas", h.atlas)
	page("/atlas/auswahl", h.panel)
	m.Handle("GET /atlas/karte/{level}/{edition}", access.ReadPublic, h.outlines)
	m.Handle("GET /atlas/export/{format}", access.ReadPublic, h.export, web.Costly())
	page("/raeume", h.levels)
	page("/raeume/{level}/{edition}", h.areas)
	page("/raeume/{level}/{edition}/{key}", h.profile)
	page("/vergleich", h.compare)
	page("/daten", h.data)
	page("/daten/{indicator}", h.sheet)
	page("/verfahren/{method}", h.method)
}

// stamp is the version of everything the public can read here.
func (h *handlers) stamp(r *web.Request) (string, error) {
	return h.s.Stamp(r.Context(), r.Actor, access.Public)
}

// open opens the atlas for an audience; one the reader does not belong to is an error that leads to sign-in or to a refusal.
func (h *handlers) open(r *web.Request, as access.Audience) (*atlas.Reader, error) {
	return h.s.Open(r.Context(), r.Actor, as)
}

// has tells whether another part of the program serves a page.
func (h *handlers) has(path string) bool {
	return slices.ContainsFunc(h.m.Routes(), func(r web.Route) bool { return r.Method == http.MethodGet && r.Path == path })
}

func editionPath(e area.Edition) string {
	return "/raeume/" + url.PathEscape(e.Level.Key) + "/" + url.PathEscape(e.Key)
}

func areaPath(e area.Edition, key string) string { return editionPath(e) + "/" + url.PathEscape(key) }

func indicatorPath(key string) string { return "/daten/" + url.PathEscape(key) }

func methodPath(id string) string { return "/verfahren/" + url.PathEscape(id) }

func comparePath(e area.Edition, keys ...string) string {
	v := url.Values{"stufe": {e.Level.Key}, "ausgabe": {e.Key}, "raum": keys}
	return "/vergleich?" + v.Encode()
}

// atlasPath leads to a theme on an edition at a time; what is empty is chosen there.
func atlasPath(t atlas.Theme, e area.Edition, p kernel.Period, selected string) string {
	return query{Choice: atlas.Choice{Theme: t, Level: e.Level.Key, Edition: e.Key, Period: p}, Selected: selected}.path()
}

func levelName(w atlas.Words, l area.Level) string { return atlas.LevelName(w, l.Name, l.Key) }

func editionName(w atlas.Words, e area.Edition) string {
	return w.T("atlas.edition.name", "level", levelName(w, e.Level), "edition", e.Key)
}

// figureStyles are the style sheets of pages with maps and charts.
var figureStyles = []string{"figures.css", "atlas.css"}
