// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Provider is the town's own identity provider (OpenID Connect Core 1.0) and what the town trusts it with.
type Provider struct {
	Enabled  bool // offered on the page of signing in
	Issuer   string
	ClientID string
	Secret   string // sealed in the store; a service never gives it out
	Settings ProviderSettings
	Changed  kernel.Instant
}

// ProviderSettings are the town's rules for people who come from its identity provider.
type ProviderSettings struct {
	Button    kernel.Text `json:"button"`               // "Mit dem Stadtkonto anmelden"
	Scopes    []string    `json:"scopes,omitempty"`     // beside openid, profile and email
	Domains   []string    `json:"domains,omitempty"`    // of mail addresses that are let in the first time; empty: any
	TrustMail bool        `json:"trust_mail,omitempty"` // addresses count as verified without email_verified: the town itself sets them in its directory
	Strong    bool        `json:"strong,omitempty"`     // the provider itself asks for a second factor
	Claim     string      `json:"claim,omitempty"`      // where groups stand, "groups" or "realm_access.roles"
	Groups    []GroupRole `json:"groups,omitempty"`
	Create    bool        `json:"create,omitempty"` // members of a mapped group get an account by themselves
}

// GroupRole gives the members of a group of the directory a role.
type GroupRole struct {
	Group string      `json:"group"`
	Role  access.Role `json:"role"`
}

// Identity is a person of an identity provider, linked to an account by what never changes: issuer and subject (OpenID Connect Core 5.7).
type Identity struct {
	Issuer, Subject string
	Account         kernel.ID
	LinkedAt        kernel.Instant
	UsedAt          kernel.Instant
}

type providerKeys interface {
	// Provider gives the identity provider of a town; NotFound "signin.provider.none".
	Provider(ctx context.Context, tenant kernel.ID) (Provider, error)
	// SetProvider writes it.
	SetProvider(ctx context.Context, tenant kernel.ID, p Provider) error
	// Identity gives the link of a person of the provider; NotFound "signin.provider.unlinked".
	Identity(ctx context.Context, tenant kernel.ID, issuer, subject string) (Identity, error)
	// Identities lists the links of an account.
	Identities(ctx context.Context, tenant, account kernel.ID) ([]Identity, error)
	// SetIdentity writes a link, or when it was last used.
	SetIdentity(ctx context.Context, tenant kernel.ID, i Identity) error
}

// ErrNoProvider says that the town offers no identity provider.
var ErrNoProvider = kernel.E(kernel.NotFound, "signin.provider.none")

// Mappable lists the roles a group of the directory can give: the administration is given by people only, so that whoever runs the directory
// does not run the town's pages by that alone.
func Mappable() []access.Role {
	return slices.DeleteFunc(access.Roles(), func(r access.Role) bool { return r.Citizen() || r == access.Admin })
}

func secretPlace(tenant kernel.ID) string { return "provider/" + string(tenant) }

var (
	domainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$`)
	scopeForm  = regexp.MustCompile(`^[!#-\[\]-~]{1,100}$`) // RFC 6749 3.3
	claimForm  = regexp.MustCompile(`^[A-Za-z0-9_:/.-]{1,200}$`)
)

func (p Provider) validate() error {
	f := map[string]string{}
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || len(p.Issuer) > 500 {
		f["issuer"] = "signin.provider.issuer.form"
	}
	if p.ClientID == "" || utf8.RuneCountInString(p.ClientID) > 200 {
		f["client"] = "signin.provider.client.form"
	}
	if p.Secret == "" {
		f["secret"] = "signin.provider.secret.form"
	}
	for _, d := range p.Settings.Domains {
		if !domainForm.MatchString(d) {
			f["domains"] = "signin.provider.domains.form"
		}
	}
	for _, s := range p.Settings.Scopes {
		if !scopeForm.MatchString(s) {
			f["scopes"] = "signin.provider.scopes.form"
		}
	}
	if p.Settings.Claim != "" && !claimForm.MatchString(p.Settings.Claim) {
		f["claim"] = "signin.provider.claim.form"
	}
	for _, g := range p.Settings.Groups {
		if g.Group == "" || !slices.Contains(Mappable(), g.Role) {
			f["groups"] = "signin.provider.groups.form"
		}
	}
	if len(p.Settings.Groups) > 0 && p.Settings.Claim == "" {
		f["claim"] = "signin.provider.claim.missing"
	}
	if len(f) == 0 {
		return nil
	}
	roles := make([]string, 0, 20)
	for _, r := range Mappable() {
		roles = append(roles, string(r))
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params("roles", roles), Fields: f}
}

// ProviderOf gives the town's identity provider for the page of its settings, without the secret; set tells whether there is one. Without a
// provider the zero one.
func (s *Service) ProviderOf(ctx context.Context, by access.Actor) (p Provider, set bool, err error) {
	if err := access.CheckTenant(by, access.ManageTenant); err != nil {
		return p, false, err
	}
	p, err = s.Keys.Provider(ctx, by.Tenant)
	if kernel.KindOf(err) == kernel.NotFound {
		return Provider{}, false, nil
	}
	set, p.Secret = p.Secret != "", ""
	return p, set, err
}

// SaveProvider writes the town's identity provider. An empty secret keeps the one there is.
func (s *Service) SaveProvider(ctx context.Context, by access.Actor, p Provider) error {
	if err := access.CheckTenant(by, access.ManageTenant); err != nil {
		return err
	}
	p.Issuer, p.ClientID = strings.TrimSpace(p.Issuer), strings.TrimSpace(p.ClientID)
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		old, err := s.Keys.Provider(ctx, by.Tenant)
		if err != nil && kernel.KindOf(err) != kernel.NotFound {
			return err
		}
		p := p
		if p.Secret == "" && old.Issuer == p.Issuer { // another issuer is not sent the secret of the old one
			p.Secret = old.Secret
		} else if p.Secret != "" {
			p.Secret = s.Secret.Seal("oidc", secretPlace(by.Tenant), []byte(p.Secret))
		}
		if err := p.validate(); err != nil {
			return err
		}
		p.Changed = kernel.InstantOf(s.now())
		if err := s.Keys.SetProvider(ctx, by.Tenant, p); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.ManageTenant, What: "signin.provider", Object: kernel.Ref{Kind: "tenant", ID: by.Tenant},
			Note: map[string]string{"enabled": yes(p.Enabled), "create": yes(p.Settings.Create), "strong": yes(p.Settings.Strong), "groups": count(len(p.Settings.Groups))},
		})
	})
}

// enabledProvider gives the provider the town offers; ErrNoProvider otherwise.
func (s *Service) enabledProvider(ctx context.Context, tenant kernel.ID) (Provider, error) {
	if s.Keys == nil {
		return Provider{}, ErrNoProvider
	}
	p, err := s.Keys.Provider(ctx, tenant)
	if kernel.KindOf(err) == kernel.NotFound || err == nil && !p.Enabled {
		return Provider{}, ErrNoProvider
	}
	return p, err
}

// ProviderButton gives what the button of the town's identity provider says; ErrNoProvider without one.
func (s *Service) ProviderButton(ctx context.Context, tenant kernel.ID) (kernel.Text, error) {
	p, err := s.enabledProvider(ctx, tenant)
	return p.Settings.Button, err
}
