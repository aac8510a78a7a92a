// SPDX-License-Identifier: EUPL-1.2

package geojson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/geojson"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func read(t testing.TB, s string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	t.Helper()
	return geojson.Read(strings.NewReader(s), opt)
}

const ring = `[[6.2,50.7],[6.21,50.7],[6.21,50.71],[6.2,50.71],[6.2,50.7]]`

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",\n") + `]}`
}

func feature(geometry string) string {
	return `{"type":"Feature","properties":{"key":"01"},"geometry":` + geometry + `}`
}

func polygon(rings string) string { return `{"type":"Polygon","coordinates":` + rings + `}` }

func TestFilesThatAreRefusedWhole(t *testing.T) {
	for name, c := range map[string]struct {
		in           string
		code         string
		line, column int
	}{
		"empty":                  {"", "file.empty", 0, 0},
		"white space":            {" \n\t", "file.empty", 0, 0},
		"only a byte-order mark": {"\xEF\xBB\xBF", "file.empty", 0, 0},
		"UTF-16":                 {"\xFF\xFE{\x00", "file.encoding", 0, 0},
		"zip":                    {"PK\x03\x04....", "file.format", 0, 0},
		"HTML":                   {"<!DOCTYPE html>", "file.format", 0, 0},
		"GeoPackage":             {"SQLite format 3\x00", "file.format", 0, 0},
		"trailing comma (G01)":   {`{"type":"FeatureCollection","features":[],}`, "json.trailingcomma", 1, 42},
		"trailing comma in list": {"{\"type\":\"FeatureCollection\",\n\"features\":[1,\n]}", "json.trailingcomma", 2, 14},
		"column counts letters":  {`{"ä":"öü",}`, "json.trailingcomma", 1, 10},
		"not GeoJSON (G02)":      {`{"hello":[1,2,3]}`, "geojson.type", 1, 0},
		"a list":                 {`[1,2]`, "geojson.type", 1, 0},
		"TopoJSON":               {`{"type":"Topology","arcs":[]}`, "geojson.type", 1, 0},
		"no features":            {`{"type":"FeatureCollection"}`, "geojson.type", 1, 0},
		"features an object":     {`{"type":"FeatureCollection","features":{}}`, "json.syntax", 1, 40},
		"duplicate name (G04)":   {`{"type":"FeatureCollection","type":"Feature","features":[]}`, "json.duplicate", 1, 29},
		"NaN (G08)":              {collection(feature(`{"type":"Point","coordinates":[NaN,1]}`)), "json.notfinite", 1, 127},
		"Infinity":               {collection(feature(`{"type":"Point","coordinates":[1,-Infinity]}`)), "json.notfinite", 1, 130},
		"1e400":                  {collection(feature(`{"type":"Point","coordinates":[1e400,1]}`)), "json.notfinite", 1, 127},
		"1e400 in a property":    {collection(`{"type":"Feature","properties":{"a":1e400},"geometry":null}`), "json.notfinite", 1, 77},
		"cut off":                {`{"type":"FeatureCollection","features":[{"type":`, "json.truncated", 1, 49},
		"text not closed":        {"{\"type\":\"Feature", "json.unclosed", 1, 9},
		"raw line break in text": {"{\"type\":\"Fea\nture\"}", "json.string", 1, 13},
		"leading zero":           {collection(`{"type":"Feature","properties":{"key":01100101},"geometry":null}`), "json.number", 1, 80},
		"lone surrogate":         {collection(`{"type":"Feature","properties":{"key":"\ud800"},"geometry":null}`), "json.surrogate", 1, 86},
		"invalid UTF-8":          {collection("{\"type\":\"Feature\",\"properties\":{\"key\":\"M\xfchle\"},\"geometry\":null}"), "json.utf8", 1, 79},
		"second document":        {collection(feature(polygon("["+ring+"]"))) + "{}", "json.trailing", 1, 194},
		"nothing usable":         {collection(feature("null")), "layer.empty", 0, 0},
		"no features at all":     {collection(), "layer.empty", 0, 0},
		"beyond the poles (G18)": {collection(feature(polygon(`[[[540,91],[541,91],[541,92],[540,91]]]`))), "coordinates.outside", 1, 0},
	} {
		l, fs, err := read(t, c.in, geo.ReadOptions{Want: geo.Areas})
		var re *geo.RefusedError
		if !errors.As(err, &re) {
			t.Errorf("%s: not refused: %v %v", name, err, fs)
			continue
		}
		if re.Finding.Code != c.code || re.Finding.Line != c.line || re.Finding.Column != c.column || len(re.Finding.Message) < 15 {
			t.Errorf("%s: %v (line %d column %d), want %s at %d:%d", name, re, re.Finding.Line, re.Finding.Column, c.code, c.line, c.column)
		}
		if len(l.Features) != 0 {
			t.Errorf("%s: a refused file gives no features", name)
		}
	}
}

