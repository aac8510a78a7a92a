// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Store keeps accounts and ends sessions. accountdb implements it.
type Store interface {
	// Accounts lists everybody of the town, by name.
	Accounts(ctx context.Context, tenant kernel.ID) ([]Account, error)
	// Account gives one by id; NotFound "account.notfound".
	Account(ctx context.Context, tenant, id kernel.ID) (Account, error)
	// ByEmail gives one by folded address; NotFound "account.notfound".
	ByEmail(ctx context.Context, tenant kernel.ID, folded string) (Account, error)
	// Insert adds an account with its roles; Conflict "account.exists" when the address is taken.
	Insert(ctx context.Context, tenant kernel.ID, a Account) error
	// SetPassword replaces the hash.
	SetPassword(ctx context.Context, tenant, id kernel.ID, hash string, mustChange bool) error
	// SetDisabled sets or clears (zero instant) the end of an account.
	SetDisabled(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error
	// SetRoles ends and adds grants: every grant of the list is written as it is.
	SetRoles(ctx context.Context, tenant, id kernel.ID, grants []Grant) error
	// EndSessions ends every session of an account.
	EndSessions(ctx context.Context, tenant, id kernel.ID) error
}

// Tx runs f in one transaction.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service keeps the rules of accounts.
type Service struct {
	Store  Store
	DB     Tx
	Hasher *Hasher
	Now    func() time.Time // nil: time.Now
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail

	signing
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Actor gives who an account is today. Somebody with a one-time password is known but holds no role until it is replaced. A disabled account is
// NotFound.
func (s *Service) Actor(ctx context.Context, tenant, id kernel.ID) (access.Actor, error) {
	a, err := s.Store.Account(ctx, tenant, id)
	if err != nil {
		return access.Actor{}, err
	}
	if a.Disabled() {
		return access.Actor{}, kernel.E(kernel.NotFound, "account.notfound")
	}
	who := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
	if !a.MustChange {
		who.Roles = a.On(dayOf(s.now()))
	}
	return who, nil
}

// New describes an account to be made. Without a password a one-time one is made.
type New struct {
	Email, Name string
	Roles       []access.Role
	Password    string
}

// Add makes an account and gives the one-time password where none was chosen.
func (s *Service) Add(ctx context.Context, by access.Actor, n New) (Account, string, error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return Account{}, "", err
	}
	n.Email, n.Name = strings.TrimSpace(n.Email), strings.TrimSpace(n.Name)
	if n.Name == "" {
		n.Name = n.Email
	}
	a := Account{ID: kernel.NewID(), Email: n.Email, Name: n.Name, CreatedAt: kernel.InstantOf(s.now())}
	fields := map[string]string{}
	if !ValidEmail(n.Email) {
		fields["email"] = "account.email.form"
	}
	if len(n.Roles) == 0 {
		fields["roles"] = "account.roles.missing"
	}
	for _, r := range n.Roles {
		if !slices.Contains(assignable, r) {
			fields["roles"] = "account.roles.unknown"
			continue
		}
		a.Roles = append(a.Roles, Grant{ID: kernel.NewID(), Role: r, From: dayOf(s.now())})
	}
	if len(fields) > 0 {
		return Account{}, "", &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params("roles", roleNames()), Fields: fields}
	}
	oneTime := ""
	password := n.Password
	if password == "" {
		oneTime = OneTime()
		password, a.MustChange = oneTime, true
	} else if err := CheckPassword(password, a); err != nil {
		return Account{}, "", err
	}
	var err error
	if a.Hash, err = s.Hasher.Hash(ctx, password); err != nil {
		return Account{}, "", err
	}
	if err := s.Store.Insert(ctx, by.Tenant, a); err != nil {
		return Account{}, "", err
	}
	return a, oneTime, nil
}

func roleNames() []string {
	names := make([]string, len(assignable))
	for i, r := range assignable {
		names[i] = string(r)
	}
	return names
}

// Reset gives an account a new password, a one-time one where none was chosen, and ends all its sessions. A disabled account can sign in again
// only after Enable.
func (s *Service) Reset(ctx context.Context, by access.Actor, email, password string) (oneTime string, err error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return "", err
	}
	a, err := s.Store.ByEmail(ctx, by.Tenant, FoldEmail(email))
	if err != nil {
		return "", err
	}
	mustChange := password == ""
	if mustChange {
		oneTime = OneTime()
		password = oneTime
	} else if err := CheckPassword(password, a); err != nil {
		return "", err
	}
	return oneTime, s.setPassword(ctx, by.Tenant, a, password, mustChange)
}

