// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/stat"
)

// Input is the figures of one date, indicators in the order of the method, areas by position. It is only read.
type Input struct {
	// Values[k][i] is indicator k of area i; what stands in a cell that is not a Number is not looked at.
	Values [][]float64
	// States[k][i] is what stands there; nil for the whole or for an indicator means all numbers.
	States [][]stat.State
	// Eligible marks the areas that may be assessed; nil means all.
	Eligible []bool
	// City holds the town's own value of each indicator, for the reference CityValue.
	City []float64
	// Population weighs areas, for WeightedMean and Weighted.
	Population []float64
}

// Areas returns the number of areas.
func (in Input) Areas() int {
	if len(in.Values) == 0 {
		return 0
	}
	return len(in.Values[0])
}

func (in Input) state(k, i int) stat.State {
	if states := in.statesOf(k); states != nil {
		return states[i]
	}
	return stat.Number
}

// statesOf returns the states of an indicator, nil where all are numbers.
func (in Input) statesOf(k int) []stat.State {
	if in.States == nil {
		return nil
	}
	return in.States[k]
}

func (in Input) eligible(i int) bool { return in.Eligible == nil || in.Eligible[i] }

func (in Input) check(m Method) error {
	n := in.Areas()
	bad := func(key, format string, a ...any) error { return &InputError{key, -1, fmt.Sprintf(format, a...)} }
	if len(in.Values) != len(m.Indicators) {
		return bad("", "%d columns of values for %d indicators", len(in.Values), len(m.Indicators))
	}
	if in.States != nil && len(in.States) != len(m.Indicators) {
		return bad("", "%d columns of states for %d indicators", len(in.States), len(m.Indicators))
	}
	for k, ind := range m.Indicators {
		if len(in.Values[k]) != n {
			return bad(ind.Key, "%d values for %d areas", len(in.Values[k]), n)
		}
		if in.States != nil && in.States[k] != nil && len(in.States[k]) != n {
			return bad(ind.Key, "%d states for %d areas", len(in.States[k]), n)
		}
	}
	if in.Eligible != nil && len(in.Eligible) != n {
		return bad("", "%d marks of eligibility for %d areas", len(in.Eligible), n)
	}
	if m.Reference == CityValue {
		if len(in.City) != len(m.Indicators) {
			return bad("", "the method compares with the town's value: %d values for %d indicators", len(in.City), len(m.Indicators))
		}
		for k, v := range in.City {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return bad(m.Indicators[k].Key, "the town's value is not a finite number")
			}
		}
	}
	if m.weighs() {
		if len(in.Population) != n {
			return bad("", "the method weighs areas by population: %d populations for %d areas", len(in.Population), n)
		}
		for i, p := range in.Population {
			if in.eligible(i) && (!(p >= 0) || math.IsInf(p, 0)) {
				return &InputError{"", i, fmt.Sprintf("the population %v is not a number of people", p)}
			}
		}
	}
	return nil
}

func (m Method) weighs() bool { return m.Reference == WeightedMean || m.SD == Weighted }

// Delta returns the change from one date to a later one, value by value: a number only where both are numbers, else Secret, Missing or Empty
// in this order. An area is eligible where it is at both dates ("300 residents at every reference date"). City values change likewise;
// populations are those of the later date.
//
// Both dates must hold the same definition of each indicator and the same cut of areas; rebase the earlier one first.
func Delta(from, to Input) (Input, error) {
	n := to.Areas()
	if len(from.Values) != len(to.Values) || from.Areas() != n {
		return Input{}, &InputError{"", -1, fmt.Sprintf("the dates differ in shape: %d indicators of %d areas, then %d of %d",
			len(from.Values), from.Areas(), len(to.Values), n)}
	}
	d := Input{Values: make([][]float64, len(to.Values)), Population: to.Population}
	for k := range to.Values {
		v := make([]float64, n)
		var states []stat.State
		for i := range v {
			a, b := from.state(k, i), to.state(k, i)
			if a == stat.Number && b == stat.Number {
				v[i] = to.Values[k][i] - from.Values[k][i]
				continue
			}
			if states == nil {
				states = make([]stat.State, n)
			}
			states[i] = worse(a, b)
		}
		d.Values[k] = v
		d.States = append(d.States, states)
	}
	if from.Eligible != nil || to.Eligible != nil {
		d.Eligible = make([]bool, n)
		for i := range d.Eligible {
			d.Eligible[i] = from.eligible(i) && to.eligible(i)
		}
	}
	if len(from.City) == len(to.City) {
		for k := range to.City {
			d.City = append(d.City, to.City[k]-from.City[k])
		}
	}
	return d, nil
}

func worse(a, b stat.State) stat.State {
	for _, s := range []stat.State{stat.Secret, stat.Missing} {
		if a == s || b == s {
			return s
		}
	}
	return stat.Empty
}
