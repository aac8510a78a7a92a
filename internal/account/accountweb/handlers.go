// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

type handlers struct {
	service  *account.Service
	sessions *Sessions
}

// Register adds the pages of accounts.
func Register(m *web.Mux, s *account.Service, sessions *Sessions) {
	h := handlers{s, sessions}
	h.registerSignIn(m)
	// One's own account asks for a session, not for a role: with a one-time password there is none yet.
	m.Handle("GET /arbeit/konto", access.ReadPublic, h.own)
	m.Handle("POST /arbeit/konto", access.ReadPublic, h.changePassword)
	m.Handle("GET /arbeit/benutzer", access.ManageUsers, h.users)
	m.Handle("POST /arbeit/benutzer", access.ManageUsers, h.add)
	m.Handle("GET /arbeit/benutzer/{id}", access.ManageUsers, h.user)
	m.Handle("POST /arbeit/benutzer/{id}/rollen", access.ManageUsers, h.setRoles)
	m.Handle("GET /arbeit/benutzer/{id}/passwort", access.ManageUsers, h.askReset)
	m.Handle("POST /arbeit/benutzer/{id}/passwort", access.ManageUsers, h.reset)
	m.Handle("POST /arbeit/benutzer/{id}/sperren", access.ManageUsers, h.disable)
	m.Handle("POST /arbeit/benutzer/{id}/freigeben", access.ManageUsers, h.enable)
}

const (
	ownPath   = "/arbeit/konto"
	usersPath = "/arbeit/benutzer"
)

func userPath(id kernel.ID) string { return usersPath + "/" + url.PathEscape(string(id)) }

func (h handlers) me(r *web.Request) (account.Account, error) {
	if r.Actor.Person == "" {
		return account.Account{}, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return h.service.Get(r.Context(), r.Actor, r.Actor.Person)
}

func ownTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.own.title"), Nav: web.NavWork, Narrow: true}
}

func (h handlers) own(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	return r.Render(w, ownTitle(r), ownPage(a, web.BlankForm(r)))
}

func (h handlers) changePassword(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.ChangePassword(r.Context(), r.Actor, f.Value("old"), f.Value("password"), r.Client())
	if f.Fail(err) {
		return r.Invalid(w, ownTitle(r), ownPage(a, f))
	}
	if err != nil {
		return err
	}
	// Every session ended with the old password; this one goes on under a new token.
	if err := h.sessions.begin(r.Context(), r.Tenant, a.ID); err != nil {
		return err
	}
	return r.Done(w, ownPath, "notice.account.password")
}

func usersTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.users.title"), Lead: r.T("account.users.lead"), Nav: web.NavWork}
}

func (h handlers) users(w http.ResponseWriter, r *web.Request) error {
	return h.renderUsers(w, r, web.BlankForm(r))
}

func (h handlers) renderUsers(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	list, err := h.service.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	content := usersPage(r, list, f)
	if f.Failed() {
		return r.Invalid(w, usersTitle(r), content)
	}
	return r.Render(w, usersTitle(r), content)
}

func rolesOf(f *web.Form) []access.Role {
	var out []access.Role
	for _, v := range f.Values("roles") {
		out = append(out, access.Role(v))
	}
	return out
}

func (h handlers) add(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	a, oneTime, err := h.service.Add(r.Context(), r.Actor, account.New{Email: f.Value("email"), Name: f.Value("name"), Roles: rolesOf(f)})
	if f.Fail(err) {
		return h.renderUsers(w, r, f)
	}
	if err != nil {
		return err
	}
	return h.handOver(w, r, a, oneTime)
}

// handOver shows a one-time password, once.
func (h handlers) handOver(w http.ResponseWriter, r *web.Request, a account.Account, oneTime string) error {
	p := h.userTitle(r, a)
	p.Title = r.T("account.onetime.title")
	return r.Render(w, p, oneTimePage(a, oneTime))
}

func (h handlers) userTitle(r *web.Request, a account.Account) web.Page {
	return web.Page{Title: a.Name, Nav: web.NavWork, Narrow: true, Breadcrumb: []web.Crumb{{Text: r.T("account.users.title"), Href: usersPath}}}
}

func (h handlers) find(r *web.Request) (account.Account, error) {
	return h.service.Get(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
}

func (h handlers) user(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for _, role := range a.On(today()) {
		f.Add("roles", string(role))
	}
	return r.Render(w, h.userTitle(r, a), userPage(r, a, f))
}

func (h handlers) setRoles(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.SetRoles(r.Context(), r.Actor, a.ID, rolesOf(f))
	if f.Fail(err) {
		return r.Invalid(w, h.userTitle(r, a), userPage(r, a, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, userPath(a.ID), "notice.account.roles")
}

func (h handlers) askReset(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	p := h.userTitle(r, a)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: a.Name, Href: userPath(a.ID)})
	p.Title = r.T("account.reset.title")
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text:   r.T("account.reset.text", "name", a.Name),
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
	oneTime, err := h.service.Reset(r.Context(), r.Actor, a.Email, "")
	if err != nil {
		return err
	}
	return h.handOver(w, r, a, oneTime)
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
