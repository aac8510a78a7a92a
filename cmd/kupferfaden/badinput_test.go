// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// These tests hold the program to the catalogue of bad input (design/reliability.md 3): each case ends as its outcome column says, in a German
// sentence that names the place; whatever is refused leaves every table and every kept file as it was; an answer comes within five seconds.

// The outcomes.
const (
	accepted = "accept"
	warned   = "warn"
	byRow    = "row"
	asked    = "ask"
	refused  = "file"
)

var outcomeWords = map[string]string{warned: "Warnung", byRow: "Zeile abgelehnt", asked: "Frage", refused: "Abgelehnt"}

// town is a data directory or database on which verbs are run within this process.
type town struct {
	t      *testing.T
	dir    string
	url    string
	tenant string
	rare   bool   // fresh towns cost much here
	d      *db.DB // for snapshots; the program opens its own
}

// call runs the program and gives its exit code and what it wrote.
func (w town) call(args ...string) (code int, out, errs string) {
	w.t.Helper()
	args = append(args, "--data", w.dir, "--database", w.url)
	if w.tenant != "" {
		args = append(args, "--tenant", w.tenant)
	}
	var o, e bytes.Buffer
	start := time.Now()
	code = run(args, strings.NewReader(""), &o, &e)
	if took := time.Since(start); took > answerWithin {
		w.t.Errorf("%v: %v without an answer", args[:2], took)
	}
	return code, o.String(), e.String()
}

// answerWithin guards against hanging; the five seconds of the catalogue are a goal for a machine that does nothing else.
const answerWithin = 60 * time.Second

// must runs a verb that has to succeed.
func (w town) must(args ...string) string {
	w.t.Helper()
	code, out, errs := w.call(args...)
	if code != exitDone {
		w.t.Fatalf("%v: exit %d\n%s", args, code, errs)
	}
	return out
}

// engines runs f on both databases. fresh gives a town with areas in which nothing else has happened yet; the same one is shared by cases
// that leave nothing behind.
func engines(t *testing.T, f func(t *testing.T, shared town, fresh func(t *testing.T) town)) {
	t.Setenv("KUPFERFADEN_LANG", "de")
	for _, name := range []string{"DATA", "DATABASE", "TENANT"} {
		t.Setenv("KUPFERFADEN_"+name, "")
	}
	t.Run("sqlite", func(t *testing.T) {
		shared := settle(town{t: t, dir: t.TempDir()}).watched()
		f(t, shared, func(t *testing.T) town {
			dir := t.TempDir()
			must(os.CopyFS(dir, os.DirFS(shared.dir)))
			return town{t: t, dir: dir}
		})
	})
	t.Run("postgres", func(t *testing.T) {
		w := town{t: t, dir: t.TempDir(), url: dbtest.PostgresURL(t), tenant: "t0"}
		w.rare = true
		shared := settle(w).watched()
		var n atomic.Int32
		f(t, shared, func(t *testing.T) town {
			w := w
			w.t, w.tenant = t, fmt.Sprintf("t%d", n.Add(1))
			return settle(w)
		})
	})
}

// watched opens the town for snapshots.
func (w town) watched() town {
	w.t.Helper()
	d, err := db.Open(context.Background(), db.Config{DataDir: w.dir, URL: w.url})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { must(d.Close()) })
	w.d = d
	return w
}

