// SPDX-License-Identifier: EUPL-1.2

// Package reportdoc writes a report: as one self-contained HTML page, which is the leading form, as PDF for the council, and as a workbook with
// the figures. All three say the same, because all are drawn from the same resolved document.
//
// Invariants: the same document gives the same bytes; nothing an author typed becomes markup; every picture has its text, its facts and its table;
// nothing is fetched from anywhere when the report is read.
package reportdoc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// Press implements report.Press.
type Press struct {
	// Typesetter makes the PDF; nil where none is needed.
	Typesetter typst.Typesetter
	Words      func(lang string) report.Words
}

// artist draws the pictures of one document.
type artist struct {
	d     *report.Document
	w     report.Words
	bases map[string]*mapsvg.Base // outlines for maps over the width of a page, and, with a suffix, for locators
}

func newArtist(d *report.Document, w report.Words) *artist {
	return &artist{d: d, w: w, bases: map[string]*mapsvg.Base{}}
}

// label names a numbered part: "Abbildung 3".
func label(w report.Words, it report.Item) string {
	if it.Figure {
		return w.T("report.label.figure", "n", it.Number)
	}
	return w.T("report.label.table", "n", it.Number)
}

// sheet is the name of the part's sheet in the workbook.
func sheet(w report.Words, it report.Item) string {
	if it.Figure {
		return w.T("report.sheetname.figure", "n", it.Number)
	}
	return w.T("report.sheetname.table", "n", it.Number)
}

// anchor is the id of a numbered part, for links.
func anchor(it report.Item) string {
	if it.Figure {
		return fmt.Sprintf("abbildung-%d", it.Number)
	}
	return fmt.Sprintf("tabelle-%d", it.Number)
}

func rings(o report.Outline) []mapsvg.Ring { return mapsvg.Polygons([][][][2]float64{o.Rings}) }

func outlineAreas(list []report.Outline) []mapsvg.Area {
	areas := make([]mapsvg.Area, len(list))
	for i, s := range list {
		areas[i] = mapsvg.Area{Key: s.Key, Name: s.Name, Rings: rings(s)}
	}
	return areas
}

func districts(outlines []report.Outline) []mapsvg.District {
	list := make([]mapsvg.District, len(outlines))
	for i, s := range outlines {
		list[i] = mapsvg.District{Name: s.Name, Rings: rings(s)}
	}
	return list
}

// base prepares outlines once for all maps of a document.
func (a *artist) base(key string) *mapsvg.Base {
	if b := a.bases[key]; b != nil {
		return b
	}
	o := a.d.Outlines[key]
	if o == nil {
		o = &report.Outlines{}
	}
	a.bases[key] = mapsvg.NewBase(outlineAreas(o.Shapes), districts(o.Districts), true, mapsvg.Size{Height: 820})
	return a.bases[key]
}

// locators prepares outlines as small as they are drawn beside a profile.
func (a *artist) locators(key string) *mapsvg.Base {
	name := key + "#small"
	if b := a.bases[name]; b != nil {
		return b
	}
	o := a.d.Outlines[key]
	if o == nil {
		o = &report.Outlines{}
	}
	a.bases[name] = mapsvg.NewBase(outlineAreas(o.Shapes), districts(o.Town), true, mapsvg.Size{Width: 240, Height: 200, Tolerance: .8})
	return a.bases[name]
}

var specials = map[string]palette.Special{"suppressed": palette.Suppressed, "nodata": palette.NoData, "notassessed": palette.NotAssessed}

// scale writes the length of the scale bar.
func (a *artist) scale(metres float64) string {
	if metres >= 1000 {
		return a.w.T("report.value.unit", "value", a.w.Number(metres/1000, -1), "unit", "km")
	}
	return a.w.T("report.value.unit", "value", a.w.Number(metres, 0), "unit", "m")
}

// themap turns a part into a map.
func (a *artist) themap(p report.Part) mapsvg.Map {
	m := mapsvg.Map{
		Title: p.Title, Description: p.Alt, Classes: p.Map.Classes, Specials: map[palette.Special]string{}, LegendTitle: p.Map.Legend,
		Signs: p.Map.Signs, OutlineText: p.Map.Outlined, Base: a.base(p.Map.Outlines), Scheme: mapsvg.Sequential(len(p.Map.Classes)),
	}
	if p.Map.Scheme == "status" {
		m.Scheme = mapsvg.Status()
	}
	for name, text := range p.Map.Specials {
		m.Specials[specials[name]] = text
	}
	for _, x := range p.Map.Areas {
		area := mapsvg.Area{Key: x.Key, Name: x.Name, Class: x.Class, Value: x.Value, Outlined: x.Thick}
		if s, ok := specials[x.None]; ok {
			area.Special = &s
		}
		switch x.Sign {
		case "+":
			area.Sign = mapsvg.Up
		case "-":
			area.Sign = mapsvg.Down
		}
		m.Areas = append(m.Areas, area)
	}
	return m
}

