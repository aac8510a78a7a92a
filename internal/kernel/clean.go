// SPDX-License-Identifier: EUPL-1.2

package kernel

import (
	"strings"
	"unicode"
)

// Clean gives what somebody typed without what is not text: control characters, marks that turn the direction of writing, and blanks of every
// kind at the ends (F08, F15, F17 of design/reliability.md); letters of every script stay. Without lines it makes one line of s.
func Clean(s string, lines bool) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case lines && (r == '\n' || r == '\t'):
			return r
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar, r == 0xfeff:
			return -1
		}
		return r
	}, s)
	return strings.TrimFunc(s, Blank)
}

// Blank tells what shows nothing: spaces of every kind and letters without a shape.
func Blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u3164' || r == '\u200b' || r == '\u2800' || r == '\u00ad'
}
