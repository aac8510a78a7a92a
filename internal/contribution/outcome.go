// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Outcome is a contribution with what became of it.
type Outcome struct {
	Contribution Contribution
	Answer       *Answer       // what everybody reads; nil: none yet
	Draft        *Answer       // what is being written; nil: nothing, or not for the reader
	Into         *Contribution // where it lives on
	Overdue      bool
}

// Outcomes lists contributions with their answers: everybody sees what is public, the others what is theirs.
func (s *Answers) Outcomes(ctx context.Context, by access.Actor, f Filter) (out []Outcome, more bool, err error) {
	list, more, err := s.Contributions.List(ctx, by, f)
	if err != nil {
		return nil, false, err
	}
	out, err = s.outcomes(ctx, by.Tenant, list)
	return out, more, err
}

func (s *Answers) outcomes(ctx context.Context, tenant kernel.ID, list []Contribution) ([]Outcome, error) {
	var ids, targets []kernel.ID
	for _, c := range list {
		ids = append(ids, c.ID)
		if c.MergedIn != "" {
			ids, targets = append(ids, c.MergedIn), append(targets, c.MergedIn)
		}
	}
	answers, err := s.Store.PublicAnswers(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	into := map[kernel.ID]Contribution{}
	if len(targets) > 0 {
		found, err := s.Contributions.Store.List(ctx, tenant, Filter{IDs: targets, Limit: len(targets)})
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			into[c.ID] = c
		}
	}
	today := s.today()
	out := make([]Outcome, len(list))
	for i, c := range list {
		o := Outcome{Contribution: c}
		at := c.ID
		if t, ok := into[c.MergedIn]; ok {
			o.Into, at = &t, t.ID
			o.Contribution.Status = t.Status
		}
		if a, ok := answers[at]; ok {
			o.Answer = &a
		}
		o.Overdue = c.Due != "" && c.Due < today && !Answered(o.Contribution.Status) && c.State == Published
		out[i] = o
	}
	return out, nil
}

// Of gives the answer everybody reads of a contribution, or of the one it lives on in; nil where there is none.
func (s *Answers) Of(ctx context.Context, tenant kernel.ID, c Contribution) (*Answer, error) {
	list, err := s.outcomes(ctx, tenant, []Contribution{c})
	if err != nil {
		return nil, err
	}
	if list[0].Answer == nil {
		return nil, nil
	}
	a, err := s.Store.Answer(ctx, tenant, list[0].Answer.ID)
	return &a, err
}

// Desk selects what an office has to answer.
type Desk struct {
	Process string
	Office  string
	View    DeskView
	Limit   int
	After   Cursor
}

// DeskView is a part of the desk.
type DeskView string

// The parts of the desk.
const (
	DeskOpen    DeskView = ""        // without an answer, due first
	DeskOverdue DeskView = "overdue" // their day is over
	DeskDone    DeskView = "done"    // answered
)

// answersFor is what the actor answers for; nil for the whole town. It is Denied for who answers nothing.
func answersFor(by access.Actor) (*Scope, error) {
	town := access.CheckTenant(by, access.DraftAnswer)
	if town == nil {
		return nil, nil
	}
	scope := &Scope{}
	for _, h := range by.Held {
		if !access.Can(by, access.DraftAnswer, access.Object{Tenant: by.Tenant, Within: []access.Context{h.In}}) {
			continue
		}
		switch h.In.Kind {
		case access.InOffice:
			scope.Offices = append(scope.Offices, h.In.Key)
		case access.InProcess:
			scope.Processes = append(scope.Processes, h.In.Key)
		case access.InArea:
			scope.Areas = append(scope.Areas, h.In.Key)
		default:
			continue
		}
		town = nil
	}
	return scope, town
}

