// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/app"
)

func init() {
	changesNothing["POST /arbeit/akteure/import/{id}"] = "what was filled in so far of a file that waits; taking the file is written down"
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		t.Helper()
		add := func(k actor.Kind, name string, public bool, values map[string][]string) actor.Record {
			t.Helper()
			if values == nil {
				values = map[string][]string{}
			}
			values["title"] = []string{name}
			x, err := a.Actors.Create(t.Context(), who, k, "", actor.Edit{Values: values, Public: public})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		out := map[string][]thing{}
		for path, k := range map[string]actor.Kind{"/akteure/{actor}": actor.ActorKind, "/angebote/{offer}": actor.OfferKind, "/netzwerke/{network}": actor.NetworkKind} {
			open, inner := add(k, "Offen "+own, true, nil), add(k, "Intern "+own, false, nil)
			out[path] = []thing{called(string(k), open.Head().Key), called(string(k), inner.Head().Key)}
			out[path][1].as = access.Internal
		}
		kept := called("id", string(add(actor.ActorKind, "Verein "+own, true, nil).Head().ID))
		kept.do = access.KeepActors
		out["/arbeit/akteure/eintrag/{id}"] = []thing{kept}
		out["/arbeit/mein-traeger/{id}"] = []thing{kept}
		fresh := called("kind", "offer")
		fresh.do = access.KeepActors
		out["/arbeit/akteure/neu/{kind}"] = []thing{fresh}
		nothing := called("id", nowhere)
		nothing.maybe = true
		out["/arbeit/akteure/aenderungen/{id}"] = []thing{nothing}
		out["/arbeit/akteure/import/{id}"] = []thing{nothing}
		out["/arbeit/akteure/export/{file}"] = []thing{called("file", "akteure.xlsx")}
		return out
	})
}
