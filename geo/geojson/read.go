// SPDX-License-Identifier: EUPL-1.2

// Package geojson reads and writes areas and places as GeoJSON: RFC 7946, and with the older "crs" member that German geoportals still write.
//
// Invariants: a file is read as a stream with bounded depth and size; every fault carries line and column; numbers in properties keep
// their text; unclosed or crossing rings are handed on unchanged for package topology to judge; only x and y are kept.
package geojson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// Read reads a FeatureCollection, a Feature or a bare geometry. The error is a *geo.RefusedError when the file is refused whole, or the
// error of r. The findings include those of crs.Check; the coordinates are those of the file, in the system Layer.CRS.
func Read(r io.Reader, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	lim := opt.Limits.OrDefault()
	p := &reader{opt: opt, lim: lim, s: newScanner(r, lim.MaxBytes, lim.MaxDepth, lim.MaxText), fields: map[string]string{}}
	err := p.document()
	var se *syntaxError
	if errors.As(err, &se) {
		p.findings = append(p.findings, geo.Finding{Code: se.code, Severity: geo.Refuse, Feature: geo.WholeFile, Line: se.line, Column: se.column, Params: se.params, Message: se.message})
		return geo.Layer{}, p.findings, p.findings.Err()
	}
	if err != nil {
		return geo.Layer{}, p.findings, fmt.Errorf("reading GeoJSON: %w", err)
	}
	p.finish()
	if err := p.findings.Err(); err != nil {
		return geo.Layer{}, p.findings, err
	}
	return p.layer, p.findings, nil
}

type reader struct {
	s        *scanner
	opt      geo.ReadOptions
	lim      geo.Limits
	layer    geo.Layer
	findings geo.Findings
	fields   map[string]string // interns property names
	index    int
	vertices int
	higher   int // features with more than two coordinates a vertex
	crsRaw   string
	crsSeen  bool
}

// document reads the root object, whatever the order of its members.
func (p *reader) document() error {
	if err := p.begin(); err != nil {
		return err
	}
	c, err := p.s.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		if err := p.s.skip(); err != nil {
			return err
		}
		return notGeoJSON(p.s, "The file is no GeoJSON: its content is not an object.")
	}
	var f rawFeature
	f.line = p.s.line
	hasFeatures := false
	err = p.s.object(func(name string) error {
		switch name {
		case "features":
			hasFeatures = true
			return p.features()
		case "crs":
			var err error
			p.crsSeen = true
			p.crsRaw, err = p.s.rawValue()
			return err
		case "name":
			if c, err := p.s.peek(); err != nil || c != '"' {
				return p.s.skip()
			}
			var err error
			p.layer.Name, err = p.s.text()
			return err
		default:
			return p.member(&f, name)
		}
	})
	if err != nil {
		return err
	}
	if c, err := p.s.peek(); err == nil {
		return p.s.fail("json.trailing", fmt.Sprintf("After the end of the data follows %q; a file must hold one GeoJSON object (line-separated GeoJSON is not supported).", c), nil)
	} else if p.s.err != nil {
		return p.s.err
	}
	switch {
	case f.typ == "FeatureCollection" && hasFeatures:
		return nil
	case f.typ == "FeatureCollection":
		return notGeoJSON(p.s, "The file is no GeoJSON: the FeatureCollection has no list \"features\".")
	case f.typ == "Feature":
		return p.add(&f)
	case geometryTypes[f.typ]:
		g := f.rawGeometry
		f.geometry = &g
		f.bare = true
		return p.add(&f)
	default:
		return notGeoJSON(p.s, fmt.Sprintf("The file is no GeoJSON: its \"type\" is %q.", f.typ))
	}
}

var geometryTypes = map[string]bool{"Point": true, "MultiPoint": true, "LineString": true, "MultiLineString": true, "Polygon": true, "MultiPolygon": true, "GeometryCollection": true}

func notGeoJSON(s *scanner, message string) error {
	return &syntaxError{code: "geojson.type", line: s.line, message: message}
}

// begin refuses what is obviously something else, with a hint.
func (p *reader) begin() error {
	c, ok := p.s.peekByte()
	if !ok {
		if p.s.err != nil {
			return p.s.err
		}
		return &syntaxError{code: "file.empty", message: "The file is empty."}
	}
	head := p.s.buf[p.s.pos:p.s.end]
	has := func(s string) bool { return strings.HasPrefix(string(head[:min(len(head), 32)]), s) }
	format := func(what, advice string) error {
		return &syntaxError{code: "file.format", message: "The file is no GeoJSON but " + what + "; " + advice + ".", params: map[string]any{"format": what}}
	}
	switch {
	case has("\xEF\xBB\xBF"):
		p.s.pos += 3
		if _, err := p.s.peek(); err != nil {
			return &syntaxError{code: "file.empty", message: "The file is empty."}
		}
		return nil
	case has("\xFF\xFE"), has("\xFE\xFF"), has("{\x00"), has("\x00{"):
		return &syntaxError{code: "file.encoding", message: "The file is written in UTF-16; save it as UTF-8."}
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return format("a zip archive", "import it as a shapefile")
	case has("SQLite format 3"):
		return format("a GeoPackage or database", "import it as a GeoPackage")
	case c == '<':
		return format("an HTML or XML page", "export it as GeoJSON")
	}
	if _, err := p.s.peek(); err != nil {
		if p.s.err != nil {
			return p.s.err
		}
		return &syntaxError{code: "file.empty", message: "The file holds nothing but white space."}
	}
	return nil
}

