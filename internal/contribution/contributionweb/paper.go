// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// consent is what guests agree to who want mail.
type consent struct{ version, text string }

// asksMail tells whether somebody is asked for a mail address: guests are.
func (h handlers) asksMail(r *web.Request) bool {
	return h.o.Consent != nil && h.s.Subscribe != nil && !r.SignedIn()
}

func (h handlers) consentOf(r *web.Request) (c consent, err error) {
	c.version, c.text, err = h.o.Consent(r)
	return c, err
}

// mailing reads the address of a form; the consent counts for the text that was shown.
func (c consent) mailing(r *web.Request, f *web.Form) contribution.Mailing {
	m := contribution.Mailing{Email: strings.TrimSpace(f.Value("email")), Lang: r.Lang}
	if r.Register == kernel.Leicht {
		m.Lang += "+" + string(kernel.Leicht)
	}
	if f.Value("fassung") == c.version {
		m.Consent = c.version
	}
	return m
}

// paper is a receipt as it is shown and kept: the code, and how one comes back with it.
type paper struct {
	r       *web.Request
	code    string
	qr      drawing
	email   string // the code went there too; empty: nowhere
	pdf     bool
	again   bool // shown to somebody who has the code already
	consent consent
}

// slipOf makes the receipt of a code.
func (h handlers) slipOf(r *web.Request, code string, m contribution.Mailing) paper {
	p := paper{r: r, code: code, qr: drawQR(receiptAddress(r, code)), pdf: h.o.Typesetter != nil}
	if m.Email != "" && h.s.Subscribe != nil && !r.SignedIn() {
		p.email = m.Email
	}
	return p
}

// receiptAddress is where a QR code leads: the form with the code filled in.
func receiptAddress(r *web.Request, code string) string {
	return r.Absolute(ReceiptPath) + "?code=" + code
}

// mailMe orders mail about the contribution of a code.
func (h handlers) mailMe(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := h.find(r, f)
	if err != nil {
		return h.again(w, r, f, err)
	}
	if h.o.Consent == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	c, err := h.consentOf(r)
	if err != nil {
		return err
	}
	_, err = h.s.MailMe(r.Context(), r.Actor, x.code, c.mailing(r, f))
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		x.mail = f
		return h.slip(w, x)
	}
	x.asked = true
	return h.slip(w, x)
}

// paper is the receipt as PDF.
func (h handlers) paper(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := h.find(r, f)
	if err != nil {
		return h.again(w, r, f, err)
	}
	if h.o.Typesetter == nil || x.code == "" {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	pdf, err := h.o.Typesetter.Typeset(r.Context(), receiptDocument(r, x.c, x.code))
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "application/pdf")
	head.Set("Content-Disposition", `attachment; filename="quittung-`+strings.Map(plainName, x.c.Number)+`.pdf"`)
	head.Set("Content-Length", strconv.Itoa(len(pdf)))
	head.Set("Cache-Control", "no-store")
	_, err = w.Write(pdf)
	return err
}

// receiptDocument is one page to keep: what was said is not on it, as paper is left lying about.
func receiptDocument(r *web.Request, c contribution.Contribution, code string) typst.Document {
	doc := typst.Document{Files: map[string][]byte{}, Title: r.T("contribution.paper.title", "number", c.Number), Lang: r.Lang}
	var b strings.Builder
	fmt.Fprintf(&b, "#set document(title: %s)\n#set text(lang: %s, size: 12pt)\n#set page(paper: \"a5\", margin: 18mm)\n", typst.Str(doc.Title), typst.Str(r.Lang))
	fmt.Fprintf(&b, "#text(size: 10pt)[%s]\n\n= %s\n\n", typst.Text(r.Name()), typst.Text(doc.Title))
	fmt.Fprintf(&b, "%s\n\n", typst.Text(r.T("contribution.paper.text", "day", r.P.DateTime(c.Received))))
	if c.Due != "" {
		fmt.Fprintf(&b, "%s\n\n", typst.Text(r.T("contribution.sent.due", "day", r.P.Date(c.Due))))
	}
	fmt.Fprintf(&b, "#block(inset: 5mm, stroke: 1pt, radius: 2mm)[#text(size: 10pt)[%s]\\ #text(size: 20pt, weight: \"bold\", tracking: 1pt)[%s]]\n\n", typst.Text(r.T("contribution.code.title")), typst.Text(code))
	if q := drawQR(receiptAddress(r, code)); q.size > 0 {
		side := strconv.Itoa(q.size)
		doc.Files["qr.svg"] = []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + side + ` ` + side + `" width="` + side + `" height="` + side + `"><rect width="` + side + `" height="` + side +
			`" fill="#fff"/><path d="` + q.path + `"/></svg>`)
		fmt.Fprintf(&b, "#image(\"qr.svg\", width: 40mm, alt: %s)\n\n", typst.Str(r.T("contribution.code.qr")))
	}
	fmt.Fprintf(&b, "%s\n\n#text(weight: \"bold\")[%s]\n\n%s\n", typst.Text(r.T("contribution.code.text")), typst.Text(r.Absolute(ReceiptPath)), typst.Text(r.T("contribution.code.keep")))
	doc.Main = b.String()
	return doc
}
