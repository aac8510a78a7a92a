// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"net/http"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// registerWork adds the pages of the editors.
func (h handlers) registerWork(m *web.Mux) {
	held := web.Held() // the service judges each text
	m.Handle("GET "+WorkPath, access.Moderate, h.texts, held)
	m.Handle("POST "+WorkPath, access.EditVision, h.create)
	m.Handle("GET "+WorkPath+"/{text}", access.EditVision, h.desk, held)
	m.Handle("POST "+WorkPath+"/{text}/veroeffentlichen", access.EditVision, h.publish, held)
	m.Handle("GET "+WorkPath+"/{text}/angaben", access.EditVision, h.settings, held)
	m.Handle("POST "+WorkPath+"/{text}/angaben", access.EditVision, h.saveSettings, held)
	m.Handle("POST "+WorkPath+"/{text}/absaetze", access.EditVision, h.add, held)
	m.Handle("GET "+WorkPath+"/{text}/absatz/{paragraph}", access.EditVision, h.paragraph, held)
	m.Handle("POST "+WorkPath+"/{text}/absatz/{paragraph}", access.EditVision, h.write, held)
	m.Handle("POST "+WorkPath+"/{text}/absatz/{paragraph}/{act}", access.EditVision, h.paragraphAct, held)
	m.Handle("GET "+WorkPath+"/{text}/aenderungen", access.Moderate, h.inbox, held)
	m.Handle("GET "+WorkPath+"/{text}/aenderungen/{number}", access.Moderate, h.judge, held)
	m.Handle("POST "+WorkPath+"/{text}/aenderungen/{number}", access.Moderate, h.judged, held)
	m.Handle("GET "+WorkPath+"/{text}/einlesen", access.EditVision, h.askFile, held)
	m.Handle("POST "+WorkPath+"/{text}/einlesen", access.EditVision, h.readFile, web.MaxBody(mostUpload), held)
	m.Handle("POST "+WorkPath+"/{text}/einlesen/uebernehmen", access.EditVision, h.take, web.MaxBody(mostUpload), held)
	m.Handle("GET "+WorkPath+"/{text}/konsolidiert", access.EditVision, h.consolidated, held)
	m.Handle("POST "+WorkPath+"/{text}/konsolidiert", access.EditVision, h.incorporate, held)
	m.Handle("GET "+WorkPath+"/{text}/fassungen", access.AdoptVision, h.versions, held)
	m.Handle("POST "+WorkPath+"/{text}/fassungen/entwurf", access.EditVision, h.issue, held)
	m.Handle("POST "+WorkPath+"/{text}/fassungen/beschluss", access.AdoptVision, h.adopt, held)
	m.Handle("GET "+WorkPath+"/{text}/motto", access.EditVision, h.headline, held)
	m.Handle("POST "+WorkPath+"/{text}/motto", access.EditVision, h.headlined, held)
}

func workPage(r *web.Request, title, lead string) web.Page {
	return web.Page{
		Title: title, Lead: lead, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "vision.css"}, Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}},
	}
}

// inside is a page of one text's desk.
func inside(r *web.Request, d *vision.Doc, title string) web.Page {
	p := workPage(r, title, "")
	if d.Edits || d.Moderates {
		p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: r.T("vision.work.title"), Href: WorkPath})
	}
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: said(r, d.Title), Href: DoorTo(d)})
	return p
}

// DoorTo is the page of a text's desk on which somebody begins: the text for who edits it, the amendments for the moderation, the versions for who
// adopts them.
func DoorTo(d *vision.Doc) string {
	switch {
	case d.Edits:
		return workPath(d.Key)
	case d.Moderates:
		return workPath(d.Key) + "/aenderungen?stand=offen"
	}
	return workPath(d.Key) + "/fassungen"
}

func (h handlers) texts(w http.ResponseWriter, r *web.Request) error {
	return h.listTexts(w, r, web.BlankForm(r))
}

func (h handlers) listTexts(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	texts, err := h.s.Workable(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	var list []*vision.Doc
	for _, t := range texts {
		d, err := h.s.Doc(r.Context(), r.Actor, t.Key)
		if err != nil {
			return err
		}
		list = append(list, d)
	}
	p := workPage(r, r.T("vision.work.title"), r.T("vision.work.lead"))
	if f.Failed() {
		return r.Invalid(w, p, textsPage(r, list, f))
	}
	return r.Render(w, p, textsPage(r, list, f))
}

func (h handlers) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	t, err := h.s.Create(r.Context(), r.Actor, vision.Text{
		Key: f.Value("key"), Kind: vision.Kind(f.Value("kind")), Title: kernel.Text{"de": f.Value("title")}, Lead: kernel.Text{"de": f.Value("lead")},
	})
	if f.Fail(err) {
		return h.listTexts(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(t.Key), "notice.vision.created")
}

// work is a text as its editors see it.
type work struct {
	doc   *vision.Doc
	live  []vision.Paragraph
	gone  []vision.Paragraph
	open  map[kernel.ID]int
	all   []vision.Amendment
	waits int // accepted, not part of the text yet
	fresh int // not seen by the moderation yet
}

// work gives a text to who may do one of the acts to it.
func (h handlers) work(r *web.Request, acts ...access.Action) (work, error) {
	v := work{open: map[kernel.ID]int{}}
	d, err := h.s.Desk(r.Context(), r.Actor, r.PathValue("text"), acts...)
	if err != nil {
		return v, err
	}
	v.doc, v.live = d, d.Live(read(r))
	for _, p := range d.Paragraphs {
		if !p.Live() {
			v.gone = append(v.gone, p)
		}
	}
	if v.all, err = h.s.Amendments(r.Context(), r.Actor, d.Key); err != nil {
		return v, err
	}
	for _, a := range v.all {
		if a.State.Open() {
			v.open[a.Paragraph]++
		}
		if a.State == vision.Submitted {
			v.fresh++
		}
		if a.Waits() {
			v.waits++
		}
	}
	return v, nil
}

func (h handlers) desk(w http.ResponseWriter, r *web.Request) error {
	return h.showDesk(w, r, web.BlankForm(r))
}

func (h handlers) showDesk(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.work(r, access.EditVision)
	if err != nil {
		return err
	}
	p := workPage(r, said(r, v.doc.Title), r.T("vision.kind."+string(v.doc.Kind)))
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: r.T("vision.work.title"), Href: WorkPath})
	p.Wide = true
	if f.Failed() {
		return r.Invalid(w, p, deskPage(r, v, f))
	}
	return r.Render(w, p, deskPage(r, v, f))
}

