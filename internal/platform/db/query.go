// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Where builds the conditions of a statement. Each ? becomes the number of its argument:
//
//	w := db.NewWhere(tenant) // tenant_id = $1
//	w.And("level = ?", level)
//	w.In("key", keys)
//	rows, err := d.Conn(ctx).QueryContext(ctx, "select … from area where "+w.String()+" order by key limit "+w.Arg(50), w.Args...)
type Where struct {
	parts []string
	// Args are the arguments in the order of their numbers.
	Args []any
}

// NewWhere starts with the condition every statement has.
func NewWhere(tenant any) *Where {
	w := &Where{}
	w.And("tenant_id = ?", tenant)
	return w
}

// Arg adds a value and returns its placeholder, for the parts of a statement outside the conditions.
func (w *Where) Arg(v any) string {
	w.Args = append(w.Args, v)
	return "$" + strconv.Itoa(len(w.Args))
}

// And adds a condition with one argument for each ? in it. It panics when their numbers differ, which is a mistake in the program.
func (w *Where) And(cond string, args ...any) {
	if n := strings.Count(cond, "?"); n != len(args) {
		panic(fmt.Sprintf("db: %d placeholders in %q for %d arguments", n, cond, len(args)))
	}
	var b strings.Builder
	for _, a := range args {
		before, after, _ := strings.Cut(cond, "?")
		b.WriteString(before)
		b.WriteString(w.Arg(a))
		cond = after
	}
	b.WriteString(cond)
	w.parts = append(w.parts, b.String())
}

// In adds "col in (…)" for a slice; an empty slice matches nothing. Lists of many thousands go in portions (slices.Chunk): SQLite takes
// 32,766 arguments, PostgreSQL 65,535.
func (w *Where) In(col string, values any) {
	v := reflect.ValueOf(values)
	if v.Len() == 0 {
		w.parts = append(w.parts, "false")
		return
	}
	var b strings.Builder
	b.WriteString(col)
	b.WriteString(" in (")
	for i := range v.Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w.Arg(v.Index(i).Interface()))
	}
	b.WriteString(")")
	w.parts = append(w.parts, b.String())
}

// String returns the conditions joined by "and".
func (w *Where) String() string {
	if len(w.parts) == 0 {
		return "true"
	}
	return strings.Join(w.parts, " and ")
}

// Row is one row to read: *sql.Rows or *sql.Row.
type Row interface{ Scan(dest ...any) error }

// Collect reads every row with scan. It takes the results of QueryContext as they come.
func Collect[T any](rows *sql.Rows, err error, scan func(Row) (T, error)) ([]T, error) {
	var out []T
	err = Each(rows, err, func(r Row) error {
		v, err := scan(r)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Each calls f for every row; it takes the results of QueryContext as they come.
func Each(rows *sql.Rows, err error, f func(Row) error) error {
	if err != nil {
		return translate(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what went wrong
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// One reads the only row. Without one it returns a kernel.Error of kind NotFound with the given message key.
func One[T any](rows *sql.Rows, err error, key string, scan func(Row) (T, error)) (T, error) {
	all, err := Collect(rows, err, scan)
	var zero T
	switch {
	case malformed(err):
		return zero, kernel.E(kernel.NotFound, key)
	case err != nil:
		return zero, err
	case len(all) == 0:
		return zero, kernel.E(kernel.NotFound, key)
	case len(all) > 1:
		return zero, fmt.Errorf("db: %d rows where one was asked for (%s)", len(all), key)
	}
	return all[0], nil
}

// Value reads a single column of a single row, such as a count.
func Value[T any](r *sql.Row, key string) (T, error) {
	var v T
	err := r.Scan(&v)
	if errors.Is(err, sql.ErrNoRows) || malformed(err) {
		return v, kernel.E(kernel.NotFound, key)
	}
	return v, translate(err)
}

// JSON stores V as JSON text on both engines and reads it from either's form.
type JSON[T any] struct{ V T }

// AsJSON wraps v for writing.
func AsJSON[T any](v T) JSON[T] { return JSON[T]{v} }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	if err != nil {
		return nil, fmt.Errorf("json: %w", err)
	}
	return string(b), nil
}

// Scan implements sql.Scanner; null leaves the zero value.
func (j *JSON[T]) Scan(src any) error {
	var v T
	j.V = v
	switch s := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(s), &j.V)
	case []byte:
		return json.Unmarshal(s, &j.V)
	}
	return fmt.Errorf("json: cannot read %T", src)
}

// OrZero scans a column into dest and leaves the zero value where it is null.
func OrZero[T any](dest *T) sql.Scanner { return orZero[T]{dest} }

type orZero[T any] struct{ dest *T }

func (o orZero[T]) Scan(src any) error {
	var n sql.Null[T]
	if err := n.Scan(src); err != nil {
		return err
	}
	*o.dest = n.V
	return nil
}

// NullZero writes null in place of v's zero value, for optional references and dates.
func NullZero[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
