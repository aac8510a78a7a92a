// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
)

// The goal of issue "People and trust": 2,000 requests a second on public pages with 99 of 100 answered within 100 ms, and within 250 ms while a
// million observations are imported, the generator on the same machine.
const (
	loadRate = 2000
	loadFor  = 20 * time.Second
)

// BenchmarkPublicPages asks for the example town's public pages at a fixed rate, as many readers would: each request is due at its moment whether or
// not the one before has been answered, and its time counts from then. KUPFERFADEN_LOAD_RATE is another rate.
func BenchmarkPublicPages(b *testing.B) {
	exe, dir := program(b), filepath.Join(b.TempDir(), "town")
	if out, err := exec.Command(exe, "demo", "--data", dir, "--no-serve").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	base, cmd, _ := served(b, exe, "serve", "--data", dir, "--log-level", "warn")
	defer stop(b, cmd)
	pages := crawl(b, base, 300)
	for range b.N {
		fire(b, base, pages, loadFor, nil).report(b, "")
	}
	b.ReportMetric(resident(b, cmd.Process.Pid), "MB-rss")
}

// BenchmarkPublicPagesDuringImport does the same while a million observations are imported beside it.
func BenchmarkPublicPagesDuringImport(b *testing.B) {
	exe, dir := program(b), filepath.Join(b.TempDir(), "town")
	run := func(args ...string) *exec.Cmd {
		c := exec.Command(exe, append(args, "--data", dir)...)
		c.Env = append(os.Environ(), "KUPFERFADEN_LANG=en")
		return c
	}
	if out, err := run("demo", "--no-serve").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	work := b.TempDir()
	if out, err := run("area", "import", "--level", "gitter", "--edition", "2024", "--valid-from", "1900-01-01", "--key", "id", "--name", "name", grid(b, work, gridSide)).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	base, cmd, _ := served(b, exe, "serve", "--data", dir, "--log-level", "warn")
	defer stop(b, cmd)
	pages := crawl(b, base, 300)
	for n := range b.N {
		csv, mapping := observations(b, work, n)
		imp := run("data", "import", "--mapping", mapping, csv)
		start := time.Now()
		done := make(chan struct{})
		var out []byte
		var err error
		go func() {
			defer close(done)
			out, err = imp.CombinedOutput()
		}()
		l := fire(b, base, pages, 10*time.Minute, done)
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		l.report(b, "")
		b.ReportMetric(time.Since(start).Seconds(), "s-import")
	}
}

// gridSide squared areas times years make a million observations.
const gridSide, gridYears = 100, 100

// loadMapping reads the delivery of the load test.
const loadMapping = `
area: {level: gitter, edition: "2024", column: raum}
period: {column: jahr}
columns:
  einwohner: {indicator: pop_total, part: value}
`

// grid writes the areas: squares in rows.
func grid(b *testing.B, dir string, side int) string {
	b.Helper()
	path := filepath.Join(dir, "gitter.geojson")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, `{"type":"FeatureCollection","features":[`)
	for i := range side * side {
		x, y := 9+0.002*float64(i%side), 51+0.001*float64(i/side)
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, `{"type":"Feature","properties":{"id":"g%05d","name":"Zelle %05d"},"geometry":{"type":"Polygon","coordinates":[[[%.4f,%.4f],[%.4f,%.4f],[%.4f,%.4f],[%.4f,%.4f],[%.4f,%.4f]]]}}`,
			i, i, x, y, x+0.002, y, x+0.002, y+0.001, x, y+0.001, x, y)
	}
	fmt.Fprint(w, `]}`)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// observations writes a delivery of a million figures and its mapping; n makes each delivery another one.
func observations(b *testing.B, dir string, n int) (csv, mapping string) {
	b.Helper()
	csv, mapping = filepath.Join(dir, fmt.Sprintf("lieferung%d.csv", n)), filepath.Join(dir, "zuordnung.yaml")
	f, err := os.Create(csv)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "raum;jahr;einwohner")
	for year := range gridYears {
		for i := range gridSide * gridSide {
			fmt.Fprintf(w, "g%05d;%d;%d\n", i, 1925+year, 10+(i*7+year*13+n)%900)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(mapping, []byte(loadMapping), 0o600); err != nil {
		b.Fatal(err)
	}
	return csv, mapping
}

// crawl finds public pages by their links, from the first page on.
func crawl(b *testing.B, base string, most int) []string {
	b.Helper()
	list := []string{"/"}
	seen := map[string]bool{"/": true}
	for i := 0; i < len(list) && len(list) < most; i++ {
		a, err := http.Get(base + list[i])
		if err != nil {
			b.Fatal(err)
		}
		doc, err := html.Parse(a.Body)
		a.Body.Close()
		if err != nil || a.StatusCode != http.StatusOK {
			b.Fatalf("%s: %s %v", list[i], a.Status, err)
		}
		for n := range doc.Descendants() {
			for _, at := range n.Attr {
				u, err := url.Parse(at.Val)
				if n.Data != "a" || at.Key != "href" || err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
					continue
				}
				u.Fragment = ""
				p := u.String()
				if seen[p] || strings.Contains(p, "export") || strings.Contains(p, "anmelden") || strings.Contains(p, "/arbeit") || len(list) >= most {
					continue
				}
				seen[p] = true
				if r, err := http.Get(base + p); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					r.Body.Close()
					if r.StatusCode == http.StatusOK && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
						list = append(list, p)
					}
				}
			}
		}
	}
	return list
}

