// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

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
		r.records = append(r.records, Record{
			Line: v.Line, Row: v.Number, Column: o.col, Area: key, Repaired: repaired, Indicator: o.indicator, Part: o.part,
			Period: p, Value: n.Value, HasValue: n.Valued(), Integer: n.Integer, Percent: n.Kind == NumberPercent, Flag: n.Flag,
		})
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
	if len(r.keyRest) > 0 {
		c, b = r.join(v, c)
	}
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
		case len(r.keyHead) > 0 && string(b) == r.keyHead:
			r.report("layout.header_again", r.keyCol)
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
	if s, hit := r.keys.find(b); hit {
		return s, repaired, true
	}
	s := string(b)
	if w == 0 && digits && r.known != nil && !r.known(s) {
		for _, z := range []string{"0", "00", "000"} {
			if r.known(z + s) {
				r.report("key.lost_zero", r.keyCol, "text", s, "proposal", z+s, "answer", "key_width")
				if !r.t.opts.confirmed("key.lost_zero") {
					return "", false, false
				}
				r.keys.add(s, z+s)
				return z + s, false, true
			}
		}
	}
	r.keys.add(s, s)
	return s, repaired, true
}

// join puts a key together that stands in several cells. Rows of the levels above have only the first of them.
func (r *Reader) join(v *RowView, first Cell) (Cell, []byte) {
	r.joined = append(r.joined[:0], trim(first.Text)...)
	for _, col := range r.keyRest {
		c := v.Cell(col)
		if c.Kind == CellError || c.Kind == CellFormula {
			return c, trim(c.Text)
		}
		r.joined = append(r.joined, trim(c.Text)...)
	}
	if first.Kind == CellNumber {
		first.Kind = CellText
	}
	return first, r.joined
}

// keyRing keeps the area keys that were seen, so that a key is one string however often it comes. Tables list the areas in the same order
// for every period; the key that followed last time is tried before the map.
type keyRing struct {
	index map[string]int
	keys  []string
	at    int
}

func (k *keyRing) find(b []byte) (string, bool) {
	for range 2 { // the same area again, or the one behind it
		if k.at < len(k.keys) && k.keys[k.at] == string(b) {
			return k.keys[k.at], true
		}
		if k.at++; k.at >= len(k.keys) {
			k.at = 0
		}
	}
	i, ok := k.index[string(b)]
	if !ok {
		return "", false
	}
	k.at = i
	return k.keys[i], true
}

// add keeps a key and how the file writes it.
func (k *keyRing) add(written, key string) {
	if len(k.keys) >= 200_000 {
		return
	}
	if k.index == nil {
		k.index = map[string]int{}
	}
	k.at = len(k.keys)
	k.index[written] = k.at
	k.keys = append(k.keys, key)
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
		if proposal == "" || !r.t.opts.confirmed(code) {
			return Period{}, false
		}
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
			if !r.t.opts.confirmed("number.sentinel") {
				return n, false
			}
		}
		if o.counts {
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
