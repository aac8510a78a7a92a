// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// CheckCmd checks what is stored.
type CheckCmd struct{ Place }

// Run checks the figures against their parents, their wholes and their gaps, and repeats every index run to the last digit. Warnings are named;
// what cannot be right ends with exit code 1.
func (c *CheckCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	who := a.Operator(t)
	findings, err := a.Indicators.Check(e.Ctx, who)
	if err != nil {
		return err
	}
	view, err := a.Gate.View(e.Ctx, who, access.Internal)
	if err != nil {
		return err
	}
	runs, err := a.Analysis.Runs(e.Ctx, view, "")
	if err != nil {
		return err
	}
	report := e.Tracer.step(e.P.T("cli.check.repeating"))
	for i, r := range runs {
		report(i, len(runs))
		same, err := a.Analysis.Repeat(e.Ctx, who, r.ID)
		if err != nil {
			return err
		}
		if !same {
			findings = append(findings, kernel.Finding{
				Code: "cli.check.repeat", Outcome: kernel.RefuseFile,
				Params: kernel.Params("run", r.Method.ID+" "+r.Edition.Level.Key+" "+r.Edition.Key+" "+r.Period.String()),
			})
		}
	}
	e.Tracer.end()
	e.findings(findings)
	for _, f := range findings {
		if f.Refuses() {
			return kernel.E(kernel.Invalid, "cli.check.failed")
		}
	}
	slices, err := a.Indicators.Slices(e.Ctx, who, indicator.Filter{})
	if err != nil {
		return err
	}
	e.say("cli.check.ok", "slices", len(slices), "runs", len(runs))
	return nil
}
