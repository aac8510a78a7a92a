// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// oldestSQLite has the fix of the WAL-reset bug; 3.52.0 was withdrawn (reliability.md 0.5).
var oldestSQLite = [3]int{3, 51, 3}

func (d *DB) openSQLite(ctx context.Context) error {
	d.engine = SQLite
	if d.cfg.DataDir == "" {
		return kernel.E(kernel.Invalid, "db.no_data_dir")
	}
	dir, err := filepath.Abs(d.cfg.DataDir)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	d.cfg.DataDir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", dir), Err: err}
	}
	if d.cfg.Serve {
		if d.claim = d.cfg.Claim; d.claim == nil {
			if d.claim, err = claim(ctx, dir); err != nil {
				return err
			}
		}
		d.release = append(d.release, d.claim.Close)
	}
	path := filepath.Join(dir, FileName)
	// Made here so that nobody else on the machine may read it: SQLite would use the umask, and -wal and -shm take its mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", path), Err: err}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if d.mark, err = openMark(dir); err != nil {
		return err
	}
	busy := min(d.cfg.BusyWait, 5*time.Second).Milliseconds()
	common := []string{fmt.Sprintf("busy_timeout(%d)", busy), "foreign_keys(1)", "temp_store(MEMORY)", "trusted_schema(0)", "cell_size_check(1)"}
	d.writer, err = openPool(path, "immediate", append([]string{"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)", "cache_size(-32000)"}, common...))
	if err != nil {
		return err
	}
	d.writer.SetMaxOpenConns(1)
	d.writer.SetMaxIdleConns(1)
	d.reader, err = openPool(path, "deferred", append([]string{"query_only(1)", "cache_size(-8000)"}, common...))
	if err != nil {
		return err
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	d.reader.SetMaxOpenConns(readers)
	d.reader.SetMaxIdleConns(readers)
	if err := d.checkSQLite(ctx); err != nil {
		return err
	}
	if err := d.quickCheck(ctx, path); err != nil {
		return err
	}
	return d.mark.check(ctx, d.writer, d.where())
}

// claim takes the data directory for a serving process. A process that was killed may hold it a moment longer.
func claim(ctx context.Context, dir string) (*os.File, error) {
	for try := 0; ; try++ {
		f, err := tryLock(filepath.Join(dir, "serve.lock"))
		if !errors.Is(err, errLocked) {
			return f, err
		}
		if try == 20 {
			return nil, kernel.E(kernel.Conflict, "db.served", "dir", dir)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// Claim is the locked file by which a serving process holds the data directory, for handing it to the process that replaces this one; nil where
// nothing is claimed. The lock ends when the last process that has the file ends.
func (d *DB) Claim() *os.File { return d.claim }

func openPool(path, lock string, pragmas []string) (*sql.DB, error) {
	q := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return sql.Open("sqlite", u.String())
}

// checkSQLite proves that what makes a commit durable is in force on the connection, not only asked for.
func (d *DB) checkSQLite(ctx context.Context) error {
	var version, journal string
	var sync, keys int
	row := d.writer.QueryRowContext(ctx, `select sqlite_version(), j.journal_mode, s.synchronous, f.foreign_keys
		from pragma_journal_mode j, pragma_synchronous s, pragma_foreign_keys f`)
	if err := row.Scan(&version, &journal, &sync, &keys); err != nil {
		return fmt.Errorf("%s: %w", d.where(), err)
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if journal != "wal" || sync != 2 || keys != 1 {
		return &kernel.Error{
			Kind: kernel.Unavailable, Key: "db.not_durable", Params: kernel.Params("file", d.where()),
			Err: fmt.Errorf("journal_mode=%s synchronous=%d foreign_keys=%d, need wal, 2, 1: a network file system cannot hold this file", journal, sync, keys),
		}
	}
	return nil
}

// quickLimit is the size up to which a file is looked over before it is served: about a second. Larger ones are read as a whole by every backup,
// which refuses damage too.
const quickLimit = 256 << 20

// quickCheck looks over every page before a process serves them.
func (d *DB) quickCheck(ctx context.Context, path string) error {
	i, err := os.Stat(path)
	if err != nil || !d.cfg.Serve || i.Size() > quickLimit {
		return err
	}
	var found string
	if err := d.writer.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.damaged", Err: errors.New(found)}
	}
	return nil
}

// checkVersion refuses an SQLite that may damage a file in WAL mode.
func checkVersion(version string) error {
	var v [3]int
	for i, part := range strings.SplitN(version, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("db: SQLite version %q: %w", version, err)
		}
		v[i] = n
	}
	older := v[0] < oldestSQLite[0] || v[0] == oldestSQLite[0] && (v[1] < oldestSQLite[1] || v[1] == oldestSQLite[1] && v[2] < oldestSQLite[2])
	if older || v == [3]int{3, 52, 0} {
		return kernel.E(kernel.Unavailable, "db.sqlite_version", "version", version)
	}
	return nil
}
