// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// WaitKind is why something is in the inbox of the moderation.
type WaitKind string

// Why things wait, the gravest first.
const (
	WaitsReported WaitKind = "reported"
	WaitsAppeal   WaitKind = "appeal"
	WaitsNew      WaitKind = "new"
	WaitsEdited   WaitKind = "edited" // was public, and was changed by its author
	WaitsAuthor   WaitKind = "author" // the author was asked for a change
)

// Waiting is an entry of the inbox.
type Waiting struct {
	Kind         WaitKind
	Contribution Contribution
	Comment      *Comment
	Since        kernel.Instant
	Late         bool // a report that waits for more than a day
	Hints        []Hint
	Reports      []Report
	Appeal       *Appeal
	Last         *Decision
	Own          bool // the actor wrote it or decided it, and somebody else has to decide
}

// Ref is what is to be decided.
func (w Waiting) Ref() kernel.Ref {
	if w.Comment != nil {
		return kernel.Ref{Kind: CommentSubject, ID: w.Comment.ID}
	}
	return w.Contribution.Ref()
}

// Text is what is to be read.
func (w Waiting) Text() string {
	if w.Comment != nil {
		return w.Comment.Text
	}
	return w.Contribution.Text
}

// grave is the order of the inbox.
func (w Waiting) grave() int {
	switch {
	case slices.Contains(w.Hints, DangerHint), slices.ContainsFunc(w.Reports, func(r Report) bool { return r.Reason == ChildAtRisk }):
		return 0
	case w.Kind == WaitsReported:
		return 1
	case w.Kind == WaitsAppeal:
		return 2
	case w.Kind == WaitsAuthor:
		return 4
	}
	return 3
}

// InboxFilter narrows the inbox.
type InboxFilter struct {
	Process string
	Kind    WaitKind
}

// mostInbox bounds what the inbox looks at; what is beyond waits behind it.
const mostInbox = 500

// Inbox lists what waits for the actor's decision: danger first, then reports, objections, and what is new, the oldest leading.
func (m *Moderation) Inbox(ctx context.Context, by access.Actor, f InboxFilter) ([]Waiting, error) {
	if !access.Anywhere(by, access.Moderate) {
		return nil, access.CheckTenant(by, access.Moderate)
	}
	judge := m.judge(by)
	out, err := m.unread(ctx, by, f)
	if err != nil {
		return nil, err
	}
	reported, err := m.reported(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	appealed, err := m.appealed(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	out = append(append(out, reported...), appealed...)
	kept := out[:0]
	for _, w := range out {
		if f.Process != "" && w.Contribution.Process != f.Process || f.Kind != "" && w.Kind != f.Kind {
			continue
		}
		ok, err := judge(ctx, w.Contribution)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		author := w.Contribution.Author
		if w.Comment != nil {
			author = w.Comment.Author
		}
		w.Own = by.Person != "" && (author == by.Person || w.Kind == WaitsAppeal && w.Last.By == by.Person)
		w.Hints = Hints(w.Text())
		kept = append(kept, w)
	}
	slices.SortStableFunc(kept, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(a.grave(), b.grave()), a.Since.Compare(b.Since.Time), cmp.Compare(a.Ref().ID, b.Ref().ID))
	})
	return kept, nil
}

// judge answers whether the actor moderates a contribution, asking for each process and place once.
func (m *Moderation) judge(by access.Actor) func(ctx context.Context, c Contribution) (bool, error) {
	if access.CheckTenant(by, access.Moderate) == nil {
		return func(context.Context, Contribution) (bool, error) { return true, nil }
	}
	return func(ctx context.Context, c Contribution) (bool, error) {
		err := m.Contributions.may(ctx, by, access.Moderate, c)
		switch kernel.KindOf(err) {
		case kernel.Denied, kernel.NotFound, kernel.Conflict:
			if err != nil {
				return false, nil
			}
		}
		return err == nil, err
	}
}

// unread lists contributions and comments that are not public yet.
func (m *Moderation) unread(ctx context.Context, by access.Actor, f InboxFilter) ([]Waiting, error) {
	s := m.Contributions.Store
	scope, err := m.Contributions.scope(ctx, by, access.Moderate)
	if err != nil {
		return nil, err
	}
	if access.CheckTenant(by, access.Moderate) == nil {
		scope = nil
	}
	list, err := s.List(ctx, by.Tenant, Filter{Process: f.Process, Scope: scope, States: []State{Received, Checking}, Order: Oldest, Limit: mostInbox})
	if err != nil {
		return nil, err
	}
	var out []Waiting
	var ids []kernel.ID
	for _, c := range list {
		out = append(out, Waiting{Kind: WaitsNew, Contribution: c, Since: c.Changed})
		ids = append(ids, c.ID)
	}
	var comments []Comment
	for _, state := range []State{Received, Checking} {
		list, err := s.CommentsIn(ctx, by.Tenant, state, mostInbox)
		if err != nil {
			return nil, err
		}
		comments = append(comments, list...)
	}
	under := make([]kernel.ID, len(comments))
	for i, k := range comments {
		under[i] = k.Contribution
	}
	of, err := m.Contributions.byIDs(ctx, by.Tenant, under)
	if err != nil {
		return nil, err
	}
	for _, k := range comments {
		if c, ok := of[k.Contribution]; ok {
			out = append(out, Waiting{Kind: WaitsNew, Contribution: c, Comment: &k, Since: k.Changed})
			ids = append(ids, k.ID)
		}
	}
	last, err := m.Store.LastDecisions(ctx, by.Tenant, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		w := &out[i]
		d, ok := last[w.Ref().ID]
		if !ok {
			continue
		}
		w.Last, w.Kind = &d, WaitsEdited
		if d.Kind == AskChange && !d.At.Before(w.Since.Time) {
			w.Kind = WaitsAuthor
		}
	}
	return out, nil
}

