// SPDX-License-Identifier: EUPL-1.2

package ballot

import (
	"errors"
	"math/big"
	"slices"
)

// Counting is a rule that turns ballots into a list of projects a budget pays for.
type Counting string

// The counting rules.
const (
	// GreedyStop takes projects by their score and ends at the first one the rest of the budget does not pay for.
	GreedyStop Counting = "greedy_stop"
	// GreedySkip takes projects by their score and passes over those the rest of the budget does not pay for.
	GreedySkip Counting = "greedy_skip"
	// EqualShares is the Method of Equal Shares: every ballot has the same share of the budget, and a project is bought by those who want it.
	EqualShares Counting = "equal_shares"
)

// Utility is what a project is worth to a voter in the Method of Equal Shares.
type Utility string

// The utilities.
const (
	Cardinality Utility = "cardinality" // the marks themselves: each project one, or its points
	CostUtility Utility = "cost"        // the marks times the cost of the project
)

// Completion is what is done with money the Method of Equal Shares leaves over.
type Completion string

// The completions.
const (
	NoCompletion  Completion = "none"        // it is left over
	AddOne        Completion = "add1"        // everybody is given a little more until the next step would cost more than there is
	GreedyFill    Completion = "greedy"      // the rest is given out greedily, passing over what is too dear
	AddOneAndFill Completion = "add1_greedy" // first the one, then the other
)

// Rule is a counting rule with all it needs.
type Rule struct {
	Counting   Counting   `json:"counting"`
	Utility    Utility    `json:"utility,omitempty"`
	Completion Completion `json:"completion,omitempty"`
	// Step is what AddOne gives each ballot more, in the smallest unit of money; where 0: 100, or a hundredth of the first share where that is more.
	Step int64 `json:"step,omitempty"`
}

// ErrNoRule says that a counting rule, utility or completion is not known, or does not fit the method.
var ErrNoRule = errors.New("unknown counting rule")

// Valid tells whether the rule is one of those here.
func (r Rule) Valid() bool {
	switch r.Counting {
	case GreedyStop, GreedySkip:
		return true
	case EqualShares:
		return (r.Utility == Cardinality || r.Utility == CostUtility) && r.Step >= 0 &&
			slices.Contains([]Completion{NoCompletion, AddOne, GreedyFill, AddOneAndFill}, r.Completion)
	}
	return false
}

// Why tells how a project came to be paid for or not.
type Why string

// The reasons.
const (
	Bought     Why = "bought"     // taken by the rule
	Filled     Why = "filled"     // taken by the completion
	TooDear    Why = "too_dear"   // what is left does not pay for it
	AfterStop  Why = "after_stop" // GreedyStop had ended before
	NoVotes    Why = "no_votes"   // nobody marked it
	NotCarried Why = "not_shared" // those who want it have too little left of their shares
)

// Award is what a budget pays for.
type Award struct {
	Selected []int // in the order in which they were taken
	Spent    int64
	Why      []Why // of every option
	// Share is what each ballot had to spend at the end of the Method of Equal Shares; nil for the other rules.
	Share *big.Rat
}

// Allocate applies a rule to what was counted. Rankings and points count with their score; resistance cannot decide a budget.
func (t *Tally) Allocate(r Rule, budget int64) (Award, error) {
	if !r.Valid() || t.rules.Method == Resistance || budget < 0 || budget > maxMoney {
		return Award{}, ErrNoRule
	}
	a := Award{Why: make([]Why, len(t.options))}
	for i := range a.Why {
		if t.score[i] == 0 {
			a.Why[i] = NoVotes
		}
	}
	switch r.Counting {
	case GreedyStop:
		t.greedy(&a, budget, true, Bought)
	case GreedySkip:
		t.greedy(&a, budget, false, Bought)
	case EqualShares:
		t.equalShares(&a, r, budget)
	}
	return a, nil
}

func (t *Tally) take(a *Award, i int, why Why) {
	a.Selected = append(a.Selected, i)
	a.Spent += t.options[i].Cost
	a.Why[i] = why
}

func (t *Tally) greedy(a *Award, budget int64, stop bool, why Why) {
	stopped := false
	for _, i := range t.Order() {
		switch {
		case a.Why[i] != "":
		case stopped:
			a.Why[i] = AfterStop
		case t.options[i].Cost <= budget-a.Spent:
			t.take(a, i, why)
		default:
			a.Why[i] = TooDear
			stopped = stop
		}
	}
}

// Pleased counts the ballots that find at least one of theirs among the projects paid for.
func (t *Tally) Pleased(selected []int) (n int64) {
	for _, g := range t.groups {
		if slices.ContainsFunc(g.marks, func(m Mark) bool { return slices.Contains(selected, m.Option) }) {
			n += g.n
		}
	}
	return n
}
