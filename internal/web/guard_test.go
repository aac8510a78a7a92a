// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// open is a form that anybody may send; taken counts what went through.
func openForm(taken *atomic.Int64) *web.Mux {
	m := web.New(web.Options{Tenants: two, Log: slog.New(slog.DiscardHandler)})
	draw := func(f *web.Form) templ.Component {
		return templ.Join(web.FormErrors(f), web.Field(f, web.Input{Name: "text", Label: "Text"}), web.GuardFields(f))
	}
	m.Handle("GET /melden", access.AnonymousWrite, func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: "Melden"}, draw(web.BlankForm(r)))
	})
	m.Handle("POST /melden", access.AnonymousWrite, func(w http.ResponseWriter, r *web.Request) error {
		f := web.NewForm(r)
		if err := r.Guarded(f); f.Fail(err) {
			return r.Invalid(w, web.Page{Title: "Melden"}, draw(f))
		} else if err != nil {
			return err
		}
		taken.Add(1)
		return r.Redirect(w, "/melden")
	})
	return m
}

var tokenField = regexp.MustCompile(`name="pruefung" value="([^"]+)"`)

func token(t *testing.T, page string) string {
	t.Helper()
	m := tokenField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no token in the form: %s", page)
	}
	return m[1]
}

// solve does what the reader's device does.
func solve(token string) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d", token, n))
		if bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= 16 {
			return strconv.Itoa(n)
		}
	}
}

func send(m *web.Mux, path string, v url.Values) *httptest.ResponseRecorder {
	return do(m, http.MethodPost, path, strings.NewReader(v.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

func TestAnOpenFormTakesPeopleAndKeepsProgramsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		m := openForm(&taken)
		fill := func(tok, work string) url.Values {
			return url.Values{"text": {"Die Rampe fehlt"}, "pruefung": {tok}, "rechnung": {work}, "webseite2": {""}}
		}
		refused := func(name string, v url.Values, sentence string) string {
			t.Helper()
			w := send(m, "/melden", v)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), sentence) || taken.Load() != 0 {
				t.Fatalf("%s: %d, taken %d\n%s", name, w.Code, taken.Load(), w.Body)
			}
			if !strings.Contains(w.Body.String(), "Die Rampe fehlt") {
				t.Errorf("%s: what was typed is lost", name)
			}
			return w.Body.String()
		}
		tok := token(t, get(m, "/melden").Body.String())
		work := solve(tok)
		refused("no token", fill("", ""), "lag zu lange")
		refused("forged token", fill("0011223344556677.abc."+strings.Repeat("0", 64), work), "lag zu lange")
		refused("at once, with the sum", fill(tok, work), "sehr schnell")
		page := refused("at once, without the sum", fill(tok, ""), "in 12 Sekunden")
		if token(t, page) != tok {
			t.Error("the pause begins anew with each try")
		}
		honey := fill(tok, work)
		honey.Set("webseite2", "https://spam.example")
		time.Sleep(5 * time.Second)
		refused("the field for programs is filled", honey, "leer bleiben")
		refused("a wrong sum", fill(tok, "1"), "in 7 Sekunden")
		other := token(t, get(m, "/t/zinn/melden").Body.String())
		time.Sleep(15 * time.Second)
		refused("another town's token", fill(other, solve(other)), "lag zu lange")

		if w := send(m, "/melden", fill(tok, work)); w.Code != http.StatusSeeOther || taken.Load() != 1 {
			t.Fatalf("a person: %d %d", w.Code, taken.Load())
		}
		taken.Store(0)
		refused("the same form again", fill(tok, work), "lag zu lange")

		late := token(t, get(m, "/melden").Body.String())
		time.Sleep(3 * time.Hour)
		page = refused("three hours later", fill(late, solve(late)), "lag zu lange")
		fresh := token(t, page)
		time.Sleep(3 * time.Second)
		if w := send(m, "/melden", fill(fresh, solve(fresh))); w.Code != http.StatusSeeOther {
			t.Errorf("sent again: %d", w.Code)
		}
	})
}

func TestWithoutScriptPatienceIsEnoughButNotForHundreds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		m := openForm(&taken)
		tokens := make([]string, 60)
		for i := range tokens {
			tokens[i] = token(t, get(m, "/melden").Body.String())
		}
		time.Sleep(13 * time.Second)
		for _, tok := range tokens {
			send(m, "/melden", url.Values{"pruefung": {tok}})
		}
		if n := taken.Load(); n != 10 {
			t.Errorf("%d of 60 forms without the sum went through at once", n)
		}
	})
}

func TestOneTokenIsGoodOnceHoweverOftenItIsSentAtOnce(t *testing.T) {
	var taken atomic.Int64
	m := openForm(&taken)
	tok := token(t, get(m, "/melden").Body.String())
	v := url.Values{"pruefung": {tok}, "rechnung": {solve(tok)}}
	time.Sleep(2100 * time.Millisecond) // parallel requests do not run in a bubble of synctest
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { send(m, "/melden", v) })
	}
	wg.Wait()
	if n := taken.Load(); n != 1 {
		t.Errorf("%d times", n)
	}
}

