// SPDX-License-Identifier: EUPL-1.2

package mapsvg_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

var update = flag.Bool("update", false, "write the golden files anew")

func special(s palette.Special) *palette.Special { return &s }

func square(x, y, side float64) mapsvg.Ring {
	return mapsvg.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

// small is a town of four squares of one kilometre, one with a hole, one without data.
func small() mapsvg.Map {
	return mapsvg.Map{
		Title: "SGB-II-Quote nach Sozialraum", Description: "Höchster Wert in Mühle, niedrigster in Atsch.",
		Areas: []mapsvg.Area{
			{Key: "01", Name: "Atsch", Rings: []mapsvg.Ring{square(0, 0, 1000)}, Class: 0, Value: "3,1 %", Href: "/raeume/sr/2021/01"},
			{Key: "02", Name: "Mühle", Rings: []mapsvg.Ring{square(1000, 0, 1000), square(1200, 200, 300)}, Class: 2, Value: "12,6 %"},
			{Key: "03", Name: `Büsbach <"&'>`, Rings: []mapsvg.Ring{square(0, 1000, 1000)}, Special: special(palette.Suppressed), Value: "geheim"},
			{Key: "0 4", Name: "Vicht", Rings: []mapsvg.Ring{square(1000, 1000, 1000)}, Special: special(palette.NoData), Value: "keine Angabe"},
		},
		Scheme: mapsvg.Sequential(3), Classes: []string{"bis unter 5", "5 bis unter 10", "10 und mehr"},
		Specials:    map[palette.Special]string{palette.Suppressed: "geheim gehalten", palette.NoData: "keine Angabe"},
		LegendTitle: "Anteil in Prozent", Source: "Quelle: Bundesagentur für Arbeit, 31.12.2024; Räume 2021; dl-de/by-2-0",
		Districts: []mapsvg.District{{Name: "Nord", Rings: []mapsvg.Ring{{{0, 1000}, {2000, 1000}, {2000, 2000}, {0, 2000}}}}},
		Selected:  "02",
	}
}

func metres(m float64) string {
	if m >= 1000 {
		return strconv.FormatFloat(m/1000, 'f', -1, 64) + " km"
	}
	return strconv.FormatFloat(m, 'f', -1, 64) + " m"
}

func draw(t testing.TB, m mapsvg.Map, o mapsvg.Options) string {
	t.Helper()
	s, err := m.SVG(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSmallMapIsDrawnAsBefore(t *testing.T) {
	for name, o := range map[string]mapsvg.Options{
		"page":       {ID: "m", Size: mapsvg.Size{Width: 400}, Links: true, Scale: metres},
		"standalone": {ID: "m", Size: mapsvg.Size{Width: 600}, Standalone: true, Scale: metres},
	} {
		got := strings.ReplaceAll(draw(t, small(), o), "><", ">\n<") + "\n"
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s (-update writes it):\n%s", name, file, got)
		}
	}
}

// element is an SVG element as the reader of the tests sees it.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) each(f func(element)) {
	f(e)
	for _, c := range e.Children {
		c.each(f)
	}
}

func parse(t testing.TB, s string) element {
	t.Helper()
	var e element
	if err := xml.Unmarshal([]byte(s), &e); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	return e
}

func TestEveryAreaTellsNameAndValue(t *testing.T) {
	root := parse(t, draw(t, small(), mapsvg.Options{ID: "m"}))
	var titles []string
	root.each(func(e element) {
		if e.XMLName.Local == "path" && len(e.Children) == 1 {
			titles = append(titles, e.Children[0].Text)
		}
	})
	if got := strings.Join(titles, "|"); got != `Atsch: 3,1 %|Mühle: 12,6 %|Vicht: keine Angabe|Büsbach <"&'>: geheim` {
		t.Error(got)
	}
	if root.attr("role") != "img" || root.attr("aria-labelledby") != "m-title" || root.attr("aria-describedby") != "m-desc" {
		t.Errorf("%+v", root.Attrs)
	}
}

func TestLinksMakeTheMapAGroupOfNamedLinks(t *testing.T) {
	for _, skip := range []bool{false, true} {
		root := parse(t, draw(t, small(), mapsvg.Options{ID: "m", Links: true, SkipTab: skip}))
		links := 0
		root.each(func(e element) {
			if e.XMLName.Local != "a" {
				return
			}
			links++
			if e.attr("aria-label") != "Atsch: 3,1 %" || e.attr("href") != "/raeume/sr/2021/01" || (e.attr("tabindex") == "-1") != skip {
				t.Errorf("%+v", e.Attrs)
			}
		})
		if links != 1 || root.attr("role") != "group" {
			t.Errorf("%d links, role %s", links, root.attr("role"))
		}
	}
}

func TestIDsAreUniqueAndReferencesResolve(t *testing.T) {
	for _, o := range []mapsvg.Options{{ID: "a"}, {ID: "b", Standalone: true, Scale: metres, Links: true}, {Theme: palette.Dark, Standalone: true}} {
		s := draw(t, small(), o)
		ids := map[string]bool{}
		parse(t, s).each(func(e element) {
			if id := e.attr("id"); id != "" {
				if ids[id] {
					t.Errorf("id %s twice", id)
				}
				ids[id] = true
			}
		})
		for _, m := range regexp.MustCompile(`url\(#([^)]+)\)`).FindAllStringSubmatch(s, -1) {
			if !ids[m[1]] {
				t.Errorf("%s refers to nothing", m[0])
			}
		}
	}
}

func TestLegendCountsEveryAreaOnce(t *testing.T) {
	entries := small().Legend(palette.Light)
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %d", e.Label, e.Count))
	}
	if want := "bis unter 5 1|5 bis unter 10 0|10 und mehr 1|geheim gehalten 1|keine Angabe 1"; strings.Join(got, "|") != want {
		t.Errorf("legend %q", got)
	}
}

