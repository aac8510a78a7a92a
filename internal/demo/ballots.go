// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// option is a proposal of the participatory budget.
type option struct {
	Title kernel.Text
	Cost  int64 // in cents
}

// headlines are the three slogans people chose from at the end of the vision process, with how many of 200 chose each.
var headlines = []struct {
	de, en string
	votes  int
}{
	{"Kupferstadt verbindet", "Kupferstadt connects", 110},
	{"Aus vielen Fäden eine Stadt", "One town of many threads", 58},
	{"Gemeinsam stark im Tal", "Strong together in the valley", 32},
}

// ballots brings the vote on the headline of the vision, on paper, and the running participatory budget.
func ballots(ctx context.Context, a *app.App, s staff, options []option) error {
	if err := headline(ctx, a, s); err != nil {
		return err
	}
	return budget(ctx, a, s, options)
}

func headline(ctx context.Context, a *app.App, s staff) error {
	var options []vote.Option
	for i, h := range headlines {
		options = append(options, vote.Option{Key: fmt.Sprint(i + 1), Title: kernel.T(h.de, h.en)})
	}
	var r vote.Round
	err := then(a, days(a, 1640), func() (err error) {
		r, err = a.Votes.CreateRound(ctx, s.by, vote.Round{
			Key: "ueberschrift-leitbild", Process: visionProcess, Module: "ueberschrift", Title: kernel.T("Überschrift des Leitbilds", "Headline of the vision"),
			Text:  kernel.T("Am Ende der Abschlusswerkstatt haben die Gäste auf Papier gewählt.", "At the end of the closing workshop the guests chose on paper."),
			Rules: ballot.Rules{Method: ballot.Approval, Least: 1, Most: 1}, Eligibility: vote.Open, From: instant(a, 1600, 9), To: instant(a, 1600, 18),
		}, options)
		if err != nil {
			return err
		}
		return a.Votes.Fix(ctx, s.by, r.Key)
	})
	if err != nil {
		return err
	}
	err = then(a, days(a, 1600), func() error {
		for i, h := range headlines {
			for range h.votes {
				if _, err := a.Votes.AddPaper(ctx, s.by, r.Key, vote.PaperBallot{Batch: "Abschlusswerkstatt", Marks: []ballot.Mark{{Option: i, Value: 1}}}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return then(a, days(a, 1599), func() error {
		if err := a.Votes.Close(ctx, s.by, r.Key); err != nil {
			return err
		}
		return a.Votes.Publish(ctx, s.by, vote.PublishArgs{Round: r.Key})
	})
}

func budget(ctx context.Context, a *app.App, s staff, list []option) error {
	var options []vote.Option
	for i, o := range list {
		options = append(options, vote.Option{Key: fmt.Sprint(i + 1), Title: o.Title, Cost: o.Cost})
	}
	var r vote.Round
	err := then(a, days(a, 30), func() (err error) {
		r, err = a.Votes.CreateRound(ctx, s.by, vote.Round{
			Key: "buergerbudget", Process: "buergerbudget-kupferstadt", Module: "budget", Title: kernel.T("Wofür sollen 100.000 Euro ausgegeben werden?", "What shall 100,000 euros be spent on?"),
			Text:  kernel.T("Kreuzen Sie an, was Sie wichtig finden. Gezählt wird nach der Methode gleicher Anteile: Jede Stimme hat den gleichen Teil des Geldes.", "Mark what you find important. Counted by the method of equal shares: every ballot has the same share of the money."),
			Rules: ballot.Rules{Method: ballot.Approval, Least: 1, Most: 5}, Budget: 10_000_000, Eligibility: vote.Open, From: instant(a, 6, 9), To: instant(a, -20, 20),
			Rule: ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.CostUtility, Completion: ballot.AddOneAndFill},
		}, options)
		if err != nil {
			return err
		}
		return a.Votes.Fix(ctx, s.by, r.Key)
	})
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(Seed, 4)) //nolint:gosec // the same ballots in every example town
	for i := range 60 {
		marks := []ballot.Mark{}
		for _, o := range rng.Perm(len(options))[:1+rng.IntN(4)] {
			marks = append(marks, ballot.Mark{Option: o, Value: 1})
		}
		err := then(a, days(a, 5-i/15), func() error {
			if i%3 == 0 {
				_, err := a.Votes.AddPaper(ctx, s.by, r.Key, vote.PaperBallot{Batch: "Rathaus", Marks: marks})
				return err
			}
			_, err := a.Votes.Vote(ctx, access.Anonymous(s.by.Tenant), r.Key, vote.Voice{Device: fmt.Sprintf("%032x", i+1)}, marks)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
