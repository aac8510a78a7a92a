// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account/accountweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/region"
	"github.com/kupferfaden/kupferfaden/internal/region/regiondb"
	"github.com/kupferfaden/kupferfaden/internal/region/regionweb"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Address makes the absolute address of a path of a town, in a language; see web.Address.
func (a *App) Address(ctx context.Context, town kernel.ID, lang, path string) (string, error) {
	towns, err := (tenantweb.Tenants{Service: a.Tenants}).Tenants(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(towns, func(t web.Tenant) bool { return t.ID == town })
	if i < 0 {
		return "", kernel.E(kernel.NotFound, "access.notfound")
	}
	return web.Address(a.URL, towns, towns[i], lang, path), nil
}

// copyJob takes what the public sees of a member town into its region.
const copyJob = "region.copy"

// copyArgs name the town; the job belongs to the region.
type copyArgs struct {
	Town kernel.ID `json:"town"`
}

// regions wires regions and has every change of a town's public pages copied to where the town is a member.
func (a *App) regions() *region.Service {
	a.Tenants.FourEyes = a.Approvals
	s := &region.Service{
		Store: &regiondb.Store{DB: a.DB}, Towns: a.Tenants, Gate: a.Gate, Tx: a.DB, Trail: a.Trail, FourEyes: a.Approvals, Now: a.Now,
		Later: func(ctx context.Context, in, town kernel.ID) error {
			// Merge: however many changes wait, one copy sees them all; a change while one runs makes another.
			_, err := a.Queue.Enqueue(ctx, in, copyJob, copyArgs{town}, job.Options{Key: string(town), Merge: true, MaxAttempt: 20})
			return err
		},
	}
	a.DB.Touched = s.Changed
	a.Approvals.Register(tenant.RuleMatter, a.Tenants.ApproveRules)
	a.Approvals.Register(region.PublishMatter, func(ctx context.Context, by access.Actor, _ json.RawMessage) error { return s.Publish(ctx, by, true) })
	return s
}

func (a *App) copyTown(ctx context.Context, r *job.Run) error {
	var args copyArgs
	if err := r.Decode(&args); err != nil {
		return err
	}
	return a.Regions.Copy(ctx, r.Tenant, args.Town)
}

// townPages adds the settings of the town.
func (a *App) townPages(m *web.Mux) {
	tenantweb.Register(m, tenantweb.Options{Service: a.Tenants, Files: a.Files, Kinds: a.timedKinds(), More: []tenantweb.Further{{Title: "signin.settings.title", Lead: "signin.settings.lead", Path: accountweb.ProviderSettings}}})
	regionweb.Register(m, a.Regions, a.Tenants)
}

// timedKinds names the kinds of data that a town keeps for a time of its own.
func (a *App) timedKinds() []tenantweb.Kind {
	var out []tenantweb.Kind
	for _, k := range a.Privacy.Kinds {
		if k.Timed() {
			out = append(out, tenantweb.Kind{Key: k.Key, Name: "privacy.kind." + k.Key + ".title", Days: k.Default, Least: max(k.Least, 1), Most: k.Most})
		}
	}
	return out
}

// AddTenant adds a town or region with the shipped catalogue of indicators; Conflict where its key is taken.
func (a *App) AddTenant(ctx context.Context, t tenant.Tenant) (made tenant.Tenant, err error) {
	err = a.DB.Tx(ctx, func(ctx context.Context) error {
		if made, err = a.Tenants.Create(ctx, access.CommandLine(""), t); err != nil {
			return err
		}
		return a.Indicators.EnsureCatalogue(ctx, made.ID)
	})
	return made, err
}

// Town gives a town with its settings.
func (a *App) Town(ctx context.Context, town kernel.ID) (tenant.Tenant, error) {
	return a.Tenants.Get(ctx, town)
}
