// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

func openAt(t *testing.T, cfg db.Config) (*db.DB, error) {
	t.Helper()
	d, err := db.Open(t.Context(), cfg)
	if err == nil {
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return d, err
}

func mustOpen(t *testing.T, dir string) *db.DB {
	t.Helper()
	d, err := openAt(t, db.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const probeTable = `create table probe (tenant_id text not null, id text not null, n bigint, primary key (tenant_id, id))`

// filled makes a data directory whose database holds rows commits of one row each.
func filled(t *testing.T, rows int) (*db.DB, string) {
	t.Helper()
	dir := t.TempDir()
	d := mustOpen(t, dir)
	run(t, d, probeTable)
	for i := range rows {
		run(t, d, put, fmt.Sprint("row", i), i)
	}
	return d, dir
}

// snapshot copies the files as a machine would find them after its power failed.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(to, db.FileName+"-shm")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return to
}

func TestLostCommitsAreNoticedAtStart(t *testing.T) {
	d, dir := filled(t, 5)
	early := snapshot(t, dir)
	for i := range 5 {
		run(t, d, put, fmt.Sprint("later", i), i)
	}
	other, otherDir := filled(t, 40)
	if err := errors.Join(other.Close()); err != nil {
		t.Fatal(err)
	}
	file := func(dir, suffix string) string { return filepath.Join(dir, db.FileName+suffix) }
	copyFile := func(t *testing.T, from, to string) {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		damage  func(t *testing.T, dir string) error
		refused bool
	}{
		{"nothing", func(*testing.T, string) error { return nil }, false},
		{"wal deleted", func(_ *testing.T, dir string) error { return os.Remove(file(dir, "-wal")) }, true},
		{"wal of an earlier day", func(t *testing.T, dir string) error { copyFile(t, file(early, "-wal"), file(dir, "-wal")); return nil }, true},
		{"wal cut", func(_ *testing.T, dir string) error { return os.Truncate(file(dir, "-wal"), 8000) }, true},
		{"database emptied", func(_ *testing.T, dir string) error {
			return errors.Join(os.Truncate(file(dir, ""), 0), os.Remove(file(dir, "-wal")))
		}, true},
		{"database deleted", func(_ *testing.T, dir string) error {
			return errors.Join(os.Remove(file(dir, "")), os.Remove(file(dir, "-wal")))
		}, true},
		{"database of another town with more commits", func(t *testing.T, dir string) error {
			copyFile(t, file(otherDir, ""), file(dir, ""))
			return os.Remove(file(dir, "-wal"))
		}, true},
		{"mark deleted", func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, db.MarkName)) }, false},
		{"mark torn by a power cut", func(_ *testing.T, dir string) error { return os.Truncate(filepath.Join(dir, db.MarkName), 30) }, false},
		{"mark lagging", func(t *testing.T, dir string) error {
			copyFile(t, filepath.Join(early, db.MarkName), filepath.Join(dir, db.MarkName))
			return nil
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := snapshot(t, dir)
			if err := c.damage(t, dir); err != nil {
				t.Fatal(err)
			}
			d, err := openAt(t, db.Config{DataDir: dir})
			if !c.refused {
				if err != nil || count(t, d) != 10 {
					t.Fatalf("a false alarm or lost rows: %v", err)
				}
				return
			}
			var k *kernel.Error
			if !errors.As(err, &k) || k.Key != "db.behind" || k.Params["file"] != filepath.Join(dir, db.FileName) {
				t.Fatalf("opened or refused without naming the file: %v", err)
			}
		})
	}
}

