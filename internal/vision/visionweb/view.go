// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// block is a run of items, which make a list, or of anything else.
type block struct {
	items bool
	list  []vision.Paragraph
}

func blocks(live []vision.Paragraph) []block {
	var out []block
	for _, p := range live {
		items := p.Kind == vision.Item
		if n := len(out); n == 0 || out[n-1].items != items {
			out = append(out, block{items: items})
		}
		b := &out[len(out)-1]
		b.list = append(b.list, p)
	}
	return out
}

// last is the id of the last paragraph; empty in an empty text.
func last(live []vision.Paragraph) kernel.ID {
	if len(live) == 0 {
		return ""
	}
	return live[len(live)-1].ID
}

func textCards(r *web.Request, list []vision.Text) []web.Card {
	var out []web.Card
	for _, t := range list {
		out = append(out, web.Card{Title: said(r, t.Title), Href: r.Link(textPath(t.Key)), Text: said(r, t.Lead), Meta: r.T("vision.kind." + string(t.Kind))})
	}
	return out
}

func versionName(r *web.Request, v vision.Version) string {
	if v.Kind == vision.Adopted {
		return r.T("vision.version.adopted", "n", v.Number, "date", r.P.Date(v.DecidedOn))
	}
	return r.T("vision.version.draft", "n", v.Number, "date", r.P.Date(kernel.Date(dateOf(v.At))))
}

func citeName(c vision.Cite) string {
	if c.Label != "" {
		return c.Label + " (" + string(c.Ref.ID) + ")"
	}
	return string(c.Ref.ID)
}

// share writes votes as a share of all.
func share(r *web.Request, n, of int) string {
	return r.P.Percent(100*float64(n)/float64(max(of, 1)), 0)
}

// downloads are the files of a version; of the working text there is a PDF.
func (h handlers) downloads(r *web.Request, v *shown) (out []web.Download) {
	base, name := r.Link(textPath(v.doc.Key)+"/lesefassung.pdf"), ""
	if x := v.version; x != nil {
		name = r.Link(versionPath(v.doc.Key, x.Number)) + "/" + v.doc.Key + "-" + strconv.Itoa(x.Number)
		base = name + ".pdf"
	}
	if h.o.Typesetter != nil && len(v.live) > 0 {
		out = append(out, web.Download{Text: r.T("vision.download.pdf"), Href: base, Kind: "PDF"})
	}
	if name == "" {
		return out
	}
	return append(out,
		web.Download{Text: r.T("vision.download.docx"), Href: name + ".docx", Kind: "DOCX"},
		web.Download{Text: r.T("vision.download.md"), Href: name + ".md", Kind: "Markdown"},
	)
}
