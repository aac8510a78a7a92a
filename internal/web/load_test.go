// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// served runs the mux behind the server of the program, on a real socket.
func served(t *testing.T, o web.Options, routes func(m *web.Mux)) string {
	t.Helper()
	o.Tenants, o.Sessions, o.Log = one, people, slog.New(slog.DiscardHandler)
	m := web.New(o)
	m.Handle("GET /{$}", access.ReadPublic, page("Start"))
	routes(m)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := web.Server("", m)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return l.Addr().String()
}

// raw sends bytes as they are, the last ones one by one after pauses, and gives the status of the answer.
func raw(t *testing.T, addr, head string, then func(c net.Conn)) (status int, body string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	go func() {
		_, _ = io.WriteString(c, head) // the server may answer and close before it has read everything
		if then != nil {
			then(c)
		}
	}()
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer a.Body.Close()
	b, _ := io.ReadAll(a.Body) // the status is what matters
	return a.StatusCode, string(b)
}

// TestRawRequests: cases A07, A08, A09 and A18 of reliability.md as they come over the wire.
func TestRawRequests(t *testing.T) {
	read := atomic.Int64{}
	addr := served(t, web.Options{Load: web.Load{Body: 300 * time.Millisecond}}, func(m *web.Mux) {
		m.Handle("POST /formular", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
			read.Add(int64(len(r.PostForm.Get("a"))))
			return r.Redirect(w, "/")
		})
	})
	const form = "POST /formular HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	t.Run("A07 a gigabyte that is announced", func(t *testing.T) {
		if status, _ := raw(t, addr, form+"Content-Length: 1073741824\r\n\r\n", nil); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d", status)
		}
	})
	t.Run("A07 a gigabyte in pieces", func(t *testing.T) {
		sent := atomic.Int64{}
		status, _ := raw(t, addr, form+"Transfer-Encoding: chunked\r\n\r\n", func(c net.Conn) {
			piece := []byte("10000\r\n" + strings.Repeat("a", 0x10000) + "\r\n")
			for sent.Load() < 1<<30 {
				n, err := c.Write(piece)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		if status != http.StatusRequestEntityTooLarge || sent.Load() > 64<<20 {
			t.Errorf("%d after %d MB", status, sent.Load()>>20)
		}
	})
	t.Run("A08 a packed body", func(t *testing.T) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(make([]byte, 32<<20))
		_ = z.Close()
		if status, _ := raw(t, addr, form+fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", b.Len()), func(c net.Conn) { _, _ = c.Write(b.Bytes()) }); status != http.StatusUnsupportedMediaType {
			t.Errorf("%d", status)
		}
	})
	t.Run("A09 a byte now and then", func(t *testing.T) {
		start := time.Now()
		status, _ := raw(t, addr, form+"Content-Length: 1000\r\n\r\n", func(c net.Conn) {
			for range 1000 {
				if _, err := c.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
		if took := time.Since(start); status != http.StatusRequestTimeout || took > 10*time.Second {
			t.Errorf("%d after %v", status, took)
		}
	})
	t.Run("a body that takes its time but comes", func(t *testing.T) {
		status, _ := raw(t, addr, form+"Content-Length: 4\r\n\r\n", func(c net.Conn) {
			for _, b := range []string{"a", "=", "x", "y"} {
				time.Sleep(20 * time.Millisecond)
				_, _ = io.WriteString(c, b)
			}
		})
		if status != http.StatusSeeOther || read.Load() != 2 {
			t.Errorf("%d, %d bytes read", status, read.Load())
		}
	})
	t.Run("A18 large headers", func(t *testing.T) {
		if status, _ := raw(t, addr, "GET / HTTP/1.1\r\nHost: x\r\nX-A: "+strings.Repeat("a", 2<<20)+"\r\n\r\n", nil); status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("2 MB: %d", status)
		}
		if status, _ := raw(t, addr, "GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: "+strings.Repeat("q;,=-", 1600)+"\r\nConnection: close\r\n\r\n", nil); status != http.StatusOK {
			t.Errorf("8 KB of nonsense in Accept-Language: %d", status)
		}
	})
}

// TestCostlyRequestsWaitTheirTurn: case A16. Of 500 requests for what costs most only a few run at once, the others wait or are asked to come back,
// and pages are answered meanwhile.
func TestCostlyRequestsWaitTheirTurn(t *testing.T) {
	var inside, most atomic.Int64
	hold := make(chan struct{})
	addr := served(t, web.Options{Load: web.Load{AtOnce: 2, Queue: 10, Wait: 200 * time.Millisecond}}, func(m *web.Mux) {
		m.Handle("GET /teuer", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
			n := inside.Add(1)
			defer inside.Add(-1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			<-hold
			return page("Teuer")(w, r)
		}, web.Costly())
	})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, DisableKeepAlives: true}}
	counts := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			a, err := client.Get("http://" + addr + "/teuer")
			if err != nil {
				t.Error(err)
				return
			}
			a.Body.Close()
			if a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			mu.Lock()
			counts[a.StatusCode]++
			mu.Unlock()
		})
	}
	for range 20 {
		a, err := client.Get("http://" + addr + "/")
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusOK {
			t.Errorf("a page meanwhile: %d", a.StatusCode)
		}
	}
	time.AfterFunc(time.Second, func() { close(hold) })
	wg.Wait()
	if most.Load() != 2 || counts[200] < 2 || counts[200]+counts[503] != 500 {
		t.Errorf("%d at once, %v", most.Load(), counts)
	}
}

