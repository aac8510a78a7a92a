// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
		// The driver starts a goroutine for each execution whose context can end; looking ourselves now and then makes it a third quicker.
		endless := context.WithoutCancel(ctx)
		for row, err := range rows {
			if err == nil && n%256 == 0 {
				err = ctx.Err()
			}
			if err == nil {
				err = bindRow(named, row)
			}
			if err == nil {
				_, err = exec.ExecContext(endless, named)
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
	case nil, int64, bool, []byte:
		return v, nil // v, not x, here and below: a value already in an interface need not be boxed again
	case string:
		if !utf8.ValidString(x) || strings.IndexByte(x, 0) >= 0 {
			return nil, fmt.Errorf("%q is not a text: it has a NUL or is not UTF-8", x)
		}
		return v, nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%v is not a finite number", x)
		}
		return v, nil
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

// bulkCopy runs copyRows in a goroutine of its own: the driver reads the rows in another one than it is called in, and a pulled sequence may only
// be read by goroutines that are tied to their thread as the one that began it was; a worker that stands back behind the pages is tied.
func bulkCopy(ctx context.Context, st *txState, table string, columns []string, rows iter.Seq2[[]any, error]) (n int64, err error) {
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		n, err = copyRows(ctx, st, table, columns, rows)
	}()
	if p := <-ended; p != nil {
		panic(p) // the caller's transaction rolls back and hands it on
	}
	return n, err
}

// copyRows streams the rows to PostgreSQL in COPY's text format, so that the server reads the values as it reads parameters in text form.
func copyRows(ctx context.Context, st *txState, table string, columns []string, rows iter.Seq2[[]any, error]) (n int64, err error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	src := &copySource{next: next, named: make([]driver.NamedValue, len(columns))}
	err = st.conn.Raw(func(c any) error {
		tag, err := c.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, src, "copy "+table+" ("+strings.Join(columns, ", ")+") from stdin")
		n = tag.RowsAffected()
		return err
	})
	if src.failed != nil { // the server only repeats its text
		err = fmt.Errorf("row %d: %w", src.rows+1, src.failed)
	}
	if err != nil {
		return 0, translate(fmt.Errorf("%s: %w", table, err))
	}
	return n, nil
}

// copySource writes rows as COPY's text format: tabs between columns, a line feed after each row, \N for null.
type copySource struct {
	next   func() ([]any, error, bool)
	named  []driver.NamedValue
	buf    []byte
	off    int
	rows   int64
	failed error
	done   bool
}

func (s *copySource) Read(p []byte) (int, error) {
	for s.off == len(s.buf) {
		if s.done {
			return 0, io.EOF
		}
		s.buf, s.off = s.buf[:0], 0
		for len(s.buf) < 1<<16 && !s.done {
			row, err, ok := s.next()
			if !ok {
				s.done = true
				break
			}
			if err == nil {
				err = bindRow(s.named, row)
			}
			if err != nil {
				s.failed = err
				return 0, err
			}
			s.append()
			s.rows++
		}
	}
	n := copy(p, s.buf[s.off:])
	s.off += n
	return n, nil
}

func (s *copySource) append() {
	b := s.buf
	for i := range s.named {
		if i > 0 {
			b = append(b, '\t')
		}
		switch v := s.named[i].Value.(type) {
		case nil:
			b = append(b, '\\', 'N')
		case string:
			b = appendEscaped(b, v)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		case bool:
			b = strconv.AppendBool(b, v)
		case []byte:
			b = append(b, '\\', '\\', 'x')
			b = hex.AppendEncode(b, v)
		}
	}
	s.buf = append(b, '\n')
}

func appendEscaped(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			b = append(b, '\\', '\\')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, c)
		}
	}
	return b
}
