// SPDX-License-Identifier: EUPL-1.2

// Package mapsvg draws the map of a town, its areas coloured by class, as SVG on the server: readable without JavaScript, in print and in the PDF.
//
// A map never hides what is unknown: areas without a class carry a pattern and stand in the legend with their number. Neighbours share their
// border to the last digit, because every corner is rounded alike for both. Each area tells its name and value in words.
package mapsvg

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
)

// Point is a place: metres east and north, or degrees of longitude and latitude.
type Point struct{ X, Y float64 }

// Ring is a closed line; the last point may repeat the first. Holes are rings like others: what lies within an even number of rings is outside.
type Ring []Point

// Rings takes the rings of a polygon or multipolygon.
func Rings(g geom.Geometry) []Ring {
	var rings []Ring
	add := func(p geom.Polygon) {
		for _, line := range p.DumpRings() {
			seq := line.Coordinates()
			ring := make(Ring, 0, seq.Length())
			for i := range seq.Length() {
				xy := seq.GetXY(i)
				ring = append(ring, Point{xy.X, xy.Y})
			}
			rings = append(rings, ring)
		}
	}
	for _, part := range g.Dump() {
		if p, ok := part.AsPolygon(); ok {
			add(p)
		}
	}
	return rings
}

// Area is one area of the map.
type Area struct {
	Key   string
	Name  string
	Rings []Ring
	// Class counts from 0; a Special in its place says why there is none.
	Class   int
	Special *palette.Special
	// Value is the value in words for the one who points at the area ("12,3 %", "geheim").
	Value string
	// Href links the area to its page; empty for no link.
	Href string
	// Sign is a mark in the middle of the area, Outlined a heavy line around it; both say more than the class and have their own legend text.
	Sign     Sign
	Outlined bool
}

// Sign is a triangle in the middle of an area that says how it has changed.
type Sign int

// The two signs; most areas have none.
const (
	NoSign Sign = iota
	Up
	Down
)

// District is a larger area drawn as an outline with its name over the areas.
type District struct {
	Name  string
	Rings []Ring
}

// Scheme says how classes get their colours.
type Scheme struct {
	kind         schemeKind
	below, above int
	n            int
}

type schemeKind int

const (
	sequential schemeKind = iota
	diverging
	status
)

// Sequential colours n classes from least to most. Where values are so alike that only one or two classes come out, they take colours of three.
func Sequential(n int) Scheme { return Scheme{kind: sequential, n: n} }

// Diverging colours classes below and above a stated reference.
func Diverging(below, above int) Scheme {
	return Scheme{kind: diverging, below: below, above: above, n: below + above}
}

// Status colours the four status classes of a social index.
func Status() Scheme { return Scheme{kind: status, n: 4} }

func (s Scheme) check() error {
	ok := true
	switch s.kind {
	case sequential:
		ok = s.n >= 1 && s.n <= palette.MaxClasses
	case diverging:
		ok = s.below >= 1 && s.below <= 3 && s.above >= 1 && s.above <= 3
	}
	if !ok {
		return fmt.Errorf("a map cannot have %d classes; choose 1 to %d", s.n, palette.MaxClasses)
	}
	return nil
}

// fill returns colour and style class of one class.
func (s Scheme) fill(i int, t palette.Theme) (palette.Colour, string) {
	switch s.kind {
	case diverging:
		return palette.Diverging(s.below, s.above, t)[i], palette.DivergingClass(s.below, s.above, i)
	case status:
		return palette.Status(i+1, t), palette.StatusClass(i + 1)
	}
	n := s.n
	if n < palette.MinClasses {
		i, n = i*s.n+2-s.n, palette.MinClasses
	}
	return palette.Sequential(n, t)[i], palette.SequentialClass(n, i)
}

// Fill returns the colour of a class and the style class that pages colour it by.
func (s Scheme) Fill(class int, t palette.Theme) (palette.Colour, string) { return s.fill(class, t) }

