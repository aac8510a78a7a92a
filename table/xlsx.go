// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"io"
	"path"
	"strconv"
	"strings"
)

// workbook is an XLSX file with what its sheets share in memory. Sheets are streamed. The reader is our own because the stream of the
// spreadsheet library gives formatted texts only: no types, no errors, no formulas without value, no hidden rows.
type workbook struct {
	zip      *archive
	sheets   []xlsxSheet
	date1904 bool
	strings  sharedStrings
	styles   []numberStyle
}

type xlsxSheet struct {
	name   string
	part   string
	hidden bool
}

// sharedStrings holds the texts of a workbook in one block.
type sharedStrings struct {
	text []byte
	ends []uint32
}

func (s *sharedStrings) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(s.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.text[from:s.ends[i]], true
}

type numberStyle struct {
	date, percent bool
	zeros         int // width of a format of zeros only: "00000000" shows leading zeros that the value lacks
}

func (t *Table) openXLSX(r io.ReaderAt, size int64) error {
	zip, err := openArchive(r, size, t.opts.Limits)
	if err != nil {
		return err
	}
	w := &workbook{zip: zip}
	external, err := w.readStructure()
	if err != nil {
		return err
	}
	for name := range zip.parts {
		external = external || strings.HasPrefix(name, "xl/externalLinks/")
	}
	for _, s := range w.sheets {
		t.Format.Sheets = append(t.Format.Sheets, Sheet{s.name, s.hidden})
	}
	sizes := make([]uint64, len(w.sheets))
	for i, s := range w.sheets {
		if f, ok := zip.parts[s.part]; ok {
			sizes[i] = f.UncompressedSize64
		}
	}
	i, err := t.chooseSheet(sizes)
	if err != nil {
		return err
	}
	if external {
		t.note(found("xlsx.external"))
	}
	if err := w.readStrings(); err != nil {
		return err
	}
	if err := w.readStyles(); err != nil {
		return err
	}
	sheet := w.sheets[i]
	if err := t.surveyXLSX(w, sheet); err != nil {
		return err
	}
	t.open = func() (rowSource, error) { return w.rows(sheet, t.opts.Limits) }
	return nil
}

// chooseSheet takes the sheet of the options or the visible one with the most content.
func (t *Table) chooseSheet(sizes []uint64) (int, error) {
	f := &t.Format
	if len(f.Sheets) == 0 {
		return 0, refuse("xlsx.no_sheet")
	}
	var names, visible, hidden []string
	best := -1
	for i, s := range f.Sheets {
		names = append(names, s.Name)
		if s.Hidden {
			hidden = append(hidden, s.Name)
			continue
		}
		visible = append(visible, s.Name)
		if best < 0 || sizes[i] > sizes[best] {
			best = i
		}
	}
	if want := t.opts.Sheet; want != "" {
		best = -1
		for i, n := range names {
			if n == want || best < 0 && strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(want)) {
				best = i
				if n == want {
					break
				}
			}
		}
		if best < 0 {
			return 0, refuse("sheet.missing", "name", want, "sheets", strings.Join(names, ", "))
		}
	}
	if best < 0 {
		best = 0
	}
	f.Sheet = names[best]
	if t.opts.Sheet == "" && len(visible) > 1 {
		t.note(found("sheet.several", "count", strconv.Itoa(len(names)), "sheets", strings.Join(names, ", "), "name", f.Sheet, "answer", "sheet"))
	}
	if f.Sheets[best].Hidden {
		t.note(found("sheet.hidden", "answer", "sheet"))
	} else if len(hidden) > 0 {
		t.note(found("sheet.hidden_others", "sheets", strings.Join(hidden, ", ")))
	}
	return best, nil
}

const smallPart = 32 << 20

