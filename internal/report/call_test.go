// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

func TestCallsAreReadInGermanAndEnglish(t *testing.T) {
	for _, c := range []struct {
		text, key string
	}{
		{"zahl indikator=sgb2_rate raum=0101 zeit=2025-12-31", "figure area=0101 indicator=sgb2_rate period=2025-12-31"},
		{"figure indicator=sgb2_rate area=0101 period=2025-12-31", "figure area=0101 indicator=sgb2_rate period=2025-12-31"},
		{"ZAHL Indikator = sgb2_rate  Teil = Veränderung", "figure indicator=sgb2_rate part=change"},
		{"zahl indikator=x teil=veraenderung", "figure indicator=x part=change"},
		{"karte index", "map index"},
		{"karte räume", "map areas"},
		{"karte raeume stufe=bezirk", "map areas level=bezirk"},
		{"karte indikator=sgb2_rate klassen=jenks anzahl=5", "map classes=jenks count=5 indicator=sgb2_rate"},
		{"karte indikator=x klassen=manuell grenzen=5,10.5,20", "map classes=manual indicator=x limits=5,10.5,20"},
		{`diagramm indikator=a,b art=linie titel="Ein Titel, mit \"Anführung\""`, `chart indicator=a,b title="Ein Titel, mit \"Anführung\"" type=line`},
		{"diagramm indikator=a titel=„So“", "chart indicator=a title=So"},
		{"steckbriefe stufe=plr", "profiles level=plr"},
		{"zahl indikator=x vergleich=nein", "figure compare=no indicator=x"},
		{"angabe stichtag", "fact period"},
		{"zeichen", "flags"},
	} {
		got, err := report.ParseCall(c.text)
		if err != nil || got.Key() != c.key {
			t.Errorf("%s: %q, %v, want %q", c.text, got.Key(), err, c.key)
		}
	}
}

func TestEveryMistakeInACallIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "report.call.empty",
		"  ":                                 "report.call.empty",
		"indikator=x":                        "report.call.empty",
		"bild indikator=x":                   "report.call.unknown",
		"zahl farbe=rot":                     "report.call.param",
		"karte klima":                        "report.call.word",
		"angabe stichtag vergleich":          "report.call.topics",
		"zahl indikator=a indikator=b":       "report.call.twice",
		"zahl indikator=a indicator=b":       "report.call.twice",
		`zahl indikator=""`:                  "report.call.novalue",
		"zahl indikator=":                    "report.call.novalue",
		"zahl indikator=a zeit=2025-02-30":   "report.call.value",
		"zahl indikator=a zeit=gestern":      "report.call.value",
		"karte indikator=a klassen=bunt":     "report.call.value",
		"karte indikator=a anzahl=2":         "report.call.value",
		"karte indikator=a anzahl=99":        "report.call.value",
		"karte indikator=a grenzen=10,5":     "report.call.value",
		"karte indikator=a grenzen=NaN":      "report.call.value",
		`karte titel="offen`:                 "report.call.quote",
		"karte index; drop table":            "report.call.sign",
		"karte {{index":                      "report.call.sign",
		"zahl =x":                            "report.call.empty",
		"zahl " + strings.Repeat("x", 2000):  "report.call.long",
		"steckbriefe indikator=a stufe=b x=": "report.call.param",
	} {
		_, err := report.ParseCall(text)
		var k *kernel.Error
		if !errors.As(err, &k) || k.Key != want || k.Kind != kernel.Invalid {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// What Key and German write is read again as the same call: frozen parts are found by it.
func TestACallSurvivesItsOwnWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringOfN(rapid.Rune(), 1, 40, 200).Draw(t, "title")
		c := report.Call{Kind: report.ChartPart, Params: map[string]string{"indicator": "a,b", "type": "line", "title": title}}
		if strings.TrimSpace(title) == "" || !validText(title) {
			t.Skip()
		}
		same(t, c, c.Key())
		german := c.German()
		same(t, c, german[2:len(german)-2])
	})
}

func validText(s string) bool { return !strings.ContainsRune(s, '\ufffd') }

func same(t *rapid.T, c report.Call, text string) {
	again, err := report.ParseCall(text)
	if err != nil || again.Kind != c.Kind || !maps.Equal(again.Params, c.Params) {
		t.Fatalf("%q: %+v %v", text, again, err)
	}
}

func FuzzParseCall(f *testing.F) {
	for _, s := range []string{"zahl indikator=a", `karte titel="x\"y"`, "diagramm indikator=a,b art=linie", "„“=»«", "karte\xff", "a==b", `x="`, "zahl indikator=a zeit=2025"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := report.ParseCall(s)
		if err != nil {
			if kernel.KindOf(err) != kernel.Invalid {
				t.Fatalf("%q: %v is nothing an author can act on", s, err)
			}
			return
		}
		again, err := report.ParseCall(c.Key())
		if err != nil || again.Key() != c.Key() {
			t.Fatalf("%q became %q, which is read as %q, %v", s, c.Key(), again.Key(), err)
		}
	})
}
