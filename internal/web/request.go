// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// Request is an http.Request with what the mux found out: the town, who asks, and in which language and register the answer is to be.
type Request struct {
	*http.Request
	ID       string // names the request in the log and on the page of an error
	Tenant   Tenant
	Actor    access.Actor
	Lang     string
	Register kernel.Register
	P        *i18n.Printer
	Path     string // address within town and language, "/raeume/plr"
	Pattern  string // of the route; empty before it is known
	Kept     string // what was typed into a form whose session had ended, for the sign-in form to carry along; see Kept

	prefix  string // "/t/{key}" where the address has it
	version string // of the town, as the shell shows it
	mux     *Mux
}

type contextKey struct{}

// From gives the request a component is drawn for. Outside of a request it is a German one of no town, so that components can be drawn in
// tests and files.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok {
		return r
	}
	return &Request{Request: blank, Lang: i18n.German, Register: kernel.Standard, P: i18n.For(i18n.German, kernel.Standard), Path: "/"}
}

var blank = &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}}

// With puts a request into a context, for components drawn outside of a handler.
func With(ctx context.Context, r *Request) context.Context {
	if r.Request == nil {
		r.Request = blank
	}
	if r.Lang == "" {
		r.Lang = i18n.German
	}
	if r.P == nil {
		r.P = i18n.For(r.Lang, r.Register)
	}
	return context.WithValue(ctx, contextKey{}, r)
}

// T gives the sentence of the key in the request's language.
func (r *Request) T(key string, kv ...any) string { return r.P.T(key, kv...) }

// T gives the sentence of the key in the language of the page that is drawn.
func T(ctx context.Context, key string, kv ...any) string { return From(ctx).P.T(key, kv...) }

// P gives the printer of the page that is drawn.
func P(ctx context.Context) *i18n.Printer { return From(ctx).P }

// Link makes the address of a path for the page that is drawn.
func Link(ctx context.Context, p string) string { return From(ctx).Link(p) }

// Self is the request's own path and query within the town, without the parameters named.
func (r *Request) Self(without ...string) string {
	q := r.URL.Query()
	for _, name := range without {
		q.Del(name)
	}
	return (&url.URL{Path: r.Path}).EscapedPath() + query(q.Encode())
}

// With gives the request's own path with one parameter of the query set, or removed when value is empty; the link for filters and tabs.
func (r *Request) With(name, value string) string {
	q := r.URL.Query()
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	return r.Link((&url.URL{Path: r.Path}).EscapedPath() + query(q.Encode()))
}

// Name is the town's name in the request's language.
func (r *Request) Name() string {
	s, _ := r.P.Text(r.Tenant.Name)
	return s
}

// SignedIn tells a person with an account from a reader.
func (r *Request) SignedIn() bool { return r.Actor.SignedIn() }

// Can tells whether the reader may do the action in the town; for showing or hiding what leads there, the service decides again.
func (r *Request) Can(do access.Action) bool {
	return access.Can(r.Actor, do, access.Object{Tenant: r.Tenant.ID})
}

// CanAnywhere tells whether the reader may do the action in the town or wherever a role is held, as routes with Held ask.
func (r *Request) CanAnywhere(do access.Action) bool {
	return r.Actor.Tenant == r.Tenant.ID && access.Anywhere(r.Actor, do)
}

func requestID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return hex.EncodeToString(b[:])
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers 200 with the page.
func (r *Request) Render(w http.ResponseWriter, p Page, content templ.Component) error {
	return r.RenderStatus(w, http.StatusOK, p, content)
}

// Invalid answers 422 with the page, which shows the form as it was sent and what is wrong with it.
func (r *Request) Invalid(w http.ResponseWriter, p Page, content templ.Component) error {
	p.failed = true
	return r.RenderStatus(w, http.StatusUnprocessableEntity, p, content)
}

