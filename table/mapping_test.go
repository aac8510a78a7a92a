// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/table"
	"pgregory.net/rapid"
)

const allKeys = `
table: {sheet: T5, header_rows: auto, first_row: 8, encoding: auto, delimiter: tab, decimal: ","}
area: {level: plr, edition: "2021", column: A, key_width: 8}
period: {column: C, format: YYYYMM}
columns:
  Einwohner: {indicator: pop_total}
  "Arbeitslose | Anzahl": {indicator: unemployed, part: numerator, period: 31.12.2021}
  F:
    - {indicator: unemployed, part: denominator}
    - {indicator: dynamic, part: change}
filter:
  - {column: A, length: [8, 12]}
  - {column: B, equals: "005"}
  - {column: B, in: [a, b]}
last_row: 99
footer: "^Quelle"
special: {"-9999": suppressed, "0": rounded_zero}
disclosure: unchecked
`

func TestMappingKnowsEveryKey(t *testing.T) {
	m, err := table.ParseMapping([]byte(allKeys))
	if err != nil {
		t.Fatal(err)
	}
	five := "005"
	want := &table.Mapping{
		Table:  table.TableSpec{Sheet: "T5", FirstRow: 8, Delimiter: "tab", Decimal: ","},
		Area:   table.AreaSpec{Level: "plr", Edition: "2021", Column: "A", KeyWidth: 8},
		Period: table.PeriodSpec{Column: "C", Format: "YYYYMM"},
		Columns: []table.ColumnSpec{
			{Column: "Einwohner", Targets: []table.Target{{Indicator: "pop_total", Part: table.PartValue}}},
			{Column: "Arbeitslose | Anzahl", Targets: []table.Target{{Indicator: "unemployed", Part: table.PartNumerator, Period: "31.12.2021"}}},
			{Column: "F", Targets: []table.Target{{Indicator: "unemployed", Part: table.PartDenominator}, {Indicator: "dynamic", Part: table.PartChange}}},
		},
		Filter:     []table.FilterSpec{{Column: "A", Length: []int{8, 12}}, {Column: "B", Equals: &five}, {Column: "B", In: []string{"a", "b"}}},
		LastRow:    99,
		Footer:     "^Quelle",
		Special:    map[string]table.Flag{"-9999": table.FlagSuppressed, "0": table.FlagRoundedZero},
		Disclosure: table.Unchecked,
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%+v\nwant %+v", m, want)
	}
	o, err := m.Options()
	if err != nil || o.Sheet != "T5" || o.FirstRow != 8 || o.LastRow != 99 || o.Delimiter != '\t' || o.Footer == nil {
		t.Errorf("%+v %v", o, err)
	}
}

