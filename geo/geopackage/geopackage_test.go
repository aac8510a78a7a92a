// SPDX-License-Identifier: EUPL-1.2

package geopackage_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
	_ "modernc.org/sqlite"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geopackage"
)

const base = `
create table gpkg_spatial_ref_sys (srs_name text, srs_id integer primary key, organization text, organization_coordsys_id integer, definition text);
insert into gpkg_spatial_ref_sys values ('Undefined', -1, 'NONE', -1, 'undefined'), ('WGS 84', 4326, 'EPSG', 4326, 'x'), ('UTM', 25832, 'EPSG', 25832, 'x'),
 ('own', 100001, 'QGIS', 7, 'PROJCS["x",GEOGCS["DHDN",DATUM["Deutsches_Hauptdreiecksnetz",SPHEROID["Bessel",6377397.155,299.1528128]],PRIMEM["Greenwich",0]],PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",6],PARAMETER["scale_factor",1],PARAMETER["false_easting",2500000],UNIT["metre",1]]');
create table gpkg_contents (table_name text primary key, data_type text, identifier text, srs_id integer);
create table gpkg_geometry_columns (table_name text, column_name text, geometry_type_name text, srs_id integer);
`

func layer(name, srs string) string {
	return `create table "` + name + `" (fid integer primary key, geom polygon, key text, name text, n integer, share double, open boolean, since date, note blob);
insert into gpkg_contents values ('` + name + `', 'features', '', ` + srs + `);
insert into gpkg_geometry_columns values ('` + name + `', 'geom', 'POLYGON', ` + srs + `);`
}

