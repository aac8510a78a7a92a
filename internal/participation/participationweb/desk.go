// SPDX-License-Identifier: EUPL-1.2

package participationweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// desk adds the pages of the staff.
func (h handlers) desk(m *web.Mux, team web.RouteOption) {
	m.Handle("GET "+workPath, access.Publish, h.workList, web.Held())
	m.Handle("GET "+workPath+"/neu", access.EditProcess, h.askNew)
	m.Handle("POST "+workPath+"/neu", access.EditProcess, h.create)
	at := workPath + "/{process}"
	m.Handle("GET "+at, access.Publish, h.dashboard, team)
	m.Handle("GET "+at+"/stand", access.Publish, h.askMove, team)
	m.Handle("POST "+at+"/stand", access.Publish, h.move, team)
	m.Handle("GET "+at+"/team", access.EditProcess, h.team, team)
	m.Handle("GET "+at+"/loeschen", access.EditProcess, h.askDiscard, team)
	m.Handle("POST "+at+"/loeschen", access.EditProcess, h.discard, team)
	for _, p := range editPages {
		m.Handle("GET "+at+"/"+p.slug, access.EditProcess, h.edit(p), team)
		m.Handle("POST "+at+"/"+p.slug, access.EditProcess, h.save(p), team)
	}
	m.Handle("GET "+at+"/dokumente", access.EditProcess, h.documents, team)
	m.Handle("POST "+at+"/dokumente", access.EditProcess, h.addDocument, team, web.MaxBody(mostDocument+1<<20))
	m.Handle("POST "+at+"/dokumente/entfernen", access.EditProcess, h.dropDocument, team)
	m.Handle("GET "+at+"/standards", access.EditProcess, h.checkStandards, team)
	m.Handle("POST "+at+"/standards", access.EditProcess, h.stateStandard, team)
	m.Handle("GET "+at+"/erreicht", access.RecordContribution, h.askReached, team)
	m.Handle("POST "+at+"/erreicht", access.RecordContribution, h.noteReached, team)
	m.Handle("GET "+setPath, access.EditProcess, h.sets)
	m.Handle("GET "+setPath+"/{set}", access.EditProcess, h.editSet)
	m.Handle("POST "+setPath+"/{set}", access.EditProcess, h.saveSet)
}

// work is the page of the desk under the title.
func work(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: styles,
		Breadcrumb: append([]web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}, crumbs...),
	}
}

func listCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("participation.title"), Href: workPath}
}

func processCrumb(r *web.Request, p participation.Process) web.Crumb {
	return web.Crumb{Text: said(r, p.Title), Href: WorkPath(p.Key)}
}

// workView is what the staff's list shows.
type workView struct {
	list []participation.Process
	own  []participation.Pattern
	now  kernel.Instant
}

func (h handlers) workList(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.List(r.Context(), r.Actor, participation.Filter{})
	if err != nil {
		return err
	}
	if !r.Can(access.Publish) {
		list = slices.DeleteFunc(list, func(p participation.Process) bool { return !runs(r, p) })
	}
	v := workView{list: list, now: h.s.Time()}
	if r.Can(access.EditProcess) {
		if v.own, err = h.s.Patterns(r.Context(), r.Actor); err != nil {
			return err
		}
		v.own = slices.DeleteFunc(v.own, func(p participation.Pattern) bool { return !p.Own })
	}
	page := work(r, r.T("participation.title"))
	page.Lead = r.T("participation.work.lead")
	return r.Render(w, page, workListPage(r, v))
}

// runs tells whether the reader is in charge of the process, be it archived.
func runs(r *web.Request, p participation.Process) bool {
	o := p.Object(r.Tenant.ID, participation.Module{}, kernel.Instant{})
	o.Locked = false
	return access.Can(r.Actor, access.Publish, o)
}

// copyOf stands before the key of a process or template of the town in the form of a new one: a shipped template can have the same key.
const copyOf = "kopie:"

