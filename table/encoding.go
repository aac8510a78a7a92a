// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"io"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// Names of encodings as they appear in Format and mappings.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"
	Latin1      = "iso-8859-1"
	Latin9      = "iso-8859-15"
	CP850       = "cp850"
	MacRoman    = "macintosh"
)

var charmaps = map[string]*charmap.Charmap{
	Windows1252: charmap.Windows1252, Latin1: charmap.ISO8859_1, Latin9: charmap.ISO8859_15, CP850: charmap.CodePage850,
	MacRoman: charmap.Macintosh,
}

var encodingAliases = map[string]string{
	"utf8": UTF8, "utf-8-sig": UTF8, "utf-8 with bom": UTF8, "utf-16": UTF16LE, "utf16": UTF16LE, "utf-16-le": UTF16LE, "utf-16-be": UTF16BE,
	"cp1252": Windows1252, "ansi": Windows1252, "windows1252": Windows1252, "latin1": Latin1, "latin-1": Latin1, "iso8859-1": Latin1, "latin9": Latin9,
	"iso8859-15": Latin9, "ibm850": CP850, "dos": CP850, "macroman": MacRoman, "mac": MacRoman,
}

// Encodings lists the encodings a mapping may name.
func Encodings() []string {
	return []string{UTF8, UTF16LE, UTF16BE, Windows1252, Latin1, Latin9, CP850, MacRoman}
}

func encodingName(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if a, ok := encodingAliases[s]; ok {
		return a, true
	}
	for _, e := range Encodings() {
		if e == s {
			return s, true
		}
	}
	return "", false
}

// bytesSeen is what one pass over a file tells about its bytes.
type bytesSeen struct {
	size         int64
	bom          string // encoding by byte-order mark
	nulEven      int64
	nulOdd       int64
	lf, cr, crlf int64
	runes        int64 // valid sequences of more than one byte
	invalid      int64 // bytes that are not UTF-8
	mojibake     string
	high         []context // first bytes above 127 with their neighbours
}

type context struct{ prev, b, next byte }

const maxContexts = 4000

// scanBytes reads the file once. It is cheap beside parsing and makes the choice of encoding depend on the whole file, not on its head.
func scanBytes(r io.ReaderAt, size int64) (*bytesSeen, error) {
	s := &bytesSeen{size: size}
	buf := make([]byte, 256<<10)
	carry := 0
	for off := int64(0); off < size; {
		n, err := r.ReadAt(buf[carry:], off)
		if n == 0 && err != nil {
			if err == io.EOF {
				break
			}
			return nil, err
		}
		block := buf[:carry+n]
		if off == 0 {
			s.bom = bomOf(block)
		}
		fresh := block[carry:]
		s.count(fresh, off)
		off += int64(n)
		carry = s.letters(block, off >= size)
		copy(buf, block[len(block)-carry:])
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	return s, nil
}

func bomOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return UTF16LE
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return UTF16BE
	}
	return ""
}

func (s *bytesSeen) count(b []byte, off int64) {
	if bytes.IndexByte(b, 0) >= 0 {
		for i, x := range b {
			if x == 0 {
				if (off+int64(i))%2 == 0 {
					s.nulEven++
				} else {
					s.nulOdd++
				}
			}
		}
	}
	s.lf += int64(bytes.Count(b, []byte{'\n'}))
	if cr := bytes.Count(b, []byte{'\r'}); cr > 0 {
		s.cr += int64(cr)
		s.crlf += int64(bytes.Count(b, []byte("\r\n")))
	}
}

// letters looks at the bytes above 127 and returns how many bytes at the end of the block must be seen again with the next.
func (s *bytesSeen) letters(b []byte, final bool) int {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i += asciiRun(b[i:])
			continue
		}
		if !final && len(b)-i < utf8.UTFMax+2 {
			return len(b) - i
		}
		r, n := utf8.DecodeRune(b[i:])
		if len(s.high) < maxContexts {
			c := context{b: b[i]}
			if i > 0 {
				c.prev = b[i-1]
			}
			if i+1 < len(b) {
				c.next = b[i+1]
			}
			s.high = append(s.high, c)
		}
		if r == utf8.RuneError && n == 1 {
			s.invalid++
			i++
			continue
		}
		s.runes++
		// "Ã¼" is the UTF-8 of ü read as Windows-1252 and written as UTF-8 again.
		if s.mojibake == "" && (r == 'Ã' || r == 'â') && i+n < len(b) {
			if q, k := utf8.DecodeRune(b[i+n:]); (r == 'Ã' && strings.ContainsRune("¤¶¼Ÿ„–œ", q)) || (r == 'â' && q == '€') {
				s.mojibake = word(b, i, i+n+k)
			}
		}
		i += n
	}
	return 0
}

