// SPDX-License-Identifier: EUPL-1.2

// Package account is the people who work for the town with Kupferfaden: how they sign in and which roles they hold for how long.
//
// A failed sign-in never tells whether the address is known, neither by words nor by time. Nobody can lock another person out by failing on
// purpose. A one-time password opens nothing but the page on which it is replaced. Passwords are kept as argon2id hashes; whoever resets or
// changes one ends every session of the account.
package account

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Account is one person of one town.
type Account struct {
	ID         kernel.ID
	Email      string // as typed
	Name       string // shown to colleagues
	Hash       string // PHC string
	MustChange bool   // the password is a one-time one
	Roles      []Grant
	CreatedAt  kernel.Instant
	DisabledAt kernel.Instant
}

// Grant is a role for a time; an empty To is open. Grants are never changed but ended, so that it stays known who could do what when.
type Grant struct {
	ID   kernel.ID
	Role access.Role
	From kernel.Date
	To   kernel.Date // last day
}

// Disabled tells that the person cannot sign in any more.
func (a Account) Disabled() bool { return !a.DisabledAt.IsZero() }

// On lists the roles held on a day, in the order of assignable.
func (a Account) On(day kernel.Date) []access.Role {
	var out []access.Role
	for _, r := range assignable {
		if slices.ContainsFunc(a.Roles, func(g Grant) bool { return g.Role == r && g.on(day) }) {
			out = append(out, r)
		}
	}
	return out
}

func (g Grant) on(day kernel.Date) bool { return g.From <= day && (g.To == "" || day <= g.To) }

// assignable are the roles a person can be given; operator is only ever the person at the machine.
var assignable = []access.Role{access.Planner, access.Admin}

// Assignable lists the roles a person can be given.
func Assignable() []access.Role { return slices.Clone(assignable) }

// FoldEmail gives the form in which addresses are told apart: Unicode NFKC, small letters, no blanks around. Strictly the part before the @ may
// be case-sensitive (RFC 5321 2.4); no mail system in use keeps two people apart that way, while people do vary the case when they type.
func FoldEmail(s string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s))) }

// ValidEmail tells whether s is one bare address.
func ValidEmail(s string) bool {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

const (
	// MinPassword is the least number of characters (ASVS 6.2.1, with room above its 8).
	MinPassword = 10
	// MaxPassword is the most (ASVS 6.2.9 asks for at least 64).
	MaxPassword = 200
)

// CheckPassword tells whether a password may be used: long enough, not the person's own address or name, and none that guessers try first
// (ASVS 6.2.4, 6.2.11, 6.2.12); own are further words that everybody in the town knows, such as its name. There are no rules of composition
// (ASVS 6.2.5).
func CheckPassword(password string, a Account, own ...string) error {
	fail := func(key string) error {
		return &kernel.Error{
			Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params("min", MinPassword, "max", MaxPassword),
			Fields: map[string]string{"password": key},
		}
	}
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fail("account.password.utf8")
	case n < MinPassword:
		return fail("account.password.short")
	case n > MaxPassword:
		return fail("account.password.long")
	}
	folded := FoldEmail(password)
	local, _, _ := strings.Cut(FoldEmail(a.Email), "@")
	if folded == FoldEmail(a.Email) || folded == local || folded == FoldEmail(a.Name) {
		return fail("account.password.own")
	}
	if weakPassword(password, append(own, local, a.Name)) {
		return fail("account.password.common")
	}
	return nil
}

func dayOf(t time.Time) kernel.Date { return kernel.Date(t.Format(time.DateOnly)) }
