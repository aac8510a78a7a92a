// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"bytes"
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// Email of the planner's account of the example town.
const Email = "sozialplanung@kupferstadt.example"

// The other people of the example town; the one password is that of all of them.
const (
	AdminEmail      = "administration@kupferstadt.example"  // the second person where two are asked for
	DPOEmail        = "datenschutz@kupferstadt.example"     // audit trail, answers to people
	StatisticsEmail = "statistikstelle@kupferstadt.example" // figures behind closed doors
	CouncilEmail    = "rat@kupferstadt.example"
	CitizenEmail    = "konto@kupferstadt.example"
)

// Made says how to sign in to the town; Password is empty where the accounts were there already.
type Made struct {
	Tenant          tenant.Tenant
	Email, Password string
}

// Make brings Kupferstadt into a data directory, as the tenant of that key: areas, deliveries, releases, index runs, report, accounts. A town that
// is complete stays as it is; one whose making was interrupted is completed. It fails with Conflict where the key is that of a real town.
func Make(ctx context.Context, a *app.App, key string, progress func(done, total int)) (Made, error) {
	t, err := a.Init(ctx, key, kernel.T("Kupferstadt", "Kupferstadt"), true)
	if err != nil {
		return Made{}, err
	}
	if !t.Fictional {
		return Made{}, kernel.E(kernel.Conflict, "demo.real", "tenant", key)
	}
	actor := access.Actor{Tenant: t.ID, Name: "Sozialplanung", Roles: []access.Role{access.Planner, access.Operator}}
	made := Made{Tenant: t, Email: Email}
	if made.Password, err = accounts(ctx, a, actor); err != nil {
		return Made{}, err
	}
	steps := []func(context.Context, *app.App, access.Actor) error{areas, deliveries, releases, runs, socialReport, legal, inventory, voices, visions}
	for i, step := range steps {
		progress(i, len(steps))
		if err := step(ctx, a, actor); err != nil {
			return Made{}, fmt.Errorf("making the example town: %w", err)
		}
	}
	progress(len(steps), len(steps))
	return made, nil
}

// accounts makes the people of the town, who are roles, with one password that is printed once.
func accounts(ctx context.Context, a *app.App, by access.Actor) (string, error) {
	list, err := a.Accounts.List(ctx, by)
	if err != nil || len(list) > 0 {
		return "", err
	}
	password := account.OneTime()
	for _, p := range []account.New{
		{Email: Email, Name: "Sozialplanung", Roles: []access.Role{access.Planner, access.Admin}},
		{Email: AdminEmail, Name: "Administration", Roles: []access.Role{access.Admin, access.Planner}},
		{Email: DPOEmail, Name: "Datenschutz", Roles: []access.Role{access.DPO, access.Auditor}},
		{Email: StatisticsEmail, Name: "Statistikstelle", Roles: []access.Role{access.StatisticsOfficer}},
		{Email: CouncilEmail, Name: "Ratsmitglied", Roles: []access.Role{access.Councillor}},
		{Email: CitizenEmail, Name: "Nachbarin im Quartier", Roles: []access.Role{access.Citizen}},
	} {
		p.Password = password
		if _, _, err := a.Accounts.Add(ctx, by, p); err != nil {
			return "", err
		}
	}
	return password, nil
}

func areas(ctx context.Context, a *app.App, by access.Actor) error {
	town, district, spaces := Areas(Seed)
	for _, q := range []area.ImportRequest{
		{Level: TownLevel, LevelName: kernel.T("Stadt", "Town"), Rank: 1, FileName: "stadt.geojson", Data: bytes.NewReader(town), Size: int64(len(town))},
		{
			Level: DistrictLevel, LevelName: kernel.T("Stadtbezirk", "District"), Rank: 2, FileName: "bezirke.geojson",
			Data: bytes.NewReader(district), Size: int64(len(district)), ParentLevel: TownLevel, ParentByGeometry: true,
		},
		{
			Level: SpaceLevel, LevelName: kernel.T("Sozialraum", "Social space"), Rank: 4, FileName: "sozialraeume.geojson",
			Data: bytes.NewReader(spaces), Size: int64(len(spaces)), ParentLevel: DistrictLevel, ParentPrefix: 2,
		},
	} {
		q.Edition, q.ValidFrom, q.KeyField, q.NameField = Edition, validFrom, "key", "name"
		if _, err := a.Areas.Import(ctx, by, q, nil); err != nil {
			return err
		}
	}
	return nil
}

func deliveries(ctx context.Context, a *app.App, by access.Actor) error {
	for _, d := range Deliveries(Seed) {
		q := indicator.ImportRequest{
			Source: d.Source, FileName: d.File, Data: bytes.NewReader(d.Content), Size: int64(len(d.Content)), MappingText: d.Mapping,
		}
		if _, err := a.Indicators.Import(ctx, by, q, nil); err != nil {
			return fmt.Errorf("%s: %w", d.File, err)
		}
	}
	return nil
}

// releases publishes every table that may be published; the others stay internal, as they would in a real town.
func releases(ctx context.Context, a *app.App, by access.Actor) error {
	slices, err := a.Indicators.Slices(ctx, by, indicator.Filter{})
	if err != nil {
		return err
	}
	var ready []kernel.ID
	for _, s := range slices {
		obstacles, err := a.Gate.Obstacles(ctx, by, s.ID, access.Public)
		if err != nil {
			return err
		}
		if len(obstacles) == 0 {
			ready = append(ready, s.ID)
		}
	}
	return a.Gate.Publish(ctx, by, ready, access.Public, "Sozialmonitoring")
}

// Method is the town's own index: four indicators of income poverty and work, standardised over the social spaces.
const Method = `id: kupferstadt-index
title: {de: Sozialindex Kupferstadt, en: Social index of Kupferstadt}
status: own
note:
  de: Vier Indikatoren zu Arbeit und Einkommen, gleich gewichtet. Die Summe der z-Werte wird noch einmal standardisiert.
  en: Four indicators of work and income with equal weights. The sum of z-scores is standardised again.
indicators:
  - {key: unemp_share, direction: +}
  - {key: sgb2_rate, direction: +}
  - {key: child_poverty_rate, direction: +}
  - {key: old_age_basic_rate, direction: +}
restandardise: true
lag_years: 2
min_population: 300
status_thresholds: [-1, 1, 1.5]
dynamic_thresholds: [-1, 1]
labels:
  - {de: niedrige Belastung, en: low burden}
  - {de: mittlere Belastung, en: medium burden}
  - {de: hohe Belastung, en: high burden}
  - {de: sehr hohe Belastung, en: very high burden}
attention_rule: ["4", "3-"]
rounding: 2
`

// draws of the robustness of each run.
const draws = 1000

func runs(ctx context.Context, a *app.App, by access.Actor) error {
	m, err := analysis.ParseMethod([]byte(Method))
	if err != nil {
		return err
	}
	for year := firstYear + 2; year <= lastYear; year++ {
		q := analysis.Request{
			Method: m, Level: SpaceLevel, Edition: Edition, Period: kernel.On(kernel.Date(fmt.Sprintf("%d-12-31", year))), Draws: draws, Seed: 1,
		}
		r, err := a.Analysis.Run(ctx, by, q)
		if err != nil {
			return err
		}
		if err := a.Analysis.Publish(ctx, by, r.ID, access.Public, "Sozialmonitoring"); err != nil {
			return err
		}
	}
	return nil
}
