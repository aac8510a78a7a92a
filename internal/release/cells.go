// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/disclosure"
)

// cells are the figures an audience can put beside each other and add up: one indicator in one definition for one period, as delivered for the
// areas of one or several levels, the sums over the areas above them, and the town.
type cells struct {
	as        access.Audience
	at        map[cell]int
	label     []string // area key; empty for a town
	hidden    []bool   // the audience does not see it
	secret    []bool   // the gate withholds it; other hidden cells have no figure
	relations []disclosure.Relation
	withheld  map[int]bool // by protect
}

// cell names an area, or the union of all areas of an edition.
type cell struct{ area, town kernel.ID }

// delivered is a slice with its figures, as newCells and its caller hand it on.
type delivered struct {
	slice   indicator.SliceState
	version indicator.Version
	raw     map[kernel.ID]indicator.Observation
	h       *area.Hierarchy
}

// beside gathers what the audience sees beside a slice: the tables of the same indicator, definition and period for editions above, below or
// beside its own in the hierarchy. also names slices that are about to be released together with it.
func (v View) beside(ctx context.Context, d delivered, as access.Audience, also map[kernel.ID]bool) (*cells, error) {
	c := &cells{as: as, at: map[cell]int{}, withheld: map[int]bool{}}
	c.add(d)
	mine := editions(d)
	for _, sl := range v.state.slices[d.slice.IndicatorID] {
		if sl.ID == d.slice.ID || sl.Version != d.slice.Version || sl.Period != d.slice.Period || !visible(v.state.audiences[sl.ID], as) && !also[sl.ID] {
			continue
		}
		h, err := v.svc.Areas.Hierarchy(ctx, v.actor, sl.EditionID)
		if err != nil {
			return nil, err
		}
		other := delivered{slice: sl, version: d.version, h: h}
		if !slices.ContainsFunc(editions(other), func(id kernel.ID) bool { return slices.Contains(mine, id) }) {
			continue
		}
		if other.raw, err = v.raw(ctx, sl.Slice, ""); err != nil {
			return nil, err
		}
		c.add(other)
	}
	for i := range c.secret {
		c.secret[i] = c.secret[i] && c.hidden[i] // shown in another table
	}
	return c, nil
}

// editions lists the slice's own edition and those above it.
func editions(d delivered) []kernel.ID {
	list := []kernel.ID{d.slice.EditionID}
	for _, l := range d.h.Levels {
		list = append(list, l.Edition.ID)
	}
	return list
}

// cell numbers a cell; one not met before is hidden.
func (c *cells) cell(k cell, label string) int {
	i, ok := c.at[k]
	if !ok {
		i = len(c.label)
		c.at[k] = i
		c.label, c.hidden, c.secret = append(c.label, label), append(c.hidden, true), append(c.secret, false)
	}
	return i
}

// add enters the cells of a slice, of the sums over it, and how they add up. Figures that cannot be added up are no part of any sum.
func (c *cells) add(d delivered) {
	if d.version.Aggregation == indicator.NoAggregation {
		return
	}
	top := make([]int, len(d.h.Areas)) // the cell of the highest ancestor met so far
	below := make([]int, len(d.h.Areas))
	for i, a := range d.h.Areas {
		top[i] = c.cell(cell{area: a.ID}, a.Key)
		below[i] = top[i]
		if o, ok := d.raw[a.ID]; ok {
			c.judge(top[i], o, d.version)
		}
	}
	for _, l := range d.h.Levels {
		parts, members := make([][]int, len(l.Areas)), make([][]int, len(l.Areas))
		here := make([]int, len(d.h.Areas))
		for i, p := range l.Of {
			here[i] = -1
			if p < 0 || below[i] < 0 {
				continue
			}
			members[p] = append(members[p], i)
			if !slices.Contains(parts[p], below[i]) {
				parts[p] = append(parts[p], below[i])
			}
			here[i] = c.cell(cell{area: l.Areas[p].ID}, l.Areas[p].Key)
			top[i] = here[i]
		}
		for p := range l.Areas {
			if len(members[p]) == 0 {
				continue // nothing of the slice lies in it
			}
			total := here[members[p][0]]
			if d.slice.CanRollUp() {
				c.union(total, d, members[p])
			}
			c.relations = append(c.relations, disclosure.Relation{Name: l.Areas[p].Key + " " + l.Areas[p].Name, Total: total, Parts: parts[p]})
		}
		below = here
	}
	all := make([]int, len(d.h.Areas))
	for i := range all {
		all[i] = i
	}
	total := c.cell(cell{town: d.slice.EditionID}, "")
	c.union(total, d, all)
	slices.Sort(top)
	c.relations = append(c.relations, disclosure.Relation{Name: everything, Total: total, Parts: slices.Compact(top)})
}

