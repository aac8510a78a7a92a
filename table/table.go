// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Kind is the sort of a file.
type Kind string

// The kinds that can be read.
const (
	CSV  Kind = "csv"
	XLSX Kind = "xlsx"
	ODS  Kind = "ods"
)

// Sheet is one sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool
}

// Format is what was found out about a file.
type Format struct {
	Kind      Kind
	Encoding  string  // of CSV
	Delimiter rune    // of CSV
	LineEnd   string  // of CSV: "LF", "CRLF", "CR" or "mixed"
	SepLine   bool    // the file begins with sep=
	Requoted  bool    // a spreadsheet had quoted each line; undone
	Sheets    []Sheet // of a workbook
	Sheet     string  // the one that was read

	Titles     []string // lines above the table
	HeaderRow  int      // line of the first header row, from 1; 0 if there is none
	HeaderRows int
	FirstRow   int // line of the first data row
	FooterRow  int // line where the text below the table begins; 0 if none was seen in the first rows
	Genesis    bool
}

// Column is a column of the table.
type Column struct {
	Index  int
	Letter string
	Name   string   // header rows joined with " | "
	Parts  []string // the header rows one by one, without blanks
}

// CellKind says what a spreadsheet knows about a cell; everything in CSV is text.
type CellKind uint8

// The kinds of cells.
const (
	CellText    CellKind = iota
	CellNumber           // Number holds the value, Text its digits
	CellPercent          // a number formatted as percent; Number is the value as shown, 31.4 for 0.314
	CellDate             // Text is YYYY-MM-DD
	CellBool             // Text is "1" or "0"
	CellError            // Text is the error, such as #REF!
	CellFormula          // a formula without stored value; Text is empty
	CellBadDate          // a date number that is no day; Text is the number
)

// Cell is a view of one cell, valid until the next row is read.
type Cell struct {
	Text   []byte
	Number float64
	Kind   CellKind
	Quoted bool
}

// Empty reports whether the cell holds nothing but white space.
func (c Cell) Empty() bool {
	return (len(c.Text) == 0 || len(trim(c.Text)) == 0) && c.Kind != CellFormula
}

// Table is an opened file. It does not change; any number of Rows may read it, one after the other or at the same time.
type Table struct {
	Format   Format
	Columns  []Column
	Findings []Finding

	opts     Options
	sample   []sampleRow
	layout   layout
	open     func() (rowSource, error)
	close    func() error
	merged   []span // of a workbook
	complete bool   // the sample holds the whole file
}

// rowSource yields the rows of a file or sheet, blank ones included where the format stores them.
type rowSource interface {
	next() bool
	row() (line int, cells []Cell, fault string)
	failure() error
	shut()
}

func (s *scanner) row() (int, []Cell, string) { return s.line, s.cells, s.fault }
func (s *scanner) failure() error             { return s.err }
func (s *scanner) shut()                      {}

const sampleRows = 400

// Detect finds out what a file is and how its table lies in it. The error is a *Refusal when the file cannot be used at all.
func Detect(r io.ReaderAt, size int64, name string, o Options) (Format, []Finding, error) {
	t, err := Open(r, size, name, o)
	if err != nil {
		return Format{}, nil, err
	}
	return t.Format, t.Findings, t.Close()
}

// Open reads the layout of a file; name gives its ending. r must stay usable until Close. An error is a *Refusal: a finding that concerns
// the whole file.
func Open(r io.ReaderAt, size int64, name string, o Options) (t *Table, err error) {
	defer recovered(&err)
	o.Limits = o.Limits.withDefaults()
	kind, err := sniff(r, size, name, o.Limits)
	if err != nil {
		return nil, err
	}
	t = &Table{opts: o, close: func() error { return nil }}
	t.Format.Kind = kind
	switch kind {
	case XLSX:
		err = t.openXLSX(r, size)
	case ODS:
		err = t.openODS(r, size)
	default:
		err = t.openCSV(r, size)
	}
	if err == nil {
		err = t.arrange()
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// OpenFile opens a file by its path.
func OpenFile(path string, o Options) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	t, err := Open(f, st.Size(), filepath.Base(path), o)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	t.close = f.Close
	return t, nil
}

// Close releases the file when it was opened by OpenFile.
func (t *Table) Close() error { return t.close() }

// recovered turns a panic of a parser into a refusal: a damaged file must never end the program.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = refuse("read.stopped", "reason", "internal error while reading the file")
	}
}

func (t *Table) note(f Finding) {
	if f.Outcome == Ask && t.opts.confirmed(f.Code) {
		f.Outcome = Warn
	}
	if t.Format.Kind != CSV && f.Sheet == "" {
		f.Sheet = t.Format.Sheet
	}
	t.Findings = append(t.Findings, f)
}

