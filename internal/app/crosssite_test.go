// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Every route that changes something refuses what another website sends, whoever is signed in (ASVS 3.5.1; CVE-2023-47635, CVE-2018-1000514).
// One-click unsubscribing (RFC 8058) comes from mail programs without a browser's headers and carries a mark of its own.
func TestNoRouteTakesWhatAnotherWebsiteSends(t *testing.T) {
	offices(t, func(o *office) {
		d := o.signIn("admin@stadt.example")
		seen := 0
		for _, route := range o.app.Mux(app.WebOptions{}).Routes() {
			if route.Method == http.MethodGet || route.System {
				continue
			}
			seen++
			for _, head := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
				req, err := http.NewRequest(route.Method, d.URL+placeholder.ReplaceAllString(route.Path, string(kernel.NewID())), strings.NewReader("a=b"))
				if err != nil {
					o.t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set(head[0], head[1])
				resp, err := d.c.Do(req)
				if err != nil {
					o.t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusForbidden {
					o.t.Errorf("%s with %s: %s: %d", route.Pattern, head[0], head[1], resp.StatusCode)
				}
			}
		}
		if seen < 25 {
			o.t.Errorf("only %d routes", seen)
		}
	})
}

// A method in a header or a field changes nothing (reliability.md A13).
func TestAMethodInAHeaderIsIgnored(t *testing.T) {
	offices(t, func(o *office) {
		d := o.signIn("admin@stadt.example")
		before := d.page("/arbeit/benutzer").text()
		for _, kv := range [][]string{{"_method", "DELETE"}, {"_method", "PUT"}} {
			if p := o.anonymous().post("/anmelden", kv...); p.code != http.StatusUnprocessableEntity {
				o.t.Errorf("%v: %d", kv, p.code)
			}
		}
		req, err := http.NewRequest(http.MethodGet, d.URL+"/arbeit/benutzer", nil)
		if err != nil {
			o.t.Fatal(err)
		}
		req.Header.Set("X-HTTP-Method-Override", "DELETE")
		if p := d.send(req); p.code != http.StatusOK || p.text() != before {
			o.t.Errorf("override: %d", p.code)
		}
		for _, method := range []string{"TRACE", "DELETE", "PUT", "PATCH", "FOO"} {
			req, err := http.NewRequest(method, d.URL+"/arbeit/benutzer", nil)
			if err != nil {
				o.t.Fatal(err)
			}
			if p := d.send(req); p.code != http.StatusMethodNotAllowed {
				o.t.Errorf("%s: %d", method, p.code)
			}
		}
	})
}
