// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// words bounds a paragraph in every language.
func words(body kernel.Text) (kernel.Text, error) {
	body = Tidied(body)
	if len(body) == 0 {
		return body, invalid(map[string]string{"body": "vision.body.missing"})
	}
	for _, s := range body {
		if len([]rune(s)) > mostText {
			return body, invalid(map[string]string{"body": "vision.long"})
		}
	}
	return body, nil
}

func kindOf(k ParagraphKind, level int) (ParagraphKind, int, error) {
	switch k {
	case Heading:
		return k, min(max(level, 1), 4), nil
	case Item:
		return k, min(max(level, 1), 3), nil
	case Body:
		return k, 0, nil
	}
	return k, 0, invalid(map[string]string{"kind": "vision.kind.missing"})
}

// act names a change of a paragraph in the audit trail.
func act(t Text, what, reason string, p Paragraph) access.Act {
	return access.Act{
		Do: access.EditVision, What: what, Object: about(t), Reason: reason,
		Note: map[string]string{"key": t.Key, "paragraph": string(p.ID), "wording": strconv.Itoa(p.Edit)},
	}
}

// editing opens a text for a change of its words.
func (s *Service) editing(ctx context.Context, by access.Actor, key string) (*Doc, error) {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return nil, err
	}
	return s.doc(ctx, by, t)
}

// live finds a paragraph that is part of the text and has not been edited since the form was made.
func (d *Doc) live(id kernel.ID, edit int) (Paragraph, int, error) {
	i := slices.IndexFunc(d.Paragraphs, func(p Paragraph) bool { return p.ID == id && p.Live() })
	if i < 0 {
		return Paragraph{}, 0, kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	if d.Paragraphs[i].Edit != edit {
		return Paragraph{}, 0, kernel.E(kernel.Conflict, "vision.paragraph.changed")
	}
	return d.Paragraphs[i], i, nil
}

// Add writes a new paragraph behind another one; after is empty for the begin.
func (s *Service) Add(ctx context.Context, by access.Actor, key string, after kernel.ID, p Paragraph) (Paragraph, error) {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return p, err
	}
	if p.Body, err = words(p.Body); err != nil {
		return p, err
	}
	if p.Kind, p.Level, err = kindOf(p.Kind, p.Level); err != nil {
		return p, err
	}
	if len(d.Paragraphs) >= mostParagraphs {
		return p, kernel.E(kernel.Invalid, "vision.paragraphs.many", "n", mostParagraphs)
	}
	p.ID, p.Edit, p.ChangedAt = kernel.NewID(), 1, s.now()
	at := 0
	if after != "" {
		if at = slices.IndexFunc(d.Paragraphs, func(x Paragraph) bool { return x.ID == after }) + 1; at == 0 {
			return p, kernel.E(kernel.NotFound, "vision.paragraph.notfound")
		}
	}
	return p, s.change(ctx, by, act(d.Text, "vision.paragraph.add", "", p), func(ctx context.Context) error {
		d := d.copy()
		return s.insert(ctx, by.Tenant, d, at, p, "")
	})
}

// copy is for one attempt of a transaction, which may have to be made again.
func (d *Doc) copy() *Doc {
	c := *d
	c.Paragraphs = slices.Clone(d.Paragraphs)
	return &c
}

// insert puts a paragraph at a place and moves the others.
func (s *Service) insert(ctx context.Context, tenant kernel.ID, d *Doc, at int, p Paragraph, reason string) error {
	p.Place = at + 1
	if err := s.Store.InsertParagraph(ctx, tenant, d.ID, p, reason); err != nil {
		return err
	}
	d.Paragraphs = slices.Insert(d.Paragraphs, at, p)
	return s.arrange(ctx, tenant, d)
}

// arrange writes the order where it changed.
func (s *Service) arrange(ctx context.Context, tenant kernel.ID, d *Doc) error {
	places := map[kernel.ID]int{}
	for i := range d.Paragraphs {
		if d.Paragraphs[i].Place != i+1 {
			d.Paragraphs[i].Place = i + 1
			places[d.Paragraphs[i].ID] = i + 1
		}
	}
	return s.Store.Places(ctx, tenant, places)
}

