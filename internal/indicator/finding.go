// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// listed is how many findings of one code are named one by one; a further finding says how many more there are.
const listed = 50

// findings collects what an import notices.
type findings struct {
	file  string
	list  []kernel.Finding
	count map[string]int
	more  []string // codes of which there are more than listed, as they came
}

func (l *findings) add(f kernel.Finding) {
	if l.count == nil {
		l.count = map[string]int{}
	}
	if f.File == "" && !strings.HasPrefix(f.Code, "table.mapping.") {
		f.File = l.file
	}
	l.count[f.Code]++
	switch n := l.count[f.Code]; {
	case n <= listed:
		l.list = append(l.list, f)
	case n == listed+1:
		l.more = append(l.more, f.Code)
	}
}

// extra notes occurrences that somebody else counted without listing them.
func (l *findings) extra(code string, n int) {
	if l.count == nil {
		l.count = map[string]int{}
	}
	if l.count[code] += n; l.count[code] > listed && !slices.Contains(l.more, code) {
		l.more = append(l.more, code)
	}
}

// all gives the findings, the most serious first, and what was not listed.
func (l *findings) all() []kernel.Finding {
	out := slices.Clone(l.list)
	slices.SortStableFunc(out, func(a, b kernel.Finding) int { return rank[b.Outcome] - rank[a.Outcome] })
	for _, code := range l.more {
		named := 0
		for _, f := range l.list {
			if f.Code == code {
				named++
			}
		}
		out = append(out, kernel.Finding{Code: "indicator.findings.more", Outcome: kernel.Info, File: l.file, Params: kernel.Params("n", l.count[code]-named, "code", code)})
	}
	return out
}

func (l *findings) clone() findings {
	c := findings{file: l.file, list: slices.Clone(l.list), count: make(map[string]int, len(l.count)), more: slices.Clone(l.more)}
	for k, v := range l.count {
		c.count[k] = v
	}
	return c
}

var rank = map[kernel.Outcome]int{kernel.Info: 0, kernel.Warn: 1, kernel.RefuseRow: 2, kernel.Ask: 3, kernel.RefuseFile: 4}

func (l *findings) note(o kernel.Outcome, code string, kv ...any) {
	l.add(kernel.Finding{Code: code, Outcome: o, Params: kernel.Params(kv...)})
}

var outcomes = map[table.Outcome]kernel.Outcome{
	table.Accept: kernel.Info, table.Warn: kernel.Warn, table.Ask: kernel.Ask, table.Row: kernel.RefuseRow, table.File: kernel.RefuseFile,
}

// fromTable takes a finding of the library over. Its codes get the prefix "table.".
func fromTable(f table.Finding, t *table.Table) kernel.Finding {
	params := make(map[string]any, len(f.Params)+2)
	for k, v := range f.Params {
		params[k] = v
	}
	for _, name := range counts { // the library writes them as text; people read 536,9 MB and 1.048.576
		if n, err := strconv.ParseInt(f.Params[name], 10, 64); err == nil {
			params[name] = n
		}
	}
	params["code"] = f.Code
	out := kernel.Finding{
		Code: "table." + f.Code, Outcome: outcomes[f.Outcome], Sheet: f.Sheet, Row: f.Line, Column: f.Column, Params: params, Text: f.String(),
	}
	if t != nil && f.Column != "" {
		out.Column = columnName(t, f.Column)
	}
	return out
}

// counts are the library's parameters that are numbers.
var counts = []string{"size", "limit", "entries", "columns", "fields", "rows", "lines", "header", "cells", "count", "width", "first"}

func columnName(t *table.Table, letter string) string {
	for _, c := range t.Columns {
		if c.Letter == letter && c.Name != "" {
			return letter + " (" + c.Name + ")"
		}
	}
	return letter
}

// accepted tells whether a person has agreed to what the code asks; codes of the library may lack their prefix.
func accepted(accept []string, code string) bool {
	return slices.ContainsFunc(accept, func(a string) bool { return a == code || "table."+a == code })
}

func confirmed(accept []string) []string {
	out := make([]string, len(accept))
	for i, a := range accept {
		out[i] = strings.TrimPrefix(a, "table.")
	}
	return out
}

// partWord is what people call a part.
func partWord(p Part) kernel.Text {
	switch p {
	case NumeratorPart:
		return kernel.T("Zähler", "numerator")
	case DenominatorPart:
		return kernel.T("Nenner", "denominator")
	case ChangePart:
		return kernel.T("Veränderung", "change")
	}
	return kernel.T("Wert", "value")
}

// unknownKey is the code and parameters for an indicator the catalogue does not have; what is spelt like it is proposed.
func unknownKey(code, key string, list []Indicator) (string, []any) {
	if near := Nearest(key, list); len(near) > 0 {
		return code + ".near", []any{"key", key, "near", near}
	}
	return code, []any{"key", key}
}
