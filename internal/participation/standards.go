// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"bytes"
	"context"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Stage is when a criterion has to be met.
type Stage string

// The stages (domain.md 5.5).
const (
	Before Stage = "before"
	During Stage = "during"
	After  Stage = "after"
)

// Stages lists them in order.
func Stages() []Stage { return []Stage{Before, During, After} }

// Result is how a criterion is met.
type Result string

// The results.
const (
	Fulfilled Result = "fulfilled"
	Partly    Result = "partly"
	No        Result = "no"
	Waived    Result = "waived"  // set aside, with the reason
	Pending   Result = "pending" // its time has not come, or nobody has said yet
)

// Rule names what the program computes; empty: people say it.
type Rule string

// The rules. Facts of later capabilities answer register, written, answered and intime, and add to formats.
const (
	LevelRule     Rule = "level"
	LimitsRule    Rule = "limits"
	ConceptRule   Rule = "concept"
	ResourcesRule Rule = "resources"
	PlainRule     Rule = "plain"
	RegisterRule  Rule = "register"
	GroupsRule    Rule = "groups"
	AccessRule    Rule = "access"
	PrivacyRule   Rule = "privacy"
	FormatsRule   Rule = "formats"
	WrittenRule   Rule = "written"
	ReachRule     Rule = "reach"
	AnsweredRule  Rule = "answered"
	InTimeRule    Rule = "intime"
)

// Rules lists them, as a criterion can be given one.
func Rules() []Rule {
	return []Rule{
		LevelRule, LimitsRule, ConceptRule, ResourcesRule, PlainRule, RegisterRule, GroupsRule, AccessRule, PrivacyRule, FormatsRule, WrittenRule,
		ReachRule, AnsweredRule, InTimeRule,
	}
}

// Criterion is one minimum standard.
type Criterion struct {
	Key   string      `json:"key" yaml:"key"`
	Stage Stage       `json:"stage" yaml:"stage"`
	Title kernel.Text `json:"title" yaml:"title"`
	Rule  Rule        `json:"rule,omitempty" yaml:"rule"`
}

// Set is a set of minimum standards. A town changes it as a whole.
type Set struct {
	Key      string      `json:"-" yaml:"key"`
	Title    kernel.Text `json:"title" yaml:"title"`
	Source   kernel.Text `json:"source,omitempty" yaml:"source"`
	Criteria []Criterion `json:"criteria" yaml:"criteria"`
	Edit     int         `json:"-" yaml:"-"` // 0: as shipped
}

// The keys of sets with a part of their own: the one that holds where none is chosen, and the one that comes on top for young people.
const (
	DefaultSet = "kommunal"
	YouthSet   = "jugend"
)

//go:embed standards.yaml
var standardsYAML []byte

var shippedSets = sync.OnceValue(func() []Set {
	var f struct {
		Sets []Set `yaml:"sets"`
	}
	d := yaml.NewDecoder(bytes.NewReader(standardsYAML))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		panic("participation: embedded standards: " + err.Error()) // cannot happen: the file is part of the program and read by a test
	}
	return f.Sets
})

