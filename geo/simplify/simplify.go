// SPDX-License-Identifier: EUPL-1.2

// Package simplify makes the areas of a town light enough for a page: borders lose vertices, but neighbours keep one common border, no area
// crosses another, vanishes or changes its neighbours.
//
// It is Visvalingam's method ("Line generalisation by repeated elimination of points", 1993) on the borders between junctions. A vertex goes
// only while the triangle it spans holds no other vertex and the edge that replaces it does not exist yet, so every step keeps the topology.
// The order of elimination is computed once; any size is a prefix of it.
package simplify

import (
	"container/heap"
	"math"
	"slices"
	"sort"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

// Options of New.
type Options struct {
	// CRS is the EPSG code of the coordinates, 0 means 4326.
	CRS int
	// Decimals is the precision of the result: coordinates are snapped to it before the elimination, so that writing them with so many decimals
	// changes nothing. 0 means 5 for degrees (about 1 m) and 1 for metres; negative means whole numbers.
	Decimals int
}

// Coverage is a set of areas whose vertices are ranked by how little they matter.
type Coverage struct {
	grid     plane.Grid
	original []geom.Geometry
	points   []plane.Point
	areas    [][][][]int32 // area, polygon, ring, vertices (closed implicitly)
	rank     []int32       // position of a vertex in the order of elimination, MaxInt32 for those that stay
	weights  []float64     // m² of the triangle of each elimination, rising
	vertices int           // with everything in place, each vertex once however many areas share it
}

// New arranges the areas and ranks their vertices. It fails for an unknown coordinate system.
func New(areas []geom.Geometry, opt Options) (*Coverage, error) {
	if opt.CRS == 0 {
		opt.CRS = crs.WGS84
	}
	sys, ok := crs.Lookup(opt.CRS)
	if !ok {
		return nil, &crs.UnknownSystemError{EPSG: opt.CRS}
	}
	if opt.Decimals == 0 {
		opt.Decimals = 1
		if sys.Geographic {
			opt.Decimals = 5
		}
	}
	c := &Coverage{grid: plane.Grid{Scale: math.Pow10(max(0, opt.Decimals))}, original: areas}
	arr := c.arrange(areas)
	c.points = arr.Points
	c.outline(arr, len(areas))
	c.eliminate(arr, sys.Geographic)
	return c, nil
}

// arrange snaps the rings to the grid and cuts them where they meet.
func (c *Coverage) arrange(areas []geom.Geometry) *plane.Arrangement {
	var rings [][]plane.Point
	var owner []int32
	for i, g := range areas {
		var parts []geom.Polygon
		if p, ok := g.AsPolygon(); ok {
			parts = []geom.Polygon{p}
		} else if m, ok := g.AsMultiPolygon(); ok {
			parts = m.Dump()
		}
		for _, p := range parts {
			for _, seq := range p.ForceCCW().Coordinates() {
				pts := make([]plane.Point, 0, seq.Length())
				for j := range seq.Length() {
					xy := seq.GetXY(j)
					if q, ok := c.grid.Point(xy.X, xy.Y); ok {
						pts = append(pts, q)
					}
				}
				rings = append(rings, pts)
				owner = append(owner, int32(i))
			}
		}
	}
	return plane.Build(rings, owner)
}

// outline writes every area as rings of vertices.
func (c *Coverage) outline(arr *plane.Arrangement, n int) {
	faces := make([][]int32, n)
	for f := int32(1); f < int32(arr.Faces()); f++ {
		for _, cov := range arr.Label(f) {
			faces[cov.Owner] = append(faces[cov.Owner], f)
		}
	}
	c.areas = make([][][][]int32, n)
	for i := range faces {
		var rings [][]plane.Point
		var ids [][]int32
		for _, hs := range arr.Outline(faces[i]) {
			ring := make([]int32, len(hs))
			for j, h := range hs {
				ring[j] = arr.Tail(h)
			}
			ids = append(ids, ring)
			rings = append(rings, arr.Ring(hs))
		}
		for _, p := range plane.Assemble(rings) {
			var poly [][]int32
			for _, r := range p {
				poly = append(poly, ids[r])
			}
			c.areas[i] = append(c.areas[i], poly)
		}
	}
}

// candidate is a vertex in the queue; stale when its turn differs from the vertex's.
type candidate struct {
	vertex, turn int32
	weight       float64
}

type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].weight < q[j].weight || q[i].weight == q[j].weight && q[i].vertex < q[j].vertex
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// eliminate ranks the vertices.
func (c *Coverage) eliminate(arr *plane.Arrangement, geographic bool) {
	n := len(c.points)
	c.rank = make([]int32, n)
	beside := make([][2]int32, n) // the two neighbours of a vertex that is no junction
	edges := make(map[[2]int32]bool, arr.Edges())
	turn := make([]int32, n)
	free := make([]bool, n)
	var lat float64
	for v := range int32(n) {
		c.rank[v] = math.MaxInt32
		p := c.points[v]
		out := arr.Out(v)
		if len(out) > 0 {
			c.vertices++
			_, y := c.grid.XY(p)
			lat += y
		}
		if len(out) == 2 {
			free[v] = true
			beside[v] = [2]int32{arr.Head(out[0]), arr.Head(out[1])}
		}
		for _, h := range out {
			edges[pair(v, arr.Head(h))] = true
		}
	}
	// Square metres of a grid square, on the sphere for degrees: weights only rank, and name the tolerance to 0.5 %.
	unit := 1 / (c.grid.Scale * c.grid.Scale)
	if geographic && c.vertices > 0 {
		const degree = 111_195
		unit *= degree * degree * math.Cos(lat/float64(c.vertices)*math.Pi/180)
	}
	weigh := func(v int32) float64 {
		return math.Abs(plane.SignedArea2([]plane.Point{c.points[beside[v][0]], c.points[v], c.points[beside[v][1]]})) / 2 * unit
	}
	living := newLiving(c, arr)
	var q queue
	for v := range int32(n) {
		if free[v] {
			q = append(q, candidate{v, 0, weigh(v)})
		}
	}
	heap.Init(&q)
	last := 0.
	for len(q) > 0 {
		x := heap.Pop(&q).(candidate)
		v := x.vertex
		if !free[v] || x.turn != turn[v] {
			continue
		}
		a, b := beside[v][0], beside[v][1]
		if a == b || edges[pair(a, b)] || living.inTriangle(a, v, b) {
			continue // may come again when a neighbour has gone
		}
		last = max(last, x.weight)
		c.rank[v] = int32(len(c.weights))
		c.weights = append(c.weights, last)
		free[v] = false
		living.drop()
		delete(edges, pair(a, v))
		delete(edges, pair(v, b))
		edges[pair(a, b)] = true
		for _, s := range [2][2]int32{{a, b}, {b, a}} {
			if u := s[0]; free[u] {
				if beside[u][0] == v {
					beside[u][0] = s[1]
				} else {
					beside[u][1] = s[1]
				}
				turn[u]++
				heap.Push(&q, candidate{u, turn[u], max(last, weigh(u))})
			}
		}
	}
}

