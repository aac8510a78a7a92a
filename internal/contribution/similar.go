// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// similarCache keeps, for each process, which of its public contributions share which pieces of words. It is brought up to date when the stamp
// of the contributions has moved.
type similarCache struct {
	mu   sync.Mutex
	kept map[similarKey]*similarIndex
}

type similarKey struct {
	tenant  kernel.ID
	process string
}

type similarIndex struct {
	stamp string
	ids   []kernel.ID
	of    map[string][]int32 // piece: contributions with it
	size  []float64          // pieces of each
}

// mostIndexed bounds what is compared; the youngest count.
const mostIndexed = 20_000

// mostCompared is how many bytes of a text are compared; a form can send any number.
const mostCompared = 2 * MostText

// stop are words that say nothing of what a contribution is about.
var stop = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`aber alle als also am an auch auf aus bei bitte da damit das dass dem den der des die dies diese dieser doch dort ein eine einem einen einer
		eines er es etwas fuer für gibt hat hier ich ihr im immer in ist ja kann kein keine man mehr mit muss nach nicht noch nur ob oder ohne schon sehr sein sich sie
		sind so soll sollte über um und uns unser unsere vom von vor war waere wäre warum was weil wenn wer wie wir wird wo wuerde würde zu zum zur the a an and are as at be
		for from has have in is it more not of on or should that there this to we with`) {
		m[Fold(w)] = true
	}
	return m
}()

// pieces are the beginnings of the words of a text, and the groups of three letters inside long ones: German joins words, "Spielplatzsanierung"
// and "Spielplatz" have to meet.
func pieces(folded string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(folded) {
		r := []rune(w)
		if len(r) < 3 || stop[w] {
			continue
		}
		out[string(r[:min(len(r), 6)])] = true
		for i := 0; i+4 <= len(r) && len(r) >= 8; i++ {
			out["~"+string(r[i:i+4])] = true
		}
	}
	return out
}

// Similar finds public contributions of the process that speak of the same, the most similar first.
func (s *Service) Similar(ctx context.Context, by access.Actor, process, text string, limit int) ([]Contribution, error) {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return nil, err
	}
	x, err := s.similarIn(ctx, by.Tenant, process)
	if err != nil {
		return nil, err
	}
	mine := pieces(Fold(text[:min(len(text), mostCompared)]))
	if len(mine) == 0 {
		return nil, nil
	}
	// A piece that few others have says more.
	score := map[int32]float64{}
	whole := 0.0
	n := float64(len(x.ids) + 1)
	for p := range mine {
		w := 1.0
		if strings.HasPrefix(p, "~") {
			w = 0.25
		}
		w *= math.Log((n + 1) / (float64(len(x.of[p])) + 0.5))
		whole += w
		for _, i := range x.of[p] {
			score[i] += w
		}
	}
	type hit struct {
		i int32
		v float64
	}
	var hits []hit
	for i, v := range score {
		// The share of what was typed that the other has too, lowered for one that says many other things.
		v = v / whole * (0.6 + 0.4*min(1, float64(len(mine))/max(x.size[i], 1)))
		if v >= 0.25 {
			hits = append(hits, hit{i, v})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.v, a.v), cmp.Compare(b.i, a.i)) })
	var ids []kernel.ID
	for _, h := range hits[:min(len(hits), limit)] {
		ids = append(ids, x.ids[h.i])
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, _, err := s.List(ctx, by, Filter{IDs: ids, States: []State{Published}})
	slices.SortFunc(list, func(a, b Contribution) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return list, err
}

func (s *Service) similarIn(ctx context.Context, tenant kernel.ID, process string) (*similarIndex, error) {
	stamp, err := s.Store.Stamp(ctx, tenant)
	if err != nil {
		return nil, err
	}
	c := &s.similar
	c.mu.Lock()
	defer c.mu.Unlock()
	k := similarKey{tenant, process}
	if x, ok := c.kept[k]; ok && x.stamp == stamp {
		return x, nil
	}
	x := &similarIndex{stamp: stamp, of: map[string][]int32{}}
	f := Filter{Process: process, Outside: process == "", States: []State{Published}, Limit: mostIndexed}
	list, err := s.Store.Words(ctx, tenant, f)
	if err != nil {
		return nil, err
	}
	for _, w := range slices.Backward(list) {
		i := int32(len(x.ids))
		x.ids = append(x.ids, w.ID)
		found := pieces(w.Search)
		for p := range found {
			x.of[p] = append(x.of[p], i)
		}
		x.size = append(x.size, float64(len(found)))
	}
	if c.kept == nil || len(c.kept) > 32 {
		c.kept = map[similarKey]*similarIndex{}
	}
	c.kept[k] = x
	return x, nil
}

// Words is a contribution as it is searched and compared.
type Words struct {
	ID     kernel.ID
	Search string
}
