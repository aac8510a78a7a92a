// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Security is how the connection to the mail server is protected.
type Security string

// The ways of protecting a connection. Where the server offers less than asked for, nothing is sent.
const (
	STARTTLS Security = "starttls" // begins in the open and must switch to TLS (RFC 3207), port 587
	TLS      Security = "tls"      // TLS from the start (RFC 8314), port 465
	Open     Security = "none"     // no protection: to a mail server on the same machine only, port 25
)

// Config says which mail server takes the town's mail.
type Config struct {
	Host     string // empty: none, mail is kept back
	Port     int    // 0: the usual one of Security
	User     string // empty: no authentication
	Password string
	From     string        // sender's address, "sozialplanung@stadt.de" or "Name <address>"
	Security Security      // STARTTLS where empty
	Timeout  time.Duration // of connecting, and of each mail; 25 seconds where zero
	Hello    string        // our name in the greeting; the machine's where empty
	Roots    *x509.CertPool
}

// Sender hands mails to one mail server. It may be used by several goroutines.
type Sender struct {
	cfg  Config
	from *mail.Address
}

// New checks the configuration; Invalid with a field per fault.
func New(cfg Config) (*Sender, error) {
	f := map[string]string{}
	if cfg.Security == "" {
		cfg.Security = STARTTLS
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 25 * time.Second
	}
	ports := map[Security]int{STARTTLS: 587, TLS: 465, Open: 25}
	if _, ok := ports[cfg.Security]; !ok {
		f["security"] = "mail.config.security"
	} else if cfg.Security == Open && !local(cfg.Host) {
		f["security"] = "mail.config.open"
	}
	if cfg.Port == 0 {
		cfg.Port = ports[cfg.Security]
	}
	if cfg.Host == "" || strings.ContainsAny(cfg.Host, "/:@ ") && net.ParseIP(cfg.Host) == nil {
		f["host"] = "mail.config.host"
	}
	if cfg.Port < 0 || cfg.Port > 65535 {
		f["port"] = "mail.config.port"
	}
	from, err := mail.ParseAddress(cfg.From)
	if err == nil {
		from.Address, err = Address(from.Address)
	}
	if err != nil {
		f["from"] = "mail.config.from"
	}
	if len(f) > 0 {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "mail.config", Fields: f}
	}
	return &Sender{cfg: cfg, from: from}, nil
}

// local tells this machine from others.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Host is the domain of the sender's address.
func (s *Sender) Host() string { return s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:] }

// From is the sender's address.
func (s *Sender) From() string { return s.from.Address }

// Server names the mail server for people: "mail.stadt.de:587".
func (s *Sender) Server() string { return net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)) }

// Letter is one mail.
type Letter struct {
	ID          string // Message-ID without brackets
	FromName    string // shown beside the sender's address; the configured one where empty
	ReplyTo     string
	To          string // as Address gives it
	Subject     string
	Lang        string // "de"
	Text, HTML  string
	Unsubscribe string // https address; List-Unsubscribe with one click (RFC 8058)
	Date        time.Time
	Files       []File
}

// File is an attachment.
type File struct {
	Name    string
	Type    string // "text/calendar; charset=utf-8; method=PUBLISH"
	Content string
}

// Stage is the step at which a mail server said no.
type Stage string

// The steps.
const (
	Reach     Stage = "reach"     // no connection
	Encrypt   Stage = "encrypt"   // no TLS, or a certificate that does not fit
	SignIn    Stage = "signin"    // user or password
	Sending   Stage = "sender"    // the sender's address
	Recipient Stage = "recipient" // the recipient's address
	Content   Stage = "content"   // the mail itself
)

// Error is why a mail was not taken.
type Error struct {
	Stage    Stage
	Code     int    // the server's, 0 when the connection broke
	Enhanced string // RFC 3463, "5.1.1"; often empty
	Text     string // the server's words, or what broke
}

// Error gives the words for the log.
func (e *Error) Error() string { return "mail server (" + string(e.Stage) + "): " + e.Text }

// Forever tells that trying again is of no use.
func (e *Error) Forever() bool { return e.Code >= 500 && e.Code < 600 }

// Address tells that the recipient's address is at fault, not the sender, the mail or the server's policy (RFC 3463 3.2, 3.3: 5.1.x is
// addressing, 5.1.7 and 5.1.8 that of the sender, 5.2.1 a mailbox that is closed).
func (e *Error) Address() bool {
	if !e.Forever() {
		return false
	}
	if e.Enhanced != "" {
		return strings.HasPrefix(e.Enhanced, "5.1.") && e.Enhanced != "5.1.7" && e.Enhanced != "5.1.8" || e.Enhanced == "5.2.1"
	}
	return e.Stage == Recipient && slices.Contains([]int{550, 551, 553}, e.Code)
}

// failure makes an Error of what a step gave.
func failure(stage Stage, err error) error {
	if err == nil {
		return nil
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return &Error{Stage: stage, Text: err.Error()}
	}
	first, _, _ := strings.Cut(reply.Msg, " ")
	e := &Error{Stage: stage, Code: reply.Code, Text: strconv.Itoa(reply.Code) + " " + reply.Msg}
	if parts := strings.Split(first, "."); len(parts) == 3 && len(parts[0]) == 1 && strings.Trim(first, "0123456789.") == "" {
		e.Enhanced = first
	}
	return e
}

