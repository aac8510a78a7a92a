// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Count is how many people said something of themselves. The empty dimension counts forms on which anything was said.
type Count struct {
	Dimension string
	Value     string
	N         int64
}

// Population knows how many people of a group live where a process is about.
type Population interface {
	// Shares gives, by dimension and value, the share of the population of the areas (none: the whole town), with the source in words, as
	// everybody may see it. What is not released is not there.
	Shares(ctx context.Context, by access.Actor, areas []string) (map[string]map[string]float64, string, error)
}

// Dimension is something people can say of themselves, coarsely and of their own free will.
type Dimension struct {
	Key    string
	Values []string // nil: areas of the process
}

// Dimensions lists what is asked, in order. Every one can be left out.
func Dimensions() []Dimension {
	return []Dimension{
		{"age", []string{"u14", "14-17", "18-29", "30-44", "45-64", "65-79", "80plus"}},
		{"gender", []string{"female", "male", "diverse"}},
		{"language", []string{"german", "other"}},
		{"area", nil},
		{"children", []string{"yes", "no"}},
	}
}

// shards is among how many rows one count is spread, so that people who answer at once do not wait for each other.
const shards = 16

// Reached notes what somebody said of himself or herself: one value of each dimension at most. Nothing tells later which answers belong
// together. Values that are not offered are left out.
func (s *Service) Reached(ctx context.Context, tenant kernel.ID, process string, said map[string]string) error {
	p, err := s.Store.ByKey(ctx, tenant, process)
	if err != nil {
		return err
	}
	var counts []Count
	for _, d := range Dimensions() {
		if v := said[d.Key]; v != "" && d.offers(p, v) {
			counts = append(counts, Count{d.Key, v, 1})
		}
	}
	return s.count(ctx, tenant, p, counts, 1)
}

// ReachedMany notes counts from paper: of an attendance list, a workshop. forms is how many people there were.
func (s *Service) ReachedMany(ctx context.Context, by access.Actor, process string, counts []Count, forms int64) error {
	p, err := s.Open(ctx, by, access.RecordContribution, process)
	if err != nil {
		return err
	}
	counts = slices.DeleteFunc(slices.Clone(counts), func(c Count) bool { return c.N == 0 })
	for _, c := range counts {
		i := slices.IndexFunc(Dimensions(), func(d Dimension) bool { return d.Key == c.Dimension })
		if i < 0 || !Dimensions()[i].offers(p, c.Value) || c.N < 0 || c.N > forms {
			return kernel.E(kernel.Invalid, "participation.reach.invalid")
		}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.count(ctx, by.Tenant, p, counts, forms); err != nil {
			return err
		}
		return s.record(ctx, by, access.RecordContribution, "process.reach", p, "", nil)
	})
}

func (s *Service) count(ctx context.Context, tenant kernel.ID, p Process, counts []Count, forms int64) error {
	if len(counts) == 0 {
		return nil
	}
	counts = append([]Count{{"", "", forms}}, counts...)
	return s.Store.CountReach(ctx, tenant, p.ID, rand.IntN(shards), counts)
}

func (d Dimension) offers(p Process, value string) bool {
	if d.Values == nil {
		return len(value) <= 200 && validArea(value)
	}
	return slices.Contains(d.Values, value)
}
