// SPDX-License-Identifier: EUPL-1.2

package geopackage

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/peterstace/simplefeatures/geom"
)

var (
	errDamaged = errors.New("the geometry is damaged")
	errKind    = errors.New("the geometry has a kind we cannot use")
	errPlace   = errors.New("the geometry has coordinates that are no numbers")
)

// envelopeSize is the length of the envelope by its code (OGC 12-128r18, 2.1.3).
var envelopeSize = [5]int{0, 32, 48, 48, 64}

// geometry decodes a GeoPackage blob: header "GP", then well-known binary. empty is true for the empty geometry. Lengths are checked against
// the bytes that are there before anything is allocated.
func geometry(b []byte) (g geom.Geometry, empty bool, err error) {
	if len(b) < 8 || b[0] != 'G' || b[1] != 'P' || b[2] != 0 {
		return g, false, errDamaged
	}
	flags := b[3]
	code := int(flags >> 1 & 7)
	if flags&0x20 != 0 {
		return g, false, errKind // extended geometry type
	}
	if code >= len(envelopeSize) || len(b) < 8+envelopeSize[code] {
		return g, false, errDamaged
	}
	if flags&0x10 != 0 {
		return g, true, nil
	}
	w := &wkb{b: b[8+envelopeSize[code]:]}
	g, err = w.geometry(0)
	if err == nil && g.IsEmpty() {
		empty = true
	}
	return g, empty, err
}

// wkb reads ISO well-known binary, and the EWKB flags that some writers use. Z and M are dropped.
type wkb struct{ b []byte }

func (w *wkb) take(n int) ([]byte, error) {
	if n < 0 || n > len(w.b) {
		return nil, errDamaged
	}
	p := w.b[:n]
	w.b = w.b[n:]
	return p, nil
}

// head reads byte order and type of a geometry.
func (w *wkb) head() (order binary.ByteOrder, kind uint32, dim int, err error) {
	p, err := w.take(5)
	if err != nil {
		return nil, 0, 0, err
	}
	switch p[0] {
	case 0:
		order = binary.BigEndian
	case 1:
		order = binary.LittleEndian
	default:
		return nil, 0, 0, errDamaged
	}
	t := order.Uint32(p[1:])
	dim = 2
	if t&0x80000000 != 0 {
		dim++
	}
	if t&0x40000000 != 0 {
		dim++
	}
	if t&0x20000000 != 0 { // EWKB with an SRID of its own
		if _, err := w.take(4); err != nil {
			return nil, 0, 0, err
		}
	}
	t &= 0x1FFFFFFF
	switch t / 1000 {
	case 1, 2:
		dim++
	case 3:
		dim += 2
	}
	return order, t % 1000, min(dim, 4), nil
}

// count reads a number of elements that take at least size bytes each.
func (w *wkb) count(order binary.ByteOrder, size int) (int, error) {
	p, err := w.take(4)
	if err != nil {
		return 0, err
	}
	n := int64(order.Uint32(p))
	if n*int64(size) > int64(len(w.b)) {
		return 0, errDamaged
	}
	return int(n), nil
}

// positions reads n points.
func (w *wkb) positions(order binary.ByteOrder, n, dim int) ([]float64, error) {
	p, err := w.take(8 * n * dim)
	if err != nil {
		return nil, err
	}
	xy := make([]float64, 0, 2*n)
	for i := range n {
		for k := range 2 {
			f := math.Float64frombits(order.Uint64(p[8*(i*dim+k):]))
			xy = append(xy, f)
		}
	}
	return xy, nil
}

func finite(xy []float64) bool {
	for _, f := range xy {
		if f-f != 0 {
			return false
		}
	}
	return true
}

func (w *wkb) sequence(order binary.ByteOrder, dim int) (geom.LineString, error) {
	n, err := w.count(order, 8*dim)
	if err != nil {
		return geom.LineString{}, err
	}
	xy, err := w.positions(order, n, dim)
	if err != nil {
		return geom.LineString{}, err
	}
	if !finite(xy) {
		return geom.LineString{}, errPlace
	}
	return geom.NewLineString(geom.NewSequence(xy, geom.DimXY)), nil
}

func (w *wkb) polygon(order binary.ByteOrder, dim int) (geom.Polygon, error) {
	n, err := w.count(order, 4)
	if err != nil {
		return geom.Polygon{}, err
	}
	var rings []geom.LineString
	for range n {
		r, err := w.sequence(order, dim)
		if err != nil {
			return geom.Polygon{}, err
		}
		if !r.IsEmpty() {
			rings = append(rings, r)
		}
	}
	return geom.NewPolygon(rings), nil
}

// geometry reads any geometry; collections may nest eight deep.
func (w *wkb) geometry(depth int) (geom.Geometry, error) {
	var none geom.Geometry
	if depth > 8 {
		return none, errDamaged
	}
	order, kind, dim, err := w.head()
	if err != nil {
		return none, err
	}
	switch kind {
	case 1:
		xy, err := w.positions(order, 1, dim)
		switch {
		case err != nil:
			return none, err
		case xy[0] != xy[0] && xy[1] != xy[1]: // NaN NaN is the empty point
			return geom.Point{}.AsGeometry(), nil
		case !finite(xy):
			return none, errPlace
		}
		return geom.NewPointXY(xy[0], xy[1]).AsGeometry(), nil
	case 2:
		l, err := w.sequence(order, dim)
		return l.AsGeometry(), err
	case 3:
		p, err := w.polygon(order, dim)
		return p.AsGeometry(), err
	case 4, 5, 6, 7:
		return w.collection(order, kind, depth)
	}
	return none, errKind
}

// collection reads a multi geometry or a collection.
func (w *wkb) collection(order binary.ByteOrder, kind uint32, depth int) (geom.Geometry, error) {
	n, err := w.count(order, 5)
	if err != nil {
		return geom.Geometry{}, err
	}
	var points []geom.Point
	var lines []geom.LineString
	var polys []geom.Polygon
	var all []geom.Geometry
	for range n {
		g, err := w.geometry(depth + 1)
		if err != nil {
			return geom.Geometry{}, err
		}
		all = append(all, g)
		ok := true
		switch kind {
		case 4:
			var p geom.Point
			p, ok = g.AsPoint()
			points = append(points, p)
		case 5:
			var l geom.LineString
			l, ok = g.AsLineString()
			lines = append(lines, l)
		case 6:
			var p geom.Polygon
			p, ok = g.AsPolygon()
			polys = append(polys, p)
		}
		if !ok {
			return geom.Geometry{}, errDamaged
		}
	}
	switch kind {
	case 4:
		return geom.NewMultiPoint(points).AsGeometry(), nil
	case 5:
		return geom.NewMultiLineString(lines).AsGeometry(), nil
	case 6:
		return geom.NewMultiPolygon(polys).AsGeometry(), nil
	}
	return geom.NewGeometryCollection(all).AsGeometry(), nil
}
