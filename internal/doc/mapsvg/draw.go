// SPDX-License-Identifier: EUPL-1.2

package mapsvg

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Options say where the map will stand.
type Options struct {
	// ID is the prefix of all ids; needed where several drawings share a page.
	ID string
	// Theme is Light for pages (whose style sheet turns it dark), print and PDF.
	Theme palette.Theme
	// Size is used when the map comes without a Base; a Base has its own.
	Size Size
	// Standalone adds title, legend and source to the drawing, for downloads and the PDF; a page has them as HTML beside it.
	Standalone bool
	// Links makes areas with an Href clickable; SkipTab leaves them out of the tab order, for maps of many areas whose table is the way by keyboard.
	Links, SkipTab bool
	// Scale writes a length for the scale bar ("2 km"); without it there is no bar.
	Scale func(metres float64) string
	// Count writes the number of areas in a legend row; plain digits when nil.
	Count func(n int) string
}

const (
	textSize  = 20.0
	titleSize = 28.0
	margin    = 8.0
)

// SVG draws the map. It fails when Check finds something.
func (m Map) SVG(o Options) (string, error) {
	if err := m.Check(); err != nil {
		return "", fmt.Errorf("map %q: %w", m.Title, err)
	}
	base := m.Base
	if base == nil {
		base = m.base(o.Size)
	}
	if o.Count == nil {
		o.Count = func(n int) string { return fmt.Sprint(n) }
	}
	p := painter{groups: map[int]string{}, m: m, o: o, base: base, width: base.pr.width}
	p.plan()
	d := svg.New(svg.Head{
		ID: o.ID, Title: m.Title, Description: m.Description, Width: p.width, Height: p.total,
		Links: o.Links && slices.ContainsFunc(m.Areas, func(a Area) bool { return a.Href != "" }), Theme: o.Theme,
	})
	p.d = d
	p.patterns()
	if o.Standalone {
		d.Rect(0, 0, p.width, p.total, svg.Paint{Class: "kf-paper", Colour: palette.Paper(o.Theme)})
		for i, line := range p.title {
			d.Text(svg.Text{X: margin, Y: 34 + float64(i)*titleSize*1.2, Size: titleSize, Bold: true, Paint: d.Ink(), Text: line})
		}
	}
	d.Rawf(`<g transform="translate(0 %s)">`, svg.Num(p.top))
	p.areas()
	p.districts()
	p.outlines()
	p.signs()
	p.selected()
	p.names()
	p.scaleBar()
	d.Raw(`</g>`)
	if o.Standalone {
		p.legend()
		for i, line := range p.source {
			d.Text(svg.Text{X: margin, Y: p.sourceTop + float64(i)*textSize*1.25, Size: textSize * 0.85, Paint: d.Muted(), Text: line})
		}
	}
	return d.String(), nil
}

type painter struct {
	m     Map
	o     Options
	base  *Base
	width float64
	d     *svg.Drawing

	title, source                    []string
	entries                          []Entry
	columns                          int
	groups                           map[int]string // by rank
	top, legendTop, sourceTop, total float64
}

// plan decides the heights of all parts before anything is drawn.
func (p *painter) plan() {
	p.total = p.base.pr.height
	if p.o.Scale != nil {
		p.total += 1.6 * textSize
	}
	if !p.o.Standalone {
		return
	}
	w := p.width - 2*margin
	p.title = svg.Wrap(p.m.Title, titleSize, w, 3)
	p.top = 14 + float64(len(p.title))*titleSize*1.2
	p.entries = p.m.Legend(p.o.Theme)
	widest := 0.0
	for _, e := range p.entries {
		widest = max(widest, svg.Width(p.entryText(e), textSize)+64)
	}
	p.columns = min(max(int(w/max(widest, 1)), 1), 3, len(p.entries))
	rows := (len(p.entries) + p.columns - 1) / p.columns
	p.legendTop = p.top + p.total + textSize
	p.sourceTop = p.legendTop + float64(rows)*textSize*1.6 + 2.6*textSize
	p.source = svg.Wrap(p.m.Source, textSize*0.85, w, 6)
	p.total = p.sourceTop + float64(len(p.source))*textSize*1.25
}

func (p *painter) entryText(e Entry) string { return e.Label + " (" + p.o.Count(e.Count) + ")" }

func (p *painter) patternID(s palette.Special) string { return svg.ID(p.o.ID, s.String()) }

func (p *painter) patterns() {
	used := map[palette.Special]bool{}
	for _, a := range p.m.Areas {
		if a.Special != nil {
			used[*a.Special] = true
		}
	}
	if len(used) == 0 {
		return
	}
	p.d.Raw(`<defs>`)
	for _, s := range palette.Specials {
		if used[s] {
			p.d.Raw(s.Pattern(p.patternID(s), p.o.Theme))
		}
	}
	p.d.Raw(`</defs>`)
}

