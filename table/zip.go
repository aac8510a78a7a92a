// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// archive is an opened container whose parts are bounded in number and size. Nothing of it is ever written to disk.
type archive struct {
	parts  map[string]*zip.File
	limits Limits
}

// openArchive checks the container before any part is unpacked: number of entries, sizes, names that point outside, encryption, macros.
func openArchive(r io.ReaderAt, size int64, l Limits) (*archive, error) {
	if n := claimedEntries(r, size); n > l.Entries {
		return nil, refuse("zip.entries", "entries", strconv.Itoa(n), "limit", strconv.Itoa(l.Entries))
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, refuse("zip.damaged", "reason", err.Error())
	}
	if len(z.File) > l.Entries {
		return nil, refuse("zip.entries", "entries", strconv.Itoa(len(z.File)), "limit", strconv.Itoa(l.Entries))
	}
	a := &archive{parts: make(map[string]*zip.File, len(z.File)), limits: l}
	var total uint64
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasPrefix(name, "/") || strings.Contains(name, ":") || strings.Contains("/"+name+"/", "/../") {
			return nil, refuse("zip.path", "name", f.Name)
		}
		if f.Flags&1 != 0 {
			return nil, refuse("file.encrypted")
		}
		if total += f.UncompressedSize64; total > uint64(l.Unzipped) || f.UncompressedSize64 > uint64(l.Unzipped) {
			return nil, refuse("zip.bomb", "limit", strconv.FormatInt(l.Unzipped, 10))
		}
		if strings.HasSuffix(strings.ToLower(name), "vbaproject.bin") {
			return nil, refuse("xlsx.macros")
		}
		if _, twice := a.parts[name]; !twice {
			a.parts[name] = f
		}
	}
	return a, nil
}

// claimedEntries reads the number of entries from the end record, so that a directory of a million entries is not parsed at all.
func claimedEntries(r io.ReaderAt, size int64) int {
	n := min(size, 66_000)
	tail := make([]byte, n)
	k, _ := r.ReadAt(tail, size-n)
	tail = tail[:k]
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || i+12 > len(tail) {
		return 0
	}
	claimed := int(binary.LittleEndian.Uint16(tail[i+10:]))
	if claimed != 0xFFFF || i < 20 || !bytes.HasPrefix(tail[i-20:], []byte("PK\x06\x07")) {
		return claimed
	}
	var end [56]byte // the end record of zip64 (APPNOTE 4.3.14), to which the locator before the old one points
	if _, err := r.ReadAt(end[:], int64(binary.LittleEndian.Uint64(tail[i-12:])&math.MaxInt64)); err != nil || string(end[:4]) != "PK\x06\x06" {
		return claimed
	}
	return int(min(binary.LittleEndian.Uint64(end[32:]), math.MaxInt32))
}

// limited ends with a refusal where an archive unpacks to more than its directory says or the limit allows.
type limited struct {
	r    io.ReadCloser
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, l.err
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

func (l *limited) Close() error { return l.r.Close() }

func (a *archive) has(name string) bool {
	_, ok := a.parts[name]
	return ok
}

// open unpacks a part as a stream.
func (a *archive) open(name string, limit int64) (io.ReadCloser, error) {
	f, ok := a.parts[name]
	if !ok {
		return nil, refuse("xlsx.damaged", "reason", "the part "+clip(name)+" is missing")
	}
	r, err := f.Open()
	if err != nil {
		return nil, refuse("zip.damaged", "reason", err.Error())
	}
	return &limited{r: r, left: limit, err: refuse("zip.bomb", "limit", strconv.FormatInt(limit, 10))}, nil
}

// walk reads a part token by token.
func (a *archive) walk(name string, limit int64, f func(x *xmlReader) error) error {
	r, err := a.open(name, limit)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLReader(r)
	for x.next() {
		if err := f(x); err != nil {
			return err
		}
	}
	return x.refusal()
}

// sniffZip tells what sort of workbook a container holds.
func sniffZip(r io.ReaderAt, size int64, l Limits) (Kind, error) {
	a, err := openArchive(r, size, l)
	if err != nil {
		return "", err
	}
	if a.has("META-INF/manifest.xml") {
		encrypted := false
		err := a.walk("META-INF/manifest.xml", 1<<20, func(x *xmlReader) error {
			encrypted = encrypted || x.is("encryption-data")
			return nil
		})
		if err == nil && encrypted {
			return "", refuse("file.encrypted")
		}
	}
	switch {
	case a.has("xl/workbook.xml"):
		return XLSX, nil
	case a.has("content.xml") && a.spreadsheet():
		return ODS, nil
	case a.has("xl/workbook.bin"):
		return "", refuse("file.xls")
	}
	return "", refuse("zip.no_workbook")
}

// spreadsheet reports whether an OpenDocument container is one of tables, not of text or drawings.
func (a *archive) spreadsheet() bool {
	if !a.has("mimetype") {
		return true
	}
	r, err := a.open("mimetype", 200)
	if err != nil {
		return false
	}
	defer r.Close()
	b, _ := io.ReadAll(io.LimitReader(r, 199))
	return bytes.Contains(b, []byte("opendocument.spreadsheet"))
}
