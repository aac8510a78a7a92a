// SPDX-License-Identifier: EUPL-1.2

// Package ballot counts votes: approval, points, rankings, resistance, and participatory budgets by rules with a name. It has no I/O beyond the
// reader and writer of Pabulib files.
//
// Invariants: money is a whole number of the smallest unit; where a tie matters, the arithmetic is exact; every tie is broken by the same named
// rule (more score, then lower cost, then the earlier key); the order of the ballots changes nothing.
package ballot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Method is what a voter writes beside an option.
type Method string

// The methods.
const (
	Approval   Method = "approval"   // a cross: 1
	Points     Method = "points"     // points out of a stock
	Ranking    Method = "ranking"    // a place: 1 is the first
	Resistance Method = "resistance" // how much somebody is against it, 0 to 10 (systemic consensing)
)

// MostResistance is the highest resistance that can be noted.
const MostResistance = 10

// Option can be voted for.
type Option struct {
	Key  string
	Cost int64 // in the smallest unit of money; 0 where no budget is decided
}

// Mark is what a ballot says of one option, named by its index: 1 for a cross, points, a place, or a resistance.
type Mark struct {
	Option int
	Value  int64
}

// Rules say what a ballot may hold.
type Rules struct {
	Method Method `json:"method"`
	// Least and Most bound how many options may be marked; Most 0: all of them. Resistance asks for every option.
	Least int `json:"least,omitempty"`
	Most  int `json:"most,omitempty"`
	// Stock is how many points a voter has, LeastStock how many must be given, Each how many one option may get; 0: no bound.
	Stock      int64 `json:"stock,omitempty"`
	LeastStock int64 `json:"leastStock,omitempty"`
	Each       int64 `json:"each,omitempty"`
}

// The ways a ballot can be wrong; a Fault wraps one of them.
var (
	ErrEmpty    = errors.New("nothing is marked")
	ErrTwice    = errors.New("an option is marked twice")
	ErrUnknown  = errors.New("there is no such option")
	ErrFew      = errors.New("too few options are marked")
	ErrMany     = errors.New("too many options are marked")
	ErrValue    = errors.New("the value is out of bounds")
	ErrStock    = errors.New("more points than there are to give")
	ErrLittle   = errors.New("fewer points than have to be given")
	ErrPlaces   = errors.New("the places do not run from 1 without gaps")
	ErrMissing  = errors.New("an option has no value")
	ErrNoMethod = errors.New("unknown method")
)

// Fault says what is wrong with a ballot, and at which option; -1 where it concerns the whole.
type Fault struct {
	Option int
	Err    error
}

// Error is the sentence of the fault.
func (f *Fault) Error() string {
	if f.Option < 0 {
		return f.Err.Error()
	}
	return fmt.Sprintf("option %d: %v", f.Option, f.Err)
}

// Unwrap gives the way it is wrong.
func (f *Fault) Unwrap() error { return f.Err }

func fault(option int, err error) error { return &Fault{option, err} }

// Check tells whether a ballot over n options keeps the rules.
func (r Rules) Check(n int, b []Mark) error {
	if len(b) == 0 {
		return fault(-1, ErrEmpty)
	}
	seen := make([]bool, n)
	var sum int64
	for _, m := range b {
		if m.Option < 0 || m.Option >= n {
			return fault(-1, ErrUnknown)
		}
		if seen[m.Option] {
			return fault(m.Option, ErrTwice)
		}
		seen[m.Option] = true
		if err := r.value(m, n); err != nil {
			return err
		}
		sum += m.Value // bounded: each value is below 2^31
	}
	switch {
	case r.Method == Resistance && len(b) < n:
		return fault(slices.Index(seen, false), ErrMissing)
	case r.Method == Resistance:
	case len(b) < r.Least:
		return fault(-1, ErrFew)
	case r.Most > 0 && len(b) > r.Most:
		return fault(-1, ErrMany)
	}
	if r.Method == Points {
		if r.Stock > 0 && sum > r.Stock {
			return fault(-1, ErrStock)
		}
		if sum < r.LeastStock {
			return fault(-1, ErrLittle)
		}
	}
	if r.Method == Ranking {
		return places(b)
	}
	return nil
}

func (r Rules) value(m Mark, n int) error {
	ok := false
	switch r.Method {
	case Approval:
		ok = m.Value == 1
	case Points:
		ok = m.Value >= 1 && m.Value < 1<<31 && (r.Each == 0 || m.Value <= r.Each)
	case Ranking:
		ok = m.Value >= 1 && m.Value <= int64(n)
	case Resistance:
		ok = m.Value >= 0 && m.Value <= MostResistance
	default:
		return fault(-1, ErrNoMethod)
	}
	if !ok {
		return fault(m.Option, ErrValue)
	}
	return nil
}

// places asks for 1, 2, 3 … each once.
func places(b []Mark) error {
	held := make([]bool, len(b))
	for _, m := range b {
		if m.Value > int64(len(b)) || held[m.Value-1] {
			return fault(m.Option, ErrPlaces)
		}
		held[m.Value-1] = true
	}
	return nil
}

// group is all ballots that say the same: whoever votes alike is treated alike by every rule.
type group struct {
	marks []Mark // by option
	n     int64
}

