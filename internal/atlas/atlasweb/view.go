// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"math"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// chartRows is a chart in numbers.
type chartRows = chart.Table

// themeGroup is the themes of one field in a list of choices.
type themeGroup struct {
	name   string
	offers []atlas.Offer
}

// themeGroups arranges the themes by field, indices first.
func themeGroups(p *atlasPage) []themeGroup { return groupThemes(p.r.P, p.reader.Themes()) }

func groupThemes(w atlas.Words, offers []atlas.Offer) []themeGroup {
	var groups []themeGroup
	last := "-"
	for _, o := range offers {
		if key := o.Field; len(groups) == 0 || key != last {
			name := w.T("atlas.group.index")
			if !o.Theme.IsIndex() {
				name = atlas.Say(w, indicator.FieldName(o.Field))
			}
			groups, last = append(groups, themeGroup{name: name}), key
		}
		groups[len(groups)-1].offers = append(groups[len(groups)-1].offers, o)
	}
	return groups
}

// besideOffers are the themes that can stand beside the first: those on the same edition.
func (p *atlasPage) besideOffers() []atlas.Offer {
	var list []atlas.Offer
	for _, o := range p.reader.Themes() {
		if o.Theme == p.q.Theme {
			continue
		}
		for _, on := range o.On {
			if on.Edition.ID == p.main.layer.Edition.ID {
				list = append(list, o)
				break
			}
		}
	}
	return list
}

// more tells whether a choice of the folded part is in use.
func (p *atlasPage) more() bool {
	c := p.q.Classes
	return p.q.Beside != "" || c.Reference != "" || c.ThisPeriod || c.N != 5 || c.Method != atlas.Natural || p.q.Audience != "public"
}

func (p *atlasPage) ownReference() string {
	if r := p.q.Classes.Reference; r != atlas.TownReference && r != "" {
		if v, err := strconv.ParseFloat(r, 64); err == nil {
			return p.r.P.Number(v, -1)
		}
	}
	return ""
}

// limits writes the reader's own limits, or those in use as a start for own ones.
func (p *atlasPage) limits() string { return strings.Join(p.main.layer.LimitTexts(p.r.P), "; ") }

// files are the ways to take the layer away.
func files(p *atlasPage) []web.Download {
	return downloads(p.r, p.q.encode("raum", "", "ordnung", "", "vergleich", ""))
}

func downloads(r *web.Request, query string) []web.Download {
	csv := atlas.CSV
	if r.Lang == "de" {
		csv = atlas.Spreadsheet
	}
	var list []web.Download
	for _, f := range []struct {
		format atlas.Format
		kind   string
		key    string
	}{{csv, "CSV", "atlas.files.csv"}, {atlas.XLSX, "XLSX", "atlas.files.xlsx"}, {atlas.GeoJSON, "GeoJSON", "atlas.files.geojson"}, {atlas.SVG, "SVG", "atlas.files.svg"}} {
		list = append(list, web.Download{Text: r.T(f.key), Kind: f.kind, Href: r.Link(withQuery("/atlas/export/"+string(f.format), query))})
	}
	return list
}

// classNote says how the limits were found.
func classNote(w atlas.Words, l *atlas.Layer) string {
	c := &l.Classes
	if c.N() == 0 {
		return ""
	}
	s := ""
	switch {
	case c.Choice.Method == atlas.OfIndex:
		return w.T("atlas.classes.note.index")
	case c.Diverging && c.Choice.Reference == atlas.TownReference:
		s = w.T("atlas.classes.note.town", "value", atlas.Value(w, c.Reference, l.Unit, max(l.Decimals(), 1)))
	case c.Diverging:
		s = w.T("atlas.classes.note.reference", "value", atlas.Value(w, c.Reference, l.Unit, -1))
	default:
		s = w.T("atlas.classes.note."+string(c.Choice.Method), "n", c.N())
	}
	if c.Periods > 1 {
		s += " " + w.T("atlas.classes.note.periods", "n", c.Periods)
	}
	return s
}

// patternDefs are the patterns that samples on a page refer to; they stand once on it.
func patternDefs() string {
	s := `<svg class="ka__defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>`
	for _, p := range palette.Specials {
		s += p.Pattern("m-"+p.String(), palette.Light)
	}
	return s + `</defs></svg>`
}

func signParam(s mapsvg.Sign) string {
	if s == mapsvg.Up {
		return "+"
	}
	return "-"
}

// swatchSVG is the sample of a row of the legend.
func swatchSVG(e mapsvg.Entry) string {
	const head = `<svg class="ka__swatch" viewBox="0 0 36 22" width="36" height="22" aria-hidden="true" focusable="false">`
	switch {
	case e.Sign == mapsvg.Up:
		return head + `<path class="kf-ink" d="M18 3l9 16H9z"/></svg>`
	case e.Sign == mapsvg.Down:
		return head + `<path class="kf-ink" d="M18 19L9 3h18z"/></svg>`
	case e.Outlined:
		const rect = `<rect x="4" y="4" width="28" height="14" fill="none" `
		return head + rect + `class="kf-axis" stroke="` + palette.Ink(palette.Light).Hex() + `" stroke-width="5"/>` + rect + `class="kf-halo" stroke="` +
			palette.Paper(palette.Light).Hex() + `" stroke-width="1.8"/></svg>`
	case e.Special != nil:
		return head + `<g class="kf-special" stroke="` + palette.SpecialLine(palette.Light).Hex() + `"><rect x=".5" y=".5" width="35" height="21" fill="url(#m-` +
			e.Special.String() + `)"/></g></svg>`
	}
	return head + `<g class="kf-map"><rect class="` + e.CSS + `" fill="` + e.Colour.Hex() + `" stroke="` + palette.Outline(e.Colour).Hex() +
		`" x=".5" y=".5" width="35" height="21"/></g></svg>`
}