func TestTheMarkFollowsEveryCommitThatChangesSomething(t *testing.T) {
	d, dir := filled(t, 0)
	mark := func() (n int64) {
		b, err := os.ReadFile(filepath.Join(dir, db.MarkName))
		var id string
		if err == nil {
			_, err = fmt.Sscanf(string(b), "%s %d", &id, &n)
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	run(t, d, put, "0", 0)
	for i := range 20 {
		before := mark()
		run(t, d, put, fmt.Sprint(i+1), i)
		if got := mark(); got != before+1 {
			t.Fatalf("after a commit the mark went from %d to %d", before, got)
		}
		if err := d.Tx(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		_ = d.Tx(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, put, "undone", 0)
			return errors.Join(err, errors.New("undo"))
		})
		inDB, err := db.Value[int64](d.Conn(t.Context()).QueryRowContext(t.Context(), `select n from database_mark`), "")
		if err != nil || mark() != before+1 || inDB != before+1 {
			t.Fatalf("an empty and an undone transaction moved the mark to %d, the database to %d (%v), want %d", mark(), inDB, err, before+1)
		}
	}
}

func TestASecondServeProcessIsRefusedOtherVerbsAreNot(t *testing.T) {
	dir := t.TempDir()
	first, err := openAt(t, db.Config{DataDir: dir, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	run(t, first, probeTable)
	if _, err := openAt(t, db.Config{DataDir: dir, Serve: true}); kernel.KindOf(err) != kernel.Conflict {
		t.Fatalf("a second serve process: %v, want Conflict", err)
	}
	verb := mustOpen(t, dir)
	run(t, verb, put, "1", 1)
	if count(t, first) != 1 {
		t.Error("the serving process does not see the verb's row")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, db.Config{DataDir: dir, Serve: true}); err != nil {
		t.Errorf("after the first one ended: %v", err)
	}
}

func TestASecondWriterWaitsAndIsThenToldSo(t *testing.T) {
	a, dir := filled(t, 0)
	b, err := openAt(t, db.Config{DataDir: dir, BusyWait: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	patient := mustOpen(t, dir)
	began, done := make(chan bool), make(chan error)
	err = a.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := a.Conn(ctx).ExecContext(ctx, put, "a", 1); err != nil {
			return err
		}
		err := write(t.Context(), b, put, "b", 1)
		var k *kernel.Error
		if !errors.As(err, &k) || k.Kind != kernel.Unavailable || k.Key != "db.busy" {
			t.Errorf("the second writer: %v, want db.busy", err)
		}
		go func() {
			close(began)
			done <- write(t.Context(), patient, put, "c", 1)
		}()
		<-began
		return nil
	})
	if err := errors.Join(err, <-done); err != nil || count(t, a) != 2 {
		t.Fatalf("%v, %d rows, want those of a and of the patient one", err, count(t, a))
	}
}

func TestAFullDiskIsSaidAndLeavesTheDatabaseAsItWas(t *testing.T) {
	d, _ := filled(t, 1)
	run(t, d, `create table ballast (tenant_id text, b blob)`)
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := d.Conn(ctx).ExecContext(ctx, `pragma max_page_count = 200`); err != nil { // SQLite's own way to be full
			return err
		}
		_, err := d.Conn(ctx).ExecContext(ctx, `insert into ballast (tenant_id, b) values ('t', zeroblob(10000000))`)
		return err
	})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Kind != kernel.Unavailable || k.Key != "db.full" {
		t.Fatalf("got %v, want db.full", err)
	}
	if count(t, d) != 1 {
		t.Error("reading does not go on")
	}
	run(t, d, put, "small", 1) // there is room for a little
}

func TestTheDataDirectoryIsNobodyElses(t *testing.T) {
	d, dir := filled(t, 1)
	_ = d
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		i, err := e.Info()
		if err == nil && i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", p, i.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestASchemaNewerThanTheProgramIsRefused(t *testing.T) {
	d, dir := filled(t, 1)
	run(t, d, `insert into schema_version (version_id, is_applied) values (99999, true)`)
	_, err := openAt(t, db.Config{DataDir: dir})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.newer" || k.Params["have"] != int64(99999) {
		t.Fatalf("got %v, want db.newer", err)
	}
}

func TestManyProcessesMayOpenANewDatabaseAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			d, err := db.Open(t.Context(), db.Config{DataDir: dir})
			if err == nil {
				err = d.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestADamagedFileIsRefusedWithItsName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, db.FileName)
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openAt(t, db.Config{DataDir: dir})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.damaged_file" || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v, want db.damaged_file naming %s", err, path)
	}
}

func TestAwkwardDataDirectories(t *testing.T) {
	for _, name := range []string{"Straße 1", "50% of?it#", "a&b=c"} {
		d, err := openAt(t, db.Config{DataDir: filepath.Join(t.TempDir(), name, "data")})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		run(t, d, probeTable)
	}
}

// The WAL-reset bug is fixed in 3.51.3; 3.52.0 was withdrawn (https://sqlite.org/changes.html, reliability.md 0.5).
func TestOldSQLiteIsRefused(t *testing.T) {
	for v, ok := range map[string]bool{"3.51.2": false, "3.51.3": true, "3.51.10": true, "3.52.0": false, "3.52.1": true, "3.7.0": false, "4.0.0": true, "2.99.9": false, "x": false} {
		if err := db.CheckVersion(v); (err == nil) != ok {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// A commit that fails was never acknowledged: the mark does not count it, not even when a transaction that changes nothing succeeds after it.
func TestAFailedCommitIsNotCounted(t *testing.T) {
	d, dir := filled(t, 2)
	run(t, d, `create table part (tenant_id text not null, id text not null, probe text not null, primary key (tenant_id, id),
		foreign key (tenant_id, probe) references probe (tenant_id, id) deferrable initially deferred)`)
	if err := write(t.Context(), d, `insert into part (tenant_id, id, probe) values ('t', '1', 'nobody')`); err == nil {
		t.Fatal("the commit succeeded")
	}
	if err := write(t.Context(), d, `update probe set n = 1 where tenant_id = 'nobody'`); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}
