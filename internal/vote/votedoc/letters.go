// SPDX-License-Identifier: EUPL-1.2

// Package votedoc sets the letters by which a town sends its people their codes: one page each, with the code in print and as a QR code. Codes are
// in the document only; nothing of it is kept.
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

// PDF sets the letters.
func PDF(ctx context.Context, t typst.Typesetter, l Letters) ([]byte, error) {
	doc := typst.Document{Files: map[string][]byte{}, Title: l.T("vote.letter.title", "title", l.Title), Lang: l.Lang}
	var b strings.Builder
	fmt.Fprintf(&b, "#set document(title: %s)\n#set text(lang: %s, size: 12pt)\n#set page(paper: \"a4\", margin: (x: 25mm, top: 45mm, bottom: 25mm))\n", typst.Str(doc.Title), typst.Str(l.Lang))
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
		fmt.Fprintf(&b, "#text(size: 10pt)[%s]\n\n", typst.Text(l.Town))
		fmt.Fprintf(&b, "= %s\n\n", typst.Text(l.Title))
		fmt.Fprintf(&b, "%s\n\n", typst.Text(l.T("vote.letter.text")))
		fmt.Fprintf(&b, "#block(inset: 5mm, stroke: 1pt, radius: 2mm)[#text(size: 10pt)[%s]\\ #text(size: 20pt, weight: \"bold\", tracking: 1pt)[%s]]\n\n", typst.Text(l.T("vote.code")), typst.Text(x.Code))
		fmt.Fprintf(&b, "%s\n\n#text(weight: \"bold\")[%s]\n\n", typst.Text(l.T("vote.letter.address")), typst.Text(l.Address))
		fmt.Fprintf(&b, "#image(%s, width: 45mm, alt: %s)\n\n", typst.Str(name), typst.Str(l.T("vote.letter.qr")))
		if l.Until != "" {
			fmt.Fprintf(&b, "%s\n\n", typst.Text(l.T("vote.letter.until", "to", l.Until)))
		}
		fmt.Fprintf(&b, "%s\n\n#v(1fr)\n#text(size: 9pt)[%s]\n", typst.Text(l.T("vote.letter.honest")), typst.Text(l.T("vote.letter.number", "n", x.Number)))
	}
	doc.Main = b.String()
	return t.Typeset(ctx, doc)
}

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
