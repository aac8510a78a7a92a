// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis/analysisweb"
	"github.com/kupferfaden/kupferfaden/internal/area/areaweb"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxdb"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatorweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice/noticeweb"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/release/releaseweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// takeJob is the work of taking a large file of figures.
const takeJob = "delivery.take"

// planner adds the pages of the planning staff.
func (a *App) planner(m *web.Mux) {
	files := a.inbox()
	areaweb.Register(m, a.Areas, files)
	indicatorweb.Register(m, a.Indicators, a.importOptions(files))
	releaseweb.Register(m, a.Gate, a.Areas, a.nameOf)
	analysisweb.Register(m, a.Analysis, a.Gate, a.Areas)
	deskweb.Register(m, deskweb.Options{Areas: a.Areas, Figures: a.Indicators, Inbox: files, Gate: a.Gate, Runs: a.deskRuns, Reports: a.deskReports, Processes: a.deskProcesses, Voices: a.deskVoices, Requests: a.Approvals.Count, Alerts: a.alerts, Queue: queue{a}})
	web.RegisterProgress(m, jobs{a.Queue})
	noticeweb.Register(m, a.Notices, noticeweb.Options{Consent: a.subscriptionConsent})
}

func (a *App) inbox() *inbox.Service {
	return &inbox.Service{Store: &inboxdb.Store{DB: a.DB}, Files: a.Files, Tx: a.DB, InUse: a.fileInUse, Now: a.Now, Trail: a.Trail}
}

func (a *App) importOptions(files *inbox.Service) indicatorweb.Options {
	return indicatorweb.Options{Files: files, Areas: a.Areas, Released: a.releasedSlices, Fold: i18n.Fold, Later: a.takeLater}
}

// fileInUse asks every town, because equal contents are kept once for all of them.
func (a *App) fileInUse(ctx context.Context, sha string) (bool, error) {
	towns, err := a.tenantIDs(ctx)
	if err != nil {
		return false, err
	}
	if used, err := a.Tenants.KeepsFile(ctx, sha); err != nil || used {
		return used, err
	}
	for _, t := range towns {
		by := access.CommandLine(t)
		waiting, err := (&inboxdb.Store{DB: a.DB}).List(ctx, t)
		if err != nil {
			return false, err
		}
		for _, f := range waiting {
			if f.SHA256 == sha {
				return true, nil
			}
		}
		deliveries, err := a.Indicators.Deliveries(ctx, by)
		if err != nil {
			return false, err
		}
		for _, d := range deliveries {
			if d.SHA256 == sha {
				return true, nil
			}
		}
		if kept, err := a.Reports.KeepsFile(ctx, t, sha); err != nil || kept {
			return kept, err
		}
		if kept, err := a.voiceFiles(ctx, t, sha); err != nil || kept {
			return kept, err
		}
		editions, err := a.Areas.Editions(ctx, by, "")
		if err != nil {
			return false, err
		}
		for _, e := range editions {
			if e.SHA256 == sha {
				return true, nil
			}
		}
	}
	return false, nil
}

func (a *App) releasedSlices(ctx context.Context, by access.Actor) (map[kernel.ID][]access.Audience, error) {
	entries, err := a.Gate.Ledger(ctx, by, release.SliceKind)
	out := map[kernel.ID][]access.Audience{}
	for _, e := range entries {
		if e.Active() {
			out[e.ObjectID] = append(out[e.ObjectID], e.Audience)
		}
	}
	return out, err
}

// nameOf gives words to what the ledger of releases names.
func (a *App) nameOf(r *web.Request, kind release.Kind, id kernel.ID) (name, path string, ok bool) {
	if kind == release.ReportKind {
		return a.reportName(r, id)
	}
	if kind != release.RunKind {
		return "", "", false
	}
	v, err := a.Gate.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return "", "", false
	}
	res, err := a.Analysis.Result(r.Context(), v, id)
	if err != nil {
		return "", "", false
	}
	name, _ = r.P.Text(res.Method.Title.Text())
	return name + ", " + r.P.Period(res.Period), analysisweb.RunPath(id), true
}

