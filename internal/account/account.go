// SPDX-License-Identifier: EUPL-1.2

// Package account is the people who work for the town with Kupferfaden and the citizens who chose to have an account: how they come in, how
// they sign in, and which roles they hold where and for how long.
//
// Nobody gives a role to himself, and nobody takes the last administration from the town. A grant is never deleted but ended. A link sent by
// mail works once, in its town, for its time; whoever asks for one learns nothing about who has an account. A failed sign-in never tells whether the address is known, neither by words nor by time. Nobody can lock another person out by failing on
// purpose. A one-time password opens nothing but the page on which it is replaced. Passwords are kept as argon2id hashes; whoever resets or
// changes one ends every session of the account.
package account

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Account is one person of one town.
type Account struct {
	ID          kernel.ID
	Email       string // as typed
	Name        string // shown to colleagues; the pseudonym of a citizen
	Lang        string // of mails, "de" where empty
	Hash        string // PHC string; empty: no password
	MustChange  bool   // the password is a one-time one
	Citizen     bool   // a citizen's account: Name is a pseudonym
	Consent     string // version of the text a citizen agreed to
	ConsentedAt kernel.Instant
	Roles       []Grant
	CreatedAt   kernel.Instant
	DisabledAt  kernel.Instant
	ErasedAt    kernel.Instant
}

// Grant is a role for a time in a context; an empty To is open. Grants are never changed but ended, so that it stays known who could do what
// when. Days are those of Berlin.
type Grant struct {
	ID   kernel.ID
	Role access.Role
	In   access.Context // zero: the town as a whole
	From kernel.Date
	To   kernel.Date // last day
}

// Disabled tells that the person cannot sign in any more.
func (a Account) Disabled() bool { return !a.DisabledAt.IsZero() || a.Erased() }

// Erased tells that only a stub is left, so that what the person did keeps its author without naming one.
func (a Account) Erased() bool { return !a.ErasedAt.IsZero() }

// On lists the roles held in the town as a whole on a day, in the order of access.Roles.
func (a Account) On(day kernel.Date) []access.Role {
	var out []access.Role
	for _, r := range access.Roles() {
		if slices.ContainsFunc(a.Roles, func(g Grant) bool { return g.Role == r && g.In == access.Context{} && g.On(day) }) {
			out = append(out, r)
		}
	}
	return out
}

// Held lists the roles held in a context on a day.
func (a Account) Held(day kernel.Date) []access.Holding {
	var out []access.Holding
	for _, g := range a.Roles {
		h := access.Holding{Role: g.Role, In: g.In}
		if g.In != (access.Context{}) && g.On(day) && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// Staff tells whether the person holds a role on the day that is not a citizen's, wherever.
func (a Account) Staff(day kernel.Date) bool {
	return slices.ContainsFunc(a.Roles, func(g Grant) bool { return !g.Role.Citizen() && g.On(day) })
}

// On tells whether the grant holds on the day.
func (g Grant) On(day kernel.Date) bool { return g.From <= day && (g.To == "" || day <= g.To) }

// overlaps tells whether there is a day on which both grants hold.
func (g Grant) overlaps(o Grant) bool {
	return g.lasts() && o.lasts() && (g.To == "" || o.From <= g.To) && (o.To == "" || g.From <= o.To)
}

// lasts tells whether there is any day on which the grant holds; one taken back on its first day has none.
func (g Grant) lasts() bool { return g.To == "" || g.From <= g.To }

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

// dayBefore gives the day before.
func dayBefore(d kernel.Date) kernel.Date {
	return kernel.Date(d.Time().AddDate(0, 0, -1).Format(time.DateOnly))
}

// dayAfter gives the day after.
func dayAfter(d kernel.Date) kernel.Date {
	return kernel.Date(d.Time().AddDate(0, 0, 1).Format(time.DateOnly))
}
