// SPDX-License-Identifier: EUPL-1.2

// Package releaseweb is the planner's page of releases: which figures which audience sees, what speaks against showing them, and the ledger of
// what was released and withdrawn.
package releaseweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const listPath = "/arbeit/freigaben"

// checkTime is how long judging many tables may take.
const checkTime = 2 * time.Minute

// Areas names the editions.
type Areas interface {
	EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (area.Edition, error)
}

// NameOf gives words and a page to an object of the ledger that is no table of figures; ok is false where it is gone.
type NameOf func(r *web.Request, kind release.Kind, id kernel.ID) (name, path string, ok bool)

type pages struct {
	s     *release.Service
	areas Areas
	name  NameOf
}

// Register adds the pages.
func Register(m *web.Mux, s *release.Service, areas Areas, name NameOf) {
	p := pages{s, areas, name}
	m.Handle("GET "+listPath, access.ReadInternal, p.list)
	m.Handle("GET "+listPath+"/verlauf", access.ReadInternal, p.ledger)
	m.Handle("POST "+listPath+"/pruefen", access.ReleaseFigures, p.check, web.Timeout(checkTime))
	m.Handle("POST "+listPath+"/freigeben", access.ReleaseFigures, p.publish, web.Timeout(checkTime))
	m.Handle("POST "+listPath+"/zuruecknehmen", access.ReleaseFigures, p.withdraw)
}

// row is a slice with its state.
type row struct {
	indicator.SliceState
	Indicator indicator.Indicator
	Edition   area.Edition
	Public    bool
	Political bool
}

// group is an indicator on an edition.
type group struct {
	ID        string // of the box that stands for all of it
	Indicator indicator.Indicator
	Edition   area.Edition
	Rows      []row
}

func (g group) open() (n int) {
	for _, x := range g.Rows {
		if !x.Public {
			n++
		}
	}
	return n
}

func (p pages) page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

// groups reads every table of figures there is.
func (p pages) groups(r *web.Request) ([]group, error) {
	v, err := p.s.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return nil, err
	}
	var out []group
	for _, i := range v.Indicators() {
		at := map[kernel.ID]int{}
		first := len(out)
		for _, sl := range v.Slices(i) {
			n, ok := at[sl.EditionID]
			if !ok {
				e, err := p.areas.EditionByID(r.Context(), r.Actor, sl.EditionID)
				if err != nil {
					return nil, err
				}
				n = len(out)
				at[sl.EditionID] = n
				out = append(out, group{ID: string(i.ID) + "/" + string(e.ID), Indicator: i, Edition: e})
			}
			out[n].Rows = append(out[n].Rows, row{
				SliceState: sl, Indicator: i, Edition: out[n].Edition, Public: v.Released(release.SliceKind, sl.ID, access.Public),
				Political: v.Released(release.SliceKind, sl.ID, access.Political),
			})
		}
		for _, g := range out[first:] {
			slices.Reverse(g.Rows) // newest first
		}
	}
	return out, nil
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	all, err := p.groups(r)
	if err != nil {
		return err
	}
	return p.show(w, r, all, web.NewForm(r), http.StatusOK)
}

func (p pages) show(w http.ResponseWriter, r *web.Request, all []group, f *web.Form, status int) error {
	list := slices.Clone(all)
	words := strings.Fields(strings.ToLower(f.Value("suche")))
	list = slices.DeleteFunc(list, func(g group) bool {
		name, _ := r.P.Text(g.Indicator.Current().Name)
		text := strings.ToLower(name + " " + g.Indicator.Key)
		return f.Value("stand") == "offen" && g.open() == 0 || f.Value("stand") == "frei" && g.open() > 0 ||
			slices.ContainsFunc(words, func(x string) bool { return !strings.Contains(text, x) })
	})
	pg := p.page(r, r.T("planner.release.title"))
	pg.Lead = r.T("planner.release.lead")
	pg.Scripts = []string{"planner.js"}
	pg.Aside = web.LinkButton(web.Secondary, r.Link(listPath+"/verlauf"), r.T("planner.release.ledger"))
	return r.RenderStatus(w, status, pg, listPage(r, list, len(all), f))
}

// chosen are the rows whose boxes, or whose group's box, were ticked.
func chosen(r *web.Request, all []group) []row {
	ids := r.PostForm["slice"]
	groups := r.PostForm["group"]
	var out []row
	for _, g := range all {
		for _, x := range g.Rows {
			if slices.Contains(groups, g.ID) || slices.Contains(ids, string(x.ID)) {
				out = append(out, x)
			}
		}
	}
	return out
}

// judged is a row with what speaks against it.
type judged struct {
	row
	Obstacles []kernel.Finding
	Already   bool
}

func audience(r *web.Request) access.Audience {
	if a := access.Audience(r.PostForm.Get("audience")); a == access.Political {
		return a
	}
	return access.Public
}

