// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// scale says how the values of an indicator are written.
type scale struct {
	decimals int
	percent  bool
	count    bool   // of persons or things
	unit     string // in words; empty for per cent and counts
}

// decimals by unit; others have one.
var decimals = map[string]int{"n": 0, "€": 0, "€/m²": 2, "m²": 1}

func (r *resolver) scale(v indicator.Version) scale {
	s := scale{decimals: 1, percent: v.Unit == "%", count: v.Unit == "n"}
	if d, ok := decimals[v.Unit]; ok {
		s.decimals = d
	}
	if !s.percent && !s.count {
		s.unit, _ = r.w.Text(indicator.UnitName(v.Unit))
	}
	return s
}

// axis is the unit as it stands beside a column or an axis.
func (s scale) axis() string {
	if s.percent {
		return "%"
	}
	return s.unit
}

// bare writes a number without its unit.
func (r *resolver) bare(v float64, s scale) string {
	if s.decimals == 0 {
		return r.w.Int(int64(math.Round(v)))
	}
	return r.w.Number(v, s.decimals)
}

// full writes a number with its unit, for sentences.
func (r *resolver) full(v float64, s scale) string {
	switch {
	case s.percent:
		return r.w.Percent(v, s.decimals)
	case s.unit == "":
		return r.bare(v, s)
	}
	return r.w.T("report.value.unit", "value", r.bare(v, s), "unit", s.unit)
}

// signed flags stand beside a number with a letter.
var signed = map[indicator.Flag]bool{
	indicator.Unsafe: true, indicator.Provisional: true, indicator.Estimated: true, indicator.Corrected: true, indicator.Rebased: true,
}

// flag is the word or sign of a flag, empty for plain values.
func (r *resolver) flag(f indicator.Flag) string {
	if f == indicator.Value || f == indicator.Zero || f == indicator.RoundedZero || f == "" {
		return ""
	}
	return r.w.T("report.flag." + string(f))
}

// cell is a figure in a table, without unit.
func (r *resolver) cell(f release.Figure, s scale) Cell { return r.number(f.Value, f.Flag, s) }

func (r *resolver) number(v float64, f indicator.Flag, s scale) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		if f.HasNumber() {
			f = indicator.Unknown
		}
		return Cell{Text: cmp.Or(r.flag(f), r.w.T("report.flag.unknown")), Number: none()}
	}
	text := r.bare(v, s)
	switch {
	case f == indicator.Unsafe:
		text = "(" + text + ")"
	case signed[f]:
		text += " " + r.flag(f)
	}
	return Cell{Text: text, Number: Number(v), Numeric: true, Decimals: s.decimals}
}

// sentence is a figure inside a sentence, with its unit, or the word that stands for a missing number.
func (r *resolver) sentence(f release.Figure, s scale) string {
	if !f.Shown() {
		return r.w.T("report.missing." + string(missing(f.Flag)))
	}
	text := r.full(f.Value, s)
	if signed[f.Flag] {
		text = r.w.T("report.value.flag", "value", text, "flag", r.w.T("report.flag.long."+string(f.Flag)))
	}
	return text
}

func missing(f indicator.Flag) indicator.Flag {
	switch f {
	case indicator.Suppressed, indicator.NotYet, indicator.NotApplicable:
		return f
	}
	return indicator.Unknown
}

// legend explains the signs that occur among flags, in the order of the catalogue of flags.
func (r *resolver) legend(flags map[indicator.Flag]bool) []string {
	var list []string
	for _, f := range indicator.Flags() {
		if sign := r.flag(f); flags[f] && sign != "" {
			list = append(list, r.w.T("report.legend.line", "sign", sign, "text", r.w.T("report.flag.long."+string(f))))
		}
	}
	return list
}

// noted collects the flags of a table as cell shows them.
func noted(flags map[indicator.Flag]bool, list ...release.Figure) {
	for _, f := range list {
		if !f.Shown() && f.Flag.HasNumber() {
			flags[indicator.Unknown] = true
			continue
		}
		flags[f.Flag] = true
	}
}

// change is the difference of two figures in words, empty where there is none: percentage points for shares, per cent for counts, the unit else.
func (r *resolver) change(now, before release.Figure, s scale) (text string, v float64) {
	if !now.Shown() || !before.Shown() {
		return "", math.NaN()
	}
	d := now.Value - before.Value
	switch {
	case s.percent:
		return r.w.T("report.change.points", "value", r.plus(d, s.decimals)), d
	case s.count:
		if before.Value == 0 {
			return "", math.NaN()
		}
		share := 100 * d / before.Value
		return sign(share, 1) + r.w.Percent(share, 1), share
	}
	return r.w.T("report.value.unit", "value", r.plus(d, s.decimals), "unit", s.unit), d
}

// plus writes a difference with its sign.
func (r *resolver) plus(d float64, decimals int) string {
	return sign(d, decimals) + r.w.Number(d, decimals)
}

// sign is the plus of a number that is above zero as it will be written; negative numbers bring their own.
func sign(v float64, decimals int) string {
	p := math.Pow10(decimals)
	if math.Round(v*p)/p > 0 {
		return "+"
	}
	return ""
}

// spread are the lowest and the highest shown value, NaN where none is shown.
func spread(figures []release.Figure) (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for _, f := range figures {
		if !f.Shown() {
			continue
		}
		if !(low <= f.Value) {
			low = f.Value
		}
		if !(high >= f.Value) {
			high = f.Value
		}
	}
	return low, high
}

func (r *resolver) span(low, high float64, s scale) string {
	if math.IsNaN(low) {
		return r.w.T("report.missing.unknown")
	}
	return r.w.T("report.value.range", "low", r.bare(low, s), "high", r.full(high, s))
}

// shown are the values of a table that are numbers.
func shown(figures []release.Figure) []float64 {
	var v []float64
	for _, f := range figures {
		if f.Shown() {
			v = append(v, f.Value)
		}
	}
	slices.Sort(v)
	return v
}
