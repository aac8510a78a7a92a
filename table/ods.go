// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// Runs of equal cells longer than this are filler of the spreadsheet program, not data.
const maxRun = 1000

func (t *Table) openODS(r io.ReaderAt, size int64) error {
	zip, err := openArchive(r, size, t.opts.Limits)
	if err != nil {
		return err
	}
	sizes, err := t.surveyNames(zip)
	if err != nil {
		return err
	}
	i, err := t.chooseSheet(sizes)
	if err != nil {
		return err
	}
	open := func() (*odsRows, error) {
		in, err := zip.open("content.xml", t.opts.Limits.Unzipped)
		if err != nil {
			return nil, err
		}
		return &odsRows{limits: t.opts.Limits, in: in, x: newXMLReader(in), want: i, at: -1, name: t.Format.Sheet}, nil
	}
	if err := t.surveyODS(open); err != nil {
		return err
	}
	t.open = func() (rowSource, error) { return open() }
	return nil
}

// surveyNames lists the sheets, which are hidden and how many cells they have.
func (t *Table) surveyNames(zip *archive) ([]uint64, error) {
	hiddenStyle := map[string]bool{}
	style := ""
	depth := 0
	var sizes []uint64
	err := zip.walk("content.xml", t.opts.Limits.Unzipped, func(x *xmlReader) error {
		switch {
		case x.is("style"):
			style = x.attrText("style:name")
		case x.is("table-properties"):
			if string(x.attr("table:display")) == "false" {
				hiddenStyle[style] = true
			}
		case x.is("table"):
			if !x.closed {
				depth++
			}
			if depth <= 1 && len(t.Format.Sheets) < 10_000 {
				t.Format.Sheets = append(t.Format.Sheets, Sheet{label(x.attrText("table:name")), hiddenStyle[x.attrText("table:style-name")]})
				sizes = append(sizes, 0)
			}
		case x.ends("table"):
			depth--
		case x.is("p") && len(sizes) > 0:
			sizes[len(sizes)-1]++
		}
		return nil
	})
	return sizes, err
}

// surveyODS passes once over the sheet for merged and hidden cells and runs that are not expanded.
func (t *Table) surveyODS(open func() (*odsRows, error)) error {
	rows, err := open()
	if err != nil {
		return err
	}
	defer rows.shut()
	rows.survey = true
	for rows.next() {
		t.merged = append(t.merged, rows.spans...)
		rows.spans = rows.spans[:0]
		if len(t.merged) > 50_000 {
			break
		}
	}
	if rows.err != nil {
		return rows.err
	}
	if rows.shortened {
		t.note(found("ods.repeated"))
	}
	t.noteHidden(rows.hiddenRow, rows.hiddenCols)
	return nil
}

// odsRows streams one sheet of an OpenDocument file. Repeated blank rows are stepped over and repeated cells are stored once where they
// only fill the sheet, so that a claim of 16384 × 1048576 cells costs nothing.
type odsRows struct {
	limits Limits
	in     io.ReadCloser
	x      *xmlReader
	want   int // index of the sheet
	at     int
	name   string
	line   int
	after  int // rows that follow the current one and are equal to it
	step   int // lines the current row stands for
	cells  []Cell
	arena  []byte
	err    error
	cols   int // columns counted from table-column elements

	survey     bool
	spans      []span
	shortened  bool
	hiddenRow  int
	hiddenCols []string
}

func (r *odsRows) row() (int, []Cell, string) { return r.line, r.cells, "" }
func (r *odsRows) failure() error             { return r.err }
func (r *odsRows) shut()                      { _ = r.in.Close() }

func (r *odsRows) next() bool {
	if r.after > 0 {
		r.after--
		r.line++
		return true
	}
	r.line += r.step
	r.step = 0
	x := r.x
	for r.err == nil && x.next() {
		switch {
		case x.is("table"):
			r.at++
		case x.ends("table"):
			if r.at == r.want {
				return false
			}
		case r.at != r.want:
		case x.is("table-column"):
			n := x.attrInt("table:number-columns-repeated", 1)
			if v := string(x.attr("table:visibility")); (v == "collapse" || v == "filter") && len(r.hiddenCols) < 50 {
				name := Letter(min(r.cols, 16383))
				if n > 1 {
					name += "-" + Letter(min(r.cols+n-1, 16383))
				}
				r.hiddenCols = append(r.hiddenCols, name)
			}
			r.cols = min(r.cols+n, 1<<20)
		case x.is("table-row"):
			return r.readRow()
		}
	}
	if r.err == nil {
		r.err = x.refusal()
	}
	return false
}

func (r *odsRows) readRow() bool {
	x := r.x
	repeat := max(1, x.attrInt("table:number-rows-repeated", 1))
	hidden := false
	if v := string(x.attr("table:visibility")); v == "collapse" || v == "filter" {
		hidden = true
	}
	r.cells, r.arena = r.cells[:0], r.arena[:0]
	r.line++
	if !x.closed && !r.readCells() {
		return false
	}
	blank := blankRow(r.cells)
	switch {
	case blank:
		r.step = repeat - 1
	case repeat > maxRun:
		r.shortened = true
		r.step = repeat - 1
	default:
		r.after = repeat - 1
	}
	if hidden && !blank && r.hiddenRow == 0 {
		r.hiddenRow = r.line
	}
	if r.survey {
		r.line += r.after
		r.after = 0
	}
	return true
}

