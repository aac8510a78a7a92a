// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// sampleRow is a row kept in memory for finding the layout.
type sampleRow struct {
	line  int
	cells []sampleCell
}

type sampleCell struct {
	text string
	kind CellKind
	is   class
}

// class says roughly what a cell holds.
type class uint8

const (
	isBlank class = iota
	isNumber
	isDate
	isText
)

func classify(text string, kind CellKind) class {
	b := trim([]byte(text))
	switch kind {
	case CellNumber, CellPercent:
		return isNumber
	case CellDate:
		return isDate
	case CellError, CellFormula:
		return isNumber // a computed cell stands where numbers stand
	}
	if len(b) == 0 {
		return isBlank
	}
	if len(b) > 40 {
		return isText
	}
	if n := ParseNumber(b, Convention{}); n.Kind != NumberText && n.Kind != NumberOutOfRange {
		return isNumber
	}
	if reDotDay.Match(b) || reISO.Match(b) {
		return isDate
	}
	return isText
}

func (r sampleRow) width() int {
	for i := len(r.cells) - 1; i >= 0; i-- {
		if r.cells[i].is != isBlank {
			return i + 1
		}
	}
	return 0
}

func (r sampleRow) filled() int {
	n := 0
	for _, c := range r.cells {
		if c.is != isBlank {
			n++
		}
	}
	return n
}

// layout holds indexes into the sample.
type layout struct {
	header, headerRows, first int
	width                     int
	numbered                  bool // the last header row only counts the columns
	types                     []class
}

const maxHeaderRows = 10

// findLayout tells title lines, header rows and data apart. The lower half of the sample shows what a data row looks like: which columns
// hold numbers or dates. The first row that fits is the first data row; rows above it that fill more than the first cell are the header;
// what stands above them is title.
func findLayout(rows []sampleRow, o Options, kind Kind) (l layout, ok bool) {
	rows = rows[:footerIndex(rows)]
	l.width = modalWidth(rows)
	if l.width == 0 {
		return l, false
	}
	l.types = columnTypes(rows, l.width)
	l.first = -1
	for i, r := range rows {
		if o.FirstRow > 0 {
			if r.line >= o.FirstRow {
				l.first = i
				break
			}
			continue
		}
		if headerOfYears(r, rows[i+1:]) || countsColumns(r) {
			continue
		}
		if (r.width()*2 >= l.width || i > 0 && wellTyped(r, l.types)) && dataLike(r, l.types) || i > 0 && followsHeader(rows[i-1], r, l) {
			l.first = i
			break
		}
	}
	if l.first < 0 && o.FirstRow == 0 && !anyTyped(l.types) {
		l.first = firstTextRow(rows, l.width)
	}
	if l.first < 0 { // header without data
		l.first = len(rows)
	}
	if o.FirstRow == 0 && o.HeaderRows > 0 && l.first == 0 {
		l.first = min(o.HeaderRows, len(rows))
	}
	l.header, l.headerRows = headerAbove(rows, l.first, l.width)
	if o.HeaderRows > 0 && o.HeaderRows < l.headerRows && o.FirstRow == 0 {
		// The person sees fewer header rows than were found: the others are data that look unlike the rest.
		l.headerRows = o.HeaderRows
		l.first = l.header + o.HeaderRows
	} else if o.HeaderRows > 0 {
		end := l.first
		for end > 0 && rows[end-1].filled() == 0 {
			end--
		}
		l.header = max(0, end-o.HeaderRows)
		if kind != CSV && end > 0 { // rows of a sheet are counted with the blank ones, which the file may leave out
			for l.header = end; l.header > 0 && rows[l.header-1].line > rows[end-1].line-o.HeaderRows; {
				l.header--
			}
		}
		l.headerRows = end - l.header
	}
	if l.headerRows == 0 && l.first == 1 && o.HeaderRows == 0 && rows[0].filled() == 1 {
		l.header, l.headerRows = 0, 1 // a lone heading in the first line: the other columns are unnamed
	}
	if l.headerRows > 1 && countsColumns(rows[l.header+l.headerRows-1]) {
		l.numbered = true
	}
	for _, r := range rows[l.header : l.header+l.headerRows] {
		l.width = max(l.width, r.width())
	}
	return l, true
}

