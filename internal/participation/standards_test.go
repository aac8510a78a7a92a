// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func at(s string) kernel.Instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return kernel.InstantOf(t)
}

func TestShippedSetsAreWhole(t *testing.T) {
	sets := shippedSets()
	if len(sets) != 4 || len(sets[0].Criteria) != 24 || sets[0].Key != DefaultSet || sets[1].Key != YouthSet {
		t.Fatalf("%d sets", len(sets))
	}
	for _, s := range sets {
		seen := map[string]bool{}
		for _, c := range s.Criteria {
			if seen[c.Key] || c.Title["de"] == "" || c.Title["en"] == "" || !slices.Contains(Stages(), c.Stage) || c.Rule != "" && !slices.Contains(Rules(), c.Rule) || !ValidKey(c.Key) {
				t.Errorf("%s: %+v", s.Key, c)
			}
			seen[c.Key] = true
		}
	}
}

func TestShippedTemplatesMakeDraftsThatCanBeSaved(t *testing.T) {
	if len(shippedTemplates()) != 5 {
		t.Fatalf("%d templates", len(shippedTemplates()))
	}
	for _, x := range shippedTemplates() {
		for _, start := range []time.Time{{}, time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)} {
			p := x.process(start)
			p.Key = x.Key
			if err := validate(tidy(p)); err != nil {
				t.Errorf("%s from %v: %v", x.Key, start, err)
			}
		}
	}
}

