// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// Standing is how an amendment stands to the text of today.
type Standing struct {
	Amendment Amendment
	// Conflict: the words it changes were changed otherwise since, or its paragraph is gone. Editors decide on the words then.
	Conflict bool
	// Done: the text says it already.
	Done bool
	// With are numbers of other accepted amendments that change the same words otherwise.
	With []int
	// Lost: its paragraph was taken out of the text.
	Lost bool
}

// Taken tells whether it is part of the consolidated text.
func (s Standing) Taken() bool { return !s.Conflict && len(s.With) == 0 }

// Consolidation is the working text with the amendments that were accepted.
type Consolidation struct {
	Doc        *Doc
	Paragraphs []Paragraph // live ones
	Standings  []Standing  // by number
}

// Conflicts counts the amendments that could not be made part of the text.
func (c *Consolidation) Conflicts() int {
	n := 0
	for _, s := range c.Standings {
		if !s.Taken() {
			n++
		}
	}
	return n
}

// Targets gives the live paragraphs that a paragraph of some wording has become: itself, what was split from it since, what it was merged into.
func (d *Doc) Targets(id kernel.ID, edit int) []Paragraph {
	found := map[kernel.ID]bool{}
	var collect func(id kernel.ID, edit int)
	collect = func(id kernel.ID, edit int) {
		p, ok := d.Paragraph(id)
		if !ok || found[id] {
			return
		}
		found[id] = true
		if p.Into != "" && !p.Live() {
			collect(p.Into, p.IntoEdit)
		}
		for _, c := range d.Paragraphs {
			if c.Parent == id && c.ParentEdit >= edit {
				collect(c.ID, 1)
			}
		}
	}
	collect(id, edit)
	var out []Paragraph
	for _, p := range d.Paragraphs {
		if found[p.ID] && p.Live() {
			out = append(out, p)
		}
	}
	return out
}

// Today gives the words of what an amendment is about as they are today, parts apart.
func (d *Doc) Today(a Amendment) string {
	var parts []string
	for _, p := range d.Targets(a.Paragraph, a.BaseEdit) {
		parts = append(parts, p.Body[a.Lang])
	}
	return strings.Join(parts, wording.Part)
}

// Stand tells how one amendment stands to the text of today, whatever is decided on others, and what its paragraph would say.
func (d *Doc) Stand(a Amendment) (Standing, string) {
	s := Standing{Amendment: a}
	if a.Kind == Insert {
		return s, a.Want
	}
	targets := d.Targets(a.Paragraph, a.BaseEdit)
	if len(targets) == 0 {
		s.Conflict, s.Lost = true, true
		return s, ""
	}
	words, out := wording.Merge(wordsOf(targets, a.Lang, nil), []wording.Change{change(targets, targets, a)})
	s.Conflict, s.Done = out[0].Conflict, out[0].Done
	return s, strings.Join(wording.Cut(words), wording.Part)
}

// wordsOf joins the words of paragraphs in a language; instead replaces those of some, in place of the first of them.
func wordsOf(list []Paragraph, lang string, instead map[kernel.ID][]string) []string {
	var out []string
	first := true
	for _, p := range list {
		words, other := instead[p.ID]
		if other && words == nil {
			continue
		}
		if !other {
			words = wording.Words(p.Body[lang])
		}
		if !first {
			out = append(out, wording.Part)
		}
		first = false
		out = append(out, words...)
	}
	return out
}

// change is an amendment of some paragraphs as a change of the words of all of a component.
func change(all, targets []Paragraph, a Amendment) wording.Change {
	base, want := a.Base, a.Want
	if a.State == Modified {
		base, want = a.OutcomeBase, a.Outcome
	}
	put := func(text string) []string {
		m := map[kernel.ID][]string{}
		for i, p := range targets {
			m[p.ID] = nil
			if i == 0 {
				m[p.ID] = append([]string{}, wording.Words(text)...)
			}
		}
		return wordsOf(all, a.Lang, m)
	}
	return wording.Change{Base: put(base), Want: put(want)}
}

