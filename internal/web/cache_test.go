// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// profiles is a mux with one hot page that counts how often it is drawn.
func profiles(list towns) (m *web.Mux, version, drawn *atomic.Int64) {
	m = newMux(list)
	version, drawn = new(atomic.Int64), new(atomic.Int64)
	m.Handle("GET /steckbrief/{key}", access.ReadPublic, web.Cached(
		func(r *web.Request) (string, error) { return strconv.FormatInt(version.Load(), 10), nil },
		func(w http.ResponseWriter, r *web.Request) error {
			drawn.Add(1)
			switch r.PathValue("key") {
			case "fehlt":
				return kernel.E(kernel.NotFound, "access.notfound")
			case "um":
				return r.Redirect(w, "/")
			}
			return r.Render(w, web.Page{Title: r.PathValue("key") + " in Fassung " + strconv.FormatInt(version.Load(), 10)}, templ.Raw(strings.Repeat("<p>Absatz</p>", 300)))
		}))
	return m, version, drawn
}

func TestHotPagesAreDrawnOnceAVersion(t *testing.T) {
	m, version, drawn := profiles(two)
	want := func(n int64, why string) {
		t.Helper()
		if got := drawn.Load(); got != n {
			t.Errorf("%s: drawn %d times, want %d", why, got, n)
		}
	}
	first := get(m, "/steckbrief/a")
	packed := get(m, "/steckbrief/a", "Accept-Encoding", "gzip")
	want(1, "plain and packed")
	if first.Code != 200 || packed.Header().Get("Content-Encoding") != "gzip" || first.Header().Get("Content-Length") != strconv.Itoa(first.Body.Len()) {
		t.Errorf("%d, %v, %v", first.Code, first.Header(), packed.Header())
	}
	if w := get(m, "/steckbrief/a", "If-None-Match", packed.Header().Get("ETag")); w.Code != 304 {
		t.Errorf("unchanged: %d", w.Code)
	}
	if w := do(m, "HEAD", "/steckbrief/a", nil); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	want(1, "asked again")
	get(m, "/en/steckbrief/a")
	want(2, "another language")
	get(m, "/t/zinn/steckbrief/a")
	want(3, "another town")
	get(m, "/steckbrief/a?farbe=2")
	want(4, "another query")
	version.Add(1)
	if w := get(m, "/steckbrief/a", "If-None-Match", first.Header().Get("ETag")); w.Code != 200 || !strings.Contains(w.Body.String(), "Fassung 1") {
		t.Errorf("new version: %d", w.Code)
	}
	want(5, "a new version")
	signed := get(m, "/steckbrief/a", as("planner1")...)
	want(6, "a signed-in reader")
	if !strings.Contains(signed.Body.String(), `action="/abmelden"`) || strings.Contains(get(m, "/steckbrief/a").Body.String(), `action="/abmelden"`) {
		t.Error("pages of staff and of everybody are mixed up")
	}
	want(6, "everybody again")
}

func TestOnlyGoodAnswersAreKept(t *testing.T) {
	m, _, drawn := profiles(one)
	for range 2 {
		if w := get(m, "/steckbrief/fehlt"); w.Code != 404 || w.Header().Get("ETag") != "" {
			t.Errorf("missing: %d %v", w.Code, w.Header())
		}
		if w := get(m, "/steckbrief/um"); w.Code != 303 || w.Header().Get("Location") != "/" || w.Header().Get("ETag") != "" {
			t.Errorf("redirect: %d %v", w.Code, w.Header())
		}
	}
	if drawn.Load() != 4 {
		t.Errorf("drawn %d times", drawn.Load())
	}
}

func TestAPageWantedByManyIsDrawnOnce(t *testing.T) {
	m, _, drawn := profiles(one)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if w := get(m, "/steckbrief/viele", "Accept-Encoding", "gzip"); w.Code != 200 {
				t.Errorf("%d", w.Code)
			}
		})
	}
	wg.Wait()
	if n := drawn.Load(); n != 1 {
		t.Errorf("drawn %d times", n)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	drawn := new(atomic.Int64)
	small := web.New(web.Options{Tenants: one, Cache: 20_000, Log: slog.New(slog.DiscardHandler)})
	small.Handle("GET /steckbrief/{key}", access.ReadPublic, web.Cached(func(*web.Request) (string, error) { return "1", nil }, func(w http.ResponseWriter, r *web.Request) error {
		drawn.Add(1)
		return r.Render(w, web.Page{Title: r.PathValue("key")}, templ.NopComponent)
	}))
	for i := range 100 {
		get(small, fmt.Sprintf("/steckbrief/%d", i))
	}
	before := drawn.Load()
	get(small, "/steckbrief/99")
	if drawn.Load() != before {
		t.Error("the last page has been forgotten")
	}
	get(small, "/steckbrief/0")
	if drawn.Load() != before+1 {
		t.Error("the first page is still there: the cache has no bound")
	}
}

func BenchmarkHotPage(b *testing.B) {
	m, _, _ := profiles(one)
	b.ReportAllocs()
	for b.Loop() {
		if w := get(m, "/steckbrief/a", "Accept-Encoding", "gzip"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

func BenchmarkDrawnPage(b *testing.B) {
	m := newMux(one)
	b.ReportAllocs()
	for b.Loop() {
		if w := get(m, "/raeume", "Accept-Encoding", "gzip"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
