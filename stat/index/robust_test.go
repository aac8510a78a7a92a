// SPDX-License-Identifier: EUPL-1.2

package index_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/index"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

var both = []index.Standardise{index.Z, index.MinMax}

// bruteForce repeats each run through Compute and sorts all ranks.
func bruteForce(t *testing.T, m index.Method, in index.Input, opt index.RobustOptions) (lo, mid, hi []float64, prob [][]float64) {
	t.Helper()
	n := in.Areas()
	ranks := make([][]float64, n)
	prob = make([][]float64, m.Status.Classes())
	for c := range prob {
		prob[c] = make([]float64, n)
	}
	for i := range opt.Draws {
		d := opt.Draw(m, i)
		run := m
		run.Standardise = d.Standardise
		run.Indicators = slices.Clone(m.Indicators)
		for k := range run.Indicators {
			run.Indicators[k].Weight = d.Weights[k]
		}
		res, err := index.Compute(run, in)
		if err != nil {
			t.Fatal(err)
		}
		neg := make([]float64, n)
		for a, v := range res.Index {
			neg[a] = -v
			if c := res.Class[a]; c > 0 {
				prob[c-1][a] += 1 / float64(opt.Draws)
			}
		}
		for a, r := range rank.Ranks(neg, rank.Min) {
			ranks[a] = append(ranks[a], r)
		}
	}
	for _, r := range ranks {
		slices.Sort(r)
		lo, mid, hi = append(lo, rank.Quantile(r, 0.05, rank.Linear)), append(mid, rank.Quantile(r, 0.5, rank.Linear)), append(hi, rank.Quantile(r, 0.95, rank.Linear))
	}
	return lo, mid, hi, prob
}

