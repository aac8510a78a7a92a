// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// OwnSection is a part of one's own page that another capability draws; app fills them in.
type OwnSection func(r *web.Request) templ.Component

// ownLink leads from one's own page to another one about the account.
type ownLink struct{ path, key string }

// ownLinks are the further pages about one's own account.
var ownLinks = []ownLink{{"/konto/passwort", "account.password.title"}, {factorPath, "signin.own.title"}}

// registerOwn adds the pages of one's own account. They ask for a session, not for a role: with a one-time password there is none yet.
func (h handlers) registerOwn(m *web.Mux) {
	m.Handle("GET /konto", access.UseOwnAccount, h.own)
	m.Handle("POST /konto", access.UseOwnAccount, h.setProfile)
	m.Handle("GET /konto/passwort", access.UseOwnAccount, h.passwordPage)
	m.Handle("POST /konto/passwort", access.UseOwnAccount, h.changePassword)
	m.Handle("GET /konto/adresse", access.UseOwnAccount, h.addressPage)
	m.Handle("POST /konto/adresse", access.UseOwnAccount, h.askAddress)
	m.Handle("GET /konto/adresse/bestaetigen", access.ReadPublic, h.confirmAddressPage)
	m.Handle("POST /konto/adresse/bestaetigen", access.AnonymousWrite, h.confirmAddress)
	m.Handle("GET /arbeit/konto", access.UseOwnAccount, func(w http.ResponseWriter, r *web.Request) error { return r.Redirect(w, ownPath) })
}

func (h handlers) me(r *web.Request) (account.Account, error) {
	if r.Actor.Person == "" {
		return account.Account{}, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return h.service.Get(r.Context(), r.Actor, r.Actor.Person)
}

func ownTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.own.title"), NoIndex: true, Narrow: true}
}

// below is a page under one's own.
func below(r *web.Request, title string) web.Page {
	return web.Page{Title: r.T(title), NoIndex: true, Narrow: true, Breadcrumb: []web.Crumb{{Text: r.T("account.own.title"), Href: ownPath}}}
}

// answer draws a page with a form, as refused when the form is.
func answer(w http.ResponseWriter, r *web.Request, p web.Page, f *web.Form, content templ.Component) error {
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

func (h handlers) own(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	if a.MustChange {
		return r.Redirect(w, "/konto/passwort")
	}
	f := web.BlankForm(r)
	f.Set("name", a.Name)
	f.Set("lang", a.Lang)
	return h.renderOwn(w, r, a, f)
}

func (h handlers) renderOwn(w http.ResponseWriter, r *web.Request, a account.Account, f *web.Form) error {
	var sections []templ.Component
	for _, s := range h.o.Own {
		sections = append(sections, s(r))
	}
	places, err := h.service.RolePlaces(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return answer(w, r, ownTitle(r), f, ownPage(r, a, places, f, sections))
}

func (h handlers) setProfile(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.SetProfile(r.Context(), r.Actor, f.Value("name"), f.Value("lang"))
	if f.Fail(err) {
		return h.renderOwn(w, r, a, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, ownPath, "notice.account.profile")
}

func (h handlers) passwordPage(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	return answer(w, r, below(r, "account.password.title"), f, passwordPage(a, f))
}

func (h handlers) changePassword(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.ChangePassword(r.Context(), r.Actor, f.Value("old"), f.Value("password"), h.sessions.from(r))
	if f.Fail(err) {
		return answer(w, r, below(r, "account.password.title"), f, passwordPage(a, f))
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

func (h handlers) addressPage(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	return answer(w, r, below(r, "account.address.title"), f, addressPage(r, a, h.service.Mails(), f))
}

func (h handlers) askAddress(w http.ResponseWriter, r *web.Request) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.service.AskAddress(r.Context(), r.Actor, f.Value("email"), f.Value("password"), r.Client())
	if f.Fail(err) {
		return answer(w, r, below(r, "account.address.title"), f, addressPage(r, a, h.service.Mails(), f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, ownPath, "notice.account.address.asked")
}

// secretPage keeps a page whose address carries a token out of every cache.
func secretPage(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

func (h handlers) confirmAddressPage(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.NewAddress, f.Value(account.TokenParam))
	if err != nil {
		return err
	}
	return r.Render(w, below(r, "account.address.confirm.title"), confirmAddressPage(l, f))
}

func (h handlers) confirmAddress(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.NewAddress, f.Value(account.TokenParam))
	if err != nil {
		return err
	}
	err = h.service.ConfirmAddress(r.Context(), r.Tenant.ID, f.Value(account.TokenParam))
	if f.Fail(err) {
		return answer(w, r, below(r, "account.address.confirm.title"), f, confirmAddressPage(l, f))
	}
	if err != nil {
		return err
	}
	if r.SignedIn() {
		return r.Done(w, ownPath, "notice.account.address")
	}
	return r.Done(w, "/anmelden", "notice.account.address")
}
