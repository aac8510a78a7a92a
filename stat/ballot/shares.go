// SPDX-License-Identifier: EUPL-1.2

package ballot

import (
	"cmp"
	"math"
	"math/big"
	"slices"
)

// The Method of Equal Shares follows the definition in Dominik Peters, Grzegorz Pierczyński, Piotr Skowron: Proportional Participatory Budgeting
// with Additive Utilities, NeurIPS 2021 (arXiv:2008.13276), section 3. A project of cost c is q-affordable when its supporters i, each paying
// min(b_i, u_i·q), together pay c; again and again the project with the lowest q is bought. Money is kept in exact fractions, since the choice
// between projects hangs on whether two q are equal. Ballots that say the same have the same money left at every step, so they are one group.
// Fractions grow long, so that money is known between two floating-point bounds at first, and exactly where two q lie too close to tell apart.

// backer is a group that wants a project.
type backer struct {
	g int   // index of the group
	u int64 // utility of the project to each of them
	n int64 // how many they are
}

// purse is what each member of a group has left: between lo and hi, and exactly after the first paid purchases.
type purse struct {
	lo, hi float64
	exact  *big.Rat
	paid   int
	spent  []payment
}

// payment is the part of a group in a purchase.
type payment struct {
	purchase int
	u        int64
	lo, hi   float64 // what there was before
}

// price is the lowest rate at which the backers of a project together pay its cost.
type price struct {
	lo, hi float64  // hi is infinite where it is not sure that they can
	exact  *big.Rat // nil: not needed so far
	at     int      // how many purchases had been made
}

