// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// JobPhase is where a piece of background work stands.
type JobPhase string

const (
	// JobWaiting: nobody has begun yet.
	JobWaiting JobPhase = "waiting"
	// JobRunning: somebody is at it.
	JobRunning JobPhase = "running"
	// JobDone: it ended as it should.
	JobDone JobPhase = "done"
	// JobFailed: it ended without a result; Failure says why.
	JobFailed JobPhase = "failed"
)

// JobState is what a page shows of a piece of background work.
type JobState struct {
	ID      kernel.ID
	Title   kernel.Text
	Phase   JobPhase
	Done    int64  // steps behind it
	Total   int64  // all steps; 0: not known
	Step    string // key of the catalogue for what is being done; may be empty
	Result  string // path to go to when it is done; may be empty
	Back    string // path the work was started from
	Failure error  // kernel.Error for the reader
}

// Ended tells that nothing more will change.
func (s JobState) Ended() bool { return s.Phase == JobDone || s.Phase == JobFailed }

// Percent is the whole per cent behind it, 0 where the total is not known.
func (s JobState) Percent() int {
	switch {
	case s.Phase == JobDone:
		return 100
	case s.Total <= 0 || s.Done <= 0:
		return 0
	case s.Done >= s.Total:
		return 99 // all steps taken, but the end is not yet written
	}
	return int(s.Done * 100 / s.Total)
}

// Jobs tells how background work is doing; a job of another town is not found.
type Jobs interface {
	JobState(ctx context.Context, a access.Actor, id kernel.ID) (JobState, error)
}

// JobPath is the address of the page that shows a job's progress.
func JobPath(id kernel.ID) string { return "/arbeit/auftraege/" + string(id) }

// progressJSON is what the page's script reads.
type progressJSON struct {
	Phase   JobPhase `json:"phase"`
	Percent int      `json:"percent"`
	Known   bool     `json:"known"` // whether percent means anything yet
	Text    string   `json:"text"`
	Next    string   `json:"next,omitempty"`
}

// RegisterProgress adds the page of a job and the figures its script asks for. Without script the page reloads itself every two seconds.
func RegisterProgress(m *Mux, jobs Jobs) {
	m.Handle("GET /arbeit/auftraege/{id}", access.SeeJobs, func(w http.ResponseWriter, r *Request) error {
		s, err := jobs.JobState(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
		if err != nil {
			return err
		}
		title, _ := r.P.Text(s.Title)
		p := Page{Title: title, Nav: NavWork, NoIndex: true}
		if !s.Ended() {
			p.Scripts = []string{"progress.js"}
			p.Refresh = 2
		}
		return r.Render(w, p, progressPage(s))
	})
	m.Handle("GET /arbeit/auftraege/{id}/stand", access.SeeJobs, func(w http.ResponseWriter, r *Request) error {
		s, err := jobs.JobState(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
		if err != nil {
			return err
		}
		b, err := json.Marshal(r.progress(s))
		if err != nil {
			return err
		}
		return r.send(w, http.StatusOK, "application/json", b)
	})
}

func (r *Request) progress(s JobState) progressJSON {
	out := progressJSON{Phase: s.Phase, Percent: s.Percent(), Known: s.Total > 0, Text: r.progressText(s)}
	if s.Ended() {
		out.Next = r.Link(JobPath(s.ID))
	}
	return out
}

// progressText says in one line how a job is doing.
func (r *Request) progressText(s JobState) string {
	switch s.Phase {
	case JobDone:
		return r.T("web.job.done")
	case JobFailed:
		return r.T("web.job.failed")
	case JobWaiting:
		return r.T("web.job.waiting")
	}
	step := r.T("web.job.running")
	if s.Step != "" {
		step = r.T(s.Step)
	}
	if s.Total <= 0 {
		return step
	}
	return r.T("web.job.steps", "step", step, "done", s.Done, "total", s.Total)
}
