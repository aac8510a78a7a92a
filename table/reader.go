// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
	intern  map[string]string
	keyBuf  []byte
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
	period    Period
	state     *valueColumn
}

// valueColumn is what is known about the numbers of a column.
type valueColumn struct {
	col         int
	conv        Convention
	settled     bool // the convention is given or proved; else it is looked up when a separator turns up
	ambiguous   bool
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
	r := &Reader{t: t, m: m, known: known, periodCol: -1, intern: map[string]string{}, lengths: map[int]bool{}, cols: map[int]*valueColumn{}}
	b := binder{t: t, used: map[int]bool{}}
	r.keyCol = -1
	if m.Area.Key == "" {
		r.keyCol = b.find(m.Area.Column)
	}
	if m.Period.Column != "" {
		r.periodCol = b.find(m.Period.Column)
	}
	if m.Period.Value != "" {
		p, code := ParsePeriod(m.Period.Value, m.Period.Format)
		if code != "" {
			return nil, &Refusal{Finding: found("mapping.invalid", "reason", found(code, "text", m.Period.Value).String())}
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
		return nil, b.err
	}
	if err := r.checkPeriods(); err != nil {
		return nil, err
	}
	for _, f := range b.settle() {
		r.found.add(f)
	}
	r.findPairs()
	if err := r.settleFromSample(); err != nil {
		return nil, err
	}
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
	o := output{col: col, indicator: x.Indicator, part: x.Part}
	if x.Period != "" {
		o.period, _ = ParsePeriod(x.Period, "")
	}
	s := r.cols[col]
	if s == nil {
		s = &valueColumn{col: col}
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

// binder finds columns by header or letter.
type binder struct {
	t       *Table
	used    map[int]bool
	letters int
	names   int
	asks    []Finding
	err     error
}

func (b *binder) find(name string) int {
	want := label(name)
	hit, hits := -1, 0
	for _, same := range []func(string, string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, c := range b.t.Columns {
			if c.Name != "" && same(c.Name, want) {
				if hits++; hit < 0 {
					hit = c.Index
				}
			}
		}
		if hits > 0 {
			break
		}
	}
	switch {
	case hits == 1:
		b.names++
	case hits > 1:
		b.asks = append(b.asks, found("column.ambiguous", "name", name, "answer", "columns"))
	default:
		hit = letterIndex(want)
		if hit < 0 || hit >= len(b.t.Columns) {
			if b.err == nil {
				b.err = refuse("column.missing", "name", name, "columns", b.t.columnNames())
			}
			return 0
		}
		b.letters++
	}
	b.used[hit] = true
	return hit
}

func (t *Table) columnNames() string {
	var s []string
	for _, c := range t.Columns {
		n := c.Name
		if n == "" {
			n = c.Letter
		}
		s = append(s, n)
	}
	return strings.Join(s, ", ")
}

// settle takes over the findings of the table. A mapping that names its columns by their headers confirms the layout, and a doubled name
// matters only where it is used.
func (b *binder) settle() []Finding {
	out := append([]Finding(nil), b.asks...)
	confirmed := b.names > 0 && b.letters == 0 && len(b.asks) == 0
	for _, f := range b.t.Findings {
		switch f.Code {
		case "layout.title_lines", "layout.header_rows", "sheet.merged_header":
			if f.Outcome == Ask && confirmed {
				f.Outcome = Accept
			}
		case "column.duplicate":
			if f.Outcome == Ask && len(b.asks) == 0 {
				f.Outcome = Warn
			}
		}
		out = append(out, f)
	}
	return out
}

// settleFromSample learns the decimal signs from the first rows; columns where nothing is proved yet stay open.
func (r *Reader) settleFromSample() error {
	if d := r.m.Table.Decimal; d != "" {
		for _, s := range r.cols {
			s.conv.Decimal, s.settled = d[0], true
		}
	}
	for _, col := range r.byCol {
		s := r.cols[col]
		var e evidence
		for _, row := range r.t.sample[min(r.t.layout.first, len(r.t.sample)):] {
			if col < len(row.cells) && row.cells[col].kind == CellText {
				e.add([]byte(row.cells[col].text))
			}
		}
		s.conv.Signs = e.dash
		if d := e.decimal(); d != 0 && !s.settled {
			s.conv.Decimal, s.settled = d, true
		}
	}
	return nil
}

// settleFromAll reads the whole table once for the columns that the sample left open; only files that need it pay for it.
func (r *Reader) settleFromAll() {
	rows, err := r.t.Rows()
	if err != nil {
		r.err = err
		return
	}
	defer rows.Close()
	seen := map[int]*evidence{}
	for rows.Next() {
		for col, s := range r.cols {
			if c := rows.Row().Cell(col); !s.settled && c.Kind == CellText && len(c.Text) > 0 {
				if seen[col] == nil {
					seen[col] = &evidence{}
				}
				seen[col].add(c.Text)
			}
		}
	}
	proposal := byte(0)
	for _, s := range r.cols {
		if s.settled {
			proposal = s.conv.Decimal
		}
	}
	for _, col := range r.byCol {
		s, e := r.cols[col], seen[col]
		if s.settled {
			continue
		}
		s.settled = true
		if e == nil {
			continue
		}
		s.conv.Decimal = e.decimal()
		s.conv.Signs = s.conv.Signs || e.dash
		if s.conv.Decimal == 0 && e.ambiguous > 0 {
			s.ambiguous = true
			if proposal == 0 {
				proposal = ','
			}
			f := found("number.ambiguous", "text", e.sample, "decimal", string(proposal), "answer", "decimal")
			f.Column = r.t.Columns[col].Letter
			r.add(f)
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

var totalWord = regexp.MustCompile(`(?i)^(?:\S{0,30}\s)?(?:ins\.?gesamt|gesamt|summe|zusammen|total|gesamtstadt|gesamtergebnis|alle)(?:\s\S{0,30})?$`)

func (r *Reader) row(v *RowView) bool {
	if v.Fault != "" {
		return r.fault(v)
	}
	for i := range r.filters {
		f := &r.filters[i]
		b := trim(v.Cell(f.col).Text)
		if f.set != nil && !f.set[string(b)] || f.length != nil && !f.length[utf8.RuneCount(b)] {
			r.stats.Filtered++
			return false
		}
	}
	outs := r.outputs
	if r.codes != nil {
		b := trim(v.Cell(r.codeCol).Text)
		var ok bool
		if outs, ok = r.codes[string(b)]; !ok {
			if r.skipped == 0 {
				r.unnamed = clip(string(b))
			}
			r.skipped++
			r.stats.Filtered++
			return false
		}
	}
	key, repaired, ok := r.m.Area.Key, false, true
	if r.keyCol >= 0 {
		key, repaired, ok = r.key(v)
	}
	if !ok {
		r.stats.Refused++
		return false
	}
	period := r.period
	if r.periodCol >= 0 {
		if period, ok = r.readPeriod(v); !ok {
			r.stats.Refused++
			return false
		}
	}
	for i := range outs {
		o := &outs[i]
		n, ok := r.value(v.Cell(o.col), o)
		if !ok {
			r.stats.Refused++
			return false
		}
		p := period
		if !o.period.IsZero() {
			p = o.period
		}
		r.records = append(r.records, Record{Line: v.Line, Row: v.Number, Column: o.col, Area: key, Repaired: repaired, Indicator: o.indicator, Part: o.part,
			Period: p, Value: n.Value, HasValue: n.Valued(), Integer: n.Integer, Percent: n.Kind == NumberPercent, Flag: n.Flag})
	}
	if repaired {
		r.stats.Repaired++
	}
	for _, p := range r.pairs {
		a, b := &r.records[p[0]], &r.records[p[1]]
		if a.HasValue && b.HasValue && a.Value > b.Value {
			r.report("number.part_above_whole", a.Column, "numerator", format(a.Value), "denominator", format(b.Value), "indicator", a.Indicator)
		}
	}
	return true
}

func format(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (r *Reader) fault(v *RowView) bool {
	kv := []string{"fields", strconv.Itoa(v.fields), "columns", strconv.Itoa(len(r.t.Columns)), "encoding", r.t.Format.Encoding}
	if v.Fault == "csv.delimiter_changes" {
		kv = append(kv, "delimiter", delimiterName(rune(r.rows.otherDelimiter(v.cells))))
	}
	r.stats.Refused++
	r.report(v.Fault, -1, kv...)
	return false
}

// key reads the area key of a row.
func (r *Reader) key(v *RowView) (key string, repaired, ok bool) {
	c := v.Cell(r.keyCol)
	b := trim(c.Text)
	if len(b) == 0 {
		for i := range v.cells {
			if t := trim(v.cells[i].Text); len(t) > 3 && len(t) < 60 && totalWord.Match(t) {
				r.report("key.total", i, "text", string(t), "answer", "filter")
				return "", false, false
			}
		}
		r.report("key.empty", r.keyCol)
		return "", false, false
	}
	digits := allDigits(b)
	if !digits {
		switch {
		case c.Kind == CellNumber || DestroyedKey(b):
			r.report("key.destroyed", r.keyCol, "text", string(b))
			return "", false, false
		case c.Kind == CellError || c.Kind == CellFormula:
			r.cellFault(c, r.keyCol)
			return "", false, false
		case len(b) > 3 && len(b) < 60 && b[0] > '9' && totalWord.Match(b):
			r.report("key.total", r.keyCol, "text", string(b), "answer", "filter")
			return "", false, false
		case !ascii(b):
			b = norm.NFC.Bytes(b)
		}
	}
	w := r.m.Area.KeyWidth
	switch {
	case w > 0 && len(b) > w && digits:
		r.report("key.too_long", r.keyCol, "text", string(b), "width", strconv.Itoa(w))
		return "", false, false
	case w > 0 && len(b) < w && digits:
		if r.padded == "" {
			r.padded = string(b)
		}
		r.keyBuf = r.keyBuf[:0]
		for range w - len(b) {
			r.keyBuf = append(r.keyBuf, '0')
		}
		b, repaired = append(r.keyBuf, b...), true
		r.keyBuf = b
	case w == 0 && digits && r.known == nil:
		if len(r.lengths) < 8 {
			r.lengths[len(b)] = true
		}
		r.tooLow = r.tooLow || b[0] == '0'
	}
	if s, hit := r.intern[string(b)]; hit {
		return s, repaired, true
	}
	s := string(b)
	if w == 0 && digits && r.known != nil && !r.known(s) {
		for _, z := range []string{"0", "00", "000"} {
			if r.known(z + s) {
				r.report("key.lost_zero", r.keyCol, "text", s, "proposal", z+s, "answer", "key_width")
				return "", false, false
			}
		}
	}
	if len(r.intern) < 200_000 {
		r.intern[s] = s
	}
	return s, repaired, true
}

func ascii(b []byte) bool {
	for _, x := range b {
		if x >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (r *Reader) readPeriod(v *RowView) (Period, bool) {
	c := v.Cell(r.periodCol)
	if !r.lastPer.IsZero() && bytes.Equal(c.Text, r.lastP) {
		return r.lastPer, true
	}
	if c.Kind == CellError || c.Kind == CellFormula || c.Kind == CellBadDate {
		r.cellFault(c, r.periodCol)
		return Period{}, false
	}
	format := r.m.Period.Format
	if c.Kind == CellDate {
		format = ""
	}
	p, code := ParsePeriod(string(c.Text), format)
	if code == "" && p.Kind == PeriodReferenceDay {
		code = "period.no_year"
	}
	if code != "" {
		proposal := ""
		if !p.IsZero() {
			proposal = p.String()
		}
		r.report(code, r.periodCol, "text", string(trim(c.Text)), "proposal", proposal, "answer", "period.format")
		return Period{}, false
	}
	r.lastP = append(r.lastP[:0], c.Text...)
	r.lastPer = p
	return p, true
}

func (r *Reader) cellFault(c Cell, col int) {
	switch c.Kind {
	case CellFormula:
		r.report("xlsx.formula_no_value", col)
	case CellBadDate:
		r.report("xlsx.bad_date", col, "serial", string(c.Text))
	default:
		r.report("xlsx.error_value", col, "error", string(c.Text))
	}
}

// sentinel reports numbers that statistical programs write for a missing value.
func sentinel(v float64) bool { return v == -9999 || v == -99999 || v == -999 || v == -999999 }

// value reads one figure.
func (r *Reader) value(c Cell, o *output) (Number, bool) {
	s := o.state
	if len(r.m.Special) > 0 {
		if f, ok := r.m.Special[string(trim(c.Text))]; ok {
			return r.special(c, f, s), true
		}
	}
	var n Number
	switch c.Kind {
	case CellText:
		n = ParseNumber(c.Text, s.conv)
		if !s.settled && n.Kind != NumberMissing && n.Kind != NumberText && separated(c.Text) {
			r.settleFromAll()
			n = ParseNumber(c.Text, s.conv)
		}
		if r.t.Format.Kind != CSV && n.Valued() && n.Flag != FlagZero {
			if s.asText == 0 {
				s.firstText = clip(string(c.Text))
			}
			s.asText++
		}
	case CellNumber, CellPercent:
		n = Number{Value: c.Number, Integer: c.Number == math.Trunc(c.Number) && math.Abs(c.Number) <= 1<<53}
		if c.Kind == CellPercent {
			n.Kind, s.percentKind = NumberPercent, true
		}
	case CellError, CellFormula, CellBadDate:
		if n = ParseNumber(c.Text, s.conv); c.Kind == CellError && n.Kind == NumberMissing {
			return n, true // #N/A is how spreadsheets say "not available"
		}
		r.cellFault(c, o.col)
		return n, false
	default:
		n = Number{Kind: NumberText}
	}
	if n.Kind == NumberPercent && s.percent == "" {
		s.percent = clip(string(trim(c.Text)))
	} else if s.bare == "" && n.Kind == NumberPlain && n.Value != 0 {
		s.bare = clip(string(trim(c.Text)))
	}
	switch {
	case n.Kind == NumberMissing:
		return n, true
	case n.OK() && n.Value < 0:
		if sentinel(n.Value) {
			r.report("number.sentinel", o.col, "text", string(trim(c.Text)), "answer", "special")
			return n, false
		}
		if o.part == PartNumerator || o.part == PartDenominator {
			r.report("number.negative", o.col, "text", string(trim(c.Text)), "part", string(o.part))
			return n, false
		}
		return n, true
	case n.OK():
		return n, true
	}
	return r.refuseNumber(c, n, o)
}

func separated(b []byte) bool { return bytes.IndexByte(b, '.') >= 0 || bytes.IndexByte(b, ',') >= 0 }

// special gives a cell the meaning that the mapping names. Flags that stand beside a number keep it where there is one.
func (r *Reader) special(c Cell, f Flag, s *valueColumn) Number {
	switch f {
	case FlagZero, FlagRoundedZero:
		return Number{Flag: f, Integer: true}
	case FlagSuppressed, FlagUnknown, FlagNotYet, FlagNotApplicable, FlagMissing:
		return Number{Kind: NumberMissing, Flag: f}
	}
	n := Number{Value: c.Number}
	if c.Kind == CellText {
		n = ParseNumber(c.Text, s.conv)
	}
	if !n.Valued() {
		return Number{Kind: NumberMissing, Flag: f}
	}
	n.Flag = f
	return n
}

func (r *Reader) refuseNumber(c Cell, n Number, o *output) (Number, bool) {
	t := string(trim(c.Text))
	switch n.Kind {
	case NumberError:
		r.report("number.error", o.col, "text", t)
		return Number{Kind: NumberMissing, Flag: n.Flag}, true
	case NumberAmbiguous:
		// asked once for the column
	case NumberConflict:
		r.report("number.conflict", o.col, "text", t, "decimal", string(rune(o.state.conv.Decimal)))
	case NumberOutOfRange:
		r.report("number.out_of_range", o.col, "text", t)
	default:
		r.report("number.text", o.col, "text", t)
	}
	return n, false
}
