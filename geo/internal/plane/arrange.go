// SPDX-License-Identifier: EUPL-1.2

package plane

import (
	"cmp"
	"slices"
)

// Cover says how often an owner winds around a face: 1 inside a proper area, 0 is left out of labels.
type Cover struct {
	Owner   int32
	Winding int32
}

// Arrangement is the plane cut by all rings. Half-edge h runs from Tail(h) to Head(h) with its face on the left; h^1 is its twin.
// Face 0 is the outside.
type Arrangement struct {
	Points []Point
	// Clean is false when the input was so degenerate that crossings remained; results are then approximate.
	Clean bool
	// Cancelled lists the rings that run along an edge in both directions (spikes, bridges), once for each such edge.
	Cancelled []int32

	edges  []edge
	first  []int32 // uses of edge e: uses[first[e]:first[e+1]]
	uses   []use
	owner  []int32 // of a ring
	out    []int32 // half-edges leaving each vertex, counter-clockwise
	outAt  []int32 // start in out by vertex
	next   []int32
	cycle  []int32 // of a half-edge
	face   []int32 // of a cycle
	starts []int32 // a half-edge of each cycle
	areas  []wide  // of a cycle, doubled and signed
	inner  [][]int32
	outer  []int32 // cycle around each face, -1 for the outside
	labels [][]Cover
}

// Build cuts the rings where they meet and labels the faces. The inside of an area is on the left of its rings; they close by themselves, and
// empty ones are left out. owner gives the owner of each ring.
func Build(rings [][]Point, owner []int32) *Arrangement {
	n, clean := cut(rings)
	a := &Arrangement{Points: n.points, Clean: clean, edges: n.edges, owner: owner}
	a.net(n.uses)
	a.star()
	a.trace()
	a.nest()
	a.label()
	return a
}

// net adds up the uses of each edge by ring and drops edges that every ring runs equally often in both directions (spikes).
func (a *Arrangement) net(uses []use) {
	slices.SortFunc(uses, func(x, y use) int {
		return cmp.Or(cmp.Compare(x.edge, y.edge), cmp.Compare(x.ring, y.ring))
	})
	var edges []edge
	kept := uses[:0]
	for i := 0; i < len(uses); {
		e, start := uses[i].edge, len(kept)
		for i < len(uses) && uses[i].edge == e {
			r, sum := uses[i].ring, int8(0)
			for ; i < len(uses) && uses[i].edge == e && uses[i].ring == r; i++ {
				sum += uses[i].dir
			}
			if sum != 0 {
				kept = append(kept, use{int32(len(edges)), r, sum})
			} else {
				a.Cancelled = append(a.Cancelled, r)
			}
		}
		if len(kept) > start {
			edges = append(edges, a.edges[e])
			a.first = append(a.first, int32(start))
		}
	}
	a.first = append(a.first, int32(len(kept)))
	a.edges, a.uses = edges, kept
}

// Tail returns the vertex where h begins.
func (a *Arrangement) Tail(h int32) int32 {
	if h&1 == 0 {
		return a.edges[h>>1].u
	}
	return a.edges[h>>1].v
}

// Head returns the vertex where h ends.
func (a *Arrangement) Head(h int32) int32 { return a.Tail(h ^ 1) }

// Edges returns the number of edges; half-edges are numbered 0 to 2·Edges()-1.
func (a *Arrangement) Edges() int { return len(a.edges) }

// Out returns the half-edges leaving a vertex, counter-clockwise.
func (a *Arrangement) Out(v int32) []int32 { return a.out[a.outAt[v]:a.outAt[v+1]] }

// Rings calls f with each ring that runs along h and how often it does so in the direction of h.
func (a *Arrangement) Rings(h int32, f func(ring int32, times int)) {
	for _, u := range a.uses[a.first[h>>1]:a.first[h>>1+1]] {
		t := int(u.dir)
		if h&1 == 1 {
			t = -t
		}
		f(u.ring, t)
	}
}

// Left returns the face to the left of h.
func (a *Arrangement) Left(h int32) int32 { return a.face[a.cycle[h]] }

