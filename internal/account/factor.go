// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

type factorKeys interface {
	// PutStep keeps the first half of something; it clears away those whose time is over.
	PutStep(ctx context.Context, tenant kernel.ID, tokenHash string, x Step) error
	// Step reads one that is not over; NotFound "account.step".
	Step(ctx context.Context, tenant kernel.ID, tokenHash, purpose string, now kernel.Instant) (Step, error)
	// TakeStep reads and removes one: of two who take it at once one gets NotFound.
	TakeStep(ctx context.Context, tenant kernel.ID, tokenHash, purpose string, now kernel.Instant) (Step, error)

	// TOTP gives the seed of an account; NotFound "account.totp.none".
	TOTP(ctx context.Context, tenant, account kernel.ID) (TOTP, error)
	// SetTOTP writes the seed of an account in place of another one.
	SetTOTP(ctx context.Context, tenant, account kernel.ID, t TOTP) error
	// UseTOTP uses up a time step and all before it; false when it was used up already.
	UseTOTP(ctx context.Context, tenant, account kernel.ID, step int64) (bool, error)
	// DeleteTOTP removes the seed of an account.
	DeleteTOTP(ctx context.Context, tenant, account kernel.ID) error

	// CountRecovery tells how many recovery codes are left.
	CountRecovery(ctx context.Context, tenant, account kernel.ID) (int, error)
	// SetRecovery writes the recovery codes of an account in place of all others.
	SetRecovery(ctx context.Context, tenant, account kernel.ID, hashes []string, at kernel.Instant) error
	// UseRecovery removes a recovery code; false when it is none of the account's.
	UseRecovery(ctx context.Context, tenant, account kernel.ID, hash string) (bool, error)

	// Passkeys lists the passkeys of an account, oldest first.
	Passkeys(ctx context.Context, tenant, account kernel.ID) ([]Passkey, error)
	// Passkey gives one by the id of its credential; NotFound "account.passkey.none".
	Passkey(ctx context.Context, tenant kernel.ID, id string) (Passkey, error)
	// InsertPasskey adds one; Conflict "account.passkey.exists".
	InsertPasskey(ctx context.Context, tenant kernel.ID, p Passkey) error
	// UsePasskey writes credential and time of use.
	UsePasskey(ctx context.Context, tenant kernel.ID, p Passkey) error
	// DeletePasskey removes one of an account; NotFound "account.passkey.none".
	DeletePasskey(ctx context.Context, tenant, account kernel.ID, id string) error

	// DeleteFactors removes seed, recovery codes and passkeys of an account.
	DeleteFactors(ctx context.Context, tenant, account kernel.ID) error
}

// Step is the first half of something that takes two requests. Content is JSON and belongs to the purpose.
type Step struct {
	Purpose string
	Account kernel.ID
	Content string
	Expires kernel.Instant
}

// StepTime is how long the second half may take (ASVS 6.5.5: at most ten minutes), KeepDevice how long a browser is known without being used.
const (
	StepTime   = 10 * time.Minute
	KeepDevice = 180 * 24 * time.Hour
)

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// HashToken gives the form in which a random token is kept: whoever reads the database cannot use it.
func HashToken(token string) string { return hashToken(token) }

// NewToken makes 256 random bits as text that fits into a cookie or an address.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// beginStep keeps the first half and gives the token that leads to it.
func (s *Service) beginStep(ctx context.Context, tenant kernel.ID, purpose string, account kernel.ID, content any) (token string, err error) {
	b, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	token = NewToken()
	return token, s.Keys.PutStep(ctx, tenant, hashToken(token), Step{purpose, account, string(b), kernel.InstantOf(s.now().Add(StepTime))})
}

// takeStep gives the first half, once.
func (s *Service) takeStep(ctx context.Context, tenant kernel.ID, token, purpose string, content any) (Step, error) {
	x, err := s.Keys.TakeStep(ctx, tenant, hashToken(token), purpose, kernel.InstantOf(s.now()))
	if err != nil || content == nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(x.Content), content)
}

// Factors is what an account has beside its password.
type Factors struct {
	TOTP     bool
	Passkeys []Passkey
	Recovery int // codes left
}

// Second tells whether a password alone does not open the account.
func (f Factors) Second() bool { return f.TOTP || len(f.Passkeys) > 0 }

// Factors gives what the person's own account has.
func (s *Service) Factors(ctx context.Context, by access.Actor) (Factors, error) {
	if err := ownAccount(by); err != nil {
		return Factors{}, err
	}
	return s.factors(ctx, by.Tenant, by.Person)
}

