// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Provider gives the identity provider of a town.
func (s *Store) Provider(ctx context.Context, tenant kernel.ID) (account.Provider, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select enabled, issuer, client_id, secret, settings, changed_at from identity_provider where tenant_id = $1`, tenant)
	return db.One(rows, err, "signin.provider.none", func(r db.Row) (p account.Provider, err error) {
		var settings db.JSON[account.ProviderSettings]
		err = r.Scan(&p.Enabled, &p.Issuer, &p.ClientID, &p.Secret, &settings, &p.Changed)
		p.Settings = settings.V
		return p, err
	})
}

// SetProvider writes the identity provider of a town.
func (s *Store) SetProvider(ctx context.Context, tenant kernel.ID, p account.Provider) error {
	return s.insert(ctx, "identity provider", `
		insert into identity_provider (tenant_id, enabled, issuer, client_id, secret, settings, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (tenant_id) do update set enabled = excluded.enabled, issuer = excluded.issuer, client_id = excluded.client_id,
		secret = excluded.secret, settings = excluded.settings, changed_at = excluded.changed_at`,
		tenant, p.Enabled, p.Issuer, p.ClientID, p.Secret, db.AsJSON(p.Settings), p.Changed)
}

const identityColumns = `issuer, subject, account_id, linked_at, used_at`

func scanIdentity(r db.Row) (i account.Identity, err error) {
	err = r.Scan(&i.Issuer, &i.Subject, &i.Account, &i.LinkedAt, &i.UsedAt)
	return i, err
}

// Identity gives the link of a person of the provider.
func (s *Store) Identity(ctx context.Context, tenant kernel.ID, issuer, subject string) (account.Identity, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+identityColumns+` from identity where tenant_id = $1 and issuer = $2 and subject = $3`, tenant, issuer, subject)
	return db.One(rows, err, "signin.provider.unlinked", scanIdentity)
}

// Identities lists the links of an account.
func (s *Store) Identities(ctx context.Context, tenant, id kernel.ID) ([]account.Identity, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+identityColumns+` from identity where tenant_id = $1 and account_id = $2 order by linked_at, subject`, tenant, id)
	return db.Collect(rows, err, scanIdentity)
}

// SetIdentity writes a link, or when it was last used.
func (s *Store) SetIdentity(ctx context.Context, tenant kernel.ID, i account.Identity) error {
	return s.insert(ctx, "identity", `
		insert into identity (tenant_id, issuer, subject, account_id, linked_at, used_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant_id, issuer, subject) do update set used_at = excluded.used_at`, tenant, i.Issuer, i.Subject, i.Account, i.LinkedAt, i.UsedAt)
}
