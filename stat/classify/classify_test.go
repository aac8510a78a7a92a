// SPDX-License-Identifier: EUPL-1.2

package classify_test

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/stat/classify"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// sids are the rates SID74/BIR74·1000 of the 100 counties of nc.sids.
func sids(t testing.TB) []float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata.Dir(t), "spatial_oracle", "nc_sids_eb_expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, r := range rows[1:] {
		born, _ := strconv.ParseFloat(r[2], 64)
		died, err := strconv.ParseFloat(r[3], 64)
		if err != nil || born == 0 {
			t.Fatal(r, err)
		}
		out = append(out, died/born*1000)
	}
	return out
}

func near(a, b []float64, tol float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= tol })
}

// Golden values of statistics.md 4.7 for nc.sids, k = 5: mapclassify, classInt.
func TestLimitsEqualMapclassify(t *testing.T) {
	x := sids(t)
	for _, c := range []struct {
		o    classify.Options
		want []float64
	}{
		{classify.Options{Method: classify.FisherJenks, Classes: 5}, []float64{0, 1.66251, 3.25733, 6.33357, 9.55414}},
		{classify.Options{Method: classify.Quantile, Classes: 5, QuantileType: rank.Linear}, []float64{.86383, 1.54118, 2.04493, 2.78329, 9.55414}},
		{classify.Options{Method: classify.Equal, Classes: 5}, []float64{1.91083, 3.82166, 5.73248, 7.64331, 9.55414}},
		{classify.Options{Method: classify.HeadTail}, []float64{2.0456, 3.45743, 4.75299, 6.14961, 7.94385, 9.55414}},
		{classify.Options{Method: classify.StdDeviation, SampleSD: true}, []float64{-1.10108, .47226, 3.61894, 5.19228, 9.55414}},
		{classify.Options{Method: classify.Manual, Limits: []float64{1, 2, 3}}, []float64{1, 2, 3, 9.55414}},
	} {
		b, err := classify.Make(x, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if !near(b.Upper, c.want, 5.1e-6) {
			t.Errorf("%s: %v, want %v", c.o.Method, b.Upper, c.want)
		}
		total := 0
		for class := 1; class <= b.Classes(); class++ {
			n := 0
			for _, v := range x {
				if b.Class(v) == class {
					n++
				}
			}
			if n != b.Counts[class-1] {
				t.Errorf("%s: class %d counts %d, has %d", c.o.Method, class, b.Counts[class-1], n)
			}
			total += n
		}
		if total != 100 {
			t.Errorf("%s: %d of 100 values have a class", c.o.Method, total)
		}
	}
}

// The same partition as classInt's "fisher", which prints midpoints; ADCM 28.6269 and GVF .93508 (jsgeoda's natural breaks reach .92968).
func TestFisherQualityEqualsPublished(t *testing.T) {
	b, err := classify.Make(sids(t), classify.Options{Method: classify.FisherJenks, Classes: 5})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0, .31017, 1.69631, 3.40250, 7.94385, 9.55414}; !near(b.Midpoints(), want, 5.1e-6) {
		t.Errorf("midpoints %v, want %v", b.Midpoints(), want)
	}
	if math.Abs(b.Deviation-28.6269) > 5.1e-5 || math.Abs(b.GVF-.93508) > 5.1e-6 {
		t.Errorf("ADCM %v, GVF %v", b.Deviation, b.GVF)
	}
}

// optimum tries every partition of the sorted values into k classes that keeps equal values together.
func optimum(x []float64, k int) float64 {
	x = slices.Sorted(slices.Values(x))
	within := func(part []float64) float64 {
		mean, ss := 0.0, 0.0
		for _, v := range part {
			mean += (v - part[0]) / float64(len(part))
		}
		for _, v := range part {
			ss += (v - part[0] - mean) * (v - part[0] - mean)
		}
		return ss
	}
	var best func(x []float64, k int) float64
	best = func(x []float64, k int) float64 {
		if k == 1 || len(x) == 0 {
			return within(x)
		}
		least := within(x)
		for i := 1; i < len(x); i++ {
			if x[i] != x[i-1] {
				least = min(least, within(x[:i])+best(x[i:], k-1))
			}
		}
		return least
	}
	return best(x, k)
}

func TestFisherIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.SampledFrom([]float64{0, 1e4, 1e6, 1e9}).Draw(t, "offset")
		steps := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 11).Draw(t, "values")
		k := rapid.IntRange(1, 5).Draw(t, "k")
		x := make([]float64, len(steps))
		for i, s := range steps {
			x[i] = offset + float64(s)
		}
		b, err := classify.Make(x, classify.Options{Method: classify.FisherJenks, Classes: k})
		if err != nil {
			t.Fatal(err)
		}
		if want := optimum(x, k); math.Abs(b.Within-want) > 1e-9*(1+want) {
			t.Fatalf("within %v, optimum %v (%v)", b.Within, want, b.Upper)
		}
	})
}

