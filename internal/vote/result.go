// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Result is a count.
type Result struct {
	At       kernel.Instant `json:"at"`
	Ballots  int64          `json:"ballots"`
	Struck   int64          `json:"struck,omitempty"` // taken out by corrections
	Ways     map[Way]int64  `json:"ways"`
	Options  []Count        `json:"options"` // by number
	Order    []int          `json:"order"`   // the best first
	Selected []int          `json:"selected"`
	Why      []ballot.Why   `json:"why,omitempty"` // of a budget, by option
	Spent    int64          `json:"spent,omitempty"`
	Share    string         `json:"share,omitempty"`  // of each ballot, in cents, as a fraction
	Steps    []ballot.Step  `json:"steps,omitempty"`  // of a runoff
	Tied     bool           `json:"tied,omitempty"`   // the last place was decided by the rule of ties
	Areas    []AreaCount    `json:"areas,omitempty"`  // where codes carry areas
	Values   [][]int64      `json:"values,omitempty"` // resistances from 0 to 10, by option
}

// Count is what one option got.
type Count struct {
	Votes int64           `json:"votes"`
	Score int64           `json:"score"`
	Ways  map[Way]Numeral `json:"ways"`
	First int64           `json:"first,omitempty"` // first places of a ranking
}

// Numeral is votes and score of one way.
type Numeral struct {
	Votes int64 `json:"votes"`
	Score int64 `json:"score"`
	First int64 `json:"first,omitempty"` // first places of a ranking
}

// AreaCount is the turnout of an area and what its ballots say.
type AreaCount struct {
	Area    string  `json:"area"` // empty: ballots without an area, and those of areas with too few
	Ballots int64   `json:"ballots"`
	Codes   int64   `json:"codes"` // that were made for it; 0: not known
	Score   []int64 `json:"score"`
}

// Selection is what one counting rule gives.
type Selection struct {
	Rule     ballot.Rule
	Selected []int
	Why      []ballot.Why
	Spent    int64
	Pleased  int64 // ballots that find at least one of theirs among the projects paid for
}

func toOptions(list []Option) []ballot.Option {
	out := make([]ballot.Option, len(list))
	for i, o := range list {
		out[i] = ballot.Option{Key: o.Key, Cost: o.Cost}
	}
	return out
}

// tallies reads what lies on the table.
func (s *Service) tallies(ctx context.Context, tenant kernel.ID, r Round, options []Option) (whole *ballot.Tally, res Result, err error) {
	opts := toOptions(options)
	if whole, err = ballot.NewTally(r.Rules, opts); err != nil {
		return nil, res, err
	}
	ways := map[Way]*ballot.Tally{}
	areas := map[string]*ballot.Tally{}
	part := func(t *ballot.Tally, marks []ballot.Mark) (*ballot.Tally, error) {
		if t == nil {
			var err error
			if t, err = ballot.NewTally(r.Rules, opts); err != nil {
				return nil, err
			}
		}
		return t, t.Add(marks)
	}
	err = s.Store.CountedBallots(ctx, tenant, r.ID, func(c Counted) error {
		if c.Correction > 0 {
			res.Struck++
			return nil
		}
		marks, err := ballot.Parse(c.Marks)
		if err != nil {
			return err
		}
		if err := whole.Add(marks); err != nil {
			return err
		}
		if ways[c.Way], err = part(ways[c.Way], marks); err != nil {
			return err
		}
		areas[c.Area], err = part(areas[c.Area], marks)
		return err
	})
	if err != nil {
		return nil, res, err
	}
	res.Ballots, res.Ways = whole.Ballots(), map[Way]int64{}
	votes, score := whole.Votes(), whole.Score()
	res.Options = make([]Count, len(options))
	for i := range options {
		res.Options[i] = Count{Votes: votes[i], Score: score[i], Ways: map[Way]Numeral{}}
	}
	for w, t := range ways {
		res.Ways[w] = t.Ballots()
		v, c, first := t.Votes(), t.Score(), make([]int64, len(options))
		if r.Rules.Method == ballot.Ranking {
			_, first = t.Plurality()
		}
		for i := range options {
			res.Options[i].Ways[w] = Numeral{v[i], c[i], first[i]}
		}
	}
	if len(areas) > 1 || areas[""] == nil {
		for a, t := range areas {
			res.Areas = append(res.Areas, AreaCount{Area: a, Ballots: t.Ballots(), Score: t.Score()})
		}
		slices.SortFunc(res.Areas, func(a, b AreaCount) int {
			switch {
			case a.Area == "":
				return 1
			case b.Area == "":
				return -1
			}
			return ballot.CompareKeys(a.Area, b.Area)
		})
	}
	return whole, res, nil
}

