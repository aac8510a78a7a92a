// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// towns is a fixed list of tenants.
type towns []web.Tenant

func (t towns) Tenants(context.Context) ([]web.Tenant, error) { return t, nil }

var (
	one = towns{{ID: "t1", Key: "default", Name: kernel.T("Kupferstadt", "Copper Town"), Fictional: true}}
	two = towns{{ID: "t1", Key: "default", Name: kernel.T("Kupferstadt", "")}, {ID: "t2", Key: "zinn", Name: kernel.T("Zinnstadt", ""), Hosts: []string{"atlas.zinn.example"}}}
)

// sessions takes the actor from a cookie, as a stand-in for signing in.
type sessions map[string]access.Actor

func (s sessions) Load(_ web.Tenant, next http.Handler) http.Handler { return next }
func (s sessions) Actor(r *http.Request, t web.Tenant) (access.Actor, error) {
	c, err := r.Cookie("who")
	if err != nil {
		return access.Anonymous(t.ID), nil
	}
	a, ok := s[c.Value]
	if !ok {
		return access.Anonymous(t.ID), nil
	}
	return a, nil
}

var people = sessions{
	"planner1": {Tenant: "t1", Person: "p1", Name: "Sozialplanung", Roles: []access.Role{access.Planner}},
	"admin1":   {Tenant: "t1", Person: "a1", Name: "Administration", Roles: []access.Role{access.Admin}},
	"planner2": {Tenant: "t2", Person: "p2", Name: "Zinnplanung", Roles: []access.Role{access.Planner}},
}

func newMux(list towns) *web.Mux {
	m := web.New(web.Options{
		Tenants: list, Sessions: people, Log: slog.New(slog.DiscardHandler),
		SignIn: func(r *web.Request, back string) templ.Component {
			return templ.Raw(`<form id="signin" action="` + r.Link("/anmelden") + `"><input type="hidden" name="weiter" value="` + templ.EscapeString(back) + `"></form>`)
		},
	})
	m.Handle("GET /{$}", access.ReadPublic, page("Start"))
	m.Handle("GET /raeume", access.ReadPublic, page("Räume"))
	m.Handle("GET /raeume/{level}/{key}", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: r.PathValue("level") + " " + r.PathValue("key") + " " + r.Tenant.Key + " " + r.Lang}, templ.NopComponent)
	})
	m.Handle("GET /arbeit", access.Work, page("Arbeit"))
	m.Handle("GET /arbeit/figures", access.ReadInternal, page("Figuren"))
	m.Handle("POST /arbeit/figures", access.ImportData, func(w http.ResponseWriter, r *web.Request) error {
		return r.Done(w, "/arbeit", "notice.account.enabled")
	})
	return m
}

func page(title string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: title}, templ.Raw(`<p>`+strings.Repeat(title+" ", 400)+`</p>`))
	}
}

// get asks the mux; headers are alternating names and values.
func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	return do(h, http.MethodGet, path, nil, headers...)
}

func do(h http.Handler, method, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func as(who string) []string { return []string{"Cookie", "who=" + who} }

func TestARouteNeedsAnActionOfThePermissionTable(t *testing.T) {
	for _, do := range []access.Action{"", "invented.action"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("route registered with action %q", do)
				}
			}()
			newMux(one).Handle("GET /neu", do, page("x"))
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("route registered without a method")
		}
	}()
	newMux(one).Handle("/neu", access.ReadPublic, page("x"))
}

// Every route times every kind of reader, generated from the router (reliability.md T1 to T3).
func TestRoutesAnswerByThePermissionTable(t *testing.T) {
	m := newMux(two)
	readers := map[string]access.Actor{"": access.Anonymous("t1"), "planner1": people["planner1"], "admin1": people["admin1"], "planner2": access.Anonymous("t1")}
	for _, route := range m.Routes() {
		if route.System {
			continue
		}
		path := strings.NewReplacer("{$}", "", "{level}", "plr", "{key}", "01").Replace(route.Path)
		for who, a := range readers {
			var headers []string
			if who != "" {
				headers = as(who)
			}
			got := do(m, route.Method, path, nil, headers...)
			want := access.CheckTenant(a, route.Action)
			switch {
			case want == nil && got.Code >= 400:
				t.Errorf("%s as %q: %d, allowed", route.Pattern, who, got.Code)
			case kernel.KindOf(want) == kernel.Unauthenticated && want != nil && got.Code != 401:
				t.Errorf("%s as %q: %d, want 401", route.Pattern, who, got.Code)
			case kernel.KindOf(want) == kernel.Denied && got.Code != 403:
				t.Errorf("%s as %q: %d, want 403", route.Pattern, who, got.Code)
			}
		}
	}
}

