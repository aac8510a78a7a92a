// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
)

// PreflightError lists why a report may not carry the PDF/UA-1 mark. The file is not handed out: a report that some cannot read is unfinished.
type PreflightError struct {
	Findings []string
}

// Error lists the findings.
func (e *PreflightError) Error() string {
	return "the report is not accessible yet: " + strings.Join(e.Findings, "; ")
}

// Preflight checks a finished PDF for what PDF/UA-1 (ISO 14289-1) demands and a program can see: title, language, structure tree, a text for
// every figure, header cells with a direction in every table, headings without jumps, described links, bookmarks, embedded fonts that have
// every character.
// It returns one sentence per finding; an empty list is a pass. Reading order and the quality of the texts remain for people to judge.
func Preflight(pdf []byte, doc Document) ([]string, error) {
	f, err := parsePDF(pdf)
	if err != nil {
		return nil, err
	}
	return preflight(f, doc), nil
}

func preflight(f *pdfFile, doc Document) []string {
	c := &checker{file: f, seen: map[string]bool{}, visited: map[pdfRef]bool{}}
	root, _ := f.dict(f.trailer["Root"])
	if lang := f.text(root["Lang"]); lang == "" || !strings.EqualFold(primary(lang), primary(doc.Lang)) {
		c.report("the language in the file is %q but the report is in %q: set text(lang: ...) in the markup", lang, doc.Lang)
	}
	c.checkTitle(root, doc.Title)
	if mark, _ := f.dict(root["MarkInfo"]); mark["Marked"] != true || mark["Suspects"] == true {
		c.report("the file is not tagged")
	}
	if _, ok := f.dict(root["ViewerPreferences"]); !ok {
		c.report("the file has no viewer preferences")
	}
	tree, ok := f.dict(root["StructTreeRoot"])
	if !ok {
		c.report("the file has no structure tree")
		return c.findings
	}
	roles, _ := f.dict(tree["RoleMap"])
	c.roles = roles
	c.walk(tree["K"], "", nil, 0)
	c.checkHeadings()
	if _, ok := f.dict(root["Outlines"]); !ok && len(c.headings) > 0 {
		c.report("the file has headings but no bookmarks")
	}
	c.checkPages(root["Pages"], 0)
	for _, o := range f.objects {
		c.checkFont(o)
	}
	if missing := missingGlyphs(doc); len(missing) > 0 {
		c.report("the fonts of the report have no glyph for %s: replace these characters", strings.Join(missing, ", "))
	}
	return c.findings
}

func primary(tag string) string {
	p, _, _ := strings.Cut(tag, "-")
	return p
}

type checker struct {
	file     *pdfFile
	roles    pdfDict
	headings []int
	findings []string
	seen     map[string]bool
	visited  map[pdfRef]bool
}

// first reports whether an object is met for the first time: a tree has no second way to a node, and a damaged one must not go on for ever.
func (c *checker) first(v any) bool {
	ref, ok := v.(pdfRef)
	if !ok {
		return true
	}
	if c.visited[ref] {
		return false
	}
	c.visited[ref] = true
	return true
}

// table counts what was found inside one table.
type table struct{ rows, headers, directed int }

func (c *checker) report(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !c.seen[text] {
		c.seen[text] = true
		c.findings = append(c.findings, text)
	}
}

func (c *checker) checkTitle(root pdfDict, title string) {
	info, _ := c.file.dict(c.file.trailer["Info"])
	if strings.TrimSpace(c.file.text(info["Title"])) == "" {
		c.report("the file has no title: set document(title: ...) in the markup")
	} else if got := c.file.text(info["Title"]); got != title {
		c.report("the title in the file is %q, the report is called %q", got, title)
	}
	ref, _ := root["Metadata"].(pdfRef)
	if xmp, err := streamData(c.file.objects[ref]); err != nil || !bytes.Contains(xmp, []byte("dc:title")) {
		c.report("the file has no title in its metadata")
	}
}

// streamData returns the decoded content of a stream; only Flate occurs.
func streamData(o pdfObject) ([]byte, error) {
	d, ok := o.value.(pdfDict)
	if !ok || o.data == nil {
		return nil, errPDF
	}
	switch d["Filter"] {
	case nil:
		return o.data, nil
	case pdfName("FlateDecode"):
		r, err := zlib.NewReader(bytes.NewReader(o.data))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, 64<<20))
	}
	return nil, errPDF
}

