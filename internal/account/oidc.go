// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// OIDC is what signing in through an identity provider needs of the outside.
type OIDC struct {
	// Outside gives a context in which go-oidc and oauth2 fetch through a guarded client (oidc.ClientContext); without it nothing is fetched.
	Outside func(ctx context.Context) context.Context

	found sync.Map // issuer to discovered
}

type discovered struct {
	provider *oidc.Provider
	at       time.Time
}

// foundFor is how long what a provider says of itself is believed.
const foundFor = 10 * time.Minute

func yes(b bool) string  { return strconv.FormatBool(b) }
func count(n int) string { return strconv.Itoa(n) }

// errProvider is the sentence for a provider that does not answer as it should; the reason inside is for the log.
func errProvider(key string, err error) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: key, Fields: map[string]string{}, Err: err}
}

// discover reads what an issuer says of itself (OpenID Connect Discovery 1.0).
func (s *Service) discover(ctx context.Context, issuer string) (*oidc.Provider, context.Context, error) {
	if s.OIDC.Outside == nil {
		return nil, ctx, errProvider("signin.provider.down", errors.New("no client for the outside"))
	}
	ctx = s.OIDC.Outside(ctx)
	if d, ok := s.OIDC.found.Load(issuer); ok {
		if d := d.(discovered); time.Since(d.at) < foundFor {
			return d.provider, ctx, nil
		}
	}
	// The keys are fetched later in this context: it must not end with the request.
	p, err := oidc.NewProvider(context.WithoutCancel(ctx), issuer)
	if err != nil {
		return nil, ctx, errProvider("signin.provider.down", err)
	}
	s.OIDC.found.Store(issuer, discovered{p, time.Now()})
	return p, ctx, nil
}

func (s *Service) oauth(tenant kernel.ID, p Provider, found *oidc.Provider, redirect string) (*oauth2.Config, error) {
	secret, err := s.Secret.Unseal("oidc", secretPlace(tenant), p.Secret)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: string(secret), Endpoint: found.Endpoint(), RedirectURL: redirect,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, p.Settings.Scopes...),
	}, nil
}

const providerStep = "provider"

