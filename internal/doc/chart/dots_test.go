// SPDX-License-Identifier: EUPL-1.2

package chart_test

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

func dotClasses(n int) []svg.Paint {
	out := make([]svg.Paint, n)
	for i := range out {
		out[i] = svg.Paint{Class: palette.SequentialClass(n, i), Colour: palette.Sequential(n, palette.Light)[i]}
	}
	return out
}

type circle struct {
	Key string  `xml:"data-k,attr"`
	X   float64 `xml:"cx,attr"`
	Y   float64 `xml:"cy,attr"`
	R   float64 `xml:"r,attr"`
}

func circles(t interface{ Fatal(...any) }, s string) []circle {
	var root struct {
		Groups []struct {
			Circles []circle `xml:"circle"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal([]byte(s), &root); err != nil {
		t.Fatal(err)
	}
	var out []circle
	for _, g := range root.Groups {
		out = append(out, g.Circles...)
	}
	return out
}

func TestEveryKnownValueIsOneDotAndNoneLiesOnAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-50, 150), 1, 400).Draw(t, "values")
		missing := rapid.IntRange(0, 3).Draw(t, "missing")
		d := chart.Dots{Classes: dotClasses(5), Height: 150}
		for i, v := range values {
			d.Points = append(d.Points, chart.Point{Key: strconv.Itoa(i), Name: "Raum", Value: v, Class: i % 5})
		}
		for i := range missing {
			d.Points = append(d.Points, chart.Point{Key: fmt.Sprint("x", i), Name: "Raum", Value: math.NaN()})
		}
		seen := map[string]bool{}
		at := map[[2]float64]string{}
		for _, c := range circles(t, d.SVG()) {
			if seen[c.Key] || strings.HasPrefix(c.Key, "x") {
				t.Fatalf("dot %s twice, or of no value", c.Key)
			}
			seen[c.Key] = true
			if other := at[[2]float64{c.X, c.Y}]; other != "" {
				t.Fatalf("dots %s and %s lie on each other", c.Key, other)
			}
			at[[2]float64{c.X, c.Y}] = c.Key
			if c.X < 0 || c.X > 640 || c.Y < 0 {
				t.Fatalf("dot %s lies outside: %v", c.Key, c)
			}
		}
		if len(seen) != len(values) {
			t.Fatalf("%d dots for %d values", len(seen), len(values))
		}
	})
}

func TestDotsNameThemselvesWhereThereAreFew(t *testing.T) {
	d := chart.Dots{
		Frame: chart.Frame{ID: "d", Title: "Verteilung"}, Classes: dotClasses(3), Limits: []float64{2, 4}, Reference: &chart.Reference{Name: "Stadt", Value: 3},
		Points: []chart.Point{{Key: "01", Name: `A<"&`, Value: 1}, {Key: "02", Name: "B", Value: 5, Class: 2, Marked: true}},
	}
	s := d.SVG()
	for _, part := range []string{"A&lt;&quot;&amp;: 1", `data-k="02"`, "kf-q3-2", "Stadt: 3"} {
		if !strings.Contains(s, part) {
			t.Errorf("no %s in %s", part, s)
		}
	}
	if rows := d.Table().Rows; len(rows) != 2 || rows[1][2] != "3" {
		t.Errorf("%v", rows)
	}
	if s := (chart.Dots{Frame: chart.Frame{Words: chart.Words{Missing: "keine Angabe"}}}).SVG(); !strings.Contains(s, "keine Angabe") {
		t.Error("an empty chart says nothing")
	}
}
