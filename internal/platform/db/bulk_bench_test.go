// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

const bulkRows = 100_000

var figures = []string{"tenant_id", "slice", "area", "numerator", "denominator", "flag"}

// figureRows yields rows as an import of figures does, with one slice for all of them.
func figureRows(tenant string) iter.Seq2[[]any, error] {
	areas := make([]string, bulkRows)
	for i := range areas {
		areas[i] = string(kernel.NewID())
	}
	return func(yield func([]any, error) bool) {
		row := make([]any, len(figures))
		row[0], row[1], row[5] = tenant, tenant, ""
		for i, a := range areas {
			row[2], row[3], row[4] = a, float64(i%997), float64(1000+i%37)
			if !yield(row, nil) {
				return
			}
		}
	}
}

func benchTable(b *testing.B, d *db.DB) {
	b.Helper()
	err := write(b.Context(), d, `create table figure (tenant_id text not null, slice text not null, area text not null, numerator double precision,
		denominator double precision, flag text not null, primary key (tenant_id, slice, area))`)
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkWrite100k writes 100,000 rows in one transaction: with Bulk, and with one prepared statement through database/sql, which is the
// floor that issue and performance.md measure imports against.
func BenchmarkWrite100k(b *testing.B) {
	engines := map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite}
	if os.Getenv("TEST_POSTGRES") != "" {
		engines["postgres"] = dbtest.Postgres
	}
	for engine, open := range engines {
		run := func(b *testing.B, f func(ctx context.Context, d *db.DB, rows iter.Seq2[[]any, error]) error) {
			d := open(b)
			benchTable(b, d)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rows := figureRows(fmt.Sprint(i))
				if err := d.Tx(b.Context(), func(ctx context.Context) error { return f(ctx, d, rows) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*bulkRows/b.Elapsed().Seconds(), "rows/s")
		}
		b.Run(engine+"/bulk", func(b *testing.B) {
			run(b, func(ctx context.Context, d *db.DB, rows iter.Seq2[[]any, error]) error {
				_, err := d.Bulk(ctx, "figure", figures, rows)
				return err
			})
		})
		b.Run(engine+"/prepared", func(b *testing.B) {
			run(b, func(ctx context.Context, d *db.DB, rows iter.Seq2[[]any, error]) error {
				st, err := d.Conn(ctx).PrepareContext(ctx, `insert into figure (tenant_id, slice, area, numerator, denominator, flag) values ($1, $2, $3, $4, $5, $6)`)
				if err != nil {
					return err
				}
				defer st.Close() //nolint:errcheck // a benchmark's statement
				for row := range rows {
					if _, err := st.ExecContext(ctx, row...); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// BenchmarkTx is one small acknowledged write: what a form costs, fsync included.
func BenchmarkTx(b *testing.B) {
	d := dbtest.SQLite(b)
	benchTable(b, d)
	for i := 0; b.Loop(); i++ {
		if err := write(b.Context(), d, `insert into figure (tenant_id, slice, area, flag) values ('t', 's', $1, '')`, fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
}
