// SPDX-License-Identifier: EUPL-1.2

package reportweb

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func (p pages) staff(m *web.Mux) {
	const edition = staffPath + "/{edition}"
	m.Handle("GET "+staffPath, access.ReadInternal, p.desk)
	m.Handle("GET "+staffPath+"/neu", access.EditReport, p.newEdition)
	m.Handle("POST "+staffPath, access.EditReport, p.create, web.Timeout(freezeTime))
	m.Handle("GET "+edition, access.ReadInternal, p.edition)
	m.Handle("GET "+edition+"/einstellungen", access.EditReport, p.settings)
	m.Handle("POST "+edition+"/einstellungen", access.EditReport, p.saveSettings)
	m.Handle("GET "+edition+"/loeschen", access.EditReport, p.confirmDelete)
	m.Handle("POST "+edition+"/loeschen", access.EditReport, p.delete)
	m.Handle("POST "+edition+"/kapitel", access.EditReport, p.addChapter)
	m.Handle("GET "+edition+"/kapitel/{id}", access.EditReport, p.editor)
	m.Handle("POST "+edition+"/kapitel/{id}", access.EditReport, p.saveChapter, web.Timeout(freezeTime))
	m.Handle("POST "+edition+"/kapitel/{id}/vorschau", access.EditReport, p.preview, web.Timeout(freezeTime))
	m.Handle("POST "+edition+"/kapitel/{id}/verschieben", access.EditReport, p.move)
	m.Handle("GET "+edition+"/kapitel/{id}/loeschen", access.EditReport, p.confirmChapter)
	m.Handle("POST "+edition+"/kapitel/{id}/loeschen", access.EditReport, p.deleteChapter)
	m.Handle("GET "+edition+"/freigabe", access.ReleaseReport, p.confirmRelease, web.Timeout(freezeTime))
	m.Handle("POST "+edition+"/freigabe", access.ReleaseReport, p.release, web.Timeout(freezeTime))
	m.Handle("GET "+edition+"/ruecknahme", access.ReleaseReport, p.confirmWithdraw)
	m.Handle("POST "+edition+"/ruecknahme", access.ReleaseReport, p.withdraw)
}

// staffPage is the frame of the planner's pages.
func staffPage(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css", "report.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func deskCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("report.desk.title"), Href: staffPath}
}

func editionCrumb(e report.Edition) web.Crumb {
	return web.Crumb{Text: e.Name(), Href: EditionPath(e.Key)}
}

// entry is an edition in the list.
type entry struct {
	report.Edition
	Audiences []access.Audience
}

func (p pages) desk(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	entries := make([]entry, len(list))
	for i, e := range list {
		entries[i].Edition = e
		if entries[i].Audiences, err = p.s.Audiences(r.Context(), r.Actor, e); err != nil {
			return err
		}
	}
	page := staffPage(r, r.T("report.desk.title"))
	page.Lead = r.T("report.desk.lead")
	page.Aside = web.LinkButton(web.Primary, r.Link(staffPath+"/neu"), r.T("report.desk.new"))
	return r.Render(w, page, deskPage(r, entries))
}

// choices are what a form about an edition offers.
type choices struct {
	areas    []area.Edition
	methods  []analysis.StoredMethod
	editions []report.Edition
	create   bool
}

func (p pages) choices(r *web.Request, create bool) (c choices, err error) {
	c.create = create
	if c.areas, err = p.o.Areas.Editions(r.Context(), r.Actor, ""); err != nil {
		return c, err
	}
	if c.methods, err = p.o.Methods.Methods(r.Context(), r.Actor); err != nil {
		return c, err
	}
	c.editions, err = p.s.List(r.Context(), r.Actor)
	return c, err
}

func newPage(r *web.Request) web.Page {
	page := staffPage(r, r.T("report.desk.new"), deskCrumb(r))
	page.Lead = r.T("report.new.lead")
	return page
}

func (p pages) newEdition(w http.ResponseWriter, r *web.Request) error {
	c, err := p.choices(r, true)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	f.Set("from", "template")
	f.Set("language", r.Lang)
	f.Set("audience", string(access.Public))
	if len(c.areas) > 0 {
		last := c.areas[len(c.areas)-1]
		f.Set("areas", last.Level.Key+"/"+last.Key)
	}
	return r.Render(w, newPage(r), settingsPage(r, f, c, staffPath, 0))
}

