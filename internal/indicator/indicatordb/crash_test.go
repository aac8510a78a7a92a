// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

const crashDir = "KUPFERFADEN_TEST_CRASH_DIR"

// TestKilledInTheMiddle: a process that dies while it writes leaves what was there before, and nothing half taken.
func TestKilledInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(os.Args[0], "-test.run=^TestChildOfTheCrash$")
	c.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := c.CombinedOutput()
	if err == nil || strings.Contains(string(out), "FAIL") {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	d, err := db.Open(ctx, db.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // only read
	for table, want := range map[string]int{"observation": 4, "delivery": 1, "slice": 1, "mapping": 1} {
		if n, err := db.Value[int](d.Conn(ctx).QueryRowContext(ctx, `select count(*) from `+table), "none"); err != nil || n != want {
			t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
		}
	}
}

// TestChildOfTheCrash is the process that TestKilledInTheMiddle kills; by itself it does nothing.
func TestChildOfTheCrash(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return
	}
	d, err := db.Open(ctx, db.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	r := town(t, d)
	r.take(request(pop, "ew.csv", people))
	var list []place
	text := "raum;ew\n"
	for i := range 20_000 {
		list = append(list, place{key: fmt.Sprintf("%05d", i)})
		text += fmt.Sprintf("%05d;%d\n", i, i)
	}
	r.areas.make("block", "2020", "2015-01-01", "", "", list)
	_, err = r.service.Import(ctx, r.actor, request(strings.ReplaceAll(pop, "level: quarter", "level: block"), "gross.csv", text), func(step string, done, _ int) {
		if step == "write" && done > 10_000 {
			p, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = p.Kill() // no deferred call, no rollback, no flush
			}
			t.Error(err)
			select {}
		}
	})
	t.Errorf("still alive: %v", err)
}

// TestPartsCompleteAndReplaceEachOther: which flag stands beside a figure whose parts come one after the other.
func TestPartsCompleteAndReplaceEachOther(t *testing.T) {
	r := town(t, dbtest.SQLite(t))
	num := head + "columns: {n: {indicator: share_u18, part: numerator}}\nspecial: {geheim: suppressed}\n"
	den := head + "columns: {n: {indicator: share_u18, part: denominator}}\nspecial: {geheim: suppressed}\n"
	change := head + "columns: {n: {indicator: share_u18, part: change}}\n"
	steps := []struct {
		mapping, cell string
		flag          indicator.Flag
		number        float64
	}{
		{change, "-1,5", indicator.Unknown, math.NaN()},
		{num, "10p", indicator.Provisional, math.NaN()},
		{den, "100", indicator.Provisional, 10},
		{num, "12", indicator.Value, 12},
		{num, "geheim", indicator.Suppressed, math.NaN()},
		{den, "120", indicator.Suppressed, math.NaN()},
		{num, "-", indicator.Zero, 0},
		{den, "(50)", indicator.Unsafe, 0},
		{num, "5", indicator.Value, 10},
		{den, "geheim", indicator.Suppressed, math.NaN()},
		{den, "200", indicator.Value, 2.5},
		{den, "0", indicator.Value, math.NaN()}, // E01: nothing divided by zero
		{change, "2", indicator.Value, math.NaN()},
	}
	for i, s := range steps {
		r.take(request(s.mapping, fmt.Sprint(i, ".csv"), "raum;n\n0101;"+s.cell+"\n"))
		obs, v := r.figures("share_u18", "quarter", "2020", "2020-12-31")
		o := obs["0101"]
		if x := o.Number(v); o.Flag != s.flag || o.Revision != i+1 || x != s.number && !(math.IsNaN(x) && math.IsNaN(s.number)) {
			t.Errorf("after %q: %v, %+v", s.cell, x, o)
		}
	}
}

// BenchmarkObservations33k reads a slice of all statistical areas of a state as pages and index runs do.
func BenchmarkObservations33k(b *testing.B) {
	r := newRig(b, dbtest.SQLite(b))
	var list []place
	var text strings.Builder
	text.WriteString("raum;ew\n")
	for i := range 33_000 {
		list = append(list, place{key: fmt.Sprintf("%05d", i)})
		fmt.Fprintf(&text, "%05d;%d\n", i, i)
	}
	r.areas.make("quarter", "2020", "2015-01-01", "", "", list)
	r.take(request(pop, "ew.csv", text.String()))
	slice := r.slice("pop_total", "quarter", "2020", "2020-12-31")
	for b.Loop() {
		obs, err := r.service.Observations(ctx, r.actor, slice)
		if err != nil || len(obs) != 33_000 {
			b.Fatal(len(obs), err)
		}
	}
}
