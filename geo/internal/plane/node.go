// SPDX-License-Identifier: EUPL-1.2

package plane

import "slices"

// use is one ring running along an edge, forward (+1) or backward (-1).
type use struct {
	edge, ring int32
	dir        int8
}

type edge struct{ u, v int32 } // points[u] < points[v]

// network is the set of distinct edges and who uses them.
type network struct {
	points []Point
	ids    map[Point]int32
	edges  []edge
	byEnds map[edge]int32
	uses   []use
}

func (n *network) vertex(p Point) int32 {
	if id, ok := n.ids[p]; ok {
		return id
	}
	id := int32(len(n.points))
	n.points = append(n.points, p)
	n.ids[p] = id
	return id
}

func (n *network) edge(a, b int32) (id int32, dir int8) {
	e, dir := edge{a, b}, int8(1)
	if n.points[b].less(n.points[a]) {
		e, dir = edge{b, a}, -1
	}
	if id, ok := n.byEnds[e]; ok {
		return id, dir
	}
	id = int32(len(n.edges))
	n.edges = append(n.edges, e)
	n.byEnds[e] = id
	return id, dir
}

// maxRounds bounds the repetitions of snap rounding. One round suffices in theory; a second finds nothing, or what the rounding of a
// nearly parallel crossing left over.
const maxRounds = 6

// cut builds the network of the rings, which close by themselves, cut at all crossings and touches. clean is false when crossings remained
// after maxRounds.
func cut(rings [][]Point) (n *network, clean bool) {
	total := 0
	for _, r := range rings {
		total += len(r)
	}
	n = &network{ids: make(map[Point]int32, total/2), byEnds: make(map[edge]int32, total/2), uses: make([]use, 0, total)}
	for i, r := range rings {
		if len(r) == 0 {
			continue
		}
		last := n.vertex(r[len(r)-1])
		for _, p := range r {
			v := n.vertex(p)
			if v != last {
				e, dir := n.edge(last, v)
				n.uses = append(n.uses, use{e, int32(i), dir})
			}
			last = v
		}
	}
	for range maxRounds {
		if !n.round() {
			return n, true
		}
	}
	return n, false
}

func (n *network) box(e edge) Box {
	p, q := n.points[e.u], n.points[e.v]
	return Box{float64(p.X), float64(min(p.Y, q.Y)), float64(q.X), float64(max(p.Y, q.Y))}
}

// round cuts every edge at the vertices and crossings on it and reports whether it cut any.
func (n *network) round() bool {
	tree := NewIndex(len(n.edges), func(i int) Box { return n.box(n.edges[i]) })
	cuts := map[int32][]int32{}
	at := func(i int32, v int32) {
		if e := n.edges[i]; v != e.u && v != e.v && through(n.points[e.u], n.points[e.v], n.points[v]) {
			cuts[i] = append(cuts[i], v)
		}
	}
	var crossings []int32
	for i, e := range n.edges {
		a, b := n.points[e.u], n.points[e.v]
		tree.Search(n.box(e).grown(), func(j int32) bool {
			f := n.edges[j]
			if int(j) == i {
				return true
			}
			at(int32(i), f.u)
			at(int32(i), f.v)
			if int(j) < i || e.u == f.u || e.v == f.v || e.u == f.v || e.v == f.u {
				return true
			}
			if c, d := n.points[f.u], n.points[f.v]; properCrossing(a, b, c, d) {
				crossings = append(crossings, n.vertex(crossing(a, b, c, d)))
			}
			return true
		})
	}
	for _, v := range crossings {
		p := n.points[v]
		tree.Search(Box{float64(p.X), float64(p.Y), float64(p.X), float64(p.Y)}.grown(), func(i int32) bool {
			at(i, v)
			return true
		})
	}
	if len(cuts) == 0 {
		return false
	}
	n.apply(cuts)
	return true
}

// grown is the box with a margin of one grid unit, within which a vertex may lie on an edge.
func (b Box) grown() Box { return Box{b.MinX - 1, b.MinY - 1, b.MaxX + 1, b.MaxY + 1} }

// apply replaces each cut edge by its pieces.
func (n *network) apply(cuts map[int32][]int32) {
	for i, c := range cuts {
		e := n.edges[i]
		a, b := n.points[e.u], n.points[e.v]
		along := func(k int32) float64 {
			p := n.points[k]
			return float64(p.X-a.X)*float64(b.X-a.X) + float64(p.Y-a.Y)*float64(b.Y-a.Y)
		}
		slices.SortFunc(c, func(k, l int32) int {
			if r := compareFloat(along(k), along(l)); r != 0 {
				return r
			}
			return int(k - l)
		})
		cuts[i] = slices.Compact(c)
	}
	old, uses := n.edges, n.uses
	n.edges, n.uses = nil, make([]use, 0, len(uses)+2*len(cuts))
	clear(n.byEnds)
	for _, u := range uses {
		e := old[u.edge]
		at := e.u
		for _, k := range cuts[u.edge] {
			id, dir := n.edge(at, k)
			n.uses = append(n.uses, use{id, u.ring, dir * u.dir})
			at = k
		}
		id, dir := n.edge(at, e.v)
		n.uses = append(n.uses, use{id, u.ring, dir * u.dir})
	}
}
