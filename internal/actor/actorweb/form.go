// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// editing is the form of a record.
type editing struct {
	shown
	actor.Record
	form     *web.Form
	levels   []actor.Level
	action   string
	back     string
	fresh    bool
	planner  bool
	contacts []actor.Contact
	partners []actor.Partner
	others   []actor.Record // to be related with
	changes  []actor.Change
	kept     []actor.Record
}

// backOf is the page one came from: the desk of the organisation, or the staff's list.
func backOf(r *web.Request, m *actor.Meta) string {
	if actor.Plans(r.Actor) {
		return staffPath
	}
	return ownPath
}

func (p *pages) editPage(r *web.Request, title string) web.Page {
	page := web.Page{Title: title, Nav: web.NavWork, NoIndex: true, Styles: styles}
	if actor.Plans(r.Actor) {
		page.Breadcrumb = []web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}, {Text: r.T("actor.staff.title"), Href: staffPath}}
	} else {
		page.Breadcrumb = []web.Crumb{{Text: r.T("actor.own.title"), Href: ownPath}}
	}
	return page
}

// editing gathers what the form of a record shows.
func (p *pages) editing(r *web.Request, x actor.Record, form *web.Form) (editing, error) {
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return editing{}, err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return editing{}, err
	}
	d := editing{shown: s, Record: x, form: form, back: backOf(r, x.Head()), planner: actor.Plans(r.Actor), fresh: x.Head().ID == ""}
	if d.levels, err = p.s.Levels(r.Context(), r.Actor); err != nil {
		return d, err
	}
	if d.fresh {
		return d, nil
	}
	d.action = r.Link(editPath(x.Head().ID))
	if d.contacts, err = p.s.Contacts(r.Context(), r.Actor, x); err != nil {
		return d, err
	}
	d.partners = in.Partners(x.Head().ID, p.s.Today())
	switch x.Head().Kind {
	case actor.ActorKind:
		for _, o := range slices.Concat(in.Records(actor.ActorKind), in.Records(actor.NetworkKind)) {
			if o.Head().ID != x.Head().ID {
				d.others = append(d.others, o)
			}
		}
		d.kept = in.Of(x.Head().ID)
	case actor.NetworkKind:
		d.others = in.Records(actor.ActorKind)
	}
	d.changes, err = p.s.ChangesOf(r.Context(), r.Actor, x)
	return d, err
}

// fillForm puts the record's values into the form.
func fillForm(f *web.Form, x actor.Record) {
	for _, field := range x.Fields() {
		f.Set(field.Name, field.Values()...)
	}
	if x.Head().Public {
		f.Set("public", "1")
	}
	f.Set("edit", strconv.Itoa(x.Head().Edit))
}

// editOf reads the form: every field of the kind counts as sent, a box without a cross as empty.
func editOf(f *web.Form, x actor.Record) actor.Edit {
	e := actor.Edit{Values: map[string][]string{}, Public: f.Is("public", "1")}
	for _, field := range x.Fields() {
		e.Values[field.Name] = slices.Clone(f.Values(field.Name))
		if e.Values[field.Name] == nil {
			e.Values[field.Name] = []string{}
		}
	}
	e.Edit, _ = strconv.Atoi(f.Value("edit"))
	return e
}

func (p *pages) record(r *web.Request) (actor.Record, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return p.s.Record(r.Context(), r.Actor, id)
}

func (p *pages) edit(w http.ResponseWriter, r *web.Request) error {
	x, err := p.record(r)
	if err != nil {
		return err
	}
	form := web.BlankForm(r)
	fillForm(form, x)
	return p.renderEdit(w, r, x, form)
}

func (p *pages) renderEdit(w http.ResponseWriter, r *web.Request, x actor.Record, form *web.Form) error {
	d, err := p.editing(r, x, form)
	if err != nil {
		return err
	}
	page := p.editPage(r, x.Name())
	page.Lead = r.T("actor.kind." + string(x.Head().Kind))
	if d.fresh {
		page.Title = r.T("actor.new." + string(x.Head().Kind))
		page.Lead = ""
	}
	if form.Failed() {
		return r.Invalid(w, page, editView(d))
	}
	return r.Render(w, page, editView(d))
}

