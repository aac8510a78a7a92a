// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/trail"
)

// AuditCmd groups the verbs on the audit trail.
type AuditCmd struct {
	Verify AuditVerifyCmd `cmd:"" help:"Check the chain of every town; exit code 1 and the first wrong entry where one does not hold."`
	Head   AuditHeadCmd   `cmd:"" help:"Print number and checksum of the newest entry, to be kept elsewhere."`
	Export AuditExportCmd `cmd:"" help:"Write every entry as NDJSON, oldest first."`
}

// towns opens the data and gives the town asked for, or all of them.
func (p Place) towns(e *Env) (*app.App, []tenant.Tenant, error) {
	all := p
	all.Tenant = ""
	if p.Tenant != "" {
		a, t, err := p.open(e.Ctx)
		return a, []tenant.Tenant{t}, err
	}
	if p.Database == "" && !app.Exists(p.Data) {
		return nil, nil, kernel.E(kernel.NotFound, "data.none", "dir", p.Data)
	}
	a, err := app.Open(e.Ctx, all.config())
	if err != nil {
		return nil, nil, err
	}
	list, err := a.Tenants.List(e.Ctx)
	if err == nil && len(list) == 0 {
		err = kernel.E(kernel.NotFound, "tenant.none")
	}
	if err != nil {
		a.Close() //nolint:errcheck // the first error is what matters
		return nil, nil, err
	}
	return a, list, nil
}

// AuditVerifyCmd checks chains.
type AuditVerifyCmd struct {
	Place
	Head []string `help:"Head kept elsewhere that the chain must contain, as audit head printed it; needs --tenant where there are several towns." placeholder:"NUMBER:CHECKSUM"`
}

// Run checks the chain of each town and names the first entry that is wrong.
func (c *AuditVerifyCmd) Run(e *Env) error {
	var known []trail.Head
	for _, s := range c.Head {
		h, err := trail.ParseHead(s)
		if err != nil {
			return usageError{err}
		}
		known = append(known, h)
	}
	a, list, err := c.towns(e)
	if err != nil {
		return err
	}
	defer a.Close()
	if len(known) > 0 && len(list) > 1 {
		return usageError{kernel.E(kernel.Invalid, "audit.head.town")}
	}
	var broken error
	for _, t := range list {
		r, err := a.Trail.Verify(e.Ctx, a.Operator(t), known...)
		if err != nil {
			return err
		}
		if r.Fault != nil {
			e.say("audit.verify.broken", "town", t.Key, "reason", e.P.T(r.Fault.Key, "seq", r.Fault.Seq))
			broken = kernel.E(kernel.Invalid, "audit.broken")
			continue
		}
		fmt.Fprintln(e.Out, e.P.T("audit.verify.ok", "town", t.Key, "n", r.Entries, "head", r.Head.String()))
	}
	return broken
}

// AuditHeadCmd prints heads.
type AuditHeadCmd struct{ Place }

// Run prints a line for each town: its key, then number and checksum of its newest entry.
func (c *AuditHeadCmd) Run(e *Env) error {
	a, list, err := c.towns(e)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, t := range list {
		h, err := a.Trail.Head(e.Ctx, a.Operator(t))
		if err != nil {
			return err
		}
		fmt.Fprintln(e.Out, t.Key, h)
	}
	return nil
}

// AuditExportCmd writes entries.
type AuditExportCmd struct {
	Place
	Out string `help:"File to write; standard output where none is given." placeholder:"FILE"`
}

// line is one entry of the export: everything its checksum covers, so that anybody can check it without this program.
type line struct {
	Tenant kernel.ID `json:"tenant"`
	trail.Entry
}

// Run writes the trail of one town.
func (c *AuditExportCmd) Run(e *Env) (err error) {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	var out io.Writer = e.Out
	if c.Out != "" {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return &kernel.Error{Kind: kernel.Unavailable, Key: "cli.export.file", Params: kernel.Params("file", c.Out), Err: err}
		}
		defer func() {
			if cerr := f.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				_ = os.Remove(c.Out) // half a trail is none; the error is what matters
			}
		}()
		out = f
	}
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	err = a.Trail.Export(e.Ctx, a.Operator(t), trail.Filter{}, "ndjson", func(x trail.Entry) error {
		n++
		return enc.Encode(line{t.ID, x})
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	e.say("audit.export.done", "n", n)
	return nil
}
