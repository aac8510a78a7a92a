// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"errors"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// signing is the part of the service that signs people in.
type signing struct {
	throttle throttle
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

// SignIn gives the account of address and password. from stands for the reader's network address, for slowing down guesses only. The answer to
// an unknown address, a wrong password and a disabled account is the same, in words and in time.
func (s *Service) SignIn(ctx context.Context, tenant kernel.ID, email, password, from string) (Account, error) {
	folded := FoldEmail(email)
	if len(folded) > 254 || len(password) > 4*MaxPassword {
		return Account{}, errSignIn()
	}
	if w := s.throttle.wait(folded, from, s.now()); w > 0 {
		return Account{}, errWait(w)
	}
	a, err := s.Store.ByEmail(ctx, tenant, folded)
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return Account{}, err
	}
	hash := a.Hash
	if err != nil || a.Disabled() {
		hash = ""
	}
	ok, renew, err := s.Hasher.Check(ctx, hash, password)
	if err != nil {
		return Account{}, err
	}
	if !ok {
		s.throttle.fail(folded, from, s.now())
		return Account{}, errSignIn()
	}
	s.throttle.clear(folded, from)
	if renew {
		if err := s.setPassword(ctx, tenant, a, password, a.MustChange); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}
