// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// HasPassword tells whether the person can confirm by a password; people who sign in through an identity provider or a passkey may have none.
func (s *Service) HasPassword(ctx context.Context, by access.Actor) (bool, error) {
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	return a.Hash != "", err
}

// Confirm makes sure that it is the person who asks for something that cannot be undone: an Invalid error on the field "password" when the
// password is wrong. Guesses are slowed down as at sign-in.
func (s *Service) Confirm(ctx context.Context, by access.Actor, password, from string) error {
	if by.Person == "" {
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	return s.checkPassword(ctx, by.Tenant, a, "password", password, From{Net: from})
}

// checkPassword tells whether a password is the one of an account, on the field of a form; guesses are slowed down as at sign-in.
func (s *Service) checkPassword(ctx context.Context, tenant kernel.ID, a Account, field, password string, from From) error {
	known, err := s.known(ctx, tenant, a.ID, from)
	if err != nil {
		return err
	}
	counters := passwordCounters(FoldEmail(a.Email), from, known)
	slowed, err := s.guess(ctx, tenant, counters)
	if err != nil {
		return err
	}
	ok, _, err := s.Hasher.Check(ctx, a.Hash, password)
	if err != nil {
		return err
	}
	if !ok {
		if err := s.noteSlowed(ctx, tenant, a.ID, slowed); err != nil {
			return err
		}
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: map[string]string{field: "account.password.wrong"}}
	}
	return s.succeeded(ctx, tenant, counters)
}
