// SPDX-License-Identifier: EUPL-1.2

package ballot_test

import (
	"cmp"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// plainShares is the method as it is written in the paper, one voter after the other and in fractions throughout.
func plainShares(costs []int64, ballots [][]ballot.Mark, share *big.Rat, byCost bool, before func(a, b int) bool) (selected []int) {
	left := make([]*big.Rat, len(ballots))
	for i := range left {
		left[i] = share
	}
	type part struct {
		voter int
		u     int64
	}
	parts := make([][]part, len(costs))
	for v, b := range ballots {
		for _, m := range b {
			parts[m.Option] = append(parts[m.Option], part{v, m.Value})
		}
	}
	times := func(a *big.Rat, n int64) *big.Rat { return new(big.Rat).Mul(a, new(big.Rat).SetInt64(n)) }
	rate := func(i int) *big.Rat {
		list := slices.Clone(parts[i])
		slices.SortFunc(list, func(a, b part) int { return times(left[a.voter], b.u).Cmp(times(left[b.voter], a.u)) })
		need, units := new(big.Rat).SetInt64(costs[i]), int64(0)
		for _, p := range list {
			units += p.u
		}
		for _, p := range list {
			q := new(big.Rat).Quo(need, new(big.Rat).SetInt64(units))
			if left[p.voter].Cmp(times(q, p.u)) >= 0 {
				return q
			}
			need = new(big.Rat).Sub(need, left[p.voter])
			units -= p.u
		}
		return nil
	}
	for {
		best, lowest, pays := -1, (*big.Rat)(nil), (*big.Rat)(nil)
		for i := range costs {
			if len(parts[i]) == 0 || slices.Contains(selected, i) {
				continue
			}
			q := rate(i)
			if q == nil {
				continue
			}
			by := q
			if byCost && costs[i] > 0 {
				by = new(big.Rat).Quo(q, new(big.Rat).SetInt64(costs[i]))
			}
			if best < 0 || by.Cmp(lowest) < 0 || by.Cmp(lowest) == 0 && before(i, best) {
				best, lowest, pays = i, by, q
			}
		}
		if best < 0 {
			return selected
		}
		selected = append(selected, best)
		for _, p := range parts[best] {
			left[p.voter] = new(big.Rat).Sub(left[p.voter], times(pays, p.u))
			if left[p.voter].Sign() < 0 {
				left[p.voter] = new(big.Rat)
			}
		}
	}
}

func sameAsPlain(t interface{ Fatalf(string, ...any) }, c *ballot.Tally, keys []string, costs []int64, ballots [][]ballot.Mark, budget int64) {
	score := c.Score()
	before := func(a, b int) bool {
		return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(costs[a], costs[b]), ballot.CompareKeys(keys[a], keys[b])) < 0
	}
	for _, u := range []ballot.Utility{ballot.Cardinality, ballot.CostUtility} {
		got, err := c.Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: u, Completion: ballot.NoCompletion}, budget)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var want []int
		if len(ballots) > 0 {
			want = plainShares(costs, ballots, big.NewRat(budget, int64(len(ballots))), u == ballot.CostUtility, before)
		}
		if !slices.Equal(got.Selected, want) {
			t.Fatalf("%s, budget %d: %v, want %v", u, budget, got.Selected, want)
		}
	}
}

// Bounds in floating point spare most fractions; what is bought, and in which order, is what fractions alone would buy.
func TestEqualSharesBuysWhatFractionsAloneWouldBuy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]ballot.Method{ballot.Approval, ballot.Points}).Draw(t, "method")
		options, ballots, budget := election(t, method)
		c := tally(t, method, options, ballots)
		keys, costs := make([]string, len(options)), make([]int64, len(options))
		for i, o := range options {
			keys[i], costs[i] = o.Key, o.Cost
		}
		sameAsPlain(t, c, keys, costs, ballots, budget)
	})
}

// The same for the smaller real elections, at budgets at which other numbers of projects are paid for.
func TestEqualSharesOfRealElections(t *testing.T) {
	for _, name := range realFiles(t) {
		if s, err := os.Stat(name); err != nil || s.Size() > 11_000 {
			continue // fractions alone would take minutes
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p, err := ballot.OpenPabulib(f)
			if err != nil {
				t.Fatal(err)
			}
			options := p.Options()
			c, err := ballot.NewTally(p.Rules, options)
			if err != nil {
				t.Fatal(err)
			}
			var ballots [][]ballot.Mark
			for v, err := range p.Voters() {
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Add(v.Marks); err != nil {
					t.Fatal(err)
				}
				ballots = append(ballots, v.Marks)
			}
			keys, costs := make([]string, len(options)), make([]int64, len(options))
			for i, o := range options {
				keys[i], costs[i] = o.Key, o.Cost
			}
			for _, part := range []int64{1, 3} {
				sameAsPlain(t, c, keys, costs, ballots, p.Budget*part/3)
			}
		})
	}
}
