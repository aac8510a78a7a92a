// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// Address makes the absolute address of a path of a town, for mails, feeds and files. base is the public address of the installation as its
// operator configured it ("https://sozialplanung.example.de"), towns are all towns of the installation. A town with a canonical host is
// addressed there, else on base, else on its first host; where nothing is known the address begins with "/". The name a request came under
// plays no part, as anybody can send any (password reset poisoning).
func Address(base string, towns []Tenant, t Tenant, lang, p string) string {
	return newDirectory(towns).address(base, t, lang, p)
}

func (d *directory) address(base string, t Tenant, lang, p string) string {
	origin, prefix := d.origin(base, t)
	return origin + within(prefix, lang, kernel.Standard, p)
}

// origin gives scheme and host under which the town is addressed, and "/t/{key}" where the host alone does not tell.
func (d *directory) origin(base string, t Tenant) (origin, prefix string) {
	b, err := url.Parse(base)
	if err != nil || b.Host == "" {
		b = &url.URL{}
	}
	scheme := b.Scheme
	if scheme == "" {
		scheme = "https"
	}
	host := b.Host
	if len(t.Hosts) > 0 && (t.Canonical || host == "") {
		host = t.Hosts[0]
		if port := b.Port(); port != "" {
			host = net.JoinHostPort(host, port)
		}
	}
	if host != "" {
		origin = scheme + "://" + host
	}
	if i := d.home(host); i < 0 || d.list[i].ID != t.ID {
		prefix = "/t/" + t.Key
	}
	return origin, prefix
}

// within is the one place where the address of a path is put together: town, language, path, register.
func within(prefix, lang string, register kernel.Register, p string) string {
	out := prefix
	if lang != i18n.German {
		out += "/" + lang
	}
	base, q, _ := strings.Cut(p, "?")
	if base != "/" || out == "" {
		out += base
	}
	if register == kernel.Leicht && lang == i18n.German && !strings.Contains(q, "sprache=") {
		if q != "" {
			q += "&"
		}
		q += "sprache=" + string(kernel.Leicht)
	}
	return out + query(q)
}

// Link makes the address of a path of the town in the request's language and register. The path begins with "/" and may carry a query; path
// values that come from data are escaped by the caller with url.PathEscape.
func (r *Request) Link(p string) string { return r.LinkIn(r.Lang, p) }

// LinkIn is Link for another language.
func (r *Request) LinkIn(lang, p string) string { return within(r.prefix, lang, r.Register, p) }

// asset is the address of a file of the town that is the same in every language and register.
func (r *Request) asset(p string) string { return within(r.prefix, i18n.German, kernel.Standard, p) }

// Absolute is Link with scheme and host, for what leaves the page: mails, feeds, files. See Address.
func (r *Request) Absolute(p string) string { return r.AddressOf(r.Tenant, p) }

// AddressOf makes the address of a path of another town of the installation, in the request's language.
func (r *Request) AddressOf(t Tenant, p string) string {
	if r.mux == nil {
		return within("/t/"+t.Key, r.Lang, kernel.Standard, p)
	}
	return r.mux.known().address(r.mux.o.URL, t, r.Lang, p)
}

// directory finds towns by key and by host, and keeps what stands for their state, so that a request costs the same with one town and with a
// thousand.
type directory struct {
	list     []Tenant
	versions []string // of list, see Tenant.version
	keys     map[string]int
	hosts    map[string]int
}

func newDirectory(list []Tenant) *directory {
	d := &directory{list: list, versions: make([]string, len(list)), keys: make(map[string]int, len(list)), hosts: map[string]int{}}
	for i, t := range list {
		d.versions[i] = t.version()
		d.keys[t.Key] = i
		for _, h := range t.Hosts {
			if _, taken := d.hosts[h]; !taken {
				d.hosts[h] = i
			}
		}
	}
	return d
}

// home gives the index of the town that addresses without /t/{key} speak of, -1 where there is none: the one of the host, else the only one,
// else HomeTenant.
func (d *directory) home(host string) int {
	if i, ok := d.hosts[hostName(host)]; ok {
		return i
	}
	if len(d.list) == 1 {
		return 0
	}
	if i, ok := d.keys[HomeTenant]; ok {
		return i
	}
	return -1
}

// served tells whether the name a request came under is ours: one of the operator's, or a town's. Where the operator named none, any is.
func (m *Mux) served(d *directory, host string) bool {
	if len(m.o.Hosts) == 0 && m.o.URL == "" {
		return true
	}
	host = hostName(host)
	if _, ok := d.hosts[host]; ok || slices.Contains(m.o.Hosts, host) {
		return true
	}
	u, err := url.Parse(m.o.URL)
	return err == nil && u.Host != "" && hostName(u.Host) == host
}

// hostName is a Host header without port, in small letters and without the dot of the root.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// HostName is the name the request came under, in small letters and without port. Anybody can send any; it tells only which name leads here.
func (r *Request) HostName() string { return hostName(r.Host) }
