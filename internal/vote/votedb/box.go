// SPDX-License-Identifier: EUPL-1.2

package votedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Salt gives the salt of the box.
func (s *Store) Salt(ctx context.Context, tenant, round kernel.ID) (string, error) {
	return db.Value[string](s.DB.Conn(ctx).QueryRowContext(ctx, `select salt from vote_box where tenant_id = $1 and round_id = $2`, tenant, round), "vote.over")
}

// Cast keeps a ballot in place of an earlier one. The row of the ballot is taken first, so that of a voter's votes at the same moment one comes after
// the other; the foreign key to the box keeps it there until the commit.
func (s *Store) Cast(ctx context.Context, tenant, round kernel.ID, b vote.Cast) (casts int, err error) {
	c := s.DB.Conn(ctx)
	err = c.QueryRowContext(ctx, `insert into vote_ballot (tenant_id, round_id, voter, way, area, receipt, cast_at, casts) values ($1, $2, $3, $4, $5, $6, $7, 1)
		on conflict (tenant_id, round_id, voter) do update set way = excluded.way, area = excluded.area, receipt = excluded.receipt, cast_at = excluded.cast_at,
		casts = vote_ballot.casts + 1 returning casts`, tenant, round, b.Voter, b.Way, b.Area, b.Receipt, b.At).Scan(&casts)
	if err != nil {
		return 0, err
	}
	if casts > 1 {
		if _, err := c.ExecContext(ctx, `delete from vote where tenant_id = $1 and round_id = $2 and voter = $3`, tenant, round, b.Voter); err != nil {
			return 0, err
		}
	}
	for part := range slices.Chunk(b.Marks, 200) {
		args := []any{tenant, round, b.Voter}
		var values strings.Builder
		for i, m := range part {
			if i > 0 {
				values.WriteString(", ")
			}
			fmt.Fprintf(&values, "($1, $2, $3, $%d, $%d)", len(args)+1, len(args)+2)
			args = append(args, m.Option, m.Value)
		}
		if _, err := c.ExecContext(ctx, `insert into vote (tenant_id, round_id, voter, option_no, value) values `+values.String(), args...); err != nil {
			return 0, err
		}
	}
	return casts, nil
}

// Receipt finds when the ballot with the receipt was cast.
func (s *Store) Receipt(ctx context.Context, tenant, round kernel.ID, hash string) (kernel.Instant, error) {
	return db.Value[kernel.Instant](s.DB.Conn(ctx).QueryRowContext(ctx,
		`select cast_at from vote_ballot where tenant_id = $1 and round_id = $2 and receipt = $3`, tenant, round, hash), "vote.receipt.unknown")
}

// Counted tells whether a receipt belongs to a ballot that was counted.
func (s *Store) Counted(ctx context.Context, tenant, round kernel.ID, hash string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx,
		`select count(*) from vote_receipt where tenant_id = $1 and round_id = $2 and receipt = $3`, tenant, round, hash), "vote.notfound")
	return n > 0, err
}

// Turnout counts what lies in the box.
func (s *Store) Turnout(ctx context.Context, tenant, round kernel.ID) (map[vote.Way]int64, error) {
	out := map[vote.Way]int64{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select way, count(*) from vote_ballot where tenant_id = $1 and round_id = $2 group by way
		union all select 'paper', count(*) from vote_paper where tenant_id = $1 and round_id = $2 and void = ''`, tenant, round)
	return out, db.Each(rows, err, func(r db.Row) error {
		var w vote.Way
		var n int64
		err := r.Scan(&w, &n)
		if n > 0 {
			out[w] = n
		}
		return err
	})
}

// AddPaper keeps a paper ballot.
func (s *Store) AddPaper(ctx context.Context, tenant, round kernel.ID, p vote.PaperBallot) (n int, err error) {
	err = s.DB.Conn(ctx).QueryRowContext(ctx, `insert into vote_paper (tenant_id, round_id, number, batch, area, marks, void, entered_at)
		select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, '', $6 from vote_paper where tenant_id = $1 and round_id = $2 returning number`,
		tenant, round, p.Batch, p.Area, ballot.Write(p.Marks), p.At).Scan(&n)
	return n, err
}

// Papers lists paper ballots.
func (s *Store) Papers(ctx context.Context, tenant, round kernel.ID, batch string, limit int) ([]vote.PaperBallot, error) {
	w := db.NewWhere(tenant)
	w.And("round_id = ?", round)
	if batch != "" {
		w.And("batch = ?", batch)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, batch, area, marks, void, entered_at from vote_paper where `+w.String()+` order by number desc limit `+w.Arg(limit), w.Args...)
	return db.Collect(rows, err, func(r db.Row) (p vote.PaperBallot, err error) {
		var marks string
		if err = r.Scan(&p.Number, &p.Batch, &p.Area, &marks, &p.Void, &p.At); err == nil {
			p.Marks, err = ballot.Parse(marks)
		}
		return p, err
	})
}

