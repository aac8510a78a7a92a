// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// xlsxRows streams one sheet.
type xlsxRows struct {
	w      *workbook
	sheet  xlsxSheet
	limits Limits
	in     io.ReadCloser
	x      *xmlReader
	line   int
	cells  []Cell
	arena  []byte
	err    error
	inside bool // of <sheetData>
}

func (w *workbook) rows(s xlsxSheet, l Limits) (rowSource, error) {
	in, err := w.zip.open(s.part, l.Unzipped)
	if err != nil {
		return nil, err
	}
	return &xlsxRows{w: w, sheet: s, limits: l, in: in, x: newXMLReader(in)}, nil
}

func (r *xlsxRows) row() (int, []Cell, string) { return r.line, r.cells, "" }
func (r *xlsxRows) failure() error             { return r.err }
func (r *xlsxRows) shut()                      { _ = r.in.Close() }

func (r *xlsxRows) next() bool {
	x := r.x
	for r.err == nil && x.next() {
		switch {
		case x.is("sheetData"):
			r.inside = !x.closed
		case x.ends("sheetData"):
			return false
		case r.inside && x.is("row"):
			r.line = x.attrInt("r", r.line+1)
			r.cells, r.arena = r.cells[:0], r.arena[:0]
			if x.closed {
				return true
			}
			return r.readRow()
		}
	}
	if r.err == nil {
		r.err = x.refusal()
	}
	return false
}

func (r *xlsxRows) readRow() bool {
	x := r.x
	col := -1
	for x.next() {
		switch {
		case x.ends("row"):
			return true
		case x.is("c"):
			if c, _ := cellRef(x.attr("r")); c >= 0 {
				col = c
			} else {
				col++
			}
			typ := byte('n')
			if t := x.attr("t"); len(t) > 0 {
				typ = t[0]
				if string(t) == "str" || string(t) == "inlineStr" {
					typ = 't'
				}
			}
			style := x.attrInt("s", -1)
			if x.closed {
				continue
			}
			if !r.readCell(col, typ, style) {
				return false
			}
		}
	}
	if r.err = x.refusal(); r.err == nil {
		r.err = refuse("xlsx.damaged", "reason", "the sheet ends within a row")
	}
	return false
}

// readCell collects value, formula and inline text of one cell.
func (r *xlsxRows) readCell(col int, typ byte, style int) bool {
	x := r.x
	from := len(r.arena)
	formula, valued, take, phonetic := false, false, false, false
	for x.next() {
		switch x.kind {
		case xmlStart:
			switch string(x.name) {
			case "v":
				valued, take = true, !x.closed
			case "t":
				valued, take = true, !x.closed && !phonetic
			case "rPh":
				phonetic = !x.closed
			case "f":
				formula = true
			}
		case xmlText:
			if take {
				r.arena = append(r.arena, x.text...)
				if len(r.arena)-from > r.limits.Field {
					r.err = r.refuseAt("csv.field_too_long", "limit", strconv.Itoa(r.limits.Field))
					return false
				}
			}
		case xmlEnd:
			switch string(x.name) {
			case "v", "t":
				take = false
			case "rPh":
				phonetic = false
			case "c":
				return r.put(col, typ, style, r.arena[from:len(r.arena):len(r.arena)], formula && !valued)
			}
		}
	}
	if r.err = x.refusal(); r.err == nil {
		r.err = refuse("xlsx.damaged", "reason", "the sheet ends within a cell")
	}
	return false
}

func (r *xlsxRows) refuseAt(code string, kv ...string) error {
	e := refuse(code, kv...)
	e.Finding.Sheet, e.Finding.Line = r.sheet.name, r.line
	return e
}

// put stores a cell under its column.
func (r *xlsxRows) put(col int, typ byte, style int, raw []byte, noValue bool) bool {
	c := Cell{Text: raw}
	switch {
	case noValue:
		c.Kind, c.Text = CellFormula, nil
	case len(raw) == 0:
		return true
	case typ == 's':
		i := -1
		if n := trim(raw); allDigits(n) && len(n) < 10 {
			i = atoi(string(n))
		}
		text, ok := r.w.strings.at(i)
		if !ok {
			r.err = r.refuseAt("xlsx.shared_string", "cell", Letter(col)+strconv.Itoa(r.line), "index", string(raw))
			return false
		}
		c.Text = text
	case typ == 't':
	case typ == 'b':
		c.Kind = CellBool
	case typ == 'e':
		c.Kind = CellError
	case typ == 'd':
		c.Kind = CellDate
	default:
		var st numberStyle
		if style >= 0 && style < len(r.w.styles) {
			st = r.w.styles[style]
		}
		c = r.number(raw, st)
	}
	if !utf8.Valid(c.Text) {
		c.Text = bytes.ToValidUTF8(c.Text, []byte("\uFFFD"))
	}
	if col >= r.limits.Columns {
		r.err = r.refuseAt("csv.too_many_columns", "columns", strconv.Itoa(col+1), "limit", strconv.Itoa(r.limits.Columns))
		return false
	}
	for len(r.cells) <= col {
		r.cells = append(r.cells, Cell{})
	}
	r.cells[col] = c
	return true
}

func (r *xlsxRows) number(raw []byte, st numberStyle) Cell {
	n := ParseNumber(raw, Convention{Decimal: '.'})
	if !n.Valued() || n.Flag != FlagValue {
		return Cell{Text: raw}
	}
	c := Cell{Kind: CellNumber, Number: n.Value, Text: raw}
	switch {
	case st.date:
		return r.date(n.Value, raw)
	case st.percent:
		c.Kind, c.Number = CellPercent, percentOf(raw, n.Value)
		r.arena = strconv.AppendFloat(r.arena, c.Number, 'f', -1, 64)
		c.Text = r.arena[len(r.arena)-digits(c.Number):]
	case n.Value == math.Trunc(n.Value) && math.Abs(n.Value) < 1e15:
		from := len(r.arena)
		if st.zeros > 0 && n.Value >= 0 {
			r.arena = fmt.Appendf(r.arena, "%0*d", min(st.zeros, 40), int64(n.Value))
			c.Text = r.arena[from:]
		} else if !allDigits(raw) {
			r.arena = strconv.AppendInt(r.arena, int64(n.Value), 10)
			c.Text = r.arena[from:]
		}
	}
	return c
}

func digits(v float64) int {
	var b [400]byte
	return len(strconv.AppendFloat(b[:0], v, 'f', -1, 64))
}

// percentOf moves the decimal sign of the text, which rounds once where multiplying would round twice (0.314 → 31.4).
func percentOf(raw []byte, v float64) float64 {
	if !bytes.ContainsAny(raw, "eE") {
		if p, err := strconv.ParseFloat(string(trim(raw))+"e2", 64); err == nil {
			return p
		}
	}
	return v * 100
}

// date turns a day number into a calendar day.
func (r *xlsxRows) date(v float64, raw []byte) Cell {
	day := math.Floor(v)
	if v < 0 || v > 2958466 {
		return Cell{Kind: CellBadDate, Text: raw}
	}
	d, ok := serialDate(int(day), r.w.date1904)
	if !ok {
		return Cell{Kind: CellBadDate, Text: raw}
	}
	from := len(r.arena)
	r.arena = append(r.arena, d.String()...)
	if minutes := int(math.Round((v - day) * 24 * 60)); minutes > 0 && minutes < 24*60 {
		r.arena = fmt.Appendf(r.arena, "T%02d:%02d", minutes/60, minutes%60)
	}
	return Cell{Kind: CellDate, Text: r.arena[from:], Number: v}
}
