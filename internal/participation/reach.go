// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Count is how many people said something of themselves. The empty dimension counts forms on which anything was said.
type Count struct {
	Dimension string
	Value     string
	N         int64
}

// Population knows how many people of a group live where a process is about.
type Population interface {
	// Shares gives, by dimension and value, the share of the population of the areas (none: the whole town), with the source in words, as
	// everybody may see it. What is not released is not there.
	Shares(ctx context.Context, by access.Actor, areas []string) (map[string]map[string]float64, string, error)
}

// Dimension is something people can say of themselves, coarsely and of their own free will.
type Dimension struct {
	Key    string
	Values []string // nil: areas of the process
}

// Dimensions lists what is asked, in order. Every one can be left out.
func Dimensions() []Dimension {
	return []Dimension{
		{"age", []string{"u14", "14-17", "18-29", "30-44", "45-64", "65-79", "80plus"}},
		{"gender", []string{"female", "male", "diverse"}},
		{"language", []string{"german", "other"}},
		{"migration", []string{"yes", "no"}},
		{"area", nil},
		{"children", []string{"yes", "no"}},
		{"first", []string{"yes", "no"}},
	}
}

// shards is among how many rows one count is spread, so that people who answer at once do not wait for each other.
const shards = 16

// Reached notes what somebody said of himself or herself: one value of each dimension at most. Nothing tells later which answers belong
// together. Values that are not offered are left out.
func (s *Service) Reached(ctx context.Context, tenant kernel.ID, p Process, said map[string]string) error {
	var counts []Count
	for _, d := range Dimensions() {
		if v := said[d.Key]; v != "" && d.offers(p, v) {
			counts = append(counts, Count{d.Key, v, 1})
		}
	}
	return s.count(ctx, tenant, p, counts, 1)
}

// ReachedMany notes counts from paper: of an attendance list, a workshop. forms is how many people there were.
func (s *Service) ReachedMany(ctx context.Context, by access.Actor, process string, counts []Count, forms int64) error {
	p, err := s.Process(ctx, by, process)
	if err != nil {
		return err
	}
	o := s.object(by, p)
	o.Phase = nil // paper is counted when it comes, whatever the phase
	if err := access.Check(by, access.RecordContribution, o); err != nil {
		return err
	}
	counts = slices.DeleteFunc(slices.Clone(counts), func(c Count) bool { return c.N == 0 })
	for _, c := range counts {
		i := slices.IndexFunc(Dimensions(), func(d Dimension) bool { return d.Key == c.Dimension })
		if i < 0 || !Dimensions()[i].offers(p, c.Value) || c.N < 0 || c.N > forms {
			return kernel.E(kernel.Invalid, "participation.reach.invalid")
		}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.count(ctx, by.Tenant, p, counts, forms); err != nil {
			return err
		}
		return s.record(ctx, by, access.RecordContribution, "process.reach", p, "", nil)
	})
}

func (s *Service) count(ctx context.Context, tenant kernel.ID, p Process, counts []Count, forms int64) error {
	if len(counts) == 0 {
		return nil
	}
	counts = append([]Count{{"", "", forms}}, counts...)
	return s.Store.CountReach(ctx, tenant, p.ID, rand.IntN(shards), counts)
}

func (d Dimension) offers(p Process, value string) bool {
	if d.Values == nil {
		return len(value) <= 200 && validArea(value)
	}
	return slices.Contains(d.Values, value)
}

// least is from how many people on a count is shown.
const least = 5

// coarser puts values together where the population is known for coarser groups only.
var coarser = map[string][]struct {
	key   string
	parts []string
}{
	"age": {{"u18", []string{"u14", "14-17"}}, {"18-64", []string{"18-29", "30-44", "45-64"}}, {"65-79", []string{"65-79"}}, {"80plus", []string{"80plus"}}},
}

// ReachRow is a group of people and how many of them took part.
type ReachRow struct {
	Value  string
	N      int64
	Hidden bool    // too few to be shown, or such a one could be computed from it
	Share  float64 // of those who said something in the dimension, per cent
	// Population is the share in the population of the same areas, per cent; NaN where it is not known.
	Population float64
}

// ReachGroup is one dimension.
type ReachGroup struct {
	Dimension string
	Total     int64 // who said something in it
	Rows      []ReachRow
	Withheld  bool // so few, or so unevenly spread, that nothing can be shown
}

