// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/approval/approvalweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/trail/trailweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// trailPages adds the pages of the audit trail and of what waits for a second person.
func (a *App) trailPages(m *web.Mux) {
	trailweb.Register(m, a.Trail, func(ctx context.Context, by access.Actor, person kernel.ID) (string, bool) {
		if access.CheckTenant(by, access.ReadPersonal) != nil {
			return "", false
		}
		return a.nameOfPerson(ctx, by.Tenant, person)
	})
	approvalweb.Register(m, a.Approvals, a.nameOfPerson)
}

func (a *App) nameOfPerson(ctx context.Context, tenant, person kernel.ID) (string, bool) {
	who, err := a.Accounts.Store.Account(ctx, tenant, person)
	return who.Name, err == nil && who.Name != ""
}

// approvalMail tells people of requests.
type approvalMail struct{ app *App }

func (n approvalMail) Tell(ctx context.Context, tenant kernel.ID, m approval.Message) error {
	who, err := n.app.Accounts.Store.Account(ctx, tenant, m.To)
	if err != nil {
		return err
	}
	title, _ := m.Title.In(who.Lang)
	return n.app.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Account: who.ID, Email: who.Email, Lang: who.Lang}, Kind: notice.Kind(m.Kind), Event: m.Kind + " " + m.Event,
		Params: map[string]any{"title": title}, Path: m.Path,
	})
}
