// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/disclosure"
)

// cells numbers everything that is published together with a slice: its areas, the areas of every level above, and the town.
type cells struct {
	h          *area.Hierarchy
	suppressed []bool
	label      []string // area key; empty for the town
	level      []int    // first cell of each level of the hierarchy
	town       int
	relations  []disclosure.Relation
}

func newCells(h *area.Hierarchy) *cells {
	c := &cells{h: h}
	add := func(list []area.Area) {
		for _, a := range list {
			c.label = append(c.label, a.Key)
		}
	}
	add(h.Areas)
	for _, l := range h.Levels {
		c.level = append(c.level, len(c.label))
		add(l.Areas)
	}
	c.town = len(c.label)
	c.label = append(c.label, "")
	c.suppressed = make([]bool, len(c.label))
	return c
}

// exposures finds the suppressed cells that published sums give away. Sums that cannot be formed are not published and give nothing away.
func (c *cells) exposures(raw map[kernel.ID]indicator.Observation, v indicator.Version, to access.Audience) []disclosure.Exposure {
	all := make([]int, len(c.h.Areas))
	for i := range all {
		all[i] = i
	}
	if !c.total(c.town, all, raw, v, to) {
		return nil
	}
	below := all
	for n, l := range c.h.Levels {
		members := make([][]int, len(l.Areas))
		for i, p := range l.Of {
			if p >= 0 {
				members[p] = append(members[p], i)
			}
		}
		here := make([]int, len(l.Areas))
		for p := range l.Areas {
			here[p] = c.level[n] + p
			c.total(here[p], members[p], raw, v, to)
		}
		c.relate(n, below)
		below = here
	}
	c.relations = append(c.relations, disclosure.Relation{Name: "∑", Total: c.town, Parts: below})
	return disclosure.SingleSuppressed(c.suppressed, c.relations)
}

// total notes whether the union of members is suppressed; false where it cannot be formed.
func (c *cells) total(cell int, members []int, raw map[kernel.ID]indicator.Observation, v indicator.Version, to access.Audience) bool {
	part := make([]indicator.Observation, 0, len(members))
	for _, i := range members {
		o, ok := raw[c.h.Areas[i].ID]
		if !ok {
			return false
		}
		part = append(part, o)
	}
	o, err := indicator.RollUp(part, v)
	if err != nil {
		return false
	}
	c.suppressed[cell] = !clear(o, v, to).Shown()
	return true
}

// relate makes each area of level n the total of the cells one level below it.
func (c *cells) relate(n int, below []int) {
	l := c.h.Levels[n]
	parts := make([]map[int]bool, len(l.Areas))
	for i, p := range l.Of {
		if p < 0 {
			continue
		}
		at := i // position of the area's ancestor one level below
		if n > 0 {
			at = c.h.Levels[n-1].Of[i]
		}
		if at < 0 {
			continue
		}
		child := below[at]
		if parts[p] == nil {
			parts[p] = map[int]bool{}
		}
		parts[p][child] = true
	}
	for p, set := range parts {
		if len(set) == 0 {
			continue
		}
		r := disclosure.Relation{Name: l.Areas[p].Key + " " + l.Areas[p].Name, Total: c.level[n] + p}
		for child := range set {
			r.Parts = append(r.Parts, child)
		}
		c.relations = append(c.relations, r)
	}
}

// sum names the sum that gives a cell away.
func (c *cells) sum(x disclosure.Exposure) string {
	if x.Relation < 0 {
		return "∑"
	}
	return c.relations[x.Relation].Name
}
