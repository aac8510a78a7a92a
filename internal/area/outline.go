// SPDX-License-Identifier: EUPL-1.2

package area

import "github.com/peterstace/simplefeatures/geom"

// label is where the name of an area stands: the centroid of its largest part where that lies inside, else a point surely inside.
func label(g geom.Geometry) geom.XY {
	var largest geom.Geometry
	for _, p := range g.Dump() {
		if p.IsPolygon() && (largest.IsEmpty() || p.Area() > largest.Area()) {
			largest = p
		}
	}
	if c, ok := largest.Centroid().XY(); ok && contains(largest, c) {
		return c
	}
	c, _ := largest.PointOnSurface().XY()
	return c
}

// contains tells whether a point lies in the polygons of g, by crossings of a ray to the east (even-odd rule). The outline need not be valid.
func contains(g geom.Geometry, p geom.XY) bool {
	in := false
	for _, part := range polygons(g) {
		for _, r := range part {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				if (a[1] > p.Y) != (b[1] > p.Y) && p.X < a[0]+(p.Y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
					in = !in
				}
			}
		}
	}
	return in
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
		for _, s := range p.Coordinates() {
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
