// SPDX-License-Identifier: EUPL-1.2

package reportdoc

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// figureStyle is what chapters need wherever they are shown; pageStyle is the rest of the self-contained page.
//
//go:embed report.css
var figureStyle string

//go:embed page.css
var pageStyle string

// Options say where chapters will stand.
type Options struct {
	// Level is the heading level of a chapter at the top: 2 in the page of its own, where the title has 1.
	Level int
	// Sections tells whether the chapter's sections follow.
	Sections bool
	// ProfileHref is the address of one profile, for reports whose profiles stand on pages of their own; nil: they follow one another.
	ProfileHref func(key string) string
	// Profile is the area whose profile is shown alone; empty: all.
	Profile string
	// Untitled leaves the heading of the chapter to the page around it.
	Untitled bool
}

// writer writes HTML; its buffer remembers the first error.
type writer struct {
	*bufio.Writer
	d    *report.Document
	w    report.Words
	art  *artist
	opt  Options
	done func() // one step
	// silhouettes that the page holds already.
	silhouettes map[string]string
}

func (h *writer) put(parts ...string) {
	for _, p := range parts {
		_, _ = h.WriteString(p) // bufio keeps the error until Flush
	}
}

func esc(s string) string { return svg.Escape(s) }

// HTML writes the report as one page that needs nothing else.
func (p Press) HTML(ctx context.Context, out io.Writer, d *report.Document, progress report.Progress) error {
	w := p.Words(d.Edition.Settings.Language)
	h := newWriter(out, d, w, Options{Level: 2, Sections: true})
	total, done := d.Steps(), 0
	h.done = func() {
		done++
		if progress != nil {
			progress(done, total)
		}
	}
	name := d.Edition.Name()
	h.put(`<!doctype html>
<html lang="`, esc(d.Edition.Settings.Language), `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>`, esc(name), ` – `, esc(d.Meta.Town), `</title><meta name="generator" content="Kupferfaden"><meta name="color-scheme" content="light dark">
<style>:root{`, palette.Variables(palette.Light), `}@media screen and (prefers-color-scheme:dark){:root{`, palette.Variables(palette.Dark), `}}
`, palette.Rules(), figureStyle, pageStyle, `</style></head>
<body><a class="kfr-skip" href="#inhalt">`, esc(w.T("report.skip")), `</a>
`)
	h.header()
	h.toc()
	h.put(`<main id="inhalt" tabindex="-1">`)
	for _, n := range d.Chapters {
		if err := h.chapter(ctx, n); err != nil {
			return err
		}
	}
	h.put(`</main>
<footer class="kfr-foot"><p>`, esc(h.colophon()), `</p></footer></body></html>
`)
	return h.Flush()
}

func newWriter(out io.Writer, d *report.Document, w report.Words, opt Options) *writer {
	return &writer{Writer: bufio.NewWriterSize(out, 1<<16), d: d, w: w, art: newArtist(d, w), opt: opt, done: func() {}, silhouettes: map[string]string{}}
}

// Chapter writes one chapter, for pages that have their own head and foot.
func Chapter(ctx context.Context, out io.Writer, d *report.Document, n *report.Node, w report.Words, opt Options) error {
	h := newWriter(out, d, w, opt)
	if err := h.chapter(ctx, n); err != nil {
		return err
	}
	return h.Flush()
}

func (h *writer) header() {
	d, w := h.d, h.w
	h.put(`<header class="kfr-head"><p class="kfr-town">`, esc(d.Meta.Town), `</p><h1>`, esc(d.Edition.Name()), `</h1>`)
	if d.Draft {
		h.put(`<p class="kfr-draft" role="note"><strong>`, esc(w.T("report.draft")), `</strong> `, esc(w.T("report.draft.text")), `</p>`)
	}
	if d.Meta.Fictional {
		h.put(`<p class="kfr-draft" role="note">`, esc(w.T("report.fictional")), `</p>`)
	}
	if d.Meta.Audience != "public" {
		h.put(`<p class="kfr-draft" role="note">`, esc(w.T("report.facts.audience."+d.Meta.Audience)), `</p>`)
	}
	h.put(`<dl class="kfr-about">`)
	for _, x := range about(w, d)[1:] {
		h.put(`<div><dt>`, esc(x.Term), `</dt><dd>`, esc(x.Text), `</dd></div>`)
	}
	h.put(`</dl></header>
`)
}

