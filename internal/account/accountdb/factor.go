// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

var _ account.Keys = (*Store)(nil)

// insert runs one statement that writes a row.
func (s *Store) insert(ctx context.Context, what, statement string, args ...any) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, statement, args...)
		if db.Dangling(err) {
			return kernel.E(kernel.NotFound, "account.notfound")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}

// PutStep keeps the first half of something and clears away those whose time is over.
func (s *Store) PutStep(ctx context.Context, tenant kernel.ID, tokenHash string, x account.Step) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.remove(ctx, `delete from signin_step where tenant_id = $1 and expires_at < $2`, tenant, kernel.InstantOf(x.Expires.Add(-account.StepTime))); err != nil {
			return err
		}
		return s.insert(ctx, "step", `insert into signin_step (tenant_id, token_hash, purpose, account_id, content, expires_at) values ($1, $2, $3, $4, $5, $6)`,
			tenant, tokenHash, x.Purpose, db.NullZero(x.Account), x.Content, x.Expires)
	})
}

const stepColumns = `purpose, account_id, content, expires_at`

func scanStep(r db.Row) (x account.Step, err error) {
	err = r.Scan(&x.Purpose, db.OrZero(&x.Account), &x.Content, &x.Expires)
	return x, err
}

// Step reads one that is not over.
func (s *Store) Step(ctx context.Context, tenant kernel.ID, tokenHash, purpose string, now kernel.Instant) (account.Step, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+stepColumns+` from signin_step where tenant_id = $1 and token_hash = $2 and purpose = $3 and expires_at > $4`, tenant, tokenHash, purpose, now)
	return db.One(rows, err, "account.step", scanStep)
}

// TakeStep reads and removes one.
func (s *Store) TakeStep(ctx context.Context, tenant kernel.ID, tokenHash, purpose string, now kernel.Instant) (x account.Step, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.DB.Conn(ctx).QueryContext(ctx,
			`delete from signin_step where tenant_id = $1 and token_hash = $2 and purpose = $3 and expires_at > $4 returning `+stepColumns, tenant, tokenHash, purpose, now)
		x, err = db.One(rows, err, "account.step", scanStep)
		return err
	})
	return x, err
}

// TOTP gives the seed of an account.
func (s *Store) TOTP(ctx context.Context, tenant, id kernel.ID) (account.TOTP, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select seed, last_step, created_at, confirmed_at from account_totp where tenant_id = $1 and account_id = $2`, tenant, id)
	return db.One(rows, err, "account.totp.none", func(r db.Row) (t account.TOTP, err error) {
		err = r.Scan(&t.Seed, &t.LastStep, &t.CreatedAt, &t.ConfirmedAt)
		return t, err
	})
}

// SetTOTP writes the seed of an account in place of another one.
func (s *Store) SetTOTP(ctx context.Context, tenant, id kernel.ID, t account.TOTP) error {
	return s.insert(ctx, "second factor", `
		insert into account_totp (tenant_id, account_id, seed, last_step, created_at, confirmed_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant_id, account_id) do update
		set seed = excluded.seed, last_step = excluded.last_step, created_at = excluded.created_at, confirmed_at = excluded.confirmed_at`,
		tenant, id, t.Seed, t.LastStep, t.CreatedAt, t.ConfirmedAt)
}

// UseTOTP uses up a time step and all before it; false when it was used up already.
func (s *Store) UseTOTP(ctx context.Context, tenant, id kernel.ID, step int64) (bool, error) {
	n, err := s.remove(ctx, `update account_totp set last_step = $3 where tenant_id = $1 and account_id = $2 and last_step < $3`, tenant, id, step)
	return n > 0, err
}

// DeleteTOTP removes the seed of an account.
func (s *Store) DeleteTOTP(ctx context.Context, tenant, id kernel.ID) error {
	_, err := s.remove(ctx, `delete from account_totp where tenant_id = $1 and account_id = $2`, tenant, id)
	return err
}

// CountRecovery tells how many recovery codes are left.
func (s *Store) CountRecovery(ctx context.Context, tenant, id kernel.ID) (int, error) {
	row := s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from account_recovery where tenant_id = $1 and account_id = $2`, tenant, id)
	return db.Value[int](row, "account.notfound")
}

