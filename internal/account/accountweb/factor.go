// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	factorPath  = ownPath + "/anmeldung"
	totpPath    = factorPath + "/app"
	codesPath   = factorPath + "/codes"
	ownKeysPath = factorPath + "/passkey"
	sessionPath = factorPath + "/sitzung"
	provePath   = ownPath + "/nachweis"
)

// registerFactors adds the pages of what opens one's own account.
func (h handlers) registerFactors(m *web.Mux) {
	m.Handle("GET "+factorPath, access.UseOwnAccount, h.factorPage)
	m.Handle("GET "+provePath, access.UseOwnAccount, h.provePage)
	m.Handle("POST "+provePath, access.UseOwnAccount, h.prove)
	m.Handle("POST "+provePath+"/passkey", access.UseOwnAccount, h.provePasskeyOptions)
	m.Handle("POST "+totpPath, access.UseOwnAccount, h.proved(h.beginTOTP))
	m.Handle("GET "+totpPath, access.UseOwnAccount, h.proved(h.totpPage))
	m.Handle("POST "+totpPath+"/bestaetigen", access.UseOwnAccount, h.proved(h.confirmTOTP))
	m.Handle("GET "+totpPath+"/entfernen", access.UseOwnAccount, h.askRemoveTOTP)
	m.Handle("POST "+totpPath+"/entfernen", access.UseOwnAccount, h.proved(h.removeTOTP))
	m.Handle("GET "+codesPath, access.UseOwnAccount, h.askCodes)
	m.Handle("POST "+codesPath, access.UseOwnAccount, h.proved(h.newCodes))
	m.Handle("POST "+codesPath+"/datei", access.UseOwnAccount, h.codesFile)
	m.Handle("POST "+ownKeysPath+"/beginn", access.UseOwnAccount, h.newPasskeyOptions)
	m.Handle("POST "+ownKeysPath, access.UseOwnAccount, h.proved(h.addPasskey))
	m.Handle("GET "+ownKeysPath+"/{id}/entfernen", access.UseOwnAccount, h.askRemovePasskey)
	m.Handle("POST "+ownKeysPath+"/{id}/entfernen", access.UseOwnAccount, h.proved(h.removePasskey))
	m.Handle("POST "+sessionPath+"/{id}", access.UseOwnAccount, h.proved(h.endSession))
	m.Handle("POST "+factorPath+"/andere", access.UseOwnAccount, h.proved(h.endOthers))
	m.Handle("GET /arbeit/benutzer/{id}/faktoren", access.ManageUsers, h.askClearFactors)
	m.Handle("POST /arbeit/benutzer/{id}/faktoren", access.ManageUsers, h.clearFactors)
}

// proved sends a person who has not shown lately who he or she is to do so, before something is changed that opens the account (ASVS 7.5.1, 7.5.2).
func (h handlers) proved(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		if h.service.NeedsProof(h.sessions.current(r.Context(), r.Tenant)) {
			return h.sendToProof(w, r)
		}
		err := next(w, r)
		if account.Unproved(err) {
			return h.sendToProof(w, r)
		}
		return err
	}
}

func (h handlers) sendToProof(w http.ResponseWriter, r *web.Request) error {
	return r.Redirect(w, provePath+"?"+url.Values{"weiter": {factorPath}}.Encode())
}

func factorTitle(r *web.Request) web.Page {
	return web.Page{
		Title: r.T("signin.own.title"), Lead: r.T("signin.own.lead"), Nav: web.NavWork, Narrow: true, Scripts: []string{"passkey.js"},
		Breadcrumb: []web.Crumb{{Text: r.T("account.own.title"), Href: ownPath}},
	}
}

func belowFactors(r *web.Request, title string) web.Page {
	p := factorTitle(r)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: factorPath})
	p.Title, p.Lead = title, ""
	return p
}

// overview is what the page of one's own sign-in shows.
type overview struct {
	factors  account.Factors
	sessions []account.Session
	current  kernel.ID
	passkeys bool // can be set up here
	duty     bool // the town asks for a second factor, and there is none
}

func (h handlers) overview(r *web.Request) (o overview, err error) {
	if _, err := h.me(r); err != nil {
		return o, err
	}
	if o.factors, err = h.service.Factors(r.Context(), r.Actor); err != nil {
		return o, err
	}
	if o.sessions, err = h.service.Sessions(r.Context(), r.Actor); err != nil {
		return o, err
	}
	o.current = h.sessions.current(r.Context(), r.Tenant).ID
	o.passkeys = siteOf(r).Host != ""
	o.duty = h.sessions.Duty(r.Request, r.Tenant) == factorPath
	return o, nil
}

func (h handlers) factorPage(w http.ResponseWriter, r *web.Request) error {
	o, err := h.overview(r)
	if err != nil {
		return err
	}
	return r.Render(w, factorTitle(r), factorView(r, o, web.BlankForm(r)))
}

