// SPDX-License-Identifier: EUPL-1.2

// Package fetch is the one way in which the program reads addresses that somebody gave it: an identity provider, a council information system.
// Nothing else in the program opens a connection to a foreign address.
//
// Whoever can type an address must not be able to look into the network the program stands in (SSRF, CWE-918): the address a name leads to is
// checked when the connection is made, not before, so that a name which changes in between gains nothing; private, local and reserved ranges are
// refused unless the operator has named the host; redirects are followed a few steps and checked each time; answers are limited in size and time.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Options of a client.
type Options struct {
	// Hosts are names or addresses the operator has allowed although they lie in the own network, "idp.intern.example" or "10.1.2.3:8443". They
	// may be reached without HTTPS too.
	Hosts []string
	// MaxBytes of an answer; 4 MiB when zero.
	MaxBytes int64
	// Timeout of a request as a whole; 20 seconds when zero.
	Timeout time.Duration
	// Resolver looks names up; nil: the machine's. Tests bring their own.
	Resolver Resolver
}

// Resolver gives the addresses of a name.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const mostRedirects = 3

// Client is an HTTP client with these limits. Its errors are kernel errors: Invalid "fetch.scheme", "fetch.private" for addresses it refuses,
// Unavailable "fetch.failed" and "fetch.size" for answers that do not come or are too large.
func Client(o Options) *http.Client {
	if o.MaxBytes == 0 {
		o.MaxBytes = 4 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	g := &guard{o}
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &limited{g, &http.Transport{
			Proxy:                 nil, // a proxy would look the name up itself
			DialContext:           g.dial,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: o.Timeout,
			MaxIdleConns:          10,
			IdleConnTimeout:       30 * time.Second,
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > mostRedirects {
				return kernel.E(kernel.Unavailable, "fetch.failed", "host", r.URL.Hostname())
			}
			return g.check(r.URL)
		},
	}
}

type guard struct{ o Options }

// allowed tells whether the operator has named the host.
func (g *guard) allowed(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return slices.ContainsFunc(g.o.Hosts, func(h string) bool { return strings.EqualFold(h, host) || strings.EqualFold(h, name) })
}

// check refuses an address by its form.
func (g *guard) check(u *url.URL) error {
	if u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !g.allowed(u.Host)) {
		return kernel.E(kernel.Invalid, "fetch.scheme", "host", u.Hostname())
	}
	return nil
}

// dial looks the name up, keeps the addresses that may be reached, and connects to one of exactly these.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	free := g.allowed(address)
	var ips []netip.Addr
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = []netip.Addr{ip}
	} else if ips, err = g.o.Resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "fetch.failed", Params: kernel.Params("host", host), Err: err}
	}
	d := net.Dialer{
		Timeout: 10 * time.Second,
		// Once more on the address the connection is really made to.
		Control: func(_, to string, _ syscall.RawConn) error {
			if ap, err := netip.ParseAddrPort(to); err != nil || !free && !Public(ap.Addr()) {
				return kernel.E(kernel.Invalid, "fetch.private", "host", host)
			}
			return nil
		},
	}
	failure := error(kernel.E(kernel.Invalid, "fetch.private", "host", host))
	for _, ip := range ips {
		if !free && !Public(ip) {
			continue
		}
		conn, err := d.DialContext(ctx, network, netip.AddrPortFrom(ip.Unmap(), portOf(port)).String())
		if err == nil {
			return conn, nil
		}
		failure = &kernel.Error{Kind: kernel.Unavailable, Key: "fetch.failed", Params: kernel.Params("host", host), Err: err}
	}
	return nil, failure
}

func portOf(s string) uint16 {
	n, err := net.LookupPort("tcp", s)
	if err != nil || n < 0 || n > 65535 {
		return 0
	}
	return uint16(n)
}

// reserved are the ranges nobody in the Internet has (IANA special-purpose registries, RFC 6890) beside those netip knows by name.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // future use and broadcast
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64: an IPv4 address in disguise
	netip.MustParsePrefix("64:ff9b:1::/48"),  // NAT64, local use
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address in disguise
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("5f00::/16"),       // segment routing
}

// Public tells whether an address belongs to the Internet, not to the own machine, network or a reserved range.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	if ip.Is6() && netip.MustParsePrefix("::/96").Contains(ip) { // IPv4-compatible, deprecated
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// limited checks each request's address and bounds each answer.
type limited struct {
	g    *guard
	next http.RoundTripper
}

// RoundTrip sends one request.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := l.g.check(r.URL); err != nil {
		return nil, err
	}
	res, err := l.next.RoundTrip(r)
	if err != nil {
		var k *kernel.Error
		if errors.As(err, &k) {
			return nil, k
		}
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "fetch.failed", Params: kernel.Params("host", r.URL.Hostname()), Err: err}
	}
	if res.ContentLength > l.g.o.MaxBytes {
		return nil, errors.Join(tooLarge(r.URL), res.Body.Close())
	}
	res.Body = &bounded{res.Body, l.g.o.MaxBytes, tooLarge(r.URL)}
	return res, nil
}

func tooLarge(u *url.URL) error {
	return kernel.E(kernel.Unavailable, "fetch.size", "host", u.Hostname())
}

// bounded fails instead of ending when there is more than allowed: half an answer must not be taken for a whole one.
type bounded struct {
	io.ReadCloser
	left int64
	over error
}

// Read reads up to the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("read: %w", b.over)
	}
	return n, err
}
