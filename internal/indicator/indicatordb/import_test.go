// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/table"
)

// town makes a rig with two districts and four quarters.
func town(t testing.TB, d *db.DB) *rig {
	r := newRig(t, d)
	r.areas.make("district", "2020", "2015-01-01", "", "", []place{{key: "01"}, {key: "02"}})
	r.areas.make("quarter", "2020", "2015-01-01", "2023-12-31", "district/2020", []place{{"0101", "01"}, {"0102", "01"}, {"0201", "02"}, {"0202", "02"}})
	return r
}

const (
	head   = "table: {decimal: \",\", delimiter: \";\", encoding: utf-8}\narea: {level: quarter, edition: '2020', column: raum}\nperiod: {value: '2020-12-31'}\n"
	byYear = "table: {decimal: \",\", delimiter: \";\", encoding: utf-8}\narea: {level: quarter, edition: '2020', column: raum}\nperiod: {column: stand}\n"
	pop    = head + "columns: {ew: {indicator: pop_total}}\n"
	under  = head + "columns: {u18: {indicator: share_u18, part: numerator}, ew: {indicator: share_u18, part: denominator}}\ndisclosure: cleared_by_source\n"
	people = "raum;ew\n0101;1000\n0102;2000\n0201;3000\n0202;4000\n"
)

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		first := r.take(request(pop, "ew.csv", people))
		if first.New != 4 || first.Delivery == "" || r.total("pop_total", "quarter", "2020", "2020-12-31") != 10_000 {
			t.Fatalf("first %+v", first)
		}
		stamp, err := r.store.Stamp(ctx, r.actor.Tenant)
		r.must(err)
		second := r.take(request(pop, "ew.csv", people))
		if second.New+second.Changed != 0 || second.Unchanged != 4 || second.Delivery != "" || second.Same != first.Delivery {
			t.Errorf("second %+v", second)
		}
		if len(find(second, "indicator.import.same")) != 1 {
			t.Errorf("nobody is told: %v", codes(second))
		}
		list, err := r.service.Deliveries(ctx, r.actor)
		r.must(err)
		if n := r.count(`select count(*) from observation where tenant_id = $1`); len(list) != 1 || n != 4 {
			t.Errorf("%d deliveries, %d figures", len(list), n)
		}
		r.take(request(pop, "ew.csv", strings.Replace(people, "4000", "4001", 1)))
		if now, err := r.store.Stamp(ctx, r.actor.Tenant); err != nil || now == stamp {
			t.Errorf("the stamp stays %s after a correction, %v", now, err)
		}
	})
}

func TestCorrectionsAreFurtherRevisions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		first := r.take(request(pop, "ew.csv", people))
		second := r.take(request(pop, "ew2.csv", "raum;ew\n0101;1000\n0102;2222\n"))
		if second.Changed != 1 || second.Unchanged != 1 || second.New != 0 {
			t.Errorf("%+v", second)
		}
		obs, _ := r.figures("pop_total", "quarter", "2020", "2020-12-31")
		if o := obs["0102"]; o.Numerator != 2222 || o.Revision != 2 || o.DeliveryID != second.Delivery || o.Line != 3 {
			t.Errorf("corrected %+v", o)
		}
		slice := r.slice("pop_total", "quarter", "2020", "2020-12-31")
		old, err := r.service.ObservationsPinned(ctx, r.actor, slice, []kernel.ID{first.Delivery})
		r.must(err)
		sum := 0.0
		for _, o := range old {
			sum += o.Numerator
		}
		if len(old) != 4 || sum != 10_000 {
			t.Errorf("pinned to the first delivery: %+v", old)
		}
		// The first file again must not undo the correction.
		third := r.take(request(pop, "ew.csv", people))
		if third.Superseded != 1 || third.Changed != 0 || len(find(third, "indicator.import.superseded")) != 1 {
			t.Errorf("the first file again: %+v", third)
		}
		// Retracting the correction brings the first figure back.
		if _, err := r.service.Retract(ctx, r.actor, second.Delivery, "Zahlendreher"); err != nil {
			t.Fatal(err)
		}
		obs, _ = r.figures("pop_total", "quarter", "2020", "2020-12-31")
		if obs["0102"].Numerator != 2000 {
			t.Errorf("after retraction %+v", obs["0102"])
		}
		del, err := r.service.Delivery(ctx, r.actor, second.Delivery)
		r.must(err)
		if del.Counts() || del.RetractedReason != "Zahlendreher" || del.RetractedBy != "planner" || len(del.Report.Slices) != 1 {
			t.Errorf("delivery %+v", del)
		}
		if _, err := r.service.Retract(ctx, r.actor, second.Delivery, "again"); asError(err) == nil || asError(err).Key != "indicator.delivery.retracted" {
			t.Errorf("retracted twice: %v", err)
		}
		// A correction after a retraction takes a new revision number.
		r.take(request(pop, "ew4.csv", "raum;ew\n0102;2500\n"))
		if obs, _ = r.figures("pop_total", "quarter", "2020", "2020-12-31"); obs["0102"].Revision != 3 || obs["0102"].Numerator != 2500 {
			t.Errorf("after a new correction %+v", obs["0102"])
		}
	})
}

