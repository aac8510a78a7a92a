// SPDX-License-Identifier: EUPL-1.2

package shapefile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/shapefile"
	"github.com/kupferfaden/kupferfaden/geo/topology"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

type file struct {
	name string
	data []byte
}

func archive(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func le(v ...any) []byte {
	var b bytes.Buffer
	for _, x := range v {
		switch x := x.(type) {
		case int:
			binary.Write(&b, binary.LittleEndian, int32(x))
		default:
			binary.Write(&b, binary.LittleEndian, x)
		}
	}
	return b.Bytes()
}

// polygonRecord encodes rings as a polygon shape; more is appended (Z and M values).
func polygonRecord(shape int, more []byte, rings ...[]float64) []byte {
	var parts, points []byte
	n := 0
	for _, r := range rings {
		parts = append(parts, le(n)...)
		points = append(points, le(r)...)
		n += len(r) / 2
	}
	return slices.Concat(le(shape, 0., 0., 0., 0., len(rings), n), parts, points, more)
}

// shp encodes a file of records; length overrides the length of the first when positive.
func shp(shape int, length int, records ...[]byte) []byte {
	var body []byte
	for i, r := range records {
		n := len(r) / 2
		if i == 0 && length > 0 {
			n = length
		}
		body = binary.BigEndian.AppendUint32(body, uint32(i+1))
		body = binary.BigEndian.AppendUint32(body, uint32(n))
		body = append(body, r...)
	}
	h := make([]byte, 100)
	binary.BigEndian.PutUint32(h, 9994)
	binary.BigEndian.PutUint32(h[24:], uint32((100+len(body))/2))
	binary.LittleEndian.PutUint32(h[28:], 1000)
	binary.LittleEndian.PutUint32(h[32:], uint32(shape))
	return append(h, body...)
}

// dbf encodes a table with a text column of ten and a number column of four.
func dbf(ldid byte, rows ...[2]string) []byte {
	b := make([]byte, 32)
	b[0] = 3
	binary.LittleEndian.PutUint32(b[4:], uint32(len(rows)))
	binary.LittleEndian.PutUint16(b[8:], 32+64+1)
	binary.LittleEndian.PutUint16(b[10:], 15)
	b[29] = ldid
	for _, f := range []struct {
		name string
		kind byte
		n    byte
	}{{"NAME", 'C', 10}, {"WERT", 'N', 4}} {
		d := make([]byte, 32)
		copy(d, f.name)
		d[11], d[16] = f.kind, f.n
		b = append(b, d...)
	}
	b = append(b, 0x0D)
	for _, r := range rows {
		b = append(b, ' ')
		b = append(b, []byte(r[0] + strings.Repeat(" ", 10))[:10]...)
		b = append(b, []byte(strings.Repeat(" ", 4) + r[1])[len(r[1]):]...)
	}
	return append(b, 0x1A)
}

const prj = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

// clockwise square, an outer ring in a shapefile
func square(x, y, d float64) []float64 {
	return []float64{x, y, x, y + d, x + d, y + d, x + d, y, x, y}
}

func hole(x, y, d float64) []float64 {
	return []float64{x, y, x + d, y, x + d, y + d, x, y + d, x, y}
}

var plain = polygonRecord(5, nil, square(6.2, 50.7, .01))

// full is a sound shapefile whose parts can be replaced; a nil part is left out.
func full(replace map[string][]byte) []file {
	parts := map[string][]byte{".shp": shp(5, 0, plain), ".shx": make([]byte, 100), ".dbf": dbf(0, [2]string{"M\x81hle", "31"}), ".prj": []byte(prj), ".cpg": []byte("CP850")}
	for k, v := range replace {
		parts[k] = v
	}
	var out []file
	for _, e := range []string{".shp", ".shx", ".dbf", ".prj", ".cpg"} {
		if parts[e] != nil {
			out = append(out, file{"a" + e, parts[e]})
		}
	}
	return out
}

func read(b []byte, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	return shapefile.Read(bytes.NewReader(b), int64(len(b)), opt)
}

func TestSoundShapefile(t *testing.T) {
	l, fs, err := read(archive(t, full(nil)...), geo.ReadOptions{Want: geo.Areas})
	if err != nil || len(fs) != 0 {
		t.Fatalf("%v %v", fs, err)
	}
	f := l.Features[0]
	if l.Name != "a" || l.CRS != 4326 || !slices.Equal(l.Fields, []string{"NAME", "WERT"}) || f.Properties.Text("NAME") != "Mühle" || f.Properties.Text("WERT") != "31" {
		t.Errorf("%+v", l)
	}
	if !geom.ExactEquals(f.Geometry, geom.NewSingleRingPolygonXY(6.2, 50.7, 6.21, 50.7, 6.21, 50.71, 6.2, 50.71, 6.2, 50.7).AsGeometry(), geom.IgnoreOrder, geom.ToleranceXY(1e-12)) || !f.Geometry.IsCCW() {
		t.Error(f.Geometry.AsText())
	}
}

func TestShapefilesThatAreRefusedWhole(t *testing.T) {
	repl := func(ext string, b []byte) []byte { return archive(t, full(map[string][]byte{ext: b})...) }
	bad := slices.Clone(plain)
	binary.LittleEndian.PutUint32(bad[44:], 99999)
	encrypted := archive(t, full(nil)...)
	for _, sig := range []struct {
		magic string
		off   int
	}{{"PK\x03\x04", 6}, {"PK\x01\x02", 8}} {
		for i := 0; ; {
			j := bytes.Index(encrypted[i:], []byte(sig.magic))
			if j < 0 {
				break
			}
			encrypted[i+j+sig.off] |= 1
			i += j + 4
		}
	}
	corrupt := archive(t, full(map[string][]byte{".shp": shp(5, 0, plain, polygonRecord(5, nil, square(6.3, 50.7, .01))), ".dbf": dbf(0, [2]string{"a", "1"}, [2]string{"b", "2"})})...)
	copy(corrupt[60:80], bytes.Repeat([]byte{0xff}, 20))
	many := []file{}
	for i := range 1001 {
		many = append(many, file{strings.Repeat("x", i%50+1) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + ".txt", nil})
	}
	for name, c := range map[string]struct {
		in   []byte
		code string
	}{
		"empty":                           {nil, "file.empty"},
		"no archive":                      {[]byte("hello, I am no zip"), "archive.damaged"},
		"only .shp (S01)":                 {archive(t, file{"a.shp", shp(5, 0, plain)}), "shapefile.parts"},
		"record length 0x7fffffff (S03)":  {repl(".shp", shp(5, 0x7fffffff, plain)), "shapefile.damaged"},
		"record longer than file":         {repl(".shp", shp(5, 5000, plain)), "shapefile.truncated"},
		"record length 0":                 {repl(".shp", append(shp(5, 0), make([]byte, 8)...)), "shapefile.damaged"},
		"MultiPatch (S04)":                {repl(".shp", shp(31, 0, polygonRecord(31, nil, square(6, 50, 1)))), "shapefile.multipatch"},
		"unknown type":                    {repl(".shp", shp(77, 0, plain)), "shapefile.damaged"},
		"points for areas (S05)":          {repl(".shp", shp(1, 0, le(1, 6.2, 50.7))), "geometry.kind"},
		"type changes":                    {repl(".shp", shp(5, 0, le(1, 6.2, 50.7))), "shapefile.damaged"},
		"only null shapes":                {repl(".shp", shp(5, 0, le(0))), "layer.empty"},
		"name with ../ (S06)":             {archive(t, append([]file{{"../../../tmp/evil.shp", plain}}, full(nil)...)...), "archive.name"},
		"name with backslash":             {archive(t, append([]file{{`..\evil.shp`, plain}}, full(nil)...)...), "archive.name"},
		"absolute name":                   {archive(t, append([]file{{"/etc/evil.shp", plain}}, full(nil)...)...), "archive.name"},
		"symbolic link (S07)":             {symlink(t), "archive.symlink"},
		"password (S08)":                  {encrypted, "archive.encrypted"},
		"damaged member":                  {corrupt, "archive.damaged"},
		"bomb that declares itself (S10)": {declared(t), "archive.bomb"},
		"too many entries":                {archive(t, many...), "archive.entries"},
		"no shapefile":                    {archive(t, file{"readme.txt", nil}, file{"x.geojson", nil}), "shapefile.missing"},
		"nested zip":                      {archive(t, file{"a.zip", archive(t, full(nil)...)}), "shapefile.missing"},
		"part beyond the points (S13)":    {repl(".shp", shp(5, 0, bad)), "shapefile.damaged"},
		"more points than bytes":          {repl(".shp", shp(5, 0, le(5, 0., 0., 0., 0., 1, math.MaxInt32, 0))), "shapefile.damaged"},
		"negative counts":                 {repl(".shp", shp(5, 0, le(5, 0., 0., 0., 0., -1, -1, 0))), "shapefile.damaged"},
		"shape too short":                 {repl(".shp", shp(5, 0, le(5, 0))), "shapefile.damaged"},
		"no shapefile header":             {repl(".shp", make([]byte, 200)), "shapefile.damaged"},
		"header cut":                      {repl(".shp", shp(5, 0, plain)[:50]), "shapefile.truncated"},
		"table empty":                     {repl(".dbf", []byte{}), "dbf.truncated"},
		"table of blanks":                 {repl(".dbf", bytes.Repeat([]byte(" "), 5000)), "dbf.truncated"},
		"table header impossible":         {repl(".dbf", make([]byte, 100)), "dbf.damaged"},
		"table cut":                       {repl(".dbf", dbf(0, [2]string{"a", "1"})[:100]), "dbf.truncated"},
		"fewer records than shapes":       {repl(".dbf", dbf(0)), "shapefile.count"},
		"coordinates outside":             {repl(".shp", shp(5, 0, polygonRecord(5, nil, square(540, 91, 1)))), "coordinates.outside"},
	} {
		l, fs, err := read(c.in, geo.ReadOptions{Want: geo.Areas})
		var re *geo.RefusedError
		if !errors.As(err, &re) || re.Finding.Code != c.code || len(re.Finding.Message) < 15 || len(l.Features) > 0 {
			t.Errorf("%s: %v %v, want %s", name, err, fs, c.code)
		}
	}
}

func symlink(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "a.shp"}
	h.SetMode(fs.ModeSymlink | 0o777)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("/etc/passwd"))
	z.Close()
	return b.Bytes()
}

