// SPDX-License-Identifier: EUPL-1.2

package topology_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/geo/topology"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func wkt(t testing.TB, s string) geom.Geometry {
	t.Helper()
	g, err := geom.UnmarshalWKT(s, geom.NoValidate{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// metric areas in UTM 32 near Stolberg; the plane is scaled by 0.99969 there.
func utm(t testing.TB, shapes ...string) []topology.Area {
	t.Helper()
	var out []topology.Area
	for i, s := range shapes {
		g := wkt(t, s)
		out = append(out, topology.Area{
			Key: string(rune('A' + i)), Name: "Raum " + string(rune('A'+i)), Feature: i,
			Geometry: g.TransformXY(func(p geom.XY) geom.XY { return geom.XY{X: p.X + 303000, Y: p.Y + 5620000} }),
		})
	}
	return out
}

func check(t testing.TB, areas []topology.Area, opt topology.Options) geo.Findings {
	t.Helper()
	if opt.CRS == 0 {
		opt.CRS = 25832
	}
	fs, err := topology.Check(areas, opt)
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

const (
	left  = "POLYGON((0 0,100 0,100 100,0 100,0 0))"
	right = "POLYGON((100 0,200 0,200 100,100 100,100 0))"
)

func TestCleanNeighboursHaveNoFindings(t *testing.T) {
	if fs := check(t, utm(t, left, right), topology.Options{}); len(fs) != 0 {
		t.Error(fs)
	}
	// A vertex on one side only of a common border is no fault.
	if fs := check(t, utm(t, left, "POLYGON((100 0,200 0,200 100,100 100,100 50,100 0))"), topology.Options{}); len(fs) != 0 {
		t.Error(fs)
	}
}

func TestFaultsOfOneArea(t *testing.T) {
	for name, c := range map[string]struct {
		shape string
		code  string
		sev   geo.Severity
		after string // WKT after the repair, empty when it stays
	}{
		"ring not closed (G09)":        {"POLYGON((0 0,100 0,100 100,0 100))", "ring.unclosed", geo.Warn, left},
		"clockwise":                    {"POLYGON((0 0,0 100,100 100,100 0,0 0))", "ring.orientation", geo.Info, left},
		"bow tie (G10)":                {"POLYGON((0 0,100 100,100 0,0 100,0 0))", "polygon.selfcrossing", geo.Ask, "MULTIPOLYGON(((0 0,50 50,0 100,0 0)),((100 0,100 100,50 50,100 0)))"},
		"figure eight, uneven":         {"POLYGON((0 0,100 100,100 20,0 80,0 0))", "polygon.selfcrossing", geo.Ask, "?"},
		"hole outside (G11)":           {"POLYGON((0 0,100 0,100 100,0 100,0 0),(200 0,200 10,210 10,210 0,200 0))", "hole.outside", geo.Ask, left},
		"hole half outside":            {"POLYGON((0 0,100 0,100 100,0 100,0 0),(90 40,90 60,110 60,110 40,90 40))", "hole.outside", geo.Ask, "POLYGON((0 0,100 0,100 40,90 40,90 60,100 60,100 100,0 100,0 0))"},
		"parts overlap":                {"MULTIPOLYGON(((0 0,60 0,60 100,0 100,0 0)),((50 0,100 0,100 100,50 100,50 0)))", "polygon.parts", geo.Ask, left},
		"touches itself from inside":   {"POLYGON((0 0,100 0,100 100,50 100,80 50,50 30,20 50,50 100,0 100,0 0))", "polygon.selftouch", geo.Warn, "POLYGON((0 0,100 0,100 100,50 100,0 100,0 0),(50 100,80 50,50 30,20 50,50 100))"},
		"touches itself from outside":  {"POLYGON((0 0,50 50,100 0,100 100,50 50,0 100,0 0))", "polygon.selftouch", geo.Warn, "MULTIPOLYGON(((0 0,50 50,0 100,0 0)),((100 0,100 100,50 50,100 0)))"},
		"spike outward":                {"POLYGON((0 0,100 0,100 50,150 50,100 50,100 100,0 100,0 0))", "polygon.spike", geo.Warn, left},
		"vertex on own edge":           {"POLYGON((0 0,100 0,100 100,50 0,0 100,0 0))", "polygon.selftouch", geo.Warn, "?"},
		"holes that cut the inside":    {"POLYGON((0 0,100 0,100 100,0 100,0 0),(0 50,50 60,50 40,0 50),(100 50,50 40,50 60,100 50))", "polygon.disconnected", geo.Warn, "?"},
		"collapsed hole":               {"POLYGON((0 0,100 0,100 100,0 100,0 0),(10 10,20 20,10 10))", "ring.short", geo.Warn, left},
		"two vertices":                 {"POLYGON((0 0,100 0,0 0))", "ring.short", geo.Row, ""},
		"point":                        {"POINT(0 0)", "geometry.kind", geo.Row, ""},
		"empty":                        {"POLYGON EMPTY", "geometry.missing", geo.Row, ""},
		"all on one line":              {"POLYGON((0 0,100 0,50 0,0 0))", "polygon.spike", geo.Warn, ""},
		"hole touching shell is valid": {"POLYGON((0 0,100 0,100 100,0 100,0 0),(0 50,50 60,50 40,0 50))", "coverage.enclave", geo.Info, ""},
		"parts touching are valid":     {"MULTIPOLYGON(((0 0,50 50,0 100,0 0)),((100 0,100 100,50 50,100 0)))", "", geo.Info, ""},
	} {
		areas := utm(t, c.shape)
		fs := check(t, areas, topology.Options{})
		if c.code == "" {
			if len(fs) > 0 {
				t.Errorf("%s: %v", name, fs)
			}
		} else if got := fs.Of(c.code); len(got) != 1 || fs.Worst() != c.sev || got[0].Severity != c.sev {
			t.Errorf("%s: %v, want %s %s", name, fs, c.sev, c.code)
		}
		fixed, changes, err := topology.Repair(areas, topology.Options{CRS: 25832})
		if err != nil {
			t.Fatal(err)
		}
		if c.after == "" {
			if len(changes) != 0 || !geom.ExactEquals(fixed[0].Geometry, areas[0].Geometry) {
				t.Errorf("%s: must stay, got %v", name, fixed[0].Geometry.AsText())
			}
			continue
		}
		if len(changes) != 1 || !slices.Contains(changes[0].Faults, c.code) {
			t.Errorf("%s: changes %+v", name, changes)
		}
		if err := fixed[0].Geometry.Validate(); err != nil {
			t.Errorf("%s: repaired geometry is invalid: %v", name, err)
		}
		if after := check(t, fixed, topology.Options{}); len(after) != len(after.Of("coverage.enclave")) {
			t.Errorf("%s: after the repair %v", name, after)
		}
		if len(topology.Findings(changes, areas)) != 1 {
			t.Errorf("%s: every change is reported", name)
		}
		if c.after == "?" {
			continue
		}
		if same, err := geom.Equals(fixed[0].Geometry, utm(t, c.after)[0].Geometry); err != nil || !same {
			t.Errorf("%s: %s, want %s (%v)", name, fixed[0].Geometry.TransformXY(func(p geom.XY) geom.XY { return geom.XY{X: p.X - 303000, Y: p.Y - 5620000} }).AsText(), c.after, err)
		}
	}
}

func TestKeysAndNames(t *testing.T) {
	areas := utm(t, left, right, "POLYGON((0 100,100 100,100 200,0 200,0 100))", "POLYGON((100 100,200 100,200 200,100 200,100 100))")
	areas[1].Key = "A"
	areas[2].Name = "Raum A"
	areas[3].Key = ""
	fs := check(t, areas, topology.Options{})
	if !slices.Equal(fs.Codes(), []string{"key.duplicate", "key.missing", "name.duplicate"}) {
		t.Fatal(fs)
	}
	if d := fs.Of("key.duplicate")[0]; d.Severity != geo.Ask || !slices.Equal(d.Params["features"].([]int), []int{0, 1}) {
		t.Errorf("%v", d)
	}
}

func TestOverlapsAndGapsAreMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		shapes []string
		code   string
		m2     float64 // in the plane of UTM
	}{
		"overlap (G16)":        {[]string{left, "POLYGON((80 0,200 0,200 100,80 100,80 0))"}, "coverage.overlap", 2000},
		"one inside the other": {[]string{left, "POLYGON((40 40,60 40,60 60,40 60,40 40))"}, "coverage.overlap", 400},
		"twice the same":       {[]string{left, left}, "coverage.overlap", 10000},
		"gap": {[]string{
			"POLYGON((0 0,300 0,300 100,0 100,0 0))", "POLYGON((0 200,300 200,300 300,0 300,0 200))", "POLYGON((0 100,100 100,100 200,0 200,0 100))",
			"POLYGON((210 100,300 100,300 200,210 200,210 100))",
		}, "coverage.gap", 11000},
	} {
		fs := check(t, utm(t, c.shapes...), topology.Options{})
		got := fs.Of(c.code)
		// ground = plane / scale², scale of UTM 32 at 303 km east: 0.9996 · (1 + 197²/(2·6383²)) = 1.000076
		if len(fs) != 1 || len(got) != 1 || math.Abs(got[0].Params["m2"].(float64)-c.m2/(1.000076*1.000076)) > c.m2*2e-5+.05 {
			t.Errorf("%s: %v", name, fs)
		}
	}
}

func TestRoundingSliversAreCountedNotListed(t *testing.T) {
	fs := check(t, utm(t, left, "POLYGON((100.05 0,200 0,200 100,99.95 100,100.05 0))"), topology.Options{})
	if len(fs) != 1 || fs[0].Code != "coverage.slivers" || fs[0].Severity != geo.Info {
		t.Error(fs)
	}
}

func TestParents(t *testing.T) {
	parents := utm(t, "POLYGON((0 0,200 0,200 100,0 100,0 0))")
	parents[0].Key = "P"
	kid := func(shapes ...string) []topology.Area {
		k := utm(t, shapes...)
		for i := range k {
			k[i].Parent = "P"
		}
		return k
	}
	opt := topology.Options{Parents: parents}
	if fs := check(t, kid(left, right), opt); len(fs) != 0 {
		t.Errorf("filled parent: %v", fs)
	}
	fs := check(t, kid(left, "POLYGON((100 0,230 0,230 100,100 100,100 0))"), opt)
	if len(fs) != 1 || fs[0].Code != "parent.outside" || fs[0].Severity != geo.Warn || math.Abs(fs[0].Params["share"].(float64)-30./130) > 1e-3 {
		t.Errorf("part outside: %v", fs)
	}
	fs = check(t, kid(left, right, "POLYGON((200 0,300 0,300 100,200 100,200 0))"), opt)
	if len(fs) != 1 || fs[0].Code != "parent.outside" || fs[0].Severity != geo.Ask {
		t.Errorf("wholly outside: %v", fs)
	}
	if fs = check(t, kid(left), opt); len(fs) != 1 || fs[0].Code != "parent.unfilled" {
		t.Errorf("unfilled: %v", fs)
	}
	k := kid(left, right)
	k[1].Parent = "Q"
	if fs = check(t, k, opt); len(fs.Of("parent.missing")) != 1 || fs.Worst() != geo.Row {
		t.Errorf("missing parent: %v", fs)
	}
}

func TestCycleOfParentsIsRefused(t *testing.T) {
	k := utm(t, left, right, "POLYGON((0 100,100 100,100 200,0 200,0 100))", "POLYGON((100 100,200 100,200 200,100 200,100 100))")
	k[0].Parent, k[1].Parent, k[2].Parent, k[3].Parent = "B", "C", "A", "A"
	fs := check(t, k, topology.Options{}).Of("parent.cycle")
	if len(fs) != 1 || fs[0].Severity != geo.Refuse || !slices.Equal(fs[0].Params["keys"].([]string), []string{"A", "B", "C"}) {
		t.Error(fs)
	}
	if c := topology.Cycles(map[string]string{"x": "x", "a": "b", "b": "c", "c": "b", "d": "e"}); fmt.Sprint(c) != "[[b c] [x]]" {
		t.Error(c)
	}
}

func TestUnknownSystemIsAnError(t *testing.T) {
	if _, err := topology.Check(nil, topology.Options{CRS: 2154}); err == nil {
		t.Error("2154 must be refused")
	}
}

// berlin reads a level as areas.
func berlin(t testing.TB, file, key, name string, parent int) []topology.Area {
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
	var out []topology.Area
	for _, f := range l.Features {
		k := f.Properties.Text(key)
		out = append(out, topology.Area{Key: k, Name: f.Properties.Text(name), Parent: k[:min(parent, len(k))], Feature: f.Index, Line: f.Line, Geometry: f.Geometry})
	}
	return out
}

func TestBerlin2021(t *testing.T) {
	plr := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "PLR_NAME", 6)
	bzr := berlin(t, "berlin_lor_geometry/bzr_2021_wgs84.geojson", "BZR_ID", "BZR_NAME", 0)
	start := time.Now()
	fs, err := topology.Check(plr, topology.Options{Parents: bzr})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("check of 542 areas with parents: %v", time.Since(start))
	for _, f := range fs {
		t.Log(f)
	}
	if s := fs.Of("polygon.selftouch"); len(s) != 1 || s[0].Key != "10100205" {
		t.Errorf("only 10100205 touches itself: %v", s)
	}
	if d := fs.Of("name.duplicate"); !slices.ContainsFunc(d, func(f geo.Finding) bool { return f.Params["name"] == "Schloßstraße" }) {
		t.Errorf("two areas are called Schloßstraße: %v", d)
	}
	if fs.Worst() > geo.Warn || len(fs.Of("key.duplicate")) > 0 || len(fs.Of("coverage.overlap")) > 0 || len(fs.Of("coverage.gap")) > 0 || len(fs.Of("parent.outside")) > 0 || len(fs.Of("parent.unfilled")) > 0 {
		t.Errorf("the coverage is clean: %v", fs.Codes())
	}
	fixed, changes, err := topology.Repair(plr, topology.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.Key == "10100205" && (!slices.Contains(c.Faults, "polygon.selftouch") || math.Abs(c.After-c.Before) > .1) {
			t.Errorf("%+v", c)
		}
	}
	for i := range fixed {
		if err := fixed[i].Geometry.Validate(); err != nil {
			t.Errorf("%s after the repair: %v", fixed[i].Key, err)
		}
	}
}

