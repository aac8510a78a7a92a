// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Load bounds what costs much, so that pages stay quick whatever is asked for beside them.
type Load struct {
	AtOnce int           // costly requests at the same time; 0: one a processor
	Wait   time.Duration // how long one waits for its turn; 0: 5 seconds
	Queue  int           // how many may wait; 0: eight for each that runs
	Body   time.Duration // how long a body may take beside what its size needs; 0: 30 seconds
}

// Costly marks a route that computes much for one reader: exports, drafts of reports. Of those only a few run at once.
func Costly() RouteOption { return func(l *limits) { l.costly = true } }

// gate lets a few in and a few more wait.
type gate struct {
	inside  chan struct{}
	queue   int64
	waiting atomic.Int64
	wait    time.Duration
	turned  atomic.Int64 // how many were asked to come back
}

func newGate(l Load) *gate {
	n := l.AtOnce
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0))
	}
	g := &gate{inside: make(chan struct{}, n), queue: int64(l.Queue), wait: l.Wait}
	if g.queue == 0 {
		g.queue = int64(8 * n)
	}
	if g.wait == 0 {
		g.wait = 5 * time.Second
	}
	return g
}

// enter waits for a place; leave gives it back. Unavailable "web.busy" when there is none in time.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.inside }
	select {
	case g.inside <- struct{}{}:
		return leave, nil
	default:
	}
	if g.waiting.Add(1) <= g.queue {
		defer g.waiting.Add(-1)
		t := time.NewTimer(g.wait)
		defer t.Stop()
		select {
		case g.inside <- struct{}{}:
			return leave, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.C:
		}
	} else {
		g.waiting.Add(-1)
	}
	g.turned.Add(1)
	return nil, kernel.E(kernel.Unavailable, "web.busy")
}

// Busy tells how many costly requests run, wait, and were asked to come back since the start.
func (m *Mux) Busy() (running, waiting int, turned int64) {
	return len(m.costly.inside), int(m.costly.waiting.Load()), m.costly.turned.Load()
}

// slowest is how many bytes a second a body must bring beyond its grace: a modem does.
const slowest = 4 << 10

// paced reads a body that must arrive at a pace (reliability.md A09): whoever sends a byte a second holds no worker.
type paced struct {
	io.ReadCloser
	rc    *http.ResponseController
	start time.Time
	grace time.Duration
	got   int64
}

func (p *paced) Read(b []byte) (int, error) {
	// An error means a writer without deadlines, as in tests.
	_ = p.rc.SetReadDeadline(p.start.Add(p.grace + time.Duration(p.got/slowest)*time.Second))
	n, err := p.ReadCloser.Read(b)
	p.got += int64(n)
	if err == io.EOF {
		_ = p.rc.SetReadDeadline(time.Time{}) // as above
	}
	return n, err
}

// Observation is what monitoring learns of a request: nothing about who asked or for what exactly.
type Observation struct {
	Route    string // the pattern it was registered with; empty for addresses that do not exist
	Method   string
	Status   int
	Took     time.Duration
	Panicked bool
}
