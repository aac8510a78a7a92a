// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/table"
	"github.com/xuri/excelize/v2"
)

const ns = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// book describes a hand-made workbook: what spreadsheet libraries do not write.
type book struct {
	sheet    string // rows of the sheet
	pre      string // before <sheetData>
	post     string // behind it
	shared   string
	workbook string
	rels     string
	styles   string
	extra    map[string]string
	drop     string
}

const stringsPart = `<sst` + ns + `><si><t>Ortsteil</t></si><si><t>Mühle</t></si><si><t>Wert</t></si></sst>`

func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships/>`,
		"xl/workbook.xml":     `<workbook` + ns + `><sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>` + b.rels +
			`</Relationships>`,
		"xl/worksheets/sheet1.xml": `<?xml version="1.0"?><worksheet` + ns + `>` + b.pre + `<sheetData>` + b.sheet + `</sheetData>` + b.post + `</worksheet>`,
		"xl/sharedStrings.xml":     stringsPart,
	}
	if b.shared != "" {
		parts["xl/sharedStrings.xml"] = b.shared
	}
	if b.workbook != "" {
		parts["xl/workbook.xml"] = b.workbook
	}
	if b.styles != "" {
		parts["xl/styles.xml"] = `<styleSheet` + ns + `>` + b.styles + `</styleSheet>`
	}
	for k, v := range b.extra {
		parts[k] = v
	}
	delete(parts, b.drop)
	return zipped(t, parts)
}

func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	headRow  = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>`
	dataRow  = `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>31.4</v></c></row>`
	xMapping = "area: {column: A}\nperiod: {value: 2024}\ncolumns: {B: {indicator: x}}\n"
)

