// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"os"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// ExportCmd writes figures to a file.
type ExportCmd struct {
	Place
	Indicator string `help:"Key of the indicator." xor:"theme" required:"" placeholder:"KEY"`
	Method    string `help:"Id of the method whose index is written." xor:"theme" required:"" placeholder:"ID"`
	Level     string `help:"Key of the level; the finest where none is given." placeholder:"KEY"`
	Edition   string `help:"Key of the edition; the newest where none is given." placeholder:"KEY"`
	Period    string `help:"Reference date or interval; the newest where none is given." placeholder:"YYYY-MM-DD"`
	Format    string `enum:"csv,csv-excel,xlsx,geojson,svg" default:"csv" help:"Format: ${enum}." placeholder:"FORMAT"`
	Audience  string `enum:"public,political,internal" default:"public" help:"Audience the figures are cleared for: ${enum}." placeholder:"AUDIENCE"`
	Out       string `help:"File to write; standard output where none is given." placeholder:"FILE"`
}

// Run writes what the audience may see, as the pages do. Nothing is written when anything fails.
func (c *ExportCmd) Run(e *Env) error {
	choice := atlas.Choice{Theme: atlas.Theme{Indicator: c.Indicator, Method: c.Method}, Level: c.Level, Edition: c.Edition}
	if c.Period != "" {
		p, err := kernel.ParsePeriod(c.Period)
		if err != nil {
			return usageError{err}
		}
		choice.Period = p
	}
	format, err := atlas.ParseFormat(c.Format)
	if err != nil {
		return usageError{err}
	}
	as, err := access.ParseAudience(c.Audience)
	if err != nil {
		return usageError{err}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	view, err := a.Gate.View(e.Ctx, a.Operator(t), as)
	if err != nil {
		return err
	}
	taken := release.Export{
		As: as, Object: kernel.Ref{Kind: "indicator", ID: kernel.ID(c.Indicator + c.Method)}, Choice: strings.Join([]string{c.Level, c.Edition, c.Period, c.Format}, " "),
		Title: kernel.T("Ausgabe von Zahlen: "+c.Indicator+c.Method, "Export of figures: "+c.Indicator+c.Method),
	}
	if err := a.Gate.TakeAway(e.Ctx, a.Operator(t), taken); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := a.Atlas.Write(e.Ctx, &b, view, choice, format, e.P); err != nil {
		return err
	}
	if c.Out == "" {
		_, err = e.Out.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(c.Out, b.Bytes(), 0o644); err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "cli.export.file", Params: kernel.Params("file", c.Out), Err: err}
	}
	e.say("cli.export.done", "file", c.Out, "size", b.Len())
	return nil
}
