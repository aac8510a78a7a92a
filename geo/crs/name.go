// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"regexp"
	"strconv"
	"strings"
)

// epsgForms are the ways files name an EPSG code: "EPSG:25833", "urn:ogc:def:crs:EPSG::25833", "urn:x-ogc:def:crs:EPSG:8.5:25833",
// "http://www.opengis.net/def/crs/EPSG/0/25833", "http://www.opengis.net/gml/srs/epsg.xml#25833" (OGC 09-048r5 and its ancestors).
var epsgForms = regexp.MustCompile(`(?i)^(?:urn:(?:x-)?ogc:def:crs:EPSG:[0-9.]*:|EPSG::?|https?://www\.opengis\.net/def/crs/EPSG/[0-9.]+/|https?://www\.opengis\.net/gml/srs/epsg\.xml#|https?://(?:www\.)?epsg-registry\.org/[^0-9]*|https?://spatialreference\.org/ref/epsg/)([0-9]{4,6})/?$`)

var crs84Forms = regexp.MustCompile(`(?i)^(?:urn:(?:x-)?ogc:def:crs:OGC:[0-9.]*:CRS84|OGC:CRS84|CRS:?84|https?://www\.opengis\.net/def/crs/OGC/[0-9.]+/CRS84)$`)

// ParseName reads a name of a coordinate system and returns its EPSG code; CRS84 is 4326, since x is always east here. The code may be one
// that Lookup does not know; ok is false when the text names no code.
func ParseName(s string) (epsg int, ok bool) {
	s = strings.TrimSpace(s)
	if crs84Forms.MatchString(s) {
		return WGS84, true
	}
	if m := epsgForms.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		return n, err == nil
	}
	return 0, false
}
