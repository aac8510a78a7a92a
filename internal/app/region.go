// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
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

// Town gives a town with its settings.
func (a *App) Town(ctx context.Context, town kernel.ID) (tenant.Tenant, error) {
	return a.Tenants.Get(ctx, town)
}
