// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// UserCmd groups the verbs on accounts.
type UserCmd struct {
	Add     UserAddCmd     `cmd:"" help:"Add an account; prints a one-time password unless one is read from standard input."`
	Reset   UserResetCmd   `cmd:"" help:"Give an account a new password and end its sessions."`
	List    UserListCmd    `cmd:"" help:"List accounts with their roles, as CSV."`
	Role    UserRoleCmd    `cmd:"" help:"Give and end roles."`
	Disable UserDisableCmd `cmd:"" help:"Keep an account from signing in, or let it again."`
}

// UserRoleCmd groups the verbs on roles.
type UserRoleCmd struct {
	Add UserRoleAddCmd `cmd:"" help:"Give a role."`
	End UserRoleEndCmd `cmd:"" help:"End a role."`
}

// Term says where and for how long a role is held.
type Term struct {
	In   string `help:"What the role is held in: office:KEY, area:LEVEL/KEY; without it, the whole town." placeholder:"KIND:KEY"`
	From string `help:"First day; without it, today." placeholder:"YYYY-MM-DD"`
	To   string `help:"Last day; without it, open." placeholder:"YYYY-MM-DD"`
}

// UserAddCmd adds an account.
type UserAddCmd struct {
	Place
	Term
	Email         string   `arg:"" help:"E-mail address."`
	Name          string   `help:"Displayed name." placeholder:"NAME"`
	Role          []string `default:"planner" help:"Roles, such as planner, admin, data_supplier, dpo." placeholder:"ROLE"`
	PasswordStdin bool     `help:"Read the password from the first line of standard input."`
}

// Run adds the account.
func (c *UserAddCmd) Run(e *Env) error {
	password, err := readPassword(e, c.PasswordStdin)
	if err != nil {
		return err
	}
	return c.with(e, func(a *app.App, by access.Actor) error {
		in, err := account.ParseContext(c.In)
		if err != nil {
			return err
		}
		n := account.New{Email: c.Email, Name: c.Name, Password: password, In: in, From: kernel.Date(c.From), To: kernel.Date(c.To)}
		for _, r := range c.Role {
			n.Roles = append(n.Roles, access.Role(r))
		}
		if n.Name == "" {
			n.Name, _, _ = strings.Cut(c.Email, "@")
		}
		_, oneTime, err := a.Accounts.Add(e.Ctx, by, n)
		if err != nil {
			return err
		}
		e.password(c.Email, oneTime)
		return nil
	})
}

// with opens the town and runs f as the person at the machine.
func (p Place) with(e *Env, f func(a *app.App, by access.Actor) error) error {
	a, t, err := p.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	return f(a, a.Operator(t))
}

// UserResetCmd resets a password.
type UserResetCmd struct {
	Place
	Email         string `arg:"" help:"E-mail address."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input."`
}

// Run resets the password.
func (c *UserResetCmd) Run(e *Env) error {
	password, err := readPassword(e, c.PasswordStdin)
	if err != nil {
		return err
	}
	return c.with(e, func(a *app.App, by access.Actor) error {
		oneTime, err := a.Accounts.Reset(e.Ctx, by, c.Email, password)
		if err != nil {
			return err
		}
		e.password(c.Email, oneTime)
		return nil
	})
}

// UserListCmd lists accounts.
type UserListCmd struct {
	Place
	Citizens bool `help:"Citizens with an account instead of those who work with the town."`
	All      bool `help:"Also roles that have ended."`
}

// Run prints one line a role.
func (c *UserListCmd) Run(e *Env) error {
	return c.with(e, func(a *app.App, by access.Actor) error {
		list, err := a.Accounts.List(e.Ctx, by)
		if err != nil {
			return err
		}
		today := kernel.DayOf(time.Now())
		w := csv.NewWriter(e.Out)
		if err := w.Write([]string{"email", "name", "state", "role", "in", "from", "to"}); err != nil {
			return err
		}
		for _, x := range list {
			if x.Citizen != c.Citizens {
				continue
			}
			line := []string{visible(x.Email), visible(x.Name), stateOf(x), "", "", "", ""}
			shown := false
			for _, g := range x.Roles {
				if !c.All && g.To != "" && g.To < today {
					continue
				}
				shown = true
				copy(line[3:], []string{string(g.Role), account.WriteContext(g.In), string(g.From), string(g.To)})
				if err := w.Write(line); err != nil {
					return err
				}
			}
			if !shown {
				if err := w.Write(line); err != nil {
					return err
				}
			}
		}
		w.Flush()
		return w.Error()
	})
}

