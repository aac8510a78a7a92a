// SPDX-License-Identifier: EUPL-1.2

package atlasweb_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/web"
)

// packedSize is how many bytes a page takes on its way.
func packedSize(b *testing.B, t *town, path string) float64 {
	b.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := t.do(r)
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" {
		b.Fatalf("%s: %d %s", path, w.Code, w.Header())
	}
	return float64(w.Body.Len())
}

// BenchmarkAtlasPage542 draws the atlas of a town of 542 areas. The goal is 20 ms on warm figures, 150 kB of page and 400 kB of outlines, packed.
// "kept" is what readers get who ask for a page somebody has asked for before.
func BenchmarkAtlasPage542(b *testing.B) {
	t := filled(b, 542, nil, 2019, 2020, 2021)
	for name, path := range map[string]string{"indicator": "/atlas?indikator=sgb2_rate&raum=0305", "index": "/atlas?verfahren=test-index"} {
		for mode, staff := range map[string]bool{"drawn": true, "kept": false} {
			b.Run(name+"/"+mode, func(b *testing.B) {
				for b.Loop() {
					if w := t.get(path, staff); w.Code != 200 {
						b.Fatal(w.Code)
					}
				}
				b.ReportMetric(packedSize(b, t, path), "page-bytes")
				b.ReportMetric(packedSize(b, t, "/atlas/karte/raum/2020"), "outline-bytes")
			})
		}
	}
}

// BenchmarkProfilePage draws profiles of 542 areas, and gives out kept ones.
func BenchmarkProfilePage(b *testing.B) {
	t := filled(b, 542, nil, 2019, 2020, 2021)
	for mode, staff := range map[string]bool{"drawn": true, "kept": false} {
		b.Run(mode, func(b *testing.B) {
			i := 0
			for b.Loop() {
				if w := t.get("/raeume/raum/2020/"+areaKey(i%542), staff); w.Code != 200 {
					b.Fatal(w.Code)
				}
				i++
			}
			b.ReportMetric(packedSize(b, t, "/raeume/raum/2020/0101"), "page-bytes")
		})
	}
}

// BenchmarkProfileLoad asks for profiles over loopback, 16 readers at once, the load generator on the same processors. The goal is 1,000 pages a
// second with 99 of 100 in under 50 ms.
func BenchmarkProfileLoad(b *testing.B) {
	t := filled(b, 542, nil, 2019, 2020, 2021)
	for i := range 542 { // as after the first minutes of a day
		if w := t.get("/raeume/raum/2020/" + areaKey(i)); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := web.Server(l.Addr().String(), t.mux)
	go func() { _ = srv.Serve(l) }()
	defer func() { _ = srv.Shutdown(context.Background()) }()
	const readers = 16
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers, DisableCompression: true}}
	times := make([][]time.Duration, readers)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for r := range readers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				q, err := http.NewRequest("GET", fmt.Sprintf("http://%s/raeume/raum/2020/%s", l.Addr(), areaKey(int(n*37%542))), nil)
				if err != nil {
					b.Error(err)
					return
				}
				q.Header.Set("Accept-Encoding", "gzip")
				from := time.Now()
				w, err := client.Do(q)
				if err != nil {
					b.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, w.Body)
				_ = w.Body.Close()
				if err != nil || w.StatusCode != 200 {
					b.Errorf("%d %v", w.StatusCode, err)
					return
				}
				times[r] = append(times[r], time.Since(from))
			}
		}()
	}
	wg.Wait()
	took := time.Since(start)
	b.StopTimer()
	all := slices.Concat(times...)
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	b.ReportMetric(float64(len(all))/took.Seconds(), "pages/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
}
