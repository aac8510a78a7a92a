// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationdb"
)

// participation wires the processes.
func (a *App) participation() *participation.Service {
	return &participation.Service{Store: &participationdb.Store{DB: a.DB}, Tx: a.DB, Now: a.Now, Trail: a.Trail, FourEyes: a.Approvals}
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
