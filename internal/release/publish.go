// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Publish releases slices to an audience. Either all are released or none; each reason against one is named. What is released already stays as
// it is.
func (s *Service) Publish(ctx context.Context, a access.Actor, ids []kernel.ID, to access.Audience, note string) error {
	if err := s.mayRelease(a, to); err != nil {
		return err
	}
	view, err := s.open(ctx, a, access.Sealed)
	if err != nil {
		return err
	}
	refusal := kernel.E(kernel.Invalid, "release.refused")
	together := map[kernel.ID]bool{}
	for _, id := range ids {
		together[id] = true
	}
	for _, id := range ids {
		findings, err := s.obstacles(ctx, view, id, to, together)
		if err != nil {
			return err
		}
		refusal.Findings = append(refusal.Findings, findings...)
	}
	if len(refusal.Findings) > 0 {
		return refusal
	}
	if err := access.Second(ctx, s.FourEyes, a, view.matter(ids, to, note)); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if err := s.add(ctx, a, SliceKind, id, to, note); err != nil {
				return err
			}
		}
		return nil
	})
}

// PublishObject enters the release of a run or a report edition in the ledger; their capabilities have checked them.
func (s *Service) PublishObject(ctx context.Context, a access.Actor, kind Kind, id kernel.ID, to access.Audience, note string) error {
	if err := s.mayRelease(a, to); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error { return s.add(ctx, a, kind, id, to, note) })
}

func (s *Service) mayRelease(a access.Actor, to access.Audience) error {
	if err := access.CheckTenant(a, access.ReleaseFigures); err != nil {
		return err
	}
	if to != access.Public && to != access.Political {
		return kernel.E(kernel.Invalid, "release.audience", "audience", string(to))
	}
	return nil
}

func (s *Service) add(ctx context.Context, a access.Actor, kind Kind, id kernel.ID, to access.Audience, note string) error {
	entries, err := s.Store.Entries(ctx, a.Tenant, kind)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Active() && e.ObjectID == id && e.Audience == to {
			return nil
		}
	}
	err = s.Store.Add(ctx, a.Tenant, Entry{
		ID: kernel.NewID(), Kind: kind, ObjectID: id, Audience: to, ReleasedAt: kernel.InstantOf(s.Now()), ReleasedBy: a.Name, Note: note,
	})
	if err != nil {
		return err
	}
	return s.record(ctx, a, "release.publish", kind, id, to, note)
}

// Withdraw takes an object back from an audience, with a reason; the ledger keeps both.
func (s *Service) Withdraw(ctx context.Context, a access.Actor, kind Kind, id kernel.ID, from access.Audience, reason string) error {
	if err := access.CheckTenant(a, access.ReleaseFigures); err != nil {
		return err
	}
	if reason == "" {
		return &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"reason": "release.withdraw.reason"}}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		entries, err := s.Store.Entries(ctx, a.Tenant, kind)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Active() && e.ObjectID == id && e.Audience == from {
				if err := s.Store.Withdraw(ctx, a.Tenant, e.ID, kernel.InstantOf(s.Now()), a.Name, reason); err != nil {
					return err
				}
				return s.record(ctx, a, "release.withdraw", kind, id, from, reason)
			}
		}
		return kernel.E(kernel.NotFound, "release.none")
	})
}

// record writes a release or its end down; the reason is what stands in the ledger.
func (s *Service) record(ctx context.Context, a access.Actor, what string, kind Kind, id kernel.ID, as access.Audience, reason string) error {
	return access.Record(ctx, s.Trail, a, access.Act{
		Do: access.ReleaseFigures, What: what, Object: kernel.Ref{Kind: string(kind), ID: id}, Reason: reason, Note: map[string]string{"audience": string(as)},
	})
}

// Obstacles lists what speaks against releasing a slice to the audience, without releasing it.
func (s *Service) Obstacles(ctx context.Context, a access.Actor, slice kernel.ID, to access.Audience) ([]kernel.Finding, error) {
	if err := access.CheckTenant(a, access.ReleaseFigures); err != nil {
		return nil, err
	}
	view, err := s.open(ctx, a, access.Sealed)
	if err != nil {
		return nil, err
	}
	return s.obstacles(ctx, view, slice, to, nil)
}

// obstacles judges a slice beside what the audience sees already and what is released together with it.
func (s *Service) obstacles(ctx context.Context, view View, id kernel.ID, to access.Audience, together map[kernel.ID]bool) ([]kernel.Finding, error) {
	sl, ind, ok := view.state.find(id)
	if !ok {
		return nil, kernel.E(kernel.NotFound, "release.noslice")
	}
	version, err := ind.Version(sl.Version)
	if err != nil {
		return nil, err
	}
	raw, err := view.raw(ctx, sl.Slice, "")
	if err != nil {
		return nil, err
	}
	h, err := s.Areas.Hierarchy(ctx, view.actor, sl.EditionID)
	if err != nil {
		return nil, err
	}
	params := func(kv ...any) map[string]any {
		return kernel.Params(append([]any{"indicator", ind.Key, "period", sl.Period.String()}, kv...)...)
	}
	var findings []kernel.Finding
	refuse := func(code, key string, kv ...any) {
		findings = append(findings, kernel.Finding{Code: code, Outcome: kernel.RefuseFile, Key: key, Params: params(kv...)})
	}
	for _, ar := range h.Areas {
		o, ok := raw[ar.ID]
		if !ok || !o.Flag.HasNumber() {
			continue
		}
		if unchecked(o) {
			refuse("release.unchecked", ar.Key)
			return findings, nil
		}
		if o.HasParts() && version.Share() && o.Numerator > o.Denominator {
			refuse("release.partoverwhole", ar.Key)
		}
	}
	c, err := view.beside(ctx, delivered{slice: sl, version: version, raw: raw, h: h}, to, together)
	if err != nil {
		return nil, err
	}
	for _, x := range c.exposures() {
		refuse("release.single", c.label[x.Cell], "total", c.sum(x))
	}
	return findings, nil
}
