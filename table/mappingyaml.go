// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"bytes"
	"sort"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// YAML writes the mapping as a file that ParseMapping reads back to the same mapping.
func (m *Mapping) YAML() ([]byte, error) {
	root := block()
	t := block()
	t.put("sheet", m.Table.Sheet)
	t.putInt("header_rows", m.Table.HeaderRows)
	t.putInt("first_row", m.Table.FirstRow)
	t.put("encoding", m.Table.Encoding)
	t.put("delimiter", m.Table.Delimiter)
	t.put("decimal", m.Table.Decimal)
	root.putBlock("table", t)
	a := block()
	a.put("level", m.Area.Level)
	a.put("edition", m.Area.Edition)
	if len(m.Area.Rest) == 0 {
		a.put("column", m.Area.Column)
	} else {
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, c := range append([]string{m.Area.Column}, m.Area.Rest...) {
			list.Content = append(list.Content, textNode(c))
		}
		a.add("column", list)
	}
	a.put("key", m.Area.Key)
	a.putInt("key_width", m.Area.KeyWidth)
	root.putBlock("area", a)
	p := block()
	p.put("value", m.Period.Value)
	p.put("column", m.Period.Column)
	p.put("format", m.Period.Format)
	root.putBlock("period", p)
	cols := block()
	for _, c := range m.Columns {
		if len(c.Targets) == 1 {
			cols.putBlock(c.Column, target(c.Targets[0]))
			continue
		}
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, x := range c.Targets {
			list.Content = append(list.Content, target(x).node)
		}
		cols.add(c.Column, list)
	}
	root.putBlock("columns", cols)
	if l := m.Long; l != nil {
		b := block()
		b.put("indicator_column", l.IndicatorColumn)
		b.put("value_column", l.ValueColumn)
		codes := block()
		for _, k := range sortedKeys(l.Codes) {
			codes.putBlock(k, target(l.Codes[k]))
		}
		b.putBlock("codes", codes)
		root.putBlock("long", b)
	}
	if len(m.Filter) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, f := range m.Filter {
			b := block()
			b.put("column", f.Column)
			if f.Equals != nil {
				b.add("equals", textNode(*f.Equals))
			}
			if f.In != nil {
				in := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
				for _, x := range f.In {
					in.Content = append(in.Content, textNode(x))
				}
				b.add("in", in)
			}
			if f.Length != nil {
				ln := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
				for _, x := range f.Length {
					ln.Content = append(ln.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(x)})
				}
				b.add("length", ln)
			}
			list.Content = append(list.Content, b.node)
		}
		root.add("filter", list)
	}
	root.putInt("last_row", m.LastRow)
	root.put("footer", m.Footer)
	sp := block()
	for _, k := range sortedKeys(m.Special) {
		sp.add(k, textNode(m.Special[k].String()))
	}
	root.putBlock("special", sp)
	root.put("disclosure", m.Disclosure)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(root.node); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

type yamlBlock struct{ node *yaml.Node }

func block() yamlBlock { return yamlBlock{&yaml.Node{Kind: yaml.MappingNode}} }

// textNode writes a word as a string: YAML would read a bare 01 or 2020-12-31 as a number or date.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func (b yamlBlock) add(key string, v *yaml.Node) {
	b.node.Content = append(b.node.Content, textNode(key), v)
}

func (b yamlBlock) put(key, v string) {
	if v != "" {
		b.add(key, textNode(v))
	}
}

func (b yamlBlock) putInt(key string, v int) {
	if v != 0 {
		b.add(key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)})
	}
}

func (b yamlBlock) putBlock(key string, v yamlBlock) {
	if len(v.node.Content) > 0 {
		b.add(key, v.node)
	}
}

func target(t Target) yamlBlock {
	b := block()
	b.put("indicator", t.Indicator)
	b.put("part", string(t.Part))
	b.put("period", t.Period)
	b.node.Style = yaml.FlowStyle
	return b
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
