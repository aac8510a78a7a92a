// SPDX-License-Identifier: EUPL-1.2

package index_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/index"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

func plain(keys ...string) index.Method {
	m := berlin(keys...)
	m.Restandardise, m.Aggregate, m.Status, m.Dynamic, m.Attention = false, index.Mean, index.Limits{}, index.Limits{}, nil
	return m
}

func compute(t *testing.T, m index.Method, in index.Input) *index.Result {
	t.Helper()
	res, err := index.Compute(m, in)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// imd is the English Index of Multiple Deprivation 2019: weights as published (they add up to 99.9) and the exponential transformation.
func imd() index.Method {
	m := plain("income", "employment", "education", "health", "crime", "barriers", "environment")
	m.Standardise, m.Ties, m.Aggregate, m.Scale, m.Status = index.IMDExponential, rank.Min, index.Sum, 0.01, index.Limits{Groups: 10}
	for k, w := range []float64{22.5, 22.5, 13.5, 13.5, 9.3, 9.3, 9.3} {
		m.Indicators[k].Weight = w
	}
	return m
}

func TestIMDTransformsRanks(t *testing.T) {
	in := country(1000, 7, 1)
	res := compute(t, imd(), in)
	z := res.Standardised[0]
	for i, r := range rank.Ranks(in.Values[0], rank.Min) {
		want := -23 * math.Log(1-r/1000*(1-math.Exp(-100.0/23)))
		if math.Abs(z[i]-want) > 1e-9 {
			t.Fatalf("rank %v from below gives %v, want %v", r, z[i], want)
		}
	}
	if top := slices.Max(z); math.Abs(top-100) > 1e-9 {
		t.Errorf("the most deprived area has %v, not 100", top)
	}
	// The half of areas less deprived shares less than 16 points: that is what the transformation is for.
	if mid := rank.Quantile(slices.Sorted(slices.Values(z)), .5, rank.Linear); math.Abs(mid-15.64) > .1 {
		t.Errorf("the area in the middle has %v", mid)
	}
	if !slices.Equal(res.Counts[1:], slices.Repeat([]int{100}, 10)) {
		t.Errorf("deciles %v", res.Counts)
	}
	sum := 0.0
	for k := range imd().Indicators {
		sum += res.Contribution(k, 17)
	}
	if math.Abs(sum/100-res.Index[17]) > 1e-12 {
		t.Errorf("contributions add up to %v, index %v", sum, res.Index[17])
	}
}

func TestMuensterComparesWithTheTown(t *testing.T) {
	m := plain("a", "b")
	m.Reference = index.CityValue
	in := index.Input{Values: [][]float64{{1, 2, 3, 6}, {10, 10, 30, 30}}, City: []float64{4, 20}}
	res := compute(t, m, in)
	sd := math.Sqrt((4 + 1 + 0 + 9) / 4.0) // about the mean of areas, 3
	for i, want := range []float64{(-3/sd - 1) / 2, (-2/sd - 1) / 2, (-1/sd + 1) / 2, (2/sd + 1) / 2} {
		if math.Abs(res.Index[i]-want) > 1e-14 {
			t.Errorf("area %d: %v, want %v", i, res.Index[i], want)
		}
	}
	in.City = nil
	if _, err := index.Compute(m, in); err == nil {
		t.Error("without the town's values there is nothing to compare with")
	}
}

func TestMinMaxAndRanks(t *testing.T) {
	in := index.Input{Values: [][]float64{{1, 2, 5, 2}, {8, 6, 4, 0}}}
	m := plain("a", "b")
	m.Indicators[1].Direction = -1
	m.Standardise, m.Scale = index.MinMax, 100
	same(t, "min-max", compute(t, m, in).Index, []float64{0, 25, 75, 62.5}, 1e-13)
	m.Invert = true // the participation index of xit: 100·(1 - mean)
	same(t, "inverted", compute(t, m, in).Index, []float64{100, 75, 25, 37.5}, 1e-13)
	m.Standardise, m.Scale, m.Invert, m.Ties = index.Rank, 0, false, rank.Average
	same(t, "ranks", compute(t, m, in).Index, []float64{1, 2.25, 3.5, 3.25}, 1e-13)
	m.Standardise = index.RobustMAD
	same(t, "robust", compute(t, m, in).Standardised[0], []float64{-1 / .7413, 0, 3 / .7413, 0}, 1e-12)
}

func TestTransforms(t *testing.T) {
	m := plain("a")
	in := index.Input{Values: [][]float64{{1, math.E, math.E * math.E, 1}}}
	m.Standardise, m.Indicators[0].Transform = index.MinMax, index.Log
	same(t, "log", compute(t, m, in).Index, []float64{0, .5, 1, 0}, 1e-15)
	in.Values[0][2] = 0
	_, err := index.Compute(m, in)
	var d *index.DomainError
	if !errors.As(err, &d) || d.Indicator != "a" || d.Area != 2 {
		t.Errorf("logarithm of zero: %v", err)
	}
	m.Indicators[0].Transform = index.Sqrt
	in.Values[0] = []float64{0, 1, 4, 16}
	same(t, "root", compute(t, m, in).Index, []float64{0, .25, .5, 1}, 1e-15)
	m.Indicators[0].Transform, m.Indicators[0].Winsor = index.Winsor, 0.25
	in.Values[0] = []float64{-100, 1, 2, 3, 900}
	same(t, "winsor", compute(t, m, in).Index, []float64{0, 0, .5, 1, 1}, 1e-15)
	m = plain("a", "b")
	m.Aggregate, in.Values = index.Geometric, [][]float64{{1, 2, 3}, {3, 1, 2}}
	if _, err = index.Compute(m, in); !errors.As(err, &d) || !strings.Contains(d.Need, "above 0") {
		t.Errorf("a geometric mean of z scores: %v", err)
	}
}

func TestMissingValuesFollowThePolicy(t *testing.T) {
	in := index.Input{
		Values: [][]float64{{1, 2, 3, 4, 5}, {2, 9, 4, 8, 10}, {7, 7, 7, 7, 8}},
		States: [][]stat.State{nil, {0, stat.Missing, 0, stat.Empty, 0}, {stat.Secret, stat.Secret, 0, stat.Missing, 0}},
	}
	m := plain("a", "b", "c")
	m.Standardise = index.MinMax
	res := compute(t, m, in)
	if want := (stat.Tally{Used: 2, Missing: 1, Secret: 2}); res.Areas != want {
		t.Errorf("exclude_area: %+v", res.Areas)
	}
	if res.Reasons[0] != index.HasSecret || res.Reasons[1] != index.HasSecret || res.Reasons[3] != index.HasMissing || res.Columns[2].Values.Secret != 2 {
		t.Errorf("reasons %v", res.Reasons)
	}
	m.Missing = index.MissingPolicy{Kind: index.ExcludeIndicator, MinAreas: 3}
	res = compute(t, m, in)
	if res.Columns[2].Used || !res.Columns[1].Used || res.Areas.Used != 3 || res.Standardised[2] != nil || !math.IsNaN(res.Contribution(2, 0)) {
		t.Errorf("exclude_indicator: %+v %+v", res.Columns, res.Areas)
	}
	same(t, "exclude_indicator", res.Index, []float64{0, math.NaN(), .375, math.NaN(), 1}, 1e-15)
	m.Missing = index.MissingPolicy{Kind: index.ImputeNone, MinShare: 0.6}
	res = compute(t, m, in)
	// Areas 1 and 4 have one value of three, too little. Of c areas 3 and 5 have 7 and 8.
	same(t, "impute_none", res.Index, []float64{0, math.NaN(), .75 / 3, math.NaN(), 1}, 1e-15)
	m.Aggregate = index.Sum
	res = compute(t, m, in)
	same(t, "impute_none, sum in full weights", res.Sum, []float64{0, math.NaN(), .75, math.NaN(), 3}, 1e-15)
	total := 0.0
	for k := range 2 {
		total += res.Contribution(k, 0)
	}
	if math.Abs(total-res.Sum[0]) > 1e-15 {
		t.Errorf("contributions of an area with a hole add up to %v, not %v", total, res.Sum[0])
	}
}

func TestDeltaKeepsWhatIsNotKnown(t *testing.T) {
	from := index.Input{Values: [][]float64{{1, 2, 3, 4}}, States: [][]stat.State{{0, stat.Secret, stat.Missing, stat.Empty}}, City: []float64{2}, Eligible: []bool{true, true, false, true}}
	to := index.Input{Values: [][]float64{{5, 2, 3, 4}}, City: []float64{3}}
	d, err := index.Delta(from, to)
	if err != nil || d.Values[0][0] != 4 || d.City[0] != 1 || !slices.Equal(d.States[0], from.States[0]) || !slices.Equal(d.Eligible, from.Eligible) {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := index.Delta(from, index.Input{Values: [][]float64{{1}}}); err == nil {
		t.Error("dates of different areas were subtracted")
	}
}

func TestDynamicsUnknownMeansNoGroup(t *testing.T) {
	m := berlin("a")
	m.Indicators[0].Key = "a"
	x := []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}
	s := compute(t, m, index.Input{Values: [][]float64{x}})
	both, err := index.Combine(m, s, nil)
	if err != nil || both[11].Group != "" || !both[11].Attention {
		t.Errorf("status 4 needs no dynamics for attention: %+v %v", both[11], err)
	}
	m.Attention = []index.AttentionRule{{Status: 4, Dynamics: []string{"-"}}}
	if both, _ = index.Combine(m, s, nil); both[11].Attention {
		t.Error("a rule that names dynamics marked an area whose change is not known")
	}
}

func TestMethodsAtFaultAreNamed(t *testing.T) {
	for field, spoil := range map[string]func(*index.Method){
		"indicators":        func(m *index.Method) { m.Indicators = nil },
		"indicator a":       func(m *index.Method) { m.Indicators[0].Direction = 0 },
		"standardise":       func(m *index.Method) { m.Standardise = "zscore" },
		"reference":         func(m *index.Method) { m.Reference, m.Standardise = index.CityValue, index.MinMax },
		"sd":                func(m *index.Method) { m.SD = "" },
		"aggregate":         func(m *index.Method) { m.Aggregate = "median" },
		"ties":              func(m *index.Method) { m.Standardise = index.Rank },
		"missing_policy":    func(m *index.Method) { m.Missing.Kind = index.ImputeNone },
		"status_limits":     func(m *index.Method) { m.Status.Values = []float64{1, 0} },
		"dynamic_limits":    func(m *index.Method) { m.Dynamic.Middle = 9 },
		"dynamic_labels":    func(m *index.Method) { m.DynamicLabels = []string{"up"} },
		"attention":         func(m *index.Method) { m.Attention[1].Dynamics = []string{"worse"} },
		"invert":            func(m *index.Method) { m.Invert = true },
		"scale":             func(m *index.Method) { m.Scale = -1 },
		"indicator  weight": func(m *index.Method) { m.Indicators[0].Weight = -1 },
	} {
		m := berlin("a", "b")
		spoil(&m)
		var e *index.MethodError
		if err := m.Validate(); !errors.As(err, &e) || !strings.HasPrefix(strings.Fields(field)[0], strings.Fields(e.Field)[0]) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestInputAtFaultIsNamed(t *testing.T) {
	m := berlin("a", "b")
	good := func() index.Input { return index.Input{Values: [][]float64{{1, 2, 3}, {3, 1, 2}}} }
	for name, spoil := range map[string]func(*index.Input){
		"NaN":      func(in *index.Input) { in.Values[1][2] = math.NaN() },
		"infinity": func(in *index.Input) { in.Values[1][2] = math.Inf(1) },
		"short":    func(in *index.Input) { in.Values[1] = in.Values[1][:2] },
		"columns":  func(in *index.Input) { in.Values = in.Values[:1] },
		"eligible": func(in *index.Input) { in.Eligible = []bool{true} },
	} {
		in := good()
		spoil(&in)
		var e *index.InputError
		if _, err := index.Compute(m, in); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := good()
	in.Eligible = []bool{true, false, false}
	var few *index.TooFewError
	if _, err := index.Compute(m, in); !errors.As(err, &few) || few.Assessed != 1 {
		t.Errorf("one area: %v", err)
	}
	in = good()
	in.Values[1][2], in.Values[0][1], in.Eligible = 5, math.NaN(), []bool{true, false, true}
	if _, err := index.Compute(m, in); err != nil {
		t.Errorf("what stands in an area that is not eligible does not matter: %v", err)
	}
}

func drawInput(t *rapid.T, indicators int) index.Input {
	n := rapid.IntRange(3, 40).Draw(t, "areas")
	in := index.Input{Values: make([][]float64, indicators)}
	for k := range in.Values {
		in.Values[k] = rapid.SliceOfN(rapid.Float64Range(0, 100), n, n).Draw(t, "values")
		in.Values[k][0], in.Values[k][1] = float64(k), 100-float64(3*k) // never constant
	}
	return in
}

func clone(in index.Input) index.Input {
	out := index.Input{}
	for _, v := range in.Values {
		out.Values = append(out.Values, slices.Clone(v))
	}
	return out
}

func TestUnitsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, m := drawInput(t, 3), berlin("a", "b", "c")
		m.Standardise = rapid.SampledFrom([]index.Standardise{index.Z, index.MinMax}).Draw(t, "standardise")
		other := clone(in)
		factor, shift := rapid.Float64Range(0.01, 1000).Draw(t, "factor"), rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		for i := range other.Values[1] {
			other.Values[1][i] = factor*other.Values[1][i] + shift
		}
		a, errA := index.Compute(m, in)
		b, errB := index.Compute(m, other)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for i := range a.Index {
			if math.Abs(a.Index[i]-b.Index[i]) > 1e-7 {
				t.Fatalf("area %d: %v and %v", i, a.Index[i], b.Index[i])
			}
		}
	})
}

func TestOrderOfAreasDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, m := drawInput(t, 2), berlin("a", "b")
		m.Standardise, m.Ties = rapid.SampledFrom([]index.Standardise{index.Z, index.Rank, index.IMDExponential}).Draw(t, "standardise"), rank.Average
		at := make([]int, in.Areas())
		for i := range at {
			at[i] = i
		}
		at = rapid.Permutation(at).Draw(t, "order")
		other := clone(in)
		for k := range in.Values {
			for i, j := range at {
				other.Values[k][i] = in.Values[k][j]
			}
		}
		a, errA := index.Compute(m, in)
		b, errB := index.Compute(m, other)
		if errA != nil || errB != nil {
			t.Skip("no index")
		}
		for i, j := range at {
			if math.Abs(b.Index[i]-a.Index[j]) > 1e-9 {
				t.Fatalf("area %d: %v, at another place %v", j, a.Index[j], b.Index[i])
			}
		}
	})
}

func TestStandardisedValuesAndClassesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, m := drawInput(t, 3), berlin("a", "b", "c")
		res, err := index.Compute(m, in)
		if err != nil {
			t.Fatal(err)
		}
		n := float64(in.Areas())
		for _, v := range append(res.Standardised, res.Index) {
			if math.Abs(stat.Sum(v)) > 1e-9*n || math.Abs(stat.SumSquares(v, 0)-n) > 1e-9*n {
				t.Fatalf("z scores have sum %v and squares %v of %v", stat.Sum(v), stat.SumSquares(v, 0), n)
			}
		}
		total := 0
		for _, c := range res.Counts {
			total += c
		}
		if total != in.Areas() {
			t.Fatalf("classes hold %d of %d areas", total, in.Areas())
		}
	})
}

func TestWeightsScaledTogetherChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, m := drawInput(t, 3), berlin("a", "b", "c")
		other := berlin("a", "b", "c")
		factor := math.Ldexp(1, rapid.IntRange(-60, 60).Draw(t, "power of two"))
		for k := range m.Indicators {
			m.Indicators[k].Weight = rapid.Float64Range(0.1, 5).Draw(t, "weight")
			other.Indicators[k].Weight = factor * m.Indicators[k].Weight
		}
		a, errA := index.Compute(m, in)
		b, errB := index.Compute(other, in)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !slices.Equal(a.Index, b.Index) {
			t.Fatalf("%v and %v", a.Index, b.Index)
		}
	})
}
