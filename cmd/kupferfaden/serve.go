// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/metrics"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// ServeCmd serves the pages.
type ServeCmd struct{ Settings }

// Run serves until it is stopped or replaced.
func (c *ServeCmd) Run(e *Env, verb *kong.Context) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	e.warnOfSettings(verb)
	log := c.logger(e)
	slog.SetDefault(log)
	sockets, before, err := server.Start()
	if err != nil {
		return err
	}
	config := c.config()
	config.Serve, config.Log = true, log
	if before != nil {
		config.Claim, config.Alone = before.Claim, before.Quiet
	}
	a, err := app.Open(e.Ctx, config)
	if errors.Is(err, context.Canceled) && e.Ctx.Err() != nil {
		log.Info("stopped") // asked to end while starting is no failure
		return nil
	}
	if err != nil {
		return err
	}
	s := &site{e: e, a: a, log: log, settings: c.Settings, sockets: sockets, before: before}
	v, goVersion := built()
	args := []any{"version", v, "go", goVersion, "pid", os.Getpid(), "database", string(a.DB.Engine()), "replaces", before != nil}
	for _, set := range e.settings(verb) {
		if set.given {
			args = append(args, slog.String("set."+set.name, strings.Trim(set.shown, `"`)))
		}
	}
	log.Info("start", args...)
	return errors.Join(s.serve(), s.close())
}

// logger writes what happens as the settings say, with times in UTC.
func (c *ServeCmd) logger(e *Env) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo // cannot happen: the settings know four words
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(e.Err, o))
	}
	return slog.New(slog.NewTextHandler(e.Err, o))
}

// site is an installation that serves.
type site struct {
	e        *Env
	a        *app.App
	log      *slog.Logger
	settings Settings
	sockets  *server.Sockets
	before   *server.Predecessor
	closed   bool
	started  time.Time

	drains []*server.Drain
	expiry server.Expiry
	side   []*http.Server // plain servers beside the pages: they may end at once
}

// How long connections without a request are kept when the program stops: long when a successor serves beside it, short when everybody waits.
const (
	idleBeside = 5 * time.Second
	idleAlone  = 500 * time.Millisecond
)

// startWithin is how long a new program may take until it serves.
const startWithin = 2 * time.Minute

// serve serves until the program is told to stop or a new one takes over.
func (s *site) serve() error {
	v, goVersion := built()
	figures := metrics.New(v, goVersion)
	options := s.settings.web()
	options.Observe = func(o web.Observation) { figures.Request(o.Method, o.Route, o.Status, o.Took, o.Panicked) }
	handler := s.a.Mux(options)
	figures.Collect(func(ctx context.Context) ([]metrics.Sample, error) {
		list, err := s.a.Samples(ctx, handler)
		if at, ok := s.expiry.Earliest(); ok {
			list = append(list, metrics.Sample{Name: "kupferfaden_certificate_expiry_timestamp_seconds", Help: "When the first of the certificates in use ends.", Value: float64(at.Unix())})
		}
		return list, err
	})
	failed := make(chan error, 4)
	address, err := s.listen(handler, failed)
	if err != nil {
		return err
	}
	if err := s.monitor(figures, failed); err != nil {
		return err
	}
	s.sockets.Unused()
	ctx, cancel := context.WithCancel(s.e.Ctx)
	defer cancel()
	work := s.a.Work(ctx)
	go server.Watchdog(ctx, s.alive(handler))
	hup := make(chan os.Signal, 1)
	if hangup != nil {
		signal.Notify(hup, hangup)
		defer signal.Stop(hup)
	}
	if err := s.note(nil); err != nil {
		s.log.Warn("the file that says which process serves cannot be written", "error", err)
	}
	s.before.Ready()
	server.Notify("READY=1", "STATUS="+address)
	s.e.say("cli.serving", "address", address)
	idle := idleAlone
	for running := true; running && err == nil; {
		select {
		case err = <-failed:
		case <-s.e.Ctx.Done():
			s.log.Info("stopping")
			server.Notify("STOPPING=1")
			running = false
		case <-hup:
			successor, refused := s.replace()
			if refused != nil {
				s.log.Error("restart refused; this program goes on", "error", refused)
				if err := s.note(refused); err != nil {
					s.log.Warn("the file that says which process serves cannot be written", "error", err)
				}
				continue
			}
			s.log.Info("replaced", "by", successor.PID, "alone", successor.Quiet)
			running = false
			if !successor.Quiet {
				idle = idleBeside
			}
		}
	}
	cancel()
	s.forget()
	s.stop(idle)
	<-work
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}

