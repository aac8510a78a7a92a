// SPDX-License-Identifier: EUPL-1.2

// Package crs converts coordinates between the systems German municipalities deliver: ETRS89 and WGS 84 in degrees, UTM, Gauß-Krüger on
// the old DHDN datum, web Mercator and the European census grid.
//
// Invariants: x is east or longitude, y is north or latitude, whatever axis order the EPSG register names; degrees, not radians. ETRS89
// and WGS 84 are taken as equal (they drift apart by about 2.5 cm a year, below what area borders mean). DHDN is tied to ETRS89 by seven
// parameters (EPSG:1776, about 2 m) or, when a grid is given, by NTv2 (BETA2007, within 1 mm of PROJ).
package crs

import (
	"fmt"
	"math"
	"sort"
)

const rad = math.Pi / 180

type ellipsoid struct{ a, f float64 }

func (e ellipsoid) e2() float64 { return e.f * (2 - e.f) }

var (
	grs80  = ellipsoid{6378137, 1 / 298.257222101}   // EPSG:7019
	wgs84  = ellipsoid{6378137, 1 / 298.257223563}   // EPSG:7030
	bessel = ellipsoid{6377397.155, 1 / 299.1528128} // EPSG:7004
)

// projection turns geographic radians into plane metres and back.
type projection interface {
	forward(lon, lat float64) (x, y float64)
	inverse(x, y float64) (lon, lat float64)
}

// System is a coordinate reference system we can read and write.
type System struct {
	EPSG int
	Name string
	// Geographic is true for degrees, false for metres.
	Geographic bool
	// DHDN is true on the old German datum, where the grid file matters.
	DHDN bool
	proj projection // nil for geographic systems
}

// The codes of the EPSG register that we know.
const (
	WGS84         = 4326
	ETRS89        = 4258
	DHDN          = 4314
	UTM31         = 25831
	UTM32         = 25832
	UTM33         = 25833
	UTM32Prefixed = 4647
	UTM33Prefixed = 5650
	GK2           = 31466
	GK3           = 31467
	GK4           = 31468
	GK5           = 31469
	WebMercator   = 3857
	LAEAEurope    = 3035
)

var systems = map[int]System{
	WGS84:         {EPSG: WGS84, Name: "WGS 84", Geographic: true},
	ETRS89:        {EPSG: ETRS89, Name: "ETRS89", Geographic: true},
	DHDN:          {EPSG: DHDN, Name: "DHDN", Geographic: true, DHDN: true},
	UTM31:         {EPSG: UTM31, Name: "ETRS89 / UTM zone 31N", proj: newTM(grs80, 3, .9996, 500000)},
	UTM32:         {EPSG: UTM32, Name: "ETRS89 / UTM zone 32N", proj: newTM(grs80, 9, .9996, 500000)},
	UTM33:         {EPSG: UTM33, Name: "ETRS89 / UTM zone 33N", proj: newTM(grs80, 15, .9996, 500000)},
	UTM32Prefixed: {EPSG: UTM32Prefixed, Name: "ETRS89 / UTM zone 32N (zE-N)", proj: newTM(grs80, 9, .9996, 32500000)},
	UTM33Prefixed: {EPSG: UTM33Prefixed, Name: "ETRS89 / UTM zone 33N (zE-N)", proj: newTM(grs80, 15, .9996, 33500000)},
	32632:         {EPSG: 32632, Name: "WGS 84 / UTM zone 32N", proj: newTM(wgs84, 9, .9996, 500000)},
	32633:         {EPSG: 32633, Name: "WGS 84 / UTM zone 33N", proj: newTM(wgs84, 15, .9996, 500000)},
	GK2:           {EPSG: GK2, Name: "DHDN / 3-degree Gauss-Kruger zone 2", DHDN: true, proj: newTM(bessel, 6, 1, 2500000)},
	GK3:           {EPSG: GK3, Name: "DHDN / 3-degree Gauss-Kruger zone 3", DHDN: true, proj: newTM(bessel, 9, 1, 3500000)},
	GK4:           {EPSG: GK4, Name: "DHDN / 3-degree Gauss-Kruger zone 4", DHDN: true, proj: newTM(bessel, 12, 1, 4500000)},
	GK5:           {EPSG: GK5, Name: "DHDN / 3-degree Gauss-Kruger zone 5", DHDN: true, proj: newTM(bessel, 15, 1, 5500000)},
	WebMercator:   {EPSG: WebMercator, Name: "WGS 84 / Pseudo-Mercator", proj: webMercator{}},
	LAEAEurope:    {EPSG: LAEAEurope, Name: "ETRS89-extended / LAEA Europe", proj: newLAEA(grs80, 52, 10, 4321000, 3210000)},
}

// Systems lists all known systems by code.
func Systems() []System {
	out := make([]System, 0, len(systems))
	for _, s := range systems {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].EPSG < out[j].EPSG })
	return out
}

// Lookup returns the system with the EPSG code.
func Lookup(epsg int) (System, bool) {
	s, ok := systems[epsg]
	return s, ok
}

// UnknownSystemError says that we cannot convert a system.
type UnknownSystemError struct{ EPSG int }

// Error names the code and the way out.
func (e *UnknownSystemError) Error() string {
	return fmt.Sprintf("coordinate system EPSG:%d is not supported; convert the file to EPSG:25832, 25833 or 4326", e.EPSG)
}
