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

// ReportReason is why a reader reports something.
type ReportReason string

// The reasons.
const (
	BreaksRule   ReportReason = "rule"     // breaks a rule of conduct
	NamesPeople  ReportReason = "personal" // tells something of other people
	ChildAtRisk  ReportReason = "child"    // a child may be in danger
	Unlawful     ReportReason = "unlawful"
	Spam         ReportReason = "spam"
	OtherReasons ReportReason = "other"
)

// ReportReasons lists them as the form does.
func ReportReasons() []ReportReason {
	return []ReportReason{BreaksRule, NamesPeople, ChildAtRisk, Unlawful, Spam, OtherReasons}
}

// ReportOutcome is what came of a report.
type ReportOutcome string

// The outcomes; empty is open.
const (
	Acted ReportOutcome = "acted" // something was done
	Kept  ReportOutcome = "kept"  // it was left as it is
)

// Report is a reader's report (Meldung).
type Report struct {
	ID           kernel.ID
	Subject      kernel.Ref
	Contribution kernel.ID
	Process      string
	Reason       ReportReason
	Text         string
	Account      kernel.ID // of the reader, where signed in
	Received     kernel.Instant
	Outcome      ReportOutcome
}

// ReportAlarm is how long a report may wait before the moderation is told.
const ReportAlarm = 24 * time.Hour

// Reported is what the form of a report shows of its subject.
func (m *Moderation) Reported(ctx context.Context, by access.Actor, ref kernel.Ref) (c Contribution, k *Comment, err error) {
	x, err := m.find(ctx, by.Tenant, ref)
	if err != nil {
		return c, nil, err
	}
	if _, err := m.Contributions.readable(ctx, by, x.c); err != nil {
		return c, nil, err
	}
	if !x.public() {
		return c, nil, notFound()
	}
	return x.c, x.comment, nil
}

// Report takes a report of something published from anybody who can read it; the form is guarded.
func (m *Moderation) Report(ctx context.Context, by access.Actor, ref kernel.Ref, reason ReportReason, text string) error {
	if err := access.CheckTenant(by, access.AnonymousWrite); err != nil {
		return err
	}
	c, _, err := m.Reported(ctx, by, ref)
	if err != nil {
		return err
	}
	text = tidy(text, true)
	f := map[string]string{}
	if !slices.Contains(ReportReasons(), reason) {
		f["reason"] = "moderation.report.reason"
	}
	if reason == OtherReasons && text == "" {
		f["text"] = "moderation.report.text"
	}
	if length(text) > 2000 {
		f["text"] = "contribution.text.long"
	}
	if err := invalid(f); err != nil {
		return err
	}
	return m.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := m.Store.AddReport(ctx, by.Tenant, Report{
			ID: kernel.NewID(), Subject: ref, Contribution: c.ID, Process: c.Process, Reason: reason, Text: text, Account: by.Person, Received: m.now(),
		}); err != nil {
			return err
		}
		if reason != ChildAtRisk {
			return nil
		}
		return m.danger(ctx, by.Tenant, c, ref)
	})
}

// Gone settles what readers reported of something its author took back: nobody can decide about it any more. It is Service.Gone.
func (m *Moderation) Gone(ctx context.Context, tenant kernel.ID, what kernel.Ref) error {
	return m.Store.Settle(ctx, tenant, what, Acted, "", m.now())
}

