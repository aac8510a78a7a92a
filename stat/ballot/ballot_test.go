// SPDX-License-Identifier: EUPL-1.2

package ballot_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// read counts a file.
func read(tb testing.TB, r io.Reader) (*ballot.Pabulib, *ballot.Tally) {
	tb.Helper()
	p, err := ballot.OpenPabulib(r)
	if err != nil {
		tb.Fatal(err)
	}
	t, err := ballot.NewTally(p.Rules, p.Options())
	if err != nil {
		tb.Fatal(err)
	}
	for v, err := range p.Voters() {
		if err != nil {
			tb.Fatal(err)
		}
		if err := t.Add(v.Marks); err != nil {
			tb.Fatal(err)
		}
	}
	return p, t
}

func realFiles(tb testing.TB) []string {
	dir := testdata.Dir(tb)
	list, err := filepath.Glob(filepath.Join(dir, "pabulib", "*.pb"))
	if err != nil || len(list) < 9 {
		tb.Fatalf("%d files, %v", len(list), err)
	}
	return list
}

// The recount of every real file equals what was published, and the rule used there gives the projects published as paid for.
func TestRealElectionsAreRecounted(t *testing.T) {
	// EXPECTED.md, section 10: how many projects greedy by score without stopping pays for, and what they cost.
	skip := map[string][2]int64{
		"france_toulouse_2019_.pb": {14, 1_000_000}, "poland_czestochowa_2020_stradom.pb": {6, 433_000}, "poland_gdansk_2020_.pb": {5, 3_596_300},
	}
	published := 0
	for _, name := range realFiles(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p, c := read(t, f)
			if d := p.Differences(c); len(d) > 0 {
				t.Errorf("%d numbers are not those published: %v", len(d), d[0])
			}
			if want, ok := p.Selected(); ok {
				published++
				got, err := c.Allocate(ballot.Rule{Counting: ballot.GreedyStop}, p.Budget)
				slices.Sort(got.Selected)
				if err != nil || !slices.Equal(got.Selected, want) {
					t.Errorf("greedy that stops pays for %v, published are %v", got.Selected, want)
				}
			}
			if want, ok := skip[filepath.Base(name)]; ok {
				got, err := c.Allocate(ballot.Rule{Counting: ballot.GreedySkip}, p.Budget)
				if err != nil || int64(len(got.Selected)) != want[0] || got.Spent != want[1]*100 {
					t.Errorf("greedy that skips pays for %d projects with %d, want %v", len(got.Selected), got.Spent/100, want)
				}
			}
			for _, u := range []ballot.Utility{ballot.Cardinality, ballot.CostUtility} {
				for _, k := range []ballot.Completion{ballot.NoCompletion, ballot.AddOne, ballot.GreedyFill, ballot.AddOneAndFill} {
					got, err := c.Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: u, Completion: k}, p.Budget)
					if err != nil || got.Spent > p.Budget {
						t.Errorf("equal shares %s %s: %d of %d, %v", u, k, got.Spent, p.Budget, err)
					}
				}
			}
		})
	}
	if published != 4 {
		t.Errorf("%d files publish what was paid for, want 4", published)
	}
}

const example = `META
key;value
num_projects;3
num_votes;4
budget;100
vote_type;approval
PROJECTS
project_id;cost;votes;name;selected
a;60;3;"Bank ""am Teich""; neu";1
b;60;2;Baum;0
c;40;1;Steg;0
VOTES
voter_id;vote
1;a
2;a,b
3;a,b
4;c
`

func count(tb testing.TB, method ballot.Method, costs []int64, ballots ...string) *ballot.Tally {
	tb.Helper()
	options := make([]ballot.Option, len(costs))
	for i, c := range costs {
		options[i] = ballot.Option{Key: string(rune('a' + i)), Cost: c}
	}
	t, err := ballot.NewTally(ballot.Rules{Method: method}, options)
	if err != nil {
		tb.Fatal(err)
	}
	for _, b := range ballots {
		marks, err := ballot.Parse(b)
		if err == nil {
			err = t.Add(marks)
		}
		if err != nil {
			tb.Fatalf("%s: %v", b, err)
		}
	}
	return t
}