// counted counts a round by its own rules.
func (s *Service) counted(ctx context.Context, tenant kernel.ID, r Round, options []Option) (Result, error) {
	t, res, err := s.tallies(ctx, tenant, r, options)
	if err != nil {
		return res, err
	}
	res.At, res.Order = s.now(), t.Order()
	if r.Rules.Method == ballot.Resistance {
		for i := range options {
			res.Values = append(res.Values, t.Values(i))
		}
	}
	if len(res.Areas) > 0 {
		sets, err := s.Store.Sets(ctx, tenant, Scope{Process: r.Process, Round: r.ID})
		if err != nil {
			return res, err
		}
		given := map[string]int64{}
		for _, x := range sets {
			if x.Kind == LetterCode && x.Area != "" {
				given[x.Area] += int64(x.Made)
			}
		}
		for i := range res.Areas {
			res.Areas[i].Codes = given[res.Areas[i].Area]
		}
	}
	if r.Budget > 0 {
		a, err := t.Allocate(r.Rule, r.Budget)
		if err != nil {
			return res, err
		}
		res.Selected, res.Why, res.Spent = a.Selected, a.Why, a.Spent
		if a.Share != nil {
			res.Share = a.Share.RatString()
		}
		return res, nil
	}
	if r.Rules.Method == ballot.Ranking {
		order, first := t.Plurality()
		for i := range first {
			res.Options[i].First = first[i]
		}
		switch r.Winner {
		case Plurality:
			res.Order = order
		case Runoff:
			var w int
			if w, res.Steps = t.Runoff(); w >= 0 {
				res.Selected = []int{w}
			}
			return res, nil
		}
	}
	if res.Ballots > 0 {
		n := min(r.Winners, len(res.Order))
		res.Selected = res.Order[:n]
		if n < len(res.Order) {
			a, b := res.Order[n-1], res.Order[n]
			res.Tied = t.Tied(a, b)
			if r.Winner == Plurality && r.Rules.Method == ballot.Ranking {
				res.Tied = res.Options[a].First == res.Options[b].First
			}
		}
	}
	return res, nil
}

// Result gives the count of a published round; staff sees it once the round is closed.
func (s *Service) Result(ctx context.Context, by access.Actor, key string) (Round, []Option, Result, []Correction, error) {
	r, options, err := s.Get(ctx, by, key)
	if err != nil {
		return r, nil, Result{}, nil, err
	}
	if r.State != Published {
		if s.staff(ctx, by, r, access.Publish) != nil || r.State != Closed {
			return r, options, Result{}, nil, kernel.E(kernel.NotFound, "vote.uncounted")
		}
	}
	res, err := s.Store.Result(ctx, by.Tenant, r.ID)
	if err != nil {
		return r, options, res, nil, err
	}
	corrections, err := s.Store.Corrections(ctx, by.Tenant, r.ID)
	return r, options, res, corrections, err
}

