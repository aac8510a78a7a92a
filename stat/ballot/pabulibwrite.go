// SPDX-License-Identifier: EUPL-1.2

package ballot

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Difference is where a recount and the published numbers part.
type Difference struct {
	Project          int
	Column           string // "votes" or "score"
	Published, Found int64
}

// Differences compares a recount with what the file publishes. The score of crosses is not published apart from the votes.
func (p *Pabulib) Differences(t *Tally) (out []Difference) {
	votes, score := t.votes, t.score
	for i, x := range p.Projects {
		if x.Votes >= 0 && x.Votes != votes[i] {
			out = append(out, Difference{i, "votes", x.Votes, votes[i]})
		}
		if x.Score >= 0 && x.Score != score[i] {
			out = append(out, Difference{i, "score", x.Score, score[i]})
		}
	}
	return out
}

// Selected lists the projects the file publishes as paid for, in the order of the file; ok is false where it publishes none.
func (p *Pabulib) Selected() (list []int, ok bool) {
	for i, x := range p.Projects {
		ok = ok || x.Selected >= 0
		if x.Selected == 1 {
			list = append(list, i)
		}
	}
	return list, ok
}

func quote(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if strings.ContainsAny(s, `;"`) {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// Money writes hundredths as an amount: 1250 is "12.50", 1200 is "12".
func Money(cents int64) string {
	if cents%100 == 0 {
		return strconv.FormatInt(cents/100, 10)
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

// WritePabulib writes what OpenPabulib reads: meta besides the numbers this knows itself, projects with votes, score and selection as far as they are
// given, and the ballots in the order they come.
func WritePabulib(w io.Writer, p *Pabulib, voters iter.Seq2[Voter, error]) error {
	b := bufio.NewWriter(w)
	own := []Pair{{"num_projects", strconv.Itoa(len(p.Projects))}, {"num_votes", strconv.FormatInt(p.Votes, 10)}, {"budget", Money(p.Budget)}}
	count := func(key string, n int64) {
		if n > 0 {
			own = append(own, Pair{key, strconv.FormatInt(n, 10)})
		}
	}
	switch p.Rules.Method {
	case Approval:
		own = append(own, Pair{"vote_type", "approval"})
	case Ranking:
		own = append(own, Pair{"vote_type", "ordinal"})
	default: // resistance has no place in the format: its values are written as points
		own = append(own, Pair{"vote_type", "cumulative"})
		count("max_points", p.Rules.Each)
		count("max_sum_points", p.Rules.Stock)
		count("min_sum_points", p.Rules.LeastStock)
	}
	count("min_length", int64(p.Rules.Least))
	count("max_length", int64(p.Rules.Most))
	fmt.Fprintln(b, "META\nkey;value")
	for _, x := range p.Meta {
		if !slices.ContainsFunc(own, func(o Pair) bool { return o.Key == x.Key }) {
			fmt.Fprintln(b, quote(x.Key)+";"+quote(x.Value))
		}
	}
	for _, x := range own {
		fmt.Fprintln(b, x.Key+";"+x.Value)
	}
	fmt.Fprintln(b, "PROJECTS\nproject_id;cost;votes;score;name;selected")
	known := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	for _, x := range p.Projects {
		fmt.Fprintln(b, strings.Join([]string{quote(x.Key), Money(x.Cost), known(x.Votes), known(x.Score), quote(x.Name), known(int64(x.Selected))}, ";"))
	}
	points := p.Rules.Method == Points || p.Rules.Method == Resistance
	head := "VOTES\nvoter_id;vote"
	if points {
		head += ";points"
	}
	fmt.Fprintln(b, head+";neighborhood;voting_method")
	for v, err := range voters {
		if err != nil {
			return err
		}
		marks := slices.Clone(v.Marks)
		if p.Rules.Method == Ranking {
			slices.SortFunc(marks, func(x, y Mark) int { return int(x.Value - y.Value) })
		}
		keys, values := make([]string, len(marks)), make([]string, len(marks))
		for i, m := range marks {
			keys[i], values[i] = p.Projects[m.Option].Key, strconv.FormatInt(m.Value, 10)
		}
		line := []string{quote(v.ID), strings.Join(keys, ",")}
		if points {
			line = append(line, strings.Join(values, ","))
		}
		fmt.Fprintln(b, strings.Join(append(line, quote(v.Area), quote(v.Way)), ";"))
	}
	return b.Flush()
}
