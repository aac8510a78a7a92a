// SPDX-License-Identifier: EUPL-1.2

package reportdoc

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// policy is what the prose of a chapter may consist of; everything else is dropped, whatever the Markdown library lets through.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "table", "thead", "tbody", "tr", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[a-z0-9-]+$`)).OnElements("h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^kfr-(figure-text|fault|scroll)$`)).OnElements("span", "div")
	p.AllowElements("th", "td", "span", "div")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^(col|row)$`)).OnElements("th")
	p.AllowAttrs("role", "tabindex").Matching(regexp.MustCompile(`^(region|0)$`)).OnElements("div")
	p.AllowAttrs("aria-label").OnElements("div")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	return p
}()

// prose writes blocks of a chapter as HTML.
type prose struct {
	d     *report.Document
	w     report.Words
	body  report.Body
	level int // of the chapter's title
	slug  string
	heads int
}

func (p *prose) html(n ast.Node) (string, error) {
	r := renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(html.NewRenderer(), 1000), util.Prioritized(extension.NewTableHTMLRenderer(), 500), util.Prioritized(p, 100)))
	var b bytes.Buffer
	if err := r.Render(&b, p.body.Source, n); err != nil {
		return "", err
	}
	return policy.Sanitize(b.String()), nil
}

// RegisterFuncs implements renderer.NodeRenderer.
func (p *prose) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(report.KindCall, p.call)
	r.Register(ast.KindHeading, p.heading)
	r.Register(ast.KindImage, p.image)
	r.Register(ast.KindLink, p.link)
	r.Register(ast.KindAutoLink, p.autoLink)
}

// text is what an inline part shows, and whether it is a fault.
func inline(d *report.Document, w report.Words, n *report.CallNode) (text string, fault bool) {
	if n.Error != nil {
		return w.T("report.fault.inline", "text", w.Error(n.Error)), true
	}
	part := d.Part(n.Call)
	if part.Fault != "" {
		return w.T("report.fault.inline", "text", part.Fault), true
	}
	return part.Text, false
}

func (p *prose) call(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		text, fault := inline(p.d, p.w, n.(*report.CallNode))
		class := "kfr-figure-text"
		if fault {
			class = "kfr-fault"
		}
		fmt.Fprintf(w, `<span class="%s">%s</span>`, class, svg.Escape(text))
	}
	return ast.WalkSkipChildren, nil
}

func (p *prose) heading(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := min(p.level+1+n.(*ast.Heading).Level-p.body.Top, 6)
	if !entering {
		fmt.Fprintf(w, "</h%d>\n", level)
		return ast.WalkContinue, nil
	}
	p.heads++
	fmt.Fprintf(w, `<h%d id="%s-%d">`, level, p.slug, p.heads)
	return ast.WalkContinue, nil
}

func (p *prose) image(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkContinue, nil // its text stays
}

func (p *prose) link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	to := string(n.(*ast.Link).Destination)
	switch {
	case !report.SafeLink(to):
	case entering:
		fmt.Fprintf(w, `<a href="%s">`, svg.Escape(to))
	default:
		fmt.Fprint(w, `</a>`)
	}
	return ast.WalkContinue, nil
}

func (p *prose) autoLink(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	a := n.(*ast.AutoLink)
	to, text := autoTarget(a, source), svg.Escape(string(a.Label(source)))
	if report.SafeLink(to) {
		text = `<a href="` + svg.Escape(to) + `">` + text + `</a>`
	}
	fmt.Fprint(w, text)
	return ast.WalkContinue, nil
}

func autoTarget(a *ast.AutoLink, source []byte) string {
	to := string(a.URL(source))
	if a.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(to, "mailto:") {
		to = "mailto:" + to
	}
	return to
}

// setter writes prose as markup for the typesetter.
type setter struct {
	d     *report.Document
	w     report.Words
	body  report.Body
	level int // of the chapter's title
	b     *strings.Builder
}

// block writes a block node and what follows inside it.
func (s *setter) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Paragraph:
		s.inlines(n)
		s.b.WriteString("\n\n")
	case *ast.TextBlock:
		s.inlines(n)
		s.b.WriteString("\n")
	case *ast.Heading:
		fmt.Fprintf(s.b, "#heading(level: %d, numbering: none)[", min(s.level+1+n.Level-s.body.Top, 6))
		s.inlines(n)
		s.b.WriteString("]\n\n")
	case *ast.List:
		s.list(n)
	case *ast.Blockquote:
		s.b.WriteString("#quote(block: true)[\n")
		s.blocks(n)
		s.b.WriteString("]\n\n")
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		var code strings.Builder
		for i := range n.Lines().Len() {
			seg := n.Lines().At(i)
			code.Write(seg.Value(s.body.Source))
		}
		fmt.Fprintf(s.b, "#raw(block: true, %s)\n\n", typst.Str(strings.TrimRight(code.String(), "\n")))
	case *ast.ThematicBreak:
		s.b.WriteString("#line(length: 100%, stroke: 0.5pt + luma(160))\n\n")
	case *ast.HTMLBlock:
	default:
		if t, ok := tableOf(n); ok {
			s.table(t)
			return
		}
		s.blocks(n)
	}
}

func (s *setter) blocks(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		s.block(c)
	}
}

func (s *setter) list(n *ast.List) {
	if n.IsOrdered() {
		fmt.Fprintf(s.b, "#enum(start: %d, ", max(n.Start, 0))
	} else {
		s.b.WriteString("#list(")
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		s.b.WriteString("[")
		s.blocks(c)
		s.b.WriteString("], ")
	}
	s.b.WriteString(")\n\n")
}

// inlines writes the content of a line.
func (s *setter) inlines(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			s.b.WriteString(typst.Text(string(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(c.Segment.Value(s.body.Source)))))))
			switch {
			case c.HardLineBreak():
				s.b.WriteString("#linebreak()")
			case c.SoftLineBreak():
				s.b.WriteString(" ")
			}
		case *ast.String:
			s.b.WriteString(typst.Text(string(c.Value)))
		case *ast.Emphasis:
			name := "emph"
			if c.Level > 1 {
				name = "strong"
			}
			s.b.WriteString("#" + name + "[")
			s.inlines(c)
			s.b.WriteString("]")
		case *ast.CodeSpan:
			var code strings.Builder
			for t := c.FirstChild(); t != nil; t = t.NextSibling() {
				if t, ok := t.(*ast.Text); ok {
					code.Write(t.Segment.Value(s.body.Source))
				}
			}
			fmt.Fprintf(s.b, "#raw(%s)", typst.Str(code.String()))
		case *ast.Link:
			if to := string(c.Destination); report.SafeLink(to) && c.FirstChild() != nil {
				fmt.Fprintf(s.b, "#link(%s)[", typst.Str(to))
				s.inlines(c)
				s.b.WriteString("]")
				continue
			}
			s.inlines(c)
		case *ast.AutoLink:
			if to := autoTarget(c, s.body.Source); report.SafeLink(to) {
				fmt.Fprintf(s.b, "#link(%s)[%s]", typst.Str(to), typst.Text(string(c.Label(s.body.Source))))
			}
		case *report.CallNode:
			text, fault := inline(s.d, s.w, c)
			if fault {
				fmt.Fprintf(s.b, "#strong[%s]", typst.Text(text))
				continue
			}
			s.b.WriteString(typst.Text(text))
		case *ast.RawHTML:
		default: // images keep their text
			s.inlines(c)
		}
	}
}
