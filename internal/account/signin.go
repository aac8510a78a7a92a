// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Secret seals what must be read again and marks what must only be recognised. platform/secret implements it.
type Secret interface {
	Seal(purpose, place string, plain []byte) string
	Unseal(purpose, place, sealed string) ([]byte, error)
	Mark(purpose, message string) string
}

// Keys keeps what opens an account beside the password: sessions, known browsers, second factors, passkeys, identities. accountdb implements it.
type Keys interface {
	sessionKeys
	factorKeys
	providerKeys
}

type sessionKeys interface {
	// BeginSession writes a new session and clears away those that have ended.
	BeginSession(ctx context.Context, tenant kernel.ID, tokenHash string, x Session, ends kernel.Instant) error
	// Sessions lists the sessions of an account, last seen first.
	Sessions(ctx context.Context, tenant, account kernel.ID) ([]Session, error)
	// EndSession ends one session of an account; NotFound "account.session".
	EndSession(ctx context.Context, tenant, account, id kernel.ID) error
	// EndOthers ends every session of the account but one and forgets its known browsers.
	EndOthers(ctx context.Context, tenant, account, keep kernel.ID) (int64, error)
	// ProveSession notes when the person of a session last showed who he or she is.
	ProveSession(ctx context.Context, tenant, account, id kernel.ID, at kernel.Instant) error
	// SeeDevice notes that the account is used in a browser, and tells whether it was known and how many others are.
	SeeDevice(ctx context.Context, tenant, account kernel.ID, hash string, at kernel.Instant) (known bool, others int, err error)
	// KnowsDevice tells whether the account was used in a browser before.
	KnowsDevice(ctx context.Context, tenant, account kernel.ID, hash string) (bool, error)
}

// Signing is what the service needs to sign people in; app fills it.
type Signing struct {
	Guesses Guesses
	Keys    Keys
	Secret  Secret
	// Notify tells a person by mail what happened to his or her account; nil: nobody is told.
	Notify func(ctx context.Context, tenant kernel.ID, n Notice) error
	// Rules gives what a town asks of those who sign in; nil: nothing beyond the limits of sessions.
	Rules func(ctx context.Context, tenant kernel.ID) (Rules, error)

	// OIDC is what the town's own identity provider needs.
	OIDC OIDC

	kept sync.Map // kernel.ID to keptRules
}

// Notice is a mail about somebody's own account: its kind, an event that makes it one of its kind, and what its words need.
type Notice struct {
	To     Account
	Kind   string
	Event  string
	Params map[string]any
}

func (s *Service) notify(ctx context.Context, tenant kernel.ID, to Account, kind, event string, params map[string]any) error {
	if s.Notify == nil || to.Email == "" {
		return nil
	}
	return s.Notify(ctx, tenant, Notice{To: to, Kind: kind, Event: event, Params: params})
}

// errSignIn is the one answer to every failed sign-in.
func errSignIn() error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.signin.failed", Fields: map[string]string{}}
}

// waitKey is the key of the error that asks to wait after failed guesses.
const waitKey = "account.signin.wait"

func errWait(w time.Duration) error {
	return kernel.E(kernel.Invalid, waitKey, "n", int64((w+time.Second-1)/time.Second))
}

// Wait tells how many seconds the reader has to wait before the next try, when that is what err says.
func Wait(err error) (seconds int64, ok bool) {
	var e *kernel.Error
	if !errors.As(err, &e) || e.Key != waitKey {
		return 0, false
	}
	seconds, ok = e.Params["n"].(int64)
	return seconds, ok
}

// SignIn gives the account of address and password. The answer to an unknown address, a wrong password and a disabled account is the same, in
// words and in time (ASVS 6.3.8). The caller asks SecondWays whether that is enough.
func (s *Service) SignIn(ctx context.Context, tenant kernel.ID, email, password string, from From) (Account, error) {
	folded := FoldEmail(email)
	if len(folded) > 254 || len(password) > 4*MaxPassword {
		return Account{}, errSignIn()
	}
	a, err := s.Store.ByEmail(ctx, tenant, folded)
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return Account{}, err
	}
	known, err := s.known(ctx, tenant, a.ID, from)
	if err != nil {
		return Account{}, err
	}
	counters := passwordCounters(folded, from, known)
	slowed, err := s.guess(ctx, tenant, counters)
	if err != nil {
		return Account{}, err
	}
	hash := a.Hash
	if a.Disabled() {
		hash = ""
	}
	ok, renew, err := s.Hasher.Check(ctx, hash, password)
	if err != nil {
		return Account{}, err
	}
	if !ok {
		if err := s.noteSlowed(ctx, tenant, a.ID, slowed); err != nil {
			return Account{}, err
		}
		return Account{}, errSignIn()
	}
	if err := s.succeeded(ctx, tenant, counters); err != nil {
		return Account{}, err
	}
	if renew {
		if err := s.setPassword(ctx, tenant, a, password, a.MustChange); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// known tells whether the account was used before in the browser somebody signs in with.
func (s *Service) known(ctx context.Context, tenant, account kernel.ID, from From) (bool, error) {
	if s.Keys == nil || from.Device == "" || account == "" {
		return false, nil
	}
	return s.Keys.KnowsDevice(ctx, tenant, account, from.Device)
}

// noteSlowed writes to the trail that guesses began to be slowed: failures in sum, not one by one.
func (s *Service) noteSlowed(ctx context.Context, tenant, account kernel.ID, slowed bool) error {
	if !slowed || s.Trail == nil {
		return nil
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		return access.Record(ctx, s.Trail, access.Anonymous(tenant), access.Act{
			Do: access.UseOwnAccount, What: "signin.slowed", Object: kernel.Ref{Kind: "account", ID: account},
		})
	})
}

// Duty is what somebody has to do before anything else.
type Duty string

// The duties.
const (
	NoDuty       Duty = ""
	PasswordDuty Duty = "password" // replace a one-time password
	FactorDuty   Duty = "factor"   // set up a second factor
)

// Present gives who a session is today and what he or she has to do first; until then no role is held.
func (s *Service) Present(ctx context.Context, tenant kernel.ID, x Session) (access.Actor, Duty, error) {
	who, err := s.Actor(ctx, tenant, x.Account)
	if err != nil {
		return who, NoDuty, err
	}
	if len(who.Roles)+len(who.Held) == 0 {
		a, err := s.Store.Account(ctx, tenant, x.Account)
		if err == nil && a.MustChange {
			return who, PasswordDuty, nil
		}
		return who, NoDuty, err
	}
	if x.Strong || !staffActor(who) {
		return who, NoDuty, nil
	}
	rules, err := s.TownRules(ctx, tenant)
	if err != nil || !rules.SecondFactor {
		return who, NoDuty, err
	}
	who.Roles, who.Held = nil, nil
	return who, FactorDuty, nil
}

// staffActor tells people who work for or with the town from citizens.
func staffActor(who access.Actor) bool {
	held := slices.Clone(who.Roles)
	for _, h := range who.Held {
		held = append(held, h.Role)
	}
	return slices.ContainsFunc(held, func(r access.Role) bool { return !r.Citizen() })
}

// staff tells whether an account was ever given a role of staff.
func staff(a Account) bool {
	return slices.ContainsFunc(a.Roles, func(g Grant) bool { return !g.Role.Citizen() })
}
