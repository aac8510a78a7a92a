// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// D2 of reliability.md: data that were damaged, emptied or robbed of their -wal file are refused at the start, with the name of the file, the
// newest backup and the command that brings it back. Nothing serves fewer rows than were acknowledged.
func TestDamagedDataAreRefusedAtTheStart(t *testing.T) {
	origin := newCrashed(t, app.Config{DataDir: filepath.Join(t.TempDir(), "stadt")})
	origin.start()
	h := origin.client()
	if err := origin.signIn(h); err != nil {
		t.Fatal(err)
	}
	for n := range 60 {
		if _, _, err := origin.write(h, fmt.Sprintf("akte-%d.csv", n), 10); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if code := run([]string{"backup", "--data", origin.cfg.DataDir}, nil, &out, &errs); code != 0 {
		t.Fatalf("backup: %s", errs.Bytes())
	}
	saved := strings.TrimSpace(out.String())
	// After the backup more is acknowledged, and stays in the -wal file of the killed server.
	for n := range 20 {
		if _, _, err := origin.write(h, fmt.Sprintf("nachtrag-%d.csv", n), 10); err != nil {
			t.Fatal(err)
		}
	}
	origin.kill()
	file := func(dir, ext string) string { return filepath.Join(dir, db.FileName+ext) }
	flip := func(path string, at int64, n int) error {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		b := make([]byte, n)
		if _, err := f.ReadAt(b, at); err != nil {
			return err
		}
		for i := range b {
			b[i] ^= 1 << rand.IntN(8)
		}
		_, err = f.WriteAt(b, at)
		return err
	}
	size := func(path string) int64 {
		i, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return i.Size()
	}
	whole := func(dir string) { // as a clean stop leaves it
		c := &crashed{t: t, cfg: app.Config{DataDir: dir}, acked: origin.acked, sent: origin.sent}
		c.check("clean")
	}
	for name, damage := range map[string]func(dir string) error{
		"emptied":         func(dir string) error { return os.Truncate(file(dir, ""), 0) },
		"emptied, no wal": func(dir string) error { return firstError(os.Truncate(file(dir, ""), 0), os.Remove(file(dir, "-wal"))) },
		"another text":    func(dir string) error { return os.WriteFile(file(dir, ""), []byte("hello"), 0o600) },
		"header":          func(dir string) error { return flip(file(dir, ""), 0, 4) },
		"wal deleted":     func(dir string) error { return os.Remove(file(dir, "-wal")) },
		"wal of another": func(dir string) error {
			return os.WriteFile(file(dir, "-wal"), bytes.Repeat([]byte("x"), 40000), 0o600)
		},
		"wal header": func(dir string) error { return flip(file(dir, "-wal"), 4, 4) },
		"wal cut":    func(dir string) error { return os.Truncate(file(dir, "-wal"), size(file(dir, "-wal"))/2) },
		"half":       func(dir string) error { whole(dir); return os.Truncate(file(dir, ""), size(file(dir, ""))/2) },
		"zeros": func(dir string) error {
			whole(dir)
			return os.WriteFile(file(dir, ""), make([]byte, size(file(dir, ""))), 0o600)
		},
		"a page of zeros":    func(dir string) error { whole(dir); return zero(file(dir, ""), 4096*(size(file(dir, ""))/4096/2)) },
		"an older copy back": func(dir string) error { return olderCopy(saved, dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "stadt")
			if err := os.CopyFS(dir, os.DirFS(origin.cfg.DataDir)); err != nil {
				t.Fatal(err)
			}
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			c := &crashed{t: t, cfg: app.Config{DataDir: dir}, base: origin.base}
			errs, err := c.tryStart()
			if err == nil {
				// What it serves must then be all of it.
				c.kill()
				c.acked, c.sent = origin.acked, origin.sent
				c.check("it serves")
				return
			}
			for _, want := range []string{db.FileName, "kupferfaden restore", filepath.Base(saved)} {
				if !strings.Contains(errs, want) {
					t.Errorf("the refusal does not name %s:\n%s", want, errs)
				}
			}
			if strings.Contains(errs, "goroutine") {
				t.Errorf("%s", errs)
			}
		})
	}
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func zero(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(make([]byte, 4096), at)
	return err
}

// olderCopy puts the database of the backup in the place of the newer one, as an old snapshot of the machine would.
func olderCopy(saved, dir string) error {
	tmp := dir + "-older"
	var errs bytes.Buffer
	if code := run([]string{"restore", saved, "--data", tmp}, nil, &errs, &errs); code != 0 {
		return fmt.Errorf("restore: %s", errs.Bytes())
	}
	for _, ext := range []string{"", "-wal", "-shm"} {
		to := filepath.Join(dir, db.FileName+ext)
		if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
			return err
		}
		b, err := os.ReadFile(filepath.Join(tmp, db.FileName+ext))
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
