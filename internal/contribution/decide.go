// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// subject is what moderation decides about: a contribution, or a comment of it.
type subject struct {
	c       Contribution
	comment *Comment
}

func (x subject) ref() kernel.Ref {
	if x.comment != nil {
		return kernel.Ref{Kind: CommentSubject, ID: x.comment.ID}
	}
	return x.c.Ref()
}

func (x subject) author() kernel.ID {
	if x.comment != nil {
		return x.comment.Author
	}
	return x.c.Author
}

func (x subject) state() State {
	if x.comment != nil {
		return x.comment.State
	}
	return x.c.State
}

// public tells whether everybody can read it.
func (x subject) public() bool {
	if x.comment != nil {
		return x.comment.State == Published
	}
	return x.c.Public()
}

// since is when it began to wait.
func (x subject) since() kernel.Instant {
	if x.comment != nil {
		return x.comment.Changed
	}
	return x.c.Changed
}

// find loads a subject; NotFound where there is none.
func (m *Moderation) find(ctx context.Context, tenant kernel.ID, ref kernel.Ref) (x subject, err error) {
	id := ref.ID
	switch ref.Kind {
	case CommentSubject:
		k, err := m.Contributions.Store.Comment(ctx, tenant, ref.ID)
		if err != nil {
			return x, err
		}
		x.comment, id = &k, k.Contribution
	case ContributionSubject:
	default:
		return x, notFound()
	}
	x.c, err = m.Contributions.Store.Contribution(ctx, tenant, id)
	return x, err
}

// may checks the right to moderate; nobody moderates what he or she wrote.
func (m *Moderation) may(ctx context.Context, by access.Actor, x subject) error {
	if err := m.Contributions.may(ctx, by, access.Moderate, x.c); err != nil {
		return err
	}
	if by.Person != "" && by.Person == x.author() {
		return kernel.E(kernel.Conflict, "moderation.own")
	}
	return nil
}

// turn changes the subject's state.
func (m *Moderation) turn(ctx context.Context, tenant kernel.ID, x subject, to State) error {
	if x.comment != nil {
		_, err := m.Contributions.TurnComment(ctx, tenant, x.comment.ID, to)
		if err != nil {
			return err
		}
		return m.touch(ctx, tenant)
	}
	_, err := m.Contributions.turn(ctx, tenant, x.c, to)
	return err
}

// check names what a ruling lacks.
func (r *Ruling) check(x subject, rules Conduct) error {
	r.Message, r.Note, r.Told = tidy(r.Message, true), tidy(r.Note, true), tidy(r.Told, false)
	f := map[string]string{}
	switch r.Kind {
	case LetThrough, KeepIt:
	case AskChange:
		if r.Message == "" {
			f["message"] = "moderation.message.missing"
		}
		if x.author() == "" && x.comment != nil {
			f["kind"] = "moderation.change.comment"
		}
	case HideIt:
		if _, ok := rules.Rule(r.Rule); !ok {
			f["rule"] = "moderation.rule.missing"
		}
		if r.Message == "" {
			f["message"] = "moderation.message.missing"
		}
	case Redact:
		var pieces []string
		for _, p := range r.Pieces {
			if p = tidy(p, false); p != "" {
				pieces = append(pieces, p)
			}
		}
		r.Pieces = pieces
		if len(pieces) == 0 {
			f["pieces"] = "moderation.pieces.missing"
		}
		for _, p := range pieces {
			if !strings.Contains(x.text(), p) {
				f["pieces"] = "moderation.pieces.unknown"
			}
		}
	case HandOver:
		if r.Note == "" {
			f["note"] = "moderation.grounds.missing"
		}
		if r.Told == "" {
			f["told"] = "moderation.told.missing"
		}
	default:
		f["kind"] = "moderation.kind.missing"
	}
	if _, ok := rules.Rule(r.Rule); r.Rule != 0 && !ok {
		f["rule"] = "moderation.rule.missing"
	}
	for name, s := range map[string]string{"message": r.Message, "note": r.Note, "told": r.Told} {
		if length(s) > 3000 {
			f[name] = "contribution.text.long"
		}
	}
	return invalid(f)
}

func (x subject) text() string {
	if x.comment != nil {
		return x.comment.Text
	}
	return x.c.Title + "\n" + x.c.Text
}

// struck is what stands where a passage was.
const struck = "[entfernt]"

func strike(s string, pieces []string) (out string, n int) {
	for _, p := range pieces {
		n += strings.Count(s, p)
		s = strings.ReplaceAll(s, p, struck)
	}
	return s, n
}

