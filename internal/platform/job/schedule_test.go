// SPDX-License-Identifier: EUPL-1.2

package job_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Every day has exactly one run, also the days on which the clock shows 02:30 never or twice.
func TestADailyTimeComesOnceADay(t *testing.T) {
	zone := berlin(t)
	for _, c := range []struct{ at, day, utc string }{
		{"02:30", "2026-03-28", "2026-03-28T01:30:00Z"},
		{"02:30", "2026-03-29", "2026-03-29T01:30:00Z"}, // 02:30 does not exist; it is 03:30 summer time
		{"02:30", "2026-03-30", "2026-03-30T00:30:00Z"},
		{"02:30", "2026-10-24", "2026-10-24T00:30:00Z"},
		{"02:30", "2026-10-25", "2026-10-25T00:30:00Z"}, // the first of the two
		{"02:30", "2026-10-26", "2026-10-26T01:30:00Z"},
		{"02:00", "2026-03-29", "2026-03-29T01:00:00Z"},
		{"03:00", "2026-03-29", "2026-03-29T01:00:00Z"},
		{"00:00", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"06:00", "2026-03-29", "2026-03-29T04:00:00Z"},
		{"06:00", "2026-10-25", "2026-10-25T05:00:00Z"},
		{"23:59", "2026-10-25", "2026-10-25T22:59:00Z"},
	} {
		r := job.Recurring{Kind: "k", At: c.at}
		day, err := time.ParseInLocation(time.DateOnly, c.day, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Next(day.Add(-time.Second), zone).UTC().Format(time.RFC3339); got != c.utc {
			t.Errorf("%s on %s is at %s, want %s", c.at, c.day, got, c.utc)
		}
	}
	for _, at := range []string{"00:00", "01:59", "02:00", "02:30", "02:59", "03:00", "23:59"} {
		r := job.Recurring{Kind: "k", At: at}
		days := map[string]int{}
		for now, end := time.Date(2025, 12, 31, 23, 59, 59, 0, zone), time.Date(2027, 1, 1, 0, 0, 0, 0, zone); ; {
			next := r.Next(now, zone)
			if !next.After(now) {
				t.Fatalf("%s: after %v comes %v", at, now, next)
			}
			if last := r.Last(next, zone); !last.Equal(next) {
				t.Fatalf("%s: the last run at %v is %v", at, next, last)
			}
			if last := r.Last(next.Add(-time.Second), zone); !last.Before(next) || next.Sub(last) > 25*time.Hour {
				t.Fatalf("%s: the run before %v is %v", at, next, last)
			}
			if now = next; !now.Before(end) {
				break
			}
			days[now.In(zone).Format(time.DateOnly)]++
		}
		if len(days) != 365 {
			t.Errorf("%s: runs on %d days of 2026", at, len(days))
		}
		for day, n := range days {
			if n != 1 {
				t.Errorf("%s: %d runs on %s", at, n, day)
			}
		}
	}
}

func TestAnIntervalMeansTheSameMomentsEverywhere(t *testing.T) {
	r := job.Recurring{Kind: "k", Every: time.Hour}
	now := time.Date(2026, 10, 25, 0, 59, 30, 0, time.UTC).In(berlin(t))
	if got := r.Last(now, nil).UTC().Format("15:04:05"); got != "00:00:00" {
		t.Error(got)
	}
	if got := r.Next(now, nil); !got.Equal(r.Last(now, nil).Add(time.Hour)) {
		t.Error(got)
	}
}

func TestWhatCannotBeScheduledIsNamed(t *testing.T) {
	for _, r := range []job.Recurring{{}, {Kind: "k"}, {Kind: "k", At: "25:00"}, {Kind: "k", At: "2:30 pm"}, {Kind: "k", Every: time.Second}, {Kind: "k", Every: time.Hour, At: "02:30"}} {
		if err := (&job.Schedule{Work: []job.Recurring{r}, Zone: time.UTC}).Check(); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}

// Three processes on one database over a night: each due run of each town is made once, and one that all of them slept through is made up for.
func TestSeveralProcessesMakeOneRun(t *testing.T) {
	each(t, func(x *fixture) {
		x.town()
		var runs atomic.Int64
		count := func(context.Context, *job.Run) error { runs.Add(1); return nil }
		schedule := func() *job.Schedule {
			return &job.Schedule{
				Queue: job.New(x.db, x.clock), Zone: berlin(x.T), Poll: time.Millisecond,
				Work:    []job.Recurring{{Kind: "hourly", Every: time.Hour}, {Kind: "nightly", At: "02:30"}},
				Tenants: func(context.Context) ([]kernel.ID, error) { return x.towns, nil },
			}
		}
		x.clock.Set(time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC)) // the night with two 02:30
		ctx, stop := context.WithCancel(x.Context())
		ended := make(chan error, 3)
		for range 3 {
			s := schedule()
			go func() { ended <- s.Run(ctx) }()
		}
		stopWorker := x.work(map[string]job.Handler{"hourly": count, "nightly": count})
		until := func(want int64) {
			x.Helper()
			for deadline := time.After(30 * time.Second); runs.Load() < want; {
				select {
				case <-time.After(time.Millisecond):
				case <-deadline:
					x.Fatalf("%d runs, want %d", runs.Load(), want)
				}
			}
		}
		until(4)                                      // made up for: the hour that has begun and last night, in two towns
		for i, want := range []int64{8, 10, 12, 14} { // at first the hour and the night, then hours only
			x.clock.Set(time.Date(2026, 10, 25, i, 30, 0, 0, time.UTC)) // 00:30 UTC is the first 02:30, 01:30 UTC the second
			until(want)
		}
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				x.Error(err)
			}
		}
		stopWorker()
		for _, town := range x.towns {
			for kind, want := range map[string]int{"nightly": 2, "hourly": 5} {
				js, err := x.q.List(x.Context(), town, job.Filter{Kinds: []string{kind}})
				if err != nil || len(js) != want {
					x.Errorf("%d %s jobs, want %d (%v)", len(js), kind, want, err)
				}
			}
		}
		if runs.Load() != 14 {
			x.Errorf("%d runs, want 14", runs.Load())
		}
	})
}

func TestTheQueueIsReadInParts(t *testing.T) {
	each(t, func(x *fixture) {
		for i := range 7 {
			x.enqueue("k", i, job.Options{})
		}
		var seen []kernel.ID
		for before := kernel.ID(""); ; {
			js, err := x.q.List(x.Context(), x.towns[0], job.Filter{Before: before, Limit: 3})
			if err != nil {
				x.Fatal(err)
			}
			if len(js) == 0 {
				break
			}
			for _, j := range js {
				seen = append(seen, j.ID)
			}
			before = js[len(js)-1].ID
		}
		distinct := map[kernel.ID]bool{}
		for _, id := range seen {
			distinct[id] = true
		}
		if len(seen) != 7 || len(distinct) != 7 {
			x.Errorf("%d jobs, %d of them different", len(seen), len(distinct))
		}
		counts, err := x.q.States(x.Context(), x.towns[0])
		if err != nil || counts[job.Waiting] != 7 {
			x.Errorf("%v %v", counts, err)
		}
	})
}
