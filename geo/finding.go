// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"sort"
	"strings"
)

// Severity is what a finding means for the import.
type Severity uint8

// The severities, from harmless to fatal.
const (
	Info   Severity = iota // worth knowing, nothing to do
	Warn                   // taken, but named in the report
	Row                    // this feature is refused, the others can be taken
	Ask                    // a person must decide before anything is stored
	Refuse                 // the whole file is refused
)

// String names the severity as it stands in reports and tests.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warn:
		return "warn"
	case Row:
		return "row"
	case Ask:
		return "ask"
	case Refuse:
		return "refuse"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// WholeFile is the Feature of a finding that concerns no single feature.
const WholeFile = -1

// Finding is one thing a check noticed. Code and Params are stable and meant for translation; Message says the same in English.
type Finding struct {
	Code     string
	Severity Severity
	// Feature is the 0-based index of the feature in the file, WholeFile when it concerns the file.
	Feature int
	// Key is the key of the area, where the check knows it.
	Key string
	// File is the member of an archive or the table, Line and Column count from 1; 0 means unknown.
	File         string
	Line, Column int
	// Params are the values the message speaks of: string, int, float64, []string or []int.
	Params  map[string]any
	Message string
}

// Where describes the place of the finding in English, empty when it concerns the whole file.
func (f Finding) Where() string {
	var parts []string
	if f.File != "" {
		parts = append(parts, f.File)
	}
	if f.Line > 0 {
		s := fmt.Sprintf("line %d", f.Line)
		if f.Column > 0 {
			s += fmt.Sprintf(", column %d", f.Column)
		}
		parts = append(parts, s)
	}
	if f.Feature >= 0 {
		parts = append(parts, fmt.Sprintf("feature %d", f.Feature+1))
	}
	if f.Key != "" {
		parts = append(parts, fmt.Sprintf("key %q", f.Key))
	}
	return strings.Join(parts, ", ")
}

// String is the whole finding in one English line.
func (f Finding) String() string {
	if w := f.Where(); w != "" {
		return fmt.Sprintf("%s %s (%s): %s", f.Severity, f.Code, w, f.Message)
	}
	return fmt.Sprintf("%s %s: %s", f.Severity, f.Code, f.Message)
}

// Findings is a list of findings in the order of their discovery.
type Findings []Finding

// Worst returns the highest severity, Info for none.
func (fs Findings) Worst() Severity {
	w := Info
	for i := range fs {
		w = max(w, fs[i].Severity)
	}
	return w
}

// Of returns the findings with the code.
func (fs Findings) Of(code string) Findings {
	var out Findings
	for i := range fs {
		if fs[i].Code == code {
			out = append(out, fs[i])
		}
	}
	return out
}

// Codes returns the distinct codes, sorted.
func (fs Findings) Codes() []string {
	seen := map[string]bool{}
	var out []string
	for i := range fs {
		if !seen[fs[i].Code] {
			seen[fs[i].Code] = true
			out = append(out, fs[i].Code)
		}
	}
	sort.Strings(out)
	return out
}

// Err returns a *RefusedError when a finding refuses the whole file, else nil.
func (fs Findings) Err() error {
	for i := range fs {
		if fs[i].Severity == Refuse {
			return &RefusedError{Finding: fs[i]}
		}
	}
	return nil
}

// RefusedError is the error of a file that was refused whole; Finding says why.
type RefusedError struct{ Finding Finding }

// Error names the reason and the place.
func (e *RefusedError) Error() string { return e.Finding.String() }
