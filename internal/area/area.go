// SPDX-License-Identifier: EUPL-1.2

// Package area holds the social spaces (Räume) a town plans in: levels from city to block, and editions of each level that are valid for a time.
//
// An area belongs to one edition and is known by its official key, a string whose leading zeros count; names are not keys. Figures refer to
// areas of an edition, so that a recut of the town never silently changes what an old figure spoke of. Areas of one level lie in areas of the
// level above, its parents.
package area

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Level is a tier of areas, smaller rank contains larger: city 1, district 2, quarter 3, planning area 4, block 5.
type Level struct {
	ID   kernel.ID
	Key  string
	Name kernel.Text
	Rank int
}

// Edition is a cut of one level, valid from a day until another.
type Edition struct {
	ID              kernel.ID
	Level           Level
	Key             string
	ValidFrom       kernel.Date
	ValidTo         kernel.Date // empty: until further notice
	ParentEditionID kernel.ID   // edition of the level above that the parents belong to; empty at the top
	Source          string      // file it came from
	SHA256          string
	SourceCRS       int // EPSG code of the file
	Version         int // counts re-imports
	ImportedAt      kernel.Instant
}

// ValidAt tells whether the day lies in the edition's validity.
func (e Edition) ValidAt(d kernel.Date) bool {
	return d >= e.ValidFrom && (e.ValidTo == "" || d <= e.ValidTo)
}

// Area is one social space.
type Area struct {
	ID        kernel.ID
	EditionID kernel.ID
	Key       string
	Name      string
	SortName  string
	ParentID  kernel.ID // area of the edition's parent edition; empty at the top
	AreaM2    float64
	LabelLon  float64 // a point inside the area, where its label stands
	LabelLat  float64
}

// Placed is an area together with its edition, for chains that run through several levels.
type Placed struct {
	Area    Area
	Edition Edition
}

// Hierarchy is an edition with the editions its areas lie in, nearest first, in a form that sums figures upwards without look-ups.
type Hierarchy struct {
	Edition Edition
	Areas   []Area // by key
	Levels  []HierarchyLevel
}

// HierarchyLevel is one ancestor edition. Of gives for each of Hierarchy.Areas the index of its ancestor in Areas, -1 where it has none.
type HierarchyLevel struct {
	Edition Edition
	Areas   []Area // by key
	Of      []int
}

// Level returns the ancestor level with the key; ok is false when the chain does not reach it.
func (h *Hierarchy) Level(key string) (l HierarchyLevel, ok bool) {
	for _, l := range h.Levels {
		if l.Edition.Level.Key == key {
			return l, true
		}
	}
	return HierarchyLevel{}, false
}
