// SPDX-License-Identifier: EUPL-1.2

package typst_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
)

// hostile are texts that a planner, a citizen or a delivery may bring.
var hostile = []string{
	"#set page(width: 1pt)", "$x^2$", "@key <label>", `back\slash`, "]", "[", "// comment", "/* all */", "`raw`", "```", "*bold* _em_",
	"= Heading", "- item", "+ item", "1. item", "/ term: x", "~ -- --- ... 'a' \"b\"", "https://example.org/x", "Mühle & Söhne", "emoji \U0001F600",
	"שלום עולם", "مرحبا", "\u202eabc\u202c", "a\x00b", "a\xffb", "line\n\n= second", "tab\tend", "a\\", "#", "\\u{41}", "#\"x\"", "{{ }}",
}

// plain undoes Text by the rules of Typst markup: a backslash makes the next character itself, \u{..} is a code point.
func plain(t interface{ Fatalf(string, ...any) }, markup string) string {
	var b strings.Builder
	for i := 0; i < len(markup); {
		c := markup[i]
		if c != '\\' {
			if c < 0x80 && !strings.ContainsRune(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", rune(c)) {
				t.Fatalf("unescaped %q in %q", c, markup)
			}
			r, n := utf8.DecodeRuneInString(markup[i:])
			b.WriteRune(r)
			i += n
			continue
		}
		if strings.HasPrefix(markup[i:], `\u{`) {
			end := strings.IndexByte(markup[i:], '}')
			n, err := strconv.ParseInt(markup[i+3:i+end], 16, 32)
			if err != nil {
				t.Fatalf("escape in %q: %v", markup, err)
			}
			b.WriteRune(rune(n))
			i += end + 1
			continue
		}
		if i+1 >= len(markup) {
			t.Fatalf("%q ends in a backslash", markup)
		}
		b.WriteByte(markup[i+1])
		i += 2
	}
	return b.String()
}

func TestTextLeavesNoMarkupAndLosesNoWord(t *testing.T) {
	for _, s := range hostile {
		checkText(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { checkText(t, rapid.String().Draw(t, "s")) })
	rapid.Check(t, func(t *rapid.T) {
		checkText(t, rapid.StringOf(rapid.SampledFrom([]rune(`#$@\[]{}*_-+=/<>~"'.,:;!?`+"`1aäh \n\u202e\U0001F600ש"))).Draw(t, "s"))
	})
}

func checkText(t interface{ Fatalf(string, ...any) }, s string) {
	got := plain(t, typst.Text(s))
	if want := visible(s); strings.Join(strings.Fields(got), " ") != want {
		t.Fatalf("Text(%q) means %q, want %q", s, got, want)
	}
}

// visible is what a reader of s sees: words with single blanks, without control and direction marks.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 && !strings.ContainsRune("\t\n\v\f\r", r), r == 0x7f, r >= 0x80 && r < 0xa0 && r != 0x85:
			return -1
		case strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff", r):
			return -1
		case r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef, r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func TestStrIsOneLiteral(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		lit := typst.Str(s)
		if !strings.HasPrefix(lit, `"`) || !strings.HasSuffix(lit, `"`) || len(lit) < 2 {
			t.Fatalf("Str(%q) = %s", s, lit)
		}
		for i, inner := 0, lit[1:len(lit)-1]; i < len(inner); i++ {
			switch inner[i] {
			case '\\':
				i++
				if i >= len(inner) || !strings.ContainsRune(`\"nturu`, rune(inner[i])) {
					t.Fatalf("Str(%q) has a bad escape: %s", s, lit)
				}
			case '"', '\n', 0:
				t.Fatalf("Str(%q) = %s ends early", s, lit)
			}
		}
	}
	for _, s := range hostile {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.String().Draw(t, "s")) })
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			if !utf8.ValidString(typst.Text(s)) || !utf8.ValidString(typst.Str(s)) {
				t.Fatal("invalid UTF-8 came through")
			}
			return
		}
		checkText(t, s)
	})
}
