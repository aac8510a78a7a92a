// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"fmt"
	"slices"
	"sort"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

// patch is a stretch of land with a fault, added up over its faces.
type patch struct {
	m2  float64
	at  plane.Point
	big float64 // of the largest face, which gives the place
}

func (p *patch) add(m2 float64, at plane.Point) {
	p.m2 += m2
	if m2 > p.big {
		p.big, p.at = m2, at
	}
}

// tally is what the faces say about the coverage.
type tally struct {
	overlaps map[[2]int32]*patch
	gaps     []gap
	outside  map[int32]*patch // child outside its parent
	unfilled map[int32]*patch // parent without children
	slivers  int
	sliverM2 float64
	sliverW  float64
}

type gap struct {
	patch
	beside []int32
}

// coverage checks how the areas fit together and into their parents.
func (c *checker) coverage() {
	t := c.tally()
	c.reportOverlaps(t)
	c.reportGaps(t)
	c.reportParents(t)
	if t.slivers > 0 {
		c.report(geo.Finding{
			Code: "coverage.slivers", Severity: geo.Info, Feature: geo.WholeFile,
			Params:  map[string]any{"count": t.slivers, "m2": round(t.sliverM2, 1), "width": round(t.sliverW, 2)},
			Message: fmt.Sprintf("Rounding left %s between the areas (%.1f m² in all, at most %.2f m wide); they do no harm.", plural(t.slivers, "sliver", "slivers"), t.sliverM2, t.sliverW),
		})
	}
}

// sliver measures a face and tells whether it is only rounding.
func (c *checker) sliver(t *tally, f int32) (m2 float64, is bool) {
	m2, length := c.ruler.face(c.arr, f)
	if !c.opt.sliver(m2, length) {
		return m2, false
	}
	t.slivers++
	t.sliverM2 += m2
	t.sliverW = max(t.sliverW, min(width(m2, length), c.opt.SliverWidth))
	return m2, true
}

// width is that of a long rectangle of this area and border.
func width(m2, length float64) float64 {
	if length == 0 {
		return 0
	}
	return 2 * m2 / length
}

// sliver tells whether a face is as small as rounding leaves them.
func (o Options) sliver(m2, length float64) bool {
	return width(m2, length) < o.SliverWidth || m2 < o.SliverArea
}

func (c *checker) tally() *tally {
	t := &tally{overlaps: map[[2]int32]*patch{}, outside: map[int32]*patch{}, unfilled: map[int32]*patch{}}
	parentOf := c.parentIndex()
	put := func(m map[int32]*patch, k int32, m2 float64, at plane.Point) {
		if m[k] == nil {
			m[k] = &patch{}
		}
		m[k].add(m2, at)
	}
	n := int32(c.n)
	for f := int32(1); f < int32(c.arr.Faces()); f++ {
		label := c.arr.Label(f)
		split, _ := slices.BinarySearchFunc(label, n, func(cv plane.Cover, n int32) int { return int(cv.Owner) - int(n) })
		kids, parents := label[:split], label[split:]
		isGap := len(kids) == 0 && (len(c.opt.Parents) == 0 || len(parents) > 0)
		var strays []int32
		for _, k := range kids {
			if p := parentOf[k.Owner]; p >= 0 && !slices.ContainsFunc(parents, func(cv plane.Cover) bool { return cv.Owner == p }) {
				strays = append(strays, k.Owner)
			}
		}
		if len(kids) < 2 && !isGap && len(strays) == 0 {
			continue
		}
		m2, sliver := c.sliver(t, f)
		if sliver {
			continue
		}
		at := c.arr.FaceRings(f)[0][0]
		for i := range kids {
			for j := i + 1; j < len(kids); j++ {
				k := [2]int32{kids[i].Owner, kids[j].Owner}
				if t.overlaps[k] == nil {
					t.overlaps[k] = &patch{}
				}
				t.overlaps[k].add(m2, at)
			}
		}
		for _, k := range strays {
			put(t.outside, k, m2, at)
		}
		switch {
		case !isGap:
		case len(parents) == 0:
			t.gaps = append(t.gaps, gap{patch{m2, at, m2}, c.beside(f)})
		default:
			for _, p := range parents {
				put(t.unfilled, p.Owner, m2, at)
			}
		}
	}
	return t
}

// beside lists the children around a face.
func (c *checker) beside(f int32) []int32 {
	var out []int32
	c.arr.Neighbours(f, func(h int32) {
		for _, cv := range c.arr.Label(c.arr.Left(h ^ 1)) {
			if int(cv.Owner) < c.n && !slices.Contains(out, cv.Owner) {
				out = append(out, cv.Owner)
			}
		}
	})
	slices.Sort(out)
	return out
}