func TestTheRulesGiveDifferentWinners(t *testing.T) {
	p, c := read(t, strings.NewReader(example))
	if p.Projects[0].Name != `Bank "am Teich"; neu` || len(p.Differences(c)) != 0 {
		t.Errorf("%+v", p.Projects)
	}
	for _, x := range []struct {
		rule ballot.Rule
		want []int
		why  []ballot.Why
	}{
		{ballot.Rule{Counting: ballot.GreedyStop}, []int{0}, []ballot.Why{ballot.Bought, ballot.TooDear, ballot.AfterStop}},
		{ballot.Rule{Counting: ballot.GreedySkip}, []int{0, 2}, []ballot.Why{ballot.Bought, ballot.TooDear, ballot.Bought}},
		// Each ballot has 25. Three pay 20 each for a; the two who want b have 10 left, the one who wants c 25 of 40.
		{ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.Cardinality, Completion: ballot.NoCompletion}, []int{0}, []ballot.Why{ballot.Bought, ballot.TooDear, ballot.NotCarried}},
		// With 15 more for each the one who wants c can pay for it; that is all the money there is.
		{ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.Cardinality, Completion: ballot.AddOne, Step: 100}, []int{0, 2}, []ballot.Why{ballot.Bought, ballot.TooDear, ballot.Bought}},
		{ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.Cardinality, Completion: ballot.GreedyFill}, []int{0, 2}, []ballot.Why{ballot.Bought, ballot.TooDear, ballot.Filled}},
	} {
		got, err := c.Allocate(x.rule, p.Budget)
		if err != nil || !slices.Equal(got.Selected, x.want) || !slices.Equal(got.Why, x.why) {
			t.Errorf("%+v: %v %v, %v", x.rule, got.Selected, got.Why, err)
		}
	}
	if _, err := c.Allocate(ballot.Rule{Counting: "loudest"}, p.Budget); !errors.Is(err, ballot.ErrNoRule) {
		t.Error(err)
	}
}

// Two projects whose q are equal to the last digit: the tie goes to more score, then to the lower cost, then to the earlier key.
func TestTiesAreBrokenByTheNamedRule(t *testing.T) {
	c := count(t, ballot.Approval, []int64{30, 30, 10}, "0:1", "1:1", "0:1", "1:1", "2:1", "2:1")
	if got := c.Order(); !slices.Equal(got, []int{2, 0, 1}) {
		t.Errorf("equal votes: %v", got)
	}
	// Cardinality: q is 15, 15 and 5; with cost utility all three are 1/2.
	got, err := c.Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.CostUtility, Completion: ballot.NoCompletion}, 90)
	if err != nil || !slices.Equal(got.Selected, []int{2, 0, 1}) {
		t.Errorf("%v %v", got.Selected, err)
	}
	thirds := count(t, ballot.Approval, []int64{10, 10}, "0:1 1:1", "0:1", "1:1") // shares of 20/3
	got, err = thirds.Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.Cardinality, Completion: ballot.NoCompletion}, 20)
	if err != nil || !slices.Equal(got.Selected, []int{0}) || got.Share.RatString() != "20/3" {
		t.Errorf("%v %v %v", got.Selected, got.Share, err)
	}
	if !thirds.Tied(0, 1) {
		t.Error("a tie is not told")
	}
}

func TestKeysCountAsPeopleDo(t *testing.T) {
	keys := []string{"10", "b", "2", "a", "02"}
	slices.SortFunc(keys, ballot.CompareKeys)
	if got := strings.Join(keys, " "); got != "02 2 10 a b" {
		t.Error(got)
	}
}

func TestRankingsAndResistance(t *testing.T) {
	// 8 of 15 put a first; Borda prefers b, whom everybody has first or second. Runoff: a at once.
	var list []string
	for range 8 {
		list = append(list, "0:1 1:2 2:3")
	}
	for range 7 {
		list = append(list, "1:1 2:2 0:3")
	}
	c := count(t, ballot.Ranking, []int64{0, 0, 0}, list...)
	if got := c.Order(); got[0] != 1 || !slices.Equal(c.Score(), []int64{31, 37, 22}) {
		t.Errorf("Borda: %v %v", got, c.Score())
	}
	if order, first := c.Plurality(); order[0] != 0 || first[0] != 8 {
		t.Errorf("first places: %v %v", order, first)
	}
	if w, steps := c.Runoff(); w != 0 || len(steps) != 1 {
		t.Errorf("runoff: %d %v", w, steps)
	}
	// c is out first, and those ballots carry b over a.
	r := count(t, ballot.Ranking, []int64{0, 0, 0}, "0:1", "0:1", "0:1", "0:1", "1:1", "1:1", "1:1", "2:1 1:2", "2:1 1:2")
	if w, steps := r.Runoff(); w != 1 || len(steps) != 2 || steps[0].Out != 2 || steps[1].Votes[1] != 5 {
		t.Errorf("runoff: %d %+v", w, steps)
	}
	s := count(t, ballot.Resistance, []int64{0, 0}, "0:0 1:3", "0:10 1:3")
	if got := s.Order(); got[0] != 1 || !slices.Equal(s.Score(), []int64{10, 6}) || s.Values(0)[10] != 1 {
		t.Errorf("least resistance: %v %v", got, s.Score())
	}
	if w, _ := count(t, ballot.Ranking, []int64{0}).Runoff(); w != -1 {
		t.Errorf("nobody voted, and %d won", w)
	}
}

