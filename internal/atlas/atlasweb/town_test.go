// SPDX-License-Identifier: EUPL-1.2

package atlasweb_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/analysis/analysisdb"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/area/areadb"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/atlas/atlasweb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/release/releasedb"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// town is a small town with everything behind the pages, on an embedded database.
type town struct {
	tb       testing.TB
	ctx      context.Context
	actor    access.Actor
	tenants  *tenant.Service
	areas    *area.Service
	figures  *indicator.Service
	gate     *release.Service
	analysis *analysis.Service
	atlas    *atlas.Service
	mux      *web.Mux
}

// source is what the gate reads.
type source struct {
	service *indicator.Service
	*indicatordb.Store
}

func (s source) Observations(ctx context.Context, tenant, slice kernel.ID, deliveries []kernel.ID) ([]indicator.Observation, error) {
	if deliveries != nil {
		return s.service.Raw(tenant).Pinned(ctx, slice, deliveries)
	}
	return s.service.Raw(tenant).Observations(ctx, slice)
}

// staffCookie makes the reader a planner.
const staffCookie = "staff"

type sessions struct{}

func (sessions) Load(_ web.Tenant, next http.Handler) http.Handler { return next }

func (sessions) Actor(r *http.Request, t web.Tenant) (access.Actor, error) {
	if _, err := r.Cookie(staffCookie); err != nil {
		return access.Anonymous(t.ID), nil
	}
	return access.Actor{Tenant: t.ID, Person: "p", Name: "Planung", Roles: []access.Role{access.Planner}}, nil
}

func newTown(tb testing.TB) *town {
	tb.Helper()
	d := dbtest.SQLite(tb)
	files, err := blob.Open(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = files.Close() })
	t := &town{tb: tb, ctx: context.Background()}
	t.tenants = &tenant.Service{Store: &tenantdb.Store{DB: d}, Now: time.Now}
	tn, err := t.tenants.Create(t.ctx, access.CommandLine(""), tenant.Tenant{Key: "default", Name: kernel.T("Teststadt", "Test town")})
	if err != nil {
		tb.Fatal(err)
	}
	t.actor = access.CommandLine(tn.ID)
	t.areas = &area.Service{Store: &areadb.Store{DB: d}, Tx: d, Files: files, Now: time.Now, SortKey: i18n.SortKey}
	store := &indicatordb.Store{DB: d}
	t.figures = &indicator.Service{Store: store, Areas: t.areas, Files: files, DB: d, Now: time.Now}
	if err := t.figures.EnsureCatalogue(t.ctx, tn.ID); err != nil {
		tb.Fatal(err)
	}
	t.gate = &release.Service{Source: source{t.figures, store}, Areas: t.areas, Store: &releasedb.Store{DB: d}, Tx: d, Now: time.Now}
	t.analysis = &analysis.Service{Gate: t.gate, Areas: t.areas, Store: &analysisdb.Store{DB: d}, Tx: d, Now: time.Now}
	t.atlas = &atlas.Service{Gate: t.gate, Areas: t.areas, Index: t.analysis, Drawing: &atlasweb.Maps{}}
	t.mux = web.New(web.Options{Tenants: tenantweb.Tenants{Service: t.tenants}, Sessions: sessions{}, Log: slog.New(slog.DiscardHandler)})
	atlasweb.Register(t.mux, t.atlas)
	return t
}

// grid imports two levels: districts of ten areas each, n areas in rows of ten with jagged borders that neighbours share. names gives an area
// another name than "Raum KEY".
func (t *town) grid(n int, names map[string]string) {
	t.tb.Helper()
	rows := (n + 9) / 10
	t.importAreas("bezirk", "Bezirk", 2, "", func(add func(key, name string, x0, y0, x1, y1 int)) {
		for r := range rows {
			add(fmt.Sprintf("%02d", r+1), fmt.Sprintf("Bezirk %d", r+1), 0, r, min(10, n-10*r), r+1)
		}
	})
	t.importAreas("raum", "Sozialraum", 4, "bezirk", func(add func(key, name string, x0, y0, x1, y1 int)) {
		for i := range n {
			key := areaKey(i)
			name := names[key]
			if name == "" {
				name = "Raum " + key
			}
			add(key, name, i%10, i/10, i%10+1, i/10+1)
		}
	})
}

