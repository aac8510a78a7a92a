// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Check reads the whole database and tells whether its pages, indexes and references agree: integrity_check and foreign_key_check on SQLite. On
// PostgreSQL it reads every row, which compares the check sums of its pages where the server keeps them; references are the server's own.
func (d *DB) Check(ctx context.Context) error {
	if d.engine == PostgreSQL {
		tables, err := d.Tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := d.Rows(ctx, t, "", func([]any) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}
	rows, err := d.reader.QueryContext(ctx, `pragma integrity_check(20)`)
	found, err := Collect(rows, err, func(r Row) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		return err
	}
	rows, err = d.reader.QueryContext(ctx, `select coalesce(rowid, 0), "table", parent from pragma_foreign_key_check limit 20`)
	if err := Each(rows, err, func(r Row) error {
		var row int64
		var table, parent string
		err := r.Scan(&row, &table, &parent)
		found = append(found, fmt.Sprintf("row %d of %s refers to nothing in %s", row, table, parent))
		return err
	}); err != nil {
		return err
	}
	if len(found) == 1 && found[0] == "ok" {
		return nil
	}
	return &kernel.Error{Kind: kernel.Unavailable, Key: "db.damaged_file", Params: kernel.Params("file", d.where()), Err: errors.New(strings.Join(found, "; "))}
}
