// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"math"
	"strconv"
)

// Convention says how the numbers of a column are written.
type Convention struct {
	// Decimal is ',' or '.'; 0 means not known, then "1.234" and "1,234" are ambiguous. The other sign groups thousands; blank, no-break
	// blank, narrow blank and apostrophe always may.
	Decimal byte
	// Signs says that the column writes "-" for exactly zero, so that "0" means less than half of the unit.
	Signs bool
}

// NumberKind says what ParseNumber found.
type NumberKind uint8

// The kinds of numbers.
const (
	NumberPlain      NumberKind = iota
	NumberPercent               // with a percent sign: "31,4 %" is 31.4
	NumberMissing               // no number but a known sign: Flag says which
	NumberText                  // not a number
	NumberAmbiguous             // "1.234" without a known convention
	NumberConflict              // written in the other convention than the column
	NumberOutOfRange            // NaN, Inf or too large for a float64
	NumberError                 // a spreadsheet error such as #DIV/0!
)

// Number is a parsed cell.
type Number struct {
	Value   float64
	Kind    NumberKind
	Flag    Flag
	Integer bool // written without decimals and exactly representable
}

// OK reports whether the cell has a meaning: a number or a known sign.
func (n Number) OK() bool { return n.Kind <= NumberMissing }

// Valued reports whether the cell carries a number.
func (n Number) Valued() bool {
	return n.Kind <= NumberPercent
}

// powers of ten that a float64 holds exactly
var pow10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// ParseNumber reads a cell under a convention. It never returns NaN or an infinity, and it never decides between decimal sign and
// grouping where the text allows both.
func ParseNumber(b []byte, c Convention) Number {
	// Most cells are a few digits, perhaps with one decimal sign of the known convention.
	if len(b) > 0 && len(b) <= 16 {
		if n, ok := parseFast(b, c); ok {
			return n
		}
	}
	return parseSlow(b, c)
}

func parseFast(b []byte, c Convention) (Number, bool) {
	neg := false
	i := 0
	if b[0] == '-' {
		neg = true
		i = 1
	}
	if i == len(b) || len(b)-i > 15 {
		return Number{}, false
	}
	var m uint64
	frac := -1
	for ; i < len(b); i++ {
		d := b[i] - '0'
		if d <= 9 {
			m = m*10 + uint64(d)
			continue
		}
		if b[i] == c.Decimal && c.Decimal != 0 && frac < 0 && i+1 < len(b) && i > 0 && b[i-1] != '-' {
			frac = len(b) - i - 1
			continue
		}
		return Number{}, false
	}
	n := Number{Value: float64(m), Integer: frac < 0}
	if frac > 0 {
		n.Value /= pow10[frac] // both exact, so the quotient is correctly rounded
	}
	if neg && m != 0 {
		n.Value = -n.Value
	}
	if m == 0 && c.Signs && len(b) == 1 {
		n.Flag = FlagRoundedZero
	}
	return n, true
}

// blank returns the length of the blank or apostrophe that b starts with, 0 if none.
func blank(b []byte) int {
	switch {
	case b[0] == ' ' || b[0] == '\t' || b[0] == '\'':
		return 1
	case len(b) > 1 && b[0] == 0xC2 && b[1] == 0xA0: // U+00A0
		return 2
	case len(b) > 2 && b[0] == 0xE2 && b[1] == 0x80 && (b[2] == 0xAF || b[2] == 0x89 || b[2] == 0x99 || b[2] == 0x87 || b[2] == 0x88):
		return 3 // U+202F narrow, U+2009 thin, U+2019 apostrophe, U+2007 figure, U+2008 punctuation blank
	}
	return 0
}

