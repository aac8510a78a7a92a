// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// voter is the key under which an account supports; the same account is another voter for each town.
func (s *Service) voter(by access.Actor) string {
	return s.Secret.Mark("contribution.voter", string(by.Tenant)+" "+string(by.Person))
}

// Back supports a contribution, once for each person, or for each code where one is given: a group that has a code speaks with one voice, where
// the module lets groups speak. Asking again changes nothing.
func (s *Service) Back(ctx context.Context, by access.Actor, number, code string) (Contribution, error) {
	c, v, err := s.backer(ctx, by, number, code)
	if err != nil {
		return c, err
	}
	return c, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		added, err := s.Store.AddSupport(ctx, by.Tenant, c.ID, v)
		if err != nil || !added || code != "" {
			return err
		}
		for _, f := range s.Backers {
			if err := f(ctx, by, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unback takes the support back.
func (s *Service) Unback(ctx context.Context, by access.Actor, number, code string) (Contribution, error) {
	c, v, err := s.backer(ctx, by, number, code)
	if err != nil {
		return c, err
	}
	return c, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		_, err := s.Store.RemoveSupport(ctx, by.Tenant, c.ID, v.Voter)
		return err
	})
}

func (s *Service) backer(ctx context.Context, by access.Actor, number, code string) (c Contribution, v Support, err error) {
	if c, err = s.Get(ctx, by, number); err != nil {
		return c, v, err
	}
	if c.State != Published {
		return c, v, kernel.E(kernel.Conflict, "contribution.over")
	}
	o, err := s.Object(ctx, by.Tenant, c)
	if err != nil {
		return c, v, err
	}
	v.At = s.now()
	if code == "" {
		if err := access.Check(by, access.Support, o); err != nil {
			return c, v, err
		}
		v.Voter, v.Account = s.voter(by), by.Person
		return c, v, nil
	}
	if s.Voter == nil {
		return c, v, invalid(map[string]string{"code": "contribution.code.none"})
	}
	if err := access.Check(by, access.SupportByCode, o); err != nil {
		return c, v, err
	}
	_, m, err := s.Process(ctx, by.Tenant, c.Process, c.Module)
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return c, v, err
	}
	key, err := s.Voter(ctx, by.Tenant, c.Process, code, m.GroupSupport)
	if err != nil {
		return c, v, err
	}
	v.Voter = s.Secret.Mark("contribution.voter", string(by.Tenant)+" code "+key)
	return c, v, nil
}

// Backed tells whether the actor supports the contribution.
func (s *Service) Backed(ctx context.Context, by access.Actor, c Contribution) (bool, error) {
	if by.Person == "" {
		return false, nil
	}
	return s.Store.Supported(ctx, by.Tenant, c.ID, s.voter(by))
}