func pair(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

// living finds the vertices that are still there. Its index is packed anew whenever half of them have gone.
type living struct {
	c      *Coverage
	ids    []int32
	tree   *plane.Index
	killed int
}

func newLiving(c *Coverage, arr *plane.Arrangement) *living {
	l := &living{c: c}
	for v := range int32(len(c.points)) {
		if len(arr.Out(v)) > 0 {
			l.ids = append(l.ids, v)
		}
	}
	l.pack()
	return l
}

func (l *living) pack() {
	l.ids = slices.DeleteFunc(l.ids, func(v int32) bool { return l.c.rank[v] != math.MaxInt32 })
	l.killed = 0
	l.tree = plane.NewIndex(len(l.ids), func(i int) plane.Box {
		p := l.c.points[l.ids[i]]
		return plane.Box{MinX: float64(p.X), MinY: float64(p.Y), MaxX: float64(p.X), MaxY: float64(p.Y)}
	})
}

func (l *living) drop() {
	if l.killed++; 2*l.killed > len(l.ids) {
		l.pack()
	}
}

// inTriangle reports whether the triangle holds a living vertex besides its corners.
func (l *living) inTriangle(a, v, b int32) bool {
	p, q, r := l.c.points[a], l.c.points[v], l.c.points[b]
	box := plane.Box{MinX: float64(min(p.X, q.X, r.X)), MinY: float64(min(p.Y, q.Y, r.Y)), MaxX: float64(max(p.X, q.X, r.X)), MaxY: float64(max(p.Y, q.Y, r.Y))}
	hit := false
	l.tree.Search(box, func(i int32) bool {
		u := l.ids[i]
		hit = u != a && u != v && u != b && l.c.rank[u] == math.MaxInt32 && plane.InTriangle(p, q, r, l.c.points[u])
		return !hit
	})
	return hit
}

// Vertices is the number of distinct vertices without elimination.
func (c *Coverage) Vertices() int { return c.vertices }

// Least is the number of distinct vertices that can never go.
func (c *Coverage) Least() int { return c.vertices - len(c.weights) }

// AtVertices returns the areas with at most n distinct vertices, or with the least possible.
func (c *Coverage) AtVertices(n int) []geom.Geometry {
	return c.at(min(len(c.weights), max(0, c.vertices-n)))
}

// AtArea returns the areas without the vertices whose triangle is smaller than m2 square metres.
func (c *Coverage) AtArea(m2 float64) []geom.Geometry {
	return c.at(sort.SearchFloat64s(c.weights, m2))
}

// Tolerance is the square metres of the largest triangle dropped to come to n vertices.
func (c *Coverage) Tolerance(n int) float64 {
	k := min(len(c.weights), max(0, c.vertices-n))
	if k == 0 {
		return 0
	}
	return c.weights[k-1]
}

// Fit returns the areas with the most vertices for which size gives at most limit, and their number of vertices. size is called about a
// dozen times; its error ends the search. When even the least vertices are too large, those are returned with fits false.
func (c *Coverage) Fit(limit int, size func([]geom.Geometry) (int, error)) (areas []geom.Geometry, vertices int, fits bool, err error) {
	lo, hi := 0, len(c.weights) // eliminations: hi assumed to fit
	least := c.at(hi)
	n, err := size(least)
	if err != nil || n > limit {
		return least, c.vertices - hi, false, err
	}
	areas = least
	step := max(1, c.vertices/500) // half a percent is exact enough
	for hi-lo > step {
		mid := lo + (hi-lo)/2
		g := c.at(mid)
		if n, err = size(g); err != nil {
			return nil, 0, false, err
		}
		if n <= limit {
			hi, areas = mid, g
		} else {
			lo = mid
		}
	}
	return areas, c.vertices - hi, true, nil
}

// at builds the areas after k eliminations.
func (c *Coverage) at(k int) []geom.Geometry {
	out := make([]geom.Geometry, len(c.areas))
	for i, polys := range c.areas {
		if len(polys) == 0 { // no area, or smaller than the grid
			out[i] = c.original[i]
			continue
		}
		var parts []geom.Polygon
		for _, p := range polys {
			var rings []geom.LineString
			for _, r := range p {
				xy := make([]float64, 0, 64)
				for _, v := range r {
					if c.rank[v] >= int32(k) {
						x, y := c.grid.XY(c.points[v])
						xy = append(xy, x, y)
					}
				}
				xy = append(xy, xy[0], xy[1])
				rings = append(rings, geom.NewLineString(geom.NewSequence(xy, geom.DimXY)))
			}
			parts = append(parts, geom.NewPolygon(rings))
		}
		if len(parts) == 1 {
			out[i] = parts[0].AsGeometry()
		} else {
			out[i] = geom.NewMultiPolygon(parts).AsGeometry()
		}
	}
	return out
}
