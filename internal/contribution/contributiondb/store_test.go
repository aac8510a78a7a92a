// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributiondb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

// town is a town with a process that collects ideas, and a clock that only the test moves.
type town struct {
	testing.TB
	db      *db.DB
	clock   *clock.Fixed
	s       *contribution.Service
	id      kernel.ID
	process participation.Process
}

func open(t testing.TB, d *db.DB) *town {
	t.Helper()
	x := &town{TB: t, db: d, clock: clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))}
	made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(t.Context(), access.CommandLine(""), tenant.Tenant{Key: "eins", Name: kernel.T("eins", "")})
	if err != nil {
		t.Fatal(err)
	}
	x.id = made.ID
	key, err := secret.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	x.process = participation.Process{
		ID: kernel.NewID(), Key: "westend", Title: kernel.T("Westend", ""), State: participation.Running, Reach: participation.Open, AnswerDays: 42, Office: "stadtplanung",
		Phases: []participation.Phase{{ID: kernel.NewID(), Kind: participation.Ideas, To: kernel.InstantOf(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))}},
		Modules: []participation.Module{
			{Key: "ideen", Kind: participation.IdeasModule, Title: kernel.T("Ideen", ""), Categories: []string{"Verkehr", "Grün"}},
			{Key: "karte", Kind: participation.MapModule, Title: kernel.T("Karte", ""), PlaceRequired: true},
		},
	}
	x.s = &contribution.Service{
		Store: &contributiondb.Store{DB: d}, Tx: d, Processes: x, Secret: key, Now: x.clock.Now,
		Touch: func(ctx context.Context, tenant kernel.ID) error { return d.Touch(ctx, tenant) },
	}
	return x
}

func (x *town) ProcessByKey(_ context.Context, _ kernel.ID, key string) (participation.Process, error) {
	if key != x.process.Key {
		return participation.Process{}, kernel.E(kernel.NotFound, "participation.notfound")
	}
	return x.process, nil
}

func (x *town) Processes(context.Context, kernel.ID) ([]participation.Process, error) {
	return []participation.Process{x.process}, nil
}

func each(t *testing.T, f func(x *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(open(t, d)) })
}

func (x *town) guest() access.Actor { return access.Anonymous(x.id) }

func (x *town) citizen(name string) access.Actor {
	return access.Actor{Tenant: x.id, Person: kernel.NewID(), Name: name, Roles: []access.Role{access.Citizen}}
}

func (x *town) moderator() access.Actor {
	return access.Actor{Tenant: x.id, Person: kernel.NewID(), Name: "Moderation", Roles: []access.Role{access.Moderator}}
}

// submit takes a contribution and fails the test where that is refused.
func (x *town) submit(by access.Actor, d contribution.Draft) (contribution.Contribution, string) {
	x.Helper()
	c, code, err := x.s.Submit(x.Context(), by, d)
	if err != nil {
		x.Fatal(err)
	}
	return c, code
}

func (x *town) public(by access.Actor, d contribution.Draft) contribution.Contribution {
	x.Helper()
	c, _ := x.submit(by, d)
	c, err := x.s.Publish(x.Context(), x.id, c.ID)
	if err != nil {
		x.Fatal(err)
	}
	return c
}

func idea(text string) contribution.Draft {
	return contribution.Draft{Process: "westend", Module: "ideen", Text: text}
}

func TestAGuestFindsTheContributionByItsReceiptCodeAndNobodyElseSeesItBeforeModeration(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		c, code := x.submit(x.guest(), idea("Am Marktplatz fehlen Bänke im Schatten."))
		if c.Number != "B-2026-00001" || c.State != contribution.Received || c.Due != "2027-01-02" || c.Office != "stadtplanung" {
			x.Errorf("%+v", c)
		}
		got, err := x.s.ByCode(ctx, x.guest(), code)
		if err != nil || got.ID != c.ID || got.Title == "" || got.Text != "Am Marktplatz fehlen Bänke im Schatten." {
			x.Errorf("%+v %v", got, err)
		}
		for _, by := range []access.Actor{x.guest(), x.citizen("Nachbar")} {
			if _, err := x.s.Get(ctx, by, c.Number); kernel.KindOf(err) != kernel.NotFound {
				x.Errorf("a stranger reads what waits for the moderation: %v", err)
			}
		}
		if _, err := x.s.Get(ctx, x.moderator(), c.Number); err != nil {
			x.Error(err)
		}
		if _, err := x.s.Publish(ctx, x.id, c.ID); err != nil {
			x.Fatal(err)
		}
		if got, err := x.s.Get(ctx, x.guest(), c.Number); err != nil || got.Published.IsZero() {
			x.Errorf("%+v %v", got, err)
		}
	})
}