// areasName is level and area edition in words.
func (c choices) areasName(r *web.Request, s report.Settings) string {
	for _, e := range c.areas {
		if e.Level.Key == s.Level && e.Key == s.AreaEdition {
			level, _ := r.P.Text(e.Level.Name)
			return r.T("report.facts.areas", "level", level, "edition", e.Key)
		}
	}
	return s.Level + " " + s.AreaEdition
}

// methodName is the title of a method.
func (c choices) methodName(r *web.Request, id string) string {
	for _, m := range c.methods {
		if m.Method.ID == id {
			id, _ = r.P.Text(m.Method.Title.Text())
		}
	}
	return id
}

// read takes title and settings from a form.
func read(f *web.Form, e report.Edition) (report.Edition, error) {
	s := &e.Settings
	fields := map[string]string{}
	if f.Has("language") {
		s.Language = f.Value("language")
	}
	s.Level, s.AreaEdition, _ = strings.Cut(f.Value("areas"), "/")
	s.Method, s.Audience = f.Value("method"), access.Audience(f.Value("audience"))
	e.Title = kernel.Text{s.Language: strings.TrimSpace(f.Value("title"))}
	for name, set := range map[string]*kernel.Period{"period": &s.Period, "compare": &s.Compare} {
		*set = kernel.Period{}
		text := strings.TrimSpace(f.Value(name))
		if text == "" {
			continue
		}
		q, err := kernel.ParsePeriod(text)
		if err != nil {
			fields[name] = "report.period.form"
		}
		*set = q
	}
	if len(fields) > 0 {
		return e, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: fields}
	}
	return e, nil
}

func (p pages) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	e, err := read(f, report.Edition{Key: strings.TrimSpace(f.Value("key"))})
	if err == nil {
		switch from := f.Value("from"); {
		case from == "template":
			e, err = p.s.CreateFromTemplate(r.Context(), r.Actor, e)
		case from == "empty":
			e, err = p.s.Create(r.Context(), r.Actor, e)
		default:
			e, err = p.s.Copy(r.Context(), r.Actor, strings.TrimPrefix(from, "copy:"), e)
		}
	}
	if err == nil {
		return r.Done(w, EditionPath(e.Key), "notice.report.created")
	}
	if !f.Fail(err) {
		return err
	}
	c, err := p.choices(r, true)
	if err != nil {
		return err
	}
	return r.Invalid(w, newPage(r), settingsPage(r, f, c, staffPath, 0))
}

func (p pages) edition(w http.ResponseWriter, r *web.Request) error {
	e, nodes, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	return p.showEdition(w, r, e, nodes, web.BlankForm(r))
}

func (p pages) showEdition(w http.ResponseWriter, r *web.Request, e report.Edition, nodes []*report.Node, f *web.Form) error {
	to, err := p.s.Audiences(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	c, err := p.choices(r, false)
	if err != nil {
		return err
	}
	page := staffPage(r, e.Name(), deskCrumb(r))
	page.Subject = kernel.Ref{Kind: "report", ID: e.ID}
	if f.Failed() {
		return r.Invalid(w, page, editionPage(r, e, c, nodes, to, f))
	}
	return r.Render(w, page, editionPage(r, e, c, nodes, to, f))
}

func settingsFrame(r *web.Request, e report.Edition) web.Page {
	return staffPage(r, r.T("report.settings.title"), deskCrumb(r), editionCrumb(e))
}

func (p pages) settings(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	c, err := p.choices(r, false)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	s := e.Settings
	f.Set("title", e.Name())
	f.Set("areas", s.Level+"/"+s.AreaEdition)
	f.Set("period", s.Period.String())
	if !s.Compare.IsZero() {
		f.Set("compare", s.Compare.String())
	}
	f.Set("method", s.Method)
	f.Set("audience", string(s.Audience))
	f.Set("language", s.Language)
	return r.Render(w, settingsFrame(r, e), settingsPage(r, f, c, EditionPath(e.Key)+"/einstellungen", e.Version))
}

func (p pages) saveSettings(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	changed, err := read(f, e)
	changed.Version, _ = strconv.Atoi(f.Value("version"))
	if err == nil {
		err = p.s.Save(r.Context(), r.Actor, changed)
	}
	if err == nil {
		return r.Done(w, EditionPath(e.Key), "notice.report.saved")
	}
	if !f.Fail(err) {
		return err
	}
	c, err := p.choices(r, false)
	if err != nil {
		return err
	}
	return r.Invalid(w, settingsFrame(r, e), settingsPage(r, f, c, EditionPath(e.Key)+"/einstellungen", changed.Version))
}

func (p pages) confirmDelete(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("report.delete.title"), deskCrumb(r), editionCrumb(e))
	return r.Render(w, page, web.Confirm(web.Confirmation{
		Text: r.T("report.delete.text", "title", e.Name()), Action: r.Link(EditionPath(e.Key) + "/loeschen"), Button: r.T("report.delete.button"),
		Back: r.Link(EditionPath(e.Key)), Danger: true,
	}))
}

