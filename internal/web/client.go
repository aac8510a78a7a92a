// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/netip"
	"slices"
	"strings"
)

// Client stands for the reader's network address, for slowing down guesses: an IPv4 address or the /64 of an IPv6 one, which one subscriber has.
// It is kept in memory, or for a day as a keyed hash where guesses are counted, and never logged. Behind a trusted proxy it is the last address of X-Forwarded-For that no trusted proxy has.
func (r *Request) Client() string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	ip := addr.Addr().Unmap()
	if r.mux != nil && r.mux.trusted(ip) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, h := range slices.Backward(hops) {
			hop, err := netip.ParseAddr(strings.TrimSpace(h))
			if err != nil {
				break
			}
			ip = hop.Unmap()
			if !r.mux.trusted(ip) {
				break
			}
		}
	}
	if ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

func (m *Mux) trusted(ip netip.Addr) bool {
	return slices.ContainsFunc(m.o.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}
