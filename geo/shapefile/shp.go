// SPDX-License-Identifier: EUPL-1.2

package shapefile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
)

// Shape types of the ESRI Shapefile Technical Description (1998); Z and M forms add 10 and 20 and only append values that we drop.
const (
	typeNull       = 0
	typePoint      = 1
	typeLine       = 3
	typePolygon    = 5
	typeMultiPoint = 8
	typeMultiPatch = 31
)

// shpReader reads shapes one after the other. It trusts no length before the bytes are there.
type shpReader struct {
	r        *bufio.Reader
	name     string
	lim      geo.Limits
	kind     int32 // of the file, without Z and M
	buf      bytes.Buffer
	vertices int
	records  int
}

func plainType(t int32) int32 {
	switch t {
	case 11, 13, 15, 18:
		return t - 10
	case 21, 23, 25, 28:
		return t - 20
	}
	return t
}

func newSHP(r io.Reader, name string, lim geo.Limits) (*shpReader, error) {
	s := &shpReader{r: bufio.NewReaderSize(r, 64<<10), name: name, lim: lim}
	var h [100]byte
	if _, err := io.ReadFull(s.r, h[:]); err != nil {
		return nil, s.short(err)
	}
	if binary.BigEndian.Uint32(h[:]) != 9994 {
		return nil, refuse("shapefile.damaged", name, nil, "The file %q does not begin like a shapefile.", name)
	}
	s.kind = plainType(int32(binary.LittleEndian.Uint32(h[32:])))
	switch s.kind {
	case typeNull, typePoint, typeLine, typePolygon, typeMultiPoint:
	case typeMultiPatch:
		return nil, refuse("shapefile.multipatch", name, nil, "The shapefile holds 3D bodies (MultiPatch); export areas as polygons.")
	default:
		return nil, refuse("shapefile.damaged", name, map[string]any{"type": int(s.kind)}, "The shapefile has the unknown shape type %d.", s.kind)
	}
	return s, nil
}

// short turns the end of the data into a refusal and leaves other errors.
func (s *shpReader) short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return refuse("shapefile.truncated", s.name, map[string]any{"records": max(0, s.records-1)}, "The file %q ends after %d shapes in the middle of one; transfer it again.", s.name, max(0, s.records-1))
	}
	return err
}

// next returns the next shape; ok is false at the end of the file. problem says why this shape alone is refused.
func (s *shpReader) next() (g geom.Geometry, problem string, ok bool, err error) {
	var h [8]byte
	if _, err := io.ReadFull(s.r, h[:]); err != nil {
		if err == io.EOF {
			return g, "", false, nil
		}
		return g, "", false, s.short(err)
	}
	s.records++
	length := 2 * int64(binary.BigEndian.Uint32(h[4:]))
	if length < 4 || length > s.lim.MaxUnzipped {
		return g, "", false, s.damaged("claims a length of %d bytes", length)
	}
	s.buf.Reset()
	if _, err := io.CopyN(&s.buf, s.r, length); err != nil {
		return g, "", false, s.short(err)
	}
	b := s.buf.Bytes()
	t := plainType(int32(binary.LittleEndian.Uint32(b)))
	if t == typeNull {
		return g, "geometry.missing", true, nil
	}
	if t != s.kind {
		return g, "", false, s.damaged("has type %d in a file of type %d", t, s.kind)
	}
	switch t {
	case typePoint:
		g, problem, err = s.point(b)
	case typeMultiPoint:
		g, problem, err = s.multiPoint(b)
	default:
		g, problem, err = s.parts(b, t)
	}
	return g, problem, true, err
}

func (s *shpReader) damaged(format string, args ...any) error {
	return refuse("shapefile.damaged", s.name, map[string]any{"record": s.records}, "Shape %d of %q "+format+"; the file is damaged, export it again.", append([]any{s.records, s.name}, args...)...)
}

