// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// relate finds what the figures can be compared with in other editions.
func (im *importing) relate(ctx context.Context) (err error) {
	im.related, err = im.s.relations(ctx, im.a, im.st.edition, im.st.areas, true)
	return err
}

// comparing is the pass over the stage that decides what becomes of each figure. It is made afresh for each attempt of the transaction.
type comparing struct {
	*importing
	raw       Raw
	known     map[kernel.ID]Delivery
	existing  map[sliceKey]Slice
	before    []Slice          // of the edition
	small     int              // counts of one and two
	partsOf   map[string]bool  // indicators that take part in a sum of parts
	figures   map[int]*figures // staged slices kept for sums of parts
	values    [2]staging       // values of the last two slices, for jumps
	scratch   []Observation    // current figures by area
	have      []bool           // there is one that counts
	revisions []int32          // highest revision, counting or not
	after     *figures
	rates     []kernel.Finding // delivered rates of the slice that are not the computed ones
	off       []float64        // by how much
	both      int              // areas of the slice for which the file brings a rate and its parts
}

type staging struct {
	slice int
	value []float64
}

// compare decides for every figure of the file whether it is new, a correction or known, and judges the result.
func (im *importing) compare(ctx context.Context) error {
	c, err := im.begin(ctx)
	if err != nil {
		return err
	}
	n := len(im.st.areas)
	c.scratch, c.have, c.revisions, c.after = make([]Observation, n), make([]bool, n), make([]int32, n), newFigures(n)
	for i, s := range im.st.slices {
		if err := ctx.Err(); err != nil {
			return err
		}
		im.progress("compare", i, len(im.st.slices))
		if err := c.slice(ctx, i, s); err != nil {
			return fmt.Errorf("%s %s: %w", im.st.key(s), s.period, err)
		}
	}
	im.progress("compare", len(im.st.slices), len(im.st.slices))
	if err := c.sumsOfParts(ctx); err != nil {
		return err
	}
	c.end()
	return nil
}

func (im *importing) begin(ctx context.Context) (*comparing, error) {
	c := &comparing{
		importing: im, raw: im.s.Raw(im.a.Tenant), existing: map[sliceKey]Slice{}, partsOf: map[string]bool{},
		figures: map[int]*figures{},
	}
	r := &im.report
	r.Slices, r.AboveWhole, r.Same, r.New, r.Changed, r.Unchanged, r.Superseded = nil, nil, "", 0, 0, 0, 0
	var err error
	if c.known, err = c.raw.deliveries(ctx); err != nil {
		return nil, err
	}
	if im.replaces != nil {
		d := c.known[im.replaces.ID]
		d.RetractedAt = im.s.now() // what it brought does not count any more when this import is done
		c.known[d.ID] = d
	}
	for id, d := range c.known {
		if d.SHA256 != r.SHA256 || !d.Counts() {
			continue
		}
		whole, err := im.s.Store.Delivery(ctx, im.a.Tenant, id)
		if err != nil {
			return nil, err
		}
		if whole.Mapping == im.req.MappingText && id > r.Same {
			r.Same = id
		}
	}
	if c.before, err = im.s.Store.Slices(ctx, im.a.Tenant, Filter{Edition: im.st.edition.ID}, true); err != nil {
		return nil, err
	}
	for _, s := range c.before {
		c.existing[s.key()] = s
	}
	c.judgedParts()
	return c, nil
}

// judgedParts finds the indicators whose figures are kept for sums of parts: those of groups of which every member has figures.
func (c *comparing) judgedParts() {
	has := map[kernel.ID]bool{}
	for _, s := range c.before {
		has[s.IndicatorID] = true
	}
	for _, s := range c.st.slices {
		has[s.slice.IndicatorID] = true
	}
	for _, i := range c.st.catalogue {
		for _, group := range i.Parts {
			keys := []string{i.Key}
			complete := has[i.ID]
			for _, p := range group {
				key, _ := partOf(p)
				n, ok := c.st.byKey[key]
				complete = complete && ok && has[c.st.catalogue[n].ID]
				keys = append(keys, key)
			}
			if !complete {
				continue
			}
			for _, key := range keys {
				c.partsOf[key] = true
			}
		}
	}
}

