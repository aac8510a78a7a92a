// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Source is what is saved.
type Source struct {
	DB      *db.DB
	Files   *blob.Store
	Program string // version
	Now     func() time.Time
	// Key is the key of the installation (package secret), saved with the rest where it is not empty.
	Key []byte
	// Tenant and TenantKey save one town only, into which shared tables without a town do not go.
	Tenant    kernel.ID
	TenantKey string
}

// errAgain asks for the backup to be written afresh: a file was taken and deleted between two looks at the store.
var errAgain = errors.New("backup: a file came and went")

// write writes the archive, not yet compressed.
func (s Source) write(ctx context.Context, to io.Writer) (Manifest, error) {
	w := &writer{Source: s, tar: tar.NewWriter(to), saved: map[string]int64{}, named: map[string]bool{}}
	// Files first: one that is deleted while the rows are read is inside already.
	var m Manifest
	err := s.DB.ReadTx(ctx, func(ctx context.Context) error { // the tables as they are now; the snapshot of the rows comes after the files
		tables, err := s.DB.Tables(ctx)
		if err != nil {
			return err
		}
		if s.Tenant != "" {
			tables = slices.DeleteFunc(tables, func(t db.Table) bool { return !t.Has("tenant_id") })
		}
		m.Header = Header{
			Format: Format, Program: s.Program, Engine: s.DB.Engine(), Schema: s.DB.Schema().Have, Started: kernel.InstantOf(s.Now()), Tables: tables, Tenant: s.TenantKey,
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	header, err := json.MarshalIndent(m.Header, "", " ")
	if err != nil {
		return m, err
	}
	sum := sha256.Sum256(header)
	m.HeaderSHA256 = hex.EncodeToString(sum[:])
	if err := w.entry(headerName, header); err != nil {
		return m, err
	}
	if s.Tenant == "" {
		if _, err := w.files(ctx); err != nil {
			return m, err
		}
	}
	if len(s.Key) > 0 {
		m.Key = true
		if err := w.entry(keyName, s.Key); err != nil {
			return m, err
		}
	}
	err = s.DB.ReadTx(ctx, func(ctx context.Context) error {
		if err := s.sameSchema(ctx, m.Header); err != nil {
			return err
		}
		m.Started = kernel.InstantOf(s.Now())
		if s.Tenant == "" {
			if m.Files, err = w.files(ctx); err != nil {
				return err
			}
		}
		for _, t := range m.Tables {
			sum, err := w.table(ctx, t)
			if err != nil {
				return err
			}
			m.Rows = append(m.Rows, sum)
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	if err := w.compare(ctx, &m); err != nil {
		return m, err
	}
	m.Finished = kernel.InstantOf(s.Now())
	manifest, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, err
	}
	return m, errors.Join(w.entry(manifestName, manifest), w.tar.Close())
}

// sameSchema opens the snapshot and makes sure that no migration came in between.
func (s Source) sameSchema(ctx context.Context, h Header) error {
	tables, err := s.DB.Tables(ctx)
	if err != nil {
		return err
	}
	if s.Tenant != "" {
		tables = slices.DeleteFunc(tables, func(t db.Table) bool { return !t.Has("tenant_id") })
	}
	if !slices.EqualFunc(tables, h.Tables, func(a, b db.Table) bool { return a.Name == b.Name && slices.Equal(a.Columns, b.Columns) }) {
		return errAgain
	}
	return nil
}

// writer is one archive in the making.
type writer struct {
	Source
	tar   *tar.Writer
	saved map[string]int64 // files inside, with their sizes
	named map[string]bool  // files that rows name
	buf   []byte
}

func (w *writer) entry(name string, content []byte) error {
	if err := w.head(name, int64(len(content))); err != nil {
		return err
	}
	_, err := w.tar.Write(content)
	return err
}

func (w *writer) head(name string, size int64) error {
	return w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX, Typeflag: tar.TypeReg})
}

// files saves what the store has and is not inside yet, and returns what it has.
func (w *writer) files(ctx context.Context) ([]FileSum, error) {
	var list []FileSum
	for sum, err := range w.Files.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		size, ok, err := w.file(sum)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, FileSum{sum, size})
		}
	}
	slices.SortFunc(list, func(a, b FileSum) int { return strings.Compare(a.SHA256, b.SHA256) })
	return list, nil
}