// Consolidate makes the accepted amendments that wait part of the text, without keeping it. The order in which they were accepted does not matter.
func (d *Doc) Consolidate(list []Amendment) *Consolidation {
	c := &Consolidation{Doc: d}
	for _, a := range list {
		if a.Waits() {
			c.Standings = append(c.Standings, Standing{Amendment: a})
		}
	}
	slices.SortFunc(c.Standings, func(a, b Standing) int { return cmp.Compare(a.Amendment.Number, b.Amendment.Number) })
	body := map[kernel.ID]kernel.Text{}
	gone := map[kernel.ID]bool{}
	for _, p := range d.Paragraphs {
		body[p.ID] = maps.Clone(p.Body)
	}
	more := map[kernel.ID][]Paragraph{} // new ones behind a paragraph
	for _, g := range c.groups() {
		words, out := wording.Merge(wordsOf(g.all, g.lang, nil), g.changes)
		for i, o := range out {
			s := &c.Standings[g.at[i]]
			s.Conflict, s.Done = o.Conflict, o.Done
			for _, j := range o.With {
				s.With = append(s.With, c.Standings[g.at[j]].Amendment.Number)
			}
		}
		parts := wording.Cut(words)
		for i, p := range g.all {
			switch {
			case i >= len(parts) || parts[i] == "" && p.Body[g.lang] != "":
				gone[p.ID] = true
			default:
				body[p.ID][g.lang] = parts[i]
			}
		}
		last := g.all[len(g.all)-1]
		for i := len(g.all); i < len(parts); i++ {
			if parts[i] != "" {
				more[last.ID] = append(more[last.ID], Paragraph{ID: fresh(last.ID, i), Kind: last.Kind, Level: last.Level, Body: kernel.Text{g.lang: parts[i]}, Parent: last.ID, ParentEdit: last.Edit})
			}
		}
	}
	begin := c.insertions(more)
	c.Paragraphs = append(c.Paragraphs, begin...)
	for _, p := range d.Paragraphs {
		if p.Live() && !gone[p.ID] {
			p.Body = Tidied(body[p.ID])
			c.Paragraphs = append(c.Paragraphs, p)
		}
		c.Paragraphs = append(c.Paragraphs, more[p.ID]...)
	}
	return c
}

// fresh names a paragraph that is not kept yet.
func fresh(id kernel.ID, n int) kernel.ID { return id + kernel.ID("+"+strconv.Itoa(n)) }

// isFresh tells such a name.
func isFresh(id kernel.ID) bool { return strings.Contains(string(id), "+") }

// insertions notes new paragraphs behind those they belong to, by number, and gives those of the begin.
func (c *Consolidation) insertions(more map[kernel.ID][]Paragraph) (begin []Paragraph) {
	for i := range c.Standings {
		a := c.Standings[i].Amendment
		if a.Kind != Insert {
			continue
		}
		text := a.Want
		if a.State == Modified {
			text = a.Outcome
		}
		var list []Paragraph
		for n, part := range wording.Parts(text) {
			list = append(list, Paragraph{ID: fresh(a.ID, n), Kind: Body, Body: kernel.Text{a.Lang: part}})
		}
		behind := a.Paragraph
		if targets := c.Doc.Targets(a.Paragraph, a.BaseEdit); len(targets) > 0 {
			behind = targets[len(targets)-1].ID
		}
		if behind == "" {
			begin = append(begin, list...)
		} else {
			more[behind] = append(more[behind], list...) // where its paragraph is gone it stands in its place
		}
	}
	return begin
}

// group is what amendments that touch each other's paragraphs have in common.
type group struct {
	lang    string
	all     []Paragraph
	changes []wording.Change
	at      []int // places of their standings
}

// groups sorts the amendments of words by the paragraphs they meet in.
func (c *Consolidation) groups() []group {
	type part struct {
		at      int
		targets []Paragraph
	}
	var langs []string
	byLang := map[string][]part{}
	for i := range c.Standings {
		s := &c.Standings[i]
		a := s.Amendment
		if a.Kind == Insert {
			continue
		}
		targets := c.Doc.Targets(a.Paragraph, a.BaseEdit)
		if len(targets) == 0 {
			s.Conflict, s.Lost = true, true
			continue
		}
		if byLang[a.Lang] == nil {
			langs = append(langs, a.Lang)
		}
		byLang[a.Lang] = append(byLang[a.Lang], part{i, targets})
	}
	slices.Sort(langs)
	var out []group
	for _, l := range langs {
		parts := byLang[l]
		taken := make([]bool, len(parts))
		for i := range parts {
			if taken[i] {
				continue
			}
			in := map[kernel.ID]bool{}
			var members []int
			for grown := true; grown; {
				grown = false
				for j := range parts {
					if taken[j] || len(members) > 0 && !slices.ContainsFunc(parts[j].targets, func(p Paragraph) bool { return in[p.ID] }) || len(members) == 0 && j != i {
						continue
					}
					taken[j], grown = true, true
					members = append(members, j)
					for _, p := range parts[j].targets {
						in[p.ID] = true
					}
				}
			}
			slices.Sort(members)
			g := group{lang: l}
			for _, p := range c.Doc.Paragraphs {
				if in[p.ID] {
					g.all = append(g.all, p)
				}
			}
			for _, j := range members {
				g.changes = append(g.changes, change(g.all, parts[j].targets, c.Standings[parts[j].at].Amendment))
				g.at = append(g.at, parts[j].at)
			}
			out = append(out, g)
		}
	}
	return out
}

