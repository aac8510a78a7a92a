// SPDX-License-Identifier: EUPL-1.2

package chart_test

import (
	"encoding/xml"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
)

var update = flag.Bool("update", false, "write the golden files anew")

var words = chart.Words{
	Area: "Raum", Value: "Wert", Period: "Jahr", City: "Stadt", Low: "niedrigster", High: "höchster", Count: "Anzahl Räume", From: "von", To: "bis",
	Group: "Gruppe", Reference: "Stadt", Missing: "keine Angabe", Middle: "mittlere Hälfte der Räume", Break: "Bruch in der Reihe", Flagged: "geschätzter Wert",
}

func german(v float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", ",")
}

func frame(title string) chart.Frame {
	return chart.Frame{ID: "c", Title: title, Description: "Beschreibung.", Source: "Quelle: Kupferstadt, 31.12.2024", Unit: "Prozent", Format: german, Words: words}
}

func val(v float64) chart.Value { return chart.Value{V: v} }

func vals(vs ...float64) []chart.Value {
	out := make([]chart.Value, len(vs))
	for i, v := range vs {
		out[i] = val(v)
	}
	return out
}

// drawing is what all charts have in common.
type drawing interface {
	SVG() string
	Table() chart.Table
}

var nan = math.NaN()

// samples are one chart of each kind, with all that is special about it.
func samples() map[string]drawing {
	mills := vals(12.1, 12.6, nan, 13.2, 12.9, 12.4)
	mills[2] = chart.None("geheim")
	mills[4].Break = true
	mills[5].Flag = "geschätzt"
	return map[string]drawing{
		"line": chart.Line{
			Frame: frame("SGB-II-Quote 2019 bis 2024"), Periods: []string{"2019", "2020", "2021", "2022", "2023", "2024"}, Zero: true,
			Series: []chart.Series{{"Mühle", mills}, {"Stadt", vals(8.1, 8.3, 8.9, 8.4, 8.2, 8.6)}, {"Atsch", vals(8.0, 8.2, 8.4, 8.3, 8.3, 8.5)}},
		},
		"bar": chart.Bar{
			Frame: frame("SGB-II-Quote nach Sozialraum"), Reference: &chart.Reference{Name: "Stadt", Value: 8.6},
			Rows: []chart.Row{
				{Name: "Atsch", Value: val(3.1)},
				{Name: "Mühle", Value: val(12.6), Marked: true},
				{Name: "Büsbach", Value: chart.None("geheim")},
				{Name: "Donnerberg und Umgebung mit sehr langem Namen", Value: chart.Value{V: 13.9, Flag: "geschätzt"}},
				{Name: "Vicht", Value: val(-1.5)},
			},
		},
		"stack": chart.Stack{
			Frame: frame("Alter nach Sozialraum"), Groups: []string{"Atsch", "Mühle", "Vicht"},
			Series: []chart.Series{{"unter 18", vals(18, 22, 15)}, {"18 bis 64", vals(62, 63, 60)}, {"65 und älter", vals(20, 15, 25)}},
		},
		"grouped": chart.Stack{
			Frame: frame("Quote nach Geschlecht"), Groups: []string{"Atsch", "Mühle"}, Grouped: true,
			Series: []chart.Series{{"Frauen", vals(4.2, -11)}, {"Männer", []chart.Value{val(5.1), chart.None("geheim")}}},
		},
		"pyramid": chart.Pyramid{
			Frame: frame("Altersaufbau"), Groups: []string{"0–9", "10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70–79", "80+"},
			LeftName: "Männer", RightName: "Frauen", AreaLabel: "Mühle", CityLabel: "Stadt",
			Left: vals(5.2, 5.6, 7.4, 7.1, 6.2, 7.0, 5.8, 3.9, 1.9), Right: append(vals(4.9, 5.1, 6.9, 6.8, 6.1, 7.1, 6.3, 4.6), chart.None("geheim")),
			CityLeft: []float64{4.6, 4.9, 5.8, 6.0, 6.1, 8.0, 7.0, 4.4, 2.4}, CityRight: []float64{4.4, 4.6, 5.5, 5.9, 6.0, 8.1, 7.4, 5.2, 3.9},
		},
		"histogram": chart.Histogram{
			Frame: frame("Verteilung der SGB-II-Quote"), Values: []float64{1, 2, 2.5, 3, 3.2, 3.3, 4, 5, 5.5, 6, 6.1, 8, 9, 9.5, 12, 14, 19, nan},
			Limits: []float64{4, 8, 12}, Bins: 12, Reference: &chart.Reference{Name: "Stadt", Value: 6.3},
		},
		"position": chart.Position{
			Frame: frame("Mühle im Vergleich"), AreaLabel: "Mühle", CityLabel: "Stadt",
			Rows: []chart.PositionRow{
				{Name: "SGB-II-Quote", Value: val(12.6), City: 8.6, Low: 3.1, High: 19.3, Lower: 5.8, Upper: 12.6, Unit: "Prozent"},
				{Name: "Kinder in SGB II", Value: chart.None("geheim"), City: 14.2, Low: 5, High: 35, Lower: 8, Upper: 20, Unit: "Prozent"},
				{Name: "Einwohner je Hektar", Value: val(41), City: nan, Low: 3, High: 80, Lower: nan, Upper: nan},
			},
		},
		"scatter": chart.Scatter{
			Frame: frame("Status und Dynamik"), XName: "Statusindex", YName: "Dynamikindex", XLimits: []float64{-1, 1}, YLimits: []float64{-1, 1},
			FormatX: german, FormatY: german, StatusNames: []string{"hoch", "mittel", "niedrig", "sehr niedrig"},
			Dots: []chart.Dot{
				{Name: "Atsch", X: -1.4, Y: 0.2, Status: 1, Dynamic: "+/-"},
				{Name: "Mühle", X: 1.9, Y: 1.3, Status: 4, Dynamic: "-", Marked: true},
				{Name: "Vicht", X: 0.3, Y: -1.6, Status: 2, Dynamic: "+"},
				{Name: "Zweifall", X: 1.2, Y: 0.1, Status: 3, Dynamic: "+/-"},
				{Name: "Dorff", X: nan, Y: 1},
			},
		},
		"interval": chart.Interval{
			Frame: frame("Rang mit Spannweite"), Reverse: true,
			Rows: []chart.IntervalRow{
				{Name: "Mühle", Value: 1, Low: 1, High: 3, Marked: true},
				{Name: "Atsch", Value: 5, Low: 4, High: 5},
				{Name: "Vicht", Value: 2, Low: 1, High: 4},
				{Name: "Dorff", Value: nan, Low: nan, High: nan},
			},
		},
	}
}

