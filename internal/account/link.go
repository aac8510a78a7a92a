// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// LinkKind is what a link sent by mail opens.
type LinkKind string

// The kinds of links.
const (
	Invitation   LinkKind = "invitation"   // an account that the administration prepared
	NewPassword  LinkKind = "reset"        // a new password
	Registration LinkKind = "registration" // an account a citizen asked for
	NewAddress   LinkKind = "address"      // a new e-mail address
)

// LinkKinds lists them.
func LinkKinds() []LinkKind { return []LinkKind{Invitation, NewPassword, Registration, NewAddress} }

// How long links work.
const (
	InvitationLife   = 7 * 24 * time.Hour
	NewPasswordLife  = 30 * time.Minute
	HandedOverLife   = 24 * time.Hour // a link to a new password that is handed over by a person, as the town sends no mail
	RegistrationLife = 48 * time.Hour
	NewAddressLife   = 24 * time.Hour
)

// Throttling of links anybody can ask for. What is counted are the links of the last hour; nobody is kept from using one that was sent.
const (
	countWindow   = time.Hour
	mostToAddress = 3  // mails to one address; what is asked beyond them is answered the same and sent to nobody
	mostFromNet   = 30 // links asked for from one network: an office behind one address
)

// Link is something a person can do once who has its token.
type Link struct {
	ID        kernel.ID
	Kind      LinkKind
	Account   kernel.ID // whom it is for; empty where there is no account (yet)
	Email     string    // where it is sent
	Lang      string
	Content   LinkContent
	Origin    string // keyed hash of the network it was asked for from; empty: by the administration
	CreatedAt kernel.Instant
	CreatedBy kernel.ID
	ExpiresAt kernel.Instant
}

// LinkContent is what the link was made for.
type LinkContent struct {
	Name    string       `json:"name,omitempty"`  // of an invited person; the pseudonym of a citizen
	Roles   []RoleChange `json:"roles,omitempty"` // to be given when an invitation is accepted
	Hash    string       `json:"hash,omitempty"`  // of the password chosen with a registration
	Consent string       `json:"consent,omitempty"`
	Waiting bool         `json:"waiting,omitempty"` // an invitation that a second person has to agree to
	Sent    bool         `json:"sent,omitempty"`    // the token was given out
}

// Links keeps links. accountdb implements it.
type Links interface {
	// AddLink writes a link with the hash of its token.
	AddLink(ctx context.Context, tenant kernel.ID, l Link, tokenHash string) error
	// Link gives one by id; NotFound "account.link.invalid".
	Link(ctx context.Context, tenant, id kernel.ID) (Link, error)
	// LinkByToken gives one by kind and hash of its token, expired or not; NotFound "account.link.invalid".
	LinkByToken(ctx context.Context, tenant kernel.ID, kind LinkKind, tokenHash string) (Link, error)
	// LinksOf lists those of a kind, newest first.
	LinksOf(ctx context.Context, tenant kernel.ID, kind LinkKind) ([]Link, error)
	// SetLink replaces account, content, expiry and the hash of the token.
	SetLink(ctx context.Context, tenant kernel.ID, l Link, tokenHash string) error
	// TakeLink removes a link; of several that try at once, one is told true.
	TakeLink(ctx context.Context, tenant, id kernel.ID) (bool, error)
	// CountTo counts links of a kind to a folded address since then, CountFrom those asked for from a network.
	CountTo(ctx context.Context, tenant kernel.ID, kind LinkKind, folded string, since kernel.Instant) (int, error)
	CountFrom(ctx context.Context, tenant kernel.ID, kind LinkKind, origin string, since kernel.Instant) (int, error)
	// DropLinks removes the links of some kinds that concern an account or a folded address; either may be empty.
	DropLinks(ctx context.Context, tenant kernel.ID, kinds []LinkKind, id kernel.ID, folded string) error
	// ExpireLinks removes links of a kind that ended before then, and tells how many.
	ExpireLinks(ctx context.Context, tenant kernel.ID, kind LinkKind, before kernel.Instant) (int, error)
}

// errLink is the one answer to a link that is unknown, used, too old, or of another town.
func errLink() error { return kernel.E(kernel.NotFound, "account.link.invalid") }