// Desk lists what the actor has to answer, due first. Who answers for offices or processes sees theirs and nothing else.
func (s *Answers) Desk(ctx context.Context, by access.Actor, d Desk) (out []Outcome, more bool, err error) {
	scope, err := answersFor(by)
	if err != nil {
		return nil, false, err
	}
	f := Filter{Process: d.Process, Office: d.Office, Scope: scope, States: []State{Published}, Order: Due, Undated: true, After: d.After, Limit: min(max(d.Limit, 1), MostListed)}
	switch d.View {
	case DeskOpen, DeskOverdue:
		f.Statuses = []Status{Unanswered, UnderReview}
	case DeskDone:
		f.Statuses = slices.DeleteFunc(Statuses(), func(x Status) bool { return !Answered(x) })
	}
	if d.View == DeskOverdue {
		f.Overdue = s.today()
	}
	n := f.Limit
	f.Limit++
	list, err := s.Contributions.Store.List(ctx, by.Tenant, f)
	if err != nil {
		return nil, false, err
	}
	if more = len(list) > n; more {
		list = list[:n]
	}
	if out, err = s.outcomes(ctx, by.Tenant, list); err != nil {
		return nil, false, err
	}
	ids := make([]kernel.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	drafts, err := s.Store.OpenAnswers(ctx, by.Tenant, ids)
	if err != nil {
		return nil, false, err
	}
	for i := range out {
		if a, ok := drafts[out[i].Contribution.ID]; ok {
			out[i].Draft = &a
		}
	}
	return out, more, nil
}

// Mine is what the actor answers for; nil for the whole town.
func (s *Answers) Mine(by access.Actor) (*Scope, error) { return answersFor(by) }

// Owed counts what the actor has to answer, and of that what is overdue.
func (s *Answers) Owed(ctx context.Context, by access.Actor) (open, overdue int, err error) {
	scope, err := answersFor(by)
	if err != nil {
		return 0, 0, err
	}
	f := Filter{Scope: scope, States: []State{Published}, Statuses: []Status{Unanswered, UnderReview}}
	if open, err = s.Contributions.Store.Count(ctx, by.Tenant, f, mostCounted); err != nil {
		return 0, 0, err
	}
	f.Overdue = s.today()
	overdue, err = s.Contributions.Store.Count(ctx, by.Tenant, f, mostCounted)
	return open, overdue, err
}

// ToRelease lists answers that wait for the actor's release, asking for each process and office once.
func (s *Answers) ToRelease(ctx context.Context, by access.Actor) ([]Answer, error) {
	if !access.Anywhere(by, access.ReleaseAnswer) {
		return nil, nil
	}
	list, err := s.Store.AnswersIn(ctx, by.Tenant, "", AnswerWaiting, 200)
	if err != nil {
		return nil, err
	}
	var ids []kernel.ID
	for _, a := range list {
		ids = append(ids, a.Contributions...)
	}
	of, err := s.Contributions.byIDs(ctx, by.Tenant, ids)
	if err != nil {
		return nil, err
	}
	type place struct{ process, module, office, areas string }
	asked := map[place]bool{}
	out := list[:0]
	for _, a := range list {
		mine := true
		for _, id := range a.Contributions {
			c := of[id]
			at := place{c.Process, c.Module, c.Office, strings.Join(c.Areas, " ")}
			ok, known := asked[at]
			if !known {
				err := s.may(ctx, by, access.ReleaseAnswer, c)
				if kernel.KindOf(err) == kernel.Internal && err != nil {
					return nil, err
				}
				ok = err == nil
				asked[at] = ok
			}
			mine = mine && ok
		}
		if mine {
			out = append(out, a)
		}
	}
	return out, nil
}

// Sheet is what the page of one contribution shows to those who answer it.
type Sheet struct {
	Outcome
	Answers []Answer
	Routes  []Route
	Process participation.Process
}

// Sheet gives it.
func (s *Answers) Sheet(ctx context.Context, by access.Actor, number string) (x Sheet, err error) {
	c, err := s.Contributions.Get(ctx, by, number)
	if err != nil {
		return x, err
	}
	if err := s.may(ctx, by, access.DraftAnswer, c); err != nil {
		return x, err
	}
	list, err := s.outcomes(ctx, by.Tenant, []Contribution{c})
	if err != nil {
		return x, err
	}
	x.Outcome = list[0]
	if x.Process, _, err = s.Contributions.Process(ctx, by.Tenant, c.Process, ""); err != nil && kernel.KindOf(err) != kernel.NotFound {
		return x, err
	}
	if x.Answers, err = s.Store.AnswersOf(ctx, by.Tenant, c.ID); err != nil {
		return x, err
	}
	for i := range x.Answers {
		if x.Answers[i].State != AnswerReleased {
			x.Draft = &x.Answers[i]
		}
	}
	x.Routes, err = s.Store.Routes(ctx, by.Tenant, c.ID)
	return x, err
}

// Facts tells participation's standards how far the answers of a process are.
func (s *Answers) Facts(ctx context.Context, tenant kernel.ID, p participation.Process) ([]participation.Fact, error) {
	n, err := s.Counted(ctx, tenant, p.Key)
	if err != nil {
		return nil, err
	}
	over := p.State == participation.Closed || p.State == participation.Archived
	answered := participation.Fact{Rule: participation.AnsweredRule, Result: participation.Pending, Key: "answered", Params: map[string]any{"n": n.Answered, "of": n.All}}
	switch {
	case n.All > 0 && n.Missing == 0:
		answered.Result = participation.Fulfilled
	case n.All > 0 && n.Answered > 0:
		answered.Result = participation.Partly
	case n.All > 0 && (over || n.Overdue > 0):
		answered.Result = participation.No
	}
	intime := participation.Fact{Rule: participation.InTimeRule, Result: participation.Pending, Key: "intime", Params: map[string]any{"n": n.InTime, "of": n.Judged}}
	switch {
	case n.Judged > 0 && n.InTime == n.Judged:
		intime.Result = participation.Fulfilled
	case n.Judged > 0 && n.InTime*10 >= n.Judged*9: // nine in ten
		intime.Result = participation.Partly
	case n.Judged > 0:
		intime.Result = participation.No
	}
	facts := []participation.Fact{answered, intime}
	channels, err := s.channels(ctx, tenant, p.Key)
	switch {
	case err != nil || channels == 0:
	case channels == 1:
		facts = append(facts, participation.Fact{Rule: participation.FormatsRule, Result: participation.Partly, Key: "channels", Params: map[string]any{"n": channels}})
	default:
		facts = append(facts, participation.Fact{Rule: participation.FormatsRule, Result: participation.Fulfilled, Key: "channels", Params: map[string]any{"n": channels}})
	}
	return facts, err
}

// channels counts over how many ways the published contributions of a process came; what was imported came over ways nobody noted.
func (s *Answers) channels(ctx context.Context, tenant kernel.ID, process string) (n int, err error) {
	for _, c := range Channels() {
		if c == Import {
			continue
		}
		found, err := s.Contributions.Store.Count(ctx, tenant, Filter{Process: process, States: []State{Published}, Channels: []Channel{c}}, 1)
		if err != nil {
			return 0, err
		}
		n += found
	}
	return n, nil
}
