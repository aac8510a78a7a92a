// SPDX-License-Identifier: EUPL-1.2

package accountdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// desk is two towns, a person in the first and the sessions of both, with a clock of its own.
type desk struct {
	t           *testing.T
	accounts    *accountdb.Store
	here, there kernel.ID
	anna        account.Account
	s, foreign  *accountdb.Sessions
	limits      account.Limits
	now         time.Time
}

func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	k := &desk{t: t, accounts: &accountdb.Store{DB: d}, here: town(t, d, "here"), there: town(t, d, "there"), anna: person("anna@stadt.de"), now: at.Time}
	k.limits = account.Limits{Idle: 2 * time.Hour, Most: 12 * time.Hour}
	if err := k.accounts.Insert(t.Context(), k.here, k.anna); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return k.now }
	limits := func(context.Context, kernel.ID) (account.Limits, error) { return k.limits, nil }
	k.s = &accountdb.Sessions{DB: d, Tenant: k.here, Limits: limits, Now: clock}
	k.foreign = &accountdb.Sessions{DB: d, Tenant: k.there, Limits: limits, Now: clock}
	return k
}

func (k *desk) begin(hash string) account.Session {
	k.t.Helper()
	now := kernel.InstantOf(k.now)
	x := account.Session{ID: kernel.NewID(), Account: k.anna.ID, Way: account.ByPassword, Device: "Firefox, Linux", StartedAt: now, ProvedAt: now, SeenAt: now}
	if err := k.accounts.BeginSession(k.t.Context(), k.here, hash, x, kernel.InstantOf(k.limits.Ends(x))); err != nil {
		k.t.Fatal(err)
	}
	return x
}

func (k *desk) found(s *accountdb.Sessions, hash string) bool {
	k.t.Helper()
	_, ok, err := s.FindCtx(k.t.Context(), hash)
	if err != nil {
		k.t.Fatal(err)
	}
	return ok
}

func TestSessionsEndWithoutActivityAndAfterADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		x := k.begin("a")
		if !k.found(k.s, "a") || k.found(k.foreign, "a") || k.found(k.s, "b") {
			t.Error("a session is found by its town and token only")
		}
		seen := func() time.Time {
			list, err := k.accounts.Sessions(t.Context(), k.here, k.anna.ID)
			if err != nil || len(list) != 1 {
				t.Fatalf("%v %v", list, err)
			}
			return list[0].SeenAt.Time
		}
		k.now = k.now.Add(time.Minute)
		if k.found(k.s, "a"); !seen().Equal(x.SeenAt.Time) {
			t.Error("a page read a minute later writes")
		}
		for k.now.Before(at.Add(12*time.Hour - time.Minute)) {
			if !k.found(k.s, "a") {
				t.Fatalf("ended at work, after %v", k.now.Sub(at.Time))
			}
			k.now = k.now.Add(time.Hour + 50*time.Minute)
		}
		if k.now = at.Add(12 * time.Hour); k.found(k.s, "a") {
			t.Error("a session outlives its absolute limit")
		}

		k.begin("idle")
		k.now = k.now.Add(2*time.Hour - time.Second)
		if !k.found(k.s, "idle") {
			t.Error("ended before its time")
		}
		if k.now = k.now.Add(2 * time.Hour); k.found(k.s, "idle") {
			t.Error("a session goes on without activity")
		}

		k.begin("ruled")
		k.now = k.now.Add(20 * time.Minute)
		if k.limits.Idle = 15 * time.Minute; k.found(k.s, "ruled") {
			t.Error("a new rule of the town does not count for sessions that are there")
		}
	})
}

func TestAnEndedSessionDoesNotComeBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, ctx := newDesk(t, d), t.Context()
		k.begin("a")
		data, _, err := k.s.FindCtx(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := k.accounts.EndSessions(ctx, k.here, k.anna.ID); err != nil || k.found(k.s, "a") {
			t.Errorf("ended: %v", err)
		}
		if err := k.s.CommitCtx(ctx, "a", data, k.now.Add(time.Hour)); err != nil || k.found(k.s, "a") {
			t.Errorf("a request under way brings an ended session back: %v", err)
		}
		k.begin("c")
		if err := k.foreign.DeleteCtx(ctx, "c"); err != nil || !k.found(k.s, "c") {
			t.Errorf("another town ends a session: %v", err)
		}
		if err := k.s.DeleteCtx(ctx, "c"); err != nil || k.found(k.s, "c") {
			t.Errorf("signed out: %v", err)
		}
	})
}

func TestAPersonEndsHisOwnSessionsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, ctx := newDesk(t, d), t.Context()
		bert := person("bert@stadt.de")
		if err := k.accounts.Insert(ctx, k.here, bert); err != nil {
			t.Fatal(err)
		}
		a, b, c := k.begin("a"), k.begin("b"), k.begin("c")
		for name, err := range map[string]error{
			"somebody else":  k.accounts.EndSession(ctx, k.here, bert.ID, a.ID),
			"another town":   k.accounts.EndSession(ctx, k.there, k.anna.ID, a.ID),
			"nobody's":       k.accounts.EndSession(ctx, k.here, k.anna.ID, kernel.NewID()),
			"proved by Bert": k.accounts.ProveSession(ctx, k.here, bert.ID, a.ID, at),
		} {
			if kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := k.accounts.EndSession(ctx, k.here, k.anna.ID, a.ID); err != nil || k.found(k.s, "a") || !k.found(k.s, "b") {
			t.Errorf("one: %v", err)
		}
		if n, err := k.accounts.EndOthers(ctx, k.here, k.anna.ID, c.ID); err != nil || n != 1 || k.found(k.s, "b") || !k.found(k.s, "c") {
			t.Errorf("all but one: %d %v (%s)", n, err, b.ID)
		}
	})
}

func TestBrowsersAreKnownByAccountAndTown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, ctx := newDesk(t, d), t.Context()
		see := func(hash string) (bool, int) {
			t.Helper()
			known, others, err := k.accounts.SeeDevice(ctx, k.here, k.anna.ID, hash, kernel.InstantOf(k.now))
			if err != nil {
				t.Fatal(err)
			}
			return known, others
		}
		if known, others := see("office"); known || others != 0 {
			t.Errorf("the first one: %v %d", known, others)
		}
		if known, others := see("home"); known || others != 1 {
			t.Errorf("the second one: %v %d", known, others)
		}
		if known, _ := see("office"); !known {
			t.Error("the first one is forgotten")
		}
		if known, err := k.accounts.KnowsDevice(ctx, k.there, k.anna.ID, "office"); err != nil || known {
			t.Errorf("in another town: %v %v", known, err)
		}
		k.now = k.now.Add(account.KeepDevice + time.Hour)
		if known, others := see("new"); known || others > 2 {
			t.Errorf("%v %d", known, others)
		}
		if known, err := k.accounts.KnowsDevice(ctx, k.here, k.anna.ID, "home"); err != nil || known {
			t.Errorf("half a year later: %v %v", known, err)
		}
	})
}

func TestFailedGuessesAreForgottenAfterADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k, ctx := newDesk(t, d), t.Context()
		set := func(mark string, n int, last time.Time) {
			t.Helper()
			if err := k.accounts.SetFailures(ctx, k.here, mark, account.Failures{N: n, Last: kernel.InstantOf(last)}); err != nil {
				t.Fatal(err)
			}
		}
		get := func(tenant kernel.ID) map[string]account.Failures {
			t.Helper()
			got, err := k.accounts.Failures(ctx, tenant, []string{"a", "b", "c"})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		set("a", 1, k.now)
		set("a", 2, k.now)
		set("b", 7, k.now.Add(time.Hour))
		if got := get(k.here); len(got) != 2 || got["a"].N != 2 || got["b"].N != 7 || len(get(k.there)) != 0 {
			t.Errorf("%v, elsewhere %v", got, get(k.there))
		}
		set("c", 1, k.now.Add(account.KeepFailures+time.Minute))
		if got := get(k.here); len(got) != 2 || got["a"].N != 0 {
			t.Errorf("a day later: %v", got)
		}
		if err := k.accounts.Forgive(ctx, k.here, "b"); err != nil || get(k.here)["b"].N != 0 {
			t.Errorf("forgiven: %v", err)
		}
	})
}
