// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"fmt"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// prepared is the input cut to assessed areas and used indicators, transformed, with positions dense.
type prepared struct {
	m       Method
	areas   []int32 // position in the input of each assessed area
	columns []column
	pop     []float64
}

// column is one used indicator over the assessed areas.
type column struct {
	at     int       // position in the method
	x      []float64 // transformed values of the areas that have one; the input's own slice where nothing is to be done
	have   []int32   // dense positions of those areas; nil where all have one
	city   float64   // transformed town's value
	weight float64
}

// prepare checks method and input and decides who is assessed by what. Changes over time keep their own scale: logarithm and root are
// conventions for levels.
func prepare(m Method, in Input, changes bool) (*prepared, *Result, error) {
	if err := m.Validate(); err != nil {
		return nil, nil, err
	}
	if err := in.check(m); err != nil {
		return nil, nil, err
	}
	n := in.Areas()
	res := &Result{Assessed: make([]bool, n), Reasons: make([]Reason, n), Columns: make([]ColumnResult, len(m.Indicators))}
	for k, ind := range m.Indicators {
		c := &res.Columns[k]
		c.Key = ind.Key
		states := in.statesOf(k)
		for i, v := range in.Values[k] {
			if !in.eligible(i) {
				continue
			}
			s := stat.Number
			if states != nil {
				s = states[i]
			}
			c.Values.Add(s)
			if s == stat.Number && v-v != 0 { // NaN and infinities
				return nil, nil, &InputError{ind.Key, i, fmt.Sprintf("%v is not a finite number", v)}
			}
		}
		c.Used = m.Missing.Kind != ExcludeIndicator || c.Values.Used >= m.Missing.MinAreas
	}
	p := &prepared{m: m}
	p.assess(in, res)
	if len(p.areas) < 2 {
		return nil, nil, &TooFewError{len(p.areas)}
	}
	if m.weighs() {
		p.pop = make([]float64, len(p.areas))
		for j, i := range p.areas {
			p.pop[j] = in.Population[i]
		}
		if stat.Sum(p.pop) == 0 {
			return nil, nil, &InputError{"", -1, "nobody lives in the assessed areas, so they cannot be weighed by population"}
		}
	}
	for k := range m.Indicators {
		if !res.Columns[k].Used {
			continue
		}
		c, err := p.column(k, in, changes)
		if err != nil {
			return nil, nil, err
		}
		p.columns = append(p.columns, c)
	}
	if len(p.columns) == 0 {
		return nil, nil, &InputError{"", -1, fmt.Sprintf("no indicator has values for %d areas", m.Missing.MinAreas)}
	}
	return p, res, nil
}

// assess fills reasons and the list of assessed areas. An area that lacks several values is counted once, secret before missing before empty.
func (p *prepared) assess(in Input, res *Result) {
	total := 0.0
	for k, ind := range p.m.Indicators {
		if res.Columns[k].Used {
			total += ind.Weight
		}
	}
	var holes []int // indicators that can lack values
	for k := range p.m.Indicators {
		if res.Columns[k].Used && in.statesOf(k) != nil {
			holes = append(holes, k)
		}
	}
	for i := range res.Reasons {
		if !in.eligible(i) {
			res.Reasons[i] = NotEligible
			res.NotEligible++
			continue
		}
		worst, has := stat.Number, total
		for _, k := range holes {
			s := in.state(k, i)
			if s != stat.Number {
				has -= p.m.Indicators[k].Weight
			}
			switch {
			case s == stat.Number:
			case worst == stat.Number:
				worst = s
			default:
				worst = worse(worst, s)
			}
		}
		if p.m.Missing.Kind == ImputeNone && has > 1e-12*total && has >= (p.m.Missing.MinShare-1e-12)*total {
			worst = stat.Number
		}
		res.Areas.Add(worst)
		switch worst {
		case stat.Number:
			res.Assessed[i] = true
			p.areas = append(p.areas, int32(i))
		case stat.Missing:
			res.Reasons[i] = HasMissing
		case stat.Secret:
			res.Reasons[i] = HasSecret
		case stat.Empty:
			res.Reasons[i] = HasEmpty
		}
	}
}

func (p *prepared) column(k int, in Input, changes bool) (column, error) {
	ind := p.m.Indicators[k]
	c := column{at: k, weight: ind.Weight}
	if p.m.Reference == CityValue {
		c.city = in.City[k]
	}
	plain := ind.Transform == "" || ind.Transform == None || changes && ind.Transform != Winsor
	if plain && in.statesOf(k) == nil && len(p.areas) == len(in.Values[k]) {
		c.x = in.Values[k]
		return c, nil
	}
	c.x = make([]float64, 0, len(p.areas))
	for j, i := range p.areas {
		if in.state(k, int(i)) != stat.Number {
			if c.have == nil {
				c.have = make([]int32, j, len(p.areas))
				for h := range c.have {
					c.have[h] = int32(h)
				}
			}
			continue
		}
		c.x = append(c.x, in.Values[k][i])
		if c.have != nil {
			c.have = append(c.have, int32(j))
		}
	}
	if plain {
		return c, nil
	}
	return c, p.transform(&c, ind)
}

func (p *prepared) transform(c *column, ind Indicator) error {
	switch ind.Transform {
	case Log, Sqrt:
		f, need, ok := math.Log, "a logarithm needs values above 0", func(v float64) bool { return v > 0 }
		if ind.Transform == Sqrt {
			f, need, ok = math.Sqrt, "a root needs values not below 0", func(v float64) bool { return v >= 0 }
		}
		for j, v := range c.x {
			if !ok(v) {
				return &DomainError{ind.Key, int(p.areas[c.area(j)]), v, need}
			}
			c.x[j] = f(v)
		}
		if p.m.Reference == CityValue {
			if !ok(c.city) {
				return &InputError{ind.Key, -1, fmt.Sprintf("the town's value %v cannot be used, %s", c.city, need)}
			}
			c.city = f(c.city)
		}
	case Winsor:
		if len(c.x) == 0 {
			return nil
		}
		sorted := slices.Sorted(slices.Values(c.x))
		lo, hi := rank.Quantile(sorted, ind.Winsor, rank.Linear), rank.Quantile(sorted, 1-ind.Winsor, rank.Linear)
		for j, v := range c.x {
			c.x[j] = min(max(v, lo), hi)
		}
		c.city = min(max(c.city, lo), hi)
	}
	return nil
}

// area returns the dense position of the j-th value.
func (c *column) area(j int) int {
	if c.have == nil {
		return j
	}
	return int(c.have[j])
}

// weightsOf returns the populations of the areas that have a value.
func (p *prepared) weightsOf(c *column) []float64 {
	if c.have == nil {
		return p.pop
	}
	w := make([]float64, len(c.have))
	for j, i := range c.have {
		w[j] = p.pop[i]
	}
	return w
}