func (p pages) delete(w http.ResponseWriter, r *web.Request) error {
	if err := p.s.Delete(r.Context(), r.Actor, r.PathValue("edition")); err != nil {
		return err
	}
	return r.Done(w, staffPath, "notice.report.deleted")
}

func (p pages) addChapter(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	key := r.PathValue("edition")
	c, err := p.s.AddChapter(r.Context(), r.Actor, key, report.Chapter{Title: strings.TrimSpace(f.Value("title")), ParentID: kernel.ID(f.Value("parent"))})
	if err == nil {
		return r.Redirect(w, chapterEdit(key, c.ID))
	}
	if !f.Fail(err) {
		return err
	}
	e, nodes, err := p.s.Chapters(r.Context(), r.Actor, key)
	if err != nil {
		return err
	}
	return p.showEdition(w, r, e, nodes, f)
}

func chapterEdit(key string, id kernel.ID) string { return EditionPath(key) + "/kapitel/" + string(id) }

// node reads one chapter of the request.
func (p pages) node(r *web.Request) (report.Edition, *report.Node, error) {
	e, nodes, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return e, nil, err
	}
	var n *report.Node
	_ = report.Walk(nodes, func(x *report.Node) error {
		if string(x.ID) == r.PathValue("id") {
			n = x
		}
		return nil
	})
	if n == nil {
		return e, nil, kernel.E(kernel.NotFound, "report.chapter.notfound")
	}
	return e, n, nil
}

