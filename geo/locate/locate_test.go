// SPDX-License-Identifier: EUPL-1.2

package locate_test

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/geo/locate"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func layer(t testing.TB, file string, want geo.Want) geo.Layer {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata.Dir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, _, err := geojson.Read(f, geo.ReadOptions{Want: want})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func planningAreas(t testing.TB) (keys []string, shapes []geom.Geometry) {
	t.Helper()
	for _, f := range layer(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", geo.Areas).Features {
		keys = append(keys, f.Properties.Text("PLR_ID"))
		shapes = append(shapes, f.Geometry)
	}
	return keys, shapes
}

// published reads the counts per area; an empty cell is none.
func published(t testing.TB, file, column string) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata.Dir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for i, h := range rows[0] {
		if h == column {
			for _, r := range rows[1:] {
				n, err := strconv.ParseFloat(r[i], 64)
				if err != nil && r[i] != "" {
					t.Fatal(err)
				}
				out[r[0]] = int(n)
			}
		}
	}
	return out
}

// Counts of EXPECTED.md section 3: every point in exactly one area, no area differs from the publisher's count.
func TestBerlinPointsEqualThePublishedCounts(t *testing.T) {
	keys, shapes := planningAreas(t)
	ix := locate.New(shapes)
	for _, c := range []struct {
		points, counts, column string
		total, areas           int
		top                    string
		max                    int
	}{
		{"kindertagesstaetten.geojson", "kitas_per_plr_simple.csv", "kita_count", 2880, 526, "02200211", 22},
		{"schulen.geojson", "schools_per_plr_simple.csv", "school_count", 902, 426, "06300633", 7},
	} {
		l := layer(t, "berlin_points/"+c.points, geo.Points)
		tr, err := crs.New(l.CRS, crs.WGS84)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, f := range l.Features {
			g, err := tr.Geometry(f.Geometry)
			if err != nil {
				t.Fatal(err)
			}
			xy, _ := g.Centroid().XY()
			all := ix.All(nil, xy.X, xy.Y)
			if len(all) != 1 || all[0] != ix.Find(xy.X, xy.Y) {
				t.Fatalf("feature %d lies in %d areas", f.Index, len(all))
			}
			got[keys[all[0]]]++
		}
		want := published(t, "berlin_points/"+c.counts, c.column)
		differ := 0
		for _, k := range keys {
			if got[k] != want[k] {
				differ++
			}
		}
		if len(l.Features) != c.total || len(got) != c.areas || differ != 0 || got[c.top] != c.max {
			t.Errorf("%s: %d points in %d areas, %d differ, %s has %d", c.points, len(l.Features), len(got), differ, c.top, got[c.top])
		}
	}
}

func TestPlaygroundsOutsideBerlinAreNowhere(t *testing.T) {
	keys, shapes := planningAreas(t)
	ix := locate.New(shapes)
	f, err := os.Open(filepath.Join(testdata.Dir(t), "berlin_points/osm_poi_2025-11/playgrounds-details.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	inside, same := 0, 0
	for _, r := range rows[1:] {
		lat, _ := strconv.ParseFloat(r[4], 64)
		lon, _ := strconv.ParseFloat(r[5], 64)
		key := "0"
		if a := ix.Find(lon, lat); a != locate.None {
			inside++
			key = keys[a]
		}
		if key == r[6] || key == "0" && (r[6] == "" || r[6] == "0") {
			same++
		}
	}
	// The publisher used a slightly generalised geometry: 2 areas differ.
	if len(rows)-1 != 1060 || inside != 888 || same < 1055 {
		t.Errorf("%d points, %d inside, %d as published", len(rows)-1, inside, same)
	}
}

// naive is the even-odd rule over all edges, written apart from the index.
func naive(g geom.Geometry, x, y float64) bool {
	in := false
	for _, s := range g.MustAsPolygon().Coordinates() {
		for i := range s.Length() - 1 {
			a, b := s.GetXY(i), s.GetXY(i+1)
			if (a.Y <= y) != (b.Y <= y) && x < a.X+(y-a.Y)*(b.X-a.X)/(b.Y-a.Y) {
				in = !in
			}
		}
	}
	return in
}

func TestIndexEqualsTheNaiveRule(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		var shapes []geom.Geometry
		for range 1 + r.IntN(12) {
			cx, cy, n := r.Float64()*10, r.Float64()*10, 3+r.IntN(40)
			var outer, hole []float64
			for i := range n {
				a, d := 2*math.Pi*float64(i)/float64(n), 1+r.Float64()*2
				outer = append(outer, cx+d*math.Cos(a), cy+d*math.Sin(a))
				hole = append(hole, cx+.3*math.Cos(a), cy+.3*math.Sin(a))
			}
			shapes = append(shapes, geom.NewPolygonXY(append(outer, outer[0], outer[1]), append(hole, hole[0], hole[1])).AsGeometry())
		}
		ix := locate.New(shapes)
		for range 3000 {
			x, y := r.Float64()*16-3, r.Float64()*16-3
			var want []int
			for i, g := range shapes {
				if naive(g, x, y) {
					want = append(want, i)
				}
			}
			got := ix.All(nil, x, y)
			if len(got) != len(want) {
				t.Fatalf("seed %d at %v %v: %v, want %v", seed, x, y, got, want)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("seed %d at %v %v: %v, want %v", seed, x, y, got, want)
				}
			}
		}
	}
}

