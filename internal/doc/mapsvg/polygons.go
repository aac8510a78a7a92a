// SPDX-License-Identifier: EUPL-1.2

package mapsvg

// Polygons takes the rings of polygons written as in GeoJSON: polygon, ring, point.
func Polygons(p [][][][2]float64) []Ring {
	var rings []Ring
	for _, polygon := range p {
		for _, points := range polygon {
			ring := make(Ring, len(points))
			for i, c := range points {
				ring[i] = Point{c[0], c[1]}
			}
			rings = append(rings, ring)
		}
	}
	return rings
}
