// SPDX-License-Identifier: EUPL-1.2

// Package dbtest gives tests a fresh database of each engine and watches that no statement forgets its tenant.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Each runs f on a fresh SQLite database and on a fresh PostgreSQL database. The latter needs TEST_POSTGRES (a postgres:// address of a
// server where databases may be made; make test starts one); without it that half is skipped, or fails when REQUIRE_POSTGRES=1.
// When f is over, every statement it ran must have named its tenant; see Statements.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite opens a fresh database in a temporary folder, closed when the test ends.
func SQLite(tb testing.TB) *db.DB {
	tb.Helper()
	return open(tb, db.Config{DataDir: tb.TempDir()})
}

// Postgres opens a fresh PostgreSQL database, dropped when the test ends; it skips or fails as Each says.
func Postgres(tb testing.TB) *db.DB {
	tb.Helper()
	return open(tb, db.Config{DataDir: tb.TempDir(), URL: PostgresURL(tb)})
}

// PostgresURL makes an empty PostgreSQL database and returns its address, for tests of whole programs. It is dropped when the test ends.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	base := os.Getenv("TEST_POSTGRES")
	if base == "" {
		if os.Getenv("REQUIRE_POSTGRES") == "1" {
			tb.Fatal("PostgreSQL required (REQUIRE_POSTGRES=1), but TEST_POSTGRES names no server")
		}
		tb.Skip("PostgreSQL half skipped: TEST_POSTGRES names no server (make test starts one)")
	}
	u, err := url.Parse(base)
	if err != nil {
		tb.Fatalf("TEST_POSTGRES: %v", err)
	}
	name := "kf_" + strings.ToLower(rand.Text())
	admin(tb, base, `create database `+name)
	tb.Cleanup(func() { admin(tb, base, `drop database if exists `+name+` with (force)`) })
	u.Path = "/" + name
	return u.String()
}

func admin(tb testing.TB, base, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	a, err := sql.Open("pgx", base)
	if err != nil {
		tb.Fatalf("TEST_POSTGRES: %v", err)
	}
	defer a.Close()
	if _, err := a.ExecContext(ctx, statement); err != nil {
		tb.Fatalf("TEST_POSTGRES: %s: %v", statement, err)
	}
}

func open(tb testing.TB, cfg db.Config) *db.DB {
	tb.Helper()
	rec := &recorder{seen: map[string]bool{}}
	if _, bench := tb.(*testing.B); !bench { // a benchmark measures the database, not the watching
		cfg.Trace = rec.note
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	recorders.Store(d, rec)
	tb.Cleanup(func() {
		for _, w := range rec.faults() {
			tb.Error(w)
		}
		recorders.Delete(d)
		if err := d.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return d
}

// Watch gives a db.Config.Trace for tests of whole programs: when the test is over, every statement it was told must have named its tenant.
func Watch(tb testing.TB) func(query string, args []any) {
	tb.Helper()
	rec := &recorder{seen: map[string]bool{}}
	tb.Cleanup(func() {
		for _, w := range rec.faults() {
			tb.Error(w)
		}
	})
	return rec.note
}

var recorders sync.Map // *db.DB to *recorder

// recorder remembers each statement text once, in the order of their first run.
type recorder struct {
	mu      sync.Mutex
	seen    map[string]bool
	texts   []string
	times   []string
	allowed []string
}

func (r *recorder) note(query string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.seen[query] {
		r.seen[query] = true
		r.texts = append(r.texts, query)
	}
	for _, a := range args {
		if _, bad := a.(time.Time); bad && !slices.Contains(r.times, query) {
			r.times = append(r.times, query)
		}
	}
}

func (r *recorder) faults() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, q := range r.times {
		out = append(out, fmt.Sprintf("a time.Time was given to a statement; use kernel.Instant, the engines write times differently:\n%s", q))
	}
	shared, err := db.SharedTables()
	if err != nil {
		return append(out, err.Error())
	}
	for _, q := range r.texts {
		if !slices.ContainsFunc(r.allowed, func(a string) bool { return strings.Contains(q, a) }) && !NamesTenant(q, shared) {
			out = append(out, fmt.Sprintf("a statement does not name tenant_id (tables all tenants share are marked in their migration with -- shared: reason):\n%s", q))
		}
	}
	return out
}

// Statements returns the texts of all statements run on d so far, each once.
func Statements(d *db.DB) []string {
	v, ok := recorders.Load(d)
	if !ok {
		return nil
	}
	r := v.(*recorder)
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.texts)
}

// AllowAcrossTenants exempts statements of d that contain part from the tenant rule: set-up in tests that no program would run.
func AllowAcrossTenants(d *db.DB, part string) {
	if v, ok := recorders.Load(d); ok {
		r := v.(*recorder)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.allowed = append(r.allowed, part)
	}
}

var (
	tables  = regexp.MustCompile(`(?is)\b(?:from|join|into|update)\s+([a-z_][a-z0-9_]*)\b(\s*\()?`)
	ctes    = regexp.MustCompile(`(?is)(?:\bwith\s+(?:recursive\s+)?|,\s*)([a-z_][a-z0-9_]*)\s*(?:\([^()]*\)\s*)?as\s*(?:not\s+materialized\s*|materialized\s*)?\(`)
	tenancy = regexp.MustCompile(`(?is)(?:\b(?:where|on|and|or|using)\b|\()[^;]*?\btenant_id\b`)
)

// NamesTenant tells whether a statement that touches tables of tenants has tenant_id among its conditions or inserted columns.
func NamesTenant(query string, shared []string) bool {
	own := map[string]bool{}
	for _, m := range ctes.FindAllStringSubmatch(query, -1) {
		own[strings.ToLower(m[1])] = true
	}
	needs := false
	for _, m := range tables.FindAllStringSubmatch(query, -1) {
		name := strings.ToLower(m[1])
		switch {
		case m[2] != "" && !strings.HasPrefix(strings.ToLower(m[0]), "into"): // a table-valued function
		case own[name], slices.Contains(shared, name), notTables[name]:
		default:
			needs = true
		}
	}
	return !needs || tenancy.MatchString(query)
}

// notTables are words that follow from or update without naming a table of ours, and the engines' own catalogues.
var notTables = map[string]bool{"set": true, "select": true, "excluded": true, "sqlite_master": true, "pg_catalog": true, "database_mark": true, "skip": true, "nowait": true}