func TestRetractingEverythingClosesTheSlice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		first := r.take(request(pop, "ew.csv", people))
		second := r.take(request(pop, "ew2.csv", people+"\n"))
		if second.Delivery != "" {
			t.Fatalf("a file without news made a delivery: %+v", second)
		}
		third := r.take(request(pop, "ew3.csv", strings.Replace(people, "1000", "1001", 1)))
		found, err := r.service.Retract(ctx, r.actor, first.Delivery, "falsches Jahr")
		r.must(err)
		if len(found) != 1 || found[0].Code != "indicator.retract.confirmed" || found[0].File != "ew3.csv" {
			t.Errorf("the later delivery that said the same is not named: %v", found)
		}
		states, err := r.store.SliceStates(ctx, r.actor.Tenant)
		r.must(err)
		if len(states) != 1 || states[0].Figures != 1 || states[0].Parts != 1 || states[0].Stamp != string(third.Delivery) {
			t.Errorf("states %+v", states)
		}
		if _, err := r.service.Retract(ctx, r.actor, third.Delivery, "auch falsch"); err != nil {
			t.Fatal(err)
		}
		list, err := r.service.Slices(ctx, r.actor, indicator.Filter{})
		r.must(err)
		if len(list) != 0 {
			t.Errorf("slices without figures are listed: %+v", list)
		}
		if again := r.take(request(pop, "ew.csv", people)); again.New != 4 {
			t.Errorf("the file cannot be taken again: %+v", again)
		}
	})
}

func TestPartsFromTwoDeliveriesMeet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		first := r.take(request(head+"columns: {n: {indicator: share_u18, part: numerator}}\n", "u18.csv", "raum;n\n0101;100\n0102;200\n0201;300\n0202;400\n"))
		if len(find(first, "indicator.quality.no_denominator")) != 1 {
			t.Errorf("a numerator without base is not said: %v", codes(first))
		}
		obs, v := r.figures("share_u18", "quarter", "2020", "2020-12-31")
		if x := obs["0101"].Number(v); !math.IsNaN(x) {
			t.Errorf("a share without base: %v", x)
		}
		second := r.take(request(head+"columns: {ew: {indicator: share_u18, part: denominator}}\n", "ew.csv", people))
		obs, v = r.figures("share_u18", "quarter", "2020", "2020-12-31")
		if o := obs["0202"]; o.Number(v) != 10 || o.Revision != 2 || o.DeliveryID != second.Delivery {
			t.Errorf("%+v", o)
		}
		if _, err := r.service.Retract(ctx, r.actor, first.Delivery, "falsch"); asError(err) == nil || asError(err).Key != "indicator.retract.built_on" {
			t.Errorf("a delivery that a later one has completed: %v", err)
		}
		if _, err := r.service.Retract(ctx, r.actor, second.Delivery, "falsch"); err != nil {
			t.Error(err)
		}
		if _, err := r.service.Retract(ctx, r.actor, first.Delivery, "falsch"); err != nil {
			t.Errorf("then the first can go: %v", err)
		}
	})
}

func TestReimportReplacesADelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		text := "raum;a;b\n0101;10;100\n0102;20;200\n0201;30;300\n0202;40;400\n"
		first := r.take(request(head+"columns: {b: {indicator: pop_total}}\n", "beide.csv", text))
		// A mapping that cannot be used leaves everything as it was.
		_, err := r.service.Reimport(ctx, r.actor, first.Delivery, indicator.ImportRequest{MappingText: head + "columns: {c: {indicator: pop_total}}\n"}, nil)
		if asError(err) == nil || r.total("pop_total", "quarter", "2020", "2020-12-31") != 1000 {
			t.Errorf("a wrong mapping: %v, total %v", err, r.total("pop_total", "quarter", "2020", "2020-12-31"))
		}
		rep, err := r.service.Reimport(ctx, r.actor, first.Delivery, indicator.ImportRequest{MappingText: head + "columns: {a: {indicator: pop_total}}\n"}, nil)
		r.must(err)
		if rep.Delivery == "" || rep.New != 4 {
			t.Errorf("%+v", rep)
		}
		second, err := r.service.Delivery(ctx, r.actor, rep.Delivery)
		r.must(err)
		old, err := r.service.Delivery(ctx, r.actor, first.Delivery)
		r.must(err)
		if second.Replaces != first.Delivery || second.SHA256 != old.SHA256 || old.Counts() || r.total("pop_total", "quarter", "2020", "2020-12-31") != 100 {
			t.Errorf("new %+v, old %+v", second, old)
		}
		// The same mapping again is allowed: areas may have come that were unknown.
		if _, err := r.service.Reimport(ctx, r.actor, rep.Delivery, indicator.ImportRequest{Mapping: nil, MappingText: second.Mapping}, nil); err != nil {
			t.Error(err)
		}
		if r.total("pop_total", "quarter", "2020", "2020-12-31") != 100 {
			t.Error("the same file and mapping changed the figures")
		}
	})
}

func TestDryRunOnlyReports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		q := request(under, "u18.csv", "raum;u18;ew\n0101;100;1000\n0102;2;2000\n0201;9;8\n9999;1;1\n")
		q.DryRun = true
		dry := r.take(q)
		for _, table := range []string{"delivery", "slice", "observation", "mapping"} {
			if n := r.count(`select count(*) from ` + table + ` where tenant_id = $1`); n != 0 {
				t.Errorf("a trial left %d rows in %s", n, table)
			}
		}
		q.DryRun = false
		real := r.take(q)
		if dry.New != real.New || dry.Taken != 3 || real.Taken != 3 || !slices.Equal(codes(dry), codes(real)) || dry.SHA256 != real.SHA256 {
			t.Errorf("trial %+v\nimport %+v", dry, real)
		}
		for code, n := range map[string]int{"indicator.quality.above_whole": 1, "indicator.import.unknown_area": 1, "indicator.import.areas_missing": 1, "indicator.import.small_counts": 1} {
			if len(find(real, code)) != n {
				t.Errorf("%s: %v", code, find(real, code))
			}
		}
		if !slices.Equal(real.AboveWhole, []string{"share_u18 2020-12-31"}) {
			t.Errorf("what must not be released is not marked: %v", real.AboveWhole)
		}
		// A stored report speaks as the fresh one.
		del, err := r.service.Delivery(ctx, r.actor, real.Delivery)
		r.must(err)
		if got, want := fmt.Sprint(find(del.Report, "indicator.quality.above_whole")), fmt.Sprint(find(real, "indicator.quality.above_whole")); got != want {
			t.Errorf("stored %s, fresh %s", got, want)
		}
	})
}

