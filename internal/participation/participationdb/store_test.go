// SPDX-License-Identifier: EUPL-1.2

package participationdb_test

import (
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
				if err := x.s.Reached(x.Context(), x.who.Tenant, "park", map[string]string{"age": "18-29", "gender": "female", "nonsense": "x"}); err != nil {
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