// declared is an archive whose table claims to unpack to 1 GB.
func declared(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range full(nil) {
		if f.name == "a.dbf" {
			w, err := z.CreateRaw(&zip.FileHeader{Name: f.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(f.data), CompressedSize64: uint64(len(f.data)), UncompressedSize64: 1 << 30})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(f.data)
			continue
		}
		w, _ := z.Create(f.name)
		w.Write(f.data)
	}
	z.Close()
	return b.Bytes()
}

// A bomb that hides its size is stopped at the limit of unpacked bytes.
func TestUnpackedBytesAreCounted(t *testing.T) {
	long := make([]byte, 1<<20)
	copy(long, shp(5, 0, polygonRecord(5, long[:1<<19], square(6.2, 50.7, .01)), plain))
	b := archive(t, full(map[string][]byte{".shp": long})...)
	// The directory claims 1,000 bytes instead of 1 MB.
	i := bytes.Index(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[i+24:], 1000)
	if _, fs, err := read(b, geo.ReadOptions{Limits: geo.Limits{MaxUnzipped: 100_000}}); err == nil || !slices.Contains([]string{"archive.bomb", "archive.damaged", "shapefile.damaged", "shapefile.truncated"}, fs[0].Code) {
		t.Errorf("%v %v", fs, err)
	}
	if _, fs, err := read(archive(t, full(map[string][]byte{".shp": long[:90_000]})...), geo.ReadOptions{Limits: geo.Limits{MaxUnzipped: 95_000}}); err == nil {
		t.Errorf("%v", fs)
	}
}

