// SPDX-License-Identifier: EUPL-1.2

package reportdoc_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

func words(lang string) report.Words { return i18n.For(lang, kernel.Standard) }

const years = 10

// fixture is a frozen edition with n areas on a grid: a map, a chart, a table and a profile of every area with 15 indicators and ten years.
func fixture(n int) *report.Document {
	rng := rand.New(rand.NewPCG(1, 2))
	side := int(math.Ceil(math.Sqrt(float64(n))))
	o := &report.Outlines{Edition: "Planungsraum, Raumstand 2021"}
	m := &report.Map{Outlines: "outlines:1", Scheme: "sequential", Classes: []string{"bis 5 %", "5 bis 10 %", "über 10 %"}, Legend: "SGB-II-Quote (%)", Specials: map[string]string{"suppressed": "geheim gehalten"}}
	table := &report.Table{Columns: []report.Column{{Text: "Raum"}, {Text: "SGB-II-Quote", Unit: "%", Numeric: true}}}
	frame := &report.ProfileFrame{Outlines: "outlines:1", Note: "Ein Steckbrief beschreibt einen Raum."}
	for y := range years {
		frame.Periods = append(frame.Periods, fmt.Sprint(2016+y))
	}
	number := func(v float64) report.Cell {
		return report.Cell{Text: words("de").Number(v, 1), Number: report.Number(v), Numeric: true, Decimals: 1}
	}
	line := func() []report.Number {
		l := make([]report.Number, years)
		for i := range l {
			l[i] = report.Number(rng.Float64() * 30)
		}
		return l
	}
	for i := range 15 {
		frame.Rows = append(frame.Rows, report.ProfileRow{
			Indicator: fmt.Sprint("i", i), Name: fmt.Sprintf("Indikator mit einem längeren Namen %d", i), Unit: "%", Decimals: 1, Percent: true, Town: number(12),
			Low: 0, High: 30, Lower: 8, Upper: 20, Range: "0,0 bis 30,0", TownLine: line(),
		})
	}
	profiles := report.Part{Kind: report.Profiles, Title: "Steckbriefe", Frame: frame, Facts: report.Facts{Areas: "Planungsraum, Raumstand 2021", Period: "31.12.2025", Source: "Amt für Statistik"}}
	for i := range n {
		key, name := fmt.Sprintf("%08d", i+1), fmt.Sprintf("Planungsraum %d", i+1)
		x, y := 13+.01*float64(i%side), 52+.01*float64(i/side)
		ring := [][2]float64{{x, y}}
		for k := 1; k < 12; k++ {
			ring = append(ring, [2]float64{x + .01*float64(k)/12, y})
		}
		ring = append(ring, [2]float64{x + .01, y}, [2]float64{x + .01, y + .01}, [2]float64{x, y + .01}, [2]float64{x, y})
		o.Shapes = append(o.Shapes, report.Outline{Key: key, Name: name, Rings: [][][2]float64{ring}})
		v := rng.Float64() * 30
		m.Areas = append(m.Areas, report.MapArea{Key: key, Name: name, Class: min(int(v/5), 2), Value: words("de").Percent(v, 1)})
		table.Rows = append(table.Rows, []report.Cell{{Text: key + " " + name}, number(v)})
		p := report.Profile{Key: key, Name: name, Alt: "Lage von " + name, Facts: []report.Definition{{Term: "Einwohner", Text: "6.512"}, {Term: "Fläche", Text: "1,21 km²"}, {Term: "Status", Text: "mittel"}}}
		for range frame.Rows {
			p.Values = append(p.Values, report.ProfileValue{Value: number(rng.Float64() * 30), Change: "+0,4", Delta: .4, Line: line()})
		}
		profiles.Profiles = append(profiles.Profiles, p)
	}
	wide := .01 * float64(side)
	for i := range 2 { // two districts, as the town in few strokes
		x := 13 + wide/2*float64(i)
		o.Town = append(o.Town, report.Outline{Key: fmt.Sprint(i), Name: "Bezirk", Rings: [][][2]float64{{{x, 52}, {x + wide/2, 52}, {x + wide/2, 52 + wide}, {x, 52 + wide}, {x, 52}}}})
	}
	facts := report.Facts{Areas: "Planungsraum, Raumstand 2021", Period: "31.12.2025", Base: "Menschen unter der Regelaltersgrenze", Source: "Bundesagentur für Arbeit"}
	chart := &report.Chart{Type: "line", Unit: "%", Decimals: 1, Percent: true, Periods: frame.Periods, Series: []report.Series{{Name: "Stadt"}}}
	for _, v := range line() {
		chart.Series[0].Values = append(chart.Series[0].Values, report.Point{Value: v})
	}
	parts := map[string]report.Part{}
	put := func(call string, p report.Part) string {
		c, err := report.ParseCall(call)
		if err != nil {
			panic(err)
		}
		parts[c.Key()] = p
		return "\n\n" + c.German() + "\n\n"
	}
	body := "Die Quote liegt bei {{zahl indikator=sgb2_rate}} und\n*steigt*." +
		put("karte indikator=sgb2_rate", report.Part{Kind: report.MapPart, Map: m, Title: "SGB-II-Quote", Alt: "Karte der Räume.", Text: "Die Werte reichen weit.", Facts: facts, Table: table}) +
		put("diagramm indikator=sgb2_rate art=linie", report.Part{Kind: report.ChartPart, Chart: chart, Title: "SGB-II-Quote im Verlauf", Alt: "Die Quote schwankt.", Facts: facts, Table: &report.Table{Columns: table.Columns, Rows: table.Rows[:1]}}) +
		put("tabelle indikator=sgb2_rate", report.Part{Kind: report.TablePart, Title: "SGB-II-Quote", Facts: facts, Table: table}) +
		"## Ein Abschnitt\n\n- eins\n- zwei\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
	put("zahl indikator=sgb2_rate", report.Part{Kind: report.Figure, Text: "12,3 %"})
	frozen := kernel.InstantOf(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC))
	e := report.Edition{
		ID: "e", Key: "2025", Title: kernel.T("Sozialbericht 2025", ""), CreatedAt: frozen, FrozenAt: frozen,
		Settings: report.Settings{Language: "de", Level: "plr", AreaEdition: "2021", Period: kernel.On("2025-12-31"), Audience: access.Public},
	}
	meta := report.Meta{Town: "Teststadt", Fictional: true, Areas: "Planungsraum, Raumstand 2021", Period: "31.12.2025", Compare: "31.12.2020", Method: "Sozialindex", Audience: "public"}
	return report.Assemble(e, meta, []report.Chapter{
		{ID: "c1", Position: 1, Title: "Lage", Body: body}, {ID: "c2", Position: 2, Title: "Steckbriefe", Body: put("steckbriefe", profiles)},
	}, parts, map[string]*report.Outlines{"outlines:1": o})
}
