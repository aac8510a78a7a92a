// SPDX-License-Identifier: EUPL-1.2

package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/fetch"
)

// names answers each question with the next of its lists, the last one again and again: a name that changes what it means (DNS rebinding).
type names struct {
	answers [][]netip.Addr
	asked   int
}

func (n *names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	a := n.answers[min(n.asked, len(n.answers)-1)]
	n.asked++
	return a, nil
}

func keyOf(err error) string {
	var k *kernel.Error
	if errors.As(err, &k) {
		return k.Key
	}
	return ""
}

func get(c *http.Client, address string) (string, error) {
	res, err := c.Get(address)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func TestAddressesOfTheOwnNetworkAreRefused(t *testing.T) {
	var reached atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
	loopback := netip.MustParseAddr("127.0.0.1")
	cases := []struct{ name, address, want string }{
		{"loopback", inside.URL + "/", "fetch.private"},
		{"loopback by name", "https://idp.example" + port + "/", "fetch.private"},
		{"IPv6 loopback", "https://[::1]" + port, "fetch.private"},
		{"IPv4 in IPv6", "https://[::ffff:127.0.0.1]" + port, "fetch.private"},
		{"NAT64 of loopback", "https://[64:ff9b::7f00:1]" + port, "fetch.private"},
		{"unspecified", "https://0.0.0.0" + port, "fetch.private"},
		{"cloud metadata", "https://169.254.169.254/latest/", "fetch.private"},
		{"private", "https://10.0.0.1/", "fetch.private"},
		{"carrier-grade", "https://100.64.0.1/", "fetch.private"},
		{"unique local", "https://[fd00::1]/", "fetch.private"},
		{"plain HTTP", "http://93.184.216.34/", "fetch.scheme"},
		{"file", "file:///etc/passwd", "fetch.scheme"},
		{"gopher", "gopher://127.0.0.1/", "fetch.scheme"},
		{"with a password", "https://a:b@example.org/", "fetch.scheme"},
	}
	for _, c := range cases {
		client := fetch.Client(fetch.Options{Resolver: &names{answers: [][]netip.Addr{{loopback}}}})
		if _, err := get(client, c.address); keyOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests reached the own network", reached.Load())
	}
}

func TestANameThatChangesItsMindGainsNothing(t *testing.T) {
	public, inside := netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")
	dns := &names{answers: [][]netip.Addr{{inside}, {public}, {inside}}}
	client := fetch.Client(fetch.Options{Resolver: dns})
	if _, err := get(client, "https://rebind.example/"); keyOf(err) != "fetch.private" {
		t.Errorf("%v", err)
	}
	if dns.asked != 1 {
		t.Errorf("the name was looked up %d times for one connection", dns.asked)
	}
}

func TestRedirectsAreCheckedLikeTheFirstAddress(t *testing.T) {
	var to string
	var inner atomic.Int64
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	defer secret.Close()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }))
	defer front.Close()
	client := fetch.Client(fetch.Options{Hosts: []string{strings.TrimPrefix(front.URL, "http://")}})
	for _, to = range []string{secret.URL, strings.Replace(secret.URL, "http:", "https:", 1), "file:///etc/passwd", front.URL} {
		if _, err := get(client, front.URL); err == nil {
			t.Errorf("redirect to %s was followed", to)
		}
	}
	if inner.Load() != 0 {
		t.Error("a redirect led into the own network")
	}
}

func TestAHostTheOperatorNamedIsReachedAndItsAnswersAreBounded(t *testing.T) {
	body := strings.Repeat("x", 2000)
	chunked := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if chunked {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, body)
	}))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(most int64) (string, error) {
		return get(fetch.Client(fetch.Options{Hosts: []string{u.Host}, MaxBytes: most}), s.URL)
	}
	if got, err := ask(2000); err != nil || got != body {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for _, chunked = range []bool{false, true} {
		if _, err := ask(1999); keyOf(err) != "fetch.size" {
			t.Errorf("chunked %v: %v", chunked, err)
		}
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "172.32.0.1": true, "172.31.255.255": false, "192.168.1.1": false, "224.0.0.1": false,
		"255.255.255.255": false, "::": false, "fe80::1": false, "ff02::1": false, "2002:7f00:1::": false, "::ffff:10.0.0.1": false, "::7f00:1": false,
	} {
		if got := fetch.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
