// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/account/accountweb"
	"github.com/kupferfaden/kupferfaden/internal/atlas/atlasweb"
	"github.com/kupferfaden/kupferfaden/internal/group/groupweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacyweb"
	"github.com/kupferfaden/kupferfaden/internal/report/reportweb"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// WebOptions say how the pages are reached.
type WebOptions struct {
	TLS     bool                  // through HTTPS, by a proxy: secure cookies and HSTS
	Hosts   []string              // names the installation answers to; empty: any
	Proxies []netip.Prefix        // reverse proxies whose word about the reader's address is believed
	Load    web.Load              // bounds of what costs much
	Observe func(web.Observation) // told of every request; nil: nobody
}

// Mux makes the routes of every capability.
func (a *App) Mux(o WebOptions) *web.Mux {
	sessions := accountweb.NewSessions(a.Accounts, a.sessionStore, o.TLS)
	m := web.New(web.Options{
		Tenants: tenantweb.Tenants{Service: a.Tenants}, Sessions: sessions, SignIn: sessions.SignInForm, Log: a.Log, TLS: o.TLS,
		URL: a.URL, Hosts: o.Hosts, Proxies: o.Proxies, Marks: a.Secret, Load: o.Load, Observe: o.Observe, Signed: a.videos().At,
	})
	m.System("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { ok(w) }))
	m.System("GET /readyz", http.HandlerFunc(a.ready))
	accountweb.Register(m, a.Accounts, sessions, accountweb.Options{Address: a.Address, Own: []accountweb.OwnSection{groupweb.Own(a.Groups), privacyweb.Own}})
	a.privacyPages(m, sessions)
	a.planner(m)
	a.trailPages(m)
	a.townPages(m)
	atlasweb.Register(m, a.Atlas)
	reportweb.Register(m, a.Reports, reportweb.Options{Areas: a.Areas, Methods: a.Analysis})
	a.voicePages(m)
	return m
}

// Handler is Mux as the server needs it.
func (a *App) Handler(o WebOptions) (http.Handler, error) { return a.Mux(o), nil }

func ok(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// Work does the tenants' jobs until ctx ends; the returned channel is closed when the last one has stopped.
func (a *App) Work(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var scheduled sync.WaitGroup
		scheduled.Go(func() {
			if err := a.schedule().Run(ctx); err != nil {
				a.Log.Error("recurring jobs stopped", "err", err)
			}
		})
		defer scheduled.Wait()
		w := &job.Worker{Queue: a.Queue, Handlers: a.handlers(), Tenants: a.tenantIDs}
		if err := w.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			a.Log.Error("jobs stopped", "err", err)
		}
	}()
	return done
}

// handlers lists what can be done in the background.
func (a *App) handlers() map[string]job.Handler {
	list := map[string]job.Handler{
		takeJob: a.take, reportFiles: a.makeReportFiles, deliverMail: a.deliver, sweepMail: a.deliver, purgeJobs: a.purge, digestNow: a.tellNow, digestDaily: a.tellDaily,
		discloseJob: a.disclose, closeJob: a.closeDisclosures, expireJob: a.expire,
		linkJob: a.sendLink, expireLinks: a.dropLinks,
		nightlyBackup: a.nightly,
		copyJob:       a.copyTown,
	}
	maps.Copy(list, a.voiceJobs())
	return list
}

func (a *App) tenantIDs(ctx context.Context) ([]kernel.ID, error) {
	list, err := a.Tenants.List(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]kernel.ID, len(list))
	for i, t := range list {
		ids[i] = t.ID
	}
	return ids, nil
}
