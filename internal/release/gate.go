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
	if as != access.Sealed {
		verdict := judge(o, v, as)
		if verdict.Suppressed {
			return hidden(indicator.Suppressed)
		}
		if verdict.Unsafe {
			f.Flag = indicator.Unsafe
		}
		if !staff(as) && o.Disclosure != indicator.Cleared {
			f.Change = math.NaN() // a change leads back to the figure of the earlier period, which nobody has judged here
		}
		if math.IsNaN(f.Value) && math.IsNaN(f.Change) {
			return hidden(indicator.Suppressed)
		}
	}
	if v.Aggregation == indicator.Ratio && o.HasParts() && o.Denominator > 0 && o.Numerator >= 0 && o.Numerator <= o.Denominator {
		low, high := rate.Wilson(rate.Rate{Num: o.Numerator, Den: o.Denominator}, rate.Z95)
		f.Low, f.High = v.Factor*low, v.Factor*high
	}
	return f
}

// judge is the primary rule: the stricter of the indicator's class and the audience's minimum, the complement included; bare rates by what their
// source said, and by their base where that is known.
func judge(o indicator.Observation, v indicator.Version, as access.Audience) disclosure.Verdict {
	rule := ruleOf(v.Class, as)
	if rule.Never {
		return disclosure.Verdict{Suppressed: true, Reason: disclosure.Forbidden}
	}
	var denominator *float64
	if !math.IsNaN(o.Denominator) {
		denominator = &o.Denominator
	}
	if !math.IsNaN(o.Numerator) {
		return disclosure.Primary(&o.Numerator, denominator, rule)
	}
	if unchecked(o) && !staff(as) {
		return disclosure.Verdict{Suppressed: true, Reason: disclosure.NotJudged}
	}
	if denominator == nil {
		return disclosure.Verdict{}
	}
	base := disclosure.Rule{MinDenominator: max(rule.MinDenominator, rule.MinCount), UnsafeBelow: rule.UnsafeBelow}
	return disclosure.Primary(nil, denominator, base)
}

// unchecked tells a figure that came without counts, so that its confidentiality could only be judged by its source, and was not.
func unchecked(o indicator.Observation) bool {
	return math.IsNaN(o.Numerator) && o.Disclosure != indicator.Cleared
}

// staff tells the planning staff and computation from those whom figures are released to.
func staff(as access.Audience) bool { return as == access.Internal || as == access.Sealed }

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
