// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// registerUsers adds the administration of accounts and roles.
func (h handlers) registerUsers(m *web.Mux) {
	m.Handle("GET /arbeit/benutzer", access.ManageUsers, h.users)
	m.Handle("GET /arbeit/benutzer/{id}", access.ManageUsers, h.user)
	m.Handle("POST /arbeit/benutzer/{id}/rollen", access.ManageUsers, h.giveRole)
	m.Handle("GET /arbeit/benutzer/{id}/rollen/{grant}", access.ManageUsers, h.askEnd)
	m.Handle("POST /arbeit/benutzer/{id}/rollen/{grant}", access.ManageUsers, h.endRole)
	m.Handle("GET /arbeit/benutzer/{id}/passwort", access.ManageUsers, h.askReset)
	m.Handle("POST /arbeit/benutzer/{id}/passwort", access.ManageUsers, h.reset)
	m.Handle("POST /arbeit/benutzer/{id}/sperren", access.ManageUsers, h.disable)
	m.Handle("POST /arbeit/benutzer/{id}/freigeben", access.ManageUsers, h.enable)
}

func usersTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.users.title"), Lead: r.T("account.users.lead"), Nav: web.NavWork}
}

// usersOnPage is how many accounts a page lists.
const usersOnPage = 100

// users lists the people who work with the town; citizens with an account stand on a page of their own, in portions.
func (h handlers) users(w http.ResponseWriter, r *web.Request) error {
	all, err := h.service.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	invitations, err := h.service.Invitations(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	v := usersView{citizens: r.URL.Query().Get("art") == "buerger", search: strings.TrimSpace(r.URL.Query().Get("q")), invitations: invitations}
	want := web.Fold(v.search)
	for _, a := range all {
		if a.Citizen {
			v.citizenCount++
		} else {
			v.staffCount++
		}
		if a.Citizen == v.citizens && (want == "" || strings.Contains(web.Fold(a.Name), want) || strings.Contains(web.Fold(a.Email), want)) {
			v.list = append(v.list, a)
		}
	}
	v.total = len(v.list)
	from, _ := strconv.Atoi(r.URL.Query().Get("ab")) // anything else begins at the first
	from = max(0, min(from, v.total-1)/usersOnPage*usersOnPage)
	if v.total > usersOnPage {
		v.list = v.list[from:min(from+usersOnPage, v.total)]
		v.pages = web.Pages{Text: r.T("account.users.part", "from", from+1, "to", from+len(v.list), "n", v.total)}
		if from > 0 {
			v.pages.Prev = r.With("ab", strconv.Itoa(from-usersOnPage))
		}
		if from+usersOnPage < v.total {
			v.pages.Next = r.With("ab", strconv.Itoa(from+usersOnPage))
		}
	}
	p := usersTitle(r)
	p.Aside = inviteButton(r)
	return r.Render(w, p, usersPage(r, v))
}

func (h handlers) userTitle(r *web.Request, a account.Account) web.Page {
	if a.Erased() {
		a.Name = r.T("account.state.erased")
	}
	return web.Page{Title: a.Name, Nav: web.NavWork, Breadcrumb: []web.Crumb{{Text: r.T("account.users.title"), Href: usersPath}}}
}

// under is a page below that of a person.
func (h handlers) under(r *web.Request, a account.Account, title string) web.Page {
	p := h.userTitle(r, a)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: a.Name, Href: userPath(a.ID)})
	p.Title, p.Narrow = r.T(title), true
	return p
}

func (h handlers) find(r *web.Request) (account.Account, error) {
	return h.service.Get(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
}

func (h handlers) user(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	return h.renderUser(w, r, a, web.BlankForm(r))
}

func (h handlers) renderUser(w http.ResponseWriter, r *web.Request, a account.Account, f *web.Form) error {
	places, err := h.service.RolePlaces(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	content := userPage(r, a, places, f)
	if f.Failed() {
		return r.Invalid(w, h.userTitle(r, a), content)
	}
	return r.Render(w, h.userTitle(r, a), content)
}

// day reads a day of a form; what is none is left for the service to refuse.
func day(f *web.Form, name string) kernel.Date { return kernel.Date(f.Value(name)) }

func (h handlers) giveRole(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	in, err := account.ParseContext(f.Value("in"))
	if err == nil {
		err = h.service.Change(r.Context(), r.Actor, account.RoleChange{
			Account: a.ID, Role: access.Role(f.Value("role")), In: in, From: day(f, "from"), To: day(f, "to"), Reason: f.Value("reason"),
		})
	}
	if f.Fail(err) {
		return h.renderUser(w, r, a, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, userPath(a.ID), "notice.account.role.given")
}

// grant finds what is to be ended.
func (h handlers) grant(r *web.Request) (account.Account, account.Grant, error) {
	a, err := h.find(r)
	if err != nil {
		return a, account.Grant{}, err
	}
	i := slices.IndexFunc(a.Roles, func(g account.Grant) bool { return string(g.ID) == r.PathValue("grant") })
	if i < 0 {
		return a, account.Grant{}, kernel.E(kernel.NotFound, "account.grant.notfound")
	}
	return a, a.Roles[i], nil
}

func (h handlers) askEnd(w http.ResponseWriter, r *web.Request) error {
	a, g, err := h.grant(r)
	if err != nil {
		return err
	}
	return h.renderEnd(w, r, a, g, web.BlankForm(r))
}

func (h handlers) renderEnd(w http.ResponseWriter, r *web.Request, a account.Account, g account.Grant, f *web.Form) error {
	places, err := h.service.RolePlaces(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	content := endPage(r, a, g, places, f)
	if f.Failed() {
		return r.Invalid(w, h.under(r, a, "account.end.title"), content)
	}
	return r.Render(w, h.under(r, a, "account.end.title"), content)
}

func (h handlers) endRole(w http.ResponseWriter, r *web.Request) error {
	a, g, err := h.grant(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.Change(r.Context(), r.Actor, account.RoleChange{Account: a.ID, End: g.ID, To: day(f, "to"), Reason: f.Value("reason")})
	if f.Fail(err) {
		return h.renderEnd(w, r, a, g, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, userPath(a.ID), "notice.account.role.ended")
}

func (h handlers) askReset(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	text := "account.reset.text"
	if !h.service.Mails() {
		text = "account.reset.text.nomail"
	}
	return r.Render(w, h.under(r, a, "account.reset.title"), web.Confirm(web.Confirmation{
		Text:   r.T(text, "name", a.Name, "email", a.Email),
		Action: r.Link(userPath(a.ID) + "/passwort"),
		Button: r.T("account.reset.button"),
		Back:   r.Link(userPath(a.ID)),
	}))
}

func (h handlers) reset(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	path, err := h.service.SendReset(r.Context(), r.Actor, a.ID)
	if err != nil {
		return err
	}
	if path == "" {
		return r.Done(w, userPath(a.ID), "notice.account.reset.sent")
	}
	return h.handOverLink(w, r, path, a.Email, "account.reset.handover")
}

func (h handlers) disable(w http.ResponseWriter, r *web.Request) error {
	return h.setDisabled(w, r, true, "notice.account.disabled")
}

func (h handlers) enable(w http.ResponseWriter, r *web.Request) error {
	return h.setDisabled(w, r, false, "notice.account.enabled")
}

func (h handlers) setDisabled(w http.ResponseWriter, r *web.Request, disabled bool, notice string) error {
	id := kernel.ID(r.PathValue("id"))
	if err := h.service.Disable(r.Context(), r.Actor, id, disabled); err != nil {
		return err
	}
	return r.Done(w, userPath(id), notice)
}