// trim removes white space, no-break blanks included.
func trim(b []byte) []byte {
	for len(b) > 0 {
		if b[0] > ' ' && b[0] < 0xC2 {
			break
		}
		if b[0] <= ' ' {
			b = b[1:]
			continue
		}
		n := blank(b)
		if n == 0 || (n == 3 && b[2] == 0x99) {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 {
		e := len(b)
		switch {
		case b[e-1] <= ' ':
			b = b[:e-1]
		case e > 1 && b[e-2] == 0xC2 && b[e-1] == 0xA0:
			b = b[:e-2]
		case e > 2 && b[e-3] == 0xE2 && b[e-2] == 0x80 && (b[e-1] == 0xAF || b[e-1] == 0x89 || b[e-1] == 0x87 || b[e-1] == 0x88):
			b = b[:e-3]
		default:
			return b
		}
	}
	return b
}

// signs are the texts that stand for a missing or special number.
var signs = map[string]Number{
	"":      {Kind: NumberMissing, Flag: FlagMissing},
	"-":     {Kind: NumberPlain, Flag: FlagZero, Integer: true},
	"–":     {Kind: NumberPlain, Flag: FlagZero, Integer: true},
	"—":     {Kind: NumberPlain, Flag: FlagZero, Integer: true},
	"−":     {Kind: NumberPlain, Flag: FlagZero, Integer: true},
	".":     {Kind: NumberMissing, Flag: FlagUnknown},
	"·":     {Kind: NumberMissing, Flag: FlagUnknown},
	"•":     {Kind: NumberMissing, Flag: FlagUnknown},
	"..":    {Kind: NumberMissing, Flag: FlagUnknown},
	"...":   {Kind: NumberMissing, Flag: FlagNotYet},
	"…":     {Kind: NumberMissing, Flag: FlagNotYet},
	"/":     {Kind: NumberMissing, Flag: FlagUnsafe},
	"()":    {Kind: NumberMissing, Flag: FlagUnsafe},
	"( )":   {Kind: NumberMissing, Flag: FlagUnsafe},
	"x":     {Kind: NumberMissing, Flag: FlagNotApplicable},
	"X":     {Kind: NumberMissing, Flag: FlagNotApplicable},
	"*":     {Kind: NumberMissing, Flag: FlagNotApplicable},
	"k.A.":  {Kind: NumberMissing, Flag: FlagUnknown},
	"k. A.": {Kind: NumberMissing, Flag: FlagUnknown},
	"k.a.":  {Kind: NumberMissing, Flag: FlagUnknown},
	"k. a.": {Kind: NumberMissing, Flag: FlagUnknown},
	"kA":    {Kind: NumberMissing, Flag: FlagUnknown},
	"n.v.":  {Kind: NumberMissing, Flag: FlagUnknown},
	"NA":    {Kind: NumberMissing, Flag: FlagUnknown},
	"N/A":   {Kind: NumberMissing, Flag: FlagUnknown},
	"n/a":   {Kind: NumberMissing, Flag: FlagUnknown},
	"#NV":   {Kind: NumberMissing, Flag: FlagUnknown},
	"#N/A":  {Kind: NumberMissing, Flag: FlagUnknown},
	"NULL":  {Kind: NumberMissing, Flag: FlagMissing},
	"null":  {Kind: NumberMissing, Flag: FlagMissing},

	"#DIV/0!": {Kind: NumberError, Flag: FlagNotApplicable},
	"#WERT!":  {Kind: NumberError, Flag: FlagUnknown},
	"#VALUE!": {Kind: NumberError, Flag: FlagUnknown},
	"#BEZUG!": {Kind: NumberError, Flag: FlagUnknown},
	"#REF!":   {Kind: NumberError, Flag: FlagUnknown},
	"#NAME?":  {Kind: NumberError, Flag: FlagUnknown},
	"#ZAHL!":  {Kind: NumberError, Flag: FlagUnknown},
	"#NUM!":   {Kind: NumberError, Flag: FlagUnknown},
	"#NULL!":  {Kind: NumberError, Flag: FlagUnknown},

	"NaN": {Kind: NumberOutOfRange}, "nan": {Kind: NumberOutOfRange}, "NAN": {Kind: NumberOutOfRange},
	"Inf": {Kind: NumberOutOfRange}, "inf": {Kind: NumberOutOfRange}, "-Inf": {Kind: NumberOutOfRange}, "-inf": {Kind: NumberOutOfRange},
	"Infinity": {Kind: NumberOutOfRange}, "-Infinity": {Kind: NumberOutOfRange}, "∞": {Kind: NumberOutOfRange}, "+Inf": {Kind: NumberOutOfRange},
}

func parseSlow(b []byte, c Convention) Number {
	core, neg, flag, kind, known := strip(b)
	if core == nil {
		return known
	}
	n := parseUnsigned(core, c)
	if n.Kind != NumberPlain {
		return n
	}
	if neg && n.Value != 0 {
		n.Value = -n.Value
	}
	n.Kind = kind
	if flag != FlagValue {
		n.Flag = flag
	} else if c.Signs && n.Integer && n.Value == 0 {
		n.Flag = FlagRoundedZero
	}
	return n
}

// strip takes the sign, brackets, percent sign and trailing letter off a number. When the text is one of the signs of the legend, core is
// nil and known holds its meaning.
func strip(b []byte) (core []byte, neg bool, flag Flag, kind NumberKind, known Number) {
	b = trim(b)
	if len(b) <= 9 {
		if n, ok := signs[string(b)]; ok {
			return nil, false, 0, 0, n
		}
	}
	if b[0] == '(' && b[len(b)-1] == ')' { // limited statistical value, not an accountant's minus
		flag = FlagUnsafe
		b = trim(b[1 : len(b)-1])
	}
	if len(b) > 1 {
		switch b[len(b)-1] {
		case 'r':
			flag, b = FlagCorrected, trim(b[:len(b)-1])
		case 'p':
			flag, b = FlagProvisional, trim(b[:len(b)-1])
		case 's':
			flag, b = FlagEstimated, trim(b[:len(b)-1])
		case '%':
			kind, b = NumberPercent, trim(b[:len(b)-1])
		}
	}
	switch {
	case len(b) == 0:
		return nil, false, 0, 0, Number{Kind: NumberText}
	case b[0] == '-':
		neg, b = true, trim(b[1:])
	case b[0] == '+':
		b = trim(b[1:])
	case bytes.HasPrefix(b, []byte("−")) || bytes.HasPrefix(b, []byte("–")):
		neg, b = true, trim(b[3:])
	case b[len(b)-1] == '-': // trailing minus of commercial software
		neg, b = true, trim(b[:len(b)-1])
	}
	if len(b) == 0 {
		return nil, false, 0, 0, Number{Kind: NumberText}
	}
	return b, neg, flag, kind, Number{}
}

// evidence collects what the cells of a column say about its decimal sign.
type evidence struct {
	comma, point, ambiguous int
	sample                  string // first ambiguous text
	dash                    bool   // "-" stands for zero
}

func (e *evidence) add(b []byte) {
	core, _, _, _, known := strip(b)
	if core == nil {
		e.dash = e.dash || known.Flag == FlagZero
		return
	}
	if allDigits(core) {
		return
	}
	f := formOf(core)
	switch {
	case f.bad:
	case f.ambiguous != 0:
		e.ambiguous++
		if e.sample == "" {
			e.sample = clip(string(b))
		}
	case f.decimal == ',':
		e.comma++
	case f.decimal == '.':
		e.point++
	}
}

// decimal is the sign that the evidence proves, 0 if it proves none.
func (e *evidence) decimal() byte {
	switch {
	case e.comma == 0 && e.point == 0:
		return 0
	case e.comma >= e.point:
		return ','
	}
	return '.'
}

// parseUnsigned reads digits, separators and an exponent.
func parseUnsigned(b []byte, c Convention) Number {
	if len(b) == 0 || len(b) > 400 {
		return Number{Kind: NumberText}
	}
	mant, exp := b, []byte(nil)
	if i := bytes.IndexAny(b, "eE"); i > 0 {
		mant, exp = b[:i], b[i+1:]
		e := exp
		if len(e) > 0 && (e[0] == '+' || e[0] == '-') {
			e = e[1:]
		}
		if len(e) == 0 || len(e) > 6 || !allDigits(e) {
			return Number{Kind: NumberText}
		}
	}
	f := formOf(mant)
	if f.bad {
		return Number{Kind: NumberText}
	}
	dec := f.decimal
	switch {
	case f.ambiguous != 0 && exp != nil:
		dec = f.ambiguous // an exponent never follows a thousands group
		if c.Decimal != 0 && dec != c.Decimal {
			return Number{Kind: NumberConflict}
		}
	case f.ambiguous != 0 && c.Decimal == 0:
		return Number{Kind: NumberAmbiguous}
	case f.ambiguous != 0:
		if f.ambiguous == c.Decimal {
			dec = c.Decimal
		}
	case dec != 0 && c.Decimal != 0 && dec != c.Decimal:
		return Number{Kind: NumberConflict}
	}
	var store [420]byte
	out := store[:0]
	whole := true
	for _, x := range mant {
		switch {
		case x >= '0' && x <= '9':
			out = append(out, x)
		case x == dec && dec != 0 && (x == ',' || x == '.'):
			if f.decimalUsed(dec) {
				out = append(out, '.')
				whole = false
			}
		}
	}
	if exp != nil {
		out = append(append(out, 'e'), exp...)
	}
	v, err := strconv.ParseFloat(string(out), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return Number{Kind: NumberOutOfRange}
	}
	return Number{Value: v, Integer: whole && exp == nil && math.Abs(v) <= 1<<53}
}

// form says what the separators of a number tell.
type form struct {
	bad       bool
	decimal   byte // the decimal sign the text proves, also when it only shows that the other sign groups; 0 if it has no separator
	ambiguous byte // the sign that may be either; 0 if none
	uses      byte // the sign that stands as decimal sign in this text, 0 if none
}

func (f form) decimalUsed(dec byte) bool { return f.uses == dec || f.ambiguous == dec }

// formOf examines digits, '.', ',' and blanks; anything else makes it bad.
func formOf(b []byte) form {
	points, commas, blanks := 0, 0, 0
	last, lastAt, digits := byte(0), 0, 0
	for i := 0; i < len(b); {
		x := b[i]
		switch {
		case x >= '0' && x <= '9':
			digits++
		case x == '.':
			points++
			last, lastAt = x, i
		case x == ',':
			commas++
			last, lastAt = x, i
		default:
			n := blank(b[i:])
			if n == 0 || x == '\t' {
				return form{bad: true}
			}
			blanks++
			i += n
			continue
		}
		i++
	}
	if digits == 0 {
		return form{bad: true}
	}
	if points == 0 && commas == 0 {
		return form{bad: blanks > 0 && !groups(b, 0)}
	}
	other := byte('.' + ',' - last)
	count := points
	if last == ',' {
		count = commas
	}
	switch {
	case points > 0 && commas > 0:
		if count != 1 || !digitsOnly(b[lastAt+1:]) || !groups(b[:lastAt], other) {
			return form{bad: true}
		}
		return form{decimal: last, uses: last}
	case count > 1:
		if blanks > 0 || !groups(b, last) {
			return form{bad: true}
		}
		return form{decimal: other}
	}
	head, tail := b[:lastAt], b[lastAt+1:]
	if !digitsOnly(tail) || (len(head) == 0 && len(tail) == 0) {
		return form{bad: true}
	}
	if blanks > 0 {
		return form{bad: !groups(head, 0), decimal: last, uses: last}
	}
	if len(tail) == 3 && len(head) >= 1 && len(head) <= 3 && head[0] != '0' {
		return form{ambiguous: last}
	}
	return form{decimal: last, uses: last}
}

// groups reports whether b is 1 to 3 digits followed by groups of three, parted by sep, or by one kind of blank if sep is 0.
func groups(b []byte, sep byte) bool {
	run, first := 0, true
	for i := 0; i <= len(b); {
		if i < len(b) && b[i] >= '0' && b[i] <= '9' {
			run++
			i++
			continue
		}
		if (first && (run < 1 || run > 3)) || (!first && run != 3) {
			return false
		}
		if i == len(b) {
			return true
		}
		n := blank(b[i:])
		if sep != 0 {
			n = 0
			if b[i] == sep {
				n = 1
			}
		}
		if n == 0 {
			return false
		}
		i += n
		run, first = 0, false
	}
	return true
}

func digitsOnly(b []byte) bool {
	return len(b) == 0 || allDigits(b)
}

func allDigits(b []byte) bool {
	for _, x := range b {
		if x < '0' || x > '9' {
			return false
		}
	}
	return len(b) > 0
}

// DestroyedKey reports whether a spreadsheet turned a key into scientific notation ("5,33E+09"); its digits cannot be restored.
func DestroyedKey(b []byte) bool {
	b = trim(b)
	i := bytes.IndexAny(b, "eE")
	if i < 1 || i+1 >= len(b) || (b[i+1] != '+' && b[i+1] != '-') || !allDigits(b[i+2:]) {
		return false
	}
	f := formOf(b[:i])
	return !f.bad
}
