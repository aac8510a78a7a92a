// SPDX-License-Identifier: EUPL-1.2

// Package areaweb is the planner's pages of social spaces: the editions there are, and the way of a file from the hand-in through naming its
// columns and a dry run to a new edition.
package areaweb

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	listPath = "/arbeit/raeume"
	newPath  = "/arbeit/raeume/neu"
	filePath = "/arbeit/eingang/raeume/{id}"
	onePath  = "/arbeit/raeume/ausgabe/{level}/{edition}"
)

// importTime is how long reading, checking and drawing a large file of areas may take.
const importTime = 5 * time.Minute

type pages struct {
	s     *area.Service
	inbox *inbox.Service
}

// Register adds the pages.
func Register(m *web.Mux, s *area.Service, files *inbox.Service) {
	p := pages{s, files}
	m.Handle("GET "+listPath, access.ReadInternal, p.list)
	m.Handle("GET "+newPath, access.ImportAreas, p.upload)
	m.Handle("POST "+newPath, access.ImportAreas, p.add, web.MaxBody(inbox.MaxFile+1<<20), web.Timeout(importTime))
	m.Handle("GET "+filePath, access.ImportAreas, p.fields, web.Timeout(importTime))
	m.Handle("POST "+filePath, access.ImportAreas, p.saveFields)
	m.Handle("GET "+filePath+"/pruefung", access.ImportAreas, p.check, web.Timeout(importTime))
	m.Handle("POST "+filePath+"/pruefung", access.ImportAreas, p.saveAnswers)
	m.Handle("POST "+filePath+"/uebernehmen", access.ImportAreas, p.take, web.Timeout(importTime))
	inboxweb.RegisterDiscard(m, files, inbox.Areas, listPath)
	m.Handle("GET "+onePath, access.ReadInternal, p.edition)
	m.Handle("GET "+onePath+"/datei", access.ReadInternal, p.original, web.Stream())
}

func (p pages) page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func listCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("planner.areas.title"), Href: listPath}
}

// listed is an edition with the number of its areas.
type listed struct {
	area.Edition
	Areas int
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	editions, err := p.s.Editions(r.Context(), r.Actor, "")
	if err != nil {
		return err
	}
	list := make([]listed, len(editions))
	for i, e := range editions {
		areas, err := p.s.Areas(r.Context(), r.Actor, e.ID)
		if err != nil {
			return err
		}
		list[i] = listed{e, len(areas)}
	}
	waiting, err := p.waiting(r)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.areas.title"))
	pg.Lead = r.T("planner.areas.lead")
	if len(list) > 0 {
		pg.Aside = web.LinkButton(web.Primary, r.Link(newPath), r.T("planner.areas.new"))
	}
	return r.Render(w, pg, listPage(r, list, waiting))
}

func (p pages) waiting(r *web.Request) ([]inbox.File, error) {
	all, err := p.inbox.List(r.Context(), r.Actor)
	return slices.DeleteFunc(all, func(f inbox.File) bool { return f.Kind != inbox.Areas }), err
}

func (p pages) upload(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, p.uploadPage(r), uploadPage(web.NewForm(r)))
}

func (p pages) uploadPage(r *web.Request) web.Page {
	pg := p.page(r, r.T("planner.areas.new"), listCrumb(r))
	pg.Lead = r.T("planner.areas.new.lead")
	return pg
}

// add takes the file in; an edition to be replaced is carried along.
func (p pages) add(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	query := url.Values{}
	for _, k := range []string{"level", "edition"} {
		if v := f.Value(k); v != "" {
			query.Set(k, v)
		}
	}
	err := inboxweb.Upload(w, r, p.inbox, inbox.Areas, f, query)
	if err != nil && f.Fail(err) {
		return r.Invalid(w, p.uploadPage(r), uploadPage(f))
	}
	return err
}

// opened is a waiting file with what is known of it.
type opened struct {
	inbox.File
	draft    url.Values
	contents area.Contents
	levels   []area.Level
	editions []area.Edition
}

// open reads the waiting file and its draft; the content stays open until done is called.
func (p pages) open(r *web.Request) (o opened, content io.ReaderAt, done func(), err error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return o, nil, nil, err
	}
	file, f, err := p.inbox.Open(r.Context(), r.Actor, inbox.Areas, id)
	if err != nil {
		return o, nil, nil, err
	}
	done = func() { _ = f.Close() } // only read
	o.File = file
	if o.draft, err = url.ParseQuery(file.Draft); err != nil {
		o.draft = url.Values{}
	}
	if o.levels, err = p.s.Levels(r.Context(), r.Actor); err == nil {
		o.editions, err = p.s.Editions(r.Context(), r.Actor, "")
	}
	if err != nil {
		done()
		return o, nil, nil, err
	}
	return o, f, done, nil
}

