// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// MaxMethod is the size in bytes above which the text of a method is not read.
const MaxMethod = 1 << 20

// What a method may hold. Indices in use have 3 to 40 indicators; texts are shown on pages and in reports.
const (
	maxIndicators = 200
	maxExclusions = 20_000
	maxTitle      = 300
	maxNote       = 5_000
)

// tooMuch names the fields of a method that hold more than a method can need.
func (m Method) tooMuch() map[string]string {
	f := map[string]string{}
	if len(m.Indicators) > maxIndicators {
		f["indicators"] = "method.indicators.many"
	}
	if len(m.Exclusions) > maxExclusions {
		f["exclusions"] = "method.exclusions.many"
	}
	long := func(t Title, n int) bool {
		for _, s := range t {
			if utf8.RuneCountInString(s) > n {
				return true
			}
		}
		return false
	}
	if long(m.Title, maxTitle) {
		f["title"] = "method.title.long"
	}
	if long(m.Note, maxNote) {
		f["note"] = "method.note.long"
	}
	for _, t := range m.Labels {
		if long(t, maxTitle) {
			f["labels"] = "method.title.long"
		}
	}
	return f
}

var (
	lineOf      = regexp.MustCompile(`line (\d+)`)
	unknownOf   = regexp.MustCompile(`^line \d+: field (.+) not found in type`)
	mismatchOf  = regexp.MustCompile("^line \\d+: cannot unmarshal !!\\w+ (?:`(.*)` )?into")
	twiceOf     = regexp.MustCompile(`^line \d+: (?:field|mapping key) "?([^"]*)"? already (?:set|defined)`)
	directionOf = regexp.MustCompile(`^line \d+: direction "(.*)"`)
	attentionOf = regexp.MustCompile(`^line \d+: attention_rule "(.*)"`)
)

// unreadable says in the catalogue's words what the YAML reader found; its own name types of the program.
func unreadable(err error) error {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if all, ok := err.(*yaml.TypeError); ok {
		messages = all.Errors
	}
	e := &kernel.Error{Kind: kernel.Invalid, Key: "method.yaml", Err: err}
	for _, s := range messages {
		f := kernel.Finding{Code: "method.yaml.syntax", Outcome: kernel.RefuseFile, Text: s}
		if m := lineOf.FindStringSubmatch(s); m != nil {
			f.Row, _ = strconv.Atoi(m[1])
		}
		for _, k := range []struct {
			code string
			re   *regexp.Regexp
		}{
			{"method.yaml.unknown", unknownOf},
			{"method.yaml.twice", twiceOf},
			{"method.yaml.value", mismatchOf},
			{"method.yaml.direction", directionOf},
			{"method.yaml.attention", attentionOf},
		} {
			if m := k.re.FindStringSubmatch(s); m != nil {
				f.Code, f.Params = k.code, kernel.Params("text", m[1])
				break
			}
		}
		e.Findings = append(e.Findings, f)
	}
	return e
}
