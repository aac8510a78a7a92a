// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// HomeTenant is the key of the town that addresses without /t/{key} speak of when an installation serves several, so that the addresses of the
// first town stay good when a second one joins.
const HomeTenant = "default"

// ServeHTTP answers every request: canonical address, cross-site writes, town, language, session, route.
func (m *Mux) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	start := time.Now()
	cw := newCompressWriter(w, hr)
	r := &Request{Request: hr, Lang: i18n.German, Register: kernel.Standard, mux: m, ID: requestID()}
	r.P = i18n.For(r.Lang, r.Register)
	panicked := false
	defer func() {
		if m.o.Observe != nil {
			m.o.Observe(Observation{Route: r.Pattern, Method: methodName(r.Method), Status: cw.status, Took: time.Since(start), Panicked: panicked})
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			panicked = true
			m.o.Log.ErrorContext(hr.Context(), "panic", "request", r.ID, "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
			if cw.wrote {
				panic(http.ErrAbortHandler) // the reader must not take half a page for a whole one
			}
			m.fail(cw, r, errors.New("panic"))
		}
		cw.close()
		m.log(r, cw, time.Since(start))
	}()
	m.headers(cw.Header())
	m.dispatch(cw, r)
}

func (m *Mux) dispatch(w http.ResponseWriter, r *Request) {
	esc := r.URL.EscapedPath()
	if !canonical(r.URL.Path, esc) {
		m.fail(w, r, kernel.E(kernel.NotFound, "access.notfound"))
		return
	}
	if err := m.csrf.Check(r.Request); err != nil {
		m.fail(w, r, kernel.E(kernel.Denied, "web.crosssite"))
		return
	}
	if h, pattern := m.system.Handler(r.Request); pattern != "" {
		r.Pattern = pattern
		_ = h // the mux itself sets the path values
		m.system.ServeHTTP(w, r.Request)
		return
	}
	rest, err := m.resolve(w, r, esc)
	if err != nil || rest == "" {
		if err != nil {
			m.fail(w, r, err)
		}
		return
	}
	if len(esc) > 1 && strings.HasSuffix(esc, "/") {
		m.moved(w, r, r.Link("/"+unescaped(strings.Trim(rest, "/"))))
		return
	}
	u := *r.URL
	u.Path, u.RawPath = unescaped(rest), rest
	inner := r.Request.WithContext(context.WithValue(r.Request.Context(), contextKey{}, r))
	inner.URL = &u
	r.Request, r.Path = inner, u.Path

	next := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r.Request = hr
		if err := m.identify(r); err != nil {
			m.fail(w, r, err)
			return
		}
		m.route(w, r)
	})
	// A reader without a cookie has no session, and reading makes none.
	if m.o.Sessions == nil || ((r.Method == http.MethodGet || r.Method == http.MethodHead) && r.Header.Get("Cookie") == "") {
		next.ServeHTTP(w, r.Request)
		return
	}
	m.o.Sessions.Load(r.Tenant, next).ServeHTTP(w, r.Request)
}

func (m *Mux) identify(r *Request) error {
	r.Actor = access.Anonymous(r.Tenant.ID)
	if m.o.Sessions == nil || r.Header.Get("Cookie") == "" {
		return nil
	}
	a, err := m.o.Sessions.Actor(r.Request, r.Tenant)
	if err != nil {
		return err
	}
	if a.Tenant == r.Tenant.ID {
		r.Actor = a
	}
	return nil
}

// route hands over to the registered handler, and answers 404 and 405 with pages of our own.
func (m *Mux) route(w http.ResponseWriter, r *Request) {
	h, pattern := m.inner.Handler(r.Request)
	if pattern != "" {
		m.inner.ServeHTTP(w, r.Request)
		return
	}
	// http.ServeMux answers an unknown method with 405 and the methods that are known.
	probe := &statusProbe{header: http.Header{}}
	h.ServeHTTP(probe, r.Request)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		m.failStatus(w, r, http.StatusMethodNotAllowed, kernel.E(kernel.Invalid, "web.method"))
		return
	}
	m.fail(w, r, kernel.E(kernel.NotFound, "access.notfound"))
}

// statusProbe takes the answer of a handler that writes only a status.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header { return p.header }
func (p *statusProbe) WriteHeader(s int)   { p.status = s }
func (p *statusProbe) Write(b []byte) (int, error) {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	return len(b), nil
}

