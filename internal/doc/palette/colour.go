// SPDX-License-Identifier: EUPL-1.2

package palette

import (
	"fmt"
	"math"
)

// Colour is an opaque sRGB colour.
type Colour struct{ R, G, B uint8 }

// Black and White are what text on a coloured area is written in.
var (
	Black = Colour{}
	White = Colour{255, 255, 255}
)

// Hex writes the colour as CSS and SVG do, in the short form where there is one.
func (c Colour) Hex() string {
	if c.R%17 == 0 && c.G%17 == 0 && c.B%17 == 0 {
		return fmt.Sprintf("#%x%x%x", c.R/17, c.G/17, c.B/17)
	}
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// linear returns the colour as linear light, each part 0 to 1 (IEC 61966-2-1).
func (c Colour) linear() [3]float64 {
	var l [3]float64
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		if x := float64(v) / 255; x <= 0.04045 {
			l[i] = x / 12.92
		} else {
			l[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return l
}

// fromLinear returns the nearest colour and whether the light lies within sRGB.
func fromLinear(l [3]float64) (Colour, bool) {
	var out [3]uint8
	inside := true
	for i, x := range l {
		inside = inside && x > -1e-4 && x < 1+1e-4
		x = min(max(x, 0), 1)
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		out[i] = uint8(math.Round(255 * x))
	}
	return Colour{out[0], out[1], out[2]}, inside
}

// Luminance is the relative luminance of WCAG 2.2.
func (c Colour) Luminance() float64 {
	l := c.linear()
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// Contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func Contrast(a, b Colour) float64 {
	x, y := a.Luminance(), b.Luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// On returns black or white, whichever reads better on the fill; the better one always has a contrast of 4.58 or more.
func On(fill Colour) Colour {
	if Contrast(Black, fill) >= Contrast(White, fill) {
		return Black
	}
	return White
}

// lab is a colour in CIELAB with the white of D65.
type lab struct{ l, a, b float64 }

var whiteD65 = [3]float64{0.95047, 1, 1.08883}

func (c Colour) lab() lab {
	l := c.linear()
	xyz := [3]float64{
		0.4124564*l[0] + 0.3575761*l[1] + 0.1804375*l[2],
		0.2126729*l[0] + 0.7151522*l[1] + 0.0721750*l[2],
		0.0193339*l[0] + 0.1191920*l[1] + 0.9503041*l[2],
	}
	f := func(i int) float64 {
		t := xyz[i] / whiteD65[i]
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	return lab{116*f(1) - 16, 500 * (f(0) - f(1)), 200 * (f(1) - f(2))}
}

// fromLCh returns the colour of a lightness, chroma and hue (degrees) in CIELAB; where sRGB cannot show the chroma it takes the largest it can,
// so that lightness, which carries the order of classes, is kept.
func fromLCh(lightness, chroma, hue float64) Colour {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	for {
		fy := (lightness + 16) / 116
		inv := func(f float64) float64 {
			if t := f * f * f; t > 216.0/24389 {
				return t
			}
			return (116*f - 16) / (24389.0 / 27)
		}
		x, y, z := whiteD65[0]*inv(fy+chroma*cos/500), inv(fy), whiteD65[2]*inv(fy-chroma*sin/200)
		c, inside := fromLinear([3]float64{
			3.2404542*x - 1.5371385*y - 0.4985314*z,
			-0.9692660*x + 1.8760108*y + 0.0415560*z,
			0.0556434*x - 0.2040259*y + 1.0572252*z,
		})
		if inside || chroma < 0.5 {
			return c
		}
		chroma -= 0.5
	}
}

// Lightness is L* of CIELAB, 0 for black to 100 for white.
func (c Colour) Lightness() float64 { return c.lab().l }

// Difference is the colour difference CIEDE2000 (Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula"); about 2 is just seen side
// by side, about 10 at a glance.
func Difference(x, y Colour) float64 { return difference(x.lab(), y.lab()) }

func difference(x, y lab) float64 {
	rad := math.Pi / 180
	meanC := (math.Hypot(x.a, x.b) + math.Hypot(y.a, y.b)) / 2
	c7 := math.Pow(meanC, 7)
	g := 0.5 * (1 - math.Sqrt(c7/(c7+math.Pow(25, 7))))
	polar := func(v lab) (c, h float64) {
		a := (1 + g) * v.a
		c = math.Hypot(a, v.b)
		if c == 0 {
			return 0, 0
		}
		return c, math.Mod(math.Atan2(v.b, a)/rad+360, 360)
	}
	c1, h1 := polar(x)
	c2, h2 := polar(y)
	dL, dC, dh := y.l-x.l, c2-c1, 0.0
	meanH := h1 + h2
	if c1*c2 != 0 {
		dh = h2 - h1
		switch {
		case dh > 180:
			dh -= 360
		case dh < -180:
			dh += 360
		}
		switch {
		case math.Abs(h1-h2) <= 180:
			meanH /= 2
		case meanH < 360:
			meanH = (meanH + 360) / 2
		default:
			meanH = (meanH - 360) / 2
		}
	}
	dH := 2 * math.Sqrt(c1*c2) * math.Sin(dh/2*rad)
	mL, mC := (x.l+y.l)/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos((meanH-30)*rad) + 0.24*math.Cos(2*meanH*rad) + 0.32*math.Cos((3*meanH+6)*rad) - 0.20*math.Cos((4*meanH-63)*rad)
	turn := 30 * math.Exp(-math.Pow((meanH-275)/25, 2))
	mC7 := math.Pow(mC, 7)
	rT := -math.Sin(2*turn*rad) * 2 * math.Sqrt(mC7/(mC7+math.Pow(25, 7)))
	sL := 1 + 0.015*math.Pow(mL-50, 2)/math.Sqrt(20+math.Pow(mL-50, 2))
	sC, sH := 1+0.045*mC, 1+0.015*mC*t
	return math.Sqrt(math.Pow(dL/sL, 2) + math.Pow(dC/sC, 2) + math.Pow(dH/sH, 2) + rT*dC/sC*dH/sH)
}

// Vision is a kind of colour vision to simulate.
type Vision int

// The three dichromacies; Normal changes nothing.
const (
	Normal Vision = iota
	Protanopia
	Deuteranopia
	Tritanopia
)

// Visions lists all kinds, for checks.
var Visions = []Vision{Normal, Protanopia, Deuteranopia, Tritanopia}

// machado holds the matrices for full severity of Machado, Oliveira, Fernandes 2009, "A Physiologically-based Model for Simulation of Color
// Vision Deficiency", applied to linear light.
var machado = map[Vision][3][3]float64{
	Protanopia:   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	Deuteranopia: {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	Tritanopia:   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// Simulate returns the colour as a person with that vision sees it.
func Simulate(c Colour, v Vision) Colour {
	m, ok := machado[v]
	if !ok {
		return c
	}
	l := c.linear()
	var out [3]float64
	for i := range out {
		out[i] = m[i][0]*l[0] + m[i][1]*l[1] + m[i][2]*l[2]
	}
	seen, _ := fromLinear(out)
	return seen
}
