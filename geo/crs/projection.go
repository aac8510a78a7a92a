// SPDX-License-Identifier: EUPL-1.2

package crs

import "math"

// tm is the transverse Mercator projection by Krüger's series to the sixth power of the third flattening n. Coefficients: Karney,
// "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85 (2011), equations 35 and 36; the error inside Germany is far below 0.1 mm.
type tm struct {
	lon0, k, x0 float64 // k = scale · rectifying radius
	e           float64 // eccentricity
	alpha, beta [6]float64
	delta       [6]float64
}

func newTM(el ellipsoid, lon0, k0, x0 float64) *tm {
	n := el.f / (2 - el.f)
	poly := func(c ...float64) (s float64) { // c[0]·n + c[1]·n² …
		p := n
		for _, v := range c {
			s += v * p
			p *= n
		}
		return s
	}
	n2 := n * n
	t := &tm{lon0: lon0 * rad, x0: x0, e: math.Sqrt(el.e2())}
	t.k = k0 * el.a / (1 + n) * (1 + n2/4 + n2*n2/64 + n2*n2*n2/256)
	t.alpha = [6]float64{
		poly(1./2, -2./3, 5./16, 41./180, -127./288, 7891./37800),
		poly(0, 13./48, -3./5, 557./1440, 281./630, -1983433./1935360),
		poly(0, 0, 61./240, -103./140, 15061./26880, 167603./181440),
		poly(0, 0, 0, 49561./161280, -179./168, 6601661./7257600),
		poly(0, 0, 0, 0, 34729./80640, -3418889./1995840),
		poly(0, 0, 0, 0, 0, 212378941./319334400),
	}
	t.beta = [6]float64{
		poly(1./2, -2./3, 37./96, -1./360, -81./512, 96199./604800),
		poly(0, 1./48, 1./15, -437./1440, 46./105, -1118711./3870720),
		poly(0, 0, 17./480, -37./840, -209./4480, 5569./90720),
		poly(0, 0, 0, 4397./161280, -11./504, -830251./7257600),
		poly(0, 0, 0, 0, 4583./161280, -108847./3991680),
		poly(0, 0, 0, 0, 0, 20648693./638668800),
	}
	t.delta = [6]float64{
		poly(2, -2./3, -2, 116./45, 26./45, -2854./675),
		poly(0, 7./3, -8./5, -227./45, 2704./315, 2323./945),
		poly(0, 0, 56./15, -136./35, -1262./105, 73814./2835),
		poly(0, 0, 0, 4279./630, -332./35, -399572./14175),
		poly(0, 0, 0, 0, 4174./315, -144838./6237),
		poly(0, 0, 0, 0, 0, 601676./22275),
	}
	return t
}

// clenshaw sums c[j]·sin(2(j+1)·ζ) for the complex ζ = xi + i·eta and returns real and imaginary part: one sine and one hyperbolic
// sine pair instead of six.
func clenshaw(c *[6]float64, xi, eta float64) (re, im float64) {
	s, co := math.Sincos(2 * xi)
	e := math.Exp(2 * eta)
	sh, ch := (e-1/e)/2, (e+1/e)/2
	ar, ai := 2*co*ch, -2*s*sh
	var b1r, b1i, b2r, b2i float64
	for j := 5; j >= 0; j-- {
		b1r, b1i, b2r, b2i = ar*b1r-ai*b1i-b2r+c[j], ar*b1i+ai*b1r-b2i, b1r, b1i
	}
	sr, si := s*ch, co*sh
	return sr*b1r - si*b1i, sr*b1i + si*b1r
}

func (t *tm) forward(lon, lat float64) (x, y float64) {
	l := lon - t.lon0
	tau := math.Tan(lat)
	sec := math.Sqrt(1 + tau*tau)
	sigma := math.Sinh(t.e * math.Atanh(t.e*tau/sec))
	taup := tau*math.Sqrt(1+sigma*sigma) - sigma*sec
	sl, cl := math.Sincos(l)
	xi := math.Atan2(taup, cl)
	eta := math.Asinh(sl / math.Hypot(taup, cl))
	re, im := clenshaw(&t.alpha, xi, eta)
	return t.x0 + t.k*(eta+im), t.k * (xi + re)
}