// setPassword replaces the hash and ends the sessions that rest on the old one.
func (s *Service) setPassword(ctx context.Context, tenant kernel.ID, a Account, password string, mustChange bool) error {
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetPassword(ctx, tenant, a.ID, hash, mustChange); err != nil {
			return err
		}
		return s.Store.EndSessions(ctx, tenant, a.ID)
	})
}

// ChangePassword lets a person choose a new password; the old one proves who asks. All sessions end; the caller begins a new one.
func (s *Service) ChangePassword(ctx context.Context, by access.Actor, old, password, from string) error {
	if by.Person == "" {
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	folded := FoldEmail(a.Email)
	if w := s.throttle.wait(folded, from, s.now()); w > 0 {
		return errWait(w)
	}
	ok, _, err := s.Hasher.Check(ctx, a.Hash, old)
	if err != nil {
		return err
	}
	if !ok {
		s.throttle.fail(folded, from, s.now())
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: map[string]string{"old": "account.password.wrong"}}
	}
	if old == password {
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: map[string]string{"password": "account.password.same"}}
	}
	if err := CheckPassword(password, a); err != nil {
		return err
	}
	return s.setPassword(ctx, by.Tenant, a, password, false)
}

// List gives everybody of the town, by name.
func (s *Service) List(ctx context.Context, by access.Actor) ([]Account, error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return nil, err
	}
	return s.Store.Accounts(ctx, by.Tenant)
}

// Get gives one account; people may see their own.
func (s *Service) Get(ctx context.Context, by access.Actor, id kernel.ID) (Account, error) {
	if by.Person == "" || by.Person != id {
		if err := access.CheckTenant(by, access.ManageUsers); err != nil {
			return Account{}, err
		}
	}
	return s.Store.Account(ctx, by.Tenant, id)
}

// Disable ends an account and its sessions, or lets it sign in again. Nobody disables himself, so that the town keeps an administration.
func (s *Service) Disable(ctx context.Context, by access.Actor, id kernel.ID, disabled bool) error {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return err
	}
	if by.Person == id {
		return kernel.E(kernel.Conflict, "account.disable.self")
	}
	at := kernel.Instant{}
	if disabled {
		at = kernel.InstantOf(s.now())
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetDisabled(ctx, by.Tenant, id, at); err != nil {
			return err
		}
		return s.Store.EndSessions(ctx, by.Tenant, id)
	})
}

// SetRoles gives an account the roles from today and takes all others at the end of yesterday. Nobody takes the administration from himself.
func (s *Service) SetRoles(ctx context.Context, by access.Actor, id kernel.ID, roles []access.Role) error {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return err
	}
	for _, r := range roles {
		if !slices.Contains(assignable, r) {
			return &kernel.Error{
				Kind: kernel.Invalid, Key: "account.invalid", Params: kernel.Params("roles", roleNames()),
				Fields: map[string]string{"roles": "account.roles.unknown"},
			}
		}
	}
	if by.Person == id && !slices.Contains(roles, access.Admin) {
		return &kernel.Error{Kind: kernel.Conflict, Key: "account.roles.self", Fields: map[string]string{"roles": "account.roles.self"}}
	}
	today := dayOf(s.now())
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		return s.Store.SetRoles(ctx, by.Tenant, id, regrant(a.Roles, roles, today))
	})
}

// regrant ends what is not wanted any more and adds what is new. A grant of today that is taken back today ends before it began: it must not
// hold for the rest of the day.
func regrant(held []Grant, want []access.Role, today kernel.Date) []Grant {
	yesterday := kernel.Date(today.Time().AddDate(0, 0, -1).Format(time.DateOnly))
	out := make([]Grant, 0, len(held)+len(want))
	for _, g := range held {
		if g.on(today) && !slices.Contains(want, g.Role) {
			g.To = yesterday
		}
		out = append(out, g)
	}
	for _, r := range want {
		if !slices.ContainsFunc(out, func(g Grant) bool { return g.Role == r && g.on(today) }) {
			out = append(out, Grant{ID: kernel.NewID(), Role: r, From: today})
		}
	}
	return out
}