// TestObservationsHoldNoPersonalData: monitoring learns the registered route and no address, and panics are told apart.
func TestObservationsHoldNoPersonalData(t *testing.T) {
	var mu sync.Mutex
	var got []web.Observation
	m := web.New(web.Options{Tenants: one, Log: slog.New(slog.DiscardHandler), Observe: func(o web.Observation) {
		mu.Lock()
		got = append(got, o)
		mu.Unlock()
	}})
	m.Handle("GET /raeume/{key}", access.ReadPublic, page("Raum"))
	m.Handle("GET /panik", access.ReadPublic, func(http.ResponseWriter, *web.Request) error { panic("x") })
	get(m, "/raeume/geheim?name=mustermann")
	get(m, "/panik")
	get(m, "/nirgends/mustermann")
	want := []web.Observation{{Route: "GET /raeume/{key}", Method: "GET", Status: 200}, {Route: "GET /panik", Method: "GET", Status: 500, Panicked: true}, {Method: "GET", Status: 404}}
	for i := range got {
		got[i].Took = 0
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestPagesStayQuickWhenEverythingChanges: when the version of all pages changes at once, as many are drawn at the same time as there are processors;
// readers of the others get the page before for a moment, with its own ETag, and then the new one.
func TestPagesStayQuickWhenEverythingChanges(t *testing.T) {
	var version atomic.Int64
	var drawing, most atomic.Int64
	hold := make(chan struct{})
	blocked := atomic.Bool{}
	m := web.New(web.Options{Tenants: one, Log: slog.New(slog.DiscardHandler)})
	stamp := func(*web.Request) (string, error) { return fmt.Sprint(version.Load()), nil }
	m.Handle("GET /seite/{n}", access.ReadPublic, web.Cached(stamp, func(w http.ResponseWriter, r *web.Request) error {
		n := drawing.Add(1)
		defer drawing.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if blocked.Load() {
			<-hold
		}
		return page(fmt.Sprintf("Stand%d", version.Load()))(w, r)
	}))
	const pages = 40
	old := get(m, "/seite/0").Header().Get("ETag")
	for n := range pages {
		if w := get(m, fmt.Sprintf("/seite/%d", n)); !strings.Contains(w.Body.String(), "Stand0") {
			t.Fatal("the first version is not shown")
		}
	}
	blocked.Store(true)
	version.Store(1)
	var wg sync.WaitGroup
	for n := range runtime.GOMAXPROCS(0) { // these draw and take their time
		wg.Go(func() { get(m, fmt.Sprintf("/seite/%d", pages-1-n)) })
	}
	for start := time.Now(); drawing.Load() < int64(runtime.GOMAXPROCS(0)) && time.Since(start) < time.Minute; time.Sleep(time.Millisecond) {
	}
	w := get(m, "/seite/0")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Stand0") || w.Header().Get("ETag") != old {
		t.Errorf("a reader of another page had to wait, or got the wrong ETag: %d %s", w.Code, w.Header().Get("ETag"))
	}
	close(hold)
	wg.Wait()
	for n := range pages {
		if w := get(m, fmt.Sprintf("/seite/%d", n)); !strings.Contains(w.Body.String(), "Stand1") || w.Header().Get("ETag") == old {
			t.Errorf("page %d is still the one before", n)
		}
	}
	if got := most.Load(); got > int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%d pages were drawn at once", got)
	}
}
