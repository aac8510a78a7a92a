// SPDX-License-Identifier: EUPL-1.2

package releasedb_test

import (
	"context"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/release/releasedb"
)

func town(t *testing.T, d *db.DB, key string) kernel.ID {
	t.Helper()
	id := kernel.NewID()
	err := d.Tx(context.Background(), func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, `insert into tenant (tenant_id, key, name, fictional, settings, stamp, created_at)
			values ($1, $2, '{}', $3, '{}', 0, $4)`, id, key, true, kernel.InstantOf(time.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func stamp(t *testing.T, d *db.DB, tenant kernel.ID) int64 {
	t.Helper()
	ctx := context.Background()
	n, err := db.Value[int64](d.Conn(ctx).QueryRowContext(ctx, `select stamp from tenant where tenant_id = $1`, tenant), "tenant.notfound")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func at(minute int) kernel.Instant {
	return kernel.InstantOf(time.Date(2025, 3, 1, 12, minute, 0, 0, time.UTC))
}

func TestTheLedgerKeepsReleasesAndTheirEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := &releasedb.Store{DB: d}
		nord := town(t, d, "nord")
		want := release.Entry{
			ID: kernel.NewID(), Kind: release.SliceKind, ObjectID: kernel.NewID(), Audience: access.Public, ReleasedAt: at(1), ReleasedBy: "Sozialplanung",
			Note: "Sozialmonitoring „2024“",
		}
		run := release.Entry{ID: kernel.NewID(), Kind: release.RunKind, ObjectID: kernel.NewID(), Audience: access.Political, ReleasedAt: at(2)}
		before := stamp(t, d, nord)
		write := func(f func(ctx context.Context) error) {
			t.Helper()
			if err := d.Tx(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		write(func(ctx context.Context) error { return s.Add(ctx, nord, want) })
		write(func(ctx context.Context) error { return s.Add(ctx, nord, run) })
		if stamp(t, d, nord) == before {
			t.Error("a release changes what pages show: the stamp counts it")
		}
		list, err := s.Entries(ctx, nord, release.SliceKind)
		if err != nil || len(list) != 1 || list[0] != want || !list[0].Active() {
			t.Errorf("%v %+v", err, list)
		}
		before = stamp(t, d, nord)
		write(func(ctx context.Context) error {
			return s.Withdraw(ctx, nord, want.ID, at(9), "Leitung", "Fehler der Quelle")
		})
		list, err = s.Entries(ctx, nord, release.SliceKind)
		if err != nil || len(list) != 1 || list[0].Active() || list[0].WithdrawnReason != "Fehler der Quelle" || list[0].WithdrawnBy != "Leitung" || list[0].WithdrawnAt != at(9) {
			t.Errorf("%v %+v", err, list)
		}
		if stamp(t, d, nord) == before {
			t.Error("a withdrawal changes what pages show: the stamp counts it")
		}
		err = d.Tx(ctx, func(ctx context.Context) error { return s.Withdraw(ctx, nord, want.ID, at(10), "x", "y") })
		if kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("withdrawn twice: %v", err)
		}
	})
}

func TestTheLedgerOfATownIsItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := &releasedb.Store{DB: d}
		nord, sued := town(t, d, "nord"), town(t, d, "sued")
		e := release.Entry{ID: kernel.NewID(), Kind: release.SliceKind, ObjectID: kernel.NewID(), Audience: access.Public, ReleasedAt: at(1)}
		if err := d.Tx(ctx, func(ctx context.Context) error { return s.Add(ctx, nord, e) }); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Entries(ctx, sued, release.SliceKind); err != nil || len(list) != 0 {
			t.Errorf("the other town sees the release: %v %v", err, list)
		}
		err := d.Tx(ctx, func(ctx context.Context) error { return s.Withdraw(ctx, sued, e.ID, at(2), "x", "y") })
		if kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("the other town withdraws it: %v", err)
		}
		if list, err := s.Entries(ctx, nord, release.SliceKind); err != nil || !list[0].Active() {
			t.Errorf("%v %+v", err, list)
		}
		if stamp(t, d, sued) != 0 {
			t.Error("a failed withdrawal leaves nothing behind")
		}
	})
}
