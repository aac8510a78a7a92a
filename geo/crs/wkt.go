// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"math"
	"strconv"
	"strings"
)

// ParseWKT reads the well-known text of a coordinate system (ESRI .prj, OGC WKT 1 or WKT 2) and returns its EPSG code. It trusts datum, method
// and parameters more than names and authority codes, since exporters get those wrong; ok is false for systems we do not know.
func ParseWKT(s string) (epsg int, ok bool) {
	n := parseWKT(s)
	if n == nil {
		return 0, false
	}
	switch n.keyword {
	case "COMPD_CS", "COMPOUNDCRS", "BOUNDCRS", "SOURCECRS":
		for _, c := range n.children {
			if e, ok := identify(c); ok {
				return e, true
			}
			for _, d := range c.children {
				if e, ok := identify(d); ok {
					return e, true
				}
			}
		}
		return 0, false
	}
	if e, ok := identify(n); ok {
		return e, true
	}
	return 0, false
}

// node is KEYWORD["text", 1.5, CHILD[…]].
type node struct {
	keyword  string
	texts    []string
	numbers  []float64
	children []*node
}

// parseWKT is tolerant of white space, either bracket and letter case; it returns nil for text that is no WKT. Depth and length are bounded.
func parseWKT(s string) *node {
	if len(s) > 64<<10 {
		return nil
	}
	p := &wktParser{s: strings.TrimSpace(strings.TrimPrefix(s, "\uFEFF"))}
	n := p.node(0)
	if n == nil || p.bad {
		return nil
	}
	return n
}

type wktParser struct {
	s   string
	at  int
	bad bool
}

func (p *wktParser) space() {
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.at]) >= 0 {
		p.at++
	}
}

func (p *wktParser) peek() byte {
	p.space()
	if p.at >= len(p.s) {
		return 0
	}
	return p.s[p.at]
}

// node reads a keyword and its list, or nil when a bare word stands there (an axis direction).
func (p *wktParser) node(depth int) *node {
	p.space()
	start := p.at
	for p.at < len(p.s) && (p.s[p.at] == '_' || p.s[p.at]|0x20 >= 'a' && p.s[p.at]|0x20 <= 'z' || p.s[p.at] >= '0' && p.s[p.at] <= '9') {
		p.at++
	}
	word := strings.ToUpper(p.s[start:p.at])
	if word == "" || depth > 20 {
		p.bad = true
		return nil
	}
	if c := p.peek(); c != '[' && c != '(' {
		return nil
	}
	p.at++
	n := &node{keyword: word}
	for !p.bad {
		switch c := p.peek(); {
		case c == '"':
			n.texts = append(n.texts, p.quoted())
		case c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9':
			n.numbers = append(n.numbers, p.number())
		default:
			if child := p.node(depth + 1); child != nil {
				n.children = append(n.children, child)
			}
		}
		switch c := p.peek(); c {
		case ',':
			p.at++
		case ']', ')':
			p.at++
			return n
		default:
			p.bad = true
		}
	}
	return nil
}

func (p *wktParser) quoted() string {
	p.at++
	end := strings.IndexByte(p.s[p.at:], '"')
	if end < 0 {
		p.bad = true
		return ""
	}
	t := p.s[p.at : p.at+end]
	p.at += end + 1
	return t
}

func (p *wktParser) number() float64 {
	start := p.at
	for p.at < len(p.s) && strings.IndexByte("+-.eE0123456789", p.s[p.at]) >= 0 {
		p.at++
	}
	f, err := strconv.ParseFloat(p.s[start:p.at], 64)
	if err != nil {
		p.bad = true
	}
	return f
}

// find returns the first child with one of the keywords.
func (n *node) find(keywords ...string) *node {
	for _, c := range n.children {
		for _, k := range keywords {
			if c.keyword == k {
				return c
			}
		}
	}
	return nil
}

func (n *node) text() string {
	if n == nil || len(n.texts) == 0 {
		return ""
	}
	return n.texts[0]
}

