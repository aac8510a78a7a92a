// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

var ctx = context.Background()

// rig is a town with a database, a catalogue and areas without geometry.
type rig struct {
	t       testing.TB
	d       *db.DB
	store   *indicatordb.Store
	service *indicator.Service
	areas   *areas
	actor   access.Actor
	clock   time.Time
}

func newRig(t testing.TB, d *db.DB) *rig {
	t.Helper()
	dbtest.AllowAcrossTenants(d, "insert into tenant")
	r := &rig{t: t, d: d, store: &indicatordb.Store{DB: d}, clock: time.Date(2024, 5, 2, 9, 0, 0, 0, time.UTC)}
	files, err := blob.Open(t.TempDir())
	r.must(err)
	t.Cleanup(func() { r.must(files.Close()) })
	r.actor = access.Actor{Tenant: kernel.NewID(), Person: kernel.NewID(), Name: "planner", Roles: []access.Role{access.Planner}}
	r.areas = &areas{rig: r, levels: map[string]area.Level{}}
	r.service = &indicator.Service{Store: r.store, Areas: r.areas, Files: files, DB: d, Now: r.now}
	r.tenant(r.actor.Tenant, "kupferstadt")
	r.must(r.service.EnsureCatalogue(ctx, r.actor.Tenant))
	return r
}

// now is a minute later each time it is asked.
func (r *rig) now() time.Time {
	r.clock = r.clock.Add(time.Minute)
	return r.clock
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) exec(q string, args ...any) {
	r.t.Helper()
	r.must(r.d.Tx(ctx, func(ctx context.Context) error {
		_, err := r.d.Conn(ctx).ExecContext(ctx, q, args...)
		return err
	}))
}

func (r *rig) count(q string, args ...any) int {
	r.t.Helper()
	n, err := db.Value[int](r.d.Conn(ctx).QueryRowContext(ctx, q, append([]any{r.actor.Tenant}, args...)...), "none")
	r.must(err)
	return n
}

func (r *rig) tenant(id kernel.ID, key string) {
	r.t.Helper()
	r.exec(`insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, $2, '{}', true, '{}', $3)`, id, key, kernel.InstantOf(r.clock))
}

// areas is the indicator.Areas of the tests; its rows are in the database because figures refer to them.
type areas struct {
	rig      *rig
	mu       sync.Mutex
	levels   map[string]area.Level
	editions []area.Edition
	all      [][]area.Area
}

// place is an area to be made: its key and the key of the one it lies in.
type place struct{ key, parent string }

func (a *areas) make(level, edition, from, to, parent string, places []place) area.Edition {
	r := a.rig
	r.t.Helper()
	l, ok := a.levels[level]
	if !ok {
		l = area.Level{ID: kernel.NewID(), Key: level, Rank: len(a.levels) + 1}
		a.levels[level] = l
		r.exec(`insert into area_level (tenant_id, id, key, name, rank) values ($1, $2, $3, '{}', $4)`, r.actor.Tenant, l.ID, level, l.Rank)
	}
	e := area.Edition{ID: kernel.NewID(), Level: l, Key: edition, ValidFrom: kernel.Date(from), ValidTo: kernel.Date(to)}
	up := map[string]kernel.ID{}
	if parent != "" {
		pl, pe, _ := strings.Cut(parent, "/")
		p, err := a.Edition(ctx, r.actor, pl, pe)
		r.must(err)
		e.ParentEditionID = p.ID
		list, err := a.Areas(ctx, r.actor, p.ID)
		r.must(err)
		for _, x := range list {
			up[x.Key] = x.ID
		}
	}
	list := make([]area.Area, len(places))
	for i, p := range places {
		list[i] = area.Area{ID: kernel.NewID(), EditionID: e.ID, Key: p.key, Name: p.key, ParentID: up[p.parent]}
	}
	r.must(r.d.Tx(ctx, func(ctx context.Context) error {
		_, err := r.d.Conn(ctx).ExecContext(ctx, `insert into area_edition (tenant_id, id, level_id, key, valid_from, valid_to, parent_edition_id, source, sha256,
			source_crs, report, map_overview, map_web, version, imported_at) values ($1, $2, $3, $4, $5, $6, $7, '', '', 4326, '{}', $8, $9, 1, $10)`,
			r.actor.Tenant, e.ID, l.ID, edition, from, to, e.ParentEditionID, []byte{0}, []byte{0}, kernel.InstantOf(r.clock))
		if err != nil {
			return err
		}
		columns := []string{"tenant_id", "id", "edition_id", "key", "name", "sort_name", "parent_id", "area_m2", "label_lon", "label_lat", "geometry"}
		_, err = r.d.Bulk(ctx, "area", columns, func(yield func([]any, error) bool) {
			for _, x := range list {
				if !yield([]any{r.actor.Tenant, x.ID, e.ID, x.Key, x.Name, x.Name, x.ParentID, 1.0, 0.0, 0.0, []byte{0}}, nil) {
					return
				}
			}
		})
		return err
	}))
	slices.SortFunc(list, func(x, y area.Area) int { return strings.Compare(x.Key, y.Key) })
	a.editions, a.all = append(a.editions, e), append(a.all, list)
	return e
}

