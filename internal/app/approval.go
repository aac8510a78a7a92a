// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/approval/approvaldb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// approvals makes the rule of two people. The services it carries matters out with are wired later; it asks for them when it is used.
func (a *App) approvals() *approval.Service {
	s := &approval.Service{Store: &approvaldb.Store{DB: a.DB}, Tx: a.DB, Rules: fourEyes{a}, People: deciders{a}, Mailer: approvalMail{a}, Trail: a.Trail, Now: a.Now}
	s.Register(release.PublishMatter, approval.Call(func(ctx context.Context, by access.Actor, m release.PublishArgs) error {
		return a.Gate.Publish(ctx, by, m.Slices, m.To, m.Note)
	}))
	s.Register(analysis.PublishMatter, approval.Call(func(ctx context.Context, by access.Actor, m analysis.PublishArgs) error {
		return a.Analysis.Publish(ctx, by, m.Run, m.To, m.Note)
	}))
	s.Register(report.PublishMatter, approval.Call(func(ctx context.Context, by access.Actor, m report.PublishArgs) error {
		_, err := a.Reports.Release(ctx, by, m.Edition, m.To, m.Note, nil)
		return err
	}))
	s.Register(privacy.DiscloseMatter, approval.Call(func(ctx context.Context, by access.Actor, m privacy.DisclosureArgs) error {
		return a.Privacy.Grant(ctx, by, m)
	}))
	return s
}

// fourEyes reads for which matters a town asks for two people.
type fourEyes struct{ app *App }

func (f fourEyes) FourEyes(ctx context.Context, id kernel.ID) (map[access.MatterKind]bool, error) {
	t, err := f.app.Town(ctx, id)
	return t.Settings.Rules.FourEyes, err
}

// deciders tells who the accounts of a town are today.
type deciders struct{ app *App }

func (p deciders) Actor(ctx context.Context, tenant, person kernel.ID) (access.Actor, error) {
	return p.app.Accounts.Actor(ctx, tenant, person)
}

func (p deciders) Actors(ctx context.Context, tenant kernel.ID) ([]access.Actor, error) {
	all, err := p.app.Accounts.Store.Accounts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	list := make([]access.Actor, 0, len(all))
	for _, x := range all {
		if x.Disabled() {
			continue
		}
		who, err := p.app.Accounts.Actor(ctx, tenant, x.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, who)
	}
	return list, nil
}
