// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
)

// The files of design/reliability.md 3, parts X, G and S, made here byte by byte: what writes correct files cannot write these.

// entry is a member of an archive.
type entry struct {
	name, text string
}

func zipped(list ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range list {
		w, err := z.Create(e.name)
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		must(err)
	}
	must(z.Close())
	return b.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// bomb is an archive whose directory claims that its last entry unpacks to size bytes; what is packed is small.
func bomb(size uint64, last string, others ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range others {
		w, err := z.Create(e.name)
		must(err)
		_, err = w.Write([]byte(e.text))
		must(err)
	}
	w, err := z.CreateRaw(&zip.FileHeader{Name: last, Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: size, CRC32: crc32.ChecksumIEEE(nil)})
	must(err)
	_, err = w.Write([]byte{3, 0})
	must(err)
	must(z.Close())
	return b.Bytes()
}

const xmlns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// book is a workbook of one sheet with two shared texts.
type book struct {
	rows, before, after string // of the sheet
	sheet               string // the whole sheet instead of rows
	shared, workbook    string
	relations           string
	extra               []entry
}

func (b book) parts() []entry {
	or := func(s, other string) string {
		if s != "" {
			return s
		}
		return other
	}
	const head = `<?xml version="1.0"?>`
	rel := `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`
	return append([]entry{
		{"[Content_Types].xml", head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + fmt.Sprintf(rel, "r1", "officeDocument", "xl/workbook.xml") + `</Relationships>`},
		{"xl/workbook.xml", or(b.workbook, head+`<workbook `+xmlns+`><sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			fmt.Sprintf(rel, "r1", "worksheet", "worksheets/sheet1.xml") + fmt.Sprintf(rel, "r2", "sharedStrings", "sharedStrings.xml") + b.relations + `</Relationships>`},
		{"xl/sharedStrings.xml", or(b.shared, head+`<sst `+xmlns+`><si><t>Ortsteil</t></si><si><t>Mühle</t></si><si><t>Wert</t></si><si><t>B</t></si></sst>`)},
		{"xl/worksheets/sheet1.xml", or(b.sheet, head+`<worksheet `+xmlns+`>`+b.before+`<sheetData>`+b.rows+`</sheetData>`+b.after+`</worksheet>`)},
	}, b.extra...)
}

func (b book) bytes() []byte { return zipped(b.parts()...) }

// headRow is "Ortsteil", "Wert"; dataRow is "Mühle", 31.4.
const (
	headRow = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>`
	dataRow = `<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>31.4</v></c></row>`
)

func ods(content string) []byte {
	return zipped(entry{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, entry{"content.xml", `<?xml version="1.0"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="T">` +
		content + `</table:table></office:spreadsheet></office:body></office:document-content>`})
}

// GeoJSON.

type ring [][]float64

// square has its south-west corner at x, y.
func square(x, y, side float64) ring {
	return ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   any            `json:"geometry"`
}

func polygon(rings ...ring) any { return map[string]any{"type": "Polygon", "coordinates": rings} }

func space(key any, geometry any) feature {
	f := feature{"Feature", map[string]any{"name": fmt.Sprint("Raum ", key)}, geometry}
	if key != nil {
		f.Properties["id"] = key
	}
	return f
}

func collection(list ...feature) string { return collectionIn("", list...) }

// collectionIn names a coordinate system in the way of 2008.
func collectionIn(crs string, list ...feature) string {
	m := map[string]any{"type": "FeatureCollection", "features": list}
	if crs != "" {
		m["crs"] = map[string]any{"type": "name", "properties": map[string]any{"name": crs}}
	}
	b, err := json.Marshal(m)
	must(err)
	return string(b)
}

// circle is a polygon of n vertices.
func circle(n int) ring {
	r := make(ring, n, n+1)
	for i := range r {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r[i] = []float64{9 + 0.1*c, 51 + 0.1*s}
	}
	return append(r, r[0])
}

// Shapefile: one record of the given type; claim is the length it says it has, in words of 16 bits.

func shp(kind int32, record []byte, claim int) []byte {
	if record == nil {
		pts := square(6.2, 50.7, 0.01)
		record = le(kind, 6.2, 50.7, 6.21, 50.71, int32(1), int32(len(pts)), int32(0))
		for _, p := range pts {
			record = append(record, le(p[0], p[1])...)
		}
	}
	if claim == 0 {
		claim = len(record) / 2
	}
	body := append(be(int32(1), int32(claim)), record...)
	head := append(be(int32(9994), int32(0), int32(0), int32(0), int32(0), int32(0), int32((100+len(body))/2)), le(int32(1000), kind, 6.2, 50.7, 6.21, 50.71, 0.0, 0.0, 0.0, 0.0)...)
	return append(head, body...)
}

func le(values ...any) []byte { return packed(binary.LittleEndian, values) }
func be(values ...any) []byte { return packed(binary.BigEndian, values) }

func packed(order binary.ByteOrder, values []any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		must(binary.Write(&b, order, v))
	}
	return b.Bytes()
}

// dbf has one row with NAME (ten characters) and WERT (four).
func dbf(name, number string) []byte {
	field := func(name string, kind byte, length byte) []byte {
		f := make([]byte, 32)
		copy(f, name)
		f[11], f[16] = kind, length
		return f
	}
	head := append([]byte{3, 126, 1, 1}, le(uint32(1), uint16(32+64+1), uint16(15))...)
	head = append(head, make([]byte, 20)...)
	head = append(append(head, field("NAME", 'C', 10)...), field("WERT", 'N', 4)...)
	return []byte(string(head) + "\r " + name + strings.Repeat(" ", 10-len(name)) + number + "\x1a")
}

const wgs84 = `GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]`

// shapefile is a complete one; change replaces or (with nothing in it) leaves out a part by its ending, more adds entries.
func shapefile(change map[string]string, more ...entry) []byte {
	parts := []entry{
		{"a.shp", string(shp(5, nil, 0))},
		{"a.shx", string(shp(5, nil, 0)[:100])},
		{"a.dbf", string(dbf("M\x81hle", "  31"))},
		{"a.prj", wgs84},
		{"a.cpg", "CP850"},
	}
	var list []entry
	for _, p := range parts {
		if text, ok := change[p.name[2:]]; ok {
			p.text = text
		}
		if p.text != "" {
			list = append(list, p)
		}
	}
	return zipped(append(list, more...)...)
}

// encrypted sets the flag of a password on every entry, in the local headers and in the directory.
func encrypted(z []byte) []byte {
	out := bytes.Clone(z)
	for sign, at := range map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8} {
		for i := 0; ; {
			k := bytes.Index(out[i:], []byte(sign))
			if k < 0 {
				break
			}
			i += k
			out[i+at] |= 1
			i += 4
		}
	}
	return out
}

// link is an archive whose only entry is a symbolic link.
func link(name, to string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: name, CreatorVersion: 3 << 8, ExternalAttrs: 0o120777 << 16}
	w, err := z.CreateHeader(h)
	must(err)
	_, err = w.Write([]byte(to))
	must(err)
	must(z.Close())
	return b.Bytes()
}
