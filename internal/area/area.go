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
