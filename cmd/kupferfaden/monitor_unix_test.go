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
	documented(t, text)
	p.stop()
	if !strings.Contains(log(), `"msg":"stopped"`) {
		t.Error("the stop is not told")
	}
	if _, err := os.Stat(filepath.Join(w.dir, servingName)); err == nil {
		t.Error("a process that ended is still named as the one that serves")
	}
}

// documented compares the figures and the warnings with what the handbook says of them: every figure of ours is in its table, every warning asks for
// figures of the table and says what to do.
func documented(t *testing.T, figures string) {
	t.Helper()
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	book, rules := read("../../docs/betrieb/ueberwachung.md"), read("../../packaging/prometheus/kupferfaden.rules.yml")
	name := regexp.MustCompile(`kupferfaden_[a-z_]+`)
	known := map[string]bool{}
	for _, n := range name.FindAllString(book, -1) {
		known[n] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (kupferfaden_[a-z_]+)`).FindAllStringSubmatch(figures, -1) {
		if !known[m[1]] {
			t.Errorf("%s is not in docs/betrieb/ueberwachung.md", m[1])
		}
	}
	for _, n := range name.FindAllString(rules, -1) {
		if !known[strings.TrimSuffix(strings.TrimSuffix(n, "_count"), "_bucket")] {
			t.Errorf("a warning asks for %s, which nobody knows", n)
		}
	}
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	for _, m := range alerts {
		if !regexp.MustCompile(`\*\*` + m[1] + `\*\* – [^|]+ \| [^|]{40,}`).MatchString(book) {
			t.Errorf("what to do about %s is not written down", m[1])
		}
	}
	if len(alerts) != 12 {
		t.Errorf("%d warnings", len(alerts))
	}
}
