// SPDX-License-Identifier: EUPL-1.2

// Package chart draws the charts of a town's report as SVG on the server and tells the same as a table. A chart and its table come from one value,
// so they cannot differ; a page shows both.
//
// No meaning hangs on colour alone: lines have dashes and markers, bars have hatches. Missing values are gaps, never zeros; a change of method is a
// break in the line, never a jump. Numbers are written by the caller's function, so a chart speaks the language of its page.
package chart

import (
	"math"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Frame is what every chart has.
type Frame struct {
	// ID is the prefix of all ids; needed where several drawings share a page.
	ID          string
	Title       string
	Description string
	Source      string
	// Unit stands at the value axis ("Prozent").
	Unit string
	// Width in units, 640 when zero.
	Width float64
	Theme palette.Theme
	// Standalone adds title and source to the drawing, for downloads and the PDF.
	Standalone bool
	// Format writes a value; a plain number when nil.
	Format func(float64) string
	Words  Words
}

// Words are the texts a chart needs, from the catalogue of the page's language.
type Words struct {
	Area, Value, Period, City, Low, High, Count, From, To, Group, Reference string
	Middle                                                                  string // the middle half of all areas, in a Position
	Missing                                                                 string // stands where there is no value
	Break                                                                   string // explains the mark of a break in a series
	Flagged                                                                 string // explains the open marker of a value with a flag
}

// Table is the chart as a table: the page prints it beside the drawing.
type Table struct {
	Header []string
	Rows   [][]string
}

// Value is one value of a chart. NaN stands for none.
type Value struct {
	V float64
	// Flag is what must be said about the value ("geschätzt"), or why there is none ("geheim").
	Flag string
	// Break says that the method changed since the value before.
	Break bool
}

// None is a value that is missing for a reason.
func None(flag string) Value { return Value{V: math.NaN(), Flag: flag} }

func (v Value) known() bool { return finite(v.V) }

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

const (
	defaultWidth = 640.0
	fontSize     = 14.0
	small        = 12.5
	gap          = 8.0
)

// format writes a value or what stands for none.
func (f Frame) format(v float64) string {
	switch {
	case !finite(v):
		return f.Words.Missing
	case f.Format != nil:
		return f.Format(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// cell writes a value with its flag for the table.
func (f Frame) cell(v Value) string {
	switch {
	case !v.known() && v.Flag != "":
		return v.Flag
	case v.Flag != "":
		return f.format(v.V) + " (" + v.Flag + ")"
	}
	return f.format(v.V)
}

// canvas is a chart under construction: the drawing and the rectangle for the data.
type canvas struct {
	*svg.Drawing
	f                      Frame
	width                  float64
	left, right, top, base float64
	source                 []string
	height                 float64
}

// open starts a drawing whose data take the given height; above them the title, below them what the caller still needs and the source.
func (f Frame) open(plot, head, foot float64) *canvas {
	c := &canvas{f: f, width: f.Width}
	if c.width <= 0 {
		c.width = defaultWidth
	}
	var title []string
	c.top = gap + head
	if f.Standalone {
		title = svg.Wrap(f.Title, fontSize*1.25, c.width-2*gap, 3)
		c.top += float64(len(title))*fontSize*1.5 + gap
		c.source = svg.Wrap(f.Source, small, c.width-2*gap, 4)
	}
	c.base = c.top + plot
	c.height = c.base + foot + float64(len(c.source))*small*1.3 + gap
	c.left, c.right = gap, c.width-gap
	c.Drawing = svg.New(svg.Head{ID: f.ID, Title: f.Title, Description: f.Description, Width: c.width, Height: c.height, Theme: f.Theme})
	if f.Standalone {
		c.Rect(0, 0, c.width, c.height, svg.Paint{Class: "kf-paper", Colour: palette.Paper(f.Theme)})
	}
	for i, line := range title {
		c.label(gap, gap+fontSize*1.25+float64(i)*fontSize*1.5, fontSize*1.25, svg.Start, true, line)
	}
	for i, line := range c.source {
		c.Text(svg.Text{X: gap, Y: c.base + foot + float64(i+1)*small*1.3, Size: small, Paint: c.Muted(), Text: line})
	}
	return c
}

func (c *canvas) label(x, y, size float64, anchor svg.Anchor, bold bool, text string) {
	c.Text(svg.Text{X: x, Y: y, Size: size, Anchor: anchor, Bold: bold, Paint: c.Ink(), Text: text})
}

// nothing says in the middle of the chart that there is nothing to show.
func (c *canvas) nothing() {
	c.Text(svg.Text{X: (c.left + c.right) / 2, Y: (c.top+c.base)/2 + fontSize/3, Size: fontSize, Anchor: svg.Middle, Paint: c.Muted(), Text: c.f.Words.Missing})
}

// scale maps values to places.
type scale struct{ from, to, a, b float64 }

// at returns the place of a value. The steps of an axis cover its values, but for those too large to mean anything (see ticks): they stand at
// the rim.
func (s scale) at(v float64) float64 {
	v = min(max(v, s.from), s.to)
	if s.to == s.from {
		return (s.a + s.b) / 2
	}
	return s.a + (v-s.from)/(s.to-s.from)*(s.b-s.a)
}

// spread returns the smallest and largest of the finite values, and whether there is any.
func spread(values ...float64) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite(v) {
			low, high, ok = min(low, v), max(high, v), true
		}
	}
	return low, high, ok
}

// ticks returns round steps that cover the range, about n of them (steps of 1, 2, 2.5 or 5 times a power of ten). The first is at or below low,
// the last at or above high.
func ticks(low, high float64, n int) []float64 {
	// Values beyond this have no meaning in a town and would lose the steps in rounding.
	const most = 1e15
	low, high = min(max(low, -most), most), min(max(high, -most), most)
	if high-low < 1e-9*max(math.Abs(high), math.Abs(low), 1e-3) {
		pad := max(math.Abs(low)/10, 1)
		low, high = low-pad, high+pad
	}
	raw := (high - low) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, f := range []float64{1, 2, 2.5, 5} {
		if f*power >= raw*0.999 {
			step = f * power
			break
		}
	}
	first := math.Floor(low/step + 1e-9)
	last := math.Ceil(high/step - 1e-9)
	out := make([]float64, 0, int(last-first)+1)
	for i := first; i <= last; i++ {
		// Rounding to twelve digits keeps 0.30000000000000004 out of the labels.
		v, err := strconv.ParseFloat(strconv.FormatFloat(i*step, 'g', 12, 64), 64)
		if err != nil {
			v = i * step
		}
		out = append(out, v)
	}
	return out
}

// countTicks returns whole steps from zero that cover a number of things.
func countTicks(most int) []float64 {
	step := 1
	for power := 1; most > 5*step; power *= 10 {
		for _, f := range []int{1, 2, 5} {
			if step = f * power; most <= 5*step {
				break
			}
		}
	}
	out := []float64{0}
	for v := step; ; v += step {
		out = append(out, float64(v))
		if v >= most {
			return out
		}
	}
}

// widest is the width of the widest text.
func widest(size float64, texts ...string) float64 {
	w := 0.0
	for _, t := range texts {
		w = max(w, svg.Width(t, size))
	}
	return w
}

func (f Frame) formatAll(values []float64) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = f.format(v)
	}
	return out
}

