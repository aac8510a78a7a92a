// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

const (
	csvHead = "Schlüssel;Ortsteil;Jahr;Kinder;SGBII\n"
	csvRow  = "05334032001;Mühle;2024;812;31,4\n"
	csvNext = "05334032002;Breinig;2024;400;2\n"

	// byKey reads the table of the catalogue.
	byKey = `
area: {level: ot, edition: "2024", column: Schlüssel}
period: {column: Jahr}
columns:
  Kinder: {indicator: pop_total, part: value}
  SGBII: {indicator: share_u18, part: value}
`
)

// byWord reads a column of figures on areas whose keys are words.
func byWord(column, indicator string) string {
	return "area: {level: wort, edition: \"2024\", column: Ortsteil}\nperiod: {value: 2024-12-31}\ncolumns:\n  " + column + ": {indicator: " + indicator + "}\n"
}

// ofOne reads a table that is about one area.
const ofOne = "area: {level: wort, edition: \"2024\", key: A}\nperiod: {value: 2024-12-31}\ncolumns:\n  Ortsteil: {indicator: pop_total}\n"

func codePage(t *testing.T, cm *charmap.Charmap, s string) []byte {
	t.Helper()
	b, err := cm.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

func wide(s string, big, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	if big {
		return be(units)
	}
	return le(units)
}

// TestBadTables is part C of the catalogue.
func TestBadTables(t *testing.T) {
	mapped := func(old, with string) string { return strings.Replace(byKey, old, with, 1) }
	u := func(s string) []byte { return []byte(s) }
	var signs strings.Builder
	signs.WriteString("Ortsteil;Wert\n")
	for i, s := range []string{"-", "0", ".", "…", "/", "x", "(12)", "12r", "12p", "k.A.", "#NV", "NULL", "", "#DIV/0!"} {
		signs.WriteString("A" + string(rune('0'+i/10)) + ";" + s + "\n")
	}
	text := signs.String()
	for i := range 14 { // A0 to A13
		text = strings.Replace(text, "\nA"+string(rune('0'+i/10))+";", "\nA"+map[bool]string{true: "1", false: ""}[i > 9]+string(rune('0'+i%10))+";", 1)
	}
	columns := func(n int, of string) string { return strings.TrimSuffix(strings.Repeat(of+";", n), ";") }
	var many []string
	for i := range 10_000 {
		many = append(many, "c"+strings.Repeat("x", i%7)+string(rune('a'+i%26)))
	}
	prove(t, []badCase{
		{id: "C01 empty", file: "c.csv", mapping: byKey, outcome: refused, code: "table.file.empty"},
		{id: "C02 header only", file: "c.csv", data: u(csvHead), mapping: byKey, outcome: refused, code: "table.file.no_rows"},
		{id: "C03 BOM", file: "c.csv", data: u("\xef\xbb\xbf" + csvHead + csvRow), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C04 UTF-16LE", file: "c.csv", data: wide(csvHead+csvRow, false, true), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C05 UTF-16BE without BOM", file: "c.csv", data: wide(csvHead+csvRow, true, false), mapping: byKey, outcome: asked, code: "table.encoding.utf16_guess", yes: "encoding.utf16_guess", rows: 1},
		{id: "C06 Windows-1252", file: "c.csv", data: codePage(t, charmap.Windows1252, csvHead+csvRow+"05334032002;Breinig €;2024;1;2\n"), mapping: byKey, outcome: accepted, takes: 2},
		{id: "C07 code page 850", file: "c.csv", data: codePage(t, charmap.CodePage850, csvHead+csvRow), mapping: byKey, outcome: asked, code: "table.encoding.uncertain", says: []string{"cp850"}, yes: "table.encoding.uncertain", rows: 1},
		{id: "C08 two encodings", file: "c.csv", data: append(u(csvHead+csvRow), codePage(t, charmap.Windows1252, "05334032002;Büsbach;2024;1;2\n")...), mapping: byKey, outcome: byRow, code: "table.encoding.broken_line", says: []string{"c.csv, Zeile 3"}, takes: 1},
		{id: "C09 encoded twice", file: "c.csv", data: u("Schlüssel;Ortsteil;Jahr;Kinder;SGBII\n05334032001;MÃ¼hle;2024;812;31,4\n"), mapping: byKey, outcome: warned, code: "table.encoding.mojibake", says: []string{"MÃ¼hle"}, takes: 1},
		{id: "C09 encoded twice, header too", file: "c.csv", data: u("SchlÃ¼ssel;Ortsteil;Jahr;Kinder;SGBII\n05334032001;MÃ¼hle;2024;812;31,4\n"), mapping: byKey, outcome: refused, code: "table.column.missing", says: []string{"table.encoding.mojibake"}},
		{id: "C10 NUL", file: "c.csv", data: u(csvHead + "0533\x004032;M\x00;2024;1;2\n"), mapping: byKey, outcome: refused, code: "table.file.nul"},
		{id: "C11 semicolon and decimal comma", file: "c.csv", data: u(csvHead + "05334032001;Mühle;2024;31,4;1\n"), mapping: byKey, outcome: accepted, takes: 1, says: []string{"Summe 31,4"}},
		{id: "C12 comma, quoted decimal comma", file: "c.csv", data: u("Schlüssel,Ortsteil,Jahr,Kinder,SGBII\n05334032001,Mühle,2024,\"31,4\",1\n"), mapping: byKey, outcome: accepted, takes: 1, says: []string{"Summe 31,4"}},
		{id: "C13 tab", file: "c.csv", data: u(strings.ReplaceAll(csvHead+csvRow, ";", "\t")), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C14 separator changes", file: "c.csv", data: u(csvHead + csvRow + strings.ReplaceAll(csvRow, ";", ",")), mapping: byKey, outcome: asked, code: "table.csv.delimiter_changes", says: []string{"c.csv, Zeile 3"}, yes: "csv.delimiter_changes", rows: 1},
		{id: "C15 sep=", file: "c.csv", data: u("sep=;\n" + csvHead + csvRow), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C16 CR only", file: "c.csv", data: u(strings.ReplaceAll(csvHead+csvRow, "\n", "\r")), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C17 line break in quotes", file: "c.csv", data: u(strings.ReplaceAll(csvHead, "\n", "\r\n") + "05334032001;\"Mühle\nNord\";2024;1;2\n"), mapping: byKey, outcome: accepted, takes: 1},
		{id: "C18 quote never closed", file: "c.csv", data: u(csvHead + "05334032001;\"Mühle;2024;1;2\n" + strings.Repeat(csvRow, 20_000)), mapping: byKey, outcome: refused, code: "table.csv.quote_unclosed", says: []string{"c.csv, Zeile 2"}},
		{id: "C19 too few and too many fields", file: "c.csv", data: u(csvHead + "05334032001;Mühle\n" + csvRow + "a;b;c;d;e;f;g\n"), mapping: byKey, outcome: asked, code: "indicator.import.mostly_refused", says: []string{"table.csv.too_few_fields] c.csv, Zeile 2", "table.csv.too_many_fields] c.csv, Zeile 4"}, yes: "indicator.import.mostly_refused", rows: 1},
		{id: "C19 among good rows", file: "c.csv", data: u(csvHead + "05334032001;Mühle\n" + csvRow + csvNext), mapping: byKey, outcome: byRow, code: "table.csv.too_few_fields", says: []string{"c.csv, Zeile 2"}, takes: 2},
		{id: "C20 duplicate names", file: "c.csv", data: u("Jahr;Jahr;Ortsteil\n2024;2023;1\n"), mapping: strings.Replace(ofOne, "{value: 2024-12-31}", "{column: Jahr}", 1), outcome: asked, code: "table.column.ambiguous", says: []string{"Buchstaben"}},
		{id: "C20 by letter", file: "c.csv", data: u("Jahr;Jahr;Ortsteil\n2024;2023;1\n"), mapping: strings.Replace(ofOne, "{value: 2024-12-31}", "{column: B}", 1), outcome: warned, code: "table.column.duplicate", takes: 1},
		{id: "C21 empty name", file: "c.csv", data: u(strings.ReplaceAll(csvHead+csvRow, "\n", ";\n")), mapping: byKey, outcome: warned, code: "table.column.unnamed", says: []string{"Spalte F"}, takes: 1},
		{id: "C22 10,000 columns", file: "c.csv", data: u(strings.Join(many, ";") + "\n" + columns(10_000, "1") + "\n"), mapping: byKey, outcome: refused, code: "table.csv.too_many_columns", says: []string{"2000"}},
		{id: "C23 a field of 16 MB", file: "c.csv", data: u("a;b\n" + strings.Repeat("x", 16<<20) + ";1\n"), mapping: byKey, outcome: refused, code: "table.csv.field_too_long", says: []string{"Zeile 2"}},
		{id: "C25 1.234 only", file: "c.csv", data: u("Ortsteil;Wert\nA;1.234\nB;2.345\n"), mapping: byWord("Wert", "pop_total"), outcome: asked, code: "table.number.ambiguous", says: []string{"Spalte B (Wert)"}, yes: "number.ambiguous", rows: 2},
		{id: "C26 two conventions", file: "c.csv", data: u("Ortsteil;Wert\nA;1.234,56\nB;1,234.56\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "table.number.conflict", says: []string{"Zeile 3, Spalte B (Wert)"}, takes: 1},
		{id: "C27 signs", file: "c.csv", data: u(text), mapping: byWord("Wert", "pop_total"), outcome: warned, code: "table.number.error", says: []string{"genau null", "unbekannt", "liegt noch nicht vor", "Nachweis nicht sinnvoll", "statistisch unsicher", "vorläufig", "berichtigt"}, takes: 12},
		{id: "C28 formulas", file: "c.csv", data: u("Ortsteil;Text;Zahl\nA;\"=HYPERLINK(\"\"http://evil.example\"\")\";-1\nB;@SUM(1);+1\nC;\"\t=1+1\";2\nD;＝1+1;3\n"), mapping: strings.Replace(byWord("Zahl", "share_u18"), "share_u18", "share_u18, part: change", 1), outcome: accepted, takes: 4},
		{id: "C29 lost zero", file: "c.csv", data: u(csvHead + csvRow[1:]), mapping: byKey, outcome: asked, code: "table.key.lost_zero", says: []string{"05334032001", "key_width"}, yes: "key.lost_zero", rows: 1},
		{id: "C29 repaired and said", file: "c.csv", data: u(csvHead + csvRow[1:] + csvNext), mapping: mapped("column: Schlüssel", "column: Schlüssel, key_width: 11"), outcome: warned, code: "table.key.padded", says: []string{"5334032001"}, takes: 2},
		{id: "C30 key destroyed", file: "c.csv", data: u(csvHead + "5,33E+09;Mühle;2024;812;31,4\n" + csvNext + csvRow), mapping: byKey, outcome: byRow, code: "table.key.destroyed", says: []string{"Zeile 2, Spalte A (Schlüssel)"}, takes: 2},
		{id: "C31 total", file: "c.csv", data: u(csvHead + csvRow + ";Insgesamt;2024;9999;12,0\n"), mapping: byKey, outcome: asked, code: "table.key.total", says: []string{"Zeile 3"}, yes: "key.total", rows: 1},
		{id: "C32 titles and footnotes", file: "c.csv", data: u("Stadt Stolberg\nStand 31.12.2024\n\n" + csvHead + csvRow + "\n1) vorläufig\nQuelle: Einwohnermelderegister\n"), mapping: byKey, outcome: asked, code: "table.layout.footer", says: []string{"Zeile 7"}, yes: "layout.footer", rows: 1},
		{id: "C33 spellings", file: "c.csv", data: u("Ortsteil;Wert\nMuehle;1\n"), mapping: byWord("Wert", "pop_total"), outcome: asked, code: "indicator.import.area_like", says: []string{"„Mühle“"}, yes: "indicator.import.area_like", rows: 1},
		{id: "C33 decomposed", file: "c.csv", data: u("Ortsteil;Wert\nMu\u0308hle;1\n"), mapping: byWord("Wert", "pop_total"), outcome: accepted, takes: 1},
		{id: "C34 twice", file: "c.csv", data: u(csvHead + csvRow + strings.Replace(csvRow, "812", "813", 1) + csvNext + strings.Replace(csvNext, "002", "003", 1) + strings.Replace(csvNext, "002", "004", 1)), mapping: byKey, outcome: byRow, code: "indicator.import.twice", says: []string{"Zeile 3", "05334032001"}, takes: 3},
		{id: "C35 percent and share", file: "c.csv", data: u("Ortsteil;Quote\nA;31,4 %\nB;0,314\n"), mapping: byWord("Quote", "share_u18"), outcome: asked, code: "table.number.percent_mixed", says: []string{"Spalte B (Quote)"}, yes: "number.percent_mixed", rows: 2},
		{id: "C36 negative", file: "c.csv", data: u(csvHead + strings.Replace(csvRow, "812", "-3", 1) + csvNext), mapping: byKey, outcome: byRow, code: "indicator.import.negative", says: []string{"Zeile 2, Spalte D (Kinder)", "−3"}, takes: 1},
		{id: "C37 part above the whole", file: "c.csv", data: u("Ortsteil;Kinder;KinderSGBII\nA;10;12\n"), mapping: byWord("Kinder", "share_u18, part: denominator") + "  KinderSGBII: {indicator: share_u18, part: numerator}\n", outcome: warned, code: "indicator.quality.above_whole", says: []string{"12", "10", "nicht veröffentlicht"}, takes: 1},
		{id: "C39 persons", file: "c.csv", data: u("Name;Vorname;Geburtsdatum;IBAN;Mail\nMuster;Eva;01.02.1980;DE89370400440532013000;eva@example.org\n"), mapping: strings.Replace(byWord("IBAN", "pop_total"), "Ortsteil", "Name", 1), outcome: refused, code: "table.file.person_data", says: []string{"Geburtsdatum"}},
		{id: "C40 small counts", file: "c.csv", data: u(csvHead + strings.Replace(csvRow, "812", "2", 1)), mapping: mapped("pop_total, part: value", "sgb2_rate, part: numerator"), outcome: warned, code: "indicator.import.small_counts", takes: 1},
		{id: "value is text", file: "c.csv", data: u(csvHead + csvRow + strings.Replace(csvNext, "400", "viele", 1) + strings.Replace(csvNext, "002", "003", 1)), mapping: byKey, outcome: byRow, code: "table.number.text", says: []string{"Zeile 3, Spalte D (Kinder)"}, takes: 2},
		{id: "NaN", file: "c.csv", data: u("Ortsteil;Wert\nA;NaN\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "table.number.out_of_range", says: []string{"Zeile 2, Spalte B (Wert)"}, takes: 2},
		{id: "Infinity", file: "c.csv", data: u("Ortsteil;Wert\nA;Infinity\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "table.number.out_of_range", takes: 2},
		{id: "1e309", file: "c.csv", data: u("Ortsteil;Wert\nA;1e309\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "table.number.out_of_range", takes: 2},
		{id: "1e308", file: "c.csv", data: u("Ortsteil;Wert\nA;1e308\nB;1e308\nC;2\nD;3\nM;4\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "indicator.import.too_large", says: []string{"Zeile 2, Spalte B (Wert)", "1e+308"}, takes: 3},
		{id: "2^63", file: "c.csv", data: u("Ortsteil;Wert\nA;9223372036854775808\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "indicator.import.too_large", takes: 2},
		{id: "2^53 is exact", file: "c.csv", data: u("Ortsteil;Wert\nA;9007199254740992\n"), mapping: byWord("Wert", "pop_total"), outcome: accepted, takes: 1, says: []string{"9.007.199.254.740.992"}},
		{id: "steers the terminal", file: "c.csv", data: u("Ortsteil;Wert\nA;viele\x1b[2J\u202e!\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "table.number.text", says: []string{"viele<U+001B>[2J<U+202E>!"}, takes: 2},
		{id: "pile of accents", file: "c.csv", data: u("Ortsteil;Wert\na" + strings.Repeat("\u0301", 1000) + ";9\nB;1\nC;2\n"), mapping: byWord("Wert", "pop_total"), outcome: byRow, code: "indicator.import.unknown_area", takes: 2},
		{id: "header again", file: "c.csv", data: u(csvHead + csvRow + csvHead + csvNext), mapping: byKey, outcome: byRow, code: "table.layout.header_again", says: []string{"Zeile 3"}, takes: 2},
		{id: "columns missing", file: "c.csv", data: u("Key;Wert\nA;1\n"), mapping: byKey, outcome: refused, code: "table.column.missing", says: []string{"„Schlüssel“", "„Jahr“", "„Kinder“", "„SGBII“"}},
		{id: "unknown area", file: "c.csv", data: u(csvHead + csvRow + strings.Replace(csvNext, "002", "099", 1)), mapping: byKey, outcome: byRow, code: "indicator.import.unknown_area", says: []string{"Zeile 3", "05334032099"}, takes: 1},
		{id: "no row fits", file: "c.csv", data: u(csvHead + strings.Replace(csvNext, "002", "099", 1)), mapping: byKey, outcome: refused, code: "indicator.import.nothing"},
		{id: "before the edition", file: "c.csv", data: u(csvHead + csvRow + strings.Replace(csvNext, "2024", "2010", 1)), mapping: byKey, outcome: byRow, code: "indicator.period.before", says: []string{"Zeile 3", "2010"}, takes: 1},
	})
}

// TestBadPeriods is part D.
func TestBadPeriods(t *testing.T) {
	const byDay = "area: {level: wort, edition: \"2024\", column: Raum}\nperiod: {column: Tag}\ncolumns:\n  Wert: {indicator: pop_total}\n"
	make := func(id, day, outcome, code string, takes int) badCase {
		c := badCase{id: id + " " + strings.ReplaceAll(day, "/", "-"), file: "d.csv", data: []byte("Raum;Tag;Wert\nA;" + day + ";10\nB;31.12.2023;5\nC;31.12.2023;6\n"), mapping: byDay, outcome: outcome, code: code, takes: takes}
		if code != "" {
			c.says = []string{"Zeile 2, Spalte B (Tag)", "„" + day + "“"}
		}
		return c
	}
	yes := func(c badCase, code string) badCase {
		c.yes, c.rows = code, 3
		return c
	}
	noDay := func(c badCase) badCase { // the sentence names the day without quotation marks
		c.says[1] = "Den Tag"
		return c
	}
	prove(t, []badCase{
		noDay(make("D01", "31.02.2026", byRow, "table.period.no_such_day", 2)),
		noDay(make("D02", "29.02.2025", byRow, "table.period.no_such_day", 2)),
		make("D03", "01/02/03", asked, "table.period.order_unknown", 0),
		make("D04", "KW 53/2025", byRow, "table.period.invalid", 2),
		make("D04", "2026-W53", accepted, "", 3),
		make("D05", "Schuljahr 2025/26", accepted, "", 3),
		make("D05", "Kita-Jahr 2025/26", accepted, "", 3),
		make("D05", "3. Quartal 2025", accepted, "", 3),
		make("D05", "Stichtag 31.12.2025", accepted, "", 3),
		yes(make("D06", "24", asked, "table.period.two_digit_year", 0), "period.two_digit_year"),
		yes(make("D06", "31.12.24", asked, "table.period.two_digit_year", 0), "period.two_digit_year"),
		make("D07", "0", byRow, "table.period.out_of_range", 2),
		make("D07", "-1", byRow, "table.period.out_of_range", 2),
		make("D07", "9999", byRow, "table.period.out_of_range", 2),
		make("D07", "10000", byRow, "table.period.out_of_range", 2),
		make("D07", "20224", byRow, "table.period.out_of_range", 2),
		make("D09", "2026-10-25T02:30", accepted, "", 3),
		make("D10", "2025-12-31T23:59:60", byRow, "table.period.invalid", 2),
		make("D11", "2025-12-31T10:00+25:00", byRow, "table.period.invalid", 2),
		yes(make("D12", "45292", asked, "table.period.serial", 0), "period.serial"),
		make("D13", "31.12.2025-01.01.2025", byRow, "table.period.reversed", 2),
		make("D15", "1704067200", asked, "table.period.unix_time", 0),
		make("D15", "1704067200000", asked, "table.period.unix_time", 0),
	})
}

// TestBadWorkbooks is part X.
func TestBadWorkbooks(t *testing.T) {
	two := byWord("Wert", "pop_total")
	hidden := strings.NewReplacer(`<row r="2">`, `<row r="2" hidden="1">`)
	emptyRows := headRow + dataRow + strings.Repeat(`<row ht="15"/>`, 1_048_574)
	var entries []entry
	for i := range 70_000 {
		entries = append(entries, entry{name: "xl/e" + string(rune('a'+i%26)) + strings.Repeat("x", i%11) + ".xml"})
	}
	nested := book{rows: headRow + dataRow}.bytes()
	for range 3 {
		nested = zipped(entry{"l.xlsx", string(nested)})
	}
	const dtd = `<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst ` + xmlns + `><si><t>&x;</t></si></sst>`
	laughs := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">` + strings.Repeat(`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">`, 9) + `]><sst ` + xmlns + `><si><t>&b;</t></si></sst>`
	sheet := entry{}
	var others []entry
	for _, p := range (book{rows: headRow}).parts() {
		if strings.Contains(p.name, "sheet1") {
			sheet = p
		} else {
			others = append(others, p)
		}
	}
	const dateStyle = `<?xml version="1.0"?><workbook ` + xmlns + `><workbookPr date1904="1"/><sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets></workbook>`
	cell := func(kind, value string) string {
		return headRow + `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"` + kind + `>` + value + `</c></row><row r="3"><c r="A3" t="s"><v>3</v></c><c r="B3"><v>5</v></c></row>`
	}
	prove(t, []badCase{
		{id: "X01 web page", file: "x.xlsx", data: []byte("<html><table><tr><td>1</td></tr></table></html>"), mapping: two, outcome: refused, code: "table.file.html", says: []string{".xlsx"}},
		{id: "X02 xls", file: "x.xls", data: append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...), mapping: two, outcome: refused, code: "table.file.xls", says: []string{".xlsx"}},
		{id: "X03 zip bomb", file: "x.xlsx", data: bomb(2<<30, sheet.name, others...), mapping: two, outcome: refused, code: "table.zip.bomb"},
		{id: "X04 zip in zip", file: "x.xlsx", data: nested, mapping: two, outcome: refused, code: "table.zip.no_workbook"},
		{id: "X05 70,000 entries", file: "x.xlsx", data: zipped(entries...), mapping: two, outcome: refused, code: "table.zip.entries", says: []string{"70.000", "10.000"}},
		{id: "X06 external entity", file: "x.xlsx", data: book{rows: headRow + dataRow, shared: dtd}.bytes(), mapping: two, outcome: refused, code: "table.xlsx.dtd"},
		{id: "X07 billion laughs", file: "x.xlsx", data: book{rows: headRow + dataRow, shared: laughs}.bytes(), mapping: two, outcome: refused, code: "table.xlsx.dtd"},
		{id: "X08 external links", file: "x.xlsx", data: book{rows: headRow + dataRow, relations: `<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink" Target="http://127.0.0.1:9/x" TargetMode="External"/>`}.bytes(), mapping: two, outcome: accepted, says: []string{"table.xlsx.external"}, takes: 1},
		{id: "X09 macros", file: "x.xlsm", data: book{rows: headRow + dataRow, extra: []entry{{"xl/vbaProject.bin", "\xd0\xcf\x11\xe0xx"}}}.bytes(), mapping: two, outcome: refused, code: "table.xlsx.macros"},
		{id: "X10 password", file: "x.xlsx", data: append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1EncryptedPackage"), make([]byte, 4096)...), mapping: two, outcome: refused, code: "table.file.encrypted"},
		{id: "X11 entry outside", file: "x.xlsx", data: book{rows: headRow + dataRow, extra: []entry{{"../../../../tmp/kupferfaden-evil", "x"}}}.bytes(), mapping: two, outcome: refused, code: "table.zip.path", says: []string{"kupferfaden-evil"}},
		{id: "X12 formula without value", file: "x.xlsx", data: book{rows: cell("", "<f>SUM(C1:C9)</f>")}.bytes(), mapping: two, outcome: byRow, code: "table.xlsx.formula_no_value", says: []string{"Blatt „T“, Zeile 2, Spalte B (Wert)"}, takes: 1},
		{id: "X13 error", file: "x.xlsx", data: book{rows: cell(` t="e"`, "<v>#REF!</v>")}.bytes(), mapping: two, outcome: byRow, code: "table.xlsx.error_value", says: []string{"#REF!", "Zeile 2"}, takes: 1},
		{id: "X14 merged header", file: "x.xlsx", data: book{rows: `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>2</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>2</v></c><c r="C2"><v>3</v></c></row>`, after: `<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>`}.bytes(), mapping: strings.NewReplacer("column: Ortsteil", "column: A", "Wert:", "C:").Replace(two), outcome: asked, code: "table.sheet.merged_header", says: []string{"Blatt „T“"}},
		{id: "X15 hidden rows", file: "x.xlsx", data: book{rows: hidden.Replace(headRow + dataRow)}.bytes(), mapping: two, outcome: asked, code: "table.sheet.hidden_rows", says: []string{"Zeile 2"}, yes: "sheet.hidden_rows", rows: 1},
		{id: "X15 hidden column", file: "x.xlsx", data: book{rows: headRow + dataRow, before: `<cols><col min="2" max="2" hidden="1"/></cols>`}.bytes(), mapping: two, outcome: asked, code: "table.sheet.hidden_columns", yes: "sheet.hidden_columns", rows: 1},
		{id: "X16 dates since 1904", file: "x.xlsx", data: book{rows: headRow + dataRow, workbook: dateStyle}.bytes(), mapping: two, outcome: accepted, takes: 1},
		{id: "X17 number as text", file: "x.xlsx", data: book{rows: cell(` t="inlineStr"`, "<is><t>31,4</t></is>")}.bytes(), mapping: two, outcome: warned, code: "table.number.as_text", says: []string{"31,4"}, takes: 2},
		{id: "X18 a million empty rows", file: "x.xlsx", data: book{rows: emptyRows}.bytes(), mapping: two, outcome: accepted, takes: 1},
		{id: "X19 claimed size", file: "x.xlsx", data: book{rows: headRow + dataRow, before: `<dimension ref="A1:XFD1048576"/>`}.bytes(), mapping: two, outcome: accepted, takes: 1},
		{id: "X20 shared text 999999", file: "x.xlsx", data: book{rows: `<row r="1"><c r="A1" t="s"><v>999999</v></c><c r="B1" t="s"><v>-1</v></c></row>`}.bytes(), mapping: two, outcome: refused, code: "table.xlsx.shared_string", says: []string{"A1", "999999"}},
		{id: "X21 rich text", file: "x.xlsx", data: book{rows: headRow + dataRow, shared: `<?xml version="1.0"?><sst ` + xmlns + `><si><r><t>Orts</t></r><r><t>teil</t></r><rPh sb="0" eb="1"><t>QQQ</t></rPh></si><si><t>M</t></si><si><t>Wert</t></si></sst>`}.bytes(), mapping: two, outcome: accepted, takes: 1},
		{id: "X22 no sheet", file: "x.xlsx", data: book{workbook: `<?xml version="1.0"?><workbook ` + xmlns + `><sheets/></workbook>`}.bytes(), mapping: two, outcome: refused, code: "table.xlsx.no_sheet"},
		{id: "X23 repeated cells", file: "x.ods", data: ods(`<table:table-row><table:table-cell><text:p>Ortsteil</text:p></table:table-cell><table:table-cell><text:p>Wert</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Mühle</text:p></table:table-cell><table:table-cell xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:value-type="float" office:value="5"><text:p>5</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`), mapping: two, outcome: accepted, takes: 1},
		{id: "X24 text named xlsx", file: "x.xlsx", data: []byte(csvHead + csvRow), mapping: byKey, outcome: refused, code: "table.file.csv_named_xlsx", says: []string{".csv"}},
		{id: "formula in the only column", file: "x.xlsx", data: book{rows: `<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><f>SUM(B1:B9)</f></c></row>`}.bytes(), mapping: ofOne, outcome: byRow, code: "table.xlsx.formula_no_value", says: []string{"Zeile 2, Spalte A (Ortsteil)"}},
	})
}

// TestDistrictsThatDoNotAddUp is case C38: two deliveries, one of the city and one of its parts.
func TestDistrictsThatDoNotAddUp(t *testing.T) {
	engines(t, func(t *testing.T, _ town, fresh func(t *testing.T) town) {
		w := fresh(t)
		dir := t.TempDir()
		city := strings.Replace(byWord("Kinder", "pop_total"), "level: wort", "level: stadt", 1)
		w.must("data", "import", "--mapping", write(t, dir, "stadt.yaml", []byte(city)), write(t, dir, "stadt.csv", []byte("Ortsteil;Kinder\nStadt;25\n")))
		code, _, errs := w.call("data", "import", "--mapping", write(t, dir, "teile.yaml", []byte(byWord("Kinder", "pop_total"))),
			write(t, dir, "teile.csv", []byte("Ortsteil;Kinder\nA;20\nB;10\n")))
		sentences(t, errs)
		if code != exitDone || !strings.Contains(errs, "Warnung [indicator.quality.sum] teile.csv") || !strings.Contains(errs, "30") || !strings.Contains(errs, "25") {
			t.Errorf("exit %d\n%s", code, errs)
		}
	})
}