func TestQuestionsOfTheReader(t *testing.T) {
	two := full(nil)
	for _, f := range full(nil) {
		two = append(two, file{"sub/B" + filepath.Ext(f.name), f.data})
	}
	b := archive(t, two...)
	_, fs, err := read(b, geo.ReadOptions{Want: geo.Areas})
	if err != nil || len(fs) != 1 || fs[0].Code != "layer.choose" || fs[0].Severity != geo.Ask || !slices.Equal(fs[0].Params["choices"].([]string), []string{"a", "sub/B"}) {
		t.Errorf("two shapefiles (S09): %v %v", fs, err)
	}
	if l, fs, err := read(b, geo.ReadOptions{Want: geo.Areas, Layer: "sub/B"}); err != nil || l.Name != "B" || len(l.Features) != 1 {
		t.Errorf("chosen: %v %v", fs, err)
	}
	if _, fs, err := read(b, geo.ReadOptions{Layer: "c"}); err == nil || len(fs.Of("layer.unknown")) != 1 {
		t.Errorf("wrong choice: %v", fs)
	}

	b = archive(t, full(map[string][]byte{".cpg": nil})...)
	l, fs, err := read(b, geo.ReadOptions{Want: geo.Areas})
	ask := fs.Of("encoding.unknown")
	if err != nil || len(ask) != 1 || ask[0].Severity != geo.Ask || ask[0].Params["choices"].([]string)[0] != "CP850" || ask[0].Params["previews"].([]string)[0] != "Mühle" || l.Features[0].Properties.Text("NAME") != "Mühle" {
		t.Errorf("CP850 without .cpg (S02): %v %v", fs, err)
	}
	if l, fs, err := read(b, geo.ReadOptions{Want: geo.Areas, Encoding: "CP850"}); err != nil || len(fs) > 0 || l.Features[0].Properties.Text("NAME") != "Mühle" {
		t.Errorf("chosen: %v %v", fs, err)
	}
	if _, fs, _ := read(archive(t, full(map[string][]byte{".cpg": []byte("UTF-8")})...), geo.ReadOptions{}); len(fs.Of("encoding.mismatch")) != 1 {
		t.Errorf("says UTF-8 and is not: %v", fs)
	}

	if l, fs, err := read(archive(t, full(map[string][]byte{".prj": nil})...), geo.ReadOptions{Want: geo.Areas}); err != nil || len(fs.Of("crs.unknown")) != 1 || l.CRS != 0 {
		t.Errorf("no .prj: %v %v", fs, err)
	}
	if l, fs, err := read(archive(t, full(map[string][]byte{".prj": nil})...), geo.ReadOptions{Want: geo.Areas, CRS: 4326}); err != nil || len(fs) > 0 || l.CRS != 4326 {
		t.Errorf("chosen: %v %v", fs, err)
	}
}

