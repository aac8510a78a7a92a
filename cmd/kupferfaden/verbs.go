// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// InitCmd makes a data directory.
type InitCmd struct {
	Place
	Name string `help:"Name of the town." default:"Meine Stadt" placeholder:"NAME"`
}

// Run makes the town, or completes the one that is there.
func (c *InitCmd) Run(e *Env) error {
	if err := makeDir(c.Data); err != nil {
		return err
	}
	a, err := app.Open(e.Ctx, c.config())
	if err != nil {
		return err
	}
	defer a.Close()
	key := c.Tenant
	if key == "" {
		key = tenant.Default
	}
	if _, err := a.Init(e.Ctx, key, kernel.Text{"de": c.Name}, false); err != nil {
		return err
	}
	e.say("cli.init.done", "dir", c.Data, "tenant", key)
	return nil
}

// makeDir makes a data directory that only its owner and group can read.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "cli.datadir", Params: kernel.Params("dir", dir), Err: err}
	}
	return nil
}

// typesetter is the typst program the operator named, or the one built in; that one runs in a child process that ends, so that its memory does
// not stay with the server.
func typesetter(program string) typst.Typesetter {
	if program != "" {
		return typst.NewCommand(program)
	}
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return typst.NewChild(exe, cacheDir())
}

// VersionCmd prints the version.
type VersionCmd struct{}

// version is set by the build.
var version = ""

// Run prints program, version and Go version.
func (VersionCmd) Run(e *Env) error {
	v, goVersion := built()
	fmt.Fprintf(e.Out, "kupferfaden %s %s\n", v, goVersion)
	return nil
}

// built gives the version of the program and of Go.
func built() (v, goVersion string) {
	v = version
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		if v == "" {
			v = info.Main.Version
		}
	}
	return v, goVersion
}

// TypesetCmd is the typesetter's child process.
type TypesetCmd struct{}

// Run reads one document and writes the answer.
func (TypesetCmd) Run(e *Env) error { return typst.ServeChild(e.Ctx, e.In, e.Out) }
