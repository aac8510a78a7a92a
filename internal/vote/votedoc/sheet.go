// SPDX-License-Identifier: EUPL-1.2

package votedoc

import (
	"context"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Sheet is a ballot paper.
type Sheet struct {
	Town, Title, Lang string
	How               string // what to do, in words
	Until             string // until when it is handed in; empty: no end
	Where             string // where it can be voted on the web
	Method            ballot.Method
	Options           []Line
	T                 func(key string, kv ...any) string
}

// Line is an option on a ballot paper.
type Line struct {
	Key, Title, Text string
	Cost             string // in words; empty: none
}

// PDF sets the ballot paper. Marks are large enough for a shaking hand, and each is spoken of by the number beside it, as those who enter it read it.
func (s Sheet) PDF(ctx context.Context, t typst.Typesetter) ([]byte, error) {
	doc := typst.Document{Title: typst.Printable(s.T("vote.sheet.title", "title", s.Title)), Lang: s.Lang}
	var b strings.Builder
	b.WriteString(look)
	fmt.Fprintf(&b, "#set document(title: %s)\n#set text(lang: %s, size: 12pt)\n", str(doc.Title), str(s.Lang))
	fmt.Fprintf(&b, "#set page(paper: \"a4\", margin: (x: 20mm, top: 20mm, bottom: 22mm), footer: context [#set text(size: 9pt, fill: muted)\n#grid(columns: (1fr, auto), [%s], counter(page).display(\"1 / 1\", both: true))])\n",
		text(s.T("vote.sheet.foot", "title", s.Title)))
	fmt.Fprintf(&b, "#text(size: 11pt, fill: muted)[%s]\n\n= %s\n\n", text(s.T("vote.sheet.of", "town", s.Town)), text(s.Title))
	fmt.Fprintf(&b, "#text(size: 13pt, weight: \"semibold\")[%s]\n\n", text(s.How))
	columns, head, mark := s.marks()
	fmt.Fprintf(&b, "#table(columns: (%s), stroke: (x, y) => if y > 0 { (top: 0.6pt + muted) }, inset: (x: 5pt, y: 9pt), align: horizon,\n", columns)
	fmt.Fprintf(&b, "table.header(%s),\n", head)
	for _, o := range s.Options {
		body := fmt.Sprintf("#text(weight: \"semibold\")[%s]", text(o.Title))
		if o.Text != "" {
			body += fmt.Sprintf(" \\ #text(size: 10pt)[%s]", text(o.Text))
		}
		if o.Cost != "" {
			body += fmt.Sprintf(" \\ #text(size: 10pt, fill: muted)[%s]", text(s.T("vote.sheet.cost", "cost", o.Cost)))
		}
		fmt.Fprintf(&b, "[#text(size: 11pt, fill: muted)[%s]], [%s], %s,\n", text(o.Key), body, mark)
	}
	b.WriteString("table.hline(stroke: 0.6pt + muted))\n\n")
	if s.Until != "" {
		fmt.Fprintf(&b, "%s\n\n", text(s.T("vote.sheet.until", "to", s.Until)))
	}
	fmt.Fprintf(&b, "%s \\ #text(weight: \"semibold\")[%s]\n\n#text(size: 10pt, fill: muted)[%s]\n", text(s.T("vote.sheet.web")), text(s.Where), text(s.T("vote.sheet.secret")))
	doc.Main = b.String()
	return t.Typeset(ctx, doc)
}

// marks gives the columns, their heads and what is to be marked of an option.
func (s Sheet) marks() (columns, head, mark string) {
	column := func(key string) string { return fmt.Sprintf("[#text(size: 10pt)[%s]]", text(s.T(key))) }
	box := func(size string) string {
		return fmt.Sprintf("pdf.artifact(rect(width: %s, height: 9mm, stroke: 1.2pt + ink, radius: 1mm))", size)
	}
	head = column("vote.sheet.number") + ", " + column("vote.column.option") + ", "
	switch s.Method {
	case ballot.Points:
		return "auto, 1fr, auto", head + column("vote.sheet.points"), box("20mm")
	case ballot.Ranking:
		return "auto, 1fr, auto", head + column("vote.sheet.place"), box("14mm")
	case ballot.Resistance:
		cells := "align(center, text(size: 10pt, grid(columns: 11, column-gutter: 1.2mm, row-gutter: 1mm, ..range(11).map(n => [#n]), ..range(11).map(n => pdf.artifact(circle(radius: 2.3mm, stroke: 1pt + ink))))))"
		return "auto, 1fr, auto", head + column("vote.sheet.resistance"), cells
	}
	return "auto, 1fr, auto", head + column("vote.sheet.mark"), box("9mm")
}