// again shows the page with what was wrong with one of its forms.
func (h handlers) again(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	o, err := h.overview(r)
	if err != nil {
		return err
	}
	return r.Invalid(w, factorTitle(r), factorView(r, o, f))
}

// strengthened lets the session go on under a new token, now as one with a second factor (ASVS 7.2.4), and leads to recovery codes where there
// are none.
func (h handlers) strengthened(w http.ResponseWriter, r *web.Request, notice string) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	if err := h.sessions.renew(r, a, true); err != nil {
		return err
	}
	f, err := h.service.Factors(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	if f.Recovery == 0 {
		return r.Done(w, codesPath, notice)
	}
	return r.Done(w, factorPath, notice)
}

func proveTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("signin.prove.title"), Lead: r.T("signin.prove.lead"), Nav: web.NavWork, Narrow: true, NoIndex: true, Scripts: []string{"passkey.js"}}
}

// proofs are the ways a person can show who he or she is.
type proofs struct {
	account account.Account
	factors account.Factors
	passkey bool
}

func (h handlers) proofs(r *web.Request) (p proofs, err error) {
	if p.account, err = h.me(r); err != nil {
		return p, err
	}
	p.factors, err = h.service.Factors(r.Context(), r.Actor)
	p.passkey = len(p.factors.Passkeys) > 0 && siteOf(r).Host != ""
	return p, err
}

func (h handlers) provePage(w http.ResponseWriter, r *web.Request) error {
	p, err := h.proofs(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	f.Set("weiter", web.SafeReturn(f.Value("weiter")))
	return r.Render(w, proveTitle(r), proveForm(f, p))
}

func (h handlers) prove(w http.ResponseWriter, r *web.Request) error {
	p, err := h.proofs(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	back := web.SafeReturn(f.Value("weiter"))
	f.Set("weiter", back)
	x := h.sessions.current(r.Context(), r.Tenant)
	if answer := f.Value("antwort"); answer != "" {
		err = h.service.PasskeyProof(r.Context(), r.Actor, x, siteOf(r), f.Value("vorgang"), answer)
	} else {
		err = h.service.Reprove(r.Context(), r.Actor, x.ID, f.Value("password"), f.Value("code"), h.sessions.from(r))
	}
	f.Set("code", "")
	if err != nil {
		return h.refused(w, r, f, err, proveTitle(r), func() templ.Component { return proveForm(f, p) })
	}
	return r.Redirect(w, back)
}

func (h handlers) provePasskeyOptions(w http.ResponseWriter, r *web.Request) error {
	c, err := h.service.BeginPasskeyProof(r.Context(), r.Actor, siteOf(r))
	return ceremony(w, c, err)
}

func (h handlers) beginTOTP(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.BeginTOTP(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant)); err != nil {
		return err
	}
	return r.Redirect(w, totpPath)
}

func (h handlers) totpSetup(r *web.Request) (account.TOTPSetup, error) {
	return h.service.TOTPToConfirm(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant), "Kupferfaden "+r.Name())
}

func (h handlers) totpPage(w http.ResponseWriter, r *web.Request) error {
	setup, err := h.totpSetup(r)
	if kernel.KindOf(err) == kernel.NotFound {
		return r.Redirect(w, factorPath)
	}
	if err != nil {
		return err
	}
	return r.Render(w, belowFactors(r, r.T("signin.totp.setup")), totpForm(web.BlankForm(r), setup))
}

func (h handlers) confirmTOTP(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.service.ConfirmTOTP(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant), f.Value("code"), h.sessions.from(r))
	f.Set("code", "")
	if err != nil {
		setup, missing := h.totpSetup(r)
		if missing != nil {
			return r.Redirect(w, factorPath)
		}
		return h.refused(w, r, f, err, belowFactors(r, r.T("signin.totp.setup")), func() templ.Component { return totpForm(f, setup) })
	}
	return h.strengthened(w, r, "notice.signin.totp")
}

func (h handlers) askRemoveTOTP(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, belowFactors(r, r.T("signin.totp.remove")), web.Confirm(web.Confirmation{
		Text: r.T("signin.totp.remove.text"), Action: r.Link(totpPath + "/entfernen"), Button: r.T("signin.remove"), Back: r.Link(factorPath), Danger: true,
	}))
}

// removed leads back after a factor was taken away; the session goes on under a new token.
func (h handlers) removed(w http.ResponseWriter, r *web.Request, notice string) error {
	a, err := h.me(r)
	if err != nil {
		return err
	}
	f, err := h.service.Factors(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	if err := h.sessions.renew(r, a, f.Second() && h.sessions.current(r.Context(), r.Tenant).Strong); err != nil {
		return err
	}
	return r.Done(w, factorPath, notice)
}

func (h handlers) removeTOTP(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.RemoveTOTP(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant)); err != nil {
		return err
	}
	return h.removed(w, r, "notice.signin.totp.removed")
}