func (p *reader) features() error {
	c, err := p.s.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return p.s.unexpected(c, "the list of features […]")
	}
	return p.s.array(func() error {
		c, err := p.s.peek()
		if err != nil {
			return err
		}
		f := rawFeature{line: p.s.line}
		if c != '{' {
			if err := p.s.skip(); err != nil {
				return err
			}
			p.row(&f, "geometry.malformed", "This entry is no feature.", nil)
			p.index++
			return nil
		}
		if err := p.s.object(func(name string) error { return p.member(&f, name) }); err != nil {
			return err
		}
		return p.add(&f)
	})
}

// rawGeometry is a geometry before its type is known; members come in any order.
type rawGeometry struct {
	typ       string
	coords    coords
	hasCoords bool
	parts     []rawGeometry
	malformed bool
}

type rawFeature struct {
	rawGeometry // when the root is a bare geometry; holds "type" of features too
	line        int
	id          string
	geometry    *rawGeometry
	props       geo.Properties
	hasProps    bool
	bare        bool
}

func (p *reader) member(f *rawFeature, name string) error {
	c, err := p.s.peek()
	if err != nil {
		return err
	}
	switch {
	case name == "id" && c == '"':
		f.id, err = p.s.text()
	case name == "id" && (c == '-' || c >= '0' && c <= '9'):
		var b []byte
		b, err = p.s.number()
		f.id = string(b)
	case name == "geometry" && c == '{':
		f.geometry = &rawGeometry{}
		err = p.geometry(f.geometry)
	case name == "properties" && c == '{':
		f.hasProps = true
		f.props, err = p.properties()
	default:
		err = p.geometryMember(&f.rawGeometry, name)
	}
	return err
}

func (p *reader) geometry(g *rawGeometry) error {
	return p.s.object(func(name string) error { return p.geometryMember(g, name) })
}

func (p *reader) geometryMember(g *rawGeometry, name string) error {
	c, err := p.s.peek()
	if err != nil {
		return err
	}
	switch {
	case name == "type" && c == '"':
		g.typ, err = p.s.text()
	case name == "coordinates" && c == '[':
		g.hasCoords = true
		g.coords, err = p.coords()
	case name == "geometries" && c == '[':
		err = p.s.array(func() error {
			if c, err := p.s.peek(); err != nil || c != '{' {
				g.malformed = true
				return p.s.skip()
			}
			var part rawGeometry
			if err := p.geometry(&part); err != nil {
				return err
			}
			g.parts = append(g.parts, part)
			return nil
		})
	default:
		err = p.s.skip()
	}
	return err
}

func (p *reader) properties() (geo.Properties, error) {
	var props geo.Properties
	err := p.s.object(func(name string) error {
		in, ok := p.fields[name]
		if !ok {
			if len(p.fields) >= p.lim.MaxFields {
				return p.s.fail("limit.fields", fmt.Sprintf("The file has more than %d different properties.", p.lim.MaxFields), map[string]any{"limit": p.lim.MaxFields})
			}
			in = name
			p.fields[name] = name
			p.layer.Fields = append(p.layer.Fields, name)
		}
		v, err := p.value()
		props = append(props, geo.Property{Name: in, Value: v})
		return err
	})
	return props, err
}

func (p *reader) value() (geo.Value, error) {
	c, err := p.s.peek()
	if err != nil {
		return geo.Value{}, err
	}
	switch {
	case c == '"':
		t, err := p.s.text()
		return geo.Value{Kind: geo.String, Text: t}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.numberValue()
	case c == 't':
		return geo.Value{Kind: geo.Bool, Text: "true"}, p.s.literal("true")
	case c == 'f':
		return geo.Value{Kind: geo.Bool, Text: "false"}, p.s.literal("false")
	case c == 'n':
		return geo.Value{}, p.s.literal("null")
	default:
		t, err := p.s.rawValue()
		return geo.Value{Kind: geo.JSON, Text: t}, err
	}
}

func (p *reader) numberValue() (geo.Value, error) {
	line, column := p.s.line, p.s.column
	b, err := p.s.number()
	if err != nil {
		return geo.Value{}, err
	}
	v := geo.Value{Kind: geo.Number, Text: string(b)}
	if _, ok := v.Float(); !ok {
		return v, &syntaxError{"json.notfinite", line, column, fmt.Sprintf("The number %s is too large.", v.Text), map[string]any{"number": v.Text}}
	}
	return v, nil
}

// row records a feature that is refused on its own.
func (p *reader) row(f *rawFeature, code, message string, params map[string]any) {
	p.findings = append(p.findings, geo.Finding{Code: code, Severity: geo.Row, Feature: p.index, Line: f.line, Params: params, Message: message})
}

