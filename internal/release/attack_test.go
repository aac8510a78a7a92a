// SPDX-License-Identifier: EUPL-1.2

package release_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// place is a town of three levels with one indicator of class S3, which offices deliver for any level.
type place struct {
	version   indicator.Version
	levels    []kernel.ID                  // editions, smallest areas first
	areas     map[kernel.ID][]area.Area    // by edition, by key
	parent    map[kernel.ID]kernel.ID      // area to area of the next level; none: an orphan
	truth     map[kernel.ID][2]float64     // by area: numerator, denominator; of the smallest areas and of childless parents
	withheld  map[kernel.ID]bool           // delivered as suppressed by the office
	missing   map[kernel.ID]bool           // not delivered
	bare      map[kernel.ID]bool           // editions delivered as cleared rates without counts
	delivered map[kernel.ID]kernel.ID      // slice to edition
	entries   map[kernel.ID]*release.Entry // by object
	stamp     int
}

func (p *place) kids(id kernel.ID) (list []kernel.ID) {
	for child, parent := range p.parent {
		if parent == id {
			list = append(list, child)
		}
	}
	return list
}

// below lists everything that lies in an area.
func (p *place) below(id kernel.ID) (list []kernel.ID) {
	for _, k := range p.kids(id) {
		list = append(append(list, k), p.below(k)...)
	}
	return list
}

// figure is the truth of an area, whoever knows it.
func (p *place) figure(id kernel.ID) [2]float64 {
	t := p.truth[id]
	for _, k := range p.kids(id) {
		f := p.figure(k)
		t[0] += f[0]
		t[1] += f[1]
	}
	return t
}

func (p *place) Indicators(context.Context, kernel.ID) ([]indicator.Indicator, error) {
	return []indicator.Indicator{{ID: "i", Key: "sgb2_rate", Versions: []indicator.Version{p.version}}}, nil
}

