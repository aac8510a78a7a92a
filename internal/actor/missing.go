// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// MissingGroup is a target group without an offer in an area.
type MissingGroup struct {
	Area   area.Area
	Group  Term
	People float64 // how many of them live there; NaN: not released
	Share  float64 // percent; NaN: not released
}

// MissingArea is an area in which something is not there at all.
type MissingArea struct {
	Area                       area.Area
	People                     float64
	Actors, Offers, Circles    int
	NoActor, NoOffer, NoCircle bool
}

// MissingPartner is a kind of organisation one would look for in a circle and does not find.
type MissingPartner struct {
	Network *Network
	Kinds   []Term
	// Near are organisations of these kinds that work in the circle's areas and could be asked.
	Near []*Actor
}

// Missing is who is not there, compared with who lives there.
type Missing struct {
	Spaces   *Spaces
	Groups   []MissingGroup
	Areas    []MissingArea
	Partners []MissingPartner
	Period   kernel.Period // of the figures; zero: none released
}

// Missing finds target groups without an offer meant for them, areas without an organisation, an offer or a circle of their own, and circles
// without a kind of partner that the town's terms expect. Offers for everybody do not count for a group, and what serves the whole town does not
// count for an area: both reach those least who need most.
func (s *Service) Missing(ctx context.Context, by access.Actor, level string) (*Missing, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return nil, err
	}
	sp, err := s.Spaces(ctx, by, level)
	if err != nil {
		return nil, err
	}
	people, err := s.figures(ctx, by, sp)
	if err != nil {
		return nil, err
	}
	m := &Missing{Spaces: sp, Partners: in.missingPartners(s.Today())}
	for _, g := range in.Terms.Offered(TargetGroup) {
		if g.Key == "all" {
			continue
		}
		has := make([]bool, len(sp.Areas))
		for _, o := range in.Offers {
			if slices.Contains(o.Groups, g.Key) {
				for _, i := range sp.Cover(o.Areas) {
					has[i] = true
				}
			}
		}
		p, err := people.indicator(g.Indicator)
		if err != nil {
			return nil, err
		}
		if p.Known() {
			m.Period = p.Period
		}
		for i, a := range sp.Areas {
			if !has[i] && p.Of[i] != 0 {
				m.Groups = append(m.Groups, MissingGroup{a, g, p.Of[i], p.Share[i]})
			}
		}
	}
	slices.SortStableFunc(m.Groups, func(a, b MissingGroup) int {
		return cmp.Or(cmp.Compare(b2i(math.IsNaN(a.People)), b2i(math.IsNaN(b.People))), cmp.Compare(b.People, a.People))
	})
	town, err := people.indicator("pop_total")
	if err != nil {
		return nil, err
	}
	m.Areas = in.missingAreas(sp, town)
	return m, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (in *Inventory) missingAreas(sp *Spaces, people People) []MissingArea {
	count := make([]MissingArea, len(sp.Areas))
	own := func(list []string, add func(m *MissingArea)) {
		if len(list) > 0 {
			for _, i := range sp.Cover(list) {
				add(&count[i])
			}
		}
	}
	for _, x := range in.Actors {
		own(x.Areas, func(m *MissingArea) { m.Actors++ })
	}
	for _, x := range in.Offers {
		own(x.Areas, func(m *MissingArea) { m.Offers++ })
	}
	for _, x := range in.Networks {
		own(x.Areas, func(m *MissingArea) { m.Circles++ })
	}
	var out []MissingArea
	for i, m := range count {
		m.Area, m.People = sp.Areas[i], people.Of[i]
		if m.NoActor, m.NoOffer, m.NoCircle = m.Actors == 0, m.Offers == 0, m.Circles == 0; m.NoActor || m.NoOffer || m.NoCircle {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b MissingArea) int {
		gone := func(m MissingArea) int { return b2i(m.NoActor) + b2i(m.NoOffer) + b2i(m.NoCircle) }
		return cmp.Or(cmp.Compare(gone(b), gone(a)), cmp.Compare(b2i(math.IsNaN(a.People)), b2i(math.IsNaN(b.People))), cmp.Compare(b.People, a.People))
	})
	return out
}

func (in *Inventory) missingPartners(day kernel.Date) []MissingPartner {
	var out []MissingPartner
	for _, n := range in.Networks {
		kind, ok := in.Terms.Find(NetworkSort, n.Sort)
		if !ok || len(kind.Expects) == 0 {
			continue
		}
		var have []string
		member := map[kernel.ID]bool{}
		for _, p := range in.Partners(n.ID, day) {
			if a, ok := p.Other.(*Actor); ok {
				have = append(have, a.Sort)
				member[a.ID] = true
			}
		}
		m := MissingPartner{Network: n}
		for _, k := range kind.Expects {
			if t, known := in.Terms.Find(ActorSort, k); known && !slices.Contains(have, k) {
				m.Kinds = append(m.Kinds, t)
			}
		}
		if len(m.Kinds) == 0 {
			continue
		}
		for _, a := range in.Actors {
			wanted := slices.ContainsFunc(m.Kinds, func(t Term) bool { return t.Key == a.Sort })
			near := len(a.Areas) == 0 || len(n.Areas) == 0 || slices.ContainsFunc(a.Areas, func(x string) bool { return slices.Contains(n.Areas, x) })
			if wanted && near && !member[a.ID] && len(m.Near) < 5 {
				m.Near = append(m.Near, a)
			}
		}
		out = append(out, m)
	}
	return out
}
