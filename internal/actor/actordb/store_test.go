// SPDX-License-Identifier: EUPL-1.2

package actordb_test

import (
	"context"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/actor/actordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// post is what the service wanted said by mail.
type post struct{ confirm, funding []string }

func (p *post) ConfirmDue(_ context.Context, _ kernel.ID, a *actor.Actor, event string) (int, error) {
	p.confirm = append(p.confirm, a.Title+" "+event)
	return 1, nil
}

func (p *post) FundingEnds(_ context.Context, _ kernel.ID, event string, n int, first actor.Ending) error {
	p.funding = append(p.funding, first.Of.Name()+" "+string(first.Funding.Ends))
	return nil
}

type town struct {
	*actor.Service
	t       *testing.T
	clock   *clock
	post    *post
	planner access.Actor
}

// each runs a test with a town on both engines.
func each(t *testing.T, f func(o town)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}, Tx: d}).Create(t.Context(), access.CommandLine(""), tenant.Tenant{Key: "stadt", Name: kernel.T("Stadt", "Town")})
		if err != nil {
			t.Fatal(err)
		}
		c, p := &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}, &post{}
		f(town{
			&actor.Service{Store: &actordb.Store{DB: d}, Tx: d, Now: c.now, Mail: p}, t, c, p,
			access.Actor{Tenant: made.ID, Person: kernel.NewID(), Roles: []access.Role{access.Planner}},
		})
	})
}

// carrier is somebody who keeps the records of an organisation.
func (o town) carrier(of actor.Record) access.Actor {
	return access.Actor{Tenant: o.planner.Tenant, Person: kernel.NewID(), Held: []access.Holding{{Role: access.Carrier, In: access.Context{Kind: access.InActor, Key: string(of.Head().ID)}}}}
}

func (o town) add(by access.Actor, k actor.Kind, owner actor.Record, name string, kv ...string) actor.Record {
	o.t.Helper()
	values := map[string][]string{"title": {name}}
	for i := 0; i+1 < len(kv); i += 2 {
		values[kv[i]] = append(values[kv[i]], kv[i+1])
	}
	var id kernel.ID
	if owner != nil {
		id = owner.Head().ID
	}
	if k == actor.ResourceKind && values["sort"] == nil {
		values["sort"] = []string{actor.Room}
	}
	x, err := o.Create(o.t.Context(), by, k, id, actor.Edit{Values: values, Public: true})
	if err != nil {
		o.t.Fatalf("%s: %v", name, err)
	}
	return x
}