// FactorsOf gives what an account has, for the administration.
func (s *Service) FactorsOf(ctx context.Context, by access.Actor, id kernel.ID) (Factors, error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return Factors{}, err
	}
	return s.factors(ctx, by.Tenant, id)
}

func (s *Service) factors(ctx context.Context, tenant, id kernel.ID) (f Factors, err error) {
	if s.Keys == nil {
		return f, nil
	}
	t, err := s.Keys.TOTP(ctx, tenant, id)
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return f, err
	}
	f.TOTP = err == nil && !t.ConfirmedAt.IsZero()
	if f.Passkeys, err = s.Keys.Passkeys(ctx, tenant, id); err != nil {
		return f, err
	}
	f.Recovery, err = s.Keys.CountRecovery(ctx, tenant, id)
	return f, err
}

// HasSecond tells whether an account has a second factor, so that nothing weaker may open it.
func (s *Service) HasSecond(ctx context.Context, tenant, id kernel.ID) (bool, error) {
	f, err := s.factors(ctx, tenant, id)
	return f.Second(), err
}

const secondStep = "second"

// BeginSecond tells whether the password was not enough, and gives the token of the second step then. Whoever has the token can do nothing with
// it but show the second factor, within ten minutes.
func (s *Service) BeginSecond(ctx context.Context, tenant kernel.ID, a Account) (token string, needed bool, err error) {
	f, err := s.factors(ctx, tenant, a.ID)
	if err != nil || !f.Second() {
		return "", false, err
	}
	token, err = s.beginStep(ctx, tenant, secondStep, a.ID, struct{}{})
	return token, true, err
}

// Second gives what the person of a second step can show.
func (s *Service) Second(ctx context.Context, tenant kernel.ID, token string) (Factors, error) {
	x, err := s.Keys.Step(ctx, tenant, hashToken(token), secondStep, kernel.InstantOf(s.now()))
	if err != nil {
		return Factors{}, err
	}
	return s.factors(ctx, tenant, x.Account)
}

// errCode is the one answer to every wrong code.
func errCode() error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: map[string]string{"code": "account.code.wrong"}}
}

// FinishSecond takes a code of the app or a recovery code, and gives the account that is then signed in.
func (s *Service) FinishSecond(ctx context.Context, tenant kernel.ID, token, code string, from From) (Account, error) {
	x, err := s.Keys.Step(ctx, tenant, hashToken(token), secondStep, kernel.InstantOf(s.now()))
	if err != nil {
		return Account{}, err
	}
	if err := s.checkCode(ctx, tenant, x.Account, code, from, false); err != nil {
		return Account{}, err
	}
	return s.endSecond(ctx, tenant, token)
}

// endSecond uses the token up and gives its account, unless that was disabled meanwhile.
func (s *Service) endSecond(ctx context.Context, tenant kernel.ID, token string) (Account, error) {
	x, err := s.takeStep(ctx, tenant, token, secondStep, nil)
	if err != nil {
		return Account{}, err
	}
	a, err := s.Store.Account(ctx, tenant, x.Account)
	if err == nil && a.Disabled() {
		err = errSignIn()
	}
	return a, err
}

// checkCode takes a code of the app or a recovery code of an account. Guesses are slowed for the account as a whole, except in browsers that know
// it: whoever has stolen the password cannot lock the owner out. confirming takes the first code of a new seed and nothing else.
func (s *Service) checkCode(ctx context.Context, tenant, id kernel.ID, code string, from From, confirming bool) error {
	known, err := s.known(ctx, tenant, id, from)
	if err != nil {
		return err
	}
	counters := codeCounters(id, from, known)
	slowed, err := s.guess(ctx, tenant, counters)
	if err != nil {
		return err
	}
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, code)
	ok := false
	if len(code) == totpDigits {
		ok, err = s.useTOTP(ctx, tenant, id, code, confirming)
	} else if len(code) == recoveryLength && !confirming {
		ok, err = s.useRecovery(ctx, tenant, id, code)
	}
	if err != nil {
		return err
	}
	if !ok {
		if err := s.noteSlowed(ctx, tenant, id, slowed); err != nil {
			return err
		}
		return errCode()
	}
	return s.succeeded(ctx, tenant, counters)
}

// Reprove lets a person show again who he or she is, by password or code, before changing what opens the account.
func (s *Service) Reprove(ctx context.Context, by access.Actor, session kernel.ID, password, code string, from From) error {
	if err := ownAccount(by); err != nil {
		return err
	}
	if code != "" {
		if err := s.checkCode(ctx, by.Tenant, by.Person, code, from, false); err != nil {
			return err
		}
		return s.Prove(ctx, by, session)
	}
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	if err := s.checkPassword(ctx, by.Tenant, a, "password", password, from); err != nil {
		return err
	}
	return s.Prove(ctx, by, session)
}

