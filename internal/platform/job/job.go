// SPDX-License-Identifier: EUPL-1.2

// Package job does the work that follows from an act: sending a letter, recomputing an index, building a report. A job is enqueued in the
// act's own transaction, so it exists exactly when the act does, and any process may take it.
//
// Invariants: a job is worked by one worker at a time as long as that worker renews its lease; a worker that died is replaced when the lease
// runs out; a worker that was replaced cannot finish the job any more (the attempt number is the fence). It needs neither LISTEN/NOTIFY nor
// advisory locks, and each statement concerns one tenant, so that it works on distributed engines alike.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// State is where a job stands.
type State string

// The states. A job ends as done, failed or cancelled.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Ended tells whether nothing more will happen.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// Job is one piece of work of a tenant.
type Job struct {
	Tenant     kernel.ID
	ID         kernel.ID
	Kind       string
	Args       json.RawMessage
	State      State
	Attempt    int
	MaxAttempt int
	RunAt      kernel.Instant
	Error      string
	Progress   Progress
	Result     json.RawMessage // nil until the job set one
	CreatedAt  kernel.Instant
	EndedAt    kernel.Instant // zero until ended

	claimed time.Time // by this process: the lease counts from here
}

// Progress says how far a job is, for the bar on the page.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0: not known
	Text  string `json:"text"`  // message key or sentence of the step
}

// Options say when and how often a job may run.
type Options struct {
	// At is the earliest moment; zero means at once.
	At time.Time
	// Key makes enqueueing idempotent: of the jobs of one kind at most one has a given key, even after it ended.
	Key string
	// Merge frees the key once the job has begun: a second act while it waits adds nothing, one while it runs enqueues it again. It is meant
	// for recomputations, which must see the newest state once.
	Merge bool
	// MaxAttempt is how often it is tried before it fails; 5 when zero.
	MaxAttempt int
}

// ErrLost says that a worker's job was cancelled or taken over after its lease ran out; what it did in the transaction must not be kept.
var ErrLost = errors.New("job: lost to another worker or cancelled")

// Queue enqueues and shows jobs; a Worker does them.
type Queue struct {
	db    *db.DB
	clock clock.Clock

	mu   sync.Mutex
	wake map[chan struct{}]bool
	live map[kernel.ID]Progress // of jobs running in this process, ahead of what is stored
}

// New makes a queue on d.
func New(d *db.DB, c clock.Clock) *Queue {
	return &Queue{db: d, clock: c, wake: map[chan struct{}]bool{}, live: map[kernel.ID]Progress{}}
}

const columns = `tenant_id, id, kind, args, state, attempt, max_attempt, run_at, error, done, total, progress, result, created_at, ended_at`

func scan(r db.Row) (j Job, err error) {
	var args, result string
	err = r.Scan(&j.Tenant, &j.ID, &j.Kind, &args, &j.State, &j.Attempt, &j.MaxAttempt, &j.RunAt, &j.Error,
		&j.Progress.Done, &j.Progress.Total, &j.Progress.Text, &result, &j.CreatedAt, &j.EndedAt)
	j.Args = json.RawMessage(args)
	if result != "" {
		j.Result = json.RawMessage(result)
	}
	return j, err
}

// Enqueue writes a job, in the transaction of ctx when there is one, and returns its id, or the id of the job that already has the key.
func (q *Queue) Enqueue(ctx context.Context, tenant kernel.ID, kind string, args any, o Options) (id kernel.ID, err error) {
	b, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("job %s: arguments: %w", kind, err)
	}
	now := q.clock.Now()
	if o.At.IsZero() {
		o.At = now
	}
	if o.MaxAttempt == 0 {
		o.MaxAttempt = 5
	}
	err = q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		id = kernel.NewID()
		c := q.db.Conn(ctx)
		res, err := c.ExecContext(ctx, `insert into job (tenant_id, id, kind, args, state, attempt, max_attempt, run_at, unique_key, merge, error, done, total, progress, result, created_at)
			values ($1, $2, $3, $4, 'waiting', 0, $5, $6, $7, $8, '', 0, 0, '', '', $9)
			on conflict (tenant_id, kind, unique_key) where unique_key is not null do nothing`,
			tenant, id, kind, string(b), o.MaxAttempt, kernel.InstantOf(o.At), db.NullZero(o.Key), o.Merge, kernel.InstantOf(now))
		if err != nil {
			return fmt.Errorf("job %s: %w", kind, err)
		}
		n, err := res.RowsAffected()
		if err != nil || n == 1 {
			q.db.AfterCommit(ctx, q.ring)
			return err
		}
		id, err = db.Value[kernel.ID](c.QueryRowContext(ctx, `select id from job where tenant_id = $1 and kind = $2 and unique_key = $3`, tenant, kind, o.Key), "job.notfound")
		return err
	})
	return id, err
}

