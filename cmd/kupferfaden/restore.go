// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// RestoreCmd brings a backup back.
type RestoreCmd struct {
	IdentityFlag
	Data     string `help:"New or empty data directory." env:"KUPFERFADEN_DATA" placeholder:"DIR" default:"kupferfaden-data"`
	Database string `help:"Empty PostgreSQL database instead of the embedded one." env:"KUPFERFADEN_DATABASE" placeholder:"postgres://…"`
	File     string `arg:"" help:"Backup." type:"path"`
}

// Run restores: all of it, compared with what was saved, or nothing.
func (c *RestoreCmd) Run(e *Env) error {
	ids, err := c.read()
	if err != nil {
		return err
	}
	e.Tracer.step(e.P.T("backup.step.restore"))
	m, err := backup.RestoreFile(e.Ctx, c.File, ids, backup.Target{Dir: c.Data, Database: c.Database})
	e.Tracer.end()
	if err != nil {
		return err
	}
	rows, files, _ := m.Total()
	e.say("backup.restored", "dir", c.Data, "at", m.Started, "rows", rows, "files", files)
	if m.Schema < db.NewestSchema() {
		e.say("backup.upgraded", "from", m.Schema, "to", db.NewestSchema())
	}
	if !m.Key {
		e.say("backup.restored_no_key", "dir", c.Data)
	}
	if n := len(m.Missing); n > 0 {
		e.say("backup.missing", "n", n, "first", m.Missing[0])
	}
	return nil
}
