// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// RollUp gives the figure of the union of areas, one observation for each of them. A ratio is the sum of numerators over the sum of
// denominators, a count the sum; means and rates are never averaged. It fails with "indicator.rollup.none" where the definition knows no union
// (medians) and with "indicator.rollup.rate" where only rates were delivered. Where a figure is withheld or missing the union has none either
// (flag Suppressed or Unknown): a sum over the others would be another quantity, or give the withheld part away. Unavailable names those areas.
func RollUp(obs []Observation, v Version) (Observation, error) {
	nan := math.NaN()
	union := Observation{Numerator: nan, Denominator: nan, Value: nan, Change: nan, Flag: Unknown}
	if v.Aggregation == NoAggregation {
		return union, kernel.E(kernel.Invalid, "indicator.rollup.none", "indicator", v.Name)
	}
	var num, den sum
	var flag Flag
	rates, gaps := 0, false
	for _, o := range obs {
		union.Disclosure = weaker(union.Disclosure, o.Disclosure)
		switch {
		case o.Flag == Suppressed:
			union.Flag, gaps = Suppressed, true
		case !o.addable(v) && !math.IsNaN(o.Value):
			rates++
		case !available(o, v):
			gaps = true
		default:
			num.add(o.Numerator)
			if v.Aggregation == Ratio {
				den.add(o.Denominator)
			}
			flag = combine(flag, o.Flag)
		}
	}
	if rates > 0 {
		return union, kernel.E(kernel.Invalid, "indicator.rollup.rate", "indicator", v.Name, "n", rates)
	}
	if gaps || len(obs) == 0 {
		return union, nil
	}
	union.Flag, union.Numerator = flag, num.value()
	if v.Aggregation == Ratio {
		union.Denominator = den.value()
	}
	return union, nil
}

// available tells whether the figure can be added up.
func available(o Observation, v Version) bool { return o.Flag.HasNumber() && o.addable(v) }

// Unavailable names the areas without a figure that could be added up.
func Unavailable(areas []kernel.ID, obs []Observation, v Version) []kernel.ID {
	ok := make(map[kernel.ID]bool, len(obs))
	for _, o := range obs {
		ok[o.AreaID] = available(o, v)
	}
	var out []kernel.ID
	for _, id := range areas {
		if !ok[id] {
			out = append(out, id)
		}
	}
	return out
}

// Union is the figure of a union of areas of a slice, for those who may see figures before their release. missing names areas without a
// figure that could be added up; then the union has none either. All areas of the edition give the figure of the city.
func (s *Service) Union(ctx context.Context, a access.Actor, slice kernel.ID, areas []kernel.ID) (union Observation, missing []kernel.ID, err error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return Observation{}, nil, err
	}
	raw := s.Raw(a.Tenant)
	sl, err := raw.Slice(ctx, slice)
	if err != nil {
		return Observation{}, nil, err
	}
	list, err := s.Store.Indicators(ctx, a.Tenant)
	if err != nil {
		return Observation{}, nil, err
	}
	n := slices.IndexFunc(list, func(i Indicator) bool { return i.ID == sl.IndicatorID })
	if n < 0 {
		return Observation{}, nil, kernel.E(kernel.NotFound, "indicator.unknown", "key", sl.IndicatorID)
	}
	v, err := list[n].Version(sl.Version)
	if err != nil {
		return Observation{}, nil, err
	}
	all, err := raw.Observations(ctx, slice)
	if err != nil {
		return Observation{}, nil, err
	}
	of := make(map[kernel.ID]Observation, len(all))
	for _, o := range all {
		of[o.AreaID] = o
	}
	nan := math.NaN()
	chosen := make([]Observation, 0, len(areas))
	for _, id := range areas {
		o, ok := of[id]
		if !ok {
			o = Observation{AreaID: id, Flag: Unknown, Numerator: nan, Denominator: nan, Value: nan, Change: nan}
		}
		chosen = append(chosen, o)
	}
	union, err = RollUp(chosen, v)
	return union, Unavailable(areas, chosen, v), err
}

// caution orders the flags: of several parts the one most to be warned of stands beside the whole, and one that replaces a number replaces it.
var caution = map[Flag]int{
	"": 0, Zero: 1, RoundedZero: 2, Value: 3, Corrected: 4, Rebased: 5, Provisional: 6, Estimated: 7, Unsafe: 8, NotApplicable: 9, NotYet: 10, Unknown: 11,
	Suppressed: 12,
}

func combine(a, b Flag) Flag {
	if a == Zero && b == RoundedZero || a == RoundedZero && b == Zero {
		return RoundedZero
	}
	if caution[b] > caution[a] {
		return b
	}
	return a
}

// weaker keeps Unchecked where any part is.
func weaker(a, b Disclosure) Disclosure {
	if a == Unchecked || b == "" {
		return a
	}
	return b
}

// sum adds with Neumaier's compensation (statistics.md 4.0): the result does not depend on the order of areas beyond the last digit.
type sum struct{ s, c float64 }

func (x *sum) add(v float64) {
	t := x.s + v
	if math.Abs(x.s) >= math.Abs(v) {
		x.c += (x.s - t) + v
	} else {
		x.c += (v - t) + x.s
	}
	x.s = t
}

func (x *sum) value() float64 { return x.s + x.c }
