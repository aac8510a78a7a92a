// SPDX-License-Identifier: EUPL-1.2

package rank

import (
	"cmp"
	"math"
	"slices"
)

// Sorter orders float64 values exactly in linear time for figures as they occur. Its buffers are reused, so one Sorter serves one goroutine.
//
// Values are mapped to 32-bit keys by their place between smallest and largest, a map that never reverses an order; a radix sort orders the
// leading bits, and the few values that share them are compared as float64. Crowded values (one extreme outlier) fall back to comparison.
type Sorter struct {
	a, b   []uint64
	counts [3][radix]uint32
}

const (
	digit = 11
	radix = 1 << digit
	mask  = radix - 1
)

// Order returns the positions of the values in ascending order, equal values by position, without those that are NaN. The result is written
// to dst when it is large enough.
func (s *Sorter) Order(x []float64, dst []uint32) []uint32 {
	nan := 0
	for _, v := range x {
		if v != v {
			nan++
		}
	}
	keys := s.sort(x, nan)
	if cap(dst) < len(keys) {
		dst = make([]uint32, len(keys))
	}
	dst = dst[:len(keys)]
	for i, k := range keys {
		dst[i] = uint32(k)
	}
	return dst
}

// Descending writes to out for each value one plus the number of larger values, so rank 1 is the largest and equals share the smallest rank,
// and returns the positions in ascending order in the low 32 bits of a slice that is valid until the next call. x must not hold NaN.
func (s *Sorter) Descending(x []float64, out []uint32) []uint64 {
	keys := s.sort(x, 0)
	n := len(keys)
	prev, rank := uint64(0), uint32(0)
	for i := n - 1; i >= 0; i-- {
		k := keys[i]
		if i == n-1 || k>>32 != prev>>32 || x[uint32(k)] != x[uint32(prev)] {
			rank = uint32(n - i)
		}
		out[uint32(k)] = rank
		prev = k
	}
	return keys
}

// sort returns ascending (key, position) pairs packed into 64 bits.
func (s *Sorter) sort(x []float64, nan int) []uint64 {
	if cap(s.a) < len(x) {
		s.a, s.b = make([]uint64, len(x)), make([]uint64, len(x))
	}
	if nan > 0 || len(x) < 64 {
		return s.compare(x)
	}
	lo, hi := x[0], x[0]
	for _, v := range x {
		if v < lo {
			lo = v
		} else if v > hi {
			hi = v
		}
	}
	scale := math.MaxUint32 / (hi - lo)
	if math.IsInf(hi-lo, 0) || math.IsInf(scale, 0) {
		return s.compare(x)
	}
	return s.radix(x, lo, scale)
}

func (s *Sorter) compare(x []float64) []uint64 {
	a := s.a[:0]
	for i, v := range x {
		if v == v {
			a = append(a, uint64(i))
		}
	}
	slices.SortFunc(a, func(i, j uint64) int {
		if c := cmp.Compare(x[i], x[j]); c != 0 {
			return c
		}
		return cmp.Compare(i, j)
	})
	return a
}

func (s *Sorter) radix(x []float64, lo, scale float64) []uint64 {
	a, b := s.a[:len(x)], s.b[:len(x)]
	s.counts = [3][radix]uint32{}
	c0, c1, c2 := &s.counts[0], &s.counts[1], &s.counts[2]
	three := len(x) > 1<<16 // two digits leave few equals only while values are fewer than buckets
	for i, v := range x {
		k := uint64(uint32(int64((v - lo) * scale)))
		a[i] = k<<32 | uint64(i)
		c1[k>>10&mask]++
		c2[k>>21]++
		if three {
			c0[k<<1&mask]++
		}
	}
	if three {
		scatter(b, a, c0, 31)
		a, b = b, a
	}
	scatter(b, a, c1, 42)
	scatter(a, b, c2, 53)
	if three {
		s.a, s.b = a, b
	}
	s.settle(x, a)
	return a
}

func scatter(dst, src []uint64, counts *[radix]uint32, shift uint) {
	sum := uint32(0)
	for i, c := range counts {
		counts[i] = sum
		sum += c
	}
	for _, k := range src {
		d := k >> (shift & 63) & mask
		p := counts[d]
		counts[d] = p + 1
		dst[p] = k
	}
}

// settle orders runs that agree in the 22 leading bits of their keys.
func (s *Sorter) settle(x []float64, a []uint64) {
	const run = 24
	for i := 1; i < len(a); i++ {
		if a[i]>>42 != a[i-1]>>42 {
			continue
		}
		from := i - 1
		for i < len(a) && a[i]>>42 == a[from]>>42 {
			i++
		}
		part := a[from:i]
		if len(part) > run {
			slices.SortFunc(part, func(p, q uint64) int {
				if c := cmp.Compare(x[uint32(p)], x[uint32(q)]); c != 0 {
					return c
				}
				return cmp.Compare(uint32(p), uint32(q))
			})
			continue
		}
		for j := 1; j < len(part); j++ {
			k := part[j]
			v := x[uint32(k)]
			h := j
			for ; h > 0 && x[uint32(part[h-1])] > v; h-- {
				part[h] = part[h-1]
			}
			part[h] = k
		}
	}
}
