// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"bytes"
	"errors"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Body is a chapter's text, read: blocks of prose and live parts in their order.
type Body struct {
	Source []byte
	Blocks []Block
	Calls  []Call           // every part that could be read, also those inside sentences, in the order of reading
	Faults []kernel.Finding // what could not be read, and what would be lost
	// Top is the smallest heading level used, to which the headings are relative; 0 without headings.
	Top int
}

// Block is a piece of prose or a live part on a line of its own.
type Block struct {
	Node ast.Node // prose
	Call *Call    // live part; nil for prose and where the part could not be read
	Line int
}

// CallNode is a live part inside a sentence.
type CallNode struct {
	ast.BaseInline
	Call  Call
	Error error // why it could not be read
}

// KindCall is the node kind of CallNode.
var KindCall = ast.NewNodeKind("LivePart")

// Kind implements ast.Node.
func (n *CallNode) Kind() ast.NodeKind { return KindCall }

// Dump implements ast.Node.
func (n *CallNode) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"call": n.Call.Key()}, nil)
}

// inlineCalls reads {{…}} inside a line.
type inlineCalls struct{}

func (inlineCalls) Trigger() []byte { return []byte{'{'} }

func (inlineCalls) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if !bytes.HasPrefix(line, []byte("{{")) {
		return nil
	}
	n := &CallNode{}
	end := bytes.Index(line, []byte("}}"))
	if end < 0 {
		n.Error = kernel.E(kernel.Invalid, "report.call.open", "text", shorten(string(bytes.TrimSpace(line))))
		block.Advance(len(bytes.TrimRight(line, "\r\n")))
	} else {
		n.Call, n.Error = ParseCall(string(line[2:end]))
		block.Advance(end + 2)
	}
	n.Call.Line = lineOf(block.Source(), segment.Start)
	return n
}

// shorten keeps sentences about long texts readable.
func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func lineOf(source []byte, offset int) int {
	return bytes.Count(source[:min(offset, len(source))], []byte{'\n'}) + 1
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(inlineCalls{}, 50))),
)

// ParseBody reads a chapter. It never fails: what cannot be read is listed in Faults with its line.
func ParseBody(body string) Body {
	// A byte-order mark, line ends of other systems and characters no font has would only disturb.
	source := []byte(strings.Map(printable, strings.ReplaceAll(strings.TrimPrefix(body, "\ufeff"), "\r\n", "\n")))
	b := Body{Source: source}
	root := markdown.Parser().Parse(text.NewReader(source))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		b.block(n)
	}
	b.headings(root)
	return b
}

// printable drops control characters and the private use area.
func printable(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == '\r':
		return '\n'
	case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0xe000 && r <= 0xf8ff || r >= 0xf0000 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		return -1
	}
	return r
}

func (b *Body) fault(line int, outcome kernel.Outcome, err error) {
	f := kernel.Finding{Code: "report.part.failed", Outcome: outcome, Row: line}
	var k *kernel.Error
	if errors.As(err, &k) {
		f.Code, f.Params = k.Key, k.Params
	}
	b.Faults = append(b.Faults, f)
}

func (b *Body) block(n ast.Node) {
	line := b.line(n)
	if f, ok := n.(*ast.FencedCodeBlock); ok {
		if call, isCall, err := b.fenced(f); isCall {
			call.Line = line
			b.part(n, call, err, line)
			return
		}
	}
	if p, ok := n.(*ast.Paragraph); ok {
		if only, ok := p.FirstChild().(*CallNode); ok && p.ChildCount() == 1 && (only.Error != nil || !only.Call.Kind.Inline()) {
			b.part(n, only.Call, only.Error, only.Call.Line)
			return
		}
	}
	b.Blocks = append(b.Blocks, Block{Node: n, Line: line})
	b.inside(n)
}

func (b *Body) part(n ast.Node, call Call, err error, line int) {
	if err != nil {
		b.fault(line, kernel.RefuseFile, err)
		b.Blocks = append(b.Blocks, Block{Node: n, Line: line})
		return
	}
	b.Calls = append(b.Calls, call)
	b.Blocks = append(b.Blocks, Block{Call: &call, Line: line})
}

