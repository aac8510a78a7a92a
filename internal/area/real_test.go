// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

// berlin imports the four levels of Berlin's LOR of 2021 and returns the reports by level. The district keys of that file are 11000001 to
// 11000012; the last two digits are the district of the LOR keys.
func berlin(t testing.TB, s *area.Service) map[string]area.Report {
	t.Helper()
	dir := filepath.Join(testdata.Dir(t), "berlin_lor_geometry")
	out := map[string]area.Report{}
	for _, l := range []struct {
		level, file, key, pattern, name, parent string
		prefix                                  int
	}{
		{"bez", "bezirke_wgs84.geojson", "Schluessel", `\d\d$`, "Gemeinde_n", "", 0},
		{"pgr", "pgr_2021_wgs84.geojson", "PGR_ID", "", "PGR_NAME", "bez", 2},
		{"bzr", "bzr_2021_wgs84.geojson", "BZR_ID", "", "BZR_NAME", "pgr", 4},
		{"plr", "plr_2021_wgs84.geojson", "PLR_ID", "", "PLR_NAME", "bzr", 6},
	} {
		q := fileRequest(t, filepath.Join(dir, l.file))
		q.Level, q.Edition, q.ValidFrom = l.level, "2021", "2021-01-01"
		q.KeyField, q.KeyPattern, q.NameField, q.ParentLevel, q.ParentPrefix = l.key, l.pattern, l.name, l.parent, l.prefix
		out[l.level] = mustImport(t, s, q)
	}
	return out
}

// TestBerlin2021 checks against EXPECTED.md 2: 12/58/143/542 areas, a pure prefix hierarchy, two polygons that rounding made touch
// themselves, the name Schloßstraße twice, and the official sizes in GROESSE_M2.
func TestBerlin2021(t *testing.T) {
	s, st := newService(t)
	reports := berlin(t, s)
	for level, want := range map[string]int{"bez": 12, "pgr": 58, "bzr": 143, "plr": 542} {
		if r := reports[level]; r.Areas != want || r.Added != want {
			t.Errorf("%s: %d areas, %d added, want %d", level, r.Areas, r.Added, want)
		}
	}
	plr := reports["plr"]
	t.Log(codes(plr.Findings), plr.MapBytes)
	for level, key := range map[string]string{"plr": "10100205", "bzr": "101002"} {
		if !slices.ContainsFunc(reports[level].Findings, func(f kernel.Finding) bool {
			return strings.HasPrefix(f.Code, "geo.polygon.self") && f.Key == key && f.Outcome == kernel.Warn
		}) {
			t.Errorf("%s %s: the touch is not reported", level, key)
		}
		if !slices.ContainsFunc(reports[level].Findings, func(f kernel.Finding) bool { return f.Code == "geo.area.repaired" && f.Key == key }) {
			t.Errorf("%s %s: the repair is not reported", level, key)
		}
	}
	if f, ok := find(plr.Findings, "area.name.duplicate"); !ok || f.Params["name"] != "Schloßstraße" {
		t.Errorf("duplicate name: %+v", f)
	}

	e := plr.Edition
	h, err := s.Hierarchy(ctx, planner, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Levels) != 3 {
		t.Fatalf("%d levels above", len(h.Levels))
	}
	for i, a := range h.Areas {
		for l, n := range []int{6, 4, 2} {
			if got := h.Levels[l].Areas[h.Levels[l].Of[i]].Key; got != a.Key[:n] {
				t.Errorf("%s lies in %s on level %s", a.Key, got, h.Levels[l].Edition.Level.Key)
			}
		}
	}

	official, total := officialSizes(t)
	sum := 0.0
	for _, a := range h.Areas {
		sum += a.AreaM2
		if d := math.Abs(a.AreaM2-official[a.Key]) / official[a.Key]; d > 1e-3 {
			t.Errorf("%s: %.0f m2, official %.0f (%.3f %%)", a.Key, a.AreaM2, official[a.Key], 100*d)
		}
	}
	if math.Abs(total-891118199.589) > 1 || math.Abs(sum-total)/total > 1e-4 {
		t.Errorf("sum %.0f m2, official %.0f", sum, total)
	}

	for d, limit := range map[area.Detail]int{area.Web: 400_000, area.Overview: 150_000} {
		c, err := s.Coverage(ctx, planner, e.ID, d)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Shapes) != 542 || len(c.Gzip()) > limit {
			t.Errorf("%s: %d shapes in %d bytes", d, len(c.Shapes), len(c.Gzip()))
		}
		for _, sh := range c.Shapes {
			if len(sh.Polygons) == 0 || len(sh.Polygons[0][0]) < 4 {
				t.Errorf("%s: %s has no outline", d, sh.Area.Key)
			}
		}
	}
	if len(st.areas) != 12+58+143+542 {
		t.Errorf("%d areas stored", len(st.areas))
	}
}

