// SPDX-License-Identifier: EUPL-1.2

// Package web is the door through which citizens, planners and offices reach the town's pages. It finds out which town, which language and who
// asks, lets nobody through to a route whose action the permission table denies, and turns what a handler returns into a page a person can act
// on.
//
// Invariants: a route cannot be registered without an action; nothing is stored for a reader before sign-in; no page needs JavaScript, inline
// script or inline style; an error never shows what is inside; the log holds no personal data and no query strings.
package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// Tenant is what a page needs to know of a town.
type Tenant struct {
	ID        kernel.ID
	Key       string
	Name      kernel.Text
	Fictional bool                            // shown on every page, on screen and in print
	Hosts     []string                        // host names under which the town is reached without /t/{key}; the first one is its own
	Canonical bool                            // readers under other names are sent to the first host
	Languages []string                        // offered beside German; empty: all the catalogue has
	Region    bool                            // has member towns and shows them side by side
	Style     string                          // path within the town of its style sheet; empty: the colours of the program
	Logo      Picture                         // in place of the copper thread
	Terms     map[string]map[string]i18n.Term // the town's words, by language and key
}

// Picture is a picture of the town with its size in pixels and what it shows.
type Picture struct {
	Path          string // within the town; empty: none
	Width, Height int
	Alt           kernel.Text
}

// Tenants knows the towns of the installation.
type Tenants interface {
	Tenants(ctx context.Context) ([]Tenant, error)
}

// Sessions tells who asks. Load makes the session of the request available to next and writes it back when next changed it; Actor reads it.
type Sessions interface {
	Load(t Tenant, next http.Handler) http.Handler
	Actor(r *http.Request, t Tenant) (access.Actor, error)
}

// Dutiful are sessions of people who may have something to do before anything else: replace a one-time password, set up a second factor. Duty
// gives the path to it, empty where there is none.
type Dutiful interface {
	Duty(r *http.Request, t Tenant) string
}

// Slots are the answers to "Woher kommt das?" and "Was wurde daraus?" for the object a page shows; app fills them, so that no page imports
// what comes after it in the chain. Either may be nil.
type Slots func(r *Request, subject kernel.Ref) (whence, became templ.Component)

// Options wire the mux.
type Options struct {
	Tenants  Tenants
	Sessions Sessions // nil: everybody is anonymous
	Slots    Slots    // nil: no slots
	// Signed gives the path of the video in sign language of a public page, empty where it has none; nil: there are none.
	Signed func(ctx context.Context, tenant kernel.ID, path string) (string, error)
	// SignIn draws the sign-in form inside the page of an anonymous reader who asked for more; back is where to go afterwards.
	SignIn  func(r *Request, back string) templ.Component
	Log     *slog.Logger      // nil: slog.Default
	TLS     bool              // pages are reached through HTTPS: send HSTS
	URL     string            // public address of the installation, "https://sozialplanung.example.de"; empty: not known
	Hosts   []string          // names under which the installation is reached; empty, and no URL: any. Hosts of towns are always allowed
	Proxies []netip.Prefix    // reverse proxies whose X-Forwarded-For is believed
	Cache   int               // bytes of rendered pages kept in memory; 0: 24 MiB
	Limits  Limits            // zero rates: those of the program
	Load    Load              // zero: as the program thinks right
	Observe func(Observation) // told of every request; nil: nobody
	Marks   Marker            // for the tokens of guarded forms; nil: good until the program ends
}

// Handler serves one request. What it returns becomes a page: kernel kinds by errorStatus, everything else a 500.
type Handler func(w http.ResponseWriter, r *Request) error

// Route is one registered address.
type Route struct {
	Pattern string // "GET /raeume/{level}", without town and language
	Method  string
	Path    string
	Action  access.Action
	System  bool // answered before any town is known: health, robots
}

// Mux routes requests.
type Mux struct {
	o       Options
	costly  *gate
	inner   *http.ServeMux
	system  *http.ServeMux
	csrf    *http.CrossOriginProtection
	routes  []Route
	pages   map[string]bool // paths of routes with GET
	cache   *pageCache
	static  *staticFiles
	reading sync.Mutex // held by the one who reads the towns anew
	dir     atomic.Pointer[directoryRead]
	reads   meter
	writes  meter
	guard   guard
}

