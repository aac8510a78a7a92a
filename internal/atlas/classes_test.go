// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/stat/classify"
)

func classesOf(t *testing.T, values []float64, c ClassChoice, town float64) Classes {
	t.Helper()
	got, err := makeClasses(values, c.orDefault(), town, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Rounded limits must put every area into the class the exact ones put it into: what the legend says is what the map shows.
func TestRoundLimitsDivideAsExactOnesDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-500, 5000), 3, 60).Draw(t, "values")
		n := rapid.IntRange(MinClasses, MaxClasses).Draw(t, "n")
		method := rapid.SampledFrom([]ClassMethod{Natural, Quantile}).Draw(t, "method")
		got, err := makeClasses(values, ClassChoice{Method: method, N: n}, math.NaN(), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		o, err := options(ClassChoice{Method: method, N: n})
		if err != nil {
			t.Fatal(err)
		}
		exact, err := classify.Make(values, o)
		if err != nil {
			t.Fatal(err)
		}
		order := map[int]int{} // empty classes of quantiles may vanish, the order of the others may not change
		for _, v := range values {
			a, b := got.Class(v), exact.Class(v)
			if before, ok := order[b]; ok && before != a {
				t.Fatalf("%v: class %d of the exact limits %v became %d and %d of %v", v, b, exact.Upper, before, a, got.Limits)
			}
			order[b] = a
		}
		if !slices.IsSorted(got.Limits) {
			t.Fatalf("limits %v", got.Limits)
		}
	})
}

