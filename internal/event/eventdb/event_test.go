// SPDX-License-Identifier: EUPL-1.2

package eventdb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/event/eventdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

// town is a town with an event service whose mails and jobs the test sees, and a clock that only the test moves.
type town struct {
	*testing.T
	s     *event.Service
	store *eventdb.Store
	clock *clock.Fixed
	who   access.Actor
	all   access.Actor

	mu    sync.Mutex
	mails []string // "kind email", in the order they were written
	ids   map[string]string
	jobs  []func(ctx context.Context) error
}

func each(t *testing.T, f func(x *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(t.Context(), access.CommandLine(""), tenant.Tenant{Key: "eins", Name: kernel.T("Eins", "One")})
		if err != nil {
			t.Fatal(err)
		}
		box, err := secret.Open(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		x := &town{T: t, clock: clock.At(time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)), store: &eventdb.Store{DB: d}, ids: map[string]string{}}
		x.s = &event.Service{Store: x.store, Tx: d, Secret: box, Mail: x, Jobs: tell{x}, Now: x.clock.Now}
		x.who = access.Actor{Tenant: made.ID, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		x.all = access.Anonymous(made.ID)
		f(x)
	})
}

func (x *town) note(kind string, r event.Registration, token string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mails = append(x.mails, kind+" "+r.Email)
	if token != "" {
		x.ids[r.Email] = token
	}
	return nil
}

func (x *town) Check(email string) (string, error) {
	if !strings.Contains(email, "@") {
		return "", errors.New("no address")
	}
	return email, nil
}

func (x *town) Registered(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration, token string) error {
	return x.note(string(r.State), r, token)
}

func (x *town) Known(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration, token string) error {
	return x.note("known", r, token)
}

func (x *town) MovedUp(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration, token string, withoutPart bool) error {
	if withoutPart {
		return x.note("up without part", r, token)
	}
	return x.note("up "+string(r.State), r, token)
}

func (x *town) TooMany(_ context.Context, _ kernel.ID, e event.Event, r event.Registration, token string) error {
	return x.note(fmt.Sprintf("%d for %d", e.Free(), r.Heads), r, token)
}

func (x *town) Left(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration) error {
	return x.note("left", r, "")
}

func (x *town) Lapsed(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration) error {
	return x.note("lapsed", r, "")
}

func (x *town) Reminder(_ context.Context, _ kernel.ID, _ event.Event, r event.Registration, token string) error {
	return x.note("reminder", r, token)
}

func (x *town) Tell(_ context.Context, _ kernel.ID, l event.Letter, _ event.Event, r event.Registration, token string) error {
	return x.note(string(l), r, token)
}

func (x *town) Invite(_ context.Context, _ kernel.ID, _ event.Event, i event.Invitation, announce bool) error {
	return x.note(fmt.Sprintf("invite %v", announce), event.Registration{Email: i.Email}, "")
}

// job is asked for; it runs when the test says so.
func (x *town) job(f func(ctx context.Context) error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.jobs = append(x.jobs, f)
	return nil
}

func (x *town) Promote(_ context.Context, tenant, id kernel.ID) error {
	return x.job(func(ctx context.Context) error { return x.s.Promote(ctx, tenant, id) })
}

type tell struct{ *town }

func (x tell) Tell(_ context.Context, tenant, id kernel.ID, l event.Letter, sequence int) error {
	return x.job(func(ctx context.Context) error { return x.s.Tell(ctx, tenant, id, l, sequence, nil) })
}

func (x tell) Invite(_ context.Context, tenant, id kernel.ID, announce bool) error {
	return x.job(func(ctx context.Context) error { return x.s.SendInvitations(ctx, tenant, id, announce) })
}

func (x tell) News(context.Context, kernel.ID, string, kernel.ID) error { return nil }

// work does what waits.
func (x *town) work() {
	x.Helper()
	for len(x.jobs) > 0 {
		f := x.jobs[0]
		x.jobs = x.jobs[1:]
		x.must(f(x.Context()))
	}
}

func (x *town) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// took gives the mails since the last call.
func (x *town) took() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := strings.Join(x.mails, ", ")
	x.mails = nil
	return out
}

// event makes a published event in ten days.
func (x *town) event(capacity int, change ...func(e *event.Event)) event.Event {
	x.Helper()
	start := kernel.InstantOf(x.clock.Now().AddDate(0, 0, 10))
	e := event.Event{Registers: true, HasWaiting: true, Capacity: capacity, Start: start, End: kernel.InstantOf(start.Add(2 * time.Hour))}
	e.Title, e.Place, e.Access = kernel.T("Auftakt", "Kick-off"), kernel.T("Rathaus", ""), []event.Feature{event.StepFree}
	for _, f := range change {
		f(&e)
	}
	e, err := x.s.Create(x.Context(), x.who, e)
	x.must(err)
	x.must(x.s.Publish(x.Context(), x.who, e.Key))
	x.jobs = nil
	return x.now(e)
}

