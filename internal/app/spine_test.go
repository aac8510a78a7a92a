// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// each runs a test on an empty town of both engines.
func each(t *testing.T, f func(t *testing.T, a *app.App, who access.Actor)) {
	t.Helper()
	engines := map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) }}
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			seen := &acts{}
			watch := dbtest.Watch(t)
			a, err := app.Open(context.Background(), app.Config{DataDir: t.TempDir(), Database: url(t), Trace: func(query string, args []any) {
				seen.note(query, args)
				watch(query, args)
			}})
			if err != nil {
				t.Fatal(err)
			}
			watched.Store(a, seen)
			t.Cleanup(func() {
				watched.Delete(a)
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
			town, err := a.Init(context.Background(), "default", kernel.T("Teststadt", "Test town"), true)
			if err != nil {
				t.Fatal(err)
			}
			f(t, a, a.Operator(town))
		})
	}
}

// grid imports n unit squares as areas A01, A02, ….
func grid(t *testing.T, a *app.App, who access.Actor, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		x, y := 9+.01*float64(i%4), 51+.01*float64(i/4)
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"id":"A%02d"},"geometry":{"type":"Polygon","coordinates":[[[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f]]]}}`,
			i+1, x, y, x+.01, y, x+.01, y+.01, x, y+.01, x, y)
	}
	b.WriteString("]}")
	_, err := a.Areas.Import(context.Background(), who, area.ImportRequest{
		Level: "raum", Rank: 4, Edition: "2018", ValidFrom: "2018-01-01", KeyField: "id", FileName: "raum.geojson",
		Data: strings.NewReader(b.String()), Size: int64(b.Len()),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func deliver(t *testing.T, a *app.App, who access.Actor, period, columns, csv string) indicator.Report {
	t.Helper()
	mapping := "area: {level: raum, edition: \"2018\", column: Raum}\nperiod: {value: " + period + "}\ncolumns:\n" + columns + "disclosure: cleared_by_source\n"
	r, err := a.Indicators.Import(context.Background(), who, indicator.ImportRequest{
		Source: "test", FileName: "figures.csv", Data: strings.NewReader(csv), Size: int64(len(csv)), MappingText: mapping,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const three = `  U: {indicator: unemp_sgb2_share, part: value}
  T: {indicator: transfer_not_unemp_share, part: value}
  K: {indicator: child_poverty_rate, part: value}
  N: {indicator: pop_total, part: value}
