// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Web is who works with whom: organisations and networks, and what holds between them today.
type Web struct {
	Nodes []Record // organisations before networks, by name
	Edges []Edge
}

// Edge is a relation between two nodes, by their positions.
type Edge struct {
	A, B int
	Relation
}

// WebFilter narrows the picture down to those who serve an area or work on a theme.
type WebFilter struct {
	Area  string
	Theme string
	Lone  bool // also those without any relation
}

// Web gives the picture of networks as the reader may see it.
func (s *Service) Web(ctx context.Context, by access.Actor, f WebFilter) (*Web, error) {
	actors, in, err := s.List(ctx, by, ActorKind, Filter{Area: f.Area, Theme: f.Theme})
	if err != nil {
		return nil, err
	}
	networks, _, err := s.List(ctx, by, NetworkKind, Filter{Area: f.Area, Theme: f.Theme})
	if err != nil {
		return nil, err
	}
	today := s.Today()
	related := map[kernel.ID]bool{}
	keep := map[kernel.ID]bool{}
	for _, r := range slices.Concat(actors, networks) {
		keep[r.Head().ID] = true
	}
	for _, x := range in.Relations {
		if x.On(today) && keep[x.From] && keep[x.To] {
			related[x.From], related[x.To] = true, true
		}
	}
	w := &Web{}
	at := map[kernel.ID]int{}
	for _, r := range slices.Concat(actors, networks) {
		if id := r.Head().ID; f.Lone || related[id] {
			at[id] = len(w.Nodes)
			w.Nodes = append(w.Nodes, r)
		}
	}
	for _, x := range in.Relations {
		a, okA := at[x.From]
		b, okB := at[x.To]
		if okA && okB && x.On(today) {
			w.Edges = append(w.Edges, Edge{a, b, x})
		}
	}
	return w, nil
}
