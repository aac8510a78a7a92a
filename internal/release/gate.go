// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"math"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/stat/disclosure"
	"github.com/kupferfaden/kupferfaden/stat/rate"
)

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
	rule := ruleOf(v.Class, as)
	switch {
	case rule == disclosure.Rule{}:
		return true
	case rule.Never:
		return false
	case math.IsNaN(o.Numerator): // a bare rate has no counts to judge
		return as == access.Internal || o.Disclosure == indicator.Cleared
	}
	var denominator *float64
	if !math.IsNaN(o.Denominator) {
		denominator = &o.Denominator
	}
	return !disclosure.Primary(&o.Numerator, denominator, rule).Suppressed
}

// ruleOf is the rule of a confidentiality class for an audience. Two classes of the catalogue never leave the planning staff: figures under
// contract (C) and reports on child protection by area (S10I).
func ruleOf(class string, as access.Audience) disclosure.Rule {
	switch class {
	case "C":
		return internalOnly(disclosure.Open, as)
	case "S10I":
		return internalOnly(disclosure.S10, as)
	case "N20":
		return disclosure.N20.Rule().For(disclosure.Audience(as))
	}
	c, err := disclosure.ParseClass(class)
	if err != nil {
		c = disclosure.Contract // an unknown class shows nothing by mistake
	}
	return c.Rule().For(disclosure.Audience(as))
}

func internalOnly(c disclosure.Class, as access.Audience) disclosure.Rule {
	if as != access.Internal {
		return disclosure.Rule{Never: true}
	}
	return c.Rule().For(disclosure.Internal)
}