// areas draws the areas, those of one class together in a group that carries the colour once. Where the reader walks by keyboard from link to
// link the given order is kept instead.
func (p *painter) areas() {
	order := p.m.Areas
	if !p.o.Links || p.o.SkipTab {
		order = slices.Clone(order)
		slices.SortStableFunc(order, func(a, b Area) int { return rank(a) - rank(b) })
	}
	p.d.Raw(`<g class="kf-map" fill-rule="evenodd" stroke-linejoin="round" stroke-width=".9">`)
	open := ""
	for _, a := range order {
		data := p.base.paths[a.Key]
		if data == "" {
			continue
		}
		if group := p.group(a); group != open {
			if open != "" {
				p.d.Raw(`</g>`)
			}
			p.d.Raw(group)
			open = group
		}
		label := svg.Escape(a.Name)
		if a.Value != "" {
			label += ": " + svg.Escape(a.Value)
		}
		id := ` id="` + svg.ID(p.o.ID, a.Key) + `"`
		if p.o.Links && a.Href != "" {
			p.d.Raw(`<a href="`, svg.Escape(a.Href), `"`, id)
			if p.o.SkipTab {
				p.d.Raw(` tabindex="-1"`)
			}
			p.d.Raw(` aria-label="`, label, `"><path d="`, data, `"><title>`, label, `</title></path></a>`)
			continue
		}
		p.d.Raw(`<path`, id, ` d="`, data, `"><title>`, label, `</title></path>`)
	}
	if open != "" {
		p.d.Raw(`</g>`)
	}
	p.d.Raw(`</g>`)
}

func rank(a Area) int {
	if a.Special != nil {
		return 1000 + int(*a.Special)
	}
	return a.Class
}

// group opens the element that gives the areas of one class their colour.
func (p *painter) group(a Area) string {
	r := rank(a)
	g, ok := p.groups[r]
	if !ok {
		g = p.newGroup(a)
		p.groups[r] = g
	}
	return g
}

func (p *painter) newGroup(a Area) string {
	if a.Special != nil {
		return `<g class="kf-special" fill="url(#` + p.patternID(*a.Special) + `)" stroke="` + palette.SpecialLine(p.o.Theme).Hex() + `">`
	}
	colour, css := p.m.Scheme.fill(a.Class, p.o.Theme)
	return `<g class="` + css + `" fill="` + colour.Hex() + `" stroke="` + palette.Outline(colour).Hex() + `">`
}

// outlines draws a double line around the areas that have one: districts have a single one.
func (p *painter) outlines() {
	var d []string
	for _, a := range p.m.Areas {
		if data := p.base.paths[a.Key]; a.Outlined && data != "" {
			d = append(d, `<path d="`, data, `"/>`)
		}
	}
	if len(d) == 0 {
		return
	}
	for _, line := range []struct {
		paint svg.Paint
		width float64
	}{{p.d.Axis(), outlineWidth}, {p.d.Halo(), outlineGap}} {
		p.d.Raw(`<g fill="none" stroke-linejoin="round" pointer-events="none" stroke-width="`, svg.Num(line.width*p.heft()), `" `, line.paint.Stroke(), `>`)
		p.d.Raw(d...)
		p.d.Raw(`</g>`)
	}
}

// heft makes marks thinner in small drawings, where areas are small too.
func (p *painter) heft() float64 { return min(max(p.width/1000, 0.5), 1) }

const (
	outlineWidth = 6.4
	outlineGap   = 2.2
)

// signs draws the triangles, smaller where an area has little room.
func (p *painter) signs() {
	open := false
	for _, a := range p.m.Areas {
		at, ok := p.base.middles[a.Key]
		if a.Sign == NoSign || !ok {
			continue
		}
		if !open {
			open = true
			p.d.Raw(`<g pointer-events="none" stroke-width="1.6" stroke-linejoin="round" paint-order="stroke" class="kf-ink kf-halo" fill="`,
				palette.Ink(p.o.Theme).Hex(), `" stroke="`, palette.Paper(p.o.Theme).Hex(), `">`)
		}
		p.d.Raw(`<path d="`, triangle(a.Sign, at.x, at.y, min(max(at.w/5, 4.5), 11)*p.heft()), `"/>`)
	}
	if open {
		p.d.Raw(`</g>`)
	}
}

// triangle is the path of a sign about a point.
func triangle(s Sign, x, y, r float64) string {
	if s == Down {
		r = -r
	}
	return "M" + svg.Num(x) + " " + svg.Num(y-r) + "l" + svg.Num(r) + " " + svg.Num(1.8*r) + "h" + svg.Num(-2*r) + "z"
}

type box struct{ x0, y0, x1, y1 float64 }

// districts draws their outlines.
func (p *painter) districts() {
	if len(p.base.districts) == 0 {
		return
	}
	p.d.Raw(`<g pointer-events="none" fill="none" stroke-linejoin="round" stroke-width="2.5" `, p.d.Axis().Stroke(), `>`)
	for _, d := range p.base.districts {
		p.d.Raw(`<path d="`, d.path, `"/>`)
	}
	p.d.Raw(`</g>`)
}

