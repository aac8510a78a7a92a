// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"context"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Status is how the town's mail is doing.
type Status struct {
	Counts  map[State]int
	Capture bool           // test mode: nothing leaves
	Since   kernel.Instant // the oldest mail that is held up; zero without one
	Trouble string         // why
}

// Status tells how the mail is doing.
func (s *Service) Status(ctx context.Context, by access.Actor) (st Status, err error) {
	if err := access.CheckTenant(by, access.ReadMail); err != nil {
		return st, err
	}
	st.Capture = s.Transport == nil
	if st.Counts, err = s.Store.Counts(ctx, by.Tenant); err != nil {
		return st, err
	}
	m, err := s.Store.Trouble(ctx, by.Tenant)
	if kernel.KindOf(err) == kernel.NotFound {
		return st, nil
	}
	st.Since, st.Trouble = m.CreatedAt, m.Error
	return st, err
}

// List gives mails, the youngest first; addresses are masked for those who may not see them.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) ([]Mail, error) {
	if err := access.CheckTenant(by, access.ReadMail); err != nil {
		return nil, err
	}
	list, err := s.Store.List(ctx, by.Tenant, f)
	for i := range list {
		s.mask(by, &list[i])
	}
	return list, err
}

// Get gives one mail as it may be shown.
func (s *Service) Get(ctx context.Context, by access.Actor, id kernel.ID) (Mail, error) {
	if err := access.CheckTenant(by, access.ReadMail); err != nil {
		return Mail{}, err
	}
	m, err := s.Store.Mail(ctx, by.Tenant, id)
	s.mask(by, &m)
	return m, err
}

// mask hides the address where the reader may only see that mail works: those of accounts are for who keeps the accounts, those of citizens
// for who may read personal data.
func (s *Service) mask(by access.Actor, m *Mail) {
	do := access.ReadPersonal
	if m.To.Account != "" {
		do = access.ManageUsers
	}
	if access.CheckTenant(by, do) != nil {
		m.To.Email = MaskEmail(m.To.Email)
	}
}

// Kinds lists the kinds there are mails of.
func (s *Service) Kinds(ctx context.Context, by access.Actor) ([]Kind, error) {
	if err := access.CheckTenant(by, access.ReadMail); err != nil {
		return nil, err
	}
	return s.Store.Kinds(ctx, by.Tenant)
}

// Resend hands a mail over again that did not reach its recipient; Conflict "outbox.resend" when it did or its text is gone, "outbox.refused"
// when the address has to be cleared first.
func (s *Service) Resend(ctx context.Context, by access.Actor, id kernel.ID) error {
	if err := access.CheckTenant(by, access.ManageJobs); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Store.Mail(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if !m.Resendable() {
			return kernel.E(kernel.Conflict, "outbox.resend")
		}
		refused, err := s.Store.Suppressed(ctx, by.Tenant, Fold(m.To.Email))
		if err != nil {
			return err
		}
		if refused {
			return kernel.E(kernel.Conflict, "outbox.refused")
		}
		before := m.State
		// The days until it is given up count from the writing; a mail sent again by hand is tried once more in any case.
		m.State, m.NextAt, m.EndedAt, m.Error, m.Code = Waiting, s.now(), kernel.Instant{}, "", 0
		if err := s.Store.Conclude(ctx, m); err != nil {
			return err
		}
		err = access.Record(ctx, s.Trail, by, access.Act{
			Do: access.ManageJobs, What: "mail.resend", Object: kernel.Ref{Kind: "mail", ID: id}, Note: map[string]string{"kind": string(m.Kind), "was": string(before)},
		})
		return errors.Join(err, s.Later(ctx, by.Tenant, m.NextAt.Time))
	})
}

// Refusals lists the addresses nothing is sent to.
func (s *Service) Refusals(ctx context.Context, by access.Actor) ([]Refusal, error) {
	if err := access.CheckTenant(by, access.ReadMail); err != nil {
		return nil, err
	}
	list, err := s.Store.Refusals(ctx, by.Tenant)
	for i := range list {
		list[i].Token = s.Secret.Mark("mail.refusal", string(by.Tenant)+"/"+Fold(list[i].Email))
		if access.CheckTenant(by, access.ManageUsers) != nil {
			list[i].Email, list[i].Reason = MaskEmail(list[i].Email), ""
		}
	}
	return list, err
}

// Clear lets an address be written to again, because somebody made sure that it takes mail. It is named by its token, so that no address
// stands in a form or log.
func (s *Service) Clear(ctx context.Context, by access.Actor, token string) error {
	if err := access.CheckTenant(by, access.ManageJobs); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.Refusals(ctx, by.Tenant)
		if err != nil {
			return err
		}
		for _, r := range list {
			if s.Secret.Marked("mail.refusal", string(by.Tenant)+"/"+Fold(r.Email), token) {
				if err := s.Store.Lift(ctx, by.Tenant, Fold(r.Email)); err != nil {
					return err
				}
				return access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageJobs, What: "mail.clear", Object: kernel.Ref{Kind: "mail"}})
			}
		}
		return kernel.E(kernel.NotFound, "outbox.notrefused")
	})
}

// Return is what a bounce mail tells of one recipient.
type Return struct {
	MessageID string // ours, with or without the part behind the "@"
	Email     string
	Text      string // the mail server's words
	Address   bool   // the address is at fault
}

// Bounce takes note that a mail the mail server had taken did not arrive after all. It tells whether the mail was found: only then is
// the address suppressed, as anybody can write to the sender's address.
func (s *Service) Bounce(ctx context.Context, tenant kernel.ID, b Return) (known bool, err error) {
	id := b.MessageID
	for i, c := range id {
		if c == '@' {
			id = id[:i]
			break
		}
	}
	if id == "" {
		return false, nil
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Store.ByMessageID(ctx, tenant, id)
		if kernel.KindOf(err) == kernel.NotFound {
			return nil
		}
		if err != nil || b.Email != "" && Fold(b.Email) != Fold(m.To.Email) {
			return err
		}
		known = true
		m.State, m.Error, m.EndedAt = Failed, line(b.Text), s.now()
		if b.Address {
			m.State = Bounced
		}
		return s.conclude(ctx, m)
	})
	return known, err
}
