// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// memoryDisk mounts a small file system that is gone when the test ends; where that is not allowed the test is skipped.
func memoryDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("skipped: a full disk needs a small file system, and mounting one is not allowed here (%v); run the tests as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestDiskFull: what does not fit is refused with what to do, nothing is half stored, and with room the same call succeeds.
func TestDiskFull(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "de")
	disk := memoryDisk(t, "6m")
	w := settle(town{t: t, dir: filepath.Join(disk, "stadt")})
	plough(w)
	dir := t.TempDir()
	mapping := write(t, dir, "zuordnung.yaml", []byte(ofFields))
	before := w.must("data", "list")
	state := func() map[string]string {
		s := snapshot(t, w.watched())
		for name := range s {
			if strings.HasPrefix(name, "file ") {
				delete(s, name) // the original of what did not fit may be there already: it comes first
			}
		}
		return s
	}
	tables := state()
	ballast := filepath.Join(disk, "ballast")
	full, code, errs := 0, 0, ""
	for i := range 40 {
		if code, _, errs = w.call("data", "import", "--mapping", mapping, write(t, dir, fmt.Sprintf("f%02d.csv", i), many(fields, i))); code != exitDone {
			full = i
			break
		}
		tables, before = state(), w.must("data", "list")
	}
	sentences(t, errs)
	if code != exitRefused || !strings.Contains(errs, "Speicherplatz ist voll") || !strings.Contains(errs, "Schaffen Sie Platz") {
		t.Fatalf("exit %d after %d files\n%s", code, full, errs)
	}
	if out := w.must("data", "list"); out != before {
		t.Errorf("deliveries changed:\n%s\nwas\n%s", out, before)
	}
	same(t, tables, state())
	w.must("check")

	// Not a byte is left: reading still works, and every verb that writes says so.
	if err := os.WriteFile(ballast, bytes.Repeat([]byte{1}, 8<<20), 0o600); err == nil {
		t.Fatal("the disk is larger than it should be")
	}
	for _, args := range [][]string{
		{"data", "import", "--mapping", mapping, filepath.Join(dir, fmt.Sprintf("f%02d.csv", full))},
		{"area", "import", "--level", "raum", "--edition", "2024", "--valid-from", "2024-01-01", "--key", "id", write(t, dir, "raum.geojson", []byte(collection(space("1", polygon(square(9, 51, 0.01))))))},
	} {
		code, _, errs := w.call(args...)
		sentences(t, errs)
		if code != exitRefused || !strings.Contains(errs, "voll") {
			t.Errorf("%v: exit %d\n%s", args[:2], code, errs)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	w.must("data", "import", "--mapping", mapping, filepath.Join(dir, fmt.Sprintf("f%02d.csv", full)))
	w.must("check")
}

// TestDiskThatOnlyReads: nothing can be served from a disk that cannot be written to, and that is said.
func TestDiskThatOnlyReads(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "de")
	disk := memoryDisk(t, "16m")
	w := settle(town{t: t, dir: filepath.Join(disk, "stadt")})
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"data", "list"}, {"check"}, {"init"}} {
		code, _, errs := w.call(verb...)
		sentences(t, errs)
		if code != exitRefused || !strings.Contains(errs, "schreiben darf") {
			t.Errorf("%v: exit %d\n%s", verb, code, errs)
		}
	}
}

// measured runs a process and gives the most memory that was resident (VmHWM: what a process inherits from its parent's start does not count)
// and when it first wrote anything.
func measured(t *testing.T, c *exec.Cmd) (code int, errs string, peak int64, first, took time.Duration) {
	t.Helper()
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
			if err != nil {
				return
			}
			at := bytes.Index(b, []byte("VmHWM:"))
			if at < 0 {
				return // it has ended
			}
			kb, err := strconv.ParseInt(strings.Fields(string(b[at:]))[1], 10, 64)
			if err == nil {
				peak = max(peak, kb<<10)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	var text strings.Builder
	in := bufio.NewScanner(pipe)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if first == 0 {
			first = time.Since(start)
		}
		text.WriteString(in.Text() + "\n")
	}
	_ = c.Wait() // the exit code tells
	took = time.Since(start)
	<-done
	return c.ProcessState.ExitCode(), text.String(), peak, first, took
}

// ceiling is what a process may grow by in these tests. The goal is 256 MB (reliability.md 3); how early the collector runs on a busy machine
// moves the peak by some tens of MB, which is no defect.
const ceiling = 384 << 20

// TestLargeFilesStaySmallInMemory: cases C24 and G15. The process stays small beside one that only lists; how long it took and when it first said
// something is logged.
func TestLargeFilesStaySmallInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short mode: files of 80 and 40 MB")
	}
	t.Setenv("KUPFERFADEN_LANG", "de")
	w := settle(town{t: t, dir: t.TempDir()})
	_, _, idle, _, _ := measured(t, w.program("data", "list"))
	for range 3 {
		_, _, again, _, _ := measured(t, w.program("data", "list"))
		idle = max(idle, again)
	}
	if idle == 0 {
		t.Skip("skipped: /proc does not tell the memory of processes here")
	}
	dir := t.TempDir()
	check := func(t *testing.T, says string, wantCode int, args ...string) {
		code, errs, peak, first, took := measured(t, w.program(args...))
		sentences(t, errs)
		if code != wantCode || !strings.Contains(errs, says) {
			t.Errorf("exit %d\n%s", code, errs)
		}
		if peak > idle+ceiling {
			t.Errorf("%d MB resident, %d MB when idle", peak>>20, idle>>20)
		}
		t.Logf("%v, first word after %v, %d MB resident (idle %d MB)", took.Round(time.Millisecond), first.Round(time.Millisecond), peak>>20, idle>>20)
	}
	t.Run("C24 two million rows", func(t *testing.T) {
		file := filepath.Join(dir, "c24.csv")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		b := bufio.NewWriterSize(f, 1<<20)
		b.WriteString(csvHead)
		for k := range 2_000_000 { // five known areas among keys nobody knows
			fmt.Fprintf(b, "05334%06d;Mühle %d;2024;%d;31,4\n", 32001+k, k, k%900)
		}
		must(b.Flush())
		must(f.Close())
		check(t, "5 Zeilen übernommen", exitDone, "data", "import", "--mapping", write(t, dir, "c24.yaml", []byte(byKey)), file)
		must(os.Remove(file))
	})
	t.Run("G15 a million vertices", func(t *testing.T) {
		file := filepath.Join(dir, "g15.geojson")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		b := bufio.NewWriterSize(f, 1<<20)
		must(json.NewEncoder(b).Encode(map[string]any{"type": "FeatureCollection", "features": []feature{space("1", polygon(circle(1_000_000)))}}))
		must(b.Flush())
		must(f.Close())
		check(t, "1 Raum übernommen", exitDone, "area", "import", "--level", "rund", "--edition", "2024", "--valid-from", "2024-01-01", "--key", "id", file)
	})
}
