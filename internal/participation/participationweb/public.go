// SPDX-License-Identifier: EUPL-1.2

package participationweb

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

var styles = []string{"figures.css", "planner.css", "participation.css"}

// listView is what the public list shows.
type listView struct {
	list   []participation.Process
	all    int // before the filter
	places []web.Item
	topics []string
	now    kernel.Instant
	asMap  bool
	f      *web.Form
	query  participation.Filter
}

func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	v := listView{f: f, now: h.s.Time(), asMap: f.Value("ansicht") == "karte"}
	v.query = participation.Filter{
		Level: participation.Level(f.Value("art")), Area: f.Value("raum"), Topic: f.Value("thema"), Status: participation.Status(f.Value("stand")),
		Text: f.Value("suche"), Fold: web.Fold,
	}
	all, err := h.s.List(r.Context(), r.Actor, participation.Filter{})
	if err != nil {
		return err
	}
	v.all = len(all)
	for _, p := range all {
		for _, t := range p.Topics {
			if !slices.Contains(v.topics, t) {
				v.topics = append(v.topics, t)
			}
		}
	}
	slices.Sort(v.topics)
	if v.list, err = h.s.List(r.Context(), r.Actor, v.query); err != nil {
		return err
	}
	if v.places, err = h.places(r); err != nil {
		return err
	}
	// Only areas something is about are offered, so that no choice ends in nothing.
	v.places = slices.DeleteFunc(v.places, func(x web.Item) bool {
		return !slices.ContainsFunc(all, func(p participation.Process) bool { return slices.Contains(p.Areas, x.Value) })
	})
	page := web.Page{Title: r.T("participation.title"), Lead: r.T("participation.lead"), Nav: web.NavVoices, Styles: styles}
	if r.Can(access.EditProcess) {
		page.Aside = web.LinkButton(web.Secondary, r.Link(workPath), r.T("participation.work.link"))
	}
	var m mapView
	if v.asMap {
		if m, err = h.listMap(r, v); err != nil {
			return err
		}
	}
	return r.Render(w, page, listPage(r, v, m))
}

// filtered tells whether any filter is set.
func (v listView) filtered() bool {
	q := v.query
	return q.Level != "" || q.Area != "" || q.Topic != "" || q.Status != "" || strings.TrimSpace(q.Text) != ""
}

// remaining is the word on a card about the time: "noch 12 Tage".
func remaining(r *web.Request, p participation.Process, now kernel.Instant) string {
	switch p.Status(now) {
	case participation.Soon:
		if from, _ := p.Time(); !from.IsZero() && now.Before(from.Time) {
			return r.T("participation.time.from", "date", day(from))
		}
		return r.T("participation.time.soon")
	case participation.Over:
		if p.State == participation.Running || p.State == participation.Evaluation || p.State == participation.Feedback {
			return r.T("participation.state." + string(p.State))
		}
		return r.T("participation.time.over")
	}
	x, _, ok := p.Phase(now)
	if !ok {
		return r.T("participation.time.between")
	}
	if x.To.IsZero() {
		return r.T("participation.time.open")
	}
	switch n := daysLeft(now, x.To); n {
	case 0:
		return r.T("participation.time.today")
	case 1:
		return r.T("participation.time.tomorrow")
	default:
		return r.T("participation.time.days", "n", n)
	}
}

// daysLeft counts midnights of the town until the end; an end at midnight belongs to the day before.
func daysLeft(now, to kernel.Instant) int {
	zone := kernel.Zone()
	midnight := func(t time.Time) time.Time {
		t = t.In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, zone)
	}
	return int(midnight(to.Add(-time.Second)).Sub(midnight(now.Time)).Round(24*time.Hour).Hours() / 24)
}

// elapsed is how much of the phase that is on has gone by, per cent; ok is false without an end.
func elapsed(p participation.Process, now kernel.Instant) (int, bool) {
	x, _, ok := p.Phase(now)
	if !ok || x.From.IsZero() || x.To.IsZero() {
		return 0, false
	}
	return int(100 * now.Sub(x.From.Time) / x.To.Sub(x.From.Time)), true
}

// day is the date of an instant in the town.
func day(i kernel.Instant) kernel.Date {
	if i.IsZero() {
		return ""
	}
	return kernel.DayOf(i.Time)
}

// lastDay is the last day before an instant.
func lastDay(i kernel.Instant) kernel.Date {
	if i.IsZero() {
		return ""
	}
	return day(kernel.InstantOf(i.Add(-time.Second)))
}

// span says from when to when something lasts.
func span(r *web.Request, from, to kernel.Instant) string {
	switch {
	case from.IsZero() && to.IsZero():
		return r.T("participation.span.unknown")
	case from.IsZero():
		return r.T("participation.span.to", "to", lastDay(to))
	case to.IsZero():
		return r.T("participation.span.from", "from", day(from))
	}
	return r.T("participation.span", "from", day(from), "to", lastDay(to))
}

// officeName is the name of the office in charge.
func officeName(r *web.Request, key string) string {
	if key == "" {
		return ""
	}
	return said(r, indicator.OfficeNames(key)[0])
}

// partView is a module with what its capability draws.
type partView struct {
	participation.Module
	Part
}

