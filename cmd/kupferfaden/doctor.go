// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// DoctorCmd looks over the installation.
type DoctorCmd struct {
	Settings
	JSON bool `name:"json" help:"One JSON object a line instead of sentences."`
}

// doctorLine is a check as a program reads it.
type doctorLine struct {
	Check  string `json:"check"`
	Health string `json:"health"`
	Text   string `json:"text"`
}

// Run prints one line a check and ends with exit code 1 where something must be mended.
func (c *DoctorCmd) Run(e *Env) error {
	ill := 0
	var failed error
	app.Doctor(e.Ctx, c.config(), app.DoctorOptions{CertFile: c.TLS.Cert, KeyFile: c.TLS.Key}, func(x app.Check) {
		if x.Health == app.Ill {
			ill++
		}
		line := doctorLine{Check: x.Name, Health: string(x.Health), Text: visible(e.P.T(x.Key, pairs(x.Params)...))}
		var err error
		if c.JSON {
			err = json.NewEncoder(e.Out).Encode(line)
		} else {
			_, err = fmt.Fprintf(e.Out, "%-5s %-13s %s\n", map[app.Health]string{app.Well: "OK", app.Ailing: "WARN", app.Ill: "FAIL"}[x.Health], x.Name, line.Text)
		}
		failed = errors.Join(failed, err)
		var k *kernel.Error
		if errors.As(x.Err, &k) && !c.JSON {
			e.findings(k.Findings)
		}
	})
	if failed != nil {
		return failed
	}
	if ill > 0 {
		return kernel.E(kernel.Unavailable, "doctor.failed", "n", ill)
	}
	return nil
}

// pairs turns parameters back into names and values.
func pairs(params map[string]any) []any {
	kv := make([]any, 0, 2*len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		kv = append(kv, name, params[name])
	}
	return kv
}
