// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// cell is one figure of the file, as small as can be: a million of them are held at once.
type cell struct {
	value  float64 // NaN where the flag replaces the number
	slice  int32
	area   int32
	line   int32
	column int16
	part   partCode
	flag   flagCode
}

// partCode and flagCode are Part and Flag in a byte.
type (
	partCode uint8
	flagCode uint8
)

const (
	numeratorCode partCode = iota
	denominatorCode
	valueCode
	changeCode
)

var partCodes = map[table.Part]partCode{
	table.PartNumerator: numeratorCode, table.PartDenominator: denominatorCode, table.PartValue: valueCode, table.PartChange: changeCode,
}

var partNames = [...]Part{NumeratorPart, DenominatorPart, ValuePart, ChangePart}

var flagNames = Flags()

// flagCodes finds our flag for one of the library; they have the same names. FlagMissing has none: such a cell says nothing.
var flagCodes = func() (codes [256]flagCode) {
	for i := range codes {
		codes[i] = flagCode(max(0, slices.Index(flagNames, Flag(table.Flag(i).String()))))
	}
	return codes
}()

// chunk is how many cells are allocated at once: growing one slice would hold its content twice for a moment.
const chunk = 1 << 15

// staged is a slice that the file fills.
type staged struct {
	indicator int // in the catalogue
	version   int // in its Versions
	period    kernel.Period
	count     int

	slice    Slice // ID empty while it does not exist
	cells    []cell
	rows     []row
	report   SliceReport
	parts    int // figures after the import that do not prevent a sum over areas
	previous int // staged slice of the period before, -1 where none is in the file
}

// row is a figure to be written.
type row struct {
	num, den, val, chg float64
	area               int32
	line               int32
	revision           int32
	flag               flagCode
}

type stagedKey struct {
	indicator, version int
	period             kernel.Period
}

// stage holds what the file says, by slice and area.
type stage struct {
	catalogue []Indicator
	byKey     map[string]int
	edition   area.Edition
	areas     []area.Area // by id, as the database orders figures
	index     map[string]int32

	slices  []*staged
	byPlace map[stagedKey]int32
	chunks  [][]cell
	cells   int
	bad     lineSet // lines not taken
	matched lineSet // lines of a known area
	given   lineSet // lines with at least one figure
	touched []bool  // areas with a figure
}

func newStage(catalogue []Indicator, edition area.Edition, areas []area.Area) *stage {
	st := &stage{
		catalogue: catalogue, byKey: make(map[string]int, len(catalogue)), edition: edition, areas: slices.Clone(areas),
		index: make(map[string]int32, len(areas)), byPlace: map[stagedKey]int32{}, touched: make([]bool, len(areas)),
	}
	for n, i := range catalogue {
		st.byKey[i.Key] = n
	}
	slices.SortFunc(st.areas, func(a, b area.Area) int { return cmp.Compare(a.ID, b.ID) })
	for n, x := range st.areas {
		st.index[x.Key] = int32(n)
	}
	return st
}

func (st *stage) known(key string) bool {
	_, ok := st.index[key]
	return ok
}

func (st *stage) version(s *staged) Version {
	return st.catalogue[s.indicator].Versions[s.version]
}

func (st *stage) key(s *staged) string { return st.catalogue[s.indicator].Key }

// place finds or makes the slice of an indicator and period.
func (st *stage) place(indicator int, p kernel.Period) int32 {
	i := st.catalogue[indicator]
	version := 0
	for n, v := range i.Versions {
		if v.Version == i.At(p.To).Version {
			version = n
		}
	}
	k := stagedKey{indicator, version, p}
	if n, ok := st.byPlace[k]; ok {
		return n
	}
	n := int32(len(st.slices))
	st.slices = append(st.slices, &staged{
		indicator: indicator, version: version, period: p, previous: -1,
		slice: Slice{IndicatorID: i.ID, Version: i.Versions[version].Version, EditionID: st.edition.ID, Period: p},
	})
	st.byPlace[k] = n
	return n
}

func (st *stage) add(c cell) {
	if n := len(st.chunks); n == 0 || len(st.chunks[n-1]) == chunk {
		st.chunks = append(st.chunks, make([]cell, 0, chunk))
	}
	last := &st.chunks[len(st.chunks)-1]
	*last = append(*last, c)
	st.slices[c.slice].count++
	st.cells++
}

// arrange hands each slice its cells, by area, part and line, leaving out those without number or sign. The order of the slices becomes that
// of indicator and period, so that a period finds the one before it.
func (st *stage) arrange(ctx context.Context) error {
	all := make([]cell, st.cells)
	at := 0
	for _, s := range st.slices {
		s.cells = all[at : at : at+s.count]
		at += s.count
	}
	for n, c := range st.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, x := range c {
			s := st.slices[x.slice]
			s.cells = append(s.cells, x)
		}
		st.chunks[n] = nil
	}
	st.chunks = nil
	byPlace := func(a, b cell) int {
		if a.area != b.area {
			return cmp.Compare(a.area, b.area)
		}
		if a.part != b.part {
			return cmp.Compare(a.part, b.part)
		}
		return cmp.Compare(a.line, b.line)
	}
	for _, s := range st.slices {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !slices.IsSortedFunc(s.cells, byPlace) {
			slices.SortStableFunc(s.cells, byPlace)
		}
	}
	slices.SortStableFunc(st.slices, func(a, b *staged) int {
		return cmp.Or(cmp.Compare(a.indicator, b.indicator), cmp.Compare(a.version, b.version), cmp.Compare(a.period.To, b.period.To),
			cmp.Compare(a.period.From, b.period.From))
	})
	for n, s := range st.slices {
		for p := n - 1; p >= 0 && st.slices[p].indicator == s.indicator && st.slices[p].version == s.version; p-- {
			if follows(st.slices[p].period, s.period) {
				s.previous = p
				break
			}
		}
	}
	return nil
}

// follows tells whether two periods are of the same kind, day or interval of about the same length, and p lies before q.
func follows(p, q kernel.Period) bool {
	if p.To >= q.To || p.IsDate() != q.IsDate() {
		return false
	}
	days := func(x kernel.Period) float64 { return x.To.Time().Sub(x.From.Time()).Hours()/24 + 1 }
	return math.Abs(days(p)-days(q)) <= 0.1*days(q)+2
}

// lineSet is a set of line numbers, a bit each.
type lineSet struct {
	bits  []uint64
	count int
}

func (l *lineSet) add(line int32) bool {
	w := int(line) / 64
	for w >= len(l.bits) {
		l.bits = append(l.bits, make([]uint64, max(64, len(l.bits)))...)
	}
	m := uint64(1) << (uint(line) % 64)
	if l.bits[w]&m != 0 {
		return false
	}
	l.bits[w] |= m
	l.count++
	return true
}

func (l *lineSet) has(line int32) bool {
	w := int(line) / 64
	return w < len(l.bits) && l.bits[w]&(1<<(uint(line)%64)) != 0
}
