// SPDX-License-Identifier: EUPL-1.2

package manuscript

import (
	"archive/zip"
	"encoding/xml"
	"strconv"
	"strings"
)

// readODT reads the body of an OpenDocument text: the text as if all tracked changes were accepted. Deleted words lie apart in the list of tracked
// changes and are not read.
func readODT(f *zip.File) (Manuscript, error) {
	var m Manuscript
	p, err := openPart(f)
	if err != nil {
		return m, err
	}
	defer p.close() //nolint:errcheck // read only
	var (
		b      Block
		text   strings.Builder
		inside int
		lists  int
		skip   int
		body   bool
	)
	for {
		t, err := p.next()
		if err != nil {
			return m, err
		}
		if t == nil {
			return m, nil
		}
		switch e := t.(type) {
		case xml.StartElement:
			if skip > 0 {
				continue
			}
			switch e.Name.Local {
			case "text":
				body = body || strings.HasSuffix(e.Name.Space, "office:1.0")
			case "tracked-changes":
				m.note("vision.file.tracked")
				skip = p.depth
			case "table-of-content": // the program makes its own
				skip = p.depth
			case "list":
				lists++
			case "p", "h":
				if !body || !strings.HasSuffix(e.Name.Space, "text:1.0") {
					continue
				}
				if inside++; inside > 1 {
					text.WriteByte(' ')
					continue
				}
				text.Reset()
				b = Block{Kind: Paragraph}
				if e.Name.Local == "h" {
					n, _ := strconv.Atoi(attr(e, "outline-level")) // without one it is the first level
					b = Block{Kind: Heading, Level: max(n, 1)}
				} else if lists > 0 {
					b = Block{Kind: Item, Level: lists}
				}
			case "s", "tab", "line-break":
				text.WriteByte(' ')
			case "note":
				m.note("vision.file.notes")
				skip = p.depth
			case "annotation":
				m.note("vision.file.comments")
				skip = p.depth
			case "frame":
				m.note("vision.file.pictures")
				skip = p.depth
			case "table":
				m.note("vision.file.tables")
			case "script", "event-listeners":
				m.note("vision.file.macros")
				skip = p.depth
			}
		case xml.EndElement:
			if skip > 0 {
				if p.depth < skip {
					skip = 0
				}
				continue
			}
			switch e.Name.Local {
			case "list":
				lists--
			case "p", "h":
				if inside == 0 {
					continue
				}
				if inside--; inside == 0 {
					b.Text = text.String()
					if err := m.add(b); err != nil {
						return m, err
					}
				}
			}
		case xml.CharData:
			if inside > 0 && skip == 0 {
				text.Write(e)
			}
		}
	}
}
