// SPDX-License-Identifier: EUPL-1.2

package participationdb_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationdb"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

// town is a town with a planner and a clock that only the test moves.
type town struct {
	*testing.T
	db    *db.DB
	clock *clock.Fixed
	s     *participation.Service
	who   access.Actor // a planner
	all   access.Actor // everybody
}

func each(t *testing.T, f func(x *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(t.Context(), access.CommandLine(""), tenant.Tenant{Key: "eins", Name: kernel.T("Eins", "One")})
		if err != nil {
			t.Fatal(err)
		}
		x := &town{T: t, db: d, clock: clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))}
		x.s = &participation.Service{Store: &participationdb.Store{DB: d}, Tx: d, Now: x.clock.Now}
		x.who = access.Actor{Tenant: made.ID, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		x.all = access.Anonymous(made.ID)
		f(x)
	})
}

func (x *town) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

func (x *town) create(key string) participation.Process {
	x.Helper()
	p, err := x.s.Create(x.Context(), x.who, participation.Process{Key: key, Title: kernel.T("Titel "+key, ""), Level: participation.Consultation})
	x.must(err)
	return p
}

func TestAProcessMayHaveTheKeyOfATemplate(t *testing.T) {
	each(t, func(x *town) {
		own := x.create("jugend")
		own.Decided = kernel.T("Die Skatebahn", "")
		own, err := x.s.Save(x.Context(), x.who, own)
		x.must(err)
		copied, err := x.s.CreateFrom(x.Context(), x.who, participation.New{Key: "zweite", Copy: "jugend"})
		if x.must(err); copied.Decided.String() != "Die Skatebahn" {
			x.Errorf("the copy is of %q", copied.Title)
		}
		shipped, err := x.s.CreateFrom(x.Context(), x.who, participation.New{Key: "dritte", From: "jugend"})
		if x.must(err); !shipped.Youth || len(shipped.Modules) == 0 {
			x.Error("the template is not the shipped one")
		}
		if _, err := x.s.CreateFrom(x.Context(), x.who, participation.New{Key: "vierte", From: "gibtesnicht"}); kernel.KindOf(err) != kernel.NotFound {
			x.Error(err)
		}
		shipped.Second = "niemand"
		if _, err := x.s.Save(x.Context(), x.who, shipped); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("a rule nobody knows: %v", err)
		}
	})
}

func TestWhatIsSavedIsReadAgain(t *testing.T) {
	each(t, func(x *town) {
		p := x.create("park")
		day := func(d int) kernel.Instant { return kernel.InstantOf(x.clock.Now().AddDate(0, 0, d)) }
		p.Phases = []participation.Phase{
			{Kind: participation.Presentation, To: day(3)},
			{Kind: participation.Ideas, From: day(3), To: day(20), Title: kernel.Text{"de": "Ideen", "ar": "أفكار"}},
		}
		p.Modules = []participation.Module{{Key: "ideen", Kind: participation.IdeasModule, Categories: []string{"Spielen", "Ruhe"}}}
		p, err := x.s.Save(x.Context(), x.who, p)
		x.must(err)
		got, err := x.s.Process(x.Context(), x.who, "park")
		x.must(err)
		if got.Edit != 1 || len(got.Phases) != 2 || !got.Phases[0].From.IsZero() || got.Phases[1].To != day(20) || got.Phases[1].Title["ar"] != "أفكار" ||
			got.Modules[0].Categories[1] != "Ruhe" || got.Title.String() != "Titel park" {
			x.Errorf("read again: %+v", got)
		}
		if p.Edit != got.Edit {
			x.Errorf("edit %d told, %d kept", p.Edit, got.Edit)
		}
	})
}

func TestADraftDoesNotExistForStrangers(t *testing.T) {
	each(t, func(x *town) {
		x.create("park")
		if _, err := x.s.Process(x.Context(), x.all, "park"); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("a stranger reads a draft: %v", err)
		}
		if list, err := x.s.List(x.Context(), x.all, participation.Filter{}); err != nil || len(list) != 0 {
			x.Errorf("a stranger sees %d drafts: %v", len(list), err)
		}
		member := access.Actor{Tenant: x.all.Tenant, Person: kernel.NewID(), Held: []access.Holding{{Role: access.Moderator, In: access.Context{Kind: access.InProcess, Key: "park"}}}}
		if _, err := x.s.Process(x.Context(), member, "park"); err != nil {
			x.Errorf("the team does not see its draft: %v", err)
		}
	})
}

