// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// sniff tells the kind of a file by its first bytes; the name only decides which advice is given.
func sniff(r io.ReaderAt, size int64, name string, l Limits) (Kind, error) {
	if size == 0 {
		return "", refuse("file.empty")
	}
	if size > l.Bytes {
		return "", refuse("file.too_large", "size", strconv.FormatInt(size, 10), "limit", strconv.FormatInt(l.Bytes, 10))
	}
	head := make([]byte, min(size, 4096))
	if n, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", refuse("file.unreadable", "reason", err.Error())
	} else {
		head = head[:n]
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	ext := strings.ToLower(filepath.Ext(name))
	workbook := ext == ".xlsx" || ext == ".xlsm" || ext == ".ods" || ext == ".xls"
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZip(r, size, l)
	case bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return "", refuse("zip.no_workbook")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "", sniffOLE(r, size)
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<table")):
		return "", refuse("file.html")
	case bytes.HasPrefix(text, []byte("<?xml")):
		return "", refuse("file.xml")
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "", refuse("file.pdf")
	case bytes.HasPrefix(head, []byte("SQLite format 3")), bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")),
		bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("GIF8")), bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte("7z\xbc\xaf")):
		return "", refuse("file.not_a_table")
	case workbook:
		return "", refuse("file.csv_named_xlsx", "name", filepath.Base(name))
	}
	return CSV, nil
}

// sniffOLE tells an encrypted workbook from the old .xls format: both are OLE2 containers.
func sniffOLE(r io.ReaderAt, size int64) error {
	word := "EncryptedPackage"
	wide := make([]byte, 0, 2*len(word))
	for i := range len(word) {
		wide = append(wide, word[i], 0)
	}
	buf := make([]byte, min(size, 8<<20))
	n, _ := r.ReadAt(buf, 0)
	if bytes.Contains(buf[:n], wide) || bytes.Contains(buf[:n], []byte(word)) {
		return refuse("file.encrypted")
	}
	return refuse("file.xls")
}

func (t *Table) openCSV(r io.ReaderAt, size int64) error {
	seen, err := scanBytes(r, size)
	if err != nil {
		return refuse("file.unreadable", "reason", err.Error())
	}
	f := &t.Format
	var asks []Finding
	if e := t.opts.Encoding; e != "" && e != "auto" {
		name, ok := encodingName(e)
		if !ok {
			return refuse("encoding.unknown", "encoding", e, "known", strings.Join(Encodings(), ", "))
		}
		if name == UTF16LE && seen.bom == UTF16BE && strings.EqualFold(e, "utf-16") {
			name = UTF16BE
		}
		f.Encoding = name
	} else {
		f.Encoding, asks = seen.encoding()
	}
	wide := f.Encoding == UTF16LE || f.Encoding == UTF16BE
	if !wide && seen.nulEven+seen.nulOdd > 0 {
		return refuse("file.nul")
	}
	for _, a := range asks {
		t.note(a)
	}
	if seen.mojibake != "" && f.Encoding == UTF8 {
		t.note(found("encoding.mojibake", "sample", seen.mojibake))
	}
	text := func() io.Reader { return decode(r, size, f.Encoding) }
	head, err := headText(text(), 256<<10)
	if err != nil {
		return refuse("file.unreadable", "reason", err.Error())
	}
	if len(trim(head)) == 0 && int64(len(head)) >= size {
		return refuse("file.empty")
	}
	if wide { // counts of the raw bytes say nothing about line ends
		seen.lf, seen.cr, seen.crlf = int64(bytes.Count(head, []byte("\n"))), int64(bytes.Count(head, []byte("\r"))), int64(bytes.Count(head, []byte("\r\n")))
	}
	ends := t.lineEnds(seen)
	check := f.Encoding == UTF8 && seen.invalid > 0
	limits := t.opts.Limits
	skip := 0
	if d, n := sepLine(head); n > 0 {
		f.SepLine, skip = true, n
		f.Delimiter = rune(d)
		t.note(found("csv.sep_line"))
		head = head[n:]
	}
	if rewrapped(string(cutLines(head, 64<<10)), ends, limits) {
		f.Requoted, f.Delimiter = true, ';'
		t.note(found("csv.requoted"))
		t.open = func() (rowSource, error) {
			return newScanner(newRewrapper(text(), ends, limits), ';', endLF, check, limits), nil
		}
		return nil
	}
	if err := t.chooseDelimiter(cutLines(head, 64<<10), ends); err != nil {
		return err
	}
	t.open = func() (rowSource, error) {
		in := text()
		if skip > 0 {
			if _, err := io.CopyN(io.Discard, in, int64(skip)); err != nil {
				return nil, refuse("file.unreadable", "reason", err.Error())
			}
		}
		s := newScanner(in, byte(f.Delimiter), ends, check, limits)
		if skip > 0 {
			s.nextLine = 2
		}
		return s, nil
	}
	return nil
}

