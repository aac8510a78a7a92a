// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"bytes"
	"errors"

	"github.com/kupferfaden/kupferfaden/table"
)

// refusal returns the code of a file that was refused, or what else went wrong.
func refusal(err error) string {
	var r *table.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return r.Finding.Code
	}
	return "error: " + err.Error()
}

func open(data []byte, name string, o table.Options) (*table.Table, error) {
	return table.Open(bytes.NewReader(data), int64(len(data)), name, o)
}

// outcome is what became of a small file.
type outcome struct {
	refused string            // code when the whole file was refused
	codes   map[string]string // code of each finding → outcome
	records []table.Record
	all     []table.Finding
	stats   table.Stats
	table   *table.Table
}

// try opens a file, maps it and reads everything.
func try(data []byte, name, mapping string, known func(string) bool, confirmed ...string) outcome {
	out := outcome{codes: map[string]string{}}
	m, err := table.ParseMapping([]byte(mapping))
	if err != nil {
		out.refused = refusal(err) + ": " + err.Error()
		return out
	}
	o, err := m.Options()
	if err != nil {
		out.refused = err.Error()
		return out
	}
	o.Confirmed = confirmed
	t, err := open(data, name, o)
	if err != nil {
		out.refused = refusal(err)
		return out
	}
	out.table = t
	r, err := m.Apply(t, known)
	if err != nil {
		out.refused = refusal(err)
		return out
	}
	defer r.Close()
	for r.Next() {
		out.records = append(out.records, *r.Record())
	}
	out.refused = refusal(r.Err())
	out.all, out.stats = r.Findings(), r.Stats()
	for _, f := range out.all {
		out.codes[f.Code] = string(f.Outcome)
	}
	return out
}

func (o outcome) find(code string) (table.Finding, bool) {
	for _, f := range o.all {
		if f.Code == code {
			return f, true
		}
	}
	return table.Finding{}, false
}

// clean reports whether nothing but harmless findings came up.
func (o outcome) clean() bool {
	for _, x := range o.codes {
		if x != "accept" && x != "warn" {
			return false
		}
	}
	return o.refused == ""
}