// panelFacts are what stands beside the value of the chosen area.
func panelFacts(w atlas.Words, p panelPart) []web.Definition {
	l, c := p.layer, p.cell
	d := l.Decimals()
	var list []web.Definition
	add := func(key, text string) { list = append(list, web.Definition{Term: w.T(key), Text: text}) }
	if l.Result != nil {
		if c.State != atlas.Shown {
			if c.Outcome != nil && c.Outcome.Reason != "" {
				add("atlas.fact.reason", reason(w, l.Result.Method.MinPopulation, c.Outcome.Reason))
			}
			return list
		}
		o := c.Outcome
		if o.Distance.Known() {
			add("atlas.column.distance", w.Number(float64(o.Distance), d))
		}
		if o.Class > 0 && o.Class <= len(o.Probability) && o.Probability[o.Class-1].Known() {
			add("atlas.fact.stays", w.Percent(100*float64(o.Probability[o.Class-1]), 0))
		}
		if o.Attention {
			add("atlas.attention", w.T("atlas.yes"))
		}
		return list
	}
	if c.State == atlas.Shown && l.Town.Shown() && l.Table.Version.Aggregation != indicator.Sum {
		add("atlas.town", atlas.Value(w, l.Town.Value, l.Unit, d))
		add("atlas.fact.difference", atlas.Difference(w, c.Value-l.Town.Value, l.Unit, d))
	}
	if f := c.Figure; c.State == atlas.Shown {
		if !math.IsNaN(f.Denominator) && !math.IsNaN(f.Numerator) {
			add("atlas.fact.parts", w.T("atlas.fact.of", "numerator", w.Number(f.Numerator, 0), "denominator", w.Number(f.Denominator, 0)))
		}
		if !math.IsNaN(f.Low) && l.Table.Version.Share() {
			add("atlas.column.interval", w.Number(f.Low, d)+" – "+atlas.Value(w, f.High, l.Unit, d))
		}
		if c.Class >= 0 {
			add("atlas.column.class", l.ClassName(w, c.Class))
		}
	}
	return list
}

// reason says why an area is not assessed.
func reason(w atlas.Words, least float64, r string) string {
	switch r {
	case "excluded":
		return w.T("atlas.reason.excluded")
	case "population_unknown":
		return w.T("atlas.reason.population")
	case "population_below_minimum":
		return w.T("atlas.reason.minimum", "least", w.Number(least, 0))
	}
	return w.T("atlas.reason.missing")
}

func stepYear(w atlas.Words, p kernel.Period) string {
	if s := string(p.To); len(s) == 10 && s[4:] == "-12-31" {
		return s[:4]
	}
	return w.Period(p)
}

// stepSVG is the class of one year: a field in the colour of the class with the sign of the dynamics.
func stepSVG(s atlas.IndexPoint, n int) string {
	const head = `<svg class="ka__step" viewBox="0 0 40 30" width="40" height="30" aria-hidden="true" focusable="false">`
	if s.Class < 1 || s.Class > n {
		return head + `<rect x="1" y="1" width="38" height="28" rx="3" fill="url(#m-` + palette.NotAssessed.String() + `)"/></svg>`
	}
	c := &atlas.Classes{Choice: atlas.ClassChoice{Method: atlas.OfIndex}, Counts: make([]int, n)}
	colour, css := Scheme(c).Fill(s.Class-1, palette.Light)
	out := head + `<g class="kf-map"><rect class="` + css + `" fill="` + colour.Hex() + `" stroke="` + palette.Outline(colour).Hex() + `" x="1" y="1" width="38" height="28" rx="3"/></g>`
	mark := ""
	switch s.Dynamic {
	case "+":
		mark = "M20 8l7 13H13z"
	case "-":
		mark = "M20 22L13 9h14z"
	}
	if mark != "" {
		out += `<path class="kf-ink kf-halo" fill="` + palette.Ink(palette.Light).Hex() + `" stroke="` + palette.Paper(palette.Light).Hex() + `" stroke-width="2" paint-order="stroke" d="` + mark + `"/>`
	}
	return out + `</svg>`
}

func stepWords(w atlas.Words, s atlas.IndexPoint, name func(int) string) string {
	text := w.T("atlas.state.notassessed")
	if s.Class > 0 {
		text = name(s.Class - 1)
		if d := atlas.DynamicWord(w, s.Dynamic); d != "" {
			text += ", " + d
		}
	}
	return w.Period(s.Period) + ": " + text
}

// townCells are the cells of the town's row, as many as there are columns behind the name.
func (t *table) townCells() []string {
	cols := t.columns()
	cells := make([]string, 0, len(cols)-1)
	f, d := t.l.Town, t.l.Decimals()
	cells = append(cells, t.w.Number(f.Value, d))
	if t.interval {
		cells = append(cells, "")
	}
	if t.parts {
		for _, v := range []float64{f.Numerator, f.Denominator} {
			if math.IsNaN(v) {
				cells = append(cells, "")
			} else {
				cells = append(cells, t.w.Number(v, 0))
			}
		}
	}
	cells = append(cells, "")
	if t.second != nil {
		if t.second.Town.Shown() {
			cells = append(cells, t.w.Number(t.second.Town.Value, t.second.Decimals()))
		} else {
			cells = append(cells, "")
		}
		if t.difference() {
			cells = append(cells, atlas.Difference(t.w, f.Value-t.second.Town.Value, t.l.Unit, d))
		}
	}
	return cells
}