// picture draws a map or chart.
func (a *artist) picture(p report.Part, id string) (string, error) {
	switch {
	case p.Map != nil && p.Map.Scheme == "":
		o := a.d.Outlines[p.Map.Outlines]
		if o == nil {
			o = &report.Outlines{}
		}
		plan := mapsvg.Plan{Title: p.Title, Description: p.Alt, Areas: outlineAreas(o.Shapes), Districts: districts(o.Districts), Geographic: true}
		return plan.SVG(mapsvg.Options{ID: id, Scale: a.scale, Size: mapsvg.Size{Height: 820}}), nil
	case p.Map != nil:
		return a.themap(p).SVG(mapsvg.Options{ID: id, Scale: a.scale, Count: func(n int) string { return a.w.Int(int64(n)) }})
	case p.Chart != nil:
		return a.chart(p, id), nil
	}
	return "", nil
}

func (a *artist) words() chart.Words {
	t := func(key string) string { return a.w.T("report.chart." + key) }
	return chart.Words{
		Area: t("area"), Value: t("value"), Period: t("period"), City: a.d.Meta.Town, Low: t("low"), High: t("high"), Count: t("count"), From: t("from"),
		To: t("to"), Group: t("group"), Reference: t("reference"), Middle: t("middle"), Missing: a.w.T("report.flag.unknown"), Break: t("break"), Flagged: t("flagged"),
	}
}

func (a *artist) frame(p report.Part, id string) chart.Frame {
	c := p.Chart
	return chart.Frame{ID: id, Title: p.Title, Description: p.Alt, Unit: c.Unit, Width: 760, Words: a.words(), Format: a.format(c.Decimals)}
}

func (a *artist) format(decimals int) func(float64) string {
	return func(v float64) string { return a.w.Number(v, decimals) }
}

func (a *artist) chart(p report.Part, id string) string {
	c := p.Chart
	f := a.frame(p, id)
	switch c.Type {
	case "bar":
		b := chart.Bar{Frame: f, AsGiven: true}
		for _, r := range c.Rows {
			b.Rows = append(b.Rows, chart.Row{Name: r.Name, Value: chart.Value{V: float64(r.Value), Flag: r.Flag}})
		}
		if c.Reference != nil {
			b.Reference = &chart.Reference{Name: c.Reference.Name, Value: float64(c.Reference.Value)}
		}
		return b.SVG()
	case "histogram":
		h := chart.Histogram{Frame: f}
		for _, v := range c.Values {
			h.Values = append(h.Values, float64(v))
		}
		for _, v := range c.Limits {
			h.Limits = append(h.Limits, float64(v))
		}
		if c.Reference != nil {
			h.Reference = &chart.Reference{Name: c.Reference.Name, Value: float64(c.Reference.Value)}
		}
		return h.SVG()
	case "scatter":
		s := chart.Scatter{Frame: f, XName: c.Scatter.XName, YName: c.Scatter.YName, StatusNames: c.Scatter.StatusNames, FormatX: f.Format, FormatY: f.Format}
		for _, d := range c.Scatter.Dots {
			s.Dots = append(s.Dots, chart.Dot{Name: d.Name, X: float64(d.X), Y: float64(d.Y), Status: d.Status, Dynamic: d.Dynamic})
		}
		for _, v := range c.Scatter.XLimits {
			s.XLimits = append(s.XLimits, float64(v))
		}
		for _, v := range c.Scatter.YLimits {
			s.YLimits = append(s.YLimits, float64(v))
		}
		return s.SVG()
	}
	l := chart.Line{Frame: f, Periods: c.Periods, Zero: c.Zero}
	for _, s := range c.Series {
		line := chart.Series{Name: s.Name}
		for _, v := range s.Values {
			line.Values = append(line.Values, chart.Value{V: float64(v.Value), Flag: v.Flag, Break: v.Break})
		}
		l.Series = append(l.Series, line)
	}
	return l.SVG()
}

// swatch is a small square in the colour or pattern of a legend entry.
func swatch(e mapsvg.Entry, id string) string {
	const head = `<svg xmlns="http://www.w3.org/2000/svg" class="kfr-swatch" viewBox="0 0 22 15" width="22" height="15" aria-hidden="true">`
	ink := palette.Ink(palette.Light).Hex()
	switch {
	case e.Special != nil:
		return head + `<defs>` + e.Special.Pattern(svg.ID(id, "p"), palette.Light) + `</defs><rect x=".5" y=".5" width="21" height="14" fill="url(#` +
			svg.ID(id, "p") + `)" class="kf-special" stroke="` + palette.SpecialLine(palette.Light).Hex() + `"/></svg>`
	case e.Sign == mapsvg.Up:
		return head + `<path d="M11 2l6 11h-12z" class="kf-ink" fill="` + ink + `"/></svg>`
	case e.Sign == mapsvg.Down:
		return head + `<path d="M11 13l6-11h-12z" class="kf-ink" fill="` + ink + `"/></svg>`
	case e.Outlined:
		return head + `<rect x="2" y="2" width="18" height="11" fill="none" class="kf-axis" stroke="` + ink + `" stroke-width="3"/></svg>`
	}
	return head + `<rect x=".5" y=".5" width="21" height="14" class="` + e.CSS + `" fill="` + e.Colour.Hex() + `" stroke="` + palette.Outline(e.Colour).Hex() + `"/></svg>`
}