// valueAxis draws the lines and numbers of a value axis that runs upwards at the left, and returns its scale.
func (c *canvas) valueAxis(steps []float64) scale {
	labels := c.f.formatAll(steps)
	for i := range labels {
		labels[i] = svg.Cut(labels[i], small, c.width/4)
	}
	c.left += min(widest(small, labels...), c.width/4) + gap
	s := scale{steps[0], steps[len(steps)-1], c.base, c.top}
	for i, v := range steps {
		y := s.at(v)
		c.Line(c.left, y, c.right, y, 1, c.Grid(), "")
		c.Text(svg.Text{X: c.left - gap, Y: y + small/3, Size: small, Anchor: svg.End, Paint: c.Muted(), Text: labels[i]})
	}
	if s.from <= 0 && s.to >= 0 {
		c.Line(c.left, s.at(0), c.right, s.at(0), 1.2, c.Axis(), "")
	}
	c.Text(svg.Text{X: gap, Y: c.top - small, Size: small, Paint: c.Muted(), Text: c.f.Unit})
	return s
}

// valueFoot draws the lines and numbers of a value axis that runs to the right at the foot, and returns its scale.
func (c *canvas) valueFoot(steps []float64) scale {
	s := scale{steps[0], steps[len(steps)-1], c.left, c.right}
	labels := c.f.formatAll(steps)
	every := max(1, int(math.Ceil((widest(small, labels...)+gap)*float64(len(steps)-1)/max(c.right-c.left, 1))))
	for i, v := range steps {
		x := s.at(v)
		c.Line(x, c.top, x, c.base, 1, c.Grid(), "")
		if i%every != 0 {
			continue
		}
		c.footLabel(x, c.base+small*1.3, labels[i])
	}
	if s.from <= 0 && s.to >= 0 {
		c.Line(s.at(0), c.top, s.at(0), c.base, 1.2, c.Axis(), "")
	}
	c.Text(svg.Text{X: c.right, Y: c.base + small*2.7, Size: small, Anchor: svg.End, Paint: c.Muted(), Text: c.f.Unit})
	return s
}