func TestTheSecondOfTwoEditsIsToldSo(t *testing.T) {
	each(t, func(x *town) {
		p := x.create("park")
		_, err := x.s.Save(x.Context(), x.who, p)
		x.must(err)
		if _, err = x.s.Save(x.Context(), x.who, p); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("the second edit wins silently: %v", err)
		}
		if _, err := x.s.Create(x.Context(), x.who, participation.Process{Key: "park", Title: kernel.T("x", "")}); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("two processes of one address: %v", err)
		}
	})
}

func TestAHundredPeopleAtOnceAreCountedOnceEach(t *testing.T) {
	each(t, func(x *town) {
		p := x.create("park")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := x.s.Reached(x.Context(), x.who.Tenant, p, map[string]string{"age": "18-29", "gender": "female", "nonsense": "x"}); err != nil {
					x.Error(err)
				}
			})
		}
		all.Wait()
		counts, err := x.s.Store.Reached(x.Context(), x.who.Tenant, p.ID)
		x.must(err)
		if len(counts) != 3 || counts[0].N != 100 || counts[1] != (participation.Count{Dimension: "age", Value: "18-29", N: 100}) {
			x.Errorf("%+v", counts)
		}
	})
}

// answers owes as many as it says.
type answers struct{ n, undecided int }

func (a *answers) Undecided(context.Context, kernel.ID, string) (int, error) { return a.undecided, nil }

func (a *answers) Missing(context.Context, kernel.ID, string) (int, int, error) { return a.n, 0, nil }

// whole fills in everything a process needs before it is ready.
func (x *town) whole(key string) participation.Process {
	x.Helper()
	p := x.create(key)
	de := func(s string) kernel.Text { return kernel.Text{"de": s, "de+leicht": s} }
	day := func(d int) kernel.Instant { return kernel.InstantOf(x.clock.Now().AddDate(0, 0, d)) }
	p.Title, p.Teaser, p.Body, p.Decided, p.Who, p.How, p.Scope, p.Limits, p.LevelReason = de("T"), de("t"), de("b"), de("d"), de("w"), de("h"), de("s"), de("l"), de("r")
	p.Contact, p.Privacy, p.Access, p.Office, p.AnswerDays, p.BudgetCents, p.Hours = de("k"), de("p"), de("a"), "SozA", 56, 100, 1
	p.Phases = []participation.Phase{{Kind: participation.Ideas, From: day(-1), To: day(20)}}
	p.Modules = []participation.Module{{Key: "ideen", Kind: participation.IdeasModule}}
	p.Concept = participation.Concept{
		Object: de("x"), Responsible: de("x"), Groups: de("x"), Course: de("x"), Results: de("x"), Evaluation: de("x"), Resources: de("x"), ApprovedBy: "Rat", ApprovedOn: "2026-01-01",
	}
	p, err := x.s.Save(x.Context(), x.who, p)
	x.must(err)
	return p
}

func (x *town) state(key, criterion string, r participation.Result, comment string) error {
	return x.s.State(x.Context(), x.who, key, participation.Statement{Criterion: criterion, Result: r, Comment: comment})
}

