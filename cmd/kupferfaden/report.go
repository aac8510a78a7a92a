// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// ReportCmd groups the verbs on the social report.
type ReportCmd struct {
	List    ReportListCmd    `cmd:"" help:"List the editions: key, state, title."`
	Create  ReportCreateCmd  `cmd:"" help:"Make an edition from the template, or as a copy of another."`
	Check   ReportCheckCmd   `cmd:"" help:"Say what speaks against freezing an edition."`
	Freeze  ReportFreezeCmd  `cmd:"" help:"Freeze an edition: its figures stay, whatever is imported later."`
	Release ReportReleaseCmd `cmd:"" help:"Freeze an edition where needed and publish it."`
	Build   ReportBuildCmd   `cmd:"" help:"Write report.html, report.pdf and tables.xlsx."`
}

// ReportListCmd lists editions.
type ReportListCmd struct{ Place }

// Run prints one line an edition, the key first.
func (c *ReportListCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Reports.List(e.Ctx, a.Operator(t))
	if err != nil {
		return err
	}
	for _, x := range list {
		to, err := a.Reports.Audiences(e.Ctx, a.Operator(t), x)
		if err != nil {
			return err
		}
		state := "draft"
		if x.Frozen() {
			state = "frozen"
		}
		if len(to) > 0 {
			state = string(to[0])
		}
		if _, err := fmt.Fprintf(e.Out, "%s\t%s\t%s\n", x.Key, state, x.Name()); err != nil {
			return err
		}
	}
	return nil
}

// ReportCreateCmd makes an edition.
type ReportCreateCmd struct {
	Place
	Key         string `required:"" help:"Key of the edition." placeholder:"KEY"`
	Title       string `help:"Title of the edition." placeholder:"TITLE"`
	Level       string `help:"Key of the level." placeholder:"KEY"`
	AreaEdition string `help:"Key of the area edition." placeholder:"KEY"`
	Period      string `help:"Reference date or interval." placeholder:"YYYY-MM-DD"`
	Compare     string `help:"Earlier date that changes are measured against." placeholder:"YYYY-MM-DD"`
	Method      string `help:"Method of the index." placeholder:"METHOD"`
	Language    string `help:"Language the report is written in." enum:"de,en" default:"de"`
	Audience    string `help:"Audience the figures are cleared for." enum:"public,political,internal" default:"public"`
	From        string `help:"Copy the chapters of this edition instead of the template; what is not named is taken from it too." placeholder:"KEY"`
}

// Run makes the edition.
func (c *ReportCreateCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	who := a.Operator(t)
	x := report.Edition{Key: c.Key, Settings: report.Settings{
		Language: c.Language, Level: c.Level, AreaEdition: c.AreaEdition, Method: c.Method, Audience: access.Audience(c.Audience),
	}}
	if c.From != "" {
		old, err := a.Reports.Edition(e.Ctx, who, c.From)
		if err != nil {
			return err
		}
		x.Title, x.Settings = old.Title, old.Settings
		for _, s := range []struct {
			set *string
			to  string
		}{{&x.Settings.Level, c.Level}, {&x.Settings.AreaEdition, c.AreaEdition}, {&x.Settings.Method, c.Method}} {
			*s.set = cmp.Or(s.to, *s.set)
		}
	}
	for _, s := range []struct {
		set  *kernel.Period
		text string
	}{{&x.Settings.Period, c.Period}, {&x.Settings.Compare, c.Compare}} {
		if s.text == "" {
			continue
		}
		if *s.set, err = kernel.ParsePeriod(s.text); err != nil {
			return usageError{err}
		}
	}
	if c.Title != "" || len(x.Title) == 0 {
		x.Title = kernel.Text{x.Settings.Language: cmp.Or(c.Title, e.P.T("report.title.default", "year", x.Settings.Period.To.Year()))}
	}
	if c.From != "" {
		x, err = a.Reports.Copy(e.Ctx, who, c.From, x)
	} else {
		x, err = a.Reports.CreateFromTemplate(e.Ctx, who, x)
	}
	if err != nil {
		return err
	}
	e.say("cli.report.created", "edition", x.Key)
	return nil
}

// ReportCheckCmd checks a draft.
type ReportCheckCmd struct {
	Place
	Edition string `required:"" help:"Key of the edition." placeholder:"KEY"`
}

// Run prints every finding; a finding that forbids freezing is a refusal.
func (c *ReportCheckCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Reports.Check(e.Ctx, a.Operator(t), c.Edition)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Refuses() {
			return &kernel.Error{Kind: kernel.Invalid, Key: "report.freeze.refused", Params: kernel.Params("edition", c.Edition), Findings: list}
		}
	}
	e.findings(list)
	e.say("cli.report.checked", "edition", c.Edition)
	return nil
}

// ReportFreezeCmd freezes an edition.
type ReportFreezeCmd struct {
	Place
	Edition string `required:"" help:"Key of the edition." placeholder:"KEY"`
}

// Run freezes.
func (c *ReportFreezeCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Reports.Freeze(e.Ctx, a.Operator(t), c.Edition, e.Tracer.step(e.P.T("cli.report.freezing")))
	if err != nil {
		return err
	}
	e.Tracer.end()
	e.findings(list)
	e.say("cli.report.frozen", "edition", c.Edition)
	return nil
}

// ReportReleaseCmd publishes an edition.
type ReportReleaseCmd struct {
	Place
	Edition  string `required:"" help:"Key of the edition." placeholder:"KEY"`
	Audience string `enum:"public,political" default:"public" help:"Audience to publish for."`
	Note     string `help:"Note for the ledger of releases." placeholder:"TEXT"`
}

// Run publishes.
func (c *ReportReleaseCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Reports.Release(e.Ctx, a.Operator(t), c.Edition, access.Audience(c.Audience), c.Note, e.Tracer.step(e.P.T("cli.report.freezing")))
	if err != nil {
		return err
	}
	e.Tracer.end()
	e.findings(list)
	e.say("cli.report.released", "edition", c.Edition)
	return nil
}

// ReportBuildCmd writes the files.
type ReportBuildCmd struct {
	Place
	Edition  string `required:"" help:"Key of the edition." placeholder:"KEY"`
	Out      string `required:"" help:"Directory to write to." placeholder:"DIR"`
	Audience string `enum:"public,political,internal" default:"public" help:"Audience the figures are cleared for."`
}

// Run writes report.html, tables.xlsx and report.pdf.
func (c *ReportBuildCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	files, err := a.Reports.Build(e.Ctx, a.Operator(t), c.Edition, c.Out, access.Audience(c.Audience), func(kind report.FileKind) report.Progress {
		return e.Tracer.step(kind.Name())
	})
	e.Tracer.end()
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			e.say("cli.report.done", "file", name, "size", info.Size())
		}
	}
	return err
}
