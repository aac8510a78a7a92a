// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"context"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// claim takes up to n due jobs of the tenant, also those whose worker's lease ran out, and gives them a lease. own are the jobs the claimer
// still works at itself; however late their leases are, it does not take them over from itself.
func (q *Queue) claim(ctx context.Context, tenant kernel.ID, kinds []string, own []kernel.ID, n int, lease time.Duration) ([]Job, error) {
	now := kernel.InstantOf(q.clock.Now())
	due := func() *db.Where {
		w := db.NewWhere(tenant)
		w.And("(state = 'waiting' and run_at <= ? or state = 'running' and lease_until < ?)", now, now)
		w.In("kind", kinds)
		for _, id := range own {
			w.And("id <> ?", id)
		}
		return w
	}
	// A look without a write lock first: most looks find nothing.
	w := due()
	rows, err := q.db.Conn(ctx).QueryContext(ctx, `select 1 from job where `+w.String()+` limit 1`, w.Args...)
	there, err := db.Collect(rows, err, func(r db.Row) (n int, err error) { return n, r.Scan(&n) })
	if err != nil || len(there) == 0 {
		return nil, err
	}
	var js []Job
	err = q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		c := q.db.Conn(ctx)
		// A job that took its worker down with it as often as it may is not tried again.
		w := due()
		ended := w.Arg(now)
		_, err := c.ExecContext(ctx, `update job set state = 'failed', error = case when error = '' then 'the worker ended without a word' else error end, lease_until = null, ended_at = `+ended+`
			where `+w.String()+` and state = 'running' and attempt >= max_attempt`, w.Args...)
		if err != nil {
			return err
		}
		w = due()
		until, most := w.Arg(kernel.InstantOf(now.Add(lease))), w.Arg(n)
		// The conditions stand twice: PostgreSQL proves only the outer ones again on a row that another claim has just changed.
		rows, err := c.QueryContext(ctx, `update job set state = 'running', attempt = attempt + 1, lease_until = `+until+`, unique_key = case when merge then null else unique_key end
			where `+w.String()+` and id in (select id from job where `+w.String()+` order by run_at, id limit `+most+`) returning `+columns, w.Args...)
		js, err = db.Collect(rows, err, scan)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("job: claim: %w", err)
	}
	for i := range js {
		js[i].claimed = now.Time
	}
	return js, nil
}

// change runs an update on a job that this worker still holds; ErrLost when it does not. The statement's first three arguments are taken.
func (q *Queue) change(ctx context.Context, j Job, set string, args ...any) error {
	return q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		res, err := q.db.Conn(ctx).ExecContext(ctx, `update job set `+set+` where tenant_id = $1 and id = $2 and attempt = $3 and state = 'running'`,
			append([]any{j.Tenant, j.ID, j.Attempt}, args...)...)
		if err != nil {
			return fmt.Errorf("job %s %s: %w", j.Kind, j.ID, err)
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			err = fmt.Errorf("job %s %s: %w", j.Kind, j.ID, ErrLost)
		}
		return err
	})
}

// held returns ErrLost when the job was cancelled or taken over.
func (q *Queue) held(ctx context.Context, j Job) error {
	n, err := db.Value[int](q.db.Conn(ctx).QueryRowContext(ctx, `select count(*) from job where tenant_id = $1 and id = $2 and attempt = $3 and state = 'running'`, j.Tenant, j.ID, j.Attempt), "job.notfound")
	if err == nil && n == 0 {
		err = ErrLost
	}
	return err
}

func (q *Queue) renew(ctx context.Context, j Job, lease time.Duration, p Progress) error {
	return q.change(ctx, j, `lease_until = $4, done = $5, total = $6, progress = $7`, kernel.InstantOf(q.clock.Now().Add(lease)), p.Done, p.Total, p.Text)
}

func (q *Queue) finish(ctx context.Context, j Job, p Progress, result []byte) error {
	return q.change(ctx, j, `state = 'done', error = '', lease_until = null, ended_at = $4, done = $5, total = $6, progress = $7, result = $8`,
		kernel.InstantOf(q.clock.Now()), p.Done, p.Total, p.Text, string(result))
}

func (q *Queue) fail(ctx context.Context, j Job, p Progress, text string) error {
	return q.change(ctx, j, `state = 'failed', error = $4, lease_until = null, ended_at = $5, done = $6, total = $7, progress = $8`,
		text, kernel.InstantOf(q.clock.Now()), p.Done, p.Total, p.Text)
}

// again puts the job back for a later moment.
func (q *Queue) again(ctx context.Context, j Job, text string, at time.Time) error {
	return q.change(ctx, j, `state = 'waiting', error = $4, lease_until = null, run_at = $5`, text, kernel.InstantOf(at))
}

// giveBack returns a job that a stopping worker did not finish; the broken-off attempt gives the next one its place in the count.
func (q *Queue) giveBack(ctx context.Context, j Job) error {
	return q.change(ctx, j, `state = 'waiting', lease_until = null, run_at = $4, max_attempt = max_attempt + 1`, kernel.InstantOf(q.clock.Now()))
}
