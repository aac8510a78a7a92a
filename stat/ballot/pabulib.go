// SPDX-License-Identifier: EUPL-1.2

package ballot

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The format of Pabulib (pabulib.org/format): three sections META, PROJECTS and VOTES of lines with semicolons, quotes doubled within quotes.

// Problem is why a Pabulib file cannot be read.
type Problem string

// The problems.
const (
	NoSection     Problem = "section"   // a section is missing or out of order
	NoColumn      Problem = "column"    // a column is missing
	BadText       Problem = "text"      // not UTF-8, or control characters
	BadQuotes     Problem = "quotes"    // a quote is not closed on its line
	LongLine      Problem = "line"      // longer than a line may be
	BadNumber     Problem = "number"    // no number, or out of bounds
	BadKind       Problem = "kind"      // vote type not known
	ProjectTwice  Problem = "project"   // an id of a project stands twice
	VoterTwice    Problem = "voter"     // an id of a voter stands twice
	BadBallot     Problem = "ballot"    // the ballot breaks the rules of the file
	TooMany       Problem = "many"      // more projects than a vote can have
	BadPoints     Problem = "points"    // as many points as projects are asked for
	WrongNumber   Problem = "count"     // the file says another number of projects or votes than it holds
	NothingInside Problem = "nothing"   // no projects
	BadFields     Problem = "fields"    // a line with more fields than its header has
	MetaTwice     Problem = "metatwice" // a key stands twice in the first section
)

const (
	mostLine     = 1 << 20
	mostProjects = 10_000
)

// LineError says what is wrong in which line.
type LineError struct {
	Line    int
	Problem Problem
	Value   string // what stands there, shortened
	Err     error  // nil, or the fault of a ballot
}

