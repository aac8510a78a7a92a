// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// clear shows a run to an audience. The numbers of an area stay only where the audience sees every figure that went into them: from the index,
// the means and the deviations one could otherwise compute a figure the gate holds back. Classes are coarse enough to stay (domain.md 4.4).
func clear(ctx context.Context, run Run, v release.View) (Result, error) {
	res := Result{Run: run, Audience: v.Audience()}
	res.Outcomes = slices.Clone(run.Outcomes)
	for _, p := range run.Inputs {
		key, earlier := role(p.Role, run.Method)
		if strings.HasPrefix(p.Role, population) && !run.Method.weighted() {
			continue // decides who is assessed, does not enter the numbers
		}
		period := run.Period
		if earlier {
			period = period.AddYears(-run.Method.LagYears)
		}
		t, err := v.Figures(ctx, release.Query{Indicator: key, Version: p.Version, EditionID: run.Edition.ID, Period: period, Pin: p.Deliveries})
		if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
			return Result{}, err
		}
		for i := range res.Outcomes {
			o := &res.Outcomes[i]
			if o.Withheld || !o.Eligible {
				continue
			}
			if err != nil {
				o.withhold()
			} else if n := t.Index(o.Key); n < 0 || !t.Figures[n].Shown() && math.IsNaN(t.Figures[n].Change) {
				o.withhold()
			}
		}
	}
	for i := range res.Outcomes {
		if o := &res.Outcomes[i]; !o.Eligible {
			hideInputs(o)
		}
	}
	if slices.ContainsFunc(res.Outcomes, func(o Outcome) bool { return o.Withheld }) {
		res.Summary.Columns = nil // means and deviations help to compute back
	}
	return res, nil
}

// hideInputs removes the inputs of an area that is not assessed: nobody has cleared them.
func hideInputs(o *Outcome) {
	reason, class := o.Reason, o.Class
	o.withhold()
	o.Reason, o.Class, o.Withheld = reason, class, false
}

// role splits the role of a pin into indicator key and date.
func role(r string, m Method) (key string, earlier bool) {
	key, earlier = strings.CutSuffix(r, atEarlier)
	if key == population {
		key = m.PopulationIndicator
	}
	return key, earlier
}

// equalOutcomes compares to the last digit, through the stored form.
func equalOutcomes(x, y []Outcome) bool {
	return slices.EqualFunc(x, y, func(a, b Outcome) bool {
		ja, errA := json.Marshal(a)
		jb, errB := json.Marshal(b)
		return errA == nil && errB == nil && string(ja) == string(jb) && a.Key == b.Key && a.Eligible == b.Eligible && a.Reason == b.Reason
	})
}
