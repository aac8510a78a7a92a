// SPDX-License-Identifier: EUPL-1.2

package rank_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

func TestTiesAreNamed(t *testing.T) {
	x := []float64{5, 1, 5, math.NaN(), 9, 5}
	nan := math.NaN()
	for ties, want := range map[rank.Ties][]float64{
		rank.Average: {3, 1, 3, nan, 5, 3},
		rank.Min:     {2, 1, 2, nan, 5, 2},
		rank.Max:     {4, 1, 4, nan, 5, 4},
	} {
		got := rank.Ranks(x, ties)
		if !slices.EqualFunc(got, want, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("%s: %v, want %v", ties, got, want)
		}
	}
	if got := rank.Percent([]float64{7}, rank.Min); got[0] != 0 {
		t.Errorf("a single value has percentile rank %v", got[0])
	}
}

// Values on several scales, with ties, infinities and outliers that crowd the rest into few keys.
func figures(t *rapid.T) []float64 {
	n := rapid.IntRange(0, 300).Draw(t, "n")
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	x := make([]float64, n)
	for i := range x {
		switch kind {
		case 0:
			x[i] = float64(rapid.IntRange(-5, 5).Draw(t, "v"))
		case 1:
			x[i] = rapid.Float64().Draw(t, "v")
		case 2:
			x[i] = 1 + float64(rapid.IntRange(0, 50).Draw(t, "v"))*0x1p-52
		case 3:
			x[i] = rapid.Float64Range(-1, 1).Draw(t, "v")
		default:
			x[i] = rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, math.Inf(1), math.Inf(-1), math.NaN(), 5e-324}).Draw(t, "v")
		}
	}
	if kind == 3 && n > 0 {
		x[0] = 1e300
	}
	return x
}

func TestOrderIsThatOfAComparisonSort(t *testing.T) {
	var s rank.Sorter // reused, as its callers do
	rapid.Check(t, func(t *rapid.T) {
		x := figures(t)
		var want []uint32
		for i, v := range x {
			if v == v {
				want = append(want, uint32(i))
			}
		}
		slices.SortStableFunc(want, func(a, b uint32) int {
			switch {
			case x[a] < x[b]:
				return -1
			case x[a] > x[b]:
				return 1
			}
			return 0
		})
		if got := s.Order(x, nil); !slices.Equal(got, want) {
			t.Fatalf("order of %v: %v, want %v", x, got, want)
		}
		if len(want) < len(x) {
			return
		}
		ranks := make([]uint32, len(x))
		s.Descending(x, ranks)
		for i, v := range x {
			above := uint32(1)
			for _, w := range x {
				if w > v {
					above++
				}
			}
			if ranks[i] != above {
				t.Fatalf("rank of %v in %v is %d, want %d", v, x, ranks[i], above)
			}
		}
	})
}

func TestOrderOfManyValues(t *testing.T) {
	x := make([]float64, 200_000) // more than the two leading digits tell apart
	v := 0.5
	for i := range x {
		v = 3.99 * v * (1 - v)
		x[i] = math.Round(v*1e6) / 1e6
	}
	var s rank.Sorter
	for range 2 {
		order := s.Order(x, nil)
		for i := 1; i < len(order); i++ {
			a, b := order[i-1], order[i]
			if x[a] > x[b] || x[a] == x[b] && a > b {
				t.Fatalf("%v before %v", x[a], x[b])
			}
		}
	}
}

// Worked by hand from the definitions of Hyndman and Fan (1996).
func TestQuantileTypesFollowTheirDefinitions(t *testing.T) {
	x := []float64{1, 2, 4, 8, 16}
	p := []float64{.1, .25, .4, .5, .9}
	for typ, want := range map[rank.QuantileType][]float64{
		rank.InverseCDF:     {1, 2, 2, 4, 16},
		rank.AveragedCDF:    {1, 2, 3, 4, 16},
		rank.Weibull:        {1, 1.5, 2.8, 4, 16},
		rank.Linear:         {1.4, 2, 3.2, 4, 12.8},
		rank.MedianUnbiased: {1, 5.0 / 3, 44.0 / 15, 4, 16},
	} {
		for i := range p {
			if got := rank.Quantile(x, p[i], typ); math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("type %d, p %v: %v, want %v", typ, p[i], got, want[i])
			}
		}
	}
	if !math.IsNaN(rank.Quantile(nil, .5, rank.Linear)) || rank.Quantile([]float64{3}, .9, rank.Weibull) != 3 {
		t.Error("of none NaN, of one itself")
	}
}