// check names the obstacles and asks once more; without a choice the list says so.
func (p pages) check(w http.ResponseWriter, r *web.Request) error {
	all, err := p.groups(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	rows := chosen(r, all)
	if len(rows) == 0 {
		f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "planner.release.nothing"})
		return p.show(w, r, all, f, http.StatusUnprocessableEntity)
	}
	if r.PostForm.Get("step") == "withdraw" {
		return p.askWithdraw(w, r, rows, f, http.StatusOK)
	}
	return p.confirm(w, r, rows, f, http.StatusOK)
}

func (p pages) confirm(w http.ResponseWriter, r *web.Request, rows []row, f *web.Form, status int) error {
	to := audience(r)
	list := make([]judged, len(rows))
	for i, x := range rows {
		list[i] = judged{row: x, Already: x.Public || to == access.Political && x.Political}
		if list[i].Already {
			continue
		}
		found, err := p.s.Obstacles(r.Context(), r.Actor, x.ID, to)
		if err != nil {
			return err
		}
		list[i].Obstacles = found
	}
	pg := p.page(r, r.T("planner.release.confirm"), web.Crumb{Text: r.T("planner.release.title"), Href: listPath})
	return r.RenderStatus(w, status, pg, confirmPage(r, list, to, f))
}

func (p pages) publish(w http.ResponseWriter, r *web.Request) error {
	all, err := p.groups(r)
	if err != nil {
		return err
	}
	rows := chosen(r, all)
	f := web.NewForm(r)
	ids := make([]kernel.ID, len(rows))
	for i, x := range rows {
		ids[i] = x.ID
	}
	if len(ids) == 0 {
		return r.Redirect(w, listPath)
	}
	if err := p.s.Publish(r.Context(), r.Actor, ids, audience(r), strings.TrimSpace(f.Value("note"))); err != nil {
		if f.Fail(err) {
			return p.confirm(w, r, rows, f, http.StatusUnprocessableEntity)
		}
		return err
	}
	return r.Done(w, listPath, "notice.release.done")
}

// askWithdraw asks for the reason; only what is released can be taken back.
func (p pages) askWithdraw(w http.ResponseWriter, r *web.Request, rows []row, f *web.Form, status int) error {
	rows = slices.DeleteFunc(rows, func(x row) bool { return !x.Public && !x.Political })
	pg := p.page(r, r.T("planner.withdraw.title"), web.Crumb{Text: r.T("planner.release.title"), Href: listPath})
	return r.RenderStatus(w, status, pg, withdrawPage(r, rows, f))
}

func (p pages) withdraw(w http.ResponseWriter, r *web.Request) error {
	all, err := p.groups(r)
	if err != nil {
		return err
	}
	rows := chosen(r, all)
	f := web.NewForm(r)
	reason := strings.TrimSpace(f.Value("reason"))
	if reason == "" {
		f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"reason": "release.withdraw.reason"}})
		return p.askWithdraw(w, r, rows, f, http.StatusUnprocessableEntity)
	}
	for _, x := range rows {
		for to, released := range map[access.Audience]bool{access.Public: x.Public, access.Political: x.Political} {
			if !released {
				continue
			}
			err := p.s.Withdraw(r.Context(), r.Actor, release.SliceKind, x.ID, to, reason)
			if err != nil && kernel.KindOf(err) != kernel.NotFound { // withdrawn meanwhile
				return err
			}
		}
	}
	return r.Done(w, listPath, "notice.release.withdrawn")
}

// line is an entry of the ledger in words.
type line struct {
	release.Entry
	Name, Path string
}

func (p pages) ledger(w http.ResponseWriter, r *web.Request) error {
	all, err := p.groups(r)
	if err != nil {
		return err
	}
	names := map[kernel.ID]string{}
	for _, g := range all {
		for _, x := range g.Rows {
			names[x.ID] = sliceName(r, x)
		}
	}
	var lines []line
	for _, kind := range []release.Kind{release.SliceKind, release.RunKind, release.ReportKind} {
		entries, err := p.s.Ledger(r.Context(), r.Actor, kind)
		if err != nil {
			return err
		}
		for _, e := range entries {
			l := line{Entry: e, Name: names[e.ObjectID]}
			if kind != release.SliceKind && p.name != nil {
				l.Name, l.Path, _ = p.name(r, kind, e.ObjectID)
			}
			if l.Name == "" {
				l.Name = r.T("planner.ledger.gone")
			}
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(x, y line) int { return y.ReleasedAt.Compare(x.ReleasedAt.Time) })
	pg := p.page(r, r.T("planner.release.ledger"), web.Crumb{Text: r.T("planner.release.title"), Href: listPath})
	pg.Lead = r.T("planner.ledger.lead")
	return r.Render(w, pg, ledgerPage(r, lines))
}