func (h *writer) toc() {
	h.put(`<nav class="kfr-toc" aria-labelledby="verzeichnis"><h2 id="verzeichnis">`, esc(h.w.T("report.toc")), `</h2>`)
	h.tocList(h.d.Chapters)
	h.put(`</nav>
`)
}

func (h *writer) tocList(nodes []*report.Node) {
	h.put(`<ol>`)
	for _, n := range nodes {
		h.put(`<li><a href="#`, n.Slug, `"><span class="kfr-nr">`, n.Number, `</span> `, esc(n.Title), `</a>`)
		if len(n.Children) > 0 {
			h.tocList(n.Children)
		}
		h.put(`</li>`)
	}
	h.put(`</ol>`)
}

func (h *writer) colophon() string {
	return h.w.T("report.colophon", "title", h.d.Edition.Name(), "town", h.d.Meta.Town, "state", state(h.w, h.d))
}

func (h *writer) chapter(ctx context.Context, n *report.Node) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	level, untitled := h.opt.Level+n.Depth, h.opt.Untitled
	h.opt.Untitled = false // its sections have titles
	if untitled {
		h.put(`<div class="kfr-chapter">`)
	} else {
		h.put(fmt.Sprintf(`<section class="kfr-chapter kfr-depth-%d" aria-labelledby="%s"><h%d id="%s"><span class="kfr-nr">%s</span> %s</h%d>`+"\n", n.Depth, n.Slug, level, n.Slug, n.Number, esc(n.Title), level))
	}
	body := h.d.Bodies[n.ID]
	p := &prose{d: h.d, w: h.w, body: body, level: level, slug: n.Slug}
	for i, b := range body.Blocks {
		if b.Call == nil {
			s, err := p.html(b.Node)
			if err != nil {
				return err
			}
			h.put(s)
			continue
		}
		part := h.d.Part(*b.Call)
		if err := h.part(ctx, n, i, part, level); err != nil {
			return err
		}
	}
	h.done()
	if h.opt.Sections {
		for _, c := range n.Children {
			if err := h.chapter(ctx, c); err != nil {
				return err
			}
		}
	}
	if untitled {
		h.put("</div>\n")
	} else {
		h.put("</section>\n")
	}
	return nil
}

func (h *writer) part(ctx context.Context, n *report.Node, block int, p report.Part, level int) error {
	if p.Fault != "" {
		h.put(`<p class="kfr-fault" role="note"><strong>`, esc(h.w.T("report.fault")), `</strong> `, esc(p.Fault), `</p>`)
		return nil
	}
	it, ok := h.d.Item(n.ID, block)
	switch {
	case p.Kind == report.Profiles:
		return h.profiles(ctx, p, level+1)
	case p.Kind == report.Sheets:
		h.terms(p.Blocks, level+1, n.Slug)
		return nil
	case !ok:
		if p.Text != "" {
			h.put(`<p>`, esc(p.Text), `</p>`)
		}
		return nil
	case it.Figure:
		return h.figure(it)
	}
	if p.Kind == report.IndexPart {
		h.terms(p.Blocks, level+1, n.Slug)
	}
	h.table(it)
	return nil
}

func (h *writer) terms(blocks []report.Terms, level int, slug string) {
	level = min(level, 6)
	for i, t := range blocks {
		h.put(fmt.Sprintf(`<h%d id="%s-begriff-%d" class="kfr-sheet">%s</h%d><dl class="kfr-terms">`, level, slug, i+1, esc(t.Title), level))
		for _, x := range t.Items {
			h.put(`<div><dt>`, esc(x.Term), `</dt><dd>`, esc(x.Text), `</dd></div>`)
		}
		h.put(`</dl>`)
	}
}