// Incomes and land prices: values within 1,000 of each other, far from zero. A float32 sum gets these wrong in every case at 10⁶
// (statistics.md 4.7); here the classes must be those of the same values near zero.
func TestFisherKeepsItsDigitsFarFromZero(t *testing.T) {
	for trial := range 50 {
		rng := rand.New(rand.NewPCG(uint64(trial), 0))
		x := make([]float64, 60)
		for i := range x {
			x[i] = math.Round(rng.Float64()*8000) / 8 // exact after adding the offset
		}
		o := classify.Options{Method: classify.FisherJenks, Classes: 5}
		near0, err := classify.Make(x, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []float64{1e4, 1e5, 1e6, 1e9, 1e12} {
			far := slices.Clone(x)
			for i := range far {
				far[i] += offset
			}
			b, err := classify.Make(far, o)
			if err != nil {
				t.Fatal(err)
			}
			for c, u := range b.Upper {
				if u-offset != near0.Upper[c] {
					t.Fatalf("offset %v: %v, near zero %v", offset, b.Upper, near0.Upper)
				}
			}
		}
	}
}

// Narrow clusters far apart ask for more digits than one float64 of prefix sums has.
func TestFisherSeparatesNarrowClustersFarApart(t *testing.T) {
	var x []float64
	var want []float64
	for _, base := range []float64{-3e8, 0, 5e8} {
		for i := range 20 {
			x = append(x, base+float64(i)/1024, base+100.0/1024+float64(i)/1024)
		}
		want = append(want, base+19.0/1024, base+119.0/1024)
	}
	b, err := classify.Make(x, classify.Options{Method: classify.FisherJenks, Classes: 6})
	if err != nil || !slices.Equal(b.Upper, want) {
		t.Errorf("%v, want %v (%v)", b.Upper, want, err)
	}
}

func TestEqualValuesStayTogetherAndZeroMayStandAlone(t *testing.T) {
	x := []float64{0, 0, 0, 0, 0, 0, 3, 3, 3, 5, 8, 8, 13, math.NaN()}
	for _, method := range []classify.Method{classify.FisherJenks, classify.Quantile, classify.Equal} {
		b, err := classify.Make(x, classify.Options{Method: method, Classes: 3, QuantileType: rank.Linear, ZeroClass: true})
		if err != nil {
			t.Fatal(err)
		}
		if b.Upper[0] != 0 || b.Counts[0] != 6 || b.Class(0) != 1 || b.Class(math.Nextafter(0, 1)) != 2 || b.Classes() != 4 || b.Without != 1 || b.N != 13 {
			t.Errorf("%s: %+v", method, b)
		}
	}
	b, err := classify.Make(x, classify.Options{Method: classify.FisherJenks, Classes: 9})
	if err != nil || !slices.Equal(b.Upper, []float64{0, 3, 5, 8, 13}) || b.GVF != 1 {
		t.Errorf("fewer values than classes: %+v %v", b, err)
	}
	if _, err := classify.Make([]float64{-1, 0, 2}, classify.Options{Method: classify.Equal, Classes: 2, ZeroClass: true}); err == nil {
		t.Error("zero cannot be the first class beside negative values")
	}
	only, err := classify.Make([]float64{0, 0}, classify.Options{Method: classify.FisherJenks, Classes: 3, ZeroClass: true})
	if err != nil || !slices.Equal(only.Counts, []int{2}) {
		t.Errorf("only zeros: %+v %v", only, err)
	}
}

func TestLimitsHoldForOtherYears(t *testing.T) {
	b, err := classify.Make([]float64{1, 2, 3, 4}, classify.Options{Method: classify.Manual, Limits: []float64{2, 10}})
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[float64]int{-7: 1, 2: 1, 2.5: 2, 99: 2} {
		if got := b.Class(v); got != want {
			t.Errorf("class of %v is %d, want %d", v, got, want)
		}
	}
	if b.Class(math.NaN()) != 0 {
		t.Error("NaN has no class")
	}
	if empty, err := classify.Make([]float64{1, 9}, classify.Options{Method: classify.Equal, Classes: 4}); err != nil || !slices.Equal(empty.Counts, []int{1, 0, 0, 1}) || len(empty.Midpoints()) != 3 {
		t.Errorf("classes may be empty: %+v %v", empty, err)
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	x := []float64{1, 2, 3}
	for name, f := range map[string]func() error{
		"no values": func() error {
			_, err := classify.Make(nil, classify.Options{Method: classify.Equal, Classes: 3})
			return err
		},
		"only NaN": func() error {
			_, err := classify.Make([]float64{math.NaN()}, classify.Options{Method: classify.Equal, Classes: 3})
			return err
		},
		"infinite": func() error {
			_, err := classify.Make([]float64{1, math.Inf(1)}, classify.Options{Method: classify.Equal, Classes: 3})
			return err
		},
		"no classes": func() error { _, err := classify.Make(x, classify.Options{Method: classify.FisherJenks}); return err },
		"no type": func() error {
			_, err := classify.Make(x, classify.Options{Method: classify.Quantile, Classes: 3})
			return err
		},
		"no limits": func() error { _, err := classify.Make(x, classify.Options{Method: classify.Manual}); return err },
		"descending": func() error {
			_, err := classify.Make(x, classify.Options{Method: classify.Manual, Limits: []float64{2, 1}})
			return err
		},
		"method": func() error { _, err := classify.Make(x, classify.Options{Method: "jenks", Classes: 3}); return err },
		"equal multi": func() error {
			_, err := classify.Make(x, classify.Options{Method: classify.StdDeviation, Multiples: []float64{1, 1}})
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func million() []float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 1_000_000)
	for i := range x {
		x[i] = math.Exp(rng.NormFloat64())
	}
	return x
}

func BenchmarkFisherJenks1000000(b *testing.B) {
	x := million()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := classify.Make(x, classify.Options{Method: classify.FisherJenks, Classes: 7}); err != nil {
			b.Fatal(err)
		}
	}
}

// One far outlier makes the sums need twice the precision.
func BenchmarkFisherJenks1000000Outlier(b *testing.B) {
	x := million()
	x[0] = 1e9
	b.ReportAllocs()
	for b.Loop() {
		if _, err := classify.Make(x, classify.Options{Method: classify.FisherJenks, Classes: 7}); err != nil {
			b.Fatal(err)
		}
	}
}
