// SPDX-License-Identifier: EUPL-1.2

// Package prose writes a town's own texts, typed as Markdown, as HTML that can carry nothing but words, lists, tables and links.
//
// Raw HTML in the Markdown is dropped, pictures become their text, links lead to web pages, mail addresses and pages of the town only, and what
// is left passes an allow-list once more.
package prose

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// policy is what a text may consist of, whatever the Markdown library lets through.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "table", "thead", "tbody", "tr", "th", "td",
		"h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
}()

// HTML writes the Markdown; its highest headings become those of the level top (2 to 6). link turns a path of the town into its address; nil
// leaves it as it is.
func HTML(markdown string, top int, link func(path string) string) (string, error) {
	h := &heads{top: top, least: least(markdown), own: link}
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Linkify),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(h, 100))))
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		return "", fmt.Errorf("text: %w", err)
	}
	out := strings.ReplaceAll(b.String(), "<th>", `<th scope="col">`)
	return policy.Sanitize(out), nil
}

// least is the highest heading used, 1 where there is none.
func least(markdown string) int {
	n := 0
	for line := range strings.SplitSeq(markdown, "\n") {
		line = strings.TrimLeft(line, " ")
		k := len(line) - len(strings.TrimLeft(line, "#"))
		if k > 0 && k <= 6 && strings.HasPrefix(line[k:], " ") && (n == 0 || k < n) {
			n = k
		}
	}
	return max(n, 1)
}

// heads writes what differs from the library's way.
type heads struct {
	top, least int
	own        func(path string) string
}

// RegisterFuncs implements renderer.NodeRenderer.
func (h *heads) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, h.heading)
	r.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkContinue, nil })
	r.Register(ast.KindLink, h.link)
	r.Register(ast.KindRawHTML, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkSkipChildren, nil })
	r.Register(ast.KindHTMLBlock, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkSkipChildren, nil })
}

func (h *heads) heading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := min(max(h.top+n.(*ast.Heading).Level-h.least, 2), 6)
	if entering {
		fmt.Fprintf(w, "<h%d>", level)
	} else {
		fmt.Fprintf(w, "</h%d>\n", level)
	}
	return ast.WalkContinue, nil
}

func (h *heads) link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	to := string(n.(*ast.Link).Destination)
	if !Safe(to) {
		return ast.WalkContinue, nil // its text stays
	}
	if h.own != nil && strings.HasPrefix(to, "/") {
		to = h.own(to)
	}
	if entering {
		fmt.Fprintf(w, `<a href="%s">`, util.EscapeHTML([]byte(to)))
	} else {
		fmt.Fprint(w, "</a>")
	}
	return ast.WalkContinue, nil
}

// Safe tells whether a text may link to the address: a web page, a mail address, a telephone number, or a path of the town.
func Safe(to string) bool {
	u, err := url.Parse(to)
	if err != nil || strings.ContainsAny(to, "\\\x00") {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != "" && u.User == nil
	case "mailto", "tel":
		return u.Opaque != ""
	case "":
		return u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(to, "//")
	}
	return false
}
