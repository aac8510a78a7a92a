// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// small drawings that stand in a row of a table; the row says the same in numbers.

func small(width, height float64, label string) *strings.Builder {
	b := &strings.Builder{}
	b.WriteString(`<svg class="kf-micro" viewBox="0 0 ` + svg.Num(width) + " " + svg.Num(height) + `" width="` + svg.Num(width) + `" height="` + svg.Num(height) +
		`" role="img" aria-label="` + svg.Escape(label) + `">`)
	return b
}

const (
	spineWidth  = 190.0
	spineHeight = 28.0
)

// spine is the position bar of a value between the lowest and the highest area, with the middle half and the town.
func spine(w atlas.Words, s *atlas.Spread, value, town float64, format func(float64) string) string {
	if s == nil || math.IsNaN(s.Low) {
		return ""
	}
	low, high := s.Low, s.High
	for _, v := range []float64{value, town} {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	x := func(v float64) float64 {
		if high == low {
			return spineWidth / 2
		}
		return 8 + (v-low)/(high-low)*(spineWidth-16)
	}
	label := w.T("atlas.spine", "low", format(s.Low), "high", format(s.High), "lower", format(s.Lower), "upper", format(s.Upper))
	b := small(spineWidth, spineHeight, label)
	mid := spineHeight / 2
	rect := func(class string, c palette.Colour, from, to, h float64) {
		b.WriteString(`<rect class="` + class + `" fill="` + c.Hex() + `" x="` + svg.Num(from) + `" y="` + svg.Num(mid-h/2) + `" width="` + svg.Num(max(to-from, 1)) +
			`" height="` + svg.Num(h) + `" rx="1"/>`)
	}
	rect("kf-gridfill", palette.Grid(palette.Light), x(s.Low), x(s.High), 5)
	rect("kf-soft", palette.Soft(palette.Light), x(s.Lower), x(s.Upper), 9)
	if !math.IsNaN(town) {
		b.WriteString(`<path class="kf-accent" stroke="` + palette.Accent(palette.Light).Hex() + `" stroke-width="3" d="M` + svg.Num(x(town)) + ` 3v` + svg.Num(spineHeight-6) + `"/>`)
	}
	if !math.IsNaN(value) {
		b.WriteString(`<circle class="kf-f0 kf-halo" fill="` + palette.Series(0, palette.Light).Hex() + `" stroke="` + palette.Paper(palette.Light).Hex() +
			`" stroke-width="2" cx="` + svg.Num(x(value)) + `" cy="` + svg.Num(mid) + `" r="6.5"/>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// spark is a series as a small line, the town dashed beside it. Missing periods are gaps, a new definition is a break.
func spark(label string, points []release.Point, town bool) string {
	const width, height = 130.0, 32.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		for _, f := range []release.Figure{p.Figure, p.Total} {
			if f.Shown() {
				low, high = min(low, f.Value), max(high, f.Value)
			}
		}
	}
	if low > high || len(points) < 2 {
		return ""
	}
	from, to := points[0].Period.To.Time(), points[len(points)-1].Period.To.Time()
	x := func(p release.Point) float64 {
		return 5 + p.Period.To.Time().Sub(from).Hours()/max(to.Sub(from).Hours(), 1)*(width-10)
	}
	y := func(v float64) float64 {
		if high == low {
			return height / 2
		}
		return height - 5 - (v-low)/(high-low)*(height-10)
	}
	b := small(width, height, label)
	line := func(class string, c palette.Colour, dash string, of func(release.Point) release.Figure) {
		var d strings.Builder
		pen, version := false, 0
		for _, p := range points {
			f := of(p)
			if !f.Shown() {
				pen = false
				continue
			}
			op := "L"
			if !pen || version != p.Version {
				op = "M"
			}
			d.WriteString(op + svg.Num(x(p)) + " " + svg.Num(y(f.Value)))
			pen, version = true, p.Version
		}
		if d.Len() == 0 {
			return
		}
		b.WriteString(`<path class="` + class + `" stroke="` + c.Hex() + `" stroke-width="2" fill="none" stroke-linejoin="round"` + dash + ` d="` + d.String() + `"/>`)
	}
	if town {
		line("kf-accent", palette.Accent(palette.Light), ` stroke-dasharray="3 3"`, func(p release.Point) release.Figure { return p.Total })
	}
	line("kf-s0", palette.Series(0, palette.Light), "", func(p release.Point) release.Figure { return p.Figure })
	if last := points[len(points)-1]; last.Figure.Shown() {
		b.WriteString(`<circle class="kf-f0" fill="` + palette.Series(0, palette.Light).Hex() + `" cx="` + svg.Num(x(last)) + `" cy="` + svg.Num(y(last.Figure.Value)) + `" r="3.5"/>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// words of charts in the reader's language.
func chartWords(w atlas.Words) chart.Words {
	return chart.Words{
		Area: w.T("atlas.chart.area"), Value: w.T("atlas.chart.value"), Period: w.T("atlas.chart.period"), City: w.T("atlas.town"), Low: w.T("atlas.chart.low"),
		High: w.T("atlas.chart.high"), Count: w.T("atlas.chart.count"), From: w.T("atlas.chart.from"), To: w.T("atlas.chart.to"), Group: w.T("atlas.chart.group"),
		Reference: w.T("atlas.chart.reference"), Middle: w.T("atlas.chart.middle"), Missing: w.T("atlas.state.nodata"), Break: w.T("atlas.chart.break"),
		Flagged: w.T("atlas.chart.flagged"),
	}
}

// trend is a series as a line chart, the town beside it.
func trend(w atlas.Words, id, title, areaName string, v indicator.Version, points []release.Point, source string) chart.Line {
	decimals := atlas.Decimals(v)
	l := chart.Line{
		Frame: chart.Frame{
			ID: id, Title: title, Description: trendText(w, areaName, v, points), Unit: atlas.UnitName(w, v.Unit), Source: source, Width: 400,
			Format: func(x float64) string { return w.Number(x, decimals) }, Words: chartWords(w),
		},
		Height: 170,
	}
	areaLine, townLine := chart.Series{Name: areaName}, chart.Series{Name: w.T("atlas.town")}
	version, hasTown := 0, false
	for _, p := range points {
		l.Periods = append(l.Periods, shortPeriod(w, p))
		broken := version != 0 && version != p.Version
		version = p.Version
		value := func(f release.Figure) chart.Value {
			c := chart.Value{V: f.Value, Break: broken, Flag: atlas.FlagWord(w, f.Flag)}
			if f.Flag == indicator.Zero {
				c.Flag = ""
			}
			return c
		}
		areaLine.Values = append(areaLine.Values, value(p.Figure))
		townLine.Values = append(townLine.Values, value(p.Total))
		hasTown = hasTown || p.Total.Shown()
	}
	l.Series = []chart.Series{areaLine}
	// A count of the town dwarfs that of an area; side by side they say nothing.
	if hasTown && v.Aggregation != indicator.Sum {
		l.Series = append(l.Series, townLine)
	}
	return l
}

// trendText tells first and last value, for those who do not see the line.
func trendText(w atlas.Words, name string, v indicator.Version, points []release.Point) string {
	first, last := -1, -1
	for i, p := range points {
		if p.Figure.Shown() {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 || first == last {
		return ""
	}
	d := atlas.Decimals(v)
	return w.T("atlas.trend.text", "name", name, "from", w.Period(points[first].Period), "first", atlas.Value(w, points[first].Figure.Value, v.Unit, d),
		"to", w.Period(points[last].Period), "last", atlas.Value(w, points[last].Figure.Value, v.Unit, d))
}

// shortPeriod is the year where figures come once a year, which is what an axis has room for.
func shortPeriod(w atlas.Words, p release.Point) string {
	if s := string(p.Period.To); len(s) == 10 && s[4:] == "-12-31" {
		return s[:4]
	}
	return w.Period(p.Period)
}
