// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// AnswerState is where an answer stands.
type AnswerState string

// The states of an answer: its newest version is being written, waits for the person who releases it, or is public.
const (
	AnswerDraft    AnswerState = "draft"
	AnswerWaiting  AnswerState = "waiting"
	AnswerReleased AnswerState = "released"
)

// Cause is the category of a reason (Begründungskategorie).
type Cause string

// The causes.
const (
	LawCause      Cause = "law"      // rechtlich nicht möglich
	MoneyCause    Cause = "money"    // nicht finanzierbar
	ScopeCause    Cause = "scope"    // außerhalb des Spielraums
	PlaceCause    Cause = "place"    // Platz, Technik
	PriorityCause Cause = "priority" // anderes ist dringender
	ExistsCause   Cause = "exists"   // gibt es schon
	ConflictCause Cause = "conflict" // widerspricht anderen Zielen oder Beiträgen
	OtherCause    Cause = "other"
)

// Causes lists them as forms do.
func Causes() []Cause {
	return []Cause{LawCause, MoneyCause, ScopeCause, PlaceCause, PriorityCause, ExistsCause, ConflictCause, OtherCause}
}

// Keys of the languages and registers of an answer.
const (
	PlainKey = "de+leicht" // Leichte Sprache
	YouthKey = "de+jung"   // for children and young people, in their words
)

// AnswerVersion is the wording of an answer.
type AnswerVersion struct {
	Number     int
	Status     Status
	Cause      Cause
	Target     string      // pursued in, forwarded to
	Body       kernel.Text // languages; PlainKey, YouthKey
	PlainLater bool        // released without Leichte Sprache, which is still owed
	Written    kernel.Instant
	By         kernel.ID
	Asked      kernel.Instant // for release
	AskedBy    kernel.ID
	Released   kernel.Instant
	ReleasedBy kernel.ID
	Returned   string // why the second person sent it back
}

// Answer (Rückmeldung) is what the town says to one contribution or to several.
type Answer struct {
	ID            kernel.ID
	Process       string
	Office        string // that signs
	State         AnswerState
	Released      int // the version everybody reads, 0: none
	Edit          int
	Created       kernel.Instant
	ReleasedAt    kernel.Instant
	Newest        AnswerVersion
	Public        *AnswerVersion // what everybody reads; nil: nothing yet
	Contributions []kernel.ID
}

// Answered tells whether a status is an answer: that somebody looks into it is none yet.
func Answered(s Status) bool { return s != Unanswered && s != UnderReview }

// Office is an office that answers.
type Office struct {
	Key     string
	Name    kernel.Text
	Mailbox string // of the office; empty: its members are written to
	Edit    int
}

// RouteRule sends contributions to an office; the first one in order that fits does.
type RouteRule struct {
	ID       kernel.ID
	Process  string
	Category string
	Area     string
	Office   string
	Position int
}

// fits tells whether the rule concerns a contribution.
func (r RouteRule) fits(c Contribution) bool {
	return (r.Process == "" || r.Process == c.Process) && (r.Category == "" || r.Category == c.Category) && (r.Area == "" || slices.Contains(c.Areas, r.Area))
}

// Route is a step of a contribution's way through the offices.
type Route struct {
	ID           kernel.ID
	Contribution kernel.ID
	Was, Office  string
	Reason       string
	At           kernel.Instant
	By           kernel.ID // zero: by a rule
}

// Block is a text block (Textbaustein).
type Block struct {
	ID     kernel.ID
	Title  string
	Status Status // it fits; empty: every one
	Office string // whose it is; empty: everybody's
	Body   kernel.Text
	Edit   int
}

// Answers routes contributions to offices and answers them in public.
type Answers struct {
	Contributions *Service
	Moderation    *Moderation
	Store         AnswerStore
	Tx            Tx
	Trail         access.Trail
	Post          Post
	People        People
	// Known names the offices of the town's catalogue that can be given a contribution beside those of the store; nil: none.
	Known func() []Office
	// Unmet counts processes whose minimum standards are not met, for the weekly list; nil: it says nothing of them.
	Unmet func(ctx context.Context, tenant kernel.ID) (int, error)
	Now   func() time.Time
}

