// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// Reason says why an area is not assessed.
type Reason uint8

// Reasons; an assessed area has the first.
const (
	ReasonNone Reason = iota
	NotEligible
	HasMissing
	HasSecret
	HasEmpty
)

// String names the reason as a word for tables.
func (r Reason) String() string {
	return [...]string{"", "not_eligible", "missing", "secret", "structurally_empty"}[r]
}

// ColumnResult is what was found out about one indicator.
type ColumnResult struct {
	Key string
	// Used is false where the policy for missing values left the indicator out.
	Used bool
	// Values counts the cells of eligible areas by state.
	Values stat.Tally
	// N, Min and Max describe the transformed values of the assessed areas.
	N        int
	Min, Max float64
	// Reference and SD are what was subtracted and divided by; zero for ranks.
	Reference, SD float64
}

// Result is an index over all areas of the input. Areas that are not assessed have NaN and class 0.
type Result struct {
	Assessed []bool
	Reasons  []Reason
	// Areas counts the eligible areas: Used are the assessed ones (n), the others say what they lacked.
	Areas       stat.Tally
	NotEligible int
	Columns     []ColumnResult
	// Standardised[k][i] is indicator k of area i after standardisation, pointing upward with burden; nil for an indicator left out.
	Standardised [][]float64
	// Sum is the aggregate of the standardised indicators, whichever way the method aggregates.
	Sum []float64
	// SumMean and SumSD are what the second standardisation used; 0 and 1 without it.
	SumMean, SumSD float64
	Index          []float64
	// Class is 1..k by the limits, 0 where the method has none.
	Class []int
	// Distance is how far the index is from the nearest class limit; with groups of equal size from the nearest index of another class.
	Distance []float64
	// Counts[c] is the number of areas in class c; Counts[0] those not assessed.
	Counts []int

	method Method
	total  []float64 // sum of the available weights by area; nil where all have all
}

// Contribution returns what indicator k adds to the Sum of area i: w·z, divided by the sum of weights where the aggregate is a mean. For the
// geometric mean it is the share of its logarithm, for the harmonic mean of its reciprocal. NaN where the area has no such value. Divided
// by SumSD the contributions add up to the restandardised index, but for a constant.
func (r *Result) Contribution(k, i int) float64 {
	if r.Standardised[k] == nil {
		return math.NaN()
	}
	v := r.method.Indicators[k].Weight * r.method.term(r.Standardised[k][i])
	all := 0.0
	for j, ind := range r.method.Indicators {
		if r.Standardised[j] != nil {
			all += ind.Weight
		}
	}
	has := all
	if r.total != nil {
		has = r.total[i]
	}
	if r.method.Aggregate == Sum {
		return v * (all / has)
	}
	return v / has
}

// Compute returns the index of one date. Errors are *MethodError, *InputError, *ConstantError, *DomainError or *TooFewError.
func Compute(m Method, in Input) (*Result, error) {
	return compute(m, in, false)
}

