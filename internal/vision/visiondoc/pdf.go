// SPDX-License-Identifier: EUPL-1.2

// Package visiondoc sets a vision text or a version of it as a PDF: tagged, with the numbers of its paragraphs and the lines the pages count.
package visiondoc

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// Sheet is what is printed.
type Sheet struct {
	Town, Title, Lang string
	Standing          string // which version, who adopted it
	Headline, Lead    string
	Paragraphs        []vision.Paragraph // numbered
	Read              vision.Read
	Lines             string // what the numbers in the margin are
	Page              string // "Seite"
}

// everyLine is how often the margin names a line.
const everyLine = 5

// PDF sets a text.
func PDF(ctx context.Context, t typst.Typesetter, s Sheet) ([]byte, error) {
	return t.Typeset(ctx, typst.Document{Main: s.markup(), Title: s.Title, Lang: s.Lang})
}

func (s Sheet) markup() string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	put("#set document(title: %s)\n#set text(lang: %s, size: 10.5pt)\n", typst.Str(s.Title), typst.Str(s.Lang))
	put("#set par(leading: 0.6em, spacing: 1em)\n#show heading: set block(above: 1.4em, below: 0.7em, sticky: true)\n")
	put("#set page(paper: \"a4\", margin: (left: 30mm, right: 20mm, top: 24mm, bottom: 22mm), footer: context { set text(size: 8pt); [%s #h(1fr) %s #counter(page).display()] })\n", typst.Text(s.Title), typst.Text(s.Page))
	put("#let line-at(n) = place(left, dx: -14mm, text(size: 7.5pt, fill: rgb(\"#5c5650\"))[#n])\n")
	put("#text(size: 9.5pt)[%s]\n\n= %s\n\n", typst.Text(s.Town), typst.Text(s.Title))
	put("#text(size: 9.5pt)[%s]\n\n", typst.Text(s.Standing))
	if s.Headline != "" {
		put("#text(size: 14pt, weight: \"bold\")[%s]\n\n", typst.Text(s.Headline))
	}
	for _, p := range wording.Parts(s.Lead) {
		put("#text(size: 11.5pt)[%s]\n\n", typst.Text(p))
	}
	put("#text(size: 8pt)[%s]\n\n", typst.Text(s.Lines))
	level := 1 // of the heading before; that of the text is the first
	for _, p := range s.Paragraphs {
		lines := wording.Lines(s.Read(p.Body), vision.Measure)
		switch p.Kind {
		case vision.Heading:
			level = min(max(p.Level, 1)+1, level+1)
			put("%s %s %s\n\n", strings.Repeat("=", level), typst.Text(p.Number), typst.Text(strings.Join(lines, " ")))
		case vision.Item:
			put("- %s\n\n", s.lines(p, lines))
		default:
			put("%s\n\n", s.lines(p, lines))
		}
	}
	return b.String()
}

// lines sets a paragraph line for line, as its readers count them.
func (s Sheet) lines(p vision.Paragraph, lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteString(` \ `)
		}
		if n := p.Line + i; i == 0 || n%everyLine == 0 {
			b.WriteString("#line-at(" + strconv.Itoa(n) + ")")
		}
		if i == 0 {
			b.WriteString("#strong[" + typst.Text(p.Number) + "] ")
		}
		b.WriteString(typst.Text(l))
	}
	return b.String()
}