// role maps a structure type to a standard one (ISO 32000-1, 14.7.3).
func (c *checker) role(s pdfName) pdfName {
	for range 8 {
		to, ok := c.roles[s].(pdfName)
		if !ok {
			break
		}
		s = to
	}
	return s
}

func (c *checker) walk(v any, parent pdfName, in *table, depth int) {
	if depth > 200 {
		c.report("the structure tree is too deep")
		return
	}
	for _, item := range c.file.list(v) {
		e, ok := c.file.dict(item)
		if !ok || !c.first(item) {
			continue
		}
		raw, ok := e["S"].(pdfName)
		if !ok {
			continue
		}
		s := c.role(raw)
		if !standardTypes[s] {
			c.report("the structure type %s has no standard meaning", raw)
		}
		c.element(s, e, parent, in)
		inner := in
		if s == "Table" {
			inner = &table{}
		}
		c.walk(e["K"], s, inner, depth+1)
		if s == "Table" && (inner.headers == 0 || inner.directed == 0) {
			c.report("a table has no header cells: give it table.header in the markup")
		}
	}
}

func (c *checker) element(s pdfName, e pdfDict, parent pdfName, in *table) {
	switch s {
	case "Figure", "Formula":
		if strings.TrimSpace(c.file.text(e["Alt"])) == "" && c.file.text(e["ActualText"]) == "" {
			c.report("a figure has no text alternative: give the image an alt text")
		}
	case "H1", "H2", "H3", "H4", "H5", "H6":
		c.headings = append(c.headings, int(s[1]-'0'))
	case "TR":
		if parent != "Table" && parent != "THead" && parent != "TBody" && parent != "TFoot" {
			c.report("a table row stands outside a table")
		}
		if in != nil {
			in.rows++
		}
	case "TH", "TD":
		if parent != "TR" || in == nil {
			c.report("a table cell stands outside a row")
			return
		}
		if s == "TH" {
			in.headers++
			for _, a := range c.file.list(e["A"]) {
				if d, ok := c.file.dict(a); ok && d["Scope"] != nil {
					in.directed++
				}
			}
		}
	case "LI":
		if parent != "L" {
			c.report("a list item stands outside a list")
		}
	}
}

func (c *checker) checkHeadings() {
	last := 0
	for _, h := range c.headings {
		if h > last+1 {
			c.report("a heading of level %d follows one of level %d: headings must not skip a level", h, last)
		}
		last = h
	}
}

// checkPages walks the page tree: links need a description and a place in the structure, and the tab key must follow the structure.
func (c *checker) checkPages(v any, depth int) {
	node, ok := c.file.dict(v)
	if !ok || depth > 32 || !c.first(v) {
		return
	}
	if node["Type"] == pdfName("Pages") {
		for _, kid := range c.file.list(node["Kids"]) {
			c.checkPages(kid, depth+1)
		}
		return
	}
	notes := c.file.list(node["Annots"])
	if len(notes) > 0 && node["Tabs"] != pdfName("S") {
		c.report("on a page with links the tab key does not follow the reading order")
	}
	for _, n := range notes {
		a, ok := c.file.dict(n)
		if !ok || a["Subtype"] != pdfName("Link") {
			continue
		}
		if _, ok := a["StructParent"].(float64); !ok {
			c.report("a link is missing from the structure tree")
		}
		if strings.TrimSpace(c.file.text(a["Contents"])) == "" {
			c.report("a link has no description")
		}
	}
}

func (c *checker) checkFont(o pdfObject) {
	d, ok := o.value.(pdfDict)
	if !ok || d["Type"] != pdfName("FontDescriptor") {
		return
	}
	if d["FontFile"] == nil && d["FontFile2"] == nil && d["FontFile3"] == nil {
		c.report("the font %v is not embedded", d["FontName"])
	}
}

// standardTypes are the structure types of ISO 32000-1, 14.8.4.
var standardTypes = func() map[pdfName]bool {
	m := map[pdfName]bool{}
	for _, s := range strings.Fields(`Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6
		L LI Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT RP Warichu WT WP
		Figure Formula Form`) {
		m[pdfName(s)] = true
	}
	return m
}()
