// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// TestAreasWithoutPartsAreNamed: Berlin and Hamburg have no districts in the federal tables, so the districts miss their inhabitants, and no
// comparison of one Land with its districts shows it.
func TestAreasWithoutPartsAreNamed(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	r.areas.make("land", "2018", "2015-01-01", "", "", []place{{key: "01"}, {key: "02"}, {key: "11"}})
	r.areas.make("kreis", "2018", "2015-01-01", "", "land/2018", []place{{"01001", "01"}, {"01002", "01"}})
	mapping := func(level string, length int) string {
		return fmt.Sprintf("area: {level: %s, column: raum}\nperiod: {value: '2018-12-31'}\ncolumns: {ew: {indicator: pop_total}}\nfilter: [{column: raum, length: %d}]\n",
			level, length)
	}
	table := "raum;ew\nDG;100\n01;60\n01001;20\n01002;40\n02;10\n11;30\n"
	all := r.take(request(strings.Split(mapping("land", 2), "filter")[0], "alle.csv", table))
	if f := find(all, "indicator.import.other_levels"); len(f) != 1 || f[0].Params["digits"] != 2 || !slices.Equal(f[0].Params["others"].([]string), []string{"5"}) {
		t.Errorf("a file of two levels without a filter: %v", all.Findings)
	}
	if all.Slices[0].Numerator != 100 || len(all.Unmatched) != 3 {
		t.Errorf("%+v", all)
	}
	land := r.take(request(mapping("land", 2), "land.csv", table))
	if f := find(land, "indicator.import.other_levels"); len(f) != 0 {
		t.Errorf("the filter leaves the other level out: %v", f)
	}
	rep := r.take(request(mapping("kreis", 5), "kreis.csv", table))
	f := find(rep, "indicator.quality.without_parts")
	if len(f) != 1 || !slices.Equal(f[0].Params["keys"].([]string), []string{"02", "11"}) || f[0].Params["difference"] != -40.0 {
		t.Fatalf("%v", rep.Findings)
	}
	if len(find(rep, "indicator.quality.sum")) != 0 {
		t.Errorf("each Land that has districts agrees: %v", rep.Findings)
	}
	checked, err := r.service.Check(ctx, r.actor)
	r.must(err)
	if !slices.ContainsFunc(checked, func(f kernel.Finding) bool { return f.Code == "indicator.quality.without_parts" }) {
		t.Errorf("the check does not find it: %v", checked)
	}
}

// TestCompletedIsNotCorrected: a second part of a figure is no correction of the first.
func TestCompletedIsNotCorrected(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	r.take(request(head+"columns: {ew: {indicator: share_u18, part: denominator}}\n", "ew.csv", people))
	rep := r.take(request(head+"columns: {n: {indicator: share_u18, part: numerator}}\n", "u18.csv", "raum;n\n0101;100\n0102;200\n"))
	if s := rep.Slices[0]; s.Completed != 2 || s.Changed != 2 || s.New != 0 {
		t.Errorf("%+v", s)
	}
	rep = r.take(request(head+"columns: {n: {indicator: share_u18, part: numerator}}\n", "u18b.csv", "raum;n\n0101;101\n0102;200\n"))
	if s := rep.Slices[0]; s.Completed != 0 || s.Changed != 1 || s.Unchanged != 1 {
		t.Errorf("%+v", s)
	}
}

// TestShippedPartsAreJudged: the catalogue knows which groups make up the inhabitants.
func TestShippedPartsAreJudged(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	mapping := head + `columns:
  ew: {indicator: pop_total}
  u18: {indicator: share_u18, part: numerator}
  mid: {indicator: disability_basic_rate, part: denominator}
  old: {indicator: old_age_basic_rate, part: denominator}
`
	rep := r.take(request(mapping, "alter.csv", "raum;ew;u18;mid;old\n0101;1000;100;700;200\n0102;2000;200;1400;392\n"))
	f := find(rep, "indicator.quality.parts")
	if len(f) != 1 || f[0].Key != "0102" || f[0].Params["difference"] != -8.0 {
		t.Fatalf("%v", rep.Findings)
	}
	if s, _ := f[0].Params["parts"].(kernel.Text).In("de"); s != "Personen unter 18 Jahren; Personen von 18 Jahren bis unter die Regelaltersgrenze; Personen ab der Regelaltersgrenze" {
		t.Errorf("parts are called %q", s)
	}
}
