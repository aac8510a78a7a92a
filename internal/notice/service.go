// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Service writes, delivers and shows mail.
type Service struct {
	Store  Store
	Tx     Tx
	Writer Writer
	Secret Sealer
	// Transport hands mails over; nil keeps them back (test mode).
	Transport Transport
	// Topics is what people without an account can ask to be told of; capabilities register theirs.
	Topics []Topic
	// Check gives an address as mail servers take it, or an Invalid error on the field "email".
	Check func(email string) (string, error)
	// Later asks for a delivery, at once or at a later moment; it is called inside the transaction.
	Later func(ctx context.Context, tenant kernel.ID, at time.Time) error
	// Soon asks for a digest of those who want to hear at once; it is called inside the transaction. nil: they wait for the next one.
	Soon  func(ctx context.Context, tenant kernel.ID) error
	Trail access.Trail
	Now   func() time.Time
}

func (s *Service) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

// host is the domain in Message-IDs.
func (s *Service) host() string {
	if s.Transport != nil {
		if h := s.Transport.Host(); h != "" {
			return h
		}
	}
	return "kupferfaden.invalid"
}

// Send writes a mail down in the transaction of ctx; a job delivers it. The same event for the same recipient is sent once: asking again does
// nothing. It fails with Invalid when the address is none, and on a kind without sentences, which is a fault of the program.
func (s *Service) Send(ctx context.Context, m Message) error {
	email, err := s.Check(m.To.Email)
	if err != nil {
		return err
	}
	m.To.Email = email
	if m.Event == "" || m.Kind == "" || m.Tenant == "" {
		return fmt.Errorf("notice: a mail needs tenant, kind and event: %q %q %q", m.Tenant, m.Kind, m.Event)
	}
	if m.To.Lang == "" {
		m.To.Lang = "de"
	}
	full, shown, err := s.write(ctx, m)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		now := s.now()
		event := string(m.Kind) + " " + m.Event
		mail := Mail{
			Tenant: m.Tenant, ID: kernel.NewID(), To: m.To, Kind: m.Kind, Event: event, Channel: Now, State: Waiting, Letter: shown, NextAt: now, CreatedAt: now,
			MessageID: s.messageID(m.Tenant, m.To.Key(), event, Now),
		}
		plain, err := json.Marshal(full)
		if err != nil {
			return err
		}
		mail.Sealed = s.Secret.Seal("mail", place(mail), plain)
		refused, err := s.Store.Suppressed(ctx, m.Tenant, Fold(m.To.Email))
		if err != nil {
			return err
		}
		if refused && !m.Confirm {
			mail.State, mail.EndedAt = Suppressed, now
		}
		added, err := s.Store.Add(ctx, mail)
		if err != nil || !added || mail.State != Waiting {
			return err
		}
		return s.Later(ctx, m.Tenant, time.Time{})
	})
}

// place binds a sealed letter to its row.
func place(m Mail) string { return string(m.Tenant) + "/" + string(m.ID) }

// write puts a message into words, once in full and once as it may be shown.
func (s *Service) write(ctx context.Context, m Message) (full, shown Letter, err error) {
	if full, err = s.letter(ctx, m, m.Params); err != nil {
		return full, shown, err
	}
	masked := maps.Clone(m.Params)
	for _, name := range m.Hide {
		masked[name] = "…"
	}
	if shown, err = s.letter(ctx, m, masked); err != nil {
		return full, shown, err
	}
	if !m.Public {
		shown.Path = maskPath(shown.Path)
	}
	for _, f := range m.Files {
		full.Files = append(full.Files, f)
		shown.Files = append(shown.Files, File{Name: f.Name, Type: f.Type})
	}
	for _, path := range []*string{&shown.Manage, &shown.End} {
		if *path != "" {
			*path = "…"
		}
	}
	return full, shown, nil
}

// letter fills the sentences of the message's kind.
func (s *Service) letter(ctx context.Context, m Message, params map[string]any) (Letter, error) {
	town, err := s.Writer.Town(ctx, m.Tenant)
	if err != nil {
		return Letter{}, err
	}
	base, _, _ := strings.Cut(m.To.Lang, "+")
	name, _ := town.Name.In(base)
	all := map[string]any{"town": name}
	maps.Copy(all, params)
	key := "mail." + string(m.Kind)
	subject, ok := s.Writer.Sentence(m.To.Lang, key+".subject", all)
	text, there := s.Writer.Sentence(m.To.Lang, key+".text", all)
	if !ok || !there {
		return Letter{}, fmt.Errorf("notice: the catalogue has no %s.subject and %s.text", key, key)
	}
	l := Letter{Subject: line(subject)}
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = paragraph(p); p != "" {
			l.Text = append(l.Text, p)
		}
	}
	if m.Path != "" {
		l.Path = m.Path
		if l.Button, ok = s.Writer.Sentence(m.To.Lang, key+".button", all); !ok {
			l.Button, _ = s.Writer.Sentence(m.To.Lang, "outbox.letter.open", nil)
		}
	}
	if m.To.Address != "" && m.Topic != "" {
		l.Manage = s.ManagePath(m.Tenant, m.To.Address)
		l.End = l.Manage + "/ende/" + url.PathEscape(m.Topic)
	}
	return l, nil
}

// maskPath keeps what is the same for everybody: the page, not the code behind it.
func maskPath(path string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	first, query, _ := strings.Cut(first, "?")
	if rest == "" && query == "" {
		return path
	}
	return "/" + first + "/…"
}

// line makes one line of a sentence: what people typed into a name or title cannot begin another header (reliability.md F07).
func line(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// paragraph keeps line breaks inside a paragraph and nothing else that is not text.
func paragraph(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = line(l)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// clean drops control characters and those that turn the direction of writing (F08, F15).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}