// named looks for the header by the names it is known to hold: the topmost rows, as few as can be, whose columns have all of them. The layout
// stays where it has them already or no rows do.
func (l layout) named(rows []sampleRow, merged []span, o Options) layout {
	if holds(columnsOf(rows, l, merged), o.Headings) {
		return l
	}
	least, most := 1, maxHeaderRows
	if o.HeaderRows > 0 {
		least, most = o.HeaderRows, o.HeaderRows
	}
	for at := range rows[:min(len(rows), maxTitleRows)] {
		for n := least; n <= most && at+n <= len(rows); n++ {
			if rows[at].filled() == 0 || rows[at+n-1].filled() == 0 || o.FirstRow > 0 && at+n > l.first {
				continue
			}
			try := l
			try.header, try.headerRows, try.first, try.numbered = at, n, at+n, false
			if o.FirstRow > 0 {
				try.first = l.first
			}
			for _, r := range rows[at : at+n] {
				try.width = max(try.width, r.width())
			}
			if !holds(columnsOf(rows, try, merged), o.Headings) {
				continue
			}
			if o.FirstRow == 0 && at+n < len(rows) && countsColumns(rows[at+n]) {
				try.headerRows, try.first, try.numbered = n+1, at+n+1, true
			}
			return try
		}
	}
	return l
}

// maxTitleRows is how far down a header is looked for by its names.
const maxTitleRows = 60

// holds reports whether the columns have all headings; those that are no name of a column may be letters.
func holds(cols []Column, headings []string) bool {
	for _, h := range headings {
		want := label(h)
		named := slices.ContainsFunc(cols, func(c Column) bool { return c.Name != "" && strings.EqualFold(c.Name, want) })
		if i := letterIndex(want); !named && (i < 0 || i >= len(cols)) {
			return false
		}
	}
	return true
}

// footerIndex finds the line of underscores that ends GENESIS tables.
func footerIndex(rows []sampleRow) int {
	for i, r := range rows {
		if len(r.cells) > 0 && underscores([]byte(r.cells[0].text)) {
			return i
		}
	}
	return len(rows)
}

func underscores(b []byte) bool {
	if len(b) < 4 || b[0] != '_' {
		return false
	}
	for _, x := range trim(b) {
		if x != '_' {
			return false
		}
	}
	return true
}

func modalWidth(rows []sampleRow) int {
	count := map[int]int{}
	for _, r := range rows {
		if w := r.width(); w > 0 {
			count[w]++
		}
	}
	best := 0
	for w, n := range count {
		if w == 1 && len(count) > 1 {
			continue // title lines and footnotes
		}
		if best == 0 || n > count[best] || (n == count[best] && w > best) {
			best = w
		}
	}
	return best
}

func columnTypes(rows []sampleRow, width int) []class {
	var body []sampleRow
	for _, r := range rows {
		if r.width()*2 >= width && (r.filled() > 1 || width == 1) {
			body = append(body, r)
		}
	}
	body = body[len(body)/2:]
	types := make([]class, width)
	for c := range types {
		var n [4]int
		for _, r := range body {
			if c < len(r.cells) {
				n[r.cells[c].is]++
			}
		}
		filled := n[isNumber] + n[isDate] + n[isText]
		switch {
		case filled == 0:
		case n[isNumber]*2 >= filled:
			types[c] = isNumber
		case n[isDate]*2 >= filled:
			types[c] = isDate
		default:
			types[c] = isText
		}
	}
	return types
}

func anyTyped(types []class) bool {
	for _, t := range types {
		if t == isNumber || t == isDate {
			return true
		}
	}
	return false
}

// dataLike reports whether most cells in columns of numbers and dates are such.
func dataLike(r sampleRow, types []class) bool {
	typed, wrong := 0, 0
	for c, t := range types {
		if c >= len(r.cells) || r.cells[c].is == isBlank || (t != isNumber && t != isDate) {
			continue
		}
		typed++
		if r.cells[c].is != t {
			wrong++
		}
	}
	return typed > 0 && wrong*2 < typed
}

// wellTyped reports whether two or more cells stand in columns of numbers and dates and all of them fit.
func wellTyped(r sampleRow, types []class) bool {
	typed := 0
	for c, t := range types {
		if c >= len(r.cells) || r.cells[c].is == isBlank || (t != isNumber && t != isDate) {
			continue
		}
		if r.cells[c].is != t {
			return false
		}
		typed++
	}
	return typed > 1
}

// followsHeader recognises a first data row that is too short or almost blank: the row above names every column and this one contradicts
// no column's type.
func followsHeader(above, r sampleRow, l layout) bool {
	if l.width < 2 || above.filled() < l.width || r.filled() == 0 {
		return false
	}
	wrongAbove, wrong := 0, 0
	for c, t := range l.types {
		if t != isNumber && t != isDate {
			continue
		}
		if above.cells[c].is != t {
			wrongAbove++
		}
		if c < len(r.cells) && r.cells[c].is != isBlank && r.cells[c].is != t {
			wrong++
		}
	}
	return wrongAbove > 1 && wrong == 0
}

// headerOfYears recognises "Name;2011;2012;2013" above figures that are no years.
func headerOfYears(r sampleRow, below []sampleRow) bool {
	years, last := 0, 0
	for i, c := range r.cells {
		n := atoi(strings.TrimSpace(c.text))
		if c.is != isNumber {
			if i > 0 && c.is != isBlank && years > 0 {
				return false
			}
			continue
		}
		if len(strings.TrimSpace(c.text)) != 4 || n < FirstYear || n > LastYear || n == last || (len(below) > 0 && i < len(below[0].cells) && below[0].cells[i].text == c.text) {
			return false
		}
		last = n
		years++
	}
	if len(r.cells) > 0 && r.cells[0].is == isNumber {
		return false
	}
	return years >= 2
}

