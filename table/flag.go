// SPDX-License-Identifier: EUPL-1.2

package table

import "fmt"

// Flag says what a cell means beside, or instead of, its number. The words are those of the legend (Zeichenerklärung) that German
// statistical offices print below their tables.
type Flag uint8

// The flags. FlagMissing is an empty cell or NULL: the file says nothing.
const (
	FlagValue         Flag = iota // a plain number
	FlagZero                      // "-": exactly zero
	FlagRoundedZero               // "0" beside "-": more than nothing, less than half of the unit
	FlagSuppressed                // withheld by the office
	FlagUnknown                   // ".", "k.A.", "#NV": unknown or secret
	FlagNotYet                    // "...": will be known later
	FlagNotApplicable             // "x", "*": makes no sense here
	FlagUnsafe                    // "( )" with a number, "/" without: statistically unsafe
	FlagProvisional               // "p"
	FlagEstimated                 // "s"
	FlagCorrected                 // "r"
	FlagRebased                   // computed anew on another definition
	FlagMissing                   // empty, NULL
)

var flagNames = [...]string{
	"value", "zero", "rounded_zero", "suppressed", "unknown", "not_yet", "not_applicable", "unsafe", "provisional",
	"estimated", "corrected", "rebased", "missing",
}

// String returns the name used in mapping files.
func (f Flag) String() string {
	if int(f) < len(flagNames) {
		return flagNames[f]
	}
	return fmt.Sprintf("flag(%d)", uint8(f))
}

// ParseFlag finds a flag by its name.
func ParseFlag(s string) (Flag, bool) {
	for i, n := range flagNames {
		if n == s {
			return Flag(i), true
		}
	}
	return 0, false
}
