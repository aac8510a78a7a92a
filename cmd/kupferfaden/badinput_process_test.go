// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// program is the command line as a process of its own: TestMain makes the test binary the program when it is called by this name.
func (w town) program(args ...string) *exec.Cmd {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	args = append(args, "--data", w.dir, "--database", w.url)
	if w.tenant != "" {
		args = append(args, "--tenant", w.tenant)
	}
	c := exec.Command(exe, args...)
	c.Args[0] = "kupferfaden"
	return c
}

// ended runs a process and gives its exit code and standard error; -1 when it was killed.
func ended(t *testing.T, c *exec.Cmd) (code int, errs string) {
	t.Helper()
	var b bytes.Buffer
	c.Stderr = &b
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), b.String()
}

// many is a table of figures for the areas of level feld at several dates; salt makes its values differ from those of another.
func many(areas, salt int) []byte {
	var b bytes.Buffer
	b.WriteString("Raum;Tag;Wert\n")
	for year := range 4 {
		for i := range areas {
			fmt.Fprintf(&b, "%04d;31.12.%d;%d\n", i, 2020+year, 1000*salt+i)
		}
	}
	return b.Bytes()
}

const (
	fields   = 600
	ofFields = "area: {level: feld, edition: \"2024\", column: Raum}\nperiod: {column: Tag}\ncolumns:\n  Wert: {indicator: pop_total}\n"
)

// plough makes the areas of level feld.
func plough(w town) {
	var list []feature
	for i := range fields {
		list = append(list, space(fmt.Sprintf("%04d", i), polygon(square(9+0.01*float64(i%30), 51+0.01*float64(i/30), 0.01))))
	}
	w.must("area", "import", "--level", "feld", "--edition", "2024", "--valid-from", "2015-01-01", "--key", "id", "--name", "name",
		write(w.t, w.t.TempDir(), "feld.geojson", []byte(collection(list...))))
}

// whole proves that every delivery has all its figures and every figure its delivery, and gives the number of deliveries.
func whole(t *testing.T, w town) int {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{DataDir: w.dir, URL: w.url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // only read
	lines, err := column(ctx, d, `select count(*) from observation o where not exists (select 1 from delivery d where d.id = o.delivery_id)`)
	if err != nil || lines[0] != "0" {
		t.Fatalf("figures without a delivery: %v %v", lines, err)
	}
	lines, err = column(ctx, d, `select d.rows_taken, (select count(*) from observation o where o.delivery_id = d.id) from delivery d order by d.taken_at`)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if want := fmt.Sprintf("%d\t%d", 4*fields, 4*fields); l != want {
			t.Errorf("a delivery has rows and figures %q, want %q", l, want)
		}
	}
	code, _, errs := w.call("check")
	if code != exitDone {
		t.Errorf("check: exit %d\n%s", code, errs)
	}
	return len(lines)
}

// TestKilledAtAnyMoment: an import whose process is killed (SIGKILL) is taken whole or not at all, wherever the moment falls.
func TestKilledAtAnyMoment(t *testing.T) {
	engines(t, func(t *testing.T, _ town, fresh func(t *testing.T) town) {
		w := fresh(t)
		plough(w)
		dir := t.TempDir()
		mapping := write(t, dir, "zuordnung.yaml", []byte(ofFields))
		file := func(i int) string { return write(t, dir, fmt.Sprintf("felder%02d.csv", i), many(fields, i)) }
		took := time.Duration(0)
		for i := range 2 { // the first one warms the disk up
			start := time.Now()
			if code, errs := ended(t, w.program("data", "import", "--mapping", mapping, file(90+i))); code != exitDone {
				t.Fatalf("exit %d\n%s", code, errs)
			}
			took = time.Since(start)
		}
		rounds := 20
		if w.rare {
			rounds = 6
		}
		r := rand.New(rand.NewPCG(1, 2))
		deliveries, killed := whole(t, w), 0
		for i := 1; i <= rounds; i++ {
			c := w.program("data", "import", "--mapping", mapping, file(i))
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(r.Float64() * 1.2 * float64(took)))
			_ = c.Process.Kill() // ended already: then it has to be whole
			_ = c.Wait()
			n := whole(t, w)
			switch done := c.ProcessState.ExitCode() == exitDone; {
			case n != deliveries && n != deliveries+1, done && n != deliveries+1:
				t.Fatalf("round %d, %v: %d deliveries after %d", i, c.ProcessState, n, deliveries)
			case !done:
				killed++
			}
			deliveries = n
		}
		if killed == 0 {
			t.Error("no process was killed in the middle")
		}
		if code, errs := ended(t, w.program("data", "import", "--mapping", mapping, file(rounds+1))); code != exitDone || whole(t, w) != deliveries+1 {
			t.Errorf("the next import: exit %d\n%s", code, errs)
		}
		t.Logf("%d of %d killed before they ended", killed, rounds)
	})
}