func TestTwoHundredParallelSupportsOfOnePersonCountOnce(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		c := x.public(x.guest(), idea("Mehr Bänke am Marktplatz"))
		by := x.citizen("Linde")
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if _, err := x.s.Back(ctx, by, c.Number, ""); err != nil {
					x.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := x.s.Get(ctx, by, c.Number)
		if err != nil || got.Supports != 1 {
			x.Errorf("%d supports, want 1 (%v)", got.Supports, err)
		}
		if _, err := x.s.Unback(ctx, by, c.Number, ""); err != nil {
			x.Fatal(err)
		}
		if got, _ := x.s.Get(ctx, by, c.Number); got.Supports != 0 {
			x.Errorf("%d supports, want 0", got.Supports)
		}
	})
}

func TestAThousandPeopleAtOnceEachGetANumberOfTheirOwn(t *testing.T) {
	each(t, func(x *town) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		numbers := map[string]bool{}
		for range 300 {
			wg.Go(func() {
				c, _, err := x.s.Submit(x.Context(), x.guest(), idea("Ein Brunnen für den Park"))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || numbers[c.Number] {
					x.Errorf("%s: %v", c.Number, err)
				}
				numbers[c.Number] = true
			})
		}
		wg.Wait()
		n, err := x.s.Count(x.Context(), x.moderator(), contribution.Filter{Process: "westend"})
		if err != nil || n != 300 || !numbers["B-2026-00300"] {
			x.Errorf("%d kept, want 300 without gaps (%v)", n, err)
		}
	})
}

// Who took part is counted with the contribution or not at all: what could not be counted is not kept either, so that sending again doubles nothing.
func TestAContributionAndTheAnswersWhoSomebodyIsAreKeptTogether(t *testing.T) {
	each(t, func(x *town) {
		fails, counted := true, 0
		x.s.Reach = func(ctx context.Context, _ access.Actor, p participation.Process, answers map[string]string) error {
			if !x.db.InTx(ctx) || p.Key != "westend" || answers["age"] != "60" {
				x.Errorf("%s %v", p.Key, answers)
			}
			if fails {
				return errors.New("the disk is full")
			}
			counted++
			return nil
		}
		d := idea("Ein Brunnen für den Park")
		d.Reach = map[string]string{"age": "60"}
		if _, _, err := x.s.Submit(x.Context(), x.guest(), d); err == nil {
			x.Error("a receipt for what was not counted")
		}
		fails = false
		x.submit(x.guest(), d)
		if n, err := x.s.Count(x.Context(), x.moderator(), contribution.Filter{Process: "westend"}); err != nil || n != 1 || counted != 1 {
			x.Errorf("%d kept, %d counted (%v)", n, counted, err)
		}
	})
}

// Minutes become contributions within a transaction of their own while the town writes: neither waits for the other, and a transaction that fails
// takes no number of somebody else with it.
func TestContributionsWithinATransactionAndBesideIt(t *testing.T) {
	each(t, func(x *town) {
		ctx, stop := context.WithTimeout(x.Context(), time.Minute)
		defer stop()
		fails := errors.New("the minutes fail")
		var wg sync.WaitGroup
		var mu sync.Mutex
		numbers := map[string]bool{}
		for range 40 {
			wg.Go(func() {
				c, _, err := x.s.Submit(ctx, x.guest(), idea("Ein Brunnen für den Park"))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || numbers[c.Number] {
					x.Errorf("%s: %v", c.Number, err)
				}
				numbers[c.Number] = true
			})
		}
		for i := range 10 {
			wg.Go(func() {
				if err := x.db.Tx(ctx, func(ctx context.Context) error {
					for range 3 {
						d := idea("Aus dem Protokoll")
						d.Channel = contribution.Workshop
						if _, _, err := x.s.Record(ctx, x.planner(), d, true); err != nil {
							return err
						}
					}
					if i%2 == 1 {
						return fails
					}
					return nil
				}); err != nil && (i%2 == 0 || !errors.Is(err, fails)) {
					x.Error(err)
				}
			})
		}
		wg.Wait()
		if n, err := x.s.Count(ctx, x.moderator(), contribution.Filter{Process: "westend"}); err != nil || n != 40+5*3 {
			x.Errorf("%d kept, want %d (%v)", n, 40+5*3, err)
		}
	})
}
