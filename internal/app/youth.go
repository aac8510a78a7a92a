// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributionweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// youthPages adds the entry for children and young people.
func (a *App) youthPages(m *web.Mux) {
	contributionweb.RegisterYouth(m, contributionweb.YouthOptions{
		Service: a.Contributions, Answers: a.Answers, Open: a.youthChoices, Address: a.Address, Codes: a.receiptCodes(),
		Check: func(ctx context.Context, tenant kernel.ID, process, code string) (string, error) {
			g, err := a.Votes.Codes.Check(ctx, tenant, vote.Scope{Process: process}, code)
			return g.Name, err
		},
		Redeem: func(ctx context.Context, tenant kernel.ID, process, code string) (string, error) {
			g, err := a.Votes.Codes.Check(ctx, tenant, vote.Scope{Process: process}, code)
			if err != nil || g.Kind != vote.GroupCode { // a letter code is not used up by taking part here
				return g.Name, err
			}
			g, err = a.Votes.Codes.Redeem(ctx, tenant, vote.Scope{Process: process}, code, "youth")
			return g.Name, err
		},
		MakeCode: func(ctx context.Context, by access.Actor, process, name string, until kernel.Date) (string, error) {
			s := vote.CodeSet{Kind: vote.GroupCode, Process: process, Name: name}
			if until != "" { // the whole of its last day
				day, err := time.ParseInLocation(time.DateOnly, string(until), kernel.Zone())
				if err != nil {
					return "", err
				}
				s.To = kernel.InstantOf(day.AddDate(0, 0, 1))
			}
			_, code, err := a.Votes.Codes.Make(ctx, by, s, 1)
			return code, err
		},
	})
}

// youthChoices lists the processes in which everybody can say something now, with the module that takes it.
func (a *App) youthChoices(r *web.Request) ([]contributionweb.YouthChoice, error) {
	list, err := a.Participation.Store.All(r.Context(), r.Tenant.ID, false, nil)
	if err != nil {
		return nil, err
	}
	var out []contributionweb.YouthChoice
	for _, p := range list {
		if p.State != participation.Running || p.Template {
			continue
		}
		for _, m := range p.Modules {
			if m.Kind != participation.IdeasModule && m.Kind != participation.MapModule && m.Kind != participation.QuestionModule {
				continue
			}
			o := p.Object(r.Tenant.ID, m, kernel.InstantOf(a.Now()))
			if p.Reach == participation.Open && access.Can(access.Anonymous(r.Tenant.ID), access.Contribute, o) {
				out = append(out, contributionweb.YouthChoice{Process: p.Key, Module: m.Key, Title: p.Title, Teaser: p.Teaser})
				break
			}
		}
	}
	return out, nil
}
