// SPDX-License-Identifier: EUPL-1.2

package participationweb

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// mostDocument is how large a document may be.
const mostDocument = 20 << 20

// documentTypes are the kinds of files a process can show, by their ending. They are always sent to be saved.
var documentTypes = map[string]string{
	".pdf": "application/pdf", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".odt": "application/vnd.oasis.opendocument.text", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".ods": "application/vnd.oasis.opendocument.spreadsheet", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odp": "application/vnd.oasis.opendocument.presentation", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4", ".ics": "text/calendar; charset=utf-8",
}

// begins are the first bytes of files, where a kind has some.
var begins = map[string]string{
	".pdf": "%PDF-", ".docx": "PK\x03\x04", ".odt": "PK\x03\x04", ".xlsx": "PK\x03\x04", ".ods": "PK\x03\x04", ".pptx": "PK\x03\x04", ".odp": "PK\x03\x04",
	".jpg": "\xff\xd8\xff", ".jpeg": "\xff\xd8\xff", ".png": "\x89PNG\r\n\x1a\n",
}

func (h handlers) documentsPage(w http.ResponseWriter, r *web.Request, p participation.Process, f *web.Form) error {
	page := work(r, r.T("participation.part.documents"), listCrumb(r), processCrumb(r, p))
	if f.Failed() {
		return r.Invalid(w, page, documentsPage(r, p, h.o.Files != nil, f))
	}
	return r.Render(w, page, documentsPage(r, p, h.o.Files != nil, f))
}

func (h handlers) documents(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	return h.documentsPage(w, r, p, web.BlankForm(r))
}

func (h handlers) addDocument(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	d := participation.Document{Title: kernel.Text{source: f.Value("title"), i18n.English: f.Value("title.en")}, Link: strings.TrimSpace(f.Value("link"))}
	if d.Link == "" {
		err = h.upload(r, f, &d)
	}
	if err == nil {
		p.Documents = append(slices.Clone(p.Documents), d)
		_, err = h.s.Save(r.Context(), r.Actor, p)
	}
	if f.Fail(err) {
		return h.documentsPage(w, r, p, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(p.Key)+"/dokumente", "notice.participation.saved")
}

// upload keeps the chosen file. Its ending and its first bytes have to agree on a kind a process can show.
func (h handlers) upload(r *web.Request, f *web.Form, d *participation.Document) error {
	if h.o.Files == nil {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"link": "participation.document.form"}}
	}
	file, head, err := f.File("file")
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	ending := strings.ToLower(path.Ext(head.Filename))
	d.Type = documentTypes[ending]
	start := make([]byte, 8)
	n, _ := file.ReadAt(start, 0)
	if d.Type == "" || !strings.HasPrefix(string(start[:n]), begins[ending]) || n == 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"file": "participation.document.kind"}}
	}
	name := strings.ReplaceAll(head.Filename, "\\", "/")
	d.Name = path.Base(name)
	d.SHA, d.Size, err = h.o.Files.Put(r.Context(), file, mostDocument)
	return err
}

func (h handlers) dropDocument(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	id := web.NewForm(r).Value("id")
	p.Documents = slices.DeleteFunc(slices.Clone(p.Documents), func(d participation.Document) bool { return string(d.ID) == id })
	if _, err = h.s.Save(r.Context(), r.Actor, p); err != nil {
		return err
	}
	return r.Done(w, WorkPath(p.Key)+"/dokumente", "notice.participation.saved")
}

func (h handlers) checkPage(w http.ResponseWriter, r *web.Request, p participation.Process, f *web.Form) error {
	c, err := h.s.Check(r.Context(), r.Actor, p)
	if err != nil {
		return err
	}
	page := work(r, r.T("participation.part.standards"), listCrumb(r), processCrumb(r, p))
	page.Lead = r.T("participation.part.standards.hint")
	if f.Failed() {
		return r.Invalid(w, page, checkPage(r, p, c, f))
	}
	return r.Render(w, page, checkPage(r, p, c, f))
}

func (h handlers) checkStandards(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	return h.checkPage(w, r, p, web.BlankForm(r))
}

