// SPDX-License-Identifier: EUPL-1.2

package wording_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// change is a change of texts.
func change(base, want string) wording.Change {
	return wording.Change{Base: wording.Words(base), Want: wording.Words(want)}
}

// merge joins changes of texts.
func merge(today string, changes []wording.Change) (string, []wording.Outcome) {
	words, out := wording.Merge(wording.Words(today), changes)
	return wording.Join(words), out
}

func TestTwoChangesOfOneParagraphGetAlong(t *testing.T) {
	const today = "Wir helfen armen Familien, früh und gut."
	for _, c := range []struct {
		name    string
		changes []wording.Change
		want    string
		taken   []bool
	}{
		{"apart", []wording.Change{change(today, "Wir stärken armen Familien, früh und gut."), change(today, "Wir helfen armen Familien, früh und gut und überall.")}, "Wir stärken armen Familien, früh und gut und überall.", []bool{true, true}},
		{"same words", []wording.Change{change(today, "Wir helfen jungen Familien, früh und gut."), change(today, "Wir helfen allen Familien, früh und gut.")}, today, []bool{false, false}},
		{"the same", []wording.Change{change(today, "Wir helfen allen Familien, früh und gut."), change(today, "Wir helfen allen Familien, früh und gut.")}, "Wir helfen allen Familien, früh und gut.", []bool{true, true}},
		{"both append", []wording.Change{change(today, today+" Punkt."), change(today, today+" Schluss.")}, today, []bool{false, false}},
		{"older wording", []wording.Change{change("Wir helfen Familien, früh und gut.", "Wir helfen Familien, früh und besser.")}, "Wir helfen armen Familien, früh und besser.", []bool{true}},
		{"words are gone", []wording.Change{change("Wir helfen reichen Familien.", "Wir helfen wohlhabenden Familien.")}, today, []bool{false}},
		{"beside words that are gone", []wording.Change{change("Wir helfen reichen Familien.", "Wir helfen sehr reichen Familien.")}, today, []bool{false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, out := merge(today, c.changes)
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			for i, o := range out {
				if o.Taken() != c.taken[i] {
					t.Errorf("change %d: %+v", i, o)
				}
			}
		})
	}
}

func TestLinesDependOnTheWordsAlone(t *testing.T) {
	text := "Wir wollen eine Stadt, in der niemand zurückbleibt und in der Nachbarschaften einander kennen."
	lines := wording.Lines(text, 30)
	want := []string{"Wir wollen eine Stadt, in der", "niemand zurückbleibt und in", "der Nachbarschaften einander", "kennen."}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
	if got := wording.Lines("Donaudampfschifffahrtsgesellschaft ja", 10); len(got) != 2 {
		t.Errorf("a long word stands alone: %q", got)
	}
	if !slices.Equal(wording.Lines("  "+strings.ReplaceAll(text, " ", "  ")+"\n", 30), want) {
		t.Error("blanks move lines")
	}
}

// text draws a paragraph of few different words, so that comparisons meet the same ones often.
func text(t *rapid.T, name string) string {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"Stadt", "für", "alle", "und", "Kinder", "gut,", "leben.", "wir"}), 0, 14).Draw(t, name)
	return wording.Tidy(strings.Join(words, " "))
}

// edit changes a text at one place or two.
func edit(t *rapid.T, s, name string) string {
	words := strings.Fields(s)
	for range rapid.IntRange(1, 2).Draw(t, name+" edits") {
		at := rapid.IntRange(0, len(words)).Draw(t, name+" at")
		end := min(len(words), at+rapid.IntRange(0, 2).Draw(t, name+" drop"))
		add := rapid.SliceOfN(rapid.SampledFrom([]string{"neu", "Stadt", "mehr", "alle"}), 0, 2).Draw(t, name+" add")
		words = slices.Concat(words[:at], add, words[end:])
	}
	return wording.Tidy(strings.Join(words, " "))
}

func TestWhatIsCutIsJoinedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := wording.Tidy(rapid.String().Draw(t, "text"))
		if got := wording.Join(wording.Words(s)); got != s {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}

func TestAComparisonHoldsBothTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := text(t, "a"), text(t, "b")
		if got := wording.Join(wording.Apply(wording.Words(a), wording.Diff(wording.Words(a), wording.Words(b)))); got != b {
			t.Fatalf("the changes from %q to %q make %q", a, b, got)
		}
		from, to := "", ""
		for _, o := range wording.Compare(a, b) {
			if o.Kind != wording.Added {
				from += o.Text
			}
			if o.Kind != wording.Dropped {
				to += o.Text
			}
		}
		if wording.Tidy(from) != a || wording.Tidy(to) != b {
			t.Fatalf("%q and %q are read as %q and %q", a, b, from, to)
		}
	})
}

// The order in which amendments are accepted must not matter.
func TestJoiningDoesNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := text(t, "base")
		today := base
		if rapid.Bool().Draw(t, "edited meanwhile") {
			today = edit(t, base, "today")
		}
		var changes []wording.Change
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			changes = append(changes, change(base, edit(t, base, "want")))
		}
		first, out := merge(today, changes)
		order := rapid.Permutation([]int{0, 1, 2, 3}[:len(changes)]).Draw(t, "order")
		turned := make([]wording.Change, len(changes))
		for i, j := range order {
			turned[i] = changes[j]
		}
		second, again := merge(today, turned)
		if first != second {
			t.Fatalf("%q in one order, %q in another", first, second)
		}
		for i, j := range order {
			if again[i].Taken() != out[j].Taken() {
				t.Fatalf("change %d is taken in one order only", j)
			}
		}
	})
}

// count tells how often each word stands in a text.
func count(s string) map[string]int {
	out := map[string]int{}
	for _, w := range wording.Words(s) {
		out[strings.TrimSpace(w)]++
	}
	return out
}

// A join never drops words silently: each word is there as often as today's text and all changes together say, or a conflict is named.
func TestJoiningNeverDropsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := text(t, "base")
		today, want := edit(t, base, "today"), edit(t, base, "want")
		got, out := merge(today, []wording.Change{change(base, want)})
		if !out[0].Taken() {
			if got != today {
				t.Fatalf("a conflict changed %q into %q", today, got)
			}
			return
		}
		b, d, w, g := count(base), count(today), count(want), count(got)
		for word, n := range w {
			// what the change adds is there, and what today's text added too
			least := max(n, d[word])
			if plus, also := n-b[word], d[word]-b[word]; plus > 0 && also < 0 || plus < 0 && also > 0 {
				least = min(n, d[word]) // one side added, the other took away
			} else if plus < 0 || also < 0 {
				least = 0
			}
			if g[word] < least {
				t.Fatalf("%q and %q of %q lose %q: %q", today, want, base, word, got)
			}
		}
		for word := range g {
			if b[word]+d[word]+w[word] == 0 {
				t.Fatalf("%q came from nowhere: %q", word, got)
			}
		}
	})
}

func FuzzMerge(f *testing.F) {
	f.Add("a b c", "a x c", "a b c d")
	f.Add("", "neu", "auch neu")
	f.Add("eins\n\nzwei", "eins", "zwei")
	f.Fuzz(func(t *testing.T, base, today, want string) {
		if len(base)+len(today)+len(want) > 3000 {
			return
		}
		got, out := merge(wording.Tidy(today), []wording.Change{change(base, want)})
		if !out[0].Taken() && got != wording.Tidy(today) {
			t.Errorf("a conflict changed %q into %q", today, got)
		}
		if wording.Tidy(base) == wording.Tidy(today) && got != wording.Tidy(want) {
			t.Errorf("%q of an unchanged text becomes %q", want, got)
		}
	})
}
