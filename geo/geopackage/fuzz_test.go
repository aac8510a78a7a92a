// SPDX-License-Identifier: EUPL-1.2

package geopackage

import (
	"testing"

	"github.com/peterstace/simplefeatures/geom"
)

// The header and the well-known binary are the only bytes of a GeoPackage that we parse ourselves.
func FuzzGeometry(f *testing.F) {
	for _, wkt := range []string{"POINT(6 51)", "POLYGON((0 0,1 0,1 1,0 0),(.5 .2,.6 .2,.6 .3,.5 .2))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", "GEOMETRYCOLLECTION(POINT(1 2),MULTIPOINT(1 2,3 4))", "LINESTRING(0 0,1 1)"} {
		g, err := geom.UnmarshalWKT(wkt)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(g.AppendWKB([]byte{'G', 'P', 0, 1, 0, 0, 0, 0}))
	}
	f.Add([]byte{'G', 'P', 0, 0x11, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		g, empty, err := geometry(b)
		if err != nil {
			return
		}
		if !empty && g.IsEmpty() {
			t.Error("an empty geometry must say so")
		}
		if n := g.DumpCoordinates().Length(); 16*n > len(b) {
			t.Errorf("%d vertices from %d bytes", n, len(b))
		}
	})
}
