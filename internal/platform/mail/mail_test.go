// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/testdata/mailbox"
)

func config(s *mailbox.Server) mail.Config {
	return mail.Config{Host: s.Host, Port: s.Port, User: s.User, Password: s.Password, From: "post@stadt.example", Roots: s.Roots, Timeout: 10 * time.Second}
}

func letter(to string) mail.Letter {
	return mail.Letter{
		ID: "abc@stadt.example", FromName: "Kupferstadt", To: to, Subject: "Einladung", Lang: "de", Text: "Guten Tag", HTML: "<p>Guten Tag</p>",
		Date: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
	}
}

func open(t *testing.T, cfg mail.Config) *mail.Conn {
	t.Helper()
	s, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// refusal opens and sends, and gives what went wrong.
func refusal(t *testing.T, cfg mail.Config) *mail.Error {
	t.Helper()
	s, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Open(t.Context())
	if err == nil {
		defer c.Close() //nolint:errcheck // the server may be gone
		err = c.Send(t.Context(), letter("anna@stadt.example"))
	}
	var e *mail.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	return e
}

func TestMailGoesOutEncryptedAndSignedIn(t *testing.T) {
	for name, o := range map[string]mailbox.Options{"STARTTLS": {User: "stadt"}, "TLS": {TLS: true, User: "stadt"}, "this machine": {Open: true}, "no user": {}} {
		t.Run(name, func(t *testing.T) {
			s := mailbox.Start(t, o)
			cfg := config(s)
			cfg.Security = map[string]mail.Security{"TLS": mail.TLS, "this machine": mail.Open}[name]
			c := open(t, cfg)
			for range 3 {
				if !c.Alive() {
					t.Fatal("the connection is gone")
				}
				if err := c.Send(t.Context(), letter("anna@stadt.example")); err != nil {
					t.Fatal(err)
				}
			}
			if len(s.Mails()) != 3 || s.Connections() != 1 {
				t.Errorf("%d mails over %d connections", len(s.Mails()), s.Connections())
			}
		})
	}
}

func TestAFileGoesWithTheMailAndBringsNoHeaderOfItsOwn(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{User: "stadt"})
	c := open(t, config(s))
	l := letter("anna@stadt.example")
	content := "BEGIN:VCALENDAR\r\nSUMMARY:Straßenfest\r\nEND:VCALENDAR\r\n"
	l.Files = []mail.File{{Name: "fest\".ics\r\nBcc: x@evil.example", Type: "text/calendar; charset=utf-8; method=PUBLISH", Content: content}}
	if err := c.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(strings.NewReader(s.Mails()[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" || m.Header.Get("Bcc") != "" {
		t.Fatalf("%v %v", m.Header, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	if _, err := parts.NextPart(); err != nil { // the letter
		t.Fatal(err)
	}
	file, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err = mime.ParseMediaType(file.Header.Get("Content-Type"))
	if err != nil || kind != "text/calendar" || params["method"] != "PUBLISH" || params["charset"] != "utf-8" || file.Header.Get("Bcc") != "" {
		t.Errorf("%v %v %v", file.Header, params, err)
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file))
	if err != nil || string(body) != content {
		t.Errorf("%q %v", body, err)
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Error("another part", err)
	}
	l.Files[0].Type = "text/calendar; method=PUBLISH\r\nX-Evil: 1"
	if err := c.Send(t.Context(), l); err == nil {
		t.Error("a type that is none was taken")
	}
}

func TestNothingIsSentOverALineThatIsNotProtected(t *testing.T) {
	plain := mailbox.Start(t, mailbox.Options{Open: true})
	if e := refusal(t, config(plain)); e.Stage != mail.Encrypt || e.Forever() {
		t.Errorf("a server without STARTTLS: %+v", e)
	}
	secure := mailbox.Start(t, mailbox.Options{User: "stadt"})
	cfg := config(secure)
	cfg.Roots = nil
	if e := refusal(t, cfg); e.Stage != mail.Encrypt {
		t.Errorf("an unknown certificate: %+v", e)
	}
	implicit := mailbox.Start(t, mailbox.Options{TLS: true})
	cfg = config(implicit)
	cfg.Security, cfg.Roots = mail.TLS, nil
	if e := refusal(t, cfg); e.Stage != mail.Encrypt {
		t.Errorf("an unknown certificate from the start: %+v", e)
	}
	if n := len(plain.Mails()) + len(secure.Mails()) + len(implicit.Mails()); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestEachNoIsUnderstood(t *testing.T) {
	no := mailbox.No
	cases := []struct {
		name             string
		rcpt, data       error
		stage            mail.Stage
		code             int
		forever, address bool
	}{
		{"unknown mailbox", no(550, [3]int{5, 1, 1}, "no such user"), nil, mail.Recipient, 550, true, true},
		{"closed mailbox", no(550, [3]int{5, 2, 1}, "mailbox disabled"), nil, mail.Recipient, 550, true, true},
		{"full mailbox", no(552, [3]int{5, 2, 2}, "mailbox full"), nil, mail.Recipient, 552, true, false},
		{"sender not trusted", no(550, [3]int{5, 7, 1}, "blocked"), nil, mail.Recipient, 550, true, false},
		{"greylisting", no(451, [3]int{4, 7, 1}, "try again in 5 minutes"), nil, mail.Recipient, 451, false, false},
		{"content", nil, no(554, [3]int{5, 6, 0}, "looks like spam"), mail.Content, 554, true, false},
		{"late unknown mailbox", nil, no(550, [3]int{5, 1, 1}, "no such user"), mail.Content, 550, true, true},
		{"disk of the server full", nil, no(452, [3]int{4, 3, 1}, "no space"), mail.Content, 452, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := mailbox.Start(t, mailbox.Options{})
			s.Rcpt = func(to string) error {
				if strings.HasPrefix(to, "anna") {
					return c.rcpt
				}
				return nil
			}
			first := true
			s.Data = func(mailbox.Mail) error {
				if first {
					first = false
					return c.data
				}
				return nil
			}
			if c.rcpt != nil {
				first = false
			}
			conn := open(t, config(s))
			var e *mail.Error
			if err := conn.Send(t.Context(), letter("anna@stadt.example")); !errors.As(err, &e) {
				t.Fatal(err)
			}
			if e.Stage != c.stage || e.Code != c.code || e.Forever() != c.forever || e.Address() != c.address {
				t.Errorf("%+v forever %v address %v", e, e.Forever(), e.Address())
			}
			if err := conn.Send(t.Context(), letter("bert@stadt.example")); err != nil || len(s.Mails()) != 1 {
				t.Errorf("the next mail over the same connection: %v, %d arrived", err, len(s.Mails()))
			}
		})
	}
}

func TestAWrongPasswordIsNoFaultOfTheMail(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{User: "stadt"})
	cfg := config(s)
	cfg.Password = "wrong"
	if e := refusal(t, cfg); e.Stage != mail.SignIn || e.Address() {
		t.Errorf("%+v", e)
	}
}

func TestABrokenConnectionIsNoAnswer(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	s.Taken = func(mailbox.Mail) { s.Cut() }
	e := refusal(t, config(s))
	if e.Code != 0 || e.Forever() || len(s.Mails()) != 1 {
		t.Errorf("%+v, %d mails", e, len(s.Mails()))
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := config(s)
	nobody.Port = l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	if e := refusal(t, nobody); e.Stage != mail.Reach || e.Forever() {
		t.Errorf("%+v", e)
	}
}

func TestASlowServerDoesNotHoldUsForever(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // takes the connection and says nothing
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	cfg := mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "a@b.de", Timeout: 100 * time.Millisecond}
	if e := refusal(t, cfg); e.Stage != mail.Reach || e.Forever() {
		t.Errorf("%+v", e)
	}

	s := mailbox.Start(t, mailbox.Options{})
	waiting := make(chan bool)
	s.Taken = func(mailbox.Mail) { close(waiting); <-t.Context().Done() }
	c := open(t, config(s))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-waiting; cancel() }()
	if err := c.Send(ctx, letter("anna@stadt.example")); err == nil {
		t.Error("a mail whose sender gave up counts as taken")
	}
}

func TestHeadersCannotBeSmuggledIn(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	l := letter("anna@stadt.example")
	l.Subject = "Hallo\r\nBcc: opfer@stadt.example\r\n\r\nText"
	l.FromName = "Stadt\r\nX-Evil: 1"
	l.ID = "x@y\r\nX-Evil: 2"
	l.Lang = "de\nX-Evil: 3"
	l.Unsubscribe = "https://stadt.example/x\r\nX-Evil: 4"
	if err := open(t, config(s)).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m := s.Mails()[0]
	for _, h := range []string{"Bcc", "X-Evil"} {
		if v := m.Header(h); v != "" {
			t.Errorf("%s: %s", h, v)
		}
	}
	for _, to := range []string{"anna@stadt.example>, <opfer@stadt.example", "anna@stadt.example\r\nRCPT TO:<x@y.de>", "anna"} {
		if err := open(t, config(s)).Send(t.Context(), letter(to)); err == nil {
			t.Errorf("a mail went to %q", to)
		}
	}
	if len(s.Mails()) != 1 {
		t.Errorf("%d mails", len(s.Mails()))
	}
}

func TestMailBearsWhatMailboxesLookFor(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	l := letter("anna@xn--mnchen-3ya.example")
	l.FromName = "Bürgermeisterin Großköln – Äöü"
	l.Subject = strings.Repeat("Sehr lange Überschrift ", 30)
	l.ReplyTo = "rathaus@stadt.example"
	l.Unsubscribe = "https://stadt.example/abo/x/abmelden"
	l.Text = "Grüße aus dem Rathaus €\n" + strings.Repeat("ä", 3000) + "\n.\n. Punkt"
	l.HTML = "<p>" + strings.Repeat("ä ", 3000) + "</p>"
	if err := open(t, config(s)).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m := s.Mails()[0]
	for name, want := range map[string]string{
		"Message-Id": "<abc@stadt.example>", "Auto-Submitted": "auto-generated", "List-Unsubscribe": "<https://stadt.example/abo/x/abmelden>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Date": "Sat, 21 Nov 2026 09:00:00 +0000", "To": "<anna@xn--mnchen-3ya.example>", "Content-Language": "de",
	} {
		if got := m.Header(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for i, line := range strings.Split(m.Raw, "\r\n") {
		if len(line) > 998 { // RFC 5322 2.1.1
			t.Errorf("line %d has %d bytes", i, len(line))
		}
	}
	from, err := netmail.ParseAddress(m.Header("From"))
	if err != nil || from.Name != l.FromName || from.Address != "post@stadt.example" {
		t.Errorf("%v %v", from, err)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header("Subject")); err != nil || strings.TrimSpace(got) != strings.TrimSpace(l.Subject) {
		t.Errorf("%q %v", got, err)
	}
	parts := bodies(t, m)
	if parts["text/plain"] != l.Text || parts["text/html"] != l.HTML {
		t.Errorf("the bodies changed on the way: %q", parts["text/plain"])
	}
}

// bodies reads the parts of a multipart mail by their type.
func bodies(t *testing.T, m mailbox.Mail) map[string]string {
	t.Helper()
	p, err := netmail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s %v", kind, err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(p.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		out[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"anna@stadt.de": "anna@stadt.de", " Anna.Müller@stadt.de ": "", "a+b@stadt.de": "a+b@stadt.de", "anna@MÜNCHEN.de": "anna@xn--mnchen-3ya.de",
		"o'neil@stadt.de": "o'neil@stadt.de", "": "", "anna": "", "@stadt.de": "", "anna@": "", "a@b@c.de": "", `"a b"@c.de`: "", "a@b..de": "", "a@.de": "", "a@b.de.": "",
		"anna@stadt.de\r\nBcc: x@y.de": "", "Anna <anna@stadt.de>": "", "a@b.de,c@d.de": "", ".a@b.de": "", "a b@c.de": "",
		strings.Repeat("a", 64) + "@stadt.de": strings.Repeat("a", 64) + "@stadt.de", strings.Repeat("a", 65) + "@stadt.de": "",
		"a@" + strings.Repeat("b", 64) + ".de": "", "a@" + strings.Repeat("b.", 130) + "de": "", "a@stadt.de\x00": "", "a@st\u202eadt.de": "",
	} {
		got, err := mail.Address(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
		if err != nil && kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"anna@stadt.de", "a@münchen.de", "a@b@c", "\r\n@x.de", "a@[1.2.3.4]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, err := mail.Address(s)
		if err != nil {
			return
		}
		if again, err := mail.Address(out); err != nil || again != out {
			t.Errorf("%q became %q, and that %q (%v)", s, out, again, err)
		}
		if strings.ContainsAny(out, "\r\n <>\x00") || strings.Count(out, "@") != 1 {
			t.Errorf("%q", out)
		}
	})
}

func TestAWrongConfigurationIsNamedFieldByField(t *testing.T) {
	good := mail.Config{Host: "mail.stadt.de", From: "post@stadt.de"}
	if s, err := mail.New(good); err != nil || s.Server() != "mail.stadt.de:587" || s.Host() != "stadt.de" {
		t.Errorf("%v", err)
	}
	for field, change := range map[string]func(c *mail.Config){
		"host": func(c *mail.Config) { c.Host = "mail.stadt.de:25" }, "from": func(c *mail.Config) { c.From = "post" }, "port": func(c *mail.Config) { c.Port = 70000 },
		"security": func(c *mail.Config) { c.Security = mail.Open },
	} {
		cfg := good
		change(&cfg)
		_, err := mail.New(cfg)
		var e *kernel.Error
		if !errors.As(err, &e) || e.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}
