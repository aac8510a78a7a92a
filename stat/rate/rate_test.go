// SPDX-License-Identifier: EUPL-1.2

package rate_test

import (
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/rate"
)

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

func TestUnionIsSumOverSum(t *testing.T) {
	parts := []rate.Rate{{Num: 1, Den: 10}, {Num: 30, Den: 100}, {}}
	got, tally, err := rate.Union(parts, []stat.State{stat.Number, stat.Number, stat.Empty})
	if err != nil || got != (rate.Rate{Num: 31, Den: 110}) || tally.Used != 2 || tally.Empty != 1 {
		t.Errorf("%v %+v %v", got, tally, err)
	}
	if v, ok := got.Value(); !ok || v == 0.2 {
		t.Errorf("the rate of the union is not the mean of rates: %v", v)
	}
	_, _, err = rate.Union(parts, []stat.State{stat.Number, stat.Secret, stat.Missing})
	var e *rate.IncompleteError
	if !errors.As(err, &e) || e.Missing != 1 || e.Secret != 1 {
		t.Errorf("a union with unknown parts must have no rate: %v", err)
	}
	if _, ok := (rate.Rate{Num: 0, Den: 0}).Value(); ok {
		t.Error("nobody has no rate")
	}
}

// Domain handbook 4.5.
func TestWilsonInterval(t *testing.T) {
	for _, c := range []struct{ num, den, lo, hi float64 }{
		{12, 85, 0.0826, 0.2307}, {0, 40, 0, 0.0876}, {3, 30, 0.0346, 0.2562}, {40, 40, 1 - 0.0876, 1}, {0, 0, 0, 1},
	} {
		lo, hi := rate.Wilson(rate.Rate{Num: c.num, Den: c.den}, rate.Z95)
		if !near(lo, c.lo, 5.1e-5) || !near(hi, c.hi, 5.1e-5) {
			t.Errorf("%v of %v: [%v, %v], want [%v, %v]", c.num, c.den, lo, hi, c.lo, c.hi)
		}
	}
	if lo, _ := rate.Wilson(rate.Rate{Num: 5, Den: 3}, rate.Z95); !math.IsNaN(lo) {
		t.Errorf("5 of 3 has no interval, got %v", lo)
	}
}

func TestWilsonHoldsTheShareAndNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		lo, hi := rate.Wilson(rate.Rate{Num: float64(k), Den: float64(n)}, rate.Z95)
		p := float64(k) / float64(n)
		if !(0 <= lo && lo <= p && p <= hi && hi <= 1) {
			t.Fatalf("%d of %d: [%v, %v]", k, n, lo, hi)
		}
		lo2, hi2 := rate.Wilson(rate.Rate{Num: float64(4 * k), Den: float64(4 * n)}, rate.Z95)
		if hi2-lo2 >= hi-lo {
			t.Fatalf("four times the people, no narrower: %v %v", hi2-lo2, hi-lo)
		}
	})
}

// Domain handbook 4.5: 60/300 to 75/310 gives z = 1.247, not noteworthy.
func TestChangeOfTwoDates(t *testing.T) {
	c, err := rate.Compare(rate.Rate{Num: 60, Den: 300}, rate.Rate{Num: 75, Den: 310})
	if err != nil || !near(c.Z, 1.247, 5e-4) || !near(c.P, 0.2124, 5e-4) || !near(c.Points, 75.0/310-0.2, 1e-15) {
		t.Errorf("%+v %v", c, err)
	}
	back, _ := rate.Compare(rate.Rate{Num: 75, Den: 310}, rate.Rate{Num: 60, Den: 300})
	if back.Z != -c.Z || back.P != c.P {
		t.Errorf("back %+v", back)
	}
	for _, bad := range [][2]rate.Rate{{{Num: 1, Den: 0}, {Num: 1, Den: 2}}, {{Num: 3, Den: 2}, {Num: 1, Den: 2}}, {{Num: 0, Den: 5}, {Num: 0, Den: 9}}} {
		if _, err := rate.Compare(bad[0], bad[1]); err == nil {
			t.Errorf("%v was tested", bad)
		}
	}
}

