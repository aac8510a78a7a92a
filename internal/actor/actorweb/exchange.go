// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// importPath is where files are brought in.
const importPath = staffPath + "/import"

// mostFile is the largest file of an inventory that is taken in.
const mostFile = 20 << 20

// heads are the words of files in a language.
type heads struct{ p *i18n.Printer }

// Column is the head of a column; the fields of records have the names the pages give them.
func (h heads) Column(name string) string {
	if key := "actor.column." + name; h.p.Has(key) {
		return h.p.T(key)
	}
	return h.p.T("actor.field." + name)
}

// Yes writes yes or no.
func (h heads) Yes(yes bool) string {
	if yes {
		return h.p.T("actor.yes")
	}
	return h.p.T("actor.no")
}

// Text is a text in the language.
func (h heads) Text(t kernel.Text) string {
	s, _ := h.p.Text(t)
	return s
}

var fileKinds = append(actor.Kinds(), actor.RelationKind)

func exportList(r *web.Request) []web.Download {
	out := []web.Download{{Text: r.T("actor.export.all"), Href: r.Link(staffPath + "/export/akteure.xlsx"), Kind: "XLSX"}}
	for _, k := range fileKinds {
		out = append(out, web.Download{Text: r.T("actor.file." + string(k)), Href: r.Link(staffPath + "/export/" + string(k) + ".csv"), Kind: "CSV"})
	}
	return out
}

// export answers the whole inventory as a workbook, or one kind as CSV.
func (p *pages) export(w http.ResponseWriter, r *web.Request) error {
	file := r.PathValue("file")
	words := heads{r.P}
	var b bytes.Buffer
	kind := "text/csv; charset=utf-8"
	if file == "akteure.xlsx" {
		var sheets []write.Sheet
		for _, k := range fileKinds {
			s, err := p.s.Export(r.Context(), r.Actor, k, words)
			if err != nil {
				return err
			}
			s.Name = r.T("actor.file." + string(k))
			sheets = append(sheets, s)
		}
		if err := write.XLSX(&b, sheets, write.Properties{Title: r.T("actor.list.actor"), Language: r.Lang}); err != nil {
			return err
		}
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	} else {
		k, ok := strings.CutSuffix(file, ".csv")
		if !ok || !slices.Contains(fileKinds, actor.Kind(k)) {
			return kernel.E(kernel.NotFound, "actor.notfound")
		}
		s, err := p.s.Export(r.Context(), r.Actor, actor.Kind(k), words)
		if err != nil {
			return err
		}
		if err := write.CSV(&b, s, write.CSVOptions{BOM: true, Semicolon: true, CRLF: true, DecimalComma: true}); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := io.Copy(w, &b)
	return err
}

func (p *pages) importForm(w http.ResponseWriter, r *web.Request) error {
	return p.renderImport(w, r, web.BlankForm(r))
}

func (p *pages) renderImport(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	all, err := p.Inbox.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	waiting := slices.DeleteFunc(all, func(f inbox.File) bool { return f.Kind != inbox.Actors })
	page := staffPage(r, "import")
	page.Wide = false
	if f.Failed() {
		return r.Invalid(w, page, importPage(r, f, waiting))
	}
	return r.Render(w, page, importPage(r, f, waiting))
}

func (p *pages) upload(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	file, head, err := f.File("file")
	if err == nil {
		defer file.Close() //nolint:errcheck // only read
		var kept inbox.File
		if kept, err = p.Inbox.Add(r.Context(), r.Actor, inbox.Actors, head.Filename, file); err == nil {
			return r.Redirect(w, importPath+"/"+string(kept.ID))
		}
	}
	if f.Fail(err) {
		return p.renderImport(w, r, f)
	}
	return err
}

// importing is a file on its way in: what its columns mean, and what would come of it.
type importing struct {
	r      *web.Request
	form   *web.Form
	file   inbox.File
	look   actor.Report
	rep    *actor.Report // of the dry run; nil before
	kind   actor.Kind
	choice []web.Item
}

func (p *pages) importing(r *web.Request, form *web.Form) (importing, actor.ImportRequest, io.Closer, error) {
	d := importing{r: r, form: form}
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return d, actor.ImportRequest{}, nil, err
	}
	file, content, err := p.Inbox.Open(r.Context(), r.Actor, inbox.Actors, id)
	if err != nil {
		return d, actor.ImportRequest{}, nil, err
	}
	d.file = file
	if !form.Has("kind") { // what was filled in before, else what the file looks like
		if draft, err := url.ParseQuery(file.Draft); err == nil {
			for k, v := range draft {
				form.Set(k, v...)
			}
		}
	}
	d.kind = actor.Kind(form.Value("kind"))
	if !slices.Contains(fileKinds, d.kind) {
		d.kind = actor.OfferKind
		form.Set("kind", string(d.kind))
	}
	q := actor.ImportRequest{
		Kind: d.kind, Name: file.Name, Data: content, Size: file.Size, Sheet: form.Value("sheet"), Columns: map[string]string{}, Found: form.Is("found", "1"), Public: form.Is("public", "1"),
	}
	if d.look, err = p.s.Look(r.Context(), r.Actor, q); err != nil {
		return d, q, content, err
	}
	words := []actor.Words{heads{i18n.For(i18n.German, kernel.Standard)}, heads{i18n.For(i18n.English, kernel.Standard)}}
	proposed := actor.Propose(d.look.Columns, d.kind, i18n.Fold, words)
	same := form.Value("was") == string(d.kind)+"/"+q.Sheet
	for _, c := range d.look.Columns {
		name := "column-" + c.Letter
		if !same {
			form.Set(name, proposed[c.Letter])
		}
		if v := form.Value(name); v != "" {
			q.Columns[c.Letter] = v
		}
	}
	form.Set("was", string(d.kind)+"/"+q.Sheet)
	all, _ := actor.Columns(d.kind)
	h := heads{r.P}
	for _, c := range all {
		d.choice = append(d.choice, web.Item{Value: c, Text: h.Column(c)})
	}
	return d, q, content, nil
}

