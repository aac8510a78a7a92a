// SPDX-License-Identifier: EUPL-1.2

package plane

import (
	"math"
	"slices"
)

// Box is a closed rectangle.
type Box struct{ MinX, MinY, MaxX, MaxY float64 }

func (b Box) meets(o Box) bool {
	return b.MinX <= o.MaxX && o.MinX <= b.MaxX && b.MinY <= o.MaxY && o.MinY <= b.MaxY
}

func (b *Box) extend(o Box) {
	b.MinX, b.MinY = min(b.MinX, o.MinX), min(b.MinY, o.MinY)
	b.MaxX, b.MaxY = max(b.MaxX, o.MaxX), max(b.MaxY, o.MaxY)
}

const fanout = 8

// Index is a packed R-tree that never changes after NewIndex (sort-tile-recursive packing, Leutenegger 1997).
type Index struct {
	boxes  []Box   // level by level, leaves first
	items  []int32 // item of each leaf box
	levels []int   // start of each level in boxes
}

// NewIndex packs n boxes; box gives the one of an item.
func NewIndex(n int, box func(item int) Box) *Index {
	t := &Index{items: make([]int32, n), boxes: make([]Box, n, n+n/(fanout-1)+8)}
	for i := range n {
		t.items[i] = int32(i)
		t.boxes[i] = box(i)
	}
	boxes := t.boxes
	byX := func(a, b int32) int { return compareFloat(boxes[a].MinX+boxes[a].MaxX, boxes[b].MinX+boxes[b].MaxX) }
	byY := func(a, b int32) int { return compareFloat(boxes[a].MinY+boxes[a].MaxY, boxes[b].MinY+boxes[b].MaxY) }
	slices.SortFunc(t.items, byX)
	slice := int(math.Ceil(math.Sqrt(math.Ceil(float64(n)/fanout)))) * fanout
	for i := 0; i < n; i += slice {
		slices.SortFunc(t.items[i:min(i+slice, n)], byY)
	}
	permute(boxes, t.items)
	t.levels = []int{0}
	for start, end := 0, n; end-start > 1; {
		t.levels = append(t.levels, end)
		for i := start; i < end; i += fanout {
			b := t.boxes[i]
			for j := i + 1; j < min(i+fanout, end); j++ {
				b.extend(t.boxes[j])
			}
			t.boxes = append(t.boxes, b)
		}
		start, end = end, len(t.boxes)
	}
	return t
}

// permute brings boxes into the order of items in place, cycle by cycle; a second copy would double the memory of large indexes.
func permute(boxes []Box, items []int32) {
	done := make([]bool, len(items))
	for i := range items {
		if done[i] {
			continue
		}
		first := boxes[i]
		at := i
		for {
			done[at] = true
			from := int(items[at])
			if from == i {
				boxes[at] = first
				break
			}
			boxes[at] = boxes[from]
			at = from
		}
	}
}

func compareFloat(a, b float64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// Search calls f with each item whose box meets b, until f returns false.
func (t *Index) Search(b Box, f func(item int32) bool) {
	if len(t.items) == 0 {
		return
	}
	t.search(len(t.levels)-1, len(t.boxes)-1, b, f)
}

func (t *Index) search(level, at int, b Box, f func(int32) bool) bool {
	if !t.boxes[at].meets(b) {
		return true
	}
	if level == 0 {
		return f(t.items[at])
	}
	first := t.levels[level-1] + (at-t.levels[level])*fanout
	for i := first; i < min(first+fanout, t.levels[level]); i++ {
		if !t.search(level-1, i, b, f) {
			return false
		}
	}
	return true
}
