// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/classify"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// ClassMethod is how the limits of classes are found; the values are those of the public addresses.
type ClassMethod string

// The ways to find limits.
const (
	Natural  ClassMethod = "natuerlich" // Fisher-Jenks, exact
	Quantile ClassMethod = "quantile"   // equally many areas
	Equal    ClassMethod = "gleich"     // equally wide
	Standard ClassMethod = "standard"   // multiples of the standard deviation
	Manual   ClassMethod = "eigene"     // given limits
	OfIndex  ClassMethod = "index"      // the classes of the method of an index; cannot be chosen
)

// ClassMethods lists the ways a reader can choose.
func ClassMethods() []ClassMethod { return []ClassMethod{Natural, Quantile, Equal, Standard, Manual} }

// Numbers of classes a reader can choose; fewer say nothing, more cannot be told apart.
const (
	MinClasses     = 3
	MaxClasses     = 7
	defaultClasses = 5
)

// TownReference names the town's value as the reference of diverging classes.
const TownReference = "stadt"

// ClassChoice is how a reader wants values classed. The zero value means five natural classes that hold for all periods.
type ClassChoice struct {
	Method ClassMethod
	N      int
	Limits []float64
	// Reference makes classes diverge about a stated value: TownReference or a number as FormatFloat writes it; empty for none.
	Reference string
	// ThisPeriod makes limits from the values of the shown period alone. Otherwise they come from all periods together, so that a colour
	// means the same in every year.
	ThisPeriod bool
}

func (c ClassChoice) orDefault() ClassChoice {
	if c.Method == "" {
		c.Method = Natural
	}
	if c.N == 0 {
		c.N = defaultClasses
	}
	return c
}

// Check returns an Invalid error that says what does not fit.
func (c ClassChoice) Check() error {
	c = c.orDefault()
	if !slices.Contains(ClassMethods(), c.Method) {
		return kernel.E(kernel.Invalid, "atlas.classes.method", "value", string(c.Method))
	}
	if c.N < MinClasses || c.N > MaxClasses {
		return kernel.E(kernel.Invalid, "atlas.classes.number", "value", c.N)
	}
	if c.Method == Manual {
		if len(c.Limits) == 0 || len(c.Limits) > MaxClasses-1 {
			return kernel.E(kernel.Invalid, "atlas.classes.limits")
		}
		for i, l := range c.Limits {
			if math.IsNaN(l) || math.IsInf(l, 0) || i > 0 && l <= c.Limits[i-1] {
				return kernel.E(kernel.Invalid, "atlas.classes.limits")
			}
		}
	}
	if c.Reference != "" && c.Reference != TownReference {
		if v, err := strconv.ParseFloat(c.Reference, 64); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return kernel.E(kernel.Invalid, "atlas.classes.reference", "value", c.Reference)
		}
	}
	return nil
}

// String tells choices apart, for caches.
func (c ClassChoice) String() string {
	var b strings.Builder
	b.WriteString(string(c.Method) + " " + strconv.Itoa(c.N) + " " + c.Reference + " " + strconv.FormatBool(c.ThisPeriod))
	for _, l := range c.Limits {
		b.WriteString(" " + strconv.FormatFloat(l, 'g', -1, 64))
	}
	return b.String()
}

// Classes are the classes of a layer, from least to most.
type Classes struct {
	Choice ClassChoice
	// Limits are the upper values of all classes but the last; a value on a limit belongs to the class below (stat/classify).
	Limits []float64
	// Low and High are the smallest and largest value that the limits were made from.
	Low, High float64
	Counts    []int // areas per class
	// Diverging classes lie Below and Above the Reference.
	Diverging    bool
	Reference    float64
	Below, Above int
	// Names are the words of the method of an index; nil where classes are ranges of values.
	Names []kernel.Text
	// Fit is the goodness of variance fit of natural classes, NaN for others.
	Fit float64
	// Periods is how many periods the limits were made from.
	Periods int
}

// N is the number of classes.
func (c *Classes) N() int { return len(c.Counts) }

// Class gives the class of a value, from 0; -1 for none. Values beyond the range belong to the first or last class.
func (c *Classes) Class(v float64) int {
	if math.IsNaN(v) || c.N() == 0 {
		return -1
	}
	i, _ := slices.BinarySearch(c.Limits, v)
	return i
}

