// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
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
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// counted imports numerators and denominators of child_poverty_rate and the inhabitants; each row is area, cases, base, inhabitants.
func counted(t *testing.T, a *app.App, who access.Actor, level, period string, rows ...string) {
	t.Helper()
	bring(t, a, who, "area: {level: "+level+", edition: \"2018\", column: Raum}\nperiod: {value: "+period+"}\n"+`columns:
  Z: {indicator: child_poverty_rate, part: numerator}
  B: {indicator: child_poverty_rate, part: denominator}
  N: {indicator: pop_total, part: value}
disclosure: unchecked
`, "Raum;Z;B;N\n"+strings.Join(rows, "\n")+"\n")
}

func bring(t *testing.T, a *app.App, who access.Actor, mapping, csv string) {
	t.Helper()
	_, err := a.Indicators.Import(context.Background(), who, indicator.ImportRequest{
		Source: "test", FileName: "figures.csv", Data: strings.NewReader(csv), Size: int64(len(csv)), MappingText: mapping,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func method(t *testing.T, yaml string) analysis.Method {
	t.Helper()
	m, err := analysis.ParseMethod([]byte("id: probe\ntitle: Probe\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// publishAll releases every slice of the town to the public, as far as the gate accepts it.
func publishAll(t *testing.T, a *app.App, who access.Actor) {
	t.Helper()
	list, err := a.Indicators.Slices(context.Background(), who, indicator.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if err := a.Gate.Publish(context.Background(), who, []kernel.ID{s.ID}, access.Public, ""); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARunOfAChangedPresetIsItsOwnAndCanBeRepeated(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		q := handbook(t, a, who)
		q.Method.Indicators[0].Weight = 2
		run, err := a.Analysis.Run(context.Background(), who, q)
		if err != nil || run.Method.Status != analysis.Own {
			t.Fatalf("a changed preset is not verified: %v %s", err, run.Method.Status)
		}
		if q.Method.Status != analysis.Verified || q.Method.Indicators[0].Weight != 2 {
			t.Error("the caller's method was changed")
		}
		if same, err := a.Analysis.Repeat(context.Background(), who, run.ID); err != nil || !same {
			t.Errorf("repeated: %v %v", same, err)
		}
		res, err := a.Analysis.Preview(context.Background(), who, q, access.Internal)
		if err != nil || res.Method.Status != analysis.Own {
			t.Errorf("the preview calls it verified: %v", err)
		}
	})
}

func TestARunIsRepeatedAfterAllItsDeliveriesWereRetracted(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		run, err := a.Analysis.Run(ctx, who, handbook(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		publishAll(t, a, who)
		if err := a.Analysis.Publish(ctx, who, run.ID, access.Public, ""); err != nil {
			t.Fatal(err)
		}
		deliveries, err := a.Indicators.Deliveries(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deliveries {
			if _, err := a.Indicators.Retract(ctx, who, d.ID, "zurückgezogen"); err != nil {
				t.Fatal(err)
			}
		}
		if same, err := a.Analysis.Repeat(ctx, who, run.ID); err != nil || !same {
			t.Errorf("repeated: %v %v", same, err)
		}
		v, err := a.Gate.View(ctx, access.Anonymous(who.Tenant), access.Public)
		if err != nil {
			t.Fatal(err)
		}
		res, err := a.Analysis.Result(ctx, v, run.ID)
		if err != nil || res.Outcomes[0].Index.Known() || res.Outcomes[0].Values[0].Known() {
			t.Errorf("retracted figures are still shown through the index: %v %+v", err, res.Outcomes[0])
		}
	})
}

// halves imports level bezirk with two halves of the grid as areas B1 and B2, and the grid of eight below it.
func halves(t *testing.T, a *app.App, who access.Actor) {
	t.Helper()
	square := func(id string, x, y, w, h float64) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":%q},"geometry":{"type":"Polygon","coordinates":[[[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f]]]}}`,
			id, x, y, x+w, y, x+w, y+h, x, y+h, x, y)
	}
	load := func(q area.ImportRequest, features []string) {
		t.Helper()
		text := `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + "]}"
		q.Edition, q.ValidFrom, q.KeyField, q.FileName = "2018", "2018-01-01", "id", q.Level+".geojson"
		q.Data, q.Size = strings.NewReader(text), int64(len(text))
		if _, err := a.Areas.Import(context.Background(), who, q, nil); err != nil {
			t.Fatal(err)
		}
	}
	load(area.ImportRequest{Level: "bezirk", Rank: 2}, []string{square("B1", 9, 51, .04, .01), square("B2", 9, 51.01, .04, .01)})
	var small []string
	for i := range 8 {
		small = append(small, square(fmt.Sprintf("B%d%d", 1+i/4, 1+i%4), 9+.01*float64(i%4), 51+.01*float64(i/4), .01, .01))
	}
	load(area.ImportRequest{Level: "raum", Rank: 4, ParentLevel: "bezirk", ParentPrefix: 2}, small)
}

func TestARunOnSumsIsRepeatedAfterTheLargerAreasWereDelivered(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		halves(t, a, who)
		var rows []string
		for i := range 8 {
			rows = append(rows, fmt.Sprintf("B%d%d;%d;100;1000", 1+i/4, 1+i%4, 10+i*i))
		}
		counted(t, a, who, "raum", "2020-12-31", rows...)
		q := analysis.Request{
			Method: method(t, "indicators: [{key: child_poverty_rate, direction: +}]\nmin_population: 300\n"), Level: "bezirk", Edition: "2018",
			Period: kernel.On("2020-12-31"),
		}
		run, err := a.Analysis.Run(ctx, who, q)
		if err != nil {
			t.Fatal(err)
		}
		counted(t, a, who, "bezirk", "2020-12-31", "B1;50;400;4000", "B2;200;400;4000")
		if same, err := a.Analysis.Repeat(ctx, who, run.ID); err != nil || !same {
			t.Errorf("repeated: %v %v", same, err)
		}
		other, err := a.Analysis.Run(ctx, who, q)
		if err != nil || other.ID == run.ID {
			t.Errorf("the delivered figures of the districts make another run: %v", err)
		}
	})
}

// Value and index of the other areas give mean and deviation, and these the suppressed value: with one suppressed input the numbers of all areas
// are withheld outside the planning staff (domain.md 4.4).
func TestIndexNumbersNeverLeadBackToASuppressedFigure(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		grid(t, a, who, 6)
		counted(t, a, who, "raum", "2020-12-31", "A01;2;200;900", "A02;1;300;900", "A03;20;200;900", "A04;30;200;900", "A05;50;200;900", "A06;90;200;900")
		run, err := a.Analysis.Run(ctx, who, analysis.Request{
			Method: method(t, "indicators: [{key: child_poverty_rate, direction: +}]\nmin_population: 300\nrestandardise: true\nstatus_thresholds: [-1, 1]\n"),
			Level:  "raum", Edition: "2018", Period: kernel.On("2020-12-31"), Draws: 50, Seed: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		publishAll(t, a, who)
		if err := a.Analysis.Publish(ctx, who, run.ID, access.Public, ""); err != nil {
			t.Fatal(err)
		}
		v, err := a.Gate.View(ctx, access.Anonymous(who.Tenant), access.Public)
		if err != nil {
			t.Fatal(err)
		}
		res, err := a.Analysis.Result(ctx, v, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range res.Outcomes {
			if o.Class == 0 || !o.Withheld || o.Index.Known() || o.Sum.Known() || o.Distance.Known() || o.Contributions[0].Known() || o.RankMedian.Known() || o.Probability != nil {
				t.Errorf("%s: %+v", o.Key, o)
			}
			if o.Values[0].Known() != (o.Key > "A02") {
				t.Errorf("%s: the value is seen where its table shows it: %v", o.Key, o.Values)
			}
		}
		if res.Summary.Columns != nil || res.Summary.SumMean.Known() || res.Summary.SumSD.Known() || res.Hash != "" || res.Inputs[0].Hash != "" {
			t.Errorf("mean, deviation or hash lead back to the figure: %+v %+v", res.Summary, res.Inputs)
		}
		listed, err := a.Analysis.Runs(ctx, v, "")
		if err != nil || len(listed) != 1 || listed[0].Summary.Columns != nil || listed[0].Summary.SumMean.Known() || listed[0].Hash != "" {
			t.Errorf("the list of runs tells them: %v %+v", err, listed)
		}
		internal, err := a.Analysis.Show(ctx, who, run, access.Internal)
		if err != nil || internal.Outcomes[0].Index.Known() || !internal.Outcomes[5].Index.Known() {
			t.Errorf("planners miss the numbers of the suppressed areas alone: %v", err)
		}
	})
}

func TestFiguresOfAYearServeARunForItsLastDay(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		grid(t, a, who, 4)
		counted(t, a, who, "raum", "2020-12-31", "A01;10;200;900", "A02;30;300;900", "A03;20;200;900", "A04;30;200;900")
		bring(t, a, who, "area: {level: raum, edition: \"2018\", column: Raum}\nperiod: {value: \"2020\"}\ncolumns:\n  G: {indicator: crime_local_rate, part: value}\ndisclosure: cleared_by_source\n",
			"Raum;G\nA01;3,5\nA02;4,5\nA03;2,5\nA04;8,5\n")
		m := method(t, "indicators: [{key: child_poverty_rate, direction: +}, {key: crime_local_rate, direction: +}]\nmin_population: 300\n")
		for _, period := range []string{"2020-12-31", "2020"} {
			p, err := kernel.ParsePeriod(period)
			if err != nil {
				t.Fatal(err)
			}
			run, err := a.Analysis.Run(context.Background(), who, analysis.Request{Method: m, Level: "raum", Edition: "2018", Period: p})
			if err != nil {
				t.Fatalf("%s: %v", period, err)
			}
			if len(run.Summary.Warnings) == 0 || run.Summary.Warnings[0].Code != "run.period" {
				t.Errorf("%s: it says which period was taken: %v", period, run.Summary.Warnings)
			}
			if same, err := a.Analysis.Repeat(context.Background(), who, run.ID); err != nil || !same {
				t.Errorf("%s: repeated: %v %v", period, same, err)
			}
		}
	})
}

func TestAnAreaThatIsNotAssessedHasNoDynamicsEither(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		grid(t, a, who, 5)
		deliver(t, a, who, "2020-12-31", "  U: {indicator: unemp_sgb2_share, part: value}\n", "Raum;U\nA01;1\nA02;3\nA03;5\nA04;9\n")
		deliver(t, a, who, "2020-12-31", "  D: {indicator: unemp_sgb2_share, part: change}\n  N: {indicator: pop_total, part: value}\n",
			"Raum;D;N\nA01;0,5;900\nA02;0,1;900\nA03;-1;900\nA04;2;900\nA05;0,7;900\n")
		run, err := a.Analysis.Run(context.Background(), who, analysis.Request{
			Method: method(t, "indicators: [{key: unemp_sgb2_share, direction: +}]\nmin_population: 300\nlag_years: 2\nrestandardise: true\nstatus_thresholds: [-1, 1]\ndynamic_thresholds: [-1, 1]\n"),
			Level:  "raum", Edition: "2018", Period: kernel.On("2020-12-31"),
		})
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
		if !strings.Contains(b.String(), "\nA05,false,missing:unemp_sgb2_share,,,,,,,,,\n") {
			t.Errorf("empty where not eligible:\n%s", b.String())
		}
		// Mean and deviation of the change are those of the four assessed areas: (0.5+0.1-1+2)/4 = 0.4, deviation √1.155.
		if got := float64(run.Outcomes[3].DynamicSum); math.Abs(got-1.6/math.Sqrt(1.155)) > 1e-8 {
			t.Errorf("change of A04: %v", got)
		}
	})
}

func TestAnUnknownPopulationIsNotZero(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		grid(t, a, who, 4)
		deliver(t, a, who, "2020-12-31", "  U: {indicator: unemp_sgb2_share, part: value}\n  N: {indicator: pop_total, part: value}\n",
			"Raum;U;N\nA01;1;900\nA02;3;100\nA03;5;500\nA04;9;.\n")
		run, err := a.Analysis.Run(context.Background(), who, analysis.Request{
			Method: method(t, "indicators: [{key: unemp_sgb2_share, direction: +}]\nreference: weighted_mean\nsd: weighted\n"), Level: "raum", Edition: "2018",
			Period: kernel.On("2020-12-31"),
		})
		if err != nil || run.Outcomes[3].Eligible || run.Outcomes[3].Reason != analysis.ReasonNoPopulation {
			t.Errorf("an area that cannot be weighed is not assessed: %v %+v", err, run.Outcomes)
		}
	})
}

func TestWithoutAPeriodTheNewestFiguresAreShown(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		halves(t, a, who)
		counted(t, a, who, "bezirk", "2019-12-31", "B1;50;400;4000", "B2;200;400;4000")
		var rows []string
		for i := range 8 {
			rows = append(rows, fmt.Sprintf("B%d%d;%d;100;1000", 1+i/4, 1+i%4, 10+i))
		}
		counted(t, a, who, "raum", "2020-12-31", rows...)
		edition, err := a.Areas.Edition(ctx, who, "bezirk", "2018")
		if err != nil {
			t.Fatal(err)
		}
		v, err := a.Gate.View(ctx, who, access.Internal)
		if err != nil {
			t.Fatal(err)
		}
		table, err := v.Figures(ctx, release.Query{Indicator: "child_poverty_rate", EditionID: edition.ID})
		if err != nil || table.Period != kernel.On("2020-12-31") || !table.RolledUp() || table.Figures[0].Value != 11.5 {
			t.Errorf("figures rolled up from 2020 are newer than those delivered for 2019: %v %+v", err, table)
		}
		table, err = v.Figures(ctx, release.Query{Indicator: "child_poverty_rate", EditionID: edition.ID, Period: kernel.On("2019-12-31")})
		if err != nil || table.RolledUp() || table.Figures[0].Value != 12.5 {
			t.Errorf("2019 as delivered: %v %+v", err, table)
		}
	})
}
