// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacyweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// queue shows the town's background work to the staff.
type queue struct{ a *App }

// View gives the jobs of a selection, the numbers of all, and what is due next.
func (q queue) View(ctx context.Context, by access.Actor, f deskweb.QueueFilter) (v deskweb.QueueView, err error) {
	if err := access.CheckTenant(by, access.SeeJobs); err != nil {
		return v, err
	}
	filter := job.Filter{Before: f.Before, Limit: f.Limit}
	if f.State != "" {
		filter.States = []job.State{job.State(f.State)}
	}
	if f.Kind != "" {
		filter.Kinds = []string{f.Kind}
	}
	list, err := q.a.Queue.List(ctx, by.Tenant, filter)
	if err != nil {
		return v, err
	}
	for _, j := range list {
		v.Jobs = append(v.Jobs, deskweb.Job{
			ID: j.ID, Kind: j.Kind, State: string(j.State), Created: j.CreatedAt, Due: j.RunAt, Ended: j.EndedAt, Attempt: j.Attempt,
			Done: j.Progress.Done, Total: j.Progress.Total, Error: j.Error,
		})
	}
	counts, err := q.a.Queue.States(ctx, by.Tenant)
	if err != nil {
		return v, err
	}
	v.Counts = map[string]int{}
	for s, n := range counts {
		v.Counts[string(s)] = n
	}
	if v.OldFailed, err = q.a.Queue.FailedBetween(ctx, by.Tenant, time.Unix(0, 0), q.a.Now().AddDate(0, 0, -7)); err != nil {
		return v, err
	}
	v.Kinds = slices.Sorted(maps.Keys(q.a.handlers()))
	for _, d := range q.a.schedule().Upcoming() {
		v.Upcoming = append(v.Upcoming, deskweb.Upcoming{Kind: d.Kind, At: kernel.InstantOf(d.At)})
	}
	return v, nil
}

// Repeat lets a job run again that failed or was cancelled.
func (q queue) Repeat(ctx context.Context, by access.Actor, id kernel.ID) error {
	return q.act(ctx, by, id, "job.repeat", q.a.Queue.Retry)
}

// Cancel ends a job.
func (q queue) Cancel(ctx context.Context, by access.Actor, id kernel.ID) error {
	return q.act(ctx, by, id, "job.cancel", q.a.Queue.Cancel)
}

func (q queue) act(ctx context.Context, by access.Actor, id kernel.ID, what string, do func(context.Context, kernel.ID, kernel.ID) error) error {
	if err := access.CheckTenant(by, access.ManageJobs); err != nil {
		return err
	}
	return q.a.DB.Tx(ctx, func(ctx context.Context) error {
		j, err := q.a.Queue.Job(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if err := do(ctx, by.Tenant, id); err != nil {
			return err
		}
		return access.Record(ctx, q.a.Trail, by, access.Act{
			Do: access.ManageJobs, What: what, Object: kernel.Ref{Kind: "job", ID: id}, Note: map[string]string{"kind": j.Kind, "was": string(j.State)},
		})
	})
}

// alerts are for the desk: what has gone wrong behind the pages in the last month.
func (a *App) alerts(r *web.Request) (list []deskweb.Item, err error) {
	if r.Can(access.SeeJobs) {
		now := a.Now()
		n, err := a.Queue.FailedBetween(r.Context(), r.Tenant.ID, now.AddDate(0, -1, 0), now.Add(time.Second))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			list = append(list, deskweb.Item{Title: r.T("job.alert", "n", n), Path: "/arbeit/auftraege?stand=failed"})
		}
	}
	if r.Can(access.ReadMail) {
		st, err := a.Notices.Status(r.Context(), r.Actor)
		if err != nil {
			return nil, err
		}
		if st.Trouble != "" {
			list = append(list, deskweb.Item{Title: r.T("outbox.alert", "since", st.Since), Path: "/arbeit/mail?stand=waiting"})
		}
	}
	duties, err := privacyweb.Alerts(r, a.Privacy)
	for _, d := range duties {
		list = append(list, deskweb.Item{Title: d.Title, Path: d.Path})
	}
	return list, err
}
