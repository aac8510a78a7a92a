// SPDX-License-Identifier: EUPL-1.2

package reportdoc

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

//go:embed preamble.typ
var preamble string

// printer writes the markup of a document and collects its pictures.
type printer struct {
	d     *report.Document
	w     report.Words
	art   *artist
	b     strings.Builder
	files map[string][]byte
	// wasFull tells that the chapter before began on a page of its own.
	wasFull bool
}

// Typst writes the document for the typesetter.
func Typst(ctx context.Context, d *report.Document, w report.Words, progress report.Progress) (typst.Document, error) {
	p := &printer{d: d, w: w, art: newArtist(d, w), files: map[string][]byte{}}
	p.title()
	total, done := d.Steps(), 0
	step := func() {
		done++
		if progress != nil {
			progress(done, total)
		}
	}
	err := report.Walk(d.Chapters, func(n *report.Node) error {
		if err := p.chapter(ctx, n, step); err != nil {
			return err
		}
		step()
		return nil
	})
	return typst.Document{Main: p.b.String(), Files: p.files, Title: d.Edition.Name(), Lang: d.Edition.Settings.Language}, err
}

func (p *printer) put(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// t is text as markup, s as a string of code.
func t(s string) string { return typst.Text(s) }
func s(s string) string { return typst.Str(s) }

func (p *printer) title() {
	d, w := p.d, p.w
	at := d.Edition.CreatedAt
	if d.Edition.Frozen() {
		at = d.Edition.FrozenAt
	}
	name := d.Edition.Name()
	p.put("#set document(title: %s, date: datetime(year: %d, month: %d, day: %d))\n#set text(lang: %s)\n", s(name), at.Year(), int(at.Month()), at.Day(), s(d.Edition.Settings.Language))
	p.b.WriteString(preamble)
	mark := ""
	if d.Draft {
		mark = w.T("report.draft")
	}
	p.put(`#set page(paper: "a4", margin: (x: 22mm, top: 26mm, bottom: 24mm), numbering: "1",
  header: context { if counter(page).get().first() > 1 { set text(size: 8pt, fill: muted); [%s #h(1fr) %s] } },
  footer: context { if counter(page).get().first() > 1 { set text(size: 8pt, fill: muted); [%s #h(1fr) #counter(page).display()] } })
#set heading(numbering: (..n) => { let v = n.pos(); str(v.first() - 1) + v.slice(1).map(x => "." + str(x)).join() })
`, t(name), t(mark), t(d.Meta.Town))
	p.put("#show heading.where(level: 1): set heading(supplement: none)\n#v(52mm)\n#block(text(size: 13pt, fill: copper, weight: \"semibold\")[%s])\n#v(2mm)\n#{ show title: set text(size: 32pt, weight: \"bold\", hyphenate: false); show title: set par(leading: 0.4em); title() }\n#v(4mm)\n#line(length: 100%%, stroke: 3pt + copper)\n#v(4mm)\n", t(d.Meta.Town))
	var pairs []string
	for _, x := range about(w, d)[1:] {
		pairs = append(pairs, fmt.Sprintf("([%s], [%s])", t(x.Term), t(x.Text)))
	}
	p.put("#sheet(%s,)\n", strings.Join(pairs, ", "))
	for _, text := range p.notes() {
		p.put("#note[%s]\n", t(text))
	}
	p.put("#pagebreak()\n#{ set text(size: 9.2pt); show outline.entry: set block(spacing: 0.55em); show outline.entry.where(level: 1): set block(above: 1em); show outline.entry.where(level: 1): set text(weight: \"semibold\"); outline(title: [%s], depth: 3, indent: auto) }\n", t(w.T("report.toc")))
}

// notes are what must be known before reading: that it is a draft, that the town is invented, for whom it is.
func (p *printer) notes() []string {
	var list []string
	if p.d.Draft {
		list = append(list, p.w.T("report.draft")+": "+p.w.T("report.draft.text"))
	}
	if p.d.Meta.Fictional {
		list = append(list, p.w.T("report.fictional"))
	}
	if p.d.Meta.Audience != "public" {
		list = append(list, p.w.T("report.facts.audience."+p.d.Meta.Audience))
	}
	return list
}

func (p *printer) chapter(ctx context.Context, n *report.Node, step func()) error {
	level := n.Depth + 1
	if full := p.full(n); n.Depth == 0 && (full || p.wasFull) {
		p.put("#pagebreak(weak: true)\n")
		p.wasFull = full
	}
	p.put("\n#heading(level: %d)[%s]\n\n", level, t(n.Title))
	body := p.d.Bodies[n.ID]
	prose := &setter{d: p.d, w: p.w, body: body, level: level, b: &p.b}
	for i, b := range body.Blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.Call == nil {
			prose.block(b.Node)
			continue
		}
		if err := p.part(ctx, n, i, p.d.Part(*b.Call), level, step); err != nil {
			return err
		}
	}
	return nil
}

