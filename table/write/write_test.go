// SPDX-License-Identifier: EUPL-1.2

package write_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/table"
	"github.com/kupferfaden/kupferfaden/table/write"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func sample() []write.Sheet {
	return []write.Sheet{{
		Name: "Einwohner", Title: []string{"Kupferstadt (fiktiv)", "Stand 31.12.2024"}, Columns: []string{"Schlüssel", "Name", "Wert"},
		Rows: [][]write.Cell{
			{write.Text("01"), write.Text("Mühle; Nord"), write.Number(31.4)},
			{write.Text("02"), write.Text("=HYPERLINK(\"x\")"), write.Int(-1)},
			{write.Text("03"), write.Text("-"), write.Fixed(2, 1)},
			{write.Text("04"), write.Blank(), write.Number(math.NaN())},
		},
		Notes: []string{"- genau null", "Quelle: Einwohnermeldeamt"},
	}, {Name: "Einwohner", Columns: []string{"A"}}, {Name: "a/b:c*d?[e]" + strings.Repeat("x", 40), Columns: []string{"A"}}}
}

func TestCSVIsSafeAndPlain(t *testing.T) {
	var b bytes.Buffer
	if err := write.CSV(&b, sample()[0], write.CSVOptions{BOM: true, Semicolon: true, DecimalComma: true, CRLF: true, Words: true}); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffKupferstadt (fiktiv)\r\nStand 31.12.2024\r\n\r\nSchlüssel;Name;Wert\r\n01;\"Mühle; Nord\";31,4\r\n02;\"'=HYPERLINK(\"\"x\"\")\";-1\r\n03;-;2,0\r\n04;;\r\n\r\n'- genau null\r\nQuelle: Einwohnermeldeamt\r\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
	b.Reset()
	if err := write.CSV(&b, sample()[0], write.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasPrefix(got, "Schlüssel,Name,Wert\n01,Mühle; Nord,31.4\n") {
		t.Errorf("%q", got)
	}
}

func TestTextsNeverBecomeFormulas(t *testing.T) {
	for s, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\x00=1": "'\x00=1",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "-": "-", "+": "+", "+/-": "+/-", "": "", "Mitte": "Mitte", "1=1": "1=1",
	} {
		if got := write.Neutral(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func TestCSVRoundTripKeepsEveryText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOfN(rapid.SampledFrom([]rune("aZ 9äß=+-@\";,\n\t")), 0, 10, -1)
		texts := rapid.SliceOfN(cell, 2, 2).Draw(t, "cells")
		s := write.Sheet{Columns: []string{"a", "b"}, Rows: [][]write.Cell{{write.Text(texts[0]), write.Text(texts[1])}}}
		var b bytes.Buffer
		if err := write.CSV(&b, s, write.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < 2 {
			if texts[0] == "" && texts[1] == "" {
				return
			}
			t.Fatalf("%q", got)
		}
		for i, x := range texts {
			if got[1][i] != write.Neutral(x) {
				t.Fatalf("%q became %q", x, got[1][i])
			}
		}
	})
}

func TestXLSXIsTypedSafeAndTheSameEveryTime(t *testing.T) {
	make1 := func() []byte {
		var b bytes.Buffer
		p := write.Properties{Title: "Bericht", Creator: "Kupferstadt", Language: "de", Created: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
		if err := write.XLSX(&b, sample(), p); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	a := make1()
	for range 5 {
		if !bytes.Equal(a, make1()) {
			t.Fatal("two writings differ")
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	names := f.GetSheetList()
	if len(names) != 3 || names[0] != "Einwohner" || names[1] != "Einwohner (2)" || len([]rune(names[2])) > 31 {
		t.Errorf("%q", names)
	}
	for cell, want := range map[string]string{
		"A1": "Kupferstadt (fiktiv)", "A4": "Schlüssel", "B5": "Mühle; Nord", "C5": "31.4", "B6": "'=HYPERLINK(\"x\")", "C6": "-1", "B7": "-", "C7": "2.0", "C8": "",
		"A10": "'- genau null",
	} {
		if got, err := f.GetCellValue("Einwohner", cell); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", cell, got, err, want)
		}
		if formula, _ := f.GetCellFormula("Einwohner", cell); formula != "" {
			t.Errorf("%s is the formula %s", cell, formula)
		}
	}
}

func TestOwnFilesAreReadBack(t *testing.T) {
	var b bytes.Buffer
	if err := write.XLSX(&b, sample()[:1], write.Properties{}); err != nil {
		t.Fatal(err)
	}
	tb, err := table.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), "a.xlsx", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if tb.Format.HeaderRow != 4 || tb.Columns[2].Name != "Wert" || len(tb.Format.Titles) != 2 {
		t.Errorf("%+v %+v", tb.Format, tb.Columns)
	}
	p, err := tb.Preview(10)
	if err != nil || len(p) != 4 || // the notes below are no data
		p[0][2] != "31.4" || p[1][1] != "'=HYPERLINK(\"x\")" {
		t.Errorf("%q %v", p, err)
	}
}

func TestHostileTextsGiveAReadableWorkbook(t *testing.T) {
	s := write.Sheet{Name: "", Columns: []string{"\x01\x02", "a\ufffe"}, Rows: [][]write.Cell{{write.Text("\x00\xff</t>&amp;"), write.Text(strings.Repeat("ä", 40_000))}}}
	var b bytes.Buffer
	if err := write.XLSX(&b, []write.Sheet{s}, write.Properties{}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.GetCellValue("Tabelle", "A2")
	if err != nil || !strings.HasSuffix(v, "</t>&amp;") {
		t.Errorf("%q %v", v, err)
	}
	if err := write.XLSX(&b, nil, write.Properties{}); err == nil {
		t.Error("a workbook without sheets was written")
	}
}