func TestASessionOfOneTownIsNothingInAnother(t *testing.T) {
	m := newMux(two)
	if w := get(m, "/t/zinn/arbeit", as("planner2")...); w.Code != 200 {
		t.Errorf("own town: %d", w.Code)
	}
	if w := get(m, "/arbeit", as("planner2")...); w.Code != 401 || strings.Contains(w.Body.String(), "Zinnplanung") {
		t.Errorf("other town: %d", w.Code)
	}
}

func TestTownsAreFoundByPrefixHostOrBeingTheHome(t *testing.T) {
	m := newMux(two)
	for _, c := range []struct {
		path, host string
		code       int
		want       string
	}{
		{"/raeume/plr/01", "", 200, "plr 01 default de"},
		{"/t/zinn/raeume/plr/01", "", 200, "plr 01 zinn de"},
		{"/t/zinn/en/raeume/plr/01", "", 200, "plr 01 zinn en"},
		{"/raeume/plr/01", "atlas.zinn.example:8443", 200, "plr 01 zinn de"},
		{"/t/default/raeume/plr/01?a=b", "", 308, "/raeume/plr/01?a=b"},
		{"/t/nickel/raeume/plr/01", "", 404, "Seite nicht gefunden"},
		{"/t/", "", 404, "Seite nicht gefunden"},
		{"/t", "", 404, "Seite nicht gefunden"},
	} {
		headers := []string{}
		if c.host != "" {
			headers = append(headers, "Host", c.host)
		}
		w := get(m, c.path, headers...)
		if w.Code != c.code || !strings.Contains(w.Body.String()+w.Header().Get("Location"), c.want) {
			t.Errorf("%s %s: %d %s, want %d %s", c.host, c.path, w.Code, w.Header().Get("Location"), c.code, c.want)
		}
	}
}

