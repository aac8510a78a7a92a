// SPDX-License-Identifier: EUPL-1.2

package simplify_test

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/geo/simplify"
	"github.com/kupferfaden/kupferfaden/geo/topology"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func berlin(t testing.TB, file string) geo.Layer {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata.Dir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, _, err := geojson.Read(f, geo.ReadOptions{Want: geo.Areas})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func shapes(l geo.Layer) []geom.Geometry {
	out := make([]geom.Geometry, len(l.Features))
	for i := range out {
		out[i] = l.Features[i].Geometry
	}
	return out
}

func asAreas(gs []geom.Geometry) []topology.Area {
	out := make([]topology.Area, len(gs))
	for i, g := range gs {
		out[i] = topology.Area{Key: string(rune(0x4e00 + i)), Geometry: g}
	}
	return out
}

// sound checks what no simplification may break: valid polygons, no overlap, no gap, the same neighbours.
func sound(t *testing.T, gs []geom.Geometry, neighbours [][]int) {
	t.Helper()
	for i, g := range gs {
		if err := g.Validate(); err != nil {
			t.Errorf("area %d: %v", i, err)
		}
	}
	fs, err := topology.Check(asAreas(gs), topology.Options{SliverWidth: 1e-9, SliverArea: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		if f.Code != "coverage.enclave" {
			t.Error(f)
		}
	}
	got, err := topology.Neighbours(asAreas(gs), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		for _, j := range neighbours[i] {
			if !contains(got[i], j) {
				t.Errorf("areas %d and %d are no neighbours any more", i, j)
			}
		}
		for _, j := range got[i] {
			if !contains(neighbours[i], j) {
				t.Errorf("areas %d and %d became neighbours", i, j)
			}
		}
	}
}

func contains(s []int, x int) bool {
	for _, v := range s {
		if v == x {
			return true
		}
	}
	return false
}

func TestBerlinKeepsItsTopologyAtEverySize(t *testing.T) {
	l := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson")
	start := time.Now()
	c, err := simplify.New(shapes(l), simplify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d vertices, at least %d, ranked in %v", c.Vertices(), c.Least(), time.Since(start))
	full := c.AtVertices(math.MaxInt)
	neighbours, err := topology.Neighbours(asAreas(full), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{math.MaxInt, 20000, 5000, 0} {
		sound(t, c.AtVertices(n), neighbours)
	}
}

// 542 areas must come under 400 KB compressed GeoJSON; with attributes as the map needs them, in full detail of 1 m where it fits.
func TestBerlinFitsTheWebMap(t *testing.T) {
	l := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson")
	c, err := simplify.New(shapes(l), simplify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	size := func(gs []geom.Geometry) (int, error) {
		out := geo.Layer{CRS: 4326}
		for i, g := range gs {
			f := l.Features[i]
			out.Features = append(out.Features, geo.Feature{Properties: f.Properties[:2], Geometry: g})
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if err := geojson.Write(z, out, geojson.WriteOptions{Decimals: 5}); err != nil {
			return 0, err
		}
		if err := z.Close(); err != nil {
			return 0, err
		}
		return b.Len(), nil
	}
	for _, limit := range []int{400_000, 150_000, 60_000} {
		gs, n, fits, err := c.Fit(limit, size)
		if err != nil || !fits {
			t.Fatalf("%d bytes: %v %v", limit, fits, err)
		}
		got, err := size(gs)
		if err != nil || got > limit {
			t.Errorf("%d bytes for a limit of %d: %v", got, limit, err)
		}
		worst := 0.
		for i := range gs {
			before, _ := topology.SquareMetres(l.Features[i].Geometry, 4326)
			after, _ := topology.SquareMetres(gs[i], 4326)
			worst = max(worst, math.Abs(after-before)/before)
		}
		t.Logf("limit %d: %d vertices, %d bytes, tolerance %.0f m², worst change of an area %.1f %%", limit, n, got, c.Tolerance(n), 100*worst)
		if worst > .25 {
			t.Errorf("an area changed by %.0f %%", 100*worst)
		}
	}
	if _, _, fits, err := c.Fit(100, size); fits || err != nil {
		t.Errorf("100 bytes cannot be enough: %v %v", fits, err)
	}
}

func TestKoelnWithSliversKeepsItsTopology(t *testing.T) {
	c, err := simplify.New(shapes(berlin(t, "koeln/Stadtteil_wgs84.geojson")), simplify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{5000, 1000, 0} {
		for i, g := range c.AtVertices(n) {
			if err := g.Validate(); err != nil {
				t.Errorf("%d vertices, area %d: %v", n, i, err)
			}
		}
	}
}

func TestAnIslandAndALensNeverCollapse(t *testing.T) {
	circle := func(x, y, r float64, n int) []float64 {
		var xy []float64
		for i := range n {
			a := 2 * math.Pi * float64(i) / float64(n)
			xy = append(xy, x+r*math.Cos(a), y+r*math.Sin(a))
		}
		return append(xy, xy[0], xy[1])
	}
	outer := circle(500, 500, 400, 360)
	hole := circle(500, 500, 50, 90)
	gs := []geom.Geometry{geom.NewPolygonXY(outer, hole).AsGeometry(), geom.NewPolygonXY(hole).AsGeometry()}
	c, err := simplify.New(gs, simplify.Options{CRS: 25832})
	if err != nil {
		t.Fatal(err)
	}
	least := c.AtVertices(0)
	if c.Least() > 8 || least[0].MustAsPolygon().NumInteriorRings() != 1 || least[1].Area() <= 0 || least[0].Validate() != nil {
		t.Errorf("%d vertices: %v %v", c.Least(), least[0].AsText(), least[1].AsText())
	}
	if !geom.ExactEquals(c.AtArea(0)[1], geom.Geometry(c.AtVertices(c.Vertices())[1])) {
		t.Error("nothing dropped at tolerance 0")
	}
}

func BenchmarkRankBerlin(b *testing.B) {
	gs := shapes(berlin(b, "berlin_lor_geometry/plr_2021_wgs84.geojson"))
	for range b.N {
		if _, err := simplify.New(gs, simplify.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAtVertices(b *testing.B) {
	c, err := simplify.New(shapes(berlin(b, "berlin_lor_geometry/plr_2021_wgs84.geojson")), simplify.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		c.AtVertices(10000)
	}
}
