// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/stat/disclosure"
	"github.com/kupferfaden/kupferfaden/stat/rate"
)

// minimum case numbers of the audiences (domain.md 4.7, levels of access); the indicator's class counts where it is stricter.
var minimum = map[access.Audience]int{access.Internal: 3, access.Political: 5, access.Public: 0}

// clear is the one place that decides what an audience may see of a figure.
func clear(o indicator.Observation, v indicator.Version, as access.Audience) Figure {
	if !o.Flag.HasNumber() {
		return hidden(o.Flag)
	}
	f := Figure{Value: o.Number(v), Numerator: o.Numerator, Denominator: o.Denominator, Change: o.Change, Flag: o.Flag}
	f.Low, f.High = math.NaN(), math.NaN()
	if math.IsNaN(f.Value) && math.IsNaN(f.Change) {
		return hidden(indicator.Unknown)
	}
	if as != access.Sealed && !cleared(o, v, as) {
		return hidden(indicator.Suppressed)
	}
	if v.Aggregation == indicator.Ratio && o.HasParts() && o.Denominator > 0 && o.Numerator >= 0 && o.Numerator <= o.Denominator {
		low, high := rate.Wilson(rate.Rate{Num: o.Numerator, Den: o.Denominator}, rate.Z95)
		f.Low, f.High = v.Factor*low, v.Factor*high
	}
	return f
}

// cleared is the primary rule: the stricter of the indicator's class and the audience's minimum, the complement included; bare rates by what
// their source said.
func cleared(o indicator.Observation, v indicator.Version, as access.Audience) bool {
	rule := disclosure.ForClass(v.Class).AtLeast(minimum[as])
	if rule.Open() {
		return true
	}
	if math.IsNaN(o.Numerator) {
		return as == access.Internal || o.Disclosure == indicator.Cleared
	}
	return !disclosure.Primary(o.Numerator, o.Denominator, rule).Suppressed
}
