// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"slices"
	"strings"
)

// mostFound is how many areas are proposed to somebody who typed a part of a name.
const mostFound = 12

// FindAreas tells which areas somebody means who typed a name, a part of one, or a key: one, where nothing else can be meant, else those to choose
// from, the larger ones first. Upper and lower case, accents and what is in brackets do not matter.
func FindAreas(levels []AreaLevel, typed string) []AreaChoice {
	name, _, _ := strings.Cut(typed, " (")
	whole, part := Fold(typed), Fold(name)
	if part == "" {
		return nil
	}
	var exact, starts, holds []AreaChoice
	for _, l := range levels {
		for _, a := range l.Areas {
			_, key, _ := strings.Cut(a.Key, "/")
			switch n := Fold(a.Name); {
			case a.Key == typed || whole == Fold(a.Name+" "+l.Level.Name.String()):
				return []AreaChoice{a}
			case n == part || Fold(key) == part:
				exact = append(exact, a)
			case strings.HasPrefix(n, part):
				starts = append(starts, a)
			case strings.Contains(n, part):
				holds = append(holds, a)
			}
		}
	}
	if len(exact) > 0 {
		return exact
	}
	out := slices.Concat(starts, holds)
	return out[:min(len(out), mostFound)]
}
