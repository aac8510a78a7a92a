// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func init() {
	for _, route := range []string{
		"POST /beitraege/{number}/melden", "POST /vorgang/widerspruch", "POST /beitraege/{number}/folgen",
	} {
		changesNothing[route] = "reports, objections and subscriptions keep their own dated row"
	}
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		t.Helper()
		c, _, err := a.Contributions.Submit(t.Context(), access.Anonymous(who.Tenant), contribution.Draft{Title: canary, Text: canary})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Contributions.Publish(t.Context(), who.Tenant, c.ID); err != nil {
			t.Fatal(err)
		}
		planner := access.Actor{Tenant: who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		reply, err := a.Answers.Write(t.Context(), planner, []string{c.Number}, contribution.Reply{Status: contribution.Adopted, Body: kernel.Text{"de": canary}})
		if err != nil {
			t.Fatal(err)
		}
		maybe := func(kv ...string) []thing { x := called(kv...); x.maybe = true; return []thing{x} }
		return map[string][]thing{
			"/arbeit/moderation/{kind}/{id}":            maybe("kind", "beitrag", "id", string(c.ID)),
			"/arbeit/rueckmeldungen/antwort/{id}":       maybe("id", string(reply.ID)),
			"/arbeit/rueckmeldungen/textbausteine/{id}": maybe("id", nowhere),
			"/arbeit/rueckmeldungen/{number}":           maybe("number", c.Number),
		}
	})
}