func TestDeepNestingIsRefusedWithoutExhaustingTheStack(t *testing.T) {
	for _, n := range []int{100, 10_000, 200_000, 5_000_000} {
		for _, s := range []string{
			`{"type":"FeatureCollection","features":` + strings.Repeat("[", n),
			collection(feature(`{"type":"Polygon","coordinates":` + strings.Repeat("[", n))),
			collection(`{"type":"Feature","properties":{"a":` + strings.Repeat(`{"a":`, n)),
			collection(feature(strings.Repeat(`{"type":"GeometryCollection","geometries":[`, n))),
		} {
			_, fs, err := read(t, s, geo.ReadOptions{})
			if err == nil || len(fs.Of("json.depth")) != 1 {
				t.Errorf("depth %d: %v", n, err)
			}
		}
	}
}

func TestFeaturesThatAreRefusedAlone(t *testing.T) {
	good := feature(polygon("[" + ring + "]"))
	for name, c := range map[string]struct{ feature, code string }{
		"null geometry (G13)":     {feature("null"), "geometry.missing"},
		"no geometry member":      {`{"type":"Feature","properties":{}}`, "geometry.missing"},
		"empty polygon":           {feature(polygon("[]")), "geometry.missing"},
		"polygon of empty rings":  {feature(polygon("[[],[]]")), "geometry.missing"},
		"collection (G14)":        {feature(`{"type":"GeometryCollection","geometries":[]}`), "geometry.kind"},
		"line (G14)":              {feature(`{"type":"LineString","coordinates":` + ring + `}`), "geometry.kind"},
		"point":                   {feature(`{"type":"Point","coordinates":[6,51]}`), "geometry.kind"},
		"unknown type":            {feature(`{"type":"Circle","coordinates":[6,51]}`), "geometry.malformed"},
		"no coordinates":          {feature(`{"type":"Polygon"}`), "geometry.malformed"},
		"too flat":                {feature(polygon(ring)), "geometry.malformed"},
		"too deep":                {feature(polygon("[[" + ring + "]]")), "geometry.malformed"},
		"text as coordinate":      {feature(polygon(`[[["6.2","50.7"]]]`)), "geometry.malformed"},
		"one number":              {feature(polygon(`[[[6.2],[6.3]]]`)), "geometry.malformed"},
		"numbers and lists mixed": {feature(polygon(`[[[6.2,[50.7]]]]`)), "geometry.malformed"},
		"entry is a number":       {`7`, "geometry.malformed"},
		"entry is no feature":     {`{"type":"Hydrant"}`, "geometry.malformed"},
		"one impossible place":    {feature(polygon(`[[[540,91],[541,91],[541,92],[540,91]]]`)), "coordinates.outside"},
	} {
		l, fs, err := read(t, collection(good, c.feature, good), geo.ReadOptions{Want: geo.Areas})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(fs) != 1 || fs[0].Code != c.code || fs[0].Severity != geo.Row || fs[0].Feature != 1 || fs[0].Line != 2 {
			t.Errorf("%s: %v, want %s for the second feature in line 2", name, fs, c.code)
		}
		if len(l.Features) != 2 || l.Features[1].Index != 2 {
			t.Errorf("%s: the other two features stay with their positions, got %d", name, len(l.Features))
		}
	}
}