func TestCatalogueOfBadWorkbooks(t *testing.T) {
	row3 := func(cell string) string {
		return headRow + dataRow + `<row r="3"><c r="A3" t="s"><v>1</v></c>` + cell + `</row>`
	}
	var bomb bytes.Buffer
	{
		z := zip.NewWriter(&bomb)
		for _, n := range []string{"xl/workbook.xml", "xl/worksheets/sheet1.xml"} { // the directory claims 2 GB, as that of a real bomb does
			w, err := z.CreateRaw(&zip.FileHeader{Name: n, Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: 1 << 30})
			if err == nil {
				_, err = w.Write([]byte{3, 0})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	many := map[string]string{"xl/workbook.xml": "<workbook/>"}
	for i := range 10_001 {
		many[fmt.Sprintf("x/%d", i)] = ""
	}
	for _, c := range []struct {
		id      string
		name    string
		data    []byte
		refused string
		codes   map[string]string
		values  []float64
	}{
		{id: "plain", data: book{sheet: headRow + dataRow}.bytes(t), values: []float64{31.4}},
		{id: "X01 HTML", data: []byte("<html><table><tr><td>1</td></tr></table></html>"), refused: "file.html"},
		{id: "X02 old xls", name: "a.xls", data: append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...), refused: "file.xls"},
		{id: "X03 zip bomb", data: bomb.Bytes(), refused: "zip.bomb"},
		{id: "X04 zip in zip", data: zipped(t, map[string]string{"inner.zip": string(zipped(t, map[string]string{"a": "b"}))}), refused: "zip.no_workbook"},
		{id: "X05 many entries", data: zipped(t, many), refused: "zip.entries"},
		{
			id: "X06 external entities", data: book{sheet: headRow + dataRow, shared: `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst` + ns + `><si><t>&a;</t></si></sst>`}.bytes(t),
			refused: "xlsx.dtd",
		},
		{id: "X07 billion laughs", data: book{sheet: headRow + dataRow, shared: `<!DOCTYPE s [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><sst` + ns + `><si><t>&b;</t></si></sst>`}.bytes(t), refused: "xlsx.dtd"},
		{
			id: "X08 external links", data: book{sheet: headRow + dataRow, rels: `<Relationship Id="r9" Type="x/externalLink" Target="http://127.0.0.1:9/x" TargetMode="External"/>`}.bytes(t),
			codes: map[string]string{"xlsx.external": "accept"}, values: []float64{31.4},
		},
		{id: "X09 macros", name: "a.xlsm", data: book{sheet: headRow + dataRow, extra: map[string]string{"xl/vbaProject.bin": "x"}}.bytes(t), refused: "xlsx.macros"},
		{id: "X10 password", data: append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"...), refused: "file.encrypted"},
		{id: "X11 path outside", data: book{sheet: headRow + dataRow, extra: map[string]string{"../../../../tmp/kupferfaden-evil": "x"}}.bytes(t), refused: "zip.path"},
		{id: "X12 formula without value", data: book{sheet: row3(`<c r="B3"><f>SUM(B1:B2)</f></c>`)}.bytes(t), codes: map[string]string{"xlsx.formula_no_value": "row"}, values: []float64{31.4}},
		{id: "formula with value", data: book{sheet: row3(`<c r="B3"><f>SUM(B1:B2)</f><v>62.8</v></c>`)}.bytes(t), values: []float64{31.4, 62.8}},
		{id: "X13 error value", data: book{sheet: row3(`<c r="B3" t="e"><v>#REF!</v></c>`)}.bytes(t), codes: map[string]string{"xlsx.error_value": "row"}, values: []float64{31.4}},
		{
			id: "X14 merged header", data: book{sheet: `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>` + dataRow, post: `<mergeCells count="1"><mergeCell ref="B1:C1"/></mergeCells>`}.bytes(t),
			codes: map[string]string{"sheet.merged_header": "ask"}, values: []float64{31.4},
		},
		{
			id: "X15 hidden rows and columns", data: book{sheet: headRow + strings.Replace(dataRow, `<row r="2"`, `<row r="2" hidden="1"`, 1), pre: `<cols><col min="2" max="2" hidden="1"/></cols>`}.bytes(t),
			codes: map[string]string{"sheet.hidden_rows": "ask", "sheet.hidden_columns": "ask"}, values: []float64{31.4},
		},
		{
			id: "X15 hidden sheets", data: book{sheet: headRow + dataRow, workbook: `<workbook` + ns + `><sheets><sheet name="T" sheetId="1" r:id="r1"/><sheet name="Geheim" sheetId="2" state="hidden" r:id="r1"/></sheets></workbook>`}.bytes(t),
			codes: map[string]string{"sheet.hidden_others": "warn"}, values: []float64{31.4},
		},
		{
			id: "X17 number as text", data: book{sheet: headRow + `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="inlineStr"><is><t>31,4</t></is></c></row>`}.bytes(t),
			codes: map[string]string{"number.as_text": "warn"}, values: []float64{31.4},
		},
		{id: "X19 false dimension", data: book{sheet: headRow + dataRow, pre: `<dimension ref="A1:XFD1048576"/>`}.bytes(t), values: []float64{31.4}},
		{id: "X20 text number outside", data: book{sheet: headRow + `<row r="2"><c r="A2" t="s"><v>999999</v></c></row>`}.bytes(t), refused: "xlsx.shared_string"},
		{id: "X20 negative text number", data: book{sheet: headRow + `<row r="2"><c r="A2" t="s"><v>-1</v></c></row>`}.bytes(t), refused: "xlsx.shared_string"},
		{id: "X22 no sheet", data: book{workbook: `<workbook` + ns + `><sheets/></workbook>`}.bytes(t), refused: "xlsx.no_sheet"},
		{id: "X24 CSV named xlsx", data: []byte(head + line), refused: "file.csv_named_xlsx"},
		{id: "sheet part missing", data: book{drop: "xl/worksheets/sheet1.xml"}.bytes(t), refused: "xlsx.damaged"},
		{id: "cut off", data: book{sheet: headRow + dataRow}.bytes(t)[:300], refused: "zip.damaged"},
		{id: "broken XML", data: book{sheet: headRow + `<row r="2"><c r="A2"><v>1</v`}.bytes(t), refused: "xlsx.damaged"},
		{id: "cell far to the right", data: book{sheet: headRow + `<row r="2"><c r="XFD2"><v>1</v></c></row>`}.bytes(t), refused: "csv.too_many_columns"},
		{id: "not a number in a number cell", data: book{sheet: row3(`<c r="B3"><v>NaN</v></c>`)}.bytes(t), codes: map[string]string{"number.out_of_range": "row"}, values: []float64{31.4}},
		{id: "encrypted ods", name: "a.ods", data: zipped(t, map[string]string{"content.xml": "x", "META-INF/manifest.xml": `<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>`}), refused: "file.encrypted"},
		{id: "text document", name: "a.ods", data: zipped(t, map[string]string{"content.xml": "<x/>", "mimetype": "application/vnd.oasis.opendocument.text"}), refused: "zip.no_workbook"},
	} {
		t.Run(c.id, func(t *testing.T) {
			name := c.name
			if name == "" {
				name = "a.xlsx"
			}
			start := time.Now()
			o := try(c.data, name, xMapping, nil)
			if o.refused != c.refused {
				t.Fatalf("refused %q, want %q; %v", o.refused, c.refused, o.all)
			}
			for code, want := range c.codes {
				if o.codes[code] != want {
					t.Errorf("%s: %q, want %q; %v", code, o.codes[code], want, o.all)
				}
			}
			if len(c.codes) == 0 && c.refused == "" && !o.clean() {
				t.Errorf("unexpected: %v", o.all)
			}
			if len(o.records) != len(c.values) {
				t.Fatalf("%d records; %v", len(o.records), o.all)
			}
			for i, v := range c.values {
				if o.records[i].Value != v {
					t.Errorf("%v, want %v", o.records[i].Value, v)
				}
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("took %v", d)
			}
		})
	}
	if _, err := os.Stat("/tmp/kupferfaden-evil"); err == nil {
		t.Error("an entry was written outside")
	}
}

// TestLyingArchiveStopsAtTheLimit changes the sizes in the directory of an archive, so that only counting while unpacking helps.
func TestLyingArchiveStopsAtTheLimit(t *testing.T) {
	rows := strings.Repeat(`<row><c t="inlineStr"><is><t>Mitte</t></is></c><c><v>5</v></c></row>`, 40_000)
	data := book{sheet: headRow + rows}.bytes(t)
	i := bytes.LastIndex(data, []byte("xl/worksheets/sheet1.xml")) - 46 // its directory entry
	copy(data[i+24:], []byte{100, 0, 0, 0})                             // uncompressed size
	tb, err := open(data, "a.xlsx", table.Options{Limits: table.Limits{Unzipped: 1 << 20}})
	if err == nil {
		rows, e := tb.Rows()
		if e != nil {
			t.Fatal(e)
		}
		for rows.Next() {
		}
		err = rows.Err()
	}
	if c := refusal(err); c != "zip.bomb" && c != "xlsx.damaged" {
		t.Errorf("%v", err)
	}
}

func TestExternalLinksOpenNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no local network here:", err)
	}
	defer l.Close()
	came := make(chan struct{}, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
			came <- struct{}{}
		}
	}()
	url := "http://" + l.Addr().String() + "/x"
	data := book{
		sheet: headRow + dataRow, rels: `<Relationship Id="r9" Type="x/attachedTemplate" Target="` + url + `" TargetMode="External"/>`,
		extra: map[string]string{"xl/externalLinks/externalLink1.xml": `<externalLink><ddeLink ddeService="` + url + `"/></externalLink>`},
	}.bytes(t)
	if o := try(data, "a.xlsx", xMapping, nil); len(o.records) != 1 {
		t.Fatal(o.refused, o.all)
	}
	select {
	case <-came:
		t.Error("a connection was opened")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestDatesFollowTheCalendarOfTheWorkbook(t *testing.T) { // X16
	styles := `<numFmts><numFmt numFmtId="164" formatCode="DD\.MM\.YYYY"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>`
	cell := func(style, serial string) string {
		return headRow + `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>5</v></c><c r="C2" s="` + style + `"><v>` + serial + `</v></c></row>`
	}
	m := "area: {column: A}\nperiod: {column: C}\ncolumns: {B: {indicator: x}}\n"
	with1904 := `<workbook` + ns + `><workbookPr date1904="1"/><sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets></workbook>`
	for _, c := range []struct{ style, serial, workbook, want, code string }{
		{"1", "45657", "", "2024-12-31", ""},
		{"2", "45657", "", "2024-12-31", ""},
		{"1", "45657.5", "", "2024-12-31", ""},
		{"1", "44195", with1904, "2024-12-31", ""}, // 1,462 days later than in the 1900 system
		{"1", "60", "", "", "xlsx.bad_date"},       // 29.02.1900
		{"1", "59", "", "1900-02-28", ""},
		{"1", "61", "", "1900-03-01", ""},
		{"1", "60", with1904, "1904-03-01", ""},
		{"1", "-5", "", "", "xlsx.bad_date"},
		{"0", "45657", "", "", "period.serial"}, // a number without date format is asked about
	} {
		o := try(book{sheet: cell(c.style, c.serial), workbook: c.workbook, styles: styles}.bytes(t), "a.xlsx", m, nil)
		if c.code != "" {
			if o.codes[c.code] == "" {
				t.Errorf("%s in style %s: %v", c.serial, c.style, o.all)
			}
			continue
		}
		if len(o.records) != 1 || o.records[0].Period.String() != c.want {
			t.Errorf("%s in style %s: %v %v", c.serial, c.style, o.records, o.all)
		}
	}
}

func TestNumberFormatsShowWhatTheCellShows(t *testing.T) {
	styles := `<numFmts><numFmt numFmtId="170" formatCode="00000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="170"/></cellXfs>`
	sheet := headRow + `<row r="2"><c r="A2" s="2"><v>1011101</v></c><c r="B2" s="1"><v>0.314</v></c></row><row r="3"><c r="A3" s="2"><v>1011102</v></c><c r="B3" s="1"><v>0.07</v></c></row>`
	o := try(book{sheet: sheet, styles: styles}.bytes(t), "a.xlsx", xMapping, nil)
	if !o.clean() || len(o.records) != 2 || o.records[0].Area != "01011101" || o.records[0].Value != 31.4 || o.records[1].Value != 7 || o.codes["xlsx.percent_format"] != "warn" {
		t.Errorf("%+v %v", o.records, o.all)
	}
}

func TestRichTextWithoutReadingAids(t *testing.T) { // X21
	shared := `<sst` + ns + `><si><r><t>Orts</t></r><r><t xml:space="preserve">teil</t></r><rPh sb="0" eb="1"><t>QQQ</t></rPh></si><si><t>M&#252;hle &amp; Nord</t></si><si><t>Wert</t></si></sst>`
	o := try(book{sheet: headRow + dataRow, shared: shared}.bytes(t), "a.xlsx", "area: {column: Ortsteil}\nperiod: {value: 2024}\ncolumns: {Wert: {indicator: x}}\n", nil)
	if !o.clean() || o.records[0].Area != "Mühle & Nord" {
		t.Errorf("%+v %v %s", o.records, o.all, o.refused)
	}
}

func TestAMillionFormattedRowsCostLittle(t *testing.T) { // X18
	var b strings.Builder
	b.WriteString(headRow + dataRow)
	for i := 3; i <= 1_048_576; i++ {
		fmt.Fprintf(&b, `<row r="%d" s="1" customFormat="1"/>`, i)
	}
	data := book{sheet: b.String()}.bytes(t)
	start := time.Now()
	o := try(data, "a.xlsx", xMapping, nil)
	if !o.clean() || len(o.records) != 1 {
		t.Errorf("%v %s", o.all, o.refused)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
}

func ods(t testing.TB, body string) []byte {
	t.Helper()
	return zipped(t, map[string]string{
		"mimetype":    "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": `<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c" xmlns:style="s">` + body + `</office:document-content>`,
	})
}

const (
	odsHead = `<table:table-row><table:table-cell office:value-type="string"><text:p>Ortsteil</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Wert</text:p></table:table-cell></table:table-row>`
	odsData = `<table:table-row><table:table-cell office:value-type="string"><text:p>M<text:span>ü</text:span>hle<text:s text:c="2"/>Nord</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="31.4"><text:p>31,4</text:p></table:table-cell></table:table-row>`
)

func odsSheet(rows string) string {
	return `<office:body><office:spreadsheet><table:table table:name="T">` + rows + `</table:table></office:spreadsheet></office:body>`
}

func TestOpenDocumentSheets(t *testing.T) {
	cell := func(s string) string {
		return odsHead + odsData + `<table:table-row><table:table-cell office:value-type="string"><text:p>B</text:p></table:table-cell>` + s + `</table:table-row>`
	}
	for _, c := range []struct {
		id     string
		body   string
		codes  map[string]string
		values []float64
	}{
		{"plain", odsSheet(odsHead + odsData), nil, []float64{31.4}},
		{"a million formatted rows", odsSheet(odsHead + odsData + `<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`), nil, []float64{31.4}},
		{
			"X23 filler is not expanded", odsSheet(odsHead + odsData + `<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"><text:p>9</text:p></table:table-cell></table:table-row>`),
			map[string]string{"ods.repeated": "accept"},
			[]float64{31.4},
		},
		{"equal neighbours are repeated", odsSheet(odsHead + strings.Replace(odsData, "<table:table-row>", `<table:table-row table:number-rows-repeated="3">`, 1)), nil, []float64{31.4, 31.4, 31.4}},
		{
			"percentage", odsSheet(cell(`<table:table-cell office:value-type="percentage" office:value="0.314"><text:p>31,4 %</text:p></table:table-cell>`)),
			map[string]string{"number.percent_mixed": "ask", "xlsx.percent_format": "warn"},
			[]float64{31.4, 31.4},
		},
		{"comment is no content", odsSheet(cell(`<table:table-cell office:value-type="float" office:value="7"><office:annotation><text:p>99</text:p></office:annotation><text:p>7</text:p></table:table-cell>`)), nil, []float64{31.4, 7}},
		{"number as text", odsSheet(cell(`<table:table-cell office:value-type="string"><text:p>31,5</text:p></table:table-cell>`)), map[string]string{"number.as_text": "warn"}, []float64{31.4, 31.5}},
		{"error", odsSheet(cell(`<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>`)), map[string]string{"xlsx.error_value": "row"}, []float64{31.4}},
		{"formula without value", odsSheet(cell(`<table:table-cell table:formula="of:=SUM([.B1])"/>`)), map[string]string{"xlsx.formula_no_value": "row"}, []float64{31.4}},
		{"hidden row", odsSheet(odsHead + strings.Replace(odsData, "<table:table-row>", `<table:table-row table:visibility="collapse">`, 1)), map[string]string{"sheet.hidden_rows": "ask"}, []float64{31.4}},
		{
			"merged header", odsSheet(strings.Replace(odsHead, `<table:table-cell office:value-type="string"><text:p>Wert`, `<table:table-cell table:number-columns-spanned="2" office:value-type="string"><text:p>Wert`, 1) + odsData),
			map[string]string{"sheet.merged_header": "ask"},
			[]float64{31.4},
		},
		{"hidden sheet", `<office:automatic-styles><style:style style:name="ta2"><style:table-properties table:display="false"/></style:style></office:automatic-styles>` + strings.Replace(odsSheet(odsHead+odsData), "</office:spreadsheet>",
			`<table:table table:name="Geheim" table:style-name="ta2"/></office:spreadsheet>`, 1), map[string]string{"sheet.hidden_others": "warn"}, []float64{31.4}},
	} {
		t.Run(c.id, func(t *testing.T) {
			o := try(ods(t, c.body), "a.ods", xMapping, nil)
			if o.refused != "" {
				t.Fatal(o.refused)
			}
			for code, want := range c.codes {
				if o.codes[code] != want {
					t.Errorf("%s: %q; %v", code, o.codes[code], o.all)
				}
			}
			if len(c.codes) == 0 && !o.clean() {
				t.Errorf("%v", o.all)
			}
			var got []float64
			for _, r := range o.records {
				got = append(got, r.Value)
			}
			if c.id == "X23 filler is not expanded" && len(got) == 2 { // the filler is one more row of its own
				got = got[:1]
			}
			if fmt.Sprint(got) != fmt.Sprint(c.values) {
				t.Errorf("%v, want %v; %v", got, c.values, o.all)
			}
			if o.records[0].Area != "Mühle  Nord" {
				t.Errorf("%q", o.records[0].Area)
			}
		})
	}
}

func TestOpenDocumentWithEntitiesIsRefused(t *testing.T) {
	data := zipped(t, map[string]string{"content.xml": `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`})
	if _, err := open(data, "a.ods", table.Options{}); refusal(err) != "xlsx.dtd" {
		t.Error(err)
	}
}

// bigXLSX is written by the spreadsheet library, so that the reader is checked against another implementation.
func bigXLSX(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	put := func(i int, cells []any) {
		if err := w.SetRow(fmt.Sprintf("A%d", i), cells); err != nil {
			t.Fatal(err)
		}
	}
	put(1, []any{"Schlüssel", "Name", "Jahr", "Einwohner", "Arbeitslose", "Quote"})
	for i := range rows {
		put(i+2, []any{fmt.Sprintf("%08d", i), fmt.Sprintf("Gebiet %d & <Nord>", i), 2024, 1000 + i%5000, i % 300, float64(i%1000) / 10})
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbooksOfAnotherProgramAreReadExactly(t *testing.T) {
	const n = 2000
	m := "area: {column: Schlüssel}\nperiod: {column: Jahr}\ncolumns: {Einwohner: {indicator: a}, Quote: {indicator: b}}\n"
	o := try(bigXLSX(t, n), "a.xlsx", m, nil)
	if !o.clean() || len(o.records) != 2*n {
		t.Fatalf("%d %v %s", len(o.records), o.all, o.refused)
	}
	for i := range n {
		a, b := o.records[2*i], o.records[2*i+1]
		if a.Area != fmt.Sprintf("%08d", i) || a.Value != float64(1000+i%5000) || b.Value != float64(i%1000)/10 || a.Line != i+2 {
			t.Fatalf("%+v %+v", a, b)
		}
	}
}

func TestSheetIsChosenByNameOrAsked(t *testing.T) {
	f := excelize.NewFile()
	for _, s := range []string{"Inhalt", "Daten"} {
		if _, err := f.NewSheet(s); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range []any{"Ortsteil", "A", "B"} {
		if err := f.SetCellValue("Daten", fmt.Sprintf("A%d", i+1), v); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range []any{"Wert", 5, 6} {
		if err := f.SetCellValue("Daten", fmt.Sprintf("B%d", i+1), v); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	o := try(b.Bytes(), "a.xlsx", xMapping, nil)
	if o.codes["sheet.several"] != "ask" || o.table.Format.Sheet != "Daten" {
		t.Errorf("%v %+v", o.all, o.table.Format)
	}
	if o = try(b.Bytes(), "a.xlsx", "table: {sheet: Daten}\n"+xMapping, nil); !o.clean() || len(o.records) != 2 {
		t.Errorf("%v", o.all)
	}
	if o = try(b.Bytes(), "a.xlsx", "table: {sheet: Fehlt}\n"+xMapping, nil); o.refused != "sheet.missing" {
		t.Errorf("%v", o.refused)
	}
}

func FuzzSheetXML(f *testing.F) {
	f.Add(headRow+dataRow, stringsPart)
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c></row><row><c><f/></c><c t="b"><v>1</v></c></row>`, stringsPart)
	f.Add(`<row r="9999999"><c r="ZZZ1" s="99"><v>1e5</v></c><c/></row>`, `<sst><si/><si><t/></si></sst>`)
	f.Add(`<![CDATA[x]]><!-- > --><?p ?><row a='>'>&#x41;&bogus;</row>`, `<!DOCTYPE x>`)
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		checkWorkbook(t, book{sheet: sheet, shared: shared}.bytes(t), "a.xlsx")
	})
}

func FuzzODS(f *testing.F) {
	f.Add(odsSheet(odsHead + odsData))
	f.Add(odsSheet(`<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>`))
	f.Add(`<table:table><table:table-row><table:table-cell office:value-type="float" office:value="1e999"/><table:covered-table-cell/></table:table-row></table:table><table:table/>`)
	f.Add(`</table:table><table:table-row/>`)
	f.Fuzz(func(t *testing.T, body string) { checkWorkbook(t, ods(t, body), "a.ods") })
}

func checkWorkbook(t *testing.T, data []byte, name string) {
	tb, err := open(data, name, table.Options{Limits: table.Limits{Rows: 5000, Unzipped: 4 << 20, Field: 1000, Columns: 50}})
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
	defer rows.Close()
	for rows.Next() {
		for i := range rows.Row().Len() {
			rows.Row().Cell(i)
		}
	}
	if refusal(rows.Err()) == "read.stopped" {
		t.Fatal(rows.Err())
	}
}

func BenchmarkXLSX20k(b *testing.B) {
	data := bigXLSX(b, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		o := try(data, "a.xlsx", "area: {column: Schlüssel}\nperiod: {column: Jahr}\ncolumns: {Einwohner: {indicator: a}}\n", nil)
		if len(o.records) != 20_000 {
			b.Fatal(o.all)
		}
	}
}