func (p *pages) save(w http.ResponseWriter, r *web.Request) error {
	x, err := p.record(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	waits, err := p.s.Save(r.Context(), r.Actor, x.Head().ID, editOf(form, x))
	if form.Fail(err) {
		return p.renderEdit(w, r, x, form)
	}
	if err != nil {
		return err
	}
	if waits {
		return r.Done(w, editPath(x.Head().ID), "notice.actor.waits")
	}
	return r.Done(w, editPath(x.Head().ID), "notice.actor.saved")
}

// fresh is an empty record of the kind of the address, and the organisation that shall keep it.
func (p *pages) fresh(r *web.Request) (actor.Record, kernel.ID, error) {
	x, err := actor.New(actor.Kind(r.PathValue("kind")))
	if err != nil {
		return nil, "", err
	}
	owner := kernel.ID("")
	if v := r.URL.Query().Get("traeger"); v != "" {
		if owner, err = kernel.ParseID(v); err != nil {
			return nil, "", err
		}
		if _, err := p.s.Record(r.Context(), r.Actor, owner); err != nil {
			return nil, "", err
		}
	} else if !actor.Plans(r.Actor) {
		return nil, "", kernel.E(kernel.NotFound, "actor.notfound")
	}
	return x, owner, nil
}

func newPath(k actor.Kind, owner kernel.ID) string {
	to := staffPath + "/neu/" + string(k)
	if owner != "" {
		to += "?" + url.Values{"traeger": {string(owner)}}.Encode()
	}
	return to
}

func (p *pages) add(w http.ResponseWriter, r *web.Request) error {
	x, owner, err := p.fresh(r)
	if err != nil {
		return err
	}
	form := web.BlankForm(r)
	form.Set("public", "1")
	if owner != "" { // what the organisation serves is the best guess
		if o, err := p.s.Record(r.Context(), r.Actor, owner); err == nil {
			form.Set("areas", o.Served()...)
		}
	}
	return p.renderAdd(w, r, x, owner, form)
}

func (p *pages) renderAdd(w http.ResponseWriter, r *web.Request, x actor.Record, owner kernel.ID, form *web.Form) error {
	d, err := p.editing(r, x, form)
	if err != nil {
		return err
	}
	d.action = r.Link(newPath(x.Head().Kind, owner))
	page := p.editPage(r, r.T("actor.new."+string(x.Head().Kind)))
	if form.Failed() {
		return r.Invalid(w, page, editView(d))
	}
	return r.Render(w, page, editView(d))
}

func (p *pages) create(w http.ResponseWriter, r *web.Request) error {
	x, owner, err := p.fresh(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	made, err := p.s.Create(r.Context(), r.Actor, x.Head().Kind, owner, editOf(form, x))
	if form.Fail(err) {
		return p.renderAdd(w, r, x, owner, form)
	}
	if err != nil {
		return err
	}
	if form.Is("public", "1") && !made.Head().Public {
		return r.Done(w, editPath(made.Head().ID), "notice.actor.waits")
	}
	return r.Done(w, editPath(made.Head().ID), "notice.actor.saved")
}

// confirmEnd asks before a record is ended.
func (p *pages) confirmEnd(w http.ResponseWriter, r *web.Request) error {
	x, err := p.record(r)
	if err != nil {
		return err
	}
	page := p.editPage(r, r.T("actor.end.title", "name", x.Name()))
	page.Narrow = true
	return r.Render(w, page, web.Confirm(web.Confirmation{
		Text: r.T("actor.end.text"), Action: r.Link(editPath(x.Head().ID) + "/beenden"), Button: r.T("actor.end.button"), Back: r.Link(editPath(x.Head().ID)), Danger: true,
	}))
}

func (p *pages) end(ended bool) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		x, err := p.record(r)
		if err != nil {
			return err
		}
		if err := p.s.Archive(r.Context(), r.Actor, x.Head().ID, ended); err != nil {
			return err
		}
		if ended {
			return r.Done(w, backOf(r, x.Head()), "notice.actor.ended")
		}
		return r.Done(w, editPath(x.Head().ID), "notice.actor.restored")
	}
}

