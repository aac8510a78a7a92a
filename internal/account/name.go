// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of names, in characters as a reader counts them.
const (
	MaxName      = 100 // of staff
	MinPseudonym = 3
	MaxPseudonym = 40
	maxMarks     = 10 // combining marks on one letter (reliability.md F11); real scripts use up to five
)

// FoldEmail gives the form in which addresses are told apart: Unicode NFKC, small letters, no blanks around, the domain in its readable form
// (RFC 5890). Strictly the part before the @ may be case-sensitive (RFC 5321 2.4); no mail system in use keeps two people apart that way, while
// people do vary the case when they type.
func FoldEmail(s string) string {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !strings.Contains(domain, "xn--") {
		return s
	}
	if u, err := idna.Lookup.ToUnicode(domain); err == nil {
		return local + "@" + u
	}
	return s
}

// ValidEmail tells whether s is one bare address that mail can reach: no display name, no quotes, a domain of at least two labels, at most 254
// bytes (RFC 5321 4.5.3.1). International domains and plus signs are welcome; invisible characters and mixed scripts are not.
func ValidEmail(s string) bool {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || invisible(s, false) {
		return false
	}
	local, domain, _ := strings.Cut(s, "@")
	if len(local) > 64 || !strings.Contains(domain, ".") || mixed(local) {
		return false
	}
	for _, label := range strings.Split(domain, ".") {
		if mixed(label) {
			return false
		}
	}
	ascii, err := idna.Registration.ToASCII(strings.ToLower(domain))
	return err == nil && len(ascii) <= 253
}

// CleanName gives the name of a member of staff as it is kept, or the key of the sentence that says what is wrong with it: normal form C,
// without directional marks, single blanks. Invisible characters, mixed scripts (Cyrillic а in a Latin word) and towers of marks are refused,
// as they make two people look alike or break the page.
func CleanName(s string) (name, wrong string) {
	if !utf8.ValidString(s) {
		return "", "account.name.utf8"
	}
	s = norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s))
	if control(s) {
		return "", "account.name.control"
	}
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case invisible(s, true):
		return "", "account.name.invisible"
	case towers(s):
		return "", "account.name.marks"
	case mixed(s):
		return "", "account.name.mixed"
	case Characters(s) > MaxName || len(s) > 10*MaxName:
		return "", "account.name.long"
	}
	return s, ""
}

// CleanPseudonym is CleanName for citizens: between MinPseudonym and MaxPseudonym characters, at least one letter, nothing that looks like a
// link or an address, as pseudonyms are public and spam lives on links.
func CleanPseudonym(s string) (name, wrong string) {
	name, wrong = CleanName(s)
	switch n := Characters(name); {
	case wrong == "account.name.long" || n > MaxPseudonym:
		return "", "account.pseudonym.long"
	case wrong != "":
		return "", wrong
	case n < MinPseudonym:
		return "", "account.pseudonym.short"
	case !strings.ContainsFunc(name, unicode.IsLetter):
		return "", "account.pseudonym.letters"
	case linklike(name):
		return "", "account.pseudonym.link"
	}
	return name, ""
}

// PseudonymKey gives the form in which pseudonyms are told apart: what a reader takes for the same name has the same key. Case, accents of
// composition, blanks and punctuation do not count, and letters of other scripts count as the Latin ones they look like (Unicode UTS 39,
// whole-script confusables, as far as Cyrillic and Greek are concerned).
func PseudonymKey(s string) string {
	s = cases.Fold().String(norm.NFKC.String(s))
	return strings.Map(func(r rune) rune {
		if l, ok := lookalike[r]; ok {
			return l
		}
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) {
			return r
		}
		return -1
	}, norm.NFKC.String(s))
}

