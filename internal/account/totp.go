// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// TOTP is a second factor by time (RFC 6238).
type TOTP struct {
	Seed        string // sealed
	LastStep    int64  // the last time step that was used up
	CreatedAt   kernel.Instant
	ConfirmedAt kernel.Instant // zero: shown, but not yet tried
}

// What every authenticator app understands: six digits of SHA-1 in steps of 30 seconds.
const (
	totpDigits = 6
	totpPeriod = 30
	seedBytes  = 20 // RFC 4226, R6: 160 bits
)

var totpForm = totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

func seedPlace(tenant, id kernel.ID) string { return fmt.Sprintf("%s/%s", tenant, id) }

var seedText = base32.StdEncoding.WithPadding(base32.NoPadding)

// TOTPSetup is what the app of a person is to be told.
type TOTPSetup struct {
	Seed    string // base32, in groups of four for typing
	Address string // otpauth://, drawn as a QR code
}

// BeginTOTP makes a new seed that counts once a code of it has been shown (ConfirmTOTP). One that is in use must be removed first.
func (s *Service) BeginTOTP(ctx context.Context, by access.Actor, x Session) error {
	if err := s.changeable(by, x); err != nil {
		return err
	}
	seed := make([]byte, seedBytes)
	_, _ = rand.Read(seed) // crypto/rand.Read never fails (Go 1.24)
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if have, err := s.Keys.TOTP(ctx, by.Tenant, by.Person); err == nil && !have.ConfirmedAt.IsZero() {
			return kernel.E(kernel.Conflict, "account.totp.exists")
		} else if err != nil && kernel.KindOf(err) != kernel.NotFound {
			return err
		}
		return s.Keys.SetTOTP(ctx, by.Tenant, by.Person, TOTP{
			Seed: s.Secret.Seal("totp", seedPlace(by.Tenant, by.Person), seed), CreatedAt: kernel.InstantOf(s.now()),
		})
	})
}

// TOTPToConfirm gives the seed that waits for its first code; issuer names the town in the app. NotFound when there is none, or when it is in use:
// a seed is shown only until then.
func (s *Service) TOTPToConfirm(ctx context.Context, by access.Actor, x Session, issuer string) (TOTPSetup, error) {
	if err := s.changeable(by, x); err != nil {
		return TOTPSetup{}, err
	}
	t, err := s.Keys.TOTP(ctx, by.Tenant, by.Person)
	if err != nil {
		return TOTPSetup{}, err
	}
	if !t.ConfirmedAt.IsZero() {
		return TOTPSetup{}, kernel.E(kernel.NotFound, "account.totp.none")
	}
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return TOTPSetup{}, err
	}
	seed, err := s.Secret.Unseal("totp", seedPlace(by.Tenant, by.Person), t.Seed)
	if err != nil {
		return TOTPSetup{}, err
	}
	k, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Email, Secret: seed, Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return TOTPSetup{}, err
	}
	return TOTPSetup{Seed: seedText.EncodeToString(seed), Address: k.URL()}, nil
}

// ConfirmTOTP takes the first code of a new seed; from then on the password alone opens nothing.
func (s *Service) ConfirmTOTP(ctx context.Context, by access.Actor, x Session, code string, from From) error {
	if err := s.changeable(by, x); err != nil {
		return err
	}
	if err := s.checkCode(ctx, by.Tenant, by.Person, code, from, true); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		t, err := s.Keys.TOTP(ctx, by.Tenant, by.Person)
		if err != nil {
			return err
		}
		t.ConfirmedAt = kernel.InstantOf(s.now())
		if err := s.Keys.SetTOTP(ctx, by.Tenant, by.Person, t); err != nil {
			return err
		}
		return s.changed(ctx, by, "signin.totp.add")
	})
}

// RemoveTOTP takes the seed away.
func (s *Service) RemoveTOTP(ctx context.Context, by access.Actor, x Session) error {
	if err := s.changeable(by, x); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Keys.DeleteTOTP(ctx, by.Tenant, by.Person); err != nil {
			return err
		}
		if err := s.lastFactor(ctx, by); err != nil {
			return err
		}
		return s.changed(ctx, by, "signin.totp.remove")
	})
}

// useTOTP takes a code of this time step or of one of its neighbours (RFC 6238 5.2: clocks and people are not exact) and uses it up, so that
// nobody who saw it can use it again (ASVS 6.5.1).
func (s *Service) useTOTP(ctx context.Context, tenant, id kernel.ID, code string, confirming bool) (bool, error) {
	t, err := s.Keys.TOTP(ctx, tenant, id)
	if kernel.KindOf(err) == kernel.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if t.ConfirmedAt.IsZero() != confirming {
		return false, nil
	}
	seed, err := s.Secret.Unseal("totp", seedPlace(tenant, id), t.Seed)
	if err != nil {
		return false, err
	}
	now := s.now().Unix() / totpPeriod
	fits := int64(-1)
	for step := now - 1; step <= now+1; step++ {
		want, err := totp.GenerateCodeCustom(seedText.EncodeToString(seed), time.Unix(step*totpPeriod, 0), totpForm)
		if err != nil {
			return false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			fits = step
		}
	}
	if fits < 0 {
		return false, nil
	}
	return s.Keys.UseTOTP(ctx, tenant, id, fits)
}
