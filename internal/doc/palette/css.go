// SPDX-License-Identifier: EUPL-1.2

package palette

import (
	"fmt"
	"strings"
)

// Figures carry the light colours as attributes, which is what print, PDF and a file opened by itself show. In a page the style sheet below
// wins over attributes, so that the same figure follows the theme of the reader.

// SequentialClass is the CSS class of class i (from 0) of n in a sequential palette.
func SequentialClass(n, i int) string { return fmt.Sprintf("kf-q%d-%d", n, i) }

// DivergingClass is the CSS class of class i (from 0) in a diverging palette.
func DivergingClass(nBelow, nAbove, i int) string {
	return fmt.Sprintf("kf-d%d%d-%d", nBelow, nAbove, i)
}

// StatusClass is the CSS class of a status class, 1 to 4.
func StatusClass(class int) string { return fmt.Sprintf("kf-st%d", class) }

// Variables declares every colour of the theme as a CSS custom property. The style sheet of the pages puts it into :root for light and print
// and into its dark selector for dark.
func Variables(t Theme) string {
	var b strings.Builder
	each(t, func(name string, c Colour) { fmt.Fprintf(&b, "--%s:%s;", name, c.Hex()) })
	return b.String()
}

// Rules binds the classes that figures use to the custom properties of Variables.
func Rules() string {
	var b strings.Builder
	each(Light, func(name string, _ Colour) {
		switch {
		case strings.HasPrefix(name, "kf-s") && len(name) == 5 && name[4] <= '9':
			fmt.Fprintf(&b, ".%[1]s{stroke:var(--%[1]s)}.kf-f%[2]s{fill:var(--%[1]s)}\n", name, name[4:])
		case name == "kf-sl" || name == "kf-grid" || name == "kf-axis" || name == "kf-accent" || strings.HasSuffix(name, "-o"):
		default:
			fmt.Fprintf(&b, ".%[1]s{fill:var(--%[1]s)}\n", name)
		}
	})
	each(Light, func(name string, _ Colour) {
		if fill, ok := strings.CutSuffix(name, "-o"); ok {
			fmt.Fprintf(&b, ".kf-map .%s{stroke:var(--%s)}\n", fill, name)
		}
	})
	b.WriteString(".kf-grid{stroke:var(--kf-grid)}.kf-axis{stroke:var(--kf-axis)}.kf-sl{stroke:var(--kf-sl)}.kf-accent{stroke:var(--kf-accent)}.kf-halo{stroke:var(--kf-paper)}\n" +
		".kf-gridfill{fill:var(--kf-grid)}.kf-open{fill:var(--kf-paper)}.kf-special{stroke:var(--kf-sl)}\n")
	return b.String()
}

func each(t Theme, f func(name string, c Colour)) {
	fill := func(name string, c Colour) {
		f(name, c)
		f(name+"-o", Outline(c))
	}
	f("kf-paper", Paper(t))
	f("kf-ink", Ink(t))
	f("kf-muted", Muted(t))
	f("kf-grid", Grid(t))
	f("kf-soft", Soft(t))
	f("kf-axis", Ink(t))
	f("kf-accent", Accent(t))
	f("kf-sg", SpecialGround(t))
	f("kf-sl", SpecialLine(t))
	for n := MinClasses; n <= MaxClasses; n++ {
		for i, c := range Sequential(n, t) {
			fill(SequentialClass(n, i), c)
		}
	}
	for lo := 1; lo <= 3; lo++ {
		for hi := 1; hi <= 3; hi++ {
			for i, c := range Diverging(lo, hi, t) {
				fill(DivergingClass(lo, hi, i), c)
			}
		}
	}
	for class := 1; class <= 4; class++ {
		fill(StatusClass(class), Status(class, t))
	}
	for i := range SeriesCount {
		f(fmt.Sprintf("kf-s%d", i), Series(i, t))
	}
}
