// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Passkey is a key pair in a device of a person (WebAuthn Level 3); we keep its public half.
type Passkey struct {
	ID         string // of the credential, base64url
	Account    kernel.ID
	Name       string // given by the person: "Diensthandy"
	Credential string // WebAuthn's credential record, JSON
	CreatedAt  kernel.Instant
	UsedAt     kernel.Instant // zero: not used yet
}

// Site is where the town's pages are reached, as far as passkeys are bound to it. It comes from the configured public address, never from a
// request.
type Site struct {
	Host   string // "sozialplanung.stadt.de"
	Origin string // "https://sozialplanung.stadt.de"
	Name   string // the town
}

// MaxPasskeys is how many passkeys an account may have, MaxPasskeyName how long the name of one may be.
const (
	MaxPasskeys    = 20
	MaxPasskeyName = 60
)

const (
	passkeyAdd    = "passkey add"
	passkeySignIn = "passkey sign-in"
	passkeySecond = "passkey second"
	passkeyTime   = 5 * time.Minute
)

// errPasskey is the one answer to every passkey that does not fit; the reason inside is for the log.
func errPasskey(err error) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.passkey.failed", Fields: map[string]string{}, Err: err}
}

func relyingParty(site Site) (*webauthn.WebAuthn, error) {
	if site.Host == "" || site.Origin == "" {
		return nil, kernel.E(kernel.Conflict, "account.passkey.nosite")
	}
	always := true
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: passkeyTime, TimeoutUVD: passkeyTime}
	return webauthn.New(&webauthn.Config{
		RPID: site.Host, RPDisplayName: site.Name, RPOrigins: []string{site.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		// The key is found without a name being typed, and the device asks its owner: that is two factors in one step.
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &always, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
}

// holder is an account as WebAuthn sees it. Its handle is the account's random identifier.
type holder struct {
	account Account
	keys    []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.account.ID) }
func (h holder) WebAuthnName() string                       { return h.account.Email }
func (h holder) WebAuthnDisplayName() string                { return h.account.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Service) holder(ctx context.Context, tenant, id kernel.ID) (holder, error) {
	a, err := s.Store.Account(ctx, tenant, id)
	if err != nil {
		return holder{}, err
	}
	h := holder{account: a}
	list, err := s.Keys.Passkeys(ctx, tenant, id)
	if err != nil {
		return h, err
	}
	for _, p := range list {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(p.Credential), &c); err != nil {
			return h, fmt.Errorf("passkey %s: %w", p.ID, err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// Ceremony is what a browser needs to ask a device for a key: the token to send back with the answer, and the options as WebAuthn's JSON.
type Ceremony struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

func (s *Service) ceremony(ctx context.Context, tenant kernel.ID, purpose string, account kernel.ID, options any, data *webauthn.SessionData) (Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	token, err := s.beginStep(ctx, tenant, purpose, account, data)
	return Ceremony{Token: token, Options: o}, err
}

// BeginPasskey starts to register a new passkey for the person's own account.
func (s *Service) BeginPasskey(ctx context.Context, by access.Actor, x Session, site Site) (Ceremony, error) {
	if err := s.changeable(by, x); err != nil {
		return Ceremony{}, err
	}
	rp, err := relyingParty(site)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := s.holder(ctx, by.Tenant, by.Person)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.keys) >= MaxPasskeys {
		return Ceremony{}, kernel.E(kernel.Conflict, "account.passkey.many", "max", MaxPasskeys)
	}
	options, data, err := rp.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, err
	}
	return s.ceremony(ctx, by.Tenant, passkeyAdd, by.Person, options, data)
}

// AddPasskey takes the answer of the device and keeps the new passkey under a name.
func (s *Service) AddPasskey(ctx context.Context, by access.Actor, x Session, site Site, token, name, answer string) error {
	if err := s.changeable(by, x); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > MaxPasskeyName || !utf8.ValidString(name) {
		return &kernel.Error{
			Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params("max", MaxPasskeyName),
			Fields: map[string]string{"name": "account.passkey.name.form"},
		}
	}
	rp, err := relyingParty(site)
	if err != nil {
		return err
	}
	var data webauthn.SessionData
	step, err := s.takeStep(ctx, by.Tenant, token, passkeyAdd, &data)
	if err != nil || step.Account != by.Person {
		return errPasskey(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return errPasskey(err)
	}
	h, err := s.holder(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	c, err := rp.CreateCredential(h, data, parsed)
	if err != nil {
		return errPasskey(err)
	}
	record, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		p := Passkey{ID: base64.RawURLEncoding.EncodeToString(c.ID), Account: by.Person, Name: name, Credential: string(record), CreatedAt: kernel.InstantOf(s.now())}
		if err := s.Keys.InsertPasskey(ctx, by.Tenant, p); err != nil {
			return err
		}
		return s.changed(ctx, by, "signin.passkey.add")
	})
}

// RemovePasskey takes one of the person's own passkeys away.
func (s *Service) RemovePasskey(ctx context.Context, by access.Actor, x Session, id string) error {
	if err := s.changeable(by, x); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Keys.DeletePasskey(ctx, by.Tenant, by.Person, id); err != nil {
			return err
		}
		if err := s.lastFactor(ctx, by); err != nil {
			return err
		}
		return s.changed(ctx, by, "signin.passkey.remove")
	})
}

// BeginPasskeySignIn starts to sign in with a passkey, without a name.
func (s *Service) BeginPasskeySignIn(ctx context.Context, tenant kernel.ID, site Site) (Ceremony, error) {
	rp, err := relyingParty(site)
	if err != nil {
		return Ceremony{}, err
	}
	options, data, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, err
	}
	return s.ceremony(ctx, tenant, passkeySignIn, "", options, data)
}