// footLabel centres a label at x but keeps it inside the drawing.
func (c *canvas) footLabel(x, y float64, text string) { c.centre(x, y, c.Muted(), text) }

func (c *canvas) centre(x, y float64, p svg.Paint, text string) {
	text = svg.Cut(text, small, c.width-2*gap)
	w := min(svg.Width(text, small), c.width-2*gap) / 2
	x = min(max(x, w+1), c.width-w-1)
	c.Text(svg.Text{X: x, Y: y, Size: small, Anchor: svg.Middle, Paint: p, Text: text})
}

// seriesLine is the paint of series i as a line.
func (c *canvas) seriesLine(i int) svg.Paint {
	i %= palette.SeriesCount
	return svg.Paint{Class: "kf-s" + strconv.Itoa(i), Colour: palette.Series(i, c.Theme())}
}

// seriesFill is the paint of a filled series. Every series but the first is hatched as well, each in its own way.
func (c *canvas) seriesFill(i int) string {
	if i %= palette.SeriesCount; i == 0 {
		return svg.Paint{Class: "kf-f0", Colour: palette.Series(0, c.Theme())}.Fill()
	}
	return `fill="url(#` + c.hatchID(i) + `)"`
}

func (c *canvas) hatchID(i int) string { return svg.ID(c.f.ID, "h"+strconv.Itoa(i)) }

var hatches = []string{"", "M-2 2l4-4M0 8l8-8M6 10l4-4", "M0 4h8", "M4 0v8", "M0 0l8 8M-2 6l4 4M6-2l4 4", "M0 4h8M4 0v8"}

// hatch defines the fills of n series.
func (c *canvas) hatch(n int) {
	if n < 2 {
		return
	}
	c.Raw(`<defs>`)
	for i := 1; i < min(n, len(hatches)); i++ {
		p := svg.Paint{Class: "kf-f" + strconv.Itoa(i), Colour: palette.Series(i, c.Theme())}
		c.Raw(`<pattern id="`, c.hatchID(i), `" width="8" height="8" patternUnits="userSpaceOnUse"><path `, p.Fill(), ` d="M0 0h8v8H0z"/><path d="`, hatches[i],
			`" fill="none" `, c.Halo().Stroke(), ` stroke-width="1.2"/></pattern>`)
	}
	c.Raw(`</defs>`)
}

