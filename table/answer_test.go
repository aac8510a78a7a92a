// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/table"
)

// TestYesTakesWhatIsProposed: a question that may be answered with yes is one whose proposal is then taken; the others stay questions.
func TestYesTakesWhatIsProposed(t *testing.T) {
	known := func(s string) bool { return strings.HasPrefix(s, "0533") }
	const day = "area: {column: Raum}\nperiod: {column: Tag}\ncolumns: {Wert: {indicator: x}}\n"
	const value = "area: {column: Raum}\nperiod: {value: 2024}\ncolumns: {Wert: {indicator: x}}\n"
	dated := func(s string) string { return "Raum;Tag;Wert\nA;" + s + ";10\nB;31.12.2023;5\nC;31.12.2023;6\n" }
	for code, c := range map[string]struct {
		data, mapping string
		known         func(string) bool
		says          func(r table.Record) string
		want          string // of the first record with yes; empty where yes is no answer
	}{
		"key.lost_zero":          {"Raum;Wert\n5334;1\n5334;2\n", value, known, func(r table.Record) string { return r.Area }, "05334"},
		"number.ambiguous":       {"Raum;Wert\nA;1.234\nB;2.345\n", value, nil, number, "1234"},
		"number.sentinel":        {"Raum;Wert\nA;-9999\nB;7\n", value, nil, number, "-9999"},
		"number.percent_mixed":   {"Raum;Wert\nA;31,4 %\nB;0,314\n", value, nil, number, "31.4"},
		"period.two_digit_year":  {dated("31.12.24"), day, nil, period, "2024-12-31"},
		"period.serial":          {dated("45292"), day, nil, period, "2024-01-01"},
		"period.two_ways":        {dated("2025/26"), day, nil, period, "2025-08-01/2026-07-31"},
		"period.order_unknown":   {dated("01/02/03"), day, nil, period, ""},
		"period.unix_time":       {dated("1704067200"), day, nil, period, ""},
		"period.no_year":         {dated("31.12."), day, nil, period, ""},
		"column.ambiguous":       {"Raum;Wert;Wert\nA;1;2\n", value, nil, number, ""},
		"csv.delimiter_changes":  {"Raum;Wert\nA;1\nB,2\n", value, nil, number, "1"},
		"layout.no_header_match": {"A;1\nB;2\n", "area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x}}\n", nil, number, "1"},
	} {
		t.Run(code, func(t *testing.T) {
			asked := try([]byte(c.data), "a.csv", c.mapping, c.known)
			if asked.codes[code] != "ask" {
				t.Fatalf("not asked: %v %s", asked.all, asked.refused)
			}
			yes := try([]byte(c.data), "a.csv", c.mapping, c.known, code)
			if table.Answerable(code) != (c.want != "") {
				t.Errorf("answerable: %v", table.Answerable(code))
			}
			if c.want == "" {
				if yes.codes[code] != "ask" {
					t.Errorf("yes lifted what it cannot answer: %v", yes.all)
				}
				return
			}
			if yes.codes[code] != "warn" || len(yes.records) == 0 || c.says(yes.records[0]) != c.want {
				t.Errorf("%v %+v, want %s", yes.all, yes.records, c.want)
			}
		})
	}
}

func number(r table.Record) string { return fmt.Sprint(r.Value) }
func period(r table.Record) string { return r.Period.String() }

// TestEveryRecordOfARepairedKeyHasIt: not only the row at which the question was asked.
func TestEveryRecordOfARepairedKeyHasIt(t *testing.T) {
	o := try([]byte("Raum;Wert\n5334;1\n05335;2\n5334;3\n5334;4\n"), "a.csv", "area: {column: Raum}\nperiod: {value: 2024}\ncolumns: {Wert: {indicator: x}}\n",
		func(s string) bool { return s == "05334" || s == "05335" }, "key.lost_zero")
	var keys []string
	for _, r := range o.records {
		keys = append(keys, r.Area)
	}
	if got := strings.Join(keys, " "); got != "05334 05335 05334 05334" {
		t.Error(got)
	}
}

// TestMappingFindsItsHeader: a faulty first row of data is not taken for a part of the header where the mapping names the columns.
func TestMappingFindsItsHeader(t *testing.T) {
	const m = "area: {column: Raum}\nperiod: {column: Tag}\ncolumns: {Wert: {indicator: x}}\n"
	for name, c := range map[string]struct {
		data, mapping, code string
		records             int
	}{
		"impossible day first":    {"Raum;Tag;Wert\nA;KW 53/2025;1\nB;31.12.2023;5\nC;31.12.2023;6\n", m, "period.invalid", 2},
		"text first":              {"Raum;Tag;Wert\nA;31.12.2023;viele\nB;31.12.2023;5\nC;31.12.2023;6\n", m, "number.text", 2},
		"blank first":             {"Raum;Wert\nA;\nB;5\nC;6\n", "table: {header_rows: 1}\narea: {column: Raum}\nperiod: {value: 2024}\ncolumns: {Wert: {indicator: x}}\n", "", 3},
		"below a title":           {"Ein Titel\n\nRaum;Tag;Wert\nA;nie;1\nB;31.12.2023;5\nC;31.12.2023;6\n", m, "period.invalid", 2},
		"letters and a name":      {"Raum;Tag;Wert\nA;nie;1\nB;31.12.2023;5\nC;31.12.2023;6\n", "area: {column: A}\nperiod: {column: B}\ncolumns: {Wert: {indicator: x}}\n", "period.invalid", 2},
		"two rows stay two rows":  {";Kinder;Kinder\nRaum;2023;2024\nA;1;2\nB;3;4\n", "area: {column: Raum}\nperiod: {value: 2024}\ncolumns: {Kinder | 2024: {indicator: x}}\n", "", 2},
		"given first row is kept": {"Raum;Tag;Wert\nA;31.12.2022;1\nB;31.12.2023;5\nC;31.12.2023;6\n", "table: {first_row: 3}\n" + m, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := try([]byte(c.data), "a.csv", c.mapping, nil)
			if o.refused != "" || len(o.records) != c.records || c.code != "" && o.codes[c.code] != "row" || o.codes["layout.header_rows"] == "ask" {
				t.Errorf("%q %v %+v", o.refused, o.all, o.records)
			}
		})
	}
}

// TestEveryMissingColumnIsNamed: with what was noticed before, which may be why.
func TestEveryMissingColumnIsNamed(t *testing.T) {
	data := []byte("SchlÃ¼ssel;Wert\nA;1\n")
	tb, err := open(data, "a.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := table.ParseMapping([]byte("area: {column: Schlüssel}\nperiod: {column: Stichtag}\ncolumns: {Anzahl: {indicator: x}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Apply(tb, nil)
	var r *table.Refusal
	if !errors.As(err, &r) {
		t.Fatal(err)
	}
	said := r.Finding.Params["name"]
	for _, f := range r.Others {
		said += " " + f.Params["name"]
		if f.Code != "column.missing" {
			said += f.Code
		}
	}
	if said != "Schlüssel Stichtag Anzahl encoding.mojibake" {
		t.Error(said)
	}
}

// TestArchivesOfManyEntriesAreCountedRight: beyond 65,535 the count stands in the end record of zip64.
func TestArchivesOfManyEntriesAreCountedRight(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 70_000 {
		if _, err := z.Create(fmt.Sprintf("e%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := open(b.Bytes(), "a.xlsx", table.Options{})
	var r *table.Refusal
	if !errors.As(err, &r) || r.Finding.Code != "zip.entries" || r.Finding.Params["entries"] != "70000" {
		t.Error(err)
	}
}
