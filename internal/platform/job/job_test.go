// SPDX-License-Identifier: EUPL-1.2

package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// fixture is a queue with one or more towns and a clock that only the test moves.
type fixture struct {
	*testing.T
	db    *db.DB
	clock *clock.Fixed
	q     *job.Queue
	towns []kernel.ID
}

func each(t *testing.T, f func(x *fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		// database/sql keeps its own goroutines until Close; a worker must leave none.
		before := goleak.IgnoreCurrent()
		x := &fixture{T: t, db: d, clock: clock.At(time.Date(2025, 6, 2, 8, 0, 0, 0, time.UTC))}
		x.q = job.New(d, x.clock)
		x.town()
		run(t, d, `create table effect (tenant_id uuid not null, id text not null, primary key (tenant_id, id))`)
		f(x)
		goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("database/sql.(*DB).connectionCleaner"),
			goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"))
	})
}

func run(t *testing.T, d *db.DB, q string, args ...any) {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (x *fixture) town() kernel.ID {
	x.Helper()
	id := kernel.NewID()
	run(x.T, x.db, `insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, $2, '{}', $3, '{}', $4)`,
		id, string(id), true, kernel.InstantOf(x.clock.Now()))
	x.towns = append(x.towns, id)
	return id
}

func (x *fixture) enqueue(kind string, args any, o job.Options) kernel.ID {
	x.Helper()
	id, err := x.q.Enqueue(x.Context(), x.towns[0], kind, args, o)
	if err != nil {
		x.Fatal(err)
	}
	return id
}

func (x *fixture) job(id kernel.ID) job.Job {
	x.Helper()
	j, err := x.q.Job(x.Context(), x.towns[0], id)
	if err != nil {
		x.Fatal(err)
	}
	return j
}

// work starts a worker and returns how to stop it and wait for its end.
func (x *fixture) work(handlers map[string]job.Handler, change ...func(*job.Worker)) (stop func()) {
	w := job.Worker{
		Queue: x.q, Handlers: handlers, AtOnce: 3, Lease: time.Minute, Poll: 5 * time.Millisecond, Grace: time.Minute,
		Backoff: func(int) time.Duration { return 10 * time.Second },
		Tenants: func(context.Context) ([]kernel.ID, error) { return x.towns, nil },
	}
	for _, f := range change {
		f(&w)
	}
	ctx, cancel := context.WithCancel(x.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			x.Error(err)
		}
	})
}

