// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"net/http"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func (h handlers) registerStaff(m *web.Mux) {
	held := web.Held()
	at := workPath + "/{event}"
	m.Handle("GET "+workPath, access.CheckIn, h.work, held)
	m.Handle("GET "+workPath+"/neu", access.EditEvent, h.blank, held)
	m.Handle("POST "+workPath+"/neu", access.EditEvent, h.create, held)
	m.Handle("GET "+at, access.EditEvent, h.facts, held)
	m.Handle("POST "+at, access.EditEvent, h.saveFacts, held)
	m.Handle("GET "+at+"/texte", access.EditEvent, h.texts, held)
	m.Handle("POST "+at+"/texte", access.EditEvent, h.saveTexts, held)
	m.Handle("GET "+at+"/programm", access.EditEvent, h.programme, held)
	m.Handle("POST "+at+"/programm", access.EditEvent, h.saveProgramme, held)
	m.Handle("POST "+at+"/veroeffentlichen", access.EditEvent, h.publish, held)
	m.Handle("GET "+at+"/absagen", access.EditEvent, h.askCancel, held)
	m.Handle("POST "+at+"/absagen", access.EditEvent, h.cancel, held)
	m.Handle("POST "+at+"/kopieren", access.EditEvent, h.copy, held)
	m.Handle("GET "+at+"/loeschen", access.EditEvent, h.askDelete, held)
	m.Handle("POST "+at+"/loeschen", access.EditEvent, h.delete, held)
}

func work(r *web.Request) []web.Crumb {
	return []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("event.work.title"), Href: workPath}}
}

// deskPage is the frame of the pages on which one event is prepared.
func (h handlers) deskPage(r *web.Request, e event.Event, title string) web.Page {
	name, _ := r.P.Text(e.Title)
	return web.Page{
		Title: title, Heading: name, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "event.css"},
		Breadcrumb: append(work(r), web.Crumb{Text: name, Href: WorkPath(e.Key)}), Aside: stateBadge(r, e.State(h.now())),
	}
}

