// SPDX-License-Identifier: EUPL-1.2

package privacyweb

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// staff is the desk of data protection: what there is to do, and where.
func (p pages) staff(w http.ResponseWriter, r *web.Request) error {
	d, err := p.todo(r)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("privacy.staff.title"))
	page.Lead = r.T("privacy.staff.lead")
	return r.Render(w, page, staffDesk(r, d))
}

// todo is what the desk of data protection shows.
type todo struct {
	records       []privacy.Record
	fresh         bool
	open, overdue int
	pages         []privacy.PageState
}

func (p pages) todo(r *web.Request) (d todo, err error) {
	if d.records, d.fresh, err = p.s.Records(r.Context(), r.Actor); err != nil {
		return d, err
	}
	if r.Can(access.ReadFeedback) {
		if d.open, d.overdue, err = p.s.Waiting(r.Context(), r.Actor); err != nil {
			return d, err
		}
	}
	if r.Can(access.EditLegal) {
		d.pages, err = p.s.States(r.Context(), r.Actor)
	}
	return d, err
}

func (p pages) record(w http.ResponseWriter, r *web.Request) error {
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	rec, err := p.s.RecordAt(r.Context(), r.Actor, version)
	if err != nil {
		return err
	}
	list, fresh, err := p.s.Records(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("privacy.record.title"), staffCrumb(r))
	page.Lead = r.T("privacy.record.lead")
	if version > 0 {
		page.Title = r.T("privacy.record.version", "version", version)
		page.Lead = r.T("privacy.record.at", "at", r.P.DateTime(rec.At))
		page.Breadcrumb = append(page.Breadcrumb, web.Crumb{Text: r.T("privacy.record.title"), Href: recordPath})
	}
	return r.Render(w, page, recordPage(r, rec, list, fresh))
}

// versionOf is the version of the address; 0 where it has none.
func versionOf(r *web.Request) (int, error) {
	s := r.PathValue("version")
	if s == "" || s == "jetzt" && strings.HasSuffix(r.Pattern, "{file}") {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1<<30 {
		return 0, kernel.E(kernel.NotFound, "privacy.record.notfound")
	}
	return n, nil
}

func (p pages) keepRecord(w http.ResponseWriter, r *web.Request) error {
	if _, err := p.s.SaveRecord(r.Context(), r.Actor); err != nil {
		return err
	}
	return r.Done(w, recordPath, "notice.privacy.record")
}

func (p pages) recordFile(w http.ResponseWriter, r *web.Request) error {
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	rec, err := p.s.RecordAt(r.Context(), r.Actor, version)
	if err != nil {
		return err
	}
	sheet := recordSheet(r, rec)
	var b bytes.Buffer
	switch r.PathValue("file") {
	case "verzeichnis.csv":
		if err := write.CSV(&b, sheet, write.CSVOptions{BOM: true, Semicolon: true, CRLF: true}); err != nil {
			return err
		}
		return download(w, "text/csv; charset=utf-8", "verzeichnis.csv", b.Bytes())
	case "verzeichnis.xlsx":
		if err := write.XLSX(&b, []write.Sheet{sheet}, write.Properties{}); err != nil {
			return err
		}
		return download(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "verzeichnis.xlsx", b.Bytes())
	}
	return kernel.E(kernel.NotFound, "access.notfound")
}

func recordSheet(r *web.Request, rec privacy.Record) write.Sheet {
	say := func(t kernel.Text) string {
		s, _ := r.P.Text(t)
		return s
	}
	s := write.Sheet{
		Name:  r.T("privacy.record.title"),
		Title: []string{r.T("privacy.record.title") + ": " + say(rec.Town), r.T("privacy.record.controller") + ": " + say(rec.Controller), r.T("privacy.record.officer") + ": " + say(rec.Officer)},
		Columns: []string{
			r.T("privacy.entry.title"), r.T("privacy.entry.purpose"), r.T("privacy.entry.people"), r.T("privacy.entry.data"), r.T("privacy.entry.basis"),
			r.T("privacy.entry.recipients"), r.T("privacy.entry.kept"),
		},
	}
	for _, e := range rec.Entries {
		s.Rows = append(s.Rows, []write.Cell{
			write.Text(say(e.Title)), write.Text(say(e.Purpose)), write.Text(say(e.People)), write.Text(say(e.Data)), write.Text(say(e.Basis)),
			write.Text(say(e.Recipients)), write.Text(say(e.Kept)),
		})
	}
	s.Notes = append(s.Notes, r.T("privacy.record.measures")+":")
	for _, m := range rec.Measures {
		s.Notes = append(s.Notes, say(m))
	}
	return s
}

func (p pages) termsPage(r *web.Request, f *web.Form) (web.Page, []privacy.Term, []privacy.Proof, error) {
	page := staffPage(r, r.T("privacy.terms.title"), staffCrumb(r))
	page.Lead = r.T("privacy.terms.lead")
	terms, err := p.s.Terms(r.Context(), r.Actor)
	if err != nil {
		return page, nil, nil, err
	}
	if !f.Failed() {
		for _, t := range terms {
			f.Set("days-"+t.Kind.Key, strconv.Itoa(t.Days))
		}
	}
	proofs, err := p.s.Proofs(r.Context(), r.Actor, 60)
	return page, terms, proofs, err
}

func (p pages) terms(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	page, terms, proofs, err := p.termsPage(r, f)
	if err != nil {
		return err
	}
	return r.Render(w, page, termsView(r, f, terms, proofs))
}

func (p pages) setTerms(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	days, wrong := map[string]int{}, map[string]string{}
	for name, values := range r.PostForm {
		key, ok := strings.CutPrefix(name, "days-")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(values[0]))
		if err != nil {
			wrong[name] = "privacy.days.number"
		}
		days[key] = n
	}
	err := error(nil)
	if len(wrong) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: wrong}
	} else {
		err = p.s.SetDays(r.Context(), r.Actor, days)
	}
	if f.Fail(err) {
		page, terms, proofs, err := p.termsPage(r, f)
		if err != nil {
			return err
		}
		return r.Invalid(w, page, termsView(r, f, terms, proofs))
	}
	if err != nil {
		return err
	}
	return r.Done(w, termsPath, "notice.privacy.days")
}

