// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

// Check judges the areas and returns what it found. It fails only for an unknown coordinate system.
//
// Codes: key.missing, key.duplicate, name.duplicate, geometry.kind, geometry.missing, coordinates.outside, ring.short, ring.unclosed,
// ring.orientation, polygon.selfcrossing, polygon.selftouch, polygon.spike, polygon.parts, polygon.disconnected, hole.outside,
// coverage.overlap, coverage.gap, coverage.enclave, coverage.slivers, coverage.degenerate, parent.missing, parent.cycle, parent.outside, parent.unfilled.
func Check(areas []Area, opt Options) (geo.Findings, error) {
	c, err := newChecker(areas, opt)
	if err != nil {
		return nil, err
	}
	c.names()
	c.hierarchy()
	c.shapes()
	c.coverage()
	return c.findings(), nil
}

type checker struct {
	opt    Options
	areas  []Area // children first, then parents
	n      int    // number of children
	m      *model
	ruler  *ruler
	arr    *plane.Arrangement
	out    geo.Findings
	counts map[string]int
	order  []string // codes in order of first appearance, for the counting findings
}

func newChecker(areas []Area, opt Options) (*checker, error) {
	opt = opt.orDefault()
	grid, err := gridFor(opt.CRS)
	if err != nil {
		return nil, err
	}
	c := &checker{opt: opt, n: len(areas), counts: map[string]int{}}
	c.areas = append(append(c.areas, areas...), opt.Parents...)
	c.m = newModel(grid, c.areas)
	if c.ruler, err = newRuler(grid, opt.CRS, c.m); err != nil {
		return nil, err
	}
	c.arr = c.m.buildAll()
	return c, nil
}

// report adds a finding; beyond MaxListed it only counts.
func (c *checker) report(f geo.Finding) {
	if c.counts[f.Code] == 0 {
		c.order = append(c.order, f.Code)
	}
	if c.counts[f.Code]++; c.counts[f.Code] <= c.opt.MaxListed {
		c.out = append(c.out, f)
	}
}

func (c *checker) findings() geo.Findings {
	for _, code := range c.order {
		if n := c.counts[code] - c.opt.MaxListed; n > 0 {
			worst := c.out.Of(code).Worst()
			c.out = append(c.out, geo.Finding{Code: code, Severity: worst, Feature: geo.WholeFile, Params: map[string]any{"more": n}, Message: fmt.Sprintf("And %d more findings of this kind.", n)})
		}
	}
	return c.out
}

// area reports a finding about one area.
func (c *checker) area(i int, sev geo.Severity, code string, params map[string]any, format string, args ...any) {
	a := &c.areas[i]
	c.report(geo.Finding{Code: code, Severity: sev, Feature: a.Feature, Line: a.Line, Key: a.Key, Params: params, Message: fmt.Sprintf(format, args...)})
}

// names checks keys and names.
func (c *checker) names() {
	byKey, byName := map[string][]int{}, map[string][]int{}
	for i := range c.n {
		a := &c.areas[i]
		if a.Key == "" {
			c.area(i, geo.Ask, "key.missing", map[string]any{"name": a.Name}, "The area %q has no key; figures could never be joined to it.", a.Name)
			continue
		}
		byKey[a.Key] = append(byKey[a.Key], i)
		if a.Name != "" {
			byName[a.Name] = append(byName[a.Name], i)
		}
	}
	for i := range c.n {
		a := &c.areas[i]
		if d := byKey[a.Key]; len(d) > 1 && d[0] == i {
			var names []string
			var features []int
			for _, j := range d {
				names = append(names, c.areas[j].Name)
				features = append(features, c.areas[j].Feature)
			}
			c.area(i, geo.Ask, "key.duplicate", map[string]any{"key": a.Key, "names": names, "features": features},
				"The key %q stands for %d areas (%s, features %s); correct the key of one of them.", a.Key, len(d), quoteAll(names), oneBased(features))
		}
		if d := byName[a.Name]; a.Name != "" && len(d) > 1 && d[0] == i {
			keys := make([]string, 0, len(d))
			for _, j := range d {
				keys = append(keys, c.areas[j].Key)
			}
			c.area(i, geo.Warn, "name.duplicate", map[string]any{"name": a.Name, "keys": keys},
				"The name %q is given to %d areas (%s); names are no keys, readers may confuse them.", a.Name, len(d), quoteAll(keys))
		}
	}
}

func quoteAll(s []string) string {
	out := ""
	for i, v := range s {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprintf("%q", v)
	}
	return out
}

func oneBased(n []int) string {
	out := ""
	for i, v := range n {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprint(v + 1)
	}
	return out
}

