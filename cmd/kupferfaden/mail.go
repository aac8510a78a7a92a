// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// MailCmd groups the verbs on mail.
type MailCmd struct {
	Test   MailTestCmd   `cmd:"" help:"Send one mail and say what happened."`
	Bounce MailBounceCmd `cmd:"" help:"Read a bounce mail from standard input; for the alias of the sender's address."`
	Show   MailShowCmd   `cmd:"" help:"Print the latest mails that test mode kept back, with their links."`
}

// MailTestCmd sends one mail.
type MailTestCmd struct {
	Settings
	To string `help:"Address to send to." required:"" placeholder:"ADDRESS"`
}

// Run sends it past the outbox, so that the answer is known at once.
func (c *MailTestCmd) Run(e *Env) error {
	a, t, err := c.openWith(e.Ctx, c.config())
	if err != nil {
		return err
	}
	defer a.Close()
	server, err := a.TryMail(e.Ctx, t, c.To, e.P.Lang())
	if err != nil {
		return err
	}
	e.say("cli.mail.sent", "to", c.To, "server", server)
	return nil
}

// MailBounceCmd reads a bounce mail.
type MailBounceCmd struct{ Place }

// Run notes it with the mail it speaks of, in whichever town that was written.
func (c *MailBounceCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	a, err := app.Open(e.Ctx, c.config())
	if err != nil {
		return err
	}
	defer a.Close()
	known, err := a.BounceMail(e.Ctx, e.In)
	if err != nil {
		return err
	}
	if known == 0 {
		e.say("cli.mail.bounce.unknown")
		return nil
	}
	e.say("cli.mail.bounce.done", "n", known)
	return nil
}

// MailShowCmd prints mail that was kept back.
type MailShowCmd struct {
	Place
	Number int `help:"How many." default:"1" placeholder:"N"`
}

// Run prints the youngest first. Only mail that never left can be printed: of sent mail the links are forgotten.
func (c *MailShowCmd) Run(e *Env) error {
	if c.Number < 1 || c.Number > 1000 {
		return usageError{errors.New("--number: 1 … 1000")}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	list, err := a.CapturedMail(e.Ctx, t, c.Number)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		e.say("cli.mail.show.none")
	}
	for _, m := range list {
		fmt.Fprintln(e.Out, visible(m.To))
		for line := range strings.SplitSeq(m.Text, "\n") {
			fmt.Fprintln(e.Out, visible(line))
		}
	}
	return nil
}