// asciiRun is the length of the run of ASCII bytes at the start of b, at least 1 when b[0] is one.
func asciiRun(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := b[i : i+8 : i+8]
		if (w[0]|w[1]|w[2]|w[3]|w[4]|w[5]|w[6]|w[7])&0x80 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// word cuts the letters around b[from:to] for a sample.
func word(b []byte, from, to int) string {
	stop := func(x byte) bool { return strings.IndexByte(" ;,\t|\"\r\n", x) >= 0 }
	for from > 0 && !stop(b[from-1]) && to-from < 40 {
		from--
	}
	for to < len(b) && !stop(b[to]) && to-from < 40 {
		to++
	}
	return strings.ToValidUTF8(string(b[from:to]), "")
}

// encoding decides: byte-order mark, else valid UTF-8, else the 8-bit set whose letters are the most plausible German
// (general detectors call German Windows-1252 Turkish; see the design's notes on charsets).
func (s *bytesSeen) encoding() (name string, findings []Finding) {
	if s.bom != "" {
		return s.bom, nil
	}
	if n := s.nulEven + s.nulOdd; n*5 > s.size {
		name = UTF16LE
		if s.nulEven > s.nulOdd {
			name = UTF16BE
		}
		return name, []Finding{found("encoding.utf16_guess", "encoding", name, "answer", "encoding")}
	}
	if s.invalid == 0 || s.runes >= s.invalid {
		return UTF8, nil
	}
	type scored struct {
		name  string
		score int
	}
	list := []scored{{name: Windows1252}, {name: CP850}, {name: MacRoman}}
	for i := range list {
		cm := charmaps[list[i].name]
		for _, c := range s.high {
			list[i].score += plausible(cm.DecodeByte(c.b), c, cm)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].score > list[j].score })
	best := list[0]
	if best.name == Windows1252 && best.score >= 0 {
		return best.name, nil
	}
	return best.name, []Finding{found("encoding.uncertain", "encoding", best.name, "sample", s.sample(charmaps[best.name]), "answer", "encoding")}
}

// plausible scores a letter in its place: German umlauts inside words speak for a reading, capitals after small letters, box drawings,
// control characters and symbols between letters against it.
func plausible(r rune, c context, cm *charmap.Charmap) int {
	prev, next := rune(c.prev), rune(c.next)
	if c.prev >= 0x80 {
		prev = cm.DecodeByte(c.prev)
	}
	if c.next >= 0x80 {
		next = cm.DecodeByte(c.next)
	}
	inside := unicode.IsLetter(prev) && unicode.IsLetter(next)
	switch {
	case strings.ContainsRune("äöü", r):
		if unicode.IsLetter(prev) || unicode.IsLetter(next) {
			return 4
		}
		return 1
	case r == 'ß':
		if unicode.IsLetter(prev) {
			return 4
		}
		return -4
	case strings.ContainsRune("ÄÖÜ", r):
		if unicode.IsLower(prev) {
			return -4
		}
		return 3
	case strings.ContainsRune("éèêàâçáíóúñøåëïćčšžłńğışő", r):
		return 1
	case strings.ContainsRune("€§°²³©®–—„“”‚‘’…·\u00a0½¼¾×±µ«»", r):
		if inside {
			return -3
		}
		return 1
	case unicode.IsControl(r) || r == utf8.RuneError || (r >= 0x2500 && r <= 0x25FF):
		return -6
	case unicode.IsLetter(r):
		return -1
	}
	return -2
}

// sample shows one word in the reading that is proposed.
func (s *bytesSeen) sample(cm *charmap.Charmap) string {
	if len(s.high) == 0 {
		return ""
	}
	c := s.high[0]
	var b strings.Builder
	for _, x := range []byte{c.prev, c.b, c.next} {
		if x >= ' ' {
			b.WriteRune(cm.DecodeByte(x))
		}
	}
	return b.String()
}

// decode gives the text of the file as UTF-8 without byte-order mark.
func decode(r io.ReaderAt, size int64, name string) io.Reader {
	skip := int64(0)
	head := make([]byte, 3)
	n, _ := r.ReadAt(head, 0)
	switch bom := bomOf(head[:n]); {
	case bom == UTF8 && name == UTF8:
		skip = 3
	case bom == name && (name == UTF16LE || name == UTF16BE):
		skip = 2
	}
	raw := io.NewSectionReader(r, skip, size-skip)
	switch name {
	case UTF16LE:
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM).NewDecoder().Reader(raw)
	case UTF16BE:
		return xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM).NewDecoder().Reader(raw)
	case UTF8:
		return raw
	}
	return &charmapReader{r: raw, table: tableOf(charmaps[name]), in: make([]byte, 64<<10)}
}

func tableOf(cm *charmap.Charmap) *[256]string {
	var t [256]string
	for i := range t {
		t[i] = string(cm.DecodeByte(byte(i)))
	}
	return &t
}

// charmapReader decodes an 8-bit set; runs of ASCII are copied whole, which makes it about as fast as reading UTF-8.
type charmapReader struct {
	r       io.Reader
	table   *[256]string
	in      []byte
	pending []byte
	rest    string // of a letter that did not fit
	err     error
}

func (c *charmapReader) Read(p []byte) (int, error) {
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	for n < len(p) {
		if len(c.pending) == 0 {
			if n > 0 || c.err != nil {
				break
			}
			var k int
			k, c.err = c.r.Read(c.in)
			c.pending = c.in[:k]
			if k == 0 && c.err == nil {
				continue
			}
			if k == 0 {
				break
			}
		}
		if run := asciiRun(c.pending); run > 0 {
			k := copy(p[n:], c.pending[:run])
			n += k
			c.pending = c.pending[k:]
			continue
		}
		s := c.table[c.pending[0]]
		k := copy(p[n:], s)
		n += k
		c.rest = s[k:]
		c.pending = c.pending[1:]
		if c.rest != "" {
			break
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, c.err
	}
	return n, nil
}
