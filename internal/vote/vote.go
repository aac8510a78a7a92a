// SPDX-License-Identifier: EUPL-1.2

// Package vote lets people set priorities: rounds of voting (Abstimmungen) by approval, points, ranking or resistance, participatory budgets, on
// the web, with codes from letters, and on paper.
//
// Invariants: what is voted on, how it is counted and when it ends is fixed before the first vote; a voter counts once, and the last vote before
// the end holds; nobody sees an interim result; after the end the keys of voters are deleted with a proof and what remains are ballots in an order
// drawn by lot, from which anybody can repeat the count. It is no secret election and does not claim to be one.
package vote

import (
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// State is where a round stands; whether votes can be cast follows from the clock.
type State string

// The states of a round.
const (
	Draft     State = "draft"     // Entwurf
	Fixed     State = "fixed"     // festgelegt: announced, running or over, but not closed
	Closed    State = "closed"    // ausgezählt: keys deleted, counted, not public yet
	Published State = "published" // Ergebnis veröffentlicht
	Cancelled State = "cancelled" // abgebrochen, with a reason
)

// Stage is where a round stands for people who look at it.
type Stage string

// The stages.
const (
	Preparing Stage = "preparing" // a draft
	Announced Stage = "announced" // begins later
	Running   Stage = "running"
	Counting  Stage = "counting" // over; the result is not public yet
	Done      Stage = "done"
	Ended     Stage = "cancelled"
)

// Eligibility is who may vote.
type Eligibility string

// The kinds of eligibility.
const (
	Open    Eligibility = "open"    // everybody; codes and confirmed accounts are counted apart as verified
	Code    Eligibility = "code"    // with a code from a letter
	Account Eligibility = "account" // residents whose address the town has confirmed
)

// Way is how a ballot came, as results tell them apart.
type Way string

// The ways.
const (
	Verified   Way = "verified"
	Unverified Way = "unverified"
	Paper      Way = "paper"
	FromFile   Way = "imported" // from a file of another election
)

// Ways lists them in the order of results.
func Ways() []Way { return []Way{Verified, Unverified, Paper, FromFile} }

// Winner is how a ranking finds its winner.
type Winner string

// The ways to count a ranking.
const (
	Borda     Winner = "borda"
	Plurality Winner = "plurality"
	Runoff    Winner = "runoff"
)

// Round is a round of voting.
type Round struct {
	ID          kernel.ID
	Key         string // of its address, /abstimmung/{key}
	Process     string // key; empty: of no process
	Module      string // key within the process
	Title       kernel.Text
	Text        kernel.Text
	Rules       ballot.Rules
	Budget      int64 // in cents; 0: no budget is decided
	Rule        ballot.Rule
	Winner      Winner // of a ranking without a budget
	Winners     int    // how many are chosen where no budget is decided; at least 1
	Eligibility Eligibility
	From, To    kernel.Instant
	State       State
	Reason      string // of a cancellation, public
	Source      string // of an import
	Edit        int
	CreatedAt   kernel.Instant
	ClosedAt    kernel.Instant
	PublishedAt kernel.Instant
	Proof       Proof
}

// Proof says what was deleted when the round was closed.
type Proof struct {
	Keys     int64          `json:"keys"`     // keys of voters
	Receipts int64          `json:"receipts"` // kept apart
	Ballots  int64          `json:"ballots"`  // that were counted, paper included
	Hash     string         `json:"hash"`     // SHA-256 of the ballots as they can be downloaded
	At       kernel.Instant `json:"at"`
}

// Option can be voted for.
type Option struct {
	Number       int    // from 0, as ballots name it
	Key          string // as people name it
	Title        kernel.Text
	Text         kernel.Text
	Cost         int64  // in cents
	Contribution string // number of the contribution it was made from
	Picture      string // SHA-256 of a file; empty: none
	Alt          string
	Published    Numbers // of an imported file
}

// Numbers are what an imported file publishes of an option; -1 where it does not.
type Numbers struct {
	Votes    int64 `json:"votes"`
	Score    int64 `json:"score"`
	Selected int   `json:"selected"`
}

// Stage is where the round stands at a moment.
func (r Round) Stage(now kernel.Instant) Stage {
	switch {
	case r.State == Cancelled:
		return Ended
	case r.State == Published:
		return Done
	case r.State == Draft:
		return Preparing
	case r.State == Closed || !now.Before(r.To.Time):
		return Counting
	case now.Before(r.From.Time):
		return Announced
	}
	return Running
}

// Begun tells whether what is voted on can no longer be changed.
func (r Round) Begun(now kernel.Instant) bool {
	return r.State != Draft && !now.Before(r.From.Time)
}

// Public tells whether everybody may see the round.
func (r Round) Public() bool { return r.State != Draft }

// Kind of a round in references and of options in trails.
const Kind = "vote"

// Ref points at the round.
func (r Round) Ref() kernel.Ref { return kernel.Ref{Kind: Kind, ID: r.ID} }

// Place is where permission looks at a round: the process it belongs to, and what its phase permits. app fills it from participation.
type Place struct {
	Object access.Object
	Title  kernel.Text
}

// MostOptions bounds what a ballot can show.
const MostOptions = 500

var keyForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$`)

// check names what is wrong with a round as typed.
func (r Round) check() error {
	f := map[string]string{}
	if !keyForm.MatchString(r.Key) {
		f["key"] = "vote.key.form"
	}
	long(f, "title", r.Title, 200)
	long(f, "text", r.Text, 20_000)
	if r.Title.String() == "" {
		f["title"] = "vote.title.missing"
	}
	switch r.Rules.Method {
	case ballot.Approval, ballot.Points, ballot.Ranking:
	case ballot.Resistance:
		if r.Budget > 0 {
			f["method"] = "vote.resistance.budget"
		}
	default:
		f["method"] = "vote.method.missing"
	}
	if r.Rules.Most < 0 || r.Rules.Most > MostOptions || r.Rules.Least < 0 || r.Rules.Most > 0 && r.Rules.Least > r.Rules.Most {
		f["most"] = "vote.most.form"
	}
	if r.Rules.Stock < 0 || r.Rules.Stock > 1_000_000 || r.Rules.Method == ballot.Points && r.Rules.Stock == 0 && r.State != Closed {
		f["stock"] = "vote.stock.form"
	}
	if r.Rules.Each < 0 || r.Rules.Stock > 0 && r.Rules.Each > r.Rules.Stock {
		f["each"] = "vote.each.form"
	}
	if r.Budget < 0 || r.Budget > 1<<45 {
		f["budget"] = "vote.budget.form"
	}
	if r.Budget > 0 && !r.Rule.Valid() {
		f["counting"] = "vote.counting.missing"
	}
	if r.Winners < 1 || r.Winners > MostOptions {
		f["winners"] = "vote.winners.form"
	}
	if !slices.Contains([]Winner{"", Borda, Plurality, Runoff}, r.Winner) {
		f["winner"] = "vote.winner.form"
	}
	if !slices.Contains([]Eligibility{Open, Code, Account}, r.Eligibility) {
		f["eligibility"] = "vote.eligibility.missing"
	}
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To.Time) {
		f["to"] = "vote.to.before"
	}
	return invalid(f)
}

func long(f map[string]string, name string, t kernel.Text, most int) {
	for _, s := range t {
		if utf8.RuneCountInString(s) > most {
			f[name] = "vote.text.long"
		}
	}
}

func invalid(f map[string]string) error {
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: f}
}

// tidy keeps what can be seen, in one line.
func tidy(s string) string { return kernel.Clean(s, false) }

// tidied is tidy for a text in its languages; of several lines where lines.
func tidied(t kernel.Text, lines bool) kernel.Text {
	out := kernel.Text{}
	for lang, s := range t {
		if s = kernel.Clean(s, lines); s != "" {
			out[lang] = s
		}
	}
	return out
}
