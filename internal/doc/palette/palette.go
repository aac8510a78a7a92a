// SPDX-License-Identifier: EUPL-1.2

// Package palette gives the colours of maps and charts. A social map speaks about people's homes, so its colours order without blaming: no red
// for poor, lightness alone tells more from less, and nobody is left out who sees colours differently or prints without any.
//
// What holds for every palette is checked by tests: lightness is monotone, neighbouring classes stay apart under simulated colour blindness,
// outlines have a contrast of 3:1 and text on a fill 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3). Missing and withheld values are patterns, never white.
package palette

import "fmt"

// Theme is the ground that colours stand on.
type Theme int

// Light is also the theme of print and PDF.
const (
	Light Theme = iota
	Dark
)

// Class counts a map may have; fewer say nothing, more cannot be told apart.
const (
	MinClasses = 3
	MaxClasses = 7
)

// Paper is the ground itself.
func Paper(t Theme) Colour {
	if t == Dark {
		return Colour{0x14, 0x1a, 0x21}
	}
	return White
}

// Ink is for text and the axes of charts.
func Ink(t Theme) Colour {
	if t == Dark {
		return Colour{0xee, 0xf2, 0xf6}
	}
	return Colour{0x1a, 0x24, 0x30}
}

// Muted is for secondary text.
func Muted(t Theme) Colour {
	if t == Dark {
		return Colour{0xa9, 0xb6, 0xc4}
	}
	return Colour{0x51, 0x5e, 0x6c}
}

// Grid is for lines that only guide the eye; nothing depends on seeing them.
func Grid(t Theme) Colour {
	if t == Dark {
		return Colour{0x3a, 0x46, 0x53}
	}
	return Colour{0xd5, 0xdb, 0xe1}
}

// Soft is for areas in the background of a chart that must be seen but not stand out, such as the middle half of all values.
func Soft(t Theme) Colour {
	if t == Dark {
		return Colour{0x66, 0x74, 0x83}
	}
	return Colour{0x9a, 0xa7, 0xb4}
}

// Accent marks the selected area and the reference line: Kupfer, copper.
func Accent(t Theme) Colour {
	if t == Dark {
		return Colour{0xff, 0xa8, 0x6b}
	}
	return Colour{0xa8, 0x4a, 0x0c}
}

// Outline is the line around an area of that fill, dark or white, whichever stands out more; its contrast is always above 3.
func Outline(fill Colour) Colour {
	if ink := Ink(Light); Contrast(ink, fill) >= Contrast(White, fill) {
		return ink
	}
	return White
}

// ramp runs through CIELAB from one lightness, chroma and hue to another; lightness is evenly spaced.
type ramp struct{ l0, l1, c0, c1, h0, h1 float64 }

func (r ramp) at(x float64) Colour {
	// Chroma is highest in the middle, as in nature: very light and very dark colours have none.
	bow := 4 * x * (1 - x) * 14
	return fromLCh(r.l0+(r.l1-r.l0)*x, r.c0+(r.c1-r.c0)*x+bow, r.h0+(r.h1-r.h0)*x)
}

func (r ramp) classes(n int) []Colour {
	out := make([]Colour, n)
	for i := range out {
		out[i] = r.at(float64(i) / float64(n-1))
	}
	return out
}

// From a pale sea green over blue to a deep indigo; on a dark ground the other way, so that more always stands out more from the ground.
var sequential = [2]ramp{
	Light: {l0: 93, l1: 24, c0: 10, c1: 36, h0: 190, h1: 285},
	Dark:  {l0: 30, l1: 95, c0: 36, c1: 14, h0: 285, h1: 190},
}

// Sequential gives n colours from least to most. It panics unless n lies between MinClasses and MaxClasses, which callers check where a person
// chooses the number.
func Sequential(n int, t Theme) []Colour {
	if n < MinClasses || n > MaxClasses {
		panic(fmt.Sprintf("palette: %d classes, possible are %d to %d", n, MinClasses, MaxClasses))
	}
	return sequential[t].classes(n)
}

// Copper below the reference, blue above: both are neutral, and no common colour blindness confuses them.
var below, above = [2]ramp{
	Light: {l0: 91, l1: 36, c0: 10, c1: 52, h0: 75, h1: 55},
	Dark:  {l0: 40, l1: 88, c0: 12, c1: 40, h0: 60, h1: 75},
}, [2]ramp{
	Light: {l0: 91, l1: 28, c0: 8, c1: 40, h0: 235, h1: 280},
	Dark:  {l0: 40, l1: 90, c0: 16, c1: 20, h0: 270, h1: 220},
}

