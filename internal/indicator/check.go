// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Check examines all figures that count: parts larger than their whole, sums that do not agree with the areas above or with the sum of parts,
// numerators without a base, areas without a figure, and series with a gap. It changes nothing.
func (s *Service) Check(ctx context.Context, a access.Actor) ([]kernel.Finding, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	c := checking{s: s, a: a, raw: s.Raw(a.Tenant)}
	var err error
	if c.catalogue, err = s.Store.Indicators(ctx, a.Tenant); err != nil {
		return nil, err
	}
	if c.known, err = c.raw.deliveries(ctx); err != nil {
		return nil, err
	}
	editions, err := s.Areas.Editions(ctx, a, "")
	if err != nil {
		return nil, err
	}
	for _, e := range editions {
		if err := c.edition(ctx, e); err != nil {
			return nil, err
		}
	}
	return c.found.all(), nil
}

type checking struct {
	s         *Service
	a         access.Actor
	raw       Raw
	catalogue []Indicator
	known     map[kernel.ID]Delivery
	found     findings
}

func (c *checking) edition(ctx context.Context, e area.Edition) error {
	list, err := c.s.Store.Slices(ctx, c.a.Tenant, Filter{Edition: e.ID}, false)
	if err != nil || len(list) == 0 {
		return err
	}
	own, err := c.s.Areas.Areas(ctx, c.a, e.ID)
	if err != nil {
		return err
	}
	areas := byID(own)
	related, err := c.s.relations(ctx, c.a, e, areas, false)
	if err != nil {
		return err
	}
	of := make(map[kernel.ID]Indicator, len(c.catalogue))
	for _, i := range c.catalogue {
		of[i.ID] = i
	}
	have := make(map[sliceKey]Slice, len(list))
	for _, sl := range list {
		have[sl.key()] = sl
	}
	for _, sl := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		v, err := of[sl.IndicatorID].Version(sl.Version)
		if err != nil {
			return err
		}
		f, err := c.raw.figures(ctx, sl.ID, v, areas, c.known)
		if err != nil {
			return err
		}
		c.slice(e, sl, v, f, areas)
		for _, r := range related {
			other, ok := r.slices[sl.key()]
			if !ok {
				continue
			}
			above, err := c.raw.figures(ctx, other.ID, v, r.areas, c.known)
			if err != nil {
				return err
			}
			_, _, differing := compareSums(v, f, r.of, above)
			for _, d := range differing {
				c.found.add(sumFinding(v, sl.Period, e, r.edition, r.areas, d))
			}
			if alone := withoutParts(v, r.of, above); len(alone) > 0 {
				c.found.add(aloneFinding(v, sl.Period, e, r.edition, f, above, r.areas, alone))
			}
		}
		if err := c.parts(ctx, of[sl.IndicatorID], sl, f, areas, have); err != nil {
			return err
		}
	}
	c.gaps(e, list, of)
	return nil
}

func sumFinding(v Version, p kernel.Period, lower, upper area.Edition, areas []area.Area, d difference) kernel.Finding {
	return kernel.Finding{Code: "indicator.quality.sum", Outcome: kernel.Warn, Key: areas[d.index].Key, Params: kernel.Params("indicator", v.Name, "period", p,
		"part", partWord(d.part), "lower", lower.Level.Key, "level", upper.Level.Key, "sum", d.sum, "expected", d.expected, "difference", d.sum-d.expected)}
}

func aloneFinding(v Version, p kernel.Period, lower, upper area.Edition, f, above *figures, areas []area.Area, alone []int) kernel.Finding {
	keys := make([]string, len(alone))
	for n, i := range alone {
		keys[n] = areas[i].Key
	}
	slices.Sort(keys)
	sum, _ := f.sums()
	expected, _ := above.sums()
	return kernel.Finding{Code: "indicator.quality.without_parts", Outcome: kernel.Warn, Params: kernel.Params("indicator", v.Name, "period", p, "lower", lower.Level.Key,
		"upper", upper.Level.Key, "keys", shorten(keys), "n", len(keys), "sum", sum, "expected", expected, "difference", sum-expected)}
}

func aboveFinding(v Version, p kernel.Period, f *figures, key string, i int) kernel.Finding {
	return kernel.Finding{Code: "indicator.quality.above_whole", Outcome: kernel.Warn, Key: key, Params: kernel.Params("indicator", v.Name, "period", p,
		"numerator", either(f.num[i], f.rate[i]), "denominator", either(f.den[i], v.Factor))}
}