// TestImportsAtTheSameMoment: processes that import at once each take their file whole or say in a sentence why not, and the same file counts once.
func TestImportsAtTheSameMoment(t *testing.T) {
	engines(t, func(t *testing.T, _ town, fresh func(t *testing.T) town) {
		w := fresh(t)
		plough(w)
		dir := t.TempDir()
		mapping := write(t, dir, "zuordnung.yaml", []byte(ofFields))
		equal := many(fields, 9)
		files := []string{
			write(t, dir, "eins.csv", many(fields, 1)), write(t, dir, "zwei.csv", many(fields, 2)),
			write(t, dir, "gleich.csv", equal), write(t, dir, "gleich-noch-einmal.csv", equal),
		}
		var wait sync.WaitGroup
		said := make([]string, len(files))
		codes := make([]int, len(files))
		for i, f := range files {
			wait.Add(1)
			c := w.program("data", "import", "--mapping", mapping, f)
			go func() {
				defer wait.Done()
				codes[i], said[i] = ended(t, c)
			}()
		}
		wait.Wait()
		taken := 0
		for i, code := range codes {
			sentences(t, said[i])
			if strings.Contains(said[i], "übernommen. Lieferung") {
				taken++
			}
			if code != exitDone && !strings.Contains(said[i], "noch einmal") {
				t.Errorf("%s: exit %d without advice\n%s", files[i], code, said[i])
			}
		}
		if n := whole(t, w); n != taken || taken < 1 || taken > 3 {
			t.Errorf("%d deliveries, %d processes took their file\n%s", n, taken, strings.Join(said, "\n--\n"))
		}
	})
}

// TestAreasAtTheSameMoment: of two files for one edition, one is the edition afterwards, not a mixture.
func TestAreasAtTheSameMoment(t *testing.T) {
	engines(t, func(t *testing.T, _ town, fresh func(t *testing.T) town) {
		w := fresh(t)
		dir := t.TempDir()
		var cmds []*exec.Cmd
		for i, n := range []int{40, 90} {
			var list []feature
			for k := range n {
				list = append(list, space(fmt.Sprintf("%d-%03d", i, k), polygon(square(9+0.01*float64(k%10), 51+0.01*float64(k/10), 0.01))))
			}
			cmds = append(cmds, w.program("area", "import", "--level", "raum", "--edition", "2024", "--valid-from", "2024-01-01", "--key", "id", "--name", "name",
				write(t, dir, fmt.Sprintf("raum%d.geojson", i), []byte(collection(list...)))))
		}
		var wait sync.WaitGroup
		for _, c := range cmds {
			wait.Add(1)
			go func() {
				defer wait.Done()
				code, errs := ended(t, c)
				sentences(t, errs)
				if code != exitDone && !strings.Contains(errs, "noch einmal") {
					t.Errorf("exit %d without advice\n%s", code, errs)
				}
			}()
		}
		wait.Wait()
		if out := w.must("area", "list"); !strings.Contains(out, "raum\t2024\t2024-01-01\t\t40\t") && !strings.Contains(out, "raum\t2024\t2024-01-01\t\t90\t") {
			t.Errorf("a mixture:\n%s", out)
		}
	})
}

