// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"container/heap"
	"math"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// LabelPoint returns the point inside the area that lies farthest from its border (pole of inaccessibility), where a label fits best, and that
// distance in metres. The largest part counts; precision is a hundredth of its size. ok is false for geometries without an inside.
//
// Method: Garcia-Castellanos and Lombardo (2007) as a quadtree search, known from mapbox/polylabel.
func LabelPoint(g geom.Geometry, epsg int) (at geom.XY, metres float64, ok bool) {
	sys, known := crs.Lookup(epsg)
	if !known || !g.IsPolygon() && !g.IsMultiPolygon() {
		return at, 0, false
	}
	var best geom.Polygon
	for _, p := range polygons(g) {
		if best.IsEmpty() || p.Area() > best.Area() {
			best = p
		}
	}
	lo, hi, ok := best.Envelope().MinMaxXYs()
	if !ok {
		return at, 0, false
	}
	// A plane true to scale around the area.
	sx, sy := 1., 1.
	if sys.Geographic {
		const degree = 111_195
		sx, sy = degree*math.Cos((lo.Y+hi.Y)/2*math.Pi/180), degree
	}
	f := &labelFinder{}
	for _, s := range best.Coordinates() {
		n := s.Length()
		for i := range n {
			a, b := s.GetXY(i), s.GetXY((i+1)%n)
			f.edges = append(f.edges, [4]float64{(a.X - lo.X) * sx, (a.Y - lo.Y) * sy, (b.X - lo.X) * sx, (b.Y - lo.Y) * sy})
		}
	}
	c := f.search((hi.X-lo.X)*sx, (hi.Y-lo.Y)*sy)
	if c.dist <= 0 {
		return at, 0, false
	}
	return geom.XY{X: lo.X + c.x/sx, Y: lo.Y + c.y/sy}, c.dist, true
}

// cell is a square of the search; dist is the signed distance of its middle from the border, most is the best its inside can offer.
type cell struct{ x, y, half, dist, most float64 }

type labelFinder struct {
	edges [][4]float64
	queue []cell
}

func (f *labelFinder) Len() int           { return len(f.queue) }
func (f *labelFinder) Less(i, j int) bool { return f.queue[i].most > f.queue[j].most }
func (f *labelFinder) Swap(i, j int)      { f.queue[i], f.queue[j] = f.queue[j], f.queue[i] }
func (f *labelFinder) Push(x any)         { f.queue = append(f.queue, x.(cell)) }
func (f *labelFinder) Pop() any {
	c := f.queue[len(f.queue)-1]
	f.queue = f.queue[:len(f.queue)-1]
	return c
}

func (f *labelFinder) cell(x, y, half float64) cell {
	d := f.distance(x, y)
	return cell{x, y, half, d, d + half*math.Sqrt2}
}

// distance is positive inside.
func (f *labelFinder) distance(x, y float64) float64 {
	inside := false
	least := math.Inf(1)
	for _, e := range f.edges {
		if (e[1] <= y) != (e[3] <= y) && x < e[0]+(y-e[1])*(e[2]-e[0])/(e[3]-e[1]) {
			inside = !inside
		}
		dx, dy := e[2]-e[0], e[3]-e[1]
		t := 0.
		if l := dx*dx + dy*dy; l > 0 {
			t = max(0, min(1, ((x-e[0])*dx+(y-e[1])*dy)/l))
		}
		px, py := x-e[0]-t*dx, y-e[1]-t*dy
		least = min(least, px*px+py*py)
	}
	if inside {
		return math.Sqrt(least)
	}
	return -math.Sqrt(least)
}

func (f *labelFinder) search(w, h float64) cell {
	best := f.cell(w/2, h/2, 0)
	size := min(w, h)
	if size <= 0 {
		return best
	}
	precision := max(w, h) / 100
	half := max(size, max(w, h)/32) / 2
	for x := half; x-half < w; x += 2 * half {
		for y := half; y-half < h; y += 2 * half {
			heap.Push(f, f.cell(x, y, half))
		}
	}
	for f.Len() > 0 {
		c := heap.Pop(f).(cell)
		if c.dist > best.dist {
			best = c
		}
		if c.most-best.dist <= precision && best.dist > 0 || c.half < size*1e-6 {
			continue
		}
		q := c.half / 2
		for _, s := range [4][2]float64{{-q, -q}, {q, -q}, {-q, q}, {q, q}} {
			if n := f.cell(c.x+s[0], c.y+s[1], q); n.most > max(best.dist, 0) {
				heap.Push(f, n)
			}
		}
	}
	return best
}
