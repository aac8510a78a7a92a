// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"cmp"
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// relatedEdition is an edition above or below another, so that sums can be compared.
type relatedEdition struct {
	edition area.Edition
	areas   []area.Area // by id
	below   bool        // its areas lie in those of the other
	of      []int32     // below: for its areas the position in the other's; else for the other's areas the position in its
	slices  map[sliceKey]Slice
}

// sliceKey finds the slice of the same definition and period in another edition.
type sliceKey struct {
	indicator kernel.ID
	version   int
	period    kernel.Period
}

func (s Slice) key() sliceKey { return sliceKey{s.IndicatorID, s.Version, s.Period} }

// byID returns areas in the order of their ids, as figures are kept.
func byID(areas []area.Area) []area.Area {
	out := slices.Clone(areas)
	slices.SortFunc(out, func(a, b area.Area) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// ladder gives the editions above e, nearest first.
func ladder(e area.Edition, all map[kernel.ID]area.Edition) []area.Edition {
	var out []area.Edition
	for up := e.ParentEditionID; up != "" && len(out) < 20; { // a cycle cannot be imported; twenty levels end one all the same
		p, ok := all[up]
		if !ok {
			break
		}
		out = append(out, p)
		up = p.ParentEditionID
	}
	return out
}

// relations finds the editions above (and, when asked, below) that have figures, with the places of the areas in each other.
func (s *Service) relations(ctx context.Context, a access.Actor, base area.Edition, areas []area.Area, below bool) ([]relatedEdition, error) {
	list, err := s.Areas.Editions(ctx, a, "")
	if err != nil {
		return nil, err
	}
	all := make(map[kernel.ID]area.Edition, len(list))
	for _, e := range list {
		all[e.ID] = e
	}
	var out []relatedEdition
	add := func(e area.Edition, under bool, chain []area.Edition, from []area.Area) error {
		have, err := s.Store.Slices(ctx, a.Tenant, Filter{Edition: e.ID}, false)
		if err != nil || len(have) == 0 {
			return err
		}
		r := relatedEdition{edition: e, below: under, slices: make(map[sliceKey]Slice, len(have))}
		for _, x := range have {
			r.slices[x.key()] = x
		}
		own, err := s.Areas.Areas(ctx, a, e.ID)
		if err != nil {
			return err
		}
		r.areas = byID(own)
		target := r.areas
		if under {
			from, target = r.areas, areas
		}
		r.of, err = s.climb(ctx, a, from, chain, target)
		out = append(out, r)
		return err
	}
	up := ladder(base, all)
	for n, e := range up {
		if err := add(e, false, up[:n+1], areas); err != nil {
			return nil, err
		}
	}
	if below {
		for _, e := range list {
			chain := ladder(e, all)
			if n := slices.IndexFunc(chain, func(x area.Edition) bool { return x.ID == base.ID }); n >= 0 {
				if err := add(e, true, chain[:n+1], nil); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// climb follows the parents of areas through the editions of chain to the last one, whose areas are target, and gives their positions there.
func (s *Service) climb(ctx context.Context, a access.Actor, from []area.Area, chain []area.Edition, target []area.Area) ([]int32, error) {
	at := make([]kernel.ID, len(from))
	for i, x := range from {
		at[i] = x.ParentID
	}
	for _, e := range chain[:len(chain)-1] {
		between, err := s.Areas.Areas(ctx, a, e.ID)
		if err != nil {
			return nil, err
		}
		parent := make(map[kernel.ID]kernel.ID, len(between))
		for _, x := range between {
			parent[x.ID] = x.ParentID
		}
		for i := range at {
			at[i] = parent[at[i]]
		}
	}
	position := make(map[kernel.ID]int32, len(target))
	for i, x := range target {
		position[x.ID] = int32(i)
	}
	of := make([]int32, len(from))
	for i, id := range at {
		p, ok := position[id]
		if !ok {
			p = -1
		}
		of[i] = p
	}
	return of, nil
}

// figures reads the figures of a slice that count, for areas in the order of their ids.
func (r Raw) figures(ctx context.Context, slice kernel.ID, v Version, areas []area.Area, known map[kernel.ID]Delivery) (*figures, error) {
	list, err := r.latest(ctx, slice, known, Delivery.Counts)
	if err != nil {
		return nil, err
	}
	f := newFigures(len(areas))
	i := 0
	for _, o := range list { // both in the order of area ids
		for i < len(areas) && areas[i].ID < o.AreaID {
			i++
		}
		if i < len(areas) && areas[i].ID == o.AreaID {
			f.set(i, o, v)
		}
	}
	return f, nil
}
