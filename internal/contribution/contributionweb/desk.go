// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// desk adds the pages of the staff.
func (h handlers) desk(m *web.Mux) {
	held := web.Held()
	m.Handle("GET "+WorkPath, access.RecordContribution, h.workList, held)
	m.Handle("POST "+WorkPath+"/auswahl", access.Moderate, h.bulk, held)
	m.Handle("GET "+WorkPath+"/erfassen", access.RecordContribution, h.quick, held)
	m.Handle("POST "+WorkPath+"/erfassen", access.RecordContribution, h.record, web.MaxBody(maxPhotos), held)
	m.Handle("GET "+WorkPath+"/import", access.RecordContribution, h.importStart)
	m.Handle("POST "+WorkPath+"/import", access.RecordContribution, h.importFile, web.MaxBody(65<<20))
	m.Handle("POST "+WorkPath+"/import/zuordnung", access.RecordContribution, h.importMap)
	m.Handle("GET "+WorkPath+"/ausgeben", access.ExportPseudonymous, h.exportForm)
	m.Handle("POST "+WorkPath+"/ausgeben", access.ExportPseudonymous, h.export)
	m.Handle("GET "+WorkPath+"/{number}", access.RecordContribution, h.work, held)
	m.Handle("POST "+WorkPath+"/{number}/text", access.RecordContribution, h.rewrite, held)
	m.Handle("POST "+WorkPath+"/{number}/datei", access.Moderate, h.dropFile, held)
	m.Handle("POST "+WorkPath+"/{number}/zusammenfuehren", access.Moderate, h.merge, held)
	m.Handle("POST "+WorkPath+"/{number}/teilen", access.Moderate, h.split, held)
	m.Handle("POST "+WorkPath+"/{number}/aussage", access.Moderate, h.note, held)
	m.Handle("POST "+WorkPath+"/{number}/aussage/weg", access.Moderate, h.unnote, held)
}

func workPage(r *web.Request, title string) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "contribution.css"},
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("contribution.work.title"), Href: WorkPath}},
	}
}

// deskList is the list of the staff.
type deskList struct {
	r         *web.Request
	f         *web.Form
	list      []contribution.Contribution
	names     map[string]string
	processes []web.Item
	areas     []web.Item
	pages     web.Pages
	count     int
	moderates bool
	exports   bool
	imports   bool
	query     string
}

// workFilter reads the filter of the staff's list.
func workFilter(r *web.Request, q url.Values) contribution.Filter {
	f := contribution.Filter{
		Process: q.Get("prozess"), Area: q.Get("raum"), Text: q.Get("suche"), Category: q.Get("kategorie"), Office: q.Get("amt"), Limit: 50, After: cursor(q), Work: true,
	}
	if s := contribution.State(q.Get("moderation")); slices.Contains(contribution.States(), s) {
		f.States = []contribution.State{s}
	}
	if c := contribution.Channel(q.Get("kanal")); slices.Contains(contribution.Channels(), c) {
		f.Channels = []contribution.Channel{c}
	}
	if s := q.Get("status"); s == "new" {
		f.Statuses = []contribution.Status{contribution.Unanswered}
	} else if s != "" && slices.Contains(contribution.Statuses(), contribution.Status(s)) {
		f.Statuses = []contribution.Status{contribution.Status(s)}
	}
	if q.Get("von") == "mir" {
		f.Entered = r.Actor.Person
	}
	switch q.Get("ordnung") {
	case "frist":
		f.Order = contribution.Due
	case "unterstuetzt":
		f.Order = contribution.Supported
	case "alt":
		f.Order = contribution.Oldest
	}
	return f
}

func (h handlers) processes(r *web.Request) ([]web.Item, []participation.Process, error) {
	list, err := h.s.Processes.Processes(r.Context(), r.Tenant.ID)
	if err != nil {
		return nil, nil, err
	}
	var out []web.Item
	var seen []participation.Process
	for _, p := range list {
		if access.Can(r.Actor, access.ReadPublic, p.Object(r.Tenant.ID, zeroModule, kernel.Instant{})) {
			out, seen = append(out, web.Item{Value: p.Key, Text: said(r, p.Title)}), append(seen, p)
		}
	}
	return out, seen, nil
}

func (h handlers) workList(w http.ResponseWriter, r *web.Request) error {
	x := deskList{r: r, f: formOf(r)}
	if err := h.fillDesk(r, &x); err != nil {
		return err
	}
	page := workPage(r, r.T("contribution.work.title"))
	page.Breadcrumb, page.Wide = page.Breadcrumb[:1], true
	page.Aside = deskAside(x)
	return r.Render(w, page, deskView(x))
}

