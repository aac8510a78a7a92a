// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

func insert(ctx context.Context, d *db.DB, id string) error {
	now := kernel.Instant{}
	_ = now
	_, err := d.Conn(ctx).ExecContext(ctx, `insert into job (tenant_id, id, kind, args, state, attempt, max_attempt, run_at, error, done, total, progress, created_at)
		values ($1, $2, 'k', $3, 'waiting', 0, 1, $4, '', 0, 0, '', $4)`, "t", id, db.AsJSON(map[string]int{"a": 1}), "2025-01-01T00:00:00.000000Z")
	return err
}

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from job where tenant_id = $1`, "t"), "x")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTxCommitsOnlyWithoutError(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			if err := insert(ctx, d, "1"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || count(t, d) != 0 {
			t.Fatalf("got %v and %d rows, want the error and no row", err, count(t, d))
		}
		if err := d.Tx(t.Context(), func(ctx context.Context) error { return insert(ctx, d, "1") }); err != nil {
			t.Fatal(err)
		}
		if count(t, d) != 1 {
			t.Fatal("the row is not there after commit")
		}
	})
}
