// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Languages are those in which mails are written to people.
var Languages = []string{"de", "en", "de+leicht"}

// own gives the account of whoever is signed in.
func (s *Service) own(ctx context.Context, by access.Actor) (Account, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return Account{}, err
	}
	return s.Store.Account(ctx, by.Tenant, by.Person)
}

// SetProfile changes one's own name, or pseudonym, and the language of mails (Art. 16 GDPR).
func (s *Service) SetProfile(ctx context.Context, by access.Actor, name, lang string) error {
	a, err := s.own(ctx, by)
	if err != nil {
		return err
	}
	fields := map[string]string{}
	var clean, wrong string
	if clean, wrong = CleanName(name); a.Citizen && PseudonymKey(name) != PseudonymKey(a.Name) {
		if clean, wrong, err = s.pseudonym(ctx, by.Tenant, name); err != nil {
			return err
		}
	} else if a.Citizen {
		clean, wrong = CleanPseudonym(name)
	}
	if wrong == "" && clean == "" {
		wrong = "account.name.missing"
	}
	if wrong != "" {
		fields["name"] = wrong
	}
	if !slices.Contains(Languages, lang) {
		fields["lang"] = "account.lang.unknown"
	}
	if len(fields) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "account.invalid", Fields: fields}
	}
	if clean == a.Name && lang == a.Lang {
		return nil
	}
	before := a.Name
	a.Name, a.Lang = clean, lang
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetProfile(ctx, by.Tenant, a); err != nil {
			return err
		}
		if s.Renamed != nil && before != a.Name {
			if err := s.Renamed(ctx, by.Tenant, a.ID, before, a.Name); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.UseOwnAccount, What: "account.profile", Object: accountRef(a.ID)})
	})
}

// AskAddress asks for another e-mail address; the password proves who asks. The new address gets a link that confirms it (ConfirmAddress), and
// nothing changes before. Whether somebody else has the address is not told here.
func (s *Service) AskAddress(ctx context.Context, by access.Actor, email, password, from string) error {
	a, err := s.own(ctx, by)
	if err != nil {
		return err
	}
	if !s.Mails() {
		return kernel.E(kernel.Unavailable, "account.mail.none")
	}
	email = strings.TrimSpace(email)
	switch {
	case !ValidEmail(email):
		return fieldError("email", "account.email.form")
	case FoldEmail(email) == FoldEmail(a.Email):
		return fieldError("email", "account.email.same")
	case a.Hash == "":
		return kernel.E(kernel.Conflict, "account.email.password")
	}
	if err := s.checkPassword(ctx, by.Tenant, a, "password", password, From{Net: from}); err != nil {
		return err
	}
	l := Link{
		ID: kernel.NewID(), Kind: NewAddress, Account: a.ID, Email: email, Lang: a.Lang, CreatedAt: kernel.InstantOf(s.now()), CreatedBy: a.ID,
		ExpiresAt: kernel.InstantOf(s.now().Add(NewAddressLife)),
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.Links.CountTo(ctx, by.Tenant, NewAddress, FoldEmail(email), kernel.InstantOf(s.now().Add(-countWindow)))
		if err != nil || n >= mostToAddress {
			return err
		}
		if err := s.Links.DropLinks(ctx, by.Tenant, []LinkKind{NewAddress}, a.ID, ""); err != nil {
			return err
		}
		_, unknown := newToken()
		if err := s.Links.AddLink(ctx, by.Tenant, l, unknown); err != nil {
			return err
		}
		_, err = s.give(ctx, by.Tenant, l, Mail{
			Email: email, Lang: a.Lang, Kind: "account.address", Asked: true, Params: kernel.Params("name", a.Name, "until", l.ExpiresAt),
		})
		return err
	})
}

// ConfirmAddress makes a new address that of the account. Links sent to the old one are worth nothing any more, and the old one is told.
// Conflict "account.exists" when somebody else took the address meanwhile.
func (s *Service) ConfirmAddress(ctx context.Context, tenant kernel.ID, token string) error {
	l, err := s.open(ctx, tenant, NewAddress, token)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, tenant, l.Account)
		if kernel.KindOf(err) == kernel.NotFound || err == nil && a.Disabled() {
			return errLink()
		}
		if err != nil {
			return err
		}
		if err := s.take(ctx, tenant, l); err != nil {
			return err
		}
		old := a.Email
		a.Email = l.Email
		if err := s.Store.SetProfile(ctx, tenant, a); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{NewPassword, NewAddress}, a.ID, ""); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{Invitation, Registration}, "", FoldEmail(a.Email)); err != nil {
			return err
		}
		self := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
		if err := access.Record(ctx, s.Trail, self, access.Act{Do: access.UseOwnAccount, What: "account.address", Object: accountRef(a.ID)}); err != nil {
			return err
		}
		return s.tell(ctx, tenant, Mail{
			Email: old, Lang: a.Lang, Kind: "account.moved", Event: "moved " + string(l.ID),
			Params: kernel.Params("name", a.Name, "at", kernel.InstantOf(s.now())),
		})
	})
}