func TestTwoRowsForOneArea(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		two := head + "columns: {ew: {indicator: pop_total}, u18: {indicator: share_u18, part: numerator}}\n"
		rep := r.take(request(two, "x.csv", "raum;ew;u18\n0101;1000;10\n0102;2000;20\n0201;3000;30\n0101;1001;10\n0102;2000;20\n0202;4000;40\n"))
		if f := find(rep, "indicator.import.twice"); len(f) != 1 || f[0].Key != "0101" || f[0].Params["first"] != 2 || f[0].Params["second"] != 5 {
			t.Errorf("contradicting rows: %v", f)
		}
		if f := find(rep, "indicator.import.twice_equal"); len(f) != 1 || f[0].Key != "0102" || f[0].Outcome != kernel.Warn {
			t.Errorf("equal rows: %v", f)
		}
		pop, _ := r.figures("pop_total", "quarter", "2020", "2020-12-31")
		young, _ := r.figures("share_u18", "quarter", "2020", "2020-12-31")
		if _, ok := pop["0101"]; ok || len(pop) != 3 || len(young) != 3 || pop["0102"].Numerator != 2000 {
			t.Errorf("none of two contradicting rows is taken, in no column: %v %v", pop, young)
		}
		if rep.Refused != 2 || rep.Taken != 4 || len(rep.Twice) != 2 {
			t.Errorf("refused %d, taken %d, twice %+v", rep.Refused, rep.Taken, rep.Twice)
		}
	})
}

func TestSumsJumpsAndRatesAreJudged(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	district := strings.ReplaceAll(pop, "level: quarter", "level: district")
	r.take(request(district, "bezirke.csv", "raum;ew\n01;3000\n02;7001\n"))
	rep := r.take(request(pop, "ew.csv", people))
	if f := find(rep, "indicator.quality.sum"); len(f) != 1 || f[0].Key != "02" || f[0].Params["difference"] != -1.0 {
		t.Errorf("sums: %v", f)
	}
	if s := rep.Slices[0].Sums; len(s) != 1 || s[0].Compared != 2 || s[0].Level != "district" {
		t.Errorf("sums %+v", s)
	}
	// The other way round the districts are compared with the quarters there are.
	rep = r.take(request(district, "bezirke2.csv", "raum;ew\n01;3001\n02;7000\n"))
	if f := find(rep, "indicator.quality.sum"); len(f) != 1 || f[0].Key != "01" {
		t.Errorf("sums of what lies below: %v", f)
	}
	rates := head + "columns: {p: {indicator: share_u18}, n: {indicator: share_u18, part: numerator}, ew: {indicator: share_u18, part: denominator}}\n"
	rep = r.take(request(rates, "x.csv", "raum;p;n;ew\n0101;10,0;100;1000\n0102;12,0;200;2000\n"))
	if f := find(rep, "indicator.import.rate_differs"); len(f) != 1 || f[0].Key != "0102" {
		t.Errorf("rates: %v", f)
	}
	checked, err := r.service.Check(ctx, r.actor)
	r.must(err)
	var found []string
	for _, f := range checked {
		found = append(found, f.Code+" "+f.Key)
	}
	for _, want := range []string{"indicator.quality.sum 01", "indicator.quality.areas_missing "} {
		if !slices.Contains(found, want) {
			t.Errorf("check finds %v, not %s", found, want)
		}
	}
}