func TestChartsAreDrawnAsBefore(t *testing.T) {
	for name, d := range samples() {
		got := strings.ReplaceAll(d.SVG(), "><", ">\n<") + "\n"
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
			t.Errorf("%s differs from %s (-update writes it)", name, file)
		}
	}
}

func TestTablesTellTheSame(t *testing.T) {
	want := map[string][]string{
		"line":      {"Jahr|Mühle|Stadt|Atsch", "2021|geheim|8,9|8,4", "2023|12,9 // Bruch in der Reihe|8,2|8,3", "2024|12,4 (geschätzt)|8,6|8,5"},
		"bar":       {"Raum|Wert", "Vicht|-1,5", "Büsbach|geheim", "Stadt|8,6"},
		"stack":     {"Gruppe|unter 18|18 bis 64|65 und älter", "Mühle|22|63|15"},
		"grouped":   {"Mühle|-11|geheim"},
		"pyramid":   {"Gruppe|Männer, Mühle|Frauen, Mühle|Männer, Stadt|Frauen, Stadt", "80+|1,9|geheim|2,4|3,9"},
		"histogram": {"von|bis|Anzahl Räume", "1|4|7", "4|8|5", "8|12|3", "12|19|2"},
		"position":  {"Wert|Mühle|Stadt|niedrigster|höchster", "SGB-II-Quote (Prozent)|12,6|8,6|3,1|19,3", "Einwohner je Hektar|41|keine Angabe|3|80"},
		"scatter":   {"Raum|Statusindex|Dynamikindex|Gruppe", "Mühle|1,9|1,3|sehr niedrig -", "Dorff|keine Angabe|1|keine Angabe"},
		"interval":  {"Raum|Wert|niedrigster|höchster", "Mühle|1|1|3", "Dorff|keine Angabe|keine Angabe|keine Angabe"},
	}
	for name, d := range samples() {
		table := d.Table()
		lines := []string{strings.Join(table.Header, "|")}
		for _, r := range table.Rows {
			if len(r) != len(table.Header) {
				t.Errorf("%s: row %q under header %q", name, r, table.Header)
			}
			lines = append(lines, strings.Join(r, "|"))
		}
		for _, w := range want[name] {
			if !slices.Contains(lines, w) {
				t.Errorf("%s: no row %q in\n%s", name, w, strings.Join(lines, "\n"))
			}
		}
		if want[name] == nil {
			t.Errorf("no expectation for %s", name)
		}
	}
	bars := samples()["bar"].Table().Rows
	if bars[0][0] != "Donnerberg und Umgebung mit sehr langem Namen" || bars[4][0] != "Büsbach" {
		t.Errorf("bars are not in order of value: %q", bars)
	}
}

