// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// madToSD makes the median absolute deviation an estimate of the standard deviation of normal data: 1/Φ⁻¹(3/4).
const madToSD = 1.4826

// imdConstant is the 23 of the exponential transformation, which lets full marks in one domain be offset to 10 per cent by the others.
const imdConstant = 23

// standardise returns the comparable scores of a column, in the order of its values, and fills the figures it used.
func (p *prepared) standardise(c *column, how Standardise, info *ColumnResult) ([]float64, error) {
	ind := p.m.Indicators[c.at]
	n := len(c.x)
	if n == 0 {
		return nil, &InputError{ind.Key, -1, "no assessed area has a value"}
	}
	lo, hi := slices.Min(c.x), slices.Max(c.x)
	info.N, info.Min, info.Max = n, lo, hi
	if lo == hi {
		return nil, &ConstantError{ind.Key, lo, n}
	}
	d := float64(ind.Direction)
	z := make([]float64, n)
	switch how {
	case Z:
		from, sd := p.spread(c)
		if !(sd > 0) || math.IsInf(sd, 0) {
			return nil, &ConstantError{ind.Key, lo, n}
		}
		info.Reference, info.SD = from, sd
		for j, v := range c.x {
			z[j] = float64(d*(v-from)) / sd
		}
	case MinMax:
		info.Reference, info.SD = lo, hi-lo
		if d < 0 {
			info.Reference, info.SD = hi, lo-hi
		}
		for j, v := range c.x {
			z[j] = (v - info.Reference) / info.SD
		}
	case RobustMAD:
		med := median(c.x)
		for j, v := range c.x {
			z[j] = math.Abs(v - med)
		}
		mad := madToSD * median(z)
		if mad == 0 {
			return nil, &ConstantError{ind.Key, med, n}
		}
		info.Reference, info.SD = med, mad
		for j, v := range c.x {
			z[j] = float64(d*(v-med)) / mad
		}
	default:
		p.ranked(c, how, d, z)
	}
	return z, nil
}

func (p *prepared) ranked(c *column, how Standardise, d float64, z []float64) {
	for j, v := range c.x {
		z[j] = d * v
	}
	r := rank.Ranks(z, p.m.Ties)
	n := float64(len(z))
	for j, v := range r {
		switch how {
		case PercentileRank:
			v = (v - 1) / (n - 1)
		case IMDExponential:
			// R = (N - rank + 1)/N with rank 1 the most deprived is the ascending rank over N.
			v = -imdConstant * math.Log(1-float64(v/n*(1-math.Exp(-100.0/imdConstant))))
		}
		z[j] = v
	}
}

// spread returns the reference and the standard deviation of z scores.
func (p *prepared) spread(c *column) (from, sd float64) {
	var w []float64
	if p.m.weighs() {
		w = p.weightsOf(c)
	}
	switch p.m.Reference {
	case CityValue:
		from = c.city
	case WeightedMean:
		from = stat.WeightedMean(c.x, w)
	default:
		from = stat.Mean(c.x)
	}
	return from, deviation(c.x, w, p.m.SD)
}

// deviation is the standard deviation of the named kind, always about the mean of its own kind.
func deviation(x, w []float64, kind SD) float64 {
	n := float64(len(x))
	switch kind {
	case Weighted:
		return math.Sqrt(stat.WeightedSumSquares(x, w, stat.WeightedMean(x, w)) / stat.Sum(w))
	case Sample:
		n--
	}
	return math.Sqrt(stat.SumSquares(x, stat.Mean(x)) / n)
}

func median(x []float64) float64 {
	return rank.Quantile(slices.Sorted(slices.Values(x)), 0.5, rank.Linear)
}