func areaKey(i int) string { return fmt.Sprintf("%02d%02d", i/10+1, i%10+1) }

func (t *town) importAreas(level, name string, rank int, parent string, each func(add func(key, name string, x0, y0, x1, y1 int))) {
	t.tb.Helper()
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	first := true
	each(func(key, name string, x0, y0, x1, y1 int) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"key":%q,"name":%q},"geometry":{"type":"Polygon","coordinates":[[%s]]}}`, key, name, outline(x0, y0, x1, y1))
	})
	b.WriteString(`]}`)
	q := area.ImportRequest{
		Level: level, LevelName: kernel.T(name, name), Rank: rank, Edition: "2020", ValidFrom: "2010-01-01", KeyField: "key", NameField: "name", FileName: level + ".geojson",
		Data: strings.NewReader(b.String()), Size: int64(b.Len()),
	}
	if parent != "" {
		q.ParentLevel, q.ParentPrefix = parent, 2
	}
	if r, err := t.areas.Import(t.ctx, t.actor, q, nil); err != nil {
		t.tb.Fatalf("%v %v", err, r.Findings)
	}
}

// outline walks around a rectangle of the grid, along borders with a few corners of their own between two crossings.
func outline(x0, y0, x1, y1 int) string {
	var points []string
	at := func(x, y float64) {
		jag := .12 * math.Sin(9*x+5*y)
		points = append(points, fmt.Sprintf("[%.6f,%.6f]", 6.2+.01*(x+jag*math.Sin(math.Pi*y)), 50.7+.007*(y+jag*math.Sin(math.Pi*x))))
	}
	const parts = 6
	for x := x0 * parts; x < x1*parts; x++ {
		at(float64(x)/parts, float64(y0))
	}
	for y := y0 * parts; y < y1*parts; y++ {
		at(float64(x1), float64(y)/parts)
	}
	for x := x1 * parts; x > x0*parts; x-- {
		at(float64(x)/parts, float64(y1))
	}
	for y := y1 * parts; y >= y0*parts; y-- {
		at(float64(x0), float64(y)/parts)
	}
	return strings.Join(points, ",")
}

// deliver imports a table; columns is the part of the mapping below "columns:".
func (t *town) deliver(period, columns, csv string) {
	t.tb.Helper()
	mapping := "area: {level: raum, edition: \"2020\", column: Raum}\nperiod: {value: " + period + "}\ncolumns:\n" + columns
	_, err := t.figures.Import(t.ctx, t.actor, indicator.ImportRequest{
		Source: "test", FileName: "t" + period + ".csv", Data: strings.NewReader(csv), Size: int64(len(csv)), MappingText: mapping,
	}, nil)
	if err != nil {
		var e *kernel.Error
		_ = e
		t.tb.Fatalf("%v", err)
	}
}

// publish releases every table of figures of the periods (all where none is given) that may be released.
func (t *town) publish(periods ...string) {
	t.tb.Helper()
	list, err := t.figures.Slices(t.ctx, t.actor, indicator.Filter{})
	if err != nil {
		t.tb.Fatal(err)
	}
	for _, s := range list {
		if len(periods) > 0 && !strings.Contains(strings.Join(periods, " "), s.Period.String()) {
			continue
		}
		if err := t.gate.Publish(t.ctx, t.actor, []kernel.ID{s.ID}, access.Public, "test"); err != nil {
			t.tb.Fatalf("%v", err)
		}
	}
}

const testMethod = `id: test-index
title: {de: Testindex, en: Test index}
note: {de: Drei Kennzahlen., en: Three indicators.}
indicators:
  - {key: unemp_share}
  - {key: sgb2_rate}
  - {key: child_poverty_rate}
