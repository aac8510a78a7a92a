// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"os"
	"path/filepath"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
)

// ContributionCmd groups the verbs on what people said.
type ContributionCmd struct {
	Import ContributionImportCmd `cmd:"" help:"Take contributions from a table: Decidim, meinBerlin, OmaStadi, LimeSurvey, or any other through a mapping."`
}

// ContributionImportCmd reads a table of contributions.
type ContributionImportCmd struct {
	Place
	Mapping string `help:"YAML file that says what the columns are, or the name of a remembered mapping; found out where empty." placeholder:"FILE|NAME"`
	Process string `help:"Key of the process they belong to; empty: said to the town." placeholder:"KEY"`
	Module  string `help:"Key of its module; the first that takes contributions where empty." placeholder:"KEY"`
	Publish bool   `help:"Make them public at once; else they wait for the moderation."`
	DryRun  bool   `help:"Report only, store nothing."`
	File    string `arg:"" help:"CSV, XLSX or ODS." type:"path"`
}

// Run imports the file and names what was repeated or left out, row by row.
func (c *ContributionImportCmd) Run(e *Env) error {
	f, _, err := openFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	s, by := a.Contributions, a.Operator(t)
	q := contribution.ImportRequest{Process: c.Process, Module: c.Module, File: filepath.Base(c.File), Publish: c.Publish, DryRun: c.DryRun}
	if q.Process != "" && q.Module == "" {
		if q.Module, err = s.Home(e.Ctx, t.ID, q.Process); err != nil {
			return err
		}
	}
	if q.SHA256, err = s.KeepUpload(e.Ctx, by, f); err != nil {
		return err
	}
	if st, no := os.Stat(c.Mapping); no == nil && st.Mode().IsRegular() {
		q.Mapping, err = c.mapping()
	} else {
		q.Mapping, err = s.NamedMapping(e.Ctx, by, q.SHA256, q.File, c.Mapping)
	}
	if err != nil {
		return err
	}
	r, err := s.Import(e.Ctx, by, q)
	if err != nil {
		return err
	}
	e.findings(r.Findings)
	e.say("cli.contribution.rows", "n", r.Rows, "taken", r.Taken, "placed", r.Placed, "repeated", r.Repeated, "left", r.LeftOut)
	if c.DryRun {
		e.say("cli.data.dryrun")
	}
	return nil
}

// mapping reads the file of the mapping.
func (c *ContributionImportCmd) mapping() (contribution.Mapping, error) {
	b, err := readFile(c.Mapping, maxMapping)
	if err != nil {
		return contribution.Mapping{}, err
	}
	return contribution.ParseMapping(b)
}