// bring shows a waiting file with its mapping; with ?pruefen it says what would come of it.
func (p *pages) bring(w http.ResponseWriter, r *web.Request) error {
	return p.renderBring(w, r, web.BlankForm(r), false)
}

func (p *pages) renderBring(w http.ResponseWriter, r *web.Request, form *web.Form, dry bool) error {
	page := staffPage(r, "import")
	page.Breadcrumb = append(page.Breadcrumb, web.Crumb{Text: page.Title, Href: importPath})
	d, q, content, err := p.importing(r, form)
	if content != nil {
		defer content.Close() //nolint:errcheck // only read
	}
	if err != nil {
		if d.file.ID != "" && form.Fail(err) {
			page.Title = d.file.Name
			return r.Invalid(w, page, bringPage(d))
		}
		return err
	}
	page.Title = d.file.Name
	if dry {
		rep, err := p.s.Import(r.Context(), r.Actor, q, false)
		if form.Fail(err) {
			return r.Invalid(w, page, bringPage(d))
		}
		if err != nil {
			return err
		}
		d.rep = &rep
	}
	return r.Render(w, page, bringPage(d))
}

// take keeps the mapping, and on the button for it takes the file.
func (p *pages) take(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	draft := url.Values{}
	for k, v := range r.PostForm {
		if k != "do" {
			draft[k] = v
		}
	}
	if err := p.Inbox.SaveDraft(r.Context(), r.Actor, inbox.Actors, id, draft.Encode()); err != nil {
		return err
	}
	if form.Value("do") != "take" {
		return p.renderBring(w, r, form, form.Value("do") == "check")
	}
	d, q, content, err := p.importing(r, form)
	if content != nil {
		defer content.Close() //nolint:errcheck // only read
	}
	if err != nil {
		return err
	}
	_, err = p.s.Import(r.Context(), r.Actor, q, true)
	if form.Fail(err) {
		return p.renderBring(w, r, form, false)
	}
	if err != nil {
		return err
	}
	if len(d.look.Format.Sheets) > 1 { // further sheets of the workbook wait
		return r.Done(w, importPath+"/"+string(id), "notice.actor.imported")
	}
	if err := p.Inbox.Discard(r.Context(), r.Actor, inbox.Actors, id); err != nil {
		return err
	}
	return r.Done(w, staffPath, "notice.actor.imported")
}

// discard takes the file off the list and forgets it.
func (p *pages) discard(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.Inbox.Discard(r.Context(), r.Actor, inbox.Actors, id); err != nil {
		return err
	}
	return r.Done(w, importPath, "notice.inbox.discarded")
}
