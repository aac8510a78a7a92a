// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text escapes text for use in markup: what comes out typesets as exactly the words that went in, on one paragraph.
//
// Every ASCII character that is neither letter nor digit is escaped, not only those that are markup today (* _ ` $ = - + / @ < > # ~ ' " and
// the point after a number or the colon in an address): a later compiler may give others a meaning. White space of any kind becomes one
// blank, control characters vanish.
func Text(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	blank := false
	for i, r := range s {
		switch {
		case r == utf8.RuneError && invalidAt(s, i):
			b.WriteRune(utf8.RuneError)
		case unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f':
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		case hidden(r):
			continue
		case r < 0x80 && !isWord(r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		blank = false
	}
	return b.String()
}

// Str writes text as a string literal of Typst code, quotes included.
func Str(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && invalidAt(s, i):
			b.WriteRune(utf8.RuneError)
		case hidden(r) || r == '\r':
		case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			b.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + `}`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// hidden reports characters that have no glyph and may reorder what stands around them: control characters and the explicit
// directional marks of Unicode UAX #9, which can make a name read as another (CVE-2021-42574). Direction itself follows from the letters.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\r' || r == '\v' || r == '\f' || r == 0x85:
		return false
	case unicode.Is(unicode.Cc, r):
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c, r == 0xfeff:
		return true
	case unicode.Is(unicode.Co, r), r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef:
		return true
	}
	return false
}

func invalidAt(s string, i int) bool {
	_, n := utf8.DecodeRuneInString(s[i:])
	return n == 1
}
