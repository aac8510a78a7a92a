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

// degrees brings the outlines to longitude and latitude. ETRS89 (EPSG:4258) and WGS 84 (EPSG:4326)
// are stored alike: they differ by the drift of the European plate since 1989, less than a metre, below what a border of areas means.
func (im *importing) degrees(ctx context.Context, epsg int) error {
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
		d.outline = im.withoutSpecks(d, g)
	}
	return im.fs.refused()
}

// withoutSpecks drops parts of an area that rounding made a line or a point, as long as another part is left. They hold no land, and the area
// must not be refused for them.
func (im *importing) withoutSpecks(d *draft, g geom.Geometry) geom.Geometry {
	m, ok := g.AsMultiPolygon()
	if !ok {
		return g
	}
	var kept []geom.Polygon
	for _, p := range m.Dump() {
		if !collapsed(p) {
			kept = append(kept, p)
		}
	}
	if n := m.NumPolygons() - len(kept); n > 0 && len(kept) > 0 {
		im.fs.note(kernel.Warn, "area.part.collapsed", d, "n", n)
		return geom.NewMultiPolygon(kept).AsGeometry()
	}
	return g
}

// collapsed tells whether the outer ring has fewer than three different points.
func collapsed(p geom.Polygon) bool {
	seen := map[geom.XY]bool{}
	s := p.ExteriorRing().Coordinates()
	for i := 0; i < s.Length() && len(seen) < 3; i++ {
		seen[s.GetXY(i)] = true
	}
	return len(seen) < 3
}
