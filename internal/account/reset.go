// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// ForgottenPath is the page on which a person asks for a new password.
const ForgottenPath = "/anmelden/vergessen"

// AskReset asks for a link to a new password. The answer and the work done for it are the same for a known and an unknown address; whether a
// mail is sent is decided by a job. from stands for the reader's network.
func (s *Service) AskReset(ctx context.Context, tenant kernel.ID, email, lang, from string) error {
	if !s.Mails() {
		return kernel.E(kernel.Unavailable, "account.mail.none")
	}
	if !ValidEmail(email) {
		return fieldError("email", "account.email.form")
	}
	return s.ask(ctx, tenant, Link{
		Kind: NewPassword, Email: strings.TrimSpace(email), Lang: lang, ExpiresAt: kernel.InstantOf(s.now().Add(NewPasswordLife)),
	}, from)
}

// sendReset mails the link where there is an account that can sign in. To an address that was only invited nothing is sent: an invitation is
// accepted through its own link, for its own time, and never through a new password (Decidim CVE-2023-48220).
func (s *Service) sendReset(ctx context.Context, tenant kernel.ID, l Link, a Account) error {
	if a.ID == "" || a.Disabled() {
		return nil
	}
	l.Account = a.ID
	_, err := s.give(ctx, tenant, l, Mail{
		Account: a.ID, Email: a.Email, Lang: a.Lang, Kind: "account.reset", Asked: true, Params: kernel.Params("name", a.Name, "until", l.ExpiresAt),
	})
	return err
}

// SendReset lets the administration send a person a link to a new password. Where the town sends no mail, the link is given back to be handed
// over. The password that holds stays until the link is used, so that nobody is locked out by it.
func (s *Service) SendReset(ctx context.Context, by access.Actor, id kernel.ID) (path string, err error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return "", err
	}
	if by.Person == id {
		return "", kernel.E(kernel.Conflict, "account.reset.self")
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		a, err := s.Store.Account(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if a.Disabled() {
			return kernel.E(kernel.Conflict, "account.reset.disabled")
		}
		l := Link{
			ID: kernel.NewID(), Kind: NewPassword, Account: a.ID, Email: a.Email, Lang: a.Lang, CreatedAt: kernel.InstantOf(s.now()), CreatedBy: by.Person,
			ExpiresAt: kernel.InstantOf(s.now().Add(NewPasswordLife)),
		}
		m := Mail{Account: a.ID, Email: a.Email, Lang: a.Lang, Kind: "account.reset", Params: kernel.Params("name", a.Name, "until", l.ExpiresAt)}
		if !s.Mails() {
			m, l.ExpiresAt = Mail{}, kernel.InstantOf(s.now().Add(HandedOverLife))
		}
		if err := s.Links.DropLinks(ctx, by.Tenant, []LinkKind{NewPassword}, a.ID, ""); err != nil {
			return err
		}
		_, unknown := newToken()
		if err := s.Links.AddLink(ctx, by.Tenant, l, unknown); err != nil {
			return err
		}
		if path, err = s.give(ctx, by.Tenant, l, m); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: "account.reset.link", Object: accountRef(a.ID)})
	})
	if err != nil || s.Mails() {
		return "", err
	}
	return path, nil
}

// NewPasswordFor is whose password a link renews, for its page.
func (s *Service) NewPasswordFor(ctx context.Context, tenant kernel.ID, token string) (Account, error) {
	l, err := s.open(ctx, tenant, NewPassword, token)
	if err != nil {
		return Account{}, err
	}
	a, err := s.Store.Account(ctx, tenant, l.Account)
	if kernel.KindOf(err) == kernel.NotFound || err == nil && a.Disabled() {
		return Account{}, errLink()
	}
	return a, err
}

// Renew sets a new password with a link. All sessions end, every other link to a new password and every invitation to the address is worth
// nothing any more, a second factor stays asked for, and the account's address is told.
func (s *Service) Renew(ctx context.Context, tenant kernel.ID, token, password string) error {
	a, err := s.NewPasswordFor(ctx, tenant, token)
	if err != nil {
		return err
	}
	l, err := s.open(ctx, tenant, NewPassword, token)
	if err != nil {
		return err
	}
	if err := s.checkChosen(ctx, tenant, password, a); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	self := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.take(ctx, tenant, l); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{NewPassword}, a.ID, ""); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{Invitation, Registration}, "", FoldEmail(a.Email)); err != nil {
			return err
		}
		if err := s.Store.SetPassword(ctx, tenant, a.ID, hash, false); err != nil {
			return err
		}
		if err := s.Store.EndSessions(ctx, tenant, a.ID); err != nil {
			return err
		}
		if err := access.Record(ctx, s.Trail, self, access.Act{Do: access.UseOwnAccount, What: "account.reset", Object: accountRef(a.ID)}); err != nil {
			return err
		}
		return s.tell(ctx, tenant, Mail{
			Account: a.ID, Email: a.Email, Lang: a.Lang, Kind: "account.changed", Event: "renewed " + string(l.ID),
			Params: kernel.Params("name", a.Name, "at", kernel.InstantOf(s.now())), Path: ForgottenPath,
		})
	})
}

// tell sends a mail that tells a person what happened to the account, where the town sends mail.
func (s *Service) tell(ctx context.Context, tenant kernel.ID, m Mail) error {
	if !s.Mails() {
		return nil
	}
	return s.Mailer.Mail(ctx, tenant, m)
}