// again reads a record anew.
func (o town) again(x actor.Record) actor.Record {
	o.t.Helper()
	r, err := o.Record(o.t.Context(), o.planner, x.Head().ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func TestEveryFieldComesBackAsItWasWritten(t *testing.T) {
	each(t, func(o town) {
		owner := o.add(o.planner, actor.ActorKind, nil, "Träger Übermorgen e. V.")
		if got := owner.Head().Key; got != "traeger-uebermorgen-e-v" {
			t.Errorf("key %q", got)
		}
		if twin := o.add(o.planner, actor.ActorKind, nil, "Träger Übermorgen e.V."); twin.Head().Key == owner.Head().Key {
			t.Error("two records share an address")
		}
		terms, err := o.Terms(t.Context(), o.planner)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range actor.Kinds() {
			blank, _ := actor.New(k)
			kv := []string{}
			for _, f := range blank.Fields() {
				switch f.At.(type) {
				case *kernel.Date:
					kv = append(kv, f.Name, "31.12.2027")
				case *bool:
					kv = append(kv, f.Name, "ja")
				case **float64:
					kv = append(kv, f.Name, "7,5")
				default:
					v := "Wert " + f.Name
					if f.Terms == actor.AreaTerms {
						continue
					}
					if f.Terms != "" {
						v = terms.Offered(f.Terms)[0].Key
					}
					if f.Name == "website" {
						v = "www.verein.example/x"
					}
					kv = append(kv, f.Name, v)
				}
			}
			x := o.add(o.planner, k, owner, "Eintrag", kv...)
			for _, f := range o.again(x).Fields() {
				if f.Terms != actor.AreaTerms && !f.Filled() {
					t.Errorf("%s: %s is lost", k, f.Name)
				}
			}
		}
	})
}

func TestAnOrganisationEditsItsOwnRecordsOnly(t *testing.T) {
	each(t, func(o town) {
		mine, other := o.add(o.planner, actor.ActorKind, nil, "Mein Verein"), o.add(o.planner, actor.ActorKind, nil, "Anderer Verein")
		by := o.carrier(mine)
		theirs := o.add(o.planner, actor.OfferKind, other, "Deren Angebot", "source", "Stiftung")
		own := o.add(o.planner, actor.OfferKind, mine, "Unser Angebot", "capacity", "10", "source", "Land")
		for name, err := range map[string]error{
			"save": func() error { _, err := o.Save(t.Context(), by, theirs.Head().ID, actor.Edit{Edit: 1}); return err }(),
			"read": func() error { _, err := o.Record(t.Context(), by, theirs.Head().ID); return err }(),
			"add": func() error {
				_, err := o.Create(t.Context(), by, actor.OfferKind, other.Head().ID, actor.Edit{})
				return err
			}(),
			"found":   func() error { _, err := o.Create(t.Context(), by, actor.ActorKind, "", actor.Edit{}); return err }(),
			"end":     o.Archive(t.Context(), by, theirs.Head().ID, true),
			"contact": o.PutContact(t.Context(), by, theirs.Head().ID, actor.Contact{Role: "x", Phone: "1"}, true),
			"confirm": o.Confirm(t.Context(), by, other.Head().ID),
			"no role": func() error {
				_, err := o.Record(t.Context(), access.Actor{Tenant: by.Tenant, Person: "x", Roles: []access.Role{access.Carrier}}, own.Head().ID)
				return err
			}(),
		} {
			if kernel.KindOf(err) != kernel.NotFound || err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if actor.SeesInner(by, theirs.Head()) || !actor.SeesInner(by, own.Head()) {
			t.Error("an organisation sees the money of another, or not its own")
		}
		// A fact is changed at once, a wording waits for staff.
		waits, err := o.Save(t.Context(), by, own.Head().ID, actor.Edit{Edit: 1, Public: true, Values: map[string][]string{"capacity": {"12"}, "title": {"Unser neues Angebot"}}})
		if err != nil || !waits {
			t.Fatal(waits, err)
		}
		now := o.again(own).(*actor.Offer)
		if *now.Capacity != 12 || now.Title != "Unser Angebot" {
			t.Errorf("%v %q", *now.Capacity, now.Title)
		}
		list, err := o.Changes(t.Context(), o.planner, actor.Waiting)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if err := o.Decide(t.Context(), by, list[0].ID, true, ""); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("an organisation decides itself: %v", err)
		}
		if err := o.Decide(t.Context(), o.planner, list[0].ID, false, " "); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("refused without a reason: %v", err)
		}
		if err := o.Decide(t.Context(), o.planner, list[0].ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if err := o.Decide(t.Context(), o.planner, list[0].ID, false, "zu spät"); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("decided twice: %v", err)
		}
		if got := o.again(own).Name(); got != "Unser neues Angebot" {
			t.Errorf("%q", got)
		}
		// What it adds is not public before staff looked.
		fresh, err := o.Create(t.Context(), by, actor.OfferKind, mine.Head().ID, actor.Edit{Public: true, Values: map[string][]string{"title": {"Neu"}}})
		if err != nil || o.again(fresh).Head().Public {
			t.Fatal(err, "public at once")
		}
		if _, err := o.Save(t.Context(), o.planner, own.Head().ID, actor.Edit{Edit: 1}); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("an edit of an older state: %v", err)
		}
	})
}

