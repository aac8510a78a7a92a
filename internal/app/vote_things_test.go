// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

func init() {
	changesNothing["POST /abstimmung/{round}"] = "a vote keeps its own dated row and names nobody; the trail would be one hot row for the whole town"
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		who.Roles = append(who.Roles, access.Planner)
		open := ballotRound(t, a, who, vote.Round{Key: "frei-" + own, Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Open})
		set, _, err := a.Votes.Codes.Make(t.Context(), who, vote.CodeSet{Kind: vote.LetterCode, Round: open.ID, Name: canary}, 3)
		if err != nil {
			t.Fatal(err)
		}
		public := func(kv ...string) []thing {
			x := called(append([]string{"round", open.Key}, kv...)...)
			x.as, x.maybe = access.Public, true
			return []thing{x}
		}
		work := called("round", open.Key)
		work.maybe = true
		return map[string][]thing{
			"/abstimmung/{round}":               public(),
			"/abstimmung/{round}/bild/{number}": public("number", "0"),
			"/arbeit/abstimmungen/{round}":      {work},
			"/arbeit/codes/{set}":               {called("set", string(set.ID))},
		}
	})
}

// ballotRound makes a round with three proposals that runs for an hour from now on.
func ballotRound(t *testing.T, a *app.App, who access.Actor, r vote.Round) vote.Round {
	t.Helper()
	ctx := context.Background()
	r.Title = kernel.Text{"de": "Was zuerst? " + r.Key}
	r.From, r.To = kernel.InstantOf(a.Now().Add(-time.Minute)), kernel.InstantOf(a.Now().Add(time.Hour))
	var options []vote.Option
	for _, s := range []string{"Bank", "Baum", "Brunnen"} {
		options = append(options, vote.Option{Title: kernel.Text{"de": s}})
	}
	made, err := a.Votes.CreateRound(ctx, who, r, options)
	if err == nil {
		err = a.Votes.Fix(ctx, who, made.Key)
	}
	if err != nil {
		t.Fatal(err)
	}
	if made, _, err = a.Votes.Get(ctx, who, made.Key); err != nil {
		t.Fatal(err)
	}
	return made
}