// directoryRead is the towns as they were read at a time.
type directoryRead struct {
	*directory
	at time.Time
}

// New makes a mux that serves static files and the page of unknown addresses; capabilities add their routes.
func New(o Options) *Mux {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Cache == 0 {
		o.Cache = 24 << 20
	}
	if o.Limits.Read == (Rate{}) {
		o.Limits.Read = defaultLimits.Read
	}
	if o.Limits.Write == (Rate{}) {
		o.Limits.Write = defaultLimits.Write
	}
	if o.Marks == nil {
		o.Marks = newOwnMarks()
	}
	if o.Load.Body == 0 {
		o.Load.Body = 30 * time.Second
	}
	m := &Mux{
		o:      o,
		costly: newGate(o.Load),
		inner:  http.NewServeMux(),
		system: http.NewServeMux(),
		csrf:   http.NewCrossOriginProtection(),
		cache:  newPageCache(o.Cache),
		static: loadStatic(),
	}
	if err := m.static.err; err != nil {
		o.Log.Warn("style sheets and scripts are missing: run make assets", "err", err)
	}
	m.System("GET /static/{rest...}", m.static)
	m.System("GET /favicon.ico", http.HandlerFunc(m.static.favicon))
	m.System("GET /robots.txt", http.HandlerFunc(robots))
	m.System("POST "+reportPath, http.HandlerFunc(m.policyReport))
	return m
}

// RouteOption changes the limits of one route.
type RouteOption func(*limits)

type limits struct {
	body    int64
	timeout time.Duration
	stream  bool
	rate    *Rate
	costly  bool
	within  []place
	held    bool
}

// place says which parameter of a path names what a role can be held in.
type place struct {
	kind  access.ContextKind
	param string
}

// MaxBody allows a request body of n bytes instead of 1 MiB.
func MaxBody(n int64) RouteOption { return func(l *limits) { l.body = n } }

// In lets roles count that are held in what a parameter of the path names: In(access.InProcess, "process") opens the route to the team of that
// process too.
func In(kind access.ContextKind, param string) RouteOption {
	return func(l *limits) { l.within = append(l.within, place{kind, param}) }
}

// Held opens a route to whoever holds a role for its action anywhere: in an office, a process, an area. What they see there is judged object by
// object, by the service.
func Held() RouteOption { return func(l *limits) { l.held = true } }

// Timeout allows the handler d instead of 30 seconds.
func Timeout(d time.Duration) RouteOption { return func(l *limits) { l.timeout = d } }

// Stream leaves the body to the handler (no form is read), sends what it writes at once and without time limit: event streams and large files.
func Stream() RouteOption { return func(l *limits) { l.stream = true } }

// Handle adds a route. The pattern is that of http.ServeMux, without town and language; do is the action the reader must be allowed to do in
// the town. It panics when the pattern clashes or the action is empty or unknown to the permission table: that is a fault of the program, seen
// at its first start.
func (m *Mux) Handle(pattern string, do access.Action, h Handler, opts ...RouteOption) {
	if !known(do) {
		panic("web: route " + pattern + " without an action of the permission table: " + string(do))
	}
	l := limits{body: 1 << 20, timeout: 30 * time.Second}
	for _, o := range opts {
		o(&l)
	}
	m.add(pattern, do, false)
	m.inner.HandleFunc(pattern, func(w http.ResponseWriter, hr *http.Request) {
		r := From(hr.Context())
		r.Request = hr
		r.Pattern = pattern
		m.serve(w, r, do, h, l)
	})
}

func known(do access.Action) bool {
	for _, a := range access.Actions() {
		if a == do {
			return true
		}
	}
	return false
}

// System adds an address that belongs to the installation and to no town: health, metrics, files. Everybody may read it.
func (m *Mux) System(pattern string, h http.Handler) {
	m.add(pattern, access.ReadPublic, true)
	m.system.Handle(pattern, h)
}

func (m *Mux) add(pattern string, do access.Action, system bool) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("web: route " + pattern + " without a method")
	}
	if method == http.MethodGet {
		if m.pages == nil {
			m.pages = map[string]bool{}
		}
		m.pages[path] = true
	}
	m.routes = append(m.routes, Route{Pattern: pattern, Method: method, Path: path, Action: do, System: system})
}