// lookalike are the small letters of Cyrillic and Greek that are drawn like a Latin one, and the digits read as letters.
var lookalike = map[rune]rune{
	'а': 'a', 'в': 'b', 'е': 'e', 'ё': 'e', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x',
	'і': 'i', 'ї': 'i', 'ј': 'j', 'ѕ': 's', 'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'ѵ': 'v', 'һ': 'h', 'ӏ': 'l', 'ь': 'b',
	'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'γ': 'y', 'ω': 'w',
	'ı': 'i', '0': 'o', '1': 'l',
}

// control tells whether there is a character that is no text: NUL, line breaks in a line of text, other controls (F07, F15).
func control(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
	})
}

// invisible tells whether there are characters one cannot see (F09, F17): zero-width ones, fillers, tags. With emoji, the joiner between two
// pictures and the selector behind one are seen, as the family they make (F12).
func invisible(s string, emoji bool) bool {
	rs := []rune(s)
	for i, r := range rs {
		hidden := unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) ||
			r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800'
		if !hidden {
			continue
		}
		drawn := emoji && i > 0 && (r == '\ufe0f' && (picture(rs[i-1]) || i+1 < len(rs) && rs[i+1] == '\u20e3') ||
			r == '\u200d' && i+1 < len(rs) && picture(rs[i+1]) && (picture(rs[i-1]) || rs[i-1] == '\ufe0f'))
		if !drawn {
			return true
		}
	}
	return false
}

// picture tells an emoji, its skin tone included.
func picture(r rune) bool {
	return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r >= 0x1f3fb && r <= 0x1f3ff
}

// towers tells whether a letter carries more marks than any language puts on one.
func towers(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsMark(r) {
			n++
		} else {
			n = 0
		}
		if n > maxMarks {
			return true
		}
	}
	return false
}

// writing are the scripts that are told apart; all others are one more.
var writing = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Armenian, unicode.Georgian, unicode.Devanagari,
	unicode.Thai, unicode.Ethiopic, unicode.Tamil, unicode.Cherokee, unicode.Coptic,
}

// together are scripts that languages write together (Unicode UTS 39, highly restrictive): Japanese, Korean, Chinese with bopomofo.
var together = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}

// mixed tells whether letters of more than one script stand together (F10).
func mixed(s string) bool {
	seen := -1
	for _, r := range s {
		if !unicode.IsLetter(r) || unicode.In(r, unicode.Common, unicode.Inherited) {
			continue
		}
		k := len(writing)
		for i, t := range writing {
			if unicode.Is(t, r) {
				k = i
			}
		}
		if unicode.In(r, together...) {
			k = len(writing) + 1
		}
		if seen >= 0 && seen != k {
			return true
		}
		seen = k
	}
	return false
}

// linklike tells whether a name could be taken for, or turned into, a link or an address.
func linklike(s string) bool {
	low := strings.ToLower(norm.NFKC.String(s))
	if strings.ContainsAny(low, "@/\\<>[](){}|") || strings.Contains(low, "www.") || strings.Contains(low, "://") || strings.Contains(low, "www ") {
		return true
	}
	for i, r := range low { // a dot between letters, as in "stadt.de"; "Dr. Anna" is none
		if r != '.' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(low[:i])
		after, _ := utf8.DecodeRuneInString(low[i+1:])
		if (unicode.IsLetter(before) || unicode.IsDigit(before)) && unicode.IsLetter(after) {
			return true
		}
	}
	return false
}

// Characters counts what a reader takes for one character: a letter with its marks, a family of emoji, a flag (Unicode UAX 29, as far as names
// need it).
func Characters(s string) int {
	n, joined, flag := 0, false, false
	for _, r := range s {
		regional := r >= 0x1f1e6 && r <= 0x1f1ff
		switch {
		case unicode.IsMark(r) || r == '\u200d' || r >= 0x1f3fb && r <= 0x1f3ff:
		case joined:
		case regional && flag:
			flag = false
			continue
		default:
			n++
			flag = regional
		}
		joined = r == '\u200d'
	}
	return n
}
