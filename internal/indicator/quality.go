// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"math"
	"slices"
)

// figures are the figures of a slice by the position of the area in its edition, areas ordered by id. What is not known is NaN.
type figures struct {
	num, den []float64
	value    []float64 // in the definition's unit
	rate     []float64 // as delivered
	known    []bool    // there is a figure, perhaps a withheld one
	addable  []bool    // it does not prevent a sum over areas
	count    int
}

func newFigures(n int) *figures {
	f := &figures{num: make([]float64, n), den: make([]float64, n), value: make([]float64, n), rate: make([]float64, n), known: make([]bool, n), addable: make([]bool, n)}
	f.clear()
	return f
}

func (f *figures) clear() {
	for i := range f.num {
		f.num[i], f.den[i], f.value[i], f.rate[i], f.known[i], f.addable[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN(), false, false
	}
	f.count = 0
}

func (f *figures) set(i int, o Observation, v Version) {
	if !f.known[i] {
		f.count++
	}
	f.known[i], f.addable[i] = true, o.addable(v)
	f.num[i], f.den[i], f.rate[i], f.value[i] = math.NaN(), math.NaN(), math.NaN(), o.Number(v)
	if o.Flag.HasNumber() {
		f.num[i], f.den[i], f.rate[i] = o.Numerator, o.Denominator, o.Value
	} else if o.Flag != Suppressed { // a withheld numerator says nothing about the base
		f.den[i] = o.Denominator
	}
}

// parts counts the figures that do not prevent a sum over areas.
func (f *figures) parts() (n int) {
	for _, ok := range f.addable {
		if ok {
			n++
		}
	}
	return n
}

// sums adds what is known.
func (f *figures) sums() (num, den float64) {
	var a, b sum
	for i := range f.num {
		if !math.IsNaN(f.num[i]) {
			a.add(f.num[i])
		}
		if !math.IsNaN(f.den[i]) {
			b.add(f.den[i])
		}
	}
	return a.value(), b.value()
}

// aboveWhole finds areas whose part is larger than the whole it is counted among, or whose delivered share is above one.
func aboveWhole(v Version, f *figures) []int {
	if !v.Share() {
		return nil
	}
	var out []int
	for i := range f.num {
		parts := !math.IsNaN(f.num[i]) && !math.IsNaN(f.den[i])
		if parts && f.num[i] > f.den[i] || !parts && f.rate[i] > v.Factor {
			out = append(out, i)
		}
	}
	return out
}

// agrees tells whether a sum equals what was published for the whole: whole numbers to the unit, others within what rounding to two decimals
// can add up to.
func agrees(sum, whole float64) bool {
	d := math.Abs(sum - whole)
	if sum == math.Trunc(sum) && whole == math.Trunc(whole) {
		return d < 0.5
	}
	return d <= 0.005+1e-4*math.Abs(whole)
}

// difference is one sum that does not agree; index is the position of the whole.
type difference struct {
	index         int
	part          Part
	sum, expected float64
}

// compareSums adds the figures of areas within the areas above and compares. of gives for each area the position of the one it lies in, -1
// for none. Where a part is missing only an excess counts as a difference.
func compareSums(v Version, f *figures, of []int32, above *figures) (compared, incomplete int, differing []difference) {
	if v.Aggregation == NoAggregation {
		return 0, 0, nil
	}
	n := len(above.num)
	num, den := make([]sum, n), make([]sum, n)
	gapNum, gapDen, children := make([]bool, n), make([]bool, n), make([]int, n)
	for i, p := range of {
		if p < 0 {
			continue
		}
		children[p]++
		if math.IsNaN(f.num[i]) {
			gapNum[p] = true
		} else {
			num[p].add(f.num[i])
		}
		if math.IsNaN(f.den[i]) {
			gapDen[p] = true
		} else {
			den[p].add(f.den[i])
		}
	}
	for p := range n {
		if children[p] == 0 {
			continue
		}
		judged, gap := false, false
		judge := func(part Part, s float64, whole float64, missing bool) {
			if math.IsNaN(whole) {
				return
			}
			judged, gap = true, gap || missing
			if missing && (v.Signed || s <= whole) || agrees(s, whole) {
				return
			}
			differing = append(differing, difference{p, part, s, whole})
		}
		judge(NumeratorPart, num[p].value(), above.num[p], gapNum[p])
		if v.Aggregation == Ratio {
			judge(DenominatorPart, den[p].value(), above.den[p], gapDen[p])
		}
		switch {
		case judged && gap:
			incomplete++
		case judged:
			compared++
		}
	}
	return compared, incomplete, differing
}

// withoutParts finds areas above that count something and in which no area lies: the areas below cannot add up to the same total, and comparing
// area by area does not show it.
func withoutParts(v Version, of []int32, above *figures) []int {
	if v.Aggregation == NoAggregation {
		return nil
	}
	children := make([]bool, len(above.num))
	for _, p := range of {
		if p >= 0 {
			children[p] = true
		}
	}
	var out []int
	for p, has := range children {
		if n := above.num[p]; !has && !math.IsNaN(n) && n != 0 {
			out = append(out, p)
		}
	}
	return out
}

// member is one term of a sum of indicators.
type member struct {
	f    *figures
	part Part
}

func (m member) at(i int) float64 {
	if m.part == DenominatorPart {
		return m.f.den[i]
	}
	return m.f.num[i]
}

// compareParts compares the sum of the parts with the whole in each area where all are known.
func compareParts(parts []member, whole *figures) (compared int, differing []difference) {
	for i := range whole.num {
		if math.IsNaN(whole.num[i]) {
			continue
		}
		var s sum
		complete := true
		for _, m := range parts {
			x := m.at(i)
			complete = complete && !math.IsNaN(x)
			s.add(x)
		}
		if !complete {
			continue
		}
		compared++
		if !agrees(s.value(), whole.num[i]) {
			differing = append(differing, difference{i, NumeratorPart, s.value(), whole.num[i]})
		}
	}
	return compared, differing
}

// The rule for jumps: the modified z-score of Iglewicz and Hoaglin (1993), 0.6745·(d − median)/MAD, of the changes of all areas. They flag at
// 3.5; figures of small areas have heavy tails, so 7 is asked for, and a change of a tenth of the value at least. Below ten areas nothing is
// judged.
const (
	jumpScore = 7
	jumpShare = 0.1
	jumpAreas = 10
)

// jumps finds areas whose change lies far outside the changes of the others. Counts are compared by ratio (areas differ in size), rates and
// balances by difference. shift is the median ratio of all areas: far from 1 it tells of another unit or definition.
func jumps(v Version, before, now []float64) (out []Jump, where []int, shift float64) {
	var change, ratios []float64
	var index []int
	for i := range now {
		a, b := before[i], now[i]
		if math.IsNaN(a) || math.IsNaN(b) {
			continue
		}
		if a > 0 && b > 0 {
			ratios = append(ratios, b/a)
		}
		switch {
		case v.Aggregation != Sum || v.Signed:
			change, index = append(change, b-a), append(index, i)
		case a >= 30 && b >= 30: // ratios of smaller counts say little
			change, index = append(change, math.Log(b/a)), append(index, i)
		}
	}
	shift = 1
	if len(ratios) >= jumpAreas {
		shift = median(ratios)
	}
	if len(change) < jumpAreas {
		return nil, nil, shift
	}
	mid := median(slices.Clone(change))
	dev := make([]float64, len(change))
	for i, c := range change {
		dev[i] = math.Abs(c - mid)
	}
	mad := median(dev)
	if mad == 0 {
		return nil, nil, shift // most areas did not change at all: no measure of what is usual
	}
	for k, c := range change {
		score := 0.6745 * (c - mid) / mad
		i := index[k]
		if math.Abs(score) > jumpScore && math.Abs(now[i]-before[i]) > jumpShare*math.Max(math.Abs(before[i]), math.Abs(now[i])) {
			out = append(out, Jump{From: before[i], To: now[i], Score: score})
			where = append(where, i)
		}
	}
	return out, where, shift
}

// median sorts x; the mean of the two middle values of an even number.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	if n%2 == 1 {
		return x[n/2]
	}
	return (x[n/2-1] + x[n/2]) / 2
}