func officialSizes(t *testing.T) (sizes map[string]float64, sum float64) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata.Dir(t), "berlin_lor_geometry", "plr_2021_wgs84.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	var fc struct {
		Features []struct {
			Properties struct {
				ID   string  `json:"PLR_ID"`
				Size float64 `json:"GROESSE_M2"`
			}
		}
	}
	if err := json.Unmarshal(b, &fc); err != nil {
		t.Fatal(err)
	}
	sizes = map[string]float64{}
	for _, f := range fc.Features {
		sizes[f.Properties.ID] = f.Properties.Size
		sum += f.Properties.Size
	}
	return sizes, sum
}

// TestBerlinBefore2021 checks the real duplicate: 06010102 stands at Schloßstraße in Steglitz and, wrongly, at Schloßstraße in
// Charlottenburg, whose key is 04030417 (data/berlin_lor_geometry/SOURCE.md, caveat 1).
func TestBerlinBefore2021(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, func() area.ImportRequest {
		q := fileRequest(t, filepath.Join(testdata.Dir(t), "berlin_lor_geometry", "bzr_pre2021_wgs84.geojson"))
		q.Level, q.Edition, q.ValidFrom, q.ValidTo = "bzr", "2020", "2006-01-01", "2020-12-31"
		q.KeyField, q.NameField = "broker Dow", "BEZIRKSREG"
		return q
	}())
	q := fileRequest(t, filepath.Join(testdata.Dir(t), "berlin_lor_geometry", "plr_pre2021_wgs84.geojson"))
	q.Level, q.Edition, q.ValidFrom, q.ValidTo = "plr", "2020", "2006-01-01", "2020-12-31"
	q.KeyField, q.NameField, q.ParentLevel, q.ParentPrefix = "broker Dow", "PLANUNGSRA", "bzr", 6
	r, err := s.Import(ctx, planner, q, nil)
	f, ok := find(r.Findings, "area.key.duplicate")
	if err == nil || !ok || f.Outcome != kernel.Ask || f.Key != "06010102" {
		t.Fatalf("the duplicate key was not asked: %v, %+v", err, f)
	}
	q.Rekey = map[string]string{"06010102#1": "04030417"}
	r = mustImport(t, s, q)
	t.Log(codes(r.Findings))
	if r.Areas != 448 {
		t.Errorf("%d areas, want 448", r.Areas)
	}
	a, err := s.Area(ctx, planner, r.Edition.ID, "04030417")
	if err != nil {
		t.Fatal(err)
	}
	up, err := s.Ancestors(ctx, planner, a)
	if err != nil || a.Name != "Schloßstraße" || len(up) != 1 || up[0].Area.Key != "040304" {
		t.Errorf("%+v in %+v, %v", a, up, err)
	}
	if slices.ContainsFunc(r.Findings, func(f kernel.Finding) bool { return f.Code == "geo.parent.outside" && f.Key == "04030417" }) {
		t.Error("the corrected key still lies outside its parent")
	}
}

// TestWrongParentIsAskedByItsPlace: with the duplicate joined instead of corrected, half of the area lies in another district.
func TestWrongParentIsAskedByItsPlace(t *testing.T) {
	s, _ := newService(t)
	q := fileRequest(t, filepath.Join(testdata.Dir(t), "berlin_lor_geometry", "bzr_pre2021_wgs84.geojson"))
	q.Level, q.Edition, q.ValidFrom, q.KeyField, q.NameField = "bzr", "2020", "2006-01-01", "broker Dow", "BEZIRKSREG"
	mustImport(t, s, q)
	q = fileRequest(t, filepath.Join(testdata.Dir(t), "berlin_lor_geometry", "plr_pre2021_wgs84.geojson"))
	q.Level, q.Edition, q.ValidFrom, q.KeyField, q.NameField, q.ParentLevel, q.ParentPrefix = "plr", "2020", "2006-01-01", "broker Dow", "PLANUNGSRA", "bzr", 6
	q.Accept = []string{"area.key.duplicate"}
	r, err := s.Import(ctx, planner, q, nil)
	if err == nil || !slices.ContainsFunc(r.Findings, func(f kernel.Finding) bool {
		return f.Code == "geo.parent.outside" && f.Outcome == kernel.Ask && f.Key == "06010102"
	}) {
		t.Errorf("the place of 06010102 was not asked: %v, %v", err, codes(r.Findings))
	}
}

