// SPDX-License-Identifier: EUPL-1.2

package eventdb_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestPeopleAreRemindedOnceAndNeverAfterTheyLeft(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(10)
		for _, p := range []string{"stays@x.example", "leaves@x.example"} {
			x.must(second(x.register(e, p)))
		}
		x.took()
		tick := func() string {
			x.Helper()
			x.must(x.s.Tick(x.Context(), x.all.Tenant))
			x.work()
			return x.took()
		}
		x.clock.Set(e.Start.Add(-49 * time.Hour))
		if got := tick(); got != "" {
			x.Error("too early:", got)
		}
		x.must(second(x.s.Leave(x.Context(), x.all.Tenant, x.ids["leaves@x.example"])))
		x.took()
		x.clock.Set(e.Start.Add(-47 * time.Hour))
		x.must(second(x.register(e, "late@x.example")))
		x.took()
		if got := tick(); got != "reminder stays@x.example" {
			x.Error(got)
		}
		if got := tick(); got != "" {
			x.Error("twice:", got)
		}
		// The event moves: everybody is told, and reminded of the new day.
		e = x.now(e)
		e.Start, e.End = kernel.InstantOf(e.Start.AddDate(0, 0, 7)), kernel.InstantOf(e.End.AddDate(0, 0, 7))
		e, err := x.s.Save(x.Context(), x.who, e)
		x.must(err)
		if got := tick(); got != "changed stays@x.example, changed late@x.example" || e.Sequence != 1 {
			x.Error(got, e.Sequence)
		}
		x.clock.Set(e.Start.Add(-47 * time.Hour))
		if got := tick(); got != "reminder stays@x.example, reminder late@x.example" {
			x.Error(got)
		}
		x.must(x.s.Cancel(x.Context(), x.who, e.Key, kernel.T("Krankheit", "")))
		if got := tick(); got != "cancelled stays@x.example, cancelled late@x.example" {
			x.Error(got)
		}
		if got := tick(); got != "" || x.now(e).Sequence != 2 {
			x.Error(got)
		}
	})
}

func TestInvitationsAreSentOnce(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(10)
		n, err := x.s.AddInvitations(x.Context(), x.who, e.Key, "Jugendamt <ja@x.example>\r\nSchule; s@x.example\nja@X.example\n\n", "de")
		if err != nil || n != 2 {
			x.Fatal(n, err)
		}
		_, err = x.s.AddInvitations(x.Context(), x.who, e.Key, "gut@x.example\nohne Adresse", "de")
		var k *kernel.Error
		if !errors.As(err, &k) || len(k.Findings) != 1 || k.Findings[0].Row != 2 {
			x.Errorf("%v", err)
		}
		for range 2 {
			x.must(x.s.Invite(x.Context(), x.who, e.Key, true))
			x.must(x.s.Invite(x.Context(), x.who, e.Key, false))
		}
		x.work()
		if got := x.took(); got != "invite true ja@x.example, invite true s@x.example, invite false ja@x.example, invite false s@x.example" {
			x.Error(got)
		}
		x.must(second(x.s.AddInvitations(x.Context(), x.who, e.Key, "Verein neu@x.example", "de")))
		x.must(x.s.Invite(x.Context(), x.who, e.Key, false))
		x.work()
		if got := x.took(); got != "invite false neu@x.example" {
			x.Error(got)
		}
	})
}

