// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Limits of what a reader takes in at once: a file that asks for more is not one of ours.
const (
	maxHeader   = 16 << 20
	maxManifest = 512 << 20
	maxRows     = 1 << 30 // one entry of rows: a megabyte and one row more
	maxKey      = 4 << 10
	maxWindow   = 64 << 20
)

var (
	agePrefix  = []byte("age-encryption.org/")
	zstdPrefix = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// visitor is told what a backup holds while it is read. Nothing it is told may be trusted before read has returned without an error.
type visitor struct {
	header func(Header) error
	file   func(sum string, size int64, body io.Reader) error
	key    func(key []byte) error
	// table is called once for each table that has rows. It need not read all of them.
	table func(t db.Table, rows iter.Seq2[[]any, error]) error
	// around is called once where the rows begin; rest reads them, the manifest and the end of the file.
	around func(rest func() (Manifest, error)) error
}

// read reads a backup from beginning to end and holds everything in it against its manifest. Its errors name what is wrong: a file that is no
// backup, one of a newer program, a missing or wrong key, damage, an end too early.
func read(ctx context.Context, from io.Reader, identities []age.Identity, v visitor) (m Manifest, err error) {
	b := bufio.NewReaderSize(from, 1<<16)
	start, err := b.Peek(len(agePrefix))
	if err != nil && !errors.Is(err, io.EOF) {
		return m, err
	}
	var plain io.Reader = b
	switch {
	case bytes.Equal(start, agePrefix):
		if len(identities) == 0 {
			return m, kernel.E(kernel.Invalid, "backup.encrypted")
		}
		if plain, err = age.Decrypt(b, identities...); err != nil {
			var none *age.NoIdentityMatchError
			if errors.As(err, &none) {
				return m, &kernel.Error{Kind: kernel.Invalid, Key: "backup.wrong_key", Err: err}
			}
			return m, damaged(err)
		}
	case bytes.HasPrefix(start, zstdPrefix):
	default:
		return m, kernel.E(kernel.Invalid, "backup.foreign")
	}
	z, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return m, damaged(err)
	}
	defer z.Close()
	r := &reader{ctx: ctx, tar: tar.NewReader(z), visitor: v, files: map[string]int64{}, rows: map[string]*rowSum{}}
	rest := func() (Manifest, error) {
		err := r.rest()
		if err == nil {
			err = r.end(z, b)
		}
		return r.manifest, err
	}
	if err := r.begin(); err != nil {
		return m, err
	}
	if v.around != nil {
		err := v.around(rest)
		return r.manifest, err
	}
	return rest()
}

// end makes sure that nothing comes after the archive: only there does zstd compare its check sum and age its last block.
func (r *reader) end(z io.Reader, b *bufio.Reader) error {
	if n, err := io.Copy(io.Discard, z); err != nil || n > 1<<20 { // tar fills its last block with zeros
		return damaged(cmp.Or(err, errors.New("something follows the archive")))
	}
	if _, err := b.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged(errors.New("something follows the archive"))
	}
	return nil
}

// damaged says that the file is not what was written, in whatever way.
func damaged(err error) error {
	var k *kernel.Error
	if errors.As(err, &k) || errors.Is(err, context.Canceled) {
		return err
	}
	key := "backup.damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		key = "backup.truncated"
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: key, Err: err}
}

type rowSum struct {
	n int64
	h hash.Hash
}

// reader is one archive being read.
type reader struct {
	visitor
	ctx      context.Context
	tar      *tar.Reader
	header   Header
	manifest Manifest
	headSum  string
	files    map[string]int64
	rows     map[string]*rowSum
	key      bool
	current  *tar.Header // the entry that was read and not yet dealt with
}

// next gives the entry to deal with.
func (r *reader) next() (*tar.Header, error) {
	if h := r.current; h != nil {
		r.current = nil
		return h, nil
	}
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	h, err := r.tar.Next()
	if err != nil {
		return nil, damaged(err)
	}
	if h.Typeflag != tar.TypeReg || h.Size < 0 {
		return nil, damaged(fmt.Errorf("entry %q is no plain file", h.Name))
	}
	return h, nil
}

// content reads a small entry.
func (r *reader) content(h *tar.Header, most int64) ([]byte, error) {
	if h.Size > most {
		return nil, damaged(fmt.Errorf("entry %q has %d bytes", h.Name, h.Size))
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, r.tar); err != nil { // grows with what is there, whatever the entry claims
		return nil, damaged(err)
	}
	return b.Bytes(), nil
}