// TestFlensburg reads the original shapefile (EPSG:25832) and the converted GeoJSON; both must give the 13 Stadtteile of the Sozialatlas,
// whose figures are keyed by the two digits before the name.
func TestFlensburg(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "flensburg_sozialatlas")
	sizes := map[string]map[string]float64{}
	for _, file := range []string{"flensburg_stadtteile.zip", "flensburg_stadtteile_wgs84.geojson"} {
		s, _ := newService(t)
		q := fileRequest(t, filepath.Join(dir, file))
		q.Level, q.Edition, q.ValidFrom = "stadtteil", "2018", "2018-01-01"
		q.KeyField, q.KeyPattern, q.NameField, q.NamePattern = "AREA_NAME", `^\d\d`, "AREA_NAME", `^\d\d (.+)$`
		r := mustImport(t, s, q)
		list, err := s.Areas(ctx, planner, r.Edition.ID)
		if err != nil || len(list) != 13 || list[3].Key != "04" || list[3].Name != "Westliche Höhe" {
			t.Errorf("%s: %d areas, %v", file, len(list), err)
		}
		sizes[file] = map[string]float64{}
		for _, a := range list {
			sizes[file][a.Key] = a.AreaM2
		}
		if filepath.Ext(file) == ".zip" && r.Edition.SourceCRS != 25832 {
			t.Errorf("coordinate system %d", r.Edition.SourceCRS)
		}
	}
	for key, m2 := range sizes["flensburg_stadtteile.zip"] {
		if other := sizes["flensburg_stadtteile_wgs84.geojson"][key]; math.Abs(m2-other)/m2 > 1e-4 { // six decimals are 0.1 m
			t.Errorf("%s: %.0f m2 in the shapefile, %.0f in GeoJSON", key, m2, other)
		}
	}
}

// TestKoeln: 9 Stadtbezirke, 86 Stadtteile, 371 Stadtviertel; the first digits are the parent's key. Three Stadtteile touch themselves after
// rounding (koeln/SOURCE.md: Dünnwald, Langel, Marienburg).
func TestKoeln(t *testing.T) {
	s, _ := newService(t)
	var last area.Report
	for _, l := range []struct {
		level, file, key, name, parent string
		prefix, want                   int
	}{
		{"stadtbezirk", "Stadtbezirk_wgs84.geojson", "STB_NR", "STB_NAME", "", 0, 9},
		{"stadtteil", "Stadtteil_wgs84.geojson", "STT_NR", "STT_NAME", "stadtbezirk", 1, 86},
		{"stadtviertel", "Stadtviertel_wgs84.geojson", "STV_NR", "STV_NAME", "stadtteil", 3, 371},
	} {
		q := fileRequest(t, filepath.Join(testdata.Dir(t), "koeln", l.file))
		q.Level, q.Edition, q.ValidFrom = l.level, "2012", "2005-01-01"
		q.KeyField, q.NameField, q.ParentLevel, q.ParentPrefix = l.key, l.name, l.parent, l.prefix
		last = mustImport(t, s, q)
		t.Log(l.level, codes(last.Findings))
		if last.Areas != l.want {
			t.Errorf("%s: %d areas, want %d", l.level, last.Areas, l.want)
		}
		if l.level == "stadtteil" {
			var touched []string
			for _, f := range last.Findings {
				if f.Code == "geo.area.repaired" {
					a, err := s.Area(ctx, planner, last.Edition.ID, f.Key)
					if err != nil {
						t.Fatal(err)
					}
					touched = append(touched, a.Name)
				}
			}
			slices.Sort(touched)
			if !slices.Contains(touched, "Dünnwald") || !slices.Contains(touched, "Langel") || !slices.Contains(touched, "Marienburg") {
				t.Errorf("repaired: %v", touched)
			}
		}
	}
	h, err := s.Hierarchy(ctx, planner, last.Edition.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range h.Areas {
		if h.Levels[0].Areas[h.Levels[0].Of[i]].Key != a.Key[:3] || h.Levels[1].Areas[h.Levels[1].Of[i]].Key != a.Key[:1] {
			t.Errorf("%s has wrong ancestors", a.Key)
		}
	}
}

func BenchmarkImportBerlin542(b *testing.B) {
	path := filepath.Join(testdata.Dir(b), "berlin_lor_geometry", "plr_2021_wgs84.geojson")
	for b.Loop() {
		s, _ := newService(b)
		q := fileRequest(b, path)
		q.Level, q.Edition, q.ValidFrom, q.KeyField, q.NameField = "plr", "2021", "2021-01-01", "PLR_ID", "PLR_NAME"
		if r := mustImport(b, s, q); r.Areas != 542 {
			b.Fatal(r.Areas)
		}
	}
}