// Error names the line.
func (e *LineError) Error() string {
	s := fmt.Sprintf("line %d: %s", e.Line, e.Problem)
	if e.Value != "" {
		s += " " + strconv.Quote(e.Value)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the fault of a ballot.
func (e *LineError) Unwrap() error { return e.Err }

// Pair is a line of the first section.
type Pair struct{ Key, Value string }

// Project is a line of the second section.
type Project struct {
	Key      string
	Name     string
	Cost     int64 // in hundredths
	Votes    int64 // as published; -1: not given
	Score    int64 // as published; -1: not given
	Selected int   // 1, 0, or -1: not given
}

// Voter is a line of the third section.
type Voter struct {
	ID    string
	Marks []Mark
	Area  string // neighborhood; empty where it is not given
	Way   string // how it was cast, "internet" or "paper"; empty where it is not given
	Line  int
}

// Pabulib is an open Pabulib file.
type Pabulib struct {
	Meta     []Pair
	Projects []Project
	Rules    Rules
	Budget   int64 // in hundredths
	Votes    int64 // how many ballots the file says it holds

	in   *lines
	byID map[string]int
}

// Get gives a value of the first section.
func (p *Pabulib) Get(key string) string {
	for _, x := range p.Meta {
		if x.Key == key {
			return x.Value
		}
	}
	return ""
}

// Options lists the projects for a tally.
func (p *Pabulib) Options() []Option {
	out := make([]Option, len(p.Projects))
	for i, x := range p.Projects {
		out[i] = Option{x.Key, x.Cost}
	}
	return out
}

// lines reads lines of bounded length and splits them.
type lines struct {
	r *bufio.Reader
	n int
}

func (l *lines) fail(p Problem, value string) error {
	if len(value) > 60 {
		value = strings.ToValidUTF8(value[:60], "") + "…"
	}
	return &LineError{Line: l.n, Problem: p, Value: value}
}

// next gives the fields of the next line that is not blank; io.EOF at the end.
func (l *lines) next() ([]string, error) {
	for {
		raw, err := l.r.ReadSlice('\n')
		if len(raw) == 0 && err != nil {
			return nil, err
		}
		l.n++
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, l.fail(LongLine, "")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		s := strings.TrimRight(string(raw), "\r\n")
		if l.n == 1 {
			s = strings.TrimPrefix(s, "\ufeff")
		}
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, l.fail(BadText, "")
		}
		if strings.TrimSpace(s) == "" {
			continue
		}
		return l.split(s)
	}
}

// split cuts a line at its semicolons. A quote opens a quoted field only where the field begins with it.
func (l *lines) split(s string) ([]string, error) {
	var out []string
	for {
		if !strings.HasPrefix(s, `"`) {
			field, rest, more := strings.Cut(s, ";")
			out = append(out, strings.TrimSpace(field))
			if !more {
				return out, nil
			}
			s = rest
			continue
		}
		var b strings.Builder
		s = s[1:]
		for {
			i := strings.IndexByte(s, '"')
			if i < 0 {
				return nil, l.fail(BadQuotes, s)
			}
			b.WriteString(s[:i])
			s = s[i+1:]
			if !strings.HasPrefix(s, `"`) {
				break
			}
			b.WriteByte('"')
			s = s[1:]
		}
		out = append(out, strings.TrimSpace(b.String()))
		if s == "" {
			return out, nil
		}
		if s[0] != ';' {
			return nil, l.fail(BadQuotes, s)
		}
		s = s[1:]
	}
}

// OpenPabulib reads the first two sections; Voters reads the third.
func OpenPabulib(r io.Reader) (*Pabulib, error) {
	p := &Pabulib{in: &lines{r: bufio.NewReaderSize(r, mostLine)}, byID: map[string]int{}}
	if err := p.section("META"); err != nil {
		return nil, err
	}
	if err := p.meta(); err != nil {
		return nil, err
	}
	if err := p.projects(); err != nil {
		return nil, err
	}
	return p, p.rules()
}

// section reads the line that names a section.
func (p *Pabulib) section(name string) error {
	f, err := p.in.next()
	if errors.Is(err, io.EOF) {
		return p.in.fail(NoSection, name)
	}
	if err == nil && !strings.EqualFold(f[0], name) {
		return p.in.fail(NoSection, name)
	}
	return err
}

// next gives a line of the present section; done at the name of the next one or the end of the file.
func (p *Pabulib) next(until string) (f []string, done bool, err error) {
	f, err = p.in.next()
	if errors.Is(err, io.EOF) {
		if until != "" {
			return nil, true, p.in.fail(NoSection, until)
		}
		return nil, true, nil
	}
	if err == nil && len(f) == 1 && until != "" && strings.EqualFold(f[0], until) {
		return nil, true, nil
	}
	return f, false, err
}

func (p *Pabulib) meta() error {
	if _, _, err := p.next("PROJECTS"); err != nil { // key;value
		return err
	}
	seen := map[string]bool{}
	for {
		f, done, err := p.next("PROJECTS")
		if err != nil || done {
			return err
		}
		if seen[f[0]] || len(seen) > 1000 {
			return p.in.fail(MetaTwice, f[0])
		}
		seen[f[0]] = true
		value := ""
		if len(f) > 1 {
			value = strings.Join(f[1:], ";")
		}
		p.Meta = append(p.Meta, Pair{f[0], value})
	}
}

// header finds the columns of a section.
func (p *Pabulib) header(need ...string) (map[string]int, int, error) {
	f, err := p.in.next()
	if errors.Is(err, io.EOF) {
		return nil, 0, p.in.fail(NoColumn, need[0])
	}
	if err != nil {
		return nil, 0, err
	}
	at := map[string]int{}
	for i, name := range f {
		if _, twice := at[strings.ToLower(name)]; !twice {
			at[strings.ToLower(name)] = i
		}
	}
	for _, n := range need {
		if _, ok := at[n]; !ok {
			return nil, 0, p.in.fail(NoColumn, n)
		}
	}
	return at, len(f), nil
}

func (p *Pabulib) projects() error {
	at, width, err := p.header("project_id", "cost")
	if err != nil {
		return err
	}
	for {
		f, done, err := p.next("VOTES")
		if err != nil {
			return err
		}
		if done {
			break
		}
		if len(f) > width {
			return p.in.fail(BadFields, f[0])
		}
		get := func(name string) string {
			if i, ok := at[name]; ok && i < len(f) {
				return f[i]
			}
			return ""
		}
		x := Project{Key: get("project_id"), Name: get("name"), Votes: -1, Score: -1, Selected: -1}
		if _, twice := p.byID[x.Key]; twice || x.Key == "" || strings.ContainsAny(x.Key, ",;") {
			return p.in.fail(ProjectTwice, x.Key)
		}
		if len(p.Projects) == mostProjects {
			return p.in.fail(TooMany, "")
		}
		if x.Cost, err = p.money(get("cost")); err != nil {
			return err
		}
		for name, to := range map[string]*int64{"votes": &x.Votes, "score": &x.Score} {
			if s := get(name); s != "" {
				if *to, err = p.number(s); err != nil {
					return err
				}
			}
		}
		if s := get("selected"); s != "" {
			n, err := p.number(s)
			if err != nil {
				return err
			}
			if x.Selected = 0; n == 1 { // 2 and 3 tell of projects taken by other ways
				x.Selected = 1
			}
		}
		p.byID[x.Key] = len(p.Projects)
		p.Projects = append(p.Projects, x)
	}
	if len(p.Projects) == 0 {
		return p.in.fail(NothingInside, "")
	}
	return nil
}

// number reads a whole number, written "417" or "417.0".
func (p *Pabulib) number(s string) (int64, error) {
	whole, zeros, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || n > maxMoney || strings.Trim(zeros, "0") != "" {
		return 0, p.in.fail(BadNumber, s)
	}
	return n, nil
}

// money reads an amount with at most two decimals, "." or "," before them, as hundredths.
func (p *Pabulib) money(s string) (int64, error) {
	whole, cents, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	cents = strings.TrimRight(cents, "0")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || n > maxMoney/100 || len(cents) > 2 {
		return 0, p.in.fail(BadNumber, s)
	}
	c := uint64(0)
	if cents != "" {
		if c, err = strconv.ParseUint((cents + "0")[:2], 10, 63); err != nil {
			return 0, p.in.fail(BadNumber, s)
		}
	}
	return int64(n*100 + c), nil
}

// rules reads from the first section what a ballot may hold.
func (p *Pabulib) rules() (err error) {
	number := func(key string) int64 {
		s := p.Get(key)
		if s == "" || err != nil {
			return 0
		}
		var n int64
		n, err = p.number(s)
		return n
	}
	if p.Budget, err = p.money(p.Get("budget")); err != nil {
		return err
	}
	p.Votes = number("num_votes")
	projects := number("num_projects")
	r := Rules{Least: int(min(number("min_length"), mostProjects)), Most: int(min(number("max_length"), mostProjects))}
	switch p.Get("vote_type") {
	case "approval":
		r.Method = Approval
	case "cumulative":
		r.Method, r.Stock, r.LeastStock, r.Each = Points, number("max_sum_points"), number("min_sum_points"), number("max_points")
	case "scoring":
		r.Method, r.Each = Points, number("max_points")
	case "ordinal":
		r.Method = Ranking
	default:
		return p.in.fail(BadKind, p.Get("vote_type"))
	}
	if err != nil {
		return err
	}
	if projects > 0 && projects != int64(len(p.Projects)) {
		return p.in.fail(WrongNumber, p.Get("num_projects"))
	}
	p.Rules = r
	return nil
}

// Voters reads the ballots, one after the other; it can be read once. It ends with the first error.
func (p *Pabulib) Voters() iter.Seq2[Voter, error] {
	return func(yield func(Voter, error) bool) {
		if err := p.voters(func(v Voter) bool { return yield(v, nil) }); err != nil {
			yield(Voter{}, err)
		}
	}
}

func (p *Pabulib) voters(take func(Voter) bool) error {
	need := []string{"voter_id", "vote"}
	if p.Rules.Method == Points {
		need = append(need, "points")
	}
	at, width, err := p.header(need...)
	if err != nil {
		return err
	}
	seen := make(map[string]struct{}, min(p.Votes, 1<<20))
	for {
		f, done, err := p.next("")
		if err != nil {
			return err
		}
		if done {
			break
		}
		if len(f) > width {
			return p.in.fail(BadFields, f[0])
		}
		get := func(name string) string {
			if i, ok := at[name]; ok && i < len(f) {
				return f[i]
			}
			return ""
		}
		v := Voter{ID: strings.Clone(get("voter_id")), Area: get("neighborhood"), Way: get("voting_method"), Line: p.in.n}
		if _, twice := seen[v.ID]; twice {
			return p.in.fail(VoterTwice, v.ID)
		}
		seen[v.ID] = struct{}{}
		if v.Marks, err = p.marks(get("vote"), get("points")); err != nil {
			return err
		}
		if err := p.Rules.Check(len(p.Projects), v.Marks); err != nil {
			return &LineError{Line: p.in.n, Problem: BadBallot, Value: v.ID, Err: err}
		}
		if !take(v) {
			return nil
		}
	}
	if p.Votes > 0 && p.Votes != int64(len(seen)) {
		return p.in.fail(WrongNumber, p.Get("num_votes"))
	}
	return nil
}

func (p *Pabulib) marks(vote, points string) ([]Mark, error) {
	keys := strings.Split(vote, ",")
	if len(keys) > len(p.Projects) {
		return nil, p.in.fail(BadBallot, vote)
	}
	var given []string
	if p.Rules.Method == Points {
		if given = strings.Split(points, ","); len(given) != len(keys) {
			return nil, p.in.fail(BadPoints, points)
		}
	}
	out := make([]Mark, 0, len(keys))
	for i, k := range keys {
		option, ok := p.byID[strings.TrimSpace(k)]
		if !ok {
			return nil, &LineError{Line: p.in.n, Problem: BadBallot, Value: k, Err: ErrUnknown}
		}
		m := Mark{option, 1}
		switch p.Rules.Method {
		case Ranking:
			m.Value = int64(i + 1)
		case Points:
			n, err := p.number(strings.TrimSpace(given[i]))
			if err != nil {
				return nil, err
			}
			if m.Value = n; n == 0 {
				continue
			}
		}
		out = append(out, m)
	}
	return out, nil
}