// Tally collects ballots. Equal ones are kept once with their number, so that memory grows with what was said, not with who said it.
type Tally struct {
	rules   Rules
	options []Option
	groups  map[string]*group
	ballots int64
	votes   []int64
	score   []int64
	values  [][]int64 // how often each value of resistance was given
}

// NewTally begins a count. The costs of the options must not be negative.
func NewTally(r Rules, options []Option) (*Tally, error) {
	for i, o := range options {
		if o.Cost < 0 || o.Cost > maxMoney {
			return nil, fault(i, ErrValue)
		}
	}
	t := &Tally{rules: r, options: slices.Clone(options), groups: map[string]*group{}, votes: make([]int64, len(options)), score: make([]int64, len(options))}
	switch r.Method {
	case Approval, Points, Ranking:
	case Resistance:
		t.values = make([][]int64, len(options))
		for i := range t.values {
			t.values[i] = make([]int64, MostResistance+1)
		}
	default:
		return nil, fault(-1, ErrNoMethod)
	}
	return t, nil
}

// maxMoney keeps sums of costs within 64 bits.
const maxMoney = 1 << 50

// Add takes a ballot that keeps the rules; otherwise it says what is wrong and takes nothing.
func (t *Tally) Add(b []Mark) error {
	if err := t.rules.Check(len(t.options), b); err != nil {
		return err
	}
	marks := slices.Clone(b)
	slices.SortFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Option, b.Option) })
	t.ballots++
	for _, m := range marks {
		t.votes[m.Option]++
		t.score[m.Option] += t.worth(m)
		if t.values != nil {
			t.values[m.Option][m.Value]++
		}
	}
	key := Write(marks)
	g := t.groups[key]
	if g == nil {
		g = &group{marks: marks}
		t.groups[key] = g
	}
	g.n++
	return nil
}

// worth is what a mark adds to the score of its option: for a place, as many points as there are places to give from there on (Borda: with three
// places 3, 2, 1).
func (t *Tally) worth(m Mark) int64 {
	if t.rules.Method == Ranking {
		return t.rules.places(len(t.options)) - m.Value + 1
	}
	return m.Value
}

// places is how many places a ranking over n options has.
func (r Rules) places(n int) int64 {
	if r.Most > 0 && r.Most < n {
		return int64(r.Most)
	}
	return int64(n)
}

// Ballots is how many ballots were taken.
func (t *Tally) Ballots() int64 { return t.ballots }

// Distinct is how many different ballots there are.
func (t *Tally) Distinct() int { return len(t.groups) }

// Votes is how many ballots mark the option at all.
func (t *Tally) Votes() []int64 { return slices.Clone(t.votes) }

// Score is the sum by which options are ordered: crosses, points, Borda points, or resistance, where less is better.
func (t *Tally) Score() []int64 { return slices.Clone(t.score) }

// Values tells how often each resistance from 0 to 10 was given to the option; nil for other methods.
func (t *Tally) Values(option int) []int64 {
	if t.values == nil {
		return nil
	}
	return slices.Clone(t.values[option])
}

// Order lists all options, the best first: more score (less resistance), then the lower cost, then the earlier key.
func (t *Tally) Order() []int {
	list := make([]int, len(t.options))
	for i := range list {
		list[i] = i
	}
	slices.SortFunc(list, t.before)
	return list
}

// Tied tells whether the count alone does not tell two options apart.
func (t *Tally) Tied(a, b int) bool { return t.score[a] == t.score[b] }

// before is the named rule of ties.
func (t *Tally) before(a, b int) int {
	s := cmp.Compare(t.score[b], t.score[a])
	if t.rules.Method == Resistance {
		s = -s
	}
	return cmp.Or(s, cmp.Compare(t.options[a].Cost, t.options[b].Cost), CompareKeys(t.options[a].Key, t.options[b].Key), cmp.Compare(a, b))
}

// CompareKeys orders keys as people count: 2 before 10, numbers before words.
func CompareKeys(a, b string) int {
	x, errX := strconv.ParseUint(a, 10, 63)
	y, errY := strconv.ParseUint(b, 10, 63)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// sorted gives the groups in an order that does not hang on the map.
func (t *Tally) sorted() []*group {
	keys := make([]string, 0, len(t.groups))
	for k := range t.groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]*group, len(keys))
	for i, k := range keys {
		out[i] = t.groups[k]
	}
	return out
}

// Write gives a ballot as one line: "0:1 3:2", the option's index and the value.
func Write(b []Mark) string {
	var s []byte
	for i, m := range b {
		if i > 0 {
			s = append(s, ' ')
		}
		s = strconv.AppendInt(s, int64(m.Option), 10)
		s = append(s, ':')
		s = strconv.AppendInt(s, m.Value, 10)
	}
	return string(s)
}

// Parse reads what Write wrote.
func Parse(s string) ([]Mark, error) {
	if s == "" {
		return nil, nil
	}
	out := make([]Mark, 0, strings.Count(s, " ")+1)
	for part := range strings.SplitSeq(s, " ") {
		a, b, ok := strings.Cut(part, ":")
		option, errA := strconv.Atoi(a)
		value, errB := strconv.ParseInt(b, 10, 64)
		if !ok || errA != nil || errB != nil {
			return nil, fmt.Errorf("ballot %q cannot be read", s)
		}
		out = append(out, Mark{option, value})
	}
	return out, nil
}