`

// The synthetic vector of domain.md 4.1.4: twelve areas, A09 has 290 inhabitants at the second date.
const before = `Raum;U;T;K;N
A01;3,0;6,0;10,0;1000
A02;4,0;8,0;15,0;1000
A03;5,0;11,0;24,0;1000
A04;6,0;13,0;28,0;1000
A05;7,0;16,0;35,0;1000
A06;8,0;19,0;44,0;1000
A07;2,0;4,0;6,0;1000
A08;4,5;9,0;18,0;1000
A09;9,0;30,0;60,0;310
A10;5,5;12,0;25,0;1000
A11;3,5;7,0;12,0;1000
A12;10,0;24,0;52,0;1000
`

const after = `Raum;U;T;K;N
A01;2,8;5,6;9,0;1000
A02;4,1;8,2;15,5;1000
A03;4,6;10,2;22,0;1000
A04;6,4;13,6;30,0;1000
A05;6,9;15,9;34,5;1000
A06;9,2;21,5;50,0;1000
A07;2,1;4,0;6,2;1000
A08;4,0;8,0;15,0;1000
A09;9,0;30,0;60,0;290
A10;5,5;12,1;25,4;1000
A11;3,4;6,9;11,8;1000
A12;10,4;24,8;53,0;1000
`

func handbook(t *testing.T, a *app.App, who access.Actor) analysis.Request {
	t.Helper()
	grid(t, a, who, 12)
	deliver(t, a, who, "2018-12-31", three, before)
	deliver(t, a, who, "2020-12-31", three, after)
	m, ok := analysis.Preset("berlin-mss-2019")
	if !ok {
		t.Fatal("no preset")
	}
	return analysis.Request{Method: m, Level: "raum", Edition: "2018", Period: kernel.On("2020-12-31"), Draws: 100, Seed: 3}
}

func TestIndexOfTheHandbook(t *testing.T) {
	want := map[string]struct {
		sum, index, dynamic float64
		class               int
		label               string
	}{
		"A01": {-3.0839, -1.0290, -0.6190, 1, "+/-"}, "A02": {-1.7201, -0.5739, 0.0559, 2, "+/-"}, "A03": {-0.7718, -0.2575, -1.0690, 2, "+"},
		"A04": {1.0185, 0.3399, 0.6562, 2, "+/-"}, "A05": {1.8820, 0.6280, -0.3567, 2, "+/-"}, "A06": {4.7186, 1.5745, 2.5681, 4, "-"},
		"A07": {-3.8036, -1.2692, -0.0638, 1, "+/-"}, "A08": {-1.8250, -0.6090, -1.3690, 2, "+"}, "A10": {0.1154, 0.0385, -0.0717, 2, "+/-"},
		"A11": {-2.4518, -0.8181, -0.3117, 2, "+/-"}, "A12": {5.9216, 1.9759, 0.5808, 4, "+/-"},
	}
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		run, err := a.Analysis.Run(context.Background(), who, handbook(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range run.Outcomes {
			w, ok := want[o.Key]
			if !ok {
				if o.Key != "A09" || o.Eligible || o.Reason != analysis.ReasonPopulation {
					t.Errorf("%s: %+v", o.Key, o)
				}
				continue
			}
			for what, pair := range map[string][2]float64{"sum": {float64(o.Sum), w.sum}, "index": {float64(o.Index), w.index}, "dynamic": {float64(o.DynamicIndex), w.dynamic}} {
				if math.Abs(pair[0]-pair[1]) > 6e-5 {
					t.Errorf("%s %s: %v, want %v", o.Key, what, pair[0], pair[1])
				}
			}
			if o.Class != w.class || o.DynamicClass != w.label || o.Attention != (o.Key == "A06" || o.Key == "A12") {
				t.Errorf("%s: class %d%s attention %v", o.Key, o.Class, o.DynamicClass, o.Attention)
			}
		}
	})
}

func TestARunIsRepeatedToTheLastDigitWhateverComesLater(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		q := handbook(t, a, who)
		run, err := a.Analysis.Run(ctx, who, q)
		if err != nil {
			t.Fatal(err)
		}
		same, err := a.Analysis.Run(ctx, who, q)
		if err != nil || same.ID != run.ID {
			t.Errorf("the same request on the same figures is the run there is: %v", err)
		}
		r := deliver(t, a, who, "2020-12-31", three, strings.Replace(after, "A01;2,8", "A01;3,8", 1))
		if r.Changed != 1 {
			t.Errorf("corrections: %+v", r)
		}
		deliveries, err := a.Indicators.Deliveries(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := a.Analysis.Repeat(ctx, who, run.ID); err != nil || !ok {
			t.Errorf("after a correction: %v %v", ok, err)
		}
		if _, err := a.Indicators.Retract(ctx, who, deliveries[0].ID, "falsche Spalte"); err != nil {
			t.Fatal(err)
		}
		if ok, err := a.Analysis.Repeat(ctx, who, run.ID); err != nil || !ok {
			t.Errorf("after a retraction: %v %v", ok, err)
		}
		changed, err := a.Analysis.Run(ctx, who, q)
		if err != nil || changed.ID != run.ID {
			t.Errorf("after the correction was retracted the figures are the old ones: %v", err)
		}
	})
}

func TestIndexValuesStayWithheldWhereAFigureBehindThemIsNotPublic(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		run, err := a.Analysis.Run(ctx, who, handbook(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		public := func() (analysis.Result, error) {
			v, err := a.Gate.View(ctx, access.Anonymous(who.Tenant), access.Public)
			if err != nil {
				t.Fatal(err)
			}
			return a.Analysis.Result(ctx, v, run.ID)
		}
		if _, err := public(); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("an unreleased run is public: %v", err)
		}
		if err := a.Analysis.Publish(ctx, who, run.ID, access.Public, ""); err != nil {
			t.Fatal(err)
		}
		res, err := public()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range res.Outcomes {
			if o.Index.Known() || o.Eligible && o.Class == 0 || len(o.Values) > 0 && o.Values[0].Known() {
				t.Errorf("%s: %+v", o.Key, o)
			}
		}
		if res.Summary.Columns != nil {
			t.Error("means and deviations lead back to the figures")
		}
		slices, err := a.Indicators.Slices(ctx, who, indicator.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]kernel.ID, len(slices))
		for i, s := range slices {
			ids[i] = s.ID
		}
		if err := a.Gate.Publish(ctx, who, ids, access.Public, ""); err != nil {
			t.Fatal(err)
		}
		if res, err = public(); err != nil || !res.Outcomes[0].Index.Known() {
			t.Errorf("all figures are public, the index value is not: %v", err)
		}
	})
}

func TestMissingFiguresAreNamed(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		grid(t, a, who, 4)
		m, _ := analysis.Preset("berlin-mss-2019")
		q := analysis.Request{Method: m, Level: "raum", Edition: "2018", Period: kernel.On("2020-12-31")}
		_, err := a.Analysis.Run(context.Background(), who, q)
		var e *kernel.Error
		if !errors.As(err, &e) || len(e.Findings) != 4 {
			t.Fatalf("four inputs are missing: %v", err)
		}
		q.Exclude = []analysis.Exclusion{{Area: "ZZZ"}}
		deliver(t, a, who, "2020-12-31", three, "Raum;U;T;K;N\nA01;1;2;3;500\nA02;2;3;4;500\nA03;3;4;9;500\nA04;4;7;9;500\n")
		if _, err = a.Analysis.Run(context.Background(), who, q); kernel.KindOf(err) != kernel.Invalid || !strings.Contains(err.Error(), "ZZZ") {
			t.Errorf("an unknown exclusion: %v", err)
		}
		q.Exclude = nil
		res, err := a.Analysis.Preview(context.Background(), who, q, access.Internal)
		if err != nil || len(res.Summary.Warnings) != 4 || res.Outcomes[0].DynamicClass != "" {
			t.Errorf("without an earlier date there are no dynamics, and it says so: %v %+v", err, res.Summary.Warnings)
		}
	})
}

func TestLedgerOfReleasesOnBothEngines(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		id := kernel.NewID()
		if err := a.Gate.PublishObject(ctx, who, release.ReportKind, id, access.Political, "Vorlage"); err != nil {
			t.Fatal(err)
		}
		if err := a.Gate.PublishObject(ctx, who, release.ReportKind, id, access.Political, "noch einmal"); err != nil {
			t.Fatal(err)
		}
		if err := a.Gate.Withdraw(ctx, who, release.ReportKind, id, access.Political, "Fehler"); err != nil {
			t.Fatal(err)
		}
		if err := a.Gate.Withdraw(ctx, who, release.ReportKind, id, access.Political, "Fehler"); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("withdrawn twice: %v", err)
		}
		list, err := a.Gate.Ledger(ctx, who, release.ReportKind)
		if err != nil || len(list) != 1 || list[0].WithdrawnReason != "Fehler" || list[0].Note != "Vorlage" {
			t.Errorf("%v %+v", err, list)
		}
	})
}

func TestCSVHasExactlyTheColumnsOfTheContract(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		q := handbook(t, a, who)
		q.Draws = 0
		run, err := a.Analysis.Run(context.Background(), who, q)
		if err != nil {
			t.Fatal(err)
		}
		res, err := a.Analysis.Show(context.Background(), who, run, access.Internal)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := res.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		if lines[0] != "area,eligible,reason,sum,index,class,dynamic_sum,dynamic_index,dynamic_class,group,attention,distance_to_limit" {
			t.Error(lines[0])
		}
		if lines[9] != "A09,false,population_below_minimum,,,,,,,,," || len(lines) != 14 || strings.Contains(b.String(), "\r") {
			t.Errorf("%q", lines)
		}
	})
}
