// SPDX-License-Identifier: EUPL-1.2

package eventdb_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func heads(n int, names ...string) func(a *event.Application) {
	return func(a *event.Application) { a.Heads, a.Others = n, names }
}

func TestEverybodyOfARegistrationCounts(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(5, func(e *event.Event) { e.AskName = "optional" })
		r, err := x.register(e, "familie@x.example", heads(3, " Erste ", "", "Zweite"))
		x.must(err)
		if e = x.now(e); r.State != event.Registered || e.Taken != 3 || !slices.Equal(r.Companions, []string{"Erste", "Zweite"}) {
			x.Fatalf("%+v, %d taken", r, e.Taken)
		}
		again, err := x.store.Registration(x.Context(), x.all.Tenant, r.ID)
		x.must(err)
		if again.Heads != 3 || !slices.Equal(again.Companions, r.Companions) {
			x.Errorf("kept: %d %q", again.Heads, again.Companions)
		}
		for name, c := range map[string]struct {
			set   func(a *event.Application)
			field string
		}{
			"more than a registration can be for": {heads(6), "heads"},
			"not a number":                        {heads(1<<31 - 1), "heads"},
			"more names than people":              {heads(2, "Eins", "Zwei"), "others"},
		} {
			_, err := x.register(e, "andere@x.example", c.set)
			if k, ok := err.(*kernel.Error); !ok || k.Fields[c.field] == "" {
				x.Errorf("%s: %v", name, err)
			}
		}
		late, err := x.register(e, "gruppe@x.example", heads(3))
		x.must(err)
		if e = x.now(e); late.State != event.Waits || e.Taken != 3 || e.Waiting != 3 {
			x.Errorf("three for two places: %s, %d taken, %d wait", late.State, e.Taken, e.Waiting)
		}
		x.must(x.s.Tick(x.Context(), x.all.Tenant))
		x.work()
		if e = x.now(e); e.Taken != 3 || e.Waiting != 3 {
			x.Errorf("counted anew: %d taken, %d wait", e.Taken, e.Waiting)
		}
	})
}

func TestTooManyForTheFreePlacesAreToldAndKeepTheirPlaceInTheQueue(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(4)
		for _, r := range []struct {
			email string
			heads int
		}{{"a@x.example", 2}, {"b@x.example", 2}, {"vier@x.example", 4}, {"zwei@x.example", 2}, {"drei@x.example", 3}} {
			x.must(second(x.register(e, r.email, heads(r.heads))))
			x.clock.Advance(time.Minute)
		}
		x.took()
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["a@x.example"])))
		x.work()
		if got := x.took(); got != "left a@x.example, 2 for 4 vier@x.example, 2 for 3 drei@x.example, up registered zwei@x.example" {
			x.Error(got)
		}
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["zwei@x.example"])))
		x.work()
		if got := x.took(); got != "left zwei@x.example" {
			x.Error("told once only:", got)
		}
		// Two places are free and nobody who waits can have them: somebody alone can.
		alone, err := x.register(e, "allein@x.example")
		if err != nil || alone.State != event.Registered {
			x.Error(alone.State, err)
		}
		x.took()
		// Four who become one move up.
		if _, err := x.s.Fewer(x.Context(), x.all.Tenant, x.ids["vier@x.example"], 5); key(err) != "event.invalid" {
			x.Error("more people:", err)
		}
		if _, err := x.s.Fewer(x.Context(), x.all.Tenant, x.ids["vier@x.example"], 0); key(err) != "event.invalid" {
			x.Error("nobody:", err)
		}
		x.must(second(x.s.Fewer(x.Context(), x.all.Tenant, x.ids["vier@x.example"], 1)))
		x.work()
		if got := x.took(); got != "up registered vier@x.example" {
			x.Error(got)
		}
		if e = x.now(e); e.Taken != 4 || e.Waiting != 3 {
			x.Errorf("%d taken, %d wait", e.Taken, e.Waiting)
		}
		// Who has places and needs fewer gives them to who waits.
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["allein@x.example"])))
		x.must(second(x.s.Fewer(x.Context(), x.all.Tenant, x.ids["b@x.example"], 1)))
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["vier@x.example"])))
		x.work()
		if e = x.now(e); e.Taken != 4 || e.Waiting != 0 {
			x.Errorf("%d taken, %d wait", e.Taken, e.Waiting)
		}
	})
}

func TestGroupsWhoTakeTheLastPlacesAtOnceNeverAreTooMany(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(5, func(e *event.Event) {
			e.HasWaiting = false
			e.Parts = []event.Part{{Title: kernel.T("Wohnen", ""), Capacity: 5}}
		})
		var wg sync.WaitGroup
		var mu sync.Mutex
		seated := 0
		for i := range 20 {
			wg.Go(func() {
				r, err := x.register(e, fmt.Sprintf("p%d@x.example", i), heads(1+i%3), func(a *event.Application) { a.Part = e.Parts[0].ID })
				mu.Lock()
				defer mu.Unlock()
				switch key(err) {
				case "<nil>":
					seated += r.Heads
				case "event.refused.full", "event.refused.few", "event.invalid":
				default:
					x.Error(err)
				}
			})
		}
		wg.Wait()
		if e = x.now(e); seated != e.Taken || e.Taken > 5 || e.Taken < 3 || e.Parts[0].Taken != e.Taken {
			x.Errorf("%d seated, %d taken, %d in the group", seated, e.Taken, e.Parts[0].Taken)
		}
	})
}

func TestTheDoorCountsPeopleNotRegistrations(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(10)
		r, err := x.register(e, "familie@x.example", heads(4))
		x.must(err)
		if _, _, err := x.s.CheckIn(x.Context(), x.who, e.Key, r.Code, 5); key(err) != "event.invalid" {
			x.Error("five of four:", err)
		}
		if _, first, err := x.s.CheckIn(x.Context(), x.who, e.Key, r.Code, 3); err != nil || !first {
			x.Error(first, err)
		}
		if e = x.now(e); e.Attended != 3 {
			x.Errorf("%d came", e.Attended)
		}
	})
}
