// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
)

func init() {
	for _, route := range []string{
		"POST /leitbild/{text}/absatz/{paragraph}/aendern", "POST /leitbild/{text}/aenderungen/{number}/unterstuetzen", "POST /leitbild/vorgang/zurueckziehen",
	} {
		changesNothing[route] = "amendments and support keep their own dated row, which citizens write"
	}
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ctx := t.Context()
		key := "leitbild-" + own
		_, err := a.Vision.Create(ctx, who, vision.Text{Key: key, Kind: vision.Leitbild, Title: kernel.T(canary, ""), Opens: kernel.InstantOf(a.Now().AddDate(-10, 0, 0))})
		must(err)
		p, err := a.Vision.Add(ctx, who, key, "", vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": canary}})
		must(err)
		must(a.Vision.Publish(ctx, who, key, true))
		_, err = a.Vision.Issue(ctx, who, key, canary)
		must(err)
		_, err = a.Vision.Submit(ctx, access.Anonymous(who.Tenant), key, vision.Proposal{Paragraph: p.ID, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Neu.", Reason: canary, Pseudonym: canary})
		must(err)
		must(a.Vision.Judge(ctx, planner(who.Tenant), key, vision.Step{Number: 1, Edit: 1, To: vision.Admitted}))
		text := func(kv ...string) []thing {
			x := called(append([]string{"text", key}, kv...)...)
			return []thing{x}
		}
		maybe := func(kv ...string) []thing {
			x := called(append([]string{"text", key}, kv...)...)
			x.maybe = true
			return []thing{x}
		}
		return map[string][]thing{
			"/leitbild/{text}":                                 text(),
			"/leitbild/{text}/fassungen/{version}":             text("version", "1"),
			"/leitbild/{text}/fassungen/{version}/{file}":      text("version", "1", "file", key+"-1.md"),
			"/leitbild/{text}/aenderungen/{number}":            text("number", "1"),
			"/leitbild/{text}/absatz/{paragraph}":              text("paragraph", string(p.ID)),
			"/arbeit/leitbild/{text}":                          text(),
			"/arbeit/leitbild/{text}/absatz/{paragraph}":       text("paragraph", string(p.ID)),
			"/arbeit/leitbild/{text}/absatz/{paragraph}/{act}": maybe("paragraph", string(p.ID), "act", "hoch"),
			"/arbeit/leitbild/{text}/aenderungen/{number}":     text("number", "1"),
		}
	})
}
