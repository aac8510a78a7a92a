// SPDX-License-Identifier: EUPL-1.2

package kernel

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind says what went wrong in terms a person can act on; web maps it to a status code, the command line to an exit code.
type Kind int

const (
	// Internal is everything that is not for the reader's eyes.
	Internal Kind = iota
	// Invalid input: what was given breaks a rule; Fields or Findings name where.
	Invalid
	// NotFound: there is no such object, or the reader may not know of it.
	NotFound
	// Denied: the reader is known and may not do this.
	Denied
	// Unauthenticated: the reader has to sign in first.
	Unauthenticated
	// Conflict with the present state: somebody else changed it, or it is locked.
	Conflict
	// Unavailable for now: disk full, queue full, database away.
	Unavailable
)

// Error is what a person may read. Key names a message in the catalogue, Params fill its placeholders, Fields carries one message key a form
// field, Findings the reasons with file, sheet, row and column. Everything else is wrapped with %w and shown as "Internal".
type Error struct {
	Kind     Kind
	Key      string
	Params   map[string]any
	Fields   map[string]string
	Findings []Finding
	Err      error
}

// E makes an Error; kv are alternating parameter names and values.
func E(kind Kind, key string, kv ...any) *Error {
	return &Error{Kind: kind, Key: key, Params: Params(kv...)}
}

// Params makes a parameter map from alternating names and values.
func Params(kv ...any) map[string]any {
	if len(kv) == 0 {
		return nil
	}
	m := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		m[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return m
}

// Error writes key and parameters, for logs; people read the catalogue's sentence instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	writeParams(&b, e.Params)
	if len(e.Fields) > 0 {
		names := make([]string, 0, len(e.Fields))
		for n := range e.Fields {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			fmt.Fprintf(&b, " %s:%s", n, e.Fields[n])
		}
	}
	for i, f := range e.Findings {
		if i == 10 {
			fmt.Fprintf(&b, "; and %d more", len(e.Findings)-i)
			break
		}
		b.WriteString("; ")
		b.WriteString(f.String())
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the technical cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in the chain, Internal where there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Outcome is what happens to the thing a Finding speaks of (reliability.md 3).
type Outcome string

const (
	// Info: worth knowing, nothing to decide.
	Info Outcome = "info"
	// Warn: accepted and named in the report.
	Warn Outcome = "warn"
	// Ask: nothing is stored until a person decides.
	Ask Outcome = "ask"
	// RefuseRow: this row is not taken.
	RefuseRow Outcome = "row"
	// RefuseFile: nothing of the file is taken.
	RefuseFile Outcome = "file"
)

// Finding is one thing an import noticed: what (Code names the catalogue's sentence), where, and what follows.
type Finding struct {
	Code    string         `json:"code"`
	Outcome Outcome        `json:"outcome"`
	File    string         `json:"file,omitempty"`
	Sheet   string         `json:"sheet,omitempty"`
	Row     int            `json:"row,omitempty"`    // line of the file or row of the sheet, from 1; 0 where it concerns no row
	Column  string         `json:"column,omitempty"` // letter and header, or property name
	Key     string         `json:"key,omitempty"`    // area key or feature concerned
	Params  map[string]any `json:"params,omitempty"`
	Text    string         `json:"text,omitempty"` // English sentence of the library that found it, for logs and as a fallback
}

// Refuses tells whether the finding forbids taking the whole file.
func (f Finding) Refuses() bool { return f.Outcome == RefuseFile }

// String writes the finding for logs.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Code)
	for _, p := range []string{f.File, f.Sheet} {
		if p != "" {
			b.WriteString(" " + p)
		}
	}
	if f.Row > 0 {
		fmt.Fprintf(&b, " row %d", f.Row)
	}
	if f.Column != "" {
		b.WriteString(" column " + f.Column)
	}
	if f.Key != "" {
		b.WriteString(" key " + f.Key)
	}
	writeParams(&b, f.Params)
	return b.String()
}

func writeParams(b *strings.Builder, params map[string]any) {
	names := make([]string, 0, len(params))
	for n := range params {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(b, " %s=%v", n, params[n])
	}
}
