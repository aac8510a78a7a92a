// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"regexp"
	"strings"
)

// Hints are what the caller knows when a mapping is to be proposed.
type Hints struct {
	Known      func(key string) bool // area keys that exist; may be nil
	Indicators map[string]Target     // header of a column, as in Column.Name or its last part, to what it feeds; from earlier mappings or the catalogue
	Level      string
	Edition    string
}

var (
	reKeyHeader    = regexp.MustCompile(`(?i)(schlüssel|schluessel|\bkey\b|kennziffer|kennzahl|\b(raum|gebiets?|stadtteil|bezirks?|plr|bzr|pgr|lor)[-_ ]?(id|nr|nummer)\b|^(id|nr\.?|ags|ars|plr|bzr|raumid|raum_id|gkz|rs)$|_id$|-id$)`)
	rePeriodHeader = regexp.MustCompile(`(?i)^(jahr|year|zeit|stichtag|datum|date|monat|quartal|berichtsjahr|berichtszeitraum|schuljahr|kita-?jahr|period|zeitraum|stand)\b`)
	reHeaderDate   = regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{4}\b|\b(?:19|20)\d{2}\b`)
)

// columnFacts is what the sample tells about a column.
type columnFacts struct {
	filled, numbers, digits, distinct, known, periods, names int
	lengths                                                  map[int]int
	leadingZero                                              bool
}

// digitsLong reports whether the numbers are longer than years and most counts of small areas.
func (f columnFacts) digitsLong() bool {
	for n := range f.lengths {
		if n < 5 {
			return false
		}
	}
	return true
}

func (t *Table) facts(col int, known func(string) bool) columnFacts {
	f := columnFacts{lengths: map[int]int{}}
	seen := map[string]bool{}
	for _, r := range t.sample[min(t.layout.first, len(t.sample)):] {
		if col >= len(r.cells) || r.cells[col].is == isBlank {
			continue
		}
		c := r.cells[col]
		s := string(trim([]byte(c.text)))
		f.filled++
		if !seen[s] {
			seen[s] = true
			f.distinct++
		}
		if c.is == isNumber {
			f.numbers++
		}
		if allDigits([]byte(s)) {
			f.digits++
			f.lengths[len(s)]++
			f.leadingZero = f.leadingZero || s[0] == '0'
		}
		if c.is == isText {
			f.names++
		}
		if known != nil && (known(s) || known("0"+s)) {
			f.known++
		}
		if p, code := ParsePeriod(s, ""); code == "" && p.Kind != PeriodReferenceDay {
			f.periods++
		}
	}
	return f
}

// Propose suggests a mapping for a person to look over: the column that looks most like area keys, the one that looks like periods or the
// period that the headers name, and every column of numbers that the hints know. It never claims to be right.
func Propose(t *Table, h Hints) Mapping {
	m := Mapping{Area: AreaSpec{Level: h.Level, Edition: h.Edition}, Disclosure: Unchecked}
	if t.Format.Kind != CSV {
		m.Table.Sheet = t.Format.Sheet
	}
	if t.Format.HeaderRows > 1 {
		m.Table.HeaderRows = t.Format.HeaderRows
	}
	facts := make([]columnFacts, len(t.Columns))
	for i := range facts {
		facts[i] = t.facts(i, h.Known)
	}
	key := t.proposeKey(facts, h)
	if key >= 0 {
		m.Area.Column = t.reference(key)
		m.Area.KeyWidth = lostWidth(facts[key], h.Known)
	}
	period := t.proposePeriod(facts, key)
	if period >= 0 {
		m.Period.Column = t.reference(period)
	}
	for i, c := range t.Columns {
		if i == key || i == period || facts[i].numbers*2 < facts[i].filled || facts[i].filled == 0 {
			continue
		}
		x, ok := h.target(c)
		if !ok {
			continue
		}
		if period < 0 && x.Period == "" {
			x.Period = headerPeriod(c)
		}
		m.Columns = append(m.Columns, ColumnSpec{Column: t.reference(i), Targets: []Target{x}})
	}
	return m
}

func (h Hints) target(c Column) (Target, bool) {
	if x, ok := h.Indicators[c.Name]; ok {
		return x, true
	}
	for i := len(c.Parts) - 1; i >= 0; i-- {
		if x, ok := h.Indicators[c.Parts[i]]; ok {
			return x, true
		}
	}
	return Target{}, false
}

// headerPeriod finds the one day or year that a header names.
func headerPeriod(c Column) string {
	hits := reHeaderDate.FindAllString(c.Name, -1)
	if len(hits) != 1 {
		return ""
	}
	return hits[0]
}

// reference names a column as a mapping would: by header where it is unique, else by letter.
func (t *Table) reference(i int) string {
	n := t.Columns[i].Name
	if n == "" || n == "auto" {
		return t.Columns[i].Letter
	}
	for _, c := range t.Columns {
		if c.Index != i && strings.EqualFold(c.Name, n) {
			return t.Columns[i].Letter
		}
	}
	return n
}

func (t *Table) proposeKey(facts []columnFacts, h Hints) int {
	best, score := -1, 0
	for i, f := range facts {
		if f.filled == 0 {
			continue
		}
		s := 0
		name := t.Columns[i].Name
		if len(t.Columns[i].Parts) > 0 {
			name = t.Columns[i].Parts[len(t.Columns[i].Parts)-1]
		}
		if h.Known != nil && f.known*2 > f.filled {
			s += 100
		}
		if reKeyHeader.MatchString(name) {
			s += 30
		}
		if f.digits*10 >= f.filled*9 && len(f.lengths) <= 4 && f.distinct > 1 {
			s += 3
			if f.leadingZero {
				s += 25
			}
			if len(f.lengths) == 1 && f.digitsLong() {
				s += 8
			}
		}
		if f.distinct == f.filled {
			s += 8
		} else if f.distinct*20 < f.filled {
			s -= 10
		}
		if rePeriodHeader.MatchString(name) {
			s -= 40
		}
		if i < 3 {
			s += 4 - i
		}
		if f.names == f.filled && f.distinct > 1 {
			s += 8 // names of areas, for want of keys
		}
		if _, figure := h.target(t.Columns[i]); figure {
			continue
		}
		if s > score {
			best, score = i, s
		}
	}
	return best
}

func (t *Table) proposePeriod(facts []columnFacts, key int) int {
	best, score := -1, 0
	for i, f := range facts {
		if i == key || f.filled == 0 || f.periods*10 < f.filled*9 {
			continue
		}
		s := 1
		name := t.Columns[i].Name
		if rePeriodHeader.MatchString(name) {
			s += 20
		} else if f.digits == f.filled && len(f.lengths) != 1 {
			continue
		}
		if f.distinct*5 <= f.filled {
			s += 5
		}
		if f.digits < f.filled {
			s += 5 // written as dates
		}
		if s > score && s > 5 {
			best, score = i, s
		}
	}
	return best
}

// lostWidth proposes a width where keys have lost a leading zero: two neighbouring lengths and no key with zero in front.
func lostWidth(f columnFacts, known func(string) bool) int {
	if f.leadingZero || len(f.lengths) > 2 || f.digits < f.filled || known != nil && f.known*2 <= f.filled {
		return 0
	}
	low, high := 0, 0
	for n := range f.lengths {
		if low == 0 || n < low {
			low = n
		}
		high = max(high, n)
	}
	if high == low+1 && low >= 4 {
		return high
	}
	return 0
}
