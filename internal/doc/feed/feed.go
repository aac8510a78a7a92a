// SPDX-License-Identifier: EUPL-1.2

// Package feed writes Atom feeds (RFC 4287), by which a local paper or a neighbourhood site takes the town's news over without asking.
package feed

import (
	"encoding/xml"
	"io"
	"strings"
	"time"
	"unicode"
)

// Feed is a list of entries, the youngest first.
type Feed struct {
	ID       string // address that never changes
	Title    string
	Subtitle string
	Lang     string
	Self     string // address of the feed
	Page     string // address of the page that shows the same
	Author   string
	Updated  time.Time
	Entries  []Entry
}

// Entry is one piece of news.
type Entry struct {
	ID         string // never changes: "urn:uuid:…"
	Title      string
	Summary    string // plain text
	Page       string
	Published  time.Time
	Updated    time.Time
	Categories []string
}

type document struct {
	XMLName  xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Lang     string   `xml:"xml:lang,attr,omitempty"`
	ID       string   `xml:"id"`
	Title    string   `xml:"title"`
	Subtitle string   `xml:"subtitle,omitempty"`
	Updated  string   `xml:"updated"`
	Author   author   `xml:"author"`
	Links    []link   `xml:"link"`
	Entries  []entry  `xml:"entry"`
}

type author struct {
	Name string `xml:"name"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type category struct {
	Term string `xml:"term,attr"`
}

type entry struct {
	ID         string     `xml:"id"`
	Title      string     `xml:"title"`
	Updated    string     `xml:"updated"`
	Published  string     `xml:"published,omitempty"`
	Link       link       `xml:"link"`
	Summary    string     `xml:"summary,omitempty"`
	Categories []category `xml:"category"`
}

// Write writes the feed.
func (f Feed) Write(w io.Writer) error {
	d := document{
		Lang: f.Lang, ID: f.ID, Title: clean(f.Title), Subtitle: clean(f.Subtitle), Author: author{clean(f.Author)},
		Links: []link{{"self", "application/atom+xml", f.Self}, {"alternate", "text/html", f.Page}},
	}
	updated := f.Updated
	for _, e := range f.Entries {
		if e.Updated.After(updated) {
			updated = e.Updated
		}
		x := entry{ID: e.ID, Title: clean(e.Title), Updated: moment(e.Updated), Link: link{"alternate", "text/html", e.Page}, Summary: clean(e.Summary)}
		if !e.Published.IsZero() {
			x.Published = moment(e.Published)
		}
		for _, c := range e.Categories {
			x.Categories = append(x.Categories, category{clean(c)})
		}
		d.Entries = append(d.Entries, x)
	}
	d.Updated = moment(updated)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(d)
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clean drops what XML 1.0 cannot hold and what turns the direction of writing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == unicode.ReplacementChar, r == '\ufffe', r == '\uffff', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
}
