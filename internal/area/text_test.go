// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestTextsAreMadeFitForPages: reliability.md F08, F11, F12, F15, F17 and F19.
func TestTextsAreMadeFitForPages(t *testing.T) {
	family := "👨\u200d👩\u200d👧"
	for _, c := range []struct {
		in, want string
		hidden   bool
	}{
		{"  Alt \u00a0 stadt ", "Alt stadt", false},
		{"Mu\u0308hle", "Mühle", false},
		{"\ufeffNord", "Nord", false},
		{"gnp.\u202etxt.exe", "gnp.txt.exe", true},
		{"ad\u200bmin", "admin", true},
		{"a\x1b[31mb\x07", "a[31mb", true},
		{"a\u0085b", "a b", false},
		{"\u3164\u00a0 ", "", true},
		{family, family, false},
		{"a\u200d", "a", true},
		{"x" + strings.Repeat("\u0301", 1000), "x" + strings.Repeat("\u0301", maxMarks), true},
		{"Straße nach „Süd“ (B\u00a056)", "Straße nach „Süd“ (B 56)", false},
	} {
		if got := clean(c.in); got != c.want || hidden(c.in) != c.hidden {
			t.Errorf("%q: %q, hidden %v", c.in, got, hidden(c.in))
		}
	}
	if got := cleanKey("0\u200d1"); got != "01" {
		t.Errorf("key %q", got)
	}
	if got := shorten([]rune(strings.Repeat("x", 298)+family), 300); got != strings.Repeat("x", 298) {
		t.Errorf("cut within a family: %q", got[290:])
	}
}

func TestCleaningTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := clean(rapid.String().Draw(t, "text"))
		if again := clean(s); again != s || !utf8.ValidString(s) || hidden(s) {
			t.Fatalf("%q became %q", s, again)
		}
	})
}
