// SPDX-License-Identifier: EUPL-1.2

// Package write makes the tables that people take away: CSV and XLSX that open safely in any spreadsheet program.
//
// To a municipality it is the way out for figures. Two promises: a text never becomes a formula on the reader's computer, and the same
// content gives the same bytes, so that a file can be compared, signed and cached.
package write

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Cell is one cell of a row. Exactly one of the constructors makes it.
type Cell struct {
	kind   kind
	text   string
	number float64
	digits int
}

type kind uint8

const (
	blank kind = iota
	textual
	numeric
)

// Text is a cell of text; it is made harmless when written.
func Text(s string) Cell { return Cell{kind: textual, text: s} }

// Number is a typed number; NaN and infinities are written as blank cells.
func Number(v float64) Cell { return Cell{kind: numeric, number: v, digits: -1} }

// Fixed is a number shown with a fixed count of decimals.
func Fixed(v float64, decimals int) Cell {
	return Cell{kind: numeric, number: v, digits: min(max(decimals, 0), 15)}
}

// Int is a whole number.
func Int(v int64) Cell { return Cell{kind: numeric, number: float64(v), digits: 0} }

// Blank is an empty cell.
func Blank() Cell { return Cell{} }

// Sheet is one table with its words.
type Sheet struct {
	Name    string   // of the sheet; CSV does not show it
	Title   []string // lines above the table
	Columns []string // titles of the columns
	Rows    [][]Cell
	Notes   []string // lines below the table
}

// Neutral makes a text harmless for spreadsheet programs: one that would be read as a formula gets an apostrophe in front (CWE-1236).
// The bare signs -, + and +/- of statistical tables are no formulas and stay as they are.
func Neutral(s string) string {
	switch s {
	case "", "-", "+", "+/-":
		return s
	}
	switch r := []rune(s)[0]; r {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0, '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}

// CSVOptions steer how CSV is written. The zero value is comma-separated UTF-8 with a point as decimal sign and LF line ends.
type CSVOptions struct {
	BOM          bool // byte-order mark, by which Excel recognises UTF-8
	Semicolon    bool // as German spreadsheet programs expect
	DecimalComma bool
	CRLF         bool
	Words        bool // title and note lines too; without them the file is the bare table
}

// CSV writes one sheet.
func CSV(w io.Writer, s Sheet, o CSVOptions) error {
	b := bufio.NewWriter(w)
	delim, end := ",", "\n"
	if o.Semicolon {
		delim = ";"
	}
	if o.CRLF {
		end = "\r\n"
	}
	if o.BOM {
		b.WriteString("\ufeff")
	}
	line := func(fields []string) {
		for i, f := range fields {
			if i > 0 {
				b.WriteString(delim)
			}
			b.WriteString(quote(f, delim))
		}
		b.WriteString(end)
	}
	if o.Words {
		for _, t := range s.Title {
			line([]string{Neutral(t)})
		}
		if len(s.Title) > 0 {
			b.WriteString(end)
		}
	}
	head := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		head[i] = Neutral(c)
	}
	line(head)
	for _, r := range s.Rows {
		fields := make([]string, len(r))
		for i, c := range r {
			fields[i] = c.csv(o.DecimalComma)
		}
		line(fields)
	}
	if o.Words && len(s.Notes) > 0 {
		b.WriteString(end)
		for _, n := range s.Notes {
			line([]string{Neutral(n)})
		}
	}
	return b.Flush()
}

func (c Cell) csv(comma bool) string {
	switch {
	case c.kind == textual:
		return Neutral(c.text)
	case c.kind == blank || math.IsNaN(c.number) || math.IsInf(c.number, 0):
		return ""
	}
	s := strconv.FormatFloat(c.number, 'f', c.digits, 64)
	if comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func quote(s, delim string) string {
	if !strings.ContainsAny(s, "\"\r\n"+delim) && s == strings.TrimSpace(s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// sheetName makes a name that spreadsheet programs accept: at most 31 characters, none of []:*?/\, not twice.
func sheetName(name string, taken map[string]bool) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name), "' ")
	if name == "" {
		name = "Tabelle"
	}
	cut := func(n int) string {
		r := []rune(name)
		return string(r[:min(len(r), n)])
	}
	out := cut(31)
	for i := 2; taken[strings.ToLower(out)]; i++ {
		tail := fmt.Sprintf(" (%d)", i)
		out = cut(31-len(tail)) + tail
	}
	taken[strings.ToLower(out)] = true
	return out
}
