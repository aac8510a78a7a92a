// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"fmt"
	"math"

	"github.com/peterstace/simplefeatures/geom"
)

// Transformer converts coordinates from one system to another. It is safe for concurrent use.
type Transformer struct {
	from, to System
	grid     *Grid
	same     bool
}

// Option changes how a Transformer works.
type Option func(*Transformer)

// WithGrid ties DHDN to ETRS89 by the grid instead of seven parameters. Points outside the grid still take the seven parameters.
func WithGrid(g *Grid) Option { return func(t *Transformer) { t.grid = g } }

// New returns the transformer between two EPSG codes, or an *UnknownSystemError.
func New(from, to int, opts ...Option) (*Transformer, error) {
	f, ok := systems[from]
	if !ok {
		return nil, &UnknownSystemError{from}
	}
	g, ok := systems[to]
	if !ok {
		return nil, &UnknownSystemError{to}
	}
	t := &Transformer{from: f, to: g}
	for _, o := range opts {
		o(t)
	}
	t.same = from == to || f.Geographic && g.Geographic && f.DHDN == g.DHDN
	return t, nil
}

// Accuracy is the error in metres to expect from the conversion itself: 0.001, or 2 where DHDN is tied by seven parameters only.
func (t *Transformer) Accuracy() float64 {
	if t.from.DHDN != t.to.DHDN && t.grid == nil {
		return 2
	}
	return 0.001
}

// OutsideError is a coordinate that the source system cannot hold.
type OutsideError struct {
	Index int // number of the vertex, from 0
	X, Y  float64
	EPSG  int
}

// Error names the vertex and the system.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("vertex %d at %g, %g lies outside the coordinate system EPSG:%d; check which system the file uses", e.Index+1, e.X, e.Y, e.EPSG)
}

// Point converts one point. It fails with an *OutsideError for coordinates the systems cannot hold.
func (t *Transformer) Point(x, y float64) (float64, float64, error) {
	px, py := t.point(x, y)
	if !finite(px) || !finite(py) || t.from.Geographic && (math.Abs(x) > 180 || math.Abs(y) > 90) || t.to.Geographic && math.Abs(py) > 90 {
		return px, py, &OutsideError{0, x, y, t.from.EPSG}
	}
	return px, py, nil
}

func (t *Transformer) point(x, y float64) (float64, float64) {
	if t.same {
		return x, y
	}
	var lon, lat float64
	if t.from.proj == nil {
		lon, lat = x*rad, y*rad
	} else {
		lon, lat = t.from.proj.inverse(x, y)
	}
	switch {
	case t.from.DHDN && !t.to.DHDN:
		lon, lat = t.toETRS89(lon, lat)
	case !t.from.DHDN && t.to.DHDN:
		lon, lat = t.toDHDN(lon, lat)
	}
	if t.to.proj == nil {
		return lon / rad, lat / rad
	}
	return t.to.proj.forward(lon, lat)
}

func (t *Transformer) toETRS89(lon, lat float64) (float64, float64) {
	if t.grid != nil {
		if a, b, ok := t.grid.forward(lon, lat); ok {
			return a, b
		}
	}
	return helmertToETRS89(lon, lat)
}

func (t *Transformer) toDHDN(lon, lat float64) (float64, float64) {
	if t.grid != nil {
		if a, b, ok := t.grid.inverse(lon, lat); ok {
			return a, b
		}
	}
	return helmertToDHDN(lon, lat)
}

// Coords converts a flat slice x0, y0, x1, y1, … in place. On an *OutsideError the slice is partly converted.
func (t *Transformer) Coords(xy []float64) error {
	for i := 0; i+1 < len(xy); i += 2 {
		x, y, err := t.Point(xy[i], xy[i+1])
		if err != nil {
			err.(*OutsideError).Index = i / 2
			return err
		}
		xy[i], xy[i+1] = x, y
	}
	return nil
}

// Geometry returns the converted geometry. Edges stay straight between converted vertices.
func (t *Transformer) Geometry(g geom.Geometry) (geom.Geometry, error) {
	if t.same && t.from.EPSG == t.to.EPSG {
		return g, nil
	}
	base := 0
	return g.Transform(func(ct geom.CoordinatesType, c []float64) error {
		d := ct.Dimension()
		for i := 0; i+1 < len(c); i += d {
			x, y, err := t.Point(c[i], c[i+1])
			if err != nil {
				err.(*OutsideError).Index = base + i/d
				return err
			}
			c[i], c[i+1] = x, y
		}
		base += len(c) / d
		return nil
	})
}

func finite(v float64) bool { return v-v == 0 }