func TestForeignHostNamesAreRefusedWhereOursAreNamed(t *testing.T) {
	m := web.New(web.Options{Tenants: two, Hosts: []string{"sozialatlas.example"}, Log: slog.New(slog.DiscardHandler)})
	m.Handle("GET /{$}", access.ReadPublic, page("Start"))
	for host, want := range map[string]int{"sozialatlas.example": 200, "SOZIALATLAS.example:443": 200, "atlas.zinn.example": 200, "evil.example": 421} {
		w := get(m, "/", "Host", host)
		if w.Code != want || strings.Contains(w.Body.String(), "evil") {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestSeveralTownsWithoutAHomeAreListed(t *testing.T) {
	m := newMux(towns{{ID: "1", Key: "zinn", Name: kernel.T("Zinnstadt", "")}, {ID: "2", Key: "blei", Name: kernel.T("Bleistadt", "")}})
	w := get(m, "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `href="/t/blei"`) || !strings.Contains(w.Body.String(), "Zinnstadt") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(m, "/raeume"); w.Code != 404 {
		t.Errorf("a page of no town: %d", w.Code)
	}
	if w := get(newMux(towns{}), "/"); w.Code != 404 {
		t.Errorf("no town at all: %d", w.Code)
	}
}

func TestTheOnlyTownHasTheAddressesWhateverItsKey(t *testing.T) {
	m := newMux(towns{{ID: "1", Key: "zinn", Name: kernel.T("Zinnstadt", "")}})
	if w := get(m, "/raeume"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
}

func TestLanguageIsInTheAddress(t *testing.T) {
	m := newMux(one)
	w := get(m, "/en/raeume")
	body := w.Body.String()
	for _, want := range []string{`<html lang="en">`, `href="/raeume" lang="de"`, `Copper Town</title>`, `href="/en"`} {
		if !strings.Contains(body, want) {
			t.Errorf("English page lacks %s", want)
		}
	}
	if w := get(m, "/de/raeume"); w.Code != 308 || w.Header().Get("Location") != "/raeume" {
		t.Errorf("/de: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := get(m, "/fr/raeume"); w.Code != 404 {
		t.Errorf("/fr: %d", w.Code)
	}
	german := towns{{ID: "1", Key: "a", Name: kernel.T("A", ""), Languages: []string{"de"}}}
	if w := get(newMux(german), "/en/raeume"); w.Code != 404 {
		t.Errorf("a language the town does not offer: %d", w.Code)
	}
}

func TestLeichteSpracheIsKeptFromPageToPageAndNamed(t *testing.T) {
	body := get(newMux(one), "/raeume?sprache=leicht").Body.String()
	if !strings.Contains(body, `href="/?sprache=leicht"`) {
		t.Error("links forget the register")
	}
	if !strings.Contains(body, "noch nicht in Leichter Sprache") {
		t.Error("the fallback is silent")
	}
}

func TestAddressesHaveOneSpelling(t *testing.T) {
	m := newMux(one)
	for path, want := range map[string]int{
		"/raeume": 200, "/raeume/": 308, "//raeume": 404, "/raeume//": 404, "/./raeume": 404, "/x/../raeume": 404, "/raeume;a=b": 404, "/raeume%00": 404,
		"/raeume%0a": 404, "/%2e%2e/raeume": 404, "/raeume%5c": 404, "/raeume/%2e%2e/plr": 404, "/raeume/plr/%ff": 404, "/raeume/plr/K%C3%B6ln": 200,
		"/raeume/plr/08%2F15": 200, "/Raeume": 404, "/static/../raeume": 404, "/static/%2e%2e/web.go": 404, "/en/": 308, "/en": 200,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		r.URL = u
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d (%s)", path, w.Code, want, w.Header().Get("Location"))
		}
	}
	if w := do(m, "POST", "/raeume/", nil); w.Code != 404 {
		t.Errorf("a write is not carried over: %d", w.Code)
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	m := newMux(one)
	for _, path := range []string{"/", "/nix", "/arbeit", "/robots.txt", "/favicon.ico", "//", "/static/x/nix.css"} {
		h := get(m, path).Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		csp := h.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS without TLS", path)
		}
		if ct := h.Get("Content-Type"); strings.HasPrefix(ct, "text/") && !strings.Contains(ct, "utf-8") {
			t.Errorf("%s: %s without charset", path, ct)
		}
	}
	tls := web.New(web.Options{Tenants: one, TLS: true, Log: slog.New(slog.DiscardHandler)})
	if h := get(tls, "/").Header().Get("Strict-Transport-Security"); !strings.Contains(h, "max-age=63072000") {
		t.Errorf("HSTS behind TLS: %q", h)
	}
}

func TestReadingSetsNoCookie(t *testing.T) {
	m := newMux(one)
	for _, path := range []string{"/", "/raeume", "/nix", "/arbeit"} {
		if c := get(m, path).Header().Values("Set-Cookie"); len(c) > 0 {
			t.Errorf("%s sets %v", path, c)
		}
	}
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	m := newMux(one)
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		if w := do(m, "POST", "/arbeit/figures", nil, append(headers, as("planner1")...)...); w.Code != 403 || !strings.Contains(w.Body.String(), "anderen Website") {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://example.com"}, {}} {
		if w := do(m, "POST", "/arbeit/figures", nil, append(headers, as("planner1")...)...); w.Code != 303 {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
}

func TestMethodsAreNeitherGuessedNorOverridden(t *testing.T) {
	m := newMux(one)
	w := do(m, "POST", "/raeume", strings.NewReader("_method=GET"), "Content-Type", "application/x-www-form-urlencoded", "X-HTTP-Method-Override", "GET")
	if w.Code != 405 || !strings.Contains(w.Header().Get("Allow"), "GET") || !strings.Contains(w.Body.String(), "<!doctype html>") {
		t.Errorf("%d allow %q", w.Code, w.Header().Get("Allow"))
	}
	for _, method := range []string{"TRACE", "PROPFIND", "CONNECT"} {
		if w := do(m, method, "/raeume", nil); w.Code < 400 {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestErrorsBecomePagesAPersonCanActOn(t *testing.T) {
	var logged bytes.Buffer
	m := web.New(web.Options{Tenants: one, Sessions: people, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	secret := errors.New("sqlite: secret detail")
	for i, c := range []struct {
		err  error
		code int
		want string
	}{
		{kernel.E(kernel.NotFound, "access.notfound"), 404, "Seite nicht gefunden"},
		{kernel.E(kernel.Denied, "access.denied"), 403, "keine Berechtigung"},
		{kernel.E(kernel.Conflict, "access.locked"), 409, "abgeschlossen"},
		{kernel.E(kernel.Invalid, "date.form", "value", "<b>31.02.</b>"), 422, "„&lt;b&gt;31.02.&lt;/b&gt;“ ist kein Datum"},
		{kernel.E(kernel.Unavailable, "db.busy"), 503, "halben Minute"},
		{kernel.E(kernel.Unavailable, web.StorageFull), 507, "Speicherplatz"},
		{fmt.Errorf("blob: %w", syscall.ENOSPC), 507, "Speicherplatz"},
		{&http.MaxBytesError{Limit: 1}, 413, "zu groß"},
		{context.DeadlineExceeded, 503, "zu lange gedauert"},
		{fmt.Errorf("rows: %w", secret), 500, "Kennung"},
		{&kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Findings: []kernel.Finding{{Code: "x", Outcome: kernel.RefuseRow, Row: 7, Text: "bad <i>row</i>"}}}, 422, "Zeile 7"},
	} {
		m.Handle(fmt.Sprintf("GET /fehler/%d", i), access.ReadPublic, func(http.ResponseWriter, *web.Request) error { return c.err })
		w := get(m, fmt.Sprintf("/fehler/%d", i))
		body := w.Body.String()
		if w.Code != c.code || !strings.Contains(body, c.want) || !strings.Contains(body, "<h1>") {
			t.Errorf("%v: %d, want %d with %q", c.err, w.Code, c.code, c.want)
		}
		if strings.Contains(body, "secret") || strings.Contains(body, "<i>") || strings.Contains(body, "sqlite") {
			t.Errorf("%v: shows what is inside", c.err)
		}
		if (c.code == 503 || c.code == 507) && w.Header().Get("Retry-After") == "" {
			t.Errorf("%v: without Retry-After", c.err)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v: may be kept", c.err)
		}
	}
	if !strings.Contains(logged.String(), "secret detail") {
		t.Error("the operator finds nothing in the log")
	}
	w := get(m, "/fehler/3", "Accept", "application/json")
	if w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"status":422`) {
		t.Errorf("for a script: %s %s", w.Header().Get("Content-Type"), w.Body)
	}
}

func TestAPanicIsAPageAndHalfAPageIsNone(t *testing.T) {
	m := newMux(one)
	m.Handle("GET /panik", access.ReadPublic, func(http.ResponseWriter, *web.Request) error { panic("private detail") })
	m.Handle("GET /halb", access.ReadPublic, func(w http.ResponseWriter, _ *web.Request) error {
		fmt.Fprint(w, "half")
		return errors.New("later")
	})
	m.Handle("GET /zeichnen", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: "X"}, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			fmt.Fprint(w, "started")
			return errors.New("component failed")
		}))
	})
	if w := get(m, "/panik"); w.Code != 500 || strings.Contains(w.Body.String(), "private detail") || !strings.Contains(w.Body.String(), "Fehler im Programm") {
		t.Errorf("panic: %d %s", w.Code, w.Body)
	}
	if w := get(m, "/zeichnen"); w.Code != 500 || strings.Contains(w.Body.String(), "started") {
		t.Errorf("failing component: %d", w.Code)
	}
	s := httptest.NewServer(m)
	defer s.Close()
	resp, err := s.Client().Get(s.URL + "/halb")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("half an answer arrives as a whole one")
	}
}

func TestAnonymousReadersSignInAndComeBack(t *testing.T) {
	w := get(newMux(two), "/t/zinn/en/arbeit/figures?a=b&c=%22x")
	body := w.Body.String()
	if w.Code != 401 || !strings.Contains(body, `action="/t/zinn/en/anmelden"`) || !strings.Contains(body, `value="/arbeit/figures?a=b&amp;c=%22x"`) {
		t.Errorf("%d %s", w.Code, body)
	}
	w = do(newMux(one), "POST", "/arbeit/figures", nil)
	if w.Code != 401 || !strings.Contains(w.Body.String(), `value="/arbeit"`) {
		t.Errorf("after a form: %d", w.Code)
	}
}

func TestTheWayBackStaysInTheTown(t *testing.T) {
	for in, want := range map[string]string{
		"/arbeit/daten?x=1":      "/arbeit/daten?x=1",
		"/raeume/plr/K%C3%B6ln":  "/raeume/plr/K%C3%B6ln",
		"":                       "/arbeit",
		"https://evil.example/":  "/arbeit",
		"//evil.example/":        "/arbeit",
		"/\\evil.example":        "/arbeit",
		"/\tevil":                "/arbeit",
		"/%09/evil.example":      "/arbeit",
		"/%5cevil.example":       "/arbeit",
		"/%2Fevil.example":       "/arbeit",
		"javascript:alert(1)":    "/arbeit",
		"https:evil.example":     "/arbeit",
		"/x/../../evil":          "/arbeit",
		"/ok\r\nSet-Cookie: a=b": "/arbeit",
	} {
		if got := web.SafeReturn(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestStaffPagesAreNeverKept(t *testing.T) {
	m := newMux(one)
	if cc := get(m, "/arbeit", as("planner1")...).Header().Get("Cache-Control"); cc != "no-store" {
		t.Errorf("staff page: %q", cc)
	}
	w := get(m, "/raeume")
	if cc := w.Header().Get("Cache-Control"); cc != "no-cache" || w.Header().Get("ETag") == "" || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Cookie") {
		t.Errorf("public page: %v", w.Header())
	}
	if again := get(m, "/raeume", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 || again.Body.Len() > 0 {
		t.Errorf("unchanged: %d with %d bytes", again.Code, again.Body.Len())
	}
	if again := get(m, "/raeume", append(as("planner1"), "If-None-Match", w.Header().Get("ETag"))...); again.Code != 200 {
		t.Errorf("a page with a name in it: %d", again.Code)
	}
}

func TestBodiesAreLimited(t *testing.T) {
	m := newMux(one)
	got := ""
	h := func(w http.ResponseWriter, r *web.Request) error {
		f := web.NewForm(r)
		got = f.Value("a")
		return r.Redirect(w, "/")
	}
	m.Handle("POST /klein", access.ReadPublic, h)
	m.Handle("POST /gross", access.ReadPublic, h, web.MaxBody(4<<20))
	form := func(n int) io.Reader { return strings.NewReader("a=" + strings.Repeat("x", n)) }
	const kind = "application/x-www-form-urlencoded"
	if w := do(m, "POST", "/klein", form(2<<20), "Content-Type", kind); w.Code != 413 {
		t.Errorf("2 MiB: %d", w.Code)
	}
	if w := do(m, "POST", "/gross", form(2<<20), "Content-Type", kind); w.Code != 303 || len(got) != 2<<20 {
		t.Errorf("2 MiB where allowed: %d, %d bytes", w.Code, len(got))
	}
	var body bytes.Buffer
	mp := multipart.NewWriter(&body)
	part, _ := mp.CreateFormFile("datei", "x.csv")
	_, _ = part.Write(bytes.Repeat([]byte("1;2\n"), 1<<20))
	mp.Close()
	if w := do(m, "POST", "/klein", &body, "Content-Type", mp.FormDataContentType()); w.Code != 413 {
		t.Errorf("4 MiB file: %d", w.Code)
	}
	if w := do(m, "POST", "/klein", strings.NewReader("--x\r\nbroken"), "Content-Type", "multipart/form-data; boundary=x"); w.Code != 422 {
		t.Errorf("broken form: %d", w.Code)
	}
}

func TestHandlersRunOutOfTime(t *testing.T) {
	m := newMux(one)
	m.Handle("GET /lang", access.ReadPublic, func(_ http.ResponseWriter, r *web.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}, web.Timeout(time.Millisecond))
	if w := get(m, "/lang"); w.Code != 503 || !strings.Contains(w.Body.String(), "<h1>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAnswersArePackedForWhoCanUnpack(t *testing.T) {
	m := newMux(one)
	plain := get(m, "/raeume").Body.String()
	w := get(m, "/raeume", "Accept-Encoding", "br, gzip;q=0.8")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Content-Length") != "" {
		t.Fatalf("headers %v", w.Header())
	}
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(zr)
	if err != nil || string(unpacked) != plain {
		t.Errorf("packed page differs: %v", err)
	}
	if w := get(m, "/raeume", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("packed although forbidden")
	}
	if w := do(m, "HEAD", "/raeume", nil, "Accept-Encoding", "gzip"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestTheLogHoldsNothingPersonal(t *testing.T) {
	var logged bytes.Buffer
	m := web.New(web.Options{Tenants: one, Sessions: people, Log: slog.New(slog.NewJSONHandler(&logged, nil))})
	m.Handle("GET /befragung/{code}", access.ReadPublic, page("x"))
	get(m, "/befragung/GEHEIMCODE?name=Erika", "X-Forwarded-For", "203.0.113.7", "User-Agent", "Agentin", "Cookie", "who=planner1")
	get(m, "/nix/GEHEIMCODE?name=Erika")
	for _, canary := range []string{"GEHEIMCODE", "Erika", "203.0.113.7", "192.0.2.1", "Agentin", "planner1", "Sozialplanung"} {
		if strings.Contains(logged.String(), canary) {
			t.Errorf("the log holds %s: %s", canary, logged.String())
		}
	}
	if !strings.Contains(logged.String(), `"route":"GET /befragung/{code}"`) || !strings.Contains(logged.String(), `"status":404`) {
		t.Errorf("log: %s", logged.String())
	}
}

func TestTheFictionalTownSaysSo(t *testing.T) {
	for _, path := range []string{"/", "/en", "/nix", "/arbeit"} {
		if b := get(newMux(one), path).Body.String(); !strings.Contains(b, "kf-fiction") {
			t.Errorf("%s does not", path)
		}
	}
	if b := get(newMux(two), "/").Body.String(); strings.Contains(b, "kf-fiction") {
		t.Error("a real town does")
	}
}

func TestSuccessMessagesAreOursOnly(t *testing.T) {
	m := newMux(one)
	w := do(m, "POST", "/arbeit/figures", nil, as("planner1")...)
	next := w.Header().Get("Location")
	if b := get(m, next, as("planner1")...).Body.String(); !strings.Contains(b, "Das Konto ist freigegeben.") {
		t.Errorf("no message at %s", next)
	}
	for _, forged := range []string{"Sie+haben+gewonnen", "access.denied", "notice.nothing", "%3Cscript%3E"} {
		if b := get(m, "/?meldung="+forged).Body.String(); strings.Contains(b, "kern-alert") || strings.Contains(b, "gewonnen") {
			t.Errorf("a foreign link says %s", forged)
		}
	}
}

func TestTheClientIsTheLastHopWeDoNotTrust(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.7:4711", "198.51.100.1", "203.0.113.7"},
		{"10.0.0.1:80", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:80", "spoofed, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:80", "", "10.0.0.1"},
		{"[2001:db8:1:2:3:4:5:6]:80", "", "2001:db8:1:2::/64"},
		{"pipe", "", "unknown"},
	} {
		m := web.New(web.Options{Tenants: one, Log: slog.New(slog.DiscardHandler), Proxies: prefixes("10.0.0.0/8")})
		got := ""
		m.Handle("GET /ich", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error { got = r.Client(); return r.Redirect(w, "/") })
		r := httptest.NewRequest("GET", "/ich", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		m.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s via %q: %q, want %q", c.remote, c.forwarded, got, c.want)
		}
	}
}