func TestJumpsAgainstTheLastPeriod(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	var list []place
	text := map[string]*strings.Builder{"2019": {}, "2020": {}}
	for i := range 30 {
		list = append(list, place{key: fmt.Sprintf("%02d", i)})
	}
	for year, b := range text {
		b.WriteString("raum;ew\n")
		for i := range list {
			n := 1000 + 50*i
			if year == "2020" {
				n += 5 + i%7
			}
			if year == "2020" && i == 13 {
				n *= 3
			}
			fmt.Fprintf(b, "%02d;%d\n", i, n)
		}
	}
	r.areas.make("quarter", "2020", "2015-01-01", "", "", list)
	r.take(request(strings.ReplaceAll(pop, "2020-12-31", "2019-12-31"), "19.csv", text["2019"].String()))
	rep := r.take(request(pop, "20.csv", text["2020"].String()))
	if f := find(rep, "indicator.quality.jump"); len(f) != 1 || f[0].Key != "13" {
		t.Errorf("jumps: %v", f)
	}
	// Everything times a thousand is another unit.
	thousands := strings.ReplaceAll(text["2020"].String(), "\n", "000\n")
	rep = r.take(request(strings.ReplaceAll(pop, "2020-12-31", "2021-12-31"), "21.csv", strings.Replace(thousands, "ew000", "ew", 1)))
	if f := find(rep, "indicator.quality.shift"); len(f) != 1 {
		t.Errorf("shift: %v", f)
	}
	r.take(request(strings.ReplaceAll(pop, "2020-12-31", "2023-12-31"), "23.csv", text["2020"].String()))
	checked, err := r.service.Check(ctx, r.actor)
	r.must(err)
	if !slices.ContainsFunc(checked, func(f kernel.Finding) bool {
		return f.Code == "indicator.quality.gap" && f.Params["after"] == kernel.Date("2023-12-31")
	}) {
		t.Errorf("the gap of 2022 is not found: %v", checked)
	}
}

// TestSignsAreKept: the legend of domain.md 3.3 survives the way into the database and back.
func TestSignsAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		signs := []struct {
			text   string
			flag   indicator.Flag
			number float64
		}{
			{"-", indicator.Zero, 0},
			{"0", indicator.RoundedZero, 0},
			{".", indicator.Unknown, math.NaN()},
			{"...", indicator.NotYet, math.NaN()},
			{"x", indicator.NotApplicable, math.NaN()},
			{"(12)", indicator.Unsafe, 12},
			{"/", indicator.Unsafe, math.NaN()},
			{"7r", indicator.Corrected, 7},
			{"8p", indicator.Provisional, 8},
			{"9s", indicator.Estimated, 9},
			{"geheim", indicator.Suppressed, math.NaN()},
			{"12,5", indicator.Value, 12.5},
		}
		var list []place
		text := "raum;ew\n"
		for i, s := range signs {
			list = append(list, place{key: fmt.Sprintf("%02d", i)})
			text += fmt.Sprintf("%02d;%s\n", i, s.text)
		}
		r.areas.make("quarter", "2020", "2015-01-01", "", "", list)
		r.take(request(pop+"special: {geheim: suppressed}\n", "x.csv", text))
		obs, v := r.figures("pop_total", "quarter", "2020", "2020-12-31")
		for i, s := range signs {
			o, ok := obs[fmt.Sprintf("%02d", i)]
			if n := o.Number(v); !ok || o.Flag != s.flag || n != s.number && !(math.IsNaN(n) && math.IsNaN(s.number)) {
				t.Errorf("%q: %+v", s.text, o)
			}
		}
		if rep := r.take(request(pop+"special: {geheim: suppressed}\n", "y.csv", text+"\n")); rep.Unchanged != len(signs) {
			t.Errorf("signs differ from themselves: %+v", rep)
		}
	})
}

func TestNegativeBalances(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	balance := head + "columns: {saldo: {indicator: migration_balance, part: numerator}, ew: {indicator: migration_balance, part: denominator}}\n"
	rep := r.take(request(balance, "x.csv", "raum;saldo;ew\n0101;-50;1000\n0102;20;2000\n0201;-3;3000\n"))
	obs, v := r.figures("migration_balance", "quarter", "2020", "2020-12-31")
	if obs["0101"].Number(v) != -5 || rep.Taken != 3 {
		t.Errorf("%+v, findings %v", obs["0101"], rep.Findings)
	}
}

