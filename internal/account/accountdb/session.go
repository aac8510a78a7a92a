// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Sessions keeps the sessions of one town for scs. It sees only the hash of a token; whoever reads the database cannot take over a session.
type Sessions struct {
	DB     *db.DB
	Tenant kernel.ID
}

// touchEvery is how much later a session must end before an otherwise unchanged one is written again; reading a page then writes nothing.
const touchEvery = 5 * time.Minute

// fresh is how old a session without a row may be to be written: only a sign-in of this moment makes one.
const fresh = 15 * time.Second

type kept struct {
	data    []byte
	expires kernel.Instant
}

func (s *Sessions) read(ctx context.Context, hash string) (kept, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select data, expires_at from session where tenant_id = $1 and token_hash = $2`, s.Tenant, hash)
	return db.One(rows, err, "account.session", func(r db.Row) (k kept, err error) {
		err = r.Scan(&k.data, &k.expires)
		return k, err
	})
}

// FindCtx gives the data of a session that has not ended.
func (s *Sessions) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	k, err := s.read(ctx, hash)
	if kernel.KindOf(err) == kernel.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	if !time.Now().Before(k.expires.Time) {
		return nil, false, nil
	}
	return k.data, true, nil
}

// CommitCtx writes a session, and clears away those of the town that have ended.
func (s *Sessions) CommitCtx(ctx context.Context, hash string, data []byte, expiry time.Time) error {
	old, err := s.read(ctx, hash)
	isNew := kernel.KindOf(err) == kernel.NotFound
	if err != nil && !isNew {
		return fmt.Errorf("session: %w", err)
	}
	if !isNew && bytes.Equal(old.data, data) && expiry.Sub(old.expires.Time) < touchEvery {
		return nil
	}
	deadline, _, err := account.SessionCodec{}.Decode(data)
	if err != nil {
		return err
	}
	if isNew && time.Until(deadline) < account.SessionMost-fresh {
		// It was ended from elsewhere (reset, disabled) while a request of it was under way, and must not come back.
		return nil
	}
	person, err := account.SessionAccount(data)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if !isNew {
			_, err := c.ExecContext(ctx, `update session set data = $3, expires_at = $4, account_id = $5 where tenant_id = $1 and token_hash = $2`,
				s.Tenant, hash, data, kernel.InstantOf(expiry), db.NullZero(person))
			return err
		}
		if _, err := c.ExecContext(ctx, `delete from session where tenant_id = $1 and expires_at < $2`, s.Tenant, kernel.InstantOf(time.Now())); err != nil {
			return err
		}
		_, err := c.ExecContext(ctx, `insert into session (tenant_id, token_hash, account_id, data, expires_at) values ($1, $2, $3, $4, $5)`,
			s.Tenant, hash, db.NullZero(person), data, kernel.InstantOf(expiry))
		return err
	})
}

// DeleteCtx ends a session.
func (s *Sessions) DeleteCtx(ctx context.Context, hash string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from session where tenant_id = $1 and token_hash = $2`, s.Tenant, hash)
		return err
	})
}

var errNoContext = errors.New("session store: called without a context")

// Find is not used: scs prefers FindCtx.
func (s *Sessions) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is not used: scs prefers CommitCtx.
func (s *Sessions) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is not used: scs prefers DeleteCtx.
func (s *Sessions) Delete(string) error { return errNoContext }
