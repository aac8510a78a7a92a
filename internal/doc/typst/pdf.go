// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
)

// Values of a PDF (ISO 32000-1, 7.3): nil, bool, float64, pdfString, pdfName, pdfRef, []any and pdfDict.
type (
	pdfName   string
	pdfString []byte
	pdfRef    int
	pdfDict   map[pdfName]any
)

// pdfObject is one indirect object with its place in the file.
type pdfObject struct {
	value    any
	from, to int // the value's bytes, between "obj" and "endobj" or "stream"
	data     []byte
}

// pdfFile is a PDF as the compiler writes it: plain objects and one classic cross-reference table. It reads no other kind.
type pdfFile struct {
	raw       []byte
	objects   map[pdfRef]pdfObject
	trailer   pdfDict
	startxref int
	// trailerFrom and trailerTo bound the trailer dictionary in raw.
	trailerFrom, trailerTo int
}

var errPDF = errors.New("not a PDF of the expected plain form")

func parsePDF(raw []byte) (*pdfFile, error) {
	if !bytes.HasPrefix(raw, []byte("%PDF-1.")) {
		return nil, errPDF
	}
	at := bytes.LastIndex(raw, []byte("startxref"))
	if at < 0 {
		return nil, fmt.Errorf("%w: no startxref", errPDF)
	}
	p := &pdfParser{b: raw, at: at + len("startxref")}
	start, ok := p.value().(float64)
	if !ok || start < 0 || int(start) >= len(raw) || start != float64(int(start)) {
		return nil, fmt.Errorf("%w: startxref points nowhere", errPDF)
	}
	f := &pdfFile{raw: raw, objects: map[pdfRef]pdfObject{}, startxref: int(start)}
	// Updates lead back to the table they replace; what is read first is what counts (7.5.6).
	for at, tables := f.startxref, 0; at >= 0; tables++ {
		prev, err := f.readTable(at)
		if err != nil {
			return nil, err
		}
		if prev >= at || tables > 16 {
			return nil, fmt.Errorf("%w: cross-reference tables", errPDF)
		}
		at = prev
	}
	if _, ok := f.dict(f.trailer["Root"]); !ok {
		return nil, fmt.Errorf("%w: no catalogue", errPDF)
	}
	return f, nil
}

// readTable reads one cross-reference table, the objects in it that no later table replaced, and its trailer. It returns the place of the
// table before it, or -1.
func (f *pdfFile) readTable(at int) (prev int, err error) {
	p := &pdfParser{b: f.raw, at: at}
	if p.word() != "xref" {
		return 0, fmt.Errorf("%w: no cross-reference table", errPDF)
	}
	for {
		mark := p.at
		if p.word() == "trailer" {
			break
		}
		p.at = mark
		first, ok1 := p.value().(float64)
		count, ok2 := p.value().(float64)
		if !ok1 || !ok2 || first < 0 || count < 0 || count > float64(len(f.raw)/20) {
			return 0, fmt.Errorf("%w: cross-reference table", errPDF)
		}
		for i := range int(count) {
			offset, ok1 := p.value().(float64)
			_, ok2 := p.value().(float64)
			kind := p.word()
			if !ok1 || !ok2 || (kind != "n" && kind != "f") {
				return 0, fmt.Errorf("%w: cross-reference entry", errPDF)
			}
			if kind == "f" {
				continue
			}
			ref := pdfRef(int(first) + i)
			if _, ok := f.objects[ref]; ok {
				continue
			}
			o, err := f.readObject(int(offset))
			if err != nil {
				return 0, err
			}
			f.objects[ref] = o
		}
	}
	p.space()
	from := p.at
	trailer, ok := p.value().(pdfDict)
	if !ok || p.failed {
		return 0, fmt.Errorf("%w: no trailer", errPDF)
	}
	if f.trailer == nil {
		f.trailer, f.trailerFrom, f.trailerTo = trailer, from, p.at
	}
	if n, ok := trailer["Prev"].(float64); ok {
		return int(n), nil
	}
	return -1, nil
}

func (f *pdfFile) readObject(offset int) (pdfObject, error) {
	bad := fmt.Errorf("%w: object at byte %d", errPDF, offset)
	if offset < 0 || offset >= len(f.raw) {
		return pdfObject{}, bad
	}
	p := &pdfParser{b: f.raw, at: offset}
	p.value()
	p.value()
	if p.word() != "obj" {
		return pdfObject{}, bad
	}
	p.space()
	o := pdfObject{from: p.at}
	o.value = p.value()
	o.to = p.at
	if p.failed {
		return pdfObject{}, bad
	}
	dict, ok := o.value.(pdfDict)
	if !ok || p.word() != "stream" {
		return o, nil
	}
	length, ok := dict["Length"].(float64)
	at := p.at
	if bytes.HasPrefix(f.raw[at:], []byte("\r\n")) {
		at += 2
	} else {
		at++
	}
	if !ok || length < 0 || at+int(length) > len(f.raw) {
		return pdfObject{}, bad
	}
	o.data = f.raw[at : at+int(length)]
	return o, nil
}