// facts are the lines under a figure.
func facts(w report.Words, f report.Facts) []string {
	var lines []string
	add := func(key, text string) {
		if text != "" {
			lines = append(lines, w.T("report.fact."+key, "text", text))
		}
	}
	add("areas", f.Areas)
	add("period", f.Period)
	add("base", f.Base)
	add("source", f.Source)
	add("note", f.Note)
	add("legend", strings.Join(f.Legend, "; "))
	add("release", f.Release)
	return lines
}

// spark is the way of one area and of the town through the years, as coordinates in a box; nil where fewer than two values are known.
type spark struct {
	area, town [][][2]float64 // lines between gaps
	end        *[2]float64
}

const (
	sparkWidth  = 96.0
	sparkHeight = 24.0
)

func sparkOf(area, town []report.Number) *spark {
	low, high, known := math.Inf(1), math.Inf(-1), 0
	for _, list := range [][]report.Number{area, town} {
		for _, v := range list {
			if v.Known() {
				low, high = min(low, float64(v)), max(high, float64(v))
			}
		}
	}
	for _, v := range area {
		if v.Known() {
			known++
		}
	}
	if known < 2 {
		return nil
	}
	span := cmp.Or(high-low, 1)
	s := &spark{}
	place := func(i int, v report.Number) [2]float64 {
		return [2]float64{3 + float64(i)*(sparkWidth-6)/float64(max(len(area)-1, 1)), 3 + (sparkHeight-6)*(1-(float64(v)-low)/span)}
	}
	lines := func(list []report.Number) (out [][][2]float64) {
		var line [][2]float64
		for i, v := range list {
			if v.Known() {
				line = append(line, place(i, v))
				continue
			}
			if len(line) > 1 {
				out = append(out, line)
			}
			line = nil
		}
		if len(line) > 1 {
			out = append(out, line)
		}
		return out
	}
	s.area, s.town = lines(area), lines(town)
	for i := len(area) - 1; i >= 0; i-- {
		if area[i].Known() {
			p := place(i, area[i])
			s.end = &p
			break
		}
	}
	return s
}

// position places a value between the lowest and the highest area: shares of the width for quartiles, town and area; NaN where unknown.
type position struct{ lower, upper, town, value float64 }

func positionOf(r report.ProfileRow, v report.ProfileValue) (position, bool) {
	low, high := float64(r.Low), float64(r.High)
	if math.IsNaN(low) || !(high > low) {
		return position{}, false
	}
	at := func(v float64) float64 { return (v - low) / (high - low) }
	p := position{lower: at(float64(r.Lower)), upper: at(float64(r.Upper)), town: math.NaN(), value: math.NaN()}
	if r.Town.Numeric {
		if x := at(float64(r.Town.Number)); x >= 0 && x <= 1 {
			p.town = x
		}
	}
	if v.Value.Numeric {
		p.value = at(float64(v.Value.Number))
	}
	return p, true
}

// state says in words whether an edition can still change, and since when it cannot.
func state(w report.Words, d *report.Document) string {
	if d.Draft {
		return w.T("report.state.draft")
	}
	return w.T("report.state.frozen", "date", kernel.Date(d.Edition.FrozenAt.Format("2006-01-02")))
}

// about are the facts of the edition as a whole.
func about(w report.Words, d *report.Document) []report.Definition {
	list := []report.Definition{{Term: w.T("report.about.town"), Text: d.Meta.Town}, {Term: w.T("report.about.areas"), Text: d.Meta.Areas}, {Term: w.T("report.about.period"), Text: d.Meta.Period}}
	if d.Meta.Compare != "" {
		list = append(list, report.Definition{Term: w.T("report.about.compare"), Text: d.Meta.Compare})
	}
	if d.Meta.Method != "" {
		list = append(list, report.Definition{Term: w.T("report.about.method"), Text: d.Meta.Method})
	}
	return append(list, report.Definition{Term: w.T("report.about.state"), Text: state(w, d)})
}

// Unprintable names characters that the PDF could not show.
func (p Press) Unprintable(texts ...string) []string { return typst.Unprintable(texts...) }

// PDF sets the document.
func (p Press) PDF(ctx context.Context, w io.Writer, d *report.Document, progress report.Progress) error {
	if p.Typesetter == nil {
		return kernel.E(kernel.Unavailable, "report.notypesetter")
	}
	doc, err := Typst(ctx, d, p.Words(d.Edition.Settings.Language), progress)
	if err != nil {
		return err
	}
	pdf, err := p.Typesetter.Typeset(ctx, doc)
	var refused *typst.PreflightError
	if errors.As(err, &refused) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "report.pdf.refused", Params: kernel.Params("edition", d.Edition.Key, "detail", strings.Join(refused.Findings, "; ")), Err: err}
	}
	if err != nil {
		return fmt.Errorf("report %s as PDF: %w", d.Edition.Key, err)
	}
	_, err = w.Write(pdf)
	return err
}
