// SPDX-License-Identifier: EUPL-1.2

package server

import (
	"context"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
)

// CertCache keeps certificates, their keys and the challenges under way in the database, sealed, so that all processes of the installation serve
// the same ones and any of them can answer a challenge. It implements autocert.Cache.
type CertCache struct {
	DB  *db.DB
	Box *secret.Box
}

const certPurpose = "certificate"

// Get gives a value; autocert.ErrCacheMiss where there is none, or none that this installation's key opens.
func (c CertCache) Get(ctx context.Context, name string) ([]byte, error) {
	sealed, err := db.Value[string](c.DB.Conn(ctx).QueryRowContext(ctx, `select value from certificate_cache where name = $1`, name), "tls.cache")
	if kernel.KindOf(err) == kernel.NotFound {
		return nil, autocert.ErrCacheMiss
	}
	if err != nil {
		return nil, err
	}
	plain, err := c.Box.Unseal(certPurpose, name, sealed)
	if err != nil {
		return nil, autocert.ErrCacheMiss // autocert compares; a certificate under a lost key is asked for anew
	}
	return plain, nil
}

// Put keeps a value.
func (c CertCache) Put(ctx context.Context, name string, data []byte) error {
	sealed := c.Box.Seal(certPurpose, name, data)
	return c.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := c.DB.Conn(ctx).ExecContext(ctx, `insert into certificate_cache (name, value, changed_at) values ($1, $2, $3)
			on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at`, name, sealed, kernel.InstantOf(time.Now()))
		return err
	})
}

// Delete forgets a value.
func (c CertCache) Delete(ctx context.Context, name string) error {
	return c.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := c.DB.Conn(ctx).ExecContext(ctx, `delete from certificate_cache where name = $1`, name)
		return err
	})
}