// canonical tells whether an address is written the one way we publish it. Everything else does not exist: no second spelling for caches and
// filters in front of us to disagree about.
func canonical(p, escaped string) bool {
	if p == "" || p[0] != '/' || !utf8.ValidString(p) || strings.ContainsAny(p, ";\\") || strings.Contains(p, "//") {
		return false
	}
	if strings.Contains(escaped, "//") || strings.IndexFunc(p, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0 {
		return false
	}
	clean := path.Clean(p)
	return clean == p || clean+"/" == p
}

func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// resolve finds town, language and register, and gives the rest of the escaped path. An empty rest without error means that the answer has
// been written.
func (m *Mux) resolve(w http.ResponseWriter, r *Request, esc string) (string, error) {
	d, err := m.towns(r.Context())
	if err != nil {
		return "", err
	}
	if !m.served(d, r.Host) {
		return "", errHost
	}
	i := d.home(r.Host)
	home, rest := i, esc
	if after, ok := strings.CutPrefix(esc, "/t/"); ok {
		key, tail, _ := strings.Cut(after, "/")
		if i, ok = d.keys[key]; !ok {
			return "", kernel.E(kernel.NotFound, "access.notfound")
		}
		rest = "/" + tail
		r.Tenant = d.list[i]
		if home == i {
			m.moved(w, r, unescaped(rest))
			return "", nil
		}
		r.prefix = "/t/" + key
	} else {
		if home < 0 {
			if esc == "/" && len(d.list) > 0 {
				return "", r.listTowns(w, d.list)
			}
			return "", kernel.E(kernel.NotFound, "access.notfound")
		}
		r.Tenant = d.list[home]
	}
	r.version = d.versions[i]
	if to := m.canonicalHost(d, r, rest); to != "" {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusPermanentRedirect)
		return "", nil
	}
	first, tail, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch {
	case first == i18n.German: // German needs no prefix
		m.moved(w, r, r.Link(unescaped("/"+tail)))
		return "", nil
	case i18n.Supported(first) && r.Tenant.Offers(first):
		r.Lang, rest = first, "/"+tail
	}
	if r.URL.Query().Get("sprache") == string(kernel.Leicht) {
		r.Register = kernel.Leicht
	}
	r.P = i18n.For(r.Lang, r.Register).WithTerms(r.Tenant.Terms[r.Lang])
	return rest, nil
}

// errHost answers a name that is not ours: somebody points a foreign name at this machine (DNS rebinding, poisoned links).
var errHost = kernel.E(kernel.NotFound, "web.host")

// canonicalHost gives the address on the town's own host when a reader came under another name, empty when there is nothing to redirect. Only
// reading is redirected: a form that was drawn under the old name is still taken there, so that nothing typed is lost.
func (m *Mux) canonicalHost(d *directory, r *Request, rest string) string {
	t := r.Tenant
	if !t.Canonical || len(t.Hosts) == 0 || hostName(r.Host) == t.Hosts[0] || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	base := m.o.URL
	if base == "" && !m.o.TLS {
		base = "http://" + r.Host // scheme and port only: the host is the town's own
	}
	return d.address(base, t, i18n.German, rest+query(r.URL.RawQuery))
}

// Offers tells whether the town shows its pages in the language.
func (t Tenant) Offers(lang string) bool {
	return lang == i18n.German || len(t.Languages) == 0 || slices.Contains(t.Languages, lang)
}

// moved sends readers of another spelling to the one address; writes are not carried over.
func (m *Mux) moved(w http.ResponseWriter, r *Request, to string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		m.fail(w, r, kernel.E(kernel.NotFound, "access.notfound"))
		return
	}
	u := url.URL{Path: to}
	if base, query, ok := strings.Cut(to, "?"); ok {
		u.Path, u.RawQuery = base, query
	}
	if r.URL.RawQuery != "" {
		u.RawQuery = r.URL.RawQuery
	}
	w.Header().Set("Location", u.EscapedPath()+query(u.RawQuery))
	w.WriteHeader(http.StatusPermanentRedirect)
}

func query(raw string) string {
	if raw == "" {
		return ""
	}
	return "?" + raw
}

// log writes one line a request: no address of the reader, no query, no path values.
func (m *Mux) log(r *Request, w *compressWriter, took time.Duration) {
	level := slog.LevelInfo
	if w.status >= 500 {
		level = slog.LevelError
	}
	m.o.Log.LogAttrs(r.Request.Context(), level, "request", slog.String("request", r.ID), slog.String("town", r.Tenant.Key),
		slog.String("method", methodName(r.Method)), slog.String("route", r.Pattern), slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes), slog.Duration("took", took))
}

// methodName keeps invented methods out of the log.
func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
