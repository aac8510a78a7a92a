// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// About is what a database says of itself.
type About struct {
	Version   string         // "SQLite 3.53.0", "PostgreSQL 15.18"
	Checksums string         // "on" or "off" of the pages; empty where the engine has none
	Now       kernel.Instant // its clock
}

// About asks it.
func (d *DB) About(ctx context.Context) (a About, err error) {
	if d.engine == SQLite {
		err = d.reader.QueryRowContext(ctx, `select 'SQLite ' || sqlite_version(), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`).Scan(&a.Version, &a.Now)
		return a, translate(err)
	}
	var sums sql.NullString
	err = d.reader.QueryRowContext(ctx, `select 'PostgreSQL ' || current_setting('server_version'), current_setting('data_checksums', true), clock_timestamp()`).Scan(&a.Version, &sums, &a.Now)
	a.Checksums = sums.String
	return a, translate(err)
}

// Newest is the latest moment at which the program wrote something down. A clock that is
// behind it was set back.
func (d *DB) Newest(ctx context.Context) (newest kernel.Instant, err error) {
	err = d.reader.QueryRowContext(ctx, `select max(at) from (select max(created_at) as at from job union all select max(taken_at) from delivery
		union all select max(released_at) from release union all select max(created_at) from account union all select max(created_at) from tenant) t`).Scan(&newest)
	return newest, translate(err)
}
