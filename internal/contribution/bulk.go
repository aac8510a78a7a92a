// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Sort puts several contributions into a category at once.
func (s *Service) Sort(ctx context.Context, by access.Actor, ids []kernel.ID, category string) (n int, err error) {
	category = tidy(category, false)
	if length(category) > 100 {
		return 0, invalid(map[string]string{"category": "contribution.category.unknown"})
	}
	list, err := s.chosen(ctx, by, ids)
	if err != nil {
		return 0, err
	}
	return len(list), s.Tx.Tx(ctx, func(ctx context.Context) error {
		for _, c := range list {
			c.Category, c.Changed = category, s.now()
			if err := s.Store.Save(ctx, by.Tenant, c); err != nil {
				return err
			}
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.Moderate, What: "contribution.sort", Object: kernel.Ref{Kind: "contributions"}, Note: map[string]string{"n": strconv.Itoa(len(list))},
		})
	})
}

// chosen reads the contributions of a bulk action; each must be the actor's to moderate.
func (s *Service) chosen(ctx context.Context, by access.Actor, ids []kernel.ID) ([]Contribution, error) {
	if len(ids) == 0 || len(ids) > MostListed {
		return nil, invalid(map[string]string{"number": "contribution.bulk.none"})
	}
	var list []Contribution
	for _, id := range ids {
		c, err := s.ByID(ctx, by, id)
		if err != nil {
			return nil, err
		}
		if err := s.may(ctx, by, access.Moderate, c); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// MergeAll merges several contributions into one.
func (s *Service) MergeAll(ctx context.Context, by access.Actor, ids []kernel.ID, into, reason string) (n int, err error) {
	list, err := s.chosen(ctx, by, ids)
	if err != nil {
		return 0, err
	}
	return n, s.Tx.Tx(ctx, func(ctx context.Context) error {
		n = 0
		for _, c := range list {
			if c.Number == into {
				continue
			}
			if err := s.Merge(ctx, by, c.Number, into, reason); err != nil {
				return err
			}
			n++
		}
		return nil
	})
}
