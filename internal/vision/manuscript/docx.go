// SPDX-License-Identifier: EUPL-1.2

package manuscript

import (
	"archive/zip"
	"encoding/xml"
	"strconv"
	"strings"
)

// contents is a line of a table of contents, which the program makes itself.
const contents Kind = "contents"

// docxStyles gives what paragraphs of each style are: headings by their outline level or the name Word gives them in every language, lists by
// their numbering. A style takes after the one it is based on.
func docxStyles(f *zip.File) (map[string]Block, error) {
	out := map[string]Block{}
	if f == nil {
		return out, nil
	}
	p, err := openPart(f)
	if err != nil {
		return nil, err
	}
	defer p.close() //nolint:errcheck // read only
	base := map[string]string{}
	id := ""
	for {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		if t == nil {
			break
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		b := out[id]
		switch e.Name.Local {
		case "style":
			id = attr(e, "styleId")
			if len(out) > 5000 {
				return nil, refuse("vision.file.bomb")
			}
			continue
		case "name":
			if level, ok := headingName(attr(e, "val")); ok {
				b = Block{Kind: Heading, Level: level}
			} else if strings.HasPrefix(strings.ToLower(attr(e, "val")), "toc ") {
				b = Block{Kind: contents}
			} else if strings.HasPrefix(strings.ToLower(attr(e, "val")), "list") {
				b = Block{Kind: Item, Level: 1}
			}
		case "basedOn":
			base[id] = attr(e, "val")
		case "outlineLvl":
			if n, err := strconv.Atoi(attr(e, "val")); err == nil && n >= 0 && n < 9 {
				b = Block{Kind: Heading, Level: n + 1}
			}
		case "numId":
			if b.Kind == "" && attr(e, "val") != "0" {
				b = Block{Kind: Item, Level: 1}
			}
		default:
			continue
		}
		if id != "" && b.Kind != "" {
			out[id] = b
		}
	}
	for id := range base {
		at := id
		for range 20 { // a chain of styles, or a circle
			if b, ok := out[at]; ok {
				out[id] = b
				break
			}
			if at = base[at]; at == "" {
				break
			}
		}
	}
	return out, nil
}

// headingName reads the name of a style: "heading 2", "Title".
func headingName(s string) (int, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "title" || s == "titel" {
		return 1, true
	}
	for _, p := range []string{"heading ", "überschrift "} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			n, err := strconv.Atoi(rest)
			return n, err == nil && n > 0 && n < 10
		}
	}
	return 0, false
}

// readDOCX reads the body of a Word document: the text as if all tracked changes were accepted.
func readDOCX(f *zip.File, styles map[string]Block) (Manuscript, error) {
	var m Manuscript
	p, err := openPart(f)
	if err != nil {
		return m, err
	}
	defer p.close() //nolint:errcheck // read only
	var (
		b      Block
		text   strings.Builder
		inside int // paragraphs open, as text boxes put one into another
		skip   int // depth from which everything is left out
		runs   bool
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
			case "p":
				if inside++; inside == 1 {
					b = Block{Kind: Paragraph}
					text.Reset()
				} else {
					text.WriteByte(' ')
				}
			case "pStyle":
				if x, ok := styles[attr(e, "val")]; ok {
					b = x
				}
			case "outlineLvl":
				if n, err := strconv.Atoi(attr(e, "val")); err == nil && n >= 0 && n < 9 {
					b = Block{Kind: Heading, Level: n + 1}
				}
			case "ilvl":
				if n, err := strconv.Atoi(attr(e, "val")); err == nil && b.Kind != Heading {
					b = Block{Kind: Item, Level: n + 1}
				}
			case "numId":
				if b.Kind == Paragraph && attr(e, "val") != "0" {
					b = Block{Kind: Item, Level: 1}
				}
			case "t":
				runs = inside > 0
			case "tab", "br", "cr":
				text.WriteByte(' ')
			case "noBreakHyphen":
				text.WriteByte('-')
			case "del", "moveFrom": // what a tracked change takes away
				m.note("vision.file.tracked")
				skip = p.depth
			case "ins", "moveTo":
				m.note("vision.file.tracked")
			case "drawing", "pict", "object":
				m.note("vision.file.pictures")
				skip = p.depth
			case "tbl":
				m.note("vision.file.tables")
			case "footnoteReference", "endnoteReference":
				m.note("vision.file.notes")
			case "commentReference":
				m.note("vision.file.comments")
			case "instrText", "delText", "Fallback", "pPrChange", "rPrChange": // commands of fields; what was read in another form; what was before
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
			case "t":
				runs = false
			case "p":
				if inside--; inside == 0 {
					if b.Kind == contents {
						continue
					}
					b.Text = text.String()
					if err := m.add(b); err != nil {
						return m, err
					}
				}
			}
		case xml.CharData:
			if runs && skip == 0 {
				text.Write(e)
			}
		}
	}
}