// slice compares one slice with what is there.
func (c *comparing) slice(ctx context.Context, index int, s *staged) error {
	st := c.st
	v := st.version(s)
	s.slice.ID = ""
	if have, ok := c.existing[s.slice.key()]; ok {
		s.slice.ID = have.ID
	}
	if err := c.load(ctx, s.slice.ID, v); err != nil {
		return err
	}
	rep := SliceReport{Slice: s.slice.ID, Indicator: st.key(s), Version: v.Version, Period: s.period}
	s.rows, c.rates, c.off, c.both = nil, nil, nil, 0
	if s.slice.ID == "" {
		s.rows = make([]row, 0, min(len(s.cells), len(st.areas)))
	}
	for at := 0; at < len(s.cells); {
		area := s.cells[at].area
		end := at + 1
		for end < len(s.cells) && s.cells[end].area == area {
			end++
		}
		c.area(s, v, &rep, area, s.cells[at:end])
		at = end
	}
	c.tellRates(s, v)
	f := c.after
	rep.Areas, rep.Absent = f.count, len(st.areas)-f.count
	rep.Numerator, rep.Denominator = f.sums()
	s.parts = f.parts()
	for _, i := range aboveWhole(v, f) {
		if len(rep.AboveWhole) < keptTwice {
			rep.AboveWhole = append(rep.AboveWhole, st.areas[i].Key)
		}
		c.found.add(aboveFinding(v, s.period, f, st.areas[i].Key, i))
	}
	if len(rep.AboveWhole) > 0 {
		c.report.AboveWhole = append(c.report.AboveWhole, rep.Indicator+" "+s.period.String())
	}
	if err := c.compareLevels(ctx, s, v, &rep); err != nil {
		return err
	}
	if err := c.compareBefore(ctx, index, s, v, &rep); err != nil {
		return err
	}
	if c.partsOf[rep.Indicator] {
		c.figures[index] = &figures{num: slices.Clone(f.num), den: slices.Clone(f.den)} // all that sums of parts look at
	}
	c.report.New += rep.New
	c.report.Changed += rep.Changed
	c.report.Unchanged += rep.Unchanged
	s.report = rep
	c.report.Slices = append(c.report.Slices, rep)
	return nil
}

// load reads the figures of a slice as they are.
func (c *comparing) load(ctx context.Context, slice kernel.ID, v Version) error {
	clear(c.have)
	clear(c.revisions)
	c.after.clear()
	if slice == "" {
		return nil
	}
	areas, i := c.st.areas, 0
	err := c.s.Store.Revisions(ctx, c.a.Tenant, slice, func(o Observation) error {
		for i < len(areas) && areas[i].ID < o.AreaID {
			i++
		}
		if i == len(areas) || areas[i].ID != o.AreaID {
			return nil
		}
		c.revisions[i] = max(c.revisions[i], int32(o.Revision))
		if c.known[o.DeliveryID].Counts() {
			c.scratch[i], c.have[i] = o, true
		}
		return nil
	})
	for i, ok := range c.have {
		if ok {
			c.after.set(i, c.scratch[i], v)
		}
	}
	return err
}