// VoidPaper takes a paper ballot out.
func (s *Store) VoidPaper(ctx context.Context, tenant, round kernel.ID, number int, reason string) (bool, error) {
	res, err := s.DB.Conn(ctx).ExecContext(ctx, `update vote_paper set void = $4 where tenant_id = $1 and round_id = $2 and number = $3 and void = ''`, tenant, round, number, reason)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Batches counts the paper ballots that count.
func (s *Store) Batches(ctx context.Context, tenant, round kernel.ID) (map[string]int, error) {
	out := map[string]int{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select batch, count(*) from vote_paper where tenant_id = $1 and round_id = $2 and void = '' group by batch`, tenant, round)
	return out, db.Each(rows, err, func(r db.Row) error {
		var b string
		var n int
		err := r.Scan(&b, &n)
		out[b] = n
		return err
	})
}

// InBox reads every ballot of the box.
func (s *Store) InBox(ctx context.Context, tenant, round kernel.ID, f func(vote.Counted) error) error {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select b.voter, b.way, b.area, v.option_no, v.value from vote_ballot b
		join vote v on v.tenant_id = b.tenant_id and v.round_id = b.round_id and v.voter = b.voter
		where b.tenant_id = $1 and b.round_id = $2 order by b.voter, v.option_no`, tenant, round)
	var at string
	var c vote.Counted
	var marks []ballot.Mark
	flush := func() error {
		if at == "" {
			return nil
		}
		c.Marks = ballot.Write(marks)
		return f(c)
	}
	err = db.Each(rows, err, func(r db.Row) error {
		var voter string
		var way vote.Way
		var area string
		var m ballot.Mark
		if err := r.Scan(&voter, &way, &area, &m.Option, &m.Value); err != nil {
			return err
		}
		if voter != at {
			if err := flush(); err != nil {
				return err
			}
			at, c, marks = voter, vote.Counted{Way: way, Area: area}, marks[:0]
		}
		marks = append(marks, m)
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	rows, err = s.DB.Conn(ctx).QueryContext(ctx, `select area, marks from vote_paper where tenant_id = $1 and round_id = $2 and void = '' order by number`, tenant, round)
	return db.Each(rows, err, func(r db.Row) error {
		p := vote.Counted{Way: vote.Paper}
		if err := r.Scan(&p.Area, &p.Marks); err != nil {
			return err
		}
		return f(p)
	})
}

// Empty deletes the box and all keys. Deleting the row of the box waits for votes on their way and turns later ones away.
func (s *Store) Empty(ctx context.Context, tenant, round kernel.ID) (keys, receipts int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		var err error
		exec := func(res sql.Result, failed error) (n int64) {
			if err = errors.Join(err, failed); err == nil {
				n, err = res.RowsAffected()
			}
			return n
		}
		receipts = exec(c.ExecContext(ctx, `insert into vote_receipt (tenant_id, round_id, receipt)
			select tenant_id, round_id, receipt from vote_ballot where tenant_id = $1 and round_id = $2 order by receipt`, tenant, round))
		exec(c.ExecContext(ctx, `delete from vote where tenant_id = $1 and round_id = $2`, tenant, round))
		keys = exec(c.ExecContext(ctx, `delete from vote_ballot where tenant_id = $1 and round_id = $2`, tenant, round))
		exec(c.ExecContext(ctx, `delete from vote_paper where tenant_id = $1 and round_id = $2`, tenant, round))
		exec(c.ExecContext(ctx, `delete from vote_box where tenant_id = $1 and round_id = $2`, tenant, round))
		return err
	})
	return keys, receipts, err
}

// Lay keeps ballots that are counted.
func (s *Store) Lay(ctx context.Context, tenant, round kernel.ID, list iter.Seq2[vote.Counted, error]) (n int64, err error) {
	rows := func(yield func([]any, error) bool) {
		row := make([]any, 7)
		for c, err := range list {
			row[0], row[1], row[2], row[3], row[4], row[5], row[6] = string(tenant), string(round), c.Number, string(c.Way), c.Area, c.Marks, int64(0)
			if !yield(row, err) {
				return
			}
		}
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err = s.DB.Bulk(ctx, "vote_cast", []string{"tenant_id", "round_id", "number", "way", "area", "marks", "correction"}, rows)
		return err
	})
	return n, err
}

// CountedBallots reads them by number.
func (s *Store) CountedBallots(ctx context.Context, tenant, round kernel.ID, f func(vote.Counted) error) error {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select number, way, area, marks, correction from vote_cast where tenant_id = $1 and round_id = $2 order by number`, tenant, round)
	return db.Each(rows, err, func(r db.Row) error {
		var c vote.Counted
		if err := r.Scan(&c.Number, &c.Way, &c.Area, &c.Marks, &c.Correction); err != nil {
			return err
		}
		return f(c)
	})
}

// Strike takes ballots out under the number of a correction.
func (s *Store) Strike(ctx context.Context, tenant, round kernel.ID, numbers []int64, x vote.Correction) (total int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		total = 0
		c := s.DB.Conn(ctx)
		_, err := c.ExecContext(ctx, `insert into vote_correction (tenant_id, round_id, number, ballots, reason, at) values ($1, $2, $3, $4, $5, $6)`,
			tenant, round, x.Number, x.Ballots, x.Reason, x.At)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(numbers, 1000) {
			w := db.NewWhere(tenant)
			w.And("round_id = ?", round)
			w.And("correction = 0")
			w.In("number", part)
			set := w.Arg(x.Number)
			res, err := c.ExecContext(ctx, `update vote_cast set correction = `+set+` where `+w.String(), w.Args...)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	return total, err
}
