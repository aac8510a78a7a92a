// SPDX-License-Identifier: EUPL-1.2

// Package locate answers which area a place lies in: for kindergartens, addresses and contributions on the map.
//
// Invariants: areas that share a border never both hold a point and never lose one between them, since both test the same edge with the same
// arithmetic and the point on a border belongs to exactly one side (the one to its east, or north on a horizontal border). An Index never changes
// after New and may be asked from many goroutines.
package locate

import (
	"math"
	"runtime"
	"sync"

	"github.com/peterstace/simplefeatures/geom"
)

// None is the answer for a place in no area.
const None = -1

// Index finds the areas around a point. A grid says for each cell which areas fill it and which border crosses it; only for the latter the
// edges at the height of the point are tested.
type Index struct {
	minX, minY float64
	perX, perY float64 // cells per unit
	cols, rows int
	first      []int32 // entries of a cell: first[c] to first[c+1]
	entries    []entry
	shapes     []shape
	edges      []edge
	bands      []int32 // edges of a band, positions in edges
	bandStarts []int32
}

// entry is an area in a cell: all of the cell is inside, or a border runs through it.
type entry struct {
	area int32
	full bool
}

// edge runs upward, so that both areas at a border compute the same.
type edge struct{ x0, y0, x1, y1 float64 }

// shape is one area: its box and its edges in horizontal bands.
type shape struct {
	x0, y0, x1, y1 float64
	edges          [2]int  // from, to in Index.edges
	perY           float64 // bands per unit
	bands          int32
	firstBand      int32 // in bandStarts
}

// New indexes the areas; answers are positions in the slice. Geometries that are no areas hold no point. The inside is where a ray crosses
// rings an odd number of times, so repair self-overlapping areas first (package topology).
func New(areas []geom.Geometry) *Index {
	ix := &Index{shapes: make([]shape, len(areas))}
	var all geom.Envelope
	for i, g := range areas {
		first := len(ix.edges)
		if g.IsPolygon() || g.IsMultiPolygon() {
			ix.collect(g)
		}
		ix.band(i, first)
		if len(ix.edges) > first {
			all = all.ExpandToIncludeEnvelope(g.Envelope())
		}
	}
	ix.raster(all)
	return ix
}

// collect appends the edges of an area. Horizontal ones never decide, but the grid must know where they run.
func (ix *Index) collect(g geom.Geometry) {
	ring := func(s geom.Sequence) {
		n := s.Length()
		for i := range n {
			a, b := s.GetXY(i), s.GetXY((i+1)%n)
			if a.Y > b.Y {
				a, b = b, a
			}
			if a != b {
				ix.edges = append(ix.edges, edge{a.X, a.Y, b.X, b.Y})
			}
		}
	}
	if p, ok := g.AsPolygon(); ok {
		for _, s := range p.Coordinates() {
			ring(s)
		}
		return
	}
	for _, p := range g.MustAsMultiPolygon().Coordinates() {
		for _, s := range p {
			ring(s)
		}
	}
}

// band sorts the edges of an area into horizontal bands, about as many as it has edges.
func (ix *Index) band(i, first int) {
	s := &ix.shapes[i]
	edges := ix.edges[first:]
	s.edges = [2]int{first, len(ix.edges)}
	s.firstBand = int32(len(ix.bandStarts))
	if len(edges) == 0 {
		ix.bandStarts = append(ix.bandStarts, int32(len(ix.bands)))
		return
	}
	s.x0, s.y0, s.x1, s.y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, e := range edges {
		s.x0, s.x1 = min(s.x0, e.x0, e.x1), max(s.x1, e.x0, e.x1)
		s.y0, s.y1 = min(s.y0, e.y0), max(s.y1, e.y1)
	}
	s.bands = int32(min(len(edges), 4096))
	s.perY = float64(s.bands) / (s.y1 - s.y0)
	count := make([]int32, s.bands+1)
	each := func(f func(band int32, e int)) {
		for j, e := range edges {
			for b := s.bandOf(e.y0); b <= s.bandOf(e.y1); b++ {
				f(b, first+j)
			}
		}
	}
	each(func(b int32, _ int) { count[b]++ })
	at := int32(len(ix.bands))
	for b := range count {
		n := count[b]
		count[b] = at
		ix.bandStarts = append(ix.bandStarts, at)
		at += n
	}
	ix.bands = append(ix.bands, make([]int32, at-int32(len(ix.bands)))...)
	each(func(b int32, e int) {
		ix.bands[count[b]] = int32(e)
		count[b]++
	})
}

func (s *shape) bandOf(y float64) int32 {
	return max(0, min(s.bands-1, int32((y-s.y0)*s.perY)))
}

// holds tests a point against the edges of its band.
func (ix *Index) holds(area int32, x, y float64) bool {
	s := &ix.shapes[area]
	if s.bands == 0 || !(y >= s.y0 && y < s.y1 && x >= s.x0 && x <= s.x1) {
		return false
	}
	b := s.firstBand + s.bandOf(y)
	inside := false
	for _, i := range ix.bands[ix.bandStarts[b]:ix.bandStarts[b+1]] {
		e := &ix.edges[i]
		if e.y0 <= y && y < e.y1 && (x-e.x0)*(e.y1-e.y0) < (e.x1-e.x0)*(y-e.y0) {
			inside = !inside
		}
	}
	return inside
}

