// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"regexp"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// The keys of the standard levels.
const (
	City         = "city"
	District     = "district"
	Quarter      = "quarter"
	PlanningArea = "plr"
	Block        = "block"
)

// defaultRank is the rank of a level about which nothing else is known: that of planning areas.
const defaultRank = 4

// known are levels that need no explanation when an import first names them: the standard ones and words German towns use for theirs.
var known = map[string]Level{
	City:           {Name: kernel.T("Stadt", "City"), Rank: 1},
	"stadt":        {Name: kernel.T("Stadt", "City"), Rank: 1},
	"gemeinde":     {Name: kernel.T("Gemeinde", "Municipality"), Rank: 1},
	District:       {Name: kernel.T("Bezirk", "District"), Rank: 2},
	"bez":          {Name: kernel.T("Bezirk", "District"), Rank: 2},
	"bezirk":       {Name: kernel.T("Bezirk", "District"), Rank: 2},
	"stadtbezirk":  {Name: kernel.T("Stadtbezirk", "City district"), Rank: 2},
	Quarter:        {Name: kernel.T("Stadtteil", "Quarter"), Rank: 3},
	"stadtteil":    {Name: kernel.T("Stadtteil", "Quarter"), Rank: 3},
	"ortsteil":     {Name: kernel.T("Ortsteil", "Locality"), Rank: 3},
	"pgr":          {Name: kernel.T("Prognoseraum", "Forecast area"), Rank: 3},
	"bzr":          {Name: kernel.T("Bezirksregion", "District region"), Rank: 3},
	PlanningArea:   {Name: kernel.T("Planungsraum", "Planning area"), Rank: 4},
	"sozialraum":   {Name: kernel.T("Sozialraum", "Social space"), Rank: 4},
	"stadtviertel": {Name: kernel.T("Stadtviertel", "Neighbourhood"), Rank: 4},
	Block:          {Name: kernel.T("Baublock", "Block"), Rank: 5},
	"baublock":     {Name: kernel.T("Baublock", "Block"), Rank: 5},
}

var (
	levelKey   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	editionKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)
)

// newLevel makes the level an import names for the first time. Words given win over what the table of known levels says; parent is the level
// above, if any.
func newLevel(key string, name kernel.Text, rank int, parent *Level) Level {
	l := known[key]
	l.ID, l.Key = kernel.NewID(), key
	if len(name) > 0 {
		l.Name = name
	}
	if len(l.Name) == 0 {
		l.Name = kernel.T(key, key)
	}
	switch {
	case rank > 0:
		l.Rank = rank
	case l.Rank > 0:
	case parent != nil:
		l.Rank = parent.Rank + 1
	default:
		l.Rank = defaultRank
	}
	return l
}

// rerank gives child a rank below parent and pushes down the levels under it in turn. It returns the levels whose rank changes, or false
// when parent itself lies somewhere under child, so that no order exists.
func rerank(levels []Level, editions []Edition, parent, child Level) (changed []Level, ok bool) {
	rank := map[kernel.ID]int{}
	byID := map[kernel.ID]Level{}
	for _, l := range append(levels[:len(levels):len(levels)], parent, child) {
		rank[l.ID], byID[l.ID] = l.Rank, l
	}
	level := map[kernel.ID]kernel.ID{} // edition to its level
	for _, e := range editions {
		level[e.ID] = e.Level.ID
	}
	below := map[kernel.ID]map[kernel.ID]bool{}
	link := func(up, down kernel.ID) {
		if below[up] == nil {
			below[up] = map[kernel.ID]bool{}
		}
		below[up][down] = true
	}
	for _, e := range editions {
		if e.ParentEditionID != "" {
			link(level[e.ParentEditionID], e.Level.ID)
		}
	}
	link(parent.ID, child.ID)
	var push func(id kernel.ID, path map[kernel.ID]bool) bool
	push = func(id kernel.ID, path map[kernel.ID]bool) bool {
		if path[id] {
			return false
		}
		path[id] = true
		defer delete(path, id)
		for down := range below[id] {
			if rank[down] <= rank[id] {
				rank[down] = rank[id] + 1
			}
			if !push(down, path) {
				return false
			}
		}
		return true
	}
	if !push(parent.ID, map[kernel.ID]bool{}) {
		return nil, false
	}
	for id, l := range byID {
		if rank[id] != l.Rank {
			l.Rank = rank[id]
			changed = append(changed, l)
		}
	}
	return changed, true
}
