// SPDX-License-Identifier: EUPL-1.2

// Package atlas is the public reading of a town's areas, figures and social index: map, table and chart of one thing, a profile of every area,
// several areas side by side, the sheet of every indicator and the description of every method.
//
// It computes nothing the gate has not cleared: every number comes from a release.View or from an analysis.Result, for the audience the reader
// belongs to, and what they hold back is a class of its own here, never a zero and never a gap. Areas are not ranked; an index is an indication
// and says so.
package atlas

import (
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Theme is what a map shows: an indicator or the index of a method. Exactly one of the two is set.
type Theme struct {
	Indicator string // key
	Method    string // id
}

// IsIndex tells an index from an indicator.
func (t Theme) IsIndex() bool { return t.Method != "" }

// IsZero tells whether no theme is named.
func (t Theme) IsZero() bool { return t == Theme{} }

// methodPrefix stands before the id of a method where one value names either.
const methodPrefix = "verfahren:"

// String is the form ParseTheme reads: the key of the indicator, or the id of the method behind "verfahren:".
func (t Theme) String() string {
	if t.IsIndex() {
		return methodPrefix + t.Method
	}
	return t.Indicator
}

// ParseTheme reads what String writes.
func ParseTheme(s string) Theme {
	if id, ok := strings.CutPrefix(s, methodPrefix); ok {
		return Theme{Method: id}
	}
	return Theme{Indicator: s}
}

// State says what is known of an area.
type State int

// The states of an area in a layer, in the order of a legend.
const (
	Shown       State = iota // a value or a class
	NotAssessed              // too few inhabitants, or excluded with a reason
	Suppressed               // counted, but held back
	NoData                   // nothing counted, or not yet
)

// Cell is one area of a layer.
type Cell struct {
	Area  *area.Area // shared: never changed
	State State
	// Value is the figure in the unit of the indicator, or the index; NaN where it is not shown. An index may hold its number back and still
	// show its class.
	Value   float64
	Figure  release.Figure    // of an indicator
	Outcome *analysis.Outcome // of an index
	Class   int               // from 0; -1 where there is none
}

// Layer is a theme on one edition at one time, cleared for an audience and classed for a map.
type Layer struct {
	Theme   Theme
	Name    kernel.Text
	Unit    string // of the indicator; empty for an index
	Edition area.Edition
	Period  kernel.Period
	Cells   []Cell // by area key
	Town    release.Figure
	TownKey string // message why there is no value for the town, empty where there is one
	Classes Classes
	Public  bool // everybody may see it

	Table  *release.Table   // of an indicator
	Result *analysis.Result // of an index

	byKey map[string]int
}

// Find gives the position of an area by its key, -1 where there is none.
func (l *Layer) Find(key string) int {
	if i, ok := l.byKey[key]; ok {
		return i
	}
	return -1
}

// Counts tells how many areas are in each state.
func (l *Layer) Counts() (n [4]int) {
	for i := range l.Cells {
		n[l.Cells[i].State]++
	}
	return n
}

// Decimals is how many digits behind the point values of the layer are shown with.
func (l *Layer) Decimals() int {
	if l.Result != nil {
		return min(max(l.Result.Method.Rounding, 1), 3)
	}
	return Decimals(l.Table.Version)
}

// Values are the shown numbers of the layer, NaN where there is none.
func (l *Layer) Values() []float64 {
	v := make([]float64, len(l.Cells))
	for i := range l.Cells {
		v[i] = l.Cells[i].Value
	}
	return v
}

// Decimals is how many digits behind the point figures of a definition are shown with: none for counts, one for rates and means. More would
// claim a precision that counts of an area do not have (domain.md 4.7).
func Decimals(v indicator.Version) int {
	if v.Aggregation == indicator.Sum || v.Unit == "n" || v.Unit == "€" {
		return 0
	}
	return 1
}

func none() float64 { return math.NaN() }

// noFigure stands where there is nothing to show.
func noFigure(f indicator.Flag) release.Figure {
	n := none()
	return release.Figure{Value: n, Numerator: n, Denominator: n, Change: n, Low: n, High: n, Flag: f}
}