// add turns what was read into a feature or a finding.
func (p *reader) add(f *rawFeature) error {
	defer func() { p.index++ }()
	if p.index >= p.lim.MaxFeatures {
		return p.s.fail("limit.features", fmt.Sprintf("The file has more than %d features.", p.lim.MaxFeatures), map[string]any{"limit": p.lim.MaxFeatures})
	}
	if !f.bare && f.typ != "Feature" {
		p.row(f, "geometry.malformed", fmt.Sprintf("This entry is no feature: its \"type\" is %q.", f.typ), map[string]any{"type": f.typ})
		return nil
	}
	if f.geometry == nil {
		p.row(f, "geometry.missing", "The feature has no geometry.", nil)
		return nil
	}
	g, higher, problem := p.build(f.geometry)
	switch {
	case problem != "":
		p.row(f, "geometry.malformed", problem, map[string]any{"type": f.geometry.typ})
		return nil
	case p.opt.Want != geo.AnyGeometry && !p.opt.Want.Accepts(g.Type()):
		p.row(f, "geometry.kind", fmt.Sprintf("The feature is a %s, but %s are wanted.", f.geometry.typ, p.opt.Want), map[string]any{"type": f.geometry.typ, "wanted": p.opt.Want.String()})
		return nil
	case g.IsEmpty():
		p.row(f, "geometry.missing", "The feature has an empty geometry.", nil)
		return nil
	}
	if higher {
		p.higher++
	}
	if !f.hasProps && !f.bare {
		p.findings = append(p.findings, geo.Finding{Code: "properties.missing", Severity: geo.Warn, Feature: p.index, Line: f.line, Message: "The feature has no properties, so it has neither key nor name."})
	}
	p.layer.Features = append(p.layer.Features, geo.Feature{Index: p.index, Line: f.line, ID: f.id, Properties: f.props, Geometry: g})
	return nil
}

// finish judges the layer as a whole.
func (p *reader) finish() {
	if p.s.nul > 0 {
		p.findings = append(p.findings, geo.Finding{Code: "text.nul", Severity: geo.Warn, Feature: geo.WholeFile, Line: p.s.nul, Message: "Texts contain NUL characters; they were removed."})
	}
	if p.higher > 0 {
		p.findings = append(p.findings, geo.Finding{Code: "coordinates.higher", Severity: geo.Info, Feature: geo.WholeFile, Params: map[string]any{"features": p.higher}, Message: fmt.Sprintf("Heights or measures of %d features were dropped; only x and y are kept.", p.higher)})
	}
	p.system()
	if len(p.layer.Features) > 0 {
		p.findings = append(p.findings, crs.Check(&p.layer)...)
	}
	if len(p.layer.Features) == 0 && p.findings.Err() == nil {
		p.findings = append(p.findings, geo.Finding{Code: "layer.empty", Severity: geo.Refuse, Feature: geo.WholeFile, Params: map[string]any{"features": p.index, "wanted": p.opt.Want.String()}, Message: fmt.Sprintf("Of the %d features of the file none can be used as %s.", p.index, p.opt.Want)})
	}
}

// system sets Layer.CRS: the choice of the person, else the "crs" member, else WGS 84 as RFC 7946 says.
func (p *reader) system() {
	p.layer.CRS = crs.WGS84
	if p.crsSeen {
		p.layer.CRS, p.layer.CRSText = crsMember(p.crsRaw)
	}
	if p.opt.CRS != 0 {
		p.layer.CRS = p.opt.CRS
	}
}

// crsMember understands the forms of the GeoJSON specification of 2008 and of its drafts.
func crsMember(raw string) (int, string) {
	var m struct {
		Type       string
		Properties struct {
			Name string
			Code json.Number
		}
	}
	if err := json.Unmarshal([]byte(raw), &m); err != nil || raw == "null" {
		return 0, raw
	}
	if m.Properties.Name != "" {
		e, _ := crs.ParseName(m.Properties.Name)
		return e, m.Properties.Name
	}
	if strings.EqualFold(m.Type, "EPSG") {
		if n, err := m.Properties.Code.Int64(); err == nil && n > 0 && n < 1e6 {
			return int(n), "EPSG:" + m.Properties.Code.String()
		}
	}
	if !utf8.ValidString(raw) {
		return 0, ""
	}
	return 0, raw
}

// emptyOf is the empty geometry of a GeoJSON type.
func emptyOf(typ string) geom.Geometry {
	switch typ {
	case "Point":
		return geom.Point{}.AsGeometry()
	case "MultiPoint":
		return geom.MultiPoint{}.AsGeometry()
	case "LineString":
		return geom.LineString{}.AsGeometry()
	case "MultiLineString":
		return geom.MultiLineString{}.AsGeometry()
	case "Polygon":
		return geom.Polygon{}.AsGeometry()
	case "MultiPolygon":
		return geom.MultiPolygon{}.AsGeometry()
	default:
		return geom.GeometryCollection{}.AsGeometry()
	}
}