// Sets lists the town's sets of standards: the shipped ones, as changed where the town changed them, and its own.
func (s *Service) Sets(ctx context.Context, tenant kernel.ID) ([]Set, error) {
	own, err := s.Store.Sets(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(shippedSets())
	for _, x := range own {
		if i := slices.IndexFunc(out, func(y Set) bool { return y.Key == x.Key }); i >= 0 {
			out[i] = x
		} else {
			out = append(out, x)
		}
	}
	return out, nil
}

// Set gives one; NotFound "participation.set.notfound".
func (s *Service) Set(ctx context.Context, tenant kernel.ID, key string) (Set, error) {
	all, err := s.Sets(ctx, tenant)
	if err != nil {
		return Set{}, err
	}
	i := slices.IndexFunc(all, func(x Set) bool { return x.Key == key })
	if i < 0 {
		return Set{}, kernel.E(kernel.NotFound, "participation.set.notfound")
	}
	return all[i], nil
}

// SaveSet keeps the town's version of a set, or a new one.
func (s *Service) SaveSet(ctx context.Context, by access.Actor, x Set) error {
	if err := access.CheckTenant(by, access.EditProcess); err != nil {
		return err
	}
	x.Title, x.Source = cleanText(x.Title, false), cleanText(x.Source, true)
	f := map[string]string{}
	if !ValidKey(x.Key) {
		f["key"] = "participation.key.form"
	}
	if !said(x.Title) {
		f["title"] = "participation.title.missing"
	}
	if len(x.Criteria) == 0 || len(x.Criteria) > 100 {
		f["criteria"] = "participation.set.criteria"
	}
	seen := map[string]bool{}
	for i := range x.Criteria {
		c := &x.Criteria[i]
		c.Title = cleanText(c.Title, false)
		switch {
		case !ValidKey(c.Key) || seen[c.Key] || !said(c.Title):
			f["criteria"] = "participation.set.criterion"
		case !slices.Contains(Stages(), c.Stage) || c.Rule != "" && !slices.Contains(Rules(), c.Rule):
			f["criteria"] = "participation.choice"
		}
		seen[c.Key] = true
		for _, t := range c.Title {
			if utf8.RuneCountInString(t) > mostLine {
				f["criteria"] = "participation.long"
			}
		}
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: f}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutSet(ctx, by.Tenant, x, s.now()); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditProcess, What: "process.set", Object: kernel.Ref{Kind: "standards", ID: by.Tenant}, Note: map[string]string{"key": x.Key}})
	})
}

// Statement is what a person says of a criterion, with the evidence.
type Statement struct {
	Criterion string
	Result    Result
	Comment   string // what was done; of a waiver the reason
	Link      string
	Document  kernel.ID // of the process
	At        kernel.Instant
}

// Fact is what the program knows of a rule, with the sentence that says so: the catalogue's participation.fact.<Key>.
type Fact struct {
	Rule   Rule
	Result Result
	Key    string
	Params map[string]any
}

// Facts is a capability that knows something of a process.
type Facts interface {
	Facts(ctx context.Context, tenant kernel.ID, p Process) ([]Fact, error)
}

// Line is a criterion with how it is met.
type Line struct {
	Criterion
	Result    Result
	Facts     []Fact
	Statement *Statement // nil: nobody has said anything
}

// Computed tells whether the program knows the answer.
func (l Line) Computed() bool { return len(l.Facts) > 0 }

// Blocks tells whether the criterion keeps a process from being ready: it is not met, or only in part without a word why.
func (l Line) Blocks() bool {
	return l.Result == No || l.Result == Pending || l.Result == Partly && (l.Statement == nil || l.Statement.Comment == "")
}

// Check is the result of the minimum standards of a process.
type Check struct {
	Set   Set
	Lines []Line
}

// Count tells how many criteria have each result.
func (c Check) Count() map[Result]int {
	n := map[Result]int{}
	for _, l := range c.Lines {
		n[l.Result]++
	}
	return n
}

// Blocking lists what keeps the process from the state: for one that is to begin the criteria of before.
func (c Check) Blocking(st Stage) (out []Line) {
	for _, l := range c.Lines {
		if l.Stage == st && l.Blocks() {
			out = append(out, l)
		}
	}
	return out
}

// Check computes the minimum standards of a process for those who may read it.
func (s *Service) Check(ctx context.Context, by access.Actor, p Process) (Check, error) {
	if err := s.may(by, access.ReadPublic, p); err != nil {
		return Check{}, err
	}
	return s.check(ctx, by.Tenant, p)
}

// Unmet is a process that has begun, with the criteria of its standards that are not met.
type Unmet struct {
	Process Process
	Lines   []Line
}

// Unmet lists processes whose standards are not met although their time has come: what has to happen while people take part is judged when they
// have.
func (s *Service) Unmet(ctx context.Context, tenant kernel.ID) (out []Unmet, err error) {
	list, err := s.Store.All(ctx, tenant, false, []State{Running, Evaluation, Feedback})
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		c, err := s.check(ctx, tenant, p)
		if err != nil {
			return nil, err
		}
		lines := slices.DeleteFunc(c.Lines, func(l Line) bool { return l.Result != No || l.Stage == During && p.State == Running })
		if len(lines) > 0 {
			out = append(out, Unmet{p, lines})
		}
	}
	return out, nil
}

