// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
)

// Target is the empty place a backup is brought back to.
type Target struct {
	// Dir is a data directory that does not exist or holds nothing.
	Dir string
	// Database is an empty PostgreSQL database, or nothing for the embedded one in Dir.
	Database string
}

// Restore brings a backup back and then to the newest schema. All or nothing: until every row and file has been compared with the manifest the
// directory is marked as unfinished and nothing serves from it; a restore that was interrupted may be run again into the same directory.
func Restore(ctx context.Context, from io.Reader, identities []age.Identity, to Target) (Manifest, error) {
	_, err := os.Lstat(to.Dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := prepare(to.Dir); err != nil {
		return Manifest{}, err
	}
	x := &restoring{to: to}
	m, err := x.run(ctx, from, identities)
	if err := errors.Join(err, x.close()); err != nil {
		err = errors.Join(err, clean(to.Dir))
		if made {
			err = errors.Join(err, os.Remove(to.Dir))
		}
		return m, err
	}
	if err := os.Remove(filepath.Join(to.Dir, db.UnfinishedName)); err != nil {
		return m, err
	}
	return m, syncDir(to.Dir)
}

// prepare makes the directory and marks it. What an interrupted restore left there is cleared; anything else is refused.
func prepare(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "backup.target", Params: kernel.Params("dir", dir), Err: err}
	}
	begun := slices.ContainsFunc(list, func(e fs.DirEntry) bool { return e.Name() == db.UnfinishedName })
	if len(list) > 0 && !begun {
		return kernel.E(kernel.Conflict, "backup.not_empty", "dir", dir, "entry", list[0].Name())
	}
	if begun {
		if err := clean(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "backup.target", Params: kernel.Params("dir", dir), Err: err}
	}
	f, err := os.OpenFile(filepath.Join(dir, db.UnfinishedName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "backup.target", Params: kernel.Params("dir", dir), Err: err}
	}
	return errors.Join(f.Sync(), f.Close(), syncDir(dir))
}

// clean takes away what a restore puts into a directory, and nothing else.
func clean(dir string) error {
	var errs []error
	for _, name := range []string{
		db.FileName, db.FileName + "-wal", db.FileName + "-shm", db.FileName + "-journal", db.MarkName, "migrate.lock", "serve.lock", "files", secret.FileName, db.UnfinishedName,
	} {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// restoring is one restore.
type restoring struct {
	to     Target
	db     *db.DB
	files  *blob.Store
	header Header
	tx     context.Context //nolint:containedctx // the transaction that the reading of the rows runs in
}

func (x *restoring) close() error {
	var errs []error
	if x.files != nil {
		errs = append(errs, x.files.Close())
	}
	if x.db != nil {
		errs = append(errs, x.db.Close())
	}
	return errors.Join(errs...)
}

func (x *restoring) run(ctx context.Context, from io.Reader, identities []age.Identity) (m Manifest, err error) {
	if x.files, err = blob.Open(x.to.Dir); err != nil {
		return m, err
	}
	m, err = read(ctx, from, identities, visitor{
		header: func(h Header) error {
			x.header = h
			return nil
		},
		file: func(sum string, _ int64, body io.Reader) error {
			got, _, err := x.files.Put(ctx, body, math.MaxInt64-1)
			if err == nil && got != sum {
				err = damaged(fmt.Errorf("the content of %s is not that of its name", sum))
			}
			return err
		},
		key: func(key []byte) error {
			return os.WriteFile(filepath.Join(x.to.Dir, secret.FileName), key, 0o600)
		},
		around: func(rest func() (Manifest, error)) error {
			if err := x.open(ctx); err != nil {
				return err
			}
			return x.db.Refill(ctx, func(tx context.Context) error {
				x.tx = tx
				if m, err = rest(); err != nil {
					return err
				}
				return x.compare(tx, m)
			})
		},
		table: func(t db.Table, rows iter.Seq2[[]any, error]) error {
			_, err := x.db.Bulk(x.tx, t.Name, t.Names(), rows)
			if db.Unfit(err) { // these rows were taken once
				err = &kernel.Error{Kind: kernel.Invalid, Key: "backup.damaged", Err: err}
			}
			return err
		},
	})
	if err != nil {
		return m, err
	}
	return m, x.finish(ctx, m)
}

// open makes the database with the schema the backup has.
func (x *restoring) open(ctx context.Context) error {
	d, err := db.Open(ctx, db.Config{DataDir: x.to.Dir, URL: x.to.Database, AsIs: true, Restoring: true})
	if err != nil {
		return err
	}
	empty, err := d.Empty(ctx)
	if err == nil && (!empty || d.Schema().Have > x.header.Schema) {
		err = kernel.E(kernel.Conflict, "backup.database_filled")
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	if d, err = db.Open(ctx, db.Config{DataDir: x.to.Dir, URL: x.to.Database, Schema: x.header.Schema, Restoring: true}); err != nil {
		return err
	}
	x.db = d
	tables, err := d.Tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range x.header.Tables {
		if !slices.ContainsFunc(tables, func(have db.Table) bool { return have.Name == t.Name && slices.Equal(have.Columns, t.Columns) }) {
			return kernel.E(kernel.Invalid, "backup.schema", "table", t.Name)
		}
	}
	return nil
}

// compare reads the rows back and holds them against the manifest, before the transaction ends.
func (x *restoring) compare(ctx context.Context, m Manifest) error {
	for i, t := range m.Tables {
		sum, err := Digest(ctx, x.db, t)
		if err != nil {
			return err
		}
		if sum != m.Rows[i] {
			return fmt.Errorf("restore: table %s holds %d rows with sum %s, the backup %d and %s", t.Name, sum.Rows, sum.SHA256, m.Rows[i].Rows, m.Rows[i].SHA256)
		}
	}
	return nil
}

// finish drops files that the store did not have any more at the moment of the backup, and brings the schema up to date.
func (x *restoring) finish(ctx context.Context, m Manifest) error {
	keep := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		keep[f.SHA256] = true
	}
	var drop []string
	for sum, err := range x.files.All() {
		if err != nil {
			return err
		}
		if !keep[sum] {
			drop = append(drop, sum)
		}
	}
	for _, sum := range drop {
		if err := x.files.Remove(sum); err != nil {
			return err
		}
	}
	if err := x.db.Close(); err != nil {
		return err
	}
	x.db = nil
	d, err := db.Open(ctx, db.Config{DataDir: x.to.Dir, URL: x.to.Database, Restoring: true})
	if err != nil {
		return err
	}
	x.db = d
	return nil
}

// Digest counts and sums a table as a backup does; it is the same on both engines.
func Digest(ctx context.Context, d *db.DB, t db.Table) (TableSum, error) {
	sum, h := TableSum{Table: t.Name}, sha256.New()
	var buf []byte
	err := d.Rows(ctx, t, "", func(row []any) (err error) {
		sum.Rows++
		if buf, err = appendRow(buf[:0], t, row); err == nil {
			_, _ = h.Write(buf) // a hash never fails
		}
		return err
	})
	sum.SHA256 = hex.EncodeToString(h.Sum(nil))
	return sum, err
}

// Identities reads private keys as backup keygen writes them: one a line, # before comments.
func Identities(text []byte) ([]age.Identity, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "backup.identity", Err: err}
	}
	return ids, nil
}

// Recipients reads public keys.
func Recipients(keys []string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	r, err := age.ParseRecipients(strings.NewReader(strings.Join(keys, "\n")))
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "backup.recipient", Err: err}
	}
	return r, nil
}
