// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// smallDisk mounts a file system of its own in memory; where the machine does not allow it the test is skipped.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v: %s); TestALimitOnFilesLosesNothing stands in", err, bytes.TrimSpace(out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// Reliability.md 5, "degrade, don't fall": on a full disk a write is refused with 507 or 503 and a time to come back, reading goes on, and
// writing goes on without a restart as soon as there is space again.
func TestAFullDiskRefusesWritesAndGoesOnReading(t *testing.T) {
	disk := smallDisk(t, "size=24m")
	c := newCrashed(t, app.Config{DataDir: filepath.Join(disk, "data")})
	defer c.kill()
	c.start()
	h := c.client()
	if err := c.signIn(h); err != nil {
		t.Fatal(err)
	}
	if status, _, err := c.write(h, "first.csv", 10); err != nil || status != http.StatusSeeOther {
		t.Fatalf("%d %v", status, err)
	}
	filler := filepath.Join(disk, "filler")
	fill := func() { // takes what is left, to the last byte
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for size := 1 << 20; size > 0; size /= 2 {
			for {
				if n, err := f.Write(make([]byte, size)); err != nil || n < size {
					break
				}
			}
		}
		_ = f.Close() // full
	}
	fill()
	refused := 0
	for i := range 40 {
		status, header, err := c.write(h, fmt.Sprintf("full-%d.csv", i), 60000)
		if err != nil {
			t.Fatalf("the server is gone: %v\n%s", err, c.errs)
		}
		if status == http.StatusSeeOther {
			continue // there was room in a file that had it already
		}
		refused++
		if status != http.StatusInsufficientStorage && status != http.StatusServiceUnavailable {
			t.Errorf("a write on a full disk: %d", status)
		}
		if header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if refused == 0 {
		t.Fatal("the disk never became full")
	}
	for _, path := range []string{"/", "/atlas", "/arbeit/lieferungen", "/healthz"} {
		if r, err := c.do(h, "GET", path, "", nil); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("reading %s on a full disk: %v %v", path, r, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for {
		status, _, err := c.write(h, fmt.Sprintf("after-%d.csv", time.Since(begun)), 1000)
		if err == nil && status == http.StatusSeeOther {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("10 s after space came back: %d %v", status, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("%d writes refused, %d acknowledged, writing again after %v", refused, len(c.acked), time.Since(begun))
	// The same with a restart while the disk is full: it starts and reads, or says what is missing.
	fill()
	c.kill()
	out, err := c.tryStart()
	if err == nil {
		if r, err := c.do(h, "GET", "/", "", nil); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("reading after a restart on a full disk: %v %v", r, err)
		}
		c.kill()
	} else if !strings.Contains(out, "Platz") && !strings.Contains(out, "lässt sich nicht öffnen") {
		t.Errorf("refused without saying why: %s", out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.start()
	c.kill()
	c.check("after the full disk")
}

// tryStart starts the server, which may refuse.
func (c *crashed) tryStart() (errs string, err error) {
	c.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	c.errs = &bytes.Buffer{}
	c.cmd = exec.Command(exe, "serve", "--data", c.cfg.DataDir, "--listen", strings.TrimPrefix(c.base, "http://"), "--backup-at", "")
	c.cmd.Args[0] = "kupferfaden"
	c.cmd.Stderr = c.errs
	c.cmd.WaitDelay = 5 * time.Second
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	cmd := c.cmd
	go func() { ended <- cmd.Wait() }()
	c.gone = ended
	for range 2000 {
		select {
		case err := <-ended:
			c.cmd, c.gone = nil, nil
			if err == nil {
				err = fmt.Errorf("it ended by itself")
			}
			return c.errs.String(), err
		case <-time.After(5 * time.Millisecond):
		}
		if r, err := http.Get(c.base + "/healthz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return "", nil
			}
		}
	}
	c.t.Fatal("neither ready nor ended after ten seconds")
	return "", nil
}

// A disk that can only be read is refused at the start, in words.
func TestAReadOnlyDiskIsRefusedAtStart(t *testing.T) {
	disk := smallDisk(t, "size=24m")
	c := newCrashed(t, app.Config{DataDir: filepath.Join(disk, "data")})
	if out, err := exec.Command("mount", "-o", "remount,ro", disk).CombinedOutput(); err != nil {
		t.Skipf("cannot be mounted read-only: %v %s", err, out)
	}
	out, err := c.tryStart()
	if err == nil {
		c.kill()
		t.Fatal("it serves")
	}
	if !strings.Contains(out, c.cfg.DataDir) || strings.Contains(out, "goroutine") || strings.Contains(out, "Unerwarteter Fehler") {
		t.Errorf("refused without saying where: %s", out)
	}
	if out, err := exec.Command("mount", "-o", "remount,rw", disk).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	c.start()
	c.kill()
	c.check("after it could be written again")
}

// A limit on the size of files strikes in the middle of a commit, on any machine: the server ends instead of acknowledging what the disk did not
// take, and what it acknowledged is there when it starts again.
func TestALimitOnFilesLosesNothing(t *testing.T) {
	c := newCrashed(t, app.Config{DataDir: t.TempDir()})
	defer c.kill()
	i, err := os.Stat(filepath.Join(c.cfg.DataDir, db.FileName))
	if err != nil {
		t.Fatal(err)
	}
	c.limit = fmt.Sprintf("ulimit -f %d", i.Size()/512+600) // blocks of 512 bytes (POSIX); some shells count 1024
	c.start()
	h := c.client()
	if err := c.signIn(h); err != nil {
		t.Fatal(err)
	}
	struck := false
	for n := range 2000 {
		status, _, err := c.write(h, fmt.Sprintf("limit-%d.csv", n), 10)
		if struck = err != nil || status != http.StatusSeeOther; struck {
			break
		}
	}
	if !struck {
		t.Error("the limit never struck")
	}
	c.kill()
	c.limit = ""
	c.start()
	c.kill()
	c.check("after the limit")
	t.Logf("%d acknowledged before the limit struck", len(c.acked))
}