// until looks again until the job is in one of the states.
func (x *fixture) until(id kernel.ID, states ...job.State) job.Job {
	x.Helper()
	deadline := time.After(30 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); ; {
		j := x.job(id)
		for _, s := range states {
			if j.State == s {
				return j
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			x.Fatalf("the job is still %s (attempt %d, %q), want %v", j.State, j.Attempt, j.Error, states)
		}
	}
}

func TestAJobExistsExactlyWhenItsActDoes(t *testing.T) {
	each(t, func(x *fixture) {
		undo := errors.New("undo")
		err := x.db.Tx(x.Context(), func(ctx context.Context) error {
			if _, err := x.q.Enqueue(ctx, x.towns[0], "mail", 1, job.Options{}); err != nil {
				return err
			}
			return undo
		})
		js, lerr := x.q.List(x.Context(), x.towns[0], job.Filter{})
		if !errors.Is(err, undo) || lerr != nil || len(js) != 0 {
			x.Fatalf("after the act was undone: %v, %v, %v", err, lerr, js)
		}
	})
}

func TestAJobRunsWithItsArgumentsAndKeepsItsResult(t *testing.T) {
	each(t, func(x *fixture) {
		id := x.enqueue("double", map[string]int{"n": 21}, job.Options{})
		defer x.work(map[string]job.Handler{"double": func(_ context.Context, r *job.Run) error {
			var a struct{ N int }
			if err := r.Decode(&a); err != nil {
				return err
			}
			r.Progress(2, 2, "doubling")
			return r.SetResult(2 * a.N)
		}})()
		j := x.until(id, job.Done)
		if string(j.Result) != "42" || j.Progress != (job.Progress{Done: 2, Total: 2, Text: "doubling"}) || j.Attempt != 1 || j.EndedAt.IsZero() {
			x.Errorf("%+v", j)
		}
	})
}

func TestAJobWaitsForItsMoment(t *testing.T) {
	each(t, func(x *fixture) {
		later := x.enqueue("k", 1, job.Options{At: x.clock.Now().Add(time.Hour)})
		now := x.enqueue("k", 2, job.Options{})
		defer x.work(map[string]job.Handler{"k": func(context.Context, *job.Run) error { return nil }})()
		x.until(now, job.Done)
		if j := x.job(later); j.State != job.Waiting {
			x.Fatalf("the later job is %s", j.State)
		}
		x.clock.Advance(time.Hour)
		x.until(later, job.Done)
	})
}

func TestAFailedAttemptIsRepeatedLaterAndEndsAfterTheLast(t *testing.T) {
	each(t, func(x *fixture) {
		var tries atomic.Int32
		flaky := x.enqueue("flaky", nil, job.Options{})
		hopeless := x.enqueue("hopeless", nil, job.Options{MaxAttempt: 2})
		wrong := x.enqueue("wrong", nil, job.Options{})
		panics := x.enqueue("panics", nil, job.Options{MaxAttempt: 1})
		defer x.work(map[string]job.Handler{
			"flaky": func(context.Context, *job.Run) error {
				if tries.Add(1) < 3 {
					return errors.New("not yet")
				}
				return nil
			},
			"hopeless": func(context.Context, *job.Run) error { return errors.New("never") },
			"wrong":    func(context.Context, *job.Run) error { return kernel.E(kernel.Invalid, "x.wrong") },
			"panics":   func(context.Context, *job.Run) error { panic("oh") },
		})()
		if j := x.until(wrong, job.Failed); j.Attempt != 1 || j.Error != "x.wrong" {
			x.Errorf("what no repetition mends was tried %d times: %q", j.Attempt, j.Error)
		}
		if j := x.until(panics, job.Failed); j.Error != "job panics: panic: oh" {
			x.Errorf("a panic: %q", j.Error)
		}
		for range 2 {
			x.until(flaky, job.Waiting)
			x.until(hopeless, job.Waiting, job.Failed)
			x.clock.Advance(10 * time.Second)
			x.untilAttempt(flaky)
		}
		if j := x.until(flaky, job.Done); j.Attempt != 3 || j.Error != "" {
			x.Errorf("%+v", j)
		}
		if j := x.until(hopeless, job.Failed); j.Attempt != 2 || j.Error != "never" {
			x.Errorf("%+v", j)
		}
		if err := x.q.Retry(x.Context(), x.towns[0], hopeless); err != nil {
			x.Fatal(err)
		}
		if err := x.q.Retry(x.Context(), x.towns[0], flaky); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("repeating what is done: %v, want Conflict", err)
		}
		x.untilAttempt(hopeless)
		x.clock.Advance(10 * time.Second)
		if j := x.until(hopeless, job.Failed); j.Attempt != 4 {
			x.Errorf("repeated by hand it was tried until attempt %d, want 4", j.Attempt)
		}
	})
}

// untilAttempt waits until the due attempt of a job is over.
func (x *fixture) untilAttempt(id kernel.ID) {
	x.Helper()
	for tick, deadline := time.NewTicker(2*time.Millisecond), time.After(30*time.Second); ; {
		j := x.job(id)
		if j.State.Ended() || j.State == job.Waiting && j.RunAt.After(x.clock.Now()) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			x.Fatalf("%+v", j)
		}
	}
}

