// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/manuscript"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// alike is how much of its words a paragraph must share with one of a file to be the same, changed.
const alike = 0.5

// Plan is what a file would make of a text.
type Plan struct {
	Doc     *Doc
	Lang    string
	Next    []Paragraph // the text as it would be; those without an id are new
	Removed []Paragraph // that the file does not have
	// Same, Changed and New count the paragraphs.
	Same, Changed, New int
}

// PlanTake sets a file beside the text: paragraphs that say the same or nearly the same keep their ids, so that amendments and versions go on
// belonging to them. A language the text is not written in yet is put beside the paragraphs there are, in their order; there must be as many.
func (d *Doc) PlanTake(blocks []manuscript.Block, lang string) (Plan, error) {
	p := Plan{Doc: d, Lang: lang}
	blocks = slices.Clone(blocks)
	for i := range blocks {
		blocks[i].Text = tidied(blocks[i].Text)
	}
	blocks = slices.DeleteFunc(blocks, func(b manuscript.Block) bool { return b.Text == "" })
	var live []Paragraph
	for _, x := range d.Paragraphs {
		if x.Live() {
			live = append(live, x)
		}
	}
	if len(live) > 0 && !slices.ContainsFunc(live, func(x Paragraph) bool { return x.Body[lang] != "" }) {
		if len(live) != len(blocks) {
			return p, kernel.E(kernel.Invalid, "vision.take.lang", "have", len(live), "file", len(blocks))
		}
		for i, b := range blocks {
			p.put(live[i], b, false)
		}
		return p, nil
	}
	have, want := make([]string, len(live)), make([]string, len(blocks))
	for i, x := range live {
		have[i] = x.Body[lang]
	}
	for i, b := range blocks {
		want[i] = b.Text
	}
	at := 0 // in live
	next := 0
	for _, h := range append(wording.Diff(have, want), wording.Hunk{Lo: len(live), Hi: len(live)}) {
		for ; at < h.Lo; at++ {
			p.put(live[at], blocks[next], true)
			next++
		}
		p.pair(live[h.Lo:h.Hi], blocks[next:next+len(h.With)])
		at, next = h.Hi, next+len(h.With)
	}
	return p, nil
}

// put takes a block as the new wording of a paragraph.
func (p *Plan) put(x Paragraph, b manuscript.Block, structure bool) {
	before := x
	x.Body = maps.Clone(x.Body)
	if x.Body == nil {
		x.Body = kernel.Text{}
	}
	x.Body[p.Lang] = b.Text
	if structure {
		x.Kind, x.Level = ParagraphKind(b.Kind), b.Level
	}
	if x.Kind == before.Kind && x.Level == before.Level && maps.Equal(x.Body, before.Body) {
		p.Same++
	} else {
		p.Changed++
	}
	p.Next = append(p.Next, x)
}

// pair finds, in order, which blocks are paragraphs with other words, which are new, and which paragraphs are gone.
func (p *Plan) pair(old []Paragraph, blocks []manuscript.Block) {
	i := 0
	for n, b := range blocks {
		found := -1
		if len(old)*len(blocks) <= 10_000 { // beyond, the file is another text
			left := len(blocks) - n - 1
			for j := i; j < len(old) && j-i <= max(len(old)-i-left, 0)+3; j++ {
				if wording.Similar(old[j].Body[p.Lang], b.Text) >= alike {
					found = j
					break
				}
			}
		}
		if found < 0 {
			p.New++
			p.Next = append(p.Next, Paragraph{Kind: ParagraphKind(b.Kind), Level: b.Level, Body: kernel.Text{p.Lang: b.Text}})
			continue
		}
		p.Removed = append(p.Removed, old[i:found]...)
		p.put(old[found], b, true)
		i = found + 1
	}
	p.Removed = append(p.Removed, old[i:]...)
}

// PlanOf reads what a file would make of a text.
func (s *Service) PlanOf(ctx context.Context, by access.Actor, key, lang string, blocks []manuscript.Block) (Plan, error) {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return Plan{}, err
	}
	tag, ok := kernel.Tag(lang)
	if !ok {
		return Plan{}, invalid(map[string]string{"lang": "vision.lang"})
	}
	return d.PlanTake(blocks, tag)
}

// Take makes a file's text the working text, as its plan said. mark is that of the text the plan was made for.
func (s *Service) Take(ctx context.Context, by access.Actor, key, lang, mark string, blocks []manuscript.Block) error {
	p, err := s.PlanOf(ctx, by, key, lang, blocks)
	if err != nil {
		return err
	}
	if p.Doc.Mark() != mark {
		return kernel.E(kernel.Conflict, "vision.adopt.moved")
	}
	if len(p.Next)+len(p.Removed) > mostParagraphs {
		return kernel.E(kernel.Invalid, "vision.paragraphs.many", "n", mostParagraphs)
	}
	for _, x := range p.Next {
		if _, err := words(x.Body); err != nil {
			return err
		}
	}
	note := map[string]string{"key": key, "lang": p.Lang, "same": strconv.Itoa(p.Same), "changed": strconv.Itoa(p.Changed), "new": strconv.Itoa(p.New), "removed": strconv.Itoa(len(p.Removed))}
	return s.change(ctx, by, access.Act{Do: access.EditVision, What: "vision.take", Object: about(p.Doc.Text), Note: note}, func(ctx context.Context) error {
		return s.take(ctx, by.Tenant, p)
	})
}

func (s *Service) take(ctx context.Context, tenant kernel.ID, p Plan) error {
	now := s.now()
	for _, x := range p.Removed {
		x.Edit, x.ChangedAt, x.RemovedAt = x.Edit+1, now, now
		if err := s.Store.SaveParagraph(ctx, tenant, x, ""); err != nil {
			return err
		}
	}
	places := map[kernel.ID]int{}
	for i, x := range p.Next {
		if x.ID == "" {
			x.ID, x.Edit, x.ChangedAt, x.Place, x.Body = kernel.NewID(), 1, now, i+1, Tidied(x.Body)
			if err := s.Store.InsertParagraph(ctx, tenant, p.Doc.ID, x, ""); err != nil {
				return err
			}
			continue
		}
		places[x.ID] = i + 1
		old, _ := p.Doc.Paragraph(x.ID)
		if old.Kind == x.Kind && old.Level == x.Level && maps.Equal(old.Body, x.Body) {
			continue
		}
		x.Edit, x.ChangedAt, x.Body = x.Edit+1, now, Tidied(x.Body)
		if err := s.Store.SaveParagraph(ctx, tenant, x, ""); err != nil {
			return err
		}
	}
	at := len(p.Next)
	for _, x := range p.Doc.Paragraphs { // what is gone stands behind, in its order
		if _, ok := places[x.ID]; !ok {
			at++
			places[x.ID] = at
		}
	}
	return s.Store.Places(ctx, tenant, places)
}

// Blocks gives paragraphs as a file holds them, as a reader sees them.
func Blocks(list []Paragraph, read Read) []manuscript.Block {
	var out []manuscript.Block
	for _, p := range list {
		out = append(out, manuscript.Block{Kind: manuscript.Kind(p.Kind), Level: p.Level, Text: read(p.Body)})
	}
	return out
}
