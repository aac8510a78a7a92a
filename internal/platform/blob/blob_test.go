// SPDX-License-Identifier: EUPL-1.2

package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
)

// abc is the SHA-256 of "abc", FIPS 180-2 appendix B.1.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func open(t *testing.T, dir string) *blob.Store {
	t.Helper()
	s, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPutNamesAFileByItsContentAndKeepsItOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for range 2 {
		sum, size, err := s.Put(t.Context(), strings.NewReader("abc"), 3)
		if err != nil || sum != abc || size != 3 {
			t.Fatalf("got %s %d %v, want %s 3", sum, size, err, abc)
		}
	}
	want := filepath.Join(dir, "files", abc[:2], abc[2:])
	if got := files(t, dir); len(got) != 1 || got[0] != want {
		t.Fatalf("stored %v, want only %s", got, want)
	}
	info, err := os.Stat(want)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, want 0600: never executable, nobody else's to read (%v)", info.Mode(), err)
	}
	f, err := s.Open(abc)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(b) != "abc" {
		t.Fatalf("read %q, %v", b, err)
	}
}

func TestPutLeavesNothingWhenRefusedOrInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Put(t.Context(), strings.NewReader("abcd"), 3); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("a file above the limit: %v, want Invalid", err)
	}
	boom := errors.New("connection lost")
	if _, _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("ab"), failing{boom}), 10); !errors.Is(err, boom) {
		t.Errorf("a broken upload: %v, want %v", err, boom)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(ctx, strings.NewReader("abc"), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended request: %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind %v", got)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestOpenRefusesWhatIsNoSum(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sum := range []string{"", "../secret", "/etc/passwd", strings.ToUpper(abc), abc[:63] + "/", strings.Repeat("../", 21) + "x", abc} {
		if _, err := s.Open(sum); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("%q: %v, want NotFound", sum, err)
		}
	}
}

func TestVerifyNoticesDamageAndPutHealsIt(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Put(t.Context(), strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(abc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", abc[:2], abc[2:]), []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(abc); kernel.KindOf(err) != kernel.Unavailable {
		t.Fatalf("a changed byte: %v, want Unavailable", err)
	}
	if _, _, err := s.Put(t.Context(), strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(abc); err != nil {
		t.Fatalf("after storing it again: %v", err)
	}
}

func TestAllListsAndRemoveForgets(t *testing.T) {
	s := open(t, t.TempDir())
	want := map[string]bool{}
	for i := range 20 {
		sum, _, err := s.Put(t.Context(), bytes.NewReader([]byte{byte(i)}), 1)
		if err != nil {
			t.Fatal(err)
		}
		want[sum] = true
	}
	for sum := range want {
		if err := errors.Join(s.Remove(sum), s.Remove(sum)); err != nil {
			t.Fatal(err)
		}
		delete(want, sum)
		break
	}
	n := 0
	for sum, err := range s.All() {
		if err != nil || !want[sum] {
			t.Fatalf("listed %q, %v", sum, err)
		}
		n++
	}
	if n != 19 {
		t.Fatalf("listed %d files, want 19", n)
	}
}

func TestOpenClearsOldLeftovers(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	old, young := filepath.Join(dir, "files", "tmp", "old"), filepath.Join(dir, "files", "tmp", "young")
	for _, p := range []string{old, young} {
		if err := os.WriteFile(p, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got := files(t, dir); len(got) != 1 || got[0] != young {
		t.Fatalf("left %v, want only %s: another process may still be writing it", got, young)
	}
}