func TestLimitsAreAsRoundAsTheValuesAllow(t *testing.T) {
	for _, c := range []struct {
		low, high, want float64
	}{{9.97, 10.4, 10}, {10, 10.4, 10}, {12.31, 12.38, 12.32}, {-3.6, -3.2, -3.5}, {0.2, 7, 1}} {
		if got := roundBetween(c.low, c.high, 1); got != c.want && !(c.low <= got && got < c.high && len(fmt.Sprint(got)) <= len(fmt.Sprint(c.want))) {
			t.Errorf("between %v and %v: %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

// Fisher's classic: three clear groups, whatever their distance.
func TestNaturalClassesFindTheGroups(t *testing.T) {
	c := classesOf(t, []float64{1, 2, 1.5, 10, 11, 30, 31, 32}, ClassChoice{N: 3}, math.NaN())
	if fmt.Sprint(c.Counts) != "[0 0 0]" || fmt.Sprint(c.Limits) != "[2 11]" {
		t.Errorf("%v %v", c.Limits, c.Counts)
	}
	for v, want := range map[float64]int{1: 0, 2: 0, 10: 1, 11: 1, 30: 2, -5: 0, 99: 2} {
		if got := c.Class(v); got != want {
			t.Errorf("%v is in class %d, want %d", v, got, want)
		}
	}
	if c.Class(math.NaN()) != -1 {
		t.Error("a missing value has a class")
	}
	if c.Fit < 0.99 {
		t.Errorf("fit %v", c.Fit)
	}
}

func TestEqualClassesAreEquallyWide(t *testing.T) {
	c := classesOf(t, []float64{0, 1, 2, 3, 10}, ClassChoice{Method: Equal, N: 5}, math.NaN())
	if fmt.Sprint(c.Limits) != "[2 4 6 8]" {
		t.Error(c.Limits)
	}
}

func TestFewValuesMakeFewClasses(t *testing.T) {
	for n, values := range map[int][]float64{0: {math.NaN()}, 1: {7, 7, 7}, 2: {7, 8, 7}} {
		if c := classesOf(t, values, ClassChoice{N: 7}, math.NaN()); c.N() != n {
			t.Errorf("%v: %d classes, want %d", values, c.N(), n)
		}
	}
}

func TestDivergingClassesLieAlikeAboutTheReference(t *testing.T) {
	values := []float64{4, 9, 10, 12, 13, 14, 18, 22, 30}
	c := classesOf(t, values, ClassChoice{N: 6, Reference: TownReference}, 13)
	if !c.Diverging || c.Reference != 13 || c.Below != c.Above || c.N() != c.Below+c.Above {
		t.Fatalf("%+v", c)
	}
	for i := range c.Limits {
		if d := c.Limits[i] + c.Limits[len(c.Limits)-1-i] - 26; math.Abs(d) > 1e-9 {
			t.Errorf("limits %v are not symmetric", c.Limits)
		}
	}
	if c.Class(13) != c.Below-1 || c.Class(13.01) != c.Below {
		t.Error("the reference does not divide the sides")
	}
	if _, err := makeClasses(values, ClassChoice{Method: Natural, N: 5, Reference: TownReference}, math.NaN(), 1, 1); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("a town without value: %v", err)
	}
	own := classesOf(t, values, ClassChoice{Method: Manual, Limits: []float64{5, 10, 20}, Reference: "12.5"}, math.NaN())
	if fmt.Sprint(own.Limits) != "[5 10 12.5 20]" || own.Below != 3 || own.Above != 2 {
		t.Errorf("%+v", own)
	}
}

func TestChoicesThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]ClassChoice{
		"method":          {Method: "würfeln"},
		"index":           {Method: OfIndex},
		"two classes":     {N: 2},
		"eight classes":   {N: 8},
		"no limits":       {Method: Manual},
		"falling limits":  {Method: Manual, Limits: []float64{5, 3}},
		"infinite limit":  {Method: Manual, Limits: []float64{math.Inf(1)}},
		"seven limits":    {Method: Manual, Limits: []float64{1, 2, 3, 4, 5, 6, 7}},
		"reference words": {Reference: "viel"},
		"reference NaN":   {Reference: "NaN"},
	} {
		if err := c.Check(); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (ClassChoice{}).Check(); err != nil {
		t.Error(err)
	}
}

func TestChangeComparesAboutFiveYearsOnOneDefinition(t *testing.T) {
	point := func(year int, version int, num, den float64) release.Point {
		v := math.NaN()
		if den > 0 {
			v = 100 * num / den
		}
		return release.Point{Period: kernel.On(kernel.Date(fmt.Sprintf("%d-12-31", year))), Version: version, Figure: release.Figure{Value: v, Numerator: num, Denominator: den}}
	}
	share := analysisShare()
	series := []release.Point{point(2015, 1, 10, 300), point(2018, 2, 60, 300), point(2019, 2, math.NaN(), 0), point(2020, 2, 70, 300), point(2024, 2, 75, 310)}
	c := changeOf(series, share)
	// The handbook's example: 60 of 300 to 75 of 310 gives z = 1.247, which is not noteworthy (domain.md 4.5). Five years before there is no value;
	// of the years beside it the earlier one counts.
	if c.Since.To != "2018-12-31" || !c.Tested || c.Clear {
		t.Errorf("%+v", c)
	}
	if c := changeOf(series[:1], share); c.Known() {
		t.Errorf("a single value has changed: %+v", c)
	}
	if c := changeOf([]release.Point{series[0], series[4]}, share); c.Known() {
		t.Errorf("two definitions were compared: %+v", c)
	}
	if c := changeOf([]release.Point{point(2019, 1, 30, 300), point(2024, 1, 90, 300)}, share); !c.Clear || math.Abs(c.By-20) > 1e-9 {
		t.Errorf("%+v", c)
	}
}

func TestMemoComputesOnceAndForgetsErrors(t *testing.T) {
	var m memo[int]
	n := 0
	for range 3 {
		v, err := m.get("a", func() (int, error) { n++; return 7, nil })
		if v != 7 || err != nil {
			t.Fatal(v, err)
		}
	}
	if n != 1 {
		t.Errorf("computed %d times", n)
	}
	fail := func() (int, error) { n++; return 0, kernel.E(kernel.NotFound, "run.notfound") }
	for range 2 {
		if _, err := m.get("b", fail); err == nil {
			t.Fatal("no error")
		}
	}
	if n != 3 {
		t.Errorf("an error was kept: %d", n)
	}
	for i := range 2 * memoSize {
		if _, err := m.get(fmt.Sprint(i), func() (int, error) { return i, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.items) != memoSize || m.order.Len() != memoSize {
		t.Errorf("%d kept", len(m.items))
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = m.get("p", func() (int, error) { panic("x") })
	}()
	if v, err := m.get("p", func() (int, error) { return 1, nil }); v != 1 || err != nil {
		t.Errorf("a panic was kept: %v %v", v, err)
	}
}

func TestThemesReadBack(t *testing.T) {
	for _, th := range []Theme{{Indicator: "sgb2_rate"}, {Method: "berlin-mss-2019"}} {
		if got := ParseTheme(th.String()); got != th {
			t.Errorf("%v became %v", th, got)
		}
	}
	if !strings.HasPrefix(Theme{Method: "x"}.String(), methodPrefix) || !(Theme{}).IsZero() {
		t.Error("theme")
	}
}

func TestIndexClassesAreThoseOfTheMethod(t *testing.T) {
	m, ok := analysis.Preset("berlin-mss-2019")
	if !ok {
		t.Fatal("preset")
	}
	c := indexClasses(m)
	if c.N() != 4 || len(c.Names) != 4 || fmt.Sprint(c.Limits) != "[-1 1 1.5]" {
		t.Errorf("%+v", c)
	}
}