func (t *Table) lineEnds(seen *bytesSeen) lineEnd {
	lone := seen.cr - seen.crlf
	switch {
	case lone > 0 && seen.lf == 0:
		t.Format.LineEnd = "CR"
		return endCR
	case lone > 0 && lone*20 > seen.lf:
		t.Format.LineEnd = "mixed"
		t.note(found("csv.mixed_line_ends"))
		return endAny
	case seen.crlf == 0:
		t.Format.LineEnd = "LF"
	case seen.crlf == seen.lf:
		t.Format.LineEnd = "CRLF"
	default:
		t.Format.LineEnd = "mixed"
		t.note(found("csv.mixed_line_ends"))
	}
	return endLF
}

func headText(r io.Reader, n int) ([]byte, error) {
	buf := make([]byte, n)
	k, err := io.ReadFull(r, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return buf[:k], err
}

// cutLines shortens a sample to whole lines.
func cutLines(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	if i := bytes.LastIndexAny(b[:n], "\r\n"); i > 0 {
		return b[:i+1]
	}
	return b[:n]
}

// sepLine reads the line "sep=;" that tells Excel the separator.
func sepLine(b []byte) (delim byte, length int) {
	if len(b) < 6 || !strings.EqualFold(string(b[:4]), "sep=") || b[5] != '\r' && b[5] != '\n' {
		return 0, 0
	}
	length = 6
	if b[5] == '\r' && len(b) > 6 && b[6] == '\n' {
		length = 7
	}
	return b[4], length
}

type modal struct {
	fields int
	share  float64
}

// modalFields finds the most frequent number of fields, two or more, and the share of the lines that have it.
func modalFields(text string, delim byte, ends lineEnd, l Limits) modal {
	l.Columns = 100_000
	s := newScanner(strings.NewReader(text), delim, ends, false, l)
	count, lines := map[int]int{}, 0
	for s.next() {
		if len(s.cells) == 1 && s.cells[0].Empty() {
			continue
		}
		lines++
		count[len(s.cells)]++
	}
	best := modal{}
	n := 0
	for fields, k := range count {
		if fields > 1 && (k > n || (k == n && fields > best.fields)) {
			best.fields, n = fields, k
		}
	}
	if lines > 0 {
		best.share = float64(n) / float64(lines)
	}
	return best
}

func (t *Table) chooseDelimiter(sample []byte, ends lineEnd) error {
	f := &t.Format
	if t.opts.Delimiter != 0 {
		f.Delimiter = t.opts.Delimiter
		if bytes.IndexByte(sample, byte(f.Delimiter)) < 0 {
			return refuse("csv.delimiter_given", "delimiter", delimiterName(f.Delimiter))
		}
		return nil
	}
	if f.SepLine {
		return nil
	}
	best := modal{}
	for _, d := range []byte(";\t|,") {
		m := modalFields(string(sample), d, ends, t.opts.Limits)
		// German tables use the comma inside numbers and names: it must be clearly the better one.
		if m.fields > 1 && (m.share > best.share+0.05 || best.fields == 0) {
			best = m
			f.Delimiter = rune(d)
		}
	}
	if best.fields == 0 {
		f.Delimiter = ';'
		t.note(found("csv.no_delimiter"))
	}
	return nil
}

func delimiterName(d rune) string {
	if d == '\t' {
		return "tab"
	}
	return string(d)
}
