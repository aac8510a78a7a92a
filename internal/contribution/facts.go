// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Fact is a key figure of the area somebody writes about, as everybody may see it.
type Fact struct {
	About  kernel.Ref // "indicator", "sgb2_rate@quartier/0101"
	Name   kernel.Text
	Unit   string
	Area   string // name
	Value  float64
	Town   float64 // NaN: not known
	Period kernel.Period
}

// FactRef names a figure of an area.
func FactRef(indicator, area string) kernel.Ref {
	return kernel.Ref{Kind: "indicator", ID: kernel.ID(indicator + "@" + area)}
}

// Facts gives the figures in which an area differs most from the town, at most n: of the smallest of the areas that has any.
func (s *Service) Facts(ctx context.Context, tenant kernel.ID, areas []string, n int) ([]Fact, error) {
	if s.Figures == nil || len(areas) == 0 {
		return nil, nil
	}
	v, err := s.Figures.View(ctx, access.Anonymous(tenant), access.Public)
	if err != nil {
		return nil, err
	}
	editions, err := s.current(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(editions) { // the smallest areas last
		i := slices.IndexFunc(areas, func(k string) bool { return strings.HasPrefix(k, e.Level.Key+"/") })
		if i < 0 {
			continue
		}
		list, err := factsOf(ctx, v, e, areas[i])
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			return list[:min(n, len(list))], nil
		}
	}
	return nil, nil
}

// factsOf lists the figures of an area, those first in which it differs most from the town.
func factsOf(ctx context.Context, v release.View, e area.Edition, key string) ([]Fact, error) {
	_, bare, _ := strings.Cut(key, "/")
	var list []Fact
	var differs []float64
	for _, ind := range v.Indicators() {
		if len(v.Slices(ind)) == 0 || ind.Current().Aggregation != indicator.Ratio || ind.Current().Direction == indicator.Context {
			continue
		}
		t, err := v.Figures(ctx, release.Query{Indicator: ind.Key, EditionID: e.ID})
		if kernel.KindOf(err) == kernel.NotFound || kernel.KindOf(err) == kernel.Conflict || kernel.KindOf(err) == kernel.Invalid {
			continue
		}
		if err != nil {
			return nil, err
		}
		i := t.Index(bare)
		if i < 0 || !t.Figures[i].Shown() {
			continue
		}
		f := Fact{About: FactRef(ind.Key, key), Name: t.Version.Name, Unit: t.Version.Unit, Area: t.Areas[i].Name, Value: t.Figures[i].Value, Town: t.Total.Value, Period: t.Period}
		by := 0.0
		if t.Total.Shown() && t.Total.Value != 0 {
			by = math.Abs(f.Value-f.Town) / math.Abs(f.Town)
		}
		list, differs = append(list, f), append(differs, by)
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(differs[b], differs[a]) })
	out := make([]Fact, len(list))
	for i, j := range order {
		out[i] = list[j]
	}
	return out, nil
}
