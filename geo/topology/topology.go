// SPDX-License-Identifier: EUPL-1.2

// Package topology judges the areas of a town: whether each is a proper polygon, whether together they cover the town without overlap and
// gap, and whether they lie in their parents. It repairs with a report, measures in square metres, finds neighbours and overlays editions.
//
// Invariants: nothing is changed silently, Repair names what it did to which area; areas are measured on the GRS80 ellipsoid by an
// equal-area projection, never in the plane of UTM; borders that differ by less than 0.1 mm are one border.
package topology

import (
	"fmt"
	"math"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

// Area is one area of an edition.
type Area struct {
	Key    string
	Name   string
	Parent string // key of the parent, empty when there is none
	// Feature and Line are the place in the file, for findings.
	Feature, Line int
	Geometry      geom.Geometry
}

// Options of Check and Repair. The zero value suits degrees.
type Options struct {
	// CRS is the EPSG code of the coordinates, 0 means 4326.
	CRS int
	// Parents are the areas of the level above. With them Check also tests that children lie in their parents and fill them.
	Parents []Area
	// SliverWidth in metres: overlaps and gaps whose mean width is below it are rounding slivers, counted but not listed. 0 means 0.5.
	SliverWidth float64
	// SliverArea in square metres: the same for small ones. 0 means 1.
	SliverArea float64
	// MaxListed bounds the findings of one code; a last finding counts the rest. 0 means 200.
	MaxListed int
}

func (o Options) orDefault() Options {
	if o.CRS == 0 {
		o.CRS = crs.WGS84
	}
	if o.SliverWidth == 0 {
		o.SliverWidth = .5
	}
	if o.SliverArea == 0 {
		o.SliverArea = 1
	}
	if o.MaxListed == 0 {
		o.MaxListed = 200
	}
	return o
}

// gridFor chooses the grid: 1e-9 degrees or 0.1 mm.
func gridFor(epsg int) (plane.Grid, error) {
	s, ok := crs.Lookup(epsg)
	if !ok {
		return plane.Grid{}, &crs.UnknownSystemError{EPSG: epsg}
	}
	if s.Geographic {
		return plane.Grid{Scale: 1e9}, nil
	}
	return plane.Grid{Scale: 1e4}, nil
}

// ring is one ring of an area on the grid: closed implicitly, shells counter-clockwise, holes clockwise.
type ring struct {
	points []plane.Point
	area   int32
	part   int32 // polygon within the area
	hole   bool
}

// model is all rings of a set of areas and what reading them showed.
type model struct {
	grid     plane.Grid
	rings    []ring
	byArea   [][]int32 // rings of each area
	unclosed []bool
	turned   []bool
	dropped  []string // reason why an area, or a ring of it, has no rings
	lost     []int    // holes of fewer than three vertices, by area
}

// newModel brings the areas onto the grid. It never fails: an area that is no area has a reason in dropped.
func newModel(grid plane.Grid, areas []Area) *model {
	n := len(areas)
	m := &model{grid: grid, byArea: make([][]int32, n), unclosed: make([]bool, n), turned: make([]bool, n), dropped: make([]string, n), lost: make([]int, n)}
	for i := range areas {
		m.add(int32(i), areas[i].Geometry)
	}
	return m
}

func (m *model) add(area int32, g geom.Geometry) {
	var parts []geom.Polygon
	switch g.Type() {
	case geom.TypePolygon:
		parts = []geom.Polygon{g.MustAsPolygon()}
	case geom.TypeMultiPolygon:
		parts = g.MustAsMultiPolygon().Dump()
	default:
		m.dropped[area] = "kind"
		return
	}
	for part, p := range parts {
		for i, seq := range p.Coordinates() {
			pts, problem := m.points(area, seq)
			if problem != "" {
				if i > 0 && problem == "short" {
					m.lost[area]++
					continue
				}
				m.dropped[area] = problem
				break
			}
			hole := i > 0
			if s := plane.SignedArea2(pts); s != 0 && s > 0 == hole {
				for a, b := 0, len(pts)-1; a < b; a, b = a+1, b-1 {
					pts[a], pts[b] = pts[b], pts[a]
				}
				m.turned[area] = true
			}
			m.byArea[area] = append(m.byArea[area], int32(len(m.rings)))
			m.rings = append(m.rings, ring{pts, area, int32(part), hole})
		}
	}
	if len(m.byArea[area]) == 0 && m.dropped[area] == "" {
		m.dropped[area] = "empty"
	}
}

// points rounds a ring to the grid, without repeated vertices and without the closing one.
func (m *model) points(area int32, seq geom.Sequence) ([]plane.Point, string) {
	pts := make([]plane.Point, 0, seq.Length())
	for i := range seq.Length() {
		xy := seq.GetXY(i)
		p, ok := m.grid.Point(xy.X, xy.Y)
		if !ok {
			return nil, "coordinates"
		}
		if len(pts) == 0 || pts[len(pts)-1] != p {
			pts = append(pts, p)
		}
	}
	if n := len(pts); n > 1 && pts[0] == pts[n-1] {
		pts = pts[:n-1]
	} else if n > 0 {
		m.unclosed[area] = true
	}
	if len(pts) < 3 {
		return nil, "short"
	}
	return pts, ""
}

// build arranges the given rings; owner of a ring is what ownerOf says.
func (m *model) build(rings []int32, ownerOf func(ring int32) int32) *plane.Arrangement {
	points := make([][]plane.Point, len(m.rings))
	owner := make([]int32, len(m.rings))
	for _, r := range rings {
		owner[r] = ownerOf(r)
		points[r] = m.rings[r].points
	}
	return plane.Build(points, owner)
}

func (m *model) buildAll() *plane.Arrangement {
	all := make([]int32, len(m.rings))
	for i := range all {
		all[i] = int32(i)
	}
	return m.build(all, func(r int32) int32 { return m.rings[r].area })
}

// polygon turns grid polygons back into coordinates.
func (m *model) polygon(polys [][][]plane.Point) geom.Geometry {
	var out []geom.Polygon
	for _, p := range polys {
		var rings []geom.LineString
		for _, r := range p {
			xy := make([]float64, 0, 2*len(r))
			for _, q := range r {
				x, y := m.grid.XY(q)
				xy = append(xy, x, y)
			}
			rings = append(rings, geom.NewLineString(geom.NewSequence(xy, geom.DimXY)))
		}
		out = append(out, geom.NewPolygon(rings))
	}
	if len(out) == 1 {
		return out[0].AsGeometry()
	}
	return geom.NewMultiPolygon(out).AsGeometry()
}

// ruler measures grid rings in metres.
type ruler struct {
	grid  plane.Grid
	tr    *crs.Transformer
	local crs.Local
}

// newRuler centres the plane of measurement on the middle of the rings.
func newRuler(grid plane.Grid, epsg int, m *model) (*ruler, error) {
	tr, err := crs.New(epsg, crs.ETRS89)
	if err != nil {
		return nil, err
	}
	r := &ruler{grid: grid, tr: tr}
	lo, hi := plane.Point{X: math.MaxInt64, Y: math.MaxInt64}, plane.Point{X: math.MinInt64, Y: math.MinInt64}
	for i := range m.rings {
		for _, p := range m.rings[i].points {
			lo.X, lo.Y, hi.X, hi.Y = min(lo.X, p.X), min(lo.Y, p.Y), max(hi.X, p.X), max(hi.Y, p.Y)
		}
	}
	if lo.X > hi.X {
		return r, nil
	}
	lon, lat := r.lonLat(plane.Point{X: lo.X + (hi.X-lo.X)/2, Y: lo.Y + (hi.Y-lo.Y)/2})
	r.local = crs.NewLocal(lon, lat)
	return r, nil
}

// lonLat returns degrees; coordinates the system cannot hold give the place that its formulas give.
func (r *ruler) lonLat(p plane.Point) (lon, lat float64) {
	lon, lat, _ = r.tr.Point(r.grid.XY(p))
	return lon, lat
}

// ring returns signed area in m² and length in m of a closed ring.
func (r *ruler) ring(pts []plane.Point) (area, length float64) {
	var px, py, ox, oy float64
	for i, p := range pts {
		lon, lat := r.lonLat(p)
		x, y := r.local.XY(lon, lat)
		if i == 0 {
			ox, oy = x, y
		} else {
			area += (px-ox)*(y-oy) - (x-ox)*(py-oy)
			length += math.Hypot(x-px, y-py)
		}
		px, py = x, y
	}
	return area / 2, length
}

// face returns area in m² and the length of all borders of a face.
func (r *ruler) face(a *plane.Arrangement, f int32) (area, length float64) {
	for _, pts := range a.FaceRings(f) {
		s, l := r.ring(pts)
		area += s
		length += l
	}
	return area, length
}

// SquareMetres measures an area on the GRS80 ellipsoid, in an equal-area projection centred on the area itself. Holes count negative
// whatever the turn of rings. It fails for an unknown system and for coordinates outside it.
func SquareMetres(g geom.Geometry, epsg int) (float64, error) {
	tr, err := crs.New(epsg, crs.ETRS89)
	if err != nil {
		return 0, err
	}
	deg, err := tr.Geometry(g)
	if err != nil {
		return 0, err
	}
	b, ok := geo.EnvelopeBounds(deg.Envelope())
	if !ok {
		return 0, nil
	}
	local := crs.NewLocal((b.MinX+b.MaxX)/2, (b.MinY+b.MaxY)/2)
	return deg.Area(geom.WithTransform(func(xy geom.XY) geom.XY {
		x, y := local.XY(xy.X, xy.Y)
		return geom.XY{X: x, Y: y}
	})), nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}
