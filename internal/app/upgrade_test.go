// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxdb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// The accounts of every fixture; see scripts/fixture.
const (
	fixtureEmail    = "planung@kupferstadt.example"
	fixturePassword = "Kupferfaden-Fixture-7431"
)

// bookkeeping are tables of the migrations and of the high-water mark.
var bookkeeping = []string{"schema_version", "schema_lock", "database_mark"}

// D7 of reliability.md: the data of every closed issue, on either engine, are taken over by this program and work.
func TestEveryFixtureIsTakenOver(t *testing.T) {
	list, err := filepath.Glob(filepath.Join("..", "platform", "db", "testdata", "fixtures", "*"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, dir := range list {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) {
				data := unpack(t, filepath.Join(dir, "sqlite.tar.zst"))
				old := countRows(t, "sqlite", filepath.Join(data, db.FileName), `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`)
				takenOver(t, app.Config{DataDir: data}, old)
			})
			t.Run("postgres", func(t *testing.T) {
				url := dbtest.PostgresURL(t)
				data := unpack(t, filepath.Join(dir, "postgres.tar.zst"))
				load(t, url, filepath.Join(data, "dump.sql"))
				old := countRows(t, "pgx", url, `select tablename from pg_tables where schemaname = 'public'`)
				takenOver(t, app.Config{DataDir: data, Database: url}, old)
			})
		})
	}
}

func unpack(t *testing.T, file string) (dir string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir = t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(name, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// load runs a dump on an empty database.
func load(t *testing.T, url, file string) {
	t.Helper()
	dump, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sql.Open("pgx", url+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ExecContext(t.Context(), string(dump))
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
}

// countRows counts the rows of every table.
func countRows(t *testing.T, driver, address, tables string) map[string]int {
	t.Helper()
	c, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.QueryContext(t.Context(), tables)
	names, err := db.Collect(rows, err, func(r db.Row) (name string, err error) { return name, r.Scan(&name) })
	if err != nil || len(names) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	counts := map[string]int{}
	for _, name := range names {
		if slices.Contains(bookkeeping, name) {
			continue
		}
		n := 0
		if err := c.QueryRowContext(t.Context(), `select count(*) from "`+name+`"`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[name] = n
	}
	return counts
}

// takenOver opens the data with this program and looks whether all of it is there and works.
func takenOver(t *testing.T, cfg app.Config, old map[string]int) {
	ctx := context.Background()
	cfg.Log = slog.New(slog.DiscardHandler)
	a, err := app.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	filled := 0
	for _, table := range slices.Sorted(maps.Keys(old)) {
		n, err := db.Value[int](a.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from "`+table+`"`), "")
		if err != nil || n != old[table] {
			t.Errorf("%s: %d rows, %d before: %v", table, n, old[table], err)
		}
		if n > 0 {
			filled++
		}
	}
	if filled < 20 {
		t.Errorf("only %d of %d tables of the fixture hold anything", filled, len(old))
	}
	town, err := a.Tenants.Find(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	who := a.Operator(town)
	s := httptest.NewServer(a.Mux(app.WebOptions{}))
	t.Cleanup(s.Close)
	o := &office{s, t, a, who}
	for _, path := range []string{"/", "/atlas", "/raeume", "/berichte", "/berichte/2025"} {
		if p := o.anonymous().get(path); p.code != 200 {
			t.Errorf("%s: %d\n%.300s", path, p.code, p.text())
		}
	}
	d := o.anonymous()
	if p := d.post("/anmelden", "email", fixtureEmail, "password", fixturePassword); p.code != 303 {
		t.Errorf("the account of the fixture cannot sign in: %d %.300s", p.code, p.text())
	}
	for _, path := range []string{"/arbeit", "/arbeit/raeume", "/arbeit/lieferungen", "/arbeit/freigaben", "/arbeit/benutzer"} {
		if p := d.get(path); p.code != 200 {
			t.Errorf("%s: %d\n%.300s", path, p.code, p.text())
		}
	}
	runsRepeat(t, a, who)
	filesServed(t, o)
}

// runsRepeat checks the figures and repeats every index run, as the verb check does.
func runsRepeat(t *testing.T, a *app.App, who access.Actor) {
	ctx := t.Context()
	findings, err := a.Indicators.Check(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Refuses() {
			t.Errorf("check: %s %v", f.Code, f.Params)
		}
	}
	view, err := a.Gate.View(ctx, who, access.Internal)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := a.Analysis.Runs(ctx, view, "")
	if err != nil || len(runs) < 5 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	for _, r := range runs {
		if same, err := a.Analysis.Repeat(ctx, who, r.ID); err != nil || !same {
			t.Errorf("run %s of %s is not repeated to the last digit: %v", r.Method.ID, r.Period, err)
		}
	}
	deliveries, err := a.Indicators.Deliveries(ctx, who)
	if err != nil || !slices.ContainsFunc(deliveries, func(d indicator.Delivery) bool { return !d.Counts() }) {
		t.Errorf("the retracted delivery counts again: %v", err)
	}
	waiting, err := (&inbox.Service{Store: &inboxdb.Store{DB: a.DB}, Files: a.Files, Now: a.Now}).List(ctx, who)
	if err != nil || len(waiting) != 2 {
		t.Errorf("%d files wait, want 2: %v", len(waiting), err)
	}
	for sum, err := range a.Files.All() {
		if err == nil {
			err = a.Files.Verify(sum)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// filesServed fetches the frozen report's files: the same bytes as were made before the upgrade.
func filesServed(t *testing.T, o *office) {
	ctx := t.Context()
	rows, err := o.app.DB.Conn(ctx).QueryContext(ctx, `select kind, sha256 from report_file where tenant_id = $1`, o.who.Tenant)
	files, err := db.Collect(rows, err, func(r db.Row) (f [2]string, err error) { return f, r.Scan(&f[0], &f[1]) })
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files of the report: %v", len(files), err)
	}
	for _, f := range files {
		path := "/berichte/2025/" + report.FileKind(f[0]).Name()
		p := o.anonymous().get(path)
		if sum := sha256.Sum256([]byte(p.body)); p.code != 200 || hex.EncodeToString(sum[:]) != f[1] {
			t.Errorf("%s: %d, %d bytes, not those of %s", path, p.code, len(p.body), f[1])
		}
	}
}
