// SPDX-License-Identifier: EUPL-1.2

package classify

import (
	"math"
	"runtime"
	"sync"
)

// natural returns the upper values of the k classes with the least sum of squares about their means (Fisher 1958).
//
// Equal values are one point with a weight, so they stay together. The best first point of the last class never moves down when a point is
// added, so each row of the dynamic programme is solved by divide and conquer in n·log n steps. Squares come from prefix sums about the
// median. Those lose digits where classes are far apart and narrow; when the bound of that loss is not far below the optimum found, all is
// done again with prefix sums of twice the precision.
func natural(sorted []float64, k int) []float64 {
	p := points(sorted)
	n := len(p.x)
	if k >= n {
		return p.x
	}
	ends, within := p.solve(k)
	if loss := 8 * float64(k) * 0x1p-53 * p.q[n]; !(loss <= 1e-9*within) {
		p.precise()
		ends, _ = p.solve(k)
	}
	upper := make([]float64, k)
	for c, e := range ends {
		upper[c] = p.x[e-1]
	}
	return upper
}

// sums are prefix sums over the different values: weights w, first moment s, second moment q about the centre. sl and ql are their low parts
// in double precision arithmetic, nil where one float64 is enough.
type sums struct {
	x, d    []float64 // values, and their distance from the centre
	count   []float64
	w, s, q []float64
	sl, ql  []float64
}

func points(sorted []float64) *sums {
	centre := sorted[len(sorted)/2]
	n := 0
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			n++
		}
	}
	p := &sums{x: make([]float64, 0, n), d: make([]float64, 0, n), count: make([]float64, 0, n)}
	for i, v := range sorted {
		if i > 0 && v == p.x[len(p.x)-1] {
			p.count[len(p.x)-1]++
			continue
		}
		p.x, p.d, p.count = append(p.x, v), append(p.d, v-centre), append(p.count, 1)
	}
	p.w, p.s, p.q = make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for i, d := range p.d {
		c := p.count[i]
		p.w[i+1] = p.w[i] + c
		p.s[i+1] = p.s[i] + float64(c*d)
		p.q[i+1] = p.q[i] + float64(c*float64(d*d))
	}
	return p
}

// precise fills the prefix sums again, each as a pair of numbers.
func (p *sums) precise() {
	n := len(p.x)
	p.sl, p.ql = make([]float64, n+1), make([]float64, n+1)
	for i, d := range p.d {
		c := p.count[i]
		cd, cdl := product(c, d)
		p.s[i+1], p.sl[i+1] = plus(p.s[i], p.sl[i], cd, cdl)
		dd, ddl := product(d, d)
		h, l := product(c, dd)
		p.q[i+1], p.ql[i+1] = plus(p.q[i], p.ql[i], h, l+float64(c*ddl))
	}
}

// product returns a·b as a pair (fused multiply-add gives the rounding error exactly).
func product(a, b float64) (hi, lo float64) {
	hi = a * b
	return hi, math.FMA(a, b, -hi)
}

// plus adds two pairs (Dekker's sum with Knuth's two-sum).
func plus(a, al, b, bl float64) (hi, lo float64) {
	s := a + b
	t := s - a
	e := (a - (s - t)) + (b - t)
	e += al + bl
	hi = s + e
	return hi, e - (hi - s)
}

// within returns the sum of squares of the points i..j-1 about their mean.
func (p *sums) within(i, j int) float64 {
	if p.sl != nil {
		return p.withinPrecise(i, j)
	}
	s := p.s[j] - p.s[i]
	return (p.q[j] - p.q[i]) - float64(s*s)/(p.w[j]-p.w[i])
}

func (p *sums) withinPrecise(i, j int) float64 {
	s, sl := plus(p.s[j], p.sl[j], -p.s[i], -p.sl[i])
	q, ql := plus(p.q[j], p.ql[j], -p.q[i], -p.ql[i])
	w := p.w[j] - p.w[i]
	h, l := product(s, s)
	l += float64(2 * s * sl)
	m := h / w
	ml := (math.FMA(-m, w, h) + l) / w
	r, rl := plus(q, ql, -m, -ml)
	return max(r+rl, 0)
}

// solve returns for each class the number of points up to its end, and the sum of squares within.
func (p *sums) solve(k int) (ends []int, within float64) {
	n := len(p.x)
	prev, next := make([]float64, n+1), make([]float64, n+1)
	first := make([][]int32, k) // first[c][j]: where class c begins when it ends before j
	for j := 1; j <= n; j++ {
		prev[j] = p.within(0, j)
	}
	for c := 1; c < k; c++ {
		first[c] = make([]int32, n+1)
		l := &layer{p: p, prev: prev, next: next, first: first[c]}
		lo := c + 1
		if c == k-1 {
			lo = n // of the last class only the whole matters
		}
		l.fill(lo, n, c, n-1, depth())
		prev, next = next, prev
	}
	ends = make([]int, k)
	for c, j := k-1, n; c >= 0; c-- {
		ends[c] = j
		if c > 0 {
			j = int(first[c][j])
		}
	}
	return ends, prev[n]
}

// layer is one row of the dynamic programme: the best cost of the first j points in one class more than prev.
type layer struct {
	p          *sums
	prev, next []float64
	first      []int32
}

// depth is how often the work is halved between goroutines.
func depth() int {
	d := 0
	for n := runtime.GOMAXPROCS(0); n > 1; n = (n + 1) / 2 {
		d++
	}
	return d + 2 // a few more parts than processors, because the parts differ in size
}

// fill solves lo..hi knowing that the last class begins between from and to. The middle is solved by trying all, then both halves with
// narrower ranges. The digits do not depend on the number of goroutines.
func (l *layer) fill(lo, hi, from, to, split int) {
	for lo <= hi {
		mid := lo + (hi-lo)/2
		best, at := l.best(mid, from, min(to, mid-1))
		l.next[mid], l.first[mid] = best, int32(at)
		if split > 0 && hi-lo > 4096 {
			l.fork(lo, mid, hi, from, at, to, split-1)
			return
		}
		l.fill(lo, mid-1, from, at, 0)
		lo, from = mid+1, at
	}
}

func (l *layer) fork(lo, mid, hi, from, at, to, split int) {
	var wg sync.WaitGroup
	wg.Go(func() { l.fill(lo, mid-1, from, at, split) })
	l.fill(mid+1, hi, at, to, split)
	wg.Wait()
}

func (l *layer) best(j, from, to int) (best float64, at int) {
	p := l.p
	best, at = math.Inf(1), from
	if p.sl != nil {
		for i := from; i <= to; i++ {
			if v := l.prev[i] + p.withinPrecise(i, j); v < best {
				best, at = v, i
			}
		}
		return best, at
	}
	qj, sj, wj := p.q[j], p.s[j], p.w[j]
	n := to + 1
	prev, q, s, w := l.prev[:n], p.q[:n], p.s[:n], p.w[:n]
	for i := from; i < n; i++ {
		d := sj - s[i]
		if v := prev[i] + ((qj - q[i]) - float64(d*d)/(wj-w[i])); v < best {
			best, at = v, i
		}
	}
	return best, at
}