// figure writes a picture with title, legend, finding, facts and its table.
func (h *writer) figure(it report.Item) error {
	p, id := it.Part, anchor(it)
	pic, err := h.art.picture(p, id)
	if err != nil {
		return err
	}
	h.put(`<figure class="kfr-figure" id="`, id, `"><figcaption><span class="kfr-label">`, esc(label(h.w, it)), `</span> `, esc(p.Title), `</figcaption><div class="kfr-picture">`, pic, `</div>`)
	if p.Map != nil && p.Map.Scheme != "" {
		m := h.art.themap(p)
		h.put(`<p class="kfr-legend-title">`, esc(p.Map.Legend), `</p><ul class="kfr-legend">`)
		for i, e := range m.Legend(palette.Light) {
			h.put(`<li>`, swatch(e, fmt.Sprintf("%s-l%d", id, i)), ` `, esc(e.Label), ` <span class="kfr-count">`, esc(h.w.T("report.legend.count", "n", e.Count)), `</span></li>`)
		}
		h.put(`</ul>`)
	}
	if p.Text != "" {
		h.put(`<p class="kfr-finding">`, esc(p.Text), `</p>`)
	}
	h.facts(it)
	if p.Table != nil {
		h.put(`<details><summary>`, esc(h.w.T("report.astable", "label", label(h.w, it))), `</summary>`)
		h.grid(p.Table, label(h.w, it)+": "+p.Title, true, id+"-tabelle")
		h.put(`</details>`)
	}
	h.put(`</figure>
`)
	return nil
}

func (h *writer) facts(it report.Item) {
	h.put(`<ul class="kfr-facts">`)
	for _, line := range facts(h.w, it.Part.Facts) {
		h.put(`<li>`, esc(line), `</li>`)
	}
	h.put(`<li>`, esc(h.w.T("report.fact.data", "sheet", sheet(h.w, it))), `</li></ul>`)
}

func (h *writer) table(it report.Item) {
	id := anchor(it)
	h.put(`<div class="kfr-table" id="`, id, `">`)
	h.grid(it.Part.Table, label(h.w, it)+": "+it.Part.Title, false, id+"-titel")
	h.facts(it)
	h.put(`</div>
`)
}

// grid writes a table with caption and scoped heads; hidden captions are for those who listen.
func (h *writer) grid(t *report.Table, caption string, hidden bool, id string) {
	class := ""
	if hidden {
		class = ` class="kfr-hidden"`
	}
	h.put(`<div class="kfr-scroll" role="region" tabindex="0" aria-labelledby="`, id, `"><table><caption id="`, id, `"`, class, `>`, esc(caption), `</caption><thead><tr>`)
	for _, c := range t.Columns {
		h.put(`<th scope="col"`, numericClass(c.Numeric), `>`, esc(c.Text))
		if c.Unit != "" {
			h.put(` <span class="kfr-unit">`, esc(c.Unit), `</span>`)
		}
		h.put(`</th>`)
	}
	h.put(`</tr></thead><tbody>`)
	for i, row := range t.Rows {
		if t.Total && i == len(t.Rows)-1 {
			h.put(`<tr class="kfr-total">`)
		} else {
			h.put(`<tr>`)
		}
		for k, c := range row {
			numeric := k < len(t.Columns) && t.Columns[k].Numeric
			if k == 0 {
				h.put(`<th scope="row">`, esc(c.Text), `</th>`)
				continue
			}
			h.put(`<td`, numericClass(numeric), `>`, esc(c.Text), `</td>`)
		}
		h.put(`</tr>`)
	}
	h.put(`</tbody></table></div>`)
}

func numericClass(yes bool) string {
	if yes {
		return ` class="kfr-n"`
	}
	return ""
}

