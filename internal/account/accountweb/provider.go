// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// ProviderSettings is the page on which a town names its identity provider.
const ProviderSettings = "/arbeit/stadt/anmeldung"

const (
	backPath = providerPath + "/zurueck"
	tryPath  = ProviderSettings + "/probe"
)

// registerProvider adds signing in through the town's identity provider, and its settings.
func (h handlers) registerProvider(m *web.Mux) {
	m.Handle("GET "+providerPath, access.ReadPublic, h.toProvider)
	m.Handle("GET "+backPath, access.ReadPublic, h.fromProvider)
	m.Handle("GET "+ProviderSettings, access.ManageTenant, h.providerPage)
	m.Handle("POST "+ProviderSettings, access.ManageTenant, h.saveProvider)
	m.Handle("POST "+ProviderSettings+"/pruefen", access.ManageTenant, h.checkProvider)
	m.Handle("GET "+tryPath, access.ManageTenant, h.tryProvider)
}

// foreign tells a link on another site from one of ours: signing in begins on our pages only (ASVS 7.6.2).
func foreign(r *web.Request) bool {
	s := r.Header.Get("Sec-Fetch-Site")
	return s == "cross-site" || s == "same-site"
}

// leave sends the browser to the provider. The address comes from the settings of the town and the provider's own description.
func (h handlers) leave(w http.ResponseWriter, r *web.Request, address, token string) error {
	http.SetCookie(w, h.sessions.cookie(r.Tenant, providerCookie, token, int(account.StepTime.Seconds())))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (h handlers) toProvider(w http.ResponseWriter, r *web.Request) error {
	f := signInValues(r)
	if foreign(r) {
		return r.Redirect(w, signInPath)
	}
	address, token, err := h.service.BeginProvider(r.Context(), r.Tenant.ID, callback(r), f.Value("weiter"))
	if errors.Is(err, account.ErrNoProvider) {
		return r.Redirect(w, signInPath)
	}
	if err != nil {
		return h.refused(w, r, f, err, signInTitle(r), func() templ.Component { return signInForm(f, h.sessions.offer(r)) })
	}
	return h.leave(w, r, address, token)
}

// callback is the address the provider sends people back to; it must be entered there letter by letter. It is the same in every language.
func callback(r *web.Request) string {
	german := *r
	german.Lang, german.Register = "de", kernel.Standard
	out := german.Absolute(backPath)
	if strings.HasPrefix(out, "/") { // no public address is configured: the program is being tried out on the machine itself
		return "http://" + r.Host + out
	}
	return out
}

func (h handlers) fromProvider(w http.ResponseWriter, r *web.Request) error {
	q := r.URL.Query()
	http.SetCookie(w, h.sessions.cookie(r.Tenant, providerCookie, "", -1))
	in, err := h.service.FinishProvider(r.Context(), r.Tenant.ID, r.Actor, account.ProviderAnswer{
		Token: h.sessions.read(r.Request, r.Tenant, providerCookie), State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"),
	})
	f := web.BlankForm(r)
	f.Set("weiter", web.SafeReturn(in.Back))
	if err != nil {
		return h.refused(w, r, f, err, signInTitle(r), func() templ.Component { return signInForm(f, h.sessions.offer(r)) })
	}
	if in.Try != nil {
		w.Header().Set("Cache-Control", "no-store")
		return r.Render(w, underSettings(r, r.T("signin.try.title")), tryPage(r, *in.Try))
	}
	if !in.Strong {
		token, needed, err := h.service.BeginSecond(r.Context(), r.Tenant.ID, in.Account)
		if err != nil {
			return err
		}
		if needed {
			f.Set("schritt", token)
			return h.askSecond(w, r, f, http.StatusOK)
		}
	}
	return h.signedIn(w, r, f, in.Account, account.ByProvider, in.Strong)
}

func settingsTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("signin.settings.title"), Lead: r.T("signin.settings.lead"), Nav: web.NavWork}
}

func underSettings(r *web.Request, title string) web.Page {
	p := settingsTitle(r)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: ProviderSettings})
	p.Title, p.Lead, p.Narrow = title, "", true
	return p
}

