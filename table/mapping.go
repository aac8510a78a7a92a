// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"regexp"
	"sort"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Part says which part of an indicator a column holds.
type Part string

// The parts. Change is the change over the method's lag in percentage points on one definition, high meaning worse, as some offices
// deliver it.
const (
	PartValue       Part = "value"
	PartNumerator   Part = "numerator"
	PartDenominator Part = "denominator"
	PartChange      Part = "change"
)

// Words of the key disclosure.
const (
	ClearedBySource = "cleared_by_source" // the office has already made the figures safe to publish
	Unchecked       = "unchecked"
)

// Mapping says what the columns of a table mean. It is kept as a YAML file and remembered per source.
type Mapping struct {
	Table      TableSpec
	Area       AreaSpec
	Period     PeriodSpec
	Columns    []ColumnSpec // in the order of the file
	Long       *LongSpec
	Filter     []FilterSpec
	LastRow    int
	Footer     string          // regular expression
	Special    map[string]Flag // text of a cell → what it means
	Disclosure string
}

// TableSpec says how the table lies in the file; zero values mean "auto".
type TableSpec struct {
	Sheet      string
	HeaderRows int
	FirstRow   int
	Encoding   string
	Delimiter  string
	Decimal    string
}

// AreaSpec says which areas the rows are about.
type AreaSpec struct {
	Level    string
	Edition  string
	Column   string
	Key      string // instead of Column: the one area that the whole table is about, as in time series of a city
	KeyWidth int    // keys of digits are padded with leading zeros to this width
}

// PeriodSpec is a fixed period or the column that holds it.
type PeriodSpec struct {
	Value  string
	Column string
	Format string
}

// Target is the part of an indicator that a cell feeds.
type Target struct {
	Indicator string
	Part      Part
	Period    string // overrides the period of the table
}

// ColumnSpec names a column, by letter or header, and what it feeds.
type ColumnSpec struct {
	Column  string
	Targets []Target
}

// LongSpec describes a table with one figure per row: a column of codes and a column of values.
type LongSpec struct {
	IndicatorColumn string
	ValueColumn     string
	Codes           map[string]Target
}

// FilterSpec keeps the rows whose cell fits.
type FilterSpec struct {
	Column string
	Equals *string
	In     []string
	Length []int
}

// Options gives the options by which the file must be opened for this mapping.
func (m *Mapping) Options() (Options, error) {
	o := Options{Sheet: m.Table.Sheet, HeaderRows: m.Table.HeaderRows, FirstRow: m.Table.FirstRow, LastRow: m.LastRow, Encoding: m.Table.Encoding}
	if m.Table.Delimiter != "" {
		d, ok := parseDelimiter(m.Table.Delimiter)
		if !ok {
			return o, invalid(0, "delimiter must be one of ; , | tab, not "+m.Table.Delimiter)
		}
		o.Delimiter = d
	}
	if m.Footer != "" {
		re, err := regexp.Compile(m.Footer)
		if err != nil {
			return o, invalid(0, "footer is not a regular expression: "+err.Error())
		}
		o.Footer = re
	}
	return o, nil
}

func parseDelimiter(s string) (rune, bool) {
	switch s {
	case "tab", "\\t", "\t":
		return '\t', true
	case ";", ",", "|":
		return rune(s[0]), true
	}
	return 0, false
}

func invalid(line int, reason string) error {
	r := refuse("mapping.invalid")
	r.Finding.Params = map[string]string{"reason": reason}
	r.Finding.Line = line
	return r
}

const maxMapping = 1 << 20

// ParseMapping reads a mapping from YAML. An unknown or doubled key, or a value of the wrong sort, is an error with its line.
func ParseMapping(text []byte) (m *Mapping, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, invalid(0, "the YAML cannot be read")
		}
	}()
	if len(text) > maxMapping {
		return nil, invalid(0, "it is larger than 1 MB")
	}
	if !utf8.Valid(text) {
		return nil, invalid(0, "it is not UTF-8")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, invalid(0, err.Error())
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, invalid(1, "it is empty")
	}
	m = &Mapping{}
	if err := m.decode(doc.Content[0]); err != nil {
		return nil, err
	}
	return m, m.check()
}

type decoders map[string]func(*yaml.Node) error

func (d decoders) keys() string {
	var names []string
	for k := range d {
		names = append(names, k)
	}
	sort.Strings(names)
	return joinWords(names)
}

func joinWords(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s
}

