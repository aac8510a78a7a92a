// SPDX-License-Identifier: EUPL-1.2

package plane

// Select returns the faces that satisfy the condition, without the outside.
func (a *Arrangement) Select(cond func(face int32) bool) []int32 {
	var out []int32
	for f := int32(1); f < int32(a.Faces()); f++ {
		if cond(f) {
			out = append(out, f)
		}
	}
	return out
}

// Outline returns the borders of the union of the faces as rings of half-edges with the union on the left. No ring visits a vertex twice;
// counter-clockwise rings are shells, clockwise ones holes.
func (a *Arrangement) Outline(faces []int32) [][]int32 {
	sel := make(map[int32]bool, len(faces))
	for _, f := range faces {
		sel[f] = true
	}
	border := func(h int32) bool { return sel[a.Left(h)] && !sel[a.Left(h^1)] }
	var borders []int32
	for _, f := range faces {
		a.Neighbours(f, func(h int32) {
			if border(h) {
				borders = append(borders, h)
			}
		})
	}
	seen := make(map[int32]bool, len(borders))
	at := make(map[int32]int)
	var rings [][]int32
	for _, h := range borders {
		if seen[h] {
			continue
		}
		var path []int32
		clear(at)
		for g := h; !seen[g]; {
			seen[g] = true
			at[a.Tail(g)] = len(path)
			path = append(path, g)
			v := a.Head(g)
			if i, back := at[v]; back { // a loop closes: cut it off
				loop := append([]int32(nil), path[i:]...)
				rings = append(rings, loop)
				for _, l := range loop {
					delete(at, a.Tail(l))
				}
				path = path[:i]
			}
			// Turn around the head through the selected side until the next border.
			n := a.next[g]
			for !border(n) {
				n = a.next[n^1]
			}
			g = n
		}
	}
	return rings
}

// Ring returns the points of a ring of half-edges, closed.
func (a *Arrangement) Ring(hs []int32) []Point {
	out := make([]Point, 0, len(hs)+1)
	for _, h := range hs {
		out = append(out, a.Points[a.Tail(h)])
	}
	return append(out, out[0])
}

// Polygons returns the union of the faces as polygons, each a shell and its holes.
func (a *Arrangement) Polygons(faces []int32) [][][]Point {
	var rings [][]Point
	for _, r := range a.Outline(faces) {
		rings = append(rings, a.Ring(r))
	}
	var out [][][]Point
	for _, p := range Assemble(rings) {
		var poly [][]Point
		for _, r := range p {
			poly = append(poly, rings[r])
		}
		out = append(out, poly)
	}
	return out
}

// Assemble sorts simple, closed, non-crossing rings into polygons and returns their positions, the shell first: each clockwise ring becomes a
// hole of the smallest shell around it. A hole without a shell is dropped.
func Assemble(rings [][]Point) [][]int {
	var out [][]int
	var areas []wide
	var holes []int
	for i, r := range rings {
		if s := ringArea2(r); s.sign() > 0 {
			out = append(out, []int{i})
			areas = append(areas, s)
		} else if s.sign() < 0 {
			holes = append(holes, i)
		}
	}
	shells := len(out)
	if shells == 1 {
		out[0] = append(out[0], holes...)
		return out
	}
	for _, h := range holes {
		best := -1
		for i := range shells {
			if (best < 0 || areas[i].less(areas[best])) && encloses(rings[out[i][0]], rings[h]) {
				best = i
			}
		}
		if best >= 0 {
			out[best] = append(out[best], h)
		}
	}
	return out
}

// encloses reports whether the shell contains the hole, given that they do not cross. The first vertex or middle of an edge of the hole that
// is not on the shell decides.
func encloses(shell, hole []Point) bool {
	for _, p := range hole {
		if s := inRing(shell, Point{2 * p.X, 2 * p.Y}); s != 0 {
			return s > 0
		}
	}
	for i := range len(hole) - 1 {
		if s := inRing(shell, Point{hole[i].X + hole[i+1].X, hole[i].Y + hole[i+1].Y}); s != 0 {
			return s > 0
		}
	}
	return false
}

// InRing reports whether p is inside (1), on (0) or outside (-1) a closed ring.
func InRing(ring []Point, p Point) int { return inRing(ring, Point{2 * p.X, 2 * p.Y}) }

// inRing takes p in doubled coordinates.
func inRing(ring []Point, p Point) int {
	inside := false
	for i := range len(ring) - 1 {
		a, b := Point{2 * ring[i].X, 2 * ring[i].Y}, Point{2 * ring[i+1].X, 2 * ring[i+1].Y}
		if a.Y > b.Y {
			a, b = b, a
		}
		if p.Y < a.Y || p.Y > b.Y || p.X > max(a.X, b.X) {
			continue
		}
		o := Orient(a, b, p)
		if o == 0 && p.X >= min(a.X, b.X) {
			return 0
		}
		if a.Y <= p.Y && p.Y < b.Y && o > 0 {
			inside = !inside
		}
	}
	if inside {
		return 1
	}
	return -1
}