func (p pages) editor(w http.ResponseWriter, r *web.Request) error {
	e, n, err := p.node(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	f.Set("title", n.Title)
	f.Set("body", n.Body)
	f.Set("version", strconv.Itoa(n.Version))
	return p.showEditor(w, r, e, n, f)
}

func (p pages) showEditor(w http.ResponseWriter, r *web.Request, e report.Edition, n *report.Node, f *web.Form) error {
	shown, findings, err := p.drawn(r, e, n, f.Value("body"))
	if err != nil {
		return err
	}
	offers, err := p.s.Offers(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	page := staffPage(r, n.Number+" "+n.Title, deskCrumb(r), editionCrumb(e))
	page.Wide, page.Scripts = true, []string{"report.js"}
	view := editorPage(r, e, n, f, offers, previewPart(r, e, shown, findings))
	if f.Failed() {
		return r.Invalid(w, page, view)
	}
	return r.Render(w, page, view)
}

// drawn resolves a text that may not be saved.
func (p pages) drawn(r *web.Request, e report.Edition, n *report.Node, body string) (templ.Component, []kernel.Finding, error) {
	d, err := p.s.Preview(r.Context(), r.Actor, e.Key, n.ID, body)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	opt := reportdoc.Options{Level: 2, Untitled: true}
	if profiles(d, d.Chapters[0]) > 3 {
		opt.ProfileHref = func(key string) string { return "#" }
	}
	if err := reportdoc.Chapter(r.Context(), &b, d, d.Chapters[0], p.s.Words(e.Settings.Language), opt); err != nil {
		return nil, nil, err
	}
	return templ.Raw(b.String()), d.Findings, nil
}

func (p pages) saveChapter(w http.ResponseWriter, r *web.Request) error {
	e, n, err := p.node(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if f.Value("step") == "preview" {
		return p.showEditor(w, r, e, n, f)
	}
	version, _ := strconv.Atoi(f.Value("version"))
	err = p.s.SaveChapter(r.Context(), r.Actor, e.Key, report.Chapter{ID: n.ID, Title: f.Value("title"), Body: f.Value("body"), Version: version})
	if err == nil {
		return r.Done(w, chapterEdit(e.Key, n.ID), "notice.report.chapter")
	}
	if !f.Fail(err) {
		return err
	}
	return p.showEditor(w, r, e, n, f)
}

// preview answers the script with the drawn chapter alone.
func (p pages) preview(w http.ResponseWriter, r *web.Request) error {
	e, n, err := p.node(r)
	if err != nil {
		return err
	}
	shown, findings, err := p.drawn(r, e, n, web.NewForm(r).Value("body"))
	if err != nil {
		return err
	}
	return r.Fragment(w, previewPart(r, e, shown, findings))
}

func (p pages) move(w http.ResponseWriter, r *web.Request) error {
	by := 1
	if web.NewForm(r).Value("by") == "up" {
		by = -1
	}
	if err := p.s.MoveChapter(r.Context(), r.Actor, r.PathValue("edition"), kernel.ID(r.PathValue("id")), by); err != nil {
		return err
	}
	return r.Redirect(w, EditionPath(r.PathValue("edition"))+"#k-"+r.PathValue("id"))
}

func (p pages) confirmChapter(w http.ResponseWriter, r *web.Request) error {
	e, n, err := p.node(r)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("report.chapter.delete"), deskCrumb(r), editionCrumb(e))
	return r.Render(w, page, web.Confirm(web.Confirmation{
		Text: r.T("report.chapter.delete.text", "title", n.Number+" "+n.Title), Action: r.Link(chapterEdit(e.Key, n.ID) + "/loeschen"),
		Button: r.T("report.chapter.delete"), Back: r.Link(chapterEdit(e.Key, n.ID)), Danger: true,
	}))
}

func (p pages) deleteChapter(w http.ResponseWriter, r *web.Request) error {
	if err := p.s.DeleteChapter(r.Context(), r.Actor, r.PathValue("edition"), kernel.ID(r.PathValue("id"))); err != nil {
		return err
	}
	return r.Done(w, EditionPath(r.PathValue("edition")), "notice.report.chapter.deleted")
}

func releaseFrame(r *web.Request, e report.Edition) web.Page {
	page := staffPage(r, r.T("report.release.title"), deskCrumb(r), editionCrumb(e))
	page.Lead = r.T("report.release.lead")
	if e.Frozen() {
		page.Lead = r.T("report.release.lead.frozen")
	}
	return page
}

// confirmRelease checks an edition and asks for the release, or says what has to be done before.
func (p pages) confirmRelease(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	findings, err := p.s.Check(r.Context(), r.Actor, e.Key)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	f.Set("audience", string(e.Settings.Audience))
	return r.Render(w, releaseFrame(r, e), releasePage(r, e, findings, f))
}

func (p pages) release(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	notice := "notice.report.released"
	if f.Value("step") == "freeze" {
		notice = "notice.report.frozen"
		_, err = p.s.Freeze(r.Context(), r.Actor, e.Key, nil)
	} else {
		_, err = p.s.Release(r.Context(), r.Actor, e.Key, access.Audience(f.Value("audience")), strings.TrimSpace(f.Value("note")), nil)
	}
	if err == nil {
		return r.Done(w, EditionPath(e.Key), notice)
	}
	if !f.Fail(err) {
		return err
	}
	findings, err := p.s.Check(r.Context(), r.Actor, e.Key)
	if err != nil {
		return err
	}
	return r.Invalid(w, releaseFrame(r, e), releasePage(r, e, findings, f))
}

func (p pages) withdrawFrame(r *web.Request, e report.Edition) web.Page {
	page := staffPage(r, r.T("report.withdraw.title"), deskCrumb(r), editionCrumb(e))
	page.Lead = r.T("report.withdraw.lead")
	return page
}

func (p pages) confirmWithdraw(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	to, err := p.s.Audiences(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	return r.Render(w, p.withdrawFrame(r, e), withdrawPage(r, e, to, web.NewForm(r)))
}

func (p pages) withdraw(w http.ResponseWriter, r *web.Request) error {
	e, _, err := p.s.Chapters(r.Context(), r.Actor, r.PathValue("edition"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = p.s.Withdraw(r.Context(), r.Actor, e.Key, access.Audience(f.Value("audience")), strings.TrimSpace(f.Value("reason")))
	if err == nil {
		return r.Done(w, EditionPath(e.Key), "notice.report.withdrawn")
	}
	if !f.Fail(err) {
		return err
	}
	to, err := p.s.Audiences(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	return r.Invalid(w, p.withdrawFrame(r, e), withdrawPage(r, e, to, f))
}

func refuses(list []kernel.Finding) bool { return slices.ContainsFunc(list, kernel.Finding.Refuses) }
