// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// program builds the binary as `make build` does.
func program(b *testing.B) string {
	b.Helper()
	exe := filepath.Join(b.TempDir(), "kupferfaden")
	cmd := exec.Command("go", "build", "-trimpath", "-o", exe, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// served starts a verb that serves and waits for its first page; it returns the address, the process and the time it took.
func served(b *testing.B, exe string, args ...string) (string, *exec.Cmd, time.Duration) {
	b.Helper()
	cmd := exec.Command(exe, append(args, "--listen", "127.0.0.1:0")...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		u := address.FindString(lines.Text())
		if u == "" {
			continue
		}
		go func() {
			for lines.Scan() { // keep the pipe empty
			}
		}()
		r, err := http.Get(u + "/")
		if err != nil {
			b.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			b.Fatalf("first page: %s", r.Status)
		}
		return u, cmd, time.Since(start)
	}
	b.Fatal("the program ended without serving")
	return "", nil, 0
}

func stop(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	_ = cmd.Wait()
}

// resident is the memory of a process in MB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("needs /proc")
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// BenchmarkServeStart is the time from starting `serve` on the filled example town to its first page; MB-rss the memory at rest.
func BenchmarkServeStart(b *testing.B) {
	exe := program(b)
	dir := filepath.Join(b.TempDir(), "town")
	if out, err := exec.Command(exe, "demo", "--data", dir, "--no-serve").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	memory, total := 0.0, time.Duration(0)
	b.ResetTimer()
	for range b.N {
		_, cmd, took := served(b, exe, "serve", "--data", dir)
		total += took
		memory = max(memory, resident(b, cmd.Process.Pid))
		stop(b, cmd)
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms-to-first-page")
	b.ReportMetric(memory, "MB-rss")
}

// BenchmarkDemoFirstPage is the time from starting `demo` in an empty directory to its first page.
func BenchmarkDemoFirstPage(b *testing.B) {
	exe := program(b)
	total := time.Duration(0)
	b.ResetTimer()
	for range b.N {
		_, cmd, took := served(b, exe, "demo")
		total += took
		stop(b, cmd)
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms-to-first-page")
}
