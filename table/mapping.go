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
	Rest     []string // further columns that continue the key, where an office parts it as Land, Kreis, Gemeinde
	Key      string   // instead of Column: the one area that the whole table is about, as in time series of a city
	KeyWidth int      // keys of digits are padded with leading zeros to this width
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
	o := Options{Sheet: m.Table.Sheet, HeaderRows: m.Table.HeaderRows, FirstRow: m.Table.FirstRow, LastRow: m.LastRow, Encoding: m.Table.Encoding, Headings: m.headings()}
	if m.Table.Delimiter != "" {
		d, ok := parseDelimiter(m.Table.Delimiter)
		if !ok {
			return o, invalid(0, "mapping.delimiter", "text", m.Table.Delimiter)
		}
		o.Delimiter = d
	}
	if m.Footer != "" {
		re, err := regexp.Compile(m.Footer)
		if err != nil {
			return o, invalid(0, "mapping.footer", "text", m.Footer)
		}
		o.Footer = re
	}
	return o, nil
}

// headings lists the columns that the mapping names.
func (m *Mapping) headings() []string {
	var list []string
	add := func(s string) {
		if s != "" {
			list = append(list, s)
		}
	}
	add(m.Area.Column)
	for _, c := range m.Area.Rest {
		add(c)
	}
	add(m.Period.Column)
	for _, c := range m.Columns {
		add(c.Column)
	}
	if m.Long != nil {
		add(m.Long.IndicatorColumn)
		add(m.Long.ValueColumn)
	}
	for _, f := range m.Filter {
		add(f.Column)
	}
	return list
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

func invalid(line int, code string, kv ...string) error {
	r := refuse(code, kv...)
	r.Finding.Line = line
	return r
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// unreadable is the refusal of what is no YAML at all; the parser's words are for programmers, its line is not.
func unreadable(err error) error {
	line := 0
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line = atoi(m[1])
	}
	return invalid(line, "mapping.yaml")
}

// MaxMapping is the size in bytes above which a mapping is not read.
const MaxMapping = 1 << 20

const maxKeyWidth = 40

// ParseMapping reads a mapping from YAML. An unknown or doubled key, or a value of the wrong sort, is an error with its line.
func ParseMapping(text []byte) (m *Mapping, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, invalid(0, "mapping.yaml")
		}
	}()
	if len(text) > MaxMapping {
		return nil, invalid(0, "mapping.too_large", "limit", strconv.Itoa(MaxMapping))
	}
	if !utf8.Valid(text) {
		return nil, invalid(0, "mapping.not_utf8")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, unreadable(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, invalid(0, "mapping.empty")
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
		return invalid(n.Line, "mapping.block", "where", where)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := resolve(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			return invalid(k.Line, "mapping.key_form", "where", where)
		}
		if seen[k.Value] {
			return invalid(k.Line, "mapping.key_twice", "key", k.Value, "where", where)
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
			return invalid(k.Line, "mapping.key_unknown", "key", k.Value, "where", where, "known", d.keys())
		}
		return f(v)
	})
}

func text(p *string, auto bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode {
			return invalid(n.Line, "mapping.word")
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
			return invalid(n.Line, "mapping.number", "text", n.Value)
		}
		*p = v
		return nil
	}
}

