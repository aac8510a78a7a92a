// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// Format is a kind of file a layer can be taken away as.
type Format string

// The formats.
const (
	CSV         Format = "csv"       // comma, decimal point, LF: for programs
	Spreadsheet Format = "csv-excel" // semicolon, decimal comma, byte-order mark: opens in a German spreadsheet program
	XLSX        Format = "xlsx"
	GeoJSON     Format = "geojson"
	SVG         Format = "svg"
)

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case CSV, Spreadsheet, XLSX, GeoJSON, SVG:
		return f, nil
	}
	return "", kernel.E(kernel.Invalid, "atlas.format.unknown", "value", s)
}

// ContentType of the format.
func (f Format) ContentType() string {
	switch f {
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case GeoJSON:
		return "application/geo+json"
	case SVG:
		return "image/svg+xml"
	}
	return "text/csv; charset=utf-8"
}

// Extension of the format, with its point.
func (f Format) Extension() string {
	if f == Spreadsheet {
		return ".csv"
	}
	return "." + string(f)
}

// Write writes what a view shows of a choice as a file: the same figures as the page, each file with source, date, area edition and the words
// for what is missing or held back.
func (s *Service) Write(ctx context.Context, out io.Writer, v release.View, c Choice, f Format, w Words) error {
	r, err := s.Read(ctx, v)
	if err != nil {
		return err
	}
	fit, err := r.Fit(c)
	if err != nil {
		return err
	}
	if len(fit.Moved) > 0 { // a page shows the nearest and says so; a file must not
		return unavailable(w, fit)
	}
	l, err := r.Layer(ctx, fit.Choice)
	if err != nil {
		return err
	}
	return r.Write(ctx, out, l, f, w)
}

// unavailable says for which editions and periods the theme can be had.
func unavailable(w Words, f Fitted) error {
	var known []string
	for _, on := range f.Offer.On {
		s := on.Edition.Level.Key + " " + on.Edition.Key + ":"
		for _, p := range on.Periods {
			s += " " + p.String()
		}
		known = append(known, s)
	}
	return kernel.E(kernel.NotFound, "atlas.choice.none", "theme", Say(w, f.Offer.Name), "known", strings.Join(known, "; "))
}

// Write writes a layer as a file.
func (r *Reader) Write(ctx context.Context, out io.Writer, l *Layer, f Format, w Words) error {
	switch f {
	case CSV:
		return write.CSV(out, l.sheet(w, false), write.CSVOptions{})
	case Spreadsheet:
		return write.CSV(out, l.sheet(w, true), write.CSVOptions{BOM: true, Semicolon: true, DecimalComma: true, CRLF: true})
	case XLSX:
		s := l.sheet(w, true)
		s.Title = []string{l.Heading(w), l.Source(w)}
		s.Notes = l.notes(w)
		return write.XLSX(out, []write.Sheet{s}, write.Properties{Title: l.Heading(w), Creator: "Kupferfaden", Language: w.Lang()})
	case GeoJSON:
		return r.writeGeoJSON(ctx, out, l, w)
	case SVG:
		text, err := r.s.Drawing.Standalone(ctx, r, l, w)
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, text)
		return err
	}
	return kernel.E(kernel.Invalid, "atlas.format.unknown", "value", string(f))
}

// Length writes a length for a scale bar.
func Length(w Words, metres float64) string {
	if metres >= 1000 {
		return w.Number(metres/1000, -1) + nbsp + "km"
	}
	return w.Number(metres, 0) + nbsp + "m"
}

// column is one column of a file: its name for programs, its heading for people, and what stands in it.
type column struct {
	name, key string
	cell      func(c *Cell) write.Cell
}

func number(v float64) write.Cell { return write.Number(v) }

func (l *Layer) columns(w Words) []column {
	text := func(s string) func(*Cell) write.Cell { return func(*Cell) write.Cell { return write.Text(s) } }
	cols := []column{
		{"area", "atlas.column.key", func(c *Cell) write.Cell { return write.Text(c.Area.Key) }},
		{"name", "atlas.column.name", func(c *Cell) write.Cell { return write.Text(c.Area.Name) }},
		{"level", "atlas.column.level", text(l.Edition.Level.Key)},
		{"edition", "atlas.column.edition", text(l.Edition.Key)},
	}
	if l.Result != nil {
		cols = append(cols, l.indexColumns(w)...)
	} else {
		cols = append(cols, l.figureColumns(w)...)
	}
	return append(cols, column{"class", "atlas.column.class", func(c *Cell) write.Cell {
		if c.Class < 0 {
			return write.Blank()
		}
		return write.Int(int64(c.Class + 1))
	}}, column{"class_text", "atlas.column.classtext", func(c *Cell) write.Cell {
		if c.Class < 0 {
			return write.Text(StateWord(w, c.State))
		}
		return write.Text(l.ClassName(w, c.Class))
	}}, column{"source", "atlas.column.source", text(l.Source(w))})
}