func (p *place) SliceStates(ctx context.Context, t kernel.ID) ([]indicator.SliceState, error) {
	var list []indicator.SliceState
	for _, id := range slices.Sorted(maps.Keys(p.delivered)) {
		s := indicator.SliceState{Slice: indicator.Slice{ID: id, IndicatorID: "i", Version: 1, EditionID: p.delivered[id], Period: end2024}}
		obs, _ := p.Observations(ctx, t, id, nil)
		s.Figures = len(obs)
		for _, o := range obs {
			if o.HasParts() || !o.Flag.HasNumber() {
				s.Parts++
			}
		}
		if s.Figures > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

func (p *place) Slice(_ context.Context, _, id kernel.ID) (indicator.Slice, error) {
	return indicator.Slice{ID: id, IndicatorID: "i", Version: 1, EditionID: p.delivered[id], Period: end2024}, nil
}

func (p *place) Observations(_ context.Context, _, slice kernel.ID, _ []kernel.ID) ([]indicator.Observation, error) {
	nan := math.NaN()
	var list []indicator.Observation
	edition := p.delivered[slice]
	for _, a := range p.areas[edition] {
		if p.missing[a.ID] {
			continue
		}
		f := p.figure(a.ID)
		o := indicator.Observation{
			AreaID: a.ID, Revision: 1, Numerator: f[0], Denominator: f[1], Value: nan, Change: nan, Flag: indicator.Value, DeliveryID: "d",
			Disclosure: indicator.Cleared,
		}
		if p.bare[edition] {
			o.Numerator, o.Denominator, o.Value = nan, nan, 100*f[0]/f[1]
		}
		if p.withheld[a.ID] {
			o.Numerator, o.Denominator, o.Value, o.Flag = nan, nan, nan, indicator.Suppressed
		}
		list = append(list, o)
	}
	return list, nil
}

func (p *place) Stamp(context.Context, kernel.ID) (string, error) {
	p.stamp++
	return strconv.Itoa(p.stamp), nil
}

func (p *place) EditionByID(_ context.Context, _ access.Actor, id kernel.ID) (area.Edition, error) {
	return area.Edition{ID: id, Key: string(id)}, nil
}

func (p *place) Hierarchy(_ context.Context, _ access.Actor, edition kernel.ID) (*area.Hierarchy, error) {
	base := slices.Index(p.levels, edition)
	h := &area.Hierarchy{Edition: area.Edition{ID: edition}, Areas: p.areas[edition]}
	at := make([]kernel.ID, len(h.Areas))
	for i, a := range h.Areas {
		at[i] = a.ID
	}
	for _, up := range p.levels[base+1:] {
		l := area.HierarchyLevel{Edition: area.Edition{ID: up}, Areas: p.areas[up], Of: make([]int, len(h.Areas))}
		for i := range at {
			at[i] = p.parent[at[i]]
			l.Of[i] = slices.IndexFunc(l.Areas, func(a area.Area) bool { return a.ID == at[i] })
		}
		h.Levels = append(h.Levels, l)
	}
	return h, nil
}

func (p *place) Add(_ context.Context, _ kernel.ID, e release.Entry) error {
	p.entries[e.ObjectID] = &e
	return nil
}

func (p *place) Withdraw(context.Context, kernel.ID, kernel.ID, kernel.Instant, string, string) error {
	return errors.New("not in this test")
}

func (p *place) Entries(_ context.Context, _ kernel.ID, kind release.Kind) (list []release.Entry, err error) {
	for _, e := range p.entries {
		if e.Kind == kind {
			list = append(list, *e)
		}
	}
	return list, nil
}

func (p *place) Tx(ctx context.Context, do func(context.Context) error) error { return do(ctx) }

// drawPlace makes a small town with small numbers, gaps and irregular hierarchies.
func drawPlace(t *rapid.T) *place {
	p := &place{
		version: share("S3"), levels: []kernel.ID{"blocks", "districts", "city"}, areas: map[kernel.ID][]area.Area{}, parent: map[kernel.ID]kernel.ID{},
		truth: map[kernel.ID][2]float64{}, withheld: map[kernel.ID]bool{}, missing: map[kernel.ID]bool{}, bare: map[kernel.ID]bool{},
		delivered: map[kernel.ID]kernel.ID{}, entries: map[kernel.ID]*release.Entry{},
	}
	often := func(name string, of int) bool { return rapid.IntRange(1, of).Draw(t, name) == of }
	add := func(level kernel.ID, n int) {
		for i := range n {
			id := kernel.ID(fmt.Sprintf("%s%d", level[:1], i))
			p.areas[level] = append(p.areas[level], area.Area{ID: id, Key: string(id)})
		}
	}
	add("blocks", rapid.IntRange(2, 7).Draw(t, "blocks"))
	add("districts", rapid.IntRange(1, 3).Draw(t, "districts"))
	add("city", 1)
	for _, d := range p.areas["districts"] {
		p.parent[d.ID] = "c0"
	}
	for _, a := range p.areas["blocks"] {
		if !often("orphan", 12) {
			p.parent[a.ID] = rapid.SampledFrom(p.areas["districts"]).Draw(t, "district").ID
		}
		p.truth[a.ID] = p.small(t)
		p.withheld[a.ID] = often("withheld", 10)
		p.missing[a.ID] = often("missing", 10)
	}
	for _, d := range p.areas["districts"] {
		if len(p.kids(d.ID)) == 0 {
			p.truth[d.ID] = p.small(t)
		}
	}
	p.delivered["s1"] = "blocks"
	if often("districts delivered", 3) {
		p.delivered["s2"] = "districts"
	}
	if often("city delivered", 3) {
		p.delivered["s3"] = "city"
	}
	if often("bare blocks", 15) {
		p.bare["blocks"] = true
	}
	return p
}

func (p *place) small(t *rapid.T) [2]float64 {
	den := rapid.SampledFrom([]int{0, 2, 20, 40, 100}).Draw(t, "den")
	return [2]float64{float64(min(rapid.SampledFrom([]int{0, 0, 1, 2, 3, 7, 19}).Draw(t, "num"), den)), float64(den)}
}

// unknowns of an attack: cells by name, and what is known of them.
type attack struct {
	names []string
	at    map[string]int
	known []bool
	sums  [][]int // first the total, then its parts
}

func (a *attack) cell(name string) int {
	i, ok := a.at[name]
	if !ok {
		i = len(a.names)
		a.at[name] = i
		a.names, a.known = append(a.names, name), append(a.known, false)
	}
	return i
}

// determined solves all sums over the unknown cells in fractions and names those that have a single solution.
func (a *attack) determined() map[string]bool {
	var rows [][]*big.Rat
	for _, s := range a.sums {
		row := make([]*big.Rat, len(a.names))
		for i := range row {
			row[i] = new(big.Rat)
		}
		for i, c := range s {
			if a.known[c] {
				continue
			}
			sign := int64(1)
			if i == 0 {
				sign = -1
			}
			row[c].Add(row[c], big.NewRat(sign, 1))
		}
		rows = append(rows, row)
	}
	r := 0
	for c := range a.names {
		n := slices.IndexFunc(rows[min(r, len(rows)):], func(row []*big.Rat) bool { return row[c].Sign() != 0 })
		if n < 0 {
			continue
		}
		rows[r], rows[r+n] = rows[r+n], rows[r]
		inverse := new(big.Rat).Inv(rows[r][c])
		for j := range rows[r] {
			rows[r][j].Mul(rows[r][j], inverse)
		}
		for k := range rows {
			if f := new(big.Rat).Set(rows[k][c]); k != r && f.Sign() != 0 {
				for j := range rows[k] {
					rows[k][j].Sub(rows[k][j], new(big.Rat).Mul(f, rows[r][j]))
				}
			}
		}
		r++
	}
	out := map[string]bool{}
	for _, row := range rows {
		var only []int
		for c, v := range row {
			if v.Sign() != 0 {
				only = append(only, c)
			}
		}
		if len(only) == 1 {
			out[a.names[only[0]]] = true
		}
	}
	return out
}

// read takes everything a reader is shown, adds what everybody knows of how areas lie in each other, and returns the attack and the cells that
// are marked as suppressed.
func (p *place) read(t *rapid.T, v release.View) (a *attack, suppressed map[string]bool) {
	a, suppressed = &attack{at: map[string]int{}}, map[string]bool{}
	see := func(name string, f release.Figure) {
		i := a.cell(name)
		if f.Shown() && !math.IsNaN(f.Numerator) {
			a.known[i] = true
		}
		if f.Flag == indicator.Suppressed {
			suppressed[name] = true
		}
	}
	for _, e := range p.levels {
		table, err := v.Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: e})
		if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, ar := range table.Areas {
			see(string(ar.ID), table.Figures[i])
		}
		see("town of "+string(table.Base.ID), table.Total)
	}
	for n, e := range p.levels {
		sum := []int{a.cell("town of " + string(e))}
		for _, ar := range p.areas[e] {
			sum = append(sum, a.cell(string(ar.ID)))
		}
		a.sums = append(a.sums, sum)
		if n == 0 {
			continue
		}
		for _, ar := range p.areas[e] {
			sum := []int{a.cell(string(ar.ID))}
			for _, k := range p.kids(ar.ID) {
				sum = append(sum, a.cell(string(k)))
			}
			if len(sum) > 1 {
				a.sums = append(a.sums, sum)
			}
		}
	}
	return a, suppressed
}

