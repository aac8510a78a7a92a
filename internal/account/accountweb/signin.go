// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// registerSignIn adds the pages of signing in and out.
func (h handlers) registerSignIn(m *web.Mux) {
	m.Handle("GET /anmelden", access.ReadPublic, h.signInPage)
	m.Handle("POST /anmelden", access.ReadPublic, h.signIn)
	m.Handle("POST /abmelden", access.ReadPublic, h.signOut)
}

// SignInForm draws the form in place of a page that asks for a session; back is where to go afterwards.
func SignInForm(r *web.Request, back string) templ.Component {
	f := web.BlankForm(r)
	f.Set("weiter", back)
	return signInForm(f)
}

func signInTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.signin.title"), NoIndex: true, Narrow: true}
}

func (h handlers) signInPage(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	f.Set("weiter", web.SafeReturn(f.Value("weiter")))
	if r.SignedIn() {
		return r.Redirect(w, f.Value("weiter"))
	}
	return r.Render(w, signInTitle(r), signInForm(f))
}

func (h handlers) signIn(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	back := web.SafeReturn(f.Value("weiter"))
	f.Set("weiter", back)
	a, err := h.service.SignIn(r.Context(), r.Tenant.ID, f.Value("email"), f.Value("password"), r.Client())
	if seconds, ok := account.Wait(err); ok {
		f.Fail(err)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		return r.RenderStatus(w, http.StatusTooManyRequests, signInTitle(r), signInForm(f))
	}
	if f.Fail(err) {
		return r.Invalid(w, signInTitle(r), signInForm(f))
	}
	if err != nil {
		return err
	}
	if err := h.sessions.begin(r.Context(), r.Tenant, a.ID); err != nil {
		return err
	}
	if a.MustChange {
		back = ownPath
	}
	return r.Redirect(w, back)
}

func (h handlers) signOut(w http.ResponseWriter, r *web.Request) error {
	if err := h.sessions.end(r.Context(), r.Tenant); err != nil {
		return err
	}
	// ASVS 14.3.1: nothing of the session stays in the browser.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return r.Done(w, "/", "notice.account.signedout")
}
