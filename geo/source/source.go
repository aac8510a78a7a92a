// SPDX-License-Identifier: EUPL-1.2

// Package source reads a file of areas or places whatever its format: GeoJSON, zipped or plain shapefile, GeoPackage.
//
// The content decides, not the name, because files get renamed on their way through an office; only the loose parts of a shapefile need the
// extension .shp.
package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/geo/geopackage"
	"github.com/kupferfaden/kupferfaden/geo/shapefile"
)

// Read reads a file on disk. The error is a *geo.RefusedError when the file is refused whole, else one of the file system or context. A layer
// without a name of its own gets that of the file.
func Read(ctx context.Context, path string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	l, found, err := read(ctx, path, opt)
	if err == nil && l.Name == "" {
		l.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return l, found, err
}

func read(ctx context.Context, path string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	if strings.EqualFold(filepath.Ext(path), ".shp") {
		return shapefile.ReadFS(os.DirFS(filepath.Dir(path)), filepath.Base(path), opt)
	}
	f, err := os.Open(path)
	if err != nil {
		return geo.Layer{}, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return geo.Layer{}, nil, err
	}
	if !info.Mode().IsRegular() {
		return geo.Layer{}, nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is no regular file")}
	}
	var head [16]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return geo.Layer{}, nil, err
	}
	switch h := string(head[:n]); {
	case strings.HasPrefix(h, "PK\x03\x04"), strings.HasPrefix(h, "PK\x05\x06"):
		return shapefile.Read(f, info.Size(), opt)
	case strings.HasPrefix(h, "SQLite format 3\x00"):
		return geopackage.Read(ctx, path, opt)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return geo.Layer{}, nil, err
	}
	return geojson.Read(contextReader{ctx, f}, opt)
}

// contextReader ends a long read when the person gives up.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
