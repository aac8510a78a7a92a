// SPDX-License-Identifier: EUPL-1.2

// Package accountdb keeps accounts, roles and sessions in the database.
package accountdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements account.Store and account.Tx.
type Store struct{ DB *db.DB }

var (
	_ account.Store = (*Store)(nil)
	_ account.Tx    = (*Store)(nil)
)

// Tx runs f in one transaction.
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	return s.DB.Tx(ctx, f)
}

const columns = `id, email, name, lang, password_hash, must_change, pseudonym_key, consent, consented_at, created_at, disabled_at, erased_at`

func scanAccount(r db.Row) (a account.Account, err error) {
	var pseudonym string
	err = r.Scan(&a.ID, &a.Email, &a.Name, &a.Lang, &a.Hash, &a.MustChange, db.OrZero(&pseudonym), &a.Consent, &a.ConsentedAt, &a.CreatedAt,
		&a.DisabledAt, &a.ErasedAt)
	a.Citizen = pseudonym != ""
	return a, err
}

const grantColumns = `id, role, context_kind, context_key, from_date, to_date`

func scanGrant(r db.Row) (g account.Grant, err error) {
	err = r.Scan(&g.ID, &g.Role, &g.In.Kind, &g.In.Key, &g.From, &g.To)
	return g, err
}

// Accounts lists everybody of the town whose account was not erased, by name.
func (s *Store) Accounts(ctx context.Context, tenant kernel.ID) ([]account.Account, error) {
	return s.list(ctx, `select `+columns+` from account where tenant_id = $1 and erased_at is null`,
		`select account_id, `+grantColumns+` from account_role where tenant_id = $1 order by from_date, id`, tenant)
}

// Holders lists the accounts that were ever given a role in the town as a whole, by name.
func (s *Store) Holders(ctx context.Context, tenant kernel.ID, r access.Role) ([]account.Account, error) {
	return s.list(ctx, `select `+columns+` from account where tenant_id = $1 and erased_at is null and id in `+holders,
		`select account_id, `+grantColumns+` from account_role where tenant_id = $1 and account_id in `+holders+` order by from_date, id`, tenant, r)
}

// holders are the accounts that were ever given a role in the town as a whole.
const holders = `(select g.account_id from account_role g where g.tenant_id = $1 and g.role = $2 and g.context_kind = '')`

// HoldersIn lists the accounts that were ever given a role in a context, with all their grants.
func (s *Store) HoldersIn(ctx context.Context, tenant kernel.ID, in access.Context) ([]account.Account, error) {
	return s.list(ctx, `select `+columns+` from account where tenant_id = $1 and erased_at is null and id in `+holdersIn,
		`select account_id, `+grantColumns+` from account_role where tenant_id = $1 and account_id in `+holdersIn+` order by from_date, id`, tenant, in.Kind, in.Key)
}

const holdersIn = `(select g.account_id from account_role g where g.tenant_id = $1 and g.context_kind = $2 and g.context_key = $3)`