func (h handlers) fillDesk(r *web.Request, x *deskList) error {
	ctx := r.Context()
	q := r.URL.Query()
	f := workFilter(r, q)
	var err error
	var more bool
	if x.list, more, err = h.s.List(ctx, r.Actor, f); err != nil {
		return err
	}
	if x.count, err = h.s.Count(ctx, r.Actor, f); err != nil {
		return err
	}
	if x.processes, _, err = h.processes(r); err != nil {
		return err
	}
	levels, err := h.s.AreaLevels(ctx, r.Tenant.ID)
	if err != nil {
		return err
	}
	x.areas = areaItems(web.With(ctx, r), levels)
	if x.names, err = h.s.AreaNames(ctx, r.Tenant.ID); err != nil {
		return err
	}
	x.pages.Text = r.T("contribution.count", "n", x.count)
	if f.After.ID != "" {
		x.pages.Prev = r.With("nach", "")
	}
	if more {
		x.pages.Next = next(r, f, x.list[len(x.list)-1])
	}
	x.moderates, x.exports, x.imports = r.CanAnywhere(access.Moderate), mayExport(r), r.Can(access.RecordContribution)
	q.Del("nach")
	x.query = q.Encode()
	return nil
}

// bulk sorts or merges what was ticked.
func (h handlers) bulk(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	var ids []kernel.ID
	for _, v := range f.Values("beitrag") {
		id, err := kernel.ParseID(v)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	var err error
	if f.Value("tun") == "zusammenfuehren" {
		_, err = h.s.MergeAll(r.Context(), r.Actor, ids, strings.TrimSpace(f.Value("into")), f.Value("reason"))
	} else {
		_, err = h.s.Sort(r.Context(), r.Actor, ids, f.Value("category"))
	}
	if f.Fail(err) {
		x := deskList{r: r, f: f}
		if err := h.fillDesk(r, &x); err != nil {
			return err
		}
		page := workPage(r, r.T("contribution.work.title"))
		page.Wide = true
		return r.Invalid(w, page, deskView(x))
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath+"?"+f.Value("query"), "notice.contribution.sorted")
}

// workOne is a contribution on the desk.
type workOne struct {
	r                         *web.Request
	c                         contribution.Contribution
	p                         participation.Process
	original                  [3]string
	versions                  []contribution.Version
	photos, scans             []contribution.File
	statements                []contribution.Statement
	facts                     []contribution.Fact
	names                     map[string]string
	from                      *contribution.Contribution
	parts, merged             []contribution.Contribution
	similar                   []contribution.Contribution
	more                      []templ.Component
	moderates                 bool
	rewrites                  bool
	ground                    ground
	text, join, divide, stmnt *web.Form
	drop                      *web.Form
}

func (h handlers) loadWork(r *web.Request) (*workOne, error) {
	ctx := r.Context()
	c, err := h.s.Get(ctx, r.Actor, r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	x := &workOne{r: r, c: c, text: web.BlankForm(r), join: web.BlankForm(r), divide: web.BlankForm(r), stmnt: web.BlankForm(r), drop: web.BlankForm(r)}
	x.moderates = h.s.May(ctx, r.Actor, access.Moderate, c)
	own := c.EnteredBy != "" && c.EnteredBy == r.Actor.Person
	x.rewrites = x.moderates || own
	if !x.moderates && !own && !h.s.May(ctx, r.Actor, access.DraftAnswer, c) {
		return nil, kernel.E(kernel.NotFound, "contribution.notfound")
	}
	if x.p, _, err = h.s.Process(ctx, r.Tenant.ID, c.Process, ""); err != nil && kernel.KindOf(err) != kernel.NotFound {
		return nil, err
	}
	if x.moderates || h.s.May(ctx, r.Actor, access.DraftAnswer, c) {
		if x.original[0], x.original[1], x.original[2], err = h.s.Original(ctx, r.Actor, c); err != nil {
			return nil, err
		}
	}
	if x.versions, err = h.s.Versions(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	if x.photos, err = h.s.Photos(ctx, r.Tenant.ID, c); err != nil {
		return nil, err
	}
	if x.scans, err = h.s.Scans(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	if x.statements, err = h.s.Store.Statements(ctx, r.Tenant.ID, c.ID); err != nil {
		return nil, err
	}
	if x.facts, err = h.s.Facts(ctx, r.Tenant.ID, c.Areas, 50); err != nil {
		return nil, err
	}
	if x.names, err = h.s.AreaNames(ctx, r.Tenant.ID); err != nil {
		return nil, err
	}
	if x.from, x.parts, x.merged, err = h.s.Family(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	if x.similar, err = h.s.Similar(ctx, r.Actor, c.Process, c.Title+" "+c.Text, 6); err != nil {
		return nil, err
	}
	x.similar = slices.DeleteFunc(x.similar, func(y contribution.Contribution) bool { return y.ID == c.ID })
	for _, f := range h.o.Work {
		part, err := f(r, c)
		if err != nil {
			return nil, err
		}
		if part != nil {
			x.more = append(x.more, part)
		}
	}
	for name, v := range map[string]string{"title": c.Title, "text": c.Text, "plain": c.Plain, "lang": c.Lang, "category": c.Category, "seen": strconv.Itoa(c.Edit)} {
		x.text.Set(name, v)
	}
	putPlace(x.text, c)
	x.ground, err = h.ground(r)
	x.ground.placed = c.Placed
	return x, err
}

func (h handlers) drawWork(w http.ResponseWriter, x *workOne) error {
	page := workPage(x.r, x.c.Number)
	if x.rewrites {
		page = mapped(page)
	}
	page.Heading = x.c.Number + ": " + x.c.Title
	if x.drop.Failed() || x.text.Failed() || x.join.Failed() || x.divide.Failed() || x.stmnt.Failed() {
		return x.r.Invalid(w, page, workView(x))
	}
	return x.r.Render(w, page, workView(x))
}

func (h handlers) work(w http.ResponseWriter, r *web.Request) error {
	x, err := h.loadWork(r)
	if err != nil {
		return err
	}
	return h.drawWork(w, x)
}

// acted shows what came of an act on a contribution: its page again with what is wrong, or with a word of success.
func (h handlers) acted(w http.ResponseWriter, r *web.Request, f *web.Form, err error, put func(x *workOne), notice string) error {
	var e *kernel.Error
	if errors.As(err, &e) && (e.Kind == kernel.Invalid || e.Kind == kernel.Conflict) {
		x, loading := h.loadWork(r)
		if loading != nil {
			return loading
		}
		f.Fail(err)
		put(x)
		return h.drawWork(w, x)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath+"/"+url.PathEscape(r.PathValue("number")), notice)
}

func (h handlers) rewrite(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	e := contribution.Edit{
		Title: f.Value("title"), Text: f.Value("text"), Plain: f.Value("plain"), Lang: f.Value("lang"), Category: f.Value("category"), Reason: f.Value("reason"),
		Seen: number(f.Value("seen")), Place: f.Value("ort") != "",
	}
	e.Geometry, e.Areas = placeOf(f)
	_, err := h.s.Rewrite(r.Context(), r.Actor, r.PathValue("number"), e)
	return h.acted(w, r, f, err, func(x *workOne) { x.text = f }, "notice.contribution.rewritten")
}

// dropFile takes a photo or scan away.
func (h handlers) dropFile(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.DropFile(r.Context(), r.Actor, r.PathValue("number"), kernel.ID(f.Value("datei")), f.Value("reason"))
	return h.acted(w, r, f, err, func(x *workOne) { x.drop = f }, "notice.contribution.file")
}

func (h handlers) merge(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.Merge(r.Context(), r.Actor, r.PathValue("number"), strings.TrimSpace(f.Value("into")), f.Value("reason"))
	return h.acted(w, r, f, err, func(x *workOne) { x.join = f }, "notice.contribution.merged")
}

// mostParts is how many parts the form offers.
const mostParts = 4

func (h handlers) split(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	var parts []contribution.Part
	for i := range mostParts {
		if text := f.Value("part" + strconv.Itoa(i+1)); strings.TrimSpace(text) != "" {
			parts = append(parts, contribution.Part{Text: text})
		}
	}
	_, err := h.s.Split(r.Context(), r.Actor, r.PathValue("number"), parts, f.Value("reason"))
	return h.acted(w, r, f, err, func(x *workOne) { x.divide = f }, "notice.contribution.split")
}

func (h handlers) note(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	c, err := h.s.Get(r.Context(), r.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	from, to, ok := contribution.Find(c.Text, f.Value("quote"))
	kind, id, _ := strings.Cut(f.Value("about"), ":")
	if !ok {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"quote": "contribution.quote.none"}}
	} else {
		err = h.s.Note(r.Context(), r.Actor, c.Number, contribution.Statement{
			From: from, To: to, Stance: contribution.Stance(f.Value("stance")), About: kernel.Ref{Kind: kind, ID: kernel.ID(id)}, Topic: f.Value("topic"),
		})
	}
	return h.acted(w, r, f, err, func(x *workOne) { x.stmnt = f }, "notice.contribution.noted")
}

func (h handlers) unnote(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.Unnote(r.Context(), r.Actor, r.PathValue("number"), kernel.ID(f.Value("id")))
	return h.acted(w, r, f, err, func(x *workOne) { x.stmnt = f }, "notice.contribution.unnoted")
}
