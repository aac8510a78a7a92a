// SPDX-License-Identifier: EUPL-1.2

package i18n_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

func TestATownsWordStandsInEverySentence(t *testing.T) {
	words := map[string]map[string]i18n.Term{
		"nachbarschaft": {"area": {One: "Nachbarschaft", Many: "Nachbarschaften", Genitive: "Nachbarschaft", Dative: "Nachbarschaften", Gender: "die"}},
		"quartier":      {"area": {One: "Quartier", Many: "Quartiere", Genitive: "Quartiers", Dative: "Quartieren", Gender: "das"}},
		"ortsteil":      {"area": {One: "Ortsteil", Many: "Ortsteile", Genitive: "Ortsteils", Dative: "Ortsteilen", Gender: "der"}},
	}
	for _, c := range []struct{ word, key, want string }{
		{"", "web.nav.areas", "Räume"},
		{"ortsteil", "web.nav.areas", "Ortsteile"},
		{"nachbarschaft", "atlas.areas.lead", "Die Stadt ist in Nachbarschaften verschiedener Größe gegliedert. Jede Nachbarschaft hat einen Steckbrief mit den veröffentlichten Zahlen."},
		{"quartier", "atlas.panel.none", "Wählen Sie ein Quartier auf der Karte oder in der Tabelle, um mehr über es zu erfahren."},
		{"ortsteil", "atlas.empty", "Sobald die Stadt Zahlen freigibt, erscheinen sie hier auf der Karte, als Tabelle und im Steckbrief jedes Ortsteils."},
		{"nachbarschaft", "atlas.empty", "Sobald die Stadt Zahlen freigibt, erscheinen sie hier auf der Karte, als Tabelle und im Steckbrief jeder Nachbarschaft."},
		{"nachbarschaft", "atlas.summary.none", "Für keine Nachbarschaft wird ein Wert gezeigt."},
		{"quartier", "atlas.column.position", "Lage unter den Quartieren"},
	} {
		if got := de.WithTerms(words[c.word]).T(c.key); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.word, c.key, got, c.want)
		}
	}
	english := en.WithTerms(map[string]i18n.Term{"area": {One: "ward", Many: "wards"}})
	for key, want := range map[string]string{"web.nav.areas": "Wards", "atlas.find.label": "Find a ward"} {
		if got := english.T(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if got := en.T("atlas.find.label"); got != "Find an area" {
		t.Error(got)
	}
	if got := de.WithTerms(words["ortsteil"]).T("atlas.legend.count", "n", 1); got != "1 Ortsteil" {
		t.Error(got)
	}
}

// A town's word stands nowhere beside the shipped one: what the atlas and the planner's pages say of areas, they say by the placeholder.
func TestNoSentenceOfTheAtlasNamesTheShippedWord(t *testing.T) {
	marked := i18n.Term{One: "\x01", Many: "\x01", Genitive: "\x01", Dative: "\x01", Gender: "der"}
	p := de.WithTerms(map[string]i18n.Term{"area": marked})
	used := 0
	for _, key := range i18n.Keys("de") {
		if !strings.HasPrefix(key, "atlas.") && !strings.HasPrefix(key, "planner.") && !strings.HasPrefix(key, "web.") {
			continue
		}
		for _, n := range []int{1, 2} {
			s := p.T(key, "n", n)
			if strings.Contains(s, "\x01") {
				used++
			}
			for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" .,;:„“()?!–", r) }) {
				if slices.Contains([]string{"Raum", "Räume", "Räumen", "Raums", "Raumes"}, w) {
					t.Errorf("%s: %q", key, s)
				}
			}
		}
	}
	if used < 100 {
		t.Errorf("only %d sentences say the town's word", used)
	}
}
