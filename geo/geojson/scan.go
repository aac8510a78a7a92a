// SPDX-License-Identifier: EUPL-1.2

package geojson

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// syntaxError is a reason to refuse the whole file, with its place.
type syntaxError struct {
	code         string
	line, column int
	message      string
	params       map[string]any
}

func (e *syntaxError) Error() string { return e.message }

// scanner is a strict JSON reader (RFC 8259) over a stream. It differs from encoding/json in what a clerk needs: line and column of every
// fault, duplicate names refused, numbers kept as text, and a bounded depth so that no input can exhaust the stack.
type scanner struct {
	r            io.Reader
	buf          []byte
	pos, end     int
	eof          bool
	err          error // of the reader
	total, max   int64
	line, column int // of the next byte, from 1
	depth        int
	maxDepth     int
	maxText      int
	nul          int // line of the first NUL character that was dropped from a text
	scratch      []byte
	raw          *bytes.Buffer // records consumed bytes while set
}

func newScanner(r io.Reader, maxBytes int64, maxDepth, maxText int) *scanner {
	return &scanner{r: r, buf: make([]byte, 64<<10), max: maxBytes, line: 1, column: 1, maxDepth: maxDepth, maxText: maxText}
}

func (s *scanner) fail(code, message string, params map[string]any) error {
	return &syntaxError{code, s.line, s.column, message, params}
}

func (s *scanner) fill() bool {
	for s.pos == s.end && !s.eof && s.err == nil {
		n, err := io.ReadAtLeast(s.r, s.buf, 512) // enough to recognise other formats by their first bytes
		s.pos, s.end = 0, n
		s.total += int64(n)
		if s.total > s.max {
			s.err = s.fail("file.toolarge", fmt.Sprintf("The file is larger than the limit of %d MB; split it or remove attributes that are not needed.", s.max>>20), map[string]any{"limit_mb": int(s.max >> 20)})
			return false
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			s.eof = true
		} else if err != nil {
			s.err = err
		}
	}
	return s.pos < s.end
}

// peekByte returns the next byte without taking it; ok is false at the end or on a read error.
func (s *scanner) peekByte() (byte, bool) {
	if s.pos == s.end && !s.fill() {
		return 0, false
	}
	return s.buf[s.pos], true
}

func (s *scanner) take() {
	c := s.buf[s.pos]
	s.pos++
	if c == '\n' {
		s.line++
		s.column = 1
	} else if c&0xC0 != 0x80 { // count characters, not continuation bytes
		s.column++
	}
	if s.raw != nil {
		s.raw.WriteByte(c)
	}
}

// peek skips white space and returns the next byte.
func (s *scanner) peek() (byte, error) {
	for {
		c, ok := s.peekByte()
		if !ok {
			return 0, s.truncated()
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			keep := s.raw
			s.raw = nil // white space between tokens is not part of a kept value
			s.take()
			s.raw = keep
		default:
			return c, nil
		}
	}
}

func (s *scanner) truncated() error {
	if s.err != nil {
		return s.err
	}
	return s.fail("json.truncated", "The file ends in the middle of the data; it was probably not transferred completely.", nil)
}

func (s *scanner) unexpected(c byte, wanted string) error {
	switch {
	case c == 'N' || c == 'I' || c == 'n' && wanted == "a number":
		return s.fail("json.notfinite", "NaN and Infinity are no numbers in JSON; correct the export.", nil)
	case c >= utf8.RuneSelf:
		return s.fail("json.syntax", fmt.Sprintf("Unexpected byte 0x%02X, expected %s.", c, wanted), map[string]any{"found": fmt.Sprintf("0x%02X", c), "expected": wanted})
	default:
		return s.fail("json.syntax", fmt.Sprintf("Unexpected %q, expected %s.", c, wanted), map[string]any{"found": string(rune(c)), "expected": wanted})
	}
}

func (s *scanner) enter() error {
	s.depth++
	if s.depth > s.maxDepth {
		return s.fail("json.depth", fmt.Sprintf("The data are nested more than %d levels deep; this is no map file.", s.maxDepth), map[string]any{"limit": s.maxDepth})
	}
	s.take()
	return nil
}

