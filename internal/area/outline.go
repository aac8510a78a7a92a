// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"math"

	"github.com/peterstace/simplefeatures/geom"
)

// outlineIndex answers whether points lie in an area or near its border. The edges are sorted into horizontal strips, so that a question
// looks at a few edges only.
type outlineIndex struct {
	box    [4]float64 // minX, minY, maxX, maxY
	strips [][]edge
	height float64
	points map[[2]float64]bool // vertices
}

type edge struct{ ax, ay, bx, by float64 }

func indexOf(g geom.Geometry) *outlineIndex {
	x := &outlineIndex{box: [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}, points: map[[2]float64]bool{}}
	var edges []edge
	eachRing(g, func(r [][2]float64) {
		for i, p := range r {
			x.points[p] = true
			x.box[0], x.box[1] = min(x.box[0], p[0]), min(x.box[1], p[1])
			x.box[2], x.box[3] = max(x.box[2], p[0]), max(x.box[3], p[1])
			if i > 0 {
				edges = append(edges, edge{r[i-1][0], r[i-1][1], p[0], p[1]})
			}
		}
	})
	n := max(1, len(edges)/4)
	x.height = max((x.box[3]-x.box[1])/float64(n), 1e-9)
	x.strips = make([][]edge, n)
	for _, e := range edges {
		for i := x.strip(min(e.ay, e.by)); i <= x.strip(max(e.ay, e.by)); i++ {
			x.strips[i] = append(x.strips[i], e)
		}
	}
	return x
}

func (x *outlineIndex) strip(y float64) int {
	return max(0, min(len(x.strips)-1, int((y-x.box[1])/x.height)))
}

// contains counts crossings of a ray to the east (even-odd rule).
func (x *outlineIndex) contains(px, py float64) bool {
	if px < x.box[0] || px > x.box[2] || py < x.box[1] || py > x.box[3] {
		return false
	}
	in := false
	for _, e := range x.strips[x.strip(py)] {
		if (e.ay > py) != (e.by > py) && px < e.ax+(py-e.ay)/(e.by-e.ay)*(e.bx-e.ax) {
			in = !in
		}
	}
	return in
}

// near tells whether the border passes within the distance.
func (x *outlineIndex) near(px, py, within float64) bool {
	for i := x.strip(py - within); i <= x.strip(py+within); i++ {
		for _, e := range x.strips[i] {
			if min(e.ax, e.bx) <= px+within && max(e.ax, e.bx) >= px-within && e.distance(px, py) <= within {
				return true
			}
		}
	}
	return false
}

func (e edge) distance(px, py float64) float64 {
	dx, dy := e.bx-e.ax, e.by-e.ay
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = max(0, min(1, ((px-e.ax)*dx+(py-e.ay)*dy)/l))
	}
	return math.Hypot(e.ax+t*dx-px, e.ay+t*dy-py)
}

// sticksOut tells whether a vertex of g lies outside by more than the tolerance.
func (x *outlineIndex) sticksOut(g geom.Geometry, tolerance float64) bool {
	return anyVertex(g, func(p [2]float64) bool {
		return !x.points[p] && !x.contains(p[0], p[1]) && !x.near(p[0], p[1], tolerance)
	})
}

// holdsPointOf tells whether a vertex of g lies inside by more than the tolerance.
func (x *outlineIndex) holdsPointOf(g geom.Geometry, tolerance float64) bool {
	return anyVertex(g, func(p [2]float64) bool {
		return !x.points[p] && x.contains(p[0], p[1]) && !x.near(p[0], p[1], tolerance)
	})
}

func anyVertex(g geom.Geometry, match func(p [2]float64) bool) bool {
	found := false
	eachRing(g, func(r [][2]float64) {
		for _, p := range r {
			if found = found || match(p); found {
				return
			}
		}
	})
	return found
}

// eachRing calls f for the rings of all polygons of g.
func eachRing(g geom.Geometry, f func(r [][2]float64)) {
	for _, part := range polygons(g) {
		for _, r := range part {
			f(r)
		}
	}
}

// polygons lists the polygons of g as rings of points, the outer ring first.
func polygons(g geom.Geometry) [][][][2]float64 {
	var out [][][][2]float64
	for _, part := range g.Dump() {
		p, ok := part.AsPolygon()
		if !ok || p.IsEmpty() {
			continue
		}
		var rings [][][2]float64
		for _, r := range p.DumpRings() {
			s := r.Coordinates()
			ring := make([][2]float64, s.Length())
			for i := range ring {
				xy := s.GetXY(i)
				ring[i] = [2]float64{xy.X, xy.Y}
			}
			rings = append(rings, ring)
		}
		out = append(out, rings)
	}
	return out
}

func round(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(v*p) / p
}