// area decides about one figure.
func (c *comparing) area(s *staged, v Version, rep *SliceReport, area int32, cells []cell) {
	var now *Observation
	if c.have[area] {
		now = &c.scratch[area]
	}
	next, carried, ok := merge(cells, now, &c.st.bad)
	if !ok {
		return
	}
	if v.Class != "O" && (next.Numerator == 1 || next.Numerator == 2) {
		c.small++
	}
	switch {
	case now == nil:
		rep.New++
	case same(*now, next):
		rep.Unchanged++
		return
	case c.report.Same != "":
		c.report.Superseded++ // a later delivery corrected what this file says
		return
	default:
		rep.Changed++
		if completes(*now, next) {
			rep.Completed++
		}
	}
	if carried {
		rep.Carried++
	}
	c.after.set(int(area), next, v)
	c.checkRate(s, v, area, cells, next)
	s.rows = append(s.rows, row{
		num: next.Numerator, den: next.Denominator, val: next.Value, chg: next.Change, area: area, line: int32(next.Line),
		revision: c.revisions[area] + 1, flag: flagCode(slices.Index(flagNames, next.Flag)),
	})
}

// merge makes the figure that results from the cells of one area and the figure that is there: parts that the file does not bring stay. ok is
// false when all cells lie in lines that are not taken.
func merge(cells []cell, now *Observation, bad *lineSet) (next Observation, carried, ok bool) {
	nan := math.NaN()
	next = Observation{Numerator: nan, Denominator: nan, Value: nan, Change: nan}
	if now != nil {
		next = *now
		next.Line = 0
	}
	var set [4]bool
	var figure, base Flag
	for _, x := range cells {
		if bad.has(x.line) {
			continue
		}
		set[x.part] = true
		if next.Line == 0 || int(x.line) < next.Line {
			next.Line = int(x.line)
		}
		f := flagNames[x.flag]
		switch x.part {
		case numeratorCode:
			next.Numerator, figure = x.value, combine(figure, f)
		case valueCode:
			next.Value, figure = x.value, combine(figure, f)
		case denominatorCode:
			next.Denominator, base = x.value, f
			if f == Zero || f == RoundedZero || f == Value {
				base = "" // the flag speaks of the figure; its base says nothing special
			}
		case changeCode:
			next.Change = x.value
		}
	}
	switch {
	case set == [4]bool{}:
		return next, false, false
	case set[numeratorCode] || set[valueCode]:
		carried = now != nil && set[numeratorCode] && !set[denominatorCode] && !math.IsNaN(now.Denominator)
		next.Flag = combine(figure, base)
	case now != nil && (now.Flag.HasNumber() || math.IsNaN(now.Numerator)):
		carried = set[denominatorCode] && !math.IsNaN(now.Numerator)
		next.Flag = combine(now.Flag, base)
	case set[denominatorCode]:
		carried = now != nil // the numerator was there and waited for a base
		next.Flag = combine(Value, base)
	case now == nil:
		next.Flag = Unknown // only a change is known
	}
	return next, carried, true
}

// same tells whether two figures say the same.
func same(a, b Observation) bool {
	eq := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Flag == b.Flag && eq(a.Numerator, b.Numerator) && eq(a.Denominator, b.Denominator) && eq(a.Value, b.Value) && eq(a.Change, b.Change)
}

// completes tells whether the figure says what was known already and something more.
func completes(now, next Observation) bool {
	if now.Flag == Suppressed || now.Flag == NotApplicable {
		return false
	}
	more := false
	for _, x := range [...][2]float64{
		{now.Numerator, next.Numerator},
		{now.Denominator, next.Denominator},
		{now.Value, next.Value},
		{now.Change, next.Change},
	} {
		if !math.IsNaN(x[0]) && x[0] != x[1] {
			return false
		}
		more = more || math.IsNaN(x[0]) && !math.IsNaN(x[1])
	}
	return more
}