// arrange reads the sample and finds titles, header and first data row.
func (t *Table) arrange() error {
	if err := t.readSample(); err != nil {
		return err
	}
	l, ok := findLayout(t.sample, t.opts, t.Format.Kind)
	if !ok {
		return refuse("file.no_header")
	}
	l = l.named(t.sample, t.merged, t.opts)
	if l.first >= len(t.sample) && t.complete {
		return refuse("file.no_rows")
	}
	t.layout = l
	f := &t.Format
	f.HeaderRows = l.headerRows
	if l.headerRows > 0 {
		f.HeaderRow = t.sample[l.header].line
	}
	if l.first < len(t.sample) {
		f.FirstRow = t.sample[l.first].line
	}
	for _, r := range t.sample[:l.header] {
		for _, c := range r.cells {
			if c.is != isBlank {
				f.Titles = append(f.Titles, label(c.text))
				break
			}
		}
	}
	if len(f.Titles) > 0 && strings.HasPrefix(f.Titles[0], "GENESIS-Tabelle") {
		f.Genesis = true
		t.note(found("layout.genesis", "title", f.Titles[min(1, len(f.Titles)-1)]))
	}
	t.Columns = columnsOf(t.sample, l, t.merged)
	if len(t.Columns) > t.opts.Limits.Columns {
		return refuse("csv.too_many_columns", "columns", strconv.Itoa(len(t.Columns)), "limit", strconv.Itoa(t.opts.Limits.Columns))
	}
	t.layoutFindings()
	if err := t.guardPersons(); err != nil {
		return err
	}
	return t.findFooter()
}

// findFooter notes where the text below the table begins when the sample holds the whole file; in longer files reading finds it.
func (t *Table) findFooter() error {
	if !t.complete {
		return nil
	}
	rows, err := t.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	if rows.footer != nil {
		t.Format.FooterRow = rows.footer.Line
	}
	return rows.Err()
}

func (t *Table) readSample() (err error) {
	defer recovered(&err)
	src, err := t.open()
	if err != nil {
		return err
	}
	defer src.shut()
	size := 0
	for len(t.sample) < sampleRows || (t.opts.FirstRow > 0 && len(t.sample) < t.opts.FirstRow+sampleRows/2 && size < 8<<20) {
		if !src.next() {
			t.complete = true
			break
		}
		line, cells, _ := src.row()
		r := sampleRow{line: line, cells: make([]sampleCell, len(cells))}
		for i, c := range cells {
			text := string(c.Text)
			if len(text) > 2000 {
				text = clip(text)
			}
			size += len(text)
			r.cells[i] = sampleCell{text: text, kind: c.Kind, is: classify(text, c.Kind)}
		}
		t.sample = append(t.sample, r)
		if size > 16<<20 {
			break
		}
	}
	if err := src.failure(); err != nil {
		return err
	}
	if len(t.sample) == 0 {
		return refuse("file.empty")
	}
	return nil
}

// layoutFindings says what was found beside a plain header in the first line. Questions that the options answer are not asked.
func (t *Table) layoutFindings() {
	f, o := t.Format, t.opts
	settle := func(x Finding, settled bool) {
		if settled && x.Outcome == Ask {
			x.Outcome = Accept
		}
		t.note(x)
	}
	given := o.HeaderRows > 0 || o.FirstRow > 0 || f.Genesis
	if len(f.Titles) > 0 && f.HeaderRows > 0 && !f.Genesis {
		x := found("layout.title_lines", "lines", strconv.Itoa(len(f.Titles)), "header", strconv.Itoa(f.HeaderRow), "answer", "header_rows")
		settle(x, given)
	}
	if f.HeaderRows == 0 {
		settle(found("layout.no_header_match", "answer", "header_rows"), o.FirstRow > 0)
	}
	if f.HeaderRows > 1 {
		settle(found("layout.header_rows", "rows", strconv.Itoa(f.HeaderRows), "answer", "header_rows"), o.HeaderRows > 0 || f.Genesis)
	}
	var names []string
	headerEnd := f.HeaderRow + f.HeaderRows
	body := ""
	for _, m := range t.merged {
		switch {
		case f.HeaderRows > 0 && m.row >= f.HeaderRow && m.row < headerEnd:
			if m.cols > 1 && m.col < len(t.Columns) {
				names = append(names, t.Columns[m.col].Name)
			}
		case m.row >= f.FirstRow && body == "":
			body = Letter(m.col) + strconv.Itoa(m.row)
		}
	}
	if len(names) > 0 {
		settle(found("sheet.merged_header", "names", strings.Join(names, "; "), "answer", "header_rows"), o.HeaderRows > 0)
	}
	if body != "" {
		t.note(found("sheet.merged_body", "range", body))
	}
	if f.HeaderRows > 0 && f.Kind == CSV {
		last := t.sample[t.layout.header+t.layout.headerRows-1]
		for i := len(t.Columns); i < len(last.cells); i++ {
			x := found("column.unnamed")
			x.Column = Letter(i)
			t.note(x)
		}
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		switch {
		case c.Name == "" && f.HeaderRows > 0:
			x := found("column.unnamed")
			x.Column = c.Letter
			t.note(x)
		case c.Name != "" && seen[c.Name]:
			x := found("column.duplicate", "name", c.Name, "answer", "columns")
			x.Column = c.Letter
			t.note(x)
		}
		seen[c.Name] = true
	}
}

// Preview returns up to n data rows as text, for a person to look at.
func (t *Table) Preview(n int) ([][]string, error) {
	rows, err := t.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	for len(out) < n && rows.Next() {
		r := rows.Row()
		line := make([]string, len(t.Columns))
		for i := range line {
			line[i] = clip(string(trim(r.Cell(i).Text)))
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