// secret tells whether an area's own figure is withheld: by the office or by the gate's rule.
func (p *place) secret(id kernel.ID, e kernel.ID) bool {
	delivered := slices.Contains(slices.Collect(maps.Values(p.delivered)), e)
	if p.missing[id] || !delivered && len(p.kids(id)) == 0 {
		return false
	}
	if p.withheld[id] {
		return true
	}
	if !delivered && slices.ContainsFunc(p.below(id), func(k kernel.ID) bool { return p.missing[k] }) {
		return false // there is no such sum
	}
	f := p.figure(id)
	for _, n := range []float64{f[0], f[1] - f[0], f[1]} {
		if n >= 1 && n < 3 {
			return true
		}
	}
	return false
}

// Whatever is published of areas, districts and the town, together, never determines a figure that one of the tables suppresses: not when only
// slices are published that the gate accepts, one by one or together, and not after figures have been corrected since.
func TestPublishedTablesTogetherNeverDetermineASuppressedFigure(t *testing.T) {
	shown, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		p := drawPlace(rt)
		s := &release.Service{Source: p, Areas: p, Store: p, Tx: p, Now: time.Now}
		to := rapid.SampledFrom([]access.Audience{access.Public, access.Public, access.Political}).Draw(rt, "audience")
		ids := rapid.Permutation(slices.Sorted(maps.Keys(p.delivered))).Draw(rt, "order")
		if rapid.Bool().Draw(rt, "together") {
			if err := s.Publish(ctx, planner, ids, to, ""); err != nil {
				refused++
			}
		} else {
			for _, id := range ids {
				if err := s.Publish(ctx, planner, []kernel.ID{id}, to, ""); err != nil {
					refused++
				}
			}
		}
		check := func(when string) {
			v, err := s.View(ctx, planner, to)
			if err != nil {
				rt.Fatal(err)
			}
			a, suppressed := p.read(rt, v)
			found := a.determined()
			for _, e := range p.levels {
				for _, ar := range p.areas[e] {
					name := string(ar.ID)
					if suppressed[name] && p.secret(ar.ID, e) && found[name] {
						rt.Fatalf("%s: %s follows from what is shown: %v, shown %v of %v of %+v", when, name, p.figure(ar.ID), a.known, a.names, *p)
					}
				}
			}
			if slices.Contains(a.known, true) {
				shown++
			}
		}
		check("as released")
		for range rapid.IntRange(0, 3).Draw(rt, "corrections") {
			id := rapid.SampledFrom(p.areas["blocks"]).Draw(rt, "corrected").ID
			p.truth[id], p.withheld[id], p.missing[id] = p.small(rt), false, false
		}
		check("after corrections")
	})
	if shown < 20 || refused < 3 { // far below what any run draws
		t.Errorf("the attack saw figures %d times and %d releases were refused: it proves nothing", shown, refused)
	}
}

