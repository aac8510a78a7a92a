// SPDX-License-Identifier: EUPL-1.2

package indicator_test

import (
	"errors"
	"math"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"pgregory.net/rapid"
)

func dayOf(s string) kernel.Date { return kernel.Date(s) }

var (
	nan   = math.NaN()
	share = indicator.Version{Name: kernel.T("Anteil", "share"), Aggregation: indicator.Ratio, Factor: 100, Unit: "%"}
	count = indicator.Version{Name: kernel.T("Zahl", "count"), Aggregation: indicator.Sum, Factor: 1, Unit: "n"}
)

func figure(num, den float64, f indicator.Flag) indicator.Observation {
	return indicator.Observation{Numerator: num, Denominator: den, Value: nan, Change: nan, Flag: f, Disclosure: indicator.Cleared}
}

func TestARateOfAUnionIsTheRatioOfSums(t *testing.T) {
	u, err := indicator.RollUp([]indicator.Observation{figure(10, 100, indicator.Value), figure(50, 100, indicator.Value), figure(0, 300, indicator.Zero)}, share)
	if err != nil || u.Numerator != 60 || u.Denominator != 500 || u.Number(share) != 12 || u.Flag != indicator.Value {
		t.Errorf("%+v, %v", u, err)
	}
	u, err = indicator.RollUp([]indicator.Observation{figure(10, nan, indicator.Value), figure(50, nan, indicator.Estimated)}, count)
	if err != nil || u.Number(count) != 60 || u.Flag != indicator.Estimated {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestFlagsOfAUnion(t *testing.T) {
	cases := []struct {
		parts []indicator.Flag
		want  indicator.Flag
	}{
		{[]indicator.Flag{indicator.Zero, indicator.Zero}, indicator.Zero},
		{[]indicator.Flag{indicator.Zero, indicator.RoundedZero}, indicator.RoundedZero},
		{[]indicator.Flag{indicator.Zero, indicator.Value}, indicator.Value},
		{[]indicator.Flag{indicator.Value, indicator.Provisional, indicator.Estimated}, indicator.Estimated},
		{[]indicator.Flag{indicator.Unsafe, indicator.Estimated}, indicator.Unsafe},
		{[]indicator.Flag{indicator.Value, indicator.Suppressed}, indicator.Suppressed},
		{[]indicator.Flag{indicator.Value, indicator.Unknown}, indicator.Unknown},
		{[]indicator.Flag{indicator.Suppressed, indicator.Unknown}, indicator.Suppressed},
		{[]indicator.Flag{indicator.Unknown, indicator.Suppressed}, indicator.Suppressed},
		{[]indicator.Flag{indicator.NotApplicable, indicator.Value}, indicator.Unknown},
		{nil, indicator.Unknown},
	}
	for _, c := range cases {
		var obs []indicator.Observation
		for i, f := range c.parts {
			o := figure(float64(i+1), 10, f)
			if f == indicator.Zero || f == indicator.RoundedZero {
				o.Numerator = 0
			}
			if !f.HasNumber() {
				o.Numerator = nan
			}
			obs = append(obs, o)
		}
		u, err := indicator.RollUp(obs, share)
		if err != nil || u.Flag != c.want || u.Flag.HasNumber() == math.IsNaN(u.Number(share)) {
			t.Errorf("%v: %+v, %v", c.parts, u, err)
		}
	}
}

func TestBareRatesAreNeverAveraged(t *testing.T) {
	rate := indicator.Observation{Numerator: nan, Denominator: nan, Value: 12.5, Change: nan, Flag: indicator.Value}
	_, err := indicator.RollUp([]indicator.Observation{figure(1, 2, indicator.Value), rate}, share)
	var e *kernel.Error
	if !errors.As(err, &e) || e.Key != "indicator.rollup.rate" || e.Params["n"] != 1 {
		t.Errorf("%v", err)
	}
	median := share
	median.Aggregation = indicator.NoAggregation
	if _, err := indicator.RollUp([]indicator.Observation{rate}, median); !errors.As(err, &e) || e.Key != "indicator.rollup.none" {
		t.Errorf("%v", err)
	}
}

func TestOneUncheckedPartMakesTheUnionUnchecked(t *testing.T) {
	open := figure(1, 2, indicator.Value)
	open.Disclosure = indicator.Unchecked
	for _, obs := range [][]indicator.Observation{{open, figure(1, 2, indicator.Value)}, {figure(1, 2, indicator.Value), open}} {
		if u, _ := indicator.RollUp(obs, share); u.Disclosure != indicator.Unchecked {
			t.Errorf("%+v", u)
		}
	}
}

// TestAUnionOfUnionsIsTheUnion: districts of quarters of blocks give the city, in any order and grouping.
func TestAUnionOfUnionsIsTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "areas")
		obs := make([]indicator.Observation, n)
		for i := range obs {
			den := rapid.IntRange(1, 5000).Draw(t, "den")
			obs[i] = figure(float64(rapid.IntRange(0, den).Draw(t, "num")), float64(den), rapid.SampledFrom(indicator.Flags()).Draw(t, "flag"))
			if !obs[i].Flag.HasNumber() {
				obs[i].Numerator = nan
			}
		}
		whole, err := indicator.RollUp(obs, share)
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(1, n).Draw(t, "cut")
		groups := [][]indicator.Observation{obs[cut:], obs[:cut]}
		var unions []indicator.Observation
		for _, g := range groups {
			if len(g) > 0 {
				u, err := indicator.RollUp(g, share)
				if err != nil {
					t.Fatal(err)
				}
				unions = append(unions, u)
			}
		}
		again, err := indicator.RollUp(unions, share)
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if again.Flag != whole.Flag || !same(again.Numerator, whole.Numerator) || !same(again.Denominator, whole.Denominator) {
			t.Fatalf("in one step %+v, in two %+v", whole, again)
		}
		if x := whole.Number(share); !math.IsNaN(x) && (x < 0 || x > 100) {
			t.Fatalf("a share of %v", x)
		}
	})
}