func TestVersionsOfDefinitions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		ind, err := r.service.Indicator(ctx, r.actor, "unemp_share")
		r.must(err)
		v := ind.Current()
		v.Denominator = kernel.T("15 bis unter Regelaltersgrenze", "15 to below the standard retirement age")
		v.ValidFrom = "2021-01-01"
		if _, err := r.service.NewVersion(ctx, r.actor, "unemp_share", v, " "); asError(err) == nil || asError(err).Fields["reason"] == "" {
			t.Errorf("a version without a reason: %v", err)
		}
		_, err = r.service.NewVersion(ctx, r.actor, "unemp_share", v, "Regelaltersgrenze steigt")
		r.must(err)
		if _, err := r.service.NewVersion(ctx, r.actor, "unemp_share", v, "noch einmal"); asError(err) == nil {
			t.Error("two versions from one day on")
		}
		m := byYear + "columns: {n: {indicator: unemp_share, part: numerator}, ew: {indicator: unemp_share, part: denominator}}\n"
		r.take(request(m, "x.csv", "raum;stand;n;ew\n0101;31.12.2020;5;100\n0101;31.12.2021;6;100\n"))
		list, err := r.service.Slices(ctx, r.actor, indicator.Filter{Indicator: ind.ID})
		r.must(err)
		if len(list) != 2 || list[0].Version != 1 || list[1].Version != 2 || list[1].Period.To != "2021-12-31" {
			t.Errorf("%+v", list)
		}
	})
}

func TestTownsKeepTheirOwnIndicators(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		own := indicator.Indicator{Key: "dogs", Field: "X", Versions: []indicator.Version{{
			Name: kernel.T("Hunde", "Dogs"), Numerator: kernel.T("gemeldete Hunde", "registered dogs"), Denominator: kernel.T("Einwohner", "inhabitants"), Unit: "per 1000",
		}}}
		added, err := r.service.Add(ctx, r.actor, own)
		r.must(err)
		if v := added.Current(); v.Factor != 1000 || v.Aggregation != indicator.Ratio || v.Class != "S5" {
			t.Errorf("%+v", v)
		}
		if _, err := r.service.Add(ctx, r.actor, own); asError(err) == nil || asError(err).Kind != kernel.Conflict {
			t.Errorf("the same key twice: %v", err)
		}
		own.Key, own.Versions = "Große Hunde", []indicator.Version{{}}
		if _, err := r.service.Add(ctx, r.actor, own); asError(err) == nil || len(asError(err).Fields) < 4 {
			t.Errorf("an empty definition: %v", err)
		}
		r.must(r.service.EnsureCatalogue(ctx, r.actor.Tenant))
		list, err := r.service.Catalogue(ctx, access.Anonymous(r.actor.Tenant))
		r.must(err)
		if len(list) != len(indicator.Shipped())+1 || !slices.ContainsFunc(list, func(i indicator.Indicator) bool { return i.Key == "dogs" && i.Own }) {
			t.Errorf("%d indicators", len(list))
		}
		if err := r.service.SetParts(ctx, r.actor, "pop_total", [][]string{{"share_u81"}}); asError(err) == nil || asError(err).Key != "indicator.parts.unknown.near" {
			t.Errorf("an unknown part: %v", err)
		}
	})
}

func TestMappingsAreRemembered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		open := func(text string) (*table.Mapping, string, bool) {
			m, source, remembered, err := r.service.ProposeMapping(ctx, r.actor, "neu.csv", strings.NewReader(text), int64(len(text)))
			r.must(err)
			return m, source, remembered
		}
		if m, _, remembered := open(people); remembered || m.Area.Column != "raum" {
			t.Errorf("proposed %+v", m)
		}
		r.take(request(under, "u18.csv", "raum;u18;ew\n0101;100;1000\n"))
		m, source, remembered := open("raum;u18;ew\n0202;5;9\n")
		if !remembered || source != "test" || len(m.Columns) != 2 || m.Disclosure != table.ClearedBySource {
			t.Errorf("remembered %v from %q: %+v", remembered, source, m)
		}
		if _, _, remembered := open(people); remembered {
			t.Error("another header got the mapping")
		}
	})
}

