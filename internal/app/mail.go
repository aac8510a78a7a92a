// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"io"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// TryMail sends one mail past the outbox and names the mail server that took it, or the step at which it said no.
func (a *App) TryMail(ctx context.Context, t tenant.Tenant, to, lang string) (server string, err error) {
	p, ok := a.Notices.Transport.(postman)
	if !ok {
		return "", kernel.E(kernel.Invalid, "mail.try.capture")
	}
	e, err := a.Notices.Draft(ctx, notice.Message{Tenant: t.ID, To: notice.Recipient{Email: to, Lang: lang}, Kind: "test", Event: string(kernel.NewID())})
	if err != nil {
		return "", err
	}
	conn, err := p.sender.Open(ctx)
	if err == nil {
		err = conn.Send(ctx, letterOf(e))
		err = errors.Join(err, conn.Close())
	}
	var no *mail.Error
	if errors.As(err, &no) {
		sentence := "mail.try." + string(no.Stage)
		return "", kernel.E(kernel.Unavailable, sentence, "server", p.sender.Server(), "to", to, "from", p.sender.From(), "detail", no.Text)
	}
	return p.sender.Server(), err
}

// BounceMail reads a bounce mail and notes it with the mails it speaks of; it tells how many those were.
func (a *App) BounceMail(ctx context.Context, r io.Reader) (known int, err error) {
	report, err := mail.Bounce(r)
	if err != nil {
		return 0, err
	}
	towns, err := a.tenantIDs(ctx)
	if err != nil {
		return 0, err
	}
	for _, town := range towns {
		for _, x := range report.Recipients {
			if !x.Failed() { // only late
				continue
			}
			ours, err := a.Notices.Bounce(ctx, town, notice.Return{MessageID: report.MessageID, Email: x.Address, Text: x.Text, Address: x.AddressFault()})
			if err != nil {
				return known, err
			}
			if ours {
				known++
			}
		}
	}
	return known, nil
}

// CapturedMail gives the youngest mails that test mode kept back, in full. It is for the person at the machine, who has the key as well.
func (a *App) CapturedMail(ctx context.Context, t tenant.Tenant, n int) ([]notice.Envelope, error) {
	list, err := a.Notices.Store.List(ctx, t.ID, notice.Filter{State: notice.Captured, Limit: n})
	if err != nil {
		return nil, err
	}
	reader := *a.Notices
	reader.Writer = nearby{letters{a}}
	out := make([]notice.Envelope, len(list))
	for i, m := range list {
		if out[i], err = reader.Open(ctx, m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nearby writes the path of a page where the installation does not know its address: who reads it sits at the machine.
type nearby struct{ letters }

// Link makes an address, absolute where it can be.
func (n nearby) Link(ctx context.Context, id kernel.ID, lang, path string) (string, error) {
	return n.a.Address(ctx, id, lang, path)
}

// letterOf is a mail as package mail takes it.
func letterOf(e notice.Envelope) mail.Letter {
	files := make([]mail.File, len(e.Files))
	for i, f := range e.Files {
		files[i] = mail.File(f)
	}
	return mail.Letter{
		ID: e.MessageID, FromName: e.FromName, ReplyTo: e.ReplyTo, To: e.To, Subject: e.Subject, Lang: e.Lang, Text: e.Text, HTML: e.HTML,
		Unsubscribe: e.Unsubscribe, Date: e.Date, Files: files,
	}
}