// RenderStatus draws the page into memory first, so that an error on the way becomes a page of its own, and then answers with the status.
func (r *Request) RenderStatus(w http.ResponseWriter, status int, p Page, content templ.Component) error {
	if r.mux != nil && r.mux.o.Signed != nil && status == http.StatusOK && p.Nav != NavWork && r.Tenant.ID != "" {
		at, err := r.mux.o.Signed(r.Context(), r.Tenant.ID, r.Path)
		if err != nil {
			return err
		}
		if at != "" {
			p.sign = r.Link(at)
		}
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	ctx := With(r.Request.Context(), r)
	if err := shell(r, p, content).Render(ctx, buf); err != nil {
		return err
	}
	return r.send(w, status, "text/html; charset=utf-8", buf.Bytes())
}

// Fragment answers with a part of a page, for scripts that replace it.
func (r *Request) Fragment(w http.ResponseWriter, content templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if err := content.Render(With(r.Request.Context(), r), buf); err != nil {
		return err
	}
	return r.send(w, http.StatusOK, "text/html; charset=utf-8", buf.Bytes())
}

func (r *Request) send(w http.ResponseWriter, status int, contentType string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	r.cacheHeaders(h)
	if status == http.StatusOK && !r.SignedIn() && h.Get("ETag") == "" {
		sum := sha256.Sum256(body)
		if r.matches(h, `W/"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// cacheHeaders let anybody keep a public page and ask whether it still holds, and nobody keep a page of staff (ASVS 14.3.2).
func (r *Request) cacheHeaders(h http.Header) {
	if h.Get("Cache-Control") != "" {
		return
	}
	if r.SignedIn() {
		h.Set("Cache-Control", "no-store")
		return
	}
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Cookie")
}

// NotModified sets the ETag of a version and answers 304 when the reader has it already; then there is nothing left to write.
func (r *Request) NotModified(w http.ResponseWriter, version string) bool {
	h := w.Header()
	r.cacheHeaders(h)
	if r.matches(h, r.etag(version)) {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	return false
}

// etag covers what a page shows beside its own content: the town, the program's files, language, and whether somebody is signed in.
func (r *Request) etag(version string) string {
	sum := sha256.New()
	for _, s := range []string{version, r.version, StaticVersion(), r.Lang, string(r.Register), string(r.Actor.Person), r.URL.RequestURI()} {
		sum.Write([]byte(s))
		sum.Write([]byte{0})
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]) + `"`
}

// matches sets the ETag and compares it with If-None-Match (RFC 9110 13.1.2, weak comparison).
func (r *Request) matches(h http.Header, etag string) bool {
	h.Set("ETag", etag)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for part := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// Redirect sends the reader to a path of the town with a GET (303), as after a form.
func (r *Request) Redirect(w http.ResponseWriter, p string) error {
	w.Header().Set("Location", r.Link(p))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// noticeParam carries the key of a success message over a redirect.
const noticeParam = "meldung"

// Done is Redirect with a message of success on the next page; the key begins with "notice." and takes no parameters.
func (r *Request) Done(w http.ResponseWriter, p, key string) error {
	base, q, _ := strings.Cut(p, "?")
	values, err := url.ParseQuery(q)
	if err != nil {
		return err
	}
	values.Set(noticeParam, key)
	return r.Redirect(w, base+"?"+values.Encode())
}

// notice gives the message of success the address carries. Only whole sentences of the catalogue made for this are shown, so that a foreign
// link cannot put words into the town's mouth.
func (r *Request) notice() string {
	key := r.URL.Query().Get(noticeParam)
	if !strings.HasPrefix(key, "notice.") || !r.P.Has(key) {
		return ""
	}
	return r.T(key)
}

// SafeReturn gives where to go after sign-in: a path of this town as the mux wrote it, or "/arbeit" for anything that could lead elsewhere.
func SafeReturn(s string) string {
	const fallback = "/arbeit"
	if len(s) > 2000 || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return fallback
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !canonical(u.Path, u.EscapedPath()) {
		return fallback
	}
	return u.EscapedPath() + query(u.RawQuery)
}
