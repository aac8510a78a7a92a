// SPDX-License-Identifier: EUPL-1.2

package chart

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// PositionRow places one area's value of one indicator between the lowest and the highest of all areas.
type PositionRow struct {
	Name         string
	Value        Value
	City         float64
	Low, High    float64 // lowest and highest area
	Lower, Upper float64 // quartiles of the areas; NaN where unknown
	Format       func(float64) string
	Unit         string
}

// Position is the position bar (spine chart) of a profile: many indicators, each on a scale of its own from the lowest to the highest area.
type Position struct {
	Frame
	Rows                 []PositionRow
	AreaLabel, CityLabel string
}

const positionLine = 34.0

// SVG draws the bars. Where the value alone is missing the bar still shows the spread and the city.
func (p Position) SVG() string {
	var names, values []string
	for _, r := range p.Rows {
		names = append(names, r.Name)
		values = append(values, p.row(r).cell(r.Value))
	}
	key := []string{p.AreaLabel, p.CityLabel, p.Words.Low + " – " + p.Words.High}
	if p.Words.Middle != "" && slices.ContainsFunc(p.Rows, func(r PositionRow) bool { return finite(r.Lower) && finite(r.Upper) }) {
		key = append(key, p.Words.Middle)
	}
	kh := p.keyHeight(key)
	c := p.open(max(float64(len(p.Rows)), 1)*positionLine, kh, 0)
	if len(p.Rows) == 0 {
		c.nothing()
		return c.String()
	}
	c.keyRow(c.top-kh, key, func(i int, x, y float64) {
		switch i {
		case 0:
			c.marker(0, x+10, y+small/2, 5.5, false, "")
		case 1:
			c.Line(x+10, y-1, x+10, y+small+1, 3, c.Accent(), "")
		case 2:
			c.Rect(x, y+small/2-3, 20, 6, svg.Paint{Class: "kf-gridfill", Colour: c.Grid().Colour})
		case 3:
			c.Rect(x, y+small/2-5, 20, 10, quartile(c))
		}
	})
	room := min(widest(fontSize, names...), c.width*0.36)
	number := min(widest(fontSize, values...), c.width*0.22)
	left, right := room+number+3*gap, c.width-2*gap
	for i, r := range p.Rows {
		f := p.row(r)
		y := c.top + float64(i)*positionLine
		mid := y + positionLine/2 - 4
		c.label(gap, mid+fontSize/3, fontSize, svg.Start, false, svg.Cut(r.Name, fontSize, room+1))
		c.label(room+number+2*gap-2, mid+fontSize/3, fontSize, svg.End, true, svg.Cut(f.cell(r.Value), fontSize, number+1))
		low, high, ok := spread(r.Low, r.High, r.City, r.Value.V)
		if !ok {
			continue
		}
		x := scale{low, high, left + 6, right - 6}
		if finite(r.Low) && finite(r.High) {
			c.Rect(x.at(r.Low), mid-3, x.at(r.High)-x.at(r.Low), 6, svg.Paint{Class: "kf-gridfill", Colour: c.Grid().Colour})
			c.Text(svg.Text{X: x.at(r.Low), Y: mid + 16, Size: small * 0.85, Paint: c.Muted(), Text: f.format(r.Low)})
			c.Text(svg.Text{X: x.at(r.High), Y: mid + 16, Size: small * 0.85, Anchor: svg.End, Paint: c.Muted(), Text: f.format(r.High)})
		}
		if finite(r.Lower) && finite(r.Upper) {
			c.Rect(x.at(r.Lower), mid-5, x.at(r.Upper)-x.at(r.Lower), 10, quartile(c))
		}
		if finite(r.City) {
			c.Line(x.at(r.City), mid-9, x.at(r.City), mid+9, 6, c.Halo(), "")
			c.Line(x.at(r.City), mid-9, x.at(r.City), mid+9, 3, c.Accent(), "")
		}
		if r.Value.known() {
			c.Raw(`<circle cx="`, svg.Num(x.at(r.Value.V)), `" cy="`, svg.Num(mid), `" r="8" `, svg.Paint{Class: "kf-paper", Colour: c.Halo().Colour}.Fill(), `/>`)
			c.marker(0, x.at(r.Value.V), mid, 5.5, r.Value.Flag != "", r.Name+": "+f.cell(r.Value))
		}
	}
	return c.String()
}

func quartile(c *canvas) svg.Paint {
	return svg.Paint{Class: "kf-soft", Colour: palette.Soft(c.Theme())}
}

// row is the frame with the row's own way to write numbers.
func (p Position) row(r PositionRow) Frame {
	f := p.Frame
	if r.Format != nil {
		f.Format = r.Format
	}
	return f
}

// Table tells the same: one row an indicator.
func (p Position) Table() Table {
	t := Table{Header: []string{p.Words.Value, p.AreaLabel, p.CityLabel, p.Words.Low, p.Words.High}}
	for _, r := range p.Rows {
		f := p.row(r)
		name := r.Name
		if r.Unit != "" {
			name += " (" + r.Unit + ")"
		}
		t.Rows = append(t.Rows, []string{name, f.cell(r.Value), f.format(r.City), f.format(r.Low), f.format(r.High)})
	}
	return t
}
