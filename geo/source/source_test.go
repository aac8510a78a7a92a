// SPDX-License-Identifier: EUPL-1.2

package source_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
	_ "modernc.org/sqlite"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/source"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func TestTheContentDecidesTheFormat(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	l, fs, err := source.Read(context.Background(), write("Räume.txt", `{"type":"Polygon","coordinates":[[[6.2,50.7],[6.3,50.7],[6.3,50.8],[6.2,50.7]]]}`), geo.ReadOptions{Want: geo.Areas})
	if err != nil || len(fs) > 0 || l.Name != "Räume" || len(l.Features) != 1 {
		t.Errorf("GeoJSON named .txt: %v %v", fs, err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "x.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`create table gpkg_spatial_ref_sys (srs_id integer, organization text, organization_coordsys_id integer, definition text);
		insert into gpkg_spatial_ref_sys values (4326, 'EPSG', 4326, '');
		create table gpkg_contents (table_name text, data_type text); insert into gpkg_contents values ('orte', 'features');
		create table gpkg_geometry_columns (table_name text, column_name text, srs_id integer); insert into gpkg_geometry_columns values ('orte', 'geom', 4326);
		create table orte (geom blob)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`insert into orte values ($1)`, geom.NewPointXY(6, 51).AsGeometry().AppendWKB([]byte{'G', 'P', 0, 1, 0, 0, 0, 0})); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if l, fs, err := source.Read(context.Background(), filepath.Join(dir, "x.geojson"), geo.ReadOptions{}); err != nil || l.Name != "orte" || len(l.Features) != 1 {
		t.Errorf("GeoPackage named .geojson: %v %v", fs, err)
	}
	for name, content := range map[string]string{"a.gpkg": "", "b.zip": "hello", "c.geojson": "PK\x03\x04broken", "d.geojson": "<html>"} {
		_, fs, err := source.Read(context.Background(), write(name, content), geo.ReadOptions{})
		var re *geo.RefusedError
		if !errors.As(err, &re) {
			t.Errorf("%s: %v %v", name, fs, err)
		}
	}
	if _, _, err := source.Read(context.Background(), filepath.Join(dir, "none.geojson"), geo.ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, _, err := source.Read(context.Background(), dir, geo.ReadOptions{}); err == nil {
		t.Error("a folder is no file")
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := source.Read(gone, filepath.Join(dir, "Räume.txt"), geo.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestZippedShapefileOfFlensburg(t *testing.T) {
	l, fs, err := source.Read(context.Background(), filepath.Join(testdata.Dir(t), "flensburg_sozialatlas", "flensburg_stadtteile.zip"), geo.ReadOptions{Want: geo.Areas})
	if err != nil || l.CRS != 25832 || len(l.Features) != 13 || fs.Worst() > geo.Info {
		t.Errorf("%v %v", fs, err)
	}
}