// load is what readers saw.
type load struct {
	pages  int
	took   []time.Duration
	failed int64
	bytes  int64
	span   time.Duration
	worst  []time.Duration // in each second
}

// fire asks at the rate for the time, or until done.
func fire(b *testing.B, base string, pages []string, span time.Duration, done <-chan struct{}) load {
	b.Helper()
	rate := loadRate
	if n, err := strconv.Atoi(os.Getenv("KUPFERFADEN_LOAD_RATE")); err == nil {
		rate = n
	}
	t := &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256, DisableCompression: true}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, Timeout: 30 * time.Second}
	type ask struct {
		due  time.Time
		path string
	}
	queue := make(chan ask, 60*rate)
	var failed, bytes atomic.Int64
	var mu sync.Mutex
	l := load{pages: len(pages)}
	start := time.Now()
	var wg sync.WaitGroup
	for range 128 {
		wg.Go(func() {
			var own []time.Duration
			for q := range queue {
				r, err := http.NewRequest(http.MethodGet, base+q.path, nil)
				if err != nil {
					failed.Add(1)
					continue
				}
				r.Header.Set("Accept-Encoding", "gzip")
				a, err := client.Do(r)
				if err == nil {
					n, cerr := io.Copy(io.Discard, a.Body)
					a.Body.Close()
					bytes.Add(n)
					if err = cerr; a.StatusCode != http.StatusOK {
						err = fmt.Errorf("%s", a.Status)
					}
				}
				if err != nil {
					failed.Add(1)
				}
				took := time.Since(q.due)
				own = append(own, took)
				mu.Lock()
				second := int(q.due.Sub(start) / time.Second)
				for len(l.worst) <= second {
					l.worst = append(l.worst, 0)
				}
				l.worst[second] = max(l.worst[second], took.Round(time.Millisecond))
				mu.Unlock()
			}
			mu.Lock()
			l.took = append(l.took, own...)
			mu.Unlock()
		})
	}
	for n := 0; time.Since(start) < span; n++ {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		select {
		case <-done:
			span = 0
		default:
		}
		queue <- ask{due, pages[(n*7919)%len(pages)]}
	}
	close(queue)
	wg.Wait()
	l.failed, l.bytes, l.span = failed.Load(), bytes.Load(), time.Since(start)
	slices.Sort(l.took)
	return l
}

// report writes the figures.
func (l load) report(b *testing.B, name string) {
	b.Helper()
	at := func(p float64) float64 { return float64(l.took[int(p*float64(len(l.took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(float64(len(l.took))/l.span.Seconds(), name+"requests/s")
	b.ReportMetric(at(0.5), name+"ms-p50")
	b.ReportMetric(at(0.99), name+"ms-p99")
	b.ReportMetric(at(0.999), name+"ms-p99.9")
	b.ReportMetric(at(1), name+"ms-most")
	b.ReportMetric(float64(l.failed), name+"failed")
	b.Logf("%d requests for %d pages in %v, %d MB, %d failed; the slowest of each second: %v", len(l.took), l.pages, l.span.Round(time.Millisecond), l.bytes>>20, l.failed, l.worst)
}

// BenchmarkPublicPageInProcess is the work of one public page without network and client, taking turns through the example town's pages.
func BenchmarkPublicPageInProcess(b *testing.B) {
	ctx := b.Context()
	a, err := app.Open(ctx, app.Config{DataDir: filepath.Join(b.TempDir(), "town"), Serve: true, Log: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if _, err := demo.Make(ctx, a, "default", func(int, int) {}); err != nil {
		b.Fatal(err)
	}
	h := a.Mux(app.WebOptions{})
	srv := httptest.NewServer(h)
	pages := crawl(b, srv.URL, 300)
	srv.Close()
	b.Logf("%d pages", len(pages))
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		r := httptest.NewRequest(http.MethodGet, pages[n%len(pages)], nil)
		r.RemoteAddr = "127.0.0.1:1" // the machine itself, whose rate is not limited
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s: %d", pages[n%len(pages)], w.Code)
		}
	}
}
