// SPDX-License-Identifier: EUPL-1.2

// Command testsum reads what go test -json prints and tells a person what matters: each package with its time, the full output of whatever
// failed, the reasons of all skips, and at the end one line "N passed, N failed, N skipped". It ends with 1 when something failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	if s.finish() {
		os.Exit(1)
	}
}

// event is one line of go test -json (go doc test2json); build errors come with ImportPath instead of Package.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

type key struct{ pkg, test string }

type summary struct {
	w       io.Writer
	output  map[key][]string
	results map[key]string
	parents map[key]bool
	build   map[string][]string
	broken  int // packages that failed without a failed test: build errors, panics, timeouts
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, output: map[key][]string{}, results: map[key]string{}, parents: map[key]bool{}, build: map[string][]string{}}
}

func (s *summary) read(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				s.take(e)
			} else { // go itself speaks, such as about a missing module
				fmt.Fprintf(s.w, "%s", line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		s.build[e.ImportPath] = append(s.build[e.ImportPath], e.Output)
	case "build-fail":
		fmt.Fprint(s.w, strings.Join(s.build[e.ImportPath], ""))
	case "output":
		s.output[k] = append(s.output[k], e.Output)
	case "run":
		if i := strings.LastIndex(e.Test, "/"); i > 0 {
			s.parents[key{e.Package, e.Test[:i]}] = true
		}
	case "pass", "fail", "skip":
		if e.Test != "" {
			s.results[k] = e.Action
			if e.Action == "fail" {
				fmt.Fprint(s.w, strings.Join(s.output[k], ""))
			}
			if e.Action != "skip" {
				delete(s.output, k)
			}
			return
		}
		s.endPackage(e)
	}
}

func (s *summary) endPackage(e event) {
	failed, n := false, 0
	for k, r := range s.results {
		if k.pkg == e.Package && !s.parents[k] {
			n++
		}
		failed = failed || k.pkg == e.Package && r == "fail"
	}
	word := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "none"}[e.Action]
	if e.Action == "fail" && !failed {
		s.broken++
		// A panic or a timeout ends the process in the middle of a test, whose output then has the reason.
		for k, out := range s.output {
			if k.pkg == e.Package && s.results[k] == "" {
				fmt.Fprint(s.w, strings.Join(out, ""))
			}
		}
	}
	if e.Action != "skip" {
		fmt.Fprintf(s.w, "%s %7.1fs %5d tests  %s\n", word, e.Elapsed, n, e.Package)
	}
}

var place = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// finish prints the reasons of skips and the counts; it tells whether anything failed.
func (s *summary) finish() bool {
	passed, failed, skipped := 0, s.broken, 0
	reasons := map[string]int{}
	for k, r := range s.results {
		if s.parents[k] {
			continue // its parts are counted
		}
		switch r {
		case "pass":
			passed++
		case "fail":
			failed++
		case "skip":
			skipped++
			reason := "without a reason: " + k.test
			for _, o := range s.output[k] {
				if place.MatchString(o) {
					reason = strings.TrimSpace(place.ReplaceAllString(o, ""))
				}
			}
			reasons[reason]++
		}
	}
	lines := make([]string, 0, len(reasons))
	for r, n := range reasons {
		lines = append(lines, fmt.Sprintf("skipped %d: %s", n, r))
	}
	slices.Sort(lines)
	for _, l := range lines {
		fmt.Fprintln(s.w, l)
	}
	fmt.Fprintf(s.w, "%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return failed > 0
}
