// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func init() {
	changesNothing["POST /mitreden"] = "a contribution keeps its own dated row; an audit entry each would be one hot row of the town"
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		t.Helper()
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		open, err := a.Groups.Save(ctx, who, group.Group{Key: "offen-" + own, Kind: group.WorkingGroup, Name: kernel.T(canary, ""), Public: true})
		must(err)
		inner, err := a.Groups.Save(ctx, who, group.Group{Key: "intern-" + own, Kind: group.Steering, Name: kernel.T(canary, "")})
		must(err)
		member, err := a.Groups.SaveMember(ctx, who, inner.Key, group.Member{Label: canary}, "")
		must(err)
		m, err := a.Groups.SaveMeeting(ctx, who, inner.Key, group.Meeting{
			Title: canary, Starts: kernel.InstantOf(a.Now().Add(-3 * time.Hour)), Items: group.Agenda("Begrüßung\nWohnen", nil),
		})
		must(err)
		paper, err := a.Groups.AddPaper(ctx, who, inner.Key, group.Paper{Name: "plan.txt"}, strings.NewReader(canary))
		must(err)
		draft, err := a.Groups.Write(ctx, who, inner.Key, group.Draft{Title: canary}, 0, canary, "")
		must(err)
		task, err := a.Groups.AddTask(ctx, who, group.Task{Group: inner.ID, Title: canary})
		must(err)

		// The space of a group is for those who hold a role in it and for the planning staff; a role held in the town as a whole does not open it.
		space := func(key string, more ...string) []thing {
			x := called(more...)
			if key != "" {
				x.values["group"] = key
			}
			x.as, x.do = access.Internal, access.ReadGroup
			return []thing{x}
		}
		internal := called("group", inner.Key)
		internal.as = access.Internal
		maybe := func(x []thing) []thing {
			x[0].maybe = true
			return x
		}
		return map[string][]thing{
			"/gruppen/{group}":                            {called("group", open.Key), internal},
			"/gruppen/{group}/sitzungen/{number}":         maybe(space(inner.Key, "number", "1")), // not published
			"/gruppen/{group}/unterlagen/{paper}":         space(inner.Key, "paper", string(paper.ID)),
			"/arbeit/gruppen/{group}":                     space(inner.Key),
			"/arbeit/gruppen/{group}/mitglieder/{member}": space(inner.Key, "member", string(member.ID)),
			"/arbeit/gruppen/{group}/sitzungen/{number}":  space(inner.Key, "number", numeral(m.Number)),
			"/arbeit/gruppen/{group}/unterlagen/{paper}":  space(inner.Key, "paper", string(paper.ID)),
			"/arbeit/gruppen/{group}/texte/{text}":        space(inner.Key, "text", string(draft.ID)),
			"/arbeit/aufgaben/{task}":                     space("", "task", string(task.ID)),
		}
	})
}

func numeral(n int) string { return string(rune('0' + n)) }
