// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Sessions keeps the sessions of one town for scs. It sees only the hash of a token; whoever reads the database cannot take over a session. It
// makes none: BeginSession does, so that a session ended from elsewhere cannot come back with a request that was under way.
type Sessions struct {
	DB     *db.DB
	Tenant kernel.ID
	Limits func(ctx context.Context, tenant kernel.ID) (account.Limits, error)
	Now    func() time.Time // nil: time.Now
}

// touchEvery is how much later a session must be seen again to be written; reading a page then writes nothing.
const touchEvery = 5 * time.Minute

func (s *Sessions) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

const sessionColumns = `id, account_id, way, strong, device, started_at, proved_at, seen_at`

func scanSession(r db.Row) (x account.Session, err error) {
	err = r.Scan(&x.ID, &x.Account, &x.Way, &x.Strong, &x.Device, &x.StartedAt, &x.ProvedAt, &x.SeenAt)
	return x, err
}

// read gives a session that has not ended.
func (s *Sessions) read(ctx context.Context, hash string) (account.Session, account.Limits, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+sessionColumns+` from session where tenant_id = $1 and token_hash = $2`, s.Tenant, hash)
	x, err := db.One(rows, err, "account.session", scanSession)
	if err != nil {
		return x, account.Limits{}, err
	}
	limits, err := s.Limits(ctx, s.Tenant)
	if err == nil && !s.now().Before(limits.Ends(x)) {
		err = kernel.E(kernel.NotFound, "account.session")
	}
	return x, limits, err
}

// FindCtx gives the data of a session that has not ended, and notes that it was seen.
func (s *Sessions) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	x, limits, err := s.read(ctx, hash)
	if kernel.KindOf(err) == kernel.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	if s.now().Sub(x.SeenAt.Time) >= touchEvery {
		x.SeenAt = kernel.InstantOf(s.now())
		err = s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `update session set seen_at = $3, expires_at = $4 where tenant_id = $1 and token_hash = $2`,
				s.Tenant, hash, x.SeenAt, kernel.InstantOf(limits.Ends(x)))
			return err
		})
		if err != nil {
			return nil, false, fmt.Errorf("session: %w", err)
		}
	}
	b, err := account.SessionCodec{}.Encode(limits.Ends(x), map[string]any{account.SessionKey: account.SessionValue(x)})
	return b, err == nil, err
}

// CommitCtx writes nothing: what a session is stands in its row since it began.
func (s *Sessions) CommitCtx(context.Context, string, []byte, time.Time) error { return nil }

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

// BeginSession writes a new session and clears away those that have ended.
func (s *Store) BeginSession(ctx context.Context, tenant kernel.ID, tokenHash string, x account.Session, ends kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.ExpireSessions(ctx, tenant, x.SeenAt); err != nil {
			return err
		}
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `
			insert into session (tenant_id, token_hash, id, account_id, way, strong, device, started_at, proved_at, seen_at, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			tenant, tokenHash, x.ID, x.Account, x.Way, x.Strong, x.Device, x.StartedAt, x.ProvedAt, x.SeenAt, ends)
		if err != nil {
			return fmt.Errorf("session: %w", err)
		}
		return nil
	})
}

// ExpireSessions clears away the sessions that ended before a time and gives how many.
func (s *Store) ExpireSessions(ctx context.Context, tenant kernel.ID, before kernel.Instant) (n int64, err error) {
	return s.remove(ctx, `delete from session where tenant_id = $1 and expires_at < $2`, tenant, before)
}

// remove runs one statement that takes rows away and gives how many.
func (s *Store) remove(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, statement, args...)
		if err != nil {
			return fmt.Errorf("account: %w", err)
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Sessions lists the sessions of an account, last seen first.
func (s *Store) Sessions(ctx context.Context, tenant, id kernel.ID) ([]account.Session, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+sessionColumns+` from session where tenant_id = $1 and account_id = $2 order by seen_at desc, id`, tenant, id)
	return db.Collect(rows, err, scanSession)
}

// EndSession ends one session of an account.
func (s *Store) EndSession(ctx context.Context, tenant, owner, id kernel.ID) error {
	n, err := s.remove(ctx, `delete from session where tenant_id = $1 and account_id = $2 and id = $3`, tenant, owner, id)
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "account.session")
	}
	return err
}

// EndOthers ends every session of the account but one and forgets its known browsers.
func (s *Store) EndOthers(ctx context.Context, tenant, owner, keep kernel.ID) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if n, err = s.remove(ctx, `delete from session where tenant_id = $1 and account_id = $2 and id <> $3`, tenant, owner, keep); err != nil {
			return err
		}
		_, err = s.remove(ctx, `delete from signin_device where tenant_id = $1 and account_id = $2`, tenant, owner)
		return err
	})
	return n, err
}

// ProveSession notes when the person of a session last showed who he or she is.
func (s *Store) ProveSession(ctx context.Context, tenant, owner, id kernel.ID, at kernel.Instant) error {
	n, err := s.remove(ctx, `update session set proved_at = $4 where tenant_id = $1 and account_id = $2 and id = $3`, tenant, owner, id, at)
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "account.session")
	}
	return err
}

// SeeDevice notes that the account is used in a browser, and tells whether it was known and how many others are.
func (s *Store) SeeDevice(ctx context.Context, tenant, owner kernel.ID, hash string, at kernel.Instant) (known bool, others int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row := s.DB.Conn(ctx).QueryRowContext(ctx,
			`select count(*) from signin_device where tenant_id = $1 and account_id = $2 and token_hash <> $3`, tenant, owner, hash)
		if others, err = db.Value[int](row, "account.notfound"); err != nil {
			return err
		}
		if known, err = s.KnowsDevice(ctx, tenant, owner, hash); err != nil {
			return err
		}
		if hash == "" {
			return nil
		}
		if _, err := s.remove(ctx, `delete from signin_device where tenant_id = $1 and seen_at < $2`, tenant, kernel.InstantOf(at.Add(-account.KeepDevice))); err != nil {
			return err
		}
		_, err = s.DB.Conn(ctx).ExecContext(ctx, `
			insert into signin_device (tenant_id, token_hash, account_id, created_at, seen_at) values ($1, $2, $3, $4, $4)
			on conflict (tenant_id, token_hash, account_id) do update set seen_at = excluded.seen_at`, tenant, hash, owner, at)
		return err
	})
	return known, others, err
}

// KnowsDevice tells whether the account was used in a browser before.
func (s *Store) KnowsDevice(ctx context.Context, tenant, owner kernel.ID, hash string) (bool, error) {
	row := s.DB.Conn(ctx).QueryRowContext(ctx,
		`select count(*) from signin_device where tenant_id = $1 and account_id = $2 and token_hash = $3`, tenant, owner, hash)
	n, err := db.Value[int](row, "account.notfound")
	return n > 0, err
}
