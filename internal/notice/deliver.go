// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const (
	// portion is how many mails a process takes at a time; one that is killed leaves them to others when holdFor is over.
	portion = 10
	// sendWithin is how long a mail server may take over one mail.
	sendWithin = 30 * time.Second
	// holdFor is longer than a portion can take.
	holdFor = (portion + 1) * sendWithin
	// giveUpAfter follows RFC 5321 4.5.4.1: four to five days.
	giveUpAfter = 5 * 24 * time.Hour
)

// pause is how long to wait after attempt n that failed for now (RFC 5321 4.5.4.1: at least 30 minutes, sooner at first, as greylisting asks
// for a few minutes only).
func pause(n int) time.Duration {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}
	return steps[min(max(n, 1), len(steps))-1]
}

// Deliver hands over the tenant's mails that are due, and asks for the next delivery where some have to wait. A mail server that cannot be
// reached is no error: the mails wait and say why.
func (s *Service) Deliver(ctx context.Context, tenant kernel.ID, done func(n int64)) error {
	var sent int64
	conn := &connection{transport: s.Transport}
	defer conn.close()
	for ctx.Err() == nil {
		now := s.now()
		mails, err := s.Store.Claim(ctx, tenant, now, kernel.InstantOf(now.Add(holdFor)), portion)
		if err != nil {
			return err
		}
		if len(mails) == 0 {
			break
		}
		for _, m := range mails {
			if ctx.Err() != nil { // the program stops: others may have it at once
				m.NextAt = now
			} else {
				s.attempt(ctx, conn, &m)
			}
			// What became of a mail must be known even when the program stops.
			if err := s.conclude(context.WithoutCancel(ctx), m); err != nil {
				return err
			}
			sent++
			if done != nil {
				done(sent)
			}
		}
	}
	next, err := s.Store.NextDue(ctx, tenant)
	if err != nil || next.IsZero() {
		return err
	}
	return s.Later(ctx, tenant, next.Time)
}

// attempt hands one mail over and notes the outcome in it.
func (s *Service) attempt(ctx context.Context, conn *connection, m *Mail) {
	now := s.now()
	m.Code, m.Error = 0, ""
	if s.Transport == nil {
		m.State, m.EndedAt = Captured, now
		return
	}
	e, err := s.envelope(ctx, *m)
	if err == nil {
		within, cancel := context.WithTimeout(ctx, sendWithin)
		defer cancel()
		err = conn.send(within, e)
	}
	var r *Refused
	switch {
	case err == nil:
		m.State, m.EndedAt, m.Sealed, m.Code = Sent, s.now(), "", 250
		return
	case errors.As(err, &r) && r.Forever:
		m.State, m.EndedAt, m.Code, m.Error = Failed, now, r.Code, line(r.Text)
		if r.Address {
			m.State = Bounced
		}
		return
	case errors.As(err, &r):
		m.Code = r.Code
	}
	m.Error = line(err.Error())
	m.NextAt = kernel.InstantOf(now.Add(pause(m.Attempts)))
	if now.Sub(m.CreatedAt.Time) > giveUpAfter {
		m.State, m.EndedAt = Failed, now
	}
}

// conclude writes the outcome down, and with a refused address that nothing more is sent there.
func (s *Service) conclude(ctx context.Context, m Mail) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if m.State == Bounced {
			if err := s.Store.Suppress(ctx, m.Tenant, Refusal{Email: m.To.Email, Reason: m.Error, Since: m.EndedAt}); err != nil {
				return err
			}
		}
		return s.Store.Conclude(ctx, m)
	})
}

// full opens the letter.
func (s *Service) full(m Mail) (l Letter, err error) {
	plain, err := s.Secret.Unseal("mail", place(m), m.Sealed)
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(plain, &l)
}

// Open gives a mail that was not sent in full, for the person at the machine.
func (s *Service) Open(ctx context.Context, m Mail) (Envelope, error) { return s.envelope(ctx, m) }

// Draft puts a message into an envelope without writing it down.
func (s *Service) Draft(ctx context.Context, m Message) (e Envelope, err error) {
	if m.To.Email, err = s.Check(m.To.Email); err != nil {
		return e, err
	}
	full, _, err := s.write(ctx, m)
	if err != nil {
		return e, err
	}
	return s.fill(ctx, Mail{Tenant: m.Tenant, To: m.To, MessageID: s.messageID(m.Tenant, m.To.Key(), m.Event, Now), CreatedAt: s.now()}, full)
}

// envelope makes what the transport needs.
func (s *Service) envelope(ctx context.Context, m Mail) (Envelope, error) {
	l, err := s.full(m)
	if err != nil {
		return Envelope{}, err
	}
	return s.fill(ctx, m, l)
}

// fill makes text, HTML and absolute addresses of a letter.
func (s *Service) fill(ctx context.Context, m Mail, l Letter) (Envelope, error) {
	town, err := s.Writer.Town(ctx, m.Tenant)
	if err != nil {
		return Envelope{}, err
	}
	base, _, _ := strings.Cut(m.To.Lang, "+")
	links := map[string]string{}
	for _, path := range []string{l.Path, l.Manage, l.End} {
		if path != "" {
			if links[path], err = s.Writer.Link(ctx, m.Tenant, base, path); err != nil {
				return Envelope{}, err
			}
		}
	}
	unsubscribe := links[l.End]
	l.Path, l.Manage = links[l.Path], links[l.Manage]
	if l.Groups, err = s.linked(ctx, m.Tenant, base, l.Groups); err != nil {
		return Envelope{}, err
	}
	text, html, err := s.lay(m.To.Lang, town, l)
	name, _ := town.Name.In(base)
	return Envelope{
		MessageID: m.MessageID + "@" + s.host(), FromName: line(name), ReplyTo: town.ReplyTo, To: m.To.Email, Subject: l.Subject, Lang: base, Text: text, HTML: html,
		Unsubscribe: unsubscribe, Date: m.CreatedAt.Time, Files: l.Files,
	}, err
}

// connection opens a session when the first mail needs one, keeps it for the next, and gives it up when it broke.
type connection struct {
	transport Transport
	open      Session
	failed    error // the server cannot be reached: the others need not try
}

func (c *connection) send(ctx context.Context, e Envelope) error {
	if c.failed != nil {
		return c.failed
	}
	if c.open != nil && !c.open.Alive() {
		c.close()
	}
	if c.open == nil {
		if c.open, c.failed = c.transport.Open(ctx); c.failed != nil {
			c.open = nil
			return c.failed
		}
	}
	err := c.open.Send(ctx, e)
	var r *Refused
	if err != nil && !errors.As(err, &r) {
		c.close()
	}
	return err
}

func (c *connection) close() {
	if c.open != nil {
		_ = c.open.Close() // what the server took it has taken
		c.open = nil
	}
}
