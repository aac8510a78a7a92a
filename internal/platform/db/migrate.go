// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations returns the embedded migrations, one set for both engines.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic("db: embedded migrations: " + err.Error()) // cannot happen: the folder is part of the program
	}
	return sub
}

// migrate brings the schema up to date, one process at a time, and refuses a schema newer than this program.
func (d *DB) migrate(ctx context.Context) error {
	dialect := goose.DialectPostgres
	var opts []goose.ProviderOption
	if d.engine == SQLite {
		dialect = goose.DialectSQLite3
		release, err := waitLock(ctx, filepath.Join(d.cfg.DataDir, "migrate.lock"), d.cfg.BusyWait)
		if err != nil {
			return err
		}
		d.release = append(d.release, release)
		defer func() {
			d.release = d.release[:len(d.release)-1]
			_ = release() // closing a lock file that was never written to
		}()
	} else {
		// A lease in a table, not an advisory lock: distributed engines have no reliable ones.
		l, err := lock.NewPostgresTableLocker(lock.WithTableName("schema_lock"), lock.WithTableLeaseDuration(30*time.Second),
			lock.WithTableLockTimeout(200*time.Millisecond, 600), lock.WithTableUnlockTimeout(200*time.Millisecond, 50))
		if err != nil {
			return fmt.Errorf("db: migration lock: %w", err)
		}
		opts = append(opts, goose.WithLocker(l))
	}
	p, err := goose.NewProvider(dialect, d.writer, engineFS{Migrations(), d.engine}, append(opts, goose.WithTableName("schema_version"), goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("db: migrations: %w", err)
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("db: schema version: %w", err)
	}
	if have > known {
		return kernel.E(kernel.Unavailable, "db.newer", "have", have, "known", known)
	}
	if have == known {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	return nil
}

// waitLock takes the lock file at path, waiting up to most.
func waitLock(ctx context.Context, path string, most time.Duration) (func() error, error) {
	for start := time.Now(); ; {
		f, err := tryLock(path)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		if time.Since(start) > most {
			return nil, kernel.E(kernel.Unavailable, "db.busy")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

var sharedTable = regexp.MustCompile(`(?im)^--\s*shared:.*\n(?:--.*\n)*\s*create table (?:if not exists )?(\w+)`)

// SharedTables lists the tables without a tenant: those that a migration introduces with a line "-- shared: reason" directly above
// "create table". All other tables belong to a tenant, and every statement on them names tenant_id.
func SharedTables() ([]string, error) {
	var out []string
	err := fs.WalkDir(Migrations(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(Migrations(), path)
		if err != nil {
			return err
		}
		for _, m := range sharedTable.FindAllStringSubmatch(string(b), -1) {
			out = append(out, strings.ToLower(m[1]))
		}
		return nil
	})
	return out, err
}
