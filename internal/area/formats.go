// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geopackage"
)

// readGeoPackage reads by way of a temporary file, because a GeoPackage is a database that its engine opens by name.
func readGeoPackage(ctx context.Context, r io.ReaderAt, size int64, opt geo.ReadOptions) (l geo.Layer, list geo.Findings, err error) {
	limit := geo.DefaultLimits().MaxBytes
	if size > limit {
		list = geo.Findings{{Code: "file.toolarge", Severity: geo.Refuse, Feature: geo.WholeFile, Params: map[string]any{"limit_mb": int(limit >> 20)}}}
		return l, list, list.Err()
	}
	f, err := os.CreateTemp("", "kupferfaden-*.gpkg")
	if err != nil {
		return l, nil, fmt.Errorf("area import: temporary file: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = io.Copy(f, io.NewSectionReader(r, 0, size))
	if err = errors.Join(err, f.Close()); err != nil {
		return l, nil, fmt.Errorf("area import: temporary file: %w", err)
	}
	return geopackage.Read(ctx, f.Name(), opt)
}