// Decide decides about a contribution or comment, tells its author, and settles what readers reported of it.
func (m *Moderation) Decide(ctx context.Context, by access.Actor, ref kernel.Ref, r Ruling) (d Decision, err error) {
	x, err := m.find(ctx, by.Tenant, ref)
	if err != nil {
		return d, err
	}
	if err := m.may(ctx, by, x); err != nil {
		return d, err
	}
	rules, err := m.Conduct(ctx, by.Tenant)
	if err != nil {
		return d, err
	}
	if err := r.check(x, rules); err != nil {
		return d, err
	}
	switch st := x.state(); {
	case st == Withdrawn || st == Merged && (r.Kind == LetThrough || r.Kind == AskChange):
		return d, kernel.E(kernel.Conflict, "contribution.over")
	case r.Seen != 0 && x.comment == nil && r.Seen != x.c.Edit:
		return d, kernel.E(kernel.Conflict, "contribution.edited")
	case r.Kind == KeepIt && !x.public():
		return d, invalid(map[string]string{"kind": "moderation.kind.missing"})
	}
	d = Decision{
		ID: kernel.NewID(), Subject: x.ref(), Contribution: x.c.ID, Process: x.c.Process, Kind: r.Kind, Rule: r.Rule, Conduct: rules.Version, Message: r.Message, Note: r.Note, By: by.Person,
	}
	return d, m.Tx.Tx(ctx, func(ctx context.Context) error {
		now, err := m.find(ctx, by.Tenant, ref) // once more, where nobody can come between
		if err != nil {
			return err
		}
		if now.state() != x.state() || x.comment == nil && now.c.Edit != x.c.Edit {
			return kernel.E(kernel.Conflict, "contribution.edited")
		}
		if err := m.carryOut(ctx, by, &d, x, r); err != nil {
			return err
		}
		d.At = m.now()
		d.Waited = max(0, int(d.At.Sub(x.since().Time)/time.Minute))
		if x.public() { // nothing waited but what readers reported
			d.Waited = 0
		}
		if err := m.Store.AddDecision(ctx, by.Tenant, d); err != nil {
			return err
		}
		outcome := Acted
		if r.Kind == KeepIt || r.Kind == LetThrough {
			outcome = Kept
		}
		if err := m.Store.Settle(ctx, by.Tenant, d.Subject, outcome, by.Person, d.At); err != nil {
			return err
		}
		note := map[string]string{"kind": string(d.Kind)}
		if d.Rule != 0 {
			note["rule"] = strconv.Itoa(d.Rule)
		}
		if err := access.Record(ctx, m.Trail, by, access.Act{Do: access.Moderate, What: "moderation.decide", Object: d.Subject, Note: note}); err != nil {
			return err
		}
		return m.tellDecision(ctx, by.Tenant, x, d)
	})
}

// carryOut does what was decided to the subject.
func (m *Moderation) carryOut(ctx context.Context, by access.Actor, d *Decision, x subject, r Ruling) error {
	switch r.Kind {
	case LetThrough:
		return m.turn(ctx, by.Tenant, x, Published)
	case AskChange:
		return m.turn(ctx, by.Tenant, x, Checking)
	case HideIt:
		return m.turn(ctx, by.Tenant, x, Hidden)
	case HandOver:
		if err := m.turn(ctx, by.Tenant, x, Hidden); err != nil {
			return err
		}
		return m.openCase(ctx, by, x, r)
	case Redact:
		if x.comment != nil {
			k := *x.comment
			k.Text, d.Pieces = strike(k.Text, r.Pieces)
			if err := m.Contributions.Store.SaveComment(ctx, by.Tenant, k); err != nil {
				return err
			}
			return m.turn(ctx, by.Tenant, x, Published)
		}
		title, a := strike(x.c.Title, r.Pieces)
		text, b := strike(x.c.Text, r.Pieces)
		d.Pieces = a + b
		plain, _ := strike(x.c.Plain, r.Pieces)
		e := Edit{Title: title, Text: text, Plain: plain, Lang: x.c.Lang, Category: x.c.Category, Reason: RedactReason}
		var err error
		if x.c, err = m.Contributions.edit(ctx, by, x.c, e, false); err != nil {
			return err
		}
		return m.turn(ctx, by.Tenant, x, Published)
	}
	return nil
}

// RedactReason stands in the list of versions where the moderation made passages unreadable.
const RedactReason = "Personenbezogene Angaben Dritter entfernt"

// Appeal takes the author's objection to a decision: by the receipt code, or with the account. One for each decision.
func (m *Moderation) Appeal(ctx context.Context, by access.Actor, number, code string, decision kernel.ID, reason string) error {
	d, err := m.Store.Decision(ctx, by.Tenant, decision)
	if err != nil {
		return err
	}
	x, err := m.find(ctx, by.Tenant, d.Subject)
	if err != nil {
		return err
	}
	if x.comment != nil {
		if by.Person == "" || x.comment.Author != by.Person {
			return notFound()
		}
	} else if c, err := m.Contributions.Mine(ctx, by, number, code); err != nil {
		return err
	} else if c.ID != x.c.ID {
		return notFound()
	}
	if !d.Appealable() {
		return kernel.E(kernel.Conflict, "moderation.appeal.none")
	}
	reason = tidy(reason, true)
	f := map[string]string{}
	switch {
	case reason == "":
		f["reason"] = "moderation.appeal.reason"
	case length(reason) > 3000:
		f["reason"] = "contribution.text.long"
	}
	if err := invalid(f); err != nil {
		return err
	}
	return m.Store.AddAppeal(ctx, by.Tenant, Appeal{Decision: d.ID, Reason: reason, Received: m.now()})
}

