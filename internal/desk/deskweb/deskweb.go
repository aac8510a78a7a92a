// SPDX-License-Identifier: EUPL-1.2

// Package deskweb is the first page after signing in (Arbeit): what waits for a decision, what is new, and what the next step is; in a new
// town the way from the first file to the first report.
package deskweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Item is something of a later capability that the desk shows: an edition of a report in the making, a run.
type Item struct {
	Title, Path string
	Note        string
	At          kernel.Instant
	Draft       bool // waits for its release
}

// Options are what the desk shows.
type Options struct {
	Areas interface {
		Editions(ctx context.Context, a access.Actor, level string) ([]area.Edition, error)
	}
	Figures interface {
		Deliveries(ctx context.Context, a access.Actor) ([]indicator.Delivery, error)
	}
	Inbox *inbox.Service
	Gate  *release.Service
	Runs  func(r *web.Request) ([]Item, error)
	// Reports lists the editions; nil while there are none to write.
	Reports func(r *web.Request) ([]Item, error)
	// Processes lists the participation processes somebody works on; nil: none.
	Processes func(r *web.Request) ([]Item, error)
	// Voices gives the way to what somebody does of participation, votes, events, groups, the vision and the inventory, and what of it waits; nil:
	// nothing.
	Voices func(r *web.Request) (Voices, error)
	// Alerts lists what has gone wrong behind the pages, as far as the reader may see it.
	Alerts func(r *web.Request) ([]Item, error)
	Queue  Queue
	// Requests counts what waits for the decision of the reader as a second person.
	Requests func(ctx context.Context, by access.Actor) (int, error)
}

// Voices is the part of the desk on what citizens, carriers and groups say.
type Voices struct {
	Places  []web.Card // where there is something to do for the reader, with how much
	Waiting []Item     // what waits for the reader
}

// Register adds the page. Everybody who works for or with the town sees it; what it shows depends on the role.
func Register(m *web.Mux, o Options) {
	m.Handle("GET /arbeit", access.Work, func(w http.ResponseWriter, r *web.Request) error {
		p := web.Page{Title: r.T("planner.desk.title"), Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"}}
		alerts, err := o.Alerts(r)
		if err != nil {
			return err
		}
		var processes []Item
		if o.Processes != nil {
			if processes, err = o.Processes(r); err != nil {
				return err
			}
		}
		var voices Voices
		if o.Voices != nil {
			if voices, err = o.Voices(r); err != nil {
				return err
			}
		}
		if !r.Can(access.ReadInternal) {
			if r.Can(access.ManageUsers) {
				p.Lead = r.T("planner.desk.admin")
			}
			requests := 0
			if r.Can(access.SecondPerson) {
				if requests, err = o.Requests(r.Context(), r.Actor); err != nil {
					return err
				}
			}
			return r.Render(w, p, adminPage(r, alerts, processes, voices, requests))
		}
		d, err := o.read(r)
		if err != nil {
			return err
		}
		d.alerts, d.processes, d.voices = alerts, processes, voices
		if d.empty() {
			p.Lead = r.T("planner.desk.empty")
		}
		return r.Render(w, p, deskPage(r, d))
	}, web.Held())
	registerQueue(m, o.Queue)
}

// desk is what stands on the page.
type desk struct {
	editions   int
	deliveries []indicator.Delivery
	waiting    []inbox.File
	open, all  int // tables of figures: not public, and in total
	runs       []Item
	reports    []Item
	canReport  bool
	alerts     []Item
	processes  []Item
	voices     Voices
	requests   int
}

func (d desk) empty() bool { return d.editions == 0 && len(d.deliveries) == 0 }

func (d desk) drafts() (list []Item) {
	for _, x := range append(slices.Clone(d.runs), d.reports...) {
		if x.Draft {
			list = append(list, x)
		}
	}
	return list
}

// newest keeps the last few of a kind, so that a series computed at once does not push everything else away.
func newest(list []Item) []Item {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y Item) int { return cmp.Compare(y.At.UnixNano(), x.At.UnixNano()) })
	return list[:min(3, len(list))]
}

// news are the latest events, newest first.
func (d desk) news(r *web.Request) []Item {
	var list []Item
	for _, x := range d.deliveries {
		key, at := "planner.desk.taken", x.TakenAt
		if !x.Counts() {
			key, at = "planner.desk.retracted", x.RetractedAt
		}
		list = append(list, Item{Title: r.T(key, "file", x.FileName), Path: "/arbeit/lieferungen/" + string(x.ID), At: at, Note: x.TakenBy})
	}
	list = append(append(list, newest(d.runs)...), newest(d.reports)...)
	slices.SortStableFunc(list, func(x, y Item) int { return cmp.Compare(y.At.UnixNano(), x.At.UnixNano()) })
	return list[:min(8, len(list))]
}

func (o Options) read(r *web.Request) (d desk, err error) {
	ctx, a := r.Context(), r.Actor
	editions, err := o.Areas.Editions(ctx, a, "")
	if err != nil {
		return d, err
	}
	d.editions = len(editions)
	if d.deliveries, err = o.Figures.Deliveries(ctx, a); err != nil {
		return d, err
	}
	if d.waiting, err = o.Inbox.List(ctx, a); err != nil {
		return d, err
	}
	v, err := o.Gate.View(ctx, a, access.Internal)
	if err != nil {
		return d, err
	}
	for _, i := range v.Indicators() {
		for _, sl := range v.Slices(i) {
			d.all++
			if !v.Released(release.SliceKind, sl.ID, access.Public) {
				d.open++
			}
		}
	}
	if d.requests, err = o.Requests(ctx, a); err != nil {
		return d, err
	}
	if d.runs, err = o.Runs(r); err != nil {
		return d, err
	}
	if o.Reports != nil {
		d.canReport = true
		d.reports, err = o.Reports(r)
	}
	return d, err
}