func TestAStandardIsJudgedByWhatIsKnownAndStated(t *testing.T) {
	running := Process{State: Running}
	c := Criterion{Key: "limits", Stage: Before, Rule: LimitsRule}
	fact := func(r Result) []Fact { return []Fact{{Rule: LimitsRule, Result: r}} }
	say := func(r Result) []Statement { return []Statement{{Criterion: "limits", Result: r, Comment: "weil"}} }
	cases := []struct {
		name  string
		p     Process
		c     Criterion
		facts []Fact
		said  []Statement
		want  Result
	}{
		{"computed", running, c, fact(Fulfilled), nil, Fulfilled},
		{"people cannot raise what is computed", running, c, fact(No), say(Fulfilled), No},
		{"people can lower it", running, c, fact(Fulfilled), say(Partly), Partly},
		{"set aside with a reason", running, c, fact(No), say(Waived), Waived},
		{"of several facts the best counts", running, c, append(fact(No), fact(Partly)...), nil, Partly},
		{"stated where nothing is computed", running, Criterion{Key: "limits", Stage: Before}, nil, say(Fulfilled), Fulfilled},
		{"nobody said anything", running, Criterion{Key: "limits", Stage: Before}, nil, nil, Pending},
		{"its time has not come", running, Criterion{Key: "limits", Stage: After, Rule: LimitsRule}, fact(No), nil, Pending},
		{"its time has come", Process{State: Feedback}, Criterion{Key: "limits", Stage: After, Rule: LimitsRule}, fact(No), nil, No},
		{"met before its time", running, Criterion{Key: "limits", Stage: After, Rule: LimitsRule}, fact(Fulfilled), nil, Fulfilled},
	}
	for _, x := range cases {
		if got := judge(x.p, x.c, x.facts, x.said).Result; got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}

func TestWhatTheProgramKnowsOfAProcess(t *testing.T) {
	de := func(s string) kernel.Text { return kernel.Text{"de": s} }
	both := kernel.Text{"de": "x", "de+leicht": "x"}
	p := Process{
		Title: both, Teaser: both, Decided: both, Who: both, How: both, Level: Consultation, LevelReason: de("x"), Scope: de("x"), Limits: de("x"),
		Privacy: de("x"), Access: de("x"), BudgetCents: 1, Hours: 1, Modules: []Module{{Kind: IdeasModule}, {Kind: MapModule}},
		Concept: Concept{Object: de("x"), Responsible: de("x"), Groups: de("x"), Course: de("x"), Results: de("x"), Evaluation: de("x"), Resources: de("x"), ApprovedBy: "Rat", ApprovedOn: "2026-05-01"},
	}
	result := func(p Process, r Rule) Result {
		for _, f := range own(p, []Count{{N: 5}}) {
			if f.Rule == r {
				return f.Result
			}
		}
		return ""
	}
	for _, r := range []Rule{LevelRule, LimitsRule, ConceptRule, ResourcesRule, PlainRule, GroupsRule, AccessRule, PrivacyRule, FormatsRule, ReachRule} {
		if got := result(p, r); got != Fulfilled {
			t.Errorf("%s of a whole process: %s", r, got)
		}
		if got := result(Process{}, r); got != No && r != ReachRule {
			t.Errorf("%s of an empty one: %s", r, got)
		}
	}
	p.Concept.ChangedOn = "2026-05-02"
	if got := result(p, ConceptRule); got != Partly {
		t.Errorf("a concept changed after its approval: %s", got)
	}
	p.Limits, p.LevelReason, p.Hours = nil, de(" \u3164"), 0
	for _, r := range []Rule{LimitsRule, LevelRule, ResourcesRule} {
		if got := result(p, r); got != Partly {
			t.Errorf("%s with one half missing: %s", r, got)
		}
	}
}

func TestNoHiddenGroupCanBeComputed(t *testing.T) {
	hidden := func(n ...int64) (string, bool) {
		rows := make([]ReachRow, len(n))
		var total int64
		for i := range n {
			rows[i].N = n[i]
			total += n[i]
		}
		shown := suppress(rows, total)
		out := ""
		for _, r := range rows {
			if r.Hidden {
				out += "x"
			} else {
				out += "."
			}
		}
		return out, shown
	}
	cases := []struct {
		n     []int64
		want  string
		shown bool
	}{
		{[]int64{10, 20, 30}, "...", true},
		{[]int64{3, 20, 30}, "xx.", true},     // the smallest other one, so that 3 is not the rest
		{[]int64{1, 1, 50, 40}, "xx.x", true}, // together 2 would say that both are 1
		{[]int64{4, 4, 50, 40}, "xx.x", true},
		{[]int64{0, 3, 50, 40}, ".x.x", true}, // a zero hides nobody and helps nobody
		{[]int64{3, 50, 0}, "xx.", false},
		{[]int64{2, 1}, "..", false},
	}
	for _, c := range cases {
		if got, shown := hidden(c.n...); got != c.want || shown != c.shown {
			t.Errorf("%v: %s shown %v, want %s %v", c.n, got, shown, c.want, c.shown)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		rows := make([]ReachRow, 2+r.IntN(7))
		var total int64
		for i := range rows {
			rows[i].N = r.Int64N(30)
			total += rows[i].N
		}
		if !suppress(rows, total) {
			continue
		}
		n, sum := 0, int64(0)
		for _, x := range rows {
			if x.Hidden {
				n++
				sum += x.N
			} else if x.N > 0 && x.N < least {
				t.Fatalf("shown although small: %+v", rows)
			}
		}
		if n == 1 || n > 0 && sum < 2*least {
			t.Fatalf("what is hidden is the rest: %+v", rows)
		}
	}
}

func TestPhasesSwitchByTheClock(t *testing.T) {
	p := Process{State: Running, Phases: []Phase{
		{ID: "a", Kind: Presentation, To: at("2026-03-10T00:00:00Z")},
		{ID: "b", Kind: Ideas, From: at("2026-03-10T00:00:00Z"), To: at("2026-03-20T00:00:00Z")},
		{ID: "c", Kind: Assessment, From: at("2026-03-25T00:00:00Z")},
	}}
	for when, want := range map[string]string{
		"2026-03-09T23:59:59Z": "a", "2026-03-10T00:00:00Z": "b", "2026-03-19T23:59:59Z": "b", "2026-03-20T00:00:00Z": "", "2026-04-01T00:00:00Z": "c",
	} {
		x, _, ok := p.Phase(at(when))
		if string(x.ID) != want || ok != (want != "") {
			t.Errorf("%s: %q", when, x.ID)
		}
		open := access.Can(access.Anonymous("t"), access.Contribute, p.Object("t", Module{}, at(when)))
		if open != (want == "b") {
			t.Errorf("%s: contributing is %v", when, open)
		}
	}
	closed := Module{Open: map[kernel.ID][]access.Action{"b": {access.Report}}}
	if access.Can(access.Anonymous("t"), access.Contribute, p.Object("t", closed, at("2026-03-12T00:00:00Z"))) {
		t.Error("a module closed in this phase takes contributions")
	}
	p.State = Evaluation
	if access.Can(access.Anonymous("t"), access.Contribute, p.Object("t", Module{}, at("2026-03-12T00:00:00Z"))) {
		t.Error("one contributes while it is assessed")
	}
}

func TestWhatCannotBeKeptIsNamed(t *testing.T) {
	good := Process{Key: "park", Title: kernel.T("Park", ""), Reach: Open}
	day := func(d int) kernel.Instant { return kernel.InstantOf(time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC)) }
	cases := []struct {
		field  string
		change func(p *Process)
	}{
		{"", func(*Process) {}},
		{"key", func(p *Process) { p.Key = "neu" }},
		{"key", func(p *Process) { p.Key = "../x" }},
		{"title", func(p *Process) { p.Title = kernel.Text{"de": "\u00a0\u3164 "} }},
		{"title", func(p *Process) { p.Title = kernel.Text{"de": string(make([]byte, 300))} }},
		{"answerdays", func(p *Process) { p.AnswerDays = -1 }},
		{"sign", func(p *Process) { p.Sign = kernel.Text{"de": "javascript:alert(1)"} }},
		{"sign", func(p *Process) { p.Sign = kernel.Text{"de": "https://user:pw@example.de/"} }},
		{"phases", func(p *Process) { p.Phases = []Phase{{Kind: Ideas, From: day(3), To: day(2)}} }},
		{"phases", func(p *Process) {
			p.Phases = []Phase{{Kind: Ideas, From: day(1), To: day(9)}, {Kind: Ideas, From: day(8), To: day(12)}}
		}},
		{"phases", func(p *Process) { p.Phases = []Phase{{Kind: Ideas, From: day(1)}, {Kind: Ideas, From: day(8)}} }},
		{"phases", func(p *Process) { p.Phases = []Phase{{Kind: "party"}} }},
		{"modules", func(p *Process) { p.Modules = []Module{{Key: "a1", Kind: IdeasModule}, {Key: "a1", Kind: MapModule}} }},
		{"modules", func(p *Process) { p.Modules = []Module{{Key: "konzept", Kind: IdeasModule}} }},
		{"approvedby", func(p *Process) { p.Concept.ApprovedBy = "Rat" }},
		{"documents", func(p *Process) { p.Documents = []Document{{Title: kernel.T("x", ""), Link: "data:text/html,x"}} }},
	}
	for i, c := range cases {
		p := good
		c.change(&p)
		err := validate(tidy(p))
		var e *kernel.Error
		if c.field == "" {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
			continue
		}
		if e, _ = err.(*kernel.Error); e == nil || e.Fields[c.field] == "" && !(c.field == "title" && i == 4 && e.Fields["title"] != "") {
			t.Errorf("%d: %s is not named: %v", i, c.field, err)
		}
	}
}

func TestTextsLoseWhatIsNoText(t *testing.T) {
	if got := kernel.Clean("a\u202eb\u0007c\r\nd\u200b ", true); got != "abc\nd" {
		t.Errorf("%q", got)
	}
	if got := kernel.Clean("zwei\nZeilen", false); got != "zwei Zeilen" {
		t.Errorf("%q", got)
	}
}

func TestACopyMovesItsPhasesAndLeavesWhatOthersSaid(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	noon := func(m time.Month, d int) kernel.Instant {
		return kernel.InstantOf(time.Date(2026, m, d, 12, 0, 0, 0, berlin))
	}
	p := Process{
		Phases:    []Phase{{ID: "a", Kind: Ideas, From: noon(3, 20), To: noon(4, 10)}},
		Modules:   []Module{{ID: "m", Key: "ideen", Ref: kernel.Ref{Kind: "round", ID: "r"}, Open: map[kernel.ID][]access.Action{"a": {access.Report}}}},
		Documents: []Document{{ID: "d"}}, Concept: Concept{ApprovedBy: "Rat", ApprovedOn: "2026-01-01"},
	}
	c := p.copy(time.Date(2026, 10, 20, 0, 0, 0, 0, berlin))
	if c.Phases[0].ID == "a" || c.Phases[0].From != noon(10, 20) || c.Phases[0].To != noon(11, 10) { // both clock changes lie in between
		t.Errorf("%+v", c.Phases)
	}
	if _, ok := c.Modules[0].Open[c.Phases[0].ID]; !ok || c.Modules[0].Ref != (kernel.Ref{}) || len(c.Documents) > 0 || c.Concept.Approved() {
		t.Errorf("%+v", c)
	}
	if p.Phases[0].ID != "a" || p.Modules[0].Ref.ID != "r" {
		t.Error("the original was changed")
	}
}