// errProve asks the person to show again who he or she is.
func errProve() error { return kernel.E(kernel.Denied, proveKey) }

const proveKey = "account.prove.first"

// Unproved tells whether err asks the person to show again who he or she is.
func Unproved(err error) bool {
	var e *kernel.Error
	return errors.As(err, &e) && e.Key == proveKey
}

// NeedsProof tells whether a session is too old to change what opens the account.
func (s *Service) NeedsProof(x Session) bool { return s.now().Sub(x.ProvedAt.Time) > Proved }

// changeable tells whether the person may change the factors of the own account in this session.
func (s *Service) changeable(by access.Actor, x Session) error {
	if err := ownAccount(by); err != nil {
		return err
	}
	if x.Account != by.Person || s.NeedsProof(x) {
		return errProve()
	}
	return nil
}

// changed writes a change of factors to the trail and tells the person by mail (ASVS 6.3.7).
func (s *Service) changed(ctx context.Context, by access.Actor, what string) error {
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	if err := s.record(ctx, by, what, nil); err != nil {
		return err
	}
	return s.notify(ctx, by.Tenant, a, what, string(kernel.NewID()), nil)
}

// ClearFactors takes seed, recovery codes and passkeys from an account whose owner lost them and has been identified in person, and ends its
// sessions (ASVS 6.4.4). Nobody clears the own ones this way.
func (s *Service) ClearFactors(ctx context.Context, by access.Actor, id kernel.ID) error {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return err
	}
	if by.Person == id {
		return kernel.E(kernel.Conflict, "account.factors.self")
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if err := s.Keys.DeleteFactors(ctx, by.Tenant, id); err != nil {
			return err
		}
		if err := s.Store.EndSessions(ctx, by.Tenant, id); err != nil {
			return err
		}
		err = access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: "signin.factors.clear", Object: kernel.Ref{Kind: "account", ID: id}})
		if err != nil {
			return err
		}
		return s.notify(ctx, by.Tenant, a, "signin.factors.clear", string(kernel.NewID()), nil)
	})
}

// recoveryCodes is how many are made at once, recoveryLength how many letters each has: 92 bits.
const (
	recoveryCodes  = 10
	recoveryLength = 16
)

func (s *Service) recoveryHash(tenant, id kernel.ID, code string) string {
	return s.Secret.Mark("recovery code", fmt.Sprintf("%s/%s/%s", tenant, id, strings.ReplaceAll(code, "-", "")))
}

func (s *Service) useRecovery(ctx context.Context, tenant, id kernel.ID, code string) (ok bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if ok, err = s.Keys.UseRecovery(ctx, tenant, id, s.recoveryHash(tenant, id, code)); err != nil || !ok {
			return err
		}
		a, err := s.Store.Account(ctx, tenant, id)
		if err != nil {
			return err
		}
		return s.changed(ctx, access.Actor{Tenant: tenant, Person: id, Name: a.Name}, "signin.recovery.use")
	})
	return ok, err
}

// NewRecoveryCodes makes ten recovery codes in place of all others. They are given once and kept as hashes only.
func (s *Service) NewRecoveryCodes(ctx context.Context, by access.Actor, x Session) ([]string, error) {
	if err := s.changeable(by, x); err != nil {
		return nil, err
	}
	f, err := s.Factors(ctx, by)
	if err != nil {
		return nil, err
	}
	if !f.Second() {
		return nil, kernel.E(kernel.Conflict, "account.recovery.nofactor")
	}
	codes, hashes := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = OneTime()
		hashes[i] = s.recoveryHash(by.Tenant, by.Person, codes[i])
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Keys.SetRecovery(ctx, by.Tenant, by.Person, hashes, kernel.InstantOf(s.now())); err != nil {
			return err
		}
		return s.changed(ctx, by, "signin.recovery.new")
	})
	return codes, err
}

// RecoveryCode tells whether s looks like a recovery code, for the file that lists them.
func RecoveryCode(s string) bool {
	parts := strings.Split(s, "-")
	return len(parts) == 4 && !slices.ContainsFunc(parts, func(p string) bool { return len(p) != 4 || strings.Trim(p, passwordLetters) != "" })
}

// lastFactor removes the recovery codes with the last second factor: alone they would be worth nothing.
func (s *Service) lastFactor(ctx context.Context, by access.Actor) error {
	f, err := s.factors(ctx, by.Tenant, by.Person)
	if err != nil || f.Second() {
		return err
	}
	return s.Keys.SetRecovery(ctx, by.Tenant, by.Person, nil, kernel.InstantOf(s.now()))
}