func TestCharacterSets(t *testing.T) {
	for name, c := range map[string]struct {
		cpg  string
		ldid byte
		raw  string
		want string
		code string
	}{
		"cpg UTF-8":             {"UTF-8\r\n", 0, "Mühle", "Mühle", ""},
		"cpg 1252":              {"1252", 0, "M\xfchle \x80", "Mühle €", ""},
		"cpg ANSI 1252":         {"ANSI 1252", 0, "M\xfchle", "Mühle", ""},
		"cpg ISO-8859-1":        {"ISO-8859-1", 0, "M\xfchle", "Mühle", ""},
		"cpg OEM 850":           {"OEM 850", 0x57, "Gr\x81\xe1e", "Grüße", ""},
		"cpg wins over header":  {"850", 0x57, "M\x81hle", "Mühle", ""},
		"header ANSI":           {"", 0x57, "M\xfchle", "Mühle", ""},
		"header DOS 850":        {"", 0x02, "M\x81hle", "Mühle", ""},
		"nothing but UTF-8":     {"", 0, "Mühle", "Mühle", ""},
		"nothing but ASCII":     {"", 0, "Muehle", "Muehle", ""},
		"unknown cpg, ASCII":    {"KOI8-R", 0, "Muehle", "Muehle", ""},
		"unknown cpg":           {"KOI8-R", 0x57, "M\xfchle", "Mühle", "encoding.unknown"},
		"header lies, is UTF-8": {"", 0x57, "Mühle", "Mühle", "encoding.utf8"},
	} {
		var cpg []byte
		if c.cpg != "" {
			cpg = []byte(c.cpg)
		}
		l, fs, err := read(archive(t, full(map[string][]byte{".cpg": cpg, ".dbf": dbf(c.ldid, [2]string{c.raw, "1"})})...), geo.ReadOptions{Want: geo.Areas})
		if err != nil || l.Features[0].Properties.Text("NAME") != c.want || c.code == "" && len(fs) > 0 || c.code != "" && len(fs.Of(c.code)) != 1 {
			t.Errorf("%s: %v %v", name, fs, err)
		}
	}
}

