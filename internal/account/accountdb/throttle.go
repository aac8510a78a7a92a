// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

var _ account.Guesses = (*Store)(nil)

// Failures gives what is counted under the marks.
func (s *Store) Failures(ctx context.Context, tenant kernel.ID, marks []string) (map[string]account.Failures, error) {
	w := db.NewWhere(tenant)
	w.In("mark", marks)
	out := map[string]account.Failures{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select mark, count, last_at from signin_failure where `+w.String(), w.Args...)
	err = db.Each(rows, err, func(r db.Row) error {
		var mark string
		var f account.Failures
		err := r.Scan(&mark, &f.N, &f.Last)
		out[mark] = f
		return err
	})
	return out, err
}

// SetFailures writes the count of a mark and forgets the marks that are older than a day.
func (s *Store) SetFailures(ctx context.Context, tenant kernel.ID, mark string, f account.Failures) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.ExpireFailures(ctx, tenant, kernel.InstantOf(f.Last.Add(-account.KeepFailures))); err != nil {
			return err
		}
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `
			insert into signin_failure (tenant_id, mark, count, last_at) values ($1, $2, $3, $4)
			on conflict (tenant_id, mark) do update set count = excluded.count, last_at = excluded.last_at`, tenant, mark, f.N, f.Last)
		if err != nil {
			return fmt.Errorf("failed guesses: %w", err)
		}
		return nil
	})
}

// ExpireFailures forgets what was last counted before a time and gives how many marks that were.
func (s *Store) ExpireFailures(ctx context.Context, tenant kernel.ID, before kernel.Instant) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from signin_failure where tenant_id = $1 and last_at < $2`, tenant, before)
		if err != nil {
			return fmt.Errorf("failed guesses: %w", err)
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Forgive removes the count of a mark.
func (s *Store) Forgive(ctx context.Context, tenant kernel.ID, mark string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from signin_failure where tenant_id = $1 and mark = $2`, tenant, mark)
		return err
	})
}
