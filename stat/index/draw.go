// SPDX-License-Identifier: EUPL-1.2

package index

import "math/rand/v2"

// Draw is one way the method might have been set: what a robustness run varies.
type Draw struct {
	Standardise Standardise
	// LeftOut is the position of the indicator left out, -1 for none.
	LeftOut int
	// Weights add up to the method's own sum.
	Weights []float64
}

// Draw returns the settings of run number i from 0. They depend on the seed, i, the options and the method's indicators, on nothing else.
//
// The stream of run i is PCG-DXSM (128 bits of state, math/rand/v2) whose two words of state are the first two outputs of SplitMix64 started
// at mix(seed) xor i. A uniform number is the upper 53 bits of an output times 2⁻⁵³. Taken in this order: one number for the standardisation
// where there are several, one for the indicator left out (or none) where asked for, one weight factor per indicator of the method, uniform
// in [1-spread, 1+spread).
func (o RobustOptions) Draw(m Method, i int) Draw {
	s := stream(o.Seed, uint64(i))
	d := Draw{Standardise: m.Standardise, LeftOut: -1, Weights: make([]float64, len(m.Indicators))}
	switch len(o.Standardisations) {
	case 0:
	case 1:
		d.Standardise = o.Standardisations[0]
	default:
		d.Standardise = o.Standardisations[int(uniform(s)*float64(len(o.Standardisations)))]
	}
	if o.LeaveOneOut {
		d.LeftOut = int(uniform(s)*float64(len(m.Indicators)+1)) - 1
	}
	want, have := 0.0, 0.0
	for k, ind := range m.Indicators {
		factor := 1 + float64(o.WeightSpread*(2*uniform(s)-1))
		want += ind.Weight
		if k != d.LeftOut {
			d.Weights[k] = ind.Weight * factor
			have += d.Weights[k]
		}
	}
	if have > 0 {
		for k := range d.Weights {
			d.Weights[k] *= want / have
		}
	}
	return d
}

func stream(seed, i uint64) *rand.PCG {
	state := splitMix(&seed) ^ i
	a := splitMix(&state)
	b := splitMix(&state)
	return rand.NewPCG(a, b)
}

// splitMix is SplitMix64 (Steele, Lea and Flood 2014).
func splitMix(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func uniform(s *rand.PCG) float64 { return float64(s.Uint64()>>11) / (1 << 53) }
