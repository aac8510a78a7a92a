// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Proof says that data of a kind were deleted because their time was over. It holds numbers only.
type Proof struct {
	Kind    string
	Run     string         // day of the run
	Before  kernel.Instant // what was older is gone
	Days    int
	Deleted int64
	Began   kernel.Instant
	Ended   kernel.Instant // zero: broken off, the next run of the day goes on
}

// retentionStore keeps the proofs.
type retentionStore interface {
	// Proofs lists the newest ones first, of one kind or of all.
	Proofs(ctx context.Context, tenant kernel.ID, kind string, limit int) ([]Proof, error)
	// BeginProof gives the proof of the kind's run, or makes it.
	BeginProof(ctx context.Context, tenant kernel.ID, p Proof) (Proof, error)
	// CountProof adds to what was deleted.
	CountProof(ctx context.Context, tenant kernel.ID, kind, run string, n int64) error
	EndProof(ctx context.Context, tenant kernel.ID, kind, run string, at kernel.Instant) error
}

// batch is how many rows one transaction deletes, so that nothing waits long behind it.
const batch = 500

// Expire deletes what is older than the town keeps it, kind by kind, in batches. Each batch and its count in the proof are one transaction, so
// a run that was broken off goes on where it stopped and counts nothing twice.
func (s *Service) Expire(ctx context.Context, tenant kernel.ID) error {
	if _, _, err := s.KeepRecord(ctx, tenant); err != nil {
		return err
	}
	town, err := s.Towns.Town(ctx, tenant)
	if err != nil {
		return err
	}
	var all error
	// A kind that is switched off no longer gets new data; what it left still has to go.
	for _, k := range s.Kinds {
		if k.Expire == nil || k.days(town) <= 0 {
			continue
		}
		if err := s.expire(ctx, tenant, k, k.days(town)); err != nil {
			all = errors.Join(all, fmt.Errorf("retention of %s: %w", k.Key, err))
		}
		if ctx.Err() != nil {
			return errors.Join(all, ctx.Err())
		}
	}
	return all
}

func (s *Service) expire(ctx context.Context, tenant kernel.ID, k DataKind, days int) error {
	now := s.now()
	p := Proof{Kind: k.Key, Run: now.Format(time.DateOnly), Before: kernel.InstantOf(now.AddDate(0, 0, -days)), Days: days, Began: now}
	err := s.Tx.Tx(ctx, func(ctx context.Context) (err error) {
		p, err = s.Store.BeginProof(ctx, tenant, p)
		return err
	})
	if err != nil || !p.Ended.IsZero() {
		return err
	}
	for {
		var n int64
		err := s.Tx.Tx(ctx, func(ctx context.Context) (err error) {
			if n, err = k.Expire(ctx, tenant, p.Before, batch); err != nil || n == 0 {
				return err
			}
			return s.Store.CountProof(ctx, tenant, p.Kind, p.Run, n)
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error { return s.Store.EndProof(ctx, tenant, p.Kind, p.Run, s.now()) })
}

// Term is how long the town keeps a kind, with what was deleted last.
type Term struct {
	Kind    DataKind
	Days    int
	Shipped bool // the town has said nothing
	Last    Proof
}

// Terms lists the schedule of retention.
func (s *Service) Terms(ctx context.Context, by access.Actor) ([]Term, error) {
	if err := access.CheckTenant(by, access.ReadPrivacy); err != nil {
		return nil, err
	}
	kinds, err := s.active(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	town, err := s.Towns.Town(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	list := make([]Term, 0, len(kinds))
	for _, k := range kinds {
		_, chosen := town.Days[k.Key]
		t := Term{Kind: k, Days: k.days(town), Shipped: !chosen}
		proofs, err := s.Store.Proofs(ctx, by.Tenant, k.Key, 1)
		if err != nil {
			return nil, err
		}
		if len(proofs) > 0 {
			t.Last = proofs[0]
		}
		list = append(list, t)
	}
	return list, nil
}

// Proofs lists the newest proofs of deletion.
func (s *Service) Proofs(ctx context.Context, by access.Actor, limit int) ([]Proof, error) {
	if err := access.CheckTenant(by, access.ReadPrivacy); err != nil {
		return nil, err
	}
	return s.Store.Proofs(ctx, by.Tenant, "", limit)
}

// SetDays keeps the town's days by kind; kinds not named keep theirs. It makes a further version of the record of processing.
func (s *Service) SetDays(ctx context.Context, by access.Actor, days map[string]int) error {
	if err := access.CheckTenant(by, access.ManageTenant); err != nil {
		return err
	}
	fields := map[string]string{}
	for key, d := range days {
		k, ok := s.kind(key)
		if !ok || !k.Timed() {
			return kernel.E(kernel.NotFound, "privacy.kind.notfound")
		}
		if d < k.Least || d > k.Most {
			fields["days-"+key] = "privacy.days.bounds"
		}
	}
	if len(fields) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: fields}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		town, err := s.Towns.Town(ctx, by.Tenant)
		if err != nil {
			return err
		}
		next, note := maps.Clone(town.Days), map[string]string{}
		if next == nil {
			next = map[string]int{}
		}
		for key, d := range days {
			k, _ := s.kind(key)
			if k.days(town) != d {
				note[key] = fmt.Sprintf("%d → %d", k.days(town), d)
				next[key] = d
			}
		}
		if len(note) == 0 {
			return nil
		}
		if err := s.Towns.SetDays(ctx, by, next); err != nil {
			return err
		}
		if err := access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageTenant, What: "privacy.days", Note: note}); err != nil {
			return err
		}
		if _, _, err := s.KeepRecord(ctx, by.Tenant); err != nil {
			return err
		}
		return s.touch(ctx, by.Tenant)
	})
}