// onDesk answers an act: back to the desk with a word of success, or the desk with what was wrong.
func (h handlers) onDesk(w http.ResponseWriter, r *web.Request, err error, notice, at string) error {
	f := web.NewForm(r)
	if f.Fail(err) {
		return h.showDesk(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(r.PathValue("text"))+at, notice)
}

func (h handlers) publish(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	public := f.Value("public") == "1"
	notice := "notice.vision.unpublished"
	if public {
		notice = "notice.vision.published"
	}
	return h.onDesk(w, r, h.s.Publish(r.Context(), r.Actor, r.PathValue("text"), public), notice, "")
}

// variants are the languages an editor writes in: German, English, Leichte Sprache, and what the text has beside.
func variants(d *vision.Doc, more ...string) []string {
	out := []string{"de", "de+leicht", "en"}
	for _, list := range [][]string{d.Languages, more} {
		for _, l := range list {
			if tag, ok := kernel.Tag(l); ok && !has(out, tag) {
				out = append(out, tag)
			}
		}
	}
	return out
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// textOf reads a text in several languages from a form: the fields are name and language.
func textOf(f *web.Form, name string, langs []string) kernel.Text {
	t := kernel.Text{}
	for _, l := range langs {
		if s := f.Value(name + "-" + l); s != "" {
			t[l] = s
		}
	}
	if l, ok := kernel.Tag(f.Value("sprache-neu")); ok && f.Value(name+"-neu") != "" {
		t[l] = f.Value(name + "-neu")
	}
	return t
}

func (h handlers) settings(w http.ResponseWriter, r *web.Request) error {
	v, err := h.work(r, access.EditVision)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	t := v.doc.Text
	for _, l := range variants(v.doc) {
		f.Set("title-"+l, t.Title[l])
		f.Set("lead-"+l, t.Lead[l])
	}
	f.Set("kind", string(t.Kind))
	f.Set("module", t.Process+"/"+t.Module)
	f.Set("team", t.Team)
	f.Set("opens", dateOf(t.Opens))
	f.Set("closes", lastDay(t.Closes))
	f.Set("edit", strconv.Itoa(t.Edit))
	return h.showSettings(w, r, v, f)
}

func (h handlers) showSettings(w http.ResponseWriter, r *web.Request, v work, f *web.Form) error {
	var modules, teams []web.Item
	var err error
	if h.o.Modules != nil {
		if modules, err = h.o.Modules(r); err != nil {
			return err
		}
	}
	if h.o.AllTeams != nil {
		if teams, err = h.o.AllTeams(r); err != nil {
			return err
		}
	}
	p := inside(r, v.doc, r.T("vision.settings"))
	p.Narrow = true
	if f.Failed() {
		return r.Invalid(w, p, settingsPage(r, v, modules, teams, f))
	}
	return r.Render(w, p, settingsPage(r, v, modules, teams, f))
}

func (h handlers) saveSettings(w http.ResponseWriter, r *web.Request) error {
	v, err := h.work(r, access.EditVision)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	edit, _ := strconv.Atoi(f.Value("edit")) // 0 is no edit of any text
	langs := variants(v.doc)
	err = h.s.Save(r.Context(), r.Actor, v.doc.Key, edit, func(t *vision.Text) {
		t.Kind, t.Title, t.Lead, t.Team = vision.Kind(f.Value("kind")), textOf(f, "title", langs), textOf(f, "lead", langs), f.Value("team")
		t.Process, t.Module = cutPair(f.Value("module"))
		t.Opens, t.Closes = moment(f.Value("opens")), after(f.Value("closes"))
	})
	if f.Fail(err) {
		return h.showSettings(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(v.doc.Key), "notice.vision.saved")
}

func (h handlers) add(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	level, _ := strconv.Atoi(f.Value("level")) // out of bounds is put right by the service
	lang, ok := kernel.Tag(f.Value("lang"))
	if !ok {
		lang = "de"
	}
	p, err := h.s.Add(r.Context(), r.Actor, r.PathValue("text"), kernel.ID(f.Value("after")), vision.Paragraph{
		Kind: vision.ParagraphKind(f.Value("kind")), Level: level, Body: kernel.Text{lang: f.Value("body")},
	})
	return h.onDesk(w, r, err, "notice.vision.paragraph.added", "#"+anchor(p.ID))
}