func read(t *testing.T, parts ...string) (head map[string]int, rows [][]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{testdata.Dir(t)}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head = make(map[string]int)
	for c, name := range all[0] {
		head[name] = c
	}
	return head, all[1:]
}

// GISD of the Robert Koch Institute: quintile and decile of 400 districts in 24 years from the score, and its three levels (EXPECTED.md 8).
func TestGroupsEqualGISD(t *testing.T) {
	head, rows := read(t, "gisd", "GISD_Bund_Kreis.csv")
	years := make(map[string][][]string)
	for _, r := range rows {
		years[r[head["year"]]] = append(years[r[head["year"]]], r)
	}
	if len(rows) != 9600 || len(years) != 24 {
		t.Fatalf("%d rows in %d years", len(rows), len(years))
	}
	wrong := 0
	for _, rows := range years {
		x := make([]float64, len(rows))
		for i, r := range rows {
			x[i], _ = strconv.ParseFloat(r[head["gisd_score"]], 64)
		}
		five, ten := rank.Groups(x, 5), rank.Groups(x, 10)
		for i, r := range rows {
			level := map[int]string{1: "1", 5: "3"}[five[i]]
			if level == "" {
				level = "2"
			}
			if strconv.Itoa(five[i]) != r[head["gisd_5"]] || strconv.Itoa(ten[i]) != r[head["gisd_10"]] || level != r[head["gisd_k"]] {
				wrong++
			}
		}
	}
	if wrong != 0 {
		t.Errorf("%d of 9,600 rows differ", wrong)
	}
}

// US Social Vulnerability Index 2018: EPL = PERCENTRANK.INC of the percentage to 4 decimals, income the other way; SPL their sums by theme,
// RPL the percentile rank of the sum; county 35039 has no income, poverty and unemployment (EXPECTED.md 8).
func TestPercentRanksEqualTheUSVulnerabilityIndex(t *testing.T) {
	head, rows := read(t, "us_svi2018", "SVI2018_US_COUNTY.csv")
	if len(rows) != 3142 {
		t.Fatalf("%d counties", len(rows))
	}
	column := func(name string) []float64 {
		at, ok := head[name]
		if !ok {
			t.Fatalf("no column %s", name)
		}
		x := make([]float64, len(rows))
		for i, r := range rows {
			v, err := strconv.ParseFloat(r[at], 64)
			if err != nil {
				t.Fatal(err)
			}
			if x[i] = v; v == -999 {
				x[i] = math.NaN()
			}
		}
		return x
	}
	differ := func(name string, got []float64) {
		t.Helper()
		wrong := 0
		for i, v := range column(name) {
			if math.IsNaN(v) != math.IsNaN(got[i]) || math.Abs(v-got[i]) > 1e-9 {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of %d counties differ", name, wrong, len(rows))
		}
	}
	round := func(v float64) float64 { return math.Round(v*1e4) / 1e4 }
	total := make([]float64, len(rows))
	for theme, names := range [][]string{{"POV", "UNEMP", "PCI", "NOHSDP"}, {"AGE65", "AGE17", "DISABL", "SNGPNT"}, {"MINRTY", "LIMENG"}, {"MUNIT", "MOBILE", "CROWD", "NOVEH", "GROUPQ"}} {
		sum := make([]float64, len(rows))
		for _, name := range names {
			p := rank.Percent(column("EP_"+name), rank.Min)
			for i := range p {
				if p[i] = round(p[i]); name == "PCI" {
					p[i] = round(1 - p[i])
				}
				sum[i] += p[i]
			}
			differ("EPL_"+name, p)
		}
		for i := range sum {
			sum[i] = round(sum[i])
			total[i] += sum[i]
		}
		n := strconv.Itoa(theme + 1)
		differ("SPL_THEME"+n, sum)
		differ("RPL_THEME"+n, percent4(sum))
	}
	for i := range total {
		total[i] = round(total[i])
	}
	differ("RPL_THEMES", percent4(total))
}

func percent4(x []float64) []float64 {
	p := rank.Percent(x, rank.Min)
	for i := range p {
		p[i] = math.Round(p[i]*1e4) / 1e4
	}
	return p
}
