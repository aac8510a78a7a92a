// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Part is what a live part shows, complete and in the edition's language: stored, it needs nothing else to be drawn again.
type Part struct {
	Kind   Kind    `json:"kind"`
	Text   string  `json:"text,omitempty"` // of parts inside a sentence; the finding of a figure
	Title  string  `json:"title,omitempty"`
	Alt    string  `json:"alt,omitempty"` // what the picture says, for those who do not see it
	Facts  Facts   `json:"facts,omitzero"`
	Table  *Table  `json:"table,omitempty"`
	Map    *Map    `json:"map,omitempty"`
	Chart  *Chart  `json:"chart,omitempty"`
	Blocks []Terms `json:"blocks,omitempty"` // indicator sheets, rules
	// Profiles of areas; Frame says what they share.
	Profiles []Profile     `json:"profiles,omitempty"`
	Frame    *ProfileFrame `json:"frame,omitempty"`
	// Uses are the indicators shown, for the lists of the annex.
	Uses []Use `json:"uses,omitempty"`
	// Fault says, in a draft, why there is nothing to show.
	Fault string `json:"fault,omitempty"`
}

// Use names figures that were shown.
type Use struct {
	Indicator string        `json:"indicator"`
	Version   int           `json:"version"`
	Period    kernel.Period `json:"period"`
	Edition   kernel.ID     `json:"edition"`
}

// Facts are what stands under every figure (domain.md 5.7).
type Facts struct {
	Areas   string   `json:"areas,omitempty"`   // level and area edition
	Period  string   `json:"period,omitempty"`  // reference date or interval
	Base    string   `json:"base,omitempty"`    // what the denominator counts
	Source  string   `json:"source,omitempty"`  // offices
	Note    string   `json:"note,omitempty"`    // caveat of the definition
	Legend  []string `json:"legend,omitempty"`  // signs beside values that occur
	Release string   `json:"release,omitempty"` // where figures are not public
}

// Number is a float64 whose NaN is null in JSON.
type Number = analysis.Number

func none() Number { return Number(math.NaN()) }

// Cell is a cell of a table: what is printed, and the number behind it for files.
type Cell struct {
	Text     string `json:"t"`
	Number   Number `json:"n,omitzero"`
	Numeric  bool   `json:"v,omitempty"` // Number counts
	Decimals int    `json:"d,omitempty"`
}

// Column is a head cell.
type Column struct {
	Text    string `json:"text"`
	Unit    string `json:"unit,omitempty"`
	Numeric bool   `json:"numeric,omitempty"`
}

// Table has a head for every row in its first cell.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
	Total   bool     `json:"total,omitempty"` // the last row is the town
}

// Map shows areas by class. Outlines are kept apart, once an area edition.
type Map struct {
	Outlines string            `json:"outlines"` // key of the outlines
	Scheme   string            `json:"scheme"`   // sequential, status; empty: no classes, areas with names
	Classes  []string          `json:"classes,omitempty"`
	Legend   string            `json:"legend,omitempty"` // title: what is measured, in which unit
	Specials map[string]string `json:"specials,omitempty"`
	Areas    []MapArea         `json:"areas"`
	// Signs explain the triangles up and down, Outlined the thick border.
	Signs    [2]string `json:"signs,omitzero"`
	Outlined string    `json:"outlined,omitempty"`
}

// MapArea is one area of a map.
type MapArea struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Class int    `json:"class"`           // from 0; -1 where Special says why there is none
	None  string `json:"none,omitempty"`  // suppressed, nodata, notassessed
	Value string `json:"value,omitempty"` // in words
	Sign  string `json:"sign,omitempty"`  // "+", "-": dynamics
	Thick bool   `json:"thick,omitempty"` // has special need of attention
}

// The reasons for having no class.
const (
	noneSuppressed  = "suppressed"
	noneNoData      = "nodata"
	noneNotAssessed = "notassessed"
)

// Outlines are the simplified borders of an area edition and of the level above, as they were when the edition was frozen.
type Outlines struct {
	Edition   string    `json:"edition"`
	Shapes    []Outline `json:"shapes"`
	Districts []Outline `json:"districts,omitempty"`
	Town      []Outline `json:"town,omitempty"` // the town in few strokes: the largest areas there are more than one of
}

