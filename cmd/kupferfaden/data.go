// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"path/filepath"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// DataCmd groups the verbs on figures.
type DataCmd struct {
	Import  DataImportCmd  `cmd:"" help:"Import figures from CSV, XLSX or ODS through a mapping."`
	List    DataListCmd    `cmd:"" help:"List deliveries."`
	Release DataReleaseCmd `cmd:"" help:"Make figures visible to the public or to the council."`
	Retract DataRetractCmd `cmd:"" help:"Retract a delivery: its figures stop counting, nothing is deleted."`
}

// DataImportCmd reads a file of figures.
type DataImportCmd struct {
	Place
	Mapping    string   `required:"" help:"YAML file that says what the columns mean." placeholder:"FILE.yaml"`
	Source     string   `help:"Name of the source, under which the mapping is remembered." placeholder:"NAME"`
	Accept     []string `help:"Answer a question of the report with yes, by its code." placeholder:"CODE"`
	Whole      bool     `help:"Refuse the file when any of its rows cannot be taken."`
	PersonData bool     `help:"Take a file that looks like data of persons; for the statistics office only."`
	DryRun     bool     `help:"Report only, store nothing."`
	File       string   `arg:"" help:"CSV, XLSX or ODS." type:"path"`
}

// Run imports the file and prints the report.
func (c *DataImportCmd) Run(e *Env) error {
	mapping, err := readFile(c.Mapping, maxMapping)
	if err != nil {
		return err
	}
	f, size, err := openFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	q := indicator.ImportRequest{
		Source: c.Source, FileName: filepath.Base(c.File), Data: f, Size: size, MappingText: string(mapping), MappingName: filepath.Base(c.Mapping), DryRun: c.DryRun, Accept: c.Accept,
		Whole: c.Whole, PersonData: c.PersonData,
	}
	r, err := a.Indicators.Import(e.Ctx, a.Operator(t), q, e.importProgress())
	if err != nil {
		return err
	}
	e.Tracer.end()
	e.importReport(r)
	if r.Refuses() {
		return kernel.E(kernel.Invalid, "indicator.import.refused", "file", r.File)
	}
	return nil
}

// importProgress shows each step of an import as its own bar.
func (e *Env) importProgress() indicator.Progress {
	step, report := "", func(int, int) {}
	return func(s string, done, total int) {
		if s != step {
			step, report = s, e.Tracer.step(e.P.T("cli.step."+s))
		}
		report(done, total)
	}
}

func (e *Env) importReport(r indicator.Report) {
	e.findings(r.Findings)
	if r.Same != "" {
		e.say("cli.data.same", "file", r.File)
		return
	}
	e.say("cli.data.rows", "n", r.Rows, "matched", r.Matched, "refused", r.Refused, "filtered", r.Filtered)
	for _, s := range r.Slices {
		e.say("cli.data.slice", "indicator", s.Indicator, "period", s.Period, "areas", s.Areas, "new", s.New, "changed", s.Changed-s.Completed,
			"completed", s.Completed, "unchanged", s.Unchanged)
		switch {
		case s.Denominator != 0 && s.Numerator == 0:
			e.say("cli.data.base", "denominator", s.Denominator)
		case s.Denominator != 0:
			e.say("cli.data.parts", "numerator", s.Numerator, "denominator", s.Denominator)
		case s.Numerator != 0:
			e.say("cli.data.sum", "sum", s.Numerator)
		}
		for _, x := range s.Sums {
			e.say("cli.data.sums", "level", x.Level, "edition", x.Edition, "n", x.Compared, "differing", len(x.Differing), "incomplete", x.Incomplete)
		}
	}
	flags, empty := map[indicator.Flag]int{}, 0
	for _, c := range r.Columns {
		empty += c.Empty
		for f, n := range c.Flags {
			flags[f] += n
		}
	}
	for _, f := range indicator.Flags() {
		if flags[f] > 0 {
			e.say("cli.data.flag", "n", flags[f], "meaning", e.P.T("indicator.flag."+string(f)))
		}
	}
	if empty > 0 {
		e.say("cli.data.empty", "n", empty)
	}
	switch {
	case r.DryRun && !r.Refuses():
		e.say("cli.data.dryrun")
	case r.Delivery != "":
		e.say("cli.data.done", "n", r.Taken, "delivery", string(r.Delivery))
	}
}

// DataListCmd lists deliveries.
type DataListCmd struct{ Place }

// Run prints one delivery a line, id first.
func (c *DataListCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Indicators.Deliveries(e.Ctx, a.Operator(t))
	if err != nil {
		return err
	}
	for _, d := range list {
		state := "counts"
		if !d.Counts() {
			state = "retracted"
		}
		fmt.Fprintf(e.Out, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.TakenAt, state, d.FileName, d.RowsTaken, d.Source, d.SHA256)
	}
	return nil
}

// DataRetractCmd retracts a delivery.
type DataRetractCmd struct {
	Place
	Reason string `required:"" help:"Why the figures shall not count." placeholder:"TEXT"`
	ID     string `arg:"" help:"Delivery, as data list prints it."`
}

// Run retracts the delivery.
func (c *DataRetractCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if _, err := a.Indicators.Retract(e.Ctx, a.Operator(t), kernel.ID(c.ID), c.Reason); err != nil {
		return err
	}
	e.say("cli.data.retracted")
	return nil
}
