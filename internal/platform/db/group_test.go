// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Many people at once: each act is acknowledged by itself, one that fails or panics takes none of the others with it.
func TestGroupedActsStandEachForItself(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		refused := errors.New("refused")
		var wg sync.WaitGroup
		var mu sync.Mutex
		told := map[int]bool{}
		const people = 200
		for i := range people {
			wg.Go(func() {
				defer func() {
					if p := recover(); (p != nil) != (i%10 == 3) {
						t.Errorf("%d panicked with %v", i, p)
					}
				}()
				err := d.TxGrouped(t.Context(), func(ctx context.Context) error {
					d.AfterCommit(ctx, func() { mu.Lock(); told[i] = true; mu.Unlock() })
					if _, err := d.Conn(ctx).ExecContext(ctx, put, fmt.Sprint(i), i); err != nil {
						return err
					}
					switch i % 10 {
					case 3:
						panic("broken")
					case 7:
						return refused
					}
					return nil
				})
				if want := map[bool]error{true: refused}[i%10 == 7]; !errors.Is(err, want) || (err == nil) != (want == nil) {
					t.Errorf("%d: %v, want %v", i, err, want)
				}
			})
		}
		wg.Wait()
		n, err := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from probe where tenant_id = 't'`), "")
		if err != nil || n != people*8/10 || len(told) != n {
			t.Errorf("%d rows and %d told (%v), want %d", n, len(told), err, people*8/10)
		}
	})
}

// A key of the schema decides who comes first, whoever else is in the same commit.
func TestGroupedActsKeepKeys(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		took := 0
		for range 200 {
			wg.Go(func() {
				err := d.TxGrouped(t.Context(), func(ctx context.Context) error {
					_, err := d.Conn(ctx).ExecContext(ctx, put, "last place", 1)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					took++
				case !db.Duplicate(err):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took != 1 {
			t.Errorf("%d got the last place", took)
		}
	})
}

// A reader who went away while others wait in the same group is not heard of again, and the others are.
func TestAGroupedActOfSomebodyWhoLeftIsNotDone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		err := d.TxGrouped(ctx, func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if err := d.TxGrouped(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, put, "1", 1)
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkGroupedActs(b *testing.B) {
	d, err := db.Open(b.Context(), db.Config{DataDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Tx(b.Context(), func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, `create table probe (tenant_id text not null, id text not null, n bigint, primary key (tenant_id, id))`)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	b.SetParallelism(500)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			n++
			id := n
			mu.Unlock()
			if err := d.TxGrouped(b.Context(), func(ctx context.Context) error {
				_, err := d.Conn(ctx).ExecContext(ctx, `insert into probe (tenant_id, id, n) values ('t', $1, 1)`, fmt.Sprint(id))
				return err
			}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acts/s")
}
