// SPDX-License-Identifier: EUPL-1.2

package rate

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/stat"
)

// BayesOptions name the conventions in which programs disagree.
type BayesOptions struct {
	// KeepNegative leaves a negative variance between areas as it is, as PySAL's esda does; spdep and GeoDa cut it at zero.
	KeepNegative bool
	// CountEmpty counts areas without people in the mean denominator, as libgeoda does.
	CountEmpty bool
}

// Bayes is the result of shrinking rates towards the rate of all areas.
type Bayes struct {
	// Mean is the rate of all areas together, Variance the variance between areas that chance does not explain.
	Mean, Variance float64
	// Rates are the shrunken rates, Weights how much of each raw rate is kept (0: all taken from the mean). An area without people has
	// the mean and weight 0; an area without figures has NaN.
	Rates, Weights []float64
	Tally          stat.Tally
}

// EmpiricalBayes shrinks the rates of small areas towards the common one (Marshall 1991, global estimator; spdep's EBest). It belongs on
// internal maps beside the raw rates, never in their place. It fails where nobody lives in all areas together.
func EmpiricalBayes(rates []Rate, states []stat.State, opt BayesOptions) (Bayes, error) {
	var b Bayes
	used := make([]bool, len(rates))
	var num, den []float64
	for i, r := range rates {
		s := stat.Number
		if states != nil {
			s = states[i]
		}
		b.Tally.Add(s)
		if s != stat.Number {
			continue
		}
		if !(r.Den >= 0 && r.Num >= 0) || math.IsInf(r.Den, 0) || math.IsInf(r.Num, 0) || r.Den == 0 && r.Num != 0 {
			return b, fmt.Errorf("rate: area number %d: %v of %v is not a rate", i+1, r.Num, r.Den)
		}
		used[i] = true
		if r.Den > 0 || opt.CountEmpty {
			num, den = append(num, r.Num), append(den, r.Den)
		}
	}
	all := stat.Sum(den)
	if all == 0 {
		return b, fmt.Errorf("rate: nobody lives in the %d areas, so there is no common rate", b.Tally.Used)
	}
	b.Mean = stat.Sum(num) / all
	raw := make([]float64, len(den))
	for i, d := range den {
		if d > 0 {
			raw[i] = num[i] / d
		}
	}
	b.Variance = stat.WeightedSumSquares(raw, den, b.Mean)/all - b.Mean/(all/float64(len(den)))
	if b.Variance < 0 && !opt.KeepNegative {
		b.Variance = 0
	}
	b.Rates, b.Weights = make([]float64, len(rates)), make([]float64, len(rates))
	for i, r := range rates {
		if !used[i] {
			b.Rates[i], b.Weights[i] = math.NaN(), math.NaN()
			continue
		}
		b.Rates[i] = b.Mean
		if r.Den > 0 && b.Variance != 0 {
			w := b.Variance / (b.Variance + b.Mean/r.Den)
			b.Weights[i] = w
			b.Rates[i] = b.Mean + float64(w*(r.Num/r.Den-b.Mean))
		}
	}
	return b, nil
}