// inside collects the parts within prose and names what would not be printed.
func (b *Body) inside(root ast.Node) {
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *CallNode:
			switch {
			case n.Error != nil:
				b.fault(n.Call.Line, kernel.RefuseFile, n.Error)
			case !n.Call.Kind.Inline():
				n.Error = kernel.E(kernel.Invalid, "report.call.inline", "part", n.Call.Kind.Name())
				b.fault(n.Call.Line, kernel.RefuseFile, n.Error)
			default:
				b.Calls = append(b.Calls, n.Call)
			}
		case *ast.RawHTML, *ast.HTMLBlock:
			b.fault(b.line(n), kernel.Warn, kernel.E(kernel.Invalid, "report.html"))
		case *ast.Image:
			b.fault(b.line(n), kernel.Warn, kernel.E(kernel.Invalid, "report.image", "text", shorten(string(n.Destination))))
		case *ast.Link:
			if !SafeLink(string(n.Destination)) {
				b.fault(b.line(n), kernel.Warn, kernel.E(kernel.Invalid, "report.link", "text", shorten(string(n.Destination))))
			}
		}
		return ast.WalkContinue, nil
	})
}

// SafeLink tells the addresses a report may lead to.
func SafeLink(to string) bool {
	l := strings.ToLower(to)
	return strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "mailto:")
}

// fenced reads a part written as a fenced block: the kind after the fence, one parameter or more a line.
func (b *Body) fenced(f *ast.FencedCodeBlock) (call Call, isCall bool, err error) {
	if f.Info == nil {
		return Call{}, false, nil
	}
	info := string(f.Info.Segment.Value(b.Source))
	word, _, _ := strings.Cut(strings.TrimSpace(info), " ")
	if _, ok := kindOf(word); !ok {
		return Call{}, false, nil
	}
	var s strings.Builder
	s.WriteString(info)
	for i := range f.Lines().Len() {
		seg := f.Lines().At(i)
		s.WriteString("\n" + strings.TrimSpace(string(seg.Value(b.Source))))
	}
	call, err = ParseCall(s.String())
	if err == nil && call.Kind.Inline() {
		err = kernel.E(kernel.Invalid, "report.call.block", "part", call.Kind.Name())
	}
	return call, true, err
}

// line finds where a node begins: block nodes know their lines, inline nodes ask their parents.
func (b *Body) line(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info != nil {
			return lineOf(b.Source, f.Info.Segment.Start)
		}
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return lineOf(b.Source, n.Lines().At(0).Start)
		}
		if first := n.FirstChild(); n.Type() == ast.TypeBlock && first != nil {
			if l := b.first(first); l > 0 {
				return l
			}
		}
	}
	return 1
}

func (b *Body) first(n ast.Node) int {
	if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
		return lineOf(b.Source, n.Lines().At(0).Start)
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if l := b.first(c); l > 0 {
			return l
		}
	}
	return 0
}

// headings finds the level headings are relative to, and refuses jumps: who listens to a report moves by its headings.
func (b *Body) headings(root ast.Node) {
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && (b.Top == 0 || h.Level < b.Top) {
			b.Top = h.Level
		}
	}
	last := b.Top - 1
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			continue
		}
		if h.Level > last+1 {
			b.fault(b.line(h), kernel.RefuseFile, kernel.E(kernel.Invalid, "report.heading.jump", "level", h.Level-b.Top+1, "before", last-b.Top+1))
		}
		if h.Level-b.Top >= maxHeadings {
			b.fault(b.line(h), kernel.RefuseFile, kernel.E(kernel.Invalid, "report.heading.deep", "most", maxHeadings))
		}
		last = h.Level
	}
}

// maxHeadings are the levels of headings inside a chapter: with title, chapter, section and subsection they fill the six of HTML.
const maxHeadings = 2