// market is one run of the method.
type market struct {
	t       *Tally
	rule    Rule
	backers [][]backer
	purses  []purse
	bought  []int
	prices  []price // of what was bought
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
func (t *Tally) shares(groups []*group, backers [][]backer, share *big.Rat, r Rule) []int {
	m := &market{t: t, rule: r, backers: backers, purses: make([]purse, len(groups))}
	lo, hi := bounds(share)
	for i := range m.purses {
		m.purses[i] = purse{lo: lo, hi: hi, exact: share}
	}
	// A q never falls while money is spent, so that a bound computed earlier holds.
	type candidate struct {
		i int
		price
		q float64 // lower bound of what is compared
	}
	var open []candidate
	for i := range t.options {
		if len(backers[i]) > 0 {
			open = append(open, candidate{i: i})
		}
	}
	for {
		slices.SortStableFunc(open, func(a, b candidate) int { return cmp.Compare(a.q, b.q) })
		best := -1
		kept := open[:0]
		for _, c := range open {
			if best >= 0 && c.q > m.compared(kept[best].i, kept[best].hi, up) {
				kept = append(kept, c) // not better even by its bound
				continue
			}
			var ok bool
			if c.price, ok = m.price(c.i, c.lo); !ok {
				continue // and never again: nobody's money grows
			}
			c.q = m.compared(c.i, c.lo, down)
			kept = append(kept, c)
			n := len(kept) - 1
			if best < 0 || m.before(c.i, &kept[n].price, kept[best].i, &kept[best].price) {
				best = n
			}
		}
		open = kept
		if best < 0 {
			return m.bought
		}
		c := open[best]
		open = slices.Delete(open, best, best+1)
		m.buy(c.i, c.price)
	}
}

// Relative slack that covers the rounding of a few operations, in either direction.
const (
	up   = 1 + 1e-15
	down = 1 - 1e-15
)

func bounds(r *big.Rat) (lo, hi float64) {
	f, exact := r.Float64()
	if exact {
		return f, f
	}
	return f * down, f * up
}

// compared turns a bound of a rate into one of what projects are compared by.
func (m *market) compared(i int, rate, slack float64) float64 {
	if cost := m.t.options[i].Cost; m.rule.Utility == CostUtility && cost > 0 {
		return rate / float64(cost) * slack
	}
	return rate
}

// before tells whether project i is to be bought before j.
func (m *market) before(i int, p *price, j int, q *price) bool {
	if m.compared(i, p.hi, up) < m.compared(j, q.lo, down) {
		return true
	}
	if m.compared(i, p.lo, down) > m.compared(j, q.hi, up) {
		return false
	}
	m.exactly(i, p)
	m.exactly(j, q)
	a, b := p.exact, q.exact
	if m.rule.Utility == CostUtility {
		a, b = m.perCost(i, a), m.perCost(j, b)
	}
	return cmp.Or(a.Cmp(b), m.t.before(i, j)) < 0
}

func (m *market) perCost(i int, rate *big.Rat) *big.Rat {
	cost := m.t.options[i].Cost
	if cost == 0 {
		return rate
	}
	return new(big.Rat).Quo(rate, new(big.Rat).SetInt64(cost))
}

// price bounds the rate of a project, from one it is not below; ok is false where its backers cannot pay.
func (m *market) price(i int, from float64) (p price, ok bool) {
	p.at = len(m.bought)
	cost := float64(m.t.options[i].Cost)
	if cost == 0 {
		p.exact = new(big.Rat)
		return p, true
	}
	list := m.backers[i]
	slack := cost * float64(len(list)+8) * 4e-16 // more than what sums over the list can be off
	// From below every step is a bound: those who cannot pay it give all they have and cannot pay more either.
	for p.lo = from; ; {
		units, rest := m.rest(list, cost, p.lo, false)
		if units == 0 {
			if rest > slack {
				return p, false
			}
			break
		}
		next := (rest - slack) / units * down
		if next <= p.lo {
			break
		}
		p.lo = next
	}
	// From above it is one when the poorest purses there can be pay the cost at it.
	p.hi = p.lo
	for range 64 {
		units, rest := m.rest(list, cost, p.hi, true)
		if units == 0 {
			break
		}
		p.hi = max((rest+4*slack)/units*up, p.hi)
		if units, rest = m.rest(list, cost, p.hi, true); rest-units*p.hi <= -2*slack {
			return p, true
		}
	}
	p.hi = math.Inf(1)
	return p, m.exactly(i, &p)
}

// rest tells what remains of a cost when those give all who cannot pay the rate, and the marks of the others.
func (m *market) rest(list []backer, cost, rate float64, poorest bool) (units, rest float64) {
	var given float64
	for _, b := range list {
		p := &m.purses[b.g]
		left := p.hi
		if poorest {
			left = p.lo
		}
		if left < float64(b.u)*rate {
			given += left * float64(b.n)
		} else {
			units += float64(b.u) * float64(b.n)
		}
	}
	return units, cost - given
}

// exactly computes a rate as a fraction, nil where the backers cannot pay; ok tells whether they can.
func (m *market) exactly(i int, p *price) (ok bool) {
	if p.exact != nil {
		return true
	}
	need := new(big.Rat).SetInt64(m.t.options[i].Cost)
	units := new(big.Int)
	var able []backer
	give := func(b backer) {
		if _, hi := m.roughly(b.g, p.at); hi > 0 {
			left := m.left(b.g, p.at)
			need.Sub(need, new(big.Rat).Mul(left, new(big.Rat).SetInt64(b.n)))
		}
	}
	product := func(b backer) *big.Int { return new(big.Int).Mul(big.NewInt(b.u), big.NewInt(b.n)) }
	for _, b := range m.backers[i] {
		if _, hi := m.roughly(b.g, p.at); hi < float64(b.u)*p.lo*down {
			give(b)
			continue
		}
		able = append(able, b)
		units.Add(units, product(b))
	}
	for len(able) > 0 && units.Sign() > 0 {
		rate := new(big.Rat).Quo(need, new(big.Rat).SetInt(units))
		_, above := bounds(rate)
		n := len(able)
		able = slices.DeleteFunc(able, func(b backer) bool {
			if lo, _ := m.roughly(b.g, p.at); lo > float64(b.u)*above*up || m.left(b.g, p.at).Cmp(new(big.Rat).Mul(rate, new(big.Rat).SetInt64(b.u))) >= 0 {
				return false
			}
			give(b)
			units.Sub(units, product(b))
			return true
		})
		if len(able) == n {
			p.exact = rate
			p.lo, p.hi = bounds(rate)
			return true
		}
	}
	return false
}

// buy takes the money.
func (m *market) buy(i int, p price) {
	for _, b := range m.backers[i] {
		q := &m.purses[b.g]
		q.spent = append(q.spent, payment{purchase: len(m.bought), u: b.u, lo: q.lo, hi: q.hi})
		u := float64(b.u)
		q.lo, q.hi = max(0, q.lo-u*p.hi*up-q.lo*1e-15), max(0, q.hi-u*p.lo*down+q.hi*1e-15)
	}
	m.bought, m.prices = append(m.bought, i), append(m.prices, p)
}

// left is what a purse held before purchase at. A purse is followed forward only: whoever asks for an earlier state asks for the price of a purchase
// nobody's purse has been followed through.
func (m *market) left(g, at int) *big.Rat {
	q := &m.purses[g]
	for q.paid < len(q.spent) && q.spent[q.paid].purchase < at {
		s := q.spent[q.paid]
		q.paid++
		if q.exact.Sign() == 0 {
			continue
		}
		m.exactly(m.bought[s.purchase], &m.prices[s.purchase])
		pay := new(big.Rat).Mul(m.prices[s.purchase].exact, new(big.Rat).SetInt64(s.u))
		if pay.Cmp(q.exact) >= 0 {
			q.exact = new(big.Rat)
		} else {
			q.exact = pay.Sub(q.exact, pay)
		}
	}
	return q.exact
}

// roughly is left between its bounds.
func (m *market) roughly(g, at int) (lo, hi float64) {
	q := &m.purses[g]
	lo, hi = q.lo, q.hi
	for _, s := range slices.Backward(q.spent) {
		if s.purchase < at {
			break
		}
		lo, hi = s.lo, s.hi
	}
	return lo, hi
}
