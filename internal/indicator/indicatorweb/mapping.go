// SPDX-License-Identifier: EUPL-1.2

package indicatorweb

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/table"
)

// The roles a column can have in the form.
const (
	roleNone   = ""
	roleArea   = "area"
	rolePeriod = "period"
	roleFigure = "figure"
	roleCode   = "code"  // names the indicator of a table with one figure a row
	roleValue  = "value" // holds that figure
)

// ways of a filter.
const (
	filterEquals = "equals"
	filterIn     = "in"
	filterLength = "length"
)

// field names of column i.
func field(i int, what string) string { return "c" + strconv.Itoa(i) + "_" + what }

// reference names a column as the mapping file does: by its header where that is unique, else by its letter.
func reference(columns []table.Column, i int) string {
	n := columns[i].Name
	if n == "" || n == "auto" {
		return columns[i].Letter
	}
	for _, c := range columns {
		if c.Index != columns[i].Index && strings.EqualFold(c.Name, n) {
			return columns[i].Letter
		}
	}
	return n
}

// position finds the column a mapping names, -1 where the table has none.
func position(columns []table.Column, name string) int {
	for _, same := range []func(c table.Column) bool{
		func(c table.Column) bool { return c.Name == name && name != "" },
		func(c table.Column) bool { return strings.EqualFold(c.Name, name) && name != "" },
		func(c table.Column) bool { return strings.EqualFold(c.Letter, name) },
	} {
		if i := slices.IndexFunc(columns, same); i >= 0 {
			return i
		}
	}
	return -1
}

// fill puts a mapping into the fields of the form; columns the table does not have are named in lost.
func fill(v url.Values, m *table.Mapping, columns []table.Column) (lost []string) {
	at := func(name string) int {
		i := position(columns, name)
		if i < 0 && name != "" {
			lost = append(lost, name)
		}
		return i
	}
	layout(v, m)
	if i := at(m.Area.Column); i >= 0 {
		v.Set(field(i, "role"), roleArea)
	}
	if i := at(m.Period.Column); i >= 0 {
		v.Set(field(i, "role"), rolePeriod)
	}
	for _, c := range m.Columns {
		i := at(c.Column)
		if i < 0 {
			continue
		}
		if v.Get(field(i, "role")) == roleNone {
			v.Set(field(i, "role"), roleFigure)
		}
		for _, t := range c.Targets {
			v.Add(field(i, "ind"), t.Indicator)
			v.Add(field(i, "part"), string(t.Part))
			v.Add(field(i, "per"), t.Period)
		}
	}
	if l := m.Long; l != nil {
		if i := at(l.IndicatorColumn); i >= 0 {
			v.Set(field(i, "role"), roleCode)
		}
		if i := at(l.ValueColumn); i >= 0 {
			v.Set(field(i, "role"), roleValue)
		}
		codes := make([]string, 0, len(l.Codes))
		for c := range l.Codes {
			codes = append(codes, c)
		}
		slices.Sort(codes)
		for _, c := range codes {
			v.Add("code", c)
			v.Add("code_ind", l.Codes[c].Indicator)
			v.Add("code_part", string(l.Codes[c].Part))
		}
	}
	for _, f := range m.Filter {
		at(f.Column)
		v.Add("filter_col", f.Column)
		switch {
		case f.In != nil:
			v.Add("filter_op", filterIn)
			v.Add("filter_val", strings.Join(f.In, "; "))
		case f.Length != nil:
			v.Add("filter_op", filterLength)
			list := make([]string, len(f.Length))
			for i, n := range f.Length {
				list[i] = strconv.Itoa(n)
			}
			v.Add("filter_val", strings.Join(list, "; "))
		default:
			v.Add("filter_op", filterEquals)
			s := ""
			if f.Equals != nil {
				s = *f.Equals
			}
			v.Add("filter_val", s)
		}
	}
	return lost
}

// layout puts what is not about columns into the form.
func layout(v url.Values, m *table.Mapping) {
	set := func(k, s string) {
		v.Del(k)
		if s != "" {
			v.Set(k, s)
		}
	}
	number := func(k string, n int) {
		v.Del(k)
		if n > 0 {
			v.Set(k, strconv.Itoa(n))
		}
	}
	set("sheet", m.Table.Sheet)
	set("encoding", m.Table.Encoding)
	set("delimiter", m.Table.Delimiter)
	set("decimal", m.Table.Decimal)
	number("header_rows", m.Table.HeaderRows)
	number("first_row", m.Table.FirstRow)
	number("last_row", m.LastRow)
	set("footer", m.Footer)
	set("area_key", m.Area.Key)
	number("key_width", m.Area.KeyWidth)
	set("period_value", m.Period.Value)
	set("period_format", m.Period.Format)
	v.Set("disclosure", m.Disclosure)
	if m.Disclosure == "" {
		v.Set("disclosure", table.Unchecked)
	}
	if m.Area.Level != "" {
		v.Set("place", m.Area.Level+"/"+m.Area.Edition)
	}
	var special []string
	for text, flag := range m.Special {
		special = append(special, text+" = "+flag.String())
	}
	slices.Sort(special)
	set("special", strings.Join(special, "\n"))
}