func TestSignsAndOutlinesAreDrawnAndExplained(t *testing.T) {
	m := small()
	m.Areas[0].Sign, m.Areas[1].Sign, m.Areas[1].Outlined = mapsvg.Up, mapsvg.Down, true
	if _, err := m.SVG(mapsvg.Options{}); err == nil {
		t.Error("marks without legend text are drawn")
	}
	m.Signs, m.OutlineText = [2]string{"besser", "schlechter"}, "besondere Aufmerksamkeit"
	var got []string
	for _, e := range m.Legend(palette.Light)[5:] {
		got = append(got, fmt.Sprintf("%s %d", e.Label, e.Count))
	}
	if strings.Join(got, "|") != "besser 1|schlechter 1|besondere Aufmerksamkeit 1" {
		t.Error(got)
	}
	s := draw(t, m, mapsvg.Options{ID: "m", Standalone: true})
	parse(t, s)
	// One triangle in the map and one in the legend for each sign: the first points up, the second down.
	if n := len(regexp.MustCompile(`l-[0-9.]+ -[0-9.]+h[0-9.]+z`).FindAllString(s, -1)); n != 2 {
		t.Errorf("%d triangles down", n)
	}
	if n := len(regexp.MustCompile(`l[0-9.]+ [0-9.]+h-[0-9.]+z`).FindAllString(s, -1)); n != 2 {
		t.Errorf("%d triangles up", n)
	}
}

func TestFewClassesStillHaveColours(t *testing.T) {
	for n := 1; n <= 2; n++ {
		m := small()
		m.Scheme, m.Classes = mapsvg.Sequential(n), []string{"a", "b"}[:n]
		m.Areas[0].Class, m.Areas[1].Class = 0, n-1
		parse(t, draw(t, m, mapsvg.Options{}))
		if _, css := m.Scheme.Fill(n-1, palette.Light); css != fmt.Sprintf("kf-q3-%d", n) {
			t.Errorf("%d classes: the highest is %s", n, css)
		}
	}
}

func TestScaleBarIsTrue(t *testing.T) {
	// Two kilometres take 400 - 2·8 units, so 500 m, the longest round length within a quarter of the width, take 96.
	s := draw(t, small(), mapsvg.Options{ID: "m", Size: mapsvg.Size{Width: 400}, Scale: metres})
	m := regexp.MustCompile(`v8h([0-9.]+)v-8`).FindStringSubmatch(s)
	if m == nil || m[1] != "96" || !strings.Contains(s, ">500 m<") {
		t.Errorf("bar %q in %s", m, s)
	}
	// The same town in degrees: one degree of latitude is 111.195 km.
	geographic := small()
	geographic.Geographic = true
	const lat = 50.7
	for i, a := range geographic.Areas {
		for j, r := range a.Rings {
			out := make(mapsvg.Ring, len(r))
			for k, p := range r {
				out[k] = mapsvg.Point{X: 6.2 + (p.X-1000)/111195/math.Cos(lat*math.Pi/180), Y: lat + (p.Y-1000)/111195}
			}
			geographic.Areas[i].Rings[j] = out
		}
	}
	geographic.Districts = nil
	m = regexp.MustCompile(`v8h([0-9.]+)v-8`).FindStringSubmatch(draw(t, geographic, mapsvg.Options{ID: "m", Size: mapsvg.Size{Width: 400}, Scale: metres}))
	if w, err := strconv.ParseFloat(m[1], 64); err != nil || math.Abs(w-96) > 0.2 {
		t.Errorf("bar %q", m)
	}
}

func TestFaultyMapsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*mapsvg.Map){
		"no title":                 func(m *mapsvg.Map) { m.Title = "" },
		"missing legend text":      func(m *mapsvg.Map) { m.Classes = m.Classes[:2] },
		"class outside":            func(m *mapsvg.Map) { m.Areas[0].Class = 3 },
		"special without text":     func(m *mapsvg.Map) { m.Specials = nil },
		"corner that is no number": func(m *mapsvg.Map) { m.Areas[0].Rings[0][1].X = math.NaN() },
		"too many classes":         func(m *mapsvg.Map) { m.Scheme = mapsvg.Sequential(9) },
		"no class":                 func(m *mapsvg.Map) { m.Scheme = mapsvg.Diverging(0, 3) },
	} {
		m := small()
		change(&m)
		if s, err := m.SVG(mapsvg.Options{}); err == nil || s != "" {
			t.Errorf("%s: drawn", name)
		}
	}
	empty := mapsvg.Map{Title: "Leer", Scheme: mapsvg.Status(), Classes: []string{"1", "2", "3", "4"}}
	parse(t, draw(t, empty, mapsvg.Options{Standalone: true, Scale: metres}))
}

// walk follows path data back to absolute corners.
func walk(t interface{ Fatalf(string, ...any) }, d string) (rings [][][2]int) {
	tokens := regexp.MustCompile(`[a-z]|-?\d+`).FindAllString(d, -1)
	if strings.Join(tokens, "") != strings.ReplaceAll(d, " ", "") {
		t.Fatalf("unexpected characters in %q", d)
	}
	var at, first [2]int
	command := ""
	number := func(i int) int {
		n, err := strconv.Atoi(tokens[i])
		if err != nil {
			t.Fatalf("%q: %v", d, err)
		}
		return n
	}
	for i := 0; i < len(tokens); {
		if c := tokens[i]; c >= "a" && c <= "z" {
			command = c
			i++
		}
		switch command {
		case "z":
			at = first
			command = ""
			continue
		case "h":
			at[0] += number(i)
			i++
		case "v":
			at[1] += number(i)
			i++
		case "m", "l":
			at[0] += number(i)
			at[1] += number(i + 1)
			i += 2
		default:
			t.Fatalf("%q: command %q", d, command)
		}
		if command == "m" {
			first, command = at, "l"
			rings = append(rings, nil)
		}
		rings[len(rings)-1] = append(rings[len(rings)-1], at)
	}
	return rings
}

func TestPathsStayInsideAndKeepNeighboursTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A grid whose inner corners are moved: neighbours share corners exactly, so they must share them in the drawing.
		n := rapid.IntRange(1, 5).Draw(t, "n")
		corner := map[[2]int]mapsvg.Point{}
		for x := range n + 1 {
			for y := range n + 1 {
				corner[[2]int{x, y}] = mapsvg.Point{
					X: 1000*float64(x) + rapid.Float64Range(-400, 400).Draw(t, "dx"), Y: 1000*float64(y) + rapid.Float64Range(-400, 400).Draw(t, "dy"),
				}
			}
		}
		m := mapsvg.Map{Title: "T", Scheme: mapsvg.Sequential(3), Classes: []string{"a", "b", "c"}}
		for x := range n {
			for y := range n {
				m.Areas = append(m.Areas, mapsvg.Area{
					Key: fmt.Sprint(x, y), Name: "A",
					Rings: []mapsvg.Ring{{corner[[2]int{x, y}], corner[[2]int{x + 1, y}], corner[[2]int{x + 1, y + 1}], corner[[2]int{x, y + 1}]}},
				})
			}
		}
		s, err := m.SVG(mapsvg.Options{Size: mapsvg.Size{Width: 500}})
		if err != nil {
			t.Fatal(err)
		}
		size := regexp.MustCompile(`viewBox="0 0 (\S+) (\S+)"`).FindStringSubmatch(s)
		height, err := strconv.ParseFloat(size[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		corners := map[[2]int]bool{}
		for _, d := range regexp.MustCompile(` d="(m[^"]*)"`).FindAllStringSubmatch(s, -1) {
			for _, ring := range walk(t, d[1]) {
				for _, c := range ring {
					if c[0] < 0 || c[0] > 500 || c[1] < 0 || float64(c[1]) > height {
						t.Fatalf("corner %v outside %s", c, size[0])
					}
					corners[c] = true
				}
			}
		}
		if len(corners) > (n+1)*(n+1) {
			t.Fatalf("%d different corners from %d", len(corners), (n+1)*(n+1))
		}
	})
}