func same(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	for i := range want {
		if math.IsNaN(want[i]) != math.IsNaN(got[i]) || math.Abs(got[i]-want[i]) > tol {
			t.Errorf("%s of area %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestRobustnessEqualsBruteForce(t *testing.T) {
	inverted := berlin(keys(3)...)
	inverted.Standardise, inverted.Restandardise, inverted.Invert, inverted.Aggregate = index.MinMax, false, true, index.Mean
	inverted.Status, inverted.Attention, inverted.Scale = index.Limits{Values: []float64{25, 50, 75}}, nil, 100
	deciles := berlin(keys(4)...)
	deciles.Status, deciles.Attention = index.Limits{Groups: 10}, nil
	holes := berlin(keys(3)...)
	holes.Missing = index.MissingPolicy{Kind: index.ImputeNone, MinShare: 0.5}
	for _, c := range []struct {
		name  string
		m     index.Method
		areas int
		opt   index.RobustOptions
	}{
		{"berlin", berlin(keys(4)...), 200, index.RobustOptions{Draws: 150, Seed: 7, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: both}},
		{"more areas than exact counters", berlin(keys(4)...), 6000, index.RobustOptions{Draws: 41, Seed: 3, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: both}},
		{"inverted min-max", inverted, 90, index.RobustOptions{Draws: 130, Seed: 1, WeightSpread: 0.5}},
		{"deciles", deciles, 123, index.RobustOptions{Draws: 64, Seed: 2, WeightSpread: 0.25, Standardisations: both}},
		{"areas with holes", holes, 150, index.RobustOptions{Draws: 70, Seed: 5, WeightSpread: 0.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := country(c.areas, len(c.m.Indicators), 11)
			in.Eligible = make([]bool, c.areas)
			in.States = make([][]stat.State, len(c.m.Indicators))
			in.States[1] = make([]stat.State, c.areas)
			for i := range in.Eligible {
				in.Eligible[i] = i%17 != 3
				if i%13 == 5 {
					in.States[1][i] = stat.Missing
				}
			}
			for k := range in.Values { // equal areas share their ranks in every run
				in.Values[k][8], in.Values[k][9] = in.Values[k][10], in.Values[k][10]
			}
			got, err := index.Robustness(c.m, in, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			lo, mid, hi, prob := bruteForce(t, c.m, in, c.opt)
			same(t, "lower rank", got.RankLo, lo, 1e-9)
			same(t, "median rank", got.RankMedian, mid, 1e-9)
			same(t, "upper rank", got.RankHi, hi, 1e-9)
			for k := range prob {
				for i := range prob[k] {
					if !got.Base.Assessed[i] {
						prob[k][i] = math.NaN()
					}
				}
				same(t, fmt.Sprintf("probability of class %d", k+1), got.Probability[k], prob[k], 1e-9)
			}
			if got.Runs != c.opt.Draws || got.Failed != 0 {
				t.Errorf("%d runs, %d failed", got.Runs, got.Failed)
			}
		})
	}
}

func TestRobustnessDoesNotDependOnWorkers(t *testing.T) {
	in, m := country(5000, 5, 4), berlin(keys(5)...)
	opt := index.RobustOptions{Draws: 300, Seed: 42, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: both}
	var first *index.Robust
	for _, workers := range []int{1, 2, 3, 8} {
		opt.Workers = workers
		r, err := index.Robustness(m, in, opt)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Errorf("%d workers give another result", workers)
		}
	}
	opt.Seed++
	if r, _ := index.Robustness(m, in, opt); reflect.DeepEqual(first.RankLo, r.RankLo) {
		t.Error("another seed gives the same ranks")
	}
}

// The stream is part of the result: a run repeated years later must draw the same weights.
func TestDrawsAreFrozen(t *testing.T) {
	m := berlin("a", "b", "c")
	opt := index.RobustOptions{Draws: 3, Seed: 1, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: both}
	var got []string
	for i := range 3 {
		d := opt.Draw(m, i)
		got = append(got, fmt.Sprintf("%s %d %.6f", d.Standardise, d.LeftOut, d.Weights))
	}
	want := frozenDraws
	if !slices.Equal(got, want) {
		t.Errorf("draws %q, want %q", got, want)
	}
}

func TestDrawsCoverTheirRange(t *testing.T) {
	m := berlin("a", "b", "c")
	opt := index.RobustOptions{Draws: 1, WeightSpread: 0.25, LeaveOneOut: true, Standardisations: both}
	left, how := map[int]int{}, map[index.Standardise]int{}
	const n = 8000
	for i := range n {
		d := opt.Draw(m, i)
		left[d.LeftOut]++
		how[d.Standardise]++
		sum := d.Weights[0] + d.Weights[1] + d.Weights[2]
		if math.Abs(sum-3) > 1e-12 {
			t.Fatalf("weights %v add up to %v", d.Weights, sum)
		}
		if d.LeftOut >= 0 && d.Weights[d.LeftOut] != 0 {
			t.Fatalf("left out %d but weights %v", d.LeftOut, d.Weights)
		}
	}
	for _, k := range []int{-1, 0, 1, 2} {
		if math.Abs(float64(left[k])-n/4) > 200 { // 5 standard deviations of a binomial count
			t.Errorf("indicator %d was left out %d times of %d", k, left[k], n)
		}
	}
	if math.Abs(float64(how[index.Z])-n/2) > 225 {
		t.Errorf("standardisations %v", how)
	}
}

func TestWithoutVariationNothingChanges(t *testing.T) {
	in, m := country(400, 3, 9), berlin(keys(3)...)
	r, err := index.Robustness(m, in, index.RobustOptions{Draws: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "median", r.RankMedian, r.BaseRank, 0)
	same(t, "upper end", r.RankHi, r.BaseRank, 0)
	if r.Kept != 1 || r.Stable != 400 {
		t.Errorf("kept %v, stable %d", r.Kept, r.Stable)
	}
}

// Two indicators that cancel leave no index when the third is left out: such runs are named and counted, not hidden (COINr issue 60).
func TestFailedRunsAreNamed(t *testing.T) {
	in, m := country(100, 3, 9), berlin("a", "b", "c")
	in.Values[1] = in.Values[0]
	m.Indicators[1].Direction = -1
	opt := index.RobustOptions{Draws: 400, Seed: 1, LeaveOneOut: true}
	r, err := index.Robustness(m, in, opt)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for i := range opt.Draws {
		if opt.Draw(m, i).LeftOut == 2 {
			want++
		}
	}
	var c *index.ConstantError
	if r.Failed != want || want == 0 || r.Runs != opt.Draws-want || len(r.Failures) != min(want, 100) || !errors.As(r.Failures[0].Err, &c) {
		t.Errorf("%d failed of %d, want %d; %v", r.Failed, r.Runs, want, r.Failures)
	}
	if opt.Draw(m, r.Failures[0].Run).LeftOut != 2 {
		t.Errorf("run %d is named but did not fail", r.Failures[0].Run)
	}
	for i := range r.Probability[0] {
		sum := 0.0
		for c := range r.Probability {
			sum += r.Probability[c][i]
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("probabilities of area %d add up to %v", i, sum)
		}
	}
	if w := r.Without[2]; w.Indicator != "c" || w.Err == nil || r.Without[0].Err != nil {
		t.Errorf("without each indicator: %+v", r.Without)
	}
}

func TestLimitsOfOneScaleAreNotUsedOnAnother(t *testing.T) {
	in, m := country(50, 3, 1), berlin(keys(3)...)
	m.Restandardise = false
	_, err := index.Robustness(m, in, index.RobustOptions{Draws: 5, Standardisations: both})
	var e *index.MethodError
	if !errors.As(err, &e) || m.Comparable() {
		t.Errorf("got %v", err)
	}
}

func TestRobustnessCanBeStopped(t *testing.T) {
	in, m := country(50, 3, 1), berlin(keys(3)...)
	stop, last := errors.New("stop"), 0.0
	_, err := index.Robustness(m, in, index.RobustOptions{Draws: 5000, Progress: func(share float64) error {
		if share < last || share > 1 {
			t.Errorf("share %v after %v", share, last)
		}
		if last = share; share > 0.2 {
			return stop
		}
		return nil
	}})
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// How stable is the Berlin result? statistics.md 4.1 measured, with 1,000 runs of weights ±25 % and z or min-max, 16 of the 153 areas outside
// "mittel" in 2019 that do not keep their class in 95 % of the runs. The draws were others, so the number may differ a little.
func TestBerlinIsAsStableAsMeasured(t *testing.T) {
	e := readEdition(t, "2019")
	r, err := index.Robustness(berlin(e.keys...), e.status, index.RobustOptions{Draws: 1000, Seed: 1, WeightSpread: 0.25, Standardisations: both})
	if err != nil {
		t.Fatal(err)
	}
	outside, unstable := 0, 0
	for i, c := range r.Base.Class {
		if c == 0 || c == 2 {
			continue
		}
		outside++
		if r.Probability[c-1][i] < 0.95 {
			unstable++
		}
	}
	if outside != 153 || unstable < 13 || unstable > 19 {
		t.Errorf("%d of %d areas outside the middle class are not stable", unstable, outside)
	}
	if share := float64(r.Stable) / float64(e.eligible); share < 0.945 || share > 0.975 {
		t.Errorf("%.3f of all areas are stable", share)
	}
}

var frozenDraws = []string{
	"minmax 0 [0.000000 1.283225 1.716775]",
	"z -1 [0.968484 1.018837 1.012679]",
	"z 2 [1.352794 1.647206 0.000000]",
}
