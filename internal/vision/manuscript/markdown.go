// SPDX-License-Identifier: EUPL-1.2

package manuscript

import (
	"regexp"
	"strings"
)

var (
	mdItem    = regexp.MustCompile(`^( *)(?:[-*+•–]|\d{1,3}[.)])\s+(.*)$`)
	mdHeading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
	mdLink    = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	mdMarks   = regexp.MustCompile("\\*\\*|__|`")
	mdSlanted = regexp.MustCompile(`(^|[\s(„“"])[*_](\S(?:[^*_]*\S)?)[*_]([\s).,;:!?”“"]|$)`)
)

// ReadMarkdown reads headings, paragraphs and lists. Emphasis and links become plain words.
func ReadMarkdown(s string) (Manuscript, error) {
	var m Manuscript
	var b Block
	flush := func() error {
		err := m.add(b)
		b = Block{}
		return err
	}
	fenced := false
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.ReplaceAll(line, "\t", "    ")
		plain := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(plain, "```"):
			fenced = !fenced
			continue
		case fenced:
			b.Text += " " + plain
			continue
		}
		next, starts := Block{}, false
		if x := mdHeading.FindStringSubmatch(plain); x != nil {
			next, starts = Block{Kind: Heading, Level: len(x[1]), Text: x[2]}, true
		} else if x := mdItem.FindStringSubmatch(line); x != nil {
			next, starts = Block{Kind: Item, Level: len(x[1])/2 + 1, Text: x[2]}, true
		}
		switch {
		case starts || plain == "" || strings.Trim(plain, "-*_ ") == "" && len(plain) > 2:
			if err := flush(); err != nil {
				return m, err
			}
			if b = next; b.Kind == Heading {
				b.Text = bare(b.Text)
				if err := flush(); err != nil {
					return m, err
				}
			} else {
				b.Text = bare(b.Text)
			}
		default:
			b.Text += " " + bare(strings.TrimLeft(plain, "> "))
		}
	}
	if err := flush(); err != nil {
		return m, err
	}
	if len(m.Blocks) == 0 {
		return m, refuse("vision.file.empty")
	}
	return m, nil
}

// bare takes the marks of Markdown off words.
func bare(s string) string {
	if mdLink.MatchString(s) {
		s = mdLink.ReplaceAllString(s, "$1")
	}
	s = mdMarks.ReplaceAllString(s, "")
	return mdSlanted.ReplaceAllString(s, "$1$2$3")
}

// Markdown writes blocks so that ReadMarkdown reads the same again.
func Markdown(blocks []Block) string {
	var b strings.Builder
	for i, x := range blocks {
		if i > 0 {
			b.WriteByte('\n')
			if x.Kind != Item || blocks[i-1].Kind != Item {
				b.WriteByte('\n')
			}
		}
		switch x.Kind {
		case Heading:
			b.WriteString(strings.Repeat("#", min(max(x.Level, 1), 4)) + " ")
		case Item:
			b.WriteString(strings.Repeat("  ", max(x.Level, 1)-1) + "- ")
		}
		b.WriteString(x.Text)
	}
	return b.String() + "\n"
}
