// SPDX-License-Identifier: EUPL-1.2

// Package votedoc sets what a vote needs on paper: the letters by which a town sends its people their codes, and the ballot paper for everybody who
// would rather use a pen.
//
// Invariants: codes are in the letters only, nothing of them is kept; every text people typed stays text; what is marked on a ballot paper is what the
// page asks for, in the same order and under the same numbers.
package votedoc

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/vote"
)

// Letters are what is printed.
type Letters struct {
	Town, Title, Lang string
	Address           string // of the page, without the code
	Until             string // in words; empty: no end
	Codes             []vote.Letter
	T                 func(key string, kv ...any) string
}

// look is what all papers of a vote share. Colours are dark enough for a copier.
const look = `#let ink = rgb("#221c17")
#let muted = rgb("#62584f")
#let copper = rgb("#9c4a1a")
#set text(font: ("Fira Sans", "DejaVu Sans"), fill: ink, hyphenate: true)
#set par(leading: 0.7em, spacing: 1.1em, justify: false)
#show heading: set text(weight: "semibold", hyphenate: false)
#show heading.where(level: 1): it => block(above: 0.9em, below: 1.2em, width: 100%, stroke: (bottom: 1.5pt + copper), inset: (bottom: 7pt), text(size: 20pt, it))
`

// PDF sets the letters, one page each. The code stands in the window of no envelope: letters are put in without looking.
func PDF(ctx context.Context, t typst.Typesetter, l Letters) ([]byte, error) {
	doc := typst.Document{Files: map[string][]byte{}, Title: typst.Printable(l.T("vote.letter.title", "title", l.Title)), Lang: l.Lang}
	var b strings.Builder
	b.WriteString(look)
	fmt.Fprintf(&b, "#set document(title: %s)\n#set text(lang: %s, size: 12pt)\n#set page(paper: \"a4\", margin: (x: 25mm, top: 35mm, bottom: 20mm))\n", str(doc.Title), str(l.Lang))
	for i, x := range l.Codes {
		if i > 0 {
			b.WriteString("#pagebreak()\n")
		}
		name := "qr" + strconv.Itoa(x.Number) + ".svg"
		drawing, err := QR(l.Address + "?code=" + x.Code)
		if err != nil {
			return nil, err
		}
		doc.Files[name] = []byte(drawing)
		fmt.Fprintf(&b, "#text(size: 11pt, fill: muted)[%s]\n#v(22mm)\n", text(l.Town))
		fmt.Fprintf(&b, "= %s\n\n%s\n\n", text(l.Title), text(l.T("vote.letter.text")))
		fmt.Fprintf(&b, "#block(width: 100%%, inset: 7mm, stroke: 1pt + ink, radius: 3mm, above: 1.6em, below: 1.6em, grid(columns: (1fr, 42mm), column-gutter: 8mm, align: (left + horizon, right + horizon),\n")
		fmt.Fprintf(&b, "[#text(size: 11pt, fill: muted)[%s]\n\n#text(size: 24pt, weight: \"semibold\", tracking: 1.5pt, hyphenate: false)[%s]\n\n#text(size: 11pt, fill: muted)[%s]],\n",
			text(l.T("vote.code")), text(x.Code), text(l.T("vote.letter.once")))
		fmt.Fprintf(&b, "image(%s, width: 42mm, alt: %s)))\n\n", str(name), str(l.T("vote.letter.qr")))
		fmt.Fprintf(&b, "== %s\n\n", text(l.T("vote.letter.how")))
		fmt.Fprintf(&b, "+ %s\n+ %s \\ #text(weight: \"semibold\")[%s]\n+ %s\n\n", text(l.T("vote.letter.scan")), text(l.T("vote.letter.address")),
			text(l.Address), text(l.T("vote.letter.type")))
		if l.Until != "" {
			fmt.Fprintf(&b, "#text(weight: \"semibold\")[%s]\n\n", text(l.T("vote.letter.until", "to", l.Until)))
		}
		fmt.Fprintf(&b, "%s\n\n#v(1fr)\n#text(size: 9pt, fill: muted)[%s]\n", text(l.T("vote.letter.honest")), text(l.T("vote.letter.number", "n", x.Number)))
	}
	doc.Main = b.String()
	return t.Typeset(ctx, doc)
}

// text and str write what people typed, without characters the fonts do not have: a vote must not wait for a picture in the title of a proposal.
func text(s string) string { return typst.Text(typst.Printable(s)) }

func str(s string) string { return typst.Str(typst.Printable(s)) }

const quiet = 4 // modules, ISO/IEC 18004 6.3.8

// QR draws a QR code as SVG.
func QR(text string) (string, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	size := strconv.Itoa(c.Size + 2*quiet)
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + size + ` ` + size + `" width="` + size + `" height="` + size + `"><rect width="` + size + `" height="` + size + `" fill="#fff"/><path d="`)
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
