// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// What moderation decides about.
const (
	ContributionSubject = "contribution"
	CommentSubject      = "comment"
)

// DecisionKind is what moderation decided.
type DecisionKind string

// The decisions.
const (
	LetThrough DecisionKind = "publish"  // durchgelassen
	AskChange  DecisionKind = "change"   // um Änderung gebeten: not shown until the author changed it
	HideIt     DecisionKind = "hide"     // verborgen, with the rule it broke
	Redact     DecisionKind = "redact"   // personal data of others made unreadable, then shown
	HandOver   DecisionKind = "handover" // danger to a child: not shown, handed to the youth office
	KeepIt     DecisionKind = "keep"     // a report was unfounded
	Restore    DecisionKind = "restore"  // an objection was right
)

// DecisionKinds lists what a moderator chooses from.
func DecisionKinds() []DecisionKind {
	return []DecisionKind{LetThrough, AskChange, HideIt, Redact, HandOver, KeepIt}
}

// Decision is one step of moderation. Decisions are added and never changed.
type Decision struct {
	ID           kernel.ID
	Subject      kernel.Ref
	Contribution kernel.ID
	Process      string
	Kind         DecisionKind
	Rule         int    // of the rules of conduct, 0: none named
	Conduct      int    // their version
	Message      string // to the author
	Note         string // for colleagues
	Pieces       int    // passages made unreadable
	Automatic    bool   // by the town's rule for authors in good standing
	Waited       int    // minutes since it began to wait
	At           kernel.Instant
	By           kernel.ID
}

// Appealable tells whether the author may object.
func (d Decision) Appealable() bool {
	return d.Kind == HideIt || d.Kind == AskChange || d.Kind == Redact
}

// Appeal is an author's objection to a decision.
type Appeal struct {
	Decision kernel.ID
	Reason   string
	Received kernel.Instant
	Reversed bool
	Answer   string
	Decided  kernel.Instant // zero: open
	By       kernel.ID
}

// Ruling is what a moderator decides.
type Ruling struct {
	Kind    DecisionKind
	Rule    int
	Message string
	Note    string
	Pieces  []string // passages to make unreadable
	Told    string   // of a handover: which office was told how
	Seen    int      // Contribution.Edit the moderator saw
}

// HouseRules is what a town wants of moderation and answers.
type HouseRules struct {
	// Trusted lets later contributions of an account appear at once, when After earlier ones were let through and none was hidden in the last
	// year.
	Trusted bool `json:"trusted,omitempty"`
	After   int  `json:"after,omitempty"`
	// YouthOffice is the mailbox that is told when a text points to danger to a child.
	YouthOffice string `json:"youthOffice,omitempty"`
	// Second says which answers need a second person.
	Second SecondRule `json:"second,omitempty"`
	// PlainRequired: no answer without Leichte Sprache; otherwise it is flagged as owed.
	PlainRequired bool   `json:"plainRequired,omitempty"`
	Leadership    string `json:"leadership,omitempty"` // mailbox of the weekly list
	Office        string `json:"office,omitempty"`     // that answers where no rule and no process names one
	Edit          int    `json:"-"`
}

// SecondRule says which answers another person than the writer releases.
type SecondRule string

// The rules for a second person.
const (
	SecondRefusals SecondRule = ""       // for "wird nicht umgesetzt"
	SecondAlways   SecondRule = "always" // for every answer
	SecondNever    SecondRule = "never"
)

// Post is the town's mail; notice.Service is it.
type Post interface {
	Send(ctx context.Context, m notice.Message) error
	News(ctx context.Context, tenant kernel.ID, topic, ref string, title kernel.Text, path string) error
	Follow(ctx context.Context, tenant kernel.ID, to notice.Recipient, w notice.Wish, f notice.Frequency, consent string) error
}