// Mark stands for a consolidation: what is made part of the text is what was read.
func (c *Consolidation) Mark() string {
	d := *c.Doc
	d.Paragraphs = c.Paragraphs
	return c.Doc.Mark() + d.Mark()
}

// Consolidated gives the working text with the accepted amendments.
func (s *Service) Consolidated(ctx context.Context, a access.Actor, key string) (*Consolidation, error) {
	d, err := s.Doc(ctx, a, key)
	if err != nil {
		return nil, err
	}
	list, err := s.Amendments(ctx, a, key)
	if err != nil {
		return nil, err
	}
	return d.Consolidate(list), nil
}

// Incorporate makes the accepted amendments part of the working text, those in conflict left out; they wait for the editors. mark is that of the
// consolidation that was read. It gives how many became part of the text.
func (s *Service) Incorporate(ctx context.Context, by access.Actor, key, mark string) (int, error) {
	if _, err := s.find(ctx, by, key, access.EditVision); err != nil {
		return 0, err
	}
	n := 0
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		c, err := s.Consolidated(ctx, by, key)
		if err != nil {
			return err
		}
		if c.Mark() != mark {
			return kernel.E(kernel.Conflict, "vision.adopt.moved")
		}
		var numbers []string
		for _, st := range c.Standings {
			if st.Taken() {
				numbers = append(numbers, strconv.Itoa(st.Amendment.Number))
			}
		}
		if n = len(numbers); n == 0 {
			return nil
		}
		note := map[string]string{"key": key, "amendments": strings.Join(numbers, " ")}
		return s.change(ctx, by, access.Act{Do: access.EditVision, What: "vision.incorporate", Object: about(c.Doc.Text), Note: note}, func(ctx context.Context) error {
			return s.incorporate(ctx, by.Tenant, c, strings.Join(numbers, ", "))
		})
	})
	return n, err
}

func (s *Service) incorporate(ctx context.Context, tenant kernel.ID, c *Consolidation, numbers string) error {
	now := s.now()
	reason := fmt.Sprintf("Ä %s", numbers)
	kept := map[kernel.ID]bool{}
	d := c.Doc.copy()
	last := -1 // place in d of the paragraph before
	for _, p := range c.Paragraphs {
		if isFresh(p.ID) {
			p.ID, p.Edit, p.ChangedAt = kernel.NewID(), 1, now
			last++
			if err := s.insert(ctx, tenant, d, last, p, reason); err != nil {
				return err
			}
			kept[p.ID] = true
			continue
		}
		kept[p.ID] = true
		last = slices.IndexFunc(d.Paragraphs, func(x Paragraph) bool { return x.ID == p.ID })
		if maps.Equal(d.Paragraphs[last].Body, p.Body) {
			continue
		}
		p.Edit, p.ChangedAt, p.Place = p.Edit+1, now, d.Paragraphs[last].Place
		if err := s.Store.SaveParagraph(ctx, tenant, p, reason); err != nil {
			return err
		}
	}
	for _, p := range d.Paragraphs {
		if p.Live() && !kept[p.ID] {
			p.Edit, p.ChangedAt, p.RemovedAt = p.Edit+1, now, now
			if err := s.Store.SaveParagraph(ctx, tenant, p, reason); err != nil {
				return err
			}
		}
	}
	for _, st := range c.Standings {
		if a := st.Amendment; st.Taken() {
			a.Applied, a.Edit, a.ChangedAt = now, a.Edit+1, now
			if err := s.Store.SaveAmendment(ctx, tenant, a); err != nil {
				return err
			}
		}
	}
	return nil
}
