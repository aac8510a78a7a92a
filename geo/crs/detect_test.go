// SPDX-License-Identifier: EUPL-1.2

package crs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
)

func square(x, y, d float64) geom.Geometry {
	return geom.NewSingleRingPolygonXY(x, y, x+d, y, x+d, y+d, x, y+d, x, y).AsGeometry()
}

func layer(code int, gs ...geom.Geometry) *geo.Layer {
	l := &geo.Layer{CRS: code}
	for i, g := range gs {
		l.Features = append(l.Features, geo.Feature{Index: i, Geometry: g})
	}
	return l
}

func TestLooksLikeNamesThePlausibleSystems(t *testing.T) {
	for name, c := range map[string]struct {
		g    geom.Geometry
		want []crs.Guess
	}{
		"degrees":         {square(6.2, 50.7, .01), []crs.Guess{{EPSG: crs.WGS84}}},
		"swapped degrees": {square(50.7, 6.2, .01), []crs.Guess{{EPSG: crs.WGS84, Swapped: true}}},
		"UTM is a choice": {square(303000, 5620000, 500), []crs.Guess{{EPSG: crs.UTM32}, {EPSG: crs.UTM33}}},
		"western UTM 32":  {square(780000, 5620000, 500), []crs.Guess{{EPSG: crs.UTM32}}},
		"swapped UTM":     {square(5620000, 780000, 500), []crs.Guess{{EPSG: crs.UTM32, Swapped: true}}},
		"prefixed UTM":    {square(32304000, 5627000, 500), []crs.Guess{{EPSG: crs.UTM32Prefixed}}},
		"Gauß-Krüger 2":   {square(2514000, 5625000, 500), []crs.Guess{{EPSG: crs.GK2}}},
		"Gauß-Krüger 4":   {square(4431000, 5649000, 500), []crs.Guess{{EPSG: crs.GK4}}},
		"web Mercator":    {square(1490000, 6890000, 500), []crs.Guess{{EPSG: crs.WebMercator}}},
		"census grid":     {square(4552000, 3273000, 500), []crs.Guess{{EPSG: crs.LAEAEurope}}},
		"nothing":         {square(540, 91, .01), nil},
	} {
		b, _ := geo.EnvelopeBounds(c.g.Envelope())
		got := crs.LooksLike(b)
		for i := range got {
			got[i].Name = ""
		}
		// A number can fit the census grid or a Gauß-Krüger zone by chance; the expected ones must be there and, where one is expected, alone.
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestCheckJudgesTheDeclaredSystem(t *testing.T) {
	for name, c := range map[string]struct {
		l    *geo.Layer
		code string
		sev  geo.Severity
	}{
		"fits":                       {layer(crs.WGS84, square(6.2, 50.7, .01)), "", geo.Info},
		"no system named":            {layer(0, square(303000, 5620000, 500)), "crs.unknown", geo.Ask},
		"unsupported system":         {layer(2154, square(303000, 5620000, 500)), "crs.unknown", geo.Ask},
		"axes swapped":               {layer(crs.WGS84, square(50.7, 6.2, .01)), "axes.swapped", geo.Ask},
		"metres called degrees":      {layer(crs.WGS84, square(303000, 5620000, 500)), "crs.mismatch", geo.Ask},
		"degrees called metres":      {layer(crs.UTM32, square(6.2, 50.7, .01)), "crs.mismatch", geo.Ask},
		"wrong Gauß-Krüger zone":     {layer(crs.GK3, square(2514000, 5625000, 500)), "crs.mismatch", geo.Ask},
		"beyond the poles":           {layer(crs.WGS84, square(540, 91, .01)), "coordinates.outside", geo.Refuse},
		"Helsinki":                   {layer(crs.WGS84, square(24.9, 60.2, .01)), "coordinates.far", geo.Warn},
		"old datum tells accuracy":   {layer(crs.GK2, square(2514000, 5625000, 500)), "crs.accuracy", geo.Ask},
		"one stray among many":       {layer(crs.WGS84, square(6.2, 50.7, .01), square(6.3, 50.7, .01), square(540, 91, .01)), "coordinates.outside", geo.Row},
		"one null island among many": {layer(crs.WGS84, square(6.2, 50.7, .01), square(6.3, 50.7, .01), square(0, 0, .01)), "coordinates.far", geo.Warn},
	} {
		n := len(c.l.Features)
		fs := crs.Check(c.l)
		if c.code == "" {
			if len(fs) != 0 {
				t.Errorf("%s: %v", name, fs)
			}
			continue
		}
		if got := fs.Of(c.code); len(got) != 1 || fs.Worst() != c.sev {
			t.Errorf("%s: %v, want %s %s", name, fs, c.sev, c.code)
		}
		if c.sev == geo.Row && len(c.l.Features) != n-1 {
			t.Errorf("%s: the impossible feature must leave the layer", name)
		}
	}
}

func TestTransformLayerLeavesItsInputAndNamesTheFeature(t *testing.T) {
	l := layer(crs.UTM32, square(303000, 5620000, 500))
	before := l.Features[0].Geometry.AsText()
	out, err := crs.TransformLayer(*l, crs.WGS84)
	if err != nil || out.CRS != crs.WGS84 || l.Features[0].Geometry.AsText() != before {
		t.Fatal(err)
	}
	if b, _ := out.Bounds(); b.MinX < 6.2 || b.MaxX > 6.23 || b.MinY < 50.6 || b.MaxY > 50.75 {
		t.Errorf("%v", b)
	}
	if _, err := crs.TransformLayer(*layer(0), crs.WGS84); err == nil {
		t.Error("an unknown system cannot be transformed")
	}
	_, err = crs.TransformLayer(*layer(crs.WGS84, square(6, 50, 1), square(6, 95, 1)), crs.UTM32)
	if err == nil || !strings.Contains(err.Error(), "feature 2") {
		t.Errorf("got %v", err)
	}
}