// each walks a YAML mapping strictly.
func each(n *yaml.Node, where string, f func(key *yaml.Node, value *yaml.Node) error) error {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		return invalid(n.Line, where+" must be a block of keys")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := resolve(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			return invalid(k.Line, "a key of "+where+" is no word")
		}
		if seen[k.Value] {
			return invalid(k.Line, "the key \""+clip(k.Value)+"\" stands twice in "+where)
		}
		seen[k.Value] = true
		if err := f(k, resolve(n.Content[i+1])); err != nil {
			return err
		}
	}
	return nil
}

func resolve(n *yaml.Node) *yaml.Node {
	for i := 0; n.Kind == yaml.AliasNode && n.Alias != nil && i < 10; i++ {
		n = n.Alias
	}
	return n
}

func fields(n *yaml.Node, where string, d decoders) error {
	return each(n, where, func(k, v *yaml.Node) error {
		f, ok := d[k.Value]
		if !ok {
			return invalid(k.Line, "unknown key \""+clip(k.Value)+"\" in "+where+"; known are "+d.keys())
		}
		return f(v)
	})
}

func text(p *string, auto bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode {
			return invalid(n.Line, "a word is expected here")
		}
		if auto && n.Value == "auto" || n.Tag == "!!null" {
			return nil
		}
		*p = n.Value
		return nil
	}
}

func number(p *int, auto bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if auto && n.Value == "auto" {
			return nil
		}
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < 1 {
			return invalid(n.Line, "a whole number from 1 is expected, not \""+clip(n.Value)+"\"")
		}
		*p = v
		return nil
	}
}