func (h handlers) askCodes(w http.ResponseWriter, r *web.Request) error {
	f, err := h.service.Factors(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	if !f.Second() {
		return r.Redirect(w, factorPath)
	}
	text := r.T("signin.codes.text")
	if f.Recovery > 0 {
		text = r.T("signin.codes.replace", "n", f.Recovery)
	}
	return r.Render(w, belowFactors(r, r.T("signin.codes.title")), web.Confirm(web.Confirmation{
		Text: text, Action: r.Link(codesPath), Button: r.T("signin.codes.make"), Back: r.Link(factorPath),
	}))
}

func (h handlers) newCodes(w http.ResponseWriter, r *web.Request) error {
	codes, err := h.service.NewRecoveryCodes(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, belowFactors(r, r.T("signin.codes.title")), codesPage(codes))
}

// codesFile gives back as a file the codes the page has just shown: they are kept nowhere else.
func (h handlers) codesFile(w http.ResponseWriter, r *web.Request) error {
	var b strings.Builder
	b.WriteString(r.T("signin.codes.file", "town", r.Name(), "email", r.Actor.Name) + "\r\n\r\n")
	for i, c := range web.NewForm(r).Values("code") {
		if i < 10 && account.RecoveryCode(c) {
			b.WriteString(c + "\r\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="kupferfaden-codes.txt"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(b.String()))
	return err
}

// ceremony answers a script that asks for what a device needs.
func ceremony(w http.ResponseWriter, c account.Ceremony, err error) error {
	if err != nil {
		return err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}

func (h handlers) newPasskeyOptions(w http.ResponseWriter, r *web.Request) error {
	c, err := h.service.BeginPasskey(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant), siteOf(r))
	return ceremony(w, c, err)
}

func (h handlers) addPasskey(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.service.AddPasskey(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant), siteOf(r), f.Value("vorgang"), f.Value("name"), f.Value("antwort"))
	if account.Unproved(err) {
		return err
	}
	if f.Fail(err) {
		return h.again(w, r, f)
	}
	if err != nil {
		return err
	}
	return h.strengthened(w, r, "notice.signin.passkey")
}

func (h handlers) askRemovePasskey(w http.ResponseWriter, r *web.Request) error {
	f, err := h.service.Factors(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	for _, p := range f.Passkeys {
		if p.ID == r.PathValue("id") {
			return r.Render(w, belowFactors(r, r.T("signin.passkey.remove")), web.Confirm(web.Confirmation{
				Text: r.T("signin.passkey.remove.text", "name", p.Name), Action: r.Link(passkeyRemovePath(p.ID)),
				Button: r.T("signin.remove"), Back: r.Link(factorPath), Danger: true,
			}))
		}
	}
	return kernel.E(kernel.NotFound, "account.passkey.none")
}

func passkeyRemovePath(id string) string {
	return ownKeysPath + "/" + url.PathEscape(id) + "/entfernen"
}

func (h handlers) removePasskey(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.RemovePasskey(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant), r.PathValue("id")); err != nil {
		return err
	}
	return h.removed(w, r, "notice.signin.passkey.removed")
}

func (h handlers) endSession(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.EndSession(r.Context(), r.Actor, kernel.ID(r.PathValue("id"))); err != nil {
		return err
	}
	return r.Done(w, factorPath, "notice.signin.session")
}

func (h handlers) endOthers(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.EndOthers(r.Context(), r.Actor, h.sessions.current(r.Context(), r.Tenant).ID); err != nil {
		return err
	}
	return r.Done(w, factorPath, "notice.signin.sessions")
}

func (h handlers) askClearFactors(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	f, err := h.service.FactorsOf(r.Context(), r.Actor, a.ID)
	if err != nil {
		return err
	}
	p := h.userTitle(r, a)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: a.Name, Href: userPath(a.ID)})
	p.Title = r.T("signin.clear.title")
	if !f.Second() {
		return r.Render(w, p, web.Notice(web.Info, r.T("signin.clear.none", "name", a.Name)))
	}
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text: r.T("signin.clear.text", "name", a.Name), Lines: []string{r.T("signin.clear.identity"), r.T("signin.clear.sessions")},
		Action: r.Link(userPath(a.ID) + "/faktoren"), Button: r.T("signin.clear.button"), Back: r.Link(userPath(a.ID)), Danger: true,
	}))
}

func (h handlers) clearFactors(w http.ResponseWriter, r *web.Request) error {
	a, err := h.find(r)
	if err != nil {
		return err
	}
	if err := h.service.ClearFactors(r.Context(), r.Actor, a.ID); err != nil {
		return err
	}
	return r.Done(w, userPath(a.ID), "notice.signin.cleared")
}