func TestWithAnAreaMissingTheDistrictsStillGiveNothingAway(t *testing.T) {
	f := &fake{version: share("S3"), figures: counts([2]float64{20, 100}, [2]float64{2, 100}, [2]float64{20, 100}, [2]float64{20, 100})}
	err := service(f).Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, "")
	var e *kernel.Error
	if !errors.As(err, &e) || len(e.Findings) != 1 || e.Findings[0].Code != "release.single" || e.Findings[0].Key != "12" {
		t.Errorf("district 1 is shown with one of its two areas suppressed, though the town has no total: %v", err)
	}
}

func TestSumsAreWithheldWhereACorrectionLeavesASingleSuppressedFigure(t *testing.T) {
	ok := [2]float64{20, 100}
	f := &fake{version: share("S3"), figures: counts(ok, ok, ok, ok, ok)}
	s := service(f)
	if err := s.Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, ""); err != nil {
		t.Fatal(err)
	}
	f.figures = counts([2]float64{2, 100}, ok, ok, ok, ok)
	read := func(a access.Actor, as access.Audience, edition kernel.ID) *release.Table {
		table, err := view(t, s, a, as).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: edition})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	public := read(reader, access.Public, "areas")
	if public.Total.Shown() || public.Total.Flag != indicator.Suppressed || public.TotalKey != "release.total.withheld" {
		t.Errorf("the town minus four areas is the fifth: %+v %s", public.Total, public.TotalKey)
	}
	districts := read(reader, access.Public, "districts")
	if districts.Figures[0].Shown() || !districts.Figures[1].Shown() {
		t.Errorf("district 1 is withheld, district 2 is not: %+v", districts.Figures)
	}
	if !read(planner, access.Internal, "areas").Total.Shown() {
		t.Error("the planning staff, who hold the delivery, see the town")
	}
}

