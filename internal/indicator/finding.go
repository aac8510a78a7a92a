// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// listed is how many findings of one code are named one by one; the last of them says how many more there are.
const listed = 50

// findings collects what an import notices.
type findings struct {
	file  string
	list  []kernel.Finding
	count map[string]int
	last  map[string]int
}

func (l *findings) add(f kernel.Finding) {
	if l.count == nil {
		l.count, l.last = map[string]int{}, map[string]int{}
	}
	if f.File == "" {
		f.File = l.file
	}
	l.count[f.Code]++
	if n := l.count[f.Code]; n > listed {
		last := &l.list[l.last[f.Code]]
		params := make(map[string]any, len(last.Params)+1)
		for k, v := range last.Params {
			params[k] = v
		}
		params["more"] = n - listed
		last.Params = params
		return
	}
	l.last[f.Code] = len(l.list)
	l.list = append(l.list, f)
}

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
	params["code"] = f.Code
	if f.Count > 1 {
		params["more"] = f.Count - 1
	}
	out := kernel.Finding{
		Code: "table." + f.Code, Outcome: outcomes[f.Outcome], Sheet: f.Sheet, Row: f.Line, Column: f.Column, Params: params, Text: f.String(),
	}
	if t != nil && f.Column != "" {
		out.Column = columnName(t, f.Column)
	}
	return out
}

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
