// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// DataReleaseCmd makes figures visible to an audience: an explicit act, entered in the ledger.
type DataReleaseCmd struct {
	Place
	Indicator []string `help:"Only these indicators." placeholder:"KEY,KEY"`
	Level     string   `help:"Only figures of this level." placeholder:"KEY"`
	Edition   string   `help:"Only figures of this edition of the level." placeholder:"KEY"`
	Period    string   `help:"Only figures of this period." placeholder:"YYYY-MM-DD"`
	Audience  string   `enum:"public,political" default:"public" help:"Who shall see them."`
	Note      string   `help:"Note for the ledger." placeholder:"TEXT"`
	Possible  bool     `help:"Release what may be released and name the rest, instead of all or nothing."`
}

// Run releases the chosen figures; each reason against one is named.
func (c *DataReleaseCmd) Run(e *Env) error {
	as, err := access.ParseAudience(c.Audience)
	if err != nil {
		return usageError{err}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	ids, err := c.chosen(e, a, t)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return kernel.E(kernel.NotFound, "cli.release.none")
	}
	if c.Possible {
		if ids, err = c.possible(e, a, t, ids, as); err != nil {
			return err
		}
	}
	if err := a.Gate.Publish(e.Ctx, a.Operator(t), ids, as, c.Note); err != nil {
		return err
	}
	e.say("cli.release.done", "n", len(ids), "audience", c.Audience)
	return nil
}

// chosen lists the slices that fit.
func (c *DataReleaseCmd) chosen(e *Env, a *app.App, t tenant.Tenant) ([]kernel.ID, error) {
	who := a.Operator(t)
	var period kernel.Period
	if c.Period != "" {
		var err error
		if period, err = kernel.ParsePeriod(c.Period); err != nil {
			return nil, usageError{err}
		}
	}
	var keys []kernel.ID
	for _, key := range c.Indicator {
		i, err := a.Indicators.Indicator(e.Ctx, who, key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, i.ID)
	}
	all, err := a.Indicators.Slices(e.Ctx, who, indicator.Filter{})
	if err != nil {
		return nil, err
	}
	var ids []kernel.ID
	for _, s := range all {
		ed, err := a.Areas.EditionByID(e.Ctx, who, s.EditionID)
		if err != nil {
			return nil, err
		}
		if (len(keys) == 0 || slices.Contains(keys, s.IndicatorID)) && (c.Level == "" || ed.Level.Key == c.Level) &&
			(c.Edition == "" || ed.Key == c.Edition) && (c.Period == "" || s.Period == period) {
			ids = append(ids, s.ID)
		}
	}
	return ids, nil
}

// possible leaves out and names the slices that something speaks against.
func (c *DataReleaseCmd) possible(e *Env, a *app.App, t tenant.Tenant, ids []kernel.ID, as access.Audience) ([]kernel.ID, error) {
	var ready []kernel.ID
	for _, id := range ids {
		obstacles, err := a.Gate.Obstacles(e.Ctx, a.Operator(t), id, as)
		if err != nil {
			return nil, err
		}
		if len(obstacles) > 0 {
			e.findings(obstacles)
			continue
		}
		ready = append(ready, id)
	}
	return ready, nil
}
