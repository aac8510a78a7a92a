// SPDX-License-Identifier: EUPL-1.2

package traildb_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/trail"
)

// forge changes the tables of a town behind the program's back, as somebody with the rights of the database's owner can; %s is the town.
func forge(t *testing.T, engine db.Engine, where string, town kernel.ID, statements ...string) {
	t.Helper()
	name, dsn := "sqlite", "file:"+filepath.Join(where, db.FileName)
	guards := []string{}
	for _, x := range []string{"audit_entry_fixed", "audit_entry_kept", "audit_head_forward", "audit_head_kept", "audit_cut_fixed", "audit_cut_kept"} {
		guards = append(guards, "drop trigger if exists "+x)
	}
	if engine == db.PostgreSQL {
		name, dsn = "pgx", where
		guards = []string{"alter table audit_entry disable trigger user", "alter table audit_head disable trigger user"}
	}
	raw, err := sql.Open(name, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, q := range append(guards, statements...) {
		if _, err := raw.ExecContext(t.Context(), strings.ReplaceAll(q, "%s", string(town))); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// onEach opens a database of each engine with its address, for the forger.
func onEach(t *testing.T, f func(t *testing.T, d *db.DB, where string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		f(t, opened(t, db.Config{DataDir: dir}), dir)
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		f(t, opened(t, db.Config{DataDir: t.TempDir(), URL: url}), url)
	})
}

func opened(t *testing.T, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// written makes a chain of n entries of different kinds.
func written(t *testing.T, s *trail.Service, by access.Actor, n int) {
	t.Helper()
	for i := range n {
		act := access.Act{
			Do: access.ManageTenant, What: "tenant.save", Object: kernel.Ref{Kind: "tenant", ID: by.Tenant}, Reason: "Grund, mit „Anführung“",
			Note: map[string]string{"n": fmt.Sprint(i), "key": "a"},
		}
		if err := s.Record(t.Context(), by, act); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhateverIsForgedIsNamed(t *testing.T) {
	type forgery struct {
		name  string
		forge []string // %s is the town
		fault string
		seq   int64
	}
	var cases []forgery
	for _, column := range []string{"at", "person", "roles", "action", "what", "object_kind", "object_id", "reason", "note", "hash"} {
		value := "'x' || " + column
		switch column {
		case "at":
			value = "'2020-01-01T00:00:00.000000Z'"
		case "person":
			value = "'018f0000-0000-7000-8000-000000000001'"
		case "note":
			value = `'{"n":"3","key":"b"}'`
		}
		cases = append(cases, forgery{column, []string{"update audit_entry set " + column + " = " + value + " where seq = 4 and tenant_id = '%s'"}, "audit.fault.hash", 4})
	}
	cases = append(
		cases,
		forgery{"one entry removed", []string{"delete from audit_entry where seq = 5 and tenant_id = '%s'"}, "audit.fault.gap", 5},
		forgery{"cut at the beginning", []string{"delete from audit_entry where seq < 3 and tenant_id = '%s'"}, "audit.fault.cut", 1},
		forgery{"cut at the end", []string{"delete from audit_entry where seq > 6 and tenant_id = '%s'"}, "audit.fault.end", 7},
		forgery{"head changed", []string{"update audit_head set hash = 'x' where tenant_id = '%s'"}, "audit.fault.end", 9},
		forgery{"a cut nobody told of", []string{
			"insert into audit_cut (tenant_id, seq, hash, at) select tenant_id, seq, hash, at from audit_entry where seq = 2 and tenant_id = '%s'",
			"delete from audit_entry where seq <= 2 and tenant_id = '%s'",
		}, "audit.fault.cut", 2},
	)
	onEach(t, func(t *testing.T, d *db.DB, where string) {
		s, other := service(d), access.CommandLine(town(t, d, "other"))
		written(t, s, other, 3)
		for i, c := range cases {
			by := access.CommandLine(town(t, d, fmt.Sprint("town", i)))
			written(t, s, by, 8)
			if r, err := s.Verify(t.Context(), by); err != nil || r.Fault != nil || r.Entries != 8 || r.First != 1 {
				t.Fatalf("%s, before: %+v %v", c.name, r, err)
			}
			forge(t, d.Engine(), where, by.Tenant, c.forge...)
			r, err := s.Verify(t.Context(), by)
			if err != nil || r.Fault == nil || r.Fault.Key != c.fault || r.Fault.Seq != c.seq {
				t.Errorf("%s: found %+v, %v; want %s at %d", c.name, r.Fault, err, c.fault, c.seq)
			}
		}
		if r, err := s.Verify(t.Context(), other); err != nil || r.Fault != nil {
			t.Errorf("another town: %+v %v", r.Fault, err)
		}
	})
}

func TestAShortenedChainDoesNotContainTheHeadKeptElsewhere(t *testing.T) {
	onEach(t, func(t *testing.T, d *db.DB, where string) {
		s, by := service(d), access.CommandLine(town(t, d, "a"))
		written(t, s, by, 8)
		kept, err := s.Head(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		written(t, s, by, 2)
		if r, err := s.Verify(t.Context(), by, kept); err != nil || r.Fault != nil {
			t.Fatalf("before: %+v %v", r.Fault, err)
		}
		forge(
			t, d.Engine(), where, by.Tenant, // so well forged that the chain holds in itself
			"delete from audit_entry where seq > 5 and tenant_id = '%s'",
			"update audit_head set seq = 5, hash = (select hash from audit_entry where tenant_id = '%s' and seq = 5) where tenant_id = '%s'",
		)
		if r, err := s.Verify(t.Context(), by); err != nil || r.Fault != nil {
			t.Fatalf("the forgery is not good enough: %+v %v", r.Fault, err)
		}
		for range 2 { // neither as short as it is, nor grown again
			if r, err := s.Verify(t.Context(), by, kept); err != nil || r.Fault == nil || r.Fault.Key != "audit.fault.known" {
				t.Errorf("%+v %v", r.Fault, err)
			}
			written(t, s, by, 6)
		}
	})
}

func TestOldEntriesLeaveAtTheBeginningAndTheChainStillHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2010, 1, 1, 12, 0, 0, 0, time.UTC)
		s, by := service(d), access.CommandLine(town(t, d, "a"))
		s.Now = func() time.Time { return now }
		for range 12 { // one a year
			written(t, s, by, 1)
			now = now.AddDate(1, 0, 0)
		}
		before := kernel.InstantOf(now.AddDate(-10, 0, 0)) // 2012: two are older
		n, err := s.Expire(t.Context(), by.Tenant, before, 100)
		if err != nil || n != 2 {
			t.Fatalf("removed %d, %v", n, err)
		}
		r, err := s.Verify(t.Context(), by)
		if err != nil || r.Fault != nil || r.First != 3 || r.Entries != 11 { // ten left, and the one that tells of the cut
			t.Errorf("%+v %+v %v", r, r.Fault, err)
		}
		if n, err := s.Expire(t.Context(), by.Tenant, before, 100); err != nil || n != 0 {
			t.Errorf("a second time: %d %v", n, err)
		}
		if n, err := s.Expire(t.Context(), by.Tenant, kernel.InstantOf(now.AddDate(1, 0, 0)), 4); err != nil || n != 4 {
			t.Errorf("in portions: %d %v", n, err)
		}
		if r, err := s.Verify(t.Context(), by); err != nil || r.Fault != nil || r.First != 7 {
			t.Errorf("after the second cut: %+v %+v %v", r, r.Fault, err)
		}
		tx := func(q string) error {
			return d.Tx(t.Context(), func(ctx context.Context) error {
				_, err := d.Conn(ctx).ExecContext(ctx, q, by.Tenant)
				return err
			})
		}
		for _, q := range []string{`delete from audit_entry where tenant_id = $1 and seq > 8`, `delete from audit_cut where tenant_id = $1`, `update audit_cut set hash = '' where tenant_id = $1`} {
			if err := tx(q); err == nil {
				t.Errorf("done: %s", q)
			}
		}
	})
}

// Writers in parallel wait for each other at the head of their town and lose nothing.
func TestManyWriteAtOnceWithoutGaps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, by := service(d), access.CommandLine(town(t, d, "a"))
		const writers, each = 4, 25
		start := time.Now()
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					if err := s.Record(t.Context(), by, access.Act{Do: access.ManageTenant, What: "tenant.save"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		took := time.Since(start)
		t.Logf("%d writers: %.0f acts a second", writers, writers*each/took.Seconds())
		r, err := s.Verify(t.Context(), by)
		if err != nil || r.Fault != nil || r.Entries != writers*each || r.Head.Seq != writers*each {
			t.Errorf("%+v %+v %v", r, r.Fault, err)
		}
	})
}

func TestTheTrailIsForDataProtectionAndRevision(t *testing.T) {
	d := dbtest.SQLite(t)
	s, by := service(d), access.CommandLine(town(t, d, "a"))
	written(t, s, by, 3)
	for _, r := range access.Roles() {
		who := access.Actor{Tenant: by.Tenant, Person: kernel.NewID(), Roles: []access.Role{r}}
		_, _, err := s.Find(t.Context(), who, trail.Filter{}, 0, 10)
		if may := r == access.DPO || r == access.Auditor; may != (err == nil) {
			t.Errorf("%s reads: %v", r, err)
		}
	}
}

func TestANoteCarriesNoAddressAndNoText(t *testing.T) {
	d := dbtest.SQLite(t)
	s, by := service(d), access.CommandLine(town(t, d, "a"))
	act := access.Act{Do: access.ManageUsers, What: "account.add", Note: map[string]string{"mail": "jemand@example.org", "text": strings.Repeat("ä", 300), "role": "planner"}}
	if err := s.Record(t.Context(), by, act); err != nil {
		t.Fatal(err)
	}
	e, err := s.Entry(t.Context(), by, 1)
	if err != nil || e.Note["mail"] != "[@]" || len(e.Note["text"]) > 210 || e.Note["role"] != "planner" {
		t.Errorf("%+v %v", e.Note, err)
	}
}
