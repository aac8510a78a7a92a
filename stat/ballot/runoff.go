// SPDX-License-Identifier: EUPL-1.2

package ballot

import "slices"

// Step is one round of an instant runoff: how many ballots stand behind each option that is left, and which one is taken out.
type Step struct {
	Left  []int
	Votes []int64 // of all options, by index
	Out   int     // -1 in the last step
	Tied  bool    // others had as few; the rule of ties decided
}

// Plurality orders the options by how many ballots put them first (Ranking) or mark them at all; ties as everywhere.
func (t *Tally) Plurality() (order []int, first []int64) {
	first = t.Votes()
	if t.rules.Method == Ranking {
		all := make([]bool, len(t.options))
		for i := range all {
			all[i] = true
		}
		first = t.firsts(t.sorted(), all)
	}
	order = t.Order()
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case first[a] > first[b]:
			return -1
		case first[a] < first[b]:
			return 1
		}
		return 0
	})
	return order, first
}

// firsts counts for each option the ballots on which it stands before all others that are left.
func (t *Tally) firsts(groups []*group, left []bool) []int64 {
	n := make([]int64, len(t.options))
	for _, g := range groups {
		best := -1
		for i, m := range g.marks {
			if left[m.Option] && (best < 0 || m.Value < g.marks[best].Value) {
				best = i
			}
		}
		if best >= 0 {
			n[g.marks[best].Option] += g.n
		}
	}
	return n
}

// Runoff counts rankings by instant runoff: as long as no option has more than half of the ballots that still name one, the option with the
// fewest is taken out and its ballots go to the next one they name. Of several with the fewest, the one goes that stands last by Borda points,
// cost and key. It gives the winner, -1 without ballots, and every step.
func (t *Tally) Runoff() (winner int, steps []Step) {
	left := make([]bool, len(t.options))
	for i := range left {
		left[i] = true
	}
	worst := t.Order()
	slices.Reverse(worst)
	groups := t.sorted()
	for {
		n := t.firsts(groups, left)
		var sum int64
		s := Step{Votes: n, Out: -1}
		top, out := -1, -1
		for _, i := range worst {
			if !left[i] {
				continue
			}
			s.Left = append(s.Left, i)
			sum += n[i]
			if top < 0 || n[i] >= n[top] {
				top = i
			}
			if out < 0 || n[i] < n[out] {
				out = i
			}
		}
		slices.Sort(s.Left)
		if top < 0 || sum == 0 {
			return -1, append(steps, s)
		}
		if 2*n[top] > sum || len(s.Left) == 1 {
			return top, append(steps, s)
		}
		for _, i := range s.Left {
			s.Tied = s.Tied || i != out && n[i] == n[out]
		}
		s.Out = out
		left[out] = false
		steps = append(steps, s)
	}
}
