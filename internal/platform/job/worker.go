// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Handler does one kind of job. It should end when ctx does: the job was cancelled, taken over, or the program stops. An error is tried again
// after a while, except one a repetition cannot mend (a kernel.Error of kind Invalid, NotFound, Denied or Conflict).
type Handler func(ctx context.Context, r *Run) error

// Worker does the jobs of its tenants until it is told to stop.
type Worker struct {
	Queue    *Queue
	Handlers map[string]Handler
	// Tenants lists whose jobs to do; it is asked before each look.
	Tenants func(ctx context.Context) ([]kernel.ID, error)
	// AtOnce is how many jobs run at the same time; 2 when zero.
	AtOnce int
	// Lease is how long a silent worker keeps its job; 1 minute when zero. It is renewed three times in that span.
	Lease time.Duration
	// Poll is the pause between looks when nobody rings; 1 second when zero.
	Poll time.Duration
	// Grace is how long running jobs may go on after the stop before their context ends; 20 seconds when zero.
	Grace time.Duration
	// Backoff is the pause before attempt n+1; a growing one from 2 seconds to an hour when nil.
	Backoff func(attempt int) time.Duration
}

// Run works until ctx ends, then lets running jobs finish within Grace and gives back those that do not.
func (w *Worker) Run(ctx context.Context) error {
	o := *w
	if o.AtOnce == 0 {
		o.AtOnce = 2
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Grace == 0 {
		o.Grace = 20 * time.Second
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	if o.Queue == nil || o.Tenants == nil || len(o.Handlers) == 0 {
		return errors.New("job: a worker needs a queue, tenants and handlers")
	}
	return o.loop(ctx)
}

// backoff grows fourfold from about 2 seconds to an hour; the random part keeps processes from moving in step.
func backoff(attempt int) time.Duration {
	d := min(2*time.Second<<(2*min(attempt-1, 10)), time.Hour)
	return d/2 + rand.N(d/2)
}

func (w *Worker) loop(ctx context.Context) error {
	bell := make(chan struct{}, 1)
	w.Queue.mu.Lock()
	w.Queue.wake[bell] = true
	w.Queue.mu.Unlock()
	defer func() {
		w.Queue.mu.Lock()
		delete(w.Queue.wake, bell)
		w.Queue.mu.Unlock()
	}()

	// Jobs outlive ctx by Grace.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	kinds := slices.Sorted(maps.Keys(w.Handlers))
	own := &desk{jobs: map[kernel.ID]bool{}}
	tick := time.NewTicker(w.Poll)
	defer tick.Stop()
	for first := 0; ctx.Err() == nil; first++ {
		found, err := w.look(ctx, work, kinds, own, first)
		if err != nil && ctx.Err() == nil {
			slog.Error("jobs cannot be looked for", "error", err)
		}
		if found && err == nil && own.count() < w.AtOnce {
			continue
		}
		select {
		case <-ctx.Done():
		case <-bell:
		case <-tick.C:
		}
	}

	ended := make(chan struct{})
	go func() {
		own.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(w.Grace):
		stop(errStopping)
		<-ended
	}
	return nil
}

var errStopping = errors.New("job: the program stops")

// desk holds the jobs a worker is busy with.
type desk struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	jobs map[kernel.ID]bool
}

func (d *desk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.jobs)
}

func (d *desk) ids() []kernel.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.jobs))
}

func (d *desk) set(id kernel.ID, busy bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if busy {
		d.jobs[id] = true
	} else {
		delete(d.jobs, id)
	}
}

// look claims what the free hands allow, one tenant after the other, each time beginning with another one so that none waits behind a busy
// neighbour, and starts the jobs.
func (w *Worker) look(ctx, work context.Context, kinds []string, own *desk, first int) (found bool, err error) {
	tenants, err := w.Tenants(ctx)
	if err != nil {
		return false, err
	}
	for i := range tenants {
		free := w.AtOnce - own.count()
		if free <= 0 {
			break
		}
		js, err := w.Queue.claim(ctx, tenants[(first+i)%len(tenants)], kinds, own.ids(), free, w.Lease)
		if err != nil {
			return found, err
		}
		for _, j := range js {
			found = true
			own.set(j.ID, true)
			own.wg.Go(func() {
				w.do(work, j)
				own.set(j.ID, false)
				w.Queue.ring() // a hand is free
			})
		}
	}
	return found, nil
}

