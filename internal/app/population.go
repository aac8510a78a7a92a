// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// population knows the shares of groups in the population from the town's own indicators, as everybody may see them.
type population struct{ app *App }

// mostCompared is up to how many areas a comparison by area shows.
const mostCompared = 60

// Shares gives the share of each group in the population of the areas, per cent, and where the figures are from.
func (p population) Shares(ctx context.Context, by access.Actor, areas []string) (map[string]map[string]float64, string, error) {
	v, err := p.app.Gate.View(ctx, access.Anonymous(by.Tenant), access.Public)
	if err != nil {
		return nil, "", err
	}
	out := map[string]map[string]float64{}
	level, edition, err := p.edition(ctx, by.Tenant, areas)
	if err != nil || edition == "" {
		return out, "", err
	}
	keys := make([]string, len(areas))
	for i, a := range areas {
		_, keys[i], _ = strings.Cut(a, "/")
	}
	young, ok, err := share(ctx, v, "share_u18", edition, keys)
	if err != nil {
		return nil, "", err
	}
	old, ok2, err := share(ctx, v, "share_65plus", edition, keys)
	if err != nil {
		return nil, "", err
	}
	source := ""
	if ok && ok2 && young.period == old.period {
		age := map[string]float64{"u18": young.percent(), "18-64": 100 - young.percent() - old.percent()}
		oldest, ok, err := share(ctx, v, "share_80plus", edition, keys)
		if err != nil {
			return nil, "", err
		}
		if ok && oldest.period == young.period {
			age["65-79"], age["80plus"] = old.percent()-oldest.percent(), oldest.percent()
		}
		out["age"], source = age, young.source
	}
	migrated, ok, err := share(ctx, v, "share_migration_bg", edition, keys)
	if err != nil {
		return nil, "", err
	}
	if ok {
		out["migration"] = map[string]float64{"yes": migrated.percent(), "no": 100 - migrated.percent()}
		switch source {
		case "":
			source = migrated.source
		case migrated.source:
		default:
			source += "; " + migrated.source
		}
	}
	people, err := v.Figures(ctx, release.Query{Indicator: "pop_total", EditionID: edition})
	if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
		return nil, "", err
	}
	if err == nil {
		if by := byArea(people, level, keys); by != nil {
			out["area"] = by
			if source == "" {
				source = sourceOf(people)
			}
		}
	}
	return out, source, nil
}

// edition is the cut of areas to compare on: the level of the areas of the process, else the first one the town is divided by.
func (p population) edition(ctx context.Context, tenant kernel.ID, areas []string) (level string, edition kernel.ID, err error) {
	by, today := access.Anonymous(tenant), kernel.DayOf(p.app.Now())
	if len(areas) > 0 {
		level, _, _ = strings.Cut(areas[0], "/")
		if slices.ContainsFunc(areas, func(a string) bool { return !strings.HasPrefix(a, level+"/") }) {
			return "", "", nil // areas of several levels overlap
		}
		e, err := p.app.Areas.EditionAt(ctx, by, level, today)
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			return "", "", nil
		}
		return level, e.ID, err
	}
	levels, err := p.app.Areas.Levels(ctx, by)
	if err != nil {
		return "", "", err
	}
	for _, l := range levels {
		e, err := p.app.Areas.EditionAt(ctx, by, l.Key, today)
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			continue
		}
		if err != nil {
			return "", "", err
		}
		list, err := p.app.Areas.Areas(ctx, by, e.ID)
		if err != nil {
			return "", "", err
		}
		if len(list) >= 2 && len(list) <= mostCompared {
			return l.Key, e.ID, nil
		}
	}
	return "", "", nil
}

// part is a group and the people it is a part of.
type part struct {
	n, of  float64
	period kernel.Period
	source string
}

func (p part) percent() float64 { return 100 * p.n / p.of }

// share adds a share up over the areas, or takes the whole town's; ok is false where a figure is not there for everybody.
func share(ctx context.Context, v release.View, indicator string, edition kernel.ID, areas []string) (p part, ok bool, err error) {
	t, err := v.Figures(ctx, release.Query{Indicator: indicator, EditionID: edition})
	if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	figures := []release.Figure{t.Total}
	if len(areas) > 0 {
		figures = nil
		for _, key := range areas {
			i := t.Index(key)
			if i < 0 {
				return p, false, nil
			}
			figures = append(figures, t.Figures[i])
		}
	}
	p.period, p.source = t.Period, sourceOf(t)
	for _, f := range figures {
		if !f.Shown() || math.IsNaN(f.Numerator) || math.IsNaN(f.Denominator) {
			return p, false, nil
		}
		p.n += f.Numerator
		p.of += f.Denominator
	}
	return p, p.of > 0, nil
}

func sourceOf(t *release.Table) string { return t.Version.Office + ", " + t.Period.String() }

// byArea gives each area's share of the people of all of them; nil where one is not known.
func byArea(t *release.Table, level string, areas []string) map[string]float64 {
	n, sum := map[string]float64{}, 0.0
	for i, a := range t.Areas {
		if len(areas) > 0 && !slices.Contains(areas, a.Key) {
			continue
		}
		f := t.Figures[i]
		if !f.Shown() {
			return nil
		}
		n[level+"/"+a.Key] = f.Value
		sum += f.Value
	}
	if sum == 0 || len(n) < 2 {
		return nil
	}
	for k := range n {
		n[k] *= 100 / sum
	}
	return n
}
