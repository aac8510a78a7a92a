// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributiondb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// fill puts n public contributions with places into the town.
func fill(b testing.TB, x *town, n int) {
	b.Helper()
	store := &contributiondb.Store{DB: x.db}
	states := []contribution.State{contribution.Published, contribution.Published, contribution.Published, contribution.Received}
	for part := range slices.Chunk(make([]struct{}, n), 5000) {
		from, err := store.Numbers(b.Context(), x.id, 2026, len(part))
		if err != nil {
			b.Fatal(err)
		}
		if err := x.db.Tx(b.Context(), func(ctx context.Context) error {
			for i := range part {
				k := from + i
				c := contribution.Contribution{
					ID: kernel.NewID(), Number: fmt.Sprintf("B-2026-%06d", k), Process: "westend", Module: "ideen", Channel: contribution.Platform, Lang: "de", Title: fmt.Sprintf("Beitrag %d", k),
					Text: fmt.Sprintf("Am Platz %d fehlen Bänke im Schatten, und der Weg dorthin ist für Kinderwagen zu schmal. Das sagen viele Nachbarinnen und Nachbarn.", k%977), Category: "Verkehr",
					State: states[k%len(states)], Lon: 6.2 + float64(k%1000)/10000, Lat: 50.7 + float64(k%777)/10000, Placed: true, Areas: []string{fmt.Sprintf("quartier/%02d", k%40)},
					Geometry: []byte(`{"type":"Point","coordinates":[6.2,50.7]}`), Received: kernel.InstantOf(x.clock.Now()), Changed: kernel.InstantOf(x.clock.Now()), Supports: k % 50,
				}
				c.Original = c.Text
				if err := store.Insert(ctx, x.id, contribution.New{Contribution: c}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func engines(b *testing.B, f func(b *testing.B, x *town)) {
	for name, open1 := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) { f(b, open(b, open1(b))) })
	}
}

// The staff's list of 10,000, filtered, with its count and the third part of it.
func BenchmarkListOf10000(b *testing.B) {
	engines(b, func(b *testing.B, x *town) {
		fill(b, x, 10_000)
		by := x.moderator()
		for name, f := range map[string]contribution.Filter{
			"all": {}, "text": {Text: "Platz 12 Schatten"}, "area": {Area: "quartier/07", States: []contribution.State{contribution.Published}}, "supported": {Order: contribution.Supported},
		} {
			b.Run(name, func(b *testing.B) {
				f.Limit = 50
				for b.Loop() {
					g := f
					for range 2 {
						list, more, err := x.s.List(b.Context(), by, g)
						if err != nil {
							b.Fatal(err)
						}
						if more {
							g.After = contribution.End(list[len(list)-1])
						}
					}
					if _, err := x.s.Count(b.Context(), by, f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// The public list with the map of 5,000: p95 of the list with its count, and of the map when something has just changed and when nothing has.
func BenchmarkPublicListWithMapOf5000(b *testing.B) {
	engines(b, func(b *testing.B, x *town) {
		fill(b, x, 6_700) // three of four are public
		f := contribution.Filter{Process: "westend", Limit: 20}
		var list, fresh, kept []time.Duration
		for b.Loop() {
			from := time.Now()
			if _, _, err := x.s.List(b.Context(), x.guest(), f); err != nil {
				b.Fatal(err)
			}
			if _, err := x.s.Count(b.Context(), x.guest(), f); err != nil {
				b.Fatal(err)
			}
			list = append(list, time.Since(from))
			if err := x.db.Tx(b.Context(), func(ctx context.Context) error { return x.db.Touch(ctx, x.id) }); err != nil {
				b.Fatal(err)
			}
			for _, d := range []*[]time.Duration{&fresh, &kept} {
				from = time.Now()
				p, err := x.s.Map(b.Context(), x.id, f)
				if err != nil || p.N < 5000 {
					b.Fatal(p.N, err)
				}
				*d = append(*d, time.Since(from))
			}
		}
		for name, d := range map[string][]time.Duration{"list": list, "map-fresh": fresh, "map-kept": kept} {
			slices.Sort(d)
			b.ReportMetric(float64(d[len(d)*95/100].Microseconds())/1000, name+"-p95-ms")
		}
	})
}

// The export of 100,000, with the most memory the program held meanwhile.
func BenchmarkExportOf100000(b *testing.B) {
	x := open(b, dbtest.SQLite(b))
	fill(b, x, 100_000)
	word := func(key string, _ ...any) string { return key }
	for _, format := range contribution.Formats() {
		b.Run(format, func(b *testing.B) {
			most := uint64(0)
			done := make(chan struct{})
			go func() {
				var m runtime.MemStats
				for {
					select {
					case <-done:
						return
					case <-time.After(20 * time.Millisecond):
						runtime.ReadMemStats(&m)
						most = max(most, m.HeapInuse)
					}
				}
			}()
			for b.Loop() {
				if err := x.s.Export(b.Context(), x.planner(), contribution.Filter{}, format, "Messung", io.Discard, word); err != nil {
					b.Fatal(err)
				}
			}
			close(done)
			b.ReportMetric(float64(most)/(1<<20), "heap-MB")
		})
	}
}
