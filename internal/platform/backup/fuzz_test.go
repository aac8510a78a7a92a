// SPDX-License-Identifier: EUPL-1.2

package backup_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
)

// rewrite changes the entries of a backup and packs it again, so that only what the manifest says can tell. nil leaves an entry out.
func rewrite(t testing.TB, good []byte, dir string, change func(name string, b []byte) []byte) string {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := os.CreateTemp(dir, "rewritten-*.tar.zst")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := zstd.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(out)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if b = change(h.Name, b); b == nil {
			continue
		}
		if err := w.WriteHeader(&tar.Header{Name: h.Name, Mode: 0o600, Size: int64(len(b))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// FuzzVerify reads anything; only what a program wrote unchanged may pass. The content is the archive inside the compression, where the structure
// is.
func FuzzVerify(f *testing.F) {
	dir := f.TempDir()
	for _, names := range [][]string{{"kupferfaden-backup.json"}, {"kupferfaden-backup.json", "manifest.json"}, {"files/aa", "rows/area/000001.jsonl"}} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range names {
			content := []byte(`{"format":1,"schema":1,"tables":[{"name":"area","columns":[{"name":"id","holds":"uuid"}],"key":["id"]}]}`)
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
				f.Fatal(err)
			}
			if _, err := w.Write(content); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		path := filepath.Join(dir, "fuzz.tar.zst")
		if err := os.WriteFile(path, enc.EncodeAll(archive, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if m, err := backup.Verify(t.Context(), path, nil); err == nil && m.HeaderSHA256 == "" {
			t.Fatal("passed without a manifest")
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Fatalf("took %v", d)
		}
	})
}