restandardise: true
lag_years: 2
min_population: 300
status_thresholds: [-1, 1, 1.5]
dynamic_thresholds: [-1, 1]
labels: [{de: niedrig, en: low}, {de: mittel, en: medium}, {de: hoch, en: high}, {de: sehr hoch, en: very high}]
attention_rule: ["4", "3-"]
rounding: 2
`

// run computes the index of a period and releases it.
func (t *town) run(period string, draws int) {
	t.tb.Helper()
	m, err := analysis.ParseMethod([]byte(testMethod))
	if err != nil {
		t.tb.Fatal(err)
	}
	r, err := t.analysis.Run(t.ctx, t.actor, analysis.Request{Method: m, Level: "raum", Edition: "2020", Period: kernel.On(kernel.Date(period)), Draws: draws, Seed: 1})
	if err != nil {
		t.tb.Fatal(err)
	}
	if err := t.analysis.Publish(t.ctx, t.actor, r.ID, access.Public, "test"); err != nil {
		t.tb.Fatal(err)
	}
}

// columns of the usual delivery.
const usual = `  N: {indicator: pop_total, part: value}
  J: {indicator: share_u18, part: numerator}
  A: {indicator: share_65plus, part: numerator}
  P:
    - {indicator: share_u18, part: denominator}
    - {indicator: share_65plus, part: denominator}
  UZ: {indicator: unemp_share, part: numerator}
  UN: {indicator: unemp_share, part: denominator}
  SZ: {indicator: sgb2_rate, part: numerator}
  SN: {indicator: sgb2_rate, part: denominator}
  KZ: {indicator: child_poverty_rate, part: numerator}
  KN: {indicator: child_poverty_rate, part: denominator}
`

// figuresOf writes the usual delivery: people, shares that differ from area to area and move slowly through the years.
func figuresOf(n, year int, change func(key string, row map[string]int)) string {
	cols := []string{"N", "J", "A", "P", "UZ", "UN", "SZ", "SN", "KZ", "KN"}
	var b strings.Builder
	b.WriteString("Raum;" + strings.Join(cols, ";") + "\n")
	for i := range n {
		people := 1500 + 137*(i*7%23) + 10*(year-2015)
		burden := .04 + .012*float64(i*5%19) + .004*float64((year-2015)*(i%3-1))
		row := map[string]int{
			"N": people, "P": people, "J": people * (14 + i%7) / 100, "A": people * (24 - i%9) / 100, "UN": people * 62 / 100, "SN": people * 78 / 100,
			"KN": people * 13 / 100,
		}
		row["UZ"], row["SZ"], row["KZ"] = int(float64(row["UN"])*burden*.6), int(float64(row["SN"])*burden), int(float64(row["KN"])*burden*1.6)
		if change != nil {
			change(areaKey(i), row)
		}
		b.WriteString(areaKey(i))
		for _, c := range cols {
			fmt.Fprintf(&b, ";%d", row[c])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// filled is a town of n areas with figures and index of some years, all published.
func filled(tb testing.TB, n int, names map[string]string, years ...int) *town {
	t := newTown(tb)
	t.grid(n, names)
	for _, y := range years {
		t.deliver(fmt.Sprintf("%d-12-31", y), usual, figuresOf(n, y, nil))
	}
	t.publish()
	for _, y := range years {
		if y-2 >= years[0] {
			t.run(fmt.Sprintf("%d-12-31", y), 50)
		}
	}
	return t
}

// get asks for a page as an anonymous reader, or as a planner.
func (t *town) get(path string, staff ...bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if len(staff) > 0 && staff[0] {
		r.AddCookie(&http.Cookie{Name: staffCookie, Value: "1"})
	}
	w := httptest.NewRecorder()
	t.mux.ServeHTTP(w, r)
	return w
}
