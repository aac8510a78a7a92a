// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// FuzzAddress asks for whatever somebody may type behind the host name: the answer is a page or a refusal, never a fault of the program, and
// never leads to another host.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"/", "//evil.example/", "/t/zinn//raeume", "/t/zinn/%2e%2e/", "/%00", "/x;y", "/t/%74/", "/en/../raeume", "/raeume/?meldung=notice.%ff",
		"/\u2025/", "/t//x", "/%252e%252e/", "/raeume?sprache=leicht&sprache=x", "/static/../../etc/passwd", "/t/zinn/en/de/raeume", "/.git/config", "/raeume/%E2%80%AE/x",
	} {
		f.Add(seed)
	}
	m := web.New(web.Options{Tenants: two, Log: slog.New(slog.DiscardHandler)})
	m.Handle("GET /{$}", access.ReadPublic, page("Start"))
	m.Handle("GET /raeume/{level}/{key}", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		_, err := io.WriteString(w, r.Link("/raeume/"+url.PathEscape(r.PathValue("level"))+"/"+url.PathEscape(r.PathValue("key"))))
		return err
	})
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.ParseRequestURI(address)
		if err != nil || u.Host != "" && !strings.HasPrefix(address, "/") {
			return // the server of net/http refuses it before us
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL, r.RequestURI = u, address
		r.URL.Host, r.URL.Scheme = "", ""
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q: %d", address, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" {
			next, err := url.Parse(to)
			if err != nil || next.Host != "" || next.Scheme != "" || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
				t.Errorf("%q leads to %q", address, to)
			}
		}
	})
}

// FuzzSafeReturn: where a sign-in leads to is a path of the own site, as browsers read addresses (WHATWG URL: backslashes are slashes, tabs and
// line ends are dropped).
func FuzzSafeReturn(f *testing.F) {
	for _, seed := range []string{"/arbeit", "//evil.example", `/\evil.example`, "https:evil.example", "/\t/evil.example", "/%09/evil.example", "/arbeit?x=//a", "javascript:alert(1)", "/a/../b", "/@evil.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := web.SafeReturn(s)
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		u, err := url.Parse(got)
		if err != nil || !strings.HasPrefix(read, "/") || strings.HasPrefix(read, "//") || u.Host != "" || u.Scheme != "" || got != read {
			t.Errorf("%q leads to %q", s, got)
		}
		if web.SafeReturn(got) != got {
			t.Errorf("%q becomes %q becomes %q", s, got, web.SafeReturn(got))
		}
	})
}
