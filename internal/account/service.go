// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"errors"
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
	// Holders lists the accounts that were ever given a role in the town as a whole.
	Holders(ctx context.Context, tenant kernel.ID, r access.Role) ([]Account, error)
	// SetProfile changes name, language and address; Conflict "account.exists" or "account.pseudonym.taken".
	SetProfile(ctx context.Context, tenant kernel.ID, a Account) error
	// PseudonymFree tells whether no account has a pseudonym like this one.
	PseudonymFree(ctx context.Context, tenant kernel.ID, pseudonym string) (bool, error)
	// Erase leaves a stub of an account without name, address and hash.
	Erase(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error
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
	// Trail, FourEyes and Places are filled by app; a service without them, as in tests of single rules, writes no trail, asks no second person
	// and knows no process, group, office or area.
	Trail    access.Trail
	FourEyes access.FourEyes
	Places   Places
	// Say gives a text of the catalogue in every language, for what others are asked to agree to.
	Say func(key string, kv ...any) kernel.Text
	// Links keeps what is sent by mail to be used once, Mailer sends it, Later does what must not be seen in the time of an answer, Marks hides
	// networks.
	Links  Links
	Mailer Mailer
	Later  func(ctx context.Context, tenant, link kernel.ID) error
	Marks  Marker
	// Town knows the rules of a town.
	Town Town
	// Renamed brings rows up to date that keep only the name of who did something, in the transaction of ctx; nil: there are none.
	Renamed func(ctx context.Context, tenant, person kernel.ID, from, to string) error

	Signing
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
		day := kernel.DayOf(s.now())
		who.Roles, who.Held = a.On(day), a.Held(day)
	}
	return who, nil
}

// New describes an account to be made. Without a password a one-time one is made.
type New struct {
	Email, Name string
	Roles       []access.Role
	In          access.Context // what the roles are held in
	From, To    kernel.Date    // first and last day; empty: today, open
	Password    string
}

// Add makes an account and gives the one-time password where none was chosen. It is the way of the person at the machine; the administration of
// a town invites (Invite).
func (s *Service) Add(ctx context.Context, by access.Actor, n New) (Account, string, error) {
	if !by.Has(access.Operator) {
		return Account{}, "", kernel.E(kernel.Denied, "access.denied")
	}
	a, err := s.prepare(ctx, by.Tenant, n)
	if err != nil {
		return Account{}, "", err
	}
	oneTime := ""
	password := n.Password
	if password == "" {
		oneTime = OneTime()
		password, a.MustChange = oneTime, true
	} else if err := s.checkChosen(ctx, by.Tenant, password, a); err != nil {
		return Account{}, "", err
	}
	if a.Hash, err = s.Hasher.Hash(ctx, password); err != nil {
		return Account{}, "", err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, by.Tenant, a); err != nil {
			return err
		}
		if err := access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: "account.add", Object: accountRef(a.ID)}); err != nil {
			return err
		}
		for _, g := range a.Roles {
			err := access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: "account.role.give", Object: accountRef(a.ID), Note: noteOf(g)})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Account{}, "", err
	}
	return a, oneTime, nil
}

// prepare checks what is known of a new member of staff and gives the account without a password.
func (s *Service) prepare(ctx context.Context, tenant kernel.ID, n New) (Account, error) {
	email := strings.TrimSpace(n.Email)
	a := Account{ID: kernel.NewID(), Email: email, CreatedAt: kernel.InstantOf(s.now())}
	fields, params := map[string]string{}, kernel.Params("roles", roleNames(), "max", MaxName)
	if !ValidEmail(email) {
		fields["email"] = "account.email.form"
	}
	name, wrong := CleanName(n.Name)
	if name == "" && wrong == "" {
		name = email
	}
	if a.Name = name; wrong != "" {
		fields["name"] = wrong
	}
	if len(n.Roles) == 0 {
		fields["roles"] = "account.roles.missing"
	}
	for _, r := range n.Roles {
		g, err := s.planGrant(ctx, tenant, a.Roles, RoleChange{Role: r, In: n.In, From: n.From, To: n.To}, false)
		var e *kernel.Error
		switch {
		case err == nil:
			a.Roles = append(a.Roles, g)
		case errors.As(err, &e) && (e.Kind == kernel.Invalid || e.Kind == kernel.Conflict) && len(e.Fields) > 0:
			for field, key := range e.Fields {
				if field == "role" {
					field = "roles"
				}
				fields[field] = key
			}
			for k, v := range e.Params {
				params[k] = v
			}
		default:
			return a, err
		}
	}
	if len(fields) > 0 {
		return a, &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Params: params, Fields: fields}
	}
	return a, nil
}

func roleNames() []string {
	names := make([]string, 0, len(access.Roles()))
	for _, r := range access.Roles() {
		names = append(names, string(r))
	}
	return names
}

// Reset gives an account a new password, a one-time one where none was chosen, and ends all its sessions. It is the way of the person at the
// machine; the administration of a town sends a link (SendReset) and never knows a password. A disabled account can sign in again only after
// Disable has let it.
func (s *Service) Reset(ctx context.Context, by access.Actor, email, password string) (oneTime string, err error) {
	if !by.Has(access.Operator) {
		return "", kernel.E(kernel.Denied, "access.denied")
	}
	a, err := s.Store.ByEmail(ctx, by.Tenant, FoldEmail(email))
	if err != nil {
		return "", err
	}
	mustChange := password == ""
	if mustChange {
		oneTime = OneTime()
		password = oneTime
	} else if err := s.checkChosen(ctx, by.Tenant, password, a); err != nil {
		return "", err
	}
	return oneTime, s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.setPassword(ctx, by.Tenant, a, password, mustChange); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: "account.reset", Object: accountRef(a.ID)})
	})
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

// checkChosen is CheckPassword with the names of the town.
func (s *Service) checkChosen(ctx context.Context, tenant kernel.ID, password string, a Account) error {
	var names []string
	if s.Town != nil {
		var err error
		if names, err = s.Town.Names(ctx, tenant); err != nil {
			return err
		}
	}
	return CheckPassword(password, a, names...)
}

// ChangePassword lets a person choose a new password; the old one proves who asks. All sessions end; the caller begins a new one.
func (s *Service) ChangePassword(ctx context.Context, by access.Actor, old, password string, from From) error {
	if by.Person == "" {
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	a, err := s.Store.Account(ctx, by.Tenant, by.Person)
	if err != nil {
		return err
	}
	if err := s.checkPassword(ctx, by.Tenant, a, "old", old, from); err != nil {
		return err
	}
	if old == password {
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: map[string]string{"password": "account.password.same"}}
	}
	if err := s.checkChosen(ctx, by.Tenant, password, a); err != nil {
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

// Disable ends an account and its sessions, or lets it sign in again. Nobody disables himself, and the town keeps an administration.
func (s *Service) Disable(ctx context.Context, by access.Actor, id kernel.ID, disabled bool) error {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return err
	}
	if by.Person == id {
		return kernel.E(kernel.Conflict, "account.disable.self")
	}
	at, what := kernel.Instant{}, "account.enable"
	if disabled {
		at, what = kernel.InstantOf(s.now()), "account.disable"
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if a.Erased() {
			return kernel.E(kernel.Conflict, "account.erased")
		}
		if a.DisabledAt = at; disabled {
			if err := s.keepsAdministration(ctx, by.Tenant, a); err != nil {
				return err
			}
		}
		if err := s.Store.SetDisabled(ctx, by.Tenant, id, at); err != nil {
			return err
		}
		if err := s.Store.EndSessions(ctx, by.Tenant, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: what, Object: accountRef(id)})
	})
}