// On a chessboard every point, also on borders and corners, lies in exactly one field.
func TestBordersBelongToExactlyOneSide(t *testing.T) {
	var shapes []geom.Geometry
	for i := range 8 {
		for j := range 8 {
			x, y := float64(i), float64(j)
			shapes = append(shapes, geom.NewSingleRingPolygonXY(x, y, x+1, y, x+1, y+1, x, y+1, x, y).AsGeometry())
		}
	}
	ix := locate.New(shapes)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.OneOf(rapid.Float64Range(0, 7.999), rapid.Map(rapid.IntRange(0, 7), func(i int) float64 { return float64(i) }))
		x, y := c.Draw(t, "x"), c.Draw(t, "y")
		if got := ix.All(nil, x, y); len(got) != 1 || got[0] != int(x)*8+int(y) {
			t.Errorf("%v %v lies in %v", x, y, got)
		}
	})
}

func TestOddInputsAnswerNone(t *testing.T) {
	square := geom.NewSingleRingPolygonXY(0, 0, 1, 0, 1, 1, 0, 1, 0, 0).AsGeometry()
	for name, ix := range map[string]*locate.Index{
		"nothing":       locate.New(nil),
		"no areas":      locate.New([]geom.Geometry{geom.NewPointXY(0, 0).AsGeometry(), {}}),
		"empty polygon": locate.New([]geom.Geometry{geom.Polygon{}.AsGeometry()}),
		"flat polygon":  locate.New([]geom.Geometry{geom.NewSingleRingPolygonXY(0, 0, 1, 0, .5, 0, 0, 0).AsGeometry()}),
	} {
		if a := ix.Find(.5, .5); a != locate.None {
			t.Errorf("%s: %d", name, a)
		}
	}
	ix := locate.New([]geom.Geometry{{}, square})
	if ix.Find(.5, .5) != 1 || ix.Find(math.NaN(), .5) != locate.None || ix.Find(math.Inf(1), 0) != locate.None || ix.Find(-1, .5) != locate.None {
		t.Error("square")
	}
	if got := ix.FindAll([]float64{.5, .5, 2, 2}); got[0] != 1 || got[1] != locate.None {
		t.Errorf("%v", got)
	}
}

func BenchmarkBuildBerlin(b *testing.B) {
	_, shapes := planningAreas(b)
	b.ResetTimer()
	for range b.N {
		locate.New(shapes)
	}
}

func BenchmarkFindBerlin(b *testing.B) {
	_, shapes := planningAreas(b)
	ix := locate.New(shapes)
	r := rand.New(rand.NewPCG(1, 1))
	xy := make([]float64, 4_000_000)
	for i := 0; i < len(xy); i += 2 {
		xy[i], xy[i+1] = 13.09+.67*r.Float64(), 52.34+.33*r.Float64()
	}
	b.ResetTimer()
	for range b.N {
		ix.FindAll(xy)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2e6, "ns/point")
}

// 30,000 polygons of 40 vertices and 2,000,000 points, the shape of performance.md P1.
func BenchmarkFind30000(b *testing.B) {
	var shapes []geom.Geometry
	for i := range 174 {
		for j := range 174 {
			var xy []float64
			for k := range 40 {
				a := 2 * math.Pi * float64(k) / 40
				xy = append(xy, float64(i)+.5*math.Cos(a), float64(j)+.5*math.Sin(a))
			}
			shapes = append(shapes, geom.NewSingleRingPolygonXY(append(xy, xy[0], xy[1])...).AsGeometry())
		}
	}
	ix := locate.New(shapes)
	r := rand.New(rand.NewPCG(1, 1))
	xy := make([]float64, 4_000_000)
	for i := range xy {
		xy[i] = r.Float64() * 173
	}
	b.ResetTimer()
	for range b.N {
		ix.FindAll(xy)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2e6, "ns/point")
}
