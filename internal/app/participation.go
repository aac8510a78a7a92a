// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationdb"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// participation wires the processes.
func (a *App) participation() *participation.Service {
	s := &participation.Service{Store: &participationdb.Store{DB: a.DB}, Tx: a.DB, Now: a.Now, Trail: a.Trail, FourEyes: a.Approvals}
	a.Approvals.Register(participation.PublishMatter, s.CarryOut)
	return s
}

// processParts names what each capability draws of its modules on the page of a process; a capability adds its kinds.
func (a *App) processParts() map[participation.ModuleKind]participationweb.PartOf {
	parts := map[participation.ModuleKind]participationweb.PartOf{}
	a.contributionParts(parts)
	parts[participation.RankingModule], parts[participation.BudgetModule] = a.votePart, a.votePart
	return parts
}

// processSections names what each capability shows of a process as a whole, in the order of the page: events, numbers, results, register entry.
func (a *App) processSections() []participationweb.SectionOf {
	return nil
}

// processFacts names who knows something of the minimum standards of a process.
func (a *App) processFacts() []participation.Facts {
	return nil
}

// processPages adds the pages of participation.
func (a *App) processPages(m *web.Mux) {
	figures := &indicatordb.Store{DB: a.DB}
	a.Participation.Facts = a.processFacts()
	participationweb.Register(m, a.Participation, participationweb.Options{
		Areas: a.Areas, Parts: a.processParts(), Sections: a.processSections(), Files: a.Files,
		Version: func(r *web.Request) (string, error) { return figures.Stamp(r.Context(), r.Tenant.ID) },
		Follow:  func(p participation.Process) string { return "/abo?prozess=" + url.QueryEscape(p.Key) },
	})
}

// processPlaces lists the processes a role can be held in: those that are not archived.
func (a *App) processPlaces(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	list, err := a.Participation.Store.All(ctx, tenant, false, nil)
	if err != nil {
		return nil, err
	}
	var out []account.Place
	for _, p := range list {
		if p.State != participation.Archived {
			out = append(out, account.Place{In: access.Context{Kind: access.InProcess, Key: p.Key}, Name: p.Title})
		}
	}
	return out, nil
}

// processTeam lists who holds a role in a process today.
func (a *App) processTeam(ctx context.Context, by access.Actor, process string) ([]participationweb.Member, error) {
	all, err := a.Accounts.Store.Accounts(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	today := account.DayOf(a.Now())
	var out []participationweb.Member
	for _, x := range all {
		if x.Disabled() {
			continue
		}
		for _, g := range x.Roles {
			if g.In == (access.Context{Kind: access.InProcess, Key: process}) && g.On(today) {
				out = append(out, participationweb.Member{Name: x.Name, Role: g.Role})
			}
		}
	}
	return out, nil
}
