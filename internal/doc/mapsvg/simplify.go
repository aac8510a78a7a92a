// SPDX-License-Identifier: EUPL-1.2

package mapsvg

import "slices"

// borders knows where lines of the map meet, so that simplifying one area changes its neighbour alike.
type borders struct {
	// neighbours of a corner over all rings: up to two make it part of one line, more make it a junction.
	next      map[cell][2]cell
	junction  map[cell]bool
	tolerance float64
}

func newBorders(tolerance float64) *borders {
	return &borders{next: map[cell][2]cell{}, junction: map[cell]bool{}, tolerance: tolerance}
}

// add notes the corners of a ring.
func (b *borders) add(ring []cell) {
	for i, c := range ring {
		before, after := ring[(i+len(ring)-1)%len(ring)], ring[(i+1)%len(ring)]
		pair := [2]cell{before, after}
		if less(after, before) {
			pair = [2]cell{after, before}
		}
		if known, ok := b.next[c]; ok && known != pair {
			b.junction[c] = true
		}
		b.next[c] = pair
	}
}

func less(a, b cell) bool { return a.x < b.x || a.x == b.x && a.y < b.y }

// simplify leaves out corners that lie within the tolerance of the line that remains (Douglas and Peucker 1973). Every stretch between two
// junctions is cut in the same direction whichever ring it is met in, so both sides of a border stay one line. Nil when nothing is left.
func (b *borders) simplify(ring []cell) []cell {
	start := -1
	for i, c := range ring {
		if b.junction[c] {
			start = i
			break
		}
	}
	if start < 0 {
		// An island: its first corner in reading order stands for the junction, the farthest one for the second.
		for i, c := range ring {
			if start < 0 || less(c, ring[start]) {
				start = i
			}
		}
	}
	turned := slices.Concat(ring[start:], ring[:start+1])
	var out []cell
	from := 0
	for i := 1; i < len(turned); i++ {
		if i < len(turned)-1 && !b.junction[turned[i]] {
			continue
		}
		arc := b.arc(turned[from : i+1])
		out = append(out, arc[:len(arc)-1]...)
		from = i
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

func (b *borders) arc(line []cell) []cell {
	n := len(line)
	backwards := less(line[n-1], line[0]) || line[0] == line[n-1] && less(line[n-2], line[1])
	work := slices.Clone(line)
	if backwards {
		slices.Reverse(work)
	}
	keep := make([]bool, n)
	keep[0], keep[n-1] = true, true
	if work[0] == work[n-1] {
		far, most := 0, -1
		for i, c := range work {
			if d := square(c.x-work[0].x) + square(c.y-work[0].y); d > most {
				far, most = i, d
			}
		}
		keep[far] = true
		b.cut(work, keep, 0, far)
		b.cut(work, keep, far, n-1)
	} else {
		b.cut(work, keep, 0, n-1)
	}
	out := work[:0]
	for i, c := range work {
		if keep[i] {
			out = append(out, c)
		}
	}
	if backwards {
		slices.Reverse(out)
	}
	return out
}

func square(n int) int { return n * n }

func (b *borders) cut(line []cell, keep []bool, from, to int) {
	if to-from < 2 {
		return
	}
	a, z := line[from], line[to]
	dx, dy := z.x-a.x, z.y-a.y
	length := float64(square(dx) + square(dy))
	far, most := -1, b.tolerance*b.tolerance
	for i := from + 1; i < to; i++ {
		px, py := line[i].x-a.x, line[i].y-a.y
		d := 0.0
		switch along := float64(px*dx + py*dy); {
		case length == 0 || along < 0:
			d = float64(square(px) + square(py))
		case along > length:
			d = float64(square(line[i].x-z.x) + square(line[i].y-z.y))
		default:
			cross := float64(px*dy - py*dx)
			d = cross * cross / length
		}
		if d > most {
			far, most = i, d
		}
	}
	if far < 0 {
		return
	}
	keep[far] = true
	b.cut(line, keep, from, far)
	b.cut(line, keep, far, to)
}