func TestMappingRefusesWhatItDoesNotKnow(t *testing.T) {
	const base = "area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x}}\n"
	for name, c := range map[string]struct {
		text, says string
		line       int
	}{
		"unknown key":        {base + "colums: {}\n", `unknown key "colums"`, 4},
		"unknown inner key":  {"area: {column: A}\nperiod: {value: 2024}\ncolumns:\n  B:\n    indikator: x\n", `unknown key "indikator"`, 5},
		"key twice":          {base + "area: {column: B}\n", "stands twice", 4},
		"unknown part":       {"area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x, part: zähler}}\n", `unknown part "zähler"`, 3},
		"unknown flag":       {base + "special: {x: geheim}\n", `unknown flag "geheim"`, 4},
		"no indicator":       {"area: {column: A}\ncolumns: {B: {part: value}}\n", "names no indicator", 2},
		"no area":            {"columns: {B: {indicator: x}}\n", "area.column is missing", 0},
		"area twice":         {"area: {column: A, key: x}\ncolumns: {B: {indicator: x}}\n", "not both", 0},
		"no columns":         {"area: {column: A}\n", "columns or long is missing", 0},
		"columns and long":   {base + "long: {indicator_column: A, value_column: B, codes: {x: {indicator: y}}}\n", "exclude each other", 0},
		"long without codes": {"area: {column: A}\nlong: {indicator_column: A, value_column: B}\n", "long needs", 0},
		"two periods":        {"area: {column: A}\nperiod: {value: 2024, column: C}\ncolumns: {B: {indicator: x}}\n", "not both", 0},
		"period of a column": {"area: {column: A}\ncolumns: {B: {indicator: x, period: 31.02.2024}}\n", "cannot be read", 0},
		"period format":      {"area: {column: A}\nperiod: {column: C, format: JJJJ}\ncolumns: {B: {indicator: x}}\n", "unknown period format", 0},
		"decimal":            {"table: {decimal: komma}\n" + base, "decimal must be", 0},
		"delimiter":          {"table: {delimiter: '#'}\n" + base, "delimiter must be", 0},
		"encoding":           {"table: {encoding: ebcdic}\n" + base, "unknown encoding", 0},
		"header_rows":        {"table: {header_rows: drei}\n" + base, "whole number", 1},
		"footer":             {base + "footer: '(('\n", "regular expression", 0},
		"filter":             {base + "filter: [{column: A}]\n", "a filter needs", 4},
		"disclosure":         {base + "disclosure: maybe\n", "disclosure must be", 4},
		"no block":           {"- a\n- b\n", "must be a block of keys", 1},
		"empty":              {"", "is empty", 0},
		"not YAML":           {"area: [", "not YAML", 1},
		"merge key":          {"x: &x {column: A}\narea:\n  <<: *x\n", "unknown key", 1},
		"not UTF-8":          {"area: \xff", "not UTF-8", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := table.ParseMapping([]byte(c.text))
			var r *table.Refusal
			if !errors.As(err, &r) || !strings.HasPrefix(r.Finding.Code, "mapping.") || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want %q", err, c.says)
			}
			if c.line > 0 && r.Finding.Line != c.line {
				t.Errorf("line %d, want %d: %v", r.Finding.Line, c.line, err)
			}
		})
	}
}

func TestMappingSurvivesWritingAndReading(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, m *table.Mapping) {
		text, err := m.YAML()
		if err != nil {
			t.Fatalf("%v", err)
		}
		again, err := table.ParseMapping(text)
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%v\n%s\n%+v\n%+v", err, text, m, again)
		}
	}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := table.ParseMapping(text)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		check(t, m)
	}
	m, err := table.ParseMapping([]byte(allKeys))
	if err != nil {
		t.Fatal(err)
	}
	check(t, m)
	word := rapid.StringOfN(rapid.SampledFrom([]rune("aZ0 1.-:#|'\"äß&*!~,{}[]\n")), 1, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		m := &table.Mapping{Area: table.AreaSpec{Column: word.Draw(t, "area")}, Period: table.PeriodSpec{Value: "2024"}, Disclosure: table.Unchecked}
		for _, c := range rapid.SliceOfNDistinct(word, 1, 4, rapid.ID).Draw(t, "columns") {
			m.Columns = append(m.Columns, table.ColumnSpec{Column: c, Targets: []table.Target{{Indicator: word.Draw(t, "indicator"), Part: table.PartValue}}})
		}
		eq := word.Draw(t, "equals")
		m.Filter = []table.FilterSpec{{Column: word.Draw(t, "filter"), Equals: &eq}}
		m.Special = map[string]table.Flag{word.Draw(t, "special"): table.FlagUnknown}
		check(t, m)
	})
}

func TestOneColumnMayFeedSeveralIndicators(t *testing.T) {
	o := try([]byte("Ortsteil;Einwohner;Arbeitslose\nA;100;7\n"), "a.csv", `
area: {column: Ortsteil}
period: {value: 2024-12-31}
columns:
  Einwohner: [{indicator: pop_total}, {indicator: share, part: denominator}]
  Arbeitslose: {indicator: share, part: numerator}
`, nil)
	if !o.clean() || len(o.records) != 3 {
		t.Fatal(o.all, o.refused)
	}
	var got []string
	for _, r := range o.records {
		got = append(got, fmt.Sprintf("%s %s %v %s", r.Indicator, r.Part, r.Value, r.Period))
	}
	if want := "[pop_total value 100 2024-12-31 share denominator 100 2024-12-31 share numerator 7 2024-12-31]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
}

