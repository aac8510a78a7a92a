// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// InitCmd makes a data directory.
type InitCmd struct {
	Place
	Name string `help:"Name of the town." default:"Meine Stadt" placeholder:"NAME"`
}

// Run makes the town, or completes the one that is there.
func (c *InitCmd) Run(e *Env) error {
	if err := makeDir(c.Data); err != nil {
		return err
	}
	a, err := app.Open(e.Ctx, c.config())
	if err != nil {
		return err
	}
	defer a.Close()
	key := c.Tenant
	if key == "" {
		key = tenant.Default
	}
	if _, err := a.Init(e.Ctx, key, kernel.Text{"de": c.Name}, false); err != nil {
		return err
	}
	e.say("cli.init.done", "dir", c.Data, "tenant", key)
	return nil
}

// makeDir makes a data directory that only its owner and group can read.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "cli.datadir", Params: kernel.Params("dir", dir), Err: err}
	}
	return nil
}

// ServeCmd serves the pages.
type ServeCmd struct{ Settings }

// Run serves until it is stopped.
func (c *ServeCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	log := slog.New(slog.NewTextHandler(e.Err, nil))
	a, err := openServing(e, c.config(), log)
	if err != nil {
		return err
	}
	defer a.Close()
	return serve(e, a, c.Listen, c.web(), log)
}

// openServing opens the data for a serving process, which sets reports with a typesetter of its own.
func openServing(e *Env, c app.Config, log *slog.Logger) (*app.App, error) {
	c.Serve, c.Log = true, log
	return app.Open(e.Ctx, c)
}

// typesetter runs in a child process that ends, so that its memory does not stay with the server.
func typesetter() *typst.Child {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return typst.NewChild(exe, cacheDir())
}

// shutdownWithin is how long running requests may take to end.
const shutdownWithin = 10 * time.Second

func serve(e *Env, a *app.App, listen string, o app.WebOptions, log *slog.Logger) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return kernel.E(kernel.Unavailable, "cli.listen", "address", listen, "detail", err)
	}
	handler, err := a.Handler(o)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	srv := web.Server(listen, handler)
	ctx, cancel := context.WithCancel(e.Ctx)
	defer cancel()
	work := a.Work(ctx)
	e.say("cli.serving", "address", "http://"+l.Addr().String())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err = <-done:
	case <-e.Ctx.Done():
		stop, release := context.WithTimeout(context.WithoutCancel(e.Ctx), shutdownWithin)
		defer release()
		err = srv.Shutdown(stop)
	}
	cancel()
	<-work
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	log.Info("stopped")
	return nil
}

// DemoCmd makes and serves the example town.
type DemoCmd struct {
	Data    string `help:"Keep the town in this directory instead of a temporary one." placeholder:"DIR"`
	Tenant  string `help:"Key of the town." default:"default" placeholder:"KEY"`
	Listen  string `help:"Address to listen on." env:"KUPFERFADEN_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	NoServe bool   `help:"Make the town and end."`
}

// Run makes Kupferstadt where it is not there yet, and serves it.
func (c *DemoCmd) Run(e *Env) error {
	dir := c.Data
	if dir == "" {
		tmp, err := os.MkdirTemp("", "kupferstadt-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	} else if err := makeDir(dir); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(e.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := openServing(e, Place{Data: dir}.config(), log)
	if err != nil {
		return err
	}
	defer a.Close()
	made, err := demo.MakeAs(e.Ctx, a, c.Tenant, e.Tracer.step(e.P.T("cli.demo.making")))
	if err != nil {
		return err
	}
	e.Tracer.end()
	if made.Password != "" {
		e.say("cli.demo.account", "email", made.Email, "password", made.Password)
	}
	if c.NoServe {
		return nil
	}
	return serve(e, a, c.Listen, app.WebOptions{}, log)
}

// VersionCmd prints the version.
type VersionCmd struct{}

// version is set by the build.
var version = ""

// Run prints program, version and Go version.
func (VersionCmd) Run(e *Env) error {
	v, goVersion := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		if v == "" {
			v = info.Main.Version
		}
	}
	fmt.Fprintf(e.Out, "kupferfaden %s %s\n", v, goVersion)
	return nil
}

// TypesetCmd is the typesetter's child process.
type TypesetCmd struct{}

// Run reads one document and writes the answer.
func (TypesetCmd) Run(e *Env) error { return typst.ServeChild(e.Ctx, e.In, e.Out) }
