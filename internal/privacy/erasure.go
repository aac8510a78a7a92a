// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Erasure says that what was held about a person was erased. It holds numbers only.
type Erasure struct {
	ID     kernel.ID
	Person kernel.ID // of the stub
	By     kernel.ID // staff; empty: the person
	Counts map[string]int64
	At     kernel.Instant
}

// Kept names the active kinds that stay after an erasure because a law asks for it.
func (s *Service) Kept(ctx context.Context, by access.Actor) ([]DataKind, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return nil, err
	}
	all, err := s.active(ctx, by.Tenant)
	var list []DataKind
	for _, k := range all {
		if k.Lawful {
			list = append(list, k)
		}
	}
	return list, err
}

// EraseOwn erases the actor's own account and what hangs on it, at once (Art. 17 GDPR). The caller has made sure that the person asks. There is
// no time of regret: keeping what somebody wants gone would need a reason, and nothing in an account is lost that cannot be made again.
func (s *Service) EraseOwn(ctx context.Context, by access.Actor) (Erasure, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return Erasure{}, err
	}
	if by.Person == "" {
		return Erasure{}, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return s.erase(ctx, by, by.Person, "")
}

// EraseFor erases somebody else's account on the word of data protection, who has checked the request.
func (s *Service) EraseFor(ctx context.Context, by access.Actor, person kernel.ID, reason string) (Erasure, error) {
	if err := access.CheckTenant(by, access.AnswerPrivacy); err != nil {
		return Erasure{}, err
	}
	reason = kernel.Clean(reason, false)
	if reason == "" || len(reason) > 500 {
		return Erasure{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"reason": "privacy.reason.missing"}}
	}
	return s.erase(ctx, by, person, reason)
}

func (s *Service) erase(ctx context.Context, by access.Actor, person kernel.ID, reason string) (Erasure, error) {
	var e Erasure
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		e = Erasure{ID: kernel.NewID(), Person: person, Counts: map[string]int64{}, At: s.now()}
		p, err := s.People.Person(ctx, by.Tenant, person)
		if err != nil {
			return err
		}
		last, err := s.People.LastAdmin(ctx, by.Tenant, person)
		if err != nil {
			return err
		}
		if last {
			return kernel.E(kernel.Conflict, "privacy.erase.lastadmin")
		}
		do := access.UseOwnAccount
		if by.Person != person {
			do, e.By = access.AnswerPrivacy, by.Person
		}
		// Written first: the trail names the actor, who may be gone afterwards.
		err = access.Record(ctx, s.Trail, by, access.Act{Do: do, What: "privacy.erase", Object: kernel.Ref{Kind: "account", ID: person}, Reason: reason})
		if err != nil {
			return err
		}
		if err := s.People.EndSessions(ctx, by.Tenant, person); err != nil {
			return err
		}
		// Kinds that are switched off may still hold something.
		for _, k := range s.Kinds {
			if k.Holder == nil {
				continue
			}
			n, err := k.Holder.Erase(ctx, by.Tenant, p)
			if err != nil {
				return fmt.Errorf("erasing %s: %w", k.Key, err)
			}
			e.Counts[k.Key] = n
		}
		if err := s.Store.InsertErasure(ctx, by.Tenant, e); err != nil {
			return err
		}
		return s.touch(ctx, by.Tenant)
	})
	return e, err
}