// lines splits what was typed into a field of several lines.
func lines(s string) []string {
	out := strings.FieldsFunc(s, func(c rune) bool { return c == '\n' || c == '\r' || c == ',' || c == ' ' || c == '\t' })
	return slices.Compact(out)
}

func (h handlers) providerPage(w http.ResponseWriter, r *web.Request) error {
	p, set, err := h.service.ProviderOf(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	if p.Enabled {
		f.Set("enabled", "1")
	}
	f.Set("issuer", p.Issuer)
	f.Set("client", p.ClientID)
	f.Set("button", p.Settings.Button["de"])
	f.Set("button_en", p.Settings.Button["en"])
	f.Set("scopes", strings.Join(p.Settings.Scopes, " "))
	f.Set("domains", strings.Join(p.Settings.Domains, "\n"))
	f.Set("claim", p.Settings.Claim)
	for name, on := range map[string]bool{"trust": p.Settings.TrustMail, "strong": p.Settings.Strong, "create": p.Settings.Create} {
		if on {
			f.Set(name, "1")
		}
	}
	var groups []string
	for _, g := range p.Settings.Groups {
		groups = append(groups, g.Group+" = "+string(g.Role))
	}
	f.Set("groups", strings.Join(groups, "\n"))
	return r.Render(w, settingsTitle(r), providerForm(f, settingsView{set: set, callback: callback(r)}))
}

// settingsView is what the page of the settings shows beside the form.
type settingsView struct {
	set      bool // a provider is entered
	callback string
}

// groupRoles reads lines "group = role".
func groupRoles(s string) (out []account.GroupRole) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		i := strings.LastIndex(line, "=")
		if i < 0 {
			out = append(out, account.GroupRole{Group: line})
			continue
		}
		out = append(out, account.GroupRole{Group: strings.TrimSpace(line[:i]), Role: access.Role(strings.TrimSpace(line[i+1:]))})
	}
	return out
}

func (h handlers) saveProvider(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	button := kernel.T(strings.TrimSpace(f.Value("button")), strings.TrimSpace(f.Value("button_en")))
	if button["de"] == "" {
		button = kernel.T("Mit dem Konto der Stadt anmelden", "Sign in with the town’s account")
	}
	err := h.service.SaveProvider(r.Context(), r.Actor, account.Provider{
		Enabled: f.Is("enabled", "1"), Issuer: f.Value("issuer"), ClientID: f.Value("client"), Secret: f.Value("secret"),
		Settings: account.ProviderSettings{
			Button: button, Scopes: lines(f.Value("scopes")), Domains: lines(strings.ToLower(f.Value("domains"))), TrustMail: f.Is("trust", "1"),
			Strong: f.Is("strong", "1"), Claim: strings.TrimSpace(f.Value("claim")), Groups: groupRoles(f.Value("groups")), Create: f.Is("create", "1"),
		},
	})
	if f.Fail(err) {
		return r.Invalid(w, settingsTitle(r), providerForm(f, settingsView{callback: callback(r)}))
	}
	if err != nil {
		return err
	}
	return r.Done(w, ProviderSettings, "notice.signin.provider")
}

func (h handlers) checkProvider(w http.ResponseWriter, r *web.Request) error {
	says, err := h.service.CheckProvider(r.Context(), r.Actor)
	f := web.BlankForm(r)
	if f.Fail(err) {
		return r.Invalid(w, underSettings(r, r.T("signin.check.title")), checkPage(f, says))
	}
	if err != nil {
		return err
	}
	return r.Render(w, underSettings(r, r.T("signin.check.title")), checkPage(f, says))
}

func (h handlers) tryProvider(w http.ResponseWriter, r *web.Request) error {
	if foreign(r) {
		return r.Redirect(w, ProviderSettings)
	}
	address, token, err := h.service.TryProvider(r.Context(), r.Actor, callback(r))
	if kernel.KindOf(err) == kernel.NotFound { // nothing is entered yet
		return r.Redirect(w, ProviderSettings)
	}
	f := web.BlankForm(r)
	if f.Fail(err) {
		return r.Invalid(w, underSettings(r, r.T("signin.check.title")), checkPage(f, account.ProviderSays{}))
	}
	if err != nil {
		return err
	}
	return h.leave(w, r, address, token)
}