func (h handlers) work(w http.ResponseWriter, r *web.Request) error {
	q := r.URL.Query()
	v := workView{now: h.now(), which: q.Get("zeit"), edits: func(e event.Event) bool { return h.s.Edits(r.Actor, e) }}
	f := event.Filter{Drafts: true, Templates: v.which == "vorlagen"}
	list, err := h.s.List(r.Context(), r.Actor, f)
	if err != nil {
		return err
	}
	for _, e := range list {
		over := e.Stage != event.Draft && e.Over(v.now)
		if v.which == "vorlagen" || (v.which == "vergangen") == over {
			v.events = append(v.events, e)
		}
	}
	if v.which != "vergangen" {
		slices.Reverse(v.events)
	}
	return r.Render(w, web.Page{
		Title: r.T("event.work.title"), Lead: r.T("event.work.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "event.css"},
		Breadcrumb: work(r)[:1],
	}, workPage(r, v))
}

func (h handlers) blank(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("process", r.URL.Query().Get("beteiligung"))
	return h.renderBlank(w, r, f)
}

// prepared lists the processes for which the reader may prepare events.
func (h handlers) prepared(r *web.Request) ([]web.Item, error) {
	c, err := h.choices(r)
	return slices.DeleteFunc(c.processes, func(it web.Item) bool { return !h.s.Edits(r.Actor, event.Event{Process: it.Value}) }), err
}

func (h handlers) renderBlank(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	own, err := h.s.List(r.Context(), r.Actor, event.Filter{Templates: true})
	if err != nil {
		return err
	}
	var items []web.Item
	for _, t := range event.Templates() {
		name, _ := r.P.Text(t.Name)
		items = append(items, web.Item{Value: t.Key, Text: name})
	}
	for _, e := range own {
		name, _ := r.P.Text(e.Title)
		items = append(items, web.Item{Value: "eigene:" + e.Key, Text: name, Hint: r.T("event.template.own")})
	}
	processes, err := h.prepared(r)
	if err != nil {
		return err
	}
	p := web.Page{Title: r.T("event.new.title"), Nav: web.NavWork, NoIndex: true, Narrow: true, Breadcrumb: work(r)}
	if f.Failed() {
		return r.Invalid(w, p, newPage(r, items, processes, f))
	}
	return r.Render(w, p, newPage(r, items, processes, f))
}

func (h handlers) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	e, err := h.begin(r, f)
	if f.Fail(err) {
		return h.renderBlank(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(e.Key), "notice.event.created")
}

// begin makes a draft of the template chosen.
func (h handlers) begin(r *web.Request, f *web.Form) (event.Event, error) {
	title := line(f.Value("title"))
	if len([]rune(title)) > 200 {
		return event.Event{}, invalid("title", "event.field.long")
	}
	chosen := f.Value("template")
	start, err := moment(f, "day", "from")
	if err != nil {
		return event.Event{}, err
	}
	end, err := until(f, start)
	if err != nil {
		return event.Event{}, err
	}
	var e event.Event
	if key, own := strings.CutPrefix(chosen, "eigene:"); own {
		t, err := h.s.Edited(r.Context(), r.Actor, key)
		if err != nil {
			return e, err
		}
		if !t.Template {
			return e, kernel.E(kernel.NotFound, "event.notfound")
		}
		e = event.Event{Content: t.Content, Registers: t.Registers, Capacity: t.Capacity, HasWaiting: t.HasWaiting, Parts: t.Parts, Process: t.Process, Group: t.Group}
	} else {
		i := slices.IndexFunc(event.Templates(), func(t event.Shipped) bool { return t.Key == chosen })
		if i < 0 {
			return e, invalid("template", "event.field.missing")
		}
		e = event.Templates()[i].Make()
	}
	if title != "" {
		e.Title = kernel.T(title, "")
	}
	if key := f.Value("process"); key != "" {
		own, err := h.prepared(r)
		if err != nil {
			return e, err
		}
		if !slices.ContainsFunc(own, func(it web.Item) bool { return it.Value == key }) {
			return e, invalid("process", "event.field.missing")
		}
		e.Process = key
	} else if !h.s.Edits(r.Actor, e) {
		return e, invalid("process", "event.field.missing")
	}
	e.Start, e.End = start, end
	return h.s.Create(r.Context(), r.Actor, e)
}

func (h handlers) facts(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return h.renderFacts(w, r, e, factsForm(r, e))
}

func (h handlers) renderFacts(w http.ResponseWriter, r *web.Request, e event.Event, f *web.Form) error {
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	v := factsView{e: e, c: c, now: h.now()}
	if h.o.Groups != nil {
		if v.groups, err = h.o.Groups(r); err != nil {
			return err
		}
	}
	p := h.deskPage(r, e, r.T("event.tab.facts"))
	if f.Failed() {
		return r.Invalid(w, p, factsPage(r, v, f))
	}
	return r.Render(w, p, factsPage(r, v, f))
}

func (h handlers) saveFacts(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	changed, err := readFacts(e, f)
	if err == nil {
		_, err = h.s.Save(r.Context(), r.Actor, changed)
	}
	if f.Fail(err) {
		return h.renderFacts(w, r, e, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(e.Key), "notice.event.saved")
}

func (h handlers) texts(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	tag := variant(r.URL.Query().Get("fassung"))
	return h.renderTexts(w, r, e, tag, textsForm(r, e, tag))
}

func (h handlers) renderTexts(w http.ResponseWriter, r *web.Request, e event.Event, tag string, f *web.Form) error {
	p := h.deskPage(r, e, r.T("event.tab.texts"))
	if f.Failed() {
		return r.Invalid(w, p, textsPage(r, e, tag, f))
	}
	return r.Render(w, p, textsPage(r, e, tag, f))
}

func (h handlers) saveTexts(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	tag := variant(f.Value("fassung"))
	changed, err := readTexts(e, tag, f)
	if err == nil {
		_, err = h.s.Save(r.Context(), r.Actor, changed)
	}
	if f.Fail(err) {
		return h.renderTexts(w, r, e, tag, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(e.Key)+"/texte?fassung="+escape(tag), "notice.event.saved")
}

func (h handlers) programme(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return h.renderProgramme(w, r, e, programmeForm(r, e))
}

func (h handlers) renderProgramme(w http.ResponseWriter, r *web.Request, e event.Event, f *web.Form) error {
	p := h.deskPage(r, e, r.T("event.tab.programme"))
	if f.Failed() {
		return r.Invalid(w, p, programmePage(r, e, f))
	}
	return r.Render(w, p, programmePage(r, e, f))
}

func (h handlers) saveProgramme(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	changed, err := readProgramme(e, f)
	if err == nil {
		_, err = h.s.Save(r.Context(), r.Actor, changed)
	}
	if f.Fail(err) {
		return h.renderProgramme(w, r, e, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(e.Key)+"/programm", "notice.event.saved")
}

func (h handlers) publish(w http.ResponseWriter, r *web.Request) error {
	key := r.PathValue("event")
	err := h.s.Publish(r.Context(), r.Actor, key)
	if kernel.KindOf(err) == kernel.Conflict && err != nil {
		e, found := h.s.Edited(r.Context(), r.Actor, key)
		if found != nil {
			return found
		}
		f := factsForm(r, e)
		f.Fail(err)
		return h.renderFacts(w, r, e, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(key), "notice.event.published")
}

func (h handlers) askCancel(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return r.Render(w, h.deskPage(r, e, r.T("event.cancel.title")), cancelPage(r, e, web.BlankForm(r)))
}

func (h handlers) cancel(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	reason := kernel.T(line(f.Value("reason")), line(f.Value("reason_en")))
	if len([]rune(reason["de"]+reason["en"])) > 1000 {
		err = invalid("reason", "event.field.long")
	} else {
		err = h.s.Cancel(r.Context(), r.Actor, e.Key, reason)
	}
	if f.Fail(err) {
		return r.Invalid(w, h.deskPage(r, e, r.T("event.cancel.title")), cancelPage(r, e, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(e.Key), "notice.event.cancelled")
}

func (h handlers) copy(w http.ResponseWriter, r *web.Request) error {
	c, err := h.s.Copy(r.Context(), r.Actor, r.PathValue("event"), web.NewForm(r).Is("vorlage", "1"))
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(c.Key), "notice.event.copied")
}

func (h handlers) askDelete(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return r.Render(w, h.deskPage(r, e, r.T("event.delete.title")), web.Confirm(web.Confirmation{
		Text: r.T("event.delete.text"), Action: r.Link(WorkPath(e.Key) + "/loeschen"), Button: r.T("event.delete.button"), Back: r.Link(WorkPath(e.Key)), Danger: true,
	}))
}

func (h handlers) delete(w http.ResponseWriter, r *web.Request) error {
	if err := h.s.Delete(r.Context(), r.Actor, r.PathValue("event")); err != nil {
		return err
	}
	return r.Done(w, workPath, "notice.event.deleted")
}
