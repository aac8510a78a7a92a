// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Dot is one area in a Scatter.
type Dot struct {
	Name string
	X, Y float64
	// Status is the status class 1 to 4, 0 for none; Dynamic is "+", "-" or anything else for no clear change.
	Status  int
	Dynamic string
	Marked  bool
}

// Scatter shows two values of every area against each other, for an index status across and dynamics upwards.
type Scatter struct {
	Frame
	Dots         []Dot
	XName, YName string
	// XLimits and YLimits are class limits, drawn as lines.
	XLimits, YLimits []float64
	FormatX, FormatY func(float64) string
	// StatusNames are the four legend texts of the status classes; without them there is no legend.
	StatusNames []string
	Height      float64 // of the data, 380 when zero
}

// SVG draws the chart. The colour is the status, the sign the dynamics: triangle up for "+", triangle down for "-", circle for no clear change.
func (s Scatter) SVG() string {
	height := s.Height
	if height <= 0 {
		height = 380
	}
	head := small * 1.8
	if len(s.StatusNames) > 0 {
		head += s.keyHeight(s.StatusNames)
	}
	c := s.open(height, head, small*3.2)
	var xs, ys []float64
	for _, d := range s.Dots {
		if finite(d.X) && finite(d.Y) {
			xs, ys = append(xs, d.X), append(ys, d.Y)
		}
	}
	xLow, xHigh, ok := spread(xs...)
	if !ok {
		c.nothing()
		return c.String()
	}
	yLow, yHigh, _ := spread(ys...)
	if len(s.StatusNames) > 0 {
		c.keyRow(c.top-head, s.StatusNames, func(i int, x, y float64) { c.dot(Dot{Status: i + 1}, x+10, y+small/2, 6, "") })
	}
	c.f.Unit, c.f.Format = s.YName, s.FormatY
	y := c.valueAxis(ticks(yLow, yHigh, 5))
	c.f.Unit, c.f.Format = s.XName, s.FormatX
	c.left, c.right = c.left+8, c.right-12
	x := c.valueFoot(ticks(xLow, xHigh, 6))
	for _, l := range s.XLimits {
		if finite(l) && l > x.from && l < x.to {
			c.Line(x.at(l), c.top, x.at(l), c.base, 1.4, c.limit(), "5 4")
		}
	}
	for _, l := range s.YLimits {
		if finite(l) && l > y.from && l < y.to {
			c.Line(c.left, y.at(l), c.right, y.at(l), 1.4, c.limit(), "5 4")
		}
	}
	var marked []Dot
	for _, d := range s.Dots {
		switch {
		case !finite(d.X) || !finite(d.Y):
		case d.Marked:
			marked = append(marked, d)
		default:
			c.dot(d, x.at(d.X), y.at(d.Y), 5, s.title(d))
		}
	}
	for _, d := range marked {
		px, py := x.at(d.X), y.at(d.Y)
		c.Raw(`<circle cx="`, svg.Num(px), `" cy="`, svg.Num(py), `" r="10" fill="none" stroke-width="2.5" `, c.Accent().Stroke(), `/>`)
		c.dot(d, px, py, 5.5, s.title(d))
		anchor, at := svg.Start, px+14
		if at+svg.Width(d.Name, small) > c.width-gap {
			anchor, at = svg.End, px-14
		}
		c.Text(svg.Text{X: at, Y: py + small/3, Size: small, Anchor: anchor, Bold: true, Halo: true, Paint: c.Ink(), Text: svg.Cut(d.Name, small, c.width/2)})
	}
	return c.String()
}

// limit paints the lines of class limits.
func (c *canvas) limit() svg.Paint { return svg.Paint{Class: "kf-axis", Colour: c.Muted().Colour} }

func (c *canvas) dot(d Dot, x, y, r float64, title string) {
	paint := svg.Paint{Class: "kf-f4", Colour: palette.Series(4, c.Theme())}
	if d.Status >= 1 && d.Status <= 4 {
		paint = svg.Paint{Class: palette.StatusClass(d.Status), Colour: palette.Status(d.Status, c.Theme())}
	}
	shape := ""
	switch d.Dynamic {
	case "+":
		shape = "M" + svg.Num(x) + " " + svg.Num(y-1.3*r) + "l" + svg.Num(1.25*r) + " " + svg.Num(2.2*r) + "h" + svg.Num(-2.5*r) + "z"
	case "-":
		shape = "M" + svg.Num(x) + " " + svg.Num(y+1.3*r) + "l" + svg.Num(1.25*r) + " " + svg.Num(-2.2*r) + "h" + svg.Num(-2.5*r) + "z"
	default:
		shape = "M" + svg.Num(x-r) + " " + svg.Num(y) + "a" + svg.Num(r) + " " + svg.Num(r) + " 0 1 1 " + svg.Num(2*r) + " 0a" + svg.Num(r) + " " + svg.Num(r) + " 0 1 1 " + svg.Num(-2*r) + " 0z"
	}
	c.Raw(`<path d="`, shape, `" `, paint.Fill(), ` stroke="`, c.Muted().Colour.Hex(), `" stroke-width="1"`)
	if title == "" {
		c.Raw(`/>`)
		return
	}
	c.Raw(`><title>`, svg.Escape(title), `</title></path>`)
}

func (s Scatter) title(d Dot) string {
	x, y := s.Frame, s.Frame
	x.Format, y.Format = s.FormatX, s.FormatY
	return d.Name + ": " + s.XName + " " + x.format(d.X) + ", " + s.YName + " " + y.format(d.Y)
}

// Table tells the same: one row an area.
func (s Scatter) Table() Table {
	x, y := s.Frame, s.Frame
	x.Format, y.Format = s.FormatX, s.FormatY
	t := Table{Header: []string{s.Words.Area, s.XName, s.YName}}
	if len(s.StatusNames) > 0 {
		t.Header = append(t.Header, s.Words.Group)
	}
	for _, d := range s.Dots {
		row := []string{d.Name, x.format(d.X), y.format(d.Y)}
		if len(s.StatusNames) > 0 {
			name := s.Words.Missing
			if d.Status >= 1 && d.Status <= len(s.StatusNames) {
				name = s.StatusNames[d.Status-1]
			} else if d.Status > 0 {
				name = strconv.Itoa(d.Status)
			}
			if d.Dynamic != "" {
				name += " " + d.Dynamic
			}
			row = append(row, name)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
