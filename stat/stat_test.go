// SPDX-License-Identifier: EUPL-1.2

package stat_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/stat"
)

// exact adds without rounding.
func exact(x []float64, f func(v *big.Float) *big.Float) *big.Float {
	s := new(big.Float).SetPrec(2000)
	for _, v := range x {
		s.Add(s, f(new(big.Float).SetPrec(2000).SetFloat64(v)))
	}
	return s
}

func draw(t *rapid.T) []float64 {
	offset := rapid.SampledFrom([]float64{0, 1e3, 1e6, 1e9}).Draw(t, "offset")
	x := rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 700).Draw(t, "x")
	for i := range x {
		x[i] += offset
	}
	return x
}

func TestSumsKeepTheirDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := draw(t)
		sum := exact(x, func(v *big.Float) *big.Float { return v })
		size, _ := exact(x, func(v *big.Float) *big.Float { return v.Abs(v) }).Float64()
		want, _ := sum.Float64()
		if got := stat.Sum(x); math.Abs(got-want) > 40*0x1p-53*size {
			t.Fatalf("sum %v, want %v", got, want)
		}
		n := new(big.Float).SetInt64(int64(len(x)))
		mean := new(big.Float).SetPrec(2000).Quo(sum, n)
		m, _ := mean.Float64()
		if got := stat.Mean(x); math.Abs(got-m) > 4*0x1p-53*size/float64(len(x)) {
			t.Fatalf("mean %v, want %v", got, m)
		}
		ss, _ := exact(x, func(v *big.Float) *big.Float { v.Sub(v, mean); return v.Mul(v, v) }).Float64()
		if got := stat.SumSquares(x, stat.Mean(x)); math.Abs(got-ss) > 1e-13*ss+1e-25*m*m*float64(len(x)) {
			t.Fatalf("squares %v, want %v", got, ss)
		}
	})
}

func TestEqualWeightsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := draw(t)
		w := make([]float64, len(x))
		for i := range w {
			w[i] = 4
		}
		m := stat.Mean(x)
		if got := stat.WeightedMean(x, w); math.Abs(got-m) > 1e-15*math.Abs(m)+1e-16 {
			t.Fatalf("weighted mean %v, mean %v", got, m)
		}
		if got, want := stat.WeightedSumSquares(x, w, m)/4, stat.SumSquares(x, m); math.Abs(got-want) > 1e-12*want+1e-24*m*m*float64(len(x)) {
			t.Fatalf("weighted squares %v, squares %v", got, want)
		}
	})
}

func TestNothingHasNoMean(t *testing.T) {
	if !math.IsNaN(stat.Mean(nil)) || !math.IsNaN(stat.WeightedMean([]float64{1}, []float64{0})) || stat.Sum(nil) != 0 || stat.SumSquares(nil, 0) != 0 {
		t.Error("the mean of nothing must be NaN, its sum zero")
	}
}

func TestTallyCountsByState(t *testing.T) {
	var tally stat.Tally
	for _, s := range []stat.State{stat.Number, stat.Secret, stat.Missing, stat.Empty, stat.Number} {
		tally.Add(s)
	}
	if tally != (stat.Tally{Used: 2, Missing: 1, Secret: 1, Empty: 1}) {
		t.Errorf("%+v", tally)
	}
}
