// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"fmt"
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/geo"
)

// Germany is the rectangle of plausible places in degrees, with a margin of a few kilometres.
var Germany = geo.Bounds{MinX: 5.8, MinY: 47.2, MaxX: 15.1, MaxY: 55.15}

// Guess is a system that would put the coordinates into Germany.
type Guess struct {
	EPSG    int
	Name    string
	Swapped bool // the axes are exchanged: north comes first
}

// candidates are the systems worth proposing; twins that give the same place within centimetres are left out.
var candidates = []int{WGS84, UTM32, UTM33, UTM32Prefixed, UTM33Prefixed, GK2, GK3, GK4, GK5, WebMercator, LAEAEurope}

// LooksLike lists the systems that plausibly hold these coordinates. Several answers are normal: an easting of 303,000 m is a place in
// Aachen in zone 32 and one in Thuringia in zone 33, and only a person knows which.
func LooksLike(b geo.Bounds) []Guess {
	var out []Guess
	for _, swapped := range []bool{false, true} {
		c := b
		if swapped {
			c = geo.Bounds{MinX: b.MinY, MinY: b.MinX, MaxX: b.MaxY, MaxY: b.MaxX}
		}
		for _, e := range candidates {
			if place(systems[e], c) == home {
				out = append(out, Guess{e, systems[e].Name, swapped})
			}
		}
	}
	return out
}

// verdict says where a rectangle would lie.
type verdict int

const (
	impossible verdict = iota // no place on earth, or nowhere near the system's area
	abroad                    // a place, but not in Germany
	home
)

func place(s System, b geo.Bounds) verdict {
	if !finite(b.MinX) || !finite(b.MinY) || !finite(b.MaxX) || !finite(b.MaxY) {
		return impossible
	}
	t := &Transformer{from: s, to: systems[WGS84]}
	t.same = s.Geographic && !s.DHDN
	worst := home
	for _, p := range [][2]float64{{b.MinX, b.MinY}, {b.MaxX, b.MinY}, {b.MaxX, b.MaxY}, {b.MinX, b.MaxY}} {
		lon, lat, err := t.Point(p[0], p[1])
		switch {
		case err != nil:
			return impossible
		case lon >= Germany.MinX && lon <= Germany.MaxX && lat >= Germany.MinY && lat <= Germany.MaxY:
		case s.Geographic || s.EPSG == WebMercator && math.Abs(lon) <= 180:
			worst = min(worst, abroad)
		case lon > -30 && lon < 50 && lat > 30 && lat < 75 && roundTrips(s, p[0], p[1]):
			worst = min(worst, abroad)
		default:
			return impossible
		}
	}
	return worst
}

// roundTrips tells real plane coordinates from numbers far outside, where the series no longer converges.
func roundTrips(s System, x, y float64) bool {
	lon, lat := s.proj.inverse(x, y)
	bx, by := s.proj.forward(lon, lat)
	return math.Abs(bx-x) < 0.01 && math.Abs(by-y) < 0.01
}

// Check compares the coordinates of the layer with its declared system and with Germany. It removes single features whose coordinates are
// impossible while most others fit, and names them; a whole layer elsewhere is a question (when another system would fit) or refused.
func Check(l *geo.Layer) geo.Findings {
	all, ok := l.Bounds()
	if !ok {
		return nil
	}
	sys, known := Lookup(l.CRS)
	if !known {
		return geo.Findings{unknownSystem(l, all)}
	}
	var fs geo.Findings
	verdicts := make([]verdict, len(l.Features))
	count := [3]int{}
	placed := 0
	for i := range l.Features {
		b, ok := geo.EnvelopeBounds(l.Features[i].Geometry.Envelope())
		verdicts[i] = home
		if ok {
			verdicts[i] = place(sys, b)
			count[verdicts[i]]++
			placed++
		}
	}
	if 2*count[home] > placed {
		fs = append(fs, strays(l, verdicts)...)
	} else if f := elsewhere(l, sys, all, verdicts, count); f != nil {
		return append(fs, *f)
	}
	if !sys.Geographic || sys.DHDN {
		fs = append(fs, geo.Finding{
			Code: "crs.transform", Severity: geo.Info, Feature: geo.WholeFile,
			Params:  map[string]any{"epsg": sys.EPSG, "name": sys.Name},
			Message: fmt.Sprintf("The coordinates are in %s (EPSG:%d) and will be transformed to WGS 84.", sys.Name, sys.EPSG),
		})
	}
	if sys.DHDN {
		fs = append(fs, geo.Finding{
			Code: "crs.accuracy", Severity: geo.Ask, Feature: geo.WholeFile,
			Params:  map[string]any{"epsg": sys.EPSG, "metres": 2.0},
			Message: "Without the grid file BETA2007.gsb the transformation from the old datum is accurate to about 2 m only.",
		})
	}
	return fs
}