// readStructure reads the list of sheets and where they lie.
func (w *workbook) readStructure() (external bool, err error) {
	targets := map[string]string{}
	if w.zip.has("xl/_rels/workbook.xml.rels") {
		err = w.zip.walk("xl/_rels/workbook.xml.rels", smallPart, func(x *xmlReader) error {
			if !x.is("Relationship") {
				return nil
			}
			if x.attrText("TargetMode") == "External" || strings.HasSuffix(x.attrText("Type"), "/externalLink") {
				external = true
				return nil
			}
			t := x.attrText("Target")
			if strings.HasPrefix(t, "/") {
				t = strings.TrimPrefix(path.Clean(t), "/")
			} else {
				t = path.Join("xl", t)
			}
			targets[x.attrText("Id")] = t
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	err = w.zip.walk("xl/workbook.xml", smallPart, func(x *xmlReader) error {
		switch {
		case x.is("workbookPr"):
			w.date1904 = truthy(x.attr("date1904"))
		case x.is("sheet") && len(w.sheets) < 10_000:
			state := x.attrText("state")
			part := targets[x.attrText("id")]
			if part == "" {
				part = "xl/worksheets/sheet" + strconv.Itoa(len(w.sheets)+1) + ".xml"
			}
			w.sheets = append(w.sheets, xlsxSheet{name: label(x.attrText("name")), part: part, hidden: state == "hidden" || state == "veryHidden"})
		}
		return nil
	})
	return external, err
}

func (w *workbook) readStrings() error {
	if !w.zip.has("xl/sharedStrings.xml") {
		return nil
	}
	s := &w.strings
	limit := int(w.zip.limits.Strings)
	in, phonetic := false, 0
	return w.zip.walk("xl/sharedStrings.xml", 4*w.zip.limits.Strings, func(x *xmlReader) error {
		switch x.kind {
		case xmlStart:
			switch string(x.name) {
			case "t":
				in = !x.closed
			case "rPh": // reading aid of East Asian texts, no part of the text
				if !x.closed {
					phonetic++
				}
			case "si":
				if x.closed {
					s.ends = append(s.ends, uint32(len(s.text)))
				}
			}
		case xmlEnd:
			switch string(x.name) {
			case "t":
				in = false
			case "rPh":
				phonetic = max(0, phonetic-1)
			case "si":
				s.ends = append(s.ends, uint32(len(s.text)))
			}
		case xmlText:
			if in && phonetic == 0 {
				s.text = append(s.text, x.text...)
				if len(s.text)+4*len(s.ends) > limit {
					return refuse("zip.bomb", "limit", strconv.Itoa(limit))
				}
			}
		}
		return nil
	})
}

func (w *workbook) readStyles() error {
	if !w.zip.has("xl/styles.xml") {
		return nil
	}
	codes := map[int]string{}
	cells := false
	return w.zip.walk("xl/styles.xml", smallPart, func(x *xmlReader) error {
		switch {
		case x.is("numFmt") && len(codes) < 10_000:
			codes[x.attrInt("numFmtId", -1)] = x.attrText("formatCode")
		case x.is("cellXfs"):
			cells = !x.closed
		case x.ends("cellXfs"):
			cells = false
		case cells && x.is("xf") && len(w.styles) < 200_000:
			id := x.attrInt("numFmtId", 0)
			w.styles = append(w.styles, styleOf(id, codes[id]))
		}
		return nil
	})
}

// styleOf reads a number format. The numbers of built-in formats are those of ECMA-376 part 1, 18.8.30.
func styleOf(id int, code string) numberStyle {
	if code == "" {
		return numberStyle{date: id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58, percent: id == 9 || id == 10}
	}
	plain := make([]byte, 0, len(code))
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			if j := strings.IndexByte(code[i+1:], '"'); j >= 0 {
				i += j + 1
			}
		case '[':
			if j := strings.IndexByte(code[i:], ']'); j >= 0 {
				i += j
			}
		case '\\', '_', '*':
			i++
		default:
			plain = append(plain, code[i])
		}
	}
	first, _, _ := strings.Cut(strings.ToLower(string(plain)), ";")
	s := numberStyle{percent: strings.Contains(first, "%")}
	if strings.Trim(first, "0") == "" && len(first) > 1 {
		s.zeros = len(first)
	}
	if first != "general" && first != "standard" && !strings.ContainsAny(first, "0#?") {
		s.date = strings.ContainsAny(first, "ydj") || strings.Contains(first, "mm")
	}
	return s
}

// surveyXLSX passes once over a sheet for what a stream of rows cannot show in time: merged cells stand behind the rows.
func (t *Table) surveyXLSX(w *workbook, s xlsxSheet) error {
	var hiddenCols []string
	hiddenRow := 0
	line := 0
	err := w.zip.walk(s.part, w.zip.limits.Unzipped, func(x *xmlReader) error {
		if x.kind != xmlStart || len(x.name) < 3 {
			return nil
		}
		switch string(x.name) {
		case "row":
			line = x.attrInt("r", line+1)
			if hiddenRow == 0 && truthy(x.attr("hidden")) {
				hiddenRow = line
			}
		case "col":
			if truthy(x.attr("hidden")) && len(hiddenCols) < 50 {
				from, to := x.attrInt("min", 1), x.attrInt("max", 1)
				name := Letter(max(from, 1) - 1)
				if to > from {
					name += "-" + Letter(to-1)
				}
				hiddenCols = append(hiddenCols, name)
			}
		case "mergeCell":
			if m, ok := parseSpan(string(x.attr("ref"))); ok && len(t.merged) < 50_000 {
				t.merged = append(t.merged, m)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.noteHidden(hiddenRow, hiddenCols)
	return nil
}

func (t *Table) noteHidden(row int, cols []string) {
	if row > 0 {
		t.note(found("sheet.hidden_rows", "first", strconv.Itoa(row), "answer", "confirm"))
	}
	if len(cols) > 0 {
		t.note(found("sheet.hidden_columns", "columns", strings.Join(cols, ", "), "answer", "confirm"))
	}
}

func parseSpan(ref string) (span, bool) {
	a, b, ok := strings.Cut(ref, ":")
	if !ok {
		return span{}, false
	}
	c1, r1 := cellRef([]byte(a))
	c2, r2 := cellRef([]byte(b))
	if c1 < 0 || c2 < c1 || r1 < 1 || r2 < r1 {
		return span{}, false
	}
	return span{row: r1, col: c1, rows: r2 - r1 + 1, cols: c2 - c1 + 1}, true
}

// cellRef reads "B12" as column 1 and row 12; the column is -1 if it is none.
func cellRef(b []byte) (col, row int) {
	i := 0
	for i < len(b) && b[i] >= 'A' && b[i] <= 'Z' && i < 4 {
		col = col*26 + int(b[i]-'A') + 1
		i++
	}
	if i == 0 || i > 3 || len(b)-i > 7 {
		return -1, 0
	}
	for _, c := range b[i:] {
		if c < '0' || c > '9' {
			return -1, 0
		}
		row = row*10 + int(c-'0')
	}
	return col - 1, row
}