func TestAtTheDoorACodeLetsOnePersonIn(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(10)
		r, err := x.register(e, "a@x.example")
		x.must(err)
		helper := access.Actor{Tenant: x.who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Recorder}}
		typed := strings.ToLower(strings.ReplaceAll(r.Code, "-", " "))
		if _, first, err := x.s.CheckIn(x.Context(), helper, e.Key, typed, 0); err != nil || !first {
			x.Fatal(first, err)
		}
		if _, first, err := x.s.CheckIn(x.Context(), helper, e.Key, r.Code, 0); err != nil || first {
			x.Error("the same code twice:", first, err)
		}
		if _, _, err := x.s.CheckIn(x.Context(), helper, e.Key, "ZZZZ-ZZZ", 0); key(err) != "event.invalid" {
			x.Error(err)
		}
		if _, _, err := x.s.CheckIn(x.Context(), x.all, e.Key, r.Code, 0); kernel.KindOf(err) != kernel.Unauthenticated {
			x.Error(err)
		}
		if x.now(e).Attended != 1 {
			x.Error("nobody counted")
		}
		if _, _, err := x.s.Registrations(x.Context(), helper, e.Key); kernel.KindOf(err) != kernel.Denied {
			x.Error("who stands at the door reads addresses:", err)
		}
	})
}

func TestMinutesArePublicOncePublishedAndMakeEachThingOnce(t *testing.T) {
	each(t, func(x *town) {
		made := []string{}
		make := func(kind string) func(context.Context, access.Actor, event.Event, event.Minute) (kernel.Ref, string, error) {
			return func(_ context.Context, _ access.Actor, _ event.Event, m event.Minute) (kernel.Ref, string, error) {
				made = append(made, kind+" "+m.Title)
				return kernel.Ref{Kind: kind, ID: kernel.NewID()}, "/" + kind, nil
			}
		}
		x.s.Outcomes = event.Outcomes{Contribution: make("contribution"), Task: make("task")}
		e := x.event(10)
		x.must(second(x.register(e, "a@x.example")))
		x.took()
		for _, m := range []event.Minute{
			{Kind: event.Contribution, Title: "Bank am Markt"},
			{Kind: event.Task, Title: "Ortstermin", Due: "2027-04-01"},
			{Kind: event.Decision, Title: "Wir treffen uns monatlich"},
			{Kind: event.Note, Title: "Es regnete"},
		} {
			x.must(x.s.AddMinute(x.Context(), x.who, e.Key, m))
		}
		if _, err := x.s.PublishMinutes(x.Context(), x.who, e.Key); key(err) != "event.minutes.early" {
			x.Error(err)
		}
		x.clock.Set(e.End.Add(time.Hour))
		if list, err := x.s.Minutes(x.Context(), x.all, x.now(e)); err != nil || list != nil {
			x.Error("read before the publication", list, err)
		}
		if n, err := x.s.PublishMinutes(x.Context(), x.who, e.Key); err != nil || n != 2 {
			x.Error(n, err)
		}
		x.must(x.s.AddMinute(x.Context(), x.who, e.Key, event.Minute{Kind: event.Task, Title: "Nachtrag"}))
		if n, err := x.s.PublishMinutes(x.Context(), x.who, e.Key); err != nil || n != 1 {
			x.Error(n, err)
		}
		x.work()
		if got := x.took(); got != "minutes a@x.example" || !slices.Equal(made, []string{"contribution Bank am Markt", "task Ortstermin", "task Nachtrag"}) {
			x.Error(got, made)
		}
		list, err := x.s.Minutes(x.Context(), x.all, x.now(e))
		if err != nil || len(list) != 5 || list[0].Path != "/contribution" {
			x.Errorf("%+v %v", list, err)
		}
		if err := x.s.DropMinute(x.Context(), x.who, e.Key, list[0].ID); key(err) != "event.minute.used" {
			x.Error(err)
		}
		if x.now(e).State(kernel.InstantOf(x.clock.Now())) != event.MinutesPublic {
			x.Error("state")
		}
	})
}

func TestCountsAreSetRightAfterDataWereDeleted(t *testing.T) {
	each(t, func(x *town) {
		e := x.event(2)
		for _, p := range []string{"a@x.example", "b@x.example", "c@x.example"} {
			x.must(second(x.register(e, p)))
			x.clock.Advance(time.Minute)
		}
		x.took()
		x.must(x.store.DB.Tx(x.Context(), func(ctx context.Context) error { // as an erasure does
			_, err := x.store.DB.Conn(ctx).ExecContext(ctx, `delete from event_registration where tenant_id = $1 and email = 'a@x.example'`, x.who.Tenant)
			return err
		}))
		x.must(x.s.Tick(x.Context(), x.all.Tenant))
		if got := x.took(); got != "up registered c@x.example" {
			x.Error(got)
		}
		if e = x.now(e); e.Taken != 2 || e.Waiting != 0 {
			x.Errorf("%d %d", e.Taken, e.Waiting)
		}
	})
}