// checkRate compares a delivered rate with the one its parts give, where the file brings both.
func (c *comparing) checkRate(s *staged, v Version, area int32, cells []cell, o Observation) {
	if v.Aggregation != Ratio || !o.HasParts() || math.IsNaN(o.Value) || o.Denominator == 0 {
		return
	}
	if !slices.ContainsFunc(cells, func(x cell) bool { return x.part == valueCode }) {
		return
	}
	computed := o.Number(v)
	c.both++
	if d := math.Abs(computed - o.Value); d > math.Max(0.06, 0.005*math.Abs(o.Value)) { // more than rounding to one decimal
		c.off = append(c.off, o.Value-computed)
		c.rates = append(c.rates, kernel.Finding{
			Code: "indicator.import.rate_differs", Outcome: kernel.Warn, Row: o.Line, Key: c.st.areas[area].Key,
			Params: kernel.Params("indicator", v.Name, "period", s.period, "delivered", o.Value, "computed", shown(computed)),
		})
	}
}

// tellRates reports the delivered rates that are not the computed ones: one by one, or in one sentence where most are not, because then the
// office divides by something else.
func (c *comparing) tellRates(s *staged, v Version) {
	if n := len(c.rates); n > 3 && 2*n > c.both {
		c.found.note(kernel.Warn, "indicator.import.rates_differ", "indicator", v.Name, "period", s.period, "n", n, "of", c.both, "difference", shown(median(c.off)))
		return
	}
	for _, f := range c.rates {
		c.found.add(f)
	}
}

// compareLevels compares sums with the editions above and below.
func (c *comparing) compareLevels(ctx context.Context, s *staged, v Version, rep *SliceReport) error {
	if v.Aggregation == NoAggregation {
		return nil
	}
	for _, r := range c.related {
		other, ok := r.slices[s.slice.key()]
		if !ok {
			continue
		}
		f, err := c.raw.figures(ctx, other.ID, v, r.areas, c.known)
		if err != nil {
			return err
		}
		if f.count == 0 {
			continue
		}
		sr := SumReport{Level: r.edition.Level.Key, Edition: r.edition.Key}
		part, whole, keys, lower, upper := c.after, f, r.areas, c.st.edition, r.edition
		if r.below {
			part, whole, keys, lower, upper = f, c.after, c.st.areas, r.edition, c.st.edition
		}
		var differing []difference
		sr.Compared, sr.Incomplete, differing = compareSums(v, part, r.of, whole)
		for _, d := range differing {
			if len(sr.Differing) < keptTwice {
				sr.Differing = append(sr.Differing, Difference{Key: keys[d.index].Key, Part: d.part, Sum: d.sum, Expected: d.expected})
			}
			c.found.add(sumFinding(v, s.period, lower, upper, keys, d))
		}
		if alone := withoutParts(v, r.of, whole); len(alone) > 0 {
			c.found.add(aloneFinding(v, s.period, lower, upper, part, whole, keys, alone))
		}
		rep.Sums = append(rep.Sums, sr)
	}
	return nil
}

// compareBefore looks for jumps against the period before.
func (c *comparing) compareBefore(ctx context.Context, index int, s *staged, v Version, rep *SliceReport) error {
	now := slices.Clone(c.after.value)
	defer func() { c.values[0], c.values[1] = c.values[1], staging{index + 1, now} }()
	var before []float64
	from := kernel.Period{}
	if s.previous >= 0 {
		from = c.st.slices[s.previous].period
		for _, x := range c.values {
			if x.slice == s.previous+1 {
				before = x.value
			}
		}
	}
	var stored Slice
	for _, x := range c.before {
		if x.IndicatorID == s.slice.IndicatorID && x.Version == s.slice.Version && follows(x.Period, s.period) && x.Period.To > from.To {
			stored, from = x, x.Period
		}
	}
	if stored.ID != "" {
		f, err := c.raw.figures(ctx, stored.ID, v, c.st.areas, c.known)
		if err != nil {
			return err
		}
		before = f.value
	}
	if before == nil {
		return nil
	}
	found, where, shift := jumps(v, before, now)
	for n, j := range found {
		j.Key = c.st.areas[where[n]].Key
		if len(rep.Jumps) < keptTwice {
			rep.Jumps = append(rep.Jumps, j)
		}
		c.found.add(kernel.Finding{Code: "indicator.quality.jump", Outcome: kernel.Warn, Key: j.Key, Params: kernel.Params("indicator", v.Name,
			"period", s.period, "before", from, "from", shown(j.From), "to", shown(j.To))})
	}
	if shift > 2 || shift < 0.5 {
		c.found.note(kernel.Warn, "indicator.quality.shift", "indicator", v.Name, "period", s.period, "before", from, "factor", shift)
	}
	return nil
}

