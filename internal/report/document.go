// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Document is an edition ready to be written: chapters read, parts resolved, figures and tables numbered.
type Document struct {
	Edition  Edition
	Meta     Meta
	Chapters []*Node
	Bodies   map[kernel.ID]Body // by chapter
	Parts    map[string]Part    // by key of the call
	Outlines map[string]*Outlines
	Items    []Item // numbered parts in the order of reading
	Draft    bool   // not frozen: may still change
	// Findings are what the check noticed; of drafts only.
	Findings []kernel.Finding

	items map[place]int
}

// Item is a numbered part at its place.
type Item struct {
	Chapter *Node
	Part    Part
	Figure  bool // a picture; else a table
	Number  int  // among figures or tables
}

type place struct {
	chapter kernel.ID
	block   int
}

// Part finds what a call shows.
func (d *Document) Part(c Call) Part {
	p, ok := d.Parts[c.Key()]
	if !ok {
		return Part{Kind: c.Kind, Fault: c.German()}
	}
	return p
}

// Item finds the number of the part that is the n-th block of a chapter.
func (d *Document) Item(chapter kernel.ID, block int) (Item, bool) {
	i, ok := d.items[place{chapter, block}]
	if !ok {
		return Item{}, false
	}
	return d.Items[i], true
}

// numbered tells the kinds that are counted, and whether as figures or tables.
func numbered(p Part) (figure, ok bool) {
	switch p.Kind {
	case MapPart, ChartPart:
		return true, p.Fault == ""
	case TablePart, IndexPart, Sources, Flags, Disclosure, Definitions:
		return false, p.Fault == "" && p.Table != nil
	}
	return false, false
}

// count numbers figures and tables through the whole edition.
func (d *Document) count() {
	d.items = map[place]int{}
	figures, tables := 0, 0
	_ = Walk(d.Chapters, func(n *Node) error {
		for i, b := range d.Bodies[n.ID].Blocks {
			if b.Call == nil {
				continue
			}
			p := d.Part(*b.Call)
			figure, ok := numbered(p)
			if !ok {
				continue
			}
			it := Item{Chapter: n, Part: p, Figure: figure}
			if figure {
				figures++
				it.Number = figures
			} else {
				tables++
				it.Number = tables
			}
			d.items[place{n.ID, i}] = len(d.Items)
			d.Items = append(d.Items, it)
		}
		return nil
	})
}

// Steps is how many chapters and profiles there are to write.
func (d *Document) Steps() int {
	n := 0
	_ = Walk(d.Chapters, func(c *Node) error {
		n++
		for _, b := range d.Bodies[c.ID].Blocks {
			if b.Call != nil && b.Call.Kind == Profiles {
				n += len(d.Part(*b.Call).Profiles)
			}
		}
		return nil
	})
	return n
}

// draft resolves an edition against the figures of now. What cannot be resolved becomes a finding and a part that says so.
func (s *Service) draft(ctx context.Context, a access.Actor, e Edition, nodes []*Node, as access.Audience, progress Progress) (*Document, string, error) {
	set := e.Settings
	set.Audience = as
	r, err := s.resolver(ctx, a, set, as)
	if err != nil {
		return nil, "", err
	}
	d := &Document{Edition: e, Chapters: nodes, Bodies: map[kernel.ID]Body{}, Parts: map[string]Part{}, Outlines: r.outlines, Draft: true}
	if d.Meta, err = s.meta(ctx, a, r, as); err != nil {
		return nil, "", err
	}
	total := 0
	_ = Walk(nodes, func(n *Node) error {
		d.Bodies[n.ID] = ParseBody(n.Body)
		total++
		return nil
	})
	done := 0
	// Parts that list what the others used come last.
	for _, last := range []bool{false, true} {
		err := Walk(nodes, func(n *Node) error {
			for _, c := range d.Bodies[n.ID].Calls {
				if c.Kind.last() != last {
					continue
				}
				if err := d.resolve(ctx, r, n, c); err != nil {
					return err
				}
			}
			if !last {
				done++
				progress(done, total)
			}
			return nil
		})
		if err != nil {
			return nil, "", err
		}
	}
	d.check(r)
	d.count()
	return d, r.view.Stamp(), nil
}

