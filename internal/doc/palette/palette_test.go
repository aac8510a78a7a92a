// SPDX-License-Identifier: EUPL-1.2

package palette_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
)

var themes = map[string]palette.Theme{"light": palette.Light, "dark": palette.Dark}

// Least colour differences (CIEDE2000) between neighbours, as the worst of four kinds of colour vision sees them. Seven classes lie closer than
// four; 7 is well above the 2 to 3 that side-by-side viewing resolves and leaves room for comparing across a map.
const (
	leastNeighbours = 7.0
	leastStatus     = 12.0
	leastSeries     = 7.0
)

func worst(a, b palette.Colour) float64 {
	d := math.Inf(1)
	for _, v := range palette.Visions {
		d = min(d, palette.Difference(palette.Simulate(a, v), palette.Simulate(b, v)))
	}
	return d
}

func eachFill(f func(name string, theme palette.Theme, fills []palette.Colour, least float64)) {
	for tn, t := range themes {
		for n := palette.MinClasses; n <= palette.MaxClasses; n++ {
			f(fmt.Sprintf("%s sequential %d", tn, n), t, palette.Sequential(n, t), leastNeighbours)
		}
		for lo := 1; lo <= 3; lo++ {
			for hi := 1; hi <= 3; hi++ {
				f(fmt.Sprintf("%s diverging %d+%d", tn, lo, hi), t, palette.Diverging(lo, hi, t), leastNeighbours)
			}
		}
		var status []palette.Colour
		for c := 1; c <= 4; c++ {
			status = append(status, palette.Status(c, t))
		}
		f(tn+" status", t, status, leastStatus)
	}
}

func TestNeighbouringClassesStayApartForEveryVision(t *testing.T) {
	eachFill(func(name string, _ palette.Theme, fills []palette.Colour, least float64) {
		for i := 1; i < len(fills); i++ {
			if d := worst(fills[i-1], fills[i]); d < least {
				t.Errorf("%s: classes %d and %d (%s, %s) differ by %.1f, want %.1f", name, i, i+1, fills[i-1].Hex(), fills[i].Hex(), d, least)
			}
		}
	})
}

func TestLightnessAloneTellsTheOrder(t *testing.T) {
	for tn, theme := range themes {
		sign := 1.0
		if theme == palette.Light {
			sign = -1
		}
		for n := palette.MinClasses; n <= palette.MaxClasses; n++ {
			fills := palette.Sequential(n, theme)
			for i := 1; i < n; i++ {
				if d := sign * (fills[i].Lightness() - fills[i-1].Lightness()); d < 8 {
					t.Errorf("%s, %d classes: step %d changes lightness by %.1f", tn, n, i, d)
				}
			}
		}
		for n := 1; n <= 3; n++ {
			fills := palette.Diverging(n, n, theme)
			for i := 1; i < n; i++ {
				if d := sign * (fills[i-1].Lightness() - fills[i].Lightness()); d < 8 {
					t.Errorf("%s, diverging %d: step %d below changes lightness by %.1f", tn, n, i, d)
				}
				if d := sign * (fills[n+i].Lightness() - fills[n+i-1].Lightness()); d < 8 {
					t.Errorf("%s, diverging %d: step %d above changes lightness by %.1f", tn, n, i, d)
				}
			}
		}
		for c := 2; c <= 4; c++ {
			if d := sign * (palette.Status(c, theme).Lightness() - palette.Status(c-1, theme).Lightness()); d < 8 {
				t.Errorf("%s: status %d changes lightness by %.1f", tn, c, d)
			}
		}
	}
}

func TestOutlinesAndTextsReach(t *testing.T) {
	eachFill(func(name string, _ palette.Theme, fills []palette.Colour, _ float64) {
		for _, c := range fills {
			if r := palette.Contrast(palette.Outline(c), c); r < 3 {
				t.Errorf("%s: outline of %s has contrast %.2f", name, c.Hex(), r)
			}
			if r := palette.Contrast(palette.On(c), c); r < 4.5 {
				t.Errorf("%s: text on %s has contrast %.2f", name, c.Hex(), r)
			}
		}
	})
	for tn, theme := range themes {
		paper := palette.Paper(theme)
		for name, c := range map[string]struct {
			colour palette.Colour
			least  float64
		}{
			"ink": {palette.Ink(theme), 7}, "muted": {palette.Muted(theme), 4.5}, "accent": {palette.Accent(theme), 4.5},
		} {
			if r := palette.Contrast(c.colour, paper); r < c.least {
				t.Errorf("%s: %s on paper has contrast %.2f", tn, name, r)
			}
		}
		if r := palette.Contrast(palette.SpecialLine(theme), palette.SpecialGround(theme)); r < 3 {
			t.Errorf("%s: hatch has contrast %.2f", tn, r)
		}
		for i := range palette.SeriesCount {
			if r := palette.Contrast(palette.Series(i, theme), paper); r < 4.5 {
				t.Errorf("%s: series %d on paper has contrast %.2f", tn, i, r)
			}
			for j := range i {
				if d := worst(palette.Series(i, theme), palette.Series(j, theme)); d < leastSeries && i < 4 {
					t.Errorf("%s: series %d and %d differ by %.1f", tn, j, i, d)
				}
			}
		}
	}
}

