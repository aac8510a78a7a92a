// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func init() {
	for route, why := range map[string]string{
		"POST /veranstaltungen/{event}/anmeldung": "a registration keeps its own dated row until its time is over",
		"POST /teilnahme/{token}/abmelden":        "giving a place back is kept with the registration",
		"POST /teilnahme/{token}/bestaetigen":     "taking a place that was kept is kept with the registration",
		"POST /teilnahme/{token}/gruppe":          "the choice of a working group is kept with the registration",
		"POST /teilnahme/{token}/personen":        "how many people come is kept with the registration",
	} {
		changesNothing[route] = why
	}
	moreThings = append(moreThings, func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
		t.Helper()
		staff := planning(who)
		open, draft := meeting(t, a, staff, "Treffen "+own, 10), meeting(t, a, staff, "Entwurf "+own, 0)
		post := func(title string, publish bool) event.Post {
			t.Helper()
			p, err := a.Events.SavePost(t.Context(), staff, event.Post{Category: "news", PostContent: event.PostContent{Title: kernel.T(title, ""), Body: kernel.T("Text", "")}}, nil)
			if err == nil && publish {
				err = a.Events.PublishPost(t.Context(), staff, p.ID, false)
			}
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		shown, hidden := post("Neues "+own, true), post("Halbfertig "+own, false)
		maybe := func(x thing) thing { x.maybe = true; return x }
		kept := func(x thing) thing { x.do = access.EditEvent; return x }
		return map[string][]thing{
			"/veranstaltungen/{event}":              {called("event", open.Key), kept(called("event", draft.Key))},
			"/veranstaltungen/{event}/bild/{photo}": {maybe(called("event", open.Key, "photo", nowhere))},
			"/teilnahme/{token}":                    {maybe(called("token", "forged"))},
			"/pinnwand/{post}":                      {maybe(called("post", string(shown.ID))), maybe(kept(called("post", string(hidden.ID))))},
			"/arbeit/veranstaltungen/{event}":       {maybe(called("event", open.Key))},
			"/arbeit/pinnwand/{post}":               {called("post", string(shown.ID))},
		}
	})
}

// planning is somebody of the town's social planning.
func planning(who access.Actor) access.Actor {
	return access.Actor{Tenant: who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
}

// meeting makes an event in ten days, published where it has places.
func meeting(t *testing.T, a *app.App, staff access.Actor, title string, places int) event.Event {
	t.Helper()
	start := a.Now().AddDate(0, 0, 10)
	e := event.Event{Registers: true, HasWaiting: true, Capacity: places, Start: kernel.InstantOf(start), End: kernel.InstantOf(start.Add(2 * time.Hour))}
	e.Title, e.Place, e.Access = kernel.T(title, title), kernel.T("Rathaus", "Town hall"), []event.Feature{event.StepFree}
	e, err := a.Events.Create(t.Context(), staff, e)
	if err == nil && places > 0 {
		err = a.Events.Publish(t.Context(), staff, e.Key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}
