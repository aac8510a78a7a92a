// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// The benchmark town: 1,000 areas, 25 indicators, 40 years: a million figures, one a row as registers deliver them.
const (
	benchAreas   = 1000
	benchPeriods = 40
	benchCodes   = 25
	benchRows    = benchAreas * benchPeriods * benchCodes
)

func benchTown(b *testing.B) (*rig, area.Edition, []string) {
	r := newRig(b, dbtest.SQLite(b))
	list := make([]place, benchAreas)
	for i := range list {
		list[i] = place{key: fmt.Sprintf("%08d", 1100101+i*37)}
	}
	e := r.areas.make("plr", "2021", "1950-01-01", "", "", list)
	var keys []string
	for _, i := range indicator.Shipped() {
		if i.Versions[0].Aggregation == indicator.Ratio && len(keys) < benchCodes {
			keys = append(keys, i.Key)
		}
	}
	return r, e, keys
}

// benchFile writes the million rows by area, period and indicator.
func benchFile(b *testing.B, keys []string) (path, mapping string) {
	var buf bytes.Buffer
	buf.WriteString("raum;jahr;merkmal;wert\n")
	x := uint64(1)
	for a := range benchAreas {
		for p := range benchPeriods {
			for c := range keys {
				x = x*6364136223846793005 + 1442695040888963407
				fmt.Fprintf(&buf, "%08d;%d;M%02d;%d,%02d\n", 1100101+a*37, 1980+p, c, x>>60, (x>>40)%100)
			}
		}
	}
	path = filepath.Join(b.TempDir(), "million.csv")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	mapping = "table: {encoding: utf-8, delimiter: ';', decimal: ','}\narea: {level: plr, edition: '2021', column: raum}\nperiod: {column: jahr, format: YYYY}\n" +
		"long:\n  indicator_column: merkmal\n  value_column: wert\n  codes:\n"
	for c, k := range keys {
		mapping += fmt.Sprintf("    M%02d: {indicator: %s, part: value}\n", c, k)
	}
	return path, mapping + "disclosure: unchecked\n"
}

// BenchmarkImport1M takes a file of a million figures: dry run and import, as a person does it. heap-MB is the largest heap in use on the way.
func BenchmarkImport1M(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		r, _, keys := benchTown(b)
		path, mapping := benchFile(b, keys)
		f, err := os.Open(path)
		r.must(err)
		st, err := f.Stat()
		r.must(err)
		q := indicator.ImportRequest{FileName: "million.csv", Source: "bench", Data: f, Size: st.Size(), MappingText: mapping}
		runtime.GC()
		stop, peak := watchHeap()
		b.StartTimer()
		q.DryRun = true
		start := time.Now()
		if rep, err := r.service.Import(ctx, r.actor, q, nil); err != nil || rep.Refuses() || rep.New != benchRows {
			b.Fatalf("dry run: %v %v new %d", err, rep.Findings, rep.New)
		}
		b.ReportMetric(time.Since(start).Seconds(), "dry-s")
		q.DryRun = false
		start = time.Now()
		if rep, err := r.service.Import(ctx, r.actor, q, nil); err != nil || rep.New != benchRows {
			b.Fatalf("import: %v new %d", err, rep.New)
		}
		b.ReportMetric(time.Since(start).Seconds(), "take-s")
		b.StopTimer()
		stop()
		b.ReportMetric(float64(peak.Load())/1e6, "heap-MB")
		if n := r.count(`select count(*) from observation where tenant_id = $1`); n != benchRows {
			b.Fatalf("%d figures", n)
		}
		r.must(f.Close())
		b.StartTimer()
	}
}

// watchHeap samples the bytes of heap the process holds from the system.
func watchHeap() (stop func(), peak *atomic.Uint64) {
	peak = &atomic.Uint64{}
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			if use := m.HeapInuse + m.StackInuse; use > peak.Load() {
				peak.Store(use)
			}
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-ended }, peak
}

// BenchmarkImportFloor1M is what the import is measured against: the same rows, one prepared statement, the same table with its keys and
// indexes, synchronous=FULL, one transaction.
func BenchmarkImportFloor1M(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		r, e, keys := benchTown(b)
		catalogue, err := r.service.Catalogue(ctx, r.actor)
		r.must(err)
		byKey := map[string]indicator.Indicator{}
		for _, i := range catalogue {
			byKey[i.Key] = i
		}
		areas, err := r.areas.Areas(ctx, r.actor, e.ID)
		r.must(err)
		var list []indicator.Slice
		for _, k := range keys {
			for p := range benchPeriods {
				period, err := kernel.ParsePeriod(fmt.Sprint(1980 + p))
				r.must(err)
				list = append(list, indicator.Slice{ID: kernel.NewID(), IndicatorID: byKey[k].ID, Version: 1, EditionID: e.ID, Period: period})
			}
		}
		delivery := indicator.Delivery{ID: kernel.NewID(), Disclosure: indicator.Unchecked, TakenAt: kernel.InstantOf(r.now())}
		// In the order of the key, as the import writes: another order would make the floor slower.
		slices.SortFunc(list, func(x, y indicator.Slice) int { return strings.Compare(string(x.ID), string(y.ID)) })
		areas = slices.Clone(areas)
		slices.SortFunc(areas, func(x, y area.Area) int { return strings.Compare(string(x.ID), string(y.ID)) })
		r.must(r.store.AddSlices(ctx, r.actor.Tenant, list))
		r.must(r.store.AddDelivery(ctx, r.actor.Tenant, delivery))
		b.StartTimer()
		r.must(r.d.Tx(ctx, func(ctx context.Context) error {
			stmt, err := r.d.Conn(ctx).PrepareContext(ctx, `insert into observation (tenant_id, slice_id, area_id, revision, numerator, denominator, value,
				change, flag, delivery_id, line) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
			if err != nil {
				return err
			}
			defer stmt.Close() //nolint:errcheck // the transaction's outcome decides
			line := 1
			for _, s := range list {
				for _, a := range areas {
					line++
					_, err := stmt.ExecContext(ctx, string(r.actor.Tenant), string(s.ID), string(a.ID), 1, nil, nil, float64(line)/100, nil, "value",
						string(delivery.ID), line)
					if err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
}