// replace starts the program anew, from the file it was started from.
func (s *site) replace() (*server.Successor, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	next, err := s.sockets.Replace(s.e.Ctx, exe, os.Args[1:], s.a.DB.Claim(), startWithin)
	if err == nil {
		server.Notify(mainPID(next.PID))
	}
	return next, err
}

// stop lets requests finish.
func (s *site) stop(idle time.Duration) {
	for _, srv := range s.side {
		_ = srv.Close() // nothing is lost: its clients ask again
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.e.Ctx), max(s.settings.Limit.Drain, time.Second))
	defer cancel()
	for _, d := range s.drains {
		if cut := d.Stop(ctx, idle); cut > 0 {
			s.log.Warn("requests were cut off", "requests", cut, "after", s.settings.Limit.Drain)
		}
	}
}

// close gives everything back, once.
func (s *site) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.a.Close()
}

// alive asks for the page that says whether the program lives, without the network.
func (s *site) alive(h http.Handler) func(context.Context) bool {
	return func(ctx context.Context) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/healthz", nil)
		if err != nil {
			return false
		}
		done := make(chan bool, 1)
		go func() {
			w := &status{header: http.Header{}}
			h.ServeHTTP(w, r)
			done <- w.code == http.StatusOK
		}()
		select {
		case ok := <-done:
			return ok
		case <-ctx.Done():
			return false
		}
	}
}

// status takes an answer of which only the status matters.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header { return s.header }

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
}

func (s *status) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return len(b), nil
}

// listen opens the addresses and serves on them; it returns the address to show.
func (s *site) listen(handler http.Handler, failed chan<- error) (string, error) {
	open := func(name, addr string) (net.Listener, error) {
		l, err := s.sockets.Listen(name, addr)
		if err != nil {
			return nil, kernel.E(kernel.Unavailable, "cli.listen", "address", addr, "detail", err)
		}
		return l, nil
	}
	l, err := open("web", s.settings.Listen)
	if err != nil {
		return "", err
	}
	address := "http://" + l.Addr().String()
	names := server.OneOf(func(ctx context.Context) ([]string, error) { return s.a.Names(ctx, s.settings.Host) })
	plain := server.Redirect(names, server.Port(l.Addr().String()))
	var secure *tls.Config
	switch s.settings.TLS.Mode {
	case "files":
		f := &server.Files{Cert: s.settings.TLS.Cert, Key: s.settings.TLS.Key, Failed: func(err error) {
			s.log.Error("the changed certificate cannot be used; the old one stays", "error", err)
		}}
		secure, err = f.TLS()
	case "acme":
		c := &server.ACME{Directory: s.settings.ACME.Directory, Contact: s.settings.ACME.Contact, Root: s.settings.ACME.Root, Serves: names, Cache: s.a.Certificates()}
		if secure, err = c.TLS(); err == nil {
			plain = c.Answer(plain)
		}
	}
	if err != nil {
		return "", err
	}
	srv := web.Server(s.settings.Listen, handler)
	srv.ErrorLog = unheard
	if secure != nil {
		s.expiry.Watch(secure)
		address = "https://" + l.Addr().String()
	}
	s.start(srv, l, secure, failed)
	if addr := s.settings.TLS.HTTP; addr != "" && secure != nil {
		l, err := open("http", addr)
		if err != nil {
			return "", err
		}
		srv := web.Server(addr, plain)
		srv.ErrorLog = unheard
		s.start(srv, l, nil, failed)
	}
	return address, nil
}

// monitor serves figures and health for the monitoring.
func (s *site) monitor(figures *metrics.Metrics, failed chan<- error) error {
	addr := s.settings.Metrics.Listen
	if addr == "" {
		return nil
	}
	l, err := s.sockets.Listen("metrics", addr)
	if err != nil {
		return kernel.E(kernel.Unavailable, "cli.listen", "address", addr, "detail", err)
	}
	srv := web.Server(addr, figures.Handler(s.a.Health))
	srv.ErrorLog = unheard
	s.side = append(s.side, srv)
	s.log.Info("monitoring", "address", l.Addr().String())
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return nil
}

// start serves on a listener, through TLS where a configuration is given.
func (s *site) start(srv *http.Server, l net.Listener, secure *tls.Config, failed chan<- error) {
	d := server.NewDrain(srv)
	s.drains = append(s.drains, d)
	go func() {
		if err := d.Serve(l, secure); err != nil {
			failed <- err
		}
	}()
}

// unheard takes the complaints of net/http about connections: they name addresses of readers.
var unheard = log.New(io.Discard, "", 0)