func TestAProcessRunsFromDraftToArchive(t *testing.T) {
	each(t, func(x *town) {
		owed := &answers{n: 1, undecided: 2}
		x.s.Answers = owed
		p := x.whole("park")
		move := func(to participation.State, reason string) error {
			x.Helper()
			now, err := x.s.Process(x.Context(), x.who, "park")
			x.must(err)
			p, err = x.s.Move(x.Context(), x.who, "park", now.Edit, to, reason)
			return err
		}
		refused := func(err error, key string) {
			x.Helper()
			var e *kernel.Error
			if !errors.As(err, &e) || e.Key != key {
				x.Errorf("%v, want %s", err, key)
			}
		}
		refused(move(participation.Running, ""), "participation.state.not")
		refused(move(participation.Ready, ""), "participation.state.standards")
		if err := x.state("park", "mandate", participation.Waived, "kurz"); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("waived without a reason: %v", err)
		}
		if err := x.state("park", "mandate", participation.Fulfilled, ""); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("fulfilled without evidence: %v", err)
		}
		x.must(x.state("park", "mandate", participation.Fulfilled, "Beschluss vom 3. November"))
		x.must(x.state("park", "early", participation.Fulfilled, "Noch nichts beschlossen"))
		x.must(x.state("park", "register", participation.Waived, "Die Stadt führt noch keine Vorhabenliste."))
		x.must(move(participation.Ready, ""))
		if _, err := x.s.Process(x.Context(), x.all, "park"); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("what is ready is public: %v", err)
		}
		x.must(move(participation.Running, ""))
		if _, _, err := x.s.Module(x.Context(), x.all, access.Contribute, "park", "ideen"); err != nil {
			x.Errorf("a citizen cannot contribute: %v", err)
		}
		x.clock.Advance(20 * 24 * time.Hour)
		if _, _, err := x.s.Module(x.Context(), x.all, access.Contribute, "park", "ideen"); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("contributing after the phase: %v", err)
		}
		p.Key = "anders"
		changed, err := x.s.Save(x.Context(), x.who, p)
		x.must(err)
		if changed.Key != "park" {
			x.Error("the address of a public page was changed")
		}
		x.must(move(participation.Evaluation, ""))
		if err := move(participation.Running, "zu kurz"); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("back without a reason: %v", err)
		}
		x.must(move(participation.Feedback, ""))
		refused(move(participation.Closed, ""), "participation.state.moderation")
		owed.undecided = 0
		refused(move(participation.Closed, ""), "participation.state.answers")
		owed.n = 0
		x.must(move(participation.Closed, ""))
		closed := p.ClosedAt
		if closed.IsZero() {
			x.Error("closed without a moment")
		}
		x.clock.Advance(24 * time.Hour)
		x.must(move(participation.Archived, ""))
		if p.ClosedAt != closed {
			x.Error("archived as if it had been closed today")
		}
		if _, err := x.s.Save(x.Context(), x.who, p); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("an archived process was changed: %v", err)
		}
		if _, err := x.s.Process(x.Context(), x.all, "park"); err != nil {
			x.Errorf("nobody can read what is archived: %v", err)
		}
	})
}

// second asks for a second person, once.
type second struct{ asked []access.Matter }

func (s *second) Second(_ context.Context, _ access.Actor, m access.Matter) error {
	s.asked = append(s.asked, m)
	return kernel.E(kernel.Conflict, "approval.waiting")
}

func TestPublishingWaitsForASecondPerson(t *testing.T) {
	each(t, func(x *town) {
		x.whole("park")
		x.must(x.state("park", "mandate", participation.Fulfilled, "Beschluss"))
		x.must(x.state("park", "early", participation.Fulfilled, "Ja"))
		x.must(x.state("park", "register", participation.Waived, "Es gibt keine Vorhabenliste."))
		p, err := x.s.Move(x.Context(), x.who, "park", 1, participation.Ready, "")
		x.must(err)
		eyes := &second{}
		x.s.FourEyes = eyes
		if _, err := x.s.Move(x.Context(), x.who, "park", p.Edit, participation.Running, ""); kernel.KindOf(err) != kernel.Conflict || len(eyes.asked) != 1 {
			x.Fatalf("published by one person: %v", err)
		}
		if _, err := x.s.Process(x.Context(), x.all, "park"); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("public before the second person: %v", err)
		}
		args, err := json.Marshal(eyes.asked[0].Args)
		x.must(err)
		x.s.FourEyes = nil // the approval carries the second call
		_, err = x.s.Save(x.Context(), x.who, p)
		x.must(err)
		office := access.Actor{Tenant: x.who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.ParticipationOffice}}
		if err := x.s.CarryOut(x.Context(), office, args); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("another version than the approved one was published: %v", err)
		}
		_, err = x.s.Move(x.Context(), office, "park", p.Edit+1, participation.Running, "")
		x.must(err)
	})
}

