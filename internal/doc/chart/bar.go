// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Row is one bar.
type Row struct {
	Name  string
	Value Value
	// Marked sets the bar off: the area the page is about.
	Marked bool
}

// Reference is a value all bars are compared with: the city, a goal.
type Reference struct {
	Name  string
	Value float64
}

// Bar is a list of areas with lying bars, the highest first.
type Bar struct {
	Frame
	Rows      []Row
	Reference *Reference
	// AsGiven keeps the order of the rows, where they have one of their own (age groups).
	AsGiven bool
}

const (
	barLine   = 24.0
	barHeight = 15.0
)

func (b Bar) order() []int {
	if b.AsGiven {
		return byValue(len(b.Rows), func(int) float64 { return 0 })
	}
	return byValue(len(b.Rows), func(i int) float64 { return b.Rows[i].Value.V })
}

// SVG draws the chart.
func (b Bar) SVG() string {
	var names, texts []string
	values := []float64{0}
	known := false
	for _, r := range b.Rows {
		names = append(names, r.Name)
		texts = append(texts, b.cell(r.Value))
		values = append(values, r.Value.V)
		known = known || r.Value.known()
	}
	head := 0.0
	if b.Reference != nil {
		values = append(values, b.Reference.Value)
		head = small * 1.6
	}
	c := b.open(max(float64(len(b.Rows)), 1)*barLine, head, small*3)
	if !known {
		c.nothing()
		return c.String()
	}
	room := min(widest(fontSize, names...), c.width*0.36)
	c.left += room + gap
	c.right -= min(widest(small, texts...)+gap, c.width*0.25)
	low, high, _ := spread(values...)
	x := c.valueFoot(ticks(low, high, 4))
	c.hatch(2)
	for line, i := range b.order() {
		r := b.Rows[i]
		y := c.top + float64(line)*barLine + (barLine-barHeight)/2
		mid := y + barHeight/2 + small/3
		c.Text(svg.Text{X: c.left - gap, Y: mid, Size: fontSize, Anchor: svg.End, Bold: r.Marked, Paint: c.Ink(), Text: svg.Cut(r.Name, fontSize, room+1)})
		text := b.cell(r.Value)
		if !r.Value.known() {
			c.Text(svg.Text{X: x.at(0) + 6, Y: mid, Size: small, Paint: c.Muted(), Halo: true, Text: svg.Cut(text, small, c.width-gap-x.at(0))})
			continue
		}
		kind := 0
		if r.Marked {
			kind = 1
		}
		c.bar(kind, x.at(0), y, x.at(r.Value.V)-x.at(0), barHeight, r.Name+": "+text)
		end := max(x.at(r.Value.V), x.at(0)) + 6
		c.Text(svg.Text{X: end, Y: mid, Size: small, Halo: true, Paint: c.Ink(), Text: svg.Cut(text, small*0.97, c.width-end)})
	}
	c.reference(b.Reference, x)
	return c.String()
}

// reference draws an upright line with its name above.
func (c *canvas) reference(r *Reference, x scale) {
	if r == nil || !finite(r.Value) {
		return
	}
	at := x.at(r.Value)
	c.Line(at, c.top-4, at, c.base, 2, c.Accent(), "5 3")
	text := r.Name + ": " + c.f.format(r.Value)
	c.centre(at, c.top-8, c.Ink(), text)
}

// Table tells the same, in the order of the drawing.
func (b Bar) Table() Table {
	t := Table{Header: []string{b.Words.Area, b.Words.Value}}
	for _, i := range b.order() {
		t.Rows = append(t.Rows, []string{b.Rows[i].Name, b.cell(b.Rows[i].Value)})
	}
	if b.Reference != nil {
		t.Rows = append(t.Rows, []string{b.Reference.Name, b.format(b.Reference.Value)})
	}
	return t
}

// Stack shows several kinds for each group: as parts of one bar, or beside each other.
type Stack struct {
	Frame
	Groups []string
	Series []Series // one value a group
	// Grouped draws the kinds beside each other instead of on one another.
	Grouped bool
}

// SVG draws the chart. Only parts that are not negative can be stacked; a negative part is left out, its table cell shows it.
func (s Stack) SVG() string {
	var names []string
	for _, x := range s.Series {
		names = append(names, x.Name)
	}
	line := barLine
	if s.Grouped {
		line = max(float64(len(s.Series)), 1)*(barHeight-2) + 12
	}
	key := s.keyHeight(names)
	c := s.open(max(float64(len(s.Groups)), 1)*line, key, small*3)
	values, known := []float64{0}, false
	for g := range s.Groups {
		sum := 0.0
		for _, x := range s.Series {
			v := x.at(g)
			known = known || v.known()
			if s.Grouped {
				values = append(values, v.V)
			} else if v.known() && v.V > 0 {
				sum += v.V
			}
		}
		values = append(values, sum)
	}
	if !known {
		c.nothing()
		return c.String()
	}
	c.hatch(len(s.Series))
	c.keyRow(c.top-key, names, func(i int, x, y float64) { c.bar(i, x, y, 20, small, names[i]) })
	room := min(widest(fontSize, s.Groups...), c.width*0.36)
	c.left += room + gap
	c.right -= 3 * gap
	low, high, _ := spread(values...)
	x := c.valueFoot(ticks(low, high, 4))
	for g, name := range s.Groups {
		y := c.top + float64(g)*line
		c.label(c.left-gap, y+line/2+fontSize/3, fontSize, svg.End, false, svg.Cut(name, fontSize, room+1))
		s.group(c, g, x, y, line)
	}
	return c.String()
}

func (s Stack) group(c *canvas, g int, x scale, y, line float64) {
	sum := 0.0
	for i, part := range s.Series {
		v := part.at(g)
		if !v.known() {
			continue
		}
		title := s.Groups[g] + ", " + part.Name + ": " + s.cell(v)
		if s.Grouped {
			c.bar(i, x.at(0), y+6+float64(i)*(barHeight-2), x.at(v.V)-x.at(0), barHeight-4, title)
			continue
		}
		if v.V <= 0 {
			continue
		}
		c.bar(i, x.at(sum), y+(line-barHeight)/2, x.at(sum+v.V)-x.at(sum), barHeight, title)
		sum += v.V
		c.Raw(`<path d="M`, svg.Num(x.at(sum)), ` `, svg.Num(y+(line-barHeight)/2), `v`, svg.Num(barHeight), `" stroke-width="1.5" `, c.Halo().Stroke(), ` fill="none"/>`)
	}
}

// Table tells the same: one row a group.
func (s Stack) Table() Table {
	t := Table{Header: []string{s.Words.Group}}
	for _, x := range s.Series {
		t.Header = append(t.Header, x.Name)
	}
	for g, name := range s.Groups {
		row := []string{name}
		for _, x := range s.Series {
			row = append(row, s.cell(x.at(g)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