// A social map must not colour poverty red: hues of the classes that mean more stay away from the red third of the circle.
func TestNoClassIsRed(t *testing.T) {
	eachFill(func(name string, _ palette.Theme, fills []palette.Colour, _ float64) {
		for _, c := range fills {
			if r, g, b := int(c.R), int(c.G), int(c.B); r > g+110 && r > b+110 {
				t.Errorf("%s: %s is red", name, c.Hex())
			}
		}
	})
}

// Pairs and results from table 1 of Sharma, Wu, Dalal 2005; they reach every branch of the mean hue and the rotation term.
func TestDifferenceEqualsThePublishedPairs(t *testing.T) {
	for _, c := range []struct {
		a, b [3]float64
		want float64
	}{
		{[3]float64{50, 2.6772, -79.7751}, [3]float64{50, 0, -82.7485}, 2.0425},
		{[3]float64{50, 2.49, -0.001}, [3]float64{50, -2.49, 0.0009}, 7.1792},
		{[3]float64{50, 2.49, -0.001}, [3]float64{50, -2.49, 0.0011}, 7.2195},
		{[3]float64{50, 2.5, 0}, [3]float64{73, 25, -18}, 27.1492},
		{[3]float64{60.2574, -34.0099, 36.2677}, [3]float64{60.4626, -34.1751, 39.4387}, 1.2644},
		{[3]float64{6.7747, -0.2908, -2.4247}, [3]float64{5.8714, -0.0985, -2.2286}, 0.6377},
	} {
		if got := palette.LabDifference(c.a, c.b); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("%v to %v: %.4f, published %.4f", c.a, c.b, got, c.want)
		}
	}
}

func TestDifferenceKnowsItsLimits(t *testing.T) {
	if d := palette.Difference(palette.Black, palette.White); math.Abs(d-100) > 0.01 {
		t.Errorf("black to white %.4f", d)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Custom(func(t *rapid.T) palette.Colour {
			return palette.Colour{R: rapid.Byte().Draw(t, "r"), G: rapid.Byte().Draw(t, "g"), B: rapid.Byte().Draw(t, "b")}
		})
		a, b := c.Draw(t, "a"), c.Draw(t, "b")
		if palette.Difference(a, a) > 1e-9 || math.Abs(palette.Difference(a, b)-palette.Difference(b, a)) > 1e-9 {
			t.Fatalf("%v %v", a, b)
		}
		if a != b && palette.Difference(a, b) <= 0 {
			t.Fatalf("%v and %v do not differ", a, b)
		}
		if r := palette.Contrast(palette.On(a), a); r < 4.5 {
			t.Fatalf("text on %v has contrast %.2f", a, r)
		}
		if r := palette.Contrast(palette.Outline(a), a); r < 3 {
			t.Fatalf("outline of %v has contrast %.2f", a, r)
		}
	})
}

func TestSimulationKeepsGreys(t *testing.T) {
	for _, v := range palette.Visions {
		for _, g := range []uint8{0, 64, 128, 192, 255} {
			c := palette.Colour{R: g, G: g, B: g}
			if d := palette.Difference(c, palette.Simulate(c, v)); d > 1 {
				t.Errorf("vision %d sees grey %d changed by %.1f", v, g, d)
			}
		}
	}
	// Red and green of the same lightness are what deuteranopia confuses: the simulation must bring them together.
	red, green := palette.Colour{R: 0xb0, G: 0x5a, B: 0x2c}, palette.Colour{R: 0x6f, G: 0x78, B: 0x20}
	if before, after := palette.Difference(red, green), palette.Difference(palette.Simulate(red, palette.Deuteranopia), palette.Simulate(green, palette.Deuteranopia)); after > before/2 {
		t.Errorf("red and green differ by %.1f, under deuteranopia by %.1f", before, after)
	}
}

func TestStyleSheetNamesEveryColourInBothThemes(t *testing.T) {
	light, dark, rules := palette.Variables(palette.Light), palette.Variables(palette.Dark), palette.Rules()
	for _, decl := range strings.Split(strings.TrimSuffix(light, ";"), ";") {
		name, _, _ := strings.Cut(decl, ":")
		if !strings.Contains(dark, name+":") {
			t.Errorf("%s is missing in the dark theme", name)
		}
		if !strings.Contains(rules, "var("+name+")") {
			t.Errorf("%s is used by no rule", name)
		}
	}
}

func TestPatternsAreToldApartByShape(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range palette.Specials {
		p := strings.ReplaceAll(s.Pattern("x", palette.Light), s.String(), "")
		if seen[p] {
			t.Errorf("%s looks like another", s)
		}
		seen[p] = true
	}
}

func TestClassCountsOutsideTheRangePanic(t *testing.T) {
	for _, f := range []func(){
		func() { palette.Sequential(2, palette.Light) }, func() { palette.Sequential(8, palette.Light) },
		func() { palette.Diverging(0, 2, palette.Light) }, func() { palette.Diverging(2, 4, palette.Light) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		}()
	}
}
