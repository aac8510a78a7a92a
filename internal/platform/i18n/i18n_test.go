// SPDX-License-Identifier: EUPL-1.2

package i18n_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

var (
	de = i18n.For("de", kernel.Standard)
	en = i18n.For("en", kernel.Standard)
)

func TestFiguresAreWrittenAsTheReaderWritesThem(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{de.Number(1234.5, 1), "1.234,5"},
		{en.Number(1234.5, 1), "1,234.5"},
		{de.Number(999, 0), "999"},
		{de.Number(-1234567.891, 2), "−1.234.567,89"},
		{de.Number(-0.04, 1), "0,0"},
		{de.Number(0.1+0.2, -1), "0,3"},
		{de.Number(100, -1), "100"},
		{de.Number(math.NaN(), 1), "–"},
		{de.Number(math.Inf(-1), 1), "−∞"},
		{de.Int(3769495), "3.769.495"},
		{en.Int(-1000), "−1,000"},
		{de.Percent(12.34, 1), "12,3\u00a0%"},
		{en.Percent(12.34, 1), "12.3%"},
		{de.Percent(math.NaN(), 1), "–"},
		{de.Date("2020-12-31"), "31.12.2020"},
		{en.Date("2020-02-01"), "1 Feb 2020"},
		{de.Date(""), "–"},
		{de.Period(period(t, "2020")), "2020"},
		{de.Period(period(t, "2018-01-01/2020-12-31")), "2018–2020"},
		{de.Period(period(t, "2020-12-31")), "31.12.2020"},
		{en.Period(period(t, "2020-08-01/2021-07-31")), "1 Aug 2020 – 31 Jul 2021"},
		{de.DateTime(instant("2026-11-21T10:36:00Z")), "21.11.2026, 11:36\u00a0Uhr"},
		{de.DateTime(instant("2026-07-01T22:30:00Z")), "02.07.2026, 00:30\u00a0Uhr"},
		{en.DateTime(instant("2026-11-21T10:36:00Z")), "21 Nov 2026, 11:36"},
		{de.Bytes(0), "0\u00a0B"},
		{de.Bytes(999), "999\u00a0B"},
		{de.Bytes(1234567), "1,2\u00a0MB"},
		{de.Bytes(48213), "48\u00a0kB"},
		{de.Bytes(999_600), "1,0\u00a0MB"},
		{de.Duration(250 * time.Millisecond), "250\u00a0ms"},
		{de.Duration(3500 * time.Millisecond), "3,5\u00a0s"},
		{de.Duration(125 * time.Second), "2\u00a0min 5\u00a0s"},
		{de.Duration(80 * time.Minute), "1\u00a0h 20\u00a0min"},
		{de.List([]string{"a", "b", "c"}), "a, b und c"},
		{en.List([]string{"a", "b"}), "a and b"},
		{de.List(nil), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func period(t *testing.T, s string) kernel.Period {
	t.Helper()
	p, err := kernel.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func instant(s string) kernel.Instant {
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return kernel.InstantOf(v)
}

func TestSentencesTakeTheirParameters(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{de.T("period.order", "value", "2021/2020"), "Im Zeitraum „2021/2020“ liegt das Ende vor dem Anfang."},
		{de.T("web.findings.more", "n", 1), "Ein weiterer Hinweis ist nicht aufgeführt."},
		{de.T("web.findings.more", "n", 12345), "12.345 weitere Hinweise sind nicht aufgeführt."},
		{en.T("web.findings.more", "n", int64(2)), "2 more findings are not listed."},
		{de.T("finding.row", "row", 2020), "Zeile 2020"},
		{de.T("finding.row"), "Zeile {row}"},
		{de.T("no.such.key", "n", 1), "no.such.key"},
		{de.T("tenant.which", "keys", []string{"a", "b"}), "Hier sind mehrere Städte eingerichtet: a und b. Wählen Sie eine mit --tenant."},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestErrorsShowOnlyWhatIsForTheReader(t *testing.T) {
	secret := errors.New("sqlite: no such table account")
	for _, c := range []struct {
		err  error
		want string
	}{
		{kernel.E(kernel.Denied, "access.denied"), "Dafür haben Sie keine Berechtigung."},
		{fmt.Errorf("import: %w", kernel.E(kernel.Invalid, "date.form", "value", "31.02.")), "„31.02.“ ist kein Datum. Schreiben Sie Jahr-Monat-Tag, zum Beispiel 2020-12-31."},
		{secret, "Hier ist etwas schiefgegangen. Der Fehler wurde aufgezeichnet."},
		{&kernel.Error{Kind: kernel.Unavailable, Key: "db.busy", Err: secret}, "Die Datenbank ist gerade belegt. Bitte versuchen Sie es in einer halben Minute noch einmal."},
		{context.DeadlineExceeded, "Das hat zu lange gedauert. Bitte versuchen Sie es später noch einmal."},
		{nil, ""},
	} {
		if got := de.Error(c.err); got != c.want {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
	}
}

func TestFindingsSayWhereAndFallBackToTheirFinder(t *testing.T) {
	f := kernel.Finding{Code: "no.such.code", File: "kinder.xlsx", Sheet: "2020", Row: 12, Column: "C (Einwohner)", Text: "not a number"}
	if got, want := de.Finding(f), "kinder.xlsx, Blatt „2020“, Zeile 12, Spalte C (Einwohner): not a number"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f = kernel.Finding{Code: "period.form", Row: 3, Params: map[string]any{"value": "202013"}}
	if got := en.Finding(f); !strings.HasPrefix(got, "row 3: “202013” is no period.") {
		t.Errorf("got %q", got)
	}
}

func TestLeichteSpracheIsARegisterWithANamedFallback(t *testing.T) {
	leicht := i18n.For("de", kernel.Leicht)
	if got := leicht.T("access.signin"); got != de.T("access.signin") || !leicht.Missed("access.signin") {
		t.Errorf("fallback %q, missed %v", got, leicht.Missed("access.signin"))
	}
	if de.Missed("access.signin") {
		t.Error("the standard register misses nothing")
	}
	text := kernel.Text{"de": "Sozialräume", "de+leicht": "Teile der Stadt"}
	if got, lang := leicht.Text(text); got != "Teile der Stadt" || lang != "de" {
		t.Errorf("%q %q", got, lang)
	}
	if got, lang := i18n.For("en", kernel.Standard).Text(text); got != "Sozialräume" || lang != "de" {
		t.Errorf("a fallback names its language: %q %q", got, lang)
	}
}

func TestAnUnknownLanguageIsSpokenInGerman(t *testing.T) {
	if p := i18n.For("xx", kernel.Standard); p.Lang() != "de" {
		t.Errorf("got %q", p.Lang())
	}
}

// The order of DIN 5007-1: umlauts with their vowels, ß as ss; numbers by value as people expect of "Bezirk 2" and "Bezirk 10".
func TestNamesSortAsInAGermanIndex(t *testing.T) {
	want := []string{"Aachen", "Ährenfeld", "Bezirk 2", "Bezirk 10", "Mitte", "Mühlenberg", "Münster", "Öchsen", "Ostheim", "Straßberg", "Strassburg", "Zwickau"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return strings.Compare(i18n.SortKey(a), i18n.SortKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("by key: %v", got)
	}
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		switch {
		case i18n.Less(a, b):
			return -1
		case i18n.Less(b, a):
			return 1
		}
		return 0
	})
	if !slices.Equal(got, want) {
		t.Errorf("by comparison: %v", got)
	}
}

func TestSearchFindsEverySpelling(t *testing.T) {
	for _, group := range [][]string{
		{"Mühle", "MÜHLE", "muhle", "Muehle", " mühle "},
		{"Große Straße", "grosse strasse", "GROSSE  STRASSE"},
		{"Café", "cafe"},
	} {
		for _, s := range group {
			if i18n.Fold(s) != i18n.Fold(group[0]) {
				t.Errorf("%q folds to %q, %q to %q", s, i18n.Fold(s), group[0], i18n.Fold(group[0]))
			}
		}
	}
	if i18n.Fold("Mitte") == i18n.Fold("Miete") {
		t.Error("different words fold alike")
	}
}

func TestNumbersReadBack(t *testing.T) {
	back := func(s, thousands, point string) string {
		s = strings.ReplaceAll(s, thousands, "")
		return strings.NewReplacer(point, ".", "−", "-").Replace(s)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e12, 1e12).Draw(t, "v")
		plain := fmt.Sprintf("%.3f", v)
		if plain == "-0.000" {
			plain = "0.000"
		}
		if got := back(de.Number(v, 3), ".", ","); got != plain {
			t.Fatalf("German %q, want %q", got, plain)
		}
		if got := back(en.Number(v, 3), ",", "."); got != plain {
			t.Fatalf("English %q, want %q", got, plain)
		}
	})
}