func TestLocationQuotient(t *testing.T) {
	if v, ok := rate.LocationQuotient(rate.Rate{Num: 30, Den: 100}, rate.Rate{Num: 150, Den: 1000}); !ok || v != 2 {
		t.Errorf("%v %v", v, ok)
	}
	if _, ok := rate.LocationQuotient(rate.Rate{Num: 30, Den: 100}, rate.Rate{Num: 0, Den: 1000}); ok {
		t.Error("a town without cases has no quotient")
	}
}

// Domain handbook 4.5: the variance between these areas is below what chance gives, so all rates become the common one.
func TestBayesShrinksToTheMeanWhereChanceExplainsAll(t *testing.T) {
	rates := []rate.Rate{{Num: 12, Den: 85}, {Num: 3, Den: 30}, {Num: 40, Den: 250}, {Num: 7, Den: 90}}
	b, err := rate.EmpiricalBayes(rates, nil, rate.BayesOptions{})
	if err != nil || b.Variance != 0 {
		t.Fatalf("%+v %v", b, err)
	}
	for i, r := range b.Rates {
		if !near(r, 0.13626, 5.1e-6) || b.Weights[i] != 0 {
			t.Errorf("area %d: %v", i, r)
		}
	}
	if raw, _ := rate.EmpiricalBayes(rates, nil, rate.BayesOptions{KeepNegative: true}); raw.Variance >= 0 {
		t.Errorf("esda's convention keeps the negative variance: %v", raw.Variance)
	}
}

func TestBayesWithoutPeopleOrFigures(t *testing.T) {
	rates := []rate.Rate{{Num: 12, Den: 85}, {Num: 30, Den: 40}, {}, {Num: 9, Den: 9}}
	states := []stat.State{stat.Number, stat.Number, stat.Number, stat.Secret}
	b, err := rate.EmpiricalBayes(rates, states, rate.BayesOptions{})
	if err != nil || b.Rates[2] != b.Mean || b.Weights[2] != 0 || !math.IsNaN(b.Rates[3]) || b.Tally.Secret != 1 || b.Mean != 42.0/125 {
		t.Errorf("%+v %v", b, err)
	}
	counted, _ := rate.EmpiricalBayes(rates, states, rate.BayesOptions{CountEmpty: true})
	if !(counted.Variance < b.Variance) {
		t.Errorf("an area without people lowers the mean denominator: %v, %v", counted.Variance, b.Variance)
	}
	if _, err := rate.EmpiricalBayes([]rate.Rate{{}, {}}, nil, rate.BayesOptions{}); err == nil {
		t.Error("there is no rate of nobody")
	}
}

// spdep 1.2.7 EBest(SID74, BIR74) on nc.sids: global rate b .002021445, a 7.692931e-07, all 100 counties.
func TestBayesEqualsSpdep(t *testing.T) {
	f, err := os.Open(filepath.Join(testdata.Dir(t), "spatial_oracle", "nc_sids_eb_expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rates []rate.Rate
	var want []float64
	for _, r := range rows[1:] {
		var v [7]float64
		for c := 1; c < 7; c++ {
			if v[c], err = strconv.ParseFloat(r[c], 64); err != nil {
				t.Fatal(err)
			}
		}
		rates, want = append(rates, rate.Rate{Num: v[3], Den: v[2]}), append(want, v[6])
	}
	b, err := rate.EmpiricalBayes(rates, nil, rate.BayesOptions{})
	if err != nil || !near(b.Mean, 0.002021445, 5e-10) || !near(b.Variance, 7.692931e-07, 5e-14) || len(b.Rates) != 100 {
		t.Fatalf("mean %v variance %v %v", b.Mean, b.Variance, err)
	}
	for i, w := range want {
		if !near(b.Rates[i], w, 1e-15) {
			t.Errorf("%s: %v, want %v", rows[i+1][0], b.Rates[i], w)
		}
	}
}