// Compared tells whether the population is known for any group of the dimension.
func (g ReachGroup) Compared() bool {
	return slices.ContainsFunc(g.Rows, func(r ReachRow) bool { return !math.IsNaN(r.Population) })
}

// ReachView answers "Wen haben wir erreicht?".
type ReachView struct {
	Forms   int64 // people who said anything; 0 where too few
	Few     bool  // somebody did, and fewer than are shown
	Exact   bool  // counts may be shown; while people take part everybody sees shares only, so that nobody can be watched coming
	Groups  []ReachGroup
	Source  string // of the population
	Compare bool   // some population is known
}

// ReachOf tells who took part, with small numbers withheld, against the population of the same areas.
func (s *Service) ReachOf(ctx context.Context, by access.Actor, p Process) (ReachView, error) {
	var v ReachView
	if err := s.may(by, access.ReadPublic, p); err != nil {
		return v, err
	}
	counts, err := s.Store.Reached(ctx, by.Tenant, p.ID)
	if err != nil {
		return v, err
	}
	n := map[string]map[string]int64{}
	for _, c := range counts {
		if n[c.Dimension] == nil {
			n[c.Dimension] = map[string]int64{}
		}
		n[c.Dimension][c.Value] += c.N
	}
	if v.Forms = n[""][""]; v.Forms < least {
		v.Few, v.Forms = v.Forms > 0, 0
		return v, nil
	}
	v.Exact = p.State != Running || access.Can(by, access.EditProcess, s.object(by, p))
	if !v.Exact {
		v.Forms -= v.Forms % 10
	}
	shares := map[string]map[string]float64{}
	if s.Population != nil {
		if shares, v.Source, err = s.Population.Shares(ctx, by, p.Areas); err != nil {
			return v, err
		}
	}
	for _, d := range Dimensions() {
		if g, ok := group(d, n[d.Key], shares[d.Key]); ok {
			v.Groups = append(v.Groups, g)
			v.Compare = v.Compare || g.Compared()
		}
	}
	return v, nil
}

// group makes the rows of a dimension; ok is false where nobody said anything.
func group(d Dimension, n map[string]int64, population map[string]float64) (g ReachGroup, ok bool) {
	g.Dimension = d.Key
	add := func(value string, count int64) {
		share, known := population[value]
		if !known {
			share = math.NaN()
		}
		g.Rows = append(g.Rows, ReachRow{Value: value, N: count, Population: share})
		g.Total += count
	}
	values := d.Values
	if values == nil {
		for v := range n {
			values = append(values, v)
		}
		for v := range population {
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		slices.Sort(values)
	}
	if c := coarser[d.Key]; c != nil && len(population) > 0 {
		for _, x := range c {
			var sum int64
			for _, part := range x.parts {
				sum += n[part]
			}
			add(x.key, sum)
		}
	} else {
		for _, value := range values {
			add(value, n[value])
		}
	}
	if g.Total == 0 {
		return g, false
	}
	for i := range g.Rows {
		g.Rows[i].Share = float64(g.Rows[i].N) / float64(g.Total) * 100
	}
	g.Withheld = !suppress(g.Rows, g.Total)
	return g, true
}

// suppress hides rows of fewer than five people, and then as many more, the smallest first, that what is hidden together is at least five people
// in at least two rows: one hidden row alone, or a sum so small that it says what is in it, would be known from the total. It tells whether
// anything is left to show.
func suppress(rows []ReachRow, total int64) bool {
	if total < least {
		return false
	}
	hidden, sum := 0, int64(0)
	hide := func(i int) {
		rows[i].Hidden = true
		hidden++
		sum += rows[i].N
	}
	for i, r := range rows {
		if r.N > 0 && r.N < least {
			hide(i)
		}
	}
	for hidden > 0 && (hidden < 2 || sum < 2*least) {
		next := -1
		for i, r := range rows {
			if !r.Hidden && r.N > 0 && (next < 0 || r.N < rows[next].N) {
				next = i
			}
		}
		if next < 0 {
			return false
		}
		hide(next)
	}
	return slices.ContainsFunc(rows, func(r ReachRow) bool { return !r.Hidden && r.N > 0 })
}
