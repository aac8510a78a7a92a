// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// each gives f a database of either engine with a table to try things on.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, `create table probe (tenant_id text not null, id text not null, v double precision, n bigint, b boolean, at timestamptz, doc jsonb, raw bytea,
			primary key (tenant_id, id))`)
		f(t, d)
	})
}

func run(t *testing.T, d *db.DB, q string, args ...any) {
	t.Helper()
	if err := write(t.Context(), d, q, args...); err != nil {
		t.Fatal(err)
	}
}

func write(ctx context.Context, d *db.DB, q string, args ...any) error {
	return d.Tx(ctx, func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, q, args...)
		return err
	})
}

const put = `insert into probe (tenant_id, id, n) values ('t', $1, $2)`

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from probe where tenant_id = 't'`), "probe.notfound")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTxCommitsOnlyWithoutError(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || count(t, d) != 0 {
			t.Fatalf("got %v and %d rows, want the error and no row", err, count(t, d))
		}
		run(t, d, put, "1", 1)
		if count(t, d) != 1 {
			t.Fatal("the row is not there after the commit")
		}
	})
}

func TestAPanicRollsBackAndReachesTheCaller(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if p := recover(); p != "stop" {
					t.Errorf("recovered %v, want the panic of the function", p)
				}
			}()
			_ = d.Tx(t.Context(), func(ctx context.Context) error {
				if _, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1); err != nil {
					return err
				}
				panic("stop")
			})
		}()
		if count(t, d) != 0 {
			t.Error("the row of the panicking transaction is there")
		}
		run(t, d, put, "2", 2) // and the writer is free again
	})
}

func TestNestedTxJoinsAndItsFailureForbidsTheCommit(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		inner := errors.New("inner")
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			if err := write(ctx, d, put, "1", 1); err != nil {
				return err
			}
			_ = d.Tx(ctx, func(context.Context) error { return inner }) // swallowed on purpose
			return nil
		})
		if !errors.Is(err, inner) || count(t, d) != 0 {
			t.Fatalf("got %v and %d rows, want the inner error and none", err, count(t, d))
		}
		err = d.Tx(t.Context(), func(ctx context.Context) error {
			return errors.Join(write(ctx, d, put, "1", 1), write(ctx, d, put, "2", 2))
		})
		if err != nil || count(t, d) != 2 {
			t.Fatalf("got %v and %d rows, want both", err, count(t, d))
		}
	})
}

func TestWritingOutsideATransactionIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.Conn(t.Context()).ExecContext(t.Context(), put, "1", 1); err == nil {
			t.Error("the pool of readers took a write")
		}
		err := d.ReadTx(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1)
			return err
		})
		if kernel.KindOf(err) != kernel.Unavailable {
			t.Errorf("a write in a reading transaction: %v", err)
		}
		err = d.ReadTx(t.Context(), func(ctx context.Context) error { return write(ctx, d, put, "1", 1) })
		if err == nil || count(t, d) != 0 {
			t.Errorf("Tx inside ReadTx: %v, %d rows", err, count(t, d))
		}
	})
}

func TestReadTxSeesOneState(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		run(t, d, put, "1", 1)
		err := d.ReadTx(t.Context(), func(ctx context.Context) error {
			read := func() (int, error) {
				return db.Value[int](d.Conn(ctx).QueryRowContext(ctx, `select count(*) from probe where tenant_id = 't'`), "")
			}
			before, err := read()
			if err != nil {
				return err
			}
			run(t, d, put, "2", 2) // t's context carries no transaction: another connection
			after, err := read()
			if before != 1 || after != 1 {
				t.Errorf("saw %d, then %d rows, want 1 both times", before, after)
			}
			return err
		})
		if err != nil || count(t, d) != 2 {
			t.Fatalf("%v, %d rows afterwards", err, count(t, d))
		}
	})
}