// keyColumns reads one column or a list of them.
func keyColumns(a *AreaSpec) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		for i, x := range sequence(n) {
			column := ""
			if err := text(&column, false)(resolve(x)); err != nil {
				return err
			}
			if i == 0 {
				a.Column = column
			} else {
				a.Rest = append(a.Rest, column)
			}
		}
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
	return fields(n, "mapping", decoders{
		"table": func(n *yaml.Node) error {
			t := &m.Table
			return fields(n, "table", decoders{
				"sheet": text(&t.Sheet, true), "header_rows": number(&t.HeaderRows, true), "first_row": number(&t.FirstRow, true),
				"encoding": text(&t.Encoding, true), "delimiter": text(&t.Delimiter, true), "decimal": text(&t.Decimal, true),
			})
		},
		"area": func(n *yaml.Node) error {
			a := &m.Area
			return fields(n, "area", decoders{
				"level": text(&a.Level, false), "edition": text(&a.Edition, false), "column": keyColumns(a),
				"key": text(&a.Key, false), "key_width": number(&a.KeyWidth, false),
			})
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
			return fields(n, "long", decoders{
				"indicator_column": text(&l.IndicatorColumn, false), "value_column": text(&l.ValueColumn, false),
				"codes": func(n *yaml.Node) error {
					l.Codes = map[string]Target{}
					return each(n, "codes", func(k, v *yaml.Node) error {
						t, err := decodeTarget(v, k.Value)
						l.Codes[k.Value] = t
						return err
					})
				},
			})
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
					return invalid(v.Line, "mapping.flag", "text", v.Value, "known", joinWords(flagNames[:]))
				}
				m.Special[k.Value] = f
				return nil
			})
		},
		"disclosure": func(n *yaml.Node) error {
			if n.Value != ClearedBySource && n.Value != Unchecked {
				return invalid(n.Line, "mapping.disclosure", "text", n.Value)
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
			t, err := decodeTarget(resolve(x), k.Value)
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
		return t, invalid(n.Line, "mapping.part", "text", part)
	}
	if t.Indicator == "" {
		return t, invalid(n.Line, "mapping.no_indicator", "where", where)
	}
	return t, nil
}

func (m *Mapping) decodeFilter(n *yaml.Node) error {
	for _, x := range sequence(n) {
		x = resolve(x)
		f := FilterSpec{}
		err := fields(x, "filter", decoders{
			"column": text(&f.Column, false),
			"equals": func(n *yaml.Node) error {
				s := ""
				if n.Kind != yaml.ScalarNode {
					return invalid(n.Line, "mapping.word")
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
						return invalid(y.Line, "mapping.word")
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
			},
		})
		if err != nil {
			return err
		}
		if f.Column == "" || (f.Equals == nil && f.In == nil && f.Length == nil) {
			return invalid(x.Line, "mapping.filter")
		}
		m.Filter = append(m.Filter, f)
	}
	return nil
}

// check refuses mappings that cannot lead to records.
func (m *Mapping) check() error {
	switch {
	case m.Area.Column == "" && m.Area.Key == "":
		return invalid(0, "mapping.no_area")
	case m.Area.Column != "" && m.Area.Key != "":
		return invalid(0, "mapping.area_twice")
	case len(m.Columns) == 0 && m.Long == nil:
		return invalid(0, "mapping.no_columns")
	case len(m.Columns) > 0 && m.Long != nil:
		return invalid(0, "mapping.columns_and_long")
	case m.Long != nil && (m.Long.IndicatorColumn == "" || m.Long.ValueColumn == "" || len(m.Long.Codes) == 0):
		return invalid(0, "mapping.long")
	case m.Period.Value != "" && m.Period.Column != "":
		return invalid(0, "mapping.period_twice")
	case m.Table.Decimal != "" && m.Table.Decimal != "," && m.Table.Decimal != ".":
		return invalid(0, "mapping.decimal", "text", m.Table.Decimal)
	case m.Area.KeyWidth > maxKeyWidth:
		return invalid(0, "mapping.key_width", "limit", strconv.Itoa(maxKeyWidth))
	case !knownPeriodFormat(m.Period.Format):
		return invalid(0, "mapping.period_format", "text", m.Period.Format, "known", joinWords(PeriodFormats()))
	}
	if _, err := m.Options(); err != nil {
		return err
	}
	if e := m.Table.Encoding; e != "" {
		if _, ok := encodingName(e); !ok {
			return invalid(0, "mapping.encoding", "text", e, "known", joinWords(Encodings()))
		}
	}
	return m.eachTarget(func(t Target) error {
		if t.Period == "" {
			return nil
		}
		if _, code := ParsePeriod(t.Period, ""); code != "" {
			return invalid(0, "mapping.period", "text", t.Period)
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
