// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// How long texts may be, in characters.
const (
	MostTitle   = 150
	MostText    = 8_000
	MostEntered = 60_000 // of a letter that staff writes down
	MostComment = 3_000
	MostName    = 60
	mostReason  = 1_000
)

// tidy gives a text as it is kept: composed (NFC), without control characters and without characters that turn the direction of writing (F08,
// F15 of design/reliability.md); letters of every script stay. Lines are kept where asked for.
func tidy(s string, lines bool) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			if lines {
				return r
			}
			return ' '
		case r == '\t', r == '\u00a0', r == '\u3000', r == '\u2800', r == '\u3164':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200b', r == '\u2060', r == '\u00ad', r == '\ufeff', r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	list := strings.Split(s, "\n")
	for i, l := range list {
		list[i] = strings.Join(strings.Fields(l), " ")
	}
	s = strings.Join(list, "\n")
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	s = strings.TrimSpace(s)
	if !strings.ContainsFunc(s, visible) {
		return ""
	}
	return s
}

// visible tells whether a character can be seen: joiners and marks alone are no text.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Cf, r)
}

// Lang gives a tag of a language in its canonical form (BCP 47); ok is false for what is none. An empty tag is German.
func Lang(tag string) (canonical string, ok bool) {
	if tag = strings.TrimSpace(tag); tag == "" {
		return "de", true
	}
	if len(tag) > 35 {
		return "", false
	}
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return "", false
	}
	return t.String(), true
}

// RightToLeft tells whether a language is written from right to left.
func RightToLeft(tag string) bool {
	t, err := language.Parse(tag)
	if err != nil {
		return false
	}
	script, _ := t.Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr":
		return true
	}
	return false
}

// Dir is the attribute of a text in the language.
func Dir(tag string) string {
	if RightToLeft(tag) {
		return "rtl"
	}
	return "ltr"
}

// Fold gives the form in which texts are searched and compared: lower case, without accents, ß as ss; the databases fold differently from each
// other.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'ß':
			b.WriteString("ss")
			space = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	return strings.TrimSpace(b.String())
}

// length counts characters.
func length(s string) int { return utf8.RuneCountInString(s) }

// headline makes a title from the beginning of a text.
func headline(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	r := []rune(strings.TrimSpace(line))
	if len(r) <= 80 {
		return string(r)
	}
	cut := 80
	for i := 80; i > 40; i-- {
		if r[i] == ' ' {
			cut = i
			break
		}
	}
	return string(r[:cut]) + " …"
}
