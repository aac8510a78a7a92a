// SPDX-License-Identifier: EUPL-1.2

package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Files serves a certificate from files and reads them again when they change, so that whoever renews it need not restart anything. While the
// new files do not fit together the old certificate stays.
type Files struct {
	Cert, Key string
	// Failed is told when changed files cannot be used; it may be nil.
	Failed func(error)

	mu      sync.Mutex
	cert    *tls.Certificate
	seen    [2]fileState
	checked time.Time
}

type fileState struct {
	size int64
	at   time.Time
}

// fileCheck is how often the files are looked at.
const fileCheck = time.Second

// TLS reads the files for the first time and gives what a listener needs.
func (f *Files) TLS() (*tls.Config, error) {
	if _, err := f.get(nil); err != nil {
		return nil, err
	}
	c := modern()
	c.GetCertificate = f.get
	return c, nil
}

func (f *Files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cert != nil && time.Since(f.checked) < fileCheck {
		return f.cert, nil
	}
	f.checked = time.Now()
	var state [2]fileState
	for i, name := range []string{f.Cert, f.Key} {
		info, err := os.Stat(name)
		if err != nil {
			return f.keep(name, err)
		}
		state[i] = fileState{info.Size(), info.ModTime()}
	}
	if f.cert != nil && state == f.seen {
		return f.cert, nil
	}
	c, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return f.keep(f.Cert, err)
	}
	f.cert, f.seen = &c, state
	return f.cert, nil
}

// keep goes on with the certificate there is.
func (f *Files) keep(name string, err error) (*tls.Certificate, error) {
	err = &kernel.Error{Kind: kernel.Unavailable, Key: "tls.files", Params: kernel.Params("file", name), Err: err}
	if f.cert == nil {
		return nil, err
	}
	if f.Failed != nil {
		f.Failed(err)
	}
	return f.cert, nil
}

// modern is what pages are encrypted with: TLS 1.2 or newer and the cipher suites Go holds safe (ASVS 12.1.1).
func modern() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}

// ACME gets certificates from an ACME service (RFC 8555) for the names the installation serves, and renews them.
type ACME struct {
	Directory string // address of the service's directory
	Contact   string // mail address for its messages; may be empty
	Root      string // PEM file with the service's root certificate; empty: those of the system
	// Serves tells whether a name is one of ours; certificates are asked for no other.
	Serves func(ctx context.Context, host string) (bool, error)
	Cache  autocert.Cache // shared by all processes of the installation

	manager *autocert.Manager
}

// TLS gives what a listener needs; it answers the challenges of TLS-ALPN-01 (RFC 8737) itself.
func (a *ACME) TLS() (*tls.Config, error) {
	client := &http.Client{Timeout: time.Minute}
	if a.Root != "" {
		pem, err := os.ReadFile(a.Root)
		pool := x509.NewCertPool()
		if err == nil && !pool.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in it")
		}
		if err != nil {
			return nil, &kernel.Error{Kind: kernel.Invalid, Key: "tls.files", Params: kernel.Params("file", a.Root), Err: err}
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment}
	}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: a.Cache, Email: a.Contact, HostPolicy: a.policy,
		Client: &acme.Client{DirectoryURL: a.Directory, HTTPClient: client, UserAgent: "kupferfaden"},
	}
	c := a.manager.TLSConfig()
	c.MinVersion = modern().MinVersion
	return c, nil
}

func (a *ACME) policy(ctx context.Context, host string) error {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h // an authority of one's own may ask at another port
	}
	ok, err := a.Serves(ctx, host)
	if err == nil && !ok {
		err = fmt.Errorf("no certificate for %q: not a name of this installation", host)
	}
	return err
}

// Answer answers the challenges of HTTP-01 and hands everything else to next.
func (a *ACME) Answer(next http.Handler) http.Handler { return a.manager.HTTPHandler(next) }

// Redirect leads plain HTTP to HTTPS, for names of the installation only: a foreign name is not repeated. What was sent in the clear must not be
// sent again unnoticed, so a form is refused.
func Redirect(serves func(ctx context.Context, host string) (bool, error), port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		ok, err := serves(r.Context(), strings.ToLower(host))
		switch {
		case err != nil:
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		case !ok:
			http.Error(w, http.StatusText(http.StatusMisdirectedRequest), http.StatusMisdirectedRequest)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "HTTPS only", http.StatusBadRequest)
			return
		}
		if port != "" && port != "443" {
			host = net.JoinHostPort(host, port)
		}
		w.Header().Set("Location", (&url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}).String())
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}

// Expiry remembers until when the certificates last shown to readers are good.
type Expiry struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// Watch notes each certificate that the configuration hands out.
func (e *Expiry) Watch(c *tls.Config) {
	next := c.GetCertificate
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := next(hello)
		if err == nil && cert != nil && len(cert.Certificate) > 0 && !slices.Contains(hello.SupportedProtos, acme.ALPNProto) {
			leaf := cert.Leaf
			if leaf == nil {
				leaf, _ = x509.ParseCertificate(cert.Certificate[0]) // a certificate that cannot be read is the reader's to refuse
			}
			if leaf != nil {
				e.mu.Lock()
				if e.until == nil || len(e.until) > 1000 {
					e.until = map[string]time.Time{}
				}
				e.until[leaf.Subject.CommonName+strings.Join(leaf.DNSNames, " ")] = leaf.NotAfter
				e.mu.Unlock()
			}
		}
		return cert, err
	}
}

// Earliest is when the first of them ends; ok is false as long as none was shown.
func (e *Expiry) Earliest() (at time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.until {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// Port is the port of an address a listener has or was asked for; empty when there is none.
func Port(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return port
}

// OneOf makes a check of names from a list that is read when asked.
func OneOf(list func(ctx context.Context) ([]string, error)) func(ctx context.Context, host string) (bool, error) {
	return func(ctx context.Context, host string) (bool, error) {
		names, err := list(ctx)
		return slices.Contains(names, host), err
	}
}