// newToken makes a token of 256 bits and the hash that is kept of it. A fast hash is enough: there is nothing to guess (ASVS 6.6.3 asks for 64
// bits, 128 where they live long).
func newToken() (token, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, tokenHash(token)
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// tokenParam carries the token in addresses: query strings are written to no log.
const tokenParam = "schluessel"

// TokenParam is the name of the field that carries the token, in addresses and forms.
const TokenParam = tokenParam

// pages are where links lead.
var pages = map[LinkKind]string{
	Invitation: "/einladung", NewPassword: "/anmelden/neu", Registration: "/konto/bestaetigen", NewAddress: "/konto/adresse/bestaetigen",
}

// linkPath is the path within the town that a link leads to.
func linkPath(kind LinkKind, token string) string {
	return pages[kind] + "?" + url.Values{tokenParam: {token}}.Encode()
}

// open gives the link of a token that works now.
func (s *Service) open(ctx context.Context, tenant kernel.ID, kind LinkKind, token string) (Link, error) {
	if len(token) < 20 || len(token) > 100 || s.Links == nil {
		return Link{}, errLink()
	}
	l, err := s.Links.LinkByToken(ctx, tenant, kind, tokenHash(token))
	if err != nil {
		return Link{}, err
	}
	if !s.now().Before(l.ExpiresAt.Time) || l.Content.Waiting {
		return Link{}, errLink()
	}
	return l, nil
}

// OpenLink gives what a link is for, so that its page can say so; nothing is used up.
func (s *Service) OpenLink(ctx context.Context, tenant kernel.ID, kind LinkKind, token string) (Link, error) {
	return s.open(ctx, tenant, kind, token)
}

// take uses a link up inside the transaction of ctx.
func (s *Service) take(ctx context.Context, tenant kernel.ID, l Link) error {
	ok, err := s.Links.TakeLink(ctx, tenant, l.ID)
	if err == nil && !ok {
		err = errLink()
	}
	return err
}

// Marker makes marks nobody else can make; platform/secret has one.
type Marker interface {
	Mark(purpose, message string) string
}

// origin stands for a network in the database: nobody without the key of the installation can tell which one it is.
func (s *Service) origin(from string) string {
	if s.Marks == nil {
		return tokenHash(from)
	}
	return s.Marks.Mark("account link origin", from)
}

// ask writes down a link anybody may ask for and leaves everything that depends on whether the address is known to a job, so that the answer and
// its time are the same. Invalid "account.link.wait" when the network asked for too many.
func (s *Service) ask(ctx context.Context, tenant kernel.ID, l Link, from string) error {
	l.ID, l.Origin, l.CreatedAt = kernel.NewID(), s.origin(from), kernel.InstantOf(s.now())
	since := kernel.InstantOf(s.now().Add(-countWindow))
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.Links.CountFrom(ctx, tenant, l.Kind, l.Origin, since)
		if err != nil {
			return err
		}
		if n >= mostFromNet {
			return kernel.E(kernel.Invalid, "account.link.wait")
		}
		_, unknown := newToken() // nobody has this token; the job makes the real one
		if err := s.Links.AddLink(ctx, tenant, l, unknown); err != nil {
			return err
		}
		return s.Later(ctx, tenant, l.ID)
	})
}

// SendLink is the job behind ask: it decides whether a mail is sent, and which. It may run more than once and sends once.
func (s *Service) SendLink(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		l, err := s.Links.Link(ctx, tenant, id)
		if kernel.KindOf(err) == kernel.NotFound {
			return nil
		}
		if err != nil || l.Content.Sent || !s.now().Before(l.ExpiresAt.Time) {
			return err
		}
		n, err := s.Links.CountTo(ctx, tenant, l.Kind, FoldEmail(l.Email), kernel.InstantOf(s.now().Add(-countWindow)))
		if err != nil || n > mostToAddress {
			return err
		}
		a, err := s.Store.ByEmail(ctx, tenant, FoldEmail(l.Email))
		if err != nil && kernel.KindOf(err) != kernel.NotFound {
			return err
		}
		if l.Kind == Registration {
			return s.sendRegistration(ctx, tenant, l, a)
		}
		return s.sendReset(ctx, tenant, l, a)
	})
}

// give makes the token of a link, and mails it.
func (s *Service) give(ctx context.Context, tenant kernel.ID, l Link, m Mail) (path string, err error) {
	token, hash := newToken()
	l.Content.Sent = true
	if err := s.Links.SetLink(ctx, tenant, l, hash); err != nil {
		return "", err
	}
	path = linkPath(l.Kind, token)
	if m.Kind == "" {
		return path, nil
	}
	m.Path, m.Event = path, string(l.ID)+" "+hash[:12]
	return path, s.Mailer.Mail(ctx, tenant, m)
}

// ExpireLinks removes what nobody used in time: unconfirmed registrations with everything that was typed, invitations, new addresses; links to a
// new password an hour later, as they are counted for so long. It is called every hour.
func (s *Service) ExpireLinks(ctx context.Context, tenant kernel.ID) (n int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n = 0
		for _, kind := range LinkKinds() {
			before := s.now()
			if kind == NewPassword {
				before = before.Add(-countWindow)
			}
			k, err := s.Links.ExpireLinks(ctx, tenant, kind, kernel.InstantOf(before))
			if err != nil {
				return err
			}
			n += k
		}
		return nil
	})
	return n, err
}

// Mail is what is told to a person by mail. Its sentences are the catalogue's mail.<kind>.subject and so on.
type Mail struct {
	Account kernel.ID // whose address it is; empty where there is no account
	Email   string
	Lang    string
	Kind    string // "account.invite"
	Event   string // the same event is told once
	Params  map[string]any
	Path    string // page it leads to, within the town
	Asked   bool   // the recipient asked for it just now, to prove that the address is theirs
}

// Mailer sends mail; app gives the town's outbox.
type Mailer interface {
	// Mail writes a mail down in the transaction of ctx.
	Mail(ctx context.Context, tenant kernel.ID, m Mail) error
	// Mails tells whether mail really leaves this installation.
	Mails() bool
}

// Mails tells whether links can be sent; where not, they are shown once to be handed over.
func (s *Service) Mails() bool { return s.Mailer != nil && s.Mailer.Mails() }