// Write changes a paragraph's words, kind and what it rests on. edit is the wording the form was made from; open amendments hinder nobody, they
// are carried over. Figures are read through the gate and kept as they are now.
func (s *Service) Write(ctx context.Context, by access.Actor, key string, edit int, p Paragraph, reason string) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	old, _, err := d.live(p.ID, edit)
	if err != nil {
		return err
	}
	if p.Body, err = words(p.Body); err != nil {
		return err
	}
	if p.Kind, p.Level, err = kindOf(p.Kind, p.Level); err != nil {
		return err
	}
	if p.Cites, err = s.cites(ctx, by, old.Cites, p.Cites); err != nil {
		return err
	}
	old.Kind, old.Level, old.Body, old.Cites = p.Kind, p.Level, p.Body, p.Cites
	old.Edit, old.ChangedAt = old.Edit+1, s.now()
	return s.change(ctx, by, act(d.Text, "vision.paragraph.write", reason, old), func(ctx context.Context) error {
		return s.Store.SaveParagraph(ctx, by.Tenant, old, reason)
	})
}

// Split makes several paragraphs of one: at the empty lines of its words in each language, which must have as many parts. The first keeps the id,
// the others name it as their parent.
func (s *Service) Split(ctx context.Context, by access.Actor, key string, id kernel.ID, edit int, body kernel.Text) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	p, at, err := d.live(id, edit)
	if err != nil {
		return err
	}
	if body, err = words(body); err != nil {
		return err
	}
	n := 0
	for _, text := range body {
		parts := len(wording.Parts(text))
		if n == 0 {
			n = parts
		}
		if parts < 2 || parts != n || n > 20 {
			return invalid(map[string]string{"body": "vision.split.parts"})
		}
	}
	bodies := make([]kernel.Text, n)
	for l, text := range body {
		for i, part := range wording.Parts(text) {
			if bodies[i] == nil {
				bodies[i] = kernel.Text{}
			}
			bodies[i][l] = part
		}
	}
	now := s.now()
	p.Body, p.Edit, p.ChangedAt = bodies[0], p.Edit+1, now
	return s.change(ctx, by, act(d.Text, "vision.paragraph.split", "", p), func(ctx context.Context) error {
		d := d.copy()
		if err := s.Store.SaveParagraph(ctx, by.Tenant, p, ""); err != nil {
			return err
		}
		for i, b := range bodies[1:] {
			x := Paragraph{ID: kernel.NewID(), Kind: p.Kind, Level: p.Level, Body: b, Parent: p.ID, ParentEdit: p.Edit - 1, Edit: 1, ChangedAt: now}
			if x.Kind == Heading {
				x.Kind, x.Level = Body, 0
			}
			if err := s.insert(ctx, by.Tenant, d, at+1+i, x, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// Merge joins a paragraph with the one behind it, which lives on in it.
func (s *Service) Merge(ctx context.Context, by access.Actor, key string, id kernel.ID, edit int) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	p, at, err := d.live(id, edit)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(d.Paragraphs[at+1:], Paragraph.Live)
	if i < 0 {
		return kernel.E(kernel.Conflict, "vision.merge.last")
	}
	gone := d.Paragraphs[at+1+i]
	body := kernel.Text{}
	for _, x := range []Paragraph{p, gone} {
		for l, text := range x.Body {
			body[l] = wording.Tidy(body[l] + " " + text)
		}
	}
	now := s.now()
	if body, err = words(body); err != nil {
		return err
	}
	p.Body, p.Edit, p.ChangedAt = body, p.Edit+1, now
	p.Cites = append(p.Cites, gone.Cites...)
	gone.Edit, gone.ChangedAt, gone.RemovedAt, gone.Into, gone.IntoEdit = gone.Edit+1, now, now, p.ID, p.Edit
	return s.change(ctx, by, act(d.Text, "vision.paragraph.merge", "", p), func(ctx context.Context) error {
		if err := s.Store.SaveParagraph(ctx, by.Tenant, p, ""); err != nil {
			return err
		}
		return s.Store.SaveParagraph(ctx, by.Tenant, gone, "")
	})
}

// Remove takes a paragraph out of the text. It stays in its versions and can be put back.
func (s *Service) Remove(ctx context.Context, by access.Actor, key string, id kernel.ID, edit int, reason string) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	p, _, err := d.live(id, edit)
	if err != nil {
		return err
	}
	now := s.now()
	p.Edit, p.ChangedAt, p.RemovedAt = p.Edit+1, now, now
	return s.change(ctx, by, act(d.Text, "vision.paragraph.remove", reason, p), func(ctx context.Context) error {
		return s.Store.SaveParagraph(ctx, by.Tenant, p, reason)
	})
}

// Restore puts a removed paragraph back where it was.
func (s *Service) Restore(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	p, ok := d.Paragraph(id)
	if !ok || p.Live() {
		return kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	p.Edit, p.ChangedAt, p.RemovedAt, p.Into, p.IntoEdit = p.Edit+1, s.now(), kernel.Instant{}, "", 0
	return s.change(ctx, by, act(d.Text, "vision.paragraph.restore", "", p), func(ctx context.Context) error {
		return s.Store.SaveParagraph(ctx, by.Tenant, p, "")
	})
}

// Move puts a paragraph one place up or down among those of the text.
func (s *Service) Move(ctx context.Context, by access.Actor, key string, id kernel.ID, down bool) error {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(d.Paragraphs, func(p Paragraph) bool { return p.ID == id && p.Live() })
	if at < 0 {
		return kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	step := -1
	if down {
		step = 1
	}
	to := at + step
	for to >= 0 && to < len(d.Paragraphs) && !d.Paragraphs[to].Live() {
		to += step
	}
	if to < 0 || to >= len(d.Paragraphs) {
		return nil
	}
	p := d.Paragraphs[at]
	d.Paragraphs = slices.Insert(slices.Delete(d.Paragraphs, at, at+1), to, p)
	return s.change(ctx, by, act(d.Text, "vision.paragraph.move", "", p), func(ctx context.Context) error { return s.arrange(ctx, by.Tenant, d.copy()) })
}

// Wordings gives what a paragraph said, the newest first.
func (s *Service) Wordings(ctx context.Context, by access.Actor, key string, id kernel.ID) ([]Wording, error) {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return nil, err
	}
	if _, ok := d.Paragraph(id); !ok {
		return nil, kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	return s.Store.Wordings(ctx, by.Tenant, id)
}

// cites checks what a paragraph rests on. What was cited before keeps its value and date; a figure cited now is read through the gate, a
// contribution must be one that everybody can read. Findings and survey items are named, and lead nowhere, until the program keeps them.
func (s *Service) cites(ctx context.Context, by access.Actor, before, list []Cite) ([]Cite, error) {
	var out []Cite
	for _, c := range list {
		c.Ref.ID, c.Label = kernel.ID(strings.TrimSpace(string(c.Ref.ID))), strings.TrimSpace(c.Label)
		if c.Ref.ID == "" && c.Label == "" {
			continue
		}
		if !slices.Contains(CiteKinds(), c.Ref.Kind) || len(c.Ref.ID) > mostShort || len([]rune(c.Label)) > mostShort || c.Ref.ID == "" {
			return nil, invalid(map[string]string{"cites": "vision.cite.form"})
		}
		if i := slices.IndexFunc(before, func(x Cite) bool { return x.Ref == c.Ref }); i >= 0 {
			c.Value, c.AsOf, c.On = before[i].Value, before[i].AsOf, before[i].On
			out = append(out, c)
			continue
		}
		c.On, c.Value, c.AsOf = s.today(), nil, ""
		if c.Ref.Kind == "contribution" {
			ok := false
			if s.Contribution != nil {
				var err error
				if ok, err = s.Contribution(ctx, by.Tenant, string(c.Ref.ID)); err != nil {
					return nil, err
				}
			}
			if !ok {
				return nil, invalid(map[string]string{"cites": "vision.cite.contribution.none"})
			}
		}
		if c.Ref.Kind == "indicator" {
			ind, area, ok := strings.Cut(string(c.Ref.ID), "@")
			if !ok || s.Figures == nil {
				return nil, invalid(map[string]string{"cites": "vision.cite.figure"})
			}
			value, period, err := s.Figures.Figure(ctx, access.Anonymous(by.Tenant), ind, area)
			if kernel.KindOf(err) == kernel.NotFound || kernel.KindOf(err) == kernel.Invalid {
				return nil, invalid(map[string]string{"cites": "vision.cite.figure"})
			}
			if err != nil {
				return nil, err
			}
			c.Value, c.AsOf = value, period
		}
		out = append(out, c)
	}
	if len(out) > 30 {
		return nil, invalid(map[string]string{"cites": "vision.cite.many"})
	}
	return out, nil
}