func TestBallotsThatBreakTheRulesAreNamed(t *testing.T) {
	for _, x := range []struct {
		rules ballot.Rules
		marks string
		want  error
	}{
		{ballot.Rules{Method: ballot.Approval}, "", ballot.ErrEmpty},
		{ballot.Rules{Method: ballot.Approval}, "0:1 0:1", ballot.ErrTwice},
		{ballot.Rules{Method: ballot.Approval}, "3:1", ballot.ErrUnknown},
		{ballot.Rules{Method: ballot.Approval}, "-1:1", ballot.ErrUnknown},
		{ballot.Rules{Method: ballot.Approval}, "0:2", ballot.ErrValue},
		{ballot.Rules{Method: ballot.Approval, Most: 1}, "0:1 1:1", ballot.ErrMany},
		{ballot.Rules{Method: ballot.Approval, Least: 2}, "0:1", ballot.ErrFew},
		{ballot.Rules{Method: ballot.Points, Stock: 5}, "0:3 1:3", ballot.ErrStock},
		{ballot.Rules{Method: ballot.Points, Stock: 5, LeastStock: 5}, "0:3", ballot.ErrLittle},
		{ballot.Rules{Method: ballot.Points, Each: 3}, "0:4", ballot.ErrValue},
		{ballot.Rules{Method: ballot.Points}, "0:-4", ballot.ErrValue},
		{ballot.Rules{Method: ballot.Ranking}, "0:1 1:3", ballot.ErrPlaces},
		{ballot.Rules{Method: ballot.Ranking}, "0:2 1:2", ballot.ErrPlaces},
		{ballot.Rules{Method: ballot.Resistance}, "0:2 1:2", ballot.ErrMissing},
		{ballot.Rules{Method: ballot.Resistance}, "0:2 1:2 2:11", ballot.ErrValue},
		{ballot.Rules{Method: "shouting"}, "0:1", ballot.ErrNoMethod},
	} {
		marks, err := ballot.Parse(x.marks)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.rules.Check(3, marks); !errors.Is(err, x.want) {
			t.Errorf("%+v %q: %v, want %v", x.rules, x.marks, err, x.want)
		}
	}
}

// election draws approvals over a few projects.
func election(t *rapid.T, method ballot.Method) (options []ballot.Option, ballots [][]ballot.Mark, budget int64) {
	n := rapid.IntRange(1, 7).Draw(t, "projects")
	for i := range n {
		options = append(options, ballot.Option{Key: string(rune('a' + i)), Cost: rapid.Int64Range(0, 40).Draw(t, "cost")})
	}
	for range rapid.IntRange(0, 12).Draw(t, "ballots") {
		var b []ballot.Mark
		for i := range n {
			v := rapid.Int64Range(0, 3).Draw(t, "mark")
			if method == ballot.Approval {
				v = min(v, 1)
			}
			if v > 0 {
				b = append(b, ballot.Mark{Option: i, Value: v})
			}
		}
		if len(b) > 0 {
			ballots = append(ballots, b)
		}
	}
	return options, ballots, rapid.Int64Range(0, 150).Draw(t, "budget")
}

