// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// maxSame is how many findings of one code a report names one by one; the rest is counted.
const maxSame = 200

// findings collects what an import notices. Questions whose code a person accepted are kept as warnings.
type findings struct {
	file     string
	accepted map[string]bool
	list     []kernel.Finding
	count    map[string]int
}

func newFindings(file string, accept []string) *findings {
	fs := &findings{file: file, accepted: map[string]bool{}, count: map[string]int{}}
	for _, c := range accept {
		fs.accepted[c] = true
	}
	return fs
}

// mustAnswer are questions that yes does not answer: something has to be named.
var mustAnswer = map[string]bool{"geo.crs.unknown": true, "geo.crs.mismatch": true, "geo.layer.choose": true}

func (fs *findings) add(f kernel.Finding) {
	if f.File == "" {
		f.File = fs.file
	}
	if f.Outcome == kernel.Ask && fs.accepted[f.Code] && !mustAnswer[f.Code] {
		f.Outcome = kernel.Warn
		f.Params = maps.Clone(f.Params)
		if f.Params == nil {
			f.Params = map[string]any{}
		}
		f.Params["accepted"] = true
	}
	if fs.count[f.Code]++; fs.count[f.Code] <= maxSame {
		fs.list = append(fs.list, f)
	}
}

// note adds a finding about the file or, with a draft, about one area.
func (fs *findings) note(o kernel.Outcome, code string, d *draft, kv ...any) {
	f := kernel.Finding{Code: code, Outcome: o, Params: kernel.Params(kv...)}
	if d != nil {
		f.Row, f.Key = d.row, d.key
	}
	fs.add(f)
}

// take adds findings of package geo under the prefix "geo.".
func (fs *findings) take(list geo.Findings) {
	for _, g := range list {
		f := kernel.Finding{Code: "geo." + g.Code, Key: g.Key, Row: g.Line, Params: maps.Clone(g.Params), Text: g.Message}
		switch g.Severity {
		case geo.Info:
			f.Outcome = kernel.Info
		case geo.Warn:
			f.Outcome = kernel.Warn
		case geo.Row:
			f.Outcome = kernel.RefuseRow
		case geo.Ask:
			f.Outcome = kernel.Ask
		default:
			f.Outcome = kernel.RefuseFile
		}
		if g.File != "" {
			f.File = fs.file + ": " + g.File // the member of an archive or the table
		}
		if f.Params == nil {
			f.Params = map[string]any{}
		}
		if _, said := f.Params["x"]; !said && f.Code == "geo.coordinates.outside" {
			f.Code = "geo.coordinates.none" // they cannot be said: NaN or infinite
		}
		if wanted, ok := f.Params["expected"].(string); ok {
			f.Params["expected"] = syntax(wanted)
		}
		if g.Column > 0 {
			f.Params["column"] = g.Column
		}
		if g.Feature >= 0 {
			f.Params["feature"] = g.Feature + 1
			if f.Row == 0 {
				f.Row = g.Feature + 1
			}
		}
		fs.add(f)
	}
}

var rank = map[kernel.Outcome]int{kernel.Info: 0, kernel.Warn: 1, kernel.RefuseRow: 2, kernel.Ask: 3, kernel.RefuseFile: 4}

// expected are the words in which the reader of JSON says what it waited for.
var expected = map[string]kernel.Text{
	"a number": kernel.T("eine Zahl", "a number"), "a value": kernel.T("ein Wert", "a value"), "a colon": kernel.T("ein Doppelpunkt", "a colon"),
	"an object {…}": kernel.T("ein Objekt {…}", "an object {…}"), "a list […]": kernel.T("eine Liste […]", "a list […]"),
	"the list of features […]":  kernel.T("die Liste der Objekte […]", "the list of features […]"),
	"a name in quotation marks": kernel.T("ein Name in Anführungszeichen", "a name in quotation marks"),
	"four hexadecimal digits":   kernel.T("vier hexadezimale Ziffern", "four hexadecimal digits"),
}

func syntax(wanted string) kernel.Text {
	if t, ok := expected[wanted]; ok {
		return t
	}
	if closing, ok := strings.CutPrefix(wanted, "a comma or "); ok {
		return kernel.T("ein Komma oder "+closing, wanted)
	}
	return kernel.T(wanted, wanted) // true, false, null
}

// all is the list, the most serious first, with a line for what was only counted.
func (fs *findings) all() []kernel.Finding {
	out := slices.Clone(fs.list)
	slices.SortStableFunc(out, func(x, y kernel.Finding) int { return rank[y.Outcome] - rank[x.Outcome] })
	for _, code := range slices.Sorted(maps.Keys(fs.count)) {
		if n := fs.count[code]; n > maxSame {
			out = append(out, kernel.Finding{Code: "area.findings.more", Outcome: kernel.Info, File: fs.file, Params: kernel.Params("n", n-maxSame, "code", code)})
		}
	}
	return out
}

func (fs *findings) has(o kernel.Outcome) bool {
	return slices.ContainsFunc(fs.list, func(f kernel.Finding) bool { return f.Outcome == o })
}

// refused is the error of an import that must not go on, nil when it may.
func (fs *findings) refused() error {
	if fs.has(kernel.RefuseFile) {
		return fs.failed("area.import.refused")
	}
	return nil
}

// failed is the error of an import that stored nothing; what would have been made is not told.
func (fs *findings) failed(key string, kv ...any) error {
	list := slices.DeleteFunc(fs.all(), func(f kernel.Finding) bool { return f.Code == "area.level.new" })
	return &kernel.Error{Kind: kernel.Invalid, Key: key, Params: kernel.Params(append(kv, "file", fs.file)...), Findings: list}
}

// open is the error of an import that waits for answers, nil when nothing is asked. It names the codes that can be accepted.
func (fs *findings) open() error {
	if err := fs.refused(); err != nil {
		return err
	}
	var codes []string
	for _, f := range fs.list {
		if f.Outcome == kernel.Ask && !mustAnswer[f.Code] && !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	if !fs.has(kernel.Ask) {
		return nil
	}
	if len(codes) == 0 {
		return fs.failed("area.import.answer")
	}
	return fs.failed("area.import.ask", "codes", codes)
}
