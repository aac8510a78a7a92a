// SPDX-License-Identifier: EUPL-1.2

package crs

import "math"

// helmert is EPSG:1776, DHDN to ETRS89 (2): position vector convention, 3 m by the register, about 2 m in practice.
const (
	dx, dy, dz = 598.1, 73.7, 418.2
	arcsec     = rad / 3600
	rx, ry, rz = 0.202 * arcsec, 0.045 * arcsec, -2.455 * arcsec
	scale      = 1 + 6.7e-6
)

func geocentric(e ellipsoid, lon, lat float64) (x, y, z float64) {
	sl, cl := math.Sincos(lon)
	s, c := math.Sincos(lat)
	n := e.a / math.Sqrt(1-e.e2()*s*s)
	return n * c * cl, n * c * sl, n * (1 - e.e2()) * s
}

// geodetic drops the height: area borders have none, and DHDN was a system of position only.
func geodetic(e ellipsoid, x, y, z float64) (lon, lat float64) {
	e2 := e.e2()
	p := math.Hypot(x, y)
	lat = math.Atan2(z, p*(1-e2))
	for range 8 {
		s := math.Sin(lat)
		next := math.Atan2(z+e2*e.a/math.Sqrt(1-e2*s*s)*s, p)
		if math.Abs(next-lat) < 1e-15 {
			return math.Atan2(y, x), next
		}
		lat = next
	}
	return math.Atan2(y, x), lat
}

func helmertToETRS89(lon, lat float64) (float64, float64) {
	x, y, z := geocentric(bessel, lon, lat)
	return geodetic(grs80,
		dx+scale*(x-rz*y+ry*z),
		dy+scale*(rz*x+y-rx*z),
		dz+scale*(-ry*x+rx*y+z))
}

// helmertToDHDN applies the transposed rotation, as PROJ does for the inverse of the small-angle form.
func helmertToDHDN(lon, lat float64) (float64, float64) {
	x, y, z := geocentric(grs80, lon, lat)
	x, y, z = (x-dx)/scale, (y-dy)/scale, (z-dz)/scale
	return geodetic(bessel,
		x+rz*y-ry*z,
		-rz*x+y+rx*z,
		ry*x-rx*y+z)
}
