// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Rate is how often somebody may do something: so many at once, and so many a minute in the long run. The zero Rate sets no limit.
type Rate struct {
	PerMinute int
	Burst     int
}

// Limits protect everybody from one reader who asks for too much. They count in this process, per network address (see Request.Client) or, for
// people who are signed in, per account. Requests from the machine itself are not limited: a proxy that was not named in the configuration would
// make all readers one.
type Limits struct {
	Read  Rate // pages and files
	Write Rate // forms; a route may have its own
}

// defaultLimits leave room for a whole office behind one address.
var defaultLimits = Limits{Read: Rate{PerMinute: 12000, Burst: 3000}, Write: Rate{PerMinute: 300, Burst: 100}}

// Limit gives a route its own rate of writes, counted apart from that of all others.
func Limit(rate Rate) RouteOption { return func(l *limits) { l.rate = &rate } }

// meter counts how much of its rate each key has used: a bucket of Burst tokens filled with PerMinute a minute.
type meter struct {
	mu    sync.Mutex
	kept  map[string]bucket
	sweep time.Time
}

type bucket struct {
	tokens float64
	at     time.Time
	full   time.Time // when it is full again and can be forgotten
}

// mostBuckets bounds the memory of a meter; beyond, every other one is forgotten, which forgives.
const mostBuckets = 50000

// take uses one token of the key; wait is how long until there is one again, 0 when it was there.
func (m *meter) take(key string, r Rate, now time.Time) (wait time.Duration) {
	if r.PerMinute <= 0 {
		return 0
	}
	perSecond := float64(r.PerMinute) / 60
	burst := float64(max(r.Burst, 1))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]bucket{}
	}
	b, ok := m.kept[key]
	if !ok {
		b = bucket{tokens: burst, at: now}
	}
	b.tokens = math.Min(burst, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens < 1 {
		wait = time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	} else {
		b.tokens--
	}
	b.full = now.Add(time.Duration((burst - b.tokens) / perSecond * float64(time.Second)))
	m.kept[key] = b
	m.clear(now)
	return wait
}

func (m *meter) clear(now time.Time) {
	if now.Sub(m.sweep) < time.Minute && len(m.kept) <= mostBuckets {
		return
	}
	m.sweep = now
	drop := false
	for key, b := range m.kept {
		if b.full.Before(now) || drop && len(m.kept) > mostBuckets/2 {
			delete(m.kept, key)
		}
		drop = !drop
	}
}

// errTooMany asks to wait; it becomes a 429.
type errTooMany struct{ wait time.Duration }

func (e errTooMany) Error() string { return "too many requests; wait " + e.wait.String() }

// seconds is the wait as people and Retry-After count it.
func (e errTooMany) seconds() int64 { return int64((e.wait + time.Second - 1) / time.Second) }

// TooMany is the error of a handler that counts by itself: the page says how long to wait, with status 429.
func TooMany(wait time.Duration) error { return errTooMany{wait} }

// limit counts the request; nil when it may go on.
func (m *Mux) limit(r *Request, rate *Rate) error {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	if r.local() {
		return nil
	}
	key := "n " + r.Client()
	if r.Actor.Person != "" {
		key = "p " + string(r.Actor.Person)
	}
	used, of := &m.reads, m.o.Limits.Read
	if !read {
		used, of = &m.writes, m.o.Limits.Write
		if rate != nil {
			of, key = *rate, key+" "+r.Pattern
		}
	}
	if wait := used.take(key, of, time.Now()); wait > 0 {
		return errTooMany{wait}
	}
	return nil
}

// local tells a request from the machine itself that no proxy has passed on.
func (r *Request) local() bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && addr.Addr().Unmap().IsLoopback() && (r.Header.Get("X-Forwarded-For") == "" || r.mux == nil || !r.mux.trusted(addr.Addr().Unmap()))
}

// refuseEncoded answers bodies in a packed form: unpacking could make any size of them (reliability.md A08).
func refuseEncoded(r *http.Request) error {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return kernel.E(kernel.Invalid, "web.encoded")
	}
	return nil
}

func retryAfter(h http.Header, seconds int64) { h.Set("Retry-After", strconv.FormatInt(seconds, 10)) }
