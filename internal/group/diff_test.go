// SPDX-License-Identifier: EUPL-1.2

package group_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/group"
)

func sides(list []group.Piece) (from, to string) {
	for _, p := range list {
		if p.Op != group.Inserted {
			from += p.Text
		}
		if p.Op != group.Deleted {
			to += p.Text
		}
	}
	return from, to
}

func TestAComparisonHoldsBothTextsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.SampledFrom([]string{"Wohnen", "Umfeld ", "im", " Quartier\n", "\n", "  ", "سلام ", "ä"})
		a := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(rt, "a"), " ")
		b := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(rt, "b"), " ")
		if from, to := sides(group.Compare(a, b)); from != a || to != b {
			rt.Fatalf("%q and %q came back as %q and %q", a, b, from, to)
		}
	})
}

func TestOneChangedWordIsOneChangedWord(t *testing.T) {
	got := group.Compare("Wir wollen gute Schulen.\nUnd Parks.\n", "Wir wollen sehr gute Schulen.\nUnd Parks.\n")
	var changed []string
	for _, p := range got {
		if p.Op != group.Same {
			changed = append(changed, p.Text)
		}
	}
	if len(changed) != 1 || changed[0] != "sehr " {
		t.Errorf("%q", changed)
	}
}

func TestAnAgendaIsReadAsPeopleWriteIt(t *testing.T) {
	list := group.Agenda("TOP 1: Begrüßung\n2. Wohnen\n   mit Gästen\n\n3) Verschiedenes", nil)
	if len(list) != 3 || list[0].Title != "Begrüßung" || list[1].Title != "Wohnen" || list[1].Text != "mit Gästen" || list[2].Title != "Verschiedenes" {
		t.Fatalf("%+v", list)
	}
	list[1].Minutes = "Es wurde beraten."
	again := group.Agenda("Wohnen\nBegrüßung", list)
	if len(again) != 2 || again[0].ID != list[1].ID || again[0].Minutes == "" || again[0].Number != 1 {
		t.Errorf("a moved item keeps its minutes: %+v", again)
	}
	if kept := group.Agenda("Ganz anderes", list); len(kept) != 2 || kept[1].Minutes == "" {
		t.Errorf("what has minutes is not lost: %+v", kept)
	}
	if text := group.AgendaText(list); group.Agenda(text, list)[1].Text != "mit Gästen" {
		t.Errorf("%q", text)
	}
}

func TestKeysStandInAddresses(t *testing.T) {
	for name, want := range map[string]string{"AG 3: Wohnen & Umfeld": "ag-3-wohnen-umfeld", "Begleitgremium Größe": "begleitgremium-groesse", "!!!": ""} {
		if got := group.KeyOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