// strays removes impossible features and names those abroad.
func strays(l *geo.Layer, verdicts []verdict) geo.Findings {
	var fs geo.Findings
	kept := l.Features[:0]
	for i, f := range l.Features {
		if verdicts[i] == home {
			kept = append(kept, f)
			continue
		}
		b, _ := geo.EnvelopeBounds(f.Geometry.Envelope())
		g := geo.Finding{Feature: f.Index, Line: f.Line, Params: map[string]any{"x": b.MinX, "y": b.MinY, "epsg": l.CRS}}
		if verdicts[i] == impossible {
			g.Code, g.Severity = "coordinates.outside", geo.Row
			g.Message = fmt.Sprintf("The coordinates %g, %g lie outside the declared system EPSG:%d; correct this feature.", b.MinX, b.MinY, l.CRS)
		} else {
			g.Code, g.Severity = "coordinates.far", geo.Warn
			g.Message = fmt.Sprintf("The coordinates %g, %g lie outside Germany while most features lie inside; check this feature.", b.MinX, b.MinY)
			kept = append(kept, f)
		}
		fs = append(fs, g)
	}
	l.Features = kept
	return fs
}

// elsewhere judges a layer that mostly lies outside Germany by its declared system.
func elsewhere(l *geo.Layer, sys System, all geo.Bounds, verdicts []verdict, count [3]int) *geo.Finding {
	first := 0
	for i, v := range verdicts {
		if v != home {
			first = i
			break
		}
	}
	feat := l.Features[first]
	b, _ := geo.EnvelopeBounds(feat.Geometry.Envelope())
	guesses := LooksLike(all)
	for _, g := range guesses {
		if g.Swapped && (g.EPSG == sys.EPSG || sys.Geographic && g.EPSG == WGS84) {
			return &geo.Finding{
				Code: "axes.swapped", Severity: geo.Ask, Feature: geo.WholeFile, Line: feat.Line,
				Params:  map[string]any{"epsg": sys.EPSG, "x": b.MinX, "y": b.MinY},
				Message: fmt.Sprintf("The coordinates begin with %g, %g and fit Germany only with north and east exchanged; exchange the axes?", b.MinX, b.MinY),
			}
		}
	}
	if len(guesses) > 0 {
		names, codes := describe(guesses)
		return &geo.Finding{
			Code: "crs.mismatch", Severity: geo.Ask, Feature: geo.WholeFile, Line: feat.Line,
			Params:  map[string]any{"epsg": sys.EPSG, "x": b.MinX, "y": b.MinY, "candidates": codes, "names": names},
			Message: fmt.Sprintf("The coordinates %g, %g do not fit the system EPSG:%d; they would fit %s. Choose the system.", b.MinX, b.MinY, sys.EPSG, strings.Join(names, " or ")),
		}
	}
	if count[impossible] > 0 {
		for i, v := range verdicts {
			if v == impossible {
				feat = l.Features[i]
				b, _ = geo.EnvelopeBounds(feat.Geometry.Envelope())
				break
			}
		}
		return &geo.Finding{
			Code: "coordinates.outside", Severity: geo.Refuse, Feature: feat.Index, Line: feat.Line,
			Params:  map[string]any{"epsg": sys.EPSG, "x": b.MinX, "y": b.MinY},
			Message: fmt.Sprintf("The coordinates %g, %g lie outside the declared system EPSG:%d and fit no other known system; export the file again.", b.MinX, b.MinY, sys.EPSG),
		}
	}
	return &geo.Finding{
		Code: "coordinates.far", Severity: geo.Warn, Feature: geo.WholeFile, Line: feat.Line,
		Params:  map[string]any{"epsg": sys.EPSG, "x": b.MinX, "y": b.MinY},
		Message: fmt.Sprintf("The coordinates %g, %g lie outside Germany; check that this is the right file.", b.MinX, b.MinY),
	}
}

func unknownSystem(l *geo.Layer, b geo.Bounds) geo.Finding {
	names, codes := describe(LooksLike(b))
	f := geo.Finding{
		Code: "crs.unknown", Severity: geo.Ask, Feature: geo.WholeFile,
		Params:  map[string]any{"text": l.CRSText, "x": b.MinX, "y": b.MinY, "candidates": codes, "names": names},
		Message: "The file does not name a coordinate system we know",
	}
	if l.CRSText != "" {
		f.Message += fmt.Sprintf(" (it says %q)", shorten(l.CRSText))
	}
	if len(names) > 0 {
		f.Message += "; the coordinates would fit " + strings.Join(names, " or ") + ". Choose the system."
	} else {
		f.Message += ", and the coordinates fit none; choose the system or export the file again."
	}
	return f
}

func describe(gs []Guess) (names []string, codes []int) {
	for _, g := range gs {
		n := fmt.Sprintf("%s (EPSG:%d)", g.Name, g.EPSG)
		if g.Swapped {
			n += " with exchanged axes"
		} else {
			codes = append(codes, g.EPSG)
		}
		names = append(names, n)
	}
	return names, codes
}

func shorten(s string) string {
	r := []rune(s)
	if len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}
