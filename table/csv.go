// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lineEnd says which bytes end a line.
type lineEnd uint8

const (
	endLF  lineEnd = iota // LF or CRLF
	endCR                 // CR only, as old Macintosh programs and some registers write
	endAny                // a mix of CR and LF
)

// scanner splits CSV text into records without allocating for each of them. Unlike encoding/csv it knows CR-only line ends, keeps file
// line numbers, bounds every field, and names the line of a quotation mark that is never closed.
type scanner struct {
	r         io.Reader
	buf       []byte
	pos, end  int
	eof       bool
	err       error
	delim     byte
	ends      lineEnd
	checkUTF8 bool
	limits    Limits
	line      int // line of the record that next returned, from 1
	nextLine  int
	skipLF    bool // the last line ended in CR; an LF that follows belongs to it
	cells     []Cell
	scratch   []byte
	fault     string // code of what is wrong with the record
}

const (
	scanBuffer = 256 << 10
	maxRecord  = 16 << 20
)

func newScanner(r io.Reader, delim byte, ends lineEnd, checkUTF8 bool, l Limits) *scanner {
	return &scanner{r: r, buf: make([]byte, scanBuffer), delim: delim, ends: ends, checkUTF8: checkUTF8, limits: l, nextLine: 1}
}

// fill reads more text behind what is there; false at the end of the file.
func (s *scanner) fill() bool {
	if s.eof {
		return false
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.eof = true
			if !errors.Is(err, io.EOF) {
				s.err = refuse("file.unreadable", "reason", err.Error())
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	s.eof, s.err = true, refuse("file.unreadable", "reason", io.ErrNoProgress.Error())
	return false
}

func (s *scanner) lineIndex(b []byte) int {
	switch s.ends {
	case endCR:
		return bytes.IndexByte(b, '\r')
	case endAny:
		lf := bytes.IndexByte(b, '\n')
		if cr := bytes.IndexByte(b[:max(lf, 0)], '\r'); lf >= 0 && cr >= 0 {
			return cr
		} else if lf >= 0 {
			return lf
		}
		return bytes.IndexByte(b, '\r')
	}
	return bytes.IndexByte(b, '\n')
}

// next finds the next record; its cells are valid until the following call. False means the end of the file or s.err.
func (s *scanner) next() bool {
	if s.err != nil {
		return false
	}
	if s.skipLF {
		s.skipLF = false
		if s.pos == s.end {
			s.fill()
		}
		if s.pos < s.end && s.buf[s.pos] == '\n' {
			s.pos++
		}
	}
	searched := 0
	for {
		data := s.buf[s.pos:s.end]
		i := s.lineIndex(data[searched:])
		if i < 0 {
			searched = len(data)
			if s.fill() {
				if s.end-s.pos > maxRecord || (s.end-s.pos > s.limits.Field && s.oversized()) {
					if s.err == nil {
						s.err = s.refuseAt("csv.record_too_long", "limit", strconv.Itoa(maxRecord))
					}
					return false
				}
				continue
			}
			if s.err != nil || s.pos == s.end {
				return false
			}
			i = len(s.buf[s.pos:s.end])
		} else {
			i += searched
		}
		line := s.buf[s.pos : s.pos+i]
		if bytes.IndexByte(line, '"') >= 0 {
			return s.quoted()
		}
		s.pos += i
		s.consumeEnd()
		s.line = s.nextLine
		s.nextLine++
		s.fault = ""
		if len(line) > 0 && line[len(line)-1] == '\r' && s.ends == endLF {
			line = line[:len(line)-1]
		}
		return s.split(line)
	}
}

// consumeEnd steps over the line end at pos.
func (s *scanner) consumeEnd() {
	if s.pos >= s.end {
		return
	}
	s.skipLF = s.ends == endAny && s.buf[s.pos] == '\r'
	s.pos++
}

func (s *scanner) split(line []byte) bool {
	s.cells = s.cells[:0]
	if s.checkUTF8 && !utf8.Valid(line) {
		s.fault = "encoding.broken_line"
	}
	long := len(line) > s.limits.Field
	for {
		i := bytes.IndexByte(line, s.delim)
		f := line
		if i >= 0 {
			f = line[:i]
		}
		if long && len(f) > s.limits.Field {
			s.err = s.refuseAt("csv.field_too_long", "limit", strconv.Itoa(s.limits.Field))
			return false
		}
		s.cells = append(s.cells, Cell{Text: f})
		if i < 0 {
			break
		}
		if len(s.cells) >= s.limits.Columns {
			s.err = s.refuseAt("csv.too_many_columns", "columns", strconv.Itoa(len(s.cells)+1+bytes.Count(line[i+1:], []byte{s.delim})), "limit", strconv.Itoa(s.limits.Columns))
			return false
		}
		line = line[i+1:]
	}
	return true
}

// oversized looks at a record that has become long and reports a field above the limit, before more of it is read.
func (s *scanner) oversized() bool {
	data := s.buf[s.pos:s.end]
	if bytes.IndexByte(data, '"') < 0 {
		run := len(data)
		if i := bytes.LastIndexByte(data, s.delim); i >= 0 {
			run = len(data) - i - 1
		}
		if run > s.limits.Field {
			s.line = s.nextLine
			s.err = s.refuseAt("csv.field_too_long", "limit", strconv.Itoa(s.limits.Field))
			return true
		}
	}
	return false
}

func (s *scanner) refuseAt(code string, kv ...string) error {
	r := refuse(code, kv...)
	r.Finding.Line = s.line
	return r
}

// quoted reads a record that contains quotation marks: fields may hold separators, doubled marks and line ends.
func (s *scanner) quoted() bool {
	s.line = s.nextLine
	for {
		used, lines, need, ok := s.parseQuoted(s.buf[s.pos:s.end])
		if s.err != nil {
			return false
		}
		if ok {
			s.pos += used
			s.consumeEnd()
			s.nextLine = s.line + lines + 1
			if s.checkUTF8 {
				for _, c := range s.cells {
					if !utf8.Valid(c.Text) {
						s.fault = "encoding.broken_line"
					}
				}
			}
			return true
		}
		if !s.fill() {
			if s.err == nil {
				s.line = need
				s.err = s.refuseAt("csv.quote_unclosed")
			}
			return false
		}
	}
}

// parseQuoted parses one record at the start of b. used is its length without line end, lines the line ends inside. When b ends within a
// quoted field ok is false and open the line of its opening mark.
func (s *scanner) parseQuoted(b []byte) (used, lines, open int, ok bool) {
	s.cells, s.scratch, s.fault = s.cells[:0], s.scratch[:0], ""
	i := 0
	for {
		if len(s.cells) >= s.limits.Columns {
			s.err = s.refuseAt("csv.too_many_columns", "columns", strconv.Itoa(len(s.cells)+1), "limit", strconv.Itoa(s.limits.Columns))
			return 0, 0, 0, false
		}
		if i < len(b) && b[i] == '"' {
			open = s.line + lines
			start := i + 1
			from, j := start, start
			copied := -1
			for {
				k := bytes.IndexByte(b[j:], '"')
				if k < 0 {
					if len(b)-start > s.limits.Field {
						s.line = open
						s.err = s.refuseAt("csv.field_too_long", "limit", strconv.Itoa(s.limits.Field))
					}
					return 0, 0, open, false
				}
				j += k
				if j+1 < len(b) && b[j+1] == '"' {
					if copied < 0 {
						copied = len(s.scratch)
					}
					s.scratch = append(s.scratch, b[from:j+1]...)
					j += 2
					from = j
					continue
				}
				if j+1 == len(b) && !s.eof {
					return 0, 0, open, false // the next byte may double the mark
				}
				break
			}
			if j-start > s.limits.Field {
				s.line = open
				s.err = s.refuseAt("csv.field_too_long", "limit", strconv.Itoa(s.limits.Field))
				return 0, 0, 0, false
			}
			text := b[start:j]
			if copied >= 0 {
				s.scratch = append(s.scratch, b[from:j]...)
				text = s.scratch[copied:len(s.scratch):len(s.scratch)]
			}
			lines += s.countEnds(b[start:j])
			i = j + 1
			if i < len(b) && b[i] != s.delim && !s.isEnd(b[i]) && !(b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n') {
				// Blanks between mark and separator are harmless, other text is not.
				stop := i + s.fieldEnd(b[i:])
				if len(trim(b[i:stop])) > 0 {
					s.fault = "csv.stray_quote"
				}
				i = stop
			}
			s.cells = append(s.cells, Cell{Text: text, Quoted: true})
		} else {
			stop := i + s.fieldEnd(b[i:])
			f := b[i:stop]
			if len(f) > s.limits.Field {
				s.err = s.refuseAt("csv.field_too_long", "limit", strconv.Itoa(s.limits.Field))
				return 0, 0, 0, false
			}
			if stop < len(b) && s.ends == endLF && b[stop] == '\n' && len(f) > 0 && f[len(f)-1] == '\r' {
				f = f[:len(f)-1]
			}
			s.cells = append(s.cells, Cell{Text: f})
			i = stop
		}
		switch {
		case i >= len(b):
			if !s.eof {
				return 0, 0, s.line + lines, false
			}
			return i, lines, 0, true
		case b[i] == s.delim:
			i++
		case b[i] == '\r' && !s.isEnd('\r'):
			i++ // CR of CRLF behind a quoted field
			if i >= len(b) && !s.eof {
				return 0, 0, s.line + lines, false
			}
			return i, lines, 0, true
		default:
			return i, lines, 0, true
		}
	}
}

func (s *scanner) isEnd(x byte) bool {
	return (x == '\n' && s.ends != endCR) || (x == '\r' && s.ends != endLF)
}

func (s *scanner) fieldEnd(b []byte) int {
	for i, x := range b {
		if x == s.delim || s.isEnd(x) {
			return i
		}
	}
	return len(b)
}

func (s *scanner) countEnds(b []byte) int {
	switch s.ends {
	case endCR:
		return bytes.Count(b, []byte{'\r'})
	case endAny:
		return bytes.Count(b, []byte{'\n'}) + bytes.Count(b, []byte{'\r'}) - bytes.Count(b, []byte("\r\n"))
	}
	return bytes.Count(b, []byte{'\n'})
}

// rewrapper undoes what a spreadsheet does to a semicolon table that it opened as a comma table and saved again: each line became fields
// of a comma CSV, quoted where they held quotation marks, and decimal commas became separators. Parsing as comma CSV and joining the fields
// with commas gives the original line back.
type rewrapper struct {
	in  *scanner
	out bytes.Buffer
}

func newRewrapper(r io.Reader, ends lineEnd, l Limits) *rewrapper {
	l.Columns = 100_000
	return &rewrapper{in: newScanner(r, ',', ends, false, l)}
}

func (w *rewrapper) Read(p []byte) (int, error) {
	for w.out.Len() == 0 {
		if !w.in.next() {
			if w.in.err != nil {
				return 0, w.in.err
			}
			return 0, io.EOF
		}
		for i, c := range w.in.cells {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.out.Write(c.Text)
		}
		w.out.WriteByte('\n')
	}
	return w.out.Read(p)
}

// rewrapped reports whether the sample looks like such a file: read with semicolons most lines are one field, put together again they are many.
func rewrapped(text string, ends lineEnd, l Limits) bool {
	if strings.Count(text, ";") < 4 || strings.IndexByte(text, '"') < 0 {
		return false
	}
	plain := modalFields(text, ';', ends, l)
	joined := &strings.Builder{}
	if _, err := io.Copy(joined, io.LimitReader(newRewrapper(strings.NewReader(text), ends, l), int64(2*len(text)))); err != nil {
		return false
	}
	again := modalFields(joined.String(), ';', endLF, l)
	quotedLines := 0
	lines := 0
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		lines++
		if strings.HasPrefix(line, `"`) && strings.Contains(line, ";") {
			quotedLines++
		}
	}
	return again.fields >= 3 && plain.fields < again.fields && again.share > 0.8 && quotedLines*2 > lines
}
