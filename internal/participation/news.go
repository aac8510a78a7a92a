// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Turn is a phase of a process that starts or ends soon.
type Turn struct {
	Process Process
	Phase   Phase
	Ends    bool
	At      kernel.Instant
}

// ahead is how long before a phase starts or ends its followers are told.
const ahead = 3 * 24 * time.Hour

// Turns lists what starts or ends within three days, of processes everybody may read. Whoever asks every day and tells each turn once tells all
// of them, also after a day on which the program did not run. Where one phase ends as the next starts, its end alone is told: it is the last
// chance of something.
func (s *Service) Turns(ctx context.Context, tenant kernel.ID) ([]Turn, error) {
	list, err := s.Store.All(ctx, tenant, false, []State{Running})
	if err != nil {
		return nil, err
	}
	now := s.now()
	soon := func(i kernel.Instant) bool {
		d := i.Sub(now.Time)
		return !i.IsZero() && d > 0 && d <= ahead
	}
	var out []Turn
	for _, p := range list {
		if access.Check(access.Anonymous(tenant), access.ReadPublic, p.Object(tenant, Module{}, now)) != nil {
			continue
		}
		var over kernel.Instant
		for _, x := range p.Phases {
			if soon(x.From) && x.From != over {
				out = append(out, Turn{p, x, false, x.From})
			}
			if soon(x.To) {
				out = append(out, Turn{p, x, true, x.To})
			}
			over = x.To
		}
	}
	return out, nil
}

// Variants lists the public texts of processes with the languages they are there in.
func (s *Service) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	list, err := s.Store.All(ctx, tenant, false, []State{Ready, Running, Evaluation, Feedback, Closed})
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, p := range list {
		v := kernel.Variant{
			Kind: "process", ID: p.Key, Title: p.Title, Path: "/beteiligung/" + p.Key, Edit: "/arbeit/beteiligung/" + p.Key + "/texte",
			Texts: []kernel.Text{p.Title, p.Teaser, p.Body, p.Decided, p.Who, p.How, p.Scope, p.Limits, p.LevelReason, p.Access, p.Privacy, p.Contact},
			Slot:  true, Signed: said(p.Sign),
		}
		for _, x := range p.Phases {
			v.Texts = append(v.Texts, x.Title, x.Text)
		}
		for _, m := range p.Modules {
			v.Texts = append(v.Texts, m.Title, m.Text)
		}
		out = append(out, v)
	}
	return out, nil
}

// KeepsFile tells whether a process shows the file.
func (s *Service) KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	for _, template := range []bool{false, true} {
		list, err := s.Store.All(ctx, tenant, template, nil)
		if err != nil {
			return false, err
		}
		for _, p := range list {
			for _, d := range p.Documents {
				if d.SHA == sha {
					return true, nil
				}
			}
		}
	}
	return false, nil
}
