// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func TestAddressesLeadToTheTownWhateverItIsCalled(t *testing.T) {
	kupfer := web.Tenant{ID: "t1", Key: "default"}
	zinn := web.Tenant{ID: "t2", Key: "zinn", Hosts: []string{"zinn.example", "atlas.zinn.example"}}
	own := zinn
	own.Canonical = true
	silber := web.Tenant{ID: "t3", Key: "silber"}
	const base = "https://region.example:8443"
	for _, c := range []struct {
		base  string
		towns []web.Tenant
		of    web.Tenant
		lang  string
		path  string
		want  string
	}{
		{base, []web.Tenant{kupfer}, kupfer, "de", "/", "https://region.example:8443/"},
		{base, []web.Tenant{silber}, silber, "en", "/atlas?raum=1", "https://region.example:8443/en/atlas?raum=1"},
		{base, []web.Tenant{kupfer, zinn}, kupfer, "de", "/atlas", "https://region.example:8443/atlas"},
		{base, []web.Tenant{kupfer, zinn}, zinn, "de", "/atlas", "https://region.example:8443/t/zinn/atlas"},
		{base, []web.Tenant{kupfer, own}, own, "de", "/atlas", "https://zinn.example:8443/atlas"},
		{"", []web.Tenant{kupfer, zinn}, zinn, "en", "/", "https://zinn.example/en"},
		{"", []web.Tenant{kupfer, silber}, silber, "de", "/", "/t/silber"},
		{"http://zinn.example", []web.Tenant{kupfer, zinn}, zinn, "de", "/x", "http://zinn.example/x"},
		{"http://zinn.example", []web.Tenant{kupfer, zinn}, kupfer, "de", "/x", "http://zinn.example/t/default/x"},
		{"nonsense", []web.Tenant{silber}, silber, "de", "/x", "/x"},
	} {
		if got := web.Address(c.base, c.towns, c.of, c.lang, c.path); got != c.want {
			t.Errorf("%s of %s in %s on %q: %s, want %s", c.path, c.of.Key, c.lang, c.base, got, c.want)
		}
	}
}

// A published address stays good when the town gets a name of its own.
func TestOldAddressesLeadToTheTownsOwnHost(t *testing.T) {
	list := towns{one[0], {ID: "t2", Key: "zinn", Name: kernel.T("Zinnstadt", ""), Hosts: []string{"zinn.example", "alt.zinn.example"}, Canonical: true}}
	m := web.New(web.Options{Tenants: list, Log: slog.New(slog.DiscardHandler), URL: "https://region.example", Hosts: []string{"alias.example"}})
	m.Handle("GET /raeume/{key}", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		_, err := fmt.Fprint(w, r.Tenant.Key, " ", r.Absolute("/raeume"))
		return err
	})
	m.Handle("POST /raeume/{key}", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		_, err := fmt.Fprint(w, "taken")
		return err
	})
	for _, c := range []struct {
		method, host, path string
		status             int
		want               string
	}{
		{"GET", "region.example", "/t/zinn/raeume/a%20b?x=1", 308, "https://zinn.example/raeume/a%20b?x=1"},
		{"GET", "region.example", "/t/zinn/en/raeume/a", 308, "https://zinn.example/en/raeume/a"},
		{"HEAD", "alias.example", "/t/zinn/raeume/a", 308, "https://zinn.example/raeume/a"},
		{"GET", "alt.zinn.example:443", "/raeume/a", 308, "https://zinn.example/raeume/a"},
		{"GET", "ZINN.example.", "/raeume/a", 200, "zinn https://zinn.example/raeume"},
		{"GET", "zinn.example", "/t/zinn/raeume/a", 308, "/raeume/a"},
		{"POST", "region.example", "/t/zinn/raeume/a", 200, "taken"},
		{"GET", "region.example", "/raeume/a", 200, "default https://region.example/raeume"},
		{"GET", "evil.example", "/t/zinn/raeume/a", 421, ""},
		{"GET", "evil.example", "/raeume/a", 421, ""},
	} {
		req := httptest.NewRequest(c.method, "http://"+c.host+c.path, nil)
		res := httptest.NewRecorder()
		m.ServeHTTP(res, req)
		got := res.Header().Get("Location")
		if c.status == 200 {
			got = res.Body.String()
		}
		if res.Code != c.status || got != c.want {
			t.Errorf("%s %s%s: %d %q, want %d %q", c.method, c.host, c.path, res.Code, got, c.status, c.want)
		}
	}
}

// One request must cost the same with one town and with a thousand.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1, 300, 1000} {
		var list towns
		for i := range n {
			list = append(list, web.Tenant{
				ID: kernel.NewID(), Key: fmt.Sprintf("stadt-%d", i), Name: kernel.T("Stadt", "Town"), Hosts: []string{fmt.Sprintf("stadt-%d.example", i)},
			})
		}
		m := web.New(web.Options{Tenants: list, Log: slog.New(slog.DiscardHandler), URL: "https://region.example"})
		m.Handle("GET /x", access.ReadPublic, func(http.ResponseWriter, *web.Request) error { return nil })
		for name, address := range map[string]string{"path": fmt.Sprintf("https://region.example/t/stadt-%d/x", n-1), "host": fmt.Sprintf("https://stadt-%d.example/x", n-1)} {
			if n == 1 && name == "path" {
				continue // the only town has no prefix
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					res := httptest.NewRecorder()
					m.ServeHTTP(res, httptest.NewRequest("GET", address, nil))
					if res.Code != 200 {
						b.Fatal(res.Code)
					}
				}
			})
		}
	}
}
