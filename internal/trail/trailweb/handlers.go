// SPDX-License-Identifier: EUPL-1.2

// Package trailweb shows the audit trail to data protection and revision: a list to search, every entry with what its checksum covers, a check
// of the whole chain, and a file to take away.
package trailweb

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/trail"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table/write"
)

const listPath = "/arbeit/protokoll"

// perPage is how many entries a page shows.
const perPage = 50

// verifyTime is how long reading a whole chain may take: a million entries need about ten seconds.
const verifyTime = 5 * time.Minute

// Names gives the name of a person to a reader who may read personal data; ok is false otherwise, and where the account is gone.
type Names func(ctx context.Context, by access.Actor, person kernel.ID) (name string, ok bool)

type pages struct {
	s    *trail.Service
	name Names
}

// Register adds the pages.
func Register(m *web.Mux, s *trail.Service, name Names) {
	p := pages{s, name}
	m.Handle("GET "+listPath, access.ReadAudit, p.list)
	m.Handle("GET "+listPath+"/{seq}", access.ReadAudit, p.entry)
	m.Handle("POST "+listPath+"/pruefen", access.ReadAudit, p.verify, web.Timeout(verifyTime))
	m.Handle("POST "+listPath+"/ausgeben", access.ReadAudit, p.export, web.Timeout(verifyTime))
}

func (p pages) page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

// fields are the names of the filter's fields, which the links to older entries and the export carry on.
var fields = []string{"von", "bis", "person", "was", "art", "objekt"}

// filter reads the fields; days are those of the town's clock.
func filter(f *web.Form) (trail.Filter, error) {
	out := trail.Filter{What: f.Value("was"), Kind: strings.TrimSpace(f.Value("art")), ID: kernel.ID(strings.TrimSpace(f.Value("objekt")))}
	wrong := map[string]string{}
	day := func(name string, after int) (at kernel.Instant) {
		s := f.Value(name)
		if s == "" {
			return at
		}
		t, err := time.ParseInLocation(time.DateOnly, s, kernel.Zone())
		if err != nil || t.Year() < 1900 || t.Year() > 9999 {
			wrong[name] = "date.form"
			return at
		}
		return kernel.InstantOf(t.AddDate(0, 0, after))
	}
	out.From, out.Until = day("von", 0), day("bis", 1)
	if s := strings.TrimSpace(f.Value("person")); s != "" {
		id, err := kernel.ParseID(s)
		if err != nil {
			wrong["person"] = "audit.person.form"
		}
		out.Person = id
	}
	if len(wrong) > 0 {
		return out, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Params: kernel.Params("value", ""), Fields: wrong}
	}
	return out, nil
}

// view is what the list shows.
type view struct {
	f       *web.Form
	entries []trail.Entry
	people  []web.Item
	whats   []web.Item
	older   string
	head    trail.Head
	result  *trail.Result
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	return p.show(w, r, web.NewForm(r), nil)
}

func (p pages) show(w http.ResponseWriter, r *web.Request, f *web.Form, result *trail.Result) error {
	ctx := r.Context()
	v := view{f: f, result: result}
	status := http.StatusOK
	if f.Failed() {
		status = http.StatusUnprocessableEntity
	}
	choice, err := filter(f)
	if err != nil {
		f.Fail(err)
		status = http.StatusUnprocessableEntity
	} else {
		before, _ := strconv.ParseInt(f.Value("vor"), 10, 64) // what is no number is the newest part
		var more bool
		if v.entries, more, err = p.s.Find(ctx, r.Actor, choice, max(before, 0), perPage); err != nil {
			return err
		}
		if more {
			v.older = r.With("vor", strconv.FormatInt(v.entries[len(v.entries)-1].Seq, 10))
		}
	}
	people, whats, err := p.s.Choices(ctx, r.Actor)
	if err != nil {
		return err
	}
	for _, id := range people {
		v.people = append(v.people, web.Item{Value: string(id), Text: p.person(r, id)})
	}
	for _, x := range whats {
		v.whats = append(v.whats, web.Item{Value: x, Text: what(ctx, x)})
	}
	if v.head, err = p.s.Head(ctx, r.Actor); err != nil {
		return err
	}
	pg := p.page(r, r.T("audit.title"))
	pg.Lead = r.T("audit.lead")
	pg.Wide = true
	return r.RenderStatus(w, status, pg, listPage(r, p, v))
}

// person names an account to those who may know the name, and tells accounts apart for everybody else.
func (p pages) person(r *web.Request, id kernel.ID) string {
	if id == "" {
		return ""
	}
	if name, ok := p.name(r.Context(), r.Actor, id); ok {
		return name
	}
	return r.T("audit.person", "id", string(id[max(0, len(id)-8):]))
}

// what names an act.
func what(ctx context.Context, what string) string {
	if key := "audit.what." + what; web.P(ctx).Has(key) {
		return web.T(ctx, key)
	}
	return what
}

func (p pages) entry(w http.ResponseWriter, r *web.Request) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq < 1 {
		return kernel.E(kernel.NotFound, "audit.notfound")
	}
	e, err := p.s.Entry(r.Context(), r.Actor, seq)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("audit.entry", "seq", seq), web.Crumb{Text: r.T("audit.title"), Href: listPath})
	pg.Lead = what(r.Context(), e.What)
	return r.Render(w, pg, entryPage(r, p, e))
}

func (p pages) verify(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	var known []trail.Head
	if s := strings.TrimSpace(r.PostForm.Get("ende")); s != "" {
		f.Set("ende", s)
		h, err := trail.ParseHead(s)
		if err != nil {
			f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Params: kernel.Params("value", s), Fields: map[string]string{"ende": "audit.head.form"}})
			return p.show(w, r, f, nil)
		}
		known = append(known, h)
	}
	result, err := p.s.Verify(r.Context(), r.Actor, known...)
	if err != nil {
		return err
	}
	return p.show(w, r, f, &result)
}

// export sends the chosen entries as a table.
func (p pages) export(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	choice, err := filter(f)
	if f.Fail(err) {
		return p.show(w, r, f, nil)
	}
	sheet := write.Sheet{Columns: []string{"seq", "at", "person", "roles", "action", "what", "object_kind", "object_id", "reason", "note", "hash"}}
	err = p.s.Export(r.Context(), r.Actor, choice, "csv", func(e trail.Entry) error {
		sheet.Rows = append(sheet.Rows, []write.Cell{
			write.Int(e.Seq), write.Text(e.At.String()), write.Text(string(e.Person)), write.Text(strings.Join(e.Roles, " ")), write.Text(string(e.Do)),
			write.Text(e.What), write.Text(e.Object.Kind), write.Text(string(e.Object.ID)), write.Text(e.Reason), write.Text(noteText(e.Note)), write.Text(e.Hash),
		})
		return nil
	})
	if f.Fail(err) {
		return p.show(w, r, f, nil)
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write.CSV(&b, sheet, write.CSVOptions{BOM: true, Semicolon: true, CRLF: true}); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="protokoll.csv"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}