func TestAnOlderChangeDoesNotOverwriteANewerOne(t *testing.T) {
	each(t, func(o town) {
		mine := o.add(o.planner, actor.ActorKind, nil, "Verein")
		by, own := o.carrier(mine), o.add(o.planner, actor.OfferKind, mine, "Angebot")
		for i, title := range []string{"Erster Vorschlag", "Zweiter Vorschlag"} {
			if waits, err := o.Save(t.Context(), by, own.Head().ID, actor.Edit{Edit: i + 1, Public: true, Values: map[string][]string{"title": {title}}}); err != nil || !waits {
				t.Fatal(waits, err)
			}
		}
		list, err := o.Changes(t.Context(), o.planner, actor.Waiting)
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		newer, older := list[0], list[1]
		if newer.Patch[0].After[0] != "Zweiter Vorschlag" {
			newer, older = older, newer
		}
		if err := o.Decide(t.Context(), o.planner, newer.ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if err := o.Decide(t.Context(), o.planner, older.ID, true, ""); kernel.KindOf(err) != kernel.Conflict || o.again(own).Name() != "Zweiter Vorschlag" {
			t.Errorf("%q %v", o.again(own).Name(), err)
		}
		if err := o.Decide(t.Context(), o.planner, older.ID, false, "überholt"); err != nil {
			t.Error(err)
		}
	})
}

func TestContactsAreShownAfterTheirConsentOnly(t *testing.T) {
	each(t, func(o town) {
		mine := o.add(o.planner, actor.ActorKind, nil, "Verein")
		by := o.carrier(mine)
		must := func(c actor.Contact, public bool) {
			t.Helper()
			if err := o.PutContact(t.Context(), by, mine.Head().ID, c, public); err != nil {
				t.Fatal(err)
			}
		}
		must(actor.Contact{Role: "Leitung", Phone: "0123"}, true)
		must(actor.Contact{Role: "Buchhaltung", Email: "geld@verein.example"}, false)
		all, err := o.Contacts(t.Context(), by, mine)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		list, err := o.Contacts(t.Context(), access.Anonymous(by.Tenant), mine)
		if err != nil || len(list) != 1 || list[0].Role != "Leitung" {
			t.Errorf("%v %v", list, err)
		}
		// Another person in the place of the one who agreed has not agreed.
		c := list[0]
		c.Person = "Nachfolge"
		must(c, false)
		if list, _ = o.Contacts(t.Context(), access.Anonymous(by.Tenant), mine); len(list) != 0 {
			t.Errorf("%v", list)
		}
		for _, bad := range []actor.Contact{{Role: "x"}, {Email: "a@b.example"}, {Role: "x", Email: "a@b.example\nBcc: c@d.example"}, {Role: "x", Email: "kein"}} {
			if err := o.PutContact(t.Context(), by, mine.Head().ID, bad, false); kernel.KindOf(err) != kernel.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestOrganisationsAreAskedOnceAMonthUntilTheyConfirm(t *testing.T) {
	each(t, func(o town) {
		mine := o.add(o.planner, actor.ActorKind, nil, "Verein")
		o.add(o.planner, actor.OfferKind, mine, "Angebot")
		remind := func(day string, want int) {
			t.Helper()
			o.clock.at = kernel.Date(day).Time().Add(5 * time.Hour)
			before := len(o.post.confirm)
			if err := o.Remind(t.Context(), o.planner.Tenant); err != nil {
				t.Fatal(err)
			}
			if got := len(o.post.confirm) - before; got != want {
				t.Errorf("%s: %d reminders, want %d", day, got, want)
			}
		}
		remind("2027-02-28", 0)
		remind("2027-03-01", 1)
		remind("2027-03-20", 1) // the same event again: the outbox sends it once
		if a := o.post.confirm; a[0] != a[1] {
			t.Errorf("%q and %q are two events", a[0], a[1])
		}
		remind("2027-04-02", 1)
		if a := o.post.confirm; a[1] == a[2] {
			t.Error("nobody is asked again")
		}
		list, err := o.Unconfirmed(t.Context(), o.planner)
		if err != nil || len(list) != 1 || list[0].Records != 1 {
			t.Fatal(list, err)
		}
		if err := o.Confirm(t.Context(), o.carrier(mine), mine.Head().ID); err != nil {
			t.Fatal(err)
		}
		remind("2027-05-05", 0)
		if list, _ = o.Unconfirmed(t.Context(), o.planner); len(list) != 0 {
			t.Errorf("%v", list)
		}
	})
}

func TestStaffAreToldOnceSixMonthsBeforeFundingEnds(t *testing.T) {
	each(t, func(o town) {
		o.add(o.planner, actor.ProjectKind, nil, "Projekt", "ends", "2026-09-15")
		o.add(o.planner, actor.OfferKind, nil, "Lange", "ends", "2028-01-01")
		told := func(day string, want int) {
			t.Helper()
			o.clock.at = kernel.Date(day).Time()
			if err := o.Alarm(t.Context(), o.planner.Tenant); err != nil {
				t.Fatal(err)
			}
			if len(o.post.funding) != want {
				t.Errorf("%s: %v", day, o.post.funding)
			}
		}
		told("2026-03-14", 0)
		told("2026-03-15", 1)
		told("2026-03-16", 1)
		list, err := o.Endings(t.Context(), o.planner)
		if err != nil || len(list) != 2 || !list[0].Soon || list[1].Soon {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestAnEndedRecordIsShownNowhere(t *testing.T) {
	each(t, func(o town) {
		mine := o.add(o.planner, actor.ActorKind, nil, "Verein")
		offer := o.add(o.planner, actor.OfferKind, mine, "Angebot")
		count := func() int {
			in, err := o.Inventory(t.Context(), access.Anonymous(o.planner.Tenant))
			if err != nil {
				t.Fatal(err)
			}
			return len(in.Actors) + len(in.Offers)
		}
		if count() != 2 {
			t.Fatal(count())
		}
		if err := o.Archive(t.Context(), o.carrier(mine), offer.Head().ID, true); err != nil {
			t.Fatal(err)
		}
		if count() != 1 {
			t.Errorf("%d are shown", count())
		}
		if err := o.Archive(t.Context(), o.carrier(mine), offer.Head().ID, false); err == nil {
			t.Error("an organisation brings back what was ended")
		}
		// With the organisation goes what it keeps.
		if err := o.Archive(t.Context(), o.planner, offer.Head().ID, false); err != nil {
			t.Fatal(err)
		}
		if err := o.Archive(t.Context(), o.planner, mine.Head().ID, true); err != nil {
			t.Fatal(err)
		}
		if count() != 0 {
			t.Errorf("%d are shown", count())
		}
	})
}

func TestTheSameTwoAreRelatedOnce(t *testing.T) {
	each(t, func(o town) {
		a, b := o.add(o.planner, actor.ActorKind, nil, "A"), o.add(o.planner, actor.ActorKind, nil, "B")
		n := o.add(o.planner, actor.NetworkKind, nil, "Runder Tisch")
		relate := func(by access.Actor, from, to actor.Record, strength int) error {
			return o.Relate(t.Context(), by, actor.Relation{From: from.Head().ID, To: to.Head().ID, Strength: strength})
		}
		for _, err := range []error{relate(o.carrier(a), a, b, 1), relate(o.carrier(b), b, a, 3), relate(o.carrier(a), a, n, 2)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		in, err := o.Inventory(t.Context(), o.planner)
		if err != nil || len(in.Relations) != 2 {
			t.Fatal(in.Relations, err)
		}
		if list := in.Partners(a.Head().ID, o.Today()); len(list) != 2 || list[0].Strength != 3 {
			t.Errorf("%+v", list)
		}
		if err := relate(o.carrier(b), a, n, 2); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("somebody else speaks for A: %v", err)
		}
		if err := relate(o.planner, a, a, 2); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("A with itself: %v", err)
		}
	})
}
