// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// TestBadRows: parts C and E of reliability.md 3, as far as they are about figures.
func TestBadRows(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	cases := []struct {
		name, mapping, text string
		code                string
		row                 int
		taken               int
	}{
		{"negative count", pop, "raum;ew\n0101;-5\n0102;2000\n0201;1\n", "indicator.import.negative", 2, 2},
		{"negative numerator", under, "raum;u18;ew\n0101;1;5\n0102;-2;2000\n0201;1;9\n", "table.number.negative", 3, 2},
		{"text", pop, "raum;ew\n0102;2000\n0201;1\n0101;viele\n", "table.number.text", 4, 2},
		{"not a number", pop, "raum;ew\n0102;2000\n0201;1\n0101;NaN\n", "table.number.out_of_range", 4, 2},
		{"infinity", pop, "raum;ew\n0102;2000\n0201;1\n0101;Infinity\n", "table.number.out_of_range", 4, 2},
		{"too large", pop, "raum;ew\n0102;2000\n0201;1\n0101;1e400\n", "table.number.out_of_range", 4, 2},
		{"no such day", byYear + "columns: {ew: {indicator: pop_total}}\n", "raum;stand;ew\n0101;31.02.2020;1\n0102;31.12.2020;2\n0201;31.12.2020;3\n", "table.period.no_such_day", 2, 2},
		{"before the edition", byYear + "columns: {ew: {indicator: pop_total}}\n", "raum;stand;ew\n0101;31.12.2011;1\n0102;31.12.2020;2\n0201;31.12.2020;3\n", "indicator.period.before", 2, 2},
		{"after the edition", byYear + "columns: {ew: {indicator: pop_total}}\n", "raum;stand;ew\n0101;31.12.2024;1\n0102;31.12.2020;2\n0201;31.12.2020;3\n", "indicator.period.after", 2, 2},
		{"unknown area", pop, "raum;ew\n7777;1\n0102;2000\n0201;1\n", "indicator.import.unknown_area", 2, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := request(c.mapping, "x.csv", c.text)
			q.DryRun = true
			rep, err := r.service.Import(ctx, r.actor, q, nil)
			r.must(err)
			f := find(rep, c.code)
			if len(f) != 1 || f[0].Outcome != kernel.RefuseRow || f[0].Row != c.row || f[0].File != "x.csv" {
				t.Errorf("findings %v", rep.Findings)
			}
			if rep.Taken != c.taken || rep.Refuses() || rep.Refused != 1 || rep.New == 0 {
				t.Errorf("taken %d, refused %d, refuses %v, new %d", rep.Taken, rep.Refused, rep.Refuses(), rep.New)
			}
			q.Whole = true
			if rep, err = r.service.Import(ctx, r.actor, q, nil); err != nil || !rep.Refuses() {
				t.Errorf("taken although the whole was asked for: %v", err)
			}
		})
	}
}

// TestRefusedFiles: every refusal says what to do and leaves the database as it was.
func TestRefusedFiles(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	cases := []struct{ name, mapping, text, code string }{
		{"empty", pop, "", "table.file.empty"},
		{"header only", pop, "raum;ew\n", "table.file.no_rows"},
		{"no row matches", pop, "raum;ew\n1;1\n2;2\n", "indicator.import.nothing"},
		{"column missing", head + "columns: {einwohner: {indicator: pop_total}}\n", people, "table.column.missing"},
		{"unknown indicator", head + "columns: {ew: {indicator: pop_totel}}\n", people, "indicator.mapping.indicator.near"},
		{"indicator like nothing", head + "columns: {ew: {indicator: zzzzzzzzzzzzzz}}\n", people, "indicator.mapping.indicator"},
		{"denominator of a count", head + "columns: {ew: {indicator: pop_total, part: denominator}}\n", people, "indicator.mapping.part"},
		{"a part twice", head + "columns: {ew: {indicator: pop_total}, raum: {indicator: pop_total, part: numerator}}\n", people, "indicator.mapping.twice"},
		{"unknown edition", strings.ReplaceAll(pop, "'2020'", "'1920'"), people, "indicator.mapping.edition_unknown"},
		{"no level", strings.ReplaceAll(pop, "level: quarter, edition: '2020', ", ""), people, "indicator.mapping.level"},
		{"fixed period outside", strings.ReplaceAll(pop, "2020-12-31", "2010-12-31"), people, "indicator.period.before"},
		{"not YAML", "columns: [", people, "table.mapping.yaml"},
		{"a total among the areas", pop, people + "Insgesamt;10000\n", "table.key.total"},
		{"keys without zeros", pop, "raum;ew\n101;1000\n102;2000\n201;3000\n202;4000\n", "table.key.lost_zero"},
		{"persons", head + "columns: {ew: {indicator: pop_total}}\n", "raum;ew;Name;Geburtsdatum;IBAN\n0101;1;Anna Muster;01.01.1980;DE02120300000000202051\n", "table.file.person_data"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r.t = t
			rep, found := r.refused(request(c.mapping, "x.csv", c.text))
			if !slices.Contains(found, c.code) {
				t.Errorf("findings %v, want %s", rep.Findings, c.code)
			}
			for _, table := range []string{"delivery", "slice", "mapping"} {
				if n := r.count(`select count(*) from ` + table + ` where tenant_id = $1`); n != 0 {
					t.Errorf("%d rows in %s", n, table)
				}
			}
		})
	}
}

func TestQuestionsCanBeAnswered(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	q := request(pop, "x.csv", people+"Insgesamt;10000\n")
	q.Accept = []string{"key.total"}
	if rep := r.take(q); rep.Taken != 4 || find(rep, "table.key.total")[0].Outcome != kernel.Warn {
		t.Errorf("%+v", rep)
	}
	q = request(strings.ReplaceAll(pop, "2020-12-31", "2010-12-31"), "x.csv", people)
	q.Accept = []string{"indicator.period.outside"}
	if rep := r.take(q); rep.New != 4 || find(rep, "indicator.period.before")[0].Outcome != kernel.Warn {
		t.Errorf("%+v", rep)
	}
	// 31 December ends where 1 January begins: no question.
	if rep := r.take(request(strings.ReplaceAll(pop, "2020-12-31", "2014-12-31"), "x.csv", people)); rep.New != 4 || len(find(rep, "indicator.period.before")) != 0 {
		t.Errorf("%+v", rep)
	}
	if rep := r.take(request(strings.ReplaceAll(pop, "column: raum}", "column: raum, key_width: 4}"), "x.csv", "raum;ew\n101;1\n102;2\n201;3\n202;4\n")); rep.Padded != 4 || rep.Changed != 4 {
		t.Errorf("%+v", rep)
	}
}