// begin reads up to the rows.
func (r *reader) begin() error {
	h, err := r.next()
	if err != nil || h.Name != headerName {
		if kernel.KindOf(err) == kernel.Internal && err != nil {
			return err
		}
		return &kernel.Error{Kind: kernel.Invalid, Key: "backup.foreign", Err: err}
	}
	if err := r.readHeader(h); err != nil {
		return err
	}
	for {
		h, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(h.Name, filesDir):
			err = r.readFile(h)
		case h.Name == keyName:
			err = r.readKey(h)
		default:
			r.current = h
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// rest reads rows and manifest.
func (r *reader) rest() error {
	for {
		h, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(h.Name, filesDir): // those that came while the first were saved
			err = r.readFile(h)
		case strings.HasPrefix(h.Name, rowsDir):
			err = r.readTable(h)
		case h.Name == manifestName:
			if err := r.readManifest(h); err != nil {
				return err
			}
			if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
				return damaged(errors.New("entries follow the manifest"))
			}
			return nil
		default:
			err = damaged(fmt.Errorf("unknown entry %q", h.Name))
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) readHeader(h *tar.Header) error {
	b, err := r.content(h, maxHeader)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.header); err != nil || r.header.Format < 1 {
		return damaged(errors.Join(errors.New("the header cannot be read"), err))
	}
	if r.header.Format > Format || r.header.Schema > db.NewestSchema() {
		return kernel.E(kernel.Invalid, "backup.newer", "program", r.header.Program, "schema", r.header.Schema, "known", db.NewestSchema())
	}
	for _, t := range r.header.Tables {
		if !tableName.MatchString(t.Name) || len(t.Columns) == 0 || slices.ContainsFunc(t.Columns, func(c db.Column) bool { return !tableName.MatchString(c.Name) }) {
			return damaged(fmt.Errorf("table %q is not described", t.Name))
		}
	}
	sum := sha256.Sum256(b)
	r.headSum = hex.EncodeToString(sum[:])
	if r.visitor.header != nil {
		return r.visitor.header(r.header)
	}
	return nil
}

var (
	tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	sumName   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (r *reader) readFile(h *tar.Header) error {
	sum := strings.TrimPrefix(h.Name, filesDir)
	if _, twice := r.files[sum]; twice || !sumName.MatchString(sum) {
		return damaged(fmt.Errorf("entry %q", h.Name))
	}
	s := sha256.New()
	body := io.TeeReader(r.tar, s)
	if r.file != nil {
		if err := r.file(sum, h.Size, body); err != nil {
			return damagedUnlessOurs(err)
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return damaged(err)
	}
	if hex.EncodeToString(s.Sum(nil)) != sum {
		return damaged(fmt.Errorf("the content of %s is not that of its name", h.Name))
	}
	r.files[sum] = h.Size
	return nil
}

// damagedUnlessOurs tells an archive that breaks off from a disk of ours that is full.
func damagedUnlessOurs(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, zstd.ErrCRCMismatch) || errors.Is(err, tar.ErrHeader) {
		return damaged(err)
	}
	return err
}

func (r *reader) readKey(h *tar.Header) error {
	b, err := r.content(h, maxKey)
	if err != nil {
		return err
	}
	r.key = true
	if r.visitor.key != nil {
		return r.visitor.key(b)
	}
	return nil
}

// readTable reads the entries of one table, which stand together.
func (r *reader) readTable(h *tar.Header) error {
	name, _, _ := strings.Cut(strings.TrimPrefix(h.Name, rowsDir), "/")
	i := slices.IndexFunc(r.header.Tables, func(t db.Table) bool { return t.Name == name })
	if i < 0 || r.rows[name] != nil {
		return damaged(fmt.Errorf("entry %q", h.Name))
	}
	t := r.header.Tables[i]
	sum := &rowSum{h: sha256.New()}
	r.rows[name] = sum
	r.current = h
	var failed error
	row := make([]any, len(t.Columns))
	lines := func(yield func([]any, error) bool) {
		for failed == nil {
			h, err := r.next()
			if err != nil {
				failed = err
				break
			}
			if !strings.HasPrefix(h.Name, rowsDir+name+"/") {
				r.current = h
				return
			}
			if h.Size > maxRows {
				failed = damaged(fmt.Errorf("entry %q has %d bytes", h.Name, h.Size))
				break
			}
			b := bufio.NewReaderSize(io.TeeReader(r.tar, sum.h), 1<<16)
			for {
				line, err := b.ReadBytes('\n')
				if errors.Is(err, io.EOF) && len(line) == 0 {
					break
				}
				if err != nil {
					failed = damaged(err)
					break
				}
				if err := parseRow(line[:len(line)-1], t, row); err != nil {
					failed = damaged(fmt.Errorf("%s, row %d: %w", name, sum.n+1, err))
					break
				}
				sum.n++
				if !yield(row, nil) {
					failed = errStopped
					return
				}
			}
		}
		yield(nil, failed)
	}
	if r.table != nil {
		if err := r.table(t, lines); err != nil {
			if failed != nil && !errors.Is(failed, errStopped) {
				return failed
			}
			return err
		}
		return failed
	}
	for _, err := range lines {
		if err != nil {
			return err
		}
	}
	return nil
}

var errStopped = errors.New("backup: the rows were not read to their end")

// readManifest compares what was read with what should be there.
func (r *reader) readManifest(h *tar.Header) error {
	b, err := r.content(h, maxManifest)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.manifest); err != nil {
		return damaged(err)
	}
	m := r.manifest
	if m.HeaderSHA256 != r.headSum || m.Schema != r.header.Schema || m.Key != r.key || len(m.Rows) != len(r.header.Tables) {
		return damaged(errors.New("the manifest belongs to another backup"))
	}
	for i, t := range m.Rows {
		if t.Table != r.header.Tables[i].Name {
			return damaged(fmt.Errorf("table %s is not in its place", t.Table))
		}
		got := r.rows[t.Table]
		if got == nil {
			got = &rowSum{h: sha256.New()}
		}
		if sum := hex.EncodeToString(got.h.Sum(nil)); got.n != t.Rows || sum != t.SHA256 {
			return damaged(fmt.Errorf("table %s has %d rows with sum %s, the manifest says %d and %s", t.Table, got.n, sum, t.Rows, t.SHA256))
		}
	}
	for _, f := range m.Files {
		if size, ok := r.files[f.SHA256]; !ok || size != f.Size {
			return damaged(fmt.Errorf("file %s is missing", f.SHA256))
		}
	}
	return nil
}
