// SPDX-License-Identifier: EUPL-1.2

// Package contribution keeps what people say to the town, over every channel, and what the town answered: one Beitrag object for a web form, a
// letter, a call, a workshop wall or a walk through the quarter.
//
// Invariants: the original words never change, everything else is a version; nothing is public before moderation let it through, and an edit
// after that goes back there; merging and splitting keep every author; who wrote something is kept apart from what was written; every
// contribution of a process that promised answers has a date by which it is answered.
package contribution

import (
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Channel is the way a contribution came.
type Channel string

// The channels.
const (
	Platform     Channel = "platform"     // Plattform
	Letter       Channel = "letter"       // Brief
	Mail         Channel = "mail"         // E-Mail
	Phone        Channel = "phone"        // Telefon
	Conversation Channel = "conversation" // Gespräch vor Ort
	Workshop     Channel = "workshop"     // Workshop
	Postcard     Channel = "postcard"     // Postkarte
	Outreach     Channel = "outreach"     // Aufsuchend
	Youth        Channel = "youth"        // Zugang für Kinder und Jugendliche
	Import       Channel = "import"       // Import
)

// State is where a contribution stands with the moderation (hidden states included).
type State string

// The states of moderation.
const (
	Received  State = "received"  // eingegangen
	Checking  State = "checking"  // in Prüfung (Moderation)
	Published State = "published" // veröffentlicht
	Withdrawn State = "withdrawn" // zurückgezogen by its author
	Hidden    State = "hidden"    // verborgen, with the rule it broke
	Merged    State = "merged"    // lives on in another one, with its author
)

// Status is what becomes of a contribution (design/participation.md 8.2); set by answers.
type Status string

// The statuses of the answer.
const (
	Unanswered     Status = ""               // no answer yet
	UnderReview    Status = "under_review"   // wird geprüft
	Adopted        Status = "adopted"        // wird umgesetzt
	PartlyAdopted  Status = "partly_adopted" // teilweise umgesetzt
	Pursued        Status = "pursued"        // wird weiterverfolgt in …
	NotAdopted     Status = "not_adopted"    // wird nicht umgesetzt, with a reason
	NotResponsible Status = "not_responsible"
	Done           Status = "done"      // umgesetzt
	Effective      Status = "effective" // Wirkung sichtbar
)

// Contribution is one thing somebody said.
type Contribution struct {
	ID       kernel.ID
	Number   string // public, "B-2026-00017"; of its address /beitraege/{number}
	Process  string // key of the process; empty: said to the town outside of any
	Module   string // key of the module within the process
	Channel  Channel
	Lang     string // BCP 47 tag of the original
	Original string // as it was said or written, immutable
	Title    string // public
	Text     string // public text; equal to the original until somebody edits it
	Plain    string // Leichte Sprache variant of the public text; empty: none
	Category string
	Topics   []string
	Geometry []byte   // GeoJSON geometry in WGS 84: point, line or polygon; nil: none
	Areas    []string // derived from the geometry, or chosen: "quartier/0101", one for each level
	// Author is the account it belongs to; zero for guests. It is shown to nobody but the author and those who may read personal data.
	Author    kernel.ID
	Pseudonym string // shown; empty: without a name
	State     State
	Status    Status
	Office    string         // that answers
	Due       kernel.Date    // day the answer is promised for; empty: none
	MergedIn  kernel.ID      // the contribution it lives on in
	SplitFrom kernel.ID      // the contribution it is a part of
	Source    string         // of imports: file and row, or the foreign number
	SaidOn    kernel.Date    // day it was said, where that is not the day it was received
	Received  kernel.Instant // when it was entered
	Changed   kernel.Instant
	Published kernel.Instant
	Supports  int // counted
	Comments  int // counted, published ones
	Edit      int // counts edits from 1, for conflict detection: whoever decides names the edit he or she saw
	// EnteredBy is the account of the staff who wrote it down; zero for what people sent themselves.
	EnteredBy kernel.ID
	// Lon, Lat are a place on the geometry, for maps; Placed tells whether there is one.
	Lon, Lat float64
	Placed   bool
}

// Ref points at the contribution.
func (c Contribution) Ref() kernel.Ref { return kernel.Ref{Kind: "contribution", ID: c.ID} }

// Path is its page.
func (c Contribution) Path() string { return "/beitraege/" + c.Number }

// Public tells whether everybody may read it: what the moderation let through, merged with another one or not.
func (c Contribution) Public() bool {
	return c.State == Published || c.State == Merged && !c.Published.IsZero()
}

// groupMark parts the name of a group from the number that makes the source of each of its contributions one of its own.
const groupMark = " · "

// Group is the school class or youth club that spoke with its code; empty: none.
func (c Contribution) Group() string {
	i := strings.LastIndex(c.Source, groupMark)
	if c.Channel != Youth || c.EnteredBy != "" || i < 0 {
		return ""
	}
	return c.Source[:i]
}

// Version is the public text as it was after an edit.
type Version struct {
	Contribution kernel.ID
	Number       int // from 1
	Lang         string
	Title, Text  string
	Author       bool      // changed by the author, not by the town
	By           kernel.ID // account; zero: a guest
	Reason       string
	At           kernel.Instant
}

// FileKind is what a file of a contribution is.
type FileKind string

// The kinds of files.
const (
	Photo FileKind = "photo" // shown with the contribution
	Scan  FileKind = "scan"  // of a letter or card, kept inside
)

// File is a photo or scan.
type File struct {
	ID            kernel.ID
	Contribution  kernel.ID
	Kind          FileKind
	SHA256        string
	Small         string // of a photo's small form
	Type          string // MIME
	Width, Height int
	Bytes         int64
	Alt           string
	At            kernel.Instant
}

// Comment is what somebody answers to a contribution or to another comment.
type Comment struct {
	ID           kernel.ID
	Contribution kernel.ID
	Parent       kernel.ID
	Depth        int
	Author       kernel.ID
	Pseudonym    string
	Official     string // office that speaks; empty: a citizen
	Lang         string
	Text         string
	State        State
	Received     kernel.Instant
	Changed      kernel.Instant
}

// Support is one person's or code's support.
type Support struct {
	Voter   string // keyed hash
	Account kernel.ID
	At      kernel.Instant
}

// Channels lists the channels in the order pages offer them.
func Channels() []Channel {
	return []Channel{Platform, Letter, Mail, Phone, Conversation, Workshop, Postcard, Outreach, Youth, Import}
}

// States lists the states.
func States() []State { return []State{Received, Checking, Published, Hidden, Withdrawn, Merged} }

// Statuses lists the statuses of the answer.
func Statuses() []Status {
	return []Status{Unanswered, UnderReview, Adopted, PartlyAdopted, Pursued, NotAdopted, NotResponsible, Done, Effective}
}

// Stances lists the stances.
func Stances() []Stance { return []Stance{Confirms, Contradicts, Explains, Adds} }

// Stance is how a statement stands to what it is about.
type Stance string

// The stances.
const (
	Confirms    Stance = "confirms"    // bestätigt
	Contradicts Stance = "contradicts" // widerspricht
	Explains    Stance = "explains"    // erklärt
	Adds        Stance = "adds"        // ergänzt
)

// Statement (Teilaussage) is a part of a contribution and what it says of something else: an indicator in an area now, a finding later.
type Statement struct {
	ID           kernel.ID
	Contribution kernel.ID
	From, To     int // of the public text, in runes; equal: the whole
	Quote        string
	Topic        string
	Stance       Stance
	About        kernel.Ref // kind "indicator" with ID "sgb2_rate@quartier/0101", "index", "finding", "goal", "measure"
	At           kernel.Instant
}
