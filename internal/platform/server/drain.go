// SPDX-License-Identifier: EUPL-1.2

// Package server is how the pages reach the town for years without a pause: listeners that survive a restart, certificates that renew
// themselves, a stop that lets everybody finish, and a word to systemd.
//
// Invariants: a request that was accepted is answered, unless it takes longer than the limit of the stop; a new program that cannot start
// leaves the old one serving; the embedded database is claimed by one installation at a time, through a restart too.
package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Drain serves HTTP and stops without losing a request: it accepts no more connections, asks clients that keep one open to come back on a new
// one, and lets what runs finish. http.Server.Shutdown alone closes idle connections at once, also those on which a request is just arriving.
type Drain struct {
	srv     *http.Server
	closing atomic.Bool
	mu      sync.Mutex
	open    map[net.Conn]http.ConnState
	listens []net.Listener
}

// NewDrain wraps a server that has not been started yet.
func NewDrain(srv *http.Server) *Drain {
	d := &Drain{srv: srv, open: map[net.Conn]http.ConnState{}}
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.closing.Load() && r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
	srv.ConnState = func(c net.Conn, s http.ConnState) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if s == http.StateClosed || s == http.StateHijacked {
			delete(d.open, c)
		} else {
			d.open[c] = s
		}
	}
	return d
}

// Serve accepts connections until Stop, through TLS where a configuration is given; it returns nil then.
func (d *Drain) Serve(l net.Listener, secure *tls.Config) error {
	d.mu.Lock()
	d.listens = append(d.listens, l)
	d.mu.Unlock()
	var err error
	if secure != nil {
		d.srv.TLSConfig = secure
		err = d.srv.ServeTLS(l, "", "")
	} else {
		err = d.srv.Serve(l)
	}
	if d.closing.Load() {
		return nil
	}
	return err
}

// Stop accepts nothing more. Connections on which nothing runs get idle to send their next request, which is answered and then closed; what runs
// may go on until ctx ends. It tells how many connections had to be cut.
func (d *Drain) Stop(ctx context.Context, idle time.Duration) (cut int) {
	d.closing.Store(true)
	d.mu.Lock()
	for _, l := range d.listens {
		_ = l.Close() // a second close says so, which does not matter
	}
	d.mu.Unlock()
	grace, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	// Quiet means quiet for some ticks: a connection that was accepted just before the listener closed is not among the open ones yet.
	for quiet := 0; quiet < 5 && grace.Err() == nil; {
		select {
		case <-grace.Done():
		case <-tick.C:
		}
		if quiet++; d.count(nil) > 0 {
			quiet = 0
		}
	}
	if d.srv.Shutdown(ctx) == nil {
		return 0
	}
	cut = d.count(func(s http.ConnState) bool { return s == http.StateActive })
	_ = d.srv.Close() // the listeners are closed already, which is all it could complain of
	return cut
}

// count counts open connections in a state.
func (d *Drain) count(in func(http.ConnState) bool) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		if in == nil || in(s) {
			n++
		}
	}
	return n
}