func (l *Layer) figureColumns(w Words) []column {
	text := func(s string) func(*Cell) write.Cell { return func(*Cell) write.Cell { return write.Text(s) } }
	figure := func(get func(release.Figure) float64) func(*Cell) write.Cell {
		return func(c *Cell) write.Cell { return number(get(c.Figure)) }
	}
	return []column{
		{"indicator", "atlas.column.indicator", text(l.Table.Indicator.Key)},
		{"indicator_name", "atlas.column.indicatorname", text(Say(w, l.Name))},
		{"period", "atlas.column.period", text(l.Period.String())},
		{"value", "atlas.column.value", func(c *Cell) write.Cell { return number(c.Value) }},
		{"unit", "atlas.column.unit", text(l.Unit)},
		{"numerator", "atlas.column.numerator", figure(func(f release.Figure) float64 { return f.Numerator })},
		{"denominator", "atlas.column.denominator", figure(func(f release.Figure) float64 { return f.Denominator })},
		{"low95", "atlas.column.low", figure(func(f release.Figure) float64 { return f.Low })},
		{"high95", "atlas.column.high", figure(func(f release.Figure) float64 { return f.High })},
		{"change", "atlas.column.change", figure(func(f release.Figure) float64 { return f.Change })},
		{"flag", "atlas.column.flag", func(c *Cell) write.Cell { return write.Text(string(c.Figure.Flag)) }},
		{"flag_text", "atlas.column.flagtext", func(c *Cell) write.Cell { return write.Text(FlagWord(w, c.Figure.Flag)) }},
	}
}

func (l *Layer) indexColumns(w Words) []column {
	text := func(s string) func(*Cell) write.Cell { return func(*Cell) write.Cell { return write.Text(s) } }
	of := func(get func(c *Cell) write.Cell) func(*Cell) write.Cell {
		return func(c *Cell) write.Cell {
			if c.Outcome == nil {
				return write.Blank()
			}
			return get(c)
		}
	}
	return []column{
		{"method", "atlas.column.method", text(l.Result.Method.ID)},
		{"method_version", "atlas.column.methodversion", func(*Cell) write.Cell { return write.Int(int64(l.Result.Method.Version)) }},
		{"period", "atlas.column.period", text(l.Period.String())},
		{"eligible", "atlas.column.eligible", of(func(c *Cell) write.Cell { return write.Text(strconv.FormatBool(c.Outcome.Eligible)) })},
		{"index", "atlas.column.index", of(func(c *Cell) write.Cell { return number(float64(c.Outcome.Index)) })},
		{"distance_to_limit", "atlas.column.distance", of(func(c *Cell) write.Cell { return number(float64(c.Outcome.Distance)) })},
		{"dynamic_index", "atlas.column.dynamicindex", of(func(c *Cell) write.Cell { return number(float64(c.Outcome.DynamicIndex)) })},
		{"dynamic_class", "atlas.column.dynamic", of(func(c *Cell) write.Cell { return write.Text(c.Outcome.DynamicClass) })},
		{"attention", "atlas.column.attention", of(func(c *Cell) write.Cell {
			if !c.Outcome.Eligible || len(l.Result.Method.AttentionRule) == 0 {
				return write.Blank()
			}
			return write.Text(strconv.FormatBool(c.Outcome.Attention))
		})},
	}
}