// profiles writes the sheet of every area, or an index of them where they stand on pages of their own.
func (h *writer) profiles(ctx context.Context, p report.Part, level int) error {
	level = min(level, 6)
	if h.opt.ProfileHref != nil && h.opt.Profile == "" {
		h.put(`<ul class="kfr-index">`)
		for _, x := range p.Profiles {
			h.put(`<li><a href="`, esc(h.opt.ProfileHref(x.Key)), `"><span class="kfr-nr">`, esc(x.Key), `</span> `, esc(x.Name), `</a></li>`)
		}
		h.put(`</ul>`)
		return nil
	}
	h.put(`<p class="kfr-note">`, esc(p.Frame.Note), `</p>`)
	shown := false
	for _, x := range p.Profiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.opt.Profile == "" || h.opt.Profile == x.Key {
			h.profile(p, x, level)
			shown = true
		}
		h.done()
	}
	if !shown {
		return kernel.E(kernel.NotFound, "report.profile.none", "area", h.opt.Profile)
	}
	return nil
}

// profileID is the id of a profile on its page.
func profileID(key string) string { return svg.ID("raum", key) }

func (h *writer) profile(p report.Part, x report.Profile, level int) {
	base := h.art.locators(p.Frame.Outlines)
	ground, ok := h.silhouettes[p.Frame.Outlines]
	if !ok {
		ground = fmt.Sprintf("karte-%d", len(h.silhouettes)+1)
		h.silhouettes[p.Frame.Outlines] = ground
		h.put(`<svg class="kfr-defs" aria-hidden="true" focusable="false"><defs>`, base.Silhouette(ground, palette.Light), `</defs></svg>`)
	}
	id := profileID(x.Key)
	h.put(fmt.Sprintf(`<article class="kfr-profile" aria-labelledby="%s"><h%d id="%s"><span class="kfr-nr">%s</span> %s</h%d><div class="kfr-profile-head">`, id, level, id, esc(x.Key), esc(x.Name), level))
	h.put(base.Locator(ground, id, x.Key, x.Alt, palette.Light), `<dl class="kfr-about">`)
	for _, f := range x.Facts {
		h.put(`<div><dt>`, esc(f.Term), `</dt><dd>`, esc(f.Text), `</dd></div>`)
	}
	h.put(`</dl></div><div class="kfr-scroll" role="region" tabindex="0" aria-labelledby="`, id, `-t"><table class="kfr-values"><caption id="`, id, `-t" class="kfr-hidden">`,
		esc(h.w.T("report.profile.caption", "area", x.Name)), `</caption><thead><tr>`)
	for i, c := range profileColumns(h.w, h.d, p) {
		h.put(`<th scope="col"`, numericClass(i > 0 && i < 4), `>`, esc(c), `</th>`)
	}
	h.put(`</tr></thead><tbody>`)
	for i, row := range p.Frame.Rows {
		v := x.Values[i]
		h.put(`<tr><th scope="row">`, esc(row.Name))
		if row.Unit != "" {
			h.put(` <span class="kfr-unit">`, esc(row.Unit), `</span>`)
		}
		h.put(`</th><td class="kfr-n kfr-own">`, esc(v.Value.Text), `</td><td class="kfr-n">`, esc(row.Town.Text), `</td><td class="kfr-n">`, esc(row.Range), `</td><td>`,
			positionSVG(row, v), `</td>`)
		if h.d.Meta.Compare != "" {
			h.put(`<td>`, esc(orDash(v.Change)), `</td>`)
		}
		if len(p.Frame.Periods) > 1 {
			h.put(`<td>`, h.sparkSVG(p, row, v), `</td>`)
		}
		h.put(`</tr>`)
	}
	h.put(`</tbody></table></div><p class="kfr-facts">`, esc(profileFoot(h.w, p, x)), `</p></article>
`)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// profileColumns are the heads of the table of a profile; the last two only where there is something to compare with and a series.
func profileColumns(w report.Words, d *report.Document, p report.Part) []string {
	cols := []string{w.T("report.col.indicator"), w.T("report.profile.col.area"), d.Meta.Town, w.T("report.profile.col.range"), w.T("report.profile.col.position")}
	if d.Meta.Compare != "" {
		cols = append(cols, w.T("report.profile.col.change", "period", d.Meta.Compare))
	}
	if n := len(p.Frame.Periods); n > 1 {
		cols = append(cols, w.T("report.profile.col.line", "from", p.Frame.Periods[0], "to", p.Frame.Periods[n-1]))
	}
	return cols
}

func profileFoot(w report.Words, p report.Part, x report.Profile) string {
	lines := facts(w, report.Facts{Areas: p.Facts.Areas, Period: p.Facts.Period, Source: p.Facts.Source, Legend: x.Legend})
	return strings.Join(append(lines, w.T("report.profile.key")), " · ")
}

// positionSVG repeats the numbers of the row as a picture, so it is hidden from those who listen to them.
func positionSVG(row report.ProfileRow, v report.ProfileValue) string {
	p, ok := positionOf(row, v)
	if !ok {
		return ""
	}
	const width = 100.0
	x := func(share float64) string { return svg.Num(4 + share*(width-8)) }
	var b strings.Builder
	b.WriteString(`<svg class="kfr-pos" viewBox="0 0 100 20" width="100" height="20" aria-hidden="true"><rect class="kf-grid" x="4" y="9" width="92" height="2" fill="` + palette.Grid(palette.Light).Hex() + `"/>`)
	fmt.Fprintf(&b, `<rect class="kf-soft kfr-box" x="%s" y="5" width="%s" height="10" rx="1.5" fill="%s" stroke="%s"/>`, x(p.lower), svg.Num((p.upper-p.lower)*(width-8)), palette.Soft(palette.Light).Hex(), palette.Muted(palette.Light).Hex())
	if !math.IsNaN(p.town) {
		fmt.Fprintf(&b, `<path class="kf-axis" stroke="%s" stroke-width="2" d="M%s 2v16"/>`, palette.Ink(palette.Light).Hex(), x(p.town))
	}
	if !math.IsNaN(p.value) {
		fmt.Fprintf(&b, `<circle class="kf-mark" cx="%s" cy="10" r="4" fill="%s"/>`, x(p.value), palette.Accent(palette.Light).Hex())
	}
	return b.String() + `</svg>`
}

func (h *writer) sparkSVG(p report.Part, row report.ProfileRow, v report.ProfileValue) string {
	s := sparkOf(v.Line, row.TownLine)
	if s == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="kfr-spark" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`, svg.Num(sparkWidth), svg.Num(sparkHeight), svg.Num(sparkWidth), svg.Num(sparkHeight), esc(h.sparkText(p, row, v)))
	line := func(lines [][][2]float64, class, colour string, width string) {
		for _, l := range lines {
			b.WriteString(`<path class="` + class + `" fill="none" stroke="` + colour + `" stroke-width="` + width + `" d="M`)
			for i, q := range l {
				if i > 0 {
					b.WriteByte('L')
				}
				b.WriteString(svg.Num(q[0]) + " " + svg.Num(q[1]))
			}
			b.WriteString(`"/>`)
		}
	}
	line(s.town, "kfr-line-town", palette.Muted(palette.Light).Hex(), "1.2")
	line(s.area, "kf-accent", palette.Accent(palette.Light).Hex(), "2")
	fmt.Fprintf(&b, `<circle class="kf-mark" cx="%s" cy="%s" r="2.6" fill="%s"/>`, svg.Num(s.end[0]), svg.Num(s.end[1]), palette.Accent(palette.Light).Hex())
	return b.String() + `</svg>`
}

// sparkText says where the small chart begins and ends.
func (h *writer) sparkText(p report.Part, row report.ProfileRow, v report.ProfileValue) string {
	first, last := -1, -1
	for i, x := range v.Line {
		if x.Known() {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return h.w.T("report.finding.line", "name", row.Name, "first", h.w.Number(float64(v.Line[first]), row.Decimals), "from", p.Frame.Periods[first],
		"last", h.w.Number(float64(v.Line[last]), row.Decimals), "to", p.Frame.Periods[last])
}