// People finds the addresses of accounts; app supplies it.
type People interface {
	// Reader gives the address of an account; ok is false for one that has none or was ended.
	Reader(ctx context.Context, tenant, account kernel.ID) (to notice.Recipient, ok bool, err error)
	// Staff lists who may do the action in the town or in one of the contexts.
	Staff(ctx context.Context, tenant kernel.ID, do access.Action, within []access.Context) ([]notice.Recipient, error)
}

// Moderation decides what is shown. Nothing of a guest, and no first contribution of an account, is public before somebody let it through.
type Moderation struct {
	Contributions *Service
	Store         ModerationStore
	Tx            Tx
	Trail         access.Trail
	Post          Post   // nil: nobody is told
	People        People // nil: nobody is told
	Now           func() time.Time
}

// ModerationStore keeps decisions, objections, reports, cases and rules of conduct. contributiondb implements it.
type ModerationStore interface {
	// Conduct gives a version of the rules of conduct, -1 the newest; NotFound "moderation.conduct.notfound".
	Conduct(ctx context.Context, tenant kernel.ID, version int) (Conduct, error)
	AddConduct(ctx context.Context, tenant kernel.ID, c Conduct) error
	// HouseRules gives the town's rules, zero ones where it has set none; SaveHouseRules is a Conflict "moderation.rules.changed" on another Edit.
	HouseRules(ctx context.Context, tenant kernel.ID) (HouseRules, error)
	SaveHouseRules(ctx context.Context, tenant kernel.ID, r HouseRules) error

	AddDecision(ctx context.Context, tenant kernel.ID, d Decision) error
	// Decision finds one; NotFound "moderation.notfound".
	Decision(ctx context.Context, tenant, id kernel.ID) (Decision, error)
	// Decisions lists those of a contribution and its comments, oldest first.
	Decisions(ctx context.Context, tenant, contribution kernel.ID) ([]Decision, error)
	// LastDecisions gives the latest decision of each subject.
	LastDecisions(ctx context.Context, tenant kernel.ID, subjects []kernel.ID) (map[kernel.ID]Decision, error)
	// Standing counts contributions of an account that were let through, and decisions that hid something of it since a moment.
	Standing(ctx context.Context, tenant, account kernel.ID, since kernel.Instant) (through, hidden int, err error)

	// AddAppeal is a Conflict "moderation.appeal.there" when there is one.
	AddAppeal(ctx context.Context, tenant kernel.ID, a Appeal) error
	// Appeal gives the objection to a decision; NotFound "moderation.appeal.notfound".
	Appeal(ctx context.Context, tenant, decision kernel.ID) (Appeal, error)
	// OpenAppeals lists objections nobody decided, oldest first.
	OpenAppeals(ctx context.Context, tenant kernel.ID) ([]Appeal, error)
	// SettleAppeal decides one; Conflict "moderation.appeal.decided" when it is.
	SettleAppeal(ctx context.Context, tenant kernel.ID, a Appeal) error

	AddReport(ctx context.Context, tenant kernel.ID, r Report) error
	// OpenReports lists reports nobody settled, oldest first.
	OpenReports(ctx context.Context, tenant kernel.ID, limit int) ([]Report, error)
	// Settle settles the open reports of a subject.
	Settle(ctx context.Context, tenant kernel.ID, subject kernel.Ref, outcome ReportOutcome, by kernel.ID, at kernel.Instant) error
	// AlarmReports marks open reports from before a moment nobody was told of, and gives them.
	AlarmReports(ctx context.Context, tenant kernel.ID, before, at kernel.Instant) ([]Report, error)

	AddCase(ctx context.Context, tenant kernel.ID, c Case) error
	Cases(ctx context.Context, tenant kernel.ID, limit int) ([]Case, error)
	// CloseCase closes an open one; Conflict "moderation.case.closed" when it is.
	CloseCase(ctx context.Context, tenant kernel.ID, c Case) error

	// Numbers counts decisions, reports and objections of a time.
	Numbers(ctx context.Context, tenant kernel.ID, from, to kernel.Instant) (Numbers, error)
}