func TestChangesAreShownOnlyWhereTheirSourceClearedThem(t *testing.T) {
	for d, want := range map[indicator.Disclosure]bool{indicator.Cleared: true, indicator.Unchecked: false} {
		f := &fake{version: share("S3"), figures: counts([2]float64{5, 100}, [2]float64{20, 100}, [2]float64{20, 100}, [2]float64{20, 100}, [2]float64{20, 100})}
		for i := range f.figures {
			f.figures[i].Change, f.figures[i].Disclosure = 3, d
		}
		s := service(f)
		if err := s.Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, ""); err != nil {
			t.Fatal(err)
		}
		table, err := view(t, s, reader, access.Public).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "areas"})
		if err != nil || !table.Figures[0].Shown() || math.IsNaN(table.Figures[0].Change) == want {
			t.Errorf("%s: %v %+v", d, err, table.Figures[0])
		}
	}
}

func TestFiguresOfFewAnswersAreMarkedUnsafe(t *testing.T) {
	f := &fake{version: share("Q30"), figures: counts([2]float64{10, 30}, [2]float64{20, 60}, [2]float64{20, 60}, [2]float64{20, 60}, [2]float64{20, 60})}
	table, err := view(t, service(f), planner, access.Internal).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "areas"})
	if err != nil || table.Figures[0].Flag != indicator.Unsafe || table.Figures[1].Flag != indicator.Value {
		t.Errorf("30 to 49 answers are unsafe (domain.md 3.1): %v %+v", err, table.Figures[:2])
	}
}

func TestRatesAreJudgedByTheirBaseWhereItIsKnown(t *testing.T) {
	f := &fake{version: share("Q30"), figures: rates(indicator.Cleared, 40, 50)}
	f.figures[0].Denominator, f.figures[1].Denominator = 29, 80
	table, err := view(t, service(f), planner, access.Internal).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "areas"})
	if err != nil || table.Figures[0].Shown() || !table.Figures[1].Shown() {
		t.Errorf("29 answers are too few, whoever sent them: %v %+v", err, table.Figures[:2])
	}
}

func TestMeansThatNobodyCheckedStayInternal(t *testing.T) {
	v := share("S3")
	v.Aggregation, v.Unit = indicator.NoAggregation, "years"
	f := &fake{version: v, figures: rates(indicator.Unchecked, 40, 41, 42, 43, 44)}
	err := service(f).Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, "")
	var e *kernel.Error
	if !errors.As(err, &e) || e.Findings[0].Code != "release.unchecked" {
		t.Errorf("a table of nothing but suppressed figures was published: %v", err)
	}
}

func TestRefusalsNameNoFigure(t *testing.T) {
	f := &fake{version: share("S3"), figures: counts([2]float64{2, 1}, [2]float64{20, 100}, [2]float64{20, 100}, [2]float64{20, 100}, [2]float64{20, 100})}
	err := service(f).Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, "")
	var e *kernel.Error
	if !errors.As(err, &e) || len(e.Findings) == 0 {
		t.Fatal(err)
	}
	for _, x := range e.Findings {
		for name := range x.Params {
			if name == "numerator" || name == "denominator" {
				t.Errorf("%s tells a figure that even planners do not see: %v", x.Code, x)
			}
		}
	}
}
