// SPDX-License-Identifier: EUPL-1.2

// Package participation holds the town's participation processes (Beteiligungsprozesse): what is decided, who can take part and how, in which
// phases and with which modules, what was promised, and whether the minimum standards were kept.
//
// Invariants: a phase does not own what people contribute, it only says what is possible now; a process that promised answers cannot be closed
// while one is missing; a standard is waived only with a reason, and the result is public.
package participation

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// State is where a process stands (design/participation.md 8.2).
type State string

// The states of a process.
const (
	Draft      State = "draft"      // Entwurf
	Ready      State = "ready"      // bereit: the standards check is green or waived with a reason
	Running    State = "running"    // läuft
	Evaluation State = "evaluation" // Auswertung
	Feedback   State = "feedback"   // Rückmeldung
	Closed     State = "closed"     // abgeschlossen
	Archived   State = "archived"   // archiviert
)

// Level is the level of participation (Art der Beteiligung).
type Level string

// The levels, the weakest first.
const (
	Information  Level = "information"  // Information
	Consultation Level = "consultation" // Mitwirkung
	Codecision   Level = "codecision"   // Mitentscheidung
	Decision     Level = "decision"     // Entscheidung
)

// Reach is who may read and take part.
type Reach string

// The kinds of access to a process.
const (
	Open     Reach = "open"     // öffentlich
	SemiOpen Reach = "semiopen" // halböffentlich: everybody reads, members take part
	Members  Reach = "members"  // geschlossen: members only
)

// PhaseKind is what a phase is for.
type PhaseKind string

// The kinds of phases.
const (
	Presentation   PhaseKind = "presentation"   // Vorstellung
	Inventory      PhaseKind = "inventory"      // Bestandsaufnahme
	Ideas          PhaseKind = "ideas"          // Ideen
	Discussion     PhaseKind = "discussion"     // Diskussion
	Prioritising   PhaseKind = "prioritising"   // Priorisierung
	Assessment     PhaseKind = "assessment"     // Auswertung
	Resolution     PhaseKind = "resolution"     // Beschluss
	Implementation PhaseKind = "implementation" // Umsetzung
)

// ModuleKind is a way of taking part (Baustein).
type ModuleKind string

// The kinds of modules.
const (
	IdeasModule    ModuleKind = "ideas"     // Ideen
	MapModule      ModuleKind = "map"       // Karte: contributions with a place
	QuestionModule ModuleKind = "questions" // Fragen
	TextModule     ModuleKind = "text"      // Textarbeit: a text of package vision
	RankingModule  ModuleKind = "ranking"   // Priorisierung: a round of package vote
	BudgetModule   ModuleKind = "budget"    // Bürgerbudget: a round of package vote
	SurveyModule   ModuleKind = "survey"    // Umfrage
	BoardModule    ModuleKind = "board"     // Pinnwand: posts of package event
	EventModule    ModuleKind = "event"     // Veranstaltung
)

// Process is a participation process.
type Process struct {
	ID      kernel.ID
	Key     string // of its address, /beteiligung/{key}
	Title   kernel.Text
	Teaser  kernel.Text // some 170 characters
	Body    kernel.Text // Markdown
	Decided kernel.Text // Was wird entschieden?
	Who     kernel.Text // Wer kann mitmachen?
	How     kernel.Text // Wie wird entschieden?
	Scope   kernel.Text // Spielraum
	Limits  kernel.Text // Grenzen
	Level   Level
	// LevelReason says why this level and not another.
	LevelReason kernel.Text
	Reach       Reach
	State       State
	Areas       []string // "quartier/0101"; empty: the whole town
	Topics      []string
	Contact     kernel.Text
	Office      string     // key of the office in charge
	Entry       kernel.Ref // the Vorhaben it belongs to; zero: none
	Sign        kernel.Text
	AnswerDays  int     // promise: an answer within so many days of the contribution; 0: none
	BudgetCents int64   // of the process itself
	Hours       float64 // of staff, planned
	Standard    string  // key of the set of minimum standards
	Concept     Concept
	Phases      []Phase  // in order
	Modules     []Module // in order
	Template    bool     // a template others are made from, never public
	Edit        int      // counts edits, for conflict detection
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
	PublishedAt kernel.Instant
	ClosedAt    kernel.Instant
}

