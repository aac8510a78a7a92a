// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// registerOwn adds the pages of one's own account. They ask for a session, not for a role: with a one-time password there is none yet.
func (h handlers) registerOwn(m *web.Mux) {
	m.Handle("GET /konto", access.UseOwnAccount, h.own)
	m.Handle("POST /konto/passwort", access.UseOwnAccount, h.changePassword)
	m.Handle("GET /arbeit/konto", access.UseOwnAccount, func(w http.ResponseWriter, r *web.Request) error { return r.Redirect(w, ownPath) })
}

func (h handlers) me(r *web.Request) (account.Account, error) {
	if r.Actor.Person == "" {
		return account.Account{}, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return h.service.Get(r.Context(), r.Actor, r.Actor.Person)
}

func ownTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.own.title"), Narrow: true}
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
