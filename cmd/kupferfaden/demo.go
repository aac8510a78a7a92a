// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
)

// shutdownWithin is how long running requests of the example town may take to end.
const shutdownWithin = 10 * time.Second

// DemoCmd makes and serves the example town.
type DemoCmd struct {
	Data string `help:"Keep the town in this directory instead of a temporary one." placeholder:"DIR"`
	// Database is no environment variable here: an example town does not belong into the database that serve is set to.
	Database string `help:"Keep the town in this empty PostgreSQL database; needs --data too." placeholder:"postgres://…" secret:""`
	Tenant   string `help:"Key of the town." default:"default" placeholder:"KEY"`
	Listen   string `help:"Address to listen on." env:"KUPFERFADEN_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	NoServe  bool   `help:"Make the town and end."`
}

// Run makes Kupferstadt where it is not there yet, and serves it.
func (c *DemoCmd) Run(e *Env) error {
	dir := c.Data
	if c.Database != "" && dir == "" { // files and the key of the installation have to outlive the process as the database does
		return kernel.E(kernel.Invalid, "cli.demo.data")
	}
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
	config := Place{Data: dir, Database: c.Database}.config()
	config.Serve, config.Log = true, log
	a, err := app.Open(e.Ctx, config)
	if err != nil {
		return err
	}
	defer a.Close()
	made, err := demo.Make(e.Ctx, a, c.Tenant, e.Tracer.step(e.P.T("cli.demo.making")))
	if err != nil {
		return err
	}
	e.Tracer.end()
	if made.Password != "" {
		e.say("cli.demo.account", "email", made.Email, "password", made.Password)
		e.say("cli.demo.others", "list", []string{demo.AdminEmail, demo.DPOEmail, demo.StatisticsEmail, demo.CouncilEmail, demo.CitizenEmail})
	}
	if c.NoServe {
		return nil
	}
	sockets, _, err := server.Start()
	if err != nil {
		return err
	}
	s := &site{e: e, a: a, log: log, sockets: sockets, settings: Settings{Listen: c.Listen, TLS: TLSSettings{Mode: "off"}, Limit: LimitSettings{Drain: shutdownWithin}}}
	return s.serve()
}
