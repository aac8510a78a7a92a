// SPDX-License-Identifier: EUPL-1.2

// Package tenantweb tells the mux which towns there are.
package tenantweb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Tenants gives the mux what its pages need to know of each town.
type Tenants struct{ Service *tenant.Service }

var _ web.Tenants = Tenants{}

// Tenants lists the towns by key.
func (t Tenants) Tenants(ctx context.Context) ([]web.Tenant, error) {
	list, err := t.Service.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]web.Tenant, len(list))
	for i, x := range list {
		out[i] = Of(x)
	}
	return out, nil
}

// Of gives what pages need to know of a town.
func Of(t tenant.Tenant) web.Tenant {
	return web.Tenant{
		ID: t.ID, Key: t.Key, Name: t.Name, Fictional: t.Fictional, Hosts: t.Settings.Hosts, Canonical: t.Settings.Canonical,
		Languages: t.Settings.Languages,
	}
}