func TestOnlyPlannersBringFigures(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	rep := r.take(request(pop, "ew.csv", people))
	slice := r.slice("pop_total", "quarter", "2020", "2020-12-31")
	for kind, a := range map[kernel.Kind]access.Actor{
		kernel.Unauthenticated: access.Anonymous(r.actor.Tenant),
		kernel.Denied:          {Tenant: r.actor.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Admin}},
	} {
		_, imported := r.service.Import(ctx, a, request(pop, "ew.csv", people), nil)
		_, retracted := r.service.Retract(ctx, a, rep.Delivery, "x")
		_, reimported := r.service.Reimport(ctx, a, rep.Delivery, indicator.ImportRequest{}, nil)
		_, seen := r.service.Observations(ctx, a, slice)
		_, pinned := r.service.ObservationsPinned(ctx, a, slice, nil)
		_, listed := r.service.Slices(ctx, a, indicator.Filter{})
		_, one := r.service.Slice(ctx, a, slice)
		_, _, union := r.service.Union(ctx, a, slice, nil)
		_, checked := r.service.Check(ctx, a)
		_, deliveries := r.service.Deliveries(ctx, a)
		_, delivery := r.service.Delivery(ctx, a, rep.Delivery)
		_, added := r.service.Add(ctx, a, indicator.Indicator{})
		_, version := r.service.NewVersion(ctx, a, "pop_total", indicator.Version{}, "x")
		parts := r.service.SetParts(ctx, a, "pop_total", nil)
		_, _, _, proposed := r.service.ProposeMapping(ctx, a, "x.csv", strings.NewReader(people), int64(len(people)))
		for i, err := range []error{imported, retracted, reimported, seen, pinned, listed, one, union, checked, deliveries, delivery, added, version, parts, proposed} {
			if kernel.KindOf(err) != kind {
				t.Errorf("call %d by %v: %v", i, a.Roles, err)
			}
		}
	}
}

func TestTownsDoNotSeeEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		rep := r.take(request(pop, "ew.csv", people))
		slice := r.slice("pop_total", "quarter", "2020", "2020-12-31")
		other := access.Actor{Tenant: kernel.NewID(), Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		r.tenant(other.Tenant, "zinnstadt")
		r.must(r.service.EnsureCatalogue(ctx, other.Tenant))
		if list, err := r.service.Slices(ctx, other, indicator.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("slices %v, %v", list, err)
		}
		if list, err := r.service.Observations(ctx, other, slice); err != nil || len(list) != 0 {
			t.Errorf("figures %v, %v", list, err)
		}
		if _, err := r.service.Delivery(ctx, other, rep.Delivery); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("delivery: %v", err)
		}
		if _, err := r.service.Retract(ctx, other, rep.Delivery, "x"); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("retraction: %v", err)
		}
	})
}

func TestACancelledImportLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		for _, step := range []string{"read", "compare", "write"} {
			c, cancel := context.WithCancel(ctx)
			_, err := r.service.Import(c, r.actor, request(pop, "ew.csv", people), func(s string, _, _ int) {
				if s == step {
					cancel()
				}
			})
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled at %s: %v", step, err)
			}
			for _, table := range []string{"delivery", "slice", "observation", "mapping"} {
				if n := r.count(`select count(*) from ` + table + ` where tenant_id = $1`); n != 0 {
					t.Errorf("cancelled at %s: %d rows in %s", step, n, table)
				}
			}
		}
	})
}

func TestTwoImportsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := town(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		r.service.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return r.now() }
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = r.service.Import(ctx, r.actor, request(pop, "ew.csv", strings.Replace(people, "1000", fmt.Sprint(1000+i), 1)), nil)
			})
		}
		wg.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("import %d: %v", i, err)
			}
		}
		obs, _ := r.figures("pop_total", "quarter", "2020", "2020-12-31")
		// Six figures for 0101, one after the other; the three others once.
		if n := r.count(`select count(*) from observation where tenant_id = $1`); n != 9 || obs["0101"].Revision != 6 || obs["0202"].Revision != 1 {
			t.Errorf("%d figures, %+v", n, obs)
		}
	})
}

var _ indicator.Areas = (*area.Service)(nil)
