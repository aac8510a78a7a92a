// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Recurring is work that comes again and again for every tenant: every so often, or daily at a time of the clock on the wall.
type Recurring struct {
	Kind string
	// Every counts from a Monday midnight UTC long ago, so that all processes mean the same moments. At least a minute.
	Every time.Duration
	// At is the time of day instead, "02:30", in Zone.
	At string
}

// Schedule enqueues recurring work when it is due. Every process has one; the key of the due moment makes one job of all their attempts.
type Schedule struct {
	Queue *Queue
	Work  []Recurring
	// Tenants lists whose work it is.
	Tenants func(ctx context.Context) ([]kernel.ID, error)
	// Zone is where At is read.
	Zone *time.Location
	// Poll is the pause between looks; 20 seconds when zero.
	Poll time.Duration
}

// clockTime reads "02:30".
func clockTime(s string) (hour, minute int, err error) {
	t, err := time.Parse("15:04", s)
	return t.Hour(), t.Minute(), err
}

// Check names the first entry that cannot be scheduled.
func (s *Schedule) Check() error {
	if s.Zone == nil {
		return errors.New("job: a schedule needs a time zone")
	}
	for _, r := range s.Work {
		_, _, err := clockTime(r.At)
		switch {
		case r.Kind == "" || (r.At == "") == (r.Every == 0):
			return fmt.Errorf("job: recurring work %q needs a kind and either an interval or a time of day", r.Kind)
		case r.At != "" && err != nil:
			return fmt.Errorf("job: recurring work %s: time of day %q", r.Kind, r.At)
		case r.At == "" && r.Every < time.Minute:
			return fmt.Errorf("job: recurring work %s: every %v is too often", r.Kind, r.Every)
		}
	}
	return nil
}

// Next is the first moment after t at which the work is due.
func (r Recurring) Next(t time.Time, zone *time.Location) time.Time {
	if r.At == "" {
		return t.UTC().Truncate(r.Every).Add(r.Every)
	}
	local := t.In(zone)
	for i := range 3 {
		if at := r.on(local.Year(), local.Month(), local.Day()+i, zone); at.After(t) {
			return at
		}
	}
	return time.Time{} // cannot happen: each day has one moment, and two days differ by more than any change of the clock
}

// Last is the latest moment up to t at which the work was due.
func (r Recurring) Last(t time.Time, zone *time.Location) time.Time {
	if r.At == "" {
		return t.UTC().Truncate(r.Every)
	}
	local := t.In(zone)
	for i := range 3 {
		if at := r.on(local.Year(), local.Month(), local.Day()-i, zone); !at.After(t) {
			return at
		}
	}
	return time.Time{} // cannot happen, as in Next
}

// on is the one moment of a day on which the work is due. A time the clock skips in spring counts as if the clock had not been moved (02:30
// becomes 03:30 summer time); of a time it shows twice in autumn the first counts.
func (r Recurring) on(year int, month time.Month, day int, zone *time.Location) time.Time {
	hour, minute, err := clockTime(r.At)
	if err != nil {
		return time.Time{}
	}
	wall := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	_, before := time.Date(year, month, day, 0, 0, 0, 0, zone).Zone()
	_, after := time.Date(year, month, day+1, 0, 0, 0, 0, zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	for _, at := range []time.Time{first, wall.Add(-time.Duration(after) * time.Second)} {
		if l := at.In(zone); l.Hour() == hour && l.Minute() == minute {
			return at
		}
	}
	return first
}

// Due is a run to come.
type Due struct {
	Kind string
	At   time.Time
}

// Upcoming lists the next run of each work, the soonest first.
func (s *Schedule) Upcoming() []Due {
	now := s.Queue.clock.Now()
	list := make([]Due, len(s.Work))
	for i, r := range s.Work {
		list[i] = Due{r.Kind, r.Next(now, s.Zone)}
	}
	slices.SortFunc(list, func(a, b Due) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind)) })
	return list
}

// Run enqueues what is due until ctx ends. After a standstill the latest missed run is made up for once, not each of them.
func (s *Schedule) Run(ctx context.Context) error {
	if err := s.Check(); err != nil {
		return err
	}
	poll := s.Poll
	if poll == 0 {
		poll = 20 * time.Second
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	known := map[string]bool{} // runs this process has enqueued already
	for {
		if err := s.enqueue(ctx, known); err != nil && ctx.Err() == nil {
			slog.Error("recurring jobs cannot be enqueued", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// enqueue makes sure that the latest due run of each work exists for each tenant.
func (s *Schedule) enqueue(ctx context.Context, known map[string]bool) error {
	tenants, err := s.Tenants(ctx)
	if err != nil {
		return err
	}
	now := s.Queue.clock.Now()
	for _, r := range s.Work {
		due := r.Last(now, s.Zone)
		key := "due " + kernel.InstantOf(due).String()
		for _, t := range tenants {
			name := string(t) + " " + r.Kind
			if known[name+" "+key] {
				continue
			}
			if _, err := s.Queue.Enqueue(ctx, t, r.Kind, nil, Options{Key: key}); err != nil {
				return err
			}
			for k := range known { // the run before is over
				if len(k) > len(name) && k[:len(name)+1] == name+" " {
					delete(known, k)
				}
			}
			known[name+" "+key] = true
		}
	}
	return nil
}