// providerTry is a sign-in under way at the provider.
type providerTry struct {
	Issuer   string `json:"issuer"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // PKCE, RFC 7636
	Redirect string `json:"redirect"`
	Back     string `json:"back"`
	Try      bool   `json:"try"` // nobody is signed in: the administration looks what would happen
}

// BeginProvider starts to sign in through the town's identity provider: where to send the browser, and a token for its cookie, without which the
// answer is worth nothing. back is where the reader wants to go.
func (s *Service) BeginProvider(ctx context.Context, tenant kernel.ID, redirect, back string) (address, token string, err error) {
	p, err := s.enabledProvider(ctx, tenant)
	if err != nil {
		return "", "", err
	}
	return s.beginProvider(ctx, tenant, p, "", redirect, back)
}

// TryProvider starts a sign-in that signs nobody in, for the administration to see what the provider says.
func (s *Service) TryProvider(ctx context.Context, by access.Actor, redirect string) (address, token string, err error) {
	if err := access.CheckTenant(by, access.ManageTenant); err != nil {
		return "", "", err
	}
	p, err := s.Keys.Provider(ctx, by.Tenant)
	if err != nil {
		return "", "", err
	}
	return s.beginProvider(ctx, by.Tenant, p, by.Person, redirect, "")
}

func (s *Service) beginProvider(ctx context.Context, tenant kernel.ID, p Provider, by kernel.ID, redirect, back string) (address, token string, err error) {
	found, _, err := s.discover(ctx, p.Issuer)
	if err != nil {
		return "", "", err
	}
	o, err := s.oauth(tenant, p, found, redirect)
	if err != nil {
		return "", "", err
	}
	t := providerTry{Issuer: p.Issuer, State: NewToken(), Nonce: NewToken(), Verifier: oauth2.GenerateVerifier(), Redirect: redirect, Back: back, Try: by != ""}
	if token, err = s.beginStep(ctx, tenant, providerStep, by, t); err != nil {
		return "", "", err
	}
	return o.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), token, nil
}

// ProviderAnswer is what came back from the provider to the browser.
type ProviderAnswer struct {
	Token string // from the cookie
	State string
	Code  string
	Error string // RFC 6749 4.1.2.1
}

// ProviderSignIn is who came from the provider.
type ProviderSignIn struct {
	Account Account
	Strong  bool
	Back    string
	Try     *ProviderTry // set when nobody was to be signed in
}

// ProviderTry is what the provider said of somebody, and what would follow from it.
type ProviderTry struct {
	Subject, Name, Email string
	Verified             bool
	Groups               []string
	Roles                []access.Role
	Outcome              error // nil: the person would be signed in
}

// claims are what an ID token says of a person.
type claims struct {
	subject, name, email string
	verified             bool
	groups               []string
}

// FinishProvider takes what came back. The token from the cookie leads to state, nonce and verifier once; an ID token is believed when issuer,
// audience, signature, time and nonce are right (OpenID Connect Core 3.1.3.7).
func (s *Service) FinishProvider(ctx context.Context, tenant kernel.ID, by access.Actor, in ProviderAnswer) (out ProviderSignIn, err error) {
	var t providerTry
	step, err := s.takeStep(ctx, tenant, in.Token, providerStep, &t)
	if err != nil || subtle.ConstantTimeCompare([]byte(in.State), []byte(t.State)) != 1 {
		return out, errProvider("signin.provider.state", err)
	}
	out.Back = t.Back
	if t.Try && (step.Account != by.Person || !access.Can(by, access.ManageTenant, access.Object{Tenant: tenant})) {
		return out, errProvider("signin.provider.state", nil)
	}
	if in.Error != "" {
		return out, errProvider("signin.provider.refused", errors.New(in.Error))
	}
	p, err := s.Keys.Provider(ctx, tenant)
	if err != nil {
		return out, err
	}
	if p.Issuer != t.Issuer || !p.Enabled && !t.Try {
		return out, errProvider("signin.provider.state", errors.New("settings changed meanwhile"))
	}
	c, err := s.fetchClaims(ctx, tenant, p, t, in.Code)
	if err != nil {
		return out, err
	}
	if t.Try {
		_, roles, outcome := s.admit(ctx, tenant, p, c)
		if outcome != nil && kernel.KindOf(outcome) != kernel.Invalid {
			return out, outcome
		}
		out.Try = &ProviderTry{Subject: c.subject, Name: c.name, Email: c.email, Verified: c.verified, Groups: c.groups, Roles: roles, Outcome: outcome}
		return out, nil
	}
	out.Account, err = s.enterByProvider(ctx, tenant, p, c)
	out.Strong = p.Settings.Strong
	return out, err
}

func (s *Service) fetchClaims(ctx context.Context, tenant kernel.ID, p Provider, t providerTry, code string) (c claims, err error) {
	found, ctx, err := s.discover(ctx, p.Issuer)
	if err != nil {
		return c, err
	}
	o, err := s.oauth(tenant, p, found, t.Redirect)
	if err != nil {
		return c, err
	}
	got, err := o.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return c, errProvider("signin.provider.down", err)
	}
	raw, _ := got.Extra("id_token").(string)
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return c, errProvider("signin.provider.token", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.Nonce)) != 1 {
		return c, errProvider("signin.provider.token", errors.New("wrong nonce"))
	}
	var all map[string]any
	if err := token.Claims(&all); err != nil {
		return c, errProvider("signin.provider.token", err)
	}
	if all["email"] == nil { // some providers tell it on the second way only
		if info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(got)); err == nil && info.Subject == token.Subject {
			var more map[string]any
			if info.Claims(&more) == nil {
				for k, v := range more {
					if _, ok := all[k]; !ok {
						all[k] = v
					}
				}
			}
		}
	}
	return readClaims(token.Subject, all, p.Settings), nil
}

func readClaims(subject string, all map[string]any, set ProviderSettings) claims {
	text := func(name string) string { s, _ := all[name].(string); return strings.TrimSpace(s) }
	c := claims{subject: subject, name: text("name"), email: text("email"), groups: groupsIn(all, set.Claim)}
	if c.name == "" {
		c.name = text("preferred_username")
	}
	switch v := all["email_verified"].(type) {
	case bool:
		c.verified = v
	case string: // not what the standard says, but what some send
		c.verified = v == "true"
	default:
		c.verified = set.TrustMail
	}
	return c
}

// groupsIn finds a list of names under a claim, "groups" or "realm_access.roles".
func groupsIn(all map[string]any, claim string) (out []string) {
	if claim == "" {
		return nil
	}
	v, ok := all[claim]
	if !ok {
		v = all
		for part := range strings.SplitSeq(claim, ".") {
			m, _ := v.(map[string]any)
			v = m[part]
		}
	}
	switch v := v.(type) {
	case string:
		out = []string{v}
	case []any:
		for _, x := range v {
			if name, ok := x.(string); ok {
				out = append(out, name)
			}
		}
	}
	return out
}

// rolesFor are the roles the groups of a person give.
func (p Provider) rolesFor(groups []string) (roles []access.Role) {
	for _, g := range p.Settings.Groups {
		if slices.Contains(groups, g.Group) && !slices.Contains(roles, g.Role) {
			roles = append(roles, g.Role)
		}
	}
	return roles
}

// admit finds the account of somebody who came from the provider: the linked one; the first time the one of his or her verified address. The
// zero account with roles stands for one that is to be made.
func (s *Service) admit(ctx context.Context, tenant kernel.ID, p Provider, c claims) (Account, []access.Role, error) {
	roles := p.rolesFor(c.groups)
	link, err := s.Keys.Identity(ctx, tenant, p.Issuer, c.subject)
	if err == nil {
		a, err := s.Store.Account(ctx, tenant, link.Account)
		if err == nil && a.Disabled() {
			err = errProvider("signin.provider.unknown", errors.New("account disabled"))
		}
		return a, roles, err
	}
	if kernel.KindOf(err) != kernel.NotFound {
		return Account{}, nil, err
	}
	folded := FoldEmail(c.email)
	if !ValidEmail(c.email) || !c.verified {
		return Account{}, roles, errProvider("signin.provider.mail", errors.New("no verified address"))
	}
	_, domain, _ := strings.Cut(folded, "@")
	if len(p.Settings.Domains) > 0 && !slices.Contains(p.Settings.Domains, domain) {
		return Account{}, roles, errProvider("signin.provider.unknown", errors.New("domain not allowed"))
	}
	a, err := s.Store.ByEmail(ctx, tenant, folded)
	if kernel.KindOf(err) == kernel.NotFound {
		if p.Settings.Create && len(roles) > 0 {
			return Account{}, roles, nil
		}
		return Account{}, roles, errProvider("signin.provider.unknown", nil)
	}
	if err != nil {
		return Account{}, nil, err
	}
	if a.Disabled() {
		return Account{}, roles, errProvider("signin.provider.unknown", errors.New("account disabled"))
	}
	links, err := s.Keys.Identities(ctx, tenant, a.ID)
	if err != nil {
		return Account{}, nil, err
	}
	if slices.ContainsFunc(links, func(i Identity) bool { return i.Issuer == p.Issuer }) {
		return Account{}, roles, errProvider("signin.provider.linked", errors.New("another subject is linked"))
	}
	return a, roles, nil
}

// enterByProvider gives the account of somebody who came from the provider, links it the first time, and lets the mapped roles be what the groups
// say.
func (s *Service) enterByProvider(ctx context.Context, tenant kernel.ID, p Provider, c claims) (a Account, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		var roles []access.Role
		if a, roles, err = s.admit(ctx, tenant, p, c); err != nil {
			return err
		}
		now := kernel.InstantOf(s.now())
		if a.ID == "" {
			a = Account{ID: kernel.NewID(), Email: c.email, Name: c.name, CreatedAt: now}
			if a.Name == "" {
				a.Name = c.email
			}
			if err := s.Store.Insert(ctx, tenant, a); err != nil {
				return err
			}
		}
		by := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
		link, err := s.Keys.Identity(ctx, tenant, p.Issuer, c.subject)
		switch {
		case kernel.KindOf(err) == kernel.NotFound:
			link = Identity{Issuer: p.Issuer, Subject: c.subject, Account: a.ID, LinkedAt: now}
			if err := s.changed(ctx, by, "signin.provider.link"); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		link.UsedAt = now
		if err := s.Keys.SetIdentity(ctx, tenant, link); err != nil {
			return err
		}
		if len(p.Settings.Groups) == 0 {
			return nil
		}
		return s.syncRoles(ctx, by, &a, p, roles)
	})
	return a, err
}

// syncRoles gives and ends the roles of the mapping as the groups say; other roles stay as they are.
func (s *Service) syncRoles(ctx context.Context, by access.Actor, a *Account, p Provider, want []access.Role) error {
	today := kernel.DayOf(s.now())
	yesterday := kernel.Date(today.Time().AddDate(0, 0, -1).Format(time.DateOnly))
	mapped := func(r access.Role) bool {
		return slices.ContainsFunc(p.Settings.Groups, func(g GroupRole) bool { return g.Role == r })
	}
	var changes []Grant
	held := []access.Role{}
	for _, g := range a.Roles {
		if !g.On(today) || g.In != (access.Context{}) {
			continue
		}
		if mapped(g.Role) && !slices.Contains(want, g.Role) {
			g.To = yesterday
			changes = append(changes, g)
			continue
		}
		held = append(held, g.Role)
	}
	for _, r := range want {
		if !slices.Contains(held, r) {
			changes = append(changes, Grant{ID: kernel.NewID(), Role: r, From: today})
			held = append(held, r)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if x, y, clash := access.Clash(held); clash {
		return errProvider("signin.provider.clash", errors.New(string(x)+" and "+string(y)))
	}
	if err := s.Store.SetRoles(ctx, by.Tenant, a.ID, changes); err != nil {
		return err
	}
	for _, g := range changes {
		what := "signin.provider.role.give"
		if g.To != "" {
			what = "signin.provider.role.end"
		}
		if err := s.record(ctx, by, what, map[string]string{"role": string(g.Role)}); err != nil {
			return err
		}
	}
	fresh, err := s.Store.Account(ctx, by.Tenant, a.ID)
	*a = fresh
	return err
}

// ProviderSignOut gives the address at which a person signs out of the provider too (OpenID Connect RP-Initiated Logout 1.0), empty where it
// has none.
func (s *Service) ProviderSignOut(ctx context.Context, tenant kernel.ID, back string) (string, error) {
	p, err := s.enabledProvider(ctx, tenant)
	if err != nil {
		return "", err
	}
	found, _, err := s.discover(ctx, p.Issuer)
	if err != nil {
		return "", err
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&more); err != nil || more.End == "" {
		return "", err
	}
	u, err := url.Parse(more.End)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", errProvider("signin.provider.down", err)
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	if !strings.HasPrefix(back, "/") {
		q.Set("post_logout_redirect_uri", back)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// ProviderSays is what an issuer says of itself, for the page of the settings.
type ProviderSays struct {
	Authorization, Token, SignOut string
	Algorithms                    []string
}

// CheckProvider asks the issuer of the settings for what it says of itself.
func (s *Service) CheckProvider(ctx context.Context, by access.Actor) (ProviderSays, error) {
	p, set, err := s.ProviderOf(ctx, by)
	if err != nil || !set {
		return ProviderSays{}, errors.Join(err, noneUnless(set))
	}
	s.OIDC.found.Delete(p.Issuer)
	found, _, err := s.discover(ctx, p.Issuer)
	if err != nil {
		return ProviderSays{}, err
	}
	var raw json.RawMessage
	var more struct {
		End        string   `json:"end_session_endpoint"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := found.Claims(&raw); err != nil {
		return ProviderSays{}, errProvider("signin.provider.down", err)
	}
	if err := json.Unmarshal(raw, &more); err != nil {
		return ProviderSays{}, errProvider("signin.provider.down", err)
	}
	return ProviderSays{Authorization: found.Endpoint().AuthURL, Token: found.Endpoint().TokenURL, SignOut: more.End, Algorithms: more.Algorithms}, nil
}

func noneUnless(set bool) error {
	if set {
		return nil
	}
	return ErrNoProvider
}