// everything stands for the sum over the whole town, or for several sums together.
const everything = "∑"

// judge notes what the audience sees of a figure. Rates that came without counts add up to nothing.
func (c *cells) judge(at int, o indicator.Observation, v indicator.Version) {
	switch f := clear(o, v, c.as); {
	case f.Shown():
		c.hidden[at] = c.hidden[at] && math.IsNaN(f.Numerator)
	case f.Flag == indicator.Suppressed:
		c.secret[at] = true
	}
}

// union judges the sum over some areas of a slice, where it can be formed.
func (c *cells) union(at int, d delivered, members []int) {
	part := make([]indicator.Observation, 0, len(members))
	for _, i := range members {
		o, ok := d.raw[d.h.Areas[i].ID]
		if !ok {
			return
		}
		part = append(part, o)
	}
	// A sum that cannot be formed because a part is withheld must not follow either, but for the town, whose figure is never small.
	if o, err := indicator.RollUp(part, d.version); err == nil && (o.Flag.HasNumber() || c.label[at] != "") {
		c.judge(at, o, d.version)
	}
}

// exposed lists the cells that are calculated from the others; secret tells whether one of them is withheld.
func (c *cells) exposed() (found []disclosure.Exposure, secret bool) {
	if !slices.Contains(c.secret, true) {
		return nil, false
	}
	found = disclosure.SingleSuppressed(c.hidden, c.relations)
	return found, slices.ContainsFunc(found, func(x disclosure.Exposure) bool { return c.secret[x.Cell] })
}

// exposures lists the withheld cells that the sums give away.
func (c *cells) exposures() []disclosure.Exposure {
	found, _ := c.exposed()
	return slices.DeleteFunc(found, func(x disclosure.Exposure) bool { return !c.secret[x.Cell] })
}

// protect hides sums until none gives a withheld figure away. A release was refused where that would be needed, so it takes effect only where
// figures were corrected or completed after their release.
func (c *cells) protect() {
	for found, secret := c.exposed(); secret; found, secret = c.exposed() {
		before := len(c.withheld)
		for _, x := range found {
			if x.Relation >= 0 {
				c.withhold(c.relations[x.Relation].Total)
			}
		}
		if len(c.withheld) > before {
			continue
		}
		for _, r := range c.relations {
			c.withhold(r.Total)
		}
		if len(c.withheld) > before {
			continue
		}
		for i := range c.hidden { // two cuts of the same town tell each other's figures without any sum being shown
			c.withhold(i)
		}
	}
}

func (c *cells) withhold(at int) {
	if !c.hidden[at] {
		c.hidden[at], c.withheld[at] = true, true
	}
}

// holds tells whether protect has hidden the cell.
func (c *cells) holds(k cell) bool {
	i, ok := c.at[k]
	return ok && c.withheld[i]
}

// sum names the sum that gives a cell away.
func (c *cells) sum(x disclosure.Exposure) string {
	if x.Relation < 0 {
		return everything
	}
	return c.relations[x.Relation].Name
}
