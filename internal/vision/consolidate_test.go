// SPDX-License-Identifier: EUPL-1.2

package vision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/manuscript"
)

// drawDoc draws a text of few paragraphs with amendments, some of them made before a paragraph was edited, split or merged.
func drawDoc(t *rapid.T) (*vision.Doc, []vision.Amendment) {
	sentence := func(name string) string {
		n := rapid.SliceOfN(rapid.SampledFrom([]string{"Stadt", "für", "alle", "Kinder", "gut", "leben", "wir", "und"}), 2, 10).Draw(t, name)
		return strings.Join(n, " ") + "."
	}
	d := &vision.Doc{}
	for i := range rapid.IntRange(1, 4).Draw(t, "paragraphs") {
		d.Paragraphs = append(d.Paragraphs, vision.Paragraph{ID: kernel.ID(fmt.Sprint("p", i)), Kind: vision.Body, Edit: 1, Body: kernel.Text{"de": sentence("text")}})
	}
	var list []vision.Amendment
	for i := range rapid.IntRange(1, 6).Draw(t, "amendments") {
		p := rapid.SampledFrom(d.Paragraphs).Draw(t, "of")
		a := vision.Amendment{
			ID: kernel.ID(fmt.Sprint("a", i)), Number: i + 1, Paragraph: p.ID, BaseEdit: 1, Lang: "de", State: vision.Accepted, Base: p.Body["de"],
			Kind: rapid.SampledFrom([]vision.AmendmentKind{vision.Replace, vision.Insert, vision.Delete, vision.Editorial}).Draw(t, "kind"),
		}
		words := strings.Fields(a.Base)
		at := rapid.IntRange(0, len(words)).Draw(t, "at")
		switch a.Kind {
		case vision.Insert:
			a.Base, a.Want = "", sentence("new")
		case vision.Replace, vision.Editorial:
			end := min(len(words), at+rapid.IntRange(0, 2).Draw(t, "drop"))
			a.Want = strings.Join(slices.Concat(words[:at], []string{"neu"}, words[end:]), " ")
		case vision.Delete:
		}
		list = append(list, a)
	}
	for i := range d.Paragraphs { // editing went on
		p := &d.Paragraphs[i]
		if rapid.Bool().Draw(t, "edited") {
			p.Body, p.Edit = kernel.Text{"de": "Heute " + p.Body["de"]}, 2
		}
	}
	if rapid.Bool().Draw(t, "split") {
		p := &d.Paragraphs[0]
		words := strings.Fields(p.Body["de"])
		if at := len(words) / 2; at > 0 {
			second := vision.Paragraph{ID: "s", Kind: vision.Body, Edit: 1, Parent: p.ID, ParentEdit: p.Edit, Body: kernel.Text{"de": strings.Join(words[at:], " ")}}
			p.Body, p.Edit = kernel.Text{"de": strings.Join(words[:at], " ")}, p.Edit+1
			d.Paragraphs = slices.Insert(d.Paragraphs, 1, second)
		}
	}
	return d, list
}

func texts(c *vision.Consolidation) string {
	var out []string
	for _, p := range c.Paragraphs {
		out = append(out, p.Body["de"])
	}
	return strings.Join(out, "\n")
}

// Whatever the order in which amendments were accepted, and however they are listed, the text with them is the same.
func TestTheOrderOfAcceptanceDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, list := drawDoc(t)
		first := d.Consolidate(list)
		turned := rapid.Permutation(list).Draw(t, "order")
		second := d.Consolidate(turned)
		taken := func(c *vision.Consolidation) map[int]bool {
			out := map[int]bool{}
			for _, s := range c.Standings {
				out[s.Amendment.Number] = s.Taken()
			}
			return out
		}
		a, b := taken(first), taken(second)
		for n := range a {
			if a[n] != b[n] {
				t.Fatalf("Ä %d is taken in one order only", n)
			}
		}
		if texts(first) != texts(second) {
			t.Fatalf("one order makes\n%s\nanother\n%s", texts(first), texts(second))
		}
	})
}

// One by one or all at once: amendments that do not get in each other's way make the same text.
func TestOneByOneIsTheSameAsAllAtOnce(t *testing.T) {
	const base = "Wir wollen eine Stadt für alle. Kinder wachsen gut auf. Alte leben sicher."
	d := &vision.Doc{Paragraphs: []vision.Paragraph{{ID: "p", Kind: vision.Body, Edit: 1, Body: kernel.Text{"de": base}}}}
	var list []vision.Amendment
	for i, w := range [][2]string{{"eine Stadt", "eine offene Stadt"}, {"gut auf", "gesund auf"}, {"Alte leben", "Ältere leben"}} {
		list = append(list, vision.Amendment{ID: kernel.ID(fmt.Sprint(i)), Number: i + 1, Paragraph: "p", BaseEdit: 1, Kind: vision.Replace, Lang: "de", State: vision.Accepted, Base: base, Want: strings.Replace(base, w[0], w[1], 1)})
	}
	want := texts(d.Consolidate(list))
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}} {
		x := &vision.Doc{Paragraphs: slices.Clone(d.Paragraphs)}
		for _, i := range order {
			c := x.Consolidate(list[i : i+1])
			if c.Conflicts() > 0 {
				t.Fatalf("order %v: %+v", order, c.Standings)
			}
			x.Paragraphs = c.Paragraphs
			x.Paragraphs[0].Edit++
		}
		if got := texts(x.Consolidate(nil)); got != want {
			t.Errorf("order %v: %q, want %q", order, got, want)
		}
	}
}

