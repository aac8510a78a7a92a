// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// ConfigCmd groups the verbs on settings.
type ConfigCmd struct {
	Show ConfigShowCmd `cmd:"" help:"Show every setting, its value and where it comes from; secrets are masked."`
}

// ConfigShowCmd shows the settings as serve would take them.
type ConfigShowCmd struct{ Settings }

// Run prints one line a setting.
func (c *ConfigShowCmd) Run(e *Env, verb *kong.Context) error {
	e.warnOfSettings(verb)
	out := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
	for _, v := range e.settings(verb) {
		fmt.Fprintf(out, "%s\t%s\t%s\n", v.name, visible(v.shown), v.from)
	}
	return out.Flush()
}

// setting is a setting as shown: masked where it is secret.
type setting struct {
	name, shown, from string
	given             bool // not the default
}

// settings lists the settings of the verb that runs.
func (e *Env) settings(verb *kong.Context) []setting {
	given := map[string]bool{}
	for _, p := range verb.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag.Name] = true
		}
	}
	var out []setting
	for _, f := range verb.Selected().Flags {
		if len(f.Envs) == 0 {
			continue
		}
		section, key := fileKey(f.Name)
		s := setting{name: join(section, key), shown: shown(f)}
		_, env := os.LookupEnv(f.Envs[0])
		file, inFile := e.file.values[f.Name]
		switch {
		case given[f.Name]:
			s.from = "--" + f.Name
		case env:
			s.from = f.Envs[0]
		case inFile:
			s.from = file.from
		default:
			s.from = e.P.T("cli.config.default")
		}
		s.given = given[f.Name] || env || inFile
		out = append(out, s)
	}
	return out
}

// shown writes a value as in the settings file, a secret one as stars.
func shown(f *kong.Flag) string {
	text := ""
	switch {
	case f.IsSlice():
		items := make([]string, f.Target.Len())
		for i := range items {
			items[i] = fmt.Sprintf("%q", fmt.Sprint(f.Target.Index(i).Interface()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case f.Target.CanInt() && f.Target.Type().PkgPath() == "":
		return fmt.Sprint(f.Target.Interface())
	default:
		text = fmt.Sprint(f.Target.Interface())
	}
	if secretFlag(f) && text != "" {
		text = "********"
	}
	return fmt.Sprintf("%q", text)
}

// warnOfSettings tells what looks like a mistake and forbids nothing.
func (e *Env) warnOfSettings(verb *kong.Context) {
	e.findings(e.file.warnings)
	e.findings(strangers(settingFlags(verb.Model)))
}
