// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/geo/shapefile"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// read takes the file in whatever format its content shows; the name is not trusted.
func (im *importing) read(ctx context.Context) (geo.Layer, error) {
	opt := geo.ReadOptions{Want: geo.Areas, CRS: im.q.CRS, SwapAxes: im.q.SwapAxes || im.fs.accepted["geo.axes.swapped"], Layer: im.q.Layer, Encoding: im.q.Encoding}
	head := make([]byte, 16)
	n, err := im.q.Data.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return geo.Layer{}, err
	}
	head = head[:n]
	var l geo.Layer
	var list geo.Findings
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		l, list, err = shapefile.Read(im.q.Data, im.q.Size, opt)
	case bytes.HasPrefix(head, []byte("SQLite format 3")):
		l, list, err = readGeoPackage(ctx, im.q.Data, im.q.Size, opt)
	default:
		l, list, err = geojson.Read(im.file(), opt)
	}
	if len(im.q.Grid) > 0 {
		list = withoutAccuracy(list)
	}
	for _, f := range list {
		if f.Code == "crs.unknown" && im.q.CRS != 0 {
			f.Params["text"] = fmt.Sprintf("EPSG:%d", im.q.CRS)
		}
	}
	im.fs.take(list)
	var refused *geo.RefusedError
	if errors.As(err, &refused) {
		return l, im.fs.refused()
	}
	if err != nil {
		return l, err
	}
	im.edition.SourceCRS = l.CRS
	return l, im.placed(l)
}

// withoutAccuracy drops the warning that only holds without a grid file.
func withoutAccuracy(list geo.Findings) geo.Findings {
	var out geo.Findings
	for _, f := range list {
		if f.Code != "crs.accuracy" {
			out = append(out, f)
		}
	}
	return out
}

// placed stops the import while it is unknown which layer is meant or where on earth its coordinates lie; nothing else can be judged before.
func (im *importing) placed(l geo.Layer) error {
	if err := im.fs.refused(); err != nil {
		return err
	}
	for _, f := range im.fs.list {
		if f.Outcome != kernel.Ask {
			continue
		}
		switch f.Code {
		case "geo.crs.unknown", "geo.crs.mismatch", "geo.axes.swapped", "geo.layer.choose":
			return im.fs.open()
		}
	}
	if _, ok := crs.Lookup(l.CRS); !ok {
		im.fs.note(kernel.RefuseFile, "geo.crs.unknown", nil, "text", l.CRSText, "names", []string{})
	}
	return im.fs.refused()
}
