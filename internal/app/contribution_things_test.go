// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
)

func init() {
	// The contribution keeps its own dated row, version and receipt: there is no further entry, which would be one hot row of the town.
	for _, route := range []string{
		"POST /beitraege/neu", "POST /beteiligung/{process}/{module}/neu", "POST /beitraege/{number}/unterstuetzen", "POST /beitraege/{number}/kommentar",
		"POST /beitraege/{number}/kommentar/zurueck", "POST /vorgang", "POST /vorgang/aendern", "POST /vorgang/zurueckziehen", "POST /vorgang/nachricht", "POST /vorgang/quittung",
	} {
		changesNothing[route] = "acts of citizens keep their own dated row"
	}
	for _, route := range []string{"POST /abo", "POST /abo/bestaetigen/{token}", "POST /abo/{token}", "POST /abo/{token}/ende/{topic}"} {
		changesNothing[route] = "the subscription keeps its own dated row, with the version of the consent"
	}
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		t.Helper()
		numbers := make([]string, 2)
		for i := range numbers {
			c, _, err := a.Contributions.Submit(t.Context(), access.Anonymous(who.Tenant), contribution.Draft{Title: canary, Text: canary})
			if err != nil {
				t.Fatal(err)
			}
			if numbers[i] = c.Number; i == 0 {
				if _, err := a.Contributions.Publish(t.Context(), who.Tenant, c.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		maybe := func(kv ...string) thing { x := called(kv...); x.maybe = true; return x }
		return map[string][]thing{
			"/beitraege/{number}":             {maybe("number", numbers[0]), maybe("number", numbers[1])},
			"/beitraege/{number}/foto/{file}": {maybe("number", numbers[0], "file", nowhere)},
			"/arbeit/beitraege/{number}":      {maybe("number", numbers[0]), maybe("number", numbers[1])},
			"/beteiligung/{process}/{module}": {maybe("process", "prozess-"+own, "module", "ideen")},
		}
	})
}
