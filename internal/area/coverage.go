// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Detail says what a simplified coverage is for.
type Detail string

const (
	// Overview suits a drawing of about 1,000 pixels: the map on a page without script, in a report, in print.
	Overview Detail = "overview"
	// Web suits an interactive map that can be enlarged about ten times.
	Web Detail = "web"
)

// Maps are the stored forms of a coverage, gzipped GeoJSON by detail.
type Maps map[Detail][]byte

// Coverage is the areas of an edition with simplified outlines. Neighbours share the same points along their border, so that neither gaps
// nor overlaps show.
type Coverage struct {
	Shapes []Shape // by key
	// West, South, East and North enclose all shapes, in degrees.
	West, South, East, North float64
	// ETag changes when the edition is imported again.
	ETag string

	packed []byte
}

// Shape is the outline of one area: polygons of rings of longitude and latitude, the outer ring first, closed.
type Shape struct {
	Area     Area
	Polygons [][][][2]float64
}

// GeoJSON returns the coverage as a FeatureCollection (RFC 7946); each feature has the properties key and name.
func (c *Coverage) GeoJSON() []byte {
	b, err := gunzip(c.packed)
	if err != nil {
		return nil // unpackCoverage has read the same bytes before
	}
	return b
}

// Gzip returns GeoJSON compressed, for readers that accept gzip.
func (c *Coverage) Gzip() []byte { return c.packed }

func (c *Coverage) weight() int {
	n := len(c.packed)
	for _, s := range c.Shapes {
		n += 200
		for _, p := range s.Polygons {
			for _, r := range p {
				n += 24 + 16*len(r)
			}
		}
	}
	return n
}

// digits of a degree that the maps keep: 0.7 m by 1.1 m in Germany, below what a screen shows.
const digits = 5

// packCoverage writes shapes as gzipped GeoJSON with five decimals.
func packCoverage(shapes []Shape) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b) // the best level takes four times as long for 2 % less
	if _, err := z.Write(appendGeoJSON(nil, shapes)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func appendGeoJSON(b []byte, shapes []Shape) []byte {
	text := func(s string) []byte {
		t, err := json.Marshal(s) // escapes < and >, so that the text may stand in a page
		if err != nil {
			return []byte(`""`)
		}
		return t
	}
	b = append(b, `{"type":"FeatureCollection","features":[`...)
	for i, s := range shapes {
		if i > 0 {
			b = append(b, ',', '\n')
		}
		b = append(b, `{"type":"Feature","properties":{"key":`...)
		b = append(b, text(s.Area.Key)...)
		b = append(b, `,"name":`...)
		b = append(b, text(s.Area.Name)...)
		b = append(b, `},"geometry":{"type":"MultiPolygon","coordinates":[`...)
		for j, p := range s.Polygons {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, '[')
			for k, r := range p {
				if k > 0 {
					b = append(b, ',')
				}
				b = append(b, '[')
				for m, c := range r {
					if m > 0 {
						b = append(b, ',')
					}
					b = append(b, '[')
					b = appendDegree(b, c[0])
					b = append(b, ',')
					b = appendDegree(b, c[1])
					b = append(b, ']')
				}
				b = append(b, ']')
			}
			b = append(b, ']')
		}
		b = append(b, `]}}`...)
	}
	return append(b, `]}`...)
}

// appendDegree writes v with at most five decimals and no trailing zeros.
func appendDegree(b []byte, v float64) []byte {
	n := len(b)
	b = strconv.AppendFloat(b, v, 'f', digits, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[n:]) == "-0" {
		b = append(b[:n], '0')
	}
	return b
}

// unpackCoverage reads what packCoverage wrote and joins it with the areas.
func unpackCoverage(packed []byte, set areaSet) (*Coverage, error) {
	b, err := gunzip(packed)
	if err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	var fc struct {
		Features []struct {
			Properties struct{ Key string }
			Geometry   struct{ Coordinates [][][][2]float64 }
		}
	}
	if err := json.Unmarshal(b, &fc); err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	c := &Coverage{packed: packed, West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
	for _, f := range fc.Features {
		i, ok := set.byKey[f.Properties.Key]
		if !ok {
			return nil, fmt.Errorf("coverage: no area %q", f.Properties.Key)
		}
		c.Shapes = append(c.Shapes, Shape{set.list[i], f.Geometry.Coordinates})
		for _, p := range f.Geometry.Coordinates {
			for _, r := range p {
				for _, q := range r {
					c.West, c.East = min(c.West, q[0]), max(c.East, q[0])
					c.South, c.North = min(c.South, q[1]), max(c.North, q[1])
				}
			}
		}
	}
	return c, nil
}

func gunzip(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