func TestBerlinDistrictRegionsTouchAfterRounding(t *testing.T) {
	fs, err := topology.Check(berlin(t, "berlin_lor_geometry/bzr_2021_wgs84.geojson", "BZR_ID", "BZR_NAME", 0), topology.Options{})
	if s := fs.Of("polygon.selftouch"); err != nil || len(s) != 1 || s[0].Key != "101002" {
		t.Errorf("%v %v", fs, err)
	}
}

func TestBerlinBefore2021HasADuplicateKey(t *testing.T) {
	fs, err := topology.Check(berlin(t, "berlin_lor_geometry/plr_pre2021_wgs84.geojson", "broker Dow", "", 0), topology.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := fs.Of("key.duplicate"); len(d) != 1 || d[0].Key != "06010102" {
		t.Errorf("%v", fs)
	}
}

func TestKoelnPolygonsInvalidAfterRounding(t *testing.T) {
	fs, err := topology.Check(berlin(t, "koeln/Stadtteil_wgs84.geojson", "STT_NR", "STT_NAME", 0), topology.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, f := range fs {
		t.Log(f)
		if f.Code[:7] == "polygon" {
			keys[f.Key] = true
		}
	}
	if len(keys) != 3 { // Dünnwald, Langel, Marienburg
		t.Errorf("three polygons are invalid, got %v", keys)
	}
}

// GROESSE_M2 is the official area of each Planungsraum; it sums to 891,118,199.589.
func TestSquareMetresEqualTheOfficialAreas(t *testing.T) {
	f, err := os.Open(filepath.Join(testdata.Dir(t), "berlin_lor_geometry/plr_2021_wgs84.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, _, err := geojson.Read(f, geo.ReadOptions{Want: geo.Areas})
	if err != nil {
		t.Fatal(err)
	}
	var sum, official, worst float64
	for _, f := range l.Features {
		m2, err := topology.SquareMetres(f.Geometry, 4326)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := f.Properties.Get("GROESSE_M2")
		o, _ := v.Float()
		sum += m2
		official += o
		worst = max(worst, math.Abs(m2-o)/o)
	}
	t.Logf("own %.1f official %.1f, relative %.2e, worst area %.2e", sum, official, (sum-official)/official, worst)
	if math.Abs(official-891118199.589) > .01 || math.Abs(sum-official)/official > 2e-6 || worst > 1e-4 {
		t.Errorf("sum %.1f, official %.3f, worst %.2e", sum, official, worst)
	}
}

func TestNeighboursOfBerlin(t *testing.T) {
	n, err := topology.Neighbours(berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "", 6), 0)
	if err != nil {
		t.Fatal(err)
	}
	links, islands := 0, 0
	for i, s := range n {
		links += len(s)
		if len(s) == 0 {
			islands++
		}
		for _, j := range s {
			if !slices.Contains(n[j], i) || i == j {
				t.Fatalf("%d and %d", i, j)
			}
		}
	}
	if links != 3238 || islands != 0 {
		t.Errorf("%d directed links, %d islands, want 3238 and 0", links, islands)
	}
}

// The hierarchy of Berlin is a pure prefix rule; geometry must give the same.
func TestAssignParentsEqualsThePrefixRule(t *testing.T) {
	plr := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "", 6)
	bzr := berlin(t, "berlin_lor_geometry/bzr_2021_wgs84.geojson", "BZR_ID", "", 4)
	got, err := topology.AssignParents(plr, bzr, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if a.Parent < 0 || bzr[a.Parent].Key != plr[i].Parent || a.Share < .99 {
			t.Errorf("%s: %+v", plr[i].Key, a)
		}
	}
}

// The overlay of the JTS port in simplefeatures is an independent way to the same square metres.
func TestOverlayEqualsPairwiseIntersections(t *testing.T) {
	old := berlin(t, "berlin_lor_geometry/plr_pre2021_wgs84.geojson", "broker Dow", "", 6)
	now := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "", 6)
	shared, err := topology.Overlay(old, now, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(shared); i += 40 {
		s := shared[i]
		g, err := geom.Intersection(old[s.A].Geometry, now[s.B].Geometry)
		if err != nil {
			t.Fatal(err)
		}
		want, err := topology.SquareMetres(g, 4326)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(s.M2-want) > .1+1e-5*want {
			t.Errorf("%s and %s share %.3f m², JTS %.3f", old[s.A].Key, now[s.B].Key, s.M2, want)
		}
	}
}

func TestOverlayOfOldAndNewBerlinCoversBoth(t *testing.T) {
	old := berlin(t, "berlin_lor_geometry/plr_pre2021_wgs84.geojson", "broker Dow", "", 6)
	now := berlin(t, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "", 6)
	shared, err := topology.Overlay(old, now, 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for _, s := range shared {
		sum += s.M2
	}
	if math.Abs(sum-891118199)/891118199 > 5e-4 {
		t.Errorf("the editions share %.0f m² of 891,118,199", sum)
	}
}

// Cutting a rectangle into random strips and overlaying it with other strips keeps every square metre.
func TestOverlayKeepsTheArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strips := func(name string, vertical bool) []topology.Area {
			cuts := rapid.SliceOfNDistinct(rapid.Float64Range(1, 999), 1, 8, rapid.ID[float64]).Draw(t, name)
			cuts = append(cuts, 0, 1000)
			slices.Sort(cuts)
			var out []topology.Area
			for i := 1; i < len(cuts); i++ {
				a, b := cuts[i-1], cuts[i]
				xy := []float64{a, 0, b, 0, b, 1000, a, 1000, a, 0}
				if !vertical {
					xy = []float64{0, a, 1000, a, 1000, b, 0, b, 0, a}
				}
				for j := 0; j < len(xy); j += 2 {
					xy[j] += 500000
					xy[j+1] += 5600000
				}
				out = append(out, topology.Area{Key: fmt.Sprint(name, i), Geometry: geom.NewSingleRingPolygonXY(xy...).AsGeometry()})
			}
			return out
		}
		a, b := strips("a", true), strips("b", false)
		shared, err := topology.Overlay(a, b, 25832)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for _, s := range shared {
			sum += s.M2
		}
		// The central meridian of UTM is scaled by 0.9996.
		if want := 1e6 / (.9996 * .9996); math.Abs(sum-want) > 5 {
			t.Errorf("%f, want %f", sum, want)
		}
	})
}