// make writes a GeoPackage and gives the blobs as $1, $2, … to the last statement.
func gpkg(t testing.TB, script, insert string, blobs ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b%20c?.gpkg") // names that a URI must escape
	db, err := sql.Open("sqlite", path[:len(path)-len("a b%20c?.gpkg")]+"tmp.gpkg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
	if insert != "" {
		if _, err := db.Exec(insert, blobs...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(path), "tmp.gpkg"), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// blob is a GeoPackage geometry with an envelope of the given code.
func blob(t testing.TB, wkt string, envelope int) []byte {
	t.Helper()
	g, err := geom.UnmarshalWKT(wkt)
	if err != nil {
		t.Fatal(err)
	}
	b := []byte{'G', 'P', 0, byte(envelope<<1) | 1, 0, 0, 0, 0}
	b = append(b, make([]byte, []int{0, 32, 48, 48, 64}[envelope])...)
	return g.AppendWKB(b)
}

const square = "POLYGON((6.2 50.7,6.21 50.7,6.21 50.71,6.2 50.71,6.2 50.7))"

func read(path string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	return geopackage.Read(context.Background(), path, opt)
}

func TestSoundGeoPackage(t *testing.T) {
	for envelope := range 5 {
		path := gpkg(t, base+layer("räume", "4326"), `insert into "räume" values (7, $1, '01100101', 'Mühle', 12, 0.5, 1, '2021-01-01', x'00')`, blob(t, square, envelope))
		l, fs, err := read(path, geo.ReadOptions{Want: geo.Areas})
		if err != nil || len(fs) > 0 {
			t.Fatalf("%v %v", fs, err)
		}
		f := l.Features[0]
		want := geo.Properties{
			{Name: "fid", Value: geo.IntValue(7)},
			{Name: "key", Value: geo.StringValue("01100101")},
			{Name: "name", Value: geo.StringValue("Mühle")},
			{Name: "n", Value: geo.IntValue(12)},
			{Name: "share", Value: geo.NumberValue(.5)},
			{Name: "open", Value: geo.BoolValue(true)},
			{Name: "since", Value: geo.Value{Kind: geo.Date, Text: "2021-01-01"}},
			{Name: "note"},
		}
		if l.Name != "räume" || l.CRS != 4326 || f.ID != "7" || !slices.Equal(f.Properties, want) || f.Geometry.AsText() != square {
			t.Errorf("%+v", l)
		}
	}
}

func TestCoordinateSystems(t *testing.T) {
	for srs, want := range map[string]int{"4326": 4326, "25832": 25832, "100001": 31466, "-1": 0, "999": 0} {
		shape := map[string]string{"25832": "POINT(304403 5627906)", "100001": "POINT(2515987 5626073)"}[srs]
		if shape == "" {
			shape = "POINT(6.2 50.7)"
		}
		l, fs, err := read(gpkg(t, base+layer("a", srs), `insert into a (geom) values ($1)`, blob(t, shape, 0)), geo.ReadOptions{})
		if err != nil || l.CRS != want || (want == 0) != (len(fs.Of("crs.unknown")) == 1) {
			t.Errorf("srs %s: EPSG:%d %v %v", srs, l.CRS, fs, err)
		}
	}
}

func TestSeveralTablesAreAQuestion(t *testing.T) {
	path := gpkg(t, base+layer("a", "4326")+layer("b", "4326"), `insert into b (geom, key) values ($1, 'x')`, blob(t, square, 0))
	_, fs, err := read(path, geo.ReadOptions{})
	if err != nil || len(fs) != 1 || fs[0].Code != "layer.choose" || !slices.Equal(fs[0].Params["choices"].([]string), []string{"a", "b"}) {
		t.Errorf("%v %v", fs, err)
	}
	if l, fs, err := read(path, geo.ReadOptions{Layer: "B"}); err != nil || l.Features[0].Properties.Text("key") != "x" {
		t.Errorf("%v %v", fs, err)
	}
	if names, err := geopackage.Layers(context.Background(), path); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("%v %v", names, err)
	}
}

// A view could call any SQL function, a trigger could write; neither may run.
func TestViewsAndTriggersOfTheFileNeverRun(t *testing.T) {
	view := base + layer("real", "4326") + `drop table real;
		create table data (fid integer primary key, geom blob);
		create view real as select fid, geom from data;
		create trigger boom instead of insert on real begin delete from data; end;`
	_, fs, err := read(gpkg(t, view, `insert into data (geom) values ($1)`, blob(t, square, 0)), geo.ReadOptions{})
	if err == nil || len(fs.Of("layer.view")) != 1 || len(fs.Of("geopackage.layers")) != 1 {
		t.Errorf("%v %v", fs, err)
	}
	path := gpkg(t, base+layer("a", "4326")+`create trigger t after insert on a begin update a set name = 'changed'; end;`, `insert into a (geom, name) values ($1, 'x')`, blob(t, square, 0))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := read(path, geo.ReadOptions{}); err != nil {
		t.Error(err)
	}
	after, _ := os.ReadFile(path)
	if string(before) != string(after) {
		t.Error("reading changed the file")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("reading left files: %v", files)
	}
	fake := base + `insert into gpkg_contents values ('a"; drop table gpkg_contents; --', 'features', '', 4326); insert into gpkg_geometry_columns values ('a"; drop table gpkg_contents; --', 'geom', 'POLYGON', 4326);`
	if _, fs, err := read(gpkg(t, fake, ""), geo.ReadOptions{}); err == nil || len(fs.Of("geopackage.layers")) != 1 {
		t.Errorf("a name that is SQL: %v %v", fs, err)
	}
}

func TestFilesThatAreRefusedWhole(t *testing.T) {
	write := func(b []byte) string {
		p := filepath.Join(t.TempDir(), "x.gpkg")
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := gpkg(t, base+layer("a", "4326"), `with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into a (geom, name) select $1, printf('%100d', i) from n`, blob(t, square, 0))
	b, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(b)
	for i := 8192; i < len(damaged)-100; i += 4096 {
		copy(damaged[i:], strings.Repeat("\xff", 64))
	}
	for name, c := range map[string]struct{ path, code string }{
		"empty":             {write(nil), "file.empty"},
		"other format":      {write([]byte("PK\x03\x04 no database")), "file.format"},
		"header only (S15)": {write([]byte("SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + strings.Repeat("\xff", 4000))), "geopackage.damaged"},
		"damaged pages":     {write(damaged), "geopackage.damaged"},
		"cut in the middle": {write(b[:len(b)/2]), "geopackage.damaged"},
		"plain database":    {gpkg(t, "create table x (a)", ""), "geopackage.missing"},
		"no features":       {gpkg(t, base+layer("a", "4326"), ""), "layer.empty"},
		"only points":       {gpkg(t, base+layer("a", "4326"), "insert into a (geom) values ($1)", blob(t, "POINT(6 51)", 0)), "layer.empty"},
		"no geometry":       {gpkg(t, base+`create table a (x); insert into gpkg_contents values ('a','features','',4326); insert into gpkg_geometry_columns values ('a','geom','POINT',4326)`, ""), "geopackage.damaged"},
		"beyond the poles":  {gpkg(t, base+layer("a", "4326"), "insert into a (geom) values ($1)", blob(t, "POLYGON((540 91,541 91,541 92,540 91))", 0)), "coordinates.outside"},
	} {
		l, fs, err := read(c.path, geo.ReadOptions{Want: geo.Areas})
		var re *geo.RefusedError
		if !errors.As(err, &re) || re.Finding.Code != c.code || len(re.Finding.Message) < 15 || len(l.Features) > 0 {
			t.Errorf("%s: %v %v, want %s", name, err, fs, c.code)
		}
	}
	for code, lim := range map[string]geo.Limits{"file.toolarge": {MaxBytes: 1000}, "limit.features": {MaxFeatures: 10}, "limit.vertices": {MaxVertices: 10}, "limit.text": {MaxText: 10}, "limit.fields": {MaxFields: 2}} {
		if _, fs, err := read(good, geo.ReadOptions{Limits: lim}); err == nil || len(fs.Of(code)) != 1 {
			t.Errorf("%s: %v %v", code, fs, err)
		}
	}
	if _, _, err := read("/nowhere/x.gpkg", geo.ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file is an error of the file system: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := geopackage.Read(gone, good, geo.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestGeometriesThatAreRefusedAlone(t *testing.T) {
	le := binary.LittleEndian
	head := []byte{'G', 'P', 0, 1, 0, 0, 0, 0}
	poly := func(rings, points uint32) []byte {
		b := append(slices.Clone(head), 1, 3, 0, 0, 0)
		b = le.AppendUint32(b, rings)
		return le.AppendUint32(b, points)
	}
	curve := append(slices.Clone(head), 1, 10, 0, 0, 0, 0, 0, 0, 0)
	nan := append(poly(1, 1), make([]byte, 16)...)
	le.PutUint64(nan[len(nan)-8:], math.Float64bits(math.Inf(1)))
	deep := slices.Clone(head)
	for range 100 {
		deep = append(deep, 1, 7, 0, 0, 0, 1, 0, 0, 0)
	}
	mixed := append(slices.Clone(head), 1, 6, 0, 0, 0, 1, 0, 0, 0)
	mixed = append(mixed, blob(t, "POINT(6 51)", 0)[8:]...)
	for name, c := range map[string]struct {
		blob any
		code string
	}{
		"null":                     {nil, "geometry.missing"},
		"text":                     {"POINT(6 51)", "geometry.missing"},
		"empty flag":               {[]byte{'G', 'P', 0, 0x11, 0, 0, 0, 0}, "geometry.missing"},
		"empty polygon":            {blob(t, "POLYGON EMPTY", 0), "geometry.missing"},
		"wrong magic":              {[]byte("XX______________"), "geometry.malformed"},
		"too short":                {[]byte("GP"), "geometry.malformed"},
		"envelope code 5":          {[]byte{'G', 'P', 0, 0x0B, 0, 0, 0, 0, 1, 3, 0, 0, 0}, "geometry.malformed"},
		"extended":                 {[]byte{'G', 'P', 0, 0x21, 0, 0, 0, 0, 1, 3, 0, 0, 0}, "geometry.kind"},
		"4 billion rings":          {poly(math.MaxUint32, 0), "geometry.malformed"},
		"4 billion points":         {poly(1, math.MaxUint32), "geometry.malformed"},
		"curve":                    {curve, "geometry.kind"},
		"infinite":                 {nan, "coordinates.outside"},
		"nested 100 deep":          {deep, "geometry.malformed"},
		"point in a multi polygon": {mixed, "geometry.malformed"},
		"line":                     {blob(t, "LINESTRING(6 51,7 52)", 0), "geometry.kind"},
	} {
		path := gpkg(t, base+layer("a", "4326"), "insert into a (geom) values ($1), ($2)", blob(t, square, 1), c.blob)
		l, fs, err := read(path, geo.ReadOptions{Want: geo.Areas})
		if err != nil || len(fs) != 1 || fs[0].Code != c.code || fs[0].Severity != geo.Row || fs[0].Feature != 1 || len(l.Features) != 1 {
			t.Errorf("%s: %v %v, want %s", name, fs, err, c.code)
		}
	}
}

func TestHeightsAndByteOrders(t *testing.T) {
	be := []byte{'G', 'P', 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xE9} // big endian POINT Z (1001)
	for _, f := range []float64{6.5, 50.5, 120} {
		be = binary.BigEndian.AppendUint64(be, math.Float64bits(f))
	}
	l, fs, err := read(gpkg(t, base+layer("a", "4326"), "insert into a (geom) values ($1), ($2)", be, blob(t, "POINT ZM(6.5 50.5 1 2)", 0)), geo.ReadOptions{Want: geo.Points})
	if err != nil || len(fs) > 0 || len(l.Features) != 2 || l.Features[0].Geometry.AsText() != "POINT(6.5 50.5)" || l.Features[1].Geometry.AsText() != "POINT(6.5 50.5)" {
		t.Errorf("%v %v %v", l, fs, err)
	}
}
