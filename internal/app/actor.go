// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/actor/actordb"
	"github.com/kupferfaden/kupferfaden/internal/actor/actorweb"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// actorDaily asks organisations to confirm their records, and tells staff of funding that ends.
const actorDaily = "actor.daily"

// actors wires the inventory of actors.
func (a *App) actors() *actor.Service {
	return &actor.Service{
		Store: &actordb.Store{DB: a.DB}, Tx: a.DB, Areas: a.Areas, Gate: a.Gate, Mail: actorMail{a}, Trail: a.Trail, Now: a.Now, Fold: i18n.Fold, SortKey: i18n.SortKey,
	}
}

// actorPages adds its pages.
func (a *App) actorPages(m *web.Mux) {
	figures := &indicatordb.Store{DB: a.DB}
	actorweb.Register(m, actorweb.Options{
		Service: a.Actors, Inbox: a.inbox(),
		Version: func(r *web.Request) (string, error) { return figures.Stamp(r.Context(), r.Tenant.ID) },
		Keepers: func(ctx context.Context, tenant, id kernel.ID) ([]string, error) {
			list, err := a.keepers(ctx, tenant, id)
			names := make([]string, len(list))
			for i, x := range list {
				names[i] = x.Name
			}
			return names, err
		},
	})
}

// keepers are the people who keep an organisation's records.
func (a *App) keepers(ctx context.Context, tenant, id kernel.ID) ([]account.Account, error) {
	in, today := access.Context{Kind: access.InActor, Key: string(id)}, kernel.DayOf(a.Now())
	list, err := (&accountdb.Store{DB: a.DB}).HoldersIn(ctx, tenant, in)
	return slices.DeleteFunc(list, func(x account.Account) bool {
		return x.Disabled() || !slices.Contains(x.Held(today), access.Holding{Role: access.Carrier, In: in})
	}), err
}

// actorPlaces lists the organisations a role can be held in.
func (a *App) actorPlaces(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	in, err := a.Actors.Inventory(ctx, access.CommandLine(tenant))
	if err != nil {
		return nil, err
	}
	var out []account.Place
	for _, x := range in.Actors {
		out = append(out, account.Place{In: access.Context{Kind: access.InActor, Key: string(x.ID)}, Name: kernel.T(x.Title, x.Title)})
	}
	return out, nil
}

// actorMail tells people by mail.
type actorMail struct{ a *App }

func (m actorMail) ConfirmDue(ctx context.Context, tenant kernel.ID, x *actor.Actor, event string) (int, error) {
	list, err := m.a.keepers(ctx, tenant, x.ID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, k := range list {
		if k.Email == "" {
			continue
		}
		err := m.a.Notices.Send(ctx, notice.Message{
			Tenant: tenant, To: notice.Recipient{Account: k.ID, Email: k.Email, Lang: k.Lang}, Kind: "actor.confirm", Event: event,
			Params: map[string]any{"name": x.Title}, Path: "/arbeit/mein-traeger", Public: true,
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (m actorMail) FundingEnds(ctx context.Context, tenant kernel.ID, event string, n int, first actor.Ending) error {
	t, err := m.a.Tenants.Get(ctx, tenant)
	if err != nil {
		return err
	}
	if t.Settings.Contact.Email == "" {
		return nil
	}
	return m.a.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Email: t.Settings.Contact.Email, Lang: i18n.German}, Kind: "actor.funding", Event: event,
		Params: map[string]any{"n": n, "name": first.Of.Name(), "day": first.Funding.Ends}, Path: "/arbeit/akteure/foerderung", Public: true,
	})
}

// actorDay does what is due every day.
func (a *App) actorDay(ctx context.Context, r *job.Run) error {
	if err := a.Actors.Remind(ctx, r.Tenant); err != nil {
		return err
	}
	return a.Actors.Alarm(ctx, r.Tenant)
}

// actorKinds are the people of the inventory: those who can be asked, and those who changed it.
func (a *App) actorKinds(add addKind) {
	id := func(column string) []privacydb.By { return []privacydb.By{{Column: column, Is: privacydb.ID}} }
	add(
		privacy.DataKind{Key: "actorcontact", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}},
		privacydb.Table{
			Name: "actor_contact", By: []privacydb.By{{Column: "email", Is: privacydb.Email}, {Column: "person", Is: privacydb.Name}},
			Show: []string{"role", "person", "email", "phone", "consent_at", "changed_at"},
		},
		privacydb.Table{Name: "actor_contact", By: id("consent_by"), Show: []string{"consent_at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "actorwork", Basis: []privacy.Basis{privacy.Employment, privacy.PublicTask}},
		privacydb.Table{Name: "actor_change", By: append(id("changed_by"), id("decided_by")...), Show: []string{"state", "changed_at", "decided_at", "reason"}, Then: privacydb.Blank},
		privacydb.Table{Name: "actor_pooling", By: id("decided_by"), Show: []string{"state", "decided_at", "reason"}, Then: privacydb.Blank},
	)
}

// actorTexts are the public texts of the inventory with the languages they are there in.
func (a *App) actorTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	in, err := a.Actors.Public(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return actorweb.Variants(in), nil
}
