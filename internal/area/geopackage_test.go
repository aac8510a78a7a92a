// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"database/sql"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
	_ "modernc.org/sqlite"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// geoPackage writes a GeoPackage (OGC 12-128r18) with two tables of one area each in EPSG:25832.
func geoPackage(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "raeume.gpkg")
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	run := func(q string, args ...any) {
		if _, err := d.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	run(`pragma application_id = 0x47504B47`)
	run(`create table gpkg_spatial_ref_sys (srs_name text not null, srs_id integer primary key, organization text not null, organization_coordsys_id integer not null, definition text not null, description text)`)
	run(`create table gpkg_contents (table_name text primary key, data_type text not null, identifier text, description text, last_change text, min_x double, min_y double, max_x double, max_y double, srs_id integer)`)
	run(`create table gpkg_geometry_columns (table_name text not null, column_name text not null, geometry_type_name text not null, srs_id integer not null, z tinyint not null, m tinyint not null)`)
	run(`insert into gpkg_spatial_ref_sys values ('ETRS89 / UTM zone 32N', 25832, 'EPSG', 25832, 'undefined', null)`)
	g, err := geom.UnmarshalWKT("POLYGON((303000 5620000, 304000 5620000, 304000 5621000, 303000 5621000, 303000 5620000))")
	if err != nil {
		t.Fatal(err)
	}
	blob := append([]byte{'G', 'P', 0, 1, 0xE8, 0x64, 0, 0}, g.AsBinary()...) // 0x64E8 = 25832, little endian, no envelope
	for _, table := range []string{"bezirke", "viertel"} {
		run(`create table ` + table + ` (fid integer primary key, geom blob, nr text, name text)`)
		run(`insert into gpkg_contents (table_name, data_type, identifier, srs_id) values ($1, 'features', $1, 25832)`, table)
		run(`insert into gpkg_geometry_columns values ($1, 'geom', 'POLYGON', 25832, 0, 0)`, table)
		run(`insert into `+table+` values (1, $1, '007', $2)`, blob, table)
	}
	return path
}

// TestGeoPackageAsksWhichTable: with two tables a person chooses; the square kilometre keeps its size and its zeros.
func TestGeoPackageAsksWhichTable(t *testing.T) {
	s, _ := newService(t)
	q := fileRequest(t, geoPackage(t))
	q.Level, q.Edition, q.ValidFrom, q.KeyField, q.NameField = "quarter", "2021", "2021-01-01", "nr", "name"
	r, err := s.Import(ctx, planner, q, nil)
	sentences(t, r.Findings, err)
	if kernel.KindOf(err) != kernel.Invalid || !slices.Contains(codes(r.Findings), "ask geo.layer.choose") {
		t.Fatalf("%v, %v", err, codes(r.Findings))
	}
	q.Layer = "viertel"
	r = mustImport(t, s, q)
	a, err := s.Area(ctx, planner, r.Edition.ID, "007")
	if err != nil || a.Name != "viertel" || r.Edition.SourceCRS != 25832 {
		t.Errorf("%+v, %v", a, err)
	}
	// The scale of UTM at easting 303,500 is 1.00008 (k0 0.9996 and 196.5 km from the meridian), so a square kilometre of the grid is 999,850 m2.
	if math.Abs(a.AreaM2-999850) > 100 {
		t.Errorf("%.0f m2", a.AreaM2)
	}
}