// resolve follows a reference; anything else is returned as it is.
func (f *pdfFile) resolve(v any) any {
	for range 16 {
		ref, ok := v.(pdfRef)
		if !ok {
			return v
		}
		v = f.objects[ref].value
	}
	return nil
}

func (f *pdfFile) dict(v any) (pdfDict, bool) {
	d, ok := f.resolve(v).(pdfDict)
	return d, ok
}

func (f *pdfFile) list(v any) []any {
	switch x := f.resolve(v).(type) {
	case []any:
		return x
	case nil:
		return nil
	default:
		return []any{v}
	}
}

// text decodes a text string: UTF-16 with a byte-order mark, else taken as Latin-1 (7.9.2.2).
func (f *pdfFile) text(v any) string {
	s, ok := f.resolve(v).(pdfString)
	if !ok {
		return ""
	}
	if len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff {
		units := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	}
	r := make([]rune, len(s))
	for i, b := range s {
		r[i] = rune(b)
	}
	return string(r)
}

type pdfParser struct {
	b      []byte
	at     int
	depth  int
	failed bool
}

func isPDFSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isPDFDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (p *pdfParser) space() {
	for p.at < len(p.b) {
		switch c := p.b[p.at]; {
		case isPDFSpace(c):
			p.at++
		case c == '%':
			for p.at < len(p.b) && p.b[p.at] != '\n' && p.b[p.at] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

// word reads a run of regular characters: a keyword or a number.
func (p *pdfParser) word() string {
	p.space()
	from := p.at
	for p.at < len(p.b) && !isPDFSpace(p.b[p.at]) && !isPDFDelimiter(p.b[p.at]) {
		p.at++
	}
	return string(p.b[from:p.at])
}

func (p *pdfParser) fail() any {
	p.failed = true
	return nil
}

func (p *pdfParser) value() any {
	p.space()
	if p.depth++; p.depth > 64 || p.at >= len(p.b) {
		return p.fail()
	}
	defer func() { p.depth-- }()
	switch c := p.b[p.at]; {
	case c == '/':
		p.at++
		return pdfName(p.word())
	case c == '(':
		return p.literal()
	case bytes.HasPrefix(p.b[p.at:], []byte("<<")):
		return p.dictionary()
	case c == '<':
		return p.hex()
	case c == '[':
		p.at++
		list := []any{}
		for {
			p.space()
			if p.at < len(p.b) && p.b[p.at] == ']' {
				p.at++
				return list
			}
			list = append(list, p.value())
			if p.failed {
				return nil
			}
		}
	}
	switch w := p.word(); w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		n, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return p.fail()
		}
		return p.reference(n)
	}
}

// reference looks whether a number begins "12 0 R".
func (p *pdfParser) reference(n float64) any {
	mark := p.at
	if g, err := strconv.Atoi(p.word()); err == nil && g >= 0 && n == float64(int(n)) && p.word() == "R" {
		return pdfRef(int(n))
	}
	p.at = mark
	return n
}

func (p *pdfParser) dictionary() any {
	p.at += 2
	d := pdfDict{}
	for {
		p.space()
		if bytes.HasPrefix(p.b[p.at:], []byte(">>")) {
			p.at += 2
			return d
		}
		if p.at >= len(p.b) || p.b[p.at] != '/' {
			return p.fail()
		}
		p.at++
		key := pdfName(p.word())
		d[key] = p.value()
		if p.failed {
			return nil
		}
	}
}

func (p *pdfParser) hex() any {
	end := bytes.IndexByte(p.b[p.at:], '>')
	if end < 0 {
		return p.fail()
	}
	digits := bytes.Map(func(r rune) rune {
		if r < 0x80 && isPDFSpace(byte(r)) {
			return -1
		}
		return r
	}, p.b[p.at+1:p.at+end])
	p.at += end + 1
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	s := make(pdfString, len(digits)/2)
	for i := range s {
		v, err := strconv.ParseUint(string(digits[2*i:2*i+2]), 16, 8)
		if err != nil {
			return p.fail()
		}
		s[i] = byte(v)
	}
	return s
}

// literal reads a string in parentheses (7.3.4.2).
func (p *pdfParser) literal() any {
	var s pdfString
	open := 0
	for p.at < len(p.b) {
		c := p.b[p.at]
		p.at++
		switch c {
		case '(':
			if open++; open == 1 {
				continue
			}
		case ')':
			if open--; open == 0 {
				return s
			}
		case '\\':
			if p.at >= len(p.b) {
				return p.fail()
			}
			s = append(s, p.escape()...)
			continue
		}
		s = append(s, c)
	}
	return p.fail()
}

func (p *pdfParser) escape() []byte {
	c := p.b[p.at]
	p.at++
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		return []byte{"\n\r\t\b\f"[i]}
	}
	if c == '\n' {
		return nil
	}
	if c < '0' || c > '7' {
		return []byte{c}
	}
	v := int(c - '0')
	for range 2 {
		if p.at >= len(p.b) || p.b[p.at] < '0' || p.b[p.at] > '7' {
			break
		}
		v = v*8 + int(p.b[p.at]-'0')
		p.at++
	}
	return []byte{byte(v)}
}
