// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// Guests who give a mail address get their receipt code by mail, and with it the link that confirms the address: only who followed it is told what
// becomes of the contribution, until they end it by a link in every mail. The address is kept with the subscriptions, not with the contribution.

// Mailing is the wish of a guest to hear by mail.
type Mailing struct {
	Email   string
	Lang    string // of the mail
	Consent string // version of the text shown; empty: an older text than today's was shown
}

// receiptMail is the mail with the code, followMail the one of those who ask for mail later on.
const (
	receiptMail notice.Kind = "contribution.receipt"
	followMail  notice.Kind = "contribution.follow"
)

// mostReceipts is how many mails with a code go to one address in a day, so that nobody fills the mailbox of somebody else.
const mostReceipts = 5

// checkMail checks what a guest gave, and says what is wrong with it.
func (s *Service) checkMail(m *Mailing) map[string]string {
	if m.Email == "" || s.Address == nil {
		m.Email = ""
		return nil
	}
	email, err := s.Address(m.Email)
	if err != nil {
		return map[string]string{"email": "mail.address"}
	}
	if m.Email = email; m.Consent == "" {
		return map[string]string{"email": "contribution.email.consent"}
	}
	return nil
}

// subscribe notes the wish and sends the mail; with a code that was just made the mail bears it.
func (s *Service) subscribe(ctx context.Context, tenant kernel.ID, c Contribution, m Mailing, code string) error {
	if s.Subscribe == nil {
		return nil
	}
	with := &notice.Enclosure{Kind: followMail, Params: map[string]any{"number": c.Number}, MostADay: mostReceipts}
	if code != "" {
		with.Kind, with.Params["code"], with.Hide = receiptMail, code, []string{"code"}
	}
	return s.Subscribe(ctx, notice.Order{
		Tenant: tenant, Email: m.Email, Lang: m.Lang, Consent: m.Consent, Frequency: notice.AtOnce, Wishes: []notice.Wish{{Topic: ReceiptTopic, Ref: c.Number}}, With: with,
	})
}

// MailMe lets the guest who has the receipt code hear by mail what becomes of the contribution, once the link in the mail that goes out now is
// followed.
func (s *Service) MailMe(ctx context.Context, by access.Actor, code string, m Mailing) (Contribution, error) {
	c, err := s.Mine(ctx, by, "", code)
	if err != nil {
		return c, err
	}
	if s.Subscribe == nil || c.Author != "" { // people with an account are written to anyway
		return c, kernel.E(kernel.Conflict, "contribution.email.none")
	}
	if m.Email == "" {
		return c, invalid(map[string]string{"email": "mail.address"})
	}
	if err := invalid(s.checkMail(&m)); err != nil {
		return c, err
	}
	return c, s.subscribe(ctx, by.Tenant, c, m, "")
}
