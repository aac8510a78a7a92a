// SPDX-License-Identifier: EUPL-1.2

package geojson

import (
	"fmt"

	"github.com/peterstace/simplefeatures/geom"
)

// coords is a nest of coordinate lists. Level 0 is an empty list, 1 a position, 2 a list of positions (kept flat), above that lists of lists.
type coords struct {
	level  int
	x, y   float64   // level 1
	xy     []float64 // level 2
	subs   []coords  // level 3 and more
	higher bool      // a position had more than two numbers
	bad    string    // what is wrong with the nest, empty when nothing
}

// coords reads a nest of coordinates. Faults of structure are kept in bad, so that one feature can be refused; faults of JSON are errors.
func (p *reader) coords() (coords, error) {
	var n coords
	numbers := 0
	err := p.s.array(func() error {
		c, err := p.s.peek()
		if err != nil {
			return err
		}
		switch {
		case c == '-' || c >= '0' && c <= '9' || c == 'N' || c == 'I':
			if c == 'N' || c == 'I' {
				return p.s.unexpected(c, "a number")
			}
			f, err := p.s.float()
			if err != nil {
				return err
			}
			if n.level > 1 {
				n.bad = "A coordinate list mixes numbers and lists."
			}
			n.level = max(n.level, 1)
			switch numbers++; numbers {
			case 1:
				n.x = f
			case 2:
				n.y = f
			default:
				n.higher = true
			}
			return nil
		case c == '[':
			sub, err := p.coords()
			if err != nil {
				return err
			}
			n.nest(sub)
			return nil
		default:
			n.bad = "A coordinate list holds something that is no number."
			return p.s.skip()
		}
	})
	if err != nil {
		return n, err
	}
	if n.level == 1 {
		if numbers < 2 {
			n.bad = "A position has fewer than two numbers."
		}
		if p.opt.SwapAxes {
			n.x, n.y = n.y, n.x
		}
		if p.vertices++; p.vertices > p.lim.MaxVertices {
			return n, p.s.fail("limit.vertices", fmt.Sprintf("The file has more than %d vertices; simplify it before the import.", p.lim.MaxVertices), map[string]any{"limit": p.lim.MaxVertices})
		}
	}
	return n, nil
}

func (n *coords) nest(sub coords) {
	if sub.bad != "" && n.bad == "" {
		n.bad = sub.bad
	}
	n.higher = n.higher || sub.higher
	level := sub.level + 1
	if sub.level == 0 {
		level = max(n.level, 3) // an empty list inside a list: an empty ring or polygon
		n.subs = append(n.subs, sub)
		n.level = level
		return
	}
	if n.level != 0 && n.level != level {
		n.bad = "A coordinate list mixes lists of different depth."
		return
	}
	n.level = level
	if sub.level == 1 {
		n.xy = append(n.xy, sub.x, sub.y)
	} else {
		n.subs = append(n.subs, sub)
	}
}

var levels = map[string]int{"Point": 1, "MultiPoint": 2, "LineString": 2, "MultiLineString": 3, "Polygon": 3, "MultiPolygon": 4}

// build makes the geometry; problem says why it cannot.
func (p *reader) build(g *rawGeometry) (out geom.Geometry, higher bool, problem string) {
	if g.typ == "GeometryCollection" {
		if g.malformed {
			return out, false, "The GeometryCollection holds something that is no geometry."
		}
		var gs []geom.Geometry
		for i := range g.parts {
			part, h, problem := p.build(&g.parts[i])
			if problem != "" {
				return out, false, problem
			}
			higher = higher || h
			gs = append(gs, part)
		}
		return geom.NewGeometryCollection(gs).AsGeometry(), higher, ""
	}
	want, known := levels[g.typ]
	n := &g.coords
	switch {
	case !known:
		return out, false, fmt.Sprintf("The geometry has the unknown type %q.", g.typ)
	case !g.hasCoords:
		return out, false, "The geometry has no list of coordinates."
	case n.bad != "":
		return out, false, n.bad
	case n.level == 0:
		return emptyOf(g.typ), false, ""
	case n.level != want:
		return out, false, fmt.Sprintf("The coordinates are nested %d deep, a %s needs %d.", n.level, g.typ, want)
	}
	switch g.typ {
	case "Point":
		out = geom.NewPointXY(n.x, n.y).AsGeometry()
	case "MultiPoint":
		out = geom.NewMultiPointXY(n.xy...).AsGeometry()
	case "LineString":
		out = line(n).AsGeometry()
	case "MultiLineString":
		var ls []geom.LineString
		for i := range n.subs {
			ls = append(ls, line(&n.subs[i]))
		}
		out = geom.NewMultiLineString(ls).AsGeometry()
	case "Polygon":
		out = polygon(n).AsGeometry()
	case "MultiPolygon":
		var ps []geom.Polygon
		for i := range n.subs {
			if q := polygon(&n.subs[i]); !q.IsEmpty() {
				ps = append(ps, q)
			}
		}
		out = geom.NewMultiPolygon(ps).AsGeometry()
	}
	return out, n.higher, ""
}

func line(n *coords) geom.LineString {
	return geom.NewLineString(geom.NewSequence(n.xy, geom.DimXY))
}

func polygon(n *coords) geom.Polygon {
	var rings []geom.LineString
	for i := range n.subs {
		if n.subs[i].level == 2 {
			rings = append(rings, line(&n.subs[i]))
		}
	}
	return geom.NewPolygon(rings)
}