// names writes the names of the districts where they fit, the widest place first, above everything else; a name never lies on another.
func (p *painter) names() {
	if len(p.base.districts) == 0 {
		return
	}
	ink := p.d.Ink()
	p.d.Raw(`<g pointer-events="none">`)
	labels := slices.Clone(p.base.districts)
	slices.SortStableFunc(labels, func(a, b district) int {
		switch {
		case a.w > b.w:
			return -1
		case a.w < b.w:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	var taken []box
	for _, l := range labels {
		w := svg.Width(l.name, textSize)
		x := min(max(l.x, w/2), p.width-w/2)
		b := box{x - w/2, l.y - textSize*0.8, x + w/2, l.y + textSize*0.4}
		if w > 1.6*l.w || slices.ContainsFunc(taken, func(t box) bool { return b.x0 < t.x1 && t.x0 < b.x1 && b.y0 < t.y1 && t.y0 < b.y1 }) {
			continue
		}
		taken = append(taken, b)
		p.d.Text(svg.Text{X: x, Y: l.y + textSize*0.3, Size: textSize, Anchor: svg.Middle, Bold: true, Halo: true, Paint: ink, Text: l.name})
	}
	p.d.Raw(`</g>`)
}

func (p *painter) selected() {
	data := p.base.paths[p.m.Selected]
	if p.m.Selected == "" || data == "" {
		return
	}
	halo, accent := p.d.Halo(), p.d.Accent()
	p.d.Raw(`<g fill="none" stroke-linejoin="round" pointer-events="none"><path d="`, data, `" `, halo.Stroke(), ` stroke-width="`, svg.Num(8*p.heft()), `"/><path d="`, data, `" `,
		accent.Stroke(), ` stroke-width="`, svg.Num(4.5*p.heft()), `"/></g>`)
}

// scaleBar draws the longest of 1, 2, 5 times a power of ten that fits a quarter of the width.
func (p *painter) scaleBar() {
	if p.o.Scale == nil || p.base.pr.metres <= 0 {
		return
	}
	most := p.width / 4 * p.base.pr.metres
	length := math.Pow(10, math.Floor(math.Log10(most)))
	for _, f := range []float64{5, 2} {
		if length*f <= most {
			length *= f
			break
		}
	}
	w := length / p.base.pr.metres
	y := p.base.pr.height + 1.1*textSize
	x1 := p.width - margin
	axis := p.d.Axis()
	p.d.Raw(`<path d="M`, svg.Num(x1-w), ` `, svg.Num(y-8), `v8h`, svg.Num(w), `v-8" fill="none" stroke-width="2" `, axis.Stroke(), `/>`)
	p.d.Text(svg.Text{X: x1 - w - 8, Y: y, Size: textSize * 0.85, Anchor: svg.End, Paint: p.d.Ink(), Text: p.o.Scale(length)})
}

func (p *painter) legend() {
	p.d.Text(svg.Text{X: margin, Y: p.legendTop, Size: textSize, Bold: true, Paint: p.d.Ink(), Text: svg.Cut(p.m.LegendTitle, textSize, p.width-2*margin)})
	rows := (len(p.entries) + p.columns - 1) / p.columns
	width := (p.width - 2*margin) / float64(p.columns)
	for i, e := range p.entries {
		x := margin + float64(i/rows)*width
		y := p.legendTop + textSize*0.7 + float64(i%rows)*textSize*1.6
		p.sample(e, x, y)
		p.d.Text(svg.Text{X: x + 46, Y: y + 19, Size: textSize, Paint: p.d.Ink(), Text: svg.Cut(p.entryText(e), textSize, width-50)})
	}
}

// sample draws what a row of the legend explains.
func (p *painter) sample(e Entry, x, y float64) {
	if e.Sign != NoSign {
		p.d.Raw(`<path d="`, triangle(e.Sign, x+18, y+12, 9), `" `, p.d.Ink().Fill(), `/>`)
		return
	}
	p.d.Raw(`<rect x="`, svg.Num(x), `" y="`, svg.Num(y), `" width="36" height="24"`)
	switch {
	case e.Outlined:
		p.d.Raw(` fill="none" stroke-width="`, svg.Num(outlineWidth), `" `, p.d.Axis().Stroke(), `/>`)
		p.d.Raw(`<rect x="`, svg.Num(x), `" y="`, svg.Num(y), `" width="36" height="24" fill="none" stroke-width="`, svg.Num(outlineGap), `" `, p.d.Halo().Stroke(), `/>`)
	case e.Special != nil:
		p.d.Raw(` stroke-width=".9" fill="url(#`, p.patternID(*e.Special), `)" stroke="`, palette.SpecialLine(p.o.Theme).Hex(), `"/>`)
	default:
		p.d.Raw(` stroke-width=".9" class="`, e.CSS, `" fill="`, e.Colour.Hex(), `" stroke="`, palette.Outline(e.Colour).Hex(), `"/>`)
	}
}
