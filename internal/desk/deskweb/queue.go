// SPDX-License-Identifier: EUPL-1.2

package deskweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	queuePath    = "/arbeit/auftraege"
	jobsPerPage  = 50
	oldAfterDays = 7
)

// jobStates are the states of a job as the page offers them.
var jobStates = []string{"waiting", "running", "failed", "done", "cancelled"}

// Job is one piece of background work.
type Job struct {
	ID          kernel.ID
	Kind        string
	State       string // waiting, running, failed, done, cancelled
	Created     kernel.Instant
	Due, Ended  kernel.Instant
	Attempt     int
	Done, Total int64
	Error       string // what went wrong, as the log has it
}

// Upcoming is recurring work and when it is due next.
type Upcoming struct {
	Kind string
	At   kernel.Instant
}

// QueueView is what the page of the queue shows.
type QueueView struct {
	Jobs      []Job
	Counts    map[string]int
	OldFailed int // failed more than a week ago, and nobody did anything about it
	Kinds     []string
	Upcoming  []Upcoming
}

// QueueFilter selects jobs; the zero value is all of them, the youngest first.
type QueueFilter struct {
	State  string
	Kind   string
	Before kernel.ID
	Limit  int
}

// Queue is the town's background work; it checks permission itself.
type Queue interface {
	View(ctx context.Context, by access.Actor, f QueueFilter) (QueueView, error)
	Repeat(ctx context.Context, by access.Actor, id kernel.ID) error
	Cancel(ctx context.Context, by access.Actor, id kernel.ID) error
}

func registerQueue(m *web.Mux, q Queue) {
	m.Handle("GET /arbeit/auftraege", access.SeeJobs, func(w http.ResponseWriter, r *web.Request) error {
		return renderQueue(w, r, q, web.NewForm(r))
	})
	act := func(do func(context.Context, access.Actor, kernel.ID) error, done string) web.Handler {
		return func(w http.ResponseWriter, r *web.Request) error {
			id, err := kernel.ParseID(r.PathValue("id"))
			if err != nil {
				return err
			}
			f := web.BlankForm(r)
			if err = do(r.Context(), r.Actor, id); f.Fail(err) {
				return renderQueue(w, r, q, f)
			}
			if err != nil {
				return err
			}
			return r.Done(w, queuePath, done)
		}
	}
	m.Handle("POST /arbeit/auftraege/{id}/wiederholen", access.ManageJobs, act(q.Repeat, "notice.job.repeated"))
	m.Handle("POST /arbeit/auftraege/{id}/abbrechen", access.ManageJobs, act(q.Cancel, "notice.job.cancelled"))
}

func renderQueue(w http.ResponseWriter, r *web.Request, q Queue, f *web.Form) error {
	p := web.Page{
		Title: r.T("job.queue.title"), Lead: r.T("job.queue.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"},
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}},
	}
	filter := QueueFilter{State: f.Value("stand"), Kind: f.Value("art"), Limit: jobsPerPage + 1}
	bad := map[string]string{}
	if filter.State != "" && !slices.Contains(jobStates, filter.State) {
		bad["stand"], filter.State = "job.queue.filter", ""
	}
	if len(filter.Kind) > 100 {
		bad["art"], filter.Kind = "job.queue.filter", ""
	}
	if before := f.Value("vor"); before != "" {
		id, err := kernel.ParseID(before)
		if err != nil {
			return err
		}
		filter.Before = id
	}
	if len(bad) > 0 {
		f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "job.queue.filter", Fields: bad})
	}
	v, err := q.View(r.Context(), r.Actor, filter)
	if err != nil {
		return err
	}
	more := len(v.Jobs) > jobsPerPage
	if more {
		v.Jobs = v.Jobs[:jobsPerPage]
	}
	content := queuePage(r, v, more, f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

// jobName gives a kind of work its name.
func jobName(r *web.Request, kind string) string {
	if key := "job.kind." + kind; r.P.Has(key) {
		return r.T(key)
	}
	return r.T("job.kind")
}

func jobActionPath(id kernel.ID, act string) string {
	return queuePath + "/" + url.PathEscape(string(id)) + "/" + act
}