// byIDs reads several contributions at once.
func (s *Service) byIDs(ctx context.Context, tenant kernel.ID, ids []kernel.ID) (map[kernel.ID]Contribution, error) {
	out := map[kernel.ID]Contribution{}
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), mostInbox) {
		list, err := s.Store.List(ctx, tenant, Filter{IDs: part, Limit: len(part)})
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			out[c.ID] = c
		}
	}
	return out, nil
}

// Undecided counts contributions of a process that wait for the moderation: those nobody decided about, and those their authors changed since.
func (m *Moderation) Undecided(ctx context.Context, tenant kernel.ID, process string) (n int, err error) {
	list, err := m.unread(ctx, access.Actor{Tenant: tenant, Roles: []access.Role{access.Moderator}}, InboxFilter{Process: process})
	for _, w := range list {
		if w.Comment == nil && w.Kind != WaitsAuthor {
			n++
		}
	}
	return n, err
}

// waitsLong counts what has waited for the moderation for more than a day: new things, reports and objections.
func (m *Moderation) waitsLong(ctx context.Context, tenant kernel.ID) (n int, err error) {
	before := m.now().Add(-ReportAlarm)
	unread, err := m.unread(ctx, access.Actor{Tenant: tenant, Roles: []access.Role{access.Moderator}}, InboxFilter{})
	if err != nil {
		return 0, err
	}
	reported, err := m.reported(ctx, tenant)
	if err != nil {
		return 0, err
	}
	appealed, err := m.appealed(ctx, tenant)
	if err != nil {
		return 0, err
	}
	for _, w := range slices.Concat(unread, reported, appealed) {
		if w.Kind != WaitsAuthor && w.Since.Before(before) {
			n++
		}
	}
	return n, nil
}

// reported groups open reports by what they are about.
func (m *Moderation) reported(ctx context.Context, tenant kernel.ID) ([]Waiting, error) {
	list, err := m.Store.OpenReports(ctx, tenant, mostInbox)
	if err != nil {
		return nil, err
	}
	under := make([]kernel.ID, len(list))
	for i, r := range list {
		under[i] = r.Contribution
	}
	of, err := m.Contributions.byIDs(ctx, tenant, under)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for _, r := range list {
		i := slices.IndexFunc(out, func(w Waiting) bool { return w.Ref() == r.Subject })
		if i < 0 {
			w := Waiting{Kind: WaitsReported, Contribution: of[r.Contribution], Since: r.Received}
			if r.Subject.Kind == CommentSubject {
				k, err := m.Contributions.Store.Comment(ctx, tenant, r.Subject.ID)
				if err != nil {
					return nil, err
				}
				w.Comment = &k
			}
			out = append(out, w)
			i = len(out) - 1
		}
		out[i].Reports = append(out[i].Reports, r)
		out[i].Late = out[i].Late || m.now().Sub(r.Received.Time) > ReportAlarm
	}
	return out, nil
}

// appealed lists open objections.
func (m *Moderation) appealed(ctx context.Context, tenant kernel.ID) ([]Waiting, error) {
	list, err := m.Store.OpenAppeals(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for _, a := range list {
		d, err := m.Store.Decision(ctx, tenant, a.Decision)
		if err != nil {
			return nil, err
		}
		x, err := m.find(ctx, tenant, d.Subject)
		if err != nil {
			return nil, err
		}
		out = append(out, Waiting{Kind: WaitsAppeal, Contribution: x.c, Comment: x.comment, Since: a.Received, Appeal: &a, Last: &d})
	}
	return out, nil
}

// Look gives one entry as the page of a decision shows it: what waits, or something public a moderator wants to decide about anew.
func (m *Moderation) Look(ctx context.Context, by access.Actor, ref kernel.Ref) (w Waiting, history []Told, err error) {
	x, err := m.find(ctx, by.Tenant, ref)
	if err != nil {
		return w, nil, err
	}
	if err := m.Contributions.may(ctx, by, access.Moderate, x.c); err != nil {
		return w, nil, err
	}
	w = Waiting{Kind: WaitsNew, Contribution: x.c, Comment: x.comment, Since: x.since()}
	w.Own = by.Person != "" && by.Person == x.author()
	w.Hints = Hints(x.text())
	reports, err := m.reported(ctx, by.Tenant)
	if err != nil {
		return w, nil, err
	}
	if i := slices.IndexFunc(reports, func(r Waiting) bool { return r.Ref() == ref }); i >= 0 {
		w.Kind, w.Reports, w.Late = WaitsReported, reports[i].Reports, reports[i].Late
	}
	if history, err = m.History(ctx, by.Tenant, x.c.ID); err != nil {
		return w, nil, err
	}
	history = slices.DeleteFunc(history, func(t Told) bool { return t.Subject != ref })
	for i, t := range history {
		w.Last = &history[i].Decision
		if t.Appeal != nil && t.Appeal.Decided.IsZero() {
			w.Kind, w.Appeal, w.Since = WaitsAppeal, t.Appeal, t.Appeal.Received
			w.Own = w.Own || by.Person != "" && t.By == by.Person
			break
		}
	}
	return w, history, nil
}

// Delay says how long something has waited, in whole hours.
func (w Waiting) Delay(now time.Time) int { return int(now.Sub(w.Since.Time) / time.Hour) }