func (x *town) now(e event.Event) event.Event {
	x.Helper()
	e, err := x.store.ByID(x.Context(), x.who.Tenant, e.ID)
	x.must(err)
	return e
}

func (x *town) register(e event.Event, email string, change ...func(a *event.Application)) (event.Registration, error) {
	a := event.Application{Email: email, Consent: "de 1", Lang: "de"}
	for _, f := range change {
		f(&a)
	}
	return x.s.Register(x.Context(), x.all, e.Key, a)
}

func key(err error) string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return fmt.Sprint(err)
}

func TestOfManyWhoTakeTheLastPlaceAtOnceOneHasIt(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(1)
		const people = 40
		var wg sync.WaitGroup
		states := make([]event.Standing, people)
		for i := range people {
			wg.Go(func() {
				r, err := x.register(e, fmt.Sprintf("p%d@post.example", i))
				if err != nil {
					x.Error(err)
				}
				states[i] = r.State
			})
		}
		wg.Wait()
		seated := 0
		for _, s := range states {
			if s == event.Registered {
				seated++
			}
		}
		if e = x.now(e); seated != 1 || e.Taken != 1 || e.Waiting != people-1 {
			x.Errorf("%d seated, taken %d, waiting %d", seated, e.Taken, e.Waiting)
		}
		if e.State(kernel.InstantOf(x.clock.Now())) != event.WaitingList {
			x.Error(e.State(kernel.InstantOf(x.clock.Now())))
		}
	})
}

func TestWhoWaitsLongestMovesUp(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(1)
		for _, p := range []string{"a@x.example", "b@x.example", "c@x.example"} {
			_, err := x.register(e, p)
			x.must(err)
			x.clock.Advance(time.Minute)
		}
		if got := x.took(); got != "registered a@x.example, waiting b@x.example, waiting c@x.example" {
			x.Fatal(got)
		}
		_, err := x.s.Leave(x.Context(), x.all.Tenant, x.ids["a@x.example"])
		x.must(err)
		// Before the job has run nobody jumps the queue.
		late, err := x.register(e, "d@x.example")
		x.must(err)
		x.work()
		if got := x.took(); late.State != event.Waits || got != "left a@x.example, waiting d@x.example, up registered b@x.example" {
			x.Error(got, late.State)
		}
		if _, err := x.s.Leave(x.Context(), x.all.Tenant, x.ids["a@x.example"]); err != nil || x.took() != "" {
			x.Error("leaving twice is no error and tells nobody", err)
		}
		e = x.now(e)
		e.Capacity = 3
		_, err = x.s.Save(x.Context(), x.who, e)
		x.must(err)
		x.work()
		if got := x.took(); got != "up registered c@x.example, up registered d@x.example" {
			x.Error("more places:", got)
		}
		if e = x.now(e); e.Taken != 3 || e.Waiting != 0 {
			x.Errorf("%d %d", e.Taken, e.Waiting)
		}
	})
}

func TestAPlaceThatIsOfferedGoesOnWhenNobodyTakesIt(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(1, func(e *event.Event) { e.Hours = 24 })
		for _, p := range []string{"a@x.example", "b@x.example", "c@x.example"} {
			_, err := x.register(e, p)
			x.must(err)
			x.clock.Advance(time.Minute)
		}
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["a@x.example"])))
		x.work()
		x.took()
		x.must(x.s.Tick(x.Context(), x.all.Tenant))
		if got := x.took(); got != "" {
			x.Error("before the time is over:", got)
		}
		x.clock.Advance(25 * time.Hour)
		if _, err := x.s.Accept(x.Context(), x.all.Tenant, x.ids["b@x.example"]); key(err) != "event.offer.over" {
			x.Error(err)
		}
		x.must(x.s.Tick(x.Context(), x.all.Tenant))
		x.work()
		if got := x.took(); got != "lapsed b@x.example, up offered c@x.example" {
			x.Error(got)
		}
		x.must(second(x.s.Accept(x.Context(), x.all.Tenant, x.ids["c@x.example"])))
		x.clock.Advance(48 * time.Hour)
		x.must(x.s.Tick(x.Context(), x.all.Tenant))
		r, _, err := x.s.Seat(x.Context(), x.all.Tenant, x.ids["c@x.example"])
		if err != nil || r.State != event.Registered {
			x.Errorf("%+v %v", r, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestNobodyRegistersForWhatIsFullCancelledOrOver(t *testing.T) {
	each(t, func(x *town) {
		full := x.event(1, func(e *event.Event) { e.HasWaiting = false })
		x.must(second(x.register(full, "a@x.example")))
		if _, err := x.register(full, "b@x.example"); key(err) != "event.refused.full" {
			x.Error("full:", err)
		}
		off := x.event(10)
		x.must(x.s.Cancel(x.Context(), x.who, off.Key, kernel.T("Sturm", "")))
		if _, err := x.register(off, "a@x.example"); key(err) != "event.refused.cancelled" {
			x.Error("cancelled:", err)
		}
		early := x.event(10, func(e *event.Event) { e.Opens = kernel.InstantOf(x.clock.Now().AddDate(0, 0, 2)) })
		if _, err := x.register(early, "a@x.example"); key(err) != "event.refused.early" {
			x.Error("early:", err)
		}
		closed := x.event(10, func(e *event.Event) { e.Closes = kernel.InstantOf(x.clock.Now().AddDate(0, 0, 1)) })
		over := x.event(10)
		draft, err := x.s.Create(x.Context(), x.who, event.Event{Content: event.Content{Title: kernel.T("Entwurf", "")}})
		x.must(err)
		if _, err := x.register(draft, "a@x.example"); kernel.KindOf(err) != kernel.NotFound {
			x.Error("draft:", err)
		}
		x.clock.Advance(36 * time.Hour)
		if _, err := x.register(closed, "a@x.example"); key(err) != "event.refused.closed" {
			x.Error("closed:", err)
		}
		x.clock.Advance(20 * 24 * time.Hour)
		if _, err := x.register(over, "a@x.example"); key(err) != "event.refused.past" {
			x.Error("over:", err)
		}
		if _, err := x.register(over, "kein Postfach"); key(err) != "event.refused.past" {
			x.Error(err)
		}
	})
}

func TestAnAddressHasOnePlaceAndNobodyLearnsOfIt(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(10)
		first, err := x.register(e, "A@x.example")
		x.must(err)
		again, err := x.register(e, "a@X.example")
		if err != nil || again.ID != "" || again.Code != "" || again.State != first.State {
			x.Errorf("%+v %v", again, err)
		}
		if got := x.took(); got != "registered A@x.example, known A@x.example" {
			x.Error(got)
		}
		if e = x.now(e); e.Taken != 1 {
			x.Errorf("%d places", e.Taken)
		}
		// Who has left can come back.
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["A@x.example"])))
		back, err := x.register(e, "a@x.example")
		if err != nil || back.ID == "" {
			x.Errorf("%+v %v", back, err)
		}
		if _, _, err := x.s.Seat(x.Context(), x.all.Tenant, string(first.ID)+".forged"); kernel.KindOf(err) != kernel.NotFound {
			x.Error("forged link:", err)
		}
	})
}