// Watch tells the moderation at once of a text that may point to danger to a child; it is one of Service.Told. The words stay here, and nothing is
// decided by words: a person reads.
func (m *Moderation) Watch(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error {
	if what != Submitted && what != Corrected || c.EnteredBy != "" || !slices.Contains(Hints(c.Title+"\n"+c.Text), DangerHint) {
		return nil
	}
	return m.danger(ctx, tenant, c, c.Ref())
}

// WatchComment is Watch for comments; it is one of Service.Said.
func (m *Moderation) WatchComment(ctx context.Context, tenant kernel.ID, c Contribution, k Comment) error {
	if k.Official != "" || !slices.Contains(Hints(k.Text), DangerHint) {
		return nil
	}
	return m.danger(ctx, tenant, c, kernel.Ref{Kind: CommentSubject, ID: k.ID})
}

// danger writes to those who moderate the process, once for each contribution or comment.
func (m *Moderation) danger(ctx context.Context, tenant kernel.ID, c Contribution, what kernel.Ref) error {
	if m.Post == nil || m.People == nil {
		return nil
	}
	staff, err := m.moderators(ctx, tenant, c.Process)
	if err != nil {
		return err
	}
	path := "/arbeit/moderation/beitrag/"
	if what.Kind == CommentSubject {
		path = "/arbeit/moderation/kommentar/"
	}
	for _, to := range staff {
		err := m.Post.Send(ctx, notice.Message{
			Tenant: tenant, To: to, Kind: "moderation.danger", Event: string(what.ID), Params: map[string]any{"number": c.Number}, Path: path + string(what.ID), Public: true,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moderators are those who moderate a process.
func (m *Moderation) moderators(ctx context.Context, tenant kernel.ID, process string) ([]notice.Recipient, error) {
	var within []access.Context
	if process != "" {
		within = append(within, access.Context{Kind: access.InProcess, Key: process})
	}
	return m.People.Staff(ctx, tenant, access.Moderate, within)
}

// Alarm tells the moderation once of reports that wait for more than a day.
func (m *Moderation) Alarm(ctx context.Context, tenant kernel.ID) error {
	now := m.now()
	return m.Tx.Tx(ctx, func(ctx context.Context) error {
		late, err := m.Store.AlarmReports(ctx, tenant, kernel.InstantOf(now.Add(-ReportAlarm)), now)
		if err != nil || len(late) == 0 || m.Post == nil || m.People == nil {
			return err
		}
		byProcess := map[string]int{}
		for _, r := range late {
			byProcess[r.Process]++
		}
		for process, n := range byProcess {
			staff, err := m.moderators(ctx, tenant, process)
			if err != nil {
				return err
			}
			for _, to := range staff {
				err := m.Post.Send(ctx, notice.Message{
					Tenant: tenant, To: to, Kind: "moderation.late", Event: process + " " + string(late[0].ID), Params: map[string]any{"n": n}, Path: "/arbeit/moderation", Public: true,
				})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Case is a text that points to danger to a child, handed over to the youth office (§ 8a SGB VIII).
type Case struct {
	ID           kernel.ID
	Subject      kernel.Ref
	Contribution kernel.ID
	Grounds      string
	Told         string // which office, how
	Opened       kernel.Instant
	By           kernel.ID
	Outcome      string
	Closed       kernel.Instant // zero: open
	ClosedBy     kernel.ID
}

// openCase notes a handover and tells the youth office's mailbox that there is one; the words stay here.
func (m *Moderation) openCase(ctx context.Context, by access.Actor, x subject, r Ruling) error {
	k := Case{ID: kernel.NewID(), Subject: x.ref(), Contribution: x.c.ID, Grounds: r.Note, Told: r.Told, Opened: m.now(), By: by.Person}
	if err := m.Store.AddCase(ctx, by.Tenant, k); err != nil {
		return err
	}
	if err := access.Record(ctx, m.Trail, by, access.Act{Do: access.Moderate, What: "safeguard.open", Object: x.ref()}); err != nil {
		return err
	}
	rules, err := m.Store.HouseRules(ctx, by.Tenant)
	if err != nil || rules.YouthOffice == "" || m.Post == nil {
		return err
	}
	return m.Post.Send(ctx, notice.Message{
		Tenant: by.Tenant, To: notice.Recipient{Email: rules.YouthOffice, Lang: "de"}, Kind: "moderation.child", Event: string(k.ID), Params: map[string]any{"number": x.c.Number},
		Path: "/arbeit/moderation/kinderschutz",
	})
}

// Cases lists handovers for the moderation of the town, open ones first.
func (m *Moderation) Cases(ctx context.Context, by access.Actor) ([]Case, error) {
	if err := access.CheckTenant(by, access.Moderate); err != nil {
		return nil, err
	}
	return m.Store.Cases(ctx, by.Tenant, 200)
}

// CloseCase notes what came of a handover.
func (m *Moderation) CloseCase(ctx context.Context, by access.Actor, id kernel.ID, outcome string) error {
	if err := access.CheckTenant(by, access.Moderate); err != nil {
		return err
	}
	if outcome = tidy(outcome, true); outcome == "" || length(outcome) > 2000 {
		return invalid(map[string]string{"outcome": "moderation.case.outcome"})
	}
	return m.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := m.Store.CloseCase(ctx, by.Tenant, Case{ID: id, Outcome: outcome, Closed: m.now(), ClosedBy: by.Person}); err != nil {
			return err
		}
		return access.Record(ctx, m.Trail, by, access.Act{Do: access.Moderate, What: "safeguard.close", Object: kernel.Ref{Kind: "safeguard_case", ID: id}})
	})
}

// Numbers is the moderation of a time in figures: what was hidden, by which rule, how often, how long it took, and what objections led to.
type Numbers struct {
	Decisions map[DecisionKind]int
	Automatic int         // let through by the town's rule
	Rules     map[int]int // hidden, by rule
	Hours     float64     // median until the first decision, of what waited
	WithinDay int         // decided within 24 hours, of Waited
	Waited    int         // decisions about something that waited
	Reports   int
	Reasons   map[ReportReason]int
	Acted     int     // reports that led to something
	OpenNow   int     // reports nobody has settled
	SettledIn float64 // median hours
	Appeals   int
	Reversed  int
	Upheld    int
	Passages  int // made unreadable
}

// PublicNumbers gives the moderation report of a time to everybody.
func (m *Moderation) PublicNumbers(ctx context.Context, by access.Actor, from, to kernel.Instant) (Numbers, error) {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return Numbers{}, err
	}
	return m.Store.Numbers(ctx, by.Tenant, from, to)
}