func (t *tm) inverse(x, y float64) (lon, lat float64) {
	xi, eta := y/t.k, (x-t.x0)/t.k
	re, im := clenshaw(&t.beta, xi, eta)
	xi, eta = xi-re, eta-im
	s, c := math.Sincos(xi)
	sh := math.Sinh(eta)
	chi := math.Atan2(s, math.Hypot(sh, c))
	re, _ = clenshaw(&t.delta, chi, 0)
	return t.lon0 + math.Atan2(sh, c), chi + re
}

// laea is the Lambert azimuthal equal-area projection (EPSG method 9820; formulas of IOGP Guidance Note 7-2, section 3.4.2).
type laea struct {
	el                 ellipsoid
	lat0, lon0, x0, y0 float64
	e, e2, qp, rq, d   float64
	sinB1, cosB1       float64
}

func newLAEA(el ellipsoid, lat0, lon0, x0, y0 float64) *laea {
	l := &laea{el: el, lat0: lat0 * rad, lon0: lon0 * rad, x0: x0, y0: y0, e2: el.e2()}
	l.e = math.Sqrt(l.e2)
	l.qp = l.q(1)
	l.rq = el.a * math.Sqrt(l.qp/2)
	s, c := math.Sincos(l.lat0)
	l.sinB1, l.cosB1 = math.Sincos(math.Asin(l.q(s) / l.qp))
	l.d = el.a * c / math.Sqrt(1-l.e2*s*s) / (l.rq * l.cosB1)
	return l
}

// q is the authalic function of the sine of the latitude.
func (l *laea) q(s float64) float64 {
	return (1 - l.e2) * (s/(1-l.e2*s*s) + math.Atanh(l.e*s)/l.e)
}

func (l *laea) forward(lon, lat float64) (x, y float64) {
	sb := l.q(math.Sin(lat)) / l.qp
	cb := math.Sqrt(max(0, 1-sb*sb))
	s, c := math.Sincos(lon - l.lon0)
	b := l.rq * math.Sqrt(2/(1+l.sinB1*sb+l.cosB1*cb*c))
	return l.x0 + b*l.d*cb*s, l.y0 + b/l.d*(l.cosB1*sb-l.sinB1*cb*c)
}

func (l *laea) inverse(x, y float64) (lon, lat float64) {
	x, y = x-l.x0, y-l.y0
	rho := math.Hypot(x/l.d, l.d*y)
	if rho == 0 {
		return l.lon0, l.lat0
	}
	sc, cc := math.Sincos(2 * math.Asin(min(1, rho/(2*l.rq))))
	q := l.qp * (cc*l.sinB1 + l.d*y*sc*l.cosB1/rho)
	lon = l.lon0 + math.Atan2(x*sc, l.d*rho*l.cosB1*cc-l.d*l.d*y*l.sinB1*sc)
	lat = math.Asin(max(-1, min(1, q/2)))
	for range 6 { // Newton; 4 steps reach 1e-15 rad in Europe
		s, c := math.Sincos(lat)
		w := 1 - l.e2*s*s
		step := w * w / (2 * c) * (q/(1-l.e2) - s/w - math.Atanh(l.e*s)/l.e)
		lat += step
		if math.Abs(step) < 1e-15 {
			break
		}
	}
	return lon, lat
}

// webMercator is EPSG:3857, Mercator of the sphere on the ellipsoid's coordinates.
type webMercator struct{}

func (webMercator) forward(lon, lat float64) (x, y float64) {
	return wgs84.a * lon, wgs84.a * math.Asinh(math.Tan(lat))
}

func (webMercator) inverse(x, y float64) (lon, lat float64) {
	return x / wgs84.a, math.Atan(math.Sinh(y / wgs84.a))
}
