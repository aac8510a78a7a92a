// SPDX-License-Identifier: EUPL-1.2

// Package rate computes shares from counts: of one area, of a union of areas, with the room that chance leaves them.
//
// A rate always comes from a numerator and a denominator. The rate of a union is the sum of numerators over the sum of denominators, never a
// mean of rates; where a part is missing or secret there is no rate of the union. Register counts are full counts: intervals and tests here
// say how much pure chance could move a small number, they are no sampling errors, and a text beside them must say so.
package rate

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/stat"
)

// Rate is a count out of a count. Num may exceed Den where the unit is "per" something (places per 100 children).
type Rate struct {
	Num, Den float64
}

// Value returns Num/Den and false where the denominator is zero: nobody there of whom a share could be.
func (r Rate) Value() (float64, bool) {
	if r.Den == 0 {
		return math.NaN(), false
	}
	return r.Num / r.Den, true
}

// IncompleteError says that a union has no rate because parts of it have no figures.
type IncompleteError struct {
	Missing, Secret int
}

// Error says how many parts lack figures.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("rate: of the areas to be added %d have no figures and %d are secret, so their union has no rate", e.Missing, e.Secret)
}

// Union returns the rate of areas taken together. Structurally empty areas add nothing. It fails with an IncompleteError where a part is
// missing or secret; states may be nil where all are numbers.
func Union(parts []Rate, states []stat.State) (Rate, stat.Tally, error) {
	var t stat.Tally
	var num, den []float64
	for i, p := range parts {
		s := stat.Number
		if states != nil {
			s = states[i]
		}
		t.Add(s)
		if s == stat.Number {
			num, den = append(num, p.Num), append(den, p.Den)
		}
	}
	if t.Missing+t.Secret > 0 {
		return Rate{}, t, &IncompleteError{t.Missing, t.Secret}
	}
	return Rate{stat.Sum(num), stat.Sum(den)}, t, nil
}

// Z95 is the normal quantile of a two-sided interval of 95 %.
const Z95 = 1.959963984540054

// Wilson returns the score interval of a share (Wilson 1927) for the normal quantile z. It is [0, 1] where the denominator is zero and NaN
// where the numerator is no part of the denominator.
func Wilson(r Rate, z float64) (lo, hi float64) {
	n := r.Den
	if n == 0 && r.Num == 0 {
		return 0, 1
	}
	if !(r.Num >= 0 && r.Num <= n) {
		return math.NaN(), math.NaN()
	}
	p, z2 := r.Num/n, float64(z*z)
	d := 1 + z2/n
	centre := (p + z2/(2*n)) / d
	half := z * math.Sqrt(float64(p*(1-p))/n+z2/float64(4*n*n)) / d
	lo, hi = centre-half, centre+half
	// At the ends the formula is exact but for rounding.
	if r.Num == 0 {
		lo = 0
	}
	if r.Num == n {
		hi = 1
	}
	return max(lo, 0), min(hi, 1)
}

// Change compares the same share at two dates.
type Change struct {
	// Points is the difference later minus earlier, as a share.
	Points float64
	// Z is the difference in standard errors, with the share of both dates pooled. P is its two-sided probability under pure chance.
	Z, P float64
}

// Compare returns the change between two dates. It fails where a denominator is zero, a numerator is no part of its denominator, or nothing
// varies because both shares are 0 or 1.
func Compare(earlier, later Rate) (Change, error) {
	for _, r := range []Rate{earlier, later} {
		if !(r.Den > 0 && r.Num >= 0 && r.Num <= r.Den) {
			return Change{}, fmt.Errorf("rate: %v of %v is not a share that can be tested", r.Num, r.Den)
		}
	}
	d := later.Num/later.Den - earlier.Num/earlier.Den
	p := (earlier.Num + later.Num) / (earlier.Den + later.Den)
	se := math.Sqrt(p * (1 - p) * (1/earlier.Den + 1/later.Den))
	if se == 0 {
		return Change{Points: d}, fmt.Errorf("rate: both shares are %v, there is nothing to test", p)
	}
	z := d / se
	return Change{d, z, math.Erfc(math.Abs(z) / math.Sqrt2)}, nil
}

// LocationQuotient returns the rate of an area over that of the whole town: 1 is the town's level. False where there is none.
func LocationQuotient(area, town Rate) (float64, bool) {
	a, okA := area.Value()
	t, okT := town.Value()
	if !okA || !okT || t == 0 {
		return math.NaN(), false
	}
	return a / t, true
}