// shown rounds a figure for a sentence.
func shown(x float64) float64 { return math.Round(x*100) / 100 }

// sumsOfParts compares indicators with the sum of their parts where the file brings at least one of them.
func (c *comparing) sumsOfParts(ctx context.Context) error {
	type place struct {
		indicator int
		period    kernel.Period
	}
	staged := map[place]int{}
	periods := map[kernel.Period]bool{}
	for i, s := range c.st.slices {
		if c.figures[i] != nil {
			staged[place{s.indicator, s.period}] = i
			periods[s.period] = true
		}
	}
	order := make([]kernel.Period, 0, len(periods))
	for p := range periods {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b kernel.Period) int {
		return slices.Compare([]kernel.Date{a.To, a.From}, []kernel.Date{b.To, b.From})
	})
	cache := map[place]*figures{}
	get := func(key string, p kernel.Period) (*figures, bool, error) {
		n, ok := c.st.byKey[key]
		if !ok {
			return nil, false, nil
		}
		at := place{n, p}
		if i, ok := staged[at]; ok {
			return c.figures[i], true, nil
		}
		if f, ok := cache[at]; ok {
			return f, false, nil
		}
		i := c.st.catalogue[n]
		v := i.At(p.To)
		s, ok := c.existing[sliceKey{i.ID, v.Version, p}]
		if !ok {
			cache[at] = nil
			return nil, false, nil
		}
		f, err := c.raw.figures(ctx, s.ID, v, c.st.areas, c.known)
		cache[at] = f
		return f, false, err
	}
	for _, p := range order {
		for _, i := range c.st.catalogue {
			for _, group := range i.Parts {
				whole, here, err := get(i.Key, p)
				if err != nil {
					return err
				}
				members := make([]member, 0, len(group))
				for _, g := range group {
					key, part := partOf(g)
					f, staged, err := get(key, p)
					if err != nil {
						return err
					}
					if f != nil {
						members = append(members, member{f, part})
						here = here || staged
					}
				}
				if !here || whole == nil || len(members) < len(group) {
					continue
				}
				_, differing := compareParts(members, whole)
				for _, d := range differing {
					c.found.add(partsFinding(i.At(p.To), partsText(group, p, c.st.catalogue), p, c.st.areas[d.index].Key, d))
				}
			}
		}
	}
	return nil
}

// end says what concerns the whole import.
func (c *comparing) end() {
	r := &c.report
	if c.small > 0 {
		c.found.note(kernel.Warn, "indicator.import.small_counts", "n", c.small)
	}
	for _, s := range r.Slices {
		v := c.versionOf(s)
		if v.Aggregation == Ratio && s.Denominator == 0 && s.Numerator != 0 {
			c.found.note(kernel.Warn, "indicator.quality.no_denominator", "indicator", v.Name, "period", s.Period)
		}
	}
	if r.New+r.Changed == 0 {
		if r.Same != "" {
			d := c.known[r.Same]
			c.found.note(kernel.Info, "indicator.import.same", "date", d.TakenAt, "name", d.FileName)
		} else if r.Taken > 0 {
			c.found.note(kernel.Info, "indicator.import.unchanged")
		}
	}
	if r.Superseded > 0 {
		c.found.note(kernel.Warn, "indicator.import.superseded", "n", r.Superseded)
	}
}

func (c *comparing) versionOf(s SliceReport) Version {
	for _, v := range c.st.catalogue[c.st.byKey[s.Indicator]].Versions {
		if v.Version == s.Version {
			return v
		}
	}
	return Version{}
}
