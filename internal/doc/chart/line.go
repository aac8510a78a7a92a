// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Series is one line of a Line chart or one kind of bar.
type Series struct {
	Name   string
	Values []Value
}

// at returns the i-th value, none where the series is shorter.
func (s Series) at(i int) Value {
	if i < len(s.Values) {
		return s.Values[i]
	}
	return None("")
}

// Line is a time series: one line a series, gaps where values are missing, a mark where the method changed.
type Line struct {
	Frame
	Periods []string
	Series  []Series
	// Zero makes the axis begin at zero; without it the axis covers the values only, which suits indices and hides no change.
	Zero bool
	// Height of the data, 260 when zero.
	Height float64
}

var dashes = []string{"", "7 3", "2 3", "10 3 2 3", "4 2", "1 3"}

// SVG draws the chart.
func (l Line) SVG() string {
	var all []float64
	breaks, flags := false, false
	for _, s := range l.Series {
		for i := range l.Periods {
			v := s.at(i)
			all = append(all, v.V)
			breaks = breaks || v.Break && v.known()
			flags = flags || v.known() && v.Flag != ""
		}
	}
	var notes []string
	if breaks {
		notes = append(notes, "// "+l.Words.Break)
	}
	if flags {
		notes = append(notes, "○ "+l.Words.Flagged)
	}
	height := l.Height
	if height <= 0 {
		height = 260
	}
	c := l.open(height, small*1.8, small*2+float64(len(notes))*small*1.4+gap)
	low, high, ok := spread(all...)
	if !ok || len(l.Periods) == 0 {
		c.nothing()
		return c.String()
	}
	if l.Zero {
		low, high = min(low, 0), max(high, 0)
	}
	var names []string
	for _, s := range l.Series {
		names = append(names, s.Name)
	}
	room := min(widest(small, names...), c.width/3)
	c.right -= room + 28
	y := c.valueAxis(ticks(low, high, 5))
	x := scale{0, float64(max(len(l.Periods)-1, 1)), c.left + 12, c.right - 4}
	l.periods(c, x)
	for i, s := range l.Series {
		l.line(c, i, s, x, y)
	}
	l.names(c, y, room)
	for i, n := range notes {
		c.Text(svg.Text{X: gap, Y: c.base + small*2 + float64(i+1)*small*1.4, Size: small, Paint: c.Muted(), Text: svg.Cut(n, small, c.width-2*gap)})
	}
	return c.String()
}

// periods writes as many labels as fit, always the last.
func (l Line) periods(c *canvas, x scale) {
	step := (x.b - x.a) / max(x.to, 1)
	every := 1
	for float64(every)*step < widest(small, l.Periods...)+gap && every < len(l.Periods) {
		every++
	}
	for i, p := range l.Periods {
		if (len(l.Periods)-1-i)%every == 0 {
			c.footLabel(x.at(float64(i)), c.base+small*1.5, p)
		}
	}
}

func (l Line) line(c *canvas, i int, s Series, x, y scale) {
	stroke := c.seriesLine(i)
	var d strings.Builder
	pen := false
	for j := range l.Periods {
		v := s.at(j)
		if !v.known() {
			pen = false
			continue
		}
		command := "L"
		if !pen || v.Break {
			command = "M"
		}
		d.WriteString(command + svg.Num(x.at(float64(j))) + " " + svg.Num(y.at(v.V)))
		pen = true
	}
	if d.Len() == 0 {
		return
	}
	c.Raw(`<path d="`, d.String(), `" fill="none" stroke-width="2.2" stroke-linejoin="round" `, stroke.Stroke())
	if dash := dashes[i%len(dashes)]; dash != "" {
		c.Raw(` stroke-dasharray="`, dash, `"`)
	}
	c.Raw(`/>`)
	for j, p := range l.Periods {
		v := s.at(j)
		if !v.known() {
			continue
		}
		at := x.at(float64(j))
		if v.Break && j > 0 {
			// Two short strokes across the missing piece, halfway to the value before.
			mid := (at + x.at(float64(j-1))) / 2
			h := y.at(v.V)
			if before := s.at(j - 1); before.known() {
				h = (h + y.at(before.V)) / 2
			}
			c.Raw(`<path d="M`, svg.Num(mid-5), ` `, svg.Num(h+7), `l5 -14m4 0l-5 14" fill="none" stroke-width="1.6" `, c.Axis().Stroke(), `/>`)
		}
		c.marker(i, at, y.at(v.V), 3.6, v.Flag != "", s.Name+", "+p+": "+l.cell(v))
	}
}

// names writes the series names at the ends of their lines, moved apart where they would touch.
func (l Line) names(c *canvas, y scale, room float64) {
	type end struct {
		i    int
		h    float64
		name string
	}
	var ends []end
	for i, s := range l.Series {
		for j := len(l.Periods) - 1; j >= 0; j-- {
			if v := s.at(j); v.known() {
				ends = append(ends, end{i, y.at(v.V), s.Name})
				break
			}
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int {
		switch {
		case a.h < b.h:
			return -1
		case a.h > b.h:
			return 1
		}
		return 0
	})
	const line = small * 1.25
	for i := range ends {
		ends[i].h = max(ends[i].h, c.top+float64(i)*line)
		if i > 0 {
			ends[i].h = max(ends[i].h, ends[i-1].h+line)
		}
	}
	for i := len(ends) - 1; i >= 0; i-- {
		ends[i].h = min(ends[i].h, c.base-float64(len(ends)-1-i)*line)
	}
	for _, e := range ends {
		c.marker(e.i, c.right+12, e.h, 3.6, false, "")
		c.label(c.right+21, e.h+small/3, small, svg.Start, false, svg.Cut(e.name, small, room+4))
	}
}

// Table tells the same: one row a period, one column a series.
func (l Line) Table() Table {
	t := Table{Header: []string{l.Words.Period}}
	for _, s := range l.Series {
		t.Header = append(t.Header, s.Name)
	}
	for i, p := range l.Periods {
		row := []string{p}
		for _, s := range l.Series {
			v := s.at(i)
			text := l.cell(v)
			if v.Break && v.known() {
				text += " // " + l.Words.Break
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
