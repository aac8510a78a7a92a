// SPDX-License-Identifier: EUPL-1.2

// Package actorweb is the face of the inventory: who works in the town and what is offered to whom for everybody, the desk of an organisation
// that keeps its own records, and the tables of the planning staff: matrix, ends of funding, staff hours, picture of networks, who is missing.
package actorweb

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	actorsPath   = "/akteure"
	offersPath   = "/angebote"
	networksPath = "/netzwerke"
	projectsPath = "/projekte"
	staffPath    = "/arbeit/akteure"
	recordPath   = staffPath + "/eintrag"
	ownPath      = "/arbeit/mein-traeger"
)

// Options are what the pages need of others.
type Options struct {
	Service *actor.Service
	Inbox   *inbox.Service
	// Version is the version of everything the public sees of the town.
	Version func(r *web.Request) (string, error)
	// Keepers names who keeps an organisation's records, for staff.
	Keepers func(ctx context.Context, tenant, actor kernel.ID) ([]string, error)
}

type pages struct {
	Options
	s *actor.Service
}

// Register adds the pages.
func Register(m *web.Mux, o Options) {
	p := &pages{o, o.Service}
	public := func(pattern string, h web.Handler) {
		m.Handle("GET "+pattern, access.ReadPublic, web.Cached(o.Version, h))
	}
	public(actorsPath, p.list(actor.ActorKind))
	public(offersPath, p.list(actor.OfferKind))
	public(networksPath, p.list(actor.NetworkKind))
	public(projectsPath, p.list(actor.ProjectKind))
	public(actorsPath+"/{actor}", p.one(actor.ActorKind, "actor"))
	public(offersPath+"/{offer}", p.one(actor.OfferKind, "offer"))
	public(networksPath+"/{network}", p.one(actor.NetworkKind, "network"))
	// Whoever is signed in may ask; the service lets those in who keep the record.
	own := func(pattern string, h web.Handler) { m.Handle(pattern, access.UseOwnAccount, h) }
	own("GET "+ownPath, p.own)
	own("POST "+ownPath+"/{id}/bestaetigen", p.confirm)
	own("GET "+staffPath+"/neu/{kind}", p.add)
	own("POST "+staffPath+"/neu/{kind}", p.create)
	own("GET "+recordPath+"/{id}", p.edit)
	own("POST "+recordPath+"/{id}", p.save)
	own("GET "+recordPath+"/{id}/beenden", p.confirmEnd)
	own("POST "+recordPath+"/{id}/beenden", p.end(true))
	own("POST "+recordPath+"/{id}/zurueckholen", p.end(false))
	own("POST "+recordPath+"/{id}/kontakte", p.contact)
	own("POST "+recordPath+"/{id}/zusammenarbeit", p.relate)
	plan := func(pattern string, h web.Handler, opts ...web.RouteOption) {
		m.Handle(pattern, access.PlanActors, h, opts...)
	}
	plan("GET "+staffPath, p.staff)
	plan("GET "+staffPath+"/matrix", p.matrix)
	plan("GET "+staffPath+"/foerderung", p.funding)
	plan("GET "+staffPath+"/personal", p.hours)
	plan("GET "+staffPath+"/bild", p.network)
	plan("GET "+staffPath+"/fehlt", p.missing)
	plan("GET "+staffPath+"/buendelung", p.pooling)
	plan("POST "+staffPath+"/buendelung", p.judge)
	plan("GET "+staffPath+"/unbestaetigt", p.unconfirmed)
	plan("GET "+staffPath+"/aenderungen", p.changes)
	plan("POST "+staffPath+"/aenderungen/{id}", p.decide)
	plan("GET "+staffPath+"/begriffe", p.terms)
	plan("POST "+staffPath+"/begriffe", p.putTerm)
	plan("GET "+staffPath+"/regeln", p.rules)
	plan("POST "+staffPath+"/regeln", p.setRules)
	plan("GET "+staffPath+"/export/{file}", p.export, web.Costly())
	plan("GET "+importPath, p.importForm)
	plan("POST "+importPath, p.upload, web.MaxBody(mostFile), web.Timeout(importTime))
	plan("GET "+importPath+"/{id}", p.bring, web.Timeout(importTime))
	plan("POST "+importPath+"/{id}", p.take, web.Timeout(importTime))
	plan("POST "+importPath+"/{id}/verwerfen", p.discard)
}

// path is the public page of a record; empty where its kind has none of its own.
func path(m *actor.Meta) string {
	switch m.Kind {
	case actor.ActorKind:
		return actorsPath + "/" + url.PathEscape(m.Key)
	case actor.OfferKind:
		return offersPath + "/" + url.PathEscape(m.Key)
	case actor.NetworkKind:
		return networksPath + "/" + url.PathEscape(m.Key)
	case actor.ProjectKind:
		return projectsPath + "#" + m.Key
	case actor.StructureKind:
		return networksPath + "#" + m.Key
	}
	return ""
}

func editPath(id kernel.ID) string { return recordPath + "/" + string(id) }

func say(r *web.Request, t kernel.Text) string {
	s, _ := r.P.Text(t)
	return s
}

// importTime is how long reading and taking a large file may take.
const importTime = 2 * time.Minute

// withQuery adds values to the query of a path.
func withQuery(path string, values map[string]string) string {
	q := url.Values{}
	for k, v := range values {
		q.Set(k, v)
	}
	return path + "?" + q.Encode()
}

// perPage is how many records a page of a list shows.
const perPage = 50

// paged cuts a list into pages by ?seite=.
func paged[T any](r *web.Request, list []T) ([]T, web.Pages) {
	n, err := strconv.Atoi(r.URL.Query().Get("seite"))
	last := max((len(list)-1)/perPage, 0)
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n-1, last)
	from, to := n*perPage, min((n+1)*perPage, len(list))
	var p web.Pages
	if len(list) > perPage {
		p.Text = r.T("actor.pages", "from", from+1, "to", to, "n", len(list))
		if n > 0 {
			p.Prev = r.With("seite", strconv.Itoa(n))
		}
		if n < last {
			p.Next = r.With("seite", strconv.Itoa(n+2))
		}
	}
	return list[from:to], p
}