// makeClasses finds limits for values, of which those of all periods may be part.
func makeClasses(values []float64, choice ClassChoice, town float64, decimals, periods int) (Classes, error) {
	c := Classes{Choice: choice, Fit: math.NaN(), Periods: periods, Low: math.NaN(), High: math.NaN()}
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		return c, nil
	}
	c.Low, c.High = slices.Min(known), slices.Max(known)
	if choice.Reference != "" {
		reference := town
		if choice.Reference != TownReference {
			v, err := strconv.ParseFloat(choice.Reference, 64)
			if err != nil {
				return c, kernel.E(kernel.Invalid, "atlas.classes.reference", "value", choice.Reference)
			}
			reference = v
		}
		if math.IsNaN(reference) {
			return c, kernel.E(kernel.Invalid, "atlas.classes.notown")
		}
		return c.diverge(known, reference, decimals)
	}
	o, err := options(choice)
	if err != nil {
		return c, err
	}
	b, err := classify.Make(known, o)
	if err != nil {
		return c, err
	}
	c.Limits = slices.Clone(b.Upper[:b.Classes()-1])
	if choice.Method == Natural || choice.Method == Quantile {
		c.Limits = roundLimits(b, decimals)
	}
	if choice.Method == Natural {
		c.Fit = b.GVF
	}
	c.Counts = make([]int, len(c.Limits)+1)
	return c, nil
}

func options(c ClassChoice) (classify.Options, error) {
	switch c.Method {
	case Natural:
		return classify.Options{Method: classify.FisherJenks, Classes: c.N}, nil
	case Quantile:
		return classify.Options{Method: classify.Quantile, Classes: c.N, QuantileType: rank.Linear}, nil
	case Equal:
		return classify.Options{Method: classify.Equal, Classes: c.N}, nil
	case Standard:
		m := make([]float64, c.N-1)
		for i := range m {
			m[i] = float64(i) - float64(c.N-2)/2
		}
		return classify.Options{Method: classify.StdDeviation, Multiples: m}, nil
	case Manual:
		return classify.Options{Method: classify.Manual, Limits: c.Limits}, nil
	}
	return classify.Options{}, kernel.E(kernel.Invalid, "atlas.classes.method", "value", string(c.Method))
}

// diverge makes classes that lie alike below and above the reference, so that the same distance has the same strength of colour.
func (c Classes) diverge(known []float64, reference float64, decimals int) (Classes, error) {
	c.Diverging, c.Reference = true, reference
	if c.Choice.Method == Manual {
		for _, l := range c.Choice.Limits {
			switch {
			case l < reference:
				c.Below++
			case l > reference:
				c.Above++
			}
		}
		c.Below, c.Above = c.Below+1, c.Above+1
		if c.Below > 3 || c.Above > 3 {
			return c, kernel.E(kernel.Invalid, "atlas.classes.sides")
		}
		c.Limits = append(slices.DeleteFunc(slices.Clone(c.Choice.Limits), func(l float64) bool { return l == reference }), reference)
		slices.Sort(c.Limits)
	} else {
		distance := make([]float64, len(known))
		for i, v := range known {
			distance[i] = math.Abs(v - reference)
		}
		half := c.Choice
		half.N = min(max(c.Choice.N/2, 1), 3)
		if half.Method == Standard {
			half.Method = Equal // distances are positive; equal steps are what multiples of a spread mean here
		}
		o, err := options(half)
		if err != nil {
			return c, err
		}
		b, err := classify.Make(distance, o)
		if err != nil {
			return c, err
		}
		steps := roundLimits(b, decimals)
		c.Below, c.Above = len(steps)+1, len(steps)+1
		for i := len(steps) - 1; i >= 0; i-- {
			c.Limits = append(c.Limits, reference-steps[i])
		}
		c.Limits = append(c.Limits, reference)
		for _, s := range steps {
			c.Limits = append(c.Limits, reference+s)
		}
	}
	c.Counts = make([]int, len(c.Limits)+1)
	return c, nil
}

// roundLimits gives limits with as few digits as do not move an area into another class: any number from the highest value of one class up to,
// but not including, the lowest of the next divides them alike.
func roundLimits(b *classify.Breaks, decimals int) []float64 {
	var out []float64
	for k := range b.Classes() - 1 {
		high, next := b.Highest[k], math.NaN()
		for n := k + 1; n < b.Classes() && math.IsNaN(next); n++ {
			next = b.Lowest[n]
		}
		if math.IsNaN(high) || math.IsNaN(next) {
			if len(out) == 0 || b.Upper[k] > out[len(out)-1] {
				out = append(out, b.Upper[k])
			}
			continue
		}
		out = append(out, roundBetween(high, next, decimals))
	}
	return out
}

// roundBetween gives the number in [low, high) with the fewest digits, at least as many digits as are shown where that is possible.
func roundBetween(low, high float64, decimals int) float64 {
	for d := min(decimals, 1) - 1; d <= 12; d++ {
		step := math.Pow(10, float64(-d))
		v := math.Ceil(low/step-1e-9) * step
		if d >= 0 {
			// Through text, so that 0.30000000000000004 does not show.
			if r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', d, 64), 64); err == nil {
				v = r
			}
		}
		if v >= low && v < high {
			return v
		}
	}
	return low
}
