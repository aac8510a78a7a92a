// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"encoding/json"
	"math"
	"math/rand/v2"
)

// point in metres east and north of the town hall.
type point struct{ x, y float64 }

// The town hall of the fictional town stands on a round coordinate; nothing else is there.
const hallLon, hallLat = 9.5, 51.2

// sites are where the spaces lie around the town hall, in the order of plan, in kilometres.
var sites = [][2]float64{
	{-.2, .1},
	{.7, -.3},
	{.3, .9},
	{-.8, -.7},
	{-.9, 2.0},
	{.4, 2.6},
	{1.9, 2.1},
	{2.3, .6},
	{2.0, -.9},
	{3.6, -.1},
	{.4, -1.9},
	{-1.0, -2.3},
	{1.2, -3.2},
	{-.3, -3.6},
	{-2.0, .6},
	{-2.3, -.9},
	{-3.4, 1.4},
}

// outline is a convex hull around the town; its edges are roughened like all others.
var outline = []point{
	{-4300, -400},
	{-3600, -2100},
	{-2300, -3900},
	{-300, -4700},
	{1900, -4300},
	{3400, -2700},
	{4700, -900},
	{4500, 900},
	{3300, 2700},
	{1500, 3800},
	{-600, 3700},
	{-2800, 2900},
	{-4200, 1700},
}

// cells cuts the outline into one convex cell a site (Voronoi by half-planes); neighbours share their corners exactly after rounding.
func cells() [][]point {
	list := make([][]point, len(sites))
	for i, s := range sites {
		cell := outline
		for j, o := range sites {
			if i != j {
				cell = nearer(cell, point{s[0] * 1000, s[1] * 1000}, point{o[0] * 1000, o[1] * 1000})
			}
		}
		list[i] = make([]point, len(cell))
		for k, p := range cell {
			list[i][k] = point{math.Round(p.x), math.Round(p.y)}
		}
	}
	return list
}

// nearer clips a convex polygon to the side of the bisector that is nearer to a than to b (Sutherland and Hodgman 1974).
func nearer(poly []point, a, b point) []point {
	side := func(p point) float64 {
		return (p.x-(a.x+b.x)/2)*(b.x-a.x) + (p.y-(a.y+b.y)/2)*(b.y-a.y)
	}
	var out []point
	for i, p := range poly {
		q := poly[(i+1)%len(poly)]
		sp, sq := side(p), side(q)
		if sp <= 0 {
			out = append(out, p)
		}
		if sp < 0 && sq > 0 || sp > 0 && sq < 0 {
			t := sp / (sp - sq)
			out = append(out, point{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)})
		}
	}
	return out
}

// roughen replaces an edge by a winding line, the same from both sides, by midpoint displacement.
func roughen(seed uint64, a, b point) []point {
	if b.x < a.x || b.x == a.x && b.y < a.y {
		line := roughen(seed, b, a)
		back := make([]point, 0, len(line))
		back = append(back, a)
		for i := len(line) - 1; i > 0; i-- {
			back = append(back, line[i])
		}
		return back
	}
	rng := rand.New(rand.NewPCG(seed, math.Float64bits(a.x*1e5+a.y)^math.Float64bits(b.x*7e4+b.y)))
	line := []point{a, b}
	for range 4 {
		next := make([]point, 0, 2*len(line))
		for i := 0; i+1 < len(line); i++ {
			p, q := line[i], line[i+1]
			push := .11 * rng.NormFloat64()
			push = math.Max(-.16, math.Min(.16, push))
			next = append(next, p, point{(p.x+q.x)/2 - push*(q.y-p.y), (p.y+q.y)/2 + push*(q.x-p.x)})
		}
		line = append(next, b)
	}
	return line[:len(line)-1]
}

// rings gives every space its closed ring.
func rings(seed uint64) [][]point {
	all := cells()
	out := make([][]point, len(all))
	for i, cell := range all {
		for k, p := range cell {
			q := cell[(k+1)%len(cell)]
			if p != q {
				out[i] = append(out[i], roughen(seed, p, q)...)
			}
		}
		out[i] = append(out[i], out[i][0])
	}
	return out
}

// outer joins the rings of members into the ring around them: edges that two members share fall away.
func outer(all [][]point, members []int) []point {
	next := map[point]point{}
	type edge struct{ a, b point }
	inside := map[edge]bool{}
	for _, m := range members {
		for i := 0; i+1 < len(all[m]); i++ {
			inside[edge{all[m][i], all[m][i+1]}] = true
		}
	}
	var start point
	for e := range inside {
		if !inside[edge{e.b, e.a}] {
			next[e.a] = e.b
			if start == (point{}) || e.a.x < start.x || e.a.x == start.x && e.a.y < start.y {
				start = e.a
			}
		}
	}
	ring := []point{start}
	for p := next[start]; p != start; p = next[p] {
		ring = append(ring, p)
	}
	return append(ring, start)
}

// lonlat places a point on the globe; at this size a plane is good to a metre.
func lonlat(p point) [2]float64 {
	const metresPerDegree = 111_195
	lat := hallLat + p.y/metresPerDegree
	lon := hallLon + p.x/(metresPerDegree*math.Cos(hallLat*math.Pi/180))
	round := func(v float64) float64 { return math.Round(v*1e6) / 1e6 }
	return [2]float64{round(lon), round(lat)}
}

// feature of a GeoJSON file (RFC 7946).
type feature struct {
	Type       string            `json:"type"`
	Properties map[string]string `json:"properties"`
	Geometry   geometry          `json:"geometry"`
}

type geometry struct {
	Type        string         `json:"type"`
	Coordinates [][][2]float64 `json:"coordinates"`
}

// Areas makes the GeoJSON files of the three levels.
func Areas(seed uint64) (town, district, spaces []byte) {
	all := rings(seed)
	everything := make([]int, len(plan))
	members := make([][]int, len(districts))
	var list []feature
	for i, s := range plan {
		everything[i] = i
		members[s.district] = append(members[s.district], i)
		list = append(list, polygon(s.key, s.name, all[i]))
	}
	spaces = collection(list)
	list = nil
	for d, name := range districts {
		list = append(list, polygon(s2(d+1), name, outer(all, members[d])))
	}
	district = collection(list)
	return collection([]feature{polygon("0", "Kupferstadt", outer(all, everything))}), district, spaces
}

func s2(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

func polygon(key, name string, ring []point) feature {
	line := make([][2]float64, len(ring))
	for i, p := range ring {
		line[i] = lonlat(p)
	}
	return feature{"Feature", map[string]string{"key": key, "name": name}, geometry{"Polygon", [][][2]float64{line}}}
}

func collection(list []feature) []byte {
	b, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": list})
	if err != nil {
		panic("demo: areas do not encode: " + err.Error())
	}
	return b
}