// settle makes the areas that the cases speak of: level ot with official keys, level wort with words for keys within a city.
func settle(w town) town {
	w.t.Helper()
	w.must("init")
	dir := w.t.TempDir()
	add := func(level string, keys []string, more ...string) {
		var list []feature
		for i, k := range keys {
			list = append(list, space(k, polygon(square(9+0.01*float64(i%10), 51+0.01*float64(i/10), 0.01))))
		}
		file := write(w.t, dir, level+".geojson", []byte(collection(list...)))
		w.must(append([]string{"area", "import", "--level", level, "--edition", "2024", "--valid-from", "2015-01-01", "--key", "id", "--name", "name", file}, more...)...)
	}
	add("ot", []string{"05334032001", "05334032002", "05334032003", "05334032004", "05334032005"})
	city := write(w.t, dir, "stadt.geojson", []byte(collection(space("Stadt", polygon(ring{{9, 51}, {9.1, 51}, {9.1, 51.02}, {9, 51.02}, {9, 51}})))))
	w.must("area", "import", "--level", "stadt", "--rank", "1", "--edition", "2024", "--valid-from", "2015-01-01", "--key", "id", "--name", "name", city)
	add("wort", append(strings.Fields("A B C D Mühle M"), strings.Fields("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13")...),
		"--parent-level", "stadt", "--parent-geometry")
	return w
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// badCase is one file with what must become of it.
type badCase struct {
	id      string
	file    string // its name
	data    []byte
	mapping string   // of figures
	args    []string // of areas
	outcome string
	code    string // finding that must be named with this outcome
	says    []string
	takes   int    // rows taken where the file is taken; -1 for areas
	yes     string // code that, accepted, lets the file in; yesTakes rows are then taken
	rows    int
}

// importArgs is the call that brings the case's file in.
func (c badCase) importArgs(t *testing.T, dir string) []string {
	file := write(t, dir, c.file, c.data)
	if c.mapping == "" {
		return append(append([]string{"area", "import", "--level", "raum", "--edition", "2024", "--valid-from", "2024-01-01"}, c.args...), file)
	}
	return []string{"data", "import", "--mapping", write(t, dir, "zuordnung.yaml", []byte(c.mapping)), file}
}

// sampleOf says how many of the cases that need a town of their own run where such towns cost much: files are read alike on both engines, what
// differs is how they are stored.
const sampleOf = 8

// prove runs the cases.
func prove(t *testing.T, cases []badCase) {
	engines(t, func(t *testing.T, shared town, fresh func(t *testing.T) town) {
		stored := 0
		for _, c := range cases {
			taken := c.outcome == accepted || c.outcome == warned || c.outcome == byRow && c.takes != 0
			if taken || c.yes != "" {
				if stored++; shared.rare && stored%sampleOf != 1 {
					if taken {
						continue
					}
					c.yes = ""
				}
			}
			t.Run(c.id, func(t *testing.T) {
				dir := t.TempDir()
				args := c.importArgs(t, dir)
				w := shared
				var before map[string]string
				if taken {
					w = fresh(t)
				} else {
					before = snapshot(t, w)
				}
				w.t = t
				code, out, errs := w.call(args...)
				sentences(t, errs)
				if !taken {
					if code != exitRefused {
						t.Errorf("exit %d", code)
					}
					same(t, before, snapshot(t, w))
				} else if code != exitDone {
					t.Errorf("exit %d", code)
				} else if c.takes > 0 && !regexp.MustCompile(fmt.Sprintf(`(?m)^%d Zeilen? übernommen`, c.takes)).MatchString(errs) {
					t.Errorf("not %d rows taken", c.takes)
				}
				if out != "" {
					t.Errorf("standard output has %q", out)
				}
				if c.code != "" && !strings.Contains(errs, outcomeWords[c.outcome]+" ["+c.code+"] "+c.file) {
					t.Errorf("no %s [%s] %s", outcomeWords[c.outcome], c.code, c.file)
				}
				for _, s := range c.says {
					if !strings.Contains(errs, s) {
						t.Errorf("does not say %q", s)
					}
				}
				if taken && c.outcome != byRow && strings.Contains(errs, "bgelehnt [") || taken && strings.Contains(errs, "Frage [") {
					t.Error("something was refused or asked beside")
				}
				if t.Failed() {
					t.Log(errs)
					return
				}
				if c.yes == "" {
					return
				}
				w = fresh(t)
				w.t = t
				code, _, errs = w.call(slices.Insert(args, len(args)-1, "--accept", c.yes)...)
				sentences(t, errs)
				if code != exitDone || c.rows > 0 && !strings.Contains(errs, fmt.Sprintf("%d Zeile", c.rows)) || strings.Contains(errs, "Frage [") {
					t.Errorf("with --accept %s: exit %d\n%s", c.yes, code, errs)
				}
			})
		}
	})
}

var (
	findingLine = regexp.MustCompile(`^  (?:Hinweis|Warnung|Frage|Zeile abgelehnt|Abgelehnt) \[([^\]]+)\] (.*)$`)
	rawKey      = regexp.MustCompile(`^[a-z]+(?:\.[a-z_]+)+$`)
	placeholder = regexp.MustCompile(`\{[a-z]+(?::[a-z]+)?\}`)
)

// sentences checks what a person reads: every finding is a sentence of the catalogue in both languages, nothing is left of its making, and no
// fault of the program shows.
func sentences(t *testing.T, errs string) {
	t.Helper()
	for line := range strings.Lines(errs) {
		line = strings.TrimRight(line, "\n")
		for _, bad := range []string{"panic", "goroutine", "runtime error", "Unerwarteter Fehler", "schiefgegangen", "%!"} {
			if strings.Contains(line, bad) {
				t.Errorf("%q in %s", bad, line)
			}
		}
		if p := placeholder.FindString(line); p != "" {
			t.Errorf("placeholder %s in %s", p, line)
		}
		if rawKey.MatchString(strings.TrimSpace(line)) {
			t.Errorf("a key, no sentence: %s", line)
		}
		for _, r := range line {
			if steers(r) {
				t.Errorf("control character %U in %q", r, line)
				break
			}
		}
		m := findingLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, lang := range []string{"de", "en"} {
			if !i18n.Has(lang, m[1]) {
				t.Errorf("no sentence for %s in %s", m[1], lang)
			}
		}
		if !strings.HasSuffix(m[2], ".") && !strings.HasSuffix(m[2], "?") && !strings.HasSuffix(m[2], ").") && !strings.Contains(m[2], "GENESIS") {
			t.Errorf("no whole sentence: %s", line)
		}
	}
}

// passing holds what changes without anything being stored: the count of commits and the lease of migrations.
var passing = []string{"database_mark", "schema_lock"}

// snapshot describes every table and every kept file.
func snapshot(t *testing.T, w town) map[string]string {
	t.Helper()
	s, err := tables(w.d, w.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tables(d *db.DB, dir string) (map[string]string, error) {
	ctx := context.Background()
	query := `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`
	if d.Engine() == db.PostgreSQL {
		query = `select table_name from information_schema.tables where table_schema = 'public' order by table_name`
	}
	names, err := column(ctx, d, query)
	if err != nil {
		return nil, err
	}
	s := map[string]string{}
	for _, name := range names {
		if slices.Contains(passing, name) {
			continue
		}
		list, err := column(ctx, d, `select * from `+name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		slices.Sort(list)
		s[name] = fmt.Sprintf("%d rows %x", len(list), sha256.Sum256([]byte(strings.Join(list, "\n"))))
	}
	err = fs.WalkDir(os.DirFS(filepath.Join(dir, "files")), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			s["file "+path] = "kept"
		}
		return err
	})
	return s, err
}

// column reads rows as text, whatever their columns.
func column(ctx context.Context, d *db.DB, query string) ([]string, error) {
	rows, err := d.Conn(ctx).QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var list []string
	for rows.Next() {
		cells := make([]any, len(cols))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		var line []string
		for _, c := range cells {
			switch v := (*c.(*any)).(type) {
			case []byte:
				line = append(line, string(v))
			default:
				line = append(line, fmt.Sprint(v))
			}
		}
		list = append(list, strings.Join(line, "\t"))
	}
	return list, rows.Err()
}

func same(t *testing.T, before, after map[string]string) {
	t.Helper()
	for name, was := range before {
		if after[name] != was {
			t.Errorf("%s: %s, was %s", name, after[name], was)
		}
	}
	for name, is := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("%s: %s, was not there", name, is)
		}
	}
}