func TestAKeyedJobIsEnqueuedOnce(t *testing.T) {
	each(t, func(x *fixture) {
		var ran atomic.Int32
		var mu sync.Mutex
		ids := map[kernel.ID]bool{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				id, err := x.q.Enqueue(x.Context(), x.towns[0], "import", nil, job.Options{Key: "delivery 7"})
				if err != nil {
					x.Error(err)
				}
				mu.Lock()
				ids[id] = true
				mu.Unlock()
			})
		}
		wg.Wait()
		if len(ids) != 1 {
			x.Fatalf("%d jobs for one key", len(ids))
		}
		defer x.work(map[string]job.Handler{"import": func(context.Context, *job.Run) error { ran.Add(1); return nil }})()
		for id := range ids {
			x.until(id, job.Done)
			if again := x.enqueue("import", nil, job.Options{Key: "delivery 7"}); again != id {
				x.Error("the same key was taken again after the job ended")
			}
		}
		other := x.enqueue("import", nil, job.Options{Key: "delivery 8"})
		x.until(other, job.Done)
		if ran.Load() != 2 {
			x.Errorf("ran %d times, want once for each key", ran.Load())
		}
	})
}

func TestMergedJobsRunAgainWhenTheActCameDuringTheRun(t *testing.T) {
	each(t, func(x *fixture) {
		begun, goOn := make(chan bool), make(chan bool)
		defer x.work(map[string]job.Handler{"recompute": func(context.Context, *job.Run) error {
			begun <- true
			<-goOn
			return nil
		}})()
		o := job.Options{Key: "index", Merge: true, At: x.clock.Now().Add(time.Second)}
		first := x.enqueue("recompute", nil, o)
		if same := x.enqueue("recompute", nil, o); same != first {
			x.Fatal("two recomputations wait for the same thing")
		}
		x.clock.Advance(time.Second)
		<-begun
		second := x.enqueue("recompute", nil, job.Options{Key: "index", Merge: true})
		if second == first {
			x.Fatal("a change during the run was merged into the run that may have missed it")
		}
		<-begun // three at once are allowed
		goOn <- true
		goOn <- true
		x.until(first, job.Done)
		x.until(second, job.Done)
	})
}

// A worker falls silent (its process was killed); after the lease another one takes the job. The first, should it still live, cannot finish it
// and its effect is not kept: each effect exists exactly once.
func TestASilentWorkersJobIsTakenOver(t *testing.T) {
	each(t, func(x *fixture) {
		effect := func(ctx context.Context, r *job.Run, name string) error {
			return x.db.Tx(ctx, func(ctx context.Context) error {
				if _, err := x.db.Conn(ctx).ExecContext(ctx, `insert into effect (tenant_id, id) values ($1, $2)`, r.Tenant, name); err != nil {
					return err
				}
				return r.Complete(ctx)
			})
		}
		id := x.enqueue("work", nil, job.Options{})
		begun, goOn, firstEnd := make(chan bool), make(chan bool), make(chan error, 1)
		stopFirst := x.work(map[string]job.Handler{"work": func(ctx context.Context, r *job.Run) error {
			close(begun)
			<-goOn
			err := effect(context.WithoutCancel(ctx), r, "by the silent one")
			firstEnd <- err
			return err
		}}, func(w *job.Worker) { w.Lease, w.Poll = 100*time.Hour, time.Hour }) // it never renews
		defer stopFirst()
		<-begun
		x.clock.Advance(101 * time.Hour)
		defer x.work(map[string]job.Handler{"work": func(ctx context.Context, r *job.Run) error { return effect(ctx, r, "by the second") }})()
		if j := x.until(id, job.Done); j.Attempt != 2 {
			x.Errorf("done in attempt %d, want 2", j.Attempt)
		}
		close(goOn)
		if err := <-firstEnd; !errors.Is(err, job.ErrLost) {
			x.Errorf("the silent worker ended with %v, want ErrLost", err)
		}
		stopFirst()
		rows, err := x.db.Conn(x.Context()).QueryContext(x.Context(), `select id from effect where tenant_id = $1`, x.towns[0])
		got, err := db.Collect(rows, err, func(r db.Row) (s string, err error) { return s, r.Scan(&s) })
		if err != nil || fmt.Sprint(got) != "[by the second]" {
			x.Errorf("effects %v, %v", got, err)
		}
	})
}

