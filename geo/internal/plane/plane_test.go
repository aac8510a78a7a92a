// SPDX-License-Identifier: EUPL-1.2

package plane_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

type point = plane.Point

// alone makes every ring its own owner.
func alone(rings ...[]point) ([][]point, []int32) {
	owner := make([]int32, len(rings))
	for i := range owner {
		owner[i] = int32(i)
	}
	return rings, owner
}

func square(x, y, d int64) []point { return []point{{x, y}, {x + d, y}, {x + d, y + d}, {x, y + d}} }

// area of the faces whose label satisfies the condition.
func area(a *plane.Arrangement, cond func([]plane.Cover) bool) float64 {
	s := 0.
	for f := int32(1); f < int32(a.Faces()); f++ {
		if cond(a.Label(f)) {
			for _, r := range a.FaceRings(f) {
				s += plane.SignedArea2(r) / 2
			}
		}
	}
	return s
}

func covered(by ...int32) func([]plane.Cover) bool {
	return func(l []plane.Cover) bool {
		if len(l) != len(by) {
			return false
		}
		for i := range l {
			if l[i].Owner != by[i] || l[i].Winding == 0 {
				return false
			}
		}
		return true
	}
}

func TestOrientIsExactWhereFloatsFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := func(n string) int64 { return rapid.Int64Range(-plane.Limit+1, plane.Limit-1).Draw(t, n) }
		a, b := point{c("ax"), c("ay")}, point{c("bx"), c("by")}
		p := point{c("px"), c("py")}
		if rapid.Bool().Draw(t, "near") { // next to the middle of the segment
			p = point{(a.X+b.X)/2 + rapid.Int64Range(-1, 1).Draw(t, "dx"), (a.Y+b.Y)/2 + rapid.Int64Range(-1, 1).Draw(t, "dy")}
		}
		l := new(big.Int).Mul(big.NewInt(b.X-a.X), big.NewInt(p.Y-a.Y))
		r := new(big.Int).Mul(big.NewInt(b.Y-a.Y), big.NewInt(p.X-a.X))
		if got, want := plane.Orient(a, b, p), l.Cmp(r); got != want {
			t.Errorf("Orient(%v,%v,%v) = %d, want %d", a, b, p, got, want)
		}
	})
}

// Two squares overlap in a third of their area; a third square lies inside the first as a hole without an owner of its own.
//
//	+-----+
//	| A +-|---+
//	|   | |   |
//	+---|-+ B |
//	    +-----+
func TestFacesOfTwoOverlappingSquares(t *testing.T) {
	a := plane.Build(alone(square(0, 0, 30), square(20, 10, 30)))
	for _, c := range []struct {
		by   []int32
		want float64
	}{{[]int32{0}, 900 - 200}, {[]int32{1}, 900 - 200}, {[]int32{0, 1}, 200}} {
		if got := area(a, covered(c.by...)); got != c.want {
			t.Errorf("covered by %v: %v, want %v", c.by, got, c.want)
		}
	}
	u := a.Polygons(a.Select(func(f int32) bool { return len(a.Label(f)) > 0 }))
	if len(u) != 1 || len(u[0]) != 1 || plane.SignedArea2(u[0][0])/2 != 1600 {
		t.Errorf("union %v", u)
	}
}

func TestNestedAndSeparatePieces(t *testing.T) {
	// a frame with an island in its hole, and a far piece
	hole := square(10, 10, 80)
	for i, j := 0, len(hole)-1; i < j; i, j = i+1, j-1 {
		hole[i], hole[j] = hole[j], hole[i]
	}
	a := plane.Build([][]point{square(0, 0, 100), hole, square(40, 40, 20), square(200, 0, 10)}, []int32{0, 0, 1, 2})
	if got := area(a, covered(0)); got != 10000-6400 {
		t.Errorf("frame %v", got)
	}
	if got := area(a, covered(1)); got != 400 {
		t.Errorf("island %v", got)
	}
	if got := area(a, covered()); got != 6400-400 {
		t.Errorf("uncovered inside %v", got)
	}
	p := a.Polygons(a.Select(func(f int32) bool { return len(a.Label(f)) > 0 }))
	if len(p) != 3 || len(p[0])+len(p[1])+len(p[2]) != 4 {
		t.Errorf("polygons %v", p)
	}
}

