// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"errors"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Town knows the rules of a town; app fills it.
type Town interface {
	// Registration tells whether citizens may open an account by themselves.
	Registration(ctx context.Context, tenant kernel.ID) (bool, error)
	// Consent gives the text a citizen agrees to when opening one, and its version.
	Consent(ctx context.Context, tenant kernel.ID, lang string) (version, text string, err error)
	// Names lists the town's own names, which everybody there knows and no password may consist of.
	Names(ctx context.Context, tenant kernel.ID) ([]string, error)
}

// Registering is what a citizen types to open an account. There is nothing else to tell: no profile, no links, no picture.
type Registering struct {
	Pseudonym, Email, Password string
	Consent                    string // version of the text agreed to; empty: not agreed
	Lang                       string
}

// reserved are beginnings of pseudonyms that would pass for the town.
var reserved = []string{
	"admin", "moderat", "verwaltung", "stadtverwaltung", "rathaus", "stadtrat", "buergermeister", "bürgermeister", "oberbürgermeister", "datenschutz",
	"kupferfaden", "sozialplanung", "sozialamt", "jugendamt", "ordnungsamt", "polizei",
}

// Registers tells whether citizens may open an account by themselves, and mail can prove their address.
func (s *Service) Registers(ctx context.Context, tenant kernel.ID) (bool, error) {
	if s.Town == nil || !s.Mails() {
		return false, nil
	}
	return s.Town.Registration(ctx, tenant)
}

// ConsentText gives what a citizen agrees to, and its version.
func (s *Service) ConsentText(ctx context.Context, tenant kernel.ID, lang string) (version, text string, err error) {
	return s.Town.Consent(ctx, tenant, lang)
}

// Register asks for a citizen's account. Nothing exists until the address is confirmed; what was typed vanishes after RegistrationLife. Whether
// the address is known is not told: its owner is told by mail. That a pseudonym is taken is told, as pseudonyms are public. NotFound where the
// town has switched registration off.
func (s *Service) Register(ctx context.Context, tenant kernel.ID, r Registering, from string) error {
	open, err := s.Registers(ctx, tenant)
	if err != nil {
		return err
	}
	if !open {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	version, _, err := s.Town.Consent(ctx, tenant, r.Lang)
	if err != nil {
		return err
	}
	r.Email = strings.TrimSpace(r.Email)
	fields := map[string]string{}
	name, wrong, err := s.pseudonym(ctx, tenant, r.Pseudonym)
	if err != nil {
		return err
	}
	if wrong != "" {
		fields["pseudonym"] = wrong
	}
	if !ValidEmail(r.Email) {
		fields["email"] = "account.email.form"
	}
	if r.Consent == "" || r.Consent != version {
		fields["consent"] = "account.consent.missing"
	}
	params := kernel.Params("min", MinPassword, "max", MaxPassword)
	var e *kernel.Error
	if err := s.checkChosen(ctx, tenant, r.Password, Account{Email: r.Email, Name: name}); errors.As(err, &e) {
		for field, key := range e.Fields {
			fields[field] = key
		}
		for k, v := range e.Params {
			params[k] = v
		}
	} else if err != nil {
		return err
	}
	if len(fields) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Params: params, Fields: fields}
	}
	hash, err := s.Hasher.Hash(ctx, r.Password)
	if err != nil {
		return err
	}
	return s.ask(ctx, tenant, Link{
		Kind: Registration, Email: r.Email, Lang: r.Lang, ExpiresAt: kernel.InstantOf(s.now().Add(RegistrationLife)),
		Content: LinkContent{Name: name, Hash: hash, Consent: version},
	}, from)
}

// pseudonym gives a pseudonym as it is kept, or the key of the sentence that says what is wrong with it.
func (s *Service) pseudonym(ctx context.Context, tenant kernel.ID, typed string) (name, wrong string, err error) {
	if name, wrong = CleanPseudonym(typed); wrong != "" {
		return name, wrong, nil
	}
	key := PseudonymKey(name)
	for _, word := range reserved {
		if strings.HasPrefix(key, PseudonymKey(word)) {
			return name, "account.pseudonym.reserved", nil
		}
	}
	free, err := s.Store.PseudonymFree(ctx, tenant, name)
	if err == nil && !free {
		wrong = "account.pseudonym.taken"
	}
	return name, wrong, err
}

// sendRegistration mails the link; to somebody who has an account already, how to sign in.
func (s *Service) sendRegistration(ctx context.Context, tenant kernel.ID, l Link, a Account) error {
	if a.ID == "" {
		_, err := s.give(ctx, tenant, l, Mail{
			Email: l.Email, Lang: l.Lang, Kind: "account.register", Asked: true, Params: kernel.Params("name", l.Content.Name, "until", l.ExpiresAt),
		})
		return err
	}
	if _, err := s.Links.TakeLink(ctx, tenant, l.ID); err != nil {
		return err
	}
	return s.Mailer.Mail(ctx, tenant, Mail{
		Account: a.ID, Email: a.Email, Lang: a.Lang, Kind: "account.known", Event: "register " + string(l.ID), Params: kernel.Params("name", a.Name),
		Path: ForgottenPath,
	})
}

// ConfirmRegistration makes the account of a confirmed address. pseudonym replaces the one chosen first where that is taken meanwhile (Conflict
// "account.pseudonym.taken" on the field "pseudonym"); empty otherwise.
func (s *Service) ConfirmRegistration(ctx context.Context, tenant kernel.ID, token, pseudonym string) (Account, error) {
	l, err := s.open(ctx, tenant, Registration, token)
	if err != nil {
		return Account{}, err
	}
	if strings.TrimSpace(pseudonym) == "" {
		pseudonym = l.Content.Name
	}
	name, wrong, err := s.pseudonym(ctx, tenant, pseudonym)
	if err != nil {
		return Account{}, err
	}
	if wrong != "" {
		return Account{}, fieldError("pseudonym", wrong)
	}
	now := kernel.InstantOf(s.now())
	a := Account{
		ID: kernel.NewID(), Email: l.Email, Name: name, Lang: l.Lang, Hash: l.Content.Hash, Citizen: true, Consent: l.Content.Consent, ConsentedAt: l.CreatedAt,
		CreatedAt: now, Roles: []Grant{{ID: kernel.NewID(), Role: access.Citizen, From: kernel.DayOf(s.now())}},
	}
	self := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
	return a, s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.take(ctx, tenant, l); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{Registration}, "", FoldEmail(a.Email)); err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, tenant, a); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, self, access.Act{Do: access.UseOwnAccount, What: "account.register", Object: accountRef(a.ID)})
	})
}