// stateOf names the state of an account for scripts.
func stateOf(a account.Account) string {
	switch {
	case a.Disabled():
		return "disabled"
	case a.MustChange:
		return "one-time password"
	}
	return "active"
}

// person finds an account by address.
func person(e *Env, a *app.App, by access.Actor, email string) (account.Account, error) {
	list, err := a.Accounts.List(e.Ctx, by)
	if err != nil {
		return account.Account{}, err
	}
	i := slices.IndexFunc(list, func(x account.Account) bool { return account.FoldEmail(x.Email) == account.FoldEmail(email) })
	if i < 0 {
		return account.Account{}, kernel.E(kernel.NotFound, "account.notfound")
	}
	return list[i], nil
}

// UserRoleAddCmd gives a role.
type UserRoleAddCmd struct {
	Place
	Term
	Email  string `arg:"" help:"E-mail address."`
	Role   string `arg:"" help:"Role."`
	Reason string `help:"For the audit trail." placeholder:"TEXT"`
}

// Run gives the role.
func (c *UserRoleAddCmd) Run(e *Env) error {
	return c.with(e, func(a *app.App, by access.Actor) error {
		in, err := account.ParseContext(c.In)
		if err != nil {
			return err
		}
		x, err := person(e, a, by, c.Email)
		if err != nil {
			return err
		}
		err = a.Accounts.Change(e.Ctx, by, account.RoleChange{
			Account: x.ID, Role: access.Role(c.Role), In: in, From: kernel.Date(c.From), To: kernel.Date(c.To), Reason: c.Reason,
		})
		if err != nil {
			return err
		}
		e.say("cli.user.role.given", "email", c.Email, "role", account.RoleWord(access.Role(c.Role)))
		return nil
	})
}

// UserRoleEndCmd ends a role.
type UserRoleEndCmd struct {
	Place
	Email  string `arg:"" help:"E-mail address."`
	Role   string `arg:"" help:"Role."`
	In     string `help:"What the role is held in; without it, the whole town." placeholder:"KIND:KEY"`
	On     string `help:"Last day; without it, the role ends at once." placeholder:"YYYY-MM-DD"`
	Reason string `help:"For the audit trail." placeholder:"TEXT"`
}

// Run ends the role.
func (c *UserRoleEndCmd) Run(e *Env) error {
	return c.with(e, func(a *app.App, by access.Actor) error {
		in, err := account.ParseContext(c.In)
		if err != nil {
			return err
		}
		x, err := person(e, a, by, c.Email)
		if err != nil {
			return err
		}
		today := kernel.DayOf(time.Now())
		i := slices.IndexFunc(x.Roles, func(g account.Grant) bool {
			return string(g.Role) == c.Role && g.In == in && (g.To == "" || g.To >= today)
		})
		if i < 0 {
			return kernel.E(kernel.NotFound, "account.grant.notfound")
		}
		if err := a.Accounts.Change(e.Ctx, by, account.RoleChange{Account: x.ID, End: x.Roles[i].ID, To: kernel.Date(c.On), Reason: c.Reason}); err != nil {
			return err
		}
		e.say("cli.user.role.ended", "email", c.Email, "role", account.RoleWord(x.Roles[i].Role))
		return nil
	})
}

// UserDisableCmd disables an account.
type UserDisableCmd struct {
	Place
	Email  string `arg:"" help:"E-mail address."`
	Enable bool   `help:"Let it sign in again."`
}

// Run disables or enables.
func (c *UserDisableCmd) Run(e *Env) error {
	return c.with(e, func(a *app.App, by access.Actor) error {
		x, err := person(e, a, by, c.Email)
		if err != nil {
			return err
		}
		if err := a.Accounts.Disable(e.Ctx, by, x.ID, !c.Enable); err != nil {
			return err
		}
		if c.Enable {
			e.say("cli.user.enabled", "email", c.Email)
		} else {
			e.say("cli.user.disabled", "email", c.Email)
		}
		return nil
	})
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
