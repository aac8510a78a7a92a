// SPDX-License-Identifier: EUPL-1.2

// Package stat holds what the statistical packages below it share: typed values and sums that do not lose digits.
//
// A town's figure is a number, or it is missing, secret or structurally empty; none of these three is zero, and every function says what it
// does with each and how many it met. Sums are pairwise and squares are taken after centring, products are rounded before they are added, so
// that a result has the same digits on every processor.
package stat

import "math"

// State says what stands in a cell. The zero value is Number, so a slice of states may be nil where every cell holds a number.
type State uint8

const (
	// Number is a value, zero included.
	Number State = iota
	// Missing was not delivered.
	Missing
	// Secret exists but was withheld by its source.
	Secret
	// Empty cannot exist: the rate of an area where nobody lives.
	Empty
)

// String names the state in English, for logs.
func (s State) String() string {
	switch s {
	case Number:
		return "number"
	case Missing:
		return "missing"
	case Secret:
		return "secret"
	case Empty:
		return "structurally empty"
	}
	return "unknown"
}

// Tally counts cells by state.
type Tally struct {
	Used, Missing, Secret, Empty int
}

// Add counts one cell.
func (t *Tally) Add(s State) {
	switch s {
	case Number:
		t.Used++
	case Missing:
		t.Missing++
	case Secret:
		t.Secret++
	case Empty:
		t.Empty++
	}
}

// Sum adds pairwise over blocks of four lanes: the error grows with the logarithm of the length (Higham 1993).
func Sum(x []float64) float64 {
	if len(x) > block {
		h := split(len(x))
		return Sum(x[:h]) + Sum(x[h:])
	}
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a += x[i]
		b += x[i+1]
		c += x[i+2]
		d += x[i+3]
	}
	for ; i < len(x); i++ {
		a += x[i]
	}
	return (a + b) + (c + d)
}

// Mean returns the arithmetic mean, NaN for an empty slice. A second pass takes back the rounding error of the first.
func Mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	n := float64(len(x))
	m := Sum(x) / n
	if r := sumCentred(x, m) / n; !math.IsInf(r, 0) {
		m += r
	}
	return m
}

// SumSquares returns the sum of (x-c)². With c the mean it is corrected for the rounding of c (Chan, Golub and LeVeque 1983).
func SumSquares(x []float64, c float64) float64 {
	ss, s := squares(x, c)
	if len(x) > 0 {
		ss -= float64(s*s) / float64(len(x))
	}
	return math.Max(ss, 0)
}

// WeightedMean returns Σwx/Σw; NaN where the weights sum to zero.
func WeightedMean(x, w []float64) float64 {
	sw := Sum(w)
	if sw == 0 {
		return math.NaN()
	}
	m := dot(x, w, 0) / sw
	return m + dot(x, w, m)/sw
}

// WeightedSumSquares returns Σw(x-c)².
func WeightedSumSquares(x, w []float64, c float64) float64 {
	if len(x) > block {
		h := split(len(x))
		return WeightedSumSquares(x[:h], w[:h], c) + WeightedSumSquares(x[h:], w[h:], c)
	}
	var s float64
	for i, v := range x {
		d := v - c
		s += float64(w[i] * float64(d*d))
	}
	return s
}

const block = 128

// split halves a length at a multiple of four, so that the lanes of Sum stay full.
func split(n int) int { return (n / 2) &^ 3 }

func sumCentred(x []float64, c float64) float64 {
	if len(x) > block {
		h := split(len(x))
		return sumCentred(x[:h], c) + sumCentred(x[h:], c)
	}
	var a, b float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		a += x[i] - c
		b += x[i+1] - c
	}
	if i < len(x) {
		a += x[i] - c
	}
	return a + b
}

// squares returns Σ(x-c)² and Σ(x-c).
func squares(x []float64, c float64) (ss, s float64) {
	if len(x) > block {
		h := split(len(x))
		ss1, s1 := squares(x[:h], c)
		ss2, s2 := squares(x[h:], c)
		return ss1 + ss2, s1 + s2
	}
	var qa, qb, sa, sb float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		d, e := x[i]-c, x[i+1]-c
		qa += float64(d * d) // the conversion forbids fusing, which some processors would do and others not
		qb += float64(e * e)
		sa += d
		sb += e
	}
	if i < len(x) {
		d := x[i] - c
		qa += float64(d * d)
		sa += d
	}
	return qa + qb, sa + sb
}

// dot returns Σw(x-c).
func dot(x, w []float64, c float64) float64 {
	if len(x) > block {
		h := split(len(x))
		return dot(x[:h], w[:h], c) + dot(x[h:], w[h:], c)
	}
	var s float64
	for i, v := range x {
		s += float64(w[i] * (v - c))
	}
	return s
}
