// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

var styles = []string{"figures.css", "planner.css", "actor.css"}

// found is a page of a list.
type found struct {
	shown
	kind    actor.Kind
	form    *web.Form
	filters []web.Choice
	list    []actor.Record
	all     int
	pages   web.Pages
	picture *picture
	also    []actor.Record // structures of participation, below networks
}

// filterOf reads the filter of an address; what it does not know it leaves out.
func filterOf(f *web.Form) actor.Filter {
	out := actor.Filter{
		Text: f.Value("suche"), Area: f.Value("raum"), Theme: f.Value("thema"), Sort: f.Value("art"), Group: f.Value("zielgruppe"), Lang: f.Value("sprache"),
		Access: f.Value("zugang"), Free: f.Is("kostenlos", "1"), Vacant: f.Is("frei", "1"),
	}
	if age, err := strconv.Atoi(strings.TrimSpace(f.Value("alter"))); err == nil && age >= 0 && age <= 120 {
		v := float64(age)
		out.Age = &v
	}
	return out
}

// list answers the list of a kind with search, filters and map.
func (p *pages) list(k actor.Kind) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		form := web.NewForm(r)
		list, in, err := p.s.List(r.Context(), r.Actor, k, filterOf(form))
		if err != nil {
			return err
		}
		s, err := p.shown(r, in)
		if err != nil {
			return err
		}
		d := found{shown: s, kind: k, form: form, all: len(list)}
		if d.filters, err = p.filters(r, s, k); err != nil {
			return err
		}
		if d.picture, err = p.picture(r, s, list); err != nil {
			return err
		}
		if k == actor.NetworkKind {
			if d.also, _, err = p.s.List(r.Context(), r.Actor, actor.StructureKind, filterOf(form)); err != nil {
				return err
			}
		}
		d.list, d.pages = paged(r, list)
		page := web.Page{Title: r.T("actor.list." + string(k)), Lead: r.T("actor.list." + string(k) + ".lead"), Nav: web.NavActors, Styles: styles}
		if d.picture != nil {
			page.Scripts, page.Styles = []string{"actor.js"}, append([]string{"maplibre-gl.css"}, styles...)
		}
		if actor.Plans(r.Actor) {
			page.Aside = web.LinkButton(web.Secondary, r.Link(staffPath), r.T("actor.staff.views"))
		} else if kept, err := p.s.Kept(r.Context(), r.Actor); err == nil && len(kept) > 0 {
			page.Aside = web.LinkButton(web.Secondary, r.Link(ownPath), r.T("actor.own.title"))
		}
		return r.Render(w, page, listPage(d))
	}
}

// filters are the choices above a list, with what leads somewhere.
func (p *pages) filters(r *web.Request, s shown, k actor.Kind) ([]web.Choice, error) {
	levels, err := p.s.Levels(r.Context(), r.Actor)
	if err != nil {
		return nil, err
	}
	area := web.Choice{Name: "raum", Label: r.T("actor.filter.area"), Blank: r.T("actor.filter.all")}
	for _, l := range levels {
		for _, a := range l.Areas {
			area.Items = append(area.Items, web.Item{Value: l.Key + "/" + a.Key, Text: r.T("actor.area.of", "area", a.Name, "level", say(r, l.Name))})
		}
	}
	out := []web.Choice{area}
	used := func(name, label, field string, g actor.Group) {
		c := web.Choice{Name: name, Label: r.T(label), Blank: r.T("actor.filter.all")}
		have := s.in.Used(k, field)
		for _, t := range s.in.Terms[g] {
			if slices.Contains(have, t.Key) {
				c.Items = append(c.Items, web.Item{Value: t.Key, Text: say(r, t.Name)})
			}
		}
		if len(c.Items) > 0 {
			out = append(out, c)
		}
	}
	switch k {
	case actor.ActorKind:
		used("art", "actor.field.sort", "sort", actor.ActorSort)
		used("thema", "actor.field.themes", "themes", actor.Theme)
	case actor.OfferKind:
		used("thema", "actor.group.offer_type", "sort", actor.OfferType)
		used("zielgruppe", "actor.field.groups", "groups", actor.TargetGroup)
		used("sprache", "actor.field.languages", "languages", actor.Language)
		used("zugang", "actor.field.accessibility", "accessibility", actor.Accessibility)
	case actor.NetworkKind:
		used("art", "actor.field.sort", "sort", actor.NetworkSort)
		used("thema", "actor.field.themes", "themes", actor.Theme)
	case actor.ProjectKind:
		used("thema", "actor.field.themes", "themes", actor.Theme)
	}
	return out, nil
}

// single is a page of one record.
type single struct {
	shown
	actor.Record
	owner    *actor.Actor
	contacts []actor.Contact
	kept     []actor.Record
	partners []actor.Partner
	inner    bool
	edits    bool
	picture  *picture
}

func (p *pages) one(k actor.Kind, param string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		in, err := p.s.Inventory(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		x, err := in.ByKey(k, r.PathValue(param))
		if err != nil {
			return err
		}
		s, err := p.shown(r, in)
		if err != nil {
			return err
		}
		d := single{shown: s, Record: x, inner: actor.SeesInner(r.Actor, x.Head()), edits: actor.Keeps(r.Actor, x.Head()), partners: in.Partners(x.Head().ID, p.s.Today())}
		if o, ok := in.Find(x.Head().Actor); ok {
			d.owner, _ = o.(*actor.Actor)
		}
		if k == actor.ActorKind {
			d.kept = in.Of(x.Head().ID)
		}
		if d.contacts, err = p.s.Contacts(r.Context(), r.Actor, x); err != nil {
			return err
		}
		if d.picture, err = p.picture(r, s, []actor.Record{x}); err != nil {
			return err
		}
		text, _, leicht := body(r, x)
		page := web.Page{
			Title: x.Name(), Description: excerpt(text, 170), Nav: web.NavActors, Styles: styles, Leicht: leicht, Subject: actor.Ref(x.Head()),
			Breadcrumb: []web.Crumb{{Text: r.T("actor.list." + string(k)), Href: map[actor.Kind]string{
				actor.ActorKind: actorsPath, actor.OfferKind: offersPath, actor.NetworkKind: networksPath,
			}[k]}},
		}
		if d.picture != nil {
			page.Scripts, page.Styles = []string{"actor.js"}, append([]string{"maplibre-gl.css"}, styles...)
		}
		if d.edits {
			page.Aside = web.LinkButton(web.Secondary, r.Link(editPath(x.Head().ID)), r.T("actor.edit"))
		}
		return r.Render(w, page, onePage(d))
	}
}