func (m *Moderation) now() kernel.Instant {
	if m.Now != nil {
		return kernel.InstantOf(m.Now())
	}
	return kernel.InstantOf(time.Now())
}

func (m *Moderation) touch(ctx context.Context, tenant kernel.ID) error {
	return m.Contributions.touch(ctx, tenant)
}

// HouseRules gives the town's rules to its staff.
func (m *Moderation) HouseRules(ctx context.Context, tenant kernel.ID) (HouseRules, error) {
	return m.Store.HouseRules(ctx, tenant)
}

// SaveHouseRules changes them.
func (m *Moderation) SaveHouseRules(ctx context.Context, by access.Actor, r HouseRules) error {
	if err := access.CheckTenant(by, access.Publish); err != nil {
		return err
	}
	f := map[string]string{}
	r.YouthOffice, r.Leadership, r.Office = tidy(r.YouthOffice, false), tidy(r.Leadership, false), tidy(r.Office, false)
	for name, s := range map[string]string{"jugendamt": r.YouthOffice, "leitung": r.Leadership} {
		if s != "" && !mailbox(s) {
			f[name] = "mail.address"
		}
	}
	if r.After < 0 || r.After > 100 {
		f["nach"] = "moderation.rules.after"
	}
	if !slices.Contains([]SecondRule{SecondRefusals, SecondAlways, SecondNever}, r.Second) {
		f["zweite"] = "moderation.rules.second"
	}
	if err := invalid(f); err != nil {
		return err
	}
	return m.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := m.Store.SaveHouseRules(ctx, by.Tenant, r); err != nil {
			return err
		}
		return access.Record(ctx, m.Trail, by, access.Act{Do: access.Publish, What: "moderation.rules", Object: kernel.Ref{Kind: "voice_rules"}})
	})
}

// trustSince is how long something hidden keeps an account from being trusted.
const trustSince = 365 * 24 * time.Hour

// trusted tells whether what an account sends may appear at once by the town's rule.
func (m *Moderation) trusted(ctx context.Context, by access.Actor) (bool, error) {
	if by.Person == "" || by.Has(access.YoungPerson) {
		return false, nil
	}
	r, err := m.Store.HouseRules(ctx, by.Tenant)
	if err != nil || !r.Trusted {
		return false, err
	}
	through, hidden, err := m.Store.Standing(ctx, by.Tenant, by.Person, kernel.InstantOf(m.now().Add(-trustSince)))
	return err == nil && hidden == 0 && through >= max(r.After, 1), err
}

// Begin says in which state a new contribution starts; it is Service.Begin. What points to danger, bears links or data of people waits in any
// case.
func (m *Moderation) Begin(ctx context.Context, by access.Actor, c Contribution) (State, error) {
	ok, err := m.trusted(ctx, by)
	if err != nil || !ok || c.Channel != Platform || len(Hints(c.Title+"\n"+c.Text)) > 0 {
		return Received, err
	}
	return Published, nil
}

// BeginComment is Begin for comments; it is Service.BeginComment.
func (m *Moderation) BeginComment(ctx context.Context, by access.Actor, _ Contribution, k Comment) (State, error) {
	ok, err := m.trusted(ctx, by)
	if err != nil || !ok || len(Hints(k.Text)) > 0 {
		return Received, err
	}
	return Published, nil
}

// Submitted notes what appeared at once, by the town's rule or because a moderator wrote it down; it is one of Service.Told.
func (m *Moderation) Submitted(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error {
	if what != Submitted || c.State != Published || c.Channel == Import || c.EnteredBy != "" {
		return nil
	}
	return m.Store.AddDecision(ctx, tenant, Decision{
		ID: kernel.NewID(), Subject: c.Ref(), Contribution: c.ID, Process: c.Process, Kind: LetThrough, Automatic: true, At: c.Received,
	})
}

// Time is the moment by the program's clock, for pages.
func (m *Moderation) Time() kernel.Instant { return m.now() }
