// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"math"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Words writes for a reader: sentences of the catalogue, numbers and dates in the reader's way. i18n.Printer is one.
type Words interface {
	Lang() string
	T(key string, kv ...any) string
	Number(v float64, decimals int) string
	Percent(v float64, decimals int) string
	Date(d kernel.Date) string
	Period(p kernel.Period) string
	Text(t kernel.Text) (text, actual string)
}

// Say gives a text in the reader's language, or in the one it has.
func Say(w Words, t kernel.Text) string {
	s, _ := w.Text(t)
	return s
}

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// shortUnits are the units that stand behind a number in a form of their own; others are shown as the town wrote them.
var shortUnits = map[string]string{
	"n/ha": "perha", "per 100": "per100", "per 100/yr": "per100year", "per 1000": "per1000", "years": "years", "pts": "points",
}

// UnitName is the unit in words, for the head of a column or an axis: "Prozent", "je 1.000".
func UnitName(w Words, unit string) string { return Say(w, indicator.UnitName(unit)) }

// Value writes a number with its unit: "12,3 %", "4,5 je 100". Counts stand alone.
func Value(w Words, v float64, unit string, decimals int) string {
	switch {
	case math.IsNaN(v):
		return w.Number(v, 0)
	case unit == "%":
		return w.Percent(v, decimals)
	case unit == "n" || unit == "":
		return w.Number(v, decimals)
	}
	if k, ok := shortUnits[unit]; ok {
		return w.Number(v, decimals) + nbsp + w.T("atlas.unit."+k)
	}
	return w.Number(v, decimals) + nbsp + unit
}

// Difference writes a difference of two values with its sign; shares differ by percentage points.
func Difference(w Words, v float64, unit string, decimals int) string {
	if math.IsNaN(v) {
		return w.Number(v, 0)
	}
	sign := ""
	if math.Abs(v) < math.Pow(10, float64(-decimals))/2 {
		v, sign = 0, "±"
	} else if v > 0 {
		sign = "+"
	}
	if unit == "%" {
		return sign + w.Number(v, decimals) + nbsp + w.T("atlas.unit.pp")
	}
	return sign + Value(w, v, unit, decimals)
}

// StateWord says why there is no value.
func StateWord(w Words, s State) string {
	switch s {
	case NotAssessed:
		return w.T("atlas.state.notassessed")
	case Suppressed:
		return w.T("atlas.state.suppressed")
	case NoData:
		return w.T("atlas.state.nodata")
	}
	return ""
}

// FlagWord explains a flag; empty where a plain value needs no word.
func FlagWord(w Words, f indicator.Flag) string {
	if f == indicator.Value || f == "" {
		return ""
	}
	return w.T("indicator.flag." + string(f))
}

// FigureText is a figure in words for one who points at it: the value, or why there is none.
func FigureText(w Words, value float64, f indicator.Flag, unit string, decimals int) string {
	if math.IsNaN(value) {
		if f == indicator.Value || f == "" || f.HasNumber() {
			f = indicator.Unknown
		}
		return FlagWord(w, f)
	}
	s := Value(w, value, unit, decimals)
	if word := FlagWord(w, f); word != "" && f != indicator.Zero {
		s += " (" + word + ")"
	}
	return s
}

// Text is a cell in words: the value of an indicator, the class of an index with its dynamics, or why there is neither.
func (l *Layer) Text(w Words, c *Cell) string {
	if c.State != Shown {
		if c.State == NoData && l.Table != nil {
			return FigureText(w, none(), c.Figure.Flag, "", 0)
		}
		return StateWord(w, c.State)
	}
	if l.Table != nil {
		return FigureText(w, c.Value, c.Figure.Flag, l.Unit, l.Decimals())
	}
	var parts []string
	if c.Class >= 0 && l.Classes.Names != nil {
		parts = append(parts, l.ClassName(w, c.Class))
	}
	if !math.IsNaN(c.Value) {
		parts = append(parts, w.T("atlas.index.value", "value", w.Number(c.Value, l.Decimals())))
	}
	if d := DynamicWord(w, c.Outcome.DynamicClass); d != "" {
		parts = append(parts, w.T("atlas.index.dynamic", "dynamic", d))
	}
	return strings.Join(parts, ", ")
}

// DynamicWord says what a class of the dynamics means; empty where there is none.
func DynamicWord(w Words, d string) string {
	switch d {
	case "+":
		return w.T("atlas.dynamic.plus")
	case "+/-":
		return w.T("atlas.dynamic.stable")
	case "-":
		return w.T("atlas.dynamic.minus")
	}
	return ""
}

