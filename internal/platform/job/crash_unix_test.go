// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package job_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
)

// TestChildProcess is the process that is killed; in the test run itself it has nothing to do.
func TestChildProcess(t *testing.T) {
	when := os.Getenv("JOB_TEST_CHILD")
	if when == "" {
		return
	}
	d, err := db.Open(t.Context(), db.Config{DataDir: os.Getenv("JOB_TEST_DIR"), URL: os.Getenv("JOB_TEST_URL")})
	if err != nil {
		t.Fatal(err)
	}
	w := job.Worker{
		Queue: job.New(d, clock.System{}), Poll: 10 * time.Millisecond,
		Tenants: func(context.Context) ([]kernel.ID, error) {
			return []kernel.ID{kernel.ID(os.Getenv("JOB_TEST_TENANT"))}, nil
		},
		Handlers: map[string]job.Handler{"effect": func(ctx context.Context, r *job.Run) error {
			wait := func(now string) {
				if now == when {
					fmt.Println("now")
					select {}
				}
			}
			wait("before")
			err := d.Tx(ctx, func(ctx context.Context) error {
				if err := effect(ctx, d, r.Tenant); err != nil {
					return err
				}
				wait("inside")
				return r.Complete(ctx)
			})
			wait("after")
			return err
		}},
	}
	t.Fatal("ended by itself: ", w.Run(t.Context()))
}

// effect counts how often the job's work was done.
func effect(ctx context.Context, d *db.DB, tenant kernel.ID) error {
	_, err := d.Conn(ctx).ExecContext(ctx, `insert into effect (tenant_id, id, n) values ($1, 'x', 1) on conflict (tenant_id, id) do update set n = effect.n + 1`, tenant)
	return err
}

// A process is killed with -9 before, inside and after the transaction of a job. Another one takes the job over, and its effect is there once.
func TestAKilledProcessLeavesItsJobToAnother(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, when := range []string{"before", "inside", "after"} {
			t.Run(engine+"/"+when, func(t *testing.T) {
				dir, url := t.TempDir(), ""
				if engine == "postgres" {
					url = dbtest.PostgresURL(t)
				}
				d, err := db.Open(t.Context(), db.Config{DataDir: dir, URL: url})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close() //nolint:errcheck // the test is over
				run(t, d, `create table effect (tenant_id uuid not null, id text not null, n bigint not null, primary key (tenant_id, id))`)
				later := clock.At(time.Now().Add(2 * time.Minute)) // the lease of the dead process is over
				x := &fixture{T: t, db: d, clock: later, q: job.New(d, later)}
				town := x.town()
				id, err := job.New(d, clock.System{}).Enqueue(t.Context(), town, "effect", nil, job.Options{Key: "once"})
				if err != nil {
					t.Fatal(err)
				}

				c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildProcess$")
				c.Env = append(os.Environ(), "JOB_TEST_CHILD="+when, "JOB_TEST_DIR="+filepath.Clean(dir), "JOB_TEST_URL="+url, "JOB_TEST_TENANT="+string(town))
				out, err := c.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				line, err := bufio.NewReader(out).ReadString('\n')
				if err != nil || strings.TrimSpace(line) != "now" {
					t.Fatalf("the process said %q, %v", line, err)
				}
				if err := c.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				_ = c.Wait()

				ran := 0
				stop := x.work(map[string]job.Handler{"effect": func(ctx context.Context, r *job.Run) error {
					ran++
					return d.Tx(ctx, func(ctx context.Context) error {
						if err := effect(ctx, d, r.Tenant); err != nil {
							return err
						}
						return r.Complete(ctx)
					})
				}})
				j := x.until(id, job.Done)
				if _, err := x.q.Enqueue(t.Context(), town, "effect", nil, job.Options{Key: "once"}); err != nil { // whoever asks again
					t.Fatal(err)
				}
				stop()
				n, err := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select n from effect where tenant_id = $1`, town), "")
				again := 1
				if when == "after" {
					again = 0
				}
				if err != nil || n != 1 || ran != again || j.Attempt != 1+again {
					t.Errorf("%d effects after %d runs of the second process, attempt %d (%v)", n, ran, j.Attempt, err)
				}
			})
		}
	}
}
