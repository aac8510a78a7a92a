// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"math"
	"strings"
	"testing"
)

// TestBadGeometry is part G of the catalogue, with hostile names (part F) and hierarchies that cannot be.
func TestBadGeometry(t *testing.T) {
	byID := []string{"--key", "id", "--name", "name"}
	with := func(more ...string) []string { return append(append([]string{}, byID...), more...) }
	bare := func(text string) []byte { return []byte(text) }
	one := func(f ...feature) []byte { return []byte(collection(f...)) }
	sw := square(9, 51, 0.01)
	reversed := func(r ring) ring {
		var out ring
		for i := len(r) - 1; i >= 0; i-- {
			out = append(out, r[i])
		}
		return out
	}
	swapped := ring{}
	deep := ring{}
	for _, p := range sw {
		swapped = append(swapped, []float64{p[1], p[0]})
		deep = append(deep, []float64{p[0], p[1], 100, 5})
	}
	named := func(name any) feature {
		f := space("1", polygon(sw))
		f.Properties["name"] = name
		return f
	}
	child := func(key, parent string, x float64) feature {
		f := space(key, polygon(square(x, 51, 0.005)))
		f.Properties["p"] = parent
		return f
	}
	family := "👨\u200d👩\u200d👧\u200d👦"
	meters := square(303_000, 5_620_000, 500)
	gk := square(2_514_000, 5_625_000, 500)
	prove(t, []badCase{
		{id: "G01 trailing comma", file: "g.geojson", data: bare("{\"type\":\"FeatureCollection\",\n\"features\":[],}"), args: byID, outcome: refused, code: "geo.json.trailingcomma", says: []string{"Zeile 2", "Spalte 14"}},
		{id: "G02 other JSON", file: "g.geojson", data: bare(`{"hello":[1,2,3]}`), args: byID, outcome: refused, code: "geo.geojson.type"},
		{id: "G03 200,000 brackets", file: "g.geojson", data: bare(`{"type":"FeatureCollection","features":` + strings.Repeat("[", 200_000)), args: byID, outcome: refused, code: "geo.json.depth"},
		{id: "G03 10,000 levels", file: "g.geojson", data: bare(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `},"geometry":null}]}`), args: byID, outcome: refused, code: "geo.json.depth"},
		{id: "G04 duplicate names", file: "g.geojson", data: bare(`{"type":"FeatureCollection","type":"Feature","features":[]}`), args: byID, outcome: refused, code: "geo.json.duplicate"},
		{id: "G05 axes swapped", file: "g.geojson", data: one(space("1", polygon(swapped))), args: byID, outcome: asked, code: "geo.axes.swapped", yes: "geo.axes.swapped"},
		{id: "G06 metres without a system", file: "g.geojson", data: one(space("1", polygon(meters))), args: byID, outcome: asked, code: "geo.crs.mismatch", says: []string{"EPSG:25832", "--crs"}},
		{id: "G06 answered", file: "g.geojson", data: one(space("1", polygon(meters))), args: with("--crs", "25832"), outcome: accepted, takes: -1},
		{id: "G06 answered wrongly", file: "g.geojson", data: one(space("1", polygon(meters))), args: with("--crs", "9999"), outcome: asked, code: "geo.crs.unknown", says: []string{"EPSG:9999"}},
		{id: "G07 Gauß-Krüger", file: "g.geojson", data: bare(collectionIn("urn:ogc:def:crs:EPSG::31466", space("1", polygon(gk)))), args: byID, outcome: asked, code: "geo.crs.accuracy", says: []string{"--grid"}, yes: "geo.crs.accuracy"},
		{id: "G08 not finite", file: "g.geojson", data: bare(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[NaN,1e400]}}]}`), args: byID, outcome: refused, code: "geo.json.notfinite"},
		{id: "G09 ring not closed", file: "g.geojson", data: one(space("1", polygon(sw[:4]))), args: byID, outcome: warned, code: "geo.ring.unclosed", takes: -1},
		{id: "G10 bow tie", file: "g.geojson", data: one(space("1", polygon(ring{{9, 51}, {9.1, 51.1}, {9.1, 51}, {9, 51.1}, {9, 51}}))), args: byID, outcome: asked, code: "geo.polygon.selfcrossing", says: []string{"9,05 / 51,05"}, yes: "geo.polygon.selfcrossing"},
		{id: "G11 hole outside", file: "g.geojson", data: one(space("1", polygon(reversed(sw), square(9.2, 51, 0.01)))), args: byID, outcome: asked, code: "geo.hole.outside", yes: "geo.hole.outside"},
		{id: "G12 four dimensions", file: "g.geojson", data: one(space("1", polygon(deep))), args: byID, outcome: accepted, says: []string{"geo.coordinates.higher"}, takes: -1},
		{id: "G13 no geometry", file: "g.geojson", data: one(space("1", polygon(sw)), space("2", nil), space("3", polygon())), args: byID, outcome: byRow, code: "geo.geometry.missing", takes: -1},
		{id: "G13 none at all", file: "g.geojson", data: one(space("2", nil)), args: byID, outcome: refused, code: "geo.layer.empty"},
		{id: "G14 line", file: "g.geojson", data: one(space("1", polygon(sw)), space("2", map[string]any{"type": "LineString", "coordinates": sw}), space("3", map[string]any{"type": "GeometryCollection", "geometries": []any{}})), args: byID, outcome: byRow, code: "geo.geometry.kind", takes: -1},
		{id: "G16 overlap", file: "g.geojson", data: one(space("1", polygon(sw)), space("2", polygon(square(9.005, 51, 0.01)))), args: byID, outcome: warned, code: "geo.coverage.overlap", says: []string{"Die Räume 1 und 2"}, takes: -1},
		{id: "G16 gap", file: "g.geojson", data: one(
			space("1", polygon(square(9, 51, 0.01))), space("2", polygon(square(9.01, 51, 0.01))), space("3", polygon(square(9.02, 51, 0.01))),
			space("4", polygon(square(9, 51.01, 0.01))), space("6", polygon(square(9.02, 51.01, 0.01))),
			space("7", polygon(square(9, 51.02, 0.01))), space("8", polygon(square(9.01, 51.02, 0.01))), space("9", polygon(square(9.02, 51.02, 0.01))),
		), args: byID, outcome: warned, code: "geo.coverage.gap", takes: -1},
		{id: "G17 keys twice and missing", file: "g.geojson", data: one(space("1", polygon(sw)), space("1", polygon(square(9.1, 51, 0.01))), space(nil, polygon(square(9.2, 51, 0.01)))), args: byID, outcome: asked, code: "area.key.duplicate", says: []string{"area.key.missing", "1#2"}},
		{id: "G18 no place on earth", file: "g.geojson", data: one(space("1", polygon(square(540, 91, 0.01)))), args: byID, outcome: refused, code: "geo.coordinates.outside", says: []string{"540 / 91"}},
		{id: "outside the declared system", file: "g.geojson", data: bare(collectionIn("urn:ogc:def:crs:EPSG::25832", space("1", polygon(sw)))), args: byID, outcome: asked, code: "geo.crs.mismatch", says: []string{"EPSG:25832", "EPSG:4326"}},
		{id: "G19 script", file: "g.geojson", data: one(named("<img src=x onerror=alert(1)>")), args: byID, outcome: accepted, takes: -1},
		{id: "F08 direction override", file: "g.geojson", data: one(named("gnp.\u202etxt.exe")), args: byID, outcome: warned, code: "area.text.cleaned", says: []string{"gnp.txt.exe"}, takes: -1},
		{id: "F11 pile of accents", file: "g.geojson", data: one(named("a" + strings.Repeat("\u0301", 1000))), args: byID, outcome: warned, code: "area.text.cleaned", takes: -1},
		{id: "F12 emoji", file: "g.geojson", data: one(named(family)), args: byID, outcome: accepted, takes: -1},
		{id: "F13 half a character", file: "g.geojson", data: bare(strings.Replace(string(one(named("x"))), `"x"`, `"\ud800"`, 1)), args: byID, outcome: refused, code: "geo.json.surrogate"},
		{id: "F15 NUL", file: "g.geojson", data: one(named("a\x00b")), args: byID, outcome: warned, code: "geo.text.nul", takes: -1},
		{id: "F15 control characters", file: "g.geojson", data: one(named("a\x1b[31mb\x07")), args: byID, outcome: warned, code: "area.text.cleaned", takes: -1},
		{id: "F16 100,000 characters", file: "g.geojson", data: one(named(strings.Repeat("x", 100_000))), args: byID, outcome: warned, code: "area.name.long", takes: -1},
		{id: "F17 nothing to see", file: "g.geojson", data: one(named("\u3164\u00a0 ")), args: byID, outcome: warned, code: "area.name.missing", takes: -1},
		{id: "key not to be seen", file: "g.geojson", data: one(space("\u3164\u200b", polygon(sw))), args: byID, outcome: asked, code: "area.key.missing"},
		{id: "key with an invisible character", file: "g.geojson", data: one(space("01\u200b01", polygon(sw))), args: byID, outcome: warned, code: "area.text.cleaned", takes: -1},
		{id: "key too long", file: "g.geojson", data: one(space(strings.Repeat("a", 50_000), polygon(sw))), args: with("--key-pattern", "(a+)+$"), outcome: refused, code: "area.file.no_areas", says: []string{"area.key.long"}},
		{id: "keys that lost zeros", file: "g.geojson", data: one(space(1101, polygon(sw)), space(12101, polygon(square(9.1, 51, 0.01)))), args: byID, outcome: asked, code: "area.key.zeros", says: []string{"--key-width 5"}, yes: "area.key.zeros"},
		{id: "keys that lost zeros, padded", file: "g.geojson", data: one(space(1101, polygon(sw)), space(12101, polygon(square(9.1, 51, 0.01)))), args: with("--key-width", "5"), outcome: warned, code: "area.key.padded", takes: -1},
		{id: "column missing", file: "g.geojson", data: one(space("1", polygon(sw))), args: []string{"--key", "schluessel", "--name", "bezeichnung"}, outcome: refused, code: "area.field.missing", says: []string{"„schluessel“", "„bezeichnung“", "id"}},
		{id: "parent missing", file: "g.geojson", data: one(child("x1", "ZZ", 9), child("x2", "A", 9.001)), args: with("--parent-level", "wort", "--parent-field", "p"), outcome: asked, code: "area.parent.missing", says: []string{"ZZ"}},
		{id: "cycle of parents", file: "g.geojson", data: one(child("x1", "x2", 9), child("x2", "x1", 9.01)), args: with("--parent-level", "wort", "--parent-field", "p"), outcome: refused, code: "area.parent.cycle", says: []string{"x1, x2 und x1"}},
		{id: "own parent", file: "g.geojson", data: one(child("x1", "x1", 9), child("x2", "A", 9)), args: with("--parent-level", "wort", "--parent-field", "p"), outcome: refused, code: "area.parent.cycle"},
		{id: "not JSON", file: "g.geojson", data: bare("a;b\n1;2"), args: byID, outcome: refused, code: "geo.json.syntax", says: []string{"erwartet wurde ein Wert"}},
		{id: "cut off", file: "g.geojson", data: one(space("1", polygon(sw)))[:80], args: byID, outcome: refused, code: "geo.json.unclosed", says: []string{"Spalte 72"}},
		{id: "cut off between texts", file: "g.geojson", data: one(space("1", polygon(sw)))[:31], args: byID, outcome: refused, code: "geo.json.truncated"},
		{id: "Latin-1", file: "g.geojson", data: bare(strings.Replace(string(one(named("x"))), `"x"`, "\"M\xfchle\"", 1)), args: byID, outcome: refused, code: "geo.json.utf8"},
		{id: "UTF-16", file: "g.geojson", data: wide(collection(space("1", polygon(sw))), false, true), args: byID, outcome: refused, code: "geo.file.encoding"},
	})
}

// TestBadShapefiles is part S.
func TestBadShapefiles(t *testing.T) {
	byName := []string{"--key", "NAME", "--encoding", "CP850"}
	plain := []string{"--key", "NAME"}
	broken := shp(5, le(int32(5), 0.0, 0.0, 1.0, 1.0, int32(2), int32(3), int32(0), int32(99999), 0.0, 0.0, 1.0, 1.0, 0.0, 0.0), 0)
	endless := shp(5, le(int32(5), 0.0, 0.0, 1.0, 1.0, int32(1), int32(4), int32(0), math.Inf(1), 0.0, 1.0, 1.0, 0.0, 0.0, math.Inf(1), 0.0), 0)
	second := []entry{
		{"b.shp", string(shp(5, nil, 0))}, {"b.shx", string(shp(5, nil, 0)[:100])}, {"b.dbf", string(dbf("B", "  31"))}, {"b.prj", wgs84}, {"b.cpg", "CP850"},
	}
	upper := []entry{}
	for _, p := range second {
		upper = append(upper, entry{"Grüße/" + strings.ToUpper(p.name), p.text})
	}
	prove(t, []badCase{
		{id: "S01 only shp", file: "s.zip", data: zipped(entry{"a.shp", string(shp(5, nil, 0))}), args: byName, outcome: refused, code: "geo.shapefile.parts", says: []string{".dbf"}},
		{id: "S02 no code page", file: "s.zip", data: shapefile(map[string]string{"cpg": ""}), args: plain, outcome: asked, code: "geo.encoding.unknown", says: []string{"Mühle", "--encoding"}, yes: "geo.encoding.unknown"},
		{id: "S03 record length", file: "s.zip", data: shapefile(map[string]string{"shp": string(shp(5, nil, 0x7fffffff))}), args: byName, outcome: refused, code: "geo.shapefile.damaged"},
		{id: "S04 multipatch", file: "s.zip", data: shapefile(map[string]string{"shp": string(shp(31, nil, 0))}), args: byName, outcome: refused, code: "geo.shapefile.multipatch"},
		{id: "S05 points", file: "s.zip", data: shapefile(map[string]string{"shp": string(shp(1, le(int32(1), 6.2, 50.7), 0))}), args: byName, outcome: refused, code: "geo.geometry.kind"},
		{id: "S06 entry outside", file: "s.zip", data: shapefile(nil, entry{"../../../tmp/kupferfaden-evil.shp", "x"}), args: byName, outcome: refused, code: "geo.archive.name", says: []string{"kupferfaden-evil"}},
		{id: "S07 symbolic link", file: "s.zip", data: link("a.shp", "/etc/passwd"), args: byName, outcome: refused, code: "geo.archive.symlink"},
		{id: "S08 password", file: "s.zip", data: encrypted(shapefile(nil)), args: byName, outcome: refused, code: "geo.archive.encrypted"},
		{id: "S09 two in one", file: "s.zip", data: shapefile(nil, second...), args: byName, outcome: asked, code: "geo.layer.choose", says: []string{"a und b", "--layer"}},
		{id: "S09 answered", file: "s.zip", data: shapefile(nil, second...), args: append([]string{"--layer", "b"}, byName...), outcome: accepted, takes: -1},
		{id: "S10 zip bomb", file: "s.zip", data: bomb(1<<30, "a.dbf", entry{"a.shp", string(shp(5, nil, 0))}, entry{"a.shx", "x"}, entry{"a.prj", wgs84}), args: byName, outcome: refused, code: "geo.archive.bomb"},
		{id: "S11 litter", file: "s.zip", data: shapefile(nil, entry{"__MACOSX/._a.shp", "x"}, entry{"Thumbs.db", "x"}), args: plain, outcome: accepted, takes: -1},
		{id: "S12 capitals in a folder", file: "s.zip", data: zipped(upper...), args: plain, outcome: accepted, takes: -1},
		{id: "S13 part beyond the points", file: "s.zip", data: shapefile(map[string]string{"shp": string(broken)}), args: byName, outcome: refused, code: "geo.shapefile.damaged"},
		{id: "infinite coordinates", file: "s.zip", data: shapefile(map[string]string{"shp": string(endless)}), args: byName, outcome: refused, code: "geo.layer.empty", says: []string{"geo.coordinates.none"}},
		{id: "S14 stars and NUL", file: "s.zip", data: shapefile(map[string]string{"dbf": string(dbf("A\x00\x00", "****"))}), args: plain, outcome: warned, code: "geo.dbf.value", says: []string{"WERT"}, takes: -1},
		{id: "S15 damaged GeoPackage", file: "s.gpkg", data: append([]byte("SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20"), []byte(strings.Repeat("\xff", 4000))...), args: byName, outcome: refused, code: "geo.geopackage.damaged"},
		{id: "empty", file: "s.zip", args: byName, outcome: refused, says: []string{"leer"}},
		{id: "no archive", file: "s.zip", data: []byte("PK\x03\x04 and nothing else"), args: byName, outcome: refused, code: "geo.archive.damaged"},
	})
}