// TestDatabasesThatCannotBeUsed: each is refused with what to do, and left as it is.
func TestDatabasesThatCannotBeUsed(t *testing.T) {
	engines(t, func(t *testing.T, shared town, fresh func(t *testing.T) town) {
		refuses := func(w town, says ...string) {
			w.t.Helper()
			for _, verb := range [][]string{{"data", "list"}, {"check"}} {
				code, out, errs := w.call(verb...)
				sentences(w.t, errs)
				if code != exitRefused || out != "" {
					w.t.Errorf("%v: exit %d, %q", verb, code, out)
				}
				for _, s := range says {
					if !strings.Contains(errs, s) {
						w.t.Errorf("%v does not say %q: %s", verb, s, errs)
					}
				}
			}
		}
		driver, source := "pgx", shared.url
		t.Run("newer than the program", func(t *testing.T) {
			w := fresh(t)
			w.t = t
			if w.url == "" {
				driver, source = "sqlite", filepath.Join(w.dir, db.FileName)
			}
			pool, err := sql.Open(driver, source)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(`insert into schema_version (version_id, is_applied) values (99999, true)`); err != nil {
				t.Fatal(err)
			}
			refuses(w, "99.999", "neuere Fassung")
			if _, err := pool.Exec(`delete from schema_version where version_id = 99999`); err != nil {
				t.Fatal(err)
			}
			must(pool.Close())
			w.must("area", "list")
		})
		if shared.url != "" {
			for name, u := range map[string][]string{
				"not an address":     {"kein server", "postgres://"},
				"another system":     {"mysql://u:geheim@127.0.0.1/x", "postgres://"},
				"no such port":       {"postgres://u:geheim@127.0.0.1:99999/x", "postgres://"},
				"nobody answers":     {"postgres://u:geheim@127.0.0.1:1/x", "127.0.0.1:1"},
				"wrong password":     {strings.Replace(shared.url, "@", "geheim@", 1), "Passwort"},
				"no such database":   {strings.Replace(shared.url, "/kf_", "/geheim_", 1), "keine Datenbank"},
				"unknown parameters": {"postgres://u:geheim@127.0.0.1:1/x?sslmode=quatsch", "postgres://"},
			} {
				t.Run(name, func(t *testing.T) {
					w := town{t: t, dir: t.TempDir(), url: u[0], tenant: "t0"}
					refuses(w, u[1])
					if _, _, errs := w.call("data", "list"); strings.Contains(errs, "geheim") {
						t.Errorf("repeats the password: %s", errs)
					}
				})
			}
			return
		}
		for name, c := range map[string]struct {
			harm func(dir string) error
			says string
		}{
			"damaged": {func(dir string) error {
				return os.WriteFile(filepath.Join(dir, db.FileName), bytes.Repeat([]byte("Unsinn"), 5000), 0o600)
			}, "beschädigt"},
			"emptied":      {func(dir string) error { return os.WriteFile(filepath.Join(dir, db.FileName), nil, 0o600) }, "Sicherung"},
			"a folder":     {func(dir string) error { return replace(filepath.Join(dir, db.FileName), true) }, "lässt sich nicht öffnen"},
			"files a file": {func(dir string) error { return replace(filepath.Join(dir, "files"), false) }, "lässt sich nicht öffnen"},
			"gone":         {func(dir string) error { return os.Remove(filepath.Join(dir, db.FileName)) }, "kupferfaden init"},
		} {
			t.Run(name, func(t *testing.T) {
				w := fresh(t)
				w.t = t
				for _, side := range []string{"-wal", "-shm"} {
					_ = os.Remove(filepath.Join(w.dir, db.FileName+side)) // there only while it is open
				}
				if err := c.harm(w.dir); err != nil {
					t.Fatal(err)
				}
				refuses(w, c.says)
			})
		}
		t.Run("data directory is a file", func(t *testing.T) {
			w := town{t: t, dir: write(t, t.TempDir(), "datei", []byte("x"))}
			refuses(w, "kupferfaden init")
			if code, _, errs := w.call("init"); code != exitRefused || !strings.Contains(errs, "lässt sich nicht anlegen") {
				t.Errorf("exit %d: %s", code, errs)
			}
		})
		t.Run("tenant that does not exist", func(t *testing.T) {
			for _, tenant := range []string{"nix", "'; drop table tenant; --", "../default", "\x1b[2J"} {
				w := town{t: t, dir: shared.dir, tenant: tenant}
				refuses(w, "default")
			}
		})
	})
}

// replace puts a folder or a file in the place of what is there.
func replace(name string, folder bool) error {
	if err := os.RemoveAll(name); err != nil {
		return err
	}
	if folder {
		return os.Mkdir(name, 0o700)
	}
	return os.WriteFile(name, nil, 0o600)
}