// Faces returns the number of faces, the outside included.
func (a *Arrangement) Faces() int { return len(a.outer) }

// Label returns the owners that cover the face, sorted by owner.
func (a *Arrangement) Label(face int32) []Cover { return a.labels[face] }

// star sorts the half-edges around each vertex.
func (a *Arrangement) star() {
	a.outAt = make([]int32, len(a.Points)+1)
	for _, e := range a.edges {
		a.outAt[e.u+1]++
		a.outAt[e.v+1]++
	}
	for i := 1; i < len(a.outAt); i++ {
		a.outAt[i] += a.outAt[i-1]
	}
	a.out = make([]int32, 2*len(a.edges))
	at := slices.Clone(a.outAt)
	for h := range int32(2 * len(a.edges)) {
		v := a.Tail(h)
		a.out[at[v]] = h
		at[v]++
	}
	upper := func(x, y int64) int {
		if y > 0 || y == 0 && x > 0 {
			return 0
		}
		return 1
	}
	for v := range a.Points {
		p := a.Points[v]
		slices.SortFunc(a.Out(int32(v)), func(g, h int32) int {
			q, r := a.Points[a.Head(g)], a.Points[a.Head(h)]
			qx, qy, rx, ry := q.X-p.X, q.Y-p.Y, r.X-p.X, r.Y-p.Y
			if d := upper(qx, qy) - upper(rx, ry); d != 0 {
				return d
			}
			return -crossSign(qx, qy, rx, ry)
		})
	}
	a.next = make([]int32, 2*len(a.edges))
	for v := range a.Points {
		out := a.Out(int32(v))
		for i, h := range out { // h^1 arrives here; its face continues with the clockwise neighbour of h
			a.next[h^1] = out[(i+len(out)-1)%len(out)]
		}
	}
}

// trace walks the cycles.
func (a *Arrangement) trace() {
	a.cycle = make([]int32, len(a.next))
	for i := range a.cycle {
		a.cycle[i] = -1
	}
	for h := range int32(len(a.next)) {
		if a.cycle[h] >= 0 {
			continue
		}
		c := int32(len(a.starts))
		a.starts = append(a.starts, h)
		var area wide
		o := a.Points[a.Tail(h)]
		for g := h; a.cycle[g] < 0; g = a.next[g] {
			a.cycle[g] = c
			p, q := a.Points[a.Tail(g)], a.Points[a.Head(g)]
			area = area.add(cross(p.X-o.X, p.Y-o.Y, q.X-o.X, q.Y-o.Y))
		}
		a.areas = append(a.areas, area)
	}
}

// nest gives every cycle its face: a counter-clockwise cycle bounds one, a clockwise cycle is the outline of a connected piece and lies
// in the face directly below the leftmost vertex of that piece.
func (a *Arrangement) nest() {
	a.face = make([]int32, len(a.starts))
	a.outer = []int32{-1}
	var outlines []int32
	for c := range int32(len(a.starts)) {
		if a.areas[c].sign() > 0 {
			a.face[c] = int32(len(a.outer))
			a.outer = append(a.outer, c)
		} else {
			a.face[c] = -1
			outlines = append(outlines, c)
		}
	}
	a.inner = make([][]int32, len(a.outer))
	if len(outlines) == 1 {
		a.face[outlines[0]] = 0
		a.inner[0] = outlines
		return
	}
	n := network{points: a.Points}
	tree := NewIndex(len(a.edges), func(i int) Box { return n.box(a.edges[i]) })
	leftmost := make([]Point, len(a.starts))
	for _, c := range outlines {
		leftmost[c] = a.Points[a.Tail(a.starts[c])]
		for g := a.next[a.starts[c]]; g != a.starts[c]; g = a.next[g] {
			if p := a.Points[a.Tail(g)]; p.less(leftmost[c]) {
				leftmost[c] = p
			}
		}
	}
	// Pieces that lie further left come first, so the piece below is already placed.
	slices.SortFunc(outlines, func(c, d int32) int {
		if leftmost[c].less(leftmost[d]) {
			return -1
		}
		return 1
	})
	for _, c := range outlines {
		f := int32(0)
		if h := a.below(tree, leftmost[c]); h >= 0 {
			f = a.face[a.cycle[h]]
		}
		a.face[c] = f
		a.inner[f] = append(a.inner[f], c)
	}
}