func (h handlers) stateStandard(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.s.State(r.Context(), r.Actor, p.Key, participation.Statement{
		Criterion: f.Value("criterion"), Result: participation.Result(f.Value("result")), Comment: f.Value("comment"), Link: f.Value("link"),
		Document: kernel.ID(f.Value("document")),
	})
	if f.Fail(err) {
		return h.checkPage(w, r, p, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(p.Key)+"/standards", "notice.participation.saved")
}

func (h handlers) reachPage(w http.ResponseWriter, r *web.Request, p participation.Process, f *web.Form) error {
	places, err := h.places(r)
	if err != nil {
		return err
	}
	if len(p.Areas) > 0 {
		level, _, _ := strings.Cut(p.Areas[0], "/")
		places = slices.DeleteFunc(places, func(x web.Item) bool { return !strings.HasPrefix(x.Value, level+"/") })
	} else if len(places) > 0 {
		level, _, _ := strings.Cut(places[0].Value, "/")
		places = slices.DeleteFunc(places, func(x web.Item) bool { return !strings.HasPrefix(x.Value, level+"/") })
	}
	page := work(r, r.T("participation.part.reach"), listCrumb(r), processCrumb(r, p))
	page.Lead = r.T("participation.part.reach.hint")
	if f.Failed() {
		return r.Invalid(w, page, paperReachPage(r, p, places, f))
	}
	return r.Render(w, page, paperReachPage(r, p, places, f))
}

func (h handlers) askReached(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Process(r.Context(), r.Actor, r.PathValue("process"))
	if err != nil {
		return err
	}
	return h.reachPage(w, r, p, web.BlankForm(r))
}

func (h handlers) noteReached(w http.ResponseWriter, r *web.Request) error {
	p, err := h.s.Process(r.Context(), r.Actor, r.PathValue("process"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	faults := map[string]string{}
	count := func(name string) int64 {
		s := strings.TrimSpace(f.Value(name))
		if s == "" {
			return 0
		}
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 || n > 100_000 {
			faults[name] = "participation.number"
		}
		return n
	}
	forms := count("forms")
	if forms == 0 && len(faults) == 0 {
		faults["forms"] = "participation.reach.forms"
	}
	var counts []participation.Count
	for _, d := range participation.Dimensions() {
		for _, v := range d.Values {
			counts = append(counts, participation.Count{Dimension: d.Key, Value: v, N: count("n-" + d.Key + "-" + v)})
		}
	}
	places, err := h.places(r)
	if err != nil {
		return err
	}
	for _, x := range places {
		counts = append(counts, participation.Count{Dimension: "area", Value: x.Value, N: count("n-area-" + x.Value)})
	}
	if len(faults) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: faults}
	} else {
		err = h.s.ReachedMany(r.Context(), r.Actor, p.Key, counts, forms)
	}
	if f.Fail(err) {
		return h.reachPage(w, r, p, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(p.Key)+"/erreicht", "notice.participation.saved")
}

func (h handlers) sets(w http.ResponseWriter, r *web.Request) error {
	sets, err := h.s.Sets(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	page := work(r, r.T("participation.sets.title"), listCrumb(r))
	page.Lead = r.T("participation.sets.lead")
	return r.Render(w, page, setsPage(r, sets))
}

// newSet is the address of a set that is not there yet.
const newSet = "neu"

func (h handlers) set(r *web.Request) (participation.Set, error) {
	key := r.PathValue("set")
	if key == newSet {
		return participation.Set{}, nil
	}
	return h.s.Set(r.Context(), r.Tenant.ID, key)
}

func (h handlers) setPage(w http.ResponseWriter, r *web.Request, x participation.Set, f *web.Form) error {
	title := said(r, x.Title)
	if x.Key == "" {
		title = r.T("participation.sets.new")
	}
	page := work(r, title, listCrumb(r), web.Crumb{Text: r.T("participation.sets.title"), Href: setPath})
	if f.Failed() {
		return r.Invalid(w, page, setPage(r, x, f))
	}
	return r.Render(w, page, setPage(r, x, f))
}

func (h handlers) editSet(w http.ResponseWriter, r *web.Request) error {
	x, err := h.set(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("edit", strconv.Itoa(x.Edit))
	f.Set("key", x.Key)
	for _, lang := range i18n.Languages() {
		f.Set("title."+lang, x.Title[lang])
		f.Set("source."+lang, x.Source[lang])
	}
	for i, c := range x.Criteria {
		f.Set(fieldOf(i, "key"), c.Key)
		f.Set(fieldOf(i, "stage"), string(c.Stage))
		f.Set(fieldOf(i, "rule"), string(c.Rule))
		for _, lang := range i18n.Languages() {
			f.Set(fieldOf(i, "title."+lang), c.Title[lang])
		}
	}
	return h.setPage(w, r, x, f)
}

func (h handlers) saveSet(w http.ResponseWriter, r *web.Request) error {
	x, err := h.set(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	out := participation.Set{Key: x.Key, Edit: number(f.Value("edit")), Title: kernel.Text{}, Source: kernel.Text{}}
	if x.Key == "" {
		out.Key = strings.ToLower(strings.TrimSpace(f.Value("key")))
	}
	for _, lang := range i18n.Languages() {
		out.Title[lang], out.Source[lang] = f.Value("title."+lang), f.Value("source."+lang)
	}
	for i := range len(x.Criteria) + moreCriteria {
		c := participation.Criterion{Key: f.Value(fieldOf(i, "key")), Stage: participation.Stage(f.Value(fieldOf(i, "stage"))), Rule: participation.Rule(f.Value(fieldOf(i, "rule"))), Title: kernel.Text{}}
		for _, lang := range i18n.Languages() {
			c.Title[lang] = f.Value(fieldOf(i, "title."+lang))
		}
		if f.Is(fieldOf(i, "remove"), "1") || c.Key == "" && strings.TrimSpace(c.Title[source]) == "" {
			continue
		}
		out.Criteria = append(out.Criteria, c)
	}
	err = h.s.SaveSet(r.Context(), r.Actor, out)
	if f.Fail(err) {
		if kernel.KindOf(err) == kernel.Conflict {
			f.Set("edit", strconv.Itoa(x.Edit))
		}
		return h.setPage(w, r, x, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, setPath, "notice.participation.saved")
}

// moreCriteria is how many empty rows the page of a set offers.
const moreCriteria = 3