func TestAJobThatKillsItsWorkersFails(t *testing.T) {
	each(t, func(x *fixture) {
		id := x.enqueue("work", nil, job.Options{MaxAttempt: 1})
		begun, goOn := make(chan bool), make(chan bool)
		stop := x.work(map[string]job.Handler{"work": func(context.Context, *job.Run) error { close(begun); <-goOn; return nil }},
			func(w *job.Worker) { w.Poll = time.Hour })
		<-begun
		x.clock.Advance(2 * time.Minute)
		stopSecond := x.work(map[string]job.Handler{"work": func(context.Context, *job.Run) error { x.Error("tried again"); return nil }})
		if j := x.until(id, job.Failed); j.Error == "" {
			x.Error("no word why")
		}
		stopSecond()
		close(goOn)
		stop()
		if j := x.job(id); j.State != job.Failed {
			x.Errorf("the first worker changed it to %s", j.State)
		}
	})
}

func TestALivingWorkerKeepsItsJob(t *testing.T) {
	each(t, func(x *fixture) {
		id := x.enqueue("long", nil, job.Options{})
		begun, goOn := make(chan bool), make(chan bool)
		var runs atomic.Int32
		h := map[string]job.Handler{"long": func(_ context.Context, r *job.Run) error {
			runs.Add(1)
			r.Progress(1, 10, "half asleep")
			begun <- true
			<-goOn
			return nil
		}}
		defer x.work(h)()
		defer x.work(h)()
		<-begun
		for range 5 { // each step is shorter than the lease, all together are longer
			x.clock.Advance(40 * time.Second)
			x.untilLease(id)
		}
		if j := x.job(id); j.Attempt != 1 || j.Progress.Total != 10 {
			x.Errorf("%+v", j)
		}
		close(goOn)
		x.until(id, job.Done)
		if runs.Load() != 1 {
			x.Errorf("ran %d times", runs.Load())
		}
	})
}

// untilLease waits until the lease was renewed by the present clock.
func (x *fixture) untilLease(id kernel.ID) {
	x.Helper()
	for tick, deadline := time.NewTicker(2*time.Millisecond), time.After(30*time.Second); ; {
		until, err := db.Value[kernel.Instant](x.db.Conn(x.Context()).QueryRowContext(x.Context(), `select lease_until from job where tenant_id = $1 and id = $2`, x.towns[0], id), "")
		if err != nil {
			x.Fatal(err)
		}
		if !until.Before(x.clock.Now().Add(time.Minute)) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			x.Fatal("the lease is not renewed")
		}
	}
}

func TestCancellingEndsARunningJob(t *testing.T) {
	each(t, func(x *fixture) {
		waiting := x.enqueue("k", nil, job.Options{At: x.clock.Now().Add(time.Hour)})
		running := x.enqueue("k", nil, job.Options{})
		begun, ended := make(chan bool), make(chan error)
		defer x.work(map[string]job.Handler{"k": func(ctx context.Context, _ *job.Run) error {
			close(begun)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return ctx.Err()
		}})()
		<-begun
		if err := errors.Join(x.q.Cancel(x.Context(), x.towns[0], waiting), x.q.Cancel(x.Context(), x.towns[0], running)); err != nil {
			x.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, job.ErrLost) {
			x.Errorf("the handler was told %v", err)
		}
		for _, id := range []kernel.ID{waiting, running} {
			if j := x.job(id); j.State != job.Cancelled {
				x.Errorf("%s, want cancelled", j.State)
			}
		}
		if err := x.q.Cancel(x.Context(), x.towns[0], kernel.NewID()); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("an unknown job: %v", err)
		}
	})
}

