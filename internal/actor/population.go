// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// People are the figures of the population of some areas, as far as they are released to the reader; NaN where they are not.
type People struct {
	// Of gives for each area of the spaces how many people there are, and Share what the figure says (percent).
	Of     []float64
	Share  []float64
	Period kernel.Period
	Source string // key of the indicator, or the sum of several
}

// Known tells whether any area has a figure.
func (p People) Known() bool {
	return slices.ContainsFunc(p.Of, func(v float64) bool { return !math.IsNaN(v) })
}

func unknown(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// figures reads released figures of areas through the gate.
type figures struct {
	ctx   context.Context
	view  release.View
	open  bool
	sp    *Spaces
	kept  map[string]People
	empty People
}

// figures opens the gate for the widest audience the reader belongs to. Without a gate, and where nothing is released, everything is unknown.
func (s *Service) figures(ctx context.Context, by access.Actor, sp *Spaces) (*figures, error) {
	f := &figures{ctx: ctx, sp: sp, kept: map[string]People{}, empty: People{Of: unknown(len(sp.Areas)), Share: unknown(len(sp.Areas))}}
	if s.Gate == nil || len(sp.Areas) == 0 {
		return f, nil
	}
	v, err := s.Gate.View(ctx, by, access.WidestAudience(by))
	if err != nil {
		return nil, err
	}
	f.view, f.open = v, true
	return f, nil
}

// indicator gives one figure of the areas: the people it counts (numerator) and the share they are.
func (f *figures) indicator(key string) (People, error) {
	if p, ok := f.kept[key]; ok || !f.open || key == "" {
		if !ok {
			return f.empty, nil
		}
		return p, nil
	}
	t, err := f.view.Figures(f.ctx, release.Query{Indicator: key, EditionID: f.sp.Level.Edition.ID})
	if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) { // not released, not to be summed
		f.kept[key] = f.empty
		return f.empty, nil
	}
	if err != nil {
		return f.empty, err
	}
	p := People{Of: unknown(len(f.sp.Areas)), Share: unknown(len(f.sp.Areas)), Period: t.Period, Source: key}
	for i, a := range f.sp.Areas {
		at := t.Index(a.Key)
		if at < 0 || !t.Figures[at].Shown() {
			continue
		}
		x := t.Figures[at]
		if p.Share[i] = x.Value; !math.IsNaN(x.Numerator) {
			p.Of[i] = x.Numerator
		} else if key == "pop_total" {
			p.Of[i] = x.Value
		}
	}
	f.kept[key] = p
	return p, nil
}

// sum computes "share_u18 - share_u6" of the people the indicators count. An area has a sum where it has every part, of one period.
func (f *figures) sum(formula string) (People, error) {
	out := f.empty
	if formula == "" {
		return out, nil
	}
	sign := 1.0
	for i, part := range strings.Fields(formula) {
		switch part {
		case "+":
			sign = 1
			continue
		case "-":
			sign = -1
			continue
		}
		p, err := f.indicator(part)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out = People{Of: slices.Clone(p.Of), Share: unknown(len(p.Of)), Period: p.Period, Source: formula}
			continue
		}
		for j := range out.Of {
			if out.Of[j] += sign * p.Of[j]; p.Period != out.Period || out.Of[j] < 0 {
				out.Of[j] = math.NaN()
			}
		}
	}
	return out, nil
}