// DecideAppeal decides about an objection: another person than the one who decided first.
func (m *Moderation) DecideAppeal(ctx context.Context, by access.Actor, decision kernel.ID, reversed bool, answer string) error {
	d, err := m.Store.Decision(ctx, by.Tenant, decision)
	if err != nil {
		return err
	}
	x, err := m.find(ctx, by.Tenant, d.Subject)
	if err != nil {
		return err
	}
	if err := m.may(ctx, by, x); err != nil {
		return err
	}
	if by.Person == "" || d.By == by.Person {
		return kernel.E(kernel.Conflict, "moderation.appeal.same")
	}
	a, err := m.Store.Appeal(ctx, by.Tenant, decision)
	if err != nil {
		return err
	}
	if answer = tidy(answer, true); answer == "" {
		return invalid(map[string]string{"answer": "moderation.appeal.answer"})
	}
	if length(answer) > 3000 {
		return invalid(map[string]string{"answer": "contribution.text.long"})
	}
	a.Reversed, a.Answer, a.Decided, a.By = reversed, answer, m.now(), by.Person
	return m.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := m.Store.SettleAppeal(ctx, by.Tenant, a); err != nil {
			return err
		}
		if reversed {
			if err := m.restore(ctx, by, d, x); err != nil {
				return err
			}
		}
		note := map[string]string{"reversed": strconv.FormatBool(reversed)}
		if err := access.Record(ctx, m.Trail, by, access.Act{Do: access.Moderate, What: "moderation.appeal", Object: d.Subject, Note: note}); err != nil {
			return err
		}
		return m.tellAppeal(ctx, by.Tenant, x, d, a)
	})
}

// restore undoes a decision an objection was right about: what was hidden is shown, what was made unreadable can be read again.
func (m *Moderation) restore(ctx context.Context, by access.Actor, d Decision, x subject) error {
	if x.state() == Withdrawn {
		return nil
	}
	if d.Kind == Redact && x.comment == nil {
		versions, err := m.Contributions.Store.Versions(ctx, by.Tenant, x.c.ID)
		if err != nil {
			return err
		}
		for i := len(versions) - 1; i > 0; i-- {
			if versions[i].Reason != RedactReason || versions[i].At.After(d.At.Time) {
				continue
			}
			before := versions[i-1]
			e := Edit{Title: before.Title, Text: before.Text, Plain: x.c.Plain, Lang: before.Lang, Category: x.c.Category, Reason: "Widerspruch"}
			if x.c, err = m.Contributions.edit(ctx, by, x.c, e, false); err != nil {
				return err
			}
			break
		}
	}
	if err := m.turn(ctx, by.Tenant, x, Published); err != nil {
		return err
	}
	return m.Store.AddDecision(ctx, by.Tenant, Decision{
		ID: kernel.NewID(), Subject: d.Subject, Contribution: d.Contribution, Process: d.Process, Kind: Restore, Conduct: d.Conduct, At: m.now(), By: by.Person,
	})
}

// Told is a decision as its author reads it.
type Told struct {
	Decision
	RuleText *ConductRule // in the words of the time
	Appeal   *Appeal      // nil: none
}

// Mine lists the decisions about a contribution for its author, by code or account; notes for colleagues and who decided are left out.
func (m *Moderation) Mine(ctx context.Context, by access.Actor, number, code string) ([]Told, error) {
	c, err := m.Contributions.Mine(ctx, by, number, code)
	if err != nil {
		return nil, err
	}
	list, err := m.History(ctx, by.Tenant, c.ID)
	if err != nil {
		return nil, err
	}
	var out []Told
	for _, t := range list {
		if t.Subject.Kind != ContributionSubject || t.Kind == KeepIt || t.Kind == HandOver {
			continue
		}
		t.Note, t.By = "", ""
		if t.Appeal != nil {
			t.Appeal.By = ""
		}
		out = append(out, t)
	}
	return out, nil
}

// History lists all decisions about a contribution and its comments with objections, for staff.
func (m *Moderation) History(ctx context.Context, tenant, contribution kernel.ID) ([]Told, error) {
	list, err := m.Store.Decisions(ctx, tenant, contribution)
	if err != nil {
		return nil, err
	}
	out := make([]Told, len(list))
	for i, d := range list {
		out[i].Decision = d
		if d.Rule != 0 {
			rules, err := m.ConductAt(ctx, tenant, d.Conduct)
			if err != nil {
				return nil, err
			}
			if r, ok := rules.Rule(d.Rule); ok {
				out[i].RuleText = &r
			}
		}
		if !d.Appealable() {
			continue
		}
		a, err := m.Store.Appeal(ctx, tenant, d.ID)
		if err == nil {
			out[i].Appeal = &a
		} else if kernel.KindOf(err) != kernel.NotFound {
			return nil, err
		}
	}
	return out, nil
}
