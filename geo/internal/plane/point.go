// SPDX-License-Identifier: EUPL-1.2

// Package plane computes with areas on an integer grid: it cuts all borders where they meet, finds the faces between them and says which
// areas cover each face. Checks, repairs, overlays and simplification rest on it.
//
// Invariants: coordinates are integers below 2^40, every predicate is exact; after Build two edges meet only in common vertices (snap
// rounding, Hobby 1999, "Practical segment intersection with finite precision output").
package plane

import (
	"math"
	"math/bits"
)

// Point is a vertex on the grid.
type Point struct{ X, Y int64 }

func (p Point) less(q Point) bool { return p.X < q.X || p.X == q.X && p.Y < q.Y }

// Grid maps coordinates to grid points. Scale is grid units per coordinate unit: 1e9 for degrees and 1e4 for metres are both about 0.1 mm.
type Grid struct{ Scale float64 }

// Limit is the largest grid coordinate.
const Limit = 1 << 40

// Point rounds a coordinate; ok is false when it is not finite or too large for exact predicates.
func (g Grid) Point(x, y float64) (p Point, ok bool) {
	fx, fy := math.Round(x*g.Scale), math.Round(y*g.Scale)
	if !(math.Abs(fx) < Limit && math.Abs(fy) < Limit) {
		return p, false
	}
	return Point{int64(fx), int64(fy)}, true
}

// XY returns the coordinate of a grid point. A coordinate written with fewer decimals than the grid has comes back bit for bit.
func (g Grid) XY(p Point) (x, y float64) { return float64(p.X) / g.Scale, float64(p.Y) / g.Scale }

// wide is a signed 128-bit integer.
type wide struct {
	hi int64
	lo uint64
}

func product(a, b int64) wide {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	h := int64(hi)
	if a < 0 {
		h -= b
	}
	if b < 0 {
		h -= a
	}
	return wide{h, lo}
}

func (w wide) sub(v wide) wide {
	lo, borrow := bits.Sub64(w.lo, v.lo, 0)
	return wide{w.hi - v.hi - int64(borrow), lo}
}

func (w wide) add(v wide) wide {
	lo, carry := bits.Add64(w.lo, v.lo, 0)
	return wide{w.hi + v.hi + int64(carry), lo}
}

func (w wide) sign() int {
	switch {
	case w.hi < 0:
		return -1
	case w.hi == 0 && w.lo == 0:
		return 0
	default:
		return 1
	}
}

func (w wide) less(v wide) bool { return w.sub(v).sign() < 0 }

func (w wide) float() float64 {
	if w.hi < 0 {
		n := wide{}.sub(w)
		return -(float64(uint64(n.hi))*(1<<64) + float64(n.lo))
	}
	return float64(w.hi)*(1<<64) + float64(w.lo)
}

// cross is the exact cross product of b-a and c-d.
func cross(ax, ay, bx, by int64) wide { return product(ax, by).sub(product(ay, bx)) }

// crossSign is the sign of the cross product, by floats where their error cannot matter.
func crossSign(ax, ay, bx, by int64) int {
	l, r := float64(ax)*float64(by), float64(ay)*float64(bx)
	d := l - r
	if e := 4e-16 * (math.Abs(l) + math.Abs(r)); d > e {
		return 1
	} else if d < -e {
		return -1
	}
	return cross(ax, ay, bx, by).sign()
}

// Orient is 1 when c lies to the left of a→b, -1 to the right, 0 on the line.
func Orient(a, b, c Point) int { return crossSign(b.X-a.X, b.Y-a.Y, c.X-a.X, c.Y-a.Y) }

// properCrossing reports whether the open segments ab and cd cross in one point.
func properCrossing(a, b, c, d Point) bool {
	o1, o2 := Orient(a, b, c), Orient(a, b, d)
	if o1 == 0 || o2 == 0 || o1 == o2 {
		return false
	}
	o3, o4 := Orient(c, d, a), Orient(c, d, b)
	return o3 != 0 && o4 != 0 && o3 != o4
}

// crossing rounds the crossing point of two properly crossing segments to the grid.
func crossing(a, b, c, d Point) Point {
	rx, ry, sx, sy := b.X-a.X, b.Y-a.Y, d.X-c.X, d.Y-c.Y
	t := cross(c.X-a.X, c.Y-a.Y, sx, sy).float() / cross(rx, ry, sx, sy).float()
	return Point{a.X + int64(math.Floor(t*float64(rx)+.5)), a.Y + int64(math.Floor(t*float64(ry)+.5))}
}

// through reports whether the segment ab passes through the pixel of p: the unit square around it with its lower and left sides, without
// its upper and right ones, so that pixels tile the plane. Touching corners are decided as if all pixels were shifted by (-ε, -ε²).
func through(a, b, p Point) bool {
	// Doubled coordinates make the corners integers.
	ax, ay, bx, by, px, py := 2*a.X, 2*a.Y, 2*b.X, 2*b.Y, 2*p.X, 2*p.Y
	if max(ax, bx) < px-1 || min(ax, bx) >= px+1 || max(ay, by) < py-1 || min(ay, by) >= py+1 {
		return false
	}
	dx, dy := bx-ax, by-ay
	tie := 1
	if dy < 0 || dy == 0 && dx > 0 {
		tie = -1
	}
	sum := 0
	for _, c := range [4][2]int64{{px - 1, py - 1}, {px + 1, py - 1}, {px + 1, py + 1}, {px - 1, py + 1}} {
		o := crossSign(dx, dy, c[0]-ax, c[1]-ay)
		if o == 0 {
			o = tie
		}
		sum += o
	}
	return sum > -4 && sum < 4
}

// InTriangle reports whether p lies inside or on the triangle abc, whatever its turn. A flat triangle holds the points of its longest side.
func InTriangle(a, b, c, p Point) bool {
	o1, o2, o3 := Orient(a, b, p), Orient(b, c, p), Orient(c, a, p)
	if o1 == 0 && o2 == 0 && o3 == 0 {
		return p.X >= min(a.X, b.X, c.X) && p.X <= max(a.X, b.X, c.X) && p.Y >= min(a.Y, b.Y, c.Y) && p.Y <= max(a.Y, b.Y, c.Y)
	}
	return o1 >= 0 && o2 >= 0 && o3 >= 0 || o1 <= 0 && o2 <= 0 && o3 <= 0
}

// SignedArea2 is twice the signed area of a ring, positive when it runs counter-clockwise; the last point may repeat the first. It is
// exact up to the final conversion.
func SignedArea2(ring []Point) float64 { return ringArea2(ring).float() }

func ringArea2(ring []Point) wide {
	var s wide
	for i := range ring {
		p, q := ring[i], ring[(i+1)%len(ring)]
		o := ring[0]
		s = s.add(cross(p.X-o.X, p.Y-o.Y, q.X-o.X, q.Y-o.Y))
	}
	return s
}