// AnswerStore keeps offices, rules, answers and text blocks. contributiondb implements it.
type AnswerStore interface {
	Offices(ctx context.Context, tenant kernel.ID) ([]Office, error)
	// SaveOffice is a Conflict "answer.changed" on another Edit.
	SaveOffice(ctx context.Context, tenant kernel.ID, o Office) error
	RouteRules(ctx context.Context, tenant kernel.ID) ([]RouteRule, error)
	// SaveRouteRules replaces them all.
	SaveRouteRules(ctx context.Context, tenant kernel.ID, list []RouteRule) error
	// Assign gives a contribution to an office and sets the day its answer is due, unless it has one.
	Assign(ctx context.Context, tenant, contribution kernel.ID, office string, due kernel.Date) error
	AddRoute(ctx context.Context, tenant kernel.ID, r Route) error
	Routes(ctx context.Context, tenant, contribution kernel.ID) ([]Route, error)

	// AddAnswer writes an answer with its first version and links.
	AddAnswer(ctx context.Context, tenant kernel.ID, a Answer, by kernel.ID) error
	// Answer finds one with its versions and links; NotFound "answer.notfound".
	Answer(ctx context.Context, tenant, id kernel.ID) (Answer, error)
	// SaveAnswer writes state and newest version, adding the version where it is new; Conflict "answer.changed" on another Edit.
	SaveAnswer(ctx context.Context, tenant kernel.ID, a Answer) error
	Link(ctx context.Context, tenant, answer, contribution, by kernel.ID, at kernel.Instant) error
	// Unlink takes a contribution from an answer that was not released for it.
	Unlink(ctx context.Context, tenant, answer, contribution kernel.ID) error
	// MarkAnswered notes when the contributions of an answer were answered by it, where that is not noted yet.
	MarkAnswered(ctx context.Context, tenant, answer kernel.ID, at kernel.Instant) error
	// PublicAnswers gives the answer each of the contributions has now, by contribution.
	PublicAnswers(ctx context.Context, tenant kernel.ID, contributions []kernel.ID) (map[kernel.ID]Answer, error)
	// OpenAnswers gives answers that are being written, by contribution.
	OpenAnswers(ctx context.Context, tenant kernel.ID, contributions []kernel.ID) (map[kernel.ID]Answer, error)
	// AnswersOf lists the answers a contribution is linked to, oldest first.
	AnswersOf(ctx context.Context, tenant, contribution kernel.ID) ([]Answer, error)
	// AnswersIn lists answers in a state, oldest first; all states and processes where empty.
	AnswersIn(ctx context.Context, tenant kernel.ID, process string, state AnswerState, limit int) ([]Answer, error)
	Versions(ctx context.Context, tenant, answer kernel.ID) ([]AnswerVersion, error)

	// Count counts published contributions of a process (empty: of all) by what became of them.
	Count(ctx context.Context, tenant kernel.ID, process string, today kernel.Date) (Count, error)
	// DueBy lists published contributions without an answer that are due by a day, by office and day.
	DueBy(ctx context.Context, tenant kernel.ID, day kernel.Date) ([]Contribution, error)
	// Told notes that the office was told of a due date; false when it was before.
	Told(ctx context.Context, tenant, contribution kernel.ID, kind string, due kernel.Date, at kernel.Instant) (bool, error)

	Blocks(ctx context.Context, tenant kernel.ID) ([]Block, error)
	SaveBlock(ctx context.Context, tenant kernel.ID, b Block) error
	DeleteBlock(ctx context.Context, tenant, id kernel.ID) error
}

// Count is how far the answers of a process are.
type Count struct {
	All      int // published contributions, those that live on in others left out
	Answered int
	Missing  int
	Overdue  int // missing, and their day is over
	Due      int // contributions with a day that was promised
	InTime   int // of Due: answered by that day
	Judged   int // of Due: answered, or their day is over
	Plain    int // answered without Leichte Sprache
}

// Rate is the share of promised answers that came in time, in percent; ok is false while there is nothing to judge.
func (n Count) Rate() (percent int, ok bool) {
	if n.Judged == 0 {
		return 0, false
	}
	return n.InTime * 100 / n.Judged, true
}

// AnsweredRate is the share of contributions with an answer, in percent.
func (n Count) AnsweredRate() (percent int, ok bool) {
	if n.All == 0 {
		return 0, false
	}
	return n.Answered * 100 / n.All, true
}

func (s *Answers) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

// today is the day in the town.
func (s *Answers) today() kernel.Date {
	return kernel.DayOf(s.now().Time)
}

// Missing tells how many contributions of a process have no answer, and for how many of them the day is over; participation asks before it
// closes a process.
func (s *Answers) Missing(ctx context.Context, tenant kernel.ID, process string) (missing, overdue int, err error) {
	n, err := s.Store.Count(ctx, tenant, process, s.today())
	return n.Missing, n.Overdue, err
}

// Undecided tells how many contributions of a process wait for the moderation; participation asks before it closes a process.
func (s *Answers) Undecided(ctx context.Context, tenant kernel.ID, process string) (int, error) {
	return s.Moderation.Undecided(ctx, tenant, process)
}

// Counted gives the figures of a process to everybody who may read it.
func (s *Answers) Counted(ctx context.Context, tenant kernel.ID, process string) (Count, error) {
	return s.Store.Count(ctx, tenant, process, s.today())
}

// Add counts one published contribution: its status, the day its answer was promised for, when it was answered first, and whether Leichte
// Sprache is still owed.
func (n *Count) Add(st Status, due kernel.Date, first kernel.Instant, plainOwed bool, today kernel.Date) {
	n.All++
	done := Answered(st)
	late := due != "" && due < today
	switch {
	case done:
		n.Answered++
		if plainOwed {
			n.Plain++
		}
	default:
		n.Missing++
		if late {
			n.Overdue++
		}
	}
	if due == "" {
		return
	}
	n.Due++
	if done || late {
		n.Judged++
	}
	if done && !first.IsZero() && kernel.DayOf(first.Time) <= due {
		n.InTime++
	}
}

// Today is the day in the town by the program's clock, for pages.
func (s *Answers) Today() kernel.Date { return s.today() }
