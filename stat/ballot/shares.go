// SPDX-License-Identifier: EUPL-1.2

package ballot

import (
	"cmp"
	"math/big"
	"slices"
)

// The Method of Equal Shares follows the definition in Dominik Peters, Grzegorz Pierczyński, Piotr Skowron: Proportional Participatory Budgeting
// with Additive Utilities, NeurIPS 2021 (arXiv:2008.13276), section 3. A project of cost c is q-affordable when its supporters i, each paying
// min(b_i, u_i·q), together pay c; again and again the project with the lowest q is bought. Money is kept in exact fractions, since the choice
// between projects hangs on whether two q are equal. Ballots that say the same have the same money left at every step, so they are one group.

// backer is a group that wants a project.
type backer struct {
	g int     // index of the group
	u int64   // utility of the project to each of them
	n int64   // how many they are
	f float64 // budget per utility, roughly, for sorting
}

// purse is what each member of a group has left; approx spares most comparisons of fractions.
type purse struct {
	left   *big.Rat
	approx float64
}

func (t *Tally) equalShares(a *Award, r Rule, budget int64) {
	if t.ballots == 0 {
		return
	}
	groups := t.sorted()
	backers := t.backers(groups)
	share := big.NewRat(budget, t.ballots)
	selected := t.shares(groups, backers, share, r)
	if r.Completion == AddOne || r.Completion == AddOneAndFill {
		step := cmp.Or(r.Step, max(100, budget/t.ballots/100))
		wanted := 0 // projects somebody wants and the budget could pay for
		for i, o := range t.options {
			if len(backers[i]) > 0 && o.Cost <= budget {
				wanted++
			}
		}
		for len(selected) < wanted {
			more := new(big.Rat).Add(share, new(big.Rat).SetInt64(step))
			next := t.shares(groups, backers, more, r)
			if t.cost(next) > budget {
				break
			}
			selected, share = next, more
			if t.exhausts(selected, backers, budget) {
				break
			}
		}
	}
	a.Share = share
	for _, i := range selected {
		t.take(a, i, Bought)
	}
	if r.Completion == GreedyFill || r.Completion == AddOneAndFill {
		t.greedy(a, budget, false, Filled)
	}
	for i := range a.Why {
		switch {
		case a.Why[i] != "":
		case t.options[i].Cost > budget-a.Spent:
			a.Why[i] = TooDear
		default:
			a.Why[i] = NotCarried
		}
	}
}

func (t *Tally) cost(list []int) (sum int64) {
	for _, i := range list {
		sum += t.options[i].Cost
	}
	return sum
}

// exhausts tells whether no project that somebody wants fits into the rest of the budget: more money for everybody can only lead beyond it or
// to another choice, and the rule ends here.
func (t *Tally) exhausts(selected []int, backers [][]backer, budget int64) bool {
	rest := budget - t.cost(selected)
	for i, o := range t.options {
		if len(backers[i]) > 0 && o.Cost <= rest && !slices.Contains(selected, i) {
			return false
		}
	}
	return true
}

// backers lists for each project who wants it and how much. The utility is the mark itself: where it is to be multiplied by the cost, the factor is
// the same for everybody who wants the project and is put in where two projects are compared.
func (t *Tally) backers(groups []*group) [][]backer {
	out := make([][]backer, len(t.options))
	for gi, g := range groups {
		for _, m := range g.marks {
			out[m.Option] = append(out[m.Option], backer{g: gi, u: t.worth(m), n: g.n})
		}
	}
	return out
}