// list reads accounts and their grants with two statements of the same arguments.
func (s *Store) list(ctx context.Context, accounts, grants string, args ...any) ([]account.Account, error) {
	var list []account.Account
	err := s.DB.ReadTx(ctx, func(ctx context.Context) (err error) {
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, accounts, args...)
		if list, err = db.Collect(rows, err, scanAccount); err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		at := make(map[kernel.ID]int, len(list))
		for i, a := range list {
			at[a.ID] = i
		}
		rows, err = s.DB.Conn(ctx).QueryContext(ctx, grants, args...)
		return db.Each(rows, err, func(r db.Row) error {
			var id kernel.ID
			var g account.Grant
			err := r.Scan(&id, &g.ID, &g.Role, &g.In.Kind, &g.In.Key, &g.From, &g.To)
			if i, ok := at[id]; ok && err == nil {
				list[i].Roles = append(list[i].Roles, g)
			}
			return err
		})
	})
	// Sorted here: the order of texts depends on the collation of the database.
	slices.SortFunc(list, func(a, b account.Account) int {
		return cmp.Or(cmp.Compare(account.FoldEmail(a.Name), account.FoldEmail(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// Account gives one by id.
func (s *Store) Account(ctx context.Context, tenant, id kernel.ID) (account.Account, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from account where tenant_id = $1 and id = $2`, tenant, id)
	a, err := db.One(rows, err, "account.notfound", scanAccount)
	return s.withRoles(ctx, tenant, a, err)
}

// ByEmail gives one by folded address; an erased account has none.
func (s *Store) ByEmail(ctx context.Context, tenant kernel.ID, folded string) (account.Account, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from account where tenant_id = $1 and email_folded = $2 and erased_at is null`, tenant, folded)
	a, err := db.One(rows, err, "account.notfound", scanAccount)
	return s.withRoles(ctx, tenant, a, err)
}

func (s *Store) withRoles(ctx context.Context, tenant kernel.ID, a account.Account, err error) (account.Account, error) {
	if err != nil {
		return account.Account{}, err
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+grantColumns+` from account_role where tenant_id = $1 and account_id = $2 order by from_date, id`, tenant, a.ID)
	a.Roles, err = db.Collect(rows, err, scanGrant)
	return a, err
}

// Insert adds an account with its roles.
func (s *Store) Insert(ctx context.Context, tenant kernel.ID, a account.Account) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.free(ctx, tenant, a); err != nil {
			return err
		}
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `
			insert into account (tenant_id, id, email, email_folded, name, lang, password_hash, must_change, pseudonym_key, consent, consented_at, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			tenant, a.ID, a.Email, account.FoldEmail(a.Email), a.Name, cmp.Or(a.Lang, "de"), a.Hash, a.MustChange, pseudonymKey(a), a.Consent,
			a.ConsentedAt, a.CreatedAt)
		if db.Duplicate(err) {
			return taken(true, "email", "account.exists", a.Email)
		}
		if err != nil {
			return fmt.Errorf("account: %w", err)
		}
		return s.SetRoles(ctx, tenant, a.ID, a.Roles)
	})
}

// pseudonymKey is null for everybody but citizens.
func pseudonymKey(a account.Account) any {
	if !a.Citizen {
		return nil
	}
	return account.PseudonymKey(a.Name)
}

// free tells whether no other account has the address or the pseudonym; it is asked before writing, as PostgreSQL answers nothing more in a
// transaction in which a constraint was violated. Two at once meet at the constraint, and the later one is tried again.
func (s *Store) free(ctx context.Context, tenant kernel.ID, a account.Account) error {
	is := func(statement, value string) (bool, error) {
		n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, statement, tenant, value, a.ID), "account.notfound")
		return n > 0, err
	}
	if hit, err := is(`select count(*) from account where tenant_id = $1 and email_folded = $2 and id <> $3`, account.FoldEmail(a.Email)); err != nil || hit {
		return errors.Join(err, taken(hit, "email", "account.exists", a.Email))
	}
	if !a.Citizen {
		return nil
	}
	hit, err := is(`select count(*) from account where tenant_id = $1 and pseudonym_key = $2 and id <> $3`, account.PseudonymKey(a.Name))
	return errors.Join(err, taken(hit, "pseudonym", "account.pseudonym.taken", a.Email))
}

func taken(hit bool, field, key, email string) error {
	if !hit {
		return nil
	}
	return &kernel.Error{Kind: kernel.Conflict, Key: key, Params: kernel.Params("email", email), Fields: map[string]string{field: key}}
}

// SetPassword replaces the hash.
func (s *Store) SetPassword(ctx context.Context, tenant, id kernel.ID, hash string, mustChange bool) error {
	return s.change(ctx, `update account set password_hash = $3, must_change = $4 where tenant_id = $1 and id = $2`, tenant, id, hash, mustChange)
}

// SetDisabled sets or clears the end of an account.
func (s *Store) SetDisabled(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error {
	return s.change(ctx, `update account set disabled_at = $3 where tenant_id = $1 and id = $2`, tenant, id, at)
}

func (s *Store) change(ctx context.Context, statement string, args ...any) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, statement, args...)
		if err != nil {
			return fmt.Errorf("account: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return kernel.E(kernel.NotFound, "account.notfound")
		}
		return nil
	})
}

// SetRoles writes every grant of the list as it is.
func (s *Store) SetRoles(ctx context.Context, tenant, id kernel.ID, grants []account.Grant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, g := range grants {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `
				insert into account_role (tenant_id, id, account_id, role, context_kind, context_key, from_date, to_date) values ($1, $2, $3, $4, $5, $6, $7, $8)
				on conflict (tenant_id, id) do update set to_date = excluded.to_date`,
				tenant, g.ID, id, g.Role, g.In.Kind, g.In.Key, g.From, g.To)
			if db.Dangling(err) {
				return kernel.E(kernel.NotFound, "account.notfound")
			}
			if err != nil {
				return fmt.Errorf("role of account: %w", err)
			}
		}
		return nil
	})
}

// SetProfile changes name, language and address.
func (s *Store) SetProfile(ctx context.Context, tenant kernel.ID, a account.Account) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.free(ctx, tenant, a); err != nil {
			return err
		}
		return s.change(ctx, `
			update account set name = $3, lang = $4, email = $5, email_folded = $6, pseudonym_key = $7 where tenant_id = $1 and id = $2 and erased_at is null`,
			tenant, a.ID, a.Name, a.Lang, a.Email, account.FoldEmail(a.Email), pseudonymKey(a))
	})
}

// PseudonymFree tells whether no account has a pseudonym like this one.
func (s *Store) PseudonymFree(ctx context.Context, tenant kernel.ID, pseudonym string) (bool, error) {
	row := s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from account where tenant_id = $1 and pseudonym_key = $2`, tenant, account.PseudonymKey(pseudonym))
	n, err := db.Value[int](row, "account.notfound")
	return n == 0, err
}

// Erase leaves a stub. Its folded address holds a blank, which no address has, so that nobody can ask for it.
func (s *Store) Erase(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error {
	return s.change(ctx, `
		update account set email = '', email_folded = $3, name = '', password_hash = '', must_change = false, pseudonym_key = null, consent = '',
			consented_at = null, erased_at = $4 where tenant_id = $1 and id = $2`, tenant, id, "erased "+string(id), at)
}

// EndSessions ends every session of an account.
func (s *Store) EndSessions(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from session where tenant_id = $1 and account_id = $2`, tenant, id)
		return err
	})
}
