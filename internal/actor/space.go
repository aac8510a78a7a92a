// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Level is a tier of social spaces with its present areas.
type Level struct {
	Key     string
	Name    kernel.Text
	Edition area.Edition
	Areas   []area.Area // by key
}

// mostAreas is up to how many areas a level is offered in forms and tables: districts and quarters, not blocks.
const mostAreas = 400

// Levels lists the levels the inventory can speak of, larger areas first.
func (s *Service) Levels(ctx context.Context, by access.Actor) ([]Level, error) {
	if s.Areas == nil {
		return nil, nil
	}
	levels, err := s.Areas.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	var out []Level
	for _, l := range levels {
		e, err := s.Areas.EditionAt(ctx, by, l.Key, today)
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := s.Areas.Areas(ctx, by, e.ID)
		if err != nil {
			return nil, err
		}
		if len(list) >= 2 && len(list) <= mostAreas { // the town itself needs no name
			out = append(out, Level{Key: l.Key, Name: l.Name, Edition: e, Areas: list})
		}
	}
	return out, nil
}

// Spaces are the areas of one level as rows or columns of a table, and which of them any area of the town touches.
type Spaces struct {
	Level   Level
	Areas   []area.Area
	touches map[string][]int // "quartier/0101" to positions in Areas
}

// Spaces gives the areas of a level; without one those of the town's rule, or the largest there are.
func (s *Service) Spaces(ctx context.Context, by access.Actor, level string) (*Spaces, error) {
	levels, err := s.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	if len(levels) == 0 {
		return &Spaces{touches: map[string][]int{}}, nil
	}
	if level == "" {
		rules, err := s.Store.Rules(ctx, by.Tenant)
		if err != nil {
			return nil, err
		}
		level = rules.Level
	}
	at := max(slices.IndexFunc(levels, func(l Level) bool { return l.Key == level }), 0)
	sp := &Spaces{Level: levels[at], Areas: levels[at].Areas, touches: map[string][]int{}}
	for i, a := range sp.Areas {
		sp.touches[sp.Level.Key+"/"+a.Key] = []int{i}
	}
	// Areas of larger levels consist of ours, areas of smaller ones lie in one of ours.
	for _, l := range levels {
		h, err := s.Areas.Hierarchy(ctx, by, l.Edition.ID)
		if err != nil {
			return nil, err
		}
		for _, above := range h.Levels {
			switch {
			case l.Key == sp.Level.Key:
				for i, j := range above.Of {
					if j >= 0 {
						at := slices.IndexFunc(sp.Areas, func(a area.Area) bool { return a.Key == h.Areas[i].Key })
						if at >= 0 {
							sp.touch(above.Edition.Level.Key+"/"+above.Areas[j].Key, at)
						}
					}
				}
			case above.Edition.Level.Key == sp.Level.Key:
				for i, j := range above.Of {
					if j >= 0 {
						at := slices.IndexFunc(sp.Areas, func(a area.Area) bool { return a.Key == above.Areas[j].Key })
						if at >= 0 {
							sp.touch(l.Key+"/"+h.Areas[i].Key, at)
						}
					}
				}
			}
		}
	}
	return sp, nil
}

func (sp *Spaces) touch(key string, at int) {
	if !slices.Contains(sp.touches[key], at) {
		sp.touches[key] = append(sp.touches[key], at)
	}
}

// Cover gives the positions of the areas that the ones named touch; without any name all of them: what serves the whole town serves each.
func (sp *Spaces) Cover(served []string) []int {
	if len(served) == 0 {
		all := make([]int, len(sp.Areas))
		for i := range all {
			all[i] = i
		}
		return all
	}
	if len(served) == 1 {
		return sp.touches[served[0]]
	}
	var out []int
	for _, key := range served {
		for _, i := range sp.touches[key] {
			if !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Only keeps the one area, for filters: what touches it covers position 0.
func (sp *Spaces) only(key string) *Spaces {
	_, k, _ := strings.Cut(key, "/")
	at := slices.IndexFunc(sp.Areas, func(a area.Area) bool { return a.Key == k })
	out := &Spaces{Level: sp.Level, touches: map[string][]int{}}
	if at < 0 {
		return out
	}
	out.Areas = sp.Areas[at : at+1]
	for ref, list := range sp.touches {
		if slices.Contains(list, at) {
			out.touches[ref] = []int{0}
		}
	}
	return out
}

// spaces gives the one area of a filter.
func (s *Service) spaces(ctx context.Context, by access.Actor, key string) (*Spaces, error) {
	level, _, _ := strings.Cut(key, "/")
	levels, err := s.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(levels, func(l Level) bool { return l.Key == level }) {
		return &Spaces{touches: map[string][]int{}}, nil
	}
	sp, err := s.Spaces(ctx, by, level)
	if err != nil {
		return nil, err
	}
	return sp.only(key), nil
}

// AreaNames gives the name of every area the inventory can speak of, by "quartier/0101".
func AreaNames(levels []Level) map[string]string {
	out := map[string]string{}
	for _, l := range levels {
		for _, a := range l.Areas {
			out[l.Key+"/"+a.Key] = a.Name
		}
	}
	return out
}