// full tells the chapters that deserve pages of their own; those that are only a few words follow each other.
func (p *printer) full(n *report.Node) bool {
	return len(n.Children) > 0 || len(p.d.Bodies[n.ID].Calls) > 0 || len(n.Body) > 1500
}

func (p *printer) part(ctx context.Context, n *report.Node, block int, part report.Part, level int, step func()) error {
	if part.Fault != "" {
		p.put("#note[*%s* %s]\n\n", t(p.w.T("report.fault")), t(part.Fault))
		return nil
	}
	it, ok := p.d.Item(n.ID, block)
	switch {
	case part.Kind == report.Profiles:
		return p.profiles(ctx, part, level+1, step)
	case part.Kind == report.Sheets:
		p.terms(part.Blocks, level+1)
		return nil
	case !ok:
		if part.Text != "" {
			p.put("%s\n\n", t(part.Text))
		}
		return nil
	case it.Figure:
		return p.figure(it)
	}
	if part.Kind == report.IndexPart {
		p.terms(part.Blocks, level+1)
	}
	p.numbered(it)
	return nil
}

// longTable is how many rows may run over the end of a page; shorter tables stay in one piece.
const longTable = 28

func (p *printer) numbered(it report.Item) {
	tab := it.Part.Table
	if len(tab.Columns) > widest {
		p.put("#page(flipped: true)[\n")
		defer p.put("]\n")
	}
	long := len(tab.Rows) > longTable
	p.put("#block(breakable: %v)[\n#tab([%s], [%s], %v, ", long, t(label(p.w, it)), t(it.Part.Title), long)
	p.table(tab)
	p.put(")\n")
	p.facts(it)
	p.put("]\n\n")
}

func (p *printer) terms(blocks []report.Terms, level int) {
	for _, b := range blocks {
		pairs := make([]string, 0, len(b.Items))
		for _, x := range b.Items {
			pairs = append(pairs, fmt.Sprintf("([%s], [%s])", t(x.Term), t(x.Text)))
		}
		p.put("#heading(level: %d, numbering: none, outlined: false)[%s]\n#sheet(%s,)\n", min(level, 6), t(b.Title), strings.Join(pairs, ", "))
	}
}

func (p *printer) figure(it report.Item) error {
	id := anchor(it)
	pic, err := p.art.picture(it.Part, id)
	if err != nil {
		return err
	}
	file := "figures/" + id + ".svg"
	p.files[file] = []byte(pic)
	below, width := "none", "100%"
	if m := it.Part.Map; m != nil && m.Scheme != "" {
		entries := make([]string, 0, 8)
		for i, e := range p.art.themap(it.Part).Legend(palette.Light) {
			name := fmt.Sprintf("figures/%s-%d.svg", id, i)
			p.files[name] = []byte(swatch(e, id+"-"+strconv.Itoa(i)))
			entries = append(entries, fmt.Sprintf("entry(%s, [%s])", s(name), t(e.Label+" "+p.w.T("report.legend.count", "n", e.Count))))
		}
		below = fmt.Sprintf("legend([%s], %s)", t(m.Legend), strings.Join(entries, ", "))
	}
	if it.Part.Map != nil {
		width = "60%"
	}
	p.put("#block(breakable: false)[\n#picture([%s], [%s], %s, %s, %s, below: %s)\n", t(label(p.w, it)), t(it.Part.Title), s(file), s(it.Part.Alt), width, below)
	if it.Part.Text != "" {
		p.put("%s\n\n", t(it.Part.Text))
	}
	p.facts(it)
	p.put("]\n\n") // the picture, what it says and where it is from stay together
	return nil
}

