// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"strconv"
)

// RowView is one data row, valid until the next call of Rows.Next.
type RowView struct {
	Line   int // line of the file or row of the sheet, from 1
	Number int // record below the header, from 1
	Fault  string
	fields int
	cells  []Cell
}

// Cell returns the cell of column i; beyond the end of the row it is empty.
func (r *RowView) Cell(i int) Cell {
	if i < len(r.cells) {
		return r.cells[i]
	}
	return Cell{}
}

// Len is the number of cells in the row as the file has it.
func (r *RowView) Len() int { return len(r.cells) }

// Rows streams the data rows of a table: title lines, header, blank rows and footer are left out. A row that is broken as a row (wrong
// number of fields, wrong encoding) comes with its Fault, the code of the finding.
type Rows struct {
	t         *Table
	src       rowSource
	view      RowView
	err       error
	width     int
	prevBlank bool
	lastLine  int
	footer    *Finding
	after     *Finding
	done      bool
	Blank     int // blank rows skipped so far
}

// Rows begins reading from the first data row.
func (t *Table) Rows() (rows *Rows, err error) {
	defer recovered(&err)
	src, err := t.open()
	if err != nil {
		return nil, err
	}
	return &Rows{t: t, src: src, width: len(t.Columns)}, nil
}

// Row returns the current row.
func (r *Rows) Row() *RowView { return &r.view }

// Err is the error that ended reading early, a *Refusal, or nil.
func (r *Rows) Err() error { return r.err }

// Close releases what reading holds.
func (r *Rows) Close() {
	if r.src != nil {
		r.src.shut()
	}
}

// Footer returns what was found about the end of the table: where the text below it begins, and whether data seem to follow.
func (r *Rows) Footer() []Finding {
	var out []Finding
	if r.footer != nil {
		out = append(out, *r.footer)
	}
	if r.after != nil {
		out = append(out, *r.after)
	}
	return out
}

// Next advances to the next data row; false at the end or on an error.
func (r *Rows) Next() bool {
	if r.done {
		return false
	}
	if !r.advance() {
		r.done = true
		return false
	}
	return true
}

func (r *Rows) advance() (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			r.err, ok = refuse("read.stopped", "reason", "internal error while reading the file"), false
		}
	}()
	o := &r.t.opts
	for r.src.next() {
		line, cells, fault := r.src.row()
		if line < r.t.Format.FirstRow {
			continue
		}
		if o.LastRow > 0 && line > o.LastRow {
			return false
		}
		if len(cells) == 0 || (cells[0].Empty() && blankRow(cells)) {
			r.prevBlank = true
			r.Blank++
			continue
		}
		if r.lastLine > 0 && line > r.lastLine+1 && r.t.Format.Kind != CSV {
			r.prevBlank = true // workbooks leave blank rows out
		}
		r.lastLine = line
		if r.ends(line, cells) {
			return false
		}
		r.prevBlank = false
		if r.view.Number >= o.Limits.Rows {
			r.err = refuse("file.too_many_rows", "limit", strconv.Itoa(o.Limits.Rows))
			return false
		}
		r.view.Line, r.view.cells, r.view.fields = line, cells, len(cells)
		r.view.Number++
		if fault == "" && len(cells) != r.width && r.t.Format.Kind == CSV {
			switch {
			case len(cells) < r.width:
				fault = "csv.too_few_fields"
				if r.otherDelimiter(cells) != 0 {
					fault = "csv.delimiter_changes"
				}
			case !blankRow(cells[r.width:]):
				fault = "csv.too_many_fields"
			}
		}
		r.view.Fault = fault
		return true
	}
	if r.err == nil {
		r.err = r.src.failure()
	}
	return false
}

// otherDelimiter finds a separator that would give a short row its fields.
func (r *Rows) otherDelimiter(cells []Cell) byte {
	if len(cells) != 1 {
		return 0
	}
	for _, d := range []byte(";,\t|") {
		if rune(d) != r.t.Format.Delimiter && bytes.Count(cells[0].Text, []byte{d})+1 >= r.width {
			return d
		}
	}
	return 0
}

func blankRow(cells []Cell) bool {
	for i := range cells {
		if !cells[i].Empty() {
			return false
		}
	}
	return true
}

// ends reports whether the table ends before this row: at a line of underscores (GENESIS), at the pattern of the mapping, or where only
// the first cell is filled and the row follows a blank one or reads like a footnote.
func (r *Rows) ends(line int, cells []Cell) bool {
	o := &r.t.opts
	code := ""
	first := cells[0].Text
	switch {
	case len(first) > 0 && first[0] == '_' && underscores(first):
		code = "layout.footer_taken"
	case o.Footer != nil:
		for _, c := range cells {
			if len(c.Text) > 0 && o.Footer.Match(trim(c.Text)) {
				code = "layout.footer_taken"
				first = c.Text
				break
			}
		}
	case o.LastRow == 0 && r.width > 1 && (len(cells) == 1 || len(cells[1].Text) == 0) && !cells[0].Empty() && blankRow(cells[1:]):
		if r.prevBlank || looksFootnote(trim(first)) {
			code = "layout.footer"
		}
	}
	if code == "" {
		return false
	}
	f := found(code, "text", string(trim(first)), "answer", "footer")
	f.Line = line
	if f.Outcome == Ask && (o.confirmed(code) || r.t.Format.Genesis) {
		f.Outcome = Warn
	}
	r.footer = &f
	if code == "layout.footer" {
		r.lookBeyond()
	}
	return true
}

// lookBeyond searches the text below a table for another row of data: then the end was not the end.
func (r *Rows) lookBeyond() {
	for r.src.next() {
		line, cells, _ := r.src.row()
		filled := 0
		for i := range cells {
			if !cells[i].Empty() {
				filled++
			}
		}
		if filled > 1 && filled*2 > r.width {
			f := found("layout.data_after_footer", "answer", "footer")
			f.Line = line
			r.after = &f
			return
		}
	}
	// Unbalanced quotation marks in free text below the table do no harm.
}
