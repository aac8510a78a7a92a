// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
)

// dpo is the data protection officer of the town.
func dpo(tenant kernel.ID) access.Actor {
	return access.Actor{Tenant: tenant, Roles: []access.Role{access.DPO, access.Auditor}}
}

// count tells how many rows a table of the town has.
func count(t *testing.T, a *app.App, tenant kernel.ID, table string) int {
	t.Helper()
	n, err := db.Value[int](a.DB.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from `+table+` where tenant_id = $1`, tenant), "none")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What is older than the town keeps it goes at night, what is younger stays, and a proof of numbers is left (Art. 5 (1) e GDPR).
func TestWhatIsOverIsDeletedAndProven(t *testing.T) {
	columns, parents := schema(t)
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx, now := t.Context(), time.Now()
		a.Privacy.Now = func() time.Time { return now }
		x := &traces{t: t, db: a.DB, columns: columns, parents: parents, tenant: who.Tenant}
		tables := map[string]int{} // days after which rows go
		for _, k := range a.Privacy.Kinds {
			for _, tab := range listed(k) {
				if tab.Age == "" {
					continue
				}
				tables[tab.Name] = k.Default
				for range 3 {
					row := map[string]any{tab.Age: kernel.InstantOf(now)}
					for _, b := range tab.By {
						if !strings.HasSuffix(b.Column, "id") && b.Column != "account" && !strings.HasSuffix(b.Column, "_by") {
							row[b.Column] = fmt.Sprint("x", x.n)
						}
					}
					if tab.Name == "session" {
						continue // needs an account; sessions end by themselves too
					}
					x.row(ctx, tab.Name, row)
				}
			}
		}
		run := func() {
			t.Helper()
			if err := a.Privacy.Expire(ctx, who.Tenant); err != nil {
				t.Fatal(err)
			}
		}
		run()
		for table := range tables {
			if n := count(t, a, who.Tenant, table); n < 3 && table != "session" {
				t.Errorf("%s: %d rows left on the first day", table, n)
			}
		}
		longest := 0
		for _, d := range tables {
			longest = max(longest, d)
		}
		now = now.AddDate(0, 0, longest+1)
		run()
		for table := range tables {
			if n := count(t, a, who.Tenant, table); n != 0 {
				t.Errorf("%s: %d rows after %d days", table, n, longest+1)
			}
		}
		proofs, err := a.Privacy.Proofs(ctx, dpo(who.Tenant), 100)
		if err != nil {
			t.Fatal(err)
		}
		deleted := map[string]int64{}
		for _, p := range proofs {
			if p.Ended.IsZero() {
				t.Errorf("%s: the run has no end", p.Kind)
			}
			deleted[p.Kind] += p.Deleted
		}
		for _, k := range a.Privacy.Kinds {
			timed := slices.ContainsFunc(listed(k), func(tab privacydb.Table) bool { return tab.Age != "" && tab.Name != "session" })
			if timed && deleted[k.Key] < 3 {
				t.Errorf("%s: the proofs speak of %d rows", k.Key, deleted[k.Key])
			}
		}
		again := len(proofs)
		run() // the same night: nothing more
		if proofs, err = a.Privacy.Proofs(ctx, dpo(who.Tenant), 100); err != nil || len(proofs) != again {
			t.Errorf("a second run of the night makes %d proofs of %d: %v", len(proofs), again, err)
		}
	})
}

// A run that is broken off goes on where it stopped, and counts nothing twice.
func TestADeletionThatIsBrokenOffGoesOn(t *testing.T) {
	columns, parents := schema(t)
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx, now := t.Context(), time.Now()
		a.Privacy.Now = func() time.Time { return now }
		x := &traces{t: t, db: a.DB, columns: columns, parents: parents, tenant: who.Tenant}
		const rows = 1100 // more than two batches
		err := a.DB.Tx(ctx, func(ctx context.Context) error {
			for range rows {
				x.row(ctx, "barrier_report", map[string]any{"answered_at": kernel.InstantOf(now.AddDate(-2, 0, 0))})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(a.Privacy.Kinds, func(k privacy.DataKind) bool { return k.Key == "barrier" })
		whole := a.Privacy.Kinds[i].Expire
		killed, calls := errors.New("killed"), 0
		a.Privacy.Kinds[i].Expire = func(ctx context.Context, tenant kernel.ID, before kernel.Instant, limit int) (int64, error) {
			n, err := whole(ctx, tenant, before, limit)
			if calls++; calls == 2 {
				return n, killed // after the rows were deleted, before their count was written
			}
			return n, err
		}
		if err := a.Privacy.Expire(ctx, who.Tenant); !errors.Is(err, killed) {
			t.Fatal(err)
		}
		proof := func() privacy.Proof {
			t.Helper()
			list, err := a.Privacy.Proofs(ctx, dpo(who.Tenant), 100)
			if err != nil {
				t.Fatal(err)
			}
			return list[slices.IndexFunc(list, func(p privacy.Proof) bool { return p.Kind == "barrier" })]
		}
		left := count(t, a, who.Tenant, "barrier_report")
		if p := proof(); p.Deleted != int64(rows-left) || !p.Ended.IsZero() || left == 0 || left == rows {
			t.Errorf("broken off: %d left, the proof says %d, ended %v", left, p.Deleted, p.Ended)
		}
		if err := a.Privacy.Expire(ctx, who.Tenant); err != nil {
			t.Fatal(err)
		}
		if p := proof(); p.Deleted != rows || p.Ended.IsZero() || count(t, a, who.Tenant, "barrier_report") != 0 {
			t.Errorf("afterwards the proof says %d of %d", p.Deleted, rows)
		}
	})
}

// A changed period makes a further version of the record; the old one stays as it was (Art. 13, 30 GDPR).
func TestTheRecordFollowsWhatIsSet(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := t.Context()
		first, err := a.Privacy.SaveRecord(ctx, who)
		if err != nil || first != 1 {
			t.Fatal(first, err)
		}
		if again, err := a.Privacy.SaveRecord(ctx, who); err != nil || again != 1 {
			t.Errorf("nothing has changed, and yet version %d: %v", again, err)
		}
		days := func(version int) int {
			t.Helper()
			r, err := a.Privacy.RecordAt(ctx, dpo(who.Tenant), version)
			if err != nil {
				t.Fatal(err)
			}
			return r.Entries[slices.IndexFunc(r.Entries, func(e privacy.Entry) bool { return e.Key == "barrier" })].Days
		}
		if err := a.Privacy.SetDays(ctx, who, map[string]int{"barrier": 45}); err != nil {
			t.Fatal(err)
		}
		if days(1) != 365 || days(2) != 45 || days(0) != 45 {
			t.Errorf("versions keep %d, %d days, now %d", days(1), days(2), days(0))
		}
		for bad, want := range map[string]kernel.Kind{"barrier": kernel.Invalid, "none": kernel.NotFound, "log": kernel.NotFound} {
			if err := a.Privacy.SetDays(ctx, who, map[string]int{bad: 100000}); kernel.KindOf(err) != want {
				t.Errorf("%s: %v", bad, err)
			}
		}
		if err := a.Privacy.SetDays(ctx, dpo(who.Tenant), map[string]int{"barrier": 60}); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("by data protection: %v", err)
		}
	})
}