func (p *printer) facts(it report.Item) {
	lines := append(facts(p.w, it.Part.Facts), p.w.T("report.fact.data", "sheet", sheet(p.w, it)))
	for i := range lines {
		lines[i] = "[" + t(lines[i]) + "]"
	}
	p.put("#facts(%s)\n\n", strings.Join(lines, ", "))
}

// widest is how many columns fit upright.
const widest = 7

func (p *printer) table(tab *report.Table) {
	columns, align, head := make([]string, len(tab.Columns)), make([]string, len(tab.Columns)), make([]string, len(tab.Columns))
	words := 0
	for i, c := range tab.Columns {
		columns[i], align[i] = "1fr", "left"
		if c.Numeric {
			align[i] = "right"
		} else {
			words++
			columns[i] = "1.7fr"
		}
		head[i] = "[" + t(c.Text)
		if c.Unit != "" {
			head[i] += " #text(fill: muted, weight: \"regular\")[" + t(c.Unit) + "]"
		}
		head[i] += "]"
	}
	if words == len(columns) && words > 2 { // texts only: the first is the term
		columns[0] = "1.2fr"
	}
	p.put("table(columns: (%s,), align: (x, y) => (%s,).at(x) + (if y == 0 { bottom } else { top }), table.header(%s), table.hline(y: 1, stroke: 1pt + ink),\n",
		strings.Join(columns, ", "), strings.Join(align, ", "), strings.Join(head, ", "))
	for i, row := range tab.Rows {
		last := tab.Total && i == len(tab.Rows)-1
		if last {
			p.put("table.hline(stroke: 1pt + ink), ")
		}
		for _, c := range row {
			if last {
				p.put("[*%s*], ", boldSafe(c.Text))
				continue
			}
			p.put("[%s], ", t(c.Text))
		}
		if !last {
			p.put("table.hline(stroke: 0.4pt + hair),\n")
		}
	}
	p.put(")")
}

// boldSafe is text between stars; nothing between them would be a fault of the markup.
func boldSafe(text string) string {
	if strings.TrimSpace(text) == "" {
		return "#h(0pt)"
	}
	return t(text)
}

func (p *printer) profiles(ctx context.Context, part report.Part, level int, step func()) error {
	base := p.art.locators(part.Frame.Outlines)
	ground := "figures/" + svg.ID("town", part.Frame.Outlines) + ".svg"
	p.files[ground] = []byte(base.Ground(palette.Light))
	p.put("%s\n\n", t(part.Frame.Note))
	cols := profileColumns(p.w, p.d, part)
	change, line := p.d.Meta.Compare != "", len(part.Frame.Periods) > 1
	widths := []string{"1.7fr", "auto", "auto", "auto", "58pt"}
	align := []string{"left", "right", "right", "right", "left"}
	if change {
		widths, align = append(widths, "auto"), append(align, "left")
	}
	if line {
		widths, align = append(widths, "52pt"), append(align, "left")
	}
	for i := range cols {
		cols[i] = "[" + t(cols[i]) + "]"
	}
	// The same frame a thousand times: a function keeps the markup small.
	p.put("#let values(..cells) = table(columns: (%s), align: (x, y) => (%s).at(x) + (if y == 0 { bottom } else { horizon }), inset: (x: 3pt, y: 3pt), stroke: (x, y) => if y > 0 { (bottom: 0.4pt + hair) } else { (bottom: 1pt + ink) }, table.header(%s), ..cells)\n",
		strings.Join(widths, ", "), strings.Join(align, ", "), strings.Join(cols, ", "))
	for _, x := range part.Profiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.profile(part, x, level, ground, base.Mark(x.Key, palette.Light), change, line)
		step()
	}
	return nil
}

