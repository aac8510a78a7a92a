// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// StorageFull is the key of the Unavailable error of platform/db that says there is no room left; web answers it with 507.
const StorageFull = "db.full"

// errorStatus is the one place where kinds of errors become status codes.
func errorStatus(err error) int {
	var tooBig *http.MaxBytesError
	var e *kernel.Error
	var many errTooMany
	switch {
	case errors.As(err, &many):
		return http.StatusTooManyRequests
	case errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, syscall.ENOSPC):
		return http.StatusInsufficientStorage
	case errors.Is(err, os.ErrDeadlineExceeded): // the body came too slowly
		return http.StatusRequestTimeout
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.Is(err, errHost):
		return http.StatusMisdirectedRequest
	case !errors.As(err, &e):
		return http.StatusInternalServerError
	}
	switch e.Kind {
	case kernel.Invalid:
		return http.StatusUnprocessableEntity
	case kernel.NotFound:
		return http.StatusNotFound
	case kernel.Denied:
		return http.StatusForbidden
	case kernel.Unauthenticated:
		return http.StatusUnauthorized
	case kernel.Conflict:
		return http.StatusConflict
	case kernel.Unavailable:
		if e.Key == StorageFull {
			return http.StatusInsufficientStorage
		}
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with the page of an error.
func (m *Mux) fail(w http.ResponseWriter, r *Request, err error) {
	if errorStatus(err) == http.StatusForbidden {
		if first := m.duty(r); first != "" {
			_ = r.Redirect(w, first)
			return
		}
	}
	m.failStatus(w, r, errorStatus(err), err)
}

func (m *Mux) failStatus(w http.ResponseWriter, r *Request, status int, err error) {
	if errors.Is(err, context.Canceled) && r.Request.Context().Err() != nil {
		return // the reader has gone
	}
	if status == http.StatusInternalServerError || status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage {
		m.o.Log.ErrorContext(r.Request.Context(), "request failed", "request", r.ID, "town", r.Tenant.Key, "route", r.Pattern, "err", err)
	}
	if cw := outermost(w); cw != nil && cw.wrote {
		panic(http.ErrAbortHandler) // too late for a page: break off, so that half an answer is not taken for a whole one
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Content-Disposition", "Content-Length", "Content-Encoding", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage {
		h.Set("Retry-After", "30")
	}
	var many errTooMany
	if errors.As(err, &many) {
		retryAfter(h, many.seconds())
	}
	// The page of an error is drawn even when the time for the request is over.
	r.Request = r.Request.WithContext(context.WithoutCancel(r.Request.Context()))
	sentence := r.sentence(status, err)
	if r.wantsJSON() {
		m.problem(w, status, sentence, r.ID)
		return
	}
	if r.Tenant.ID == "" {
		r.Path = "/"
	}
	p := Page{Title: r.T(titleKey(status)), NoIndex: true}
	var e *kernel.Error
	var findings []kernel.Finding
	if errors.As(err, &e) {
		findings = e.Findings
	}
	content := errorBody(errorView{Status: status, Sentence: sentence, Findings: findings, ID: r.ID})
	if status == http.StatusUnauthorized && m.o.SignIn != nil {
		content = m.signInInstead(w, r, sentence)
	}
	if err := r.RenderStatus(w, status, p, content); err != nil {
		m.o.Log.ErrorContext(r.Request.Context(), "page of an error failed", "request", r.ID, "err", err)
		http.Error(w, sentence, status)
	}
}

// signInInstead draws the sign-in form in place of the page asked for; afterwards the reader gets there. Where the page was the target of a form,
// what was typed is carried along and offered to be sent again.
func (m *Mux) signInInstead(w http.ResponseWriter, r *Request, sentence string) templ.Component {
	back := "/arbeit"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		back = SafeReturn((&url.URL{Path: r.Path}).EscapedPath() + query(r.URL.RawQuery))
	} else if kept, ok := keep(w, r); ok {
		r.Kept = kept.encode()
		return signInKept(sentence, kept, m.o.SignIn(r, back))
	}
	return signInFirst(sentence, m.o.SignIn(r, back))
}

// duty gives where somebody who is denied a page has to go first.
func (m *Mux) duty(r *Request) string {
	d, ok := m.o.Sessions.(Dutiful)
	if !ok || !r.SignedIn() || r.Method != http.MethodGet || r.wantsJSON() {
		return ""
	}
	if p := d.Duty(r.Request, r.Tenant); p != r.Path {
		return p
	}
	return ""
}

func (r *Request) sentence(status int, err error) string {
	var many errTooMany
	if errors.As(err, &many) {
		return r.T("web.toomany", "n", many.seconds())
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return r.T("web.toobig")
	case http.StatusRequestTimeout:
		return r.T("web.slow")
	case http.StatusInsufficientStorage:
		return r.T(StorageFull)
	}
	return r.P.Error(err)
}

func titleKey(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "web.error.signin"
	case http.StatusForbidden:
		return "web.error.denied"
	case http.StatusNotFound, http.StatusMisdirectedRequest:
		return "web.error.notfound"
	case http.StatusMethodNotAllowed:
		return "web.error.method"
	case http.StatusConflict:
		return "web.error.conflict"
	case http.StatusRequestEntityTooLarge:
		return "web.error.toobig"
	case http.StatusUnprocessableEntity:
		return "web.error.invalid"
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage, http.StatusTooManyRequests:
		return "web.error.unavailable"
	}
	return "web.error.internal"
}

// adviceKey says what the reader can do about it.
func adviceKey(status int) string {
	switch status {
	case http.StatusForbidden:
		return "web.advice.denied"
	case http.StatusNotFound, http.StatusMisdirectedRequest:
		return "web.advice.notfound"
	case http.StatusConflict:
		return "web.advice.conflict"
	case http.StatusUnprocessableEntity, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		return "web.advice.invalid"
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage, http.StatusTooManyRequests:
		return "web.advice.unavailable"
	}
	return "web.advice.internal"
}

// wantsJSON tells a script from a reader.
func (r *Request) wantsJSON() bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// problem answers a script (RFC 9457).
func (m *Mux) problem(w http.ResponseWriter, status int, sentence, id string) {
	b, err := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": sentence, "instance": "urn:request:" + id})
	if err != nil {
		http.Error(w, sentence, status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
