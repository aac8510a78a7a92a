// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Extensions of backups: without and with encryption.
const (
	plainExt  = ".tar.zst"
	sealedExt = ".tar.zst.age"
)

var fileName = regexp.MustCompile(`^kupferfaden-(\d{8}T\d{6}Z)(-[a-z0-9-]+)?\.tar\.zst(\.age)?$`)

const stampLayout = "20060102T150405Z"

// Name is the name of a backup made at a time; what tells it apart from nightly ones, "before-schema-9".
func Name(at time.Time, what string, encrypted bool) string {
	name := "kupferfaden-" + at.UTC().Format(stampLayout)
	if what != "" {
		name += "-" + what
	}
	if encrypted {
		return name + sealedExt
	}
	return name + plainExt
}

// Create writes a backup to path. While it is written it has another name; it is on the disk when it has its own. A file that is there already
// is not touched.
func Create(ctx context.Context, s Source, path string, recipients []age.Recipient) (Manifest, error) {
	if _, err := os.Lstat(path); err == nil {
		return Manifest{}, kernel.E(kernel.Conflict, "backup.exists", "file", path)
	}
	if len(s.Key) > 0 && len(s.Key) > maxKey {
		return Manifest{}, fmt.Errorf("backup: a key of %d bytes", len(s.Key))
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Manifest{}, explain(err, dir)
	}
	for try := 1; ; try++ {
		m, err := create(ctx, s, path, recipients)
		if errors.Is(err, errAgain) || err == nil && len(m.Missing) > 0 && try == 1 {
			if try < 4 {
				if err == nil {
					err = os.Remove(path) // perhaps a file came and went; perhaps the store has lost it, which the second time tells
				} else {
					err = nil
				}
				if err == nil {
					continue
				}
			}
		}
		return m, err
	}
}

func create(ctx context.Context, s Source, path string, recipients []age.Recipient) (m Manifest, err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".backup-*") // 0600
	if err != nil {
		return m, explain(err, dir)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // closed already where the error came later
			_ = os.Remove(f.Name())
		}
	}()
	w, err := seal(f, recipients)
	if err != nil {
		return m, err
	}
	if m, err = s.write(ctx, w); err != nil {
		return m, explain(err, path)
	}
	if err := errors.Join(w.Close(), f.Sync(), f.Close()); err != nil {
		return m, explain(err, path)
	}
	if err := os.Link(f.Name(), path); err == nil { // fails where the name was taken meanwhile
		err = os.Remove(f.Name())
		return m, errors.Join(err, syncDir(dir))
	} else if errors.Is(err, fs.ErrExist) {
		return m, kernel.E(kernel.Conflict, "backup.exists", "file", path)
	}
	if err := os.Rename(f.Name(), path); err != nil { // a file system without links
		return m, explain(err, path)
	}
	return m, syncDir(dir)
}

// explain says that the disk is full or that the folder cannot be written to.
func explain(err error, path string) error {
	var k *kernel.Error
	switch {
	case err == nil || errors.As(err, &k):
		return err
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG):
		return &kernel.Error{Kind: kernel.Unavailable, Key: "backup.no_room", Params: kernel.Params("file", path), Err: err}
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return &kernel.Error{Kind: kernel.Unavailable, Key: "backup.not_writable", Params: kernel.Params("file", path), Err: err}
	}
	return err
}

// syncDir makes a folder's entries durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there; NTFS journals their entries
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // some file systems cannot sync a folder and keep it in order themselves
	}
	return errors.Join(err, d.Close())
}

// File is a backup in a folder.
type File struct {
	Path      string
	At        time.Time
	Size      int64
	What      string // empty for ordinary ones, else why it was made
	Encrypted bool
}

// List gives the backups in a folder, newest first. A folder that does not exist has none.
func List(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []File
	for _, e := range entries {
		m := fileName.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		at, err := time.Parse(stampLayout, m[1])
		if err != nil {
			continue
		}
		i, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f := File{Path: filepath.Join(dir, e.Name()), At: at, Size: i.Size(), Encrypted: m[3] != ""}
		if m[2] != "" {
			f.What = m[2][1:]
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b File) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Path, a.Path)) })
	return list, nil
}

// Prune removes ordinary backups except the newest keep, and what interrupted ones left more than a day before now. Backups made for a reason,
// such as before a change of the schema, stay. It returns what it removed.
func Prune(dir string, keep int, now time.Time) ([]string, error) {
	list, err := List(dir)
	if err != nil {
		return nil, err
	}
	var gone []string
	ordinary := 0
	for _, f := range list {
		if f.What != "" {
			continue
		}
		if ordinary++; ordinary <= max(keep, 1) {
			continue
		}
		if err := os.Remove(f.Path); err != nil {
			return gone, err
		}
		gone = append(gone, f.Path)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".backup-*"))
	if err != nil {
		return gone, err
	}
	for _, path := range left {
		if i, err := os.Stat(path); err == nil && now.Sub(i.ModTime()) > 24*time.Hour {
			if err := os.Remove(path); err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

// Verify reads a backup fully and holds everything in it against its manifest.
func Verify(ctx context.Context, path string, identities []age.Identity) (Manifest, error) {
	f, err := open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	return read(ctx, f, identities, visitor{})
}

// RestoreFile is Restore of a file.
func RestoreFile(ctx context.Context, path string, identities []age.Identity, to Target) (Manifest, error) {
	f, err := open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	return Restore(ctx, f, identities, to)
}

func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.NotFound, Key: "cli.nofile", Params: kernel.Params("file", path), Err: err}
	}
	i, err := f.Stat()
	if err == nil && !i.Mode().IsRegular() {
		err = kernel.E(kernel.Invalid, "backup.foreign")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