func (a *areas) Edition(_ context.Context, _ access.Actor, level, edition string) (area.Edition, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.editions {
		if e.Level.Key == level && e.Key == edition {
			return e, nil
		}
	}
	return area.Edition{}, kernel.E(kernel.NotFound, "area.edition.unknown")
}

func (a *areas) Editions(_ context.Context, _ access.Actor, level string) ([]area.Edition, error) {
	var out []area.Edition
	for _, e := range a.editions {
		if level == "" || e.Level.Key == level {
			out = append(out, e)
		}
	}
	return out, nil
}

func (a *areas) Areas(_ context.Context, _ access.Actor, edition kernel.ID) ([]area.Area, error) {
	for i, e := range a.editions {
		if e.ID == edition {
			return a.all[i], nil
		}
	}
	return nil, kernel.E(kernel.NotFound, "area.edition.unknown")
}

// request makes an import of a text.
func request(mapping, name, text string) indicator.ImportRequest {
	return indicator.ImportRequest{FileName: name, Data: strings.NewReader(text), Size: int64(len(text)), MappingText: mapping, Source: "test"}
}

// file makes an import of a real file with a mapping of the test data.
func (r *rig) file(mapping, path string) indicator.ImportRequest {
	r.t.Helper()
	m, err := os.ReadFile(filepath.Join("..", "testdata", mapping))
	r.must(err)
	b, err := os.ReadFile(path)
	r.must(err)
	return indicator.ImportRequest{FileName: filepath.Base(path), Data: bytes.NewReader(b), Size: int64(len(b)), MappingText: string(m), Source: mapping}
}

func (r *rig) take(q indicator.ImportRequest) indicator.Report {
	r.t.Helper()
	rep, err := r.service.Import(ctx, r.actor, q, nil)
	if err != nil {
		for _, f := range rep.Findings {
			r.t.Log(f)
		}
		r.t.Fatal(err)
	}
	return rep
}

// refused takes a file that must be refused and returns the codes of its findings.
func (r *rig) refused(q indicator.ImportRequest) (indicator.Report, []string) {
	r.t.Helper()
	before := r.count(`select count(*) from observation where tenant_id = $1`)
	rep, err := r.service.Import(ctx, r.actor, q, nil)
	var e *kernel.Error
	if !errors.As(err, &e) || e.Kind != kernel.Invalid || len(e.Findings) == 0 || !rep.Refuses() {
		r.t.Fatalf("the file was not refused: %v, report %+v", err, rep)
	}
	if after := r.count(`select count(*) from observation where tenant_id = $1`); after != before {
		r.t.Fatalf("a refused file left %d figures", after-before)
	}
	return rep, codes(rep)
}

func codes(r indicator.Report) []string {
	var out []string
	for _, f := range r.Findings {
		if !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

func find(r indicator.Report, code string) []kernel.Finding {
	var out []kernel.Finding
	for _, f := range r.Findings {
		if f.Code == code {
			out = append(out, f)
		}
	}
	return out
}

// figures reads the figures of an indicator and period by area key.
func (r *rig) figures(key, level, edition, period string) (map[string]indicator.Observation, indicator.Version) {
	r.t.Helper()
	ind, err := r.service.Indicator(ctx, r.actor, key)
	r.must(err)
	e, err := r.areas.Edition(ctx, r.actor, level, edition)
	r.must(err)
	p, err := kernel.ParsePeriod(period)
	r.must(err)
	list, err := r.service.Slices(ctx, r.actor, indicator.Filter{Indicator: ind.ID, Edition: e.ID, Period: p})
	r.must(err)
	out := map[string]indicator.Observation{}
	if len(list) == 0 {
		return out, ind.Current()
	}
	if len(list) > 1 {
		r.t.Fatalf("%d slices of %s %s", len(list), key, period)
	}
	v, err := ind.Version(list[0].Version)
	r.must(err)
	all, err := r.areas.Areas(ctx, r.actor, e.ID)
	r.must(err)
	keys := map[kernel.ID]string{}
	for _, x := range all {
		keys[x.ID] = x.Key
	}
	obs, err := r.service.Observations(ctx, r.actor, list[0].ID)
	r.must(err)
	for _, o := range obs {
		out[keys[o.AreaID]] = o
	}
	return out, v
}

// total adds the numerators of an indicator over all areas.
func (r *rig) total(key, level, edition, period string) float64 {
	r.t.Helper()
	obs, _ := r.figures(key, level, edition, period)
	s := 0.0
	for _, o := range obs {
		if !math.IsNaN(o.Numerator) {
			s += o.Numerator
		}
	}
	return s
}

// places reads keys from a GeoJSON file.
func places(t testing.TB, path string, key func(map[string]any) string, parent func(string) string) []place {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Features []struct {
			Properties map[string]any `json:"properties"`
		} `json:"features"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var out []place
	for _, f := range doc.Features {
		k := key(f.Properties)
		if !seen[k] {
			out = append(out, place{k, parent(k)})
		}
		seen[k] = true
	}
	return out
}

func prefix(n int) func(string) string { return func(k string) string { return k[:n] } }

func none(string) string { return "" }
