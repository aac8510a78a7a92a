// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks a letter keeps; more would be drawn over the lines above and below (reliability.md F11).
const maxMarks = 10

// blanks are letters that draw nothing: Hangul fillers, the empty braille cell, the byte-order mark.
const blanks = "\u115F\u1160\u3164\uFFA0\u2800\uFEFF"

// clean makes a text that can stand on a page, in an address and in a table: composed (NFC), one blank instead of several, without control
// characters, marks of direction, invisible characters and piles of combining marks. Joiners stay where they join.
func clean(s string) string {
	marks := 0
	var before rune
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), strings.ContainsRune(blanks, r):
			r = ' '
		case joiner(r) && unicode.IsGraphic(before) && before != ' ':
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				return -1
			}
			before = r
			return r
		}
		marks, before = 0, r
		return r
	}, norm.NFC.String(s))
	return norm.NFC.String(strings.Join(strings.Fields(strings.TrimRight(s, "\u200c\u200d")), " "))
}

// cleanKey makes a key: what cannot be seen cannot be typed either, so joiners go too.
func cleanKey(s string) string {
	return strings.Map(func(r rune) rune {
		if joiner(r) {
			return -1
		}
		return r
	}, clean(s))
}

// joiner tells the characters that make one sign of several (families of emoji) or part letters of some scripts.
func joiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// hidden tells whether clean removes more from a text than blanks.
func hidden(s string) bool {
	plain := strings.Join(strings.FieldsFunc(norm.NFC.String(s), unicode.IsSpace), "")
	return strings.ReplaceAll(clean(s), " ", "") != strings.TrimPrefix(plain, "\uFEFF")
}

// shorten cuts a text to at most n runes, never within a letter and its marks or within joined signs.
func shorten(r []rune, n int) string {
	for n > 0 && n < len(r) && (unicode.Is(unicode.M, r[n]) || joiner(r[n]) || joiner(r[n-1])) {
		n--
	}
	return string(slices.Clone(r[:n]))
}