func TestCoordinateSystemMember(t *testing.T) {
	utm := `{"type":"Polygon","coordinates":[[[303000,5620000],[303500,5620000],[303500,5620500],[303000,5620000]]]}`
	gk := `{"type":"Polygon","coordinates":[[[2514000,5625000],[2514500,5625000],[2514500,5625500],[2514000,5625000]]]}`
	for name, c := range map[string]struct {
		member, geometry string
		code             string
		crs              int
	}{
		"none and degrees":    {``, polygon("[" + ring + "]"), "", 4326},
		"CRS84":               {`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},`, polygon("[" + ring + "]"), "", 4326},
		"URN":                 {`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::25832"}},`, utm, "crs.transform", 25832},
		"short name":          {`"crs":{"type":"name","properties":{"name":"EPSG:25832"}},`, utm, "crs.transform", 25832},
		"code form of 2007":   {`"crs":{"type":"EPSG","properties":{"code":25832}},`, utm, "crs.transform", 25832},
		"Gauß-Krüger (G07)":   {`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::31466"}},`, gk, "crs.accuracy", 31466},
		"none but UTM (G06)":  {``, utm, "crs.mismatch", 4326},
		"unsupported code":    {`"crs":{"type":"name","properties":{"name":"EPSG:2154"}},`, utm, "crs.unknown", 2154},
		"null means unknown":  {`"crs":null,`, utm, "crs.unknown", 0},
		"a link is not read":  {`"crs":{"type":"link","properties":{"href":"http://127.0.0.1:9/"}},`, utm, "crs.unknown", 0},
		"swapped axes (G05)":  {``, polygon(`[[[50.7,6.2],[50.7,6.21],[50.71,6.21],[50.7,6.2]]]`), "axes.swapped", 4326},
		"member after a list": {``, utm, "crs.mismatch", 4326},
	} {
		l, fs, err := read(t, `{"type":"FeatureCollection",`+c.member+`"features":[`+feature(c.geometry)+`]}`, geo.ReadOptions{Want: geo.Areas})
		if err != nil || l.CRS != c.crs || c.code == "" && len(fs) > 0 || c.code != "" && len(fs.Of(c.code)) != 1 {
			t.Errorf("%s: EPSG:%d %v %v, want EPSG:%d %q", name, l.CRS, fs, err, c.crs, c.code)
		}
	}
	l, fs, err := read(t, `{"features":[`+feature(utm)+`],"crs":{"properties":{"name":"EPSG:25832"},"type":"name"},"type":"FeatureCollection"}`, geo.ReadOptions{Want: geo.Areas})
	if err != nil || l.CRS != 25832 {
		t.Errorf("members in any order: %v %v", fs, err)
	}
}

func TestAnswersOfThePersonSettleTheQuestions(t *testing.T) {
	utm := collection(feature(`{"type":"Polygon","coordinates":[[[303000,5620000],[303500,5620000],[303500,5620500],[303000,5620000]]]}`))
	if l, fs, err := read(t, utm, geo.ReadOptions{Want: geo.Areas, CRS: 25832}); err != nil || fs.Worst() > geo.Info || l.CRS != 25832 {
		t.Errorf("chosen system: %v %v", fs, err)
	}
	swapped := collection(feature(polygon(`[[[50.7,6.2],[50.7,6.21],[50.71,6.21],[50.7,6.2]]]`)))
	l, fs, err := read(t, swapped, geo.ReadOptions{Want: geo.Areas, SwapAxes: true})
	if err != nil || len(fs) > 0 {
		t.Fatalf("swapped axes: %v %v", fs, err)
	}
	if b, _ := l.Bounds(); b.MinX != 6.2 || b.MaxY != 50.71 {
		t.Errorf("bounds %v", b)
	}
}

