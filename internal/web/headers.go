// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// contentPolicy lets pages load only what this program serves. Styles and scripts stand in files; colours of maps are SVG presentation
// attributes, which the policy does not concern (CSP Level 3, 6.1.16). data: and blob: pictures are the icons of the style sheet and the
// sprites a map draws in the browser.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri " + reportPath

func (m *Mux) headers(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=(), browsing-topics=()")
	if m.o.TLS {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// reportPath is where browsers tell of what the content policy kept out (CSP Level 3, 6.5.1; ASVS 3.4.7).
const reportPath = "/csp"

// reportRate is how many such reports are written down; a page at fault sends one for each reader.
var reportRate = Rate{PerMinute: 6, Burst: 20}

// policyReport writes down what a browser kept out: which rule, and from where without path and query, which could name a person.
func (m *Mux) policyReport(w http.ResponseWriter, r *http.Request) {
	defer w.WriteHeader(http.StatusNoContent)
	b, err := io.ReadAll(io.LimitReader(r.Body, 16<<10))
	if err != nil || m.writes.take("csp", reportRate, time.Now()) > 0 {
		return
	}
	var report struct {
		Body struct {
			Directive string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
			Blocked   string `json:"blocked-uri"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(b, &report) != nil {
		return
	}
	rule := report.Body.Directive
	if rule == "" {
		rule, _, _ = strings.Cut(report.Body.Violated, " ")
	}
	m.o.Log.LogAttrs(r.Context(), slog.LevelWarn, "content policy", slog.String("rule", plain(rule)), slog.String("source", sourceOf(report.Body.Blocked)))
}

// sourceOf keeps scheme and host of an address, or the word that stands for one ("inline", "eval").
func sourceOf(blocked string) string {
	u, err := url.Parse(blocked)
	if err != nil {
		return "other"
	}
	if u.Host != "" {
		return plain(u.Scheme + "://" + u.Host)
	}
	if u.Scheme != "" {
		return plain(u.Scheme)
	}
	return plain(blocked)
}

// plain keeps invented words of a report out of the log.
func plain(s string) string {
	if len(s) > 100 || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "other"
	}
	return s
}
