// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// AmendmentKind is what an amendment wants.
type AmendmentKind string

// The kinds of amendments.
const (
	Replace   AmendmentKind = "replace"   // Ersetzen
	Insert    AmendmentKind = "insert"    // Einfügen, behind a paragraph
	Delete    AmendmentKind = "delete"    // Streichen
	Editorial AmendmentKind = "editorial" // Redaktionell: spelling, grammar, no other sense
)

// AmendmentKinds lists them.
func AmendmentKinds() []AmendmentKind { return []AmendmentKind{Replace, Insert, Delete, Editorial} }

// State is where an amendment stands (design/participation.md 8.2).
type State string

// The states of an amendment.
const (
	Submitted   State = "submitted"   // eingereicht: seen by the moderation only
	Admitted    State = "admitted"    // zulässig
	Recommended State = "recommended" // empfohlen
	Discouraged State = "discouraged" // nicht empfohlen
	Accepted    State = "accepted"    // übernommen
	Modified    State = "modified"    // geändert übernommen
	Rejected    State = "rejected"    // abgelehnt
	Settled     State = "settled"     // erledigt
	Hidden      State = "hidden"      // verborgen, with the rule it broke
	Withdrawn   State = "withdrawn"   // zurückgezogen by its author
)

// States lists them in their order.
func States() []State {
	return []State{Submitted, Admitted, Recommended, Discouraged, Accepted, Modified, Rejected, Settled, Hidden, Withdrawn}
}

// Public tells whether everybody may read an amendment of the state.
func (s State) Public() bool { return s != Submitted && s != Hidden && s != Withdrawn }

// Open tells whether it waits for a decision.
func (s State) Open() bool {
	return s == Submitted || s == Admitted || s == Recommended || s == Discouraged
}

// Decided tells whether a body has decided on it.
func (s State) Decided() bool {
	return s == Accepted || s == Modified || s == Rejected || s == Settled
}

// Decisions lists what can be decided.
func Decisions() []State { return []State{Accepted, Modified, Rejected, Settled} }

// next lists where a state can lead. Who may lead there is said by the service.
var next = map[State][]State{
	Submitted:   {Admitted, Hidden, Withdrawn},
	Admitted:    {Recommended, Discouraged, Accepted, Modified, Rejected, Settled, Hidden, Withdrawn},
	Recommended: {Discouraged, Accepted, Modified, Rejected, Settled, Hidden, Withdrawn},
	Discouraged: {Recommended, Accepted, Modified, Rejected, Settled, Hidden, Withdrawn},
	Accepted:    {Modified, Rejected, Settled}, // as long as it is not part of the text
	Modified:    {Accepted, Modified, Rejected, Settled},
	Rejected:    {Accepted, Modified, Settled},
	Settled:     {Accepted, Modified, Rejected},
	Hidden:      {Admitted}, // an appeal was right
}

// May tells whether an amendment can go from one state to another.
func (s State) May(to State) bool { return slices.Contains(next[s], to) }

// Amendment is what somebody wants changed. Its words are those of its author and are never changed.
type Amendment struct {
	ID               kernel.ID
	Number           int       // within the text
	Paragraph        kernel.ID // empty: insert at the begin
	BaseEdit         int       // the wording it was made against
	Kind             AmendmentKind
	Lang             string
	LineFrom, LineTo int    // the lines it is about; 0: the whole paragraph
	Base             string // the wording it was made against
	Want             string // the wording wanted; empty for Delete
	Reason           string
	Account          kernel.ID // of its author; zero for guests
	Pseudonym        string    // shown; empty: without a name
	Team             string    // key of the working group that submitted it
	State            State
	Rule             string // key of the rule a hidden one broke
	Advice           string // "accept", "reject"; empty: none yet
	AdviceReason     string
	Outcome          string // wording that was decided where it is not the one proposed (Modified)
	OutcomeBase      string // wording that was read then
	Decision         string // reason
	Decider          string // body that decided
	DecidedOn        kernel.Date
	Applied          kernel.Instant // made part of the text; zero: not yet
	Supports         int
	Edit             int
	CreatedAt        kernel.Instant
	ChangedAt        kernel.Instant
}

// Taken tells whether a body decided to make the amendment part of the text.
func (a Amendment) Taken() bool { return a.State == Accepted || a.State == Modified }

// Waits tells whether it is still to be made part of the text.
func (a Amendment) Waits() bool { return a.Taken() && a.Applied.IsZero() }

// Rules are the rules a hidden amendment can have broken, as the catalogue names them (vision.rule.<key>).
func Rules() []string {
	return []string{"insult", "law", "private", "advertising", "offtopic", "twice"}
}