func BenchmarkCheckBerlin(b *testing.B) {
	plr := berlin(b, "berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "PLR_NAME", 6)
	b.ReportAllocs()
	for range b.N {
		if _, err := topology.Check(plr, topology.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// 5,000 areas of 64 vertices, borders shared.
func BenchmarkCheck5000(b *testing.B) {
	areas := honeycomb(71, 71, 16)
	for range b.N {
		fs, err := topology.Check(areas, topology.Options{CRS: 25832})
		if err != nil || len(fs) > 0 {
			b.Fatal(fs, err)
		}
	}
}

// honeycomb makes w × h squares with wavy borders of n vertices a side.
func honeycomb(w, h, n int) []topology.Area {
	corner := func(x, y int) (float64, float64) {
		return 300000 + 500*float64(x) + 40*math.Sin(float64(7*x+3*y)), 5600000 + 500*float64(y) + 40*math.Cos(float64(5*x+11*y))
	}
	side := func(xy []float64, x0, y0, x1, y1 int) []float64 {
		back := x1 < x0 || y1 < y0
		if back {
			x0, y0, x1, y1 = x1, y1, x0, y0
		}
		ax, ay := corner(x0, y0)
		bx, by := corner(x1, y1)
		for i := range n {
			k := i
			if back {
				k = n - i
			}
			f := float64(k) / float64(n)
			bend := 15 * math.Sin(math.Pi*f) * math.Sin(9*math.Pi*f)
			xy = append(xy, ax+f*(bx-ax)+bend*(by-ay)/500, ay+f*(by-ay)-bend*(bx-ax)/500)
		}
		return xy
	}
	var out []topology.Area
	for y := range h {
		for x := range w {
			var xy []float64
			xy = side(xy, x, y, x+1, y)
			xy = side(xy, x+1, y, x+1, y+1)
			xy = side(xy, x+1, y+1, x, y+1)
			xy = side(xy, x, y+1, x, y)
			xy = append(xy, xy[0], xy[1])
			out = append(out, topology.Area{Key: fmt.Sprintf("%04d", y*w+x), Geometry: geom.NewSingleRingPolygonXY(xy...).AsGeometry()})
		}
	}
	return out
}
