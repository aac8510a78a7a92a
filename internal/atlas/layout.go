// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"math"
	"slices"
)

// LegendTitle says what the classes measure.
func (l *Layer) LegendTitle(w Words) string {
	if l.Result != nil {
		return Say(w, l.Name)
	}
	return w.T("atlas.legend.title", "name", Say(w, l.Name), "unit", UnitName(w, l.Unit))
}

// Summary tells the finding of the map in a sentence or two, for those who do not see it.
func (l *Layer) Summary(w Words) string {
	n := l.Counts()
	var s string
	if l.Classes.Choice.Method == OfIndex {
		var parts []string
		for i, k := range l.Classes.Counts {
			parts = append(parts, w.T("atlas.summary.class", "class", l.ClassName(w, i), "n", k))
		}
		s = w.T("atlas.summary.index", "areas", len(l.Cells), "classes", join(parts))
	} else if lo, hi := l.extremes(); lo >= 0 {
		s = w.T("atlas.summary.range", "low", l.Text(w, &l.Cells[lo]), "lowArea", l.Cells[lo].Area.Name, "high", l.Text(w, &l.Cells[hi]),
			"highArea", l.Cells[hi].Area.Name, "areas", n[Shown])
		if !math.IsNaN(l.Town.Value) {
			s += " " + w.T("atlas.summary.town", "value", Value(w, l.Town.Value, l.Unit, l.Decimals()))
		}
	} else {
		s = w.T("atlas.summary.none")
	}
	if n[Suppressed] > 0 {
		s += " " + w.T("atlas.summary.suppressed", "n", n[Suppressed])
	}
	if n[NoData] > 0 {
		s += " " + w.T("atlas.summary.nodata", "n", n[NoData])
	}
	if n[NotAssessed] > 0 {
		s += " " + w.T("atlas.summary.notassessed", "n", n[NotAssessed])
	}
	return s
}

func join(parts []string) string {
	s := ""
	for i, p := range parts {
		if i > 0 {
			s += "; "
		}
		s += p
	}
	return s
}

// extremes are the areas with the lowest and the highest value, -1 where nothing is shown.
func (l *Layer) extremes() (lo, hi int) {
	lo, hi = -1, -1
	for i := range l.Cells {
		v := l.Cells[i].Value
		if math.IsNaN(v) {
			continue
		}
		if lo < 0 || v < l.Cells[lo].Value {
			lo = i
		}
		if hi < 0 || v > l.Cells[hi].Value {
			hi = i
		}
	}
	return lo, hi
}

// Order gives the positions of the cells by key, by name or by value; areas without value stand last.
func (l *Layer) Order(by string) []int {
	order := make([]int, len(l.Cells))
	for i := range order {
		order[i] = i
	}
	sortBy := func(less func(a, b *Cell) int) {
		slices.SortStableFunc(order, func(a, b int) int { return less(&l.Cells[a], &l.Cells[b]) })
	}
	byValue := func(sign int) func(a, b *Cell) int {
		return func(a, b *Cell) int {
			x, y := math.IsNaN(a.Value), math.IsNaN(b.Value)
			switch {
			case x && y:
				return 0
			case x:
				return 1
			case y:
				return -1
			case a.Value < b.Value:
				return -sign
			case a.Value > b.Value:
				return sign
			}
			return 0
		}
	}
	switch by {
	case ByName:
		sortBy(func(a, b *Cell) int {
			switch {
			case a.Area.SortName < b.Area.SortName:
				return -1
			case a.Area.SortName > b.Area.SortName:
				return 1
			}
			return 0
		})
	case ByValueUp:
		sortBy(byValue(1))
	case ByValueDown:
		sortBy(byValue(-1))
	}
	return order
}

// The orders of a table; the values are those of the public addresses. Without one rows stand by key.
const (
	ByName      = "name"
	ByValueUp   = "wert"
	ByValueDown = "-wert"
)