// below returns the half-edge directly below p, running east, or -1. No edge passes through p except those that end in it and lie right of it.
func (a *Arrangement) below(tree *Index, p Point) int32 {
	best := int32(-1)
	tree.Search(Box{float64(p.X), -Limit, float64(p.X), float64(p.Y)}, func(i int32) bool {
		e := a.edges[i]
		u, v := a.Points[e.u], a.Points[e.v]
		if u.X > p.X || v.X <= p.X || Orient(u, v, p) <= 0 {
			return true
		}
		if best < 0 || a.above(e, a.edges[best]) {
			best = i
		}
		return true
	})
	if best < 0 {
		return -1
	}
	return 2 * best
}

// above reports whether e lies above f, where both cross a common vertical line and not each other.
func (a *Arrangement) above(e, f edge) bool {
	eu, ev, fu, fv := a.Points[e.u], a.Points[e.v], a.Points[f.u], a.Points[f.v]
	if eu.X >= fu.X {
		if o := Orient(fu, fv, eu); o != 0 {
			return o > 0
		}
		return Orient(fu, fv, ev) > 0
	}
	if o := Orient(eu, ev, fu); o != 0 {
		return o < 0
	}
	return Orient(eu, ev, fv) < 0
}

// label spreads the windings from the outside across the edges.
func (a *Arrangement) label() {
	a.labels = make([][]Cover, len(a.outer))
	done := make([]bool, len(a.outer))
	done[0] = true
	queue := []int32{0}
	visit := func(c int32) {
		start := a.starts[c]
		for h := start; ; {
			if g := a.Left(h ^ 1); !done[g] {
				done[g] = true
				a.labels[g] = a.across(a.labels[a.Left(h)], h)
				queue = append(queue, g)
			}
			if h = a.next[h]; h == start {
				return
			}
		}
	}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		if c := a.outer[f]; c >= 0 {
			visit(c)
		}
		for _, c := range a.inner[f] {
			visit(c)
		}
	}
}

// across returns the label right of h from the label left of it.
func (a *Arrangement) across(left []Cover, h int32) []Cover {
	out := slices.Clone(left)
	a.Rings(h, func(ring int32, times int) {
		o := a.owner[ring]
		i, found := slices.BinarySearchFunc(out, o, func(c Cover, o int32) int { return cmp.Compare(c.Owner, o) })
		if !found {
			out = slices.Insert(out, i, Cover{Owner: o})
		}
		out[i].Winding -= int32(times)
	})
	return slices.DeleteFunc(out, func(c Cover) bool { return c.Winding == 0 })
}

// FaceRings returns the boundary of a face as point rings, the outer one first; the outside has only holes.
func (a *Arrangement) FaceRings(face int32) [][]Point {
	var out [][]Point
	ring := func(c int32) {
		var r []Point
		for h := a.starts[c]; ; {
			r = append(r, a.Points[a.Tail(h)])
			if h = a.next[h]; h == a.starts[c] {
				break
			}
		}
		out = append(out, append(r, r[0]))
	}
	if c := a.outer[face]; c >= 0 {
		ring(c)
	}
	for _, c := range a.inner[face] {
		ring(c)
	}
	return out
}

// Neighbours calls f with every half-edge that has the face on its left.
func (a *Arrangement) Neighbours(face int32, f func(h int32)) {
	walk := func(c int32) {
		for h := a.starts[c]; ; {
			f(h)
			if h = a.next[h]; h == a.starts[c] {
				return
			}
		}
	}
	if c := a.outer[face]; c >= 0 {
		walk(c)
	}
	for _, c := range a.inner[face] {
		walk(c)
	}
}
