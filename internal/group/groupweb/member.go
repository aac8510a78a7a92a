// SPDX-License-Identifier: EUPL-1.2

package groupweb

import (
	"net/http"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// membersView is the list of members with the form for a further one.
type membersView struct {
	g      group.Group
	roll   []group.Roll
	lead   bool
	today  kernel.Date
	actors []web.Item
}

func (h handlers) actors(r *web.Request) ([]web.Item, error) {
	if h.s.Actors == nil {
		return nil, nil
	}
	list, err := h.s.Actors.Actors(r.Context(), r.Tenant.ID)
	out := make([]web.Item, len(list))
	for i, a := range list {
		out[i] = web.Item{Value: string(a.ID), Text: a.Name}
	}
	return out, err
}

func (h handlers) members(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("role", string(group.Full))
	f.Set("from", string(today()))
	return h.showMembers(w, r, f)
}

func (h handlers) showMembers(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.ReadGroup)
	if err != nil {
		return err
	}
	v := membersView{g: g, lead: h.s.Can(r.Actor, g, access.LeadGroup), today: today()}
	if v.roll, err = h.s.Roll(r.Context(), r.Tenant.ID, g, true); err != nil {
		return err
	}
	if v.actors, err = h.actors(r); err != nil {
		return err
	}
	p := page(r, r.T("group.members"), h.crumb(r, g))
	if f.Failed() {
		return r.Invalid(w, p, membersPage(r, v, f))
	}
	return r.Render(w, p, membersPage(r, v, f))
}

// member reads a form.
func member(f *web.Form) (group.Member, error) {
	faults := map[string]string{}
	m := group.Member{
		Organisation: f.Value("organisation"), Label: f.Value("label"), Email: f.Value("email"), Role: group.MemberRole(f.Value("role")),
		From: date(f, "from", faults), To: date(f, "to", faults), Consent: f.Is("consent", "1"),
	}
	if v := f.Value("actor"); v != "" {
		aid, err := kernel.ParseID(v)
		if err != nil {
			faults["actor"] = "group.actor.unknown"
		}
		m.Actor = kernel.Ref{Kind: "actor", ID: aid}
	}
	return m, fault(faults)
}

func (h handlers) addMember(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	m, err := member(f)
	if err == nil {
		_, err = h.s.SaveMember(r.Context(), r.Actor, r.PathValue("group"), m, f.Value("account"))
	}
	if f.Fail(err) {
		return h.showMembers(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, spacePath(r.PathValue("group"))+"/mitglieder", "notice.group.member")
}

// find gives a member of the group in the address.
func (h handlers) find(r *web.Request) (g group.Group, x group.Roll, err error) {
	mid, err := id(r, "member")
	if err != nil {
		return g, x, err
	}
	if g, err = h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.LeadGroup); err != nil {
		return g, x, err
	}
	roll, err := h.s.Roll(r.Context(), r.Tenant.ID, g, true)
	if err != nil {
		return g, x, err
	}
	i := slices.IndexFunc(roll, func(x group.Roll) bool { return x.ID == mid })
	if i < 0 {
		return g, x, kernel.E(kernel.NotFound, "group.member.notfound")
	}
	return g, roll[i], nil
}

func (h handlers) memberForm(w http.ResponseWriter, r *web.Request) error {
	g, x, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for name, v := range map[string]string{
		"organisation": x.Organisation, "label": x.Label, "email": x.Email, "role": string(x.Role), "from": string(x.From), "to": string(x.To), "actor": string(x.Actor.ID),
	} {
		f.Set(name, v)
	}
	if x.Consent {
		f.Set("consent", "1")
	}
	return h.showMember(w, r, g, x, f)
}

func (h handlers) showMember(w http.ResponseWriter, r *web.Request, g group.Group, x group.Roll, f *web.Form) error {
	actors, err := h.actors(r)
	if err != nil {
		return err
	}
	p := page(r, r.T("group.member.edit"), h.crumb(r, g), web.Crumb{Text: r.T("group.members"), Href: spacePath(g.Key) + "/mitglieder"})
	p.Lead = x.Said()
	if f.Failed() {
		return r.Invalid(w, p, memberPage(r, g, x, actors, f))
	}
	return r.Render(w, p, memberPage(r, g, x, actors, f))
}

func (h handlers) saveMember(w http.ResponseWriter, r *web.Request) error {
	g, x, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	m, err := member(f)
	if err == nil {
		m.ID, m.Account = x.ID, x.Account
		_, err = h.s.SaveMember(r.Context(), r.Actor, g.Key, m, f.Value("account"))
	}
	if f.Fail(err) {
		return h.showMember(w, r, g, x, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, spacePath(g.Key)+"/mitglieder", "notice.group.member")
}

func (h handlers) askDropMember(w http.ResponseWriter, r *web.Request) error {
	g, x, err := h.find(r)
	if err != nil {
		return err
	}
	return h.confirmDrop(w, r, g, x, web.BlankForm(r))
}

func (h handlers) confirmDrop(w http.ResponseWriter, r *web.Request, g group.Group, x group.Roll, f *web.Form) error {
	p := page(r, r.T("group.member.drop"), h.crumb(r, g), web.Crumb{Text: r.T("group.members"), Href: spacePath(g.Key) + "/mitglieder"})
	p.Narrow = true
	c := web.Confirm(web.Confirmation{
		Text: r.T("group.member.drop.text", "name", x.Said()), Action: r.Link(spacePath(g.Key) + "/mitglieder/" + string(x.ID) + "/entfernen"), Button: r.T("group.member.drop"),
		Back: r.Link(spacePath(g.Key) + "/mitglieder"), Danger: true, Content: web.FormErrors(f),
	})
	if f.Failed() {
		return r.Invalid(w, p, c)
	}
	return r.Render(w, p, c)
}

func (h handlers) dropMember(w http.ResponseWriter, r *web.Request) error {
	g, x, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.s.DropMember(r.Context(), r.Actor, g.Key, x.ID)
	if f.Fail(err) {
		return h.confirmDrop(w, r, g, x, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, spacePath(g.Key)+"/mitglieder", "notice.group.dropped")
}
