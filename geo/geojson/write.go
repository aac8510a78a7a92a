// SPDX-License-Identifier: EUPL-1.2

package geojson

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// WriteOptions shape the output.
type WriteOptions struct {
	// Decimals rounds the degrees; 0 means 7 (about 1 cm), 6 is about 10 cm and 5 about 1 m.
	Decimals int
	// Grid makes the way from the old datum DHDN exact; nil takes seven parameters.
	Grid *crs.Grid
}

// Write writes the layer as a FeatureCollection after RFC 7946: WGS 84, outer rings counter-clockwise, properties in their order, one
// feature a line. Texts are escaped so that the file may stand inside an HTML page.
func Write(w io.Writer, l geo.Layer, opt WriteOptions) error {
	from := l.CRS
	if from == 0 {
		from = crs.WGS84
	}
	tr, err := crs.New(from, crs.WGS84, crs.WithGrid(opt.Grid))
	if err != nil {
		return err
	}
	if opt.Decimals == 0 {
		opt.Decimals = 7
	}
	b := bufio.NewWriterSize(w, 64<<10)
	e := &encoder{decimals: opt.Decimals}
	e.buf = append(e.buf, `{"type":"FeatureCollection"`...)
	if l.Name != "" {
		e.buf = append(e.buf, `,"name":`...)
		e.text(l.Name)
	}
	e.buf = append(e.buf, `,"features":[`...)
	for i := range l.Features {
		g, err := tr.Geometry(l.Features[i].Geometry)
		if err != nil {
			return fmt.Errorf("feature %d: %w", l.Features[i].Index+1, err)
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(e.buf, '\n')
		if err := e.feature(&l.Features[i], g); err != nil {
			return fmt.Errorf("feature %d: %w", l.Features[i].Index+1, err)
		}
		if _, err := b.Write(e.buf); err != nil {
			return err
		}
		e.buf = e.buf[:0]
	}
	e.buf = append(e.buf, "\n]}\n"...)
	if _, err := b.Write(e.buf); err != nil {
		return err
	}
	return b.Flush()
}

// AppendGeometry appends one geometry in WGS 84 degrees as a GeoJSON object.
func AppendGeometry(dst []byte, g geom.Geometry, decimals int) ([]byte, error) {
	e := &encoder{buf: dst, decimals: decimals}
	err := e.geometry(g)
	return e.buf, err
}

type encoder struct {
	buf       []byte
	decimals  int
	notFinite bool
}

var errNotFinite = errors.New("a coordinate is not finite")

func (e *encoder) text(s string) {
	b, _ := json.Marshal(s) // a string never fails
	e.buf = append(e.buf, b...)
}

func (e *encoder) feature(f *geo.Feature, g geom.Geometry) error {
	e.buf = append(e.buf, `{"type":"Feature"`...)
	if f.ID != "" {
		e.buf = append(e.buf, `,"id":`...)
		e.text(f.ID)
	}
	e.buf = append(e.buf, `,"properties":{`...)
	for i, p := range f.Properties {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.text(p.Name)
		e.buf = append(e.buf, ':')
		e.value(p.Value)
	}
	e.buf = append(e.buf, `},"geometry":`...)
	if g.IsEmpty() {
		e.buf = append(e.buf, "null}"...)
		return nil
	}
	if err := e.geometry(g); err != nil {
		return err
	}
	e.buf = append(e.buf, '}')
	return nil
}

func (e *encoder) value(v geo.Value) {
	switch v.Kind {
	case geo.Null, geo.Missing:
		e.buf = append(e.buf, "null"...)
		return
	case geo.Number, geo.Bool, geo.JSON:
		if json.Valid([]byte(v.Text)) {
			var b bytes.Buffer
			json.HTMLEscape(&b, []byte(v.Text))
			e.buf = append(e.buf, b.Bytes()...)
			return
		}
	}
	e.text(v.Text)
}

func (e *encoder) geometry(g geom.Geometry) error {
	e.buf = append(e.buf, `{"type":"`...)
	e.buf = append(e.buf, g.Type().String()...)
	if c, ok := g.AsGeometryCollection(); ok {
		e.buf = append(e.buf, `","geometries":[`...)
		for i := range c.NumGeometries() {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			if err := e.geometry(c.GeometryN(i)); err != nil {
				return err
			}
		}
		e.buf = append(e.buf, "]}"...)
		return nil
	}
	e.buf = append(e.buf, `","coordinates":`...)
	switch g.Type() {
	case geom.TypePoint:
		xy, ok := g.MustAsPoint().XY()
		if !ok {
			e.buf = append(e.buf, "[]"...)
			break
		}
		e.position(xy.X, xy.Y)
	case geom.TypeMultiPoint:
		e.sequence(g.MustAsMultiPoint().Coordinates(), false)
	case geom.TypeLineString:
		e.sequence(g.MustAsLineString().Coordinates(), false)
	case geom.TypeMultiLineString:
		e.buf = append(e.buf, '[')
		for i, s := range g.MustAsMultiLineString().Coordinates() {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.sequence(s, false)
		}
		e.buf = append(e.buf, ']')
	case geom.TypePolygon:
		e.polygon(g.MustAsPolygon())
	case geom.TypeMultiPolygon:
		mp := g.MustAsMultiPolygon()
		e.buf = append(e.buf, '[')
		for i := range mp.NumPolygons() {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.polygon(mp.PolygonN(i))
		}
		e.buf = append(e.buf, ']')
	}
	e.buf = append(e.buf, '}')
	if e.notFinite {
		return errNotFinite
	}
	return nil
}

func (e *encoder) polygon(p geom.Polygon) {
	e.buf = append(e.buf, '[')
	for i, s := range p.ForceCCW().Coordinates() {
		at := len(e.buf)
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if e.sequence(s, true) >= 4 {
			continue
		}
		// The ring collapses by rounding: a hole goes, an outer ring keeps its full precision.
		e.buf = e.buf[:at]
		if i == 0 {
			keep := e.decimals
			e.decimals = 15
			e.sequence(s, true)
			e.decimals = keep
		}
	}
	e.buf = append(e.buf, ']')
}

// sequence writes a list of positions and returns how many; in rings, positions that fall together by rounding are written once.
func (e *encoder) sequence(s geom.Sequence, ring bool) int {
	e.buf = append(e.buf, '[')
	n := 0
	var last geom.XY
	for i := range s.Length() {
		xy := s.GetXY(i)
		xy.X, xy.Y = e.round(xy.X), e.round(xy.Y)
		if ring && n > 0 && xy == last {
			continue
		}
		if n > 0 {
			e.buf = append(e.buf, ',')
		}
		e.position(xy.X, xy.Y)
		last = xy
		n++
	}
	e.buf = append(e.buf, ']')
	return n
}

func (e *encoder) round(f float64) float64 {
	if e.decimals >= 15 {
		return f
	}
	p := math.Pow10(e.decimals)
	return math.Round(f*p)/p + 0 // + 0 turns -0 into 0
}

func (e *encoder) position(x, y float64) {
	e.notFinite = e.notFinite || x-x != 0 || y-y != 0
	e.buf = append(e.buf, '[')
	e.buf = strconv.AppendFloat(e.buf, e.round(x), 'f', -1, 64)
	e.buf = append(e.buf, ',')
	e.buf = strconv.AppendFloat(e.buf, e.round(y), 'f', -1, 64)
	e.buf = append(e.buf, ']')
}
