// SPDX-License-Identifier: EUPL-1.2

package analysisdb_test

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/analysis/analysisdb"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// ids of one town's rows; a second town may use the same ones, as every key leads with the tenant.
type ids struct{ level, edition, area, indicator, slice, method, run kernel.ID }

func newIDs() ids {
	return ids{kernel.NewID(), kernel.NewID(), kernel.NewID(), kernel.NewID(), kernel.NewID(), kernel.NewID(), kernel.NewID()}
}

var now = kernel.InstantOf(time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC))

// town makes a tenant with what a run refers to.
func town(t *testing.T, d *db.DB, key string, x ids) kernel.ID {
	t.Helper()
	tenant := kernel.NewID()
	err := d.Tx(context.Background(), func(ctx context.Context) error {
		for _, q := range []struct {
			text string
			args []any
		}{
			{`insert into tenant (tenant_id, key, name, fictional, settings, stamp, created_at) values ($1, $2, '{}', $3, '{}', 0, $4)`, []any{tenant, key, true, now}},
			{`insert into area_level (tenant_id, id, key, name, rank) values ($1, $2, 'raum', '{}', 4)`, []any{tenant, x.level}},
			{`insert into area_edition (tenant_id, id, level_id, key, valid_from, valid_to, source, sha256, source_crs, report, map_overview, map_web, version, imported_at)
				values ($1, $2, $3, '2020', '2020-01-01', '', '', '', 4326, '{}', $4, $5, 1, $6)`, []any{tenant, x.edition, x.level, []byte{}, []byte{}, now}},
			{`insert into area (tenant_id, id, edition_id, key, name, sort_name, area_m2, label_lon, label_lat, geometry)
				values ($1, $2, $3, '01', '', '', 1, 9, 51, $4)`, []any{tenant, x.area, x.edition, []byte{}}},
			{`insert into indicator (tenant_id, id, key, own, field, position, parts, created_at) values ($1, $2, 'sgb2_rate', $3, 'D', 1, '[]', $4)`, []any{tenant, x.indicator, false, now}},
			{`insert into indicator_version (tenant_id, indicator_id, version, name, numerator, denominator, unit, factor, direction, office, class, aggregation, signed,
				note, valid_from, reason, created_at) values ($1, $2, 1, '{}', '{}', '{}', '%', 100, 1, '', 'S3', 'ratio', $3, '{}', '', '', $4)`, []any{tenant, x.indicator, false, now}},
			{`insert into slice (tenant_id, id, indicator_id, version, edition_id, period_from, period_to, figures, parts) values ($1, $2, $3, 1, $4, '2020-12-31', '2020-12-31', 0, 0)`, []any{tenant, x.slice, x.indicator, x.edition}},
		} {
			if _, err := d.Conn(ctx).ExecContext(ctx, q.text, q.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

func stored(t *testing.T, x ids) (analysis.StoredMethod, analysis.Run) {
	t.Helper()
	m, ok := analysis.Preset("berlin-mss-2019")
	if !ok {
		t.Fatal("no preset")
	}
	m.Version = 1
	nan := analysis.Number(math.NaN())
	return analysis.StoredMethod{ID: x.method, Method: m, Hash: m.Hash(), CreatedAt: now}, analysis.Run{
		ID: x.run, MethodID: x.method, Method: m, Edition: area.Edition{ID: x.edition}, Period: kernel.On("2020-12-31"),
		Exclusions: []analysis.Exclusion{{Area: "99", Reason: "Gewerbegebiet"}}, Draws: 100, Seed: math.MaxUint64,
		Summary: analysis.Summary{Areas: 1, Eligible: 1, SumMean: nan, SumSD: 1.0 / 3, Counts: []int{0, 1}, Dynamic: map[string]int{"+/-": 1}},
		Inputs:  []analysis.Pin{{Role: "sgb2_rate", SliceID: x.slice, Version: 1, Deliveries: "a,b", Hash: "h"}},
		Hash:    "hash", CreatedAt: now, CreatedBy: "Sozialplanung",
		Outcomes: []analysis.Outcome{{
			AreaID: x.area, Eligible: true, Values: []analysis.Number{0.1, nan}, Contributions: []analysis.Number{math.Pi, nan}, Sum: 1e-300, Index: -0.1,
			Class: 2, Distance: nan, DynamicSum: nan, DynamicIndex: nan, Group: "2+/-", RankMedian: 1.5, RankLow: 1, RankHigh: 2, Probability: []analysis.Number{0, 1},
		}},
	}
}

func TestRunsComeBackToTheLastDigit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := &analysisdb.Store{DB: d}
		x := newIDs()
		nord := town(t, d, "nord", x)
		m, run := stored(t, x)
		err := d.Tx(ctx, func(ctx context.Context) error {
			if err := s.AddMethod(ctx, nord, m); err != nil {
				return err
			}
			return s.AddRun(ctx, nord, run)
		})
		if err != nil {
			t.Fatal(err)
		}
		methods, err := s.Methods(ctx, nord)
		if err != nil || len(methods) != 1 || methods[0].Hash != m.Hash || methods[0].Method.Hash() != m.Hash || methods[0].Method.Version != 1 || methods[0].CreatedAt != now {
			t.Errorf("%v %+v", err, methods)
		}
		got, err := s.Run(ctx, nord, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if g, w := text(t, got), text(t, run); g != w {
			t.Errorf("read back:\n%s\nwritten:\n%s", g, w)
		}
		if got.Seed != run.Seed || got.Method.Hash() != m.Hash || !reflect.DeepEqual(got.Inputs, run.Inputs) || !reflect.DeepEqual(got.Exclusions, run.Exclusions) {
			t.Errorf("%+v", got)
		}
		list, err := s.Runs(ctx, nord, x.edition)
		if err != nil || len(list) != 1 || list[0].ID != run.ID || list[0].Outcomes != nil {
			t.Errorf("%v %+v", err, list)
		}
		if list, err = s.Runs(ctx, nord, kernel.NewID()); err != nil || len(list) != 0 {
			t.Errorf("another edition: %v %v", err, list)
		}
		if _, err := s.Run(ctx, nord, kernel.NewID()); kernel.KindOf(err) != kernel.NotFound {
			t.Error(err)
		}
	})
}

// text is everything of a run that is stored, with every digit and NaN as null.
func text(t *testing.T, r analysis.Run) string {
	t.Helper()
	b, err := json.Marshal([]any{r.ID, r.MethodID, r.Edition.ID, r.Period, r.Exclusions, r.Draws, r.Summary, r.Inputs, r.Hash, r.CreatedAt, r.CreatedBy, r.Outcomes})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRunsAndMethodsOfATownAreItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := &analysisdb.Store{DB: d}
		x := newIDs()
		nord, sued := town(t, d, "nord", x), town(t, d, "sued", x) // with the same ids
		for i, tenant := range []kernel.ID{nord, sued} {
			m, run := stored(t, x)
			run.CreatedBy, run.Outcomes[0].Class = []string{"nord", "sued"}[i], i+1
			err := d.Tx(ctx, func(ctx context.Context) error {
				if err := s.AddMethod(ctx, tenant, m); err != nil {
					return err
				}
				return s.AddRun(ctx, tenant, run)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, tenant := range []kernel.ID{nord, sued} {
			run, err := s.Run(ctx, tenant, x.run)
			if err != nil || run.CreatedBy != []string{"nord", "sued"}[i] || len(run.Outcomes) != 1 || run.Outcomes[0].Class != i+1 || len(run.Inputs) != 1 {
				t.Errorf("%v %+v", err, run)
			}
			if list, err := s.Runs(ctx, tenant, ""); err != nil || len(list) != 1 {
				t.Errorf("%v %d runs", err, len(list))
			}
			if list, err := s.Methods(ctx, tenant); err != nil || len(list) != 1 {
				t.Errorf("%v %d methods", err, len(list))
			}
		}
	})
}
