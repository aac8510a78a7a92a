// SPDX-License-Identifier: EUPL-1.2

// Package indicator holds what the offices' figures mean and the figures themselves (Daten): definitions with versions, deliveries with their
// original file, observations with numerator, denominator and flag.
//
// Invariants: counts are kept, rates are computed; every value has a flag, and suppressed is not zero is not missing; nothing is overwritten —
// a correction is a further revision, a retracted delivery stops counting but stays.
package indicator

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Direction says what a high value means for the people living there.
type Direction int

const (
	// Context values never enter a burden index by default (age, origin, household size).
	Context Direction = 0
	// Burden: high is more burden.
	Burden Direction = 1
	// Relief: high is less burden.
	Relief Direction = -1
)

// Aggregation says how values of areas become the value of their union.
type Aggregation string

const (
	// Ratio: sum of numerators over sum of denominators.
	Ratio Aggregation = "ratio"
	// Sum: plain counts add up.
	Sum Aggregation = "sum"
	// NoAggregation: medians and the like; a union has no value.
	NoAggregation Aggregation = "none"
)

// Indicator is a row of the catalogue.
type Indicator struct {
	ID       kernel.ID
	Key      string
	Own      bool // added by the town
	Field    string
	Position int
	Versions []Version // by Version, ascending; never empty
	// Parts are lists of indicators whose numerators (denominators, with the suffix "/denominator") add up to this one's numerator in every
	// area: age groups to the inhabitants. Imports and checks compare the sums.
	Parts [][]string
}

// Current is the newest version of the definition.
func (i Indicator) Current() Version { return i.Versions[len(i.Versions)-1] }

// At is the version valid for figures of the day: the newest whose ValidFrom is not after it, else the oldest.
func (i Indicator) At(d kernel.Date) Version {
	for n := len(i.Versions) - 1; n > 0; n-- {
		if i.Versions[n].ValidFrom <= d {
			return i.Versions[n]
		}
	}
	return i.Versions[0]
}

// Classes lists the confidentiality classes of domain.md 3.1. S3, S5, S10: numerator and complement below that number are withheld; N100, N20:
// the base must reach it; Q30: as many respondents; O: no reference to persons. S10I (reports after § 8a SGB VIII) and C (data bought under
// a contract) never reach the public by area.
func Classes() []string {
	return []string{"O", "S3", "S5", "S10", "S10I", "N20", "N100", "Q30", "C"}
}

// Version is a definition that holds until a law or an office changes it.
type Version struct {
	Version     int
	Name        kernel.Text
	Numerator   kernel.Text
	Denominator kernel.Text // empty for plain counts and means
	Unit        string      // "n", "%", "per 100", "per 1000", "years", "€", "m²", …
	Factor      float64     // value = Factor · numerator / denominator
	Direction   Direction
	Office      string
	Class       string // confidentiality class of domain.md 3.1, one of Classes
	Aggregation Aggregation
	Signed      bool // a balance: the numerator may be negative
	Note        kernel.Text
	ValidFrom   kernel.Date
	Reason      string
}

// Flag says what kind of value stands there (Zeichenerklärung).
type Flag string

const (
	Value         Flag = "value"          // a number as it is
	Zero          Flag = "zero"           // "-": exactly nothing
	RoundedZero   Flag = "rounded_zero"   // "0": less than half of the unit
	Suppressed    Flag = "suppressed"     // secret; never told whether primary or secondary
	Unknown       Flag = "unknown"        // "."
	NotYet        Flag = "not_yet"        // "..."
	NotApplicable Flag = "not_applicable" // "x"
	Unsafe        Flag = "unsafe"         // "( )", "/"
	Provisional   Flag = "provisional"    // "p"
	Estimated     Flag = "estimated"      // "s"
	Corrected     Flag = "corrected"      // "r"
	Rebased       Flag = "rebased"        // recomputed in a newer definition
)

// Flags lists every flag.
func Flags() []Flag {
	return []Flag{Value, Zero, RoundedZero, Suppressed, Unknown, NotYet, NotApplicable, Unsafe, Provisional, Estimated, Corrected, Rebased}
}

// HasNumber tells the flags that stand beside a number from those that replace it.
func (f Flag) HasNumber() bool {
	switch f {
	case Value, Zero, RoundedZero, Unsafe, Provisional, Estimated, Corrected, Rebased:
		return true
	}
	return false
}

// Disclosure says who has already looked after confidentiality in delivered rates.
type Disclosure string

const (
	// Cleared: the source publishes these figures itself.
	Cleared Disclosure = "cleared_by_source"
	// Unchecked: nobody has; bare rates stay internal.
	Unchecked Disclosure = "unchecked"
)

// Slice is one indicator version on one area edition for one period: what a map shows, an import fills and a release opens.
type Slice struct {
	ID          kernel.ID
	IndicatorID kernel.ID
	Version     int
	EditionID   kernel.ID
	Period      kernel.Period
}

// Observation is the figure of one area in a slice. Numbers that were not delivered are NaN.
type Observation struct {
	AreaID      kernel.ID
	Revision    int
	Numerator   float64
	Denominator float64
	Value       float64 // as delivered where no parts were delivered: a bare rate or a plain count
	Change      float64 // over the method's lag in percentage points, as delivered; high is worse
	Flag        Flag
	DeliveryID  kernel.ID
	Disclosure  Disclosure // of that delivery
	Line        int
}

// Number is the observation's value in the version's unit: computed from the parts where they were delivered, else as delivered; NaN where the
// flag replaces the number or the denominator is zero.
func (o Observation) Number(v Version) float64 {
	if !o.Flag.HasNumber() {
		return math.NaN()
	}
	if o.HasParts() {
		rate := v.Factor * o.Numerator / o.Denominator
		if math.IsInf(rate, 0) { // a denominator of nothing, or next to it
			return math.NaN()
		}
		return rate // NaN for 0/0
	}
	if v.Aggregation == Sum && !math.IsNaN(o.Numerator) {
		return o.Numerator
	}
	return o.Value
}

// addable tells whether the figure does not prevent a sum over areas.
func (o Observation) addable(v Version) bool {
	switch {
	case v.Aggregation == NoAggregation:
		return false
	case !o.Flag.HasNumber():
		return true
	case v.Aggregation == Sum:
		return !math.IsNaN(o.Numerator)
	}
	return o.HasParts()
}

// HasParts tells whether numerator and denominator are known.
func (o Observation) HasParts() bool { return !math.IsNaN(o.Numerator) && !math.IsNaN(o.Denominator) }

// Version finds a version of the definition; NotFound where there is none.
func (i Indicator) Version(n int) (Version, error) {
	for _, v := range i.Versions {
		if v.Version == n {
			return v, nil
		}
	}
	return Version{}, kernel.E(kernel.NotFound, "indicator.noversion", "indicator", i.Key, "version", n)
}

// Share tells ratios in which the numerator is part of the denominator, so that it can never be larger: percentages other than balances.
func (v Version) Share() bool {
	return v.Aggregation == Ratio && v.Unit == "%" && v.Factor == 100 && !v.Signed
}

// SliceState is a slice with what is known of the figures that count in it.
type SliceState struct {
	Slice
	Figures int    // areas with a figure
	Parts   int    // of these, those that do not prevent a sum over areas: with numerator and denominator, with a count, or without a number
	Stamp   string // newest delivery that counts, for display and caches
}

// CanRollUp tells whether unions of areas can be formed: every figure that has a number comes with its counts.
func (s SliceState) CanRollUp() bool { return s.Figures > 0 && s.Parts == s.Figures }
