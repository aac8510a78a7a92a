// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	signInPath   = "/anmelden"
	secondPath   = "/anmelden/zweiter-schritt"
	passkeyPath  = "/anmelden/passkey"
	providerPath = "/anmelden/anbieter"
)

// registerSignIn adds the pages of signing in and out.
func (h handlers) registerSignIn(m *web.Mux) {
	m.Handle("GET "+signInPath, access.ReadPublic, h.signInPage)
	m.Handle("POST "+signInPath, access.ReadPublic, h.signIn)
	m.Handle("POST "+secondPath, access.ReadPublic, h.second)
	m.Handle("POST "+secondPath+"/passkey", access.ReadPublic, h.secondPasskeyOptions)
	m.Handle("POST "+passkeyPath, access.ReadPublic, h.passkeySignIn)
	m.Handle("POST "+passkeyPath+"/beginn", access.ReadPublic, h.passkeyOptions)
	m.Handle("POST /abmelden", access.ReadPublic, h.signOut)
	h.registerFactors(m)
	h.registerProvider(m)
}

// SignInForm draws the form in place of a page that asks for a session; back is where to go afterwards.
func (s *Sessions) SignInForm(r *web.Request, back string) templ.Component {
	f := web.BlankForm(r)
	f.Set("weiter", back)
	f.Set("behalten", r.Kept)
	return signInForm(f, s.offer(r))
}

// offer is which ways to sign in a page can offer beside the password.
type offer struct {
	Passkey  bool   // the page is reached under the name passkeys are bound to
	Provider string // what the button of the town's identity provider says; empty: none
}

func (s *Sessions) offer(r *web.Request) offer {
	o := offer{Passkey: siteOf(r).Host != ""}
	if p, err := s.service.ProviderButton(r.Context(), r.Tenant.ID); err == nil {
		o.Provider, _ = r.P.Text(p)
	}
	return o
}

// siteOf is where passkeys of the town are bound to: its configured public address. An installation that does not know its own is one being
// tried out on the machine itself; browsers allow passkeys for localhost.
func siteOf(r *web.Request) account.Site {
	u, err := url.Parse(r.Absolute("/"))
	if err != nil || u.Host == "" {
		u = &url.URL{Scheme: "http", Host: r.Host}
		if u.Hostname() != "localhost" {
			return account.Site{}
		}
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" {
		return account.Site{}
	}
	here := &url.URL{Host: r.Host}
	if here.Hostname() != u.Hostname() {
		return account.Site{} // another name of the town: its browser would not find the keys
	}
	return account.Site{Host: u.Hostname(), Origin: u.Scheme + "://" + u.Host, Name: r.Name()}
}

func signInTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.signin.title"), NoIndex: true, Narrow: true, Scripts: []string{"passkey.js"}}
}

// signInValues takes from a form what travels through signing in.
func signInValues(r *web.Request) *web.Form {
	f := web.NewForm(r)
	f.Set("weiter", web.SafeReturn(f.Value("weiter")))
	if _, ok := web.ParseKept(f.Value("behalten")); !ok {
		f.Set("behalten", "")
	}
	return f
}

func (h handlers) signInPage(w http.ResponseWriter, r *web.Request) error {
	f := signInValues(r)
	f.Set("behalten", "")
	if r.SignedIn() {
		return r.Redirect(w, f.Value("weiter"))
	}
	return r.Render(w, signInTitle(r), signInForm(f, h.sessions.offer(r)))
}

// refused answers a sign-in that did not succeed with the form; any other error is returned.
func (h handlers) refused(w http.ResponseWriter, r *web.Request, f *web.Form, err error, p web.Page, content func() templ.Component) error {
	if seconds, ok := account.Wait(err); ok {
		f.Fail(err)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		return r.RenderStatus(w, http.StatusTooManyRequests, p, content())
	}
	if f.Fail(err) {
		return r.Invalid(w, p, content())
	}
	return err
}

func (h handlers) signIn(w http.ResponseWriter, r *web.Request) error {
	f := signInValues(r)
	a, err := h.service.SignIn(r.Context(), r.Tenant.ID, f.Value("email"), f.Value("password"), h.sessions.from(r))
	if err != nil {
		return h.refused(w, r, f, err, signInTitle(r), func() templ.Component { return signInForm(f, h.sessions.offer(r)) })
	}
	token, needed, err := h.service.BeginSecond(r.Context(), r.Tenant.ID, a)
	if err != nil {
		return err
	}
	if needed {
		f.Set("schritt", token)
		return h.askSecond(w, r, f, http.StatusOK)
	}
	return h.signedIn(w, r, f, a, account.ByPassword, false)
}

