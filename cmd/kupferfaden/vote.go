// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"path/filepath"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// VoteCmd groups the verbs on rounds of voting.
type VoteCmd struct {
	Import VoteImportCmd `cmd:"" help:"Take the votes of another election from a Pabulib file and count them again."`
}

// VoteImportCmd takes a Pabulib file.
type VoteImportCmd struct {
	Place
	File       string `arg:"" help:"Pabulib file (.pb)." type:"path"`
	Key        string `help:"Address of the round; made of the file's name where empty." placeholder:"KEY"`
	Rule       string `enum:"greedy_stop,greedy_skip,equal_shares" default:"greedy_stop" help:"Counting rule: greedy_stop, greedy_skip or equal_shares."`
	Utility    string `enum:"cost,cardinality" default:"cost" help:"Utility of equal_shares: cost or cardinality."`
	Completion string `enum:"none,add1,greedy,add1_greedy" default:"add1_greedy" help:"Completion of equal_shares: none, add1, greedy or add1_greedy."`
}

// Run takes the file and prints what each counting rule pays for.
func (c *VoteImportCmd) Run(e *Env) error {
	f, _, err := openFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	rule := ballot.Rule{Counting: ballot.Counting(c.Rule)}
	if rule.Counting == ballot.EqualShares {
		rule.Utility, rule.Completion = ballot.Utility(c.Utility), ballot.Completion(c.Completion)
	}
	got, err := a.Votes.ImportPabulib(e.Ctx, a.Operator(t), filepath.Base(c.File), c.Key, rule, f)
	if err != nil {
		return err
	}
	e.say("cli.vote.imported", "key", got.Round.Key, "n", got.Ballots, "differences", len(got.Differences))
	_, options, list, _, err := a.Votes.Compare(e.Ctx, a.Operator(t), got.Round.Key)
	if kernel.KindOf(err) == kernel.Conflict { // no budget
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range list {
		fmt.Fprintf(e.Out, "%s\t%s\t%s\t%s", s.Rule.Counting, s.Rule.Utility, s.Rule.Completion, ballot.Money(s.Spent))
		for _, i := range s.Selected {
			fmt.Fprint(e.Out, "\t"+options[i].Key)
		}
		fmt.Fprintln(e.Out)
	}
	return nil
}
