// SPDX-License-Identifier: EUPL-1.2

// Package manuscript reads texts as working groups write them (Word, OpenDocument, Markdown) and writes them out again: paragraphs, headings and
// lists, and nothing else.
//
// Invariants: what is read is bounded in size, depth and number whatever the file says of itself; nothing outside of the file is ever asked for; a
// macro is never looked at; what is left out is named.
package manuscript

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what a block is.
type Kind string

// The kinds of blocks.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	Item      Kind = "item"
)

// Block is a paragraph, a heading of level 1 to 4, or a list item of level 1 to 3.
type Block struct {
	Kind  Kind
	Level int
	Text  string
}

// Manuscript is what a file says.
type Manuscript struct {
	Blocks []Block
	// Findings name what was left out: pictures, tables as such, tracked changes, macros.
	Findings []kernel.Finding
}

// Bounds of what is read.
const (
	MostBytes  = 20 << 20 // of a file
	mostPart   = 16 << 20 // of one part, unpacked
	mostParts  = 4000     // in a file
	mostBlocks = 2000
	mostText   = 8000 // signs of a block
	mostDepth  = 200  // of elements
)

func refuse(code string, kv ...any) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "vision.file.refused", Findings: []kernel.Finding{{Code: code, Outcome: kernel.RefuseFile, Params: kernel.Params(kv...)}}}
}

// Read reads a file by what it is, not by its name. It fails with Invalid and a finding that says why.
func Read(name string, data []byte) (Manuscript, error) {
	switch {
	case len(data) > MostBytes:
		return Manuscript{}, refuse("vision.file.large", "n", MostBytes>>20)
	case len(bytes.TrimSpace(data)) == 0:
		return Manuscript{}, refuse("vision.file.empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readZip(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")), bytes.HasPrefix(data, []byte("{\\rtf")), bytes.HasPrefix(data, []byte("%PDF")):
		return Manuscript{}, refuse("vision.file.old")
	}
	if ext := strings.ToLower(path.Ext(name)); ext != ".md" && ext != ".markdown" && ext != ".txt" && ext != "" {
		return Manuscript{}, refuse("vision.file.kind")
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		data = data[3:]
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return Manuscript{}, refuse("vision.file.coding")
	}
	return ReadMarkdown(string(data))
}

// readZip opens a packed file and finds out which of the two kinds it is.
func readZip(data []byte) (Manuscript, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return Manuscript{}, refuse("vision.file.damaged")
	}
	if len(z.File) > mostParts {
		return Manuscript{}, refuse("vision.file.bomb")
	}
	parts := map[string]*zip.File{}
	macros, external := false, false
	for _, f := range z.File {
		if parts[f.Name] != nil { // two parts of one name: readers disagree which one counts
			return Manuscript{}, refuse("vision.file.damaged")
		}
		parts[f.Name] = f
		lower := strings.ToLower(f.Name)
		macros = macros || strings.Contains(lower, "vbaproject") || strings.HasPrefix(lower, "basic/") || strings.HasPrefix(lower, "scripts/")
	}
	var m Manuscript
	switch {
	case parts["word/document.xml"] != nil:
		var styles map[string]Block
		if styles, err = docxStyles(parts["word/styles.xml"]); err != nil {
			return m, err
		}
		if external, err = pointsOutside(parts["word/_rels/document.xml.rels"]); err != nil {
			return m, err
		}
		m, err = readDOCX(parts["word/document.xml"], styles)
	case parts["content.xml"] != nil:
		m, err = readODT(parts["content.xml"])
	default:
		return m, refuse("vision.file.kind")
	}
	if err != nil {
		return m, err
	}
	if macros {
		m.note("vision.file.macros")
	}
	if external {
		m.note("vision.file.external")
	}
	if len(m.Blocks) == 0 {
		return m, refuse("vision.file.empty")
	}
	return m, nil
}

// note says once what was left out.
func (m *Manuscript) note(code string) {
	for _, f := range m.Findings {
		if f.Code == code {
			return
		}
	}
	m.Findings = append(m.Findings, kernel.Finding{Code: code, Outcome: kernel.Warn})
}

var errTooMuch = errors.New("more than the bounds allow")

// add takes a block, within the bounds.
func (m *Manuscript) add(b Block) error {
	b.Text = tidy(b.Text)
	if b.Text == "" {
		return nil
	}
	if len(m.Blocks) >= mostBlocks {
		return refuse("vision.file.long", "n", mostBlocks)
	}
	if utf8.RuneCountInString(b.Text) > mostText {
		return refuse("vision.file.paragraph", "n", mostText)
	}
	switch b.Kind {
	case Heading:
		b.Level = min(max(b.Level, 1), 4)
	case Item:
		b.Level = min(max(b.Level, 1), 3)
	default:
		b.Kind, b.Level = Paragraph, 0
	}
	m.Blocks = append(m.Blocks, b)
	return nil
}

// tidy leaves words with one blank between them: no control signs, none that turn the direction of writing, no soft hyphens.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u00a0', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == '\u00ad', r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// openPart gives the elements of a part. A document type is refused: it can name other files and entities that grow without end.
type part struct {
	*xml.Decoder
	depth int
	close func() error
}

func openPart(f *zip.File) (*part, error) {
	r, err := f.Open()
	if err != nil {
		return nil, refuse("vision.file.damaged")
	}
	d := xml.NewDecoder(&bounded{r: r, left: mostPart})
	d.Strict = true
	d.Entity = map[string]string{}
	return &part{Decoder: d, close: r.Close}, nil
}

// next gives the next element, its end or characters; nil at the end of the part.
func (p *part) next() (xml.Token, error) {
	t, err := p.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case errors.Is(err, errTooMuch):
		return nil, refuse("vision.file.bomb")
	case err != nil:
		return nil, refuse("vision.file.damaged")
	}
	switch t.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > mostDepth {
			return nil, refuse("vision.file.bomb")
		}
	case xml.EndElement:
		p.depth--
	case xml.Directive:
		return nil, refuse("vision.file.doctype")
	}
	return t, nil
}

// bounded reads up to a number of bytes and fails where there is more.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// pointsOutside tells whether a document refers to files elsewhere, which are never fetched.
func pointsOutside(f *zip.File) (bool, error) {
	if f == nil {
		return false, nil
	}
	p, err := openPart(f)
	if err != nil {
		return false, err
	}
	defer p.close() //nolint:errcheck // read only
	for {
		t, err := p.next()
		if err != nil || t == nil {
			return false, err
		}
		if e, ok := t.(xml.StartElement); ok && strings.EqualFold(attr(e, "TargetMode"), "External") && !strings.HasSuffix(attr(e, "Type"), "/hyperlink") {
			return true, nil
		}
	}
}