func TestOddArchivesAreAccepted(t *testing.T) {
	mac := append(full(nil), file{"__MACOSX/._a.shp", []byte("x")}, file{"Thumbs.db", []byte("x")}, file{"._a.dbf", []byte("x")}, file{"a.shp.xml", []byte("<x/>")})
	if _, fs, err := read(archive(t, mac...), geo.ReadOptions{Want: geo.Areas}); err != nil || len(fs) > 0 {
		t.Errorf("extras (S11): %v %v", fs, err)
	}
	var upper []file
	for _, f := range full(nil) {
		upper = append(upper, file{"Grüße/" + strings.ToUpper(f.name), f.data})
	}
	if l, fs, err := read(archive(t, upper...), geo.ReadOptions{Want: geo.Areas}); err != nil || len(fs) > 0 || l.Name != "A" {
		t.Errorf("upper case in a folder with umlauts (S12): %v %v", fs, err)
	}
	stars := full(map[string][]byte{".dbf": dbf(0, [2]string{"A\x00\x00\x00\x00\x00\x00\x00\x00\x00", "****"})})
	l, fs, err := read(archive(t, stars...), geo.ReadOptions{Want: geo.Areas})
	if v, _ := l.Features[0].Properties.Get("WERT"); err != nil || len(fs.Of("dbf.value")) != 1 || v != (geo.Value{Kind: geo.Missing, Text: "****"}) || l.Features[0].Properties.Text("NAME") != "A" {
		t.Errorf("stars and NUL padding (S14): %v %v", fs, err)
	}
}

func TestSiblingsOnDisk(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, f := range full(nil) {
		fsys["daten/"+strings.ToUpper(f.name)] = &fstest.MapFile{Data: f.data}
		fsys["daten/other"+f.name] = &fstest.MapFile{Data: f.data}
	}
	if l, fs, err := shapefile.ReadFS(fsys, "daten/A.SHP", geo.ReadOptions{Want: geo.Areas}); err != nil || len(fs) > 0 || len(l.Features) != 1 {
		t.Errorf("%v %v", fs, err)
	}
	if _, _, err := shapefile.ReadFS(fsys, "daten/none.shp", geo.ReadOptions{}); err == nil {
		t.Error("a missing file is refused")
	}
	if _, _, err := shapefile.ReadFS(fsys, "nowhere/a.shp", geo.ReadOptions{}); err == nil {
		t.Error("a missing folder is an error")
	}
}

