// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Amendments lists the amendments of a text that the actor may read, by number: everybody the public ones, the moderation all.
func (s *Service) Amendments(ctx context.Context, a access.Actor, key string) ([]Amendment, error) {
	t, err := s.find(ctx, a, key, access.ReadPublic)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Amendments(ctx, a.Tenant, t.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.moderates(ctx, a, t)
	if err != nil || all {
		return list, err
	}
	return slices.DeleteFunc(list, func(x Amendment) bool { return !x.State.Public() }), nil
}

// moderates tells whether the actor sees amendments that are not public.
func (s *Service) moderates(ctx context.Context, a access.Actor, t Text) (bool, error) {
	if ok, err := s.can(ctx, a, t, access.Moderate); ok || err != nil {
		return ok, err
	}
	return s.can(ctx, a, t, access.EditVision)
}

// Amendment gives one that the actor may read.
func (s *Service) Amendment(ctx context.Context, a access.Actor, key string, number int) (Amendment, error) {
	t, err := s.find(ctx, a, key, access.ReadPublic)
	if err != nil {
		return Amendment{}, err
	}
	x, err := s.Store.Amendment(ctx, a.Tenant, t.ID, number)
	if err != nil || x.State.Public() {
		return x, err
	}
	all, err := s.moderates(ctx, a, t)
	if err == nil && !all {
		err = kernel.E(kernel.NotFound, "vision.amendment.notfound")
	}
	return x, err
}

// Supported gives the amendments of a text that the actor's account supports.
func (s *Service) Supported(ctx context.Context, a access.Actor, t Text) ([]kernel.ID, error) {
	if a.Person == "" {
		return nil, nil
	}
	return s.Store.Supported(ctx, a.Tenant, t.ID, "account:"+string(a.Person))
}

// Step is what staff does with an amendment.
type Step struct {
	Number int
	Edit   int   // of the amendment the form showed
	To     State // where it goes
	Reason string
	Rule   string // that a hidden one broke
	// Outcome is the wording decided on (Modified), OutcomeBase the one it was made from.
	Outcome, OutcomeBase string
	Decider              string // body that decided
	On                   kernel.Date
}

// Judge takes an amendment a step on: the moderation admits or hides it, the editors recommend, a body decides. Each step but the first needs a
// reason. Whoever submitted or supports it and the working groups concerned are told of a decision, its author of being hidden and why.
func (s *Service) Judge(ctx context.Context, by access.Actor, key string, step Step) error {
	do := access.EditVision
	if step.To == Admitted || step.To == Hidden {
		do = access.Moderate
	}
	t, err := s.find(ctx, by, key, do)
	if err != nil {
		return err
	}
	a, err := s.Store.Amendment(ctx, by.Tenant, t.ID, step.Number)
	if err != nil {
		return err
	}
	if a.Edit != step.Edit {
		return kernel.E(kernel.Conflict, "vision.changed")
	}
	if !a.State.May(step.To) || a.State.Decided() && !a.Applied.IsZero() {
		return kernel.E(kernel.Conflict, "vision.step.not")
	}
	if err := s.step(&a, step); err != nil {
		return err
	}
	from := a.State
	a.State, a.Edit, a.ChangedAt = step.To, a.Edit+1, s.now()
	act := access.Act{
		Do: do, What: "vision.amendment." + string(step.To), Object: about(t), Reason: step.Reason,
		Note: map[string]string{"key": t.Key, "amendment": strconv.Itoa(a.Number), "from": string(from)},
	}
	return s.change(ctx, by, act, func(ctx context.Context) error {
		if err := s.Store.SaveAmendment(ctx, by.Tenant, a); err != nil || s.Mail == nil {
			return err
		}
		if a.State == Hidden && a.Account != "" {
			return s.Mail.Tell(ctx, by.Tenant, News{Text: t, Amendment: &a, Accounts: []kernel.ID{a.Account}})
		}
		if !a.State.Decided() {
			return nil
		}
		people, err := s.Store.Supporters(ctx, by.Tenant, a.ID)
		if err != nil {
			return err
		}
		if a.Account != "" {
			people = append(people, a.Account)
		}
		if people, err = s.team(ctx, by.Tenant, people, t.Team, a.Team); err != nil {
			return err
		}
		return s.Mail.Tell(ctx, by.Tenant, News{Text: t, Amendment: &a, Accounts: people})
	})
}

// step writes what a step says into the amendment, naming every field at fault.
func (s *Service) step(a *Amendment, step Step) error {
	reason := kernel.Clean(step.Reason, true)
	f := map[string]string{}
	if len([]rune(reason)) > mostReason {
		f["reason"] = "vision.long"
	}
	switch step.To {
	case Admitted:
		a.Rule = ""
		return invalid(f)
	case Hidden:
		if !slices.Contains(Rules(), step.Rule) {
			f["rule"] = "vision.rule.missing"
		}
		a.Rule, a.Decision = step.Rule, reason
		return invalid(f)
	}
	if reason == "" {
		f["reason"] = "vision.reason.missing"
	}
	switch step.To {
	case Recommended, Discouraged:
		a.Advice, a.AdviceReason = "accept", reason
		if step.To == Discouraged {
			a.Advice = "reject"
		}
		return invalid(f)
	case Modified:
		a.Outcome, a.OutcomeBase = tidied(step.Outcome), tidied(step.OutcomeBase)
		if n := len([]rune(a.Outcome)); n == 0 || n > mostWordings {
			f["outcome"] = "vision.outcome.missing"
		}
	case Accepted, Rejected, Settled:
		a.Outcome, a.OutcomeBase = "", ""
	}
	a.Decision, a.Decider, a.DecidedOn = reason, kernel.Clean(step.Decider, false), step.On
	if a.Decider == "" || len([]rune(a.Decider)) > mostShort {
		f["decider"] = "vision.decider.missing"
	}
	if _, err := kernel.ParseDate(string(step.On)); err != nil || step.On > s.today() {
		f["on"] = "vision.adopt.on"
	}
	return invalid(f)
}
