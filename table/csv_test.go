// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/kupferfaden/kupferfaden/table"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

// head and line are the small table that the catalogue of bad input (design: reliability 3) varies.
const (
	head = "Schlüssel;Ortsteil;Jahr;Kinder;SGBII\n"
	line = "05334032001;Mühle;2024;812;31,4\n"
	five = `
area: {column: A}
period: {column: C}
columns:
  D: {indicator: children, part: numerator}
  E: {indicator: rate}
`
	two = "area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x}}\n"
)

func encoded(t testing.TB, cm *charmap.Charmap, s string) []byte {
	t.Helper()
	b, err := cm.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

func utf16Bytes(s string, big, bom bool) []byte {
	var b []byte
	units := utf16.Encode([]rune(s))
	if bom {
		units = append([]uint16{0xFEFF}, units...)
	}
	for _, u := range units {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// mojibake is text whose UTF-8 was read as Windows-1252 and written as UTF-8 again.
func mojibake(t testing.TB, s string) string {
	t.Helper()
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCatalogueOfBadCSV(t *testing.T) {
	replace := func(old, new string) []byte { return []byte(head + strings.Replace(line, old, new, 1)) }
	for _, c := range []struct {
		id      string
		data    []byte
		mapping string
		refused string            // outcome FILE
		codes   map[string]string // the findings that decide the outcome
		records int
	}{
		{id: "C01 empty file", data: nil, mapping: five, refused: "file.empty"},
		{id: "C01 blank lines only", data: []byte("\n\r\n  \n"), mapping: five, refused: "file.empty"},
		{id: "C02 header only", data: []byte(head), mapping: five, refused: "file.no_rows"},
		{id: "C03 UTF-8 with BOM", data: []byte("\ufeff" + head + line), mapping: strings.ReplaceAll(five, "{column: A}", "{column: Schlüssel}"), records: 2},
		{id: "C04 UTF-16LE with BOM", data: utf16Bytes(head+line, false, true), mapping: five, records: 2},
		{id: "C04 UTF-16BE with BOM", data: utf16Bytes(head+line, true, true), mapping: five, records: 2},
		{id: "C05 UTF-16BE without BOM", data: utf16Bytes(head+line, true, false), mapping: five, codes: map[string]string{"encoding.utf16_guess": "ask"}, records: 2},
		{id: "C06 Windows-1252", data: encoded(t, charmap.Windows1252, head+line+"05334032002;Breinig €;2024;1;2\n"), mapping: five, records: 4},
		{id: "C07 code page 850", data: encoded(t, charmap.CodePage850, head+line), mapping: five, codes: map[string]string{"encoding.uncertain": "ask"}, records: 2},
		{id: "C07 MacRoman", data: encoded(t, charmap.Macintosh, head+line), mapping: five, codes: map[string]string{"encoding.uncertain": "ask"}, records: 2},
		{
			id: "C08 line of another encoding", data: append([]byte(head+line), encoded(t, charmap.Windows1252, "05334032002;Büsbach;2024;1;2\n")...), mapping: five,
			codes: map[string]string{"encoding.broken_line": "row"}, records: 2,
		},
		{id: "C09 encoded twice", data: []byte(mojibake(t, head+line)), mapping: five, codes: map[string]string{"encoding.mojibake": "warn"}, records: 2},
		{id: "C10 NUL bytes", data: []byte(head + "0533\x004032;M\x00;2024;1;2\n"), mapping: five, refused: "file.nul"},
		{id: "C11 semicolon and decimal comma", data: []byte(head + line), mapping: five, records: 2},
		{id: "C12 comma, quoted decimal comma", data: []byte("Schluessel,Ortsteil,Jahr,Kinder,SGBII\n05334032001,Mühle,2024,812,\"31,4\"\n"), mapping: five, records: 2},
		{id: "C13 tab", data: []byte(strings.ReplaceAll(head+line, ";", "\t")), mapping: five, records: 2},
		{id: "C13 bar", data: []byte(strings.ReplaceAll(head+line, ";", "|")), mapping: five, records: 2},
		{id: "C14 separator changes", data: []byte(head + line + strings.ReplaceAll(line, ";", ",")), mapping: five, codes: map[string]string{"csv.delimiter_changes": "ask"}, records: 2},
		{id: "C15 sep=", data: []byte("sep=;\n" + head + line), mapping: five, codes: map[string]string{"csv.sep_line": "accept"}, records: 2},
		{id: "C16 CR only", data: []byte(strings.ReplaceAll(head+line, "\n", "\r")), mapping: five, records: 2},
		{
			id: "C17 line break in a field", data: []byte(strings.ReplaceAll(head, "\n", "\r\n") + "05334032001;\"Mühle\nNord\";2024;1;2\n"), mapping: five,
			codes: map[string]string{"csv.mixed_line_ends": "warn"}, records: 2,
		},
		{id: "C18 quote never closed", data: []byte(head + "05334032001;\"Mühle;2024;1;2\n" + strings.Repeat(line, 20000)), mapping: five, refused: "csv.quote_unclosed"},
		{id: "C18 quote never closed in a large file", data: []byte(head + line + "05334032001;\"Mühle;2024;1;2\n" + strings.Repeat(line, 60000)), mapping: five, refused: "csv.field_too_long"},
		{
			id: "C19 too few and too many fields", data: []byte(head + "05334032001;Mühle\n" + line + "a;b;c;d;e;f;g\n"), mapping: five,
			codes: map[string]string{"csv.too_few_fields": "row", "csv.too_many_fields": "row"}, records: 2,
		},
		{
			id: "C20 duplicate names", data: []byte("Schlüssel;Jahr;Jahr;Wert\n01;2024;2023;1\n"), mapping: "area: {column: A}\nperiod: {column: Jahr}\ncolumns: {Wert: {indicator: x}}\n",
			codes: map[string]string{"column.ambiguous": "ask"}, records: 1,
		},
		{
			id: "C20 duplicate names not used", data: []byte("Schlüssel;Jahr;Jahr;Wert\n01;2024;2023;1\n"), mapping: "area: {column: A}\nperiod: {column: B}\ncolumns: {Wert: {indicator: x}}\n",
			codes: map[string]string{"column.duplicate": "warn"}, records: 1,
		},
		{id: "header twice", data: []byte(head + line + head + line), mapping: five, codes: map[string]string{"layout.header_again": "row"}, records: 4},
		{id: "C21 trailing separator", data: []byte(strings.ReplaceAll(head+line, "\n", ";\n")), mapping: five, codes: map[string]string{"column.unnamed": "warn"}, records: 2},
		{id: "C22 10 000 columns", data: []byte(strings.Repeat("c;", 9999) + "c\n" + strings.Repeat("1;", 9999) + "1\n"), mapping: two, refused: "csv.too_many_columns"},
		{id: "C23 field of 16 MB", data: []byte("a;b\n" + strings.Repeat("x", 16<<20) + ";1\n"), mapping: two, refused: "csv.field_too_long"},
		{id: "C25 only 1.234", data: []byte("Ortsteil;Wert\nA;1.234\nB;2.345\n"), mapping: two, codes: map[string]string{"number.ambiguous": "ask"}},
		{id: "C25 answered by the mapping", data: []byte("Ortsteil;Wert\nA;1.234\nB;2.345\n"), mapping: "table: {decimal: \",\"}\n" + two, records: 2},
		{id: "C26 both conventions", data: []byte("Ortsteil;Wert\nA;1.234,56\nB;1,234.56\n"), mapping: two, codes: map[string]string{"number.conflict": "row"}, records: 1},
		{id: "C30 destroyed key", data: replace("05334032001", "5,33E+09"), mapping: five, codes: map[string]string{"key.destroyed": "row"}},
		{id: "C31 total among areas", data: []byte(head + line + ";Insgesamt;2024;9999;12,0\n"), mapping: five, codes: map[string]string{"key.total": "ask"}, records: 2},
		{id: "C31 total as key", data: []byte("Ortsteil;Wert\nA;1\nStadt insgesamt;2\n"), mapping: two, codes: map[string]string{"key.total": "ask"}, records: 1},
		{
			id: "C32 title and footnotes", data: []byte("Stadt Stolberg\nStand 31.12.2024\n\n" + head + line + "\n1) vorläufig\nQuelle: Einwohnermelderegister\n"), mapping: five,
			codes: map[string]string{"layout.title_lines": "ask", "layout.footer": "ask"}, records: 2,
		},
		{
			id: "C32 answered by the mapping", data: []byte("Stadt Stolberg\nStand 31.12.2024\n\n" + head + line + "\n1) vorläufig\nQuelle: Einwohnermelderegister\n"),
			mapping: "table: {header_rows: 1}\nfooter: '^1\\)'\n" + five, codes: map[string]string{"layout.footer_taken": "accept"}, records: 2,
		},
		{id: "C35 percent and share", data: []byte("Ortsteil;Quote\nA;31,4 %\nB;0,314\n"), mapping: two, codes: map[string]string{"number.percent_mixed": "ask"}, records: 2},
		{id: "C36 negative count", data: replace("812", "-3"), mapping: five, codes: map[string]string{"number.negative": "row"}},
		{
			id: "C37 part above whole", data: []byte("Ortsteil;Kinder;KinderSGBII\nA;10;12\n"),
			mapping: "area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x, part: denominator}, C: {indicator: x, part: numerator}}\n",
			codes:   map[string]string{"number.part_above_whole": "warn"}, records: 2,
		},
		{id: "C39 persons", data: []byte("Name;Vorname;Geburtsdatum;IBAN;Mail\nMuster;Eva;01.02.1980;DE89370400440532013000;eva@example.org\n"), mapping: two, refused: "file.person_data"},
		{id: "C39 persons without telling names", data: []byte("A;B;C\n01;eva@example.org;5\n02;max@example.org;7\n"), mapping: two, refused: "file.person_data"},
		{id: "text in a number column", data: replace("812", "viele"), mapping: five, codes: map[string]string{"number.text": "row"}},
		{id: "NaN", data: replace("812", "NaN"), mapping: five, codes: map[string]string{"number.out_of_range": "row"}},
		{id: "1e400", data: replace("31,4", "1e400"), mapping: five, codes: map[string]string{"number.out_of_range": "row"}},
		{id: "1e308", data: replace("31,4", "1e308"), mapping: five, records: 2},
		{id: "code for missing", data: replace("31,4", "-9999"), mapping: five, codes: map[string]string{"number.sentinel": "ask"}},
		{id: "code for missing, named", data: replace("31,4", "-9999"), mapping: five + "special: {\"-9999\": suppressed}\n", records: 2},
		{id: "D01 31.02.", data: replace("2024", "31.02.2026"), mapping: five, codes: map[string]string{"period.no_such_day": "row"}},
		{id: "D03 01/02/03", data: replace("2024", "01/02/03"), mapping: five, codes: map[string]string{"period.order_unknown": "ask"}},
		{id: "D05 Stichtag 31.12.", data: replace("2024", "Stichtag 31.12."), mapping: five, codes: map[string]string{"period.no_year": "ask"}},
		{id: "D06 two-digit year", data: replace("2024", "24"), mapping: five, codes: map[string]string{"period.two_digit_year": "ask"}},
		{id: "D07 year 9999", data: replace("2024", "9999"), mapping: five, codes: map[string]string{"period.out_of_range": "row"}},
		{id: "D12 day number", data: replace("2024", "45292"), mapping: five, codes: map[string]string{"period.serial": "ask"}},
		{id: "missing column", data: []byte(head + line), mapping: strings.ReplaceAll(five, "E:", "Arbeitslose:"), refused: "column.missing"},
		{id: "empty key", data: replace("05334032001", " "), mapping: five, codes: map[string]string{"key.empty": "row"}},
		{id: "text behind a quote", data: replace("Mühle", `"Mühle" Nord`), mapping: five, codes: map[string]string{"csv.stray_quote": "row"}},
		{id: "filter leaves nothing", data: []byte(head + line), mapping: five + "filter: [{column: A, length: 8}]\n", refused: "filter.nothing"},
		{id: "given separator absent", data: []byte(head + line), mapping: "table: {delimiter: tab}\n" + five, refused: "csv.delimiter_given"},
		{
			id: "data after the footer", data: []byte(head + line + "\nQuelle: Amt\n" + line), mapping: five,
			codes: map[string]string{"layout.footer": "ask", "layout.data_after_footer": "ask"}, records: 2,
		},
	} {
		t.Run(c.id, func(t *testing.T) {
			o := try(c.data, "a.csv", c.mapping, nil)
			if o.refused != c.refused {
				t.Fatalf("refused %q, want %q; %v", o.refused, c.refused, o.all)
			}
			for code, want := range c.codes {
				if o.codes[code] != want {
					t.Errorf("%s: %q, want %q; %v", code, o.codes[code], want, o.all)
				}
			}
			if len(c.codes) == 0 && !o.clean() && c.refused == "" {
				t.Errorf("unexpected: %v", o.all)
			}
			if c.refused == "" && len(o.records) != c.records {
				t.Errorf("%d records, want %d; %v", len(o.records), c.records, o.all)
			}
		})
	}
}

func TestLettersSurviveEveryEncoding(t *testing.T) {
	text := "Schlüssel;Ortsteil;Jahr;Kinder;SGBII\n01;Mühle;2024;1;2\n02;Großer Äcker;2024;1;2\n03;Öchsen;2024;1;2\n"
	for name, data := range map[string][]byte{
		table.UTF8: []byte(text), table.Windows1252: encoded(t, charmap.Windows1252, text), table.CP850: encoded(t, charmap.CodePage850, text),
		table.MacRoman: encoded(t, charmap.Macintosh, text), table.UTF16LE: utf16Bytes(text, false, true), table.UTF16BE: utf16Bytes(text, true, true),
	} {
		tb, err := open(data, "a.csv", table.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if tb.Format.Encoding != name {
			t.Errorf("%s was taken for %s", name, tb.Format.Encoding)
		}
		p, err := tb.Preview(5)
		if err != nil || len(p) != 3 || p[0][1] != "Mühle" || p[1][1] != "Großer Äcker" || p[2][1] != "Öchsen" || tb.Columns[0].Name != "Schlüssel" {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
}

func TestUnclosedQuoteNamesTheLineOfItsOpening(t *testing.T) {
	_, err := open([]byte(head+line+"x;\"Mühle;2024;1;2\n"+strings.Repeat(line, 100)), "a.csv", table.Options{})
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Error(err)
	}
}

func TestFooterOfASmallFileIsKnownBeforeReading(t *testing.T) {
	f, findings, err := table.Detect(strings.NewReader("Stadt\n\n"+head+line+"\nQuelle: Amt\n"), int64(len("Stadt\n\n"+head+line+"\nQuelle: Amt\n")), "a.csv", table.Options{})
	if err != nil || f.HeaderRow != 3 || f.FirstRow != 4 || f.FooterRow != 6 || fmt.Sprint(f.Titles) != "[Stadt]" || len(findings) != 1 {
		t.Errorf("%+v %v %v", f, findings, err)
	}
}

func TestRowsShowFileLinesAndCountRecords(t *testing.T) {
	o := try([]byte(head+"01;\"a\nb\";2024;1;2\n\n02;c;2024;x1;2\n"), "a.csv", five, nil)
	f, ok := o.find("number.text")
	if !ok || f.Line != 5 || f.Row != 2 || f.Column != "D" {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(f.String(), "line 5, column D") {
		t.Error(f.String())
	}
}

func TestSignsOfTheLegendBecomeFlags(t *testing.T) { // C27
	var b strings.Builder
	b.WriteString("Ortsteil;Wert\n")
	texts := []string{"-", "0", ".", "…", "/", "x", "(12)", "12r", "12p", "k.A.", "#NV", "NULL", "", "#DIV/0!"}
	for i, s := range texts {
		fmt.Fprintf(&b, "A%d;%s\n", i, s)
	}
	o := try([]byte(b.String()), "a.csv", two, nil)
	want := []string{
		"zero", "rounded_zero", "unknown", "not_yet", "unsafe", "not_applicable", "unsafe", "corrected", "provisional", "unknown", "unknown", "missing", "missing",
		"not_applicable",
	}
	if len(o.records) != len(want) || o.codes["number.error"] != "warn" {
		t.Fatalf("%d records, %v", len(o.records), o.all)
	}
	for i, r := range o.records {
		if r.Flag.String() != want[i] {
			t.Errorf("%q: %s, want %s", texts[i], r.Flag, want[i])
		}
		if valued := i < 2 || (i > 5 && i < 9); r.HasValue != valued {
			t.Errorf("%q: has a value: %v", texts[i], r.HasValue)
		}
	}
}

func TestFormulaCellsStayText(t *testing.T) { // C28
	data := "Ortsteil;Text;Zahl\nA;\"=HYPERLINK(\"\"http://evil.example\"\")\";-1\nB;@SUM(1);+1\nC;\"\t=1+1\";2\nD;＝1+1;3\n"
	o := try([]byte(data), "a.csv", "area: {column: A}\nperiod: {value: 2024}\ncolumns: {Zahl: {indicator: x}}\n", nil)
	if !o.clean() || len(o.records) != 4 || o.records[0].Value != -1 || o.records[1].Value != 1 {
		t.Fatalf("%+v %v", o.records, o.all)
	}
	p, err := o.table.Preview(1)
	if err != nil || p[0][1] != `=HYPERLINK("http://evil.example")` {
		t.Errorf("%q %v", p, err)
	}
}

func TestLostZerosAreProposedFromKnownKeys(t *testing.T) { // C29
	known := func(k string) bool { return k == "05334032001" }
	o := try([]byte(head+line[1:]), "a.csv", five, known)
	f, ok := o.find("key.lost_zero")
	if !ok || f.Outcome != table.Ask || f.Params["proposal"] != "05334032001" || len(o.records) != 0 {
		t.Errorf("%v", o.all)
	}
	o = try([]byte(head+line[1:]), "a.csv", strings.Replace(five, "column: A", "column: A, key_width: 11", 1), known)
	if !o.clean() || o.codes["key.padded"] != "warn" || o.records[0].Area != "05334032001" || !o.records[0].Repaired {
		t.Errorf("%v", o.all)
	}
}

func TestKeysOfTwoLengthsAreAskedAbout(t *testing.T) {
	o := try([]byte("RAUMID;Wert\n1011101;5\n1011102;6\n10011101;7\n"), "a.csv", two, nil)
	if o.codes["key.mixed_lengths"] != "ask" {
		t.Errorf("%v", o.all)
	}
}

func TestNameVariantsAreStoredComposed(t *testing.T) { // C33
	o := try([]byte("Ortsteil;Wert\nMu\u0308hle;5\n"), "a.csv", two, nil)
	if !o.clean() || o.records[0].Area != "Mühle" {
		t.Errorf("%q %v", o.records[0].Area, o.all)
	}
}

// TestRequotedFilesAreRestored imitates what was done to EWRMIGRA 2012, 2013 and 2015: a semicolon table with quoted keys and decimal
// commas was opened as comma CSV and saved again.
func TestRequotedFilesAreRestored(t *testing.T) {
	var original, saved strings.Builder
	original.WriteString("ZEIT;RAUMID;BEZ;MH_E;HK_Turk\r")
	saved.WriteString("ZEIT;RAUMID;BEZ;MH_E;HK_Turk\r")
	for i := range 50 {
		l := fmt.Sprintf("201212;\"%08d\";\"01\";%d,00;%d,50", 1011101+i, 1400+i, 30+i)
		original.WriteString(l + "\r")
		cells := strings.Split(l, ",")
		for k, c := range cells {
			if k > 0 {
				saved.WriteByte(',')
			}
			if strings.ContainsAny(c, "\"") {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			saved.WriteString(c)
		}
		saved.WriteByte('\r')
	}
	m := "area: {column: RAUMID}\nperiod: {column: ZEIT, format: YYYYMM}\ncolumns: {MH_E: {indicator: a}, HK_Turk: {indicator: b}}\n"
	a, b := try([]byte(original.String()), "a.csv", m, nil), try([]byte(saved.String()), "a.csv", m, nil)
	if !a.clean() || !b.clean() || b.codes["csv.requoted"] != "warn" || a.codes["csv.requoted"] != "" {
		t.Fatalf("%v\n%v %s", a.all, b.all, b.refused)
	}
	if len(a.records) != 100 || len(b.records) != 100 {
		t.Fatalf("%d and %d records", len(a.records), len(b.records))
	}
	for i := range a.records {
		if a.records[i].Value != b.records[i].Value || a.records[i].Area != b.records[i].Area {
			t.Fatalf("%+v became %+v", a.records[i], b.records[i])
		}
	}
}

func TestDecimalSignIsLearntBeyondTheSample(t *testing.T) {
	var b strings.Builder
	b.WriteString("Ortsteil;Wert\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "A%d;%d\n", i, i)
	}
	b.WriteString("B;1.234\nC;31,4\n")
	o := try([]byte(b.String()), "a.csv", two, nil)
	if !o.clean() || len(o.records) != 3002 || o.records[3000].Value != 1234 || o.records[3001].Value != 31.4 {
		t.Errorf("%d %v", len(o.records), o.all)
	}
}

func TestConfirmedQuestionsBecomeWarnings(t *testing.T) {
	data := encoded(t, charmap.CodePage850, head+line)
	o := try(data, "a.csv", five, nil, "encoding.uncertain")
	if !o.clean() || o.codes["encoding.uncertain"] != "warn" {
		t.Errorf("%v", o.all)
	}
	o = try(data, "a.csv", "table: {encoding: cp850}\n"+five, nil)
	if !o.clean() {
		t.Errorf("%v", o.all)
	}
}

func TestPersonsGuardCanBeLifted(t *testing.T) {
	data := []byte("Einrichtung;E-Mail;Plätze\nA;a@example.org;5\nB;b@example.org;7\n")
	if _, err := open(data, "a.csv", table.Options{}); refusal(err) != "file.person_data" {
		t.Error(err)
	}
	if _, err := open(data, "a.csv", table.Options{AllowPersonData: true}); err != nil {
		t.Error(err)
	}
}

func TestFindingsOfAMillionBadRowsStayFew(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("Ortsteil;Wert\nA;1\n")
	for range 100_000 {
		b.WriteString("B;viele\n")
	}
	o := try(b.Bytes(), "a.csv", two, nil)
	if len(o.all) > 60 || o.stats.Refused != 100_000 {
		t.Fatalf("%d findings, %d refused", len(o.all), o.stats.Refused)
	}
	if last := o.all[len(o.all)-1]; last.Count != 100_000-49 || !strings.Contains(last.String(), "99951 times") {
		t.Errorf("%+v", last)
	}
}

func TestEveryFindingIsASentence(t *testing.T) {
	for _, c := range table.Codes() {
		s := table.Finding{Code: c, Line: 3, Column: "B"}.String()
		if !strings.HasPrefix(s, "line 3, column B: ") || len(s) < 30 {
			t.Errorf("%s: %q", c, s)
		}
	}
}

func TestManyRowsAreStreamed(t *testing.T) { // C24, in small: memory must not grow with the rows
	const n = 400_000
	data := wideCSV(n)
	tb, err := open(data, "a.csv", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tb.Rows()
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k := 0
	for rows.Next() {
		k++
	}
	runtime.ReadMemStats(&after)
	if k != n || rows.Err() != nil {
		t.Fatal(k, rows.Err())
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("reading %d rows allocated %d bytes", n, grown)
	}
}

func TestWhatWasQuotedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delim := rapid.SampledFrom([]string{";", ",", "\t", "|"}).Draw(t, "delim")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		cell := rapid.StringOfN(rapid.SampledFrom([]rune("aZ9 äß€\";,|\t\n")), 0, 12, -1)
		want := rapid.SliceOfN(rapid.SliceOfN(cell, 3, 3), 1, 20).Draw(t, "rows")
		var b strings.Builder
		b.WriteString("Name" + delim + "Text" + delim + "Zahl" + end)
		for _, r := range want {
			r[2] = "5"
			if strings.TrimSpace(r[0]) == "" || r[0][0] == '_' {
				r[0] = "x"
			}
			for i, c := range r {
				if i > 0 {
					b.WriteString(delim)
				}
				b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
			}
			b.WriteString(end)
		}
		tb, err := open([]byte(b.String()), "a.csv", table.Options{Delimiter: rune(delim[0]), Encoding: "utf-8", FirstRow: 2, LastRow: 1 << 30})
		if err != nil {
			t.Fatal(err, b.String())
		}
		rows, err := tb.Rows()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; rows.Next(); i++ {
			for c := range 3 {
				if got := string(rows.Row().Cell(c).Text); got != want[i][c] {
					t.Fatalf("row %d, cell %d: %q, want %q", i, c, got, want[i][c])
				}
			}
			if i == len(want)-1 {
				return
			}
		}
		t.Fatalf("fewer rows than written: %v", rows.Err())
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(head+line), uint8(0))
	f.Add([]byte("sep=;\r\n"+head+line), uint8(1))
	f.Add([]byte("\"a;\"\"b\"\"\";1,00\r\"c;d\";2\r"), uint8(2))
	f.Add([]byte("\xff\xfea\x00;\x00b\x00\n\x00"), uint8(3))
	f.Add([]byte("a;b\n\"x"), uint8(0))
	f.Add([]byte("\xef\xbb\xbf\"\"\"\";\n;;;\n_____\n"), uint8(0))
	f.Add([]byte("Name\n1\n"), uint8(0))
	m, err := table.ParseMapping([]byte("area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x, part: numerator}, A: {indicator: x, part: denominator}}\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, way uint8) {
		o := table.Options{Limits: table.Limits{Field: 1000, Rows: 5000, Columns: 50}}
		if way&1 != 0 {
			o.Encoding = table.Windows1252
		}
		if way&2 != 0 {
			o.Delimiter = ','
		}
		tb, err := open(data, "a.csv", o)
		if err != nil {
			if code := refusal(err); strings.HasPrefix(code, "error") || code == "read.stopped" {
				t.Fatal(code)
			}
			return
		}
		rows, err := tb.Rows()
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for rows.Next() {
			if rows.Row().Line <= last {
				t.Fatalf("line %d follows %d", rows.Row().Line, last)
			}
			last = rows.Row().Line
		}
		if refusal(rows.Err()) == "read.stopped" {
			t.Fatal(rows.Err())
		}
		table.Propose(tb, table.Hints{})
		r, err := m.Apply(tb, nil)
		if err != nil {
			return
		}
		for r.Next() {
			if x := r.Record(); x.HasValue && x.Value < 0 {
				t.Fatalf("negative count %+v", x)
			}
		}
		if refusal(r.Err()) == "read.stopped" {
			t.Fatal(r.Err())
		}
	})
}
