// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// IntervalRow is an estimate with the range it may lie in.
type IntervalRow struct {
	Name             string
	Value, Low, High float64
	Marked           bool
}

// Interval shows ranks or estimates with their uncertainty: a dot for the value, a line for the range. A rank is never shown without it.
type Interval struct {
	Frame
	Rows []IntervalRow
	// Reverse puts the lowest value first: rank 1 on top.
	Reverse   bool
	Reference *Reference
}

func (v Interval) order() []int {
	return byValue(len(v.Rows), func(i int) float64 {
		if v.Reverse {
			return -v.Rows[i].Value
		}
		return v.Rows[i].Value
	})
}

// SVG draws the chart.
func (v Interval) SVG() string {
	var names []string
	var all []float64
	for _, r := range v.Rows {
		names = append(names, r.Name)
		all = append(all, r.Value, r.Low, r.High)
	}
	head := 0.0
	if v.Reference != nil {
		all = append(all, v.Reference.Value)
		head = small * 1.6
	}
	const line = 20.0
	c := v.open(max(float64(len(v.Rows)), 1)*line, head, small*3)
	low, high, ok := spread(all...)
	if !ok || len(v.Rows) == 0 {
		c.nothing()
		return c.String()
	}
	room := min(widest(small, names...), c.width*0.36)
	c.left += room + gap
	c.right -= gap
	x := c.valueFoot(ticks(low, high, 6))
	for n, i := range v.order() {
		r := v.Rows[i]
		mid := c.top + (float64(n)+0.5)*line
		c.Text(svg.Text{X: c.left - gap, Y: mid + small/3, Size: small, Anchor: svg.End, Bold: r.Marked, Paint: c.Ink(), Text: svg.Cut(r.Name, small, room+1)})
		kind := 0
		if r.Marked {
			kind = 1
		}
		if finite(r.Low) && finite(r.High) {
			c.Raw(`<path d="M`, svg.Num(x.at(r.Low)), ` `, svg.Num(mid-4), `v8m0 -4H`, svg.Num(x.at(r.High)), `m0 -4v8" fill="none" stroke-width="2" `, c.seriesLine(kind).Stroke(), `/>`)
		}
		if finite(r.Value) {
			c.marker(kind, x.at(r.Value), mid, 4.5, false, r.Name+": "+v.format(r.Value)+" ("+v.format(r.Low)+" – "+v.format(r.High)+")")
		} else {
			at := c.left + 6
			if finite(r.High) {
				at = math.Max(at, x.at(r.High)+6)
			}
			c.Text(svg.Text{X: at, Y: mid + small/3, Size: small, Halo: true, Paint: c.Muted(), Text: v.Words.Missing})
		}
	}
	c.reference(v.Reference, x)
	return c.String()
}

// Table tells the same, in the order of the drawing.
func (v Interval) Table() Table {
	t := Table{Header: []string{v.Words.Area, v.Words.Value, v.Words.Low, v.Words.High}}
	for _, i := range v.order() {
		r := v.Rows[i]
		t.Rows = append(t.Rows, []string{r.Name, v.format(r.Value), v.format(r.Low), v.format(r.High)})
	}
	return t
}
