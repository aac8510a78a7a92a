// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"strconv"
)

// Record is one figure of one area and period, valid until the next call of Reader.Next.
type Record struct {
	Line      int // line of the file or row of the sheet
	Row       int // record below the header
	Column    int // index of the column
	Area      string
	Repaired  bool // the key got its leading zeros back
	Indicator string
	Part      Part
	Period    Period
	Value     float64
	HasValue  bool // false: Flag says why there is no number
	Integer   bool
	Percent   bool // written with a percent sign
	Flag      Flag
}

// Stats counts what Reader has seen.
type Stats struct {
	Rows     int // data rows read
	Filtered int // left out by a filter or an unnamed code
	Refused  int // rows refused
	Records  int
	Missing  int // records without a number
	Repaired int // rows whose key was padded
}

// Reader streams the records of a table under a mapping. A row with a refused cell gives no record at all.
type Reader struct {
	t    *Table
	m    *Mapping
	rows *Rows

	keyCol    int
	keyRest   []int  // columns that continue the key
	keyHead   string // heading of the key column
	periodCol int
	period    Period
	outputs   []output
	byCol     []int // distinct value columns
	codes     map[string][]output
	codeCol   int
	valueCol  int
	filters   []filter
	pairs     [][2]int
	cols      map[int]*valueColumn
	known     func(string) bool

	records []Record
	at      int
	stats   Stats
	found   findings
	keys    keyRing
	keyBuf  []byte
	joined  []byte
	lastP   []byte
	lastPer Period
	lengths map[int]bool
	padded  string
	tooLow  bool
	unnamed string
	skipped int
	err     error
	ended   bool
}

type output struct {
	col       int
	indicator string
	part      Part
	counts    bool // a number of people or cases, never negative
	period    Period
	state     *valueColumn
}

// valueColumn is what is known about the numbers of a column.
type valueColumn struct {
	conv        Convention
	settled     bool // the convention is given or proved; else it is looked up when a separator turns up
	percent     string
	bare        string
	asText      int
	firstText   string
	percentKind bool
}

type filter struct {
	col    int
	set    map[string]bool
	length map[int]bool
}

// Apply binds the mapping to a table and begins reading. known, which may be nil, tells the area keys that exist: with it keys that lost
// a leading zero are recognised one by one. An error is a *Refusal.
func (m *Mapping) Apply(t *Table, known func(key string) bool) (*Reader, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	r := &Reader{t: t, m: m, known: known, periodCol: -1, lengths: map[int]bool{}, cols: map[int]*valueColumn{}}
	b := binder{t: t}
	r.keyCol = -1
	if m.Area.Key == "" {
		r.keyCol = b.find(m.Area.Column)
		for _, c := range m.Area.Rest {
			r.keyRest = append(r.keyRest, b.find(c))
		}
		if parts := t.Columns[r.keyCol].Parts; len(parts) > 0 {
			r.keyHead = parts[len(parts)-1]
		}
	}
	if m.Period.Column != "" {
		r.periodCol = b.find(m.Period.Column)
	}
	if m.Period.Value != "" {
		p, code := ParsePeriod(m.Period.Value, m.Period.Format)
		if code != "" {
			return nil, invalid(0, "mapping.period", "text", m.Period.Value)
		}
		r.period = p
	}
	for _, c := range m.Columns {
		col := b.find(c.Column)
		for _, x := range c.Targets {
			r.outputs = append(r.outputs, r.output(col, x))
		}
	}
	if m.Long != nil {
		r.codeCol, r.valueCol = b.find(m.Long.IndicatorColumn), b.find(m.Long.ValueColumn)
		r.codes = map[string][]output{}
		for code, x := range m.Long.Codes {
			r.codes[code] = []output{r.output(r.valueCol, x)}
		}
	}
	for _, f := range m.Filter {
		r.filters = append(r.filters, f.compile(b.find(f.Column)))
	}
	if b.err != nil {
		b.err.Others = append(b.err.Others, t.Findings...) // a header that was misread explains why a column is missing
		return nil, b.err
	}
	if err := r.checkPeriods(); err != nil {
		return nil, err
	}
	for _, f := range b.settle() {
		r.found.add(f)
	}
	r.findPairs()
	r.settleFromSample()
	rows, err := t.Rows()
	if err != nil {
		return nil, err
	}
	r.rows = rows
	return r, nil
}

func (f FilterSpec) compile(col int) filter {
	out := filter{col: col}
	if f.Equals != nil {
		out.set = map[string]bool{*f.Equals: true}
	}
	if f.In != nil {
		if out.set == nil {
			out.set = map[string]bool{}
		}
		for _, s := range f.In {
			out.set[s] = true
		}
	}
	if f.Length != nil {
		out.length = map[int]bool{}
		for _, n := range f.Length {
			out.length[n] = true
		}
	}
	return out
}

func (r *Reader) output(col int, x Target) output {
	o := output{col: col, indicator: x.Indicator, part: x.Part, counts: x.Part == PartDenominator || x.Part == PartNumerator}
	if signed := r.t.opts.Signed; signed != nil && x.Part == PartNumerator {
		o.counts = !signed(x.Indicator)
	}
	if x.Period != "" {
		o.period, _ = ParsePeriod(x.Period, "")
	}
	s := r.cols[col]
	if s == nil {
		s = &valueColumn{}
		r.cols[col] = s
		r.byCol = append(r.byCol, col)
	}
	o.state = s
	return o
}

