// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
)

// UserCmd groups the verbs on accounts.
type UserCmd struct {
	Add   UserAddCmd   `cmd:"" help:"Add an account; prints a one-time password unless one is read from standard input."`
	Reset UserResetCmd `cmd:"" help:"Give an account a new password and end its sessions."`
}

// UserAddCmd adds an account.
type UserAddCmd struct {
	Place
	Email         string   `arg:"" help:"E-mail address."`
	Name          string   `help:"Displayed name." placeholder:"NAME"`
	Role          []string `enum:"planner,admin" default:"planner" help:"Roles: planner, admin."`
	PasswordStdin bool     `help:"Read the password from the first line of standard input."`
}

// Run adds the account.
func (c *UserAddCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	password, err := readPassword(e, c.PasswordStdin)
	if err != nil {
		return err
	}
	roles := make([]access.Role, len(c.Role))
	for i, r := range c.Role {
		roles[i] = access.Role(r)
	}
	name := c.Name
	if name == "" {
		name, _, _ = strings.Cut(c.Email, "@")
	}
	_, oneTime, err := a.Accounts.Add(e.Ctx, a.Operator(t), account.New{Email: c.Email, Name: name, Password: password, Roles: roles})
	if err != nil {
		return err
	}
	e.password(c.Email, oneTime)
	return nil
}

// UserResetCmd resets a password.
type UserResetCmd struct {
	Place
	Email         string `arg:"" help:"E-mail address."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input."`
}

// Run resets the password.
func (c *UserResetCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	password, err := readPassword(e, c.PasswordStdin)
	if err != nil {
		return err
	}
	oneTime, err := a.Accounts.Reset(e.Ctx, a.Operator(t), c.Email, password)
	if err != nil {
		return err
	}
	e.password(c.Email, oneTime)
	return nil
}

// password prints a generated password once, on standard output, so that it can be caught by a script.
func (e *Env) password(email, oneTime string) {
	e.say("cli.user.done", "email", email)
	if oneTime != "" {
		e.say("cli.user.password")
		fmt.Fprintln(e.Out, oneTime)
	}
}

func readPassword(e *Env, fromInput bool) (string, error) {
	if !fromInput {
		return "", nil
	}
	line, err := bufio.NewReader(e.In).ReadString('\n')
	if line == "" && err != nil {
		return "", usageError{fmt.Errorf("password from standard input: %w", err)}
	}
	return strings.TrimRight(line, "\r\n"), nil
}
