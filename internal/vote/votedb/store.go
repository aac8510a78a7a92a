// SPDX-License-Identifier: EUPL-1.2

// Package votedb keeps rounds of voting, the ballots in their boxes and those that were counted, and the hashes of codes.
package votedb

import (
	"context"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Store implements vote.Store.
type Store struct{ DB *db.DB }

var _ vote.Store = (*Store)(nil)

const roundColumns = `id, key, process, module, title, body, rules, budget, counting, runoff, winners, eligibility, from_at, to_at, state, reason, source, edit,
	created_at, closed_at, published_at, proof`

func scanRound(r db.Row) (x vote.Round, err error) {
	var rules db.JSON[ballot.Rules]
	var rule db.JSON[ballot.Rule]
	var proof db.JSON[vote.Proof]
	err = r.Scan(&x.ID, &x.Key, &x.Process, &x.Module, &x.Title, &x.Text, &rules, &x.Budget, &rule, &x.Winner, &x.Winners, &x.Eligibility, &x.From, &x.To,
		&x.State, &x.Reason, &x.Source, &x.Edit, &x.CreatedAt, &x.ClosedAt, &x.PublishedAt, &proof)
	x.Rules, x.Rule, x.Proof = rules.V, rule.V, proof.V
	return x, err
}

// Add keeps a new round with its box.
func (s *Store) Add(ctx context.Context, tenant kernel.ID, x vote.Round, salt string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		res, err := c.ExecContext(ctx, `insert into vote_round (tenant_id, `+roundColumns+`, result)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, '') on conflict (tenant_id, key) do nothing`,
			tenant, x.ID, x.Key, x.Process, x.Module, x.Title, x.Text, db.AsJSON(x.Rules), x.Budget, db.AsJSON(x.Rule), x.Winner, x.Winners, x.Eligibility, x.From, x.To,
			x.State, x.Reason, x.Source, x.Edit, x.CreatedAt, x.ClosedAt, x.PublishedAt, db.AsJSON(x.Proof))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"key": "vote.key.taken"}})
		}
		if x.State != vote.Draft { // an import, whose ballots were cast elsewhere
			return s.DB.Touch(ctx, tenant)
		}
		_, err = c.ExecContext(ctx, `insert into vote_box (tenant_id, round_id, salt) values ($1, $2, $3)`, tenant, x.ID, salt)
		return err
	})
}

// Save changes a round.
func (s *Store) Save(ctx context.Context, tenant kernel.ID, x vote.Round, edit int) (ok bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `update vote_round set process = $3, module = $4, title = $5, body = $6, rules = $7, budget = $8, counting = $9, runoff = $10,
			winners = $11, eligibility = $12, from_at = $13, to_at = $14, state = $15, reason = $16, source = $17, edit = $18, closed_at = $19, published_at = $20, proof = $21
			where tenant_id = $1 and id = $2 and edit = $22`,
			tenant, x.ID, x.Process, x.Module, x.Title, x.Text, db.AsJSON(x.Rules), x.Budget, db.AsJSON(x.Rule), x.Winner, x.Winners, x.Eligibility, x.From, x.To,
			x.State, x.Reason, x.Source, x.Edit, x.ClosedAt, x.PublishedAt, db.AsJSON(x.Proof), edit)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if ok = n == 1; !ok {
			return nil
		}
		return s.DB.Touch(ctx, tenant)
	})
	return ok, err
}

// Round finds one by key.
func (s *Store) Round(ctx context.Context, tenant kernel.ID, key string) (vote.Round, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+roundColumns+` from vote_round where tenant_id = $1 and key = $2`, tenant, key)
	return db.One(rows, err, "vote.notfound", scanRound)
}

// ByID finds one by id.
func (s *Store) ByID(ctx context.Context, tenant, id kernel.ID) (vote.Round, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+roundColumns+` from vote_round where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "vote.notfound", scanRound)
}

// List gives all rounds, the latest first.
func (s *Store) List(ctx context.Context, tenant kernel.ID) ([]vote.Round, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+roundColumns+` from vote_round where tenant_id = $1 order by created_at desc, id desc`, tenant)
	return db.Collect(rows, err, scanRound)
}

// Options lists what can be voted for.
func (s *Store) Options(ctx context.Context, tenant, round kernel.ID) ([]vote.Option, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select number, key, title, body, cost, contribution, picture, alt, published from vote_option where tenant_id = $1 and round_id = $2 order by number`, tenant, round)
	return db.Collect(rows, err, func(r db.Row) (o vote.Option, err error) {
		var p db.JSON[vote.Numbers]
		err = r.Scan(&o.Number, &o.Key, &o.Title, &o.Text, &o.Cost, &o.Contribution, &o.Picture, &o.Alt, &p)
		o.Published = p.V
		return o, err
	})
}

// SetOptions replaces what can be voted for.
func (s *Store) SetOptions(ctx context.Context, tenant, round kernel.ID, list []vote.Option) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if _, err := c.ExecContext(ctx, `delete from vote_option where tenant_id = $1 and round_id = $2`, tenant, round); err != nil {
			return err
		}
		for _, o := range list {
			_, err := c.ExecContext(ctx, `insert into vote_option (tenant_id, round_id, number, key, title, body, cost, contribution, picture, alt, published)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				tenant, round, o.Number, o.Key, o.Title, o.Text, o.Cost, o.Contribution, o.Picture, o.Alt, db.AsJSON(o.Published))
			if err != nil {
				return err
			}
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Corrections lists them by number.
func (s *Store) Corrections(ctx context.Context, tenant, round kernel.ID) ([]vote.Correction, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, ballots, reason, at from vote_correction where tenant_id = $1 and round_id = $2 order by number`, tenant, round)
	return db.Collect(rows, err, func(r db.Row) (c vote.Correction, err error) {
		return c, r.Scan(&c.Number, &c.Ballots, &c.Reason, &c.At)
	})
}

// SetResult keeps the count.
func (s *Store) SetResult(ctx context.Context, tenant, round kernel.ID, x vote.Result) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `update vote_round set result = $3 where tenant_id = $1 and id = $2`, tenant, round, db.AsJSON(x)); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// Result reads the count.
func (s *Store) Result(ctx context.Context, tenant, round kernel.ID) (vote.Result, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select result from vote_round where tenant_id = $1 and id = $2 and result <> ''`, tenant, round)
	return db.One(rows, err, "vote.uncounted", func(r db.Row) (vote.Result, error) {
		var x db.JSON[vote.Result]
		err := r.Scan(&x)
		return x.V, err
	})
}

// KeepsPicture tells whether an option still shows a file.
func (s *Store) KeepsPicture(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from vote_option where tenant_id = $1 and picture = $2`, tenant, sha), "vote.notfound")
	return n > 0, err
}