// Outline is one area: rings of longitude and latitude.
type Outline struct {
	Key   string         `json:"key"`
	Name  string         `json:"name"`
	Rings [][][2]float64 `json:"rings"`
}

// Chart is a chart as data.
type Chart struct {
	Type      string       `json:"type"` // line, bar, histogram, scatter
	Unit      string       `json:"unit,omitempty"`
	Decimals  int          `json:"decimals"`
	Percent   bool         `json:"percent,omitempty"`
	Periods   []string     `json:"periods,omitempty"`
	Series    []Series     `json:"series,omitempty"`
	Rows      []Bar        `json:"rows,omitempty"`
	Reference *Bar         `json:"reference,omitempty"` // the town
	Values    []Number     `json:"values,omitempty"`
	Limits    []Number     `json:"limits,omitempty"`
	Scatter   *ScatterData `json:"scatter,omitempty"`
	Zero      bool         `json:"zero,omitempty"`
}

// Series is a line of a chart.
type Series struct {
	Name   string  `json:"name"`
	Values []Point `json:"values"`
}

// Point is a value of a series.
type Point struct {
	Value Number `json:"v"`
	Flag  string `json:"f,omitempty"` // in words
	Break bool   `json:"b,omitempty"` // another definition than the value before
}

// Bar is a named value.
type Bar struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
	Flag  string `json:"flag,omitempty"`
}

// ScatterData is status against dynamics.
type ScatterData struct {
	Dots        []Dot    `json:"dots"`
	XName       string   `json:"x"`
	YName       string   `json:"y"`
	XLimits     []Number `json:"x_limits,omitempty"`
	YLimits     []Number `json:"y_limits,omitempty"`
	StatusNames []string `json:"status,omitempty"`
}

// Dot is an area in a scatter.
type Dot struct {
	Name    string `json:"name"`
	X       Number `json:"x"`
	Y       Number `json:"y"`
	Status  int    `json:"status"`
	Dynamic string `json:"dynamic"`
}

// Terms are definitions under a heading.
type Terms struct {
	Title string       `json:"title"`
	Items []Definition `json:"items"`
}

// Definition is a term with its text.
type Definition struct {
	Term string `json:"term"`
	Text string `json:"text"`
}

// ProfileFrame is what all profiles of a part share.
type ProfileFrame struct {
	Outlines string       `json:"outlines"`
	Periods  []string     `json:"periods,omitempty"` // of the small charts
	Rows     []ProfileRow `json:"rows"`
	Note     string       `json:"note"` // how to read a profile
}

// ProfileRow is one indicator of the profiles, with the town and the spread of all areas.
type ProfileRow struct {
	Indicator string   `json:"indicator"`
	Name      string   `json:"name"`
	Unit      string   `json:"unit,omitempty"`
	Decimals  int      `json:"decimals"`
	Percent   bool     `json:"percent,omitempty"`
	Town      Cell     `json:"town"`
	Low       Number   `json:"low"`
	High      Number   `json:"high"`
	Lower     Number   `json:"lower"` // quartiles
	Upper     Number   `json:"upper"`
	Range     string   `json:"range"` // low to high in words
	TownLine  []Number `json:"town_line,omitempty"`
}

// Profile is the sheet of one area (domain.md 5.8).
type Profile struct {
	Key    string         `json:"key"`
	Name   string         `json:"name"`
	Facts  []Definition   `json:"facts"`
	Values []ProfileValue `json:"values"` // parallel to the frame's rows
	Legend []string       `json:"legend,omitempty"`
	Alt    string         `json:"alt"` // where the area lies
}

// ProfileValue is one indicator of one area.
type ProfileValue struct {
	Value  Cell     `json:"value"`
	Change string   `json:"change,omitempty"` // against the comparison period, in words
	Delta  Number   `json:"delta,omitzero"`   // the same as a number: percentage points, or per cent of a count
	Line   []Number `json:"line,omitempty"`
}

// Meta is what a frozen edition knows about itself beyond its chapters.
type Meta struct {
	Town      string `json:"town"`
	Fictional bool   `json:"fictional"`
	Areas     string `json:"areas"`   // level and area edition in words
	Period    string `json:"period"`  // in words
	Compare   string `json:"compare"` // in words
	Method    string `json:"method"`  // title of the index method
	Audience  string `json:"audience"`
}
