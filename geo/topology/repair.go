// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"fmt"
	"math"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
)

// Change says what Repair did to one area.
type Change struct {
	Index  int // in the slice given to Repair
	Key    string
	Faults []string // codes of the faults, as Check names them
	// Before and After are square metres; Before is what the rings enclose by their turn, so a bow tie counts its wings against each other.
	Before, After float64
}

// Repair returns the areas with proper geometries: rings closed and turned (outer counter-clockwise), borders split where they cross or touch
// themselves, spikes and collapsed holes dropped. The geometry of an area without fault stays as it was, bit for bit. Overlaps and gaps
// between areas are not touched: whose land it is, only a person can say. Areas that are no areas (points, fewer than three vertices) stay too and
// are named by Check.
func Repair(areas []Area, opt Options) ([]Area, []Change, error) {
	opt = opt.orDefault()
	opt.Parents = nil
	grid, err := gridFor(opt.CRS)
	if err != nil {
		return nil, nil, err
	}
	m := newModel(grid, areas)
	ruler, err := newRuler(grid, opt.CRS, m)
	if err != nil {
		return nil, nil, err
	}
	suspect := suspects(m, m.buildAll(), len(areas))
	out := make([]Area, len(areas))
	copy(out, areas)
	var changes []Change
	for i := range areas {
		if m.dropped[i] != "" {
			continue
		}
		var faults []string
		if m.unclosed[i] {
			faults = append(faults, "ring.unclosed")
		}
		if m.turned[i] {
			faults = append(faults, "ring.orientation")
		}
		if m.lost[i] > 0 {
			faults = append(faults, "ring.short")
		}
		if len(faults) == 0 && !suspect[i] {
			continue
		}
		before := ruler.model(m, int32(i))
		after := before
		if !suspect[i] {
			out[i].Geometry = tidy(areas[i].Geometry)
		} else {
			for _, p := range diagnose(m, ruler, int32(i), opt) {
				faults = append(faults, p.code)
			}
			s := newSolo(m, int32(i))
			polys := s.arr.Polygons(s.arr.Select(s.inside))
			if len(polys) == 0 {
				continue // nothing encloses land: Check has named the spike, and no repair can invent an area
			}
			out[i].Geometry = m.polygon(polys)
			after = 0
			for _, p := range polys {
				for _, r := range p {
					a, _ := ruler.ring(r)
					after += a
				}
			}
		}
		changes = append(changes, Change{i, areas[i].Key, faults, before, after})
	}
	return out, changes, nil
}

// model measures an area by its rings as they came.
func (r *ruler) model(m *model, area int32) float64 {
	sum := 0.
	for _, i := range m.byArea[area] {
		pts := m.rings[i].points
		a, _ := r.ring(append(pts[:len(pts):len(pts)], pts[0]))
		sum += a
	}
	return sum
}

// tidy closes and turns rings and drops collapsed holes, keeping every coordinate.
func tidy(g geom.Geometry) geom.Geometry {
	var out []geom.Polygon
	for _, part := range polygons(g) {
		var rings []geom.LineString
		for i, seq := range part.Coordinates() {
			xy := make([]float64, 0, 2*seq.Length()+2)
			distinct := map[geom.XY]bool{}
			for j := range seq.Length() {
				p := seq.GetXY(j)
				distinct[p] = true
				xy = append(xy, p.X, p.Y)
			}
			if len(distinct) < 3 {
				continue
			}
			if n := len(xy); xy[0] != xy[n-2] || xy[1] != xy[n-1] {
				xy = append(xy, xy[0], xy[1])
			}
			if (turn(xy) > 0) != (i == 0) {
				for a, b := 0, len(xy)-2; a < b; a, b = a+2, b-2 {
					xy[a], xy[a+1], xy[b], xy[b+1] = xy[b], xy[b+1], xy[a], xy[a+1]
				}
			}
			rings = append(rings, geom.NewLineString(geom.NewSequence(xy, geom.DimXY)))
		}
		out = append(out, geom.NewPolygon(rings))
	}
	if g.IsPolygon() {
		return out[0].AsGeometry()
	}
	return geom.NewMultiPolygon(out).AsGeometry()
}

func polygons(g geom.Geometry) []geom.Polygon {
	if g.IsPolygon() {
		return []geom.Polygon{g.MustAsPolygon()}
	}
	return g.MustAsMultiPolygon().Dump()
}

// turn is twice the signed area of a closed flat ring, relative to its first vertex against cancellation.
func turn(xy []float64) float64 {
	s := 0.
	for i := 2; i+3 < len(xy); i += 2 {
		s += (xy[i]-xy[0])*(xy[i+3]-xy[1]) - (xy[i+2]-xy[0])*(xy[i+1]-xy[1])
	}
	return s
}

// Findings turns the changes into findings: Warn where more than half a square metre changed, else Info. Rings that were only turned are counted
// in one finding, because whole files have them.
func Findings(changes []Change, areas []Area) geo.Findings {
	var fs geo.Findings
	turned := 0
	for _, c := range changes {
		if len(c.Faults) == 1 && c.Faults[0] == "ring.orientation" {
			turned++
			continue
		}
		sev, text := geo.Info, "its area is unchanged"
		if math.Abs(c.After-c.Before) > .5 {
			sev, text = geo.Warn, fmt.Sprintf("its area changed from %.1f to %.1f m²", c.Before, c.After)
		}
		a := &areas[c.Index]
		fs = append(fs, geo.Finding{
			Code: "area.repaired", Severity: sev, Feature: a.Feature, Line: a.Line, Key: a.Key,
			Params:  map[string]any{"faults": c.Faults, "before": round(c.Before, 1), "after": round(c.After, 1)},
			Message: fmt.Sprintf("The area %q was repaired (%s); %s.", a.Key, strings.Join(c.Faults, ", "), text),
		})
	}
	if turned > 0 {
		fs = append(fs, geo.Finding{
			Code: "area.turned", Severity: geo.Info, Feature: geo.WholeFile, Params: map[string]any{"areas": turned},
			Message: fmt.Sprintf("The rings of %s were turned to run as RFC 7946 wants; nothing else changed.", plural(turned, "area", "areas")),
		})
	}
	return fs
}
