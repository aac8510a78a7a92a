// SPDX-License-Identifier: EUPL-1.2

package account

import (
	_ "embed" // the lists
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed words/passwords.txt
var commonPasswords string

//go:embed words/words.txt
var commonWords string

// productWords are what everybody who works with this program has before his eyes (ASVS 6.1.2, 6.2.11).
var productWords = []string{"kupferfaden", "kupfer", "faden", "sozialplanung", "stadtplanung", "stadtverwaltung", "verwaltung", "rathaus", "passwort", "password"}

// listed tells whether a sorted list of lines holds the line.
func listed(lines, line string) bool {
	lo, hi := 0, len(lines)
	for lo < hi {
		mid := lo + (hi-lo)/2
		start := strings.LastIndexByte(lines[lo:mid], '\n') + 1 + lo
		end := start + strings.IndexByte(lines[start:], '\n')
		switch c := strings.Compare(lines[start:end], line); {
		case c == 0:
			return true
		case c < 0:
			lo = end + 1
		default:
			hi = start
		}
	}
	return false
}

// leet undoes the usual replacements of letters.
var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// mostAround is how many digits and signs around a common word make no password of it; more of them may be chance.
const mostAround = 6

// weakPassword tells whether a password stands on the shipped lists, is a common word or one of own with a few digits or signs around it, or
// repeats or counts. It looks at the password as a guesser would: letters folded, usual replacements undone.
func weakPassword(password string, own []string) bool {
	folded := FoldEmail(password)
	if listed(commonPasswords, folded) || repeats(folded) || counts(folded) {
		return true
	}
	core := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	around := utf8.RuneCountInString(folded) - utf8.RuneCountInString(core)
	for _, c := range []string{core, strings.TrimFunc(leet.Replace(folded), func(r rune) bool { return !unicode.IsLetter(r) }), leet.Replace(core)} {
		if around <= mostAround && (listed(commonWords, c) || listed(commonPasswords, c) || onlyOf(c, own)) {
			return true
		}
	}
	return false
}

// onlyOf tells whether nothing is left of s when the words, and what is between them, are taken away.
func onlyOf(s string, words []string) bool {
	words = append(slices.Clone(words), productWords...)
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		if w = FoldEmail(w); utf8.RuneCountInString(w) >= 4 {
			s = strings.ReplaceAll(s, w, " ")
		}
	}
	return strings.IndexFunc(s, unicode.IsLetter) < 0
}

// repeats tells whether s is one short piece, or one common one, again and again.
func repeats(s string) bool {
	r := []rune(s)
	for n := 1; n <= len(r)/2; n++ {
		if len(r)%n != 0 || strings.Repeat(string(r[:n]), len(r)/n) != s {
			continue
		}
		unit := string(r[:n])
		return n <= 4 || listed(commonPasswords, unit) || listed(commonWords, unit)
	}
	return false
}

// counts tells whether each character is the one after or before its neighbour: 12345678901, abcdefghijkl.
func counts(s string) bool {
	r := []rune(s)
	for _, step := range []rune{1, -1} {
		ok := true
		for i := 1; i < len(r) && ok; i++ {
			d := r[i] - r[i-1]
			ok = d == step || d == -9*step && unicode.IsDigit(r[i]) && unicode.IsDigit(r[i-1])
		}
		if ok {
			return true
		}
	}
	return false
}