func tally(t *rapid.T, method ballot.Method, options []ballot.Option, ballots [][]ballot.Mark) *ballot.Tally {
	c, err := ballot.NewTally(ballot.Rules{Method: method}, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range ballots {
		if err := c.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func rules() (list []ballot.Rule) {
	list = []ballot.Rule{{Counting: ballot.GreedyStop}, {Counting: ballot.GreedySkip}}
	for _, u := range []ballot.Utility{ballot.Cardinality, ballot.CostUtility} {
		for _, k := range []ballot.Completion{ballot.NoCompletion, ballot.AddOne, ballot.GreedyFill, ballot.AddOneAndFill} {
			list = append(list, ballot.Rule{Counting: ballot.EqualShares, Utility: u, Completion: k, Step: 1})
		}
	}
	return list
}

func TestNoRuleSpendsMoreThanThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]ballot.Method{ballot.Approval, ballot.Points}).Draw(t, "method")
		options, ballots, budget := election(t, method)
		c := tally(t, method, options, ballots)
		rand.Shuffle(len(ballots), func(i, j int) { ballots[i], ballots[j] = ballots[j], ballots[i] })
		again := tally(t, method, options, ballots)
		for _, r := range rules() {
			got, err := c.Allocate(r, budget)
			if err != nil {
				t.Fatal(err)
			}
			var spent int64
			seen := map[int]bool{}
			for _, i := range got.Selected {
				if seen[i] || c.Votes()[i] == 0 {
					t.Fatalf("%+v pays for %d twice or without a vote", r, i)
				}
				seen[i] = true
				spent += options[i].Cost
			}
			if spent != got.Spent || spent > budget {
				t.Fatalf("%+v spends %d (says %d) of %d", r, spent, got.Spent, budget)
			}
			for i, w := range got.Why {
				if (w == ballot.Bought || w == ballot.Filled) != seen[i] || w == "" {
					t.Fatalf("%+v: project %d is %q", r, i, w)
				}
			}
			if other, _ := again.Allocate(r, budget); !slices.Equal(other.Selected, got.Selected) {
				t.Fatalf("%+v: the order of the ballots changes the result", r)
			}
		}
	})
}

// More crosses for a winner never lose it, by either greedy rule. (By Equal Shares it may: that is known of the method.)
func TestMoreSupportLosesNoWinner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		options, ballots, budget := election(t, ballot.Approval)
		c := tally(t, ballot.Approval, options, ballots)
		for _, r := range rules()[:2] {
			before, _ := c.Allocate(r, budget)
			if len(before.Selected) == 0 {
				continue
			}
			w := rapid.SampledFrom(before.Selected).Draw(t, "winner")
			more := append(slices.Clone(ballots), []ballot.Mark{{Option: w, Value: 1}})
			after, _ := tally(t, ballot.Approval, options, more).Allocate(r, budget)
			if !slices.Contains(after.Selected, w) {
				t.Fatalf("%s: %d was paid for and is lost with one more vote", r.Counting, w)
			}
		}
	})
}

// What the method promises: a group that is so large that its shares pay for projects they all want is not left with less than its part
// (extended justified representation for equal costs: l·n/k voters who agree on l projects see one of them with l paid for).
func TestEqualSharesGivesLargeGroupsTheirPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k, l := rapid.IntRange(1, 6).Draw(t, "projects"), rapid.IntRange(1, 6).Draw(t, "places"), rapid.IntRange(1, 3).Draw(t, "part")
		l = min(l, n, k)
		size := rapid.IntRange(1, 12).Draw(t, "ballots")
		group := (l*size + k - 1) / k
		var options []ballot.Option
		for i := range n {
			options = append(options, ballot.Option{Key: string(rune('a' + i)), Cost: 12})
		}
		var ballots [][]ballot.Mark
		for v := range size {
			var b []ballot.Mark
			for i := range n {
				if v < group && i < l || rapid.Bool().Draw(t, "mark") {
					b = append(b, ballot.Mark{Option: i, Value: 1})
				}
			}
			if len(b) == 0 {
				b = []ballot.Mark{{Option: 0, Value: 1}}
			}
			ballots = append(ballots, b)
		}
		got, err := tally(t, ballot.Approval, options, ballots).Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.Cardinality, Completion: ballot.NoCompletion}, int64(12*k))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range ballots[:group] {
			have := 0
			for _, m := range b {
				if slices.Contains(got.Selected, m.Option) {
					have++
				}
			}
			if have >= l {
				return
			}
		}
		t.Fatalf("nobody of %d of %d voters has %d of %d", group, size, l, k)
	})
}

