// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
)

// seenWithin is how long a change may take to show in every process.
const seenWithin = 3 * time.Second

// TestSeveralProcessesOnOneDatabase: a session begun at one process holds at the others and ends at all; what one changes the others show within
// seconds, also on pages they keep rendered; when one is killed, the others go on and do the jobs it had begun.
func TestSeveralProcessesOnOneDatabase(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir(), url: dbtest.PostgresURL(t)})
	w.account()
	procs := []*process{w.serving(), w.serving(), w.serving()}
	text := func(p *process, c *http.Client, path string) (int, string) {
		t.Helper()
		a, err := c.Get(p.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(b)
	}
	everywhere := func(what string, list []*process, holds func(p *process) bool) {
		t.Helper()
		start := time.Now()
		for _, p := range list {
			for !holds(p) {
				if time.Since(start) > 20*seenWithin { // the machine may be busy with other things
					t.Fatalf("%s: not seen by every process after %v", what, time.Since(start))
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		t.Logf("%s: seen everywhere after %v (goal %v)", what, time.Since(start).Round(time.Millisecond), seenWithin)
	}

	// One session, all processes: cookies hold for the machine, whatever the port.
	c := procs[0].planner(false)
	everywhere("sign-in", procs, func(p *process) bool { code, _ := text(p, c, "/arbeit"); return code == http.StatusOK })

	// Pages that are kept rendered change in all of them.
	for _, p := range procs {
		if _, page := text(p, http.DefaultClient, "/raeume"); strings.Contains(page, "nachbarschaft") {
			t.Fatal("the level is there before it is imported")
		}
	}
	file := write(t, t.TempDir(), "n.geojson", []byte(collection(space("n1", polygon(square(9, 51, 0.01))))))
	w.must("area", "import", "--level", "nachbarschaft", "--edition", "2024", "--valid-from", "2015-01-01", "--key", "id", file)
	everywhere("a new level", procs, func(p *process) bool {
		_, page := text(p, http.DefaultClient, "/raeume")
		return strings.Contains(page, "nachbarschaft")
	})

	// What one process writes the next one reads at once.
	for i, p := range procs {
		key := fmt.Sprintf("p%d", i)
		if err := p.report(t.Context(), c, key); err != nil {
			t.Fatal(err)
		}
		if err := procs[(i+1)%3].page(c, "/arbeit/berichte/"+key); err != nil {
			t.Errorf("written at one, read at the next: %v", err)
		}
	}

	// Kill one. What it was doing is done by another when its lease has run out, and nothing else is noticed.
	if err := procs[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = procs[0].cmd.Wait() // killed
	rest := procs[1:]
	d, err := db.Open(t.Context(), db.Config{DataDir: w.dir, URL: w.url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tenant, err := db.Value[kernel.ID](d.Conn(t.Context()).QueryRowContext(t.Context(), `select tenant_id from tenant`), "none")
	if err != nil {
		t.Fatal(err)
	}
	q := job.New(d, clock.System{})
	left, err := q.Enqueue(t.Context(), tenant, "job.purge", map[string]any{}, job.Options{At: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(ctx context.Context) error { // as the killed process leaves it, its lease over
		_, err := d.Conn(ctx).ExecContext(ctx, `update job set state = 'running', attempt = 1, lease_until = $3 where tenant_id = $1 and id = $2`,
			tenant, left, kernel.InstantOf(time.Now().Add(-time.Second)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	everywhere("the job of the killed process", rest[:1], func(*process) bool {
		j, err := q.Job(t.Context(), tenant, left)
		if err != nil {
			t.Fatal(err)
		}
		return j.State == job.Done && j.Attempt == 2
	})
	for _, p := range rest {
		if err := p.page(c, "/arbeit/berichte/p0"); err != nil {
			t.Errorf("after the kill: %v", err)
		}
	}

	// Signing out at one ends the session everywhere.
	a, err := c.Post(rest[0].base+"/abmelden", "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if code, _ := text(rest[1], c, "/arbeit"); code == http.StatusOK {
		t.Error("the session goes on at another process")
	}
	for _, p := range rest {
		b, err := os.ReadFile(p.log)
		if err != nil || strings.Contains(string(b), "level=ERROR") {
			t.Errorf("the log of a process: %v\n%s", err, b)
		}
	}
}
