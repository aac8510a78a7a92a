// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"math"
	"sort"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/simplify"
)

// mapForm says how fine a map is: what is narrower than the town's longer side divided by steps goes, and more where the packed map would
// exceed the budget. A drawing of 1,000 pixels does not show half a pixel; an interactive map may be enlarged ten times.
type mapForm struct {
	detail Detail
	steps  float64
	budget int // bytes, compressed
}

var mapForms = []mapForm{{Overview, 2_000, 60_000}, {Web, 20_000, 380_000}}

// simplified makes the maps of the edition.
func (im *importing) simplified() error {
	outlines := make([]geom.Geometry, len(im.list))
	var box geom.Envelope
	for i, d := range im.list {
		outlines[i] = d.outline
		box = box.ExpandToIncludeEnvelope(d.outline.Envelope())
	}
	side := longerSide(box)
	ranked, err := simplify.New(outlines, simplify.Options{CRS: crs.WGS84, Decimals: digits})
	if err != nil {
		return err
	}
	im.maps = Maps{}
	for _, f := range mapForms {
		width := side / f.steps
		small := width * width / 2 // square metres of a triangle of that width and height
		least := ranked.Least()
		n := least + sort.Search(ranked.Vertices()-least, func(i int) bool { return ranked.Tolerance(least+i) < small })
		for {
			gs := ranked.AtVertices(n)
			shapes := make([]Shape, len(im.list))
			for i, d := range im.list {
				shapes[i] = Shape{Area: Area{Key: d.key, Name: d.name}, Polygons: polygons(gs[i])}
			}
			if im.maps[f.detail], err = packCoverage(shapes); err != nil {
				return err
			}
			size := len(im.maps[f.detail])
			if size <= f.budget || n <= least {
				break
			}
			n = max(least, min(n*f.budget/size, n-n/20)) // the size falls nearly as the vertices do
		}
	}
	return nil
}

// longerSide of the rectangle around all areas, in metres.
func longerSide(box geom.Envelope) float64 {
	lo, hi, ok := box.MinMaxXYs()
	if !ok {
		return 0
	}
	local := crs.NewLocal((lo.X+hi.X)/2, (lo.Y+hi.Y)/2)
	west, south := local.XY(lo.X, lo.Y)
	east, north := local.XY(hi.X, hi.Y)
	return math.Max(east-west, north-south)
}
