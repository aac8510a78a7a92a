// SPDX-License-Identifier: EUPL-1.2

package i18n

import (
	"context"
	"errors"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Error gives the sentence of an error for the person who caused or met it. What is not a kernel.Error says only that something went wrong
// here; its text is for the log.
func (p *Printer) Error(err error) string {
	if err == nil {
		return ""
	}
	var e *kernel.Error
	if errors.As(err, &e) && e.Kind != kernel.Internal {
		if p.Has(e.Key) {
			return p.TMap(e.Key, e.Params)
		}
		if len(e.Findings) > 0 {
			return p.Finding(e.Findings[0])
		}
		return e.Key
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return p.T("error.timeout")
	}
	return p.T("error.internal")
}

// Field gives the sentence of one field of an Invalid error; params are the error's.
func (p *Printer) Field(e *kernel.Error, name string) string {
	key, ok := e.Fields[name]
	if !ok {
		return ""
	}
	return p.TMap(key, e.Params)
}

// Finding gives what an import noticed as one line: where (file, sheet, row, column), what, and the key concerned. A code the catalogue does
// not know is said in the English sentence its finder left.
func (p *Printer) Finding(f kernel.Finding) string {
	where := p.Where(f)
	what := p.FindingText(f)
	if where == "" {
		return what
	}
	return where + ": " + what
}

// FindingText is the sentence of a finding without its place. A question that is no longer one (somebody agreed to it, or the mapping settled it)
// has a sentence of its own where the catalogue holds the code with ".settled": it says what was done instead of asking.
func (p *Printer) FindingText(f kernel.Finding) string {
	if settled := f.Code + ".settled"; f.Outcome != kernel.Ask && p.Has(settled) {
		f.Code = settled
	}
	if p.Has(f.Code) {
		params := f.Params
		if f.Key != "" || f.Row != 0 || f.Column != "" {
			params = make(map[string]any, len(f.Params)+5)
			params["key"], params["row"], params["column"], params["sheet"], params["file"] = f.Key, f.Row, f.Column, f.Sheet, f.File
			for k, v := range f.Params {
				params[k] = v
			}
		}
		return p.TMap(f.Code, params)
	}
	if f.Text != "" {
		return f.Text
	}
	return f.Code
}

// Where names the place of a finding: "daten.xlsx, Blatt „2020“, Zeile 12, Spalte C (Einwohner)".
func (p *Printer) Where(f kernel.Finding) string {
	var parts []string
	if f.File != "" {
		parts = append(parts, f.File)
	}
	if f.Sheet != "" {
		parts = append(parts, p.T("finding.sheet", "sheet", f.Sheet))
	}
	if f.Row > 0 {
		parts = append(parts, p.T("finding.row", "row", f.Row))
	}
	if f.Column != "" {
		parts = append(parts, p.T("finding.column", "column", f.Column))
	}
	return strings.Join(parts, ", ")
}
