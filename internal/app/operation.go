// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/crypto/acme/autocert"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
)

// alone has the process that is replaced end before the embedded database is changed, and then does what else comes before.
func alone(cfg Config, next func(ctx context.Context, d *db.DB) error) func(ctx context.Context, d *db.DB) error {
	if cfg.Alone == nil {
		return next
	}
	return func(ctx context.Context, d *db.DB) error {
		if d.Engine() == db.SQLite {
			if err := cfg.Alone(ctx); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		return next(ctx, d)
	}
}

// Certificates is where certificates are kept for all processes of the installation.
func (a *App) Certificates() autocert.Cache { return server.CertCache{DB: a.DB, Box: a.Secret} }

// Names lists the host names under which the installation is reached: those of the settings, of its public address and of its towns.
func (a *App) Names(ctx context.Context, configured []string) ([]string, error) {
	names := slices.Clone(configured)
	if u, err := url.Parse(a.URL); err == nil && u.Hostname() != "" {
		names = append(names, strings.ToLower(u.Hostname()))
	}
	towns, err := a.Tenants.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range towns {
		names = append(names, t.Settings.Hosts...)
	}
	return names, nil
}
