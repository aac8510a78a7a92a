// SPDX-License-Identifier: EUPL-1.2

// Package classify cuts figures into the classes of a map, the same for map, legend and table.
//
// Classes are given by their upper values, which belong to them: class c holds what is above the upper value of class c-1 and not above its
// own. This is the convention of mapclassify; classInt prints for "fisher" the midpoints between neighbouring classes instead, which
// Midpoints returns. Equal values never fall into two classes. Classes may be empty. NaN has no class.
package classify

import (
	"fmt"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// Method is how limits are found.
type Method string

// Methods.
const (
	FisherJenks  Method = "fisher_jenks"  // least sum of squares within classes, exact
	Quantile     Method = "quantile"      // equally many areas
	Equal        Method = "equal"         // equally wide
	StdDeviation Method = "std_deviation" // multiples of the standard deviation about the mean
	HeadTail     Method = "head_tail"     // repeatedly at the mean of what is above (Jiang 2013), for heavy-tailed figures
	Manual       Method = "manual"        // limits set by hand
)

// Options hold the conventions of the methods.
type Options struct {
	Method Method
	// Classes is the number wanted by FisherJenks, Quantile and Equal. Fewer come out where there are fewer different values.
	Classes int
	// QuantileType is needed by Quantile; type 7 is that of mapclassify.
	QuantileType rank.QuantileType
	// Multiples are those of StdDeviation, ascending; empty stands for -2, -1, 1, 2.
	Multiples []float64
	// SampleSD divides by n-1 instead of n.
	SampleSD bool
	// Limits are the upper values of Manual, ascending, the last class open upward.
	Limits []float64
	// ZeroClass makes exactly zero a class of its own, the first, besides the Classes wanted of the others; no value may be negative.
	ZeroClass bool
}

// Breaks are classes with what they hold.
type Breaks struct {
	Method Method
	// Upper are the upper values of the classes, ascending. The last is the largest value, or the last limit if that is larger.
	Upper []float64
	// Lowest and Highest are the smallest and the largest value in each class, NaN where it is empty.
	Lowest, Highest []float64
	Counts          []int
	// ZeroClass tells that the first class holds exactly zero.
	ZeroClass bool
	// Min and Max of all values, N their number, Without those that are NaN.
	Min, Max   float64
	N, Without int
	// Within is the sum of squares about the class means; GVF, the goodness of variance fit, is 1 less its share of the sum of squares
	// about the common mean. Deviation is the sum of absolute deviations from the class medians (ADCM).
	Within, GVF, Deviation float64
}

// Classes returns the number of classes.
func (b *Breaks) Classes() int { return len(b.Upper) }

// Class returns the class 1..k of v, 0 for NaN. Values beyond the range the limits were made from (another year on the same limits) belong
// to the first or last class.
func (b *Breaks) Class(v float64) int {
	if v != v || len(b.Upper) == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(b.Upper, v)
	return min(i, len(b.Upper)-1) + 1
}

// Midpoints returns the limits as classInt prints them: smallest value, midpoints between the highest value of a class and the lowest of the
// next that holds any, largest value.
func (b *Breaks) Midpoints() []float64 {
	out := []float64{b.Min}
	last := math.NaN()
	for c := range b.Upper {
		if b.Counts[c] == 0 {
			continue
		}
		if last == last {
			out = append(out, last+(b.Lowest[c]-last)/2)
		}
		last = b.Highest[c]
	}
	return append(out, b.Max)
}

// Make classes the values. It fails where there is no value, a value is infinite, or an option does not fit the method.
func Make(values []float64, o Options) (*Breaks, error) {
	sorted, without, err := order(values)
	if err != nil {
		return nil, err
	}
	b := &Breaks{Method: o.Method, ZeroClass: o.ZeroClass, Min: sorted[0], Max: sorted[len(sorted)-1], N: len(sorted), Without: without}
	rest := sorted
	if o.ZeroClass {
		if b.Min < 0 {
			return nil, fmt.Errorf("classify: zero can be a class of its own only where no value is negative, the smallest is %v", b.Min)
		}
		first, _ := slices.BinarySearch(sorted, math.SmallestNonzeroFloat64)
		b.Upper, rest = []float64{0}, sorted[first:]
	}
	if len(rest) > 0 {
		upper, err := limits(rest, o)
		if err != nil {
			return nil, err
		}
		b.Upper = append(b.Upper, upper...)
	}
	b.describe(sorted)
	return b, nil
}

func order(values []float64) (sorted []float64, without int, err error) {
	for i, v := range values {
		if math.IsInf(v, 0) {
			return nil, 0, fmt.Errorf("classify: value number %d is infinite", i+1)
		}
	}
	var s rank.Sorter
	at := s.Order(values, nil)
	if len(at) == 0 {
		return nil, 0, fmt.Errorf("classify: there is no value to be classed")
	}
	sorted = make([]float64, len(at))
	for i, j := range at {
		sorted[i] = values[j]
	}
	return sorted, len(values) - len(at), nil
}

func limits(x []float64, o Options) ([]float64, error) {
	switch o.Method {
	case FisherJenks, Quantile, Equal:
		if o.Classes < 1 || o.Classes > maxClasses {
			return nil, fmt.Errorf("classify: %d classes cannot be made; ask for 1 to %d", o.Classes, maxClasses)
		}
	}
	n := len(x)
	var upper []float64
	switch o.Method {
	case FisherJenks:
		return natural(x, o.Classes), nil
	case Quantile:
		if !o.QuantileType.Valid() {
			return nil, fmt.Errorf("classify: quantile type %d is not known; use 1, 2, 6, 7 or 8", o.QuantileType)
		}
		for c := 1; c < o.Classes; c++ {
			upper = append(upper, rank.Quantile(x, float64(c)/float64(o.Classes), o.QuantileType))
		}
		return slices.Compact(append(upper, x[n-1])), nil
	case Equal:
		width := (x[n-1] - x[0]) / float64(o.Classes)
		for c := 1; c < o.Classes; c++ {
			upper = append(upper, x[0]+float64(float64(c)*width))
		}
		return slices.Compact(append(upper, x[n-1])), nil
	case StdDeviation:
		return deviations(x, o)
	case HeadTail:
		return headTail(x), nil
	case Manual:
		if len(o.Limits) == 0 {
			return nil, fmt.Errorf("classify: manual classes need limits")
		}
		if err := ascending(o.Limits, "limit"); err != nil {
			return nil, err
		}
		upper = slices.Clone(o.Limits)
	default:
		return nil, fmt.Errorf("classify: there is no method %q", string(o.Method))
	}
	return open(upper, x[n-1]), nil
}

const maxClasses = 1000

// open adds the largest value where the limits do not reach it.
func open(upper []float64, largest float64) []float64 {
	if upper[len(upper)-1] < largest {
		upper = append(upper, largest)
	}
	return upper
}

func deviations(x []float64, o Options) ([]float64, error) {
	multiples := o.Multiples
	if len(multiples) == 0 {
		multiples = []float64{-2, -1, 1, 2}
	}
	if err := ascending(multiples, "multiple"); err != nil {
		return nil, err
	}
	n := float64(len(x))
	if o.SampleSD {
		n--
	}
	mean := stat.Mean(x)
	sd := math.Sqrt(stat.SumSquares(x, mean) / n)
	if !(sd > 0) {
		return []float64{x[len(x)-1]}, nil
	}
	var upper []float64
	for _, m := range multiples {
		upper = append(upper, mean+float64(m*sd))
	}
	return open(upper, x[len(x)-1]), nil
}

func headTail(x []float64) []float64 {
	var upper []float64
	for len(x) > 1 {
		mean := stat.Mean(x)
		at, _ := slices.BinarySearch(x, math.Nextafter(mean, math.Inf(1)))
		if at == 0 || at == len(x) {
			break
		}
		upper = append(upper, mean)
		x = x[at:]
	}
	if len(upper) == 0 || upper[len(upper)-1] < x[len(x)-1] {
		upper = append(upper, x[len(x)-1])
	}
	return upper
}

func ascending(v []float64, what string) error {
	for i, w := range v {
		if math.IsNaN(w) || math.IsInf(w, 0) || i > 0 && w <= v[i-1] {
			return fmt.Errorf("classify: each %s must be a number above the one before; number %d is %v", what, i+1, w)
		}
	}
	return nil
}

// describe fills counts and quality from the ascending values.
func (b *Breaks) describe(x []float64) {
	k := len(b.Upper)
	b.Counts, b.Lowest, b.Highest = make([]int, k), make([]float64, k), make([]float64, k)
	from := 0
	for c, u := range b.Upper {
		to, _ := slices.BinarySearch(x, math.Nextafter(u, math.Inf(1)))
		if c == k-1 {
			to = len(x)
		}
		part := x[from:to]
		b.Counts[c] = len(part)
		b.Lowest[c], b.Highest[c] = math.NaN(), math.NaN()
		if len(part) > 0 {
			b.Lowest[c], b.Highest[c] = part[0], part[len(part)-1]
			b.Within += stat.SumSquares(part, stat.Mean(part))
			b.Deviation += absolute(part)
		}
		from = to
	}
	b.GVF = 1
	if all := stat.SumSquares(x, stat.Mean(x)); all > 0 {
		b.GVF = 1 - b.Within/all
	}
}

// absolute returns the sum of absolute deviations from the median: values above it less values below.
func absolute(x []float64) float64 {
	n := len(x)
	return (stat.Sum(x[n-n/2:]) - stat.Sum(x[:n/2]))
}
