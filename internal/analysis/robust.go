// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"context"

	"github.com/kupferfaden/kupferfaden/stat/index"
)

// weightSpread is how far each weight is moved: uniformly within ±25 % (statistics.md 4.1).
const weightSpread = 0.25

// robust adds ranks and class probabilities over many runs with moved weights. Leaving an indicator out and other standardisations are drawn too
// where the index keeps its scale under them, so that the class limits still mean the same.
func robust(ctx context.Context, m index.Method, in index.Input, outcomes []Outcome, sum *Summary, draws int, seed uint64) error {
	opt := index.RobustOptions{
		Draws: draws, Seed: seed, WeightSpread: weightSpread,
		Progress: func(float64) error { return ctx.Err() },
	}
	comparable := m.Comparable()
	opt.LeaveOneOut = len(m.Indicators) > 1 && (comparable || m.Aggregate == index.Mean)
	if comparable && (m.Standardise == index.Z || m.Standardise == index.MinMax) && m.Reference != index.CityValue {
		opt.Standardisations = []index.Standardise{index.Z, index.MinMax}
	}
	r, err := index.Robustness(m, in, opt)
	if err != nil {
		return err
	}
	sum.FailedDraws = r.Failed
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Eligible {
			continue
		}
		o.RankMedian, o.RankLow, o.RankHigh = Number(r.RankMedian[i]), Number(r.RankLo[i]), Number(r.RankHi[i])
		o.Probability = make([]Number, len(r.Probability))
		for c := range r.Probability {
			o.Probability[c] = Number(r.Probability[c][i])
		}
	}
	return nil
}
