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
		l, err := lock.NewPostgresTableLocker(lock.WithTableName("schema_lock"), lock.WithTableLeaseDuration(6*time.Second), lock.WithTableHeartbeatInterval(time.Second),
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
	if err := d.readSchema(ctx, p); err != nil {
		return err
	}
	have, to := d.schema.Have, d.schema.Known
	if d.cfg.Schema != 0 {
		to = d.cfg.Schema
	}
	switch {
	case have > d.schema.Known || to > d.schema.Known:
		return kernel.E(kernel.Unavailable, "db.newer", "have", max(have, to), "known", d.schema.Known)
	case d.cfg.AsIs || have >= to:
		return nil
	}
	if d.engine == SQLite && !d.cfg.Serve && have > 0 { // an older program that serves would meet tables it does not know
		release, err := tryLock(filepath.Join(d.cfg.DataDir, "serve.lock"))
		if errors.Is(err, errLocked) {
			return kernel.E(kernel.Conflict, "db.served", "dir", d.cfg.DataDir)
		}
		if err != nil {
			return err
		}
		defer func() { _ = release.Close() }() // closing a lock file that was never written to
	}
	if have > 0 && d.cfg.BeforeMigrate != nil {
		if err := d.cfg.BeforeMigrate(ctx, d); err != nil {
			return err
		}
	}
	if _, err := p.UpTo(ctx, to); err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	return d.readSchema(ctx, p)
}

// Schema is the version of the database's schema, beside the newest this program knows. Migrations go forward only.
type Schema struct {
	Have, Known int64
	// Pending are the files of the migrations that are still to come.
	Pending []string
}

// Schema tells which version the database had when it was opened, or was brought to.
func (d *DB) Schema() Schema { return d.schema }

// NewestSchema is the version this program brings a database to.
func NewestSchema() int64 {
	var newest int64
	list, err := fs.Glob(Migrations(), "*.sql")
	if err != nil {
		panic("db: embedded migrations: " + err.Error()) // cannot happen: the pattern is well formed
	}
	for _, name := range list {
		if v, err := goose.NumericComponent(name); err == nil {
			newest = max(newest, v)
		}
	}
	return newest
}

func (d *DB) readSchema(ctx context.Context, p *goose.Provider) error {
	d.schema = Schema{Known: NewestSchema()}
	var err error
	if d.schema.Have, err = p.GetDBVersion(ctx); err != nil {
		return fmt.Errorf("db: schema version: %w", err)
	}
	for _, s := range p.ListSources() {
		if s.Version > d.schema.Have {
			d.schema.Pending = append(d.schema.Pending, s.Path)
		}
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