// Diverging gives the colours of classes that lie about a stated reference (a city mean, no change), from far below to far above. Without a
// reference there is no middle, and Sequential is the honest choice. It panics unless both sides have one to three classes.
func Diverging(nBelow, nAbove int, t Theme) []Colour {
	if nBelow < 1 || nAbove < 1 || nBelow > 3 || nAbove > 3 {
		panic(fmt.Sprintf("palette: %d classes below and %d above the reference, possible are one to three", nBelow, nAbove))
	}
	n := max(nBelow, nAbove)
	// Both sides use the same steps, so that the same distance has the same strength.
	side := func(r ramp) []Colour {
		out := make([]Colour, n)
		for i := range out {
			out[i] = r.at(0.12 + 0.88*float64(i+1)/float64(n))
		}
		return out
	}
	var out []Colour
	low := side(below[t])
	for i := nBelow - 1; i >= 0; i-- {
		out = append(out, low[i])
	}
	return append(out, side(above[t])[:nAbove]...)
}

var status = [2][4]Colour{
	Light: {fromLCh(90, 18, 150), fromLCh(70, 30, 200), fromLCh(48, 40, 265), fromLCh(26, 46, 310)},
	Dark:  {fromLCh(30, 22, 160), fromLCh(48, 30, 215), fromLCh(66, 38, 275), fromLCh(84, 22, 315)},
}

// Status is the colour of a status class of a social index, 1 (high) to 4 (very low). Hue and lightness change together.
func Status(class int, t Theme) Colour { return status[t][class-1] }

var series = [2][6]Colour{
	Light: {{0x0b, 0x5c, 0x9e}, {0xb3, 0x53, 0x00}, {0x00, 0x6e, 0x5b}, {0x2b, 0x33, 0x3c}, {0x93, 0x3c, 0x8f}, {0x8a, 0x6d, 0x00}},
	Dark:  {{0x7f, 0xbd, 0xf2}, {0xff, 0xa8, 0x6b}, {0x4f, 0xd1, 0xb0}, {0xf2, 0xf4, 0xf7}, {0xe6, 0x9c, 0xe0}, {0xe3, 0xc6, 0x4a}},
}

// SeriesCount is how many lines or bar kinds one chart may tell apart by colour; each also has its own dash and marker.
const SeriesCount = len(series[Light])

// Series is the colour of the i-th series of a chart, from 0; beyond SeriesCount they repeat.
func Series(i int, t Theme) Colour { return series[t][i%SeriesCount] }

// Special is a reason why an area has no class. Each is a pattern of its own, so that it is told from every colour even in grey print.
type Special int

// NoData: nobody counted. Suppressed: counted, but few enough to point at persons. NotAssessed: too few inhabitants for a statement.
const (
	NoData Special = iota
	Suppressed
	NotAssessed
)

// Specials lists all of them in the order of a legend.
var Specials = []Special{NotAssessed, Suppressed, NoData}

// String is the word used in class names and data.
func (s Special) String() string { return [...]string{"nodata", "suppressed", "notassessed"}[s] }

// SpecialGround and SpecialLine are the two colours of the patterns.
func SpecialGround(t Theme) Colour {
	if t == Dark {
		return Colour{0x2a, 0x32, 0x3b}
	}
	return Colour{0xee, 0xf0, 0xf2}
}

// SpecialLine draws the hatch.
func SpecialLine(t Theme) Colour {
	if t == Dark {
		return Colour{0x9c, 0xa8, 0xb4}
	}
	return Colour{0x6c, 0x76, 0x80}
}

// Pattern writes the SVG pattern of a special class: stripes for no data, dots for suppressed, crosses for not assessed. Page styles may override
// the two colours through the classes kf-sg (ground) and kf-sl (lines).
func (s Special) Pattern(id string, t Theme) string {
	ground, line := SpecialGround(t).Hex(), SpecialLine(t).Hex()
	mark := [...]string{
		NoData:      `<path class="kf-sl" stroke="%s" d="M-2 2l4-4M0 8l8-8M6 10l4-4" fill="none"/>`,
		Suppressed:  `<path class="kf-sl" stroke="%s" stroke-width="2" stroke-linecap="round" d="M2 2h0M6 6h0" fill="none"/>`,
		NotAssessed: `<path class="kf-sl" stroke="%s" d="M2 4h4M4 2v4" fill="none"/>`,
	}[s]
	return fmt.Sprintf(`<pattern id="%s" width="8" height="8" patternUnits="userSpaceOnUse"><path class="kf-sg" fill="%s" d="M0 0h8v8H0z"/>`, id, ground) +
		fmt.Sprintf(mark, line) + `</pattern>`
}
