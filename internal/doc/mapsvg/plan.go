// SPDX-License-Identifier: EUPL-1.2

package mapsvg

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Plan shows the areas themselves, without figures: the map with which a report begins.
type Plan struct {
	Title, Description string
	Areas              []Area // key, name and rings
	Districts          []District
	// Geographic says that points are degrees; else they are metres.
	Geographic bool
}

// labelSize is the size of the keys on a plan; areas too small for their key go without.
const labelSize = 17.0

// SVG draws the plan.
func (m Plan) SVG(o Options) string {
	base := NewBase(m.Areas, m.Districts, m.Geographic, o.Size)
	height := base.pr.height
	if o.Scale != nil {
		height += 1.6 * textSize
	}
	d := svg.New(svg.Head{ID: o.ID, Title: m.Title, Description: m.Description, Width: base.pr.width, Height: height, Theme: o.Theme})
	ground := svg.Paint{Class: "kf-gridfill", Colour: palette.Grid(o.Theme)}
	d.Raw(`<g fill-rule="evenodd" stroke-linejoin="round" stroke-width="1.2" stroke="`, palette.Muted(o.Theme).Hex(), `" `, ground.Fill(), `>`)
	for _, a := range m.Areas {
		if data := base.paths[a.Key]; data != "" {
			d.Raw(`<path id="`, svg.ID(o.ID, a.Key), `" d="`, data, `"><title>`, svg.Escape(a.Name), `</title></path>`)
		}
	}
	d.Raw(`</g>`)
	if len(base.districts) > 0 {
		d.Raw(`<g fill="none" stroke-linejoin="round" stroke-width="3" `, d.Axis().Stroke(), `>`)
		for _, x := range base.districts {
			d.Raw(`<path d="`, x.path, `"/>`)
		}
		d.Raw(`</g>`)
	}
	for _, a := range m.Areas {
		if m := base.middles[a.Key]; svg.Width(a.Key, labelSize) <= m.w {
			d.Text(svg.Text{X: m.x, Y: m.y + labelSize*.35, Size: labelSize, Anchor: svg.Middle, Bold: true, Halo: true, Paint: d.Ink(), Text: a.Key})
		}
	}
	p := painter{m: Map{}, o: o, base: base, width: base.pr.width, d: d}
	p.scaleBar()
	return d.String()
}

// Silhouette is the whole town in one path of very few corners, over which locators mark an area. Many small drawings on a page share it.
func (b *Base) Silhouette(id string, t palette.Theme) string {
	var s strings.Builder
	fmt.Fprintf(&s, `<g id="%s" class="kf-gridfill" fill="%s" stroke="%s" stroke-width="1" stroke-linejoin="round" fill-rule="evenodd">`, svg.ID(id, "town"), palette.Grid(t).Hex(), palette.Paper(t).Hex())
	if len(b.districts) > 0 {
		for _, d := range b.districts {
			s.WriteString(`<path d="` + d.path + `"/>`)
		}
	} else {
		keys := make([]string, 0, len(b.paths))
		for k := range b.paths {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(x, y string) int { return cmp.Compare(x, y) })
		for _, k := range keys {
			s.WriteString(`<path d="` + b.paths[k] + `"/>`)
		}
	}
	s.WriteString(`</g>`)
	return s.String()
}

// Locator says where one area lies: a small drawing that refers to a Silhouette on the same page.
func (b *Base) Locator(silhouette, id, key, title string, t palette.Theme) string {
	return b.small(id, title) + `<use href="#` + svg.ID(silhouette, "town") + `"/>` + b.mark(key, t) + `</svg>`
}

// Ground is the silhouette as a drawing of its own, and Mark the area alone in a drawing of the same size, for documents that lay one over the
// other.
func (b *Base) Ground(t palette.Theme) string {
	return b.small("", "") + b.Silhouette("ground", t) + `</svg>`
}

// Mark is the area alone, see Ground.
func (b *Base) Mark(key string, t palette.Theme) string {
	return b.small("", "") + b.mark(key, t) + `</svg>`
}

func (b *Base) small(id, title string) string {
	w, h := svg.Num(b.pr.width), svg.Num(b.pr.height)
	head := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + w + ` ` + h + `" width="` + w + `" height="` + h + `"`
	if title == "" {
		return head + ` aria-hidden="true">`
	}
	return head + ` role="img" aria-labelledby="` + svg.ID(id, "title") + `"><title id="` + svg.ID(id, "title") + `">` + svg.Escape(title) + `</title>`
}

func (b *Base) mark(key string, t palette.Theme) string {
	return `<path class="kf-mark" fill="` + palette.Accent(t).Hex() + `" stroke="` + palette.Accent(t).Hex() + `" stroke-width="1.5" fill-rule="evenodd" d="` + b.paths[key] + `"/>`
}