func (s *shpReader) count(n int) error {
	if s.vertices += n; s.vertices > s.lim.MaxVertices {
		return refuse("limit.vertices", s.name, map[string]any{"limit": s.lim.MaxVertices}, "The file has more than %d vertices; simplify it before the import.", s.lim.MaxVertices)
	}
	return nil
}

func float(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// coordinates reads n points; ok is false when one is not finite.
func coordinates(b []byte, n int) (xy []float64, ok bool) {
	xy = make([]float64, 0, 2*n) // n is covered by bytes that were read
	for i := range 2 * n {
		f := float(b[8*i:])
		if f-f != 0 || math.Abs(f) > 1e38 {
			return nil, false
		}
		xy = append(xy, f)
	}
	return xy, true
}

func (s *shpReader) point(b []byte) (geom.Geometry, string, error) {
	if len(b) < 20 {
		return geom.Geometry{}, "", s.damaged("is too short")
	}
	if err := s.count(1); err != nil {
		return geom.Geometry{}, "", err
	}
	xy, ok := coordinates(b[4:], 1)
	if !ok {
		return geom.Geometry{}, "coordinates.outside", nil
	}
	return geom.NewPointXY(xy[0], xy[1]).AsGeometry(), "", nil
}

func (s *shpReader) multiPoint(b []byte) (geom.Geometry, string, error) {
	if len(b) < 40 {
		return geom.Geometry{}, "", s.damaged("is too short")
	}
	n := int64(int32(binary.LittleEndian.Uint32(b[36:])))
	if n < 0 || 40+16*n > int64(len(b)) {
		return geom.Geometry{}, "", s.damaged("claims %d points but is too short for them", n)
	}
	if err := s.count(int(n)); err != nil {
		return geom.Geometry{}, "", err
	}
	xy, ok := coordinates(b[40:], int(n))
	if !ok {
		return geom.Geometry{}, "coordinates.outside", nil
	}
	if n == 0 {
		return geom.Geometry{}, "geometry.missing", nil
	}
	return geom.NewMultiPointXY(xy...).AsGeometry(), "", nil
}

// parts reads lines and polygons.
func (s *shpReader) parts(b []byte, t int32) (geom.Geometry, string, error) {
	var none geom.Geometry
	if len(b) < 44 {
		return none, "", s.damaged("is too short")
	}
	parts, points := int64(int32(binary.LittleEndian.Uint32(b[36:]))), int64(int32(binary.LittleEndian.Uint32(b[40:])))
	if parts < 0 || points < 0 || 44+4*parts+16*points > int64(len(b)) {
		return none, "", s.damaged("claims %d parts and %d points but is too short for them", parts, points)
	}
	if err := s.count(int(points)); err != nil {
		return none, "", err
	}
	if parts == 0 || points == 0 {
		return none, "geometry.missing", nil
	}
	xy, ok := coordinates(b[44+4*parts:], int(points))
	if !ok {
		return none, "coordinates.outside", nil
	}
	var rings [][]float64
	for i := range parts {
		from, to := int64(int32(binary.LittleEndian.Uint32(b[44+4*i:]))), points
		if i+1 < parts {
			to = int64(int32(binary.LittleEndian.Uint32(b[48+4*i:])))
		}
		if from < 0 || from > to || to > points || i == 0 && from != 0 {
			return none, "", s.damaged("has a part from point %d to %d of %d", from, to, points)
		}
		if to > from {
			rings = append(rings, xy[2*from:2*to])
		}
	}
	if t == typeLine {
		var ls []geom.LineString
		for _, r := range rings {
			ls = append(ls, geom.NewLineString(geom.NewSequence(r, geom.DimXY)))
		}
		return geom.NewMultiLineString(ls).AsGeometry(), "", nil
	}
	return assemble(rings), "", nil
}

// asRefusal extracts the finding of a refusal.
func asRefusal(err error) (geo.Finding, bool) {
	var r *refusal
	if errors.As(err, &r) {
		return r.finding, true
	}
	return geo.Finding{}, false
}