func berlin(t testing.TB) mapsvg.Map {
	dir := filepath.Join(testdata.Dir(t), "berlin_lor_geometry")
	read := func(file string) geo.Layer {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		layer, _, err := geojson.Read(f, geo.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return layer
	}
	m := mapsvg.Map{
		Title: "Statusindex nach Planungsraum, Berlin 2021", Description: "542 Planungsräume in vier Statusklassen.", Geographic: true, Scheme: mapsvg.Status(),
		Classes:  []string{"hoher Status", "mittlerer Status", "niedriger Status", "sehr niedriger Status"},
		Specials: map[palette.Special]string{palette.NotAssessed: "nicht bewertet", palette.Suppressed: "geheim gehalten", palette.NoData: "keine Angabe"},
		Source:   "Quelle: Testdaten; Räume: LOR 2021, Geoportal Berlin, dl-de/by-2-0", LegendTitle: "Statusklasse",
	}
	for i, f := range read("plr_2021_wgs84.geojson").Features {
		a := mapsvg.Area{
			Key: f.Properties.Text("PLR_ID"), Name: f.Properties.Text("PLR_NAME"), Rings: mapsvg.Rings(f.Geometry), Class: (i * 7 % 11) % 4,
			Value: "Status " + strconv.Itoa((i*7%11)%4+1), Href: "/raeume/plr/2021/" + f.Properties.Text("PLR_ID"),
		}
		if i%37 == 0 {
			a.Special = special(palette.Specials[i%3])
			a.Value = m.Specials[*a.Special]
		}
		m.Areas = append(m.Areas, a)
	}
	for _, f := range read("bezirke_wgs84.geojson").Features {
		m.Districts = append(m.Districts, mapsvg.District{Name: f.Properties.Text("Gemeinde_n"), Rings: mapsvg.Rings(f.Geometry)})
	}
	if len(m.Areas) != 542 {
		t.Fatalf("%d areas", len(m.Areas))
	}
	return m
}

func TestBerlinFitsThePage(t *testing.T) {
	m := berlin(t)
	// A page of 542 areas may take 150 KB compressed as a whole, so the map in it must stay well below.
	for name, c := range map[string]struct {
		o                mapsvg.Options
		most, compressed int
	}{
		"picture": {mapsvg.Options{ID: "m", Size: mapsvg.Size{Width: 720}, Scale: metres}, 120_000, 40_000},
		"links":   {mapsvg.Options{ID: "m", Size: mapsvg.Size{Width: 720}, Links: true, SkipTab: true, Scale: metres}, 160_000, 45_000},
	} {
		s := draw(t, m, c.o)
		parse(t, s)
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := io.WriteString(w, s); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if len(s) > c.most || z.Len() > c.compressed {
			t.Errorf("%s takes %d bytes, %d compressed; at most %d and %d", name, len(s), z.Len(), c.most, c.compressed)
		}
		t.Logf("%s: %d bytes, %d compressed", name, len(s), z.Len())
	}
	if out := os.Getenv("MAP_OUT"); out != "" {
		for name, o := range map[string]mapsvg.Options{
			"berlin-page.svg": {ID: "m", Links: true, Scale: metres}, "berlin.svg": {ID: "m", Standalone: true, Scale: metres}, "berlin-dark.svg": {ID: "m", Standalone: true, Scale: metres, Theme: palette.Dark},
		} {
			m.Selected = m.Areas[100].Key
			if err := os.WriteFile(filepath.Join(out, name), []byte(draw(t, m, o)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPreparedShapesGiveTheSameMap(t *testing.T) {
	m := small()
	want := draw(t, m, mapsvg.Options{ID: "m", Standalone: true})
	m.Base = mapsvg.NewBase(m.Areas, m.Districts, false, mapsvg.Size{})
	for i := range m.Areas {
		m.Areas[i].Rings = nil
	}
	m.Districts = nil
	if got := draw(t, m, mapsvg.Options{ID: "m", Standalone: true}); got != want {
		t.Error("the map from prepared shapes differs")
	}
}

func BenchmarkBaseOf542Areas(b *testing.B) {
	m := berlin(b)
	for b.Loop() {
		mapsvg.NewBase(m.Areas, m.Districts, true, mapsvg.Size{Width: 720})
	}
}

func BenchmarkMapOf542Areas(b *testing.B) {
	m := berlin(b)
	m.Base = mapsvg.NewBase(m.Areas, m.Districts, true, mapsvg.Size{Width: 720})
	for i := range m.Areas {
		m.Areas[i].Rings = nil
	}
	n := 0
	for b.Loop() {
		n = len(draw(b, m, mapsvg.Options{ID: "m", Links: true, SkipTab: true, Scale: metres}))
	}
	b.ReportMetric(float64(n), "bytes")
}