// shapes checks each area on its own.
func (c *checker) shapes() {
	turned := 0
	for i := range c.n {
		switch c.m.dropped[i] {
		case "":
		case "kind":
			c.area(i, geo.Row, "geometry.kind", map[string]any{"type": c.areas[i].Geometry.Type().String()}, "The area is a %s, but polygons are wanted.", c.areas[i].Geometry.Type())
		case "empty":
			c.area(i, geo.Row, "geometry.missing", nil, "The area has no geometry.")
		case "coordinates":
			c.area(i, geo.Row, "coordinates.outside", nil, "The area has coordinates that no place on earth has.")
		case "short":
			c.area(i, geo.Row, "ring.short", nil, "An outer ring of the area has fewer than three different vertices.")
		}
		if n := c.m.lost[i]; n > 0 {
			c.area(i, geo.Warn, "ring.short", map[string]any{"holes": n}, "%s of the area with fewer than three different vertices can be dropped.", plural(n, "hole", "holes"))
		}
		if c.m.unclosed[i] && c.m.dropped[i] == "" {
			c.area(i, geo.Warn, "ring.unclosed", nil, "A ring of the area does not return to its first vertex; it is closed by a straight line.")
		}
		if c.m.turned[i] {
			turned++
		}
	}
	if turned > 0 {
		c.report(geo.Finding{
			Code: "ring.orientation", Severity: geo.Info, Feature: geo.WholeFile, Params: map[string]any{"areas": turned},
			Message: fmt.Sprintf("%s had rings that run the other way round than RFC 7946 wants; they are turned.", plural(turned, "area", "areas")),
		})
	}
	suspect := suspects(c.m, c.arr, len(c.areas))
	for i := range c.n {
		if suspect[i] {
			for _, p := range diagnose(c.m, c.ruler, int32(i), c.opt) {
				p.params["lon"], p.params["lat"] = round(p.lon, 7), round(p.lat, 7)
				c.area(i, p.severity, p.code, p.params, "%s", p.message)
			}
		}
	}
	if !c.arr.Clean {
		c.report(geo.Finding{Code: "coverage.degenerate", Severity: geo.Warn, Feature: geo.WholeFile, Message: "The borders are so tangled that the check of overlaps and gaps is approximate."})
	}
}

func round(f float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(f*p) / p
}

// suspects finds the areas that may not be proper polygons: a face wound other than once, a ring that passes a vertex twice or runs along an
// edge both ways, an inside that falls into more pieces than the area has polygons.
func suspects(m *model, arr *plane.Arrangement, n int) []bool {
	bad := make([]bool, n)
	for _, r := range arr.Cancelled {
		bad[m.rings[r].area] = true
	}
	pieces := make([]int, n)
	type cell struct{ face, owner int32 }
	parent := map[cell]cell{}
	var find func(x cell) cell
	find = func(x cell) cell {
		if p, ok := parent[x]; ok && p != x {
			r := find(p)
			parent[x] = r
			return r
		}
		return x
	}
	for f := int32(1); f < int32(arr.Faces()); f++ {
		for _, cov := range arr.Label(f) {
			pieces[cov.Owner]++
			if cov.Winding != 1 {
				bad[cov.Owner] = true
			}
		}
	}
	for h := int32(0); h < int32(2*arr.Edges()); h += 2 {
		l, r := arr.Left(h), arr.Left(h^1)
		ll, rl := arr.Label(l), arr.Label(r)
		for i, j := 0, 0; i < len(ll) && j < len(rl); {
			switch {
			case ll[i].Owner < rl[j].Owner:
				i++
			case ll[i].Owner > rl[j].Owner:
				j++
			default:
				o := ll[i].Owner
				if a, b := find(cell{l, o}), find(cell{r, o}); a != b {
					parent[a] = b
					pieces[o]--
				}
				i++
				j++
			}
		}
	}
	passes := map[int32]int{}
	for v := range int32(len(arr.Points)) {
		out := arr.Out(v)
		if len(out) < 4 {
			continue // a ring that passes twice has four edges here
		}
		clear(passes)
		for _, h := range out {
			arr.Rings(h, func(ring int32, times int) {
				if times > 0 {
					if passes[ring] += times; passes[ring] > 1 {
						bad[m.rings[ring].area] = true
					}
				}
			})
		}
	}
	for i, rings := range m.byArea[:n] {
		parts := 0
		for _, r := range rings {
			if !m.rings[r].hole {
				parts++
			}
		}
		if pieces[i] != parts {
			bad[i] = true
		}
	}
	return bad
}