// shares runs the method once: share is what each ballot has.
func (t *Tally) shares(groups []*group, backers [][]backer, share *big.Rat, r Rule) (selected []int) {
	purses := make([]purse, len(groups))
	f, _ := share.Float64()
	for i := range purses {
		purses[i] = purse{share, f}
	}
	// A q never falls while money is spent, so that one computed earlier is a lower bound.
	type candidate struct {
		i    int
		q    *big.Rat // compared
		rate *big.Rat // per mark, what supporters pay
	}
	var open []candidate
	for i := range t.options {
		if len(backers[i]) > 0 {
			open = append(open, candidate{i: i, q: new(big.Rat)})
		}
	}
	for {
		slices.SortStableFunc(open, func(a, b candidate) int { return a.q.Cmp(b.q) })
		best := -1
		kept := open[:0]
		for _, c := range open {
			if best >= 0 && c.q.Cmp(kept[best].q) > 0 {
				kept = append(kept, c) // not better even by its bound
				continue
			}
			rate := affordable(t.options[c.i].Cost, backers[c.i], purses)
			if rate == nil {
				continue // and never again: nobody's money grows
			}
			c.rate, c.q = rate, rate
			if cost := t.options[c.i].Cost; r.Utility == CostUtility && cost > 0 {
				c.q = new(big.Rat).Quo(rate, new(big.Rat).SetInt64(cost))
			}
			kept = append(kept, c)
			n := len(kept) - 1
			if best < 0 || cmp.Or(c.q.Cmp(kept[best].q), t.before(c.i, kept[best].i)) < 0 {
				best = n
			}
		}
		open = kept
		if best < 0 {
			return selected
		}
		c := open[best]
		open = slices.Delete(open, best, best+1)
		selected = append(selected, c.i)
		for _, b := range backers[c.i] {
			p := &purses[b.g]
			pay := new(big.Rat).Mul(c.rate, new(big.Rat).SetInt64(b.u))
			if pay.Cmp(p.left) >= 0 {
				*p = purse{new(big.Rat), 0}
				continue
			}
			p.left = new(big.Rat).Sub(p.left, pay)
			p.approx, _ = p.left.Float64()
		}
	}
}

// affordable gives the lowest rate at which supporters together pay the cost, each at most what is left to them; nil where they cannot.
func affordable(cost int64, list []backer, purses []purse) *big.Rat {
	need := new(big.Rat).SetInt64(cost)
	if cost == 0 {
		return need
	}
	var sum, weight float64
	for i := range list {
		b := &list[i]
		p := purses[b.g]
		b.f = p.approx / float64(b.u)
		sum += p.approx * float64(b.n)
		weight += float64(b.u) * float64(b.n)
	}
	if sum < float64(cost)*(1-1e-9) {
		return nil
	}
	slices.SortFunc(list, func(x, y backer) int {
		if d := x.f - y.f; d > 1e-12*x.f || d < -1e-12*y.f {
			return cmp.Compare(x.f, y.f)
		}
		a := new(big.Rat).Mul(purses[x.g].left, new(big.Rat).SetInt64(y.u))
		return cmp.Or(a.Cmp(new(big.Rat).Mul(purses[y.g].left, new(big.Rat).SetInt64(x.u))), cmp.Compare(x.g, y.g))
	})
	units := new(big.Int) // marks of those who can still pay their part
	for _, b := range list {
		units.Add(units, new(big.Int).Mul(big.NewInt(b.u), big.NewInt(b.n)))
	}
	rest := float64(cost)
	for _, b := range list {
		// The poorest first: whoever cannot pay the rate gives all there is.
		left := purses[b.g].left
		if rough := rest / weight; rest > float64(cost)*1e-6 && b.f < rough*(1-1e-6) || !pays(left, b.u, need, units) {
			need.Sub(need, new(big.Rat).Mul(left, new(big.Rat).SetInt64(b.n)))
			units.Sub(units, new(big.Int).Mul(big.NewInt(b.u), big.NewInt(b.n)))
			rest -= purses[b.g].approx * float64(b.n)
			weight -= float64(b.u) * float64(b.n)
			continue
		}
		return need.Quo(need, new(big.Rat).SetInt(units))
	}
	return nil
}

// pays tells whether left covers the rate need/units for u marks.
func pays(left *big.Rat, u int64, need *big.Rat, units *big.Int) bool {
	a := new(big.Rat).Mul(left, new(big.Rat).SetInt(units))
	return a.Cmp(new(big.Rat).Mul(need, new(big.Rat).SetInt64(u))) >= 0
}
