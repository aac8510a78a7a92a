// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
)

// ReadyCmd asks the serving program on this machine whether it is ready, for containers, which have no other program to ask with.
type ReadyCmd struct{ Settings }

// Run ends with 0 when pages are answered.
func (c *ReadyCmd) Run(e *Env) error {
	word, err := server.Ask(e.Ctx, c.Listen, c.TLS.Mode == "files" || c.TLS.Mode == "acme")
	if err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "cli.ready.not", Params: kernel.Params("address", c.Listen), Err: err}
	}
	fmt.Fprintln(e.Out, word)
	return nil
}