func (a *App) deskRuns(r *web.Request) ([]deskweb.Item, error) {
	v, err := a.Gate.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return nil, err
	}
	runs, err := a.Analysis.Runs(r.Context(), v, "")
	list := make([]deskweb.Item, len(runs))
	for i, x := range runs {
		name, _ := r.P.Text(x.Method.Title.Text())
		list[i] = deskweb.Item{
			Title: r.T("planner.desk.run", "method", name, "period", x.Period), Path: analysisweb.RunPath(x.ID), At: x.CreatedAt, Note: x.CreatedBy,
			Draft: !v.Released(release.RunKind, x.ID, access.Public),
		}
	}
	return list, err
}

// takeArgs say which waiting file to take, and for whom.
type takeArgs struct {
	File  kernel.ID    `json:"file"`
	Actor access.Actor `json:"actor"`
}

// jobResult is what every job of this program leaves for the page that waits for it.
type jobResult struct {
	Path string `json:"path"` // where to go when it is done
}

// takeLater enqueues the taking of a file once, however often the button is pressed.
func (a *App) takeLater(ctx context.Context, by access.Actor, file kernel.ID) (string, error) {
	id, err := a.Queue.Enqueue(ctx, by.Tenant, takeJob, takeArgs{file, by}, job.Options{Key: string(file), Merge: true})
	return web.JobPath(id), err
}

// take does it. A file that is refused now leads back to its dry run, which names the reasons.
func (a *App) take(ctx context.Context, r *job.Run) error {
	var args takeArgs
	if err := r.Decode(&args); err != nil {
		return err
	}
	report, err := indicatorweb.Take(ctx, a.Indicators, a.importOptions(a.inbox()), args.Actor, args.File, func(step string, done, total int) {
		r.Progress(int64(done), int64(total), "planner.job."+step)
	})
	if k := kernel.KindOf(err); err != nil && k == kernel.NotFound {
		return r.SetResult(jobResult{"/arbeit/lieferungen"}) // taken by an earlier attempt
	} else if err != nil && (k == kernel.Invalid || k == kernel.Conflict) {
		return r.SetResult(jobResult{indicatorweb.CheckPath(args.File)})
	}
	if err != nil {
		return err
	}
	return r.SetResult(jobResult{indicatorweb.DeliveryPath(report)})
}

// jobs shows the queue to the pages.
type jobs struct{ q *job.Queue }

// JobState is how a job is doing.
func (j jobs) JobState(ctx context.Context, by access.Actor, id kernel.ID) (web.JobState, error) {
	if err := access.CheckTenant(by, access.SeeJobs); err != nil {
		return web.JobState{}, err
	}
	if _, err := kernel.ParseID(string(id)); err != nil {
		return web.JobState{}, err
	}
	x, err := j.q.Job(ctx, by.Tenant, id)
	if err != nil {
		return web.JobState{}, err
	}
	s := web.JobState{ID: x.ID, Title: jobTitle(x.Kind), Done: x.Progress.Done, Total: x.Progress.Total, Step: x.Progress.Text, Back: "/arbeit"}
	var result jobResult
	if len(x.Result) > 0 {
		if err := json.Unmarshal(x.Result, &result); err != nil {
			return s, err
		}
	}
	s.Result = result.Path
	switch x.State {
	case job.Done:
		s.Phase = web.JobDone
	case job.Failed, job.Cancelled:
		s.Phase = web.JobFailed
		s.Failure = errors.New(x.Error)
	case job.Running:
		s.Phase = web.JobRunning
	default:
		s.Phase = web.JobWaiting
	}
	return s, nil
}

// jobTitle names a kind of work.
func jobTitle(kind string) kernel.Text {
	key := "job.kind." + kind
	if !i18n.Has(i18n.German, key) {
		key = "job.kind"
	}
	t := kernel.Text{}
	for _, lang := range i18n.Languages() {
		t[lang] = i18n.For(lang, kernel.Standard).T(key)
	}
	return t
}
