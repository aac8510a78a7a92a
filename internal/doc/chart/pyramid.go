// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Pyramid shows the age structure of an area as bars and that of the city as an outline around them, both as shares of all inhabitants.
type Pyramid struct {
	Frame
	// Groups are the age groups, youngest first; they are drawn from the bottom up.
	Groups               []string
	LeftName, RightName  string
	Left, Right          []Value
	CityLeft, CityRight  []float64
	AreaLabel, CityLabel string
}

func pick(values []float64, i int) float64 {
	if i < len(values) {
		return values[i]
	}
	return math.NaN()
}

// SVG draws the pyramid.
func (p Pyramid) SVG() string {
	left, right := Series{Values: p.Left}, Series{Values: p.Right}
	var all []float64
	for i := range p.Groups {
		all = append(all, left.at(i).V, right.at(i).V, pick(p.CityLeft, i), pick(p.CityRight, i))
	}
	const line = 21.0
	names := []string{p.AreaLabel, p.CityLabel}
	key := p.keyHeight(names)
	c := p.open(max(float64(len(p.Groups)), 1)*line, key+small*1.6, small*3)
	_, high, ok := spread(all...)
	if !ok {
		c.nothing()
		return c.String()
	}
	c.keyRow(c.top-key-small*1.6, names, func(i int, x, y float64) {
		if i == 0 {
			c.bar(0, x, y, 20, small, names[0])
			return
		}
		c.Line(x, y+small/2, x+20, y+small/2, 2.4, c.Accent(), "")
	})
	room := min(widest(small, p.Groups...), c.width/4) + 2*gap
	middle := c.width / 2
	steps := ticks(0, max(high, 0), 3)
	l := scale{0, steps[len(steps)-1], middle - room/2, gap + 14}
	r := scale{0, steps[len(steps)-1], middle + room/2, c.width - gap - 14}
	for side, s := range []scale{l, r} {
		for _, v := range steps {
			c.Line(s.at(v), c.top, s.at(v), c.base, 1, c.Grid(), "")
			c.footLabel(s.at(v), c.base+small*1.3, p.format(v))
		}
		c.label((s.a+s.b)/2, c.top-gap, fontSize, svg.Middle, true, [...]string{p.LeftName, p.RightName}[side])
	}
	c.Text(svg.Text{X: c.right, Y: c.base + small*2.7, Size: small, Anchor: svg.End, Paint: c.Muted(), Text: p.Unit})
	for i, g := range p.Groups {
		y := c.base - float64(i+1)*line
		c.label(middle, y+line/2+small/3, small, svg.Middle, false, svg.Cut(g, small, room-gap+1))
		for side, s := range []scale{l, r} {
			v := [...]Value{left.at(i), right.at(i)}[side]
			title := [...]string{p.LeftName, p.RightName}[side] + ", " + g + ": " + p.cell(v)
			switch {
			case v.known() && v.V >= 0:
				c.bar(0, s.at(0), y+3, s.at(v.V)-s.at(0), line-6, title)
			case v.Flag != "":
				anchor, x := svg.End, s.at(0)-4
				if side == 1 {
					anchor, x = svg.Start, s.at(0)+4
				}
				c.Text(svg.Text{X: x, Y: y + line/2 + small/3, Size: small, Anchor: anchor, Halo: true, Paint: c.Muted(), Text: v.Flag})
			}
		}
	}
	p.outline(c, l, p.CityLeft, line)
	p.outline(c, r, p.CityRight, line)
	return c.String()
}

// outline draws the steps of the city over the bars; a group without value interrupts it.
func (p Pyramid) outline(c *canvas, s scale, values []float64, line float64) {
	d := ""
	pen := false
	for i := range p.Groups {
		v := pick(values, i)
		if !finite(v) {
			pen = false
			continue
		}
		y := c.base - float64(i)*line
		command := "L"
		if !pen {
			command = "M"
		}
		d += command + svg.Num(s.at(max(v, 0))) + " " + svg.Num(y) + "V" + svg.Num(y-line)
		pen = true
	}
	if d != "" {
		c.Raw(`<path d="`, d, `" fill="none" stroke-width="4.5" `, c.Halo().Stroke(), `/><path d="`, d, `" fill="none" stroke-width="2.4" `, c.Accent().Stroke(), `/>`)
	}
}

// Table tells the same, oldest first as in the drawing.
func (p Pyramid) Table() Table {
	left, right := Series{Values: p.Left}, Series{Values: p.Right}
	t := Table{Header: []string{
		p.Words.Group, p.LeftName + ", " + p.AreaLabel, p.RightName + ", " + p.AreaLabel, p.LeftName + ", " + p.CityLabel, p.RightName + ", " + p.CityLabel,
	}}
	for i := len(p.Groups) - 1; i >= 0; i-- {
		t.Rows = append(t.Rows, []string{
			p.Groups[i], p.cell(left.at(i)), p.cell(right.at(i)), p.format(pick(p.CityLeft, i)), p.format(pick(p.CityRight, i)),
		})
	}
	return t
}
