// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"bytes"
	"context"
	"errors"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// shape checks and repairs the outlines, brings them to longitude and latitude, and measures them. ETRS89 (EPSG:4258) and WGS 84 (EPSG:4326)
// are stored alike: they differ by the drift of the European plate since 1989, less than a metre, below what a border of areas means.
func (im *importing) shape(ctx context.Context, epsg int) error {
	var opts []crs.Option
	if len(im.q.Grid) > 0 {
		g, err := crs.ReadGrid(bytes.NewReader(im.q.Grid))
		if err != nil {
			return &kernel.Error{Kind: kernel.Invalid, Key: "area.grid.form", Err: err}
		}
		opts = append(opts, crs.WithGrid(g))
	}
	toDegrees, err := crs.New(epsg, crs.WGS84, opts...)
	if err != nil {
		return err
	}
	for _, d := range im.list {
		if err := ctx.Err(); err != nil {
			return err
		}
		g, err := toDegrees.Geometry(d.outline)
		var out *crs.OutsideError
		if errors.As(err, &out) {
			im.fs.note(kernel.RefuseFile, "geo.coordinates.outside", d, "x", out.X, "y", out.Y, "epsg", out.EPSG)
			continue
		}
		if err != nil {
			return err
		}
		d.outline = g
	}
	if err := im.fs.refused(); err != nil {
		return err
	}
	if err := im.topology(); err != nil {
		return err
	}
	for _, d := range im.list {
		if d.plane, err = planar.Geometry(d.outline); err != nil {
			return err
		}
		d.area.AreaM2 = d.plane.Area()
		x, y := label(d.plane)
		if d.area.LabelLon, d.area.LabelLat, err = fromPlane.Point(x, y); err != nil {
			return err
		}
	}
	return nil
}

var fromPlane = mustTransformer(crs.LAEAEurope, crs.WGS84)

// label is where the name of an area stands: the centroid of its largest part where that lies inside, else a point surely inside.
func label(g geom.Geometry) (x, y float64) {
	var largest geom.Geometry
	for _, p := range g.Dump() {
		if p.IsPolygon() && (largest.IsEmpty() || p.Area() > largest.Area()) {
			largest = p
		}
	}
	if c, ok := largest.Centroid().XY(); ok && indexOf(largest).contains(c.X, c.Y) {
		return c.X, c.Y
	}
	c, _ := largest.PointOnSurface().XY()
	return c.X, c.Y
}