// countsColumns recognises the row "1;2;3;4" below a header.
func countsColumns(r sampleRow) bool {
	n := 0
	for _, c := range r.cells {
		if c.is == isBlank {
			continue
		}
		if n++; strings.TrimSpace(c.text) != strconv.Itoa(n) {
			return false
		}
	}
	return n >= 3
}

func firstTextRow(rows []sampleRow, width int) int {
	for i, r := range rows {
		if r.width()*2 >= width && (r.filled() > 1 || width == 1) {
			return i + 1
		}
	}
	return -1
}

func headerAbove(rows []sampleRow, first, width int) (from, n int) {
	end := first
	for end > 0 && rows[end-1].filled() == 0 {
		end--
	}
	from = end
	for from > 0 && end-from < maxHeaderRows {
		r := rows[from-1]
		if r.filled() == 0 || (r.width() == 1 && width > 1) {
			break
		}
		if width == 1 && end-from == 1 {
			break
		}
		from--
	}
	if end-from == 1 && width > 2 && rows[from].filled() == 1 {
		// The heading of a section of the table, parted from the header by a blank row.
		up := from
		for up > 0 && from-up < 3 && rows[up-1].filled() == 0 {
			up--
		}
		if up > 0 && up < from && rows[up-1].filled() > 1 {
			return headerAbove(rows, up, width)
		}
	}
	return from, end - from
}

var hyphenated = regexp.MustCompile(`(\p{L})-\s*[\r\n]+\s*(\p{Ll})`)

// label cleans a header cell: NFC, white space collapsed, words joined again that were divided at a line end.
func label(s string) string {
	s = hyphenated.ReplaceAllString(s, "$1$2")
	return norm.NFC.String(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f', '\u2009':
			return ' '
		case '\u00ad', '\ufeff', '\u200b':
			return -1
		}
		return r
	}, s)), " "))
}

// span is a merged range of cells, rows and columns counted from 1 and 0.
type span struct{ row, col, rows, cols int }

// columnsOf joins the header rows of each column from the top down with " | ". Merged cells name every column they cover. Where a table
// without such marks would have two columns of one name, blanks in the upper rows are taken as merged with what stands left of them.
func columnsOf(rows []sampleRow, l layout, merged []span) []Column {
	n := l.headerRows
	if l.numbered {
		n--
	}
	grid := make([][]string, n)
	for i := range grid {
		grid[i] = make([]string, l.width)
		r := rows[l.header+i]
		for c := range grid[i] {
			if c < len(r.cells) {
				grid[i][c] = label(r.cells[c].text)
			}
		}
		for _, m := range merged {
			if m.row == r.line && m.col < l.width {
				for c := m.col + 1; c < min(m.col+m.cols, l.width); c++ {
					if grid[i][c] == "" {
						grid[i][c] = grid[i][m.col]
					}
				}
			}
		}
	}
	cols := joinHeader(grid, l.width)
	if n > 1 && hasDuplicates(cols) {
		for i := range grid[:n-1] {
			for c := 1; c < l.width; c++ {
				if grid[i][c] == "" && grid[n-1][c] != "" {
					grid[i][c] = grid[i][c-1]
				}
			}
		}
		cols = joinHeader(grid, l.width)
	}
	return cols
}

func joinHeader(grid [][]string, width int) []Column {
	cols := make([]Column, width)
	for c := range cols {
		cols[c].Index = c
		cols[c].Letter = Letter(c)
		for _, row := range grid {
			if row[c] != "" {
				cols[c].Parts = append(cols[c].Parts, row[c])
			}
		}
		cols[c].Name = strings.Join(cols[c].Parts, " | ")
	}
	return cols
}

func hasDuplicates(cols []Column) bool {
	seen := map[string]bool{}
	for _, c := range cols {
		if c.Name != "" && seen[c.Name] {
			return true
		}
		seen[c.Name] = true
	}
	return false
}

// Letter names the column with index i (0 is A) as spreadsheets do.
func Letter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// letterIndex is the inverse of Letter; -1 if s is none.
func letterIndex(s string) int {
	n := 0
	if len(s) == 0 || len(s) > 3 {
		return -1
	}
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return -1
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

var footnote = regexp.MustCompile(`^(?:\d{1,2}\s?\)|\*+\)?\s|Quelle\b|©|\(C\)|Stand\b|Anmerkung|Hinweis|Erläuterung|Zeichenerklärung|Legende\b|Datenquelle|Datenstand|Fußnote)`)

func looksFootnote(b []byte) bool { return len(b) > 2 && footnote.Match(b) }