// object reads { … } and calls member for each name; member must consume the value.
func (s *scanner) object(member func(name string) error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return s.unexpected(c, "an object {…}")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer func() { s.depth-- }()
	var few [16]string
	names := few[:0]
	var many map[string]bool
	for first := true; ; first = false {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == '}' && first {
			s.take()
			return nil
		}
		if c != '"' {
			return s.unexpected(c, "a name in quotation marks")
		}
		line, column := s.line, s.column
		name, err := s.text()
		if err != nil {
			return err
		}
		dup := many[name]
		if many == nil {
			for _, n := range names {
				dup = dup || n == name
			}
		}
		if dup {
			return &syntaxError{"json.duplicate", line, column, fmt.Sprintf("The name %q stands twice in one object, so its value is ambiguous.", name), map[string]any{"name": name}}
		}
		if many != nil {
			many[name] = true
		} else if names = append(names, name); len(names) == cap(few) {
			many = map[string]bool{}
			for _, n := range names {
				many[n] = true
			}
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		if c != ':' {
			return s.unexpected(c, "a colon")
		}
		s.take()
		if err := member(name); err != nil {
			return err
		}
		if done, err := s.separator('}'); done || err != nil {
			return err
		}
	}
}

// array reads [ … ] and calls element for each value; element must consume it.
func (s *scanner) array(element func() error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return s.unexpected(c, "a list […]")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer func() { s.depth-- }()
	if c, err = s.peek(); err != nil {
		return err
	}
	if c == ']' {
		s.take()
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if done, err := s.separator(']'); done || err != nil {
			return err
		}
	}
}

// separator reads a comma or the closing bracket.
func (s *scanner) separator(closing byte) (done bool, err error) {
	if s.raw != nil && s.raw.Len() > s.maxText {
		return false, s.fail("limit.text", fmt.Sprintf("A nested value is longer than the limit of %d KB.", s.maxText>>10), map[string]any{"limit_kb": s.maxText >> 10})
	}
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	if c == closing {
		s.take()
		return true, nil
	}
	if c != ',' {
		return false, s.unexpected(c, fmt.Sprintf("a comma or %q", closing))
	}
	line, column := s.line, s.column
	s.take()
	if c, err = s.peek(); err != nil {
		return false, err
	}
	if c == closing {
		return false, &syntaxError{"json.trailingcomma", line, column, fmt.Sprintf("A comma stands before the closing %q; remove it.", closing), nil}
	}
	return false, nil
}

// text reads a string and decodes its escapes. NUL characters are dropped, since no database of ours holds them.
func (s *scanner) text() (string, error) {
	line, column := s.line, s.column
	s.take()
	b := s.scratch[:0]
	for {
		c, ok := s.peekByte()
		if !ok {
			if s.err != nil {
				return "", s.err
			}
			return "", &syntaxError{"json.unclosed", line, column, "The text that begins here is never closed by a quotation mark.", nil}
		}
		if len(b) > s.maxText {
			return "", &syntaxError{"limit.text", line, column, fmt.Sprintf("The text that begins here is longer than the limit of %d KB.", s.maxText>>10), map[string]any{"limit_kb": s.maxText >> 10}}
		}
		switch {
		case c == '"':
			s.take()
			s.scratch = b
			if !utf8.Valid(b) {
				return "", &syntaxError{"json.utf8", line, column, "The text that begins here is not valid UTF-8; save the file as UTF-8.", nil}
			}
			return string(b), nil
		case c == '\\':
			s.take()
			var err error
			if b, err = s.escape(b); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", s.fail("json.string", "A text contains a line break or control character; write it as an escape.", nil)
		default:
			s.take()
			b = append(b, c)
		}
	}
}

func (s *scanner) escape(b []byte) ([]byte, error) {
	c, ok := s.peekByte()
	if !ok {
		return nil, s.truncated()
	}
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		s.take()
		r, err := s.hex4()
		if err != nil {
			return nil, err
		}
		if r >= 0xDC00 && r < 0xE000 {
			return nil, s.fail("json.surrogate", "A text contains half of a character pair (\\ud800 to \\udfff); correct the export.", nil)
		}
		if r >= 0xD800 && r < 0xDC00 {
			low := rune(0)
			if c, ok := s.peekByte(); ok && c == '\\' {
				s.take()
				if c, ok := s.peekByte(); ok && c == 'u' {
					s.take()
					if low, err = s.hex4(); err != nil {
						return nil, err
					}
				}
			}
			if low < 0xDC00 || low >= 0xE000 {
				return nil, s.fail("json.surrogate", "A text contains half of a character pair (\\ud800 to \\udfff); correct the export.", nil)
			}
			r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
		}
		if r == 0 {
			if s.nul == 0 {
				s.nul = s.line
			}
			return b, nil
		}
		return utf8.AppendRune(b, r), nil
	default:
		return nil, s.fail("json.string", fmt.Sprintf("The escape \\%c is not known in JSON.", c), nil)
	}
	s.take()
	return append(b, c), nil
}