// Map is what is to be drawn.
type Map struct {
	Title       string
	Description string
	Areas       []Area
	Scheme      Scheme
	// Classes are the legend texts of the classes, as many as the scheme has.
	Classes []string
	// Specials are the legend texts of areas without class; one is demanded for every Special that occurs.
	Specials map[palette.Special]string
	// Signs are the legend texts of Up and Down, OutlineText that of outlined areas; demanded where they occur.
	Signs       [2]string
	OutlineText string
	// LegendTitle says what is measured and in which unit.
	LegendTitle string
	// Source is the line with source, date, area edition and licence that stands under every figure.
	Source    string
	Districts []District
	// Selected is the key of the area that is marked; empty for none.
	Selected string
	// Geographic says that points are degrees; else they are metres.
	Geographic bool
	// Base are the prepared shapes; with it Rings, Districts and Geographic are not looked at.
	Base *Base
}

// Entry is one row of the legend.
type Entry struct {
	Label string
	Count int
	// Class counts from 0 and is -1 where Special says why there is none.
	Class   int
	Special *palette.Special
	Colour  palette.Colour
	// CSS is the style class of the colour in pages; empty for specials, which are patterns.
	CSS string
	// Sign or Outlined is what the row explains, where it is neither class nor special.
	Sign     Sign
	Outlined bool
}

// Check says what is wrong with the map before anything is drawn.
func (m Map) Check() error {
	if err := m.Scheme.check(); err != nil {
		return err
	}
	var errs []error
	if m.Title == "" {
		errs = append(errs, errors.New("a map needs a title"))
	}
	if len(m.Classes) != m.Scheme.n {
		errs = append(errs, fmt.Errorf("the map has %d classes but %d legend texts", m.Scheme.n, len(m.Classes)))
	}
	for _, a := range m.Areas {
		switch {
		case a.Special != nil:
			if m.Specials[*a.Special] == "" {
				errs = append(errs, fmt.Errorf("area %s is %s, for which the legend has no text", a.Key, *a.Special))
			}
		case a.Class < 0 || a.Class >= m.Scheme.n:
			errs = append(errs, fmt.Errorf("area %s has class %d of %d", a.Key, a.Class+1, m.Scheme.n))
		}
		if a.Sign != NoSign && m.Signs[a.Sign-Up] == "" || a.Outlined && m.OutlineText == "" {
			errs = append(errs, fmt.Errorf("area %s has a mark for which the legend has no text", a.Key))
		}
		for _, p := range slices.Concat(a.Rings...) {
			if math.IsNaN(p.X) || math.IsNaN(p.Y) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
				errs = append(errs, fmt.Errorf("area %s has a corner that is no number", a.Key))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// Legend returns the rows of the legend with the number of areas in each: all classes, and the specials and marks that occur.
func (m Map) Legend(t palette.Theme) []Entry {
	counts := make([]int, m.Scheme.n)
	special := map[palette.Special]int{}
	var signs [2]int
	outlined := 0
	for _, a := range m.Areas {
		if a.Sign != NoSign {
			signs[a.Sign-Up]++
		}
		if a.Outlined {
			outlined++
		}
		switch {
		case a.Special != nil:
			special[*a.Special]++
		case a.Class >= 0 && a.Class < len(counts):
			counts[a.Class]++
		}
	}
	var entries []Entry
	for i, label := range m.Classes {
		colour, css := m.Scheme.fill(i, t)
		entries = append(entries, Entry{Label: label, Count: counts[i], Class: i, Colour: colour, CSS: css})
	}
	for _, s := range palette.Specials {
		if special[s] > 0 {
			entries = append(entries, Entry{Label: m.Specials[s], Count: special[s], Class: -1, Special: &s, Colour: palette.SpecialGround(t)})
		}
	}
	for i, n := range signs {
		if n > 0 {
			entries = append(entries, Entry{Label: m.Signs[i], Count: n, Class: -1, Sign: Up + Sign(i), Colour: palette.Paper(t)})
		}
	}
	if outlined > 0 {
		entries = append(entries, Entry{Label: m.OutlineText, Count: outlined, Class: -1, Outlined: true, Colour: palette.Paper(t)})
	}
	return entries
}