func (r *Reader) checkPeriods() error {
	if !r.period.IsZero() || r.periodCol >= 0 {
		return nil
	}
	missing := func(list []output) error {
		for _, o := range list {
			if o.period.IsZero() {
				return refuse("period.none", "indicator", o.indicator)
			}
		}
		return nil
	}
	if err := missing(r.outputs); err != nil {
		return err
	}
	for _, k := range sortedKeys(r.codes) {
		if err := missing(r.codes[k]); err != nil {
			return err
		}
	}
	return nil
}

// findPairs notes which outputs are numerator and denominator of one figure.
func (r *Reader) findPairs() {
	for i, a := range r.outputs {
		for j, b := range r.outputs {
			if a.part == PartNumerator && b.part == PartDenominator && a.indicator == b.indicator && a.period == b.period {
				r.pairs = append(r.pairs, [2]int{i, j})
			}
		}
	}
}

// Record returns the current record.
func (r *Reader) Record() *Record { return &r.records[r.at-1] }

// Err is the refusal that ended reading, or nil.
func (r *Reader) Err() error { return r.err }

// Stats returns the counts so far.
func (r *Reader) Stats() Stats { return r.stats }

// Close releases the rows.
func (r *Reader) Close() {
	if r.rows != nil {
		r.rows.Close()
	}
}

// Findings returns all findings so far, those of the table first; it is complete after Next has returned false.
func (r *Reader) Findings() []Finding { return r.found.list }

// Questions returns the findings that a person must answer before anything may be stored.
func Questions(list []Finding) []Finding {
	var out []Finding
	for _, f := range list {
		if f.Outcome == Ask {
			out = append(out, f)
		}
	}
	return out
}

func (r *Reader) add(f Finding) {
	if f.Outcome == Ask && r.t.opts.confirmed(f.Code) {
		f.Outcome = Warn
	}
	if r.t.Format.Kind != CSV && f.Sheet == "" {
		f.Sheet = r.t.Format.Sheet
	}
	r.found.add(f)
}

// report adds a finding at the current row.
func (r *Reader) report(code string, col int, kv ...string) {
	f := found(code, kv...)
	f.Line, f.Row = r.rows.view.Line, r.rows.view.Number
	if col >= 0 && col < len(r.t.Columns) {
		f.Column = r.t.Columns[col].Letter
	}
	r.add(f)
}

// Next advances to the next record; false at the end or on an error.
func (r *Reader) Next() bool {
	for r.at >= len(r.records) {
		if r.ended {
			return false
		}
		r.records, r.at = r.records[:0], 0
		if r.err != nil || !r.rows.Next() {
			r.end()
			return false
		}
		r.stats.Rows++
		if !r.row(&r.rows.view) {
			r.records = r.records[:0]
		}
	}
	r.at++
	r.stats.Records++
	if !r.records[r.at-1].HasValue {
		r.stats.Missing++
	}
	return true
}

// end adds what only the whole file can tell.
func (r *Reader) end() {
	r.ended = true
	if r.err == nil {
		r.err = r.rows.Err()
	}
	for _, f := range r.rows.Footer() {
		r.add(f)
	}
	if r.stats.Repaired > 0 {
		r.add(found("key.padded", "count", strconv.Itoa(r.stats.Repaired), "width", strconv.Itoa(r.m.Area.KeyWidth), "text", r.padded))
	}
	if r.lostZeros() {
		low := 0
		for n := range r.lengths {
			if low == 0 || n < low {
				low = n
			}
		}
		f := found("key.mixed_lengths", "lengths", strconv.Itoa(low)+" and "+strconv.Itoa(low+1), "answer", "key_width")
		f.Column = r.t.Columns[r.keyCol].Letter
		r.add(f)
	}
	if r.skipped > 0 {
		r.add(found("long.code_unmapped", "rows", strconv.Itoa(r.skipped), "text", r.unnamed))
	}
	for _, col := range r.byCol {
		s := r.cols[col]
		add := func(f Finding) {
			f.Column = r.t.Columns[col].Letter
			r.add(f)
		}
		if s.percent != "" && s.bare != "" {
			add(found("number.percent_mixed", "percent", s.percent, "bare", s.bare, "answer", "columns"))
		}
		if s.asText > 0 {
			add(found("number.as_text", "cells", strconv.Itoa(s.asText), "text", s.firstText))
		}
		if s.percentKind {
			add(found("xlsx.percent_format"))
		}
	}
	if r.err == nil && r.stats.Rows == 0 {
		r.err = refuse("file.no_rows")
	} else if r.err == nil && r.stats.Rows > 0 && r.stats.Filtered == r.stats.Rows && r.skipped == 0 {
		r.err = refuse("filter.nothing")
	}
}

// lostZeros recognises keys of two neighbouring lengths of which none begins with zero: the register writes "01..." and "11...", a
// spreadsheet has cut the former.
func (r *Reader) lostZeros() bool {
	if len(r.lengths) != 2 || r.tooLow || r.m.Area.KeyWidth > 0 || r.known != nil {
		return false
	}
	for n := range r.lengths {
		if r.lengths[n+1] && n >= 4 {
			return true
		}
	}
	return false
}