// Routes lists every route in the order of registration, for matrix tests and documentation.
func (m *Mux) Routes() []Route { return append([]Route(nil), m.routes...) }

// serve checks permission, sets the limits, runs the handler and turns its error into a page.
func (m *Mux) serve(w http.ResponseWriter, r *Request, do access.Action, h Handler, l limits) {
	to := access.Object{Tenant: r.Actor.Tenant}
	for _, x := range l.within {
		to.Within = append(to.Within, access.Context{Kind: x.kind, Key: r.PathValue(x.param)})
	}
	if err := access.Check(r.Actor, do, to); err != nil && !(l.held && access.Anywhere(r.Actor, do)) {
		if r.SignedIn() {
			m.o.Log.WarnContext(r.Request.Context(), "refused", "request", r.ID, "town", r.Tenant.Key, "route", r.Pattern, "action", do, "account", r.Actor.Person)
		}
		m.fail(w, r, err)
		return
	}
	if err := m.limit(r, l.rate); err != nil {
		m.fail(w, r, err)
		return
	}
	if r.URL.RawQuery != "" && !legible(r.URL.Query()) {
		m.fail(w, r, kernel.E(kernel.Invalid, "web.text"))
		return
	}
	if err := refuseEncoded(r.Request); err != nil {
		m.failStatus(w, r, http.StatusUnsupportedMediaType, err)
		return
	}
	ctx := r.Request.Context()
	if l.stream {
		rc := http.NewResponseController(w)
		// An error here means a writer without deadlines, as in tests.
		_ = rc.SetWriteDeadline(time.Time{})
		_ = rc.SetReadDeadline(time.Time{})
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.timeout)
		defer cancel()
		r.Request = r.Request.WithContext(ctx)
	}
	if r.Body != nil {
		if r.ContentLength > l.body { // refused before it is sent
			w.Header().Set("Connection", "close")
			m.fail(w, r, &http.MaxBytesError{Limit: l.body})
			return
		}
		if !l.stream {
			r.Body = &paced{ReadCloser: r.Body, rc: http.NewResponseController(w), start: time.Now(), grace: m.o.Load.Body}
		}
		r.Body = http.MaxBytesReader(w, r.Body, l.body)
	}
	if !l.stream && r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := readForm(r.Request); err != nil {
			m.fail(w, r, err)
			return
		}
	}
	if l.costly {
		leave, err := m.costly.enter(ctx)
		if err != nil {
			m.fail(w, r, err)
			return
		}
		defer leave()
	}
	if err := h(w, r); err != nil {
		m.fail(w, r, err)
	}
}

// tenantsTTL is how long a change of a town's name may take to show on pages.
const tenantsTTL = 2 * time.Second

// towns gives the towns as they are, or were a moment ago. One request in two seconds reads them anew; the others go on with what is there.
func (m *Mux) towns(ctx context.Context) (*directory, error) {
	d := m.dir.Load()
	if d != nil && (time.Since(d.at) < tenantsTTL || !m.reading.TryLock()) {
		return d.directory, nil
	}
	if d == nil {
		m.reading.Lock()
	}
	defer m.reading.Unlock()
	if now := m.dir.Load(); now != d {
		return now.directory, nil // read while we waited
	}
	list, err := m.o.Tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	read := &directoryRead{newDirectory(list), time.Now()}
	if len(list) > 0 { // an installation without a town asks again, so that the first one is seen at once
		m.dir.Store(read)
	}
	return read.directory, nil
}

// known gives the towns as last read.
func (m *Mux) known() *directory {
	if d := m.dir.Load(); d != nil {
		return d.directory
	}
	return newDirectory(nil)
}

// TownsChanged has the next request read the towns anew, after this process changed one. Other processes see it within two seconds.
func (m *Mux) TownsChanged() { m.dir.Store(nil) }

// version stands for everything of the town and the program that the page shell shows.
func (t Tenant) version() string {
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// Server wraps a handler with limits against slow and oversized requests; the timeouts leave room for an upload over a slow line.
func Server(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
