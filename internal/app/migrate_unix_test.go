// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package app_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// oldest is the fixture with the most migrations before it.
var oldest = filepath.Join("..", "platform", "db", "testdata", "fixtures", "0002-spine")

// TestMigratingChild is the process that is killed while it takes a town over; in the test run itself it has nothing to do.
func TestMigratingChild(t *testing.T) {
	dir := os.Getenv("MIGRATE_TEST_DIR")
	if dir == "" {
		return
	}
	fmt.Println("begin")
	a, err := app.Open(context.Background(), app.Config{DataDir: dir, Database: os.Getenv("MIGRATE_TEST_URL"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("done", a.DB.Schema().Have)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// kills is how often a test kills; KUPFERFADEN_KILLS makes it more.
func kills(t *testing.T, usual int) int {
	t.Helper()
	if s := os.Getenv("KUPFERFADEN_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return usual
}

// Reliability.md 5: a migration that is killed at any moment leaves the old schema or one of the next whole ones, and the next start completes
// it. The backup before it holds the old data.
func TestAKilledMigrationIsCompletedByTheNextStart(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		killedMigrations(t, kills(t, 20), func(t *testing.T) app.Config {
			return app.Config{DataDir: unpack(t, filepath.Join(oldest, "sqlite.tar.zst"))}
		})
	})
	t.Run("postgres", func(t *testing.T) {
		killedMigrations(t, kills(t, 5), func(t *testing.T) app.Config {
			url := dbtest.PostgresURL(t)
			data := unpack(t, filepath.Join(oldest, "postgres.tar.zst"))
			load(t, url, filepath.Join(data, "dump.sql"))
			return app.Config{DataDir: data, Database: url}
		})
	})
}

func killedMigrations(t *testing.T, n int, fresh func(t *testing.T) app.Config) {
	_, whole := runChild(t, fresh(t), 0)
	outcomes := map[string]int{}
	for range n {
		cfg := fresh(t)
		after := time.Duration(rand.Int64N(int64(whole)))
		done, _ := runChild(t, cfg, after)
		d, err := db.Open(t.Context(), db.Config{DataDir: cfg.DataDir, URL: cfg.Database, AsIs: true})
		if err != nil {
			t.Fatalf("killed after %v: %v", after, err)
		}
		have := d.Schema().Have
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		switch {
		case done || have == db.NewestSchema():
			outcomes["new"]++
		case have == 3:
			outcomes["old"]++
		case have > 3:
			outcomes["between"]++
		default:
			t.Fatalf("killed after %v: schema %d", after, have)
		}
		a, err := app.Open(t.Context(), cfg)
		if err != nil {
			t.Fatalf("killed after %v at schema %d: %v", after, have, err)
		}
		if a.DB.Schema().Have != db.NewestSchema() || len(a.DB.Schema().Pending) != 0 {
			t.Errorf("schema %+v", a.DB.Schema())
		}
		town, err := a.Tenants.Find(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := a.Indicators.Deliveries(t.Context(), a.Operator(town)); err != nil || len(list) != 8 {
			t.Errorf("%d deliveries: %v", len(list), err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		saved, err := backup.List(cfg.BackupDir())
		if err != nil || !slices.ContainsFunc(saved, func(f backup.File) bool {
			m, err := backup.Verify(t.Context(), f.Path, nil)
			return err == nil && m.Schema == 3 && strings.HasPrefix(f.What, "before-schema-")
		}) {
			t.Errorf("no backup of the old data: %v %v", saved, err)
		}
	}
	t.Logf("%d kills within %v: %v", n, whole, outcomes)
}

// runChild takes a town over in a process of its own and kills it after some time from its beginning, never when after is zero.
func runChild(t *testing.T, cfg app.Config, after time.Duration) (done bool, took time.Duration) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigratingChild$")
	c.Env = append(os.Environ(), "MIGRATE_TEST_DIR="+cfg.DataDir, "MIGRATE_TEST_URL="+cfg.Database)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begin" {
		t.Fatalf("the child said %q", lines.Text())
	}
	start := time.Now()
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
		defer timer.Stop()
	}
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "done") {
			done, took = true, time.Since(start)
		}
	}
	if err := c.Wait(); err != nil && after == 0 {
		t.Fatal(err)
	}
	return done, took
}

// A schema that a newer program made is refused in clear words, and a migration that finds no room leaves everything as it was.
func TestMigrationsGoForwardOnly(t *testing.T) {
	data := unpack(t, filepath.Join(oldest, "sqlite.tar.zst"))
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := app.Open(t.Context(), app.Config{DataDir: data, Backup: app.BackupOptions{Dir: filepath.Join(blocked, "sub")}}); err == nil {
		t.Error("migrated without the backup that was asked for", a.Close())
	}
	d, err := db.Open(t.Context(), db.Config{DataDir: data, AsIs: true})
	if err != nil || d.Schema().Have != 3 {
		t.Fatalf("a migration without a backup: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Config{DataDir: data, SkipBackup: true})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := backup.List(app.Config{DataDir: data}.BackupDir()); err != nil || len(list) != 0 {
		t.Errorf("saved although it was not wanted: %v %v", list, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(data, db.FileName))
	if err != nil {
		t.Fatal(err)
	}
	_, err = raw.ExecContext(t.Context(), `insert into schema_version (version_id, is_applied) values ($1, 1)`, db.NewestSchema()+1)
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = app.Open(t.Context(), app.Config{DataDir: data})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.newer" {
		t.Errorf("a newer schema was opened: %v", err)
	}
}

// While an older program serves, nobody changes the tables under it.
func TestNoMigrationUnderAServingProgram(t *testing.T) {
	data := unpack(t, filepath.Join(oldest, "sqlite.tar.zst"))
	old, err := db.Open(t.Context(), db.Config{DataDir: data, AsIs: true, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Open(t.Context(), app.Config{DataDir: data})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.served" {
		t.Errorf("%v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Config{DataDir: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}
