// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// ownChapters are what the town itself wrote: voices, findings, strengths, recommendations. All of it is invented, like the town.
//
//go:embed report.md
var ownChapters string

// reportKey is the edition that the example town has published.
var reportKey = fmt.Sprint(lastYear)

// socialReport writes, freezes and publishes the social report. Its files are made in the background, once the town is served.
func socialReport(ctx context.Context, a *app.App, by access.Actor) error {
	e, err := a.Reports.Edition(ctx, by, reportKey)
	if kernel.KindOf(err) == kernel.NotFound {
		e, err = a.Reports.CreateFromTemplate(ctx, by, report.Edition{
			Key: reportKey, Title: kernel.T(fmt.Sprintf("Sozialbericht %d", lastYear), ""), Settings: report.Settings{
				Language: "de", Level: SpaceLevel, AreaEdition: Edition, Method: "kupferstadt-index", Audience: access.Public,
				Period: kernel.On(kernel.Date(fmt.Sprintf("%d-12-31", lastYear))), Compare: kernel.On(kernel.Date(fmt.Sprintf("%d-12-31", lastYear-5))),
			},
		})
	}
	if err != nil {
		return err
	}
	to, err := a.Reports.Audiences(ctx, by, e)
	if err != nil || len(to) > 0 {
		return err
	}
	if !e.Frozen() {
		if err := writeChapters(ctx, a, by); err != nil {
			return err
		}
	}
	_, err = a.Reports.Release(ctx, by, reportKey, access.Public, "Ratsbeschluss vom 12. Mai 2026", nil)
	return err
}

// writeChapters puts the town's own words where the template leaves room for them.
func writeChapters(ctx context.Context, a *app.App, by access.Actor) error {
	_, nodes, err := a.Reports.Chapters(ctx, by, reportKey)
	if err != nil {
		return err
	}
	for part := range strings.SplitSeq("\n"+ownChapters, "\n# ") {
		title, body, _ := strings.Cut(part, "\n")
		for _, n := range nodes {
			if title == "" || n.Title != title {
				continue
			}
			c := n.Chapter
			c.Body = strings.TrimSpace(body) + "\n"
			if c.Body == n.Body {
				continue
			}
			if err := a.Reports.SaveChapter(ctx, by, reportKey, c); err != nil {
				return err
			}
		}
	}
	return nil
}
