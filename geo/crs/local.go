// SPDX-License-Identifier: EUPL-1.2

package crs

// Local is a plane in metres around a place: Lambert's azimuthal equal-area projection of GRS80 centred there. Areas are true everywhere;
// straight lines of a city's size are geodesics within a few centimetres.
type Local struct{ p *laea }

// NewLocal centres the plane on ETRS89 degrees.
func NewLocal(lon, lat float64) Local { return Local{newLAEA(grs80, lat, lon, 0, 0)} }

// XY returns metres east and north of the centre.
func (l Local) XY(lon, lat float64) (x, y float64) { return l.p.forward(lon*rad, lat*rad) }

// LonLat returns the degrees of a point of the plane.
func (l Local) LonLat(x, y float64) (lon, lat float64) {
	lon, lat = l.p.inverse(x, y)
	return lon / rad, lat / rad
}
