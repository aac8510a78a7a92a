// SPDX-License-Identifier: EUPL-1.2

// Package rank orders areas by a figure: ranks with named ties, percentile ranks, quantiles by named type, groups of equal size.
//
// Rank 1 is the smallest value unless a function says otherwise. NaN stands for an area without a value: it is not counted and keeps NaN.
// Equal values always share a rank; there is no arbitrary order among equals.
package rank

import (
	"fmt"
	"math"
)

// Ties says which rank equal values share.
type Ties string

const (
	// Average gives equal values the mean of the ranks they occupy (R's default).
	Average Ties = "average"
	// Min gives them the smallest, as in sports.
	Min Ties = "min"
	// Max gives them the largest: the number of values not above.
	Max Ties = "max"
)

// Valid tells whether t is one of the named conventions.
func (t Ties) Valid() bool { return t == Average || t == Min || t == Max }

// Ranks returns the rank of each value from 1, ascending. It panics on an unknown convention for ties.
func Ranks(x []float64, t Ties) []float64 {
	out, _ := ranks(x, t)
	return out
}

func ranks(x []float64, t Ties) (out []float64, n int) {
	if !t.Valid() {
		panic(fmt.Sprintf("rank: unknown convention for ties %q", string(t)))
	}
	out = make([]float64, len(x))
	var s Sorter
	order := s.Order(x, nil)
	n = len(order)
	if n < len(x) {
		for i := range out {
			out[i] = math.NaN()
		}
	}
	for i := 0; i < n; {
		j := i + 1
		for j < n && x[order[j]] == x[order[i]] {
			j++
		}
		r := float64(i + 1)
		switch t {
		case Average:
			r = float64(i+1+j) / 2
		case Max:
			r = float64(j)
		}
		for ; i < j; i++ {
			out[order[i]] = r
		}
	}
	return out, n
}

// Percent returns (rank-1)/(n-1), from 0 for the smallest to 1 for the largest; with Min it is the PERCENTRANK.INC of spreadsheets and of
// the US Social Vulnerability Index. A single value has percentile rank 0.
func Percent(x []float64, t Ties) []float64 {
	out, n := ranks(x, t)
	d := math.Max(float64(n-1), 1)
	for i := range out {
		out[i] = (out[i] - 1) / d
	}
	return out
}

// Groups divides the values into k groups of equal size, 1 for the smallest: ceil(rank·k/n) with the largest rank among equals, so equal
// values never fall into two groups. NaN gets group 0. Quintiles and deciles of the German GISD are made this way.
func Groups(x []float64, k int) []int {
	r, n := ranks(x, Max)
	out := make([]int, len(x))
	for i, v := range r {
		if v == v {
			out[i] = Group(int(v), k, n)
		}
	}
	return out
}

// Group returns the group 1..k of rank r among n: ceil(r·k/n) in whole numbers.
func Group(r, k, n int) int { return (r*k + n - 1) / n }

// QuantileType is the number of a sample quantile definition after Hyndman and Fan (1996), as in R's quantile().
type QuantileType int

const (
	// InverseCDF (type 1) returns an observed value: the smallest whose cumulated share reaches p.
	InverseCDF QuantileType = 1
	// AveragedCDF (type 2) is type 1 with averaging where the share is met exactly.
	AveragedCDF QuantileType = 2
	// Weibull (type 6) is the definition of SPSS and PERCENTILE.EXC.
	Weibull QuantileType = 6
	// Linear (type 7) is the default of R, NumPy and PERCENTILE.INC.
	Linear QuantileType = 7
	// MedianUnbiased (type 8) is the one Hyndman and Fan recommend.
	MedianUnbiased QuantileType = 8
)

// Valid tells whether t is one of the named types.
func (t QuantileType) Valid() bool {
	switch t {
	case InverseCDF, AveragedCDF, Weibull, Linear, MedianUnbiased:
		return true
	}
	return false
}

// Quantile returns the p-quantile of ascending values without NaN; NaN for none. It panics on an unknown type.
func Quantile(sorted []float64, p float64, t QuantileType) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	lo, hi, f := QuantileAt(len(sorted), p, t)
	a, b := sorted[lo], sorted[hi]
	if f == 0 || a == b {
		return a
	}
	return a + float64(f*(b-a))
}

// QuantileAt returns where the p-quantile of n ascending values lies: between the positions lo and hi (from 0), the fraction f of the way.
// It lets a caller that holds counts instead of values find the quantile. It panics on an unknown type.
func QuantileAt(n int, p float64, t QuantileType) (lo, hi int, f float64) {
	p = math.Min(math.Max(p, 0), 1)
	fn := float64(n)
	// A share such as 0.95·20 must count as whole although the product is off by an ulp; R uses 4ε in the same place. Products are rounded before
	// sums, so that every processor gives the same digits.
	const fuzz = 4 * 2.220446049250313e-16
	var pos float64 // from 1
	switch t {
	case InverseCDF, AveragedCDF:
		share := float64(fn * p)
		j := math.Floor(share + fuzz*fn)
		switch rest := share - j; {
		case rest > fuzz*fn:
			f = 1
		case t == AveragedCDF:
			f = 0.5
		}
		pos = j
	case Weibull:
		pos = float64((fn + 1) * p)
	case Linear:
		pos = 1 + float64((fn-1)*p)
	case MedianUnbiased:
		pos = 1.0/3 + float64((fn+1.0/3)*p)
	default:
		panic(fmt.Sprintf("rank: unknown quantile type %d", int(t)))
	}
	if t >= Weibull {
		j := math.Floor(pos + fuzz*fn)
		f = pos - j
		if math.Abs(f) < fuzz*fn {
			f = 0
		}
		pos = j
	}
	lo, hi = int(pos)-1, int(pos)
	lo, hi = min(max(lo, 0), n-1), min(max(hi, 0), n-1)
	if f == 1 {
		return hi, hi, 0
	}
	return lo, hi, f
}