// Dynamics returns the index of changes (see Delta) by the same recipe, classed by the dynamics limits: a positive value means that the area
// got worse compared with the others, who may all have improved. Logarithm and root are not applied to changes.
func Dynamics(m Method, delta Input) (*Result, error) {
	if m.Dynamic.Classes() == 0 {
		return nil, &MethodError{"dynamic_limits", "the method has no dynamics"}
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	m.Status, m.Attention = m.Dynamic, nil
	return compute(m, delta, true)
}

func compute(m Method, in Input, changes bool) (*Result, error) {
	p, res, err := prepare(m, in, changes)
	if err != nil {
		return nil, err
	}
	scores := make([][]float64, len(p.columns))
	weights := make([]float64, len(p.columns))
	for c := range p.columns {
		col := &p.columns[c]
		if scores[c], err = p.standardise(col, m.Standardise, &res.Columns[col.at]); err != nil {
			return nil, err
		}
		weights[c] = col.weight
	}
	agg, err := p.aggregator(scores)
	if err != nil {
		return nil, err
	}
	n := len(p.areas)
	sum := make([]float64, n)
	agg.aggregate(weights, sum)
	index, mean, sd, err := p.finish(sum, agg.magnitude(weights))
	if err != nil {
		return nil, err
	}
	res.method, res.SumMean, res.SumSD = m, mean, sd
	res.Standardised = make([][]float64, len(m.Indicators))
	for c := range p.columns {
		res.Standardised[p.columns[c].at] = p.spreadOut(p.columns[c].have, scores[c], in.Areas())
	}
	res.Sum, res.Index = p.spreadOut(nil, sum, in.Areas()), p.spreadOut(nil, index, in.Areas())
	if agg.has != nil {
		has := make([]float64, n)
		weigh(has, agg.has, weights)
		res.total = p.spreadOut(nil, has, in.Areas())
	}
	res.classify(m.Status)
	return res, nil
}

// spreadOut writes dense values back to the positions of the input, NaN elsewhere. Where all areas are assessed they are there already.
func (p *prepared) spreadOut(have []int32, dense []float64, areas int) []float64 {
	if len(p.areas) == areas && have == nil {
		return dense
	}
	out := make([]float64, areas)
	for i := range out {
		out[i] = math.NaN()
	}
	for j, v := range dense {
		if have != nil {
			j = int(have[j])
		}
		out[p.areas[j]] = v
	}
	return out
}

// finish turns the aggregate into the index: second standardisation, inversion, scale.
func (p *prepared) finish(sum []float64, magnitude float64) (index []float64, mean, sd float64, err error) {
	sd = 1
	if p.m.Restandardise {
		if mean, sd, err = p.standardOf(sum, magnitude); err != nil {
			return nil, 0, 0, err
		}
	}
	index = make([]float64, len(sum))
	for i, s := range sum {
		index[i] = p.indexOf(s, mean, sd)
	}
	return index, mean, sd, nil
}

// standardOf returns mean and standard deviation of the aggregate, whose terms reach the given magnitude.
func (p *prepared) standardOf(sum []float64, magnitude float64) (mean, sd float64, err error) {
	if mean = stat.Mean(sum); p.m.Reference == WeightedMean {
		mean = stat.WeightedMean(sum, p.pop)
	}
	sd = deviation(sum, p.pop, p.m.SD)
	// Indicators that cancel leave a sum of rounding errors, which must not be blown up into an index.
	if !(sd > 1e-13*magnitude) {
		return 0, 0, &ConstantError{"", mean, len(sum)}
	}
	return mean, sd, nil
}

func (p *prepared) indexOf(s, mean, sd float64) float64 {
	if p.m.Restandardise {
		s = (s - mean) / sd
	}
	if p.m.Invert {
		s = 1 - s
	}
	if p.m.Scale > 0 {
		s *= p.m.Scale
	}
	return s
}

// aggregator adds weighted terms of the scores; has is nil where every area has every indicator.
type aggregator struct {
	m       Method
	terms   [][]float64 // dense by area, 0 where there is none
	largest []float64   // of the absolute terms, by indicator
	has     [][]float64 // 1 where there is one
}

func (p *prepared) aggregator(scores [][]float64) (*aggregator, error) {
	n := len(p.areas)
	g := &aggregator{m: p.m, terms: make([][]float64, len(scores)), largest: make([]float64, len(scores))}
	for c := range scores {
		col := &p.columns[c]
		plain := p.m.Aggregate == Sum || p.m.Aggregate == Mean
		if col.have == nil && plain {
			g.terms[c] = scores[c]
			continue
		}
		g.terms[c] = make([]float64, n)
		for j, v := range scores[c] {
			if !plain && !(v > 0) {
				return nil, &DomainError{
					p.m.Indicators[col.at].Key, int(p.areas[col.area(j)]), v,
					fmt.Sprintf("the %s mean needs standardised values above 0", p.m.Aggregate),
				}
			}
			g.terms[c][col.area(j)] = p.m.term(v)
		}
		if col.have != nil && g.has == nil {
			g.has = make([][]float64, len(scores))
		}
	}
	for c, terms := range g.terms {
		lo, hi := 0.0, 0.0
		for _, v := range terms {
			if v < lo {
				lo = v
			} else if v > hi {
				hi = v
			}
		}
		g.largest[c] = max(-lo, hi)
	}
	for c := range g.has {
		g.has[c] = make([]float64, n)
		for j := range scores[c] {
			g.has[c][p.columns[c].area(j)] = 1
		}
	}
	return g, nil
}

// term is what the aggregate adds up.
func (m Method) term(z float64) float64 {
	switch m.Aggregate {
	case Geometric:
		return math.Log(z)
	case Harmonic:
		return 1 / z
	}
	return z
}

// aggregate writes the aggregate of each area. Sums over indicators are compensated (Knuth's two-sum).
func (g *aggregator) aggregate(weights, out []float64) {
	comp := make([]float64, len(out))
	clear(out)
	for c, w := range weights {
		for i, z := range g.terms[c] {
			a, b := out[i], float64(w*z)
			s := a + b
			t := s - a
			comp[i] += (a - (s - t)) + (b - t)
			out[i] = s
		}
	}
	for i, c := range comp {
		out[i] += c
	}
	g.levels(weights, out, comp)
}

// draw is aggregate for the many runs of a robustness check: it adds four indicators at a time, without compensation, and uses the given
// buffer.
func (g *aggregator) draw(weights, out, buffer []float64) {
	weigh(out, g.terms, weights)
	g.levels(weights, out, buffer)
}

// weigh writes Σ w·column to out.
func weigh(out []float64, columns [][]float64, weights []float64) {
	n := len(out)
	for c := 0; c < len(columns); c += 4 {
		var col [4][]float64
		var w [4]float64
		for j := range col {
			col[j] = columns[c][:n] // stands in, with weight 0, where the columns end
			if c+j < len(columns) {
				col[j], w[j] = columns[c+j][:n], weights[c+j]
			}
		}
		p, q, r, s := col[0][:n], col[1][:n], col[2][:n], col[3][:n]
		if c == 0 {
			for i := range out {
				out[i] = (float64(w[0]*p[i]) + float64(w[1]*q[i])) + (float64(w[2]*r[i]) + float64(w[3]*s[i]))
			}
			continue
		}
		for i := range out {
			out[i] += (float64(w[0]*p[i]) + float64(w[1]*q[i])) + (float64(w[2]*r[i]) + float64(w[3]*s[i]))
		}
	}
}

// levels turns weighted sums of terms into aggregates.
func (g *aggregator) levels(weights, out, buffer []float64) {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	if g.has == nil {
		if g.m.Aggregate != Sum {
			for i, s := range out {
				out[i] = g.m.level(s, total, total)
			}
		}
		return
	}
	weigh(buffer, g.has, weights)
	for i, s := range out {
		out[i] = g.m.level(s, buffer[i], total)
	}
}

// magnitude bounds the size of the terms that are added, in units of the aggregate.
func (g *aggregator) magnitude(weights []float64) float64 {
	s, total := 0.0, 0.0
	for c, w := range weights {
		s += float64(w * g.largest[c])
		total += w
	}
	if g.m.Aggregate == Sum {
		return s
	}
	return s / total
}

// level turns the weighted sum of terms into the aggregate.
func (m Method) level(s, has, total float64) float64 {
	switch m.Aggregate {
	case Sum:
		if has == total {
			return s
		}
		return s * (total / has)
	case Geometric:
		return math.Exp(s / has)
	case Harmonic:
		return has / s
	}
	return s / has
}

// classify fills class, distance and counts from the index.
func (r *Result) classify(l Limits) {
	n := len(r.Index)
	r.Class, r.Distance = make([]int, n), make([]float64, n)
	r.Counts = make([]int, l.Classes()+1)
	if l.Groups > 0 {
		copy(r.Class, rank.Groups(r.Index, l.Groups))
		r.groupDistances()
	} else {
		for i, v := range r.Index {
			r.Class[i], r.Distance[i] = l.Class(v), l.Distance(v)
		}
	}
	for _, c := range r.Class {
		r.Counts[c]++
	}
}

// groupDistances fills the distance to the nearest index value of another class.
func (r *Result) groupDistances() {
	var s rank.Sorter
	order := s.Order(r.Index, nil)
	for i := range r.Distance {
		r.Distance[i] = math.NaN()
	}
	other := math.NaN() // index of the nearest area of another class already passed
	near := func(i, prev uint32) {
		if r.Class[i] != r.Class[prev] {
			other = r.Index[prev]
		}
		if d := math.Abs(r.Index[i] - other); !(d >= r.Distance[i]) && d == d {
			r.Distance[i] = d
		}
	}
	for j := 1; j < len(order); j++ {
		near(order[j], order[j-1])
	}
	other = math.NaN()
	for j := len(order) - 2; j >= 0; j-- {
		near(order[j], order[j+1])
	}
}

// Combined is the pair of status and dynamics of one area.
type Combined struct {
	// Group is status and dynamics together, such as 2+/-; empty where one of them is absent.
	Group string
	// Attention marks an area of special need by the method's rule.
	Attention bool
}

// Combine pairs status and dynamics of the same areas. dynamics may be nil where there is no earlier date; rules that name dynamics then
// mark nobody, as for areas whose change is not known.
func Combine(m Method, status, dynamics *Result) ([]Combined, error) {
	n := len(status.Class)
	if dynamics != nil && len(dynamics.Class) != n {
		return nil, &InputError{"", -1, fmt.Sprintf("status has %d areas, dynamics %d", n, len(dynamics.Class))}
	}
	out := make([]Combined, n)
	for i, s := range status.Class {
		if s == 0 {
			continue
		}
		label := ""
		if dynamics != nil && dynamics.Class[i] > 0 {
			label = m.DynamicLabel(dynamics.Class[i])
			out[i].Group = fmt.Sprint(s) + label
		}
		for _, r := range m.Attention {
			if r.Status == s && r.covers(label) {
				out[i].Attention = true
			}
		}
	}
	return out, nil
}

func (r AttentionRule) covers(label string) bool {
	for _, d := range r.Dynamics {
		if d == label {
			return true
		}
	}
	return len(r.Dynamics) == 0
}
