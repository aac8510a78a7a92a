// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// monitored gives a town areas, figures, a published run and everything released; scale makes its figures its own.
func monitored(t *testing.T, a *app.App, who access.Actor, scale int) (run analysis.Run, slices []indicator.Slice) {
	t.Helper()
	grid(t, a, who, 5)
	var rows []string
	for i := range 5 {
		rows = append(rows, fmt.Sprintf("A%02d;%d;1000;2000", i+1, scale*(10+i*i)))
	}
	counted(t, a, who, "raum", "2020-12-31", rows...)
	run, err := a.Analysis.Run(context.Background(), who, analysis.Request{
		Method: method(t, "indicators: [{key: child_poverty_rate, direction: +}]\nmin_population: 300\n"), Level: "raum", Edition: "2018",
		Period: kernel.On("2020-12-31"),
	})
	if err != nil {
		t.Fatal(err)
	}
	publishAll(t, a, who)
	if err := a.Analysis.Publish(context.Background(), who, run.ID, access.Public, ""); err != nil {
		t.Fatal(err)
	}
	if slices, err = a.Indicators.Slices(context.Background(), who, indicator.Filter{}); err != nil {
		t.Fatal(err)
	}
	return run, slices
}

// Threat T1: nothing of a town is seen, changed or even confirmed from another town in the same database, not even by the person at the machine
// acting for that other town.
func TestTwoTownsInOneDatabaseNeverMeet(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, nord access.Actor) {
		ctx := context.Background()
		town, err := a.Init(ctx, "sued", kernel.T("Südstadt", "South town"), true)
		if err != nil {
			t.Fatal(err)
		}
		sued := a.Operator(town)
		own, slices := map[kernel.ID]analysis.Run{}, map[kernel.ID][]indicator.Slice{}
		own[nord.Tenant], slices[nord.Tenant] = monitored(t, a, nord, 10)
		own[sued.Tenant], slices[sued.Tenant] = monitored(t, a, sued, 20)
		for _, pair := range [][2]access.Actor{{nord, sued}, {sued, nord}} {
			me, other := pair[0], pair[1].Tenant
			foreign := slices[other][0].ID
			for _, as := range []access.Audience{access.Public, access.Political, access.Internal} {
				v, err := a.Gate.View(ctx, me, as)
				if err != nil {
					t.Fatal(err)
				}
				table, err := v.Figures(ctx, release.Query{Indicator: "child_poverty_rate", EditionID: own[me.Tenant].Edition.ID})
				want := map[kernel.ID]float64{nord.Tenant: 10, sued.Tenant: 20}[me.Tenant]
				if err != nil || table.Figures[0].Value != want {
					t.Errorf("%s: own figures: %v %+v", as, err, table)
				}
				q := release.Query{Indicator: "child_poverty_rate", EditionID: own[other].Edition.ID}
				if _, err := v.Figures(ctx, q); kernel.KindOf(err) != kernel.NotFound {
					t.Errorf("%s: figures on the other town's edition: %v", as, err)
				}
				q.SliceID = foreign
				if _, err := v.Figures(ctx, q); kernel.KindOf(err) != kernel.NotFound {
					t.Errorf("%s: the other town's slice by id: %v", as, err)
				}
				if _, err := a.Analysis.Result(ctx, v, own[other].ID); kernel.KindOf(err) != kernel.NotFound {
					t.Errorf("%s: the other town's run by id: %v", as, err)
				}
				list, err := a.Analysis.Runs(ctx, v, "")
				if err != nil || len(list) != 1 || list[0].ID != own[me.Tenant].ID {
					t.Errorf("%s: runs: %v %+v", as, err, list)
				}
			}
			compute, err := a.Gate.Compute(ctx, me)
			if err != nil {
				t.Fatal(err)
			}
			q := release.Query{Indicator: "child_poverty_rate", EditionID: own[me.Tenant].Edition.ID, SliceID: foreign}
			if _, err := compute.Figures(ctx, q); kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("computation reads the other town's slice: %v", err)
			}
			for what, err := range map[string]error{
				"publish":          a.Gate.Publish(ctx, me, []kernel.ID{foreign}, access.Public, ""),
				"withdraw":         a.Gate.Withdraw(ctx, me, release.SliceKind, foreign, access.Public, "Zugriff"),
				"publish the run":  a.Analysis.Publish(ctx, me, own[other].ID, access.Public, ""),
				"withdraw the run": a.Gate.Withdraw(ctx, me, release.RunKind, own[other].ID, access.Public, "Zugriff"),
				"repeat the run":   second(a.Analysis.Repeat(ctx, me, own[other].ID)),
				"obstacles":        second(a.Gate.Obstacles(ctx, me, foreign, access.Public)),
				"areas":            second(a.Areas.Areas(ctx, me, own[other].Edition.ID)),
			} {
				if kernel.KindOf(err) != kernel.NotFound {
					t.Errorf("%s of the other town: %v", what, err)
				}
			}
			if obs, err := a.Indicators.Observations(ctx, me, foreign); len(obs) > 0 {
				t.Errorf("figures of the other town's slice: %v %v", err, obs)
			}
			for _, kind := range []release.Kind{release.SliceKind, release.RunKind} {
				ledger, err := a.Gate.Ledger(ctx, me, kind)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range ledger {
					if e.ObjectID == foreign || e.ObjectID == own[other].ID || !e.Active() {
						t.Errorf("ledger: %+v", e)
					}
				}
			}
			deliveries, err := a.Indicators.Deliveries(ctx, me)
			if err != nil || len(deliveries) != 1 {
				t.Errorf("deliveries: %v %d", err, len(deliveries))
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