// A bow tie crosses itself: one wing winds forward, one backward; both together are two triangles that touch.
func TestBowTieBecomesTwoTriangles(t *testing.T) {
	a := plane.Build(alone([]point{{0, 0}, {10, 10}, {10, 0}, {0, 10}}))
	p := a.Polygons(a.Select(func(f int32) bool { return len(a.Label(f)) > 0 }))
	if len(p) != 2 || plane.SignedArea2(p[0][0]) != 50 || plane.SignedArea2(p[1][0]) != 50 {
		t.Errorf("got %v", p)
	}
}

// A ring that touches itself in one vertex encloses a hole (C closed to O): it becomes a shell and a hole.
func TestRingTouchingItselfFromInsideBecomesShellAndHole(t *testing.T) {
	a := plane.Build(alone([]point{{0, 0}, {10, 0}, {10, 10}, {5, 10}, {8, 5}, {5, 3}, {2, 5}, {5, 10}, {0, 10}}))
	p := a.Polygons(a.Select(func(f int32) bool { return len(a.Label(f)) > 0 }))
	if len(p) != 1 || len(p[0]) != 2 {
		t.Fatalf("got %v", p)
	}
	if s := plane.SignedArea2(p[0][0]) + plane.SignedArea2(p[0][1]); s != 200-42 {
		t.Errorf("area %v", s)
	}
}

func randomRing(r *rand.Rand, n int, size int64) []point {
	out := make([]point, n)
	for i := range out {
		out[i] = point{r.Int64N(size), r.Int64N(size)}
	}
	return out
}

// step is what a directed edge adds to the winding number around p by the crossing rule, exact for points off the edge.
func step(a, b, p point) int32 {
	if a.Y <= p.Y && p.Y < b.Y && plane.Orient(a, b, p) > 0 {
		return 1
	}
	if b.Y <= p.Y && p.Y < a.Y && plane.Orient(a, b, p) < 0 {
		return -1
	}
	return 0
}

// Random tangles of rings on coarse and fine grids: after Build no two edges cross, no vertex lies on an edge, and every face has the
// winding that its rings give it.
func TestArrangementOfRandomTangles(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := int64(8) << (seed % 30)
		rings := [][]point{randomRing(r, 3+r.IntN(12), size), randomRing(r, 3+r.IntN(12), size), randomRing(r, 3, size)}
		a := plane.Build(alone(rings...))
		if !a.Clean {
			t.Fatalf("seed %d: not clean", seed)
		}
		for i := range int32(a.Edges()) {
			p, q := a.Points[a.Tail(2*i)], a.Points[a.Head(2*i)]
			for j := range i {
				u, v := a.Points[a.Tail(2*j)], a.Points[a.Head(2*j)]
				if plane.Orient(p, q, u)*plane.Orient(p, q, v) < 0 && plane.Orient(u, v, p)*plane.Orient(u, v, q) < 0 {
					t.Fatalf("seed %d: %v-%v crosses %v-%v", seed, p, q, u, v)
				}
			}
		}
		// Euler: V - E + F = 1 + C, counting only used vertices.
		used, parent := 0, make([]int32, len(a.Points))
		for v := range parent {
			parent[v] = int32(v)
			if len(a.Out(int32(v))) > 0 {
				used++
			}
		}
		var find func(v int32) int32
		find = func(v int32) int32 {
			if parent[v] != v {
				parent[v] = find(parent[v])
			}
			return parent[v]
		}
		comps := used
		for i := range int32(a.Edges()) {
			if u, v := find(a.Tail(2*i)), find(a.Head(2*i)); u != v {
				parent[u] = v
				comps--
			}
		}
		if used-a.Edges()+a.Faces() != 1+comps {
			t.Fatalf("seed %d: V %d E %d F %d C %d", seed, used, a.Edges(), a.Faces(), comps)
		}
		// Labels: the noded rings themselves are the truth, since snapping may shift by half a unit.
		noded := make([][]point, 3)
		for h := range int32(2 * a.Edges()) {
			a.Rings(h, func(ring int32, times int) {
				for range max(0, times) {
					noded[ring] = append(noded[ring], a.Points[a.Tail(h)], a.Points[a.Head(h)])
				}
			})
		}
		for f := int32(1); f < int32(a.Faces()); f++ {
			outer := a.FaceRings(f)[0]
			p, ok := inside(a, f, outer)
			if !ok {
				continue // thinner than the grid
			}
			for ring := range int32(3) {
				var w, label int32
				for k := 0; k < len(noded[ring]); k += 2 {
					w += step(noded[ring][k], noded[ring][k+1], p)
				}
				for _, c := range a.Label(f) {
					if c.Owner == ring {
						label = c.Winding
					}
				}
				if w != label {
					t.Fatalf("seed %d face %d ring %d: label %d, winding %d at %v", seed, f, ring, label, w, p)
				}
			}
		}
	}
}