// newView is what the page of a new process shows.
type newView struct {
	patterns []participation.Pattern
	copies   []participation.Process
}

func (h handlers) newView(r *web.Request) (v newView, err error) {
	if v.patterns, err = h.s.Patterns(r.Context(), r.Actor); err != nil {
		return v, err
	}
	v.copies, err = h.s.List(r.Context(), r.Actor, participation.Filter{})
	return v, err
}

func (h handlers) askNew(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	if key := f.Value("von"); key != "" {
		f.Set("from", copyOf+key)
	}
	v, err := h.newView(r)
	if err != nil {
		return err
	}
	return r.Render(w, work(r, r.T("participation.new.title"), listCrumb(r)), newPage(r, v, f))
}

func (h handlers) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	n := participation.New{
		Key: f.Value("key"), Title: kernel.Text{i18n.German: f.Value("title")}, Start: kernel.Date(f.Value("start")), Zone: kernel.Zone(),
		Template: f.Is("template", "1"),
	}
	if key, ok := strings.CutPrefix(f.Value("from"), copyOf); ok {
		n.Copy = key
	} else {
		n.From = f.Value("from")
	}
	p, err := h.s.CreateFrom(r.Context(), r.Actor, n)
	if f.Fail(err) {
		v, err := h.newView(r)
		if err != nil {
			return err
		}
		return r.Invalid(w, work(r, r.T("participation.new.title"), listCrumb(r)), newPage(r, v, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(p.Key), "notice.participation.created")
}

// boardView is the dashboard of a process: its parts in the order of filling in, and what is missing.
type boardView struct {
	p        participation.Process
	gaps     []participation.Gap
	blocking []participation.Line
	check    participation.Check
	next     []participation.State
	now      kernel.Instant
	missing  int // answers that are owed
	overdue  int
	unread   int // contributions that wait for the moderation
	mayEdit  bool
}

func (h handlers) board(r *web.Request, do access.Action) (v boardView, err error) {
	if v.p, err = h.s.Open(r.Context(), r.Actor, do, r.PathValue("process")); err != nil {
		return v, err
	}
	v.now, v.gaps = h.s.Time(), v.p.Gaps()
	v.mayEdit = access.Can(r.Actor, access.EditProcess, v.p.Object(r.Tenant.ID, participation.Module{}, v.now))
	if v.check, err = h.s.Check(r.Context(), r.Actor, v.p); err != nil {
		return v, err
	}
	v.blocking = v.check.Blocking(participation.Before)
	if !v.p.Template {
		v.next = participation.Next(v.p.State)
	}
	if h.s.Answers != nil {
		if v.missing, v.overdue, err = h.s.Answers.Missing(r.Context(), r.Tenant.ID, v.p.Key); err != nil {
			return v, err
		}
		v.unread, err = h.s.Answers.Undecided(r.Context(), r.Tenant.ID, v.p.Key)
	}
	return v, err
}

func (h handlers) dashboard(w http.ResponseWriter, r *web.Request) error {
	v, err := h.board(r, access.Publish)
	if err != nil {
		return err
	}
	page := work(r, said(r, v.p.Title), listCrumb(r))
	page.Aside = boardAside(r, v)
	return r.Render(w, page, boardPage(r, v))
}

// target reads the state to go to.
func target(v boardView, f *web.Form) (participation.State, error) {
	to := participation.State(f.Value("zu"))
	if !slices.Contains(v.next, to) {
		return "", kernel.E(kernel.NotFound, "access.notfound")
	}
	return to, nil
}

func (h handlers) askMove(w http.ResponseWriter, r *web.Request) error {
	v, err := h.board(r, access.Publish)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	to, err := target(v, f)
	if err != nil {
		return err
	}
	f.Set("edit", strconv.Itoa(v.p.Edit))
	return r.Render(w, work(r, moveTitle(r, to), listCrumb(r), processCrumb(r, v.p)), movePage(r, v, to, f))
}

func moveTitle(r *web.Request, to participation.State) string {
	return r.T("participation.move." + string(to))
}

func (h handlers) move(w http.ResponseWriter, r *web.Request) error {
	v, err := h.board(r, access.Publish)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	to, err := target(v, f)
	if err != nil {
		return err
	}
	_, err = h.s.Move(r.Context(), r.Actor, v.p.Key, number(f.Value("edit")), to, f.Value("reason"))
	if f.Fail(err) {
		f.Set("edit", strconv.Itoa(v.p.Edit))
		return r.Invalid(w, work(r, moveTitle(r, to), listCrumb(r), processCrumb(r, v.p)), movePage(r, v, to, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(v.p.Key), "notice.participation.moved")
}

// number reads a whole number; -1 is none of ours.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (h handlers) askDiscard(w http.ResponseWriter, r *web.Request) error {
	v, err := h.board(r, access.EditProcess)
	if err != nil {
		return err
	}
	return r.Render(w, work(r, r.T("participation.discard.title"), listCrumb(r), processCrumb(r, v.p)), web.Confirm(web.Confirmation{
		Text: r.T("participation.discard.text"), Lines: []string{said(r, v.p.Title)}, Action: r.Link(WorkPath(v.p.Key) + "/loeschen"),
		Button: r.T("participation.discard.title"), Back: r.Link(WorkPath(v.p.Key)), Danger: true,
	}))
}

func (h handlers) discard(w http.ResponseWriter, r *web.Request) error {
	if err := h.s.Discard(r.Context(), r.Actor, r.PathValue("process")); err != nil {
		return err
	}
	return r.Done(w, workPath, "notice.participation.discarded")
}

func (h handlers) team(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	var list []Member
	if h.o.Team != nil {
		if list, err = h.o.Team(r.Context(), r.Actor, p.Key); err != nil {
			return err
		}
	}
	page := work(r, r.T("participation.part.team"), listCrumb(r), processCrumb(r, p))
	page.Lead = r.T("participation.team.lead")
	return r.Render(w, page, teamPage(r, list))
}

// Desk lists, for the first page after signing in, what of participation waits: drafts, processes whose answers are late, phases that end soon.
func (h handlers) waits(ctx context.Context, r *web.Request) ([]Waiting, error) {
	list, err := h.s.List(ctx, r.Actor, participation.Filter{})
	if err != nil {
		return nil, err
	}
	now := h.s.Time()
	var out []Waiting
	for _, p := range list {
		x := Waiting{Title: said(r, p.Title), Path: WorkPath(p.Key), At: p.ChangedAt}
		switch p.State {
		case participation.Draft, participation.Ready:
			x.Note, x.Draft = r.T("participation.state."+string(p.State)), true
		case participation.Running:
			x.Note = remaining(r, p, now)
			if p.Status(now) == participation.Over {
				x.Note = r.T("participation.desk.over")
			}
		case participation.Evaluation, participation.Feedback:
			x.Note = r.T("participation.state." + string(p.State))
			if h.s.Answers != nil {
				missing, overdue, err := h.s.Answers.Missing(ctx, r.Tenant.ID, p.Key)
				if err != nil {
					return nil, err
				}
				if missing > 0 {
					x.Note = r.T("participation.desk.answers", "n", missing, "overdue", overdue)
				}
			}
		default:
			continue
		}
		out = append(out, x)
	}
	return out, nil
}

// Waiting is a process as the first page after signing in shows it.
type Waiting struct {
	Title, Path, Note string
	At                kernel.Instant
	Draft             bool
}

// Desk lists the processes somebody works on, for the first page after signing in; empty for those who do not.
func Desk(s *participation.Service, r *web.Request) ([]Waiting, error) {
	if !r.CanAnywhere(access.Publish) {
		return nil, nil
	}
	return handlers{s: s}.waits(r.Context(), r)
}

// WorkList is the address of the staff's list.
const WorkList = workPath

// newFrom is the address of the form for a copy.
func newFrom(key string) string { return workPath + "/neu?von=" + url.QueryEscape(key) }
