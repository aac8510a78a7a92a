// SPDX-License-Identifier: EUPL-1.2

package disclosure

import (
	"fmt"
	"math/bits"
	"slices"
)

// Relation is a sum that readers can check: the parts add up to the total. Cells are numbered by the caller over everything that is
// published together: areas and their parents, ages and their total, numerators and the rest of their base.
type Relation struct {
	// Name says which sum it is, for the message to the person who wants to publish.
	Name  string
	Total int
	Parts []int
}

// Exposure is a suppressed cell that can be calculated from published ones.
type Exposure struct {
	Cell int
	// Relation is the sum that gives it away, -1 where it takes several sums together.
	Relation int
}

// ExposedError refuses a table.
type ExposedError struct {
	Exposures []Exposure
	// Names of the relations concerned, without repetition.
	Names []string
}

// Error says which sums give a suppressed cell away.
func (e *ExposedError) Error() string {
	s := fmt.Sprintf("disclosure: %d suppressed cells could be calculated from the figures beside them", len(e.Exposures))
	if len(e.Names) > 0 {
		s += fmt.Sprintf(": a single cell is suppressed in %q", e.Names)
	}
	return s
}

// SingleSuppressed lists every suppressed cell that the published sums determine exactly: first those that stand alone in a relation whose
// other cells are all shown, total included, then those that follow from several relations together (two areas blank in the district, the
// same two and a third in the town: the third is the difference). suppressed is indexed by cell. A relation whose total is not published at
// all must not be given. That a cell is not listed does not make it safe: bounds may still be narrow.
func SingleSuppressed(suppressed []bool, relations []Relation) []Exposure {
	var out []Exposure
	found := make(map[int]bool)
	var rows []row
	for i, r := range relations {
		var hidden row
		for _, c := range r.Parts {
			hidden = hidden.add(c, 1, suppressed)
		}
		hidden = hidden.add(r.Total, prime-1, suppressed)
		slices.SortFunc(hidden, func(a, b term) int { return a.cell - b.cell })
		switch {
		case len(hidden) == 1 && !found[hidden[0].cell]:
			found[hidden[0].cell] = true
			out = append(out, Exposure{hidden[0].cell, i})
		case len(hidden) > 1:
			rows = append(rows, hidden)
		}
	}
	for c := range found {
		rows = append(rows, row{{c, 1}})
	}
	slices.SortFunc(rows, func(a, b row) int { return a[0].cell - b[0].cell })
	var more []int
	for _, c := range determined(rows) {
		if !found[c] {
			more = append(more, c)
		}
	}
	slices.Sort(more)
	for _, c := range more {
		out = append(out, Exposure{c, -1})
	}
	return out
}

// Check returns an ExposedError where SingleSuppressed finds something.
func Check(suppressed []bool, relations []Relation) error {
	found := SingleSuppressed(suppressed, relations)
	if len(found) == 0 {
		return nil
	}
	e := &ExposedError{Exposures: found}
	for _, x := range found {
		if x.Relation >= 0 && !slices.Contains(e.Names, relations[x.Relation].Name) {
			e.Names = append(e.Names, relations[x.Relation].Name)
		}
	}
	return e
}

// prime is 2⁶¹-1. Sums have coefficients of one, so elimination modulo this prime finds what elimination in fractions would.
const prime = 1<<61 - 1

// row is an equation over suppressed cells, ascending by cell, coefficients modulo the prime.
type row []term

type term struct {
	cell  int
	value uint64
}

func (r row) add(cell int, value uint64, suppressed []bool) row {
	if !suppressed[cell] {
		return r
	}
	for i := range r {
		if r[i].cell == cell { // a cell twice in one sum
			if r[i].value = (r[i].value + value) % prime; r[i].value == 0 {
				return slices.Delete(r, i, i+1)
			}
			return r
		}
	}
	return append(r, term{cell, value})
}

// determined returns the cells that the equations fix: bring them to reduced echelon form; a row of one cell fixes it.
func determined(rows []row) []int {
	pivots := make(map[int]row)
	for _, r := range rows {
		if r = reduce(r, pivots); len(r) == 0 {
			continue
		}
		inverse := power(r[0].value, prime-2)
		for i := range r {
			r[i].value = times(r[i].value, inverse)
		}
		for c, p := range pivots {
			if f := p.at(r[0].cell); f != 0 {
				pivots[c] = p.minus(r, f)
			}
		}
		pivots[r[0].cell] = r
	}
	var out []int
	for c, p := range pivots {
		if len(p) == 1 {
			out = append(out, c)
		}
	}
	return out
}

func reduce(r row, pivots map[int]row) row {
	for i := 0; i < len(r); {
		if p, ok := pivots[r[i].cell]; ok {
			r = r.minus(p, r[i].value)
			continue
		}
		i++
	}
	return r
}

func (r row) at(cell int) uint64 {
	i, ok := slices.BinarySearchFunc(r, cell, func(t term, c int) int { return t.cell - c })
	if !ok {
		return 0
	}
	return r[i].value
}

// minus returns r - f·p.
func (r row) minus(p row, f uint64) row {
	out := make(row, 0, len(r)+len(p))
	i, j := 0, 0
	for i < len(r) || j < len(p) {
		switch {
		case j == len(p) || i < len(r) && r[i].cell < p[j].cell:
			out = append(out, r[i])
			i++
		case i == len(r) || p[j].cell < r[i].cell:
			out = append(out, term{p[j].cell, (prime - times(f, p[j].value)) % prime})
			j++
		default:
			if v := (r[i].value + prime - times(f, p[j].value)) % prime; v != 0 {
				out = append(out, term{r[i].cell, v})
			}
			i++
			j++
		}
	}
	return out
}

func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	_, rest := bits.Div64(hi, lo, prime)
	return rest
}

func power(a, e uint64) uint64 {
	out := uint64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			out = times(out, a)
		}
		a = times(a, a)
	}
	return out
}
