// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Part draws the rounds of a process on its page: those of the module where it names one, else those that belong to no module.
func Part(r *web.Request, s *vote.Service, p participation.Process, m participation.Module) (participationweb.Part, error) {
	all, err := s.List(r.Context(), r.Actor, p.Key)
	if err != nil {
		return participationweb.Part{}, err
	}
	now := kernel.InstantOf(s.Now())
	var shown []vote.Round
	for _, x := range all {
		if !x.Public() || x.Module != "" && x.Module != m.Key || (m.Kind == participation.BudgetModule) != (x.Budget > 0) {
			continue
		}
		if m.Ref.Kind == vote.Kind && m.Ref.ID != "" && m.Ref.ID != x.ID {
			continue
		}
		shown = append(shown, x)
	}
	out := participationweb.Part{}
	if len(shown) == 0 {
		return out, nil
	}
	out.Content = partList(r, now, shown)
	for _, x := range shown {
		switch x.Stage(now) {
		case vote.Running:
			if out.Do.Path == "" {
				out.Do = participationweb.Link{Text: r.T("vote.do"), Path: RoundPath(x.Key)}
			}
		case vote.Done:
			if out.More.Path == "" {
				out.More = participationweb.Link{Text: r.T("vote.to.result"), Path: resultPath(x.Key)}
			}
		}
	}
	return out, nil
}