// contact keeps a person of a record, or forgets one.
func (p *pages) contact(w http.ResponseWriter, r *web.Request) error {
	x, err := p.record(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	id := x.Head().ID
	if v := form.Value("delete"); v != "" {
		contact, err := kernel.ParseID(v)
		if err != nil {
			return err
		}
		if err := p.s.DeleteContact(r.Context(), r.Actor, id, contact); err != nil {
			return err
		}
		return r.Done(w, editPath(id)+"#kontakte", "notice.actor.saved")
	}
	c := actor.Contact{Role: form.Value("contact_role"), Person: form.Value("contact_person"), Email: form.Value("contact_email"), Phone: form.Value("contact_phone")}
	if v := form.Value("id"); v != "" {
		if c.ID, err = kernel.ParseID(v); err != nil {
			return err
		}
	}
	err = prefixed(p.s.PutContact(r.Context(), r.Actor, id, c, form.Is("contact_public", "1")), "contact_")
	if form.Fail(err) {
		fillForm(form, x)
		return p.renderEdit(w, r, x, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, editPath(id), "notice.actor.saved")
}

// prefixed names the fields of an error as a form that holds several things does.
func prefixed(err error, prefix string) error {
	e, ok := err.(*kernel.Error)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	fields := map[string]string{}
	for k, v := range e.Fields {
		fields[prefix+k] = v
	}
	return &kernel.Error{Kind: e.Kind, Key: e.Key, Params: e.Params, Fields: fields}
}

// relate notes with whom a record works together, or forgets it.
func (p *pages) relate(w http.ResponseWriter, r *web.Request) error {
	x, err := p.record(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	id := x.Head().ID
	if v := form.Value("delete"); v != "" {
		relation, err := kernel.ParseID(v)
		if err != nil {
			return err
		}
		if err := p.s.Unrelate(r.Context(), r.Actor, relation); err != nil {
			return err
		}
		return r.Done(w, editPath(id), "notice.actor.saved")
	}
	rel := actor.Relation{From: id, Role: form.Value("relation_role"), Formal: form.Is("relation_formal", "1"), Note: form.Value("relation_note")}
	rel.Strength, _ = strconv.Atoi(form.Value("relation_strength"))
	wrong := map[string]string{}
	if rel.To, err = kernel.ParseID(form.Value("relation_to")); err != nil {
		wrong["relation_to"] = "actor.choice"
	}
	for name, at := range map[string]*kernel.Date{"relation_since": &rel.Since, "relation_until": &rel.Until} {
		if v := form.Value(name); v != "" {
			if *at, err = kernel.ParseDate(v); err != nil {
				wrong[name] = "actor.day.form"
			}
		}
	}
	if x.Head().Kind == actor.NetworkKind {
		rel.From, rel.To = rel.To, id
	}
	err = nil
	if len(wrong) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "actor.invalid", Fields: wrong}
	} else {
		err = prefixed(p.s.Relate(r.Context(), r.Actor, rel), "relation_")
	}
	if form.Fail(err) {
		fillForm(form, x)
		return p.renderEdit(w, r, x, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, editPath(id), "notice.actor.saved")
}

// own is the desk of an organisation: its records, and the one click that says they still hold.
func (p *pages) own(w http.ResponseWriter, r *web.Request) error {
	kept, err := p.s.Kept(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	page := web.Page{Title: r.T("actor.own.title"), Lead: r.T("actor.own.lead"), Nav: web.NavWork, NoIndex: true, Styles: styles}
	return r.Render(w, page, ownPage(s, kept, p.s.Today()))
}

func (p *pages) confirm(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.s.Confirm(r.Context(), r.Actor, id); err != nil {
		return err
	}
	if actor.Plans(r.Actor) {
		return r.Done(w, staffPath+"/unbestaetigt", "notice.actor.confirmed")
	}
	return r.Done(w, ownPath, "notice.actor.confirmed")
}