func TestPropertiesKeepTheirText(t *testing.T) {
	l, fs, err := read(t, `{"type":"Feature","id":7,"properties":{"key":"01100101","n":1.50,"big":12345678901234567890,"t":true,"none":null,"s":"M\u00fchle \ud83d\ude00","o":{"b" : [1, 2]},"nul":"a\u0000b"},"geometry":{"type":"Point","coordinates":[6.2,50.7,120,5]}}`, geo.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f := l.Features[0]
	for name, want := range map[string]geo.Value{
		"key": {Kind: geo.String, Text: "01100101"}, "n": {Kind: geo.Number, Text: "1.50"}, "big": {Kind: geo.Number, Text: "12345678901234567890"},
		"t": {Kind: geo.Bool, Text: "true"}, "none": {}, "s": {Kind: geo.String, Text: "Mühle 😀"}, "o": {Kind: geo.JSON, Text: `{"b":[1,2]}`}, "nul": {Kind: geo.String, Text: "ab"},
	} {
		if got, ok := f.Properties.Get(name); !ok || got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if f.ID != "7" || f.Geometry.CoordinatesType() != geom.DimXY || !slices.Equal(l.Fields, []string{"key", "n", "big", "t", "none", "s", "o", "nul"}) {
		t.Errorf("id %q, %v, fields %v", f.ID, f.Geometry.CoordinatesType(), l.Fields)
	}
	if !slices.Equal(fs.Codes(), []string{"coordinates.higher", "text.nul"}) {
		t.Errorf("findings %v", fs)
	}
}

func TestLimitsRefuseWithTheirNumber(t *testing.T) {
	many := collection(feature(polygon("["+ring+"]")), feature(polygon("["+ring+"]")))
	for code, lim := range map[string]geo.Limits{
		"file.toolarge": {MaxBytes: 100}, "limit.features": {MaxFeatures: 1}, "limit.vertices": {MaxVertices: 7}, "limit.text": {MaxText: 2},
	} {
		if _, fs, err := read(t, many, geo.ReadOptions{Limits: lim}); err == nil || len(fs.Of(code)) != 1 {
			t.Errorf("%s: %v %v", code, fs, err)
		}
	}
	if _, fs, err := read(t, collection(`{"type":"Feature","properties":{"a":1,"b":2},"geometry":null}`), geo.ReadOptions{Limits: geo.Limits{MaxFields: 1}}); err == nil || len(fs.Of("limit.fields")) != 1 {
		t.Errorf("fields: %v", err)
	}
	if _, fs, err := read(t, collection(`{"type":"Feature","properties":{"a":[`+strings.Repeat("1,", 4000)+`1]},"geometry":null}`), geo.ReadOptions{Limits: geo.Limits{MaxText: 1000}}); err == nil || len(fs.Of("limit.text")) != 1 {
		t.Errorf("nested value: %v", err)
	}
}

func TestReadErrorsAreNotBlamedOnTheFile(t *testing.T) {
	broken := errors.New("connection lost")
	_, fs, err := geojson.Read(io.MultiReader(strings.NewReader(`{"type":"FeatureCollection","features":[`), iotest.ErrReader(broken)), geo.ReadOptions{})
	if !errors.Is(err, broken) || len(fs) != 0 {
		t.Errorf("got %v %v", err, fs)
	}
	one := collection(feature(polygon("[" + ring + "]")))
	if l, _, err := geojson.Read(iotest.OneByteReader(strings.NewReader("\xEF\xBB\xBF"+one)), geo.ReadOptions{}); err != nil || len(l.Features) != 1 {
		t.Errorf("byte by byte: %v", err)
	}
}

func TestWriterTurnsRingsRoundsAndEscapes(t *testing.T) {
	l := geo.Layer{CRS: 4326, Name: "Räume", Features: []geo.Feature{
		{
			ID: "a", Properties: geo.Properties{{Name: "key", Value: geo.StringValue("01")}, {Name: "name", Value: geo.StringValue("<img src=x onerror=alert(1)>")}, {Name: "n", Value: geo.NumberValue(1.5)}, {Name: "gone", Value: geo.Value{Kind: geo.Missing, Text: "****"}}},
			// clockwise ring, a hole that collapses, -0 and a vertex that falls onto its neighbour
			Geometry: geom.NewPolygonXY([]float64{0, 0, 0, 1, 1, 1, 1.00001, 1, 1, -0.00001, 0, 0}, []float64{.5, .5, .50001, .5, .50001, .50001, .5, .5}).AsGeometry(),
		},
		{Geometry: geom.Polygon{}.AsGeometry()},
	}}
	var b bytes.Buffer
	if err := geojson.Write(&b, l, geojson.WriteOptions{Decimals: 3}); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"FeatureCollection","name":"Räume","features":[
{"type":"Feature","id":"a","properties":{"key":"01","name":"\u003cimg src=x onerror=alert(1)\u003e","n":1.5,"gone":null},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}},
{"type":"Feature","properties":{},"geometry":null}
]}
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if !json.Valid(b.Bytes()) {
		t.Error("not JSON")
	}
}

func TestWriterTransformsToWGS84(t *testing.T) {
	l := geo.Layer{CRS: 25832, Features: []geo.Feature{{Geometry: geom.NewPointXY(304403.584605958, 5627906.44632436).AsGeometry()}}}
	var b bytes.Buffer
	if err := geojson.Write(&b, l, geojson.WriteOptions{}); err != nil || !strings.Contains(b.String(), "[6.226,50.7699]") {
		t.Errorf("got %s %v", b.String(), err)
	}
	if err := geojson.Write(io.Discard, geo.Layer{CRS: 2154, Features: l.Features}, geojson.WriteOptions{}); err == nil {
		t.Error("an unknown system must not be written as degrees")
	}
}

func TestWriteThenReadGivesTheSameLayer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(6, 14).Draw(t, "x"), rapid.Float64Range(48, 54).Draw(t, "y")
		d := rapid.Float64Range(.001, .5).Draw(t, "d")
		l := geo.Layer{CRS: 4326, Fields: []string{"k", "n"}, Features: []geo.Feature{{
			Properties: geo.Properties{{Name: "k", Value: geo.StringValue(rapid.String().Draw(t, "k"))}, {Name: "n", Value: geo.NumberValue(rapid.Float64Range(-1e9, 1e9).Draw(t, "n"))}},
			Geometry:   geom.NewMultiPolygonXY([][]float64{{x, y, x + d, y, x + d, y + d, x, y}}).AsGeometry(),
		}}}
		if strings.ContainsRune(l.Features[0].Properties.Text("k"), 0) {
			t.Skip("NUL is dropped on purpose")
		}
		var b bytes.Buffer
		if err := geojson.Write(&b, l, geojson.WriteOptions{Decimals: 15}); err != nil {
			t.Fatal(err)
		}
		back, _, err := geojson.Read(&b, geo.ReadOptions{Want: geo.Areas})
		if err != nil {
			t.Fatal(err)
		}
		f := back.Features[0]
		if fmt.Sprint(f.Properties) != fmt.Sprint(l.Features[0].Properties) || !geom.ExactEquals(f.Geometry, l.Features[0].Geometry) {
			t.Errorf("got %v, want %v", f, l.Features[0])
		}
	})
}