func TestAfterCommitRunsOnceAndOnlyAfterACommit(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var told []int
		_ = d.Tx(t.Context(), func(ctx context.Context) error {
			d.AfterCommit(ctx, func() { told = append(told, -1) })
			return errors.New("no")
		})
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			return d.Tx(ctx, func(ctx context.Context) error {
				d.AfterCommit(ctx, func() { told = append(told, count(t, d)) })
				_, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1)
				return err
			})
		})
		if err != nil || fmt.Sprint(told) != "[1]" {
			t.Fatalf("%v, told %v, want [1]: once, with the row visible", err, told)
		}
		d.AfterCommit(t.Context(), func() { told = append(told, 2) })
		if len(told) != 2 {
			t.Error("outside a transaction the function was not called at once")
		}
	})
}

// Two transactions read a counter and write it back. Without serializable isolation and retries, increments would be lost.
func TestConcurrentTransactionsLoseNoUpdate(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		run(t, d, put, "counter", 0)
		const workers, rounds = 4, 25
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range rounds {
					err := d.Tx(t.Context(), func(ctx context.Context) error {
						n, err := db.Value[int](d.Conn(ctx).QueryRowContext(ctx, `select n from probe where tenant_id = 't' and id = 'counter'`), "")
						if err != nil {
							return err
						}
						_, err = d.Conn(ctx).ExecContext(ctx, `update probe set n = $1 where tenant_id = 't' and id = 'counter'`, n+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		n, err := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select n from probe where tenant_id = 't'`), "")
		if err != nil || n != workers*rounds {
			t.Fatalf("counted %d (%v), want %d", n, err, workers*rounds)
		}
	})
}

// Many writers on one row, such as the end of a town's audit trail: none is refused, however unlucky it is.
func TestWritersOfOneRowDoNotStarve(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		run(t, d, put, "counter", 0)
		const workers, rounds = 24, 10
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range rounds {
					err := d.Tx(t.Context(), func(ctx context.Context) error {
						if _, err := db.Value[int](d.Conn(ctx).QueryRowContext(ctx, `select count(*) from probe where tenant_id = 't'`), ""); err != nil {
							return err
						}
						time.Sleep(10 * time.Millisecond) // what a page does between its first and its last statement
						_, err := d.Conn(ctx).ExecContext(ctx, `update probe set n = n + 1 where tenant_id = 't' and id = 'counter'`)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestViolatedKeysAreRecognised(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		run(t, d, `create table part (tenant_id text not null, id text not null, probe text not null, primary key (tenant_id, id),
			foreign key (tenant_id, probe) references probe (tenant_id, id))`)
		run(t, d, put, "1", 1)
		if err := write(t.Context(), d, put, "1", 1); !db.Duplicate(err) || db.Dangling(err) {
			t.Errorf("same key twice: %v", err)
		}
		err := write(t.Context(), d, `insert into part (tenant_id, id, probe) values ('other', '1', '1')`)
		if !db.Dangling(err) || db.Duplicate(err) {
			t.Errorf("a key across tenants: %v", err)
		}
	})
}

func TestACancelledContextEndsATransaction(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Tx(ctx, func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1)
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) || count(t, d) != 0 {
			t.Fatalf("got %v and %d rows", err, count(t, d))
		}
		for _, in := range []func(context.Context, func(context.Context) error) error{d.Tx, d.ReadTx} {
			ctx, cancel := context.WithCancel(t.Context())
			err := in(ctx, func(ctx context.Context) error {
				cancel()
				for { // until the driver notices, whatever it says then
					rows, err := d.Conn(context.WithoutCancel(ctx)).QueryContext(context.WithoutCancel(ctx), probes)
					if _, err := db.Collect(rows, err, scanProbe); err != nil {
						return err
					}
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("a statement after the end: %v, want context.Canceled", err)
			}
		}
		run(t, d, put, "1", 1)
	})
}

func TestSharedTablesComeFromTheMigrations(t *testing.T) {
	got, err := db.SharedTables()
	if err != nil || len(got) == 0 || got[0] != "tenant" {
		t.Fatalf("got %v, %v, want tenant first", got, err)
	}
}
