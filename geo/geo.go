// SPDX-License-Identifier: EUPL-1.2

// Package geo holds what all readers, checks and writers of areas and places share: a layer of features with text-exact properties, and
// findings that say what is wrong, where, and what a clerk can do about it.
//
// Invariants: a property keeps the text it had in the file, so the key "01100101" never loses its zero; coordinates are x = east or
// longitude first, y = north or latitude second, always two-dimensional; nothing here reads the network or writes a file.
package geo

import (
	"strconv"

	"github.com/peterstace/simplefeatures/geom"
)

// Layer is one table of features as a file held it.
type Layer struct {
	// Name is the name the file gives the layer, or the file's own name.
	Name string
	// CRS is the EPSG code of the coordinates; 0 means the file does not say it in a way we know.
	CRS int
	// CRSText is what the file says about its coordinate system, word for word.
	CRSText string
	// Fields lists the property names in the order of their first appearance.
	Fields []string
	// Features are the accepted features; those refused by a finding of severity Row are left out.
	Features []Feature
}

// Feature is one area or place.
type Feature struct {
	// Index is the 0-based position in the file, counting refused features too.
	Index int
	// Line is the line of the file where the feature starts, 0 where the format has no lines.
	Line int
	// ID is the identifier beside the properties (GeoJSON "id", GeoPackage primary key), if any.
	ID         string
	Properties Properties
	Geometry   geom.Geometry
}

// Property is a named value.
type Property struct {
	Name  string
	Value Value
}

// Properties is an ordered list of named values.
type Properties []Property

// Get returns the value called name and whether it exists.
func (p Properties) Get(name string) (Value, bool) {
	for i := range p {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return Value{}, false
}

// Text returns the text of the value called name, empty when it is absent or null.
func (p Properties) Text(name string) string {
	v, _ := p.Get(name)
	return v.Text
}

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Null    Kind = iota // no value
	String              // text
	Number              // Text is the number as written, with a decimal point
	Bool                // Text is "true" or "false"
	Date                // Text is YYYY-MM-DD
	JSON                // Text is a JSON object or array
	Missing             // a typed gap, Text is what stood there (dBASE "****")
)

// Value is a property value that keeps its text.
type Value struct {
	Kind Kind
	Text string
}

// StringValue is a text value.
func StringValue(s string) Value { return Value{String, s} }

// NumberValue is a number in its shortest exact form.
func NumberValue(f float64) Value { return Value{Number, strconv.FormatFloat(f, 'f', -1, 64)} }

// IntValue is a whole number.
func IntValue(i int64) Value { return Value{Number, strconv.FormatInt(i, 10)} }

// BoolValue is a truth value.
func BoolValue(b bool) Value { return Value{Bool, strconv.FormatBool(b)} }

// Float returns the value as a number; ok is false when it is none. Text that looks like a number counts, because many sources quote numbers.
func (v Value) Float() (f float64, ok bool) {
	if v.Kind != Number && v.Kind != String {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	return f, err == nil
}

// Want says which geometries the caller can use.
type Want uint8

// The wishes a caller can have.
const (
	AnyGeometry Want = iota
	Areas            // polygons and multipolygons
	Points           // points and multipoints
)

// Accepts reports whether a geometry of type t serves the wish.
func (w Want) Accepts(t geom.GeometryType) bool {
	switch w {
	case Areas:
		return t == geom.TypePolygon || t == geom.TypeMultiPolygon
	case Points:
		return t == geom.TypePoint || t == geom.TypeMultiPoint
	default:
		return true
	}
}

// String names the wish in English.
func (w Want) String() string {
	switch w {
	case Areas:
		return "areas"
	case Points:
		return "points"
	default:
		return "any geometry"
	}
}

// Limits bound what a reader takes in, so that no file can exhaust the machine.
type Limits struct {
	MaxBytes    int64 // size of the file
	MaxUnzipped int64 // sum of the unpacked members of an archive
	MaxEntries  int   // members of an archive
	MaxFeatures int
	MaxVertices int // over the whole layer
	MaxFields   int
	MaxText     int // bytes of one property
	MaxDepth    int // nesting of JSON
}

// DefaultLimits suits a city of a million addresses; the documented limit for one import is 2 million vertices.
func DefaultLimits() Limits {
	return Limits{
		MaxBytes:    512 << 20,
		MaxUnzipped: 512 << 20,
		MaxEntries:  1000,
		MaxFeatures: 1_000_000,
		MaxVertices: 2_000_000,
		MaxFields:   2000,
		MaxText:     1 << 20,
		MaxDepth:    64,
	}
}

// OrDefault fills fields that are zero from DefaultLimits.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits()
	if l.MaxBytes == 0 {
		l.MaxBytes = d.MaxBytes
	}
	if l.MaxUnzipped == 0 {
		l.MaxUnzipped = d.MaxUnzipped
	}
	if l.MaxEntries == 0 {
		l.MaxEntries = d.MaxEntries
	}
	if l.MaxFeatures == 0 {
		l.MaxFeatures = d.MaxFeatures
	}
	if l.MaxVertices == 0 {
		l.MaxVertices = d.MaxVertices
	}
	if l.MaxFields == 0 {
		l.MaxFields = d.MaxFields
	}
	if l.MaxText == 0 {
		l.MaxText = d.MaxText
	}
	if l.MaxDepth == 0 {
		l.MaxDepth = d.MaxDepth
	}
	return l
}

// ReadOptions are the wishes and answers of the person who imports; they are the same for all formats.
type ReadOptions struct {
	Want   Want
	Limits Limits
	// CRS is the EPSG code the person chose; it wins over what the file says. 0 takes the file's word.
	CRS int
	// SwapAxes exchanges the coordinates of every vertex, for files that wrote latitude first.
	SwapAxes bool
	// Layer picks one of several layers (GeoPackage table, shapefile of a zip).
	Layer string
	// Encoding is the character set of dBASE texts the person chose, for example "CP850"; empty takes the file's word.
	Encoding string
}

// Bounds is a rectangle in the coordinates of a layer.
type Bounds struct{ MinX, MinY, MaxX, MaxY float64 }

// Bounds returns the rectangle around all features; ok is false when there is no coordinate.
func (l Layer) Bounds() (b Bounds, ok bool) {
	var e geom.Envelope
	for i := range l.Features {
		e = e.ExpandToIncludeEnvelope(l.Features[i].Geometry.Envelope())
	}
	return EnvelopeBounds(e)
}

// EnvelopeBounds turns an envelope into bounds; ok is false for an empty one.
func EnvelopeBounds(e geom.Envelope) (b Bounds, ok bool) {
	lo, hi, ok := e.MinMaxXYs()
	return Bounds{lo.X, lo.Y, hi.X, hi.Y}, ok
}