// Ballots reads the ballots of a published round, those taken out by a correction included, for anybody to count again.
func (s *Service) Ballots(ctx context.Context, by access.Actor, key string, f func(Counted) error) error {
	r, _, _, _, err := s.Result(ctx, by, key)
	if err != nil {
		return err
	}
	return s.Store.CountedBallots(ctx, by.Tenant, r.ID, f)
}

// Comparable lists the counting rules a town can choose from.
func Comparable() []ballot.Rule {
	out := []ballot.Rule{{Counting: ballot.GreedyStop}, {Counting: ballot.GreedySkip}}
	for _, u := range []ballot.Utility{ballot.CostUtility, ballot.Cardinality} {
		for _, c := range []ballot.Completion{ballot.NoCompletion, ballot.AddOne, ballot.GreedyFill, ballot.AddOneAndFill} {
			out = append(out, ballot.Rule{Counting: ballot.EqualShares, Utility: u, Completion: c})
		}
	}
	return out
}

// drawn is how many ballots are drawn for an example.
const drawn = 500

// Compare shows what each counting rule would pay for: of a round that was counted with its ballots, of one that has not begun with ballots drawn
// by lot from a fixed seed, so that the town can choose before anybody has voted. example tells which.
func (s *Service) Compare(ctx context.Context, by access.Actor, key string) (r Round, options []Option, list []Selection, example bool, err error) {
	if r, options, err = s.ForStaff(ctx, by, key, access.EditProcess); err != nil {
		return r, options, nil, false, err
	}
	if r.Budget == 0 {
		return r, options, nil, false, kernel.E(kernel.Conflict, "vote.compare.budget")
	}
	var t *ballot.Tally
	switch {
	case r.State == Closed || r.State == Published:
		t, _, err = s.tallies(ctx, by.Tenant, r, options)
	case r.State == Fixed && r.Begun(s.now()):
		return r, options, nil, false, kernel.E(kernel.Conflict, "vote.compare.running")
	default:
		example = true
		t, err = exampleTally(r, options)
	}
	if err != nil {
		return r, options, nil, example, err
	}
	for _, rule := range Comparable() {
		a, err := t.Allocate(rule, r.Budget)
		if err != nil {
			return r, options, nil, example, err
		}
		list = append(list, Selection{Rule: rule, Selected: a.Selected, Why: a.Why, Spent: a.Spent, Pleased: t.Pleased(a.Selected)})
	}
	return r, options, list, example, nil
}

// exampleTally draws ballots: a third of the voters like dear projects, the others whatever comes.
func exampleTally(r Round, options []Option) (*ballot.Tally, error) {
	t, err := ballot.NewTally(r.Rules, toOptions(options))
	if err != nil || len(options) == 0 {
		return t, err
	}
	rng := rand.New(rand.NewPCG(2021, 8)) //nolint:gosec // an example that is the same for everybody
	dear := make([]int, len(options))
	for i := range dear {
		dear[i] = i
	}
	slices.SortStableFunc(dear, func(a, b int) int { return int(options[b].Cost - options[a].Cost) })
	most := r.Rules.Most
	if most == 0 {
		most = len(options)
	}
	for v := range drawn {
		order := rng.Perm(len(options))
		if v%3 == 0 {
			order = dear
		}
		n := max(1, r.Rules.Least, 1+rng.IntN(min(4, most)))
		stock := r.Rules.Stock
		var marks []ballot.Mark
		for i, o := range order[:min(n, most, len(order))] {
			m := ballot.Mark{Option: o, Value: 1}
			switch r.Rules.Method {
			case ballot.Ranking:
				m.Value = int64(i + 1)
			case ballot.Points:
				m.Value = max(1, stock/2)
				if r.Rules.Each > 0 {
					m.Value = min(m.Value, r.Rules.Each)
				}
				if stock -= m.Value; stock < 0 {
					continue
				}
			}
			marks = append(marks, m)
		}
		if r.Rules.Check(len(options), marks) == nil {
			if err := t.Add(marks); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}
