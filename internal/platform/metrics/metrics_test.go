// SPDX-License-Identifier: EUPL-1.2

package metrics_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/platform/metrics"
)

func ask(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestFigures(t *testing.T) {
	m := metrics.New("1.2.3", "go1.26")
	m.Request("GET", "GET /raeume/{key}", 200, 30*time.Millisecond, false)
	m.Request("GET", "", 404, time.Millisecond, false)
	m.Request("POST", "POST /x", 500, time.Millisecond, true)
	fails := false
	m.Collect(func(context.Context) ([]metrics.Sample, error) {
		if fails {
			return nil, errors.New("away")
		}
		return append(metrics.Samples([]metrics.Check{{Name: "disk", OK: true}, {Name: "backup"}}),
			metrics.Sample{Name: "kupferfaden_jobs", Help: "h", Labels: map[string]string{"state": "waiting"}, Value: 3}), nil
	})
	h := m.Handler(func(context.Context) []metrics.Check { return nil })
	_, text := ask(h, "/metrics")
	for _, want := range []string{
		`kupferfaden_request_seconds_count{method="GET",route="GET /raeume/{key}",status="200"} 1`,
		`kupferfaden_request_seconds_bucket{method="GET",route="GET /raeume/{key}",status="200",le="0.05"} 1`,
		`kupferfaden_request_seconds_count{method="GET",route="none",status="404"} 1`,
		`kupferfaden_panics_total 1`, `kupferfaden_build_info{go="go1.26",version="1.2.3"} 1`, `kupferfaden_jobs{state="waiting"} 3`,
		`kupferfaden_check_ok{check="disk"} 1`, `kupferfaden_check_ok{check="backup"} 0`, `kupferfaden_collect_failed 0`, `go_goroutines`,
	} {
		if !strings.Contains(text, want+"\n") && !strings.Contains(text, want+" ") {
			t.Errorf("missing: %s", want)
		}
	}
	fails = true
	if _, text := ask(h, "/metrics"); !strings.Contains(text, "kupferfaden_collect_failed 1") || !strings.Contains(text, "kupferfaden_panics_total 1") {
		t.Error("with the database away the rest is not told")
	}
}

func TestHealthInDetail(t *testing.T) {
	checks := []metrics.Check{{Name: "store", OK: true, Vital: true}, {Name: "disk", OK: true, Detail: "50 %"}}
	h := metrics.New("", "").Handler(func(context.Context) []metrics.Check { return checks })
	if code, text := ask(h, "/readyz"); code != http.StatusOK || !strings.Contains(text, `"detail": "50 %"`) {
		t.Errorf("%d %s", code, text)
	}
	checks[1].OK = false
	if code, _ := ask(h, "/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("with a check that fails: %d", code)
	}
	if code, _ := ask(h, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
}