// bar draws one filled bar of a series that names itself.
func (c *canvas) bar(i int, x, y, w, h float64, title string) {
	if w < 0 {
		x, w = x+w, -w
	}
	c.Raw(`<rect x="`, svg.Num(x), `" y="`, svg.Num(y), `" width="`, svg.Num(w), `" height="`, svg.Num(h), `" `, c.seriesFill(i), `><title>`, svg.Escape(title), `</title></rect>`)
}

// keyRow draws a legend in rows of text with a sample before each, and returns the height it took.
func (c *canvas) keyRow(y float64, names []string, sample func(i int, x, y float64)) {
	x := gap
	for i, name := range names {
		w := svg.Width(name, small) + 40
		if i > 0 && x+w > c.width-gap {
			x, y = gap, y+keyLine
		}
		sample(i, x, y)
		c.label(x+26, y+small*0.85, small, svg.Start, false, svg.Cut(name, small, c.width-gap-x-26))
		x += w
	}
}

const keyLine = small * 1.7

// keyHeight is what keyRow will take.
func (f Frame) keyHeight(names []string) float64 {
	width := f.Width
	if width <= 0 {
		width = defaultWidth
	}
	x, rows := gap, 1
	for i, name := range names {
		w := svg.Width(name, small) + 40
		if i > 0 && x+w > width-gap {
			x = gap
			rows++
		}
		x += w
	}
	return float64(rows)*keyLine + gap
}

// marker draws the sign of series i: circle, square, triangle, diamond and again, open for values with a flag.
func (c *canvas) marker(i int, x, y, r float64, open bool, title string) {
	p := svg.Paint{Class: "kf-f" + strconv.Itoa(i%palette.SeriesCount), Colour: palette.Series(i, c.Theme())}
	paint := p.Fill()
	if open {
		stroke := c.seriesLine(i)
		stroke.Class += " kf-open"
		paint = `fill="` + palette.Paper(c.Theme()).Hex() + `" ` + stroke.Stroke() + ` stroke-width="2"`
	}
	X, Y, R := svg.Num(x), svg.Num(y), svg.Num(r)
	switch i % 4 {
	case 0:
		c.Raw(`<circle cx="`, X, `" cy="`, Y, `" r="`, R, `" `, paint)
	case 1:
		c.Raw(`<path d="M`, svg.Num(x-r), ` `, svg.Num(y-r), `h`, svg.Num(2*r), `v`, svg.Num(2*r), `h`, svg.Num(-2*r), `z" `, paint)
	case 2:
		c.Raw(`<path d="M`, X, ` `, svg.Num(y-1.2*r), `l`, svg.Num(1.2*r), ` `, svg.Num(2.1*r), `h`, svg.Num(-2.4*r), `z" `, paint)
	default:
		c.Raw(`<path d="M`, X, ` `, svg.Num(y-1.4*r), `l`, svg.Num(1.4*r), ` `, svg.Num(1.4*r), `l`, svg.Num(-1.4*r), ` `, svg.Num(1.4*r), `l`, svg.Num(-1.4*r), ` `, svg.Num(-1.4*r), `z" `, paint)
	}
	if title == "" {
		c.Raw(`/>`)
		return
	}
	end := `</path>`
	if i%4 == 0 {
		end = `</circle>`
	}
	c.Raw(`><title>`, svg.Escape(title), `</title>`, end)
}

// byValue returns the order of rows from the highest value to the lowest, unknown values last, equal ones as they came.
func byValue(n int, value func(i int) float64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := value(a), value(b)
		switch {
		case finite(x) && !finite(y), x > y:
			return -1
		case !finite(x) && finite(y), x < y:
			return 1
		}
		return 0
	})
	return order
}
