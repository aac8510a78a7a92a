// SPDX-License-Identifier: EUPL-1.2

// Package report is the social report (Sozialbericht): editions, trees of chapters in Markdown in which live parts stand — figures, maps, charts,
// tables, the index, profiles of every area.
//
// Invariants: every figure comes through the gate for the edition's audience; a frozen edition reads nothing but what was stored when it was
// frozen, so what was published stays, whatever is imported or taken back later; a frozen edition is never changed, a correction is a new edition;
// no part shows a number without saying of what, where, when and from whom.
package report

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Settings are what the live parts of an edition take where they say nothing else.
type Settings struct {
	Language    string          `json:"language"`     // BCP 47 tag the edition is written in
	Level       string          `json:"level"`        // key of the level its areas belong to
	AreaEdition string          `json:"area_edition"` // key of the edition of that level
	Period      kernel.Period   `json:"period"`       // what the figures speak of
	Compare     kernel.Period   `json:"compare"`      // earlier period that changes are measured against; zero: none
	Method      string          `json:"method"`       // of the index; empty: no index
	Run         kernel.ID       `json:"run"`          // a certain run; empty: the newest of the method for the period
	Audience    access.Audience `json:"audience"`     // for whom the figures are cleared
}

// Edition is one social report.
type Edition struct {
	ID        kernel.ID
	Key       string
	Title     kernel.Text
	Settings  Settings
	Version   int // counts edits, for conflict detection
	CreatedAt kernel.Instant
	FrozenAt  kernel.Instant // zero while it can be edited
	FrozenBy  string
}

// Frozen tells whether the edition can no longer be changed.
func (e Edition) Frozen() bool { return !e.FrozenAt.IsZero() }

// Name is the title in the edition's own language.
func (e Edition) Name() string {
	s, _ := e.Title.In(e.Settings.Language)
	return s
}

// object is the edition as permission sees it.
func (e Edition) object(tenant kernel.ID) access.Object {
	return access.Object{Tenant: tenant, Locked: e.Frozen()}
}

// Chapter is a section of an edition with a title of its own.
type Chapter struct {
	ID       kernel.ID
	ParentID kernel.ID // empty at the top
	Position int       // among its siblings, from 1
	Title    string
	Body     string // Markdown with live parts
	Version  int    // counts edits, for conflict detection
}

// Limits that keep a report printable and a request small.
const (
	maxTitle    = 200
	maxBody     = 200_000
	maxChapters = 400
	maxDepth    = 3 // chapter, section, subsection
)

var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`)

// Validate returns an Invalid error naming every field at fault.
func (e Edition) Validate() error {
	f := map[string]string{}
	if !keyPattern.MatchString(e.Key) {
		f["key"] = "report.key.form"
	}
	if strings.TrimSpace(e.Name()) == "" || utf8.RuneCountInString(e.Name()) > maxTitle {
		f["title"] = "report.title.form"
	}
	if e.Settings.Language == "" {
		f["language"] = "report.language.form"
	}
	if e.Settings.Level == "" {
		f["level"] = "report.level.missing"
	}
	if e.Settings.AreaEdition == "" {
		f["area_edition"] = "report.areaedition.missing"
	}
	if e.Settings.Period.IsZero() {
		f["period"] = "report.period.missing"
	}
	if c := e.Settings.Compare; !c.IsZero() && c.To >= e.Settings.Period.To {
		f["compare"] = "report.compare.order"
	}
	switch e.Settings.Audience {
	case access.Public, access.Political, access.Internal:
	default:
		f["audience"] = "report.audience.form"
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: f}
	}
	return nil
}

// Validate returns an Invalid error naming every field at fault.
func (c Chapter) Validate() error {
	f := map[string]string{}
	if t := strings.TrimSpace(c.Title); t == "" || utf8.RuneCountInString(t) > maxTitle || strings.ContainsAny(t, "\r\n") {
		f["title"] = "report.chapter.title.form"
	}
	if len(c.Body) > maxBody || !utf8.ValidString(c.Body) {
		f["body"] = "report.chapter.body.form"
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: f}
	}
	return nil
}

// Node is a chapter with its place in the tree.
type Node struct {
	Chapter
	Number   string // "3.2", as it is printed
	Depth    int    // 0 at the top
	Slug     string // for addresses and jumps inside a document
	Children []*Node
}

// tree orders chapters and numbers them. A chapter whose parent is missing is shown at the top rather than lost.
func tree(list []Chapter) []*Node {
	known := map[kernel.ID]bool{}
	for _, c := range list {
		known[c.ID] = true
	}
	by := map[kernel.ID][]*Node{}
	for _, c := range list { // the store gives them by position
		parent := c.ParentID
		if !known[parent] {
			parent = ""
		}
		by[parent] = append(by[parent], &Node{Chapter: c})
	}
	slugs := map[string]bool{}
	var place func(parent kernel.ID, prefix string, depth, from int) []*Node
	place = func(parent kernel.ID, prefix string, depth, from int) []*Node {
		nodes := by[parent]
		delete(by, parent) // a cycle is walked once
		for i, n := range nodes {
			n.Number, n.Depth = prefix+itoa(from+i), depth
			n.Slug = unique(slug(n.Title), slugs)
			n.Children = place(n.ID, n.Number+".", depth+1, 1)
		}
		return nodes
	}
	// A report begins with its summary, which is chapter 0 (domain.md 5.7).
	return place("", "", 0, 0)
}

// Walk visits every chapter in the order of reading.
func Walk(nodes []*Node, visit func(n *Node) error) error {
	for _, n := range nodes {
		if err := visit(n); err != nil {
			return err
		}
		if err := Walk(n.Children, visit); err != nil {
			return err
		}
	}
	return nil
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// slug makes a title fit for addresses.
func slug(title string) string {
	var b strings.Builder
	for _, r := range umlauts.Replace(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "kapitel"
}

func unique(s string, taken map[string]bool) string {
	name := s
	for n := 2; taken[name]; n++ {
		name = s + "-" + itoa(n)
	}
	taken[name] = true
	return name
}
