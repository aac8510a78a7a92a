// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

func init() {
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		planner := access.Actor{Tenant: who.Tenant, Roles: []access.Role{access.Planner}}
		p, err := a.Participation.Create(t.Context(), planner, participation.Process{Key: "prozess-" + own, Title: kernel.T(canary, "")})
		if err != nil {
			t.Fatal(err)
		}
		// Seen by its team, the planning staff and those who publish; participationdb tells them apart.
		draft := called("process", p.Key)
		draft.maybe = true
		return map[string][]thing{
			"/beteiligung/{process}": {draft}, "/arbeit/beteiligung/{process}": {draft}, "/arbeit/mindeststandards/{set}": {called("set", participation.DefaultSet)},
		}
	})
}
