// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"slices"
	"sort"
)

// Shared is the land that area A of the first set and area B of the second have in common.
type Shared struct {
	A, B int // positions in the slices given to Overlay
	M2   float64
}

// Overlay measures what every pair of two sets of areas shares, for crosswalks between editions and for finding parents. Both sets are in the
// system epsg (0 means 4326). The result is sorted by A, then B; pairs that share less than 0.01 m² are left out.
func Overlay(a, b []Area, epsg int) ([]Shared, error) {
	m, ruler, err := measured(append(append([]Area{}, a...), b...), epsg)
	if err != nil {
		return nil, err
	}
	arr := m.buildAll()
	sums := map[[2]int32]float64{}
	n := int32(len(a))
	for f := int32(1); f < int32(arr.Faces()); f++ {
		label := arr.Label(f)
		if len(label) < 2 || label[0].Owner >= n || label[len(label)-1].Owner < n {
			continue
		}
		m2, _ := ruler.face(arr, f)
		for _, x := range label {
			for _, y := range label {
				if x.Owner < n && y.Owner >= n {
					sums[[2]int32{x.Owner, y.Owner - n}] += m2
				}
			}
		}
	}
	out := make([]Shared, 0, len(sums))
	for k, m2 := range sums {
		if m2 >= .01 {
			out = append(out, Shared{int(k[0]), int(k[1]), m2})
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].A < out[j].A || out[i].A == out[j].A && out[i].B < out[j].B
	})
	return out, nil
}

// Assignment is the parent that geometry gives a child.
type Assignment struct {
	Parent int     // position in parents, -1 when the child touches none
	Share  float64 // of the child's area that lies in this parent
}

// AssignParents finds for every child the parent that holds most of it.
func AssignParents(children, parents []Area, epsg int) ([]Assignment, error) {
	shared, err := Overlay(children, parents, epsg)
	if err != nil {
		return nil, err
	}
	out := make([]Assignment, len(children))
	for i := range out {
		out[i].Parent = -1
	}
	best := make([]float64, len(children))
	for _, s := range shared {
		if s.M2 > best[s.A] {
			best[s.A] = s.M2
			out[s.A].Parent = s.B
		}
	}
	m, ruler, err := measured(children, epsg)
	if err != nil {
		return nil, err
	}
	for i := range children {
		if total := ruler.model(m, int32(i)); total > 0 {
			out[i].Share = min(1, best[i]/total)
		}
	}
	return out, nil
}

// Neighbours returns for every area the positions of those that share at least one vertex or piece of border with it (queen contiguity),
// sorted. A vertex of one area in the middle of another's border counts.
func Neighbours(areas []Area, epsg int) ([][]int, error) {
	m, _, err := measured(areas, epsg)
	if err != nil {
		return nil, err
	}
	arr := m.buildAll()
	sets := make([]map[int32]bool, len(areas))
	var here []int32
	for v := range int32(len(arr.Points)) {
		here = here[:0]
		for _, h := range arr.Out(v) {
			arr.Rings(h, func(ring int32, _ int) {
				if a := m.rings[ring].area; !slices.Contains(here, a) {
					here = append(here, a)
				}
			})
		}
		for i, a := range here {
			for _, b := range here[i+1:] {
				for _, p := range [2][2]int32{{a, b}, {b, a}} {
					if sets[p[0]] == nil {
						sets[p[0]] = map[int32]bool{}
					}
					sets[p[0]][p[1]] = true
				}
			}
		}
	}
	out := make([][]int, len(areas))
	for i, s := range sets {
		for a := range s {
			out[i] = append(out[i], int(a))
		}
		slices.Sort(out[i])
	}
	return out, nil
}

// measured brings areas onto the grid with a ruler for them.
func measured(areas []Area, epsg int) (*model, *ruler, error) {
	opt := Options{CRS: epsg}.orDefault()
	grid, err := gridFor(opt.CRS)
	if err != nil {
		return nil, nil, err
	}
	m := newModel(grid, areas)
	r, err := newRuler(grid, opt.CRS, m)
	return m, r, err
}
