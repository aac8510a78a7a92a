// SPDX-License-Identifier: EUPL-1.2

package index

import (
	"fmt"
	"math"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// RobustOptions say what is varied and how often.
type RobustOptions struct {
	// Draws is the number of runs.
	Draws int
	// Seed fixes the runs, see Draw.
	Seed uint64
	// WeightSpread is the largest relative change of a weight, 0.25 for ±25 %.
	WeightSpread float64
	// LeaveOneOut lets each run leave out one indicator or none, all equally likely, and fills Robust.Without.
	LeaveOneOut bool
	// Standardisations are chosen from with equal probability; empty stands for the method's own.
	Standardisations []Standardise
	// Workers is the number of goroutines, 0 for one per processor. The result has the same digits for any number.
	Workers int
	// Progress, where given, is called with the share done; an error stops the work and is returned.
	Progress func(share float64) error
}

// Robust says how much of a result is owed to the method's settings. Areas that are not assessed have NaN.
type Robust struct {
	// Base is the result by the method itself.
	Base *Result
	// BaseRank is the rank by the method itself. Rank 1 has the highest index; equals share the smallest rank.
	BaseRank []float64
	// RankMedian, RankLo and RankHi are the type 7 quantiles 0.5, 0.05 and 0.95 of the ranks over the runs.
	RankMedian, RankLo, RankHi []float64
	// Probability[c][i] is the share of runs in which area i falls into class c+1; nil where the method has no classes.
	Probability [][]float64
	// Runs is the number of runs that gave an index, all shares refer to them.
	Runs int
	// Failed counts the other runs, Failures names the first hundred.
	Failed   int
	Failures []Failure
	// Kept is the mean share of runs in which an area keeps its class; Stable counts the areas that keep it in at least 95 % of the runs.
	Kept   float64
	Stable int
	// Without tells what happens when an indicator is left out and all else stays; nil unless asked for.
	Without []Without
}

// Failure is a run that gave no index.
type Failure struct {
	Run int
	Err error
}

// Without is the effect of leaving out one indicator.
type Without struct {
	Indicator string
	// Changed is the number of areas that change class, RankShift the mean number of ranks an area moves.
	Changed   int
	RankShift float64
	// Err is not nil where the rest gives no index.
	Err error
}

const (
	batch    = 128      // runs between two visits to the counters
	tile     = 128      // areas gathered together: a row of ranks is then eight cache lines, and all of them fit the second cache
	failures = 100      // failures named
	budget   = 64 << 20 // bytes of histogram in one pass
)

// quantiles are the reported ones: lower end, median, upper end.
var quantiles = [3]float64{0.05, 0.5, 0.95}

// Robustness repeats the index with varied settings and reports what stays.
//
// Memory does not grow with the number of runs: a first pass counts ranks in coarse classes, a second one repeats the runs and counts
// exactly where the quantiles lie. Errors are those of Compute, or an error when no run succeeds.
func Robustness(m Method, in Input, opt RobustOptions) (*Robust, error) {
	if err := opt.validate(m); err != nil {
		return nil, err
	}
	base, err := Compute(m, in)
	if err != nil {
		return nil, err
	}
	r, err := newRunner(m, in, opt)
	if err != nil {
		return nil, err
	}
	out := &Robust{Base: base}
	r.baseRanks(out)
	if opt.LeaveOneOut {
		r.without(out)
	}
	classes := m.Status.Classes()
	counts := make([]uint32, r.n*max(classes-1, 0)) // runs in a class above c+1, by area
	coarse := newHistogram(r.n)
	err = r.pass(0, r.n, func(area int, ranks []uint32) {
		r.countClasses(counts, classes-1, area, ranks)
		coarse.count(area, ranks)
	})
	if err != nil {
		return nil, err
	}
	out.Runs, out.Failed, out.Failures = opt.Draws-len(r.bad), len(r.bad), r.failures
	if out.Runs == 0 {
		return nil, fmt.Errorf("index: none of %d runs gave an index; the first failed because: %w", opt.Draws, r.failures[0].Err)
	}
	if err := r.ranks(out, coarse); err != nil {
		return nil, err
	}
	r.probabilities(out, counts, classes)
	return out, nil
}

func (o RobustOptions) validate(m Method) error {
	bad := func(field, problem string) error { return &MethodError{"robustness " + field, problem} }
	if o.Draws < 1 || o.Draws > math.MaxInt32 {
		return bad("draws", fmt.Sprintf("%d runs are not possible", o.Draws))
	}
	if !(o.WeightSpread >= 0 && o.WeightSpread < 1) {
		return bad("weight spread", fmt.Sprintf("%v must be at least 0 and below 1", o.WeightSpread))
	}
	if o.LeaveOneOut && len(m.Indicators) < 2 {
		return bad("leave one out", "a method of one indicator has nothing left")
	}
	for _, s := range o.Standardisations {
		own := m
		own.Standardise = s
		if s != Z {
			own.Reference = MeanOfAreas
		}
		if err := own.Validate(); err != nil {
			return err
		}
		if s != m.Standardise && !m.Comparable() {
			return bad("standardisations", fmt.Sprintf("class limits made for %s do not fit %s, because the method does not standardise the sum again", m.Standardise, s))
		}
	}
	return nil
}

// Comparable tells whether indices by different standardisations fall on the same scale, so that the same limits cut them: after a second
// standardisation, with groups of equal size, or where there are no limits.
func (m Method) Comparable() bool {
	return m.Restandardise || len(m.Status.Values) == 0
}

// runner holds what all runs share.
type runner struct {
	p       *prepared
	opt     RobustOptions
	n       int
	by      map[Standardise]*aggregator
	workers []*worker
	// Of one batch: ranks [run][area], how many areas lie in higher classes [class][run], the runs that gave an index and why others did not.
	rankOf, bounds []uint32
	good           []int
	errs           [batch]error
	// bad holds the runs that failed in the first pass, failures the first of them.
	bad      map[int]bool
	failures []Failure
	repeated bool
	done     int
}

type worker struct {
	sorter rank.Sorter
	sum    []float64
	buffer []float64
	bounds []uint32
	tile   [tile][batch]uint32
}

func newRunner(m Method, in Input, opt RobustOptions) (*runner, error) {
	p, res, err := prepare(m, in, false)
	if err != nil {
		return nil, err
	}
	r := &runner{p: p, opt: opt, n: len(p.areas), by: make(map[Standardise]*aggregator), bad: make(map[int]bool)}
	for _, how := range append([]Standardise{m.Standardise}, opt.Standardisations...) {
		if r.by[how] != nil {
			continue
		}
		scores := make([][]float64, len(p.columns))
		for c := range p.columns {
			if scores[c], err = p.standardise(&p.columns[c], how, &res.Columns[p.columns[c].at]); err != nil {
				return nil, err
			}
		}
		if r.by[how], err = p.aggregator(scores); err != nil {
			return nil, err
		}
	}
	workers := opt.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	k := max(m.Status.Classes()-1, 0)
	for range min(workers, batch) {
		r.workers = append(r.workers, &worker{sum: make([]float64, r.n), buffer: make([]float64, r.n), bounds: make([]uint32, k)})
	}
	r.rankOf = make([]uint32, batch*r.n)
	r.bounds = make([]uint32, batch*k)
	return r, nil
}

// run writes the ranks of one draw and, to the worker's bounds by class c, how many areas lie above class c+1.
func (r *runner) run(w *worker, d Draw, ranks []uint32) error {
	weights, err := r.aggregate(w, d)
	if err != nil {
		return err
	}
	mean, sd := 0.0, 1.0
	if r.p.m.Restandardise {
		if mean, sd, err = r.p.standardOf(w.sum, r.by[d.Standardise].magnitude(weights)); err != nil {
			return err
		}
	}
	order, sign := r.order(w, ranks)
	limits := r.p.m.Status
	for c := range w.bounds {
		if limits.Groups > 0 {
			w.bounds[c] = uint32(r.n - (c+1)*r.n/limits.Groups)
			continue
		}
		at := sort.Search(r.n, func(i int) bool {
			return limits.Class(r.p.indexOf(sign*w.sum[uint32(order[i])], mean, sd)) > c+1
		})
		w.bounds[c] = uint32(r.n - at)
	}
	return nil
}

func (r *runner) aggregate(w *worker, d Draw) (weights []float64, err error) {
	weights = make([]float64, len(r.p.columns))
	total := 0.0
	for c := range weights {
		weights[c] = d.Weights[r.p.columns[c].at]
		total += weights[c]
	}
	if !(total > 0) {
		return nil, &MethodError{"weights", "no indicator with a weight is left"}
	}
	r.by[d.Standardise].draw(weights, w.sum, w.buffer)
	return weights, nil
}

// order writes the ranks of the sums and returns their order; an inverted index ranks the other way, which the sign says.
func (r *runner) order(w *worker, ranks []uint32) (order []uint64, sign float64) {
	sign = 1.0
	if r.p.m.Invert {
		sign = -1
		for i := range w.sum {
			w.sum[i] = -w.sum[i]
		}
	}
	return w.sorter.Descending(w.sum, ranks), sign
}

// pass goes through all runs and hands the ranks of each area in [from, to) to count, batch by batch. Where runs are repeated, classes are
// not asked for again.
func (r *runner) pass(from, to int, count func(area int, ranks []uint32)) error {
	for first := 0; first < r.opt.Draws; first += batch {
		runs := min(batch, r.opt.Draws-first)
		r.each(runs, func(w *worker, j int) {
			d := r.opt.Draw(r.p.m, first+j)
			ranks := r.rankOf[j*r.n : (j+1)*r.n]
			if !r.repeated {
				r.errs[j] = r.run(w, d, ranks)
				for c, b := range w.bounds {
					r.bounds[c*batch+j] = b
				}
				return
			}
			if _, r.errs[j] = r.aggregate(w, d); r.errs[j] == nil {
				r.order(w, ranks)
			}
		})
		r.sift(first, runs)
		r.each((to-from+tile-1)/tile, func(w *worker, j int) {
			r.gather(w, from+j*tile, min(from+(j+1)*tile, to), count)
		})
		r.done += runs
		if r.opt.Progress != nil {
			if err := r.opt.Progress(float64(r.done) / float64(max(2*r.opt.Draws, r.done))); err != nil {
				return err
			}
		}
	}
	r.repeated = true
	return nil
}

// sift lists the good runs of a batch, moves their bounds together and notes the others.
func (r *runner) sift(first, runs int) {
	r.good = r.good[:0]
	for j := range runs {
		if r.errs[j] != nil && !r.repeated {
			r.bad[first+j] = true
			if len(r.failures) < failures {
				r.failures = append(r.failures, Failure{first + j, r.errs[j]})
			}
		}
		if r.bad[first+j] {
			continue
		}
		for c := 0; c < len(r.bounds); c += batch {
			r.bounds[c+len(r.good)] = r.bounds[c+j]
		}
		r.good = append(r.good, j)
	}
}

// gather turns the ranks of a few areas from one row a run to one row an area, so that each area's counters are visited once a batch.
func (r *runner) gather(w *worker, from, to int, count func(area int, ranks []uint32)) {
	for g, j := range r.good {
		for i, v := range r.rankOf[j*r.n+from : j*r.n+to] {
			w.tile[i%tile][g] = v
		}
	}
	for area := from; area < to; area++ {
		count(area, w.tile[area-from][:len(r.good)])
	}
}

// each calls f for 0..n-1 on all workers.
func (r *runner) each(n int, f func(w *worker, j int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range r.workers[:min(len(r.workers), n)] {
		wg.Go(func() {
			for j := int(next.Add(1)) - 1; j < n; j = int(next.Add(1)) - 1 {
				f(w, j)
			}
		})
	}
	wg.Wait()
}

// countClasses adds the batch to the numbers of runs in which an area lies above class c+1.
func (r *runner) countClasses(counts []uint32, k, area int, ranks []uint32) {
	for c := range k {
		bounds := r.bounds[c*batch:][:len(ranks)]
		n := uint32(0)
		for g, v := range ranks {
			n += within(v, bounds[g])
		}
		counts[area*k+c] += n
	}
}

// within is 1 where rank <= bound and 0 otherwise, without a branch that could be guessed wrong.
func within(rank, bound uint32) uint32 {
	return uint32((uint64(rank) - uint64(bound) - 1) >> 63)
}

// baseRanks fills the ranks by the method itself.
func (r *runner) baseRanks(out *Robust) {
	negative := make([]float64, len(out.Base.Index))
	for i, v := range out.Base.Index {
		negative[i] = -v
	}
	out.BaseRank = rank.Ranks(negative, rank.Min)
}

// without fills the effect of each indicator's absence.
func (r *runner) without(out *Robust) {
	m := r.p.m
	ranks, worker := make([]uint32, r.n), r.workers[0]
	for at, ind := range m.Indicators {
		d := RobustOptions{Draws: 1}.Draw(m, 0)
		d.Weights[at] = 0
		w := Without{Indicator: ind.Key}
		if w.Err = r.run(worker, d, ranks); w.Err == nil {
			for j, i := range r.p.areas {
				class := 1
				for _, b := range worker.bounds {
					class += int(within(ranks[j], b))
				}
				if len(worker.bounds) > 0 && class != out.Base.Class[i] {
					w.Changed++
				}
				w.RankShift += math.Abs(float64(ranks[j]) - out.BaseRank[i])
			}
			w.RankShift /= float64(r.n)
		}
		out.Without = append(out.Without, w)
	}
}

// probabilities turns counts into shares of runs by class.
func (r *runner) probabilities(out *Robust, counts []uint32, classes int) {
	if classes == 0 {
		return
	}
	k := classes - 1
	dense := make([][]float64, classes)
	for c := range dense {
		dense[c] = make([]float64, r.n)
	}
	runs := float64(out.Runs)
	for j := range r.n {
		higher := counts[j*k : (j+1)*k]
		left := uint32(out.Runs)
		for c := range classes {
			next := uint32(0)
			if c < k {
				next = higher[c]
			}
			dense[c][j] = float64(left-next) / runs
			left = next
		}
		kept := dense[out.Base.Class[r.p.areas[j]]-1][j]
		out.Kept += kept
		if kept >= 0.95 {
			out.Stable++
		}
	}
	out.Kept /= float64(r.n)
	for _, d := range dense {
		out.Probability = append(out.Probability, r.p.spreadOut(nil, d, len(out.Base.Class)))
	}
}