func TestFollowersAreToldOfEachTurnOnce(t *testing.T) {
	each(t, func(x *town) {
		p := x.whole("park")
		day := func(d int) kernel.Instant { return kernel.InstantOf(x.clock.Now().AddDate(0, 0, d)) }
		p.Phases = []participation.Phase{{Kind: participation.Ideas, From: day(-1), To: day(2)}, {Kind: participation.Discussion, From: day(2), To: day(30)}, {Kind: participation.Resolution, From: day(33), To: day(40)}}
		p.State = participation.Running
		x.must(x.s.Store.Update(x.Context(), x.who.Tenant, p))
		turns, err := x.s.Turns(x.Context(), x.who.Tenant)
		x.must(err)
		if len(turns) != 1 || !turns[0].Ends || turns[0].At != day(2) {
			t.Errorf("%+v", turns)
		}
		x.clock.Advance(31 * 24 * time.Hour)
		if turns, err = x.s.Turns(x.Context(), x.who.Tenant); err != nil || len(turns) != 1 || turns[0].Ends {
			t.Errorf("%+v %v", turns, err)
		}
	})
}

func TestATownChangesItsSetOfStandards(t *testing.T) {
	each(t, func(x *town) {
		set, err := x.s.Set(x.Context(), x.who.Tenant, participation.DefaultSet)
		x.must(err)
		set.Criteria = set.Criteria[:2]
		x.must(x.s.SaveSet(x.Context(), x.who, set))
		if err := x.s.SaveSet(x.Context(), x.who, set); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("the second of two edits wins silently: %v", err)
		}
		check, err := x.s.Check(x.Context(), x.who, x.create("park"))
		x.must(err)
		if len(check.Lines) != 2 {
			x.Errorf("%d standards", len(check.Lines))
		}
		if err := x.s.SaveSet(x.Context(), access.Actor{Tenant: x.who.Tenant, Roles: []access.Role{access.Moderator}}, set); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a moderator changes the standards: %v", err)
		}
	})
}

func TestWhatIsPublishedStaysWholeAndKeepsItsAddresses(t *testing.T) {
	each(t, func(x *town) {
		used := map[string]bool{}
		x.s.InUse = func(_ context.Context, _ kernel.ID, process, module string) (bool, error) {
			return used[process+"/"+module], nil
		}
		p := x.whole("park")
		field := func(p participation.Process, want string) {
			x.Helper()
			_, err := x.s.Save(x.Context(), x.who, p)
			var e *kernel.Error
			if !errors.As(err, &e) || e.Fields[want] == "" {
				x.Errorf("%v, want a word on %s", err, want)
			}
		}
		used["park/"], used["park/ideen"] = true, true
		moved, bare := p, p
		moved.Key, bare.Modules = "wald", nil
		field(moved, "key")
		field(bare, "modules")
		if err := x.s.Discard(x.Context(), x.who, "park"); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("discarded with what hangs on it: %v", err)
		}
		clear(used)

		p.State, p.PublishedAt = participation.Running, kernel.InstantOf(x.clock.Now())
		x.must(x.s.Store.Update(x.Context(), x.who.Tenant, p))
		p.Edit++
		silent, endless := p, p
		silent.Decided, endless.AnswerDays = kernel.Text{"de": " "}, 0
		field(silent, "decided")
		field(endless, "answerdays")
		p.Decided = kernel.T("Was gebaut wird.", "")
		if _, err := x.s.Save(x.Context(), x.who, p); err != nil {
			x.Error(err)
		}
	})
}

func TestStandardsThatAreNotMetAreNamedOnceTheirTimeHasCome(t *testing.T) {
	each(t, func(x *town) {
		p := x.whole("park")
		unmet := func(want ...string) {
			x.Helper()
			list, err := x.s.Unmet(x.Context(), x.who.Tenant)
			x.must(err)
			var got []string
			for _, u := range list {
				for _, l := range u.Lines {
					got = append(got, l.Key)
				}
			}
			if !slices.Equal(got, want) {
				x.Errorf("%v, want %v", got, want)
			}
		}
		unmet() // a draft
		x.must(x.state("park", "mandate", participation.No, "Noch nicht beschlossen"))
		p.State, p.PublishedAt = participation.Running, kernel.InstantOf(x.clock.Now())
		x.must(x.s.Store.Update(x.Context(), x.who.Tenant, p))
		unmet("mandate")
		p.Edit++
		p.State = participation.Evaluation
		x.must(x.s.Store.Update(x.Context(), x.who.Tenant, p))
		unmet("mandate", "reach")
	})
}
