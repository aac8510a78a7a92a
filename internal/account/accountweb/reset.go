// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// registerReset adds new passwords by mail.
func (h handlers) registerReset(m *web.Mux) {
	m.Handle("GET "+account.ForgottenPath, access.ReadPublic, h.forgottenPage)
	m.Handle("POST "+account.ForgottenPath, access.AnonymousWrite, h.forgotten)
	m.Handle("GET /anmelden/neu", access.ReadPublic, h.newPasswordPage)
	m.Handle("POST /anmelden/neu", access.AnonymousWrite, h.newPassword)
}

// outside is a page of somebody who is not signed in.
func outside(r *web.Request, title string) web.Page {
	return web.Page{Title: r.T(title), NoIndex: true, Narrow: true, Breadcrumb: []web.Crumb{{Text: r.T("account.signin.title"), Href: "/anmelden"}}}
}

func (h handlers) forgottenPage(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	return answer(w, r, outside(r, "account.forgotten.title"), f, forgottenPage(r, h.service.Mails(), f))
}

// forgotten answers the same, whoever the address belongs to: the form is followed by a page that says what happens if there is an account.
func (h handlers) forgotten(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := r.Guarded(f)
	if err == nil {
		err = h.service.AskReset(r.Context(), r.Tenant.ID, f.Value("email"), r.Lang, r.Client())
	}
	if f.Fail(err) {
		return answer(w, r, outside(r, "account.forgotten.title"), f, forgottenPage(r, h.service.Mails(), f))
	}
	if err != nil {
		return err
	}
	return r.Render(w, outside(r, "account.forgotten.asked"), askedPage(r.T("account.forgotten.asked.text"), r.T("account.forgotten.asked.wait")))
}

func (h handlers) newPasswordPage(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	a, err := h.service.NewPasswordFor(r.Context(), r.Tenant.ID, f.Value(account.TokenParam))
	if err != nil {
		return err
	}
	return r.Render(w, outside(r, "account.renew.title"), renewPage(r, a, f))
}

func (h handlers) newPassword(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	token := f.Value(account.TokenParam)
	a, err := h.service.NewPasswordFor(r.Context(), r.Tenant.ID, token)
	if err != nil {
		return err
	}
	err = h.service.Renew(r.Context(), r.Tenant.ID, token, f.Value("password"))
	if f.Fail(err) {
		return answer(w, r, outside(r, "account.renew.title"), f, renewPage(r, a, f))
	}
	if err != nil {
		return err
	}
	// Signing in is a step of its own: a second factor stays asked for.
	return r.Done(w, "/anmelden", "notice.account.renewed")
}
