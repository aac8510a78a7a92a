// SPDX-License-Identifier: EUPL-1.2

// Package participation holds the town's participation processes (Beteiligungsprozesse): what is decided, who can take part and how, in which
// phases and with which modules, what was promised, and whether the minimum standards were kept.
//
// Invariants: a phase does not own what people contribute, it only says what is possible now; a process that promised answers cannot be closed
// while one is missing; a standard is waived only with a reason, and the result is public.
package participation

import (
	"slices"
	"strings"

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

// Second says which answers of a process need another person than their writer.
type Second string

// The rules for a second person; the town may ask for more.
const (
	SecondAsTown   Second = ""
	SecondRefusals Second = "refusals" // for "wird nicht umgesetzt"
	SecondAlways   Second = "always"
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
	ID      kernel.ID   `json:"-"`
	Key     string      `json:"-"` // of its address, /beteiligung/{key}; fixed once published
	Title   kernel.Text `json:"title,omitempty"`
	Teaser  kernel.Text `json:"teaser,omitempty"`  // some 170 characters
	Body    kernel.Text `json:"body,omitempty"`    // Markdown
	Decided kernel.Text `json:"decided,omitempty"` // Was wird entschieden?
	Who     kernel.Text `json:"who,omitempty"`     // Wer kann mitmachen?
	How     kernel.Text `json:"how,omitempty"`     // Wie wird entschieden?
	Scope   kernel.Text `json:"scope,omitempty"`   // Spielraum
	Limits  kernel.Text `json:"limits,omitempty"`  // Grenzen
	Level   Level       `json:"level,omitempty"`
	// LevelReason says why this level and not another.
	LevelReason kernel.Text    `json:"levelReason,omitempty"`
	Reach       Reach          `json:"reach,omitempty"`
	State       State          `json:"-"`
	Areas       []string       `json:"areas,omitempty"` // "quartier/0101"; empty: the whole town
	Topics      []string       `json:"topics,omitempty"`
	Youth       bool           `json:"youth,omitempty"` // meant for children and young people
	Contact     kernel.Text    `json:"contact,omitempty"`
	Place       kernel.Text    `json:"place,omitempty"`       // where it happens beside the platform
	Office      string         `json:"-"`                     // key of the office in charge
	Entry       kernel.Ref     `json:"entry,omitzero"`        // the Vorhaben it belongs to; zero: none
	Sign        kernel.Text    `json:"sign,omitempty"`        // address of the sign-language video
	Privacy     kernel.Text    `json:"privacy,omitempty"`     // what happens to the data of those who take part
	Access      kernel.Text    `json:"access,omitempty"`      // accessibility and languages: what is offered and whom to ask
	AnswerDays  int            `json:"answerDays,omitempty"`  // promise: an answer within so many days of the contribution; 0: none
	Second      Second         `json:"second,omitempty"`      // which answers need another person than their writer, beside what the town asks for
	BudgetCents int64          `json:"budgetCents,omitempty"` // of the process itself
	Hours       float64        `json:"hours,omitempty"`       // of staff, planned
	Standard    string         `json:"standard,omitempty"`    // key of the set of minimum standards
	Concept     Concept        `json:"concept,omitzero"`
	Phases      []Phase        `json:"phases,omitempty"`  // in order
	Modules     []Module       `json:"modules,omitempty"` // in order
	Documents   []Document     `json:"documents,omitempty"`
	Template    bool           `json:"-"` // a template others are made from, never public
	Edit        int            `json:"-"` // counts edits, for conflict detection
	CreatedAt   kernel.Instant `json:"-"`
	ChangedAt   kernel.Instant `json:"-"`
	PublishedAt kernel.Instant `json:"-"`
	ClosedAt    kernel.Instant `json:"-"`
}

// Document is a paper of a process: a file, or an address where it lies.
type Document struct {
	ID    kernel.ID   `json:"id"`
	Title kernel.Text `json:"title"`
	Link  string      `json:"link,omitempty"`
	SHA   string      `json:"sha,omitempty"` // of the file
	Name  string      `json:"name,omitempty"`
	Type  string      `json:"type,omitempty"`
	Size  int64       `json:"size,omitempty"`
}

// Concept is the participation concept with its seven parts (domain.md 5.4).
type Concept struct {
	Object      kernel.Text `json:"object,omitempty"`      // 1 object, goals, frame
	Responsible kernel.Text `json:"responsible,omitempty"` // 2 responsible person, roles, moderation, contact
	Groups      kernel.Text `json:"groups,omitempty"`      // 3 target groups, how each is reached, barriers and remedies
	Course      kernel.Text `json:"course,omitempty"`      // 4 phases, methods, dates, places, documents
	Results     kernel.Text `json:"results,omitempty"`     // 5 treatment of results: who weighs, deadline, feedback
	Evaluation  kernel.Text `json:"evaluation,omitempty"`  // 6 criteria, forms, who
	Resources   kernel.Text `json:"resources,omitempty"`   // 7 time frame and budget
	ApprovedBy  string      `json:"approvedBy,omitempty"`  // body that approved it; empty: not approved
	ApprovedOn  kernel.Date `json:"approvedOn,omitempty"`
	// ChangedOn is the day it was last changed; after ApprovedOn the approval no longer covers it.
	ChangedOn kernel.Date `json:"changedOn,omitempty"`
}

// Parts lists the seven parts in order.
func (c Concept) Parts() []kernel.Text {
	return []kernel.Text{c.Object, c.Responsible, c.Groups, c.Course, c.Results, c.Evaluation, c.Resources}
}

// Written counts the parts that say something.
func (c Concept) Written() int {
	n := 0
	for _, t := range c.Parts() {
		if said(t) {
			n++
		}
	}
	return n
}

// Approved tells whether a body approved the concept as it is.
func (c Concept) Approved() bool { return c.ApprovedBy != "" && c.ApprovedOn >= c.ChangedOn }

// said tells whether a text says something in any language.
func said(t kernel.Text) bool {
	for _, s := range t {
		if strings.TrimFunc(s, kernel.Blank) != "" {
			return true
		}
	}
	return false
}

// Phase is a part of the time of a process. Phases switch by themselves: which one is on follows from the clock.
type Phase struct {
	ID    kernel.ID      `json:"id"`
	Kind  PhaseKind      `json:"kind"`
	Title kernel.Text    `json:"title,omitempty"`
	Text  kernel.Text    `json:"text,omitempty"`
	From  kernel.Instant `json:"from,omitzero"`
	To    kernel.Instant `json:"to,omitzero"` // when it is over; zero: open at that end
}

// At tells whether the phase is on.
func (p Phase) At(now kernel.Instant) bool {
	return (p.From.IsZero() || !now.Before(p.From.Time)) && (p.To.IsZero() || now.Before(p.To.Time))
}

// Module is one way of taking part within a process.
type Module struct {
	ID    kernel.ID   `json:"id"`
	Key   string      `json:"key"` // within the process, of its address /beteiligung/{process}/{module}
	Kind  ModuleKind  `json:"kind"`
	Title kernel.Text `json:"title,omitempty"`
	Text  kernel.Text `json:"text,omitempty"`
	Ref   kernel.Ref  `json:"ref,omitzero"` // what it shows where that lives elsewhere: a text, a round
	// Open says what is possible in which phase; a phase that is not there has the default of its kind.
	Open map[kernel.ID][]access.Action `json:"open,omitempty"`
	// Categories contributions are sorted into; empty: none asked for.
	Categories []string `json:"categories,omitempty"`
	// PlaceRequired asks for a point, line or area on the map.
	PlaceRequired bool `json:"placeRequired,omitempty"`
	// GroupSupport lets a school class or youth club support with its group code, as one voice.
	GroupSupport bool `json:"groupSupport,omitempty"`
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
		Locked: p.State == Archived, Members: p.Reach == SemiOpen || p.Reach == Members,
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
