// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Personal is what is kept about a person here: the account with its roles in the course of time, and open links. Hashes are left out, they tell
// the person nothing.
type Personal struct {
	Account Account
	Links   []Link
}

// Held gives everything kept about a person (Art. 15 GDPR). Who may ask is decided by whoever calls it.
func (s *Service) Held(ctx context.Context, tenant, person kernel.ID) (Personal, error) {
	a, err := s.Store.Account(ctx, tenant, person)
	if err != nil {
		return Personal{}, err
	}
	p := Personal{Account: a}
	p.Account.Hash = ""
	if s.Links == nil {
		return p, nil
	}
	for _, kind := range LinkKinds() {
		list, err := s.Links.LinksOf(ctx, tenant, kind)
		if err != nil {
			return p, err
		}
		for _, l := range list {
			if l.Account == a.ID || FoldEmail(l.Email) == FoldEmail(a.Email) {
				l.Content.Hash, l.Origin = "", ""
				p.Links = append(p.Links, l)
			}
		}
	}
	return p, nil
}

// MayErase tells whether an account can be erased; Conflict "account.admin.last" when the town would be left without an administration.
func (s *Service) MayErase(ctx context.Context, tenant, person kernel.ID) error {
	a, err := s.Store.Account(ctx, tenant, person)
	if err != nil {
		return err
	}
	a.ErasedAt = kernel.InstantOf(s.now())
	return s.keepsAdministration(ctx, tenant, a)
}

// Erase leaves a stub of an account: without name, address, password and consent, with its sessions and links gone and its roles ended. What the
// person did keeps the id of the stub (Art. 17 (3) GDPR: the record of who could do what when). It tells how many things were erased.
func (s *Service) Erase(ctx context.Context, tenant, person kernel.ID) (n int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n = 0
		if err := s.MayErase(ctx, tenant, person); err != nil {
			return err
		}
		p, err := s.Held(ctx, tenant, person)
		if err != nil || p.Account.Erased() {
			return err
		}
		today := DayOf(s.now())
		var ended []Grant
		for _, g := range p.Account.Roles {
			if g.lasts() && (g.To == "" || g.To >= today) {
				g.To = dayBefore(today)
				ended = append(ended, g)
			}
		}
		if err := s.Store.SetRoles(ctx, tenant, person, ended); err != nil {
			return err
		}
		for _, l := range p.Links {
			if _, err := s.Links.TakeLink(ctx, tenant, l.ID); err != nil {
				return err
			}
		}
		if err := s.Store.EndSessions(ctx, tenant, person); err != nil {
			return err
		}
		if err := s.Store.Erase(ctx, tenant, person, kernel.InstantOf(s.now())); err != nil {
			return err
		}
		n = 1 + len(p.Links)
		return nil
	})
	return n, err
}

// FindPerson gives the account of an address, for staff who answer a request about personal data.
func (s *Service) FindPerson(ctx context.Context, by access.Actor, email string) (Account, error) {
	if err := access.CheckTenant(by, access.AnswerPrivacy); err != nil {
		return Account{}, err
	}
	return s.Store.ByEmail(ctx, by.Tenant, FoldEmail(email))
}