// processView is what the page of a process shows.
type processView struct {
	p        participation.Process
	places   []web.Item
	parts    []partView
	sections []Section
	check    participation.Check
	reach    participation.ReachView
	now      kernel.Instant
	follow   string
	edit     bool
	do       Link // the call to action
}

func (h handlers) view(r *web.Request, p participation.Process) (v processView, err error) {
	v = processView{p: p, now: h.s.Time()}
	if v.places, err = h.places(r); err != nil {
		return v, err
	}
	for _, m := range p.Modules {
		x := partView{Module: m}
		if draw := h.o.Parts[m.Kind]; draw != nil {
			if x.Part, err = draw(r, p, m); err != nil {
				return v, err
			}
		}
		if v.do.Path == "" {
			v.do = x.Do
		}
		v.parts = append(v.parts, x)
	}
	for _, draw := range h.o.Sections {
		s, err := draw(r, p)
		if err != nil {
			return v, err
		}
		if s.Content != nil {
			v.sections = append(v.sections, s)
		}
	}
	if v.check, err = h.s.Check(r.Context(), r.Actor, p); err != nil {
		return v, err
	}
	if v.reach, err = h.s.ReachOf(r.Context(), r.Actor, p); err != nil {
		return v, err
	}
	if h.o.Follow != nil && !p.PublishedAt.IsZero() {
		v.follow = h.o.Follow(p)
	}
	v.edit = access.Can(r.Actor, access.EditProcess, p.Object(r.Tenant.ID, participation.Module{}, v.now))
	return v, nil
}

// texts are those of the page of a process, for the notice about a language that is missing.
func texts(p participation.Process) []kernel.Text {
	return []kernel.Text{p.Title, p.Teaser, p.Body, p.Decided, p.Who, p.How, p.Scope, p.Limits, p.LevelReason, p.Contact}
}

func (h handlers) page(r *web.Request, p participation.Process) web.Page {
	return web.Page{
		Title: said(r, p.Title), Nav: web.NavVoices, Styles: styles, Subject: kernel.Ref{Kind: "process", ID: p.ID}, Leicht: r.HasLeicht(texts(p)...),
		NoIndex: p.PublishedAt.IsZero() || p.Reach == participation.Members, Breadcrumb: []web.Crumb{{Text: r.T("participation.title"), Href: Path}},
	}
}

func (h handlers) process(w http.ResponseWriter, r *web.Request) error {
	p, err := h.read(r)
	if err != nil {
		return err
	}
	v, err := h.view(r, p)
	if err != nil {
		return err
	}
	page := h.page(r, p)
	page.Lead = said(r, p.Teaser)
	page.Aside = heroAside(r, v)
	return r.Render(w, page, processPage(r, v))
}

// below is the page of a part of a process.
func (h handlers) below(r *web.Request, p participation.Process, title, lead string) web.Page {
	page := h.page(r, p)
	page.Breadcrumb = append(page.Breadcrumb, web.Crumb{Text: said(r, p.Title), Href: ProcessPath(p.Key)})
	page.Title, page.Lead, page.Leicht = title, lead, false
	return page
}

func (h handlers) standards(w http.ResponseWriter, r *web.Request) error {
	p, err := h.read(r)
	if err != nil {
		return err
	}
	c, err := h.s.Check(r.Context(), r.Actor, p)
	if err != nil {
		return err
	}
	return r.Render(w, h.below(r, p, r.T("participation.standards.title"), r.T("participation.standards.lead")), standardsPage(r, p, c))
}

func (h handlers) concept(w http.ResponseWriter, r *web.Request) error {
	p, err := h.read(r)
	if err != nil {
		return err
	}
	if p.Concept.Written() == 0 {
		return kernel.E(kernel.NotFound, "participation.concept.notfound")
	}
	return r.Render(w, h.below(r, p, r.T("participation.concept.title"), said(r, p.Title)), conceptPage(r, p))
}

// document sends a file of a process, always to be saved: what people uploaded is never shown inside the town's pages.
func (h handlers) document(w http.ResponseWriter, r *web.Request) error {
	p, err := h.read(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Documents, func(d participation.Document) bool { return string(d.ID) == r.URL.Query().Get("id") })
	if i < 0 || p.Documents[i].SHA == "" || h.o.Files == nil {
		return kernel.E(kernel.NotFound, "participation.document.notfound")
	}
	d := p.Documents[i]
	file, err := h.o.Files.Open(d.SHA)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	w.Header().Set("Content-Type", d.Type)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r.Request, "", time.Time{}, file)
	return nil
}

func tone(x participation.Result) web.Tone {
	switch x {
	case participation.Fulfilled:
		return web.Success
	case participation.Partly, participation.Waived:
		return web.Warning
	case participation.No:
		return web.Danger
	}
	return web.Neutral
}

func stateTone(s participation.State) web.Tone {
	switch s {
	case participation.Running:
		return web.Success
	case participation.Evaluation, participation.Feedback, participation.Ready:
		return web.Info
	}
	return web.Neutral
}

// escapePath writes a key into a path.
func escapePath(s string) string { return url.PathEscape(s) }

// escape writes a value into an address.
func escape(s string) string { return url.QueryEscape(s) }

func itoa(n int) string { return strconv.Itoa(n) }