func TestTheBoardShowsWhatIsPublishedAndNotExpired(t *testing.T) {
	each(t, func(x *town) {
		put := func(title string, change func(p *event.Post)) event.Post {
			x.Helper()
			p := event.Post{Category: "news", PostContent: event.PostContent{Title: kernel.T(title, ""), Body: kernel.T("Text", "")}}
			if change != nil {
				change(&p)
			}
			p, err := x.s.SavePost(x.Context(), x.who, p, nil)
			x.must(err)
			x.must(x.s.PublishPost(x.Context(), x.who, p.ID, false))
			x.clock.Advance(time.Minute)
			return p
		}
		put("alt", func(p *event.Post) { p.ExpiresAt = kernel.InstantOf(x.clock.Now().Add(time.Hour)) })
		put("oben", func(p *event.Post) { p.Pinned = true })
		put("neu", func(p *event.Post) { p.Areas = []string{"quartier/1"} })
		gone := put("weg", nil)
		x.must(x.s.PublishPost(x.Context(), x.who, gone.ID, true))
		titles := func(f event.PostFilter) string {
			x.Helper()
			list, err := x.s.Posts(x.Context(), x.all, f)
			x.must(err)
			var out []string
			for _, p := range list {
				out = append(out, p.Title.String())
			}
			return strings.Join(out, " ")
		}
		if got := titles(event.PostFilter{}); got != "oben neu alt" {
			x.Error(got)
		}
		x.clock.Advance(2 * time.Hour)
		if got := titles(event.PostFilter{}) + "|" + titles(event.PostFilter{Old: true}) + "|" + titles(event.PostFilter{Area: "quartier/2"}); got != "oben neu|alt|oben" {
			x.Error(got)
		}
		if _, err := x.s.Post(x.Context(), x.all, gone.ID); kernel.KindOf(err) != kernel.NotFound {
			x.Error(err)
		}
		p, err := x.s.Post(x.Context(), x.who, gone.ID)
		x.must(err)
		x.must(second(x.s.SavePost(x.Context(), x.who, p, nil)))
		if _, err := x.s.SavePost(x.Context(), x.who, p, nil); key(err) != "event.changed" {
			x.Error("two editors:", err)
		}
	})
}

func TestACardShowsTheFirstPhotoOfItsEvent(t *testing.T) {
	each(t, func(x *town) {
		with, without := x.event(1), x.event(1)
		first, second := kernel.NewID(), kernel.NewID()
		for _, id := range []kernel.ID{first, second} {
			x.must(x.store.AddPhoto(x.Context(), x.who.Tenant, event.Photo{ID: id, Event: with.ID, SHA256: string(id), Width: 4, Height: 3, Alt: kernel.T("Saal", ""), UploadedAt: kernel.InstantOf(x.clock.Now())}))
		}
		draft, err := x.s.Create(x.Context(), x.who, event.Event{Content: event.Content{Title: kernel.T("Entwurf", "")}})
		x.must(err)
		x.must(x.store.AddPhoto(x.Context(), x.who.Tenant, event.Photo{ID: kernel.NewID(), Event: draft.ID, SHA256: "c", Width: 4, Height: 3, Alt: kernel.T("Saal", ""), UploadedAt: kernel.InstantOf(x.clock.Now())}))
		got, err := x.s.Covers(x.Context(), x.all, []event.Event{with, without, draft})
		if err != nil || len(got) != 1 || got[with.ID].ID != first {
			x.Errorf("%+v %v", got, err)
		}
	})
}
