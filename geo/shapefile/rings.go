// SPDX-License-Identifier: EUPL-1.2

package shapefile

import (
	"slices"

	"github.com/peterstace/simplefeatures/geom"
)

// assemble sorts the rings of a shape into polygons. In a shapefile outer rings run clockwise and holes counter-clockwise; each hole goes
// into the smallest outer ring around it. Files from other programs turn rings the wrong way: a hole without an outer ring around it is taken
// as an outer ring. The result runs as RFC 7946 wants it.
func assemble(rings [][]float64) geom.Geometry {
	type outer struct {
		area  float64
		rings [][]float64
	}
	var outers []outer
	var holes [][]float64
	for _, r := range rings {
		if a := area2(r); a <= 0 {
			outers = append(outers, outer{-a, [][]float64{r}})
		} else {
			holes = append(holes, r)
		}
	}
	clockwise := len(outers)
	for _, h := range holes {
		best := -1
		for i := range clockwise {
			if (best < 0 || outers[i].area < outers[best].area) && within(h, outers[i].rings[0]) {
				best = i
			}
		}
		if best < 0 {
			outers = append(outers, outer{area2(h), [][]float64{h}})
		} else {
			outers[best].rings = append(outers[best].rings, h)
		}
	}
	var polys []geom.Polygon
	for _, o := range outers {
		var ls []geom.LineString
		for i, r := range o.rings {
			if (area2(r) > 0) != (i == 0) {
				r = reversed(r)
			}
			ls = append(ls, geom.NewLineString(geom.NewSequence(r, geom.DimXY)))
		}
		polys = append(polys, geom.NewPolygon(ls))
	}
	if len(polys) == 1 {
		return polys[0].AsGeometry()
	}
	return geom.NewMultiPolygon(polys).AsGeometry()
}

func reversed(r []float64) []float64 {
	out := slices.Clone(r)
	for a, b := 0, len(out)-2; a < b; a, b = a+2, b-2 {
		out[a], out[a+1], out[b], out[b+1] = out[b], out[b+1], out[a], out[a+1]
	}
	return out
}

// area2 is twice the signed area, relative to the first vertex against cancellation.
func area2(r []float64) float64 {
	s := 0.
	n := len(r)
	for i := 0; i < n; i += 2 {
		j := (i + 2) % n
		s += (r[i]-r[0])*(r[j+1]-r[1]) - (r[j]-r[0])*(r[i+1]-r[1])
	}
	return s
}

// within decides by the first vertex of the hole that is not a vertex of the outer ring.
func within(hole, ring []float64) bool {
	for i := 0; i < len(hole); i += 2 {
		corner := false
		for j := 0; j < len(ring); j += 2 {
			corner = corner || ring[j] == hole[i] && ring[j+1] == hole[i+1]
		}
		if !corner {
			return inside(hole[i], hole[i+1], ring)
		}
	}
	return true // all vertices are shared
}

func inside(x, y float64, r []float64) bool {
	in := false
	n := len(r)
	for i := 0; i < n; i += 2 {
		j := (i + 2) % n
		if (r[i+1] <= y) != (r[j+1] <= y) && x < r[i]+(y-r[i+1])*(r[j]-r[i])/(r[j+1]-r[i+1]) {
			in = !in
		}
	}
	return in
}
