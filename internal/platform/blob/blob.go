// SPDX-License-Identifier: EUPL-1.2

// Package blob keeps the files a town hands over - deliveries, pictures, finished reports - under the data directory, each named by the
// SHA-256 of its content, so that what was delivered can be proven later and the same file is kept once.
//
// Invariants: a name is never made from what a person typed; a file is complete and on the disk before its name exists; nothing stored is
// executable; nothing outside the folder can be reached (os.Root).
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const (
	folder = "files"
	temp   = "tmp"
)

// Store is the folder of files.
type Store struct{ root *os.Root }

// Open opens the store in dataDir and clears what interrupted writes left behind more than a day ago.
func Open(dataDir string) (*Store, error) {
	dir := filepath.Join(dataDir, folder)
	if err := os.MkdirAll(filepath.Join(dir, temp), 0o700); err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", dir), Err: err}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	s := &Store{root: root}
	if err := s.clear(time.Now().Add(-24 * time.Hour)); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return s, nil
}

// Close gives the folder back.
func (s *Store) Close() error { return s.root.Close() }

func (s *Store) clear(before time.Time) error {
	left, err := fs.ReadDir(s.root.FS(), temp)
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	for _, e := range left {
		if i, err := e.Info(); err == nil && i.ModTime().Before(before) {
			if err := s.root.Remove(path.Join(temp, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("files: %w", err)
			}
		}
	}
	return nil
}

// Put stores what r yields and returns its SHA-256 in hexadecimal and its size. More than limit bytes are refused (Invalid). When Put returns,
// the file survives a power cut, so a transaction may then refer to it.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error) {
	name := path.Join(temp, rand.Text())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, explain(err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // closed already where the error came later
			_ = s.root.Remove(name) // clear takes what is left
		}
	}()
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(&reader{ctx, r}, limit+1))
	if err != nil {
		return "", 0, explain(err)
	}
	if size > limit {
		return "", 0, kernel.E(kernel.Invalid, "file.too_large", "limit", limit)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", 0, explain(err)
	}
	sum = hex.EncodeToString(h.Sum(nil))
	to := place(sum)
	if err := s.root.Mkdir(path.Dir(to), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", 0, explain(err)
	}
	// The same content may be there already; replacing it by itself also heals a damaged copy.
	if err := s.root.Rename(name, to); err != nil {
		return "", 0, explain(err)
	}
	if err := errors.Join(s.sync(path.Dir(to)), s.sync(".")); err != nil {
		return "", 0, explain(err)
	}
	return sum, size, nil
}

// reader stops reading when the request is over.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// sync makes a folder's entries durable.
func (s *Store) sync(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there; NTFS journals their entries
		return nil
	}
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // some file systems cannot sync a folder and keep it in order themselves
	}
	return errors.Join(err, d.Close())
}

// Open returns the file with the given SHA-256, or NotFound. The caller closes it.
func (s *Store) Open(sum string) (*os.File, error) {
	if !valid(sum) {
		return nil, kernel.E(kernel.NotFound, "file.notfound")
	}
	f, err := s.root.Open(place(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kernel.E(kernel.NotFound, "file.notfound")
	}
	if err != nil {
		return nil, explain(err)
	}
	return f, nil
}

// Verify reads the file and tells whether it is still what its name says.
func (s *Store) Verify(sum string) error {
	f, err := s.Open(sum)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return explain(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return kernel.E(kernel.Unavailable, "file.damaged", "file", path.Join(folder, place(sum)))
	}
	return nil
}

// Remove deletes a file for good; it is for privacy only. Removing what is not there is no error.
func (s *Store) Remove(sum string) error {
	if !valid(sum) {
		return kernel.E(kernel.NotFound, "file.notfound")
	}
	if err := s.root.Remove(place(sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(err)
	}
	return explain(s.sync(path.Dir(place(sum))))
}

// All yields the SHA-256 of every stored file, for checks and the export.
func (s *Store) All() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := fs.WalkDir(s.root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p == temp:
				return fs.SkipDir
			case e.IsDir():
				return nil
			}
			if sum := path.Base(path.Dir(p)) + e.Name(); valid(sum) && !yield(sum, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("files: %w", err))
		}
	}
}

// place spreads the files over 256 folders.
func place(sum string) string { return path.Join(sum[:2], sum[2:]) }

// valid tells whether sum is a SHA-256 in lower-case hexadecimal.
func valid(sum string) bool {
	if len(sum) != 2*sha256.Size {
		return false
	}
	for _, c := range sum {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// explain turns a full disk into what a person can act on.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.full", Err: err}
	}
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}