// signedIn begins the session and leads to where the reader wanted to go, or offers what was typed into a form before.
func (h handlers) signedIn(w http.ResponseWriter, r *web.Request, f *web.Form, a account.Account, way account.Way, strong bool) error {
	if err := h.sessions.enter(w, r, a, way, strong); err != nil {
		return err
	}
	if a.MustChange {
		return r.Redirect(w, ownPath)
	}
	back := f.Value("weiter")
	if who, err := h.service.Actor(r.Context(), r.Tenant.ID, a.ID); err != nil {
		return err
	} else if back == staffPath && !access.Anywhere(who, access.Work) {
		back = ownPath // citizens and the council have no desk
	}
	if k, ok := web.ParseKept(f.Value("behalten")); ok {
		p := web.Page{Title: r.T("web.kept.title"), NoIndex: true, Narrow: true}
		w.Header().Set("Cache-Control", "no-store")
		return r.Render(w, p, keptPage(k))
	}
	return r.Redirect(w, back)
}

// staffPath is where a sign-in leads that came from nowhere in particular.
const staffPath = "/arbeit"

func secondTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("signin.second.title"), NoIndex: true, Narrow: true, Scripts: []string{"passkey.js"}}
}

// askSecond shows the second step. It is the answer to the password and has no address of its own: the token in its form is all there is of the
// half-finished sign-in.
func (h handlers) askSecond(w http.ResponseWriter, r *web.Request, f *web.Form, status int) error {
	factors, err := h.service.Second(r.Context(), r.Tenant.ID, f.Value("schritt"))
	if kernel.KindOf(err) == kernel.NotFound {
		return h.stepOver(w, r, f)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.RenderStatus(w, status, secondTitle(r), secondForm(f, factors, siteOf(r).Host != ""))
}

// stepOver begins again when the half-finished sign-in has taken too long.
func (h handlers) stepOver(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "account.step", Fields: map[string]string{}})
	return r.Invalid(w, signInTitle(r), signInForm(f, h.sessions.offer(r)))
}

func (h handlers) second(w http.ResponseWriter, r *web.Request) error {
	f := signInValues(r)
	var a account.Account
	var err error
	if answer := f.Value("antwort"); answer != "" {
		a, err = h.service.PasskeySecond(r.Context(), r.Tenant.ID, siteOf(r), f.Value("schritt"), f.Value("vorgang"), answer)
	} else {
		a, err = h.service.FinishSecond(r.Context(), r.Tenant.ID, f.Value("schritt"), f.Value("code"), h.sessions.from(r))
	}
	f.Set("code", "")
	if kernel.KindOf(err) == kernel.NotFound {
		return h.stepOver(w, r, f)
	}
	if err != nil {
		status := http.StatusUnprocessableEntity
		if seconds, ok := account.Wait(err); ok {
			status = http.StatusTooManyRequests
			w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		}
		if f.Fail(err) {
			return h.askSecond(w, r, f, status)
		}
		return err
	}
	return h.signedIn(w, r, f, a, account.ByPassword, true)
}

func (h handlers) secondPasskeyOptions(w http.ResponseWriter, r *web.Request) error {
	c, err := h.service.BeginPasskeySecond(r.Context(), r.Tenant.ID, siteOf(r), web.NewForm(r).Value("schritt"))
	return ceremony(w, c, err)
}

func (h handlers) passkeyOptions(w http.ResponseWriter, r *web.Request) error {
	c, err := h.service.BeginPasskeySignIn(r.Context(), r.Tenant.ID, siteOf(r))
	return ceremony(w, c, err)
}

func (h handlers) passkeySignIn(w http.ResponseWriter, r *web.Request) error {
	f := signInValues(r)
	a, err := h.service.PasskeySignIn(r.Context(), r.Tenant.ID, siteOf(r), f.Value("vorgang"), f.Value("antwort"))
	if err != nil {
		return h.refused(w, r, f, err, signInTitle(r), func() templ.Component { return signInForm(f, h.sessions.offer(r)) })
	}
	return h.signedIn(w, r, f, a, account.ByPasskey, true)
}

func (h handlers) signOut(w http.ResponseWriter, r *web.Request) error {
	x := h.sessions.current(r.Context(), r.Tenant)
	if err := h.sessions.end(r.Context(), r.Tenant); err != nil {
		return err
	}
	// ASVS 14.3.1: nothing of the session stays in the browser.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	if x.Way == account.ByProvider {
		address, err := h.service.ProviderSignOut(r.Context(), r.Tenant.ID, r.Absolute("/"))
		if err == nil && address != "" {
			r.Actor = access.Anonymous(r.Tenant.ID)
			return r.Render(w, web.Page{Title: r.T("signin.out.title"), NoIndex: true, Narrow: true}, providerOut(address))
		}
		if err != nil && !errors.Is(err, account.ErrNoProvider) && kernel.KindOf(err) != kernel.Unavailable {
			return err
		}
	}
	return r.Done(w, "/", "notice.account.signedout")
}
