// SPDX-License-Identifier: EUPL-1.2

package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	pebbledb "github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
)

// authority is a real ACME server (Pebble, of the people who run Let's Encrypt) that looks for our names on this machine.
type authority struct {
	directory string
	root      string // PEM file of the certificate of its own address
	issued    *x509.CertPool
}

// newAuthority starts one that validates HTTP-01 and TLS-ALPN-01 at the ports given.
func newAuthority(t *testing.T, httpPort, tlsPort int) authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "20") // a client has to bear refused nonces
	quiet := log.New(io.Discard, "", 0)
	store := pebbledb.NewMemoryStore()
	authorities := ca.New(quiet, store, "", 0, 1, map[string]ca.Profile{"default": {Description: "test", ValidityPeriod: 7776000}})
	front := wfe.New(quiet, store, va.New(quiet, httpPort, tlsPort, false, names(t), store), authorities, false, false, 1, 1)
	srv := httptest.NewTLSServer(front.Handler())
	t.Cleanup(srv.Close)
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authorities.GetRootCert(0).Cert)
	return authority{directory: srv.URL + wfe.DirectoryPath, root: root, issued: pool}
}

// names is a name server for which every name is this machine.
func names(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(out, from) // it will ask again
			}
		}
	}()
	return c.LocalAddr().String()
}

// instance is one process's way of serving with certificates from the authority.
type instance struct {
	http, https net.Listener
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func port(t *testing.T, l net.Listener) int {
	t.Helper()
	n, err := strconv.Atoi(server.Port(l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (i instance) serve(t *testing.T, a authority, cache server.CertCache) {
	t.Helper()
	serves := server.OneOf(func(context.Context) ([]string, error) { return []string{"stadt.example"}, nil })
	c := &server.ACME{Directory: a.directory, Root: a.root, Contact: "it@stadt.example", Serves: serves, Cache: cache}
	secure, err := c.TLS()
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Stadt") })
	for _, s := range []struct {
		l net.Listener
		h http.Handler
		c *tls.Config
	}{{i.https, page, secure}, {i.http, c.Answer(server.Redirect(serves, server.Port(i.https.Addr().String()))), nil}} {
		srv := &http.Server{Handler: s.h, ErrorLog: log.New(io.Discard, "", 0)}
		d := server.NewDrain(srv)
		done := make(chan error, 1)
		go func() { done <- d.Serve(s.l, s.c) }()
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			d.Stop(ctx, time.Millisecond)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// shake connects as a browser would that trusts the authority.
func (i instance) shake(a authority, name string, c *tls.Config) (*x509.Certificate, error) {
	c.ServerName, c.RootCAs = name, a.issued
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", i.https.Addr().String(), c)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

func cacheOf(t *testing.T, d *db.DB) server.CertCache {
	t.Helper()
	box, err := secret.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	return server.CertCache{DB: d, Box: box}
}

// TestCertificatesFromAnACMEServer: both kinds of challenge, certificates for our names only, kept sealed in the database and shared by processes.
func TestCertificatesFromAnACMEServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Run("TLS-ALPN-01", func(t *testing.T) {
			i := instance{listen(t), listen(t)}
			a := newAuthority(t, 1, port(t, i.https)) // nothing answers HTTP-01
			cache := cacheOf(t, d)
			i.serve(t, a, cache)
			cert, err := i.shake(a, "stadt.example", &tls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if err := cert.VerifyHostname("stadt.example"); err != nil {
				t.Error(err)
			}
			if _, err := i.shake(a, "fremd.example", &tls.Config{}); err == nil {
				t.Error("a certificate for a name that is not ours")
			}
			if _, err := i.shake(a, "stadt.example", &tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
				t.Error("TLS 1.1 is taken")
			}
			// Another process serves the same certificate without asking for one: its authority is nowhere.
			other := instance{listen(t), listen(t)}
			other.serve(t, authority{directory: "https://127.0.0.1:1/dir", root: a.root}, cache)
			again, err := other.shake(a, "stadt.example", &tls.Config{})
			if err != nil || again.SerialNumber.Cmp(cert.SerialNumber) != 0 {
				t.Errorf("the second process: %v", err)
			}
			// What lies in the database is worth nothing without the key.
			var open int
			row := d.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from certificate_cache where value like '%PRIVATE%' or value like '%BEGIN%'`)
			if err := row.Scan(&open); err != nil || open != 0 {
				t.Errorf("%d keys lie open: %v", open, err)
			}
			if _, err := cacheOf(t, d).Get(t.Context(), "stadt.example"); err == nil {
				t.Error("opened with another key")
			}
		})
		t.Run("HTTP-01", func(t *testing.T) {
			i := instance{listen(t), listen(t)}
			a := newAuthority(t, port(t, i.http), 1) // nothing answers TLS-ALPN-01
			cache := cacheOf(t, d)
			i.serve(t, a, cache)
			if _, err := i.shake(a, "stadt.example", &tls.Config{}); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// TestPlainHTTPLeadsToHTTPS for our names and nothing else.
func TestPlainHTTPLeadsToHTTPS(t *testing.T) {
	h := server.Redirect(server.OneOf(func(context.Context) ([]string, error) { return []string{"stadt.example"}, nil }), "8443")
	for _, c := range []struct {
		method, host, path string
		status             int
		to                 string
	}{
		{"GET", "stadt.example", "/raeume?a=b", 308, "https://stadt.example:8443/raeume?a=b"},
		{"HEAD", "Stadt.Example:80", "/", 308, "https://Stadt.Example:8443/"},
		{"POST", "stadt.example", "/anmelden", 400, ""},
		{"GET", "fremd.example", "/", 421, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.to {
			t.Errorf("%+v: %d %s", c, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestCertificateFilesAreReadAgain when they change; while they do not fit together the old certificate stays.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var told error
	f := &server.Files{Cert: cert, Key: key, Failed: func(err error) { told = err }}
	if _, err := f.TLS(); err == nil {
		t.Fatal("served without files")
	}
	write(t, cert, key, 1)
	c, err := f.TLS()
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		got, err := c.GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		x, err := x509.ParseCertificate(got.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return x.SerialNumber.Int64()
	}
	becomes := func(want int64) {
		t.Helper()
		for start := time.Now(); serial() != want; time.Sleep(50 * time.Millisecond) {
			if time.Since(start) > time.Minute {
				t.Fatalf("still certificate %d, want %d", serial(), want)
			}
		}
	}
	var e server.Expiry
	if _, ok := e.Earliest(); ok {
		t.Error("an end before any certificate was shown")
	}
	e.Watch(c)
	becomes(1)
	if at, ok := e.Earliest(); !ok || time.Until(at) > time.Hour || time.Until(at) < 30*time.Minute {
		t.Errorf("the certificate ends at %v", at)
	}
	write(t, cert, key, 2)
	becomes(2)
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); told == nil && time.Since(start) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if serial() != 2 {
			t.Fatal("the old certificate is gone")
		}
	}
	if told == nil {
		t.Error("nobody was told of the broken file")
	}
	write(t, cert, key, 3)
	becomes(3)
}

// write makes a certificate of the serial number.
func write(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "stadt.example"}, DNSNames: []string{"stadt.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, x, x, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: private}, cert: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
