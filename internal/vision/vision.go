// SPDX-License-Identifier: EUPL-1.2

// Package vision keeps the town's vision and guidelines (Leitbild, Leitlinien): texts in numbered paragraphs that people propose changes to, that
// a body decides on and the council adopts.
//
// Invariants: a paragraph keeps its id through all versions, also when it is split or merged; the words of an amendment never change, and open
// amendments keep nobody from writing: one made against an older wording is carried over word by word or shown as a conflict, never lost; a
// version is written once and can be read for ever at its address.
package vision

import (
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// Measure is how many signs a line of a text has at most; see wording.Lines.
const Measure = 80

// Kind is what a text is.
type Kind string

// The kinds of texts.
const (
	Leitbild   Kind = "vision"     // Leitbild
	Guidelines Kind = "guidelines" // Leitlinien
	Other      Kind = "other"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Leitbild, Guidelines, Other} }

// Text is one text with everything but its words.
type Text struct {
	ID          kernel.ID
	Key         string // of its address, /leitbild/{key}
	Kind        Kind
	Title       kernel.Text
	Lead        kernel.Text
	Process     string // key of the process whose phases say what is possible; empty: Opens and Closes say it
	Module      string
	Team        string         // key of the working group that writes it
	Opens       kernel.Instant // amendments are taken from here; zero: not open
	Closes      kernel.Instant // and up to here; zero: without end
	Headline    Headline
	Amendments  int // the last number given
	Versions    int // the last number given
	Edit        int // counts edits, for conflict detection
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
	PublishedAt kernel.Instant // zero: a draft
}

// Public tells whether everybody may read the text.
func (t Text) Public() bool { return !t.PublishedAt.IsZero() }

// ParagraphKind is what a paragraph is.
type ParagraphKind string

// The kinds of paragraphs.
const (
	Heading ParagraphKind = "heading"
	Body    ParagraphKind = "paragraph"
	Item    ParagraphKind = "item" // of a list
)

// Paragraph is one of a text.
type Paragraph struct {
	ID    kernel.ID     `json:"id"`
	Kind  ParagraphKind `json:"kind"`
	Level int           `json:"level,omitempty"` // 1 to 4 of a heading, 1 to 3 of an item
	Body  kernel.Text   `json:"body"`
	Cites []Cite        `json:"cites,omitempty"`
	// Parent is the paragraph it was split from, at the wording ParentEdit of that one; Into is the one it was merged into, which made that one's
	// wording IntoEdit.
	Parent     kernel.ID `json:"parent,omitempty"`
	ParentEdit int       `json:"-"`
	Into       kernel.ID `json:"-"`
	IntoEdit   int       `json:"-"`

	Place     int            `json:"-"`
	Edit      int            `json:"-"` // number of the wording
	ChangedAt kernel.Instant `json:"-"`
	RemovedAt kernel.Instant `json:"-"` // zero: part of the text

	Number string `json:"-"` // "2.3" of a paragraph, "2" of a chapter; see Numbered
	Line   int    `json:"-"` // the first line, as its reader sees it
}

// Live tells whether the paragraph is part of the text.
func (p Paragraph) Live() bool { return p.RemovedAt.IsZero() }

// Cite is what a paragraph rests on: a finding, a contribution, a figure, a survey item.
type Cite struct {
	Ref   kernel.Ref  `json:"ref"`             // kinds "contribution" (its number), "indicator" ("key@level/area"), "finding", "survey"
	Label string      `json:"label,omitempty"` // as the editors call it
	Value kernel.Text `json:"value,omitempty"` // of a figure, as it was when it was cited
	AsOf  string      `json:"as_of,omitempty"` // the date or period it speaks of
	On    kernel.Date `json:"on,omitempty"`    // when it was cited
}

// CiteKinds lists what can be cited.
func CiteKinds() []string { return []string{"contribution", "indicator", "finding", "survey"} }

