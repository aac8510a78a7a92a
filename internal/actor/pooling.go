// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Verdict is what staff decided on a proposal to share.
type Verdict struct {
	Key    string
	State  string // VerdictAccepted or VerdictDismissed
	Reason string
	By     kernel.ID
	At     kernel.Instant
}

// What staff can decide on a proposal.
const (
	VerdictAccepted  = "accepted"
	VerdictDismissed = "dismissed"
)

type poolingStore interface {
	Verdicts(ctx context.Context, tenant kernel.ID) ([]Verdict, error)
	PutVerdict(ctx context.Context, tenant kernel.ID, v Verdict) error
}

// ProposalKind is what could be shared.
type ProposalKind string

// The kinds of proposals.
const (
	SameOffer ProposalKind = "same"    // two organisations offer the same, for the same ages, in the same areas
	Balance   ProposalKind = "balance" // the same, and one has people waiting while the other has free places
	ShareRoom ProposalKind = "room"    // a room has free hours, an offer seeks one
)

// Proposal is a way to share what there is, with its reason: what both have in common.
type Proposal struct {
	Kind    ProposalKind
	Key     string
	A, B    Record   // two offers; a room and the offer that seeks one
	Areas   []string // "quartier/0101" in common; empty: the whole town
	Verdict *Verdict // what staff decided; nil: open
	weight  int
}

// mostProposals is how many are shown of those that are looked at; the strongest come first.
const (
	mostProposals = 200
	mostLooked    = 5000
)

// Proposals lists what could be shared (Ressourcenbündelung), open ones first and of these the strongest first.
func (s *Service) Proposals(ctx context.Context, by access.Actor) ([]Proposal, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return nil, err
	}
	levels, err := s.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	sp := &Spaces{touches: map[string][]int{}}
	if len(levels) > 0 { // the smallest areas tell best whether two are near each other
		if sp, err = s.Spaces(ctx, by, levels[len(levels)-1].Key); err != nil {
			return nil, err
		}
	}
	verdicts, err := s.Store.Verdicts(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	list := in.proposals(sp)
	for i := range list {
		if at := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Key == list[i].Key }); at >= 0 {
			list[i].Verdict = &verdicts[at]
		}
	}
	slices.SortStableFunc(list, func(a, b Proposal) int { return cmp.Compare(b2i(a.Verdict != nil), b2i(b.Verdict != nil)) })
	return list[:min(len(list), mostProposals)], nil
}

func (in *Inventory) proposals(sp *Spaces) []Proposal {
	var out []Proposal
	byType := map[string][]*Offer{}
	for _, o := range in.Offers {
		if o.Sort != "" {
			byType[o.Sort] = append(byType[o.Sort], o)
		}
	}
	cover := map[kernel.ID][]int{}
	for _, o := range in.Offers {
		cover[o.ID] = sp.Cover(o.Areas)
	}
	for _, t := range in.Terms[OfferType] {
		list := byType[t.Key]
		for i, a := range list {
			for _, b := range list[i+1:] {
				if a.Actor == b.Actor || !overlap(a, b) {
					continue
				}
				areas, near := common(sp, a.Areas, b.Areas, cover[a.ID], cover[b.ID])
				if !near || len(a.Areas) == 0 && len(b.Areas) == 0 && len(sp.Areas) > 0 { // two for the whole town are no neighbours
					continue
				}
				p := Proposal{Kind: SameOffer, A: a, B: b, Areas: areas, weight: 1}
				waits := func(o *Offer) bool { return o.Waiting != nil && *o.Waiting > 0 }
				free := func(o *Offer) bool { return o.Vacant != nil && *o.Vacant > 0 }
				if waits(a) && free(b) || waits(b) && free(a) {
					p.Kind, p.weight = Balance, 3
				}
				out = append(out, p)
			}
		}
	}
	for _, room := range in.Resources {
		if room.Sort != Room || room.FreeHours == nil || *room.FreeHours <= 0 {
			continue
		}
		at := sp.Cover(room.Areas)
		for _, o := range in.Offers {
			if !o.SeeksRoom || o.SeeksHours != nil && *o.SeeksHours > *room.FreeHours || room.Capacity != nil && o.Capacity != nil && *o.Capacity > *room.Capacity {
				continue
			}
			if areas, near := common(sp, room.Areas, o.Areas, at, cover[o.ID]); near {
				p := Proposal{Kind: ShareRoom, A: room, B: o, Areas: areas, weight: 2}
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Proposal) int { return cmp.Compare(b.weight, a.weight) })
	out = out[:min(len(out), mostLooked)]
	for i := range out {
		out[i].Key = proposalKey(out[i])
	}
	return out
}

// overlap tells whether two offers are for people of the same age and groups.
func overlap(a, b *Offer) bool {
	from := func(o *Offer) float64 {
		if o.AgeFrom == nil {
			return 0
		}
		return *o.AgeFrom
	}
	to := func(o *Offer) float64 {
		if o.AgeTo == nil {
			return 120
		}
		return *o.AgeTo
	}
	if from(a) > to(b) || from(b) > to(a) {
		return false
	}
	if len(a.Groups) == 0 || len(b.Groups) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Groups, func(g string) bool {
		return g == "all" || slices.Contains(b.Groups, g) || slices.Contains(b.Groups, "all")
	})
}

// common gives the areas two have in common, as the narrower of both names them; near is false where there are none.
func common(sp *Spaces, a, b []string, coverA, coverB []int) (areas []string, near bool) {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...), true
	}
	for _, x := range a {
		if slices.Contains(b, x) {
			areas = append(areas, x)
		}
	}
	if len(areas) > 0 {
		return areas, true
	}
	for _, i := range coverA {
		if slices.Contains(coverB, i) {
			areas = append(areas, sp.Level.Key+"/"+sp.Areas[i].Key)
		}
	}
	return areas, len(areas) > 0
}

// proposalKey names a proposal by what it is about, so that a decision holds as long as both stay.
func proposalKey(p Proposal) string {
	kind := string(p.Kind)
	if p.Kind == Balance { // the same two, whoever has free places today
		kind = string(SameOffer)
	}
	ids := []string{string(p.A.Head().ID), string(p.B.Head().ID)}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(kind + " " + strings.Join(ids, " ")))
	return hex.EncodeToString(sum[:12])
}

// Judge keeps what staff decided on a proposal; both need a reason, because both ends will ask for it.
func (s *Service) Judge(ctx context.Context, by access.Actor, key string, accept bool, reason string) error {
	list, err := s.Proposals(ctx, by)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(p Proposal) bool { return p.Key == key })
	if at < 0 {
		return kernel.E(kernel.NotFound, "actor.notfound")
	}
	if reason = tidy(reason, true); reason == "" {
		return invalid(map[string]string{"reason": "actor.reason.missing"})
	}
	if len([]rune(reason)) > maxText {
		return invalid(map[string]string{"reason": "actor.text.long"})
	}
	v := Verdict{Key: key, State: VerdictDismissed, Reason: reason, By: by.Person, At: s.now()}
	if accept {
		v.State = VerdictAccepted
	}
	return s.act(ctx, by, access.PlanActors, "actor.pooling."+v.State, Ref(list[at].A.Head()), reason, map[string]string{"with": string(list[at].B.Head().ID), "kind": string(list[at].Kind)},
		func(ctx context.Context) error { return s.Store.PutVerdict(ctx, by.Tenant, v) })
}