func TestTooManyWritesOfOneReaderWaitAndHoldUpNobodyElse(t *testing.T) {
	m := web.New(web.Options{
		Tenants: one, Sessions: people, Log: slog.New(slog.DiscardHandler), Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Limits: web.Limits{Write: web.Rate{PerMinute: 60, Burst: 5}, Read: web.Rate{PerMinute: 600, Burst: 20}},
	})
	m.Handle("GET /melden", access.ReadPublic, page("Melden"))
	m.Handle("POST /melden", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error { return r.Redirect(w, "/melden") })
	m.Handle("POST /eng", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error { return r.Redirect(w, "/melden") },
		web.Limit(web.Rate{PerMinute: 1, Burst: 1}))
	ask := func(method, path, from, forwarded string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.RemoteAddr = from
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		return w
	}
	through := func(n int, method, path, from, forwarded string, headers ...string) (passed int, last *httptest.ResponseRecorder) {
		for range n {
			if last = ask(method, path, from, forwarded, headers...); last.Code < 400 {
				passed++
			}
		}
		return passed, last
	}
	n, w := through(8, "POST", "/melden", "198.51.100.1:1", "")
	if n != 5 || w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "zu viele Aufrufe") {
		t.Errorf("one address: %d passed, %d %q", n, w.Code, w.Header().Get("Retry-After"))
	}
	cases := []struct {
		name, method, path, from, forwarded string
		headers                             []string
		want                                int
	}{
		{"another address", "POST", "/melden", "198.51.100.2:1", "", nil, 5},
		{"the same line, another IPv6 address", "POST", "/melden", "[2001:db8::1]:1", "", nil, 5},
		{"the same /64", "POST", "/melden", "[2001:db8::2]:1", "", nil, 0},
		{"behind the trusted proxy", "POST", "/melden", "127.0.0.1:1", "203.0.113.9", nil, 5},
		{"behind the proxy, another reader who claims to be the first", "POST", "/melden", "127.0.0.1:1", "198.51.100.1, 203.0.113.10", nil, 5},
		{"a stranger who claims to be forwarded", "POST", "/melden", "198.51.100.1:2", "203.0.113.11", nil, 0},
		{"somebody signed in, from the full address", "POST", "/melden", "198.51.100.1:3", "", as("planner1"), 5},
		{"the machine itself", "POST", "/melden", "127.0.0.1:1", "", nil, 8},
		{"reading from the full address", "GET", "/melden", "198.51.100.1:1", "", nil, 8},
		{"a route of its own rate", "POST", "/eng", "198.51.100.1:1", "", nil, 1},
	}
	for _, c := range cases {
		if n, _ := through(8, c.method, c.path, c.from, c.forwarded, c.headers...); n != c.want {
			t.Errorf("%s: %d of 8 passed, want %d", c.name, n, c.want)
		}
	}
	if n, _ := through(40, "GET", "/melden", "198.51.100.7:1", ""); n < 20 || n > 25 {
		t.Errorf("reading: %d of 40 passed", n)
	}
}

func TestPackedBodiesAreRefused(t *testing.T) {
	m := newMux(one)
	w := do(m, http.MethodPost, "/arbeit/figures", strings.NewReader("\x1f\x8b"), append(as("planner1"), "Content-Encoding", "gzip")...)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("%d", w.Code)
	}
}

func TestBrowsersMayReportWhatThePolicyKeptOutAndNothingElseIsWrittenDown(t *testing.T) {
	var log strings.Builder
	m := web.New(web.Options{Tenants: one, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, body := range []string{
		`{"csp-report":{"effective-directive":"script-src-elem","blocked-uri":"https://evil.example/steal?who=canary","document-uri":"https://stadt.example/konto?mail=canary"}}`,
		`{"csp-report":{"violated-directive":"style-src 'self'","blocked-uri":"inline"}}`,
		`{"csp-report":{"effective-directive":"a\nfake=canary","blocked-uri":"canary line\n"}}`,
		`no JSON canary`, strings.Repeat("canary", 10000),
	} {
		if w := do(m, http.MethodPost, "/csp", strings.NewReader(body), "Content-Type", "application/csp-report"); w.Code != http.StatusNoContent {
			t.Errorf("%d", w.Code)
		}
	}
	got := log.String()
	if !strings.Contains(got, "rule=script-src-elem source=https://evil.example") || !strings.Contains(got, "rule=style-src source=inline") || strings.Contains(got, "canary") {
		t.Errorf("%s", got)
	}
	for range 200 {
		do(m, http.MethodPost, "/csp", strings.NewReader(`{"csp-report":{"blocked-uri":"inline"}}`))
	}
	if n := strings.Count(log.String(), "content policy"); n > 20 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(get(m, "/").Header().Get("Content-Security-Policy"), "report-uri /csp") {
		t.Error("browsers are not told where to report")
	}
}
