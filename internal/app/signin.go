// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/fetch"
)

// signing wires what signing in needs: where guesses and keys are kept, the rules of towns, mail, and the way to identity providers.
func (a *App) signing(cfg Config) {
	store := &accountdb.Store{DB: a.DB}
	s := a.Accounts
	s.Guesses, s.Keys, s.Secret = store, store, a.Secret
	s.Rules, s.Notify = a.signInRules, a.signInNotice
	client := fetch.Client(fetch.Options{Hosts: cfg.FetchHosts})
	s.OIDC.Outside = func(ctx context.Context) context.Context { return oidc.ClientContext(ctx, client) }
}

// signInRules gives what a town asks of those who sign in.
func (a *App) signInRules(ctx context.Context, town kernel.ID) (account.Rules, error) {
	t, err := a.Town(ctx, town)
	r := t.Settings.Rules
	return account.Rules{
		SecondFactor: r.SecondFactor, Idle: time.Duration(r.SessionIdle) * time.Minute, Most: time.Duration(r.SessionMost) * time.Minute,
	}, err
}

// signInNotice tells a person what happened to the own account.
func (a *App) signInNotice(ctx context.Context, town kernel.ID, n account.Notice) error {
	return a.Notices.Send(ctx, notice.Message{
		Tenant: town, To: notice.Recipient{Account: n.To.ID, Email: n.To.Email, Lang: n.To.Lang}, Kind: notice.Kind(n.Kind), Event: n.Kind + " " + n.Event,
		Params: n.Params, Path: "/konto/anmeldung", Public: true,
	})
}

// sessionStore keeps the sessions of a town.
func (a *App) sessionStore(town kernel.ID) scs.Store {
	return &accountdb.Sessions{DB: a.DB, Tenant: town, Limits: a.Accounts.SessionLimits, Now: a.Now}
}
