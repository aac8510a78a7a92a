// SPDX-License-Identifier: EUPL-1.2

package account_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kupferfaden/kupferfaden/internal/account"
)

func TestPseudonymsTellNothingAndPassForNobodyElse(t *testing.T) {
	for typed, want := range map[string]string{
		"Kupferfreundin": "", "  Kupfer   Faden ": "", "Dr. Faden": "", "Ünal": "", "Борис": "", "山田太郎": "", "Faden 👨‍👩‍👧": "", "Ma\u0308rchen": "",
		"": "account.pseudonym.short", "ab": "account.pseudonym.short", "👍👍": "account.pseudonym.short", "12345": "account.pseudonym.letters",
		strings.Repeat("x", 41): "account.pseudonym.long", strings.Repeat("x", 5000): "account.pseudonym.long",
		"Fa\u200bden": "account.name.invisible", "Fa\u00adden": "account.name.invisible", "\u3164\u3164\u3164": "account.name.invisible",
		"Fаden": "account.name.mixed", "Fadεn": "account.name.mixed", "a" + strings.Repeat("\u0301", 12): "account.name.marks",
		"Fa\x00den": "account.name.control", "Fa\nden": "account.name.control", "Fa\xffden": "account.name.utf8",
		"faden.example": "account.pseudonym.link", "www.faden": "account.pseudonym.link", "faden@post": "account.pseudonym.link", "https://x": "account.pseudonym.link",
		"<b>Faden</b>": "account.pseudonym.link",
	} {
		if _, got := account.CleanPseudonym(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for _, same := range [][2]string{
		{"Kupferfaden", "kupfer-faden"}, {"Straße", "STRASSE"}, {"Faden", "ＦＡＤＥＮ"}, {"асе", "ace"}, {"Faden0", "FadenO"}, {"Müller", "Mu\u0308ller"}, {"Irmak", "ırmak"},
	} {
		if account.PseudonymKey(same[0]) != account.PseudonymKey(same[1]) {
			t.Errorf("%q and %q pass for different people", same[0], same[1])
		}
	}
	if account.PseudonymKey("Faden") == account.PseudonymKey("Fäden") {
		t.Error("two people are one")
	}
	if got, _ := account.CleanName("Anna\u202e ammA"); got != "Anna ammA" {
		t.Errorf("directional marks: %q", got)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"Anna", "Fa\u200bden", "👨‍👩‍👧", "\xff", "a\u0301\u0301", "\u202eabc", "Straße", "1️⃣", "🇩🇪🇩", "e\u0301\u200d", "a@b.de", "x@xn--mller-kva.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		account.ValidEmail(s)
		if once := account.FoldEmail(s); utf8.ValidString(s) && account.FoldEmail(once) != once && !strings.Contains(s, "xn--") {
			if twice := account.FoldEmail(account.FoldEmail(once)); twice != account.FoldEmail(once) {
				t.Errorf("folding never ends: %q %q", once, twice)
			}
		}
		name, wrong := account.CleanName(s)
		if wrong != "" {
			return
		}
		if !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) || strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}) {
			t.Errorf("%q is kept as %q", s, name)
		}
		if again, wrong := account.CleanName(name); wrong != "" || again != name {
			t.Errorf("%q becomes %q, then %q (%s)", s, name, again, wrong)
		}
		if n := account.Characters(name); n < 0 || n > utf8.RuneCountInString(name) {
			t.Errorf("%q has %d characters", name, n)
		}
	})
}