func TestShapes(t *testing.T) {
	z := le(0., 0., []float64{1, 2, 3, 4, 5}, 0., 0., []float64{1, 2, 3, 4, 5})
	for name, c := range map[string]struct {
		shape  int
		record []byte
		want   string
	}{
		"polygon with hole":           {5, polygonRecord(5, nil, square(6, 50, 1), hole(6.2, 50.2, .2)), "POLYGON((6 50,7 50,7 51,6 51,6 50),(6.2 50.2,6.2 50.4,6.4 50.4,6.4 50.2,6.2 50.2))"},
		"PolygonZ":                    {15, polygonRecord(15, z, square(6, 50, 1)), "POLYGON((6 50,7 50,7 51,6 51,6 50))"},
		"PolygonM":                    {25, polygonRecord(25, z[56:], square(6, 50, 1)), "POLYGON((6 50,7 50,7 51,6 51,6 50))"},
		"hole before its outer ring":  {5, polygonRecord(5, nil, hole(6.2, 50.2, .2), square(6, 50, 1)), "POLYGON((6 50,7 50,7 51,6 51,6 50),(6.2 50.2,6.2 50.4,6.4 50.4,6.4 50.2,6.2 50.2))"},
		"island in the hole":          {5, polygonRecord(5, nil, square(6, 50, 1), hole(6.2, 50.2, .4), square(6.3, 50.3, .1)), "MULTIPOLYGON(((6 50,7 50,7 51,6 51,6 50),(6.2 50.2,6.2 50.6,6.6 50.6,6.6 50.2,6.2 50.2)),((6.3 50.3,6.4 50.3,6.4 50.4,6.3 50.4,6.3 50.3)))"},
		"outer ring the wrong way":    {5, polygonRecord(5, nil, hole(6, 50, 1)), "POLYGON((6 50,7 50,7 51,6 51,6 50))"},
		"point":                       {1, le(1, 6.5, 50.5), "POINT(6.5 50.5)"},
		"PointZ":                      {11, le(11, 6.5, 50.5, 100., 0.), "POINT(6.5 50.5)"},
		"MultiPoint":                  {8, le(8, 0., 0., 0., 0., 2, 6., 50., 7., 51.), "MULTIPOINT((6 50),(7 51))"},
		"line":                        {3, polygonRecord(3, nil, []float64{6, 50, 7, 51}), "MULTILINESTRING((6 50,7 51))"},
		"hole touching by its corner": {5, polygonRecord(5, nil, square(6, 50, 1), []float64{6, 50, 6.5, 50.2, 6.2, 50.5, 6, 50}), "POLYGON((6 50,7 50,7 51,6 51,6 50),(6 50,6.2 50.5,6.5 50.2,6 50))"},
	} {
		l, fs, err := read(archive(t, full(map[string][]byte{".shp": shp(c.shape, 0, c.record)})...), geo.ReadOptions{})
		if err != nil || len(fs) > 0 {
			t.Errorf("%s: %v %v", name, fs, err)
			continue
		}
		want, err := geom.UnmarshalWKT(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if !geom.ExactEquals(l.Features[0].Geometry, want, geom.IgnoreOrder, geom.ToleranceXY(1e-12)) {
			t.Errorf("%s: %s", name, l.Features[0].Geometry.AsText())
		}
	}
	nan := polygonRecord(5, nil, []float64{6, 50, math.NaN(), 51, 7, 50, 6, 50})
	two := full(map[string][]byte{".shp": shp(5, 0, nan, le(0), plain), ".dbf": dbf(0, [2]string{"a", "1"}, [2]string{"b", "2"}, [2]string{"c", "3"})})
	l, fs, err := read(archive(t, two...), geo.ReadOptions{Want: geo.Areas})
	if err != nil || len(fs) != 2 || fs.Worst() != geo.Row || len(l.Features) != 1 || l.Features[0].Properties.Text("NAME") != "c" || l.Features[0].Index != 2 {
		t.Errorf("shapes refused alone keep the others with their records: %v %v", fs, err)
	}
}

func TestFlensburg(t *testing.T) {
	for name, n := range map[string]int{"flensburg_stadtteile.zip": 13, "flensburg_stadtbezirke.zip": -1} {
		b, err := os.ReadFile(filepath.Join(testdata.Dir(t), "flensburg_sozialatlas", name))
		if err != nil {
			t.Fatal(err)
		}
		l, fs, err := read(b, geo.ReadOptions{Want: geo.Areas})
		if err != nil {
			t.Fatal(err)
		}
		if l.CRS != 25832 || n >= 0 && len(l.Features) != n || len(fs) != 1 || fs[0].Code != "crs.transform" {
			t.Errorf("%s: EPSG:%d, %d features, %v", name, l.CRS, len(l.Features), fs)
		}
		var areas []topology.Area
		for _, f := range l.Features {
			areas = append(areas, topology.Area{Key: f.Properties.Text("AREA_ID"), Name: f.Properties.Text("AREA_NAME"), Feature: f.Index, Geometry: f.Geometry})
		}
		if n == 13 && !slices.ContainsFunc(areas, func(a topology.Area) bool { return strings.HasSuffix(a.Name, "Südstadt") }) {
			t.Errorf("no Südstadt in %v", areas)
		}
		found, err := topology.Check(areas, topology.Options{CRS: l.CRS})
		if err != nil || found.Worst() > geo.Warn {
			t.Errorf("%s: %v %v", name, found, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(archive(f, full(nil)...))
	f.Add(archive(f, file{"x/A.SHP", shp(5, 0, plain)}, file{"x/a.DBF", dbf(2, [2]string{"a", "b"})}))
	f.Fuzz(func(t *testing.T, b []byte) { noPanic(t, b) })
}

func noPanic(t *testing.T, b []byte) {
	_, fs, err := read(b, geo.ReadOptions{Limits: geo.Limits{MaxUnzipped: 1 << 20, MaxVertices: 10000, MaxFeatures: 1000}})
	if err != nil && fs.Err() == nil {
		t.Fatalf("an error without a finding: %v", err)
	}
}

// The fuzzers of the parts wrap their bytes into a sound archive, so that they reach the parsers.
func FuzzSHP(f *testing.F) {
	f.Add(shp(5, 0, plain))
	f.Add(shp(15, 0, polygonRecord(15, nil, square(6, 50, 1), hole(6.2, 50.2, .2))))
	f.Add(shp(1, 0, le(1, 6.2, 50.7), le(0)))
	f.Add(shp(8, 0, le(8, 0., 0., 0., 0., 2, 6., 50., 7., 51.)))
	f.Fuzz(func(t *testing.T, b []byte) {
		noPanic(t, archive(t, full(map[string][]byte{".shp": b, ".dbf": dbf(0, [2]string{"a", "1"}, [2]string{"b", "2"})})...))
	})
}

func FuzzDBF(f *testing.F) {
	f.Add(dbf(0, [2]string{"M\x81hle", "31"}))
	f.Add(dbf(0x57, [2]string{"", "****"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		noPanic(t, archive(t, full(map[string][]byte{".dbf": b, ".cpg": nil})...))
	})
}
