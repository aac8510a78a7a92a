// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// xmlReader walks the XML of workbooks. It is several times faster than encoding/xml on the millions of small elements of a sheet, keeps
// memory bounded, and refuses document type declarations, so that neither external entities nor entity bombs exist for it.
type xmlReader struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	err      error

	kind    xmlKind
	name    []byte // local name of an element
	attrs   []byte // raw attributes of a start tag
	closed  bool   // a start tag that is its own end
	text    []byte // of a text token, entities resolved
	scratch []byte
}

type xmlKind uint8

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlText
)

const maxToken = 4 << 20

func newXMLReader(r io.Reader) *xmlReader { return &xmlReader{r: r, buf: make([]byte, 64<<10)} }

var (
	errDTD   = errors.New("document type declaration")
	errXML   = errors.New("not well-formed XML")
	errToken = errors.New("an XML token is too long")
)

func (x *xmlReader) fill() bool {
	if x.eof {
		return false
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if len(x.buf) >= maxToken {
			x.err, x.eof = errToken, true
			return false
		}
		grown := make([]byte, 2*len(x.buf))
		copy(grown, x.buf[:x.end])
		x.buf = grown
	}
	for range 100 {
		n, err := x.r.Read(x.buf[x.end:])
		x.end += n
		if err != nil {
			x.eof = true
			if !errors.Is(err, io.EOF) {
				x.err = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	x.eof, x.err = true, io.ErrNoProgress
	return false
}

// index finds sub at or behind from (relative to pos), reading on as needed; -1 at the end.
func (x *xmlReader) index(from int, sub []byte) int {
	for {
		if i := bytes.Index(x.buf[min(x.pos+from, x.end):x.end], sub); i >= 0 {
			return from + i
		}
		from = max(from, x.end-x.pos-len(sub)+1)
		if !x.fill() {
			return -1
		}
	}
}

// next advances to the next start tag, end tag or text; false at the end or on x.err.
func (x *xmlReader) next() bool {
	for x.err == nil {
		if x.pos == x.end && !x.fill() {
			return false
		}
		if x.buf[x.pos] != '<' {
			return x.chars()
		}
		if x.end-x.pos < 9 {
			x.fill()
			if x.err != nil {
				return false
			}
		}
		b := x.buf[x.pos:x.end]
		switch {
		case len(b) < 3:
			x.err = errXML
			return false
		case b[1] == '?':
			x.skipPast(2, "?>")
		case b[1] == '!' && bytes.HasPrefix(b, []byte("<!--")):
			x.skipPast(4, "-->")
		case b[1] == '!' && bytes.HasPrefix(b, []byte("<![CDATA[")):
			i := x.index(9, []byte("]]>"))
			if i < 0 {
				x.fail()
				return false
			}
			x.kind, x.text = xmlText, x.buf[x.pos+9:x.pos+i]
			x.pos += i + 3
			return true
		case b[1] == '!':
			x.err = errDTD
			return false
		default:
			return x.tag()
		}
	}
	return false
}

func (x *xmlReader) fail() {
	if x.err == nil {
		x.err = errXML
	}
}

// skipPast leaves out a comment or instruction without keeping it in memory.
func (x *xmlReader) skipPast(from int, mark string) {
	x.pos += from
	for {
		if i := bytes.Index(x.buf[x.pos:x.end], []byte(mark)); i >= 0 {
			x.pos += i + len(mark)
			return
		}
		x.pos = max(x.pos, x.end-len(mark)+1)
		if !x.fill() {
			x.fail()
			return
		}
	}
}

func (x *xmlReader) chars() bool {
	i := x.index(0, []byte{'<'})
	if i < 0 {
		if x.err != nil {
			return false
		}
		i = x.end - x.pos
	}
	t := x.buf[x.pos : x.pos+i]
	x.pos += i
	x.kind, x.text = xmlText, t
	if bytes.IndexByte(t, '&') >= 0 {
		x.text = x.unescape(t)
	}
	return true
}

func (x *xmlReader) tag() bool {
	i, quote := 1, byte(0)
	for {
		b := x.buf[x.pos:x.end]
		for i < len(b) {
			c := b[i]
			if quote != 0 {
				j := bytes.IndexByte(b[i:], quote)
				if j < 0 {
					i = len(b)
					break
				}
				i += j + 1
				quote = 0
				continue
			}
			if c == '"' || c == '\'' {
				quote = c
			} else if c == '>' {
				x.setTag(b[1:i])
				x.pos += i + 1
				return x.err == nil
			} else if c == '<' {
				x.err = errXML
				return false
			}
			i++
		}
		if !x.fill() {
			x.fail()
			return false
		}
	}
}

func (x *xmlReader) setTag(b []byte) {
	x.kind, x.closed, x.attrs = xmlStart, false, nil
	if len(b) > 0 && b[0] == '/' {
		x.kind, b = xmlEnd, b[1:]
	} else if len(b) > 0 && b[len(b)-1] == '/' {
		x.closed, b = true, b[:len(b)-1]
	}
	n := 0
	for n < len(b) && b[n] > ' ' {
		n++
	}
	x.name, x.attrs = b[:n], b[n:]
	if i := bytes.IndexByte(x.name, ':'); i >= 0 {
		x.name = x.name[i+1:]
	}
	if len(x.name) == 0 {
		x.err = errXML
	}
}

// is reports whether the current token is a start tag of that local name.
func (x *xmlReader) is(name string) bool { return x.kind == xmlStart && string(x.name) == name }

// ends reports whether the current token is the end tag of that local name.
func (x *xmlReader) ends(name string) bool { return x.kind == xmlEnd && string(x.name) == name }

// attr returns the raw value of an attribute. A name with prefix must fit with it, one without fits any prefix.
func (x *xmlReader) attr(name string) []byte {
	b := x.attrs
	for {
		for len(b) > 0 && b[0] <= ' ' {
			b = b[1:]
		}
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimRight(b[:eq], " \t\r\n")
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || (b[0] != '"' && b[0] != '\'') {
			return nil
		}
		stop := bytes.IndexByte(b[1:], b[0])
		if stop < 0 {
			return nil
		}
		if string(key) == name || (bytes.IndexByte(key, ':') >= 0 && string(key[bytes.IndexByte(key, ':')+1:]) == name && bytes.IndexByte([]byte(name), ':') < 0) {
			return b[1 : stop+1]
		}
		b = b[stop+2:]
	}
}

// attrText returns an attribute with entities resolved.
func (x *xmlReader) attrText(name string) string {
	v := x.attr(name)
	if bytes.IndexByte(v, '&') >= 0 {
		return string(x.unescape(v))
	}
	return string(v)
}

// attrInt returns an attribute as a number from 0, or def.
func (x *xmlReader) attrInt(name string, def int) int {
	v := x.attr(name)
	if len(v) == 0 || len(v) > 9 || !allDigits(v) {
		return def
	}
	n := 0
	for _, c := range v {
		n = n*10 + int(c-'0')
	}
	return n
}

func truthy(v []byte) bool { return string(v) == "1" || string(v) == "true" }

// unescape resolves the five predefined entities and character references; others do not exist without a document type declaration.
func (x *xmlReader) unescape(b []byte) []byte {
	x.scratch = x.scratch[:0]
	for len(b) > 0 {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			break
		}
		x.scratch = append(x.scratch, b[:i]...)
		b = b[i:]
		semi := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if semi < 0 {
			x.scratch = append(x.scratch, '&')
			b = b[1:]
			continue
		}
		x.scratch = append(x.scratch, entity(string(b[1:semi]))...)
		b = b[semi+1:]
	}
	x.scratch = append(x.scratch, b...)
	return x.scratch
}

func entity(name string) string {
	switch name {
	case "amp":
		return "&"
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "quot":
		return `"`
	case "apos":
		return "'"
	}
	if len(name) > 1 && name[0] == '#' {
		base, digits := 10, name[1:]
		if digits[0] == 'x' || digits[0] == 'X' {
			base, digits = 16, digits[1:]
		}
		if n, err := strconv.ParseUint(digits, base, 32); err == nil && n > 0 && utf8.ValidRune(rune(n)) {
			return string(rune(n))
		}
	}
	return "\uFFFD"
}

// refusal turns an error of the reader into one for people.
func (x *xmlReader) refusal() error {
	var r *Refusal
	switch {
	case x.err == nil:
		return nil
	case errors.As(x.err, &r):
		return r
	case errors.Is(x.err, errDTD):
		return refuse("xlsx.dtd")
	}
	return refuse("xlsx.damaged", "reason", x.err.Error())
}