// raster fills the grid.
func (ix *Index) raster(all geom.Envelope) {
	lo, hi, ok := all.MinMaxXYs()
	if !ok {
		ix.first = []int32{0, 0}
		return
	}
	w, h := max(hi.X-lo.X, 1e-300), max(hi.Y-lo.Y, 1e-300)
	cells := float64(min(4_000_000, max(256, 2*len(ix.edges))))
	side := math.Sqrt(w * h / cells)
	ix.cols = int(min(cells, math.Ceil(w/side)))
	ix.rows = int(min(cells, math.Ceil(h/side)))
	ix.minX, ix.minY = lo.X, lo.Y
	ix.perX, ix.perY = float64(ix.cols)/w, float64(ix.rows)/h
	type placed struct {
		cell int32
		entry
	}
	var list []placed
	ix.first = make([]int32, ix.cols*ix.rows+1)
	touched := map[int32]bool{}
	for a := range ix.shapes {
		s := &ix.shapes[a]
		if s.bands == 0 {
			continue
		}
		clear(touched)
		for e := s.edges[0]; e < s.edges[1]; e++ {
			ix.touch(&ix.edges[e], touched)
		}
		c0, c1, r0, r1 := ix.col(s.x0), ix.col(s.x1), ix.row(s.y0), ix.row(s.y1)
		for r := r0; r <= r1; r++ {
			known, inside := false, false
			for c := c0; c <= c1; c++ {
				cell := int32(r*ix.cols + c)
				if touched[cell] {
					list = append(list, placed{cell, entry{int32(a), false}})
					known = false
					continue
				}
				if !known { // no border between here and the next touched cell
					inside = ix.holds(int32(a), ix.minX+(float64(c)+.5)/ix.perX, ix.minY+(float64(r)+.5)/ix.perY)
					known = true
				}
				if inside {
					list = append(list, placed{cell, entry{int32(a), true}})
				}
			}
		}
	}
	for _, p := range list {
		ix.first[p.cell+1]++
	}
	for i := 1; i < len(ix.first); i++ {
		ix.first[i] += ix.first[i-1]
	}
	ix.entries = make([]entry, len(list))
	at := append([]int32(nil), ix.first...)
	for _, p := range list { // stays sorted by area within a cell
		ix.entries[at[p.cell]] = p.entry
		at[p.cell]++
	}
}

func (ix *Index) col(x float64) int { return clamp((x-ix.minX)*ix.perX, ix.cols) }

func (ix *Index) row(y float64) int { return clamp((y-ix.minY)*ix.perY, ix.rows) }

func clamp(f float64, n int) int {
	if !(f > 0) {
		return 0
	}
	return min(n-1, int(f))
}

// touch marks the cells that an edge may cross, row by row, with a margin against rounding.
func (ix *Index) touch(e *edge, touched map[int32]bool) {
	const margin = 1e-9
	r0, r1 := clamp((e.y0-ix.minY)*ix.perY-margin, ix.rows), clamp((e.y1-ix.minY)*ix.perY+margin, ix.rows)
	for r := r0; r <= r1; r++ {
		lo := max(e.y0, ix.minY+(float64(r)-margin)/ix.perY)
		hi := min(e.y1, ix.minY+(float64(r)+1+margin)/ix.perY)
		a, b := min(e.x0, e.x1), max(e.x0, e.x1)
		if slope := (e.x1 - e.x0) / (e.y1 - e.y0); e.y1 > e.y0 && slope-slope == 0 {
			p, q := e.x0+(lo-e.y0)*slope, e.x0+(hi-e.y0)*slope
			a, b = max(a, min(p, q)), min(b, max(p, q))
		}
		c0, c1 := clamp((a-ix.minX)*ix.perX-margin, ix.cols), clamp((b-ix.minX)*ix.perX+margin, ix.cols)
		for c := c0; c <= c1; c++ {
			touched[int32(r*ix.cols+c)] = true
		}
	}
}

// Find returns the position of the first area that holds the point, or None.
func (ix *Index) Find(x, y float64) int {
	c, ok := ix.cell(x, y)
	if !ok {
		return None
	}
	for _, e := range ix.entries[ix.first[c]:ix.first[c+1]] {
		if e.full || ix.holds(e.area, x, y) {
			return int(e.area)
		}
	}
	return None
}

// All appends the positions of all areas that hold the point, in rising order; more than one where areas overlap.
func (ix *Index) All(dst []int, x, y float64) []int {
	c, ok := ix.cell(x, y)
	if !ok {
		return dst
	}
	for _, e := range ix.entries[ix.first[c]:ix.first[c+1]] {
		if e.full || ix.holds(e.area, x, y) {
			dst = append(dst, int(e.area))
		}
	}
	return dst
}

func (ix *Index) cell(x, y float64) (int, bool) {
	fx, fy := (x-ix.minX)*ix.perX, (y-ix.minY)*ix.perY
	if !(fx >= 0 && fy >= 0 && fx <= float64(ix.cols) && fy <= float64(ix.rows)) || ix.cols == 0 {
		return 0, false
	}
	return min(ix.rows-1, int(fy))*ix.cols + min(ix.cols-1, int(fx)), true
}

// FindAll answers Find for many points x0, y0, x1, y1, … on all processors.
func (ix *Index) FindAll(xy []float64) []int32 {
	out := make([]int32, len(xy)/2)
	const block = 16384
	var wg sync.WaitGroup
	work := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(out)/block+1) {
		wg.Go(func() {
			for from := range work {
				for i := from; i < min(from+block, len(out)); i++ {
					out[i] = int32(ix.Find(xy[2*i], xy[2*i+1]))
				}
			}
		})
	}
	for from := 0; from < len(out); from += block {
		work <- from
	}
	close(work)
	wg.Wait()
	return out
}