func (r *odsRows) readCells() bool {
	x := r.x
	col := 0
	for x.next() {
		if x.kind == xmlEnd && string(x.name) == "table-row" {
			return true
		}
		if x.kind != xmlStart || (string(x.name) != "table-cell" && string(x.name) != "covered-table-cell") {
			continue
		}
		repeat := max(1, x.attrInt("table:number-columns-repeated", 1))
		if n := x.attrInt("table:number-columns-spanned", 1); r.survey && n > 1 {
			r.spans = append(r.spans, span{row: r.line, col: col, rows: x.attrInt("table:number-rows-spanned", 1), cols: n})
		}
		c, ok := r.cell()
		if !ok {
			return false
		}
		if c.Kind == CellText && len(c.Text) == 0 {
			col += repeat
			continue
		}
		if repeat > maxRun {
			r.shortened = true
			repeat = 1
		}
		if col+repeat > r.limits.Columns {
			r.err = r.refuseAt("csv.too_many_columns", "columns", strconv.Itoa(col+repeat), "limit", strconv.Itoa(r.limits.Columns))
			return false
		}
		for len(r.cells) < col {
			r.cells = append(r.cells, Cell{})
		}
		for range repeat {
			r.cells = append(r.cells, c)
		}
		col += repeat
	}
	if r.err = x.refusal(); r.err == nil {
		r.err = refuse("xlsx.damaged", "reason", "the sheet ends within a row")
	}
	return false
}

func (r *odsRows) refuseAt(code string, kv ...string) error {
	e := refuse(code, kv...)
	e.Finding.Sheet, e.Finding.Line = r.name, r.line
	return e
}

// cell reads one cell, whose start tag is the current token.
func (r *odsRows) cell() (Cell, bool) {
	x := r.x
	kind := string(x.attr("office:value-type"))
	if string(x.attr("calcext:value-type")) == "error" {
		kind = "error"
	}
	formula := x.attr("table:formula") != nil
	from := len(r.arena)
	value := ""
	switch kind {
	case "float", "currency", "percentage":
		value = string(x.attr("office:value"))
	case "date":
		value = string(x.attr("office:date-value"))
	case "boolean":
		value = string(x.attr("office:boolean-value"))
	case "string":
		value = x.attrText("office:string-value")
	}
	if !x.closed && !r.cellText(from) {
		return Cell{}, false
	}
	text := r.arena[from:len(r.arena):len(r.arena)]
	if !utf8.Valid(text) {
		text = []byte("\uFFFD")
	}
	c := Cell{Text: text}
	switch kind {
	case "float", "currency", "percentage":
		n := ParseNumber([]byte(value), Convention{Decimal: '.'})
		if !n.Valued() {
			break
		}
		c.Kind, c.Number = CellNumber, n.Value
		shown := c.Text
		c.Text = strconv.AppendFloat(nil, n.Value, 'f', -1, 64)
		if kind == "percentage" {
			c.Kind, c.Number = CellPercent, percentOf([]byte(value), n.Value)
			c.Text = strconv.AppendFloat(nil, c.Number, 'f', -1, 64)
		} else if len(shown) > len(c.Text) && shown[0] == '0' && allDigits(shown) && atoi(string(shown)) == int(n.Value) {
			c.Text = shown // shown with leading zeros
		}
	case "date":
		c.Kind, c.Text = CellDate, []byte(value)
	case "boolean":
		c.Kind, c.Text = CellBool, []byte("0")
		if value == "true" {
			c.Text = []byte("1")
		}
	case "error":
		c.Kind = CellError
	case "string":
		if value != "" {
			c.Text = []byte(value)
		}
	case "":
		if formula && len(c.Text) == 0 {
			c.Kind = CellFormula
		}
	}
	return c, true
}

// cellText collects the paragraphs of a cell; comments are left out.
func (r *odsRows) cellText(from int) bool {
	x := r.x
	depth, paragraph, comment := 1, 0, 0
	for x.next() {
		switch x.kind {
		case xmlStart:
			switch string(x.name) {
			case "p":
				if comment == 0 && len(r.arena) > from {
					r.arena = append(r.arena, '\n')
				}
				if !x.closed {
					paragraph++
				}
			case "annotation":
				if !x.closed {
					comment++
				}
			case "s":
				for range min(x.attrInt("text:c", 1), 100) {
					r.arena = append(r.arena, ' ')
				}
			case "tab", "line-break":
				r.arena = append(r.arena, ' ')
			case "table-cell", "covered-table-cell": // of a table inside the cell
				if !x.closed {
					depth++
				}
			}
		case xmlText:
			if paragraph > 0 && comment == 0 {
				r.arena = append(r.arena, x.text...)
				if len(r.arena)-from > r.limits.Field {
					r.err = r.refuseAt("csv.field_too_long", "limit", strconv.Itoa(r.limits.Field))
					return false
				}
			}
		case xmlEnd:
			switch string(x.name) {
			case "p":
				paragraph--
			case "annotation":
				comment--
			case "table-cell", "covered-table-cell":
				if depth--; depth == 0 {
					return true
				}
			}
		}
	}
	if r.err = x.refusal(); r.err == nil {
		r.err = refuse("xlsx.damaged", "reason", "the sheet ends within a cell")
	}
	return false
}