func TestEveryMarkNamesItsValue(t *testing.T) {
	for name, want := range map[string][]string{
		"line": {"Mühle, 2024: 12,4 (geschätzt)"}, "bar": {"Mühle: 12,6"}, "stack": {"Mühle, 65 und älter: 15"}, "grouped": {"Mühle, Frauen: -11"},
		"pyramid": {"Männer, 80+: 1,9"}, "histogram": {"2 – 4: 5"}, "position": {"SGB-II-Quote: 12,6"}, "scatter": {"Mühle: Statusindex 1,9, Dynamikindex 1,3"},
		"interval": {"Mühle: 1 (1 – 3)"},
	} {
		s := samples()[name].SVG()
		for _, w := range want {
			if !strings.Contains(s, "<title>"+w+"</title>") {
				t.Errorf("%s: no mark says %q", name, w)
			}
		}
	}
}

func TestGapsAndBreaksInterruptTheLine(t *testing.T) {
	s := samples()["line"].SVG()
	d := regexp.MustCompile(`<path d="(M[^"]*)" fill="none" stroke-width="2.2"`).FindStringSubmatch(s)[1]
	// 2019-2020, gap 2021, 2022 alone, break before 2023.
	if strings.Count(d, "M") != 3 || strings.Count(d, "L") != 2 {
		t.Errorf("line %q", d)
	}
	if !strings.Contains(s, "// Bruch in der Reihe") || !strings.Contains(s, "○ geschätzter Wert") {
		t.Error("the marks are not explained")
	}
}

// numbersInside checks that the drawing is well-formed and every coordinate is finite and inside the view box.
func numbersInside(t interface{ Fatalf(string, ...any) }, s string) {
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Fatalf("a number that is none in %s", s)
	}
	dec := xml.NewDecoder(strings.NewReader(s))
	var w, h float64
	const slack = 14 // the radius of a marker on the rim, and text estimates
	depth := 0
	for {
		tok, err := dec.Token()
		if tok == nil {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if end, ok := tok.(xml.EndElement); ok && end.Name.Local == "pattern" {
			depth--
		}
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if el.Name.Local == "pattern" {
			depth++
		}
		if depth > 0 {
			continue
		}
		attr := func(name string) (float64, bool) {
			for _, a := range el.Attr {
				if a.Name.Local == name {
					f, err := strconv.ParseFloat(a.Value, 64)
					if err != nil {
						t.Fatalf("%s=%q", name, a.Value)
					}
					return f, true
				}
			}
			return 0, false
		}
		inside := func(what string, v, most float64) {
			if v < -slack || v > most+slack {
				t.Fatalf("%s of %s is %v, outside 0 to %v: %s", what, el.Name.Local, v, most, s)
			}
		}
		if el.Name.Local == "svg" {
			w, _ = attr("width")
			h, _ = attr("height")
			continue
		}
		for _, n := range []string{"x", "cx"} {
			if v, ok := attr(n); ok {
				width, _ := attr("width")
				if width < 0 {
					t.Fatalf("width %v", width)
				}
				inside(n, v, w)
				inside(n, v+width, w)
			}
		}
		for _, n := range []string{"y", "cy"} {
			if v, ok := attr(n); ok {
				height, _ := attr("height")
				if height < 0 {
					t.Fatalf("height %v", height)
				}
				inside(n, v, h)
				inside(n, v+height, h)
			}
		}
		for _, a := range el.Attr {
			if a.Name.Local != "d" {
				continue
			}
			for _, m := range regexp.MustCompile(`[ML](-?[0-9.]+) (-?[0-9.]+)`).FindAllStringSubmatch(a.Value, -1) {
				x, _ := strconv.ParseFloat(m[1], 64)
				y, _ := strconv.ParseFloat(m[2], 64)
				inside("x", x, w)
				inside("y", y, h)
			}
		}
	}
}