// SetRecovery writes the recovery codes of an account in place of all others.
func (s *Store) SetRecovery(ctx context.Context, tenant, id kernel.ID, hashes []string, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.remove(ctx, `delete from account_recovery where tenant_id = $1 and account_id = $2`, tenant, id); err != nil {
			return err
		}
		for _, h := range hashes {
			err := s.insert(ctx, "recovery code", `insert into account_recovery (tenant_id, account_id, code_hash, created_at) values ($1, $2, $3, $4)`, tenant, id, h, at)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// UseRecovery removes a recovery code; false when it is none of the account's.
func (s *Store) UseRecovery(ctx context.Context, tenant, id kernel.ID, hash string) (bool, error) {
	n, err := s.remove(ctx, `delete from account_recovery where tenant_id = $1 and account_id = $2 and code_hash = $3`, tenant, id, hash)
	return n > 0, err
}

const passkeyColumns = `id, account_id, name, credential, created_at, used_at`

func scanPasskey(r db.Row) (p account.Passkey, err error) {
	err = r.Scan(&p.ID, &p.Account, &p.Name, &p.Credential, &p.CreatedAt, &p.UsedAt)
	return p, err
}

// Passkeys lists the passkeys of an account, oldest first.
func (s *Store) Passkeys(ctx context.Context, tenant, id kernel.ID) ([]account.Passkey, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+passkeyColumns+` from passkey where tenant_id = $1 and account_id = $2 order by created_at, id`, tenant, id)
	return db.Collect(rows, err, scanPasskey)
}

// Passkey gives one by the id of its credential.
func (s *Store) Passkey(ctx context.Context, tenant kernel.ID, id string) (account.Passkey, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+passkeyColumns+` from passkey where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "account.passkey.none", scanPasskey)
}

// InsertPasskey adds one.
func (s *Store) InsertPasskey(ctx context.Context, tenant kernel.ID, p account.Passkey) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		switch _, err := s.Passkey(ctx, tenant, p.ID); {
		case err == nil:
			return kernel.E(kernel.Conflict, "account.passkey.exists")
		case kernel.KindOf(err) != kernel.NotFound:
			return err
		}
		return s.insert(ctx, "passkey", `insert into passkey (tenant_id, id, account_id, name, credential, created_at, used_at) values ($1, $2, $3, $4, $5, $6, $7)`,
			tenant, p.ID, p.Account, p.Name, p.Credential, p.CreatedAt, p.UsedAt)
	})
}

// UsePasskey writes credential and time of use.
func (s *Store) UsePasskey(ctx context.Context, tenant kernel.ID, p account.Passkey) error {
	return s.change(ctx, `update passkey set credential = $4, used_at = $5 where tenant_id = $1 and account_id = $2 and id = $3`,
		tenant, p.Account, p.ID, p.Credential, p.UsedAt)
}

// DeletePasskey removes one of an account.
func (s *Store) DeletePasskey(ctx context.Context, tenant, owner kernel.ID, id string) error {
	n, err := s.remove(ctx, `delete from passkey where tenant_id = $1 and account_id = $2 and id = $3`, tenant, owner, id)
	if err == nil && n == 0 {
		err = kernel.E(kernel.NotFound, "account.passkey.none")
	}
	return err
}

// DeleteFactors removes seed, recovery codes and passkeys of an account.
func (s *Store) DeleteFactors(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, a := s.remove(ctx, `delete from account_totp where tenant_id = $1 and account_id = $2`, tenant, id)
		_, b := s.remove(ctx, `delete from account_recovery where tenant_id = $1 and account_id = $2`, tenant, id)
		_, c := s.remove(ctx, `delete from passkey where tenant_id = $1 and account_id = $2`, tenant, id)
		_, d := s.remove(ctx, `delete from signin_step where tenant_id = $1 and account_id = $2`, tenant, id)
		return errors.Join(a, b, c, d)
	})
}
