// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"maps"
	"strings"
	"text/tabwriter"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// TenantCmd groups the verbs on towns and regions.
type TenantCmd struct {
	Add  TenantAddCmd  `cmd:"" help:"Add a town or a region."`
	List TenantListCmd `cmd:"" help:"List the towns and regions of this installation."`
	Show TenantShowCmd `cmd:"" help:"Show one with its settings."`
	Set  TenantSetCmd  `cmd:"" help:"Change the name."`
	Host TenantHostCmd `cmd:"" help:"Set the host names; without names, take them away."`
}

// TenantAddCmd adds a town or region.
type TenantAddCmd struct {
	Data      string `help:"Data directory." env:"KUPFERFADEN_DATA" placeholder:"DIR" default:"kupferfaden-data"`
	Database  string `help:"PostgreSQL database instead of the embedded one." env:"KUPFERFADEN_DATABASE" placeholder:"postgres://…"`
	Key       string `arg:"" help:"Key: part of every address, it never changes."`
	Name      string `required:"" help:"Name in German." placeholder:"NAME"`
	NameEn    string `help:"Name in English." placeholder:"NAME"`
	Kind      string `enum:"town,region,district" default:"town" help:"town, region or district; the latter two have towns as members."`
	Fictional bool   `help:"Say on every page that the town does not exist."`
}

// Run adds it, with the shipped catalogue of indicators.
func (c *TenantAddCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	a, err := app.Open(e.Ctx, app.Config{DataDir: c.Data, Database: c.Database, Log: quiet()})
	if err != nil {
		return err
	}
	defer a.Close()
	t, err := a.AddTenant(e.Ctx, tenant.Tenant{Key: c.Key, Name: kernel.T(c.Name, c.NameEn), Kind: tenant.Kind(c.Kind), Fictional: c.Fictional})
	if err != nil {
		return err
	}
	e.say("cli.tenant.added", "tenant", t.Key)
	return nil
}

// TenantListCmd lists towns.
type TenantListCmd struct {
	Data     string `help:"Data directory." env:"KUPFERFADEN_DATA" placeholder:"DIR" default:"kupferfaden-data"`
	Database string `help:"PostgreSQL database instead of the embedded one." env:"KUPFERFADEN_DATABASE" placeholder:"postgres://…"`
}

// Run prints one line each: key, kind, name, host names.
func (c *TenantListCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	a, err := app.Open(e.Ctx, app.Config{DataDir: c.Data, Database: c.Database, Log: quiet()})
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.Tenants.List(e.Ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return kernel.E(kernel.NotFound, "tenant.none")
	}
	w := tabwriter.NewWriter(e.Out, 0, 4, 2, ' ', 0)
	for _, t := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Key, t.Kind, visible(t.Name.String()), strings.Join(t.Settings.Hosts, " "))
	}
	return w.Flush()
}

// TenantShowCmd shows a town.
type TenantShowCmd struct {
	Place
}

// Run prints its settings, one a line.
func (c *TenantShowCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	address, err := a.Address(e.Ctx, t.ID, e.P.Lang(), "/")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.Out, 0, 4, 2, ' ', 0)
	for _, l := range [][2]string{
		{"key", t.Key},
		{"kind", string(t.Kind)},
		{"name", t.Name["de"]},
		{"name-en", t.Name["en"]},
		{"fictional", fmt.Sprint(t.Fictional)},
		{"hosts", strings.Join(t.Settings.Hosts, " ")},
		{"canonical", fmt.Sprint(t.Settings.Canonical)},
		{"address", address},
		{"languages", strings.Join(t.Settings.Languages, " ")},
		{"version", fmt.Sprint(t.Version)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", l[0], visible(l[1]))
	}
	return w.Flush()
}

// TenantSetCmd changes a name.
type TenantSetCmd struct {
	Place
	Name   string `help:"Name in German." placeholder:"NAME"`
	NameEn string `help:"Name in English." placeholder:"NAME"`
}

// Run changes what was given.
func (c *TenantSetCmd) Run(e *Env) error {
	if c.Name == "" && c.NameEn == "" {
		return usageError{kernel.E(kernel.Invalid, "cli.tenant.nothing")}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	err = a.Tenants.Change(e.Ctx, a.Operator(t), tenant.NameSection, t.Mark(tenant.NameSection), func(t *tenant.Tenant) error {
		maps.Copy(t.Name, kernel.T(c.Name, c.NameEn))
		return nil
	})
	if err == nil {
		e.say("cli.tenant.changed", "tenant", t.Key)
	}
	return err
}

// TenantHostCmd sets the host names of a town.
type TenantHostCmd struct {
	Place
	Canonical bool     `help:"Send readers under other names to the first host."`
	Hosts     []string `arg:"" optional:"" name:"host" help:"Host names, the most important first."`
}

// Run replaces them. It is also the way back where a wrong name locked everybody out.
func (c *TenantHostCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	err = a.Tenants.Change(e.Ctx, a.Operator(t), tenant.HostSection, t.Mark(tenant.HostSection), func(t *tenant.Tenant) error {
		t.Settings.Hosts, t.Settings.Canonical = c.Hosts, c.Canonical
		return nil
	})
	if err == nil {
		e.say("cli.tenant.changed", "tenant", t.Key)
	}
	return err
}