// file saves one file; false when it is gone. A damaged one stops the backup: it would replace the good copy of an older one.
func (w *writer) file(sum string) (size int64, ok bool, err error) {
	if size, ok := w.saved[sum]; ok {
		return size, true, nil
	}
	f, err := w.Files.Open(sum)
	if kernel.KindOf(err) == kernel.NotFound {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	if err := w.head(filesDir+sum, i.Size()); err != nil {
		return 0, false, err
	}
	h := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, h), f, i.Size()); err != nil {
		return 0, false, fmt.Errorf("files/%s: %w", sum, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return 0, false, kernel.E(kernel.Unavailable, "file.damaged", "file", filesDir+sum)
	}
	w.saved[sum] = i.Size()
	return i.Size(), true, nil
}

// table saves the rows of a table, in entries of about a megabyte.
func (w *writer) table(ctx context.Context, t db.Table) (TableSum, error) {
	sum, h, part := TableSum{Table: t.Name}, sha256.New(), 0
	flush := func() error {
		if len(w.buf) == 0 {
			return nil
		}
		part++
		_, _ = h.Write(w.buf) // a hash never fails
		err := w.entry(fmt.Sprintf("%s%s/%06d.jsonl", rowsDir, t.Name, part), w.buf)
		w.buf = w.buf[:0]
		return err
	}
	refers := refersToFiles(t)
	w.buf = w.buf[:0]
	err := w.DB.Rows(ctx, t, w.Tenant, func(row []any) (err error) {
		for _, i := range refers {
			if name, ok := row[i].(string); ok && name != "" {
				w.named[name] = true
			}
		}
		sum.Rows++
		if w.buf, err = appendRow(w.buf, t, row); err != nil || len(w.buf) < chunk {
			return err
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	sum.SHA256 = hex.EncodeToString(h.Sum(nil))
	return sum, err
}

// refersToFiles are the columns that name files of the store: sha256, or a name that ends in _sha256. Migrations keep to that.
func refersToFiles(t db.Table) []int {
	var at []int
	for i, c := range t.Columns {
		if c.Holds == db.Text && (c.Name == "sha256" || strings.HasSuffix(c.Name, "_sha256")) {
			at = append(at, i)
		}
	}
	return at
}

// compare holds what rows name against what is inside.
func (w *writer) compare(ctx context.Context, m *Manifest) error {
	for _, sum := range slices.Sorted(maps.Keys(w.named)) {
		if w.Tenant != "" {
			if err := ctx.Err(); err != nil {
				return err
			}
			size, ok, err := w.file(sum)
			if err != nil {
				return err
			}
			if ok {
				m.Files = append(m.Files, FileSum{sum, size})
				continue
			}
		}
		if _, ok := w.saved[sum]; !ok {
			m.Missing = append(m.Missing, sum)
		}
	}
	return nil
}

// seal compresses and, with recipients, encrypts what is written to it.
func seal(to io.Writer, recipients []age.Recipient) (io.WriteCloser, error) {
	var s sealed
	if len(recipients) > 0 {
		e, err := age.Encrypt(to, recipients...)
		if err != nil {
			return nil, err
		}
		s.below, to = e, e
	}
	z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	s.Encoder = z
	return s, nil
}

type sealed struct {
	*zstd.Encoder
	below io.Closer
}

func (s sealed) Close() error {
	err := s.Encoder.Close()
	if s.below != nil {
		err = errors.Join(err, s.below.Close())
	}
	return err
}

// References lists the files of the store that rows name.
func References(ctx context.Context, d *db.DB) (map[string]bool, error) {
	named := map[string]bool{}
	err := d.ReadTx(ctx, func(ctx context.Context) error {
		tables, err := d.Tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			at := refersToFiles(t)
			if len(at) == 0 {
				continue
			}
			if err := d.Rows(ctx, t, "", func(row []any) error {
				for _, i := range at {
					if name, ok := row[i].(string); ok && name != "" {
						named[name] = true
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return named, err
}