func (c *checker) keys(areas []int32) []string {
	out := make([]string, len(areas))
	for i, a := range areas {
		out[i] = c.areas[a].Key
	}
	return out
}

func (c *checker) located(f geo.Finding, m2 float64, at plane.Point) geo.Finding {
	lon, lat := c.ruler.lonLat(at)
	if f.Params == nil {
		f.Params = map[string]any{}
	}
	f.Params["m2"], f.Params["lon"], f.Params["lat"] = round(m2, 1), round(lon, 7), round(lat, 7)
	return f
}

func (c *checker) reportOverlaps(t *tally) {
	pairs := make([][2]int32, 0, len(t.overlaps))
	for k := range t.overlaps {
		pairs = append(pairs, k)
	}
	sort.Slice(pairs, func(i, j int) bool {
		a, b := t.overlaps[pairs[i]], t.overlaps[pairs[j]]
		if a.m2 != b.m2 {
			return a.m2 > b.m2
		}
		return pairs[i][0] < pairs[j][0] || pairs[i][0] == pairs[j][0] && pairs[i][1] < pairs[j][1]
	})
	for _, k := range pairs {
		p := t.overlaps[k]
		a, b := &c.areas[k[0]], &c.areas[k[1]]
		c.report(c.located(geo.Finding{
			Code: "coverage.overlap", Severity: geo.Warn, Feature: a.Feature, Line: a.Line, Key: a.Key,
			Params:  map[string]any{"other": b.Key, "other_feature": b.Feature},
			Message: fmt.Sprintf("The areas %q and %q overlap by %.1f m² near %s; addresses there would count twice.", a.Key, b.Key, p.m2, place(c.ruler, p.at)),
		}, p.m2, p.at))
	}
}

func (c *checker) reportGaps(t *tally) {
	sort.SliceStable(t.gaps, func(i, j int) bool { return t.gaps[i].m2 > t.gaps[j].m2 })
	for _, g := range t.gaps {
		keys := c.keys(g.beside)
		if len(keys) == 1 { // a hole that one area has by itself: an enclave, usually meant
			a := &c.areas[g.beside[0]]
			c.report(c.located(geo.Finding{
				Code: "coverage.enclave", Severity: geo.Info, Feature: a.Feature, Line: a.Line, Key: a.Key,
				Message: fmt.Sprintf("The area %q encloses %.1f m² near %s that belong to no area.", a.Key, g.m2, place(c.ruler, g.at)),
			}, g.m2, g.at))
			continue
		}
		c.report(c.located(geo.Finding{
			Code: "coverage.gap", Severity: geo.Warn, Feature: geo.WholeFile, Params: map[string]any{"keys": keys},
			Message: fmt.Sprintf("Between the areas %s lies a gap of %.1f m² near %s; addresses there belong to no area.", quoteAll(keys), g.m2, place(c.ruler, g.at)),
		}, g.m2, g.at))
	}
}

func (c *checker) reportParents(t *tally) {
	for i := range int32(c.n) {
		p := t.outside[i]
		if p == nil {
			continue
		}
		share := 1.
		if total := c.ruler.model(c.m, i); total > 0 {
			share = min(1, p.m2/total)
		}
		sev := geo.Warn
		if share > .5 {
			sev = geo.Ask
		}
		a := &c.areas[i]
		c.report(c.located(geo.Finding{
			Code: "parent.outside", Severity: sev, Feature: a.Feature, Line: a.Line, Key: a.Key,
			Params:  map[string]any{"parent": a.Parent, "share": round(share, 4)},
			Message: fmt.Sprintf("The area %q lies with %.1f m² (%.1f %%) outside its parent %q, near %s.", a.Key, p.m2, 100*share, a.Parent, place(c.ruler, p.at)),
		}, p.m2, p.at))
	}
	for i := int32(c.n); i < int32(len(c.areas)); i++ {
		if p := t.unfilled[i]; p != nil {
			a := &c.areas[i]
			c.report(c.located(geo.Finding{
				Code: "parent.unfilled", Severity: geo.Warn, Feature: geo.WholeFile, Key: a.Key,
				Message: fmt.Sprintf("The parent %q is not filled by its areas: %.1f m² are missing, the most near %s.", a.Key, p.m2, place(c.ruler, p.at)),
			}, p.m2, p.at))
		}
	}
}