// inside finds a grid point strictly inside the face.
func inside(a *plane.Arrangement, f int32, outer []point) (point, bool) {
	rings := a.FaceRings(f)
	for i := range outer {
		for j := range outer {
			for k := range outer {
				p := point{(outer[i].X + outer[j].X + outer[k].X) / 3, (outer[i].Y + outer[j].Y + outer[k].Y) / 3}
				in := plane.InRing(outer, p) > 0
				for _, h := range rings[1:] {
					in = in && plane.InRing(h, p) < 0
				}
				if in {
					return p, true
				}
			}
		}
	}
	return point{}, false
}

func TestOutlineOfRandomFacesIsValidAndKeepsTheArea(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		size := int64(8) << (seed % 30)
		a := plane.Build(alone(randomRing(r, 3+r.IntN(15), size), randomRing(r, 3+r.IntN(15), size)))
		sel := func(f int32) bool { return f > 0 && (uint64(f)*2654435761+seed)%3 > 0 }
		want := 0.
		for f := int32(1); f < int32(a.Faces()); f++ {
			if sel(f) {
				for _, ring := range a.FaceRings(f) {
					want += plane.SignedArea2(ring)
				}
			}
		}
		got := 0.
		for _, p := range a.Polygons(a.Select(sel)) {
			for i, ring := range p {
				s := plane.SignedArea2(ring)
				if (i == 0) != (s > 0) {
					t.Fatalf("seed %d: wrong turn", seed)
				}
				got += s
				seen := map[point]bool{}
				for _, q := range ring[1:] {
					if seen[q] {
						t.Fatalf("seed %d: ring visits %v twice", seed, q)
					}
					seen[q] = true
				}
			}
		}
		if math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("seed %d: area %v, want %v", seed, got, want)
		}
	}
}

func TestIndexFindsWhatAScanFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{0, 1, 2, 7, 8, 9, 64, 65, 1000} {
		boxes := make([]plane.Box, n)
		for i := range boxes {
			x, y := r.Float64(), r.Float64()
			boxes[i] = plane.Box{MinX: x, MinY: y, MaxX: x + r.Float64()*.1, MaxY: y + r.Float64()*.1}
		}
		ix := plane.NewIndex(n, func(i int) plane.Box { return boxes[i] })
		for range 50 {
			x, y := r.Float64(), r.Float64()
			q := plane.Box{MinX: x, MinY: y, MaxX: x + .1, MaxY: y + .1}
			got := map[int32]bool{}
			ix.Search(q, func(i int32) bool { got[i] = true; return true })
			for i, b := range boxes {
				want := b.MinX <= q.MaxX && q.MinX <= b.MaxX && b.MinY <= q.MaxY && q.MinY <= b.MaxY
				if got[int32(i)] != want {
					t.Fatalf("n %d box %d: %v, want %v", n, i, got[int32(i)], want)
				}
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{100, 300} {
		b.Run(fmt.Sprintf("%d-cells", n*n), func(b *testing.B) {
			var rings [][]point
			for i := range int64(n) {
				for j := range int64(n) {
					rings = append(rings, square(i*100, j*100, 100))
				}
			}
			_, owner := alone(rings...)
			for range b.N {
				plane.Build(rings, owner)
			}
		})
	}
}