// dumpTables writes the state of the script's town into a file: dump FILE. Two dumps that are equal prove that nothing was changed.
func dumpTables(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("KUPFERFADEN_DATA")
	d, err := db.Open(context.Background(), db.Config{DataDir: dir, URL: ts.Getenv("KUPFERFADEN_DATABASE")})
	ts.Check(err)
	defer d.Close() //nolint:errcheck // only read
	s, err := tables(d, dir)
	ts.Check(err)
	var b strings.Builder
	for _, name := range sortedKeys(s) {
		fmt.Fprintf(&b, "%s: %s\n", name, s[name])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// endsWith runs the program and compares its exit code, which exec cannot tell apart: ends CODE VERB…; what it wrote is a whole sentence.
func endsWith(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("kupferfaden", args[1:]...)
	code := exitDone
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; fmt.Sprint(code) != want {
		ts.Fatalf("exit %d, want %s", code, want)
	}
	errs := ts.ReadFile("stderr")
	for _, bad := range []string{"panic", "goroutine", "Unerwarteter Fehler", "schiefgegangen"} {
		if strings.Contains(errs, bad) {
			ts.Fatalf("%q in\n%s", bad, errs)
		}
	}
	if p := placeholder.FindString(errs); p != "" {
		ts.Fatalf("placeholder %s in\n%s", p, errs)
	}
}