func TestRealFilesAreRead(t *testing.T) {
	dir := testdata.Dir(t)
	for name, c := range map[string]struct {
		want     geo.Want
		features int
		crs      int
		key      string
		codes    []string
	}{
		"berlin_lor_geometry/plr_2021_wgs84.geojson":    {geo.Areas, 542, 4326, "PLR_ID", nil},
		"berlin_lor_geometry/bzr_2021_wgs84.geojson":    {geo.Areas, 143, 4326, "BZR_ID", nil},
		"berlin_lor_geometry/pgr_2021_wgs84.geojson":    {geo.Areas, 58, 4326, "PGR_ID", nil},
		"berlin_lor_geometry/bezirke_wgs84.geojson":     {geo.Areas, 12, 4326, "Schluessel", nil},
		"berlin_lor_geometry/ortsteile_wgs84.geojson":   {geo.Areas, 96, 4326, "spatial_na", nil},
		"berlin_lor_geometry/plr_pre2021_wgs84.geojson": {geo.Areas, 448, 4326, "broker Dow", nil},
		"berlin_points/kindertagesstaetten.geojson":     {geo.Points, 2880, 25833, "", []string{"crs.transform"}},
		"berlin_points/schulen.geojson":                 {geo.Points, 902, 25833, "bsn", []string{"crs.transform"}},
		"koeln/Stadtteil_wgs84.geojson":                 {geo.Areas, 86, 4326, "STT_NR", nil},
		"helsinki_omastadi/districts.geojson":           {geo.Areas, -1, 4326, "", []string{"coordinates.far"}},
	} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		l, fs, err := geojson.Read(f, geo.ReadOptions{Want: c.want})
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.features >= 0 && len(l.Features) != c.features || l.CRS != c.crs || !slices.Equal(fs.Codes(), c.codes) {
			t.Errorf("%s: %d features, EPSG:%d, %v", name, len(l.Features), l.CRS, fs)
		}
		if c.key != "" && (!slices.Contains(l.Fields, c.key) || l.Features[0].Properties.Text(c.key) == "") {
			t.Errorf("%s: no key %s in %v", name, c.key, l.Fields)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(collection(feature(polygon("[" + ring + "]"))))
	f.Add(collection(feature(`{"type":"MultiPolygon","coordinates":[[[]],[` + ring + `]]}`)))
	f.Add(`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2,3]}]}`)
	f.Add(`{"type":"Feature","crs":{"type":"name","properties":{"name":"EPSG:25832"}},"geometry":{"coordinates":[1e3,-0.0],"type":"Point"},"properties":{"a":"\ud83d\ude00"}}`)
	f.Add(`{"a":[1,]}`)
	f.Fuzz(func(t *testing.T, s string) {
		l, fs, err := geojson.Read(strings.NewReader(s), geo.ReadOptions{Limits: geo.Limits{MaxVertices: 10000}})
		if err != nil {
			if fs.Err() == nil {
				t.Fatalf("an error without a finding: %v", err)
			}
			return
		}
		if !json.Valid([]byte(strings.TrimPrefix(s, "\xEF\xBB\xBF"))) {
			t.Fatalf("accepted what is no JSON: %q", s)
		}
		if l.CRS != 4326 || fs.Worst() >= geo.Row {
			return
		}
		var b bytes.Buffer
		if err := geojson.Write(&b, l, geojson.WriteOptions{}); err != nil {
			return
		}
		if !json.Valid(b.Bytes()) {
			t.Fatalf("wrote what is no JSON: %s", b.String())
		}
	})
}

func BenchmarkReadBerlin(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(testdata.Dir(b), "berlin_lor_geometry/plr_2021_wgs84.geojson"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for range b.N {
		if _, _, err := geojson.Read(bytes.NewReader(data), geo.ReadOptions{Want: geo.Areas}); err != nil {
			b.Fatal(err)
		}
	}
}
