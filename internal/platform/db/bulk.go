// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bulk inserts many rows inside the transaction of ctx: with one prepared statement on SQLite (many-row statements are slower there,
// stack.md 2.1), with COPY on PostgreSQL. It returns how many rows went in. A row's slice may be reused for the next one. rows must not use
// the transaction itself. Text, int64, float64, bool, []byte, nil and driver.Valuer are taken; a float that is not finite is refused, since
// SQLite would silently make it null.
func (d *DB) Bulk(ctx context.Context, table string, columns []string, rows iter.Seq2[[]any, error]) (int64, error) {
	st := d.state(ctx)
	if st == nil || !st.write {
		return 0, errors.New("db: Bulk outside a transaction")
	}
	q := "insert into " + table + " (" + strings.Join(columns, ", ") + ") values (" + placeholders(len(columns)) + ")"
	if d.cfg.Trace != nil {
		d.cfg.Trace(q, nil)
	}
	if d.engine == PostgreSQL {
		return bulkCopy(ctx, st, table, columns, rows)
	}
	var n int64
	err := st.conn.Raw(func(c any) error {
		stmt, err := c.(driver.ConnPrepareContext).PrepareContext(ctx, q)
		if err != nil {
			return err
		}
		defer stmt.Close() //nolint:errcheck // finalizing reports the error of the last step again
		exec := stmt.(driver.StmtExecContext)
		named := make([]driver.NamedValue, len(columns))
		for row, err := range rows {
			if err == nil {
				err = bindRow(named, row)
			}
			if err == nil {
				_, err = exec.ExecContext(ctx, named)
			}
			if err != nil {
				return fmt.Errorf("%s: row %d: %w", table, n+1, err)
			}
			n++
		}
		return nil
	})
	return n, translate(err)
}

func placeholders(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String()
}

// bindRow turns a row into what the driver takes, with the same refusals on both engines.
func bindRow(named []driver.NamedValue, row []any) error {
	if len(row) != len(named) {
		return fmt.Errorf("%d values for %d columns", len(row), len(named))
	}
	for i, v := range row {
		w, err := plain(v)
		if err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: w}
	}
	return nil
}

// plain reduces v to a driver.Value that means the same on both engines.
func plain(v any) (driver.Value, error) {
	switch x := v.(type) {
	case nil, string, int64, bool, []byte:
		return x, nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%v is not a finite number", x)
		}
		return x, nil
	case time.Time:
		return nil, errors.New("time.Time: use kernel.Instant, the engines write times differently")
	case driver.Valuer:
		w, err := x.Value()
		if err != nil {
			return nil, err
		}
		return plain(w)
	}
	w, err := driver.DefaultParameterConverter.ConvertValue(v)
	if err != nil {
		return nil, err
	}
	return plain(w)
}

func bulkCopy(ctx context.Context, st *txState, table string, columns []string, rows iter.Seq2[[]any, error]) (n int64, err error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	named := make([]driver.NamedValue, len(columns))
	vals := make([]any, len(columns))
	err = st.conn.Raw(func(c any) error {
		var cerr error
		n, cerr = c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier(strings.Split(table, ".")), columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, err, ok := next()
			if !ok {
				return nil, nil
			}
			if err == nil {
				err = bindRow(named, row)
			}
			if err != nil {
				return nil, err
			}
			for i := range named {
				vals[i] = named[i].Value
			}
			return vals, nil
		}))
		return cerr
	})
	if err != nil {
		return 0, translate(fmt.Errorf("%s: %w", table, err))
	}
	return n, nil
}
