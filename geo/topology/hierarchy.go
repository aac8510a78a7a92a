// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/geo"
)

// parentIndex gives each child the position of its parent in c.areas, -1 without one.
func (c *checker) parentIndex() []int32 {
	at := map[string]int32{}
	for i := c.n; i < len(c.areas); i++ {
		at[c.areas[i].Key] = int32(i)
	}
	out := make([]int32, c.n)
	for i := range out {
		out[i] = -1
		if p, ok := at[c.areas[i].Parent]; ok && c.areas[i].Parent != "" {
			out[i] = p
		}
	}
	return out
}

// hierarchy checks that parents exist and that no area is its own ancestor.
func (c *checker) hierarchy() {
	parent := map[string]string{}
	known := map[string]bool{}
	for i := range c.areas {
		a := &c.areas[i]
		known[a.Key] = true
		if a.Key != "" && a.Parent != "" {
			parent[a.Key] = a.Parent
		}
	}
	for i := range c.n {
		a := &c.areas[i]
		if a.Parent != "" && !known[a.Parent] {
			c.area(i, geo.Row, "parent.missing", map[string]any{"parent": a.Parent}, "The parent %q of the area %q does not exist; import the level above first or correct the key.", a.Parent, a.Key)
		}
	}
	for _, cycle := range Cycles(parent) {
		i := 0
		for c.areas[i].Key != cycle[0] {
			i++
		}
		c.area(i, geo.Refuse, "parent.cycle", map[string]any{"keys": cycle}, "The areas %s are parents of each other in a circle; correct one of the parents.", strings.Join(append(cycle, cycle[0]), " → "))
	}
}

// Cycles returns the circles among parents, each once and beginning with its smallest key. parent maps a key to the key of its parent.
func Cycles(parent map[string]string) [][]string {
	const fresh, open, done = 0, 1, 2
	state := map[string]int{}
	var out [][]string
	for start := range parent {
		var path []string
		k := start
		for state[k] == fresh {
			state[k] = open
			path = append(path, k)
			next, ok := parent[k]
			if !ok {
				break
			}
			k = next
		}
		if state[k] == open && parent[k] != "" {
			for i := range path {
				if path[i] == k {
					out = append(out, rotate(path[i:]))
				}
			}
		}
		for _, p := range path {
			state[p] = done
		}
	}
	slices.SortFunc(out, slices.Compare[[]string])
	return out
}

func rotate(c []string) []string {
	at := 0
	for i := range c {
		if c[i] < c[at] {
			at = i
		}
	}
	return append(append([]string{}, c[at:]...), c[:at]...)
}