// build makes a mapping of the fields. It may be incomplete; the import says what is missing. The second result names fields that cannot be read.
func build(v url.Values, columns []table.Column) (*table.Mapping, map[string]string) {
	wrong := map[string]string{}
	text := func(k string) string { return strings.TrimSpace(v.Get(k)) }
	number := func(k string) int {
		if text(k) == "" {
			return 0
		}
		n, err := strconv.Atoi(text(k))
		if err != nil || n < 1 {
			wrong[k] = "planner.number.whole"
			return 0
		}
		return n
	}
	m := &table.Mapping{
		Table: table.TableSpec{
			Sheet: v.Get("sheet"), Encoding: text("encoding"), Delimiter: text("delimiter"), Decimal: text("decimal"), HeaderRows: number("header_rows"),
			FirstRow: number("first_row"),
		},
		LastRow: number("last_row"), Footer: text("footer"), Disclosure: text("disclosure"),
		Area:   table.AreaSpec{Key: text("area_key"), KeyWidth: number("key_width")},
		Period: table.PeriodSpec{Value: text("period_value"), Format: text("period_format")},
	}
	m.Area.Level, m.Area.Edition, _ = strings.Cut(text("place"), "/")
	var long table.LongSpec
	for i := range columns {
		ref := reference(columns, i)
		switch v.Get(field(i, "role")) {
		case roleArea:
			m.Area.Column = ref
		case rolePeriod:
			m.Period.Column = ref
		case roleCode:
			long.IndicatorColumn = ref
		case roleValue:
			long.ValueColumn = ref
		case roleFigure:
			if c := (table.ColumnSpec{Column: ref, Targets: targets(v, field(i, "ind"), field(i, "part"), field(i, "per"))}); len(c.Targets) > 0 {
				m.Columns = append(m.Columns, c)
			} else {
				wrong[field(i, "ind")] = "planner.map.indicator.missing"
			}
		}
	}
	if m.Area.Column != "" {
		m.Area.Key = ""
	}
	if m.Period.Column != "" {
		m.Period.Value = ""
	}
	if long.IndicatorColumn != "" || long.ValueColumn != "" {
		long.Codes = map[string]table.Target{}
		for i, code := range v["code"] {
			key := indicatorKey(nth(v["code_ind"], i))
			if key != "" {
				long.Codes[code] = table.Target{Indicator: key, Part: part(nth(v["code_part"], i))}
			}
		}
		m.Long = &long
	}
	filters(v, m, wrong)
	specials(v, m, wrong)
	return m, wrong
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// indicatorKey takes the key out of "key – name", as the list of proposals offers it.
func indicatorKey(s string) string {
	key, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return key
}

func part(s string) table.Part {
	switch p := table.Part(s); p {
	case table.PartNumerator, table.PartDenominator, table.PartChange:
		return p
	}
	return table.PartValue
}

func targets(v url.Values, ind, prt, per string) []table.Target {
	var list []table.Target
	for i, s := range v[ind] {
		if key := indicatorKey(s); key != "" {
			list = append(list, table.Target{Indicator: key, Part: part(nth(v[prt], i)), Period: strings.TrimSpace(nth(v[per], i))})
		}
	}
	return list
}

func filters(v url.Values, m *table.Mapping, wrong map[string]string) {
	for i, column := range v["filter_col"] {
		if column == "" {
			continue
		}
		f := table.FilterSpec{Column: column}
		value := nth(v["filter_val"], i)
		switch nth(v["filter_op"], i) {
		case filterIn:
			f.In = split(value)
		case filterLength:
			for _, s := range split(value) {
				n, err := strconv.Atoi(s)
				if err != nil || n < 1 {
					wrong["filter_val"] = "planner.number.whole"
					continue
				}
				f.Length = append(f.Length, n)
			}
			if f.Length == nil {
				continue
			}
		default:
			value = strings.TrimSpace(value)
			f.Equals = &value
		}
		m.Filter = append(m.Filter, f)
	}
}

func split(s string) []string {
	list := []string{}
	for x := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		if x = strings.TrimSpace(x); x != "" {
			list = append(list, x)
		}
	}
	return list
}

func specials(v url.Values, m *table.Mapping, wrong map[string]string) {
	for line := range strings.Lines(v.Get("special")) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		at := strings.LastIndex(line, "=")
		if at < 0 {
			wrong["special"] = "planner.map.special.form"
			continue
		}
		flag, ok := table.ParseFlag(strings.TrimSpace(line[at+1:]))
		if !ok {
			wrong["special"] = "planner.map.special.form"
			continue
		}
		if m.Special == nil {
			m.Special = map[string]table.Flag{}
		}
		m.Special[strings.TrimSpace(line[:at])] = flag
	}
}