// ClassName is a class in words: its range, or its name in the method of the index.
func (l *Layer) ClassName(w Words, class int) string {
	c := &l.Classes
	if class < len(c.Names) {
		return Say(w, c.Names[class])
	}
	if c.Choice.Method == OfIndex {
		return w.T("atlas.class.numbered", "class", class+1)
	}
	return c.Range(w, class, l.Unit, l.Decimals())
}

// Range is a class as a range of values: "über 5,0 bis 7,5 %".
func (c *Classes) Range(w Words, class int, unit string, decimals int) string {
	d := c.digits(decimals)
	n := c.N()
	switch {
	case n == 1:
		return w.T("atlas.class.between", "from", w.Number(c.Low, decimals), "to", Value(w, c.High, unit, decimals))
	case class == 0:
		return w.T("atlas.class.upto", "to", Value(w, c.Limits[0], unit, d))
	case class == n-1:
		return w.T("atlas.class.above", "from", Value(w, c.Limits[n-2], unit, d))
	}
	return w.T("atlas.class.range", "from", w.Number(c.Limits[class-1], d), "to", Value(w, c.Limits[class], unit, d))
}

// digits is how many digits behind the point limits are written with: those of limits that were chosen round or given by somebody; of others as
// many as values have, or as it takes to tell neighbours apart.
func (c *Classes) digits(decimals int) int {
	exact := 0
	for _, l := range c.Limits {
		s := strconv.FormatFloat(l, 'f', -1, 64)
		if at := strings.IndexByte(s, '.'); at >= 0 {
			exact = max(exact, len(s)-at-1)
		}
	}
	round := !c.Diverging && (c.Choice.Method == Natural || c.Choice.Method == Quantile)
	if round || c.Choice.Method == Manual && !c.Diverging || c.Choice.Method == OfIndex || c.Choice.Method == "" {
		return max(decimals, min(exact, 6))
	}
	for d := decimals; d < min(exact, 6); d++ {
		apart := true
		for i := 1; i < len(c.Limits); i++ {
			apart = apart && strconv.FormatFloat(c.Limits[i-1], 'f', d, 64) != strconv.FormatFloat(c.Limits[i], 'f', d, 64)
		}
		if apart {
			return d
		}
	}
	return max(decimals, min(exact, 6))
}

// LimitTexts are the limits as they are shown.
func (l *Layer) LimitTexts(w Words) []string {
	d := l.Classes.digits(l.Decimals())
	out := make([]string, len(l.Classes.Limits))
	for i, v := range l.Classes.Limits {
		out[i] = w.Number(v, d)
	}
	return out
}

// Offices names the offices that deliver an indicator.
func Offices(w Words, office string) string {
	var names []string
	for _, t := range indicator.OfficeNames(office) {
		if s := Say(w, t); s != "" {
			names = append(names, s)
		}
	}
	return strings.Join(names, ", ")
}

// LevelName is the name of a level in the reader's language.
func LevelName(w Words, name kernel.Text, key string) string {
	if s := Say(w, name); s != "" {
		return s
	}
	return key
}

// EditionName is an edition as a reader knows it: "Sozialraum, Stand 2015".
func (l *Layer) EditionName(w Words) string {
	return w.T("atlas.edition.name", "level", LevelName(w, l.Edition.Level.Name, l.Edition.Level.Key), "edition", l.Edition.Key)
}

// Heading says what the layer shows, where and when.
func (l *Layer) Heading(w Words) string {
	return w.T("atlas.heading", "theme", Say(w, l.Name), "edition", l.EditionName(w), "period", w.Period(l.Period))
}

// Source is the line under every map, chart and file: who counted, when, on which areas.
func (l *Layer) Source(w Words) string {
	if l.Result != nil {
		return w.T("atlas.source.index", "method", Say(w, l.Result.Method.Title.Text()), "version", l.Result.Method.Version, "period", w.Period(l.Period),
			"edition", l.EditionName(w))
	}
	return w.T("atlas.source.indicator", "office", Offices(w, l.Table.Version.Office), "period", w.Period(l.Period), "edition", l.EditionName(w))
}

// NoTown says why the layer has no value for the whole town.
func (l *Layer) NoTown(w Words) string {
	switch l.TownKey {
	case "atlas.index.notown":
		return w.T("atlas.index.notown")
	case "release.total.incomplete":
		return w.T("release.total.incomplete")
	case "indicator.rollup.rate":
		return w.T("atlas.town.rate")
	}
	return w.T("atlas.town.none")
}