// PasskeySignIn gives the account a passkey belongs to. It is never slowed: keys cannot be guessed.
func (s *Service) PasskeySignIn(ctx context.Context, tenant kernel.ID, site Site, token, answer string) (Account, error) {
	rp, err := relyingParty(site)
	if err != nil {
		return Account{}, err
	}
	var data webauthn.SessionData
	if _, err := s.takeStep(ctx, tenant, token, passkeySignIn, &data); err != nil {
		return Account{}, errPasskey(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Account{}, errPasskey(err)
	}
	var failed error // of our own, which the library would hide
	who, c, err := rp.ValidatePasskeyLogin(func(raw, handle []byte) (webauthn.User, error) {
		p, err := s.Keys.Passkey(ctx, tenant, base64.RawURLEncoding.EncodeToString(raw))
		if err == nil && string(p.Account) != string(handle) {
			err = kernel.E(kernel.NotFound, "account.passkey.none")
		}
		if err != nil {
			if kernel.KindOf(err) != kernel.NotFound {
				failed = err
			}
			return nil, err
		}
		h, err := s.holder(ctx, tenant, p.Account)
		failed = err
		return h, err
	}, data, parsed)
	if failed != nil {
		return Account{}, failed
	}
	if err != nil {
		return Account{}, errPasskey(err)
	}
	return s.usePasskey(ctx, tenant, who.(holder), c)
}

// BeginPasskeySecond starts to show a passkey after the password.
func (s *Service) BeginPasskeySecond(ctx context.Context, tenant kernel.ID, site Site, second string) (Ceremony, error) {
	x, err := s.Keys.Step(ctx, tenant, hashToken(second), secondStep, kernel.InstantOf(s.now()))
	if err != nil {
		return Ceremony{}, err
	}
	return s.beginKnown(ctx, tenant, x.Account, site)
}

// BeginPasskeyProof starts to show a passkey before changing what opens the account.
func (s *Service) BeginPasskeyProof(ctx context.Context, by access.Actor, site Site) (Ceremony, error) {
	if err := ownAccount(by); err != nil {
		return Ceremony{}, err
	}
	return s.beginKnown(ctx, by.Tenant, by.Person, site)
}

func (s *Service) beginKnown(ctx context.Context, tenant, id kernel.ID, site Site) (Ceremony, error) {
	rp, err := relyingParty(site)
	if err != nil {
		return Ceremony{}, err
	}
	h, err := s.holder(ctx, tenant, id)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.keys) == 0 {
		return Ceremony{}, kernel.E(kernel.Conflict, "account.passkey.none")
	}
	options, data, err := rp.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, err
	}
	return s.ceremony(ctx, tenant, passkeySecond, id, options, data)
}

// PasskeySecond takes a passkey as second factor and gives the account that is then signed in.
func (s *Service) PasskeySecond(ctx context.Context, tenant kernel.ID, site Site, second, token, answer string) (Account, error) {
	x, err := s.Keys.Step(ctx, tenant, hashToken(second), secondStep, kernel.InstantOf(s.now()))
	if err != nil {
		return Account{}, err
	}
	if err := s.checkKnown(ctx, tenant, x.Account, site, token, answer); err != nil {
		return Account{}, err
	}
	return s.endSecond(ctx, tenant, second)
}

// PasskeyProof takes a passkey as proof before changing what opens the account.
func (s *Service) PasskeyProof(ctx context.Context, by access.Actor, x Session, site Site, token, answer string) error {
	if err := ownAccount(by); err != nil {
		return err
	}
	if err := s.checkKnown(ctx, by.Tenant, by.Person, site, token, answer); err != nil {
		return err
	}
	return s.Prove(ctx, by, x.ID)
}

func (s *Service) checkKnown(ctx context.Context, tenant, id kernel.ID, site Site, token, answer string) error {
	rp, err := relyingParty(site)
	if err != nil {
		return err
	}
	var data webauthn.SessionData
	step, err := s.takeStep(ctx, tenant, token, passkeySecond, &data)
	if err != nil || step.Account != id {
		return errPasskey(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return errPasskey(err)
	}
	h, err := s.holder(ctx, tenant, id)
	if err != nil {
		return err
	}
	c, err := rp.ValidateLogin(h, data, parsed)
	if err != nil {
		return errPasskey(err)
	}
	_, err = s.usePasskey(ctx, tenant, h, c)
	return err
}

// usePasskey notes that a passkey was used. One whose counter went back may exist twice: it is refused, and the trail says so.
func (s *Service) usePasskey(ctx context.Context, tenant kernel.ID, h holder, c *webauthn.Credential) (Account, error) {
	if h.account.Disabled() {
		return Account{}, errPasskey(errors.New("account disabled"))
	}
	by := access.Actor{Tenant: tenant, Person: h.account.ID, Name: h.account.Name}
	if c.Authenticator.CloneWarning {
		err := s.DB.Tx(ctx, func(ctx context.Context) error { return s.changed(ctx, by, "signin.passkey.cloned") })
		return Account{}, errors.Join(errPasskey(errors.New("counter went back")), err)
	}
	record, err := json.Marshal(c)
	if err != nil {
		return Account{}, err
	}
	id := base64.RawURLEncoding.EncodeToString(c.ID)
	list, err := s.Keys.Passkeys(ctx, tenant, h.account.ID)
	if err != nil {
		return Account{}, err
	}
	i := slices.IndexFunc(list, func(p Passkey) bool { return p.ID == id })
	if i < 0 {
		return Account{}, errPasskey(errors.New("removed meanwhile"))
	}
	p := list[i]
	p.Credential, p.UsedAt = string(record), kernel.InstantOf(s.now())
	return h.account, s.Keys.UsePasskey(ctx, tenant, p)
}
