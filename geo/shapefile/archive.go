// SPDX-License-Identifier: EUPL-1.2

package shapefile

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/geo"
)

// refusal is a reason to refuse the whole file.
type refusal struct{ finding geo.Finding }

func (r *refusal) Error() string { return r.finding.Message }

func refuse(code, file string, params map[string]any, format string, args ...any) error {
	return &refusal{geo.Finding{Code: code, Severity: geo.Refuse, Feature: geo.WholeFile, File: file, Params: params, Message: fmt.Sprintf(format, args...)}}
}

// set is one shapefile: its parts by lower-case extension.
type set struct {
	name  string // for people: folder and stem
	parts map[string]part
}

// part opens one file of a set. Its size is what the archive claims and is never used to allocate.
type part struct {
	name string
	open func() (io.ReadCloser, error)
}

var extensions = []string{".shp", ".shx", ".dbf", ".prj", ".cpg"}

// ignored are files that systems put beside everything.
func ignored(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/") || strings.HasPrefix(base, "._") ||
		strings.EqualFold(base, "Thumbs.db") || strings.EqualFold(base, ".DS_Store") || strings.EqualFold(base, "desktop.ini")
}

// fromZip checks an archive and groups its members into sets. Nothing is unpacked here.
func fromZip(r io.ReaderAt, size int64, lim geo.Limits) ([]set, error) {
	if size == 0 {
		return nil, refuse("file.empty", "", nil, "The file is empty.")
	}
	if size > lim.MaxBytes {
		return nil, refuse("file.toolarge", "", map[string]any{"limit_mb": int(lim.MaxBytes >> 20)}, "The file is larger than the limit of %d MB.", lim.MaxBytes>>20)
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, refuse("archive.damaged", "", nil, "The file is no readable zip archive; pack the parts of the shapefile (.shp, .dbf, .shx, .prj) into one zip.")
	}
	if len(z.File) > lim.MaxEntries {
		return nil, refuse("archive.entries", "", map[string]any{"entries": len(z.File), "limit": lim.MaxEntries}, "The archive has %d entries, more than the limit of %d.", len(z.File), lim.MaxEntries)
	}
	groups := map[string]*set{}
	var order []string
	other := map[string]bool{}
	for _, f := range z.File {
		name := f.Name
		switch {
		case !safe(name):
			return nil, refuse("archive.name", name, nil, "The archive holds an entry with the dangerous name %q; pack it anew.", name)
		case f.Mode()&fs.ModeSymlink != 0:
			return nil, refuse("archive.symlink", name, nil, "The archive holds a symbolic link %q; pack the files themselves.", name)
		case f.Mode().IsDir() || ignored(name):
			continue
		case f.Flags&1 != 0:
			return nil, refuse("archive.encrypted", name, nil, "The archive is protected by a password; pack it without one.")
		}
		ext := strings.ToLower(path.Ext(name))
		if !slices.Contains(extensions, ext) {
			other[ext] = true
			continue
		}
		if f.UncompressedSize64 > uint64(lim.MaxUnzipped) {
			return nil, refuse("archive.bomb", name, map[string]any{"limit_mb": int(lim.MaxUnzipped >> 20)}, "The entry %q unpacks to more than the limit of %d MB.", name, lim.MaxUnzipped>>20)
		}
		add(groups, &order, strings.TrimSuffix(name, path.Ext(name)), ext, part{name, f.Open})
	}
	return choose(groups, order, other)
}

// safe refuses names that would leave a folder when unpacked. We never unpack to disk, but an archive with such names is an attack or damaged.
func safe(name string) bool {
	if name == "" || strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' {
		return false
	}
	return !slices.Contains(strings.Split(name, "/"), "..")
}

func add(groups map[string]*set, order *[]string, stem, ext string, p part) {
	key := strings.ToLower(stem)
	g := groups[key]
	if g == nil {
		g = &set{name: stem, parts: map[string]part{}}
		groups[key] = g
		*order = append(*order, key)
	}
	if _, twice := g.parts[ext]; !twice {
		g.parts[ext] = p
	}
}

// choose keeps the sets that have geometry.
func choose(groups map[string]*set, order []string, other map[string]bool) ([]set, error) {
	var sets []set
	for _, k := range order {
		if g := groups[k]; g.parts[".shp"].open != nil {
			sets = append(sets, *g)
		}
	}
	if len(sets) == 0 {
		hint := ""
		switch {
		case other[".geojson"] || other[".json"]:
			hint = " It holds GeoJSON: unpack it and import that file."
		case other[".gpkg"]:
			hint = " It holds a GeoPackage: unpack it and import that file."
		case other[".zip"]:
			hint = " It holds another archive: unpack it and import the inner one."
		}
		return nil, refuse("shapefile.missing", "", nil, "There is no .shp file.%s", hint)
	}
	return sets, nil
}

// fromFS groups the siblings of a .shp file on disk.
func fromFS(fsys fs.FS, name string) ([]set, error) {
	dir, stem := path.Dir(name), strings.TrimSuffix(path.Base(name), path.Ext(name))
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder of the shapefile: %w", err)
	}
	groups, order := map[string]*set{}, []string(nil)
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if !e.Type().IsRegular() || !strings.EqualFold(strings.TrimSuffix(e.Name(), ext), stem) || !slices.Contains(extensions, strings.ToLower(ext)) {
			continue
		}
		full := path.Join(dir, e.Name())
		add(groups, &order, stem, strings.ToLower(ext), part{full, func() (io.ReadCloser, error) { return fsys.Open(full) }})
	}
	return choose(groups, order, nil)
}

// budget counts unpacked bytes over all parts of a set.
type budget struct{ left int64 }

// limited reads from a part until the budget is spent.
type limited struct {
	r    io.Reader
	b    *budget
	name string
}

func (l *limited) Read(p []byte) (int, error) {
	if l.b.left <= 0 {
		return 0, refuse("archive.bomb", l.name, nil, "The archive unpacks to more than the limit; it was stopped at %q.", l.name)
	}
	if int64(len(p)) > l.b.left {
		p = p[:l.b.left]
	}
	n, err := l.r.Read(p)
	l.b.left -= int64(n)
	var corrupt flate.CorruptInputError
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) {
		err = refuse("archive.damaged", l.name, nil, "The entry %q of the archive is damaged; transfer the file again.", l.name)
	}
	return n, err
}