// plain reduces a name to its lower-case letters and digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 32
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// datum names the geographic system of a GEOGCS node.
func datum(geog *node) (epsg int, ok bool) {
	if geog == nil {
		return 0, false
	}
	d := geog.find("DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE")
	if pm := geog.find("PRIMEM", "PRIMEMERIDIAN"); pm != nil && len(pm.numbers) > 0 && pm.numbers[0] != 0 {
		return 0, false
	}
	for _, name := range []string{plain(d.text()), plain(geog.text())} {
		switch {
		case name == "":
		case strings.Contains(name, "etrs") || strings.Contains(name, "europeanterrestrialreferencesystem"):
			return ETRS89, true
		case strings.Contains(name, "wgs1984") || strings.Contains(name, "wgs84") || strings.Contains(name, "worldgeodeticsystem1984"):
			return WGS84, true
		case strings.Contains(name, "dhdn") || strings.Contains(name, "deutscheshauptdreiecksnetz") || strings.Contains(name, "potsdam"):
			return DHDN, true
		}
	}
	if d != nil {
		if e := d.find("SPHEROID", "ELLIPSOID"); e != nil && len(e.numbers) > 1 && e.numbers[0] == 6378137 && strings.HasPrefix(plain(d.text()), "unknown") {
			return ETRS89, true // "unknown based on GRS80": exporters that lost the name
		}
	}
	return 0, false
}

func identify(n *node) (int, bool) {
	switch n.keyword {
	case "GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS":
		return datum(n)
	case "PROJCS", "PROJCRS", "PROJECTEDCRS":
	default:
		return 0, false
	}
	base, ok := datum(n.find("GEOGCS", "BASEGEOGCRS", "BASEGEODCRS"))
	if !ok {
		return 0, false
	}
	if u := n.find("UNIT", "LENGTHUNIT"); u != nil && (len(u.numbers) == 0 || math.Abs(u.numbers[0]-1) > 1e-9) {
		return 0, false
	}
	method, params := n.find("PROJECTION"), n
	if c := n.find("CONVERSION"); c != nil {
		method, params = c.find("METHOD", "PROJECTION"), c
	}
	v := map[string]float64{"scale": 1}
	for _, c := range params.children {
		if c.keyword == "PARAMETER" && len(c.numbers) > 0 {
			v[parameter(plain(c.text()))] = c.numbers[0]
		}
	}
	is := func(k string, want float64) bool { return math.Abs(v[k]-want) <= 1e-9*max(1, math.Abs(want)) }
	switch m := plain(method.text()); {
	case strings.HasPrefix(m, "transversemercator") || strings.HasPrefix(m, "gausskruger"):
		return transverseMercator(base, is)
	case strings.HasPrefix(m, "lambertazimuthalequalarea"):
		return LAEAEurope, base == ETRS89 && is("lat", 52) && is("lon", 10) && is("east", 4321000) && is("north", 3210000)
	case strings.HasPrefix(m, "mercatorauxiliarysphere") || strings.HasPrefix(m, "popularvisualisationpseudomercator") ||
		strings.HasPrefix(m, "mercator1sp") && strings.Contains(plain(n.text()), "pseudomercator"):
		return WebMercator, base == WGS84 && is("lon", 0) && is("east", 0) && is("north", 0)
	}
	return 0, false
}

// parameter brings the spellings of ESRI, OGC and WKT 2 together.
func parameter(name string) string {
	switch name {
	case "falseeasting", "eastingatfalseorigin":
		return "east"
	case "falsenorthing", "northingatfalseorigin":
		return "north"
	case "centralmeridian", "longitudeofcenter", "longitudeofnaturalorigin", "longitudeoforigin", "longitudeofcentre":
		return "lon"
	case "latitudeoforigin", "latitudeofcenter", "latitudeofnaturalorigin", "latitudeofcentre":
		return "lat"
	case "scalefactor", "scalefactoratnaturalorigin":
		return "scale"
	}
	return name
}

func transverseMercator(base int, is func(string, float64) bool) (int, bool) {
	if !is("lat", 0) || !is("north", 0) {
		return 0, false
	}
	zone := func(lon, scale, east float64) bool { return is("lon", lon) && is("scale", scale) && is("east", east) }
	switch base {
	case DHDN:
		for i, e := range []int{GK2, GK3, GK4, GK5} {
			if k := float64(i + 2); zone(3*k, 1, k*1e6+500000) {
				return e, true
			}
		}
	case ETRS89:
		for e, z := range map[int][2]float64{UTM31: {3, 500000}, UTM32: {9, 500000}, UTM33: {15, 500000}, UTM32Prefixed: {9, 32500000}, UTM33Prefixed: {15, 33500000}} {
			if zone(z[0], .9996, z[1]) {
				return e, true
			}
		}
	case WGS84:
		if zone(9, .9996, 500000) {
			return 32632, true
		}
		if zone(15, .9996, 500000) {
			return 32633, true
		}
	}
	return 0, false
}