func TestAnyValuesStayInsideTheDrawing(t *testing.T) {
	name := rapid.OneOf(rapid.SampledFrom([]string{"Mühle", "", `<script>alert("x")</script>`, "a & b", "\u202eשלום\x00", strings.Repeat("sehr lang ", 30)}), rapid.String())
	number := rapid.OneOf(
		rapid.Float64Range(0, 100), rapid.Float64Range(-1e9, 1e9), rapid.SampledFrom([]float64{nan, math.Inf(1), math.Inf(-1), 0, math.MaxFloat64, -math.MaxFloat64, 1e-300, 1e15}),
	)
	value := rapid.Custom(func(t *rapid.T) chart.Value {
		return chart.Value{V: number.Draw(t, "v"), Flag: rapid.SampledFrom([]string{"", "", "geheim", "<b>"}).Draw(t, "flag"), Break: rapid.Bool().Draw(t, "break")}
	})
	numbers, values, names := rapid.SliceOfN(number, 0, 8), rapid.SliceOfN(value, 0, 8), rapid.SliceOfN(name, 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		f := frame(name.Draw(t, "title"))
		f.Standalone = rapid.Bool().Draw(t, "standalone")
		f.Source = name.Draw(t, "source")
		f.Theme = rapid.SampledFrom([]palette.Theme{palette.Light, palette.Dark}).Draw(t, "theme")
		groups := names.Draw(t, "groups")
		var series []chart.Series
		for _, n := range names.Draw(t, "series") {
			series = append(series, chart.Series{Name: n, Values: values.Draw(t, "values")})
		}
		reference := &chart.Reference{Name: name.Draw(t, "reference"), Value: number.Draw(t, "at")}
		var rows []chart.Row
		var positions []chart.PositionRow
		var dots []chart.Dot
		var intervals []chart.IntervalRow
		for _, n := range groups {
			v := value.Draw(t, "value")
			nums := rapid.SliceOfN(number, 5, 5).Draw(t, "nums")
			rows = append(rows, chart.Row{Name: n, Value: v, Marked: rapid.Bool().Draw(t, "marked")})
			positions = append(positions, chart.PositionRow{Name: n, Value: v, City: nums[0], Low: nums[1], High: nums[2], Lower: nums[3], Upper: nums[4]})
			dots = append(dots, chart.Dot{Name: n, X: nums[0], Y: nums[1], Status: rapid.IntRange(0, 5).Draw(t, "status"), Marked: rapid.Bool().Draw(t, "marked")})
			intervals = append(intervals, chart.IntervalRow{Name: n, Value: nums[0], Low: nums[1], High: nums[2]})
		}
		limits := rapid.SliceOfN(rapid.Float64Range(-50, 200), 0, 6).Draw(t, "limits")
		slices.Sort(limits)
		for _, d := range []drawing{
			chart.Line{Frame: f, Periods: groups, Series: series, Zero: rapid.Bool().Draw(t, "zero")},
			chart.Bar{Frame: f, Rows: rows, Reference: reference},
			chart.Stack{Frame: f, Groups: groups, Series: series, Grouped: rapid.Bool().Draw(t, "grouped")},
			chart.Pyramid{Frame: f, Groups: groups, Left: values.Draw(t, "l"), Right: values.Draw(t, "r"), CityLeft: numbers.Draw(t, "cl"), CityRight: numbers.Draw(t, "cr")},
			chart.Histogram{Frame: f, Values: numbers.Draw(t, "values"), Limits: limits, Reference: reference},
			chart.Position{Frame: f, Rows: positions},
			chart.Scatter{Frame: f, Dots: dots, XLimits: limits, YLimits: limits, StatusNames: []string{"1", "2", "3", "4"}},
			chart.Interval{Frame: f, Rows: intervals, Reference: reference},
		} {
			numbersInside(t, d.SVG())
			for _, r := range d.Table().Rows {
				if len(r) != len(d.Table().Header) {
					t.Fatalf("%v: row %q", reflect.TypeOf(d), r)
				}
			}
		}
	})
}

func TestSamplesStayInsideInBothThemes(t *testing.T) {
	for name, d := range samples() {
		numbersInside(t, d.SVG())
		if out := os.Getenv("CHART_OUT"); out != "" {
			if err := os.WriteFile(filepath.Join(out, name+".svg"), []byte(d.SVG()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out := os.Getenv("CHART_OUT"); out != "" {
		css := fmt.Sprintf(":root{%s}[data-theme=dark]{%s}%s", palette.Variables(palette.Light), palette.Variables(palette.Dark), palette.Rules())
		if err := os.WriteFile(filepath.Join(out, "figures.css"), []byte(css), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
