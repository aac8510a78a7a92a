// SPDX-License-Identifier: EUPL-1.2

package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kupferfaden/kupferfaden/stat/index"
)

// country makes correlated, skewed rates for as many areas as a large country has.
func country(areas, indicators int, seed uint64) index.Input {
	rng := rand.New(rand.NewPCG(seed, 1))
	burden := make([]float64, areas)
	for i := range burden {
		burden[i] = rng.NormFloat64()
	}
	in := index.Input{Values: make([][]float64, indicators)}
	for k := range in.Values {
		in.Values[k] = make([]float64, areas)
		for i, b := range burden {
			in.Values[k][i] = math.Exp(0.7*b + 0.6*rng.NormFloat64())
		}
	}
	return in
}

func keys(n int) []string {
	var out []string
	for k := range n {
		out = append(out, fmt.Sprintf("i%02d", k+1))
	}
	return out
}

func BenchmarkIndex33000x40x10(b *testing.B) {
	var years []index.Input
	for y := range 10 {
		years = append(years, country(33000, 40, uint64(y)))
	}
	m := berlin(keys(40)...)
	b.ReportAllocs()
	for b.Loop() {
		for _, in := range years {
			if _, err := index.Compute(m, in); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkRobustness10000x33000x7(b *testing.B) {
	in, m := country(33000, 7, 1), berlin(keys(7)...)
	opt := index.RobustOptions{Draws: 10000, Seed: 1, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: []index.Standardise{index.Z, index.MinMax}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := index.Robustness(m, in, opt); err != nil {
			b.Fatal(err)
		}
	}
}