// sheet is the layer as a table: columns named for programs, or with headings for people and a row of the town.
func (l *Layer) sheet(w Words, people bool) write.Sheet {
	cols := l.columns(w)
	s := write.Sheet{Name: Say(w, l.Name), Columns: make([]string, len(cols)), Rows: make([][]write.Cell, 0, len(l.Cells)+1)}
	for i, c := range cols {
		s.Columns[i] = c.name
		if people {
			s.Columns[i] = w.T(c.key)
		}
	}
	row := func(c *Cell) {
		r := make([]write.Cell, len(cols))
		for i := range cols {
			r[i] = cols[i].cell(c)
		}
		s.Rows = append(s.Rows, r)
	}
	for i := range l.Cells {
		row(&l.Cells[i])
	}
	if people && l.Table != nil && l.Town.Shown() {
		row(&Cell{Area: &area.Area{Name: w.T("atlas.town")}, Value: l.Town.Value, Figure: l.Town, Class: l.Classes.Class(l.Town.Value), State: Shown})
	}
	return s
}

// notes explain the flags that occur and what must be known to read the table.
func (l *Layer) notes(w Words) []string {
	var out []string
	if l.Table != nil {
		v := l.Table.Version
		if d := Say(w, v.Denominator); d != "" {
			out = append(out, w.T("atlas.note.parts", "numerator", Say(w, v.Numerator), "denominator", d))
		} else if n := Say(w, v.Numerator); n != "" {
			out = append(out, w.T("atlas.note.counts", "numerator", n))
		}
		seen := map[indicator.Flag]bool{}
		for i := range l.Cells {
			if f := l.Cells[i].Figure.Flag; !seen[f] {
				seen[f] = true
				if word := FlagWord(w, f); word != "" {
					out = append(out, w.T("atlas.note.flag", "flag", string(f), "meaning", word))
				}
			}
		}
		if l.Table.RolledUp() {
			out = append(out, w.T("atlas.note.rolledup"))
		}
		if v.Share() {
			out = append(out, w.T("atlas.note.interval"))
		}
		return out
	}
	return append(out, w.T("atlas.note.index"))
}

// writeGeoJSON writes a FeatureCollection (RFC 7946) with the figures as properties; what concerns all of them stands in the foreign member
// "metadata" (RFC 7946, 6.1).
func (r *Reader) writeGeoJSON(ctx context.Context, out io.Writer, l *Layer, w Words) error {
	cov, err := r.Coverage(ctx, l.Edition, area.Web)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(out)
	meta, err := json.Marshal(map[string]any{
		"title": l.Heading(w), "source": l.Source(w), "period": l.Period.String(), "level": l.Edition.Level.Key, "edition": l.Edition.Key, "unit": l.Unit,
		"notes": l.notes(w), "audience": string(r.Audience()),
	})
	if err != nil {
		return err
	}
	b.WriteString(`{"type":"FeatureCollection","metadata":`)
	b.Write(meta)
	b.WriteString(`,"features":[`)
	for i, s := range cov.Shapes {
		if i > 0 {
			b.WriteString(",\n")
		}
		at := l.Find(s.Area.Key)
		props := map[string]any{"area": s.Area.Key, "name": s.Area.Name}
		if at >= 0 {
			l.properties(props, &l.Cells[at], w)
		}
		p, err := json.Marshal(props)
		if err != nil {
			return err
		}
		g, err := json.Marshal(map[string]any{"type": "MultiPolygon", "coordinates": s.Polygons})
		if err != nil {
			return err
		}
		b.WriteString(`{"type":"Feature","properties":`)
		b.Write(p)
		b.WriteString(`,"geometry":`)
		b.Write(g)
		b.WriteByte('}')
	}
	b.WriteString("]}\n")
	return b.Flush()
}

func (l *Layer) properties(props map[string]any, c *Cell, w Words) {
	num := func(name string, v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			props[name] = v
		}
	}
	props["text"] = l.Text(w, c)
	if c.Class >= 0 {
		props["class"] = c.Class + 1
		props["class_text"] = l.ClassName(w, c.Class)
	}
	if c.Outcome != nil {
		o := c.Outcome
		props["eligible"] = o.Eligible
		num("index", float64(o.Index))
		num("distance_to_limit", float64(o.Distance))
		if o.DynamicClass != "" {
			props["dynamic_class"] = o.DynamicClass
		}
		if o.Eligible && len(l.Result.Method.AttentionRule) > 0 {
			props["attention"] = o.Attention
		}
		return
	}
	f := c.Figure
	props["flag"] = string(f.Flag)
	num("value", c.Value)
	num("numerator", f.Numerator)
	num("denominator", f.Denominator)
	num("low95", f.Low)
	num("high95", f.High)
	num("change", f.Change)
}