func TestWorkingGroupsHavePlacesOfTheirOwn(t *testing.T) {
	each(t, func(x *town) {
		shipped := event.Templates()[0].Make()
		e := x.event(0, func(e *event.Event) {
			e.Parts = shipped.Parts
			for i := range e.Parts {
				e.Parts[i].Capacity = 1
			}
		})
		if len(e.Parts) != 7 {
			x.Fatalf("%d groups", len(e.Parts))
		}
		in := func(i int) func(a *event.Application) {
			return func(a *event.Application) { a.Part = e.Parts[i].ID }
		}
		if _, err := x.register(e, "a@x.example"); key(err) != "event.invalid" {
			x.Error("without a group:", err)
		}
		x.must(second(x.register(e, "a@x.example", in(0))))
		e = x.now(e)
		if _, err := x.register(e, "b@x.example", in(0)); key(err) != "event.invalid" {
			x.Error("a full group:", err)
		}
		x.must(second(x.register(e, "b@x.example", in(1))))
		if _, err := x.s.Choose(x.Context(), x.all.Tenant, x.ids["b@x.example"], e.Parts[0].ID); key(err) != "event.invalid" {
			x.Error("changing into a full group:", err)
		}
		x.must(second(x.s.Choose(x.Context(), x.all.Tenant, x.ids["b@x.example"], e.Parts[2].ID)))
		e = x.now(e)
		taken := []int{e.Parts[0].Taken, e.Parts[1].Taken, e.Parts[2].Taken}
		if !slices.Equal(taken, []int{1, 0, 1}) || e.Taken != 2 {
			x.Errorf("%v of %d", taken, e.Taken)
		}
		e.Parts = e.Parts[1:]
		if _, err := x.s.Save(x.Context(), x.who, e); key(err) != "event.part.used" {
			x.Error("a chosen group is struck:", err)
		}
	})
}

func TestOfSeveralWhoTakeTheLastPlaceOfAGroupAtOnceOneHasIt(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(0, func(e *event.Event) { e.Parts = []event.Part{{Title: kernel.T("Wohnen", ""), Capacity: 1}} })
		var wg sync.WaitGroup
		var mu sync.Mutex
		seated, full := 0, 0
		for i := range 20 {
			wg.Go(func() {
				_, err := x.register(e, fmt.Sprintf("p%d@x.example", i), func(a *event.Application) { a.Part = e.Parts[0].ID })
				mu.Lock()
				defer mu.Unlock()
				switch key(err) {
				case "<nil>":
					seated++
				case "event.invalid":
					full++
				default:
					x.Error(err)
				}
			})
		}
		wg.Wait()
		if e = x.now(e); seated != 1 || full != 19 || e.Taken != 1 || e.Parts[0].Taken != 1 {
			x.Errorf("%d seated, %d refused, %d taken, %d in the group", seated, full, e.Taken, e.Parts[0].Taken)
		}
	})
}