// Read gives a text in the language of a reader.
type Read func(t kernel.Text) string

// Numbered gives the live paragraphs with their numbers and first lines as a reader sees them; nil reads German. Everything under a heading,
// paragraphs and headings alike, counts on within it, so that no number is given twice. What stands before the first heading counts as chapter 0;
// where a text has no heading it counts from 1.
func Numbered(list []Paragraph, read Read) []Paragraph {
	if read == nil {
		read = kernel.Text.String
	}
	type section struct {
		level, n int
		number   string
	}
	open := []section{{}}
	if slices.ContainsFunc(list, func(p Paragraph) bool { return p.Live() && p.Kind == Heading }) {
		open = append(open, section{level: 5, number: "0"}) // below every heading: the first one ends it
	}
	out := make([]Paragraph, 0, len(list))
	line := 1
	for _, p := range list {
		if !p.Live() {
			continue
		}
		level := min(max(p.Level, 1), 4)
		for p.Kind == Heading && open[len(open)-1].level >= level {
			open = open[:len(open)-1]
		}
		in := &open[len(open)-1]
		in.n++
		p.Number = strconv.Itoa(in.n)
		if in.number != "" {
			p.Number = in.number + "." + p.Number
		}
		if p.Kind == Heading {
			open = append(open, section{level: level, number: p.Number})
		}
		p.Line = line
		line += len(wording.Lines(read(p.Body), Measure))
		out = append(out, p)
	}
	return out
}

// VersionKind tells versions that were adopted from those that were put up for discussion.
type VersionKind string

// The kinds of versions.
const (
	Draft   VersionKind = "draft"   // Entwurf
	Adopted VersionKind = "adopted" // beschlossen
)

// Version is a text as it was at a time, for ever.
type Version struct {
	Number    int
	Kind      VersionKind
	Title     kernel.Text
	Reason    string // why there is this version
	Body      string // who adopted it
	DecidedOn kernel.Date
	Reference string     // of the resolution, "DS 12/2017"
	Ref       kernel.Ref // the resolution where the program keeps it
	Content   Content    // empty in lists
	Hash      string     // SHA-256 of the content
	At        kernel.Instant
}

// Content is what a version holds.
type Content struct {
	Headline   kernel.Text `json:"headline,omitempty"`
	Lead       kernel.Text `json:"lead,omitempty"`
	Paragraphs []Paragraph `json:"paragraphs"`
}

// Headline is the vote on the text's headline and what came of it.
type Headline struct {
	Text    kernel.Text `json:"text,omitempty"` // that was chosen
	Round   kernel.Ref  `json:"round"`          // the round of the vote; zero where it was held on paper
	Path    string      `json:"path,omitempty"` // page of the round
	Method  string      `json:"method,omitempty"`
	On      kernel.Date `json:"on,omitempty"`
	Options []Option    `json:"options,omitempty"`
}

// Option is a headline people voted on.
type Option struct {
	Text  kernel.Text `json:"text"`
	Votes int         `json:"votes"`
}

// Total counts the votes.
func (h Headline) Total() int {
	n := 0
	for _, o := range h.Options {
		n += o.Votes
	}
	return n
}

// Winner gives the place of the option with most votes; -1 where nobody voted or two are level.
func (h Headline) Winner() int {
	best, at, level := 0, -1, false
	for i, o := range h.Options {
		switch {
		case o.Votes > best:
			best, at, level = o.Votes, i, false
		case o.Votes == best:
			level = true
		}
	}
	if level || best == 0 {
		return -1
	}
	return at
}

// languages lists the languages any of the paragraphs is written in, German first.
func languages(list []Paragraph) []string {
	var out []string
	for _, p := range list {
		for l, s := range p.Body {
			if s != "" && p.Live() && !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	slices.Sort(out)
	if i := slices.Index(out, "de"); i > 0 {
		out = append([]string{"de"}, slices.Delete(out, i, i+1)...)
	}
	return out
}