func (s *Service) check(ctx context.Context, tenant kernel.ID, p Process) (Check, error) {
	key := p.Standard
	if key == "" {
		key = DefaultSet
	}
	set, err := s.Set(ctx, tenant, key)
	if kernel.KindOf(err) == kernel.NotFound {
		set, err = s.Set(ctx, tenant, DefaultSet)
	}
	if err != nil {
		return Check{}, err
	}
	if p.Youth && set.Key != YouthSet {
		youth, err := s.Set(ctx, tenant, YouthSet)
		if err != nil {
			return Check{}, err
		}
		set.Criteria = slices.Concat(set.Criteria, youth.Criteria)
	}
	facts, err := s.facts(ctx, tenant, p)
	if err != nil {
		return Check{}, err
	}
	said, err := s.Store.Statements(ctx, tenant, p.ID)
	if err != nil {
		return Check{}, err
	}
	c := Check{Set: set}
	for _, x := range set.Criteria {
		c.Lines = append(c.Lines, judge(p, x, facts, said))
	}
	return c, nil
}

// facts asks everybody who knows something.
func (s *Service) facts(ctx context.Context, tenant kernel.ID, p Process) ([]Fact, error) {
	reached, err := s.Store.Reached(ctx, tenant, p.ID)
	if err != nil {
		return nil, err
	}
	all := own(p, reached)
	for _, f := range s.Facts {
		list, err := f.Facts(ctx, tenant, p)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// order ranks results, the worst first.
var order = []Result{No, Partly, Fulfilled}

// judge sets facts and the statement of people together: of several facts the best counts, as each knows its own part only; people can lower what
// the program computed, not raise it; a waiver stands above all.
func judge(p Process, c Criterion, facts []Fact, said []Statement) Line {
	l := Line{Criterion: c, Result: Pending}
	best := -1
	for _, f := range facts {
		if c.Rule != "" && f.Rule == c.Rule {
			l.Facts = append(l.Facts, f)
			best = max(best, slices.Index(order, f.Result))
		}
	}
	if best >= 0 {
		l.Result = order[best]
	}
	if i := slices.IndexFunc(said, func(x Statement) bool { return x.Criterion == c.Key }); i >= 0 {
		l.Statement = &said[i]
		stated := slices.Index(order, said[i].Result)
		switch {
		case said[i].Result == Waived:
			l.Result = Waived
			return l
		case best < 0:
			l.Result = said[i].Result
		case stated >= 0 && stated < best:
			l.Result = said[i].Result
		}
	}
	// What has to be met later is open until then, unless somebody has said something or it is met already.
	if l.Statement == nil && l.Result != Fulfilled && !begun(p, c.Stage) {
		l.Result = Pending
	}
	return l
}

// begun tells whether the time of a stage has come.
func begun(p Process, s Stage) bool {
	at := slices.Index(States(), p.State)
	switch s {
	case During:
		return at >= slices.Index(States(), Running)
	case After:
		return at >= slices.Index(States(), Feedback)
	}
	return true
}

// own is what the process itself says.
func own(p Process, reached []Count) []Fact {
	written := func(n, of int) Result {
		switch n {
		case of:
			return Fulfilled
		case 0:
			return No
		}
		return Partly
	}
	count := func(ok ...bool) (n int) {
		for _, x := range ok {
			if x {
				n++
			}
		}
		return n
	}
	var out []Fact
	add := func(r Rule, res Result, kv ...any) {
		out = append(out, Fact{r, res, string(r) + "." + string(res), kernel.Params(kv...)})
	}
	add(LevelRule, written(count(p.Level != "", said(p.LevelReason)), 2))
	add(LimitsRule, written(count(said(p.Scope), said(p.Limits)), 2))
	add(ResourcesRule, written(count(p.BudgetCents > 0, p.Hours > 0), 2))
	add(GroupsRule, written(count(said(p.Concept.Groups)), 1))
	add(PrivacyRule, written(count(said(p.Privacy)), 1))
	switch n := p.Concept.Written(); {
	case n == 7 && p.Concept.Approved():
		add(ConceptRule, Fulfilled, "by", p.Concept.ApprovedBy, "date", p.Concept.ApprovedOn)
	case n > 0:
		add(ConceptRule, Partly, "n", n)
	default:
		add(ConceptRule, No)
	}
	plain := 0
	for _, t := range p.facing() {
		if t["de+leicht"] != "" {
			plain++
		}
	}
	add(PlainRule, written(plain, len(p.facing())), "n", plain, "of", len(p.facing()))
	languages := p.Languages()
	switch {
	case said(p.Access) && len(languages) > 1:
		add(AccessRule, Fulfilled, "n", len(languages))
	case said(p.Access):
		add(AccessRule, Partly)
	default:
		add(AccessRule, No)
	}
	kinds := map[ModuleKind]bool{}
	for _, m := range p.Modules {
		kinds[m.Kind] = true
	}
	switch n := len(kinds); {
	case n > 1:
		add(FormatsRule, Fulfilled, "n", n)
	case n == 1:
		add(FormatsRule, Partly)
	default:
		add(FormatsRule, No)
	}
	if i := slices.IndexFunc(reached, func(c Count) bool { return c.Dimension == "" }); i >= 0 && reached[i].N >= least {
		add(ReachRule, Fulfilled)
	} else {
		add(ReachRule, No)
	}
	return out
}

// facing are the texts of a process that everybody has to understand.
func (p Process) facing() []kernel.Text {
	return []kernel.Text{p.Title, p.Teaser, p.Decided, p.Who, p.How}
}

// Languages lists the languages and registers the title is written in, sorted.
func (p Process) Languages() (out []string) {
	for lang, s := range p.Title {
		if strings.TrimSpace(s) != "" {
			out = append(out, lang)
		}
	}
	slices.Sort(out)
	return out
}

// State says something of a criterion, or takes it back where the result is empty.
func (s *Service) State(ctx context.Context, by access.Actor, process string, x Statement) error {
	p, err := s.Open(ctx, by, access.EditProcess, process)
	if err != nil {
		return err
	}
	check, err := s.Check(ctx, by, p)
	if err != nil {
		return err
	}
	x.Comment, x.Link, x.At = kernel.Clean(x.Comment, true), kernel.Clean(x.Link, false), s.now()
	i := slices.IndexFunc(check.Lines, func(l Line) bool { return l.Key == x.Criterion })
	f := map[string]string{}
	switch {
	case i < 0:
		return kernel.E(kernel.NotFound, "participation.criterion.notfound")
	case x.Result == "":
	case !slices.Contains([]Result{Fulfilled, Partly, No, Waived}, x.Result):
		f["result"] = "participation.choice"
	case x.Result == Waived && utf8.RuneCountInString(x.Comment) < 10:
		f["comment"] = "participation.waiver.reason"
	case (x.Result == Fulfilled || x.Result == Partly) && x.Comment == "" && x.Link == "" && x.Document == "":
		f["comment"] = "participation.evidence.missing"
	}
	if utf8.RuneCountInString(x.Comment) > 5000 {
		f["comment"] = "participation.long"
	}
	if x.Link != "" && !webAddress(x.Link) {
		f["link"] = "participation.address.form"
	}
	if x.Document != "" && !slices.ContainsFunc(p.Documents, func(d Document) bool { return d.ID == x.Document }) {
		f["document"] = "participation.choice"
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: f}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if x.Result == "" {
			if err := s.Store.DropStatement(ctx, by.Tenant, p.ID, x.Criterion); err != nil {
				return err
			}
		} else if err := s.Store.PutStatement(ctx, by.Tenant, p.ID, x); err != nil {
			return err
		}
		return s.record(ctx, by, access.EditProcess, "process.standard", p, "", map[string]string{"criterion": x.Criterion, "result": string(x.Result)})
	})
}
