// SPDX-License-Identifier: EUPL-1.2

// Package release is the gate (Vertraulichkeit): it decides what which audience may see of a figure, and keeps the ledger of releases.
//
// Every output — page, map, tooltip, table, file, report — reads figures through a View and through nothing else; what a View returns is already
// cleared. A cleared figure either shows its numbers or carries one public flag, suppressed, that does not tell why. Publication is an explicit
// act on a slice; until then only the planning staff sees it.
//
// Visibility, in prose. Public: released slices; primary suppression by the indicator's class. Political: slices released to the public or to the
// council; at least 5. Internal: every slice that counts; at least 3. Sealed: everything as delivered, for computation only. A figure that came
// as a bare rate has no counts to judge; outside the planning staff it is shown only where its source cleared it.
//
// Secondary suppression belongs behind clear: it will take the primary verdicts and the sums of cells and hide further cells. Until it is there,
// Publish refuses a table whose suppressed cells follow by subtraction from what stands beside them: its town and the areas above, or the same
// figures released for other editions. Where figures are corrected after their release, the sums that would give one away are withheld (protect).
// The planning staff, who hold the delivered files, see every sum.
package release

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Figure is what an audience sees of one area. Numbers that are not shown are NaN.
type Figure struct {
	Value       float64 // in the version's unit
	Numerator   float64
	Denominator float64
	Change      float64 // as delivered over the method's lag, percentage points
	Low, High   float64 // Wilson 95 % interval of a share, in the version's unit
	Flag        indicator.Flag
}

// Shown tells whether the figure has a number.
func (f Figure) Shown() bool { return !math.IsNaN(f.Value) }

// hidden is a figure without numbers.
func hidden(flag indicator.Flag) Figure {
	nan := math.NaN()
	return Figure{Value: nan, Numerator: nan, Denominator: nan, Change: nan, Low: nan, High: nan, Flag: flag}
}

// Query names a table of figures.
type Query struct {
	Indicator string        // key
	Version   int           // of the definition; 0: the newest with figures
	EditionID kernel.ID     // area edition
	Period    kernel.Period // zero: the newest period visible
	Pin       string        // deliveries (Table.Pin) to read instead of those that count now, to repeat a run
	SliceID   kernel.ID     // slice (Table.SliceID) that the deliveries of Pin belong to
}

// Table is one indicator on one edition for one period, cleared for an audience.
type Table struct {
	Audience  access.Audience
	Indicator indicator.Indicator
	Version   indicator.Version
	Edition   area.Edition
	Period    kernel.Period
	Areas     []area.Area  // by key
	Figures   []Figure     // parallel to Areas
	Total     Figure       // the union of all areas: the town
	TotalKey  string       // message why there is no total, empty where there is one
	SliceID   kernel.ID    // the slice it was read or rolled up from
	Pin       string       // deliveries the figures came from; a Query with it reads the same again
	Base      area.Edition // edition of that slice; differs from Edition where rolled up
	Public    bool         // released to everybody
}

// RolledUp tells whether the figures are unions of smaller areas.
func (t *Table) RolledUp() bool { return t.Base.ID != t.Edition.ID }

// Index finds an area's row by key, -1 where there is none.
func (t *Table) Index(key string) int {
	for i := range t.Areas {
		if t.Areas[i].Key == key {
			return i
		}
	}
	return -1
}

// Counts says how many areas show a number, are suppressed, and have none.
func (t *Table) Counts() (shown, suppressed, missing int) {
	for _, f := range t.Figures {
		switch {
		case f.Shown():
			shown++
		case f.Flag == indicator.Suppressed:
			suppressed++
		default:
			missing++
		}
	}
	return shown, suppressed, missing
}

// Point is one period of a series.
type Point struct {
	Period  kernel.Period
	Version int // of the definition; a change is a break in the series
	Figure  Figure
	Total   Figure
}

// Offer is something an audience can choose: an indicator on an edition with its periods.
type Offer struct {
	Indicator indicator.Indicator
	EditionID kernel.ID
	Periods   []kernel.Period // ascending
	RolledUp  bool            // computed from smaller areas
}

// Entry is a line of the ledger of releases.
type Entry struct {
	ID              kernel.ID
	Kind            Kind
	ObjectID        kernel.ID
	Audience        access.Audience
	ReleasedAt      kernel.Instant
	ReleasedBy      string
	Note            string
	WithdrawnAt     kernel.Instant
	WithdrawnBy     string
	WithdrawnReason string
}

// Active tells whether the release holds.
func (e Entry) Active() bool { return e.WithdrawnAt.IsZero() }

// Kind of object that is released.
type Kind string

const (
	// SliceKind is a table of figures.
	SliceKind Kind = "slice"
	// RunKind is a run of an index.
	RunKind Kind = "run"
	// ReportKind is a report edition.
	ReportKind Kind = "report"
)