func (p pages) inspect(r *web.Request, o *opened, content io.ReaderAt) (err error) {
	q := request(o.draft, o.Name, content, o.Size)
	q.Accept = append(q.Accept, "geo.encoding.unknown", "geo.encoding.mismatch") // a look needs no answer
	o.contents, err = p.s.Inspect(r.Context(), r.Actor, q)
	return err
}

func (p pages) fields(w http.ResponseWriter, r *web.Request) error {
	o, content, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	if err := p.inspect(r, &o, content); err != nil {
		return err
	}
	f := web.BlankForm(r)
	for k, v := range o.draft {
		f.Set(k, v...)
	}
	if len(o.draft) == 0 {
		p.propose(r, f, o)
	}
	return r.Render(w, p.filePage(r, o), fieldsPage(o, f))
}

func (p pages) filePage(r *web.Request, o opened) web.Page {
	pg := p.page(r, r.T("planner.areas.fields"), listCrumb(r))
	pg.Scripts = []string{"planner.js"}
	return pg
}

// propose fills the form from the file, from the edition that is to be replaced, and from what the town has.
func (p pages) propose(r *web.Request, f *web.Form, o opened) {
	f.Set("key_field", o.contents.Key)
	f.Set("name_field", o.contents.Name)
	f.Set("parent_way", "none")
	if n := len(o.editions); n > 0 { // by rank: the smallest areas come last, a new level lies below them
		f.Set("parent_level", o.editions[n-1].Level.Key+"/"+o.editions[n-1].Key)
	}
	level, edition := r.URL.Query().Get("level"), r.URL.Query().Get("edition")
	e, err := p.s.Edition(r.Context(), r.Actor, level, edition)
	if err != nil {
		if o.contents.Parent != "" && len(o.levels) > 0 {
			f.Set("parent_way", "field")
			f.Set("parent_field", o.contents.Parent)
		}
		return
	}
	f.Set("level", e.Level.Key)
	f.Set("edition", e.Key)
	f.Set("valid_from", string(e.ValidFrom))
	f.Set("valid_to", string(e.ValidTo))
	if rec, err := p.s.LastImport(r.Context(), r.Actor, e.ID); err == nil {
		for k, v := range draftOf(rec.Request) {
			f.Set(k, v...)
		}
	}
}

func (p pages) saveFields(w http.ResponseWriter, r *web.Request) error {
	return p.save(w, r, func(old, sent url.Values) url.Values {
		sent["accept"], sent["rekey"] = old["accept"], old["rekey"]
		return sent
	})
}

func (p pages) saveAnswers(w http.ResponseWriter, r *web.Request) error {
	return p.save(w, r, answered)
}

// answered is a draft with the answers of the report's form.
func answered(old, sent url.Values) url.Values {
	old["accept"] = sent["accept"]
	old["rekey"] = nil
	for i, k := range sent["rekey_key"] {
		if i < len(sent["rekey_to"]) && sent["rekey_to"][i] != "" {
			old.Add("rekey", k+"="+sent["rekey_to"][i])
		}
	}
	for _, k := range []string{"crs", "layer"} {
		if v := sent.Get(k); v != "" {
			old.Set(k, v)
		}
	}
	return old
}

func (p pages) save(w http.ResponseWriter, r *web.Request, merge func(old, sent url.Values) url.Values) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	file, err := p.inbox.File(r.Context(), r.Actor, inbox.Areas, id)
	if err != nil {
		return err
	}
	old, err := url.ParseQuery(file.Draft)
	if err != nil {
		old = url.Values{}
	}
	draft := merge(old, r.PostForm).Encode()
	if err := p.inbox.SaveDraft(r.Context(), r.Actor, inbox.Areas, file.ID, draft); err != nil {
		return err
	}
	return r.Redirect(w, inboxweb.Path(file)+"/pruefung")
}