func TestKeysInSeveralColumnsAreJoined(t *testing.T) {
	o := try([]byte("Satz;Land;RB;Kreis;Gem;Einwohner\n40;04;0;11;;0\n60;04;0;11;000;563290\n60;04;0;12;000;113173\n"), "gv.csv", `
area: {column: [Land, RB, D, Gem]}
period: {value: 2022-12-31}
columns: {Einwohner: {indicator: pop_total}}
`, func(key string) bool { return key == "04011000" || key == "04012000" || key == "04011" })
	if !o.clean() || len(o.records) != 3 {
		t.Fatal(o.all, o.refused)
	}
	for i, want := range []string{"04011", "04011000", "04012000"} { // a row of a level above has only the first cells
		if o.records[i].Area != want {
			t.Errorf("key %q, want %q", o.records[i].Area, want)
		}
	}
	m, err := table.ParseMapping([]byte("area: {column: [Land, RB]}\nperiod: {value: 2022}\ncolumns: {E: {indicator: pop_total}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := table.ParseMapping(text); err != nil || !reflect.DeepEqual(m, again) {
		t.Errorf("%v %s", err, text)
	}
}

func TestUnnamedColumnsThatAreUsedAreNotReported(t *testing.T) {
	o := try([]byte(";;Einwohner\n01;Mitte;5\n02;Nord;6\n"), "a.csv", "area: {column: A}\nperiod: {value: 2024}\ncolumns: {Einwohner: {indicator: pop_total}}\n", nil)
	var columns []string
	for _, f := range o.all {
		if f.Code == "column.unnamed" {
			columns = append(columns, f.Column)
		}
	}
	if len(o.records) != 2 || fmt.Sprint(columns) != "[B]" {
		t.Errorf("%d records, unnamed %v", len(o.records), columns)
	}
}

func TestPeriodMayStandAtAColumn(t *testing.T) {
	o := try([]byte("Ortsteil;2020;2021\nA;5;6\n"), "a.csv", `
area: {column: Ortsteil}
columns:
  "2020": {indicator: x, period: "2020"}
  "2021": {indicator: x, period: "2021"}
`, nil)
	if !o.clean() || len(o.records) != 2 || o.records[0].Period.To.Year != 2020 || o.records[1].Period.To.Year != 2021 || o.records[1].Value != 6 {
		t.Errorf("%+v %v %s", o.records, o.all, o.refused)
	}
}

func TestMappingWithoutPeriodIsRefused(t *testing.T) {
	if o := try([]byte("Ortsteil;Wert\nA;5\n"), "a.csv", "area: {column: A}\ncolumns: {B: {indicator: x}}\n", nil); o.refused != "period.none" {
		t.Error(o.refused)
	}
}

func TestMultiRowHeadersAreJoinedFromTheTop(t *testing.T) {
	o := try([]byte("Ortsteil;2020;;2021;\n;Kinder;Alte;Kinder;Alte\nA;5;6;7;8\nB;1;2;3;4\n"), "a.csv", `
area: {column: Ortsteil}
columns:
  2021 | Kinder: {indicator: children, period: "2021"}
`, nil)
	if !o.clean() || len(o.records) != 2 || o.records[0].Value != 7 {
		t.Errorf("%+v %v %s", o.records, o.all, o.refused)
	}
}

func TestLongTablesNameTheCodesTheyLeaveOut(t *testing.T) {
	o := try([]byte("Raum;Jahr;Code;Zahl\n01;2024;10;5\n01;2024;20;6\n01;2024;30;7\n"), "a.csv", `
area: {column: Raum}
period: {column: Jahr}
long: {indicator_column: Code, value_column: Zahl, codes: {"10": {indicator: a}, "20": {indicator: b, part: denominator}}}
`, nil)
	f, ok := o.find("long.code_unmapped")
	if len(o.records) != 2 || o.records[1].Indicator != "b" || !ok || f.Params["text"] != "30" || o.stats.Filtered != 1 {
		t.Errorf("%+v %v", o.records, o.all)
	}
}

func TestSpecialTextsKeepTheNumberBesideAFlag(t *testing.T) {
	o := try([]byte("Ortsteil;Wert\nA;geheim\nB;7\nC;8\n"), "a.csv", "table: {header_rows: 1}\n"+two+"special: {geheim: suppressed, \"7\": provisional}\n", nil)
	if len(o.records) != 3 || o.records[0].Flag != table.FlagSuppressed || o.records[0].HasValue || o.records[1].Flag != table.FlagProvisional || o.records[1].Value != 7 {
		t.Errorf("%+v", o.records)
	}
}

func TestBalancesMayBeNegative(t *testing.T) {
	m, err := table.ParseMapping([]byte("area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: saldo, part: numerator}, C: {indicator: saldo, part: denominator}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	tb, err := open([]byte("Raum;Saldo;Einwohner\n01;-50;1000\n02;20;-7\n03;-9999;10\n"), "a.csv", table.Options{Signed: func(i string) bool { return i == "saldo" }})
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Apply(tb, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for r.Next() {
		got = append(got, r.Record().Value)
	}
	var codes []string
	for _, f := range r.Findings() {
		codes = append(codes, f.Code+" "+f.Column)
	}
	// A negative denominator stays wrong, and -9999 stays a question.
	if fmt.Sprint(got) != "[-50 1000]" || fmt.Sprint(codes) != "[number.negative C number.sentinel B]" {
		t.Errorf("%v %v", got, codes)
	}
}

func TestProposalFindsKeyPeriodAndKnownFigures(t *testing.T) {
	hints := table.Hints{Level: "plr", Edition: "2021", Indicators: map[string]table.Target{"Einwohner": {Indicator: "pop_total", Part: table.PartValue}}}
	for _, c := range []struct{ id, data, key, period, columns string }{
		{"wide", "Jahr;Schlüssel;Name;Einwohner\n2020;01011101;Mitte;500\n2020;01011102;Wedding;700\n2021;01011101;Mitte;510\n2021;01011102;Wedding;720\n", "Schlüssel", "Jahr", "[Einwohner]"},
		{"dates", "RAUMID;Stichtag;Einwohner\n01011101;31.12.2020;500\n01011102;31.12.2020;700\n", "RAUMID", "Stichtag", "[Einwohner]"},
		{"period in the header", "Stadt\n\nSchlüssel;31.12.2020;\n;Einwohner;Fläche\n01011101;500;3,2\n01011102;700;4,1\n", "Schlüssel", "", "[31.12.2020 | Einwohner]"},
		{"names only", "Ortsteil;Jahr;Einwohner\nMitte;2020;500\nWedding;2020;700\n", "Ortsteil", "Jahr", "[Einwohner]"},
	} {
		tb, err := open([]byte(c.data), "a.csv", table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := table.Propose(tb, hints)
		var cols []string
		for _, x := range m.Columns {
			cols = append(cols, x.Column)
		}
		if m.Area.Column != c.key || m.Period.Column != c.period || fmt.Sprint(cols) != c.columns {
			t.Errorf("%s: key %q, period %q, columns %v", c.id, m.Area.Column, m.Period.Column, cols)
		}
		if c.id == "period in the header" && m.Columns[0].Targets[0].Period != "31.12.2020" {
			t.Errorf("%+v", m.Columns)
		}
		if _, err := m.Apply(tb, nil); err != nil {
			t.Errorf("%s: the proposal cannot be used: %v", c.id, err)
		}
	}
}

func TestProposalPrefersKeysThatExist(t *testing.T) {
	tb, err := open([]byte("lfd;Nummer;Gebiet;Einwohner\n1;77;1011101;500\n2;78;1011102;700\n3;79;10011103;10\n"), "a.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	known := func(k string) bool { return k == "01011101" || k == "01011102" || k == "10011103" }
	m := table.Propose(tb, table.Hints{Known: known})
	if m.Area.Column != "Gebiet" || m.Area.KeyWidth != 8 {
		t.Errorf("%+v", m.Area)
	}
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(allKeys))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("area: {column: A}\nperiod: 2024\ncolumns: {B: [{indicator: x}, {indicator: y}]}\n"))
	f.Add([]byte("long: {codes: {1: {indicator: &x y}, 2: {indicator: *x}}}"))
	f.Add([]byte("? {a: b}\n: c\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := table.ParseMapping(text)
		if err != nil {
			var r *table.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		out, err := m.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := table.ParseMapping(out)
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%v\n%q\n%s\n%+v\n%+v", err, text, out, m, again)
		}
	})
}