func TestHostileFilesAreRefusedWithTheirLine(t *testing.T) {
	at := func(old, new string) string { return strings.Replace(example, old, new, 1) }
	for name, x := range map[string]struct {
		text    string
		line    int
		problem ballot.Problem
	}{
		"empty":             {"", 0, ballot.NoSection},
		"another file":      {"PK\x03\x04", 1, ballot.BadText},
		"no projects":       {"META\nkey;value\nbudget;1\n", 3, ballot.NoSection},
		"no votes":          {strings.Split(example, "VOTES")[0], 11, ballot.NoSection},
		"cost":              {at("b;60", "b;viel"), 10, ballot.BadNumber},
		"negative cost":     {at("b;60", "b;-60"), 10, ballot.BadNumber},
		"huge cost":         {at("b;60", "b;99999999999999999999"), 10, ballot.BadNumber},
		"third of a cent":   {at("b;60", "b;60.001"), 10, ballot.BadNumber},
		"budget":            {at("budget;100", "budget;"), 12, ballot.BadNumber},
		"kind":              {at("approval", "loudness"), 12, ballot.BadKind},
		"project twice":     {at("c;40", "b;40"), 11, ballot.ProjectTwice},
		"voter twice":       {at("4;c", "3;c"), 17, ballot.VoterTwice},
		"unknown project":   {at("4;c", "4;z"), 17, ballot.BadBallot},
		"the same twice":    {at("2;a,b", "2;a,a"), 15, ballot.BadBallot},
		"an empty ballot":   {at("4;c", "4;"), 17, ballot.BadBallot},
		"number of votes":   {at("num_votes;4", "num_votes;5"), 17, ballot.WrongNumber},
		"projects":          {at("num_projects;3", "num_projects;2"), 12, ballot.WrongNumber},
		"open quote":        {at("neu\";1", "neu;1"), 9, ballot.BadQuotes},
		"no column":         {at("voter_id;vote", "voter_id;wish"), 13, ballot.NoColumn},
		"not UTF-8":         {at("Baum", "B\xe4ume"), 10, ballot.BadText},
		"NUL":               {at("Baum", "B\x00"), 10, ballot.BadText},
		"a line of 2 MB":    {at("Baum", strings.Repeat("x", 2<<20)), 10, ballot.LongLine},
		"too many fields":   {at("4;c", "4;c;x;y"), 17, ballot.BadFields},
		"key of meta twice": {at("budget;100", "budget;100\nbudget;1"), 6, ballot.MetaTwice},
	} {
		p, err := ballot.OpenPabulib(strings.NewReader(x.text))
		if err == nil {
			for _, e := range p.Voters() {
				err = e
			}
		}
		var e *ballot.LineError
		if !errors.As(err, &e) || e.Line != x.line || e.Problem != x.problem {
			t.Errorf("%s: %v, want line %d %s", name, err, x.line, x.problem)
		}
	}
}

func FuzzPabulib(f *testing.F) {
	f.Add(example)
	f.Add(strings.ReplaceAll(strings.ReplaceAll(example, "approval", "cumulative"), "voter_id;vote\n1;a\n2;a,b\n3;a,b\n4;c", "voter_id;vote;points\n1;a,b;2,0"))
	f.Add(strings.ReplaceAll(example, "approval", "ordinal"))
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ballot.OpenPabulib(strings.NewReader(s))
		if err != nil {
			return
		}
		c, err := ballot.NewTally(p.Rules, p.Options())
		if err != nil {
			t.Fatalf("costs of a file that was taken: %v", err)
		}
		var list []ballot.Voter
		for v, err := range p.Voters() {
			if err != nil {
				return
			}
			if err := c.Add(v.Marks); err != nil {
				t.Fatal(err)
			}
			list = append(list, v)
		}
		if a, err := c.Allocate(ballot.Rule{Counting: ballot.GreedySkip}, p.Budget); err != nil || a.Spent > p.Budget {
			t.Fatalf("%+v %v", a, err)
		}
		// What was read is written and read again.
		var b strings.Builder
		p.Votes = int64(len(list))
		if err := ballot.WritePabulib(&b, p, func(yield func(ballot.Voter, error) bool) {
			for _, v := range list {
				if !yield(v, nil) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		again, err := ballot.OpenPabulib(strings.NewReader(b.String()))
		if err != nil || len(again.Projects) != len(p.Projects) || again.Budget != p.Budget {
			t.Fatalf("%v\n%s", err, b.String())
		}
		n := 0
		for v, err := range again.Voters() {
			if err != nil {
				t.Fatalf("%v\n%s", err, b.String())
			}
			if ballot.Write(v.Marks) != ballot.Write(list[n].Marks) {
				t.Fatalf("%v became %v", list[n].Marks, v.Marks)
			}
			n++
		}
	})
}

func BenchmarkCountOfTheLargestFile(b *testing.B) {
	var name string
	var size int64
	for _, f := range realFiles(b) {
		if s, err := os.Stat(f); err == nil && s.Size() > size {
			name, size = f, s.Size()
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		p, c := read(b, strings.NewReader(string(text)))
		if _, err := c.Allocate(ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.CostUtility, Completion: ballot.AddOne}, p.Budget); err != nil {
			b.Fatal(err)
		}
	}
}
