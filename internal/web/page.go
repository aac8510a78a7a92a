// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"

	"github.com/a-h/templ"
)

// Nav names the entry of the main navigation a page belongs to.
type Nav string

// The entries of the main navigation; one is shown when its address is registered and the reader may go there.
const (
	NavStart   Nav = "start"
	NavAtlas   Nav = "atlas"
	NavAreas   Nav = "areas"
	NavData    Nav = "data"
	NavReports Nav = "reports"
	NavVoices  Nav = "voices" // Beteiligung
	NavEvents  Nav = "events" // Veranstaltungen, Pinnwand
	NavVision  Nav = "vision" // Leitbild
	NavActors  Nav = "actors" // Akteure, Angebote, Gruppen
	NavRegion  Nav = "region"
	NavWork    Nav = "work"
)

// Page is what the shell needs to know of a page; the content is drawn inside it.
type Page struct {
	Title       string // of the page alone; the shell adds the town's name
	Heading     string // the h1 where it differs from the title
	Lead        string // one or two sentences under the heading
	Description string // for search engines; empty: Lead
	Nav         Nav
	Breadcrumb  []Crumb         // the way here without the page itself; the start page is added
	Scripts     []string        // modules of static/gen, "atlas.js"
	Styles      []string        // extra style sheets of static/gen
	Subject     kernel.Ref      // the object the page shows; fills the slots of the thread
	Aside       templ.Component // beside the heading: buttons, badges
	Wide        bool            // maps and wide tables: use the whole width
	Narrow      bool            // a form alone: a short line is easier
	NoHeading   bool            // the content brings its own h1
	NoIndex     bool            // not for search engines
	Leicht      bool            // the content is written in Leichte Sprache too
	Refresh     int             // seconds after which a browser without script asks again

	failed bool
	sign   string // address of the video in sign language of this page
}

// Crumb is one step of the way to a page; Href is a path of the town.
type Crumb struct{ Text, Href string }

type navItem struct {
	nav  Nav
	key  string
	path string
	do   access.Action
}

var navItems = []navItem{
	{NavStart, "web.nav.start", "/", access.ReadPublic},
	{NavAtlas, "web.nav.atlas", "/atlas", access.ReadPublic},
	{NavAreas, "web.nav.areas", "/raeume", access.ReadPublic},
	{NavData, "web.nav.data", "/daten", access.ReadPublic},
	{NavReports, "web.nav.reports", "/berichte", access.ReadPublic},
	{NavVoices, "web.nav.voices", "/beteiligung", access.ReadPublic},
	{NavEvents, "web.nav.events", "/veranstaltungen", access.ReadPublic},
	{NavVision, "web.nav.vision", "/leitbild", access.ReadPublic},
	{NavActors, "web.nav.actors", "/akteure", access.ReadPublic},
	{NavRegion, "web.nav.region", "/region", access.ReadPublic},
	{NavWork, "web.nav.work", "/arbeit", access.Work},
}

var footerItems = []navItem{
	{"", "web.footer.youth", "/mitreden", access.ReadPublic},
	{"", "web.footer.groups", "/gruppen", access.ReadPublic},
	{"", "web.footer.help", "/hilfe", access.ReadPublic},
	{"", "web.footer.contact", "/kontakt", access.ReadPublic},
	{"", "web.footer.imprint", "/impressum", access.ReadPublic},
	{"", "web.footer.privacy", "/datenschutz", access.ReadPublic},
	{"", "web.footer.accessibility", "/barrierefreiheit", access.ReadPublic},
	{"", "web.footer.conduct", "/netiquette", access.ReadPublic},
	{"", "web.footer.subscribe", "/abo", access.AnonymousWrite},
}

// reachable keeps the entries whose page exists and which the reader may open.
func (r *Request) reachable(items []navItem) []navItem {
	var out []navItem
	for _, it := range items {
		if it.nav == NavRegion && !r.Tenant.Region {
			continue
		}
		if r.mux != nil && r.mux.has(it.path) && r.CanAnywhere(it.do) {
			out = append(out, it)
		}
	}
	return out
}

// has tells whether a page is registered under exactly this path.
func (m *Mux) has(path string) bool {
	return m.pages[path] || path == "/" && m.pages["/{$}"]
}

// otherLanguages lists the languages the page can be switched to.
func (r *Request) otherLanguages() []string {
	var out []string
	for _, l := range i18n.Languages() {
		if l != r.Lang && r.Tenant.Offers(l) {
			out = append(out, l)
		}
	}
	return out
}

// languageName is the name of a language in itself.
func languageName(lang string) string {
	if lang == i18n.English {
		return "English"
	}
	return "Deutsch"
}

func (r *Request) documentTitle(p Page) string {
	title := p.Title
	if p.failed {
		title = r.T("web.title.failed", "title", title)
	}
	name := r.Name()
	switch {
	case name == "":
		return title
	case title == "" || title == name:
		return name
	}
	return title + " – " + name
}

func (p Page) description() string {
	if p.Description != "" {
		return p.Description
	}
	return p.Lead
}

func (p Page) heading() string {
	if p.Heading != "" {
		return p.Heading
	}
	return p.Title
}
