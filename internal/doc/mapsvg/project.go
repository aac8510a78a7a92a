// SPDX-License-Identifier: EUPL-1.2

package mapsvg

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// projection turns places into whole units of the drawing.
type projection struct {
	minX, maxY float64
	xScale     float64 // of x before scaling: cos(latitude) for degrees, 1 for metres
	scale      float64 // units of the drawing per unit of y
	offX, offY float64
	width      float64
	height     float64
	metres     float64 // per unit of the drawing
}

// metresPerDegree is a degree of latitude on the mean Earth radius of GRS 80, 6 371 008.8 m.
const metresPerDegree = 6371008.8 * math.Pi / 180

// fit makes the projection that fits all rings into the width and at most maxHeight. For degrees it is the equirectangular projection that keeps
// lengths along the middle parallel: over a town of 50 km its error is below the width of a line.
func fit(rings []Ring, geographic bool, width, maxHeight, margin float64) projection {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, r := range rings {
		for _, p := range r {
			minX, maxX = min(minX, p.X), max(maxX, p.X)
			minY, maxY = min(minY, p.Y), max(maxY, p.Y)
		}
	}
	pr := projection{minX: minX, maxY: maxY, xScale: 1, scale: 1, width: width, height: maxHeight}
	if minX > maxX {
		pr.minX, pr.maxY = 0, 0
		return pr
	}
	unit := 1.0
	if geographic {
		pr.xScale = max(math.Cos((minY+maxY)/2*math.Pi/180), 1e-6)
		unit = metresPerDegree
	}
	w, h := (maxX-minX)*pr.xScale, maxY-minY
	pr.scale = min((width-2*margin)/max(w, 1e-12), (maxHeight-2*margin)/max(h, 1e-12))
	pr.metres = unit / pr.scale
	pr.height = math.Ceil(h*pr.scale + 2*margin)
	pr.offX = (width - w*pr.scale) / 2
	pr.offY = margin
	return pr
}

type cell struct{ x, y int }

func (pr projection) cell(p Point) cell {
	return cell{
		int(math.Round((p.X-pr.minX)*pr.xScale*pr.scale + pr.offX)),
		int(math.Round((pr.maxY-p.Y)*pr.scale + pr.offY)),
	}
}

// outline rounds a ring to whole units and drops repeated corners; nil when nothing of it is left to see.
func (pr projection) outline(r Ring) []cell {
	cells := make([]cell, 0, len(r))
	for _, p := range r {
		if c := pr.cell(p); len(cells) == 0 || cells[len(cells)-1] != c {
			cells = append(cells, c)
		}
	}
	for len(cells) > 1 && cells[0] == cells[len(cells)-1] {
		cells = cells[:len(cells)-1]
	}
	if len(cells) < 3 {
		return nil
	}
	return cells
}

// path writes outlines as path data with relative, whole numbers; h and v for the lines that go straight. A first "m" counts from the origin,
// and numbers after an "m" are relative lines.
func path(outlines [][]cell) string {
	var b strings.Builder
	at := cell{}
	for _, cells := range outlines {
		first := cells[0]
		b.WriteByte('m')
		pair(&b, first.x-at.x, first.y-at.y)
		at = first
		inLine := true
		for _, c := range cells[1:] {
			dx, dy := c.x-at.x, c.y-at.y
			switch {
			case dy == 0:
				b.WriteByte('h')
				one(&b, dx)
				inLine = false
			case dx == 0:
				b.WriteByte('v')
				one(&b, dy)
				inLine = false
			default:
				if !inLine {
					b.WriteByte('l')
				} else if dx >= 0 {
					b.WriteByte(' ')
				}
				pair(&b, dx, dy)
				inLine = true
			}
			at = c
		}
		b.WriteByte('z')
		at = first // closing leads back to the first corner, from which the next relative move counts
	}
	return b.String()
}

func pair(b *strings.Builder, x, y int) {
	one(b, x)
	if y >= 0 {
		b.WriteByte(' ')
	}
	one(b, y)
}

func one(b *strings.Builder, n int) { b.WriteString(strconv.Itoa(n)) }

// anchor is a place inside the largest ring to put a label on: the middle of the widest stretch of a row through the ring, over several rows.
func anchor(outlines [][]cell) (x, y, width float64) {
	var ring []cell
	most := -1.0
	for _, r := range outlines {
		if a := math.Abs(area2(r)); a > most {
			ring, most = r, a
		}
	}
	if ring == nil {
		return 0, 0, 0
	}
	lo, hi := ring[0].y, ring[0].y
	for _, c := range ring {
		lo, hi = min(lo, c.y), max(hi, c.y)
	}
	middle := float64(lo+hi) / 2
	best := math.Inf(-1)
	const rows = 15
	for i := 1; i < rows; i++ {
		// Half a unit off the grid no row passes through a corner.
		row := math.Floor(float64(lo)+float64(hi-lo)*float64(i)/rows) + 0.5
		from, to := widest(outlines, row)
		// A stretch near the middle is worth more than a little more width at the rim.
		if score := (to - from) - 0.35*math.Abs(row-middle); to > from && score > best {
			best, x, y, width = score, (from+to)/2, row, to-from
		}
	}
	return x, y, width
}

func area2(r []cell) float64 {
	s := 0
	for i, c := range r {
		n := r[(i+1)%len(r)]
		s += c.x*n.y - n.x*c.y
	}
	return float64(s)
}

// widest returns the longest stretch of the row that lies inside, by the even-odd rule.
func widest(outlines [][]cell, row float64) (from, to float64) {
	var xs []float64
	for _, r := range outlines {
		for i, c := range r {
			n := r[(i+1)%len(r)]
			if (float64(c.y) < row) != (float64(n.y) < row) {
				xs = append(xs, float64(c.x)+(row-float64(c.y))/float64(n.y-c.y)*float64(n.x-c.x))
			}
		}
	}
	slices.Sort(xs)
	for i := 0; i+1 < len(xs); i += 2 {
		if xs[i+1]-xs[i] > to-from {
			from, to = xs[i], xs[i+1]
		}
	}
	return from, to
}