// resolve keeps the part of a call, or the reason why there is none.
func (d *Document) resolve(ctx context.Context, r *resolver, n *Node, c Call) error {
	key := c.Key()
	if p, ok := d.Parts[key]; ok && p.Fault == "" {
		return nil
	}
	p, err := r.part(ctx, c)
	var k *kernel.Error
	switch {
	case err == nil:
		d.Parts[key] = p
		return nil
	case errors.As(err, &k) && (k.Kind == kernel.NotFound || k.Kind == kernel.Invalid):
		d.Parts[key] = Part{Kind: c.Kind, Fault: r.w.Error(err)}
		d.Findings = append(d.Findings, kernel.Finding{
			Code: k.Key, Params: k.Params, Outcome: kernel.RefuseFile, File: r.chapterName(n), Row: c.Line, Column: shorten(c.German()), Text: r.w.Error(err),
		})
		return nil
	}
	return fmt.Errorf("report %s, chapter %s, %s: %w", d.Edition.Key, n.Number, c.German(), err)
}

func (r *resolver) chapterName(n *Node) string {
	return r.w.T("report.chapter.name", "number", n.Number, "title", n.Title)
}

func (s *Service) meta(ctx context.Context, a access.Actor, r *resolver, as access.Audience) (Meta, error) {
	t, err := s.Tenants.Town(ctx, a.Tenant)
	if err != nil {
		return Meta{}, err
	}
	m := Meta{
		Town: r.town, Fictional: t.Fictional, Areas: r.areas(r.edition), Period: r.w.Period(r.set.Period), Audience: string(as),
	}
	if !r.set.Compare.IsZero() {
		m.Compare = r.w.Period(r.set.Compare)
	}
	if res, err := r.result(ctx); err == nil {
		m.Method, _ = r.w.Text(res.Method.Title.Text())
	} else if k := kernel.KindOf(err); k != kernel.NotFound && k != kernel.Invalid {
		return Meta{}, err
	}
	return m, nil
}

const (
	metaKey        = "meta"
	outlinesPrefix = "outlines:"
)

// pack gives what a frozen edition keeps.
func (d *Document) pack() (map[string][]byte, error) {
	rows := map[string][]byte{}
	put := func(key string, v any) error {
		b, err := json.Marshal(v)
		rows[key] = b
		return err
	}
	if err := put(metaKey, d.Meta); err != nil {
		return nil, err
	}
	for key, o := range d.Outlines {
		if err := put(key, o); err != nil {
			return nil, err
		}
	}
	for key, p := range d.Parts {
		if err := put(key, p); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return rows, nil
}

// frozen reads an edition as it was frozen. It asks nothing else.
func (s *Service) frozen(ctx context.Context, tenant kernel.ID, e Edition) (*Document, error) {
	if d := s.cache.get(tenant, e); d != nil {
		return d, nil
	}
	list, err := s.Store.Chapters(ctx, tenant, e.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Store.Parts(ctx, tenant, e.ID)
	if err != nil {
		return nil, err
	}
	var meta Meta
	parts, outlines := map[string]Part{}, map[string]*Outlines{}
	for key, b := range rows {
		switch {
		case key == metaKey:
			err = json.Unmarshal(b, &meta)
		case strings.HasPrefix(key, outlinesPrefix):
			o := &Outlines{}
			err = json.Unmarshal(b, o)
			outlines[key] = o
		default:
			var p Part
			err = json.Unmarshal(b, &p)
			parts[key] = p
		}
		if err != nil {
			return nil, fmt.Errorf("frozen part %s of report %s: %w", key, e.Key, err)
		}
	}
	d := Assemble(e, meta, list, parts, outlines)
	s.cache.put(tenant, e, d)
	return d, nil
}

// Assemble makes the document of a frozen edition from what was kept: parts by the key of their call, outlines by their own.
func Assemble(e Edition, meta Meta, chapters []Chapter, parts map[string]Part, outlines map[string]*Outlines) *Document {
	d := &Document{Edition: e, Meta: meta, Chapters: tree(chapters), Bodies: map[kernel.ID]Body{}, Parts: parts, Outlines: outlines}
	_ = Walk(d.Chapters, func(n *Node) error {
		d.Bodies[n.ID] = ParseBody(n.Body)
		return nil
	})
	d.count()
	return d
}

// documents keeps the frozen editions read last; a frozen edition never changes, so its id is enough.
type documents struct {
	mu   sync.Mutex
	keys []string
	by   map[string]*Document
}

// keptDocuments bounds the memory: a report with 500 profiles takes about 20 MB.
const keptDocuments = 3

func (c *documents) get(tenant kernel.ID, e Edition) *Document {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[string(tenant)+"/"+string(e.ID)]
}

func (c *documents) put(tenant kernel.ID, e Edition, d *Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]*Document{}
	}
	key := string(tenant) + "/" + string(e.ID)
	if _, ok := c.by[key]; !ok {
		c.keys = append(c.keys, key)
	}
	c.by[key] = d
	for len(c.keys) > keptDocuments {
		delete(c.by, c.keys[0])
		c.keys = c.keys[1:]
	}
}

// PlainText writes the words of a piece of prose, for checks and searches.
func PlainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