func (s *scanner) hex4() (rune, error) {
	var r rune
	for range 4 {
		c, ok := s.peekByte()
		if !ok {
			return 0, s.truncated()
		}
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 + rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 + rune(c|0x20-'a'+10)
		default:
			return 0, s.unexpected(c, "four hexadecimal digits")
		}
		s.take()
	}
	return r, nil
}

// number reads a JSON number and returns its text, valid until the next call.
func (s *scanner) number() ([]byte, error) {
	b := s.scratch[:0]
	next := func() byte {
		if c, ok := s.peekByte(); ok {
			return c
		}
		return 0
	}
	digits := func() error {
		if c := next(); c < '0' || c > '9' {
			if _, ok := s.peekByte(); !ok {
				return s.truncated()
			}
			return s.unexpected(c, "a number")
		}
		for c := next(); c >= '0' && c <= '9'; c = next() {
			if b = append(b, c); len(b) > 400 {
				return s.fail("json.number", "A number has more than 400 digits.", nil)
			}
			s.take()
		}
		return nil
	}
	if next() == '-' {
		b = append(b, '-')
		s.take()
	}
	if next() == '0' {
		b = append(b, '0')
		s.take()
		if c := next(); c >= '0' && c <= '9' {
			return nil, s.fail("json.number", "A number begins with a zero; keys with leading zeros must be written as text in quotation marks.", nil)
		}
	} else if err := digits(); err != nil {
		return nil, err
	}
	if next() == '.' {
		b = append(b, '.')
		s.take()
		if err := digits(); err != nil {
			return nil, err
		}
	}
	if c := next(); c == 'e' || c == 'E' {
		b = append(b, c)
		s.take()
		if c := next(); c == '+' || c == '-' {
			b = append(b, c)
			s.take()
		}
		if err := digits(); err != nil {
			return nil, err
		}
	}
	s.scratch = b
	return b, s.err
}

// float reads a number that must be finite.
func (s *scanner) float() (float64, error) {
	line, column := s.line, s.column
	b, err := s.number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, &syntaxError{"json.notfinite", line, column, fmt.Sprintf("The number %s is too large.", b), map[string]any{"number": string(b)}}
	}
	return f, nil
}

// literal reads true, false or null.
func (s *scanner) literal(word string) error {
	for i := range len(word) {
		c, ok := s.peekByte()
		if !ok {
			return s.truncated()
		}
		if c != word[i] {
			return s.unexpected(c, word)
		}
		s.take()
	}
	return nil
}

// skip consumes any value, checking its syntax.
func (s *scanner) skip() error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch {
	case c == '{':
		return s.object(func(string) error { return s.skip() })
	case c == '[':
		return s.array(s.skip)
	case c == '"':
		_, err := s.text()
		return err
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	case c == '-' || c >= '0' && c <= '9':
		_, err := s.float()
		return err
	default:
		return s.unexpected(c, "a value")
	}
}

// rawValue consumes any value and returns its text without the white space between tokens.
func (s *scanner) rawValue() (string, error) {
	if _, err := s.peek(); err != nil {
		return "", err
	}
	var b bytes.Buffer
	s.raw = &b
	err := s.skip()
	s.raw = nil
	return b.String(), err
}