// listedProfiles is how many profiles the table of contents lists; more are found by bookmarks.
const listedProfiles = 60

func (p *printer) profile(part report.Part, x report.Profile, level int, ground, mark string, change, line bool) {
	file := "figures/" + profileID(x.Key) + ".svg"
	p.files[file] = []byte(mark)
	pairs := make([]string, 0, len(x.Facts))
	for _, f := range x.Facts {
		pairs = append(pairs, fmt.Sprintf("([%s], [%s])", t(f.Term), t(f.Text)))
	}
	p.put("#pagebreak(weak: true)\n#heading(level: %d, numbering: none, outlined: %v, bookmarked: true)[#text(fill: muted, weight: \"regular\")[%s] %s]\n#head(%s, %s, %s, %s,)\n#values(\n",
		min(level, 6), len(part.Profiles) <= listedProfiles, t(x.Key), t(x.Name), s(ground), s(file), s(x.Alt), strings.Join(pairs, ", "))
	for i, row := range part.Frame.Rows {
		v := x.Values[i]
		name := t(row.Name)
		if row.Unit != "" {
			name += " #text(fill: muted, size: 7.5pt)[" + t(row.Unit) + "]"
		}
		p.put("[%s], [*%s*], [%s], [%s], %s, ", name, boldSafe(v.Value.Text), t(row.Town.Text), t(row.Range), posCode(row, v))
		if change {
			p.put("[%s], ", t(orDash(v.Change)))
		}
		if line {
			p.put("%s, ", wayCode(v.Line, row.TownLine))
		}
		p.put("\n")
	}
	p.put(")\n#facts([%s])\n", t(profileFoot(p.w, part, x)))
}

func share(v float64) string {
	if math.IsNaN(v) {
		return "none"
	}
	return strconv.FormatFloat(min(max(v, 0), 1), 'f', 3, 64)
}

func posCode(row report.ProfileRow, v report.ProfileValue) string {
	q, ok := positionOf(row, v)
	if !ok {
		return "[]"
	}
	return fmt.Sprintf("pos(%s, %s, %s, %s)", share(q.lower), share(q.upper), share(q.town), share(q.value))
}

// wayCode draws the small chart in a box of 52 by 13 points.
func wayCode(area, town []report.Number) string {
	k := sparkOf(area, town)
	if k == nil {
		return "[]"
	}
	point := func(q [2]float64) string {
		return fmt.Sprintf("(%s, %s)", svg.Num(q[0]*52/sparkWidth), svg.Num(q[1]*13/sparkHeight))
	}
	lines := func(list [][][2]float64) string {
		var b strings.Builder
		b.WriteString("(")
		for _, l := range list {
			b.WriteString("(")
			for _, q := range l {
				b.WriteString(point(q) + ", ")
			}
			b.WriteString("), ")
		}
		return b.String() + ")"
	}
	return fmt.Sprintf("way(%s, %s, %s)", lines(k.area), lines(k.town), point(*k.end))
}

// tableOf recognises a table of the Markdown.
func tableOf(n ast.Node) (*east.Table, bool) {
	tab, ok := n.(*east.Table)
	return tab, ok
}

// table writes a table of the Markdown.
func (s *setter) table(tab *east.Table) {
	fmt.Fprintf(s.b, "#table(columns: %d, ", max(len(tab.Alignments), 1))
	for row := tab.FirstChild(); row != nil; row = row.NextSibling() {
		_, head := row.(*east.TableHeader)
		if head {
			s.b.WriteString("table.header(")
		}
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			s.b.WriteString("[")
			s.inlines(c)
			s.b.WriteString("], ")
		}
		if head {
			s.b.WriteString("), table.hline(stroke: 1pt), ")
		} else {
			s.b.WriteString("table.hline(stroke: 0.4pt + hair), ")
		}
	}
	s.b.WriteString(")\n\n")
}