// ring tells this process's workers that there may be work; those of other processes find it at their next look.
func (q *Queue) ring() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for c := range q.wake {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Job returns one job with its newest progress.
func (q *Queue) Job(ctx context.Context, tenant, id kernel.ID) (Job, error) {
	rows, err := q.db.Conn(ctx).QueryContext(ctx, `select `+columns+` from job where tenant_id = $1 and id = $2`, tenant, id)
	j, err := db.One(rows, err, "job.notfound", scan)
	if err == nil {
		q.enliven(&j)
	}
	return j, err
}

// Filter selects jobs for a list.
type Filter struct {
	Kinds  []string
	States []State
	Before kernel.ID // continue after this job
	Limit  int       // 100 when zero
}

// List returns the tenant's jobs, the youngest first.
func (q *Queue) List(ctx context.Context, tenant kernel.ID, f Filter) ([]Job, error) {
	w := db.NewWhere(tenant)
	if f.Kinds != nil {
		w.In("kind", f.Kinds)
	}
	if f.States != nil {
		w.In("state", f.States)
	}
	if f.Before != "" {
		w.And("(created_at, id) < (select created_at, id from job where tenant_id = ? and id = ?)", tenant, f.Before)
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	rows, err := q.db.Conn(ctx).QueryContext(ctx, `select `+columns+` from job where `+w.String()+` order by created_at desc, id desc limit `+w.Arg(f.Limit), w.Args...)
	js, err := db.Collect(rows, err, scan)
	for i := range js {
		q.enliven(&js[i])
	}
	return js, err
}

// Counts tells how many jobs of each kind wait, run or have failed, and since when the oldest of them waits to run although it is due.
func (q *Queue) Counts(ctx context.Context, tenant kernel.ID) ([]Count, error) {
	rows, err := q.db.Conn(ctx).QueryContext(ctx, `select kind, state, count(*), min(run_at) from job
		where tenant_id = $1 and state in ('waiting', 'running', 'failed') group by kind, state order by kind, state`, tenant)
	return db.Collect(rows, err, func(r db.Row) (c Count, err error) { return c, r.Scan(&c.Kind, &c.State, &c.N, &c.Oldest) })
}

// Count is a number of jobs of one kind in one state.
type Count struct {
	Kind   string
	State  State
	N      int
	Oldest kernel.Instant // earliest moment one of them was or is due
}

// States gives the number of jobs in each state.
func (q *Queue) States(ctx context.Context, tenant kernel.ID) (map[State]int, error) {
	out := map[State]int{}
	rows, err := q.db.Conn(ctx).QueryContext(ctx, `select state, count(*) from job where tenant_id = $1 group by state`, tenant)
	err = db.Each(rows, err, func(r db.Row) error {
		var s State
		var n int
		err := r.Scan(&s, &n)
		out[s] = n
		return err
	})
	return out, err
}

// FailedBetween counts the jobs that failed from a moment up to another.
func (q *Queue) FailedBetween(ctx context.Context, tenant kernel.ID, from, to time.Time) (int, error) {
	return db.Value[int](q.db.Conn(ctx).QueryRowContext(ctx, `select count(*) from job where tenant_id = $1 and state = 'failed' and ended_at >= $2 and ended_at < $3`,
		tenant, kernel.InstantOf(from), kernel.InstantOf(to)), "job.notfound")
}

// enliven shows the progress of a job that runs in this process as it is now.
func (q *Queue) enliven(j *Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p, ok := q.live[j.ID]; ok && j.State == Running {
		j.Progress = p
	}
}

// Cancel ends a waiting or running job; a running worker notices when it renews its lease. An ended job stays as it is.
func (q *Queue) Cancel(ctx context.Context, tenant, id kernel.ID) error {
	if _, err := q.Job(ctx, tenant, id); err != nil {
		return err
	}
	return q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		_, err := q.db.Conn(ctx).ExecContext(ctx, `update job set state = 'cancelled', lease_until = null, ended_at = $3
			where tenant_id = $1 and id = $2 and state in ('waiting', 'running')`, tenant, id, kernel.InstantOf(q.clock.Now()))
		return err
	})
}

// Retry lets a failed or cancelled job run again from its first attempt.
func (q *Queue) Retry(ctx context.Context, tenant, id kernel.ID) error {
	return q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		// The attempt number goes on counting, because it is the fence; the limit moves instead.
		res, err := q.db.Conn(ctx).ExecContext(ctx, `update job set state = 'waiting', max_attempt = attempt + max_attempt, run_at = $3, ended_at = null, error = ''
			where tenant_id = $1 and id = $2 and state in ('failed', 'cancelled')`, tenant, id, kernel.InstantOf(q.clock.Now()))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, kernel.E(kernel.Conflict, "job.not_ended"))
		}
		q.db.AfterCommit(ctx, q.ring)
		return nil
	})
}

// Purge deletes jobs that ended before the given moment, and with them their keys. It returns how many.
func (q *Queue) Purge(ctx context.Context, tenant kernel.ID, before time.Time) (n int64, err error) {
	err = q.db.TxReadCommitted(ctx, func(ctx context.Context) error {
		res, err := q.db.Conn(ctx).ExecContext(ctx, `delete from job where tenant_id = $1 and ended_at < $2`, tenant, kernel.InstantOf(before))
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