func TestStoppingWaitsForJobsAndGivesBackSlowOnes(t *testing.T) {
	each(t, func(x *fixture) {
		quick, slow := x.enqueue("quick", nil, job.Options{}), x.enqueue("slow", nil, job.Options{MaxAttempt: 1})
		var begun sync.WaitGroup
		begun.Add(2)
		stopping := make(chan bool)
		stop := x.work(map[string]job.Handler{
			"quick": func(context.Context, *job.Run) error { begun.Done(); <-stopping; return nil },
			"slow":  func(ctx context.Context, _ *job.Run) error { begun.Done(); <-ctx.Done(); return ctx.Err() },
		}, func(w *job.Worker) { w.Grace = 50 * time.Millisecond })
		begun.Wait()
		close(stopping)
		stop()
		if j := x.job(quick); j.State != job.Done {
			x.Errorf("the quick job is %s, want done", j.State)
		}
		if j := x.job(slow); j.State != job.Waiting {
			x.Errorf("the slow job is %s (%s), want waiting for the next process", j.State, j.Error)
		}
		defer x.work(map[string]job.Handler{"slow": func(context.Context, *job.Run) error { return nil }})()
		if j := x.until(slow, job.Done); j.Attempt != 2 {
			x.Errorf("attempt %d", j.Attempt)
		}
	})
}

// Three workers on 300 jobs of three towns, a third of which fail at first: every effect exists exactly once and no town reads another's.
func TestManyWorkersDoEachJobOnce(t *testing.T) {
	each(t, func(x *fixture) {
		x.town()
		x.town()
		const each = 100
		err := x.db.Tx(x.Context(), func(ctx context.Context) error {
			for i := range each {
				for _, town := range x.towns {
					if _, err := x.q.Enqueue(ctx, town, "effect", fmt.Sprintf("%s %d", town, i), job.Options{}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			x.Fatal(err)
		}
		var left atomic.Int32
		left.Store(int32(each * len(x.towns)))
		all := make(chan bool)
		h := map[string]job.Handler{"effect": func(ctx context.Context, r *job.Run) error {
			var name string
			if err := r.Decode(&name); err != nil {
				return err
			}
			if r.Attempt == 1 && len(name)%10 == 7 { // the one-digit numbers
				return errors.New("at first it fails")
			}
			err := x.db.Tx(ctx, func(ctx context.Context) error {
				if _, err := x.db.Conn(ctx).ExecContext(ctx, `insert into effect (tenant_id, id) values ($1, $2)`, r.Tenant, name); err != nil {
					return err
				}
				return r.Complete(ctx)
			})
			if err == nil && left.Add(-1) == 0 {
				close(all)
			}
			return err
		}}
		for range 3 {
			defer x.work(h, func(w *job.Worker) { w.Backoff = func(int) time.Duration { return 0 } })()
		}
		select {
		case <-all:
		case <-time.After(60 * time.Second):
			for _, town := range x.towns {
				js, err := x.q.List(x.Context(), town, job.Filter{States: []job.State{job.Waiting, job.Running, job.Failed, job.Cancelled}})
				for _, j := range js {
					x.Errorf("%s after attempt %d: %s", j.State, j.Attempt, j.Error)
				}
				if err != nil {
					x.Error(err)
				}
			}
			x.Fatalf("%d jobs are left", left.Load())
		}
		for _, town := range x.towns {
			n, err := db.Value[int](x.db.Conn(x.Context()).QueryRowContext(x.Context(), `select count(*) from effect where tenant_id = $1 and id like $2`, town, string(town)+" %"), "")
			if err != nil || n != each {
				x.Errorf("%d effects (%v), want %d", n, err, each)
			}
		}
	})
}

func TestPurgeForgetsWhatEndedLongAgo(t *testing.T) {
	each(t, func(x *fixture) {
		done := x.enqueue("k", nil, job.Options{Key: "a"})
		x.enqueue("k", nil, job.Options{Key: "b", At: x.clock.Now().Add(time.Hour)})
		stop := x.work(map[string]job.Handler{"k": func(context.Context, *job.Run) error { return nil }})
		x.until(done, job.Done)
		stop()
		if n, err := x.q.Purge(x.Context(), x.towns[0], x.clock.Now()); err != nil || n != 0 {
			x.Errorf("deleted %d, %v, want none: it ended at that very moment", n, err)
		}
		if n, err := x.q.Purge(x.Context(), x.towns[0], x.clock.Now().Add(time.Second)); err != nil || n != 1 {
			x.Errorf("deleted %d, %v, want the one that ended", n, err)
		}
		if again := x.enqueue("k", nil, job.Options{Key: "a"}); again == done {
			x.Error("the key was not forgotten")
		}
	})
}
