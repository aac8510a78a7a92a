// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// linksAbout lists the links that concern an account or were sent to its address.
func (s *Service) linksAbout(ctx context.Context, tenant kernel.ID, a Account) (out []Link, err error) {
	if s.Links == nil {
		return nil, nil
	}
	for _, kind := range LinkKinds() {
		list, err := s.Links.LinksOf(ctx, tenant, kind)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			if l.Account == a.ID || FoldEmail(l.Email) == FoldEmail(a.Email) {
				out = append(out, l)
			}
		}
	}
	return out, nil
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
		a, err := s.Store.Account(ctx, tenant, person)
		if err != nil || a.Erased() {
			return err
		}
		links, err := s.linksAbout(ctx, tenant, a)
		if err != nil {
			return err
		}
		today := kernel.DayOf(s.now())
		var ended []Grant
		for _, g := range a.Roles {
			if g.lasts() && (g.To == "" || g.To >= today) {
				g.To = dayBefore(today)
				ended = append(ended, g)
			}
		}
		if err := s.Store.SetRoles(ctx, tenant, person, ended); err != nil {
			return err
		}
		for _, l := range links {
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
		n = 1 + len(links)
		return nil
	})
	return n, err
}