func sequence(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (m *Mapping) decode(n *yaml.Node) error {
	return fields(n, "the mapping", decoders{
		"table": func(n *yaml.Node) error {
			t := &m.Table
			return fields(n, "table", decoders{"sheet": text(&t.Sheet, true), "header_rows": number(&t.HeaderRows, true), "first_row": number(&t.FirstRow, true),
				"encoding": text(&t.Encoding, true), "delimiter": text(&t.Delimiter, true), "decimal": text(&t.Decimal, true)})
		},
		"area": func(n *yaml.Node) error {
			a := &m.Area
			return fields(n, "area", decoders{"level": text(&a.Level, false), "edition": text(&a.Edition, false), "column": text(&a.Column, false),
				"key": text(&a.Key, false), "key_width": number(&a.KeyWidth, false)})
		},
		"period": func(n *yaml.Node) error {
			if n.Kind == yaml.ScalarNode {
				return text(&m.Period.Value, false)(n)
			}
			p := &m.Period
			return fields(n, "period", decoders{"value": text(&p.Value, false), "column": text(&p.Column, false), "format": text(&p.Format, false)})
		},
		"columns": m.decodeColumns,
		"long": func(n *yaml.Node) error {
			m.Long = &LongSpec{}
			l := m.Long
			return fields(n, "long", decoders{"indicator_column": text(&l.IndicatorColumn, false), "value_column": text(&l.ValueColumn, false),
				"codes": func(n *yaml.Node) error {
					l.Codes = map[string]Target{}
					return each(n, "codes", func(k, v *yaml.Node) error {
						t, err := decodeTarget(v, "code "+k.Value)
						l.Codes[k.Value] = t
						return err
					})
				}})
		},
		"filter": m.decodeFilter,
		"last_row": func(n *yaml.Node) error {
			return number(&m.LastRow, false)(n)
		},
		"footer": text(&m.Footer, false),
		"special": func(n *yaml.Node) error {
			m.Special = map[string]Flag{}
			return each(n, "special", func(k, v *yaml.Node) error {
				f, ok := ParseFlag(v.Value)
				if !ok || v.Kind != yaml.ScalarNode {
					return invalid(v.Line, "unknown flag \""+clip(v.Value)+"\"; known are "+joinWords(flagNames[:]))
				}
				m.Special[k.Value] = f
				return nil
			})
		},
		"disclosure": func(n *yaml.Node) error {
			if n.Value != ClearedBySource && n.Value != Unchecked {
				return invalid(n.Line, "disclosure must be "+ClearedBySource+" or "+Unchecked)
			}
			m.Disclosure = n.Value
			return nil
		},
	})
}

func (m *Mapping) decodeColumns(n *yaml.Node) error {
	return each(n, "columns", func(k, v *yaml.Node) error {
		c := ColumnSpec{Column: k.Value}
		for _, x := range sequence(v) { // a list lets one column feed several indicators, as a common denominator does
			t, err := decodeTarget(resolve(x), "column "+clip(k.Value))
			if err != nil {
				return err
			}
			c.Targets = append(c.Targets, t)
		}
		m.Columns = append(m.Columns, c)
		return nil
	})
}

func decodeTarget(n *yaml.Node, where string) (Target, error) {
	t := Target{Part: PartValue}
	part := ""
	err := fields(n, where, decoders{"indicator": text(&t.Indicator, false), "part": text(&part, false), "period": text(&t.Period, false)})
	if err != nil {
		return t, err
	}
	if part != "" {
		t.Part = Part(part)
	}
	switch t.Part {
	case PartValue, PartNumerator, PartDenominator, PartChange:
	default:
		return t, invalid(n.Line, "unknown part \""+clip(part)+"\"; known are value, numerator, denominator, change")
	}
	if t.Indicator == "" {
		return t, invalid(n.Line, where+" names no indicator")
	}
	return t, nil
}

func (m *Mapping) decodeFilter(n *yaml.Node) error {
	for _, x := range sequence(n) {
		x = resolve(x)
		f := FilterSpec{}
		err := fields(x, "filter", decoders{"column": text(&f.Column, false),
			"equals": func(n *yaml.Node) error {
				s := ""
				if n.Kind != yaml.ScalarNode {
					return invalid(n.Line, "equals takes one word")
				}
				s = n.Value
				if n.Tag == "!!null" {
					s = ""
				}
				f.Equals = &s
				return nil
			},
			"in": func(n *yaml.Node) error {
				f.In = []string{}
				for _, y := range sequence(n) {
					if resolve(y).Kind != yaml.ScalarNode {
						return invalid(y.Line, "in takes a list of words")
					}
					f.In = append(f.In, resolve(y).Value)
				}
				return nil
			},
			"length": func(n *yaml.Node) error {
				for _, y := range sequence(n) {
					v := 0
					if err := number(&v, false)(resolve(y)); err != nil {
						return err
					}
					f.Length = append(f.Length, v)
				}
				return nil
			}})
		if err != nil {
			return err
		}
		if f.Column == "" || (f.Equals == nil && f.In == nil && f.Length == nil) {
			return invalid(x.Line, "a filter needs column and one of equals, in, length")
		}
		m.Filter = append(m.Filter, f)
	}
	return nil
}

// check refuses mappings that cannot lead to records.
func (m *Mapping) check() error {
	switch {
	case m.Area.Column == "" && m.Area.Key == "":
		return invalid(0, "area.column is missing: name the column with the area keys")
	case m.Area.Column != "" && m.Area.Key != "":
		return invalid(0, "area has column or key, not both")
	case len(m.Columns) == 0 && m.Long == nil:
		return invalid(0, "columns or long is missing: name at least one column with figures")
	case len(m.Columns) > 0 && m.Long != nil:
		return invalid(0, "columns and long exclude each other")
	case m.Long != nil && (m.Long.IndicatorColumn == "" || m.Long.ValueColumn == "" || len(m.Long.Codes) == 0):
		return invalid(0, "long needs indicator_column, value_column and codes")
	case m.Period.Value != "" && m.Period.Column != "":
		return invalid(0, "period has value or column, not both")
	case m.Table.Decimal != "" && m.Table.Decimal != "," && m.Table.Decimal != ".":
		return invalid(0, "decimal must be auto, \",\" or \".\"")
	case m.Area.KeyWidth > 40:
		return invalid(0, "key_width is larger than 40")
	case !knownPeriodFormat(m.Period.Format):
		return invalid(0, "unknown period format \""+clip(m.Period.Format)+"\"; known are "+joinWords(PeriodFormats()))
	}
	if _, err := m.Options(); err != nil {
		return err
	}
	if e := m.Table.Encoding; e != "" {
		if _, ok := encodingName(e); !ok {
			return invalid(0, "unknown encoding \""+clip(e)+"\"; known are "+joinWords(Encodings()))
		}
	}
	return m.eachTarget(func(t Target) error {
		if t.Period == "" {
			return nil
		}
		if _, code := ParsePeriod(t.Period, ""); code != "" {
			return invalid(0, found(code, "text", t.Period).String())
		}
		return nil
	})
}

func (m *Mapping) eachTarget(f func(Target) error) error {
	for _, c := range m.Columns {
		for _, t := range c.Targets {
			if err := f(t); err != nil {
				return err
			}
		}
	}
	if m.Long == nil {
		return nil
	}
	codes := make([]string, 0, len(m.Long.Codes))
	for c := range m.Long.Codes {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	for _, c := range codes {
		if err := f(m.Long.Codes[c]); err != nil {
			return err
		}
	}
	return nil
}