// Every amendment that was accepted is part of the text or named as a conflict; none is dropped.
func TestNoAcceptedAmendmentIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, list := drawDoc(t)
		c := d.Consolidate(list)
		if len(c.Standings) != len(list) {
			t.Fatalf("%d of %d", len(c.Standings), len(list))
		}
		for _, s := range c.Standings {
			if s.Taken() && s.Amendment.Kind == vision.Insert && !strings.Contains(texts(c), s.Amendment.Want) {
				t.Fatalf("%q is not in %q", s.Amendment.Want, texts(c))
			}
			if s.Taken() && !s.Done && (s.Amendment.Kind == vision.Replace || s.Amendment.Kind == vision.Editorial) && strings.Contains(s.Amendment.Want, "neu") && !strings.Contains(texts(c), "neu") {
				t.Fatalf("what Ä %d adds is not in %q", s.Amendment.Number, texts(c))
			}
		}
	})
}

func TestAFileKeepsTheIdsOfWhatItSaysAgain(t *testing.T) {
	d := &vision.Doc{Paragraphs: []vision.Paragraph{
		{ID: "a", Kind: vision.Heading, Level: 1, Edit: 1, Body: kernel.Text{"de": "Zusammenleben"}},
		{ID: "b", Kind: vision.Body, Edit: 1, Body: kernel.Text{"de": "Wir wollen eine Stadt, in der alle dazugehören."}},
		{ID: "c", Kind: vision.Body, Edit: 1, Body: kernel.Text{"de": "Kinder wachsen gut auf."}},
		{ID: "d", Kind: vision.Body, Edit: 1, Body: kernel.Text{"de": "Das fällt weg und kommt nicht wieder."}},
	}}
	blocks := []manuscript.Block{
		{Kind: manuscript.Heading, Level: 1, Text: "Zusammenleben"},
		{Kind: manuscript.Paragraph, Text: "Ganz neu steht hier etwas anderes."},
		{Kind: manuscript.Paragraph, Text: "Wir wollen eine offene Stadt, in der alle dazugehören."},
		{Kind: manuscript.Paragraph, Text: "Kinder wachsen gut auf."},
	}
	p, err := d.PlanTake(blocks, "de")
	if err != nil {
		t.Fatal(err)
	}
	var ids []kernel.ID
	for _, x := range p.Next {
		ids = append(ids, x.ID)
	}
	if !slices.Equal(ids, []kernel.ID{"a", "", "b", "c"}) || len(p.Removed) != 1 || p.Removed[0].ID != "d" || p.Same != 2 || p.Changed != 1 || p.New != 1 {
		t.Errorf("%v %+v", ids, p)
	}
	if _, err := d.PlanTake(blocks[:2], "en"); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("a translation with other paragraphs: %v", err)
	}
	if p, err = d.PlanTake(blocks, "en"); err != nil || p.Next[1].ID != "b" || p.Next[1].Body["de"] == "" || p.Next[1].Body["en"] == "" {
		t.Errorf("a translation: %v %+v", err, p.Next)
	}
}

func TestVersionsAreSetSideBySideByTheirParagraphs(t *testing.T) {
	p := func(id kernel.ID, text string) vision.Paragraph {
		return vision.Paragraph{ID: id, Kind: vision.Body, Body: kernel.Text{"de": text}}
	}
	from := []vision.Paragraph{p("a", "Eins"), p("b", "Zwei"), p("c", "Drei"), p("d", "Vier")}
	to := []vision.Paragraph{p("d", "Vier"), p("a", "Eins"), p("c", "Drei neu"), p("e", "Fünf")}
	got := ""
	for _, x := range vision.Pairs(from, to) {
		switch {
		case x.Old == nil:
			got += "+" + string(x.New.ID)
		case x.New == nil:
			got += "-" + string(x.Old.ID)
		case x.Moved:
			got += "~" + string(x.New.ID)
		case x.Same(kernel.Text.String):
			got += "=" + string(x.New.ID)
		default:
			got += "!" + string(x.New.ID)
		}
	}
	if got != "~d=a-b!c+e" {
		t.Error(got)
	}
}

func TestNumbersCountWithinChapters(t *testing.T) {
	head := func(level int) vision.Paragraph {
		return vision.Paragraph{Kind: vision.Heading, Level: level, Body: kernel.Text{"de": "Titel"}}
	}
	body := vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": strings.Repeat("Wort ", 40)}}
	var numbers []string
	line := 0
	for _, p := range vision.Numbered([]vision.Paragraph{body, head(1), body, body, head(2), body, head(1), body}, nil) {
		numbers = append(numbers, p.Number)
		line = p.Line
	}
	if got := strings.Join(numbers, " "); got != "0.1 1 1.1 1.2 1.3 1.3.1 2 2.1" || line != 16 {
		t.Errorf("%s, last paragraph begins on line %d", got, line)
	}
	for want, list := range map[string][]vision.Paragraph{
		"1 2":                         {body, body},
		"1 1.1 1.1.1 1.2 1.2.1 2":     {head(2), head(3), body, head(3), head(4), head(1)},
		"0.1 1 1.1 1.2 1.2.1 1.2.2 2": {body, head(1), body, head(2), body, head(3), head(1)},
	} {
		var got []string
		for _, p := range vision.Numbered(list, nil) {
			got = append(got, p.Number)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v, not %s", got, want)
		}
	}
}

func TestAHeadlineIsChosenByMostVotes(t *testing.T) {
	h := vision.Headline{Options: []vision.Option{{Votes: 110}, {Votes: 60}, {Votes: 30}}}
	if h.Winner() != 0 || h.Total() != 200 {
		t.Errorf("%d of %d", h.Winner(), h.Total())
	}
	h.Options[1].Votes = 110
	if h.Winner() != -1 {
		t.Error("a tie has a winner")
	}
}
