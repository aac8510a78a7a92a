// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/metrics"
)

// TestMonitoring: the figures and the details of health are on their own address only, the log is JSON in UTC, and nothing of it names a person.
func TestMonitoring(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	w.account()
	p := w.serving("--metrics-listen", "127.0.0.1:0", "--log-format", "json", "--mail-password", "sehr-geheim")
	c := p.planner(false)
	if err := p.page(c, "/raeume?suche=mustermann"); err != nil {
		t.Error(err)
	}
	ask := func(addr, path string) (int, string) {
		t.Helper()
		a, err := http.Get(addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(b)
	}
	log := func() string {
		b, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	monitor := regexp.MustCompile(`"msg":"monitoring","address":"([^"]+)"`).FindStringSubmatch(log())
	if monitor == nil {
		t.Fatalf("no address of the monitoring in the log:\n%s", log())
	}
	at := "http://" + monitor[1]
	if code, _ := ask(p.base, "/metrics"); code != http.StatusNotFound {
		t.Errorf("/metrics for the public: %d", code)
	}
	code, text := ask(at, "/metrics")
	for _, want := range []string{
		`kupferfaden_request_seconds_count{method="GET",route="GET /raeume",status="200"} 1`, `kupferfaden_request_seconds_count{method="POST",route="POST /anmelden",status="303"} 1`,
		`kupferfaden_check_ok{check="store"} 1`, `kupferfaden_disk_free_bytes `, `kupferfaden_db_connections{pool="read"} `, `kupferfaden_collect_failed 0`,
	} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if code, text := ask(p.base, "/readyz"); code != http.StatusOK || len(text) > 6 {
		t.Errorf("readyz for the public: %d %q", code, text)
	}
	_, details := ask(at, "/readyz")
	var checks []metrics.Check
	if err := json.Unmarshal([]byte(details), &checks); err != nil || len(checks) < 3 {
		t.Errorf("details: %v %s", err, details)
	}
	for line := range strings.Lines(log()) {
		if !strings.HasPrefix(line, "{") {
			continue // the sentence for the person who started it
		}
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not JSON: %s", line)
		}
		if at, _ := entry["time"].(string); !strings.HasSuffix(at, "Z") {
			t.Errorf("not UTC: %s", line)
		}
	}
	if !strings.Contains(log(), `"msg":"start"`) || !strings.Contains(log(), `"set.log.format":"json"`) {
		t.Errorf("the start is not told:\n%s", log())
	}
	for _, canary := range []string{"mustermann", testMail, testPassword, "sehr-geheim"} {
		if strings.Contains(log()+text+details, canary) {
			t.Errorf("%q is in log or figures", canary)
		}
	}
	p.stop()
	if !strings.Contains(log(), `"msg":"stopped"`) {
		t.Error("the stop is not told")
	}
	if _, err := os.Stat(filepath.Join(w.dir, servingName)); err == nil {
		t.Error("a process that ended is still named as the one that serves")
	}
}
