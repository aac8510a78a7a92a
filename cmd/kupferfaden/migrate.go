// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// MigrateCmd brings the schema of the database up to date; every verb does so by itself, this one only does it at a time of one's choice.
type MigrateCmd struct {
	BackupPlace
	Status     bool `help:"Only say which changes are to come."`
	SkipBackup bool `help:"Change without a backup before it; for data that were saved otherwise."`
}

// Run migrates or prints what would be done.
func (c *MigrateCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	d, err := db.Open(e.Ctx, db.Config{DataDir: c.Data, URL: c.Database, AsIs: true})
	if err != nil {
		return err
	}
	before := d.Schema()
	if err := d.Close(); err != nil {
		return err
	}
	if c.Status {
		fmt.Fprintf(e.Out, "%d\t%d\t%s\n", before.Have, before.Known, strings.Join(before.Pending, ","))
		if len(before.Pending) == 0 {
			e.say("migrate.current", "have", before.Have)
		} else {
			e.say("migrate.pending", "have", before.Have, "known", before.Known, "n", len(before.Pending))
		}
		return nil
	}
	if len(before.Pending) == 0 {
		e.say("migrate.current", "have", before.Have)
		return nil
	}
	cfg := c.config()
	cfg.Serve, cfg.SkipBackup = true, c.SkipBackup
	e.Tracer.step(e.P.T("migrate.step"))
	a, err := app.Open(e.Ctx, cfg)
	e.Tracer.end()
	if err != nil {
		return err
	}
	after := a.DB.Schema()
	if err := errors.Join(a.Close()); err != nil {
		return err
	}
	e.say("migrate.done", "from", before.Have, "to", after.Have)
	return nil
}
