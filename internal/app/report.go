// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdb"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
	"github.com/kupferfaden/kupferfaden/internal/report/reportweb"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// reportFiles is the job that makes the files of a released report.
const reportFiles = "report.files"

// reportJob says which edition.
type reportJob struct {
	Edition string `json:"edition"`
}

// reports wires the social report.
func (a *App) reports() *report.Service {
	words := func(lang string) report.Words { return i18n.For(lang, kernel.Standard) }
	return &report.Service{
		Store: &reportdb.Store{DB: a.DB}, Gate: a.Gate, Areas: a.Areas, Analysis: a.Analysis, Tenants: towns{a.Tenants}, Tx: a.DB, Files: a.Files,
		Press: reportdoc.Press{Typesetter: a.Typesetter, Words: words}, Words: words, Now: a.Now, Trail: a.Trail, FourEyes: a.Approvals,
		Built: func(ctx context.Context, tenant kernel.ID, key string) error {
			_, err := a.Queue.Enqueue(ctx, tenant, reportFiles, reportJob{key}, job.Options{Key: key, Merge: true})
			return err
		},
	}
}

// makeReportFiles does the job.
func (a *App) makeReportFiles(ctx context.Context, r *job.Run) error {
	var args reportJob
	if err := r.Decode(&args); err != nil {
		return err
	}
	err := a.Reports.BuildFiles(ctx, access.CommandLine(r.Tenant), args.Edition, func(done, total int) {
		r.Progress(int64(done), int64(total), "report.building")
	})
	if err != nil {
		return err
	}
	return a.tellOfReport(ctx, r.Tenant, args.Edition)
}

// reportName gives words to an edition in the ledger of releases.
func (a *App) reportName(r *web.Request, id kernel.ID) (name, path string, ok bool) {
	list, err := a.Reports.List(r.Context(), r.Actor)
	i := slices.IndexFunc(list, func(e report.Edition) bool { return e.ID == id })
	if err != nil || i < 0 {
		return "", "", false
	}
	return list[i].Name(), reportweb.EditionPath(list[i].Key), true
}

// deskReports are the editions on the planner's desk.
func (a *App) deskReports(r *web.Request) ([]deskweb.Item, error) {
	list, err := a.Reports.List(r.Context(), r.Actor)
	items := make([]deskweb.Item, len(list))
	for i, e := range list {
		at := e.CreatedAt
		if e.Frozen() {
			at = e.FrozenAt
		}
		items[i] = deskweb.Item{Title: e.Name(), Path: reportweb.EditionPath(e.Key), At: at, Note: e.FrozenBy, Draft: !e.Frozen()}
	}
	return items, err
}

// towns finds the town a report is about.
type towns struct{ service *tenant.Service }

func (t towns) Town(ctx context.Context, id kernel.ID) (tenant.Tenant, error) {
	return t.service.Get(ctx, id)
}
