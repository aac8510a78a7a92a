// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"math"

	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// histogram counts ranks by area in classes of 2^shift ranks.
type histogram struct {
	n, buckets int
	shift      uint
	counts     []uint32 // [area][bucket]
}

// newHistogram takes the finest classes that fit the memory budget; with shift 0 it is exact.
func newHistogram(n int) *histogram {
	h := &histogram{n: n, buckets: n}
	for 4*n*h.buckets > budget && h.buckets > 1 {
		h.shift++
		h.buckets = (n + 1<<h.shift - 1) >> h.shift
	}
	h.counts = make([]uint32, n*h.buckets)
	return h
}

func (h *histogram) count(area int, ranks []uint32) {
	counts := h.counts[area*h.buckets : (area+1)*h.buckets]
	shift := h.shift & 31
	for _, v := range ranks {
		counts[(v-1)>>shift]++
	}
}

// place is where an order statistic lies: how many ranks of its bucket come before it.
type place struct {
	bucket, skip uint32
}

// find returns the bucket of the order statistic number k from 0 of an area.
func (h *histogram) find(area, k int) place {
	left := uint32(k)
	for b, c := range h.counts[area*h.buckets : (area+1)*h.buckets] {
		if left < c {
			return place{uint32(b), left}
		}
		left -= c
	}
	return place{uint32(h.buckets - 1), 0}
}

// ranks fills the quantiles of the ranks, repeating the runs where the histogram was coarse.
func (r *runner) ranks(out *Robust, coarse *histogram) error {
	var dense [3][]float64
	for q := range dense {
		dense[q] = make([]float64, r.n)
	}
	for from := 0; from < r.n; {
		f := newRefinement(coarse, from, out.Runs)
		if coarse.shift > 0 {
			if err := r.pass(from, f.to, f.count); err != nil {
				return err
			}
		}
		for i := from; i < f.to; i++ {
			for q := range dense {
				dense[q][i] = f.quantile(i, q)
			}
		}
		from = f.to
	}
	areas := len(out.Base.Index)
	out.RankLo, out.RankMedian, out.RankHi = r.p.spreadOut(nil, dense[0], areas), r.p.spreadOut(nil, dense[1], areas), r.p.spreadOut(nil, dense[2], areas)
	return nil
}

// refinement counts single ranks in those coarse buckets that hold a wanted order statistic, for the areas [from, to).
type refinement struct {
	coarse   *histogram
	from, to int
	at       [3][2]int  // wanted order statistics
	between  [3]float64 // fraction of the way between the two
	places   [][3][2]place
	slot     []uint8 // [area][bucket]: number of the counter group of the bucket, 0 for those that do not matter
	offset   []int   // by area: where its counters begin
	// A rank counts at offset + start[group] + (rank-1)&mask[group]. Group 0 is a single counter that nobody reads: it saves a branch.
	start, mask [8]uint32
	counts      []uint32
}

// newRefinement takes as many areas as fit the memory budget.
func newRefinement(h *histogram, from, runs int) *refinement {
	f := &refinement{coarse: h, from: from, to: from}
	for q, p := range quantiles {
		lo, hi, between := rank.QuantileAt(runs, p, rank.Linear)
		f.at[q], f.between[q] = [2]int{lo, hi}, between
	}
	width, used := 1<<h.shift, 0
	for g := 1; g < len(f.start); g++ {
		f.start[g], f.mask[g] = uint32(1+(g-1)*width), uint32(width-1)
	}
	for f.to < h.n && (4*used+len(f.slot) < budget || h.shift == 0) {
		var places [3][2]place
		groups := uint8(0)
		if h.shift > 0 {
			f.slot = append(f.slot, make([]uint8, h.buckets)...)
		}
		for q := range places {
			for e, k := range f.at[q] {
				p := h.find(f.to, k)
				places[q][e] = p
				if h.shift == 0 {
					continue
				}
				if s := &f.slot[(f.to-from)*h.buckets+int(p.bucket)]; *s == 0 {
					groups++
					*s = groups
				}
			}
		}
		f.places = append(f.places, places)
		f.offset = append(f.offset, used)
		used += 1 + int(groups)*width
		f.to++
	}
	if h.shift > 0 {
		f.counts = make([]uint32, used)
	}
	return f
}

func (f *refinement) count(area int, ranks []uint32) {
	a, shift := area-f.from, f.coarse.shift&31
	slot := f.slot[a*f.coarse.buckets : (a+1)*f.coarse.buckets]
	counts := f.counts[f.offset[a]:]
	start, mask := f.start, f.mask
	for _, v := range ranks {
		g := slot[(v-1)>>shift]
		counts[start[g]+(v-1)&mask[g]]++
	}
}

// quantile returns the q-th wanted quantile of the ranks of an area.
func (f *refinement) quantile(area, q int) float64 {
	var v [2]float64
	for e, p := range f.places[area-f.from][q] {
		v[e] = f.value(area, p)
	}
	if v[0] == v[1] {
		return v[0]
	}
	return v[0] + float64(f.between[q]*(v[1]-v[0]))
}

func (f *refinement) value(area int, p place) float64 {
	shift := f.coarse.shift
	if shift == 0 {
		return float64(p.bucket + 1)
	}
	a := area - f.from
	at := f.offset[a] + int(f.start[f.slot[a*f.coarse.buckets+int(p.bucket)]])
	left := p.skip
	for i, c := range f.counts[at : at+1<<shift] {
		if left < c {
			return float64(int(p.bucket)<<shift + i + 1)
		}
		left -= c
	}
	return math.NaN()
}
