// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// IndexCmd groups the verbs on the index.
type IndexCmd struct {
	Run IndexRunCmd `cmd:"" help:"Compute the social index and print it."`
}

// IndexRunCmd computes an index.
type IndexRunCmd struct {
	Place
	Method   string   `required:"" help:"Preset or stored method, or a YAML file." placeholder:"PRESET|FILE.yaml"`
	Level    string   `required:"" help:"Key of the level." placeholder:"KEY"`
	Edition  string   `required:"" help:"Key of the edition." placeholder:"KEY"`
	Period   string   `required:"" help:"Reference date or interval." placeholder:"YYYY-MM-DD"`
	Exclude  []string `help:"Areas that are not assessed." placeholder:"KEY,KEY"`
	Draws    int      `help:"Robustness draws." placeholder:"N"`
	Seed     uint64   `help:"Seed of the draws." default:"1" placeholder:"N"`
	Format   string   `enum:"csv" default:"csv" help:"Output format."`
	Release  string   `enum:",public,political" default:"" help:"Make the result visible to an audience." placeholder:"AUDIENCE"`
	Audience string   `enum:"public,political,internal" default:"internal" help:"Audience the result is cleared for."`
}

// Run computes, keeps and prints the index.
func (c *IndexRunCmd) Run(e *Env) error {
	period, err := kernel.ParsePeriod(c.Period)
	if err != nil {
		return usageError{err}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	m, err := c.method(e, a, t)
	if err != nil {
		return err
	}
	q := analysis.Request{Method: m, Level: c.Level, Edition: c.Edition, Period: period, Draws: c.Draws, Seed: c.Seed}
	for _, key := range c.Exclude {
		q.Exclude = append(q.Exclude, analysis.Exclusion{Area: strings.TrimSpace(key)})
	}
	e.Tracer.step(e.P.T("cli.index.computing"))
	run, err := a.Analysis.Run(e.Ctx, a.Operator(t), q)
	e.Tracer.end()
	if err != nil {
		return err
	}
	e.findings(run.Summary.Warnings)
	if c.Release != "" {
		if err := a.Analysis.Publish(e.Ctx, a.Operator(t), run.ID, access.Audience(c.Release), ""); err != nil {
			return err
		}
	}
	as, err := access.ParseAudience(c.Audience)
	if err != nil {
		return usageError{err}
	}
	res, err := a.Analysis.Show(e.Ctx, a.Operator(t), run, as)
	if err != nil {
		return err
	}
	return res.WriteCSV(e.Out)
}

// method reads a YAML file where the name looks like one, else a stored method or preset.
func (c *IndexRunCmd) method(e *Env, a *app.App, t tenant.Tenant) (analysis.Method, error) {
	if strings.HasSuffix(c.Method, ".yaml") || strings.HasSuffix(c.Method, ".yml") {
		data, err := readFile(c.Method, maxMethod)
		if err != nil {
			return analysis.Method{}, err
		}
		return analysis.ParseMethod(data)
	}
	m, err := a.Analysis.Method(e.Ctx, a.Operator(t), c.Method)
	return m.Method, err
}
