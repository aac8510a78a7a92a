// SPDX-License-Identifier: EUPL-1.2

package votedb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/vote"
)

const setColumns = `id, kind, round_id, process, name, area, valid_from, valid_to, most, uses, made, salt, seed, disabled_at, made_at`

func scanSet(r db.Row) (x vote.CodeSet, err error) {
	err = r.Scan(&x.ID, &x.Kind, &x.Round, &x.Process, &x.Name, &x.Area, &x.From, &x.To, &x.Most, &x.Uses, &x.Made, &x.Salt, &x.Seed, &x.Disabled, &x.MadeAt)
	return x, err
}

// AddSet keeps a set and the hashes of its codes.
func (s *Store) AddSet(ctx context.Context, tenant kernel.ID, x vote.CodeSet, hashes []string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into vote_code_set (tenant_id, `+setColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			tenant, x.ID, x.Kind, x.Round, x.Process, x.Name, x.Area, x.From, x.To, x.Most, x.Uses, x.Made, x.Salt, x.Seed, x.Disabled, x.MadeAt)
		if err != nil {
			return err
		}
		_, err = s.DB.Bulk(ctx, "vote_code", []string{"tenant_id", "set_id", "hash", "number", "disabled_at"}, func(yield func([]any, error) bool) {
			for i, h := range hashes {
				if !yield([]any{string(tenant), string(x.ID), h, int64(i + 1), nil}, nil) {
					return
				}
			}
		})
		return err
	})
}

// Sets lists the sets that hold in a scope.
func (s *Store) Sets(ctx context.Context, tenant kernel.ID, of vote.Scope) ([]vote.CodeSet, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+setColumns+` from vote_code_set where tenant_id = $1
		and (round_id = $2 or round_id is null and process in ('', $3)) order by made_at, id`, tenant, of.Round, of.Process)
	return db.Collect(rows, err, scanSet)
}

// AllSets lists those of the town and everything in it.
func (s *Store) AllSets(ctx context.Context, tenant kernel.ID) ([]vote.CodeSet, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+setColumns+` from vote_code_set where tenant_id = $1 order by made_at, id`, tenant)
	return db.Collect(rows, err, scanSet)
}

// Set finds one.
func (s *Store) Set(ctx context.Context, tenant, id kernel.ID) (vote.CodeSet, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+setColumns+` from vote_code_set where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "vote.set.notfound", scanSet)
}

// HasCode tells whether a set has a code that is not disabled.
func (s *Store) HasCode(ctx context.Context, tenant, set kernel.ID, hash string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx,
		`select count(*) from vote_code where tenant_id = $1 and set_id = $2 and hash = $3 and disabled_at is null`, tenant, set, hash), "vote.set.notfound")
	return n > 0, err
}

// CodeHashes lists the hashes of a set by number.
func (s *Store) CodeHashes(ctx context.Context, tenant, set kernel.ID) (map[int]string, error) {
	out := map[int]string{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, hash from vote_code where tenant_id = $1 and set_id = $2 and disabled_at is null`, tenant, set)
	return out, db.Each(rows, err, func(r db.Row) error {
		var n int
		var h string
		err := r.Scan(&n, &h)
		out[n] = h
		return err
	})
}

// Use counts one use of a group code.
func (s *Store) Use(ctx context.Context, tenant, set kernel.ID) (bool, error) {
	return s.one(ctx, `update vote_code_set set uses = uses + 1 where tenant_id = $1 and id = $2 and (most = 0 or uses < most)`, tenant, set)
}

// Mark keeps that a letter code was used for a purpose.
func (s *Store) Mark(ctx context.Context, tenant, set kernel.ID, mark string) (bool, error) {
	return s.one(ctx, `insert into vote_code_use (tenant_id, set_id, mark) values ($1, $2, $3) on conflict (tenant_id, set_id, mark) do nothing`, tenant, set, mark)
}

// Forget deletes the seed of a set.
func (s *Store) Forget(ctx context.Context, tenant, set kernel.ID) error {
	_, err := s.one(ctx, `update vote_code_set set seed = '' where tenant_id = $1 and id = $2`, tenant, set)
	return err
}

// Disable ends a set or one code of it.
func (s *Store) Disable(ctx context.Context, tenant, set kernel.ID, number int, at kernel.Instant) (bool, error) {
	if number == 0 {
		return s.one(ctx, `update vote_code_set set disabled_at = $3 where tenant_id = $1 and id = $2 and disabled_at is null`, tenant, set, at)
	}
	return s.one(ctx, `update vote_code set disabled_at = $4 where tenant_id = $1 and set_id = $2 and number = $3 and disabled_at is null`, tenant, set, number, at)
}

// one tells whether a statement changed a row.
func (s *Store) one(ctx context.Context, q string, args ...any) (bool, error) {
	res, err := s.DB.Conn(ctx).ExecContext(ctx, q, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
