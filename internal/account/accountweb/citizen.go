// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const registerPath = "/konto/neu"

// registerCitizen adds opening a citizen's account.
func (h handlers) registerCitizen(m *web.Mux) {
	m.Handle("GET /konto/neu", access.ReadPublic, h.registration)
	m.Handle("POST /konto/neu", access.AnonymousWrite, h.register)
	m.Handle("GET /konto/bestaetigen", access.ReadPublic, h.confirmPage)
	m.Handle("POST /konto/bestaetigen", access.AnonymousWrite, h.confirm)
}

// opened tells whether the town lets citizens open accounts; elsewhere the page does not exist.
func (h handlers) opened(r *web.Request) error {
	ok, err := h.service.Registers(r.Context(), r.Tenant.ID)
	if err == nil && !ok {
		err = kernel.E(kernel.NotFound, "access.notfound")
	}
	return err
}

func (h handlers) registration(w http.ResponseWriter, r *web.Request) error {
	if err := h.opened(r); err != nil {
		return err
	}
	if r.SignedIn() {
		return r.Redirect(w, ownPath)
	}
	return h.renderRegistration(w, r, web.BlankForm(r))
}

func (h handlers) renderRegistration(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	version, text, err := h.service.ConsentText(r.Context(), r.Tenant.ID, r.Lang)
	if err != nil {
		return err
	}
	return answer(w, r, outside(r, "account.register.title"), f, registerPage(r, version, text, f))
}

func (h handlers) register(w http.ResponseWriter, r *web.Request) error {
	if err := h.opened(r); err != nil {
		return err
	}
	f := web.NewForm(r)
	err := r.Guarded(f)
	if err == nil {
		consent := ""
		if f.Is("consent", "1") {
			consent = f.Value("version")
		}
		err = h.service.Register(r.Context(), r.Tenant.ID, account.Registering{
			Pseudonym: f.Value("pseudonym"), Email: f.Value("email"), Password: f.Value("password"), Consent: consent, Lang: r.Lang,
		}, r.Client())
	}
	if f.Fail(err) {
		return h.renderRegistration(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Render(w, outside(r, "account.register.asked"), askedPage(r.T("account.register.asked.text"), r.T("account.register.asked.wait")))
}

func (h handlers) confirmPage(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.Registration, f.Value(account.TokenParam))
	if err != nil {
		return err
	}
	return r.Render(w, outside(r, "account.confirm.title"), confirmPage(r, l, f))
}

func (h handlers) confirm(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	token := f.Value(account.TokenParam)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.Registration, token)
	if err != nil {
		return err
	}
	a, err := h.service.ConfirmRegistration(r.Context(), r.Tenant.ID, token, f.Value("pseudonym"))
	if f.Fail(err) {
		return answer(w, r, outside(r, "account.confirm.title"), f, confirmPage(r, l, f))
	}
	if err != nil {
		return err
	}
	if err := h.sessions.begin(r.Context(), r.Tenant, a.ID); err != nil {
		return err
	}
	return r.Done(w, ownPath, "notice.account.registered")
}