// Conn is an open connection to the mail server, for one mail after the other. It is not for several goroutines.
type Conn struct {
	sender *Sender
	client *smtp.Client
	raw    net.Conn
}

// Open connects, encrypts and signs in.
func (s *Sender) Open(ctx context.Context) (*Conn, error) {
	c := &Conn{sender: s}
	conf := &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
	stage := Reach
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.raw = raw
		if s.cfg.Security != TLS {
			return raw, nil
		}
		stage = Encrypt
		t := tls.Client(raw, conf)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		stage = Reach
		return t, nil
	}
	policy := gomail.NoTLS // TLS from the start is the dialer's work
	if s.cfg.Security == STARTTLS {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithPort(s.cfg.Port), gomail.WithTimeout(s.cfg.Timeout), gomail.WithTLSConfig(conf), gomail.WithTLSPolicy(policy), gomail.WithDialContextFunc(dial),
	}
	if s.cfg.Hello != "" {
		options = append(options, gomail.WithHELO(s.cfg.Hello))
	}
	if s.cfg.User != "" {
		options = append(options, gomail.WithUsername(s.cfg.User), gomail.WithPassword(s.cfg.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	g, err := gomail.NewClient(s.cfg.Host, options...)
	if err != nil {
		return nil, failure(stage, err)
	}
	if c.client, err = g.DialToSMTPClientWithContext(ctx); err != nil {
		if c.raw != nil {
			_ = c.raw.Close() // it is the connection's failure that counts
		}
		return nil, failure(stageOf(stage, err), err)
	}
	return c, nil
}

// stageOf reads from an error of the library in which step it came.
func stageOf(known Stage, err error) Stage {
	var cert *tls.CertificateVerificationError
	text := err.Error()
	switch {
	case known != Reach:
		return known
	case errors.As(err, &cert), strings.Contains(text, "STARTTLS"), strings.Contains(text, "tls:"):
		return Encrypt
	case strings.Contains(text, "AUTH"), strings.Contains(text, "authentication"):
		return SignIn
	}
	return Reach
}

// Alive tells whether the server still answers; it may have closed a connection after some mails or some time.
func (c *Conn) Alive() bool {
	return c.client.UpdateDeadline(c.sender.cfg.Timeout) == nil && c.client.Noop() == nil
}

// Send hands one mail over; an *Error when the server did not take it.
func (c *Conn) Send(ctx context.Context, l Letter) error {
	m, err := c.sender.message(l)
	if err != nil {
		return err
	}
	if err := c.client.UpdateDeadline(c.sender.cfg.Timeout); err != nil {
		return failure(Reach, err)
	}
	// A deadline of ctx is no reason to break off inside a mail; its end is.
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	if err := c.client.Mail("<" + c.sender.from.Address + ">"); err != nil {
		return c.refused(Sending, err)
	}
	if err := c.client.Rcpt("<" + l.To + ">"); err != nil {
		return c.refused(Recipient, err)
	}
	w, err := c.client.Data()
	if err != nil {
		return c.refused(Content, err)
	}
	if _, err := m.WriteTo(w); err != nil {
		return failure(Content, err)
	}
	if err := w.Close(); err != nil {
		return failure(Content, err)
	}
	return nil
}

// refused begins anew after a no, so that the connection can take the next mail.
func (c *Conn) refused(stage Stage, err error) error {
	_ = c.client.Reset() // Alive finds out when this failed
	return failure(stage, err)
}

// Close says goodbye.
func (c *Conn) Close() error {
	if err := c.client.UpdateDeadline(time.Second); err == nil {
		err = c.client.Quit()
		if err == nil {
			return nil
		}
	}
	return c.raw.Close()
}

// message builds the mail: plain text and HTML as alternatives, every header encoded.
func (s *Sender) message(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from := *s.from
	if l.FromName != "" {
		from.Name = oneLine(l.FromName)
	}
	m.FromMailAddress(&from)
	to, err := Address(l.To)
	if err != nil {
		return nil, err
	}
	m.ToMailAddress(&mail.Address{Address: to})
	if l.ReplyTo != "" {
		reply, err := Address(l.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("mail: address for replies: %w", err)
		}
		m.ReplyToMailAddress(&mail.Address{Name: from.Name, Address: reply})
	}
	m.Subject(oneLine(l.Subject))
	m.SetMessageIDWithValue(oneLine(l.ID))
	m.SetDateWithValue(l.Date)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic answers
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if l.Lang != "" {
		m.SetGenHeader("Content-Language", oneLine(l.Lang))
	}
	if l.Unsubscribe != "" {
		if err := m.SetListUnsubscribeOneClick(l.Unsubscribe); err != nil {
			m.SetListUnsubscribe("<" + oneLine(l.Unsubscribe) + ">") // an installation without HTTPS cannot offer one click
		}
	}
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	for _, f := range l.Files {
		if _, _, err := mime.ParseMediaType(f.Type); err != nil {
			return nil, fmt.Errorf("mail: attachment: %w", err)
		}
		if err := m.AttachReader(oneLine(f.Name), strings.NewReader(f.Content), gomail.WithFileContentType(gomail.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("mail: attachment: %w", err)
		}
	}
	return m, nil
}

// oneLine drops what could begin another header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