func partsFinding(v Version, parts kernel.Text, p kernel.Period, key string, d difference) kernel.Finding {
	return kernel.Finding{Code: "indicator.quality.parts", Outcome: kernel.Warn, Key: key, Params: kernel.Params("indicator", v.Name, "parts", parts, "period", p,
		"sum", d.sum, "expected", d.expected, "difference", d.sum-d.expected)}
}

// partsText says what is counted in the members of a sum.
func partsText(group []string, p kernel.Period, catalogue []Indicator) kernel.Text {
	out := kernel.Text{}
	for _, g := range group {
		key, part := partOf(g)
		n := slices.IndexFunc(catalogue, func(i Indicator) bool { return i.Key == key })
		if n < 0 {
			continue
		}
		counted := catalogue[n].At(p.To).Numerator
		if part == DenominatorPart {
			counted = catalogue[n].At(p.To).Denominator
		}
		for _, lang := range []string{"de", "en"} {
			if out[lang] != "" {
				out[lang] += "; "
			}
			s, _ := counted.In(lang)
			out[lang] += s
		}
	}
	return out
}

func either(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	return a
}

// slice judges one slice by itself.
func (c *checking) slice(e area.Edition, sl Slice, v Version, f *figures, areas []area.Area) {
	for _, i := range aboveWhole(v, f) {
		c.found.add(aboveFinding(v, sl.Period, f, areas[i].Key, i))
	}
	num, den := f.sums()
	if v.Aggregation == Ratio && den == 0 && num != 0 {
		c.found.note(kernel.Warn, "indicator.quality.no_denominator", "indicator", v.Name, "period", sl.Period)
	}
	var without []string
	for i, ok := range f.known {
		if !ok {
			without = append(without, areas[i].Key)
		}
	}
	if len(without) > 0 {
		slices.Sort(without)
		c.found.note(kernel.Warn, "indicator.quality.areas_missing", "indicator", v.Name, "period", sl.Period, "n", len(without), "of", len(areas),
			"keys", shorten(without), "level", e.Level.Key, "edition", e.Key)
	}
}

// parts compares the slice with the sums of its parts.
func (c *checking) parts(ctx context.Context, whole Indicator, sl Slice, f *figures, areas []area.Area, have map[sliceKey]Slice) error {
	for _, group := range whole.Parts {
		var members []member
		for _, g := range group {
			key, part := partOf(g)
			n := slices.IndexFunc(c.catalogue, func(i Indicator) bool { return i.Key == key })
			if n < 0 {
				break
			}
			v := c.catalogue[n].At(sl.Period.To)
			other, ok := have[sliceKey{c.catalogue[n].ID, v.Version, sl.Period}]
			if !ok {
				break
			}
			pf, err := c.raw.figures(ctx, other.ID, v, areas, c.known)
			if err != nil {
				return err
			}
			members = append(members, member{pf, part})
		}
		if len(members) < len(group) {
			continue
		}
		v, err := whole.Version(sl.Version)
		if err != nil {
			return err
		}
		_, differing := compareParts(members, f)
		for _, d := range differing {
			c.found.add(partsFinding(v, partsText(group, sl.Period, c.catalogue), sl.Period, areas[d.index].Key, d))
		}
	}
	return nil
}

// gaps finds periods that a series skips: its usual step is the smallest between two of its periods.
func (c *checking) gaps(e area.Edition, list []Slice, of map[kernel.ID]Indicator) {
	type series struct {
		indicator kernel.ID
		days      bool
	}
	ends := map[series][]kernel.Date{}
	var order []series
	for _, sl := range list { // by indicator and period
		k := series{sl.IndicatorID, sl.Period.IsDate()}
		if ends[k] == nil {
			order = append(order, k)
		}
		ends[k] = append(ends[k], sl.Period.To)
	}
	for _, k := range order {
		days := ends[k]
		slices.Sort(days)
		days = slices.Compact(days)
		if len(days) < 3 {
			continue
		}
		step := func(i int) time.Duration { return days[i].Time().Sub(days[i-1].Time()) }
		usual := step(1)
		for i := 2; i < len(days); i++ {
			usual = min(usual, step(i))
		}
		for i := 1; i < len(days); i++ {
			if step(i) > usual+usual/2 {
				c.found.note(kernel.Info, "indicator.quality.gap", "indicator", of[k.indicator].At(days[i]).Name, "before", days[i-1], "after", days[i],
					"level", e.Level.Key, "edition", e.Key)
			}
		}
	}
}