// do runs one job, renews its lease meanwhile and records the outcome.
func (w *Worker) do(work context.Context, j Job) {
	r := &Run{Job: j, queue: w.Queue}
	ctx, cancel := context.WithCancelCause(work)
	defer cancel(nil)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		w.keep(ctx, cancel, r)
	}()
	err := w.handle(ctx, r)
	cause := context.Cause(ctx)
	cancel(nil)
	<-renewed
	w.Queue.mu.Lock()
	delete(w.Queue.live, j.ID)
	w.Queue.mu.Unlock()

	// The outcome must be written even when the program stops.
	end, done := context.WithTimeout(context.WithoutCancel(work), time.Minute)
	defer done()
	var outcome error
	switch p := r.progress(); {
	case r.completed:
		return
	case errors.Is(cause, ErrLost), errors.Is(err, ErrLost):
		slog.Warn("a job was taken over or cancelled", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt)
		return
	case err == nil:
		outcome = w.Queue.finish(end, j, p, r.result)
	case errors.Is(cause, errStopping):
		outcome = w.Queue.giveBack(end, j)
	case final(err) || j.Attempt >= j.MaxAttempt:
		slog.Error("a job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "error", err)
		outcome = w.Queue.fail(end, j, p, short(err.Error()))
	default:
		wait := w.Backoff(j.Attempt)
		slog.Warn("a job is tried again", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "in", wait, "error", err)
		outcome = w.Queue.again(end, j, short(err.Error()), w.Queue.clock.Now().Add(wait))
	}
	if outcome != nil { // the lease runs out and another worker takes the job
		slog.Error("the outcome of a job could not be written", "kind", j.Kind, "job", j.ID, "error", outcome)
	}
}

// handle runs the handler and turns its panic into an error.
func (w *Worker) handle(ctx context.Context, r *Run) (err error) {
	gently() // each job has a goroutine of its own
	defer func() {
		if p := recover(); p != nil {
			slog.Error("a job panicked", "kind", r.Kind, "job", r.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("job %s: panic: %v", r.Kind, p)
		}
	}()
	return w.Handlers[r.Kind](ctx, r)
}

// keep watches over a running job until ctx ends: it renews the lease, stores the progress, and ends ctx when the job is no longer ours.
func (w *Worker) keep(ctx context.Context, cancel context.CancelCauseFunc, r *Run) {
	tick := time.NewTicker(min(w.Lease/3, w.Poll))
	defer tick.Stop()
	last, stored := r.claimed, r.progress()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// Reading is never held up by a long transaction of the job itself, as renewing is on SQLite.
		err := w.Queue.held(ctx, r.Job)
		now, p := w.Queue.clock.Now(), r.progress()
		if err == nil && (p != stored || now.Sub(last) >= w.Lease/3) {
			if err = w.Queue.renew(ctx, r.Job, w.Lease, p); err == nil {
				last, stored = now, p
			}
		}
		switch {
		case errors.Is(err, ErrLost):
			if r.completing.Load() { // it is done, not lost; ending ctx now would break off the commit's answer
				return
			}
			cancel(err)
			return
		case err != nil && ctx.Err() == nil:
			slog.Warn("a lease could not be renewed", "kind", r.Kind, "job", r.ID, "error", err)
		}
	}
}

// final tells whether trying again cannot help.
func final(err error) bool {
	var k *kernel.Error
	if !errors.As(err, &k) {
		return false
	}
	switch k.Kind {
	case kernel.Invalid, kernel.NotFound, kernel.Denied, kernel.Conflict:
		return true
	}
	return false
}

// short keeps an error's beginning, where the cause stands.
func short(s string) string {
	const most = 2000
	if len(s) <= most {
		return s
	}
	for i := range s {
		if i >= most-3 {
			return s[:i] + "…"
		}
	}
	return s
}

// Run is a job while it is done.
type Run struct {
	Job
	queue     *Queue
	mu        sync.Mutex
	now       Progress
	result    []byte
	completed bool
	// completing is set before Complete's transaction can commit.
	completing atomic.Bool
}

// Decode reads the arguments into v; arguments that do not fit are an error no repetition mends.
func (r *Run) Decode(v any) error {
	if err := json.Unmarshal(r.Args, v); err != nil {
		return &kernel.Error{Kind: kernel.Invalid, Key: "job.args", Params: kernel.Params("kind", r.Kind), Err: err}
	}
	return nil
}

// Progress tells how far the job is. It only notes it, so it may be called often and inside a transaction; it is stored about once a second.
func (r *Run) Progress(done, total int64, text string) {
	r.mu.Lock()
	r.now = Progress{done, total, text}
	r.mu.Unlock()
	r.queue.mu.Lock()
	r.queue.live[r.ID] = Progress{done, total, text}
	r.queue.mu.Unlock()
}

func (r *Run) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// SetResult keeps what the job made, such as the id of a delivery, for whoever waits for it.
func (r *Run) SetResult(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("job %s: result: %w", r.Kind, err)
	}
	r.result = b
	return nil
}

// Complete marks the job done inside the transaction of ctx, so that its effect and its end are one: either both are kept or neither. It
// returns ErrLost when another worker has taken over, and the transaction must then fail. Without it a job may run twice, and its handler must
// bear that.
func (r *Run) Complete(ctx context.Context) error {
	if !r.queue.db.InTx(ctx) {
		return errors.New("job: Complete outside a transaction")
	}
	r.completing.Store(true)
	if err := r.queue.finish(ctx, r.Job, r.progress(), r.result); err != nil {
		return err
	}
	r.queue.db.AfterCommit(ctx, func() { r.completed = true })
	return nil
}
