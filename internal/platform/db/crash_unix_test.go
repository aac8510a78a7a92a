// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package db_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// child runs the named part of this test binary as a process of its own on the data directory dir.
func child(t *testing.T, part, dir string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildProcess$")
	c.Env = append(os.Environ(), "DB_TEST_CHILD="+part, "DB_TEST_DIR="+dir)
	return c
}

// TestChildProcess is what child runs; in the test run itself it has nothing to do.
func TestChildProcess(t *testing.T) {
	dir := os.Getenv("DB_TEST_DIR")
	switch os.Getenv("DB_TEST_CHILD") {
	case "io-error":
		d := mustOpen(t, dir)
		wal, err := os.Stat(filepath.Join(dir, db.FileName+"-wal"))
		if err != nil {
			t.Fatal(err)
		}
		// A write beyond the limit fails with EFBIG, which SQLite reports as an I/O error, not as a full disk.
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: uint64(wal.Size()) + 20000, Max: uint64(wal.Size()) + 20000}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			acknowledge(d, i)
		}
		fmt.Println("still running")
	case "killed":
		d := mustOpen(t, dir)
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			_, err := d.Bulk(ctx, "probe", []string{"tenant_id", "id", "n"}, func(yield func([]any, error) bool) {
				for i := 0; ; i++ {
					if i == 50000 { // far more than the cache holds, so that pages are in the -wal file already
						fmt.Println("half")
					}
					if !yield([]any{"t", fmt.Sprint("half", i), int64(i)}, nil) {
						return
					}
				}
			})
			return err
		})
		t.Fatal("ended by itself: ", err)
	}
}

// acknowledge writes a row and acknowledges it on standard output.
func acknowledge(d *db.DB, i int) {
	if err := write(context.Background(), d, put, fmt.Sprint("child", i), i); err == nil {
		fmt.Println("ack", i)
	} else {
		fmt.Println("refused", i)
	}
}

// D4 of reliability.md: after an I/O error of a commit the program ends and acknowledges nothing more; what it acknowledged is there.
func TestAnIOErrorOfACommitEndsTheProgram(t *testing.T) {
	d, dir := filled(t, 1)
	c := child(t, "io-error", dir)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), "I/O error") {
		t.Fatalf("the process ended with %v\n%s\n%s", err, out, stderr.Bytes())
	}
	acks := strings.Count(string(out), "ack ")
	if acks == 0 || strings.Contains(string(out), "refused") || strings.Contains(string(out), "still running") {
		t.Fatalf("output:\n%s", out)
	}
	if got := count(t, d); got != 1+acks {
		t.Fatalf("%d rows, want 1 and the %d acknowledged ones", got, acks)
	}
}

func TestAKilledImportLeavesNothing(t *testing.T) {
	d, dir := filled(t, 3)
	c := child(t, "killed", dir)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "half\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	if got := count(t, d); got != 3 {
		t.Fatalf("%d rows, want the 3 from before", got)
	}
	run(t, d, put, "after", 1)
}
