// SPDX-License-Identifier: EUPL-1.2

// Package typst turns a report into the PDF a council reads: A4, tagged, with bookmarks, fonts inside and a text for every figure.
//
// It holds three promises. The same document gives the same text and figures, on every machine and at any hour. No file carries the
// PDF/UA-1 mark unless the finished file was checked for what the mark promises (see Preflight). And text that people typed stays text:
// it reaches the typesetter only through Text and Str.
//
// There are three typesetters: InProcess runs the Typst compiler as WebAssembly here, Child does the same in a process that ends, so that
// the server stays small, and Command uses a typst program installed beside us.
package typst

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Document is one report in Typst markup with everything it refers to.
type Document struct {
	Main  string            `json:"main"`            // markup of the main file
	Files map[string][]byte `json:"files,omitempty"` // figures (SVG) and data (JSON) by the relative path the markup uses
	Title string            `json:"title"`           // shown in the title bar and demanded by PDF/UA
	Lang  string            `json:"lang"`            // BCP 47 tag of the main language, for example "de"
}

// Typesetter makes a PDF from a document. Implementations may be used by several goroutines at once.
type Typesetter interface {
	Typeset(ctx context.Context, doc Document) ([]byte, error)
}

// mainFile is the path of the main file, beside which all others lie.
const mainFile = "main.typ"

// Validate reports what is wrong with the document before any typesetting: no title, no language, a file path that leaves the document.
func (d Document) Validate() error {
	var errs []error
	if strings.TrimSpace(d.Title) == "" {
		errs = append(errs, errors.New("the report has no title; give it one before making the PDF"))
	}
	if strings.TrimSpace(d.Lang) == "" {
		errs = append(errs, errors.New("the report has no language; set the language of the edition"))
	}
	if strings.TrimSpace(d.Main) == "" {
		errs = append(errs, errors.New("the report has no text"))
	}
	for _, name := range d.names() {
		if name == mainFile || name != path.Clean(name) || path.IsAbs(name) || name == "." || strings.HasPrefix(name, "..") || strings.ContainsAny(name, "\\\x00") {
			errs = append(errs, fmt.Errorf("file name %q is not allowed in a report; use a relative path such as figures/map.svg", name))
		}
	}
	return errors.Join(errs...)
}

// names returns the file names in a fixed order, so that every run does the same in the same order.
func (d Document) names() []string {
	names := make([]string, 0, len(d.Files))
	for name := range d.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CompileError says that the markup could not be typeset, with the compiler's own messages.
type CompileError struct {
	Messages []string
}

// Error lists the messages of the typesetter.
func (e *CompileError) Error() string {
	return "the report could not be typeset: " + strings.Join(e.Messages, "; ")
}

// finish checks a PDF fresh from the compiler and sets the PDF/UA-1 mark.
func finish(pdf []byte, doc Document) ([]byte, error) {
	file, err := parsePDF(pdf)
	if err != nil {
		return nil, fmt.Errorf("the PDF from the typesetter: %w", err)
	}
	if findings := preflight(file, doc); len(findings) > 0 {
		return nil, &PreflightError{Findings: findings}
	}
	return markAccessible(file)
}