// check tries the import and shows what would become of the file.
func (p pages) check(w http.ResponseWriter, r *web.Request) error {
	o, content, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	if len(o.draft) == 0 {
		return r.Redirect(w, inboxweb.Path(o.File))
	}
	q := request(o.draft, o.Name, content, o.Size)
	q.DryRun = true
	report, err := p.s.Import(r.Context(), r.Actor, q, nil)
	return p.show(w, r, o, content, report, err, http.StatusOK)
}

// show answers with the report, or with the form when a field of it is wrong.
func (p pages) show(w http.ResponseWriter, r *web.Request, o opened, content io.ReaderAt, report area.Report, err error, status int) error {
	if err != nil {
		var e *kernel.Error
		if !errors.As(err, &e) || e.Kind != kernel.Invalid && e.Kind != kernel.Conflict {
			return err
		}
		if len(e.Findings) == 0 {
			return p.invalidFields(w, r, o, content, err)
		}
		report.Findings = e.Findings
	}
	v, err := p.view(r, o, report, err)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.areas.check"), listCrumb(r))
	return r.RenderStatus(w, status, pg, checkPage(v))
}

func (p pages) invalidFields(w http.ResponseWriter, r *web.Request, o opened, content io.ReaderAt, err error) error {
	if err := p.inspect(r, &o, content); err != nil {
		return err
	}
	f := web.BlankForm(r)
	for k, v := range o.draft {
		f.Set(k, v...)
	}
	f.Fail(err)
	return r.Invalid(w, p.filePage(r, o), fieldsPage(o, f))
}

// take makes the edition. Sent twice, the second finds nothing to do.
func (p pages) take(w http.ResponseWriter, r *web.Request) error {
	o, content, done, err := p.open(r)
	if err != nil && kernel.KindOf(err) == kernel.NotFound {
		return r.Done(w, listPath, "notice.inbox.gone")
	}
	if err != nil {
		return err
	}
	defer done()
	o.draft = answered(o.draft, r.PostForm)
	if err := p.inbox.SaveDraft(r.Context(), r.Actor, inbox.Areas, o.ID, o.draft.Encode()); err != nil {
		return err
	}
	q := request(o.draft, o.Name, content, o.Size)
	report, err := p.s.Import(r.Context(), r.Actor, q, nil)
	if err != nil {
		q.DryRun = true
		if again, dry := p.s.Import(r.Context(), r.Actor, q, nil); kernel.KindOf(err) == kernel.Invalid && len(again.Findings) > 0 {
			report, err = again, dry
		}
		return p.show(w, r, o, content, report, err, http.StatusUnprocessableEntity)
	}
	if err := p.inbox.Taken(r.Context(), r.Actor, inbox.Areas, o.ID); err != nil {
		return err
	}
	return r.Done(w, editionPath(report.Edition), "notice.area.taken")
}

func editionPath(e area.Edition) string {
	return listPath + "/ausgabe/" + url.PathEscape(e.Level.Key) + "/" + url.PathEscape(e.Key)
}

func (p pages) edition(w http.ResponseWriter, r *web.Request) error {
	ctx := r.Context()
	e, err := p.s.Edition(ctx, r.Actor, r.PathValue("level"), r.PathValue("edition"))
	if err != nil {
		return err
	}
	h, err := p.s.Hierarchy(ctx, r.Actor, e.ID)
	if err != nil {
		return err
	}
	rec, err := p.s.LastImport(ctx, r.Actor, e.ID)
	if err != nil {
		return err
	}
	c, err := p.s.Coverage(ctx, r.Actor, e.ID, area.Overview)
	if err != nil {
		return err
	}
	svg, err := outlineMap(r, c)
	if err != nil {
		return err
	}
	name, _ := r.P.Text(e.Level.Name)
	pg := p.page(r, r.T("planner.areas.edition.title", "level", name, "edition", e.Key), listCrumb(r))
	return r.Render(w, pg, editionPage(r, e, h, rec, svg))
}

// original sends the file as it came, as an attachment that no browser opens by itself.
func (p pages) original(w http.ResponseWriter, r *web.Request) error {
	e, err := p.s.Edition(r.Context(), r.Actor, r.PathValue("level"), r.PathValue("edition"))
	if err != nil {
		return err
	}
	f, err := p.s.OriginalFile(r.Context(), r.Actor, e.ID)
	if err != nil {
		return err
	}
	defer f.Close()
	return send(r.Context(), w, e.Source, f)
}

func send(ctx context.Context, w http.ResponseWriter, name string, f io.Reader) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err := io.Copy(w, f)
	return errors.Join(err, ctx.Err())
}
