// SPDX-License-Identifier: EUPL-1.2

package topology_test

import (
	"math"
	"testing"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/locate"
	"github.com/kupferfaden/kupferfaden/geo/topology"
)

func TestLabelPoint(t *testing.T) {
	for name, c := range map[string]struct {
		wkt    string
		metres float64
		near   geom.XY
	}{
		"square":                  {"POLYGON((0 0,100 0,100 100,0 100,0 0))", 50, geom.XY{X: 50, Y: 50}},
		"L keeps out of its nook": {"POLYGON((0 0,100 0,100 40,40 40,40 100,0 100,0 0))", 23.4, geom.XY{X: 23.4, Y: 23.4}},
		"square with hole":        {"POLYGON((0 0,100 0,100 100,0 100,0 0),(10 10,10 60,60 60,60 10,10 10))", 23.4, geom.XY{X: 76.6, Y: 76.6}},
		"largest part":            {"MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0)),((50 50,90 50,90 90,50 90,50 50)))", 20, geom.XY{X: 70, Y: 70}},
	} {
		at, m, ok := topology.LabelPoint(wkt(t, c.wkt), 25832)
		if !ok || math.Abs(m-c.metres) > 1.5 || at.Sub(c.near).Length() > 5 {
			t.Errorf("%s: %v, %.2f m %v", name, at, m, ok)
		}
	}
	for _, s := range []string{"POINT(0 0)", "POLYGON EMPTY", "POLYGON((0 0,1 0,2 0,0 0))"} {
		if at, _, ok := topology.LabelPoint(wkt(t, s), 25832); ok {
			t.Errorf("%s has no inside, got %v", s, at)
		}
	}
}

func TestLabelPointsOfBerlinLieInTheirArea(t *testing.T) {
	plr := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "", 0)
	var shapes []geom.Geometry
	for _, a := range plr {
		shapes = append(shapes, a.Geometry)
	}
	ix := locate.New(shapes)
	for i, a := range plr {
		at, m, ok := topology.LabelPoint(a.Geometry, 4326)
		if !ok || m <= 10 || ix.Find(at.X, at.Y) != i {
			t.Errorf("%s: %v %f m", a.Key, at, m)
		}
	}
}
