// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Histogram shows how the values of all areas are spread and where the limits of the classes lie, while someone chooses them.
type Histogram struct {
	Frame
	Values []float64
	// Limits are the upper limits of all classes but the last, ascending. A value on a limit belongs to the class below.
	Limits []float64
	// Bins is the number of bars, 24 when zero.
	Bins int
	// Reference is marked when given.
	Reference *Reference
}

type bin struct {
	from, to float64
	count    int
}

func (h Histogram) bins() []bin {
	low, high, ok := spread(h.Values...)
	if !ok {
		return nil
	}
	n := h.Bins
	if n <= 0 {
		n = 24
	}
	steps := ticks(low, high, n)
	bins := make([]bin, len(steps)-1)
	for i := range bins {
		bins[i] = bin{from: steps[i], to: steps[i+1]}
	}
	for _, v := range h.Values {
		if !finite(v) {
			continue
		}
		i := int((v - steps[0]) / (steps[1] - steps[0]))
		bins[min(max(i, 0), len(bins)-1)].count++
	}
	return bins
}

// SVG draws the chart. Bars carry the colour of the class their middle lies in; the limits stand as lines across.
func (h Histogram) SVG() string {
	head := small * 1.8
	if h.Reference != nil {
		head += small * 1.6
	}
	c := h.open(200, head, small*3)
	bins := h.bins()
	if len(bins) == 0 {
		c.nothing()
		return c.String()
	}
	most := 0
	for _, b := range bins {
		most = max(most, b.count)
	}
	plain := c.f.Format
	c.f.Format = func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	unit := c.f.Unit
	c.f.Unit = h.Words.Count
	y := c.valueAxis(countTicks(most))
	c.f.Format, c.f.Unit = plain, unit
	from, to := bins[0].from, bins[len(bins)-1].to
	x := scale{from, to, c.left + 4, c.right - 4}
	classes := len(h.Limits) + 1
	for _, b := range bins {
		if b.count == 0 {
			continue
		}
		paint := svg.Paint{Class: "kf-f0", Colour: palette.Series(0, c.Theme())}
		if classes >= palette.MinClasses && classes <= palette.MaxClasses {
			i := h.class((b.from + b.to) / 2)
			paint = svg.Paint{Class: palette.SequentialClass(classes, i), Colour: palette.Sequential(classes, c.Theme())[i]}
		}
		c.Raw(`<rect x="`, svg.Num(x.at(b.from)+1), `" y="`, svg.Num(y.at(float64(b.count))), `" width="`, svg.Num(max(x.at(b.to)-x.at(b.from)-2, 0.5)), `" height="`,
			svg.Num(c.base-y.at(float64(b.count))), `" `, paint.Fill(), ` stroke="`, palette.Muted(c.Theme()).Hex(), `" stroke-width=".8"><title>`,
			svg.Escape(h.format(b.from)+" – "+h.format(b.to)+": "+strconv.Itoa(b.count)), `</title></rect>`)
	}
	last := math.Inf(-1)
	for _, l := range h.Limits {
		if !finite(l) || l < from || l > to {
			continue
		}
		c.Line(x.at(l), c.top, x.at(l), c.base+5, 1.6, c.Axis(), "4 3")
		text := h.format(l)
		if w := svg.Width(text, small); x.at(l)-w/2 > last+4 {
			c.footLabel(x.at(l), c.base+small*1.6, text)
			last = x.at(l) + w/2
		}
	}
	if len(h.Limits) == 0 {
		c.footLabel(x.at(from), c.base+small*1.6, h.format(from))
		c.footLabel(x.at(to), c.base+small*1.6, h.format(to))
	}
	c.Text(svg.Text{X: c.right, Y: c.base + small*2.8, Size: small, Anchor: svg.End, Paint: c.Muted(), Text: unit})
	if r := h.Reference; r != nil && finite(r.Value) && r.Value >= from && r.Value <= to {
		c.top -= small * 1.8
		c.reference(r, x)
	}
	return c.String()
}

func (h Histogram) class(v float64) int {
	i := 0
	for i < len(h.Limits) && v > h.Limits[i] {
		i++
	}
	return i
}

// Table tells the same by class, or by bar where no limits are given.
func (h Histogram) Table() Table {
	t := Table{Header: []string{h.Words.From, h.Words.To, h.Words.Count}}
	low, high, ok := spread(h.Values...)
	if !ok {
		return t
	}
	if len(h.Limits) == 0 {
		for _, b := range h.bins() {
			t.Rows = append(t.Rows, []string{h.format(b.from), h.format(b.to), strconv.Itoa(b.count)})
		}
		return t
	}
	counts := make([]int, len(h.Limits)+1)
	for _, v := range h.Values {
		if finite(v) {
			counts[h.class(v)]++
		}
	}
	for i, n := range counts {
		from, to := low, high
		if i > 0 {
			from = h.Limits[i-1]
		}
		if i < len(h.Limits) {
			to = h.Limits[i]
		}
		t.Rows = append(t.Rows, []string{h.format(from), h.format(to), strconv.Itoa(n)})
	}
	return t
}
