// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"context"
	"io"

	"github.com/kupferfaden/kupferfaden/geo"
)

func readGeoPackage(context.Context, io.ReaderAt, int64, geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	return unreadable()
}

func unreadable() (geo.Layer, geo.Findings, error) {
	fs := geo.Findings{{Code: "file.format", Severity: geo.Refuse, Feature: geo.WholeFile, Message: "This format is not read; export the file as GeoJSON."}}
	return geo.Layer{}, fs, fs.Err()
}
