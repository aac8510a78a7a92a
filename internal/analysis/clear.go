// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// clear shows a run to an audience: classes always, as they are coarse enough (domain.md 4.4), numbers only where they do not lead back to a figure
// the gate holds back. Value and contribution of two areas give mean and deviation over all areas, and these the one figure that is missing: so
// for the public and the council a single withheld figure withholds the numbers of all areas. The planning staff, who hold the delivered files,
// miss only the numbers of the areas concerned.
func clear(ctx context.Context, run Run, v release.View) (Result, error) {
	res := Result{Run: run, Audience: v.Audience()}
	res.Outcomes = slices.Clone(run.Outcomes)
	seen, err := inputsSeen(ctx, run, v)
	if err != nil {
		return Result{}, err
	}
	all := v.Audience() != access.Internal
	status, dynamics := seen.hidden(seen.status, run, all), seen.hidden(seen.dynamics, run, all)
	concealed := false
	for i := range res.Outcomes {
		o := &res.Outcomes[i]
		if !o.Eligible { // nobody has cleared the inputs of an area that is not assessed
			o.Values = unknown(len(o.Values))
			o.withholdStatus()
			o.withholdDynamics()
			o.Withheld = false
			continue
		}
		o.Values = slices.Clone(o.Values)
		for k := range o.Values {
			if !seen.values[k][i] {
				o.Values[k] = Number(math.NaN())
			}
		}
		if status[i] {
			o.withholdStatus()
		}
		if dynamics[i] {
			o.withholdDynamics()
		}
		concealed = concealed || o.Withheld
	}
	if concealed {
		res.conceal()
	}
	return res, nil
}

// visibility says by position of the outcome what the audience sees of a run's inputs.
type visibility struct {
	values   [][]bool // by indicator: its figure
	status   []bool   // every figure behind the index
	dynamics []bool   // every figure behind the change
}

func inputsSeen(ctx context.Context, run Run, v release.View) (visibility, error) {
	n, m := len(run.Outcomes), run.Method
	yes := func() []bool { return slices.Repeat([]bool{true}, n) }
	s := visibility{values: make([][]bool, len(m.Indicators)), status: yes(), dynamics: yes()}
	for k := range s.values {
		s.values[k] = make([]bool, n)
	}
	for _, p := range run.Inputs {
		key, earlier := role(p.Role, m)
		people := strings.HasPrefix(p.Role, population)
		if people && (earlier || !m.weighted()) {
			continue // decides who is assessed, does not enter the numbers
		}
		q := release.Query{Indicator: key, Version: p.Version, EditionID: run.Edition.ID, Pin: p.Deliveries, SliceID: p.SliceID}
		t, err := v.Figures(ctx, q)
		if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
			return s, err
		}
		// Without an earlier date beside it, the change was delivered.
		delivered := !people && !earlier && !slices.ContainsFunc(run.Inputs, func(x Pin) bool { return x.Role == p.Role+atEarlier })
		town := err == nil && (m.Reference != "city_value" || t.Total.Shown())
		for i, o := range run.Outcomes {
			value, change := false, false
			if at := -1; err == nil {
				if at = t.Index(o.Key); at >= 0 {
					value, change = t.Figures[at].Shown(), !math.IsNaN(t.Figures[at].Change)
				}
			}
			if !people && !earlier {
				s.values[slices.IndexFunc(m.Indicators, func(x MethodIndicator) bool { return x.Key == key })][i] = value
			}
			s.status[i] = s.status[i] && (earlier || value && town)
			if run.Summary.Dynamic != nil {
				s.dynamics[i] = s.dynamics[i] && (delivered && change || !delivered && value && town)
			}
		}
	}
	return s, nil
}

// hidden turns what is seen into what is withheld: of the areas concerned, or of all as soon as one assessed area is.
func (visibility) hidden(seen []bool, run Run, all bool) []bool {
	list := make([]bool, len(seen))
	for i := range seen {
		list[i] = run.Outcomes[i].Eligible && !seen[i]
	}
	if all && slices.Contains(list, true) {
		return slices.Repeat([]bool{true}, len(seen))
	}
	return list
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
