// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

var nan = math.NaN()

// validity says from when to when an edition holds.
func validity(w atlas.Words, e area.Edition) string {
	if e.ValidTo == "" {
		return w.T("atlas.areas.since", "from", w.Date(e.ValidFrom))
	}
	return w.T("atlas.areas.fromto", "from", w.Date(e.ValidFrom), "to", w.Date(e.ValidTo))
}

// classEntry is a class of an index as a row of a legend.
func classEntry(name string, class, n int) mapsvg.Entry {
	c := &atlas.Classes{Choice: atlas.ClassChoice{Method: atlas.OfIndex}, Counts: make([]int, n)}
	colour, css := Scheme(c).Fill(class, palette.Light)
	return mapsvg.Entry{Label: name, Class: class, Colour: colour, CSS: css}
}

// classEntries are the rows of a legend of an index: its classes, and the signs of its dynamics.
func classEntries(w atlas.Words, names []kernel.Text, n int, dynamic bool) []mapsvg.Entry {
	var list []mapsvg.Entry
	for i := range n {
		list = append(list, classEntry(className(w, names, i+1), i, n))
	}
	if dynamic {
		list = append(list, mapsvg.Entry{Label: w.T("atlas.dynamic.plus"), Class: -1, Sign: mapsvg.Up}, mapsvg.Entry{Label: w.T("atlas.dynamic.minus"), Class: -1, Sign: mapsvg.Down})
	}
	return list
}

// areaMark is the class of an area as a small field beside its name.
func areaMark(p *areasPage, c *atlas.Cell) string {
	if c.Outcome == nil || c.Class < 0 {
		return stepSVG(atlas.IndexPoint{}, p.index.Classes.N())
	}
	return stepSVG(atlas.IndexPoint{Class: c.Class + 1, Dynamic: c.Outcome.DynamicClass}, p.index.Classes.N())
}

func areaClass(p *areasPage, c *atlas.Cell) string {
	if c.Class < 0 {
		return atlas.StateWord(p.r.P, c.State)
	}
	s := p.index.ClassName(p.r.P, c.Class)
	if d := atlas.DynamicWord(p.r.P, c.Outcome.DynamicClass); d != "" && c.Outcome.DynamicClass != "+/-" {
		s += ", " + d
	}
	return s
}

// compareSpine shows where the compared areas lie between the lowest and the highest, numbered as the columns are.
func compareSpine(w atlas.Words, row *atlas.CompareRow, areas []area.Area) string {
	s := row.Spread
	if s == nil || math.IsNaN(s.Low) {
		return ""
	}
	format := rowFormat(w, row.Version)
	low, high := s.Low, s.High
	town := row.Town.Value
	if row.Version.Aggregation == indicator.Sum {
		town = nan
	}
	if !math.IsNaN(town) {
		low, high = min(low, town), max(high, town)
	}
	const width, height = 220.0, 34.0
	x := func(v float64) float64 {
		if high == low {
			return width / 2
		}
		return 11 + (v-low)/(high-low)*(width-22)
	}
	label := w.T("atlas.spine", "low", format(s.Low), "high", format(s.High), "lower", format(s.Lower), "upper", format(s.Upper))
	b := small(width, height, label)
	b.WriteString(`<path class="kf-grid" stroke="` + palette.Grid(palette.Light).Hex() + `" stroke-width="5" d="M` + svg.Num(x(s.Low)) + ` 17H` + svg.Num(x(s.High)) + `"/>`)
	if !math.IsNaN(town) {
		b.WriteString(`<path class="kf-accent" stroke="` + palette.Accent(palette.Light).Hex() + `" stroke-width="3" d="M` + svg.Num(x(town)) + ` 3v28"/>`)
	}
	for i := range areas {
		f := row.Figures[i]
		if !f.Shown() {
			continue
		}
		c := palette.Series(i, palette.Light)
		b.WriteString(`<circle class="kf-f` + strconv.Itoa(i) + ` kf-halo" fill="` + c.Hex() + `" stroke="` + palette.Paper(palette.Light).Hex() + `" stroke-width="1.5" cx="` +
			svg.Num(x(f.Value)) + `" cy="17" r="10"/><text class="kf-paper" fill="` + palette.Paper(palette.Light).Hex() + `" font-size="13" font-weight="600" text-anchor="middle" x="` +
			svg.Num(x(f.Value)) + `" y="21.5">` + strconv.Itoa(i+1) + `</text>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// layerFiles are the ways to take a layer away.
func layerFiles(r *web.Request, l *atlas.Layer) []web.Download {
	q := query{Choice: atlas.Choice{Theme: l.Theme, Level: l.Edition.Level.Key, Edition: l.Edition.Key, Period: l.Period}}
	return downloads(r, q.encode())
}

// editionOf finds which edition an area of the start page's list belongs to: that of the map, or that of the districts.
func (p *startPage) editionOf(a area.Area) area.Edition {
	if a.EditionID == p.edition.ID {
		return p.edition
	}
	for _, e := range p.editions {
		if e.ID == a.EditionID {
			return e
		}
	}
	return p.edition
}

// ways lead on from the start page.
func (p *startPage) ways() []web.Card {
	t := p.r.T
	list := []web.Card{
		{Title: t("atlas.start.way.atlas"), Text: t("atlas.start.way.atlas.text"), Href: p.r.Link("/atlas"), Meta: t("atlas.start.way.atlas.meta", "n", p.themes)},
		{Title: t("atlas.start.way.areas"), Text: t("atlas.start.way.areas.text"), Href: p.r.Link(editionPath(p.edition)), Meta: editionName(p.r.P, p.edition)},
		{Title: t("atlas.start.way.data"), Text: t("atlas.start.way.data.text"), Href: p.r.Link("/daten"), Meta: t("atlas.start.way.data.meta", "period", p.newest)},
	}
	if p.reports {
		list = append(list, web.Card{Title: t("atlas.start.way.reports"), Text: t("atlas.start.way.reports.text"), Href: p.r.Link("/berichte"), Meta: t("web.nav.reports")})
	}
	return list
}