func (p pages) answersPage(r *web.Request) web.Page {
	page := staffPage(r, r.T("privacy.answers.title"), staffCrumb(r))
	page.Lead = r.T("privacy.answers.lead")
	return page
}

func (p pages) answersView(r *web.Request, f *web.Form) (content found, err error) {
	content.text = f.Value("person")
	if content.list, err = p.s.Find(r.Context(), r.Actor, content.text); err != nil {
		return content, err
	}
	content.asked, err = p.s.Disclosures(r.Context(), r.Actor, true)
	return content, err
}

// found is what the page of answers shows.
type found struct {
	text  string
	list  []privacy.Person
	asked []privacy.Disclosure
}

func (p pages) answers(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	v, err := p.answersView(r, f)
	if err != nil {
		return err
	}
	return r.Render(w, p.answersPage(r), answersView(r, f, v))
}

func (p pages) ask(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	id, err := kernel.ParseID(f.Value("id"))
	if err != nil {
		return err
	}
	d, err := p.s.AskFor(r.Context(), r.Actor, id, f.Value("reason"), p.o.Session(r))
	if f.Fail(err) {
		v, err := p.answersView(r, f)
		if err != nil {
			return err
		}
		return r.Invalid(w, p.answersPage(r), answersView(r, f, v))
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, answersPath+"/"+string(d.ID))
}

func (p pages) answer(w http.ResponseWriter, r *web.Request) error {
	return p.showAnswer(w, r, answersPath, staffPage(r, r.T("privacy.answer.one"), staffCrumb(r), web.Crumb{Text: r.T("privacy.answers.title"), Href: answersPath}))
}

// showAnswer shows how an answer stands, to whoever asked for it.
func (p pages) showAnswer(w http.ResponseWriter, r *web.Request, base string, page web.Page) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	d, err := p.s.Disclosure(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	if d.State == privacy.Making {
		page.Refresh = 2
	}
	page.NoIndex = true
	return r.Render(w, page, answerView(r, d, base, d.Session == p.o.Session(r)))
}

func (p pages) start(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.s.StartGranted(r.Context(), r.Actor, id, p.o.Session(r)); err != nil {
		return err
	}
	return r.Redirect(w, answersPath+"/"+string(id))
}

func (p pages) fetch(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	zip, err := p.s.Fetch(r.Context(), r.Actor, id, p.o.Session(r))
	if err != nil {
		return err
	}
	return download(w, "application/zip", "auskunft.zip", zip)
}

func (p pages) erasePage(r *web.Request, person privacy.Person) web.Page {
	page := staffPage(r, r.T("privacy.erase.title"), staffCrumb(r), web.Crumb{Text: r.T("privacy.answers.title"), Href: answersPath + "?person=" + url.QueryEscape(person.Email)})
	page.Narrow = true
	return page
}

func (p pages) eraseForm(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "person")
	if err != nil {
		return err
	}
	person, err := p.s.Person(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	kept, err := p.s.Kept(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return r.Render(w, p.erasePage(r, person), eraseView(r, web.BlankForm(r), person, kept))
}

func (p pages) erase(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "person")
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	person, err := p.s.Person(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	if _, err = p.s.EraseFor(r.Context(), r.Actor, id, f.Value("reason")); f.Fail(err) {
		kept, err := p.s.Kept(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		return r.Invalid(w, p.erasePage(r, person), eraseView(r, f, person, kept))
	}
	if err != nil {
		return err
	}
	return r.Done(w, answersPath, "notice.privacy.erased")
}

func (p pages) barriers(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Barriers(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("privacy.barriers.title"))
	page.Lead = r.T("privacy.barriers.lead", "days", privacy.AnswerDays)
	return r.Render(w, page, barriersView(r, list, p.s.Moment()))
}

func (p pages) barrierPage(r *web.Request) web.Page {
	return staffPage(r, r.T("privacy.barriers.one"), web.Crumb{Text: r.T("privacy.barriers.title"), Href: barriersPath})
}

func (p pages) barrier(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	b, err := p.s.Barrier(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	return r.Render(w, p.barrierPage(r), barrierView(r, web.BlankForm(r), b, p.s.Moment()))
}

func (p pages) answerBarrier(w http.ResponseWriter, r *web.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if err := p.s.AnswerBarrier(r.Context(), r.Actor, id, f.Value("answer")); f.Fail(err) {
		b, err := p.s.Barrier(r.Context(), r.Actor, id)
		if err != nil {
			return err
		}
		return r.Invalid(w, p.barrierPage(r), barrierView(r, f, b, p.s.Moment()))
	} else if err != nil {
		return err
	}
	return r.Done(w, barriersPath, "notice.privacy.answered")
}