// Concept is the participation concept with its seven parts (domain.md 5.4).
type Concept struct {
	Object      kernel.Text // 1 object, goals, frame
	Responsible kernel.Text // 2 responsible person, roles, moderation, contact
	Groups      kernel.Text // 3 target groups, how each is reached, barriers and remedies
	Course      kernel.Text // 4 phases, methods, dates, places, documents
	Results     kernel.Text // 5 treatment of results: who weighs, deadline, feedback
	Evaluation  kernel.Text // 6 criteria, forms, who
	Resources   kernel.Text // 7 time frame and budget
	ApprovedBy  string      // body that approved it; empty: not approved
	ApprovedOn  kernel.Date
}

// Phase is a part of the time of a process. Phases switch by themselves: which one is on follows from the clock.
type Phase struct {
	ID       kernel.ID
	Kind     PhaseKind
	Title    kernel.Text
	Text     kernel.Text
	From, To kernel.Instant // To is when it is over; zero: open at that end
}

// At tells whether the phase is on.
func (p Phase) At(now kernel.Instant) bool {
	return (p.From.IsZero() || !now.Before(p.From.Time)) && (p.To.IsZero() || now.Before(p.To.Time))
}

// Module is one way of taking part within a process.
type Module struct {
	ID    kernel.ID
	Key   string // within the process, of its address /beteiligung/{process}/{module}
	Kind  ModuleKind
	Title kernel.Text
	Text  kernel.Text
	Ref   kernel.Ref // what it shows where that lives elsewhere: a text, a round
	// Open says what is possible in which phase; a phase that is not there has the default of its kind.
	Open map[kernel.ID][]access.Action
	// Categories contributions are sorted into; empty: none asked for.
	Categories []string
	// PlaceRequired asks for a point, line or area on the map.
	PlaceRequired bool
}

// usual is what a phase permits in a module unless the process says otherwise.
var usual = map[PhaseKind][]access.Action{
	Presentation:   {access.Report},
	Inventory:      {access.Contribute, access.Support, access.Report, access.RecordContribution},
	Ideas:          {access.Contribute, access.Support, access.Report, access.RecordContribution},
	Discussion:     {access.Contribute, access.Support, access.Report, access.RecordContribution},
	Prioritising:   {access.Support, access.Report, access.Vote, access.VoteByCode},
	Assessment:     {access.Report},
	Resolution:     {access.Report},
	Implementation: {access.Report},
}

// Usual lists what a phase of the kind permits unless the process says otherwise.
func Usual(k PhaseKind) []access.Action { return slices.Clone(usual[k]) }

// Phase gives the phase that is on, and its place from 1; ok is false between phases.
func (p Process) Phase(now kernel.Instant) (x Phase, n int, ok bool) {
	for i, x := range p.Phases {
		if x.At(now) {
			return x, i + 1, true
		}
	}
	return Phase{}, 0, false
}

// Module finds a module by its key.
func (p Process) Module(key string) (Module, bool) {
	i := slices.IndexFunc(p.Modules, func(m Module) bool { return m.Key == key })
	if i < 0 {
		return Module{}, false
	}
	return p.Modules[i], true
}

// staff is what the people in charge do at any time; a phase governs what people outside do.
var staff = []access.Action{
	access.Moderate, access.DraftAnswer, access.ReleaseAnswer, access.EditProcess, access.Publish, access.LinkThread, access.ProposeLink,
}

// Object is the process as the permission function knows it: who may see it, and what the phase that is on at now permits in the module (the
// zero Module: in any of its modules). Everything that hangs on a process is judged through it.
func (p Process) Object(tenant kernel.ID, m Module, now kernel.Instant) access.Object {
	o := access.Object{
		Tenant: tenant, Visibility: access.Public, Within: []access.Context{{Kind: access.InProcess, Key: p.Key}}, Phase: slices.Clone(staff),
		Locked: p.State == Archived,
	}
	if p.Office != "" {
		o.Within = append(o.Within, access.Context{Kind: access.InOffice, Key: p.Office})
	}
	for _, a := range p.Areas {
		o.Within = append(o.Within, access.Context{Kind: access.InArea, Key: a})
	}
	if p.State == Draft || p.State == Ready || p.Template || p.Reach == Members {
		o.Visibility = access.Internal
	}
	x, _, ok := p.Phase(now)
	if !ok || p.State != Running {
		return o
	}
	if open, set := m.Open[x.ID]; set {
		o.Phase = append(o.Phase, open...)
	} else {
		o.Phase = append(o.Phase, usual[x.Kind]...)
	}
	return o
}
