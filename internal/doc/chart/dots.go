// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Point is one area in Dots.
type Point struct {
	Key, Name string
	Value     float64
	// Class is the index of its colour in Dots.Classes.
	Class  int
	Marked bool
}

// Dots shows how the values of all areas lie: one dot an area, equal values on top of each other, in the colours of the map. Unlike a histogram
// it lets an area be found again.
type Dots struct {
	Frame
	Points  []Point
	Classes []svg.Paint
	// Limits are the class limits, drawn as lines.
	Limits    []float64
	Reference *Reference
	// Height is the most the dots may take, 200 when zero.
	Height float64
}

// dotRadii are tried from the largest until the highest stack fits.
var dotRadii = []float64{7, 6, 5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5}

// SVG draws the chart. Every dot carries the key of its area as data-k, by which a page links it to map and table.
func (d Dots) SVG() string {
	var values []float64
	for _, p := range d.Points {
		values = append(values, p.Value)
	}
	if d.Reference != nil {
		values = append(values, d.Reference.Value)
	}
	low, high, ok := spread(values...)
	most := d.Height
	if most <= 0 {
		most = 200
	}
	width := d.Width
	if width <= 0 {
		width = defaultWidth
	}
	steps := []float64{0, 1}
	if ok {
		steps = ticks(low, high, 6)
	}
	x := scale{steps[0], steps[len(steps)-1], gap + 12, width - gap - 12}
	r, stack, height := d.arrange(x, most)
	head := 0.0
	if d.Reference != nil {
		head = small * 1.6
	}
	c := d.open(max(height, 48)+r, head, small*3)
	if !ok {
		c.nothing()
		return c.String()
	}
	c.left, c.right = x.a, x.b
	c.valueFoot(steps)
	for _, l := range d.Limits {
		if finite(l) && l > x.from && l < x.to {
			c.Line(x.at(l), c.top, x.at(l), c.base, 1.2, c.limit(), "4 4")
		}
	}
	marked := -1
	for class, paint := range d.Classes {
		open := false
		for i, p := range d.Points {
			if p.Class != class || !finite(p.Value) {
				continue
			}
			if p.Marked {
				marked = i
			}
			if !open {
				open = true
				c.Raw(`<g `, paint.Fill(), ` stroke="`, c.Muted().Colour.Hex(), `" stroke-width=".8">`)
			}
			at := column(x.at(p.Value), r)
			c.Raw(`<circle data-k="`, svg.Escape(p.Key), `" cx="`, svg.Num(at), `" cy="`, svg.Num(c.base-r-float64(stack[i])*2*r-1), `" r="`, svg.Num(r-.4))
			if len(d.Points) > titledDots {
				c.Raw(`"/>`)
				continue
			}
			c.Raw(`"><title>`, svg.Escape(p.Name+": "+d.format(p.Value)), `</title></circle>`)
		}
		if open {
			c.Raw(`</g>`)
		}
	}
	c.reference(d.Reference, x)
	if marked >= 0 {
		p := d.Points[marked]
		px, py := column(x.at(p.Value), r), c.base-r-float64(stack[marked])*2*r-1
		c.Raw(`<circle cx="`, svg.Num(px), `" cy="`, svg.Num(py), `" r="`, svg.Num(r+3), `" fill="none" stroke-width="2.5" `, c.Accent().Stroke(), `/>`)
	}
	return c.String()
}

// titledDots is how many dots name themselves when pointed at; of more only the page's script does, from the table.
const titledDots = 80

// arrange stacks the dots and chooses their size: position in the stack by point, and the height of the highest stack.
func (d Dots) arrange(x scale, most float64) (r float64, stack []int, height float64) {
	stack = make([]int, len(d.Points))
	for _, r = range dotRadii {
		count, top := map[float64]int{}, 0
		for i, p := range d.Points {
			if !finite(p.Value) {
				continue
			}
			b := column(x.at(p.Value), r)
			stack[i] = count[b]
			count[b]++
			top = max(top, count[b])
		}
		if height = float64(top) * 2 * r; height <= most {
			break
		}
	}
	return r, stack, height
}

// column is the middle of the column a place falls into; columns are as wide as a dot.
func column(x, r float64) float64 { return (math.Floor(x/(2*r)) + .5) * 2 * r }

// Table tells the same: one row an area, as given.
func (d Dots) Table() Table {
	t := Table{Header: []string{d.Words.Area, d.Words.Value, d.Words.Group}}
	for _, p := range d.Points {
		class := ""
		if p.Class >= 0 && p.Class < len(d.Classes) {
			class = strconv.Itoa(p.Class + 1)
		}
		t.Rows = append(t.Rows, []string{p.Name, d.format(p.Value), class})
	}
	return t
}
