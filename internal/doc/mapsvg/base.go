// SPDX-License-Identifier: EUPL-1.2

package mapsvg

// Size says how large a map is and how exact its borders are.
type Size struct {
	// Width of the drawing in units, 1000 when zero; Height is the most the map itself may take, 1.1 times the width when zero.
	Width, Height float64
	// Tolerance is how far a border may be moved, in units; 0.9 when zero. Borders that were simplified before lose nothing by it.
	Tolerance float64
}

func (s Size) orDefault() Size {
	if s.Width <= 0 {
		s.Width = 1000
	}
	if s.Height <= 0 {
		s.Height = 1.1 * s.Width
	}
	if s.Tolerance <= 0 {
		s.Tolerance = 0.9
	}
	return s
}

// Base is the part of a map that stays the same for every indicator and period: the shapes of an area edition, projected, simplified and written
// as paths. Whoever draws many maps of one edition makes it once. It is never changed after NewBase and may be shared.
type Base struct {
	pr        projection
	paths     map[string]string // by area key
	middles   map[string]middle // by area key
	districts []district
}

// middle is a place inside an area for a sign, and how much room there is.
type middle struct{ x, y, w float64 }

type district struct {
	name, path string
	x, y, w    float64 // a place for the name, and how much room there is
}

// NewBase prepares the shapes; of the areas only key and rings are used. Geographic says that points are degrees.
func NewBase(areas []Area, districts []District, geographic bool, size Size) *Base {
	size = size.orDefault()
	var rings []Ring
	for _, a := range areas {
		rings = append(rings, a.Rings...)
	}
	for _, d := range districts {
		rings = append(rings, d.Rings...)
	}
	b := &Base{pr: fit(rings, geographic, size.Width, size.Height, margin), paths: make(map[string]string, len(areas)), middles: make(map[string]middle, len(areas))}
	lines := newBorders(size.Tolerance)
	outlines := func(rings []Ring) (out [][]cell) {
		for _, r := range rings {
			if cells := b.pr.outline(r); cells != nil {
				out = append(out, cells)
			}
		}
		return out
	}
	shapes := make([][][]cell, 0, len(areas)+len(districts))
	for _, a := range areas {
		shapes = append(shapes, outlines(a.Rings))
	}
	for _, d := range districts {
		shapes = append(shapes, outlines(d.Rings))
	}
	for _, shape := range shapes {
		for _, cells := range shape {
			lines.add(cells)
		}
	}
	for i, shape := range shapes {
		kept := shape[:0]
		for _, cells := range shape {
			if cells = lines.simplify(cells); cells != nil {
				kept = append(kept, cells)
			}
		}
		if i < len(areas) {
			b.addArea(areas[i], kept)
		} else if len(kept) > 0 {
			d := district{name: districts[i-len(areas)].Name, path: path(kept)}
			d.x, d.y, d.w = anchor(kept)
			b.districts = append(b.districts, d)
		}
	}
	return b
}

func (b *Base) addArea(a Area, shape [][]cell) {
	if len(shape) == 0 {
		if len(a.Rings) == 0 || len(a.Rings[0]) == 0 {
			return
		}
		// An area too small to see keeps a square of one unit, so that it is not lost.
		c := b.pr.cell(a.Rings[0][0])
		shape = [][]cell{{c, {c.x + 1, c.y}, {c.x + 1, c.y + 1}, {c.x, c.y + 1}}}
	}
	b.paths[a.Key] = path(shape)
	x, y, w := anchor(shape)
	b.middles[a.Key] = middle{x, y, w}
}

func (m Map) base(size Size) *Base { return NewBase(m.Areas, m.Districts, m.Geographic, size) }
